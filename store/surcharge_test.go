package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// glasses is a surcharge that a customer may do without, and a fee that nobody may.
func glasses() store.Surcharges {
	return store.Surcharges{{Name: "3D glasses", Cents: 50_00, Optional: true}, {Name: "Late fee", Cents: 10_25}}
}

// TestSurcharges: what so many tickets cost besides their seats.
func TestSurcharges(t *testing.T) {
	for _, c := range []struct {
		tickets int
		without []int
		can     bool
		lines   string
		total   store.Shillings
	}{
		{1, nil, true, "1 3D glasses 50; 1 Late fee 10", 61},
		{3, nil, true, "3 3D glasses 50; 3 Late fee 10", 181}, // 180.75, rounded once
		{3, []int{1}, true, "2 3D glasses 50; 3 Late fee 10", 131},
		{3, []int{3, 0}, true, "3 Late fee 10", 31},
		{3, []int{0, 0, 7}, true, "3 3D glasses 50; 3 Late fee 10", 181},
		{3, []int{4}, false, "", 0},
		{3, []int{-1}, false, "", 0},
		{3, []int{0, 1}, false, "", 0}, // not optional
	} {
		lines, can := glasses().Lines(c.tickets, c.without)
		if can != c.can || spell(lines) != c.lines || can && lines.Total() != c.total || lines.Count() != 0 {
			t.Errorf("%d without %v: %v %s %d", c.tickets, c.without, can, spell(lines), lines.Total())
		}
	}
}

// TestBookSurcharges: a booking pays its surcharges, in its total and lines, whatever the card says by then.
func TestBookSurcharges(t *testing.T) { storetest.Each(t, testBookSurcharges) }

func testBookSurcharges(t *testing.T) {
	s := storetest.New(t)
	id := storetest.Screening(t, s, 4, 10, func(sc *store.Screening) { sc.Surcharges = glasses() })
	sc, _, err := s.Catalogue().Screening(t.Context(), id)
	if err != nil || sc.Price() != 135_000+60_25 || len(sc.Surcharges) != 2 {
		t.Fatalf("%+v, %v", sc, err)
	}
	for i, c := range []struct {
		n       int
		without []int
		shown   store.Shillings
		total   store.Shillings
		kind    store.RefusalKind
	}{
		{n: 2, total: 2821}, {n: 2, shown: 2821, total: 2821}, {n: 2, without: []int{1}, shown: 2771, total: 2771},
		{n: 2, without: []int{2}, total: 2721}, {n: 2, shown: 2700, kind: store.PriceChanged},
		{n: 2, without: []int{1}, shown: 2821, kind: store.PriceChanged},
		{n: 2, without: []int{3}, kind: store.NotPriced},
		{n: 1, without: []int{0, 1}, kind: store.NotPriced},
	} {
		b := storetest.Booking(id, storetest.Phone(i), c.n)
		b.Without, b.Total = c.without, c.shown
		sent, _, err := s.Tickets().Book(t.Context(), b)
		if c.kind != "" {
			if refusal(err).Kind != c.kind {
				t.Errorf("%+v: %v", c, err)
			}
			continue
		}
		if err != nil || sent.Amount != c.total {
			t.Errorf("%+v: %d, %v", c, sent.Amount, err)
			continue
		}
		tk, err := s.Tickets().TicketBySecret(t.Context(), sent.Secret)
		if err != nil || tk.Total != c.total || tk.Lines.Total() != c.total || tk.Lines.Count() != c.n {
			t.Errorf("%+v: %+v, %v", c, tk, err)
		}
	}
	storetest.Sound(t, s)
}

// TestSurchargesOfACard: a screening takes its card's surcharges when it goes on sale, whichever card's prices hold,
// and keeps them.
func TestSurchargesOfACard(t *testing.T) { storetest.Each(t, testSurchargesOfACard) }

