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
	if err := s.Catalogue().ArchivePriceCard(ctx, standard, 1); !errors.Is(err, store.ErrChanged) {
		t.Errorf("archived by a stale page: %v", err)
	}
	for range 2 { // twice is once
		if err := s.Catalogue().ArchivePriceCard(ctx, cheap, 1); err != nil {
			t.Error(err)
		}
	}
	cards, err := s.Catalogue().PriceCards(ctx)
	if err != nil || len(cards.Cards) != 1 {
		t.Errorf("%+v, %v", cards, err)
	}
	save(store.PriceCard{Name: "Tuesday", Prices: prices}) // the name is free again
	if err := s.Catalogue().SetHolidays(ctx, []string{"2026-12-25", "2026-12-12", "2026-12-25"}); err != nil {
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
