package mpesa

import (
	"strings"
	"testing"
)

func TestClassify(t *testing.T) {
	for code, want := range map[Code]struct {
		class  Class
		reason string
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
	if len(results) != 26 {
		t.Errorf("the table has %d codes, this test 26", len(results))
	}
	for _, code := range []Code{"", "00", "0.0", " 0", "0 ", "-0", "O", "+0", "false", "1032.0", "e3008", "5", "R000001"} {
		if got := Classify(code); got.Class != ClassUnknown || got.Reason != "unknown" || got.Code != code {
			t.Errorf("%q: %+v", code, got)
		}
	}
}

func TestSentences(t *testing.T) {
	all := map[Code]Result{"?": unknownResult}
	for code, result := range results {
		all[code] = result
	}
	for code, result := range all {
		if result.Operator == "" || !strings.HasSuffix(result.Sentence, ".") {
			t.Errorf("%s: %+v", code, result)
		}
		charged := strings.Contains(result.Sentence, "not been charged")
		if charged != (result.Class == ClassFinalFailure) {
			t.Errorf("%s is %s and says %q", code, result.Class, result.Sentence)
		}
		if soft := strings.Contains(result.Sentence, "as far as M-PESA knows"); soft != (result.Class == ClassSoftFailure) {
			t.Errorf("%s is %s and says %q", code, result.Class, result.Sentence)
		}
		if strings.Contains(result.Sentence, "initiator") {
			t.Errorf("%s shows M-PESA's own text", code)
		}
	}
}
