package mpesa

import (
	"strings"
	"testing"
)

// One rule tells a receipt from what is written where there is none.
func TestReceiptOf(t *testing.T) {
	for text, want := range map[string]string{
		"NCB9FJNAIT": "NCB9FJNAIT", "UJ22T8IYOU": "UJ22T8IYOU", "MBN31H462N": "MBN31H462N", "SKE52PAWR9": "SKE52PAWR9",
		"PE73OJNTHB": "PE73OJNTHB",
		"ncb9fjnait": "NCB9FJNAIT", "Ncb9fjnait": "NCB9FJNAIT", " NCB9FJNAIT\r\n": "NCB9FJNAIT",
		"\u00a0NCB9FJNAIT\u3000": "NCB9FJNAIT", "\ufeffNCB9FJNAIT": "NCB9FJNAIT",
		"NCB9\u200bFJNAIT": "NCB9FJNAIT", "\u200eNCB9FJNAIT\u200f": "NCB9FJNAIT", "NCB9FJNAIT\x00": "NCB9FJNAIT",
		"NCB9FJNAIT\ufffd": "NCB9FJNAIT",
		"NCBAFJNAIT":       "NCBAFJNAIT", // no digit, and 10 March 2019
		"ZZ99Z9Z8YX":       "ZZ99Z9Z8YX", // no month, and nothing else against it
		"UKT0000001":       "UKT0000001", "UKT1000000": "UKT1000000", "UKT7KQ2PX0": "UKT7KQ2PX0",
		"TES7KQ2PXM": "TES7KQ2PXM",
	} {
		if got := receiptOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	standIns := []string{
		"NULL", "null", "N/A", "n/a", "NA", "NONE", "None", "nil", "undefined", "UNDEFINED", "false", "0", "-", "", " ",
		"[object Object]", "NaN", "TEST", "test123", "string",
		"UKT0000000", "MBN0000000", "SKE0000000", "ukt0000000", "UKT1111111", "UKTXXXXXXX", "XXXXXXXXXX", "xxxxxxxxxx",
		"AAAAAAAAAA", "ZZZZZZZZZZ", "0000000000", "1111111111",
		"ABABABABAB", "TESTTESTTE", "ABCABCABCA", "X0X0X0X0X0", "1234567890", "0123456789", "254708374", "2547083741",
		"0708374149",
		"UNASSIGNED", "NOTDEFINED", "NOTPRESENT", "DUMMY00000", "NOVALUE111111", "XX00000000", "TXN0000000",
		"NCB9FJNAI", "NCB9FJNAITX", "NCB9 FJNAIT", "NCB9-FJNAIT", "NCB9FJNAI\ufffd", "NCB9FJNAI\u0422", "NCB9FJNAIÖ",
		"N\u017fB9FJNAIT", "ws_CO_1234", "<NCB9FJNA>",
		strings.Repeat("N", 1000),
	}
	for _, text := range standIns {
		if got := receiptOf(text); got != "" {
			t.Errorf("%q is taken for %q", text, got)
		}
		cb := parseOK(t,
			callbackBody("0",
				`[{"Name":"Amount","Value":1300},{"Name":"MpesaReceiptNumber","Value":`+quoted(text)+`}]`))
		if cb.Receipt != "" || cb.Code != Success || cb.Amount != 130000 {
			t.Errorf("%q: %+v", text, cb)
		}
		if c2b, err := ParseC2B([]byte(`{"TransAmount":"1300","TransID":` + quoted(text) + `}`)); err == nil ||
			c2b.Receipt != "" || c2b.Amount != 130000 {
			t.Errorf("%q: %+v, %v", text, c2b, err)
		}
		status, _ := resultOK(t, statusBodyWith(`{"Key":"ReceiptNo","Value":`+quoted(text)+`}`)).Transaction()
		if status.Receipt != "" {
			t.Errorf("%q: %+v", text, status)
		}
	}
	for _, raw := range []string{`null`, `0`, `1234567890`, `true`, `{}`, `[]`, `["NCB9FJNAIT"]`} {
		if cb := parseOK(t, callbackBody("0", `[{"Name":"MpesaReceiptNumber","Value":`+raw+`}]`)); cb.Receipt != "" {
			t.Errorf("%s: %+v", raw, cb)
		}
	}
}
