package mpesa

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestTransactionStatusRequest(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*StatusRequest)
		want   string
	}{
		"receipt": {func(*StatusRequest) {},
			`{"Initiator":"apiop37","SecurityCredential":"` + testCredential +
				`","CommandID":"TransactionStatusQuery","TransactionID":"NEF61H8J60","PartyA":"174379",` +
				`"IdentifierType":"4","ResultURL":"https://cinema.example/result/t0k3n/a=1&b=2",` +
				`"QueueTimeOutURL":"https://cinema.example/timeout/t0k3n","Remarks":"OK","Occasion":"OK"}`},
		"conversation": {func(r *StatusRequest) {
			r.Receipt, r.OriginalConversationID = "", "7071-4170-a0e5-8345632bad442144258"
			r.Shortcode, r.IdentifierType, r.Remarks, r.Occasion = "5123456", IdentifierTill, "", ""
		},
			`{"Initiator":"apiop37","SecurityCredential":"` + testCredential +
				`","CommandID":"TransactionStatusQuery",` +
				`"OriginalConversationID":"7071-4170-a0e5-8345632bad442144258","PartyA":"5123456",` +
				`"IdentifierType":"2","ResultURL":"https://cinema.example/result/t0k3n/a=1&b=2",` +
				`"QueueTimeOutURL":"https://cinema.example/timeout/t0k3n","Remarks":"Payment","Occasion":""}`},
		"long texts": {func(r *StatusRequest) {
			r.Remarks, r.Occasion = strings.Repeat("é#a", 200), strings.Repeat("b", 200)
		},
			`{"Initiator":"apiop37","SecurityCredential":"` + testCredential +
				`","CommandID":"TransactionStatusQuery","TransactionID":"NEF61H8J60","PartyA":"174379",` +
				`"IdentifierType":"4","ResultURL":"https://cinema.example/result/t0k3n/a=1&b=2",` +
				`"QueueTimeOutURL":"https://cinema.example/timeout/t0k3n","Remarks":"` + strings.Repeat("a", 100) +
				`","Occasion":"` + strings.Repeat("b", 100) + `"}`},
	} {
		client, fake := withInitiator(t, reply{status: 200, body: acknowledged})
		request := testStatus()
		test.change(&request)
		ack, err := client.TransactionStatus(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		if want := (Acknowledgement{"AG_20210706_20106e9209f64bebd05b", "f1e2-4b95-a71d-b30d3cdbb7a7735297", "0",
			"Accept the service request successfully."}); ack != want {
			t.Errorf("%s: %+v", name, ack)
		}
		sent := fake.requests[1]
		if sent.Method != "POST" || sent.URL.Path != "/mpesa/transactionstatus/v1/query" ||
			sent.Header.Get("Authorization") == "" {
			t.Errorf("%s: %s %s %v", name, sent.Method, sent.URL, sent.Header)
		}
		if fake.bodies[1] != test.want {
			t.Errorf("%s: body\n%s\nwant\n%s", name, fake.bodies[1], test.want)
		}
	}
}

