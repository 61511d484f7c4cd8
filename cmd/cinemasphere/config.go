package main

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"cinemasphere/handlers/backup"
	"cinemasphere/handlers/https"
	"cinemasphere/handlers/notify"
	"cinemasphere/handlers/watch"
	"cinemasphere/mpesa"
	"cinemasphere/store"
	"cinemasphere/store/fairuse"
)

// config is every setting there is. Each is an environment variable, which may stand in a file .env, and a flag, unless
// it is a secret: see known for the tags.
type config struct {
	Found *settings `kong:"-"` // what was read, and from where; nil is nothing

	Addr                   string          `env:"ADDR" help:"Address to listen on. Default: :443 with DOMAIN, else localhost:8080."`
	Domain                 []string        `env:"DOMAIN" help:"Names of the site, such as cinema.co.ke: the program gets and renews a certificate for each, and needs no proxy. The first is the site's own, others lead to it."`
	HTTPAddr               string          `env:"HTTP_ADDR" name:"http-addr" help:"With DOMAIN: address on which who comes by HTTP is sent on, and the certificates' authority is answered, or off. Default: :80."`
	ACMEDirectory          string          `env:"ACME_DIRECTORY" name:"acme-directory" help:"With DOMAIN: directory of the authority that gives certificates. Default: Let's Encrypt's."`
	CertificateDir         string          `env:"CERTIFICATE_DIR" name:"certificate-dir" path:"file" help:"With DOMAIN: folder of certificates and their keys. Default: certificates beside the database."`
	CertificateKey         string          `env:"CERTIFICATE_KEY" name:"certificate-key" default:"ecdsa" enum:"ecdsa,rsa" help:"With DOMAIN: ecdsa, or rsa where a client does not know that."`
	BaseURL                string          `env:"BASE_URL" name:"base-url" help:"Address that customers use, such as https://cinema.co.ke, without a path. Default: https:// and the first name of DOMAIN; in the demo http:// and ADDR."`
	DatabaseURL            string          `env:"DATABASE_URL" name:"database-url" secret:"address" path:"file" help:"SQLite file, or postgres://user:password@host/database. Default: demo.db in the demo, cinemasphere.db otherwise."`
	MpesaEnv               string          `env:"MPESA_ENV" name:"mpesa-env" help:"simulator (no money moves), sandbox or production."`
	MpesaBaseURL           string          `env:"MPESA_BASE_URL" name:"mpesa-base-url" help:"Overrides the Daraja address that MPESA_ENV implies. With simulator: use that one and start none."`
	MpesaConsumerKey       string          `kong:"-" env:"MPESA_CONSUMER_KEY" secret:"token" help:"Consumer key of your Daraja app."`
	MpesaConsumerSecret    string          `kong:"-" env:"MPESA_CONSUMER_SECRET" secret:"token" help:"Consumer secret of your Daraja app."`
	MpesaPasskey           string          `kong:"-" env:"MPESA_PASSKEY" secret:"token" help:"Passkey of your shortcode."`
	MpesaBusinessShortCode string          `env:"MPESA_BUSINESS_SHORT_CODE" name:"mpesa-business-short-code" help:"Your paybill; for a till, its store (head-office) number."`
	MpesaTillNumber        string          `env:"MPESA_TILL_NUMBER" name:"mpesa-till-number" help:"Your till number, where you have a till."`
	MpesaTransactionType   string          `env:"MPESA_TRANSACTION_TYPE" name:"mpesa-transaction-type" help:"CustomerPayBillOnline or CustomerBuyGoodsOnline. Default: the latter where a till number is set that differs from the short code."`
	MpesaCallbackURL       string          `env:"MPESA_CALLBACK_URL" name:"mpesa-callback-url" help:"Where Safaricom sends all that it tells, where that is not BASE_URL/cb: of prompts to this address with a token, of receipts, refunds and payments without a prompt to addresses below it (for .../api/mpesa-callback, below .../cb)."`
	MpesaInitiatorName     string          `env:"MPESA_INITIATOR_NAME" name:"mpesa-initiator-name" help:"API operator of your shortcode, with the roles Transaction Status and Org Reversals Initiator: lets the program confirm receipts and send refunds."`
	MpesaInitiatorPassword string          `kong:"-" env:"MPESA_INITIATOR_PASSWORD" secret:"token" help:"Its password. M-PESA lets it expire after 90 days."`
	MpesaPasswordDate      string          `env:"MPESA_INITIATOR_PASSWORD_DATE" name:"mpesa-initiator-password-date" help:"The day on which it was chosen, such as 2026-11-30: you are warned after 80 days."`
	MpesaCertificate       string          `env:"MPESA_CERTIFICATE" name:"mpesa-certificate" path:"file" help:"File with Safaricom's certificate for MPESA_ENV, which the password is sealed with."`
	AutoRefund             string          `env:"AUTO_REFUND" name:"auto-refund" default:"off" enum:"on,off" help:"on: what is due back goes back by itself."`
	CheckPaidTickets       string          `env:"CHECK_PAID_TICKETS" name:"check-paid-tickets" default:"on" enum:"on,off" help:"on: in the hour before a film M-PESA is asked whether what its tickets were paid with is still there (needs an initiator)."`
	PullTransactions       string          `env:"PULL_TRANSACTIONS" name:"pull-transactions" default:"off" enum:"on,off" help:"on: look every 10 minutes through M-PESA's own list for money that nothing else told of (paybill only)."`
	QuerySchedule          []time.Duration `env:"QUERY_SCHEDULE" name:"query-schedule" help:"When M-PESA is asked about a prompt it has not told the fate of, after the prompt. Default: 25s, every 10s to 2m, then 3m,5m,10m,30m,2h,24h."`
	QueryRate              float64         `env:"QUERY_RATE" name:"query-rate" default:"2" help:"At most so many questions a second, of all instances together."`
	SecretKey              string          `kong:"-" env:"SECRET_KEY" secret:"text" help:"Signs the tickets' QR codes. Default: made at first start and kept in the database."`
	TrustedProxies         []string        `env:"TRUSTED_PROXIES" name:"trusted-proxies" help:"Proxies whose X-Forwarded-For is believed: addresses, ranges (CIDR), loopback, private, with commas or spaces between. List every proxy of a chain."`
	HSTS                   string          `env:"HSTS" name:"hsts" default:"host" enum:"off,host,subdomains" help:"For whom Strict-Transport-Security speaks, where BASE_URL is https: host is this host alone, subdomains every host below it too, off none."`
	BookingRate            string          `env:"BOOKING_RATE" name:"booking-rate" default:"10" help:"Bookings a minute made by one browser; off lifts all bounds of fair use, for load tests."`
	PartnerKeys            string          `kong:"-" env:"PARTNER_KEYS" secret:"text" help:"Keys of partners for the API, as name:key, separated by commas; 24 characters at least."`
	Hold                   time.Duration   `env:"HOLD" default:"3m" help:"How long seats are held after a prompt."`
	RetryHold              *time.Duration  `env:"RETRY_HOLD" name:"retry-hold" placeholder:"2m" help:"How long seats are held after a payment has failed. Default: 2m, or HOLD where that is shorter."`
	MetricsAddr            string          `env:"METRICS_ADDR" name:"metrics-addr" default:"off" help:"Address of a second listener, with metrics for Prometheus at /metrics, such as localhost:9464; off for none."`
	MetricsPublic          string          `env:"METRICS_PUBLIC" name:"metrics-public" default:"off" enum:"on,off" help:"on: METRICS_ADDR may be one that other machines can reach. Metrics say how much is sold."`
	SentryDSN              string          `kong:"-" env:"SENTRY_DSN" secret:"token" help:"DSN of an error tracker that speaks Sentry's protocol: errors are sent there, without numbers, names, tokens and texts in quotes."`
	SMTPAddr               string          `env:"SMTP_ADDR" name:"smtp-addr" help:"Mail server that customers are written to through, such as smtp.example.com:587. Default: no e-mails."`
	SMTPUsername           string          `env:"SMTP_USERNAME" name:"smtp-username" help:"Name to log in there with."`
	SMTPPassword           string          `kong:"-" env:"SMTP_PASSWORD" secret:"text" help:"Password of that name."`
	MailFrom               string          `env:"MAIL_FROM" name:"mail-from" help:"Sender of e-mails, such as Sunrise Cinema <tickets@sunrise.co.ke>."`
	SMSProvider            string          `env:"SMS_PROVIDER" name:"sms-provider" default:"off" enum:"off,africastalking,reseller" help:"Who sends SMS to customers: africastalking; reseller (the API that Advanta, Celcom and others share); off for nobody."`
	SMSURL                 string          `env:"SMS_URL" name:"sms-url" help:"Address of the SMS service, such as https://quicksms.advantasms.com. Default: Africa's Talking's own."`
	SMSUsername            string          `env:"SMS_USERNAME" name:"sms-username" help:"User name there (africastalking), or partner ID (reseller)."`
	SMSAPIKey              string          `kong:"-" env:"SMS_API_KEY" secret:"token" help:"API key there."`
	SMSSender              string          `env:"SMS_SENDER" name:"sms-sender" help:"Sender ID that SMS come from. Default with africastalking: the one that all share."`
	AlarmEmail             []string        `env:"ALARM_EMAIL" name:"alarm-email" help:"Addresses that alarms go to (needs SMTP_ADDR)."`
	AlarmPhone             []string        `env:"ALARM_PHONE" name:"alarm-phone" help:"Phone numbers that alarms go to (needs SMS_PROVIDER)."`
	BackupDir              string          `env:"BACKUP_DIR" name:"backup-dir" path:"file" help:"Folder that backups go to, or off. Default: backups beside the database in production, where that is an SQLite file; else off."`
	BackupBucket           string          `env:"BACKUP_BUCKET" name:"backup-bucket" help:"Bucket of an S3-like store that backups go to, such as https://s3.eu-west-1.amazonaws.com/bucket/folder."`
	BucketRegion           string          `env:"BACKUP_BUCKET_REGION" name:"backup-bucket-region" help:"Its region. Default: us-east-1."`
	BucketKey              string          `kong:"-" env:"BACKUP_BUCKET_KEY" secret:"token" help:"Access key of the bucket."`
	BucketSecret           string          `kong:"-" env:"BACKUP_BUCKET_SECRET" secret:"token" help:"Secret of that access key."`
	BackupRecipients       []string        `env:"BACKUP_RECIPIENTS" name:"backup-recipients" help:"age public keys that backups are encrypted to. Without the secret key of one of them they cannot be opened."`
	BackupEvery            *time.Duration  `env:"BACKUP_EVERY" name:"backup-every" placeholder:"1h" help:"How old the last backup in a place may be. Default: 1h."`
	BackupKeep             string          `env:"BACKUP_KEEP" name:"backup-keep" help:"Which backups are kept: all of the last hours, and one of each of the last days, weeks and months. Default: 24h,14d,8w,12m."`
	KeepCustomers          string          `env:"KEEP_CUSTOMERS_MONTHS" name:"keep-customers-months" default:"12" help:"Months after a screening for which names, phone numbers, addresses and raw reports of its customers are kept, 1 to 120; off keeps them for ever. What was paid is kept in any case."`
	DataPlace              string          `env:"DATA_PLACE" name:"data-place" help:"Where the server and the backups stand, such as Nairobi, Kenya, as customers read it on /privacy. Default: not said."`
	CallbackSenders        string          `env:"CALLBACK_SENDERS" name:"callback-senders" default:"log" enum:"off,log,refuse" help:"What is done with callbacks from addresses outside Safaricom's three known networks, in sandbox and production: log, where their token is ours; refuse with 403; or off. The token proves them in any case."`
	LogLevel               string          `env:"LOG_LEVEL" name:"log-level" default:"info" enum:"debug,info,warn,error" help:"debug, info, warn or error."`
	LogFormat              string          `env:"LOG_FORMAT" name:"log-format" default:"text" enum:"text,json" help:"text or json."`
}

