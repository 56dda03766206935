package scenario

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
)

// phoneThenMail: ana's mail comes only five minutes after her phone.
var phoneThenMail = strings.Replace(twoPeople, "high: [{contact: phone}, {contact: mail}]", "high: [{contact: phone}, {after: 5m, contact: mail}]", 1)

func TestFirstAtOnceThenGathered(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("A", "service=a", "severity=error")
		s.expect(anaPhone, "ERROR a", "#1")
		s.forward(10 * time.Second)
		s.fire("B", "service=b", "severity=error")
		s.nothing() // the floor between two SMS is 60 s
		s.forward(10 * time.Second)
		s.fire("C", "service=c") // worse: it breaks the floor, once, and takes along what waits
		s.expect(anaPhone, "2 incidents, 1 CRIT: c, b")
		s.forward(10 * time.Second)
		s.fire("D", "service=d")
		s.forward(50*time.Second - time.Millisecond)
		s.nothing()
		s.forward(time.Millisecond)
		s.expect(anaPhone, "CRIT d", "#4")
		s.nothing()
	})
}

func TestMailIsGatheredFor20Seconds(t *testing.T) {
	t.Parallel()
	tell(t, strings.ReplaceAll(twoPeople, "[{contact: phone}, {contact: mail}]", "[{contact: mail}]"), func(s *story) {
		s.fire("A", "service=a")
		s.expect(ana, "[CRIT] a prod")
		s.forward(5 * time.Second)
		s.fire("B", "service=b")
		s.forward(10 * time.Second)
		s.fire("C", "service=c")
		s.forward(20*time.Second - time.Millisecond)
		s.nothing()
		s.forward(time.Millisecond)
		s.expect(ana, "[CRIT] 2 incidents: b, c")
		s.nothing()
		// What never stops coming is held for 60 s at most.
		for i := range 4 {
			s.fire("E", fmt.Sprintf("service=e%d", i))
			s.forward(15 * time.Second)
		}
		s.expect(ana, "[CRIT] 4 incidents: e0, e1, e2 +1 service")
		s.nothing()
	})
}

func TestRefusedContactGoesOnToTheNext(t *testing.T) {
	t.Parallel()
	tell(t, phoneThenMail, func(s *story) {
		s.sms.Script(channeltest.Refuse())
		s.fire("Down", "service=db")
		s.expect(ana, "[CRIT] db") // not five minutes later
		s.nothing()
		s.told(1, "sms to Ana failed")
		m := s.messages(1)[0]
		if m.Status != "failed" || strings.Contains(m.Detail, channeltest.TwilioToken) || m.Detail == "" {
			t.Errorf("message %+v", m)
		}
		s.forward(10 * time.Minute)
		s.nothing()
	})
}

func TestLevelThatCannotBeReachedGivesWay(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.sms.Script(channeltest.Refuse())
		s.fire("Down", "service=db")
		s.expect(benPhone, "CRIT db")
		s.nothing()
		s.told(1, "Ana could not be reached")
		s.forward(15*time.Minute - time.Second)
		s.nothing()
		s.forward(time.Second)
		s.expect("cleo@example.org", "(#1)")
	})
}

func TestProviderThatIsBusyIsAskedAgainWhenItSays(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.sms.Script(channeltest.TryLater(30*time.Second), channeltest.Unavailable())
		s.fire("Down", "service=db")
		equal(s, "attempts", s.sms.Attempts(), 1)
		s.forward(30*time.Second - time.Millisecond)
		equal(s, "attempts", s.sms.Attempts(), 1)
		s.forward(time.Millisecond)
		equal(s, "attempts", s.sms.Attempts(), 2)
		s.nothing()
		s.forward(3 * time.Second) // the second failure said nothing: 2 s, spread by a quarter
		s.expect(anaPhone, "CRIT db")
		s.nothing()
		equal(s, "the message's attempt", s.messages(1)[0].Attempt, 3)
		equal(s, "may repeat", s.messages(1)[0].MayRepeat, false)
	})
}

func TestProviderThatIsAwayIsTriedUntilExpiry(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.sms.Always(channeltest.Unavailable())
		s.fire("Down", "service=db")
		began := s.clock.Now()
		s.forward(14 * time.Minute)
		if n := s.sms.Attempts(); n < 10 {
			t.Fatalf("only %d attempts", n)
		}
		equal(s, "its status", s.messages(1)[0].Status, "retrying")
		equal(s, "what /ready says", s.ready("channels", false, "sms fails: the last "), "ready, but not well")
		s.forward(time.Minute)
		m := s.messages(1)[0]
		equal(s, "its status", m.Status, "failed")
		if m.ExpiresAt.After(began.Add(15 * time.Minute)) {
			t.Errorf("it would have expired at %s", m.ExpiresAt)
		}
		s.told(1, "Ana could not be reached")
		s.sms.Always(channeltest.Accept())
		s.forward(time.Minute)
		s.expect(benPhone, "CRIT db")
		s.nothing() // nothing to ana: her page was too old
		s.ready("channels", true, "can send by")
	})
}

