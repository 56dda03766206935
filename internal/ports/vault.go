package ports

import (
	"context"
	"io"
	"time"
)

// Kept is a sealed file in a vault, as whoever opens it must know it.
type Kept struct {
	File   string `json:"file"`   // its name
	Size   int64  `json:"size"`   // in bytes, sealed
	SHA256 string `json:"sha256"` // sealed, in hex
}

// Blob is a file as a vault lists it.
type Blob struct {
	Name string
	Size int64 // bytes
	At   time.Time
}

// Vault keeps files by name, in a folder or a bucket: what is large sealed, which is compressed, and encrypted where there
// is a key; notes about it in the open.
type Vault interface {
	Notes
	// Put seals all that write writes and keeps it under the name and an ending that says how. Where it fails there is nothing.
	Put(ctx context.Context, name string, write func(io.Writer) error) (Kept, error)
	// Open lets read read what was sealed. What is lost, cut off or changed since is an error, whatever read said of it.
	Open(ctx context.Context, k Kept, read func(io.Reader) error) error
}

// Notes are the files of a vault, and short texts among them.
type Notes interface {
	// Note keeps a short text in the open.
	Note(ctx context.Context, name string, text []byte) error
	// Read gives a short text; fault.NotFound where there is none.
	Read(ctx context.Context, name string) ([]byte, error)
	// List gives the files whose names begin with prefix, in the order of their names.
	List(ctx context.Context, prefix string) ([]Blob, error)
	// Delete removes one, if it is there.
	Delete(ctx context.Context, name string) error
}
