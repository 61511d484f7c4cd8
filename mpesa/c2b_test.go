package mpesa

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"
)

func TestRegisterURLsRequest(t *testing.T) {
	for _, test := range []struct {
		request URLRegistration
		want    string
	}{
		{testURLs(),
			`{"ShortCode":"174379","ResponseType":"Completed","ConfirmationURL":"https://cinema.example/confirm",` +
				`"ValidationURL":"https://cinema.example/validate"}`},
		{URLRegistration{"5123456", CancelUnvalidated, "https://cinema.example/c/a=1&b=2", "https://cinema.example/v"},
			`{"ShortCode":"5123456","ResponseType":"Cancelled","ConfirmationURL":"https://cinema.example/c/a=1&b=2",` +
				`"ValidationURL":"https://cinema.example/v"}`},
	} {
		client, fake := answering(t, reply{status: 200, body: registered})
		ack, err := client.RegisterURLs(t.Context(), test.request)
		if err != nil {
			t.Fatal(err)
		}
		if want := (Acknowledgement{
			OriginatorConversationID: "6e86-45dd-91ac-fd5d4178ab523408729", ResponseCode: "0",
			ResponseDescription: "Success",
		}); ack != want {
			t.Errorf("%+v", ack)
		}
		if sent := fake.requests[1]; sent.Method != "POST" || sent.URL.Path != "/mpesa/c2b/v2/registerurl" ||
			fake.bodies[1] != test.want {
			t.Errorf("%s %s\n%s\nwant\n%s", sent.Method, sent.URL, fake.bodies[1], test.want)
		}
	}
}

