package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"
	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
)

// sqliteBooks are books in a file, which one connection writes.
type sqliteBooks struct {
	*writer
	db   *sqlx.DB
	lock *flock.Flock
	path string
	file os.FileInfo // at path when it was opened
}

func (s *Store) openSQLite(ctx context.Context, o Options) error {
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return fmt.Errorf("open %s: %w", o.Path, err)
	}
	if path, err = realPath(path); err != nil { // the lock must be the same by whatever name the file is called
		return fmt.Errorf("open database: %w", err)
	}
	fresh, err := checkFile(path, o)
	if err != nil {
		return err
	}
	b := &sqliteBooks{}
	s.books = b
	if o.Serve {
		if err := b.takeLock(path); err != nil {
			return err
		}
	}
	if err := openFile(ctx, path, fresh, o); err != nil {
		return err
	}
	if b.file, err = os.Stat(path); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	b.path = path
	if b.db, err = connect(o, path, "mode=rw&_txlock=immediate&_journal_mode=WAL&_synchronous=FULL&_foreign_keys=on&_dqs=0&_pragma=cache_size(-65536)&_pragma=temp_store(memory)", 1); err != nil {
		return err
	}
	if err := migrate(ctx, b.db.DB, goose.DialectSQLite3); err != nil {
		return err
	}
	conn, err := b.db.Connx(ctx)
	if err != nil {
		return fmt.Errorf("open writer: %w", err)
	}
	b.writer = startWriter(conn, s.now, o.Log)
	const readOnly = "mode=ro&_foreign_keys=on&_dqs=0"
	if s.readers.db, err = connect(o, path, readOnly, max(4, runtime.NumCPU())); err != nil {
		return err
	}
	s.readers.conn = prepared{&manyConns{db: s.readers.db}}
	if s.hooks.db, err = connect(o, path, readOnly, 1); err != nil {
		return err
	}
	s.hooks.conn = prepared{&manyConns{db: s.hooks.db}}
	return nil
}

func connect(o Options, path, options string, conns int) (*sqlx.DB, error) {
	db := sqlx.NewDb(sql.OpenDB(o.wrapped(sqliteConnector{&sqlite.Driver{}, fileDSN(path, options)})), "sqlite")
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	if err := db.Ping(); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), db.Close())
	}
	return db, nil
}

// sqliteConnector opens connections to a file.
type sqliteConnector struct {
	driver *sqlite.Driver
	dsn    string
}

// Connect opens a connection.
func (c sqliteConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }

// Driver is the driver.
func (c sqliteConnector) Driver() driver.Driver { return c.driver }

// takeLock keeps a second serving process away. The lock is on a file beside the database: opening and closing the
// database file itself would drop SQLite's own locks.
func (b *sqliteBooks) takeLock(path string) error {
	lock := flock.New(path + ".serve")
	got, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("lock %s: %w", path, err)
	}
	if !got {
		return fmt.Errorf("%s: %w", path, ErrInUse)
	}
	b.lock = lock
	return nil
}

func (b *sqliteBooks) shared() bool { return false }

// there looks whether the file is still the one that was opened: what is written to one that was deleted is lost.
func (b *sqliteBooks) there() error {
	now, err := os.Stat(b.path)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errFileGone, err)
	case !os.SameFile(now, b.file):
		return errFileGone
	}
	return nil
}

func (b *sqliteBooks) stop() {
	if b.writer != nil {
		close(b.writer.stop)
		<-b.stopped
	}
}

// close folds the log into the file and closes it.
func (b *sqliteBooks) close() error {
	var errs []error
	if b.writer != nil {
		errs = append(errs, b.conn.close())
		_, err := b.conn.conn.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)")
		errs = append(errs, err, b.conn.conn.Close())
	}
	if b.db != nil {
		errs = append(errs, b.db.Close())
	}
	if b.lock != nil {
		errs = append(errs, b.lock.Unlock())
	}
	return errors.Join(errs...)
}
