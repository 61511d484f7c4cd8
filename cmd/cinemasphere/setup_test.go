package main

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// typedInto runs the program with something on its standard input.
func typedInto(t *testing.T, dir, in string, args ...string) (string, error) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = dir, []string{"HOME=" + dir}, strings.NewReader(in)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestFirstStart: outside the demo the first start writes a one-time address where only its user can read it, and never
// into the log. It makes the first owner, once, and no later start gives out another.
func TestFirstStart(t *testing.T) {
	env := []string{
		"MPESA_ENV=sandbox", "BASE_URL=http://cinema.co.ke:8080", "MPESA_CONSUMER_KEY=key",
		"MPESA_CONSUMER_SECRET=secret", "MPESA_PASSKEY=passkey",
		"MPESA_BUSINESS_SHORT_CODE=600100", "DATABASE_URL=live.db",
	}
	dir := t.TempDir()
	p := start(t, dir, env...)
	p.checked = true
	file := filepath.Join(dir, setUpFile)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	text, err := os.ReadFile(file)
	path, found := strings.CutPrefix(strings.TrimSpace(string(text)), "http://cinema.co.ke:8080")
	if err != nil || !found {
		t.Fatalf("%q, %v", text, err)
	}
	if strings.Contains(p.log.String(), filepath.Base(path)) {
		t.Error("the log has the address")
	}
	c := p.customer()
	if w := c.get("/admin"); w.url.Path != "/admin/sign-in" || w.Find("#password").Length() != 0 {
		t.Errorf("before there is anybody: %s", w.Find("main").Text())
	}
	done := c.submit(c.get(path), `form[action^="/admin/setup/"]`, map[string]string{
		"name": "Achieng Otieno", "password": "three films and popcorn", "cinema": "Nyota", "town": "Mombasa",
	})
	if done.url.Path != "/admin/checklist" || done.status != http.StatusOK ||
		!strings.Contains(done.Find(".flash").Text(), "set up") {
		t.Fatalf("%d at %s: %s", done.status, done.url.Path, done.Find("main").Text())
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
	if again := c.get(path); again.status != http.StatusNotFound {
		t.Errorf("the address works again: %d", again.status)
	}
	if home := c.get("/"); !strings.Contains(home.Find("title").Text(), "Nyota") {
		t.Errorf("the home page is of %s", home.Find("title").Text())
	}
	_ = p.end(syscall.SIGKILL)
	again := start(t, dir, env...)
	again.checked = true
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the next start gives out an address: %v", err)
	}
	c.base = again.base
	if w := c.get("/admin"); w.url.Path != "/admin" {
		t.Errorf("the session did not outlive the program: %s", w.url)
	}
}

// TestOperatorCommands adds, lists and resets people from the shell. No password is an argument or printed.
func TestOperatorCommands(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "MPESA_ENV=simulator")
	for _, tt := range []struct {
		in, args, says string
		fail           bool
	}{
		{"", "list", "There is nobody yet", false},
		{"password1\n", "add Achieng --role=owner", "guessed first", true},
		{"", "add Achieng --role=owner", "choose a password", true},
		{"three films and popcorn\n", "add Achieng --role=root", "must be one of", true},
		{"three films and popcorn\n", "add Achieng", "role", true},
		{"three films and popcorn\r\n", "add Achieng --role=owner", "Achieng is added as owner", false},
		{"three films and popcorn\n", "add achieng --role=usher", "has this name already", true},
		{"another bucket of popcorn", "reset ACHIENG", "new password", false},
		{"another bucket of popcorn", "reset Zawadi", "nobody of the staff is named Zawadi", true},
		{"", "list", "Achieng  owner", false},
	} {
		out, err := typedInto(t, dir, tt.in, append([]string{"operator"}, strings.Fields(tt.args)...)...)
		if (err != nil) != tt.fail || !strings.Contains(out, tt.says) || strings.Contains(out, "popcorn") {
			t.Errorf("%s: %v\n%s", tt.args, err, out)
		}
	}
	c := p.customer()
	for _, tt := range []struct{ password, to string }{
		{"three films and popcorn", "/admin/sign-in"}, {"another bucket of popcorn", "/admin"},
	} {
		w := c.submit(c.get("/admin/sign-in"), `form[action="/admin/sign-in"]`, map[string]string{
			"name": "Achieng", "password": tt.password,
		})
		if w.url.Path != tt.to {
			t.Errorf("%q leads to %s", tt.password, w.url)
		}
	}
	out, err := typedInto(t, dir, "", "operator", "reset", "--address", "achieng", "--base-url="+p.base)
	_, path, found := strings.Cut(out, p.base)
	if err != nil || !found {
		t.Fatalf("%v\n%s", err, out)
	}
	joined := c.submit(c.get(strings.TrimSpace(path)), `form[action^="/admin/join/"]`, map[string]string{
		"password": "a third bucket of popcorn",
	})
	if joined.url.Path != "/admin" {
		t.Errorf("the one-time address leads to %s: %s", joined.url, joined.Find("main").Text())
	}
	log := c.get("/admin/log?q=operator.add").Find("tbody").Text()
	if !strings.Contains(log, "command line") || !strings.Contains(log, "Achieng") {
		t.Errorf("the log: %s", log)
	}
}

// TestDemoOwner is signed in by a link on the banner, and sees the back office.
func TestDemoOwner(t *testing.T) {
	p := start(t, "")
	c := p.customer()
	link := c.get("/").Find(".demo a:contains('back office')").AttrOr("href", "")
	if w := c.get(link); w.status != http.StatusOK || w.url.Path != "/admin" || w.Find(".menu-wide a").Length() < 5 {
		t.Errorf("%s leads to %s: %s", link, w.url, w.Find("main").Text())
	}
	if _, err := os.Stat(filepath.Join(p.dir, setUpFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a demo gives out a set-up address: %v", err)
	}
}
