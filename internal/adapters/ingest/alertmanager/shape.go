package alertmanager

import (
	"bytes"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// checkShape looks at brackets and commas only, before anything is decoded: deep nesting and endless lists must
// not cost memory. Whether it is JSON at all is for the decoder to say.
func checkShape(body []byte, l Limits) error {
	depth, commas, list := 0, 0, false // list: what is open at depth 2 is one
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '"':
			i = endOfString(body, i+1)
		case '{', '[':
			if depth++; depth > l.Depth {
				return fault.Invalid("alerts.too_deep", "the body nests deeper than %d levels", l.Depth)
			}
			if depth == 2 {
				commas, list = 0, body[i] == '['
			}
		case '}', ']':
			depth--
		case ',':
			if depth != 2 || !list {
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
