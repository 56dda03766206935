package pagerduty_test

import (
	"context"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/pagerduty"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// keyed sends with the channel's key, as the worker does.
type keyed struct{ ports.Notifier }

func (k keyed) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	m.Chosen.Key = channeltest.PagerDutyKey
	return k.Notifier.Send(ctx, m)
}

func TestConformance(t *testing.T) {
	channeltest.Run(t, channeltest.Case{
		New: func(t *testing.T) (ports.Notifier, channeltest.Fake) {
			t.Helper()
			return keyed{pagerduty.New(time.Now)}, channeltest.NewPagerDuty(t)
		},
		Descriptor: pagerduty.Descriptor(), Sure: true, Secrets: []string{channeltest.PagerDutyKey}, AsksToWait: true,
		Bad: []string{"", "events.pagerduty.com", "http://events.pagerduty.com", "https://a:b@events.pagerduty.com", "https://x?y=z", "ftp://x"},
	})
}

func TestWhereTheIncidentStands(t *testing.T) {
	t.Parallel()
	f := channeltest.NewPagerDuty(t)
	n := keyed{pagerduty.New(time.Now)}
	for _, status := range []string{"open", "acknowledged", "resolved"} {
		m := channeltest.Message(f.Address())
		m.Items[0].Status = status
		if _, err := n.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	test := channeltest.Message(f.Address())
	test.Purpose, test.Items = notification.PurposeTest, []notification.Item{{Text: "a test"}}
	if _, err := n.Send(t.Context(), test); err != nil {
		t.Fatal(err)
	}
	got := f.Taken()
	for i, want := range []string{"trigger", "acknowledge", "resolve", "resolve"} {
		if got[i].Action != want || got[i].Dedup != got[0].Dedup && i < 3 || got[3].Dedup == got[0].Dedup {
			t.Errorf("event %d is %+v", i, got[i])
		}
	}
}