// plan is a configuration that has been checked and filled in.
type plan struct {
	config
	env        store.Environment
	simulate   bool // start a simulator of our own
	callback   string
	proxies    []netip.Prefix
	fairUse    fairuse.Policy
	partners   map[string]string // keys by name
	results    string            // where M-PESA sends what is not about a push
	credential string            // the initiator's, sealed
	level      slog.Level
	retryHold  time.Duration
	https      *https.Config // how certificates are had; nil where a proxy has them
	password   *time.Time    // since when the initiator has its password; nil where that is not known
	backups    backup.Config // where they go, and which are kept
	mail       notify.Mailer // nil where no e-mails are sent
	sms        notify.Texter // nil where no SMS are sent
	alarmed    []string      // MSISDNs that alarms go to
	keep       int           // months after a screening for which its customers are kept; 0 is for ever
	warnings   []string      // of settings that may not be what is meant
}

// mostMonths is how many months customers may be kept for.
const mostMonths = 120

// shortestSecretKey is how many characters a key needs that nobody is to guess.
const shortestSecretKey = 16

// Credentials of the demo's own Daraja. They open nothing else.
const (
	demoKey, demoSecret, demoPasskey = "demo-key", "demo-secret", "demo-passkey"
	demoShortcode                    = "600100"
	demoInitiator, demoCredential    = "demo-initiator", "ZGVtbw=="
)

