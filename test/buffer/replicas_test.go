package buffer

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

// Two servers drain one stream, and the one that does so is killed in the middle of it: the other goes on where it
// stopped, and nothing is there twice.
func TestTheServerThatDrainsIsKilled(t *testing.T) {
	services, each := 80, 5
	if testkit.Full() {
		services, each = 1000, 10
	}
	r := newRig(t, services)
	one, two := r.started(), r.started()
	r.stopDatabase()
	var senders sync.WaitGroup
	for n := range 4 {
		senders.Go(func() {
			for i := n; i < services; i += 4 {
				a := firing(i)
				for range each {
					if got := send([]*binary.Server{one, two}[i%2], a); got.kind() != "buffered" {
						t.Errorf("the answer is %+v", got)
					}
				}
			}
		})
	}
	senders.Wait()
	all := r.letters()
	if all != services*each {
		t.Fatalf("%d requests wait, %d were sent", all, services*each)
	}
	r.startDatabase()
	var holder string
	binary.Eventually(t, limit, "the draining has begun", func() bool {
		holder = r.drains(one, two)
		return r.letters() < all && holder != ""
	})
	victim, other := one, two
	if holder == "two" {
		victim, other = two, one
	}
	victim.Kill()
	left := r.letters()
	t.Logf("%s was killed when %d of %d requests were left", holder, left, all)
	if left == 0 {
		t.Error("it was killed too late: this proves nothing")
	}
	r.drained()
	binary.Eventually(t, limit, fmt.Sprintf("the other one has counted the %d that were left", left), func() bool {
		return other.Metric(t, "rouse_buffer_drained_total") >= left
	})
	var every []int
	for i := range services {
		r.one(other, i)
		every = append(every, i)
	}
	t.Logf("of %d services, %d were told of twice, and it said so", services, len(r.pagedAfterKill(every...)))
}

// drains says which of the two takes from the buffer; "" where nobody has begun.
func (r *rig) drains(one, two *binary.Server) string {
	for name, s := range map[string]*binary.Server{"one": one, "two": two} {
		if strings.Contains(s.Log(), "alerts were taken from the buffer") {
			return name
		}
	}
	return ""
}

// The server is killed while it buffers: what it answered is there, and what it did not answer its sender sends again.
func TestKilledBetweenBufferAndAnswer(t *testing.T) {
	const services = 200
	r := newRig(t, services)
	s := r.started()
	r.stopDatabase()
	work := make(chan int)
	var mu sync.Mutex
	var unanswered []int
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for i := range work {
				if a := send(s, firing(i)); a.kind() != "buffered" {
					mu.Lock()
					unanswered = append(unanswered, i)
					mu.Unlock()
				}
			}
		})
	}
	go func() {
		defer close(work)
		for i := range services {
			work <- i
		}
	}()
	binary.Eventually(t, limit, "a third is in the buffer", func() bool { return r.letters() > services/3 })
	s.Kill()
	senders.Wait()
	t.Logf("%d of %d had no answer; %d are in the buffer", len(unanswered), services, r.letters())
	if len(unanswered) == 0 || r.letters() < services-len(unanswered) {
		t.Fatal("answered as buffered, and not there; or killed too late")
	}
	r.startDatabase()
	r.start(s)
	for _, i := range unanswered {
		r.sends(s, "plain", firing(i))
	}
	r.drained()
	var every []int
	for i := range services {
		r.one(s, i)
		every = append(every, i)
	}
	r.paged(every...)
}

// What cannot be read, or belongs to nobody any more, is in quarantine and somebody is told; the others flow.
func TestPoisonGoesIntoQuarantine(t *testing.T) {
	r := newRig(t, 3)
	s := r.started()
	r.stopDatabase()
	r.sends(s, "buffered", firing(2))
	for _, fields := range [][]string{
		{"foreign", "thing"},
		{"at", "1", "integration", "main", "letter", "{not json"},
		{"at", "1760000000000000", "integration", "gone", "letter", `{"signals":[{"fingerprint":"orphan","firing":true}]}`},
	} {
		_, err := r.redis.Ask(t.Context(), append([]string{"XADD", "{rouse}:buffer", "*"}, fields...)...)
		r.must(err)
	}
	r.sends(s, "buffered", firing(1))
	r.startDatabase()
	r.drained()
	r.one(s, 2)
	r.one(s, 1)
	r.paged(1, 2)
	// Rouse's own incident goes to whoever stands by the policy of what belongs to no service.
	binary.Eventually(t, limit, "somebody hears of what cannot be read", func() bool { all, _ := r.pages(0); return all > 0 })
	var list struct {
		Quarantined []struct{ Reason, Raw string }
	}
	binary.Eventually(t, limit, "the quarantine can be read", func() bool {
		status, text := r.get(s, "/api/v1/quarantine")
		return status == http.StatusOK && json.Unmarshal([]byte(text), &list) == nil
	})
	text := fmt.Sprint(list.Quarantined)
	for _, want := range []string{"thing", "{not json", "orphan", "cannot be read", "is not there any more"} {
		if !strings.Contains(text, want) {
			t.Errorf("the quarantine lacks %q: %s", want, text)
		}
	}
	if n := s.Metric(t, "rouse_buffer_dead_total"); n != 3 {
		t.Errorf("%d dead letters are counted", n)
	}
	status, incidents := r.get(s, "/incidents?service=rouse")
	if status != http.StatusOK || !strings.Contains(incidents, "came from the integration") {
		t.Errorf("nobody is told: %d %s", status, incidents)
	}
}

// What one server lets through counts against the limit of the other; without Redis each has its own.
func TestLimitsAreShared(t *testing.T) {
	r := newRig(t, 1)
	const burst = 100
	few := []string{"ROUSE_INTAKE_RATE=0.001", fmt.Sprint("ROUSE_INTAKE_BURST=", burst)}
	one, two := r.started(few...), r.started(few...)
	for range burst {
		r.sends(one, "plain", firing(0))
	}
	r.sends(one, "503", firing(0))
	binary.Eventually(t, limit, "the use of one is known to all", func() bool {
		text, err := r.redis.Ask(t.Context(), "HLEN", "{rouse}:limits")
		return err == nil && text == ":1"
	})
	binary.Eventually(t, limit, "the other one refuses, too", func() bool { return send(two, firing(0)).kind() == "503" })
	// It hears every 200 ms what the others used, and is asked about every 20 ms.
	if n := two.Metric(t, "rouse_ingest_alerts_total"); n > burst/2 {
		t.Errorf("the other one let %d through, though the limit was used up", n)
	}
	r.must(r.redis.Kill())
	three := r.started(few...)
	for range burst {
		r.sends(three, "plain", firing(0))
	}
	r.sends(three, "503", firing(0))
}
