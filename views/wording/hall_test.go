package wording_test

import (
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/seating"
	"cinemasphere/views/wording"
)

// TestHallWords: every kind, fault and outcome of halls and plans has words, and those that count say how many.
func TestHallWords(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range seating.Kinds() {
		if (wording.SeatKind(k) == "") != (k == seating.Ordinary) || seen[wording.SeatKinds(k)] {
			t.Errorf("%s: %q, %q", k, wording.SeatKind(k), wording.SeatKinds(k))
		}
		seen[wording.SeatKinds(k)] = true
	}
	for _, k := range []store.FaultKind{
		store.NameMissing, store.NameTooLong, store.NameUnprintable, store.NameTaken, store.CleaningWrong,
	} {
		if words := wording.HallFault(k); seen[words] || !strings.HasSuffix(words, ".") {
			t.Errorf("%s: %q", k, words)
		} else {
			seen[words] = true
		}
	}
	one, two := make([]store.SeatLoss, 1), make([]store.SeatLoss, 2)
	for _, c := range []store.PlanChange{
		{Outcome: store.PlanReplaced}, {Outcome: store.PlanPatched}, {Outcome: store.PlanLoses, Lost: one},
		{Outcome: store.PlanLoses, Lost: two}, {Outcome: store.PlanSame}, {Outcome: store.PlanOver},
	} {
		words := wording.PlanOutcome(c)
		if seen[words] || len(c.Lost) == 2 && !strings.Contains(words, "2 ") {
			t.Errorf("%s: %q", c.Outcome, words)
		}
		seen[words] = true
	}
	for _, why := range []seating.Loss{
		seating.LossGone, seating.LossBroken, seating.LossMoved, seating.LossPrice, seating.LossKind,
	} {
		if words := wording.SeatLoss(why); seen[words] || words == string(why) {
			t.Errorf("%s: %q", why, words)
		}
		seen[wording.SeatLoss(why)] = true
	}
}
