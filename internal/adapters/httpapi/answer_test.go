package httpapi

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/ports"
)

type panicking struct{ fakeTwilio }

func (panicking) ParseCall(*http.Request, string) (ports.Called, error) { panic("a fault of ours") }

// Whoever has a code answers for somebody: it is not in the log, however much that says.
func TestCodesAreNotLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := setup(t, func(d *Deps) {
		d.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		d.Twilio = panicking{} // of what goes well in a call nothing is logged
	})
	for _, do := range []string{"POST /callbacks/twilio/call/4i5es3mn7tk", "GET /a/4i5es3mn7tk", "POST /a/4i5es3mn7tk", "HEAD /a/4i5es3mn7tk?do=resolve"} {
		b.call(t, call{do: do, header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}})
	}
	if !strings.Contains(log.String(), "path=/a/***") || !strings.Contains(log.String(), "path=/callbacks/twilio/call/***") {
		t.Errorf("nothing is logged of it: the test shows nothing\n%s", &log)
	}
	if strings.Contains(log.String(), "4i5es3mn7tk") {
		t.Errorf("the code is in the log\n%s", &log)
	}
}

// Nobody hears what a call says, or answers in one, without Twilio's signature; Telnyx' posts are read where it is used.
func TestCallsWithoutASignature(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for do, want := range map[string]int{
		"POST /callbacks/twilio/call/x": http.StatusUnauthorized, "GET /callbacks/twilio/call/x": http.StatusMethodNotAllowed,
		"POST /callbacks/telnyx": http.StatusNotFound, "POST /callbacks/telnyx/m1": http.StatusNotFound, "GET /callbacks/telnyx": http.StatusMethodNotAllowed,
	} {
		if w := b.call(t, call{do: do, body: "x"}); w.Code != want {
			t.Error(do, w.Code, w.Body)
		}
	}
}

func TestRepliesWithoutASignature(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if w := b.call(t, call{do: "POST /callbacks/twilio", body: "x"}); w.Code != http.StatusUnauthorized {
		t.Error(w.Code, w.Body)
	}
	if w := b.call(t, call{do: "GET /callbacks/twilio"}); w.Code != http.StatusMethodNotAllowed {
		t.Error(w.Code, w.Body)
	}
	b = setup(t, func(d *Deps) { d.Twilio = nil })
	if w := b.call(t, call{do: "POST /callbacks/twilio", body: "x"}); w.Code != http.StatusNotFound {
		t.Error(w.Code, w.Body)
	}
}
