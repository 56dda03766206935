package channeltest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Pushed is a notification that the fake push service has taken, as the browser reads it.
type Pushed struct {
	Payload []byte // decrypted
	Size    int    // bytes of the body, encrypted
	TTL     int    // seconds
	Urgency string
	Topic   string
	Claims  map[string]any // of the VAPID token
}

// WebPush is a push service and the browser that is subscribed there. It takes apart what comes by RFC 8291 and 8292
// themselves, and refuses what is not encrypted for it or not signed by the key that it knows.
type WebPush struct {
	*ledger[Pushed]
	base    string
	server  *http.Server
	private *ecdh.PrivateKey
	auth    []byte
	signer  string // public key of who may send, base64url; "": the first that does
}

// StartWebPush starts one on a free port of the loopback interface. Close it.
func StartWebPush() (*WebPush, error) {
	f := &WebPush{ledger: newLedger[Pushed](), auth: make([]byte, 16)}
	var err error
	if f.private, err = ecdh.P256().GenerateKey(rand.Reader); err != nil {
		return nil, err
	}
	if _, err = rand.Read(f.auth); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /push/secret-device", f.receive)
	f.server, f.base, err = serve(mux)
	return f, err
}

// NewWebPush starts one for a test.
func NewWebPush(t testing.TB) *WebPush {
	t.Helper()
	f, err := StartWebPush()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// Close ends the fake and every connection.
func (f *WebPush) Close() {
	f.stop()
	_ = f.server.Close()
}

// Address is the browser's subscription.
func (f *WebPush) Address() string {
	b64 := base64.RawURLEncoding.EncodeToString
	return fmt.Sprintf(`{"endpoint":"%s/push/secret-device","keys":{"auth":"%s","p256dh":"%s"}}`, f.base, b64(f.auth), b64(f.private.PublicKey().Bytes()))
}

// Seen is what was taken, as the suite looks at it.
func (f *WebPush) Seen() []Seen {
	var out []Seen
	for _, m := range f.Taken() {
		var n struct{ Title, Body, Tag string }
		_ = json.Unmarshal(m.Payload, &n)
		out = append(out, Seen{To: []string{f.Address()}, Line: n.Title + ": " + n.Body, Key: n.Tag})
	}
	return out
}

func (f *WebPush) receive(w http.ResponseWriter, r *http.Request) {
	reply := f.next()
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	m := Pushed{Size: len(body), Urgency: r.Header.Get("Urgency"), Topic: r.Header.Get("Topic")}
	m.TTL, err = strconv.Atoi(r.Header.Get("TTL"))
	if len(body) > 4096 {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil || r.Header.Get("Content-Encoding") != "aes128gcm" || len(m.Topic) > 32 {
		http.Error(w, "TTL, Content-Encoding or Topic", http.StatusBadRequest)
		return
	}
	if m.Claims, err = f.signed(r.Header.Get("Authorization")); err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	if m.Payload, err = f.decrypt(body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.answerHTTP(r, reply, func() { f.take(m) },
		func() {
			w.Header().Set("Location", "/message/"+strconv.Itoa(len(f.Taken())))
			w.WriteHeader(http.StatusCreated)
		},
		func(status, _ int, h map[string]string) {
			for k, v := range h {
				w.Header().Set(k, v)
			}
			if status == 0 {
				status = http.StatusGone
			}
			http.Error(w, "scripted for secret-device", status)
		})
}

// signed checks "vapid t=<token>, k=<public key>": for this service, not for long, by the known key.
func (f *WebPush) signed(header string) (claims map[string]any, err error) {
	token, key, ok := strings.Cut(strings.TrimPrefix(header, "vapid t="), ", k=")
	parts := strings.Split(token, ".")
	f.mu.Lock()
	if f.signer == "" {
		f.signer = key
	}
	known := f.signer == key
	f.mu.Unlock()
	if !ok || len(parts) != 3 || !known {
		return nil, errors.New("no token by the key that this browser subscribed to")
	}
	var raw [4][]byte
	for i, p := range append(parts, key) {
		if raw[i], err = base64.RawURLEncoding.DecodeString(p); err != nil {
			return nil, err
		}
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw[3])
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if len(raw[2]) != 64 || !bytes.Contains(raw[0], []byte(`"ES256"`)) ||
		!ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(raw[2][:32]), new(big.Int).SetBytes(raw[2][32:])) {
		return nil, errors.New("the token is not signed by its key")
	}
	if err := json.Unmarshal(raw[1], &claims); err != nil {
		return nil, err
	}
	exp, _ := claims["exp"].(float64)
	left := time.Until(time.Unix(int64(exp), 0))
	if sub, _ := claims["sub"].(string); claims["aud"] != f.base || left <= 0 || left > 24*time.Hour || !strings.HasPrefix(sub, "mailto:") && !strings.HasPrefix(sub, "https:") {
		return nil, fmt.Errorf("the token's claims are wrong: %v", claims)
	}
	return claims, nil
}

// decrypt reads a body of one record. https://www.rfc-editor.org/rfc/rfc8291#section-3
func (f *WebPush) decrypt(body []byte) ([]byte, error) {
	if len(body) < 86 || body[20] != 65 {
		return nil, errors.New("no header of aes128gcm")
	}
	salt, sender, record := body[:16], body[21:86], body[86:]
	their, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		return nil, err
	}
	shared, err := f.private.ECDH(their)
	if err != nil {
		return nil, err
	}
	info := "WebPush: info\x00" + string(f.private.PublicKey().Bytes()) + string(sender)
	ikm, err := hkdf.Key(sha256.New, shared, f.auth, info, 32)
	if err != nil {
		return nil, err
	}
	cek, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(cek)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, nonce, record, nil)
	if err != nil {
		return nil, err
	}
	text, last := bytes.CutSuffix(bytes.TrimRight(plain, "\x00"), []byte{2})
	if !last {
		return nil, errors.New("the record is not the last one")
	}
	return text, nil
}
