package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// senderRoutes are what senders call: at the paths that they were made for, and below /k/{key} where they cannot send
// the integration's key otherwise. Whatever an integration's kind is, its key opens all of them.
func (s *server) senderRoutes(root *http.ServeMux) {
	for _, prefix := range []string{"", "/k/{key}"} {
		root.HandleFunc(prefix+"/alerts", s.receiveAlerts)
		root.HandleFunc(prefix+"/api/v2/alerts", s.prometheusAlerts)
		root.HandleFunc(prefix+"/api/v2/alerts/groups", s.alertmanagerGroups)
		root.HandleFunc(prefix+"/api/v2/status", s.alertmanagerStatus)
		root.HandleFunc(prefix+"/api/v2/receivers", s.alertmanagerReceivers)
		root.HandleFunc(prefix+"/api/v2/silences", s.alertmanagerSilences)
		root.HandleFunc(prefix+"/api/v2/silence/{id}", s.alertmanagerSilences)
		root.HandleFunc(prefix+"/v2/enqueue", s.pagerdutyEvent)
		root.HandleFunc(prefix+"/v2/change/enqueue", s.pagerdutyChange)
		root.HandleFunc(prefix+"/v2/alerts", s.opsgenieCreate)
		root.HandleFunc(prefix+"/v2/alerts/{rest...}", s.opsgenieAlert)
		root.HandleFunc(prefix+"/webhook", s.receiveWebhook)
	}
	root.HandleFunc("/heartbeat/{key}", s.heartbeat)
}

// reply writes JSON for a sender.
func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the sender may be gone
}

// refuse gives what is wrong to a sender in its own form; form makes the body of the status and the words.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error, form func(p *Problem) any) {
	p := s.problem(r.Context(), err)
	s.d.Unread(p.Code)
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	reply(w, p.Status, form(p))
}

// durable says in the answer where alerts are kept outside of the database until it is back.
func durable(w http.ResponseWriter, results []intake.Result) {
	if buffered(results) {
		w.Header().Set("Rouse-Durability", string(intake.Buffered))
	}
}

// act does something with the incident of what an integration sent, where that fires. What does not has nothing to answer.
func (s *server) act(r *http.Request, from *directory.Integration, fingerprint string, do func(ctx context.Context, ref string) error) (bool, error) {
	a, err := s.d.Incidents.Received.One(r.Context(), from, fingerprint)
	switch {
	case fault.Is(err, fault.KindNotFound), err == nil && !a.Firing:
		return false, nil
	case err != nil:
		return false, err
	}
	err = do(r.Context(), a.Of.ID)
	return err == nil, err
}

// acknowledgeSent acknowledges the incident of what an integration sent, for the integration.
func (s *server) acknowledgeSent(r *http.Request, from *directory.Integration, fingerprint, note string) (bool, error) {
	return s.act(r, from, fingerprint, func(ctx context.Context, ref string) error {
		results, err := s.d.Incidents.Acknowledge(ctx, from.Principal(), []string{ref}, note)
		return failed(results, err)
	})
}

// noteSent writes on the timeline of the incident of what an integration sent.
func (s *server) noteSent(r *http.Request, from *directory.Integration, fingerprint, note string) (bool, error) {
	return s.act(r, from, fingerprint, func(ctx context.Context, ref string) error {
		results, err := s.d.Incidents.Work.AddNote.Do(ctx, from.Principal(), []string{ref}, note)
		return failed(results, err)
	})
}

// failed gives the failure of what was done with one incident. One that was over meanwhile is none.
func failed(results []respond.Result, err error) error {
	if err != nil || len(results) == 0 || results[0].Err == nil || results[0].Err.Kind == fault.KindConflict {
		return err
	}
	return results[0].Err
}
