package wire

import (
	"strings"
	"testing"
	"time"
)

// Whoever chooses how to be told sees how it will look, by every kind there is.
func TestEveryKindOfChannelShowsItsMessage(t *testing.T) {
	t.Parallel()
	c, err := newChannels(Config{PublicURL: "https://rouse.example.org"}, time.Now, hears{})
	if err != nil {
		t.Fatal(err)
	}
	for kind, d := range c.descriptors {
		if d.Preview == nil {
			t.Errorf("%s shows nothing", kind)
			continue
		}
		said, err := d.Preview(nil)
		if err != nil || !strings.Contains(said, "error rate") || !strings.Contains(said, "payments") {
			t.Errorf("%s: %v\n%s", kind, err, said)
		}
	}
}
