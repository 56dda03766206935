package httpapi

import "github.com/danielgtaylor/huma/v2"

type (
	addOperation func(method, path, id, tag, summary string, security []map[string][]string, in *huma.RequestBody, status string, out *huma.Response)
	makeResponse func(words string, schema *huma.Schema) *huma.Response
)

// documentSenders documents what other systems' senders call. Each path is below /k/{key}, too.
func documentSenders(add addOperation, answers makeResponse, body *huma.RequestBody, object func() *huma.Schema) {
	key := []map[string][]string{{"key": {}}}
	list := func() *huma.Schema { return &huma.Schema{Type: huma.TypeArray, Items: object()} }
	alerts := &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: list()}}}
	const tag = "Other senders"
	add("POST", "/api/v2/alerts", "receive-prometheus", tag, "Take alerts in as Alertmanager does, from Prometheus itself. An alert counts until endsAt, its lease",
		key, alerts, "200", &huma.Response{Description: "Every alert is stored. 400: those that are none are in quarantine, the others are stored"})
	for _, g := range []struct{ path, id, summary string }{
		{"/api/v2/alerts", "alertmanager-alerts", "Show the firing alerts that this integration sent"},
		{"/api/v2/alerts/groups", "alertmanager-groups", "Show them by name"},
		{"/api/v2/receivers", "alertmanager-receivers", "Show the one receiver"},
		{"/api/v2/silences", "alertmanager-silences", "Show that there are no silences here; making one is refused"},
	} {
		add("GET", g.path, g.id, tag, g.summary, key, nil, "200", answers("As Alertmanager answers", list()))
	}
	add("GET", "/api/v2/status", "alertmanager-status", tag, "Say that it is alive, as Alertmanager does", key, nil, "200", answers("Alive", object()))
	add("POST", "/v2/enqueue", "receive-pagerduty", tag, "Take an event in as PagerDuty's Events API v2 does; routing_key is the integration's key",
		nil, body, "202", answers("The event is stored", object()))
	add("POST", "/v2/change/enqueue", "receive-pagerduty-change", tag, "Take a change event; it is noted in the log", nil, body, "202", answers("Noted", object()))
	add("POST", "/v2/alerts", "receive-opsgenie", tag, "Create an alert as Opsgenie's Alert API does; Authorization: GenieKey <key>", key, body, "202", answers("The alert is stored", object()))
}
