package mpesa

import (
	"errors"
	"strings"
	"testing"
)

// The id of a push is a number where it was not quoted; where an answer has several, none is taken.
func TestPushIDForms(t *testing.T) {
	for name, test := range map[string]struct{ body, want string }{
		"a number":          {`{"CheckoutRequestID":1234567800001,"ResponseCode":"0"}`, "1234567800001"},
		"a small number":    {`{"CheckoutRequestID":17,"ResponseCode":"0"}`, ""},
		"a fraction":        {`{"CheckoutRequestID":123456.5,"ResponseCode":"0"}`, ""},
		"two in a page":     {"<p>ws_CO_1 or ws_CO_2</p>", ""},
		"the same twice":    {"<p>ws_CO_15 (ws_CO_15)</p>", "ws_CO_15"},
		"cut":               {"<p>ws_CO_15", ""},
		"two, one named":    {`{"CheckoutRequestID":"ws_CO_1","note":"not ws_CO_2"}`, "ws_CO_1"},
		"two named":         {`{"a":{"CheckoutRequestID":"ws_CO_1"},"b":{"CheckoutRequestID":"ws_CO_2"}}`, ""},
		"a part of a word":  {"<p>xws_CO_15y</p>", ""},
		"nothing like that": {`{"errorCode":"500.003.1001","requestId":"16813-1590513-1"}`, ""},
		"UTF-16":            {"\xff\xfe<\x00p\x00>\x00w\x00s\x00_\x00C\x00O\x00_\x001\x005\x00<\x00", "ws_CO_15"},
	} {
		if got, _ := pushIDs([]byte(test.body)); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// A code that an answer has in the place of success, and its text, are in the error: they say why.
func TestAnswerCodes(t *testing.T) {
	for name, test := range map[string]struct {
		status           int
		body, code, text string
	}{
		"ResponseCode 1": {200, `{"ResponseCode":"1","ResponseDescription":"Peculiar rejection"}`, "1",
			"Peculiar rejection"},
		"with an id": {200,
			`{"CheckoutRequestID":"ws_CO_17","ResponseCode":77,"ResponseDescription":"Call 0712345678"}`, "77",
			"Call 0712***678"},
		"the same, HTTP 500": {500, `{"ResponseCode":"S_7","ResponseDescription":"Odd"}`, "S_7", "Odd"},
		"no text":            {200, `{"ResponseCode":"9"}`, "9", "ResponseCode is not 0"},
		"an unknown errorCode": {500, `{"errorCode":"500.777.01","errorMessage":"Peculiar rejection"}`, "500.777.01",
			"Peculiar rejection"},
		"success in a word": {200, `{"ResponseCode":"Success","ResponseDescription":"x"}`, "",
			"ResponseCode is not 0"},
		"zeros beside HTTP 500": {500, `{"CheckoutRequestID":"ws_CO_17","ResponseCode":"00"}`, "", ""},
	} {
		client, _ := answering(t, reply{status: test.status, body: test.body})
		_, err := client.STKPush(t.Context(), testPush())
		var fault *Error
		if !errors.As(err, &fault) || fault.Code != test.code || fault.Message != test.text ||
			fault.Kind != KindAmbiguous {
			t.Errorf("%s: %+v", name, err)
		}
	}
	client, _ := answering(t, reply{status: 200, body: `{"ResponseCode":"1","ResponseDescription":"Nope"}`})
	if _, err := client.RegisterURLs(t.Context(), testURLs()); err == nil || !strings.Contains(err.Error(), "1: Nope") {
		t.Errorf("register: %v", err)
	}
}

// How far a transaction has come is known in any spelling of the states that are known, and in no other word.
func TestTransactionStates(t *testing.T) {
	for text, want := range map[string]TransactionState{
		"Completed": StateCompleted, "COMPLETED": StateCompleted, "completed.": StateCompleted,
		" Completed ": StateCompleted,
		"initiated":   StateInitiated, "AUTHORIZED.": StateAuthorized, "declined": StateDeclined,
		"Expired": StateExpired,
		"Success": "Success", "Processing": "Processing", "Pending Authorized": "Pending Authorized",
		"Not Completed": "Not Completed", "": "",
	} {
		result := resultOK(t, statusBodyWith(`[{"Key":"TransactionStatus","Value":`+quoted(text)+`}]`))
		if tr, ok := result.Transaction(); !ok || tr.State != want {
			t.Errorf("%q: %q, want %q", text, tr.State, want)
		}
	}
}

// A receipt that is missing is not another one, and one of several is not known.
func TestTransactionReceipts(t *testing.T) {
	for values, want := range map[string]struct {
		receipt string
		unclear bool
	}{
		``: {}, `null`: {}, `"NULL"`: {}, `""`: {}, `"N/A"`: {}, `0`: {}, `"MBN0000000"`: {}, `"-"`: {},
		`"NEF61H8J60"`: {"NEF61H8J60", false}, `" nef61h8j60 "`: {"NEF61H8J60", false},
		`"NEF61H8J60","NEF61H8J60"`: {"NEF61H8J60", false}, `"NEF61H8J60","MBN0000000"`: {"NEF61H8J60", false},
		`"NEF61H8J60","NEF61H8J61"`: {"", true}, `"NEF-61H8J60"`: {"", true}, `"NEF61H8J60X"`: {"", true},
		`"NEF61H8J60","NEF61H8J60X"`: {"", true},
	} {
		var list []string
		for _, value := range strings.Split(values, ",") {
			if value == "" {
				list = append(list, `{"Key":"ReceiptNo"}`)
				continue
			}
			list = append(list, `{"Key":"ReceiptNo","Value":`+value+`}`)
		}
		result := resultOK(t, statusBodyWith(`[`+strings.Join(list, ",")+`]`))
		if tr, _ := result.Transaction(); tr.Receipt != want.receipt || tr.ReceiptUnclear != want.unclear {
			t.Errorf("%s: %q, %v", values, tr.Receipt, tr.ReceiptUnclear)
		}
	}
}

// What stands in a callback where the receipt belongs is kept where it may be a receipt of a new form.
func TestOddReceipt(t *testing.T) {
	for text, want := range map[string]string{
		"UKT12345678": "UKT12345678", "UKT-1A2B3C4": "UKT-1A2B3C4", "7UKT1A2B3C": "7UKT1A2B3C", "A1": "A1",
		"UKT1A2B3C4": "", "ukt1a2b3c4": "", "": "", "NULL": "", "N/A": "", "0": "", "12345": "", "UKT0000000": "",
		"TESTTESTTE": "",
	} {
		body := `{"CheckoutRequestID":"ws_CO_1","ResultCode":0,` +
			`"CallbackMetadata":{"Item":[{"Name":"MpesaReceiptNumber","Value":` + quoted(text) + `}]}}`
		if cb, err := ParseCallback([]byte(body)); err != nil || cb.OddReceipt != want ||
			cb.Receipt != "" && want != "" {
			t.Errorf("%q: %+v, %v", text, cb, err)
		}
	}
}
