package wire

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/audit"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// sayBroken is how often the log says that incidents cannot be read.
const sayBroken = time.Minute

// mendBroken is what to do about an incident that cannot be read.
const mendBroken = "tell people by `rouse incidents page`; start the newest version of rouse that ever ran on this database; else restore the last copy of it that `rouse verify` finds whole"

// broken are the unresolved incidents that cannot be read, as this server's last audit saw them.
type broken struct {
	mu      sync.Mutex
	numbers []id.Incident
	said    time.Time // when the log said so last, by the machine's clock
}

// set says whether the log has to tell.
func (b *broken) set(numbers []id.Incident) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	changed := !slices.Equal(b.numbers, numbers)
	b.numbers = numbers
	if len(numbers) == 0 || !changed && time.Since(b.said) < sayBroken {
		return false
	}
	b.said = time.Now()
	return true
}

// words are empty where all can be read.
func (b *broken) words() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.numbers) == 0 {
		return ""
	}
	return cannotRead(b.numbers) + ": " + mendBroken
}

func cannotRead(numbers []id.Incident) string {
	const most = 10
	var named []string
	for _, n := range numbers[:min(most, len(numbers))] {
		named = append(named, n.String())
	}
	text := strings.Join(named, ", ")
	if more := len(numbers) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return "nothing can read " + text + " any more: nobody is paged for it, and nobody can answer it"
}

// audited tells of an audit, loudly where nothing can be repaired.
func (a *App) audited(r audit.Result) {
	a.metrics.Audited(r)
	if a.broken.set(r.Unreadable) {
		a.log.Error(cannotRead(r.Unreadable), "do", mendBroken)
	}
}

// auditPassed: another server audits, and knows better what can be read now.
func (a *App) auditPassed() {
	a.metrics.AuditPassed()
	a.broken.set(nil)
}

// readBroken goes through all unresolved incidents.
func readBroken(ctx context.Context, db *store.DB) (numbers []id.Incident, err error) {
	const page = 500
	for after := id.Incident(0); ; {
		planned, err := db.Planned(ctx, after, page)
		for _, p := range planned {
			after = p.Incident
			if p.Unreadable != nil {
				numbers = append(numbers, p.Incident)
			}
		}
		if err != nil || len(planned) < page {
			return numbers, err
		}
	}
}