// Help lists for kong the settings that are no flags.
func (config) Help() string {
	var text strings.Builder
	text.WriteString(
		"These are secrets, and no flags. They come from the environment or .env, each also as NAME_FILE, a file " +
			"that holds it:\n\n")
	for _, k := range knownSettings() {
		if !k.hasFlag() {
			fmt.Fprintf(&text, "  %s: %s\n", k.name, reflect.TypeFor[config]().Field(k.index).Tag.Get("help"))
		}
	}
	return text.String()
}

// check fills in what follows from other settings and names every setting that is missing or contradicts another.
func (c config) check() (plan, error) {
	p := plan{config: c}
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	p.fillDomain(fail)
	if err := p.chooseEnvironment(); err != nil {
		return p, err
	}
	if p.env == store.Simulator {
		p.fillDemo(fail)
	} else {
		p.checkEnvironment(fail)
	}
	setDefault(&p.DatabaseURL, c.defaultDatabase())
	p.checkAddresses(fail)
	p.checkDomain(fail)
	p.checkInitiator(fail)
	p.checkDaraja(fail)
	p.checkRest(fail)
	p.checkBackups(fail)
	p.checkMessages(fail)
	return p, errors.Join(errs...)
}

// mpesaSettings lists the M-PESA settings that are given, by name.
func (c *config) mpesaSettings() (given, missing []string) {
	for _, s := range []struct{ name, value string }{
		{"MPESA_CONSUMER_KEY", c.MpesaConsumerKey}, {"MPESA_CONSUMER_SECRET", c.MpesaConsumerSecret},
		{"MPESA_PASSKEY", c.MpesaPasskey}, {"MPESA_BUSINESS_SHORT_CODE", c.MpesaBusinessShortCode},
	} {
		if s.value != "" {
			given = append(given, s.name)
		} else {
			missing = append(missing, s.name)
		}
	}
	return given, missing
}

