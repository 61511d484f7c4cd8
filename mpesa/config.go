package mpesa

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// The addresses of Daraja.
const (
	Production = "https://api.safaricom.co.ke"
	Sandbox    = "https://sandbox.safaricom.co.ke"
)

// The two transaction types of STK Push.
const (
	PayBill  = "CustomerPayBillOnline"
	BuyGoods = "CustomerBuyGoodsOnline"
)

// The bounds of one payment in whole shillings (documented).
const (
	MinAmount = 1
	MaxAmount = 250_000
)

const defaultTimeout = 30 * time.Second

// Config is what a Client needs to know.
type Config struct {
	// BaseURL is Production, Sandbox or the address of a simulator.
	BaseURL                              string
	ConsumerKey, ConsumerSecret, Passkey string
	// Shortcode is the paybill, or for a till the store (head-office) number.
	Shortcode string
	// Till is PartyB for buy goods; it may be empty.
	Till string
	// TransactionType is PayBill or BuyGoods. Empty means BuyGoods where Till is
	// set and differs from Shortcode, else PayBill.
	TransactionType string
	// InitiatorName is the API operator of the shortcode, and SecurityCredential that
	// operator's password as the function SecurityCredential makes it. Only
	// TransactionStatus and Reverse need them. An operator's password ends after 90
	// days (documented).
	InitiatorName, SecurityCredential string
	// PhoneAsNumber writes PartyA and PhoneNumber as JSON numbers. Strings are
	// documented and work in the sandbox; one production user needed numbers.
	PhoneAsNumber bool
	// Tokens shares the access token with other processes that use the same app. nil
	// keeps it in this one.
	Tokens TokenStore
	// Transport is NewTransport() where nil.
	Transport http.RoundTripper
	// Now is time.Now where nil.
	Now func() time.Time
	// Timeout bounds one call, log-in included: 30 s where 0.
	Timeout time.Duration
}

// Client is a Daraja client for one set of credentials; safe for concurrent use.
// Keep one per process, and one process per app unless they have Config.Tokens: a
// second one may knock the first one's token out.
type Client struct {
	cfg    Config
	partyB string
	http   *http.Client
	tokens *tokens
}

var (
	shortcodeForm = regexp.MustCompile(`^[1-9][0-9]{4,6}$`)
	tillForm      = regexp.MustCompile(`^[0-9]{4,10}$`)
)

// ConfigError says what is wrong with one field of a Config. It never holds the field's value.
type ConfigError struct {
	Field   string // the name that it has in Config
	Problem string
}

// Error names the field and what is wrong with it.
func (e *ConfigError) Error() string { return "mpesa: " + e.Field + " " + e.Problem }

// New checks cfg and makes a Client. It makes no call. Its error joins a *ConfigError for each field that is wrong.
func New(cfg Config) (*Client, error) {
	var errs []error
	for _, wrong := range cfg.check() {
		errs = append(errs, wrong)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	cfg.fillIn()
	c := &Client{
		cfg:    cfg,
		partyB: cfg.Shortcode,
		http: &http.Client{
			Transport: cfg.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			},
		},
	}
	if cfg.TransactionType == BuyGoods && cfg.Till != "" {
		c.partyB = cfg.Till
	}
	c.tokens = &tokens{fetch: c.fetchToken, shared: cfg.Tokens, now: cfg.Now, timeout: cfg.Timeout / 2}
	return c, nil
}

// ConfigErrors lists what is wrong with cfg, as New finds it.
func ConfigErrors(cfg Config) []*ConfigError { return cfg.check() }

func (cfg *Config) check() (errs []*ConfigError) {
	wrong := func(field, problem string) { errs = append(errs, &ConfigError{field, problem}) }
	base, err := CheckBaseURL(cfg.BaseURL)
	if err != nil {
		wrong("BaseURL", "is no address of a Daraja: "+err.Error())
	}
	cfg.BaseURL = base
	for _, f := range []struct{ name, value string }{
		{"ConsumerKey", cfg.ConsumerKey}, {"ConsumerSecret", cfg.ConsumerSecret}, {"Passkey", cfg.Passkey},
	} {
		if f.value == "" {
			wrong(f.name, "is missing")
		} else if problem := pasted(f.value); problem != "" {
			wrong(f.name, problem)
		}
	}
	if problem := pasted(cfg.InitiatorName); problem != "" {
		wrong("InitiatorName", problem)
	}
	if strings.Contains(cfg.ConsumerKey, ":") {
		wrong("ConsumerKey", "must not contain a colon")
	}
	if strings.ContainsAny(cfg.Passkey, "\"'`") {
		wrong("Passkey", "has a quote in it")
	}
	if strings.ContainsAny(cfg.SecurityCredential, "\r\n") || !isBase64(cfg.SecurityCredential) {
		wrong("SecurityCredential", "is not base64 in one line: make it with SecurityCredential")
	}
	if !shortcodeForm.MatchString(cfg.Shortcode) {
		wrong("Shortcode", "must be a number of 5 to 7 digits")
	}
	if cfg.Till != "" && !tillForm.MatchString(cfg.Till) {
		wrong("Till", "must be a number of 4 to 10 digits")
	}
	switch cfg.TransactionType {
	case "", PayBill, BuyGoods:
	default:
		wrong("TransactionType", "must be "+PayBill+" or "+BuyGoods)
	}
	if cfg.Timeout < 0 {
		wrong("Timeout", "is negative")
	}
	return errs
}

// pasted says what a credential has in it that none has, and that comes with it when it is copied from a page.
func pasted(value string) string {
	for _, r := range value {
		switch {
		case r == ' ' || r == '\t':
			return "has a space in it"
		case r < ' ' || r == 0x7f:
			return "has a control character in it, such as a line break"
		case r > 0x7f:
			return fmt.Sprintf("has a character in it that is not ASCII (%U)", r)
		}
	}
	return ""
}

func (cfg *Config) fillIn() {
	if cfg.TransactionType == "" {
		cfg.TransactionType = PayBill
		if cfg.Till != "" && cfg.Till != cfg.Shortcode {
			cfg.TransactionType = BuyGoods
		}
	}
	if cfg.Transport == nil {
		cfg.Transport = NewTransport()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
}

func isBase64(text string) bool {
	_, err := base64.StdEncoding.DecodeString(text)
	return err == nil
}

// NewTransport makes a transport for Daraja with 512 idle connections per host:
// the usual two use up the ports under load. It speaks HTTP/1.1, where a request
// that failed tells whether it can have been written, and drops idle connections
// after 30 s, before the far side does: a push written to a connection that was
// closed meanwhile is ambiguous. It goes through the proxy that the environment
// names (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), but to a loopback address directly. A
// call that the proxy did not connect was never sent.
func NewTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		MaxIdleConns:          0,
		MaxIdleConnsPerHost:   512,
		IdleConnTimeout:       30 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}
