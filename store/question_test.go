package store_test

import (
	"errors"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// others books for as many other customers, whose prompts were turned away.
func (st *stage) others(phones ...string) (sent []store.PushOrder) {
	st.t.Helper()
	for _, phone := range phones {
		s, _, err := st.s.Tickets().Book(st.t.Context(),
			storetest.Booking(storetest.Screening(st.t, st.s, 2, 2), phone, 2))
		if err == nil {
			err = st.s.Tickets().RecordAnswer(st.t.Context(), s, store.Answer{Kind: store.Refused})
		}
		if err != nil {
			st.t.Fatal(err)
		}
		sent = append(sent, s)
	}
	return sent
}

// says is the state and reason of what was typed for a ticket, newest first.
func (st *stage) says(ticket store.PushOrder) (all []string) {
	st.t.Helper()
	claims, err := st.s.Money().ReceiptClaims(st.t.Context(), ticket.TicketID)
	if err != nil {
		st.t.Fatal(err)
	}
	for _, c := range claims {
		all = append(all, c.Receipt+" "+string(c.State)+" "+string(c.Reason))
	}
	return all
}

// nothingToAsk fails the test where there is a question.
func (st *stage) nothingToAsk(when string) {
	st.t.Helper()
	q, err := st.s.Jobs().TakeQuestion(st.t.Context(), 0, store.TransactionStatus)
	if !errors.Is(err, store.ErrNotFound) {
		st.t.Errorf("%s: %+v, %v", when, q, err)
	}
}

// TestOneReceiptOneQuestion: M-PESA is asked once about a receipt that two customers type, and its answer is for both:
// none of them has the money by it, until a person says whose it is.
func TestOneReceiptOneQuestion(t *testing.T) { storetest.Each(t, testOneReceiptOneQuestion) }

func testOneReceiptOneQuestion(t *testing.T) {
	for name, payer := range map[string]int{"of one of them": 91, "of neither": 95} {
		t.Run(name, func(t *testing.T) {
			st := newStage(t)
			two := st.others(storetest.Phone(91), storetest.Phone(92))
			atOnce(t, func() error { return st.s.Money().ClaimReceipt(t.Context(), two[0].Secret, "BYHAND7", "") },
				func() error { return st.s.Money().ClaimReceipt(t.Context(), two[1].Secret, "BYHAND7", "") })
			q, err := st.s.Jobs().TakeQuestion(t.Context(), 0, store.TransactionStatus)
			if err != nil || q.Receipt != "BYHAND7" || !q.Urgent {
				t.Fatal(q.Receipt, err)
			}
			st.nothingToAsk("asked once")
			tr := st.completed("BYHAND7")
			tr.Phone = store.Pattern(storetest.Phone(payer))
			st.checked(q, tr)
			first, second := "BYHAND7 confirmed ", "BYHAND7 refused named_twice"
			if payer == 95 {
				first, second = "BYHAND7 person other_phone", "BYHAND7 person other_phone"
			}
			for i, want := range []string{first, second} {
				got := st.says(two[i])
				if len(got) != 1 || got[0] != want {
					t.Errorf("customer %d is told %q, want %q", i+1, got, want)
				}
			}
			st.clock.add(time.Hour)
			if _, err := st.s.Tickets().EndHolds(t.Context()); err != nil {
				t.Fatal(err)
			}
			st.nothingToAsk("answered")
			storetest.Sound(t, st.s)
		})
	}
}

// TestOneReceiptOfOnePhoneTwice: who has booked twice by one phone and types one receipt for both has one payment, and
// a person says what it is for.
func TestOneReceiptOfOnePhoneTwice(t *testing.T) { storetest.Each(t, testOneReceiptOfOnePhoneTwice) }

func testOneReceiptOfOnePhoneTwice(t *testing.T) {
	st := newStage(t)
	st.play("accepted > cancelled")
	two := st.others(storetest.Phone(1), storetest.Phone(1))
	for _, ticket := range two {
		if err := st.s.Money().ClaimReceipt(t.Context(), ticket.Secret, "BYHAND7", ""); err != nil {
			t.Fatal(err)
		}
	}
	q, err := st.s.Jobs().TakeQuestion(t.Context(), 0, store.TransactionStatus)
	if err != nil {
		t.Fatal(err)
	}
	st.checked(q, st.completed("BYHAND7"))
	for _, ticket := range two {
		if got := st.says(ticket); len(got) != 1 || got[0] != "BYHAND7 person named_twice" {
			t.Errorf("the customer is told %q", got)
		}
	}
	st.ends("Failed cancelled, held 120s; BYHAND7 unmatched named_twice", "unmatched named_twice", "")
	if told := st.accept(store.Acceptance{Receipt: "BYHAND7", Ticket: two[1].Code}); told != "applied" {
		t.Error(told)
	}
	storetest.Sound(t, st.s)
}

// TestEndedQuestions: what M-PESA was asked often enough, or cannot be asked, is a person's, whatever happens to the
// ticket besides. It is asked once more where something is said of the receipt itself.
func TestEndedQuestions(t *testing.T) { storetest.Each(t, testEndedQuestions) }

func testEndedQuestions(t *testing.T) {
	st := newStage(t)
	st.play("accepted > cancelled")
	ticket := st.pushes[0]
	st.claim("FIRST00001")
	for range 4 {
		if q, err := st.s.Jobs().TakeQuestion(t.Context(), 0, store.TransactionStatus); err != nil ||
			q.Receipt != "FIRST00001" {
			t.Fatal(q.Receipt, err)
		}
		st.clock.add(10 * time.Minute)
	}
	if q, err := st.s.Jobs().TakeQuestion(t.Context(), 0, store.TransactionStatus); !errors.Is(err,
		store.ErrGivenOver) {
		t.Errorf("asked for the fifth time: %+v, %v", q, err)
	}
	if got := st.says(ticket); len(got) != 1 || got[0] != "FIRST00001 person "+string(store.ReasonNotAsked) {
		t.Errorf("after the last question: %q", got)
	}
	st.forPerson("OTHER00001")
	st.do("retry")
	st.play("accepted > paid")
	if got := st.says(ticket); len(got) != 2 || got[0] != "OTHER00001 person "+string(store.ReasonNotAsked) ||
		got[1] != "FIRST00001 person "+string(store.ReasonNotAsked) {
		t.Errorf("whatever else happens: %q", got)
	}
	st.nothingToAsk("whatever else happens")
	hint := store.IncomingPayment{
		Receipt: "FIRST00001", Amount: 270_000, Phone: store.Pattern(ticket.Phone), Account: ticket.Code,
		TransactedAt: st.s.Now(),
		LearntBy:     "c2b",
	}
	if _, err := st.s.Money().ApplyIncoming(t.Context(), hint); err != nil {
		t.Fatal(err)
	}
	if q, err := st.s.Jobs().TakeQuestion(t.Context(), 0, store.TransactionStatus); err != nil ||
		q.Receipt != "FIRST00001" ||
		!q.Urgent {
		t.Errorf("once M-PESA has told of it: %+v, %v", q, err)
	}
	storetest.Sound(t, st.s)
}

// TestSharedReceiptIsAskedAbout: a callback that names the receipt which another prompt was paid with does not say
// whether its own was paid. M-PESA is asked at once.
func TestSharedReceiptIsAskedAbout(t *testing.T) { storetest.Each(t, testSharedReceiptIsAskedAbout) }

func testSharedReceiptIsAskedAbout(t *testing.T) {
	st := newStage(t)
	st.play("accepted > no answer > 120 s > retry > accepted > paid")
	for {
		_, err := st.s.Jobs().TakeQuestion(t.Context(), 0, store.PushQuery)
		if errors.Is(err, store.ErrNotFound) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		st.do("query: nothing 1")
	}
	due := func() string {
		rows, err := st.s.Texts(`SELECT CASE WHEN next_at <= $1 THEN 'at once' ELSE 'later' END
			FROM question WHERE kind = 'push' AND id = $2`, st.s.Now()+1, st.pushes[0].PushID)
		if err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		return rows[0]
	}
	if got := due(); got != "later" {
		t.Errorf("before, it is asked %s", got)
	}
	st.do("receipt of 2 again 1")
	if got := due(); got != "at once" {
		t.Errorf("it is asked %s", got)
	}
	st.ends("Paid; RECEIPT2 applied, doubt receipt_shared", "applied receipt_shared", "receipt_shared")
}
