package channeltest

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The account of the fake Twilio.
const (
	TwilioAccount = "ACffffffffffffffffffffffffffffffff"
	TwilioToken   = "fake-twilio-token"
	TwilioFrom    = "+15005550006"
)

// SMS is a message that the fake Twilio has taken.
type SMS struct {
	SID      string
	To       string
	From     string // or the messaging service
	Body     string
	Callback string // StatusCallback; may be empty
	Validity string // ValidityPeriod in seconds; may be empty
	At       time.Time
	Inbound  bool   // somebody wrote it to the account's number
	Status   string // "": queued
}

// Twilio is a fake of Twilio's REST API for messages; Calls are its other half.
type Twilio struct {
	*ledger[SMS]
	base string

	mu      sync.Mutex
	written []SMS             // by people
	stands  map[string]string // statuses that are not reported, by SID
	usual   string
	phones  map[string][2]string // where calls stand and who answered, by SID
	calls   *Calls

	server *http.Server
	client *http.Client
}

// StartTwilio starts one on a free port of the loopback interface. Close it.
func StartTwilio() (*Twilio, error) {
	tw := &Twilio{ledger: newLedger[SMS](), stands: map[string]string{}, phones: map[string][2]string{}, client: &http.Client{Timeout: 10 * time.Second}}
	tw.calls = &Calls{Twilio: tw, ledger: newLedger[Call]()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2010-04-01/Accounts/{account}/Calls.json", tw.authenticated(tw.calls.create))
	mux.HandleFunc("GET /2010-04-01/Accounts/{account}/Calls.json", tw.authenticated(tw.calls.list))
	mux.HandleFunc("GET /2010-04-01/Accounts/{account}/Calls/{sid}", tw.authenticated(tw.calls.one))
	mux.HandleFunc("POST /2010-04-01/Accounts/{account}/Messages.json", tw.authenticated(tw.create))
	mux.HandleFunc("GET /2010-04-01/Accounts/{account}/Messages.json", tw.authenticated(tw.list))
	var err error
	tw.server, tw.base, err = serve(mux)
	return tw, err
}

// NewTwilio starts one for a test.
func NewTwilio(t testing.TB) *Twilio {
	t.Helper()
	tw, err := StartTwilio()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tw.Close)
	return tw
}

// serve serves h on a free port of the loopback interface; base is its "http://…".
func serve(h http.Handler) (s *http.Server, base string, err error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", fmt.Errorf("listen for a fake provider: %w", err)
	}
	s = &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	// A server that is closed before Serve has begun does not know its listener: who dials then is taken and dropped.
	begun := make(chan struct{})
	s.BaseContext = func(net.Listener) context.Context { close(begun); return context.Background() }
	go func() { _ = s.Serve(l) }()
	<-begun
	return s, "http://" + l.Addr().String(), nil
}

// Close ends the fake and every connection.
func (tw *Twilio) Close() {
	tw.stop()
	_ = tw.server.Close()
	tw.client.CloseIdleConnections()
}

// URL is what Rouse's Twilio setting is for this fake.
func (tw *Twilio) URL() string {
	return strings.Replace(tw.base, "://", "://"+TwilioAccount+":"+TwilioToken+"@", 1) + "?from=" + TwilioFrom
}

// Address is a number to send to.
func (tw *Twilio) Address() string { return "+34600000001" }

// Seen is what was taken, as the suite looks at it.
func (tw *Twilio) Seen() []Seen {
	var out []Seen
	for _, m := range tw.Taken() {
		out = append(out, Seen{To: []string{m.To}, Line: m.Body})
	}
	return out
}

func (tw *Twilio) authenticated(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		account, token, _ := r.BasicAuth()
		if account != TwilioAccount || token != TwilioToken || r.PathValue("account") != TwilioAccount {
			writeError(w, http.StatusUnauthorized, 20003, "Authenticate")
			return
		}
		h(w, r)
	}
}

func (tw *Twilio) create(w http.ResponseWriter, r *http.Request) {
	reply := tw.next()
	if err := r.ParseForm(); err != nil {
		writeError(w, http.StatusBadRequest, 20001, "unreadable form")
		return
	}
	f := r.PostForm
	m := SMS{
		To: f.Get("To"), From: f.Get("From") + f.Get("MessagingServiceSid"), Body: f.Get("Body"),
		Callback: f.Get("StatusCallback"), Validity: f.Get("ValidityPeriod"), At: time.Now(),
	}
	m.SID = fmt.Sprintf("SM%032x", tw.Attempts())
	if m.From == "" || m.Body == "" || !strings.HasPrefix(m.To, "+") {
		writeError(w, http.StatusBadRequest, 21604, "'To', 'From' and 'Body' are required")
		return
	}
	if v, err := strconv.Atoi(m.Validity); m.Validity != "" && (err != nil || v < 1 || v > 36000) {
		writeError(w, http.StatusBadRequest, 21624, "ValidityPeriod is outside of 1 to 36000")
		return
	}
	tw.answerHTTP(r, reply, func() { tw.take(m) },
		func() { writeJSON(w, http.StatusCreated, m.resource()) },
		func(status, code int, h map[string]string) {
			for k, v := range h {
				w.Header().Set(k, v)
			}
			if status == 0 {
				status = http.StatusBadRequest
			}
			writeError(w, status, code, "scripted for "+m.To+" with "+TwilioToken)
		})
}

