// Package password hashes passwords with argon2id.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime/debug"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/rouse-oncall/rouse/internal/ports"
)

var _ ports.PasswordHasher = (*Hasher)(nil)

// The cost that OWASP names for argon2id; a hash carries its own, so that these can rise.
const (
	memory  = 19 * 1024 // KiB
	passes  = 2
	threads = 1
	keyLen  = 32
	saltLen = 16
)

// Hasher hashes at most two passwords at once: each takes 19 MiB, and a flood of them must not take the
// memory and the processors that paging needs.
type Hasher struct{ turns chan struct{} }

// New makes a hasher.
func New() *Hasher { return &Hasher{turns: make(chan struct{}, 2)} }

func (h *Hasher) key(ctx context.Context, password string, salt []byte, mem, time uint32, par uint8) ([]byte, error) {
	select {
	case h.turns <- struct{}{}:
		defer h.done()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password), salt, time, mem, par, keyLen), nil
}

// done gives the turn back. The last one also gives the memory back: an idle server does not collect garbage
// by itself, and would keep tens of megabytes after a sign-in.
func (h *Hasher) done() {
	<-h.turns
	if len(h.turns) == 0 {
		debug.FreeOSMemory()
	}
}

// Hash gives the PHC text "$argon2id$v=19$m=…,t=…,p=…$salt$hash".
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLen)
	_, _ = rand.Read(salt) // never fails: it ends the program instead
	key, err := h.key(ctx, password, salt, memory, passes, threads)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, threads, b64(salt), b64(key)), nil
}

// Matches hashes even where encoded is empty or broken, so that the time says nothing.
func (h *Hasher) Matches(ctx context.Context, encoded, password string) (bool, error) {
	p, ok := parse(encoded)
	key, err := h.key(ctx, password, p.salt, p.memory, p.passes, p.threads)
	if err != nil {
		return false, err
	}
	same := subtle.ConstantTimeCompare(key, p.key) == 1
	return ok && same, nil
}

type params struct {
	memory, passes uint32
	threads        uint8
	salt, key      []byte
}

// parse gives what a hash was made with, or stand-ins of the same cost where it is none.
func parse(encoded string) (params, bool) {
	fallback := params{memory, passes, threads, make([]byte, saltLen), make([]byte, keyLen)}
	var p params
	var version int
	var rest string
	n, err := fmt.Sscanf(encoded, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s", &version, &p.memory, &p.passes, &p.threads, &rest)
	if err != nil || n != 5 || version != argon2.Version || p.passes == 0 || p.threads == 0 || p.memory > 1<<20 {
		return fallback, false
	}
	salt, key, _ := strings.Cut(rest, "$")
	var saltErr, keyErr error
	p.salt, saltErr = base64.RawStdEncoding.DecodeString(salt)
	p.key, keyErr = base64.RawStdEncoding.DecodeString(key)
	if saltErr != nil || keyErr != nil || len(p.key) != keyLen {
		return fallback, false
	}
	return p, true
}
