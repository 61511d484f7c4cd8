package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/seating"
	"cinemasphere/store/storetest"
)

// TestHall: a hall is written, read, edited, archived and taken back, and each plan is a version of its own.
func TestHall(t *testing.T) { storetest.Each(t, testHall) }

func testHall(t *testing.T) {
	s := storetest.New(t).Catalogue()
	id, err := s.AddHall(t.Context(), store.Hall{
		Name: "  Screen   1 ", Cleaning: 15, Plan: "A oo\r\nB oo\r\n", PlanBy: "Asha",
	})
	if err != nil {
		t.Fatal(err)
	}
	h, err := s.Hall(t.Context(), id)
	if err != nil || h.Name != "Screen 1" || h.Cleaning != 15 || h.Version != 1 || h.PlanVersion != 1 ||
		h.PlanBy != "Asha" || h.Plan != "A oo\nB oo\n" {
		t.Fatalf("%+v, %v", h, err)
	}
	edit := h
	edit.Name = "Grand"
	before, after, err := s.EditHall(t.Context(), edit)
	if err != nil || before.Name != "Screen 1" || after.Name != "Grand" || after.Version != 2 ||
		after.PlanID != h.PlanID {
		t.Fatalf("%+v became %+v, %v", before, after, err)
	}
	edit = after
	edit.Plan, edit.Cleaning, edit.PlanBy = "A1;A2;;A3", 20, "Brian" // from a spreadsheet
	_, after, err = s.EditHall(t.Context(), edit)
	if err != nil || after.PlanVersion != 2 || after.Plan != "A  oo_o\n" || after.PlanBy != "Brian" ||
		after.Version != 3 {
		t.Fatalf("%+v, %v", after, err)
	}
	if _, same, err := s.EditHall(t.Context(), after); err != nil || same != after {
		t.Errorf("an edit that changes nothing: %+v, %v", same, err)
	}
	plans, err := s.HallPlans(t.Context(), id)
	if err != nil || len(plans) != 2 || plans[0].Text != after.Plan || plans[1].Text != h.Plan ||
		plans[1].By != "Asha" {
		t.Errorf("%+v, %v", plans, err)
	}
	var stale *store.StaleHall
	for version, want := range map[int64][]string{1: {"cleaning", "name", "plan"}, 2: {"cleaning", "plan"}} {
		edit.Version = version
		_, _, err := s.EditHall(t.Context(), edit)
		if !errors.As(err, &stale) || stale.Current != after ||
			!slices.Equal(slices.Sorted(slices.Values(stale.Changed)), want) {
			t.Errorf("an edit of version %d: %v", version, err)
		}
		if err := s.ArchiveHall(t.Context(), id, version, true); !errors.As(err, &stale) {
			t.Errorf("archived by version %d: %v", version, err)
		}
	}
	if err := s.ArchiveHall(t.Context(), id, 3, true); err != nil {
		t.Fatal(err)
	}
	halls, err := s.Halls(t.Context())
	all, errAll := s.AllHalls(t.Context())
	if err := errors.Join(err, errAll); err != nil || len(halls) != 0 || len(all) != 1 || all[0].ArchivedAt == 0 {
		t.Errorf("%d halls in use, of %+v, %v", len(halls), all, err)
	}
	_, err = s.AddScreening(t.Context(), store.Screening{HallID: id, Prices: store.OnePrice(1)})
	if !errors.Is(err, store.ErrArchived) {
		t.Errorf("a screening in an archived hall: %v", err)
	}
	if err := s.ArchiveHall(t.Context(), id, 4, false); err != nil {
		t.Fatal(err)
	}
	if halls, err := s.Halls(t.Context()); err != nil || len(halls) != 1 || halls[0].ArchivedAt != 0 {
		t.Errorf("%+v, %v", halls, err)
	}
	if _, err := s.Hall(t.Context(), 1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a hall that there is not: %v", err)
	}
}

// TestBadHalls: input of a hall's form, and what is wrong with it. Nothing is written.
func TestBadHalls(t *testing.T) { storetest.Each(t, testBadHalls) }

