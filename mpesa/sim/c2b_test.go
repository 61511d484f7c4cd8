package sim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa/sim"
)

const (
	urlsPath1 = "/mpesa/c2b/v1/registerurl"
	urlsPath2 = "/mpesa/c2b/v2/registerurl"
)

func urlFields() map[string]any {
	return map[string]any{
		"ShortCode": shortcode, "ResponseType": "Completed",
		"ConfirmationURL": "https://cinema.test/confirmation", "ValidationURL": "https://cinema.test/validation",
	}
}

func (w *world) register(path string) {
	w.Helper()
	a, err := w.post(path, urlFields())
	if err != nil || a.status != http.StatusOK {
		w.Fatalf("register: %v %+v", err, a)
	}
}

func TestRegisterURLs(t *testing.T) {
	for name, test := range map[string]struct {
		field, value, want string
	}{
		"another shortcode": {"ShortCode", "600000", "ShortCode"},
		"lower case":        {"ResponseType", "completed", "ResponseType"},
		"American":          {"ResponseType", "Canceled", "ResponseType"},
		"no confirmation":   {"ConfirmationURL", "", "ConfirmationURL"},
		"no URL":            {"ValidationURL", "validation", "ValidationURL"},
		"word M-PESA": {"ConfirmationURL", "https://cinema.test/m-pesa/x",
			"ConfirmationURL - URL has the word M-PESA"},
		"word mpesa": {"ValidationURL", "https://cinema.test/Mpesa/x", "ValidationURL - URL has the word MPESA"},
		"word safaricom": {"ConfirmationURL", "https://safaricom.cinema.test/x",
			"ConfirmationURL - URL has the word SAFARICOM"},
		"word query": {"ConfirmationURL", "https://cinema.test/?query=1", "ConfirmationURL - URL has the word QUERY"},
		"word inside a word": {"ValidationURL", "https://cinema.test/empesas",
			"ValidationURL - URL has the word MPESA"},
		"word in the host": {"ValidationURL", "https://cmd.test/", "ValidationURL - URL has the word CMD"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{urlsPath1, urlsPath2} {
				w := newWorld(t, nil)
				f := urlFields()
				f[test.field] = test.value
				a, err := w.post(path, f)
				if err != nil {
					t.Fatal(err)
				}
				w.wantFault(a, http.StatusBadRequest, "400.002.02", "Bad Request - Invalid "+test.want)
				if got := w.sim.RegisteredURLs(); got != (sim.URLs{}) {
					t.Errorf("registered %+v", got)
				}
			}
		})
	}
	f := urlFields()
	f["ConfirmationURL"], f["ValidationURL"] = "https://cinema.test/c/aExe7_mysqlhost",
		"https://cinema.test/exempt/queryless"
	if a, err := newWorld(t, nil).post(urlsPath2, f); err != nil || a.status != 200 {
		t.Errorf("words inside words: %v %+v", err, a)
	}
	for _, once := range []bool{false, true} {
		w := newWorld(t, func(c *sim.Config) { c.RegisterOnce = once })
		a, err := w.post(urlsPath1, urlFields())
		if err != nil {
			t.Fatal(err)
		}
		body := a.json(t)
		if a.status != 200 || body["ResponseCode"] != "0" || body["ResponseDescription"] != "Success" ||
			len(body["OriginatorCoversationID"].(string)) < 20 || len(body) != 3 {
			t.Errorf("HTTP %d %s", a.status, a.body)
		}
		if a, err = w.post(urlsPath2, urlFields()); err != nil {
			t.Fatal(err)
		}
		if got := w.sim.RegisteredURLs(); once {
			w.wantFault(a, http.StatusInternalServerError, "500.003.1001", "Urls are already registered")
			if got.Version != 1 {
				t.Errorf("registered %+v, want what came first", got)
			}
			w.sim.ForgetURLs()
			w.register(urlsPath2)
		} else if a.status != 200 ||
			got != (sim.URLs{
				Version: 2, ResponseType: "Completed", Confirmation: "https://cinema.test/confirmation",
				Validation: "https://cinema.test/validation",
			}) {
			t.Errorf("HTTP %d, registered %+v", a.status, got)
		}
	}
}

func paybill(account string, amount int) sim.HandPayment {
	return sim.HandPayment{Phone: phone, To: shortcode, Account: account, Amount: amount, PIN: "1234"}
}

