package ports

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// MaxDue is how many due deliveries of one lane are looked at together.
const MaxDue = 1000

// Lanes are the queues of contacts and channels. A transaction that claims lanes locks no incident and waits for nobody.
type Lanes interface {
	// Claim locks due lanes of these channel kinds, oldest first, without those that somebody else holds. rests is
	// asked before what is due is read, with the worst severity of it and when the first of it is too old; nil: no lane
	// rests, nor one in which a page by hand is due.
	Claim(ctx context.Context, kinds []string, now time.Time, limit int, rests Rests) ([]LaneQueue, error)
	// Busy gives those of these lanes in which a message is being sent, or was taken since a moment and is not known to
	// have failed.
	Busy(ctx context.Context, lanes []notification.Lane, since time.Time) (map[notification.Lane]bool, error)
	// Save writes lanes that this transaction has claimed.
	Save(ctx context.Context, lanes []LaneUpdate) error
	// CatchUp notes a digest for every recipient (sorted) who had none since before, and gives the
	// last one's time of those who had. One after now does not count: the clock was put back.
	CatchUp(ctx context.Context, to []notification.Recipient, now, before time.Time) (map[notification.Recipient]time.Time, error)
}

// Rests says until when a lane sends nothing though something is due, zero where it may: a long queue is not read
// each time that something joins it.
type Rests func(s notification.LaneState, worst alert.Severity, expires time.Time) (until time.Time)

// LaneQueue is a claimed lane with what is due in it.
type LaneQueue struct {
	Rests time.Time // until then; what is due was not read. Zero: it does not rest
	Lane  notification.Lane
	State notification.LaneState
	Due   []Waiting // by hand first, then the worse, at most MaxDue
	Later time.Time // when the next delivery that is not yet due, or is held by somebody, must be looked at; zero: none
}

// Waiting is a delivery with the reason of its page.
type Waiting struct {
	notification.Delivery
	Reason string
	Event  notification.Event
}

// LaneUpdate is what to remember of a lane.
type LaneUpdate struct {
	Lane      notification.Lane
	State     notification.LaneState
	NextAt    time.Time // when to look again; zero: when a delivery comes
	NotBefore time.Time // not even for a new delivery; at most a second on
}

// Bound is a message with its deliveries, as they were made.
type Bound struct {
	notification.Message
	Deliveries []notification.Delivery
}

// Messages keeps what is sent.
type Messages interface {
	// Add inserts messages; their deliveries are sending and belong to them from now on.
	Add(ctx context.Context, messages []Bound) error
	// Claim locks messages of these channel kinds whose moment has come, oldest first, without those that
	// somebody else holds: sending and past the lease, retrying and due, accepted and without a receipt in time.
	Claim(ctx context.Context, kinds []string, now time.Time, limit int) ([]Bound, error)
	// Lock loads messages and keeps them locked; unknown ones are absent. Their incidents must be locked before.
	Lock(ctx context.Context, ids []id.Message) (map[id.Message]Bound, error)
	// Save writes messages, not their deliveries.
	Save(ctx context.Context, messages []notification.Message) error
	// Posts says what these lanes had of these incidents before; what they never had is absent.
	Posts(ctx context.Context, lanes []notification.Lane, incidents []id.Incident) (map[PostKey]Post, error)
}

// PostKey is an incident in a lane.
type PostKey struct {
	Lane     notification.Lane
	Incident id.Incident
}

// Post is what a lane had of an incident before.
type Post struct {
	ProviderID string // of the newest message that a provider took and named
	OnItsWay   bool   // a message is being sent or retried: its id is yet to come
}

// After is what a lane had once it had this message, too.
func (p Post) After(m notification.Message) Post {
	p.OnItsWay = p.OnItsWay || !m.Status.Final()
	if (m.Status == notification.MessageAccepted || m.Status == notification.MessageDelivered) && m.ProviderID != "" {
		p.ProviderID = m.ProviderID
	}
	return p
}

// Deliveries are changed under the lock of their incident, except by Messages.Add.
type Deliveries interface {
	// OfPages gives all deliveries of these pages.
	OfPages(ctx context.Context, pages []notification.PageKey) ([]notification.Delivery, error)
	SetStatus(ctx context.Context, ids []int64, to notification.Status) error
	// Hasten makes waiting deliveries due at a moment, and their lanes with them.
	Hasten(ctx context.Context, deliveries []notification.Delivery, at time.Time) error
	// Renew makes deliveries whose message is sent again sending, and worth it until a moment.
	Renew(ctx context.Context, deliveries []notification.Delivery, until time.Time) error
}

// IncidentFacts reads incidents without a lock.
type IncidentFacts interface {
	// States gives incidents as they are committed; unknown ones are absent.
	States(ctx context.Context, numbers []id.Incident) (map[id.Incident]incident.State, error)
}

// Outbox reads outside of transactions what the sender needs between them.
type Outbox interface {
	// Due says whether a lane or a message of these channel kinds is due.
	Due(ctx context.Context, kinds []string, now time.Time) (bool, error)
	// Recheck gives what may have changed since a message was claimed.
	Recheck(ctx context.Context, m id.Message, incidents []id.Incident) (Recheck, error)
}

// Recheck is what is looked at right before a provider is called.
type Recheck struct {
	Token   string // of the message now
	Answers map[id.Incident]Answer
}

// Answer says which pages of an incident are not needed any more.
type Answer struct {
	Status  incident.Status
	Stopped incident.Stopped
}

// MessageReader looks at messages.
type MessageReader interface {
	// Message gives one; fault.NotFound.
	Message(ctx context.Context, m id.Message) (Bound, error)
	// OfIncident gives the messages that an incident was in, newest first, at most 500, without deliveries.
	OfIncident(ctx context.Context, n id.Incident) ([]notification.Message, error)
	// OfLane gives the messages of a contact or channel that were composed before a moment (zero: all), newest first, at most
	// limit, without deliveries.
	OfLane(ctx context.Context, l notification.Lane, before time.Time, limit int) ([]notification.Message, error)
}

// Sent finds what somebody answers.
type Sent interface {
	// OfDelivery gives the message that a delivery went out in; fault.NotFound.
	OfDelivery(ctx context.Context, delivery int64) (Bound, error)
	// Newest gives the pages that were composed for these lanes after a moment and not after another one, newest first, at
	// most limit, without deliveries.
	Newest(ctx context.Context, lanes []notification.Lane, after, until time.Time, limit int) ([]notification.Message, error)
}