func TestAlreadyRegistered(t *testing.T) {
	for _, message := range []string{
		"Urls are already registered", "URLs already registered", "Duplicate notification info",
	} {
		client, _ := answering(t, reply{status: 500, body: errorBody("500.003.1001", message)})
		_, err := client.RegisterURLs(t.Context(), testURLs())
		wantKind(t, message, err, KindConfig)
		if !errors.Is(err, ErrAlreadyRegistered) || !strings.Contains(err.Error(), message) {
			t.Errorf("%s: %v", message, err)
		}
	}
	for _, body := range []string{
		errorBody("500.003.1001", "Internal Server Error"),
		`{"ResponseCode":"0","errorMessage":"Urls are already registered"}`, incapsulaPage,
	} {
		client, _ := answering(t, reply{status: 500, body: body})
		if _, err := client.RegisterURLs(t.Context(), testURLs()); errors.Is(err, ErrAlreadyRegistered) ||
			!MayHaveSent(err) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// The first is Safaricom's sample; the second has the shape of a capture of
// November 2025, its hash made from another number.
const (
	c2bVersion2 = `{"TransactionType":"Pay Bill","TransID":"RKL51ZDR4F","TransTime":"20231121121325",
 "TransAmount":"5.00","BusinessShortCode":"600966","BillRefNumber":"Sample Transaction","InvoiceNumber":"",
 "OrgAccountBalance":"25.00","ThirdPartyTransID":"","MSISDN":"2547 ***** 126","FirstName":"NICHOLAS","MiddleName":"",
 "LastName":""}`
	c2bHash     = "f4a2f2a9a8f2d8a4e2f3c1b0a9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6"
	c2bVersion1 = `{"TransactionType":"Buy Goods","TransID":"TK60708BHZ","TransTime":"20251106084512",` +
		`"TransAmount":"1350","BusinessShortCode":"600966","BillRefNumber":"","InvoiceNumber":"",` +
		`"OrgAccountBalance":"","ThirdPartyTransID":"","MSISDN":"` + c2bHash + `","FirstName":"JOHN"}`
)

func TestParseC2B(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		want C2BPayment
	}{
		"version 2, masked": {c2bVersion2, C2BPayment{
			Receipt: "RKL51ZDR4F", Amount: 500, HasAmount: true,
			TransactedAt: time.Date(2023, 11, 21, 12, 13, 25, 0, nairobi), HasTime: true, TransactionType: "Pay Bill",
			Shortcode: "600966", BillReference: "Sample Transaction", Phone: "2547 ***** 126", FirstName: "NICHOLAS",
			Balance: 2500, HasBalance: true,
		}},
		"version 1, hashed": {c2bVersion1, C2BPayment{
			Receipt: "TK60708BHZ", Amount: 135000, HasAmount: true,
			TransactedAt: time.Date(2025, 11, 6, 8, 45, 12, 0, nairobi), HasTime: true, TransactionType: "Buy Goods",
			Shortcode: "600966", Phone: c2bHash, FirstName: "JOHN",
		}},
		"version 1, whole number, " +
			"JSON numbers": {`{"TransID":"LHG31AA5TX","TransTime":20170816190243,"TransAmount":200.50,` +
			`"BusinessShortCode":600610,"BillRefNumber":1042,"MSISDN":254708374149,"FirstName":"John",` +
			`"MiddleName":"J.","LastName":"Doe","InvoiceNumber":"i","ThirdPartyTransID":"t"}`, C2BPayment{
			Receipt: "LHG31AA5TX", Amount: 20050, HasAmount: true,
			TransactedAt: time.Date(2017, 8, 16, 19, 2, 43, 0, nairobi), HasTime: true, Shortcode: "600610",
			BillReference: "1042", Phone: "254708374149", FirstName: "John", MiddleName: "J.", LastName: "Doe",
			InvoiceNumber: "i", ThirdPartyID: "t",
		}},
		"receipt alone": {`{"TransID":"RKL51ZDR4F"}`, C2BPayment{Receipt: "RKL51ZDR4F"}},
		"nulls and wro" +
			"ng kinds": {`{"TransID":"RKL51ZDR4F","TransTime":null,"TransAmount":[5],"BusinessShortCode":{},` +
			`"BillRefNumber":true,"MSISDN":null}`,
			C2BPayment{Receipt: "RKL51ZDR4F"}},
		"unreadable": {`{"TransID":"RKL51ZDR4F","TransTime":"yesterday","TransAmount":"-5.00",` +
			`"OrgAccountBalance":"1.000,00"}`, C2BPayment{Receipt: "RKL51ZDR4F"}},
		"contradictions": {`{"TransID":"RKL51ZDR4F","TransAmount":"5","TransAmount":"500","BillRefNumber":"A",` +
			`"BillRefNumber":"B","MSISDN":"1","MSISDN":"2"}`,
			C2BPayment{Receipt: "RKL51ZDR4F"}},
		"account number with spaces and NUL": {`{"TransID":"RKL51ZDR4F","BillRefNumber":"  b7 k2m9\u0000 "}`,
			C2BPayment{Receipt: "RKL51ZDR4F", BillReference: "b7 k2m9\ufffd"}},
	} {
		got, err := ParseC2B([]byte(test.body))
		if err != nil || got != test.want {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", name, err, got, test.want)
		}
	}
}

func TestParseC2BRefuses(t *testing.T) {
	for name, body := range map[string]string{
		"empty":                 "",
		"null":                  "null",
		"cut short":             c2bVersion2[:100],
		"no receipt":            `{"TransAmount":"5.00"}`,
		"receipt null":          `{"TransID":null}`,
		"receipt empty":         `{"TransID":""}`,
		"receipt that is none":  `{"TransID":"<b>"}`,
		"two that differ":       c2bVersion2 + c2bVersion1,
		"receipt null as text":  `{"TransID":"NULL"}`,
		"receipt of zeros":      `{"TransID":"UKT0000000"}`,
		"two receipts, 2 cases": `{"TransID":"RKL51ZDR4F","transID":"RKL51ZDR4G"}`,
		"two receipts":          `{"TransID":"RKL51ZDR4F","TransID":"RKL51ZDR4G"}`,
		"an STK callback":       captureSuccess2019,
		"a result":              reversalDone,
		"over 1 MiB":            c2bVersion2 + strings.Repeat(" ", maxBody),
	} {
		if got, err := ParseC2B([]byte(body)); !errors.Is(err, ErrUnreadable) ||
			got.Receipt != "" && isWhole([]byte(body)) || !strings.HasPrefix(err.Error(), "mpesa c2b: ") {
			t.Errorf("%s: taken as %+v, %v", name, got, err)
		}
	}
}

func TestC2BAnswers(t *testing.T) {
	answers := map[string]string{C2BAccepted: "0"}
	for _, why := range []C2BRejection{
		RejectMSISDN, RejectAccount, RejectAmount, RejectKYC, RejectShortcode, RejectOther,
	} {
		answers[C2BRejected(why)] = string(why)
	}
	for _, odd := range []C2BRejection{"", "0", `0","a":"`} {
		answers[C2BRejected(odd)] = "C2B00016"
	}
	if len(answers) != 7 {
		t.Errorf("%d different answers", len(answers))
	}
	for body, code := range answers {
		var answer struct{ ResultCode, ResultDesc string }
		if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.ResultCode != code ||
			answer.ResultDesc == "" {
			t.Errorf("%s: %+v, %v; want %s", body, answer, err, code)
		}
		if accepts := answer.ResultDesc == "Accepted"; accepts != (code == "0") {
			t.Errorf("%s", body)
		}
	}
}

func FuzzParseC2B(f *testing.F) {
	for _, seed := range []string{
		c2bVersion1, c2bVersion2, "", "{}", "null", captureSuccess2019,
		`{"TransID":"RKL51ZDR4F","TransAmount":1e3,"TransID":"RKL51ZDR4F"}`,
	} {
		f.Add([]byte(seed))
		for _, wrap := range waysToSend() {
			f.Add(wrap.send(seed))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := ParseC2B(body)
		if err != nil {
			if !errors.Is(err, ErrUnreadable) ||
				!isWhole(body) && (got.HasAmount || got.Amount != 0 || got.HasBalance) {
				t.Fatalf("%q is broken, and read as %+v", body, got)
			}
			return
		}
		if receiptOf(got.Receipt) != got.Receipt || !says(body, "TransID", func(value any) bool {
			return got.Receipt == receiptOf(fmt.Sprint(value))
		}) {
			t.Fatalf("%q: receipt %q", body, got.Receipt)
		}
		if exact, number := lookUp(body, "TransAmount").(json.Number); number && got.HasAmount &&
			!sameMoney(exact, got.Amount) {
			t.Fatalf("%q: amount %d", body, got.Amount)
		}
		if got.HasAmount != (got.Amount > 0) {
			t.Fatalf("%q: amount %d", body, got.Amount)
		}
	})
}

// sameMoney is a second opinion on shillings read into cents.
func sameMoney(value any, cents int64) bool {
	text, _ := value.(string)
	if number, isNumber := value.(json.Number); isNumber {
		text = number.String()
	}
	shillings, ok := new(big.Rat).SetString(strings.TrimSpace(text))
	return ok && shillings.Mul(shillings, big.NewRat(100, 1)).Cmp(new(big.Rat).SetInt64(cents)) == 0
}
