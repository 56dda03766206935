package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Messages shows what was sent, and takes what providers report.
type Messages struct {
	Show    deliver.ShowMessages
	Test    deliver.SendTest
	Again   deliver.SendAgain
	Usage   deliver.ShowUsage
	Confirm func(ctx context.Context, r deliver.Report) error
}

// Callback reads what a provider calls about; it refuses a wrong signature with a fault.
type Callback interface {
	ParseReply(r *http.Request, publicURL string) (ports.Written, error)
	ParseCallback(r *http.Request, publicURL string) (status notification.MessageStatus, providerID, detail string, err error)
	ParseCall(r *http.Request, publicURL string) (ports.Called, error)
	Speak(s ports.Speech, action string) (document []byte, contentType string, err error)
}

type messageBody struct {
	ID         string     `json:"id"`
	Kind       string     `json:"kind" doc:"The kind of channel"`
	Recipient  string     `json:"recipient" doc:"The user's or channel's id"`
	To         string     `json:"to" doc:"Without what of it is a secret"`
	Purpose    string     `json:"purpose" enum:"page,update,test"`
	Status     string     `json:"status" enum:"sending,retrying,accepted,delivered,failed,expired,cancelled"`
	Attempt    int        `json:"attempt"`
	MayRepeat  bool       `json:"may_repeat" doc:"An earlier attempt's outcome is unknown"`
	Digest     bool       `json:"digest"`
	ProviderID string     `json:"provider_id,omitempty"`
	Detail     string     `json:"detail,omitempty" doc:"What the provider said last"`
	Incidents  []int64    `json:"incidents" doc:"Numbers of those that it tells of"`
	CreatedAt  time.Time  `json:"created_at"`
	SentAt     *time.Time `json:"sent_at"`
	NextAt     *time.Time `json:"next_at" doc:"The next attempt"`
	ExpiresAt  *time.Time `json:"expires_at"`
	Tries      []tryBody  `json:"tries" doc:"What came of the attempts, oldest first, the last 20"`
}

type tryBody struct {
	Attempt int       `json:"attempt"`
	At      time.Time `json:"at"`
	Outcome string    `json:"outcome" doc:"accepted, retry, unknown, failed, expired, cancelled, no_receipt, again (somebody had it sent again), or what the provider reported later"`
	Detail  string    `json:"detail,omitempty"`
}

func (s *server) messageOf(m notification.Message) messageBody {
	out := messageBody{
		ID: string(m.ID), Kind: m.Kind, Recipient: m.Recipient.ID, To: s.d.Access.Apply.Channels[m.Kind].Shown(m.To), Purpose: string(m.Purpose), Status: string(m.Status),
		Attempt: m.Attempt, MayRepeat: m.MayRepeat, Digest: m.Digest, ProviderID: m.ProviderID, Detail: m.Detail,
		Incidents: []int64{}, CreatedAt: m.CreatedAt, SentAt: maybe(m.SentAt), NextAt: maybe(m.NextAt), ExpiresAt: maybe(m.ExpiresAt),
		Tries: []tryBody{},
	}
	for _, t := range m.Tries {
		out.Tries = append(out.Tries, tryBody(t))
	}
	for _, i := range m.Items {
		if m.Purpose == notification.PurposeTest {
			break // it tells of none
		}
		out.Incidents = append(out.Incidents, int64(i.Incident))
	}
	return out
}

type messageList struct {
	Messages []messageBody `json:"messages"`
}

func (s *server) messagesOf(list []notification.Message, err error) (*body[messageList], error) {
	out := messageList{Messages: []messageBody{}}
	for _, m := range list {
		out.Messages = append(out.Messages, s.messageOf(m))
	}
	return answer(out, err)
}

type sentToContact struct {
	ID     string    `path:"id" maxLength:"64"`
	Before time.Time `query:"before" doc:"Composed before; for the next page the last one's created_at"`
	Limit  int       `query:"limit" minimum:"0" maximum:"100" doc:"100 where it is left out"`
}

