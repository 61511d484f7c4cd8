package mpesa

import (
	"slices"
	"strings"
	"testing"
)

func TestClassifyResult(t *testing.T) {
	for code, want := range map[Code]Verdict{
		"0":          {Outcome: OutcomeDone, Reason: "done"},
		"R000001":    {Outcome: OutcomeAlreadyReversed, Reason: "already_reversed"},
		"R000002":    {Outcome: OutcomeRefused, Reason: "no_such_receipt"},
		"1":          {Outcome: OutcomeRefused, Reason: "no_funds"},
		"11":         {Outcome: OutcomeRefused, Reason: "not_active", Config: true},
		"21":         {Outcome: OutcomeRefused, Reason: "no_role", Config: true},
		"25":         {Outcome: OutcomeRefused, Reason: "malformed"},
		"2032":       {Outcome: OutcomeRefused, Reason: "no_such_receipt"},
		"26":         {Outcome: OutcomeTryAgain, Reason: "busy"},
		"1001":       {Outcome: OutcomeTryAgain, Reason: "locked"},
		"2001":       {Outcome: OutcomeRefused, Reason: "wrong_initiator", Config: true},
		"2006":       {Outcome: OutcomeRefused, Reason: "account_rule", Config: true},
		"2028":       {Outcome: OutcomeRefused, Reason: "not_permitted", Config: true},
		"8006":       {Outcome: OutcomeRefused, Reason: "credential_locked", Config: true},
		"SFC_IC0003": {Outcome: OutcomeRefused, Reason: "no_such_operator", Config: true},
	} {
		got := ClassifyResult(code)
		if nothingToDo := got.Outcome == OutcomeDone; nothingToDo != (got.Operator == "") ||
			!nothingToDo && !strings.HasSuffix(got.Operator, ".") {
			t.Errorf("%s: %q is no sentence", code, got.Operator)
		}
		got.Operator, want.Code = "", code
		if got != want {
			t.Errorf("%s: %+v, want %+v", code, got, want)
		}
	}
	if codes := ResultCodes(); len(codes) != 15 || !slices.IsSorted(codes) {
		t.Errorf("the table has %d codes, this test 15: %q", len(codes), codes)
	}
	for _, code := range []Code{"", "00", "0.0", " 0", "0 ", "-0", "O", "r000001", "R00001", "1032", "4999", "17"} {
		if got := ClassifyResult(code); got.Outcome != OutcomeUnknown || got.Reason != "unknown" || got.Code != code ||
			got.Operator == "" {
			t.Errorf("%q: %+v", code, got)
		}
	}
}
