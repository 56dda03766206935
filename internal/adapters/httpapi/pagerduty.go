package httpapi

import (
	"log/slog"
	"net/http"

	"github.com/rouse-oncall/rouse/internal/adapters/ingest"
	"github.com/rouse-oncall/rouse/internal/adapters/ingest/pagerduty"
	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

type pdAnswer struct {
	Status   string   `json:"status"`
	Message  string   `json:"message"`
	DedupKey string   `json:"dedup_key,omitempty"`
	Errors   []string `json:"errors,omitempty"`
}

func invalidEvent(errors []string) pdAnswer {
	return pdAnswer{Status: "invalid event", Message: "Event object is invalid", Errors: errors}
}

// asPagerDuty makes an answer of an error. A key that nobody has is a part of the event there.
func (s *server) asPagerDuty(w http.ResponseWriter, r *http.Request, err error) {
	if fault.Is(err, fault.KindUnauthorized) || fault.Is(err, fault.KindForbidden) {
		err = fault.Invalid(fault.Of(err).Code, "%s", fault.Of(err).Message)
	}
	s.refuse(w, r, err, func(p *Problem) any {
		if p.Status == http.StatusBadRequest {
			return invalidEvent([]string{p.Detail})
		}
		return pdAnswer{Status: "error", Message: p.Detail}
	})
}

// pagerdutyBody reads a request's body, whatever its type is said to be: the API does not look at it.
func (s *server) pagerdutyBody(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	if r.Method != http.MethodPost {
		s.notAllowed(w, r, http.MethodPost)
		return nil, false
	}
	r.Header.Set("Content-Type", "application/json")
	raw, err := ingest.Body(r, pagerduty.Limits())
	if err != nil {
		s.asPagerDuty(w, r, err)
	}
	return raw, err == nil
}

func (s *server) invalidEvent(w http.ResponseWriter, r *http.Request, errors []string) {
	s.refuse(w, r, fault.Invalid("alerts.event", "the event is invalid"), func(*Problem) any { return invalidEvent(errors) })
}

// pagerdutyEvent is POST /v2/enqueue.
func (s *server) pagerdutyEvent(w http.ResponseWriter, r *http.Request) {
	raw, ok := s.pagerdutyBody(w, r)
	if !ok {
		return
	}
	e, errors := pagerduty.Decode(raw, r.PathValue("key"))
	if e.RoutingKey == "" {
		s.invalidEvent(w, r, errors)
		return
	}
	from, err := s.senderOf(r, e.RoutingKey)
	if err != nil {
		s.asPagerDuty(w, r, err)
		return
	}
	if errors != nil {
		s.invalidEvent(w, r, errors)
		return
	}
	results, err := s.event(r, from, &e)
	if err != nil {
		s.asPagerDuty(w, r, err)
		return
	}
	durable(w, results)
	reply(w, http.StatusAccepted, pdAnswer{Status: "success", Message: "Event processed", DedupKey: e.DedupKey})
	s.heard(w, r, from, results)
}

// event does what an event asks for. Acknowledging what does not fire is accepted, and nothing is done.
func (s *server) event(r *http.Request, from *directory.Integration, e *pagerduty.Event) ([]intake.Result, error) {
	if e.Action == pagerduty.Acknowledge {
		_, err := s.acknowledgeSent(r, from, e.DedupKey, "")
		return nil, err
	}
	return s.takeIn(r, from, ingest.Batch{Signals: []alert.Signal{e.Signal}}, 0)
}

// pagerdutyChange is POST /v2/change/enqueue. A change is no alert: it is noted in the log.
func (s *server) pagerdutyChange(w http.ResponseWriter, r *http.Request) {
	raw, ok := s.pagerdutyBody(w, r)
	if !ok {
		return
	}
	c, errors := pagerduty.DecodeChange(raw, r.PathValue("key"))
	if c.RoutingKey == "" {
		s.invalidEvent(w, r, errors)
		return
	}
	from, err := s.senderOf(r, c.RoutingKey)
	if err != nil {
		s.asPagerDuty(w, r, err)
		return
	}
	if errors != nil {
		s.invalidEvent(w, r, errors)
		return
	}
	s.log.InfoContext(r.Context(), "a change was told of", slog.String("integration", from.Name), slog.String("summary", clean(c.Summary)), slog.String("source", clean(c.Source)))
	reply(w, http.StatusAccepted, pdAnswer{Status: "success", Message: "Change event processed"})
}
