package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestProxySettings: what net/http would leave out in silence is refused by name, and is not shown.
func TestProxySettings(t *testing.T) {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		for _, good := range []string{"http://proxy:3128", "proxy:3128", "proxy", "https://u:geheim@proxy.co.ke/",
			"socks5://127.0.0.1:1080", "http://u:p%40s@10.0.0.1:3128", " http://proxy:3128", "http://proxy:3128\r",
			"\ufeffhttp://proxy:3128\n", "http://[::1]:3128", "[::1]:3128", "HTTP://proxy:3128"} {
			c, err := configOf(t, []string{name + "=" + good}, "", "")
			if got := c.Found; err != nil || got.foreign[strings.ToUpper(name)].value !=
				strings.Trim(good, " \r\n\ufeff") {
				t.Errorf("%s=%q: %v", name, good, err)
			}
		}
		for _, bad := range []string{"http://u:ge%heim@proxy:3128", "proxy geheim:3128", "http://proxy:geheim",
			"ftp://u:geheim@proxy", "://geheim", "http://u:geheim/x@proxy:3128", "http://u:1/geheim@proxy:3128",
			"http://u:geheim#x@proxy", "http://u:1#geheim@proxy", "http://proxy:3128/geheim", "http://proxy:0/",
			"http://proxy:99999", "http://proxy:", "http:///geheim", "proxy:3128/geheim", "http://",
			"http://proxy:31 28",
			"'http://u:geheim@proxy:3128'", "http:/u:geheim@proxy", "[::1", "http;//geheim"} {
			for _, inFile := range []bool{false, true} {
				dir, environ := t.TempDir(), []string{name + "=" + bad}
				if inFile {
					write(t, filepath.Join(dir, ".env"), name+"=\""+bad+"\"")
					environ = nil
				}
				_, err := configOf(t, environ, "", dir)
				if err == nil || !strings.Contains(err.Error(), strings.ToUpper(name)) ||
					strings.Contains(err.Error(), "heim") {
					t.Errorf("%s=%q: %v", name, bad, err)
				}
			}
		}
	}
}

// TestWhoBeatsWhomOfLibraries: the same order as for our own settings, in any case of letters that is read.
func TestWhoBeatsWhomOfLibraries(t *testing.T) {
	for _, tt := range []struct {
		environ, beside, here string
		name, want            string
		warns                 int
	}{
		{"", "HTTPS_PROXY=http://b", "HTTPS_PROXY=http://h", "HTTPS_PROXY", "http://b", 1},
		{"", "HTTPS_PROXY=http://b", "HTTPS_PROXY=http://b", "HTTPS_PROXY", "http://b", 0},
		{"", "HTTPS_PROXY=", "HTTPS_PROXY=http://h", "HTTPS_PROXY", "http://h", 0},
		{"", "https_proxy=http://b", "HTTPS_PROXY=http://h", "HTTPS_PROXY", "http://b", 1},
		{"https_proxy=http://e", "HTTPS_PROXY=http://b", "HTTPS_PROXY=http://h", "HTTPS_PROXY", "http://e", 0},
		{"HTTPS_PROXY=", "HTTPS_PROXY=http://b", "", "HTTPS_PROXY", "http://b", 0},
		{"no_proxy=e", "NO_PROXY=b", "", "NO_PROXY", "e", 0},
		{"NO_PROXY= ", "NO_PROXY=b", "NO_PROXY=h", "NO_PROXY", "b", 1},
		{"", "PGSSLROOTCERT=b", "PGSSLROOTCERT=h", "PGSSLROOTCERT", "b", 1},
		{"PGPASSWORD=geheim ", "PGPASSWORD=b", "", "PGPASSWORD", "geheim ", 0},
		{"", "", "PGPASSWORD='geheim '", "PGPASSWORD", "geheim ", 0},
		{"SSL_CERT_FILE=e", "SSL_CERT_FILE=b", "", "SSL_CERT_FILE", "e", 0},
		{"ssl_cert_file=e", "", "SSL_CERT_FILE=h", "SSL_CERT_FILE", "h", 0},
		{"", "ssl_cert_dir=b", "SSL_CERT_DIR=h", "SSL_CERT_DIR", "b", 1},
	} {
		beside, here := t.TempDir(), t.TempDir()
		write(t, filepath.Join(beside, ".env"), tt.beside)
		write(t, filepath.Join(here, ".env"), tt.here)
		set, err := readSettings([]string{tt.environ}, beside, here)
		if err != nil || set.foreign[tt.name].value != tt.want || len(set.warnings) != tt.warns {
			t.Errorf("%+v: %q, %v, %v", tt, set.foreign[tt.name].value, set.warnings, err)
		}
		t.Setenv(tt.name, "before")
		if err := set.export(); err != nil {
			t.Error(err)
		}
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, ".env"), "HTTPS_PROXY=http://a\nhttps_proxy=http://geheim")
	if _, err := readSettings(nil, "", dir); err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("two of one name: %v", err)
	}
}

// TestListsAndNumbers as people write them, wherever they stand.
func TestListsAndNumbers(t *testing.T) {
	for text, good := range map[string]bool{
		"QUERY_SCHEDULE=25s, 1m, 5m": true, "QUERY_SCHEDULE=25s 1m 5m": true, "QUERY_SCHEDULE=25s,1m,5m,": true,
		"QUERY_SCHEDULE=25s ; 1m ;5m": true, "QUERY_SCHEDULE=25s,\u00a01m": false, "QUERY_SCHEDULE=25": false,
		"QUERY_SCHEDULE=5m, 1m": false, "QUERY_SCHEDULE=-5m": false, "QUERY_SCHEDULE=nan": false,
		"QUERY_SCHEDULE=9999999h": false, "TRUSTED_PROXIES=10.0.0.1 , ::1;loopback": true,
		"HOLD=1m": true, "HOLD=2m\nRETRY_HOLD=2m": true, "HOLD=1m\nRETRY_HOLD=2m": false, "RETRY_HOLD=0": false,
		"RETRY_HOLD=0s": false, "HOLD=0s": false, "HOLD=-3m": false, "HOLD=inf": false, "HOLD=1e3s": false,
		"QUERY_RATE=nan": false, "QUERY_RATE=NaN": false, "QUERY_RATE=inf": false, "QUERY_RATE=-inf": false,
		"QUERY_RATE=1e300": false, "QUERY_RATE=1e999": false, "QUERY_RATE=-1": false, "QUERY_RATE=0": false,
		"QUERY_RATE=0.5": true, "QUERY_RATE=1e1": true, "BOOKING_RATE=nan": false, "BOOKING_RATE=1e2": false,
		"BOOKING_RATE=99999999999999999999": false, "BOOKING_RATE=0": false, "BOOKING_RATE=100": true,
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, ".env"), text)
		inFile, err := configOf(t, []string{"MPESA_ENV=simulator"}, "", dir)
		if err == nil {
			_, err = inFile.check()
		}
		if name, _, _ := strings.Cut(text, "="); (err == nil) != good ||
			err != nil && !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
