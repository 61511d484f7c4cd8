package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cinemasphere/store/storetest/needs"
)

// volume is a small disk that only this test and the program that it starts can see: it is mounted in a namespace of
// its own, and is gone with the processes in that, however they end.
type volume struct {
	t      *testing.T
	dir    string // where it is mounted
	enter  []string
	keeper *exec.Cmd
	tell   io.WriteCloser
	said   *bufio.Scanner
}

// keepVolume does what it is told, a line at a time, and says after each whether it could.
const keepVolume = `while read -r line; do if eval "$line" 2>&1; then echo done; else echo failed; fi; done`

// newVolume makes a namespace and mounts a disk there that is in memory, of a size such as 32m. Whoever is not root is
// it in there.
func newVolume(t *testing.T, size string) *volume {
	t.Helper()
	needs.Program(t, "a disk of its own (unshare, mount, nsenter)", errors.Join(namespaces()...))
	// The program logs the path of its books, and a test's folder looks like a phone number.
	v := &volume{t: t, dir: filepath.Join(os.TempDir(), "volume-"+strings.ToLower(rand.Text()[:8]))}
	if err := os.Mkdir(v.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	mountedOn := v.dir
	t.Cleanup(func() {
		if err := os.Remove(mountedOn); err != nil {
			t.Error(err)
		}
	})
	v.keeper = exec.Command("unshare", append(unsharing(), "sh", "-c", keepVolume)...)
	out, err := v.keeper.StdoutPipe()
	if err == nil {
		v.tell, err = v.keeper.StdinPipe()
	}
	if err == nil {
		err = v.keeper.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	v.said = bufio.NewScanner(out)
	t.Cleanup(func() {
		if err := errors.Join(v.tell.Close(), v.keeper.Wait()); err != nil {
			t.Error(err)
		}
	})
	v.do("mount -t tmpfs -o size=%s tmpfs %s", size, v.dir)
	of := fmt.Sprintf("--target=%d", v.keeper.Process.Pid)
	v.enter = []string{"nsenter", of, "--mount", "--", "sh", "-c", `cd "$0" && exec "$@"`}
	if os.Getuid() != 0 {
		v.enter = append([]string{"nsenter", of, "--user", "--preserve-credentials"}, v.enter[2:]...)
	}
	return v
}

// unsharing are the arguments that make a namespace of mounts, by whoever may.
func unsharing() []string {
	args := []string{"--mount", "--propagation", "private"}
	if os.Getuid() != 0 {
		args = append(args, "--user", "--map-root-user")
	}
	return args
}

// namespaces are the reasons why none can be made here.
func namespaces() (missing []error) {
	for _, program := range []string{"unshare", "nsenter", "mount"} {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, err)
		}
	}
	if len(missing) > 0 {
		return missing
	}
	if out, err := exec.Command("unshare", append(unsharing(), "true")...).CombinedOutput(); err != nil {
		return []error{fmt.Errorf("%w: %s", err, out)}
	}
	return nil
}

// try runs a line of the shell in the namespace, and returns what it printed and whether it succeeded.
func (v *volume) try(format string, args ...any) (said string, ok bool) {
	v.t.Helper()
	if _, err := fmt.Fprintf(v.tell, format+"\n", args...); err != nil {
		v.t.Fatal(err)
	}
	var lines []string
	for v.said.Scan() {
		switch line := v.said.Text(); line {
		case "done", "failed":
			return strings.Join(lines, "\n"), line == "done"
		default:
			lines = append(lines, line)
		}
	}
	v.t.Fatalf("the volume's keeper is gone: %v", v.said.Err())
	return "", false
}

// do is try for what must succeed.
func (v *volume) do(format string, args ...any) string {
	v.t.Helper()
	said, ok := v.try(format, args...)
	if !ok {
		v.t.Fatalf("%s: %s", fmt.Sprintf(format, args...), said)
	}
	return said
}

// launch runs the program where it sees the volume. Somebody else looks through the books that it leaves there.
func (v *volume) launch(dir string, env ...string) *process {
	v.t.Helper()
	p := launchBy(v.t, append(v.enter, dir), dir, env...)
	p.checked = true
	return p
}
