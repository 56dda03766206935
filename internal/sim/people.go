package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// patience is how long whoever answers waits for the answer.
const patience = 10 * time.Second

func contact(name, kind string) notification.Contact {
	return notification.Contact{ID: id.Contact(name), Name: name, Kind: kind, To: "to-" + name, Verified: true}
}

func users() []directory.User {
	sms, mail := contact("ana-sms", "sms"), contact("ana-mail", "email")
	return []directory.User{
		{ID: "ana", Email: "ana@example.org", Name: "Ana", TimeZone: "Europe/Madrid", Role: directory.Responder, Contacts: []notification.Contact{sms, mail},
			Rules: notification.Rules{
				High: []notification.Step{{Contact: sms.ID}, {After: 30 * time.Second, Contact: mail.ID}, {After: 90 * time.Second, Contact: sms.ID}},
				Low:  []notification.Step{{Contact: mail.ID}},
			}},
		{ID: "ben", Email: "ben@example.org", Name: "Ben", Role: directory.Responder, Contacts: []notification.Contact{contact("ben-sms", "sms")},
			Rules: notification.Rules{Low: []notification.Step{{Contact: "ben-sms"}}}},
		{ID: "cas", Email: "cas@example.org", Name: "Cas", Role: directory.Responder, Contacts: []notification.Contact{contact("cas-mail", "email")},
			Rules: notification.Rules{Low: []notification.Step{{Contact: "cas-mail"}}}},
		{ID: "dan", Email: "dan@example.org", Name: "Dan", Role: directory.Responder},
		{ID: "eve", Email: "eve@example.org", Name: "Eve", Role: directory.Admin, Contacts: []notification.Contact{contact("eve-sms", "sms")},
			Rules: notification.Rules{Low: []notification.Step{{Contact: "eve-sms"}}}},
	}
}

func user(u string) escalation.Target { return escalation.Target{Kind: escalation.TargetUser, ID: u} }

func level(d time.Duration, targets ...escalation.Target) escalation.Level {
	return escalation.Level{AckTimeout: d, AckTimeoutLow: 2 * d, Targets: targets}
}

func policies() []escalation.Policy {
	team, ops := escalation.Target{Kind: escalation.TargetTeam, ID: "team"}, escalation.Target{Kind: escalation.TargetChannel, ID: "ops"}
	empty := escalation.Target{Kind: escalation.TargetSchedule, ID: "nobody"}
	return []escalation.Policy{
		{Ref: escalation.Ref{ID: "web", Version: 1}, Name: "web", Repeat: 1, Levels: []escalation.Level{
			level(2*time.Minute, user("ana"), team), level(time.Minute, empty), level(3*time.Minute, user("cas"), ops), level(2*time.Minute, user("eve")),
		}},
		{Ref: escalation.Ref{ID: "db", Version: 1}, Name: "db", Levels: []escalation.Level{level(2*time.Minute, user("dan")), level(4*time.Minute, user("ben"))}},
		{Ref: escalation.Ref{ID: "gone", Version: 1}, Name: "gone", Levels: []escalation.Level{level(time.Minute, user("dan"), empty)}},
	}
}

// rules are the product's with minutes for hours: a history is short.
func rules() incident.Rules {
	return incident.Rules{
		ReopenWindow: 4 * time.Minute, AckRemind: 4 * time.Minute, AckExpire: 9 * time.Minute, AckRemindLow: 8 * time.Minute, HoldWarning: 20 * time.Second,
		Grace: 3 * time.Minute, Stable: 4 * time.Minute, FlapWindow: 6 * time.Minute, RepageGap: time.Minute, RemindEvery: 3 * time.Minute, RetryEvery: time.Minute,
	}
}

func services() []directory.Service {
	page, open := rules(), rules()
	page.NewKind, open.KeepOpen = incident.NewKindPage, true
	return []directory.Service{
		{ID: "web", Name: "web", Policy: "web", Rules: rules(), Channels: []id.Channel{"ops"}},
		{ID: "db", Name: "db", Policy: "db", Rules: rules(), Correlate: incident.Correlate{Mode: incident.CorrelateAlert}},
		{ID: "api", Name: "api", Policy: "web", Rules: page, Correlate: incident.Correlate{Mode: incident.CorrelateService}},
		{ID: "old", Name: "old", Policy: "gone", Rules: open},
	}
}

func channels() []directory.Channel {
	return []directory.Channel{{ID: "ops", Name: "ops", Kind: "chat", To: "#ops"}}
}

