package store_test

import (
	"errors"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// tested begins a test sale; the prompt is on the phone.
func (p *scheduled) tested(id store.ScreeningID, phone int) store.PushOrder {
	p.Helper()
	b := storetest.Booking(id, storetest.Phone(phone), 1)
	b.Test = true
	out, _, err := p.s.Tickets().Book(p.ctx(), b)
	if err == nil {
		err = p.s.Tickets().RecordAnswer(p.ctx(), out, store.Answer{CheckoutRequestID: checkoutOf(out)})
	}
	if err != nil {
		p.Fatal(err)
	}
	return out
}

// TestTestSale: a test sale is a sale like any other, for a shilling of its own price type. Taken away it is void, its
// seat is free at once, and its shilling due back, by either way there is.
func TestTestSale(t *testing.T) { storetest.Each(t, testTestSale) }

func testTestSale(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before func(*scheduled, store.PushOrder) // what happens before it is taken away
		status store.Status
		due    bool // its shilling is due back once it is taken away
		after  func(*scheduled, store.PushOrder)
	}{
		{name: "paid, and the shilling given back by hand",
			before: (*scheduled).paid, status: store.Paid, due: true,
			after: func(p *scheduled, out store.PushOrder) {
				if _, err := p.s.Money().RequestRefund(p.ctx(), store.NewRefund{
					Ticket: out.Code, By: "Achieng", Reference: "CASH", NoInitiator: true,
				}); err != nil {
					p.Error(err)
				}
				if tk := p.ticket(out); tk.RefundDue != 0 || tk.Refunded != 100 {
					p.Errorf("%d due, %d back", tk.RefundDue, tk.Refunded)
				}
			}},
		{name: "paid, and a Reversal is asked for",
			before: (*scheduled).paid, status: store.Paid, due: true,
			after: func(p *scheduled, out store.PushOrder) {
				r, err := p.s.Money().RequestRefund(p.ctx(), store.NewRefund{Ticket: out.Code, By: "Achieng"})
				if err != nil || r.Method != "reversal" || r.Amount != 100 || r.State != store.RefundRequested {
					p.Errorf("%+v, %v", r, err)
				}
			}},
		{name: "the prompt is on the phone", before: func(*scheduled, store.PushOrder) {}, status: store.Failed},
		{name: "the prompt is answered after all",
			before: func(*scheduled, store.PushOrder) {}, status: store.Failed,
			after: func(p *scheduled, out store.PushOrder) {
				p.paid(out)
				if tk := p.ticket(out); tk.Status != store.Paid || tk.VoidedAt != 0 {
					p.Fatalf("%s, void since %d", tk.Status, tk.VoidedAt)
				}
				if err := p.s.Tickets().TakeTestAway(p.ctx(), out.TicketID); err != nil {
					p.Error(err)
				}
				if due := p.due(); len(due) != 1 || due[out.Code] == "" {
					p.Errorf("due: %v", due)
				}
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := schedule(t)
			p.add(p.line(0, 0, "14:00", 0))
			p.publish()
			id := p.at(0, 0, "14:00").ID
			left := p.at(0, 0, "14:00").Left
			out := p.tested(id, 1)
			tk := p.ticket(out)
			if tk.Channel != store.ChannelTest || tk.Total != 1 || len(tk.Lines) != 1 ||
				tk.Lines[0].Name != store.TestPrice || p.at(0, 0, "14:00").Left != left-1 {
				t.Fatalf("%+v", tk)
			}
			tt.before(p, out)
			for range 2 {
				if err := p.s.Tickets().TakeTestAway(p.ctx(), out.TicketID); err != nil {
					t.Fatal(err)
				}
			}
			tk = p.ticket(out)
			if void := tt.status == store.Paid; tk.Status != tt.status || (tk.VoidedAt != 0) != void || tk.Admits() {
				t.Errorf("%s, void since %d", tk.Status, tk.VoidedAt)
			}
			if got := p.at(0, 0, "14:00").Left; got != left {
				t.Errorf("%d seats are left, want %d", got, left)
			}
			if due := p.due(); tt.due != (due[out.Code] != "") || len(due) > 1 {
				t.Errorf("due: %v", due)
			}
			if p.logs("ticket.test") != 1 || p.logs("ticket.test-away") != 1 {
				t.Errorf("the log has %d and %d entries", p.logs("ticket.test"), p.logs("ticket.test-away"))
			}
			storetest.Sound(t, p.s)
			if tt.after != nil {
				tt.after(p, out)
			}
			if got := p.at(0, 0, "14:00").Left; got != left {
				t.Errorf("%d seats are left in the end, want %d", got, left)
			}
			storetest.Sound(t, p.s)
		})
	}
}

// TestTestSaleApart: an ordinary ticket cannot be taken away as a test, and tests are no takings.
func TestTestSaleApart(t *testing.T) { storetest.Each(t, testTestSaleApart) }

