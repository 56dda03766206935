package notification

import (
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
)

func TestAChannelIsToldOfWhatIsStillOpenAfter(t *testing.T) {
	t.Parallel()
	r := Reach{Channel: "github", After: 10 * time.Minute}
	for seconds, want := range map[int]int{0: 600, 300: 600, 900: 900} {
		p := Page{PageKey: PageKey{Recipient: Recipient{Kind: ToChannel, ID: "ops"}}, Severity: alert.Error(), At: at(seconds), Opened: t0()}
		d := Expand(p, r, time.Hour)[0]
		if !d.DueAt.Equal(at(want)) || !d.ExpiresAt.Equal(at(want+3600)) {
			t.Errorf("told at %d s: due %v, expires %v", seconds, d.DueAt, d.ExpiresAt)
		}
	}
}
