package notification

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

const (
	stretch = 2  // so many times a quota goes to what is urgent
	near    = 80 // percent of a quota: somebody is told
)

// Quota is how many messages of the kinds that cost money a day (UTC) may have; 0: any number.
type Quota struct {
	Person int // of one person
	Server int // of everybody
}

// On says whether there is any.
func (q Quota) On() bool { return q.Person > 0 || q.Server > 0 }

// Over says why a message must not go where so many went on the day, in words; "" where it may. What is urgent goes on until twice
// the quota.
func (q Quota) Over(person, all int, urgent bool) string {
	for _, l := range []struct {
		used, limit int
		whose       string
	}{{person, q.Person, "for one person"}, {all, q.Server, "for everybody"}} {
		most := l.limit
		if urgent {
			most *= stretch
		}
		if l.limit > 0 && l.used >= most {
			why := fmt.Sprintf("the day's %d messages that cost money %s are used up", l.limit, l.whose)
			if urgent {
				why += fmt.Sprintf(", and so are the %d that what is urgent may have", most)
			}
			return why
		}
	}
	return ""
}

// Used says how far a limit is used: 0 below 80 %, 1 from there, 2 where it is used up, 3 where it is stretched as far as it goes; and
// that in words.
func Used(used, limit int) (stage int, words string) {
	if limit <= 0 || used*100 < near*limit {
		return 0, ""
	}
	words = fmt.Sprintf("%d of %d messages that cost money are used today", used, limit)
	switch {
	case used < limit:
		return 1, words
	case used < stretch*limit:
		return 2, words + ": only what is urgent goes by them"
	}
	return 3, words + ": only who has no other way is reached by them"
}

// Urgent says whether somebody is to be woken by it.
func (d Delivery) Urgent() bool {
	return d.Purpose == PurposePage && (d.ByHand || d.Urgency.IsHigh())
}

// Day is the day (UTC) that a moment is in: its start, and the next one's.
func Day(t time.Time) (from, until time.Time) {
	from = t.UTC().Truncate(24 * time.Hour)
	return from, from.Add(24 * time.Hour)
}

// Price is what a message costs; the zero value is not known.
type Price struct {
	Micros   int64  // millionths of the currency
	Currency string // ISO 4217
}

var price = regexp.MustCompile(`^([0-9]{1,6}(?:\.[0-9]{1,6})?) ?([A-Z]{3})$`)

// ParsePrice reads "0.075 EUR"; "" is not known.
func ParsePrice(text string) (Price, error) {
	if text == "" {
		return Price{}, nil
	}
	m := price.FindStringSubmatch(text)
	if m == nil {
		return Price{}, fmt.Errorf("%q is no price: write it as 0.075EUR", text)
	}
	amount, err := strconv.ParseFloat(m[1], 64)
	return Price{Micros: int64(math.Round(amount * 1e6)), Currency: m[2]}, err
}

// Times is what so many messages cost, in the currency.
func (p Price) Times(n int) float64 { return float64(p.Micros*int64(n)) / 1e6 }
