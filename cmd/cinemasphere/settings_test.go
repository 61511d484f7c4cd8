package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// write makes a file that its owner alone may read.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// configOf is the config of serve as the program would have it.
func configOf(t *testing.T, environ []string, beside, here string, args ...string) (config, error) {
	t.Helper()
	set, err := readSettings(environ, beside, here)
	if err != nil {
		return config{}, err
	}
	var c cli
	line := commandLine{settings: set, names: map[*kong.Value]string{}}
	parser, err := line.parser(&c, &bytes.Buffer{}, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if args, err = line.clean(append([]string{"serve"}, args...)); err != nil {
		return config{}, err
	}
	if _, err := parser.Parse(args); err != nil {
		return config{}, line.explain(err)
	}
	set.fill(reflect.ValueOf(&c).Elem())
	return c.Serve.config, nil
}

// TestEmptyIsTheDefault: of every setting there is, in the environment, in a file and as a flag, whatever emptiness it
// is.
func TestEmptyIsTheDefault(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, k := range knownSettings() { // nothing of who runs the test
		t.Setenv(k.name, "")
	}
	want, err := configOf(t, nil, "", "")
	if err != nil {
		t.Fatal(err)
	}
	compare := func(what string, c config, err error) {
		t.Helper()
		c.Found = want.Found
		if err != nil || !reflect.DeepEqual(c, want) {
			t.Errorf("%s: %v\n%+v\nis not\n%+v", what, err, c, want)
		}
	}
	for _, k := range knownSettings() {
		for _, empty := range []string{"", " ", "\t", "\r", "\u00a0", "\u200b", "\ufeff"} {
			c, err := configOf(t, []string{k.name + "=" + empty}, "", "")
			compare(k.name+" in the environment", c, err)
			dir := t.TempDir()
			write(t, filepath.Join(dir, ".env"), k.name+"="+empty+"\n")
			c, err = configOf(t, nil, "", dir)
			compare(k.name+" in .env", c, err)
			write(t, filepath.Join(dir, ".env"), k.name+"=\""+empty+"\"\n")
			if empty != "\r" { // which ends the line
				c, err = configOf(t, nil, dir, "")
				compare(k.name+" in quotes", c, err)
			}
			if k.hasFlag() {
				c, err = configOf(t, nil, "", "", "--"+k.flag+"="+empty)
				compare("--"+k.flag+"=", c, err)
				c, err = configOf(t, nil, "", "", "--"+k.flag, empty)
				compare("--"+k.flag+" ''", c, err)
			}
		}
		// What is empty in one place is taken from the next.
		dir := t.TempDir()
		value := map[string]string{"HOLD": "1m", "RETRY_HOLD": "1m", "QUERY_RATE": "7", "QUERY_SCHEDULE": "9s",
			"LOG_LEVEL": "warn", "LOG_FORMAT": "json",
			"AUTO_REFUND": "on", "PULL_TRANSACTIONS": "on", "CHECK_PAID_TICKETS": "off"}[k.name]
		if value == "" {
			continue
		}
		write(t, filepath.Join(dir, ".env"), k.name+"="+value)
		c, err := configOf(t, []string{k.name + "="}, "", dir, "--"+k.flag+"=")
		if got := reflect.ValueOf(c).Field(k.index); err != nil || reflect.DeepEqual(got.Interface(),
			reflect.ValueOf(want).Field(k.index).Interface()) {
			t.Errorf("%s: %v, %v", k.name, got, err)
		}
	}
}

// TestWhoBeatsWhom: a flag beats the environment, that the file beside the program, and that the one in the working
// directory.
func TestWhoBeatsWhom(t *testing.T) {
	beside, here := t.TempDir(), t.TempDir()
	write(t, filepath.Join(beside, ".env"),
		"\ufeffHOLD=2m\r\nMPESA_CONSUMER_SECRET=Cinema$2026!\r\nADDR=localhost:2\r\nDATABASE_URL=data/x.db\r\n")
	write(t, filepath.Join(here, ".env"), "HOLD=4m\nLOG_LEVEL=warn\nADDR=localhost:3\nMPESA_CERTIFICATE=x.cer\n")
	c, err := configOf(t, []string{"ADDR=localhost:4", "LOG_FORMAT=json"}, beside, here, "--log-format=text")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []struct{ got, want string }{
		{c.Hold.String(), "2m0s"}, {c.MpesaConsumerSecret, "Cinema$2026!"}, {c.Addr, "localhost:4"}, {c.LogLevel,
			"warn"}, {c.LogFormat, "text"},
		{c.DatabaseURL, filepath.Join(beside, "data/x.db")}, {c.MpesaCertificate, filepath.Join(here, "x.cer")},
		{c.settingsSource(), filepath.Join(beside, ".env") + ", " + filepath.Join(here, ".env")},
	} {
		if w.got != w.want {
			t.Errorf("%q, want %q", w.got, w.want)
		}
	}
	if got := strings.Join(c.Found.warnings, "\n"); strings.Count(got, "is not used") != 1 || !strings.Contains(got,
		"HOLD") || strings.Contains(got, "4m") {
		t.Errorf("warnings: %s", got)
	}
	if c, err := configOf(t, nil, here, here); err != nil || len(c.Found.files) != 1 || len(c.Found.warnings) != 0 {
		t.Errorf("one folder twice: %v, %v", c.Found, err)
	}
	if err := os.MkdirAll(filepath.Join(t.TempDir(), ".env"), 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestDefaultDatabaseIsBesideItsSettings(t *testing.T) {
	beside, here := t.TempDir(), t.TempDir()
	write(t, filepath.Join(beside, ".env"), "MPESA_ENV=sandbox\n")
	for _, c := range []struct {
		environ []string
		args    []string
		want    string
	}{
		{nil, nil, filepath.Join(beside, "cinemasphere.db")},
		{[]string{"MPESA_ENV=production"}, nil, "cinemasphere.db"},
		{nil, []string{"--mpesa-env=simulator"}, "demo.db"},
		{[]string{"DATABASE_URL=books.db"}, nil, "books.db"},
		{nil, []string{"--database-url=books.db"}, "books.db"},
		{[]string{"DATABASE_URL=postgres://db.example/cinema"}, nil, "postgres://db.example/cinema"},
	} {
		got, err := configOf(t, c.environ, beside, here, c.args...)
		if err == nil {
			err = got.nameDatabase()
		}
		if err != nil || got.DatabaseURL != c.want {
			t.Errorf("%v %v: %q, %v; want %q", c.environ, c.args, got.DatabaseURL, err, c.want)
		}
	}
}

// TestSecretsStayAsTheyAre, or are refused by their name.
func TestSecretsStayAsTheyAre(t *testing.T) {
	for _, k := range knownSettings() {
		if k.hasFlag() {
			continue
		}
		for _, good := range []string{"geheim", "Cinema$2026!", `a"b'c`, `a\b%c#d`, "=a==", "x'"} {
			c, err := configOf(t, []string{k.name + "=" + good}, "", "")
			if got := reflect.ValueOf(c).Field(k.index).String(); got != good || err != nil {
				t.Errorf("%s=%s is %s, %v", k.name, good, got, err)
			}
		}
		for _, bad := range []string{" geheim", "geheim ", "geheim\r", "geheim\n", "ge\nheim", "ge\theim",
			"ge\u200bheim", "geheim\u00a0", "\ufeffgeheim", "ge\u2060heim",
			`"geheim"`, "'geheim'", "“geheim”", "ge\x00heim", "ge\u00adheim"} {
			_, err := configOf(t, []string{k.name + "=" + bad}, "", "")
			if err == nil || !strings.Contains(err.Error(), k.name) || strings.Contains(err.Error(), "heim") {
				t.Errorf("%s=%q: %v", k.name, bad, err)
			}
		}
		_, err := configOf(t, []string{k.name + "=ge heim"}, "", "")
		if (err == nil) != (k.secret == "text") || err != nil && strings.Contains(err.Error(), "heim") {
			t.Errorf("%s with a space: %v", k.name, err)
		}
		for _, args := range [][]string{{"--" + k.flag + "=geheim"}, {"--" + k.flag, "geheim"}, {"--" + k.flag + "="},
			{"-" + k.flag + "=geheim"}} {
			_, err := configOf(t, nil, "", "", args...)
			if err == nil || !strings.Contains(err.Error(), k.name) || strings.Contains(err.Error(), "geheim") {
				t.Errorf("%v: %v", args, err)
			}
		}
	}
	for _, args := range [][]string{{"--database-url=postgres://cinema:geheim@db/cinema"}, {"--database-url",
		"postgres://db/cinema?password=geheim"},
		{"--database-url=postgres://cinema:ge#geheim@db/cinema"}} {
		if _, err := configOf(t, nil, "", "", args...); err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%v: %v", args, err)
		}
	}
}

// TestOtherValuesAreTrimmed: what shows nothing around an address or a number does no harm. Within, it is refused.
func TestOtherValuesAreTrimmed(t *testing.T) {
	for _, around := range []string{" ", "\t", "\r", "\n", "\u00a0", "\u200b", "\ufeff", "\u2060 "} {
		c, err := configOf(t, []string{"BASE_URL=" + around + "https://cinema.co.ke" + around, "HOLD=1m" + around,
			"LOG_LEVEL=warn" + around,
			"MPESA_BUSINESS_SHORT_CODE=" + around + "600100"}, "", "", "--query-rate=3"+around, "--mpesa-till-number",
			around+"512345")
		if err != nil || c.BaseURL != "https://cinema.co.ke" || c.Hold.Minutes() != 1 || c.LogLevel != "warn" ||
			c.MpesaBusinessShortCode != "600100" ||
			c.QueryRate != 3 || c.MpesaTillNumber != "512345" {
			t.Errorf("%q: %+v, %v", around, c, err)
		}
	}
	for _, e := range []string{"BASE_URL=https://cine\u200bma.co.ke", "MPESA_BUSINESS_SHORT_CODE=600\u00a0100",
		`BASE_URL="https://cinema.co.ke"`, "ADDR='localhost:8080'",
		"HOLD=“3m”", "DATABASE_URL=boo\u200bks.db"} {
		name, _, _ := strings.Cut(e, "=")
		if _, err := configOf(t, []string{e}, "", ""); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: %v", e, err)
		}
	}
}

// TestMistakesNameTheirPlace: the setting, the file and the line, whoever finds the mistake.
func TestMistakesNameTheirPlace(t *testing.T) {
	for text, want := range map[string]string{
		"\nHOLD=soon": "HOLD (PATH line 2)", "\n\nLOG_LEVEL=loud": "LOG_LEVEL (PATH line 3)",
		"QUERY_RATE=many":        "QUERY_RATE (PATH line 1)",
		"QUERY_SCHEDULE=1m,soon": "QUERY_SCHEDULE (PATH line 1)", "AUTO_REFUND=yes": "AUTO_REFUND (PATH line 1)",
		"X=1\nMPESA_PASSKEY=ge heim":  "MPESA_PASSKEY (PATH line 2)",
		"X=1\nMPESA_PASSKEY=\"geheim": "PATH: line 2", "MPESA_CONSUMER_SECRET geheim": "PATH: line 1",
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, ".env")
		write(t, path, text)
		_, err := configOf(t, nil, "", dir)
		if err == nil || !strings.Contains(err.Error(), strings.ReplaceAll(want, "PATH", path)) ||
			strings.Contains(err.Error(), "heim") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestSecretsFromFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"plain": "geheim$1", "line": "geheim$1\n",
		"windows": "\ufeffgeheim$1\r\n", "two": "ge\nheim", "space": "geheim ", "nothing": "", "line end": "\n",
		"blank": "\ufeff \r\n"} {
		write(t, filepath.Join(dir, name), text)
	}
	for file, good := range map[string]bool{"plain": true, "line": true, "windows": true, "two": false, "space": false,
		"absent": false, "geheim": false, "nothing": false, "line end": false, "blank": false, "/": false,
		"geheim/geheim": false} {
		write(t, filepath.Join(dir, ".env"), "MPESA_PASSKEY_FILE="+file)
		for _, environ := range [][]string{nil, {"MPESA_PASSKEY_FILE=" + filepath.Join(dir, file)}} {
			c, err := configOf(t, environ, "", dir)
			if (err == nil) != good || good && c.MpesaPasskey != "geheim$1" || err != nil &&
				(strings.Contains(err.Error(), "heim") || !strings.Contains(err.Error(), "MPESA_PASSKEY_FILE")) {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
	write(t, filepath.Join(dir, "db"), "postgres://cinema:geheim@db/cinema\n")
	c, err := configOf(t, []string{"DATABASE_URL_FILE=" + filepath.Join(dir, "db")}, "", "")
	if err != nil || c.DatabaseURL != "postgres://cinema:geheim@db/cinema" {
		t.Errorf("%q, %v", c.DatabaseURL, err)
	}
	if _, err := configOf(t, []string{"SECRET_KEY=geheim", "SECRET_KEY_FILE=" + filepath.Join(dir, "plain")}, "",
		""); err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("both: %v", err)
	}
}

// TestStrangeNames: a name that is mistyped does not pass in silence.
func TestStrangeNames(t *testing.T) {
	for text, want := range map[string]string{
		"MPESA_CONSUMER_SECERT=geheim": "MPESA_CONSUMER_SECRET", "MPESA_PASS_KEY=geheim": "MPESA_PASSKEY",
		"PASSKEY=geheim":       "MPESA_PASSKEY",
		"mpesa_passkey=geheim": "MPESA_PASSKEY", "MPESA_BUSINESS_SHORTCODE=geheim": "MPESA_BUSINESS_SHORT_CODE",
		"BASEURL=geheim":      "BASE_URL",
		"CALLBACK_URL=geheim": "MPESA_CALLBACK_URL", "TRUSTED_PROXY=geheim": "TRUSTED_PROXIES",
		"DATABASE_ULR=geheim":       "DATABASE_URL",
		"MPESA_PASSKEY_FIEL=geheim": "MPESA_PASSKEY_FILE", "SOMETHING_ELSE=geheim": "SOMETHING_ELSE",
		"kJh72geheim==": "a name",
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, ".env"), "\n"+text)
		c, err := configOf(t, nil, "", dir)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(c.Found.warnings, "\n")
		if !strings.Contains(got, want) || !strings.Contains(got, "line 2") || strings.Contains(got, "geheim") {
			t.Errorf("%s: %s", text, got)
		}
		if _, err := c.check(); err == nil {
			t.Errorf("%s: a demo starts", text)
		}
	}
	c, err := configOf(t, []string{"MPESA_CONSUMER_SECERT=geheim", "PATH=/bin", "MPESA_PASSKEY_FILE="}, "", "")
	if got := strings.Join(c.Found.warnings, "\n"); err != nil || strings.Count(got, "is no setting") != 1 ||
		strings.Contains(got, "geheim") {
		t.Errorf("in the environment: %s, %v", got, err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, ".env"),
		"HTTPS_PROXY=http://proxy:3128\nno_proxy=a\nPGSSLROOTCERT=x\nSSL_CERT_FILE=y\n")
	if c, err := configOf(t, nil, "", dir); err != nil || len(c.Found.warnings) != 0 ||
		c.Found.foreign["HTTPS_PROXY"].value != "http://proxy:3128" {
		t.Errorf("names of libraries: %+v, %v", c.Found, err)
	}
}

func TestFilesThatOthersCanRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // where modes say nothing
	}
	for mode, want := range map[os.FileMode]int{0o600: 0, 0o640: 0, 0o400: 0, 0o644: 1, 0o604: 1, 0o666: 1, 0o602: 1} {
		dir := t.TempDir()
		path := filepath.Join(dir, ".env")
		write(t, path, "HOLD=2m")
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		c, err := configOf(t, nil, "", dir)
		if err != nil || len(c.Found.warnings) != want || want == 1 && !strings.Contains(c.Found.warnings[0],
			"chmod 600 "+path) {
			t.Errorf("%o: %v, %v", mode, c.Found, err)
		}
	}
}
