package deliver

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/failpoint"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// RecordRepos is what a record works on, in one transaction.
type RecordRepos struct {
	Incidents  ports.Incidents
	Messages   ports.Messages
	Deliveries ports.Deliveries
	Directory  ports.Directory
}

// recordAll records results in groups until there are no more.
func (w *Worker) recordAll(ctx context.Context, results <-chan []result) {
	for first := range results {
		for group := range slices.Chunk(gather(first, results), recordLimit) {
			w.recordGroup(ctx, group)
		}
	}
}

// recordInOrder waits for all results and records them by message.
func (w *Worker) recordInOrder(ctx context.Context, results <-chan []result) {
	var all []result
	for rs := range results {
		all = append(all, rs...)
	}
	slices.SortStableFunc(all, func(a, b result) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(firstID(a), firstID(b)))
	})
	for group := range slices.Chunk(all, recordLimit) {
		w.recordGroup(ctx, group)
	}
}

// firstID is of a result's first delivery; 0 for a test, which has none.
func firstID(r result) int64 {
	if len(r.Deliveries) == 0 {
		return 0
	}
	return r.Deliveries[0].ID
}

// gather takes what is there already.
func gather(group []result, results <-chan []result) []result {
	for len(group) < recordLimit {
		select {
		case rs, ok := <-results:
			if !ok {
				return group
			}
			group = append(group, rs...)
		default:
			return group
		}
	}
	return group
}

// recordGroup records a group whatever it takes while the database is away: what was sent and is not recorded
// would go out twice. A group that cannot be recorded is taken apart; one result that cannot, is recorded
// without the engine, whose timers escalate all the same.
func (w *Worker) recordGroup(ctx context.Context, group []result) {
	err := w.recordPatiently(ctx, group, true)
	switch {
	case err == nil || ctx.Err() != nil:
	case len(group) > 1:
		for _, r := range group {
			w.recordGroup(ctx, []result{r})
		}
	default:
		w.cfg.Log.Error("recording a delivery", "message", group[0].ID, "outcome", group[0].outcome, "error", err)
		w.cfg.Metrics.Poisoned(group[0].Kind)
		if err := w.recordPatiently(ctx, group, false); err != nil {
			w.cfg.Log.Error("recording a delivery without the engine", "message", group[0].ID, "error", err)
		}
	}
}

func (w *Worker) recordPatiently(ctx context.Context, group []result, engine bool) error {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		err := w.record(ctx, group, engine)
		if !errors.Is(err, ports.ErrUnknownOutcome) && !fault.Is(err, fault.KindUnavailable) {
			return err
		}
		w.cfg.Log.Warn("recording deliveries waits for the database", "error", err)
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
	}
}

// record writes what came of a group and tells the engine. Running it twice changes nothing more.
func (w *Worker) record(ctx context.Context, group []result, engine bool) error {
	var rec *recording
	err := w.cfg.Records(ctx, func(ctx context.Context, r RecordRepos) error {
		rec = &recording{w: w, r: r, now: w.cfg.Clock.Now(), changed: make(map[id.Message]notification.Message)}
		if err := rec.load(ctx, group, engine); err != nil {
			return err
		}
		for _, res := range group {
			rec.apply(res)
		}
		if err := rec.write(ctx); err != nil || !engine {
			return err
		}
		return rec.tell(ctx)
	})
	if err != nil {
		return err
	}
	failpoint.Here(failpoint.Recorded)
	for _, kind := range rec.afterAck {
		w.cfg.Metrics.PageAfterAck(kind)
	}
	for _, kind := range rec.poisoned {
		w.cfg.Metrics.Poisoned(kind)
	}
	w.cfg.Committed(rec.changes)
	if rec.more {
		w.Wake()
	}
	return nil
}

// recording is one record's transaction.
type recording struct {
	w      *Worker
	r      RecordRepos
	now    time.Time
	people *directory.Snapshot

	states   map[id.Incident]incident.State
	messages map[id.Message]ports.Bound
	pages    map[notification.PageKey][]*notification.Delivery
	byID     map[int64]*notification.Delivery

	changed  map[id.Message]notification.Message
	statuses map[notification.Status][]int64
	hasten   []notification.Delivery
	news     []news
	changes  []incident.Change
	afterAck []string
	poisoned []string
	more     bool // something became due
}

