package channeltest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"time"
)

// Mail is an email that the fake mail server has taken.
type Mail struct {
	From      string   // of the envelope
	To        []string // of the envelope
	Header    mail.Header
	MessageID string // without angle brackets
	Subject   string // decoded
	Text      string // with "\n"
	HTML      string
	Raw       string // as it came
	At        time.Time
}

// parseMail reads an email with a text and an HTML part.
func parseMail(raw []byte) (Mail, error) {
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Mail{}, fmt.Errorf("the email cannot be read: %w", err)
	}
	m := Mail{Raw: string(raw), Header: msg.Header, MessageID: strings.Trim(msg.Header.Get("Message-ID"), "<>")}
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject")); err != nil {
		return Mail{}, fmt.Errorf("the subject cannot be read: %w", err)
	}
	if _, err := msg.Header.Date(); err != nil {
		return Mail{}, fmt.Errorf("the date cannot be read: %w", err)
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err == nil && kind == "text/plain" { // an answer to somebody's mail
		body, err := io.ReadAll(quotedprintable.NewReader(msg.Body))
		m.Text = strings.ReplaceAll(string(body), "\r\n", "\n")
		return m, err
	}
	if err != nil || kind != "multipart/alternative" {
		return Mail{}, fmt.Errorf("the email is %q", kind)
	}
	parts := multipart.NewReader(msg.Body, params["boundary"])
	for {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return m, nil
		}
		if err != nil {
			return Mail{}, fmt.Errorf("a part cannot be read: %w", err)
		}
		if err := m.part(p); err != nil {
			return Mail{}, err
		}
	}
}

func (m *Mail) part(p *multipart.Part) error {
	if e := p.Header.Get("Content-Transfer-Encoding"); e != "quoted-printable" {
		return fmt.Errorf("a part is encoded as %q", e)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(p))
	if err != nil {
		return fmt.Errorf("a part cannot be decoded: %w", err)
	}
	text := strings.ReplaceAll(string(body), "\r\n", "\n")
	switch kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type")); kind {
	case "text/plain":
		m.Text = text
	case "text/html":
		m.HTML = text
	default:
		return fmt.Errorf("a part is %q", kind)
	}
	return nil
}

// certificate makes one for the loopback interface, good for a day, and what trusts it.
func certificate() (tls.Certificate, *x509.CertPool, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, roots, nil
}
