package notification

import "time"

const maxBackoff = time.Minute

// Backoff is how long to wait after the attempt-th try (1 for the first) failed: 1 s, 2 s, 4 s … 60 s,
// spread by a quarter to both sides so that what failed together does not come back together.
// jitter is a random number in [0, 1). It is never less than the wait that the provider asked for.
func Backoff(attempt int, jitter float64, asked time.Duration) time.Duration {
	d := maxBackoff
	if shift := attempt - 1; shift < 6 {
		d = time.Second << max(shift, 0)
	}
	d = time.Duration(float64(d) * (0.75 + 0.5*jitter))
	return max(min(d, maxBackoff), asked)
}