func tillPayment(amount int) sim.HandPayment {
	return sim.HandPayment{Phone: phone, To: till, Account: "is not sent", Amount: amount, PIN: "1234"}
}

func (w *world) byHand(p sim.HandPayment) (receipt string) {
	w.Helper()
	receipt, err := w.sim.PayByHand(p)
	if err != nil {
		w.Fatal(err)
	}
	return receipt
}

func TestConfirmationBytes(t *testing.T) {
	const hash = "7132104d6aae9c3fac82095a42c2817952bca48e09d98d5bf4ac08218982fb90" // sha256sum of 254712345678
	for name, test := range map[string]struct {
		path string
		pay  sim.HandPayment
		want string // %s is the receipt
	}{
		"paybill": {urlsPath2, paybill(" K7QX2M ", 1350),
			`{"TransactionType":"Pay Bill","TransID":"%s","TransTime":"20000101030000","TransAmount":"1350.00",` +
				`"BusinessShortCode":"174379","BillRefNumber":"K7QX2M","InvoiceNumber":"",` +
				`"OrgAccountBalance":"1350.00","ThirdPartyTransID":"","MSISDN":"2547 ***** 678","FirstName":"IAN",` +
				`"MiddleName":"","LastName":""}`},
		"till": {urlsPath2, tillPayment(20),
			`{"TransactionType":"Buy Goods","TransID":"%s","TransTime":"20000101030000","TransAmount":"20.00",` +
				`"BusinessShortCode":"5123456","BillRefNumber":"","InvoiceNumber":"","OrgAccountBalance":"20.00",` +
				`"ThirdPartyTransID":"","MSISDN":"2547 ***** 678","FirstName":"IAN","MiddleName":"","LastName":""}`},
		"paybill, version 1": {urlsPath1, paybill("K7QX2M", 1350),
			`{"TransactionType":"Pay Bill","TransID":"%s","TransTime":"20000101030000","TransAmount":"1350.00",` +
				`"BusinessShortCode":"174379","BillRefNumber":"K7QX2M","InvoiceNumber":"",` +
				`"OrgAccountBalance":"1350.00","ThirdPartyTransID":"","MSISDN":"` + hash +
				`","FirstName":"IAN","MiddleName":"","LastName":""}`},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				w.register(test.path)
				receipt := w.byHand(test.pay)
				synctest.Wait()
				calls := w.received()
				if want := fmt.Sprintf(test.want, receipt); len(calls) != 1 || calls[0].path != "/confirmation" ||
					calls[0].body != want {
					w.Errorf("confirmations %+v\nwant %s", calls, want)
				}
				e := w.sim.Ledger()[0]
				if e.Kind != sim.KindC2B || e.Receipt != receipt || e.Phone != phone || e.Amount != test.pay.Amount ||
					e.Receiver != test.pay.To ||
					e.BuyGoods != (test.pay.To == till) || e.CheckoutRequestID != "" || e.Token != "" ||
					!e.At.Equal(w.born) {
					w.Errorf("ledger entry %+v", e)
				}
				if got := w.sim.Totals(); got.ConfirmsOK != 1 || got.CallbacksOK != 0 || got.Paid != 1 ||
					got.Balance != test.pay.Amount {
					w.Errorf("totals %+v", got)
				}
			})
		})
	}
}

