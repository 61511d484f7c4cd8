package mpesa

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
)

const (
	testCredential = "jUb+dOXJiBDui8FnruaFckZJQup3kmmCH5XJ4NY/Oo3KaUTmJbxUiVgzBjqdL533u5Q435MT2VJwr//1fuZvAA=="
	acknowledged   = `{"OriginatorConversationID":"f1e2-4b95-a71d-b30d3cdbb7a7735297",` +
		`"ConversationID":"AG_20210706_20106e9209f64bebd05b","ResponseCode":"0",` +
		`"ResponseDescription":"Accept the service request successfully."}`
	registered = `{"OriginatorCoversationID":"6e86-45dd-91ac-fd5d4178ab523408729","ResponseCode":"0",` +
		`"ResponseDescription":"Success"}`
	pullRegistered = `{"ResponseRefID":"18633-7271215-1","ResponseStatus":"1000","ShortCode":"600000",` +
		`"ResponseDescription":"ShortCode Registered Successfully"}`
	pullNothing = `{"ResponseRefID":"18633-7271215-1","ResponseCode":"1001","ResponseMessage":"No transactions",` +
		`"Response":"[[]]"}`
)

func testStatus() StatusRequest {
	return StatusRequest{
		Receipt: "NEF61H8J60", ResultURL: "https://cinema.example/result/t0k3n/a=1&b=2",
		TimeoutURL: "https://cinema.example/timeout/t0k3n", Remarks: "OK", Occasion: "OK",
	}
}

func testReversal() ReversalRequest {
	return ReversalRequest{
		Receipt: "PDU91HIVIT", Amount: 200, Shortcode: "603021", ResultURL: "https://cinema.example/result/t0k3n",
		TimeoutURL: "https://cinema.example/timeout/t0k3n", Remarks: "Payment reversal",
	}
}

func testURLs() URLRegistration {
	return URLRegistration{
		ConfirmationURL: "https://cinema.example/confirm", ValidationURL: "https://cinema.example/validate",
	}
}

func testPullRegistration() PullRegistration {
	return PullRegistration{Nominated: testPhone, CallbackURL: "https://cinema.example/pull"}
}

func testPullQuery() PullQuery {
	return PullQuery{From: testNow.Add(-1), To: testNow}
}

// withInitiator is answering, of a client that has an initiator.
func withInitiator(t testing.TB, r reply) (*Client, *fakeDaraja) {
	fake := &fakeDaraja{logins: []reply{{status: 200, body: goodLogin}}, answers: []reply{r}}
	cfg := testConfig(fake)
	cfg.InitiatorName, cfg.SecurityCredential = "apiop37", testCredential
	return newTestClient(t, cfg), fake
}

// otherCall is one of the calls that are neither push nor query.
type otherCall struct {
	endpoint string
	path     string
	question bool // it changes nothing at M-PESA
	accepted string
	do       func(*testing.T, *Client) error
}

func otherCalls() []otherCall {
	return []otherCall{
		{"transactionstatus", "/mpesa/transactionstatus/v1/query", true, acknowledged,
			func(t *testing.T, c *Client) error {
				ack, err := c.TransactionStatus(t.Context(), testStatus())
				return onlyError(t, ack == (Acknowledgement{}), err)
			}},
		{"reversal", "/mpesa/reversal/v1/request", false, acknowledged, func(t *testing.T, c *Client) error {
			ack, err := c.Reverse(t.Context(), testReversal())
			return onlyError(t, ack == (Acknowledgement{}), err)
		}},
		{"c2bregister", "/mpesa/c2b/v2/registerurl", false, registered, func(t *testing.T, c *Client) error {
			ack, err := c.RegisterURLs(t.Context(), testURLs())
			return onlyError(t, ack == (Acknowledgement{}), err)
		}},
		{"pullregister", "/pulltransactions/v1/register", false, pullRegistered, func(t *testing.T, c *Client) error {
			return c.RegisterPull(t.Context(), testPullRegistration())
		}},
		{"pullquery", "/pulltransactions/v1/query", true, pullNothing, func(t *testing.T, c *Client) error {
			page, err := c.PullTransactions(t.Context(), testPullQuery())
			return onlyError(t, page.Transactions == nil && page.NextOffset == 0, err)
		}},
	}
}

