package verify

import (
	"context"
	"fmt"

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
	Findings []string `json:"findings"` // in words, the first 1,000
}

// Count is how many of something were looked at.
type Count struct {
	What string `json:"what"`
	N    int    `json:"n"`
}

// Run looks at everything.
type Run struct{ Reader Reader }

// Do goes through the whole database. An error means that it could not be read to its end.
func (u Run) Do(ctx context.Context) (Report, error) {
	r := Report{Findings: []string{}}
	for _, part := range []func(context.Context, *Report) error{u.incidents, u.alerts, u.messages, u.rows} {
		if err := part(ctx, &r); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (r *Report) find(format string, args ...any) {
	r.Found++
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
		for i := range page {
			in := &page[i]
			after = in.Number
			incidents, deliveries, entries = incidents+1, deliveries+len(in.Deliveries), entries+int(in.Entries.Count)
			in.check(func(format string, args ...any) { r.find("incident "+in.Number.String()+": "+format, args...) })
		}
		if len(page) < somePage {
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
		for i := range page {
			a := &page[i]
			after = a.Key
			a.check(func(format string, args ...any) {
				r.find("alert %s/%s: "+format, append([]any{a.Integration, a.Fingerprint}, args...)...)
			})
		}
		n += len(page)
		if len(page) < somePage {
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
			m.check(func(format string, args ...any) { r.find("message %s: "+format, append([]any{m.ID}, args...)...) })
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
				r.find("table %s: %s belongs to no incident", table, s)
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