func testTestSaleApart(t *testing.T) {
	p := schedule(t)
	p.add(p.line(0, 0, "14:00", 0))
	p.publish()
	sc := p.at(0, 0, "14:00")
	since := p.s.Now()
	sold, test := p.bought(sc.ID, 1, 2), p.tested(sc.ID, 2)
	p.paid(test)
	if err := p.s.Tickets().TakeTestAway(p.ctx(), sold.TicketID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an ordinary ticket: %v", err)
	}
	if tk := p.ticket(sold); !tk.Admits() || tk.Channel != store.ChannelOnline {
		t.Errorf("it is %s now", tk.Channel)
	}
	if err := p.s.Tickets().TakeTestAway(p.ctx(), 1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no ticket: %v", err)
	}
	houses, err := p.s.Tickets().HouseSales(t.Context(), sc.StartsAt, sc.StartsAt+1)
	if err != nil || len(houses) != 1 || houses[0].Sold != 3 || houses[0].Tests != 1 || houses[0].Taken != sold.Amount {
		t.Errorf("%+v, %v", houses, err)
	}
	money, err := p.s.Money().Takings(t.Context(), since)
	if err != nil || money.Payments != 1 || money.Taken != store.Cents(sold.Amount)*100 || money.Tests != 1 ||
		money.TestTaken != 100 {
		t.Errorf("%+v, %v", money, err)
	}
	found, err := p.s.Tickets().Find(t.Context(), store.Search{Code: test.Code})
	if err != nil || len(found) != 1 || found[0].Channel != store.ChannelTest {
		t.Errorf("%+v, %v", found, err)
	}
}

// TestReadiness: what the list before opening says follows from the books, but for two things that a person decides.
func TestReadiness(t *testing.T) { storetest.Each(t, testReadiness) }

func testReadiness(t *testing.T) {
	ready := func(p *scheduled) store.Readiness {
		t.Helper()
		r, err := p.c.Readiness(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	empty := storetest.New(t)
	if r, err := empty.Catalogue().Readiness(t.Context()); err != nil || r != (store.Readiness{}) {
		t.Errorf("empty books: %+v, %v", r, err)
	}
	p := schedule(t)
	p.add(p.line(0, 0, "14:00", 0))
	if r := ready(p); r.Films == 0 || r.Posterless != r.Films || r.PosterFor == 0 || r.Halls == 0 || r.Next != 0 ||
		r.LatestTest != 0 {
		t.Errorf("a draft: %+v", r)
	}
	p.publish()
	id := p.at(0, 0, "14:00").ID
	if r := ready(p); r.Next != id {
		t.Errorf("on sale: %+v", r)
	}
	out := p.tested(id, 1)
	if r := ready(p); r.LatestTest != out.TicketID || r.TestsPaid != 0 {
		t.Errorf("a test: %+v", r)
	}
	p.paid(out)
	if err := p.s.Tickets().TakeTestAway(p.ctx(), out.TicketID); err != nil {
		t.Fatal(err)
	}
	if r := ready(p); r.LatestTest != out.TicketID || r.TestsPaid != 1 {
		t.Errorf("a test that was paid: %+v", r)
	}
	before := ready(p)
	for _, on := range []bool{true, true, false, false} {
		if err := errors.Join(p.c.SetBackupMade(p.ctx(), on), p.c.PutChecklistAway(p.ctx(), on)); err != nil {
			t.Fatal(err)
		}
		if r := ready(p); (r.BackupSince != 0) != on || (r.PutAwaySince != 0) != on {
			t.Errorf("%t: %+v", on, r)
		}
	}
	if r := ready(p); r != before {
		t.Errorf("taken back: %+v, want %+v", r, before)
	}
	at := p.s.Now()
	if err := p.s.Jobs().RecordBackup(p.ctx(), store.BackupState{Place: "/backups", GoodAt: at}); err != nil {
		t.Fatal(err)
	}
	if r := ready(p); r.BackupAt != at || r.BackupSince != 0 {
		t.Errorf("after a backup: %+v", r)
	}
	if n, m := p.logs("checklist.backup"), p.logs("checklist.put-away"); n != 2 || m != 2 {
		t.Errorf("the log has %d and %d entries", n, m)
	}
}

// TestTestSaleWithoutSurcharges: a test costs a shilling, whatever a ticket costs besides its seat.
func TestTestSaleWithoutSurcharges(t *testing.T) { storetest.Each(t, testTestSaleWithoutSurcharges) }

func testTestSaleWithoutSurcharges(t *testing.T) {
	p := schedule(t)
	id := storetest.Screening(t, p.s, 2, 4, func(sc *store.Screening) { sc.Surcharges = glasses() })
	if tk := p.ticket(p.tested(id, 1)); tk.Total != 1 || len(tk.Lines) != 1 {
		t.Errorf("%d for %+v", tk.Total, tk.Lines)
	}
}
