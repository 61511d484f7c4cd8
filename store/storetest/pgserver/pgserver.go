// Package pgserver starts a PostgreSQL that nobody else uses, in a directory of its own and on a Unix socket alone,
// unless it is to be reached over the loopback network too. It ends with the process that started it, however that
// ends, and leaves nothing behind.
//
// It is for tests and the load generator, and must never be pointed at a server that it has not started itself.
package pgserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Options say what kind of server.
type Options struct {
	Durable bool   // writes reach the disk, as in real use; without it they only outlive the process
	Primary bool   // it can have a standby: see [Server.Standby]
	TCP     bool   // it listens on the loopback network as well: see [Server.Addr]
	Dir     string // where its files go, if its user can get there; otherwise to the system's temporary directory
}

// Server is a running PostgreSQL. Its databases belong to the user postgres, who needs no password.
type Server struct {
	o      Options
	dir    string
	port   string              // "" is PostgreSQL's own, of the socket alone
	bin    string              // PostgreSQL's programs
	who    *syscall.Credential // runs them; nil is this process's own user
	alive  *os.File            // the keeper reads it to its end, which comes when this process ends
	keeper *exec.Cmd
}

// keep runs the server until standard input ends, then ends it and removes its directory. A shell does this, because it
// must be done for a process that is killed as well.
const keep = `dir=$1 postgres=$2; shift 2; cd /
"$postgres" -D "$dir/data" "$@" & server=$!
while read -r line; do :; done
kill -QUIT $server; wait $server; rm -rf "$dir"`

// startTime is how long a server may take to come up.
const startTime = 30 * time.Second

// Start makes and starts a server. A process of root's has it run as the user postgres, since PostgreSQL refuses to be
// root.
func Start(ctx context.Context, o Options) (*Server, error) {
	return start(ctx, o, "initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync",
		"--no-instructions")
}

// start has one of PostgreSQL's programs make a server's files, and starts it.
func start(ctx context.Context, o Options, program string, args ...string) (s *Server, err error) {
	s = &Server{o: o}
	if s.bin, err = binaries(); err != nil {
		return nil, err
	}
	if s.who, err = servant(); err != nil {
		return nil, err
	}
	if s.dir, err = makeDir(o.Dir, s.who); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop(), os.RemoveAll(s.dir))
		}
	}()
	args = append([]string{"-D", s.dir + "/data"}, args...)
	files := exec.CommandContext(ctx, filepath.Join(s.bin, program), args...)
	files.Dir, files.SysProcAttr = "/", &syscall.SysProcAttr{Credential: s.who}
	if out, err := files.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", program, err, out)
	}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Standby starts a server that has all that is committed on this one, which must be a primary. From now on a COMMIT of
// the primary is answered once the standby has it.
func (s *Server) Standby(ctx context.Context) (*Server, error) {
	standby, err := start(ctx, s.o, "pg_basebackup", "-h", s.dir, "-U", "postgres", "-R", "-X", "stream", "-c", "fast",
		"--no-sync")
	if err != nil {
		return nil, err
	}
	for _, query := range []string{"ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"} {
		if err := s.admin(ctx, "postgres", query); err != nil {
			return nil, errors.Join(err, standby.Stop())
		}
	}
	// This divides by nothing until the standby counts.
	err = s.until(ctx, "the standby does not follow",
		"SELECT 1 / count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")
	if err != nil {
		return nil, errors.Join(err, standby.Stop())
	}
	return standby, nil
}

// Promote makes a primary of a standby. It returns once that takes writes.
func (s *Server) Promote(ctx context.Context) error {
	return s.admin(ctx, "postgres", "SELECT pg_promote()")
}

