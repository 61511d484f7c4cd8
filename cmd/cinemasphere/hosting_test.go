package main

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"cinemasphere/mpesa/sim"
)

// TestDocsOfHosting types what the page of hosting says into a shell, one command after the other, on a machine that is
// a folder: root's commands are anybody's there, and systemd does nothing. Daraja is the simulator.
func TestDocsOfHosting(t *testing.T) {
	page := pages(t)["assets/docs/hosting.md"]
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	root, here, tools := t.TempDir(), t.TempDir(), t.TempDir()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(here, "cinemasphere-linux-amd64"), string(text))
	write(t, filepath.Join(here, "SHA256SUMS"), fmt.Sprintf("%x  cinemasphere-linux-amd64\n%x  another\n",
		sha256.Sum256(text), sha256.Sum256(nil)))
	for name, script := range map[string]string{
		"sudo":       `while [ "$1" = -u ]; do shift 2; done; exec "$@"`,
		"getent":     `echo 41.90.1.1 cinema.co.ke`,
		"systemctl":  `echo "$@" >> systemctl.log; echo done`,
		"journalctl": `echo lines`,
		"editor":     `test -w "$1" && echo edited`,
		// Its settings are beside it, as they are where the link leads to.
		"cinemasphere": `exec ` + filepath.Join(root, programPlace) + ` "$@"`,
	} {
		file := filepath.Join(tools, name)
		write(t, file, "#!/bin/sh\n"+script+"\n")
		if err := os.Chmod(file, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	daraja := sim.New(sim.Config{
		ConsumerKey: "key", ConsumerSecret: "secret", Passkey: "pass", Shortcode: "600100", CinemaName: "Cinema",
	})
	t.Cleanup(daraja.Close)
	far := httptest.NewServer(daraja.Handler())
	t.Cleanup(far.Close)
	data := filepath.Join(root, dataPlace)
	addr := freeAddr(t)
	settings := "MPESA_ENV=sandbox\nMPESA_CONSUMER_KEY=key\nMPESA_CONSUMER_SECRET=secret\nMPESA_PASSKEY=pass\n" +
		"MPESA_BUSINESS_SHORT_CODE=600100\nBASE_URL=https://cinema.co.ke\nADDR=" + addr + "\nMPESA_BASE_URL=" +
		far.URL + "\nDATABASE_URL=" + data + "/sandbox.db\nBACKUP_DIR=" + data + "/backups\n"
	ran := map[string]int{}
	for _, command := range regexp.MustCompile(`(?m)^\$ (.*)$`).FindAllStringSubmatch(page, -1) {
		line := command[1]
		if strings.Contains(line, "doctor") && ran["doctor"] == 0 { // the settings are as the page says next
			if err := os.Mkdir(filepath.Join(data, "backups"), 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(root, settingsPlace), settings)
			runInstalled(t, root, addr)
		}
		line = strings.NewReplacer(" install", " install --root "+root, "/opt/", root+"/opt/", "/var/", root+"/var/").
			Replace(line)
		c := exec.CommandContext(t.Context(), "sh", "-c", line)
		c.Dir, c.Env = here, []string{"HOME=" + here, "PATH=" + tools + ":" + os.Getenv("PATH")}
		c.Stdin = strings.NewReader("cinema.co.ke\nsimulator\n")
		out, err := c.CombinedOutput()
		for _, word := range strings.Fields(line) {
			ran[word]++
		}
		switch {
		case strings.HasSuffix(line, "doctor"): // nothing leads to a folder from outside
			if !strings.Contains(string(out), "ok       M-PESA log-in") {
				t.Errorf("%s: %v\n%s", line, err, out)
			}
		case err != nil || len(out) == 0 && !strings.HasPrefix(line, "chmod"):
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
	for _, word := range []string{"install", "doctor", "register", "backup", "restore", "deploy-files", "healthcheck"} {
		if ran[word] == 0 {
			t.Errorf("the page has no %s", word)
		}
	}
}

// runInstalled runs the program as systemd would, until the test ends.
func runInstalled(t *testing.T, root, addr string) {
	t.Helper()
	p := &process{t: t, base: "http://" + addr, log: &logBuffer{}, done: make(chan error, 1), checked: true}
	p.cmd = exec.Command(filepath.Join(root, programPlace), "serve")
	p.cmd.Dir, p.cmd.Env = filepath.Join(root, dataPlace), []string{"HOME=" + root}
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	t.Cleanup(func() {
		_ = p.end(9)
		if t.Failed() {
			t.Logf("log of the program:\n%s", p.log)
		}
	})
	eventually(t, 20*time.Second, "the program answers", func() bool {
		resp, err := http.Get(p.base + "/healthz")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}