func TestPayByHandRefused(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*sim.HandPayment)
		want   error
	}{
		"no phone":         {func(p *sim.HandPayment) { p.Phone = "0712345678" }, sim.ErrPhone},
		"another paybill":  {func(p *sim.HandPayment) { p.To = "888880" }, sim.ErrReceiver},
		"no receiver":      {func(p *sim.HandPayment) { p.To = "" }, sim.ErrReceiver},
		"no account":       {func(p *sim.HandPayment) { p.Account = "  " }, sim.ErrAccount},
		"too long account": {func(p *sim.HandPayment) { p.Account = strings.Repeat("A", 21) }, sim.ErrAccount},
		"nothing":          {func(p *sim.HandPayment) { p.Amount = 0 }, sim.ErrAmount},
		"too much":         {func(p *sim.HandPayment) { p.Amount = 250_001 }, sim.ErrAmount},
		"short PIN":        {func(p *sim.HandPayment) { p.PIN = "123" }, sim.ErrBadPIN},
		"wrong PIN":        {func(p *sim.HandPayment) { p.PIN = "0000" }, sim.ErrWrongPIN},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				w.register(urlsPath2)
				p := paybill("A", 10)
				test.change(&p)
				if receipt, err := w.sim.PayByHand(p); !errors.Is(err, test.want) || receipt != "" {
					w.Errorf("receipt %q, error %v, want %v", receipt, err, test.want)
				}
				synctest.Wait()
				if len(w.received()) != 0 || len(w.sim.Ledger()) != 0 {
					w.Errorf("posted %+v, taken %+v", w.received(), w.sim.Ledger())
				}
				if p.Phone == phone {
					w.byHand(paybill("A", 10)) // the phone is free again
				}
			})
		})
	}
	w := newWorld(t, nil)
	w.sim.Close()
	if _, err := w.sim.PayByHand(paybill("A", 10)); !errors.Is(err, sim.ErrClosed) {
		t.Errorf("error %v of a closed simulator", err)
	}
}

func TestNobodyIsToldWithoutURLs(t *testing.T) {
	inBubble(t, func(c *sim.Config) { c.Validation, c.Echo = true, sim.EchoBefore }, func(w *world) {
		w.byHand(paybill("A", 10))
		w.pay(phone, 20)
		time.Sleep(time.Hour)
		if calls := w.received(); len(calls) != 1 || !strings.HasPrefix(calls[0].path, "/cb/") {
			w.Errorf("posted %+v, want the callback of the push alone", calls)
		}
	})
}

func TestValidation(t *testing.T) {
	for name, test := range map[string]struct {
		responseType string
		status       int
		says         string
		delay        time.Duration
		taken        bool
		thirdParty   string
	}{
		"accepted":           {"Cancelled", 200, `{"ResultCode":"0","ResultDesc":"Accepted"}`, 0, true, ""},
		"accepted by number": {"Cancelled", 200, `{"ResultCode":0,"ResultDesc":"Accepted"}`, 0, true, ""},
		"accepted with an id": {"Cancelled", 200,
			`{"ResultCode":"0","ResultDesc":"Accepted","ThirdPartyTransID":"T-17"}`, 0, true, "T-17"},
		"accepted late": {"Cancelled", 200, `{"ResultCode":"0","ResultDesc":"Accepted"}`, 7 * time.Second,
			true, ""},
		"rejected":           {"Completed", 200, `{"ResultCode":"C2B00012","ResultDesc":"Rejected"}`, 0, false, ""},
		"rejected by number": {"Completed", 200, `{"ResultCode":1,"ResultDesc":"Rejected"}`, 0, false, ""},
		"no answer, completed": {"Completed", 200, `{"ResultCode":"C2B00012","ResultDesc":"Rejected"}`, time.Minute,
			true, ""},
		"no answer, cancelled": {"Cancelled", 200, `{"ResultCode":"0","ResultDesc":"Accepted"}`, time.Minute,
			false, ""},
		"an error, completed":     {"Completed", 500, `{"ResultCode":"C2B00012","ResultDesc":"Rejected"}`, 0, true, ""},
		"an error, cancelled":     {"Cancelled", 500, `{"ResultCode":"0","ResultDesc":"Accepted"}`, 0, false, ""},
		"not JSON, completed":     {"Completed", 200, `OK`, 0, true, ""},
		"without code, cancelled": {"Cancelled", 200, `{"ResultDesc":"Accepted"}`, 0, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(c *sim.Config) { c.Validation = true }, func(w *world) {
				f := urlFields()
				f["ResponseType"] = test.responseType
				if a, err := w.post(urlsPath2, f); err != nil || a.status != 200 {
					w.Fatalf("%v %+v", err, a)
				}
				w.reply = test.status
				w.says = func(c call) string {
					if c.path == "/validation" {
						time.Sleep(test.delay)
						return test.says
					}
					return ""
				}
				start := time.Now()
				receipt, err := w.sim.PayByHand(paybill("K7QX2M", 1350))
				if took := time.Since(start); took != min(test.delay, 8*time.Second) {
					w.Errorf("it took %v", took)
				}
				time.Sleep(2 * time.Minute)
				asked, told := w.to("/validation"), w.to("/confirmation")
				if len(asked) != 1 || !strings.Contains(asked[0].body, `"OrgAccountBalance":"",`) {
					w.Errorf("validations %+v", asked)
				}
				if !test.taken {
					if !errors.Is(err, sim.ErrRejected) || len(told) != 0 || len(w.sim.Ledger()) != 0 {
						w.Errorf("error %v, confirmations %+v, ledger %+v", err, told, w.sim.Ledger())
					}
					return
				}
				if err != nil || len(told) != 1 || len(w.sim.Ledger()) != 1 || w.sim.Ledger()[0].Receipt != receipt {
					w.Fatalf("error %v, confirmations %+v, ledger %+v", err, told, w.sim.Ledger())
				}
				for i, c := range []call{asked[0], told[0]} {
					var body map[string]string
					if err := json.Unmarshal([]byte(c.body), &body); err != nil {
						w.Fatal(err)
					}
					if body["TransID"] != receipt || i == 1 && body["ThirdPartyTransID"] != test.thirdParty {
						w.Errorf("%s %+v", c.path, body)
					}
				}
			})
		})
	}
}

