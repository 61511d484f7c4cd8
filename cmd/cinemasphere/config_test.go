package main

import (
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestConfig(t *testing.T) {
	base := config{
		Addr: "localhost:8080", BookingRate: "10", Hold: 3 * time.Minute, RetryHold: new(2 * time.Minute),
		LogLevel: "info", LogFormat: "text", QueryRate: 2,
	}
	live := base
	live.MpesaEnv, live.BaseURL = "production", "https://cinema.co.ke"
	live.MpesaConsumerKey, live.MpesaConsumerSecret, live.MpesaPasskey, live.MpesaBusinessShortCode = "key", "secret",
		"passkey", "600100"
	sandbox := live
	sandbox.MpesaEnv = "sandbox"
	cases := []struct {
		name   string
		from   config
		change func(*config)
		want   string // in the error; "" is none
	}{
		{"nothing at all is the demo", base, func(*config) {}, ""},
		{"the demo by name, for all the world", base,
			func(c *config) { c.MpesaEnv, c.Addr = "simulator", ":8080" }, ""},
		{"open to the world without a word on M-PESA", base, func(c *config) { c.Addr = ":8080" },
			"MPESA_ENV is not set, but ADDR=:8080 is"},
		{"a database without a word on M-PESA", base, func(c *config) { c.DatabaseURL = "x.db" },
			"MPESA_ENV is not set, but DATABASE_URL is"},
		{"a key without a word on M-PESA", base, func(c *config) { c.MpesaConsumerKey = "key" },
			"MPESA_ENV is not set, but MPESA_CONSUMER_KEY is"},
		{"a till without a word on M-PESA", base, func(c *config) { c.MpesaTillNumber = "1" }, "MPESA_TILL_NUMBER is"},
		{"an unknown environment", base, func(c *config) { c.MpesaEnv = "live" }, `MPESA_ENV is "live"`},
		{"production", live, func(*config) {}, ""},
		{"sandbox", sandbox, func(*config) {}, ""},
		{"no passkey and no key", live, func(c *config) { c.MpesaPasskey, c.MpesaConsumerKey = "", "" },
			"MPESA_CONSUMER_KEY, MPESA_PASSKEY is not set"},
		{"no address", live, func(c *config) { c.BaseURL = "" }, "BASE_URL is not set"},
		{"production over http", live, func(c *config) { c.BaseURL = "http://cinema.co.ke" }, "BASE_URL must be https"},
		{"production with a local callback", live, func(c *config) { c.MpesaCallbackURL = "https://localhost/cb" },
			"localhost, which Safaricom cannot reach"},
		{"sandbox with a local address", sandbox, func(c *config) { c.BaseURL = "http://127.0.0.1:8080" },
			"which Safaricom cannot reach"},
		{"a callback with capitals", live, func(c *config) { c.MpesaCallbackURL = "https://Cinema.co.ke/cb" },
			"capital letters"},
		{"a callback with a query", live,
			func(c *config) { c.MpesaCallbackURL = "https://cinema.co.ke/cb?a=b" }, "no query"},
		{"half an address", live, func(c *config) { c.BaseURL = "cinema.example" }, "must be a whole address"},
		{"production against the sandbox", live, func(c *config) { c.MpesaBaseURL = "https://sandbox.safaricom.co.ke" },
			"MPESA_BASE_URL is Safaricom's, but not the one of MPESA_ENV production"},
		{"sandbox against production", sandbox, func(c *config) { c.MpesaBaseURL = "https://api.safaricom.co.ke" },
			"MPESA_BASE_URL is Safaricom's, but not the one of MPESA_ENV sandbox"},
		{"simulator against Safaricom", base,
			func(c *config) { c.MpesaEnv, c.MpesaBaseURL = "simulator", "https://api.safaricom.co.ke" },
			"MPESA_BASE_URL is Safaricom's, but not the one of MPESA_ENV simulator"},
		{"Daraja in production over http", live, func(c *config) { c.MpesaBaseURL = "http://proxy.example" },
			"MPESA_BASE_URL must be https"},
		{"buy goods without a till", live, func(c *config) { c.MpesaTransactionType = "CustomerBuyGoodsOnline" },
			"MPESA_TILL_NUMBER is not set"},
		{"another transaction type", live, func(c *config) { c.MpesaTransactionType = "B2C" },
			"MPESA_TRANSACTION_TYPE"},
		{"metrics on this machine", base, func(c *config) { c.MetricsAddr = "localhost:9464" }, ""},
		{"metrics on this machine, by IPv6", base, func(c *config) { c.MetricsAddr = "[::1]:9464" }, ""},
		{"metrics for the world", base, func(c *config) { c.MetricsAddr = ":9464" }, "METRICS_ADDR is :9464"},
		{"metrics for a network", base, func(c *config) { c.MetricsAddr = "10.0.0.1:9464" }, "METRICS_PUBLIC"},
		{"metrics by a name", base, func(c *config) { c.MetricsAddr = "cinema.co.ke:9464" }, "METRICS_PUBLIC"},
		{"metrics for the world, by word", base,
			func(c *config) { c.MetricsAddr, c.MetricsPublic = ":9464", "on" }, ""},
		{"metrics without a port", base, func(c *config) { c.MetricsAddr = "localhost" }, "METRICS_ADDR must be"},
		{"metrics at a port too high", base, func(c *config) { c.MetricsAddr = "localhost:70000" },
			"METRICS_ADDR must be"},
		{"metrics at a word", base, func(c *config) { c.MetricsAddr = "on" }, "METRICS_ADDR must be"},
		{"an error tracker", base, func(c *config) { c.SentryDSN = "https://key@sentry.example/1" }, ""},
		{"an error tracker without a key", base, func(c *config) { c.SentryDSN = "https://sentry.example/1" },
			"SENTRY_DSN is no DSN"},
		{"a password's day", live, func(c *config) {
			c.MpesaPasswordDate = "2026-11-30"
		}, "MPESA_INITIATOR_PASSWORD_DATE is set, but MPESA_INITIATOR_NAME is not"},
		{"a password's day in the demo", base, func(c *config) {
			c.MpesaEnv, c.MpesaPasswordDate = "simulator", "2026-11-30"
		}, ""},
		{"a password's day in words", base, func(c *config) { c.MpesaPasswordDate = "30.11.2026" },
			"MPESA_INITIATOR_PASSWORD_DATE must be a day"},
		{"a password's day that is none", base, func(c *config) { c.MpesaPasswordDate = "2026-02-30" },
			"MPESA_INITIATOR_PASSWORD_DATE must be a day"},
		{"a name", base, func(c *config) { c.TrustedProxies = []string{"nginx"} }, `TRUSTED_PROXIES: ["nginx"]`},
		{"an address", base, func(c *config) { c.TrustedProxies = []string{"10.0.0.1"} }, ""},
		{"a range", base, func(c *config) { c.TrustedProxies = []string{"10.0.0.0/8", " ::1/128"} }, ""},
		{"a rate of none", base, func(c *config) { c.BookingRate = "0" }, "BOOKING_RATE"},
		{"customers for ever", base, func(c *config) { c.KeepCustomers = "off" }, ""},
		{"customers for two years", base, func(c *config) { c.KeepCustomers = "24" }, ""},
		{"customers for no time", base, func(c *config) { c.KeepCustomers = "0" }, "KEEP_CUSTOMERS_MONTHS"},
		{"customers for a long time", base, func(c *config) { c.KeepCustomers = "121" }, "KEEP_CUSTOMERS_MONTHS"},
		{"customers for a time in words", base, func(c *config) { c.KeepCustomers = "12 months" },
			"KEEP_CUSTOMERS_MONTHS"},
		{"no rate", base, func(c *config) { c.BookingRate = "off" }, ""},
		{"partners", base, func(c *config) {
			c.PartnerKeys = " one:" + strings.Repeat("1", 24) + ", two : " + strings.Repeat("a:b", 8) + ","
		}, ""},
		{"a partner without a name", base, func(c *config) { c.PartnerKeys = ":" + strings.Repeat("1", 24) },
			"PARTNER_KEYS: entry 1 must be name:key"},
		{"a partner without a key", base, func(c *config) { c.PartnerKeys = strings.Repeat("1", 24) },
			"PARTNER_KEYS: entry 1 must be name:key"},
		{"a short key", base,
			func(c *config) { c.PartnerKeys = "one:" + strings.Repeat("1", 24) + ",two:" + strings.Repeat("2", 23) },
			"the key of entry 2 has fewer than 24"},
		{"two partners of one name", base,
			func(c *config) { c.PartnerKeys = "one:" + strings.Repeat("1", 24) + ",one:" + strings.Repeat("2", 24) },
			"entry 2 has the name"},
		{"two partners with one key", base,
			func(c *config) { c.PartnerKeys = "one:" + strings.Repeat("1", 24) + ",two:" + strings.Repeat("1", 24) },
			"or the key of another"},
		{"a key with a space", base,
			func(c *config) { c.PartnerKeys = "one:" + strings.Repeat("1", 12) + " " + strings.Repeat("1", 12) },
			"visible"},
		{"a hold of a day", base, func(c *config) { c.Hold = 24 * time.Hour }, "HOLD"},
		{"a retry hold longer than the hold", base,
			func(c *config) { c.Hold, c.RetryHold = time.Minute, new(time.Hour) }, "RETRY_HOLD"},
		{"a schedule that goes back", base,
			func(c *config) { c.QuerySchedule = []time.Duration{time.Minute, time.Second} }, "QUERY_SCHEDULE"},
		{"no questions at all", base, func(c *config) { c.QueryRate = 0 }, "QUERY_RATE"},
		{"a rate that is no number", base, func(c *config) { c.QueryRate = math.NaN() }, "QUERY_RATE"},
		{"a rate without end", base, func(c *config) { c.QueryRate = math.Inf(1) }, "QUERY_RATE"},
		{"a rate below nothing", base, func(c *config) { c.QueryRate = math.Inf(-1) }, "QUERY_RATE"},
		{"a rate beyond all bounds", base, func(c *config) { c.QueryRate = 1e300 }, "QUERY_RATE"},
		{"a rate of nearly nothing", base, func(c *config) { c.QueryRate = 1e-300 }, "QUERY_RATE"},
		{"the slowest rate", base, func(c *config) { c.QueryRate = 0.01 }, ""},
		{"a booking rate that overflows", base, func(c *config) { c.BookingRate = "9223372036854775807" },
			"BOOKING_RATE"},
		{"a booking rate in letters", base, func(c *config) { c.BookingRate = "1e3" }, "BOOKING_RATE"},
		{"a booking rate below nothing", base, func(c *config) { c.BookingRate = "-1" }, "BOOKING_RATE"},
		{"a schedule of centuries", base, func(c *config) { c.QuerySchedule = []time.Duration{math.MaxInt64} },
			"QUERY_SCHEDULE"},
		{"a schedule of nothing", base, func(c *config) { c.QuerySchedule = []time.Duration{0, time.Second} },
			"QUERY_SCHEDULE"},
		{"a schedule of nanoseconds", base, func(c *config) { c.QuerySchedule = []time.Duration{1} }, "QUERY_SCHEDULE"},
		{"a schedule that stands", base,
			func(c *config) { c.QuerySchedule = []time.Duration{time.Minute, time.Minute} }, "QUERY_SCHEDULE"},
		{"a hold below nothing", base, func(c *config) { c.Hold = -time.Minute }, "HOLD"},
		{"a retry hold below nothing", base, func(c *config) { c.RetryHold = new(-time.Minute) }, "RETRY_HOLD"},
		{"a retry hold of nothing", base, func(c *config) { c.RetryHold = new(time.Duration(0)) }, "RETRY_HOLD"},
		{"a retry hold longer than a short hold", base, func(c *config) { c.Hold = time.Minute }, "RETRY_HOLD"},
		{"a short hold alone", base, func(c *config) { c.Hold, c.RetryHold = time.Minute, nil }, ""},
		{"a port below nothing", base, func(c *config) { c.Addr = "localhost:-1" }, "ADDR"},
		{"refunds by themselves without an initiator", live, func(c *config) { c.AutoRefund = "on" },
			"AUTO_REFUND is on, but MPESA_INITIATOR_NAME"},
		{"an initiator without a word on M-PESA", base, func(c *config) { c.MpesaInitiatorName = "api" },
			"MPESA_INITIATOR_NAME is"},
		{"an initiator without a password", live, func(c *config) { c.MpesaInitiatorName = "api" },
			"MPESA_INITIATOR_PASSWORD or MPESA_CERTIFICATE is not"},
		{"a password without an initiator", live, func(c *config) { c.MpesaInitiatorPassword = "geheim" },
			"MPESA_INITIATOR_NAME is not set"},
		{"a certificate that is not there", live, func(c *config) {
			c.MpesaInitiatorName, c.MpesaInitiatorPassword, c.MpesaCertificate = "api", "geheim", "/nowhere.cer"
		}, "MPESA_CERTIFICATE"},
		{"a callback that has no path", live, func(c *config) { c.MpesaCallbackURL = "https://hooks.co.ke/" },
			"https://hooks.co.ke/cb"},
		{"the article's callback in production", live,
			func(c *config) { c.MpesaCallbackURL = "https://hooks.co.ke/api/mpesa-callback" },
			"https://hooks.co.ke/cb leads to the same"},
		{"a callback in a private network", sandbox, func(c *config) { c.MpesaCallbackURL = "https://192.168.1.10/cb" },
			"MPESA_CALLBACK_URL"},
		{"a callback with a space", sandbox, func(c *config) { c.MpesaCallbackURL = "https://cinema.co.ke/c b" },
			"MPESA_CALLBACK_URL"},
		{"a word of Safaricom's in BASE_URL", live, func(c *config) { c.BaseURL = "https://mpesa.cinema.co.ke" },
			"BASE_URL is the address that Safaricom sends to, but it has the word mpesa"},
		{"and callbacks elsewhere", live, func(c *config) {
			c.BaseURL, c.MpesaCallbackURL = "https://mpesa.cinema.co.ke", "https://hooks.co.ke/cb"
		}, ""},
		{"BASE_URL with a path", live, func(c *config) { c.BaseURL = "https://cinema.co.ke/tickets" },
			"such as https://cinema.co.ke"},
		{"BASE_URL with a path and a slash", live, func(c *config) { c.BaseURL = "https://cinema.co.ke/tickets/" },
			"BASE_URL must have no path"},
		{"the demo with a path", base,
			func(c *config) { c.MpesaEnv, c.BaseURL = "simulator", "http://localhost:8080/x" },
			"BASE_URL must have no path"},
		{"BASE_URL with a password", live,
			func(c *config) { c.BaseURL = "https://cinema:geheim@cinema.co.ke" }, "BASE_URL"},
		{"BASE_URL in another alphabet", live, func(c *config) { c.BaseURL = "https://sinemä.co.ke" }, "xn--"},
		{"BASE_URL with a port and no scheme", live, func(c *config) { c.BaseURL = "cinema.co.ke:443" },
			"it must begin with https://"},
		{"the sandbox in capitals", live, func(c *config) { c.MpesaBaseURL = "https://SANDBOX.Safaricom.co.ke" },
			"MPESA_ENV production"},
		{"production in capitals", sandbox, func(c *config) { c.MpesaBaseURL = "https://Api.SAFARICOM.co.ke/" },
			"MPESA_ENV sandbox"},
		{"simulator against Safaricom with a dot", base,
			func(c *config) { c.MpesaEnv, c.MpesaBaseURL = "simulator", "https://api.safaricom.co.ke." },
			"MPESA_ENV simulator"},
		{"Daraja with a slash", live, func(c *config) { c.MpesaBaseURL = "https://api.safaricom.co.ke/" }, ""},
		{"Daraja with a path", live, func(c *config) { c.MpesaBaseURL = "https://api.safaricom.co.ke/oauth" },
			"MPESA_BASE_URL"},
		{"Safaricom in the clear", sandbox, func(c *config) { c.MpesaBaseURL = "http://sandbox.safaricom.co.ke" },
			"MPESA_BASE_URL"},
		{"the portal", sandbox, func(c *config) { c.MpesaBaseURL = "https://developer.safaricom.co.ke" },
			"MPESA_BASE_URL"},
		{"a shortcode with a letter", live, func(c *config) { c.MpesaBusinessShortCode = "60010O" },
			"MPESA_BUSINESS_SHORT_CODE must be"},
		{"a shortcode with a space", live, func(c *config) { c.MpesaBusinessShortCode = "600 100" },
			"MPESA_BUSINESS_SHORT_CODE must be"},
		{"a till with a name", live, func(c *config) { c.MpesaTillNumber = "till 512345" },
			"MPESA_TILL_NUMBER must be"},
		{"a passkey in quotes", live, func(c *config) { c.MpesaPasskey = "'geheim'" }, "MPESA_PASSKEY has a quote"},
		{"a passkey left out", live, func(c *config) { c.MpesaPasskey = "…" }, "MPESA_PASSKEY has a character"},
		{"a key with a colon", live, func(c *config) { c.MpesaConsumerKey = "geheim:geheim" }, "MPESA_CONSUMER_KEY"},
		{"an address without a port", base, func(c *config) { c.Addr = "localhost" }, "ADDR must be"},
		{"a port alone", base, func(c *config) { c.MpesaEnv, c.Addr = "simulator", "8080" }, "ADDR must be"},
		{"an address to open", base, func(c *config) { c.MpesaEnv, c.Addr = "simulator", "http://localhost:8080" },
			"ADDR must be"},
		{"a port that is none", base, func(c *config) { c.Addr = "localhost:80800" }, "ADDR"},
		{"PostgreSQL", live, func(c *config) { c.DatabaseURL = "postgres://cinema:geheim@db.co.ke/cinema" }, ""},
	}
	for _, c := range cases {
		from := c.from
		c.change(&from)
		_, err := from.check()
		if c.want == "" && err != nil ||
			c.want != "" &&
				(err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "geheim")) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestConfigFillsIn(t *testing.T) {
	c := config{
		Addr: ":9000", MpesaEnv: "simulator", BookingRate: "off", Hold: time.Minute, RetryHold: new(time.Minute),
		LogLevel: "debug", QueryRate: 2,
	}
	p, err := c.check()
	if err != nil {
		t.Fatal(err)
	}
	if p.DatabaseURL != "demo.db" || p.BaseURL != "http://localhost:9000" || p.callback != "http://localhost:9000/cb" ||
		!p.simulate || !p.fairUse.Off() {
		t.Errorf("%+v", p)
	}
	c.MpesaEnv, c.BaseURL = "sandbox", "https://cinema.co.ke/"
	c.MpesaConsumerKey, c.MpesaConsumerSecret, c.MpesaPasskey, c.MpesaBusinessShortCode = "key", "secret",
		"passkey", "174379"
	if p, err = c.check(); err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{
		"https://cinema.co.ke:443/": "https://cinema.co.ke", "https://cinema.co.ke:80": "https://cinema.co.ke:80",
		"https://cinema.co.ke:8443": "https://cinema.co.ke:8443",
		"http://cinema.co.ke:80":    "http://cinema.co.ke",
	} {
		d := c
		d.BaseURL = given
		if p, err := d.check(); err != nil || p.BaseURL != want || p.callback != want+"/cb" {
			t.Errorf("%s is %s, %s, %v", given, p.BaseURL, p.callback, err)
		}
	}
	if p.DatabaseURL != "cinemasphere.db" || p.callback != "https://cinema.co.ke/cb" ||
		p.MpesaBaseURL != "https://sandbox.safaricom.co.ke" || p.simulate {
		t.Errorf("%+v", p)
	}
}

// TestWarnings: what may be meant, and may not, is said.
func TestWarnings(t *testing.T) {
	c := config{
		Addr: ":9000", MpesaEnv: "sandbox", BookingRate: "off", Hold: time.Minute, RetryHold: new(time.Minute),
		LogLevel: "info", QueryRate: 2, BaseURL: "https://cinema.co.ke",
	}
	c.MpesaConsumerKey, c.MpesaConsumerSecret, c.MpesaPasskey, c.MpesaBusinessShortCode = "key", "secret",
		"passkey", "174379"
	live := c
	live.MpesaEnv = "production"
	for proxies, want := range map[string]int{"": 1, "127.0.0.1": 0} {
		if live.TrustedProxies = []string{proxies}; proxies == "" {
			live.TrustedProxies = nil
		}
		if p, err := live.check(); err != nil || len(p.warnings) != want {
			t.Errorf("behind %q: %q, %v", proxies, p.warnings, err)
		}
	}
	for key, want := range map[string]int{"": 0, "S3cr": 1, "fifteen letters": 1, "sixteen letters!": 0} {
		short := c
		short.SecretKey = key
		if p, err := short.check(); err != nil || len(p.warnings) != want {
			t.Errorf("SECRET_KEY of %d: %q, %v", len(key), p.warnings, err)
		}
	}
	for given, want := range map[string]string{
		"": "", "https://hooks.co.ke/cb": "", "https://hooks.co.ke/api/mpesa-callback": "",
		"https://hooks.co.ke/m/cb":     "has the path /m/cb",
		"https://hooks.co.ke/callback": "has the path /callback",
		"http://hooks.co.ke/cb":        "would be refused in production",
		"https://mpesa-hooks.co.ke/cb": "would be refused in production",
		"https://x.ngrok-free.app/cb":  "would be refused in production",
	} {
		c.MpesaCallbackURL = given
		p, err := c.check()
		if got := strings.Join(p.warnings, "\n"); err != nil || (got == "") != (want == "") ||
			!strings.Contains(got, want) {
			t.Errorf("%s: %q, %v; want %q", given, got, err, want)
		}
	}
}

// TestResultsGoWhereCallbacksGo: Safaricom may not reach the address that customers use, so all that it sends goes to
// one place.
func TestResultsGoWhereCallbacksGo(t *testing.T) {
	c := config{
		Addr: ":9000", MpesaEnv: "sandbox", BookingRate: "off", Hold: time.Minute, RetryHold: new(time.Minute),
		LogLevel: "info", QueryRate: 2, BaseURL: "https://cinema.co.ke",
	}
	c.MpesaConsumerKey, c.MpesaConsumerSecret, c.MpesaPasskey, c.MpesaBusinessShortCode = "key", "secret",
		"passkey", "174379"
	for given, want := range map[string][2]string{
		"":                        {"https://cinema.co.ke/cb", "https://cinema.co.ke/cb"},
		"https://hooks.co.ke/cb":  {"https://hooks.co.ke/cb", "https://hooks.co.ke/cb"},
		"https://hooks.co.ke/cb/": {"https://hooks.co.ke/cb", "https://hooks.co.ke/cb"},
		"https://hooks.cinema.co.ke:8443/m/cb": {"https://hooks.cinema.co.ke:8443/m/cb",
			"https://hooks.cinema.co.ke:8443/m/cb"},
		"https://hooks.co.ke/from-mpesa":        {"https://hooks.co.ke/from-mpesa", "https://hooks.co.ke/from-mpesa"},
		"https://h.co.ke/api/mpesa-callback":    {"https://h.co.ke/api/mpesa-callback", "https://h.co.ke/cb"},
		"https://h.co.ke/m/api/mpesa-callback/": {"https://h.co.ke/m/api/mpesa-callback", "https://h.co.ke/m/cb"},
	} {
		c.MpesaCallbackURL = given
		p, err := c.check()
		if got := [2]string{p.callback, p.results}; err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", given, got, err, want)
		}
	}
}

// TestBackupSettings: where backups go, and what is refused or warned of.
func TestBackupSettings(t *testing.T) {
	base := config{
		Addr: ":9000", MpesaEnv: "production", BookingRate: "off", Hold: time.Minute, RetryHold: new(time.Minute),
		LogLevel: "info", QueryRate: 2, BaseURL: "https://cinema.co.ke", TrustedProxies: []string{"loopback"},
		MpesaConsumerKey: "key", MpesaConsumerSecret: "secret", MpesaPasskey: "passkey",
		MpesaBusinessShortCode: "174379", DatabaseURL: "/var/lib/cinema/books.db",
	}
	dir := t.TempDir()
	bucket := func(c *config) {
		c.BackupBucket, c.BucketKey, c.BucketSecret = "https://s3.example.com/cinema", "id", "hush"
	}
	const recipient = "age1lqrnng6zudgd4waa4a6eu2jm2vzkgddp60hy9ulqvg479k9rf92s6glarp"
	for name, c := range map[string]struct {
		change   func(*config)
		places   string // with spaces between
		warnings int
		wrong    string // in the error; "" is none
	}{
		"by itself in production": {func(*config) {}, "/var/lib/cinema/backups", 0, ""},
		"not in the sandbox":      {func(c *config) { c.MpesaEnv = "sandbox" }, "", 0, ""},
		"not in the demo":         {func(c *config) { c.MpesaEnv = "simulator" }, "", 0, ""},
		"a folder in the sandbox": {func(c *config) { c.MpesaEnv, c.BackupDir = "sandbox", dir }, dir, 0, ""},
		"off":                     {func(c *config) { c.BackupDir = "off" }, "", 0, ""},
		"off, from a file":        {func(c *config) { c.BackupDir = "/etc/cinema/off" }, "", 0, ""},
		"PostgreSQL":              {func(c *config) { c.DatabaseURL = "postgres://cinema@db/cinema" }, "", 1, ""},
		"PostgreSQL, off": {func(c *config) {
			c.DatabaseURL, c.BackupDir = "postgres://cinema@db/cinema", "off"
		}, "", 0, ""},
		"a bucket too": {func(c *config) { bucket(c); c.BackupRecipients = []string{recipient} },
			"/var/lib/cinema/backups https://s3.example.com/cinema", 0, ""},
		"a bucket alone, to be read": {func(c *config) { bucket(c); c.BackupDir = "off" },
			"https://s3.example.com/cinema", 1, ""},
		"a bucket in the clear": {func(c *config) {
			bucket(c)
			c.BackupDir, c.BackupBucket, c.BackupRecipients = "off", "http://10.0.0.1/cinema", []string{recipient}
		}, "http://10.0.0.1/cinema", 1, ""},
		"no such folder":    {func(c *config) { c.BackupDir = filepath.Join(dir, "none") }, "", 0, "mkdir -m 700"},
		"a bucket's key":    {func(c *config) { bucket(c); c.BucketKey = "" }, "", 0, "belong together"},
		"a key and no more": {func(c *config) { c.BucketKey = "id" }, "", 0, "belong together"},
		"no bucket": {func(c *config) { bucket(c); c.BackupBucket = "https://s3.example.com" }, "", 0,
			"no bucket"},
		"too often": {func(c *config) { c.BackupEvery = new(time.Second) }, "", 0, "BACKUP_EVERY"},
		"never":     {func(c *config) { c.BackupEvery = new(time.Duration) }, "", 0, "BACKUP_EVERY"},
		"every five minutes": {func(c *config) { c.BackupEvery = new(5 * time.Minute) },
			"/var/lib/cinema/backups", 0, ""},
		"keeps what it likes": {func(c *config) { c.BackupKeep = "some" }, "", 0, "BACKUP_KEEP"},
		"a secret key": {func(c *config) { c.BackupRecipients = []string{recipient, "AGE-SECRET-KEY-1QQQ"} }, "", 0,
			"entry 2 is no age public key"},
	} {
		from := base
		c.change(&from)
		p, err := from.check()
		var places []string
		for _, place := range p.backups.Places {
			places = append(places, place.Name())
		}
		if c.wrong == "" && (err != nil || strings.Join(places, " ") != c.places || len(p.warnings) != c.warnings) ||
			c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) ||
			err != nil && (strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "QQQ")) {
			t.Errorf("%s: %q, %q, %v", name, places, p.warnings, err)
		}
	}
}
