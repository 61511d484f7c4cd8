package mpesa

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testKey     = "consumer-key-of-the-test"
	testSecret  = "consumer-secret-of-the-test"
	testPasskey = "bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919"
	testPhone   = MSISDN("254708374149")
	accepted    = `{"MerchantRequestID":"2654-4b64-97ff-b827b542881d3130",` +
		`"CheckoutRequestID":"ws_CO_100720240915261708374149","ResponseCode":"0",` +
		`"ResponseDescription":"Success. Request accepted for processing",` +
		`"CustomerMessage":"Success. Request accepted for processing"}`
	goodLogin = `{"access_token":"c9SQxWWhmdVRlyh0zh8gZDTkubVF","expires_in":"3599"}`
)

// testNow is 09:15:26 on 10 July 2024 in Nairobi.
var testNow = time.Date(2024, 7, 10, 6, 15, 26, 0, time.UTC)

type reply struct {
	status int
	body   string
	err    error
	mime   string
}

// fakeDaraja is a transport that plays replies per path, the last one for ever.
type fakeDaraja struct {
	mu       sync.Mutex
	logins   []reply
	answers  []reply
	requests []*http.Request
	bodies   []string
}

func (f *fakeDaraja) RoundTrip(req *http.Request) (*http.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
	}
	f.requests, f.bodies = append(f.requests, req), append(f.bodies, string(body))
	queue := &f.answers
	if strings.HasPrefix(req.URL.Path, "/oauth/") {
		queue = &f.logins
	}
	next := (*queue)[0]
	if len(*queue) > 1 {
		*queue = (*queue)[1:]
	}
	if next.err != nil {
		return nil, next.err
	}
	if next.mime == "" {
		next.mime = "application/json"
	}
	return &http.Response{
		StatusCode: next.status,
		Header:     http.Header{"Content-Type": {next.mime}, "Location": {"https://elsewhere.example/"}},
		Body:       io.NopCloser(strings.NewReader(next.body)), Request: req,
	}, nil
}

func (f *fakeDaraja) count(prefix string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, req := range f.requests {
		if strings.HasPrefix(req.URL.Path, prefix) {
			n++
		}
	}
	return n
}

func testConfig(transport http.RoundTripper) Config {
	return Config{
		BaseURL: "https://daraja.example", ConsumerKey: testKey, ConsumerSecret: testSecret, Passkey: testPasskey,
		Shortcode: "174379", Transport: transport, Now: func() time.Time { return testNow },
	}
}

