package verify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Pages of what is read at once.
const (
	somePage = 500
	rowsPage = 5000
	// most is how many findings are kept in words; all are counted.
	most = 1000
)

// Report is what was looked at and what was found.
type Report struct {
	Checked  []Count  `json:"checked"`
	Found    int      `json:"found"`
	Findings []string `json:"findings"`          // in words, the first 1,000
	Advice   []Advice `json:"advice"`            // what to do, by kind of finding; none where nothing was found
	Restore  string   `json:"restore,omitempty"` // and where that does not help
}

// find hears of what does not hold.
type find func(k Kind, format string, args ...any)

// Count is how many of something were looked at.
type Count struct {
	What string `json:"what"`
	N    int    `json:"n"`
}

// Run looks at everything.
type Run struct{ Reader Reader }

// Do goes through the whole database. An error means that it could not be read to its end.
func (u Run) Do(ctx context.Context) (Report, error) {
	r := Report{Findings: []string{}, Advice: kinds()}
	for _, part := range []func(context.Context, *Report) error{u.incidents, u.alerts, u.messages, u.rows} {
		if err := part(ctx, &r); err != nil {
			return r, err
		}
	}
	r.Advice = slices.DeleteFunc(r.Advice, func(a Advice) bool { return a.Found == 0 })
	if r.Found > 0 {
		r.Restore = restore
	}
	return r, nil
}

func (r *Report) find(k Kind, format string, args ...any) {
	r.Found++
	r.Advice[slices.IndexFunc(r.Advice, func(a Advice) bool { return a.Kind == k })].Found++
	if len(r.Findings) < most {
		r.Findings = append(r.Findings, fmt.Sprintf(format, args...))
	}
}

func (u Run) incidents(ctx context.Context, r *Report) error {
	incidents, deliveries, entries := 0, 0, 0
	for after := id.Incident(0); ; {
		page, err := u.Reader.Incidents(ctx, after, somePage)
		if err != nil {
			return err
		}
		if after == 0 {
			owned(page.People, r.find)
		}
		for i := range page.All {
			in := &page.All[i]
			after = in.Number
			incidents, deliveries, entries = incidents+1, deliveries+len(in.Deliveries), entries+int(in.Entries.Count)
			in.check(&page, func(k Kind, format string, args ...any) {
				r.find(k, "incident "+in.Number.String()+": "+format, args...)
			})
		}
		if len(page.All) < somePage {
			break
		}
	}
	r.Checked = append(r.Checked, Count{"incidents", incidents}, Count{"entries of their history", entries}, Count{"deliveries", deliveries})
	return nil
}

func (u Run) alerts(ctx context.Context, r *Report) error {
	n := 0
	for after := (alert.Key{}); ; {
		page, err := u.Reader.Alerts(ctx, after, somePage)
		if err != nil {
			return err
		}
		for i := range page.All {
			a := &page.All[i]
			after = a.Key
			name := a.title(page.People)
			a.check(page.Beat, func(k Kind, format string, args ...any) { r.find(k, "%s: "+format, append([]any{name}, args...)...) })
		}
		n += len(page.All)
		if len(page.All) < somePage {
			break
		}
	}
	r.Checked = append(r.Checked, Count{"alerts", n})
	return nil
}

func (u Run) messages(ctx context.Context, r *Report) error {
	n := 0
	for after := id.Message(""); ; {
		page, err := u.Reader.Messages(ctx, after, somePage)
		if err != nil {
			return err
		}
		for i := range page {
			m := &page[i]
			after = m.ID
			m.check(func(k Kind, format string, args ...any) {
				r.find(k, "message %s: "+format, append([]any{m.ID}, args...)...)
			})
		}
		n += len(page)
		if len(page) < somePage {
			break
		}
	}
	r.Checked = append(r.Checked, Count{"messages", n})
	return nil
}

// rows looks for those that belong to nothing.
func (u Run) rows(ctx context.Context, r *Report) error {
	for _, table := range u.Reader.Tables() {
		n := 0
		for after := Place(""); ; {
			page, err := u.Reader.Rows(ctx, table, after, rowsPage)
			if err != nil {
				return err
			}
			for _, s := range page.Strays {
				r.find(Records, "table %s: %s", table, s)
			}
			n += page.Count
			if after = page.Next; after == "" {
				break
			}
		}
		r.Checked = append(r.Checked, Count{"rows of " + table, n})
	}
	return nil
}

// stamp is a moment in words.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "no time"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}
