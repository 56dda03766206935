package wire

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/mailbox"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/slack"
	"github.com/rouse-oncall/rouse/internal/adapters/clock"
	"github.com/rouse-oncall/rouse/internal/adapters/httpapi"
	"github.com/rouse-oncall/rouse/internal/adapters/metrics"
	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/adapters/vault"
	"github.com/rouse-oncall/rouse/internal/app/audit"
	"github.com/rouse-oncall/rouse/internal/app/backup"
	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/app/escalate"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/app/retain"
	"github.com/rouse-oncall/rouse/internal/app/watch"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// App is one server: New puts it together, Start lets it work, Stop ends it.
type App struct {
	Config  Config
	Version string

	log       *slog.Logger
	lock      *os.File // of a SQLite file; nil for PostgreSQL
	db        *store.DB
	clock     ports.Clock
	synced    *clock.Clock // nil where the clock is a test's
	metrics   *metrics.Metrics
	channels  channels
	providers *providers
	redis     *sharing // nil without one
	holder    string
	began     time.Time // by the clock of decisions

	heartbeat ports.Heartbeat // nil: nobody outside is told

	codes notification.Codes

	installation string // our id, the same for every server of this database
	answer       respond.Answer
	asking       asking
	ringing      ringing
	bot          bot
	mailbox      *mailbox.Server // nil: no mail comes here

	takeReply respond.TakeReply
	slackCall func(slack.Call) // works it, and does not wait; nil where there is no Slack

	admin    admins
	intake   *intake.Receive
	limits   *httpapi.Limiter // of integrations
	refire   *intake.Refire
	look     *intake.Look
	uptime   *intake.Uptime
	escalate *escalate.Run
	audit    *audit.Run
	broken   broken
	watch    *watch.Run
	deliver  *deliver.Worker
	follow   *insight.Follow
	prune    insight.Prune
	backup   *backup.Schedule // nil: none are made
	handler  http.Handler
	doubts   []engine.Doubt // that were said; of its own worker

	backups  *vault.Vault // nil: there is none
	retain   *retain.Run
	archived func() error // closes the archive

	server   *http.Server
	listener net.Listener
	health   health
	aside    health            // of workers without whom people are paged all the same
	keys     map[string]string // of integrations, made at this start and shown once
	stop     context.CancelFunc
	stopping atomic.Bool
	working  sync.WaitGroup
}

// Option changes how a server is put together: for tests and for the demonstration.
type Option func(*App)

// WithClock gives the server a clock of the caller's.
func WithClock(c ports.Clock) Option { return func(a *App) { a.clock = c } }

