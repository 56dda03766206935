package scenario

import (
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/testkit"
)

// What waited in the buffer for longer than it may is recorded and wakes nobody; but somebody is told, and what fires
// still pages as soon as it is heard of again.
func TestBufferedForTooLong(t *testing.T) {
	t.Parallel()
	pg, redis := testkit.StandalonePostgres(t, testkit.PGOptions{}), testkit.Redis(t, nil)
	s := newStory(t, pg.Database(t), onlySMS, func(s *story) {
		s.config.RedisURL, s.config.BufferTTL, s.config.BufferMax = redis.URL(), time.Hour, 100
	})
	paged := s.alert("Down", "service=db")
	s.send(paged)
	s.expect(anaPhone, "CRIT db")
	s.ack(ana, 1)
	s.nothing()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(pg.Stop())
	brief, long := s.alert("Brief", "service=web"), s.alert("Long", "service=shop")
	for _, r := range append(s.unsettled(brief, long), s.unsettled(paged)...) {
		equal(s, "the outcome", r.Outcome, "buffered")
	}
	s.jump(time.Hour + time.Second)
	equal(s, "the outcome", s.unsettled(s.over("Brief", "service=web"))[0].Outcome, "buffered")
	fresh := s.alert("Fresh", "service=new")
	s.unsettled(fresh)
	s.jump(time.Hour)
	must(pg.Start())
	s.settleWhenBack()
	s.expect(anaPhone, "2 incidents", "Fresh", "rouse") // what is young enough, and that something was not
	s.nothing()
	equal(s, "incidents", len(s.incidents("service=shop"))+len(s.incidents("service=web")), 0)
	equal(s, "alerts that were drained", s.metric("rouse_buffer_drained_total"), 5)
	var list struct {
		Quarantined []struct{ Reason, Raw string } `json:"quarantined"`
	}
	s.get("/api/v1/quarantine", &list)
	equal(s, "alerts that people can look at", len(list.Quarantined), 2) // not the one that fired before: it has paged
	s.forward(time.Minute)
	s.skip() // who acknowledged what is two hours old by now is reminded
	equal(s, "the outcome", s.send(long)[0].Outcome, "opened")
	s.expect(anaPhone, "CRIT shop")
	equal(s, "the outcome", s.send(brief)[0].Outcome, "late")
	s.nothing()
}

// settleWhenBack settles once the connections of before the outage were found dead.
func (s *story) settleWhenBack() {
	s.t.Helper()
	for range 20 {
		if s.app.Settle(s.t.Context()) == nil {
			s.settle()
			return
		}
	}
	s.t.Fatal("the database does not come back")
}

// unsettled sends while nothing can be settled.
func (s *story) unsettled(alerts ...wireAlert) []outcome {
	s.t.Helper()
	return s.post(map[string]any{"version": "4", "alerts": alerts})
}
