package redact_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/adapters/redact"
)

// secretive is a value that says what it holds only in its own words.
type secretive struct{ URL string }

func (s secretive) LogValue() slog.Value { return slog.StringValue(s.URL) }

func TestCanariesStayOutOfTheLog(t *testing.T) {
	t.Parallel()
	const canary = "CaNaRy0123456789"
	for name, text := range map[string]string{
		"an API token":       "it sent rouse_api_" + canary,
		"a session":          "rouse_session_" + canary + " is over",
		"a header":           "Authorization: Bearer " + canary,
		"a quoted one":       `authorization="bearer ` + canary + `"`,
		"a database":         "cannot connect to postgres://rouse:" + canary + "@db.example.org:5432/rouse",
		"a password with @":  "smtp://ana@example.org:" + canary + "@" + canary + "@mail.example.org:587",
		"a one-time link":    "GET /setup?token=" + canary + "&x=1",
		"a connection's DSN": "host=db user=rouse password=" + canary + " dbname=rouse",
	} {
		for form, handler := range map[string]func(*bytes.Buffer) slog.Handler{
			"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			"JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			t.Run(name+" in "+form, func(t *testing.T) {
				t.Parallel()
				var out bytes.Buffer
				log := slog.New(redact.New(handler(&out)))
				log.Info(text)
				log.Error("failed", "error", fmt.Errorf("trying: %w", errors.New(text)))
				log.Info("string", "value", text)
				log.Info("struct", "value", struct{ Words []string }{[]string{text}})
				log.Info("valuer", "value", secretive{text})
				log.Info("group", slog.Group("in", "value", text, slog.Group("deeper", "value", text)))
				log.With("value", text).WithGroup("later").Info("with", "value", text)
				if n := bytes.Count(out.Bytes(), []byte("\n")); n != 7 || !strings.Contains(out.String(), "***") {
					t.Errorf("%d lines, want 7:\n%s", n, &out)
				}
				if strings.Contains(out.String(), canary) {
					t.Errorf("the log holds the canary:\n%s", &out)
				}
			})
		}
	}
}

func TestTheRestStaysAsItIs(t *testing.T) {
	t.Parallel()
	lines := func(wrap func(slog.Handler) slog.Handler) string {
		var out bytes.Buffer
		log := slog.New(wrap(slog.NewJSONHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}})))
		log.Info("listens at https://rouse.example.org:8080/i/1", "n", 7, "list", []int{1, 2}, "ok", true, "mail", "ana@example.org")
		log.Debug("not asked for")
		return out.String()
	}
	plain := lines(func(h slog.Handler) slog.Handler { return h })
	if got := lines(func(h slog.Handler) slog.Handler { return redact.New(h) }); got != plain {
		t.Errorf("got %s\nwant %s", got, plain)
	}
}
