package channeltest

import (
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Post is what a channel is told of one incident that was opened, for tests; change may be nil.
func Post(to string, change func(*ports.Outgoing)) ports.Outgoing {
	m := Message(to)
	m.Purpose, m.Lane, m.Recipient = notification.PurposeUpdate, "channel:ops", notification.Recipient{Kind: notification.ToChannel, ID: "ops"}
	it := &m.Items[0]
	it.Why, it.Text = "", "Opened."
	it.Paged, it.Level, it.Next, it.NextAt = "Ana", 1, "Ben", it.Since.Add(15*time.Minute)
	it.Events = []notification.Happened{{Event: notification.EventOpened, Text: "Opened", At: it.Since}}
	if change != nil {
		change(&m)
	}
	return m
}

// Send sends what must be taken.
func Send(t testing.TB, n ports.Notifier, m ports.Outgoing) ports.Receipt {
	t.Helper()
	r, err := n.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
