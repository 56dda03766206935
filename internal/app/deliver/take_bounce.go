package deliver

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// TakeBounce takes a report that a message did not arrive after all: the person's next step is due, and the contact
// is marked.
type TakeBounce struct {
	Confirm Confirm
	Sent    ports.Sent
	Codes   notification.Codes
	Clock   ports.Clock
	Mark    func(ctx context.Context, kind, to, trouble string) error
}

// Do records why the message of a code did not arrive. It may come twice.
func (u TakeBounce) Do(ctx context.Context, code, why string) error {
	c, ok := u.Codes.Read(code)
	if !ok {
		return fault.NotFound("message", "by this code")
	}
	m, err := u.Sent.OfDelivery(ctx, c.Delivery)
	if fault.Is(err, fault.KindNotFound) {
		return nil // too old to be known: nothing waits for it
	}
	if err != nil {
		return err
	}
	if err := u.Confirm.Do(ctx, Report{Message: m.ID, Status: notification.MessageFailed, Detail: "bounced: " + why}); err != nil {
		return err
	}
	return u.Mark(ctx, m.Kind, m.To, "bounced at "+u.Clock.Now().UTC().Format("2006-01-02 15:04 UTC")+": "+words(why))
}
