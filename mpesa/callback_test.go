package mpesa

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

// Captured bodies; the phone numbers are replaced.
const (
	captureSuccess2019 = `{"Body":{"stkCallback":{"MerchantRequestID":"19918-3028728-2",
 "CheckoutRequestID":"ws_CO_DMZ_264695293_11032019122104433","ResultCode":0,
 "ResultDesc":"The service request is processed successfully.",
 "CallbackMetadata":{"Item":[{"Name":"Amount","Value":1.00},
  {"Name":"MpesaReceiptNumber","Value":"NCB9FJNAIT"},{"Name":"Balance"},
  {"Name":"TransactionDate","Value":20190311122121},
  {"Name":"PhoneNumber","Value":254708374149}]}}}}`
	captureCancelled2021 = `{"Body":{"stkCallback":{"MerchantRequestID":"16306-4668795-1",` +
		`"CheckoutRequestID":"ws_CO_300420210610432822","ResultCode":1032,"ResultDesc":"Request cancelled by user"}}}`
	captureStringCode = `{"Body":{"stkCallback":{"MerchantRequestID":"40617-17188129-1",` +
		`"CheckoutRequestID":"ws_CO_22062021155116737510","ResultCode":"SFC_IC0003",` +
		`"ResultDesc":"The operator does not exist."}}}`
)

func TestParseCallbackCaptures(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		want Callback
	}{
		"success 2019, Balance without value": {captureSuccess2019, Callback{
			MerchantRequestID: "19918-3028728-2", CheckoutRequestID: "ws_CO_DMZ_264695293_11032019122104433",
			Code: "0", Desc: "The service request is processed successfully.", Amount: 100, HasAmount: true,
			Receipt: "NCB9FJNAIT", Phone: "254708374149",
			TransactedAt: time.Date(2019, 3, 11, 12, 21, 21, 0, nairobi), HasTime: true,
		}},
		"cancelled 2021, no metadata": {captureCancelled2021, Callback{
			MerchantRequestID: "16306-4668795-1", CheckoutRequestID: "ws_CO_300420210610432822",
			Code: "1032", Desc: "Request cancelled by user",
		}},
		"string code 2021": {captureStringCode, Callback{
			MerchantRequestID: "40617-17188129-1", CheckoutRequestID: "ws_CO_22062021155116737510",
			Code: "SFC_IC0003", Desc: "The operator does not exist.",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseCallback([]byte(test.body))
			if err != nil || got != test.want {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, test.want)
			}
		})
	}
}

func TestTimestampsAreNairobi(t *testing.T) {
	zone, err := time.LoadLocation("Africa/Nairobi")
	if err != nil {
		t.Fatal(err)
	}
	for year := 2007; year < 2040; year++ {
		for _, month := range []time.Month{1, 7} {
			at := time.Date(year, month, 1, 23, 30, 0, 0, time.UTC)
			if got, want := Timestamp(at), at.In(zone).Format("20060102150405"); got != want {
				t.Errorf("Timestamp(%v) = %s, want %s", at, got, want)
			}
		}
	}
	if got := Timestamp(time.Date(2024, 12, 31, 22, 0, 5, 0, time.UTC)); got != "20250101010005" {
		t.Errorf("Timestamp = %s", got)
	}
}

// The captured pairs of a push's id and its TransactionDate lie seconds apart, as
// both are Nairobi time.
func TestCapturedIDAndTransactionDate(t *testing.T) {
	for _, pair := range []struct {
		id, date string
		seconds  int
	}{
		{"27072017154747", "20170727154800", 13}, {"24012018144725", "20180124144754", 29},
		{"11032019122104", "20190311122121", 17}, {"19122019102036", "20191219102115", 39},
		{"01072020140102", "20200701140217", 75}, {"21042021114416", "20210421114425", 9},
		{"07052021172241", "20210507172318", 37}, {"07052021175508", "20210507175536", 28},
	} {
		sent, err := time.ParseInLocation("02012006150405", pair.id, nairobi)
		if err != nil {
			t.Fatal(err)
		}
		cb := parseOK(t, callbackBody(`0`, `[{"Name":"TransactionDate","Value":`+pair.date+`}]`))
		if !cb.HasTime || cb.TransactedAt.Sub(sent) != time.Duration(pair.seconds)*time.Second {
			t.Errorf("%s: %v after the push, want %d s", pair.date, cb.TransactedAt.Sub(sent), pair.seconds)
		}
	}
}