type sentToChannel struct {
	Name   string    `path:"name" doc:"Its id or its name" maxLength:"254"`
	Before time.Time `query:"before" doc:"Composed before; for the next page the last one's created_at"`
	Limit  int       `query:"limit" minimum:"0" maximum:"100" doc:"100 where it is left out"`
}

type againInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body *struct {
		Attempt int `json:"attempt,omitempty" minimum:"0" doc:"The attempt that you have seen fail: about an earlier one nothing changes, so that asking twice sends once"`
	}
}

type againBody struct {
	Changed bool        `json:"changed" doc:"False where it was on its way already, or another attempt was asked about"`
	Message messageBody `json:"message"`
}

func (s *server) messageRoutes(api huma.API) {
	s.usageRoutes(api)
	handle(s, api, route{
		Method: "GET", Path: "/api/v1/messages/{id}", ID: "show-message", Tag: "Messages", Needs: directory.Viewer,
		Summary: "Look at a message: to whom, by what, when, which attempt, what the provider said",
	}, func(ctx context.Context, by directory.Principal, in *idInput) (*body[messageBody], error) {
		b, err := s.d.Messages.Show.One(ctx, by, id.Message(in.ID))
		return answer(s.messageOf(b.Message), err)
	})
	handle(s, api, route{
		Method: "GET", Path: "/api/v1/incidents/{id}/messages", ID: "list-incident-messages", Tag: "Messages", Needs: directory.Viewer,
		Summary: "List the messages that told of an incident, newest first, at most 500",
	}, func(ctx context.Context, by directory.Principal, in *idInput) (*body[messageList], error) {
		i, err := s.d.Incidents.Show.Do(ctx, by, in.ID)
		if err != nil {
			return nil, err
		}
		return s.messagesOf(s.d.Messages.Show.OfIncident(ctx, by, i.Number))
	})
	handle(s, api, route{
		Method: "GET", Path: "/api/v1/contacts/{id}/messages", ID: "list-contact-messages", Tag: "Messages", Needs: directory.Viewer,
		Summary: "List what was sent to a contact, newest first",
	}, func(ctx context.Context, by directory.Principal, in *sentToContact) (*body[messageList], error) {
		return s.messagesOf(s.d.Messages.Show.OfOne(ctx, by, deliver.To{Contact: id.Contact(in.ID)}, in.Before, in.Limit))
	})
	handle(s, api, route{
		Method: "GET", Path: "/api/v1/channels/{name}/messages", ID: "list-channel-messages", Tag: "Messages", Needs: directory.Viewer,
		Summary: "List what was sent to a channel, newest first",
	}, func(ctx context.Context, by directory.Principal, in *sentToChannel) (*body[messageList], error) {
		return s.messagesOf(s.d.Messages.Show.OfOne(ctx, by, deliver.To{Channel: in.Name}, in.Before, in.Limit))
	})
	handle(s, api, route{
		Method: "POST", Path: "/api/v1/messages/{id}/again", ID: "send-message-again", Tag: "Messages", Needs: directory.Responder,
		Summary: "Send a message again that failed, or of which nobody knows whether it arrived. It says how its incidents stand now, without those that need no answer any more",
	}, func(ctx context.Context, by directory.Principal, in *againInput) (*body[againBody], error) {
		attempt := 0
		if in.Body != nil {
			attempt = in.Body.Attempt
		}
		m, changed, err := s.d.Messages.Again.Do(ctx, by, id.Message(in.ID), attempt)
		return answer(againBody{changed, s.messageOf(m)}, err)
	})
}

type testedBody struct {
	Message string `json:"message" doc:"Its id: look at it to see what becomes of it"`
}

type codeBody struct {
	Code string `json:"code" minLength:"1" maxLength:"20"`
}