func newTestClient(t testing.TB, cfg Config) *Client {
	t.Helper()
	client, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func testPush() Push {
	return Push{
		Amount: 1350, Phone: testPhone, CallbackURL: "https://cinema.example/cb/t0k3n/a=1&b=2", Reference: "B7K2M9",
		Description: "2 tickets",
	}
}

// answering makes a client whose every call but the log-in gets r.
func answering(t testing.TB, r reply) (*Client, *fakeDaraja) {
	fake := &fakeDaraja{logins: []reply{{status: 200, body: goodLogin}}, answers: []reply{r}}
	return newTestClient(t, testConfig(fake)), fake
}

func TestSTKPushRequest(t *testing.T) {
	const password = "MTc0Mzc5YmZiMjc5ZjlhYTliZGJjZjE1OGU5N2RkNzFhNDY3Y2QyZTBjODkzMDU5YjEwZjc4ZTZiNzJhZGExZWQyYzkxOTI" +
		"wMjQwNzEwMDkxNTI2"
	plain, err := base64.StdEncoding.DecodeString(password)
	if err != nil || string(plain) != "174379"+testPasskey+"20240710091526" {
		t.Fatalf("the golden password is %q, %v", plain, err)
	}
	for name, test := range map[string]struct {
		change func(*Config, *Push)
		want   string
	}{
		"paybill": {func(*Config, *Push) {},
			`{"BusinessShortCode":174379,"Password":"` + password +
				`","Timestamp":"20240710091526","TransactionType":"CustomerPayBillOnline","Amount":"1350",` +
				`"PartyA":"254708374149","PartyB":"174379","PhoneNumber":"254708374149",` +
				`"CallBackURL":"https://cinema.example/cb/t0k3n/a=1&b=2","AccountReference":"B7K2M9",` +
				`"TransactionDesc":"2 tickets"}`},
		"till, long texts": {func(c *Config, p *Push) {
			c.Till, p.Reference, p.Description = "5123456", "Tom & Jerry's #1 film", ""
		},
			`{"BusinessShortCode":174379,"Password":"` + password +
				`","Timestamp":"20240710091526","TransactionType":"CustomerBuyGoodsOnline","Amount":"1350",` +
				`"PartyA":"254708374149","PartyB":"5123456","PhoneNumber":"254708374149",` +
				`"CallBackURL":"https://cinema.example/cb/t0k3n/a=1&b=2","AccountReference":"Tom Jerrys 1",` +
				`"TransactionDesc":"Payment"}`},
		"phone as number": {func(c *Config, p *Push) { c.PhoneAsNumber = true },
			`{"BusinessShortCode":174379,"Password":"` + password +
				`","Timestamp":"20240710091526","TransactionType":"CustomerPayBillOnline","Amount":"1350",` +
				`"PartyA":254708374149,"PartyB":"174379","PhoneNumber":254708374149,` +
				`"CallBackURL":"https://cinema.example/cb/t0k3n/a=1&b=2","AccountReference":"B7K2M9",` +
				`"TransactionDesc":"2 tickets"}`},
	} {
		t.Run(name, func(t *testing.T) {
			fake := &fakeDaraja{
				logins: []reply{{status: 200, body: goodLogin}}, answers: []reply{{status: 200, body: accepted}},
			}
			cfg, push := testConfig(fake), testPush()
			test.change(&cfg, &push)
			answer, err := newTestClient(t, cfg).STKPush(t.Context(), push)
			if err != nil {
				t.Fatal(err)
			}
			if answer.CheckoutRequestID != "ws_CO_100720240915261708374149" ||
				answer.MerchantRequestID != "2654-4b64-97ff-b827b542881d3130" ||
				answer.CustomerMessage != "Success. Request accepted for processing" ||
				answer.ResponseDescription != answer.CustomerMessage {
				t.Errorf("answer %+v", answer)
			}
			login, sent := fake.requests[0], fake.requests[1]
			if key, secret, _ := login.BasicAuth(); login.Method != "GET" ||
				login.URL.String() != "https://daraja.example/oauth/v1/generate?grant_type=client_credentials" ||
				key != testKey || secret != testSecret {
				t.Errorf("log-in %s %s as %s", login.Method, login.URL, key)
			}
			if sent.Method != "POST" || sent.URL.String() != "https://daraja.example/mpesa/stkpush/v1/processrequest" ||
				sent.Header.Get("Authorization") != "Bearer c9SQxWWhmdVRlyh0zh8gZDTkubVF" ||
				sent.Header.Get("Content-Type") != "application/json" {
				t.Errorf("push %s %s %v", sent.Method, sent.URL, sent.Header)
			}
			if fake.bodies[1] != test.want {
				t.Errorf("body\n%s\nwant\n%s", fake.bodies[1], test.want)
			}
		})
	}
}

func TestSTKPushChecksItsInput(t *testing.T) {
	client, fake := answering(t, reply{status: 200, body: accepted})
	for name, change := range map[string]func(*Push){
		"no amount":        func(p *Push) { p.Amount = 0 },
		"negative amount":  func(p *Push) { p.Amount = -1 },
		"too much":         func(p *Push) { p.Amount = MaxAmount + 1 },
		"no phone":         func(p *Push) { p.Phone = "" },
		"local phone":      func(p *Push) { p.Phone = "0708374149" },
		"landline":         func(p *Push) { p.Phone = "254201234567" },
		"no callback":      func(p *Push) { p.CallbackURL = "" },
		"relative":         func(p *Push) { p.CallbackURL = "/cb/1" },
		"placeholder":      func(p *Push) { p.CallbackURL = "https://<host>/cb" },
		"space in address": func(p *Push) { p.CallbackURL = "https://cinema.example/c b" },
		"other scheme":     func(p *Push) { p.CallbackURL = "ftp://cinema.example/" },
	} {
		push := testPush()
		change(&push)
		_, err := client.STKPush(t.Context(), push)
		if fault := faultOf(t, name, err, KindRefused); fault != nil && strings.Contains(err.Error(), "708374149") {
			t.Errorf("%s: %v shows the number", name, err)
		}
	}
	if len(fake.requests) != 0 {
		t.Errorf("%d requests were made", len(fake.requests))
	}
}

func wantKind(t *testing.T, name string, err error, want Kind) {
	t.Helper()
	_ = faultOf(t, name, err, want)
}

// faultOf checks an error as wantKind does, and hands it on; nil where it is not an *Error.
func faultOf(t *testing.T, name string, err error, want Kind) *Error {
	t.Helper()
	var fault *Error
	if !errors.As(err, &fault) {
		t.Errorf("%s: error %v, want kind %s", name, err, want)
		return nil
	}
	if fault.Kind != want {
		t.Errorf("%s: kind %s, want %s (%v)", name, fault.Kind, want, err)
	}
	if MayHaveSent(err) != (want == KindAmbiguous || want == KindNoAnswer) {
		t.Errorf("%s: MayHaveSent is %v", name, MayHaveSent(err))
	}
	return fault
}

func TestNewChecksItsConfig(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"no base URL":                   func(c *Config) { c.BaseURL = "" },
		"base URL without host":         func(c *Config) { c.BaseURL = "https://:443" },
		"base URL of a file":            func(c *Config) { c.BaseURL = "file:///etc" },
		"base URL with user":            func(c *Config) { c.BaseURL = "https://a:b@daraja.example" },
		"base URL with query":           func(c *Config) { c.BaseURL = "https://daraja.example/?a=1" },
		"no key":                        func(c *Config) { c.ConsumerKey = "" },
		"no secret":                     func(c *Config) { c.ConsumerSecret = "" },
		"no passkey":                    func(c *Config) { c.Passkey = "" },
		"passkey with newline":          func(c *Config) { c.Passkey += "\n" },
		"passkey in quotes":             func(c *Config) { c.Passkey = `"` + c.Passkey + `"` },
		"passkey with a no-break space": func(c *Config) { c.Passkey += "\u00a0" },
		"secret with a space": func(c *Config) {
			c.ConsumerSecret = c.ConsumerSecret[:4] + " " + c.ConsumerSecret[4:]
		},
		"secret left out":             func(c *Config) { c.ConsumerSecret = "…" },
		"key with a carriage return":  func(c *Config) { c.ConsumerKey += "\r" },
		"key with a zero width space": func(c *Config) { c.ConsumerKey = "\u200b" + c.ConsumerKey },
		"shortcode with spaces":       func(c *Config) { c.Shortcode = "174 379" },
		"shortcode in quotes":         func(c *Config) { c.Shortcode = "'174379'" },
		"till with a space":           func(c *Config) { c.Till = " 512345" },
		"Safaricom in the clear":      func(c *Config) { c.BaseURL = "http://api.safaricom.co.ke" },
		"address of a call":           func(c *Config) { c.BaseURL = Sandbox + "/mpesa/stkpush/v1/processrequest" },
		"colon in key":                func(c *Config) { c.ConsumerKey = "a:b" },
		"short shortcode":             func(c *Config) { c.Shortcode = "1743" },
		"shortcode with letter":       func(c *Config) { c.Shortcode = "17437a" },
		"shortcode with 0":            func(c *Config) { c.Shortcode = "017437" },
		"till with letter":            func(c *Config) { c.Till = "51234x" },
		"transaction type":            func(c *Config) { c.TransactionType = "PayBill" },
		"negative timeout":            func(c *Config) { c.Timeout = -1 },
	} {
		cfg := testConfig(nil)
		change(&cfg)
		_, err := New(cfg)
		if err == nil {
			t.Errorf("%s is accepted", name)
		} else if strings.Contains(err.Error(), testPasskey) || strings.Contains(err.Error(), testSecret) {
			t.Errorf("%s: the error shows a secret", name)
		}
	}
}

