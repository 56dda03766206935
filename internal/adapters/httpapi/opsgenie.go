package httpapi

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/ingest"
	"github.com/rouse-oncall/rouse/internal/adapters/ingest/opsgenie"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// ogAnswer is every answer of Opsgenie's API.
type ogAnswer struct {
	Result    string           `json:"result,omitempty"`
	Message   string           `json:"message,omitempty"`
	Code      int              `json:"code,omitempty"`
	Errors    opsgenie.Refusal `json:"errors,omitempty"`
	Data      any              `json:"data,omitempty"`
	Took      float64          `json:"took"`
	RequestID string           `json:"requestId"`
}

// ogCall is one request.
type ogCall struct {
	*server
	w     http.ResponseWriter
	r     *http.Request
	from  *directory.Integration
	body  []byte
	began time.Time
}

func (c *ogCall) answer(status int, a ogAnswer) {
	a.Took = float64(time.Since(c.began).Microseconds()) / 1e6
	if a.RequestID == "" {
		a.RequestID = ogDone{Action: "none"}.id()
	}
	reply(c.w, status, a)
}

// fail answers in the API's form.
func (c *ogCall) fail(err error) {
	c.refuse(c.w, c.r, err, func(p *Problem) any {
		a := ogAnswer{Message: p.Detail, RequestID: ogDone{Action: "none"}.id()}
		switch p.Status {
		case http.StatusUnauthorized:
			a.Message = "Could not authenticate"
		case http.StatusForbidden:
			a.Code = 40301
		}
		return a
	})
}

func (c *ogCall) unprocessable(wrong opsgenie.Refusal) {
	c.d.Unread("alerts.event")
	c.answer(http.StatusUnprocessableEntity, ogAnswer{Message: "Request body is not processable. Please check the errors.", Errors: wrong})
}

// opsgenieCall says who calls, and reads the body where there is one.
func (s *server) opsgenieCall(w http.ResponseWriter, r *http.Request) (*ogCall, bool) {
	c := &ogCall{server: s, w: w, r: r, began: time.Now()}
	var err error
	if c.from, err = s.sender(r); err == nil && r.Method != http.MethodGet && r.ContentLength != 0 {
		c.body, err = ingest.Body(r, opsgenie.Limits())
	}
	if err != nil {
		c.fail(err)
	}
	return c, err == nil
}

// opsgenieCreate is POST /v2/alerts.
func (s *server) opsgenieCreate(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		s.notAllowed(w, r, http.MethodPost)
		return
	}
	c, ok := s.opsgenieCall(w, r)
	if !ok {
		return
	}
	sig, note, wrong := opsgenie.Create(c.body)
	if wrong != nil {
		c.unprocessable(wrong)
		return
	}
	results, ok := c.send(sig)
	if !ok {
		return
	}
	if note != "" && !buffered(results) {
		if _, err := s.noteSent(r, c.from, sig.Fingerprint, note); err != nil {
			c.fail(err)
			return
		}
	}
	c.accepted(ogDone{"Create", true, alert.Fingerprint(sig.Fingerprint)})
	s.heard(w, r, c.from, results)
}

func (c *ogCall) send(sig alert.Signal) ([]intake.Result, bool) {
	results, err := c.takeIn(c.r, c.from, ingest.Batch{Signals: []alert.Signal{sig}}, 0)
	if err != nil {
		c.fail(err)
		return nil, false
	}
	durable(c.w, results)
	return results, true
}

// accepted is the answer to everything that is asked for: it is done already, and the request's id says what it was.
func (c *ogCall) accepted(did ogDone) {
	c.answer(http.StatusAccepted, ogAnswer{Result: "Request will be processed", RequestID: did.id()})
}

// opsgenieAlert is everything below /v2/alerts/. An identifier may hold anything, also slashes: not every client writes
// them as %2F.
func (s *server) opsgenieAlert(w http.ResponseWriter, r *http.Request) {
	c, ok := s.opsgenieCall(w, r)
	if !ok {
		return
	}
	_, rest, _ := strings.Cut(r.URL.EscapedPath(), "/v2/alerts/")
	parts := strings.Split(rest, "/")
	for i := range parts {
		if plain, err := url.PathUnescape(parts[i]); err == nil {
			parts[i] = plain
		}
	}
	last := len(parts) - 1
	switch {
	case r.Method == http.MethodGet && last == 1 && parts[0] == "requests":
		c.status(parts[1])
	case r.Method == http.MethodGet:
		c.show(strings.Join(parts, "/"))
	case last > 0 && (r.Method == http.MethodPost || r.Method == http.MethodPut):
		c.act(strings.Join(parts[:last], "/"), parts[last])
	default:
		s.notAllowed(w, r, "GET, POST, PUT")
	}
}

// find gives the alert that an identifier means. An alert's id is its alias, and its tiny id the incident's number.
func (c *ogCall) find(identifier string) (insight.SentAlert, error) {
	if c.r.URL.Query().Get("identifierType") == "tiny" {
		return c.d.Incidents.Received.OfIncident(c.r.Context(), c.from, identifier)
	}
	return c.d.Incidents.Received.One(c.r.Context(), c.from, identifier)
}

