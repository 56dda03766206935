package wire

import (
	"cmp"
	"context"
	"fmt"
	"net"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/mailbox"
	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// newMailbox gives the mail server for what comes back, nil where none is asked for.
func (a *App) newMailbox() *mailbox.Server {
	if a.channels.mailDomain == "" {
		return nil
	}
	bounce := deliver.TakeBounce{
		Confirm: deliver.Confirm{Worker: a.deliver, Messages: a.db.Messages()}, Sent: a.db.Sent(), Codes: a.codes, Clock: a.clock,
		Mark: func(ctx context.Context, kind, to, trouble string) error {
			_, err := a.admin.access.MarkContact.Do(ctx, kind, to, admin.Mark{Trouble: trouble})
			return err
		},
	}
	return mailbox.New(mailbox.Config{
		Domain: a.channels.mailDomain, Codes: a.codes, Log: a.log, Bounced: bounce.Do,
		Alerts: mailbox.Alerts{Sender: a.mailSender, Take: a.takeMail},
		Answer: func(ctx context.Context, w ports.Written) (string, error) { return a.takeReply.Do(ctx, "email", w) },
		Reply: func(ctx context.Context, code string, l mailbox.Letter, words string) error {
			to, err := a.answer.AddressOf(ctx, code)
			if to == "" && !fault.Is(err, fault.KindUnavailable) {
				return err
			}
			to = cmp.Or(to, l.From) // the database is away, and whoever wrote knows the code
			return a.channels.mail.Reply(ctx, to, l.Subject, l.ID, words)
		},
	})
}

// mailRefused marks a contact whose mailbox its server refuses, as a bounce does.
func (a *App) mailRefused(ctx context.Context, to, why string) {
	trouble := "refused at " + a.clock.Now().UTC().Format("2006-01-02 15:04 UTC") + ": " + why
	if _, err := a.admin.access.MarkContact.Do(ctx, "email", to, admin.Mark{Trouble: trouble}); err != nil {
		a.log.Warn("a contact whose mailbox was refused could not be marked: the next mail there will try again", "error", err)
	}
}

// TakeMail listens for mail that comes back, where that is asked for, and gives the address: Start does, and whoever
// drives time. nil: it is not.
func (a *App) TakeMail(ctx context.Context) (net.Addr, error) {
	if a.mailbox == nil {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.Config.MailListen)
	if err != nil {
		return nil, fmt.Errorf("listening for mail: %w", err)
	}
	a.working.Go(func() {
		if err := a.mailbox.Serve(l); err != nil {
			a.log.Error("the mail server ended", "error", err)
		}
	})
	return l.Addr(), nil
}
