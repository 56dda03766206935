// Package probe is the channel of the synthetic alert by which Rouse tests itself: it sends to nobody.
package probe

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/ports"
)

// Notifier takes every message and does nothing with it.
type Notifier struct{}

var _ ports.Notifier = Notifier{}

// Send says that it arrived.
func (Notifier) Send(context.Context, ports.Outgoing) (ports.Receipt, error) {
	return ports.Receipt{Detail: "nobody was paged: this is a test", Delivered: true}, nil
}
