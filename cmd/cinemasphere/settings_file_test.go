package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestDatabaseURL: what names no database for certain is refused by its name and place, wherever it stands, and is not
// shown. A path is looked at as it was written, whatever folder it is in.
func TestDatabaseURL(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kino@corp:1")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"books.db": "", "data/books.db": "", "/var/lib/books.db": "", "postgres://kino:ge%40heim@db/kino": "",
		"sqlite:///geheim.db": "sqlite: is not needed", "Postgres://kino:geheim@db/kino": "must begin with postgres://",
		"postgres://kino:geheim@db": "names no database", "postgres://kino:geheim@db:port/kino": "cannot be read",
		"postgres://kino:ge@heim@db/kino": "%40", "mysql://kino:geheim@db/kino": "mysql:// is neither",
		"//kino:geheim@db/kino": "is neither", "kino:geheim@db": "is neither",
		"postgres//kino:geheim@db/x": "is neither",
		"host=db password=geheim":    "is neither", "db:5432:kino:geheim": "is neither", "sub/geheim@db": "is neither",
	} {
		write(t, filepath.Join(dir, "file"), text)
		refused := want
		for place, lines := range map[string][2]string{
			"the environment": {"DATABASE_URL=" + text, ""}, ".env": {"", "DATABASE_URL=" + text},
			"of DATABASE_URL_FILE":   {"", "DATABASE_URL_FILE=file"},
			"_FILE (the environment": {"DATABASE_URL_FILE=" + text, ""},
		} {
			if place == "_FILE (the environment" && want == "" {
				continue
			}
			write(t, filepath.Join(dir, ".env"), lines[1])
			c, err := configOf(t, []string{lines[0]}, "", dir)
			want := refused
			if place == "_FILE (the environment" {
				want = "must name a file"
			}
			switch {
			case want == "" && (err != nil || !strings.HasSuffix(c.DatabaseURL, text)):
				t.Errorf("%s in %s: %q, %v", text, place, c.DatabaseURL, err)
			case want != "" && (err == nil || !strings.Contains(err.Error(), want) ||
				!strings.Contains(err.Error(), "DATABASE_URL") || !strings.Contains(err.Error(), place) ||
				strings.Contains(err.Error(), "heim")):
				t.Errorf("%s in %s: %v, want %q", text, place, err, want)
			}
		}
		if _, err := configOf(t, nil, "", "", "--database-url", text); (err == nil) != (want == "" &&
			!strings.Contains(text, "heim")) || err != nil && strings.Contains(err.Error(), "heim") {
			t.Errorf("--database-url %s: %v", text, err)
		}
	}
}

// TestArgumentsTooMany are not shown, unless they look like a command.
func TestArgumentsTooMany(t *testing.T) {
	for _, args := range [][]string{{"postgres://kino:geheim@db/kino"}, {"Geheim"}, {"ge-heim"}, {"--", "geheim=1"},
		{"--databse-url=geheim"}} {
		if _, err := configOf(t, nil, "", "", args...); err == nil || strings.Contains(err.Error(), "heim") {
			t.Errorf("%v: %v", args, err)
		}
	}
	if _, err := configOf(t, nil, "", "", "pyments"); err == nil || !strings.Contains(err.Error(), "pyments") {
		t.Errorf("a mistyped command: %v", err)
	}
}

