package wire

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/alertmanager"
	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// lookPoll is how often is looked whether an Alertmanager is to be read.
const lookPoll = time.Second

func lookRepos(tx *store.Tx) intake.LookRepos {
	return intake.LookRepos{Directory: tx.Directory(), Looks: tx.Looks(), Leases: tx.Leases(), Facts: tx.Facts()}
}

// newLook may go to private addresses: that is where Alertmanagers are, and only admins say where.
func (a *App) newLook(d intake.Deps) *intake.Look {
	reach := channel.Reach{Inside: true}
	for _, n := range a.Config.WebhookAllow {
		reach.Allow = append(reach.Allow, netip.MustParsePrefix(n)) // Config.Check looked at them
	}
	from := alertmanager.New(reach.Dialer().DialContext)
	return intake.NewLook(d, intake.LookStore{Read: store.Read(a.db, lookRepos), Write: store.Atomic(a.db, store.Engine, lookRepos)}, from, a.holder, a.Config.PublicURL)
}

// alertmanagerWords say which integrations' Alertmanagers cannot be read. Anybody may ask: why is said to who is signed in, and
// in the log, since it names hosts inside.
func (a *App) alertmanagerWords(ctx context.Context) (string, bool) {
	failing := map[string]string{}
	read := 0
	err := store.Read(a.db, lookRepos)(ctx, func(ctx context.Context, r intake.LookRepos) error {
		snap, err := r.Directory.Current(ctx)
		if err != nil {
			return err
		}
		looks, err := r.Looks.All(ctx)
		for _, in := range snap.Integrations {
			if l := looks[in.ID]; in.Reads() {
				read++
				if l.Error != "" {
					failing[in.Name] = sinceWords(l)
				}
			}
		}
		return err
	})
	switch {
	case err != nil:
		return cannotKnow, false
	case read == 0:
		return "no integration says where to read one", true
	case len(failing) == 0:
		return "are read", true
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(failing)) {
		out = append(out, name+" cannot be read"+failing[name])
	}
	return strings.Join(out, "; ") + ". What is silenced there is not seen, and what is over without a word stays open: the page of the integration and the log say why", false
}

func sinceWords(l ports.Look) string {
	if l.Good.IsZero() {
		return " and never could"
	}
	return " since " + l.Good.UTC().Format("15:04 UTC")
}