// The documented sample is of a payment by the business; the others are of payments
// to one as they were observed, their names and numbers replaced.
const (
	statusDocumented = `{"Result":{"ConversationID":"AG_20180223_0000493344ae97d86f75",
 "OriginatorConversationID":"3213-416199-2","ReferenceData":{"ReferenceItem":{"Key":"Occasion"}},"ResultCode":0,
 "ResultDesc":"The service request is processed successfully.","ResultParameters":{"ResultParameter":[
 {"Key":"DebitPartyName","Value":"600310 - Safaricom333"},{"Key":"DebitPartyName","Value":"254708374149 - John Doe"},
 {"Key":"OriginatorConversationID","Value":"3211-416020-3"},{"Key":"InitiatedTime","Value":"20180223054112"},
 {"Key":"DebitAccountType","Value":"Utility Account"},
 {"Key":"DebitPartyCharges","Value":"Fee For B2C Payment|KES|22.40"},{"Key":"TransactionReason"},
 {"Key":"ReasonType","Value":"Business Payment to Customer via API"},{"Key":"TransactionStatus","Value":"Completed"},
 {"Key":"FinalisedTime","Value":"20180223054112"},{"Key":"Amount","Value":"300"},
 {"Key":"ConversationID","Value":"AG_20180223_000041b09c22e613d6c9"},{"Key":"ReceiptNo","Value":"MBN31H462N"}]},
 "ResultType":0,"TransactionID":"MBN0000000"}}`
	statusPayBill2025 = `{"Result":{"ResultType":0,"ResultCode":0,
 "ResultDesc":"The service request is processed successfully.",
 "OriginatorConversationID":"21dc-4436-8408-ee2f032ee36b9257921","ConversationID":"AG_20250117_20305b55146d275e7daf",
 "TransactionID":"TAH0000000","ResultParameters":{"ResultParameter":[
 {"Key":"DebitPartyName","Value":"0708374149 - John  kamau doe"},
 {"Key":"CreditPartyName","Value":"600310 -  SAFARICOM ENTERPRISE   "},
 {"Key":"OriginatorConversationID","Value":"6b16-43f4-a9f6-8e81ad29eeab2987739"},
 {"Key":"InitiatedTime","Value":20250117170614},{"Key":"CreditPartyCharges"},
 {"Key":"DebitAccountType","Value":"MMF Account For Customer"},{"Key":"TransactionReason"},
 {"Key":"ReasonType","Value":"Pay Bill Online"},{"Key":"TransactionStatus","Value":"Completed"},
 {"Key":"FinalisedTime","Value":20250117170615},{"Key":"Amount","Value":1.0},
 {"Key":"ConversationID","Value":"AG_20250117_20503343d9b604c7af7e"},{"Key":"ReceiptNo","Value":"TAH5J2K991"}]},
 "ReferenceData":{"ReferenceItem":{"Key":"Occasion","Value":"Query"}}}}`
	statusMalformed = `{"Result":{"ResultType":0,"ResultCode":25,` +
		`"ResultDesc":"The format of parameter null is invalid.","OriginatorConversationID":"a-1",` +
		`"ConversationID":"AG_1","TransactionID":"TAH0000000"}}`
)

