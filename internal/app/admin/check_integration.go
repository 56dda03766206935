package admin

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// How often a heartbeat may come, and by how much it may be late.
const (
	minEvery = 10 * time.Second
	maxEvery = 31 * 24 * time.Hour
)

// maxTransform bounds an expression, in bytes.
const maxTransform = 16 << 10

func (p *planner) checkIntegration(d DesiredIntegration, in directory.Integration) {
	if kinds := directory.IntegrationKinds(); !slices.Contains(kinds, in.Kind) {
		p.problems.Add(d.Kind.At, "integration.kind", "there is no kind of integration %q: use %s", in.Kind, orOf(kinds))
	}
	if in.RateLimit < 0 {
		p.problems.Add(d.RateLimit.At, "integration.rate_limit", "rate_limit is requests per second, 0 for the default")
	}
	if in.Burst < 0 {
		p.problems.Add(d.Burst.At, "integration.burst", "burst is a number of requests, 0 for the default")
	}
	at := cmp.Or(d.Every.At, d.Kind.At, d.Name.At)
	switch {
	case in.Kind == directory.Heartbeat && (in.Every < minEvery || in.Every > maxEvery):
		p.problems.Add(at, "integration.every", "a heartbeat needs every: how often it comes, from 10s to 744h")
	case in.Grace < 0 || in.Grace > maxEvery:
		p.problems.Add(d.Grace.At, "integration.grace", "grace is by how much a heartbeat may be late, from 0s to 744h")
	}
	p.checkTransform(d, in)
}

// orOf is "a, b or c".
func orOf[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = string(v)
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

func (p *planner) checkTransform(d DesiredIntegration, in directory.Integration) {
	if in.Transform == "" || !d.Transform.Set {
		return
	}
	if len(in.Transform) > maxTransform {
		p.problems.Add(d.Transform.At, "integration.transform", "a transform has at most %d bytes", maxTransform)
		return
	}
	if p.checkExpression == nil {
		return
	}
	if err := p.checkExpression(in.Transform); err != nil {
		p.problems.Add(d.Transform.At, "integration.transform", "the transform cannot be used: %s", err)
	}
}
