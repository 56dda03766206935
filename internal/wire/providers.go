package wire

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/twilio"
	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// askDoctor ends what is said of providers: it asks them.
const askDoctor = ": `rouse doctor` on the server's machine says why"

const (
	dead      = 3                // attempts in a row that a provider leaves untaken: then it is said
	askAgain  = 15 * time.Second // a provider that took nothing, whether it does now
	checkTime = 10 * time.Second
)

// providers remembers how the providers took this server's last messages. Webhooks have as many as there are
// addresses: they are not among them.
type providers struct {
	deliver.Metrics // hears everything

	channels *channels
	now      func() time.Time
	log      *slog.Logger

	mu   sync.Mutex
	bad  map[string]int       // attempts in a row that were not taken, by kind
	good map[string]time.Time // the last that was
}

// Sent notes an attempt's outcome. One message that is refused says nothing of the provider, three in a row do.
func (p *providers) Sent(kind, outcome string, took time.Duration) {
	p.Metrics.Sent(kind, outcome, took)
	if _, ok := p.channels.notifiers[kind].(checker); !ok {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch outcome {
	case "accepted":
		p.good[kind] = p.now()
		p.well(kind)
	case "retry", "unknown", "failed":
		if p.bad[kind]++; p.bad[kind] == dead {
			p.log.Warn("a provider takes no messages"+askDoctor, "kind", kind, "attempts", dead)
		}
	}
}

func (p *providers) well(kind string) {
	if p.bad[kind] >= dead {
		p.log.Info("a provider takes messages again", "kind", kind)
	}
	p.bad[kind] = 0
}

// look asks those that took nothing, without sending: there may be no message for long that would show it.
func (p *providers) look(ctx context.Context) (int, error) {
	for _, kind := range p.failing() {
		provider, ok := p.channels.notifiers[kind].(checker)
		if !ok {
			continue
		}
		asking, cancel := context.WithTimeout(ctx, checkTime)
		err := provider.Check(asking)
		cancel()
		if err == nil {
			p.mu.Lock()
			p.well(kind)
			p.mu.Unlock()
		}
	}
	return 0, nil
}

// providerChanged says that one of the providers of a kind begins to fail, or ends to: others are asked first.
func (a *App) providerChanged(kind string, h ports.ProviderHealth) {
	a.metrics.ProviderFailing(kind, h.Name, h.Failing)
	a.log.Warn("a provider of several", "kind", kind, "provider", h.Name, "failing", h.Failing, "error", h.Error)
}

// failing are the kinds whose provider takes nothing.
func (p *providers) failing() (kinds []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, kind := range slices.Sorted(maps.Keys(p.bad)) {
		if p.bad[kind] >= dead {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// allFail: no provider that people are reached by takes anything. Calls are no way of their own: they go by who sends
// texts, and nobody may have been called for long.
func (p *providers) allFail() bool {
	n, failing := 0, p.failing()
	for kind, c := range p.channels.notifiers {
		if _, ok := c.(checker); !ok || kind == twilio.VoiceDescriptor().Kind {
			continue
		}
		if n++; !slices.Contains(failing, kind) {
			return false
		}
	}
	return n > 0
}

// words say which providers take nothing, and whether none does so.
func (p *providers) words() (string, bool) {
	kinds := p.failing()
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, kind := range kinds {
		last := "none since this server started"
		if t, ok := p.good[kind]; ok {
			last = "the last at " + t.UTC().Format("2006-01-02 15:04 UTC")
		}
		out = append(out, fmt.Sprintf("%s fails: the last %d attempts were not taken; taken: %s", kind, p.bad[kind], last))
	}
	for _, kind := range slices.Sorted(maps.Keys(p.channels.notifiers)) {
		for _, h := range p.channels.health(kind) {
			if h.Failing {
				out = append(out, fmt.Sprintf("%s by %s fails since %s, others are asked first: %s", kind, h.Name, h.Since.UTC().Format("2006-01-02 15:04 UTC"), h.Error))
			}
		}
	}
	if len(out) == 0 {
		return "", true
	}
	return strings.Join(out, "; ") + askDoctor, false
}
