package slack

import (
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"time"

	"github.com/slack-go/slack/socketmode"
)

// reconnect is how long to wait after Slack would not be listened to.
const reconnect = 10 * time.Second

// Listens says whether calls are fetched.
func (s *Sender) Listens() bool { return s.cfg.AppToken != "" }

// Hears says whether what people do in Slack comes in at all: fetched, or signed by a secret that we know.
func (s *Sender) Hears() bool { return s.Listens() || s.cfg.Secret != "" }

// Listen fetches calls by Socket Mode until the context ends, and gives each to do, which must not block. Of several
// servers that listen, Slack tells one of each call.
func (s *Sender) Listen(ctx context.Context, out *slog.Logger, do func(Call)) {
	for ctx.Err() == nil {
		client := socketmode.New(s.api(), socketmode.OptionLog(log.New(io.Discard, "", 0)), socketmode.OptionReadLimit(1<<20))
		ended := make(chan error, 1)
		running, stop := context.WithCancel(ctx)
		go func() { ended <- client.RunContext(running) }()
		err := s.take(client, ended, do)
		stop()
		if ctx.Err() != nil {
			return
		}
		out.Warn("Slack cannot be listened to", "error", s.hide(err.Error()), "again_in", reconnect)
		select {
		case <-ctx.Done():
		case <-time.After(reconnect):
		}
	}
}

// take reads what the client brings until it ends. Slack hears at once that a call came: else it brings it again.
func (s *Sender) take(client *socketmode.Client, ended <-chan error, do func(Call)) error {
	for {
		select {
		case err := <-ended:
			if err == nil {
				err = errors.New("the connection ended")
			}
			return err
		case ev := <-client.Events:
			read := map[socketmode.EventType]func([]byte) (Call, bool, error){
				socketmode.EventTypeInteractive: readInteraction, socketmode.EventTypeSlashCommand: readCommand,
			}[ev.Type]
			if ev.Request == nil || ev.Request.EnvelopeID == "" { // a greeting, or the client's own
				continue
			}
			_ = client.Ack(*ev.Request) // where that fails, it comes again
			if read == nil {
				continue
			}
			if c, ok, err := read(ev.Request.Payload); err == nil && ok {
				do(c)
			}
		}
	}
}
