package handlers_test

import (
	"strings"
	"testing"

	"cinemasphere/mpesa/sim"
	"cinemasphere/store/storetest"
)

// TestHintForThePhone: who may have an old M-PESA menu on the SIM card reads how to update it, and nobody else does.
func TestHintForThePhone(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 20, 20)
	for i, tt := range []struct {
		result string
		hint   bool
	}{{"1036", true}, {"1037", true}, {"1032", false}, {"2001", false}, {"1", false}, {"1019", false},
		{"1001", false}} {
		o.daraja.SetScript(storetest.Phone(i), sim.Script{Result: tt.result, Times: 1})
		secret := o.book(id, storetest.Phone(i), 1)
		o.until(secret, "failed", failed)
		if got := strings.Contains(page(t, o.get("/tickets/"+secret)).Find("main").Text(), "*234#"); got != tt.hint {
			t.Errorf("%s: hint %v", tt.result, got)
		}
	}
}
