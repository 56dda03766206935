// Package vault keeps files in a folder, in S3 or what speaks like it, or in Azure Blob Storage; what is large compressed,
// and encrypted where there is a key.
package vault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Vault is a bucket and a key.
type Vault struct {
	*bucket
	seal seal
}

var _ ports.Vault = (*Vault)(nil)

// Open opens a vault. Where it lies is said as openBucket takes it, the key as newSeal does.
func Open(ctx context.Context, where, key string) (*Vault, error) {
	s, err := newSeal(key)
	if err != nil {
		return nil, err
	}
	b, err := openBucket(ctx, where)
	if err != nil {
		return nil, err
	}
	return &Vault{b, s}, nil
}

// Opens says whether what is put can be read again: a key that only closes makes backups, and is none for an archive.
func (v *Vault) Opens() bool { return v.seal.to == nil || v.seal.with != nil }

// Put seals on the way out.
func (v *Vault) Put(ctx context.Context, name string, write func(io.Writer) error) (ports.Kept, error) {
	k := ports.Kept{File: name + v.seal.suffix()}
	sum := counting{hash: sha256.New()}
	out, in := io.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		sealed, err := v.seal.writer(io.MultiWriter(in, &sum))
		if err == nil {
			err = errors.Join(write(sealed), sealed.Close())
		}
		in.CloseWithError(err) // a reader's end where err is nil
	}()
	err := v.put(ctx, k.File, out)
	_ = out.Close() // whoever still writes ends
	<-written
	k.Size, k.SHA256 = sum.n, sum.hex()
	return k, err
}

// Open opens the seal on the way in, and reads to the end for the hash.
func (v *Vault) Open(ctx context.Context, k ports.Kept, read func(io.Reader) error) (err error) {
	r, err := v.get(ctx, k.File)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	sum := counting{hash: sha256.New()}
	all := io.TeeReader(r, &sum)
	said := v.unseal(all, k.File, read)
	if _, err := io.Copy(io.Discard, all); err != nil {
		return err
	}
	switch {
	case sum.n < k.Size:
		return fault.Invalid("vault.truncated", "%s is cut off: %d of %d bytes are there", k.File, sum.n, k.Size)
	case sum.hex() != k.SHA256:
		return fault.Invalid("vault.changed", "%s is not the file that was kept: it was changed or damaged since", k.File)
	}
	return said
}

func (v *Vault) unseal(from io.Reader, name string, read func(io.Reader) error) error {
	opened, err := v.seal.reader(from, name)
	if err != nil {
		return err
	}
	return errors.Join(read(opened), opened.Close())
}

// Note keeps it as it is.
func (v *Vault) Note(ctx context.Context, name string, text []byte) error {
	return v.put(ctx, name, bytes.NewReader(text))
}

// longest is how long a note may be, in bytes.
const longest = 4 << 20

// Read gives it as it is.
func (v *Vault) Read(ctx context.Context, name string) (text []byte, err error) {
	r, err := v.get(ctx, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return io.ReadAll(io.LimitReader(r, longest))
}

// counting is the size and the hash of what passes.
type counting struct {
	n    int64
	hash hash.Hash
}

func (c *counting) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return c.hash.Write(p)
}

func (c *counting) hex() string { return hex.EncodeToString(c.hash.Sum(nil)) }
