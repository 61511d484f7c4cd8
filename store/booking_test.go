package store_test

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

func TestBook(t *testing.T) { storetest.Each(t, testBook) }

func testBook(t *testing.T) {
	s := storetest.New(t)
	id := storetest.Screening(t, s, 9, 20, func(sc *store.Screening) { sc.Prices = store.OnePrice(1275) })
	b := storetest.Booking(id, storetest.Phone(1), 3)
	b.Total = 39 // 3 × 12.75 = 38.25, rounded up once
	sent, replayed, err := s.Tickets().Book(t.Context(), b)
	if err != nil || replayed {
		t.Fatal(replayed, err)
	}
	if sent.Amount != 39 || sent.Phone != b.Phone || len(sent.CallbackToken) < 26 ||
		!strings.HasPrefix(sent.Code, "0") || len(sent.Code) > 12 {
		t.Errorf("to send: %+v", sent)
	}
	tk, err := s.Tickets().TicketBySecret(t.Context(), sent.Secret)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(tk.Seats, " "); tk.Status != store.Pending || got != "F8 F9 F10" ||
		tk.Push.State != store.PushSending || !tk.Push.Live {
		t.Errorf("ticket %s %s, push %s", tk.Status, got, tk.Push.State)
	}
	if tk.HoldUntil != tk.CreatedAt.Add(3*time.Minute) {
		t.Errorf("held for %d ms", tk.HoldUntil-tk.CreatedAt)
	}
	if sc, _, err := s.Catalogue().Screening(t.Context(), id); err != nil || sc.Left != 177 || sc.Capacity != 180 {
		t.Errorf("%d of %d seats left, %v", sc.Left, sc.Capacity, err)
	}
	storetest.Sound(t, s)
}

func TestBookRefuses(t *testing.T) { storetest.Each(t, testBookRefuses) }

func testBookRefuses(t *testing.T) {
	later := func(d time.Duration) func(*store.Screening) {
		return func(sc *store.Screening) { sc.SalesCloseAt = sc.SalesCloseAt.Add(d) }
	}
	cases := []struct {
		name   string
		change func(*store.Screening)
		book   func(*store.NewBooking)
		want   store.Refusal
	}{
		{"sales have closed", later(-23 * time.Hour), nil, store.Refusal{Kind: store.NotOnSale}},
		{"cancelled", func(sc *store.Screening) { sc.Status = store.Cancelled }, nil,
			store.Refusal{Kind: store.NotOnSale}},
		{"closed by hand", func(sc *store.Screening) { sc.Status = store.Closed }, nil,
			store.Refusal{Kind: store.NotOnSale}},
		{"the price was another", nil, func(b *store.NewBooking) { b.Total = 2699 },
			store.Refusal{Kind: store.PriceChanged, Total: 2700}},
		{"more than there are", nil, func(b *store.NewBooking) { b.Quantity = 7 },
			store.Refusal{Kind: store.SoldOut, Left: 6}},
		{"more than M-PESA takes", func(sc *store.Screening) { sc.Prices = store.OnePrice(12_500_100) }, nil,
			store.Refusal{Kind: store.OverLimit, Total: 250_002}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := storetest.New(t)
			if c.change == nil {
				c.change = func(*store.Screening) {}
			}
			b := storetest.Booking(storetest.Screening(t, s, 2, 3, c.change), storetest.Phone(1), 2)
			if c.book != nil {
				c.book(&b)
			}
			_, _, err := s.Tickets().Book(t.Context(), b)
			got, is := errors.AsType[*store.Refusal](err)
			if !is || !reflect.DeepEqual(*got, c.want) {
				t.Errorf("told %v (%+v), want %+v", err, got, c.want)
			}
			storetest.Sound(t, s)
		})
	}
	s := storetest.New(t)
	if _, _, err := s.Tickets().Book(t.Context(), storetest.Booking(7, storetest.Phone(1), 1)); !errors.Is(err,
		store.ErrNotFound) {
		t.Errorf("no such screening: %v", err)
	}
}

