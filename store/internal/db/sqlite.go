package db

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
	"modernc.org/sqlite"
)

// sqliteFile is a database file with one writing connection.
type sqliteFile struct {
	*writer
	db   *sqlx.DB
	lock *flock.Flock
	path string
	file os.FileInfo // the file at path when opened
}

func (d *DB) openSQLite(ctx context.Context, o Options) error {
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return fmt.Errorf("open %s: %w", o.Path, err)
	}
	if path, err = realPath(path); err != nil { // the lock must not depend on the name used
		return fmt.Errorf("open database: %w", err)
	}
	fresh, err := checkFile(path, o)
	if err != nil {
		return err
	}
	b := &sqliteFile{}
	d.engine = b
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
	if b.db, err = connect(o, path, writing, 1); err != nil {
		return err
	}
	if o.Migrate != nil {
		if err := o.Migrate(ctx, b.db.DB, SQLite); err != nil {
			return err
		}
	}
	conn, err := b.db.Connx(ctx)
	if err != nil {
		return fmt.Errorf("open writer: %w", err)
	}
	b.writer = startWriter(conn, o)
	for pool, conns := range map[*Pool]int{&d.Readers: max(4, runtime.NumCPU()), &d.UrgentReaders: 1} {
		if *pool, err = sqlitePool(o, path, reading, conns); err != nil {
			return err
		}
	}
	return nil
}

// Options of connections to the file: one to write, the others to read.
const (
	writing = "mode=rw&_txlock=immediate&_journal_mode=WAL&_synchronous=FULL&_foreign_keys=on&_dqs=0" +
		"&_pragma=cache_size(-65536)&_pragma=temp_store(memory)"
	reading = "mode=ro&_foreign_keys=on&_dqs=0"
)

// sqlitePool is a pool of conns connections.
func sqlitePool(o Options, path, options string, conns int) (Pool, error) {
	db, err := connect(o, path, options, conns)
	if err != nil {
		return Pool{}, err
	}
	return Pool{db: db, conn: prepared{&manyConns{db: db}}}, nil
}

// InMemory runs fn with a temporary SQLite database in memory. Conn and pool share one connection.
func InMemory(fn func(conn *sql.DB, pool *Pool) error) (err error) {
	pool, err := sqlitePool(Options{}, ":memory:", "", 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.close()) }()
	return fn(pool.db.DB, &pool)
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

// takeLock excludes a second serving process. The lock is on a separate file: opening and closing the database file
// itself would drop SQLite's own locks.
func (b *sqliteFile) takeLock(path string) error {
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

// there checks that the file is still the one that was opened: writes to a deleted one are lost.
func (b *sqliteFile) there() error {
	now, err := os.Stat(b.path)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrFileGone, err)
	case !os.SameFile(now, b.file):
		return ErrFileGone
	}
	return nil
}

func (b *sqliteFile) stop() {
	if b.writer != nil {
		close(b.ending)
		<-b.stopped
	}
}

// close merges the log into the file and closes it.
func (b *sqliteFile) close() error {
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
