package smsgateway_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/smsgateway"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/twilio"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// guide is the part of the guide that shows gateways.
const guide = "../../../../docs/guide/channel-sms.md"

// example is a file that the guide shows, by its name.
func example(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(content), -1) {
		if strings.HasPrefix(m[1], "name: "+name+"\n") {
			return m[1]
		}
	}
	t.Fatalf("the guide shows no gateway %s", name)
	return ""
}

// setup speaks to the fake as the guide says that Vonage is spoken to.
func setup(t *testing.T) (*smsgateway.Sender, *channeltest.Gateway) {
	t.Helper()
	fake := channeltest.NewGateway(t)
	text := strings.NewReplacer("https://rest.nexmo.com/sms/json", fake.URL(), "abcd1234", channeltest.GatewayName).Replace(example(t, "Vonage"))
	cfg, err := smsgateway.Parse([]byte(text), channeltest.GatewayKey)
	if err != nil {
		t.Fatal(err)
	}
	return smsgateway.New(cfg), fake
}

func TestConformance(t *testing.T) {
	channeltest.Run(t, channeltest.Case{
		New: channeltest.Pair(setup), Descriptor: twilio.Descriptor(), Secrets: []string{channeltest.GatewayKey}, AsksToWait: true, Bad: []string{"", "600000000"},
	})
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	m := channeltest.Message(f.Address())
	m.Items[0].Title = "1 & 1 = 2 + 100 % é"
	r, err := s.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	got := f.Taken()[0]
	if r.ProviderID != "gateway:"+got.SID || !smsgateway.Took(r.ProviderID) || r.Confirms || r.Delivered || r.Detail != "Vonage: answered 200" {
		t.Errorf("receipt %+v of %+v", r, got)
	}
	if !strings.Contains(got.Body, "1 & 1 = 2 + 100 % é") || strings.Contains(got.Body, "Reply") || got.Callback != string(m.ID) {
		t.Errorf("got %+v", got)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	f.Close()
	if s.Check(t.Context()) == nil {
		t.Error("a gateway that is away answers")
	}
}

// What an answer means is said by its words where a pattern knows them, else by its status.
func TestErrors(t *testing.T) {
	t.Parallel()
	channeltest.Refusals(t, channeltest.Pair(setup), map[string]channeltest.Refusal{
		"throttled":     {Status: 200, Code: 1, Means: "again elsewhere", Words: "Vonage answered 200: scripted for +34600000001 with ***"},
		"their trouble": {Status: 200, Code: 5, Means: "again elsewhere", Words: "200"},
		"no money":      {Status: 200, Code: 9, Means: "elsewhere", Words: "200"},
		"wrong key":     {Status: 200, Code: 4, Means: "elsewhere", Words: "200"},
		"barred":        {Status: 200, Code: 7, Words: "200"},
		"not allowed":   {Status: 401, Means: "elsewhere", Words: "401"},
		"too many":      {Status: 429, Means: "again elsewhere", Words: "429"},
		"internal":      {Status: 500, Means: "again ambiguous", Words: "500"},
		"moved":         {Status: 302, Words: "302"},
	})
}

// One that answers in plain words and takes everything in its address, as boxes with a SIM card do.
func TestPlainWords(t *testing.T) {
	t.Parallel()
	answers := make(chan string, 1)
	asked := make(chan *http.Request, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r
		_, _ = w.Write([]byte(<-answers))
	}))
	t.Cleanup(server.Close)
	cfg, err := smsgateway.Parse([]byte(strings.Replace(example(t, "SMSEagle"), "http://192.168.1.20", server.URL, 1)), "s3cret&")
	if err != nil {
		t.Fatal(err)
	}
	s := smsgateway.New(cfg)
	for answer, want := range map[string]struct{ again, ambiguous, elsewhere, ok bool }{
		"OK; ID=297": {ok: true}, "Invalid login or password": {elsewhere: true}, "Wrong parameters": {}, "OK; I": {again: true, ambiguous: true}, "": {again: true, ambiguous: true},
	} {
		answers <- answer
		r, err := s.Send(t.Context(), channeltest.Message("+34600000001"))
		_, again := ports.RetryAfter(err)
		if (err == nil) != want.ok || again != want.again || ports.IsAmbiguous(err) != want.ambiguous || ports.MayElsewhere(err) != (want.elsewhere) {
			t.Errorf("%q: %+v, %v", answer, r, err)
		}
		if want.ok && r.ProviderID != "gateway:297" {
			t.Errorf("%q: %+v", answer, r)
		}
		q := (<-asked).URL.Query()
		if q.Get("access_token") != "s3cret&" || q.Get("to") != "+34600000001" || !strings.Contains(q.Get("message"), "error rate 12%") {
			t.Errorf("asked %v", q)
		}
	}
}

