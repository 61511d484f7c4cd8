package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// printSteps prints what can be done about an open item, a step a line.
func printSteps(w io.Writer, a wording.Advice) {
	fmt.Fprintf(w, "    do: %s\n", strings.Join(steps(a), "\n        "))
}

// steps are what can be done about an open item, with the commands to type.
func steps(a wording.Advice) []string {
	var lines []string
	switch {
	case a.Nothing != "" && len(a.Actions) > 0:
		lines = append(lines, "nothing yet: "+a.Nothing+"; if that does not help,")
	case a.Nothing != "":
		lines = append(lines, "nothing: "+a.Nothing)
	case len(a.Actions) == 0:
		lines = append(lines, "nothing")
	}
	if a.Look != "" {
		lines = append(lines, a.Look)
	}
	for _, action := range a.Actions {
		line := action.Verb.Label() + ": " + typed(action)
		switch {
		case strings.Contains(action.When, "if "):
			line = action.When + ", " + line
		case action.When != "":
			line = action.When + " " + line
		}
		lines = append(lines, line)
	}
	return lines
}

// typed is an action as a command to type. What the operator must fill in stands in capitals.
func typed(a wording.Action) string {
	words := []string{"cinemasphere"}
	switch a.Verb {
	case wording.Refund, wording.AskAgain:
		words = append(words, "refund")
	case wording.GiveBack, wording.Returned:
		words = append(words, "refund", "--by-hand=REFERENCE")
	case wording.NothingPaid:
		words = append(words, "refund", "--by-hand=NOTHING-PAID")
	case wording.Accept:
		words = append(words, "accept")
	case wording.Move:
		words = append(words, "accept", "--move")
	case wording.Resolve:
		words = append(words, "resolve", "--note=NOTE")
	case wording.Show:
		return shown(a)
	case wording.AskMpesa, wording.SendPrompt, wording.TakeBack, wording.GiveUp:
		// of a ticket's page, and never advised here
	}
	switch {
	case a.Amount != 0:
		words = append(words, fmt.Sprintf("--amount=%d", a.Amount))
	case slices.Contains(a.Needs, wording.NeedAmount):
		words = append(words, "--amount=SHILLINGS")
	}
	if a.Verb != wording.Accept && a.Verb != wording.Move {
		return strings.Join(append(words, a.Named), " ")
	}
	return strings.Join(append(words, cmp.Or(a.Named, "RECEIPT"), cmp.Or(a.For, "CODE")), " ")
}

// shown is the command that lists what an action names.
func shown(a wording.Action) string {
	switch {
	case a.Named != "":
		return "cinemasphere payments --receipt=" + a.Named
	case a.For != "":
		return "cinemasphere payments --ticket=" + a.For
	}
	return "cinemasphere payments"
}

// refused is the error of a command that the books refused: why, and what can be done instead.
func refused(a wording.Action, r *store.Refusal) error {
	advice := wording.Refused(a, r.Kind)
	said := []string{advice.Why}
	if advice.Look != "" || len(advice.Actions) > 0 {
		said = append(said, steps(advice)...)
	}
	return errors.New(strings.Join(said, "; "))
}
