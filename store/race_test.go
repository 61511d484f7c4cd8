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

// TestTwoLatePayments: two customers pay late, at once, for the one seat that is left. One has it, the other's money is due back.
func TestTwoLatePayments(t *testing.T) { storetest.Each(t, testTwoLatePayments) }

func testTwoLatePayments(t *testing.T) {
	for _, guarded := range []bool{false, true} {
		owners := 0
		for range 5 {
			owners += lateOwners(t, guarded)
		}
		if guarded && owners != 5 {
			t.Errorf("in 5 races for a seat it was given %d times", owners)
		}
		if !guarded && owners != 10 {
			t.Errorf("without the guard the seat was given %d times in 5 races, want twice each time: the race shows nothing", owners)
		}
	}
}

// lateOwners lets two late payments race for one seat, and says how many tickets were paid with it.
func lateOwners(t *testing.T, guarded bool) (owners int) {
	t.Helper()
	clock := newClock()
	s := storetest.New(t, clock.option)
	id := storetest.Screening(t, s, 1, 2)
	var sent []store.Sending
	for n := range 2 {
		b, _, err := s.Book(t.Context(), storetest.Booking(id, storetest.Phone(n), 1))
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, b)
	}
	clock.add(4 * time.Minute)
	if _, err := s.EndHolds(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Book(t.Context(), storetest.Booking(id, storetest.Phone(9), 1)); err != nil { // one of the two seats is gone
		t.Fatal(err)
	}
	looked, done := make(chan struct{}, 2), make(chan error, 2)
	start := make(chan struct{})
	for n, b := range sent {
		amount := store.Cents(b.Amount * 100)
		v := store.Verdict{Class: store.Success, LearntBy: "callback", CheckoutRequestID: fmt.Sprint("ws_CO_", n), Code: "0", Amount: &amount, Receipt: fmt.Sprint("RECEIPT", n)}
		go func() {
			if !guarded {
				done <- s.PayUnguarded(t.Context(), b.CallbackToken, func() { looked <- struct{}{}; <-start })
				return
			}
			cb, _, err := s.KeepCallback(t.Context(), store.NewCallback{Kind: store.CallbackSTK, Token: b.CallbackToken, Body: []byte("{}"), Size: 2})
			if err == nil {
				looked <- struct{}{}
				<-start
				_, err = s.ApplyCallback(t.Context(), cb, v)
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
		tk, err := s.TicketBySecret(t.Context(), b.Secret)
		if err != nil {
			t.Fatal(err)
		}
		if tk.Status == store.Paid {
			owners++
		}
	}
	if guarded {
		storetest.Sound(t, s)
	}
	return owners
}

// TestEchoBesideQuery: M-PESA says by a query, without a receipt, that a push was paid, and at the same instant confirms the same
// money by C2B. It is one payment.
func TestEchoBesideQuery(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		if n := echoed(t); n != 1 {
			t.Errorf("the money stands in the books %d times", n)
		}
	})
}

func echoed(t *testing.T) (payments int) {
	t.Helper()
	s := storetest.New(t)
	sent, _, err := s.Book(t.Context(), storetest.Booking(storetest.Screening(t, s, 1, 2), storetest.Phone(1), 1))
	if err == nil {
		err = s.RecordAnswer(t.Context(), sent, store.Answer{CheckoutRequestID: "ws_CO_1"})
	}
	if err != nil {
		t.Fatal(err)
	}
	amount := store.Cents(sent.Amount) * 100
	race(t, s, func() error {
		_, err := s.ApplyQuery(t.Context(), sent.PushID, store.Verdict{Class: store.Success, LearntBy: "query", CheckoutRequestID: "ws_CO_1", Code: "0"})
		return err
	}, func() error {
		_, err := s.ApplyHint(t.Context(), store.Hint{Receipt: "RECEIPT1", Amount: amount, Phone: sent.Phone[:4] + "*****" + sent.Phone[9:], Account: sent.Reference, TransactedAt: s.Now(), LearntBy: "c2b"})
		return err
	})
	ps, err := s.Payments(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		if p.State != store.PaymentSuperseded {
			payments++
		}
	}
	return payments
}

// race runs two writes that are about the same money at once: each reads, and waits to write until the other has read as well, or
// waits for it.
func race(t *testing.T, s *store.Store, writes ...func() error) {
	t.Helper()
	if err := errors.Join(meet(t, s, "payment, refund", writes...)...); err != nil {
		t.Fatal(err)
	}
}

