package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestPriceCards: cards are added, changed by their version, and taken out of use. One name is one type in all of them.
func TestPriceCards(t *testing.T) { storetest.Each(t, testPriceCards) }

func testPriceCards(t *testing.T) {
	s, ctx := storetest.New(t), store.WithBy(t.Context(), store.By{Name: "Wanjiru", Source: store.CommandLine})
	prices := store.Prices{{Name: "Adult", Cents: 900_00}, {Name: "Child", Cents: 500_00}}
	save := func(card store.PriceCard) store.PriceCardID {
		t.Helper()
		id, err := s.Catalogue().SavePriceCard(ctx, card)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	read := func(id store.PriceCardID) store.PriceCard {
		t.Helper()
		cards, err := s.Catalogue().PriceCards(ctx)
		card, found := cards.Card(id)
		if err != nil || !found {
			t.Fatalf("%v, %v", found, err)
		}
		return card
	}
	standard := save(store.PriceCard{Name: "Standard", Prices: prices})
	cheap := save(store.PriceCard{Name: "Tuesday", Prices: store.Prices{{Name: " adult", Cents: 600_00}}})
	one, two := read(standard), read(cheap)
	if one.Prices[0].Type == 0 || one.Prices[0].Type != two.Prices[0].Type || one.Prices[0].Type == one.Prices[1].Type {
		t.Errorf("%+v %+v", one.Prices, two.Prices)
	}
	one.Prices[0].Cents = 950_00
	save(one)
	if _, err := s.Catalogue().SavePriceCard(ctx, one); !errors.Is(err, store.ErrChanged) {
		t.Errorf("a stale change: %v", err)
	}
	if got := read(standard); got.Prices[0].Cents != 950_00 || got.Version != 2 {
		t.Errorf("%+v", got)
	}
	if _, err := s.Catalogue().SavePriceCard(ctx, store.PriceCard{Name: "STANDARD", Prices: prices}); !errors.Is(err,
		store.ErrNameTaken) {
		t.Errorf("one name twice: %v", err)
	}
	for _, wrong := range []store.Prices{
		nil, {{Name: "Adult"}}, {{Name: "Adult", Cents: -1}}, {{Name: "", Cents: 1}},
		{{Name: "Adult", Cents: 250_000_01}},
		{{Name: "Adult", Cents: 1}, {Name: "ADULT ", Cents: 2}},
	} {
		if _, err := s.Catalogue().SavePriceCard(ctx, store.PriceCard{
			Name: "New", Prices: wrong,
		}); !errors.Is(err, store.ErrPrice) {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	if err := s.Catalogue().ArchivePriceCard(ctx, standard, 1, false); !errors.Is(err, store.ErrChanged) {
		t.Errorf("archived by a stale page: %v", err)
	}
	for range 2 { // twice is once
		if err := s.Catalogue().ArchivePriceCard(ctx, cheap, 1, false); err != nil {
			t.Error(err)
		}
	}
	cards, err := s.Catalogue().PriceCards(ctx)
	if err != nil || len(cards.Cards) != 1 {
		t.Errorf("%+v, %v", cards, err)
	}
	save(store.PriceCard{Name: "Tuesday", Prices: prices}) // the name is free again
	if err := s.Catalogue().SetHolidays(ctx, []string{"2026-12-25", "2026-12-12", "2026-12-25"}, 0); err != nil {
		t.Fatal(err)
	}
	if cards, err = s.Catalogue().PriceCards(ctx); err != nil ||
		fmt.Sprint(cards.Holidays) != "[2026-12-12 2026-12-25]" {
		t.Errorf("%v, %v", cards.Holidays, err)
	}
	storetest.Sound(t, s)
}

// TestPricesFor: which prices hold for a film that begins at a time in Nairobi, by its business day.
func TestPricesFor(t *testing.T) {
	card := func(id store.PriceCardID, cents store.Cents, rules ...store.PriceRule) store.PriceCard {
		return store.PriceCard{ID: id, Prices: store.OnePrice(cents), Rules: rules}
	}
	cards := store.PriceCards{
		Cards: []store.PriceCard{
			card(1, 900_00,
				store.PriceRule{Holidays: true, Card: 4}, store.PriceRule{Days: []time.Weekday{time.Tuesday}, Card: 2},
				store.PriceRule{Days: []time.Weekday{time.Saturday, time.Sunday}, Before: 12 * 60, Card: 9},
				store.PriceRule{Before: 17 * 60, Card: 3}),
			card(2, 500_00, store.PriceRule{Before: 17 * 60, Card: 3}), // its own rules do not count for another card
			card(3, 600_00), card(4, 1200_00),
		},
		Holidays: []string{"2026-12-25"},
	}
	for _, c := range []struct {
		at   string
		want store.Cents
	}{
		{"2026-12-02 20:00", 900_00},  // Wednesday
		{"2026-12-02 16:59", 600_00},  // a matinee
		{"2026-12-02 17:00", 900_00},  // no longer
		{"2026-12-01 14:00", 500_00},  // Tuesday, the first rule that fits
		{"2026-12-05 10:00", 600_00},  // Saturday morning: the rule's card is out of use, the next fits
		{"2026-12-25 10:00", 1200_00}, // a holiday
		{"2026-12-02 00:30", 500_00},  // Tuesday's late show
		{"2026-12-03 00:30", 900_00},  // Wednesday's, which is no matinee
		{"2026-12-26 03:59", 1200_00}, // the holiday's
		{"2026-12-03 04:00", 600_00},  // Thursday has begun
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", c.at, time.FixedZone("EAT", 3*3600))
		if err != nil {
			t.Fatal(err)
		}
		prices, found := cards.PricesFor(1, store.At(at))
		if !found || prices[0].Cents != c.want {
			t.Errorf("%s: %+v, want %d", c.at, prices, c.want)
		}
	}
	if _, found := cards.PricesFor(77, 0); found {
		t.Error("a card that is not there has prices")
	}
}

// TestOnePriceHolds: whatever the rules, a screening gets the prices of one card in use.
func TestOnePriceHolds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var cards store.PriceCards
		n := rapid.IntRange(1, 4).Draw(rt, "cards")
		for i := range n {
			card := store.PriceCard{ID: store.PriceCardID(i + 1), Prices: store.OnePrice(store.Cents(i + 1))}
			for range rapid.IntRange(0, 3).Draw(rt, "rules") {
				rule := store.PriceRule{
					Before: rapid.IntRange(0, 1440).Draw(rt, "before"), Holidays: rapid.Bool().Draw(rt, "holidays"),
					Card: store.PriceCardID(rapid.IntRange(1, 5).Draw(rt, "card")),
				}
				for day := range 7 {
					if rapid.Bool().Draw(rt, "day") {
						rule.Days = append(rule.Days, time.Weekday(day))
					}
				}
				card.Rules = append(card.Rules, rule)
			}
			cards.Cards = append(cards.Cards, card)
		}
		at := store.Instant(rapid.Int64Range(0, 4_000_000_000_000).Draw(rt, "at"))
		prices, found := cards.PricesFor(1, at)
		if !found || len(prices) != 1 || prices[0].Cents < 1 || prices[0].Cents > store.Cents(n) {
			rt.Fatalf("%+v, %v", prices, found)
		}
	})
}

