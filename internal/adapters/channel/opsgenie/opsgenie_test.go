package opsgenie_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/opsgenie"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// keyed sends with the channel's key, as the worker does.
type keyed struct{ ports.Notifier }

func (k keyed) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	m.Chosen.Key, m.Installation = channeltest.ForwardKey, "here"
	return k.Notifier.Send(ctx, m)
}

func TestConformance(t *testing.T) {
	channeltest.Run(t, channeltest.Case{
		New: func(t *testing.T) (ports.Notifier, channeltest.Fake) {
			t.Helper()
			return keyed{opsgenie.New(time.Now)}, channeltest.NewOpsgenie(t)
		},
		Descriptor: opsgenie.Descriptor(), Sure: true, Secrets: []string{channeltest.ForwardKey}, AsksToWait: true,
		Bad: []string{"", "api.opsgenie.com", "http://api.opsgenie.com", "https://a:b@api.opsgenie.com", "https://x?y=z", "ftp://x"},
	})
}

func TestWhereTheIncidentStands(t *testing.T) {
	t.Parallel()
	note := []notification.Happened{{Event: notification.EventNote, Text: "Ana: the disk is full"}}
	for name, c := range map[string]struct {
		change func(m *ports.Outgoing)
		want   string
	}{
		"it opens":                         {func(*ports.Outgoing) {}, "create"},
		"it is acknowledged":               {func(m *ports.Outgoing) { m.Items[0].Status, m.Items[0].Post = "acknowledged", "rouse-x" }, "acknowledge"},
		"acknowledged before it was there": {func(m *ports.Outgoing) { m.Items[0].Status = "acknowledged" }, "create acknowledge"},
		"it fires again and stays acknowledged": {func(m *ports.Outgoing) {
			m.Items[0].Status, m.Items[0].Post, m.Items[0].Events = "acknowledged", "rouse-x", []notification.Happened{{Event: notification.EventReopened, Text: "it fires again"}}
		}, "create acknowledge"},
		"it is resolved":                     {func(m *ports.Outgoing) { m.Items[0].Status = "resolved" }, "close"},
		"somebody writes":                    {func(m *ports.Outgoing) { m.Items[0].Events, m.Items[0].Post = note, "rouse-x" }, "notes"},
		"somebody writes before it is there": {func(m *ports.Outgoing) { m.Items[0].Events = note }, "create"},
		"a test": {func(m *ports.Outgoing) {
			m.Purpose, m.Items = notification.PurposeTest, []notification.Item{{Text: "a test"}}
		}, "close"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := channeltest.NewOpsgenie(t)
			m := channeltest.Message(f.Address())
			m.Purpose, m.Items[0].Labels = notification.PurposeUpdate, []notification.Label{{Name: "pod", Value: "web-1"}}
			c.change(&m)
			r, err := keyed{opsgenie.New(time.Now)}.Send(t.Context(), m)
			if err != nil || r.ProviderID == "" || r.Delivered || !strings.Contains(r.Detail, "43a29c5c") {
				t.Fatalf("%+v, %v", r, err)
			}
			var got []string
			for _, taken := range f.Taken() {
				got = append(got, map[bool]string{true: "create", false: taken.Line}[taken.Path == "/v2/alerts"])
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("asked for %v, want %s", got, c.want)
			}
		})
	}
}

func TestWhatAnAlertSays(t *testing.T) {
	t.Parallel()
	f := channeltest.NewOpsgenie(t)
	m := channeltest.Message(f.Address())
	m.Items[0].Title = strings.Repeat("é", 200)
	m.Items[0].Labels = []notification.Label{{Name: "pod", Value: "web-1"}, {Name: "rouse_installation", Value: "there"}}
	if _, err := (keyed{opsgenie.New(time.Now)}).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Message, Priority, Entity, Source string
		Tags                              []string
		Details                           map[string]string
	}
	if err := json.Unmarshal(f.Taken()[0].Body, &got); err != nil {
		t.Fatal(err)
	}
	if len([]rune(got.Message)) != 130 || got.Priority != "P1" || got.Entity != "payments" || got.Source != "Rouse" || len(got.Tags) != 2 {
		t.Errorf("got %+v", got)
	}
	if got.Details["pod"] != "web-1" || got.Details["severity"] != "critical" || got.Details["rouse_installation"] != "there" {
		t.Errorf("its details are %+v: where it came from first is what must be known", got.Details)
	}
}
