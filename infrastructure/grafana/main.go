// Command grafana writes the dashboards for Grafana beside itself, each as NAME.json. They are made by code, so that what they
// share is said once; test/dashboards runs their queries. It is a module of its own: the product does not need its library.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	for name, d := range map[string]*dashboard.DashboardBuilder{
		"incidents": incidents(), "history": history(), "on-call": onCall(), "health": health(),
	} {
		if err := write(name, d); err != nil {
			log.Fatal(err)
		}
	}
}

func write(name string, b *dashboard.DashboardBuilder) error {
	d, err := b.Uid("rouse-" + name).Tags([]string{"rouse"}).Timezone(common.TimeZoneBrowser).Tooltip(dashboard.DashboardCursorSyncCrosshair).
		Link(dashboard.NewDashboardLinkBuilder("Rouse").Type(dashboard.DashboardLinkTypeDashboards).Tags([]string{"rouse"}).
			AsDropdown(true).IncludeVars(false).KeepTime(true)).
		Build()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(name+".json", append(text, '\n'), 0o644)
}
