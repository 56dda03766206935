package incident_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// refused says that an event is refused with this code.
func (h *story) refused(ev incident.Event, code string) {
	h.t.Helper()
	if f := fault.Of(h.happen(ev)); f == nil || f.Code != code {
		h.t.Fatalf("%T: refused by %v, want %s", ev, f, code)
	}
}

func (h *story) snooze(name string, d time.Duration) {
	h.t.Helper()
	h.must(incident.Snooze{By: by(name), Until: h.now.Add(d)})
	h.settle()
}

func (h *story) passOn(name, to string) {
	h.t.Helper()
	ev := incident.PassOn{By: by(name)}
	if to != "" {
		who := user(to)
		ev.To = &who
	}
	h.must(ev)
	h.settle()
}

func (h *story) help(name, who string) {
	h.t.Helper()
	h.must(incident.AddResponder{By: by(name), Who: user(who)})
	h.settle()
}

func TestSnooze(t *testing.T) {
	told(t, map[string]func(*testing.T){
		"nobody is paged until it ends; then a round": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.snooze("ana", 12*time.Hour)
			h.expect(incident.Acknowledged())
			h.expectTimer(incident.TimerSnooze, 12*time.Hour)
			h.look()
			h.forward(12*time.Hour - time.Second)
			h.expectPaged("")
			h.expectTold("")
			h.forward(time.Second)
			h.expect(incident.Open())
			h.expectPaged("ana")
		},
		"its end leaves 10 min between pages": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.snooze("ana", 5*time.Minute)
			h.look()
			h.forward(10*time.Minute - time.Second)
			h.expect(incident.Open())
			h.expectPaged("")
			h.forward(time.Second)
			h.expectPaged("ana")
		},
		"a raise ends it": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Slow", failing)
			h.snooze("ana", 12*time.Hour)
			h.forward(time.Hour)
			h.look()
			h.fire("Down", critical)
			h.expectPaged("ana")
			h.expectNoTimer(incident.TimerSnooze)
		},
		"reopened before its end it stays acknowledged, the snooze with it": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.snooze("ana", 12*time.Hour)
			h.forward(2 * time.Hour)
			h.heal("Down")
			h.forward(5 * time.Minute)
			h.look()
			h.fire("Down", critical)
			h.expect(incident.Acknowledged())
			h.expectTimer(incident.TimerSnooze, 12*time.Hour-2*time.Hour-5*time.Minute)
			h.expectNoTimer(incident.TimerAckExpire, incident.TimerAckRemind)
			h.expectPaged("ana")
		},
		"whoever owns it keeps it, and an acknowledgement does not end it": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.ack("ana")
			h.snooze("ben", time.Hour)
			h.forward(time.Minute)
			h.ack("ana")
			h.expectTimer(incident.TimerSnooze, 59*time.Minute)
			if h.state.Assignee.ID != "ana" {
				t.Fatalf("it is %v's", h.state.Assignee)
			}
		},
		"acknowledged after its end, before anybody worked that: it is awake": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.snooze("ana", time.Hour)
			h.sleep(time.Hour)
			h.ack("ana")
			h.expectNoTimer(incident.TimerSnooze)
			h.expectTimer(incident.TimerAckExpire, 4*time.Hour)
		},
		"repaired after its end it is not lost": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.snooze("ana", time.Hour)
			h.sleep(2 * time.Hour)
			h.must(incident.Repaired{})
			h.expectTimer(incident.TimerSnooze, -time.Hour)
		},
		"not into the past, not for ever, not what pages nobody": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.refused(incident.Snooze{By: by("ana"), Until: h.now}, "incident.snooze_until")
			h.refused(incident.Snooze{By: by("ana"), Until: h.now.Add(31 * 24 * time.Hour)}, "incident.snooze_until")
			h.heal("Down")
			h.refused(incident.Snooze{By: by("ana"), Until: h.now.Add(time.Hour)}, "incident.already_resolved")
			q := newStory(t, "ana")
			q.fire("Watchdog", info)
			q.refused(incident.Snooze{By: by("ana"), Until: q.now.Add(time.Hour)}, "incident.pages_nobody")
		},
	})
}

func TestTakeOver(t *testing.T) {
	told(t, map[string]func(*testing.T){
		"it is mine, and whoever had it hears so": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.ack("ana")
			h.forward(time.Hour)
			h.look()
			h.must(incident.TakeOver{By: by("ben")})
			h.expectTold("ana")
			h.expectPaged("")
			h.expectTimer(incident.TimerAckExpire, 4*time.Hour)
			if h.state.Assignee.ID != "ben" || h.state.Status != incident.Acknowledged() {
				t.Fatalf("%s, of %v", h.state.Status, h.state.Assignee)
			}
		},
		"of what is open it is an acknowledgement": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.must(incident.TakeOver{By: by("ben")})
			h.expect(incident.Acknowledged())
			h.expectNoTimer(incident.TimerEscalate)
		},
	})
}