func onlyError(t *testing.T, empty bool, err error) error {
	t.Helper()
	if err != nil && !empty {
		t.Errorf("an answer beside %v", err)
	}
	return err
}

// What each kind of answer allows one to assume after every one of these calls.
func TestOtherCallsErrors(t *testing.T) {
	const lost = KindAmbiguous // KindNoAnswer after a question
	for _, test := range []struct {
		name  string
		reply reply
		kind  Kind
	}{
		{"receipt",
			reply{status: 400, body: errorBody("400.002.02", "Bad Request - Invalid TransactionID")}, KindRefused},
		{"amount", reply{status: 400, body: errorBody("400.002.02", "Bad Request - Invalid Amount")}, KindRefused},
		{"remarks", reply{status: 400, body: errorBody("400.002.02", "Bad Request - Invalid Remarks")}, KindRefused},
		{"initiator", reply{status: 400, body: errorBody("400.002.02", "Bad Request - Invalid Initiator")}, KindConfig},
		{"credential",
			reply{status: 400, body: errorBody("400.002.02", "Bad Request - Invalid SecurityCredential")}, KindConfig},
		{"identifier type",
			reply{status: 400, body: errorBody("400.002.02", "Bad Request - Invalid RecieverIdentifierType")},
			KindConfig},
		{"party", reply{status: 400, body: errorBody("400.002.02", "Bad Request - Invalid PartyA")}, KindConfig},
		{"receiver",
			reply{status: 400, body: errorBody("400.002.02", "Bad Request - Invalid ReceiverParty")}, KindConfig},
		{"result URL",
			reply{status: 400, body: errorBody("400.002.02", "Bad Request - Invalid ResultURL")}, KindConfig},
		{"word in URL",
			reply{status: 400, body: errorBody("400.003.02", "Invalid ValidationURL - URL has the word MPESA")},
			KindConfig},
		{"shortcode", reply{status: 400, body: errorBody("400.002.02", "Bad Request - Invalid ShortCode")}, KindConfig},
		{"payload", reply{status: 400, body: errorBody("400.002.05", "Invalid Request Payload")}, KindRefused},
		{"bad request", reply{status: 400, body: errorBody("400.003.02", "Bad Request")}, KindRefused},
		{"resource", reply{status: 404, body: errorBody("404.003.01", "Resource not found")}, KindConfig},
		{"header", reply{status: 404, body: errorBody("404.001.04", "Invalid Authentication Header")}, KindRefused},
		{"token", reply{status: 404, body: errorBody("404.001.03", "Invalid Access Token")}, KindToken},
		{"product missing",
			reply{status: 401, body: errorBody("401.003.01", "Error Occurred - Invalid Access Token")}, KindConfig},
		{"spike arrest",
			reply{status: 500, body: errorBody("500.003.02", "Error Occurred: Spike Arrest Violation")}, KindBusy},
		{"quota", reply{status: 500, body: errorBody("500.003.03", "Error Occurred: Quota Violation")}, KindBusy},
		{"429", reply{status: 429}, KindBusy},
		{"server error", reply{status: 500, body: errorBody("500.003.1001", "Internal Server Error")}, lost},
		{"server error of Reversal",
			reply{status: 500, body: errorBody("500.001.1001", "Internal Server Error")}, lost},
		{"firewall", reply{status: 403, body: incapsulaPage, mime: "text/html"}, lost},
		{"page with 200", reply{status: 200, body: incapsulaPage}, lost},
		{"empty 200", reply{status: 200}, lost},
		{"empty 503", reply{status: 503}, lost},
		{"no object", reply{status: 200, body: `[]`}, lost},
		{"nothing in it", reply{status: 200, body: `{}`}, lost},
		{"code 1",
			reply{status: 200, body: `{"ConversationID":"a","ResponseCode":"1","ResponseStatus":"1","Response":[[]]}`},
			lost},
		{"code null",
			reply{
				status: 200, body: `{"ConversationID":"a","ResponseCode":null,"ResponseStatus":null,"Response":[[]]}`,
			}, lost},
		{"code twice",
			reply{
				status: 200,
				body: `{"ConversationID":"a","ResponseCode":"0","ResponseCode":"1000","ResponseStatus":"1000",` +
					`"ResponseStatus":"7","Response":[[]]}`,
			}, lost},
		{"lost", reply{err: errors.New("connection reset")}, lost},
	} {
		for _, call := range otherCalls() {
			client, fake := withInitiator(t, test.reply)
			want := test.kind
			if want == lost && call.question {
				want = KindNoAnswer
			}
			fault := faultOf(t, call.endpoint+": "+test.name, call.do(t, client), want)
			if fault == nil {
				continue
			}
			if fault.Endpoint != call.endpoint || fault.HTTPStatus != test.reply.status {
				t.Errorf("%s: %s: %+v", call.endpoint, test.name, fault)
			}
			tries := 1
			switch {
			case strings.Contains(test.reply.body, lacksProduct):
				tries = lacksProductTries
			case strings.Contains(test.reply.body, "Invalid Access Token"):
				tries = tokenTries
			}
			if n := fake.count(call.path); n != tries {
				t.Errorf("%s: %s: sent %d times, want %d", call.endpoint, test.name, n, tries)
			}
		}
	}
}

