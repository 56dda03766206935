package alertmanager

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Rouse sends to other Rouses, as an Alertmanager does: what comes by the other path must be sent again and again, or it is
// taken for over.
type Rouse struct{ poster }

var _ ports.Notifier = (*Rouse)(nil)

// NewRouse gives a sender.
func NewRouse(cfg Config) *Rouse { return &Rouse{poster{cfg.Reach.Client(), cfg.Now}} }

const webhookPath = "/alerts"

// RouseDescriptor describes the channel.
func RouseDescriptor() ports.ChannelDescriptor {
	return ports.ChannelDescriptor{
		Kind: "rouse", Label: "Another Rouse", Shared: true, Expiry: 24 * time.Hour, Posts: true, Check: checkFor(webhookPath), Preview: channel.Shows(func(m ports.Outgoing) (string, error) { return channel.JSON(alertOf(m, m.CreatedAt)) }),
		Key: "Key of an integration there", KeyMust: true,
		Address: json.RawMessage(`{"type":"string","title":"Rouse","description":"Its address, such as https://rouse.example.org","format":"uri","pattern":"^https?://"}`),
	}
}

// group is what Alertmanager's webhook sends.
type group struct {
	Version  string      `json:"version"`
	GroupKey string      `json:"groupKey"`
	Status   string      `json:"status"`
	Receiver string      `json:"receiver"`
	Alerts   []wireAlert `json:"alerts"`
}

// Send says where the incident stands. It is known there by its id: what is sent again changes nothing.
func (s *Rouse) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	if m.Chosen.Key == "" {
		return ports.Receipt{}, errors.New("the channel has no key of an integration")
	}
	a, err := alertOf(m, s.now())
	if err != nil {
		return ports.Receipt{}, err
	}
	a.Fingerprint, a.Status = "rouse-"+a.Labels["rouse_incident"], "firing"
	if !a.EndsAt.IsZero() {
		a.Status = "resolved"
	} else {
		a.Labels["severity"] = a.Annotations["severity"] // as it is now: there, labels may change
	}
	answer, err := s.post(ctx, m, webhookPath, group{Version: "4", GroupKey: a.Fingerprint, Status: a.Status, Receiver: "rouse", Alerts: []wireAlert{a}})
	if err != nil {
		return ports.Receipt{}, err
	}
	if !answer.OK() {
		return ports.Receipt{}, refused("the other Rouse", answer, m.Chosen.Key, s.now())
	}
	var said struct {
		Results []struct{ Outcome, Incident string }
	}
	_ = json.Unmarshal(answer.Body, &said) // what cannot be read was taken all the same
	detail := "the other Rouse took it"
	if len(said.Results) == 1 {
		detail += ": " + said.Results[0].Outcome
		if n := said.Results[0].Incident; n != "" {
			detail += ", incident #" + n
		}
	}
	return ports.Receipt{ProviderID: a.Fingerprint, Detail: detail, Delivered: true}, nil
}
