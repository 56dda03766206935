package channeltest

import (
	"net/http"
	"testing"
)

// TeamsWorkflow is the webhook of a workflow, as Power Automate answers.
type TeamsWorkflow struct {
	*ledger[TeamsMessage]
	base   string
	server *http.Server
}

// NewTeamsWorkflow starts one for a test.
func NewTeamsWorkflow(t testing.TB) *TeamsWorkflow {
	t.Helper()
	g := &TeamsWorkflow{ledger: newLedger[TeamsMessage]()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /workflows/1/triggers/manual/paths/invoke", g.receive)
	var err error
	if g.server, g.base, err = serve(mux); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// Close ends the fake and every connection.
func (g *TeamsWorkflow) Close() {
	g.stop()
	_ = g.server.Close()
}

// TeamsSignature is the secret in the address of the workflow.
const TeamsSignature = "fake-workflow-signature"

// Address is the URL to send to.
func (g *TeamsWorkflow) Address() string {
	return g.base + "/workflows/1/triggers/manual/paths/invoke?api-version=2016-06-01&sig=" + TeamsSignature
}

// Seen is what was taken, as the suite looks at it.
func (g *TeamsWorkflow) Seen() []Seen {
	var out []Seen
	for _, m := range g.Taken() {
		out = append(out, Seen{To: []string{g.Address()}, Line: m.Summary})
	}
	return out
}

func (g *TeamsWorkflow) receive(w http.ResponseWriter, r *http.Request) {
	reply := g.next()
	if r.URL.Query().Get("sig") != TeamsSignature {
		teamsRefuse(w, http.StatusUnauthorized, "DirectApiAuthorizationRequired", "The request must be authenticated only by Shared Access scheme.")
		return
	}
	m, status, problem := teamsMessage(r)
	if problem != "" {
		teamsRefuse(w, status, "InvalidRequestContent", problem)
		return
	}
	g.answerHTTP(r, reply, func() { g.take(m) }, func() { w.WriteHeader(http.StatusAccepted) }, func(status, _ int, h map[string]string) {
		for k, v := range h {
			w.Header().Set(k, v)
		}
		if status == 0 {
			status = http.StatusBadRequest
		}
		teamsRefuse(w, status, "WorkflowTriggerIsNotEnabled", "scripted "+r.URL.RawQuery)
	})
}