func TestOtherCallsAccepted(t *testing.T) {
	for _, call := range otherCalls() {
		for name, answer := range map[string]reply{
			"at once": {status: 200, body: call.accepted},
			"number": {
				status: 200,
				body:   strings.NewReplacer(`"0"`, `0`, `"1000"`, `1000`, `"1001"`, `1001`).Replace(call.accepted),
			},
		} {
			client, _ := withInitiator(t, answer)
			if err := call.do(t, client); err != nil {
				t.Errorf("%s, %s: %v", call.endpoint, name, err)
			}
		}
		client, fake := withInitiator(t, reply{})
		fake.answers = []reply{{status: 404, body: errorBody("404.001.03", "Invalid Access Token")},
			{status: 200, body: call.accepted}}
		if err := call.do(t, client); err != nil || fake.count("/oauth/") != 2 || fake.count(call.path) != 2 {
			t.Errorf("%s: with a new token: %v", call.endpoint, err)
		}
		// The words of acceptance with another status are no acceptance.
		client, _ = withInitiator(t, reply{status: 500, body: call.accepted})
		if err := call.do(t, client); !MayHaveSent(err) {
			t.Errorf("%s: status 500 and accepted: %v", call.endpoint, err)
		}
	}
}

func TestOtherCallsThatNeverLeft(t *testing.T) {
	for _, call := range otherCalls() {
		client, _ := withInitiator(t, reply{err: &net.OpError{Op: "dial", Err: errors.New("refused")}})
		want := KindRefused
		if call.question {
			want = KindNoAnswer
		}
		wantKind(t, call.endpoint, call.do(t, client), want)
	}
}