func testBadHalls(t *testing.T) {
	s := storetest.New(t).Catalogue()
	good := store.Hall{Name: "Screen 1", Plan: "A oo"}
	id, err := s.AddHall(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	for want, h := range map[string]store.Hall{
		"typed: name_missing":                                      {Name: " \t", Plan: "A oo"},
		"typed: name_too_long":                                     {Name: strings.Repeat("é", 41), Plan: "A oo"},
		"typed: name_unprintable":                                  {Name: "Screen\x001", Plan: "A oo"},
		"typed: name_taken":                                        {Name: "screen  1", Plan: "A oo"},
		"typed: cleaning_wrong":                                    {Name: "Two", Cleaning: -1, Plan: "A oo"},
		"typed: cleaning_wrong, plan 1:1 no_seats":                 {Name: "Two", Cleaning: 241},
		"typed: plan 1:1 no_seats":                                 {Name: "Two", Plan: "A xhx"},
		"typed: plan 1:4 unknown_zone, plan 2:3 odd_love":          {Name: "Two", Plan: "A ov\nB LLL"},
		"typed: plan 101:1 too_many_rows":                          {Name: "Two", Plan: tallPlan(2000)},
		"typed: name_missing, cleaning_wrong, plan 1:7 seat_twice": {Cleaning: 999, Plan: "A o(2)o(2)"},
	} {
		var bad *store.BadHall
		if _, err := s.AddHall(t.Context(), h); !errors.As(err, &bad) || bad.Error() != want {
			t.Errorf("added %.60v: %v, want %s", h, err, want)
		}
		if h.ID, h.Version = id, 1; want == "typed: name_taken" {
			continue // it is its own
		}
		if _, _, err := s.EditHall(t.Context(), h); !errors.As(err, &bad) || bad.Error() != want {
			t.Errorf("edited %.60v: %v, want %s", h, err, want)
		}
	}
	if halls, err := s.AllHalls(t.Context()); err != nil || len(halls) != 1 || halls[0].Version != 1 ||
		halls[0].Plan != good.Plan {
		t.Errorf("%+v, %v", halls, err)
	}
}

func tallPlan(rows int) string {
	var b strings.Builder
	for i := range rows {
		fmt.Fprintf(&b, "R%d- o\n", i)
	}
	return b.String()
}

// TestTwoEditHalls: of two who edit one version at once, one is told what the other did.
func TestTwoEditHalls(t *testing.T) { storetest.Each(t, testTwoEditHalls) }

func testTwoEditHalls(t *testing.T) {
	s := storetest.New(t)
	id, err := s.Catalogue().AddHall(t.Context(), store.Hall{Name: "Screen 1", Plan: "A oo"})
	if err != nil {
		t.Fatal(err)
	}
	edit := func(plan string) func() error {
		return func() error {
			_, _, err := s.Catalogue().EditHall(t.Context(),
				store.Hall{ID: id, Version: 1, Name: "Screen 1", Plan: plan})
			return err
		}
	}
	stale := 0
	for _, err := range meet(t, s, "plan", edit("A ooo"), edit("A oooo")) {
		var is *store.StaleHall
		if errors.As(err, &is) && slices.Equal(is.Changed, []string{"plan"}) {
			stale++
		} else if err != nil {
			t.Error(err)
		}
	}
	if h, err := s.Catalogue().Hall(t.Context(), id); stale != 1 || err != nil || h.PlanVersion != 2 {
		t.Errorf("%d told, %+v, %v", stale, h, err)
	}
}

// planned is a screening whose hall has another plan now.
type planned struct {
	*store.Store
	id    store.ScreeningID
	plan  store.PlanID
	clock *clock
}

// replan makes a screening of one plan, and another plan of its hall.
func replan(t *testing.T, from, to string) planned {
	t.Helper()
	c := newClock()
	s := storetest.New(t, c.option)
	var hall store.HallID
	id := storetest.Screening(t, s, 1, 2, func(sc *store.Screening) {
		var err error
		if hall, err = s.Catalogue().AddHall(t.Context(), store.Hall{Name: "Planned", Plan: from}); err != nil {
			t.Fatal(err)
		}
		sc.HallID = hall
	})
	_, after, err := s.Catalogue().EditHall(t.Context(), store.Hall{ID: hall, Version: 1, Name: "Planned", Plan: to})
	if err != nil {
		t.Fatal(err)
	}
	return planned{s, id, after.PlanID, c}
}

// book books the best seats and returns the order.
func (p planned) book(t *testing.T, phone, n int) store.PushOrder {
	t.Helper()
	order, _, err := p.Tickets().Book(t.Context(), storetest.Booking(p.id, storetest.Phone(phone), n))
	if err != nil {
		t.Fatal(err)
	}
	return order
}

// seats are the labels on a ticket.
func (p planned) seats(t *testing.T, secret string) string {
	t.Helper()
	tk, err := p.Tickets().TicketBySecret(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(tk.Seats, " ")
}

// TestApplyPlan: what another plan does to a screening, by what is sold; and the preview says so before.
func TestApplyPlan(t *testing.T) { storetest.Each(t, testApplyPlan) }

func testApplyPlan(t *testing.T) {
	for _, tt := range []struct {
		name, from, to string
		booked         []int // tickets of each order
		want           store.PlanOutcome
		lost           string // seats that would be lost
		left           int
	}{
		{"nothing is sold", "A oo", "B ooo\nC xh", nil, store.PlanReplaced, "", 3},
		{"what is sold survives", "A ooo", "A ooooo", []int{1, 1}, store.PlanPatched, "", 3},
		{"seats in front", "A oooo", "A o(8)o(9)o(1)ooo", []int{1, 2}, store.PlanPatched, "", 3},
		{"rows and aisles in front", "A oooo\nB oooo", "Z oo\nA __ooo_o\n-\nY oo\nB oo_oo", []int{2, 2, 2},
			store.PlanPatched, "", 6},
		{"from right", "A oooo", "A oooo from right", []int{1, 2}, store.PlanLoses, "A1 A2 A3", 1},
		{"all labels go round", "A ooo", "A o(2)o(3)o(1)", []int{3}, store.PlanLoses, "A1 A2 A3", 0},
		{"another row", "A oo", "B oo\nC oo", []int{2}, store.PlanLoses, "A1 A2", 0},
		{"zones without prices, and kinds", "A oooo", "zone v = VIP\nA LLvvh", []int{2}, store.PlanPatched, "", 2},
		{"a free seat goes", "A oooo", "A oooo\nB oo", []int{1}, store.PlanPatched, "", 5},
		{"a free seat goes between", "A oooo", "A o__o(4)", []int{1}, store.PlanPatched, "", 1},
		{"a sold seat goes", "A oo", "A _o(2)", []int{2}, store.PlanLoses, "A1", 0},
		{"a sold seat is broken", "A ooo", "A xoo", []int{1}, store.PlanLoses, "A1", 2},
		{"a sold seat is kept for the house", "A ooo", "A hoo", []int{1}, store.PlanPatched, "", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := replan(t, tt.from, tt.to)
			was := map[string]string{}
			for n, tickets := range tt.booked {
				secret := p.book(t, n, tickets).Secret
				was[secret] = p.seats(t, secret)
			}
			ids := []store.ScreeningID{p.id}
			preview, err := p.Catalogue().PreviewPlan(t.Context(), p.plan, ids)
			if err != nil {
				t.Fatal(err)
			}
			storetest.Sound(t, p.Store)
			changes, err := p.Catalogue().ApplyPlan(t.Context(), p.plan, ids)
			if err != nil || len(changes) != 1 || fmt.Sprint(preview) != fmt.Sprint(changes) {
				t.Fatalf("%+v, %v; the preview said %+v", changes, err, preview)
			}
			var lost []string
			for _, c := range changes[0].Lost {
				lost = append(lost, c.Seat)
				if c.Code == "" || c.Name == "" || c.TicketID == 0 || c.Status != store.Pending {
					t.Errorf("%+v", c)
				}
			}
			if changes[0].Outcome != tt.want || strings.Join(lost, " ") != tt.lost {
				t.Errorf("%+v", changes[0])
			}
			sc, _, err := p.Catalogue().Screening(t.Context(), p.id)
			if err != nil || sc.Left != tt.left || (sc.PlanID == p.plan) != (tt.want != store.PlanLoses) {
				t.Errorf("%+v, %v", sc, err)
			}
			for secret, seats := range was {
				if now := p.seats(t, secret); now != seats {
					t.Errorf("a ticket said %s, and says %s", seats, now)
				}
			}
			storetest.Sound(t, p.Store)
			again, err := p.Catalogue().ApplyPlan(t.Context(), p.plan, ids)
			if err != nil || tt.want != store.PlanLoses && again[0].Outcome != store.PlanSame {
				t.Errorf("again: %+v, %v", again, err)
			}
			if sc.Left > 0 { // and it sells on
				p.book(t, 9, 1)
			}
			storetest.Sound(t, p.Store)
		})
	}
}

// TestApplyPlanElsewhere: a plan of another hall is refused, and what is over is left alone; the screenings before it
// are changed.
func TestApplyPlanElsewhere(t *testing.T) { storetest.Each(t, testApplyPlanElsewhere) }

func testApplyPlanElsewhere(t *testing.T) {
	p := replan(t, "A oo", "A ooo")
	other := storetest.Screening(t, p.Store, 1, 2)
	changes, err := p.Catalogue().ApplyPlan(t.Context(), p.plan, []store.ScreeningID{p.id, other, p.id})
	if !errors.Is(err, store.ErrOtherHall) || len(changes) != 1 || changes[0].Outcome != store.PlanReplaced {
		t.Errorf("%+v, %v", changes, err)
	}
	_, err = p.Catalogue().ApplyPlan(t.Context(), p.plan, []store.ScreeningID{1})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no screening: %v", err)
	}
	_, err = p.Catalogue().ApplyPlan(t.Context(), 1, []store.ScreeningID{p.id})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no plan: %v", err)
	}
	q := replan(t, "A oo", "A ooo")
	q.clock.add(25 * time.Hour)
	if changes, err := q.Catalogue().ApplyPlan(t.Context(), q.plan, []store.ScreeningID{q.id}); err != nil ||
		changes[0].Outcome != store.PlanOver {
		t.Errorf("it has begun: %+v, %v", changes, err)
	}
	storetest.Sound(t, p.Store)
	storetest.Sound(t, q.Store)
}