func TestPassOn(t *testing.T) {
	told(t, map[string]func(*testing.T){
		"without a name the next level is paged now": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.forward(time.Minute)
			h.look()
			h.passOn("ana", "")
			h.expectPaged("ben")
			h.expectTimer(incident.TimerEscalate, 15*time.Minute)
		},
		"it stops what waits for whoever passed it on, not what waits for others": func(t *testing.T) {
			h := newStory(t, "ana cyd", "ben")
			h.provider = silent
			h.fire("Down", critical)
			h.must(incident.PassOn{By: by("ana")})
			for k := range h.live {
				if k.Recipient.ID == "ana" {
					t.Fatal("ana is still paged")
				}
			}
			if len(h.live) != 2 {
				t.Fatalf("waiting: %v", h.live)
			}
		},
		"to somebody: they are level 1, then the policy goes on": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.look()
			h.passOn("ana", "cyd")
			h.expectPaged("cyd")
			h.forward(15 * time.Minute)
			h.expectPaged("ben")
		},
		"what I had acknowledged is open again, at the level after mine": func(t *testing.T) {
			h := newStory(t, "ana", "ben", "cyd")
			h.fire("Down", critical)
			h.ack("ana")
			h.look()
			h.passOn("ana", "")
			h.expect(incident.Open())
			h.expectPaged("ben")
			h.forward(15 * time.Minute)
			h.expectPaged("cyd")
		},
		"after the last level it begins anew": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.forward(15 * time.Minute)
			h.ack("ben")
			h.look()
			h.passOn("ben", "")
			h.expectPaged("ana")
		},
		"it does not wait for a hold, nor for the last page to be old": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Slow", warning)
			h.passOn("ana", "")
			h.expectPaged("ana")
			h.heal("Slow")
			h.forward(time.Minute)
			h.look()
			h.fire("Slow", warning)
			h.expectTimer(incident.TimerRepage, 9*time.Minute)
			h.expectPaged("")
			h.must(incident.EscalateNow{By: by("ana")})
			h.expectPaged("ana")
		},
		"nobody who can be reached: nothing changes": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.gone("ben")
			to := user("ben")
			h.refused(incident.PassOn{By: by("ana"), To: &to}, "incident.unreachable")
			h.refused(incident.Reassign{By: by("ana"), To: to}, "incident.unreachable")
			h.expectTimer(incident.TimerEscalate, 15*time.Minute)
		},
		"reassigned, the next round is the policy's again": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.ack("ana")
			h.look()
			h.must(incident.Reassign{By: by("ana"), To: user("cyd"), Note: "yours"})
			h.expectPaged("cyd")
			h.settle()
			h.ack("cyd")
			h.look()
			h.forward(4 * time.Hour)
			h.expectPaged("cyd ana") // cyd's acknowledgement expired
		},
		"escalate now: the next level, and the last level's end": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.policy(0, "ana", "ben")
			h.fire("Down", critical)
			h.look()
			h.must(incident.EscalateNow{By: by("cyd")})
			h.expectPaged("ben")
			h.must(incident.EscalateNow{By: by("cyd")})
			h.expectPaged("boss")
			h.expectTimer(incident.TimerReminder, 30*time.Minute)
		},
	})
}

func TestResponders(t *testing.T) {
	told(t, map[string]func(*testing.T){
		"one is paged at once, while another owns it": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.ack("ana")
			h.look()
			h.help("ana", "cyd")
			h.expectPaged("cyd")
			h.expect(incident.Acknowledged())
		},
		"while it is open the levels go on": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.look()
			h.help("ana", "cyd")
			h.expectPaged("cyd")
			h.expectTimer(incident.TimerEscalate, 15*time.Minute)
		},
		"a later round asks them again, until they answer": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.ack("ana")
			h.help("ana", "cyd")
			h.look()
			h.forward(4 * time.Hour)
			h.expectPaged("cyd ana")
			h.ack("cyd")
			h.look()
			h.must(incident.Reopen{By: by("cyd")})
			h.expectPaged("ana")
		},
		"answering stops their own pages; the owner stays": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.ack("ana")
			h.provider = silent
			h.help("ana", "cyd")
			h.help("ana", "ben")
			h.ack("cyd")
			h.expectEntry(incident.EntryHelps)
			if len(h.live) != 1 || h.state.Assignee.ID != "ana" {
				t.Fatalf("waiting %v, of %v", h.live, h.state.Assignee)
			}
		},
		"who wants no more pages gets none; the policy's people cannot": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.provider = silent
			h.fire("Down", critical)
			h.help("ana", "cyd")
			h.must(incident.StopPaging{By: by("cyd")})
			if len(h.live) != 1 {
				t.Fatalf("waiting: %v", h.live)
			}
			h.refused(incident.StopPaging{By: by("cyd")}, "incident.not_a_responder")
			h.refused(incident.StopPaging{By: by("ana")}, "incident.not_a_responder")
			h.help("cyd", "ana")
			h.refused(incident.StopPaging{By: by("ana")}, "incident.policy_pages_you")
			h.look()
			h.must(incident.Reassign{By: by("boss"), To: user("ben")})
			h.expectPaged("ana ben") // cyd is not asked again
		},
		"the last of a level who stops leaves it to the next": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.ack("boss")
			h.help("boss", "cyd")
			h.gone("ana")
			h.look()
			h.must(incident.Reopen{By: by("boss")})
			h.expectPaged("cyd")
			h.must(incident.StopPaging{By: by("cyd")})
			h.expectPaged("ben")
		},
	})
}

