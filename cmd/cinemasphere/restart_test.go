package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// systemd does for the program what systemd does: it holds the sockets, and is told when the program is ready.
type systemd struct {
	t      *testing.T
	names  []string
	files  []*os.File
	env    []string
	notify *net.UnixConn
	dir    string
}

// newSystemd holds sockets of the names, and returns their addresses.
func newSystemd(t *testing.T, dir string, names ...string) (*systemd, []string) {
	t.Helper()
	s := &systemd{t: t, names: names, dir: dir}
	var addrs []string
	for range names {
		l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		file, err := l.File()
		if err != nil {
			t.Fatal(err)
		}
		addrs = append(addrs, l.Addr().String())
		if err := l.Close(); err != nil { // the file holds it
			t.Fatal(err)
		}
		s.files = append(s.files, file)
		t.Cleanup(func() { _ = file.Close() })
	}
	// A path that is short enough for a socket, unlike that of a test's folder.
	short, err := os.MkdirTemp("", "notify")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(short) })
	path := filepath.Join(short, "s")
	if s.notify, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.notify.Close() })
	s.env = []string{
		"HOME=" + dir, "NOTIFY_SOCKET=" + path, fmt.Sprint("LISTEN_FDS=", len(names)),
		"LISTEN_FDNAMES=" + strings.Join(names, ":"), "BOOKING_RATE=off",
	}
	return s, addrs
}

// start starts the program, and waits until it says that it is ready.
func (s *systemd) start(env ...string) *process {
	s.t.Helper()
	path, err := binary()
	if err != nil {
		s.t.Fatal(err)
	}
	p := &process{t: s.t, dir: s.dir, log: &logBuffer{}, done: make(chan error, 1), checked: true}
	// The process that gets the sockets is named by its number, which the shell keeps.
	p.cmd = exec.Command("sh", "-c", `LISTEN_PID=$$ exec "$0"`, path)
	p.cmd.Dir, p.cmd.Env, p.cmd.ExtraFiles = s.dir, append(append([]string{}, s.env...), env...), s.files
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	s.t.Cleanup(func() {
		_ = p.end(syscall.SIGKILL)
		p.quiet()
		if s.t.Failed() {
			s.t.Logf("log of the program:\n%s", p.log)
		}
	})
	s.told("READY=1")
	return p
}

// told waits for a word from the program.
func (s *systemd) told(want string) {
	s.t.Helper()
	if err := s.notify.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		s.t.Fatal(err)
	}
	text := make([]byte, 256)
	n, err := s.notify.Read(text)
	if err != nil || string(text[:n]) != want {
		s.t.Fatalf("the program says %q (%v), want %q", text[:n], err, want)
	}
}

// TestRestarts restarts the program ten times under a stream of pages and callbacks, on new and on open connections.
// The kernel keeps those waiting that come in between: none is refused, and none is cut off.
func TestRestarts(t *testing.T) {
	s, addrs := newSystemd(t, t.TempDir(), "cinemasphere.socket")
	base := "http://" + addrs[0]
	running := s.start("MPESA_ENV=simulator")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var answered, slow atomic.Int64
	var streams sync.WaitGroup
	ask := func(client *http.Client, method, path string) error {
		r, err := http.NewRequest(method, base+path, strings.NewReader(`{"Body":{}}`))
		if err != nil {
			return err
		}
		began := time.Now()
		resp, err := client.Do(r)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if err == nil && resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("it answers %d", resp.StatusCode)
		}
		answered.Add(1)
		if time.Since(began) > 100*time.Millisecond {
			slow.Add(1)
		}
		return err
	}
	for i, what := range []struct{ method, path string }{
		{"GET", "/"}, {"POST", "/cb/ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
		{"GET", "/healthz"}, {"POST", "/cb/status/ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
	} {
		client := &http.Client{
			Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: i < 2, MaxConnsPerHost: 4},
		}
		streams.Go(func() {
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			for ctx.Err() == nil {
				if err := ask(client, what.method, what.path); err != nil {
					t.Errorf("%s %s: %v", what.method, what.path, err)
					return
				}
				<-tick.C
			}
		})
	}
	for range 10 {
		before := answered.Load()
		if err := running.end(syscall.SIGTERM); err != nil {
			t.Errorf("ended with %v", err)
		}
		s.told("STOPPING=1")
		running = s.start("MPESA_ENV=simulator")
		eventually(t, 10*time.Second, "each stream goes on", func() bool { return answered.Load() > before+20 })
	}
	stop()
	streams.Wait()
	t.Logf("%d answers, %d of them kept waiting", answered.Load(), slow.Load())
	if slow.Load() < 10 {
		t.Errorf("%d requests had to wait: they did not come during the restarts", slow.Load())
	}
}

// TestSockets: which socket is for what, and what is not understood.
func TestSockets(t *testing.T) {
	domain := []string{"MPESA_ENV=simulator", "DOMAIN=cinema.test", "ACME_DIRECTORY=https://localhost:1/dir"}
	s, addrs := newSystemd(t, t.TempDir(), "http", "cinemasphere.socket")
	s.start(domain...)
	client := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Get("http://" + addrs[0] + "/films")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if got := resp.Header.Get("Location"); got != "https://cinema.test/films" {
		t.Errorf("HTTP leads to %q", got)
	}
	resp, err = client.Get("http://" + addrs[1] + "/")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("HTTP on the socket of HTTPS: %d", resp.StatusCode)
	}
}
