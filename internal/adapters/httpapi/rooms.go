package httpapi

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

type roomBody struct {
	Kind string `json:"kind" doc:"Of the channel" example:"teamsbot"`
	To   string `json:"to" doc:"The address of a channel there"`
	Name string `json:"name" doc:"What people know it by" example:"Web / ops"`
}

type roomList struct {
	Rooms []roomBody `json:"rooms"`
}

// roomRoutes are about where the bots of chats are.
func (s *server) roomRoutes(api huma.API) {
	handle(s, api, route{Method: "GET", Path: "/api/v1/channel-rooms", ID: "list-channel-rooms", Summary: "List where the bots of chats are: what a channel can be made of, by name", Tag: "Directory", Needs: directory.Viewer},
		func(ctx context.Context, by directory.Principal, _ *struct{}) (*body[roomList], error) {
			list, err := s.d.Access.Rooms.List(ctx, by)
			out := roomList{Rooms: []roomBody{}}
			for _, r := range list {
				out.Rooms = append(out.Rooms, roomBody{r.Kind, r.ID, r.Label()})
			}
			return answer(out, err)
		})
}
