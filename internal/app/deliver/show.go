package deliver

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// ShowMessages lets people look at what was sent: who, by what, when, which attempt, what the provider said.
type ShowMessages struct{ Messages ports.MessageReader }

// One gives a message with its deliveries; fault.NotFound.
func (s ShowMessages) One(ctx context.Context, by directory.Principal, m id.Message) (ports.Bound, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return ports.Bound{}, err
	}
	return s.Messages.Message(ctx, m)
}

// OfIncident gives the messages that an incident was in, newest first, at most 500.
func (s ShowMessages) OfIncident(ctx context.Context, by directory.Principal, n id.Incident) ([]notification.Message, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return nil, err
	}
	return s.Messages.OfIncident(ctx, n)
}
