package deliver

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// TestRepos is what a test message needs, in one transaction.
type TestRepos struct {
	Directory ports.Directory
	Messages  ports.Messages
	Paging    ports.Paging
	Links     ports.Links
}

// SendTest sends a message that is marked as a test by the way of every message: claimed, leased, sent, recorded, tried
// again. To a contact that is not verified it brings the code by which it will be.
type SendTest struct {
	Atomically ports.Atomically[TestRepos]
	CanSend    func(kind string) bool
	Allow      func(key string) (wait time.Duration, ok bool) // how often: messages cost money, and wake people
	Clock      ports.Clock
	NewID      func() id.Message
	Wake       func() // the worker
}

// testFor is how long a test message is worth sending.
const testFor = 2 * time.Minute

// To is one contact, or one channel.
type To struct {
	Contact id.Contact
	Channel string // id or name
}

// Do gives the message, whose outcome can be looked at. Everybody may test their own contacts, an admin everything.
func (u SendTest) Do(ctx context.Context, by directory.Principal, to To) (id.Message, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return "", err
	}
	var mid id.Message
	err := u.Atomically(ctx, func(ctx context.Context, r TestRepos) error {
		people, err := r.Directory.Current(ctx)
		if err != nil {
			return err
		}
		m, unverified, err := u.compose(by, people, to)
		if err != nil {
			return err
		}
		p, err := r.Paging.State(ctx)
		if err != nil {
			return err
		}
		if p.Held {
			return fault.Conflict("paging.held", "paging is held: nothing is sent, and no test")
		}
		text := "nothing is wrong. " + by.Actor.Name + " looks whether this reaches you."
		if unverified {
			if text, err = u.withCode(ctx, r, m, to.Contact); err != nil {
				return err
			}
		}
		m.Items = []notification.Item{{Text: text}}
		mid = m.ID
		return r.Messages.Add(ctx, []ports.Bound{{Message: m}})
	})
	if err == nil {
		u.Wake()
	}
	return mid, err
}

// compose makes the message without its text.
func (u SendTest) compose(by directory.Principal, people *directory.Snapshot, to To) (m notification.Message, unverified bool, err error) {
	now := u.Clock.Now()
	m = notification.Message{
		ID: u.NewID(), Purpose: notification.PurposeTest, Status: notification.MessageRetrying, NextAt: now, CreatedAt: now, ExpiresAt: now.Add(testFor),
	}
	if to.Contact != "" {
		c, user, ok := people.ContactOf(to.Contact)
		if !ok {
			return m, false, fault.NotFound("contact", string(to.Contact))
		}
		if user.ID != by.User {
			if err := by.Require(directory.Admin); err != nil {
				return m, false, err
			}
		}
		if c.Stopped {
			return m, false, fault.Conflict("contact.stopped", "nothing is sent there any more: %s", c.Again())
		}
		m.Lane, m.Kind, m.To = notification.ContactLane(c.ID), c.Kind, c.To
		m.Recipient = notification.Recipient{Kind: notification.ToUser, ID: string(user.ID)}
		unverified = !c.Verified
	} else {
		if err := by.Require(directory.Admin); err != nil {
			return m, false, err
		}
		cid, _, ok := people.Locate(directory.KindChannel, to.Channel)
		if !ok {
			return m, false, fault.NotFound("channel", to.Channel)
		}
		c, _ := people.Channel(id.Channel(cid))
		m.Lane, m.Kind, m.To = notification.ChannelLane(c.ID), c.Kind, c.To
		m.Recipient = notification.Recipient{Kind: notification.ToChannel, ID: cid}
	}
	if !u.CanSend(m.Kind) {
		return m, false, fault.Conflict("channel.not_sendable", "this server cannot send by %s: it needs a setting at its start", m.Kind)
	}
	if wait, ok := u.Allow(string(m.Lane)); !ok {
		return m, false, fault.Limited(wait, "test.too_many", "too many tests: try again in %s", max(wait.Round(time.Second), time.Second))
	}
	return m, unverified, nil
}

// codeFor is how long a code works.
const codeFor = 15 * time.Minute

// withCode makes a code, of which only a hash is kept, and gives the text that brings it.
func (u SendTest) withCode(ctx context.Context, r TestRepos, m notification.Message, c id.Contact) (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", err
	}
	code := fmt.Sprintf("%06d", n)
	link := directory.Link{Hash: directory.CodeHash(c, m.To, code), Purpose: directory.LinkContact, User: id.User(m.Recipient.ID), ExpiresAt: m.CreatedAt.Add(codeFor)}
	return "your code is " + code + ". Type it where you added this contact; it works for 15 minutes.", r.Links.Add(ctx, link, m.CreatedAt)
}
