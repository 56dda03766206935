package cli

import (
	"context"
	"fmt"
	"io"
	"os/signal"
	"syscall"
	"time"

	"github.com/rouse-oncall/rouse/internal/wire"
)

// Backup are the commands about backups.
type Backup struct {
	Make   MakeBackup   `cmd:"" default:"withargs" help:"Back the database up, also beside a running server."`
	List   ListBackups  `cmd:"" help:"List the backups that there are."`
	Verify VerifyBackup `cmd:"" help:"Restore a backup into a file that is thrown away, and compare."`
}

// Shelf is where backups lie.
type Shelf struct {
	Where string `name:"backup-to" aliases:"to,from" help:"Where backups lie (--to and --from are the same): a folder, s3://bucket?region=… or azblob://container, each with ?prefix=folder/." env:"ROUSE_BACKUP_TO" required:"" placeholder:"URL"`
	Key   string `name:"backup-key" help:"By what they are encrypted: a passphrase of 16 characters or more, or a key of age." env:"ROUSE_BACKUP_KEY"`
}

func (s Shelf) shelf() wire.Shelf { return wire.Shelf{Where: s.Where, Key: s.Key} }

// Scratch is where a copy lies for a while.
type Scratch struct {
	Scratch string `name:"backup-scratch" help:"Folder for a copy as large as the database while it is worked on. Default: the system's." env:"ROUSE_BACKUP_SCRATCH" placeholder:"FOLDER"`
}

// MakeBackup makes one.
type MakeBackup struct {
	Shelf
	Scratch
	DatabaseURL string        `help:"The server's database." default:"sqlite:rouse.db" env:"ROUSE_DATABASE_URL"`
	Keep        time.Duration `name:"backup-keep" help:"Remove backups that are older, but never the newest; 0: remove none." default:"720h" env:"ROUSE_BACKUP_KEEP"`
	JSON        bool          `name:"json" help:"Print JSON, for programs."`
}

// Run makes it.
func (c *MakeBackup) Run(ctx context.Context, out io.Writer, version Version) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	b, gone, err := wire.MakeBackup(ctx, c.DatabaseURL, c.shelf(), c.Scratch.Scratch, c.Keep, string(version))
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(out, b)
	}
	_, _ = fmt.Fprintln(out, b)
	for _, name := range gone {
		_, _ = fmt.Fprintln(out, "removed", name)
	}
	return nil
}

// ListBackups lists them.
type ListBackups struct {
	Shelf
	JSON bool `name:"json" help:"Print JSON, for programs."`
}

// Run lists them.
func (c *ListBackups) Run(ctx context.Context, out io.Writer) error {
	all, err := wire.ListBackups(ctx, c.shelf())
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(out, all)
	}
	for _, b := range all {
		_, _ = fmt.Fprintln(out, b)
	}
	if len(all) == 0 {
		_, _ = fmt.Fprintln(out, "There is no backup yet.")
	}
	return nil
}

// VerifyBackup verifies one.
type VerifyBackup struct {
	Name string `arg:"" optional:"" default:"latest" help:"Which backup."`
	Shelf
	Scratch
	DatabaseURL string `name:"scratch-url" help:"An empty database to restore into. Default: a SQLite file that is removed."`
	JSON        bool   `name:"json" help:"Print JSON, for programs."`
}

// Run verifies it.
func (c *VerifyBackup) Run(ctx context.Context, out io.Writer) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	b, report, err := wire.VerifyBackup(ctx, c.shelf(), c.Name, c.Scratch.Scratch, c.DatabaseURL)
	if err != nil {
		return err
	}
	if !c.JSON {
		_, _ = fmt.Fprintf(out, "%s\nIt was restored, and every row is as in the backup.\n", b)
	}
	return printReport(out, report, c.JSON)
}

// Restore restores a backup.
type Restore struct {
	Name string `arg:"" optional:"" default:"latest" help:"Which backup."`
	Shelf
	Scratch
	DatabaseURL string `help:"The database, which must be empty: of whatever kind." default:"sqlite:rouse.db" env:"ROUSE_DATABASE_URL"`
}

// Run restores it.
func (c *Restore) Run(ctx context.Context, out io.Writer) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	b, err := wire.RestoreBackup(ctx, c.DatabaseURL, c.shelf(), c.Name, c.Scratch.Scratch)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, `%s
It was restored. Paging is HELD: start a server, see that the old one is stopped, look at the open incidents, then
let it go on by: rouse paging resume
Everybody has to sign in again; tokens and keys are as they were.
`, b)
	return nil
}

// interruptible ends by ^C what would take minutes, and leaves nothing behind.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	syscall.Umask(0o077) // copies hold phone numbers and password hashes
	return signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
}
