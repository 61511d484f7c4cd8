package seating_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"cinemasphere/store/seating"
)

// same fails where two plans differ.
func same(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, how, text string, want *seating.Plan, got seating.Plan, problems []seating.Problem) {
	t.Helper()
	if len(problems) > 0 {
		t.Fatalf("%s: %v in\n%s", how, problems, text)
	}
	if !reflect.DeepEqual(*want, got) {
		t.Fatalf("%s:\n%+v\nbecame\n%+v\nby\n%s", how, *want, got, text)
	}
}

// TestRoundTrips: a plan is the same plan after it was printed as text or CSV, whatever its numbering, and however the
// CSV was saved.
func TestRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := plans(t)
		text := p.Text()
		again, problems := seating.Parse(text)
		same(t, "text", text, p, again, problems)
		if twice := again.Text(); twice != text {
			t.Fatalf("printed twice:\n%s\n%s", text, twice)
		}
		crlf := "\uFEFF" + strings.ReplaceAll(text, "\n", "\r\n")
		again, problems = seating.Parse(crlf)
		same(t, "text of Windows", crlf, p, again, problems)
		sheet := p.CSV()
		for name, saved := range saves(sheet) {
			again, problems = seating.ParseCSV(saved)
			same(t, "CSV, "+name, string(saved), p, again, problems)
		}
		again, problems = seating.Read(text)
		same(t, "typed", text, p, again, problems)
	})
}

// saves are the ways in which spreadsheets save a file.
func saves(sheet string) map[string][]byte {
	other := func(separator string) []byte {
		var b bytes.Buffer
		quoted := false
		for _, r := range sheet {
			if r == '"' {
				quoted = !quoted
			}
			if r == ',' && !quoted {
				b.WriteString(separator)
			} else {
				b.WriteRune(r)
			}
		}
		return b.Bytes()
	}
	wide := func(order binary.AppendByteOrder) []byte {
		var b []byte
		for _, unit := range utf16.Encode([]rune("\uFEFF" + sheet)) {
			b = order.AppendUint16(b, unit)
		}
		return b
	}
	return map[string][]byte{
		"as it is":         []byte(sheet),
		"with a mark":      []byte("\uFEFF" + sheet),
		"lines of Windows": []byte(strings.ReplaceAll(sheet, "\n", "\r\n")),
		"semicolons":       other(";"),
		"tabs":             other("\t"),
		"UTF-16":           wide(binary.LittleEndian),
		"UTF-16, big":      wide(binary.BigEndian),
	}
}

// TestPositions: whatever the numbering, seats stand in plan order, labels are unique, pairs are mutual, and each
// companion has a place of its row.
func TestPositions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := plans(t)
		labels := map[string]bool{}
		for i, s := range p.Seats {
			if p.At(s.Position) != i {
				t.Fatalf("seat %d is not at %v", i, s.Position)
			}
			if i > 0 && (s.Row < p.Seats[i-1].Row || s.Row == p.Seats[i-1].Row && s.Col <= p.Seats[i-1].Col) {
				t.Fatalf("seat %s stands before %s", s.Label, p.Seats[i-1].Label)
			}
			row := p.Rows[s.Row]
			if labels[s.Label] || i < row.From || i >= row.To || s.Label != fmt.Sprint(row.Label, s.Number) {
				t.Fatalf("seat %s of row %+v", s.Label, row)
			}
			labels[s.Label] = true
			switch s.Kind {
			case seating.Love:
				if mate := p.Seats[s.Mate]; mate.Mate != i || mate.Kind != seating.Love || mate.Row != s.Row ||
					mate.Col-s.Col != 1 && s.Col-mate.Col != 1 {
					t.Fatalf("%+v has %+v", s, mate)
				}
			case seating.Companion:
				if mate := p.Seats[s.Mate]; mate.Kind != seating.Accessible || mate.Row != s.Row {
					t.Fatalf("%+v has %+v", s, mate)
				}
			case seating.Ordinary, seating.Accessible, seating.House, seating.Broken:
				if s.Mate != -1 {
					t.Fatalf("%+v has a mate", s)
				}
			}
		}
		if p.At(seating.Position{Row: -1}) != -1 || p.At(seating.Position{Row: 0, Col: -1}) != -1 ||
			p.At(seating.Position{Row: len(p.Rows)}) != -1 {
			t.Fatal("there are seats outside")
		}
	})
}

