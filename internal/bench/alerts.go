package bench

import (
	"bytes"
	"strings"
	"sync/atomic"
	"time"
)

// source makes the requests of one connection: one prepared body in whose places only fingerprints, instances
// and services are written anew.
type source struct {
	request []byte
	first   int // offset of the first alert
	stride  int // from one alert to the next
	places  places
	alerts  int // in a request
	pick    func() (unique uint64, service int)
}

// places are offsets within an alert.
type places struct{ fingerprint, instance, service int }

const (
	markUnique  = "################" // 16 hexadecimal digits
	markService = "%%%"              // 3 decimal digits
)

// oneAlert is as Alertmanager sends it; environment, severity, start and end are filled in once.
const oneAlert = `{"status":"@status","labels":{"alertname":"HighErrorRate","environment":"@environment","instance":"` + markUnique +
	`","job":"web","namespace":"shop","pod":"web-7c9d8b6f5-x2v4q","service":"bench-` + markService + `","severity":"@severity"},` +
	`"annotations":{"description":"More than 5 % of the requests have failed for 10 minutes.","runbook_url":"https://runbooks.example.org/high-error-rate",` +
	`"summary":"Many requests fail"},"startsAt":"@start","endsAt":"@end",` +
	`"generatorURL":"http://prometheus.example.org:9090/graph?g0.expr=rate","fingerprint":"` + markUnique + `"}`

// kind is what the alerts of a source have in common.
type kind struct {
	severity, environment string
	key                   string    // of the integration that sends them
	start                 time.Time // when they began
	over                  bool      // they are resolved
}

// usual wakes people.
func usual() kind {
	return kind{severity: "critical", environment: "production", key: integrationKey, start: time.Now()}
}

// newSource prepares requests of that many alerts. pick says which alert comes next.
func newSource(addr string, k kind, alerts int, pick func() (unique uint64, service int)) *source {
	status, end := "firing", time.Time{}
	if k.over {
		status, end = "resolved", time.Now()
	}
	one := []byte(strings.NewReplacer("@severity", k.severity, "@environment", k.environment, "@status", status,
		"@start", k.start.UTC().Format(time.RFC3339), "@end", end.UTC().Format(time.RFC3339)).Replace(oneAlert))
	body := []byte(`{"receiver":"rouse","status":"firing","alerts":[`)
	for i := range alerts {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, one...)
	}
	body = append(body, `],"groupLabels":{"alertname":"HighErrorRate"},"commonLabels":{"alertname":"HighErrorRate"},"commonAnnotations":{},`+
		`"externalURL":"http://alertmanager.example.org:9093","version":"4","groupKey":"{}:{alertname=\"HighErrorRate\"}","truncatedAlerts":0}`...)
	request := post(addr, "/alerts", k.key, body)
	return &source{
		request: request, alerts: alerts, stride: len(one) + 1, pick: pick,
		first: bytes.Index(request, one),
		places: places{
			instance: bytes.Index(one, []byte(markUnique)), fingerprint: bytes.LastIndex(one, []byte(markUnique)),
			service: bytes.Index(one, []byte(markService)),
		},
	}
}

// next gives the next request, good until the next call.
func (s *source) next() []byte {
	for i := range s.alerts {
		one := s.request[s.first+i*s.stride:]
		unique, service := s.pick()
		putHex(one[s.places.fingerprint:], unique)
		putHex(one[s.places.instance:], unique)
		putDecimal(one[s.places.service:], service)
	}
	return s.request
}

func putHex(b []byte, v uint64) {
	for i := 15; i >= 0; i-- {
		b[i] = "0123456789abcdef"[v&15]
		v >>= 4
	}
}

func putDecimal(b []byte, v int) {
	b[0], b[1], b[2] = byte('0'+v/100%10), byte('0'+v/10%10), byte('0'+v%10)
}

// scatter spreads counted numbers over all fingerprints, as real ones are, without repeating any.
func scatter(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// sources makes one source for each connection.
func sources(addr string, connections, alerts int, pick func() (uint64, int)) []*source {
	return sourcesOf(usual(), addr, connections, alerts, pick)
}

func sourcesOf(k kind, addr string, connections, alerts int, pick func() (uint64, int)) []*source {
	out := make([]*source, connections)
	for i := range out {
		out[i] = newSource(addr, k, alerts, pick)
	}
	return out
}

// fresh picks an alert that was never sent before, the services in turn.
func fresh(count *atomic.Uint64, services int) func() (uint64, int) {
	return func() (uint64, int) {
		n := count.Add(1)
		return scatter(n), int(n % uint64(services))
	}
}

// numbered picks the alerts from a number on, one after the other, and their services in turn from a service on.
func numbered(from uint64, service, services int) func() (uint64, int) {
	count := new(atomic.Uint64)
	return func() (uint64, int) {
		n := count.Add(1) - 1
		return scatter(from + n), service + int(n%uint64(services))
	}
}

// known picks n alerts again and again, in turn; the services too.
func known(count *atomic.Uint64, n uint64, services int) func() (uint64, int) {
	return func() (uint64, int) {
		i := count.Add(1) % n
		return scatter(i), int(i % uint64(services))
	}
}
