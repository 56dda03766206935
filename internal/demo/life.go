package demo

import (
	"container/heap"
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// life is what happens in the organisation: troubles come and go, people answer. Everything of it is decided by the
// seed; only what the server makes of it is not.
type life struct {
	rng   *rand.Rand
	house *house
	queue queue
	seq   int
	week  func(time.Time) int
	fires map[string]bool // alerts that fire, by fingerprint
	quick float64         // how much faster than in earnest people and troubles are; 1 in the past
}

// event is something that happens at its moment.
type event struct {
	at  time.Time
	seq int // of those at one moment, in the order in which they were thought of
	do  func(ctx context.Context) error
}

type queue []event

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].at.Before(q[j].at) || q[i].at.Equal(q[j].at) && q[i].seq < q[j].seq
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *queue) Push(x any) { *q = append(*q, x.(event)) } //nolint:forcetypeassert // nobody else pushes

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	*q = (*q)[:last]
	return e
}

func (l *life) at(t time.Time, do func(ctx context.Context) error) {
	l.seq++
	heap.Push(&l.queue, event{t, l.seq, do})
}

// next is when something happens next; zero: nothing does.
func (l *life) next() time.Time {
	if len(l.queue) == 0 {
		return time.Time{}
	}
	return l.queue[0].at
}

// step does what happens until now.
func (l *life) step(ctx context.Context, now time.Time) error {
	for len(l.queue) > 0 && !l.queue[0].at.After(now) {
		e := heap.Pop(&l.queue).(event) //nolint:forcetypeassert // nobody else pushes
		if err := e.do(ctx); err != nil {
			return err
		}
	}
	return nil
}

func fingerprint(parts ...string) string {
	h := fnv.New64a()
	for _, p := range parts {
		_, _ = h.Write([]byte(p + "\xff")) // never fails
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// plan thinks of all troubles of a time.
func (l *life) plan(from, to time.Time) {
	const week = 7 * 24 * time.Hour
	come := func(perWeek float64, w hours, do func(at time.Time)) {
		// Candidates come evenly at the height of the rate, and are taken as often as their hour is likely.
		mean := float64(week) / (perWeek * 3)
		for t := from; ; {
			t = t.Add(time.Duration(l.rng.ExpFloat64() * mean))
			if !t.Before(to) {
				return
			}
			if l.rng.Float64() < w.weight(t) {
				do(t)
			}
		}
	}
	for i := range kinds {
		k := &kinds[i]
		come(k.perWeek, k.hours, func(at time.Time) { l.trouble(k, at) })
	}
	come(outagesPerWeek, traffic, l.outage)
	for t := from; t.Before(to); t = t.Add(week) {
		n := l.week(t)
		l.at(t, func(ctx context.Context) error { return l.house.apply(ctx, n) })
	}
}

// outage lets several kinds of trouble come within minutes.
func (l *life) outage(at time.Time) {
	for i, name := range outage {
		k := &kinds[slices.IndexFunc(kinds, func(k kind) bool { return k.alert == name })]
		l.trouble(k, at.Add(l.about(time.Duration(i)*40*time.Second)))
	}
}

// trouble lets one come: alerts of a kind, one after the other, until all heal.
func (l *life) trouble(k *kind, at time.Time) {
	lasts := l.between(k.lasts[0], k.lasts[1])
	values := l.some(k.of)
	end := at.Add(lasts)
	var fire []firing
	first := true
	for i, v := range values {
		began := at.Add(time.Duration(i) * min(l.between(5*time.Second, time.Minute), lasts/4))
		answer := l.answer(k, lasts)
		l.at(began, func(ctx context.Context) error {
			id := fingerprint(k.alert, k.severity, v)
			if l.fires[id] {
				return nil // another trouble has it
			}
			l.fires[id] = true
			f := firing{k, v, began}
			fire = append(fire, f)
			got, err := l.house.send(ctx, []firing{f}, time.Time{})
			if err == nil && first && len(got) == 1 && got[0].Outcome == "opened" {
				first = false
				answer(got[0].Incident, began)
			}
			return err
		})
	}
	l.at(end, func(ctx context.Context) error {
		if len(fire) == 0 {
			return nil
		}
		for _, f := range fire {
			delete(l.fires, fingerprint(k.alert, k.severity, f.value))
		}
		_, err := l.house.send(ctx, fire, end)
		return err
	})
}

// answer decides who answers a trouble, and when; what it gives is called when its incident is there.
func (l *life) answer(k *kind, lasts time.Duration) func(incident int64, opened time.Time) {
	acts, sleeps, writes := l.rng.Float64() < k.acted, l.rng.Float64() < 0.12, l.rng.Float64() < 0.6
	after := 2*time.Minute + 30*time.Second
	if k.severity == "warning" {
		after, sleeps = 20*time.Minute, false
	}
	after = l.fast(time.Duration(float64(after) * math.Exp(0.7*l.rng.NormFloat64())))
	if sleeps {
		after += l.fast(5 * time.Minute)
	}
	later := l.fast(l.between(2*time.Minute, 12*time.Minute))
	return func(incident int64, opened time.Time) {
		if !acts || after >= lasts {
			return
		}
		t := teams[slices.IndexFunc(teams, func(t team) bool { return t.name == k.team })]
		who, second := t.onCall(l.week(opened))
		if sleeps {
			who = second
		}
		l.at(opened.Add(after), func(ctx context.Context) error { return l.house.ack(ctx, who, incident) })
		if writes && k.note != "" && after+later < lasts {
			l.at(opened.Add(after+later), func(ctx context.Context) error { return l.house.note(ctx, who, incident, k.note) })
		}
	}
}

// fast is a time as it is in this life.
func (l *life) fast(d time.Duration) time.Duration { return time.Duration(float64(d) / l.quick) }

// between is a time between two, rather a short one.
func (l *life) between(from, to time.Duration) time.Duration {
	x := l.rng.Float64()
	return l.fast(from + time.Duration(x*x*float64(to-from))).Round(time.Second)
}

// about is a time, or a little less or more.
func (l *life) about(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.7 + 0.6*l.rng.Float64())).Round(time.Second)
}

// some gives one of these, or several.
func (l *life) some(all []string) []string {
	all = slices.Clone(all)
	l.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	n := 1
	for n < len(all) && l.rng.Float64() < 0.3 {
		n++
	}
	return all[:n]
}
