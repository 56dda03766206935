package wire

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/applyfile"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/webpush"
	"github.com/rouse-oncall/rouse/internal/adapters/clock"
	"github.com/rouse-oncall/rouse/internal/adapters/httpapi"
	"github.com/rouse-oncall/rouse/internal/adapters/ingest/webhook"
	"github.com/rouse-oncall/rouse/internal/adapters/password"
	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// admins are the use cases of access and of what people own.
type admins struct {
	access    httpapi.Access
	bootstrap admin.Bootstrap
}

func adminStore(db *store.DB) admin.Store {
	bind := func(tx *store.Tx) admin.Repos {
		return admin.Repos{
			Directory: tx.Directory(), Catalog: tx.Catalog(), Passwords: tx.Passwords(),
			Sessions: tx.Sessions(), Tokens: tx.Tokens(), Links: tx.Links(), Linked: tx.Linked(), Rooms: tx.Rooms(), Paging: tx.Paging(),
			Heard: tx.Heard(), Looks: tx.Looks(), Payloads: tx.Payloads(), Quarantine: tx.Quarantine(), Unresolved: tx.Unresolved(),
		}
	}
	return admin.Store{Read: store.Read(db, bind), Write: store.Atomic(db, store.People, bind)}
}

func (a *App) newAdmins() admins {
	st, hasher, limit, origin := adminStore(a.db), password.New(), httpapi.SignInLimiter(), httpapi.OriginLimiter()
	apply := admin.Apply{Store: st, Channels: a.channels.descriptors, NewID: newID, Clock: a.clock, CheckExpression: webhook.Check}
	return admins{
		bootstrap: admin.Bootstrap{Store: st, NewID: newID},
		access: httpapi.Access{
			OfferSetup:     admin.OfferSetup{Store: st, Clock: a.clock},
			Setup:          admin.SetupFirstAdmin{Store: st, Hasher: hasher, Limit: limit, Clock: a.clock, NewID: newID},
			SignIn:         admin.SignIn{Store: st, Hasher: hasher, Limit: limit, Origin: origin, Clock: a.clock},
			SignOut:        admin.SignOut{Store: st},
			ResolveSession: admin.ResolveSession{Store: st, Clock: a.clock},
			ChoosePassword: admin.ChoosePassword{Store: st, Hasher: hasher, Limit: limit, Clock: a.clock},
			OfferSignIn:    admin.OfferSignIn{Store: st, Clock: a.clock},
			SignInByLink:   admin.SignInByLink{Store: st, Origin: origin, Clock: a.clock},
			ResetUser:      admin.ResetUser{Store: st, Clock: a.clock},
			CreateToken:    admin.CreateToken{Store: st, Clock: a.clock, NewID: newID},
			ListTokens:     admin.ListTokens{Store: st},
			RevokeToken:    admin.RevokeToken{Store: st},
			VerifyToken:    admin.VerifyToken{Store: st, Clock: a.clock, AdminToken: a.Config.AdminToken},
			Directory:      admin.ReadDirectory{Store: st},
			Apply:          apply,
			Edit:           admin.Edit{Apply: apply},
			Remove:         admin.Remove{Store: st, Clock: a.clock},
			RotateKey:      admin.RotateKey{Store: st, Clock: a.clock},
			ChangeSettings: admin.ChangeSettings{Apply: apply},
			VerifyContact:  admin.VerifyContact{Store: st, Limit: httpapi.SignInLimiter(), Clock: a.clock},
			MarkContact:    admin.MarkContact{Store: st},
			AddDevice:      admin.AddDevice{Store: st, Kind: webpush.Descriptor(), NewID: newID},
			OfferLink:      admin.OfferLink{Store: st, Channels: a.channels.descriptors, CanSend: a.channels.sendable, Clock: a.clock},
			Linked:         admin.Linked{Store: st},
			Rooms:          admin.Rooms{Store: st},
			PushKey:        a.channels.push.PublicKey,
			Foresee:        admin.Foresee{Apply: apply, Clock: a.clock},
			Dismiss:        admin.DismissQuarantined{Store: st},
			ReadHeard:      admin.ReadHeard{Store: st},
			ReadLooks:      admin.ReadLooks{Store: st},
			NoteHeard:      admin.NewNoteHeard(st, a.clock),
			KeepPayload:    admin.NewKeepPayload(st, a.clock),
			ReadPayloads:   admin.ReadPayloads{Store: st},
			CanSend:        a.channels.sendable,
			Health:         a.channels.health,
			Answers:        a.channels.answers,
			ShowPaging:     admin.ShowPaging{Store: st},
			HoldPaging:     admin.HoldPaging{Store: st, Clock: a.clock, Told: a.pagingTold},
			Integration:    admin.NewFindIntegration(st, a.clock),
			Parse:          applyfile.Parse,
		},
	}
}

