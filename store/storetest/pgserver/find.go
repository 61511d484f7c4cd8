package pgserver

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// ErrMissing means that PostgreSQL is not installed.
var ErrMissing = errors.New(
	"PostgreSQL's initdb and postgres are neither in /usr/lib/postgresql/*/bin nor in PATH: apt install postgresql")

// Missing says why this machine cannot start a server: nil where it can.
func Missing() error {
	_, err1 := binaries()
	_, err2 := servant()
	return errors.Join(err1, err2)
}

// binaries finds the directory of PostgreSQL's programs: where Debian puts the newest version, or in PATH.
func binaries() (string, error) {
	best, version := "", 0
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // fails of its pattern alone
	for _, path := range found {
		if n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))); err == nil && n > version {
			best, version = filepath.Dir(path), n
		}
	}
	if best != "" {
		return best, nil
	}
	path, err := exec.LookPath("postgres")
	if err == nil {
		path, err = filepath.EvalSymlinks(path) // initdb is beside it
	}
	if err != nil {
		return "", ErrMissing
	}
	return filepath.Dir(path), nil
}

// servant is the user that the server runs as where this process is root's; nil is this process's own.
func servant() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL refuses to run as root, and there is no other user for it: %w", err)
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// longestDir leaves room for the name of the socket, whose whole path may have 107 bytes.
const longestDir = 60

// makeDir makes the server's directory where the servant can get at it.
func makeDir(parent string, who *syscall.Credential) (string, error) {
	for _, other := range []string{os.TempDir(), "/tmp"} {
		if parent == "" || len(parent) > longestDir || who != nil && !open(parent) {
			parent = other
		}
	}
	dir, err := os.MkdirTemp(parent, "pg-")
	if err == nil && who != nil {
		err = os.Chown(dir, int(who.Uid), int(who.Gid))
	}
	return dir, err
}

// open reports whether everybody may go through the directory and those above it.
func open(dir string) bool {
	for {
		info, err := os.Stat(dir)
		if err != nil || info.Mode()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
		dir = filepath.Dir(dir)
	}
}