// Kill ends the server as a power cut does, by SIGKILL. Its files stay until Stop.
func (s *Server) Kill() error {
	text, err := os.ReadFile(s.dir + "/data/postmaster.pid")
	if err != nil {
		return err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		return fmt.Errorf("postmaster.pid: %w", err)
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}

func (s *Server) run(ctx context.Context) error {
	log, err := os.Create(s.log())
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the server has it open for itself
	theirs, ours, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = theirs.Close() }()
	s.alive = ours
	listen := "listen_addresses="
	if s.o.TCP {
		if s.port, err = freePort(); err != nil {
			return err
		}
		listen += "127.0.0.1"
	}
	settings := []string{listen, "unix_socket_directories=" + s.dir, "unix_socket_permissions=0700",
		"max_connections=200"}
	if s.port != "" {
		settings = append(settings, "port="+s.port)
	}
	if !s.o.Durable {
		settings = append(settings, "fsync=off", "full_page_writes=off", "autovacuum=off", "checkpoint_timeout=1h",
			"shared_buffers=64MB", "deadlock_timeout=100ms", "jit=off")
		if !s.o.Primary {
			settings = append(settings, "wal_level=minimal", "max_wal_senders=0")
		}
	}
	args := []string{"-c", keep, "keeper", s.dir, filepath.Join(s.bin, "postgres")}
	for _, set := range settings {
		args = append(args, "-c", set)
	}
	s.keeper = exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", args...)
	s.keeper.Stdin, s.keeper.Stdout, s.keeper.Stderr = theirs, log, log
	// In a session of its own: what interrupts this process must not end the keeper before its work is done.
	s.keeper.SysProcAttr = &syscall.SysProcAttr{Credential: s.who, Setsid: true}
	if err := s.keeper.Start(); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	return s.until(ctx, "PostgreSQL does not come up", "SELECT 1")
}

// freePort is one of the loopback network that nobody listens on.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

// Addr is where a server with TCP listens, as host:port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", s.port) }

func (s *Server) log() string { return s.dir + "/log" }

// until waits until a statement succeeds.
func (s *Server) until(ctx context.Context, otherwise, query string) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		err := s.admin(ctx, "postgres", query)
		if err == nil {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			said, _ := os.ReadFile(s.log()) // what it said would only be a help
			return fmt.Errorf("%s: %w\n%s", otherwise, err, said)
		}
	}
}

// Stop ends the server and removes its directory. Without it, that happens when the process ends.
func (s *Server) Stop() error {
	if s == nil || s.alive == nil {
		return nil
	}
	err := s.alive.Close()
	s.alive = nil
	if s.keeper.Process != nil {
		err = errors.Join(err, s.keeper.Wait())
	}
	return err
}

// CPU is what the server took of the machine, once it has been stopped.
func (s *Server) CPU() time.Duration {
	if s == nil || s.keeper == nil || s.keeper.ProcessState == nil {
		return 0
	}
	return s.keeper.ProcessState.UserTime() + s.keeper.ProcessState.SystemTime()
}

// Dir is where the server's socket is: the host in a database's address.
func (s *Server) Dir() string { return s.dir }

// URL is the address of one of its databases, which may be on any of others as well where none has TCP.
func (s *Server) URL(database string, others ...*Server) string {
	hosts := s.dir
	for _, other := range others {
		hosts += "," + other.dir
	}
	address := "postgres://postgres@/" + database + "?host=" + url.QueryEscape(hosts)
	if s.port != "" {
		address += "&port=" + s.port
	}
	return address
}

// Create makes a database, as a copy of the template where that is not "": nobody may be using the template. Settings
// are as in the server's configuration, such as synchronous_commit=off, besides encoding.
func (s *Server) Create(ctx context.Context, database, template string, settings ...string) error {
	query := "CREATE DATABASE " + name(database)
	if template != "" {
		query += " TEMPLATE " + name(template)
	}
	var alter []string
	for _, set := range settings {
		if encoding, is := strings.CutPrefix(set, "encoding="); is {
			query += " TEMPLATE template0 ENCODING " + name(encoding)
		} else {
			alter = append(alter, "ALTER DATABASE "+name(database)+" SET "+set)
		}
	}
	for _, q := range append([]string{query}, alter...) {
		if err := s.admin(ctx, "postgres", q); err != nil {
			return err
		}
	}
	return nil
}

// Drop removes a database, whoever is using it.
func (s *Server) Drop(ctx context.Context, database string) error {
	return s.admin(ctx, "postgres", "DROP DATABASE "+name(database)+" WITH (FORCE)")
}

// Empty removes every row that the books have from a database, which is far quicker than to make a new one. It is an
// error where somebody still has a transaction open there.
func (s *Server) Empty(ctx context.Context, database string) error {
	// With triggers off nothing looks at references, so the order of the tables does not matter.
	return s.admin(ctx, database, `SET lock_timeout = '1s'; SET session_replication_role = replica;
		DO $$ DECLARE name text; BEGIN
			FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'goose%' LOOP
				EXECUTE format('DELETE FROM %I', name);
			END LOOP;
		END $$`)
}

func (s *Server) admin(ctx context.Context, database, query string) (err error) {
	conn, err := pgx.Connect(ctx, s.URL(database))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	_, err = conn.Exec(ctx, query)
	return err
}

func name(database string) string { return pgx.Identifier{database}.Sanitize() }
