package db

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ErrNoClient means that PostgreSQL's own programs are not installed here.
var ErrNoClient = errors.New(
	"pg_dump and pg_restore are not on the PATH: install PostgreSQL's client programs, of the server's version or " +
		"newer (on Debian: apt install postgresql-client)")

// ErrServed means that a program is connected to a PostgreSQL database that was to be restored to.
var ErrServed = errors.New("other programs are connected to the database: stop them first")

// keptSchemas are the schemas that a restore keeps an old database under. A dump leaves them out.
const keptSchemas = "before_restore_"

// copy drives pg_dump, which reads one snapshot, and then reads the dump to its end.
func (b *postgresServer) copy(ctx context.Context, file string) error {
	err := pgTool(ctx, b.path, "pg_dump", func(uri string) []string {
		return []string{"--format=custom", "--no-owner", "--no-privileges", "--no-password",
			"--exclude-schema=" + keptSchemas + "*", "--file=" + file, "--dbname=" + uri}
	})
	if err != nil {
		return err
	}
	return CheckDump(ctx, file)
}

// CheckDump reads a dump to its end.
func CheckDump(ctx context.Context, file string) error {
	err := pgTool(ctx, "", "pg_restore", func(string) []string { return []string{"--file=/dev/null", file} })
	if err != nil && !errors.Is(err, ErrNoClient) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// Load restores a dump into the PostgreSQL database of the path, whole or not at all. Tables that are there are
// ErrExists; with force they are kept in a schema whose name is returned. ErrServed means that others are connected.
// Undo puts back what was there.
func Load(ctx context.Context, path, dump string, force bool, stamp string) (kept string, undo func() error,
	err error) {
	cfg, err := pgConfig(path)
	if err != nil {
		return "", nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return "", nil, pgUnreachable{path, err}
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	var others, tables int
	var schema string
	err = conn.QueryRow(ctx, `SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
			AND pid <> pg_backend_pid() AND backend_type = 'client backend'),
		(SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()),
		COALESCE(current_schema(), 'public')`).Scan(&others, &tables, &schema)
	switch {
	case err != nil:
		return "", nil, err
	case others > 0:
		return "", nil, ErrServed
	case tables > 0 && !force:
		return "", nil, fmt.Errorf("%w in %s", ErrExists, PathName(path))
	}
	name := pgx.Identifier{schema}.Sanitize()
	fresh := "CREATE SCHEMA IF NOT EXISTS " + name
	change, back := fresh, "DROP SCHEMA "+name+" CASCADE; CREATE SCHEMA "+name
	if tables > 0 {
		kept = keptSchemas + stamp
		old := pgx.Identifier{kept}.Sanitize()
		change = "ALTER SCHEMA " + name + " RENAME TO " + old + "; " + fresh
		back = "DROP SCHEMA " + name + " CASCADE; ALTER SCHEMA " + old + " RENAME TO " + name
	}
	undo = func() error { return pgExec(context.WithoutCancel(ctx), path, back) }
	if _, err := conn.Exec(ctx, change); err != nil {
		return "", nil, err
	}
	err = pgTool(ctx, path, "pg_restore", func(uri string) []string {
		return []string{"--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", "--no-password",
			"--dbname=" + uri, dump}
	})
	if err != nil {
		return "", nil, errors.Join(err, undo())
	}
	return kept, undo, nil
}

// Beside makes an empty database of that name on the server of a PostgreSQL path, and returns its path. Drop removes
// it.
func Beside(ctx context.Context, path, name string) (beside string, drop func() error, err error) {
	u, err := url.Parse(path)
	if err != nil {
		return "", nil, checkPostgresURL(path)
	}
	quoted := pgx.Identifier{name}.Sanitize()
	if err := pgExec(ctx, path, "CREATE DATABASE "+quoted+" TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
		return "", nil, fmt.Errorf("make a database to restore into, for which the user needs CREATEDB: %w", err)
	}
	u.Path = "/" + name
	return u.String(), func() error {
		return pgExec(context.WithoutCancel(ctx), path, "DROP DATABASE "+quoted+" WITH (FORCE)")
	}, nil
}

func pgExec(ctx context.Context, path, statements string) error {
	cfg, err := pgConfig(path)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return pgUnreachable{path, err}
	}
	_, err = conn.PgConn().Exec(ctx, statements).ReadAll()
	return errors.Join(err, conn.Close(ctx))
}

// pgTool runs one of PostgreSQL's programs. The password goes by a file that only this user can read, never as an
// argument.
func pgTool(ctx context.Context, path, program string, args func(uri string) []string) (err error) {
	found, err := exec.LookPath(program)
	if err != nil {
		return ErrNoClient
	}
	uri, password, err := pgURI(path)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, found, args(uri)...)
	cmd.Env = append(cmd.Environ(), "LC_ALL=C")
	if password != "" {
		name, remove, err := passFile(password)
		if err != nil {
			return err
		}
		defer remove()
		cmd.Env = append(cmd.Env, "PGPASSFILE="+name)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %s (%w)", program, firstSaid(said.String(), password), err)
	}
	return nil
}

// firstSaid is the first thing that a program complained of, in one line.
func firstSaid(said, password string) string {
	line := strings.TrimSpace(said)
	if before, detail, found := strings.Cut(line, "\n"); found {
		line = strings.TrimSpace(before)
		if second, _, _ := strings.Cut(strings.TrimSpace(detail), "\n"); strings.Contains(second, "detail:") {
			line += "; " + strings.TrimSpace(second)
		}
	}
	if password != "" && strings.Contains(line, password) {
		return "it failed"
	}
	return line
}

// libpqOptions are the options of an address that PostgreSQL's own programs know; the driver knows more.
const libpqOptions = " host hostaddr port user dbname sslmode sslcert sslkey sslrootcert sslcrl target_session_attrs " +
	"connect_timeout options application_name "

// pgURI is an address without its password.
func pgURI(path string) (uri, password string, err error) {
	if path == "" {
		return "", "", nil
	}
	if _, err := pgConfig(path); err != nil {
		return "", "", err
	}
	u, err := url.Parse(path)
	if err != nil {
		return "", "", checkPostgresURL(path)
	}
	q := u.Query()
	if word, is := u.User.Password(); is {
		password = word
		u.User = url.User(u.User.Username())
	} else {
		password = q.Get("password")
	}
	for key := range q {
		if !strings.Contains(libpqOptions, " "+key+" ") {
			q.Del(key)
		}
	}
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20") // which libpq takes for a plus
	return u.String(), password, nil
}

// passFile writes a password where PostgreSQL's programs look for it.
func passFile(password string) (name string, remove func(), err error) {
	f, err := os.CreateTemp("", "cinemasphere-pgpass-*")
	if err != nil {
		return "", nil, err
	}
	remove = func() { _ = os.Remove(f.Name()) }
	_, err = fmt.Fprintf(f, "*:*:*:*:%s\n", strings.NewReplacer(`\`, `\\`, `:`, `\:`).Replace(password))
	if err := errors.Join(err, f.Close()); err != nil {
		remove()
		return "", nil, err
	}
	return f.Name(), remove, nil
}