// chooseEnvironment takes MPESA_ENV, or the demo where nothing at all points to real use.
func (p *plan) chooseEnvironment() error {
	switch p.MpesaEnv {
	case "simulator", "sandbox", "production":
		p.env = store.Environment(p.MpesaEnv)
		return nil
	case "":
	default:
		return fmt.Errorf("MPESA_ENV is %q: it must be simulator, sandbox or production", p.MpesaEnv)
	}
	given, _ := p.mpesaSettings()
	for _, s := range []struct{ name, value string }{
		{"MPESA_TILL_NUMBER", p.MpesaTillNumber}, {"MPESA_TRANSACTION_TYPE", p.MpesaTransactionType},
		{"MPESA_CALLBACK_URL", p.MpesaCallbackURL}, {"MPESA_BASE_URL", p.MpesaBaseURL},
		{"MPESA_INITIATOR_NAME", p.MpesaInitiatorName}, {"DATABASE_URL", p.DatabaseURL},
	} {
		if s.value != "" {
			given = append(given, s.name)
		}
	}
	if p.Found != nil && (len(p.Found.inFiles) > 0 || p.Found.strange) {
		given = append(given, strings.Join(append(p.Found.inFiles, p.Found.files...), ", "))
	}
	if p.Found != nil && len(p.Found.passed) > 0 {
		given = append(given, strings.Join(p.Found.passed, ", ")+" (which is not read)")
	}
	if len(p.Domain) > 0 {
		given = append(given, "DOMAIN")
	} else if !loopback(p.Addr) {
		given = append(given, "ADDR="+p.Addr)
	}
	if len(given) > 0 {
		return fmt.Errorf("MPESA_ENV is not set, but %s is: set MPESA_ENV to simulator, sandbox or production",
			strings.Join(given, ", "))
	}
	p.env = store.Simulator
	return nil
}

