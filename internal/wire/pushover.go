package wire

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/pushover"
	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// askReceipts is how often Pushover is asked who has acknowledged: it wants no more.
const askReceipts = 5 * time.Second

// ringing is one server's memory of what rings by Pushover. It is of one goroutine.
type ringing struct {
	done  map[string]bool // receipts of which nothing more will come
	told  map[string]bool // those of whom somebody knows that it could not be saved
	fails bool            // Pushover did not say the last time
}

// askPushover acknowledges what somebody has acknowledged in Pushover's app, and ends the ringing of what is answered
// elsewhere. One server at a time does.
func (a *App) askPushover(ctx context.Context) (int, error) {
	s, k := a.channels.pushover, &a.ringing
	if s == nil {
		return 0, nil
	}
	if mine, err := a.turnOf(ctx, "pushover", 3*askReceipts); err != nil || !mine {
		return 0, err
	}
	sent, err := a.rung(ctx)
	if err != nil {
		return 0, err
	}
	before, failed := k.done, error(nil)
	k.done = map[string]bool{}
	for _, m := range sent {
		if !before[m.ProviderID] {
			over, err := a.askReceipt(ctx, s, m)
			k.done[m.ProviderID] = over
			if err != nil {
				failed = err
			}
			continue
		}
		k.done[m.ProviderID] = true
	}
	if (failed != nil) != k.fails {
		k.fails = failed != nil
		a.log.Warn("asking Pushover who has acknowledged", "failing", k.fails, "error", failed)
	}
	return 0, nil
}

// rung are the messages that may ring now.
func (a *App) rung(ctx context.Context) ([]notification.Message, error) {
	var lanes []notification.Lane
	err := store.Read(a.db, (*store.Tx).Directory)(ctx, func(ctx context.Context, r ports.Directory) error {
		people, err := r.Current(ctx)
		if err == nil {
			lanes = people.Lanes("pushover")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	now := a.clock.Now()
	sent, err := a.db.Sent().Newest(ctx, lanes, now.Add(-pushover.Rings-time.Minute), now, 500)
	out := sent[:0]
	for _, m := range sent {
		if pushover.IsReceipt(m.ProviderID) {
			out = append(out, m)
		}
	}
	return out, err
}

// askReceipt looks at one message, and says whether there is no more to come of it.
func (a *App) askReceipt(ctx context.Context, s *pushover.Sender, m notification.Message) (over bool, err error) {
	var named []string
	var numbers []id.Incident
	for _, it := range m.Items {
		named, numbers = append(named, fmt.Sprint(int64(it.Incident))), append(numbers, it.Incident)
	}
	yes, over, err := s.Acknowledged(ctx, m.ProviderID)
	switch {
	case err != nil:
		return false, err
	case yes:
		return a.acknowledgedThere(ctx, s, m, "ack "+strings.Join(named, ", "))
	case over:
		return true, nil
	}
	var states map[id.Incident]incident.State
	err = store.Read(a.db, (*store.Tx).Facts)(ctx, func(ctx context.Context, r ports.IncidentFacts) (err error) {
		states, err = r.States(ctx, numbers)
		return err
	})
	if err != nil {
		return false, err
	}
	for _, st := range states {
		if st.Status == incident.Open() {
			return false, nil
		}
	}
	return true, s.Silence(ctx, m.ProviderID)
}

// acknowledgedThere does what somebody did in the app, as if they had written it, and tells them what came of it.
func (a *App) acknowledgedThere(ctx context.Context, s *pushover.Sender, m notification.Message, words string) (over bool, err error) {
	said, failed := a.takeReply.Do(ctx, "pushover", ports.Written{ID: m.ProviderID, From: m.To, Text: words})
	if said == "" || failed != nil && a.ringing.told[m.ProviderID] {
		return failed == nil, nil
	}
	if failed != nil {
		if len(a.ringing.told) > 1000 || a.ringing.told == nil {
			a.ringing.told = map[string]bool{}
		}
		a.ringing.told[m.ProviderID] = true
	}
	if err := s.Say(ctx, m.To, said); err != nil {
		a.metrics.Unanswered()
		a.log.Error("whoever acknowledged in Pushover was not told what came of it", "error", err)
	}
	return failed == nil, nil
}