// TestPretix: the export names each seat for sale once, by its position, with a category that it declares.
func TestPretix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := plans(t)
		body, err := p.Pretix("Screen 1")
		if err != nil {
			t.Fatal(err)
		}
		var out struct {
			Name       string
			Categories []struct{ Name, Color string }
			Zones      []struct {
				Name string
				Rows []struct {
					Number string `json:"row_number"`
					Seats  []struct {
						GUID     string `json:"seat_guid"`
						Number   string `json:"seat_number"`
						Category string
					}
				}
			}
		}
		if err := json.Unmarshal(body, &out); err != nil {
			t.Fatal(err)
		}
		categories, guids, labels := map[string]bool{}, map[string]bool{}, map[string]bool{}
		for _, c := range out.Categories {
			categories[c.Name] = true
		}
		for _, z := range out.Zones {
			for _, r := range z.Rows {
				for _, s := range r.Seats {
					if guids[s.GUID] || !categories[s.Category] {
						t.Fatalf("seat %+v", s)
					}
					guids[s.GUID], labels[r.Number+s.Number] = true, true
				}
			}
		}
		for _, s := range p.Seats {
			if labels[s.Label] != s.Kind.ForSale() {
				t.Fatalf("seat %s in the export: %v", s.Label, labels[s.Label])
			}
		}
		if len(labels) != p.ForSale() || out.Name != "Screen 1" {
			t.Fatalf("%d seats of %d in %q", len(labels), p.ForSale(), out.Name)
		}
	})
}

// someFree makes a random state of a plan: full, empty and between.
func someFree(t *rapid.T, p *seating.Plan) []bool {
	set := make([]bool, len(p.Seats))
	percent := rapid.IntRange(0, 100).Draw(t, "percent free")
	for i := range set {
		set[i] = rapid.IntRange(1, 100).Draw(t, "free") <= percent && p.Seats[i].Kind.ForSale()
	}
	return set
}

// TestBestSeatsHold: what best seats gives is as many free seats, none twice, no house or broken one, no half of a love
// seat, no companion seat whose accessible place stays free, no accessible place where other seats are enough, no split
// where one run has room, and no hole of one seat where another block of the row leaves none. It gives none only where
// there is none to give.
func TestBestSeatsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := plans(t)
		set := someFree(t, p)
		n := rapid.IntRange(1, 10).Draw(t, "wanted")
		got := seating.Best(p, set, n)
		if most := seating.Most(p, set, n); (most == n) != (got != nil) {
			t.Fatalf("%d can be had of %d, and got %v", most, n, p.Labels(got))
		}
		ordinary, pairs, others, tied := count(p, set)
		if got == nil {
			if room := ordinary + 2*pairs + others + tied; n <= room && (n%2 == 0 || ordinary+others+tied > 0) {
				t.Fatalf("none of %d given, of %d, %d pairs, %d, %d\n%s", n, ordinary, pairs, others, tied, p.Text())
			}
			return
		}
		if len(got) != n {
			t.Fatalf("%d seats, want %d", len(got), n)
		}
		mine := map[int]bool{}
		for i, seat := range got {
			if !set[seat] || !p.Seats[seat].Kind.ForSale() || i > 0 && got[i-1] >= seat {
				t.Fatalf("given %v", p.Labels(got))
			}
			mine[seat] = true
		}
		enough := n <= ordinary+2*pairs && (n%2 == 0 || ordinary > 0)
		for _, seat := range got {
			s := p.Seats[seat]
			if s.Kind == seating.Love && !mine[s.Mate] {
				t.Fatalf("half of a love seat: %v of\n%s", p.Labels(got), p.Text())
			}
			if s.Kind == seating.Companion && set[s.Mate] && !mine[s.Mate] {
				t.Fatalf("a companion seat alone: %v of\n%s", p.Labels(got), p.Text())
			}
			if enough && (s.Kind == seating.Accessible || s.Kind == seating.Companion) {
				t.Fatalf("a kept place: %v of\n%s", p.Labels(got), p.Text())
			}
		}
		if enough && split(p, got) && room(p, set, n) {
			t.Fatalf("split: %v of\n%s", p.Labels(got), p.Text())
		}
		if !split(p, got) && p.Seats[got[0]].Kind == seating.Ordinary {
			holes := holesBeside(p, set, got[0], n)
			row := p.Rows[p.Seats[got[0]].Row]
			for i := row.From; i+n <= row.To; i++ {
				if other := holesBeside(p, set, i, n); other >= 0 && other < holes {
					t.Fatalf("%v leaves %d holes and %s would leave %d in\n%s", p.Labels(got), holes, p.Seats[i].Label,
						other, p.Text())
				}
			}
		}
	})
}

