package respond_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

type standing struct{}

func (standing) Now() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) }

// sent knows one message, which tells of the incidents 1 and 2.
type sent struct{}

func (sent) message() notification.Message {
	return notification.Message{
		ID: "m1", Lane: notification.ContactLane("phone"), Kind: "sms", Recipient: notification.Recipient{Kind: notification.ToUser, ID: "ana"},
		Purpose: notification.PurposePage, CreatedAt: standing{}.Now().Add(-time.Minute), SentAt: standing{}.Now(),
		Items: []notification.Item{{Incident: 1}, {Incident: 2}},
	}
}

func (s sent) OfDelivery(_ context.Context, n int64) (ports.Bound, error) {
	if n != 7 {
		return ports.Bound{}, fault.NotFound("delivery", "none")
	}
	return ports.Bound{Message: s.message(), Deliveries: []notification.Delivery{{ID: 7, Page: notification.PageKey{Incident: 2}}}}, nil
}

func (s sent) Newest(context.Context, []notification.Lane, time.Time, time.Time, int) ([]notification.Message, error) {
	return []notification.Message{s.message()}, nil
}

// replying is ana with a phone, over memory. slow is how long the database takes, fails what it then says; "" for what
// goes well. unanswered counts.
type replying struct {
	db         *memory.DB
	take       respond.TakeReply
	takes      time.Duration
	fails      error
	unanswered int
	stopped    []string
}