func (p *plan) fillDemo(fail func(string, ...any)) {
	p.simulate = p.MpesaBaseURL == ""
	setDefault(&p.MpesaConsumerKey, demoKey)
	setDefault(&p.MpesaConsumerSecret, demoSecret)
	setDefault(&p.MpesaPasskey, demoPasskey)
	setDefault(&p.MpesaBusinessShortCode, demoShortcode)
	if p.MpesaInitiatorPassword == "" && p.MpesaCertificate == "" {
		setDefault(&p.MpesaInitiatorName, demoInitiator)
		p.credential = demoCredential
	}
	setDefault(&p.BaseURL, "http://"+localAddr(p.Addr))
}

// checkEnvironment looks whether the settings are there that the sandbox and production need.
func (p *plan) checkEnvironment(fail func(string, ...any)) {
	if _, missing := p.mpesaSettings(); len(missing) > 0 {
		fail("MPESA_ENV is %s, but %s is not set", p.env, strings.Join(missing, ", "))
	}
	if p.BaseURL == "" {
		fail("MPESA_ENV is %s, but BASE_URL is not set, and neither is DOMAIN: customers need an address", p.env)
	}
	setDefault(&p.MpesaBaseURL, p.daraja())
	if p.env == store.Production && !strings.HasPrefix(strings.ToLower(p.MpesaBaseURL), "https://") {
		fail("MPESA_BASE_URL must be https in production")
	}
}

// checkDaraja looks at what the client of Daraja will be made of, as that does, and whether its address is of the
// environment.
func (p *plan) checkDaraja(fail func(string, ...any)) {
	if mpesa.IsSafaricom(p.MpesaBaseURL) && p.daraja() != mpesa.DarajaOf(p.MpesaBaseURL) {
		fail("MPESA_BASE_URL is Safaricom's, but not the one of MPESA_ENV %s", p.env)
	}
	cfg := p.client()
	if p.simulate {
		cfg.BaseURL = "http://localhost" // of the simulator that will be started
	}
	names := map[string]string{
		"BaseURL": "MPESA_BASE_URL", "ConsumerKey": "MPESA_CONSUMER_KEY", "ConsumerSecret": "MPESA_CONSUMER_SECRET",
		"Passkey":       "MPESA_PASSKEY",
		"InitiatorName": "MPESA_INITIATOR_NAME", "Shortcode": "MPESA_BUSINESS_SHORT_CODE", "Till": "MPESA_TILL_NUMBER",
		"TransactionType": "MPESA_TRANSACTION_TYPE",
	}
	_, missing := p.mpesaSettings()
	for _, wrong := range mpesa.ConfigErrors(cfg) {
		if name := cmp.Or(names[wrong.Field], wrong.Field); !slices.Contains(missing, name) {
			fail("%s %s", name, wrong.Problem)
		}
	}
}