// holesBeside counts the single ordinary seats that n ordinary seats side by side leave beside them; -1 where from
// there on n are not free side by side.
func holesBeside(p *seating.Plan, set []bool, from, n int) int {
	ordinary := func(i int) bool {
		return i >= 0 && i < len(p.Seats) && set[i] && p.Seats[i].Kind == seating.Ordinary
	}
	for i := from; i < from+n; i++ {
		if !ordinary(i) || i > from && split(p, []int{i - 1, i}) {
			return -1
		}
	}
	holes := 0
	if i := from - 1; ordinary(i) && !split(p, []int{i, from}) && (!ordinary(i-1) || split(p, []int{i - 1, i})) {
		holes++
	}
	last := from + n - 1
	if i := last + 1; ordinary(i) && !split(p, []int{last, i}) && (!ordinary(i+1) || split(p, []int{i, i + 1})) {
		holes++
	}
	return holes
}

// count counts the free seats by how they may be given: singly, in pairs, accessible, companion.
func count(p *seating.Plan, set []bool) (ordinary, pairs, accessible, companion int) {
	for i, s := range p.Seats {
		switch {
		case !set[i]:
		case s.Kind == seating.Ordinary:
			ordinary++
		case s.Kind == seating.Love && s.Mate > i && set[s.Mate]:
			pairs++
		case s.Kind == seating.Accessible:
			accessible++
		case s.Kind == seating.Companion:
			companion++
		}
	}
	return ordinary, pairs, accessible, companion
}

// split reports whether seats are not all side by side.
func split(p *seating.Plan, seats []int) bool {
	for i := 1; i < len(seats); i++ {
		a, b := p.Seats[seats[i-1]], p.Seats[seats[i]]
		if a.Row != b.Row || a.Col+1 != b.Col {
			return true
		}
	}
	return false
}

// room reports whether n ordinary seats are free side by side.
func room(p *seating.Plan, set []bool, n int) bool {
	run := 0
	for i, s := range p.Seats {
		if !set[i] || s.Kind != seating.Ordinary {
			run = 0
			continue
		}
		if run > 0 && split(p, []int{i - 1, i}) {
			run = 0
		}
		if run++; run == n {
			return true
		}
	}
	return false
}

// TestOrphansAreReal: what is reported is free, for sale, alone after the choice and not before it; and it is reported
// only where another choice of the same size leaves none.
func TestOrphansAreReal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := plans(t)
		set := someFree(t, p)
		var chosen []int
		for i, s := range p.Seats {
			half := s.Kind == seating.Love
			if !set[i] || !s.Kind.ForSale() || half && (s.Mate < i || !set[s.Mate]) || len(chosen) >= 9 ||
				rapid.IntRange(0, 2).Draw(t, "chosen") > 0 {
				continue
			}
			if chosen = append(chosen, i); half {
				chosen = append(chosen, s.Mate)
			}
		}
		left := seating.Orphans(p, set, chosen)
		if len(left) == 0 {
			return
		}
		for _, i := range left {
			before, after := neighbours(p, set, nil, i), neighbours(p, set, chosen, i)
			if !set[i] || p.Seats[i].Kind != seating.Ordinary || before == 0 || after != 0 {
				t.Fatalf("%s had %d and has %d neighbours\n%s", p.Seats[i].Label, before, after, p.Text())
			}
		}
		other := seating.Spare(p, set, chosen)
		if len(other) != len(chosen) || len(seating.Orphans(p, set, other)) > 0 {
			t.Fatalf("%v instead of %v\n%s", p.Labels(other), p.Labels(chosen), p.Text())
		}
		for _, i := range other {
			if !set[i] || !p.Seats[i].Kind.ForSale() {
				t.Fatalf("%v instead of %v is not free", p.Labels(other), p.Labels(chosen))
			}
		}
	})
}

