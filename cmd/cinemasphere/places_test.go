package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const liveSettings = "MPESA_ENV=production\r\nBASE_URL=https://cinema.co.ke\r\nMPESA_CONSUMER_KEY=key\r\n" +
	"MPESA_CONSUMER_SECRET=Geheim$2026!\r\n" +
	"MPESA_PASSKEY=geheim\r\nMPESA_BUSINESS_SHORT_CODE=600100\r\n"

// elsewhere copies the program into a folder of its own, and makes another one to start it from.
func elsewhere(t *testing.T) (program, beside, here string) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	beside, here = t.TempDir(), t.TempDir()
	program = filepath.Join(beside, "cinemasphere")
	if err := os.Link(path, program); err != nil {
		whole, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(program, whole, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return program, beside, here
}

// moneyCommands are those that work on books beside a running program.
var moneyCommands = [][]string{
	{"payments"}, {"payments", "--all", "--json"}, {"refund", "UKO4JL9G9Q"}, {"accept", "UKO4JL9G9Q", "K7M3QXRT"},
	{"resolve", "--note=x", "UKO4JL9G9Q"},
	{"sales", "pause"}, {"sales", "resume"}, {"sales", "status"}, {"fsck"}, {"register"}, {"seed"},
	{"operator", "list"}, {"operator", "reset", "Achieng"}, {"operator", "add", "Achieng", "--role=owner"},
}

// TestCommandsNeedADatabase: where no setting names one, none is guessed at and none is made.
func TestCommandsNeedADatabase(t *testing.T) {
	program, beside, here := elsewhere(t)
	for _, args := range moneyCommands {
		out, err := ended(t, program, here, nil, args...)
		if err == nil || !strings.Contains(out, "no setting names a database") || !strings.Contains(out, beside) ||
			!strings.Contains(out, here) {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
	for _, dir := range []string{beside, here} {
		if found, err := filepath.Glob(filepath.Join(dir, "*.db*")); err != nil || len(found) > 0 {
			t.Errorf("there is %v, %v", found, err)
		}
	}
}

// TestSettingsBesideTheProgram are found wherever it is started, by whatever name, and no demo opens.
func TestSettingsBesideTheProgram(t *testing.T) {
	program, beside, here := elsewhere(t)
	write(t, filepath.Join(beside, ".env"), "\ufeff"+liveSettings+"ADDR=127.0.0.1:0\r\n")
	link := filepath.Join(here, "box-office")
	if err := os.Symlink(program, link); err != nil {
		t.Fatal(err)
	}
	if out, err := ended(t, program, here, nil, "seed"); err != nil || !strings.Contains(out, filepath.Join(beside,
		"cinemasphere.db")) {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{program, link} {
		out, err := ended(t, name, here, nil, "version")
		if err != nil || !strings.Contains(out, filepath.Join(beside, ".env")) {
			t.Errorf("version: %v\n%s", err, out)
		}
		out, err = ended(t, name, here, nil, "sales", "pause")
		if err != nil || !strings.Contains(out, "database: "+filepath.Join(beside,
			"cinemasphere.db")+" (production)") || !strings.Contains(out, "Sales are paused") {
			t.Errorf("sales pause: %v\n%s", err, out)
		}
	}
	if found, err := filepath.Glob(filepath.Join(here, "*.db*")); err != nil || len(found) > 0 {
		t.Errorf("there is %v, %v", found, err)
	}
	write(t, filepath.Join(beside, ".env"), "HOLD=2m\n")
	if out, err := ended(t, program, here, nil, "serve"); err == nil || !strings.Contains(out,
		"MPESA_ENV is not set, but HOLD") {
		t.Errorf("a demo opens beside a .env: %v\n%s", err, out)
	}
}

// TestFilesUnderAnOpenUmask: the books are their owner's alone, whatever the program was started with, and healthy.
func TestFilesUnderAnOpenUmask(t *testing.T) {
	old := syscall.Umask(0)
	p := start(t, "")
	syscall.Umask(old)
	p.customer().book("0712345001", 1)
	files, err := filepath.Glob(filepath.Join(p.dir, "demo.db*"))
	if err != nil || len(files) != 4 {
		t.Errorf("%v, %v", files, err)
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
	eventually(t, 5*time.Second, "the log says where settings came from", func() bool {
		return strings.Contains(p.log.String(), `settings="none: looked for .env in `)
	})
}

// TestProxyOfTheEnvironment: calls to Daraja go through it, those to a simulator on this machine do not, and the log
// names it without its password.
func TestProxyOfTheEnvironment(t *testing.T) {
	asked := make(chan string, 100)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.Host
		http.Error(w, "no", http.StatusForbidden)
	}))
	defer proxy.Close()
	host := strings.TrimPrefix(proxy.URL, "http://")
	dir := t.TempDir()
	write(t, filepath.Join(dir, ".env"), "HTTPS_PROXY=http://cinema:geheim@"+host+"\n")
	p := start(t, dir, "MPESA_ENV=simulator", "MPESA_BASE_URL=https://daraja.cinema.test")
	if out, err := subcommandWith(t, dir, []string{"MPESA_ENV=simulator", "MPESA_BASE_URL=https://daraja.cinema.test"},
		"register"); err == nil {
		t.Errorf("registered: %s", out)
	}
	if got := <-asked; got != "CONNECT daraja.cinema.test:443" {
		t.Errorf("the proxy was asked for %s", got)
	}
	eventually(t, 5*time.Second, "the log names the proxy", func() bool {
		return strings.Contains(p.log.String(),
			"proxy=http://"+host)
	})
	if strings.Contains(p.log.String(), "geheim") {
		t.Errorf("the log: %s", p.log)
	}
	direct := start(t, "", "HTTP_PROXY="+proxy.URL, "HTTPS_PROXY="+proxy.URL)
	c := direct.customer()
	ticket := c.book("0712345001", 1)
	eventually(t, 10*time.Second, "the ticket is paid", func() bool {
		return strings.Contains(c.get(ticket.url.Path).Find("main").Text(), "Show this at the door")
	})
	for len(asked) > 0 {
		if got := <-asked; !strings.Contains(got, "daraja.cinema.test") {
			t.Errorf("the proxy was asked for %s", got)
		}
	}
	for _, bad := range []string{"ftp://cinema:geheim@proxy", "http://cinema:geheim@proxy:port", "://geheim"} {
		out, err := subcommandWith(t, t.TempDir(), []string{"MPESA_ENV=simulator",
			"MPESA_BASE_URL=https://daraja.cinema.test", "HTTPS_PROXY=" + bad, "ADDR=" + freeAddr(t)}, "serve")
		if err == nil || !strings.Contains(out, "HTTPS_PROXY") || strings.Contains(out, "geheim") {
			t.Errorf("%s: %v, %s", bad, err, out)
		}
	}
}

// TestSecretsAreNeverPrinted, on whatever command, whatever is wrong with the file that they stand in.
func TestSecretsAreNeverPrinted(t *testing.T) {
	program, beside, here := elsewhere(t)
	commands := append([][]string{{"serve"}, {"version"}, {"serve", "--hold=never"}, {"serve", "--log-level=x"},
		{"serve", "--no-such"}}, moneyCommands...)
	for name, text := range map[string]string{
		"an open quote":        "MPESA_INITIATOR_PASSWORD=\"Geheim\n",
		"a line without =":     "Geheim\n",
		"text after the quote": "MPESA_PASSKEY=\"Geheim\"Geheim\n",
		"twice":                "SECRET_KEY=Geheim1\nSECRET_KEY=Geheim2\n",
		"a space":              "MPESA_PASSKEY=Ge Geheim\n",
		"not UTF-8":            "SECRET_KEY=Geheim\xff\n",
		"a bad database":       "DATABASE_URL=postgres://cinema:Geh#Geheim@127.0.0.1:1/cinema\n",
		"a worse database":     "DATABASE_URL=postgres://cinema:1/Geheim@127.0.0.1:1/cinema\n",
		"no database there":    "DATABASE_URL=postgres://cinema:Geheim@127.0.0.1:1/cinema?connect_timeout=1\n",
		"keywords":             "DATABASE_URL=host=127.0.0.1 password=Geheim\n",
		"an address with a key": "BASE_URL=https://cinema:Geheim@cinema.co.ke\n" +
			"MPESA_BASE_URL=https://key:Geheim@api.safaricom.co.ke\n",
		"a broken address":    "MPESA_CALLBACK_URL=https://cinema.co.ke/%zz?Geheim\n",
		"a name that is none": "MPESA_SECRET=Geheim\nMPESA_ENV=live\n",
	} {
		settings := strings.ReplaceAll(liveSettings, "geheim", "Geheim")
		for line := range strings.Lines(text) {
			name, _, _ := strings.Cut(line, "=")
			for old := range strings.Lines(settings) {
				if strings.HasPrefix(old, name+"=") {
					settings = strings.Replace(settings, old, "", 1)
				}
			}
		}
		write(t, filepath.Join(beside, ".env"), text+settings)
		for _, args := range commands {
			out, err := ended(t, program, here, nil, args...)
			if strings.Contains(out, "Geheim") || err == nil && args[0] != "version" ||
				args[0] == "version" && !strings.Contains(out, "cinemasphere ") {
				t.Errorf("%s: %v: %v\n%s", name, args, err, out)
			}
		}
	}
}