func resultOK(t *testing.T, body string) AsyncResult {
	t.Helper()
	result, err := ParseResult([]byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return result
}

// statusBodyWith is a result whose parameters are these.
func statusBodyWith(parameters string) string {
	return `{"Result":{"ResultType":0,"ResultCode":0,"ConversationID":"AG_1","ResultParameters":{"ResultParameter":` +
		parameters + `}}}`
}

func TestTransactionReadings(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		want Transaction
	}{
		"documented, two debit parties": {statusDocumented, Transaction{
			Receipt: "MBN31H462N", Amount: 30000, HasAmount: true, State: StateCompleted,
			InitiatedAt: time.Date(2018, 2, 23, 5, 41, 12, 0, nairobi),
			FinalisedAt: time.Date(2018, 2, 23, 5, 41, 12, 0, nairobi),
			ReasonType:  "Business Payment to Customer via API", DebitAccountType: "Utility Account",
			ConversationID: "AG_20180223_000041b09c22e613d6c9", OriginatorConversationID: "3211-416020-3",
		}},
		"pay bill 2025": {statusPayBill2025, Transaction{
			Receipt: "TAH5J2K991", Amount: 100, HasAmount: true, State: StateCompleted,
			Credit:      Party{"600310 -  SAFARICOM ENTERPRISE", "600310", "SAFARICOM ENTERPRISE"},
			Debit:       Party{"0708374149 - John  kamau doe", "0708374149", "John kamau doe"},
			InitiatedAt: time.Date(2025, 1, 17, 17, 6, 14, 0, nairobi),
			FinalisedAt: time.Date(2025, 1, 17, 17, 6, 15, 0, nairobi), ReasonType: "Pay Bill Online",
			DebitAccountType: "MMF Account For Customer", ConversationID: "AG_20250117_20503343d9b604c7af7e",
			OriginatorConversationID: "6b16-43f4-a9f6-8e81ad29eeab2987739",
		}},
		"nothing": {statusBodyWith(`[]`), Transaction{}},
		"masked, oth" +
			"er dates": {statusBodyWith(
			`[{"Key":"DebitPartyName","Value":"2547 ***** 149 - JOHN"},` +
				`{"Key":"FinalisedTime","Value":"06.07.2024 22:48:52"},` +
				`{"Key":"InitiatedTime","Value":"2024-07-06 8:48:52"}]`), Transaction{
			Debit:       Party{"2547 ***** 149 - JOHN", "2547*****149", "JOHN"},
			FinalisedAt: time.Date(2024, 7, 6, 22, 48, 52, 0, nairobi),
			InitiatedAt: time.Date(2024, 7, 6, 8, 48, 52, 0, nairobi),
		}},
		"placeholder, odd amount " +
			"and state": {statusBodyWith(
			`[{"Key":"ReceiptNo","Value":"TAH0000000"},{"Key":"Amount","Value":"-300"},` +
				`{"Key":"TransactionStatus","Value":"completed"},{"Key":"FinalisedTime","Value":"soon"}]`),
			Transaction{State: StateCompleted}},
		"contradictions": {statusBodyWith(`[{"Key":"ReceiptNo","Value":"TAH5J2K991"},
			{"Key":"ReceiptNo","Value":"TAH5J2K992"},{"Key":"Amount","Value":1},{"Key":"Amount","Value":2},
			{"Key":"CreditPartyName","Value":"1 - a"},{"Key":"CreditPartyName","Value":"600310 - b"},
			{"Key":"TransactionStatus","Value":"Declined"},{"Key":"TransactionStatus","Value":"Completed"}]`),
			Transaction{ReceiptUnclear: true}},
		"reference": {`{"Result":{"ResultCode":"0","ConversationID":"AG_1",` +
			`"ReferenceData":{"ReferenceItem":[{"Key":"BillReferenceNumber","Value":"B7K2M9"},{"Key":"Occasion"}]}}}`,
			Transaction{BillReference: "B7K2M9"}},
	} {
		got, answered := resultOK(t, test.body).Transaction()
		if !answered || got != test.want {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", name, answered, got, test.want)
		}
	}
	both := resultOK(t, statusDocumented).Parameters.All("DebitPartyName")
	if !reflect.DeepEqual(both, []string{"600310 - Safaricom333", "254708374149 - John Doe"}) {
		t.Errorf("debit parties %q", both)
	}
}

func TestTransactionOnlyOfAnAnswer(t *testing.T) {
	for name, body := range map[string]string{
		"malformed":         statusMalformed,
		"code 1":            strings.Replace(statusPayBill2025, `"ResultCode":0`, `"ResultCode":1`, 1),
		"code 0.0":          strings.Replace(statusPayBill2025, `"ResultCode":0`, `"ResultCode":0.0`, 1),
		"code of two zeros": strings.Replace(statusPayBill2025, `"ResultCode":0`, `"ResultCode":"00"`, 1),
		"type 1":            strings.Replace(statusPayBill2025, `"ResultType":0`, `"ResultType":1`, 1),
	} {
		result := resultOK(t, body)
		if got, answered := result.Transaction(); answered || got != (Transaction{}) {
			t.Errorf("%s: %+v", name, got)
		}
		if got, done := result.Reversal(); done || got != (Reversal{}) {
			t.Errorf("%s: %+v", name, got)
		}
		if got := result.Verdict(); got.Outcome == OutcomeDone || got.Code != result.Code {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
