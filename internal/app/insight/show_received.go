package insight

import (
	"context"
	"slices"
	"strconv"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// Received reads alerts of one integration.
type Received interface {
	// FiringOf gives those that fire, in the order of their fingerprints, at most limit.
	FiringOf(ctx context.Context, i id.Integration, limit int) ([]alert.Alert, error)
	// Alert gives one; fault.NotFound.
	Alert(ctx context.Context, k alert.Key) (alert.Alert, error)
}

// ShowReceived shows senders what they sent, as the systems that they were made for do. An integration's key reads nothing else.
type ShowReceived struct {
	Received Received
	Reader   Reader
}

// SentAlert is an alert with the incident that it belongs to.
type SentAlert struct {
	alert.Alert
	Of incident.State
}

// mostSent is how many alerts are shown at once.
const mostSent = 5000

// Firing gives the alerts of an integration that fire.
func (u ShowReceived) Firing(ctx context.Context, from *directory.Integration) ([]alert.Alert, error) {
	return u.Received.FiringOf(ctx, from.ID, mostSent)
}

// One gives an alert by its fingerprint; fault.NotFound, also where nothing of it ever fired.
func (u ShowReceived) One(ctx context.Context, from *directory.Integration, fingerprint string) (SentAlert, error) {
	a, err := u.Received.Alert(ctx, alert.Key{Integration: from.ID, Fingerprint: alert.Fingerprint(fingerprint)})
	if err == nil && a.Incident == 0 {
		err = fault.NotFound("alert", fingerprint)
	}
	if err != nil {
		return SentAlert{}, err
	}
	in, err := u.Reader.Show(ctx, strconv.FormatInt(int64(a.Incident), 10))
	return SentAlert{a, in.State}, err
}

// OfIncident gives the first alert that an integration sent of an incident, by the incident's number; fault.NotFound.
func (u ShowReceived) OfIncident(ctx context.Context, from *directory.Integration, number string) (SentAlert, error) {
	in, err := u.Reader.Show(ctx, number)
	if err != nil {
		return SentAlert{}, err
	}
	i := slices.IndexFunc(in.Alerts, func(a alert.Alert) bool { return a.Integration == from.ID })
	if i < 0 {
		return SentAlert{}, fault.NotFound("alert", number)
	}
	return SentAlert{in.Alerts[i], in.State}, nil
}