func TestAcceptedButNeverAnsweredIsLookedUp(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]channeltest.Reply{"hang": channeltest.AcceptThenHang(), "drop": channeltest.AcceptThenDrop()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t, onlySMS, func(s *story) {
				s.silent = true // its report would tell, too
				s.sms.Script(reply)
				s.fire("Down", "service=db")
				equal(s, "its status", s.messages(1)[0].Status, "retrying")
				s.forward(5 * time.Minute)
				s.expect(anaPhone, "CRIT db", "#1")
				s.nothing()
				equal(s, "attempts", s.sms.Attempts(), 1)
				equal(s, "its status", s.messages(1)[0].Status, "accepted")
				equal(s, "possible duplicates", s.metric("rouse_page_duplicate_possible_total"), 0)
			})
		})
	}
}

func TestLostRequestIsSentAgain(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.sms.Script(channeltest.Status(http.StatusBadGateway, 0)) // it may have been queued: it was not
		s.fire("Down", "service=db")
		s.forward(5 * time.Second)
		s.expect(anaPhone, "CRIT db")
		s.nothing()
		equal(s, "possible duplicates", s.metric("rouse_page_duplicate_possible_total"), 0) // Twilio was asked and had nothing
	})
}

func TestUnknownMailIsRepeatedAndSaysSo(t *testing.T) {
	t.Parallel()
	tell(t, strings.ReplaceAll(twoPeople, "[{contact: phone}, {contact: mail}]", "[{contact: mail}]"), func(s *story) {
		s.mail.Script(channeltest.AcceptThenDrop())
		s.fire("Down", "service=db")
		first := s.expect(ana, "[CRIT] db")
		if strings.Contains(first, "may have had this message before") {
			t.Errorf("the first attempt says that it repeats:\n%s", first)
		}
		s.clock.set(s.clock.Now().Add(500 * time.Millisecond)) // before its retry
		equal(s, "age of what may have arrived", s.metric("rouse_ambiguous_seconds"), 0.5)
		s.forward(5 * time.Second)
		s.expect(ana, "[CRIT] db", "You may have had this message before")
		s.nothing()
		taken := s.mail.Taken()
		equal(s, "the Message-ID", taken[1].MessageID, taken[0].MessageID)
		equal(s, "may repeat", s.messages(1)[0].MayRepeat, true)
		equal(s, "age of what may have arrived", s.metric("rouse_ambiguous_seconds"), 0)
		if n := s.metric("rouse_page_duplicate_possible_total"); n != 1 {
			t.Errorf("%v possible duplicates are counted", n)
		}
	})
}

func TestReceiptsDecide(t *testing.T) {
	t.Parallel()
	tell(t, phoneThenMail, func(s *story) {
		s.silent = true
		report := func(status string, code int) {
			t.Helper()
			taken := s.sms.Taken()
			if err := s.sms.Callback(t.Context(), taken[len(taken)-1].SID, status, code); err != nil {
				t.Fatal(err)
			}
			s.settle()
		}
		s.fire("Down", "service=a")
		s.expect(anaPhone, "CRIT a")
		report("delivered", 0)
		s.told(1, "sms arrived at Ana")
		equal(s, "its status", s.messages(1)[0].Status, "delivered")
		s.forward(2 * time.Minute)
		s.nothing()
		s.ack(ana, 1)

		s.fire("Down", "service=b")
		s.expect(anaPhone, "CRIT b")
		report("undelivered", 30003)
		s.expect(ana, "[CRIT] b") // now, not after five minutes
		s.told(2, "30003 the phone is off or out of reach")
		s.ack(ana, 2)
		s.forward(2 * time.Minute)

		s.fire("Down", "service=c")
		s.expect(anaPhone, "CRIT c")
		s.forward(time.Minute - time.Millisecond)
		s.nothing()
		s.forward(time.Millisecond)
		s.expect(ana, "[CRIT] c") // no receipt within a minute
		s.nothing()
	})
}

func TestReportsNeedTwiliosSignature(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.silent = true
		s.fire("Down", "service=db")
		m := s.sms.Taken()[0]
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, m.Callback, strings.NewReader("MessageSid="+m.SID+"&MessageStatus=failed"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Twilio-Signature", "bm90aGluZw==")
		equal(s, "the code", s.must(s.do(r), http.StatusUnauthorized).code(), "callback.bad_signature")
		equal(s, "its status", s.messages(1)[0].Status, "accepted")
	})
}

