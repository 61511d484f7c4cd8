package mpesa

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

const (
	askedID     = "ws_CO_13012021093521236557"
	queryAnswer = `{"ResponseCode":"0","ResponseDescription":"The service request has been accepted successsfully",` +
		`"MerchantRequestID":"22205-34066-1","CheckoutRequestID":"ws_CO_13012021093521236557","ResultCode":"1032",` +
		`"ResultDesc":"Request cancelled by user"}`
)

func queryResult(code string) string {
	return strings.Replace(queryAnswer, `"ResultCode":"1032"`, `"ResultCode":`+code, 1)
}

func TestSTKQueryRequest(t *testing.T) {
	client, fake := answering(t, reply{status: 200, body: queryAnswer})
	answer, err := client.STKQuery(t.Context(), askedID)
	if err != nil {
		t.Fatal(err)
	}
	if string(answer.Raw) != queryAnswer || answer.HTTPStatus != 200 || answer.ResultCode != "1032" ||
		answer.Class != ClassFinalFailure ||
		answer.ResultDesc != "Request cancelled by user" || answer.MerchantRequestID != "22205-34066-1" ||
		answer.CheckoutRequestID != askedID {
		t.Errorf("%+v", answer)
	}
	sent := fake.requests[1]
	if sent.Method != "POST" || sent.URL.Path != "/mpesa/stkpushquery/v1/query" {
		t.Errorf("%s %s", sent.Method, sent.URL)
	}
	want := `{"BusinessShortCode":174379,"Password":"` + Password("174379", testPasskey, "20240710091526") +
		`","Timestamp":"20240710091526","CheckoutRequestID":"ws_CO_13012021093521236557"}`
	if fake.bodies[1] != want {
		t.Errorf("body\n%s\nwant\n%s", fake.bodies[1], want)
	}
}

type queryCase struct {
	name  string
	reply reply
	class Class
	kind  Kind // empty: no error
}

func queryCases() []queryCase {
	return []queryCase{
		{"paid", reply{status: 200, body: queryResult(`"0"`)}, ClassPaid, ""},
		{"paid, number", reply{status: 200, body: queryResult(`0`)}, ClassPaid, ""},
		{"no answer from the phone", reply{status: 200, body: queryResult(`"1037"`)}, ClassSoftFailure, ""},
		{"string code", reply{status: 200, body: queryResult(`"E3008"`)}, ClassFinalFailure, ""},
		{"new code", reply{status: 200, body: queryResult(`"7777"`)}, ClassUnknown, ""},
		{"no id", reply{status: 200, body: `{"ResponseCode":"0","ResultCode":"0"}`}, ClassPending, KindNoAnswer},
		{"failure, no id", reply{status: 200, body: `{"ResponseCode":"0","ResultCode":"1032"}`},
			ClassPending, KindNoAnswer},
		{"no ResponseCode",
			reply{
				status: 200,
				body:   strings.Replace(queryAnswer[:1]+queryAnswer[len(`{"ResponseCode":"0",`):], `"1032"`, `"0"`, 1),
			}, ClassPending, KindNoAnswer},
		{"verdict beside 500", reply{status: 500, body: queryResult(`"0"`)}, ClassPending, KindNoAnswer},
		{"XML", reply{status: 200, body: "<a><ResultCode>0</ResultCode></a>"}, ClassPending, KindNoAnswer},
		{"double zero", reply{status: 200, body: queryResult(`"00"`)}, ClassUnknown, ""},
		{"in flight, shape A",
			reply{status: 500, body: errorBody("500.001.1001", "The transaction is being processed")},
			ClassPending, ""},
		{"in flight, shape B", reply{status: 200, body: queryResult(`"4999"`)}, ClassPending, ""},
		{"in flight, shape B, number, no id", reply{status: 200, body: `{"ResultCode":4999}`}, ClassPending, ""},
		{"in flight, shape C", reply{status: 200, body: errorBody("500.001.1001", "")}, ClassPending, ""},
		{"does not exist", reply{status: 500, body: errorBody("500.001.1001", "The transaction does not Exist")},
			ClassPending, ""},
		{"locked is no verdict", reply{status: 500, body: errorBody("500.001.1001", "Unable to lock subscriber")},
			ClassPending, ""},
		{"credentials", reply{status: 500, body: errorBody("500.001.1001", "Wrong credentials")},
			ClassPending, KindConfig},
		{"bad id", reply{status: 400, body: errorBody("400.002.02", "Bad Request - Invalid CheckoutRequestID")},
			ClassPending, KindRefused},
		{"busy", reply{status: 500, body: errorBody("500.003.02", "Spike Arrest Violation")}, ClassPending, KindBusy},
		{"429", reply{status: 429}, ClassPending, KindBusy},
		{"server error", reply{status: 500, body: errorBody("500.003.1001", "Internal Server Error")},
			ClassPending, KindNoAnswer},
		{"firewall", reply{status: 403, body: incapsulaPage, mime: "text/html"}, ClassPending, KindNoAnswer},
		{"page with 200", reply{status: 200, body: incapsulaPage}, ClassPending, KindNoAnswer},
		{"empty", reply{status: 200}, ClassPending, KindNoAnswer},
		{"lost", reply{err: errors.New("connection reset")}, ClassPending, KindNoAnswer},
		{"no ResultCode", reply{status: 200, body: `{"ResponseCode":"0","CheckoutRequestID":"` + askedID + `"}`},
			ClassPending, KindNoAnswer},
		{"null", reply{status: 200, body: queryResult(`null`)}, ClassPending, KindNoAnswer},
		{"paid, another id", reply{status: 200, body: strings.Replace(queryResult(`"0"`), askedID, "ws_CO_2", 1)},
			ClassPending, KindNoAnswer},
		{"cancelled, another id", reply{status: 200, body: strings.Replace(queryAnswer, askedID, "ws_CO_2", 1)},
			ClassPending, KindNoAnswer},
		{"paid, no id", reply{status: 200, body: `{"ResponseCode":"0","ResultCode":"0"}`}, ClassPending, KindNoAnswer},
		{"paid, ResponseCode 1",
			reply{
				status: 200, body: strings.Replace(queryResult(`"0"`), `"ResponseCode":"0"`, `"ResponseCode":"1"`, 1),
			}, ClassPending, KindNoAnswer},
		{"paid, twice", reply{status: 200, body: strings.Replace(queryAnswer, `{`, `{"ResultCode":"0",`, 1)},
			ClassPending, KindNoAnswer},
		{"paid and cancelled, in two cases",
			reply{status: 200, body: strings.Replace(queryAnswer, `{`, `{"resultcode":"0",`, 1)},
			ClassPending, KindNoAnswer},
		{"cancelled, in other case",
			reply{status: 200, body: strings.Replace(queryAnswer, `ResultCode`, `resultCode`, 1)},
			ClassFinalFailure, ""},
		{"cancelled, as a fraction", reply{status: 200, body: queryResult(`1032.0`)}, ClassFinalFailure, ""},
		{"paid, ResponseCode of zeros",
			reply{
				status: 201,
				body:   strings.Replace(queryResult(`"0"`), `"ResponseCode":"0"`, `"ResponseCode":"00000000"`, 1),
			}, ClassPaid, ""},
		{"paid, status 500", reply{status: 500, body: queryResult(`"0"`)}, ClassPending, KindNoAnswer},
		{"paid with an error",
			reply{status: 200, body: strings.Replace(queryResult(`"0"`), `{`, `{"errorCode":"500.001.1001",`, 1)},
			ClassPending, ""},
	}
}

