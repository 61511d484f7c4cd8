package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// bought is a ticket of so many seats, which the nth phone has paid for with receipt RECEIPTn.
func bought(
	t *testing.T,
	s *store.Store,
	id store.ScreeningID,
	n, seats int,
	change ...func(*store.NewBooking),
) *store.Ticket {
	t.Helper()
	b := storetest.Booking(id, storetest.Phone(n), seats)
	for _, f := range change {
		f(&b)
	}
	sent, _, err := s.Tickets().Book(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	checkout := fmt.Sprint("ws_CO_", n)
	err = s.Tickets().RecordAnswer(t.Context(), sent, store.Answer{CheckoutRequestID: checkout})
	if err != nil {
		t.Fatal(err)
	}
	amount := store.Cents(sent.Amount * 100)
	cb, _, err := s.Money().StoreCallback(t.Context(), store.NewCallback{
		Kind: store.CallbackSTK, Token: sent.CallbackToken, Body: []byte("{}"), Size: 2,
	})
	if err == nil {
		_, err = s.Money().ApplyCallback(t.Context(), cb, store.Verdict{
			Class: store.Success, LearntBy: "callback", CheckoutRequestID: checkout, Code: "0", Amount: &amount,
			Receipt: fmt.Sprintf("RECEIPT%03d", n), TransactedAt: s.Now(),
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	tk, err := s.Tickets().TicketBySecret(t.Context(), sent.Secret)
	if err != nil || tk.Status != store.Paid {
		t.Fatalf("%+v, %v", tk, err)
	}
	return tk
}

func named(name string) func(*store.NewBooking) {
	return func(b *store.NewBooking) { b.Name = name }
}

var lookAlike = strings.NewReplacer("0", "O", "L", "1", "Z", "2", "S", "5", "G", "6", "B", "8")

func only(t *store.Ticket) []*store.Ticket { return []*store.Ticket{t} }

func TestFind(t *testing.T) { storetest.Each(t, testFind) }

func testFind(t *testing.T) {
	clock := newClock()
	s := storetest.New(t, clock.option)
	id := storetest.Screening(t, s, 3, 8)
	sc, _, err := s.Catalogue().Screening(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if found, err := s.Tickets().Find(t.Context(), store.Search{Name: "anybody"}); err != nil || len(found) != 0 {
		t.Errorf("in empty books: %v, %v", found, err)
	}
	a := bought(t, s, id, 1, 2, named("Wanjirũ Ong'ondo-Kamau"))
	b := bought(t, s, id, 2, 1, named("Élodie 100% Achieng"))
	curly := bought(t, s, id, 3, 1, named("Seán O’Brien"))
	joined := strings.ToUpper(strings.ReplaceAll(sc.Hall, " ", ""))
	tonight := store.Search{From: sc.StartsAt - 1, Until: sc.StartsAt + 1}
	in := func(change func(*store.Search)) store.Search { q := tonight; change(&q); return q }
	for name, c := range map[string]struct {
		q    store.Search
		want []*store.Ticket
	}{
		"nothing":                 {store.Search{}, nil},
		"code":                    {store.Search{Code: a.Code}, only(a)},
		"code in groups":          {store.Search{Code: strings.ToLower(a.Code[:5] + "-" + a.Code[5:])}, only(a)},
		"code without its 0":      {store.Search{Code: a.Code[1:]}, only(a)},
		"code, look-alikes":       {store.Search{Code: lookAlike.Replace(a.Code)}, only(a)},
		"reference of its push":   {store.Search{Code: store.PushReference(b.Code, 0)}, only(b)},
		"receipt":                 {store.Search{Receipt: "RECEIPT001"}, only(a)},
		"another receipt":         {store.Search{Receipt: "RECEIPT009"}, nil},
		"phone":                   {store.Search{Phone: storetest.Phone(2)}, only(b)},
		"last four digits":        {store.Search{LastFour: storetest.Phone(2)[8:]}, only(b)},
		"name":                    {store.Search{Name: "ÉLODIE"}, only(b)},
		"name, from within":       {store.Search{Name: "kamau WANJIRŨ"}, only(a)},
		"name with a quote":       {store.Search{Name: "ong'on"}, only(a)},
		"quote, curly":            {store.Search{Name: "Ong’ondo"}, only(a)},
		"quote, opening":          {store.Search{Name: "Ong‘ondo"}, only(a)},
		"quote, the letter":       {store.Search{Name: "Ongʼondo"}, only(a)},
		"quote, backtick":         {store.Search{Name: "Ong`ondo"}, only(a)},
		"quote, acute accent":     {store.Search{Name: "Ong´ondo"}, only(a)},
		"quote, none":             {store.Search{Name: "ongondo"}, only(a)},
		"curly by a plain one":    {store.Search{Name: "O'Brien"}, only(curly)},
		"curly by none":           {store.Search{Name: "obrien sean"}, only(curly)},
		"a quote alone":           {store.Search{Name: "'"}, nil},
		"without accents":         {store.Search{Name: "wanjiru elodie"}, nil},
		"without its accent":      {store.Search{Name: "elodie"}, only(b)},
		"secret":                  {store.Search{Secret: b.Secret}, only(b)},
		"another secret":          {store.Search{Secret: store.NewSecret()}, nil},
		"name, percent":           {store.Search{Name: "100%"}, only(b)},
		"name, not all words":     {store.Search{Name: "achieng wanjiru"}, nil},
		"name, all":               {store.Search{Name: "a"}, []*store.Ticket{curly, b, a}},
		"seat":                    {in(func(q *store.Search) { q.Seat = a.Seats[0] }), only(a)},
		"seat and hall":           {in(func(q *store.Search) { q.Seat, q.Hall = a.Seats[1], "HALL" }), only(a)},
		"seat and hall, no space": {in(func(q *store.Search) { q.Seat, q.Hall = a.Seats[1], joined }), only(a)},
		"seat in another hall":    {in(func(q *store.Search) { q.Seat, q.Hall = a.Seats[1], "Balcony" }), nil},
		"seat at another time":    {store.Search{Seat: a.Seats[0], From: 1, Until: 2}, nil},
		"seat that is free":       {in(func(q *store.Search) { q.Seat = "A1" }), nil},
		"code goes before name":   {store.Search{Code: a.Code, Name: "élodie"}, only(a)},
		"wrong code, known phone": {store.Search{Code: "NOSUCHCD", Phone: a.Phone}, only(a)},
	} {
		found, err := s.Tickets().Find(t.Context(), c.q)
		var codes, want []string
		for _, f := range found {
			codes = append(codes, f.Code)
		}
		for _, w := range c.want {
			want = append(want, w.Code)
		}
		if err != nil || !slices.Equal(codes, want) {
			t.Errorf("%s: %v, want %v; %v", name, codes, want, err)
		}
	}
	// Who books after a search is found by the next one, and so is a new number of a ticket.
	c := bought(t, s, id, 4, 1, named("Naliaka"))
	if found, err := s.Tickets().
		Find(t.Context(), store.Search{Name: "naliaka"}); err != nil || len(found) != 1 ||
		found[0].ID != c.ID {
		t.Errorf("who booked since: %+v, %v", found, err)
	}
	clock.add(48 * time.Hour)
	later := storetest.Screening(t, s, 3, 8)
	for n := range 24 {
		bought(t, s, later, 10+n, 1, named("Achieng Late"))
	}
	found, err := s.Tickets().Find(t.Context(), store.Search{Name: "achieng"})
	if err != nil || len(found) != 25 || found[0].CustomerName != "Achieng Late" || found[24].ID != b.ID {
		t.Errorf("what is over is not last: %d, %v", len(found), err)
	}
}

// TestAdmission: a group comes in parts, and nobody to a seat twice.
func TestAdmission(t *testing.T) { storetest.Each(t, testAdmission) }

func testAdmission(t *testing.T) {
	s := storetest.New(t)
	id := storetest.Screening(t, s, 3, 8)
	usher := addOperator(t, s, "Wafula", store.RoleUsher)
	ctx := store.WithBy(t.Context(), usher.By("192.0.2.7"))
	tk := bought(t, s, id, 1, 3)
	other := bought(t, s, id, 2, 1)
	in := func() (n int) {
		seats, err := s.Tickets().SeatsIn(ctx, tk.ID)
		if err != nil || len(seats) != 3 {
			t.Fatalf("%+v, %v", seats, err)
		}
		for _, seat := range seats {
			if seat.At != 0 {
				n++
				if seat.By != "Wafula" {
					t.Errorf("%s was let in by %q", seat.Label, seat.By)
				}
			}
		}
		return n
	}
	admit := func(want error, n int, seats ...string) {
		t.Helper()
		if err := s.Tickets().Admit(ctx, tk.ID, seats); !errors.Is(err, want) {
			t.Errorf("let in to %v: %v, want %v", seats, err, want)
		}
		if got := in(); got != n {
			t.Errorf("after %v %d are in, want %d", seats, got, n)
		}
	}
	admit(store.ErrNotAdmitted, 0)
	admit(nil, 1, tk.Seats[0])
	admit(store.ErrNotAdmitted, 1, tk.Seats[0])
	admit(store.ErrNotAdmitted, 1, tk.Seats[0], tk.Seats[1])
	admit(store.ErrNotAdmitted, 1, other.Seats[0])
	admit(store.ErrNotAdmitted, 1, "Z99")
	admit(store.ErrNotAdmitted, 1, tk.Seats[1], tk.Seats[1])
	admit(nil, 3, tk.Seats[1], tk.Seats[2])
	if err := s.Tickets().UndoAdmission(ctx, tk.ID, store.Labels{tk.Seats[2]}); err != nil || in() != 2 {
		t.Errorf("undo: %v, %d are in", err, in())
	}
	if err := s.Tickets().UndoAdmission(ctx, tk.ID, store.Labels{tk.Seats[2]}); !errors.Is(err, store.ErrNotAdmitted) {
		t.Errorf("undo again: %v", err)
	}
	admit(nil, 3, tk.Seats[2])
	log, err := s.Staff().Log(ctx, store.LogFilter{Kind: "ticket", SubjectID: int64(tk.ID)})
	if err != nil || len(log) != 4 || log[0].Action != "ticket.admit" || log[0].Who != "Wafula" ||
		log[1].Action != "ticket.admit-undo" || !strings.Contains(log[0].Now, tk.Seats[2]) {
		t.Errorf("the log has %+v, %v", log, err)
	}
	list, err := s.Tickets().DoorList(ctx, id)
	if err != nil || len(list) != 2 || list[0].Admitted != 3 || list[1].Admitted != 0 {
		t.Errorf("the door list has %+v, %v", list, err)
	}
	if _, err := s.Money().RequestRefund(ctx, store.NewRefund{Receipt: other.Receipt, By: "Wafula"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Tickets().Admit(ctx, other.ID, other.Seats); !errors.Is(err, store.ErrNotAdmitted) {
		t.Errorf("a void ticket: %v", err)
	}
	held, _, err := s.Tickets().Book(ctx, storetest.Booking(id, storetest.Phone(3), 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Tickets().Admit(ctx, held.TicketID, store.Labels{"B4"}); !errors.Is(err, store.ErrNotAdmitted) {
		t.Errorf("an unpaid ticket: %v", err)
	}
	if list, err = s.Tickets().DoorList(ctx, id); err != nil || len(list) != 1 {
		t.Errorf("the door list has %+v, %v", list, err)
	}
	if _, err := s.Catalogue().CancelScreening(ctx, id, "There is no power."); err != nil {
		t.Fatal(err)
	}
	storetest.Sound(t, s) // who was in before that stays in
	if err := s.Tickets().UndoAdmission(ctx, tk.ID, tk.Seats); err != nil {
		t.Fatal(err)
	}
	admit(store.ErrNotAdmitted, 0, tk.Seats...)
	// Seats that are free again are nobody's, also for the door.
	if _, err := s.Money().
		RequestRefund(ctx, store.NewRefund{Receipt: tk.Receipt, By: "Wafula", Reference: "CASH"}); err != nil {
		t.Fatal(err)
	}
	storetest.Sound(t, s)
}

// TestSeatsOfOthersAreNotIn: who was let in to a seat is forgotten when it is free again.
func TestSeatsOfOthersAreNotIn(t *testing.T) { storetest.Each(t, testSeatsOfOthersAreNotIn) }

func testSeatsOfOthersAreNotIn(t *testing.T) {
	s := storetest.New(t)
	id := storetest.Screening(t, s, 1, 2)
	tk := bought(t, s, id, 1, 2)
	if err := s.Tickets().Admit(t.Context(), tk.ID, tk.Seats); err != nil {
		t.Fatal(err)
	}
	_, err := s.Money().
		RequestRefund(t.Context(), store.NewRefund{Receipt: tk.Receipt, By: "Otieno", Reference: "CASH"})
	if err != nil {
		t.Fatal(err)
	}
	again := bought(t, s, id, 2, 2)
	if err := s.Tickets().Admit(t.Context(), again.ID, again.Seats); err != nil {
		t.Errorf("whoever bought the seats next: %v", err)
	}
}

// TestGuardOfAdmission: of two doors that let the same seats in at the same instant, one does. Without the guard both
// would.
func TestGuardOfAdmission(t *testing.T) { storetest.Each(t, testGuardOfAdmission) }

func testGuardOfAdmission(t *testing.T) {
	s := storetest.New(t)
	id := storetest.Screening(t, s, 3, 8)
	tk := bought(t, s, id, 1, 3)
	in := 0
	admit := func() error { return s.Tickets().Admit(t.Context(), tk.ID, tk.Seats) }
	for _, err := range meet(t, s, "seat", admit, admit, admit) {
		switch {
		case err == nil:
			in++
		case !errors.Is(err, store.ErrNotAdmitted):
			t.Error(err)
		}
	}
	want := 1
	if !store.Guarded {
		want = 3
	}
	if in != want {
		t.Errorf("they were let in %d times, want %d", in, want)
	}
}

// TestHouseSales: what is sold, held, left and in adds up.
func TestHouseSales(t *testing.T) { storetest.Each(t, testHouseSales) }

func testHouseSales(t *testing.T) {
	clock := newClock()
	s := storetest.New(t, clock.option)
	begun := s.Now()
	id, empty := storetest.Screening(t, s, 3, 8), storetest.Screening(t, s, 1, 4)
	a := bought(t, s, id, 1, 3)
	back := bought(t, s, id, 2, 2)
	if _, _, err := s.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(3), 4)); err != nil {
		t.Fatal(err)
	}
	refused, _, err := s.Tickets().Book(t.Context(), storetest.Booking(empty, storetest.Phone(4), 1))
	if err == nil {
		err = s.Tickets().RecordAnswer(t.Context(), refused, store.Answer{
			Kind: store.Refused, Reason: store.FailureConfig, Code: "500",
		})
	}
	if err == nil {
		err = s.Tickets().GiveUp(t.Context(), refused.Secret)
	}
	if err == nil {
		err = s.Tickets().Admit(t.Context(), a.ID, a.Seats[:2])
	}
	if err == nil {
		_, err = s.Money().RequestRefund(t.Context(), store.NewRefund{Receipt: back.Receipt, By: "Otieno"})
	}
	if err != nil {
		t.Fatal(err)
	}
	sc, _, err := s.Catalogue().Screening(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.Tickets().HouseSales(t.Context(), sc.StartsAt, sc.StartsAt+1000)
	if err != nil || len(all) != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	for _, of := range all {
		want := store.HouseSales{Sold: 5, Held: 4, Admitted: 2, Taken: 4050, Capacity: 24}
		if of.ID == empty {
			want = store.HouseSales{Capacity: 4}
		}
		got := store.HouseSales{
			Sold:     of.Sold,
			Held:     of.Held,
			Admitted: of.Admitted,
			Taken:    of.Taken,
			Capacity: of.Capacity,
		}
		if got != want || of.Left() != want.Left() || of.Title == "" || of.Hall == "" {
			t.Errorf("%+v, want %+v", of, want)
		}
	}
	if all, err = s.Tickets().HouseSales(t.Context(), sc.StartsAt+1000, sc.StartsAt+2000); err != nil || len(all) != 0 {
		t.Errorf("at another time: %+v, %v", all, err)
	}
	day, err := s.Money().Takings(t.Context(), begun)
	n := 0
	for _, p := range day.Prompts {
		n += p.N
	}
	if err != nil || n != 4 || day.Prompts[0].State != store.PushPaid || day.Prompts[0].N != 2 ||
		day.Payments != 1 || day.Taken != 405_000 || day.DueCount != 1 || day.Due != 270_000 {
		t.Errorf("%+v, %v", day, err)
	}
	clock.add(24 * time.Hour)
	if day, err = s.Money().
		Takings(t.Context(), s.Now()); err != nil || len(day.Prompts) != 0 || day.Payments != 0 ||
		day.DueCount != 1 {
		t.Errorf("on the next day: %+v, %v", day, err)
	}
}

// TestStory: every part of what has happened to a ticket is there.
func TestStory(t *testing.T) { storetest.Each(t, testStory) }

func testStory(t *testing.T) {
	s := storetest.New(t)
	id := storetest.Screening(t, s, 3, 8)
	manager := addOperator(t, s, "Njeri", store.RoleManager)
	ctx := store.WithBy(t.Context(), manager.By("192.0.2.7"))
	tk := bought(t, s, id, 1, 2)
	bought(t, s, id, 2, 2) // is no part of it
	if err := s.Tickets().Admit(ctx, tk.ID, tk.Seats[:1]); err != nil {
		t.Fatal(err)
	}
	if err := s.Money().ClaimReceipt(ctx, tk.Secret, "SECOND0001", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Money().
		RequestRefund(ctx, store.NewRefund{Receipt: tk.Receipt, By: "Njeri", Reference: "CASH"}); err != nil {
		t.Fatal(err)
	}
	st, err := s.Tickets().Story(ctx, tk.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(st.Pushes) != 1 || len(st.Callbacks) != 1 || st.Callbacks[0].Outcome != store.OutcomePaid ||
		len(st.Questions) != 2 ||
		len(st.Payments) != 1 || len(st.Claims) != 1 || len(st.Refunds) != 1 ||
		len(st.Facts) < 3 ||
		len(st.Log) != 2 ||
		st.Ticket.VoidedAt == 0 {
		t.Errorf("%+v", st)
	}
	if _, err := s.Tickets().Story(ctx, 1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of no ticket: %v", err)
	}
}

// TestAskAbout: M-PESA is asked once, however often the button is pressed, and never about what is over.
func TestAskAbout(t *testing.T) { storetest.Each(t, testAskAbout) }

func testAskAbout(t *testing.T) {
	clock := newClock()
	s := storetest.New(t, clock.option)
	id := storetest.Screening(t, s, 3, 8)
	manager := addOperator(t, s, "Njeri", store.RoleManager)
	ctx := store.WithBy(t.Context(), manager.By("192.0.2.7"))
	paid := bought(t, s, id, 1, 1)
	sent, _, err := s.Tickets().Book(ctx, storetest.Booking(id, storetest.Phone(2), 1))
	if err == nil {
		err = s.Tickets().RecordAnswer(ctx, sent, store.Answer{CheckoutRequestID: "ws_CO_held"})
	}
	if err != nil {
		t.Fatal(err)
	}
	asks := func(id store.TicketID, want int) {
		t.Helper()
		if n, err := s.Tickets().AskAbout(ctx, id); err != nil || n != want {
			t.Errorf("asked about %d, %v; want %d", n, err, want)
		}
	}
	asks(paid.ID, 0)
	asks(sent.TicketID, 1)
	asks(sent.TicketID, 0)
	if q, err := s.Jobs().TakeQuestion(ctx, 0, store.PushQuery); err != nil || q.ID != int64(sent.PushID) {
		t.Errorf("%+v, %v", q, err)
	}
	asks(sent.TicketID, 0)
	log, err := s.Staff().Log(ctx, store.LogFilter{Kind: "ticket", SubjectID: int64(sent.TicketID)})
	if err != nil || len(log) != 1 || log[0].Action != "ticket.ask" {
		t.Errorf("the log has %+v, %v", log, err)
	}
}
