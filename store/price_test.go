package store_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"cinemasphere/store"
)

const adult, child, student = store.PriceTypeID(1), store.PriceTypeID(2), store.PriceTypeID(3)

// twoZones are prices of a hall with VIP seats, where students pay the ordinary price.
func twoZones() store.Prices {
	return store.Prices{
		{Type: adult, Name: "Adult", Cents: 900_00}, {Type: child, Name: "Child", Cents: 500_00},
		{Type: student, Name: "Student", Cents: 700_00},
		{Type: adult, Name: "Adult", Zone: "VIP", Cents: 1500_00},
		{Type: child, Name: "Child", Zone: "VIP", Cents: 1400_00},
	}
}

// TestSeatLines: chosen seats cost as little as the types allow.
func TestSeatLines(t *testing.T) {
	type want = []store.TypeCount
	for _, c := range []struct {
		name   string
		zones  []string
		wanted want
		total  store.Shillings // 0 is not sold
		lines  string
	}{
		{"one type", []string{"", ""}, want{{adult, 2}}, 1800, "2 Adult 900"},
		{"a zone without a price of its own", []string{"Balcony", ""}, want{{adult, 2}}, 1800, "2 Adult 900"},
		{"two zones", []string{"", "VIP"}, want{{adult, 2}}, 2400, "1 Adult 900; 1 Adult VIP 1500"},
		// An adult pays 600 more for VIP, a child 900 more.
		{"the adult in VIP", []string{"VIP", ""}, want{{adult, 1}, {child, 1}}, 2000, "1 Adult VIP 1500; 1 Child 500"},
		{"students cannot sit in VIP", []string{"VIP", ""}, want{{student, 1}, {child, 1}}, 2100,
			"1 Student 700; 1 Child VIP 1400"},
		{"no seat for them", []string{"VIP", "VIP"}, want{{student, 1}, {child, 1}}, 0, ""},
		{"more seats than tickets", []string{"", ""}, want{{adult, 1}}, 0, ""},
		{"more tickets than seats", []string{""}, want{{adult, 2}}, 0, ""},
		{"a type that is not sold", []string{""}, want{{9, 1}}, 0, ""},
		{"none", nil, nil, 0, ""},
		{"a count below none", []string{""}, want{{adult, 2}, {child, -1}}, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines, sold := twoZones().SeatLines(c.zones, c.wanted)
			if len(c.zones) > 0 && sold != (c.total > 0) || lines.Total() != c.total || spell(lines) != c.lines {
				t.Errorf("%v %d: %s, want %d: %s", sold, lines.Total(), spell(lines), c.total, c.lines)
			}
		})
	}
}

func spell(lines store.Lines) (text string) {
	for i, l := range lines {
		if i > 0 {
			text += "; "
		}
		text += fmt.Sprintf("%d %s ", l.N, l.Name)
		if l.Zone != "" {
			text += l.Zone + " "
		}
		text += fmt.Sprint(l.Cents / 100)
	}
	return text
}

// TestSeatLinesAreLeast: no other way to seat the customers costs less.
func TestSeatLinesAreLeast(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var prices store.Prices
		for _, zone := range []string{"", "VIP", "Box"} {
			for _, id := range []store.PriceTypeID{adult, child, student} {
				if zone == "" || rapid.IntRange(0, 3).Draw(rt, "sold") > 0 {
					cents := store.Cents(rapid.IntRange(1, 30).Draw(rt, "price") * 100)
					prices = append(prices, store.Price{Type: id, Name: fmt.Sprint(id), Zone: zone, Cents: cents})
				}
			}
		}
		zones := rapid.SliceOfN(rapid.SampledFrom([]string{"", "VIP", "Box"}), 1, 6).Draw(rt, "seats")
		types := rapid.SliceOfN(rapid.SampledFrom([]store.PriceTypeID{adult, child, student}), len(zones), len(zones)).
			Draw(rt, "types")
		wanted := []store.TypeCount{{Type: adult}, {Type: child}, {Type: student}}
		for _, id := range types {
			wanted[id-1].N++
		}
		least := store.Cents(-1)
		var try func(i int, taken map[int]bool, sum store.Cents)
		try = func(i int, taken map[int]bool, sum store.Cents) {
			if i == len(types) {
				if least < 0 || sum < least {
					least = sum
				}
				return
			}
			for s, zone := range zones {
				if price, sold := prices.Of(types[i], prices.ZoneOf(zone)); sold && !taken[s] {
					taken[s] = true
					try(i+1, taken, sum+price.Cents)
					delete(taken, s)
				}
			}
		}
		try(0, map[int]bool{}, 0)
		lines, sold := prices.SeatLines(zones, wanted)
		if sold != (least >= 0) || sold && (lines.Total() != store.Total(least, 1) || lines.Count() != len(zones)) {
			rt.Fatalf("%v: %s is %d, want %d", sold, spell(lines), lines.Total(), least)
		}
	})
}
