package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// bought books n seats and pays for them, and returns the push.
func (p *scheduled) bought(id store.ScreeningID, phone, n int) store.PushOrder {
	p.Helper()
	out := p.prompted(id, phone, n)
	p.paid(out)
	return out
}

// prompted books n seats; the prompt is on the phone.
func (p *scheduled) prompted(id store.ScreeningID, phone, n int) store.PushOrder {
	p.Helper()
	out, _, err := p.s.Tickets().Book(p.Context(), storetest.Booking(id, storetest.Phone(phone), n))
	if err == nil {
		err = p.s.Tickets().RecordAnswer(p.Context(), out, store.Answer{CheckoutRequestID: checkoutOf(out)})
	}
	if err != nil {
		p.Fatal(err)
	}
	return out
}

func checkoutOf(out store.PushOrder) string { return fmt.Sprint("ws_CO_", out.PushID) }

// paid has M-PESA report that a prompt was paid.
func (p *scheduled) paid(out store.PushOrder) {
	p.Helper()
	if err := p.pay(out); err != nil {
		p.Fatal(err)
	}
}

func (p *scheduled) pay(out store.PushOrder) error {
	amount, receipt := store.Cents(out.Amount)*100, "R"+out.Code
	cb, _, err := p.s.Money().StoreCallback(p.Context(), store.NewCallback{
		Kind: store.CallbackSTK, Token: out.CallbackToken,
		Body: fmt.Appendf(nil, `{"Body":{"stkCallback":{"CheckoutRequestID":"%s","ResultCode":0}}}`, checkoutOf(out)),
	})
	if err == nil {
		_, err = p.s.Money().ApplyCallback(p.Context(), cb, store.Verdict{
			Class: store.Success, LearntBy: "callback", CheckoutRequestID: checkoutOf(out), Code: "0", Amount: &amount,
			Receipt: receipt, TransactedAt: p.s.Now(),
		})
	}
	return err
}

func (p *scheduled) ticket(out store.PushOrder) *store.Ticket {
	p.Helper()
	tk, err := p.s.Tickets().TicketByID(p.Context(), out.TicketID)
	if err != nil {
		p.Fatal(err)
	}
	return tk
}

// due lists the codes of the tickets with a refund to make, with the reasons.
func (p *scheduled) due() map[string]string {
	p.Helper()
	items, err := p.s.Money().OpenItems(p.Context(), store.ItemFilter{States: []string{string(store.PaymentRefundDue)}})
	if err != nil {
		p.Fatal(err)
	}
	due := map[string]string{}
	for _, i := range items {
		due[i.TicketCode] = string(i.Reason) + ": " + i.Cancelled
	}
	return due
}

// TestCancelAfterTheEnd: a film that was shown cannot be cancelled, since everybody would be paid back. One that was
// cancelled before stays so, however late it is asked for again.
func TestCancelAfterTheEnd(t *testing.T) { storetest.Each(t, testCancelAfterTheEnd) }

func testCancelAfterTheEnd(t *testing.T) {
	clock := newClock()
	s := storetest.New(t, clock.option)
	var ids []store.ScreeningID
	for range 3 {
		ids = append(ids, storetest.Screening(t, s, 1, 4))
	}
	sh, err := s.Catalogue().Showing(t.Context(), ids[2])
	if err != nil {
		t.Fatal(err)
	}
	tk := bought(t, s, ids[2], 1, 2)
	cancel := func(id store.ScreeningID) error {
		_, err := s.Catalogue().CancelScreening(t.Context(), id, "The projector is broken.")
		return err
	}
	for i, until := range []store.Instant{sh.StartsAt.Add(time.Minute), sh.EndsAt().Add(-time.Second)} {
		clock.add(until.Time().Sub(s.Now().Time()))
		if err := cancel(ids[i]); err != nil {
			t.Errorf("at %v: %v", until.Time(), err)
		}
	}
	clock.add(time.Minute)
	if err := cancel(ids[2]); !errors.Is(err, store.ErrOver) {
		t.Errorf("after its end: %v", err)
	}
	if err := cancel(ids[0]); err != nil {
		t.Errorf("one that is cancelled already: %v", err)
	}
	if tk, err := s.Tickets().TicketByID(t.Context(), tk.ID); err != nil || tk.VoidedAt != 0 ||
		tk.Screening.Status != store.OnSale {
		t.Errorf("%+v, %v", tk, err)
	}
}

