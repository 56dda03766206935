package wire

import (
	"cmp"
	"context"
	"net/netip"
	"strings"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/mailbox"
	"github.com/rouse-oncall/rouse/internal/adapters/httpapi"
	"github.com/rouse-oncall/rouse/internal/adapters/ingest"
	"github.com/rouse-oncall/rouse/internal/adapters/ingest/email"
	"github.com/rouse-oncall/rouse/internal/adapters/ingest/webhook"
	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// mailSender gives the integration to whose key mail comes, where it may.
func (a *App) mailSender(ctx context.Context, key string, client netip.Addr) (*directory.Integration, error) {
	in, err := a.mailIntegration(ctx, key, client)
	if err != nil {
		a.metrics.Unread(fault.Of(err).Code)
	}
	return in, err
}

func (a *App) mailIntegration(ctx context.Context, key string, client netip.Addr) (*directory.Integration, error) {
	in, err := a.admin.access.Integration.Do(ctx, key)
	if small := strings.ToLower(key); small != key && fault.Is(err, fault.KindUnauthorized) {
		in, err = a.admin.access.Integration.Do(ctx, small) // as it was passed on
	}
	switch {
	case err != nil:
		return nil, err
	case in.Kind != directory.Email:
		a.log.Warn("mail came to the key of an integration of another kind and was refused: give it the kind email", "integration", in.Name)
		return nil, fault.Unauthorized("alerts.key_wrong", "this is not the key of an integration that mail comes to")
	case !in.TakesFrom(client):
		return nil, fault.Forbidden("alerts.address", "this integration does not take alerts from your address")
	}
	rate := httpapi.Rate{PerSecond: a.Config.IntakeRate, Burst: a.Config.IntakeBurst}
	if wait, ok := a.limits.Admit(in, rate); !ok {
		return nil, fault.Unavailable(wait, "alerts.rate", "this integration sends more than it may; send the same again later")
	}
	return in, nil
}

// takeMail takes a mail in as alerts, and returns when they are committed. What cannot be one is put into quarantine:
// whoever sends could not mend it. While the database is away they may wait in the buffer; the sender keeps the mail
// all the same, for a mail server's 250 cannot say so.
func (a *App) takeMail(ctx context.Context, from *directory.Integration, l mailbox.Letter) error {
	raw := email.Body(email.Mail{ID: l.ID, From: l.From, Subject: l.Subject, Text: l.Text, Date: l.Date}, from.Name)
	b, err := webhook.Decode(cmp.Or(strings.TrimSpace(from.Transform), email.Transform), raw, ingest.DefaultLimits())
	if err != nil {
		b = ingest.Batch{}
		b.Add(0, alert.Signal{}, err.Error(), raw)
	}
	results, err := a.intake.Do(ctx, from, b.Signals, b.Bad, 0)
	if err != nil {
		return err
	}
	if len(results) > 0 && results[0].Outcome == intake.Buffered {
		return fault.Unavailable(0, "store.unavailable", "the database is away; the alerts wait for it")
	}
	a.admin.access.NoteHeard.Do(ctx, from.ID)
	a.admin.access.KeepPayload.Do(ctx, from.ID, raw)
	return nil
}