// newest gives every policy as it was at first, as its newest version.
func (w *world) newest() []escalation.Policy {
	w.edits++
	ps := policies()
	for i := range ps {
		ps[i].Version = 2 + w.edits
	}
	return ps
}

// people sets up whoever can be paged.
func (w *world) people() {
	w.edit(setup())
}

func setup() directory.Edit {
	return directory.Edit{
		Settings: &directory.Settings{DefaultPolicy: "web"}, Users: users(), Policies: policies(), Services: services(),
		Teams:    []directory.Team{{ID: "team", Name: "team", Members: []id.User{"ana", "ben"}}},
		Channels: channels(),
		Integrations: []directory.Integration{
			{ID: "am", Name: "am", Kind: directory.Alertmanager, KeyHash: "am"}, {ID: "prom", Name: "prom", Kind: directory.Alertmanager, KeyHash: "prom"},
		},
	}
}

func (w *world) edit(e directory.Edit) {
	err := memory.Atomic(w.db, func(tx *memory.Tx) ports.Catalog { return tx.Catalog() })(w.ctx, func(ctx context.Context, c ports.Catalog) error { return c.Apply(ctx, e) })
	if err != nil {
		w.broken("setup", "%v", err)
	}
}

// anyReplica is who a balancer would send a request to; nil where nobody lives.
func (w *world) anyReplica() *replica {
	var alive []*replica
	for _, r := range w.replicas {
		if r != nil {
			alive = append(alive, r)
		}
	}
	if len(alive) == 0 {
		return nil
	}
	return alive[w.rng.IntN(len(alive))]
}

// task does something at a replica as a request would, and then goes on with its error. It gives the task's name.
func (w *world) task(r *replica, what string, do func(context.Context) error, then func(error)) (name string) {
	w.tasks++
	name = fmt.Sprintf("%s %s#%d", r, what, w.tasks)
	ctx := context.WithValue(context.Background(), taskKey{}, &taskOf{name: name})
	go func() {
		err := do(ctx)
		w.gate.add(nil, name+" ends", false, func() {
			if r.gone() && err == nil {
				err = errGone // the answer never left
			}
			w.say("%s: %v", name, err)
			then(err)
		})
	}()
	return name
}

// answer lets whoever was paged react, as people do: some at once, some late, some never.
func (w *world) answer(m ports.Outgoing, d *rand.Rand) {
	who := m.Recipient.User()
	if w.calm || who == "" || m.Purpose != notification.PurposePage || d.Float64() < 0.55 {
		return
	}
	refs := make([]string, 0, len(m.Items))
	for _, i := range m.Items {
		refs = append(refs, i.ID)
	}
	resolve := d.Float64() < 0.2
	w.after(between(d, time.Second, 2*time.Minute), func() { w.respond(who, refs, resolve, 3) })
}

// respond acknowledges or resolves. Whatever comes of it, an answer comes within patience (P13).
func (w *world) respond(who id.User, refs []string, resolve bool, tries int) {
	r := w.anyReplica()
	again := func() {
		if tries > 1 {
			w.after(5*time.Second, func() { w.respond(who, refs, resolve, tries-1) })
		}
	}
	if r == nil {
		again()
		return
	}
	by := directory.Principal{Actor: incident.Actor{Kind: incident.ByUser, ID: string(who), Name: string(who)}, Role: directory.Responder, User: who}
	asked := w.now()
	paused := r.pausedUntil
	var results []respond.Result
	var task string
	task = w.task(r, "answer "+string(who), func(ctx context.Context) (err error) {
		if resolve {
			results, err = respond.Resolve{Deps: r.people}.Do(ctx, by, refs, "")
		} else {
			results, err = respond.Acknowledge{Deps: r.people}.Do(ctx, by, refs, "")
		}
		return err
	}, func(err error) {
		if took := w.now().Sub(asked); took > patience && !r.gone() && paused.Equal(r.pausedUntil) {
			w.broken("P13", "%s waited %s for an answer", who, took)
		}
		if !r.gone() {
			w.model.answered(task, who, results, err)
		}
		switch {
		case err == nil:
		case errors.Is(err, errGone):
			again()
		case !fault.Is(err, fault.KindUnavailable) && !errors.Is(err, errPoison):
			w.broken("P13", "the answer of %s was refused without a word that helps: %v", who, err)
		default:
			again()
		}
	})
}