// act does what a path asks for. Of what does not exist, or is closed, nothing is done: that is no error there either.
func (c *ogCall) act(identifier, action string) {
	a, wrong := opsgenie.ReadAction(c.body)
	if wrong != nil {
		c.unprocessable(wrong)
		return
	}
	of, err := c.find(identifier)
	did := ogDone{Action: strings.ToUpper(action[:min(1, len(action))]) + action[min(1, len(action)):], Alias: of.Fingerprint}
	switch {
	case fault.Is(err, fault.KindNotFound):
		did.Alias, err = alert.Fingerprint(identifier), nil
	case err == nil:
		did.Done, err = c.do(action, of, a)
	}
	switch {
	case fault.Is(err, fault.KindUnsupported):
		c.unprocessable(opsgenie.Refusal{"action": err.Error()})
	case err != nil:
		c.fail(err)
	default:
		c.accepted(did)
	}
}

func (c *ogCall) do(action string, of insight.SentAlert, a opsgenie.Action) (done bool, err error) {
	switch action {
	case "acknowledge":
		return c.acknowledgeSent(c.r, c.from, of.Fingerprint, a.Note)
	case "notes":
		return c.noteSent(c.r, c.from, of.Fingerprint, a.Note)
	case "close":
		if a.Note != "" {
			if _, err := c.noteSent(c.r, c.from, of.Fingerprint, a.Note); err != nil {
				return false, err
			}
		}
		return c.again(alert.Signal{Fingerprint: of.Fingerprint}, of.Firing)
	case "message":
		return c.change(of, "summary", a.Message)
	case "description":
		return c.change(of, "description", a.Description)
	}
	return false, fault.Unsupported("alerts.action", "%.40q is not something that can be done here: NOT done", action)
}

// change tells an alert's text anew.
func (c *ogCall) change(of insight.SentAlert, name, text string) (bool, error) {
	annotations := maps.Clone(of.Annotations)
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[name] = text
	return c.again(alert.Signal{Fingerprint: of.Fingerprint, Firing: true, Labels: of.Labels, Annotations: annotations, GeneratorURL: of.GeneratorURL}, of.Firing)
}

// again sends a signal about what fires.
func (c *ogCall) again(sig alert.Signal, firing bool) (bool, error) {
	if !firing {
		return false, nil
	}
	results, err := c.takeIn(c.r, c.from, ingest.Batch{Signals: []alert.Signal{sig}}, 0)
	durable(c.w, results)
	return err == nil, err
}

// ogDone says what a request did. It is the request's id itself: any server can tell of it, and nothing need be kept.
type ogDone struct {
	Action string
	Done   bool
	Alias  string
}

func (q ogDone) id() string {
	return base64.RawURLEncoding.EncodeToString([]byte(q.Action + "\n" + strconv.FormatBool(q.Done) + "\n" + q.Alias))
}

func doneOf(id string) (q ogDone, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(id)
	parts := strings.SplitN(string(raw), "\n", 3)
	if err != nil || len(parts) != 3 || parts[2] == "" {
		return q, false
	}
	return ogDone{parts[0], parts[1] == "true", parts[2]}, true
}

func (c *ogCall) status(id string) {
	q, ok := doneOf(id)
	if !ok {
		c.answer(http.StatusNotFound, ogAnswer{Message: "Request not found. It might not be processed, yet."})
		return
	}
	words := q.Action + ": done"
	if !q.Done {
		words = q.Action + ": there is no such open alert, nothing was done"
	}
	c.answer(http.StatusOK, ogAnswer{RequestID: id, Data: map[string]any{
		"success": q.Done, "isSuccess": q.Done, "action": q.Action, "processedAt": time.Now().UTC(), "integrationId": string(c.from.ID),
		"status": words, "alertId": q.Alias, "alias": q.Alias,
	}})
}

func (c *ogCall) show(identifier string) {
	a, err := c.find(identifier)
	if fault.Is(err, fault.KindNotFound) {
		c.answer(http.StatusNotFound, ogAnswer{Message: "Alert with the identifier [" + clean(identifier) + "] does not exist"})
		return
	}
	if err != nil {
		c.fail(err)
		return
	}
	state, tags := "closed", []string{}
	if a.Firing {
		state = "open"
	}
	if list := a.Annotations["tags"]; list != "" {
		tags = strings.Split(list, ", ")
	}
	c.answer(http.StatusOK, ogAnswer{Data: map[string]any{
		"id": a.Fingerprint, "tinyId": strconv.FormatInt(int64(a.Incident), 10), "alias": a.Fingerprint, "message": a.Title,
		"description": a.Annotations["description"], "entity": a.Labels["entity"], "source": a.Labels["source"], "tags": tags, "details": words(a.Labels),
		"status": state, "acknowledged": a.Of.Status == incident.Acknowledged(), "isSeen": a.Of.Status != incident.Open(),
		"snoozed": a.Of.Snoozed(), "owner": a.Of.Assignee.Name, "priority": priorityOf(a.Alert), "count": a.Received,
		"createdAt": a.BeganAt, "lastOccurredAt": a.LastSeen, "updatedAt": a.LastSeen,
	}})
}

// priorityOf gives back the priority that was sent, else what the severity would be there.
func priorityOf(a alert.Alert) string {
	if p := a.Labels["severity"]; slices.Contains([]string{"P1", "P2", "P3", "P4", "P5"}, p) {
		return p
	}
	return "P" + strconv.Itoa(alert.Severities-a.Severity.Rank())
}
