package seating_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cinemasphere/store/seating"
)

// TestNearest: what is suggested instead of chosen seats that were taken.
func TestNearest(t *testing.T) {
	const wide = "A oooooooo\nB oooooooo\nC oooooooo\nD oooooooo\n"
	const zoned = "zone v = VIP\nA oooo\nB ovvo\nC vvvv\n"
	for _, tt := range []struct{ name, hall, taken, chosen, want string }{
		{"nothing was taken", wide, "", "B3 B4", ""},
		{"nothing is chosen", wide, "B3", "", ""},
		{"one of two: beside the other", wide, "B4", "B3 B4", "B2"},
		{"one of two, neither side of whom is free", wide, "B4 B2", "B3 B4", "B5"},
		{"one of two, beside the other though another is nearer", wide, "B5", "B4 B5", "B3"},
		{"alone: the next one", wide, "B3", "B3", "B4"},
		{"the other side", wide, "B3 B4", "B3", "B2"},
		{"over an aisle as well", "A oo_oo", "A2 A1", "A2", "A3"},
		{"the row behind before one two seats aside", wide, "B1 B2 B3 B4 B5", "B3", "C3"},
		{"two: side by side", wide, "B3 B4", "B3 B4", "C3 C4"},
		{"two: side by side in another row", wide, "B1 B3 B4 B6 B8", "B3 B4", "C3 C4"},
		{"two: one by one where nothing is side by side", "A oooooo", "A2 A3 A5", "A2 A3", "A1 A4"},
		{"two parties", wide, "B2 C7", "B1 B2 C7 C8", "C6 B3"},
		{"in the middle of three", wide, "B4", "B3 B4 B5", "C4"},
		{"the end of three", wide, "B5", "B3 B4 B5", "B2"},
		{"all three", wide, "B3 B4 B5", "B3 B4 B5", "C3 C4 C5"},
		{"nothing is left", "A ooo", "A2 A3", "A1 A2 A3", ""},
		{"only what is chosen is left", "A ooo", "A2 A3", "A1 A2", ""},
		{"of the same price", zoned, "B2", "B2", "B3"},
		{"of the same price in another row", zoned, "B2 B3", "B2", "C2"},
		{"of the other price", zoned, "B1", "B1", "A1"},
		{"of one price, whatever the zone is called", "zone b = Back\nA oo\nB bb", "A1 A2", "A1", "B1"},
		{"of two prices", zoned, "B3 B4", "B3 B4", "B2 B1"},
		{"a love seat whole", "A LLLL\nB oooo", "A1 A2", "A1 A2", "A3 A4"},
		{"and no ordinary ones for it", "A LL\nB oooo", "A1 A2", "A1 A2", ""},
		{"no love seat for ordinary ones", "A oo_LL\nB oo", "A1 A2", "A1 A2", "B1 B2"},
		{"a wheelchair's place for one", "A woo\nB oow", "A1", "A1", "B3"},
		{"and no chair for one", "A woo\nB ooo", "A1", "A1", ""},
		{"no wheelchair's place for a chair", "A ow\nB oo", "A1", "A1", "B1"},
		{"a companion seat with its place", "A wc__wc", "A1 A2", "A1 A2", "A3 A4"},
		{"no companion seat whose place is another's to take", "A wc__wc", "A2", "A1 A2", ""},
		{"a companion seat whose place is gone", "A wc__wc", "A2 A3", "A1 A2", "A4"},
		{"the same section first", "A o_o\n[Balcony]\nB ooo", "A1 A2", "A1", "B1"},
		{"the section before the row", "[S]\nA o\nB o\nC o\nD o\n[T]\nE o", "D1", "D1", "C1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := read(t, tt.hall)
			got := p.Labels(seating.Nearest(p, free(t, p, tt.taken), indexes(t, p, tt.chosen), vip))
			want := strings.Fields(tt.want)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// TestNearestHolds: what is suggested is free, not chosen already, as many as were taken, of their prices and kinds,
// with love seats whole and companion seats not without their places. There is a suggestion wherever there are enough
// seats to suggest; and of seats for one party nothing that would do as well is nearer.
func TestNearestHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := plans(t)
		set := someFree(t, p)
		for i, s := range p.Seats { // a love seat is sold whole
			if s.Kind == seating.Love && s.Mate > i {
				set[s.Mate] = set[i]
			}
		}
		var chosen []int
		at := rapid.IntRange(0, len(p.Seats)-1).Draw(t, "first")
		for i := at; i < len(p.Seats) && len(chosen) < 6; i++ {
			s := p.Seats[i]
			if !s.Kind.ForSale() || rapid.IntRange(0, 2).Draw(t, "chosen") == 0 || slices.Contains(chosen, i) {
				continue
			}
			if chosen = append(chosen, i); s.Mate >= 0 && !slices.Contains(chosen, s.Mate) {
				chosen = append(chosen, s.Mate)
			}
		}
		kinds, lost := map[string]int{}, 0
		companions := false
		mine := map[int]bool{}
		for _, i := range chosen {
			if set[i] {
				mine[i] = true
				continue
			}
			lost++
			kinds[sortOf(p, i)]++
			companions = companions || p.Seats[i].Kind == seating.Companion
		}
		got := seating.Nearest(p, set, chosen, vip)
		if len(got) != 0 && len(got) != lost {
			t.Fatalf("%v instead of %d\n%s", p.Labels(got), lost, p.Text())
		}
		if len(got) == 0 {
			for i := range p.Seats {
				if set[i] && !mine[i] {
					kinds[sortOf(p, i)]--
				}
			}
			enough := lost > 0 && !companions
			for _, short := range kinds {
				enough = enough && short <= 0
			}
			if enough {
				t.Fatalf("nothing instead of %v\n%s", p.Labels(chosen), p.Text())
			}
			return
		}
		for _, i := range got {
			if !set[i] || mine[i] {
				t.Fatalf("%s is not free\n%s", p.Seats[i].Label, p.Text())
			}
			mine[i] = true
			kinds[sortOf(p, i)]--
		}
		for kind, short := range kinds {
			if short != 0 {
				t.Fatalf("%d of %s are missing: %v instead of %v\n%s", short, kind, p.Labels(got), p.Labels(chosen),
					p.Text())
			}
		}
		for _, i := range got {
			if s := p.Seats[i]; s.Mate >= 0 && !mine[s.Mate] && (s.Kind == seating.Love || set[s.Mate]) {
				t.Fatalf("%s without %s\n%s", s.Label, p.Seats[s.Mate].Label, p.Text())
			}
		}
		if len(chosen) == 1 {
			for i, s := range p.Seats {
				if set[i] && s.Mate < 0 && sortOf(p, i) == sortOf(p, chosen[0]) &&
					apart(p, i, chosen[0]) < apart(p, got[0], chosen[0]) {
					t.Fatalf("%s is nearer than %s to %s\n%s", s.Label, p.Labels(got), p.Labels(chosen), p.Text())
				}
			}
		}
	})
}

func sortOf(p *seating.Plan, i int) string {
	return vip(p.Seats[i].Zone) + " " + string(p.Seats[i].Kind)
}

// apart is how far two seats are from each other.
func apart(p *seating.Plan, a, b int) int {
	x, y := p.Seats[min(a, b)], p.Seats[max(a, b)]
	far := max(x.Col-y.Col, y.Col-x.Col)
	for row := x.Row + 1; row <= y.Row; row++ {
		if far += 2 + 2*p.Rows[row].Gap; p.Rows[row].Section != p.Rows[row-1].Section {
			far += 20
		}
	}
	return far
}
