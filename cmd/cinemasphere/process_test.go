package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/store"
)

// binary is the real program, built once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "cinemasphere")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "cinemasphere")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// process is the real program, running.
type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	base    string // its address
	dir     string // its working directory
	log     *logBuffer
	done    chan error
	checked bool // somebody else looks through the books that it leaves behind
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start runs the program in a directory of its own, or in dir, and waits until it answers. At the end of the test it is
// stopped and its log looked through.
func start(t *testing.T, dir string, env ...string) *process {
	t.Helper()
	p := launch(t, dir, env...)
	p.answers()
	return p
}

// answers waits until the program is well.
func (p *process) answers() {
	p.t.Helper()
	eventually(p.t, 20*time.Second, "the program answers", func() bool { return healthy(p.base) })
}

// launch runs the program without waiting for it.
func launch(t *testing.T, dir string, env ...string) *process {
	t.Helper()
	return launchBy(t, nil, dir, env...)
}

// launchBy is launch by a command that gets the program's name as its last argument, and becomes the program.
func launchBy(t *testing.T, by []string, dir string, env ...string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	if dir == "" {
		dir = t.TempDir()
	}
	addr := freeAddr(t)
	for _, e := range env {
		if given, is := strings.CutPrefix(e, "ADDR="); is {
			addr = given
		}
	}
	p := &process{t: t, base: "http://" + addr, dir: dir, log: &logBuffer{}, done: make(chan error, 1)}
	command := append(slices.Clone(by), path)
	p.cmd = exec.Command(command[0], command[1:]...)
	p.cmd.Dir = dir
	p.cmd.Env = append([]string{"ADDR=" + addr, "HOME=" + dir, "BOOKING_RATE=off"}, env...)
	p.cmd.Stderr, p.cmd.Stdout = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	t.Cleanup(func() {
		// A test that is about ending has ended it; others need not wait for prompts that are out.
		_ = p.end(syscall.SIGKILL)
		p.quiet()
		p.fsck()
		if t.Failed() {
			t.Logf("log of the program:\n%s", p.log)
		}
	})
	return p
}

// fsck looks through the books that the program leaves behind, however it ended.
func (p *process) fsck() {
	p.t.Helper()
	if p.checked {
		return
	}
	database := filepath.Join(p.dir, "demo.db")
	for _, e := range p.cmd.Env {
		if given, is := strings.CutPrefix(e, "DATABASE_URL="); is {
			database = given
		}
	}
	if _, err := os.Stat(database); err != nil && !store.IsPostgres(database) {
		return // it ended before it made any
	}
	st, err := store.Open(context.Background(), store.Options{Path: database, Existing: true})
	if err != nil {
		p.t.Errorf("the books it left: %v", err)
		return
	}
	defer shut(p.t, st)
	audit, err := checkout.AuditBooks(context.Background(), st)
	if err != nil {
		p.t.Errorf("the books it left: %v", err)
	}
	for _, line := range audit.Wrong {
		p.t.Errorf("the books it left: %s", line)
	}
}

// end sends the signal and waits for the program to be gone. It may be called again.
func (p *process) end(sig syscall.Signal) error {
	p.t.Helper()
	_ = p.cmd.Process.Signal(sig) // it may have ended already
	select {
	case err := <-p.done:
		p.done <- err
		return err
	case <-time.After(60 * time.Second):
		p.t.Errorf("the program does not end on %v", sig)
		return p.cmd.Process.Kill()
	}
}

// What must never stand in a log: nine digits in a row (a phone number, and the end of a CheckoutRequestID), and 26
// letters and digits (the secret of a ticket, the token of a callback), a path that could hold one, the demo's keys.
var loud = regexp.MustCompile(
	`[0-9]{9,}|[A-Z2-7]{26}|ws_CO_|/tickets/[^{]|/cb/[^{a-z]|demo-secret|demo-passkey|demo-key|Bearer |Basic |ZGVtbw==`)

