package wire

import (
	"context"
	"slices"
	"strings"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
)

// lookForDoubts asks the database by what it may lose what we promise to keep, and says what is new in the log.
// What is answered with 2xx while its commits wait for no disk is counted.
func (a *App) lookForDoubts(ctx context.Context) (int, error) {
	doubts, err := a.db.Doubts(ctx)
	if err != nil {
		return 0, err
	}
	for _, d := range doubts {
		if !slices.Contains(a.doubts, d) {
			a.log.Warn(d.Words)
		}
	}
	a.doubts = doubts
	a.metrics.Unflushed(slices.ContainsFunc(doubts, func(d engine.Doubt) bool { return d.Unflushed }))
	return 0, nil
}

func (a *App) durabilityWords(ctx context.Context) (string, bool) {
	switch doubts, err := a.db.Doubts(ctx); {
	case err != nil:
		return "the database was asked and did not say", true
	case len(doubts) > 0:
		words := make([]string, len(doubts))
		for i, d := range doubts {
			words[i] = d.Words
		}
		return "degraded: " + strings.Join(words, "; "), false
	}
	return "the database keeps what it has committed", true
}
