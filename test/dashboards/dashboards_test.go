// Package dashboards runs every query of the dashboards for Grafana against a real Prometheus and a real PostgreSQL, which the
// built program filled with real alerts, and holds the dashboards to what people expect of them.
package dashboards

//go:generate sh -c "cd ../../infrastructure/grafana && go run ."

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/test/binary"
)

const root = "../../"

func TestMain(m *testing.M) { binary.Main(m) }

// source is a data source: its uid is a variable.
type source struct{ Type, UID string }

// dashboard is what is read of Grafana's model.
type dashboard struct {
	UID, Title, Description string
	Tags                    []string
	Templating              struct{ List []variable }
	Panels                  []panel
}

type variable struct {
	Name, Type, Label, Description string
	Query                          string
	Datasource                     source
	Current                        struct{ Value any }
}

type panel struct {
	Type, Title, Description string
	Datasource               source
	GridPos                  struct{ H, W, X, Y int }
	FieldConfig              struct{ Defaults struct{ Unit string } }
	Targets                  []target
}

type target struct {
	RefID, Expr, LegendFormat, RawSQL string
	Datasource                        source
	Instant                           bool
}

// read gives the dashboards by the names of their files.
func read(t *testing.T) map[string]dashboard {
	t.Helper()
	files, err := filepath.Glob(root + "infrastructure/grafana/*.json")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d dashboards, %v", len(files), err)
	}
	out := map[string]dashboard{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d dashboard
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out[strings.TrimSuffix(filepath.Base(file), ".json")] = d
	}
	return out
}