func TestConfirmationsOfScripts(t *testing.T) {
	for name, test := range map[string]struct {
		script sim.Script
		want   []time.Duration
		amount string
	}{
		"once":  {sim.Script{}, []time.Duration{0}, "10.00"},
		"later": {sim.Script{ConfirmationAfter: time.Minute}, []time.Duration{time.Minute}, "10.00"},
		"twice": {sim.Script{Confirmations: 2}, []time.Duration{0, time.Second}, "10.00"},
		"three, later": {sim.Script{Confirmations: 3, ConfirmationAfter: time.Minute},
			[]time.Duration{60 * time.Second, 61 * time.Second, 62 * time.Second}, "10.00"},
		"never":         {sim.Script{Confirmations: sim.NoCallback}, nil, ""},
		"a wrong sum":   {sim.Script{ReportDelta: -1}, []time.Duration{0}, "9.00"},
		"not its delay": {sim.Script{CallbackAfter: time.Hour, Callbacks: sim.NoCallback}, []time.Duration{0}, "10.00"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				w.register(urlsPath2)
				w.sim.SetScript(phone, test.script)
				w.byHand(paybill("A", 10))
				time.Sleep(2 * time.Hour)
				w.wantPosted("/confirmation", test.want)
				for _, c := range w.received() {
					if !strings.Contains(c.body, `"TransAmount":"`+test.amount+`"`) {
						w.Errorf("confirmation %s", c.body)
					}
				}
				w.wantMoney(10, 0, 10)
			})
		})
	}
}

func (w *world) wantPosted(path string, want []time.Duration) {
	w.Helper()
	var got []time.Duration
	for _, c := range w.to(path) {
		got = append(got, c.at)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.Errorf("%s: posted after %v, want %v", path, got, want)
	}
}

