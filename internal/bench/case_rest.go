package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

const mebibyte = 1 << 20

// binarySize looks at the program itself.
func (r *run) binarySize(context.Context) error {
	info, err := os.Stat(r.Binary)
	if err != nil {
		return err
	}
	r.add(Figure{Case: "binary", Name: "size of the binary", Value: float64(info.Size()) / mebibyte, Unit: "MB", Target: 60, AtMost: true})
	return nil
}

// start measures from starting the process to the first 200 of /ready, the median of several.
func (r *run) start(ctx context.Context) error {
	var first, second []time.Duration
	for range quickly(r, 5, 3) {
		a, b, err := r.startTwice(ctx)
		if err != nil {
			return err
		}
		first, second = append(first, a), append(second, b)
	}
	detail := fmt.Sprintf("median of %d", len(first))
	r.add(Figure{Case: "start", Name: "fresh database → ready", Value: milliseconds(percentile(first, 50)), Unit: "ms", Target: 1000, AtMost: true, Detail: detail})
	r.add(Figure{Case: "start", Name: "second start → ready", Value: milliseconds(percentile(second, 50)), Unit: "ms", Target: 300, AtMost: true, Detail: detail})
	return nil
}

func (r *run) startTwice(ctx context.Context) (first, second time.Duration, err error) {
	s, err := r.prepare(ctx, nil)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if first, err = s.start(ctx); err != nil {
		return 0, 0, err
	}
	if _, err := s.setupLink(ctx); err != nil { // it has begun to work, and ends in order
		return 0, 0, err
	}
	if err := s.stop(); err != nil {
		return 0, 0, err
	}
	if second, err = s.start(ctx); err != nil {
		return 0, 0, err
	}
	pause(ctx, 100*time.Millisecond)
	return first, second, nil
}

// idle measures the memory of a server that nobody has asked anything for a while after a sign-in, whose
// password hash needs much of it.
func (r *run) idle(ctx context.Context) (err error) {
	s, err := r.prepare(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if _, err := s.start(ctx); err != nil {
		return err
	}
	if _, err := s.signIn(ctx); err != nil {
		return err
	}
	wait := quickly(r, time.Minute, 5*time.Second)
	if !pause(ctx, wait) {
		return ctx.Err()
	}
	bytes, err := s.resident()
	if err != nil {
		return err
	}
	r.add(Figure{Case: "idle", Name: fmt.Sprintf("memory %s after a sign-in", wait), Value: bytes / mebibyte, Unit: "MB", Target: 60, AtMost: true})
	return nil
}
