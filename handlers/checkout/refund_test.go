package checkout_test

import (
	"fmt"
	"path"
	"slices"
	"testing"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// onlyCase is the one entry of the list of money.
func (w *world) onlyCase(t *testing.T) store.OpenItem {
	t.Helper()
	cs, err := w.store.Money().OpenItems(t.Context(), store.ItemFilter{})
	if err != nil || len(cs) != 1 {
		t.Fatalf("the list: %+v, %v", cs, err)
	}
	return cs[0]
}

// TestCentsGoBackByHand: no Reversal is sent of less than M-PESA took, and the list says what to do with money that has
// cents.
func TestCentsGoBackByHand(t *testing.T) {
	bubbleWith(t, func(w *world) { w.autoRefund = true }, func(t *testing.T, w *world, id store.ScreeningID) {
		const phone = "254712345678"
		w.daraja.SetScript(phone,
			sim.Script{Result: "0", ResultAfter: 5 * time.Second, Callbacks: sim.NoCallback, Query: sim.AnswerInFlight,
				QueryTimes: 100,
				Status:     sim.Call{Results: sim.NoCallback}})
		placed, err := w.service.Book(t.Context(), booking(id, phone, 2, "a"))
		if err != nil {
			t.Fatal(err)
		}
		pass(8 * time.Second)
		e := w.daraja.Ledger()[0]
		body := fmt.Sprintf(
			`{"Body":{"stkCallback":{"MerchantRequestID":"m","CheckoutRequestID":%q,"ResultCode":0,"ResultDesc":"ok",`+
				`"CallbackMetadata":{"Item":[{"Name":"Amount","Value":%d.50},`+
				`{"Name":"MpesaReceiptNumber","Value":%q}]}}}}`,
			placed.Answer.CheckoutRequestID, e.Amount, e.Receipt)
		if known, err := w.service.Receive(t.Context(), checkout.Delivery{
			Token: path.Base(e.CallbackURL), Body: []byte(body),
		}); err != nil || !known {
			t.Fatal(known, err)
		}
		pass(5 * time.Minute)
		c := w.onlyCase(t)
		advice := wording.Advise(c, true)
		if w.reversals(e.Receipt) != 0 || c.State != "refund_due" || len(advice.Actions) != 1 ||
			advice.Actions[0].Verb != wording.GiveBack {
			t.Errorf("%d Reversals; %+v: %+v", w.reversals(e.Receipt), c, advice)
		}
	})
}

// TestReversalOfAPart: M-PESA's result says that less went back than was asked for.
func TestReversalOfAPart(t *testing.T) {
	bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
		const phone = "254712345678"
		w.daraja.SetScript(phone, sim.Script{
			Result: "0", ResultAfter: 5 * time.Second, Reversal: sim.Call{Results: sim.NoCallback},
			Status: sim.Call{Results: sim.NoCallback},
		})
		if _, err := w.service.Book(t.Context(), booking(id, phone, 2, "a")); err != nil {
			t.Fatal(err)
		}
		pass(20 * time.Second)
		e := w.daraja.Ledger()[0]
		_, err := w.store.Money().RequestRefund(t.Context(), store.NewRefund{Receipt: e.Receipt, By: "box office"})
		if err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		sent := w.daraja.Requests()
		i := slices.IndexFunc(sent, func(r sim.Request) bool { return r.CommandID == "TransactionReversal" })
		body := fmt.Sprintf(
			`{"Result":{"ResultType":0,"ResultCode":0,"ResultDesc":"ok","ConversationID":"AG_1",`+
				`"TransactionID":"UKO6BACK01","ResultParameters":{"ResultParameter":[{"Key":"Amount","Value":%d},`+
				`{"Key":"OriginalTransactionID","Value":%q}]}}}`,
			e.Amount-1, e.Receipt)
		if known, err := w.service.Receive(t.Context(), checkout.Delivery{
			Kind: store.CallbackReversal, Token: path.Base(sent[i].ResultURL), Body: []byte(body),
		}); err != nil || !known {
			t.Fatal(known, err)
		}
		pass(24 * time.Hour)
		c := w.onlyCase(t)
		if why := wording.Advise(c, true).Why; c.State != "refund_due" || c.DoubtCents != store.Cents(e.Amount-1)*100 ||
			why == "" || w.reversals(e.Receipt) != 1 {
			t.Errorf("%d Reversals; %+v: %s", w.reversals(e.Receipt), c, why)
		}
	})
}
