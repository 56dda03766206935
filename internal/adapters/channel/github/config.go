package github

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Config says as whom issues are written.
type Config struct {
	BaseURL      string // "https://api.github.com", or a GitHub Enterprise Server's /api/v3; without a trailing slash
	Token        string // of a person or a machine user; "": the App
	App          int64
	Installation int64
	KeyFile      string           // the App's private key, PEM
	Secret       string           // by which GitHub signs what it tells us; "": it is not listened to
	Now          func() time.Time // nil: time.Now
}

const form = "use https://token:TOKEN@api.github.com?secret=… or https://APP-ID@api.github.com?installation=ID&key=FILE&secret=…"

// Parse reads an address such as "https://token:TOKEN@api.github.com?secret=…". Its errors do not repeat a secret.
func Parse(raw string) (Config, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User == nil || u.Scheme != "https" && (u.Scheme != "http" || !channel.Loopback(u.Hostname())) {
		return Config{}, errors.New("this is no GitHub address: " + form)
	}
	q, err := channel.Parameters(u, "secret", "installation", "key")
	if err != nil {
		return Config{}, err
	}
	c := Config{BaseURL: u.Scheme + "://" + u.Host + strings.TrimRight(u.Path, "/"), KeyFile: q.Get("key"), Secret: q.Get("secret")}
	if c.Token, _ = u.User.Password(); c.Token != "" {
		return c, nil
	}
	c.App, err = strconv.ParseInt(u.User.Username(), 10, 64)
	installation, err2 := strconv.ParseInt(q.Get("installation"), 10, 64)
	if c.Installation = installation; err != nil || err2 != nil || c.KeyFile == "" {
		return Config{}, errors.New("the GitHub address has neither a token nor an App with its installation and key: " + form)
	}
	return c, nil
}

// tokens gives the App's tokens, which it renews; nil: there is a token of our own.
func (c Config) tokens(client *http.Client) (*ghinstallation.Transport, error) {
	if c.Token != "" {
		return nil, nil
	}
	key, err := os.ReadFile(c.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("the private key of the GitHub App, which key= names: %w", err)
	}
	t, err := ghinstallation.New(client.Transport, c.App, c.Installation, key)
	if err != nil {
		return nil, fmt.Errorf("the private key of the GitHub App: what is in %s is none; GitHub gives it as a .pem file", c.KeyFile)
	}
	t.BaseURL = c.BaseURL
	return t, nil
}

// Options of a channel.
const (
	optSeverity = "severity"
	optLabels   = "labels"
	optResolve  = "resolve"
)

// Descriptor describes the channel.
func Descriptor() ports.ChannelDescriptor {
	return ports.ChannelDescriptor{
		Kind: "github", Label: "GitHub issues", Shared: true, Expiry: 24 * time.Hour, Posts: true, Follows: true,
		Check: checkRepo, CheckOptions: checkOptions, Preview: channel.Shows(func(m ports.Outgoing) (string, error) { return title(m) + "\n\n" + body(m), nil }),
		Address: json.RawMessage(`{"type":"string","title":"Repository","description":"owner/name","pattern":"^[^/ ]+/[^/ ]+$"}`),
		Options: []ports.ChannelOption{
			{Name: "after", Label: "Still open after", Hint: "Such as 15m: an incident that is over before has no issue. Empty: at once"},
			{Name: optSeverity, Label: "From severity", Hint: "critical, error or warning. Empty: every one"},
			{Name: optLabels, Label: "Labels", Hint: "Names with commas between, beside rouse"},
			{Name: optResolve, Label: "Closing resolves", Hint: "yes: an issue that somebody closes on GitHub resolves its incident"},
		},
	}
}

var repo = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$`)

func checkRepo(to string) (string, error) {
	_, name, _ := strings.Cut(to, "/")
	if !repo.MatchString(to) || name == "." || name == ".." {
		return "", fmt.Errorf("%q is not a repository: write owner/name", to)
	}
	return to, nil
}

func checkOptions(o map[string]string) error {
	if s := o[optSeverity]; s != "" {
		if _, err := alert.ParseSeverity(s); err != nil {
			return fmt.Errorf("severity: %q is none of critical, error and warning", s)
		}
	}
	if r := o[optResolve]; r != "" && r != "yes" && r != "no" {
		return fmt.Errorf("resolve: %q is neither yes nor no", r)
	}
	if n := len(labels(o)); n > 20 {
		return errors.New("labels: more than 20")
	}
	return nil
}

// marker is the label by which our issues are listed.
const marker = "rouse"

func labels(o map[string]string) []string {
	out := []string{marker}
	for l := range strings.SplitSeq(o[optLabels], ",") {
		if l = strings.TrimSpace(l); l != "" && l != marker {
			out = append(out, l)
		}
	}
	return out
}

// Resolves says whether closing an issue of a channel with these options resolves its incident.
func Resolves(o map[string]string) bool { return o[optResolve] == "yes" }