func TestCancelScreening(t *testing.T) { storetest.Each(t, testCancelScreening) }

func testCancelScreening(t *testing.T) {
	p := schedule(t)
	p.add(p.line(0, 0, "14:00", 0), p.line(1, 0, "14:00", 0))
	p.publish()
	id, other := p.at(0, 0, "14:00").ID, p.at(1, 0, "14:00").ID
	one, two, elsewhere := p.bought(id, 1, 1), p.bought(id, 2, 2), p.bought(other, 3, 2)
	late, never, answered := p.prompted(id, 4, 1), p.prompted(id, 5, 1), p.bought(id, 6, 1)
	if _, err := p.s.Money().RequestRefund(p.ctx(), store.NewRefund{
		Ticket: answered.Code, By: "Wanjiru", Reference: "CASH",
	}); err != nil {
		t.Fatal(err)
	}
	orders, err := p.c.Orders(t.Context(), id)
	if want := (store.Orders{Paid: 2, Seats: 3, Total: 2700, Pending: 2}); err != nil || orders != want {
		t.Errorf("before: %+v, %v", orders, err)
	}
	for _, reason := range []string{"", " ", "no", strings.Repeat("x", 201), "a\x00b c"} {
		if _, err := p.c.CancelScreening(p.ctx(), id, reason); !errors.Is(err, store.ErrBadReason) {
			t.Errorf("%q: %v", reason, err)
		}
	}
	version := p.ticket(never).Version
	for round := range 2 {
		got, err := p.c.CancelScreening(p.ctx(), id, "  The projector\n is broken. ")
		if want := []store.Orders{orders, {Pending: 2}}[round]; err != nil || got != want {
			t.Errorf("round %d: %+v, %v", round, got, err)
		}
	}
	if n := p.logs("screening.cancel"); n != 1 {
		t.Errorf("%d entries in the log", n)
	}
	const reason = "screening_cancelled: The projector is broken."
	if got := p.due(); len(got) != 2 || got[one.Code] != reason || got[two.Code] != reason {
		t.Errorf("due are %v", got)
	}
	for _, out := range []store.PushOrder{one, two} {
		if tk := p.ticket(out); tk.Status != store.Paid || tk.VoidReason != store.ReasonScreeningCancelled ||
			tk.RefundDue != store.Cents(out.Amount)*100 || tk.Screening.CancelReason != "The projector is broken." {
			t.Errorf("a paid ticket is %s, void %q, due %d", tk.Status, tk.VoidReason, tk.RefundDue)
		}
	}
	if tk := p.ticket(elsewhere); tk.VoidReason != "" || tk.RefundDue != 0 {
		t.Errorf("the other screening's ticket is void %q", tk.VoidReason)
	}
	if p.ticket(never).Version == version {
		t.Error("the page of a waiting ticket does not change")
	}
	storetest.Sound(t, p.s)

	// Sales have ended, and it stays so.
	_, _, err = p.s.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(9), 1))
	if refusal, is := errors.AsType[*store.Refusal](err); !is || refusal.Kind != store.NotOnSale {
		t.Errorf("booked: %v", err)
	}
	for _, status := range []store.ScreeningStatus{store.OnSale, store.Hidden, store.Closed} {
		if _, err := p.c.SetShowingStatus(p.ctx(), id, 0, status); !errors.Is(err, store.ErrCancelled) {
			t.Errorf("%s again: %v", status, err)
		}
	}
	online := 5
	sh := p.showing(id)
	if _, err := p.c.EditShowing(p.ctx(), store.ShowingEdit{
		ID: id, Version: sh.Version, Online: &online,
	}); !errors.Is(err, store.ErrCancelled) {
		t.Errorf("changed: %v", err)
	}
	if err := p.c.DeleteShowing(p.ctx(), id, sh.Version); !errors.Is(err, store.ErrNotDraft) {
		t.Errorf("deleted: %v", err)
	}

	// Money of a prompt that was out is due back.
	p.paid(late)
	if got := p.due(); len(got) != 3 || got[late.Code] != reason {
		t.Errorf("with late money due are %v", got)
	}
	if tk := p.ticket(late); tk.Status != store.Failed || tk.Owed != store.ReasonScreeningCancelled {
		t.Errorf("the late ticket is %s, %s", tk.Status, tk.Owed)
	}
	// Each goes back, one by one, and its seats are free.
	for _, out := range []store.PushOrder{one, two, late} {
		if _, err := p.s.Money().RequestRefund(p.ctx(), store.NewRefund{
			Ticket: out.Code, By: "Wanjiru", Reference: "CASH",
		}); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.due(); len(got) != 0 {
		t.Errorf("after the refunds due are %v", got)
	}
	if tk := p.ticket(one); tk.VoidReason != store.ReasonScreeningCancelled || tk.Refunded != 90_000 {
		t.Errorf("refunded it is void %q, refunded %d", tk.VoidReason, tk.Refunded)
	}
	// Its place is free for another film.
	if got := outcomeOf(p.add(p.line(0, 1, "14:00", 0))); got != "1 added, 0 same" {
		t.Errorf("another film in its place: %s", got)
	}
	storetest.Sound(t, p.s)
}

