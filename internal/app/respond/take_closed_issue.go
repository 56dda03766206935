package respond

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// TakeClosedIssue resolves an incident whose issue somebody closed in a tracker.
type TakeClosedIssue struct {
	Resolve  Resolve
	Messages ports.MessageReader
	Once     Once
	Resolves func(options map[string]string) bool // a channel with these options
}

// ClosedIssue is what a tracker tells of one.
type ClosedIssue struct {
	Kind     string // of the channel: "github"
	Repo     string // the channel's address
	Issue    string // the tracker's id of it
	Incident string // id, as the issue says: it is believed only where we posted this issue for it
	Delivery string // the tracker's id of this call: the same call may come again
	By       string // who closed it, by their name there
	At       time.Time
}

// Do resolves the incident where a channel's rule says so, once for each delivery; after an error it may be brought again, as Once says.
// One of KindConflict says that somebody works it at this moment.
func (u TakeClosedIssue) Do(ctx context.Context, c ClosedIssue) error {
	if c.Delivery == "" {
		return fault.Invalid("callback.no_delivery", "the call has no id of its delivery")
	}
	_, err := u.Once.Do(ctx, c.Kind+":"+c.Delivery, func(ctx context.Context) error { return u.resolve(ctx, c) })
	return err
}

// resolve looks also at when the issue was closed, since the id of a delivery is not signed: once the issue was written
// to after that, closing it meant an earlier state of the incident.
func (u TakeClosedIssue) resolve(ctx context.Context, c ClosedIssue) error {
	number, channels, err := u.meant(ctx, c)
	if err != nil || len(channels) == 0 {
		return err
	}
	sent, err := u.Messages.OfIncident(ctx, number)
	if err != nil {
		return err
	}
	for _, m := range sent { // newest first
		if m.Kind != c.Kind || m.To != c.Repo || m.ProviderID != c.Issue || !channels[m.Recipient.ID] {
			continue
		}
		if c.At.Before(m.SentAt.Truncate(time.Second)) { // the tracker's times are whole seconds
			return nil
		}
		by := directory.Principal{Role: directory.Responder, Actor: incident.Actor{Kind: incident.ByToken, ID: c.Kind + ":" + c.By, Name: c.By + " (" + c.Kind + ")"}}
		_, err := u.Resolve.Do(ctx, by, []string{c.Incident}, "closed "+c.Repo+"#"+c.Issue)
		return err
	}
	return nil
}

// meant gives the incident's number and the channels by which closing the issue resolves it.
func (u TakeClosedIssue) meant(ctx context.Context, c ClosedIssue) (number id.Incident, channels map[string]bool, err error) {
	err = u.Resolve.Deps.atomically(ctx, func(ctx context.Context, r Repos) error {
		channels = make(map[string]bool)
		found, err := r.Incidents.Find(ctx, []string{c.Incident})
		if err != nil || found[c.Incident] == 0 {
			return err
		}
		number = found[c.Incident]
		people, err := r.Directory.Current(ctx)
		if err != nil {
			return err
		}
		for cid, ch := range people.Channels {
			if ch.Kind == c.Kind && ch.To == c.Repo && u.Resolves(ch.Options) {
				channels[string(cid)] = true
			}
		}
		return nil
	})
	return number, channels, err
}
