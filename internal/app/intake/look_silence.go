package intake

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

const (
	silenceFor   = 15 * time.Minute // what is left behind by a server that ended is over so soon
	silenceAgain = 10 * time.Minute // when less is left, a silence is made to last longer
	mostSilences = 100              // for one incident
)

// oursAt is how the comments of our silences begin: they link to an incident of ours.
func oursAt(publicURL string) string {
	return "Acknowledged in Rouse: " + strings.TrimRight(publicURL, "/") + "/i/"
}

const silencedBy = "Rouse (" // and who has the incident

// isOurs: what a person changed keeps our comment and is theirs: it says who they are, or mutes by other conditions than we do.
func isOurs(s alert.SourceSilence, ours string) bool {
	return strings.HasPrefix(s.Comment, ours) && strings.HasPrefix(s.By, silencedBy) && s.Labels != nil
}

// keepSilences makes what is silenced by us what is acknowledged: it makes silences, makes them last, and ends those that
// nobody needs, also of a server that ended before it could. What it compares is what was just read.
func (u *Look) keepSilences(ctx context.Context, in *directory.Integration, p *picture) error {
	wanted, err := u.wanted(ctx, in)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	done := silencings{}
	ask := func(s alert.SourceSilence, made, ended int, do func(ctx context.Context) error) {
		done.add(strings.TrimPrefix(s.Comment, u.ours), made, ended, u.call(ctx, do))
	}
	for _, r := range p.read {
		for _, i := range slices.Sorted(maps.Keys(r.Silences)) {
			s := r.Silences[i]
			if seen[i] || !isOurs(s, u.ours) {
				continue
			}
			seen[i] = true
			key := silenceKey(s)
			w, ok := wanted[key]
			delete(wanted, key)
			switch {
			case !ok:
				ask(s, 0, 1, func(ctx context.Context) error { return u.from.Expire(ctx, in, r.url, i) })
			case s.Until.Sub(p.began) < silenceAgain:
				s.Until = w.Until
				ask(s, 0, 0, func(ctx context.Context) error { return u.from.Silence(ctx, in, r.url, s) })
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		s := wanted[key]
		s.Since = p.read[0].Began // in its past whatever our clock says: it takes its own time then
		ask(s, 1, 0, func(ctx context.Context) error { return u.from.Silence(ctx, in, p.read[0].url, s) })
	}
	if err := u.tell(ctx, in, done); err != nil {
		return err
	}
	return done.failed()
}

func (u *Look) call(ctx context.Context, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	return do(ctx)
}

// silenceKey says for which incident and which alert a silence is.
func silenceKey(s alert.SourceSilence) string {
	var b strings.Builder
	b.WriteString(s.Comment)
	for _, name := range slices.Sorted(maps.Keys(s.Labels)) {
		b.WriteString("\x00" + name + "\x00" + s.Labels[name])
	}
	return b.String()
}

// wanted are the silences that there should be: one for each alert that fires of what is acknowledged.
func (u *Look) wanted(ctx context.Context, in *directory.Integration) (map[string]alert.SourceSilence, error) {
	if !in.API.Silence {
		return map[string]alert.SourceSilence{}, nil
	}
	out := map[string]alert.SourceSilence{}
	err := u.store.Read(ctx, func(ctx context.Context, r LookRepos) error {
		firing, err := r.Looks.Firing(ctx, in.ID)
		if err != nil {
			return err
		}
		of, at := map[id.Incident][]alert.Alert{}, in.API.Place()
		for _, a := range firing {
			if _, cut := a.Labels[alert.LabelTruncated]; a.ListedBy == at && !cut && len(of[a.Incident]) < mostSilences {
				of[a.Incident] = append(of[a.Incident], a)
			}
		}
		states, err := r.Facts.States(ctx, slices.Sorted(maps.Keys(of)))
		if err != nil {
			return err
		}
		clear(out)
		now := u.deps.Clock.Now()
		for n, s := range states {
			if s.Status != incident.Acknowledged() {
				continue
			}
			for _, a := range of[n] {
				by := silencedBy + cmp.Or(s.Assignee.Name, "nobody") + ")"
				w := alert.SourceSilence{Silence: alert.NewSilence("", by, u.ours+s.ID, now.Add(silenceFor)), Labels: a.Labels}
				out[silenceKey(w)] = w
			}
		}
		return nil
	})
	return out, err
}
