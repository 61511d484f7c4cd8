package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"encoding/pem"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"cinemasphere/assets"
	"cinemasphere/handlers/doctor"
	"cinemasphere/handlers/watch"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/alarm"
	"cinemasphere/store/storetest/needs"
)

// TestErrorsOfTheProgram: the program's errors come to the tracker, and nothing of its customers and of its machine.
func TestErrorsOfTheProgram(t *testing.T) {
	var mu sync.Mutex
	var sent bytes.Buffer
	tracker := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			packed, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Errorf("unpack what was sent: %v", err)
				return
			}
			body = packed
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Errorf("read what was sent: %v", err)
		}
		mu.Lock()
		defer mu.Unlock()
		sent.Write(text)
	}))
	defer tracker.Close()
	p := start(t, "", "MPESA_ENV=simulator",
		"SENTRY_DSN="+strings.Replace(tracker.URL, "://", "://trackerkey@", 1)+"/7")
	ticket := p.customer().book("0712 345 678", 2)
	if err := os.Remove(filepath.Join(p.dir, "demo.db")); err != nil {
		t.Fatal(err)
	}
	if status, _ := fetch(t, p.base+"/healthz"); status != 503 {
		t.Fatalf("without its file: %d", status)
	}
	got := func() string {
		mu.Lock()
		defer mu.Unlock()
		return sent.String()
	}
	eventually(t, 20*time.Second, "an error is sent", func() bool { return strings.Contains(got(), `"exception"`) })
	_ = p.end(syscall.SIGKILL)
	p.checked = true // the books are gone
	secret := strings.TrimPrefix(ticket.url.Path, "/tickets/")
	for _, hidden := range []string{"712345678", "Achieng", secret, p.dir} {
		if strings.Contains(got(), hidden) {
			t.Errorf("%s was sent: %s", hidden, got())
		}
	}
	// The tracker's own key and the numbers that name an event are no secrets of the cinema.
	text := regexp.MustCompile(`"event_id":"\w+"|"timestamp":"[^"]*"|"sent_at":"[^"]*"|"dsn":"[^"]*"`).
		ReplaceAllString(got(), "")
	if found := loud.FindString(text); found != "" {
		t.Errorf("%q was sent: %s", found, text)
	}
}

// TestMetricsListener: metrics are on their own listener, and the site has none.
func TestMetricsListener(t *testing.T) {
	metrics := freeAddr(t)
	p := start(t, "", "MPESA_ENV=simulator", "METRICS_ADDR="+metrics)
	c := p.customer()
	c.book("0712 345 678", 2)
	status, text := fetch(t, "http://"+metrics+"/metrics")
	for _, want := range []string{
		`cinemasphere_requests_total{method="POST",route="/bookings",status="200"}`,
		`cinemasphere_daraja_calls_total{answer="200",call="push"}`, "cinemasphere_held_seats 2", "go_goroutines ",
	} {
		if status != 200 || !strings.Contains(text, want) {
			t.Errorf("%d: no %s", status, want)
		}
	}
	if found := loud.FindString(regexp.MustCompile(`(?m) \S+$`).ReplaceAllString(text, "")); found != "" {
		t.Errorf("the metrics tell %q", found)
	}
	if status, _ := fetch(t, p.base+"/metrics"); status != 404 {
		t.Errorf("the site has metrics: %d", status)
	}
	if status, _ := fetch(t, "http://"+metrics+"/"); status != 404 {
		t.Errorf("the listener has other pages: %d", status)
	}
}

