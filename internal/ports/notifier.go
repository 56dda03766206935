package ports

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Notifier sends messages by one kind of channel. Send is given a context with a deadline of 10 s.
// An error is Retryable, Ambiguous or anything else: final.
type Notifier interface {
	Send(ctx context.Context, m Outgoing) (Receipt, error)
}

// Reconciler is a Notifier that can ask its provider whether an earlier attempt arrived.
type Reconciler interface {
	// Reconcile looks for the message at the provider; found is false where the provider does not have it.
	Reconcile(ctx context.Context, m Outgoing) (r Receipt, found bool, err error)
}

// Outgoing is one attempt to send a message.
type Outgoing struct {
	notification.Message
	Zone      *time.Location       // of the recipient, for times in the text; never nil
	PublicURL string               // without a trailing slash; links are made from it
	Answers   notification.Answers // by which it is answered
	Replies   bool                 // whether a text can be sent back; the channel itself says so
	Chosen    notification.Chosen  // for the channel, as it is now

	Installation string // our id, for what comes back of what is forwarded; may be empty
}

// Receipt is what a provider said when it took a message.
type Receipt struct {
	Provider   string // its name, where the kind has several
	ProviderID string // what the provider calls it; may be empty
	Detail     string // what it said, in words, for people who look at the message
	Delivered  bool   // the provider has already delivered it; else Accepted
	Confirms   bool   // the provider will report later whether it arrived
}

// ChannelDescriptor says what a kind of channel is. Apply, API and UI derive from it.
type ChannelDescriptor struct {
	Kind     string          `json:"kind"`           // "email", "sms", "webhook", …
	Label    string          `json:"label"`          // for people
	Address  json.RawMessage `json:"address_schema"` // JSON Schema of `to`
	Personal bool            `json:"personal"`       // may be a person's contact
	Shared   bool            `json:"shared"`         // may be a team's channel
	Device   bool            `json:"device"`         // a device gives its address by itself: nobody types one
	Expiry   time.Duration   `json:"-"`              // a delivery older than this is not sent; 0: the acknowledgement timeout
	Paid     bool            `json:"-"`              // each message costs money: the quota counts it
	Floor    time.Duration   `json:"-"`              // between two messages to one contact; 0: none
	Posts    bool            `json:"-"`              // in a channel, each incident has a post of its own that is edited: a message has one Item, and its Post is the ProviderID of the Receipt before
	Burst    int             `json:"-"`              // messages in a row that need not wait for the floor; 0 and 1: the first only
	Line     time.Duration   `json:"-"`              // a message keeps its line busy for as long: the next waits for its end. 0: any number at once
	Follows  bool            `json:"-"`              // it is told of everything, not only of what asks for or ends somebody's work
	Options  []ChannelOption `json:"-"`              // what a channel of this kind lets one choose
	Key      string          `json:"-"`              // what the secret of a channel of this kind is called; "": it has none
	KeyMust  bool            `json:"-"`              // without it nothing can be sent
	Link     string          `json:"-"`              // what somebody writes there to be known, with a CODE: "/rouse link CODE"; "": nobody can be
	// CheckOptions says what is wrong with a channel's options, in the user's words; nil: they are any text.
	CheckOptions func(options map[string]string) error `json:"-"`
	// Preview shows what a made-up message looks like with these options; nil: nothing can be shown.
	Preview func(options map[string]string) (string, error) `json:"-"`
	// Check says what is wrong with an address, in the user's words; it gives the address to store.
	Check func(to string) (string, error) `json:"-"`
	// Show is an address as people may see it, where it holds a secret; nil: as it is. Who gives that back means the same.
	Show func(to string) string `json:"-"`
}

// Shown is an address as people may see it.
func (d ChannelDescriptor) Shown(to string) string {
	if d.Show == nil || to == "" {
		return to
	}
	return d.Show(to)
}

// ChannelOption is something that people may choose for a channel.
type ChannelOption struct {
	Name  string // "severity"
	Label string // for people
	Hint  string // what may be written, and what holds where nothing is
	Long  bool   // a text of several lines
}

// ProviderHealth is how one of the providers of a kind of channel does, and what it takes.
type ProviderHealth struct {
	Name    string
	Failing bool      // others are asked first, until it takes something again
	Since   time.Time // that it fails; zero: it does not
	Error   string    // the last, in words; it may be well since

	Price notification.Price // of a message
}

// Providers is a Notifier over several providers.
type Providers interface {
	Health() []ProviderHealth
	// Silent says that what was taken under this id was never reported to have arrived, though it should have been.
	Silent(providerID string)
	// Another says whether somebody else than who took what has this id is well.
	Another(providerID string) bool
}

type sendError struct {
	error
	after     time.Duration
	ambiguous bool
	retry     bool
	elsewhere bool
}

func (e *sendError) Unwrap() error { return e.error }

// Retryable says that the provider did not take the message and that trying again may help,
// not before after has passed (0: by our own backoff).
func Retryable(err error, after time.Duration) error {
	return &sendError{error: err, after: after, retry: true}
}

// Ambiguous says that the provider may or may not have taken the message.
func Ambiguous(err error) error { return &sendError{error: err, ambiguous: true, retry: true} }

// Elsewhere says that the provider did not take the message for a reason of its own: another may take it.
func Elsewhere(err error) error { return &sendError{error: err, elsewhere: true} }

// MayElsewhere says whether another provider may take what this one surely did not.
func MayElsewhere(err error) bool {
	e, ok := errors.AsType[*sendError](err)
	return ok && !e.ambiguous && (e.elsewhere || e.retry)
}

// RetryAfter says whether another attempt may help and how long the provider asked to wait.
func RetryAfter(err error) (after time.Duration, ok bool) {
	if e, is := errors.AsType[*sendError](err); is {
		return e.after, e.retry
	}
	return 0, false
}

// IsAmbiguous says whether the message may have been taken although an error came back.
func IsAmbiguous(err error) bool {
	e, ok := errors.AsType[*sendError](err)
	return ok && e.ambiguous
}
