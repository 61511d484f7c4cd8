package store

import "cinemasphere/store/internal/db"

// IsPostgres reports whether the books' path is a PostgreSQL database's address.
func IsPostgres(path string) bool { return db.IsPostgres(path) }

// CheckPath reports what is wrong with a path to books, without opening it. The error holds no password.
func CheckPath(path string) error { return db.CheckPath(path) }

// HasPassword reports whether an address of PostgreSQL has a password in it, or may have one. A path that [CheckPath]
// takes has none.
func HasPassword(path string) bool { return db.HasPassword(path) }

// PathName is how a path to books may be shown: without user, password and options.
func PathName(path string) string { return db.PathName(path) }
