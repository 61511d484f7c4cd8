package seating

import (
	"fmt"
	"strings"
)

// Text is the plan in the notation, which [Parse] reads as the same plan.
func (p *Plan) Text() string {
	var b strings.Builder
	for _, line := range p.zoneLines() {
		b.WriteString(line + "\n")
	}
	wide := 0
	for _, r := range p.Rows {
		wide = max(wide, len([]rune(r.Label)))
	}
	section := ""
	for _, r := range p.Rows {
		if r.Section != section {
			section = r.Section
			fmt.Fprintf(&b, "[%s]\n", section)
		}
		b.WriteString(strings.Repeat("-\n", r.Gap))
		n := numberingOf(p.Seats[r.From:r.To], r.Centre)
		fmt.Fprintf(&b, "%s%s%s%s\n", r.Label, strings.Repeat(" ", wide-len([]rune(r.Label))+2), p.marks(r, n),
			n.options())
		if zones := p.overrides(r); zones != "" {
			fmt.Fprintf(&b, "zones: %s\n", zones)
		}
	}
	for _, line := range p.noteLines() {
		b.WriteString(line + "\n")
	}
	return b.String()
}

// zoneLines declares the zones that have to be.
func (p *Plan) zoneLines() (lines []string) {
	for _, z := range p.Zones {
		if z != (Zone{'o', Standard}) {
			lines = append(lines, fmt.Sprintf("zone %c = %s", z.Letter, z.Name))
		}
	}
	return lines
}

func (p *Plan) noteLines() (lines []string) {
	for i := range p.Seats {
		if s := &p.Seats[i]; s.Note != "" {
			lines = append(lines, fmt.Sprintf("note %s = %s", s.Label, s.Note))
		}
	}
	return lines
}

// marks are a row's seats and aisles, with the numbers that its numbering does not give.
func (p *Plan) marks(r Row, n numbering) string {
	seats := p.Seats[r.From:r.To]
	given := make([]int, len(seats))
	n.walk(len(seats), leftOf(seats, r.Centre), func(i, number int) int {
		if seats[i].Number != number {
			given[i] = seats[i].Number
		}
		return seats[i].Number
	})
	var b strings.Builder
	col := 0
	pad := func(to int) {
		if r.Centre >= col && r.Centre <= to {
			b.WriteString(strings.Repeat("_", r.Centre-col) + "|")
			col = r.Centre
			r.Centre = -1
		}
		b.WriteString(strings.Repeat("_", to-col))
		col = to
	}
	for i, s := range seats {
		pad(s.Col)
		mark := s.Kind.Mark()
		if mark == 0 {
			zone, _ := p.zone(s.Zone)
			mark = zone.Letter
		}
		b.WriteRune(mark)
		if given[i] != 0 {
			fmt.Fprintf(&b, "(%d)", given[i])
		}
		col++
	}
	pad(max(col, r.Centre))
	return b.String()
}

// overrides are the zones of seats whose mark tells their kind, by column; "" where all are in the first zone.
func (p *Plan) overrides(r Row) string {
	var b strings.Builder
	col := 0
	for _, s := range p.Seats[r.From:r.To] {
		if s.Kind == Ordinary || s.Zone == p.Zones[0].Name {
			continue
		}
		zone, _ := p.zone(s.Zone)
		b.WriteString(strings.Repeat("_", s.Col-col))
		b.WriteRune(zone.Letter)
		col = s.Col + 1
	}
	return b.String()
}
