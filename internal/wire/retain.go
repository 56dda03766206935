package wire

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/rouse-oncall/rouse/internal/adapters/clock"
	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/archive"
	"github.com/rouse-oncall/rouse/internal/app/retain"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Retention says for how long what is kept, and where incidents go before they are removed.
type Retention struct {
	KeepIncidents  time.Duration `help:"How long incidents are kept after they were resolved, with their history; 0: for ever. 2160h are 90 days." default:"2160h" env:"ROUSE_KEEP_INCIDENTS"`
	KeepQuarantine time.Duration `help:"How long what could not be an alert is kept; 0: for ever." default:"2160h" env:"ROUSE_KEEP_QUARANTINE"`
	KeepPayloads   time.Duration `help:"How long what webhooks received last is kept, for whoever writes their transform; 0: for ever." default:"336h" env:"ROUSE_KEEP_PAYLOADS"`
	ArchiveTo      string        `help:"Where incidents are kept in files before they are removed here: a folder, s3://bucket?region=… or azblob://container. Without it they are only removed." env:"ROUSE_ARCHIVE_TO"`
	ArchiveKey     string        `help:"By what the archive is encrypted: a passphrase of 16 characters or more, or a key of age." env:"ROUSE_ARCHIVE_KEY"`
}

func (r Retention) checkRetention() error {
	if r.KeepIncidents < 0 || r.KeepQuarantine < 0 || r.KeepPayloads < 0 {
		return errors.New("keep-incidents, keep-quarantine and keep-payloads: give a time, or 0 for ever")
	}
	if 0 < r.KeepIncidents && r.KeepIncidents < 24*time.Hour {
		return errors.New("keep-incidents: an incident may be opened again, and is looked for by whoever was woken: keep them for 24h at least")
	}
	return nil
}

// newRetain is what removes; close it by closer.
func (r Retention) newRetain(ctx context.Context, db *store.DB, c ports.Clock, version, holder string, log *slog.Logger) (run *retain.Run, closer func() error, err error) {
	run = &retain.Run{
		History: db.History(), Others: db.Others(), Atomically: store.Atomic(db, store.People, func(tx *store.Tx) ports.Leases { return tx.Leases() }),
		Holder: holder, Clock: c, Log: log, Removed: func(int) {},
		Keep: retain.Keep{Incidents: r.KeepIncidents, Quarantine: r.KeepQuarantine, Payloads: r.KeepPayloads},
	}
	if r.ArchiveTo == "" {
		return run, func() error { return nil }, nil
	}
	v, err := (Shelf{r.ArchiveTo, r.ArchiveKey}).open(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("archive-to: %w", err)
	}
	if !v.Opens() {
		return nil, nil, errors.Join(errors.New("archive-key: age1… only closes, and what is archived is read again before it is removed: give the key that begins with AGE-SECRET-KEY-1"), v.Close())
	}
	run.Archive = archive.Write{Letters: letters, Shelf: archive.Shelf{Vault: v}, Records: db.Records(), Clock: c, Version: version}
	return run, v.Close, nil
}

func (a *App) newRetention(ctx context.Context) (err error) {
	a.retain, a.archived, err = a.Config.newRetain(ctx, a.db, a.clock, a.Version, a.holder, a.log)
	if err == nil {
		a.retain.Removed = a.metrics.Removed
	}
	return err
}

// Removed is how much was removed, or would be.
type Removed = retain.Removed

// Retain removes all that is old now, also beside a running server; where it is dry it only counts, and says when the oldest
// of those incidents was resolved.
func Retain(ctx context.Context, databaseURL string, r Retention, dry bool, version string, log *slog.Logger) (n Removed, oldest time.Time, err error) {
	if err := r.checkRetention(); err != nil {
		return n, oldest, err
	}
	db, err := store.Open(ctx, databaseURL, store.Options{AsIs: true})
	if err != nil {
		return n, oldest, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := refuseHalfRestored(ctx, db); err != nil {
		return n, oldest, err
	}
	c := clock.New(db.Now)
	if _, err := c.Sync(ctx); err != nil {
		return n, oldest, err
	}
	run, closer, err := r.newRetain(ctx, db, c, version, uuid.NewString(), log)
	if err != nil {
		return n, oldest, err
	}
	defer func() { err = errors.Join(err, closer()) }()
	if dry {
		return run.Count(ctx)
	}
	n, err = run.Take(ctx)
	return n, oldest, err
}

// ArchiveFile is a file of the archive as its manifest tells.
type ArchiveFile = archive.Manifest

// Archived is an incident that was found in the archive.
type Archived = archive.Row

// ArchiveFilter says which to look for.
type ArchiveFilter = archive.Filter

// ListArchive gives the files, the oldest first.
func ListArchive(ctx context.Context, s Shelf) (all []ArchiveFile, err error) {
	v, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	return archive.Shelf{Vault: v}.List(ctx)
}

// VerifyArchive reads the file of this name, or all of them for "", and tells of each; it goes on after one that is not whole.
func VerifyArchive(ctx context.Context, s Shelf, name string, told func(ArchiveFile, error)) (err error) {
	v, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	shelf := archive.Shelf{Vault: v}
	all := make([]ArchiveFile, 1)
	if name == "" {
		all, err = shelf.List(ctx)
	} else {
		all[0], err = shelf.Find(ctx, name)
	}
	if err != nil {
		return err
	}
	for _, m := range all {
		told(m, shelf.Verify(ctx, m))
	}
	return nil
}

// RestoreArchive puts a file's incidents, or those of these numbers, into a database.
func RestoreArchive(ctx context.Context, databaseURL string, s Shelf, name string, numbers []int64) (n int, err error) {
	var only []id.Incident
	for _, number := range numbers {
		only = append(only, id.Incident(number))
	}
	v, err := s.open(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	shelf := archive.Shelf{Vault: v}
	m, err := shelf.Find(ctx, name)
	if err != nil {
		return 0, err
	}
	db, err := store.Open(ctx, databaseURL, store.Options{AsIs: true})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := refuseHalfRestored(ctx, db); err != nil {
		return 0, err
	}
	return shelf.Restore(ctx, m, db.Records(), only)
}

// QueryArchive finds incidents over all files.
func QueryArchive(ctx context.Context, s Shelf, f ArchiveFilter, each func(Archived) error) (err error) {
	v, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	return archive.Shelf{Vault: v}.Query(ctx, f, each)
}
