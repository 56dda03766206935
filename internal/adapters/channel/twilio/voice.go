package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// ringFor is how long a phone rings, in seconds: shorter than it takes most voicemails to answer.
const ringFor = 25

// Voice calls people. Where Twilio can reach us it asks what to say and brings the keys that are pressed; else it is
// told beforehand what to say, and no key is heard.
type Voice struct{ s *Sender }

var (
	_ ports.Notifier   = Voice{}
	_ ports.Reconciler = Voice{}
)

// Voice gives the calls of the same account; ok is false where it has no number to call from.
func (s *Sender) Voice() (v Voice, ok bool) { return Voice{s}, s.cfg.Voice != "" }

// VoiceDescriptor describes the channel.
func VoiceDescriptor() ports.ChannelDescriptor {
	d := Descriptor()
	d.Kind, d.Label = "voice", "Phone call"
	d.Preview = channel.ShowsPage(func(m ports.Outgoing) string {
		s := text.Voice(text.Input(m), true)
		return s.Words + "\n\nWithout a key: " + s.Else + "\nTo a voicemail: " + s.Machine + "\n(Key 9 resolves. The call is short and does not say so.)"
	})
	d.Floor, d.Burst, d.Expiry = 2*time.Minute, 2, 3*time.Minute // a second call soon passes do-not-disturb
	d.Line = time.Minute                                         // ringing, and what is said
	return d
}

// call is Twilio's account of one.
type call struct {
	SID        string `json:"sid"`
	Status     string `json:"status"`
	AnsweredBy string `json:"answered_by"` // may be empty
	Created    string `json:"date_created"`
	From       string `json:"from"`
	Direction  string `json:"direction"` // outbound-api, …
}

// Send calls the number.
func (v Voice) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	form := url.Values{
		"To": {m.To}, "From": {v.s.cfg.Voice}, "Timeout": {strconv.Itoa(ringFor)},
		"MachineDetection": {"DetectMessageEnd"}, // a voicemail is spoken to once it listens
	}
	callback := v.s.callbackURL(m)
	if callback != "" {
		form.Set("StatusCallback", callback)
	}
	if callback != "" && m.Answers.Whole != "" {
		form.Set("Url", m.PublicURL+"/callbacks/twilio/call/"+url.PathEscape(m.Answers.Whole))
	} else {
		said := text.Voice(text.Input(m), false)
		document, _, err := v.s.Speak(ports.Speech{Words: said.Words}, "")
		if err != nil {
			return ports.Receipt{}, err
		}
		form.Set("Twiml", string(document))
	}
	req, err := v.s.request(ctx, http.MethodPost, calls, form)
	if err != nil {
		return ports.Receipt{}, err
	}
	answer, err := channel.Do(v.s.client, req)
	if err != nil {
		return ports.Receipt{}, err
	}
	if !answer.OK() {
		return ports.Receipt{}, v.s.refusal(answer)
	}
	var taken call
	_ = json.Unmarshal(answer.Body, &taken) // what cannot be read was taken all the same
	return v.receipt(taken, m), nil
}

func (v Voice) receipt(c call, m ports.Outgoing) ports.Receipt {
	detail := "taken by Twilio"
	if c.Status != "" {
		detail = callWords(c.Status, c.AnsweredBy)
	}
	return ports.Receipt{
		ProviderID: c.SID, Detail: detail, Confirms: v.s.confirms(m),
		Delivered: callStatus(c.Status, c.AnsweredBy) == notification.MessageDelivered,
	}
}

