package admin

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Foresee says who would be woken, also by a policy that is not saved.
type Foresee struct {
	Apply Apply
	Clock ports.Clock
}

// Question is what is asked. Of Service, Policy and Draft the last that is there says by which levels.
type Question struct {
	Service  string // id or name; its rules and channels count; "": those of no service
	Policy   string // id or name; with a draft, the one that it would change
	Draft    *DesiredPolicy
	Severity alert.Severity
	At       time.Time // zero: now
}

// Answered is a forecast and the picture of people that it was made with.
type Answered struct {
	incident.Forecast
	At     time.Time
	People *directory.Snapshot
}

// Do changes nothing.
func (u Foresee) Do(ctx context.Context, by directory.Principal, q Question) (Answered, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return Answered{}, err
	}
	snap, err := one(ctx, u.Apply.Store.Read, func(ctx context.Context, r Repos) (*directory.Snapshot, error) { return r.Directory.Current(ctx) })
	if err != nil {
		return Answered{}, err
	}
	if q.At.IsZero() {
		q.At = u.Clock.Now()
	}
	var service id.Service
	if q.Service != "" {
		sid, _, ok := snap.Locate(directory.KindService, q.Service)
		if !ok {
			return Answered{}, fault.NotFound("service", q.Service)
		}
		service = id.Service(sid)
	}
	roster, err := u.roster(snap, q)
	if err != nil {
		return Answered{}, err
	}
	f, err := incident.Foresee(service, q.Severity, q.At, snap.RulesOf(service), roster)
	return Answered{f, q.At, snap}, err
}

func (u Foresee) roster(snap *directory.Snapshot, q Question) (incident.Roster, error) {
	if q.Policy == "" && q.Draft == nil {
		return snap, nil
	}
	var policy escalation.Policy
	if q.Policy != "" {
		p, ok := snap.FindPolicy(q.Policy)
		if !ok {
			return nil, fault.NotFound("policy", q.Policy)
		}
		policy = *p
	}
	if q.Draft != nil {
		_, edit, err := u.Apply.plan(snap, Wish{Desired: Desired{Policies: []DesiredPolicy{*q.Draft}}, Of: &Ref{Kind: directory.KindPolicy, Name: q.Policy}})
		if err != nil {
			return nil, err
		}
		for _, p := range edit.Policies {
			policy = p
		}
	}
	return drafted{snap, policy}, nil
}

// drafted is how it would be if every service had this policy.
type drafted struct {
	*directory.Snapshot
	policy escalation.Policy
}

func (d drafted) PolicyOf(id.Service) escalation.Ref { return d.policy.Ref }

func (d drafted) Policy(ref escalation.Ref) (escalation.Policy, bool) {
	if ref == d.policy.Ref {
		return d.policy, true
	}
	return d.Snapshot.Policy(ref)
}

var _ incident.Roster = drafted{}
