package slack

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

const help = `/rouse oncall: who is paged first
/rouse list: what is open
/rouse ack 42: acknowledge; pass 42 passes it on, resolve 42 resolves it
/rouse page @ana, an address or a team, then what is wrong: page somebody now
/rouse link CODE: tell Rouse who you are; your page in Rouse makes the code`

// command does what somebody wrote after /rouse.
func (d Desk) command(ctx context.Context, c Call, by respond.Presser) (string, error) {
	verb, rest, _ := strings.Cut(c.Command, " ")
	rest = strings.TrimSpace(rest)
	switch strings.ToLower(verb) {
	case "help":
		return help, nil
	case "link":
		user, err := d.Link.ByCode(ctx, directory.Linked{Kind: Kind, ID: c.User, Name: c.Name}, rest)
		if err != nil {
			return "", err
		}
		return "You are " + user.Principal().Actor.Name + " in Rouse now.", nil
	case "oncall", "who":
		return d.onCall(ctx, by)
	case "list":
		return d.list(ctx, by)
	case "page":
		return d.page(ctx, by, rest)
	}
	if r, ok := notification.ParseReply(c.Command); ok && r.Deed.Answers() {
		if len(r.Numbers) == 0 {
			return "Say which: /rouse " + verb + " 42", nil
		}
		return d.Answer.ByPost(ctx, respond.Pressed{By: by, Deed: r.Deed, Of: r.Numbers})
	}
	return "Not understood, nothing changed.\n" + help, nil
}

// onCall says whom each policy pages first, as things are now.
func (d Desk) onCall(ctx context.Context, by respond.Presser) (string, error) {
	user, err := d.Answer.Who(ctx, by)
	if err != nil {
		return "", err
	}
	duties, err := d.OnCall.Do(ctx, user.Principal())
	if err != nil {
		return "", err
	}
	lines := make([]string, 0, len(duties))
	for _, y := range duties {
		who := strings.Join(y.Who, ", ")
		if who == "" {
			who = "NOBODY"
		}
		lines = append(lines, y.Policy+": "+who)
	}
	return orElse(lines, "There is no escalation policy."), nil
}

// maxListed is how many incidents a list names.
const maxListed = 20

func (d Desk) list(ctx context.Context, by respond.Presser) (string, error) {
	user, err := d.Answer.Who(ctx, by)
	if err != nil {
		return "", err
	}
	found, err := d.List.Do(ctx, user.Principal(), insight.IncidentQuery{Status: "open,acknowledged", Limit: maxListed})
	if err != nil {
		return "", err
	}
	var lines []string
	for i := range found.Incidents {
		s := &found.Incidents[i]
		state := s.Status.String()
		if s.Assignee.Name != "" {
			state += " by " + s.Assignee.Name
		}
		lines = append(lines, fmt.Sprintf("%s %s %s: %s (%s)", s.Number, s.Severity, s.ServiceName, s.Title, state))
	}
	if found.NextCursor != "" {
		lines = append(lines, "… and more")
	}
	return orElse(lines, "Nothing is open."), nil
}

func orElse(lines []string, none string) string {
	if len(lines) == 0 {
		return none
	}
	return shortest(lines)
}

// member matches somebody as Slack writes them where the command's setting says so: <@U0123456789|ana>.
var member = regexp.MustCompile(`^<@([A-Z0-9]+)(\|[^>]*)?>$`)

// address matches an email address as Slack may write it: <mailto:ana@example.org|ana@example.org>.
var address = regexp.MustCompile(`^<mailto:[^|>]*\|([^>]*)>$`)

// page pages whoever is named first, by what follows.
func (d Desk) page(ctx context.Context, by respond.Presser, rest string) (string, error) {
	user, err := d.Answer.Who(ctx, by)
	if err != nil {
		return "", err
	}
	name, title, _ := strings.Cut(rest, " ")
	name = address.ReplaceAllString(name, "$1")
	whom := respond.Whom{Team: name}
	if m := member.FindStringSubmatch(name); m != nil {
		them, err := d.Answer.Who(ctx, respond.Presser{Kind: Kind, ID: m[1]})
		if err != nil {
			return "Nobody in Rouse is linked to them: name their address. Nobody was paged.", nil //nolint:nilerr // it is said
		}
		whom = respond.Whom{User: string(them.ID)}
	} else if strings.Contains(name, "@") {
		whom = respond.Whom{User: strings.TrimPrefix(name, "@")}
	}
	res, err := d.Page.Do(ctx, user.Principal(), respond.Page{Title: strings.TrimSpace(title), To: []respond.Whom{whom}})
	if err != nil {
		return "", err
	}
	return "Paged: " + res.Said, nil
}
