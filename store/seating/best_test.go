package seating_test

import (
	"strings"
	"testing"

	"cinemasphere/store/seating"
)

// A hall of seven rows: two thirds back is E, and of two rows as far the one further back is better.
const smallHall = `
A oooo_oooo
B oooo_oooo
C oooo_oooo
D oooo_oooo
E oooo_oooo
F oooo_oooo
G ww___oooo
`

// kinds is a hall with every kind of seat.
const kinds = `
A oooo_hhxx
B oooo_LLLL
C wc_oo__cw
`

func TestBest(t *testing.T) {
	for _, tt := range []struct {
		name, hall, taken string
		n                 int
		want              string
	}{
		{"one, two thirds back, next to the middle", smallHall, "", 1, "E4"},
		{"two together", smallHall, "", 2, "E3 E4"},
		{"four fill a block", smallHall, "", 4, "E1 E2 E3 E4"},
		{"the other side of the aisle once that is taken", smallHall, "E1 E2 E3 E4", 2, "E5 E6"},
		{"a row further back before one nearer to the screen", smallHall, "E1 E2 E3 E4 E5 E6 E7 E8", 2, "F3 F4"},
		{"a hole is filled where the block fits", smallHall, "E1 E4 E5 E6 E7 E8", 2, "E2 E3"},
		{"no hole of one is left where a row behind has room", smallHall, "E4 E5", 2, "F3 F4"},
		{"nor where it takes another row", smallHall, "E1 E5 E6 E7 E8", 2, "F3 F4"},
		{"but three rows away it is left", smallHall, "E1 E5 E6 E7 E8 " + row("D", 8) + row("F", 8) + row("C", 8) +
			row("G", 6), 2, "E3 E4"},
		{"five fit in no block: behind each other", smallHall, "", 5, "E2 E3 E4 F3 F4"},
		{"nine are three and three and three", smallHall, "", 9, "D2 D3 D4 E2 E3 E4 F2 F3 F4"},
		{"rows behind each other on one side", smallHall, "only A1 A2 B5 B6 C1 C2 D2 D3", 4, "C1 C2 D2 D3"},
		{"not over an aisle across", "A oo\nB oo\n-\nC oo\nD oo\n", "D1", 4, "A1 A2 B1 B2"},
		{"not from one section to the next", "[S]\nA oo\nB oo\n[T]\nC oo\nD oo\n", "D1", 4, "A1 A2 B1 B2"},
		{"no pair left: two singles", smallHall, "only A1 C3 E6", 2, "C3 E6"},
		{"a pair and a single: the fewest groups", smallHall, "only A1 A2 C8 E5", 3, "A1 A2 E5"},
		{"accessible places go last", smallHall, "only G1 G2 A1", 1, "A1"},
		{"even where others are far apart", smallHall, "only G1 G2 A1 B8", 2, "A1 B8"},
		{"but they do go", smallHall, "only G1 G2 A1", 3, "A1 G1 G2"},
		{"together", smallHall, "only G1 G2 A1", 2, "G1 G2"},
		{"too many", smallHall, "only A1 A2", 3, ""},
		{"none wanted", smallHall, "", 0, ""},
		{"behind each other where neither is between", "A oo\nB oo\nC oo\nD oo\n", "D1", 4, "B1 B2 C1 C2"},
		{"the row's own centre", "A ooo|ooooo\n", "", 2, "A3 A4"},
		{"the hall's", "A oooooooo\n", "", 2, "A4 A5"},
		{"numbers say nothing of neighbours", "A ooo|ooo odd left, even right\n", "", 2, "A1 A2"},
		{"1 and 3 are neighbours", "A ooo|ooo odd left, even right\n", "only A1 A3 A6", 2, "A3 A1"},
		{"house and broken seats that are not on sale", kinds, "only A5 A6 A7 A8", 1, ""},
		{"ordinary seats before love seats", kinds, "only B5 B6 A1 A2", 2, "A1 A2"},
		{"a love seat before two apart", kinds, "only B5 B6 A1 A4", 2, "B5 B6"},
		{"no half of a love seat", kinds, "only B5 B6", 1, ""},
		{"no half that is left", kinds, "only B6 A1 A4", 2, "A1 A4"},
		{"no two halves of two love seats", kinds, "only B5 B6 B7 B8", 2, "B5 B6"},
		{"two love seats", kinds, "only B5 B6 B7 B8 A1", 4, "B5 B6 B7 B8"},
		{"three are a love seat and one", kinds, "only B5 B6 A1", 3, "A1 B5 B6"},
		{"three of two love seats there are not", kinds, "only B5 B6 B7 B8", 3, ""},
		{"four of three and a love seat", kinds, "only A1 A2 A3 B7 B8", 4, "A1 A2 B7 B8"},
		{"a love seat before an accessible place", kinds, "only B5 B6 C1 C6", 2, "B5 B6"},
		{"an accessible place before a companion seat", kinds, "only C1 C2 C6", 1, "C1"},
		{"a companion seat with its place", kinds, "only C1 C2", 2, "C1 C2"},
		{"no companion seat whose place is free and not wanted", kinds, "only C2 C6 C1", 1, "C1"},
		{"a companion seat once its place is gone", kinds, "only C2", 1, "C2"},
		{"all that there is", kinds, "only A1 B5 B6 C1 C2 C5 C6", 7, "A1 B5 B6 C1 C2 C5 C6"},
		{"a love seat and a companion seat whose place is gone", kinds, "only B5 B6 C2", 3, "B5 B6 C2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := read(t, tt.hall)
			got := strings.Join(p.Labels(seating.Best(p, free(t, p, tt.taken), tt.n)), " ")
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// row is the labels of a row's seats.
func row(label string, seats int) string {
	text := ""
	for i := range seats {
		text += label + string(rune('1'+i)) + " "
	}
	return text
}

func TestMost(t *testing.T) {
	for free1, want := range map[string]int{
		"only A1 A2 A3":       3,
		"only B5 B6":          2,
		"only B5 B6 B7 B8":    4,
		"only B5 B7":          0,
		"only A5 A6 A7":       0,
		"only A1 C1 C2":       3,
		"only":                0,
		"only B5 B6 B7 B8 C2": 5,
	} {
		p := read(t, kinds)
		if got := seating.Most(p, free(t, p, free1+" "), 10); got != want {
			t.Errorf("%s: %d, want %d", free1, got, want)
		}
	}
	p := read(t, kinds)
	if got := seating.Most(p, free(t, p, "only B5 B6 "), 1); got != 0 {
		t.Errorf("%d seats for one where a love seat is left", got)
	}
}

func TestOrphans(t *testing.T) {
	const zoned = "zone v = VIP\nA oooo_vvv\nB ooo_vvvv\n"
	const wide = "A ooooo_oooooo\nB ooooo_oooooo\n"
	for _, tt := range []struct{ name, hall, free, chosen, want string }{
		{"an end seat", wide, "", "A2 A3 A4", "A1 A5"},
		{"the other end seat", wide, "", "A1 A2 A3 A4", "A5"},
		{"both sides", smallHall, "", "E2", "E1"},
		{"in the middle", wide, "", "A1 A3", "A2"},
		{"none", smallHall, "", "E1 E2", ""},
		{"a whole block", smallHall, "", "E1 E2 E3 E4", ""},
		{"two are left", smallHall, "", "E3 E4", ""},
		{"it was single before", smallHall, "only E1 E3 A1 A2 A3", "E3", ""},
		{"a single seat is taken", smallHall, "only E1 A1 A2 A3", "E1", ""},
		{"the aisle counts as an end", wide, "", "A7 A8", "A6"},
		{"nothing else fits", smallHall, "only E1 E2", "E1", ""},
		{"nothing else fits anywhere", smallHall, "only E1 E2 F1 F2 G3 G4", "E1", ""},
		{"a single seat elsewhere fits", smallHall, "only E1 E2 A7", "E1", "E2"},
		{"three of four or five", smallHall, "only E1 E2 E3 E4", "E1 E2 E3", ""},
		{"three of three elsewhere", smallHall, "only E1 E2 E3 E4 B1 B2 B3", "E1 E2 E3", "E4"},
		{"not in more groups", smallHall, "only E1 E2 E3 E4 B1 C1 D1", "E1 E2 E3", ""},
		{"in as many groups", smallHall, "only E1 E2 E3 E4 B1 C1 D1", "E1 E3 E4", "E2"},
		{"another zone does not count", zoned, "only A1 A2 A5 A6 A7", "A1", ""},
		{"the same zone does", zoned, "only A1 A2 B1 B2 B3", "A1", "A2"},
		{"a house seat beside is nobody's", "A oooh\nB oooo\n", "", "A1 A2", "A3"},
		{"a broken seat beside neither", "A oxoo\nB oooo\n", "", "A3", "A4"},
		{"an accessible place beside is a neighbour", "A woo\nB oooo\n", "", "A3", ""},
		{"an accessible place is not left over", "A woo\nB oooo\n", "", "A2 A3", ""},
		{"a love seat is not left over", "A LLoo\nB oooo\n", "", "A3 A4", ""},
		{"a love seat beside is a neighbour", "A LLoo\nB oooo\n", "", "A4", ""},
		{"half a love seat beside is none", "A LLoo\nB oooo\n", "only A2 A3 A4 B1 B2 B3", "A4", "A3"},
		{"nothing chosen", smallHall, "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := read(t, tt.hall)
			set := free(t, p, tt.free)
			got := strings.Join(p.Labels(seating.Orphans(p, set, indexes(t, p, tt.chosen))), " ")
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestCompare: what becomes of sold seats by an edit of the plan. Who has C4 sits on C4, or the edit is refused.
func TestCompare(t *testing.T) {
	const old = "A oooo\nB oooo\nC oooo\n"
	for _, tt := range []struct{ name, old, edited, sold, want string }{
		{"nothing", old, old, "A1 B2 C4", ""},
		{"another price", old, "zone v = VIP\nA vvoo\nB oooo\nC oooo\n", "A1 A3", "A1 price"},
		{"a zone without a price of its own", old, "zone b = Back\nA bboo\nB oooo\nC oooo\n", "A1 A3", ""},
		{"kinds that a customer may keep", old, "A oLLh\nB oooo\nC oooo\n", "A2 A3 A4", ""},
		{"no chair any more", old, "A wcoo\nB oooo\nC oooo\n", "A1 A2", "A1 kind"},
		{"no wheelchair's place any more", "A wcoo", "A oooo", "A1 A2", "A1 kind"},
		{"broken", old, "A xooo\nB oooo\nC oooo\n", "A1 A2", "A1 broken"},
		{"broken before", "A xo", "A xoo", "A1", ""},
		{"a row less", old, "A oooo\nB oooo\n", "B4 C1", "C1 gone"},
		{"a seat less", old, "A ooo\nB oooo\nC oooo\n", "A4 B1", "A4 gone"},
		{"an aisle", old, "A oo_oo\nB oooo\nC oooo\n", "A2 A3 A4", ""},
		{"an aisle in the place of a seat", old, "A oo_o\nB oooo\nC oooo\n", "A2 A3 A4", "A4 gone"},
		{"an aisle before", old, "A ___oooo\nB oooo\nC oooo\n", "A1 A4", ""},
		{"an aisle across", old, "A oooo\n-\nB oooo\nC oooo\n", "B1", ""},
		{"a section", old, "A oooo\n[Back]\nB oooo\nC oooo\n", "B1", ""},
		{"seats at the end", old, "A oooooo\nB oooo\nC oooooooo\n", "A4 C4", ""},
		{"a seat in front of sold ones", old, "A o(9)o(1)ooo\nB oooo\nC oooo\n", "A1 A2", ""},
		{"a seat between", old, "A oo(2)o(9)o(3)o\nB oooo\nC oooo\n", "A2 A3", ""},
		{"a seat out in front of sold ones", old, "A _o(2)oo\nB oooo\nC oooo\n", "A2 A4 B1", ""},
		{"a row in front", old, "Z oooo\nA oooo\nB oooo\nC oooo\n", "A1 C4", ""},
		{"a row between", old, "A oooo\nA2- oooo\nB oooo\nC oooo\n", "A1 C4", ""},
		{"a row out in front", old, "B oooo\nC oooo\n", "B1 C4", ""},
		{"from right", old, "A oooo from right\nB oooo\nC oooo\n", "A1 A4 B1", "A1 moved A4 moved"},
		{"odd and even", old, "A oo|oo odd left, even right\nB oooo\nC oooo\n", "A2 B2", "A2 moved"},
		{"rows the other way round", old, "C oooo\nB oooo\nA oooo\n", "A1 B1", "A1 moved B1 moved"},
		{"labels that change places", old, "A o(2)o(1)o(3)o\nB oooo\nC oooo\n", "A1 A2 A3", "A1 moved A2 moved"},
		{"a label in another row", "A1- ooo\nA oo", "A1- o(2)o(3)\nA o(2)oo", "A2 A1-2", ""},
		{"letters that move on", old, "B oooo\nC oooo\nD oooo\n", "A1 B1", "A1 gone"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, q := read(t, tt.old), read(t, tt.edited)
			var lost []string
			for _, l := range seating.Compare(p, q, strings.Fields(tt.sold), vip) {
				lost = append(lost, l.Label+" "+string(l.Why))
			}
			if got := strings.Join(lost, " "); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// vip is how a screening prices zones that has one price for VIP and one for all others.
func vip(zone string) string {
	if zone == "VIP" {
		return zone
	}
	return ""
}

// BenchmarkBest picks seats in a hall of 600 that is a third empty.
func BenchmarkBest(b *testing.B) {
	text := ""
	for i := range 20 {
		text += string(rune('A'+i)) + " oooooooooo_oooooooooo_oooooooooo\n"
	}
	p := read(b, text)
	set := make([]bool, len(p.Seats))
	for i := range set {
		set[i] = i%7 > 3
	}
	for _, n := range []int{2, 5} {
		b.Run(string(rune('0'+n)), func(b *testing.B) {
			for b.Loop() {
				if seating.Best(p, set, n) == nil {
					b.Fatal("no seats")
				}
			}
		})
	}
}
