package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// firstList shows the unresolved incidents that fit the filters of the address; where there are many, the worst of them.
// The UI gets all of them, or asks itself.
func (p pages) firstList(ctx context.Context, by directory.Principal, address url.Values, view *firstView, state *firstState) error {
	unresolved := insight.IncidentQuery{Status: "open,acknowledged"}
	all, whole, err := p.worst(ctx, by, unresolved)
	if err != nil {
		return err
	}
	if err := p.firstStorm(ctx, by, view, state); err != nil {
		return err
	}
	bodies, err := p.ahead(ctx, all)
	if err != nil {
		return err
	}
	if view.Unacked, view.Acked, err = p.count(ctx, by, bodies, whole); err != nil {
		return err
	}
	if whole {
		state.Unresolved = bodies
		view.whose(bodies)
	}
	q, filters, known := filtersOf(address)
	if !known {
		return nil
	}
	if view.Filters = filters; filters > 0 {
		q.Status = unresolved.Status
		if all, whole, err = p.worst(ctx, by, q); err != nil {
			return err
		}
		if bodies, err = p.ahead(ctx, all); err != nil {
			return err
		}
	}
	view.List = true
	view.lines(bodies, whole)
	return nil
}

// worst gives the first of a list in the dashboard's order: what nobody has, then what somebody has; the worst, then the
// oldest. whole: there are no more.
func (p pages) worst(ctx context.Context, by directory.Principal, q insight.IncidentQuery) (out []incident.State, whole bool, err error) {
	q.Limit = firstAtMost
	list, err := p.d.Incidents.List.Do(ctx, by, q)
	if err != nil || list.NextCursor == "" {
		return list.Incidents, true, err
	}
	severities := severityNames()
	if q.Severity != "" {
		severities = []string{q.Severity}
	}
	q.Sort = string(insight.Oldest)
	for _, q.Status = range []string{"open", "acknowledged"} {
		for _, q.Severity = range severities {
			if q.Limit = firstAtMost - len(out); q.Limit == 0 {
				return out, false, nil
			}
			list, err := p.d.Incidents.List.Do(ctx, by, q)
			if err != nil {
				return nil, false, err
			}
			out = append(out, list.Incidents...)
		}
	}
	return out, len(out) < firstAtMost, nil
}

// severityNames are the worst first.
func severityNames() []string { return []string{"critical", "error", "warning", "info", "none"} }

func (p pages) count(ctx context.Context, by directory.Principal, all []incidentBody, whole bool) (open, acked int, err error) {
	if !whole {
		return p.d.Incidents.Count.Do(ctx, by)
	}
	for _, i := range all {
		if i.Status == "open" {
			open++
		}
	}
	return open, len(all) - open, nil
}

func (p pages) firstStorm(ctx context.Context, by directory.Principal, view *firstView, state *firstState) error {
	storm, err := p.d.Incidents.Storm.Do(ctx, by)
	if err != nil {
		return err
	}
	card := stormOf(&storm)
	state.Storm = &card
	if card.Incidents > 0 {
		view.Storm = &stormView{card, age(time.Since(storm.Began))}
	}
	return nil
}

// filtersOf reads the filters that a list's address has, as web/src/features/dashboard/search.ts does. known: they can
// be applied here; days begin by the clock of a device.
func filtersOf(address url.Values) (q insight.IncidentQuery, filters int, known bool) {
	for name, to := range map[string]*string{
		"severity": &q.Severity, "priority": &q.Priority, "service": &q.Service, "environment": &q.Environment, "team": &q.Team, "assignee": &q.Assignee, "q": &q.Q,
	} {
		if *to = plainText(address.Get(name)); *to != "" {
			filters++
		}
	}
	q.Q = strings.TrimPrefix(q.Q, "#")
	return q, filters, address.Get("since") == "" && address.Get("until") == ""
}

// plainText undoes how the UI's router writes a text that looks like something else: "123".
func plainText(v string) string {
	var text string
	if json.Unmarshal([]byte(v), &text) == nil {
		return text
	}
	return v
}

// whose counts what is asked of, and what has, whoever looks.
func (v *firstView) whose(all []incidentBody) {
	for _, i := range all {
		if i.Assignee != nil && *i.Assignee == v.Me.Name {
			v.Mine++
		}
		if i.Status == "open" && slices.ContainsFunc(i.Paging, func(t toldBody) bool { return v.Me.User != "" && t.ID == v.Me.User }) {
			v.Asked++
		}
	}
}

// lines sorts them as the dashboard does, and says how many there are of each kind: of how many only some are here is
// known where no filter chose them.
func (v *firstView) lines(list []incidentBody, whole bool) {
	rank := severityNames()
	slices.SortStableFunc(list, func(a, b incidentBody) int {
		return cmp.Or(cmp.Compare(slices.Index(rank, a.Severity), slices.Index(rank, b.Severity)), a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.Number, b.Number))
	})
	open, acked := &firstPart{Title: "Unacknowledged"}, &firstPart{Title: "Acknowledged"}
	for _, i := range list {
		part := open
		if i.Status != "open" {
			part = acked
		}
		part.Lines = append(part.Lines, lineOf(i))
	}
	for _, part := range []*firstPart{open, acked} {
		if len(part.Lines) > 0 {
			part.Count = fmt.Sprint(len(part.Lines))
			v.Parts = append(v.Parts, part)
		}
	}
	if whole {
		return
	}
	v.More = "More of them come with the page."
	if v.Filters > 0 {
		v.Parts[len(v.Parts)-1].Count += " and more"
		return
	}
	open.Count, acked.Count = fmt.Sprint(v.Unacked), fmt.Sprint(v.Acked)
	v.More = fmt.Sprintf("And %d more.", v.Unacked+v.Acked-len(list))
}