// neighbours counts the free seats for sale beside a seat.
func neighbours(p *seating.Plan, set []bool, chosen []int, i int) int {
	n := 0
	for _, j := range []int{i - 1, i + 1} {
		if j < 0 || j >= len(p.Seats) || split(p, []int{min(i, j), max(i, j)}) || !set[j] ||
			!p.Seats[j].Kind.ForSale() ||
			p.Seats[j].Kind == seating.Love && !set[p.Seats[j].Mate] {
			continue
		}
		taken := false
		for _, c := range chosen {
			taken = taken || c == j || p.Seats[j].Kind == seating.Love && c == p.Seats[j].Mate
		}
		if !taken {
			n++
		}
	}
	return n
}

// TestSoldSeatsStay: whatever an edit of a plan does, a sold seat that it does not lose has its label, its price, a
// chair or none as before, and all seats that both plans have on the same sides; and what is lost is so for a reason.
// Rows, seats and aisles that are put in lose nothing.
func TestSoldSeatsStay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old, edited := plans(t), plans(t)
		var sold []string
		for _, s := range old.Seats {
			if rapid.Bool().Draw(t, "sold") {
				sold = append(sold, s.Label)
			}
		}
		if lost := seating.Compare(old, old, sold, vip); lost != nil {
			t.Fatalf("the same plan loses %v", lost)
		}
		lost := map[string]seating.Loss{}
		for _, l := range seating.Compare(old, edited, sold, vip) {
			lost[l.Label] = l.Why
		}
		was, is := byLabel(old), byLabel(edited)
		for _, label := range sold {
			from, to := was[label], is[label]
			same := to.Label == label && vip(from.Zone) == vip(to.Zone) &&
				(to.Kind != seating.Broken || from.Kind == seating.Broken) &&
				(from.Kind == seating.Accessible) == (to.Kind == seating.Accessible)
			for other, a := range was {
				if b, both := is[other]; both && same {
					same = before(a, from) == before(b, to) && (a.Row == from.Row) == (b.Row == to.Row)
				}
			}
			if why, gone := lost[label]; gone == same {
				t.Fatalf("%s is lost %v (%s) by\n%s\n%s", label, gone, why, old.Text(), edited.Text())
			}
		}
		// An edit that only puts something in.
		text := ""
		for i, line := range strings.SplitAfter(old.Text(), "\n") {
			if i > 0 && rapid.Bool().Draw(t, "row") && line != "" && !strings.HasPrefix(line, "zone") {
				text += fmt.Sprintf("Q%d- ooo_oo\n", i)
			}
			if strings.HasPrefix(line, "zones:") { // belongs to the row before
				text = strings.TrimSuffix(text, fmt.Sprintf("Q%d- ooo_oo\n", i))
			}
			text += line
		}
		longer, problems := seating.Parse(text)
		if len(problems) > 0 {
			t.Fatalf("%v in\n%s", problems, text)
		}
		if lost := seating.Compare(old, &longer, sold, vip); lost != nil {
			t.Fatalf("%v are lost by\n%s\n%s", lost, old.Text(), text)
		}
	})
}

func byLabel(p *seating.Plan) map[string]seating.Seat {
	seats := map[string]seating.Seat{}
	for _, s := range p.Seats {
		seats[s.Label] = s
	}
	return seats
}

// before reports whether a seat stands before another in its plan.
func before(a, b seating.Seat) bool { return a.Row < b.Row || a.Row == b.Row && a.Col < b.Col }
