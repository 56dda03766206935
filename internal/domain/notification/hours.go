package notification

import (
	"fmt"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// ParseHours reads "08:00-20:00" of the person's own wall clock.
func ParseHours(text string) (Hours, error) {
	wrong := fault.Invalid("user.hours", "write hours like 08:00-20:00")
	from, to, ok := strings.Cut(text, "-")
	if !ok {
		return Hours{}, wrong
	}
	var h Hours
	for _, part := range []struct {
		text string
		into *int
	}{{from, &h.From}, {to, &h.To}} {
		t, err := time.Parse("15:04", strings.TrimSpace(part.text))
		if err != nil {
			return Hours{}, wrong
		}
		*part.into = t.Hour()*60 + t.Minute()
	}
	if h.From >= h.To {
		return Hours{}, fault.Invalid("user.hours", "the hours must end after they begin, on the same day")
	}
	return h, nil
}

// String is the form that ParseHours reads.
func (h Hours) String() string {
	return fmt.Sprintf("%02d:%02d-%02d:%02d", h.From/60, h.From%60, h.To/60, h.To%60)
}
