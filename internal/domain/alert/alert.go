package alert

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Alert is what (integration, fingerprint) identifies: its state is its newest occurrence's.
// The zero Version means that it has never been stored.
type Alert struct {
	Key
	Version int64 // of the stored row; a save against another version is refused

	Firing   bool
	Start    time.Time // raw starts_at of the newest occurrence, or our received_at where OurStart
	OurStart bool      // the source gave no start: Start is our received_at
	BeganAt  time.Time // when we first heard of the newest occurrence
	LastSeen time.Time // the last firing signal of the newest occurrence
	EndedAt  time.Time // when the newest occurrence ended; zero while it fires
	Stale    bool      // fires by doubt: may be stale
	Graced   bool      // brought back by grace, and not heard since

	KnownEnd time.Time // the latest end that a source told: raw
	OverAt   time.Time // when the last resolved was received: it orders what has no times of its own
	Seen     []Occurrence
	Doubt    *Doubt
	Repeat   time.Duration // learnt: how often the source sends it again; 0 unknown
	Lease    time.Duration // of its last firing signal; 0: none
	Sender   string        // that sent it last; only with a lease
	Every    time.Duration // of its last sign of life: it fires where none follows; 0: none ever came

	Silence  Silence // that mutes it at its source, as far as that was read; zero: none
	ListedBy string  // what was looked at that has had it since it began; "": nothing
	Missed   bool    // the last look did not have it

	Received int64       // signals received, duplicates included
	Incident id.Incident // that it belongs to, or belonged to last; 0 before the first
	LabelSet             // of its last signal
}

// LabelSet is what the last signal said of the alert.
type LabelSet struct {
	Name         string
	Service      string
	Environment  string
	Severity     Severity
	Title        string
	Runbook      string
	Labels       map[string]string
	Annotations  map[string]string
	GeneratorURL string
	GroupKey     string
}

// Occurrence is what is remembered of one raw starts_at: enough to know it again.
type Occurrence struct {
	Start  time.Time `json:"s"`
	Firing bool      `json:"f,omitempty"` // seen firing
	Late   time.Time `json:"l,omitzero"`  // first received after its known end
}

// Doubt is a firing signal at or before a known end of an occurrence that was seen firing:
// when due, the alert fires anew unless something cancelled it.
type Doubt struct {
	Start time.Time `json:"s"`
	Due   time.Time `json:"d"`
}
