package wire

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/clock"
	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/adapters/vault"
	"github.com/rouse-oncall/rouse/internal/app/backup"
	"github.com/rouse-oncall/rouse/internal/app/verify"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Backup is a backup as its manifest tells.
type Backup = backup.Manifest

// Shelf is where backups or archives lie, and by what they are closed and opened.
type Shelf struct {
	Where string // see vault.Open
	Key   string // "": they are not encrypted
}

func (s Shelf) open(ctx context.Context) (*vault.Vault, error) {
	if s.Where == "" {
		return nil, errors.New("say where they lie: a folder, s3://bucket?region=… or azblob://container")
	}
	return vault.Open(ctx, s.Where, s.Key)
}

func backupRepos(tx *store.Tx) backup.Repos {
	return backup.Repos{Leases: tx.Leases(), Pulses: tx.Pulses()}
}

// MakeBackup backs a database up, also beside a running server, and removes backups older than keep; 0: none.
func MakeBackup(ctx context.Context, databaseURL string, s Shelf, scratch string, keep time.Duration, version string) (b Backup, gone []string, err error) {
	v, err := s.open(ctx)
	if err != nil {
		return b, nil, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	db, err := store.Open(ctx, databaseURL, store.Options{AsIs: true})
	if err != nil {
		return b, nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := refuseHalfRestored(ctx, db); err != nil {
		return b, nil, err
	}
	c := clock.New(db.Now)
	if _, err := c.Sync(ctx); err != nil {
		return b, nil, err
	}
	began := c.Now()
	if b, err = (backup.Make{Source: db, Shelf: backup.Shelf{Vault: v}, Clock: c, Version: version, Letters: letters, Scratch: scratch}).Do(ctx); err != nil {
		return b, nil, err
	}
	if err := backup.Made(ctx, store.Atomic(db, store.People, backupRepos), b, c.Now().Sub(began)); err != nil {
		return b, nil, err
	}
	if keep > 0 {
		gone, err = (backup.Shelf{Vault: v}).Prune(ctx, c.Now(), keep)
	}
	return b, gone, err
}

// ListBackups gives the finished ones, the newest last.
func ListBackups(ctx context.Context, s Shelf) (all []Backup, err error) {
	v, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	return (backup.Shelf{Vault: v}).List(ctx)
}

// RestoreBackup brings a backup into an empty database, in which paging is held then.
func RestoreBackup(ctx context.Context, databaseURL string, s Shelf, name, scratch string) (b Backup, err error) {
	v, err := s.open(ctx)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	if _, err := (backup.Shelf{Vault: v}).Find(ctx, name, time.Now()); err != nil { // before anything is opened, and its tables are changed
		return b, err
	}
	held, err := lockFile(databaseURL)
	if err != nil {
		return b, err
	}
	if held != nil {
		defer func() { err = errors.Join(err, held.Close()) }()
	}
	db, err := store.Open(ctx, databaseURL, store.Options{})
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	c := clock.New(db.Now)
	if _, err := c.Sync(ctx); err != nil {
		return b, err
	}
	return backup.Restore{Shelf: backup.Shelf{Vault: v}, Target: db, Clock: c, Scratch: scratch}.Do(ctx, name,
		incident.Actor{Kind: incident.BySystem, Name: "rouse restore"})
}

// VerifyBackup restores a backup into a SQLite file that is thrown away, or into the empty database of scratchURL, holds
// it against the manifest, and recomputes there what must always hold.
func VerifyBackup(ctx context.Context, s Shelf, name, scratch, scratchURL string) (b Backup, r VerifyReport, err error) {
	dir, err := os.MkdirTemp(scratch, "rouse-verify-")
	if err != nil {
		return b, r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if scratchURL == "" {
		scratchURL = "sqlite:" + filepath.Join(dir, "restored.db")
	}
	if b, err = RestoreBackup(ctx, scratchURL, s, name, scratch); err != nil {
		return b, r, err
	}
	db, err := store.Open(ctx, scratchURL, store.Options{AsIs: true})
	if err != nil {
		return b, r, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	r, err = verify.Run{Reader: db.Verify()}.Do(ctx)
	return b, r, err
}

// letters tell two files of one second apart.
func letters() string { return strings.ToLower(rand.Text()[:4]) }

// refuseHalfRestored is for a server that would work on a part of a database.
func refuseHalfRestored(ctx context.Context, db *store.DB) error {
	name, err := db.Unfinished(ctx)
	if err == nil && name != "" {
		err = fmt.Errorf("a restore of %s into this database has begun and not ended: run `rouse restore %s` again", name, name)
	}
	return err
}

// newSchedule is nil where no backups are to be made.
func (a *App) newSchedule(ctx context.Context) (err error) {
	if a.Config.BackupTo == "" {
		return nil
	}
	if a.backups, err = (Shelf{a.Config.BackupTo, a.Config.BackupKey}).open(ctx); err != nil {
		return fmt.Errorf("backup-to: %w", err)
	}
	a.backup = &backup.Schedule{
		Make:       backup.Make{Source: a.db, Shelf: backup.Shelf{Vault: a.backups}, Clock: a.clock, Version: a.Version, Letters: letters, Scratch: a.Config.BackupScratch},
		Atomically: store.Atomic(a.db, store.People, backupRepos), Holder: a.holder,
		Often: a.Config.BackupEvery, Keep: a.Config.BackupKeep, Log: a.log,
	}
	return nil
}

// backupAge is how old the newest backup is, in words. Commands may make them, too: how often they do nobody says here.
func backupAge(p ports.Pulse, known bool, now time.Time, cfg Config) (words string, well bool) {
	often := max(2*cfg.BackupEvery, 48*time.Hour)
	if cfg.BackupTo != "" {
		often = cfg.BackupEvery + time.Hour
	}
	switch age := now.Sub(p.At); {
	case !known && cfg.BackupTo == "":
		return "none is made: set ROUSE_BACKUP_TO, or run `rouse backup` every day", true
	case !known:
		return "none was made yet", true
	case age.Abs() > often:
		return "the newest is of " + ago(age) + ": see the log, and whether where they lie can be written", false
	default:
		return "the newest is of " + ago(age), true
	}
}

func (a *App) backupWords(ctx context.Context) (string, bool) {
	w, err := readWatched(ctx, a.db)
	if err != nil {
		return cannotKnow, false
	}
	if words, well := a.aside.words(); !well {
		return words, false
	}
	p, known := w.pulses[backup.Pulse]
	return backupAge(p, known, a.clock.Now(), a.Config)
}
