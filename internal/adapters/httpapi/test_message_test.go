package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"testing"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// contactOf gives the id of somebody's first contact.
func (b *bundle) contactOf(t *testing.T, email string) string {
	t.Helper()
	var out struct{ Contacts []struct{ ID string } }
	w := b.call(t, call{do: "GET /api/v1/users/" + email, as: directory.Viewer})
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || len(out.Contacts) == 0 {
		t.Fatalf("%v %s", err, w.Body)
	}
	return out.Contacts[0].ID
}

// tested gives the message of an answer.
func (b *bundle) tested(t *testing.T, answer []byte) notification.Message {
	t.Helper()
	var out struct{ Message string }
	if err := json.Unmarshal(answer, &out); err != nil {
		t.Fatal(err)
	}
	var found notification.Message
	err := memory.Atomic(b.db, (*memory.Tx).Messages)(t.Context(), func(ctx context.Context, r ports.Messages) error {
		got, err := r.Lock(ctx, []id.Message{id.Message(out.Message)})
		found = got[id.Message(out.Message)].Message
		return err
	})
	if err != nil || found.Purpose != notification.PurposeTest {
		t.Fatalf("%v: %s is %+v", err, answer, found)
	}
	return found
}

func TestTestMessages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ana := b.contactOf(t, "ana@example.org")
	w := b.call(t, call{do: "POST /api/v1/contacts/" + ana + "/test", as: directory.Admin})
	if w.Code != http.StatusAccepted {
		t.Fatal(w.Code, w.Body)
	}
	if m := b.tested(t, w.Body.Bytes()); m.To != "ana@example.org" || m.Status != notification.MessageRetrying || m.NextAt.IsZero() || len(m.Items) != 1 {
		t.Errorf("the message is %+v", m)
	}
	b.edits(t,
		editCase{do: "POST /api/v1/contacts/" + ana + "/test", as: directory.Responder, want: 403},
		editCase{do: "POST /api/v1/contacts/none/test", want: 404, says: []string{"contact.not_found"}},
		editCase{do: "POST /api/v1/contacts/" + ana + "/test", want: 202},
		editCase{do: "POST /api/v1/contacts/" + ana + "/test", want: 202},
		editCase{do: "POST /api/v1/contacts/" + ana + "/test", want: 429, says: []string{"test.too_many"}},
		editCase{do: "POST /api/v1/channels/ops/test", want: 202},
		editCase{do: "POST /api/v1/channels/ops/test", as: directory.Responder, want: 403},
		editCase{do: "PATCH /api/v1/users/rita@example.org", body: `{"contacts":[{"name":"phone","kind":"sms","to":"+34600000000"}]}`, want: 200},
	)
	rita := b.contactOf(t, "rita@example.org")
	b.edits(t,
		editCase{do: "POST /api/v1/contacts/" + rita + "/test", as: directory.Responder, want: 409, says: []string{"channel.not_sendable"}},
		editCase{do: "POST /api/v1/paging/hold", body: `{"reason":"x"}`, want: 200},
		editCase{do: "POST /api/v1/channels/ops/test", want: 409, says: []string{"paging.held"}},
	)
}

// Whoever adds a contact proves that somebody reads there: by the code that went to this very address.
func TestAContactIsVerifiedByItsCode(t *testing.T) {
	t.Parallel()
	b := setup(t)
	add := func(to, contact string) string {
		id := ""
		if contact != "" {
			id = `"id":"` + contact + `",`
		}
		b.edits(t, editCase{do: "PATCH /api/v1/users/rita@example.org", as: directory.Responder, want: 200, says: []string{`"verified":false`},
			body: `{"contacts":[{` + id + `"name":"mail","kind":"email","to":"` + to + `"}]}`})
		return b.contactOf(t, "rita@example.org")
	}
	send := func(contact string) string {
		w := b.call(t, call{do: "POST /api/v1/contacts/" + contact + "/test", as: directory.Responder})
		return regexp.MustCompile(`\d{6}`).FindString(b.tested(t, w.Body.Bytes()).Items[0].Text)
	}
	contact := add("one@example.org", "")
	old := send(contact)
	add("two@example.org", contact)
	code := send(contact)
	if old == "" || code == "" {
		t.Fatal("no code was sent")
	}
	verify := "POST /api/v1/contacts/" + contact + "/verify"
	b.edits(t,
		editCase{do: verify, as: directory.Responder, body: `{"code":"` + old + `"}`, want: 400, says: []string{"contact.code"}},
		editCase{do: verify, as: directory.Viewer, body: `{"code":"` + code + `"}`, want: 403},
		editCase{do: verify, as: directory.Responder, body: `{"code":" ` + code + ` "}`, want: 204},
		editCase{do: "GET /api/v1/users/rita@example.org", want: 200, says: []string{`"verified":true`}},
		editCase{do: verify, as: directory.Responder, body: `{"code":"000000"}`, want: 204},
	)
	for range 3 {
		b.call(t, call{do: verify, as: directory.Responder, body: `{"code":"1"}`})
	}
	b.edits(t, editCase{do: verify, as: directory.Responder, body: `{"code":"1"}`, want: 429})
}
