package replicas

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// balancer hands connections to its backends by turns, as a TCP load balancer does; one that refuses is passed over.
type balancer struct {
	listener net.Listener
	backends []string // addresses
	turn     atomic.Int64
	open     sync.WaitGroup
}

func newBalancer(t *testing.T, backends []string) *balancer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &balancer{listener: l, backends: backends}
	b.open.Go(b.serve)
	t.Cleanup(func() {
		_ = l.Close()
		b.open.Wait()
	})
	return b
}

func (b *balancer) url() string { return "http://" + b.listener.Addr().String() }

func (b *balancer) serve() {
	for {
		c, err := b.listener.Accept()
		if err != nil {
			return
		}
		b.open.Go(func() { b.carry(c) })
	}
}

// carry joins a client with the next backend that takes it.
func (b *balancer) carry(client net.Conn) {
	defer func() { _ = client.Close() }()
	for range b.backends {
		next := b.backends[int(b.turn.Add(1))%len(b.backends)]
		backend, err := net.DialTimeout("tcp", next, time.Second)
		if err != nil {
			continue
		}
		done := make(chan struct{})
		go func() {
			_, _ = io.Copy(backend, client)
			_ = backend.(*net.TCPConn).CloseWrite()
			close(done)
		}()
		_, _ = io.Copy(client, backend)
		_, _ = client.Close(), backend.Close()
		<-done
		return
	}
}