// TestLateMoneyAfterPlan: a ticket whose hold has ended is paid late, after another plan was applied. It has the seats
// that it had, or others where they are broken, or are not what they were.
func TestLateMoneyAfterPlan(t *testing.T) { storetest.Each(t, testLateMoneyAfterPlan) }

func testLateMoneyAfterPlan(t *testing.T) {
	for to, want := range map[string]string{
		"A oooo\nZ oooo":     "A1 A2",
		"A o(9)o(8)o(7)o(6)": "A9 A8",
		"A o(2)o(1)o(3)o(4)": "A2 A1",
		"B oooo":             "B1 B2",
		"A xooo\nB oo":       "B1 B2",
		"A hooo\nB oo":       "B1 B2",
		"A _ooo\nB oo":       "A1 A2",
	} {
		p := replan(t, "A oooo", to)
		order := p.book(t, 1, 2)
		if seats := p.seats(t, order.Secret); seats != "A1 A2" {
			t.Fatalf("booked %s", seats)
		}
		p.clock.add(4 * time.Minute)
		if _, err := p.Tickets().EndHolds(t.Context()); err != nil {
			t.Fatal(err)
		}
		changes, err := p.Catalogue().ApplyPlan(t.Context(), p.plan, []store.ScreeningID{p.id})
		if err != nil || changes[0].Outcome != store.PlanReplaced {
			t.Fatalf("%+v, %v", changes, err)
		}
		amount := store.Cents(order.Amount * 100)
		cb, _, err := p.Money().StoreCallback(t.Context(), store.NewCallback{
			Kind: store.CallbackSTK, Token: order.CallbackToken, Body: []byte("{}"), Size: 2,
		})
		if err == nil {
			_, err = p.Money().ApplyCallback(t.Context(), cb, store.Verdict{
				Class: store.Success, LearntBy: "callback", CheckoutRequestID: "ws_CO_1", Code: "0", Amount: &amount,
				Receipt: "LATE000001",
			})
		}
		if err != nil {
			t.Fatal(err)
		}
		if seats := p.seats(t, order.Secret); seats != want {
			t.Errorf("%s: it has %s, want %s", to, seats, want)
		}
		storetest.Sound(t, p.Store)
	}
}

