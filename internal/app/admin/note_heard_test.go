package admin_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// Alerts come by the thousand: one write a minute for each integration is enough, and one that fails is made up for.
func TestWhatIsHeardIsNotedOnceAMinute(t *testing.T) {
	t.Parallel()
	b := setup(t)
	writes, away := 0, false
	store := b.store
	store.Write = func(ctx context.Context, f func(context.Context, admin.Repos) error) error {
		writes++
		if away {
			return errors.New("away")
		}
		return b.store.Write(ctx, f)
	}
	u := admin.NewNoteHeard(store, b.clock)
	note := func(i string, after time.Duration, want int) {
		t.Helper()
		b.clock.now = b.clock.now.Add(after)
		wanted, before := u.Wants(directory.ProbeIntegration), writes
		u.Do(t.Context(), directory.ProbeIntegration)
		if writes != want || wanted != (writes > before) {
			t.Errorf("%s: %d writes, not %d; Wants said %v", i, writes, want, wanted)
		}
	}
	begin := b.clock.now
	note("the first", 0, 1)
	note("within a minute", 59*time.Second, 1)
	note("after it", time.Second, 2)
	away = true
	note("the database is away", time.Minute, 3)
	away = false
	note("made up for at once", 0, 4)
	got, err := admin.ReadHeard{Store: b.store}.Do(t.Context(), admin.System())
	if h := got[directory.ProbeIntegration]; err != nil || !h.First.Equal(begin) || !h.Last.Equal(b.clock.now) {
		t.Errorf("%+v %v", h, err)
	}
}
