package binary

import (
	"bytes"
	"context"
	"net/http"
)

// Send sends a webhook's document, as the sender with this key does, to a server's address or to what stands before it.
func Send(client *http.Client, url, key string, document []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url+"/alerts", bytes.NewReader(document))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+key)
	return client.Do(r)
}
