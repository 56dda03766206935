package notification_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

func TestQuota(t *testing.T) {
	t.Parallel()
	q := notification.Quota{Person: 10, Server: 100}
	for _, c := range []struct {
		q           notification.Quota
		person, all int
		urgent      bool
		over        string
	}{
		{q, 9, 99, false, ""}, {q, 10, 10, false, "for one person"}, {q, 10, 10, true, ""}, {q, 19, 199, true, ""},
		{q, 10, 10, false, "the day's 10 messages that cost money for one person are used up"},
		{q, 20, 20, true, "the day's 10 messages that cost money for one person are used up, and so are the 20 that what is urgent may have"},
		{q, 0, 100, false, "for everybody"}, {q, 0, 100, true, ""}, {q, 0, 200, true, "for everybody"},
		{notification.Quota{}, 1000, 1000, false, ""}, {notification.Quota{Server: 1}, 1000, 0, false, ""},
	} {
		if got := c.q.Over(c.person, c.all, c.urgent); (got == "") != (c.over == "") || !strings.Contains(got, c.over) {
			t.Errorf("%+v: %q", c, got)
		}
	}
	for used, want := range map[int]int{0: 0, 7: 0, 8: 1, 9: 1, 10: 2, 19: 2, 20: 3} {
		if stage, words := notification.Used(used, 10); stage != want || (words == "") != (want == 0) {
			t.Errorf("%d: %d, %q", used, stage, words)
		}
	}
	if stage, _ := notification.Used(1000, 0); stage != 0 || !q.On() || (notification.Quota{}).On() {
		t.Error("no limit is a limit")
	}
}

func TestUrgent(t *testing.T) {
	t.Parallel()
	page := notification.Delivery{Purpose: notification.PurposePage, Urgency: alert.High()}
	low, update, byHand := page, page, page
	low.Urgency, update.Purpose, byHand.Urgency, byHand.ByHand = alert.Low(), notification.PurposeUpdate, alert.Low(), true
	if !page.Urgent() || low.Urgent() || update.Urgent() || !byHand.Urgent() {
		t.Errorf("urgent: %v %v %v %v", page.Urgent(), low.Urgent(), update.Urgent(), byHand.Urgent())
	}
}

func TestDay(t *testing.T) {
	t.Parallel()
	from, until := notification.Day(time.Date(2026, 3, 2, 0, 30, 0, 0, time.FixedZone("CET", 3600)))
	if want := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC); !from.Equal(want) || !until.Equal(want.AddDate(0, 0, 1)) {
		t.Errorf("from %v until %v", from, until)
	}
}

func TestPrice(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]notification.Price{"": {}, "0.0075 EUR": {Micros: 7500, Currency: "EUR"}, "1USD": {Micros: 1e6, Currency: "USD"}, "0.29EUR": {Micros: 290000, Currency: "EUR"}} {
		if got, err := notification.ParsePrice(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"1", "EUR", "-1EUR", "1,5EUR", "1.0000001EUR", "1 eur"} {
		if _, err := notification.ParsePrice(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	if got := (notification.Price{Micros: 7500}).Times(3); got != 0.0225 {
		t.Errorf("got %v", got)
	}
}
