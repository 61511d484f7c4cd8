package main

import (
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"cinemasphere/store/storetest/needs"
)

// TestProxySnippets puts nginx and Caddy before the program with the settings that deploy-files writes: pages and
// callbacks come through, and neither a ticket's secret nor a callback's token is in any log, also while the program is
// down.
func TestProxySnippets(t *testing.T) {
	const token = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for _, tt := range []struct {
		name, program string
		settings      func(dir, at, program string) string // where it listens, and where the program does
		args          func(dir string) []string
	}{
		{
			"nginx", "nginx", func(dir, at, program string) string {
				text := regexp.MustCompile(`(?m)^\s*(listen (\[::\]:)?80;|listen \[::\]:443.*|ssl_.*)$`).
					ReplaceAllString(deployed(t, "nginx/cinemasphere.conf"), "")
				text = strings.NewReplacer("listen 443 ssl http2", "listen "+at, "127.0.0.1:8080", program,
					"server_name cinema.example;\n\taccess_log off", "listen "+freeAddr(t)+";\n\taccess_log off",
					"/var/log/nginx", dir).Replace(text)
				return "daemon off;\npid " + dir + "/pid;\nerror_log " + dir + "/error.log;\nevents {}\nhttp {\n" +
					"client_body_temp_path " + dir + "/a;\nproxy_temp_path " + dir + "/b;\n" +
					"fastcgi_temp_path " + dir + "/c;\nuwsgi_temp_path " + dir + "/d;\nscgi_temp_path " + dir +
					"/e;\n" + text + "}\n"
			},
			func(dir string) []string { return []string{"-p", dir, "-c", filepath.Join(dir, "settings")} },
		},
		{
			"Caddy", "caddy", func(dir, at, program string) string {
				return strings.NewReplacer("cinema.example {", "http://"+at+" {", "127.0.0.1:8080", program,
					"log default {", "admin off\n\tlog default {\n\t\toutput file "+dir+"/log",
					"lb_try_duration 30s", "lb_try_duration 1s").Replace(deployed(t, "caddy/Caddyfile"))
			},
			func(dir string) []string {
				return []string{"run", "--adapter", "caddyfile", "--config", filepath.Join(dir, "settings")}
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path, missing := exec.LookPath(tt.program)
			needs.Program(t, tt.program, missing)
			p := start(t, "", "MPESA_ENV=simulator", "TRUSTED_PROXIES=loopback")
			c := p.customer()
			secret := strings.TrimPrefix(c.book("0712345001", 1).url.Path, "/tickets/")
			dir, at := t.TempDir(), freeAddr(t)
			write(t, filepath.Join(dir, "settings"), tt.settings(dir, at, strings.TrimPrefix(p.base, "http://")))
			proxy := exec.Command(path, tt.args(dir)...)
			log := &logBuffer{}
			proxy.Stdout, proxy.Stderr = log, log
			proxy.Env = []string{"HOME=" + dir, "XDG_DATA_HOME=" + dir, "XDG_CONFIG_HOME=" + dir}
			if err := proxy.Start(); err != nil {
				t.Fatal(err)
			}
			stop := func() { _ = proxy.Process.Signal(syscall.SIGTERM); _ = proxy.Wait() }
			defer stop()
			ask := func(method, path string) int {
				r, err := http.NewRequest(method, "http://"+at+path, strings.NewReader("{}"))
				if err != nil {
					t.Fatal(err)
				}
				resp, err := http.DefaultClient.Do(r)
				if err != nil {
					return 0
				}
				_ = resp.Body.Close()
				return resp.StatusCode
			}
			eventually(t, 15*time.Second, "the proxy answers: "+log.String(), func() bool {
				return ask("GET", "/healthz") == http.StatusOK
			})
			for request, want := range map[string]int{
				"GET /": 200, "GET /tickets/" + secret: 200, "POST /cb/" + token: 200, "GET /cb/" + token: 405,
				"POST /cb/status/" + token: 200, "GET /api/tickets/" + secret: 200,
			} {
				method, path, _ := strings.Cut(request, " ")
				if got := ask(method, path); got != want {
					t.Errorf("%s: %d, want %d", request, got, want)
				}
			}
			_ = p.end(syscall.SIGTERM)
			for _, request := range []string{
				"GET /tickets/" + secret, "POST /cb/" + token, "GET /api/tickets/" + secret,
			} {
				method, path, _ := strings.Cut(request, " ")
				if got := ask(method, path); got != http.StatusBadGateway {
					t.Errorf("%s, with nobody behind: %d", request, got)
				}
			}
			stop()
			logs := 0
			err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
				if err != nil || !d.Type().IsRegular() || d.Name() == "settings" {
					return err
				}
				text, err := os.ReadFile(path)
				logs += len(text)
				if strings.Contains(string(text), secret) || strings.Contains(string(text), token) {
					t.Errorf("%s has a secret:\n%s", path, text)
				}
				return err
			})
			if text := log.String(); strings.Contains(text, secret) || strings.Contains(text, token) {
				t.Errorf("a secret is told:\n%s", text)
			}
			if err != nil || logs == 0 {
				t.Errorf("%d bytes of logs, %v", logs, err)
			}
		})
	}
}
