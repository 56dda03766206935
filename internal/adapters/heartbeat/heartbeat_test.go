package heartbeat_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/heartbeat"
)

const secret = "5c9b7a-canary"

func TestErrorsDoNotTellTheAddress(t *testing.T) {
	t.Parallel()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }))
	t.Cleanup(refusing.Close)
	moving := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:1/"+secret, http.StatusFound)
	}))
	t.Cleanup(moving.Close)
	for address, want := range map[string]string{
		refusing.URL + "/" + secret:         "it answered 404 Not Found",
		moving.URL + "/" + secret:           "connection refused",
		"http://127.0.0.1:1/" + secret:      "connection refused",
		"alertmanager+" + refusing.URL:      "it answered 404 Not Found",
		"http://ana:" + secret + "@[::1]:1": "",
	} {
		s, err := heartbeat.New(address, "https://rouse.example.org")
		if err != nil {
			t.Fatal(err)
		}
		if err = s.Beat(t.Context(), time.Now()); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
	for _, wrong := range []string{"hc-ping.com/" + secret, "ftp://" + secret, "alertmanager+" + secret, "http://", ":" + secret} {
		if _, err := heartbeat.New(wrong, ""); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

func TestAnAddressIsAskedAsItIs(t *testing.T) {
	t.Parallel()
	var got []string
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		got = append(got, r.Method+" "+r.URL.String()+" "+user+password)
	}))
	t.Cleanup(s.Close)
	with := strings.Replace(s.URL, "://", "://ana:pw@", 1)
	for address, want := range map[string]string{
		s.URL + "/ping/x?create=1":          "GET /ping/x?create=1 ",
		"alertmanager+" + with + "/prefix/": "POST /prefix/api/v2/alerts anapw",
	} {
		h, err := heartbeat.New(address, "")
		if err == nil {
			err = h.Beat(t.Context(), time.Now())
		}
		if err != nil || got[len(got)-1] != want {
			t.Errorf("%s: %v, asked as %q, not %q", address, err, got, want)
		}
	}
}

// A login page before an Alertmanager takes no alert; a dead man's switch that has moved hears of us all the same.
func TestOnlyAGetIsSentOn(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		var got []string
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got = append(got, r.Method+" "+r.URL.Path)
			if r.URL.Path != "/login" {
				http.Redirect(w, r, "/login", status)
			}
		}))
		t.Cleanup(s.Close)
		for address, want := range map[string]string{s.URL: "GET / GET /login", "alertmanager+" + s.URL: "POST /api/v2/alerts"} {
			got = nil
			h, err := heartbeat.New(address, "")
			if err != nil {
				t.Fatal(err)
			}
			err = h.Beat(t.Context(), time.Now())
			if asked := strings.Join(got, " "); asked != want {
				t.Errorf("%d: asked for %s, want %s", status, asked, want)
			}
			if refused := err != nil; refused != strings.HasPrefix(address, "alertmanager+") {
				t.Errorf("%d of %s: %v", status, address, err)
			}
		}
	}
}
