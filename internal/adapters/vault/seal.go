package vault

import (
	"errors"
	"io"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

const (
	compressed = ".zst"
	encrypted  = ".age"
)

// shortest is how many bytes a passphrase must have.
const shortest = 16

// workFactor is log2 of scrypt's cost: about a second and 256 MB a file.
const workFactor = 18

// seal compresses, and encrypts by one key: zstd (RFC 8878) in age's format (age-encryption.org/v1). Both can be opened
// without Rouse, by the commands `age` and `zstd`.
type seal struct {
	to   age.Recipient // nil: nothing is encrypted
	with age.Identity  // nil: what is encrypted cannot be opened
}

// newSeal takes a passphrase of at least 16 characters; or age1… (the public key: such a server can make backups and not
// open them), or AGE-SECRET-KEY-1… (the one that opens them, and makes them, too); "" encrypts nothing.
func newSeal(key string) (seal, error) {
	switch {
	case key == "":
		return seal{}, nil
	case strings.HasPrefix(key, "age1"):
		to, err := age.ParseX25519Recipient(key)
		return seal{to: to}, invalid(err)
	case strings.HasPrefix(key, "AGE-SECRET-KEY-1"):
		with, err := age.ParseX25519Identity(key)
		if err != nil {
			return seal{}, invalid(err)
		}
		return seal{to: with.Recipient(), with: with}, nil
	case len(key) < shortest:
		return seal{}, fault.Invalid("vault.key", "the key is too short: give a passphrase of at least %d characters, or a key of age", shortest)
	}
	to, err := age.NewScryptRecipient(key)
	if err != nil {
		return seal{}, err
	}
	to.SetWorkFactor(workFactor)
	with, err := age.NewScryptIdentity(key)
	return seal{to: to, with: with}, err
}

func invalid(err error) error {
	if err == nil {
		return nil
	}
	return fault.Invalid("vault.key", "the key is not one of age, although it begins like one").Because(err)
}

// suffix is .zst, or .zst.age.
func (s seal) suffix() string {
	if s.to == nil {
		return compressed
	}
	return compressed + encrypted
}

// writer seals what is written to it.
func (s seal) writer(to io.Writer) (io.WriteCloser, error) {
	closers := closing(nil)
	if s.to != nil {
		e, err := age.Encrypt(to, s.to)
		if err != nil {
			return nil, err
		}
		to, closers = e, append(closers, e)
	}
	z, err := zstd.NewWriter(to, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	return &sealing{z, append(closing{z}, closers...)}, nil
}

type sealing struct {
	io.Writer
	closing
}

// closing closes all, the first one first.
type closing []io.Closer

func (c closing) Close() error {
	var errs []error
	for _, one := range c {
		errs = append(errs, one.Close())
	}
	return errors.Join(errs...)
}

// reader opens what was sealed under this name.
func (s seal) reader(from io.Reader, name string) (io.ReadCloser, error) {
	if strings.HasSuffix(name, encrypted) {
		opened, err := s.decrypt(from, name)
		if err != nil {
			return nil, err
		}
		from, name = opened, strings.TrimSuffix(name, encrypted)
	}
	if !strings.HasSuffix(name, compressed) {
		return io.NopCloser(from), nil
	}
	z, err := zstd.NewReader(from, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	return z.IOReadCloser(), nil
}

func (s seal) decrypt(from io.Reader, name string) (io.Reader, error) {
	if s.with == nil && s.to == nil {
		return nil, fault.Invalid("vault.key", "%s is encrypted: give its key", name)
	}
	if s.with == nil {
		return nil, fault.Invalid("vault.key", "%s is encrypted, and age1… is the key that only closes: give the one that begins with AGE-SECRET-KEY-1", name)
	}
	opened, err := age.Decrypt(from, s.with)
	if _, none := errors.AsType[*age.NoIdentityMatchError](err); none {
		return nil, fault.Invalid("vault.key", "%s was encrypted by another key", name).Because(err)
	}
	if err != nil {
		return nil, fault.Invalid("vault.broken", "%s is not whole", name).Because(err)
	}
	return opened, nil
}
