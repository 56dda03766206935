package admin

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"hash/crc32"
	"math/big"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// secretKind is in a secret's text, so that people and scanners see what leaked.
type secretKind string

const (
	secretToken    secretKind = "api"
	secretSession  secretKind = "session"
	secretSetup    secretKind = "setup"
	secretPassword secretKind = "password"
	secretSignIn   secretKind = "enter"
	secretInstall  secretKind = "install"
)

const (
	bodyLength  = 43 // base62 digits that hold 256 bits
	checkLength = 6  // base62 digits that hold a CRC-32
)

// newSecret makes "rouse_<kind>_<43 digits><6 digits of checksum>" with 256 random bits.
func newSecret(kind secretKind) string {
	head := "rouse_" + string(kind) + "_"
	body := head + randomBase62(bodyLength)
	return body + checksum(body)
}

// wellFormed says whether a text can be one of our secrets: what was cut or mistyped is refused without a look-up.
func wellFormed(kind secretKind, s string) bool {
	head := "rouse_" + string(kind) + "_"
	if !strings.HasPrefix(s, head) || len(s) != len(head)+bodyLength+checkLength {
		return false
	}
	cut := len(s) - checkLength
	return checksum(s[:cut]) == s[cut:]
}

func checksum(s string) string {
	n := crc32.ChecksumIEEE([]byte(s))
	out := []byte("000000")
	for i := len(out) - 1; n > 0; i-- {
		out[i] = base62[n%62]
		n /= 62
	}
	return string(out)
}

// randomBase62 gives n digits, each as likely as any other.
func randomBase62(n int) string {
	out := make([]byte, n)
	for i := range out {
		d, err := rand.Int(rand.Reader, big.NewInt(62))
		if err != nil {
			panic(err) // crypto/rand never fails on the systems that Go supports
		}
		out[i] = base62[d.Int64()]
	}
	return string(out)
}

// NewKey makes a key for an integration of a kind: 32 base62 characters. Those to which mail comes have small letters
// only, as mail servers may write them.
func NewKey(kind directory.IntegrationKind) string {
	if kind == directory.Email {
		return strings.ToLower(randomBase62(32))
	}
	return randomBase62(32)
}

// HashSecret is the form in which secrets and keys are stored and looked up: hex SHA-256. They are random
// or long, so a slow hash would add nothing; and a look-up by hash tells a guesser nothing by its time.
func HashSecret(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
