package teams

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Workflow posts to the webhooks of workflows. Any number of goroutines may use it.
//
// https://support.microsoft.com/en-us/office/create-incoming-webhooks-with-workflows-for-microsoft-teams-8ae491c7-0394-4861-ba59-055e33f75498
type Workflow struct {
	client *http.Client
	now    func() time.Time
}

var _ ports.Notifier = (*Workflow)(nil)

// NewWorkflow gives a sender. reach says where webhooks may be.
func NewWorkflow(reach channel.Reach, now func() time.Time) *Workflow {
	if now == nil {
		now = time.Now
	}
	return &Workflow{client: reach.Client(), now: now}
}

// WorkflowDescriptor describes the channel.
func WorkflowDescriptor() ports.ChannelDescriptor {
	return ports.ChannelDescriptor{
		Kind: "teams", Label: "Microsoft Teams (workflow)", Shared: true, Expiry: 4 * time.Hour, Follows: true, Check: checkWebhook, Show: showWebhook, Preview: shows(false),
		// A webhook takes four messages a second; whoever reads them does not.
		Floor:   time.Second,
		Address: json.RawMessage(`{"type":"string","title":"Workflow's address","description":"https address of the workflow's trigger: When a Teams webhook request is received","format":"uri","pattern":"^https?://"}`),
	}
}

func checkWebhook(to string) (string, error) {
	u, err := url.Parse(to)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !channel.Near(u.Hostname())):
		return "", errors.New("this is no workflow's address: copy it from the workflow's trigger; it starts with https://")
	case len(to) > maxURL:
		return "", fmt.Errorf("the address is longer than %d characters", maxURL)
	}
	u.Fragment = ""
	return u.String(), nil
}

// showWebhook gives the host: whoever knows the rest may post.
func showWebhook(to string) string {
	u, err := url.Parse(to)
	if err != nil {
		return "***"
	}
	return u.Scheme + "://" + u.Host + "/***"
}

// Send posts a card. The workflow's run shows what came of it: its webhook answers 202 before.
func (s *Workflow) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	to, err := checkWebhook(m.To)
	if err != nil {
		return ports.Receipt{}, err
	}
	content, err := message(text.Input(m), false)
	if err != nil {
		return ports.Receipt{}, fmt.Errorf("write the card: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(content))
	if err != nil {
		return ports.Receipt{}, errors.New("this is no workflow's address")
	}
	req.Header.Set("Content-Type", "application/json")
	a, err := channel.Do(s.client, req)
	switch {
	case err != nil:
		return ports.Receipt{}, err
	case a.Status == http.StatusUnauthorized, a.Status == http.StatusForbidden, a.Status == http.StatusNotFound, a.Status == http.StatusGone:
		return ports.Receipt{}, fmt.Errorf("the workflow is gone or switched off, its address is old, or it lets nobody call it from outside (%d)", a.Status)
	case !a.OK():
		return ports.Receipt{}, channel.Refused("the workflow", a, s.now())
	}
	return ports.Receipt{Detail: fmt.Sprintf("the workflow answered %d", a.Status)}, nil
}
