package wire

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestTheLogHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		c := Config{LogFormat: format, LogLevel: "info"}
		c.Logger(&out, new(slog.LevelVar)).Info("connecting", "to", "postgres://rouse:CaNaRy@db/rouse")
		if !strings.Contains(out.String(), "connecting") || strings.Contains(out.String(), "CaNaRy") {
			t.Errorf("%s: %s", format, &out)
		}
	}
}
