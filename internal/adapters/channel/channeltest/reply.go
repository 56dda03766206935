// Package channeltest has fakes of providers that speak their protocols over real sockets, and a suite that
// every channel passes. The fakes need no testing.T: a bench and end-to-end tests use them too.
package channeltest

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Reply is how a fake answers one attempt.
type Reply struct {
	do     action
	status int // of HTTP or SMTP; 0: as the action has it
	code   int // Twilio's
	wait   time.Duration
	header map[string]string
}

type action int

const (
	accept action = iota
	tryLater
	unavailable
	refuse
	exactly
	hang
	acceptThenHang
	acceptThenDrop
)

// Accept takes the message: what a fake does without a script.
func Accept() Reply { return Reply{} }

// Slow takes the message and answers after d.
func Slow(d time.Duration) Reply { return Reply{wait: d} }

// TryLater refuses for the moment: 429 with Retry-After, or greylisting by 450.
func TryLater(after time.Duration) Reply { return Reply{do: tryLater, wait: after} }

// Unavailable refuses for the moment without saying how long: 503, or 451 after the data.
func Unavailable() Reply { return Reply{do: unavailable} }

// Refuse refuses for good: 400 with an unknown code, 410, or 550 for the recipient. Twilio and the mail server repeat their
// secret in it, as no server should.
func Refuse() Reply { return Reply{do: refuse} }

// Status refuses by exactly this status, with this code where the protocol has codes.
func Status(status, code int) Reply { return Reply{do: exactly, status: status, code: code} }

// StatusWith refuses by exactly this status, with these headers.
func StatusWith(status int, header map[string]string) Reply {
	return Reply{do: exactly, status: status, header: header}
}

// Hang does not take the message and never answers.
func Hang() Reply { return Reply{do: hang} }

// AcceptThenHang takes the message and never answers.
func AcceptThenHang() Reply { return Reply{do: acceptThenHang} }

// AcceptThenDrop takes the message and closes the connection instead of answering.
func AcceptThenDrop() Reply { return Reply{do: acceptThenDrop} }

// ledger is what a fake has taken, what it is going to answer, and its end.
type ledger[T any] struct {
	mu       sync.Mutex
	replies  []Reply
	always   Reply
	attempts int
	taken    []T
	changed  chan struct{} // closed and made anew when taken grows
	done     chan struct{} // closed by Close
	once     sync.Once
}

func newLedger[T any]() *ledger[T] {
	return &ledger[T]{changed: make(chan struct{}), done: make(chan struct{})}
}

// Script says how the next attempts are answered, one each; after them all is as before.
func (l *ledger[T]) Script(replies ...Reply) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.replies = append(l.replies, replies...)
}

// Always says how attempts without a script are answered; at first they are accepted.
func (l *ledger[T]) Always(r Reply) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.always = r
}

// Attempts is how many attempts there were, whatever came of them.
func (l *ledger[T]) Attempts() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.attempts
}

// Taken are the messages that were taken, in order.
func (l *ledger[T]) Taken() []T {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]T(nil), l.taken...)
}

// Wait waits until at least n messages were taken and gives all of them.
func (l *ledger[T]) Wait(ctx context.Context, n int) ([]T, error) {
	for {
		l.mu.Lock()
		taken, changed := append([]T(nil), l.taken...), l.changed
		l.mu.Unlock()
		if len(taken) >= n {
			return taken, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return taken, ctx.Err()
		}
	}
}

// next counts an attempt and says how to answer it.
func (l *ledger[T]) next() Reply {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.attempts++
	if len(l.replies) == 0 {
		return l.always
	}
	r := l.replies[0]
	l.replies = l.replies[1:]
	return r
}

func (l *ledger[T]) take(m T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken = append(l.taken, m)
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *ledger[T]) stop() { l.once.Do(func() { close(l.done) }) }

// pause waits for d, but not past the fake's end.
func (l *ledger[T]) pause(d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-l.done:
	}
}

// answerHTTP plays a reply: taken puts the message into the ledger, ok writes the success, refused the rest.
func (l *ledger[T]) answerHTTP(r *http.Request, reply Reply, taken func(), ok func(), refused func(status, code int, h map[string]string)) {
	switch reply.do {
	case accept:
		l.pause(reply.wait)
		taken()
		ok()
	case tryLater:
		refused(http.StatusTooManyRequests, 20429, map[string]string{"Retry-After": strconv.Itoa(int(reply.wait / time.Second))})
	case unavailable:
		refused(http.StatusServiceUnavailable, 20503, nil)
	case refuse:
		refused(0, 99999, nil)
	case exactly:
		refused(reply.status, reply.code, reply.header)
	case hang:
		l.hang(r.Context())
	case acceptThenHang:
		taken()
		l.hang(r.Context())
	case acceptThenDrop:
		taken()
		panic(http.ErrAbortHandler)
	}
}

// hang waits until the client or the fake is gone.
func (l *ledger[T]) hang(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-l.done:
	}
	panic(http.ErrAbortHandler)
}

// copied gives what a fake keeps, as it stands now. Its lock is held.
func copied[T any](kept []*T) []T {
	out := make([]T, len(kept))
	for i, k := range kept {
		out[i] = *k
	}
	return out
}