// meet runs writes at once and returns their errors. None may write to the tables before all have read and want to write, or wait for one
// that does.
func meet(t *testing.T, s *store.Store, tables string, writes ...func() error) (errs []error) {
	t.Helper()
	locked, release, all, lock := make(chan struct{}), make(chan struct{}), make(chan error, len(writes)), make(chan error, 1)
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

// TestTakenOnce: of two who look at the same instant for what is to be sent or asked about, and find the same, one takes it. On PostgreSQL they
// are two processes.
func TestTakenOnce(t *testing.T) { storetest.Each(t, testTakenOnce) }

func testTakenOnce(t *testing.T) {
	for name, c := range map[string]struct {
		before []string
		due    func(*stage) error
		take   func(context.Context, *store.Store) error
	}{
		"a refund": {[]string{"accepted", "paid", "refund"}, nil, func(ctx context.Context, s *store.Store) error { _, err := s.TakeRefund(ctx); return err }},
		"a claim": {[]string{"accepted", "cancelled"}, func(st *stage) error { return st.s.ClaimReceipt(st.t.Context(), st.pushes[0].Secret, "BYHAND1", "") },
			func(ctx context.Context, s *store.Store) error { _, err := s.TakeClaim(ctx, 0); return err }},
		"a push": {[]string{"accepted", "120 s"}, nil, func(ctx context.Context, s *store.Store) error { _, err := s.ClaimQuery(ctx, 0); return err }},
		"a paid ticket": {[]string{"accepted", "paid"}, func(st *stage) error {
			st.clock.add(23*time.Hour + 30*time.Minute)
			_, err := st.s.QueueChecks(st.t.Context(), 1)
			return err
		}, func(ctx context.Context, s *store.Store) error { _, err := s.TakeCheck(ctx, 0); return err }},
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
			for _, err := range meet(t, st.s, "refund, claim, push_request, paid_check",
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

// TestOneReceiptForTwoTickets: a receipt that names no ticket is typed for two, and M-PESA confirms it for both at the same instant.
// Or it is to be refunded, and confirmed for one. The money goes one way.
func TestOneReceiptForTwoTickets(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		for _, c := range []struct{ guarded, refund bool }{{false, false}, {true, false}, {true, true}} {
			if paid, wrong := confirmedTwice(t, c.guarded, c.refund); c.guarded == (len(wrong) > 0) || c.guarded && paid > 1 {
				t.Errorf("%+v: %d tickets are paid, the books say %q", c, paid, wrong)
			}
		}
	})
}

func confirmedTwice(t *testing.T, guarded, refund bool) (paid int, wrong []string) {
	t.Helper()
	ctx, s := t.Context(), storetest.New(t)
	if !guarded {
		s.Unguarded()
	}
	const receipt = "TYPEDTWICE"
	var sent []store.Sending
	for range 2 {
		b, _, err := s.Book(ctx, storetest.Booking(storetest.Screening(t, s, 1, 2), storetest.Phone(1), 1))
		if err == nil {
			err = s.RecordAnswer(ctx, b, store.Answer{Kind: store.Refused})
		}
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, b)
	}
	amount := store.Cents(sent[0].Amount) * 100
	if _, err := s.ApplyHint(ctx, store.Hint{Receipt: receipt, Amount: amount, TransactedAt: s.Now(), LearntBy: "c2b"}); err != nil {
		t.Fatal(err)
	}
	var writes []func() error
	for _, b := range sent {
		if err := s.ClaimReceipt(ctx, b.Secret, receipt, ""); err != nil {
			t.Fatal(err)
		}
		c, err := s.TakeClaim(ctx, 0)
		if err != nil {
			t.Fatal(err)
		}
		cb, _, err := s.KeepCallback(ctx, store.NewCallback{Kind: store.CallbackStatus, Token: c.ResultToken, Body: []byte("{}"), Size: 2})
		if err != nil {
			t.Fatal(err)
		}
		writes = append(writes, func() error {
			_, err := s.ApplyStatus(ctx, cb, store.Transaction{Known: true, Completed: true, ToUs: true, Receipt: receipt, Amount: amount, Phone: b.Phone, TransactedAt: s.Now()})
			return err
		})
	}
	if refund {
		writes[1] = func() error {
			_, err := s.RequestRefund(ctx, store.NewRefund{Receipt: receipt, By: "box office"})
			return err
		}
	}
	race(t, s, writes...)
	for _, b := range sent {
		tk, err := s.TicketBySecret(ctx, b.Secret)
		if err != nil {
			t.Fatal(err)
		}
		if tk.Status == store.Paid && tk.VoidedAt == 0 {
			paid++
		}
	}
	wrong, err := s.Check(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return paid, wrong
}

// TestPaidTwiceAtOnce: two prompts of one ticket are paid, and M-PESA tells of both at the same instant. One pays for the ticket, the
// other is due back.
func TestPaidTwiceAtOnce(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		for _, guarded := range []bool{false, true} {
			st := newStage(t)
			for _, e := range []string{"accepted", "no answer", "120 s", "retry", "accepted"} {
				st.do(e)
			}
			if !guarded {
				st.s.Unguarded()
			}
			amount := store.Cents(st.pushes[0].Amount * 100)
			var writes []func() error
			for n, p := range st.pushes {
				cb, _, err := st.s.KeepCallback(t.Context(), store.NewCallback{Kind: "stk", Token: p.CallbackToken, Body: []byte("{}"), Size: 2})
				if err != nil {
					t.Fatal(err)
				}
				writes = append(writes, func() error {
					_, err := st.s.ApplyCallback(t.Context(), cb, store.Verdict{Class: store.Success, LearntBy: "callback", CheckoutRequestID: fmt.Sprint("ws_CO_", n+1), Code: "0",
						Amount: &amount, Receipt: fmt.Sprint("RECEIPT", n+1), TransactedAt: st.made[0]})
					return err
				})
			}
			race(t, st.s, writes...)
			wrong, err := st.s.Check(t.Context())
			if err != nil || guarded == (len(wrong) > 0) {
				t.Errorf("guarded %v: ends as %s, %q, %v", guarded, st.end(), wrong, err)
			}
			if end := st.end(); guarded && (!strings.Contains(end, " applied") || !strings.Contains(end, " refund_due paid_twice")) {
				t.Errorf("ends as %s", end)
			}
		}
	})
}