// quiet looks through the log for what must not stand in it.
func (p *process) quiet() {
	p.t.Helper()
	for line := range strings.Lines(p.log.String()) {
		if found := loud.FindString(line); found != "" {
			p.t.Errorf("the log says %q: %s", found, line)
		}
	}
}

// shut closes what a test has opened.
func shut(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// eventually waits for a condition, and fails the test where it does not come true in time.
func eventually(t *testing.T, within time.Duration, what string, true func() bool) {
	t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for !true() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("after %v still not: %s", within, what)
		}
	}
}

// TestBookWithoutJavaScript buys a ticket with plain forms, answering the prompt on the handset page.
func TestBookWithoutJavaScript(t *testing.T) {
	p := start(t, "")
	c := p.customer()
	if got := c.get("/").header.Get("Set-Cookie"); got != "" {
		t.Errorf("the home page sets a cookie: %s", got)
	}
	ticket := c.book("0712 345 678", 2)
	if ticket.header.Get("Refresh") == "" {
		t.Error("a waiting page without Refresh")
	}
	if ticket.Find(`main a[href="`+ticket.url.Path+`"]`).Length() == 0 {
		t.Error("no plain Check payment link")
	}
	handset, ok := ticket.Find(`a[href^="/simulator/phones/"]`).Attr("href")
	if !ok {
		t.Fatal("no link to the handset")
	}
	var phone page
	eventually(t, 5*time.Second, "the prompt is on the handset", func() bool {
		phone = c.get(handset)
		return phone.Find(`input[name="pin"]`).Length() == 1
	})
	total := regexp.MustCompile(`KSh [0-9][0-9,]*`).FindString(ticket.Find("main").Text())
	if text := phone.Find("body").Text(); total == "" || !strings.Contains(text, total+" ") {
		t.Errorf("the prompt does not name the amount %q: %s", total, text)
	}
	c.submit(phone, `form:has(input[name="pin"])`, map[string]string{"pin": "1234"})
	eventually(t, 5*time.Second, "the ticket is paid", func() bool {
		ticket = c.get(ticket.url.Path)
		return strings.Contains(ticket.Find("main").Text(), "Show this at the door")
	})
	if ticket.Find("main svg path").Length() == 0 || ticket.header.Get("Refresh") != "" {
		t.Error("the paid page has no QR code, or still refreshes")
	}
	if got := ticket.header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("the ticket's page is %q", got)
	}
}

// TestKilledDuringPrompt kills the program during the prompt. The next one on the same file finds the booking.
func TestKilledDuringPrompt(t *testing.T) {
	first := start(t, "")
	c := first.customer()
	ticket := c.book("0712345678", 2)
	if err := first.end(syscall.SIGKILL); err == nil {
		t.Error("a killed program ended well")
	}
	second := start(t, first.dir)
	c.base = second.base
	again := c.get(ticket.url.Path)
	if again.status != http.StatusOK || !strings.Contains(again.Find("main").Text(), "0712 345 678") {
		t.Errorf("the booking is not found again: %d", again.status)
	}
}

// TestTerm: on SIGTERM the program ends well, and leaves one file that says everything.
func TestTerm(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	p.customer().book("0712345001", 1)
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Errorf("ended with %v", err)
	}
	if _, err := os.Stat(filepath.Join(p.dir, "demo.db-wal")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the write-ahead log is still there: %v", err)
	}
}