// other is another incident of the same service.
func other(sev alert.Severity, status incident.Status, opened time.Time) incident.State {
	o := incident.State{Number: 2, ID: "two", OpenedAt: opened, Status: status, Alerts: 3, Title: "Other", Severity: sev, Quiet: sev.Quiet()}
	o.Firing[o.Severity.Rank()] = 1
	o.Names = []incident.SeenName{{Name: "Odd", Firing: 1, At: opened}}
	return o
}

func TestMerge(t *testing.T) {
	absorb := func(h *story, o incident.State) {
		h.t.Helper()
		h.fires["Odd"] = o.Severity
		h.must(incident.Absorb{Other: o, By: by("ana")})
	}
	told(t, map[string]func(*testing.T){
		"the more severe survives, then the older": func(t *testing.T) {
			early, late := time.Unix(1, 0), time.Unix(2, 0)
			a, b := other(critical, incident.Open(), late), other(failing, incident.Open(), early)
			if !incident.Survives(&a, &b) || incident.Survives(&b, &a) {
				t.Fatal("the less severe survives")
			}
			b = other(critical, incident.Open(), early)
			if incident.Survives(&a, &b) || !incident.Survives(&b, &a) {
				t.Fatal("the younger survives")
			}
		},
		"both acknowledged: it stays so, and ends with all their alerts": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.ack("ana")
			h.look()
			absorb(h, other(failing, incident.Acknowledged(), h.now))
			h.expect(incident.Acknowledged())
			h.expectPaged("")
			if h.state.Alerts != 4 {
				t.Fatalf("%d alerts", h.state.Alerts)
			}
			h.heal("Down")
			h.expect(incident.Acknowledged())
			h.heal("Odd")
			h.expect(incident.Resolved())
		},
		"one was open: a round": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.ack("ana")
			h.forward(11 * time.Minute)
			h.look()
			absorb(h, other(failing, incident.Open(), h.now))
			h.expect(incident.Open())
			h.expectPaged("ana")
		},
		"a round that runs goes on": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.forward(14 * time.Minute)
			absorb(h, other(critical, incident.Open(), h.now))
			h.expectTimer(incident.TimerEscalate, time.Minute)
		},
		"the other ends, with all that waited; what fires again under its name is alive": func(t *testing.T) {
			h := newStory(t, "ana")
			h.provider = silent
			h.fire("Down", critical)
			clear(h.fires)
			h.must(incident.MergedAway{Into: incident.Other{Number: 2, ID: "two"}, By: by("ana")})
			h.expect(incident.Resolved())
			if len(h.live)+len(h.rows) > 0 || h.state.MergedInto.ID != "two" {
				t.Fatalf("waiting %v, timers %v, merged into %v", h.live, h.rows, h.state.MergedInto)
			}
			h.provider = accepting
			h.fire("Down", critical)
			h.expect(incident.Open())
			if h.state.MergedInto.ID != "" {
				t.Fatal("it is merged and open")
			}
		},
		"not what is over, not what pages nobody with what does": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.refused(incident.Absorb{Other: other(info, incident.Open(), h.now), By: by("ana")}, "incident.merge_quiet")
			h.refused(incident.Absorb{Other: h.state, By: by("ana")}, "incident.merge_same")
			h.refused(incident.Absorb{Other: other(critical, incident.Resolved(), h.now), By: by("ana")}, "incident.already_resolved")
			h.heal("Down")
			h.refused(incident.MergedAway{By: by("ana")}, "incident.already_resolved")
		},
	})
}

