package doctor_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/handlers/doctor"
	"cinemasphere/handlers/https"
	"cinemasphere/mpesa"
	"cinemasphere/store"
	"cinemasphere/store/alarm"
	"cinemasphere/store/storetest"
)

// well is a box office that has nothing wrong with it, but for what is reached over a network.
func well(t *testing.T) doctor.Config {
	t.Helper()
	st := storetest.New(t)
	chosen := time.Now().AddDate(0, 0, -10)
	dir := t.TempDir()
	return doctor.Config{
		Settings: ".env", Environment: store.Simulator, Database: "books.db", Store: st, Folder: dir,
		Disk:      func() (alarm.Disk, error) { return alarm.Disk{Free: 9 << 30, Needs: 1 << 30}, nil },
		Files:     []string{private(t, filepath.Join(dir, ".env"))},
		OpenFiles: func() (uint64, error) { return 65536, nil },
		LogIn:     func(context.Context) error { return nil },
		Refuses:   func(a string) error { return mpesa.CheckCallbackURL(a, mpesa.Production) },
		Shortcode: "174379", Initiator: true, Password: &chosen,
		Certificate: certificateFile(t, time.Now().AddDate(1, 0, 0)),
		Resolve: func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("41.90.1.1")}, nil
		},
	}
}

func private(t *testing.T, path string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte("MPESA_PASSKEY=x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// line is the worst line of a name, zero where there is none.
func line(found doctor.Examined, name string) (worst doctor.Finding) {
	for _, f := range found.Findings {
		if f.Name == name && (worst.Name == "" || f.Grade == doctor.Failure ||
			f.Grade == doctor.Warning && worst.Grade == doctor.OK) {
			worst = f
		}
	}
	return worst
}

// TestWell: where nothing is wrong each line is ok, and none has anything to do.
func TestWell(t *testing.T) {
	found := doctor.Examine(t.Context(), well(t))
	for _, f := range found.Findings {
		if f.Grade != doctor.OK || f.Do != "" || f.Says == "" {
			t.Errorf("%+v", f)
		}
	}
	for _, name := range []string{
		"settings", "database", "integrity", "disk", "fsync", "files", "open files", "M-PESA log-in", "till",
		"last prompts", "initiator", "API password",
	} {
		if line(found, name).Name == "" {
			t.Errorf("nothing is said of %s", name)
		}
	}
	if doctor.Worst(found.Findings) != doctor.OK {
		t.Errorf("the worst is %s", doctor.Worst(found.Findings))
	}
}

// TestEachLine: one thing is wrong, its line says so and what to do, and no other line changes.
func TestEachLine(t *testing.T) {
	chosen := func(daysAgo int) func(*doctor.Config) {
		at := time.Now().AddDate(0, 0, -daysAgo)
		return func(c *doctor.Config) { c.Password = &at }
	}
	for name, tt := range map[string]struct {
		line   string
		grade  doctor.Grade
		change func(*doctor.Config)
	}{
		"a setting is missing": {"settings", doctor.Failure, func(c *doctor.Config) {
			c.Problems = []string{"MPESA_PASSKEY is not set"}
		}},
		"a setting may be wrong": {"settings", doctor.Warning, func(c *doctor.Config) {
			c.Warnings = []string{"SECRET_KEY is short"}
		}},
		"no database yet": {"database", doctor.Warning, func(c *doctor.Config) { c.Store, c.Missing = nil, true }},
		"a database that cannot be opened": {"database", doctor.Failure, func(c *doctor.Config) {
			c.Store, c.OpenError = nil, store.ErrDamaged
		}},
		"a database of another environment": {"database", doctor.Failure, func(c *doctor.Config) {
			c.Environment = store.Production
		}},
		"an old backup": {"backup", doctor.Warning, func(c *doctor.Config) {
			if err := c.Store.Jobs().RecordBackup(t.Context(), store.BackupState{
				Place: "/backups", Name: "one", GoodAt: 1600000000000,
			}); err != nil {
				t.Error(err)
			}
		}},
		"little room": {"disk", doctor.Warning, func(c *doctor.Config) {
			c.Disk = func() (alarm.Disk, error) { return alarm.Disk{Free: 900, Needs: 1000}, nil }
		}},
		"no room": {"disk", doctor.Failure, func(c *doctor.Config) {
			c.Disk = func() (alarm.Disk, error) { return alarm.Disk{Free: 100, Needs: 1000}, nil }
		}},
		"a disk that is not known": {"disk", doctor.Warning, func(c *doctor.Config) {
			c.Disk = func() (alarm.Disk, error) { return alarm.Disk{}, errors.New("not here") }
		}},
		"a slow disk":      {"fsync", doctor.Warning, func(c *doctor.Config) { slow(c, 60*time.Millisecond) }},
		"a very slow disk": {"fsync", doctor.Failure, func(c *doctor.Config) { slow(c, time.Second) }},
		"a folder that cannot be written": {"fsync", doctor.Failure, func(c *doctor.Config) {
			c.Folder = filepath.Join(c.Folder, "nowhere")
		}},
		"a disk that keeps nothing": {"fsync", doctor.Failure, func(c *doctor.Config) {
			c.Sync = func(*os.File) error { return errors.New("input/output error") }
		}},
		"a file for all":       {"files", doctor.Failure, func(c *doctor.Config) { mode(t, c.Files[0], 0o604) }},
		"a file for its group": {"files", doctor.Warning, func(c *doctor.Config) { mode(t, c.Files[0], 0o640) }},
		"a folder for all": {"files", doctor.Failure, func(c *doctor.Config) {
			mode(t, filepath.Dir(c.Files[0]), 0o777)
		}},
		"few open files": {"open files", doctor.Warning, func(c *doctor.Config) {
			c.OpenFiles = func() (uint64, error) { return 1024, nil }
		}},
		"hardly any open files": {"open files", doctor.Failure, func(c *doctor.Config) {
			c.OpenFiles = func() (uint64, error) { return 256, nil }
		}},
		"a limit that is not known": {"open files", doctor.Warning, func(c *doctor.Config) {
			c.OpenFiles = func() (uint64, error) { return 0, errors.New("not here") }
		}},
		"no token": {"M-PESA log-in", doctor.Failure, func(c *doctor.Config) {
			c.LogIn = func(context.Context) error { return errors.New("wrong") }
		}},
		"no e-mail": {"e-mail", doctor.Warning, func(c *doctor.Config) {
			c.Logins = []doctor.Login{{
				Name: "e-mail", Do: "Look at the password.",
				Try: func(context.Context) error { return errors.New("535 refused") },
			}}
		}},
		"a till that is its store": {"till", doctor.Warning, func(c *doctor.Config) {
			c.BuyGoods, c.Till = true, c.Shortcode
		}},
		"a till that is not paid": {"till", doctor.Warning, func(c *doctor.Config) { c.Till = "5123456" }},
		"no initiator in production": {"initiator", doctor.Warning, func(c *doctor.Config) {
			c.Initiator, c.Environment, c.Store = false, store.Production, nil
		}},
		"no certificate": {"initiator", doctor.Failure, func(c *doctor.Config) { c.Certificate += "x" }},
		"a certificate that is none": {"initiator", doctor.Failure, func(c *doctor.Config) {
			c.Certificate = c.Files[0]
		}},
		"a certificate that ended": {"initiator", doctor.Failure, func(c *doctor.Config) {
			c.Certificate = certificateFile(t, time.Now().AddDate(0, 0, -1))
		}},
		"a certificate that ends": {"initiator", doctor.Warning, func(c *doctor.Config) {
			c.Certificate = certificateFile(t, time.Now().AddDate(0, 0, 20))
		}},
		"a password of unknown age":  {"API password", doctor.Warning, func(c *doctor.Config) { c.Password = nil }},
		"a password of 79 days":      {"API password", doctor.OK, chosen(79)},
		"a password of 81 days":      {"API password", doctor.Warning, chosen(81)},
		"a password of 91 days":      {"API password", doctor.Failure, chosen(91)},
		"a password of the future":   {"API password", doctor.Failure, chosen(-2)},
		"an address that is refused": {"callback address", doctor.Failure, calls("https://mpesa.cinema.co.ke/cb")},
		"an address in the clear":    {"callback address", doctor.Failure, calls("http://cinema.co.ke/cb")},
		"an address that is taken":   {"callback address", doctor.OK, calls("https://cinema.co.ke/cb")},
		"a name that leads nowhere": {"DNS", doctor.Failure, func(c *doctor.Config) {
			leads(c)
			c.Resolve = func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("no such host") }
		}},
		"a name of a house":  {"DNS", doctor.Failure, func(c *doctor.Config) { leads(c, "41.90.1.1", "192.168.1.2") }},
		"a name of IPv6":     {"DNS", doctor.Warning, func(c *doctor.Config) { leads(c, "2c0f:fe38::1") }},
		"a good name":        {"DNS", doctor.OK, func(c *doctor.Config) { leads(c, "2c0f:fe38::1", "41.90.1.1") }},
		"no certificate yet": {"HTTPS", doctor.Warning, func(c *doctor.Config) { keeps(t, c, 0, "") }},
		"no certificate, and why": {"HTTPS", doctor.Failure, func(c *doctor.Config) {
			keeps(t, c, 0, "DNS problem: NXDOMAIN")
		}},
		"a certificate of its own":   {"HTTPS", doctor.OK, func(c *doctor.Config) { keeps(t, c, 60, "") }},
		"one that should be renewed": {"HTTPS", doctor.Failure, func(c *doctor.Config) { keeps(t, c, 3, "") }},
		"one that cannot be renewed": {"HTTPS", doctor.Warning, func(c *doctor.Config) { keeps(t, c, 20, "refused") }},
		"one that was not renewed":   {"HTTPS", doctor.Failure, func(c *doctor.Config) { keeps(t, c, -1, "refused") }},
		"a second name leads nowhere": {"DNS", doctor.Failure, func(c *doctor.Config) {
			keeps(t, c, 60, "")
			leads(c)
		}},
		"nobody at port 80": {"port 80", doctor.Warning, func(c *doctor.Config) {
			keeps(t, c, 60, "")
			leads(c, "41.90.1.1")
		}},
		"an address of a house": {"DNS", doctor.Failure, func(c *doctor.Config) {
			c.Callback, c.Refuses, c.Environment = []string{"https://10.0.0.1/cb"}, nil, ""
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := well(t)
			tt.change(&c)
			c.HTTP = nobody{}
			found := doctor.Examine(t.Context(), c)
			got := line(found, tt.line)
			if got.Grade != tt.grade || got.Says == "" || got.Do == "" && tt.grade == doctor.Failure {
				t.Errorf("%+v, want %s", got, tt.grade)
			}
			for _, f := range found.Findings {
				if f.Name != tt.line && f.Grade != doctor.OK && len(c.Callback) == 0 {
					t.Errorf("besides: %+v", f)
				}
			}
		})
	}
}

// keeps lets the program keep the certificate of a name that ends so many days from now; 0 is none yet. What failed is
// what the authority said.
func keeps(t *testing.T, c *doctor.Config, days int, failed string) {
	t.Helper()
	c.HTTPS = &https.Config{
		Names: []string{"www.cinema.co.ke"}, Site: "https://www.cinema.co.ke", Folder: t.TempDir(),
		Directory: "https://authority.test/dir",
	}
	where := filepath.Dir(c.HTTPS.Look()[0].Key)
	if err := os.MkdirAll(where, 0o700); err != nil {
		t.Fatal(err)
	}
	if days != 0 {
		made := certificateFile(t, time.Now().AddDate(0, 0, days))
		if err := os.Rename(made, filepath.Join(where, "www.cinema.co.ke.crt")); err != nil {
			t.Fatal(err)
		}
	}
	if failed != "" {
		says := filepath.Join(c.HTTPS.Folder, "ecdsa", "www.cinema.co.ke.failed")
		if err := os.WriteFile(says, []byte(failed), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPort80: who comes by HTTP must be led to the site.
func TestPort80(t *testing.T) {
	for to, want := range map[string]doctor.Grade{
		"https://www.cinema.co.ke/": doctor.OK, "": doctor.Warning, "https://parked.example/": doctor.Warning,
		"http://www.cinema.co.ke/home": doctor.Warning,
	} {
		c := well(t)
		keeps(t, &c, 60, "")
		c.Environment, c.HTTP = "", leader(to)
		if got := line(doctor.Examine(t.Context(), c), "port 80"); got.Grade != want {
			t.Errorf("to %q: %+v", to, got)
		}
	}
}

// leader leads each request to an address, or answers it where that is "".
type leader string

// RoundTrip answers.
func (l leader) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if l != "" {
		http.Redirect(w, r, string(l), http.StatusMovedPermanently)
	}
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

// nobody answers no request.
type nobody struct{}

// RoundTrip fails.
func (nobody) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("refused") }

func slow(c *doctor.Config, by time.Duration) {
	now := time.Now()
	c.Now = func() time.Time { return now }
	c.Sync = func(*os.File) error { now = now.Add(by); return nil }
	// The other lines look at the clock at the same time.
	c.Password, c.Certificate, c.Initiator = nil, "", false
}

func mode(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func calls(address string) func(*doctor.Config) {
	return func(c *doctor.Config) { c.Callback = []string{address} }
}

// leads is a name that leads to the addresses.
func leads(c *doctor.Config, to ...string) {
	c.Environment = ""
	c.Callback = []string{"https://cinema.co.ke/cb"}
	var all []netip.Addr
	for _, ip := range to {
		all = append(all, netip.MustParseAddr(ip))
	}
	c.Resolve = func(context.Context, string) ([]netip.Addr, error) { return all, nil }
}

// TestLastPrompts: prompts that fail for the set-up are a failure.
func TestLastPrompts(t *testing.T) {
	c := well(t)
	id := storetest.Screening(t, c.Store, 4, 8)
	for n := range 3 {
		sent, _, err := c.Store.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(n), 1))
		if err == nil {
			err = c.Store.Tickets().RecordAnswer(t.Context(), sent, store.Answer{
				Kind: store.Refused, Reason: store.FailureConfig, Code: "400.002.02",
				Text: "Bad Request - Invalid ShortCode",
			})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := line(doctor.Examine(t.Context(), c), "last prompts"); got.Grade != doctor.Failure || got.Do == "" {
		t.Errorf("%+v", got)
	}
}

// TestDamaged: a database whose file is damaged is a failure.
func TestDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	st, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	storetest.Sell(t, st, storetest.Screening(t, st, 20, 20))
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := file.Stat()
	if err == nil { // the last pages are of tables and indexes with rows
		_, err = file.WriteAt([]byte(strings.Repeat("\xff", 8<<10)), info.Size()-(8<<10))
	}
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	st, err = store.Open(t.Context(), store.Options{Path: path, Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }() // what can be closed of it
	c := well(t)
	c.Store = st
	if got := line(doctor.Examine(t.Context(), c), "integrity"); got.Grade != doctor.Failure || got.Do == "" {
		t.Errorf("%+v", got)
	}
}

// TestClock: the clock is compared with the date of Daraja's answer.
func TestClock(t *testing.T) {
	for name, tt := range map[string]struct {
		off   time.Duration // of Daraja's, from ours
		grade doctor.Grade
		date  string
	}{
		"as it is":    {0, doctor.OK, ""},
		"a bit off":   {3 * time.Second, doctor.OK, ""},
		"behind":      {10 * time.Second, doctor.Warning, ""},
		"ahead":       {-10 * time.Second, doctor.Warning, ""},
		"far behind":  {time.Hour, doctor.Failure, ""},
		"far ahead":   {-time.Minute, doctor.Failure, ""},
		"no date":     {0, doctor.Warning, "yesterday"},
		"no answer":   {0, doctor.Warning, "-"},
		"an old date": {0, doctor.Failure, "Mon, 02 Jan 2006 15:04:05 GMT"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				date := time.Now().Add(tt.off).UTC().Format(http.TimeFormat)
				if tt.date != "" {
					date = tt.date
				}
				w.Header().Set("Date", date)
			}))
			defer server.Close()
			c := well(t)
			c.Daraja = server.URL
			if tt.date == "-" {
				server.Close()
			}
			if got := line(doctor.Examine(t.Context(), c), "clock"); got.Grade != tt.grade {
				t.Errorf("%+v, want %s", got, tt.grade)
			}
		})
	}
}

