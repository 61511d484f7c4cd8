package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// ErrExists means that there is a database already where one was to be restored to.
var ErrExists = errors.New("there is a database already")

// Copy writes the whole database, as of one moment after its call, to the file, while others read and write. The file
// is made anew, for its owner alone, and is durable and checked once Copy returns: SQLite's integrity is checked, and a
// dump of PostgreSQL is read to its end. What is left after an error is no copy.
func (d *DB) Copy(ctx context.Context, file string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, privateMode)
	if err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	if err := errors.Join(f.Close(), d.engine.copy(ctx, file), SyncFile(file)); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	return nil
}

// SyncFile makes what was written to a file, or into a folder, durable.
func SyncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// copy is one statement, which reads what was committed before it began. It does not step: a copy in steps begins anew
// with each commit, and never ends under load.
func (b *sqliteFile) copy(ctx context.Context, file string) error {
	if err := b.there(); err != nil {
		return err
	}
	from, err := connect(Options{}, b.path, "mode=rw", 1)
	if err != nil {
		return err
	}
	_, err = from.ExecContext(ctx, "VACUUM INTO $1", file)
	if err := errors.Join(err, from.Close()); err != nil {
		return err
	}
	return CheckFile(ctx, file)
}

// CheckFile reads an SQLite database whole, and reports ErrDamaged where it is not sound.
func CheckFile(ctx context.Context, file string) (err error) {
	pool, err := sqlitePool(Options{}, file, "mode=ro", 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.close()) }()
	var found string
	if err := pool.db.GetContext(ctx, &found, "PRAGMA integrity_check(1)"); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if found != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, found)
	}
	return nil
}

// Replace puts an SQLite file, which nobody has open, in the place of the database at path. With force a database that
// is there is kept under the name that is returned; without, it is ErrExists. ErrInUse means that a program serves from
// it. The file must be on the same disk as path.
func Replace(ctx context.Context, file, path string, force bool, keepAs string) (kept string, err error) {
	if path, err = filepath.Abs(path); err == nil {
		path, err = realPath(path)
	}
	if err != nil {
		return "", err
	}
	lock := flock.New(path + ".serve")
	got, err := lock.TryLock()
	if err != nil {
		return "", fmt.Errorf("lock %s: %w", path, err)
	}
	if !got {
		return "", ErrInUse
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	_, missing := os.Lstat(path)
	if missing == nil && !force {
		return "", fmt.Errorf("%w at %s", ErrExists, path)
	}
	if err := moveFiles(ctx, path, path+keepAs); err != nil {
		return "", err
	}
	if missing == nil {
		kept = path + keepAs
	}
	if err := os.Rename(file, path); err != nil {
		return kept, err
	}
	return kept, SyncFile(filepath.Dir(path))
}

// moveFiles gives a database that nobody serves another name. What is in its log is merged into it first, where it can
// be read; else the log goes with it, and also where its database is gone: SQLite would take it for the log of whatever
// gets the name.
func moveFiles(ctx context.Context, from, to string) error {
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("%w at %s, which the old one was to be kept at", ErrExists, to)
	}
	if _, err := os.Lstat(from); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	} else if db, openErr := connect(Options{}, from, "mode=rw", 1); err == nil && openErr == nil {
		_, _ = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)") // it may be damaged, and is kept all the same
		_ = db.Close()
	}
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Rename(from+suffix, to+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
