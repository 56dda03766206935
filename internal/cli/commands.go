package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/alecthomas/kong"

	"github.com/rouse-oncall/rouse/internal/bench"
	"github.com/rouse-oncall/rouse/internal/wire"
)

// Version is the version of this binary.
type Version string

// Commands are all commands of the binary.
type Commands struct {
	Serve     Serve         `cmd:"" help:"Run a server."`
	Demo      Demo          `cmd:"" help:"Show the whole product: a temporary database, a made-up organisation, its alerts and its mailbox."`
	Apply     Apply         `cmd:"" help:"Make users, services, policies and integrations as files want them."`
	Plan      Plan          `cmd:"" help:"Say what apply would change."`
	Send      Send          `cmd:"" help:"Send a test alert."`
	Incidents Incidents     `cmd:"" help:"Look at incidents and answer them."`
	Paging    Paging        `cmd:"" help:"Hold paging, and let it go on."`
	Doctor    Doctor        `cmd:"" help:"Say in words what is wrong and what to do; it sends and changes nothing."`
	Verify    Verify        `cmd:"" help:"Recompute what must always hold over the whole database; it changes nothing."`
	Migrate   Migrate       `cmd:"" help:"Bring the database's tables up to date, as servers do at their start; or say what that would do."`
	Backup    Backup        `cmd:"" help:"Back the database up, see what backups there are, and prove that one can be restored."`
	Restore   Restore       `cmd:"" help:"Restore a backup into an empty database, of whatever kind. Paging is held then."`
	Retain    Retain        `cmd:"" help:"Remove what was resolved for longer than it is kept, as servers do by themselves; it may say first what that is."`
	Archive   Archive       `cmd:"" help:"Incidents that were archived before they were removed."`
	User      User          `cmd:"" help:"Users, on the server's own machine."`
	Bench     bench.Command `cmd:"" help:"Measure this machine and Rouse on it, side by side."`
	OpenAPI   OpenAPI       `cmd:"" name:"openapi" help:"Print the OpenAPI document of the API."`
	Version   ShowVersion   `cmd:"" help:"Print the version."`
}

// Options are how a command line is read.
func Options() []kong.Option {
	return []kong.Option{kong.Name("rouse"), kong.Description("Alerts in, the right person awake."), kong.Configuration(Settings), Switches()}
}

// parseAgain reads a command line that was good once, with the files and the environment as they are now.
func parseAgain(args []string) (c *Commands, err error) {
	c = &Commands{}
	k, err := kong.New(c, Options()...)
	if err == nil {
		_, err = k.Parse(args)
	}
	return c, err
}

// ShowVersion prints the version.
type ShowVersion struct{}

// Run prints it.
func (ShowVersion) Run(out io.Writer, v Version) error {
	_, err := fmt.Fprintln(out, "rouse", v)
	return err
}

// User are the commands about users that need the database itself.
type User struct {
	Reset ResetUser `cmd:"" help:"Print a link by which a user chooses a new password."`
}

// ResetUser makes the link.
type ResetUser struct {
	Email       string `arg:"" help:"The user's address."`
	DatabaseURL string `help:"The server's database." default:"sqlite:rouse.db" env:"ROUSE_DATABASE_URL"`
	PublicURL   string `help:"The server's address." default:"http://localhost:8080" env:"ROUSE_PUBLIC_URL"`
}

// Run prints the link. It works beside a running server.
func (c *ResetUser) Run(ctx context.Context, out io.Writer) error {
	link, err := wire.ResetUser(ctx, c.DatabaseURL, c.PublicURL, c.Email)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "Within 24 h, once: %s\n", link)
	return err
}
