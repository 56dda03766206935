package admin

import (
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

func TestSecrets(t *testing.T) {
	t.Parallel()
	a, b := newSecret(secretToken), newSecret(secretToken)
	if a == b || !wellFormed(secretToken, a) || wellFormed(secretSession, a) {
		t.Errorf("secrets %q and %q", a, b)
	}
	for i := len("rouse_api_"); i < len(a); i++ {
		flipped := "0"
		if a[i] == '0' {
			flipped = "1"
		}
		if wellFormed(secretToken, a[:i]+flipped+a[i+1:]) {
			t.Errorf("a mistyped character at %d is not seen", i)
		}
	}
	if k := NewKey(directory.Alertmanager); len(k) != 32 || strings.Trim(k, base62) != "" {
		t.Errorf("the key %q is not 32 base62 characters", k)
	}
}