// TestCallback: what is wrong on the way from outside to the program.
func TestCallback(t *testing.T) {
	for name, tt := range map[string]struct {
		grade  doctor.Grade
		says   string
		answer func(w http.ResponseWriter, proof string)
	}{
		"the program": {doctor.OK, "reaches this program", proves},
		"another program": {doctor.Failure, "not this program", func(w http.ResponseWriter, _ string) {
			proves(w, "another proof")
		}},
		"a page": {doctor.Failure, "not this program", func(w http.ResponseWriter, _ string) {
			_, _ = w.Write([]byte("<h1>It works!</h1>"))
		}},
		"led on": {doctor.Failure, "https://www.cinema.co.ke,", func(w http.ResponseWriter, _ string) {
			w.Header().Set("Location", "https://www.cinema.co.ke/cb/secret")
			w.WriteHeader(http.StatusMovedPermanently)
		}},
		"led on to nowhere": {doctor.Failure, "another address", says(302)},
		"a password":        {doctor.Failure, "HTTP 401", says(401)},
		"a guard":           {doctor.Failure, "HTTP 403", says(403)},
		"a limit":           {doctor.Failure, "HTTP 429", says(429)},
		"no POST":           {doctor.Failure, "HTTP 405", says(405)},
		"no such path":      {doctor.Failure, "HTTP 404", says(404)},
		"no program":        {doctor.Failure, "HTTP 502", says(502)},
	} {
		t.Run(name, func(t *testing.T) {
			c := well(t)
			server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				token, found := strings.CutPrefix(r.URL.Path, "/cb/probe/")
				if !found || r.Method != "POST" {
					t.Errorf("%s %s was sent", r.Method, r.URL.Path)
				}
				proof, err := checkout.ProbeAnswer(r.Context(), c.Store, token)
				if err != nil {
					t.Error(err)
				}
				tt.answer(w, proof)
			}))
			defer server.Close()
			c.Roots = x509.NewCertPool()
			c.Roots.AddCert(server.Certificate())
			c.Callback, c.Refuses = []string{server.URL + "/cb"}, nil
			found := doctor.Examine(t.Context(), c)
			got := line(found, "callback")
			if got.Grade != tt.grade || !strings.Contains(got.Says, tt.says) || strings.Contains(got.Says, "secret") ||
				tt.grade == doctor.Failure && got.Do == "" {
				t.Errorf("%+v, want %s with %q", got, tt.grade, tt.says)
			}
			if got := line(found, "certificate"); got.Grade != doctor.OK {
				t.Errorf("the certificate: %+v", got)
			}
		})
	}
	t.Run("nothing answers", func(t *testing.T) {
		c := well(t)
		server := httptest.NewServer(http.NotFoundHandler())
		c.Callback, c.Refuses = []string{server.URL + "/cb"}, nil
		server.Close()
		if got := line(doctor.Examine(t.Context(), c), "callback"); got.Grade != doctor.Failure || got.Do == "" {
			t.Errorf("%+v", got)
		}
	})
}