func (p *scheduled) showing(id store.ScreeningID) store.Showing {
	p.Helper()
	sh, err := p.c.Showing(p.Context(), id)
	if err != nil {
		p.Fatal(err)
	}
	return sh
}

// TestCancelledAtOnce: a screening is cancelled while others book it and pay for it. Whatever comes first, nobody has a
// valid ticket, and every shilling is due.
func TestCancelledAtOnce(t *testing.T) { storetest.Each(t, testCancelledAtOnce) }

func testCancelledAtOnce(t *testing.T) {
	p := schedule(t)
	hall, err := p.c.AddHall(p.ctx(), store.Hall{Name: "Large", Plan: storetest.Plan(10, 20)})
	if err != nil {
		t.Fatal(err)
	}
	p.halls = append(p.halls, hall)
	p.add(p.line(2, 0, "14:00", 0))
	p.publish()
	id := p.at(2, 0, "14:00").ID
	var out []store.PushOrder
	for n := range 30 {
		out = append(out, p.prompted(id, n, 1))
	}
	var all sync.WaitGroup
	begin := make(chan struct{})
	for n, o := range out {
		all.Go(func() {
			<-begin
			if err := p.pay(o); err != nil {
				t.Errorf("pay: %v", err)
			}
		})
		all.Go(func() {
			<-begin
			_, _, err := p.s.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(100+n), 1))
			if _, refused := errors.AsType[*store.Refusal](err); err != nil && !refused {
				t.Errorf("book: %v", err)
			}
		})
		if n == len(out)/2 {
			all.Go(func() {
				<-begin
				if _, err := p.c.CancelScreening(p.ctx(), id, "No power."); err != nil {
					t.Errorf("cancel: %v", err)
				}
			})
		}
	}
	close(begin)
	all.Wait()
	if got := p.due(); len(got) != len(out) {
		t.Errorf("%d refunds are due of %d payments", len(got), len(out))
	}
	if orders, err := p.c.Orders(t.Context(), id); err != nil || orders.Paid != 0 {
		t.Errorf("afterwards %+v, %v", orders, err)
	}
	storetest.Sound(t, p.s)
}

// TestCancelFullHouse: a hall of 600 is cancelled in one write, and not so slowly that sales elsewhere would be turned
// away for long.
func TestCancelFullHouse(t *testing.T) {
	p := schedule(t)
	hall, err := p.c.AddHall(p.ctx(), store.Hall{Name: "Large", Plan: storetest.Plan(20, 30)})
	if err != nil {
		t.Fatal(err)
	}
	p.halls = append(p.halls, hall)
	p.add(p.line(2, 0, "14:00", 0))
	p.publish()
	id := p.at(2, 0, "14:00").ID
	for n := range 300 {
		p.bought(id, n, 2)
	}
	orders, err := p.c.CancelScreening(p.ctx(), id, "No power.")
	if want := (store.Orders{Paid: 300, Seats: 600, Total: 300 * 1800}); err != nil || orders != want {
		t.Fatalf("%+v, %v", orders, err)
	}
	if got := p.due(); len(got) != 300 {
		t.Errorf("%d refunds are due", len(got))
	}
	storetest.Sound(t, p.s)
}