func testSurchargesOfACard(t *testing.T) {
	s := storetest.New(t)
	save := func(card store.PriceCard) store.PriceCard {
		t.Helper()
		id, err := s.Catalogue().SavePriceCard(t.Context(), card)
		if err != nil {
			t.Fatal(err)
		}
		cards, err := s.Catalogue().PriceCards(t.Context())
		saved, found := cards.Card(id)
		if err != nil || !found {
			t.Fatal(err)
		}
		return saved
	}
	other := save(store.PriceCard{
		Name: "Every day", Prices: store.OnePrice(500_00), Surcharges: store.Surcharges{{Name: "Popcorn", Cents: 1}},
	})
	card := save(store.PriceCard{Name: "3D", Prices: store.OnePrice(900_00), Surcharges: glasses(),
		Rules: store.PriceRules{{Card: other.ID, Days: []time.Weekday{
			time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday,
		}}}})
	id := storetest.Screening(t, s, 2, 10, func(sc *store.Screening) {
		sc.Status, sc.Prices, sc.CardID = store.Draft, nil, card.ID
	})
	if _, err := s.Catalogue().SetShowingStatus(t.Context(), id, 1, store.OnSale); err != nil {
		t.Fatal(err)
	}
	card.Surcharges[0].Cents = 70_00
	save(card)
	sc, _, err := s.Catalogue().Screening(t.Context(), id)
	if err != nil || sc.Prices[0].Cents != 500_00 || fmt.Sprint(sc.Surcharges) != fmt.Sprint(glasses()) {
		t.Errorf("%+v, %v", sc, err)
	}
	for _, wrong := range []store.Surcharges{
		{{Name: "", Cents: 1}}, {{Name: "A"}}, {{Name: "A", Cents: -1}}, {{Name: "A", Cents: 250_000_01}},
		{{Name: "A", Cents: 1}, {Name: " a ", Cents: 2}},
		{
			{Name: "A", Cents: 1}, {Name: "B", Cents: 1}, {Name: "C", Cents: 1}, {Name: "D", Cents: 1},
			{Name: "E", Cents: 1}, {Name: "F", Cents: 1},
		},
	} {
		_, err := s.Catalogue().SavePriceCard(t.Context(), store.PriceCard{
			Name: "Wrong", Prices: store.OnePrice(1), Surcharges: wrong,
		})
		if !errors.Is(err, store.ErrPrice) {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	storetest.Sound(t, s)
}

// drawRules draws rules of a card, whose times overlap as they like.
func drawRules(rt *rapid.T, others int) (rules store.PriceRules) {
	for range rapid.IntRange(0, 4).Draw(rt, "rules") {
		rule := store.PriceRule{
			Card:     store.PriceCardID(rapid.IntRange(2, 1+others).Draw(rt, "card")),
			Holidays: rapid.Bool().Draw(rt, "holidays"),
		}
		if rapid.Bool().Draw(rt, "matinee") {
			rule.Before = rapid.IntRange(1, 1439).Draw(rt, "before")
		}
		for day := range 7 {
			if rapid.IntRange(0, 2).Draw(rt, "day") == 0 {
				rule.Days = append(rule.Days, time.Weekday(day))
			}
		}
		rules = append(rules, rule)
	}
	return rules
}

// TestRulesAsTyped: which rule holds depends on the order of the rules alone, as their page says, and not on that of
// their days, of the cards or of the holidays. Of rules of which one at most fits, no order matters.
func TestRulesAsTyped(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const others = 4
		cards := store.PriceCards{Holidays: []string{"2026-12-25", "2027-01-01", "2026-12-12"}}
		cards.Cards = append(cards.Cards, store.PriceCard{
			ID: 1, Prices: store.OnePrice(1), Rules: drawRules(rt, others),
		})
		for i := range others {
			cards.Cards = append(cards.Cards, store.PriceCard{
				ID: store.PriceCardID(i + 2), Prices: store.OnePrice(store.Cents(i + 2)),
			})
		}
		days := rapid.IntRange(0, 60).Draw(rt, "days")
		at := store.At(time.Date(2026, 11, 25, 0, rapid.IntRange(0, 1439).Draw(rt, "minute"), 0, 0,
			time.FixedZone("EAT", 3*3600)).AddDate(0, 0, days))
		prices, found := cards.PricesFor(1, at)
		if !found || len(prices) != 1 {
			rt.Fatalf("%v, %v", prices, found)
		}
		fits := func(rule store.PriceRule) bool {
			alone := cards
			alone.Cards = append([]store.PriceCard{{ID: 1, Prices: store.OnePrice(1), Rules: store.PriceRules{rule}}},
				cards.Cards[1:]...)
			prices, _ := alone.PricesFor(1, at)
			return prices[0].Cents != 1
		}
		var fitting store.PriceRules
		for _, rule := range cards.Cards[0].Rules {
			if fits(rule) {
				fitting = append(fitting, rule)
			}
		}
		want := store.Cents(1)
		if len(fitting) > 0 {
			want = store.Cents(fitting[0].Card) // the first that fits
		}
		if prices[0].Cents != want {
			rt.Fatalf("%v: %d, want %d of %v", at, prices[0].Cents, want, cards.Cards[0].Rules)
		}
		mixed := store.PriceCards{
			Holidays: rapid.Permutation(cards.Holidays).Draw(rt, "holidays"),
			Cards:    rapid.Permutation(cards.Cards).Draw(rt, "cards"),
		}
		for i, card := range mixed.Cards {
			if card.ID != 1 {
				continue
			}
			rules := append(store.PriceRules{}, card.Rules...)
			for j := range rules {
				rules[j].Days = rapid.Permutation(rules[j].Days).Draw(rt, "days")
			}
			if len(fitting) < 2 {
				rules = rapid.Permutation(rules).Draw(rt, "rules")
			}
			mixed.Cards[i].Rules = rules
		}
		if again, _ := mixed.PricesFor(1, at); again[0].Cents != want {
			rt.Fatalf("in another order: %d, want %d", again[0].Cents, want)
		}
	})
}