// TestHolidaysAndAllowancesHaveVersions: of two who edit them from one state, the second is told. The same again
// changes nothing, and who changes nothing is not told of others.
func TestHolidaysAndAllowancesHaveVersions(t *testing.T) {
	storetest.Each(t, testHolidaysAndAllowancesHaveVersions)
}

func testHolidaysAndAllowancesHaveVersions(t *testing.T) {
	s, ctx := storetest.New(t), store.WithBy(t.Context(), store.By{Name: "Wanjiru", Source: store.CommandLine})
	c := s.Catalogue()
	holidays := func(version int64, dates ...string) error { return c.SetHolidays(ctx, dates, version) }
	allow := func(version int64, manager, cashier int) error {
		want := store.Allowances{store.RoleManager: manager, store.RoleCashier: cashier}
		return c.SetCompAllowances(ctx, want, version)
	}
	for i, step := range []struct {
		err  error
		want error
	}{
		{holidays(0, "2026-12-25"), nil},
		{holidays(0, "2026-12-26"), store.ErrChanged},
		{holidays(0, "2026-12-25", "2026-12-25"), nil}, // sent twice
		{holidays(7), store.ErrChanged},
		{holidays(1, "2026-12-25", "2026-12-26"), nil},
		{holidays(1), store.ErrChanged},
		{holidays(2), nil},
		{allow(0, 30, 0), nil},
		{allow(0, 40, 0), store.ErrChanged},
		{allow(0, 30, 0), nil},
		{allow(1, 40, 2), nil},
		{allow(-1, 1, 1), store.ErrChanged},
	} {
		if !errors.Is(step.err, step.want) {
			t.Errorf("step %d: %v, want %v", i, step.err, step.want)
		}
	}
	cards, err := c.PriceCards(ctx)
	if err != nil || len(cards.Holidays) != 0 || cards.HolidaysVersion != 3 {
		t.Errorf("%+v, %v", cards, err)
	}
	if got, version, err := c.CompAllowances(ctx); err != nil || version != 2 || got[store.RoleManager] != 40 ||
		got[store.RoleCashier] != 2 {
		t.Errorf("%v of version %d, %v", got, version, err)
	}
}