// daraja is the address of Daraja that MPESA_ENV stands for, "" for the simulator.
func (p *plan) daraja() string {
	switch p.env {
	case store.Production:
		return mpesa.Production
	case store.Sandbox:
		return mpesa.Sandbox
	case store.Simulator:
	}
	return ""
}

// checkAddresses looks at the addresses that others will use.
func (p *plan) checkAddresses(fail func(string, ...any)) {
	p.BaseURL = strings.TrimRight(p.BaseURL, "/")
	if p.BaseURL != "" && !p.checkBaseURL(fail) {
		return
	}
	p.callback = strings.TrimRight(p.MpesaCallbackURL, "/")
	name := "MPESA_CALLBACK_URL"
	if p.callback == "" && p.BaseURL != "" {
		name, p.callback = "BASE_URL", p.BaseURL+"/cb"
		if len(p.Domain) > 0 {
			name = "DOMAIN"
		}
	}
	p.results = p.callback
	before, article := strings.CutSuffix(p.callback, "/api/mpesa-callback")
	if article { // which answers of prompts alone have
		p.results = before + "/cb"
	}
	if p.callback == "" {
		return
	}
	if err := mpesa.CheckCallbackURL(p.callback, p.daraja()); err != nil {
		if article && mpesa.CheckCallbackURL(p.results, p.daraja()) == nil {
			err = fmt.Errorf("%w; %s leads to the same", err, p.results)
		}
		fail("%s is the address that Safaricom sends to, but %w", name, err)
		return
	}
	if err := mpesa.CheckCallbackURL(p.results, mpesa.Production); err != nil && p.env == store.Sandbox {
		p.warnings = append(p.warnings, name+" would be refused in production, and by C2B perhaps today: "+err.Error())
	}
	p.checkCallbackPath(fail)
}

// checkBaseURL looks at the address that customers use, and reports whether it is one.
func (p *plan) checkBaseURL(fail func(string, ...any)) bool {
	err := mpesa.CheckCallbackURL(p.BaseURL, "")
	u, err2 := url.Parse(p.BaseURL)
	switch {
	case err != nil || err2 != nil:
		fail("BASE_URL must be a whole address such as https://cinema.co.ke: %w", cmp.Or(err, err2))
		return false
	case u.Path != "":
		fail("BASE_URL must have no path: the pages are at the root of a host of their own, such as %s://%s", u.Scheme,
			u.Host)
		return false
	case p.env == store.Production && u.Scheme != "https":
		fail("BASE_URL must be https in production")
	case p.env != store.Simulator && loopback(u.Host):
		fail("BASE_URL is %s, which Safaricom cannot reach", u.Host)
	default:
		// Browsers leave it out, and what they send is compared with this.
		defaultPort := map[string]string{"https": ":443", "http": ":80"}[u.Scheme]
		p.BaseURL = strings.TrimSuffix(p.BaseURL, defaultPort)
		return true
	}
	return false
}

// checkCallbackPath compares the path that Safaricom is to call with those that there are.
func (p *plan) checkCallbackPath(fail func(string, ...any)) {
	u, err := url.Parse(p.callback)
	switch {
	case err != nil || u.Path == "/cb" || u.Path == "/api/mpesa-callback":
	case u.Path == "":
		fail("MPESA_CALLBACK_URL has no path: callbacks are taken at %s/cb", p.callback)
	default:
		p.warnings = append(p.warnings,
			fmt.Sprintf("MPESA_CALLBACK_URL has the path %s: callbacks are taken at /cb and "+
				"/api/mpesa-callback alone, so that a proxy before the program must make one of them of it", u.Path))
	}
}

