package wire

import (
	"context"
	crypto "crypto/rand"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/webpush"
	"github.com/rouse-oncall/rouse/internal/adapters/httpapi"
	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/audit"
	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/app/escalate"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// compose binds the use cases to the store, the channels and the HTTP surface.
func (a *App) compose() {
	a.providers = &providers{Metrics: a.metrics, channels: &a.channels, now: a.clock.Now, log: a.log, bad: map[string]int{}, good: map[string]time.Time{}}
	a.deliver = a.newDeliver()
	in := intake.Deps{
		Peek: a.db, Clock: a.clock, Committers: a.committers(), NewID: newID, Committed: a.committed, Metrics: a.metrics, Log: a.log, Stuck: a.stuck,
		Atomically: store.Atomic(a.db, store.Intake, func(tx *store.Tx) intake.Repos {
			return intake.Repos{
				Directory: tx.Directory(), Catalog: tx.Catalog(), Incidents: tx.Incidents(), Correlations: tx.Correlations(),
				Alerts: tx.Alerts(), Timers: tx.Timers(), Quarantine: tx.Quarantine(), Senders: tx.Senders(),
			}
		}),
	}
	if a.redis != nil {
		in.Buffer = a.redis.buffer
	}
	a.intake = intake.NewReceive(in)
	if a.redis != nil {
		a.redis.drain = intake.NewDrain(a.intake, a.Config.BufferTTL, a.metrics)
	}
	a.uptime = &intake.Uptime{Clock: a.clock, Log: a.log, Atomically: store.Atomic(a.db, store.Engine, (*store.Tx).Uptime)}
	a.refire = intake.NewRefire(in, a.uptime)
	a.look = a.newLook(in)
	a.escalate = &escalate.Run{
		Peek: a.db, Clock: a.clock, Committed: a.committed, Lag: a.metrics.TimerWorked, Stuck: a.stuck,
		Atomically: store.Atomic(a.db, store.Engine, func(tx *store.Tx) escalate.Repos {
			return escalate.Repos{Directory: tx.Directory(), Incidents: tx.Incidents(), Timers: tx.Timers(), Paging: tx.Paging()}
		}),
	}
	a.audit = &audit.Run{
		Clock: a.clock, Holder: a.holder, Committed: a.committed, Done: a.audited, Passed: a.auditPassed,
		Atomically: store.Atomic(a.db, store.Engine, func(tx *store.Tx) audit.Repos {
			return audit.Repos{Directory: tx.Directory(), Incidents: tx.Incidents(), Auditor: tx.Auditor(), Leases: tx.Leases(), Pulses: tx.Pulses()}
		}),
	}
	a.follow = insight.NewFollow(insight.FollowConfig{Changes: store.Read(a.db, (*store.Tx).Changes), Clock: a.clock, Metrics: a.metrics})
	a.prune = insight.Prune{
		Clock: a.clock, Holder: a.holder,
		Atomically: store.Atomic(a.db, store.People, func(tx *store.Tx) insight.PruneRepos {
			return insight.PruneRepos{Changes: tx.Changes(), Inbound: tx.Inbound(), Senders: tx.Senders(), Leases: tx.Leases()}
		}),
	}
	a.watch = a.newWatch()
	a.admin = a.newAdmins()
	people := respond.Deps{
		Clock: a.clock, NewID: newID, Committed: a.committed, Unanswered: a.metrics.Unanswered,
		Atomically: store.Atomic(a.db, store.People, func(tx *store.Tx) respond.Repos {
			return respond.Repos{Directory: tx.Directory(), Incidents: tx.Incidents(), Alerts: tx.Alerts(), Keys: tx.Correlations()}
		}),
	}
	a.answer = respond.Answer{
		Deps: people, Sent: a.db.Sent(), Codes: a.codes,
		Read: store.Read(a.db, func(tx *store.Tx) respond.AnswerRepos {
			return respond.AnswerRepos{Directory: tx.Directory(), Facts: tx.Facts(), Linked: tx.Linked()}
		}),
	}
	a.takeReply = a.newTakeReply()
	a.limits = a.keyLimiter()
	a.mailbox = a.newMailbox()
	a.handler = a.newHandler(people)
}

// readSecrets reads the keys by which codes and notifications are signed. The first server of a database makes them.
func (a *App) readSecrets(ctx context.Context) error {
	return store.Atomic(a.db, store.People, (*store.Tx).Secrets)(ctx, func(ctx context.Context, r ports.Secrets) error {
		key, err := r.Keep(ctx, "answers", crypto.Text()+crypto.Text())
		if err != nil {
			return err
		}
		a.codes = notification.NewCodes(key)
		if a.installation, err = r.Keep(ctx, "installation", newID()); err != nil {
			return err
		}
		if key, err = r.Keep(ctx, "webpush", webpush.NewKey()); err != nil {
			return err
		}
		return a.channels.push.SignBy(key)
	})
}

// committers: PostgreSQL writes two groups at once, one of them while the other's exchanges are on their way.
// SQLite has one writer, and a second committer only halves its groups.
func (a *App) committers() int {
	if strings.HasPrefix(a.Config.DatabaseURL, "sqlite:") {
		return 1
	}
	return 2
}

func (a *App) newDeliver() *deliver.Worker {
	return deliver.New(deliver.Config{
		Claims: store.Atomic(a.db, store.Engine, func(tx *store.Tx) deliver.ClaimRepos {
			return deliver.ClaimRepos{Lanes: tx.Lanes(), Messages: tx.Messages(), Facts: tx.Facts(), Directory: tx.Directory(), Paging: tx.Paging(), Deliveries: tx.Deliveries()}
		}),
		Records: store.Atomic(a.db, store.Engine, func(tx *store.Tx) deliver.RecordRepos {
			return deliver.RecordRepos{Incidents: tx.Incidents(), Messages: tx.Messages(), Deliveries: tx.Deliveries(), Directory: tx.Directory()}
		}),
		Behind: func(ctx context.Context, now time.Time) (bool, error) {
			return a.db.AnyDue(ctx, escalate.Kinds(), now.Add(-incident.LateBy))
		},
		Usage: a.db.Usage(), Paid: a.channels.paid(), Quota: a.Config.quota(), OverQuota: a.metrics.OverQuota,
		Outbox: a.db.Outbox(), Notifiers: a.channels.notifiers, Rules: a.channels.rules(), Clock: a.clock,
		NewID: func() id.Message { return id.Message(newID()) }, NewToken: uuid.NewString, Jitter: rand.Float64,
		PublicURL: a.Config.PublicURL, Installation: a.installation, Codes: a.codes, Metrics: a.providers, Log: a.log, Committed: a.committed,
	})
}

func (a *App) newSendTest() deliver.SendTest {
	return deliver.SendTest{
		Atomically: store.Atomic(a.db, store.People, func(tx *store.Tx) deliver.TestRepos {
			return deliver.TestRepos{Directory: tx.Directory(), Messages: tx.Messages(), Paging: tx.Paging(), Links: tx.Links()}
		}),
		CanSend: a.channels.sendable, Allow: httpapi.TestLimiter().Allow, Clock: a.clock,
		NewID: func() id.Message { return id.Message(newID()) }, Wake: a.deliver.Wake,
	}
}

func (a *App) newSendAgain() deliver.SendAgain {
	return deliver.SendAgain{
		Worker: a.deliver, Messages: a.db.Messages(),
		Atomically: store.Atomic(a.db, store.People, func(tx *store.Tx) deliver.AgainRepos {
			return deliver.AgainRepos{
				RecordRepos: deliver.RecordRepos{Incidents: tx.Incidents(), Messages: tx.Messages(), Deliveries: tx.Deliveries(), Directory: tx.Directory()},
				Paging:      tx.Paging(),
			}
		}),
	}
}
