package store_test

import (
	"errors"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestNamesShowWhatTheyAre: no name of a film, a hall, a zone, a price type, a surcharge or who gets a free ticket has
// characters that nobody sees or that turn the text around.
func TestNamesShowWhatTheyAre(t *testing.T) {
	s := storetest.New(t)
	c := s.Catalogue()
	for name, text := range map[string]string{
		"right to left override": "abc\u202edef", "left to right isolate": "a\u2066b", "a mark": "a\u200fb",
		"an Arabic mark":      "a\u061cb",
		"a space of no width": "Night\u200bshow", "a joiner": "a\u200db", "a byte order mark": "\ufeffDune",
		"a soft hyphen": "a\u00adb", "a bell": "a\x07b", "no text": "a\xffb",
		"a tag": "a\U000E0041b", "for private use": "a\ue000b",
	} {
		t.Run(name, func(t *testing.T) {
			_, faults := store.ReadMovie(store.Movie{}, map[string]string{
				"title": text, "runtime": "90", "rating": "PG",
			})
			if faults["title"].Kind != store.TextUnprintable {
				t.Errorf("a film: %v", faults)
			}
			_, err := c.AddHall(t.Context(), store.Hall{Name: text, Plan: "A oo"})
			if bad, is := errors.AsType[*store.BadHall](err); !is || bad.Name != store.NameUnprintable {
				t.Errorf("a hall: %v", err)
			}
			if _, err := c.AddHall(t.Context(), store.Hall{
				Name: "Hall " + name, Plan: "zone v = " + text + "\nA vv",
			}); err == nil {
				t.Error("a zone of a hall")
			}
			for _, card := range []store.PriceCard{
				{Prices: store.Prices{{Name: text, Cents: 1}}},
				{Prices: store.Prices{{Name: "Adult", Zone: text, Cents: 1}}},
				{Prices: store.Prices{{Name: "Adult", Cents: 1}}, Surcharges: store.Surcharges{{Name: text, Cents: 1}}},
			} {
				card.Name = name
				if _, err := c.SavePriceCard(t.Context(), card); !errors.Is(err, store.ErrPrice) {
					t.Errorf("%+v: %v", card, err)
				}
			}
		})
	}
	for _, good := range []string{"Amélie", "Mūgo wa Kĩbirũ", "七人の侍", "ርእሰ ጉዳይ", "فیلم",
		"Se7en: 10–12", "Wall·E ❤️", "O’Brien"} {
		if _, faults := store.ReadMovie(store.Movie{}, map[string]string{
			"title": good, "runtime": "90", "rating": "PG",
		}); len(faults) > 0 || !store.Printable(good) {
			t.Errorf("%q: %v", good, faults)
		}
	}
}