// TestMisnamedFiles: a file that is meant to be .env is said, and no demo opens beside it.
func TestMisnamedFiles(t *testing.T) {
	for name, meant := range map[string]bool{
		".env.txt": true, "env.txt": true, ".ENV": true, ".Env": true, ".env ": true, " .env": true, ".env.": true,
		".env.TXT": true, ".ENV.txt": true, "env": true, "_env": true, ".env.rtf": true, ".env\u200b": true,
		".env.txt.txt": true, "\".env\"": true, ". env": true, ".env .txt": true,
		".env.example": false, "venv.txt": false, "environment": false, "cinema.env": false, ".envrc": false,
		"txt": false,
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, name), "MPESA_ENV=production")
		c, err := configOf(t, nil, "", dir)
		if err != nil {
			t.Fatal(err)
		}
		_, refused := c.check()
		if warned := len(c.Found.warnings) > 0; warned != meant || (refused != nil) != meant ||
			len(c.Found.files) > 0 {
			t.Errorf("%q: warnings %q, %v", name, c.Found.warnings, refused)
		}
		write(t, filepath.Join(dir, ".env"), "MPESA_ENV=simulator")
		if c, err := configOf(t, nil, "", dir); err != nil || len(c.Found.warnings) > 0 {
			t.Errorf("%q beside .env: %v", name, err)
		}
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "env"), 0o700); err != nil { // of Python
		t.Fatal(err)
	}
	if c, err := configOf(t, nil, "", dir); err != nil || len(c.Found.warnings) > 0 {
		t.Errorf("a folder env: %v", err)
	}
}

// TestNoFileOfThatName: what is called .env and leads to no file is refused, whatever else there is.
func TestNoFileOfThatName(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"folder":         func(path string) error { return os.Mkdir(path, 0o700) },
		"link":           func(path string) error { return os.Symlink("settings", path) },
		"link elsewhere": func(path string) error { return os.Symlink("/nowhere/at/all", path) },
		"link to folder": func(path string) error { return os.Symlink("/", path) },
		"link to itself": func(path string) error { return os.Symlink(".env", path) },
		"through a file": func(path string) error { return os.Symlink("/dev/null/x", path) },
		"link to a link": func(path string) error {
			return os.Symlink(filepath.Dir(path)+"/x", path)
		},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, ".env")
		if err := make(path); err != nil {
			t.Fatal(err)
		}
		for _, places := range [][2]string{{dir, ""}, {"", dir}, {t.TempDir(), dir}} {
			_, err := configOf(t, []string{"MPESA_ENV=simulator"}, places[0], places[1])
			if err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestFilesOfOthers: a .env that the user may not read, or look at, is passed over and said. No demo opens beside it.
func TestFilesOfOthers(t *testing.T) {
	program, beside, here := elsewhere(t)
	for _, dir := range []string{beside, filepath.Dir(beside), filepath.Dir(here)} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(here, ".env")
	write(t, path, "MPESA_ENV=production")
	if os.Getuid() == 0 { // who may read every file
		if err := errors.Join(os.Chown(here, nobody, nobody), os.Chown(path, nobody, nobody)); err != nil {
			t.Fatal(err)
		}
	}
	for _, at := range []string{".env", "."} {
		run := func(env []string, args ...string) (string, error) {
			const script = `chmod 0 "$0" && exec "$@"`
			cmd := exec.Command("/bin/sh", append([]string{"-c", script, at, program}, args...)...)
			cmd.Dir, cmd.Env = here, env
			if os.Getuid() == 0 {
				cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
			}
			out, err := cmd.CombinedOutput()
			if back := errors.Join(os.Chmod(here, 0o755), os.Chmod(path, 0o600)); back != nil {
				t.Fatal(back)
			}
			return string(out), err
		}
		books := filepath.Join(t.TempDir(), "none.db")
		for _, c := range []struct {
			env, args []string
			want      string
		}{
			{nil, []string{"version"}, "cinemasphere"},
			{[]string{"DATABASE_URL=" + books}, []string{"fsck"}, books},
			{nil, []string{"fsck", "--database-url=" + books}, books},
			{nil, []string{"fsck"}, "no setting names a database"},
			{nil, []string{"serve", "--addr=localhost:0"}, "MPESA_ENV is not set"},
			{[]string{"MPESA_ENV=sandbox"}, []string{"serve"}, "MPESA_PASSKEY"},
		} {
			out, err := run(c.env, c.args...)
			if !strings.Contains(out, c.want) || !strings.Contains(out, path+" is not read") ||
				strings.Contains(out, "permission denied") && c.args[0] != "fsck" ||
				(err == nil) != (c.args[0] == "version") {
				t.Errorf("%s, %v: %v\n%s", at, c, err, out)
			}
		}
	}
}

const nobody = 65534
