package smtp

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// TLS says how a connection is encrypted.
type TLS string

// The ways to encrypt.
const (
	TLSNone      TLS = "none"
	TLSOffered   TLS = "starttls"  // where the server offers STARTTLS
	TLSMandatory TLS = "mandatory" // STARTTLS or nothing is sent
	TLSImplicit  TLS = "implicit"  // from the first byte, as smtps:// has it
)

// Config is a mail server to send by.
type Config struct {
	Host     string
	Port     string
	User     string // "": no authentication
	Password string // secret
	From     mail.Address
	TLS      TLS
	Roots    *x509.CertPool // what to trust; nil: what the system trusts
	Replies  string         // the domain whose mail comes to this server, for answers and bounces; "": none does

	Refused func(ctx context.Context, to, why string) // hears of a mailbox that does not exist or takes nothing; may be nil
}

// Parse reads "smtp://user:pass@host:587?from=rouse@example.org", or smtps:// for TLS from the first byte.
// tls=none, starttls or mandatory says what else to do about encryption; credentials go to other machines
// only encrypted. Its errors do not repeat the secret.
func Parse(raw string) (Config, error) {
	const form = "use smtp://user:password@host:587?from=rouse@example.org"
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return Config{}, errors.New("this is no mail server's address: " + form)
	}
	q, err := channel.Parameters(u, "from", "tls")
	if err != nil {
		return Config{}, err
	}
	from, err := mail.ParseAddress(q.Get("from"))
	if err != nil {
		return Config{}, errors.New("the mail server's address does not say who the sender is: " + form)
	}
	c := Config{Host: u.Hostname(), User: u.User.Username(), From: *from, TLS: TLS(q.Get("tls"))}
	c.Password, _ = u.User.Password()
	port := "587"
	if u.Scheme == "smtps" {
		port, c.TLS = "465", TLSImplicit
	}
	c.Port = cmp.Or(u.Port(), port)
	return c.secured()
}

// secured fills in the encryption and refuses to send credentials in clear text to another machine.
func (c Config) secured() (Config, error) {
	exposed := c.User != "" && !channel.Loopback(c.Host)
	switch c.TLS {
	case "":
		c.TLS = TLSOffered
		if exposed {
			c.TLS = TLSMandatory
		}
	case TLSOffered:
		if exposed {
			c.TLS = TLSMandatory
		}
	case TLSNone:
		if exposed {
			return Config{}, errors.New("tls=none would send the mail password in clear text to another machine")
		}
	case TLSMandatory, TLSImplicit:
	default:
		return Config{}, fmt.Errorf("tls=%s is not known: use none, starttls or mandatory", c.TLS)
	}
	return c, nil
}

// Descriptor describes the channel.
func Descriptor() ports.ChannelDescriptor {
	return ports.ChannelDescriptor{
		Kind: "email", Label: "Email", Personal: true, Shared: true, Expiry: 4 * time.Hour, Check: checkAddress, Preview: Preview(true),
		Address: json.RawMessage(`{"type":"string","title":"Email address","format":"email"}`),
	}
}

func checkAddress(to string) (string, error) {
	a, err := mail.ParseAddress(to)
	if err != nil || len(a.Address) > 254 || strings.ContainsAny(a.Address, "\r\n <>") {
		return "", fmt.Errorf("%q is not an email address", to)
	}
	return a.Address, nil
}

// Preview is what a mail looks like; replies: it can be answered.
func Preview(replies bool) func(map[string]string) (string, error) {
	return channel.ShowsPerson(func(m ports.Outgoing) string {
		m.Replies = replies
		t := text.Email(text.Input(m))
		return t.Subject + "\n\n" + t.Text
	})
}
