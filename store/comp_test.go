package store_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/money"
	"cinemasphere/store/storetest"
)

// giver is somebody of the staff with a role.
func giver(t *testing.T, s *store.Store, name string, role store.Role) store.By {
	t.Helper()
	return addOperator(t, s, name, role).By("192.0.2.7")
}

// comp is a form that gives n seats away, with a key of its own.
func comp(id store.ScreeningID, n int, change ...func(*store.NewComp)) store.NewComp {
	c := store.NewComp{
		ScreeningID: id, Name: "Nyambura Press", Reason: "a review in the paper", Quantity: n,
		Key: storetest.Booking(id, "", 1).Key,
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func seatsOf(labels ...string) func(*store.NewComp) {
	return func(c *store.NewComp) { c.Seats = labels }
}

// TestComp: a ticket that was given away admits without money, is in every list and in no takings, and is free again
// once it is taken back.
func TestComp(t *testing.T) { storetest.Each(t, testComp) }

func testComp(t *testing.T) {
	clock := newClock()
	s := storetest.New(t, clock.option)
	id := storetest.Screening(t, s, 3, 8)
	ctx := store.WithBy(t.Context(), giver(t, s, "Wanjiru", store.RoleManager))
	form := comp(id, 3)
	given, err := s.Tickets().GiveComp(ctx, form)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Tickets().GiveComp(ctx, form)
	if err != nil || again.ID != given.ID || !slices.Equal(again.Seats, given.Seats) {
		t.Errorf("the same form again: %+v, %v, want %+v", again, err, given)
	}
	tk, err := s.Tickets().TicketByID(ctx, given.ID)
	if err != nil || !tk.Given() || tk.Status != store.Paid || !tk.Admits() || tk.Total != 0 || tk.Held() ||
		tk.Push.ID != 0 || tk.Lines.Count() != 3 || tk.Lines.Total() != 0 || len(tk.Seats) != 3 ||
		tk.GivenReason != form.Reason {
		t.Fatalf("%+v, %v", tk, err)
	}
	if tk.Code[0] != '0' {
		t.Errorf("its code outside production is %s", tk.Code)
	}
	booked := bought(t, s, id, 1, 2)
	for _, q := range []store.Search{{Code: tk.Code}, {Name: "nyambura press"}, {Name: "PRESS"}} {
		if found, err := s.Tickets().Find(ctx, q); err != nil || len(found) != 1 || found[0].ID != tk.ID ||
			!found[0].Given {
			t.Errorf("find %+v: %+v, %v", q, found, err)
		}
	}
	if found, err := s.Tickets().Find(ctx, store.Search{Phone: booked.Phone}); err != nil || found[0].Given {
		t.Errorf("a booking: %+v, %v", found, err)
	}
	if err := s.Tickets().Admit(ctx, tk.ID, tk.Seats[:1]); err != nil {
		t.Error(err)
	}
	sales, err := s.Tickets().HouseSales(ctx, 0, s.Now().Add(48*time.Hour))
	if err != nil || sales[0].Sold != 5 || sales[0].Free != 3 || sales[0].Taken != 2700 || sales[0].Admitted != 1 ||
		sales[0].Left() != 19 {
		t.Errorf("%+v, %v", sales, err)
	}
	want := store.Orders{Paid: 1, Seats: 2, Total: 2700, Free: 3}
	if orders, err := s.Catalogue().Orders(ctx, id); err != nil || orders != want {
		t.Errorf("%+v, %v", orders, err)
	}
	if list, err := s.Tickets().DoorList(ctx, id); err != nil || len(list) != 2 {
		t.Errorf("the door list: %+v, %v", list, err)
	}
	story, err := s.Tickets().Story(ctx, tk.ID)
	if err != nil || len(story.Facts) != 1 || story.Facts[0].Says != money.Given || story.Facts[0].By != "Wanjiru" ||
		story.Facts[0].Note != form.Reason || len(story.Log) < 2 || len(story.Payments) != 0 {
		t.Errorf("its story: %+v, %v", story, err)
	}
	if items, err := s.Money().OpenItems(ctx, store.ItemFilter{}); err != nil || len(items) != 0 {
		t.Errorf("to do: %+v, %v", items, err)
	}
	storetest.Sound(t, s)
	testTakeBack(t, s, id, tk, booked)
}

func testTakeBack(t *testing.T, s *store.Store, id store.ScreeningID, tk, booked *store.Ticket) {
	ctx := store.WithBy(t.Context(), store.By{ID: 1, Name: "Baraka", Role: store.RoleManager, Source: "192.0.2.8"})
	if err := s.Tickets().TakeBackComp(ctx, tk.ID); refusal(err).Kind != store.AlreadyIn ||
		!slices.Equal(refusal(err).Seats, tk.Seats[:1]) {
		t.Errorf("while somebody is in: %v", err)
	}
	if err := s.Tickets().TakeBackComp(ctx, booked.ID); refusal(err).Kind != store.NotGiven {
		t.Errorf("a booking: %v", err)
	}
	if err := s.Tickets().UndoAdmission(ctx, tk.ID, tk.Seats[:1]); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Tickets().TakeBackComp(ctx, tk.ID); err != nil {
			t.Fatal(err)
		}
	}
	after, err := s.Tickets().TicketByID(ctx, tk.ID)
	if err != nil || after.Admits() || after.VoidReason != store.ReasonNoLongerGiven || after.Status != store.Paid {
		t.Errorf("%+v, %v", after, err)
	}
	sc, _, err := s.Catalogue().Screening(ctx, id)
	if err != nil || sc.Left != 22 {
		t.Errorf("%d left, %v", sc.Left, err)
	}
	if err := s.Tickets().Admit(ctx, tk.ID, tk.Seats); !errors.Is(err, store.ErrNotAdmitted) {
		t.Errorf("admitted after it was taken back: %v", err)
	}
	log, err := s.Staff().Log(ctx, store.LogFilter{Kind: "ticket", SubjectID: int64(tk.ID)})
	gave := slices.ContainsFunc(log, func(e store.LogEntry) bool {
		return e.Action == "comp.give" && e.Who == "Wanjiru"
	})
	took := 0
	for _, e := range log {
		if e.Action == "comp.take-back" && e.Who == "Baraka" {
			took++
		}
	}
	if err != nil || !gave || took != 1 {
		t.Errorf("the log: %+v, %v", log, err)
	}
	storetest.Sound(t, s)
}

// refusal is the refusal in an error; the zero one where it is none.
func refusal(err error) store.Refusal {
	if r, is := errors.AsType[*store.Refusal](err); is {
		return *r
	}
	return store.Refusal{}
}

// TestCompRefused: what cannot be given away, and why. Nothing is written then.
func TestCompRefused(t *testing.T) { storetest.Each(t, testCompRefused) }

func testCompRefused(t *testing.T) {
	clock := newClock()
	s := storetest.New(t, clock.option)
	manager := giver(t, s, "Wanjiru", store.RoleManager)
	ctx := store.WithBy(t.Context(), manager)
	hall := storetest.Hall(t, s, "A ooooo_ooooo\nB LLooo_oxooo")
	id := storetest.Screening(t, s, 1, 1, func(sc *store.Screening) { sc.HallID = hall })
	other := func(change func(*store.Screening)) store.ScreeningID { return storetest.Screening(t, s, 2, 10, change) }
	strict := other(func(sc *store.Screening) {
		m, err := s.Catalogue().AddMovie(ctx, store.Movie{
			Title: "Strict", Synopsis: "A film.", Runtime: 90, AgeRating: "PG", NoFreeList: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		sc.MovieID = m
	})
	bought(t, s, id, 1, 1, func(b *store.NewBooking) { b.Seats = store.Labels{"A1"} })
	cancelled := other(func(*store.Screening) {})
	if _, err := s.Catalogue().CancelScreening(ctx, cancelled, "the projector"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		comp   store.NewComp
		kind   store.RefusalKind
		seats  store.Labels
		left   int
		faults []string
	}{
		"the film forbids it": {comp: comp(strict, 1), kind: store.NoFreeList},
		"a draft": {comp: comp(other(func(sc *store.Screening) { sc.Status = store.Draft }), 1),
			kind: store.NotOnSale},
		"cancelled": {comp: comp(cancelled, 1), kind: store.NotOnSale},
		"long over": {comp: comp(other(func(sc *store.Screening) {
			sc.StartsAt = s.Now().Add(-time.Hour)
			sc.SalesCloseAt = sc.StartsAt
		}), 1), kind: store.NotOnSale},
		"a seat that is taken": {
			comp: comp(id, 2, seatsOf("A1", "A2")), kind: store.SeatTaken, seats: store.Labels{"A1"},
		},
		"a seat that is not": {comp: comp(id, 1, seatsOf("Z9")), kind: store.SeatTaken, seats: store.Labels{"Z9"}},
		"a broken seat":      {comp: comp(id, 1, seatsOf("B7")), kind: store.SeatTaken, seats: store.Labels{"B7"}},
		"half a love seat": {
			comp: comp(id, 1, seatsOf("B1")), kind: store.HalfLoveSeat, seats: store.Labels{"B2"},
		},
		"other seats than asked": {comp: comp(id, 3, seatsOf("A2", "A3")), faults: []string{"seats"}},
		"a seat twice":           {comp: comp(id, 2, seatsOf("A2", "A2")), faults: []string{"seats"}},
		"no name, no reason": {comp: comp(id, 1, func(c *store.NewComp) { c.Name, c.Reason = " \t", "\u200b" }),
			faults: []string{"name", "reason"}},
		"unprintable": {comp: comp(id, 1, func(c *store.NewComp) { c.Name, c.Reason = "a\x00", "b\xff" }),
			faults: []string{"name", "reason"}},
		"none":      {comp: comp(id, 0), faults: []string{"quantity"}},
		"minus one": {comp: comp(id, -1), faults: []string{"quantity"}},
		"eleven":    {comp: comp(id, 11), faults: []string{"quantity"}},
	} {
		_, err := s.Tickets().GiveComp(ctx, c.comp)
		if c.faults != nil {
			faults, is := errors.AsType[store.Faults](err)
			if !is || len(faults) != len(c.faults) {
				t.Errorf("%s: %v", name, err)
			}
			for _, field := range c.faults {
				if faults[field].Kind == "" {
					t.Errorf("%s: nothing of %s in %v", name, field, faults)
				}
			}
			continue
		}
		if got := refusal(err); got.Kind != c.kind || !slices.Equal(got.Seats, c.seats) || got.Left != c.left {
			t.Errorf("%s: %v, %+v", name, err, got)
		}
	}
	if _, err := s.Tickets().GiveComp(t.Context(), comp(id, 1)); err == nil {
		t.Error("nobody gave a ticket away")
	}
	if left, bounded, err := s.Tickets().CompsLeft(ctx, manager); err != nil || left != 20 || !bounded {
		t.Errorf("%d left, %v, %v", left, bounded, err)
	}
	storetest.Sound(t, s)
}

// TestCompAllowance: each person of a role may give so many seats away in a month of Nairobi, an owner any number. What
// is taken back does not count.
func TestCompAllowance(t *testing.T) { storetest.Each(t, testCompAllowance) }

func testCompAllowance(t *testing.T) {
	clock := newClock()
	clock.now = time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	s := storetest.New(t, clock.option)
	id := storetest.Screening(t, s, 10, 12)
	owner, manager := giver(t, s, "Achieng", store.RoleOwner), giver(t, s, "Wanjiru", store.RoleManager)
	other, cashier := giver(t, s, "Baraka", store.RoleManager), giver(t, s, "Zawadi", store.RoleCashier)
	usher := giver(t, s, "Otieno", store.RoleUsher)
	by := func(by store.By, n int) (store.Given, error) {
		return s.Tickets().GiveComp(store.WithBy(t.Context(), by), comp(id, n))
	}
	refused := func(who store.By, n, left int) {
		t.Helper()
		_, err := by(who, n)
		if r := refusal(err); r.Kind != store.OverAllowance || r.Left != left {
			t.Errorf("%s gives %d: %v, %d left, want %d", who.Name, n, err, r.Left, left)
		}
	}
	gives := func(who store.By, n int) store.Given {
		t.Helper()
		given, err := by(who, n)
		if err != nil {
			t.Errorf("%s gives %d: %v", who.Name, n, err)
		}
		return given
	}
	refused(cashier, 1, 0)
	refused(usher, 1, 0)
	if err := s.Catalogue().SetCompAllowances(store.WithBy(t.Context(), owner),
		store.Allowances{store.RoleManager: 6, store.RoleCashier: 2}, 0); err != nil {
		t.Fatal(err)
	}
	gives(cashier, 2)
	refused(cashier, 1, 0)
	first := gives(manager, 4)
	refused(manager, 3, 2)
	gives(manager, 2)
	refused(manager, 1, 0)
	gives(other, 6)
	for range 3 {
		gives(owner, 10)
	}
	if err := s.Tickets().TakeBackComp(store.WithBy(t.Context(), owner), first.ID); err != nil {
		t.Fatal(err)
	}
	gives(manager, 4)
	refused(manager, 1, 0)
	clock.add(11*time.Hour + 59*time.Minute) // 23:59 in Nairobi
	refused(manager, 1, 0)
	clock.add(time.Minute)
	gives(manager, 1)
	for _, bad := range []store.Allowances{
		{store.RoleManager: -1}, {store.RoleCashier: store.MostAllowance + 1},
	} {
		if err := s.Catalogue().SetCompAllowances(t.Context(), bad, 1); len(faultsOf(err)) != 1 {
			t.Errorf("%v: %v", bad, err)
		}
	}
	storetest.Sound(t, s)
}

func faultsOf(err error) store.Faults {
	faults, _ := errors.AsType[store.Faults](err)
	return faults
}

// TestCompsAtOnce: of forms that one person sends at once, no more is given than the allowance, no seat twice, and of
// one form one ticket.
func TestCompsAtOnce(t *testing.T) { storetest.Each(t, testCompsAtOnce) }

func testCompsAtOnce(t *testing.T) {
	s := storetest.New(t)
	id := storetest.Screening(t, s, 10, 12)
	manager := giver(t, s, "Wanjiru", store.RoleManager)
	ctx := store.WithBy(t.Context(), manager)
	same := comp(id, 5)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			form := same
			if i%2 == 1 {
				form = comp(id, 5)
			}
			if _, err := s.Tickets().GiveComp(ctx, form); err != nil && refusal(err).Kind != store.OverAllowance {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	orders, err := s.Catalogue().Orders(ctx, id)
	left, _, leftErr := s.Tickets().CompsLeft(ctx, manager)
	if err != nil || leftErr != nil || orders.Free != 20 || left != 0 {
		t.Errorf("%+v, %d left, %v, %v", orders, left, err, leftErr)
	}
	storetest.Sound(t, s)
}

// TestCompOfCancelled: a cancelled screening voids what was given away, and nothing of it is due back.
func TestCompOfCancelled(t *testing.T) { storetest.Each(t, testCompOfCancelled) }

func testCompOfCancelled(t *testing.T) {
	s := storetest.New(t)
	id := storetest.Screening(t, s, 3, 8)
	ctx := store.WithBy(t.Context(), giver(t, s, "Achieng", store.RoleOwner))
	given, err := s.Tickets().GiveComp(ctx, comp(id, 2))
	if err != nil {
		t.Fatal(err)
	}
	orders, err := s.Catalogue().CancelScreening(ctx, id, "the projector is broken")
	if want := (store.Orders{Free: 2}); err != nil || orders != want {
		t.Errorf("%+v, %v", orders, err)
	}
	tk, err := s.Tickets().TicketByID(ctx, given.ID)
	if err != nil || tk.Admits() || tk.VoidReason != store.ReasonScreeningCancelled || tk.RefundDue != 0 {
		t.Errorf("%+v, %v", tk, err)
	}
	if items, err := s.Money().OpenItems(ctx, store.ItemFilter{}); err != nil || len(items) != 0 {
		t.Errorf("to do: %+v, %v", items, err)
	}
	storetest.Sound(t, s)
}

// TestCompsAreCheap: where nobody chose, free tickets take the best seats of the cheapest zone that has so many, and
// those of several zones where none has.
func TestCompsAreCheap(t *testing.T) { storetest.Each(t, testCompsAreCheap) }

func testCompsAreCheap(t *testing.T) {
	p := schedule(t)
	// The best seats of the hall are VIP, and those of the box cost least.
	hall, err := p.c.AddHall(p.ctx(), store.Hall{
		Name: "Hall 3", Plan: "zone v = VIP\nzone b = Box\nA bb_oo_vvvv\nB bb_oo_vvvv",
	})
	p.halls = append(p.halls, hall)
	if err != nil {
		t.Fatal(err)
	}
	if p.card, err = p.c.SavePriceCard(p.ctx(), store.PriceCard{Name: "Zones", Prices: store.Prices{
		{Name: "Adult", Cents: 900}, {Name: "Child", Cents: 450}, {Name: "Adult", Zone: "vip", Cents: 1500},
		{Name: "Adult", Zone: "Box", Cents: 400},
	}}); err != nil {
		t.Fatal(err)
	}
	p.add(p.line(2, 0, "14:00", 0))
	p.publish()
	id := p.at(2, 0, "14:00").ID
	ctx := store.WithBy(t.Context(), giver(t, p.s, "Achieng", store.RoleOwner))
	for _, c := range []struct {
		n    int
		zone string // of all seats; "" is several
	}{{2, "b"}, {1, "b"}, {3, "o"}, {2, "v"}, {1, "b"}, {1, "o"}, {5, "v"}} {
		given, err := p.s.Tickets().GiveComp(ctx, comp(id, c.n))
		if err != nil {
			t.Fatalf("%d: %v", c.n, err)
		}
		for _, seat := range given.Seats {
			zone := map[byte]string{'1': "b", '2': "b", '3': "o", '4': "o"}[seat[1]]
			if zone == "" {
				zone = "v"
			}
			if zone != c.zone {
				t.Errorf("%d: %v", c.n, given.Seats)
				break
			}
		}
	}
}
