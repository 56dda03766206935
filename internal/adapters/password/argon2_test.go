package password_test

import (
	"context"
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/adapters/password"
)

func TestHashAndMatch(t *testing.T) {
	t.Parallel()
	h := password.New()
	encoded, err := h.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(encoded, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(encoded, "horse") {
		t.Errorf("the hash is %q", encoded)
	}
	other, err := h.Hash(t.Context(), "correct horse")
	if err != nil || other == encoded {
		t.Errorf("the same password has the same hash: no salt (%v)", err)
	}
	for pw, want := range map[string]bool{"correct horse": true, "wrong horse": false, "": false} {
		got, err := h.Matches(t.Context(), encoded, pw)
		if err != nil || got != want {
			t.Errorf("Matches(%q) = %v, %v", pw, got, err)
		}
	}
}

// What is no hash must match nothing: a user without a password cannot sign in with an empty one.
func TestNothingMatchesNoHash(t *testing.T) {
	t.Parallel()
	h := password.New()
	for _, encoded := range []string{
		"", "x", "$argon2id$v=19$m=19456,t=2,p=1$$", "$argon2id$v=19$m=19456,t=0,p=1$AAAA$AAAA",
		"$argon2id$v=19$m=99999999,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	} {
		got, err := h.Matches(t.Context(), encoded, "")
		if err != nil || got {
			t.Errorf("Matches(%q) = %v, %v", encoded, got, err)
		}
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := password.New()
	release := password.Occupy(h)
	defer release()
	if _, err := h.Hash(ctx, "correct horse"); err == nil {
		t.Error("a third hash ran beside two others")
	}
}
