package mpesa

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// Beside the error stands what could be read for certain.
func TestLegibleFields(t *testing.T) {
	full := parseOK(t, captureSuccess2019)
	for name, test := range map[string]struct {
		body string
		want Callback
	}{
		"no CheckoutRequestID": {strings.Replace(captureSuccess2019, `"CheckoutRequestID"`, `"other"`, 1), Callback{
			MerchantRequestID: full.MerchantRequestID, Code: "0", Desc: full.Desc, Amount: 100, HasAmount: true,
			Receipt: full.Receipt, Phone: full.Phone, TransactedAt: full.TransactedAt, HasTime: true,
		}},
		"no code": {strings.Replace(captureSuccess2019, `"ResultCode":0,`, ``, 1), Callback{
			MerchantRequestID: full.MerchantRequestID, CheckoutRequestID: full.CheckoutRequestID, Desc: full.Desc,
			Amount: 100, HasAmount: true, Receipt: full.Receipt, Phone: full.Phone, TransactedAt: full.TransactedAt,
			HasTime: true,
		}},
		"two codes": {strings.Replace(captureCancelled2021, `"ResultCode"`, `"resultcode":0,"ResultCode"`, 1), Callback{
			MerchantRequestID: "16306-4668795-1", CheckoutRequestID: "ws_CO_300420210610432822",
			Desc: "Request cancelled by user",
		}},
		"cut behind the phone": {captureSuccess2019[:len(captureSuccess2019)-5], Callback{
			MerchantRequestID: full.MerchantRequestID, CheckoutRequestID: full.CheckoutRequestID, Desc: full.Desc,
			Receipt: full.Receipt, Phone: full.Phone, TransactedAt: full.TransactedAt, HasTime: true,
		}},
		"cut in the phone": {captureSuccess2019[:strings.Index(captureSuccess2019, "374149")], Callback{
			MerchantRequestID: full.MerchantRequestID, CheckoutRequestID: full.CheckoutRequestID, Desc: full.Desc,
			Receipt: full.Receipt, TransactedAt: full.TransactedAt, HasTime: true,
		}},
		"cut in the receipt": {captureSuccess2019[:strings.Index(captureSuccess2019, "JNAIT")], Callback{
			MerchantRequestID: full.MerchantRequestID, CheckoutRequestID: full.CheckoutRequestID, Desc: full.Desc,
		}},
		"cut in the code": {captureSuccess2019[:strings.Index(captureSuccess2019, `"ResultCode":0`)+14], Callback{
			MerchantRequestID: full.MerchantRequestID, CheckoutRequestID: full.CheckoutRequestID,
		}},
		"cut in the id": {captureSuccess2019[:strings.Index(captureSuccess2019, "122104433")],
			Callback{MerchantRequestID: full.MerchantRequestID}},
		"more behind it": {captureSuccess2019 + "</body>", Callback{
			MerchantRequestID: full.MerchantRequestID, CheckoutRequestID: full.CheckoutRequestID, Desc: full.Desc,
			Receipt: full.Receipt, Phone: full.Phone, TransactedAt: full.TransactedAt, HasTime: true,
		}},
		"broken in the middle": {strings.Replace(captureSuccess2019, `"ResultDesc":`, `"ResultDesc" oops `, 1),
			Callback{
				MerchantRequestID: full.MerchantRequestID, CheckoutRequestID: full.CheckoutRequestID,
			}},
		"two that differ": {captureSuccess2019 + captureCancelled2021, Callback{}},
		"text":            {"hello", Callback{}},
		"empty":           {"", Callback{}},
	} {
		got, err := ParseCallback([]byte(test.body))
		if !errors.Is(err, ErrUnreadable) || got != test.want {
			t.Errorf("%s:\ngot  %+v, %v\nwant %+v", name, got, err, test.want)
		}
		if strings.Contains(err.Error(), "254708374149") || strings.Contains(err.Error(), full.CheckoutRequestID) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Wherever a body is cut, it never says more than the whole one, nor a code or an amount.
func TestCutAnywhere(t *testing.T) {
	whole := parseOK(t, captureSuccess2019)
	for cut := range captureSuccess2019 {
		got, err := ParseCallback([]byte(captureSuccess2019[:cut]))
		if !errors.Is(err, ErrUnreadable) || got.Code != "" || got.HasAmount ||
			got.CheckoutRequestID != "" && got.CheckoutRequestID != whole.CheckoutRequestID ||
			got.Receipt != "" && got.Receipt != whole.Receipt || got.Phone != "" && got.Phone != whole.Phone ||
			got.HasTime && got.TransactedAt != whole.TransactedAt {
			t.Errorf("%q: %+v, %v", captureSuccess2019[:cut], got, err)
		}
	}
	want, _ := ParseC2B([]byte(c2bVersion2))
	for cut := range c2bVersion2 {
		got, err := ParseC2B([]byte(c2bVersion2[:cut]))
		if !errors.Is(err, ErrUnreadable) || got.HasAmount || got.HasBalance ||
			got.Receipt != "" && got.Receipt != want.Receipt ||
			got.Phone != "" && got.Phone != want.Phone {
			t.Errorf("%q: %+v, %v", c2bVersion2[:cut], got, err)
		}
	}
	for cut := range reversalDone {
		got, err := ParseResult([]byte(reversalDone[:cut]))
		if _, done := got.Reversal(); !errors.Is(err, ErrUnreadable) || done || got.Code != "" ||
			got.Parameters.Get("Amount") != "" {
			t.Errorf("%q: %+v, %v", reversalDone[:cut], got, err)
		}
	}
}

func TestLegible(t *testing.T) {
	for name, test := range map[string]struct {
		body []byte
		want string
	}{
		"nothing":            {nil, ""},
		"NULs":               {make([]byte, 100), ""},
		"plain":              {[]byte("ResultCode=0"), "ResultCode=0"},
		"lines":              {[]byte("{\r\n\t\"a\" : 1\n}\n"), `{ "a" : 1 }`},
		"control characters": {[]byte("a\x00b\x1bc\x7fd"), "a\ufffdb\ufffdc\ufffdd"},
		"no UTF-8":           {[]byte("N\xe9stor"), "N\ufffdstor"},
		"turned text":        {[]byte("a\u202eb\u200bc"), "a\ufffdb\ufffdc"},
		"phone":              {[]byte(`{"MSISDN":"254708374149"}`), `{"MSISDN":"2547*****149"}`},
		"phone in Arabic":    {[]byte("٢٥٤٧٠٨٣٧٤١٤٩"), "2547*****149"},
		"gzip":               {gzipped()(`{"a":254708374149}`), `{"a":2547*****149}`},
		"UTF-16":             {utf16As(binary.LittleEndian, true)(`{"a":254708374149}`), `{"a":2547*****149}`},
		"UTF-16, bare":       {utf16As(binary.BigEndian, false)(`{"a":"Wanjirũ"}`), `{"a":"Wanjirũ"}`},
		"half of gzip":       {gzipped()(strings.Repeat("a", 100))[:20], strings.Repeat("a", 100)},
	} {
		got := Legible(test.body)
		if name == "half of gzip" {
			if strings.Trim(got, "a") != "" && got == string(test.body) {
				t.Errorf("%s: %q", name, got)
			}
			continue
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	for _, long := range []string{
		strings.Repeat("ũ", 400), strings.Repeat("254708374149 ", 100), strings.Repeat("2", 100_000),
		strings.Repeat("\x00a", 1000),
	} {
		if got := Legible([]byte(long)); len(got) > 500 || !utf8.ValidString(got) || MaskDigits(got) != got ||
			got == "" {
			t.Errorf("%.20q: %d bytes, %q", long, len(got), got)
		}
	}
	// A number must not be cut into one that is too short to be masked.
	if got := Legible([]byte(strings.Repeat("a", 494) + "254708374149")); strings.Contains(got, "254708") {
		t.Errorf("%q", got)
	}
}