// Reconcile looks for a call to the number since the message was made that has not failed. Between two to one contact
// are minutes, so it was this message's, or no report comes and the next step goes on; where there was more than one
// nobody can be sure.
func (v Voice) Reconcile(ctx context.Context, m ports.Outgoing) (ports.Receipt, bool, error) {
	query := "?" + url.Values{"To": {m.To}, "PageSize": {strconv.Itoa(listed)}}.Encode()
	req, err := v.s.request(ctx, http.MethodGet, calls+query, nil)
	if err != nil {
		return ports.Receipt{}, false, err
	}
	answer, err := channel.Do(v.s.client, req)
	if err != nil {
		return ports.Receipt{}, false, err
	}
	if !answer.OK() {
		return ports.Receipt{}, false, v.s.refusal(answer)
	}
	var page struct {
		Calls []call `json:"calls"` // newest first
	}
	if err := json.Unmarshal(answer.Body, &page); err != nil {
		return ports.Receipt{}, false, fmt.Errorf("Twilio's list cannot be read: %w", err) //nolint:staticcheck // a name
	}
	var found []call
	for _, c := range page.Calls {
		created, err := time.Parse(time.RFC1123Z, c.Created)
		if err != nil {
			return ports.Receipt{}, false, fmt.Errorf("Twilio's list has no date: %w", err) //nolint:staticcheck // a name
		}
		ours := c.From == v.s.cfg.Voice && c.Direction == "outbound-api" && !created.Before(m.CreatedAt.Add(-clockSlack))
		if ours && callStatus(c.Status, c.AnsweredBy) != notification.MessageFailed {
			found = append(found, c)
		}
	}
	switch {
	case len(found) > 1:
		return ports.Receipt{}, false, errors.New("more than one call went to this number since")
	case len(found) == 0:
		return ports.Receipt{}, false, nil
	}
	return v.receipt(found[0], m), true, nil
}

// Check asks whether Twilio knows the account and takes its token, without calling anybody.
func (v Voice) Check(ctx context.Context) error { return v.s.check(ctx, calls) }

// Statuses asks where calls stand, by Twilio's ids. What cannot be read is left out; of what Twilio does not know there is an
// error beside the others.
func (v Voice) Statuses(ctx context.Context, ids []string) ([]ports.Standing, error) {
	var out []ports.Standing
	var unknown error
	for _, id := range ids {
		req, err := v.s.request(ctx, http.MethodGet, "Calls/"+url.PathEscape(id)+".json", nil)
		if err != nil {
			return out, err
		}
		answer, err := channel.Do(v.s.client, req)
		if err != nil {
			return out, err
		}
		switch {
		case answer.Status == http.StatusNotFound:
			unknown = v.s.refusal(answer)
			continue
		case !answer.OK():
			return out, v.s.refusal(answer)
		}
		var c call
		if json.Unmarshal(answer.Body, &c) == nil && c.SID == id && callStatus(c.Status, c.AnsweredBy) != "" {
			out = append(out, ports.Standing{ID: id, Status: callStatus(c.Status, c.AnsweredBy), Detail: callWords(c.Status, c.AnsweredBy)})
		}
	}
	return out, unknown
}

// machine says whether what answered is none that could press a key. What Twilio does not know is a person until shown
// otherwise: whoever picks up half asleep must be able to answer.
func machine(answeredBy string) bool {
	return strings.HasPrefix(answeredBy, "machine_") || answeredBy == "fax"
}

// callStatus is what a word of Twilio's about a call means; "" for one that is not known. Only a person is an arrival:
// a call that nobody answered, or nobody knows who, leaves the person's next step to go on.
func callStatus(word, answeredBy string) notification.MessageStatus {
	switch word {
	case "queued", "initiated", "ringing":
		return notification.MessageAccepted
	case "in-progress", "completed":
		switch {
		case machine(answeredBy):
			return notification.MessageFailed
		case answeredBy == "human":
			return notification.MessageDelivered
		}
		return notification.MessageAccepted
	case "busy", "no-answer", "failed", "canceled":
		return notification.MessageFailed
	}
	return ""
}

func callWords(word, answeredBy string) string {
	if answeredBy != "" {
		word += ", answered by " + answeredBy
	}
	return "Twilio: " + word
}
