package seating_test

import (
	"strings"
	"testing"

	"cinemasphere/store/seating"
)

// TestGrid: the plan of a grid is read as so many rows and seats, and one too large is none.
func TestGrid(t *testing.T) {
	for _, g := range []seating.Grid{
		{Rows: 1, Seats: 1}, {Rows: 10, Seats: 14, Aisles: []int{4, 10}}, {Rows: 30, Seats: 20, Aisles: []int{10}},
		{Rows: 100, Seats: 20, AllLetters: true}, {Rows: 10, Seats: 200},
	} {
		plan, problems := seating.Parse(g.Text())
		if len(problems) > 0 || len(plan.Rows) != g.Rows || plan.ForSale() != g.Rows*g.Seats ||
			plan.Columns != g.Seats+len(g.Aisles) {
			t.Errorf("%+v: %d rows, %d seats, %v", g, len(plan.Rows), plan.ForSale(), problems)
		}
		for _, row := range plan.Rows {
			if !g.AllLetters && strings.ContainsAny(row.Label, "IO") {
				t.Errorf("%+v has row %s", g, row.Label)
			}
			for i, seat := range plan.Seats[row.From:row.To] {
				passed := 0
				for _, aisle := range g.Aisles {
					if aisle <= i {
						passed++
					}
				}
				if seat.Col != i+passed || seat.Number != i+1 {
					t.Errorf("%+v: seat %d of row %s is in column %d", g, i+1, row.Label, seat.Col)
				}
			}
		}
	}
	if text := (seating.Grid{Rows: 27, Seats: 1, AllLetters: true}).Text(); !strings.HasSuffix(text, "\nAA  o\n") ||
		!strings.HasPrefix(text, "A   o\nB   o\n") {
		t.Error(text)
	}
	for _, g := range []seating.Grid{
		{}, {Rows: 1}, {Seats: 1}, {Rows: 101, Seats: 1}, {Rows: 1, Seats: 201}, {Rows: 100, Seats: 21},
		{Rows: -1, Seats: 5}, {Rows: 1, Seats: 200, Aisles: []int{4}},
	} {
		if text := g.Text(); text != "" {
			t.Errorf("%+v: %q", g, text)
		}
	}
}

// TestKeep: the text of a plan is kept as it was typed, and a sheet becomes the notation.
func TestKeep(t *testing.T) {
	for typed, want := range map[string]string{
		"A  oo_oo":             "A  oo_oo",
		"\uFEFFA oo\r\nB oo":   "A oo\nB oo",
		"row\nA,A1,A2,,A3\n":   "A  oo_o\n",
		"A1;A2;;A3":            "A  oo_o\n",
		"A\tA1\tA2\t\tA3\r\n":  "A  oo_o\n",
		"row\nA,VIP:A1,A2+,A3": "zone v = VIP\nA  vwo\n",
	} {
		plan, text, problems := seating.Keep(typed)
		if len(problems) > 0 || text != want {
			t.Errorf("%q: %q, %v", typed, text, problems)
		}
		if again, _ := seating.Parse(text); again.CSV() != plan.CSV() {
			t.Errorf("%q is kept as another plan", typed)
		}
	}
	for typed, fault := range map[string]seating.Fault{
		"": seating.NoSeats, " \n ": seating.NoSeats, "A xhx": seating.NoSeats, "A q": seating.UnknownZone,
		"A1,A1": seating.SeatTwice,
	} {
		if _, text, problems := seating.Keep(typed); text != "" || len(problems) != 1 || problems[0].Fault != fault {
			t.Errorf("%q: %q, %v", typed, text, problems)
		}
	}
}

// TestDecode: a file as text, whatever it begins with.
func TestDecode(t *testing.T) {
	for file, want := range map[string]string{
		"A oo": "A oo", "\uFEFFA oo": "A oo", "\xff\xfeA\x00 \x00o\x00": "A o", "\xfe\xff\x00A\x00 \x00o": "A o",
		"": "", "\xff\xfe": "", "\xff\xfeA": "",
	} {
		if got := seating.Decode([]byte(file)); got != want {
			t.Errorf("%q: %q", file, got)
		}
	}
}
