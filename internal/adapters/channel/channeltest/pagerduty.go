package channeltest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
)

// PagerDutyKey lets in.
const PagerDutyKey = "fakepagerdutyroutingkey000000000"

// PagerDutyEvent is an event that the fake PagerDuty has taken.
type PagerDutyEvent struct {
	Key     string `json:"routing_key"`
	Action  string `json:"event_action"`
	Dedup   string `json:"dedup_key"`
	Payload struct {
		Summary, Source, Severity string
	} `json:"payload"`
}

// PagerDuty is PagerDuty's Events API v2.
type PagerDuty struct {
	*ledger[PagerDutyEvent]
	base   string
	server *http.Server
}

// NewPagerDuty starts one for a test.
func NewPagerDuty(t testing.TB) *PagerDuty {
	t.Helper()
	p := &PagerDuty{ledger: newLedger[PagerDutyEvent]()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v2/enqueue", p.enqueue)
	var err error
	if p.server, p.base, err = serve(mux); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// Close ends the fake and every connection.
func (p *PagerDuty) Close() {
	p.stop()
	_ = p.server.Close()
}

// Address is where the API is.
func (p *PagerDuty) Address() string { return p.base }

// Seen is what was taken, as the suite looks at it.
func (p *PagerDuty) Seen() []Seen {
	var out []Seen
	for _, e := range p.Taken() {
		out = append(out, Seen{To: []string{p.base}, Line: e.Payload.Summary, Key: e.Dedup})
	}
	return out
}

func (p *PagerDuty) enqueue(w http.ResponseWriter, r *http.Request) {
	reply := p.next()
	var e PagerDutyEvent
	err := json.NewDecoder(r.Body).Decode(&e)
	refuse := func(status int, words string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"status": "invalid event", "message": "Event object is invalid", "errors": []string{words}})
	}
	if err != nil || e.Key != PagerDutyKey || e.Action == "trigger" && (e.Payload.Summary == "" || e.Payload.Source == "" || e.Payload.Severity == "") {
		refuse(http.StatusBadRequest, "the event is not one")
		return
	}
	p.answerHTTP(r, reply, func() { p.take(e) }, func() {
		w.WriteHeader(http.StatusAccepted)
		_, _ = fmt.Fprintf(w, `{"status":"success","message":"Event processed","dedup_key":%q}`, e.Dedup)
	}, func(status, _ int, h map[string]string) {
		for k, v := range h {
			w.Header().Set(k, v)
		}
		if status == 0 {
			status = http.StatusBadRequest
		}
		refuse(status, "scripted for "+e.Key)
	})
}