func TestSTKQueryAnswers(t *testing.T) {
	for _, test := range queryCases() {
		client, _ := answering(t, test.reply)
		answer, err := client.STKQuery(t.Context(), askedID)
		if test.kind == "" && err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if test.kind != "" {
			wantKind(t, test.name, err, test.kind)
		}
		if answer.Class != test.class || answer.HTTPStatus != test.reply.status {
			t.Errorf("%s: %+v, want class %s", test.name, answer, test.class)
		}
		if strings.HasPrefix(test.reply.body, "{") && string(answer.Raw) != test.reply.body {
			t.Errorf("%s: raw %s", test.name, answer.Raw)
		}
	}
}

func TestSTKQueryChecksItsInput(t *testing.T) {
	client, fake := answering(t, reply{status: 200, body: queryAnswer})
	for _, id := range []string{"", strings.Repeat("x", 101)} {
		answer, err := client.STKQuery(t.Context(), id)
		wantKind(t, "id", err, KindRefused)
		if answer.Class != ClassPending {
			t.Errorf("class %s", answer.Class)
		}
	}
	if len(fake.requests) != 0 {
		t.Errorf("%d requests were made", len(fake.requests))
	}
}

func isAsked(value any) bool {
	id, _ := value.(string)
	return strings.TrimFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) == askedID
}

// anyZero is zero, however it is spelt.
func anyZero(value any) bool {
	cents, known := parseCents(strings.TrimSpace(fmt.Sprint(value)))
	return known && cents == 0
}

func FuzzQueryAnswer(f *testing.F) {
	for _, test := range queryCases() {
		f.Add(test.reply.status, test.reply.mime, []byte(test.reply.body))
	}
	client := newTestClient(f, testConfig(&fakeDaraja{}))
	f.Fuzz(func(t *testing.T, status int, mime string, body []byte) {
		got := response{endpoint: endpointQuery, status: status, body: body, fault: parseFault(mime, body)}
		answer, err := client.readQuery(got, askedID)
		switch {
		case err != nil && answer.Class != ClassPending:
			t.Fatalf("%q: class %s beside %v", body, answer.Class, err)
		case answer.Class != ClassPending && (status/100 != 2 || !says(body, "CheckoutRequestID", isAsked)):
			t.Fatalf("%d %q is a verdict: %+v", status, body, answer)
		case answer.Class == ClassPaid && (!says(body, "ResultCode", isZero) || !says(body, "ResponseCode", anyZero)):
			t.Fatalf("%q is taken for success", body)
		}
	})
}