func TestPageNow(t *testing.T) {
	page := func(h *story, who string) {
		h.t.Helper()
		h.must(incident.PageNow{By: by("cyd"), Severity: critical, Targets: []escalation.Target{user(who)}, Text: "help"})
		h.settle()
	}
	told(t, map[string]func(*testing.T){
		"whom they chose, then the policy": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			page(h, "boss")
			if p := h.paged[0]; !strings.Contains(p.Reason, "cyd pages you: help") {
				t.Fatalf("why: %s", p.Reason)
			}
			if p := h.paged[0]; !p.ByHand || !p.Deliveries[0].ByHand {
				t.Fatal("whom they chose is not paged by hand")
			}
			h.expectPaged("boss")
			h.forward(15 * time.Minute)
			if h.paged[0].ByHand {
				t.Fatal("whom the policy adds is paged by hand")
			}
			h.expectPaged("ben")
			h.look()
			h.ack("ben")
			h.forward(4 * time.Hour)
			h.expectPaged("ben boss")
		},
		"without any policy": func(t *testing.T) {
			h := newStory(t, "ana")
			h.settings.DefaultPolicy, h.owned.Services = "", nil
			h.changeRoster()
			page(h, "ana")
			h.expectPaged("ana")
			h.expectTimer(incident.TimerEscalate, 15*time.Minute)
		},
		"only people resolve it": func(t *testing.T) {
			h := newStory(t, "ana")
			page(h, "ana")
			h.fire("Down", critical)
			h.heal("Down")
			h.expect(incident.Open())
			h.resolve("ana")
			h.expect(incident.Resolved())
		},
		"nobody who can be reached, nothing that wakes": func(t *testing.T) {
			h := newStory(t, "ana")
			h.gone("ben")
			h.refused(incident.PageNow{By: by("cyd"), Severity: critical, Targets: []escalation.Target{user("ben")}}, "incident.unreachable")
			h.refused(incident.PageNow{By: by("cyd"), Severity: info, Targets: []escalation.Target{user("ana")}}, "incident.severity")
		},
	})
}

func TestReopenByAPerson(t *testing.T) {
	told(t, map[string]func(*testing.T){
		"what I acknowledged and resolved by mistake is mine again, and nobody is paged": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.ack("ana")
			h.resolve("ana")
			h.look()
			h.must(incident.Reopen{By: by("ana")})
			h.expect(incident.Acknowledged())
			h.expectPaged("")
			h.expectTold("")
			h.expectNoTimer(incident.TimerGrace)
			h.heal("Down")
			h.expect(incident.Resolved())
		},
		"by another, the owner hears of it": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.ack("ana")
			h.resolve("ana")
			h.look()
			h.must(incident.Reopen{By: by("ben")})
			h.expectTold("ana")
		},
		"what nobody acknowledged: a round": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.resolve("ben")
			h.forward(15 * time.Minute)
			h.look()
			h.must(incident.Reopen{By: by("ben")})
			h.expect(incident.Open())
			h.expectPaged("ana")
		},
		"what is acknowledged is given back; what is open stays": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.ack("ana")
			h.look()
			h.must(incident.Reopen{By: by("ana")})
			h.expectPaged("ana")
			h.must(incident.Reopen{By: by("ana")})
			h.expectPaged("")
		},
	})
}

func TestOutlook(t *testing.T) {
	expect := func(h *story, kind incident.TimerKind, level int, who string) {
		h.t.Helper()
		o := h.state.Outlook(h.roster, h.now)
		var names []string
		for _, t := range o.Next.Who {
			names = append(names, t.Name+" by "+strings.Join(t.Kinds, "+"))
		}
		if got := strings.Join(names, ", "); o.Next.Kind != kind || o.Next.Level != level || got != who || !o.Next.At.Equal(h.rows[kind].DueAt) {
			h.t.Fatalf("next: %+v", o.Next)
		}
	}
	told(t, map[string]func(*testing.T){
		"what a story will do": func(t *testing.T) {
			h := newStory(t)
			h.policy(1, "ana", "ben")
			h.fire("Down", critical)
			expect(h, incident.TimerEscalate, 2, "ben by sms")
			if o := h.state.Outlook(h.roster, h.now); len(o.Now) != 1 || o.Now[0].Name != "ana" {
				t.Fatalf("now: %+v", o.Now)
			}
			h.forward(15 * time.Minute)
			expect(h, incident.TimerEscalate, 1, "ana by sms")
			h.forward(30 * time.Minute)
			expect(h, incident.TimerEscalate, 0, "boss by sms")
			h.forward(15 * time.Minute)
			expect(h, incident.TimerReminder, 0, "boss by sms")
			h.ack("ben")
			expect(h, incident.TimerAckRemind, 0, "ben by sms")
			h.forward(time.Hour)
			expect(h, incident.TimerAckExpire, 1, "ben by sms, ana by sms")
			h.snooze("ben", time.Hour)
			expect(h, incident.TimerSnooze, 1, "ana by sms")
			h.resolve("ben")
			expect(h, incident.TimerGrace, 0, "")
		},
	})
}
