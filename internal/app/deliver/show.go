package deliver

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// ShowMessages lets people look at what was sent: who, by what, when, which attempt, what the provider said.
type ShowMessages struct {
	Messages  ports.MessageReader
	Directory ports.Atomically[ports.Directory]
}

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

// maxShown is how many messages of a contact or channel are shown at once.
const maxShown = 100

// OfOne gives the messages of a contact or channel that were composed before a moment (zero: all), newest first, at most
// limit (0 or more than 100: 100).
func (s ShowMessages) OfOne(ctx context.Context, by directory.Principal, to To, before time.Time, limit int) ([]notification.Message, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return nil, err
	}
	var people *directory.Snapshot
	err := s.Directory(ctx, func(ctx context.Context, d ports.Directory) (err error) {
		people, err = d.Current(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	lane, err := to.lane(people)
	if err != nil {
		return nil, err
	}
	if limit <= 0 || limit > maxShown {
		limit = maxShown
	}
	return s.Messages.OfLane(ctx, lane, before, limit)
}

func (t To) lane(people *directory.Snapshot) (notification.Lane, error) {
	if t.Contact != "" {
		c, _, ok := people.ContactOf(t.Contact)
		if !ok {
			return "", fault.NotFound("contact", string(t.Contact))
		}
		return notification.ContactLane(c.ID), nil
	}
	cid, _, ok := people.Locate(directory.KindChannel, t.Channel)
	if !ok {
		return "", fault.NotFound("channel", t.Channel)
	}
	return notification.ChannelLane(id.Channel(cid)), nil
}
