package main

import (
	"errors"
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestRefundWithoutInitiator: no Reversal is taken down that nobody would send, and the way by hand is told.
func TestRefundWithoutInitiator(t *testing.T) {
	path, receipt := paidBooksOf(t, store.Sandbox)
	const way = "cinemasphere refund --by-hand=REFERENCE "
	if _, err := operator(t, path, "refund", receipt); err == nil ||
		!strings.Contains(err.Error(), "no API operator (MPESA_INITIATOR_NAME)") ||
		!strings.Contains(err.Error(), way+receipt) {
		t.Errorf("refund: %v", err)
	}
	out, err := operator(t, path, "payments", "--all", "--receipt="+receipt)
	if err != nil || !strings.Contains(out, "paid for the ticket") {
		t.Errorf("something was written: %v\n%s", err, out)
	}
	if out, err = operator(t, path, "payments"); err != nil || !strings.Contains(out, way+"UKO5POPCORN") ||
		strings.Contains(out, "refund UKO5POPCORN") {
		t.Errorf("the list: %v\n%s", err, out)
	}
	if out, err = operator(t, path, "payments", "--mpesa-initiator-name=api"); err != nil ||
		!strings.Contains(out, "cinemasphere refund UKO5POPCORN") {
		t.Errorf("the list with an initiator: %v\n%s", err, out)
	}
	// One that was taken down with an initiator that is gone.
	if out, err = operator(t, path, "refund", "--mpesa-initiator-name=api", receipt); err != nil {
		t.Errorf("with an initiator: %v\n%s", err, out)
	}
	if out, err = operator(t, path, "payments"); err != nil ||
		!strings.Contains(out, "there is no API operator (initiator)") || !strings.Contains(out, way+receipt) {
		t.Errorf("the list with a request: %v\n%s", err, out)
	}
	if out, err = operator(t, path, "refund", "--by-hand=UKO6BACK00", receipt); err != nil ||
		!strings.Contains(out, "given back by hand") {
		t.Errorf("by hand: %v\n%s", err, out)
	}
	if _, err = operator(t, path, "refund", receipt); err == nil ||
		!strings.Contains(err.Error(), "gone back already") {
		t.Errorf("after that: %v", err)
	}
	if out, err = operator(t, path, "fsck"); err != nil {
		t.Errorf("fsck: %v\n%s", err, out)
	}
}

// TestRefundByHandNeedsAReference: an empty one, such as that of a variable that is not set, is no wish for a Reversal.
func TestRefundByHandNeedsAReference(t *testing.T) {
	path, receipt := paidBooks(t)
	for _, flag := range []string{"--by-hand=", "--by-hand= "} {
		if _, err := operator(t, path, "refund", flag, receipt); err == nil ||
			!strings.Contains(err.Error(), "--by-hand needs a reference") {
			t.Errorf("%q: %v", flag, err)
		}
	}
	if out, err := operator(t, path, "payments", "--receipt="+receipt); err != nil ||
		!strings.Contains(out, "paid for the ticket") {
		t.Errorf("something was written: %v\n%s", err, out)
	}
	for _, amount := range []string{"--amount=-1", "--amount=250001", "--amount=12"} {
		if _, err := operator(t, path, "refund", amount, receipt); err == nil || errors.Is(err, errUnsound) ||
			!strings.Contains(err.Error(), "amount") {
			t.Errorf("%s: %v", amount, err)
		}
	}
}

// TestRefundWithCents: what no Reversal can give back is refused with what to do instead.
func TestRefundWithCents(t *testing.T) {
	path, _ := paidBooks(t)
	st, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	_, err = st.Money().ApplyIncoming(t.Context(), store.IncomingPayment{
		Receipt: "UKO5CENTS0", Amount: 270_050, Phone: "2547*****126", LearntBy: "c2b", TransactedAt: st.Now(),
	})
	if err := errors.Join(err, st.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := operator(t, path, "refund", "UKO5CENTS0"); err == nil ||
		!strings.Contains(err.Error(), "whole shillings") ||
		!strings.Contains(err.Error(), "cinemasphere refund --by-hand=REFERENCE UKO5CENTS0") {
		t.Errorf("refund: %v", err)
	}
	if out, err := operator(t, path, "refund", "--by-hand=UKO6BACK00", "UKO5CENTS0"); err != nil ||
		!strings.Contains(out, "Refund of KSh 2,700.50") {
		t.Errorf("by hand: %v\n%s", err, out)
	}
}

// TestRefundByCode: a ticket's code is as good as its receipt, and the only name of a payment whose receipt is not
// known.
func TestRefundByCode(t *testing.T) {
	path, _ := paidBooks(t)
	st, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	book := func(phone int) store.PushOrder {
		sent, _, err := st.Tickets().Book(t.Context(),
			storetest.Booking(storetest.Screening(t, st, 2, 2), storetest.Phone(phone), 1))
		if err != nil {
			t.Fatal(err)
		}
		checkout := "ws_CO_" + sent.Code
		if err := st.Tickets().RecordAnswer(t.Context(), sent, store.Answer{CheckoutRequestID: checkout}); err != nil {
			t.Fatal(err)
		}
		if _, err := st.Money().ApplyQuery(t.Context(), sent.PushID, store.Verdict{
			Class: store.Success, LearntBy: "query", CheckoutRequestID: checkout, Code: "0",
		}); err != nil {
			t.Fatal(err)
		}
		return sent
	}
	waits, gone := book(2), book(3)
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	spaced := strings.ToLower(waits.Code[:1] + " " + waits.Code[1:])
	out, err := operator(t, path, "refund", spaced)
	if err != nil || !strings.Contains(out, "(no receipt, ticket "+waits.Code+")") ||
		!strings.Contains(out, "sent once the receipt is known") {
		t.Errorf("refund: %v\n%s", err, out)
	}
	if out, err = operator(t, path, "payments", "--ticket="+waits.Code); err != nil ||
		!strings.Contains(out, "is sent once the receipt is known") {
		t.Errorf("the list: %v\n%s", err, out)
	}
	if out, err = operator(t, path, "refund", "--by-hand=UKO6BACK00", gone.Code); err != nil ||
		!strings.Contains(out, "given back by hand") {
		t.Errorf("by hand: %v\n%s", err, out)
	}
	if out, err = operator(t, path, "payments", "--ticket="+gone.Code); err != nil ||
		!strings.Contains(out, "    refunded\n    do: nothing\n") {
		t.Errorf("refunded without a receipt: %v\n%s", err, out)
	}
	if out, err = operator(t, path, "fsck"); err != nil {
		t.Errorf("fsck: %v\n%s", err, out)
	}
}
