package backup

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// private is the mode of every file here: the books have phone numbers and secrets of tickets in them.
const private = 0o600

// ErrNoKey means that a backup is encrypted, and no secret key was given that opens it.
var ErrNoKey = errors.New("the backup is encrypted: name the file with the age secret key that opens it")

// ErrBroken means that a backup is not whole.
var ErrBroken = errors.New("the backup is not whole")

// sum is the SHA-256 of a file.
type sum [sha256.Size]byte

func sumOf(h hash.Hash) sum { return sum(h.Sum(nil)) }

// pack writes a copy to a new file: compressed, unless it is so already, and encrypted to the recipients, if there are
// any. It returns the sum and the size of what it wrote, after reading it back.
func pack(from, to string, compress bool, recipients []age.Recipient) (written sum, size int64, err error) {
	in, err := os.Open(from)
	if err != nil {
		return written, 0, err
	}
	defer func() { _ = in.Close() }() // it was only read
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, private)
	if err != nil {
		return written, 0, err
	}
	plain, packed := sha256.New(), sha256.New()
	err = through(io.MultiWriter(out, packed), compress, recipients, io.TeeReader(in, plain))
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return written, 0, err
	}
	written = sumOf(packed)
	if size, err = check(to, written); err != nil || len(recipients) > 0 { // which only the owner can open
		return written, size, err
	}
	again := sha256.New()
	if err := Unpack(to, again, nil); err != nil {
		return written, size, err
	}
	if sumOf(again) != sumOf(plain) {
		err = ErrBroken
	}
	return written, size, err
}

// through writes what is read, compressed and encrypted as asked.
func through(to io.Writer, compress bool, recipients []age.Recipient, from io.Reader) error {
	var closers []io.Closer // the outermost last
	if len(recipients) > 0 {
		w, err := age.Encrypt(to, recipients...)
		if err != nil {
			return err
		}
		to, closers = w, append(closers, w)
	}
	if compress {
		// One processor is enough: the others sell tickets.
		w, err := zstd.NewWriter(to, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return err
		}
		to, closers = w, append(closers, w)
	}
	_, err := io.Copy(to, from)
	for i := len(closers) - 1; i >= 0; i-- {
		err = errors.Join(err, closers[i].Close())
	}
	return err
}

// check reads a file to its end, and reports its size and whether it is what was written.
func check(path string, want sum) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }() // it was only read
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err == nil && sumOf(h) != want {
		err = ErrBroken
	}
	return n, err
}

// Keys are age secret keys.
type Keys []age.Identity

// ReadKeys reads the secret keys in a file as age-keygen writes it.
func ReadKeys(path string) (Keys, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	keys, err := age.ParseIdentities(f)
	if err != nil { // whose text may have part of the key in it
		return nil, fmt.Errorf("%s has no age secret key in it, such as age-keygen writes", path)
	}
	return keys, nil
}

// ParseRecipients reads age public keys.
func ParseRecipients(keys []string) (all []age.Recipient, err error) {
	for i, key := range keys {
		r, err := age.ParseX25519Recipient(key)
		if err != nil { // it may be the secret key, by mistake
			return nil, fmt.Errorf("entry %d is no age public key, which begins with age1", i+1)
		}
		all = append(all, r)
	}
	return all, nil
}

// What encrypted and compressed files begin with.
const (
	ageMagic  = "age-encryption.org/v1\n"
	zstdMagic = "\x28\xb5\x2f\xfd"
)

// Unpack writes the copy that a backup holds. ErrNoKey means that none of the keys opens it, and ErrBroken that it is
// not whole. What was written by then is no copy.
func Unpack(path string, to io.Writer, keys Keys) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	in := bufio.NewReader(f)
	if head, _ := in.Peek(len(ageMagic)); string(head) == ageMagic {
		if len(keys) == 0 {
			return ErrNoKey
		}
		r, err := age.Decrypt(in, keys...)
		if _, wrong := errors.AsType[*age.NoIdentityMatchError](err); wrong {
			return fmt.Errorf("%w: this one does not", ErrNoKey)
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrBroken, err)
		}
		in = bufio.NewReader(r)
	}
	var from io.Reader = in
	if head, _ := in.Peek(len(zstdMagic)); string(head) == zstdMagic {
		z, err := zstd.NewReader(in)
		if err != nil {
			return err
		}
		defer z.Close()
		from = z
	}
	return copyAll(to, from)
}

// copyAll copies, and tells errors of reading from errors of writing.
func copyAll(to io.Writer, from io.Reader) error {
	r := &noted{from: from}
	_, err := io.Copy(to, r)
	if r.err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, r.err)
	}
	return err
}

// noted keeps the error of a reader.
type noted struct {
	from io.Reader
	err  error
}

// Read reads on.
func (r *noted) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}
