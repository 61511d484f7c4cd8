package mpesa

import (
	"slices"
	"strings"
	"testing"
)

func TestClassify(t *testing.T) {
	for code, want := range map[Code]struct {
		class  Class
		reason Reason
		config bool
	}{
		"0":    {ClassPaid, "paid", false},
		"1":    {ClassFinalFailure, "no_funds", false},
		"2":    {ClassFinalFailure, "limit", false},
		"3":    {ClassFinalFailure, "limit", false},
		"4":    {ClassFinalFailure, "limit", false},
		"8":    {ClassFinalFailure, "account_full", true},
		"17":   {ClassSoftFailure, "too_soon", false},
		"26":   {ClassSoftFailure, "busy", false},
		"1001": {ClassSoftFailure, "locked", false},
		"1019": {ClassSoftFailure, "expired", false},
		"1025": {ClassSoftFailure, "push_failed", false},
		"1031": {ClassFinalFailure, "cancelled", false},
		"1032": {ClassFinalFailure, "cancelled", false},
		"1036": {ClassSoftFailure, "unreachable", false},
		"1037": {ClassSoftFailure, "timeout", false},
		"2001": {ClassFinalFailure, "wrong_pin", false},
		"2006": {ClassFinalFailure, "account_rule", false},
		"2028": {ClassFinalFailure, "config", true},
		"2029": {ClassFinalFailure, "account_rule", false},
		"2033": {ClassFinalFailure, "account_rule", false},
		"2040": {ClassFinalFailure, "account_rule", false},
		"4999": {ClassPending, "processing", false},
		"8006": {ClassFinalFailure, "pin_locked", false},
		"9999": {ClassSoftFailure, "push_failed", false},

		"SFC_IC0003": {ClassFinalFailure, "config", true},
		"E3008":      {ClassFinalFailure, "debt", false},
	} {
		got := Classify(code)
		if got.Code != code || got.Class != want.class || got.Reason != want.reason || got.Config != want.config {
			t.Errorf("%s: %+v, want %+v", code, got, want)
		}
	}
	if codes := Codes(); len(codes) != 26 || !slices.IsSorted(codes) {
		t.Errorf("the table has %d codes, this test 26: %q", len(codes), codes)
	}
	for _, code := range []Code{
		"", "00", "0.0", " 0", "0 ", "-0", "O", "+0", "false", "0e5", "00000000", "e3008", "1032x", "-1032", "5",
		"R000001",
	} {
		if got := Classify(code); got.Class != ClassUnknown || got.Reason != "unknown" || got.Code != code {
			t.Errorf("%q: %+v", code, got)
		}
	}
}

func TestSentences(t *testing.T) {
	all := map[Code]Result{"?": unknown("1101")}
	for code, result := range results {
		all[code] = result
	}
	for code, result := range all {
		nothingToDo := result.Class == ClassPaid || result.Class == ClassPending
		if nothingToDo != (result.Operator == "") || !strings.HasSuffix(result.Sentence, ".") {
			t.Errorf("%s: %+v", code, result)
		}
		charged := strings.Contains(result.Sentence, "not been charged")
		if charged != (result.Class == ClassFinalFailure) {
			t.Errorf("%s is %s and says %q", code, result.Class, result.Sentence)
		}
		soft := strings.Contains(result.Sentence, "as far as M-PESA knows")
		if soft != (result.Class == ClassSoftFailure) {
			t.Errorf("%s is %s and says %q", code, result.Class, result.Sentence)
		}
		if strings.Contains(result.Sentence, "initiator") {
			t.Errorf("%s shows M-PESA's own text", code)
		}
	}
}

// A failure keeps its meaning in another spelling; success has one spelling, and words are what they are.
func TestSpellingsOfCodes(t *testing.T) {
	for code, want := range map[Code]Code{
		"1032 ": "1032", " 1032": "1032", "1032.0": "1032", "1032.00": "1032", "1.032e3": "1032", "01032": "1032",
		"0001": "1", "1.0": "1", "4999.0": "4999", "02001": "2001",
	} {
		got, meant := Classify(code), Classify(want)
		if got.Code != code || got.Class != meant.Class || got.Reason != meant.Reason ||
			got.Sentence != meant.Sentence {
			t.Errorf("%q: %+v", code, got)
		}
		if verdict := ClassifyResult(code); verdict.Code != code || verdict.Outcome != ClassifyResult(want).Outcome {
			t.Errorf("%q: %+v", code, verdict)
		}
	}
	for _, code := range []Code{
		"00", "0.0", "0e1", "00000000", " 0", "-0", "+0", "0\ufffd", "\ufeff0", "1.0e-1", "10.5", "1032.5", "-1",
		"+1032", "1032;", "SFC_IC0003.0", "sfc_ic0003", "r000001",
	} {
		if got := Classify(code); got.Class != ClassUnknown || got.Code != code {
			t.Errorf("%q: %+v", code, got)
		}
		if got := ClassifyResult(code); got.Outcome != OutcomeUnknown {
			t.Errorf("%q: %+v", code, got)
		}
	}
}

// A code that nobody knows is named, and nobody is sent to look for a prompt.
func TestUnknownCodes(t *testing.T) {
	for code, shown := range map[Code]string{
		"1101": "1101", "SFC_IC9999": "SFC_IC9999", "00": "00", "254708374149": "2547*****149",
	} {
		got := Classify(code)
		if got.Class != ClassUnknown || !strings.Contains(got.Sentence, "code "+shown) ||
			!strings.Contains(got.Operator, "not in our table") {
			t.Errorf("%s: %+v", code, got)
		}
	}
	for _, code := range []Code{"", Code(strings.Repeat("x", 100)), "<script>alert(1)</script>"} {
		got := Classify(code)
		if got.Class != ClassUnknown || code != "" && strings.Contains(got.Sentence, string(code)) {
			t.Errorf("%q: %+v", code, got)
		}
	}
	for _, code := range []Code{"", "1101", "9", "SFC_IC9999"} {
		if sentence := strings.ToLower(Classify(code).Sentence); strings.Contains(sentence, "prompt") ||
			strings.Contains(sentence, "charged") {
			t.Errorf("%s: %s", code, sentence)
		}
	}
	for _, code := range []Code{"1036", "1037"} {
		if got := Classify(code); !strings.Contains(got.Operator, "*234#") {
			t.Errorf("%+v", got)
		}
	}
}
