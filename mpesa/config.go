package mpesa

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
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
	Tokens Tokens
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

// New checks cfg and makes a Client. It makes no call.
func New(cfg Config) (*Client, error) {
	base, err := checkBaseURL(cfg.BaseURL)
	if err != nil {
		return nil, err
	}
	cfg.BaseURL = base
	if err := cfg.check(); err != nil {
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

func (cfg *Config) check() error {
	for _, field := range []struct{ name, value string }{
		{"consumer key", cfg.ConsumerKey},
		{"consumer secret", cfg.ConsumerSecret},
		{"passkey", cfg.Passkey},
	} {
		if field.value == "" {
			return fmt.Errorf("mpesa: %s is missing", field.name)
		}
		if strings.TrimSpace(field.value) != field.value {
			return fmt.Errorf("mpesa: %s begins or ends with a space", field.name)
		}
	}
	if strings.TrimSpace(cfg.InitiatorName) != cfg.InitiatorName {
		return errors.New("mpesa: initiator name begins or ends with a space")
	}
	if strings.ContainsAny(cfg.SecurityCredential, "\r\n") || !isBase64(cfg.SecurityCredential) {
		return errors.New("mpesa: security credential is not base64 in one line: make it with SecurityCredential")
	}
	if strings.Contains(cfg.ConsumerKey, ":") {
		return errors.New("mpesa: consumer key must not contain a colon")
	}
	if !shortcodeForm.MatchString(cfg.Shortcode) {
		return errors.New("mpesa: shortcode must have 5 to 7 digits")
	}
	if cfg.Till != "" && !tillForm.MatchString(cfg.Till) {
		return errors.New("mpesa: till must be a number of 4 to 10 digits")
	}
	switch cfg.TransactionType {
	case "", PayBill, BuyGoods:
	default:
		return fmt.Errorf("mpesa: transaction type must be %s or %s", PayBill, BuyGoods)
	}
	if cfg.Timeout < 0 {
		return errors.New("mpesa: timeout is negative")
	}
	return nil
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

func checkBaseURL(text string) (string, error) {
	base, err := url.Parse(text)
	if err != nil || base.Hostname() == "" || base.Scheme != "http" && base.Scheme != "https" {
		return "", errors.New("mpesa: base URL must be http:// or https:// and a host")
	}
	if base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return "", errors.New("mpesa: base URL must have no user, query or fragment")
	}
	return strings.TrimRight(base.String(), "/"), nil
}

// NewTransport makes a transport for Daraja with 512 idle connections per host:
// the usual two use up the ports under load. It speaks HTTP/1.1, where a request
// that failed tells whether it can have been written, and drops idle connections
// after 30 s, before the far side does: a push written to a connection that was
// closed meanwhile is ambiguous. It uses no proxy; set Proxy to have one.
func NewTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		DialContext:           dialer.DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		MaxIdleConns:          0,
		MaxIdleConnsPerHost:   512,
		IdleConnTimeout:       30 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}
