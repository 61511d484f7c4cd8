package checkout_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cinemasphere/mpesa"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
	"cinemasphere/views/wording"
)

// saysOf reports whether the list of money, in whole, says a sentence.
func (w *world) saysOf(t *testing.T, sentence string) bool {
	t.Helper()
	listed, err := w.store.Money().OpenItems(t.Context(), store.ItemFilter{All: true})
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(listed, func(c store.OpenItem) bool {
		return strings.Contains(wording.Advise(c,
			true).Why, sentence)
	})
}

// TestEveryCodeOfAPushMeetsTheOperator: whatever M-PESA reports of a push, the list says what it means. A code
// without a sentence is one about which there is nothing to do.
func TestEveryCodeOfAPushMeetsTheOperator(t *testing.T) {
	for _, code := range append(mpesa.Codes(), "3131", "SFC_IC9999") {
		result := mpesa.Classify(code)
		if result.Operator == "" {
			if result.Class != mpesa.ClassPaid && result.Class != mpesa.ClassPending {
				t.Errorf("%s: nothing is said of %s", code, result.Class)
			}
			continue
		}
		t.Run(string(code), func(t *testing.T) {
			inBubble(t, func(*world) {}, func(t *testing.T, w *world, id store.ScreeningID) {
				w.daraja.SetScript("*", sim.Script{Result: string(code), ResultAfter: time.Second})
				if _, err := w.service.Book(t.Context(), booking(id, storetest.Phone(1), 1, "code")); err != nil {
					t.Fatal(err)
				}
				for _, later := range []time.Duration{5 * time.Second, 20 * time.Minute} {
					pass(later)
					if !w.saysOf(t, result.Operator) {
						t.Errorf("after %v the list does not say %q", later, result.Operator)
					}
				}
			})
		})
	}
}

// TestEveryCodeOfAReversalMeetsTheOperator: the same of what M-PESA reports of a Reversal.
func TestEveryCodeOfAReversalMeetsTheOperator(t *testing.T) {
	for _, code := range append(mpesa.ResultCodes(), "3131", "SFC_IC9999") {
		verdict := mpesa.ClassifyResult(code)
		if verdict.Operator == "" {
			if verdict.Outcome != mpesa.OutcomeDone {
				t.Errorf("%s: nothing is said of %s", code, verdict.Outcome)
			}
			continue
		}
		t.Run(string(code), func(t *testing.T) {
			inBubble(t, func(w *world) { w.lookEvery = time.Second }, func(t *testing.T, w *world,
				id store.ScreeningID) {
				tk := w.paid(id, storetest.Phone(1))
				w.daraja.SetScript(storetest.Phone(1), sim.Script{Reversal: sim.Call{Result: string(code)},
					Status: sim.Call{Results: sim.NoCallback}})
				if _, err := w.store.Money().RequestRefund(t.Context(), store.NewRefund{Receipt: tk.Receipt,
					By: "test"}); err != nil {
					t.Fatal(err)
				}
				pass(10 * time.Second)
				if !w.saysOf(t, verdict.Operator) {
					listed, err := w.store.Money().OpenItems(t.Context(), store.ItemFilter{All: true})
					t.Errorf("the list does not say %q: %+v, %v", verdict.Operator, listed, err)
				}
			})
		})
	}
}
