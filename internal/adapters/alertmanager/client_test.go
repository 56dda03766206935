package alertmanager

import (
	"context"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

func at(api directory.AlertmanagerAPI) *directory.Integration {
	return &directory.Integration{Kind: directory.Alertmanager, API: api}
}

// The login is sent as it was meant, only to the address that was chosen, and never said.
func TestLogin(t *testing.T) {
	t.Parallel()
	for login, want := range map[string]string{"": "", "bob:se:cret": "Basic Ym9iOnNlOmNyZXQ=", "a-token": "Bearer a-token"} {
		var got string
		s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got = r.Header.Get("Authorization")
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}))
		ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
		c := New((&net.Dialer{}).DialContext)
		_, err := c.Read(t.Context(), at(directory.AlertmanagerAPI{Login: login, CA: ca}), s.URL)
		s.Close()
		if got != want {
			t.Errorf("%q was sent as %q, want %q", login, got, want)
		}
		if err == nil || !strings.Contains(err.Error(), "redirects") || login != "" && strings.Contains(err.Error(), login) {
			t.Errorf("a redirect gave %v", err)
		}
	}
}

// What is wrong is said in words, and where: people read it.
func TestErrorsInWords(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/login/api/v2/alerts":
			w.WriteHeader(http.StatusUnauthorized)
		case "/empty/api/v2/alerts", "/empty/api/v2/silences":
			_, _ = w.Write([]byte("[]"))
		case "/empty/api/v2/status":
			_, _ = w.Write([]byte("{}"))
		case "/page/api/v2/alerts":
			_, _ = w.Write([]byte("<html>"))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(s.Close)
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	host := strings.TrimPrefix(s.URL, "https://")
	c := New((&net.Dialer{}).DialContext)
	for _, x := range []struct{ url, ca, want string }{
		{s.URL + "/login", ca, host + " answered 401: its login is not right"},
		{s.URL + "/page", ca, host + " answered what is not of an Alertmanager's API"},
		{s.URL + "/empty", ca, host + " does not say since when it is up"},
		{s.URL + "/other", ca, host + " answered 404: there is no Alertmanager's API v2"},
		{s.URL, "", host + " cannot be reached: tls: failed to verify certificate"},
	} {
		_, err := c.Read(t.Context(), at(directory.AlertmanagerAPI{CA: x.ca}), x.url)
		if err == nil || !strings.HasPrefix(err.Error(), x.want) {
			t.Errorf("%s: %v, want %s", x.url, err, x.want)
		}
	}
}

// What answers may be anything in one's own network: what it says is not shown to whoever chose its address.
func TestWhatIsNoHTTPIsNotShown(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4<<10)) // all of the request: else it is cut off
			_, _ = conn.Write([]byte("220 the-secret-of-another-service\r\n"))
			_ = conn.Close()
		}
	}()
	_, err = New((&net.Dialer{}).DialContext).Read(t.Context(), at(directory.AlertmanagerAPI{}), "http://"+l.Addr().String())
	if want := l.Addr().String() + " cannot be reached: what answers there speaks no HTTP"; err == nil || err.Error() != want {
		t.Errorf("gave %v, want %s", err, want)
	}
}

// Where it may go is decided by whoever dials.
func TestDial(t *testing.T) {
	t.Parallel()
	c := New(func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed })
	if _, err := c.Read(t.Context(), at(directory.AlertmanagerAPI{}), "http://127.0.0.1:9093"); err == nil || !strings.Contains(err.Error(), net.ErrClosed.Error()) {
		t.Errorf("gave %v", err)
	}
}

// How old it is says its own clock, by its own answer.
func TestItsOwnClock(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", began.Add(time.Minute).Format(http.TimeFormat))
		if strings.HasSuffix(r.URL.Path, "/status") {
			_, _ = w.Write([]byte(`{"uptime":"2026-03-01T02:00:00Z"}`))
			return
		}
		_, _ = w.Write([]byte("[]"))
	}))
	t.Cleanup(s.Close)
	r, err := New((&net.Dialer{}).DialContext).Read(t.Context(), at(directory.AlertmanagerAPI{}), s.URL)
	if err != nil || !r.Began.Equal(began) || !r.At.Equal(began.Add(time.Minute)) {
		t.Errorf("it began at %s, it is %s there: %v", r.Began, r.At, err)
	}
}
