package directory

// Room is a conversation that the bot of a chat is in, as far as the chat tells it.
type Room struct {
	Kind     string // of channel
	ID       string // the address of a channel there
	Name     string // "": not known
	Team     string // the chat's id of the team that it belongs to; "": none
	TeamName string // "": not known
}

// Label is what people know it by; its id where its name is not known.
func (r Room) Label() string {
	name := r.Name
	if name == "" {
		name = r.ID
	}
	if r.TeamName == "" {
		return name
	}
	return r.TeamName + " / " + name
}
