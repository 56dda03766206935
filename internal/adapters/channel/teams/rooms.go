package teams

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// channelData says where an activity comes from. A team's first channel has the team's id, and no name.
// https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/conversations/subscribe-to-conversation-events
type channelData struct {
	Tenant        struct{ ID string }
	Team, Channel struct{ ID, Name string }
	EventType     string `json:"eventType"`
}

// general is the first channel of a team.
const general = "General"

const maxRoomName = 200 // characters

func room(external, name, team, teamName string) (directory.Room, bool) {
	if _, err := checkConversation(external); err != nil {
		return directory.Room{}, false
	}
	if external == team {
		name = cmp.Or(name, general)
	}
	return directory.Room{Kind: Kind, ID: external, Name: short(name), Team: team, TeamName: short(teamName)}, true
}

func short(name string) string {
	r := []rune(strings.Join(strings.Fields(name), " "))
	return string(r[:min(len(r), maxRoomName)])
}

// rooms is what an activity says of where the bot is, and the ids of rooms and teams where it is not any more.
func (a *activity) rooms() (in []directory.Room, gone []string) {
	d := &a.ChannelData
	where, _, _ := strings.Cut(a.Conversation.ID, ";")
	left := slices.ContainsFunc(a.Removed, func(m account) bool { return m.ID == a.Recipient.ID })
	switch {
	case left || d.EventType == "teamDeleted" || d.EventType == "teamHardDeleted":
		return nil, []string{cmp.Or(d.Team.ID, where)}
	case d.EventType == "channelDeleted":
		return nil, []string{d.Channel.ID}
	}
	for _, is := range [][2]string{{d.Team.ID, ""}, {cmp.Or(d.Channel.ID, where), cmp.Or(d.Channel.Name, a.Conversation.Name)}} {
		if r, ok := room(is[0], is[1], d.Team.ID, d.Team.Name); ok && !slices.ContainsFunc(in, func(o directory.Room) bool { return o.ID == r.ID }) {
			in = append(in, r)
		}
	}
	return in, nil
}

// Rooms asks which channels a team has that everybody in it sees.
// https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/get-teams-context#get-the-list-of-channels-in-a-team
func (b *Bot) Rooms(ctx context.Context, team string) ([]directory.Room, error) {
	a, err := b.ask(ctx, http.MethodGet, "/v3/teams/"+url.PathEscape(team)+"/conversations", nil)
	if err != nil {
		return nil, err
	}
	var said struct {
		Conversations []struct{ ID, Name string }
	}
	if err := json.Unmarshal(a.Body, &said); err != nil {
		return nil, err
	}
	var out []directory.Room
	for _, c := range said.Conversations {
		if r, ok := room(c.ID, c.Name, team, ""); ok {
			out = append(out, r)
		}
	}
	return out, nil
}
