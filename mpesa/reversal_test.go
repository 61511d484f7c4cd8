package mpesa

import (
	"testing"
	"time"
)

func TestReverseRequest(t *testing.T) {
	client, fake := withInitiator(t, reply{status: 200, body: acknowledged})
	ack, err := client.Reverse(t.Context(), testReversal())
	if err != nil {
		t.Fatal(err)
	}
	if want := (Acknowledgement{"AG_20210706_20106e9209f64bebd05b", "f1e2-4b95-a71d-b30d3cdbb7a7735297", "0",
		"Accept the service request successfully."}); ack != want {
		t.Errorf("%+v", ack)
	}
	sent := fake.requests[1]
	if sent.Method != "POST" || sent.URL.Path != "/mpesa/reversal/v1/request" {
		t.Errorf("%s %s", sent.Method, sent.URL)
	}
	want := `{"Initiator":"apiop37","SecurityCredential":"` + testCredential +
		`","CommandID":"TransactionReversal","TransactionID":"PDU91HIVIT","Amount":"200","ReceiverParty":"603021",` +
		`"RecieverIdentifierType":"11","ResultURL":"https://cinema.example/result/t0k3n",` +
		`"QueueTimeOutURL":"https://cinema.example/timeout/t0k3n","Remarks":"Payment reversal"}`
	if fake.bodies[1] != want {
		t.Errorf("body\n%s\nwant\n%s", fake.bodies[1], want)
	}
}

func TestReverseFillsIn(t *testing.T) {
	client, fake := withInitiator(t, reply{status: 200, body: acknowledged})
	request := testReversal()
	request.Shortcode = ""
	for _, short := range []string{"", "a", "#", "-"} {
		request.Remarks = short
		if _, err := client.Reverse(t.Context(), request); err != nil {
			t.Fatal(err)
		}
		sent := []byte(fake.bodies[len(fake.bodies)-1])
		if lookUp(sent, "ReceiverParty") != "174379" || lookUp(sent, "Remarks") != "Payment" {
			t.Errorf("remarks %q: %s", short, sent)
		}
	}
}

// Documented samples; the phone number is replaced.
const (
	reversalDone = `{"Result":{"ResultType":0,"ResultCode":0,
 "ResultDesc":"The service request is processed successfully.",
 "OriginatorConversationID":"dad6-4c34-8787-c8cb963a496d1268232","ConversationID":"AG_20211114_201018edbbf9f1582eaa",
 "TransactionID":"SKE52PAWR9","ResultParameters":{"ResultParameter":[
 {"Key":"DebitAccountBalance","Value":"Utility Account|KES|7722179.62|7722179.62|0.00|0.00"},
 {"Key":"Amount","Value":1.00},{"Key":"TransCompletedTime","Value":20211114132711},
 {"Key":"OriginalTransactionID","Value":"SKC82PACB8"},{"Key":"Charge","Value":0.00},
 {"Key":"CreditPartyPublicName","Value":"254708374149 - JOHN DOE"},
 {"Key":"DebitPartyPublicName","Value":"600992 - Safaricom Daraja 992"}]},
 "ReferenceData":{"ReferenceItem":{"Key":"QueueTimeoutURL",
  "Value":"https://internalapi.safaricom.co.ke/mpesa/reversalresults/v1/submit"}}}}`
	reversalNoSuch = `{"Result":{"ResultType":0,"ResultCode":"R000002",
 "ResultDesc":"The OriginalTransactionID is invalid.","OriginatorConversationID":"3124-481d-b706-10e4fedce7f6",
 "ConversationID":"AG_20211114_20105b3a","TransactionID":"SKE0000000",
 "ReferenceData":{"ReferenceItem":{"Key":"QueueTimeoutURL",
  "Value":"https://internalapi.safaricom.co.ke/mpesa/reversalresults/v1/submit"}}}}`
	reversalBefore = `{"Result":{"ResultType":0,"ResultCode":"R000001",` +
		`"ResultDesc":"The transaction has already been reversed.","OriginatorConversationID":"3124-481d",` +
		`"ConversationID":"AG_20211114_2","TransactionID":"SKE0000000"}}`
)

func TestReversalReadings(t *testing.T) {
	result := resultOK(t, reversalDone)
	got, done := result.Reversal()
	want := Reversal{
		Original: "SKC82PACB8", Receipt: "SKE52PAWR9", Amount: 100, HasAmount: true, HasCharge: true,
		Credit:      Party{"254708374149 - JOHN DOE", "254708374149", "JOHN DOE"},
		Debit:       Party{"600992 - Safaricom Daraja 992", "600992", "Safaricom Daraja 992"},
		CompletedAt: time.Date(2021, 11, 14, 13, 27, 11, 0, nairobi),
		Balance:     "Utility Account|KES|7722179.62|7722179.62|0.00|0.00",
	}
	if !done || got != want {
		t.Errorf("%v\ngot  %+v\nwant %+v", done, got, want)
	}
	if result.ConversationID != "AG_20211114_201018edbbf9f1582eaa" ||
		result.OriginatorConversationID != "dad6-4c34-8787-c8cb963a496d1268232" ||
		result.TransactionID != "SKE52PAWR9" {
		t.Errorf("%+v", result)
	}
	if verdict := result.Verdict(); verdict.Outcome != OutcomeDone {
		t.Errorf("%+v", verdict)
	}
}

func TestReversalFailures(t *testing.T) {
	for body, outcome := range map[string]Outcome{
		reversalNoSuch: OutcomeRefused, reversalBefore: OutcomeAlreadyReversed,
	} {
		result := resultOK(t, body)
		if verdict := result.Verdict(); verdict.Outcome != outcome || verdict.Code != result.Code {
			t.Errorf("%+v, want %s", verdict, outcome)
		}
		if got, done := result.Reversal(); done || got != (Reversal{}) {
			t.Errorf("%s: %+v", result.Code, got)
		}
		if result.Parameters != nil || result.TransactionID != "SKE0000000" {
			t.Errorf("%+v", result)
		}
	}
}

// A result with nothing but a code does not name what was reversed.
func TestReversalWithoutParameters(t *testing.T) {
	got, done := resultOK(t,
		`{"Result":{"ResultCode":"0","ConversationID":"AG_1","TransactionID":"SKE0000000"}}`).Reversal()
	if !done || got != (Reversal{}) {
		t.Errorf("%v %+v", done, got)
	}
}
