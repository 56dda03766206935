package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/applyfile"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/gotify"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/webpush"
	"github.com/rouse-oncall/rouse/internal/adapters/ingest/webhook"
	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// bundle is a whole server over memory with ana (admin), rita (responder) and vera (viewer), each with a
// token, and the integration main.
type bundle struct {
	*server
	handler http.Handler
	deps    Deps
	key     string // of the integration main
	setup   string // an open setup link's secret
	tokens  map[directory.Role]string
	reports []deliver.Report
	db      *memory.DB
}

const password = "correct horse"

type plainHasher struct{}

func (plainHasher) Hash(_ context.Context, p string) (string, error) { return "hash of " + p, nil }
func (plainHasher) Matches(_ context.Context, encoded, p string) (bool, error) {
	return encoded == "hash of "+p, nil
}

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// messages knows one message.
type messages struct{}

func (messages) Message(_ context.Context, m id.Message) (ports.Bound, error) {
	if m != "m1" {
		return ports.Bound{}, errors.New("unexpected")
	}
	return ports.Bound{Message: notification.Message{ID: m, Kind: "sms", To: "+34600000000"}}, nil
}

func (messages) OfIncident(context.Context, id.Incident) ([]notification.Message, error) {
	return nil, nil
}

func (messages) OfLane(context.Context, notification.Lane, time.Time, int) ([]notification.Message, error) {
	return []notification.Message{{ID: "m1", Kind: "email", To: "ops@example.org", Tries: []notification.Try{{Attempt: 1, Outcome: "failed", Detail: "no such mailbox"}}}}, nil
}

type fakeTwilio struct{}

func (fakeTwilio) ParseReply(*http.Request, string) (ports.Written, error) {
	return ports.Written{}, errNotSigned
}

func (fakeTwilio) ParseCall(*http.Request, string) (ports.Called, error) {
	return ports.Called{}, errNotSigned
}

func (fakeTwilio) Speak(ports.Speech, string) ([]byte, string, error) { return nil, "", nil }

func (fakeTwilio) ParseCallback(r *http.Request, publicURL string) (notification.MessageStatus, string, string, error) {
	if r.Header.Get("X-Twilio-Signature") != "signed for "+publicURL {
		return "", "", "", errNotSigned
	}
	return notification.MessageDelivered, "SM1", "Twilio: delivered", nil
}

func setup(t testing.TB, change ...func(*Deps)) *bundle {
	t.Helper()
	db := memory.New(nil)
	tx := memory.Atomic(db, func(tx *memory.Tx) admin.Repos {
		return admin.Repos{
			Directory: tx.Directory(), Catalog: tx.Catalog(), Passwords: tx.Passwords(),
			Sessions: tx.Sessions(), Tokens: tx.Tokens(), Links: tx.Links(), Linked: tx.Linked(), Rooms: tx.Rooms(), Paging: tx.Paging(),
			Heard: tx.Heard(), Looks: tx.Looks(), Payloads: tx.Payloads(), Quarantine: tx.Quarantine(), Unresolved: tx.Unresolved(),
		}
	})
	var n atomic.Int64
	newID := func() string { return fmt.Sprintf("00000000-0000-7000-8000-%012d", n.Add(1)) }
	b := &bundle{tokens: map[directory.Role]string{}, db: db}
	access := accessOver(admin.Store{Read: tx, Write: tx}, newID)
	receive := intake.NewReceive(intake.Deps{
		Atomically: memory.Atomic(db, func(tx *memory.Tx) intake.Repos {
			return intake.Repos{
				Directory: tx.Directory(), Catalog: tx.Catalog(), Incidents: tx.Incidents(), Correlations: tx.Correlations(),
				Alerts: tx.Alerts(), Timers: tx.Timers(), Quarantine: tx.Quarantine(), Senders: tx.Senders(),
			}
		}),
		Clock: wallClock{}, NewID: newID, Committed: func([]incident.Change) {}, Metrics: noMetrics{},
	})
	t.Cleanup(receive.Close)
	answers := respond.Deps{
		Atomically: memory.Atomic(db, func(tx *memory.Tx) respond.Repos {
			return respond.Repos{Directory: tx.Directory(), Incidents: tx.Incidents(), Alerts: tx.Alerts(), Keys: tx.Correlations()}
		}),
		Clock: wallClock{}, Committed: func([]incident.Change) {}, Unanswered: func() {}, NewID: newID,
	}
	b.deps = Deps{
		Config: Config{Version: "1.2.3"}, Log: slog.New(slog.DiscardHandler), Access: access, Intake: receive, Clock: wallClock{},
		Incidents: Incidents{
			List: insight.ListIncidents{Reader: db.Insight()}, Show: insight.ShowIncident{Reader: db.Insight()},
			Quarantined: insight.Quarantined{Reader: db.Insight()},
			Acknowledge: respond.Acknowledge{Deps: answers}.Do, Resolve: respond.Resolve{Deps: answers}.Do,
			Healthy: respond.Healthy{Deps: answers}.Do, Work: WorkOver(answers),
			LookAhead: insight.LookAhead{Directory: memory.Atomic(db, (*memory.Tx).Directory), Clock: wallClock{}},
			Similar:   insight.Similar{Reader: db.Insight(), Around: db.Around()},
			Count:     insight.CountUnresolved{Reader: db.Insight()},
			Storm:     insight.Storm{Reader: db.Insight(), Around: db.Around(), Clock: wallClock{}},
			Received:  insight.ShowReceived{Received: db.Received(), Reader: db.Insight()},
		},
		Figures: Figures{
			Measure:    insight.Measure{Figures: db.Figures(), Directory: memory.Atomic(db, (*memory.Tx).Directory), Clock: wallClock{}},
			CountPages: insight.CountPages{Figures: db.Figures(), Directory: memory.Atomic(db, (*memory.Tx).Directory), Clock: wallClock{}},
		},
		Messages: Messages{
			Show: deliver.ShowMessages{Messages: messages{}, Directory: memory.Atomic(db, (*memory.Tx).Directory)}, Test: sendTest(db), Again: sendAgain(db),
			Usage: deliver.ShowUsage{Usage: db.Usage(), Clock: wallClock{}},
			Confirm: func(_ context.Context, r deliver.Report) error {
				b.reports = append(b.reports, r)
				return nil
			},
		},
		Twilio:  fakeTwilio{},
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up 1\n") }),
	}
	for _, c := range change {
		c(&b.deps)
	}
	b.people(t, access, newID)
	b.handler, b.server = build(b.deps)
	return b
}