// deviceEnded marks a device that its push service is done with: nothing is sent there any more.
func (a *App) deviceEnded(ctx context.Context, to string) {
	at := a.clock.Now().UTC().Format("2006-01-02 15:04 UTC")
	_, err := a.admin.access.MarkContact.Do(ctx, "push", to, admin.Mark{Stopped: true, Trouble: "its browser ended the subscription; seen at " + at})
	if err != nil {
		a.log.Warn("a device that is not subscribed any more could not be marked: the next page there will try again", "error", err)
	}
}

// ReadConfig reads files of what people own: the documents, and the environment variables that they name for keys.
func ReadConfig(path string) (docs []admin.Document, keyVariables []string, err error) {
	if docs, err = applyfile.Read(path); err != nil {
		return nil, nil, err
	}
	desired, err := applyfile.Parse(docs)
	if err != nil {
		return nil, nil, err
	}
	return docs, applyfile.KeyVariables(desired), nil
}

// ResetUser gives the address at which a user chooses a new password, once, within 24 h.
func ResetUser(ctx context.Context, databaseURL, publicURL, email string) (string, error) {
	db, err := store.Open(ctx, databaseURL, store.Options{AsIs: true})
	if err != nil {
		return "", err
	}
	defer func() { _ = db.Close() }() // the link is committed or the error says that it is not
	c := clock.New(db.Now)
	if _, err := c.Sync(ctx); err != nil {
		return "", err
	}
	secret, err := admin.ResetUser{Store: adminStore(db), Clock: c}.Do(ctx, admin.System(), email)
	if err != nil {
		return "", err
	}
	return strings.TrimRight(publicURL, "/") + "/password?token=" + secret, nil
}

// SignInLink gives the address at which a user signs in without a password, once, within 24 h.
func (a *App) SignInLink(ctx context.Context, email string) (string, error) {
	st := adminStore(a.db)
	all, err := admin.ReadDirectory{Store: st}.Do(ctx, admin.System())
	if err != nil {
		return "", err
	}
	user, ok := all.UserByEmail(email)
	if !ok {
		return "", fault.NotFound("user", email)
	}
	secret, _, err := admin.OfferSignIn{Store: st, Clock: a.clock, For: 24 * time.Hour}.Do(ctx, user.Principal())
	return a.Config.PublicURL + "/enter?token=" + secret, err
}

// FirstRun makes an empty server useful, and gives what its owner must see: the address, the link to set up
// the first admin while there is none, and once the key of the first integration.
func (a *App) FirstRun(ctx context.Context) (string, error) {
	key, err := a.admin.bootstrap.Do(ctx)
	if err != nil {
		return "", err
	}
	link, err := a.admin.access.OfferSetup.Do(ctx)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Rouse %s listens on %s; people reach it at %s\n", a.Version, a.listener.Addr(), a.Config.PublicURL)
	if link != "" {
		fmt.Fprintf(&b, "\nSet up the first admin (once, within 24 h):\n  %s/setup?token=%s\n", a.Config.PublicURL, link)
	}
	if key != "" {
		a.keys["main"] = key
	}
	for _, name := range slices.Sorted(maps.Keys(a.keys)) {
		if key := a.keys[name]; key != "" {
			fmt.Fprintf(&b, "\nKey of the integration `%s`, shown this once: %s\n\nPaste into alertmanager.yml:\n\n%s\n", name, key, snippet(a.Config.PublicURL, key))
		}
	}
	return b.String(), nil
}

func snippet(url, key string) string {
	return fmt.Sprintf(`route:
  receiver: rouse
  group_wait: 5s
  group_interval: 1m
  repeat_interval: 1h
receivers:
  - name: rouse
    webhook_configs:
      - url: %s/alerts
        send_resolved: true
        max_alerts: 0
        http_config:
          authorization:
            credentials: %s
`, url, key)
}