// TestKinds: what a customer is given of a hall with every kind of seat, and how many seats are left to have.
func TestKinds(t *testing.T) { storetest.Each(t, testKinds) }

func testKinds(t *testing.T) {
	p := replan(t, "A oo_LL\nB hh_xx\nC wc", "A oo")
	sc, _, err := p.Catalogue().Screening(t.Context(), p.id)
	if err != nil || sc.Capacity != 6 || sc.Left != 6 {
		t.Fatalf("%+v, %v", sc, err)
	}
	for n, want := range []string{"A1 A2", "A3 A4"} {
		if seats := p.seats(t, p.book(t, n, 2).Secret); seats != want {
			t.Errorf("given %s, want %s", seats, want)
		}
	}
	if seats := p.seats(t, p.book(t, 2, 1).Secret); seats != "C1" {
		t.Errorf("given %s", seats)
	}
	if seats := p.seats(t, p.book(t, 3, 1).Secret); seats != "C2" {
		t.Errorf("given %s", seats)
	}
	p.soldOut(t)
	if next, err := p.Catalogue().NextScreening(t.Context(), sc.MovieID); err != nil || next.ID != 0 {
		t.Errorf("%+v, %v", next, err)
	}
	storetest.Sound(t, p.Store)
	replan(t, "A LL", "A oo").soldOut(t) // there is no half of a love seat
}

