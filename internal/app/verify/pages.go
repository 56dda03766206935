package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// delivering looks at the pages of one incident and at what becomes of them.
type delivering struct {
	*Incident
	beat   time.Time
	people *directory.Snapshot
	found  find
}

// deliveries: each is one step of one page, once (P4), and is where its status says.
func (v delivering) deliveries() {
	type key struct {
		page notification.PageKey
		step int
		lane notification.Lane
	}
	seen := make(map[key]bool)
	for _, d := range v.Deliveries {
		k := key{d.Page, d.Step, d.Lane}
		if seen[k] {
			v.found(Pages, "%s is there twice", v.named(d))
		}
		seen[k] = true
		if _, ok := v.Pages[d.Page]; !ok {
			v.found(Pages, "%s is of a page that does not exist: %s", v.named(d), v.page(d.Page))
		}
		if why := v.Loose[d.ID]; why != "" {
			v.found(Pages, "%s is part of the message %s, which %s", v.named(d), d.Message, why)
		}
		v.delivery(d)
	}
}

func (v delivering) delivery(d notification.Delivery) {
	switch {
	case !d.Status.Known():
		v.found(Pages, "%s has the status %q, which is none: nothing would send it or make an end of it", v.named(d), d.Status)
	case !d.Purpose.Known():
		v.found(Pages, "%s has the purpose %q, which is none", v.named(d), d.Purpose)
	case d.Status == notification.Waiting && d.Message != "":
		v.found(Pages, "%s waits, and is part of the message %s", v.named(d), d.Message)
	case d.Status == notification.Waiting && d.ExpiresAt.Before(d.DueAt):
		v.found(Pages, "%s waits until %s, and is too old to be sent from %s on", v.named(d), stamp(d.DueAt), stamp(d.ExpiresAt))
	case (d.Status == notification.Sending || d.Status.Reached()) && d.Message == "":
		v.found(Pages, "%s is %s without a message", v.named(d), d.Status)
	}
}

// pages: each has what was planned for it. When exactly a step is due cannot be recomputed: by which rules it was planned
// is not kept, and where an earlier step fails it comes sooner. Nor can the last of several later steps be missed. What is
// known of a page of this round is until when its last step was to come.
func (v delivering) pages() {
	of := make(map[notification.PageKey][]notification.Delivery, len(v.Pages))
	for _, d := range v.Deliveries {
		of[d.Page] = append(of[d.Page], d)
	}
	for k := range v.Pages {
		if len(of[k]) == 0 && !v.shares(k, of) {
			v.found(Pages, "%s has no delivery: nothing was sent, and nothing will be", v.page(k))
		}
		if step, gap := missing(of[k]); gap {
			v.found(Pages, "%s has lost the delivery of step %d of their rules", v.page(k), step+1)
		}
	}
	for _, p := range v.State.Pages {
		k := notification.PageKey{Incident: v.Number, Round: v.State.Round, Pass: p.Pass, Level: p.Level, Recipient: p.Recipient}
		if page, ok := v.Pages[k]; !ok {
			v.found(Pages, "%s is known to the incident, and is not there", v.page(k))
		} else if p.OfPass == 0 {
			v.planned(k, page, p, of[k])
		}
	}
}

// shares says whether another page to the same recipient had deliveries that waited: then it needed none of its own.
func (v delivering) shares(k notification.PageKey, of map[notification.PageKey][]notification.Delivery) bool {
	for o, ds := range of {
		if len(ds) > 0 && o.Round == k.Round && o.Recipient == k.Recipient && ds[0].Purpose == v.Pages[k].Purpose {
			return true
		}
	}
	return false
}

// missing is a step between others, or before them.
func missing(ds []notification.Delivery) (step int, gap bool) {
	for i := range ds {
		if !slices.ContainsFunc(ds, func(d notification.Delivery) bool { return d.Step == i }) {
			return i, true
		}
	}
	return 0, false
}

// planned: nothing waits longer than was planned, and what was planned for later is there.
func (v delivering) planned(k notification.PageKey, page Paged, p incident.PageState, ds []notification.Delivery) {
	until := p.Until.Truncate(time.Microsecond)
	for _, d := range ds {
		if d.Status == notification.Waiting && d.DueAt.After(until) {
			v.found(Pages, "%s waits until %s, and was planned for %s at the latest", v.named(d), stamp(d.DueAt), stamp(until))
		}
	}
	// Where one has ended badly, the next one came at once.
	atOnce := func(d notification.Delivery) bool {
		return !d.DueAt.After(page.At) && d.Status != notification.Failed && d.Status != notification.Expired
	}
	if len(ds) > 0 && until.After(page.At) && !slices.ContainsFunc(ds, func(d notification.Delivery) bool { return !atOnce(d) }) {
		v.found(Pages, "%s has lost the delivery that was planned for %s", v.page(k), stamp(until))
	}
}

// rest is the longest that a lane is left alone in which something is due: while messages are gathered, between two of
// them, before the next digest, after a fault of our own. Each of these is at most a few minutes.
const rest = 10 * time.Minute

// lanes: what waits is looked at in time, and leads to somebody.
func (v delivering) lanes() {
	first := make(map[notification.Lane]notification.Delivery)
	for _, d := range v.Deliveries {
		if f, ok := first[d.Lane]; d.Status == notification.Waiting && (!ok || d.DueAt.Before(f.DueAt)) {
			first[d.Lane] = d
		}
	}
	for _, d := range sorted(first) {
		if !v.exists(d.Lane) {
			v.found(People, "%s waits for a %s which does not exist any more: it cannot be sent", v.named(d), v.lane(d.Lane))
		}
		wanted := d.DueAt
		if v.beat.After(wanted) {
			wanted = v.beat
		}
		switch next := v.Lanes[d.Lane]; {
		case next.IsZero():
			v.found(Pages, "what waits for the %s is not looked at by anybody: nothing would send it", v.lane(d.Lane))
		case next.After(wanted.Add(rest)):
			v.found(Pages, "what waits for the %s since %s is not looked at before %s", v.lane(d.Lane), stamp(d.DueAt), stamp(next))
		}
	}
}

func sorted(first map[notification.Lane]notification.Delivery) []notification.Delivery {
	var out []notification.Delivery
	for _, d := range first {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b notification.Delivery) int { return cmp.Compare(a.Lane, b.Lane) })
	return out
}

func (v delivering) exists(l notification.Lane) bool {
	kind, which, _ := strings.Cut(string(l), ":")
	if kind == "channel" {
		_, ok := v.people.Channel(id.Channel(which))
		return ok
	}
	_, _, ok := v.people.ContactOf(id.Contact(which))
	return ok
}

// lane is one in words: whose it is, where that is known.
func (v delivering) lane(l notification.Lane) string {
	kind, which, _ := strings.Cut(string(l), ":")
	if c, u, ok := v.people.ContactOf(id.Contact(which)); ok && kind == "contact" {
		return fmt.Sprintf("contact %s (%s) of %s", c.Name, c.Kind, cmp.Or(u.Name, u.Email))
	}
	if c, ok := v.people.Channel(id.Channel(which)); ok && kind == "channel" {
		return "channel " + c.Name
	}
	return kind + " " + which
}

// named is a delivery in words.
func (v delivering) named(d notification.Delivery) string {
	return fmt.Sprintf("the delivery %d, by %s to %s,", d.ID, d.Kind, v.people.Name(d.Page.Recipient))
}

// page is one in words.
func (v delivering) page(k notification.PageKey) string {
	return fmt.Sprintf("the page to %s (round %d, pass %d, level %d)", v.people.Name(k.Recipient), k.Round, k.Pass, k.Level)
}
