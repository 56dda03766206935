package deliver_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// withChat gives the service a channel in which each incident has a post of its own.
func withChat(t *testing.T) (*house, *provider) {
	t.Helper()
	chat := &provider{}
	h := newHouse(t, func(c *deliver.Config) {
		c.Notifiers["chat"], c.Rules["chat"] = chat, notification.PostRules(0)
	})
	h.do(func(ctx context.Context, r repos) error {
		return r.Catalog.Apply(ctx, directory.Edit{
			Channels: []directory.Channel{{ID: "ops", Name: "ops", Kind: "chat", To: "#ops"}},
			Services: []directory.Service{{ID: "web", Name: "web", Channels: []id.Channel{"ops"}}},
		})
	})
	return h, chat
}

func TestEachIncidentHasAPostThatIsEdited(t *testing.T) {
	h, chat := withChat(t)
	first, second := h.fire("a", alert.Error()), h.fire("b", alert.Critical())
	h.work()
	sent := h.wantSent(chat, "#ops", "#ops")
	for i, want := range []id.Incident{second, first} {
		if items := sent[i].Items; len(items) != 1 || items[0].Incident != want || items[0].Post != "" || sent[i].Digest {
			t.Errorf("message %d tells of %+v", i, items)
		}
	}
	h.ack(first)
	h.work()
	sent = h.wantSent(chat, "#ops", "#ops", "#ops")
	if it := sent[2].Items[0]; it.Incident != first || it.Post != string(sent[1].ID)+"-1" || it.Status != "acknowledged" {
		t.Errorf("the edit is %+v", it)
	}
}

// Two messages of one incident under way would be two posts of it.
func TestAnEditWaitsForItsPost(t *testing.T) {
	h, chat := withChat(t)
	chat.fails(ports.Retryable(errors.New("busy"), 5*time.Second))
	n := h.fire("a", alert.Critical())
	h.work()
	h.ack(n)
	chat.answers(nil)
	h.later(time.Second)
	h.wantSent(chat)
	other := h.fire("b", alert.Error())
	h.work()
	if sent := h.wantSent(chat, "#ops"); sent[0].Items[0].Incident != other {
		t.Errorf("%+v went, want the other incident", sent[0].Items)
	}
	h.later(10 * time.Second)
	h.later(time.Second)
	sent := h.wantSent(chat, "#ops", "#ops", "#ops")
	if post, edit := sent[1], sent[2]; post.Items[0].Post != "" || edit.Items[0].Post != string(post.ID)+"-2" {
		t.Errorf("posted %+v, then %+v", post.Items, edit.Items)
	}
}
