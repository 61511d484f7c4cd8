package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/jmoiron/sqlx"
)

// The books hold phone numbers, secrets of tickets and callback tokens; whoever has a token can report a ticket as
// paid. So the files are private to their owner, whatever the umask. SQLite gives its log and the log's index the mode
// of the database.
const (
	privateMode  = 0o600
	othersMayUse = 0o077
)

// smallestPage is the smallest possible SQLite database, in bytes.
const smallestPage = 512

// checkedWhole is the largest size, in bytes, at which a database is fully checked before it is served: about half a
// second.
const checkedWhole = 1 << 30

// mostLinks is the longest chain of links, as on Linux.
const mostLinks = 40

// realPath resolves the links of a path, whether the file exists or not.
func realPath(path string) (string, error) {
	for range mostLinks {
		folder, name := filepath.Split(path)
		if real, err := filepath.EvalSymlinks(folder); err == nil {
			path = filepath.Join(real, name)
		}
		info, err := os.Lstat(path)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return path, nil // opening it finds what is wrong
		}
		target, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(target) { // not cleaned: the meaning of .. depends on links before it
			target = filepath.Dir(path) + string(filepath.Separator) + target
		}
		path = target
	}
	return "", fmt.Errorf("%w: %s is a link that leads nowhere", ErrNoBooks, path)
}

// checkFile checks what the path names before anything is made beside it, and reports whether there is no file yet.
func checkFile(path string, o Options) (fresh bool, err error) {
	if dir := filepath.Dir(path); !isFolder(dir) {
		return false, fmt.Errorf("%w: there is no folder %s; make it with: mkdir -m 700 %s", ErrNoBooks, dir, dir)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && o.Existing:
		return false, fmt.Errorf("%w: there is no file %s", ErrNoBooks, path)
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("open database: %w", err)
	case info.IsDir():
		return false, fmt.Errorf("%w: %s is a folder; name a file in it, such as %s", ErrNoBooks, path,
			filepath.Join(path, "cinemasphere.db"))
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("%w: %s is no file on a disk", ErrNoBooks, path)
	case info.Size() < smallestPage: // SQLite would take it for new
		return false, fmt.Errorf("%w: %s is empty; if it was never used, delete it, "+
			"else bring back the last copy of it", ErrNoBooks, path)
	}
	return false, nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err != nil && !errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir()
}

// openFile makes the database file private to its owner, checks that the program can work on it, and makes a missing
// one.
func openFile(ctx context.Context, path string, fresh bool, o Options) error {
	if fresh {
		return makeFile(ctx, path)
	}
	if err := inspect(ctx, path, o); err != nil {
		return err
	}
	makePrivate(path, o.Log)
	return nil
}

// makeFile makes an empty database. It gets its name only when complete, so that a file of 0 bytes is never ours. It
// never replaces one that another process made meanwhile.
func makeFile(ctx context.Context, path string) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return fmt.Errorf("make database %s: %w", path, err)
	}
	name := temporary.Name()
	defer func() {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(name + suffix) // most are not there
		}
	}()
	err = errors.Join(temporary.Chmod(privateMode), temporary.Close())
	if err == nil {
		var db *sqlx.DB
		if db, err = connect(Options{}, name, "mode=rw", 1); err == nil {
			_, err = db.ExecContext(ctx, "PRAGMA journal_mode=WAL") // writes the first page
			err = errors.Join(err, db.Close())
		}
	}
	if err != nil {
		return fmt.Errorf("make database %s: %w", path, err)
	}
	switch err := os.Link(name, path); {
	case err == nil, errors.Is(err, fs.ErrExist):
		return nil
	}
	if err := os.Rename(name, path); err != nil { // where the disk has no links
		return fmt.Errorf("make database %s: %w", path, err)
	}
	return nil
}

// makePrivate makes database files private to their owner, such as those of an earlier version.
func makePrivate(path string, log *slog.Logger) {
	if runtime.GOOS == "windows" {
		return // where modes do not control who may read
	}
	for _, suffix := range []string{"", "-wal", "-shm", "-journal", ".serve"} {
		info, err := os.Stat(path + suffix)
		if err != nil || info.Mode().Perm()&othersMayUse == 0 {
			continue
		}
		if err := os.Chmod(path+suffix, info.Mode().Perm()&^othersMayUse); err != nil {
			log.Warn("other users can read or change the books, and only the file's owner can end that: type chmod 600",
				"file", path+suffix)
			continue
		}
		log.Warn("other users could read or change the books: the file is its owner's alone from now on", "file",
			path+suffix)
	}
}

// inspect checks a file before anything changes in it: that it is a sound database, and what the caller requires.
func inspect(ctx context.Context, path string, o Options) (err error) {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	pool, err := sqlitePool(Options{}, path, "mode=rw&_txlock=immediate", 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.close()) }()
	if o.Serve { // a foreign lock is found before anything waits for it
		t, err := pool.db.BeginTxx(ctx, nil)
		if err == nil {
			err = t.Rollback()
		}
		if err != nil {
			return err
		}
	}
	if o.Inspect != nil {
		if err := o.Inspect(ctx, &pool, SQLite); err != nil {
			return err
		}
	}
	if !o.Serve || info.Size() > checkedWhole {
		return nil
	}
	var found string
	if err := pool.db.GetContext(ctx, &found, "PRAGMA quick_check(1)"); err != nil || found == "ok" {
		return err
	}
	return fmt.Errorf("%w: %s", ErrDamaged, found[strings.LastIndexByte(found, '\n')+1:])
}

// Integrity looks through the whole database for damage, which takes about half a second a GiB. On PostgreSQL it looks
// at nothing, since that has its own. The error is ErrDamaged.
func (d *DB) Integrity(ctx context.Context) error {
	if d.dialect != SQLite {
		return nil
	}
	var found string
	if err := d.Readers.Get(ctx, &found, "PRAGMA quick_check(1)"); err != nil || found == "ok" {
		return err
	}
	return fmt.Errorf("%w: %s", ErrDamaged, found[strings.LastIndexByte(found, '\n')+1:])
}

func fileDSN(path, options string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_busy_timeout=5000&" + options
}
