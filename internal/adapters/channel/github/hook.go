package github

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// Closed says that somebody closed an issue of ours.
type Closed struct {
	At       time.Time
	Repo     string
	Issue    string // its number
	Incident string // id, as the issue has it: whoever may write there may have changed it
	Delivery string // id of the call
	Login    string // of whoever closed it
}

var marked = regexp.MustCompile(`<!-- rouse:([0-9a-f-]{36}) -->`)

// ReadHook reads what GitHub tells us. ok is false for what does not matter: another event, an issue that is not ours.
// A wrong signature is a fault.
// https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
func (s *Sender) ReadHook(h http.Header, content []byte) (c Closed, ok bool, err error) {
	got, err := hex.DecodeString(trim(h.Get("X-Hub-Signature-256")))
	mac := hmac.New(sha256.New, []byte(s.cfg.Secret))
	mac.Write(content)
	if s.cfg.Secret == "" || err != nil || !hmac.Equal(mac.Sum(nil), got) {
		return c, false, fault.Unauthorized("callback.bad_signature", "the signature is wrong: it is made with the secret of ROUSE_GITHUB_URL")
	}
	var in struct {
		Action string `json:"action"`
		Issue  struct {
			issue
			ClosedAt time.Time `json:"closed_at"`
		} `json:"issue"`
		Repo struct {
			Name string `json:"full_name"`
		} `json:"repository"`
		Sender struct {
			Login string `json:"login"`
		} `json:"sender"`
	}
	if h.Get("X-GitHub-Event") != "issues" {
		return c, false, nil
	}
	if err := json.Unmarshal(content, &in); err != nil {
		return c, false, fault.Invalid("callback.unreadable", "GitHub's call is no JSON: its webhook needs the content type application/json")
	}
	if in.Action != "closed" || in.Issue.State != "closed" {
		return c, false, nil
	}
	incident := marked.FindStringSubmatch(in.Issue.Body)
	if incident == nil || in.Issue.ClosedAt.IsZero() {
		return c, false, nil
	}
	c.At, c.Delivery = in.Issue.ClosedAt, h.Get("X-GitHub-Delivery")
	c.Repo, c.Issue, c.Incident, c.Login = in.Repo.Name, strconv.Itoa(in.Issue.Number), incident[1], in.Sender.Login
	return c, true, nil
}

func trim(signature string) string {
	const scheme = "sha256="
	if len(signature) < len(scheme) || signature[:len(scheme)] != scheme {
		return ""
	}
	return signature[len(scheme):]
}
