package httpapi

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

type usageInput struct {
	Day string `query:"day" format:"date" doc:"As 2026-03-02, in UTC; today where it is left out"`
}

type usageBody struct {
	Day    string      `json:"day" format:"date" doc:"It begins and ends at midnight UTC"`
	Limits limitsBody  `json:"limits"`
	Used   []usageLine `json:"used" doc:"By kind, provider and recipient"`
}

type limitsBody struct {
	Person int `json:"person" doc:"Messages that cost money a day for one person; 0: any number"`
	Server int `json:"server" doc:"And for everybody"`
}

type usageLine struct {
	Kind      string   `json:"kind" doc:"The kind of channel"`
	Provider  string   `json:"provider" doc:"Who took them; empty where there is one way only, or nobody has yet"`
	To        string   `json:"to" enum:"user,channel"`
	Recipient string   `json:"recipient" doc:"The user's or channel's id"`
	Messages  int      `json:"messages" doc:"That were taken or are on their way"`
	Paid      bool     `json:"paid" doc:"They count against the limits"`
	Cost      *float64 `json:"cost" doc:"By the provider's price of now; null where none is set"`
	Currency  string   `json:"currency" doc:"ISO 4217; empty without a price"`
}

func (s *server) usageRoutes(api huma.API) {
	handle(s, api, route{
		Method: "GET", Path: "/api/v1/usage", ID: "show-usage", Tag: "Messages", Needs: directory.Viewer,
		Summary: "Count the messages of a day, and what they cost",
	}, func(ctx context.Context, by directory.Principal, in *usageInput) (*body[usageBody], error) {
		day, _ := time.Parse(time.DateOnly, in.Day) // its form was looked at; empty is today
		used, from, err := s.d.Messages.Usage.Do(ctx, by, day)
		q := s.d.Messages.Usage.Quota
		out := usageBody{Day: from.Format(time.DateOnly), Limits: limitsBody{q.Person, q.Server}, Used: []usageLine{}}
		for _, u := range used {
			line := usageLine{Kind: u.Kind, Provider: u.Provider, To: string(u.Recipient.Kind), Recipient: u.Recipient.ID, Messages: u.Messages, Paid: u.Paid, Currency: u.Price.Currency}
			if u.Price != (notification.Price{}) {
				cost := u.Price.Times(u.Messages)
				line.Cost = &cost
			}
			out.Used = append(out.Used, line)
		}
		return answer(out, err)
	})
}
