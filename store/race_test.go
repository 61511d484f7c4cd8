package store_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestGuardOfLateSeats: two customers pay late, at once, for the one seat that is left. One has it, the other's money
// is due back. Without the guard each would take the seat that it once had, whoever has it now.
func TestGuardOfLateSeats(t *testing.T) { storetest.Each(t, testGuardOfLateSeats) }

func testGuardOfLateSeats(t *testing.T) {
	want := 1
	if !store.Guarded {
		want = 2
	}
	for range 5 {
		if owners := lateOwners(t); owners != want {
			t.Errorf("the seat was given %d times, want %d", owners, want)
		}
	}
}

// lateOwners lets two late payments race for one seat, and says how many tickets were paid with it.
func lateOwners(t *testing.T) (owners int) {
	t.Helper()
	clock := newClock()
	s := storetest.New(t, clock.option)
	id := storetest.Screening(t, s, 1, 2)
	var sent []store.PushOrder
	for n := range 2 {
		b, _, err := s.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(n), 1))
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, b)
	}
	clock.add(4 * time.Minute)
	if _, err := s.Tickets().EndHolds(t.Context()); err != nil {
		t.Fatal(err)
	}
	// one of the two seats is gone
	if _, _, err := s.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(9), 1)); err != nil {
		t.Fatal(err)
	}
	looked, done := make(chan struct{}, 2), make(chan error, 2)
	start := make(chan struct{})
	for n, b := range sent {
		amount := store.Cents(b.Amount * 100)
		v := store.Verdict{
			Class: store.Success, LearntBy: "callback", CheckoutRequestID: fmt.Sprint("ws_CO_", n), Code: "0",
			Amount: &amount, Receipt: fmt.Sprint("RECEIPT", n),
		}
		go func() {
			cb, _, err := s.Money().StoreCallback(t.Context(), store.NewCallback{
				Kind: store.CallbackSTK, Token: b.CallbackToken, Body: []byte("{}"), Size: 2,
			})
			if err == nil {
				looked <- struct{}{}
				<-start
				_, err = s.Money().ApplyCallback(t.Context(), cb, v)
			}
			done <- err
		}()
	}
	<-looked
	<-looked
	close(start)
	for range sent {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	for _, b := range sent {
		tk, err := s.Tickets().TicketBySecret(t.Context(), b.Secret)
		if err != nil {
			t.Fatal(err)
		}
		if tk.Status == store.Paid {
			owners++
		}
	}
	if store.Guarded {
		storetest.Sound(t, s)
	}
	return owners
}

// TestEchoBesideQuery: M-PESA says by a query, without a receipt, that a push was paid, and at the same instant
// confirms the same money by C2B. The two are listed as what may be one payment, whichever came first. Nothing but the
// guard makes the two see each other where the amounts differ: the query does not say how much it was.
func TestEchoBesideQuery(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		if n := echoed(t, true, 0); n != 1 {
			t.Errorf("%d pairs may be the same", n)
		}
		if n := echoed(t, false, 0); n != 1 {
			t.Errorf("%d pairs may be the same, at a till", n)
		}
		want := 1
		if !store.Guarded {
			want = 0
		}
		if n := echoed(t, false, -100); n != want {
			t.Errorf("%d pairs of two amounts may be the same, want %d", n, want)
		}
	})
}

// echoed counts the pairs after a query and a C2B confirmation at once: with the prompt's account number or, at a till,
// without, and of so many cents more than it asked for.
func echoed(t *testing.T, numbered bool, more store.Cents) (pairs int) {
	t.Helper()
	s := storetest.New(t)
	sent, _, err := s.Tickets().Book(t.Context(),
		storetest.Booking(storetest.Screening(t, s, 1, 2), storetest.Phone(1), 1))
	if err == nil {
		err = s.Tickets().RecordAnswer(t.Context(), sent, store.Answer{CheckoutRequestID: "ws_CO_1"})
	}
	if err != nil {
		t.Fatal(err)
	}
	h := store.IncomingPayment{
		Receipt: "RECEIPT1", Amount: store.Cents(sent.Amount)*100 + more, Phone: store.Pattern(sent.Phone),
		TransactedAt: s.Now(), LearntBy: "c2b",
	}
	if numbered {
		h.Account = sent.Reference
	}
	race(t, s, func() error {
		_, err := s.Money().ApplyQuery(t.Context(), sent.PushID, store.Verdict{
			Class: store.Success, LearntBy: "query", CheckoutRequestID: "ws_CO_1", Code: "0",
		})
		return err
	}, func() error {
		_, err := s.Money().ApplyIncoming(t.Context(), h)
		return err
	})
	alike, err := s.Money().Alikes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return len(alike)
}

