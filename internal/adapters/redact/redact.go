// Package redact keeps secrets out of the log: a safety net below code that does not log them.
package redact

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
)

// Handler masks in messages and values what looks like a secret of ours, then passes the line on.
type Handler struct {
	next  slog.Handler
	rules []rule
}

type rule struct {
	find *regexp.Regexp
	mask string
}

var _ slog.Handler = (*Handler)(nil)

// New masks before next.
func New(next slog.Handler) *Handler {
	return &Handler{next: next, rules: []rule{
		{regexp.MustCompile(`\brouse_([a-z]+)_\w+`), "rouse_${1}_***"},
		{regexp.MustCompile(`(?i)\b(Bearer) +[^\s",;]+`), "$1 ***"},
		{regexp.MustCompile(`/(k|heartbeat)/[^/\s"?#]+`), "/$1/***"}, // the keys of integrations, in addresses
		{regexp.MustCompile(`/bot(\d+):[\w-]+`), "/bot$1:***"},       // of Telegram, whose addresses hold the token
		{regexp.MustCompile(`(?i)\b(GenieKey) +[^\s",;]+`), "$1 ***"},
		{regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/?#"]*):[^\s"]*@`), "$1:***@"}, // to the last @: passwords have them
		{regexp.MustCompile(`(?i)\b(password|token|secret)=[^\s&"]+`), "$1=***"},
	}}
}

// Enabled is the next handler's word.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle masks a line.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, h.text(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(h.attr(a))
		return true
	})
	return h.next.Handle(ctx, out)
}

// WithAttrs masks what all later lines have.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &Handler{h.next.WithAttrs(h.attrs(attrs)), h.rules}
}

// WithGroup only passes on.
func (h *Handler) WithGroup(name string) slog.Handler {
	return &Handler{h.next.WithGroup(name), h.rules}
}

func (h *Handler) text(s string) string {
	for _, r := range h.rules {
		s = r.find.ReplaceAllString(s, r.mask)
	}
	return s
}

func (h *Handler) attrs(list []slog.Attr) []slog.Attr {
	out := make([]slog.Attr, len(list))
	for i, a := range list {
		out[i] = h.attr(a)
	}
	return out
}

// attr leaves values whose text says nothing as they are: they keep their form in JSON.
func (h *Handler) attr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, h.text(v.String()))
	case slog.KindGroup:
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(h.attrs(v.Group())...)}
	case slog.KindAny:
		whole := fmt.Sprintf("%+v", v.Any())
		if masked := h.text(whole); masked != whole {
			return slog.String(a.Key, masked)
		}
	case slog.KindBool, slog.KindDuration, slog.KindFloat64, slog.KindInt64, slog.KindTime, slog.KindUint64, slog.KindLogValuer:
	}
	return slog.Attr{Key: a.Key, Value: v}
}