// TestDeployFiles: the files are written, what was edited is kept, and a second time changes nothing.
func TestDeployFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	deploy := func(args ...string) (string, int) {
		var out, errs bytes.Buffer
		status := exit(t.Context(), append([]string{"deploy-files", dir}, args...), &out, &errs)
		return out.String() + errs.String(), status
	}
	if out, status := deploy(); status != 0 {
		t.Fatal(out)
	}
	rules := filepath.Join(dir, "prometheus-alerts.yml")
	if _, status := deploy(); status != 0 {
		t.Error("a second time fails")
	}
	write(t, rules, "edited\n")
	if out, status := deploy(); status != 1 || !strings.Contains(out, rules) {
		t.Errorf("over an edited file: %d, %s", status, out)
	}
	if kept, err := os.ReadFile(rules); err != nil || string(kept) != "edited\n" {
		t.Errorf("it is %q, %v", kept, err)
	}
	if out, status := deploy("--overwrite"); status != 0 {
		t.Error(out)
	}
	want, err := fs.ReadFile(assets.Deploy(), "prometheus-alerts.yml")
	if got, err2 := os.ReadFile(rules); err != nil || err2 != nil || !bytes.Equal(got, want) {
		t.Errorf("it is not as it was made: %v, %v", err, err2)
	}
}

// TestDeployedMetrics: each metric that the rules and the dashboard ask for is one of the program's.
func TestDeployedMetrics(t *testing.T) {
	metrics := freeAddr(t)
	p := start(t, "", "MPESA_ENV=simulator", "METRICS_ADDR="+metrics)
	p.customer().book("0712 345 678", 1)
	_, text := fetch(t, "http://"+metrics+"/metrics")
	there := map[string]bool{}
	for _, name := range watch.Names() { // some have labels of things that have not happened yet
		there[name], there[name+"_bucket"] = true, strings.HasSuffix(name, "_seconds")
	}
	for _, found := range regexp.MustCompile(`(?m)^# TYPE (\w+) (\w+)$`).FindAllStringSubmatch(text, -1) {
		there[found[1]] = true
		if found[2] == "histogram" {
			there[found[1]+"_bucket"] = true
		}
	}
	labels := regexp.MustCompile(`\{[^}]*\}`)
	ours := regexp.MustCompile(`\b(cinemasphere|go|process)_\w+`)
	asked := 0
	for _, name := range []string{"prometheus-alerts.yml", "grafana-dashboard.json"} {
		text, err := fs.ReadFile(assets.Deploy(), name)
		if err != nil {
			t.Fatal(err)
		}
		for _, expr := range regexp.MustCompile(`(?m)"?expr"?: (.*)$`).FindAllStringSubmatch(string(text), -1) {
			for _, metric := range ours.FindAllString(labels.ReplaceAllString(expr[1], ""), -1) {
				if asked++; !there[metric] {
					t.Errorf("%s asks for %s, which is no metric: %s", name, metric, expr[1])
				}
			}
		}
	}
	if asked < 40 {
		t.Errorf("only %d metrics were found", asked)
	}
	text2, err := fs.ReadFile(assets.Deploy(), "grafana-dashboard.json")
	if err != nil || !json.Valid(text2) {
		t.Errorf("the dashboard is no JSON: %v", err)
	}
}

// TestRulesByPrometheus has Prometheus' own tool read the rules, the settings and the metrics.
func TestRulesByPrometheus(t *testing.T) {
	_, missing := exec.LookPath("promtool")
	needs.Program(t, "promtool", missing)
	dir := t.TempDir()
	if status := exit(t.Context(), []string{"deploy-files", dir}, io.Discard, os.Stderr); status != 0 {
		t.Fatal("the files are not written")
	}
	metrics := freeAddr(t)
	p := start(t, "", "MPESA_ENV=simulator", "METRICS_ADDR="+metrics)
	p.customer().book("0712 345 678", 1)
	_, text := fetch(t, "http://"+metrics+"/metrics")
	for _, args := range [][]string{
		{"check", "rules", filepath.Join(dir, "prometheus-alerts.yml")},
		{"check", "config", filepath.Join(dir, "prometheus.yml")}, {"check", "metrics"},
	} {
		c := exec.CommandContext(t.Context(), "promtool", args...)
		c.Stdin = strings.NewReader(text)
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// doctorSays runs cinemasphere doctor as a process of its own, and returns its lines by name.
func doctorSays(t *testing.T, dir string, env ...string) (worst map[string]doctor.Grade, says string, status int) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), path, "doctor", "--json")
	c.Dir, c.Env = dir, append([]string{"HOME=" + dir}, env...)
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if c.ProcessState == nil {
		t.Fatal(err)
	}
	var got struct{ Findings []doctor.Finding }
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v: %s%s", err, out, &errs)
	}
	worst = map[string]doctor.Grade{}
	for _, f := range got.Findings {
		if worst[f.Name] != doctor.Failure && (f.Grade != doctor.OK || worst[f.Name] == "") {
			worst[f.Name] = f.Grade
		}
	}
	// A folder of the test is named, and has a long number in its name.
	if found := loud.FindString(strings.ReplaceAll(string(out)+errs.String(), os.TempDir(), "")); strings.HasPrefix(
		found, "demo-") || strings.HasPrefix(found, "Basic") {
		t.Errorf("it tells %q: %s", found, out)
	}
	return worst, string(out), c.ProcessState.ExitCode()
}

