package db

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

const postgresForm = "postgres://user:password@host/database"

// IsPostgres reports whether a path is a PostgreSQL address.
func IsPostgres(path string) bool {
	return strings.HasPrefix(path, "postgres://") || strings.HasPrefix(path, "postgresql://")
}

// schemeOf is an address's scheme, "" where the path is none.
func schemeOf(path string) string {
	scheme, _, found := strings.Cut(path, ":")
	if !found || strings.ContainsFunc(scheme, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("+.-", r)
	}) {
		return ""
	}
	return scheme
}

// isKeywords reports whether a text is an address in the form of PostgreSQL's own tools.
func isKeywords(text string) bool {
	for word := range strings.FieldsSeq(text) {
		switch key, _, found := strings.Cut(strings.ToLower(word), "="); key {
		case "host", "hostaddr", "user", "password", "dbname", "port", "sslmode":
			if found {
				return true
			}
		}
	}
	return false
}

// CheckPath reports what is wrong with the path of a database, without opening it. The error contains no password.
func CheckPath(path string) error {
	if IsPostgres(path) {
		_, err := pgConfig(path)
		return err
	}
	scheme := schemeOf(path)
	switch {
	case strings.Contains(strings.ToLower(scheme), "postgres"):
		return errors.New("it must begin with postgres:// in small letters: " + postgresForm)
	case strings.Contains(strings.ToLower(scheme), "sqlite") || strings.EqualFold(scheme, "file"):
		return fmt.Errorf("%s: is not needed: an SQLite database is named by the path of its file alone", scheme)
	case scheme != "" && strings.Contains(path, "://"):
		return fmt.Errorf("%s:// is neither a file path nor %s", scheme, postgresForm)
	case strings.Contains(path, ":memory:"):
		return errors.New("books in memory are lost when the program ends: name a file")
	case mayBeAddress(path):
		return errors.New("it is neither a file path, which has no @ : ; ? or // at its beginning, nor " + postgresForm)
	case isKeywords(path):
		return errors.New("it is neither a file path nor " + postgresForm + ", but a list of keywords")
	case strings.HasSuffix(path, "/"):
		return errors.New("it is a folder: name a file in it, such as cinemasphere.db")
	}
	return nil
}

// mayBeAddress reports whether a text without our scheme may still be an address with a password, its scheme forgotten
// or mistyped. As a file path it would be shown.
func mayBeAddress(path string) bool {
	return strings.ContainsAny(path, "@:;?") || strings.HasPrefix(path, "//") ||
		strings.Contains(strings.ToLower(path), "password=")
}

// checkPostgresURL refuses an address whose password would be parsed as something else, and so be shown. There is one
// @, before the host: what follows the first of several may be a host, a path or the rest of a password.
func checkPostgresURL(path string) error {
	u, err := url.Parse(path)
	if err != nil || strings.Count(path, "@") > 1 || u.User == nil && strings.Contains(path, "@") || u.Opaque != "" {
		return errors.New("postgres:// cannot be read: it must be " + postgresForm +
			", and in the password @ : / ? # % and spaces must be written as %40 %3A %2F %3F %23 %25 %20")
	}
	return nil
}

// withoutPassword is the showable part of a driver's error about an address.
func withoutPassword(path string, err error) string {
	inner := err
	for next := errors.Unwrap(inner); next != nil; next = errors.Unwrap(inner) {
		inner = next
	}
	text := inner.Error()
	if strings.Contains(text, "://") || strings.Contains(text, "@") {
		return "see its documentation"
	}
	u, _ := url.Parse(path) // it was parsed before
	for _, secret := range passwords(u) {
		if strings.Contains(text, secret) {
			return "see its documentation"
		}
	}
	return text
}

// passwords lists the passwords in a PostgreSQL address.
func passwords(u *url.URL) (all []string) {
	if u == nil {
		return nil
	}
	if word, is := u.User.Password(); is && word != "" {
		all = append(all, word)
	}
	for _, key := range []string{"password", "sslpassword"} {
		for _, word := range u.Query()[key] {
			if word != "" {
				all = append(all, word)
			}
		}
	}
	return all
}

// HasPassword reports whether a PostgreSQL address has, or may have, a password. A path that passes [CheckPath] has
// none.
func HasPassword(path string) bool {
	u, err := url.Parse(path)
	return IsPostgres(path) && (err != nil || u.User == nil && strings.Contains(path, "@") || len(passwords(u)) > 0)
}

// PathName is the path of a database as it may be shown: without user, password and options.
func PathName(path string) string {
	u, err := url.Parse(path)
	if !IsPostgres(path) || err != nil {
		name, _, _ := strings.Cut(path, "://") // a path has none
		return name
	}
	return u.Scheme + "://" + u.Host + u.Path
}
