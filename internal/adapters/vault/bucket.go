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
	name string // in words, without secrets
	b    *blob.Bucket
}

// openBucket opens a folder (/path or file:///path, which is made where it is missing), s3://bucket?region=…, or
// azblob://container; ?prefix=folder/ keeps everything below a folder. Credentials are the environment's, as the vendors'
// own programs take them: AWS_…, AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or a workload identity.
// It does not look whether it is there.
func openBucket(ctx context.Context, where string) (*bucket, error) {
	u, err := url.Parse(where)
	if err != nil {
		return nil, fault.Invalid("vault.url", "%q is not a folder, s3://bucket or azblob://container", where)
	}
	switch u.Scheme {
	case "", "file":
		if u, err = folder(u); err != nil {
			return nil, err
		}
	case "s3", "azblob":
	default:
		return nil, fault.Invalid("vault.url", "%s:// is not known: give a folder, s3://bucket or azblob://container", u.Scheme)
	}
	b, err := blob.OpenBucket(ctx, u.String())
	if err != nil {
		return nil, fault.Invalid("vault.url", "%s cannot be opened", u.Redacted()).Because(err)
	}
	return &bucket{u.Scheme + "://" + u.Host + u.Path, b}, nil
}

// folder makes it, for its owner alone.
func folder(u *url.URL) (*url.URL, error) {
	path, err := filepath.Abs(u.Path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fault.Invalid("vault.folder", "the folder %s cannot be made", path).Because(err)
	}
	// Files are written beside their place and renamed; what they are is in their names.
	return &url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: url.Values{
		"no_tmp_dir": {"true"}, "metadata": {"skip"}, "prefix": u.Query()["prefix"],
	}.Encode()}, nil
}

// put writes all or nothing.
func (b *bucket) put(ctx context.Context, name string, from io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &aborting{from: from, abort: cancel}
	err := b.b.Upload(ctx, name, r, &blob.WriterOptions{ContentType: "application/octet-stream"})
	if r.failed != nil {
		return r.failed
	}
	return b.said(err, "cannot be written")
}

// aborting takes back what was written where reading fails: a folder would keep the half of it.
type aborting struct {
	from   io.Reader
	abort  func()
	failed error
}

func (r *aborting) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if err != nil && err != io.EOF {
		r.failed = err
		r.abort()
	}
	return n, err
}

// get opens a file.
func (b *bucket) get(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := b.b.NewReader(ctx, name, nil)
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
	var out []ports.Blob
	for it := b.b.List(&blob.ListOptions{Prefix: prefix}); ; {
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
	err := b.b.Delete(ctx, name)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil
	}
	return b.said(err, "refuses to delete "+name)
}

// Close ends what is open.
func (b *bucket) Close() error { return b.b.Close() }

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
