package seating_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cinemasphere/store/seating"
)

// whole is the plan of the package comment, with all that a plan may have.
const whole = `[Stalls]
zone v = VIP
A  oooo_oooooo_oooo
B  oooo_oooooo_oooo  from right
C  oooo_ooo|ooo_oooo  odd left, even right
C2 oooo_oooooo_oooo  odd
-
[Balcony]
D  wc__oooooo__cw
E  LLLL_vvvvvv_LLLL  start 101
zones: vvvv
F  oo_xhhoooo_oo
G  oo(14)o
note F1 = behind  a pillar
`

// TestNumbers: what each seat of a row is called, from the left.
func TestNumbers(t *testing.T) {
	for _, tt := range []struct{ row, want string }{
		{"A oooo", "1 2 3 4"},
		{"A oo_oo", "1 2 3 4"},
		{"A __oo_o_", "1 2 3"},
		{"A oo_oo from left", "1 2 3 4"},
		{"A oo_oo from right", "4 3 2 1"},
		{"A oo_oo  FROM RIGHT", "4 3 2 1"},
		{"A oooo odd", "1 3 5 7"},
		{"A oooo even", "2 4 6 8"},
		{"A oooo from right, odd", "7 5 3 1"},
		{"A oooo even from right", "8 6 4 2"},
		{"A oooo from right even", "8 6 4 2"},
		{"A oooo start 101", "101 102 103 104"},
		{"A oooo from right start 101", "104 103 102 101"},
		{"A oooo odd start 101", "101 103 105 107"},
		{"A oooo start 20, even", "20 22 24 26"},
		{"A ooo|ooo odd left, even right", "5 3 1 2 4 6"},
		{"A ooo|ooo even left, odd right", "6 4 2 1 3 5"},
		{"A ooo|ooo even right, odd left", "5 3 1 2 4 6"},
		{"A ooo|ooo odd left", "5 3 1 2 4 6"},
		{"A ooo|ooo even right", "5 3 1 2 4 6"},
		{"A oo_o|oo odd left, even right", "5 3 1 2 4"},
		{"A oooo|o odd left even right", "7 5 3 1 2"},
		{"A |ooo odd left, even right", "2 4 6"},
		{"A ooo| odd left, even right", "5 3 1"},
		{"A oo_|_oo odd left, even right", "3 1 2 4"},
		{"A oo|oo odd left, even right, start 101", "103 101 102 104"},
		{"A oo|oo odd left, even right, start 40", "43 41 40 42"},
		{"A oo|oo", "1 2 3 4"},
		{"A oo|oo from right", "4 3 2 1"},
		{"A oo(14)o", "1 14 15"},
		{"A o(14)o(3)o", "14 3 4"},
		{"A oo(14)o from right", "15 14 1"},
		{"A oo(15)o odd", "1 15 17"},
		{"A oo(7)|oo odd left, even right", "9 7 2 4"},
		{"A w(5)cL(9)L_x(2)h", "5 6 9 10 2 3"},
		{"A oxo", "1 2 3"},
		{"12 oo", "1 2"},
		{"A\toooo\tfrom right", "4 3 2 1"},
		{"   A    oo    odd   ", "1 3"},
		{"A oo , odd ,, from right,", "3 1"},
		{"A oo odd odd", "1 3"},
	} {
		t.Run(tt.row, func(t *testing.T) {
			p := read(t, tt.row)
			var got []string
			for _, s := range p.Seats {
				got = append(got, fmt.Sprint(s.Number))
			}
			if g := strings.Join(got, " "); g != tt.want {
				t.Errorf("got %s, want %s", g, tt.want)
			}
		})
	}
}

