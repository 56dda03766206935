package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

const (
	streamPath    = "/api/v1/stream"
	streamBeat    = 5 * time.Second  // between two signs of life, and between two looks at who listens
	streamPatient = 10 * time.Second // for a listener that does not read
)

// changedBody is what the stream says of an incident: whoever has seen this version need not ask.
type changedBody struct {
	ID      string    `json:"id"`
	Number  int64     `json:"number"`
	Version int64     `json:"version"`
	At      time.Time `json:"at"`
}

type missedBody struct {
	Reason insight.MissedWhy `json:"reason" enum:"expired,slow,restored"`
}

// stream tells by server-sent events which incidents change, and that what people own does. It goes on until the listener leaves, may not listen
// any more, or the server stops; whoever comes back with the last event's id misses nothing.
func (s *server) stream(w http.ResponseWriter, r *http.Request) {
	l, err := s.d.Follow.Do(r.Context(), principal(r.Context()), r.Header.Get("Last-Event-ID"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	defer l.Close()
	out := newEvents(w)
	for _, h := range l.First {
		out.heard(h)
	}
	beat := time.NewTicker(s.beat)
	defer beat.Stop()
	for out.flush() == nil {
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
			if !s.mayStillListen(r) {
				return
			}
			out.here()
		case h, ok := <-l.Events:
			if !ok {
				if last := l.Close(); last != nil {
					out.heard(*last)
					_ = out.flush() // it ends in any case
				}
				return
			}
			out.heard(h)
			out.rest(l.Events)
		}
	}
}

// mayStillListen asks again who listens: sessions and tokens end. That nobody can say is no reason to go.
func (s *server) mayStillListen(r *http.Request) bool {
	by, err := s.who(r.WithContext(context.WithValue(r.Context(), keyDue, time.Now().Add(answerIn))))
	if err == nil {
		err = by.Require(directory.Viewer)
	}
	return err == nil || !fault.Is(err, fault.KindUnauthorized) && !fault.Is(err, fault.KindForbidden)
}

// events writes server-sent events.
type events struct {
	w    http.ResponseWriter
	conn *http.ResponseController
	text bytes.Buffer
}

// newEvents begins the answer. The server's time for reading a request must not end a request that stays.
func newEvents(w http.ResponseWriter) *events {
	e := &events{w: w, conn: http.NewResponseController(w)}
	_ = e.conn.SetReadDeadline(time.Time{}) // where it cannot be set there is none
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep events back
	w.WriteHeader(http.StatusOK)
	e.text.WriteString("retry: 1000\n\n")
	return e
}

// here is a sign of life that a browser's script hears, too: it has no id, so it is nothing to go on from.
func (e *events) here() { e.text.WriteString("event: here\ndata: {}\n\n") }

func (e *events) heard(h insight.Heard) {
	switch {
	case h.Missed != "":
		e.event("reset", h.Cursor, missedBody{h.Missed})
	case h.Changed != nil:
		e.event("incident", h.Cursor, changedBody{h.Changed.ID, int64(h.Changed.Incident), h.Changed.Version, h.Changed.At})
	case h.Owned:
		e.event("directory", h.Cursor, struct{}{})
	default:
		e.event("ready", h.Cursor, struct{}{})
	}
}

func (e *events) event(name, cursor string, data any) {
	b, _ := json.Marshal(data) // cannot fail: texts, numbers, times
	fmt.Fprintf(&e.text, "id: %s\nevent: %s\ndata: %s\n\n", cursor, name, b)
}

// rest takes what else has come, so that a burst is one write.
func (e *events) rest(from <-chan insight.Heard) {
	for {
		select {
		case h, ok := <-from:
			if !ok {
				return // the loop sees it, too
			}
			e.heard(h)
		default:
			return
		}
	}
}

// flush sends what was written, within a listener's patience.
func (e *events) flush() error {
	_ = e.conn.SetWriteDeadline(time.Now().Add(streamPatient)) // where it cannot be set there is none
	if _, err := e.text.WriteTo(e.w); err != nil {
		return err
	}
	return e.conn.Flush()
}

// documentStream puts the stream into the document, by hand: it is no JSON.
func (s *server) documentStream(doc *huma.OpenAPI) {
	schemas := doc.Components.Schemas
	changed := schemas.Schema(typeOf[changedBody](), true, "")
	missed := schemas.Schema(typeOf[missedBody](), true, "")
	op := &huma.Operation{
		Method: "GET", Path: "/api/v1/stream", OperationID: "stream", Tags: []string{"Incidents"},
		Summary: "Hear which incidents change, by server-sent events",
		Parameters: []*huma.Param{{
			Name: "Last-Event-ID", In: "header", Description: "The id of the last event that was heard: goes on after it, on any server of this database",
			Schema: &huma.Schema{Type: huma.TypeString},
		}},
	}
	document(doc, op, route{Needs: directory.Viewer})
	op.Description += " Events: `ready` when it begins; `here` every 5 seconds, as a sign of life; `incident` with data as the schema ChangedBody: the incident is at this version; " +
		"`directory` when what people own was changed, by whomever, while you listened; " +
		"`reset` with data as the schema MissedBody: something was missed, look at everything anew. All but `here` have an id to go on from."
	op.Responses["200"] = &huma.Response{Description: "Events, for as long as you listen", Content: map[string]*huma.MediaType{
		"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}, Extensions: map[string]any{"x-events": map[string]any{"incident": changed, "reset": missed}}},
	}}
	doc.AddOperation(op)
}
