package mpesa

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// The documented answer, a list in a list.
const pullSample = `{"ResponseRefID":"26178-42530161-2","ResponseCode":"1000","ResponseMessage":"Success","Response":[[
 {"transactionId":"yzlyrEsRG1","trxDate":"2020-08-05T10:13:00Z","msisdn":722000000,"sender":"UAT2",
 "transactiontype":"c2b-pay-bill-debit","billreference":"37207636392","amount":"168.00",
 "organizationname":"Daraja Pull API Test"}]]}`

func TestPullQueryRequest(t *testing.T) {
	client, fake := answering(t, reply{status: 200, body: pullSample})
	query := PullQuery{
		From: time.Date(2020, 8, 4, 5, 36, 0, 0, time.UTC), To: time.Date(2020, 8, 5, 22, 10, 0, 0, time.UTC),
		Offset: 100,
	}
	page, err := client.PullTransactions(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	want := PulledTransaction{
		TransactionID: "yzlyrEsRG1", Receipt: "YZLYRESRG1", Amount: 16800, HasAmount: true,
		Date: "2020-08-05T10:13:00Z", HasTime: true, TransactedAt: time.Date(2020, 8, 5, 13, 13, 0, 0, nairobi),
		Phone: "722000000", Sender: "UAT2", TransactionType: "c2b-pay-bill-debit", BillReference: "37207636392",
		Organisation: "Daraja Pull API Test",
		Raw:          page.Transactions[0].Raw,
	}
	if len(page.Transactions) != 1 || !reflect.DeepEqual(page.Transactions[0], want) || page.NextOffset != 101 ||
		len(page.Unreadable) != 0 || string(page.Raw) != pullSample {
		t.Errorf("%+v", page)
	}
	sent := fake.requests[1]
	if body := `{"ShortCode":"174379","StartDate":"2020-08-04 08:36:00","EndDate":"2020-08-06 01:10:00",` +
		`"OffSetValue":"100"}`; sent.Method != "POST" ||
		sent.URL.Path != "/pulltransactions/v1/query" || fake.bodies[1] != body {
		t.Errorf("%s %s\n%s\nwant\n%s", sent.Method, sent.URL, fake.bodies[1], body)
	}
}

func TestPullAnswers(t *testing.T) {
	row := `{"transactionId":"TK60708BHZ","amount":1350}`
	for name, test := range map[string]struct {
		body             string
		rows, unreadable int
		kind             Kind // empty: no error
	}{
		"flat list":     {`{"ResponseCode":"1000","Response":[` + row + `,` + row + `]}`, 2, 0, ""},
		"several lists": {`{"ResponseCode":1000,"Response":[[` + row + `],[],[` + row + `,` + row + `]]}`, 3, 0, ""},
		"empty":         {`{"ResponseCode":"1000","Response":[[]]}`, 0, 0, ""},
		"rows that are odd": {`{"ResponseCode":"1000","Response":[[null,7,"x",[],{},{"transactionId":""},` +
			`{"TransactionName":"TK60708BHZ"},` + row + `]]}`, 1, 7, ""},
		"nothing found":    {pullNothing, 0, 0, ""},
		"nothing, a list":  {`{"ResponseCode":"1001","Response":[[]]}`, 0, 0, ""},
		"nothing but rows": {`{"ResponseCode":"1001","Response":[[` + row + `]]}`, 0, 0, ""},
		"no list":          {`{"ResponseCode":"1000"}`, 0, 0, KindNoAnswer},
		"list as text": {`{"ResponseCode":"1000",` +
			`"Response":"[[{\"transactionId\":\"TK60708BHZ\",\"amount\":1350}]]"}`, 1, 0, ""},
		"no list, text": {`{"ResponseCode":"1000","Response":"nothing"}`, 0, 0, KindNoAnswer},
		"two lists":     {`{"ResponseCode":"1000","Response":[[` + row + `]],"Response":[[]]}`, 0, 0, KindNoAnswer},
		"other code":    {`{"ResponseCode":"0","Response":[[` + row + `]]}`, 0, 0, KindNoAnswer},
		"no code":       {`{"Response":[[` + row + `]]}`, 0, 0, KindNoAnswer},
		"two codes": {`{"ResponseCode":"1000","ResponseCode":"1001","Response":[[` + row + `]]}`, 0,
			0, KindNoAnswer},
	} {
		client, _ := answering(t, reply{status: 200, body: test.body})
		query := testPullQuery()
		query.Offset = 10
		page, err := client.PullTransactions(t.Context(), query)
		if test.kind != "" {
			wantKind(t, name, err, test.kind)
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(page.Transactions) != test.rows || len(page.Unreadable) != test.unreadable ||
			page.NextOffset != 10+test.rows+test.unreadable || string(page.Raw) != test.body {
			t.Errorf("%s: %+v", name, page)
		}
		for _, found := range page.Transactions {
			want := PulledTransaction{
				TransactionID: "TK60708BHZ", Receipt: "TK60708BHZ", Amount: 135000, HasAmount: true, Raw: found.Raw,
			}
			if !reflect.DeepEqual(found, want) || !reflect.DeepEqual(ParsePulled(found.Raw), found) {
				t.Errorf("%s: %+v", name, found)
			}
		}
	}
}

func TestRegisterPull(t *testing.T) {
	client, fake := answering(t, reply{status: 200, body: pullRegistered})
	if err := client.RegisterPull(t.Context(), testPullRegistration()); err != nil {
		t.Fatal(err)
	}
	sent := fake.requests[1]
	if body := `{"ShortCode":"174379","RequestType":"Pull","NominatedNumber":"254708374149",` +
		`"CallBackURL":"https://cinema.example/pull"}`; sent.Method != "POST" ||
		sent.URL.Path != "/pulltransactions/v1/register" || fake.bodies[1] != body {
		t.Errorf("%s %s\n%s\nwant\n%s", sent.Method, sent.URL, fake.bodies[1], body)
	}
	for name, test := range map[string]struct {
		body   string
		kind   Kind // empty: no error
		before bool
	}{
		"key with a space":     {`{"Response Status":"1000"}`, "", false},
		"before":               {`{"ResponseStatus":"1001"}`, KindConfig, true},
		"before, with a space": {`{"Response Status":1001}`, KindConfig, true},
		"other":                {`{"ResponseStatus":"1002"}`, KindAmbiguous, false},
		"zero":                 {`{"ResponseStatus":"0"}`, KindAmbiguous, false},
		"none":                 {`{"ShortCode":"600000"}`, KindAmbiguous, false},
	} {
		client, _ := answering(t, reply{status: 200, body: test.body})
		err := client.RegisterPull(t.Context(), testPullRegistration())
		if test.kind == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if test.kind != "" {
			wantKind(t, name, err, test.kind)
		}
		if errors.Is(err, ErrAlreadyRegistered) != test.before {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzPullAnswer(f *testing.F) {
	for _, seed := range []string{
		pullSample, pullNothing, pullRegistered, "", "{}",
		`{"ResponseCode":"1000","Response":[[],[{"transactionId":1}],{"transactionId":"a","amount":"x"}]}`,
	} {
		f.Add(200, []byte(seed))
	}
	client := newTestClient(f, testConfig(&fakeDaraja{}))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		got := response{endpoint: endpointPullQuery, status: status, body: body, fault: parseFault("", body)}
		page, err := client.readPull(got, 5)
		rows := len(page.Transactions) + len(page.Unreadable)
		if page.NextOffset != 5+rows || err != nil && rows != 0 {
			t.Fatalf("%d %q: %+v, %v", status, body, page, err)
		}
		if rows > 0 &&
			(status/100 != 2 ||
				!says(body, "ResponseCode", func(code any) bool {
					return strings.TrimSpace(fmt.Sprint(code)) == "1000"
				})) {
			t.Fatalf("%d %q: taken for a page: %+v", status, body, page)
		}
		for _, found := range page.Transactions {
			if found.TransactionID == "" || found.Amount < 0 || !found.HasAmount && found.Amount != 0 ||
				receiptOf(found.Receipt) != found.Receipt {
				t.Fatalf("%q: %+v", body, found)
			}
		}
		again, _ := client.readPull(got, 5)
		if !reflect.DeepEqual(page, again) {
			t.Fatalf("%q is read in two ways", body)
		}
	})
}
