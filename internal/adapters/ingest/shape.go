package ingest

import (
	"bytes"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// CheckShape looks at brackets and commas only, before anything is decoded: deep nesting and endless lists must
// not cost memory. at is the depth of the list of alerts: 1 where the body is that list. Whether it is JSON at all is
// for the decoder to say.
func CheckShape(body []byte, at int, l Limits) error {
	depth, commas, list := 0, 0, false // list: what is open at that depth is one
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '"':
			i = endOfString(body, i+1)
		case '{', '[':
			if depth++; depth > l.Depth {
				return fault.Invalid("alerts.too_deep", "the body nests deeper than %d levels", l.Depth)
			}
			if depth == at {
				commas, list = 0, body[i] == '['
			}
		case '}', ']':
			depth--
		case ',':
			if depth != at || !list {
				continue
			}
			if commas++; commas >= l.Alerts {
				return fault.Invalid("alerts.too_many", "the body has more than %d alerts", l.Alerts)
			}
		}
	}
	return nil
}

// endOfString gives the place of the quote that closes the string whose text begins at i.
func endOfString(body []byte, i int) int {
	for i < len(body) {
		n := bytes.IndexByte(body[i:], '"')
		if n < 0 {
			return len(body)
		}
		i += n
		escapes := 0
		for body[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i
		}
		i++
	}
	return i
}