// soldOut fails where one seat can be booked.
func (p planned) soldOut(t *testing.T) {
	t.Helper()
	var refusal *store.Refusal
	_, _, err := p.Tickets().Book(t.Context(), storetest.Booking(p.id, storetest.Phone(4), 1))
	if !errors.As(err, &refusal) || refusal.Kind != store.SoldOut || refusal.Left != 0 {
		t.Errorf("not sold out: %v", err)
	}
}

// TestScreeningKeepsPlan: an edit of the hall changes new screenings only.
func TestScreeningKeepsPlan(t *testing.T) { storetest.Each(t, testScreeningKeepsPlan) }

func testScreeningKeepsPlan(t *testing.T) {
	p := replan(t, "A oo", "B ooo")
	sc, _, err := p.Catalogue().Screening(t.Context(), p.id)
	if err != nil || sc.Capacity != 2 || sc.PlanID == p.plan {
		t.Fatalf("%+v, %v", sc, err)
	}
	sc.StartsAt = sc.StartsAt.Add(3 * time.Hour)
	next, err := p.Catalogue().AddScreening(t.Context(), sc)
	if err != nil {
		t.Fatal(err)
	}
	if sc, _, err = p.Catalogue().Screening(t.Context(), next); err != nil || sc.Capacity != 3 || sc.PlanID != p.plan {
		t.Errorf("%+v, %v", sc, err)
	}
	plans, err := p.Catalogue().HallPlans(t.Context(), sc.HallID)
	if err != nil || plans[0].Screenings != 1 || plans[1].Screenings != 1 {
		t.Errorf("%+v, %v", plans, err)
	}
	storetest.Sound(t, p.Store)
}