// says answers with a status alone.
func says(status int) func(http.ResponseWriter, string) {
	return func(w http.ResponseWriter, _ string) { w.WriteHeader(status) }
}

func proves(w http.ResponseWriter, proof string) {
	_ = json.NewEncoder(w).Encode(map[string]any{"ResultCode": 0, "ResultDesc": proof}) // to a connection of the test
}

// TestCertificate: what may be wrong with the certificate of the site, as a client without a browser's help sees it.
func TestCertificate(t *testing.T) {
	now := time.Now()
	good := now.AddDate(0, 0, 60)
	root, rootKey := issue(t, "root", nil, nil, now.AddDate(10, 0, 0))
	middle, middleKey := issue(t, "middle", root, rootKey, now.AddDate(5, 0, 0))
	roots := x509.NewCertPool()
	roots.AddCert(root)
	for name, tt := range map[string]struct {
		grade  doctor.Grade
		says   string
		host   string
		until  time.Time
		chain  bool // the certificate in the middle is sent too
		self   bool // nobody has signed it
		oldest uint16
	}{
		"good":                 {doctor.OK, "trusted", "127.0.0.1", good, true, false, 0},
		"ends soon":            {doctor.Warning, "ends on", "127.0.0.1", now.AddDate(0, 0, 5), true, false, 0},
		"has ended":            {doctor.Failure, "has ended", "127.0.0.1", now.AddDate(0, 0, -1), true, false, 0},
		"of another name":      {doctor.Failure, "another name", "cinema.test", good, true, false, 0},
		"one is missing":       {doctor.Failure, "not trusted", "127.0.0.1", good, false, false, 0},
		"signed by itself":     {doctor.Failure, "not trusted", "127.0.0.1", good, false, true, 0},
		"TLS 1.3 and no older": {doctor.Warning, "TLS 1.2", "127.0.0.1", good, true, false, tls.VersionTLS13},
	} {
		t.Run(name, func(t *testing.T) {
			signer, signerKey := middle, middleKey
			if tt.self {
				signer, signerKey = nil, nil
			}
			leaf, key := issue(t, tt.host, signer, signerKey, tt.until)
			shown := tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}
			if tt.chain {
				shown.Certificate = append(shown.Certificate, middle.Raw)
			}
			c := well(t)
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				proof, err := checkout.ProbeAnswer(r.Context(), c.Store, r.URL.Path[len("/cb/probe/"):])
				if err != nil {
					t.Error(err)
				}
				proves(w, proof)
			}))
			server.TLS = &tls.Config{
				Certificates: []tls.Certificate{shown}, MinVersion: max(tt.oldest, tls.VersionTLS12),
			}
			server.Config.ErrorLog = nil
			server.StartTLS()
			defer server.Close()
			c.Roots, c.Callback, c.Refuses = roots, []string{server.URL + "/cb"}, nil
			got := line(doctor.Examine(t.Context(), c), "certificate")
			if got.Grade != tt.grade || !strings.Contains(got.Says, tt.says) {
				t.Errorf("%+v, want %s with %q", got, tt.grade, tt.says)
			}
			ends, err := doctor.CertificateEnds(t.Context(), server.URL)
			if err != nil || !ends.Equal(leaf.NotAfter) {
				t.Errorf("it ends %v, %v", ends, err)
			}
		})
	}
}