// A whole acknowledgement is more than a code.
func TestAcknowledgementNeedsAnID(t *testing.T) {
	for name, body := range map[string]string{
		"no ConversationID":       `{"ResponseCode":"0","OriginatorConversationID":"a"}`,
		"ConversationID twice":    `{"ResponseCode":"0","ConversationID":"a","ConversationID":"b"}`,
		"ConversationID a number": `{"ResponseCode":"0","ConversationID":7}`,
		"ConversationID too long": `{"ResponseCode":"0","ConversationID":"` + strings.Repeat("a", maxID+1) + `"}`,
		"ConversationID, 2 cases": `{"ResponseCode":"0","ConversationID":"a","conversationid":"b"}`,
		"ResponseCode, 2 cases":   `{"responsecode":"0","ResponseCode":"1","ConversationID":"a"}`,
		"error beside acceptance": `{"ResponseCode":"0","ConversationID":"a","errorCode":"400.002.02",` +
			`"errorMessage":"Invalid Amount"}`,
		"token beside acceptance": `{"ResponseCode":"0","ConversationID":"a","errorCode":"404.001.03",` +
			`"errorMessage":"Invalid Access Token"}`,
		"originator's id no id": `{"ResponseCode":"0","ConversationID":"a","OriginatorConversationID":"a b"}`,
		"two that differ":       acknowledged + `{"ResponseCode":"0","ConversationID":"b"}`,
	} {
		client, fake := withInitiator(t, reply{status: 200, body: body})
		_, err := client.Reverse(t.Context(), testReversal())
		wantKind(t, name, err, KindAmbiguous)
		if n := fake.count("/mpesa/"); n != 1 {
			t.Errorf("%s: sent %d times", name, n)
		}
	}
}

func TestCallsWithoutInitiator(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"neither":       func(c *Config) { c.InitiatorName, c.SecurityCredential = "", "" },
		"no name":       func(c *Config) { c.InitiatorName = "" },
		"no credential": func(c *Config) { c.SecurityCredential = "" },
	} {
		fake := &fakeDaraja{}
		cfg := testConfig(fake)
		cfg.InitiatorName, cfg.SecurityCredential = "apiop37", testCredential
		change(&cfg)
		client := newTestClient(t, cfg)
		for _, call := range otherCalls()[:2] {
			if fault := faultOf(t, name, call.do(t, client), KindConfig); fault != nil &&
				fault.Endpoint != call.endpoint {
				t.Errorf("%s: %+v", name, fault)
			}
		}
		if len(fake.requests) != 0 {
			t.Errorf("%s: %d requests were made", name, len(fake.requests))
		}
	}
}