func (s *server) testRoutes(api huma.API) {
	handle(s, api, route{
		Method: "POST", Path: "/api/v1/contacts/{id}/test", ID: "test-contact", Tag: "Messages", Needs: directory.Viewer, Status: http.StatusAccepted,
		Summary: "Send a message that is marked as a test to a contact: one's own, or any as an admin. To one that is not verified it brings a code",
	}, func(ctx context.Context, by directory.Principal, in *idInput) (*body[testedBody], error) {
		m, err := s.d.Messages.Test.Do(ctx, by, deliver.To{Contact: id.Contact(in.ID)})
		return answer(testedBody{string(m)}, err)
	})
	handle(s, api, route{
		Method: "POST", Path: "/api/v1/channels/{name}/test", ID: "test-channel", Tag: "Messages", Needs: directory.Admin, Status: http.StatusAccepted,
		Summary: "Send a message that is marked as a test to a channel",
	}, func(ctx context.Context, by directory.Principal, in *nameInput) (*body[testedBody], error) {
		m, err := s.d.Messages.Test.Do(ctx, by, deliver.To{Channel: in.Name})
		return answer(testedBody{string(m)}, err)
	})
	handle(s, api, route{
		Method: "POST", Path: "/api/v1/contacts/{id}/verify", ID: "verify-contact", Tag: "Messages", Needs: directory.Viewer, Status: http.StatusNoContent,
		Summary: "Say the code that a test brought to a contact: pages go there from then on",
	}, func(ctx context.Context, by directory.Principal, in *editOf[codeBody]) (*struct{}, error) {
		return nil, s.d.Access.VerifyContact.Do(ctx, by, id.Contact(in.ID), strings.TrimSpace(in.Body.Code))
	})
}

// mendedRoute is for contacts that something was noted of.
func (s *server) mendedRoute(api huma.API) {
	handle(s, api, route{
		Method: "POST", Path: "/api/v1/contacts/{id}/mended", ID: "mend-contact", Tag: "Messages", Needs: directory.Viewer, Status: http.StatusNoContent,
		Summary: "Say that a contact works again: what was noted of it, a bounce, is forgotten",
	}, func(ctx context.Context, by directory.Principal, in *idInput) (*struct{}, error) {
		return nil, s.d.Access.MarkContact.Mended(ctx, by, id.Contact(in.ID))
	})
}

type editOf[E any] struct {
	ID   string `path:"id" maxLength:"64"`
	Body E
}

// gitHubCallback takes what GitHub tells about an issue. Only its signature lets it in.
func (s *server) gitHubCallback(w http.ResponseWriter, r *http.Request) {
	content, ok := s.called(w, r, s.d.GitHub != nil)
	if !ok {
		return
	}
	if err := s.d.GitHub(r.Context(), r.Header, content); err != nil {
		s.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// TelnyxEvent is what Telnyx posted, which is yet to be believed.
type TelnyxEvent struct {
	Header  http.Header
	Content []byte
	Message id.Message // that it is about by its address; "": by none
	Attempt int        // of it; 0: not said
}

// telnyxCallback takes what Telnyx tells about a text that went out, or came in. Only its signature lets it in.
func (s *server) telnyxCallback(w http.ResponseWriter, r *http.Request) {
	content, ok := s.called(w, r, s.d.Telnyx != nil)
	if !ok {
		return
	}
	e := TelnyxEvent{Header: r.Header, Content: content}
	if r.PathValue("message") != "" {
		e.Message = id.Message(pathValue(r, "message"))
		e.Attempt, _ = strconv.Atoi(r.URL.Query().Get("attempt")) // without one it is 0
	}
	if err := s.d.Telnyx(r.Context(), e); err != nil {
		s.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// twilioCallback takes Twilio's report about a message. Only its signature lets it in.
func (s *server) twilioCallback(w http.ResponseWriter, r *http.Request) {
	if !s.posted(w, r, s.d.Twilio != nil) {
		return
	}
	st, provider, detail, err := s.d.Twilio.ParseCallback(r, s.d.Config.PublicURL)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if st == "" { // on its way: nothing to note
		w.WriteHeader(http.StatusNoContent)
		return
	}
	attempt, _ := strconv.Atoi(r.URL.Query().Get("attempt")) // it is signed; without one it is 0
	report := deliver.Report{Message: id.Message(pathValue(r, "message")), Attempt: attempt, ProviderID: provider, Status: st, Detail: detail}
	if err := s.d.Messages.Confirm(r.Context(), report); err != nil {
		s.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
