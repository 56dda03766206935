package escalation

import (
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
)

func TestNewLevel(t *testing.T) {
	t.Parallel()
	someone := []Target{{Kind: TargetUser, ID: "ana"}}
	for name, c := range map[string]struct {
		high, low time.Duration
		targets   []Target
		ok        bool
	}{
		"both timeouts":    {5 * time.Minute, 30 * time.Minute, someone, true},
		"low is the same":  {5 * time.Minute, 0, someone, true},
		"no timeout":       {0, 0, someone, false},
		"too short":        {time.Millisecond, 0, someone, false},
		"low too long":     {time.Minute, 25 * time.Hour, someone, false},
		"nobody to tell":   {time.Minute, 0, nil, false},
		"negative timeout": {-time.Minute, 0, someone, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := NewLevel(c.high, c.low, c.targets); (err == nil) != c.ok {
				t.Fatalf("error %v, want ok %v", err, c.ok)
			}
		})
	}
}

func TestTimeoutByUrgency(t *testing.T) {
	t.Parallel()
	l := Level{AckTimeout: time.Minute, AckTimeoutLow: time.Hour}
	if l.Timeout(alert.High()) != time.Minute || l.Timeout(alert.Low()) != time.Hour {
		t.Fatal("urgency does not choose the timeout")
	}
	l.AckTimeoutLow = 0
	if l.Timeout(alert.Low()) != time.Minute {
		t.Fatal("without a low timeout there is one for both")
	}
}

func TestNewPolicy(t *testing.T) {
	t.Parallel()
	level := Level{AckTimeout: time.Minute}
	for name, c := range map[string]struct {
		policy string
		levels int
		repeat int
		ok     bool
	}{
		"plain": {"web", 1, 2, true}, "no name": {"", 1, 0, false}, "no level": {"web", 0, 0, false},
		"too many levels": {"web", 21, 0, false}, "repeats too often": {"web", 1, 10, false}, "negative": {"web", 1, -1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			levels := make([]Level, c.levels)
			for i := range levels {
				levels[i] = level
			}
			if _, err := NewPolicy(Ref{ID: "p", Version: 1}, c.policy, levels, c.repeat); (err == nil) != c.ok {
				t.Fatalf("error %v, want ok %v", err, c.ok)
			}
		})
	}
}
