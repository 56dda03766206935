package wire

import (
	"io"
	"log/slog"

	"github.com/rouse-oncall/rouse/internal/adapters/redact"
)

// Logger writes the server's log as the configuration wants it, without what looks like a secret. Its level may be changed later.
func (c *Config) Logger(to io.Writer, level *slog.LevelVar) *slog.Logger {
	level.Set(c.Level())
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(redact.New(slog.NewJSONHandler(to, options)))
	}
	return slog.New(redact.New(slog.NewTextHandler(to, options)))
}
