package respond

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// TakeCall says what a call says: what is wrong, and what came of the keys that are pressed. Only a key answers; that
// somebody or something picked up acknowledges nothing.
type TakeCall struct {
	Answer    Answer
	PublicURL string
	// PickedUp notes who answered a message's call: a person, or a machine, which is nobody.
	PickedUp func(ctx context.Context, m id.Message, c ports.Called) error
}

// Do always has something to say. A code that is none of ours is a fault.NotFound: nobody is spoken to then.
func (u TakeCall) Do(ctx context.Context, code string, c ports.Called) (ports.Speech, error) {
	r, understood := notification.ParseReply(c.Key)
	switch {
	case c.Machine && c.Key != "":
		return ports.Speech{Words: text.SpokenGoodbye}, nil // a recording that sounds like keys
	case understood && r.Deed.Answers():
		return u.press(ctx, code, r.Deed)
	case c.Key == "" || c.Key == "*":
		return u.tell(ctx, code, c)
	}
	return ports.Speech{Words: text.SpokenHow, Keys: true, Else: text.SpokenGoodbye}, nil
}

func (u TakeCall) press(ctx context.Context, code string, deed notification.Deed) (ports.Speech, error) {
	said, err := u.Answer.ByCode(ctx, code, deed, Presser{})
	switch {
	case fault.Is(err, fault.KindUnavailable):
		return ports.Speech{Words: text.ReplyVoice(said) + text.PressAgain(deed), Keys: true, Else: text.SpokenGoodbye}, nil
	case fault.Is(err, fault.KindNotFound):
		return ports.Speech{}, err
	}
	return ports.Speech{Words: text.ReplyVoice(said)}, nil
}

// tell says what the message tells. Where it cannot be read, what is pressed may still be saved a moment later.
func (u TakeCall) tell(ctx context.Context, code string, c ports.Called) (ports.Speech, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	a, err := u.Answer.find(ctx, code, Presser{})
	switch {
	case fault.Is(err, fault.KindNotFound), fault.Is(err, fault.KindForbidden):
		return ports.Speech{}, err
	case err != nil:
		return ports.Speech{Words: text.SpokenUnread, Keys: !c.Machine, Else: text.SpokenGoodbye}, nil
	}
	if c.Key == "" && (c.Human || c.Machine) {
		_ = u.PickedUp(ctx, a.message.ID, c) // the provider says it again when the call is over
	}
	said := text.Voice(text.Input{Message: a.message, Zone: a.people.Zone(a.user), PublicURL: u.PublicURL}, true)
	if c.Machine {
		return ports.Speech{Words: said.Machine}, nil
	}
	return ports.Speech{Words: said.Words, Keys: true, Else: said.Else}, nil
}
