package channeltest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/xml"
)

// Call is one that the fake Twilio has taken. Until its phone does something it rings.
type Call struct {
	SID      string
	To, From string
	URL      string // asked for what to say
	Twiml    string // or told beforehand
	Callback string // StatusCallback; may be empty
	Machine  string // MachineDetection
	Timeout  string // seconds of ringing
	At       time.Time
	Status   string // "": queued
	Answered string // by whom; "": nobody, or nobody knows
}

// Calls is a fake of Twilio's REST API for calls, of the same account. Its phones do what a test lets them.
type Calls struct {
	*Twilio
	*ledger[Call]
}

// Calls gives the calls of the account.
func (tw *Twilio) Calls() *Calls { return tw.calls }

// Seen is what was taken, as the suite looks at it: what would be heard first.
func (c *Calls) Seen() []Seen {
	var out []Seen
	for _, call := range c.Taken() {
		s := Seen{To: []string{call.To}}
		if doc, err := ReadTwiML(call.Twiml); err == nil {
			s.Line = strings.Join(doc.Say, " ")
		}
		out = append(out, s)
	}
	return out
}

// Taken are the calls that were taken, in order.
func (c *Calls) Taken() []Call {
	out := c.ledger.Taken()
	c.Twilio.mu.Lock()
	defer c.Twilio.mu.Unlock()
	for i := range out {
		if now, ok := c.phones[out[i].SID]; ok {
			out[i].Status, out[i].Answered = now[0], now[1]
		}
	}
	return out
}

// Close ends the fake.
func (c *Calls) Close() {
	c.stop()
	c.Twilio.Close()
}

func (c *Calls) create(w http.ResponseWriter, r *http.Request) {
	reply := c.next()
	if err := r.ParseForm(); err != nil {
		writeError(w, http.StatusBadRequest, 20001, "unreadable form")
		return
	}
	f := r.PostForm
	call := Call{
		To: f.Get("To"), From: f.Get("From"), URL: f.Get("Url"), Twiml: f.Get("Twiml"), Callback: f.Get("StatusCallback"),
		Machine: f.Get("MachineDetection"), Timeout: f.Get("Timeout"), At: time.Now(), SID: fmt.Sprintf("CA%032x", c.Attempts()),
	}
	if !strings.HasPrefix(call.From, "+") || !strings.HasPrefix(call.To, "+") {
		writeError(w, http.StatusBadRequest, 21211, "'To' and 'From' must be numbers")
		return
	}
	if (call.URL == "") == (call.Twiml == "") || len(call.Twiml) > 4000 {
		writeError(w, http.StatusBadRequest, 21205, "either 'Url' or a 'Twiml' of at most 4000 characters")
		return
	}
	c.answerHTTP(r, reply, func() { c.take(call) },
		func() { writeJSON(w, http.StatusCreated, call.resource()) },
		func(status, code int, h map[string]string) {
			for k, v := range h {
				w.Header().Set(k, v)
			}
			if status == 0 {
				status = http.StatusBadRequest
			}
			writeError(w, status, code, "scripted for "+call.To+" with "+TwilioToken)
		})
}

func (c *Calls) list(w http.ResponseWriter, r *http.Request) {
	out := []map[string]any{}
	for _, call := range slices.Backward(c.Taken()) {
		if to := r.URL.Query().Get("To"); to == "" || to == call.To {
			out = append(out, call.resource())
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"calls": out, "next_page_uri": nil})
}

func (c *Calls) one(w http.ResponseWriter, r *http.Request) {
	sid := strings.TrimSuffix(r.PathValue("sid"), ".json")
	for _, call := range c.Taken() {
		if call.SID == sid {
			writeJSON(w, http.StatusOK, call.resource())
			return
		}
	}
	writeError(w, http.StatusNotFound, 20404, "no such call")
}

func (c Call) resource() map[string]any {
	status, by := c.Status, any(nil)
	if status == "" {
		status = "queued"
	}
	if c.Answered != "" {
		by = c.Answered
	}
	return map[string]any{
		"sid": c.SID, "account_sid": TwilioAccount, "to": c.To, "from": c.From, "status": status, "answered_by": by,
		"date_created": c.At.UTC().Format(time.RFC1123Z), "direction": "outbound-api",
	}
}

// Stands says where a call stands and who answered, for who asks; it is not reported.
func (c *Calls) Stands(sid, status, by string) {
	c.Twilio.mu.Lock()
	defer c.Twilio.mu.Unlock()
	c.phones[sid] = [2]string{status, by}
}

// becomes notes where a call stands, and reports its end where it is asked to.
func (c *Calls) becomes(ctx context.Context, sid, status, by string) error {
	c.Stands(sid, status, by)
	call, err := c.call(sid)
	if err != nil || call.Callback == "" || status == "in-progress" {
		return err
	}
	_, err = c.post(ctx, call.Callback, c.form(call, nil))
	return err
}

func (c *Calls) call(sid string) (Call, error) {
	for _, call := range c.Taken() {
		if call.SID == sid {
			return call, nil
		}
	}
	return Call{}, fmt.Errorf("there is no call %s", sid)
}

// Unanswered lets a phone ring in vain: busy, no-answer, failed, canceled.
func (c *Calls) Unanswered(ctx context.Context, sid, status string) error {
	return c.becomes(ctx, sid, status, "")
}