// New opens the database and puts everything together. Close what it gives by Stop.
func New(ctx context.Context, cfg Config, version string, log *slog.Logger, opts ...Option) (*App, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	a := &App{Config: cfg, Version: version, log: log, metrics: metrics.New(version), holder: uuid.NewString(), keys: map[string]string{}}
	a.health = health{failing: map[string]time.Time{}, tell: a.metrics.WorkerFailing}
	a.aside = health{failing: map[string]time.Time{}, tell: a.metrics.WorkerFailing}
	var err error
	if a.channels, err = newChannels(cfg, func() time.Time { return a.clock.Now() }, hears{ended: a.deviceEnded, changed: a.providerChanged, blocked: a.chatBlocked, refused: a.mailRefused}); err != nil {
		return nil, err
	}
	if a.heartbeat, err = newHeartbeat(cfg); err != nil {
		return nil, err
	}
	if a.redis, err = newSharing(cfg, a.holder); err != nil {
		return nil, err
	}
	if a.lock, err = lockFile(cfg.DatabaseURL); err != nil {
		return nil, errors.Join(err, a.close())
	}
	if a.db, err = store.Open(ctx, cfg.DatabaseURL, store.Options{Expiry: a.channels.expiry, Sendable: a.channels.sendable, Follows: a.channels.follows, Observe: a.metrics.Transaction}); err != nil {
		return nil, errors.Join(err, a.close())
	}
	if err := refuseHalfRestored(ctx, a.db); err != nil {
		return nil, errors.Join(err, a.close())
	}
	for _, o := range opts {
		o(a)
	}
	if a.clock == nil {
		a.synced = clock.New(a.db.Now)
		a.clock = a.synced
		if _, err := a.synced.Sync(ctx); err != nil {
			return nil, errors.Join(err, a.close())
		}
	}
	a.began = a.clock.Now()
	if err := errors.Join(a.readSecrets(ctx), a.newSchedule(ctx), a.newRetention(ctx)); err != nil {
		return nil, errors.Join(err, a.close())
	}
	a.compose()
	if err := errors.Join(a.holdPaging(ctx), a.applyConfigDir(ctx)); err != nil {
		a.intake.Close()
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// close ends what New opened.
func (a *App) close() error {
	var errs []error
	if a.redis != nil {
		errs = append(errs, a.redis.close())
	}
	if a.backups != nil {
		errs = append(errs, a.backups.Close())
	}
	if a.archived != nil {
		errs = append(errs, a.archived())
	}
	if a.db != nil {
		errs = append(errs, a.db.Close())
	}
	if a.lock != nil {
		errs = append(errs, a.lock.Close())
	}
	return errors.Join(errs...)
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// committed hears of every commit that changed incidents.
func (a *App) committed(changes []incident.Change) {
	if len(changes) == 0 {
		return
	}
	a.metrics.Changed(changes)
	a.sayLoudly(changes)
	for i := range changes {
		if len(changes[i].Pages) > 0 {
			a.deliver.Wake()
			return
		}
	}
}

// stuck hears of timers that cannot be worked for now.
func (a *App) stuck(timers []incident.Timer, err error) {
	for _, t := range timers {
		a.metrics.TimerStuck(t.Kind)
		a.log.Error("a timer cannot be worked and is put off", "kind", t.Kind, "incident", t.Incident, "subject", t.Subject, "error", err)
	}
}

// sayLoudly logs what must not be overheard by whoever runs the server.
func (a *App) sayLoudly(changes []incident.Change) {
	for i := range changes {
		if changes[i].State.Number == id.Probe {
			continue // it is looked at by itself
		}
		for _, e := range changes[i].Entries {
			switch e.Kind { //nolint:exhaustive // the others are for the timeline
			case incident.EntryExhausted, incident.EntryGap, incident.EntryRepaired, incident.EntryUndelivered, incident.EntryNotTold:
				a.log.Warn(e.Text, "incident", changes[i].State.Number, "service", changes[i].State.ServiceName, "entry", e.Kind)
			}
		}
	}
}

// Start listens and works until Stop. It returns once requests are answered.
func (a *App) Start(ctx context.Context) error {
	// What waited while nobody listened must wait as much longer before anything is due.
	if _, err := a.uptime.RunOnce(ctx); err != nil {
		return err
	}
	if err := a.admin.access.Integration.Refresh(ctx); err != nil {
		return err
	}
	var err error
	if a.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", a.Config.Listen); err != nil {
		return fmt.Errorf("listening on %s: %w", a.Config.Listen, err)
	}
	a.server = httpapi.NewServer(a.handler, a.log)
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	a.stop = stop
	a.working.Go(func() {
		if err := a.server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("the web server ended", "error", err)
		}
	})
	if a.channels.notifiers["email"] == nil && a.channels.notifiers["sms"] == nil {
		a.log.Warn("nobody can be paged by mail or SMS: set ROUSE_SMTP_URL or ROUSE_TWILIO_URL")
	}
	if a.heartbeat == nil {
		a.log.Warn("nobody outside is told that Rouse is well: set ROUSE_HEARTBEAT_URL, so that somebody notices when it is not")
	}
	a.work(working)
	if _, err := a.TakeMail(ctx); err != nil {
		return err
	}
	return a.profile(working)
}

// profile serves Go's profiler, where that was asked for.
func (a *App) profile(ctx context.Context) error {
	if a.Config.Profiler == "" {
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.Config.Profiler)
	if err != nil {
		return fmt.Errorf("listening for the profiler: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() }) // nothing of it outlives the server
	a.working.Go(func() { _ = server.Serve(l) })
	return nil
}

// work starts the workers. They keep nothing in memory that matters: any replica may take any row.
func (a *App) work(ctx context.Context) {
	each := func(name string, every time.Duration, run func(context.Context) (int, error)) {
		a.working.Go(func() { loop(ctx, a.log, &a.health, name, every, run) })
	}
	each("timers", poll, a.escalate.RunOnce)
	each("refire", poll, a.refire.RunOnce)
	each("alertmanagers", lookPoll, a.look.RunOnce)
	each("stream", poll, a.follow.RunOnce)
	each("prune", insight.PruneEvery, a.prune.RunOnce)
	each("keys", keysEvery, func(ctx context.Context) (int, error) { return 0, a.admin.access.Integration.Refresh(ctx) })
	each("uptime", ports.BeatEvery, a.uptime.RunOnce)
	each("audit", audit.Every, func(ctx context.Context) (int, error) {
		_, err := a.audit.RunOnce(ctx)
		return 0, err
	})
	each("durability", 30*time.Second, a.lookForDoubts)
	each("probe", poll, a.watch.RunOnce)
	each("paging", sayHeld, a.sayHeld)
	each("providers", askAgain, a.providers.look)
	each("replies", askWhileLive, a.askProviders)
	each("receipts", askReceipts, a.askPushover)
	a.workSlack(ctx, each)
	a.workTelegram(ctx)
	a.beside(ctx, "retention", retain.Every, a.retain.RunOnce)
	if a.backup != nil {
		a.beside(ctx, "backup", backup.Every, a.backup.RunOnce)
	}
	if a.synced != nil {
		each("clock", 30*time.Second, a.syncClock)
	}
	if a.redis != nil {
		each("redis", lookEvery, a.lookAtRedis)
		each("buffer", intake.DrainEvery, a.drainBuffer)
		each("limits", shareEvery, a.shareLimits)
	}
	a.working.Go(func() { a.deliver.Run(ctx) })
}

func (a *App) syncClock(ctx context.Context) (int, error) {
	off, err := a.synced.Sync(ctx)
	if err != nil {
		return 0, err
	}
	a.metrics.ClockOff(off)
	if off.Abs() > clock.Skew {
		a.log.Warn("this machine's clock was off the database's; corrected", "by", off)
	}
	return 0, nil
}

// Addr is where the server listens, once it was started.
func (a *App) Addr() net.Addr { return a.listener.Addr() }

// Handler answers requests without a listener: for tests.
func (a *App) Handler() http.Handler { return a.handler }

// Stop ends in the order of need: no new requests, what is queued is committed, sends in flight finish or give
// back their leases, the database is closed. The context bounds the waiting.
func (a *App) Stop(ctx context.Context) error {
	var errs []error
	a.follow.Stop() // whoever listens would hold up the web server's end
	a.stopping.Store(true)
	if a.server != nil {
		errs = append(errs, a.server.Shutdown(ctx))
	}
	if a.mailbox != nil {
		errs = append(errs, a.mailbox.Close())
	}
	a.intake.Close()
	if a.stop != nil {
		a.stop()
	}
	stopped := make(chan struct{})
	go func() { a.working.Wait(); close(stopped) }()
	select {
	case <-stopped:
	case <-ctx.Done():
		errs = append(errs, fmt.Errorf("work in flight did not end in time: %w", ctx.Err()))
	}
	return errors.Join(append(errs, a.close())...)
}

// NextDue is the next moment at which something is to be done; zero: none. For who drives time.
func (a *App) NextDue(ctx context.Context) (time.Time, error) {
	return a.db.NextDue(ctx, a.clock.Now())
}

// AskForReplies asks providers what came back, as happens every few seconds by itself: for who drives time.
func (a *App) AskForReplies(ctx context.Context) error {
	_, err := a.askProviders(ctx)
	if err == nil && a.channels.telegram != nil {
		_, err = a.askTelegram(ctx, 0)
	}
	if err == nil {
		_, err = a.askPushover(ctx)
	}
	return err
}

// LookAtAlertmanagers reads those that are due, as happens by itself: for who drives time.
func (a *App) LookAtAlertmanagers(ctx context.Context) error {
	_, err := a.look.RunOnce(ctx)
	return err
}

// Settle works everything that is due by the clock, until nothing is: for who drives time.
func (a *App) Settle(ctx context.Context) error {
	for {
		total := 0
		for _, run := range []func(context.Context) (int, error){a.drainBuffer, a.refire.RunOnce, a.escalate.RunOnce, a.deliver.RunOnce} {
			n, err := run(ctx)
			if err != nil {
				return err
			}
			total += n
		}
		if total == 0 {
			return nil
		}
	}
}
