package binary

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// Metric is the sum of what the server has counted under a name, over all labels that hold these texts.
func (s *Server) Metric(tb testing.TB, name string, labels ...string) int {
	tb.Helper()
	text, err := s.metrics(tb.Context())
	if err != nil {
		tb.Fatalf("metrics: %v", err)
	}
	sum, err := Sum(text, name, labels...)
	if err != nil {
		tb.Fatal(err)
	}
	return int(sum)
}

func (s *Server) metrics(ctx context.Context) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/metrics", nil)
	if err != nil {
		return "", err
	}
	r.Close = true // the server may be gone the next time
	client := http.Client{Timeout: readyLimit}
	res, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, text)
	}
	return string(text), err
}

// Sum adds up a metric in Prometheus' format over all labels that hold these texts.
func Sum(metrics, name string, labels ...string) (sum float64, err error) {
	for line := range strings.Lines(metrics) {
		rest, found := strings.CutPrefix(line, name)
		if !found || rest[0] != ' ' && rest[0] != '{' {
			continue // a longer name
		}
		end := strings.LastIndexByte(rest, ' ')
		if !holdsAll(rest[:end], labels) {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(rest[end:]), 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", line, err)
		}
		sum += n
	}
	return sum, nil
}

func holdsAll(text string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(text, p) {
			return false
		}
	}
	return true
}