// checkInitiator seals the initiator's password, where there is one.
func (p *plan) checkInitiator(fail func(string, ...any)) {
	if p.MpesaInitiatorName == "" {
		if p.MpesaInitiatorPassword != "" || p.MpesaCertificate != "" {
			fail("MPESA_INITIATOR_NAME is not set, but MPESA_INITIATOR_PASSWORD or MPESA_CERTIFICATE is")
		}
		if p.AutoRefund == "on" {
			fail(
				"AUTO_REFUND is on, but MPESA_INITIATOR_NAME is not set: M-PESA takes Reversals from an initiator only")
		}
		return
	}
	if p.credential != "" {
		return
	}
	if p.MpesaInitiatorPassword == "" || p.MpesaCertificate == "" {
		fail("MPESA_INITIATOR_NAME is set, but MPESA_INITIATOR_PASSWORD or MPESA_CERTIFICATE is not")
		return
	}
	certificate, err := os.ReadFile(p.MpesaCertificate)
	if err != nil {
		fail("MPESA_CERTIFICATE: %w", err)
		return
	}
	if p.credential, err = mpesa.SecurityCredential(p.MpesaInitiatorPassword, certificate, rand.Reader); err != nil {
		fail("MPESA_CERTIFICATE or MPESA_INITIATOR_PASSWORD: %w", err)
	}
}

func (p *plan) checkRest(fail func(string, ...any)) {
	if _, port, err := net.SplitHostPort(p.Addr); err != nil || port == "" || strings.Contains(p.Addr, "/") {
		fail("ADDR must be a host and a port, such as localhost:8080, or :8080 for all networks")
	} else if n, err := strconv.Atoi(port); err == nil && (n < 0 || n > 65535) {
		fail("ADDR: the port must be 0 to 65535")
	}
	if p.MpesaTransactionType == mpesa.BuyGoods && p.MpesaTillNumber == "" {
		fail("MPESA_TRANSACTION_TYPE is %s, but MPESA_TILL_NUMBER is not set", mpesa.BuyGoods)
	}
	var wrong []string
	if p.proxies, wrong = parseProxies(p.TrustedProxies); len(wrong) > 0 {
		fail("TRUSTED_PROXIES: %q is no address, no range such as 10.0.0.0/8, and neither loopback nor private", wrong)
	}
	if p.SecretKey != "" && len(p.SecretKey) < shortestSecretKey {
		p.warnings = append(p.warnings,
			fmt.Sprintf("SECRET_KEY is short: whoever guesses it can make tickets that look valid. "+
				"Use %d characters at least, or leave it out", shortestSecretKey))
	}
	if p.env == store.Production && len(p.proxies) == 0 && len(p.Domain) == 0 {
		p.warnings = append(p.warnings, "TRUSTED_PROXIES is not set: BASE_URL is https, so that a proxy with the "+
			"certificate must be before the program, and without its address here all customers count as one")
	}
	if p.BookingRate != "off" {
		n, err := strconv.Atoi(p.BookingRate)
		if err != nil || n < 1 || n > mostBookings {
			fail("BOOKING_RATE is %q: it must be 1 to %d bookings a minute, or off", p.BookingRate, mostBookings)
		}
		p.fairUse.PerMinute = n
	}
	if p.KeepCustomers != "off" && p.KeepCustomers != "" {
		n, err := strconv.Atoi(p.KeepCustomers)
		if err != nil || n < 1 || n > mostMonths {
			fail("KEEP_CUSTOMERS_MONTHS is %q: it must be 1 to %d months, or off", p.KeepCustomers, mostMonths)
		}
		p.keep = n
	}
	if err := p.readPartners(); err != nil {
		fail("PARTNER_KEYS: %w", err)
	}
	p.checkTimes(fail)
	p.checkWatching(fail)
	if err := p.level.UnmarshalText([]byte(p.LogLevel)); err != nil {
		fail("LOG_LEVEL: %w", err)
	}
}