// TestNewNamesEachField: who reads the settings can say which are wrong, all of them at once.
func TestNewNamesEachField(t *testing.T) {
	cfg := testConfig(nil)
	cfg.BaseURL, cfg.ConsumerKey, cfg.Passkey, cfg.InitiatorName, cfg.Shortcode = "x", "a:b", "'geheim'",
		"api op", "174379 "
	_, err := New(cfg)
	var fields []string
	for _, wrong := range ConfigErrors(cfg) {
		fields = append(fields, wrong.Field)
		if err == nil || !strings.Contains(err.Error(), wrong.Error()) {
			t.Errorf("%v does not say %v", err, wrong)
		}
	}
	if got := strings.Join(fields, " "); got != "BaseURL InitiatorName ConsumerKey Passkey Shortcode" ||
		strings.Contains(err.Error(), "geheim") {
		t.Errorf("%s: %v", got, err)
	}
}

func TestTransactionTypeAndPartyB(t *testing.T) {
	for _, test := range []struct{ till, kind, wantKind, wantB string }{
		{"", "", PayBill, "174379"},
		{"174379", "", PayBill, "174379"},
		{"5123456", "", BuyGoods, "5123456"},
		{"5123456", PayBill, PayBill, "174379"},
		{"", BuyGoods, BuyGoods, "174379"},
		{"174379", BuyGoods, BuyGoods, "174379"},
	} {
		cfg := testConfig(nil)
		cfg.Till, cfg.TransactionType = test.till, test.kind
		client := newTestClient(t, cfg)
		if client.cfg.TransactionType != test.wantKind || client.partyB != test.wantB {
			t.Errorf("%+v: %s to %s", test, client.cfg.TransactionType, client.partyB)
		}
	}
}

