package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestDecidedClaimStays: that M-PESA refuses a second question changes nothing about a receipt that its answer to the
// first has decided.
func TestDecidedClaimStays(t *testing.T) { storetest.Each(t, testDecidedClaimStays) }

func testDecidedClaimStays(t *testing.T) {
	const receipt = "BYHAND1"
	for _, c := range []struct {
		answer string // to the first question; "" is none
		change func(*store.Transaction)
		state  store.ClaimState
		reason store.Reason
	}{
		{"", nil, store.ClaimPerson, store.ReasonNotAsked},
		{"confirmed", func(*store.Transaction) {}, store.ClaimConfirmed, ""},
		{"unknown", func(tr *store.Transaction) { tr.Known = false }, store.ClaimRefused, store.ReasonNoSuchReceipt},
		{"too little", func(tr *store.Transaction) { tr.Amount-- }, store.ClaimPerson, store.ReasonOtherAmount},
	} {
		st := newStage(t)
		st.do("accepted")
		st.do("cancelled")
		push := st.pushes[0]
		if err := st.s.Money().ClaimReceipt(t.Context(), push.Secret, receipt, ""); err != nil {
			t.Fatal(err)
		}
		var asked store.Question
		for range 2 {
			st.clock.add(time.Minute)
			var err error
			if asked, err = st.s.Jobs().TakeQuestion(t.Context(), 0, store.TransactionStatus); err != nil {
				t.Fatal(err)
			}
		}
		if c.change != nil {
			tr := store.Transaction{
				Known: true, Completed: true, ToUs: true, Receipt: receipt, Amount: store.Cents(push.Amount * 100),
				Phone: store.Pattern(push.Phone), TransactedAt: st.s.Now(),
			}
			c.change(&tr)
			st.answer(asked, tr)
		}
		if err := st.s.Money().EndReceipt(t.Context(), asked.Receipt); err != nil {
			t.Fatal(err)
		}
		all, err := st.s.Money().ReceiptClaims(t.Context(), push.TicketID)
		if err != nil || len(all) != 1 || all[0].State != c.state || all[0].Reason != c.reason {
			t.Errorf("%s: %+v, %v; want %s %s", c.answer, all, err, c.state, c.reason)
		}
		storetest.Sound(t, st.s)
	}
}

// answer lets M-PESA answer what it was asked about a receipt.
func (st *stage) answer(c store.Question, tr store.Transaction) {
	st.t.Helper()
	cb, known, err := st.s.Money().StoreCallback(st.t.Context(), store.NewCallback{
		Kind: store.CallbackStatus, Token: c.ResultToken, Body: []byte("{}"), Size: 2,
	})
	if err != nil || !known {
		st.t.Fatalf("keep: known %v, %v", known, err)
	}
	applied, err := st.s.Money().ApplyStatus(st.t.Context(), cb, tr)
	if err != nil {
		st.t.Fatal(err)
	}
	st.told = told(applied)
}

// TestPhoneThatProves: a receipt pays for a ticket where enough of the payer's number shows to tell whose it is.
func TestPhoneThatProves(t *testing.T) { storetest.Each(t, testPhoneThatProves) }

func testPhoneThatProves(t *testing.T) {
	const person = "person: " + string(store.ReasonOtherPhone)
	phone := storetest.Phone(1)
	last := phone[9:]
	for number, told := range map[string]string{
		phone: "paid", phone[:4] + "*****" + last: "paid", phone[:6] + "***" + last: "paid",
		"*********" + last: "paid", "0" + phone[3:] + " - ADA": "paid",
		"2547********": person, phone[:6] + "******": person, "2547*******" + phone[11:]: person,
		"*" + phone[10:]: person, "254*********": person, "************": person,
		phone[:6] + "***999": person, "600310 - BANK": person,
		"": "unreadable", // who paid is not known, which is not another phone
	} {
		st := newStage(t)
		st.do("accepted")
		st.do("cancelled")
		push := st.pushes[0]
		tr := store.Transaction{
			Known: true, Completed: true, ToUs: true, Receipt: "BYHAND1", Amount: store.Cents(push.Amount * 100),
			Phone: store.ParsePattern(number), TransactedAt: st.s.Now(),
		}
		if err := st.typed(push.Secret, "BYHAND1", tr); err != nil {
			t.Fatal(err)
		}
		if st.told != told {
			t.Errorf("%q: %s, want %s", number, st.told, told)
		}
		if number != "" {
			storetest.Sound(t, st.s)
		} else if wrong, err := st.s.Money().Audit(t.Context()); err != nil || len(wrong) != 1 {
			t.Errorf("fsck says %q, %v, where M-PESA has left out who paid", wrong, err)
		}
	}
}

// TestClaimsOfStrangers: who books with somebody's number and names receipts until no more are taken does not use up
// the owner's.
func TestClaimsOfStrangers(t *testing.T) { storetest.Each(t, testClaimsOfStrangers) }

func testClaimsOfStrangers(t *testing.T) {
	f := newFairStage(t)
	victim := func(address string) func(*store.NewBooking) {
		return func(b *store.NewBooking) { b.Phone, b.Client.Address = storetest.Phone(8000), address }
	}
	strangers := []store.NewBooking{f.who(1, victim("192.0.2.1")), f.who(1, victim("192.0.2.1"))}
	var secrets []string
	for _, b := range append(strangers, f.who(1, victim("198.51.100.1"))) {
		sent := f.want("a booking", b, "")
		f.cancels(sent)
		secrets = append(secrets, sent.Secret)
	}
	claim := func(secret string, n int, browser string) bool {
		err := f.s.Money().ClaimReceipt(t.Context(), secret, fmt.Sprintf("UKT%07d", n), browser)
		refusal, is := errors.AsType[*store.Refusal](err)
		if err != nil && (!is || refusal.Kind != store.TooManyTries) {
			t.Fatal(err)
		}
		return err == nil
	}
	for i := range 7 { // in whatever session
		if got := claim(secrets[i%2], i, fmt.Sprint("made up ", i)); got != (i < store.ClaimTries) {
			t.Errorf("the stranger's receipt %d: %v", i+1, got)
		}
	}
	for i := range 6 {
		if got := claim(secrets[2], 100+i, "the owner's"); got != (i < store.ClaimTries) {
			t.Errorf("the owner's receipt %d: %v", i+1, got)
		}
	}
}