func sendTest(db *memory.DB) deliver.SendTest {
	var n atomic.Int64
	return deliver.SendTest{
		Atomically: memory.Atomic(db, func(tx *memory.Tx) deliver.TestRepos {
			return deliver.TestRepos{Directory: tx.Directory(), Messages: tx.Messages(), Paging: tx.Paging(), Links: tx.Links()}
		}),
		CanSend: func(kind string) bool { return kind == "email" }, Allow: TestLimiter().Allow, Clock: wallClock{}, Wake: func() {},
		NewID: func() id.Message { return id.Message(fmt.Sprintf("t%d", n.Add(1))) },
	}
}

func sendAgain(db *memory.DB) deliver.SendAgain {
	return deliver.SendAgain{
		Worker: deliver.New(deliver.Config{Clock: wallClock{}}), Messages: messages{},
		Atomically: memory.Atomic(db, func(tx *memory.Tx) deliver.AgainRepos {
			return deliver.AgainRepos{
				RecordRepos: deliver.RecordRepos{Incidents: tx.Incidents(), Messages: tx.Messages(), Deliveries: tx.Deliveries(), Directory: tx.Directory()},
				Paging:      tx.Paging(),
			}
		}),
	}
}

func accessOver(s admin.Store, newID func() string) Access {
	h, c, l := plainHasher{}, wallClock{}, SignInLimiter()
	apply := admin.Apply{Store: s, NewID: newID, Clock: c, CheckExpression: webhook.Check, Channels: map[string]ports.ChannelDescriptor{
		"email": {Kind: "email", Label: "Email", Personal: true, Shared: true}, "sms": {Kind: "sms", Label: "SMS", Personal: true},
		"gotify": gotify.Descriptor(),
	}}
	return Access{
		OfferSetup:     admin.OfferSetup{Store: s, Clock: c},
		Setup:          admin.SetupFirstAdmin{Store: s, Hasher: h, Limit: l, Clock: c, NewID: newID},
		SignIn:         admin.SignIn{Store: s, Hasher: h, Limit: l, Origin: OriginLimiter(), Clock: c},
		SignOut:        admin.SignOut{Store: s},
		ResolveSession: admin.ResolveSession{Store: s, Clock: c},
		ChoosePassword: admin.ChoosePassword{Store: s, Hasher: h, Limit: l, Clock: c},
		OfferSignIn:    admin.OfferSignIn{Store: s, Clock: c},
		SignInByLink:   admin.SignInByLink{Store: s, Origin: l, Clock: c},
		ResetUser:      admin.ResetUser{Store: s, Clock: c},
		ShowPaging:     admin.ShowPaging{Store: s},
		HoldPaging:     admin.HoldPaging{Store: s, Clock: c, Told: func(incident.Paging) {}},
		CreateToken:    admin.CreateToken{Store: s, Clock: c, NewID: newID},
		ListTokens:     admin.ListTokens{Store: s},
		RevokeToken:    admin.RevokeToken{Store: s},
		VerifyToken:    admin.VerifyToken{Store: s, Clock: c, AdminToken: "automation"},
		Directory:      admin.ReadDirectory{Store: s},
		Apply:          apply,
		Edit:           admin.Edit{Apply: apply},
		Remove:         admin.Remove{Store: s, Clock: c},
		RotateKey:      admin.RotateKey{Store: s, Clock: c},
		ChangeSettings: admin.ChangeSettings{Apply: apply},
		VerifyContact:  admin.VerifyContact{Store: s, Limit: SignInLimiter(), Clock: c},
		MarkContact:    admin.MarkContact{Store: s},
		AddDevice:      admin.AddDevice{Store: s, Kind: webpush.Descriptor(), NewID: newID},
		OfferLink:      admin.OfferLink{Store: s, Clock: c, Channels: map[string]ports.ChannelDescriptor{"email": {Kind: "email", Label: "Email", Link: "link CODE"}}, CanSend: func(string) bool { return true }},
		Linked:         admin.Linked{Store: s},
		Rooms:          admin.Rooms{Store: s},
		PushKey:        func() string { return "key" },
		Foresee:        admin.Foresee{Apply: apply, Clock: c},
		Dismiss:        admin.DismissQuarantined{Store: s},
		ReadHeard:      admin.ReadHeard{Store: s},
		ReadLooks:      admin.ReadLooks{Store: s},
		NoteHeard:      admin.NewNoteHeard(s, c),
		KeepPayload:    admin.NewKeepPayload(s, c),
		ReadPayloads:   admin.ReadPayloads{Store: s},
		CanSend:        func(kind string) bool { return kind == "email" },
		Integration:    admin.NewFindIntegration(s, c),
		Parse:          applyfile.Parse,
	}
}

