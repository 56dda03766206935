package twilio

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio signs with HMAC-SHA1
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const maxCallback = 64 << 10 // bytes

// ParseCallback reads a status callback about a text or a call: where the message stands (accepted, delivered or
// failed), Twilio's id of it, and Twilio's words. publicURL is our own, without a trailing slash: the signature covers the address
// that Twilio called, which no proxy may change. Errors are faults: unauthorized without a right signature,
// else invalid.
func (s *Sender) ParseCallback(r *http.Request, publicURL string) (status notification.MessageStatus, providerID, detail string, err error) {
	if err := s.admit(r, publicURL); err != nil {
		return "", "", "", err
	}
	if sid := r.PostForm.Get("CallSid"); sid != "" {
		word, by := r.PostForm.Get("CallStatus"), r.PostForm.Get("AnsweredBy")
		if status = callStatus(word, by); status == "" {
			return "", "", "", fault.Invalid("callback.unknown_status", "the status %q is not known", word)
		}
		return status, sid, callWords(word, by), nil
	}
	providerID = r.PostForm.Get("MessageSid")
	word := r.PostForm.Get("MessageStatus")
	if status = statusOf(word); status == "" {
		return "", "", "", fault.Invalid("callback.unknown_status", "the status %q is not known", word)
	}
	code, _ := strconv.Atoi(r.PostForm.Get("ErrorCode"))
	return status, providerID, "Twilio: " + word + codeWords(code, r.PostForm.Get("ErrorMessage")), nil
}

// ParseReply reads Twilio's call about a text that came in, by the same rules.
func (s *Sender) ParseReply(r *http.Request, publicURL string) (ports.Written, error) {
	if err := s.admit(r, publicURL); err != nil {
		return ports.Written{}, err
	}
	w := ports.Written{ID: r.PostForm.Get("MessageSid"), From: r.PostForm.Get("From"), Text: r.PostForm.Get("Body")}
	if w.ID == "" || w.From == "" {
		return ports.Written{}, fault.Invalid("callback.unreadable", "the callback has no MessageSid or From")
	}
	return w, nil
}

// ParseCall reads Twilio's question what to say in a call, by the same rules.
func (s *Sender) ParseCall(r *http.Request, publicURL string) (ports.Called, error) {
	if err := s.admit(r, publicURL); err != nil {
		return ports.Called{}, err
	}
	by := r.PostForm.Get("AnsweredBy")
	c := ports.Called{ID: r.PostForm.Get("CallSid"), Key: r.PostForm.Get("Digits"), Machine: machine(by), Human: by == "human"}
	c.Detail = callWords(r.PostForm.Get("CallStatus"), by)
	if c.ID == "" {
		return ports.Called{}, fault.Invalid("callback.unreadable", "the callback has no CallSid")
	}
	return c, nil
}

// admit reads a call's form and refuses one that Twilio did not sign.
func (s *Sender) admit(r *http.Request, publicURL string) error {
	r.Body = http.MaxBytesReader(nil, r.Body, maxCallback)
	if err := r.ParseForm(); err != nil {
		return fault.Invalid("callback.unreadable", "the callback cannot be read")
	}
	want := s.sign(publicURL+r.URL.RequestURI(), r.PostForm)
	if !hmac.Equal([]byte(want), []byte(r.Header.Get("X-Twilio-Signature"))) {
		return fault.Unauthorized("callback.bad_signature", "the signature does not fit")
	}
	return nil
}

// statusOf is what a word of Twilio's means; "" for one that is not known.
func statusOf(word string) notification.MessageStatus {
	switch word {
	case "delivered", "read":
		return notification.MessageDelivered
	case "failed", "undelivered", "canceled":
		return notification.MessageFailed
	case "accepted", "scheduled", "queued", "sending", "sent":
		return notification.MessageAccepted
	}
	return ""
}

// sign gives Twilio's signature: HMAC-SHA1 by the token over the URL and the form's sorted keys and values.
// https://www.twilio.com/docs/usage/security
func (s *Sender) sign(target string, form map[string][]string) string {
	mac := hmac.New(sha1.New, []byte(s.cfg.Token))
	mac.Write([]byte(target))
	for _, k := range slices.Sorted(maps.Keys(form)) {
		for _, v := range form[k] {
			mac.Write([]byte(k + v))
		}
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// codeWords says what an error code of Twilio's means, in our words where we have some, else in theirs.
// https://www.twilio.com/docs/api/errors
func codeWords(code int, theirs string) string {
	if code == 0 {
		return ""
	}
	return ": " + strconv.Itoa(code) + " " + strings.TrimSpace(meaning(code, theirs))
}

func meaning(code int, theirs string) string {
	switch code {
	case 20003:
		return "account or token are wrong"
	case 20429, 14107:
		return "too many requests"
	case 21211, 21614:
		return "the number is not a mobile number that exists"
	case 21408:
		return "the account may not send to this country"
	case 21606, 21659, 21660:
		return "the number to send from does not belong to the account"
	case 21608:
		return "a trial account sends to verified numbers only"
	case 21610:
		return "the recipient has answered STOP: they must send START"
	case 30003:
		return "the phone is off or out of reach"
	case 30004:
		return "blocked by the recipient or the carrier"
	case 30005:
		return "the number is unknown or no longer in service"
	case 30006:
		return "a landline, or a carrier that cannot be reached"
	case 30007:
		return "filtered by the carrier"
	case 30036:
		return "too old when its turn came"
	}
	return theirs
}
