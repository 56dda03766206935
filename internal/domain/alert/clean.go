package alert

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of a signal. A source may send anything; what is stored and shown stays within these.
const (
	MaxLabels      = 64   // labels, and annotations, beside the note of how many were cut
	MaxValue       = 4096 // bytes of a label's or annotation's value, the note of the cut included
	MaxLabelName   = 256  // bytes
	MaxName        = 200  // characters of a service, environment or alert name
	MaxTitle       = 300  // characters
	MaxLink        = 2048 // bytes; a longer link is dropped: cut, it would lead elsewhere
	MaxFingerprint = 64   // bytes; a longer one is hashed
)

// LabelTruncated notes how many labels (or annotations) were cut, e.g. "9936 labels".
const LabelTruncated = "rouse_truncated"

const replacement = string(utf8.RuneError)

// Check says whether something received can be an alert at all: reason tells in words why not, and is
// empty where it can. Without labels a fingerprint identifies it; the status must be firing or resolved.
func Check(status string, labels map[string]string, fingerprint string) (firing bool, reason string) {
	status = strings.TrimSpace(status)
	firing = strings.EqualFold(status, "firing")
	switch {
	case len(labels) == 0 && strings.TrimSpace(fingerprint) == "":
		return false, "it has neither labels nor a fingerprint"
	case status == "":
		return false, "it has no status: firing or resolved"
	case !firing && !strings.EqualFold(status, "resolved"):
		return false, fmt.Sprintf("its status is %s, neither firing nor resolved", strconv.Quote(line(status, 40)))
	}
	return firing, ""
}

// BelievableTime gives t in UTC, cut to the microseconds that are stored (identities are compared with stored
// ones), and the zero time where t is before 2000 or after 2200: nobody meant that.
func BelievableTime(t time.Time) time.Time {
	t = t.UTC()
	if y := t.Year(); y < 2000 || y > 2200 {
		return time.Time{}
	}
	return t.Truncate(time.Microsecond)
}

// clean replaces what no database and no screen takes: invalid UTF-8 and NUL.
func clean(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, replacement)
	}
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", replacement)
	}
	return s
}

// cleanValue cleans, and cuts visibly what is above MaxValue.
func cleanValue(s string) string {
	was := len(s)
	s = clean(s)
	if len(s) <= MaxValue {
		return s
	}
	note := "… [cut from " + strconv.Itoa(was) + " bytes]"
	return cutBytes(s, MaxValue-len(note)) + note
}

// cutBytes gives at most n bytes of valid UTF-8, whole characters only.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// line makes one line of text: control characters become spaces, the ends are trimmed, and above most characters
// it ends in "…".
func line(s string, most int) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == 0:
			return utf8.RuneError
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case bidi(r):
			return -1
		}
		return r // strings.Map itself replaces invalid UTF-8
	}, s))
	if len(s) <= most || utf8.RuneCountInString(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n++; n == most {
			return strings.TrimSpace(s[:i]) + "…"
		}
	}
	return s
}

// bidi says whether a character turns the direction of what follows it: with it a title could be made to read as
// another one.
func bidi(r rune) bool { return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' }

// cleanMap gives m itself where all is well, which is nearly always.
func cleanMap(m map[string]string) map[string]string {
	for k, v := range m {
		if k == "" || cleanName(k) != k || cleanValue(v) != v {
			return cleanedMap(m)
		}
	}
	return m
}

func cleanedMap(m map[string]string) map[string]string {
	out := make(map[string]string, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) { // sorted: where two names become one, always the same wins
		if name := cleanName(k); name != "" {
			if _, taken := out[name]; !taken || name == k {
				out[name] = cleanValue(m[k])
			}
		}
	}
	return out
}

func cleanName(s string) string { return cutBytes(clean(s), MaxLabelName) }

// bound keeps MaxLabels of them: first those that the mapping reads, then by name; and notes how many went.
func (m Mapping) bound(all map[string]string, what string) map[string]string {
	if len(all) <= MaxLabels {
		return all
	}
	var read, rest []string
	for name := range all {
		if m.reads(name) {
			read = append(read, name)
		} else {
			rest = append(rest, name)
		}
	}
	slices.Sort(read)
	slices.Sort(rest)
	kept := make(map[string]string, MaxLabels+1)
	for _, name := range append(read, rest...)[:MaxLabels] {
		kept[name] = all[name]
	}
	kept[LabelTruncated] = strconv.Itoa(len(all)-MaxLabels) + " " + what
	return kept
}

// Fingerprint keeps a fingerprint that is short and plain, else gives the SHA-256 of it in hex:
// cut or cleaned, two alerts might become one.
func Fingerprint(s string) string {
	s = strings.TrimSpace(s)
	if len(s) <= MaxFingerprint && s == line(s, MaxFingerprint) {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
