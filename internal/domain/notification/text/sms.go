package text

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

const (
	segment  = 160 // septets that fit into one SMS
	minTitle = 24  // septets of a title below which other things give way
)

// SMS is the message as one SMS of the GSM alphabet: at most 160 septets, the incident's number always in it,
// its link as long as the public address leaves room.
func SMS(in Input) string {
	if t, ok := in.test(); ok {
		return cutGSM(gsm(t), segment)
	}
	switch {
	case len(in.Items) == 1:
		return in.smsOne(in.Items[0])
	case in.Purpose == notification.PurposeUpdate:
		return in.smsUpdates()
	case in.Digest:
		return in.smsDigest()
	default:
		return in.smsBundle()
	}
}

// line is a text in three parts. The first of the tails that leaves enough room for the middle is taken, else
// the last one; then the middle gives way.
func line(head, middle string, tails ...string) string {
	head, middle = gsm(head), gsm(middle)
	want := min(minTitle, septets(middle))
	for i, t := range tails {
		t = gsm(t)
		if room := segment - septets(head) - septets(t); room >= want || i == len(tails)-1 {
			return cutGSM(head, segment-septets(t)) + cutGSM(middle, room) + t
		}
	}
	return cutGSM(head+middle, segment)
}

func (in Input) smsPrefix() string {
	if in.MayRepeat {
		return "(may repeat) "
	}
	return ""
}

// host is the public address as people type it.
func (in Input) host() string {
	_, h, ok := strings.Cut(in.PublicURL, "://")
	if !ok {
		h = in.PublicURL
	}
	return clean(h, maxTitle)
}

// smsOne says less and less around the title until enough of the title has room.
func (in Input) smsOne(it notification.Item) string {
	t := gsm(title(it))
	want := min(minTitle, septets(t))
	for detail := 6; ; detail-- {
		head, tail := in.smsHead(it, detail), in.smsTail(it, detail)
		if detail == 0 || segment-septets(gsm(head))-septets(gsm(tail)) >= want {
			return line(head, t, tail)
		}
	}
}

func (in Input) smsHead(it notification.Item, detail int) string {
	h := in.smsPrefix()
	if in.Digest {
		h += "(delayed) "
	}
	if in.Purpose == notification.PurposeUpdate {
		h += cutGSM(gsm(clean(it.Text, maxText)), 20+10*detail)
		if h != "" {
			h = strings.TrimRight(h, ". ") + ". "
		}
	}
	h += word(it.Severity) + " " + cutGSM(gsm(clean(it.Service, maxTitle)), 20+2*detail)
	if e := gsm(clean(it.Environment, maxTitle)); detail > 3 && e != "" && e != "default" {
		h += " " + cutGSM(e, 16)
	}
	return h + ": "
}

func (in Input) smsTail(it notification.Item, detail int) string {
	var t string
	if in.Purpose == notification.PurposePage {
		if it.Alerts > 1 && detail > 5 {
			t += " (+" + plural(it.Alerts-1, "alert", "alerts") + ")"
		}
		if !it.Since.IsZero() && detail > 4 {
			t += " since " + in.clock(it.Since)
		}
	}
	t += "."
	if in.replies() && detail > 1 {
		t += " Reply 1 ack, 2 pass on."
	}
	t += " " + it.Incident.String()
	if l := in.smsLink(it); detail > 2 || detail > 1 && !in.replies() {
		t += l
	}
	return t
}

// replies says whether a reply would answer the message.
func (in Input) replies() bool { return in.Replies && in.Purpose == notification.PurposePage }

// smsLink leads to where the incident is answered without signing in, else to the incident.
func (in Input) smsLink(it notification.Item) string {
	l := in.host()
	switch code := in.Answers.Of[it.Incident]; {
	case l == "":
		return ""
	case code != "":
		return " " + l + "/a/" + code
	}
	return fmt.Sprintf(" %s/i/%d", l, it.Incident)
}

// smsEnd says how to answer all, and leads to where that is done, else to the list of incidents.
func (in Input) smsEnd() string {
	end := "."
	if in.replies() {
		end += fmt.Sprintf(" Reply 1 = ack these %d.", len(in.Items))
	}
	if h := in.host(); h != "" {
		end += " " + h
		if in.Answers.Whole != "" {
			end += "/a/" + in.Answers.Whole
		}
	}
	return end
}

// smsBundle: 14 incidents, 3 CRIT: payments, auth, db-main +3 services. First 03:12 db-main down. r.acme.io
func (in Input) smsBundle() string {
	head := fmt.Sprintf("%s%d incidents", in.smsPrefix(), len(in.Items))
	if len(in.Items) == 0 {
		return line(head, "", in.smsEnd(), ".")
	}
	worst, n := tally(in.Items)
	first := slices.MinFunc(in.Items, func(a, b notification.Item) int { return a.Since.Compare(b.Since) })
	head += fmt.Sprintf(", %d %s: %s. First %s ", n, word(worst), services(in.Items, 3, 16), in.clock(first.Since))
	return line(head, clean(first.Service, 20)+": "+title(first), in.smsEnd(), ".")
}

// smsDigest: Rouse could not page you until 03:21. Now: 2 CRIT, 5 others open; 31 healed. Worst: db-main down since 03:12. r.acme.io
func (in Input) smsDigest() string {
	head := in.smsPrefix() + "Rouse could not page you until " + in.clock(in.CreatedAt) + ". " + in.digestCounts() + ". "
	if len(in.Items) == 0 {
		return line(head, "", in.smsEnd(), ".")
	}
	worst, end := worstFirst(in.Items)[0], in.smsEnd()
	return line(head+"Worst: ", clean(worst.Service, 20)+": "+title(worst), " since "+in.clock(worst.Since)+end, end, ".")
}

func (in Input) digestCounts() string {
	open := slices.DeleteFunc(slices.Clone(in.Items), func(it notification.Item) bool { return it.Status == "resolved" })
	worst, n := tally(open)
	s := fmt.Sprintf("%d %s", n, word(worst))
	if len(open) == 0 {
		s = "nothing"
	}
	if others := len(open) - n; others > 0 {
		s += ", " + plural(others, "other", "others")
	}
	s += " open"
	if healed := len(in.Items) - len(open); healed > 0 {
		s += fmt.Sprintf("; %d healed", healed)
	}
	return "For you: " + s
}

// smsUpdates: 3 updates. #4821 payments: Resolved; #4822 auth: Acknowledged by Ben; ... r.acme.io
func (in Input) smsUpdates() string {
	var parts []string
	for _, it := range worstFirst(in.Items) {
		parts = append(parts, fmt.Sprintf("%s %s: %s", it.Incident, clean(it.Service, 20), what(it, 40)))
	}
	return line(fmt.Sprintf("%s%d updates. ", in.smsPrefix(), len(in.Items)), strings.Join(parts, "; "), in.smsEnd(), ".")
}

// what says what happened to an incident, for updates.
func what(it notification.Item, limit int) string {
	if t := clean(it.Text, limit); t != "" {
		return strings.TrimRight(t, ".")
	}
	return "now " + clean(it.Status, limit)
}
