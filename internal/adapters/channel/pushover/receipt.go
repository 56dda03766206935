package pushover

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// An urgent page to a person rings there again and again until it is acknowledged, or we say that it is over.
// https://pushover.net/api/receipts
const (
	Rings     = 15 * time.Minute // at most
	ringEvery = time.Minute
	mostAsked = 10 // incidents of a message that rings: who acknowledges it there must mean all of them
)

var receiptForm = regexp.MustCompile(`^[A-Za-z0-9]{30}$`)

// IsReceipt says whether what Pushover calls a message is something that can be asked for.
func IsReceipt(providerID string) bool { return receiptForm.MatchString(providerID) }

// rings says whether a message is one that rings until it is answered.
func rings(m ports.Outgoing, n text.Notice) bool {
	return n.Page && n.Severity.Urgency().IsHigh() && n.Answer != "" && len(m.Items) <= mostAsked
}

func ring(form url.Values) {
	form.Set("priority", "2")
	form.Set("retry", strconv.Itoa(int(ringEvery.Seconds())))
	form.Set("expire", strconv.Itoa(int(Rings.Seconds())))
}

// Acknowledged says whether somebody has acknowledged a message in Pushover's app, and whether it has stopped to ring.
func (s *Sender) Acknowledged(ctx context.Context, receipt string) (yes, over bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.cfg.BaseURL+"/1/receipts/"+url.PathEscape(receipt)+".json?token="+url.QueryEscape(s.cfg.Token), http.NoBody)
	if err != nil {
		return false, false, errors.New("the Pushover address is wrong")
	}
	answer, err := channel.Do(s.client, req)
	if err != nil {
		return false, false, err
	}
	if answer.Status == http.StatusNotFound {
		return false, true, nil // Pushover knows it for a week
	}
	if !answer.OK() {
		return false, false, s.refusal(answer, nil)
	}
	var said struct {
		Acknowledged int `json:"acknowledged"`
		Expired      int `json:"expired"`
	}
	if err := json.Unmarshal(answer.Body, &said); err != nil {
		return false, false, errors.New("the answer of Pushover cannot be read")
	}
	return said.Acknowledged == 1, said.Acknowledged == 1 || said.Expired == 1, nil
}

// Silence ends the ringing of a message that somebody has answered elsewhere.
func (s *Sender) Silence(ctx context.Context, receipt string) error {
	answer, err := s.post(ctx, "/1/receipts/"+url.PathEscape(receipt)+"/cancel.json", url.Values{"token": {s.cfg.Token}})
	if err != nil || answer.OK() || answer.Status == http.StatusNotFound {
		return err
	}
	return s.refusal(answer, nil)
}

// Say tells somebody what became of what they did in the app.
func (s *Sender) Say(ctx context.Context, to, words string) error {
	answer, err := s.post(ctx, "/1/messages.json", url.Values{"token": {s.cfg.Token}, "user": {to}, "title": {"Rouse"}, "message": {words}, "priority": {"0"}})
	if err != nil || answer.OK() {
		return err
	}
	return s.refusal(answer, nil)
}
