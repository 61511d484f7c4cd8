package store_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// fairStage is books that keep to the policy, with a clock that a test moves.
type fairStage struct {
	*testing.T
	s     *store.Store
	clock *clock
	hall  store.ScreeningID
	n     int
}

func newFairStage(t *testing.T) *fairStage {
	clock := newClock()
	s := storetest.New(t, storetest.FairUse, clock.option)
	return &fairStage{T: t, s: s, clock: clock, hall: storetest.Screening(t, s, 9, 20)}
}

// who is a booking by a phone of its own, changed as asked.
func (f *fairStage) who(n int, change ...func(*store.NewBooking)) store.NewBooking {
	f.n++
	b := storetest.Booking(f.hall, storetest.Phone(f.n), n)
	b.Client.Address, b.Browser = "192.0.2.1", fmt.Sprint("browser ", f.n)
	for _, c := range change {
		c(&b)
	}
	return b
}

// book books, and says why not.
func (f *fairStage) book(b store.NewBooking) (store.PushOrder, store.RefusalKind) {
	f.Helper()
	sent, _, err := f.s.Tickets().Book(f.Context(), b)
	if refusal, is := errors.AsType[*store.Refusal](err); is {
		if secs := refusal.Wait; secs <= 0 && refusal.Until == 0 {
			f.Errorf("%s without a time to wait", refusal.Kind)
		}
		return sent, refusal.Kind
	}
	if err != nil {
		f.Fatal(err)
	}
	return sent, ""
}

func (f *fairStage) want(what string, b store.NewBooking, want store.RefusalKind) store.PushOrder {
	f.Helper()
	sent, got := f.book(b)
	if got != want {
		f.Errorf("%s: %q, want %q", what, got, want)
	}
	return sent
}

// accepted records that Daraja has taken a push, and returns its CheckoutRequestID.
func (f *fairStage) accepted(p store.PushOrder) string {
	f.Helper()
	f.n++
	checkout := fmt.Sprint("ws_CO_", f.n)
	if err := f.s.Tickets().RecordAnswer(f.Context(), p, store.Answer{CheckoutRequestID: checkout}); err != nil {
		f.Fatal(err)
	}
	return checkout
}

// told applies what M-PESA says of a push.
func (f *fairStage) told(p store.PushOrder, class store.VerdictClass, reason store.FailureReason) {
	f.Helper()
	checkout := f.accepted(p)
	v := store.Verdict{Class: class, LearntBy: "query", CheckoutRequestID: checkout, Reason: reason}
	if class == store.Success {
		amount := store.Cents(p.Amount) * 100
		v.Amount, v.Receipt = &amount, fmt.Sprintf("UKT%07d", f.n)
	}
	if _, err := f.s.Money().ApplyQuery(f.Context(), p.PushID, v); err != nil {
		f.Fatal(err)
	}
}

func (f *fairStage) pays(p store.PushOrder) { f.Helper(); f.told(p, store.Success, "") }
func (f *fairStage) cancels(p store.PushOrder) {
	f.Helper()
	f.told(p, store.FinalFailure, "cancelled")
}

// TestFactsOfSeats: what an address and a screening hold, what is paid, and a browser's own lane.
func TestFactsOfSeats(t *testing.T) { storetest.Each(t, testFactsOfSeats) }

func testFactsOfSeats(t *testing.T) {
	f := newFairStage(t)
	from := func(address string) func(*store.NewBooking) {
		return func(b *store.NewBooking) { b.Client.Address = address }
	}
	known := f.who(3)
	first := f.want("the first", known, "")
	second := f.want("20 seats more", f.who(10), "")
	f.want("20 seats more", f.who(10), "")
	f.want("the 28th of 180", f.who(5), store.AddressShare)
	f.want("the same address, as IPv6", f.who(5, from("::ffff:192.0.2.1")), store.AddressShare)
	f.want("up to the 27th", f.who(4), "")
	f.want("another address", f.who(10, from("192.0.2.2")), "")
	f.want("a whole /48", f.who(10, from("2001:db8:1::1")), "")
	f.want("which is one client", f.who(10, from("2001:db8:1:2::3")), "")
	f.want("and no more", f.who(10, from("2001:db8:1:ffff::9")), store.AddressShare)
	f.hall = storetest.Screening(t, f.s, 9, 20)
	f.want("elsewhere", f.who(10), "")
	f.want("elsewhere, up to 40", f.who(4), store.AddressHolds)
	f.pays(first)
	f.want("what was paid for makes room, and as much again", f.who(9), "")
	f.want("but no more", f.who(1), store.AddressHolds)
	mine := f.want("a browser that has paid", f.who(10, func(b *store.NewBooking) { b.Browser = known.Browser }), "")
	f.want("its own bound", f.who(10, func(b *store.NewBooking) { b.Browser = known.Browser }), "")
	f.want("and no more", f.who(1, func(b *store.NewBooking) { b.Browser = known.Browser }), store.TooManySeats)
	if err := f.s.Tickets().GiveUp(t.Context(), second.Secret); err != nil {
		t.Fatal(err)
	}
	f.want("it does not count against its neighbours", f.who(8), "")
	f.pays(mine)
	storetest.Sound(t, f.s)
}

