package httpapi

import (
	"compress/gzip"
	"net/http"
	"strings"
)

// compressed compresses what the API answers, where it is long and the reader takes it: a list of incidents comes to a
// tenth, which on a phone is the difference between seconds and none. Streams and the UI's own files go as they are.
func compressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") || r.URL.Path == streamPath {
			next.ServeHTTP(w, r)
			return
		}
		c := &compressor{ResponseWriter: w, status: http.StatusOK}
		defer c.close()
		next.ServeHTTP(c, r)
	})
}

// worthIt is the length from which on compressing saves a packet.
const worthIt = 1400

// compressor holds the beginning of an answer back, until it is known whether there is enough of it.
type compressor struct {
	http.ResponseWriter
	status int
	held   []byte
	said   bool // the header is on its way, and what comes goes where it belongs
	z      *gzip.Writer
}

func (c *compressor) WriteHeader(code int) {
	c.status = code
	if h := c.Header(); c.said || h.Get("Content-Encoding") != "" || !strings.Contains(h.Get("Content-Type"), "json") {
		c.say()
	}
}

func (c *compressor) Write(b []byte) (int, error) {
	if !c.said && !strings.Contains(c.Header().Get("Content-Type"), "json") {
		c.say()
	}
	switch {
	case c.z != nil:
		return c.z.Write(b)
	case c.said:
		return c.ResponseWriter.Write(b)
	}
	c.held = append(c.held, b...)
	if len(c.held) < worthIt {
		return len(b), nil
	}
	h := c.Header()
	h.Set("Content-Encoding", "gzip")
	h.Add("Vary", "Accept-Encoding")
	h.Del("Content-Length")
	held := c.held
	c.held = nil
	c.say()
	c.z, _ = gzip.NewWriterLevel(c.ResponseWriter, gzip.BestSpeed) // the level is one
	_, err := c.z.Write(held)
	return len(b), err
}

// say lets the header, and what was held back, go.
func (c *compressor) say() {
	if c.said {
		return
	}
	c.said = true
	c.ResponseWriter.WriteHeader(c.status)
	if len(c.held) > 0 {
		_, _ = c.ResponseWriter.Write(c.held) //nolint:gosec // JSON, as it was written; the reader may be gone
	}
}

func (c *compressor) close() {
	c.say()
	if c.z != nil {
		_ = c.z.Close()
	}
}

// Unwrap lets http.ResponseController through: what is flushed is not compressed.
func (c *compressor) Unwrap() http.ResponseWriter { return c.ResponseWriter }
