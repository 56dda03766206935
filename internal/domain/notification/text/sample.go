package text

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Sample is a message about a made-up incident, for previews.
func Sample() Input {
	at := time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)
	return Input{PublicURL: "https://rouse.example.org", Zone: time.UTC, Message: notification.Message{
		ID: "01890a5d-ac96-774b-bcce-b30209990000", Purpose: notification.PurposeUpdate, CreatedAt: at,
		Items: []notification.Item{{
			Incident: 4821, ID: "01890a5d-ac96-774b-bcce-b302099a8057", Severity: alert.Critical(), Status: "open", Service: "payments",
			Environment: "prod", Title: `error rate "12%"`, Alerts: 1, Since: at, Runbook: "https://runbooks.example.org/errors", Text: "Open: opened",
			Events: []notification.Happened{{Event: notification.EventOpened, Text: "Open: opened", At: at}},
			Labels: []notification.Label{{Name: "alertname", Value: "HighErrorRate"}},
		}},
	}}
}
