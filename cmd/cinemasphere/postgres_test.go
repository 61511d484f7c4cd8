package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cinemasphere/store/storetest"
)

// TestOnPostgres runs the program twice on one PostgreSQL database: what is booked at one is shown by the other, which
// goes on when the first has ended. No file is made, and no log shows the password.
func TestOnPostgres(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		env := []string{"MPESA_ENV=simulator",
			"DATABASE_URL=" + strings.Replace(storetest.EmptyDatabase(t), "postgres@/", "postgres:geheim@/", 1)}
		first := start(t, "", env...)
		second := start(t, first.dir, env...)
		c := first.customer()
		ticket := c.book("0712345001", 2)
		c.base = second.base
		eventually(t, 15*time.Second, "the other process shows the paid ticket", func() bool {
			return strings.Contains(c.get(ticket.url.Path).Find("main").Text(), "Show this at the door")
		})
		if err := first.end(syscall.SIGTERM); err != nil {
			t.Errorf("ended with %v", err)
		}
		c.book("0712345002", 1)
		for _, p := range []*process{first, second} {
			if log := p.log.String(); strings.Contains(log, "geheim") ||
				!strings.Contains(log, "database=postgres:///") {
				t.Errorf("the log says of the database:\n%.300s", log)
			}
		}
		if files, err := filepath.Glob(filepath.Join(first.dir, "*.db*")); err != nil || len(files) > 0 {
			t.Errorf("files: %q, %v", files, err)
		}
		out, err := subcommandWith(t, first.dir, env, "seed")
		if err == nil || !strings.Contains(out, "already has films") || strings.Contains(out, "geheim") {
			t.Errorf("seed: %v, %s", err, out)
		}
	})
}

func TestMissingPostgres(t *testing.T) {
	dir := t.TempDir()
	socket := filepath.Join(dir, "none")
	out, err := subcommandWith(t, dir,
		[]string{"MPESA_ENV=simulator", "DATABASE_URL=postgres://cinema:geheim@/cinema?host=" + socket}, "serve")
	if err == nil || !strings.Contains(out, socket) || strings.Contains(out, "geheim") {
		t.Errorf("no server: %v, %s", err, out)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("files: %v, %v", files, err)
	}
}
