package db

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

var (
	// ErrNotFound means that there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrBusy means that the database is overloaded and nothing was written. The caller may try again in a few seconds.
	ErrBusy = errors.New("too busy, nothing was written")
	// ErrUnknown means that the commit was not confirmed: the write may or may not have happened. Nothing may be built
	// on it.
	ErrUnknown = errors.New("it is not known whether this was written")
	// ErrInUse means that another process serves from the same file.
	ErrInUse = errors.New("the database is in use by another serve")
	// ErrNoBooks means that the path names no database of this program.
	ErrNoBooks = errors.New("there are no books")
	// ErrDamaged means that the database is damaged: restore a backup.
	ErrDamaged = errors.New("it is damaged; keep the file, and bring back the last copy of it")
	// ErrReadOnly means that the database cannot be written.
	ErrReadOnly = errors.New("it cannot be written: " +
		"it, its folder, its disk or its server is read-only for this program")
	// ErrFull means that the disk is too full even to open the database.
	ErrFull = errors.New("its disk is full, or the quota of it: make room, and start again")
	// ErrLocked means that another program has locked the database for longer than any write of ours takes.
	ErrLocked = errors.New("another program has had this file locked for 5 seconds, " +
		"and SQLite lets one write at a time: " +
		"end that program, such as one to look into databases, or a copy or check of the file that is under way")
	// ErrFileGone means that the file was deleted or replaced, so writes would be lost.
	ErrFileGone = errors.New("the database file is gone: " +
		"it was deleted, moved or replaced under the running program; " +
		"do not stop it before you have copied what is in it")
)

// Explain is why a database cannot be opened, in words for the operator: one of the errors above where one fits, with
// the database's name and without its password.
func Explain(path string, err error) error {
	name := PathName(path)
	for _, known := range []error{ErrNoBooks, ErrDamaged, ErrReadOnly, ErrInUse} {
		if errors.Is(err, known) {
			return fmt.Errorf("database %s: %w", name, err)
		}
	}
	var why error
	se, is := errors.AsType[*sqlite.Error](err)
	switch {
	case is && se.Code()&0xff == sqlite3.SQLITE_NOTADB:
		why = fmt.Errorf("%w: the file is no SQLite database", ErrNoBooks)
	case is && se.Code()&0xff == sqlite3.SQLITE_CORRUPT:
		why = ErrDamaged
	case is && se.Code()&0xff == sqlite3.SQLITE_BUSY:
		return fmt.Errorf("database %s: %w", name, ErrLocked)
	case IsFull(err):
		why = ErrFull
	case isReadOnly(err):
		why = ErrReadOnly
	default:
		return fmt.Errorf("database %s: %w", name, err)
	}
	return fmt.Errorf("database %s: %w (%w)", name, why, err)
}

// UniqueViolation reports whether err is a UNIQUE or primary key conflict, and on what. SQLite names table.column, or
// several with commas; PostgreSQL the constraint or index.
func UniqueViolation(err error) (on string, ok bool) {
	if pe, is := errors.AsType[*pgconn.PgError](err); is && pe.Code == pgUniqueViolation {
		return pe.ConstraintName, true
	}
	se, is := errors.AsType[*sqlite.Error](err)
	if !is || (se.Code() != sqlite3.SQLITE_CONSTRAINT_UNIQUE && se.Code() != sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY) {
		return "", false
	}
	_, on, _ = strings.Cut(se.Error(), "UNIQUE constraint failed: ")
	on, _, _ = strings.Cut(on, " (")
	return on, true
}

// IsOtherSchema reports whether a statement failed because a table is missing, exists already, or has other columns.
func IsOtherSchema(err error) bool {
	if pe, is := errors.AsType[*pgconn.PgError](err); is {
		switch pe.Code {
		case pgNoTable, pgNoColumn, pgTableThere, pgColumnThere, pgObjectThere, pgNoObject, pgOtherType:
			return true
		}
		return false
	}
	se, is := errors.AsType[*sqlite.Error](err)
	return is && se.Code() == sqlite3.SQLITE_ERROR
}

// IsFull reports whether a write failed because the disk or its quota is full.
func IsFull(err error) bool {
	if pe, is := errors.AsType[*pgconn.PgError](err); is {
		return pe.Code == pgDiskFull
	}
	if se, is := errors.AsType[*sqlite.Error](err); is { // the second is of the log's index
		return se.Code()&0xff == sqlite3.SQLITE_FULL || se.Code() == sqlite3.SQLITE_IOERR_SHMSIZE
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// isReadOnly reports whether an error means that the database or its folder cannot be written.
func isReadOnly(err error) bool {
	if pe, is := errors.AsType[*pgconn.PgError](err); is {
		return pe.Code == pgReadOnly
	}
	if se, is := errors.AsType[*sqlite.Error](err); is {
		switch se.Code() & 0xff {
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_AUTH:
			return true
		}
		return false
	}
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// ofDatabase reports whether a write failed because of the database itself, not of its data or of competing writes.
func ofDatabase(err error) bool {
	if pe, is := errors.AsType[*pgconn.PgError](err); is {
		switch pe.Code[:min(2, len(pe.Code))] {
		case pgClassData, pgClassConstraint, pgClassRollback:
			return false
		}
		return pe.Code != pgLockNotAvailable
	}
	if se, is := errors.AsType[*sqlite.Error](err); is {
		switch se.Code() & 0xff {
		case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_MISMATCH,
			sqlite3.SQLITE_RANGE, sqlite3.SQLITE_INTERRUPT:
			return false
		}
		return true
	}
	return errors.Is(err, ErrUnknown) || pgPasses(err)
}

// endsTransaction reports whether err may have made SQLite roll the whole transaction back.
func endsTransaction(err error) bool {
	se, is := errors.AsType[*sqlite.Error](err)
	if !is {
		return false
	}
	switch se.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT,
		sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN,
		sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ABORT:
		return true
	}
	return false
}
