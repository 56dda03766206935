package ingest

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

func gzipped(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, s); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestBody(t *testing.T) {
	t.Parallel()
	l := Limits{Body: 1000}
	full, over := strings.Repeat("x", 1000), strings.Repeat("x", 1001)
	broken := gzipped(t, full)
	broken = broken[:len(broken)-4]
	stored := "\x1f\x8b" + over // packed it is too large already
	cases := []struct {
		name, kind, encoding string
		body                 io.Reader // strings give a Content-Length, others do not
		want                 string
		fault                fault.Kind
		code                 string
	}{
		{"plain", "application/json", "", strings.NewReader("{}"), "{}", fault.Kind{}, ""},
		{"charset", "application/json; charset=utf-8", "identity", strings.NewReader("{}"), "{}", fault.Kind{}, ""},
		{"upper case", "Application/JSON", "", strings.NewReader("{}"), "{}", fault.Kind{}, ""},
		{"just not too large", "application/json", "", strings.NewReader(full), full, fault.Kind{}, ""},
		{"of unknown length", "application/json", "", io.MultiReader(strings.NewReader(full)), full, fault.Kind{}, ""},
		{"gzip", "application/json", "gzip", strings.NewReader(gzipped(t, full)), full, fault.Kind{}, ""},
		{"no type", "", "", strings.NewReader("{}"), "", fault.KindUnsupported, "alerts.content_type"},
		{"a form", "application/x-www-form-urlencoded", "", strings.NewReader("{}"), "", fault.KindUnsupported, "alerts.content_type"},
		{"nonsense", "application/json; =", "", strings.NewReader("{}"), "", fault.KindUnsupported, "alerts.content_type"},
		{"brotli", "application/json", "br", strings.NewReader("{}"), "", fault.KindUnsupported, "alerts.content_encoding"},
		{"too large", "application/json", "", strings.NewReader(over), "", fault.KindTooLarge, "alerts.too_large"},
		{"too large, unannounced", "application/json", "", io.MultiReader(strings.NewReader(over)), "", fault.KindTooLarge, "alerts.too_large"},
		{"too large unpacked", "application/json", "gzip", strings.NewReader(gzipped(t, over)), "", fault.KindTooLarge, "alerts.too_large"},
		{"too large packed", "application/json", "gzip", io.MultiReader(strings.NewReader(stored)), "", fault.KindTooLarge, "alerts.too_large"},
		{"too large for another", "application/json", "", http.MaxBytesReader(nil, io.NopCloser(strings.NewReader(full)), 10), "", fault.KindTooLarge, "alerts.too_large"},
		{"no gzip", "application/json", "gzip", strings.NewReader("{}"), "", fault.KindInvalid, "alerts.bad_gzip"},
		{"broken gzip", "application/json", "gzip", strings.NewReader(broken), "", fault.KindInvalid, "alerts.bad_gzip"},
		{"cut off", "application/json", "", iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("{}"))), "", fault.KindInvalid, "alerts.incomplete"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "/alerts", c.body)
			r.Header.Set("Content-Type", c.kind)
			r.Header.Set("Content-Encoding", c.encoding)
			got, err := Body(r, l)
			if c.code == "" {
				if err != nil || string(got) != c.want {
					t.Fatalf("%q, %v", got, err)
				}
				return
			}
			if f := fault.Of(err); err == nil || f.Kind != c.fault || f.Code != c.code || f.Message == "" {
				t.Fatalf("%q, %#v", got, err)
			}
		})
	}
}
