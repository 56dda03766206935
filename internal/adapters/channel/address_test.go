package channel_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
)

func TestParameters(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"":                     "",
		"from=a&tls=none":      "",
		"from=a&form=b":        "form is not known here: the address may have from, tls",
		"tls":                  "",
		"from=a&b0dy=s3cret":   "what follows the ? of the address is not known here: the address may have from, tls",
		"from=a&S3cretPart==":  "what follows the ? of the address is not known here: the address may have from, tls",
		"from=100%&tls=s3cret": "what follows the ? of the address cannot be read",
		"from=a;tls=none":      "what follows the ? of the address cannot be read",
	} {
		q, err := channel.Parameters(&url.URL{RawQuery: query}, "from", "tls")
		switch {
		case want == "" && (err != nil || q.Get("from") != "a" && strings.Contains(query, "from")):
			t.Errorf("%q: %v, %v", query, q, err)
		case want != "" && (err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(strings.ToLower(err.Error()), "s3cret")):
			t.Errorf("%q: %v", query, err)
		}
	}
	if _, err := channel.Parameters(&url.URL{RawQuery: "from=a"}); err == nil || err.Error() != "from is not known here: the address has no parameters" {
		t.Error(err)
	}
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{"localhost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "10.0.0.1": false, "example.org": false, "": false} {
		if channel.Loopback(host) != want {
			t.Errorf("%q: %t", host, !want)
		}
	}
}
