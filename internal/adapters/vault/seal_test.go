package vault

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"filippo.io/age"
)

// TestAPassphrase seals, opens, and refuses what was sealed by another.
func TestAPassphrase(t *testing.T) {
	t.Parallel()
	s, err := newSeal("correct horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	s.to.(*age.ScryptRecipient).SetWorkFactor(8) // what makes guessing slow makes tests slow
	var sealed bytes.Buffer
	w, err := s.writer(&sealed)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("Ana's number is +34600000000. ", 1000)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if s.suffix() != ".zst.age" || sealed.Len() > 1000 || bytes.Contains(sealed.Bytes(), []byte("Ana")) {
		t.Errorf("%d bytes, named %s", sealed.Len(), s.suffix())
	}
	r, err := s.reader(bytes.NewReader(sealed.Bytes()), "x.zst.age")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != text {
		t.Errorf("opened: %d bytes, %v", len(got), err)
	}
	other, err := newSeal("incorrect horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.reader(bytes.NewReader(sealed.Bytes()), "x.zst.age"); err == nil || !strings.Contains(err.Error(), "by another key") {
		t.Errorf("opened by another passphrase: %v", err)
	}
}