// TestDoctor: the command examines a box office beside the running program, and fails where something does.
func TestDoctor(t *testing.T) {
	t.Run("a demo that was never started", func(t *testing.T) {
		worst, says, status := doctorSays(t, t.TempDir())
		if status != 0 || worst["database"] != doctor.Warning || worst["settings"] != doctor.OK {
			t.Errorf("%d, %s", status, says)
		}
	})
	t.Run("a demo that runs", func(t *testing.T) {
		p := start(t, "", "MPESA_ENV=simulator")
		worst, says, status := doctorSays(t, p.dir, "MPESA_ENV=simulator")
		if status != 0 || worst["database"] != doctor.OK || worst["integrity"] != doctor.OK ||
			worst["files"] != doctor.OK {
			t.Errorf("%d, %s", status, says)
		}
	})
	t.Run("settings are missing", func(t *testing.T) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, ".env"),
			"MPESA_ENV=production\nBASE_URL=https://cinema.co.ke\nMPESA_PASSKEY=demo-passkey\n")
		if err := os.Chmod(filepath.Join(dir, ".env"), 0o644); err != nil {
			t.Fatal(err)
		}
		worst, says, status := doctorSays(t, dir)
		if status != 1 || worst["settings"] != doctor.Failure || worst["files"] != doctor.Failure ||
			!strings.Contains(says, "MPESA_CONSUMER_KEY") {
			t.Errorf("%d, %s", status, says)
		}
	})
	t.Run("a database of another environment", func(t *testing.T) {
		dir := t.TempDir()
		st, err := store.Open(t.Context(), store.Options{
			Path: filepath.Join(dir, "cinemasphere.db"), Environment: store.Production,
		})
		if err != nil {
			t.Fatal(err)
		}
		shut(t, st)
		worst, says, status := doctorSays(t, dir, "MPESA_ENV=simulator", "DATABASE_URL=cinemasphere.db")
		if status != 1 || worst["database"] != doctor.Failure {
			t.Errorf("%d, %s", status, says)
		}
	})
	t.Run("Daraja refuses the credentials", func(t *testing.T) {
		daraja := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
		}))
		defer daraja.Close()
		worst, says, status := doctorSays(t, t.TempDir(), "MPESA_ENV=sandbox", "BASE_URL=https://cinema.invalid.co.ke",
			"MPESA_BASE_URL="+daraja.URL, "MPESA_CONSUMER_KEY=demo-key", "MPESA_CONSUMER_SECRET=demo-secret",
			"MPESA_PASSKEY=demo-passkey", "MPESA_BUSINESS_SHORT_CODE=174379")
		if status != 1 || worst["M-PESA log-in"] != doctor.Failure || worst["clock"] != doctor.OK ||
			!strings.Contains(says, "MPESA_CONSUMER_KEY") {
			t.Errorf("%d, %s", status, says)
		}
	})
}