// TestFactsOfPrompts: what was answered, by whom, and how long ago.
func TestFactsOfPrompts(t *testing.T) { storetest.Each(t, testFactsOfPrompts) }

func testFactsOfPrompts(t *testing.T) {
	f := newFairStage(t)
	to := func(phone int) func(*store.NewBooking) {
		return func(b *store.NewBooking) { b.Phone = storetest.Phone(9000 + phone) }
	}
	elsewhere := func(b *store.NewBooking) { b.Client.Address = "198.51.100.1" }
	f.accepted(f.want("a prompt is on it", f.who(1, to(1)), ""))
	f.want("a prompt is on it", f.who(1, to(1), elsewhere), store.PhoneBusy)
	f.clock.add(2 * time.Minute)
	sent := f.want("it was not answered", f.who(1, to(1)), "")
	if hold := sent.HoldUntil - sent.MadeAt; hold != 180_000 {
		t.Errorf("held for %d ms", hold)
	}
	f.cancels(sent)
	f.want("nor this one", f.who(1, to(1)), store.PhoneBusy)
	if sent = f.want("by who lets prompts go by", f.who(1), ""); sent.HoldUntil-sent.MadeAt != 90_000 {
		t.Errorf("held for %d ms", sent.HoldUntil-sent.MadeAt)
	}
	f.pays(sent)
	if sent = f.want("by who pays", f.who(1), ""); sent.HoldUntil-sent.MadeAt != 180_000 {
		t.Errorf("held for %d ms", sent.HoldUntil-sent.MadeAt)
	}
	owner := f.who(1, to(1), elsewhere)
	f.pays(f.want("the owner, elsewhere", owner, ""))
	again := f.want("the owner, behind the same address",
		f.who(1, to(1), func(b *store.NewBooking) { b.Browser = owner.Browser }), "")
	f.cancels(again)
	f.clock.add(3 * time.Minute)
	f.want("the stranger, before five minutes are over", f.who(1, to(1)), store.PhoneBusy)
	f.clock.add(2 * time.Minute)
	f.cancels(f.want("and after", f.who(1, to(1)), ""))

	// A wrong PIN is an answer, and a refusal of Daraja's is none.
	for range 3 {
		f.told(f.want("a wrong PIN", f.who(1, to(2), elsewhere), ""), store.FinalFailure, "wrong_pin")
	}
	for range 4 {
		sent := f.want("not sent", f.who(1, to(3), elsewhere), "")
		if err := f.s.Tickets().RecordAnswer(t.Context(), sent, store.Answer{
			Kind: store.Refused, Reason: "mpesa_busy",
		}); err != nil {
			t.Fatal(err)
		}
	}

	// What was given up counts at once, though the prompt may still be answered; so does what is tried again.
	f.hall = storetest.Screening(t, f.s, 9, 20)
	third := func(b *store.NewBooking) { b.Client.Address = "203.0.113.1" }
	prompts := 0
	for range 60 {
		f.clock.add(1500 * time.Millisecond)
		sent, refused := f.book(f.who(1, third))
		if refused == store.AddressBusy {
			break
		}
		prompts++
		f.accepted(sent)
		if err := f.s.Tickets().GiveUp(t.Context(), sent.Secret); err != nil {
			t.Fatal(err)
		}
	}
	if prompts != 30 {
		t.Errorf("%d prompts of bookings that were given up", prompts)
	}
	// One in each turn from then on, and for two seats at most.
	prompts = 0
	for range 120 {
		f.clock.add(time.Second)
		for range 4 { // of either lot
			if sent, refused := f.book(f.who(2, third)); refused == "" {
				prompts++
				f.accepted(sent)
				if hold := sent.HoldUntil - sent.MadeAt; hold != 90_000 {
					t.Errorf("held for %d ms", hold)
				}
			}
		}
		f.want("for three seats", f.who(3, third), store.AddressBusy)
	}
	if prompts < 7 || prompts > 9 {
		t.Errorf("%d prompts in 8 turns", prompts)
	}
	f.want("a phone that has paid here", f.who(3, third, func(b *store.NewBooking) { b.Phone = owner.Phone }), "")
	f.want("a browser that has", f.who(3, third, func(b *store.NewBooking) { b.Browser = owner.Browser }), "")
	if _, err := f.s.Tickets().EndHolds(t.Context()); err != nil {
		t.Fatal(err)
	}
	storetest.Sound(t, f.s)
}

