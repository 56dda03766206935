package wire

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/backup"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// ageKey makes a key: it is quicker than a passphrase, which is slow to open on purpose.
func ageKey(t *testing.T) (public, secret string) {
	t.Helper()
	k, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return k.Recipient().String(), k.String()
}

// emptyDatabase is one that a server of this version has opened.
func emptyDatabase(t *testing.T) (url string) {
	t.Helper()
	url = "sqlite:" + filepath.Join(t.TempDir(), "rouse.db")
	db, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return url
}

func mustBackUp(t *testing.T, url string, s Shelf) Backup {
	t.Helper()
	b, _, err := MakeBackup(t.Context(), url, s, t.TempDir(), 0, "v1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// edit changes a file of the shelf.
func edit(t *testing.T, s Shelf, name string, change func([]byte) []byte) {
	t.Helper()
	path := filepath.Join(s.Where, name)
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, change(text), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestABackupThatIsNotWholeIsRefused: in words, and before anything is written.
func TestABackupThatIsNotWholeIsRefused(t *testing.T) {
	t.Parallel()
	public, secret := ageKey(t)
	_, another := ageKey(t)
	for name, c := range map[string]struct {
		spoil func(t *testing.T, s *Shelf, b Backup)
		words string
	}{
		"whole": {func(*testing.T, *Shelf, Backup) {}, ""},
		"cut off": {func(t *testing.T, s *Shelf, b Backup) {
			edit(t, *s, b.File, func(file []byte) []byte { return file[:len(file)-100] })
		}, ".db.zst.age is cut off: "},
		"changed": {func(t *testing.T, s *Shelf, b Backup) {
			edit(t, *s, b.File, func(file []byte) []byte { file[len(file)/2] ^= 1; return file })
		}, "is not the file that was kept: it was changed or damaged since"},
		"changed with its manifest": {func(t *testing.T, s *Shelf, b Backup) {
			edit(t, *s, b.Name+".json", func([]byte) []byte {
				b.Tables[0].Rows++
				text, _ := json.Marshal(b)
				return text
			})
		}, "holds something else than its manifest says"},
		"lost":                 {func(t *testing.T, s *Shelf, b Backup) { remove(t, *s, b.File) }, "there is no file "},
		"without its manifest": {func(t *testing.T, s *Shelf, b Backup) { remove(t, *s, b.Name+".json") }, "there is no backup "},
		"of another key":       {func(_ *testing.T, s *Shelf, _ Backup) { s.Key = another }, "was encrypted by another key"},
		"without the key":      {func(_ *testing.T, s *Shelf, _ Backup) { s.Key = "" }, "is encrypted: give its key"},
		"with a short key":     {func(_ *testing.T, s *Shelf, _ Backup) { s.Key = "short" }, "at least 16 characters"},
		"with the other half":  {func(_ *testing.T, s *Shelf, _ Backup) { s.Key = public }, "the key that only closes"},
		"with a passphrase":    {func(_ *testing.T, s *Shelf, _ Backup) { s.Key = "a passphrase of somebody" }, "was encrypted by another key"},
		"with half a key":      {func(_ *testing.T, s *Shelf, _ Backup) { s.Key = secret[:40] }, "not one of age"},
		"of a newer format": {func(t *testing.T, s *Shelf, b Backup) {
			edit(t, *s, b.Name+".json", func(text []byte) []byte {
				return []byte(strings.Replace(string(text), `"format": 1`, `"format": 2`, 1))
			})
		}, "was made by Rouse v1.2.3 in a newer format"},
		"with a manifest that is none": {func(t *testing.T, s *Shelf, b Backup) {
			edit(t, *s, b.Name+".json", func([]byte) []byte { return []byte("{}") })
		}, "is not the manifest of a backup"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Shelf{Where: t.TempDir(), Key: public} // whoever makes backups need not be able to open them
			b := mustBackUp(t, emptyDatabase(t), s)
			s.Key = secret
			c.spoil(t, &s, b)
			target, scratch := "sqlite:"+filepath.Join(t.TempDir(), "new.db"), t.TempDir()
			_, err := RestoreBackup(t.Context(), target, s, b.Name, scratch)
			if c.words == "" && err != nil || c.words != "" && (err == nil || !strings.Contains(err.Error(), c.words)) {
				t.Errorf("instead of %q: %v", c.words, err)
			}
			if left, err := os.ReadDir(scratch); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func remove(t *testing.T, s Shelf, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(s.Where, name)); err != nil {
		t.Fatal(err)
	}
}

// TestWhereBackupsCannotLie: each in words.
func TestWhereBackupsCannotLie(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for where, words := range map[string]string{
		"":                   "say where they lie",
		file + "/x":          "the folder " + file + "/x cannot be made",
		"ftp://example.org/": "ftp:// is not known: give a folder, s3://bucket or azblob://container",
		"s3://":              "cannot be opened",
		"s3://id:hunter2@b":  "credentials belong into the environment",
	} {
		if _, _, err := MakeBackup(t.Context(), emptyDatabase(t), Shelf{Where: where}, "", 0, ""); err == nil || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: instead of %q: %v", where, words, err)
		}
	}
}

// TestAServerStartsWhereBackupsCannotLie: people are paged all the same.
func TestAServerStartsWhereBackupsCannotLie(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := Config{Listen: "127.0.0.1:0", DatabaseURL: emptyDatabase(t), Metrics: "loopback", IntakeRate: 1, IntakeBurst: 1, LogLevel: "error",
		BackupTo: file + "/x", BackupEvery: 24 * time.Hour, BackupKeep: 48 * time.Hour,
		Retention: Retention{KeepIncidents: 24 * time.Hour, ArchiveTo: file + "/y"}}
	app, err := New(t.Context(), cfg, "v1", cfg.Logger(io.Discard, new(slog.LevelVar)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.Stop(context.WithoutCancel(t.Context())) })
	for name, run := range map[string]func(context.Context) (int, error){"backup": app.backup.RunOnce, "retention": app.retain.RunOnce} {
		if _, err := run(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot be made") {
			t.Errorf("%s: %v", name, err)
		}
	}
	cfg.ArchiveKey, _ = ageKey(t)
	cfg.DatabaseURL = emptyDatabase(t)
	if _, err := New(t.Context(), cfg, "v1", cfg.Logger(io.Discard, new(slog.LevelVar))); err == nil || !strings.Contains(err.Error(), "age1… only closes") {
		t.Errorf("an archive that cannot be read: %v", err)
	}
}

// TestRetentionTakesTurns: one server at a time removes, and one that could not waits before it tries again.
func TestRetentionTakesTurns(t *testing.T) {
	t.Parallel()
	c := &standing{now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	cfg := Config{Listen: "127.0.0.1:0", DatabaseURL: emptyDatabase(t), Metrics: "loopback", IntakeRate: 1, IntakeBurst: 1, LogLevel: "error",
		Retention: Retention{KeepIncidents: 24 * time.Hour, ArchiveTo: filepath.Join(t.TempDir(), "file", "y")}}
	file := filepath.Dir(cfg.ArchiveTo)
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	app, err := New(t.Context(), cfg, "v1", cfg.Logger(io.Discard, new(slog.LevelVar)), WithClock(c))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.Stop(context.WithoutCancel(t.Context())) })
	tries := func(want bool) {
		t.Helper()
		if _, err := app.retain.RunOnce(t.Context()); (err != nil) != want {
			t.Errorf("at %s: %v", c.now.Format(time.TimeOnly), err)
		}
	}
	err = store.Atomic(app.db, store.People, backupRepos)(t.Context(), func(ctx context.Context, r backup.Repos) error {
		_, err := r.Leases.Take(ctx, "retain", "another", c.now, c.now.Add(time.Minute))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	tries(false) // it is another's turn
	c.now = c.now.Add(2 * time.Minute)
	tries(true)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(time.Minute)
	tries(true) // that it failed stands until it is tried again
	c.now = c.now.Add(5 * time.Minute)
	tries(false)
}

// TestACopyThatWasLeftIsRemoved: it holds everything, in the open.
func TestACopyThatWasLeftIsRemoved(t *testing.T) {
	t.Parallel()
	scratch := t.TempDir()
	for name, age := range map[string]time.Duration{"rouse-backup-1": 25 * time.Hour, "rouse-restore-2": time.Hour} {
		path := filepath.Join(scratch, name, "copy.db")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := MakeBackup(t.Context(), emptyDatabase(t), Shelf{Where: t.TempDir()}, scratch, 0, ""); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(scratch); err != nil || len(left) != 1 || left[0].Name() != "rouse-restore-2" {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestOldBackupsAreRemoved, and so is what was begun and not finished; the newest one stays, however old it is.
func TestOldBackupsAreRemoved(t *testing.T) {
	t.Parallel()
	s := Shelf{Where: t.TempDir()}
	b := mustBackUp(t, emptyDatabase(t), s)
	for _, name := range []string{"rouse-20260101T000000Z", "rouse-20260102T000000Z-abcd", "rouse-29990101T000000Z"} { // the last by a clock that was wrong
		for old, suffix := range map[string]string{b.File: ".db.zst", b.Name + ".json": ".json"} {
			text, err := os.ReadFile(filepath.Join(s.Where, old))
			if err == nil {
				err = os.WriteFile(filepath.Join(s.Where, name+suffix), text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, age := range map[string]time.Duration{
		"rouse-20260103T000000Z.db.zst": 25 * time.Hour, "rouse-20260104T000000Z.db.zst": time.Hour,
		"rouse-prod.db": 25 * time.Hour, "rouse-webhooks.json": 25 * time.Hour, "rouse-before-20260103T000000Z.db.zst": 25 * time.Hour, // of others
	} {
		path := filepath.Join(s.Where, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	v, err := s.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = v.Close() }()
	shelf := backup.Shelf{Vault: v}
	gone, err := shelf.Prune(t.Context(), time.Now(), 24*time.Hour)
	if err != nil || strings.Join(gone, " ") != "rouse-20260101T000000Z rouse-20260102T000000Z-abcd" {
		t.Errorf("gone: %v, %v", gone, err)
	}
	if got := names(t, s); got != "rouse-20260104T000000Z.db.zst "+b.File+" "+b.Name+".json rouse-29990101T000000Z.db.zst rouse-29990101T000000Z.json "+
		"rouse-before-20260103T000000Z.db.zst rouse-prod.db rouse-webhooks.json" {
		t.Errorf("left: %s", got)
	}
	if latest, err := shelf.Find(t.Context(), backup.Latest, time.Now()); err != nil || latest.Name != b.Name {
		t.Errorf("the latest is %s: %v", latest.Name, err)
	}
	if gone, err := shelf.Prune(t.Context(), time.Now().Add(1000*time.Hour), time.Hour); err != nil || len(gone) > 0 {
		t.Errorf("the newest one is gone: %v, %v", gone, err)
	}
}

func names(t *testing.T, s Shelf) string {
	t.Helper()
	var out []string
	entries, err := os.ReadDir(s.Where)
	for _, e := range entries {
		out = append(out, e.Name())
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, " ")
}

// TestBackupsAreMadeInTime by one of the servers: when the newest is as old as it may get, and not again at once where
// one could not be made.
func TestBackupsAreMadeInTime(t *testing.T) {
	t.Parallel()
	url := emptyDatabase(t)
	c := &standing{now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	cfg := Config{Listen: "127.0.0.1:0", DatabaseURL: url, Metrics: "loopback", IntakeRate: 1, IntakeBurst: 1, LogLevel: "error",
		BackupTo: filepath.Join(t.TempDir(), "shelf"), BackupEvery: 24 * time.Hour, BackupKeep: 48*time.Hour + time.Minute}
	app, err := New(t.Context(), cfg, "v1", cfg.Logger(os.Stderr, new(slog.LevelVar)), WithClock(c))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.Stop(context.WithoutCancel(t.Context())) })
	made := func(want int) {
		t.Helper()
		_, err := app.backup.RunOnce(t.Context())
		all, err2 := ListBackups(t.Context(), Shelf{Where: cfg.BackupTo})
		if err != nil || err2 != nil || len(all) != want {
			t.Fatalf("%d backups, not %d: %v, %v", len(all), want, err, err2)
		}
	}
	made(1)
	c.now = c.now.Add(23 * time.Hour)
	made(1)
	c.now = c.now.Add(time.Hour)
	made(2)
	c.now = c.now.Add(48 * time.Hour)
	made(2) // the first is older than it is kept, and gone
	repos := store.Atomic(app.db, store.People, backupRepos)
	take := func(until time.Time) {
		t.Helper()
		if err := repos(t.Context(), func(ctx context.Context, r backup.Repos) error {
			_, err := r.Leases.Take(ctx, "backup", "another", c.now, until)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	c.now = c.now.Add(24 * time.Hour)
	take(c.now.Add(time.Minute))
	made(2) // another server makes it
	c.now = c.now.Add(2 * time.Minute)
	good := app.backup.Make.Shelf.Vault
	app.backup.Make.Shelf.Vault = full{good}
	if _, err := app.backup.RunOnce(t.Context()); err == nil {
		t.Fatal("a full bucket is no error")
	}
	app.backup.Make.Shelf.Vault = good
	if _, err := app.backup.RunOnce(t.Context()); err == nil {
		t.Error("it is tried again at once, or nobody is told any more")
	}
	c.now = c.now.Add(16 * time.Minute)
	made(2) // the second is gone, too
	if all, err := ListBackups(t.Context(), Shelf{Where: cfg.BackupTo}); err != nil || !all[1].MadeAt.Equal(c.now) {
		t.Errorf("the newest is %+v: %v", all[1], err)
	}
}

type standing struct{ now time.Time }

func (c *standing) Now() time.Time { return c.now }

// full takes nothing.
type full struct{ ports.Vault }

func (full) Put(context.Context, string, func(io.Writer) error) (ports.Kept, error) {
	return ports.Kept{}, os.ErrPermission
}
