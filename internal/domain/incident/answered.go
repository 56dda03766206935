package incident

import "time"

// FirstAnswer is when somebody first acknowledged it, of the status changes that are kept; zero: nobody has.
func (s *State) FirstAnswer() time.Time {
	for _, t := range s.Transitions {
		if t.Status == Acknowledged() {
			return t.At
		}
	}
	return time.Time{}
}

// Answered says whether a person ever acknowledged or resolved it.
func (s *State) Answered() bool {
	return !s.FirstAnswer().IsZero() || s.ResolvedBy.Kind == ByUser || s.ResolvedBy.Kind == ByToken
}

// Lasted is the time from its opening to its end, ok false while it goes on, be it in another incident.
func (s *State) Lasted() (d time.Duration, ok bool) {
	if s.Status != Resolved() || s.ResolvedAt.IsZero() || s.MergedInto.Number != 0 {
		return 0, false
	}
	return s.ResolvedAt.Sub(s.OpenedAt), true
}
