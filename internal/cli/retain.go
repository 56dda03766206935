package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/rouse-oncall/rouse/internal/wire"
)

// Retain removes what is old.
type Retain struct {
	wire.Retention `embed:""`
	DatabaseURL    string `help:"The server's database." default:"sqlite:rouse.db" env:"ROUSE_DATABASE_URL"`
	DryRun         bool   `help:"Say what would be removed, and remove nothing."`
	JSON           bool   `name:"json" help:"Print JSON, for programs."`
}

// Run removes, or counts.
func (c *Retain) Run(ctx context.Context, out io.Writer, version Version) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	n, oldest, err := wire.Retain(ctx, c.DatabaseURL, c.Retention, c.DryRun, string(version), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(out, n)
	}
	words := "Removed: "
	if c.DryRun {
		words = "Would be removed: "
	}
	words += fmt.Sprintf("%s, %s, %s, %s", many(n.Incidents, "incident", "incidents"), many(n.Quarantine, "of quarantine", "of quarantine"),
		many(n.Payloads, "payload", "payloads"), many(n.Messages, "message of no incident", "messages of no incident"))
	_, _ = fmt.Fprintln(out, words+".")
	if !oldest.IsZero() {
		_, _ = fmt.Fprintln(out, "The oldest was resolved on", oldest.Format(time.DateOnly)+".")
	}
	return nil
}

// Archive are the commands about incidents that were archived.
type Archive struct {
	List    ListArchive    `cmd:"" help:"List the files of the archive."`
	Verify  VerifyArchive  `cmd:"" help:"Read a file of the archive, or all, and hold it against its manifest."`
	Query   QueryArchive   `cmd:"" help:"Find incidents in the archive."`
	Restore RestoreArchive `cmd:"" help:"Put incidents of a file back into a database."`
}

// ArchiveShelf is where the archive lies.
type ArchiveShelf struct {
	Where string `name:"archive-to" aliases:"from" help:"Where the archive lies (--from is the same): a folder, s3://bucket?region=… or azblob://container." env:"ROUSE_ARCHIVE_TO" required:"" placeholder:"URL"`
	Key   string `name:"archive-key" help:"By what it is encrypted." env:"ROUSE_ARCHIVE_KEY"`
	JSON  bool   `name:"json" help:"Print JSON, for programs."`
}

func (s ArchiveShelf) shelf() wire.Shelf { return wire.Shelf{Where: s.Where, Key: s.Key} }

// ListArchive lists its files.
type ListArchive struct{ ArchiveShelf }

// Run lists them.
func (c *ListArchive) Run(ctx context.Context, out io.Writer) error {
	all, err := wire.ListArchive(ctx, c.shelf())
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(out, all)
	}
	for _, m := range all {
		_, _ = fmt.Fprintln(out, m)
	}
	if len(all) == 0 {
		_, _ = fmt.Fprintln(out, "Nothing was archived yet.")
	}
	return nil
}

// VerifyArchive verifies.
type VerifyArchive struct {
	Name string `arg:"" optional:"" help:"Which file; all without it."`
	ArchiveShelf
}

// Run says of each file whether it is whole.
func (c *VerifyArchive) Run(ctx context.Context, out io.Writer) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	broken := 0
	err := wire.VerifyArchive(ctx, c.shelf(), c.Name, func(m wire.ArchiveFile, err error) {
		words := "whole"
		if err != nil {
			broken++
			words = "NOT whole: " + err.Error()
		}
		if c.JSON {
			_ = printJSON(out, map[string]any{"name": m.Name, "whole": err == nil, "words": words})
			return
		}
		_, _ = fmt.Fprintf(out, "%s\n  %s\n", m, words)
	})
	if err == nil && broken > 0 {
		err = fmt.Errorf("%s not whole", many(broken, "file is", "files are"))
	}
	return err
}

// QueryArchive finds incidents.
type QueryArchive struct {
	ArchiveShelf
	Since       time.Time `help:"Opened on this day or later." format:"2006-01-02" placeholder:"2026-01-31"`
	Until       time.Time `help:"Opened before this day." format:"2006-01-02" placeholder:"2026-02-28"`
	Service     string    `help:"Of this service."`
	Environment string    `help:"Of this environment."`
	Text        string    `help:"With this in the title."`
}

// Run prints what it finds, a line each; with --json everything that was kept.
func (c *QueryArchive) Run(ctx context.Context, out io.Writer) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	found := 0
	err := wire.QueryArchive(ctx, c.shelf(), wire.ArchiveFilter{
		Since: c.Since, Until: c.Until, Service: c.Service, Environment: c.Environment, Text: c.Text,
	}, func(r wire.Archived) error {
		found++
		if c.JSON {
			return printJSON(out, r)
		}
		_, err := fmt.Fprintf(out, "%s  %s  %s  %s  %s  (%s)\n", r.Number, r.OpenedAt.Format("2006-01-02 15:04"), r.Service, r.Environment, r.Title, r.File)
		return err
	})
	if err == nil && found == 0 && !c.JSON {
		_, err = fmt.Fprintln(out, "Nothing like that was archived.")
	}
	return err
}

// RestoreArchive puts incidents back.
type RestoreArchive struct {
	Name   string  `arg:"" help:"Which file."`
	Number []int64 `help:"Only the incidents of these numbers."`
	ArchiveShelf
	DatabaseURL string `help:"The database, of a server or of your own for looking at; rouse serve makes one." default:"sqlite:rouse.db" env:"ROUSE_DATABASE_URL"`
}

// Run puts them back.
func (c *RestoreArchive) Run(ctx context.Context, out io.Writer) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	n, err := wire.RestoreArchive(ctx, c.DatabaseURL, c.shelf(), c.Name, c.Number)
	if err != nil {
		return err
	}
	if n == 0 {
		return &ExitError{ExitFailed, errors.New("there is no such incident in this file")}
	}
	_, err = fmt.Fprintf(out, "%s put back. A server removes them again unless it keeps incidents for as long: --keep-incidents.\n", many(n, "incident was", "incidents were"))
	return err
}
