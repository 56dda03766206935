package alertmanager

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// What of the API's gettableAlert, gettableSilence and alertmanagerStatus is read, and postableSilence.
type (
	gettableAlert struct {
		Fingerprint string `json:"fingerprint"`
		Status      struct {
			SilencedBy []string `json:"silencedBy"`
		} `json:"status"`
	}
	silence struct {
		ID        string    `json:"id,omitempty"`
		Status    *status   `json:"status,omitempty"`
		Matchers  []matcher `json:"matchers"`
		StartsAt  time.Time `json:"startsAt"`
		EndsAt    time.Time `json:"endsAt"`
		CreatedBy string    `json:"createdBy"`
		Comment   string    `json:"comment"`
	}
	status struct {
		State string `json:"state"`
	}
	matcher struct {
		Name    string `json:"name"`
		Value   string `json:"value"`
		IsRegex bool   `json:"isRegex"`
		IsEqual *bool  `json:"isEqual"` // nil: true
	}
	serverStatus struct {
		Uptime time.Time `json:"uptime"` // since when it is up
	}
)

// Read asks for alerts first and for silences after them: a silence that ended between the two mutes nothing any more.
// Since when it is up comes last: what restarted before it gave its alerts says so.
func (c *Client) Read(ctx context.Context, in *directory.Integration, at string) (ports.Reading, error) {
	var alerts []gettableAlert
	var silences []silence
	var server serverStatus
	var answered time.Time
	for _, q := range []struct {
		path string
		into any
	}{{"alerts", &alerts}, {"silences", &silences}, {"status", &server}} {
		var err error
		if answered, err = c.ask(ctx, in, http.MethodGet, at, q.path, nil, q.into); err != nil {
			return ports.Reading{}, err
		}
	}
	if server.Uptime.IsZero() { // then nobody knows whether what it does not have is over
		return ports.Reading{}, fmt.Errorf("%s does not say since when it is up", hostOf(at))
	}
	r := ports.Reading{Began: server.Uptime, At: answered, Alerts: make(map[string][]string, len(alerts)), Silences: map[string]alert.SourceSilence{}}
	for _, a := range alerts {
		r.Alerts[alert.Fingerprint(a.Fingerprint)] = a.Status.SilencedBy
	}
	for i := range silences {
		if s := &silences[i]; s.Status != nil && s.Status.State == "active" {
			r.Silences[s.ID] = s.source()
		}
	}
	return r, nil
}

func (s *silence) source() alert.SourceSilence {
	return alert.SourceSilence{Silence: alert.NewSilence(s.ID, s.CreatedBy, s.Comment, s.EndsAt), Since: s.StartsAt, Labels: s.labels()}
}

// labels are nil where it mutes by other conditions than that labels have values.
func (s *silence) labels() map[string]string {
	out := make(map[string]string, len(s.Matchers))
	for _, m := range s.Matchers {
		if m.IsRegex || m.IsEqual != nil && !*m.IsEqual {
			return nil
		}
		out[m.Name] = m.Value
	}
	return out
}

// Silence makes one, or makes one that is there last longer: that keeps its id where its beginning and what it mutes are
// the same.
func (c *Client) Silence(ctx context.Context, in *directory.Integration, at string, s alert.SourceSilence) error {
	equal := true
	body := silence{ID: s.ID, StartsAt: s.Since, EndsAt: s.Until, CreatedBy: s.By, Comment: s.Comment}
	for name, value := range s.Labels {
		body.Matchers = append(body.Matchers, matcher{Name: name, Value: value, IsEqual: &equal})
	}
	_, err := c.ask(ctx, in, http.MethodPost, at, "silences", body, nil)
	return err
}

// Expire ends a silence.
func (c *Client) Expire(ctx context.Context, in *directory.Integration, at, silence string) error {
	_, err := c.ask(ctx, in, http.MethodDelete, at, "silence/"+url.PathEscape(silence), nil, nil)
	return err
}