// TestWholePlan: sections, zones, aisles, kinds, mates and notes of a plan that has all of them.
func TestWholePlan(t *testing.T) {
	p := read(t, whole)
	var rows []string
	for _, r := range p.Rows {
		rows = append(rows, fmt.Sprintf("%s %s %d %d %d", r.Section, r.Label, r.Gap, r.Centre, r.To-r.From))
	}
	if want := []string{
		"Stalls A 0 -1 14", "Stalls B 0 -1 14", "Stalls C 0 8 14", "Stalls C2 0 -1 14", "Balcony D 1 -1 10",
		"Balcony E 0 -1 14", "Balcony F 0 -1 11", "Balcony G 0 -1 3",
	}; !slices.Equal(rows, want) {
		t.Errorf("rows %q", rows)
	}
	for _, tt := range []struct {
		label, zone string
		kind        seating.Kind
		row, col    int
		mate        string
	}{
		{"A5", "Standard", seating.Ordinary, 0, 5, ""},
		{"C1", "Standard", seating.Ordinary, 2, 7, ""},
		{"C2", "Standard", seating.Ordinary, 2, 8, ""},
		{"C211", "Standard", seating.Ordinary, 3, 6, ""},
		{"D1", "Standard", seating.Accessible, 4, 0, ""},
		{"D2", "Standard", seating.Companion, 4, 1, "D1"},
		{"D9", "Standard", seating.Companion, 4, 12, "D10"},
		{"E101", "VIP", seating.Love, 5, 0, "E102"},
		{"E105", "VIP", seating.Ordinary, 5, 5, ""},
		{"E114", "Standard", seating.Love, 5, 15, "E113"},
		{"F3", "Standard", seating.Broken, 6, 3, ""},
		{"F4", "Standard", seating.House, 6, 4, ""},
		{"G14", "Standard", seating.Ordinary, 7, 1, ""},
		{"G15", "Standard", seating.Ordinary, 7, 2, ""},
	} {
		s := p.Seats[indexes(t, p, tt.label)[0]]
		mate := ""
		if s.Mate >= 0 {
			mate = p.Seats[s.Mate].Label
		}
		if s.Zone != tt.zone || s.Kind != tt.kind || s.Row != tt.row || s.Col != tt.col || mate != tt.mate {
			t.Errorf("%+v, want %+v", s, tt)
		}
	}
	if note := p.Seats[indexes(t, p, "F1")[0]].Note; note != "behind a pillar" {
		t.Errorf("note %q", note)
	}
	if p.Columns != 16 || p.ForSale() != len(p.Seats)-3 {
		t.Errorf("%d columns, %d of %d for sale", p.Columns, p.ForSale(), len(p.Seats))
	}
}

// TestMates: whose companion a seat is: that of the nearest accessible place of its row.
func TestMates(t *testing.T) {
	for row, want := range map[string]string{
		"A wc":       "A2-A1",
		"A cw":       "A1-A2",
		"A wccw":     "A2-A1 A3-A4",
		"A wcw":      "A2-A1",
		"A wcc":      "A2-A1 A3-A1",
		"A w___c":    "A2-A1",
		"A woooc_w":  "A5-A6",
		"A LL":       "A1-A2 A2-A1",
		"A LLLL":     "A1-A2 A2-A1 A3-A4 A4-A3",
		"A LL_LL":    "A1-A2 A2-A1 A3-A4 A4-A3",
		"A L|L":      "A1-A2 A2-A1",
		"A LL(9)oLL": "A1-A9 A9-A1 A11-A12 A12-A11",
	} {
		p := read(t, row)
		var got []string
		for _, s := range p.Seats {
			if s.Mate >= 0 {
				got = append(got, s.Label+"-"+p.Seats[s.Mate].Label)
			}
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%s: %s, want %s", row, g, want)
		}
	}
}

// TestZones: which zone a seat is in.
func TestZones(t *testing.T) {
	for text, want := range map[string]string{
		"A oo":                                       "Standard Standard",
		"zone v = VIP\nA ov":                         "Standard VIP",
		"A ov\nzone v=VIP":                           "Standard VIP",
		"zone o = Regular\nA ow":                     "Regular Regular",
		"zone v = VIP\nA wv\nzones: v":               "VIP VIP",
		"zone v = VIP\nA w_(w\n":                     "",
		"zone v = VIP\nA w_w|o\nzones: __v":          "Standard VIP Standard",
		"zone v = VIP\nA w(7)w\n  zones:   _v":       "Standard VIP",
		"zone v = VIP\nA vv\nzones: o":               "Standard VIP",
		"zone V = VIP\nzone v = Very  good\nA vVo":   "Very good VIP Standard",
		"zone p = Premium (upstairs), new\nA p":      "Premium (upstairs), new",
		"\uFEFFzone v = VIP\r\n\r\nA v\r\nzones: v ": "VIP",
	} {
		p, problems := seating.Parse(text)
		var got []string
		for _, s := range p.Seats {
			got = append(got, s.Zone)
		}
		if g := strings.Join(got, " "); g != want || (want == "") != (len(problems) > 0) {
			t.Errorf("%q: %q, want %q: %v", text, g, want, problems)
		}
	}
}