func newReplying(t *testing.T) *replying {
	t.Helper()
	r := &replying{db: memory.New(nil)}
	err := memory.Atomic(r.db, func(tx *memory.Tx) *memory.Tx { return tx })(t.Context(), func(ctx context.Context, tx *memory.Tx) error {
		return tx.Catalog().Apply(ctx, directory.Edit{Users: []directory.User{{
			ID: "ana", Email: "ana@example.org", Name: "Ana", Role: directory.Responder,
			Contacts: []notification.Contact{{ID: "phone", Kind: "sms", To: "+34600000001", Verified: true}},
		}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	r.take = respond.TakeReply{
		Once: respond.Once{Inbound: hindered(r, memory.Atomic(r.db, (*memory.Tx).Inbound)), Clock: standing{}},
		Mark: func(_ context.Context, _, to string, stopped bool) error {
			if stopped {
				r.stopped = append(r.stopped, to)
			}
			return nil
		},
		Allow: func(string) (time.Duration, bool) { return 0, true },
		Answer: respond.Answer{
			Sent: sent{}, Codes: notification.NewCodes("key"),
			Read: memory.Atomic(r.db, func(tx *memory.Tx) respond.AnswerRepos {
				return respond.AnswerRepos{Directory: tx.Directory(), Facts: tx.Facts(), Linked: tx.Linked()}
			}),
			Deps: respond.Deps{
				Clock: standing{}, Committed: func([]incident.Change) {}, Unanswered: func() { r.unanswered++ },
				Atomically: hindered(r, memory.Atomic(r.db, func(tx *memory.Tx) respond.Repos {
					return respond.Repos{Directory: tx.Directory(), Incidents: tx.Incidents(), Alerts: tx.Alerts(), Keys: tx.Correlations()}
				})),
			},
		},
	}
	return r
}

// hindered is slow and fails as the test says.
func hindered[R any](r *replying, tx ports.Atomically[R]) ports.Atomically[R] {
	return func(ctx context.Context, f func(context.Context, R) error) error {
		time.Sleep(r.takes)
		if r.fails != nil {
			return r.fails
		}
		return tx(ctx, f)
	}
}

// Contract P13: whatever the database does, whoever answers a message hears within 10 s what became of it.
func TestEveryReplyIsAnswered(t *testing.T) {
	t.Parallel()
	away := fault.Unavailable(0, "store.unavailable", "refused")
	const notAcked, unknown = "NOT ACKED: could not save. Escalation continues.", "NOT KNOWN whether it is saved: the database did not say. Escalation may continue."
	for name, c := range map[string]struct {
		takes      time.Duration
		fails      error
		text       string
		want       string // by SMS; by a link it has no key
		unanswered int
	}{
		"refused":            {0, away, "1", notAcked + " Reply 1 again.", 0},
		"slow":               {9 * time.Second, context.DeadlineExceeded, "1", notAcked + " Reply 1 again.", 0},
		"slower than that":   {11 * time.Second, context.DeadlineExceeded, "1", notAcked + " Reply 1 again.", 1},
		"it passes on":       {0, away, "2", "NOT PASSED ON: could not save. Escalation continues. Reply 2 again.", 0},
		"it resolves":        {0, away, "9", "NOT RESOLVED: could not save. Escalation continues. Reply 9 again.", 0},
		"a bug of ours":      {0, context.Canceled, "1", notAcked + " Reply 1 again.", 0},
		"nothing to save":    {0, away, "hello", "Not understood, nothing changed. Reply 1 to ack, 2 to pass on, 9 to resolve, or ack 42 for one incident.", 0},
		"stop words have no": {0, away, "STOP", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newReplying(t)
				r.takes, r.fails = c.takes, c.fails
				said, err := r.take.Do(t.Context(), "sms", ports.Written{ID: "SM1", From: "+34600000001", Text: c.text})
				if said != c.want || !fault.Is(err, fault.KindUnavailable) {
					t.Errorf("%q, %v, want %q", said, err, c.want)
				}
				if r.unanswered != c.unanswered {
					t.Errorf("%d are counted as unanswered, want %d", r.unanswered, c.unanswered)
				}
			})
		})
	}
	for name, c := range map[string]struct {
		fails error
		want  string
	}{"away": {away, notAcked}, "it does not say": {ports.ErrUnknownOutcome, unknown}} {
		t.Run("by a link: "+name, func(t *testing.T) {
			t.Parallel()
			r := newReplying(t)
			r.fails = c.fails
			code := r.take.Answer.Codes.Sign(notification.Code{Delivery: 7})
			said, err := r.take.Answer.ByCode(t.Context(), code, notification.DeedAcknowledge, respond.Presser{})
			if said != c.want || !fault.Is(err, fault.KindUnavailable) {
				t.Errorf("%q, %v, want %q", said, err, c.want)
			}
		})
	}
}

// What could not be saved may come again; what was done is not done again; what somebody works is left to them.
func TestAReplyComesAgain(t *testing.T) {
	t.Parallel()
	r := newReplying(t)
	do := func(id, want string) error {
		t.Helper()
		said, err := r.take.Do(t.Context(), "sms", ports.Written{ID: id, From: "+34600000001", Text: "1"})
		if said != want {
			t.Errorf("%q, want %q", said, want)
		}
		return err
	}
	const gone = "#1 refused: there is no incident 1. #2 refused: there is no incident 2. Nothing to do."
	r.fails = fault.Unavailable(0, "store.unavailable", "refused")
	if err := do("SM1", "NOT ACKED: could not save. Escalation continues. Reply 1 again."); err == nil {
		t.Error("it is said to be done")
	}
	r.fails = nil
	if err := do("SM1", gone); err != nil {
		t.Error(err)
	}
	if err := do("SM1", ""); err != nil {
		t.Error(err)
	}
	err := memory.Atomic(r.db, (*memory.Tx).Inbound)(t.Context(), func(ctx context.Context, in ports.Inbound) error {
		_, _, err := in.Take(ctx, "sms:SM2", standing{}.Now(), standing{}.Now().Add(time.Second))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := do("SM2", ""); !fault.Is(err, fault.KindConflict) {
		t.Errorf("somebody works it, and it is %v", err)
	}
}

// In a shared channel it is not the message that says who answers, but the provider: only whom it knows, and somebody
// linked, may.
func TestASharedMessageIsAnsweredByWhoIsLinked(t *testing.T) {
	t.Parallel()
	r := newReplying(t)
	r.take.Answer.Sent = shared{}
	code := r.take.Answer.Codes.Sign(notification.Code{Delivery: 7, Whole: true})
	r.link(t, "ana", "slack", "U1")
	for by, want := range map[respond.Presser]fault.Kind{
		{}: fault.KindForbidden, {Kind: "slack", ID: "U2"}: fault.KindForbidden, {Kind: "slack", ID: "U1"}: {},
		{Kind: "chat", ID: "U1"}: fault.KindForbidden, {Kind: "sms", ID: "+34600000001"}: {}, // a contact that is theirs
	} {
		_, err := r.take.Answer.ByCode(t.Context(), code, notification.DeedAcknowledge, by)
		if want != (fault.Kind{}) && !fault.Is(err, want) || want == (fault.Kind{}) && err != nil {
			t.Errorf("%+v: %v", by, err)
		}
	}
}

// A person's contact may be a room: who presses there and is known answers as themselves, not as its owner.
func TestAPersonalMessageIsAnsweredByWhoPresses(t *testing.T) {
	t.Parallel()
	for by, want := range map[respond.Presser]string{
		{}: "Ana acknowledged it by sms", {Kind: "slack", ID: "U9"}: "Ana acknowledged it by slack", {Kind: "slack", ID: "U1"}: "Ana acknowledged it by slack",
		{Kind: "slack", ID: "U2"}: "Ben acknowledged it by slack",
	} {
		r := newReplying(t)
		err := memory.Atomic(r.db, func(tx *memory.Tx) *memory.Tx { return tx })(t.Context(), func(ctx context.Context, tx *memory.Tx) error {
			return tx.Catalog().Apply(ctx, directory.Edit{Users: []directory.User{{ID: "ben", Email: "ben@example.org", Name: "Ben", Role: directory.Responder}}})
		})
		if err != nil {
			t.Fatal(err)
		}
		r.link(t, "ana", "slack", "U1")
		r.link(t, "ben", "slack", "U2")
		r.opened(t, 1)
		code := r.take.Answer.Codes.Sign(notification.Code{Delivery: 7, Whole: true})
		if said, err := r.take.Answer.ByCode(t.Context(), code, notification.DeedAcknowledge, by); err != nil {
			t.Fatalf("%+v: %q, %v", by, said, err)
		}
		r.says(t, want)
	}
}

// Where somebody answered is on the timeline, also where the message that they mean went elsewhere.
func TestTheTimelineSaysWhereSomebodyAnswered(t *testing.T) {
	t.Parallel()
	r := newReplying(t)
	r.opened(t, 1)
	r.link(t, "ana", "mattermost", "U1")
	post := respond.Pressed{By: respond.Presser{Kind: "mattermost", ID: "U1"}, Deed: notification.DeedAcknowledge, Of: []id.Incident{1}}
	if said, err := r.take.Answer.ByPost(t.Context(), post); err != nil {
		t.Fatalf("%q, %v", said, err)
	}
	r.says(t, "Ana acknowledged it by mattermost")
	for _, c := range [][2]string{{"1", "Ana acknowledged it again by sms"}, {"9", "Ana resolved it by sms"}} {
		if said, err := r.take.Do(t.Context(), "sms", ports.Written{ID: c[0], From: "+34600000001", Text: c[0]}); err != nil {
			t.Fatalf("%q, %v", said, err)
		}
		r.says(t, c[1])
	}
}

// says looks for a line of the first incident's timeline.
func (r *replying) says(t *testing.T, line string) {
	t.Helper()
	i, err := r.db.Insight().Show(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(i.Timeline, func(e incident.Entry) bool { return e.Text == line }) {
		t.Errorf("the timeline does not say %q: %+v", line, i.Timeline)
	}
}

// link notes whom a provider knows by an id.
func (r *replying) link(t *testing.T, user id.User, kind, external string) {
	t.Helper()
	err := memory.Atomic(r.db, (*memory.Tx).Linked)(t.Context(), func(ctx context.Context, l ports.Linked) error {
		return l.Put(ctx, directory.Linked{User: user, Kind: kind, ID: external})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Of who was sent nothing no code expired.
func TestAnAnswerToNothing(t *testing.T) {
	t.Parallel()
	r := newReplying(t)
	r.take.Answer.Sent = nothing{}
	for words, want := range map[string]string{
		"1": "No message was sent to you in the last week: there is nothing to answer.", "ack 1": "No message told you of #1. Nothing of yours is open.",
	} {
		if said, err := r.take.Do(t.Context(), "sms", ports.Written{ID: words, From: "+34600000001", Text: words}); said != want || err != nil {
			t.Errorf("%q: %q, %v", words, said, err)
		}
	}
}

type nothing struct{ sent }

func (nothing) Newest(context.Context, []notification.Lane, time.Time, time.Time, int) ([]notification.Message, error) {
	return nil, nil
}

type shared struct{ sent }

func (s shared) OfDelivery(ctx context.Context, n int64) (ports.Bound, error) {
	b, err := s.sent.OfDelivery(ctx, n)
	b.Recipient = notification.Recipient{Kind: notification.ToChannel, ID: "ops"}
	b.Lane = notification.ChannelLane("ops")
	return b, err
}
