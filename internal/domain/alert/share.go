package alert

import (
	"cmp"
	"slices"
)

// Share is a label that several alerts have with the same value.
type Share struct {
	Name, Value string
	Alerts      int
}

// most is how many shares are given.
const most = 10

// Shared gives the labels that all alerts have with the same values; none where there are not several alerts.
func Shared(alerts []Alert) map[string]string {
	out := map[string]string{}
	if len(alerts) < 2 {
		return out
	}
	for name, value := range alerts[0].Labels {
		if !slices.ContainsFunc(alerts, func(a Alert) bool { v, ok := a.Labels[name]; return !ok || v != value }) {
			out[name] = value
		}
	}
	return out
}

// Shares counts which labels more than half of the alerts share, most first. severity is what they are, not what
// they share.
func Shares(alerts []Alert) []Share {
	type pair struct{ name, value string }
	count := map[pair]int{}
	for i := range alerts {
		for name, value := range alerts[i].Labels {
			if name != "severity" {
				count[pair{name, value}]++
			}
		}
	}
	var out []Share
	for p, n := range count {
		if 2*n > len(alerts) && n > 1 {
			out = append(out, Share{p.name, p.value, n})
		}
	}
	slices.SortFunc(out, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Alerts, a.Alerts), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value))
	})
	return out[:min(len(out), most)]
}