// One that gives HEAD a body is asked all the same, and nothing is printed of it: the connection is not kept.
func TestAGatewayThatDoesNotKnowHead(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	kept := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			kept <- err
			return
		}
		defer func() { _ = c.Close() }()
		in := bufio.NewReader(c)
		r, err := http.ReadRequest(in)
		if err == nil && r.Method != http.MethodHead {
			err = errors.New("asked by " + r.Method)
		}
		if err == nil {
			_, err = io.WriteString(c, "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone")
		}
		if err == nil && !r.Close {
			err = errors.New("the connection is kept")
		}
		kept <- err
	}()
	cfg, err := smsgateway.Parse([]byte("url: http://"+l.Addr().String()+"/send\nbody: '{}'"), "key")
	if err != nil {
		t.Fatal(err)
	}
	if err := smsgateway.New(cfg).Check(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-kept; err != nil {
		t.Error(err)
	}
}

func TestWhatIsRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing": "", "no YAML": "a: [", "an unknown field": "url: https://example.com/\nbody: '{}'\nretries: 3",
		"no address": "body: '{}'", "a templated host": "url: https://{{.text}}.example.com/\nbody: '{}'", "a host at the end": "url: https://example.com{{.text}}\nbody: '{}'",
		"clear text": "url: http://example.com/\nbody: '{}'", "a password": "url: https://a:b@example.com/\nbody: '{}'", "a method": "url: https://example.com/\nmethod: DELETE",
		"no body": "url: https://example.com/", "no JSON": "url: https://example.com/\nbody: '{\"t\": {{.text}}}'", "no such field": "url: https://example.com/\nbody: '{{json .txt}}'",
		"a space": "url: https://example.com/?t={{.text}}\nmethod: GET", "a pattern": "url: https://example.com/\nbody: '{}'\naccepted: '('", "an id without parentheses": "url: https://example.com/\nbody: '{}'\nid: x",
		"a header": "url: https://example.com/\nbody: '{}'\nheaders: 'Host: x'", "a header's template": "url: https://example.com/\nbody: '{}'\nheaders: 'X-Key: {{.kay}}'",
	} {
		if _, err := smsgateway.Parse([]byte(text), "s3cret"); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for text, want := range map[string]string{
		"url: https://example.com/\nbody: '{}'\nretries: 3": "retries: there is no such field; known are name, method, url, headers,",
		"url: [1]\nbody: '{}'":                              "url: write it as a text, in quotes",
		"url: https://example.com/\nbody: '{{json .txt}}'":  "body: line 1: there is no .txt; beginning at the top there are .digits, .id, .key, .text, .to",
		"url: https://example.com/\nbody: '{{jsn .text}}'":  `body: line 1: function "jsn" not defined`,
	} {
		if _, err := smsgateway.Parse([]byte(text), "s3cret"); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for _, text := range []string{
		"url: https://example.com/\nbody: '{\"t\": {{json .text}}}'\nheaders: 'Authorization: Basic {{base64 (printf \"name:%s\" .key)}}'",
		"url: http://10.0.0.5/send?t={{urlquery .text}}&to={{.digits}}\nmethod: get",
	} {
		if _, err := smsgateway.Parse([]byte(text), "s3cret"); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}
