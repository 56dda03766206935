// Package ports says what the core needs from outside, a file per outside thing.
package ports

import "time"

// Clock tells the time of every decision: the database's, as near as it can be known.
type Clock interface {
	Now() time.Time
}