// TestArchivedCards: a card that rules of others choose is not archived by itself, and an archived one comes back.
func TestArchivedCards(t *testing.T) { storetest.Each(t, testArchivedCards) }

func testArchivedCards(t *testing.T) {
	s, ctx := storetest.New(t), store.WithBy(t.Context(), store.By{Name: "Wanjiru", Source: store.CommandLine})
	c := s.Catalogue()
	save := func(name string, id store.PriceCardID, version int64,
		rules ...store.PriceRule) (store.PriceCardID, error) {
		return c.SavePriceCard(ctx, store.PriceCard{
			ID: id, Version: version, Name: name, Prices: store.Prices{{Name: "Adult", Cents: 1}}, Rules: rules,
		})
	}
	cheap, _ := save("Tuesday", 0, 0)
	other, _ := save("Matinee", 0, 0)
	standard, err := save("Standard", 0, 0, store.PriceRule{Days: []time.Weekday{time.Tuesday}, Card: cheap},
		store.PriceRule{Before: 17 * 60, Card: other})
	if err != nil {
		t.Fatal(err)
	}
	used, is := errors.AsType[*store.CardInUse](c.ArchivePriceCard(ctx, cheap, 1, false))
	if !is || len(used.By) != 1 || used.By[0].Name != "Standard" {
		t.Fatalf("%v", used)
	}
	if err := c.ArchivePriceCard(ctx, cheap, 1, true); err != nil {
		t.Fatal(err)
	}
	cards, err := c.PriceCards(ctx)
	card, _ := cards.Card(standard)
	if err != nil || len(cards.Cards) != 2 || len(card.Rules) != 1 || card.Rules[0].Card != other || card.Version != 2 {
		t.Errorf("%+v, %v", cards, err)
	}
	if _, err := save("Standard", standard, 2, store.PriceRule{Holidays: true, Card: cheap}); !errors.Is(err,
		store.ErrCardArchived) {
		t.Errorf("a rule for a card that is out of use: %v", err)
	}
	again, err := save("TUESDAY ", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.RestorePriceCard(ctx, cheap); !errors.Is(err, store.ErrNameTaken) {
		t.Errorf("two of one name: %v", err)
	}
	if err := c.ArchivePriceCard(ctx, again, 1, false); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.RestorePriceCard(ctx, cheap); err != nil {
			t.Error(err)
		}
	}
	// One whose own rules choose a card that was archived after it comes back without them.
	if err := errors.Join(c.ArchivePriceCard(ctx, standard, 2, false), c.ArchivePriceCard(ctx, other, 1, false),
		c.RestorePriceCard(ctx, standard)); err != nil {
		t.Fatal(err)
	}
	cards, err = c.PriceCards(ctx)
	card, _ = cards.Card(standard)
	if err != nil || len(cards.Cards) != 2 || len(card.Rules) != 0 {
		t.Errorf("%+v, %v", cards, err)
	}
	archived, err := c.ArchivedPriceCards(ctx)
	if err != nil || len(archived) != 2 || archived[0].ID != other || archived[1].ID != again {
		t.Errorf("%+v, %v", archived, err)
	}
}