// race runs two writes that are about the same money at once: each reads, and waits to write until the other has read
// as well, or waits for it.
func race(t *testing.T, s *store.Store, writes ...func() error) {
	t.Helper()
	if err := errors.Join(meet(t, s, "payment, refund", writes...)...); err != nil {
		t.Fatal(err)
	}
}

// meet runs writes at once and returns their errors. None may write to the tables before all have read and want to
// write, or wait for one that does.
func meet(t *testing.T, s *store.Store, tables string, writes ...func() error) (errs []error) {
	t.Helper()
	locked, release, all, lock := make(chan struct{}), make(chan struct{}), make(chan error, len(writes)),
		make(chan error, 1)
	go func() {
		lock <- s.Write(true, func(exec func(string, ...any) error) (err error) {
			if s.Shared() {
				err = exec(`LOCK TABLE ` + tables + ` IN SHARE MODE`) // they may be read, and their rows be locked
			}
			close(locked)
			<-release
			return err
		})
	}()
	<-locked
	for _, w := range writes {
		go func() { all <- w() }()
	}
	waiting := func() int {
		if !s.Shared() {
			return s.Queued()
		}
		pids, err := s.Texts(`SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
		if err != nil {
			t.Fatal(err)
		}
		return len(pids)
	}
	for len(all) == 0 && waiting() < len(writes) { // one that has ended did not wait, which its error may explain
		runtime.Gosched()
	}
	close(release)
	if err := <-lock; err != nil {
		t.Fatal(err)
	}
	for range writes {
		errs = append(errs, <-all)
	}
	return errs
}

// TestTakenOnce: of two who look at the same instant for what is to be sent or asked about, and find the same, one
// takes it. On PostgreSQL they are two processes.
func TestTakenOnce(t *testing.T) { storetest.Each(t, testTakenOnce) }

func testTakenOnce(t *testing.T) {
	for name, c := range map[string]struct {
		before []string
		due    func(*stage) error
		take   func(context.Context, *store.Store) error
	}{
		"a refund": {[]string{"accepted", "paid", "refund"}, nil,
			func(ctx context.Context, s *store.Store) error {
				_, err := s.Jobs().TakeQuestion(ctx, 0, store.Reversal)
				return err
			}},
		"a claim": {[]string{"accepted", "cancelled"},
			func(st *stage) error {
				return st.s.Money().ClaimReceipt(st.t.Context(), st.pushes[0].Secret, "BYHAND1", "")
			},
			func(ctx context.Context, s *store.Store) error {
				_, err := s.Jobs().TakeQuestion(ctx, 0, store.TransactionStatus)
				return err
			}},
		"a push": {[]string{"accepted", "120 s"}, nil,
			func(ctx context.Context, s *store.Store) error {
				_, err := s.Jobs().TakeQuestion(ctx, 0, store.PushQuery)
				return err
			}},
		"a paid ticket": {[]string{"accepted", "paid"}, func(st *stage) error {
			st.clock.add(23*time.Hour + 30*time.Minute)
			_, err := st.s.Money().QueueChecks(st.t.Context(), 1)
			return err
		}, func(ctx context.Context, s *store.Store) error {
			_, err := s.Jobs().TakeQuestion(ctx, 0, store.TransactionStatus)
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var path string
			st := newStage(t, func(o *store.Options) { path = o.Path })
			for _, event := range c.before {
				st.do(event)
			}
			if c.due != nil {
				if err := c.due(st); err != nil {
					t.Fatal(err)
				}
			}
			other := st.s
			if storetest.Postgres(t) {
				o := store.Options{Path: path}
				st.clock.option(&o)
				var err error
				if other, err = store.Open(t.Context(), o); err != nil {
					t.Fatal(err)
				}
				defer shut(t, other)
			}
			taken := 0
			for _, err := range meet(t, st.s, "refund, question, push_request",
				func() error { return c.take(t.Context(), st.s) }, func() error { return c.take(t.Context(), other) }) {
				switch {
				case err == nil:
					taken++
				case !errors.Is(err, store.ErrNotFound):
					t.Error(err)
				}
			}
			if taken != 1 {
				t.Errorf("it was taken %d times", taken)
			}
		})
	}
}

// TestGuardOfOneReceipt: a receipt that names no ticket is typed for one, and M-PESA confirms it at the instant at
// which a person accepts it for another. Or at which it is to be refunded. The money goes one way.
func TestGuardOfOneReceipt(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		for _, refund := range []bool{false, true} {
			paid, wrong := confirmedTwice(t, refund)
			switch {
			case store.Guarded && (paid > 1 || len(wrong) > 0), !store.Guarded && !refund && len(wrong) == 0:
				t.Errorf("refund %v: %d tickets are paid, the books say %q", refund, paid, wrong)
			}
		}
	})
}

func confirmedTwice(t *testing.T, refund bool) (paid int, wrong []string) {
	t.Helper()
	ctx, s := t.Context(), storetest.New(t)
	const receipt = "TYPEDTWICE"
	var sent []store.PushOrder
	for range 2 {
		b, _, err := s.Tickets().Book(ctx, storetest.Booking(storetest.Screening(t, s, 1, 2), storetest.Phone(1), 1))
		if err == nil {
			err = s.Tickets().RecordAnswer(ctx, b, store.Answer{Kind: store.Refused})
		}
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, b)
	}
	amount := store.Cents(sent[0].Amount) * 100
	if _, err := s.Money().ApplyIncoming(ctx, store.IncomingPayment{
		Receipt: receipt, Amount: amount, TransactedAt: s.Now(), LearntBy: "c2b",
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Money().ClaimReceipt(ctx, sent[0].Secret, receipt, ""); err != nil {
		t.Fatal(err)
	}
	q, err := s.Jobs().TakeQuestion(ctx, 0, store.TransactionStatus)
	if err != nil {
		t.Fatal(err)
	}
	cb, _, err := s.Money().StoreCallback(ctx, store.NewCallback{
		Kind: store.CallbackStatus, Token: q.ResultToken, Body: []byte("{}"), Size: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	another := func() error {
		_, err := s.Money().AcceptReceipt(ctx, store.Acceptance{Receipt: receipt, Ticket: sent[1].Code, By: "Wanjiru"})
		if refusal, is := errors.AsType[*store.Refusal](err); is &&
			(refusal.Kind == store.ReceiptUsed || refusal.Kind == store.AcceptedElsewhere) {
			return nil // the other was quicker
		}
		return err
	}
	if refund {
		another = func() error {
			_, err := s.Money().RequestRefund(ctx, store.NewRefund{Receipt: receipt, By: "box office"})
			return err
		}
	}
	race(t, s, func() error {
		_, err := s.Money().ApplyStatus(ctx, cb, store.Transaction{
			Known: true, Completed: true, ToUs: true, Receipt: receipt, Amount: amount,
			Phone:        store.Pattern(sent[0].Phone),
			TransactedAt: s.Now(),
		})
		return err
	}, another)
	for _, b := range sent {
		tk, err := s.Tickets().TicketBySecret(ctx, b.Secret)
		if err != nil {
			t.Fatal(err)
		}
		if tk.Status == store.Paid && tk.VoidedAt == 0 {
			paid++
		}
	}
	wrong, err = s.Money().Audit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return paid, wrong
}

// TestGuardOfTwoPrompts: two prompts of one ticket are paid, and M-PESA tells of both at the same instant. One pays for
// the ticket, the other is due back.
func TestGuardOfTwoPrompts(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		st := newStage(t)
		for _, e := range []string{"accepted", "no answer", "120 s", "retry", "accepted"} {
			st.do(e)
		}
		amount := store.Cents(st.pushes[0].Amount * 100)
		var writes []func() error
		for n, p := range st.pushes {
			cb, _, err := st.s.Money().StoreCallback(t.Context(), store.NewCallback{
				Kind: "stk", Token: p.CallbackToken, Body: []byte("{}"), Size: 2,
			})
			if err != nil {
				t.Fatal(err)
			}
			writes = append(writes, func() error {
				_, err := st.s.Money().ApplyCallback(t.Context(), cb,
					store.Verdict{Class: store.Success, LearntBy: "callback",
						CheckoutRequestID: fmt.Sprint("ws_CO_", n+1), Code: "0", Amount: &amount,
						Receipt: fmt.Sprint("RECEIPT", n+1), TransactedAt: st.made[0]})
				return err
			})
		}
		race(t, st.s, writes...)
		wrong, err := st.s.Money().Audit(t.Context())
		if err != nil || store.Guarded == (len(wrong) > 0) {
			t.Errorf("guarded %v: ends as %s, %q, %v", store.Guarded, st.end(), wrong, err)
		}
		if end := st.end(); store.Guarded &&
			(!strings.Contains(end, " applied") || !strings.Contains(end, " refund_due paid_twice")) {
			t.Errorf("ends as %s", end)
		}
	})
}

// TestC2BTakesOver: a receipt that was typed for one ticket of a phone was paid for another, as M-PESA says by C2B,
// before or after. Whom it was paid for has the ticket.
func TestC2BTakesOver(t *testing.T) { storetest.Each(t, testC2BTakesOver) }

func testC2BTakesOver(t *testing.T) {
	const receipt = "TYPEDFORA1"
	for _, typedFirst := range []bool{true, false} {
		clock := newClock()
		ctx, s := t.Context(), storetest.New(t, clock.option)
		var sent []store.PushOrder
		for range 2 {
			b, _, err := s.Tickets().Book(ctx,
				storetest.Booking(storetest.Screening(t, s, 1, 2), storetest.Phone(1), 1))
			if err == nil {
				err = s.Tickets().RecordAnswer(ctx, b, store.Answer{Kind: store.Refused})
			}
			if err != nil {
				t.Fatal(err)
			}
			sent = append(sent, b)
		}
		typed, named := sent[0], sent[1]
		amount, at := store.Cents(typed.Amount)*100, s.Now()
		claimTyped := func() {
			if err := s.Money().ClaimReceipt(ctx, typed.Secret, receipt, ""); err != nil {
				t.Fatal(err)
			}
		}
		told := func() {
			h := store.IncomingPayment{
				Receipt: receipt, Amount: amount, Phone: store.Pattern(named.Phone[:4] + "*****" + named.Phone[9:]),
				Account: named.Code, TransactedAt: at, LearntBy: "c2b",
			}
			if _, err := s.Money().ApplyIncoming(ctx, h); err != nil {
				t.Fatal(err)
			}
		}
		confirmNext := func() {
			c, err := s.Jobs().TakeQuestion(ctx, 0, store.TransactionStatus)
			if err != nil {
				t.Fatal(err)
			}
			cb, _, err := s.Money().StoreCallback(ctx, store.NewCallback{
				Kind: store.CallbackStatus, Token: c.ResultToken, Body: []byte("{}"), Size: 2,
			})
			if err == nil {
				_, err = s.Money().ApplyStatus(ctx, cb, store.Transaction{
					Known: true, Completed: true, ToUs: true, Receipt: receipt, Amount: amount,
					Phone:        store.Pattern(named.Phone),
					TransactedAt: at,
				})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if typedFirst {
			claimTyped()
			confirmNext()
			told()
		} else {
			told()
			claimTyped()
			confirmNext()
		}
		clock.add(2 * time.Minute)
		if q, err := s.Jobs().TakeQuestion(ctx, 0, store.TransactionStatus); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("typed first %v: asked once more: %+v, %v", typedFirst, q, err)
		}
		for b, want := range map[store.PushOrder]bool{typed: false, named: true} {
			tk, err := s.Tickets().TicketBySecret(ctx, b.Secret)
			if err != nil || (tk.Status == store.Paid && tk.VoidedAt == 0) != want {
				t.Errorf("typed first %v: the ticket of code %s is %s, void %v, %v", typedFirst, tk.Code, tk.Status,
					tk.VoidedAt != 0, err)
			}
		}
		storetest.Sound(t, s)
	}
}
