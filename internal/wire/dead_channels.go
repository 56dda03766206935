package wire

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// deadChannels says of which channels the other end took none of the last attempts. Each has an address of its own, so that
// a provider is well says nothing of them. Why is said on their pages: anybody may ask /ready.
func deadChannels(ctx context.Context, db *store.DB) (words []string, err error) {
	var channels []*directory.Channel
	err = store.Read(db, (*store.Tx).Directory)(ctx, func(ctx context.Context, r ports.Directory) error {
		snap, err := r.Current(ctx)
		if err == nil {
			channels = slices.Collect(maps.Values(snap.Channels))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(channels, func(a, b *directory.Channel) int { return strings.Compare(a.Name, b.Name) })
	for _, c := range channels {
		newest, err := db.Messages().OfLane(ctx, notification.ChannelLane(c.ID), time.Time{}, dead)
		if err != nil {
			return nil, err
		}
		if n := untaken(newest); n >= dead {
			words = append(words, fmt.Sprintf("the channel %s fails: its last %d attempts were not taken; its page says why", c.Name, n))
		}
	}
	return words, nil
}

// untaken is how many attempts nobody took since something was taken, of the newest messages.
func untaken(newest []notification.Message) (attempts int) {
	for _, m := range newest {
		switch m.Status {
		case notification.MessageFailed, notification.MessageRetrying:
			attempts += m.Attempt
		case notification.MessageAccepted, notification.MessageDelivered:
			return attempts
		case notification.MessageSending, notification.MessageExpired, notification.MessageCancelled: // says nothing of who takes it
		}
	}
	return attempts
}