func callbackBody(code, items string) string {
	return fmt.Sprintf(
		`{"Body":{"stkCallback":{"MerchantRequestID":"m","CheckoutRequestID":"ws_CO_1","ResultCode":%s,`+
			`"ResultDesc":"d","CallbackMetadata":{"Item":%s}}}}`, code, items)
}

func parseOK(t *testing.T, body string) Callback {
	t.Helper()
	cb, err := ParseCallback([]byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return cb
}

func TestParseCallbackCodes(t *testing.T) {
	for raw, want := range map[string]Code{
		`0`: "0", `"0"`: "0", `"\u0030"`: "0",
		`1037`: "1037", `" 1037 "`: "1037", `"E3008"`: "E3008", `"SFC_IC0003"`: "SFC_IC0003",
		`0.0`: "0.0", `-0`: "-0", `0e0`: "0e0", `0E5`: "0E5", `"00"`: "00", `"0.0"`: "0.0", `"+0"`: "+0",
		`" 0 "`: " 0 ", `"0 "`: "0 ", `"\t0"`: "\ufffd0", `"0\u0000"`: "0\ufffd", `"\u200b0"`: "\u200b0", `"０"`: "０",
		`"O"`:                        "O",
		`99999999999999999999999999`: "99999999999999999999999999",
	} {
		got, err := ParseCallback([]byte(callbackBody(raw, `[]`)))
		if err != nil || got.Code != want {
			t.Errorf("ResultCode %s: %q, %v; want %q", raw, got.Code, err, want)
		}
		if paid := Classify(got.Code).Class == ClassPaid; paid != (want == "0") {
			t.Errorf("ResultCode %s: paid is %v", raw, paid)
		}
	}
	for _, raw := range []string{`null`, `""`, `"  "`, `false`, `true`, `[]`, `[0]`, `{}`, `{"Value":0}`} {
		if got, err := ParseCallback([]byte(callbackBody(raw, `[]`))); err == nil {
			t.Errorf("ResultCode %s is taken as %q", raw, got.Code)
		}
	}
}

func TestParseCallbackRefuses(t *testing.T) {
	good := captureSuccess2019
	for name, body := range map[string]string{
		"empty":                      "",
		"space":                      " \n",
		"null":                       "null",
		"string":                     `"0"`,
		"number":                     "0",
		"not JSON":                   "ResultCode=0",
		"HTML":                       "<html>0</html>",
		"cut short":                  good[:len(good)-1],
		"trailing garbage":           good + "x",
		"Body null":                  `{"Body":null}`,
		"Body is text":               `{"Body":"{}"}`,
		"no stkCallback":             `{"Body":{}}`,
		"no ResultCode":              `{"Body":{"stkCallback":{"CheckoutRequestID":"a1","ResultDesc":"Success"}}}`,
		"no CheckoutRequestID":       `{"Body":{"stkCallback":{"ResultCode":0}}}`,
		"empty CheckoutRequestID":    `{"Body":{"stkCallback":{"ResultCode":0,"CheckoutRequestID":""}}}`,
		"CheckoutRequestID a number": `{"Body":{"stkCallback":{"ResultCode":0,"CheckoutRequestID":7}}}`,
		"CheckoutRequestID with NUL": `{"Body":{"stkCallback":{"ResultCode":0,"CheckoutRequestID":"a1\u0000"}}}`,
		"CheckoutRequestID too long": `{"Body":{"stkCallback":{"ResultCode":0,"CheckoutRequestID":"` +
			strings.Repeat("a", 101) + `"}}}`,
		"ResultCode twice, last is 0": `{"Body":{"stkCallback":{"ResultCode":1032,"ResultCode":0,` +
			`"CheckoutRequestID":"a1"}}}`,
		"ResultCode twice, first is 0": `{"Body":{"stkCallback":{"ResultCode":0,"ResultCode":1032,` +
			`"CheckoutRequestID":"a1"}}}`,
		"ResultCode twice, escaped": `{"Body":{"stkCallback":{"ResultCode":1032,"Result\u0043ode":0,` +
			`"CheckoutRequestID":"a1"}}}`,
		"ResultCode thrice, 0 at the end": `{"Body":{"stkCallback":{"ResultCode":1032,"ResultCode":0,"ResultCode":0,` +
			`"CheckoutRequestID":"a1"}}}`,
		"ResultCode thrice": `{"Body":{"stkCallback":{"ResultCode":0,"ResultCode":1,"ResultCode":0,` +
			`"CheckoutRequestID":"a1"}}}`,
		"CheckoutRequestID twice": `{"Body":{"stkCallback":{"ResultCode":0,"CheckoutRequestID":"a1",` +
			`"CheckoutRequestID":"b2"}}}`,
		"stkCallback twice": `{"Body":{"stkCallback":{"ResultCode":1,"CheckoutRequestID":"a1"},` +
			`"stkCallback":{"ResultCode":0,"CheckoutRequestID":"a1"}}}`,
		"Body twice":                 `{"Body":{},"Body":{"stkCallback":{"ResultCode":0,"CheckoutRequestID":"a1"}}}`,
		"two that differ":            captureCancelled2021 + good,
		"two that differ, in a list": "[" + good + "," + captureCancelled2021 + "]",
		"ResultCode in two cases": `{"Body":{"stkCallback":{"resultcode":0,"ResultCode":1032,` +
			`"CheckoutRequestID":"a1"}}}`,
		"ResultCode in two cases, 0 last": `{"Body":{"stkCallback":{"RESULTCODE":1032,"ResultCode":0,` +
			`"CheckoutRequestID":"a1"}}}`,
		"CheckoutRequestID null as text": `{"Body":{"stkCallback":{"ResultCode":0,"CheckoutRequestID":"null"}}}`,
		"CheckoutRequestID N/A":          `{"Body":{"stkCallback":{"ResultCode":0,"CheckoutRequestID":"N/A"}}}`,
		"CheckoutRequestID zero":         `{"Body":{"stkCallback":{"ResultCode":0,"CheckoutRequestID":"0000"}}}`,
		"over 1 MiB":                     captureCancelled2021 + strings.Repeat(" ", maxBody),
		"nested too deep":                strings.Repeat("[", 200_000),
	} {
		if got, err := ParseCallback([]byte(body)); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%s: taken as %+v, %v", name, got, err)
		}
	}
}

