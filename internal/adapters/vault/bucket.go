package vault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

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
	defer cancel() // before Close, it takes back what was written
	w, err := b.b.NewWriter(ctx, name, nil)
	if err != nil {
		return b.said(err, "cannot be written")
	}
	if _, err := io.Copy(w, from); err != nil {
		cancel()
		return b.said(errors.Join(err, notCancelled(w.Close())), "cannot be written")
	}
	return b.said(w.Close(), "cannot be written")
}

// notCancelled leaves out what we did ourselves.
func notCancelled(err error) error {
	if errors.Is(err, context.Canceled) || gcerrors.Code(err) == gcerrors.Canceled {
		return nil
	}
	return err
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

// said puts a refusal in the words of whoever set the bucket up.
func (b *bucket) said(err error, what string) error {
	why := map[gcerrors.ErrorCode]string{
		gcerrors.NotFound:         "it does not exist",
		gcerrors.PermissionDenied: "it refuses our credentials",
	}[gcerrors.Code(err)]
	switch {
	case err == nil:
		return nil
	case why == "":
		return fmt.Errorf("%s %s: %w", b.name, what, err)
	}
	return fmt.Errorf("%s %s: %s: %w", b.name, what, why, err)
}
