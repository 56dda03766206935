package incident_test

import (
	"testing"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// Of each way of correlating: what keeps alerts together, and what parts them.
func TestCorrelate(t *testing.T) {
	t.Parallel()
	type from struct {
		service id.Service
		mapped  bool
		key     alert.Key
		labels  alert.LabelSet
	}
	base := func() from {
		return from{"web", true, alert.Key{Integration: "main", Fingerprint: "f1"}, alert.LabelSet{
			Name: "Down", Environment: "prod", Severity: critical, GroupKey: "g1", Labels: map[string]string{"team": "a", "zone": "z"},
		}}
	}
	differ := map[string]func(*from){
		"service": func(f *from) { f.service = "db" }, "unmapped": func(f *from) { f.mapped = false },
		"integration": func(f *from) { f.key.Integration = "other" }, "fingerprint": func(f *from) { f.key.Fingerprint = "f2" },
		"name": func(f *from) { f.labels.Name = "Slow" }, "environment": func(f *from) { f.labels.Environment = "test" },
		"severity": func(f *from) { f.labels.Severity = failing }, "quiet": func(f *from) { f.labels.Severity = info },
		"group": func(f *from) { f.labels.GroupKey = "g2" }, "label": func(f *from) { f.labels.Labels = map[string]string{"team": "b", "zone": "z"} },
		"other label": func(f *from) { f.labels.Labels = map[string]string{"team": "a", "zone": "y"} },
	}
	for _, c := range []struct {
		how   incident.Correlate
		parts []string
	}{
		{incident.Correlate{}, []string{"service", "unmapped", "environment", "severity", "quiet"}},
		{incident.Correlate{Mode: incident.CorrelateService}, []string{"service", "unmapped", "quiet"}},
		{incident.Correlate{Mode: incident.CorrelateGroupKey}, []string{"service", "unmapped", "integration", "group", "quiet"}},
		{incident.Correlate{Mode: incident.CorrelateAlert}, []string{"service", "unmapped", "integration", "fingerprint", "quiet"}},
		{incident.Correlate{Mode: incident.CorrelateLabels, Labels: []string{"team"}}, []string{"service", "unmapped", "label", "quiet"}},
	} {
		t.Run("by "+string(c.how.Mode), func(t *testing.T) {
			t.Parallel()
			key := func(f from) string { return c.how.Key(f.service, f.mapped, f.key, f.labels) }
			parting := map[string]bool{}
			for _, p := range c.parts {
				parting[p] = true
			}
			for name, change := range differ {
				f := base()
				change(&f)
				if parted := key(f) != key(base()); parted != parting[name] {
					t.Errorf("another %s: parted %t", name, parted)
				}
			}
		})
	}
	t.Run("where nothing could be mapped the alert's name parts", func(t *testing.T) {
		t.Parallel()
		f, g := base(), base()
		g.labels.Name = "Slow"
		if how := (incident.Correlate{}); how.Key(f.service, false, f.key, f.labels) == how.Key(g.service, false, g.key, g.labels) {
			t.Error("one incident of everything unknown")
		}
	})
	t.Run("the order of the labels says nothing", func(t *testing.T) {
		t.Parallel()
		f := base()
		a := incident.Correlate{Mode: incident.CorrelateLabels, Labels: []string{"team", "zone"}}
		b := incident.Correlate{Mode: incident.CorrelateLabels, Labels: []string{"zone", "team"}}
		if a.Key(f.service, true, f.key, f.labels) != b.Key(f.service, true, f.key, f.labels) || a.Labels[0] != "team" {
			t.Error("the order matters")
		}
	})
}
