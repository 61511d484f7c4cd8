package admin

import (
	"fmt"
	"strings"

	"cinemasphere/store/seating"
)

// planCell is one column of a drawn row: a seat, or an aisle.
type planCell struct {
	Seat   *seating.Seat // nil for an aisle
	Centre bool          // the row's centre is left of it
}

// planCells are the columns of a row, up to its last seat or its centre.
func planCells(p *seating.Plan, row seating.Row) []planCell {
	var cells []planCell
	aisles := func(to int) {
		for len(cells) < to {
			cells = append(cells, planCell{Centre: len(cells) == row.Centre})
		}
	}
	for i := row.From; i < row.To; i++ {
		aisles(p.Seats[i].Col)
		cells = append(cells, planCell{&p.Seats[i], len(cells) == row.Centre})
	}
	if row.Centre == len(cells) {
		cells = append(cells, planCell{Centre: true})
	}
	return cells
}

// planZones is how many looks there are for zones; a plan with more begins anew.
const planZones = 6

// planLook are the classes of a seat: its zone's look and its kind's.
func planLook(p *seating.Plan, s *seating.Seat) string {
	for i, z := range p.Zones {
		if z.Name == s.Zone {
			return fmt.Sprintf("plan-seat plan-zone-%d plan-%s", i%planZones, s.Kind)
		}
	}
	return "plan-seat"
}

// planMark is what stands below a seat's number, so that no colour is needed: the letter of its zone where that is not
// the first, the mark of its kind, and * where it has a note.
func planMark(p *seating.Plan, s *seating.Seat) string {
	var b strings.Builder
	for i, z := range p.Zones {
		if i > 0 && z.Name == s.Zone {
			b.WriteRune(z.Letter)
		}
	}
	if mark := s.Kind.Mark(); mark != 0 {
		b.WriteRune(mark)
	}
	if s.Note != "" {
		b.WriteRune('*')
	}
	return b.String()
}

// planCount counts seats of each kind.
type planCount struct {
	Name    string
	Kinds   map[seating.Kind]int
	ForSale int
	All     int
}

func (c *planCount) add(s *seating.Seat) {
	if c.Kinds == nil {
		c.Kinds = map[seating.Kind]int{}
	}
	c.Kinds[s.Kind]++
	c.All++
	if s.Kind.ForSale() {
		c.ForSale++
	}
}

// planCounts counts a plan's seats: all, by zone and by row.
func planCounts(p *seating.Plan) (all planCount, zones, rows []planCount) {
	byZone := map[string]int{}
	for i, z := range p.Zones {
		zones = append(zones, planCount{Name: z.Name})
		byZone[z.Name] = i
	}
	for _, r := range p.Rows {
		rows = append(rows, planCount{Name: r.Label})
	}
	for i := range p.Seats {
		s := &p.Seats[i]
		all.add(s)
		zones[byZone[s.Zone]].add(s)
		rows[s.Row].add(s)
	}
	return all, zones, rows
}

// planKinds are the kinds that a plan has.
func planKinds(all planCount) (kinds []seating.Kind) {
	for _, k := range seating.Kinds() {
		if all.Kinds[k] > 0 {
			kinds = append(kinds, k)
		}
	}
	return kinds
}
