package httpapi

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/ingest"
	"github.com/rouse-oncall/rouse/internal/adapters/ingest/prometheus"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// Rouse answers as Alertmanager's API v2 does, as far as Prometheus, amtool and karma need it.

// receiverName is the one receiver that everything goes to.
const receiverName = "rouse"

// apiVersion is the version of Alertmanager whose API this is: clients choose their ways by it.
const apiVersion = "0.28.0"

func inWords(p *Problem) any { return p.Detail }

// prometheusAlerts is /api/v2/alerts: taking alerts in, and showing those that fire.
func (s *server) prometheusAlerts(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		s.takePrometheus(w, r)
	case http.MethodGet:
		s.show(w, r, func(alerts []amAlert) any { return alerts })
	default:
		s.notAllowed(w, r, "GET, POST")
	}
}

// takePrometheus takes alerts in. Those that can be none are refused in words and quarantined; the others are stored all
// the same: Prometheus does not send anything again for a refusal.
func (s *server) takePrometheus(w http.ResponseWriter, r *http.Request) {
	from, err := s.sender(r)
	if err != nil {
		s.refuse(w, r, err, inWords)
		return
	}
	limits := ingest.DefaultLimits()
	raw, err := ingest.Body(r, limits)
	if err != nil {
		s.refuse(w, r, err, inWords)
		return
	}
	b, err := prometheus.Decode(raw, s.d.Clock.Now(), limits)
	if err != nil {
		s.refuse(w, r, err, inWords)
		return
	}
	results, err := s.takeIn(r, from, b, 0)
	if err != nil {
		s.refuse(w, r, err, inWords)
		return
	}
	durable(w, results)
	if len(b.Bad) > 0 {
		reasons := make([]string, 0, len(b.Bad))
		for _, bad := range b.Bad {
			reasons = append(reasons, bad.Reason)
		}
		reply(w, http.StatusBadRequest, strings.Join(reasons, "; "))
	} else {
		w.WriteHeader(http.StatusOK)
	}
	s.heard(w, r, from, results)
}

// amAlert is an alert as Alertmanager's API shows it.
type amAlert struct {
	Annotations  map[string]string `json:"annotations"`
	EndsAt       time.Time         `json:"endsAt"`
	Fingerprint  string            `json:"fingerprint"`
	Receivers    []amName          `json:"receivers"`
	StartsAt     time.Time         `json:"startsAt"`
	Status       amStatus          `json:"status"`
	UpdatedAt    time.Time         `json:"updatedAt"`
	GeneratorURL string            `json:"generatorURL"`
	Labels       map[string]string `json:"labels"`
}

type amName struct {
	Name string `json:"name"`
}

type amStatus struct {
	InhibitedBy []string `json:"inhibitedBy"`
	MutedBy     []string `json:"mutedBy"`
	SilencedBy  []string `json:"silencedBy"`
	State       string   `json:"state"`
}

func amAlertOf(a alert.Alert, now time.Time) amAlert {
	ends := a.LeaseEnds()
	if ends.IsZero() {
		ends = now.Add(time.Hour) // until it is said to be over
	}
	return amAlert{
		Annotations: words(a.Annotations), EndsAt: ends, Fingerprint: a.Fingerprint, Receivers: []amName{{receiverName}},
		StartsAt: a.Start, UpdatedAt: a.LastSeen, GeneratorURL: a.GeneratorURL, Labels: words(a.Labels),
		Status: amStatus{InhibitedBy: []string{}, MutedBy: []string{}, SilencedBy: []string{}, State: "active"},
	}
}

