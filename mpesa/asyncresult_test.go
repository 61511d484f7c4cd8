package mpesa

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseResultParameters(t *testing.T) {
	value := func(key, value string) Parameter { return Parameter{key, value, true} }
	for name, test := range map[string]struct {
		parameters string
		want       Parameters
	}{
		"list": {`{"ResultParameter":[{"Key":"a","Value":"1"},{"Key":"b","Value":2}]}`,
			Parameters{value("a", "1"), value("b", "2")}},
		"one, not a list": {`{"ResultParameter":{"Key":"a","Value":"1"}}`, Parameters{value("a", "1")}},
		"same key twice": {`{"ResultParameter":[{"Key":"a","Value":"1"},{"Key":"b"},` +
			`{"Key":"a","Value":"2"}]}`, Parameters{value("a", "1"), {Key: "b"}, value("a", "2")}},
		"list key twice": {`{"ResultParameter":{"Key":"a","Value":"1"},"ResultParameter":{"Key":"a",` +
			`"Value":"2"}}`, Parameters{value("a", "1"), value("a", "2")}},
		"object of names and values": {`{"ResultParameter":{"a":"1","b":2,"a":"3","c":null}}`,
			Parameters{value("a", "1"), value("b", "2"), value("a", "3"), {Key: "c"}}},
		"list above": {`[{"Key":"a","Value":"1"}]`, Parameters{value("a", "1")}},
		"values of oth" +
			"er kinds": {`{"ResultParameter":[{"Key":"a","Value":null},{"Key":"b","Value":{}},` +
			`{"Key":"c","Value":["x"]},{"Key":"d","Value":true},{"Key":"e","Value":""}]}`,
			Parameters{{Key: "a"}, {Key: "b"}, {Key: "c"}, {Key: "d"}, value("e", "")}},
		"two values in one item": {`{"ResultParameter":[{"Key":"a","Value":1,"Value":2}]}`, Parameters{{Key: "a"}}},
		"names that are none":    {`{"ResultParameter":{"":1," ":2,"a":"1"}}`, Parameters{value("a", "1")}},
		"items that " +
			"are none": {`{"ResultParameter":[null,1,"a",[],{"Key":""},{"Key":null,"Value":1},{"Key":"a","Value":1}]}`,
			Parameters{value("a", "1")}},
		"spaces and control": {`{"ResultParameter":[{"Key":" a ","Value":" 1\u0000 "}]}`,
			Parameters{value("a", "1\ufffd")}},
		"null": {`null`, nil},
		"text": {`"a"`, nil},
		"name in small letters": {`{"resultparameter":[{"key":"a","VALUE":"1"}],"Key":"a","Value":"2"}`,
			Parameters{value("a", "1")}},
		"in a string": {`"{\"ResultParameter\":[{\"Key\":\"a\",\"Value\":\"1\"}]}"`, Parameters{value("a", "1")}},
	} {
		got := resultOK(t, `{"Result":{"ResultCode":0,"ConversationID":"c","ResultParameters":`+test.parameters+`}}`)
		if !reflect.DeepEqual(got.Parameters, test.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, got.Parameters, test.want)
		}
	}
	for name, test := range map[string]struct {
		data string
		want Parameters
	}{
		"one without value": {`{"ReferenceItem":{"Key":"Occasion"}}`, Parameters{{Key: "Occasion"}}},
		"list": {`{"ReferenceItem":[{"Key":"BillReferenceNumber","Value":"aaa"},{"Key":"Occasion"}]}`,
			Parameters{value("BillReferenceNumber", "aaa"), {Key: "Occasion"}}},
	} {
		if got := resultOK(t,
			`{"Result":{"ResultCode":0,"ConversationID":"c","ReferenceData":`+
				test.data+`}}`); !reflect.DeepEqual(got.References, test.want) {
			t.Errorf("%s: %+v", name, got.References)
		}
	}
}