// checkWatching looks at the settings of metrics, errors and alarms.
func (p *plan) checkWatching(fail func(string, ...any)) {
	if p.MetricsAddr != "off" && p.MetricsAddr != "" {
		_, port, err := net.SplitHostPort(p.MetricsAddr)
		if n, err2 := strconv.ParseUint(port, 10, 16); err != nil || err2 != nil || n > 65535 {
			fail("METRICS_ADDR must be a host and a port, such as localhost:9464, or off")
		} else if !loopback(p.MetricsAddr) && p.MetricsPublic != "on" {
			fail("METRICS_ADDR is %s, which other machines can reach, and metrics say how much is sold: set it to "+
				"localhost:%s, or METRICS_PUBLIC to on where a firewall keeps strangers out", p.MetricsAddr, port)
		}
	}
	if err := watch.CheckDSN(p.SentryDSN); err != nil {
		fail("SENTRY_DSN %w", err)
	}
	if p.MpesaPasswordDate == "" {
		return
	}
	day, err := time.ParseInLocation(time.DateOnly, p.MpesaPasswordDate, mpesa.InNairobi(time.Time{}).Location())
	switch {
	case err != nil:
		fail("MPESA_INITIATOR_PASSWORD_DATE must be a day, such as 2026-11-30")
	case p.MpesaInitiatorName == "" && p.env != store.Simulator:
		fail("MPESA_INITIATOR_PASSWORD_DATE is set, but MPESA_INITIATOR_NAME is not")
	default:
		p.password = &day
	}
}

// mostBookings is more a minute than a browser can make.
const mostBookings = 100_000

// checkTimes looks at the settings that are times and rates. Each comparison is one that no number passes which is
// none.
func (p *plan) checkTimes(fail func(string, ...any)) {
	last := time.Duration(0)
	for _, at := range p.QuerySchedule {
		if at < time.Second || at > 7*24*time.Hour || at <= last {
			fail("QUERY_SCHEDULE must be times of 1s to 168h that grow, such as 25s,1m,5m")
			break
		}
		last = at
	}
	if !(p.QueryRate >= 0.01 && p.QueryRate <= 100) {
		fail("QUERY_RATE must be 0.01 to 100 questions a second")
	}
	p.retryHold = min(2*time.Minute, p.Hold)
	if p.RetryHold != nil {
		p.retryHold = *p.RetryHold
	}
	if p.Hold < time.Second || p.Hold > 15*time.Minute || p.retryHold < time.Second || p.retryHold > p.Hold {
		fail("HOLD must be 1s to 15m, and RETRY_HOLD 1s to HOLD")
	}
}

// shortestPartnerKey is how long a key must be that nobody can guess.
const shortestPartnerKey = 24

// readPartners reads PARTNER_KEYS. Its errors name partners by their place alone: a name may be a key in the wrong
// place.
func (p *plan) readPartners() error {
	p.partners = map[string]string{}
	keys := map[string]bool{}
	for i, pair := range strings.Split(p.PartnerKeys, ",") {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		name, key, found := strings.Cut(pair, ":")
		name, key = strings.TrimSpace(name), strings.TrimSpace(key)
		visible := !strings.ContainsFunc(name+key, func(r rune) bool { return r <= ' ' || r > '~' })
		switch {
		case !found || name == "" || !visible:
			return fmt.Errorf("entry %d must be name:key, of visible ASCII characters", i+1)
		case len(key) < shortestPartnerKey:
			return fmt.Errorf("the key of entry %d has fewer than %d characters", i+1, shortestPartnerKey)
		case p.partners[name] != "" || keys[key]:
			return fmt.Errorf("entry %d has the name or the key of another", i+1)
		}
		p.partners[name], keys[key] = key, true
	}
	return nil
}

func setDefault(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || (err == nil && ip.IsLoopback())
}

// localAddr is how this machine reaches a listening address.
func localAddr(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip, err := netip.ParseAddr(host); host == "" || (err == nil && ip.IsUnspecified()) {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