func (m SMS) resource() map[string]any {
	out := map[string]any{
		"sid": m.SID, "account_sid": TwilioAccount, "to": m.To, "from": m.From, "body": m.Body, "status": cmp.Or(m.Status, "queued"),
		"date_created": m.At.UTC().Format(time.RFC1123Z), "date_sent": nil, "direction": "outbound-api", "error_code": nil, "error_message": nil,
	}
	if m.Inbound {
		out["direction"], out["status"] = "inbound", "received"
	}
	return out
}

func (tw *Twilio) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	size, err := strconv.Atoi(q.Get("PageSize"))
	if err != nil {
		size = 50
	}
	first, _ := strconv.Atoi(q.Get("Page"))
	tw.mu.Lock()
	all := append(tw.Taken(), tw.written...)
	for i := range all {
		all[i].Status = cmp.Or(tw.stands[all[i].SID], tw.usual)
	}
	tw.mu.Unlock()
	slices.SortStableFunc(all, func(a, b SMS) int { return a.At.Compare(b.At) })
	slices.Reverse(all)
	out, next := []map[string]any{}, any(nil)
	skip := first * size
	for _, m := range all {
		if to := q.Get("To"); to != "" && m.To != to || m.At.UTC().Format(time.DateOnly) < q.Get("DateSent>") {
			continue
		}
		if skip--; skip >= 0 {
			continue
		}
		if len(out) == size {
			q.Set("Page", strconv.Itoa(first+1))
			next = r.URL.Path + "?" + q.Encode()
			break
		}
		out = append(out, m.resource())
	}
	writeJSON(w, http.StatusOK, map[string]any{"messages": out, "page_size": size, "next_page_uri": next})
}

// All says what became of every message of which nothing else was said, for who asks.
func (tw *Twilio) All(status string) {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	tw.usual = status
}

// Stands says what became of a message, for who asks; it is not reported.
func (tw *Twilio) Stands(sid, status string) {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	tw.stands[sid] = status
}

// Write is somebody writing to the account's number at a moment; it gives the text's id. Nobody is called about it.
func (tw *Twilio) Write(from, body string, at time.Time) string {
	return tw.WriteTo(TwilioFrom, from, body, at)
}

// WriteTo is somebody writing to any number of the account.
func (tw *Twilio) WriteTo(to, from, body string, at time.Time) string {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	m := SMS{SID: fmt.Sprintf("SMinbound%025x", len(tw.written)+1), From: from, To: to, Body: body, At: at, Inbound: true}
	tw.written = append(tw.written, m)
	return m.SID
}

// Bring calls a webhook about a text that was written, as Twilio does, signed, and gives what is sent back ("" for
// nothing) and the HTTP status.
func (tw *Twilio) Bring(ctx context.Context, target, sid string) (reply string, status int, err error) {
	tw.mu.Lock()
	i := slices.IndexFunc(tw.written, func(m SMS) bool { return m.SID == sid })
	if i < 0 {
		tw.mu.Unlock()
		return "", 0, fmt.Errorf("nobody wrote %s", sid)
	}
	m := tw.written[i]
	tw.mu.Unlock()
	form := url.Values{
		"MessageSid": {sid}, "SmsSid": {sid}, "AccountSid": {TwilioAccount}, "From": {m.From}, "To": {m.To}, "Body": {m.Body}, "NumMedia": {"0"},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(form.Encode()))
	if err != nil {
		return "", 0, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Twilio-Signature", TwilioSignature(target, form))
	res, err := tw.client.Do(req)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		XMLName xml.Name `xml:"Response"`
		Message []string `xml:"Message"`
	}
	if res.StatusCode/100 != 2 {
		_, _ = io.Copy(io.Discard, res.Body)
		return "", res.StatusCode, nil
	}
	if kind := res.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/xml") && !strings.HasPrefix(kind, "application/xml") {
		return "", res.StatusCode, fmt.Errorf("Twilio reads no %q", kind)
	}
	if err := xml.NewDecoder(res.Body).Decode(&answer); err != nil || len(answer.Message) > 1 {
		return "", res.StatusCode, fmt.Errorf("this is no TwiML of at most one message: %w", err)
	}
	return strings.Join(answer.Message, ""), res.StatusCode, nil
}

func writeError(w http.ResponseWriter, status, code int, message string) {
	writeJSON(w, status, map[string]any{"status": status, "code": code, "message": message})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// Callback reports a message's status to its StatusCallback as Twilio does, signed; code is an error code or 0.
// It gives an error when the answer is not 2xx.
func (tw *Twilio) Callback(ctx context.Context, sid, status string, code int) error {
	taken := tw.Taken()
	i := slices.IndexFunc(taken, func(m SMS) bool { return m.SID == sid })
	if i < 0 || taken[i].Callback == "" {
		return fmt.Errorf("there is no message %s with a callback", sid)
	}
	form := url.Values{
		"MessageSid": {sid}, "SmsSid": {sid}, "MessageStatus": {status}, "SmsStatus": {status},
		"To": {taken[i].To}, "From": {taken[i].From}, "AccountSid": {TwilioAccount}, "ApiVersion": {"2010-04-01"},
	}
	if code != 0 {
		form.Set("ErrorCode", strconv.Itoa(code))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, taken[i].Callback, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Twilio-Signature", TwilioSignature(taken[i].Callback, form))
	res, err := tw.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, res.Body)
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("the callback was answered %d", res.StatusCode)
	}
	return nil
}

// TwilioSignature signs a callback as Twilio does.
func TwilioSignature(target string, form url.Values) string {
	var b strings.Builder
	b.WriteString(target)
	for _, k := range slices.Sorted(maps.Keys(form)) {
		b.WriteString(k)
		b.WriteString(strings.Join(form[k], ""))
	}
	mac := hmac.New(sha1.New, []byte(TwilioToken))
	mac.Write([]byte(b.String()))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