const peopleYAML = `
users:
  - {email: ana@example.org, name: Ana, role: admin, contacts: [{name: mail, kind: email, to: ana@example.org}]}
  - {email: rita@example.org, name: Rita, role: responder}
  - {email: vera@example.org, name: Vera, role: viewer}
teams: [{name: web, members: [rita@example.org]}]
channels: [{name: ops, kind: email, to: ops@example.org}]
services: [{name: api, team: web, channels: [ops]}]
`

func (b *bundle) people(t testing.TB, a Access, newID func() string) {
	t.Helper()
	ctx := context.Background()
	b.setup = must(a.OfferSetup.Do(ctx))(t)
	b.key = must(admin.Bootstrap{Store: a.Apply.Store, NewID: newID}.Do(ctx))(t)
	desired := must(applyfile.Parse([]admin.Document{{Name: "people.yaml", Content: peopleYAML}}))(t)
	must(a.Apply.Do(ctx, admin.System(), admin.Wish{Desired: desired}))(t)
	snap := must(a.Directory.Do(ctx, admin.System()))(t)
	for _, u := range snap.Users {
		_, secret, err := a.CreateToken.Do(ctx, u.Principal(), "test", u.Role, time.Time{})
		b.tokens[u.Role] = must(secret, err)(t)
	}
}

func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

type noMetrics struct{}

func (noMetrics) Answered(string, intake.Outcome, int) {}
func (noMetrics) Refused(string, int)                  {}
func (noMetrics) Committed(int, time.Duration)         {}
func (noMetrics) Truncated(string, int)                {}

// call is one request as data. as: a role's token, "" for nobody.
type call struct {
	do     string // "METHOD /path"
	as     directory.Role
	body   string
	header map[string]string
	from   string // address and port; "" is 192.0.2.1:1234
	https  bool
	cookie *http.Cookie
}

func (b *bundle) call(t *testing.T, c call) *httptest.ResponseRecorder {
	t.Helper()
	method, path, _ := strings.Cut(c.do, " ")
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(c.body))
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.as != "" {
		r.Header.Set("Authorization", "Bearer "+b.tokens[c.as])
	}
	for k, v := range c.header {
		r.Header.Set(k, v)
	}
	if c.from != "" {
		r.RemoteAddr = c.from
	}
	if c.https {
		r.TLS = tlsState()
	}
	if c.cookie != nil {
		r.AddCookie(c.cookie)
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w
}

// alerts sends one firing alert of a service and gives the answer.
func (b *bundle) alerts(t *testing.T, service, severity string) *httptest.ResponseRecorder {
	t.Helper()
	return b.call(t, call{do: "POST /alerts", body: alertBodyOf(service, severity), header: map[string]string{"Authorization": "Bearer " + b.key}})
}

func alertBodyOf(service, severity string) string {
	return fmt.Sprintf(`{"version":"4","status":"firing","groupKey":"g","alerts":[{"status":"firing","fingerprint":"%016x",
	"labels":{"alertname":"Down","service":%q,"severity":%q},"annotations":{"summary":"it is down"},"startsAt":"2026-03-01T12:00:00Z"}]}`,
		len(service)+100*len(severity), service, severity)
}

func prefixes(list ...string) (out []netip.Prefix) {
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}