func TestSameKey(t *testing.T) { storetest.Each(t, testSameKey) }

func testSameKey(t *testing.T) {
	s := storetest.New(t)
	id := storetest.Screening(t, s, 2, 2)
	b := storetest.Booking(id, storetest.Phone(1), 4)
	b.Browser = "mine"
	first, _, err := s.Tickets().Book(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	// The same again is the same booking, though no seat is left and a prompt is on the phone.
	again, replayed, err := s.Tickets().Book(t.Context(), b)
	if err != nil || !replayed || again.TicketID != first.TicketID || again.PushID != 0 {
		t.Errorf("again: %+v, replayed %v, %v", again, replayed, err)
	}
	b.Fingerprint = "other content"
	for browser, secret := range map[string]string{"mine": first.Secret, "another": "", "": ""} {
		b.Browser = browser
		_, _, err = s.Tickets().Book(t.Context(), b)
		if got, is := errors.AsType[*store.Refusal](err); !is || got.Kind != store.KeyReused || got.Secret != secret {
			t.Errorf("other content from browser %q: %v, %+v", browser, err, got)
		}
	}
}

func TestOnePromptAPhone(t *testing.T) { storetest.Each(t, testOnePromptAPhone) }

func testOnePromptAPhone(t *testing.T) {
	clock := newClock()
	s := storetest.New(t, clock.option)
	id := storetest.Screening(t, s, 5, 10)
	b := storetest.Booking(id, storetest.Phone(1), 1)
	b.Browser = "mine"
	first, _, err := s.Tickets().Book(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	b = storetest.Booking(id, storetest.Phone(1), 1)
	b.Browser = "mine"
	_, _, err = s.Tickets().Book(t.Context(), b)
	got, is := errors.AsType[*store.Refusal](err)
	if !is || got.Kind != store.PhoneBusy || got.Secret != first.Secret || got.Until != s.Now().Add(120*time.Second) {
		t.Errorf("a second prompt on the phone: %v, %+v", err, got)
	}
	clock.add(120 * time.Second)
	if _, _, err := s.Tickets().Book(t.Context(), b); err != nil {
		t.Errorf("after its 120 s the first prompt is no longer live: %v", err)
	}
	storetest.Sound(t, s)
}

// TestHoldCap: neither one phone nor one browser may hold more than 20 seats that are not paid for.
func TestHoldCap(t *testing.T) { storetest.Each(t, testHoldCap) }

func testHoldCap(t *testing.T) {
	for _, who := range []string{"phone", "browser"} {
		t.Run(who, func(t *testing.T) {
			clock := newClock()
			s := storetest.New(t, clock.option, storetest.FairUse, func(o *store.Options) { o.Hold = 10 * time.Minute })
			id := storetest.Screening(t, s, 5, 20)
			for i, n := range []int{10, 8, 3, 2} {
				b := storetest.Booking(id, storetest.Phone(i), n)
				b.Browser = "mine"
				if who == "phone" {
					b.Phone, b.Browser = storetest.Phone(0), ""
				}
				clock.add(2 * time.Minute) // the phone's last prompt is over, its hold is not
				_, _, err := s.Tickets().Book(t.Context(), b)
				got, refused := errors.AsType[*store.Refusal](err)
				if want := n == 3; refused != want || want && (got.Kind != store.TooManySeats || got.Left != 2) {
					t.Errorf("booking of %d: %v, %+v", n, err, got)
				}
			}
		})
	}
}

// TestHoldCapOnRetry: trying again by another number does not let that number hold more than its 20 seats.
func TestHoldCapOnRetry(t *testing.T) { storetest.Each(t, testHoldCapOnRetry) }

func testHoldCapOnRetry(t *testing.T) {
	s := storetest.New(t, storetest.FairUse)
	id := storetest.Screening(t, s, 5, 20)
	for i, want := range []bool{true, true, false} {
		sent, _, err := s.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(i), 10))
		if err != nil {
			t.Fatal(err)
		}
		refuse := func(id store.PushID) {
			if err := s.Tickets().RecordAnswer(t.Context(), store.PushOrder{PushID: id}, store.Answer{
				Kind: store.Refused, Reason: "mpesa_busy",
			}); err != nil {
				t.Fatal(err)
			}
		}
		refuse(sent.PushID)
		again, err := s.Tickets().Retry(t.Context(), store.NewRetry{Secret: sent.Secret, Phone: storetest.Phone(99)})
		if refusal, is := errors.AsType[*store.Refusal](err); is == want || is && refusal.Kind != store.TooManySeats {
			t.Errorf("retry %d by one phone: %v", i, err)
		}
		if err == nil {
			refuse(again.PushID)
		}
	}
}

