package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

const checkGap = 500 * time.Millisecond

// paidStage is a stage whose ticket is paid, a day before the film.
func paidStage(t *testing.T) *stage {
	st := newStage(t)
	st.do("accepted")
	st.do("paid")
	return st
}

// queues has the paid tickets put in line whose turn it is, and fails the test where there are others than so many.
func (st *stage) queues(when string, want int) {
	st.t.Helper()
	if n, err := st.s.Money().QueueChecks(st.t.Context(), 100); err != nil || n != want {
		st.t.Errorf("%s: %d receipts to ask about, want %d, %v", when, n, want, err)
	}
}

func (st *stage) takes(when string) store.Question {
	st.t.Helper()
	k, err := st.s.Jobs().TakeQuestion(st.t.Context(), checkGap, store.TransactionStatus)
	if err != nil || k.Receipt != "RECEIPT1" || k.Sent == 0 {
		st.t.Fatalf("%s: %+v, %v", when, k, err)
	}
	return k
}

// idle fails the test where there is something to ask about, or the loop would be woken for it.
func (st *stage) idle(when string) {
	st.t.Helper()
	if k, err := st.s.Jobs().TakeQuestion(st.t.Context(), checkGap, store.TransactionStatus); !errors.Is(err,
		store.ErrNotFound) {
		st.t.Errorf("%s: %+v, %v", when, k, err)
	}
	if at, err := st.s.Jobs().NextDue(st.t.Context(), store.PushQuery, store.TransactionStatus,
		store.Reversal); err != nil ||
		at != 0 && at <= st.s.Now() {
		st.t.Errorf("%s: due at %v, %v", when, at.Time(), err)
	}
}

func (st *stage) checked(k store.Question, tr store.Transaction) string {
	st.t.Helper()
	kind, token := store.CallbackStatus, k.ResultToken
	if tr.NoAnswer {
		kind, token = store.CallbackStatusTimeout, k.TimeoutToken
	}
	cb, known, err := st.s.Money().StoreCallback(st.t.Context(), store.NewCallback{
		Kind: kind, Token: token, Body: []byte("{}"), Size: 2,
	})
	if err != nil || !known {
		st.t.Fatalf("keep: known %v, %v", known, err)
	}
	applied, err := st.s.Money().ApplyStatus(st.t.Context(), cb, tr)
	if err != nil {
		st.t.Fatal(err)
	}
	return told(applied)
}

// confirmsAll has M-PESA say of each receipt that it is asked about what the books say.
func (st *stage) confirmsAll() {
	st.t.Helper()
	payments, err := st.s.Money().Payments(st.t.Context())
	if err != nil {
		st.t.Fatal(err)
	}
	for range payments {
		k, err := st.s.Jobs().TakeQuestion(st.t.Context(), 0, store.TransactionStatus)
		if errors.Is(err, store.ErrNotFound) {
			return
		}
		i := slices.IndexFunc(payments, func(p store.Payment) bool { return p.Receipt == k.Receipt })
		if err != nil || i < 0 {
			st.t.Fatal(k.Receipt, err)
		}
		st.checked(k, store.Transaction{
			Known: true, Completed: true, ToUs: true, Receipt: k.Receipt, Amount: payments[i].Amount,
		})
	}
}

var (
	stillThere = store.Transaction{Known: true, Completed: true, ToUs: true, Receipt: "RECEIPT1", Amount: 270_000}
	wentBack   = store.Transaction{Known: true, Reversed: true, ToUs: true, Receipt: "RECEIPT1", Amount: 270_000}
)

// TestPaidTicketsAreChecked: M-PESA is asked once, in the hour before the film. Whatever it says of money that is still
// there changes nothing, and nobody sees any of it.
func TestPaidTicketsAreChecked(t *testing.T) { storetest.Each(t, testPaidTicketsAreChecked) }

func testPaidTicketsAreChecked(t *testing.T) {
	for _, says := range []store.Transaction{
		stillThere, {Text: "no such receipt"}, {Known: true, Completed: true, Receipt: "RECEIPT1", Amount: 270_000},
	} {
		st := paidStage(t)
		st.do("another ticket") // which is not paid
		sees := func() store.Ticket {
			tk, err := st.s.Tickets().TicketBySecret(t.Context(), st.pushes[0].Secret)
			if err != nil {
				t.Fatal(err)
			}
			return *tk
		}
		before, cases := sees(), len(st.cases(""))
		st.queues("the day before", 0)
		st.clock.add(23*time.Hour + time.Minute)
		if _, err := st.s.Tickets().EndHolds(t.Context()); err != nil {
			t.Fatal(err)
		}
		st.queues("its turn", 1)
		st.queues("its turn again", 0)
		k := st.takes("its turn")
		st.idle("while it is asked about")
		if told := st.checked(k, says); told != "known already" {
			t.Errorf("told %s", told)
		}
		if told := st.checked(k, says); told != "duplicate" {
			t.Errorf("told %s of the same again", told)
		}
		for _, later := range []time.Duration{30 * time.Minute, 4 * time.Hour, 25 * time.Hour} {
			st.clock.add(later)
			st.queues("afterwards", 0)
			st.idle("afterwards")
		}
		if after := sees(); after.Version != before.Version || after.Claims != 0 || after.VoidedAt != 0 {
			t.Errorf("the ticket's page: version %d, then %d, %d claims", before.Version, after.Version, after.Claims)
		}
		if claims, err := st.s.Money().ReceiptClaims(t.Context(), before.ID); err != nil || len(claims) != 0 {
			t.Errorf("claims: %+v, %v", claims, err)
		}
		if n := len(st.cases("")); n != cases {
			t.Errorf("the list of money had %d entries, and has %d", cases, n)
		}
		storetest.Sound(t, st.s)
	}
}