func TestParseCallbackIsNotOverruled(t *testing.T) {
	for name, body := range map[string]string{
		"other cases, the same": `{"Body":{"stkCallback":{"resultcode":1032,"ResultCode":1032,"RESULTCODE":1032,` +
			`"CheckoutRequestID":"a1"}}}`,
		"same value twice": `{"Body":{"stkCallback":{"ResultCode":1032,"ResultCode": 1032,"CheckoutRequestID":"a1"}}}`,
		"a success further up": `{"ResultCode":0,"Body":{"ResultCode":0,"stkCallback":{"ResultCode":1032,` +
			`"CheckoutRequestID":"a1"}}}`,
	} {
		if got := parseOK(t, body); got.Code != "1032" {
			t.Errorf("%s: code %q", name, got.Code)
		}
	}
}

func TestParseCallbackAmount(t *testing.T) {
	for value, want := range map[string]int64{
		`1`: 100, `1.00`: 100, `"1.00"`: 100, `"1"`: 100, `" 1350 "`: 135000, `1350.5`: 135050, `12.75`: 1275,
		`1.000`: 100,
		`1E+3`:  100000, `1.35e3`: 135000, `100e-2`: 100, `250000.00`: 25000000,
		`"1,350.00"`: 135000, `"KES 1,300.00"`: 130000, `"1300/="`: 130000, `1.3E3`: 130000, `"Ksh1300"`: 130000,
	} {
		cb := parseOK(t, callbackBody("0", `[{"Name":"Amount","Value":`+value+`}]`))
		if !cb.HasAmount || cb.Amount != want {
			t.Errorf("Amount %s: %d, %v; want %d", value, cb.Amount, cb.HasAmount, want)
		}
	}
	for _, value := range []string{
		`null`, `""`, `"one"`, `true`, `[]`, `{}`, `-1`, `"-1"`, `"+1"`, `0`, `0.00`, `"0"`, `"0.00"`, `1.001`, `1e-3`,
		`1e999999999`, `1e-999999999`, `1e20`,
		`99999999999999999999`, `"1,35"`, `"1.350,00"`, `"0x10"`, `"1e"`, `"NaN"`, `"Inf"`, `".5"`, `"1.2.3"`, `"1 2"`,
		strings.Repeat("9", 5000),
	} {
		cb := parseOK(t, callbackBody("0", `[{"Name":"Amount","Value":`+value+`}]`))
		if cb.HasAmount || cb.Amount != 0 {
			t.Errorf("Amount %.40s is read as %d", value, cb.Amount)
		}
	}
}

