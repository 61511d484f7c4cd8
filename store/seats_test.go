package store_test

import (
	"strings"
	"testing"

	"cinemasphere/store"
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

func TestBestSeats(t *testing.T) {
	cases := []struct {
		name  string
		taken string
		n     int
		want  string
	}{
		{"one, two thirds back, next to the middle", "", 1, "E4"},
		{"two together", "", 2, "E3 E4"},
		{"four fill a block", "", 4, "E1 E2 E3 E4"},
		{"the other side of the aisle once that is taken", "E1 E2 E3 E4", 2, "E5 E6"},
		{"a row further back before one nearer to the screen", "E1 E2 E3 E4 E5 E6 E7 E8", 2, "F3 F4"},
		{"a hole is filled where the block fits", "E1 E4 E5 E6 E7 E8", 2, "E2 E3"},
		{"five fit in no block: fewest groups, nearest", "", 5, "E1 E2 E3 E4 E5"},
		{"nine need three groups", "", 9, "E1 E2 E3 E4 E5 E6 E7 E8 F4"},
		{"no pair left: two singles", but("A1 C3 E6"), 2, "C3 E6"},
		{"accessible places go last", but("G1 G2 A1"), 1, "A1"},
		{"but they do go", but("G1 G2 A1"), 3, "A1 G1 G2"},
		{"a pair of accessible places before two singles far apart", but("G1 G2 A1 B8"), 2, "G1 G2"},
		{"too many", but("A1 A2"), 3, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			taken := map[string]bool{}
			for _, l := range strings.Fields(c.taken) {
				taken[l] = true
			}
			got, err := store.BestSeats(smallHall, taken, c.n)
			if err != nil {
				t.Fatal(err)
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("got %q, want %q", s, c.want)
			}
		})
	}
}

// but is every seat of the small hall except those named.
func but(free string) string {
	places, err := store.ParsePlan(smallHall)
	if err != nil {
		return err.Error()
	}
	var taken []string
	for _, p := range places {
		if !strings.Contains(" "+free+" ", " "+p.Label+" ") {
			taken = append(taken, p.Label)
		}
	}
	return strings.Join(taken, " ")
}

func TestParsePlanRefuses(t *testing.T) {
	for plan, want := range map[string]string{
		"":             "no seats",
		"A ____":       "no seats",
		"A oxo":        "is not o, w or _",
		"A oo\nA oo":   "stands twice",
		"A1 o\nA 11ow": "is not o",
	} {
		if _, err := store.ParsePlan(plan); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("plan %q: %v, want %q", plan, err, want)
		}
	}
}