func TestChannelOfAService(t *testing.T) {
	t.Parallel()
	const withChannel = onlySMS + `
channels:
  - {name: ops, kind: webhook, to: "HOOK"}
services:
  - {name: db, escalation_policy: web, channels: [ops]}
`
	tell(t, withChannel, func(s *story) {
		hook := s.hook.Address()
		document := func() (purpose, status, what string) {
			t.Helper()
			var d struct {
				Purpose   string `json:"purpose"`
				Incidents []struct {
					Number  int64  `json:"number"`
					Status  string `json:"status"`
					What    string `json:"what"`
					Service string `json:"service"`
				} `json:"incidents"`
			}
			text := s.expect(hook, `"version":1`)
			if err := json.Unmarshal([]byte(text), &d); err != nil || len(d.Incidents) != 1 || d.Incidents[0].Service != "db" {
				t.Fatalf("%v in %s", err, text)
			}
			return d.Purpose, d.Incidents[0].Status, d.Incidents[0].What
		}
		s.hook.Script(channeltest.Unavailable())
		s.fire("Down", "service=db")
		s.expect(anaPhone, "CRIT db")
		s.forward(10 * time.Second) // the fake takes only what is signed
		purpose, status, _ := document()
		equal(s, "purpose and status", purpose+" "+status, "update open")
		s.forward(time.Minute)
		s.ack(ana, 1)
		_, status, what := document()
		equal(s, "what happened", status+": "+what, "acknowledged: Acknowledged by Ana")
		s.forward(time.Minute)
		s.resolve("Down", "service=db")
		_, status, what = document()
		equal(s, "what happened", status+": "+what, "resolved: Resolved")
		s.nothing()
		keys := map[string]bool{}
		for _, h := range s.hook.Taken() {
			keys[h.Key] = true
		}
		equal(s, "different idempotency keys", len(keys), 3)
	})
}

func TestDigestAfterAnOutage(t *testing.T) {
	t.Parallel()
	tell(t, "", func(s *story) {
		var alerts []wireAlert
		for i := range 50 {
			severity := "severity=error"
			if i == 30 {
				severity = "severity=critical"
			}
			alerts = append(alerts, s.alert("Down", fmt.Sprintf("service=s%02d", i), severity))
		}
		s.post(map[string]any{"version": "4", "status": "firing", "alerts": alerts})
		s.jump(2 * time.Hour) // nothing was sent, no timer was worked
		back := s.clock.Now()
		arrivals := map[string][]time.Time{}
		for range 10 * 60 {
			s.settle()
			for to, box := range s.inboxes() {
				for range len(box) - len(arrivals[to]) {
					arrivals[to] = append(arrivals[to], s.clock.Now())
				}
			}
			s.forward(time.Second)
		}
		for to, at := range arrivals {
			for i := 1; i < len(at); i++ {
				if gap := at[i].Sub(at[i-1]); gap < time.Minute {
					t.Errorf("%s got two messages within %s", to, gap)
				}
			}
		}
		if at := arrivals[anaPhone]; len(at) == 0 || at[0].Sub(back) > 10*time.Second {
			t.Errorf("ana's phone was reached at %v", at)
		}
		box := s.inboxes()
		for _, to := range []string{anaPhone, ana} {
			if len(box[to]) == 0 || !strings.Contains(box[to][0], "50 incidents") && !strings.Contains(box[to][0], "1 CRIT, 49 others open") {
				t.Errorf("the first to %s: %s", to, box[to])
			}
		}
		for to, until := range map[string]string{anaPhone: "12:00", ana: "12:01"} { // by the way that she wants first, then by the other
			if !strings.Contains(box[to][0], "Rouse could not page you until "+until) {
				t.Errorf("the first to %s is no digest until %s: %s", to, until, box[to][0])
			}
		}
		s.nothingPastExpiry()
	})
}

// nothingPastExpiry checks that no message was sent when it was too old.
func (s *story) nothingPastExpiry() {
	s.t.Helper()
	for _, i := range s.incidents("") {
		for _, m := range s.messages(i.Number) {
			if m.SentAt != nil && m.ExpiresAt != nil && m.SentAt.After(*m.ExpiresAt) {
				s.t.Errorf("message %+v was sent past its expiry", m)
			}
		}
	}
}

func TestAcknowledgedBeforeItWasSent(t *testing.T) {
	t.Parallel()
	tell(t, phoneThenMail, func(s *story) {
		s.post(map[string]any{"version": "4", "alerts": []wireAlert{s.alert("Down", "service=db")}})
		s.must(s.request(ben, http.MethodPost, "/resolve", map[string]any{"id": 1, "status": "acknowledged"}), http.StatusOK)
		s.forward(30 * time.Minute)
		s.nothing()
		equal(s, "attempts", s.sms.Attempts(), 0)
	})
}

func TestAcknowledgedBetweenTwoAttempts(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.sms.Script(channeltest.Unavailable())
		s.fire("Down", "service=db")
		equal(s, "its status", s.messages(1)[0].Status, "retrying")
		s.ack(ben, 1)
		s.forward(10 * time.Minute)
		s.nothing()
		equal(s, "attempts", s.sms.Attempts(), 1)
		equal(s, "its status", s.messages(1)[0].Status, "cancelled")
		equal(s, "pages after the acknowledgement", s.metric("rouse_page_after_ack_total"), 0)
	})
}