// TestGuardOfPlans: a plan without the old seats is applied while one of them is booked. Either the order has a seat of
// the new plan, or the plan is not applied. Without the guard a seat may be sold that the plan does not have.
func TestGuardOfPlans(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		broken := 0
		rounds := 5
		if !store.Guarded {
			rounds = 50 // until it happens
		}
		for n := 0; n < rounds; n++ {
			p := replan(t, "A oo", "B __oo")
			var changes []store.PlanChange
			err := errors.Join(meet(t, p.Store, "seat", func() error {
				_, _, err := p.Tickets().Book(t.Context(), storetest.Booking(p.id, storetest.Phone(1), 1))
				return err
			}, func() (err error) {
				changes, err = p.Catalogue().ApplyPlan(t.Context(), p.plan, []store.ScreeningID{p.id})
				return err
			})...)
			if errors.Is(err, store.ErrBusy) {
				n-- // one has waited too long for its lock, and written nothing: that was no race
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			wrong, err := p.Money().Audit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(wrong) > 0 {
				broken++
			}
			if !store.Guarded && broken > 0 {
				return
			}
			if store.Guarded && (len(wrong) > 0 || changes[0].Outcome == store.PlanLoses && len(changes[0].Lost) != 1) {
				t.Errorf("%+v, %v", changes, wrong)
			}
		}
		if !store.Guarded && broken == 0 {
			t.Error("without the guard nothing was broken")
		}
	})
}

// TestPlansAtOnce: while seats are booked, given up and booked again, two plans that draw the same seats in other
// places take turns. No order loses a seat, and the books stay sound.
func TestPlansAtOnce(t *testing.T) { storetest.Each(t, testPlansAtOnce) }

func testPlansAtOnce(t *testing.T) {
	p := replan(t, "A oooooooo\nB oooooooo\nC oooo", "Z oo\nzone v = VIP\nA __vvvvvvvv\nY oo\nB o_oooooo_o\nC _oooo")
	sc, _, err := p.Catalogue().Screening(t.Context(), p.id)
	if err != nil {
		t.Fatal(err)
	}
	plans := []store.PlanID{p.plan, sc.PlanID}
	done := make(chan error)
	outcomes := map[store.PlanOutcome]int{}
	go func() {
		var err error
		for i := 0; i < 60 && err == nil; i++ {
			var changes []store.PlanChange
			changes, err = p.Catalogue().ApplyPlan(t.Context(), plans[i%2], []store.ScreeningID{p.id})
			for _, c := range changes {
				outcomes[c.Outcome]++
			}
		}
		done <- err
	}()
	const buyers = 4
	for n := range buyers {
		go func() {
			var err error
			for i := 0; i < 20 && err == nil; i++ {
				var order store.PushOrder
				order, _, err = p.Tickets().Book(t.Context(),
					storetest.Booking(p.id, storetest.Phone(n*20+i), 1+i%2))
				if err == nil && (i+n)%3 > 0 {
					err = p.Tickets().GiveUp(t.Context(), order.Secret)
				}
				var refusal *store.Refusal
				if errors.As(err, &refusal) && refusal.Kind == store.SoldOut || errors.Is(err, store.ErrBusy) {
					err = nil
				}
			}
			done <- err
		}()
	}
	for range 1 + buyers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if outcomes[store.PlanPatched]+outcomes[store.PlanReplaced] == 0 {
		t.Errorf("no plan was ever applied: %v", outcomes)
	}
	storetest.Sound(t, p.Store)
}

// TestPlanProblemsAreTyped: what is wrong with a plan comes to the form by line and column.
func TestPlanProblemsAreTyped(t *testing.T) {
	s := storetest.New(t).Catalogue()
	_, err := s.AddHall(t.Context(), store.Hall{Name: "One", Plan: "A oo\nE LLL"})
	var bad *store.BadHall
	want := seating.Problem{Fault: seating.OddLove, Line: 2, Column: 3, Row: "E", Number: 3}
	if !errors.As(err, &bad) || len(bad.Plan) != 1 || bad.Plan[0] != want {
		t.Errorf("%+v", err)
	}
}
