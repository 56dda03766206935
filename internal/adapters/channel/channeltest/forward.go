package channeltest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// ForwardKey lets in where incidents are forwarded to.
const ForwardKey = "fakeforwardkey000000000000000000"

// Forwarded is a request that one of these fakes has taken.
type Forwarded struct {
	Path string
	Body []byte
	Line string
	Key  string
}

// Forward is where incidents are forwarded to: Opsgenie's Alert API, an Alertmanager, or another Rouse.
type Forward struct {
	*ledger[Forwarded]
	base   string
	server *http.Server
}

// Close ends the fake and every connection.
func (f *Forward) Close() {
	f.stop()
	_ = f.server.Close()
}

// Address is where the API is.
func (f *Forward) Address() string { return f.base }

// Seen is what was taken, as the suite looks at it.
func (f *Forward) Seen() []Seen {
	var out []Seen
	for _, r := range f.Taken() {
		out = append(out, Seen{To: []string{f.base}, Line: r.Line, Key: r.Key})
	}
	return out
}

// startForward serves one: read takes a request apart, or says by which status and words the real one would refuse it.
func startForward(t testing.TB, read func(r *http.Request, body []byte) (f Forwarded, refused int, words string), status int, ok string, problem func(words string) string) *Forward {
	t.Helper()
	f := &Forward{ledger: newLedger[Forwarded]()}
	var err error
	f.server, f.base, err = serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reply := f.next()
		body, _ := io.ReadAll(r.Body)
		taken, refused, words := read(r, body)
		refuse := func(status int, words string) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, problem(words))
		}
		if refused != 0 {
			refuse(refused, words)
			return
		}
		taken.Path, taken.Body = r.URL.String(), body
		f.answerHTTP(r, reply, func() { f.take(taken) }, func() {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, ok)
		}, func(status, _ int, h map[string]string) {
			for k, v := range h {
				w.Header().Set(k, v)
			}
			if status == 0 {
				status = http.StatusUnprocessableEntity
			}
			refuse(status, "scripted for "+ForwardKey)
		})
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

var opsgenieAction = regexp.MustCompile(`^/v2/alerts/([^/]+)/(acknowledge|close|notes)$`)

// NewOpsgenie starts a fake of Opsgenie's Alert API.
func NewOpsgenie(t testing.TB) *Forward {
	t.Helper()
	return startForward(t, func(r *http.Request, body []byte) (f Forwarded, refused int, words string) {
		var a struct {
			Message, Alias, Priority, Description string
			Tags                                  []string
			Details                               map[string]string
		}
		action := opsgenieAction.FindStringSubmatch(r.URL.Path)
		switch {
		case r.Header.Get("Authorization") != "GenieKey "+ForwardKey:
			return f, http.StatusUnauthorized, "Could not authenticate"
		case r.Method != http.MethodPost || json.Unmarshal(body, &a) != nil:
			return f, http.StatusUnprocessableEntity, "Request body is not processable."
		case action != nil && r.URL.Query().Get("identifierType") == "alias":
			return Forwarded{Line: action[2], Key: action[1]}, 0, ""
		case r.URL.Path != "/v2/alerts":
			return f, http.StatusNotFound, "there is no such path"
		case a.Message == "" || len([]rune(a.Message)) > 130 || len(a.Alias) > 512 || len(a.Tags) > 20 || !strings.HasPrefix(a.Priority, "P"):
			return f, http.StatusUnprocessableEntity, "Message can not be empty."
		}
		return Forwarded{Line: a.Message, Key: a.Alias}, 0, ""
	}, http.StatusAccepted, `{"result":"Request will be processed","took":0.302,"requestId":"43a29c5c-3dbf-4fa4-9c26-f4f71023e120"}`, func(words string) string {
		return fmt.Sprintf(`{"message":%q,"errors":{"alias":%q},"took":0.001,"requestId":"x"}`, words, words)
	})
}

// alertWire is an alert as Alertmanager has it.
type alertWire struct {
	Labels, Annotations map[string]string
	StartsAt, EndsAt    time.Time
	Fingerprint         string
}

var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

func (a alertWire) wrong() string {
	for name, value := range a.Labels {
		if !labelName.MatchString(name) || value == "" {
			return "invalid label set: invalid name " + name
		}
	}
	switch {
	case len(a.Labels) == 0:
		return "at least one label pair required"
	case !a.EndsAt.IsZero() && a.EndsAt.Before(a.StartsAt):
		return "start time must be before end time"
	}
	return ""
}

// NewAlertmanager starts a fake Alertmanager.
func NewAlertmanager(t testing.TB) *Forward {
	t.Helper()
	return startForward(t, func(r *http.Request, body []byte) (f Forwarded, refused int, words string) {
		var list []alertWire
		if r.Method != http.MethodPost || r.URL.Path != "/api/v2/alerts" || json.Unmarshal(body, &list) != nil || len(list) != 1 {
			return f, http.StatusBadRequest, "not a list of one alert"
		}
		if words := list[0].wrong(); words != "" {
			return f, http.StatusBadRequest, words
		}
		return Forwarded{Line: list[0].Annotations["summary"], Key: fmt.Sprint(list[0].Labels)}, 0, ""
	}, http.StatusOK, "", func(words string) string { return fmt.Sprintf("%q", words) })
}

// NewRouse starts a fake of another Rouse's intake.
func NewRouse(t testing.TB) *Forward {
	t.Helper()
	return startForward(t, func(r *http.Request, body []byte) (f Forwarded, refused int, words string) {
		var g struct {
			Version string
			Alerts  []alertWire
		}
		if r.Header.Get("Authorization") != "Bearer "+ForwardKey {
			return f, http.StatusUnauthorized, "this key is none"
		}
		if r.Method != http.MethodPost || r.URL.Path != "/alerts" || json.Unmarshal(body, &g) != nil || g.Version != "4" || len(g.Alerts) != 1 || g.Alerts[0].wrong() != "" {
			return f, http.StatusBadRequest, "not a group of one alert"
		}
		return Forwarded{Line: g.Alerts[0].Annotations["summary"], Key: g.Alerts[0].Fingerprint}, 0, ""
	}, http.StatusAccepted, `{"received":1,"results":[{"fingerprint":"x","outcome":"opened","incident":"7"}]}`, func(words string) string {
		return fmt.Sprintf(`{"code":"alerts.key","detail":%q}`, words)
	})
}
