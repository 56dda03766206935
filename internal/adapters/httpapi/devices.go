package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

type pushKeyBody struct {
	Key string `json:"key" doc:"What a browser subscribes to: the public key of this installation, in base64url"`
}

type deviceBody struct {
	Name         string           `json:"name" doc:"For people" maxLength:"100" example:"Chrome on Android"`
	Subscription subscriptionBody `json:"subscription" doc:"As the browser gives it"`
	Replaces     string           `json:"replaces,omitempty" doc:"The id of the contact that this device was before, or the endpoint of its old subscription" maxLength:"1000"`
}

type subscriptionBody struct {
	Endpoint string `json:"endpoint" maxLength:"1000"`
	Keys     struct {
		Auth   string `json:"auth" maxLength:"100"`
		P256dh string `json:"p256dh" maxLength:"200"`
	} `json:"keys"`
}

// deviceRoutes are for browsers that show notifications.
func (s *server) deviceRoutes(api huma.API) {
	handle(s, api, route{
		Method: "GET", Path: "/api/v1/push-key", ID: "show-push-key", Tag: "Messages", Needs: directory.Viewer,
		Summary: "Say what a browser subscribes to before it can be sent notifications",
	}, func(_ context.Context, by directory.Principal, _ *struct{}) (*body[pushKeyBody], error) {
		return answer(pushKeyBody{s.d.Access.PushKey()}, by.Require(directory.Viewer))
	})
	handle(s, api, route{
		Method: "POST", Path: "/api/v1/devices", ID: "add-device", Tag: "Messages", Needs: directory.Viewer, Status: http.StatusCreated,
		Summary: "Make the browser that one is signed in with a contact of oneself, which notifications are sent to",
	}, func(ctx context.Context, by directory.Principal, in *newInput[deviceBody]) (*body[contactBody], error) {
		to, err := json.Marshal(in.Body.Subscription)
		if err != nil {
			return nil, err
		}
		c, err := s.d.Access.AddDevice.Do(ctx, by, admin.Subscribed{Name: in.Body.Name, To: string(to), Replaces: in.Body.Replaces})
		return answer(view{kinds: s.d.Access.Apply.Channels}.contact(c), err)
	})
}