// TestDearTickets: a ticket with its surcharges costs at most what M-PESA takes at once, whichever card's prices hold.
func TestDearTickets(t *testing.T) { storetest.Each(t, testDearTickets) }

func testDearTickets(t *testing.T) {
	p := schedule(t)
	card := func(name string, price, extra store.Cents, rules ...store.PriceRule) (store.PriceCardID, error) {
		return p.c.SavePriceCard(p.ctx(), store.PriceCard{
			Name: name, Prices: store.Prices{{Name: "Adult", Cents: price}}, Rules: rules,
			Surcharges: store.Surcharges{{Name: "3D glasses", Cents: extra}},
		})
	}
	if _, err := card("Too dear", 249_950_00, 50_01); !errors.Is(err, store.ErrTooDear) {
		t.Errorf("%v", err)
	}
	dear, err := card("Dear", 250_000_00-1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if p.card, err = card("Evening", 1, 2, store.PriceRule{Before: 17 * 60, Card: dear}); err != nil {
		t.Fatal(err)
	}
	p.add(p.line(0, 0, "14:00 19:00", 0))
	if got := p.published(); got != "1 on sale; too_dear Nyota Mon 14:00 in Hall 1" {
		t.Error(got)
	}
}

// TestUsualCard: forms begin with the card that was used last, or else with the oldest.
func TestUsualCard(t *testing.T) { storetest.Each(t, testUsualCard) }

func testUsualCard(t *testing.T) {
	p := schedule(t)
	usual := func(want store.PriceCardID) {
		t.Helper()
		if cards, err := p.c.PriceCards(p.ctx()); err != nil || cards.Usual != want {
			t.Errorf("%d, %v, want %d", cards.Usual, err, want)
		}
	}
	oldest := p.card
	later, err := p.c.SavePriceCard(p.ctx(), store.PriceCard{Name: "A later one", Prices: store.OnePrice(1)})
	if err != nil {
		t.Fatal(err)
	}
	usual(oldest)
	p.card = later
	p.add(p.line(0, 0, "14:00", 0))
	usual(later)
	p.card = oldest
	p.add(p.line(0, 0, "17:00", 0))
	usual(oldest)
	if err := p.c.ArchivePriceCard(p.ctx(), oldest, 1, false); err != nil {
		t.Fatal(err)
	}
	usual(later)
}

// TestNewPriceCardTwice: a form that is sent twice adds one card, and another card of that name is refused.
func TestNewPriceCardTwice(t *testing.T) { storetest.Each(t, testNewPriceCardTwice) }

func testNewPriceCardTwice(t *testing.T) {
	c := storetest.New(t).Catalogue()
	prices := store.Prices{{Name: "Adult", Cents: 900_00}, {Name: "Child", Cents: 500_00}}
	cheap, err := c.SavePriceCard(t.Context(), store.PriceCard{Name: "Tuesday", Prices: prices[1:]})
	if err != nil {
		t.Fatal(err)
	}
	card := store.PriceCard{
		Name: "Gala", Prices: prices, Surcharges: store.Surcharges{{Name: "3D glasses", Cents: 50_00}},
		Rules: store.PriceRules{{Before: 17 * 60, Card: cheap}},
	}
	first, err := c.SavePriceCard(t.Context(), card)
	second, err2 := c.SavePriceCard(t.Context(), card)
	if err != nil || err2 != nil || first != second {
		t.Errorf("sent twice: %d and %d, %v, %v", first, second, err, err2)
	}
	other := card
	other.Prices = prices[:1]
	if _, err := c.SavePriceCard(t.Context(), other); !errors.Is(err, store.ErrNameTaken) {
		t.Errorf("other prices: %v", err)
	}
	edited := card
	edited.ID, edited.Version, edited.Rules = first, 1, nil
	if _, err := c.SavePriceCard(t.Context(), edited); err != nil {
		t.Fatal(err)
	}
	edited.ID, edited.Version = 0, 0
	if _, err := c.SavePriceCard(t.Context(), edited); !errors.Is(err, store.ErrNameTaken) {
		t.Errorf("a card that was edited since: %v", err)
	}
	cards, err := c.PriceCards(t.Context())
	if err != nil || len(cards.Cards) != 2 {
		t.Errorf("%d cards, %v", len(cards.Cards), err)
	}
}
