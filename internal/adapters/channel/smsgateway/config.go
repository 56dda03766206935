// Package smsgateway sends SMS by any HTTP API, as a file describes it: by templates what is asked, by patterns what an
// answer means.
package smsgateway

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Config is an HTTP API and how it is spoken to.
type Config struct {
	Name string           // for people
	Key  string           // secret; templates write it as {{.key}}
	Now  func() time.Time // nil: time.Now

	Price notification.Price

	method      string
	url         channel.Template
	origin      string // of every URL: "https://rest.example.com"
	contentType string
	headers     map[string][]channel.Template
	body        channel.Template

	// What is looked for in the body of an answer; nil: it says nothing.
	accepted, again, elsewhere, rejected, id, words *regexp.Regexp
}

// file is a gateway as people write it down.
type file struct {
	Name        string
	Method      string
	URL         string
	Headers     string
	ContentType string
	Body        string
	Accepted    string
	Again       string
	Elsewhere   string
	Rejected    string
	ID          string
	Words       string
	Price       string
}

// Parse reads a description in YAML, and tries its templates on a made-up text. Its errors do not repeat the key.
func Parse(content []byte, key string) (Config, error) {
	f, err := readFile(content)
	if err != nil {
		return Config{}, err
	}
	c := Config{
		Name: cmp.Or(strings.TrimSpace(f.Name), "The gateway"), Key: key, method: cmp.Or(strings.ToUpper(f.Method), http.MethodPost),
		contentType: cmp.Or(strings.TrimSpace(f.ContentType), "application/json"),
	}
	if !slices.Contains([]string{http.MethodGet, http.MethodPost, http.MethodPut}, c.method) {
		return Config{}, fmt.Errorf("method: %q is none of GET, POST, PUT", f.Method)
	}
	c.Price, err = notification.ParsePrice(f.Price)
	if err := errors.Join(c.ask(f), c.understand(f), err); err != nil {
		return Config{}, err
	}
	_, err = c.request(values{To: "+34600000001", Text: `Critical payments: error rate "12%". #4821`, ID: "01890a5d-ac96-774b-bcce-b302099a9999"})
	return c, err
}

// readFile reads the fields, and names what is none.
func readFile(content []byte) (file, error) {
	var fields map[string]any
	if err := yaml.Load(content, &fields); err != nil {
		return file{}, fmt.Errorf("this is no YAML of fields such as url: https://…, a line each: %w", err)
	}
	var known []string
	var wrong error
	text := func(name string) string {
		known = append(known, name)
		s, ok := fields[name].(string)
		if !ok && fields[name] != nil {
			wrong = errors.Join(wrong, fmt.Errorf("%s: write it as a text, in quotes", name))
		}
		delete(fields, name)
		return s
	}
	f := file{
		Name: text("name"), Method: text("method"), URL: text("url"), Headers: text("headers"), ContentType: text("content_type"), Body: text("body"),
		Accepted: text("accepted"), Again: text("again"), Elsewhere: text("elsewhere"), Rejected: text("rejected"),
		ID: text("id"), Words: text("words"), Price: text("price"),
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		wrong = errors.Join(wrong, fmt.Errorf("%s: there is no such field; known are %s", name, strings.Join(known, ", ")))
	}
	return f, wrong
}

// ask reads what is asked.
func (c *Config) ask(f file) (err error) {
	if c.origin, err = origin(f.URL); err != nil {
		return err
	}
	if c.url, err = channel.ParseTemplate("url", strings.TrimSpace(f.URL)); err != nil {
		return err
	}
	if !channel.HeaderValue(c.contentType) {
		return errors.New("content_type: it has characters that no header may have")
	}
	list, err := channel.Headers(f.Headers)
	if err != nil {
		return err
	}
	c.headers = make(map[string][]channel.Template, len(list))
	for name, lines := range list {
		for _, line := range lines {
			t, err := channel.ParseTemplate("headers: "+name, line)
			if err != nil {
				return err
			}
			c.headers[name] = append(c.headers[name], t)
		}
	}
	if strings.TrimSpace(f.Body) == "" && c.method == http.MethodGet {
		return nil
	}
	c.body, err = channel.ParseTemplate("body", strings.TrimSpace(f.Body))
	return err
}

// origin is where a URL leads whatever its template makes of the rest: no text of an alert chooses a host.
func origin(text string) (string, error) {
	const form = "such as https://api.example.com/send, with templates after the host only"
	fixed, _, templated := strings.Cut(strings.TrimSpace(text), "{{")
	u, err := url.Parse(fixed)
	switch {
	case err != nil, u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "", templated && u.Path == "" && u.RawQuery == "":
		return "", errors.New("url: give an address " + form)
	case u.User != nil:
		return "", errors.New("url: it must not hold a name and password: write a header, Authorization: Basic {{base64 (printf \"name:%s\" .key)}}")
	case u.Scheme == "http" && !channel.Near(u.Hostname()):
		return "", errors.New("url: it would send the key in clear text: use https")
	}
	return u.Scheme + "://" + u.Host, nil
}

// understand reads what an answer means.
func (c *Config) understand(f file) error {
	for _, p := range []struct {
		name, text string
		to         **regexp.Regexp
		group      bool
	}{
		{"accepted", f.Accepted, &c.accepted, false}, {"again", f.Again, &c.again, false}, {"elsewhere", f.Elsewhere, &c.elsewhere, false},
		{"rejected", f.Rejected, &c.rejected, false}, {"id", f.ID, &c.id, true}, {"words", f.Words, &c.words, true},
	} {
		if p.text == "" {
			continue
		}
		r, err := regexp.Compile(p.text)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if p.group && r.NumSubexp() != 1 {
			return fmt.Errorf("%s: put what is to be read in one pair of parentheses", p.name)
		}
		*p.to = r
	}
	return nil
}
