package pgserver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"cinemasphere/store/storetest/needs"
)

// TestMain lets the test binary be the process that a test kills: it starts a server, says where, and waits to be
// ended.
func TestMain(m *testing.M) {
	if os.Getenv("PGSERVER_CHILD") == "" {
		os.Exit(m.Run())
	}
	s, err := Start(context.Background(), Options{})
	if err == nil {
		err = errors.Join(s.Create(context.Background(), "one", ""), s.Empty(context.Background(), "one"))
	}
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println(s.Dir())
	if os.Getenv("PGSERVER_CHILD") == "panics" {
		panic("on purpose")
	}
	select {}
}

// TestEndsWithItsProcess: however the process ends that started it, the server ends and its directory is removed.
func TestEndsWithItsProcess(t *testing.T) {
	needs.Program(t, "PostgreSQL", Missing())
	for _, how := range []string{"killed", "terminated", "panics"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			child := exec.CommandContext(t.Context(), self)
			child.Env = append(os.Environ(), "PGSERVER_CHILD="+how)
			out, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			said, err := bufio.NewReader(out).ReadString('\n')
			dir := strings.TrimSpace(said)
			if err != nil || !filepath.IsAbs(dir) {
				t.Fatalf("said %q, %v", said, err)
			}
			pid := postmaster(t, dir, how)
			switch how {
			case "killed":
				err = child.Process.Kill()
			case "terminated":
				err = child.Process.Signal(syscall.SIGTERM)
			}
			if err != nil {
				t.Fatal(err)
			}
			if child.Wait() == nil {
				t.Error("it ended well")
			}
			gone := func() bool {
				_, err := os.Stat(dir)
				return errors.Is(err, fs.ErrNotExist) && (pid == 0 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH))
			}
			deadline, look := time.After(20*time.Second), time.NewTicker(10*time.Millisecond)
			defer look.Stop()
			for !gone() {
				select {
				case <-look.C:
				case <-deadline:
					t.Fatalf("%s is still there, or process %d", dir, pid)
				}
			}
		})
	}
}

// postmaster is the server's process. One that panics may have ended it by now.
func postmaster(t *testing.T, dir, how string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		if how != "panics" {
			t.Fatal(err)
		}
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// TestServer: databases are made, copied, emptied and dropped; Stop leaves nothing behind.
func TestServer(t *testing.T) {
	needs.Program(t, "PostgreSQL", Missing())
	s, err := Start(t.Context(), Options{Durable: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}()
	run := func(database, query string) error { return s.admin(t.Context(), database, query) }
	steps := []error{
		s.Create(t.Context(), "one", ""),
		run("one", `CREATE TABLE a (id BIGINT PRIMARY KEY); CREATE TABLE b (a BIGINT REFERENCES a (id)); INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)`),
		s.Create(t.Context(), "two", "one", "synchronous_commit=off"),
		s.Empty(t.Context(), "two"),
		run("one", `SELECT 1 / count(*) FROM b`),
		run("two", `SELECT 1 / (1 - count(*)) FROM a`), // fails where a row is left
		run("two", `SELECT 1 / (CASE current_setting('synchronous_commit') WHEN 'off' THEN 1 ELSE 0 END)`),
		s.Drop(t.Context(), "two"),
	}
	if err := errors.Join(steps...); err != nil {
		t.Error(err)
	}
	if err := run("two", `SELECT 1`); err == nil {
		t.Error("dropped, yet there")
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(s.Dir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("left behind: %v", err)
	}
}
