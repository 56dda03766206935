package sim

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/app/audit"
	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// The model hears the product's metrics.

func (m *model) Answered(_ string, o intake.Outcome, n int) { m.counts("alerts "+string(o), n) }
func (m *model) Refused(_ string, n int)                    { m.counts("alerts refused", n) }
func (m *model) Committed(int, time.Duration)               {}
func (m *model) Truncated(string, int)                      {}
func (m *model) Requested(string, time.Duration)            {}
func (m *model) Sent(_, outcome string, _ time.Duration)    { m.count("sent " + outcome) }
func (m *model) DuplicatePossible(string)                   { m.count("may repeat") }
func (m *model) PageAfterAck(string)                        { m.count("page after ack") }
func (m *model) Poisoned(string)                            { m.count("poisoned") }

func (m *model) lag(incident.TimerKind, time.Duration) {}
func (m *model) audited(audit.Result)                  {}

func (m *model) counts(what string, n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen[what] += n
}