func words(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// show shows the firing alerts of the integration whose key asks, those that the matchers of the query let through.
func (s *server) show(w http.ResponseWriter, r *http.Request, form func([]amAlert) any) {
	from, ok := s.reads(w, r)
	if !ok {
		return
	}
	matchers, err := matchersOf(r.URL.Query()["filter"])
	if err != nil {
		s.refuse(w, r, err, inWords)
		return
	}
	alerts, err := s.d.Incidents.Received.Firing(r.Context(), from)
	if err != nil {
		s.refuse(w, r, err, inWords)
		return
	}
	out, now := []amAlert{}, s.d.Clock.Now()
	active, receiver := r.URL.Query().Get("active") != "false", r.URL.Query().Get("receiver")
	for _, a := range alerts {
		if active && (receiver == "" || strings.Contains(receiver, receiverName) || receiver == ".*") && matchers.all(a.Labels) {
			out = append(out, amAlertOf(a, now))
		}
	}
	reply(w, http.StatusOK, form(out))
}

// reads says who reads; only what an integration sent itself is shown to its key.
func (s *server) reads(w http.ResponseWriter, r *http.Request) (*directory.Integration, bool) {
	if r.Method != http.MethodGet {
		s.notAllowed(w, r, http.MethodGet)
		return nil, false
	}
	from, err := s.sender(r)
	if err != nil {
		s.refuse(w, r, err, inWords)
	}
	return from, err == nil
}

type amGroup struct {
	Alerts   []amAlert         `json:"alerts"`
	Labels   map[string]string `json:"labels"`
	Receiver amName            `json:"receiver"`
}

// alertmanagerGroups shows the alerts by their name.
func (s *server) alertmanagerGroups(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, func(alerts []amAlert) any {
		groups := []amGroup{}
		slices.SortStableFunc(alerts, func(a, b amAlert) int { return cmp.Compare(a.Labels["alertname"], b.Labels["alertname"]) })
		for _, a := range alerts {
			name := a.Labels["alertname"]
			if n := len(groups); n == 0 || groups[n-1].Labels["alertname"] != name {
				groups = append(groups, amGroup{Labels: map[string]string{"alertname": name}, Receiver: amName{receiverName}})
			}
			last := &groups[len(groups)-1]
			last.Alerts = append(last.Alerts, a)
		}
		return groups
	})
}

func (s *server) alertmanagerStatus(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.reads(w, r); !ok {
		return
	}
	reply(w, http.StatusOK, map[string]any{
		"cluster": map[string]any{"status": "disabled", "peers": []string{}},
		"config":  map[string]string{"original": "route:\n  receiver: " + receiverName + "\nreceivers:\n- name: " + receiverName + "\n"},
		"uptime":  s.began,
		"versionInfo": map[string]string{
			"version": apiVersion, "revision": "rouse " + s.d.Config.Version, "branch": "rouse", "buildDate": "", "buildUser": "", "goVersion": "",
		},
	})
}

func (s *server) alertmanagerReceivers(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.reads(w, r); ok {
		reply(w, http.StatusOK, []amName{{receiverName}})
	}
}

// alertmanagerSilences says that there are none. A silence that was only seemingly made would be worse than a refusal.
func (s *server) alertmanagerSilences(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodGet && r.PathValue("id") == "":
		if _, ok := s.reads(w, r); ok {
			reply(w, http.StatusOK, []string{})
		}
	case r.Method == http.MethodGet:
		reply(w, http.StatusNotFound, "there are no silences here")
	default:
		reply(w, http.StatusBadRequest, "NOT silenced: Rouse keeps no silences. Snooze the incident, or make the silence in Alertmanager")
	}
}

type matcher struct {
	name, value string
	pattern     *regexp.Regexp // nil: compared as it is
	not         bool
}

type matchers []matcher

var matcherForm = regexp.MustCompile(`^\s*([^\s=!~]+)\s*(=~|!~|!=|=)\s*(.*?)\s*$`)

// matchersOf reads filters like name="value" and name=~"pattern".
func matchersOf(filters []string) (out matchers, err error) {
	for _, f := range filters {
		m := matcherForm.FindStringSubmatch(f)
		if m == nil {
			return nil, fault.Invalid("alerts.filter", "%.200q is no matcher: they are like name=\"value\" or name=~\"pattern\"", f)
		}
		one := matcher{name: strings.Trim(m[1], `"`), value: unquoted(m[3]), not: m[2][0] == '!'}
		if strings.HasSuffix(m[2], "~") {
			if one.pattern, err = regexp.Compile("^(?s:" + one.value + ")$"); err != nil {
				return nil, fault.Invalid("alerts.filter", "%.200q is no matcher: %s", f, err)
			}
		}
		out = append(out, one)
	}
	return out, nil
}

func unquoted(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\n`, "\n").Replace(s[1 : len(s)-1])
	}
	return s
}

func (list matchers) all(labels map[string]string) bool {
	for _, m := range list {
		is := labels[m.name] == m.value
		if m.pattern != nil {
			is = m.pattern.MatchString(labels[m.name])
		}
		if is == m.not {
			return false
		}
	}
	return true
}
