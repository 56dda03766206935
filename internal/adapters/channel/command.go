package channel

import (
	"context"
	"fmt"
	"strings"

	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Help says what can be written.
func (d Desk) Help() string {
	lines := []string{
		"oncall: who is paged first", "list: what is open", "ack 42: acknowledge; pass 42 passes it on, resolve 42 resolves it",
		"page @ana, an address or a team, then what is wrong: page somebody now",
		"link CODE: tell Rouse who you are; your page in Rouse makes the code",
	}
	help := d.Prefix + strings.Join(lines, "\n"+d.Prefix)
	if d.More != "" {
		help += "\n" + d.More
	}
	return help
}

// Command does what somebody wrote to the bot, without the Prefix. There are words for them as Press has.
func (d Desk) Command(ctx context.Context, call string, p Person, words string) string {
	verb, rest, _ := strings.Cut(strings.TrimSpace(words), " ")
	rest = strings.TrimSpace(rest)
	if r, ok := notification.ParseReply(words); ok && r.Deed.Answers() {
		if len(r.Numbers) == 0 {
			return "Say which: " + d.Prefix + verb + " 42"
		}
		return d.Press(ctx, call, p, Asked{Deed: r.Deed, Of: r.Numbers})
	}
	work := map[string]func(context.Context, directory.Principal, string) (string, error){
		"oncall": d.onCall, "who": d.onCall, "list": d.list, "page": d.page,
	}[strings.ToLower(verb)]
	switch strings.ToLower(verb) {
	case "link":
		return d.LinkBy(ctx, call, p, rest)
	case "", "help", "hello", "hi":
		return d.Help()
	}
	if work == nil {
		return "Not understood, nothing changed.\n" + d.Help()
	}
	return d.Work(ctx, call, "", func(ctx context.Context) (string, error) {
		return d.as(ctx, p, func(by respond.Presser) (string, error) {
			user, err := d.Answer.Who(ctx, by)
			if err != nil {
				return "", err
			}
			return work(ctx, user.Principal(), rest)
		})
	})
}

// onCall says whom each policy pages first, as things are now.
func (d Desk) onCall(ctx context.Context, by directory.Principal, _ string) (string, error) {
	duties, err := d.OnCall.Do(ctx, by)
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
	return listed(lines, false, "There is no escalation policy."), nil
}

const (
	maxListed = 20   // incidents
	maxSaid   = 3000 // bytes of a list: what every chat takes in one message
	maxLine   = 200  // characters
)

func (d Desk) list(ctx context.Context, by directory.Principal, _ string) (string, error) {
	found, err := d.List.Do(ctx, by, insight.IncidentQuery{Status: "open,acknowledged", Limit: maxListed})
	if err != nil {
		return "", err
	}
	lines := make([]string, 0, len(found.Incidents))
	for i := range found.Incidents {
		s := &found.Incidents[i]
		state := s.Status.String()
		if s.Assignee.Name != "" {
			state += " by " + s.Assignee.Name
		}
		lines = append(lines, fmt.Sprintf("%s %s %s (%s): %s", s.Number, s.Severity, s.ServiceName, state, s.Title))
	}
	return listed(lines, found.NextCursor != "", "Nothing is open."), nil
}

// listed is a list in as many lines as a chat takes.
func listed(lines []string, more bool, none string) string {
	if len(lines) == 0 {
		return none
	}
	var out strings.Builder
	for _, l := range lines {
		if r := []rune(l); len(r) > maxLine {
			l = string(r[:maxLine-1]) + "…"
		}
		if out.Len()+len(l) > maxSaid {
			more = true
			break
		}
		out.WriteString(l + "\n")
	}
	if more {
		out.WriteString("… and more")
	}
	return strings.TrimRight(out.String(), "\n")
}

// page pages whoever is named first, by what follows.
func (d Desk) page(ctx context.Context, by directory.Principal, rest string) (string, error) {
	name, title, _ := strings.Cut(rest, " ")
	whom := respond.Whom{Team: name}
	if called, ok := strings.CutPrefix(name, "@"); ok {
		them, err := d.called(ctx, called)
		if nobody(err) {
			return "Nobody in Rouse is linked to them: name their address. Nobody was paged.", nil
		}
		if err != nil {
			return "", err
		}
		whom = respond.Whom{User: string(them.ID)}
	} else if strings.Contains(name, "@") {
		whom = respond.Whom{User: name}
	}
	res, err := d.Page.Do(ctx, by, respond.Page{Title: strings.TrimSpace(title), To: []respond.Whom{whom}})
	if err != nil {
		return "", err
	}
	return "Paged: " + res.Said, nil
}

// called is who is called so in the chat: by its id of them, or by a name that is a contact's address.
func (d Desk) called(ctx context.Context, name string) (*directory.User, error) {
	u, err := d.Answer.Who(ctx, respond.Presser{Kind: d.Kind, ID: name})
	if nobody(err) {
		return d.Answer.Who(ctx, respond.Presser{Kind: d.Kind, ID: "@" + name})
	}
	return u, err
}