// TestC2BTakesOver: a receipt that was typed for one ticket of a phone was paid for another, as M-PESA says by C2B, before or after.
// Whom it was paid for has the ticket.
func TestC2BTakesOver(t *testing.T) { storetest.Each(t, testC2BTakesOver) }

func testC2BTakesOver(t *testing.T) {
	const receipt = "TYPEDFORA1"
	for _, typedFirst := range []bool{true, false} {
		clock := newClock()
		ctx, s := t.Context(), storetest.New(t, clock.option)
		var sent []store.Sending
		for range 2 {
			b, _, err := s.Book(ctx, storetest.Booking(storetest.Screening(t, s, 1, 2), storetest.Phone(1), 1))
			if err == nil {
				err = s.RecordAnswer(ctx, b, store.Answer{Kind: store.Refused})
			}
			if err != nil {
				t.Fatal(err)
			}
			sent = append(sent, b)
		}
		typed, named := sent[0], sent[1]
		amount, at := store.Cents(typed.Amount)*100, s.Now()
		claimTyped := func() {
			if err := s.ClaimReceipt(ctx, typed.Secret, receipt, ""); err != nil {
				t.Fatal(err)
			}
		}
		told := func() {
			h := store.Hint{Receipt: receipt, Amount: amount, Phone: named.Phone[:4] + "*****" + named.Phone[9:], Account: named.Code, TransactedAt: at, LearntBy: "c2b"}
			if _, err := s.ApplyHint(ctx, h); err != nil {
				t.Fatal(err)
			}
		}
		confirmNext := func() {
			c, err := s.TakeClaim(ctx, 0)
			if err != nil {
				t.Fatal(err)
			}
			cb, _, err := s.KeepCallback(ctx, store.NewCallback{Kind: store.CallbackStatus, Token: c.ResultToken, Body: []byte("{}"), Size: 2})
			if err == nil {
				_, err = s.ApplyStatus(ctx, cb, store.Transaction{Known: true, Completed: true, ToUs: true, Receipt: receipt, Amount: amount, Phone: named.Phone, TransactedAt: at})
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
		confirmNext()
		for b, want := range map[store.Sending]bool{typed: false, named: true} {
			tk, err := s.TicketBySecret(ctx, b.Secret)
			if err != nil || (tk.Status == store.Paid && tk.VoidedAt == 0) != want {
				t.Errorf("typed first %v: the ticket of code %s is %s, void %v, %v", typedFirst, tk.Code, tk.Status, tk.VoidedAt != 0, err)
			}
		}
		storetest.Sound(t, s)
	}
}
