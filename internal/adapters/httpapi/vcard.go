package httpapi

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// Senders are whom pages come from, as a phone shows them.
type Senders struct {
	Numbers []string // international, with a +
	Mail    string   // "" where no mail is sent
}

// Add takes what is a number, once: a name or a messaging service is none.
func (s *Senders) Add(froms ...string) {
	for _, from := range froms {
		if strings.HasPrefix(from, "+") && !slices.Contains(s.Numbers, from) {
			s.Numbers = append(s.Numbers, from)
		}
	}
}

type vcardBody struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// vcardRoute gives whom pages come from as a contact, which a phone lets through where it lets nobody else.
func (s *server) vcardRoute(api huma.API) {
	handle(s, api, route{
		Method: "GET", Path: "/api/v1/senders.vcf", ID: "download-senders", Tag: "Messages", Needs: directory.Viewer,
		Summary: "Give the numbers and the address that pages come from as a vCard",
	}, func(_ context.Context, by directory.Principal, _ *struct{}) (*vcardBody, error) {
		if err := by.Require(directory.Viewer); err != nil {
			return nil, err
		}
		from := s.d.Config.Senders
		if len(from.Numbers) == 0 && from.Mail == "" {
			return nil, fault.NotFound("sender", "senders.vcf")
		}
		return &vcardBody{ContentType: "text/vcard; charset=utf-8", Disposition: `attachment; filename="rouse.vcf"`, Body: senderCard(from, s.d.Config.PublicURL)}, nil
	})
}

// senderCard writes one contact with all of it, so that one name is let through. Version 3.0 (RFC 2426): every phone reads it.
func senderCard(from Senders, publicURL string) []byte {
	name := "Rouse"
	if u, err := url.Parse(publicURL); err == nil && u.Hostname() != "" && u.Hostname() != "localhost" {
		name += " (" + u.Hostname() + ")"
	}
	escape := strings.NewReplacer(`\`, `\\`, ",", `\,`, ";", `\;`, "\r", "", "\n", `\n`).Replace
	lines := []string{"BEGIN:VCARD", "VERSION:3.0", "PRODID:-//Rouse//EN", "FN:" + escape(name), "N:" + escape(name) + ";;;;"}
	for _, n := range from.Numbers {
		lines = append(lines, "TEL;TYPE=CELL,VOICE,MSG:"+n)
	}
	if from.Mail != "" {
		lines = append(lines, "EMAIL;TYPE=INTERNET:"+escape(from.Mail))
	}
	if publicURL != "" {
		lines = append(lines, "URL:"+publicURL)
	}
	lines = append(lines, "NOTE:"+escape("Pages come from here. Let this contact through do-not-disturb."), "END:VCARD")
	var out strings.Builder
	for _, l := range lines {
		out.WriteString(fold(l) + "\r\n")
	}
	return []byte(out.String())
}

// fold breaks a line that is longer than 75 bytes.
func fold(line string) string {
	var out strings.Builder
	for room := 75; len(line) > room; room = 74 {
		n := room
		for !utf8.RuneStart(line[n]) {
			n--
		}
		out.WriteString(line[:n] + "\r\n ")
		line = line[n:]
	}
	return out.String() + line
}
