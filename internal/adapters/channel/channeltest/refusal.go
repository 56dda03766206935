package channeltest

import (
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/ports"
)

// Pair makes of how a test sets up its own pair what Case.New is.
func Pair[N ports.Notifier, F Fake](setup func(t *testing.T) (N, F)) func(t *testing.T) (ports.Notifier, Fake) {
	return func(t *testing.T) (ports.Notifier, Fake) {
		t.Helper()
		return setup(t)
	}
}

// Refusal is an answer of a provider, and what it must mean.
type Refusal struct {
	Status, Code int
	Means        string // "again", "ambiguous", "elsewhere", in this order, a space between; "": it is final
	Words        string // that the error has
}

// Refusals sends a message for each, to a new pair.
func Refusals(t *testing.T, setup func(t *testing.T) (ports.Notifier, Fake), answers map[string]Refusal) {
	t.Helper()
	for name, a := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, f := setup(t)
			f.Script(Status(a.Status, a.Code))
			_, err := s.Send(t.Context(), Message(f.Address()))
			if err == nil || Means(err) != a.Means || !strings.Contains(err.Error(), a.Words) {
				t.Errorf("got %v, which means %q; want %q of %q", err, Means(err), a.Words, a.Means)
			}
		})
	}
}

// Means says what an error means for other attempts, as Refusal has it.
func Means(err error) string {
	var out []string
	if _, again := ports.RetryAfter(err); again {
		out = append(out, "again")
	}
	if ports.IsAmbiguous(err) {
		out = append(out, "ambiguous")
	}
	if ports.MayElsewhere(err) {
		out = append(out, "elsewhere")
	}
	return strings.Join(out, " ")
}