// TestWhatCountsForNobody: what Daraja refused, or never accepted, counts neither as unanswered nor as made.
func TestWhatCountsForNobody(t *testing.T) { storetest.Each(t, testWhatCountsForNobody) }

func testWhatCountsForNobody(t *testing.T) {
	f := newFairStage(t)
	victim := func(b *store.NewBooking) { b.Phone, b.Browser = storetest.Phone(9100), "one" }
	for what, answer := range map[string]*store.Answer{
		"refused":          {Kind: store.Refused, Reason: "mpesa_busy", Text: "spike arrest"},
		"an outage":        {Kind: store.Ambiguous, Text: "502 Bad Gateway"},
		"the process died": nil,
	} {
		for range 120 {
			sent := f.want(what, f.who(1, victim), "")
			if answer != nil {
				if err := f.s.Tickets().RecordAnswer(t.Context(), sent, *answer); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.s.Tickets().GiveUp(t.Context(), sent.Secret); err != nil {
				t.Fatal(err)
			}
			if answer == nil || answer.Kind != store.Refused {
				f.clock.add(4 * time.Minute)
			}
			if _, err := f.s.Tickets().EndHolds(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if sent := f.want("after all that", f.who(10), ""); sent.HoldUntil-sent.MadeAt != 180_000 {
		t.Errorf("held for %d ms", sent.HoldUntil-sent.MadeAt)
	}
	for range 3 { // and what was accepted with other words, and never answered, does
		sent := f.want("accepted in an odd way", f.who(1, victim), "")
		f.n++
		if err := f.s.Tickets().RecordAnswer(t.Context(), sent, store.Answer{
			Kind: store.Ambiguous, CheckoutRequestID: fmt.Sprint("ws_CO_", f.n),
		}); err != nil {
			t.Fatal(err)
		}
		f.clock.add(4 * time.Minute)
		if _, err := f.s.Tickets().EndHolds(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.clock.add(2 * time.Minute)
	}
	f.want("the fourth", f.who(1, victim), store.OwnPrompts)
	storetest.Sound(t, f.s)
}

// TestALaneIsNotBought: whose money came by another phone has not paid with the one that the ticket names.
func TestALaneIsNotBought(t *testing.T) { storetest.Each(t, testALaneIsNotBought) }

func testALaneIsNotBought(t *testing.T) {
	f := newFairStage(t)
	victim := storetest.Phone(9200)
	mine := func(b *store.NewBooking) { b.Browser = "mallory" }
	p := f.want("the own phone", f.who(1, mine), "")
	f.cancels(p)
	again, err := f.s.Tickets().Retry(t.Context(), store.NewRetry{
		Secret: p.Secret, Phone: victim, Client: store.Client{Address: "192.0.2.1"}, Browser: "mallory",
	})
	if err != nil {
		t.Fatal(err)
	}
	f.cancels(again)
	if _, err := f.s.Money().AcceptReceipt(t.Context(), store.Acceptance{
		Receipt: "UKT5HAND01", Ticket: p.Code,
	}); err != nil {
		t.Fatal(err)
	}
	prompts := 0
	for range 180 {
		f.clock.add(20 * time.Second)
		if sent, refused := f.book(f.who(1, mine, func(b *store.NewBooking) { b.Phone = victim })); refused == "" {
			prompts++
			f.cancels(sent)
			if err := f.s.Tickets().GiveUp(t.Context(), sent.Secret); err != nil {
				t.Fatal(err)
			}
		}
	}
	if prompts > 3 {
		t.Errorf("%d prompts in an hour to a phone that has paid nothing", prompts)
	}
}

// TestFairUseOfRetries: another try counts like a booking, and for whoever asks for it.
func TestFairUseOfRetries(t *testing.T) { storetest.Each(t, testFairUseOfRetries) }

func testFairUseOfRetries(t *testing.T) {
	f := newFairStage(t)
	retry := func(secret, phone, from string) (store.PushOrder, store.RefusalKind) {
		sent, err := f.s.Tickets().Retry(t.Context(), store.NewRetry{
			Secret: secret, Phone: phone, Client: store.Client{Address: from},
		})
		refusal, is := errors.AsType[*store.Refusal](err)
		if !is && err != nil {
			t.Fatal(err)
		}
		if is {
			return sent, refusal.Kind
		}
		return sent, ""
	}
	b := f.who(10)
	sent := f.want("a booking", b, "")
	f.cancels(sent)
	again, refused := retry(sent.Secret, b.Phone, b.Client.Address)
	if refused != "" {
		t.Fatal(refused)
	}
	f.cancels(again)
	if _, refused := retry(sent.Secret, b.Phone, b.Client.Address); refused != store.OwnPrompts {
		t.Errorf("a third prompt to the phone: %q", refused)
	}
	f.want("by its browser", f.who(1, func(o *store.NewBooking) { o.Browser, o.Phone = b.Browser, b.Phone }),
		store.OwnPrompts)
	f.want("by a neighbour", f.who(1, func(o *store.NewBooking) { o.Phone = b.Phone }), store.PhoneBusy)
	// From elsewhere it counts there, with its seats.
	f.want("up to 27", f.who(10, func(b *store.NewBooking) { b.Client.Address = "198.51.100.1" }), "")
	f.want("up to 27", f.who(10, func(b *store.NewBooking) { b.Client.Address = "198.51.100.1" }), "")
	if _, refused := retry(sent.Secret, storetest.Phone(7000), "198.51.100.1"); refused != store.AddressShare {
		t.Errorf("moved to an address that holds 20 of 27: %q", refused)
	}
	if _, refused := retry(sent.Secret, storetest.Phone(7000), "198.51.100.2"); refused != "" {
		t.Errorf("moved to another: %q", refused)
	}
	f.want("the seats of who moved away", f.who(10), "")
	f.want("the seats of who moved away", f.who(10), "")
	f.want("the seats of who moved away", f.who(8), store.AddressShare)
	storetest.Sound(t, f.s)
}

// TestOneAddressAtOnce: bookings that one address makes at once, each of another screening, do not overlook each other.
func TestOneAddressAtOnce(t *testing.T) { storetest.Each(t, testOneAddressAtOnce) }

func testOneAddressAtOnce(t *testing.T) {
	f := newFairStage(t)
	var all sync.WaitGroup
	var taken atomic.Int64
	for range 12 {
		f.hall = storetest.Screening(t, f.s, 9, 20)
		b := f.who(10)
		all.Go(func() {
			switch _, _, err := f.s.Tickets().Book(t.Context(), b); {
			case err == nil:
				taken.Add(10)
			case !errors.As(err, new(*store.Refusal)):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if taken.Load() != 40 {
		t.Errorf("%d seats were taken", taken.Load())
	}
}

// TestWhoBookedIsForgotten a day after, and not before; bounds hold over a restart.
func TestWhoBookedIsForgotten(t *testing.T) {
	clock := newClock()
	o := store.Options{Path: storetest.Path(t), Environment: store.Simulator}
	storetest.FairUse(&o)
	clock.option(&o)
	open := func() *store.Store {
		s, err := store.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	f := &fairStage{
		T: t, s: s, clock: clock,
		hall: storetest.Screening(t, s, 9, 20, func(sc *store.Screening) {
			sc.SalesCloseAt = sc.SalesCloseAt.Add(24 * time.Hour)
		}),
	}
	form := f.who(10)
	first := f.want("10 seats", form, "")
	f.want("20 seats", f.who(10), "")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	f.s = open()
	f.want("30 seats, after a restart", f.who(10), store.AddressShare)
	forgets := func(want int64) {
		t.Helper()
		if n, err := f.s.Tickets().ForgetClients(t.Context()); err != nil || n != want {
			t.Errorf("%d forgotten, %v, want %d", n, err, want)
		}
	}
	clock.add(24*time.Hour - time.Second)
	forgets(0)
	form.Session = new(store.SessionRow)
	if again, replayed, err := f.s.Tickets().Book(t.Context(), form); err != nil || !replayed ||
		again.Secret != first.Secret {
		t.Errorf("sent again: %v, %v", replayed, err)
	}
	clock.add(time.Second)
	forgets(4) // two tickets and their prompts
	forgets(0)
	if err := f.s.Close(); err != nil {
		t.Fatal(err)
	}
}