func TestConfigOfInitiator(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"space in name":  func(c *Config) { c.InitiatorName = "apiop37 " },
		"plain password": func(c *Config) { c.SecurityCredential = "Safaricom999!*!" },
		"credential in lines": func(c *Config) {
			c.SecurityCredential = testCredential[:64] + "\n" + testCredential[64:]
		},
		"credential cut": func(c *Config) { c.SecurityCredential = testCredential[:63] },
	} {
		cfg := testConfig(nil)
		cfg.InitiatorName, cfg.SecurityCredential = "apiop37", testCredential
		change(&cfg)
		if _, err := New(cfg); err == nil || strings.Contains(err.Error(), cfg.SecurityCredential) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOtherCallsCheckTheirInput(t *testing.T) {
	client, fake := withInitiator(t, reply{status: 200, body: acknowledged})
	status := func(change func(*StatusRequest)) error {
		r := testStatus()
		change(&r)
		_, err := client.TransactionStatus(t.Context(), r)
		return err
	}
	reversal := func(change func(*ReversalRequest)) error {
		r := testReversal()
		change(&r)
		_, err := client.Reverse(t.Context(), r)
		return err
	}
	urls := func(change func(*URLRegistration)) error {
		r := testURLs()
		change(&r)
		_, err := client.RegisterURLs(t.Context(), r)
		return err
	}
	register := func(change func(*PullRegistration)) error {
		r := testPullRegistration()
		change(&r)
		return client.RegisterPull(t.Context(), r)
	}
	pull := func(change func(*PullQuery)) error {
		q := testPullQuery()
		change(&q)
		_, err := client.PullTransactions(t.Context(), q)
		return err
	}
	for name, err := range map[string]error{
		"status: nothing to ask about": status(func(r *StatusRequest) { r.Receipt = "" }),
		"status: receipt with a space": status(func(r *StatusRequest) { r.Receipt = "NEF61 H8J60" }),
		"status: receipt in small":     status(func(r *StatusRequest) { r.Receipt = "nef61h8j60" }),
		"status: id with a newline":    status(func(r *StatusRequest) { r.OriginalConversationID = "a\n" }),
		"status: id too long": status(func(r *StatusRequest) {
			r.OriginalConversationID = strings.Repeat("a", maxID+1)
		}),
		"status: shortcode":             status(func(r *StatusRequest) { r.Shortcode = "6007x2" }),
		"status: no result URL":         status(func(r *StatusRequest) { r.ResultURL = "" }),
		"status: no time-out URL":       status(func(r *StatusRequest) { r.TimeoutURL = "" }),
		"reversal: no receipt":          reversal(func(r *ReversalRequest) { r.Receipt = "" }),
		"reversal: receipt in small":    reversal(func(r *ReversalRequest) { r.Receipt = "pdu91hivit" }),
		"reversal: no amount":           reversal(func(r *ReversalRequest) { r.Amount = 0 }),
		"reversal: negative amount":     reversal(func(r *ReversalRequest) { r.Amount = -200 }),
		"reversal: too much":            reversal(func(r *ReversalRequest) { r.Amount = MaxAmount + 1 }),
		"reversal: shortcode":           reversal(func(r *ReversalRequest) { r.Shortcode = "-603021" }),
		"reversal: result URL":          reversal(func(r *ReversalRequest) { r.ResultURL = "/result" }),
		"reversal: time-out URL":        reversal(func(r *ReversalRequest) { r.TimeoutURL = "https://<host>/" }),
		"c2b: shortcode":                urls(func(r *URLRegistration) { r.Shortcode = "x" }),
		"c2b: American spelling":        urls(func(r *URLRegistration) { r.ResponseType = "Canceled" }),
		"c2b: no confirmation URL":      urls(func(r *URLRegistration) { r.ConfirmationURL = "" }),
		"c2b: validation URL of a file": urls(func(r *URLRegistration) { r.ValidationURL = "file:///etc" }),
		"pull: shortcode as number":     register(func(r *PullRegistration) { r.Nominated = "603021" }),
		"pull: shortcode":               register(func(r *PullRegistration) { r.Shortcode = "x" }),
		"pull: no callback URL":         register(func(r *PullRegistration) { r.CallbackURL = "" }),
		"pull: backwards":               pull(func(q *PullQuery) { q.From, q.To = q.To, q.From }),
		"pull: no time":                 pull(func(q *PullQuery) { *q = PullQuery{} }),
		"pull: negative offset":         pull(func(q *PullQuery) { q.Offset = -1 }),
		"pull: query's shortcode":       pull(func(q *PullQuery) { q.Shortcode = "x" }),
	} {
		wantKind(t, name, err, KindRefused)
	}
	if len(fake.requests) != 0 {
		t.Errorf("%d requests were made", len(fake.requests))
	}
}

func TestCredentialIsNotShown(t *testing.T) {
	for name, echo := range map[string]string{
		"as it is":        testCredential,
		"without padding": strings.TrimRight(testCredential, "="),
		"padding escaped": strings.ReplaceAll(testCredential, "=", `\u003d`),
		"slashes escaped": strings.ReplaceAll(testCredential, "/", `\/`),
	} {
		client, _ := withInitiator(t, reply{
			status: 400, body: errorBody("400.002.02", "Invalid SecurityCredential "+echo),
		})
		_, err := client.Reverse(t.Context(), testReversal())
		fault := faultOf(t, name, err, KindConfig)
		if shown := err.Error() + string(fault.Body); strings.Contains(shown, testCredential[:40]) {
			t.Errorf("%s: %s", name, shown)
		}
	}
}

func TestPartyAOfAPushIsStillTheCustomer(t *testing.T) {
	client, _ := answering(t, reply{
		status: http.StatusBadRequest, body: errorBody("400.002.02", "Bad Request - Invalid PartyA"),
	})
	_, err := client.STKPush(t.Context(), testPush())
	wantKind(t, "PartyA", err, KindRefused)
}
