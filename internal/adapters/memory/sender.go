package memory

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Senders knows who sends again and again.
func (tx *Tx) Senders() ports.Senders { return senders{tx} }

type senders struct{ *Tx }

func (r senders) Find(_ context.Context, list []alert.Sender) (map[alert.Sender]alert.Run, error) {
	out := make(map[alert.Sender]alert.Run, len(list))
	for _, s := range list {
		if run, ok := r.db.senders[s]; ok {
			out[s] = run
		}
	}
	return out, nil
}

func (r senders) Save(_ context.Context, runs map[alert.Sender]alert.Run) error {
	for s, run := range runs {
		put(r.Tx, r.db.senders, s, run)
	}
	return nil
}

var _ ports.Senders = senders{}
