package incident

import "time"

// Paging says whether anybody may be paged. The zero value: nobody ever held it back.
type Paging struct {
	Held   bool
	At     time.Time // when it was held or resumed
	By     Actor
	Reason string // in words; may be empty
}
