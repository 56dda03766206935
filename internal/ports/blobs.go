package ports

import (
	"context"
	"io"
	"time"
)

// Blob is a file as it is kept.
type Blob struct {
	Name string
	Size int64 // bytes
	At   time.Time
}

// Blobs keeps files by name, in a folder or a bucket.
type Blobs interface {
	// Put keeps all that from gives; where reading or keeping fails there is nothing under the name.
	Put(ctx context.Context, name string, from io.Reader) error
	// Get is fault.NotFound where there is none.
	Get(ctx context.Context, name string) (io.ReadCloser, error)
	// List gives those whose names begin with prefix, in the order of their names.
	List(ctx context.Context, prefix string) ([]Blob, error)
	// Delete removes one, if it is there.
	Delete(ctx context.Context, name string) error
}

// Seal compresses what is kept outside, and encrypts it where there is a key.
type Seal interface {
	// Suffix ends the names of sealed files: it says how they are sealed.
	Suffix() string
	// Writer seals what is written to it; it is whole after Close.
	Writer(to io.Writer) (io.WriteCloser, error)
	// Reader opens what was sealed, as its name's suffix says. What is not whole, or was changed, is an error before or
	// at its end.
	Reader(from io.Reader, name string) (io.ReadCloser, error)
}
