package binary

import "testing"

func TestSum(t *testing.T) {
	t.Parallel()
	const text = `# HELP sent_total Messages.
# TYPE sent_total counter
sent_total{kind="sms",outcome="gone for good"} 2
sent_total{kind="email",outcome="accepted"} 3.5
sent_total_of_all 70
up 1
`
	for _, c := range []struct {
		name   string
		labels []string
		want   float64
	}{
		{"sent_total", nil, 5.5},
		{"sent_total", []string{`kind="sms"`}, 2},
		{"sent_total", []string{`kind="sms"`, `outcome="accepted"`}, 0},
		{"up", nil, 1},
		{"sent", nil, 0},
	} {
		if got, err := Sum(text, c.name, c.labels...); err != nil || got != c.want {
			t.Errorf("%s%v is %g, want %g (%v)", c.name, c.labels, got, c.want, err)
		}
	}
}
