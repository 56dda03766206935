package wire

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/telnyx"
	"github.com/rouse-oncall/rouse/internal/adapters/httpapi"
	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const (
	askWhileLive = 4 * time.Second // for replies, while somebody may answer a text: they hear within 10 s
	askElse      = time.Minute
	live         = time.Hour      // after a text
	askBack      = 24 * time.Hour // for what came while no server asked
	askAround    = time.Hour      // before the last time that was told of: what is known is not worked again
	callsFor     = 10 * time.Minute
)

// asking is one server's memory of asking Twilio and Telnyx. It is of one goroutine.
type asking struct {
	last  time.Time             // that Twilio told what came; zero: this server has not asked yet
	live  time.Time             // of the newest text that somebody may answer
	taken map[string]id.Message // texts of which nothing was heard since Twilio took them, by its ids
	calls map[string]id.Message // calls of the last minutes, likewise
	other map[string]id.Message // texts of the last minutes that Telnyx took, likewise
	told  map[string]bool       // replies that could not be saved and were answered so
	done  map[string]bool       // replies that are worked, of those that Twilio told of the last time
	well  time.Time             // when the database last said what texts live
	fails map[string]bool       // who did not say the last time
}

// once works what providers bring once.
func (a *App) once() respond.Once {
	return respond.Once{Inbound: store.Atomic(a.db, store.People, (*store.Tx).Inbound), Clock: a.clock}
}

func (a *App) newTakeReply() respond.TakeReply {
	return respond.TakeReply{
		Answer: a.answer, Once: a.once(), Allow: httpapi.ReplyLimiter().Allow,
		Mark: func(ctx context.Context, kind, to string, stopped bool) error {
			m := admin.Mark{}
			if stopped {
				m = admin.Mark{Stopped: true, Trouble: "answered STOP at " + a.clock.Now().UTC().Format("2006-01-02 15:04 UTC")}
			}
			_, err := a.admin.access.MarkContact.Do(ctx, kind, to, m)
			return err
		},
	}
}

func (a *App) newTakeCall() respond.TakeCall {
	confirm := deliver.Confirm{Worker: a.deliver, Messages: a.db.Messages()}
	return respond.TakeCall{
		Answer: a.answer, PublicURL: a.Config.PublicURL,
		PickedUp: func(ctx context.Context, m id.Message, c ports.Called) error {
			r := deliver.Report{Message: m, ProviderID: c.ID, Status: notification.MessageDelivered, Detail: c.Detail}
			if c.Machine {
				r.Status = notification.MessageFailed
			}
			return confirm.Do(ctx, r)
		},
	}
}

// askProviders asks those that cannot call this server.
func (a *App) askProviders(ctx context.Context) (int, error) {
	_, err1 := a.askTwilio(ctx)
	return 0, errors.Join(err1, a.askTelnyx(ctx))
}

// askTwilio asks for what people wrote back, and for what became of texts of which Twilio cannot report. One server
// at a time does; while the database is away each does, so that whoever acknowledges hears that it is not saved.
func (a *App) askTwilio(ctx context.Context) (int, error) {
	if a.channels.twilio == nil || !a.channels.twilio.Asks() {
		return 0, nil
	}
	k, now := &a.asking, a.clock.Now()
	err := a.lookForTexts(ctx, now)
	if asked := now.Sub(k.last); now.Sub(k.live).Abs() >= live && asked >= 0 && asked < askElse {
		return 0, nil
	}
	if err == nil {
		k.well = now
		mine, err := a.turnOf(ctx, "twilio", 3*askWhileLive)
		if err == nil && !mine {
			return 0, nil
		}
	}
	since := k.last.Add(-askAround)
	if back := now.Add(-askBack); since.Before(back) {
		since = back
	}
	away := err != nil
	came, err := a.channels.twilio.Ask(ctx, since)
	a.sayAsking("Twilio", err)
	if err != nil {
		return 0, nil //nolint:nilerr // a provider that is away makes no server unwell: it is asked again
	}
	k.last = now
	before := k.done
	k.done = make(map[string]bool, len(came.Written))
	for _, w := range came.Written {
		// While the database is away nobody can look up what was worked: what came before is left until it is back.
		old := away && w.At.Before(k.well.Add(-askWhileLive))
		k.done[w.ID] = before[w.ID] || !old && a.reply(ctx, w)
	}
	return 0, errors.Join(a.report(ctx, k.taken, came.Statuses), a.askForCalls(ctx))
}