func TestParametersGet(t *testing.T) {
	for name, test := range map[string]struct {
		parameters Parameters
		want       string
	}{
		"none":                {nil, ""},
		"one":                 {Parameters{{"b", "2", true}, {"a", "1", true}}, "1"},
		"without value":       {Parameters{{"a", "", false}}, ""},
		"with and without":    {Parameters{{"a", "", false}, {"a", "1", true}, {"a", "", true}}, "1"},
		"twice the same":      {Parameters{{"a", "1", true}, {"a", "1", true}}, "1"},
		"two":                 {Parameters{{"a", "1", true}, {"a", "2", true}}, ""},
		"two, then the first": {Parameters{{"a", "1", true}, {"a", "2", true}, {"a", "1", true}}, ""},
		"other case":          {Parameters{{"A", "1", true}}, "1"},
		"two, in two cases":   {Parameters{{"A", "1", true}, {"a", "2", true}}, ""},
	} {
		if got := test.parameters.Get("a"); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestParseResultCodes(t *testing.T) {
	for raw, want := range map[string]Code{
		`0`: "0", `"0"`: "0", `1`: "1", `"R000002"`: "R000002", `"SFC_IC0003"`: "SFC_IC0003", `" 2001 "`: "2001",
		`0.0`: "0.0", `"00"`: "00", `" 0"`: " 0", `-0`: "-0", `"O"`: "O",
	} {
		got, err := ParseResult([]byte(strings.Replace(reversalDone, `"ResultCode":0`, `"ResultCode":`+raw, 1)))
		if err != nil || got.Code != want {
			t.Errorf("ResultCode %s: %q, %v; want %q", raw, got.Code, err, want)
		}
		if done := got.Verdict().Outcome == OutcomeDone; done != (want == "0") {
			t.Errorf("ResultCode %s: done is %v", raw, done)
		}
	}
}

func TestParseResultRefuses(t *testing.T) {
	for name, body := range map[string]string{
		"empty":          "",
		"null":           "null",
		"HTML":           incapsulaPage,
		"cut short":      reversalDone[:len(reversalDone)-1],
		"Result null":    `{"Result":null}`,
		"Result is text": `{"Result":"{}"}`,
		"Result twice": `{"Result":{"ResultCode":1,"ConversationID":"a"},"Result":{"ResultCode":0,` +
			`"ConversationID":"a"}}`,
		"no code":                `{"Result":{"ResultDesc":"Success","ConversationID":"a"}}`,
		"code null":              `{"Result":{"ResultCode":null,"ConversationID":"a"}}`,
		"code true":              `{"Result":{"ResultCode":true,"ConversationID":"a"}}`,
		"two that differ":        reversalDone + reversalNoSuch,
		"code in two cases":      `{"Result":{"resultCode":0,"ResultCode":1,"ConversationID":"a"}}`,
		"code twice, last is 0":  `{"Result":{"ResultCode":1,"ResultCode":0,"ConversationID":"a"}}`,
		"code twice, first is 0": `{"Result":{"ResultCode":0,"ResultCode":"R000001","ConversationID":"a"}}`,
		"no id":                  `{"Result":{"ResultCode":0}}`,
		"ids that are none": `{"Result":{"ResultCode":0,"ConversationID":7,` +
			`"OriginatorConversationID":"a\u0000"}}`,
		"an STK callback":           captureSuccess2019,
		"over 1 MiB":                reversalDone + strings.Repeat(" ", maxBody),
		"error where a result goes": errorBody("500.003.1001", "Internal Server Error"),
	} {
		if got, err := ParseResult([]byte(body)); !errors.Is(err, ErrUnreadable) ||
			got.succeeded() && got.ConversationID != "" {
			t.Errorf("%s: taken as %+v", name, got)
		} else if !strings.HasPrefix(err.Error(), "mpesa result: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// One id is enough, and one that cannot be read does not lose the result.
func TestParseResultIDs(t *testing.T) {
	got := resultOK(t,
		`{"Result":{"ResultCode":0,"ConversationID":"AG_1","OriginatorConversationID":7,"TransactionID":["x"]}}`)
	if got.ConversationID != "AG_1" || got.OriginatorConversationID != "" || got.TransactionID != "" {
		t.Errorf("%+v", got)
	}
}

func TestParseParty(t *testing.T) {
	for text, want := range map[string]Party{
		"":                               {},
		"600310 - Safaricom333":          {Number: "600310", Name: "Safaricom333"},
		"254708374149 - John Doe":        {Number: "254708374149", Name: "John Doe"},
		"0708374149 - John  kamau doe":   {Number: "0708374149", Name: "John kamau doe"},
		"2547 ***** 149 - JOHN":          {Number: "2547*****149", Name: "JOHN"},
		"600310 - A - B":                 {Number: "600310", Name: "A - B"},
		"600310":                         {Number: "600310"},
		"600310 - ":                      {Name: "600310 -"},
		"John Doe":                       {Name: "John Doe"},
		"John Doe - 254708374149":        {Number: "254708374149", Name: "John Doe"},
		"GTS 2020 - 600310":              {Number: "600310", Name: "GTS 2020"},
		"A - B - 600310":                 {Number: "600310", Name: "A - B"},
		"600310 - 600311":                {Number: "600310", Name: "600311"},
		"Cinema - Hall 600310":           {Name: "Cinema - Hall 600310"},
		" - 600310":                      {Name: "- 600310"},
		"***** - JOHN":                   {Name: "***** - JOHN"},
		"600310-Safaricom":               {Name: "600310-Safaricom"},
		"+254 708 374 149 - John":        {Number: "+254708374149", Name: "John"},
		"600310\u200b - Safaricom\u00a0": {Number: "600310", Name: "Safaricom"},
	} {
		want.Text = strings.TrimSpace(text)
		if got := ParseParty(text); got != want {
			t.Errorf("ParseParty(%q) = %+v, want %+v", text, got, want)
		}
	}
}

func TestParseTime(t *testing.T) {
	for text, want := range map[string]time.Time{
		"20180223054112":            time.Date(2018, 2, 23, 5, 41, 12, 0, nairobi),
		"2.0211114132711E13":        time.Date(2021, 11, 14, 13, 27, 11, 0, nairobi),
		"06.07.2024 22:48:52":       time.Date(2024, 7, 6, 22, 48, 52, 0, nairobi),
		"2020-08-04 8:36:00":        time.Date(2020, 8, 4, 8, 36, 0, 0, nairobi),
		"2020-08-04 18:36:00":       time.Date(2020, 8, 4, 18, 36, 0, 0, nairobi),
		"2020-08-05T10:13:00Z":      time.Date(2020, 8, 5, 13, 13, 0, 0, nairobi),
		"2020-08-05T10:13:00+03:00": time.Date(2020, 8, 5, 10, 13, 0, 0, nairobi),
	} {
		got, err := ParseTime(text)
		if err != nil || !got.Equal(want) || got.Location() != nairobi {
			t.Errorf("ParseTime(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "0", "2018022305411", "20180230054112", "30.02.2024 22:48:52", "07/06/2024 22:48", "2020-08-04", "now",
	} {
		if got, err := ParseTime(text); err == nil || !got.IsZero() {
			t.Errorf("ParseTime(%q) = %v", text, got)
		}
	}
}

func FuzzParseResult(f *testing.F) {
	for _, seed := range []string{
		statusDocumented, statusPayBill2025, statusMalformed, reversalDone, reversalNoSuch, reversalBefore, "", "{}",
		"null", captureSuccess2019,
		statusBodyWith(`{"Key":"Amount","Value":1e9}`), statusBodyWith(`{"Amount":"1","Amount":2}`),
		`{"Result":{"resultcode":0,"ResultCode":1,"ResultCode":0,"ConversationID":"a"}}`,
	} {
		for _, way := range waysToSend() {
			f.Add(way.send(seed))
		}
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		result, err := ParseResult(body)
		if err != nil {
			if !errors.Is(err, ErrUnreadable) ||
				!isWhole(body) && (result.Code != "" || result.Parameters.Get("Amount") != "") {
				t.Fatalf("%q is broken, and read as %+v", body, result)
			}
			return
		}
		zero := result.Code == Success
		if exact := lookUp(body, "Result", "ResultCode"); exact != nil && isZero(exact) != zero ||
			zero && !says(body, "ResultCode", isZero) {
			t.Fatalf("%q is code %q", body, result.Code)
		}
		transaction, answered := result.Transaction()
		reversal, reversed := result.Reversal()
		if done := result.Verdict().Outcome == OutcomeDone; done != answered || answered != reversed || done && !zero {
			t.Fatalf("%q is code %q, %+v", body, result.Code, result.Verdict())
		}
		if transaction.Amount < 0 || !transaction.HasAmount && transaction.Amount != 0 || reversal.Charge < 0 {
			t.Fatalf("%q is %+v, %+v", body, transaction, reversal)
		}
		for _, receipt := range []string{transaction.Receipt, reversal.Receipt, reversal.Original} {
			if receipt != "" && receiptOf(receipt) != receipt {
				t.Fatalf("%q: receipt %q", body, receipt)
			}
		}
		for _, p := range result.Parameters {
			if p.Key == "" || !p.HasValue && p.Value != "" || strings.Contains(p.Key+p.Value, "\x00") {
				t.Fatalf("%q: %+v", body, p)
			}
		}
		doc, _ := document(body)
		said := scalars(doc)
		for _, told := range []string{
			string(transaction.State), transaction.Receipt, transaction.Credit.Text, reversal.Original,
			reversal.Receipt,
		} {
			if told != "" && len(told) < maxText-3 && !saysText(said, told) {
				t.Fatalf("%q does not say %q", body, told)
			}
		}
	})
}

// saysText is for what has been written in capitals, or stood in a string of JSON.
func saysText(said []string, told string) bool {
	return slices.ContainsFunc(said, func(text string) bool {
		return text == told || receiptOf(text) == told || strings.ContainsAny(text, "{[")
	})
}

// scalars is every string and number of a body, one by one.
func scalars(body []byte) (found []string) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	for {
		token, err := dec.Token()
		if err != nil {
			return found
		}
		switch value := token.(type) {
		case string:
			found = append(found, printable(strings.TrimSpace(value)))
		case json.Number:
			found = append(found, value.String())
		}
	}
}