// issue makes a certificate for a name or an address, signed by another or by itself.
func issue(t *testing.T, name string, by *x509.Certificate, byKey *ecdsa.PrivateKey,
	until time.Time) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<40))
	if err != nil {
		t.Fatal(err)
	}
	authority := name == "root" || name == "middle"
	of := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().AddDate(0, -3, 0),
		NotAfter: until, IsCA: authority, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if ip := net.ParseIP(name); ip != nil {
		of.IPAddresses = []net.IP{ip}
	} else if !authority {
		of.DNSNames = []string{name}
	}
	if by == nil {
		by, byKey = of, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, of, by, &key.PublicKey, byKey)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return made, key
}

// certificateFile is a file with a certificate that ends at the time.
func certificateFile(t *testing.T, until time.Time) string {
	t.Helper()
	made, _ := issue(t, "mpesa", nil, nil, until)
	path := filepath.Join(t.TempDir(), "certificate.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made.Raw})
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestNothingToLookAt: an examination of nothing says that the settings are right, and nothing else.
func TestNothingToLookAt(t *testing.T) {
	found := doctor.Examine(t.Context(), doctor.Config{})
	if len(found.Findings) != 1 {
		t.Error(fmt.Sprint(found.Findings))
	}
}

// TestBackup: where money is in the books, a backup is missed; elsewhere it is not.
func TestBackup(t *testing.T) {
	for env, grade := range map[store.Environment]doctor.Grade{store.Simulator: "", store.Production: doctor.Warning} {
		c := well(t)
		c.Store = storetest.New(t, func(o *store.Options) { o.Environment = env })
		c.Environment = env
		look := func() doctor.Grade { return line(doctor.Examine(t.Context(), c), "backup").Grade }
		if got := look(); got != grade {
			t.Errorf("%s without a backup: %q", env, got)
		}
		if err := c.Store.Jobs().RecordBackup(t.Context(), store.BackupState{
			Place: "/backups", Name: "one", GoodAt: store.At(time.Now().Add(-time.Hour)),
		}); err != nil {
			t.Fatal(err)
		}
		if got := look(); got != doctor.OK {
			t.Errorf("%s with one of an hour ago: %q", env, got)
		}
	}
}
