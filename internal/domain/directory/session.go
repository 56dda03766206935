package directory

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Session is a signed-in browser. Only a hash of what its cookie holds is kept, as its id.
type Session struct {
	ID        id.Session // hex SHA-256 of the cookie's value
	User      id.User
	Phone     bool // lives longer: no sign-in wall at 3 a.m.
	CreatedAt time.Time
	SeenAt    time.Time // noted at most once a minute
	Address   string    // of the client at sign-in, for people
	Agent     string    // what the browser calls itself, at most 200 bytes
}

const day = 24 * time.Hour

// Ends is when the session is over if it is not used again: a desktop's after 12 h idle and 14 d at
// most, a phone's after 30 d idle and 90 d at most.
func (s Session) Ends() time.Time {
	idle := s.SeenAt.Add(12 * time.Hour)
	if s.Phone {
		idle = s.SeenAt.Add(30 * day)
	}
	if most := s.Longest(); most.Before(idle) {
		return most
	}
	return idle
}

// Longest is when the session is over however much it is used.
func (s Session) Longest() time.Time {
	if s.Phone {
		return s.CreatedAt.Add(90 * day)
	}
	return s.CreatedAt.Add(14 * day)
}

// Alive says whether the session still counts.
func (s Session) Alive(now time.Time) bool { return now.Before(s.Ends()) }