func TestDefaults(t *testing.T) {
	cfg := testConfig(nil)
	cfg.Now, cfg.BaseURL = nil, Sandbox+"/"
	client := newTestClient(t, cfg)
	transport, ok := client.cfg.Transport.(*http.Transport)
	if !ok || transport.MaxIdleConnsPerHost != 512 || transport.MaxIdleConns != 0 {
		t.Errorf("transport %+v", client.cfg.Transport)
	}
	if client.cfg.Timeout != 30*time.Second || client.cfg.Now == nil || client.cfg.BaseURL != Sandbox {
		t.Errorf("config %+v", client.cfg)
	}
}

func TestCleanText(t *testing.T) {
	for in, want := range map[string]string{
		"": "Payment", "@#&": "Payment", "  a  b ": "a b", "Ünï-code 9": "n-code 9", "12345678901 3": "12345678901",
		"a\x00b\nc": "abc",
	} {
		if got := cleanText(in, 12); got != want {
			t.Errorf("cleanText(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestErrorsShowNoSecrets(t *testing.T) {
	const token = "c9SQxWWhmdVRlyh0zh8gZDTkubVF"
	leaky := `{"requestId":"ws_CO_100720240915261708374149","errorCode":"401.002.01",` +
		`"errorMessage":"Error Occurred - Invalid Access Token - ` + token + ` for 254708374149 ` + testPasskey + ` ` +
		testSecret + ` ` + testKey + ` ` + Password("174379", testPasskey, "20240710091526") + `"}`
	client, _ := answering(t, reply{status: 401, body: leaky})
	_, pushErr := client.STKPush(t.Context(), testPush())
	answer, queryErr := client.STKQuery(t.Context(), "ws_CO_100720240915261708374149")
	for _, err := range []error{pushErr, queryErr} {
		fault := faultOf(t, "leaky", err, KindToken)
		for _, secret := range []string{token, testPasskey, testSecret, testKey, "MTc0Mzc5YmZi"} {
			if strings.Contains(err.Error()+fault.Message, secret) || bytes.Contains(fault.Body, []byte(secret)) ||
				bytes.Contains(answer.Raw, []byte(secret)) {
				t.Errorf("%q is shown by %v, %s", secret, err, fault.Body)
			}
		}
		if strings.Contains(err.Error()+fault.Message, "708374149") {
			t.Errorf("the number is shown by %v", err)
		}
	}
	if answer.Raw == nil || answer.Class != ClassPending || answer.HTTPStatus != 401 {
		t.Errorf("answer %+v", answer)
	}
}

func TestForeignErrorsMayHaveSent(t *testing.T) {
	for _, err := range []error{errors.New("x"), context.Canceled, &Error{}} {
		if !MayHaveSent(err) {
			t.Errorf("MayHaveSent(%v) is false", err)
		}
	}
	if MayHaveSent(nil) {
		t.Error("MayHaveSent(nil) is true")
	}
}
