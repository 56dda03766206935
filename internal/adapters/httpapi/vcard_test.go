package httpapi

import (
	"bytes"
	"strings"
	"testing"

	"github.com/emersion/go-vcard"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// A phone that knows whom pages come from lets them through. The card is read by another library.
func TestSendersAsAContact(t *testing.T) {
	t.Parallel()
	long := "https://" + strings.Repeat("long-", 12) + "rouse.example.org"
	b := setup(t, func(d *Deps) {
		d.Config.PublicURL = long
		d.Config.Senders.Add("+34600000001", "MG0123", "Rouse", "+34600000002", "+34600000001")
		d.Config.Senders.Mail = "rouse,pages@example.org"
	})
	w := b.call(t, call{do: "GET /api/v1/senders.vcf", as: directory.Viewer})
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/vcard") {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	for line := range strings.SplitSeq(w.Body.String(), "\r\n") {
		if len(line) > 75 || strings.Contains(line, "\n") {
			t.Errorf("a line of %d bytes: %q", len(line), line)
		}
	}
	card, err := vcard.NewDecoder(bytes.NewReader(w.Body.Bytes())).Decode()
	if err != nil {
		t.Fatal(err)
	}
	if got := card.Values(vcard.FieldTelephone); len(got) != 2 || got[0] != "+34600000001" || got[1] != "+34600000002" {
		t.Errorf("numbers: %q", got)
	}
	if got := card.PreferredValue(vcard.FieldEmail); got != "rouse,pages@example.org" {
		t.Errorf("address: %q", got)
	}
	if card.PreferredValue(vcard.FieldFormattedName) == "" || card.Name() == nil || card.PreferredValue(vcard.FieldURL) != long || card.Value(vcard.FieldVersion) != "3.0" {
		t.Errorf("%+v", card)
	}
	if w := b.call(t, call{do: "GET /api/v1/senders.vcf"}); w.Code != 401 {
		t.Errorf("without signing in: %d", w.Code)
	}
	if w := setup(t).call(t, call{do: "GET /api/v1/senders.vcf", as: directory.Viewer}); w.Code != 404 {
		t.Errorf("where nothing is sent: %d %s", w.Code, w.Body)
	}
}