// The order of what is posted about one payment of a push: c for the callback, e for its echo.
func TestEcho(t *testing.T) {
	const s = time.Second
	for name, test := range map[string]struct {
		config sim.Echo
		script sim.Script
		want   string
	}{
		"off":                    {"", sim.Script{}, "c0"},
		"before":                 {sim.EchoBefore, sim.Script{}, "e0 c0"},
		"before a late callback": {sim.EchoBefore, sim.Script{CallbackAfter: 300 * s}, "e0 c300"},
		"before, late itself": {sim.EchoBefore,
			sim.Script{ConfirmationAfter: 20 * s, CallbackAfter: 10 * s}, "e20 c20"},
		"before, each in its time": {sim.EchoBefore,
			sim.Script{ConfirmationAfter: 10 * s, CallbackAfter: 20 * s}, "e10 c20"},
		"between":                      {sim.EchoBetween, sim.Script{Callbacks: 2}, "c0 e0 c1"},
		"between, alone":               {sim.EchoBetween, sim.Script{}, "c0 e0"},
		"after":                        {sim.EchoAfter, sim.Script{Callbacks: 2}, "c0 c1 e1"},
		"long after":                   {sim.EchoAfter, sim.Script{ConfirmationAfter: 60 * s}, "c0 e60"},
		"without the callback, before": {sim.EchoBefore, sim.Script{Callbacks: sim.NoCallback}, "e0"},
		"without the callback, after": {sim.EchoAfter,
			sim.Script{Callbacks: sim.NoCallback, ConfirmationAfter: 5 * s}, "e5"},
		"twice":                   {sim.EchoBefore, sim.Script{Confirmations: 2}, "e0 c0 e1"},
		"never by script":         {sim.EchoBefore, sim.Script{Echo: sim.EchoNever}, "c0"},
		"by script alone":         {"", sim.Script{Echo: sim.EchoAfter}, "c0 e0"},
		"lost by script":          {sim.EchoBefore, sim.Script{Confirmations: sim.NoCallback}, "c0"},
		"callback first, before":  {sim.EchoBefore, sim.Script{CallbackFirst: true}, "e0 c0"},
		"callback first, between": {sim.EchoBetween, sim.Script{CallbackFirst: true, Callbacks: 2}, "c0 e0 c1"},
		"callback first, after":   {sim.EchoAfter, sim.Script{CallbackFirst: true}, "c0 e0"},
		"callback first, and none of it": {sim.EchoAfter,
			sim.Script{CallbackFirst: true, Callbacks: sim.NoCallback}, "e0"},
		"after a failure that is paid": {sim.EchoAfter, sim.Script{Result: "1037", PaidLater: 10 * s}, "c0 c10 e10"},
		"no echo of a failure":         {sim.EchoBefore, sim.Script{Result: "1032"}, "c0"},
		"the failure after the success": {sim.EchoAfter,
			sim.Script{Result: "1037", PaidLater: 10 * s, FailureLast: true}, "c10 e10 c11"},
		"a failure without a late succes": {"", sim.Script{Result: "1037", FailureLast: true}, "c0"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(c *sim.Config) { c.Echo = test.config }, func(w *world) {
				w.register(urlsPath2)
				if test.script.Result == "" && !test.script.CallbackFirst {
					test.script.Result = "0"
				}
				w.sim.SetScript(phone, test.script)
				w.push(phone, 10)
				time.Sleep(time.Hour)
				var got []string
				for _, c := range w.received() {
					kind := "c"
					if c.path == "/confirmation" {
						kind = "e"
						if e := w.sim.Ledger()[0]; !strings.Contains(c.body, `"TransID":"`+e.Receipt+`"`) ||
							!strings.Contains(c.body, `"BillRefNumber":"K7QX2M"`) {
							w.Errorf("echo %s of %+v", c.body, e)
						}
					}
					got = append(got, kind+itoa(int(c.at/s)))
				}
				if strings.Join(got, " ") != test.want {
					w.Errorf("posted %v, want %s", got, test.want)
				}
			})
		})
	}
}

func TestEchoOfATillNamesNoAccount(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.register(urlsPath2)
		w.sim.SetEcho(sim.EchoAfter)
		f := pushFields(phone, 20)
		f["TransactionType"], f["PartyB"] = "CustomerBuyGoodsOnline", till
		if _, err := w.post(pushPath, f); err != nil {
			w.Fatal(err)
		}
		if err := w.sim.PIN(phone, "1234"); err != nil {
			w.Fatal(err)
		}
		synctest.Wait()
		calls := w.to("/confirmation")
		if len(calls) != 1 || !strings.Contains(calls[0].body, `"TransactionType":"Buy Goods"`) ||
			!strings.Contains(calls[0].body, `"BusinessShortCode":"5123456","BillRefNumber":""`) {
			w.Errorf("echoes %+v", calls)
		}
		if e := w.sim.Ledger()[0]; e.Kind != sim.KindSTK || e.Reference != "K7QX2M" || !e.BuyGoods || e.Token != phone {
			w.Errorf("ledger entry %+v", e)
		}
	})
}

func TestOnePaymentByHandAtATime(t *testing.T) {
	inBubble(t, func(c *sim.Config) { c.Validation = true }, func(w *world) {
		w.register(urlsPath2)
		w.says = func(call) string { time.Sleep(5 * time.Second); return `{"ResultCode":"0"}` }
		go func() { _, _ = w.sim.PayByHand(paybill("A", 10)) }()
		time.Sleep(time.Second)
		if _, err := w.sim.PayByHand(paybill("A", 10)); !errors.Is(err, sim.ErrPhoneBusy) {
			w.Errorf("error %v, want ErrPhoneBusy", err)
		}
		time.Sleep(time.Minute)
		w.byHand(paybill("A", 10))
		w.wantMoney(20, 0, 20)
	})
}
