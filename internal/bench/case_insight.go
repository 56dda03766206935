package bench

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// insightWithin is what a figure, or a list of what it is of, may take.
const insightWithin = 300 // ms

// insight measures figures over a year's incidents, and the lists to which they lead.
func (r *run) insight(ctx context.Context) (err error) {
	n := quickly(r, manyIncidents, 2*templates)
	a, err := r.grown(ctx, n)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	asked := figureQueries(time.Now())
	took, err := a.lookUp(ctx, asked)
	if err != nil {
		return err
	}
	for i, q := range asked {
		r.add(Figure{
			Case: "insight", Name: fmt.Sprintf("of %s incidents: %s", amount(float64(n)), q.name), Value: milliseconds(took[i]), Unit: "ms",
			Target: insightWithin, AtMost: true,
		})
	}
	return nil
}

func figureQueries(now time.Time) []query {
	period := func(days int) string {
		return "since=" + now.AddDate(0, 0, -days).UTC().Format(time.RFC3339) + "&until=" + now.UTC().Format(time.RFC3339) + "&zone=Europe/Madrid"
	}
	year, who := period(370), "&paged="+url.QueryEscape(email(growthJoining))
	out := []query{
		{name: "four weeks", filter: "/api/v1/insight?" + period(28)},
		{name: "a year", filter: "/api/v1/insight?" + year},
		{name: "a year of one service", filter: "/api/v1/insight?" + year + "&service=bench-200"},
		{name: "a year of one severity and environment", filter: "/api/v1/insight?" + year + "&severity=critical&environment=production"},
		{name: "pages of four weeks", filter: "/api/v1/insight/pages?" + period(28)},
		{name: "pages of a year", filter: "/api/v1/insight/pages?" + year},
	}
	for _, q := range []query{
		{name: "nobody ever answered", filter: "&status=resolved&answered=no"},
		{name: "of one hour of the week", filter: "&hour=50"},
		{name: "that one alert opened", filter: "&service=bench-200&alert=HighErrorRate"},
		{name: "of which somebody was paged", filter: who},
		{name: "of which somebody was paged at night", filter: who + "&night=Europe/Madrid"},
		{name: "of which nobody was paged", filter: "&paged=nobody@example.org"},
	} {
		out = append(out, query{name: "first page of those " + q.name, filter: year + q.filter})
	}
	return out
}