// load locks incidents, then messages, and reads the deliveries of every page concerned. Without the engine no
// incident is loaded: one of them may be what cannot be read.
func (rec *recording) load(ctx context.Context, group []result, engine bool) (err error) {
	var numbers []id.Incident
	var messages []id.Message
	var pages []notification.PageKey
	seen := make(map[notification.PageKey]bool)
	for _, res := range group {
		if res.ID != "" {
			messages = append(messages, res.ID)
		}
		for _, d := range res.Deliveries {
			numbers = append(numbers, d.Page.Incident)
			if !seen[d.Page] {
				seen[d.Page] = true
				pages = append(pages, d.Page)
			}
		}
	}
	slices.Sort(numbers)
	slices.Sort(messages)
	if rec.people, err = rec.r.Directory.Current(ctx); err != nil {
		return err
	}
	if engine {
		if rec.states, err = rec.r.Incidents.Lock(ctx, slices.Compact(numbers)); err != nil {
			return err
		}
	}
	if rec.messages, err = rec.r.Messages.Lock(ctx, slices.Compact(messages)); err != nil {
		return err
	}
	ds, err := rec.r.Deliveries.OfPages(ctx, pages)
	rec.pages = make(map[notification.PageKey][]*notification.Delivery, len(pages))
	rec.byID = make(map[int64]*notification.Delivery, len(ds))
	rec.statuses = make(map[notification.Status][]int64)
	for i := range ds {
		d := &ds[i]
		rec.byID[d.ID] = d
		rec.pages[d.Page] = append(rec.pages[d.Page], d)
	}
	return err
}

// write saves messages and deliveries.
func (rec *recording) write(ctx context.Context) error {
	messages := make([]notification.Message, 0, len(rec.changed))
	for _, n := range slices.Sorted(maps.Keys(rec.changed)) {
		messages = append(messages, rec.changed[n])
	}
	if err := rec.r.Messages.Save(ctx, messages); err != nil {
		return err
	}
	for _, to := range []notification.Status{
		notification.Accepted, notification.Delivered, notification.Failed, notification.Expired, notification.Cancelled,
	} {
		var ids []int64
		for _, n := range rec.statuses[to] {
			if rec.byID[n].Status == to { // and not another one by a later result of the group
				ids = append(ids, n)
			}
		}
		if len(ids) == 0 {
			continue
		}
		if err := rec.r.Deliveries.SetStatus(ctx, ids, to); err != nil {
			return err
		}
	}
	if len(rec.hasten) == 0 {
		return nil
	}
	rec.more = true
	return rec.r.Deliveries.Hasten(ctx, rec.hasten, rec.now)
}

// tell steps the engine for every incident that something came of. One whose step fails is left as it is, loudly:
// its timers go on.
func (rec *recording) tell(ctx context.Context) error {
	folds := make(map[id.Incident]*incident.Fold)
	for _, ev := range rec.events() {
		s, ok := rec.states[ev.incident]
		if !ok {
			continue
		}
		f := folds[ev.incident]
		if f == nil {
			f = incident.NewFold(s)
			folds[ev.incident] = f
		}
		in := incident.Input{Now: rec.now, Rules: rec.people.RulesOf(s.Service), Roster: rec.people}
		if err := f.Step(ev.event, in); err != nil {
			rec.w.cfg.Log.Log(ctx, slog.LevelError, "the engine refused what came of a delivery", "incident", ev.incident, "error", err)
		}
	}
	for _, f := range folds {
		if f.Steps() == 0 {
			continue
		}
		c := f.Change()
		rec.more = rec.more || len(c.Pages) > 0
		rec.changes = append(rec.changes, c)
	}
	if len(rec.changes) == 0 {
		return nil
	}
	slices.SortFunc(rec.changes, func(a, b incident.Change) int { return int(a.State.Number - b.State.Number) })
	return rec.r.Incidents.Save(ctx, rec.changes)
}
