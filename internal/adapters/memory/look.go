package memory

import (
	"context"
	"maps"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Looks keeps how Alertmanagers were read.
func (tx *Tx) Looks() ports.Looks { return looks{tx} }

type looks struct{ *Tx }

func (r looks) All(context.Context) (map[id.Integration]ports.Look, error) {
	return maps.Clone(r.db.looks), nil
}

func (r looks) Note(_ context.Context, i id.Integration, l ports.Look) error {
	put(r.Tx, r.db.looks, i, l)
	return nil
}

func (r looks) Forget(_ context.Context, i id.Integration) error {
	drop(r.Tx, r.db.looks, i)
	return nil
}

func (r looks) Firing(_ context.Context, i id.Integration) ([]alert.Alert, error) {
	return r.alertsOf(func(a alert.Alert) bool { return a.Firing && a.Integration == i }), nil
}

var _ ports.Looks = looks{}
