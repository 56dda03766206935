package telnyx

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// tooOld is how far a signature's moment may be from ours: what is older was recorded by somebody.
const tooOld = 5 * time.Minute

// payload is Telnyx's account of a text.
type payload struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	From struct {
		Number string `json:"phone_number"`
	} `json:"from"`
	To []struct {
		Number string `json:"phone_number"`
		Status string `json:"status"`
	} `json:"to"`
	Errors []trouble `json:"errors"`
}

func (p payload) status() string {
	if len(p.To) == 0 {
		return ""
	}
	return p.To[0].Status
}

func standing(p payload, st notification.MessageStatus) ports.Standing {
	return ports.Standing{ID: p.ID, Status: st, Detail: "Telnyx: " + p.status() + troubles(p.Errors)}
}

// Event is what Telnyx calls about: a text that came in, or where one that went out stands. Neither: nothing of ours.
type Event struct {
	Written  ports.Written  // its ID is "" where nobody wrote
	Standing ports.Standing // its ID is "" where nothing is reported
}

// ReadEvent reads a call of Telnyx's. Errors are faults: unauthorized without a right signature of these minutes,
// else invalid.
// https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks
func (s *Sender) ReadEvent(h http.Header, content []byte) (Event, error) {
	if err := s.admit(h, content); err != nil {
		return Event{}, err
	}
	var e struct {
		Data struct {
			Type    string  `json:"event_type"`
			Payload payload `json:"payload"`
		} `json:"data"`
	}
	if err := json.Unmarshal(content, &e); err != nil {
		return Event{}, fault.Invalid("callback.unreadable", "the callback cannot be read")
	}
	p := e.Data.Payload
	switch e.Data.Type {
	case "message.received":
		if p.ID == "" || p.From.Number == "" {
			return Event{}, fault.Invalid("callback.unreadable", "the callback has no id or sender")
		}
		if len(p.To) > 0 && p.To[0].Number != s.cfg.From {
			return Event{}, nil // another number of the account: others' business
		}
		return Event{Written: ports.Written{ID: p.ID, From: p.From.Number, Text: p.Text}}, nil
	case "message.sent", "message.finalized":
		st := statusOf(p.status())
		if st == "" || p.ID == "" {
			return Event{}, fault.Invalid("callback.unknown_status", "the status %q is not known", p.status())
		}
		return Event{Standing: standing(p, st)}, nil
	}
	return Event{}, nil
}

// admit refuses what Telnyx did not sign, or not now: ed25519 over the timestamp, "|" and the body.
func (s *Sender) admit(h http.Header, content []byte) error {
	stamp := h.Get("Telnyx-Timestamp")
	at, err := strconv.ParseInt(stamp, 10, 64)
	signature, err2 := base64.StdEncoding.DecodeString(h.Get("Telnyx-Signature-Ed25519"))
	signed := append([]byte(stamp+"|"), content...)
	if err != nil || err2 != nil || s.cfg.Public == nil || !ed25519.Verify(s.cfg.Public, signed, signature) {
		return fault.Unauthorized("callback.bad_signature", "the signature does not fit")
	}
	if s.cfg.Now().Sub(time.Unix(at, 0)).Abs() > tooOld {
		return fault.Unauthorized("callback.bad_signature", "the signature is not of these minutes")
	}
	return nil
}

// Known says whether a status is worth reporting: that it is on its way is known already.
func (e Event) Known() bool {
	return e.Standing.ID != "" && e.Standing.Status != notification.MessageAccepted
}