// TestSameKeyAtOnce: the same request sent four times at once is one booking for all four, though the phone may not
// hold twice as many seats.
func TestSameKeyAtOnce(t *testing.T) { storetest.Each(t, testSameKeyAtOnce) }

func testSameKeyAtOnce(t *testing.T) {
	clock := newClock()
	s := storetest.New(t, clock.option)
	id := storetest.Screening(t, s, 5, 20)
	if _, _, err := s.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(1), 10)); err != nil {
		t.Fatal(err)
	}
	clock.add(121 * time.Second)
	b := storetest.Booking(id, storetest.Phone(1), 10)
	tickets := make(chan store.TicketID, 4)
	for range 4 {
		go func() {
			sent, _, err := s.Tickets().Book(t.Context(), b)
			if err != nil {
				t.Error(err)
			}
			tickets <- sent.TicketID
		}()
	}
	first := <-tickets
	for range 3 {
		if other := <-tickets; other != first {
			t.Errorf("tickets %d and %d", first, other)
		}
	}
}

// TestGuardOfSeats lets 400 buyers at once book 180 places at two processes: exactly those are sold. Without the guard
// the same buyers take more seats than there are, since neither process knows what the other has sold.
func TestGuardOfSeats(t *testing.T) { storetest.Each(t, testGuardOfSeats) }

func testGuardOfSeats(t *testing.T) {
	rows, buyers := 9, 400
	if testing.Short() {
		rows, buyers = 2, 90 // the race detector makes the driver fifty times slower
	}
	places := int64(rows * 20)
	path := storetest.Path(t)
	processes := []*store.Store{open(t, path), open(t, path)}
	defer func() {
		if err := errors.Join(processes[0].Close(), processes[1].Close()); err != nil {
			t.Error(err)
		}
	}()
	id := storetest.Screening(t, processes[0], rows, 20)
	for i, s := range processes { // on SQLite each remembers for 5 s what was free
		if _, _, err := s.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(buyers+i), 1)); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	var sold atomic.Int64
	start := make(chan struct{})
	for i := range buyers {
		wg.Go(func() {
			<-start
			book := func() error {
				_, _, err := processes[i%2].Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(i), 1))
				return err
			}
			err := book()
			for errors.Is(err, store.ErrBusy) {
				<-time.After(5 * time.Millisecond) // as one who is turned away, so that the others get on
				err = book()
			}
			if refusal, is := errors.AsType[*store.Refusal](err); is && refusal.Kind == store.SoldOut {
				return
			}
			if err != nil {
				t.Errorf("buyer %d: %v", i, err)
				return
			}
			sold.Add(1)
		})
	}
	close(start)
	wg.Wait()
	if n := sold.Load() + int64(len(processes)); store.Guarded != (n == places) || n < places {
		t.Errorf("sold %d of %d places, guarded %v", n, places, store.Guarded)
	}
	if store.Guarded {
		storetest.Sound(t, processes[0])
	}
}
