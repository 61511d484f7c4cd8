package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// everyVerb is every action, with all that may be missing and with all that may be there.
func everyVerb() []wording.Action {
	all := []wording.Action{{Verb: wording.Show}, {Verb: wording.Show, Named: "UKO7TYPED0"}, {Verb: wording.Show,
		For: "0CODE"}}
	for _, verb := range []wording.Verb{wording.Refund, wording.AskAgain, wording.GiveBack, wording.Returned,
		wording.NothingPaid} {
		for _, named := range []string{"UKO7TYPED0", "0CODE", "payment:9"} {
			all = append(all, wording.Action{Verb: verb, Named: named},
				wording.Action{Verb: verb, Named: named, Needs: []wording.Need{wording.NeedAmount,
					wording.NeedReference}})
		}
	}
	for _, verb := range []wording.Verb{wording.Accept, wording.Move} {
		for _, a := range []wording.Action{
			{Named: "UKO7TYPED0", For: "0CODE"}, {Named: "UKO7TYPED0", For: "payment:9"}, {Named: "UKO7TYPED0",
				For: "0CODE", Amount: 1200},
			{Named: "UKO7TYPED0", For: "0CODE", Needs: []wording.Need{wording.NeedAmount}},
			{For: "0CODE", Needs: []wording.Need{wording.NeedReceipt}}, {Named: "UKO7TYPED0",
				Needs: []wording.Need{wording.NeedTicket}},
			{Needs: []wording.Need{wording.NeedReceipt, wording.NeedTicket}},
		} {
			a.Verb = verb
			all = append(all, a)
		}
	}
	for _, named := range []string{"UKO7TYPED0", "push:8", "claim:7", "callback:3", "payment:9"} {
		all = append(all, wording.Action{Verb: wording.Resolve, Named: named, Needs: []wording.Need{wording.NeedNote}})
	}
	return all
}

// TestActionsAreCommands: whatever the list says to type is a command that this program takes, once what stands in
// capitals has been filled in.
func TestActionsAreCommands(t *testing.T) {
	path, _ := paidBooks(t)
	fill := strings.NewReplacer("=SHILLINGS", "=1200", "=REFERENCE", "=UKO6BACK00", "=NOTE", "=seen", " RECEIPT",
		" UKO7OTHER0", " CODE", " 0OTHER")
	for _, a := range everyVerb() {
		words := strings.Fields(fill.Replace(typed(a)))
		if words[0] != "cinemasphere" {
			t.Errorf("%+v is typed %q", a, words)
			continue
		}
		out, err := operator(t, path, words[1:]...)
		if a.Verb == wording.Show && err != nil || a.Verb != wording.Show && err == nil {
			t.Errorf("%q: %v, of money that is not there\n%s", words, err, out)
		}
		if err != nil && (strings.Contains(err.Error(), "--help") || strings.Contains(err.Error(), "usage") ||
			strings.Contains(err.Error(), "--amount must")) {
			t.Errorf("%q is no command: %v", words, err)
		}
		if a.Verb.Label() == string(a.Verb) {
			t.Errorf("%s has no label", a.Verb)
		}
	}
}

// TestPaymentsAsData: a program learns from the list what can be done, without reading a sentence.
func TestPaymentsAsData(t *testing.T) {
	path, _ := paidBooks(t)
	out, err := operator(t, path, "payments", "--json")
	var entries []struct {
		Receipt, Why, Do string
		Advice           struct {
			Why, Nothing, Look string
			Actions            []struct {
				Do, When, Named, For string
				Needs                []string
			}
		}
	}
	if jsonErr := json.Unmarshal([]byte(out), &entries); err != nil || jsonErr != nil || len(entries) != 1 {
		t.Fatalf("%v, %v\n%s", err, jsonErr, out)
	}
	e := entries[0]
	if e.Receipt != "UKO5POPCORN" || e.Why == "" || e.Why != e.Advice.Why || e.Do == "" || e.Advice.Nothing != "" {
		t.Errorf("%+v", e)
	}
	needs := map[string][]string{"resolve": {"note"}, "accept": {"ticket"}, "refund": {}, "give_back": {"reference"}}
	for _, a := range e.Advice.Actions {
		want, known := needs[a.Do]
		if !known || a.Named != e.Receipt || a.When == "" || a.Needs == nil || !slices.Equal(a.Needs, want) {
			t.Errorf("%+v, needs %q", a, want)
		}
	}
	if len(e.Advice.Actions) != 3 {
		t.Errorf("%+v", e.Advice.Actions)
	}
}

// TestSteps: a step a line, with what comes by itself first and commands last.
func TestSteps(t *testing.T) {
	accept := wording.Action{Verb: wording.Accept, Named: "R", For: "CODE", When: "if it paid for a ticket"}
	back := wording.Action{Verb: wording.Refund, Named: "R", When: "else"}
	for _, tt := range []struct {
		advice wording.Advice
		lines  int
	}{
		{wording.Advice{}, 1},
		{wording.Advice{Nothing: "it is resolved"}, 1},
		{wording.Advice{Look: "look"}, 2},
		{wording.Advice{Actions: []wording.Action{back}}, 1},
		{wording.Advice{Look: "look", Actions: []wording.Action{accept, back}}, 3},
		{wording.Advice{Nothing: "M-PESA is asked", Look: "look", Actions: []wording.Action{accept, back}}, 4},
	} {
		got := steps(tt.advice)
		if len(got) != tt.lines {
			t.Errorf("%+v: %q", tt.advice, got)
		}
		for i, a := range tt.advice.Actions {
			line := got[len(got)-len(tt.advice.Actions)+i]
			if !strings.HasSuffix(line, typed(a)) || !strings.HasPrefix(line, a.When) {
				t.Errorf("%+v is %q", a, line)
			}
		}
		if nothing := len(tt.advice.Actions) == 0; nothing != strings.HasPrefix(got[0], "nothing") &&
			tt.advice.Nothing == "" {
			t.Errorf("%+v: %q", tt.advice, got)
		}
	}
}

// TestEveryRefusalOfACommandIsExplained: no refusal that a command of the list can meet shows as its own word.
func TestEveryRefusalOfACommandIsExplained(t *testing.T) {
	for verb, kinds := range map[wording.Verb][]store.RefusalKind{
		wording.Refund: {store.RefundOpen, store.AlreadyRefunded, store.NotOurs, store.SeveralPayments,
			store.AmountUnknown, store.AmountKnown,
			store.AmountInCents, store.NoInitiator},
		wording.GiveBack: {store.RefundOpen, store.AlreadyRefunded, store.NotOurs, store.SeveralPayments,
			store.AmountUnknown, store.AmountKnown},
		wording.Accept: {store.ReceiptUsed, store.AcceptedElsewhere, store.ReceiptKnown, store.AlreadyRefunded,
			store.AmountKnown},
		wording.Resolve: {store.MoneyDue, store.RefundOpen, store.StillAsked, store.SeveralPayments,
			store.NothingToResolve},
	} {
		for _, kind := range kinds {
			err := refused(wording.Action{Verb: verb, Named: "UKO7TYPED0", For: "0CODE"},
				&store.Refusal{Kind: kind}).Error()
			if strings.Contains(err, string(kind)) || strings.Contains(err, "_") && !strings.Contains(err,
				"MPESA_INITIATOR_NAME") {
				t.Errorf("%s, %s: %s", verb, kind, err)
			}
		}
	}
}