// TestEverySeatHasOnePrice: of whatever prices a card may have, each seat of a hall has one price for each type that is
// sold there, and its total is the sum of these, rounded up once.
func TestEverySeatHasOnePrice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		zones := []string{"", "VIP", "Box"}[:rapid.IntRange(1, 3).Draw(rt, "zones")]
		var prices store.Prices
		for _, zone := range zones {
			for _, id := range []store.PriceTypeID{adult, child, student} {
				if id == adult || rapid.Bool().Draw(rt, "sold") {
					prices = append(prices, store.Price{Type: id, Name: fmt.Sprint("T", id), Zone: zone,
						Cents: store.Cents(rapid.IntRange(1, 250_000).Draw(rt, "cents"))})
				}
			}
		}
		prices = rapid.Permutation(prices).Draw(rt, "in any order")
		seat := rapid.SampledFrom([]string{"", "VIP", "Box", "Balcony"}).Draw(rt, "seat")
		zone := prices.ZoneOf(seat)
		for _, id := range []store.PriceTypeID{adult, child, student} {
			n, sum := 0, store.Cents(0)
			for _, p := range prices {
				if p.Type == id && p.Zone == zone {
					n, sum = n+1, p.Cents
				}
			}
			price, sold := prices.Of(id, zone)
			if n > 1 || sold != (n == 1) || price.Cents != sum {
				rt.Fatalf("seat in %q, type %d: %d prices, %v, %v", seat, id, n, price, sold)
			}
			lines, can := prices.SeatLines([]string{seat}, []store.TypeCount{{Type: id, N: 1}})
			if can != sold || sold && (len(lines) != 1 || lines.Total() != store.Total(sum, 1)) {
				rt.Fatalf("seat in %q, type %d: %v, %s", seat, id, can, spell(lines))
			}
		}
		if !slices.Contains(zones, zone) {
			rt.Fatalf("%q is no zone of %q", zone, zones)
		}
	})
}
