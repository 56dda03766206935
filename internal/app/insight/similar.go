package insight

import (
	"context"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// What counts as past, and how much of it is looked at.
const (
	SimilarFor = 30 * 24 * time.Hour
	maxSimilar = 1000
	shownPast  = 10
)

// Similar looks at what happened before: the same alert of the same service in the 30 days before it opened.
type Similar struct {
	Reader Reader
	Around Around
}

// SimilarPast is how often something like it happened and how that ended.
type SimilarPast struct {
	Count     int
	Truncated bool // there are more: the newest are counted
	// How those that are over ended.
	Healed   int // by themselves, before anybody acknowledged
	Answered int // by themselves, after somebody had acknowledged
	ByPeople int // a person resolved them
	Merged   int
	Median   time.Duration // from opened to resolved, of those that were not merged; 0: none is over
	Newest   []Past        // at most 10
}

// Do counts for an incident by public id or number; fault.NotFound.
func (u Similar) Do(ctx context.Context, by directory.Principal, ref string) (SimilarPast, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return SimilarPast{}, err
	}
	i, err := u.Reader.Show(ctx, ref)
	if err != nil {
		return SimilarPast{}, err
	}
	past, err := u.Around.Similar(ctx, &i.State, i.OpenedAt.Add(-SimilarFor), maxSimilar+1)
	return sumUp(past), err
}

func sumUp(past []Past) SimilarPast {
	out := SimilarPast{Truncated: len(past) > maxSimilar}
	past = past[:min(len(past), maxSimilar)]
	out.Count, out.Newest = len(past), past[:min(len(past), shownPast)]
	var took []time.Duration
	for i := range past {
		p := &past[i]
		switch {
		case p.Status != incident.Resolved():
			continue
		case p.Merged:
			out.Merged++
			continue
		case p.ResolvedBy.Kind == incident.ByUser || p.ResolvedBy.Kind == incident.ByToken:
			out.ByPeople++
		case p.AckedAt.IsZero():
			out.Healed++
		default:
			out.Answered++
		}
		took = append(took, p.ResolvedAt.Sub(p.OpenedAt))
	}
	if len(took) > 0 {
		slices.Sort(took)
		out.Median = took[(len(took)-1)/2]
	}
	return out
}