// askForCalls asks where the calls of the last minutes stand.
func (a *App) askForCalls(ctx context.Context) error {
	voice, ok := a.channels.twilio.Voice()
	if !ok || len(a.asking.calls) == 0 {
		return nil
	}
	list, err := voice.Statuses(ctx, slices.Sorted(maps.Keys(a.asking.calls)))
	a.sayAsking("Twilio", err)
	return a.report(ctx, a.asking.calls, list)
}

// sayAsking logs that a provider begins to be silent, or to say again.
func (a *App) sayAsking(who string, err error) {
	k := &a.asking
	if k.fails == nil {
		k.fails = map[string]bool{}
	}
	if failing := err != nil; failing != k.fails[who] {
		k.fails[who] = failing
		a.log.Warn("asking "+who+" what came back", "failing", failing, "error", err)
	}
}

// lookForTexts learns which texts live.
func (a *App) lookForTexts(ctx context.Context, now time.Time) error {
	var lanes []notification.Lane
	err := store.Read(a.db, (*store.Tx).Directory)(ctx, func(ctx context.Context, r ports.Directory) error {
		people, err := r.Current(ctx)
		if err == nil {
			lanes = append(people.Lanes("sms"), people.Lanes("voice")...)
		}
		return err
	})
	if err != nil {
		return err
	}
	sent, err := a.db.Sent().Newest(ctx, lanes, now.Add(-askBack), now, 500)
	if err != nil {
		return err
	}
	a.asking.taken, a.asking.calls, a.asking.other = make(map[string]id.Message, len(sent)), map[string]id.Message{}, map[string]id.Message{}
	for _, m := range sent {
		if m.CreatedAt.After(a.asking.live) {
			a.asking.live = m.CreatedAt
		}
		recent := now.Sub(m.CreatedAt) < callsFor
		switch waits := m.ProviderID != "" && m.Status == notification.MessageAccepted; {
		case waits && m.Kind == "sms" && telnyx.Took(m.ProviderID):
			if recent {
				a.asking.other[m.ProviderID] = m.ID
			}
		case waits && m.Kind == "sms":
			a.asking.taken[m.ProviderID] = m.ID
		case waits && recent:
			a.asking.calls[m.ProviderID] = m.ID
		}
	}
	return nil
}

// reply answers a text that came in, and says whether it is worked. That it could not be saved is said once; when it was
// after all, that is said too.
func (a *App) reply(ctx context.Context, w ports.Written) (done bool) {
	k := &a.asking
	said, err := a.takeReply.Do(ctx, "sms", w)
	done = err == nil
	switch {
	case said == "" || err != nil && k.told[w.ID]:
		return done
	case err != nil:
		if k.told == nil || len(k.told) > 1000 {
			k.told = map[string]bool{}
		}
		k.told[w.ID] = true
	}
	if err := a.channels.twilio.Reply(ctx, w.From, text.ReplySMS(said)); err != nil {
		a.metrics.Unanswered()
		a.log.Error("whoever wrote back was not answered", "error", err)
	}
	return done
}

// report confirms what is waited for.
func (a *App) report(ctx context.Context, taken map[string]id.Message, list []ports.Standing) error {
	confirm := deliver.Confirm{Worker: a.deliver, Messages: a.db.Messages()}
	for _, st := range list {
		m, ok := taken[st.ID]
		if !ok || st.Status == notification.MessageAccepted {
			continue
		}
		if err := confirm.Do(ctx, deliver.Report{Message: m, ProviderID: st.ID, Status: st.Status, Detail: st.Detail}); err != nil {
			return err
		}
	}
	return nil
}