// PickUp lets somebody or something answer a phone ("human", "machine_end_beep", "unknown", …) and gives what is said.
func (c *Calls) PickUp(ctx context.Context, sid, by string) (TwiML, error) {
	if err := c.becomes(ctx, sid, "in-progress", by); err != nil {
		return TwiML{}, err
	}
	call, err := c.call(sid)
	if err != nil {
		return TwiML{}, err
	}
	if call.Twiml != "" {
		return ReadTwiML(call.Twiml)
	}
	return c.ask(ctx, call.URL, call, nil)
}

// Press presses a key where what is said asks for one, and gives what is said then.
func (c *Calls) Press(ctx context.Context, sid string, heard TwiML, key string) (TwiML, error) {
	call, err := c.call(sid)
	if err != nil {
		return TwiML{}, err
	}
	if heard.Action == "" {
		return TwiML{}, errors.New("nobody listens to keys")
	}
	return c.ask(ctx, heard.Action, call, url.Values{"Digits": {key}})
}

// HangUp ends a call that was answered.
func (c *Calls) HangUp(ctx context.Context, sid string) error {
	call, err := c.call(sid)
	if err != nil {
		return err
	}
	return c.becomes(ctx, sid, "completed", call.Answered)
}

func (c *Calls) form(call Call, more url.Values) url.Values {
	form := url.Values{
		"CallSid": {call.SID}, "AccountSid": {TwilioAccount}, "To": {call.To}, "From": {call.From}, "CallStatus": {call.Status}, "Direction": {"outbound-api"},
	}
	if call.Answered != "" {
		form.Set("AnsweredBy", call.Answered)
	}
	for k, v := range more {
		form[k] = v
	}
	return form
}

func (c *Calls) ask(ctx context.Context, target string, call Call, more url.Values) (TwiML, error) {
	body, err := c.post(ctx, target, c.form(call, more))
	if err != nil {
		return TwiML{}, err
	}
	return ReadTwiML(body)
}

// post calls a webhook, signed.
func (c *Calls) post(ctx context.Context, target string, form url.Values) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Twilio-Signature", TwilioSignature(target, form))
	res, err := c.client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode/100 != 2 {
		err = fmt.Errorf("%s was answered %d: %s", target, res.StatusCode, body)
	}
	return string(body), err
}

// TwiML is what a call does, read by the published rules: unknown elements and attributes are mistakes.
type TwiML struct {
	Say    []string // in order, what is said while a key is waited for included
	Action string   // where a key is brought to; "": none is waited for
	Hangup bool
}

// grammar is what of TwiML for voice may stand where: elements by the one that they are in, with their attributes.
// https://www.twilio.com/docs/voice/twiml/gather, …/say, …/hangup
func grammar() map[string]map[string][]string {
	say := []string{"voice", "language", "loop"}
	return map[string]map[string][]string{
		"": {"Response": nil},
		"Response": {"Say": say, "Hangup": nil, "Gather": {
			"action", "finishOnKey", "hints", "input", "language", "method", "numDigits", "partialResultCallback", "profanityFilter", "speechTimeout", "timeout", "actionOnEmptyResult",
		}},
		"Gather": {"Say": say},
	}
}

// ReadTwiML reads a document by another reader than the one of the library that writes it.
func ReadTwiML(document string) (TwiML, error) {
	var out TwiML
	in := []string{""}
	l := xml.NewLexer(parse.NewInputString(document))
	allowed := grammar()
	element, attrs := "", []string(nil)
	for {
		kind, data := l.Next()
		switch kind { //nolint:exhaustive // the others say nothing to a call
		case xml.ErrorToken:
			if !errors.Is(l.Err(), io.EOF) || len(in) != 1 {
				return out, fmt.Errorf("no XML: %w, within %v", l.Err(), in)
			}
			return out, nil
		case xml.StartTagToken:
			element = string(l.Text())
			var ok bool
			if attrs, ok = allowed[in[len(in)-1]][element]; !ok {
				return out, fmt.Errorf("%s in %q is no TwiML", element, in[len(in)-1])
			}
			in = append(in, element)
			out.Hangup = out.Hangup || element == "Hangup"
		case xml.AttributeToken:
			name, value := string(l.Text()), unescaped(strings.Trim(string(l.AttrVal()), `"'`))
			switch {
			case in[len(in)-1] == "": // of the declaration
			case !slices.Contains(attrs, name):
				return out, fmt.Errorf("%s has no attribute %s", element, name)
			case name == "action":
				out.Action = value
			}
		case xml.EndTagToken, xml.StartTagCloseVoidToken:
			in = in[:len(in)-1]
		case xml.TextToken:
			switch text := strings.TrimSpace(unescaped(string(data))); {
			case text == "":
			case in[len(in)-1] != "Say":
				return out, fmt.Errorf("a text in %q", in[len(in)-1])
			default:
				out.Say = append(out.Say, text)
			}
		}
	}
}

// unescaped writes the five entities of XML, and numbers, as characters.
func unescaped(s string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&#34;", `"`, "&quot;", `"`, "&#39;", "'", "&apos;", "'", "&amp;", "&", "&#xA;", "\n", "&#x9;", "\t", "&#xD;", "\r").Replace(s)
}
