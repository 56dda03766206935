package admin_test

import (
	"context"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

func TestSomebodyIsLinkedByACode(t *testing.T) {
	t.Parallel()
	b, signed := withAdmin(t)
	ctx, by := t.Context(), signed.User.Principal()
	offer := admin.OfferLink{
		Store: b.store, Clock: b.clock, CanSend: func(kind string) bool { return kind != "chat" },
		Channels: map[string]ports.ChannelDescriptor{"slack": {Kind: "slack", Link: "/rouse link CODE"}, "chat": {Kind: "chat", Link: "CODE"}, "email": {Kind: "email"}},
	}
	link := admin.LinkProvider{Store: b.store, Limit: b.limit, Clock: b.clock}
	give := func(kind, external, code string) error {
		_, err := link.ByCode(ctx, directory.Linked{Kind: kind, ID: external, Name: "ana"}, code)
		return err
	}
	for _, kind := range []string{"email", "chat", "none"} { // that links nobody, cannot send, or is not there
		_, _, _, err := offer.Do(ctx, by, kind)
		wantCode(t, err, "linked.kind")
	}
	if kinds := offer.Kinds(); len(kinds) != 1 || kinds[0].Kind != "slack" {
		t.Errorf("kinds %+v", kinds)
	}
	old, _, _, err := offer.Do(ctx, by, "slack")
	wantCode(t, err, "")
	code, write, ends, err := offer.Do(ctx, by, "slack")
	wantCode(t, err, "")
	if write != "/rouse link "+code || ends != b.clock.now.Add(15*time.Minute) {
		t.Errorf("%q until %v", write, ends)
	}
	wantCode(t, give("slack", "U1", old), "linked.code") // a newer one took its place
	wantCode(t, give("chat", "U1", code), "linked.code") // it is for Slack
	wantCode(t, give("slack", "U1", " "+code+" "), "")
	wantCode(t, give("slack", "U2", code), "linked.code") // once
	mine := ok[[]directory.Linked](t)(admin.Linked{Store: b.store}.List(ctx, by))
	if len(mine) != 1 || mine[0] != (directory.Linked{User: signed.User.ID, Kind: "slack", ID: "U1", Name: "ana", At: b.clock.now}) {
		t.Errorf("linked %+v", mine)
	}
	wantCode(t, admin.Linked{Store: b.store}.Remove(ctx, by, "slack", "U2"), "link.not_found")
	wantCode(t, admin.Linked{Store: b.store}.Remove(ctx, by, "slack", "U1"), "")
	late, _, _, err := offer.Do(ctx, by, "slack")
	wantCode(t, err, "")
	b.clock.forward(15 * time.Minute)
	wantCode(t, give("slack", "U1", late), "linked.code")
	b.limit.wait = time.Second
	wantCode(t, give("slack", "U1", "guess"), "auth.too_many_attempts")
	_, _, _, err = offer.Do(ctx, directory.Principal{Role: directory.Admin}, "slack")
	wantCode(t, err, "linked.nobody")
}

// An address of which the provider has made sure links its user, where there is no link yet.
func TestSomebodyIsLinkedByTheirAddress(t *testing.T) {
	t.Parallel()
	b, signed := withAdmin(t)
	link := admin.LinkProvider{Store: b.store, Limit: b.limit, Clock: b.clock}
	by := func(external, email string) id.User {
		t.Helper()
		user, known, err := link.ByEmail(t.Context(), directory.Linked{Kind: "slack", ID: external}, email)
		if wantCode(t, err, ""); known != (user != "") {
			t.Errorf("%q, known %v", user, known)
		}
		return user
	}
	if got := by("U1", "Ana@example.org"); got != signed.User.ID {
		t.Errorf("by address it is %q", got)
	}
	if got := by("U2", "ben@example.org"); got != "" {
		t.Errorf("an address of nobody is %q", got)
	}
	if got := by("U1", "ben@example.org"); got != signed.User.ID {
		t.Errorf("who is linked already is %q", got)
	}
	b.edit(t, func(u *directory.User) { u.Disabled = true })
	if got := by("U3", "ana@example.org"); got != "" {
		t.Errorf("who is disabled is %q", got)
	}
}

// Whoever is deleted is nobody's any more: who comes back is linked anew.
func TestWhoIsDeletedIsLinkedToNobody(t *testing.T) {
	t.Parallel()
	b, signed := withAdmin(t)
	ben := directory.User{ID: "ben", Email: "ben@example.org", Name: "Ben", Role: directory.Responder}
	add := func() {
		t.Helper()
		err := b.store.Write(t.Context(), func(ctx context.Context, r admin.Repos) error {
			return r.Catalog.Apply(ctx, directory.Edit{Users: []directory.User{ben}})
		})
		wantCode(t, err, "")
	}
	by := func() id.User {
		t.Helper()
		user, _, err := admin.LinkProvider{Store: b.store, Limit: b.limit, Clock: b.clock}.ByEmail(t.Context(), directory.Linked{Kind: "slack", ID: "U1"}, ben.Email)
		wantCode(t, err, "")
		return user
	}
	add()
	if got := by(); got != "ben" {
		t.Errorf("linked to %q", got)
	}
	err := admin.Remove{Store: b.store, Clock: b.clock}.Do(t.Context(), signed.User.Principal(), admin.Ref{Kind: directory.KindUser, Name: ben.Email})
	wantCode(t, err, "")
	if got := by(); got != "" {
		t.Errorf("who is deleted is %q", got)
	}
	ben.ID = "ben2"
	add()
	if got := by(); got != "ben2" {
		t.Errorf("who came back is %q", got)
	}
}
