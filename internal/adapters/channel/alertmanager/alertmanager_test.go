package alertmanager_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/alertmanager"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
	"github.com/rouse-oncall/rouse/internal/testkit"
)

// keyed sends with the channel's key, as the worker does.
type keyed struct{ ports.Notifier }

func (k keyed) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	m.Chosen.Key, m.Installation = channeltest.ForwardKey, "here"
	return k.Notifier.Send(ctx, m)
}

func near() alertmanager.Config {
	return alertmanager.Config{Reach: channel.Reach{Private: true}, Now: time.Now}
}

func bad() []string {
	return []string{"", "alertmanager:9093", "http://a:b@x", "https://x?y=z", "ftp://x"}
}

func TestConformance(t *testing.T) {
	channeltest.Run(t, channeltest.Case{
		New: func(t *testing.T) (ports.Notifier, channeltest.Fake) {
			t.Helper()
			return keyed{alertmanager.New(near())}, channeltest.NewAlertmanager(t)
		},
		Descriptor: alertmanager.Descriptor(), Sure: true, Secrets: []string{channeltest.ForwardKey}, AsksToWait: true, Bad: bad(),
	})
}

func TestRouseConformance(t *testing.T) {
	channeltest.Run(t, channeltest.Case{
		New: func(t *testing.T) (ports.Notifier, channeltest.Fake) {
			t.Helper()
			return keyed{alertmanager.NewRouse(near())}, channeltest.NewRouse(t)
		},
		Descriptor: alertmanager.RouseDescriptor(), Sure: true, Secrets: []string{channeltest.ForwardKey}, AsksToWait: true, Bad: bad(),
	})
}

// update is a message about the incident as it stands.
func update(to, status string) ports.Outgoing {
	m := channeltest.Message(to)
	m.Purpose, m.Items[0].Status = notification.PurposeUpdate, status
	m.Items[0].Labels = []notification.Label{{Name: "alertname", Value: "Errors"}, {Name: "k8s.pod/name", Value: "web-1"}, {Name: "empty"}}
	return m
}

// shown is an alert as Alertmanager shows it.
type shown struct {
	Labels, Annotations map[string]string
	EndsAt              time.Time
}

func firing(t *testing.T, am string) []shown {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, am+"/api/v2/alerts", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var list []shown
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestARealAlertmanagerKnowsWhereTheIncidentStands(t *testing.T) {
	t.Parallel()
	am := testkit.Alertmanager(t, map[string]string{"alertmanager.yml": "route: {receiver: none}\nreceivers: [{name: none}]\n"})
	n := keyed{alertmanager.New(near())}
	send := func(m ports.Outgoing) {
		t.Helper()
		if _, err := n.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	test := channeltest.Message(am.URL)
	test.Purpose, test.Items = notification.PurposeTest, []notification.Item{{Text: "a test"}}
	send(test)
	if list := firing(t, am.URL); len(list) != 0 {
		t.Errorf("a test fires: %+v", list)
	}
	send(update(am.URL, "open"))
	acked := update(am.URL+"/api/v2/alerts/", "acknowledged")
	acked.Items[0].Severity, acked.Chosen.Options = alert.Error(), map[string]string{"lasts": "48h"}
	acked.Items[0].First = alert.Critical()
	send(acked)
	list := firing(t, am.URL)
	if len(list) != 1 {
		t.Fatalf("there are %+v", list)
	}
	a := list[0]
	if a.Labels["k8s_pod_name"] != "web-1" || a.Labels["severity"] != "critical" || a.Labels["service"] != "payments" || a.Labels["rouse_installation"] != "here" ||
		a.Annotations["status"] != "acknowledged" || time.Until(a.EndsAt) < 47*time.Hour {
		t.Errorf("it is %+v", a)
	}
	send(update(am.URL, "resolved"))
	if list := firing(t, am.URL); len(list) != 0 {
		t.Errorf("what is resolved fires: %+v", list)
	}
}

// What came from a Rouse is not sent on: the two would go on forwarding to each other.
func TestNothingGoesRoundInACircle(t *testing.T) {
	t.Parallel()
	f := channeltest.NewRouse(t)
	m := update(f.Address(), "open")
	m.Items[0].Labels = append(m.Items[0].Labels, notification.Label{Name: alert.Origin, Value: "there"})
	for _, n := range []ports.Notifier{alertmanager.New(near()), alertmanager.NewRouse(near())} {
		_, err := keyed{n}.Send(t.Context(), m)
		if _, again := ports.RetryAfter(err); err == nil || again || f.Attempts() != 0 {
			t.Errorf("%v after %d attempts", err, f.Attempts())
		}
	}
}

func TestWhatReopensIsNewer(t *testing.T) {
	t.Parallel()
	f := channeltest.NewRouse(t)
	m := update(f.Address(), "open")
	at := m.Items[0].Since.Add(time.Hour)
	m.Items[0].Events = []notification.Happened{{Event: notification.EventReopened, Text: "it fires again", At: at}}
	if _, err := (keyed{alertmanager.NewRouse(near())}).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Alerts []struct{ StartsAt time.Time }
	}
	if err := json.Unmarshal(f.Taken()[0].Body, &got); err != nil || !got.Alerts[0].StartsAt.Equal(at) {
		t.Errorf("it started %+v, %v", got, err)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	check := alertmanager.Descriptor().CheckOptions
	for v, want := range map[string]bool{"": true, "48h": true, "30m": false, "1000h": false, "a day": false} {
		if err := check(map[string]string{"lasts": v}); (err == nil) != want {
			t.Errorf("%q: %v", v, err)
		}
	}
	if err := check(map[string]string{"other": "x"}); err == nil || !strings.Contains(err.Error(), "other") {
		t.Errorf("an unknown option: %v", err)
	}
}
