package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Place is where backups go.
type Place interface {
	// Name says which place, without secrets.
	Name() string
	// put writes a file under a new name, whole or not at all, and reads it back as far as the place lets one.
	put(ctx context.Context, file, name string, want sum) error
	// List lists the backups, newest first.
	List(ctx context.Context) ([]Entry, error)
	// Get writes a backup to a new file.
	Get(ctx context.Context, name, to string) error
	remove(ctx context.Context, name string) error
}

// Folder is a folder as a place for backups.
type Folder struct {
	Path string
	Make bool // make it where it is missing
}

// Name is the folder's path.
func (f Folder) Name() string { return f.Path }

func (f Folder) put(_ context.Context, file, name string, want sum) (err error) {
	if f.Make {
		if err := os.Mkdir(f.Path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	part, final := filepath.Join(f.Path, "."+name+".part"), filepath.Join(f.Path, name)
	if err := copyFile(file, part); err != nil {
		return err
	}
	defer func() { _ = os.Remove(part) }()
	if _, err := check(part, want); err != nil {
		return err
	}
	err = os.Link(part, final) // which never replaces one
	if err != nil && !errors.Is(err, fs.ErrExist) {
		if _, there := os.Lstat(final); there == nil {
			return fs.ErrExist
		}
		err = os.Rename(part, final) // where the disk has no links
	}
	if err != nil {
		return err
	}
	dir, err := os.Open(f.Path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// copyFile copies to a file for its owner alone, in place of what a process that died may have left.
func copyFile(from, to string) error {
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, private)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// List lists the backups in the folder, newest first.
func (f Folder) List(context.Context) (all []Entry, err error) {
	files, err := os.ReadDir(f.Path)
	for _, file := range files {
		if info, infoErr := file.Info(); infoErr == nil && info.Mode().IsRegular() {
			if e, is := entry(file.Name(), info.Size()); is {
				all = append(all, e)
			}
		}
	}
	newestFirst(all)
	if f.Make && errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return all, err
}

// Get copies a backup.
func (f Folder) Get(_ context.Context, name, to string) error {
	return copyFile(filepath.Join(f.Path, name), to)
}

func (f Folder) remove(_ context.Context, name string) error {
	return os.Remove(filepath.Join(f.Path, name))
}

// Bucket is a bucket of an S3-like store as a place for backups.
type Bucket struct {
	client               *minio.Client
	name, bucket, prefix string
}

// S3 is how to reach a bucket.
type S3 struct {
	URL         string // such as https://s3.eu-west-1.amazonaws.com/bucket/folder
	Region      string
	Key, Secret string
}

// NewBucket makes a Bucket. Nothing is asked of the store yet.
func NewBucket(s S3) (*Bucket, error) { return newBucket(s, nil) }

// newBucket lets a test change how the store is reached.
func newBucket(s S3, change func(*minio.Options)) (*Bucket, error) {
	u, err := url.Parse(s.URL)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("it must be such as https://s3.eu-west-1.amazonaws.com/bucket, " +
			"with a folder behind it where one is wanted, and without user or password")
	}
	bucket, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if bucket == "" {
		return nil, errors.New("it names no bucket: put it behind the host, such as https://" + u.Host + "/bucket")
	}
	o := &minio.Options{
		Creds: credentials.NewStaticV4(s.Key, s.Secret, ""), Secure: u.Scheme == "https", Region: s.Region,
		MaxRetries: 3,
	}
	if change != nil {
		change(o)
	}
	client, err := minio.New(u.Host, o)
	if err != nil {
		return nil, err
	}
	return &Bucket{client, u.Scheme + "://" + u.Host + "/" + path.Join(bucket, prefix), bucket, prefix}, nil
}

// Name is the address of the bucket.
func (b *Bucket) Name() string { return b.name }

func (b *Bucket) key(name string) string { return path.Join(b.prefix, name) }

func (b *Bucket) put(ctx context.Context, file, name string, _ sum) error {
	o := minio.PutObjectOptions{ContentType: "application/octet-stream", PartSize: 16 << 20, SendContentMd5: true}
	o.SetMatchETagExcept("*") // never in the place of another
	sent, err := b.client.FPutObject(ctx, b.bucket, b.key(name), file, o)
	if err != nil {
		return err
	}
	there, err := b.client.StatObject(ctx, b.bucket, b.key(name), minio.StatObjectOptions{})
	if err == nil && there.Size != sent.Size {
		err = ErrBroken
	}
	return err
}

// List lists the backups in the bucket, newest first.
func (b *Bucket) List(ctx context.Context) (all []Entry, err error) {
	prefix := b.key("cinemasphere-")
	for o := range b.client.ListObjectsIter(ctx, b.bucket, minio.ListObjectsOptions{Prefix: prefix}) {
		if o.Err != nil {
			return nil, o.Err
		}
		if e, is := entry(path.Base(o.Key), o.Size); is {
			all = append(all, e)
		}
	}
	newestFirst(all)
	return all, nil
}

// Get downloads a backup.
func (b *Bucket) Get(ctx context.Context, name, to string) error {
	o, err := b.client.GetObject(ctx, b.bucket, b.key(name), minio.GetObjectOptions{})
	if err != nil {
		return err
	}
	defer func() { _ = o.Close() }() // it was only read
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, private)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, o)
	return errors.Join(err, out.Close())
}

func (b *Bucket) remove(ctx context.Context, name string) error {
	return b.client.RemoveObject(ctx, b.bucket, b.key(name), minio.RemoveObjectOptions{})
}

// Newest is the newest backup in a place.
func Newest(ctx context.Context, p Place) (Entry, error) {
	all, err := p.List(ctx)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("there is no backup in %s", p.Name())
	}
	if err != nil {
		return Entry{}, err
	}
	return all[0], nil
}
