package store

import "cinemasphere/store/internal/db"

// IsPostgres reports whether the path is a PostgreSQL address.
func IsPostgres(path string) bool { return db.IsPostgres(path) }

// CheckPath reports what is wrong with a path to books, without opening it. The error contains no password.
func CheckPath(path string) error { return db.CheckPath(path) }

// HasPassword reports whether a PostgreSQL address has, or may have, a password. A path that passes [CheckPath] has
// none.
func HasPassword(path string) bool { return db.HasPassword(path) }

// PathName is a path to books as it may be shown: without user, password and options.
func PathName(path string) string { return db.PathName(path) }
