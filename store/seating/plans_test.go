package seating_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cinemasphere/store/seating"
)

// read is a plan that must be good.
func read(t testing.TB, text string) *seating.Plan {
	t.Helper()
	p, problems := seating.Parse(text)
	if len(problems) > 0 {
		t.Fatalf("%v in\n%s", problems, text)
	}
	return &p
}

// free is every seat of a plan but those of the labels, or only those where the text begins with "only ".
func free(t testing.TB, p *seating.Plan, taken string) []bool {
	t.Helper()
	taken, only := strings.CutPrefix(taken, "only ")
	named := map[string]bool{}
	for _, label := range strings.Fields(taken) {
		named[label] = true
	}
	set := make([]bool, len(p.Seats))
	for i, s := range p.Seats {
		set[i] = named[s.Label] == only && s.Kind.ForSale()
		delete(named, s.Label)
	}
	if len(named) > 0 {
		t.Fatalf("the plan has no %v", named)
	}
	return set
}

// indexes are the seats of some labels.
func indexes(t testing.TB, p *seating.Plan, labels string) (seats []int) {
	t.Helper()
	for _, label := range strings.Fields(labels) {
		found := -1
		for i, s := range p.Seats {
			if s.Label == label {
				found = i
			}
		}
		if found < 0 {
			t.Fatalf("the plan has no %s", label)
		}
		seats = append(seats, found)
	}
	return seats
}

// numberings are all ways to number a row; with a centre the first two need one.
var numberings = []string{
	"odd left, even right", "even left odd right", "odd left, even right, start 101", "even left, odd right start 40",
	"", "", "from left", "from right", "odd", "even", "from right odd", "even, from right", "start 101",
	"from right start 7", "odd start 201", "even start 12 from right",
}

// planText makes plans as text, some of which have labels that stand twice.
func planText(t *rapid.T) string {
	var b strings.Builder
	zones := rapid.SampledFrom([]string{"o", "ov", "ovZ"}).Draw(t, "zones")
	for _, z := range zones[1:] {
		fmt.Fprintf(&b, "zone %c = %s\n", z, map[rune]string{'v': "VIP", 'Z': "Zúñiga rows"}[z])
	}
	if rapid.IntRange(0, 4).Draw(t, "renamed") == 0 {
		b.WriteString("zone o = Regular, cheap\n")
	}
	for i := range rapid.IntRange(1, 6).Draw(t, "rows") {
		if rapid.IntRange(0, 5).Draw(t, "headed") == 0 {
			fmt.Fprintf(&b, "[Part %d]\n", i/2)
		}
		b.WriteString(strings.Repeat("-\n", max(0, rapid.IntRange(-3, 2).Draw(t, "gap"))))
		row, columns := rowMarks(t, zones)
		labels := []string{"%c", "%c", "%c2", "R%c", "é%c", "%c-"}
		options := numberings
		if !strings.Contains(row, "|") {
			options = numberings[4:]
		}
		fmt.Fprintf(&b, rapid.SampledFrom(labels).Draw(t, "label")+"  %s  %s\n", 'A'+i, row,
			rapid.SampledFrom(options).Draw(t, "numbering"))
		if rapid.IntRange(0, 2).Draw(t, "overridden") == 0 {
			fmt.Fprintf(&b, "zones: %s\n", overrides(t, zones, columns))
		}
	}
	return b.String()
}

// rowMarks makes a row's seats, and one character a column of them, o for each seat whose zone may be another.
func rowMarks(t *rapid.T, zones string) (row, columns string) {
	pieces := []string{"o", "oo", "ooo", "_", "__", "x", "h", "hh", "LL", "LLLL", "o(14)", "o(3)", "x(88)", "w", "wc",
		"cw"}
	centre := false
	for range rapid.IntRange(1, 9).Draw(t, "pieces") {
		piece := rapid.SampledFrom(pieces).Draw(t, "piece")
		if strings.Contains(piece, "L") && strings.HasSuffix(row, "L") {
			continue
		}
		if piece == "o" && len(zones) > 1 {
			piece = string(rapid.SampledFrom([]rune(zones)).Draw(t, "zone"))
		}
		row += piece
		if !centre && rapid.IntRange(0, 6).Draw(t, "centre") == 0 {
			row, centre = row+"|", true
		}
	}
	if strings.Trim(row, "_|") == "" {
		row += "o"
	}
	for _, r := range row {
		if !strings.ContainsRune("|()0123456789", r) {
			columns += string(r)
		}
	}
	return row, columns
}

// overrides gives zones to some seats that are no love seats.
func overrides(t *rapid.T, zones, columns string) string {
	text := ""
	for _, c := range columns {
		if strings.ContainsRune("_L", c) || rapid.Bool().Draw(t, "kept") {
			text += "_"
		} else {
			text += string(rapid.SampledFrom([]rune(zones)).Draw(t, "zone"))
		}
	}
	return text
}

// plans makes plans with everything that a plan may have.
func plans(t *rapid.T) *seating.Plan {
	text := rapid.Custom(planText).Filter(func(text string) bool { // no number in brackets is another seat's too
		_, problems := seating.Parse(text)
		return !slices.ContainsFunc(problems, func(p seating.Problem) bool { return p.Fault == seating.SeatTwice })
	}).Draw(t, "plan")
	p, problems := seating.Parse(text)
	if len(problems) > 0 {
		t.Fatalf("%v in\n%s", problems, text)
	}
	if rapid.Bool().Draw(t, "noted") {
		seat := rapid.SampledFrom(p.Seats).Draw(t, "seat").Label
		if p, problems = seating.Parse(text + "note " + seat + " = a pillar = half the screen\n"); len(problems) > 0 {
			t.Fatal(problems)
		}
	}
	return &p
}
