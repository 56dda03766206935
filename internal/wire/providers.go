package wire

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/deliver"
)

// dead is how many attempts in a row a provider may leave untaken before /ready says so.
const dead = 3

// providers remembers how the providers took this server's last messages. Webhooks have as many as there are
// addresses: they are not among them.
type providers struct {
	deliver.Metrics // hears everything

	channels *channels
	now      func() time.Time

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
		p.bad[kind], p.good[kind] = 0, p.now()
	case "retry", "unknown", "failed":
		p.bad[kind]++
	}
}

// words say which providers take nothing, and whether none does so.
func (p *providers) words() (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, kind := range slices.Sorted(maps.Keys(p.bad)) {
		if p.bad[kind] < dead {
			continue
		}
		last := "none since this server started"
		if t, ok := p.good[kind]; ok {
			last = "the last at " + t.UTC().Format("2006-01-02 15:04 UTC")
		}
		out = append(out, fmt.Sprintf("%s fails: the last %d attempts were not taken; taken: %s", kind, p.bad[kind], last))
	}
	if len(out) == 0 {
		return "", true
	}
	return strings.Join(out, "; ") + ": `rouse doctor` says why", false
}