// TestTermDuringPush ends the program while Daraja takes its time over a push: new bookings are refused, the ticket's
// page is still served, and what M-PESA says is in the books before the program ends.
func TestTermDuringPush(t *testing.T) {
	t.Parallel()
	daraja := slowDaraja(t)
	dir := t.TempDir()
	if out, err := subcommand(t, dir, "seed", "--mpesa-env=simulator"); err != nil {
		t.Fatal(err, out)
	}
	p := start(t, dir, "MPESA_ENV=simulator", "MPESA_BASE_URL="+daraja.base)
	c := p.customer()
	ticket := c.book("0712345678", 1)
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	link := ""
	eventually(t, 5*time.Second, "new bookings are refused", func() bool {
		home := c.get("/")
		link, _ = home.Find(`main a[href^="/screenings/"]`).First().Attr("href")
		form := c.get(link)
		confirm := c.submit(form, `form[action="/bookings"]`, map[string]string{
			"name": "Otieno", "phone": "0712345679",
		})
		if confirm.Find(`input[name="confirmed"]`).Length() == 0 {
			return false
		}
		refused := c.submit(confirm, `form:has(input[name="confirmed"])`, nil)
		return refused.status == http.StatusServiceUnavailable && refused.header.Get("Retry-After") != ""
	})
	if got := c.get(ticket.url.Path); got.status != http.StatusOK {
		t.Errorf("the ticket's page answers %d while the program closes", got.status)
	}
	close(daraja.answer)
	if err := p.end(0); err != nil { // it has its signal; a second one would end it at once
		t.Errorf("ended with %v", err)
	}
	again := start(t, p.dir, "MPESA_ENV=simulator", "MPESA_BASE_URL="+daraja.base)
	c.base = again.base
	if text := c.get(ticket.url.Path).Find("main").Text(); !strings.Contains(text, "Show this at the door") {
		t.Errorf("what became of the push was not recorded: %s", text)
	}
}

// TestOneServeAFile: a second serve on the same file refuses to start; other sub-commands work beside a running one.
func TestOneServeAFile(t *testing.T) {
	p := start(t, "")
	if out, err := subcommand(t, p.dir, "serve", "--addr", freeAddr(t)); err == nil ||
		!strings.Contains(out, "in use by another serve") {
		t.Errorf("the second serve ended with %v: %s", err, out)
	}
	if out, err := subcommand(t, p.dir, "seed"); err == nil || !strings.Contains(out, "already has films") {
		t.Errorf("seed beside a running serve: %v, %s", err, out)
	}
	if c := p.customer(); c.get("/").status != http.StatusOK {
		t.Error("the first serve no longer answers")
	}
}

func TestSubcommands(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args []string
		want string
		fail bool
	}{
		{[]string{"version"}, "cinemasphere", false},
		{[]string{"--help"}, "seed", false},
		{[]string{"serve", "--help"}, "MPESA_CONSUMER_KEY", false},
		{[]string{"seed", "--help"}, "DATABASE_URL", false},
		{[]string{"version", "--help"}, "version", false},
		{[]string{"seed"}, "no setting names a database", true},
		{[]string{"seed", "--mpesa-env=simulator"}, "Sample films", false},
		{[]string{"seed"}, "already has films", true},
		{[]string{"sell"}, "unexpected argument sell", true},
		{[]string{"serve", "--mpesa-env", "production"}, "MPESA_CONSUMER_KEY", true},
	} {
		out, err := subcommand(t, dir, c.args...)
		if (err != nil) != c.fail || !strings.Contains(out, c.want) {
			t.Errorf("%v: %v\n%s", c.args, err, out)
		}
	}
}

// subcommand runs the program to its end and returns all it printed.
func subcommand(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	return subcommandWith(t, dir, nil, args...)
}

// subcommandWith is subcommand with an environment.
func subcommandWith(t *testing.T, dir string, env []string, args ...string) (string, error) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return ended(t, path, dir, env, args...)
}

// ended is subcommandWith for a program that stands elsewhere.
func ended(t *testing.T, path, dir string, env []string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir, cmd.Env = dir, append([]string{"HOME=" + dir}, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestFsckExits: the command's exit status is 0 on sound books and 1 on others.
func TestFsckExits(t *testing.T) {
	if _, err := binary(); err != nil { // before the working directory is another
		t.Fatal(err)
	}
	path, _ := paidBooks(t)
	for _, want := range []int{0, 1} {
		out, err := subcommandWith(t, t.TempDir(), []string{"DATABASE_URL=" + path}, "fsck")
		status := 0
		if exit, is := errors.AsType[*exec.ExitError](err); is {
			status = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if status != want {
			t.Errorf("exit %d, want %d\n%s", status, want, out)
		}
		if want == 0 {
			forget(t, path)
		}
	}
}
