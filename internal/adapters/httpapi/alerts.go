package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/ingest"
	"github.com/rouse-oncall/rouse/internal/adapters/ingest/alertmanager"
	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// Intake takes alerts in; it returns when they are committed and flushed.
type Intake interface {
	Do(ctx context.Context, from *directory.Integration, signals []alert.Signal, bad []alert.Quarantined, truncated int) ([]intake.Result, error)
}

// storeIn is how long a sender waits; then it is told to send again, which does no harm.
const storeIn = 20 * time.Second

// receiveAlerts is POST /alerts, the hot path: a plain handler. It pushes back with 503, never 429:
// Alertmanager gives up on any 4xx.
func (s *server) receiveAlerts(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		s.notAllowed(w, r, http.MethodPost)
		return
	}
	from, p, err := s.read(r)
	if err != nil {
		s.d.Unread(fault.Of(err).Code)
		s.fail(w, r, err)
		return
	}
	results, err := s.takeIn(r, from, p.Batch, p.Truncated)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.accepted(w, results)
	s.heard(w, r, from, results)
}

// accepted says what became of each alert.
func (s *server) accepted(w http.ResponseWriter, results []intake.Result) {
	w.Header().Set("Content-Type", "application/json")
	durable(w, results)
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write(appendResults(make([]byte, 0, 64+96*len(results)), results)) //nolint:gosec // JSON, quoted; and the sender may be gone
}

// heard notes that something came, once the sender has its answer. What waits outside of the database will be heard of
// when there is one again.
func (s *server) heard(w http.ResponseWriter, r *http.Request, from *directory.Integration, results []intake.Result) {
	if len(results) == 0 || buffered(results) || !s.d.Access.NoteHeard.Wants(from.ID) {
		return
	}
	_ = http.NewResponseController(w).Flush() // the sender may be gone
	s.d.Access.NoteHeard.Do(r.Context(), from.ID)
}

// read says who sends, and what.
func (s *server) read(r *http.Request) (*directory.Integration, alertmanager.Payload, error) {
	from, err := s.sender(r)
	if err != nil {
		return nil, alertmanager.Payload{}, err
	}
	limits := ingest.DefaultLimits()
	raw, err := ingest.Body(r, limits)
	if err != nil {
		return nil, alertmanager.Payload{}, err
	}
	p, err := alertmanager.Decode(raw, limits)
	return from, p, err
}

// takeIn hands on what was sent; it gives a result for each alert, in the order of the request.
func (s *server) takeIn(r *http.Request, from *directory.Integration, b ingest.Batch, truncated int) ([]intake.Result, error) {
	b = b.Without(s.returned)
	s.d.Keys.charge(from, len(b.Signals)+len(b.Bad))
	ctx, cancel := context.WithTimeout(r.Context(), storeIn)
	defer cancel()
	results, err := s.d.Intake.Do(ctx, from, b.Signals, b.Bad, truncated)
	return ingest.InOrder(b, results), err
}

// returned says of an alert that we have forwarded it ourselves: it would page people for their own incident.
func (s *server) returned(sig *alert.Signal) string {
	if origin := sig.Labels[alert.Origin]; origin == "" || origin != s.d.Config.Installation {
		return ""
	}
	return "this Rouse has forwarded it itself, and it came back: leave out what has the label " + alert.Origin + " where it is sent from"
}

// sender says which integration sends, and whether it may now and from there.
func (s *server) sender(r *http.Request) (*directory.Integration, error) {
	key, ok := integrationKey(r)
	if !ok {
		return nil, fault.Unauthorized("alerts.key_missing", "send the integration's key as Authorization: Bearer <key>")
	}
	return s.senderOf(r, key)
}

// senderOf says so by a key that stands elsewhere.
func (s *server) senderOf(r *http.Request, key string) (*directory.Integration, error) {
	from, err := s.d.Access.Integration.Do(r.Context(), key)
	if err != nil {
		return nil, err
	}
	if len(from.Allow) > 0 && !from.TakesFrom(s.proxies.client(r)) {
		return nil, fault.Forbidden("alerts.address", "this integration does not take alerts from your address")
	}
	if wait, ok := s.d.Keys.Admit(from, s.d.Config.Rate); !ok {
		return nil, fault.Unavailable(max(wait, time.Second), "alerts.rate", "this integration sends more than it may; send the same again later")
	}
	return from, nil
}

// integrationKey is the one in the address, the bearer token (Opsgenie's clients call it GenieKey), or the password of
// basic authentication.
func integrationKey(r *http.Request) (string, bool) {
	if key := r.PathValue("key"); key != "" {
		return key, true
	}
	kind, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if key = strings.TrimSpace(key); key != "" && (strings.EqualFold(kind, "Bearer") || strings.EqualFold(kind, "GenieKey")) {
		return key, true
	}
	_, key, ok := r.BasicAuth()
	return key, ok && key != ""
}

// buffered: the alerts are kept outside of the database until it is back. That is true of all of a request or none.
func buffered(results []intake.Result) bool {
	return len(results) > 0 && results[0].Outcome == intake.Buffered
}

// appendResults writes {"received":n,"results":[{"fingerprint","outcome","incident"}]}, with "durability":"buffered"
// where that is so, by hand: on this path reflection is a good part of the time.
func appendResults(b []byte, results []intake.Result) []byte {
	b = append(b, `{"received":`...)
	b = strconv.AppendInt(b, int64(len(results)), 10)
	if buffered(results) {
		b = append(b, `,"durability":"buffered"`...)
	}
	b = append(b, `,"results":[`...)
	for i, r := range results {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"fingerprint":`...)
		b = appendText(b, r.Fingerprint)
		b = append(b, `,"outcome":"`...)
		b = append(b, r.Outcome...)
		b = append(b, '"')
		if r.Incident != 0 {
			b = append(b, `,"incident":"`...)
			b = strconv.AppendInt(b, int64(r.Incident), 10)
			b = append(b, '"')
		}
		b = append(b, '}')
	}
	return append(b, "]}\n"...)
}

// appendText appends a JSON string; fingerprints need no escapes, and then it costs nothing.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // a string always can be
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
