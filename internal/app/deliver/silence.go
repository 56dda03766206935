package deliver

import (
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// another says whether another provider is to send a page that one took in silence: once, so before it had been silent.
func (rec *recording) another(m notification.Message) bool {
	for _, t := range m.Tries {
		if t.Outcome == notification.TrySilent {
			return false
		}
	}
	p, ok := rec.w.cfg.Notifiers[m.Kind].(ports.Providers)
	return ok && m.Purpose == notification.PurposePage && rec.now.Before(m.ExpiresAt) && p.Another(m.ProviderID)
}

// elsewhere records what came of sending by another provider what one took in silence. Only that it took it, too, changes
// anything: else the message stands as it stood.
func (rec *recording) elsewhere(m notification.Message, res result) {
	first := m.Provider
	if res.outcome == accepted {
		if took(&m, res); m.Provider != first {
			m.Before = first
		}
	} else {
		m.Status = notification.MessageAccepted
	}
	rec.changed[m.ID] = m
	for _, old := range res.Deliveries {
		d := rec.byID[old.ID]
		if d == nil || d.Status != notification.Accepted || res.outcome != accepted {
			continue
		}
		if _, dropped := res.dropped[d.ID]; !dropped {
			rec.news = append(rec.news, news{page: d.Page, purpose: d.Purpose, kind: elsewhereNews, by: m.Kind, detail: first + " never said that it arrived, " + m.Provider + " has it, too", message: m.ID})
		}
	}
}
