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

// SessionLife is for how long a session lives unused, and at most: a desktop's 12 h and 14 d, a phone's 30 d and 90 d.
func SessionLife(phone bool) (unused, most time.Duration) {
	if phone {
		return 30 * day, 90 * day
	}
	return 12 * time.Hour, 14 * day
}

// Ends is when the session is over if it is not used again.
func (s Session) Ends() time.Time {
	unused, _ := SessionLife(s.Phone)
	idle := s.SeenAt.Add(unused)
	if most := s.Longest(); most.Before(idle) {
		return most
	}
	return idle
}

// Longest is when the session is over however much it is used.
func (s Session) Longest() time.Time {
	_, most := SessionLife(s.Phone)
	return s.CreatedAt.Add(most)
}

// Alive says whether the session still counts.
func (s Session) Alive(now time.Time) bool { return now.Before(s.Ends()) }