// TestBrowserCheckUp has the demo examined in a real browser, with scripts off, and sees an alarm on the first page and
// over the list of money. Each page fits everywhere.
func TestBrowserCheckUp(t *testing.T) {
	p := start(t, "", "MPESA_ENV=simulator")
	st, err := store.Open(t.Context(), store.Options{Path: filepath.Join(p.dir, "demo.db"), Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = st.Jobs().NoteAlarms(t.Context(), []alarm.Alarm{
		{Kind: alarm.NoCallbacks, Count: 3, At: st.Now().Time()}, {Kind: alarm.DiskLow, Count: 99 << 20},
	}, nil)
	shut(t, st)
	if err != nil {
		t.Fatal(err)
	}
	b := browse(t, p.base)
	b.scriptsOff()
	b.do("sign in", chromedp.Navigate(p.base+"/admin/demo"))
	b.do("look", chromedp.Navigate(p.base+"/admin/check-up"),
		chromedp.Click(chromedp.CSS(`main button[type=submit]`)), chromedp.WaitVisible(chromedp.CSS(`main td .tag-ok`)))
	for _, path := range []string{"/admin/check-up", "/admin", "/admin/to-do"} {
		for _, l := range []looks{{1280, "light"}, {1280, "dark"}, {360, "dark"}, {360, "light"}} {
			b.look(l)
			b.do("open "+path, chromedp.Navigate(p.base+path))
			b.fits(path)
		}
		if path != "/admin/check-up" && !strings.Contains(b.text("main"), "99 MiB") {
			t.Errorf("%s has no alarm", path)
		}
	}
}

// TestDoctorFromOutside: the examination goes through a proxy with a certificate to the running program, and says where
// the proxy does not pass callbacks on.
func TestDoctorFromOutside(t *testing.T) {
	daraja := sim.New(sim.Config{
		ConsumerKey: "key", ConsumerSecret: "secret", Passkey: "passkey", Shortcode: "600100",
	})
	defer daraja.Close()
	safaricom := httptest.NewServer(daraja.Daraja())
	defer safaricom.Close()
	var program *url.URL
	var cuts atomic.Bool
	front := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if cuts.Load() {
			r.URL.Path = "/"
		}
		httputil.NewSingleHostReverseProxy(program).ServeHTTP(w, r)
	}))
	defer front.Close()
	dir := t.TempDir()
	trusted := filepath.Join(dir, "trusted.pem")
	write(t, trusted, string(pem.EncodeToMemory(&pem.Block{
		Type: "CERTIFICATE", Bytes: front.Certificate().Raw,
	})))
	env := []string{
		"MPESA_ENV=simulator", "MPESA_BASE_URL=" + safaricom.URL, "BASE_URL=" + front.URL, "SSL_CERT_FILE=" + trusted,
		"MPESA_CONSUMER_KEY=key", "MPESA_CONSUMER_SECRET=secret", "MPESA_PASSKEY=passkey",
		"MPESA_BUSINESS_SHORT_CODE=600100", "DATABASE_URL=demo.db",
	}
	p := start(t, dir, env...)
	program = mustURL(t, p.base)
	worst, says, status := doctorSays(t, dir, env...)
	for _, name := range []string{"callback", "certificate", "callback address", "M-PESA log-in", "clock"} {
		if worst[name] != doctor.OK {
			t.Errorf("%s is %q", name, worst[name])
		}
	}
	if status != 0 {
		t.Errorf("%d, %s", status, says)
	}
	cuts.Store(true)
	if worst, says, status = doctorSays(t, dir, env...); status != 1 || worst["callback"] != doctor.Failure {
		t.Errorf("where the proxy loses the path: %d, %s", status, says)
	}
	cuts.Store(false)
	_ = p.end(syscall.SIGTERM)
	if worst, says, status = doctorSays(t, dir, env...); status != 1 || worst["callback"] != doctor.Failure {
		t.Errorf("where the program is down: %d, %s", status, says)
	}
}
