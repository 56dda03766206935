package wire

import (
	"context"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/httpapi"
	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/audit"
	"github.com/rouse-oncall/rouse/internal/app/watch"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// checks say in words what must work before requests should come here, what else is not well, and what to do. With
// Redis alerts can be taken without the database: a balancer must go on to send them.
func (a *App) checks() []httpapi.Check {
	buffers := a.redis != nil
	checks := []httpapi.Check{
		{Name: "database", Advisory: buffers, Do: func(ctx context.Context) (string, bool) {
			if err := a.db.Ping(ctx); err != nil {
				a.log.Warn("the database does not answer or cannot be written", "error", err)
				if a.db.Full() {
					return "its disk is full: alerts are refused until there is room; then all goes on by itself", false
				}
				return "does not answer, or cannot be written: see the log, and try `rouse doctor` there", false
			}
			return "answers and can be written", true
		}},
		{Name: "durability", Advisory: true, Do: a.durabilityWords},
		{Name: "clock", Do: func(context.Context) (string, bool) {
			if a.synced != nil && !a.synced.Known() {
				return "the database's clock is not known yet: wait, or see whether the database answers", false
			}
			return "follows the database's", true
		}},
		{Name: "workers", Advisory: buffers, Do: func(context.Context) (string, bool) { return a.health.words() }},
		{Name: "channels", Advisory: true, Do: a.channelWords},
		{Name: "alertmanagers", Advisory: true, Do: a.alertmanagerWords},
		{Name: "paging", Advisory: true, Do: a.pagingWords},
		{Name: "audit", Advisory: true, Do: a.auditWords},
		{Name: "probe", Advisory: true, Do: a.pulseWords(watch.PulseProbe, "went the whole way", "alerts may page nobody: see the log for what fails")},
		{Name: "heartbeat", Advisory: true, Do: a.heartbeatWords},
		{Name: "backup", Advisory: true, Do: a.backupWords},
	}
	if buffers {
		checks = append(checks, a.redis.check(), httpapi.Check{Name: "alerts", Do: a.takesAlerts})
	}
	return checks
}

func (a *App) takesAlerts(ctx context.Context) (string, bool) {
	if a.db.Ping(ctx) == nil {
		return "are taken", true
	}
	if st := a.redis.state.Load(); st != nil && st.Keeps {
		return "are taken into Redis until the database is back; nobody is paged until then", true
	}
	return "are refused: neither the database nor Redis takes them", false
}

// channelWords: a server without mail and SMS may still call the webhooks of who has one.
func (a *App) channelWords(ctx context.Context) (string, bool) {
	var bad []string
	if words, well := a.providers.words(); !well {
		bad = append(bad, words)
	}
	gone, _ := deadChannels(ctx, a.db) // where the database does not answer, that is said elsewhere
	if bad = append(bad, gone...); len(bad) > 0 {
		return strings.Join(bad, "; "), false
	}
	if a.channels.notifiers["email"] != nil || a.channels.notifiers["sms"] != nil {
		return a.channels.words(), true
	}
	reaches := false
	read := store.Read(a.db, (*store.Tx).Directory)
	err := read(ctx, func(ctx context.Context, r ports.Directory) error {
		people, err := r.Current(ctx)
		reaches = err == nil && people.ReachesAnybody()
		return err
	})
	switch {
	case err != nil:
		return cannotKnow, false
	case !reaches:
		return "can reach nobody: alerts are taken, and nobody is told of them; set ROUSE_SMTP_URL or ROUSE_TWILIO_URL, or give somebody a webhook", false
	}
	return a.channels.words(), true
}

const cannotKnow = "not known: the database does not answer"

func (a *App) pagingWords(ctx context.Context) (string, bool) {
	switch w, err := readWatched(ctx, a.db); {
	case err != nil:
		return cannotKnow, false
	case w.paging.Held:
		return "held since " + w.paging.At.UTC().Format("2006-01-02 15:04 UTC") + ": nobody is told of anything. `rouse paging status` says by whom, `rouse paging resume` lets it go on", false
	}
	return "goes on", true
}

// pulseWords says when a part was last well. Right after a start nothing can be said yet, which is not unwell;
// nor is a synthetic alert that is not sent while paging is held.
func (a *App) pulseWords(name, well, what string) func(context.Context) (string, bool) {
	return func(ctx context.Context) (string, bool) {
		w, err := readWatched(ctx, a.db)
		if err != nil {
			return cannotKnow, false
		}
		now := a.clock.Now()
		p, known := w.pulses[name]
		age := now.Sub(p.At)
		switch {
		case known && age.Abs() <= watch.Unwell:
			words := well + " " + ago(age)
			if p.Took > 0 {
				words += ", in " + p.Took.Round(time.Millisecond).String()
			}
			return words, true
		case name == watch.PulseProbe && w.paging.Held:
			return "not tried while paging is held", true
		case now.Sub(a.began).Abs() < watch.Unwell:
			return "not known yet: this server has just started", true
		case !known:
			return "never " + well + ": " + what, false
		}
		return well + " only " + ago(age) + ": " + what, false
	}
}

// ago says when a pulse was. One ahead of the clock, by more than servers may differ, is from before it was put back.
func ago(d time.Duration) string {
	if d < -watch.Unwell {
		return "before the clock was put back by " + d.Abs().Round(time.Second).String()
	}
	return max(0, d).Round(time.Second).String() + " ago"
}

func (a *App) auditWords(ctx context.Context) (string, bool) {
	if words := a.broken.words(); words != "" {
		return words, false
	}
	return a.pulseWords(audit.Pulse, "passed", "incidents may be without a future: `rouse doctor` on the server's machine names those that cannot be read, the log says the rest")(ctx)
}

func (a *App) heartbeatWords(ctx context.Context) (string, bool) {
	if a.heartbeat == nil {
		return "nobody outside is told that Rouse is well: set ROUSE_HEARTBEAT_URL, so that somebody notices when it is not", true
	}
	return a.pulseWords(watch.PulseHeartbeat, "was taken outside", "the log says why; it is not sent while audit or probe are not well, no provider takes a message, or paging is held")(ctx)
}
