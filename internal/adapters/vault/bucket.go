package vault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"gocloud.dev/blob"
	_ "gocloud.dev/blob/azureblob" // azblob://
	_ "gocloud.dev/blob/fileblob"  // file://
	_ "gocloud.dev/blob/s3blob"    // s3://
	"gocloud.dev/gcerrors"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// bucket is a folder or a bucket.
type bucket struct {
	name   string // in words, without secrets
	folder string // "": it is none

	mu sync.Mutex
	b  *blob.Bucket // nil: a folder that was not asked for yet
	at string       // by which it is opened
}

// openBucket opens a folder (/path or file:///path), s3://bucket?region=…, or azblob://container; ?prefix=folder/ keeps
// everything below a folder. Credentials are the environment's, as the vendors' own programs take them: AWS_…,
// AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or a workload identity. It does not look whether it is
// there: a folder is made when something is put into it.
func openBucket(ctx context.Context, where string) (*bucket, error) {
	u, err := url.Parse(where)
	if err != nil || u.User != nil {
		return nil, fault.Invalid("vault.url", "where files are kept is no address such as a folder, s3://bucket or azblob://container; credentials belong into the environment")
	}
	b := &bucket{name: u.Scheme + "://" + u.Host + u.Path, at: where}
	switch u.Scheme {
	case "", "file":
		return b, b.asFolder(u)
	case "s3", "azblob":
	default:
		return nil, fault.Invalid("vault.url", "%s:// is not known: give a folder, s3://bucket or azblob://container", u.Scheme)
	}
	if b.b, err = blob.OpenBucket(ctx, where); err != nil {
		return nil, fault.Invalid("vault.url", "%s cannot be opened", b.name).Because(err)
	}
	return b, nil
}

func (b *bucket) asFolder(u *url.URL) error {
	path, err := filepath.Abs(u.Path)
	if err != nil {
		return err
	}
	prefix := u.Query().Get("prefix")
	b.name, b.folder = "file://"+path, filepath.Join(path, filepath.FromSlash(prefix))
	// Files are written beside their place and renamed; what they are is in their names.
	b.at = (&url.URL{Scheme: "file", Path: filepath.ToSlash(b.folder), RawQuery: url.Values{"no_tmp_dir": {"true"}, "metadata": {"skip"}}.Encode()}).String()
	return nil
}

// bucket gives it opened; a folder is made, for its owner alone.
func (b *bucket) bucket(ctx context.Context) (*blob.Bucket, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.b != nil {
		return b.b, nil
	}
	if err := os.MkdirAll(b.folder, 0o700); err != nil {
		return nil, fault.Invalid("vault.folder", "the folder %s cannot be made", b.folder).Because(err)
	}
	opened, err := blob.OpenBucket(ctx, b.at)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be opened: %w", b.name, err)
	}
	b.b = opened
	return opened, nil
}

// put writes all or nothing.
func (b *bucket) put(ctx context.Context, name string, from io.Reader) error {
	opened, err := b.bucket(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &aborting{ctx: ctx, from: from, abort: cancel}
	err = opened.Upload(ctx, name, r, &blob.WriterOptions{ContentType: "application/octet-stream"})
	if r.failed != nil {
		return r.failed
	}
	if err != nil {
		return b.said(err, "cannot be written")
	}
	return b.flush(name)
}

// flush waits for the disk of a folder: what was put may be removed elsewhere.
func (b *bucket) flush(name string) error {
	if b.folder == "" {
		return nil
	}
	for _, path := range []string{filepath.Join(b.folder, filepath.FromSlash(name)), b.folder} {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return fmt.Errorf("%s cannot be written: %w", b.name, err)
		}
	}
	return nil
}

// aborting takes back what was written where reading fails: a folder would keep the half of it.
type aborting struct {
	ctx    context.Context //nolint:containedctx // a folder's writer does not look at its own
	from   io.Reader
	abort  func()
	failed error
}

func (r *aborting) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if over := r.ctx.Err(); over != nil {
		n, err = 0, over
	}
	if err != nil && !errors.Is(err, io.EOF) {
		r.failed = err
		r.abort()
	}
	return n, err
}

// get opens a file.
func (b *bucket) get(ctx context.Context, name string) (io.ReadCloser, error) {
	opened, err := b.bucket(ctx)
	if err != nil {
		return nil, err
	}
	r, err := opened.NewReader(ctx, name, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, fault.NotFound("file", name).Because(err)
	}
	if err != nil {
		return nil, b.said(err, "cannot be read")
	}
	return r, nil
}

// List gives what there is.
func (b *bucket) List(ctx context.Context, prefix string) ([]ports.Blob, error) {
	opened, err := b.bucket(ctx)
	if err != nil {
		return nil, err
	}
	var out []ports.Blob
	for it := opened.List(&blob.ListOptions{Prefix: prefix}); ; {
		o, err := it.Next(ctx)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, b.said(err, "cannot be listed")
		}
		if !strings.HasSuffix(o.Key, "/") {
			out = append(out, ports.Blob{Name: o.Key, Size: o.Size, At: o.ModTime})
		}
	}
}

// Delete removes one.
func (b *bucket) Delete(ctx context.Context, name string) error {
	opened, err := b.bucket(ctx)
	if err != nil {
		return err
	}
	err = opened.Delete(ctx, name)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil
	}
	return b.said(err, "refuses to delete "+name)
}

// Close ends what is open.
func (b *bucket) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.b == nil {
		return nil
	}
	return b.b.Close()
}

// said puts a refusal in the words of whoever set the bucket up, without the vendor's page of XML where they are clear.
func (b *bucket) said(err error, what string) error {
	switch {
	case err == nil:
		return nil
	case denied(err):
		return &refusal{b.name + " " + what + ": it refuses our credentials, or what they may do", err}
	case gcerrors.Code(err) == gcerrors.NotFound:
		return &refusal{b.name + " " + what + ": it does not exist", err}
	}
	return fmt.Errorf("%s %s: %w", b.name, what, err)
}

func denied(err error) bool {
	var aws interface{ HTTPStatusCode() int }
	status := 0
	if errors.As(err, &aws) {
		status = aws.HTTPStatusCode()
	}
	if azure, ok := errors.AsType[*azcore.ResponseError](err); ok {
		status = azure.StatusCode
	}
	return status == http.StatusUnauthorized || status == http.StatusForbidden || gcerrors.Code(err) == gcerrors.PermissionDenied
}

// refusal is a vendor's in our words.
type refusal struct {
	words string
	cause error
}

func (r *refusal) Error() string { return r.words }
func (r *refusal) Unwrap() error { return r.cause }
