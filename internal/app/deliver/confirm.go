package deliver

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Confirm takes what providers report about messages after they took them.
type Confirm struct {
	Worker   *Worker
	Messages ports.MessageReader
}

// Report is what a provider says: the status is accepted, delivered or failed.
type Report struct {
	Message    id.Message
	Attempt    int    // that it is about; 0 where it does not say
	ProviderID string // may be empty
	Status     notification.MessageStatus
	Detail     string
}

// Do records a report. Reports may come twice, late and in any order.
func (c Confirm) Do(ctx context.Context, r Report) error {
	switch r.Status {
	case notification.MessageAccepted, notification.MessageDelivered, notification.MessageFailed:
	default:
		return fault.Invalid("message.report", "a message cannot be reported %q", r.Status)
	}
	b, err := c.Messages.Message(ctx, r.Message)
	if err != nil {
		return err
	}
	return c.Worker.record(ctx, []result{{
		Bound: b, outcome: reported, report: r.Status, detail: r.Detail, receipt: ports.Receipt{ProviderID: r.ProviderID}, about: r.Attempt,
	}}, true)
}