func TestParseCallbackMetadata(t *testing.T) {
	for name, test := range map[string]struct {
		items string
		want  Callback
	}{
		"any order, strings": {`[{"Value":"254708374149","Name":"PhoneNumber"},` +
			`{"Name":"TransactionDate","Value":"20190311122121"},{"Name":"Amount","Value":"1"},` +
			`{"Name":"MpesaReceiptNumber","Value":"NCB9FJNAIT"}]`,
			Callback{
				Amount: 100, HasAmount: true, Receipt: "NCB9FJNAIT", Phone: "254708374149", HasTime: true,
				TransactedAt: time.Date(2019, 3, 11, 12, 21, 21, 0, nairobi),
			}},
		"floats": {`[{"Name":"PhoneNumber","Value":2.54708374149E11},` +
			`{"Name":"TransactionDate","Value":2.0190311122121E13}]`,
			Callback{
				Phone: "254708374149", HasTime: true, TransactedAt: time.Date(2019, 3, 11, 12, 21, 21, 0, nairobi),
			}},
		"masked phone": {`[{"Name":"PhoneNumber","Value":"2547 ***** 126"}]`,
			Callback{Phone: "2547 ***** 126"}},
		"one item, not a list": {`{"Name":"MpesaReceiptNumber","Value":"NCB9FJNAIT"}`, Callback{Receipt: "NCB9FJNAIT"}},
		"twice the same": {`[{"Name":"Amount","Value":1},{"Name":"Amount","Value":1}]`,
			Callback{Amount: 100, HasAmount: true}},
		"twice, once without value": {`[{"Name":"Amount"},{"Name":"Amount","Value":1}]`,
			Callback{Amount: 100, HasAmount: true}},
		"two amounts": {`[{"Name":"Amount","Value":1},{"Name":"Amount","Value":1350}]`, Callback{}},
		"two amounts, then " +
			"the first": {`[{"Name":"Amount","Value":1},{"Name":"Amount","Value":2},{"Name":"Amount","Value":1}]`,
			Callback{}},
		"two values in one item": {`[{"Name":"Amount","Value":1,"Value":1350}]`, Callback{}},
		"two receipts": {`[{"Name":"MpesaReceiptNumber","Value":"NCB9FJNAIT"},` +
			`{"Name":"MpesaReceiptNumber","Value":"NCB9FJNAIX"}]`, Callback{}},
		"receipt that is none": {`[{"Name":"MpesaReceiptNumber","Value":"<b>"}]`, Callback{}},
		"wrong types": {`[null,1,"Amount",[],{"Name":5,"Value":1},{"Name":["Amount"],"Value":1},` +
			`{"Name":"MpesaReceiptNumber","Value":{}},{"Name":"TransactionDate","Value":[20190311122121]}]`,
			Callback{}},
		"null":                             {`null`, Callback{}},
		"text":                             {`"Amount"`, Callback{}},
		"no such day":                      {`[{"Name":"TransactionDate","Value":20190231122121}]`, Callback{}},
		"date with a fraction of a second": {`[{"Name":"TransactionDate","Value":"20190311122121.5"}]`, Callback{}},
		"date alone":                       {`[{"Name":"TransactionDate","Value":20190311}]`, Callback{}},
	} {
		t.Run(name, func(t *testing.T) {
			test.want.MerchantRequestID, test.want.CheckoutRequestID, test.want.Code, test.want.Desc = "m", "ws_CO_1",
				"0", "d"
			if got := parseOK(t, callbackBody("0", test.items)); got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func FuzzParseCallback(f *testing.F) {
	for _, seed := range []string{
		captureSuccess2019, captureCancelled2021, captureStringCode, "", "{}", "null",
		callbackBody(`" 0 "`, `[{"Name":"Amount","Value":1e9}]`), callbackBody(`0.0`, `{}`),
		`{"Body":{"stkCallback":{"resultcode":0,"ResultCode":1,"ResultCode":0,"CheckoutRequestID":"a1"}}}`,
	} {
		f.Add([]byte(seed))
		for _, wrap := range waysToSend() {
			f.Add(wrap.send(seed))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		cb, err := ParseCallback(body)
		if err != nil {
			if !errors.Is(err, ErrUnreadable) {
				t.Fatalf("%q: %v", body, err)
			}
			if whole := isWhole(body); !whole && (cb.Code != "" || cb.HasAmount || cb.Amount != 0) {
				t.Fatalf("%q is broken, and read as %+v", body, cb)
			}
			return
		}
		if cb.Code == Success && !says(body, "ResultCode", isZero) {
			t.Fatalf("%q is code %q", body, cb.Code)
		}
		if exact := lookUp(body, "Body", "stkCallback", "ResultCode"); exact != nil &&
			isZero(exact) != (cb.Code == Success) {
			t.Fatalf("%q is code %q", body, cb.Code)
		}
		if cb.CheckoutRequestID == "" || cb.Code == "" || cb.Amount < 0 || cb.HasAmount != (cb.Amount != 0) {
			t.Fatalf("%q is %+v", body, cb)
		}
	})
}

// isWhole reports whether a body holds JSON that does not end early.
func isWhole(body []byte) bool {
	doc, err := document(body)
	return err == nil && json.Valid(doc)
}

func isZero(value any) bool { return value == json.Number("0") || value == "0" }

// says is a second opinion, by a plain decoding into maps: is there, anywhere in what a body holds, a
// value under the key, in any case of its letters, of which is is true?
func says(body []byte, key string, is func(any) bool) bool {
	doc, err := document(body)
	if err != nil {
		return false
	}
	var within func(value any) bool
	within = func(value any) bool {
		switch value := value.(type) {
		case map[string]any:
			for name, inner := range value {
				if sameName([]byte(strings.Map(dropUnseen, name)), key) && is(inner) || within(inner) {
					return true
				}
			}
		case []any:
			return slices.ContainsFunc(value, within)
		case string:
			return strings.ContainsAny(value, "{[") && says([]byte(value), key, is)
		}
		return false
	}
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	var value any
	return dec.Decode(&value) == nil && within(value)
}

// lookUp is what a plain decoding into maps finds under the keys, spelt exactly so.
func lookUp(body []byte, keys ...string) any {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var value any
	if dec.Decode(&value) != nil {
		return nil
	}
	for _, key := range keys {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[key]
	}
	return value
}

func TestInNairobi(t *testing.T) {
	at := time.Date(2026, 12, 31, 21, 5, 0, 0, time.UTC) // already the new year in Nairobi
	for _, zone := range []*time.Location{time.UTC, time.FixedZone("", -11*60*60), time.FixedZone("", 14*60*60)} {
		got := InNairobi(at.In(zone))
		if want := "2027-01-01T00:05:00+03:00"; !got.Equal(at) || got.Format(time.RFC3339) != want {
			t.Errorf("%s, want %s", got.Format(time.RFC3339), want)
		}
	}
}
