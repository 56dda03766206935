package httpapi

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/rouse-oncall/rouse/internal/adapters/ingest"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// heartbeatName is the alert that fires where no sign of life comes, and its fingerprint.
const heartbeatName = "HeartbeatMissing"

// maxBeat bounds what is read of a sign of life: nobody needs to send anything.
const maxBeat = 1 << 20

// heartbeat is /heartbeat/{key}: a sign of life, by whatever can ask for an address. The labels of its alert are in the
// query. Prometheus' Watchdog comes by Alertmanager's webhook: that it is resolved is no sign of life.
func (s *server) heartbeat(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost && r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.notAllowed(w, r, "GET, HEAD, POST")
		return
	}
	from, err := s.sender(r)
	if err == nil && from.Silence() == 0 {
		err = fault.Invalid("alerts.no_heartbeat", "this key is not of a heartbeat: give its integration the kind heartbeat")
	}
	if err != nil {
		s.d.Unread(fault.Of(err).Code)
		s.fail(w, r, err)
		return
	}
	if saysResolved(r.Body) {
		reply(w, http.StatusAccepted, map[string]any{"alive": false, "detail": "what is resolved is no sign of life"})
		return
	}
	results, err := s.takeIn(r, from, ingest.Batch{Signals: []alert.Signal{signOfLife(r, from)}}, 0)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	durable(w, results)
	reply(w, http.StatusOK, map[string]any{"alive": true, "missing_after": from.Silence().String()})
	s.heard(w, r, from, results)
}

func saysResolved(body io.Reader) bool {
	raw, _ := io.ReadAll(io.LimitReader(body, maxBeat)) // whatever came of it, somebody lives
	var webhook struct {
		Status string `json:"status"`
	}
	return json.Unmarshal(raw, &webhook) == nil && webhook.Status == "resolved"
}

func signOfLife(r *http.Request, from *directory.Integration) alert.Signal {
	labels := map[string]string{}
	for name, values := range r.URL.Query() {
		labels[name] = values[0]
	}
	labels["alertname"], labels["heartbeat"] = heartbeatName, from.Name
	ingest.Default(labels, "service", from.Name)
	return alert.Signal{
		Fingerprint: heartbeatName, Every: from.Silence(), Labels: labels,
		Annotations: map[string]string{"summary": "No sign of life from " + from.Name + " within " + from.Silence().String()},
	}
}
