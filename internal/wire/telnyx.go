package wire

import (
	"context"
	"maps"
	"slices"

	"github.com/rouse-oncall/rouse/internal/adapters/httpapi"
	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
)

// askTelnyx asks what became of the texts of the last minutes, where Telnyx cannot report it. One server at a time does.
func (a *App) askTelnyx(ctx context.Context) error {
	sender := a.channels.telnyx
	if sender == nil || sender.Reports(a.Config.PublicURL) {
		return nil
	}
	if err := a.lookForTexts(ctx, a.clock.Now()); err != nil || len(a.asking.other) == 0 {
		return nil //nolint:nilerr // while the database is away nothing can be noted
	}
	if mine, err := a.turnOf(ctx, "telnyx", 3*askWhileLive); err != nil || !mine {
		return err
	}
	list, err := sender.Statuses(ctx, slices.Sorted(maps.Keys(a.asking.other)))
	a.sayAsking("Telnyx", err)
	return a.report(ctx, a.asking.other, list)
}

// telnyx takes what Telnyx tells; nil where nothing is sent by it. The address of a report is not signed, so it counts
// only with the id that Telnyx gave the message.
func (a *App) telnyx() func(context.Context, httpapi.TelnyxEvent) error {
	sender := a.channels.telnyx
	if sender == nil {
		return nil
	}
	confirm := deliver.Confirm{Worker: a.deliver, Messages: a.db.Messages()}
	return func(ctx context.Context, e httpapi.TelnyxEvent) error {
		got, err := sender.ReadEvent(e.Header, e.Content)
		switch {
		case err != nil:
			return err
		case got.Written.ID != "":
			// An error is in the words, for whoever wrote: they try again.
			said, err := a.takeReply.Do(ctx, "sms", got.Written)
			if fault.Is(err, fault.KindConflict) {
				return err
			}
			if said == "" {
				return nil
			}
			if err := sender.Reply(ctx, got.Written.From, text.ReplySMS(said)); err != nil {
				a.metrics.Unanswered()
				a.log.Error("whoever wrote back was not answered", "error", err)
			}
			return nil
		case got.Known() && e.Message != "":
			m, err := a.db.Messages().Message(ctx, e.Message)
			if err != nil {
				return err
			}
			if m.ProviderID != "" && m.ProviderID != got.Standing.ID {
				return nil // of another attempt, or of another message
			}
			return confirm.Do(ctx, deliver.Report{Message: e.Message, Attempt: e.Attempt, ProviderID: got.Standing.ID, Status: got.Standing.Status, Detail: got.Standing.Detail})
		}
		return nil
	}
}
