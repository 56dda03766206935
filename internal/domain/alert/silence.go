package alert

import "time"

// Silence is how somebody muted an alert where it comes from. The zero value: nobody did.
type Silence struct {
	ID      string    `json:"id"`
	By      string    `json:"by"`      // as people are called there
	Comment string    `json:"comment"` // one line
	Until   time.Time `json:"until"`
}

// Longest texts of a silence, in characters.
const (
	maxSilencer = 100
	maxComment  = 300
)

// NewSilence bounds what somebody wrote elsewhere.
func NewSilence(id, by, comment string, until time.Time) Silence {
	return Silence{line(id, MaxName), line(by, maxSilencer), line(comment, maxComment), until.UTC().Truncate(time.Microsecond)}
}

// Is says whether both are the same one, and say the same.
func (s Silence) Is(o Silence) bool {
	return s.ID == o.ID && s.By == o.By && s.Comment == o.Comment && s.Until.Equal(o.Until)
}

// Listed is what a look at its source makes of an alert that fires and that the source has. at is what was looked at.
func (a Alert) Listed(at string, s Silence) Alert {
	a.ListedBy, a.Missed = at, false
	if !a.Silence.Is(s) {
		a.Silence = s
	}
	return a
}

// Unlisted is what a look makes of one that the source, which had it before, has not any more. gone: so it was at the
// look before. What fell silent between one look and the next may only be on its way. Elsewhere than where it was listed
// its absence says nothing.
func (a Alert) Unlisted(at string) (after Alert, gone bool) {
	if a.ListedBy != at {
		return a, false
	}
	gone, a.Missed = a.Missed, true
	return a, gone
}

// SourceSilence is a silence as a source keeps it.
type SourceSilence struct {
	Silence
	Since time.Time
	// Labels are the labels and values that an alert must have to be muted; nil where it mutes by other conditions, too.
	Labels map[string]string
}
