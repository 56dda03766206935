package wire

import (
	"io"
	"log/slog"

	"github.com/rouse-oncall/rouse/internal/adapters/redact"
)

// Logger writes the server's log as the configuration wants it, without what looks like a secret.
func (c *Config) Logger(to io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.Level()}
	if c.LogFormat == "json" {
		return slog.New(redact.New(slog.NewJSONHandler(to, options)))
	}
	return slog.New(redact.New(slog.NewTextHandler(to, options)))
}
