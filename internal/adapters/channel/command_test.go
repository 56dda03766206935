package channel

import (
	"strings"
	"testing"
)

// Every chat takes a list: what is first stays, and that there is more is said.
func TestALongListFitsOneMessage(t *testing.T) {
	t.Parallel()
	lines := make([]string, 20)
	for i := range lines {
		lines[i] = "#" + string(rune('A'+i)) + strings.Repeat("é", 400)
	}
	got := strings.Split(listed(lines, false, "none"), "\n")
	if n := len(strings.Join(got, "\n")); n > maxSaid+20 || !strings.HasPrefix(got[0], "#A") || got[len(got)-1] != "… and more" {
		t.Errorf("%d bytes: %q", n, got)
	}
	for _, l := range got {
		if n := len([]rune(l)); n > maxLine {
			t.Errorf("a line has %d characters", n)
		}
	}
	if got := listed([]string{"a", "b"}, false, "none"); got != "a\nb" {
		t.Errorf("a short list is %q", got)
	}
	if got := listed(nil, false, "none"); got != "none" {
		t.Errorf("no list is %q", got)
	}
}
