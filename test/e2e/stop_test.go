package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/test/binary"
)

// TestStopWhileSending: TERM finishes or gives back what is in flight.
func TestStopWhileSending(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL, "15m")
		w.sms.Always(channeltest.Slow(1500 * time.Millisecond))
		w.mail.Always(channeltest.Slow(1500 * time.Millisecond))
		w.fire(t, "db")
		binary.Eventually(t, limit, "a send is under way", func() bool { return w.sms.Attempts() == 1 && w.mail.Attempts() == 1 })
		w.fire(t, "web", "shop") // these wait: the floor between two SMS
		w.Stop(t)
		if n, m := len(w.sms.Taken()), len(w.mail.Taken()); n != 1 || m != 1 {
			t.Errorf("%d SMS and %d mails were taken", n, m)
		}
		if res, err := w.client.Get(w.URL + "/health"); err == nil {
			_ = res.Body.Close()
			t.Error("it answers after its end")
		}
		w.Start(t)
		first := w.messages(t, 1)
		for _, m := range first {
			if m.Status != "accepted" && m.Status != "delivered" || m.Attempt != 1 || m.MayRepeat {
				t.Errorf("message %+v", m)
			}
		}
		if len(first) != 2 {
			t.Errorf("%d messages", len(first))
		}
		binary.Eventually(t, limit, "the others are mailed", func() bool { return len(w.mail.Taken()) == 2 })
		if m := w.mail.Taken()[1]; !strings.HasPrefix(m.Subject, "[CRIT] 2 incidents") {
			t.Errorf("mail %s", m.Subject)
		}
	})
}

type message struct {
	ID        string  `json:"id"`
	Kind      string  `json:"kind"`
	Status    string  `json:"status"`
	Attempt   int     `json:"attempt"`
	MayRepeat bool    `json:"may_repeat"`
	Detail    string  `json:"detail"`
	Incidents []int64 `json:"incidents"`
}

func (w *world) messages(t *testing.T, number int) []message {
	t.Helper()
	var got struct {
		Messages []message `json:"messages"`
	}
	_, b := w.call(t, "", http.MethodGet, fmt.Sprintf("/api/v1/incidents/%d/messages", number), nil)
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return got.Messages
}

// TestNoSecretsInLogs: every secret is used, rightly and wrongly; none is in what the server writes.
func TestNoSecretsInLogs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, databaseURL string) {
		const webhookSecret = "e2e-webhook-secret-canary"
		w := newWorld(t, databaseURL, "15m", "ROUSE_LOG_LEVEL=debug", "ROUSE_WEBHOOK_SECRET="+webhookSecret)
		secrets := []string{adminToken, key, channeltest.TwilioToken, channeltest.SMTPPassword, webhookSecret}

		w.sms.Script(channeltest.Status(http.StatusInternalServerError, 0), channeltest.Refuse()) // both repeat the token
		w.mail.Script(channeltest.Unavailable(), channeltest.Refuse())
		w.fire(t, "db")
		binary.Eventually(t, limit, "the sends fail", func() bool {
			failed := 0
			for _, m := range w.messages(t, 1) {
				if m.Status == "failed" {
					failed++
				}
			}
			return failed >= 2
		})
		_, b := w.call(t, "", http.MethodPost, "/api/v1/tokens", map[string]string{"name": "canary", "role": "admin"})
		var token struct{ Secret string }
		if err := json.Unmarshal(b, &token); err != nil || token.Secret == "" {
			t.Fatalf("%v in %s", err, b)
		}
		const wrong, guess = "rouse_api_WrongCanaryWrongCanaryWrongCanaryWrongCanary12", "WrongKeyCanary000000000000000000"
		for _, secret := range []string{token.Secret, wrong, key} {
			w.call(t, secret, http.MethodGet, "/incidents", nil)
			w.call(t, secret, http.MethodGet, "/incidents?token="+secret+"&nothing=1", nil)
		}
		for _, secret := range []string{adminToken, guess} {
			w.call(t, secret, http.MethodPost, "/alerts", map[string]any{"alerts": []any{}})
		}
		w.call(t, key, http.MethodPost, "/alerts", "not an object "+key)
		_, b = w.call(t, "", http.MethodPost, "/api/v1/users/ana@example.org/password-link", nil)
		link := find(t, string(b), `token=([^"]+)`)
		const password = "password canary 12345"
		w.call(t, "", http.MethodPost, "/api/v1/password", map[string]string{"token": link, "password": password})
		w.call(t, "", http.MethodPost, "/api/v1/session", map[string]string{"email": "ana@example.org", "password": password + "?"})
		w.Stop(t)
		w.Start(t)

		said := w.Log() + w.Output()
		if !strings.Contains(said, "level=INFO") {
			t.Fatalf("there is no log:\n%s", said)
		}
		for _, secret := range append(secrets, token.Secret, wrong, guess, link, password) {
			if i := strings.Index(said, secret); i >= 0 {
				t.Errorf("%s… is in the log:\n%s", secret[:8], said[max(0, i-300):min(len(said), i+100)])
			}
		}
		for _, m := range w.messages(t, 1) {
			if strings.Contains(m.Detail, channeltest.TwilioToken) || strings.Contains(m.Detail, channeltest.SMTPPassword) {
				t.Errorf("message %+v", m)
			}
		}
	})
}