// TestProblems: every problem of a text, with its line and column.
func TestProblems(t *testing.T) {
	long := strings.Repeat("o", seating.MaxColumns)
	var many, tall strings.Builder
	for i := range 11 {
		fmt.Fprintf(&many, "R%c %s\n", 'A'+i, long)
	}
	for i := range 2000 {
		fmt.Fprintf(&tall, "R%d- o\n", i)
	}
	for _, tt := range []struct {
		text string
		want string // fault line:column text, one after the other
	}{
		{"", "no_seats 1:1 "},
		{" \n\n", "no_seats 1:1 "},
		{"A ____", "row_empty 1:1 |no_seats 1:1 "},
		{"A", "row_empty 1:1 |no_seats 1:1 "},
		{"oooo\nA oo", "row_empty 1:1 "},
		{"A oo\nB oyo\nC o?o?", "unknown_zone 2:4 y|bad_mark 3:4 ?"},
		{"A o+o", "bad_mark 1:4 +"},
		{"A oOo", "unknown_zone 1:4 O"},
		{"A o\u00e9o", "bad_mark 1:4 \u00e9"},
		{"A o\xffo", "bad_mark 1:4 \uFFFD"},
		{"A oo oo", "bad_option 1:6 oo"},
		{"A oo odd, backwards", "bad_option 1:11 backwards"},
		{"A oo from behind", "bad_option 1:6 from|bad_option 1:11 behind"},
		{"A oo start", "bad_number 1:6 "},
		{"A oo start 0", "bad_number 1:12 0"},
		{"A oo start 1.5", "bad_number 1:12 1.5"},
		{"A oo start 99999999999999999999", "bad_number 1:12 99999999999999999999"},
		{"A oo start 9999", "number_too_high 1:1 "},
		{"A oo odd even", "option_clash 1:10 even"},
		{"A oo odd start 100", "option_clash 1:10 start 100"},
		{"A oo even start 1", "option_clash 1:11 start 1"},
		{"A oo start 1 start 2", "option_clash 1:14 start 2"},
		{"A oo from left from right", "option_clash 1:16 from right"},
		{"A o|o odd left, odd right", "option_clash 1:17 odd right"},
		{"A o|o odd left, even right, from right", "option_clash 1:7 from right"},
		{"A oo odd left, even right", "centre_missing 1:1 "},
		{"A o|o|o", "centre_twice 1:6 "},
		{"A (14)oo", "number_alone 1:3 (14)"},
		{"A o_(14)", "number_alone 1:5 (14)"},
		{"A o(1)(2)", "number_twice 1:7 (2)"},
		{"A o(0)", "bad_number 1:4 (0)"},
		{"A o()", "bad_number 1:4 ()"},
		{"A o(x)o", "bad_number 1:4 (x)"},
		{"A o(14", "bad_number 1:4 (14"},
		{"A o(-3)", "bad_number 1:4 (-3)"},
		{"A o(10000)", "bad_number 1:4 (10000)"},
		{"E oLLL", "odd_love 1:4 "},
		{"E LL_LLLLL_L", "odd_love 1:6 |odd_love 1:12 "},
		{"E LoL", "odd_love 1:3 |odd_love 1:5 "},
		{"zone v = VIP\nE LL\nzones: v", "love_zones 2:3 "},
		{"A oc\nB w", "companion_alone 1:4 "},
		{"A oo\nA oo", "seat_twice 2:3 A1"},
		{"A1 o\nA 11oo", "bad_mark 2:3 1"},
		{"A1 o\nA oooooooooooo", "seat_twice 2:13 A11"},
		{"A oo(1)", "seat_twice 1:4 A1"},
		{"a/b o\n-x o", "bad_label 1:1 a/b|bad_label 2:1 -x"},
		{"=1+1 o", "bad_label 1:1 =1+1"},
		{"ABCDEFGHI o", "bad_label 1:1 ABCDEFGHI"},
		{"note oo", "bad_note 1:1 note oo|no_seats 1:1 "},
		{"zone oo\nA o", "bad_zone 1:1 zone oo"},
		{"zone v VIP\nA o", "bad_zone 1:1 zone v VIP"},
		{"zone 1 = One\nA o", "bad_zone 1:1 zone 1 = One"},
		{"zone vv = VIP\nA o", "bad_zone 1:1 zone vv = VIP"},
		{"zone v =\nA o", "bad_name 1:1 "},
		{"zone v = =cmd\nA o", "bad_name 1:1 =cmd"},
		{"zone v = a:b\nA o", "bad_name 1:1 a:b"},
		{"zone w = VIP\nA o", "reserved_letter 1:1 w"},
		{"zone v = VIP\nzone v = Gold\nA o", "zone_twice 2:1 v"},
		{"zone v = VIP\nzone g = vip\nA o", "zone_twice 2:1 vip"},
		{"zone v = Standard\nA o", "zone_twice 1:1 Standard"},
		{"[Stalls\nA o", "bad_section 1:1 [Stalls"},
		{"[]\nA o", "bad_name 1:2 "},
		{"[Stalls]\n[Balcony]\nA o\n[Roof]", "section_empty 1:1 Stalls|section_empty 4:1 Roof"},
		{"zones: v\nA o", "zones_alone 1:1 "},
		{"A o\n-\nzones: o", "zones_alone 3:1 "},
		{"A o\nzones: o\nzones: o", "zones_alone 3:1 "},
		{"A oo\nzones: ooo", "zones_too_long 2:10 "},
		{"A oo\nzones: _y", "unknown_zone 2:9 y"},
		{"A o_\nzones: oo", "zone_on_aisle 2:9 o"},
		{"A o\nnote A1", "bad_note 2:1 note A1"},
		{"A o\nnote A1 =", "bad_note 2:1 note A1 ="},
		{"A o\nnote A9 = far", "note_nowhere 2:1 A9"},
		{"A o\nnote A1 = a\nnote A1 = b", "note_twice 3:1 A1"},
		{"A o\nnote A1 = " + strings.Repeat("é", 301), "note_too_long 2:1 A1"},
		{strings.Repeat("-\n", 12) + "A o", "too_many_aisles 10:1 "},
		{"A o" + long, "row_too_wide 1:1 "},
		{many.String(), "too_many_seats 11:4 "},
		{tall.String(), "too_many_rows 101:1 "},
		{strings.Repeat("x", seating.MaxText+1), "text_too_long 1:1 "},
		{"A ooy\nB LLL\nC c\nD o(0)", "unknown_zone 1:5 y|odd_love 2:3 |companion_alone 3:3 |bad_number 4:4 (0)"},
	} {
		p, problems := seating.Parse(tt.text)
		var got []string
		for _, problem := range problems {
			got = append(got, fmt.Sprintf("%s %d:%d %s", problem.Fault, problem.Line, problem.Column, problem.Text))
			if words := problem.Error(); !strings.HasSuffix(words, ".") && !strings.HasSuffix(words, "VIP") &&
				!strings.HasSuffix(words, "]") && !strings.HasSuffix(words, "pillar") {
				t.Errorf("%s in words: %q", problem.Fault, words)
			}
		}
		if g := strings.Join(got, "|"); g != tt.want || len(p.Seats) > 0 {
			t.Errorf("%.60q:\n got %s\nwant %s", tt.text, g, tt.want)
		}
	}
}

// TestManyProblems: a text of nothing but mistakes has an answer that can be shown, which says how many there are.
func TestManyProblems(t *testing.T) {
	_, problems := seating.Parse(strings.Repeat("zone = x\n", 1000))
	last := problems[len(problems)-1]
	if len(problems) != 200 || last.Fault != seating.MoreProblems || last.Number != 1001-199 {
		t.Errorf("%d problems, the last %+v", len(problems), last)
	}
}

// TestTallPlan: how many rows there are too many is told.
func TestTallPlan(t *testing.T) {
	_, problems := seating.Parse(strings.Repeat("R o start 1\n", 100) + strings.Repeat("S o\n", 1900))
	for _, p := range problems {
		if p.Fault == seating.TooManyRows && (p.Number != 2000 || p.Line != 101) {
			t.Errorf("%+v", p)
		}
	}
}