// TestReversedBeforeTheFilm: money that is gone makes the ticket void and its seats free, also where M-PESA said before
// that it was there, and once it is written down as gone nothing is asked any more.
func TestReversedBeforeTheFilm(t *testing.T) { storetest.Each(t, testReversedBeforeTheFilm) }

func testReversedBeforeTheFilm(t *testing.T) {
	const gone = "Paid void; RECEIPT1 reversed_elsewhere"
	st := paidStage(t)
	st.clock.add(23*time.Hour + time.Minute)
	st.queues("its turn", 1)
	k := st.takes("its turn")
	other := wentBack
	other.Receipt = "RECEIPT2"
	for _, says := range []struct {
		tr         store.Transaction
		told, ends string
	}{
		{store.Transaction{NoAnswer: true}, "no answer", "Paid; RECEIPT1 applied"},
		{other, "known already", "Paid; RECEIPT1 applied"}, {stillThere, "known already", "Paid; RECEIPT1 applied"},
		{wentBack, "gone back", gone}, {wentBack, "duplicate", gone}, {stillThere, "duplicate", gone},
	} {
		if told := st.checked(k, says.tr); told != says.told || st.end() != says.ends {
			t.Errorf("told %s, ends as %s; want %s, %s", told, st.end(), says.told, says.ends)
		}
	}
	tk, err := st.s.Tickets().TicketBySecret(t.Context(), st.pushes[0].Secret)
	if err != nil || tk.Refunded != 270_000 {
		t.Errorf("the ticket says that %d cents went back, %v", tk.Refunded, err)
	}
	if n, err := st.s.Texts(`SELECT label FROM seat WHERE ticket_id IS NOT NULL`); err != nil || len(n) != 0 {
		t.Errorf("seats taken: %v, %v", n, err)
	}
	st.clock.add(25 * time.Hour)
	st.queues("the day after", 0)
	st.idle("the day after")
	storetest.Sound(t, st.s)
}

// TestCheckIsAskedAgain: where M-PESA does not answer it is asked less often, and in the end no more. What has been
// given back meanwhile is not asked about.
func TestCheckIsAskedAgain(t *testing.T) { storetest.Each(t, testCheckIsAskedAgain) }

func testCheckIsAskedAgain(t *testing.T) {
	st := paidStage(t)
	st.clock.add(23*time.Hour + time.Minute)
	st.queues("its turn", 1)
	asked, ended := 0, 0
	for range 300 {
		switch _, err := st.s.Jobs().TakeQuestion(t.Context(), checkGap, store.TransactionStatus); {
		case err == nil:
			asked++
		case errors.Is(err, store.ErrGivenOver):
			ended++
		case !errors.Is(err, store.ErrNotFound):
			t.Fatal(err)
		}
		st.clock.add(time.Minute)
	}
	if asked != 12 || ended != 1 {
		t.Errorf("asked %d times in five hours, ended %d times", asked, ended)
	}
	st.idle("afterwards")
	st.clock.add(21 * time.Hour)
	st.queues("the day after", 0)

	st = paidStage(t)
	st.clock.add(23*time.Hour + time.Minute)
	st.queues("its turn", 1)
	st.refunds(store.NewRefund{Receipt: "RECEIPT1", Reference: "UKO6MINE00"})
	st.idle("what has been given back")
	st.queues("what has been given back", 0)
}

// TestChecksGoLast: within the pace of all questions, after whatever somebody waits for, and not soon again where
// Daraja did not answer.
func TestChecksGoLast(t *testing.T) { storetest.Each(t, testChecksGoLast) }

func testChecksGoLast(t *testing.T) {
	st := paidStage(t)
	st.clock.add(23*time.Hour + time.Minute)
	st.queues("its turn", 1)
	customers := func(when, receipt string) {
		st.do("another ticket")
		if err := st.s.Money().ClaimReceipt(t.Context(), st.other, receipt, ""); err != nil {
			t.Fatal(err)
		}
		q, err := st.s.Jobs().TakeQuestion(t.Context(), checkGap, store.TransactionStatus)
		if err != nil || q.Receipt != receipt || !q.Urgent {
			t.Fatalf("%s: %+v, %v", when, q, err)
		}
		st.idle("within the pace of what a customer waits for")
		if err := st.s.Money().EndReceipt(t.Context(), receipt); err != nil {
			t.Fatal(err)
		}
		st.clock.add(checkGap)
	}
	customers("before the check", "UKO5ABCDEF")
	st.takes("then")
	st.clock.add(time.Minute)
	if err := st.s.Exec(`UPDATE pace SET next_at = $1 WHERE name = 'query'`, st.s.Now().Add(checkGap)); err != nil {
		t.Fatal(err)
	}
	st.idle("within the pace of queries")
	st.clock.add(checkGap)
	if err := st.s.Jobs().RestChecks(t.Context()); err != nil {
		t.Fatal(err)
	}
	st.idle("while Daraja does not answer")
	if sales, err := st.s.Tickets().Sales(t.Context()); err != nil || sales.Until != 0 {
		t.Errorf("sales: %+v, %v", sales, err)
	}
	if at, err := st.s.Jobs().NextDue(t.Context(), store.PushQuery); err != nil || at != 0 && at <= st.s.Now() {
		t.Errorf("without an initiator: due at %v, %v", at.Time(), err)
	}
	customers("while checks rest", "UKO5ABCDEG")
	st.idle("while Daraja does not answer a check")
	st.clock.add(time.Minute)
	st.takes("later")
}
