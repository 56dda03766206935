// Package ingest holds what the decoders of senders' messages share: reading a body, its limits, and values that are
// not what they should be.
package ingest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// Limits bound what one request may hold.
type Limits struct {
	Body   int64 // bytes, before and after decompression
	Alerts int   // alerts of one body
	Depth  int   // nested objects and lists
}

// DefaultLimits are far above what senders send.
func DefaultLimits() Limits { return Limits{Body: 4 << 20, Alerts: 10_000, Depth: 32} }

// maxGrow bounds the memory that is taken on the word of a header alone.
const maxGrow = 256 << 10

// Body reads a request's JSON body, gzip or plain, of at most l.Body bytes both packed and unpacked.
// Errors: fault.KindUnsupported with alerts.content_type or alerts.content_encoding, fault.KindTooLarge with
// alerts.too_large, fault.KindInvalid with alerts.bad_gzip or alerts.incomplete, fault.KindUnavailable with alerts.slow.
func Body(r *http.Request, l Limits) ([]byte, error) {
	given := r.Header.Get("Content-Type")
	if kind, _, err := mime.ParseMediaType(given); err != nil || kind != "application/json" {
		if given == "" {
			given = "missing"
		}
		return nil, fault.Unsupported("alerts.content_type", "the Content-Type must be application/json, but is %s", given)
	}
	packed, err := read(r.Body, r.ContentLength, l)
	if err != nil {
		return nil, err
	}
	switch encoding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
		return packed, nil
	case "gzip", "x-gzip":
		return unpack(packed, l)
	default:
		return nil, fault.Unsupported("alerts.content_encoding", "the Content-Encoding must be gzip or none, but is %s", encoding)
	}
}

func unpack(packed []byte, l Limits) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fault.Invalid("alerts.bad_gzip", "the body says that it is gzip, but is not").Because(err)
	}
	body, err := read(z, int64(4*len(packed)), l)
	if err != nil && !fault.Is(err, fault.KindTooLarge) {
		return nil, fault.Invalid("alerts.bad_gzip", "the gzip body is broken").Because(err)
	}
	return body, err
}

// read reads all of r; about is how much may come, or -1.
func read(r io.Reader, about int64, l Limits) ([]byte, error) {
	var buf bytes.Buffer
	buf.Grow(int(min(max(about, 0), maxGrow)) + bytes.MinRead)
	n, err := buf.ReadFrom(io.LimitReader(r, l.Body+1))
	if n > l.Body {
		return nil, tooLarge(l)
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge(l)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		// Not 408: Alertmanager gives up on any 4xx, and it may be us who are slow.
		return nil, fault.Unavailable(time.Second, "alerts.slow", "the body did not come in time; send it again").Because(err)
	}
	if err != nil {
		return nil, fault.Invalid("alerts.incomplete", "the body ended before it was whole").Because(err)
	}
	return buf.Bytes(), nil
}

func tooLarge(l Limits) error {
	return fault.TooLarge("alerts.too_large", "the body is larger than %d bytes", l.Body)
}
