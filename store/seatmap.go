package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"cinemasphere/store/seating"
)

// Seat is a seat of a plan, Row a row of it, and Plan a hall's seats.
type (
	Seat = seating.Seat
	Row  = seating.Row
	Plan = seating.Plan
)

// SeatNote is what whoever has a seat should know of it.
type SeatNote struct {
	Seat string       // its label
	Kind seating.Kind // accessible or companion; "" for others
	Note string       // of the plan, "" for none
}

// notes are what whoever has some seats should know of them.
func (p *seatPlan) notes(seats Labels) (notes []SeatNote) {
	for _, label := range seats {
		i, known := p.byLabel[label]
		if !known {
			continue
		}
		n := SeatNote{Seat: label, Note: p.Seats[i].Note}
		if kind := p.Seats[i].Kind; kind == seating.Accessible || kind == seating.Companion {
			n.Kind = kind
		}
		if n.Kind != "" || n.Note != "" {
			notes = append(notes, n)
		}
	}
	return notes
}

// SeatMap is a screening's seats as of one instant. It suggests: only a booking decides who gets a seat.
type SeatMap struct {
	*Plan
	Free []bool // by the index of a seat: a customer may have it
}

// SeatMap reads which seats of a screening are free.
func (s Catalogue) SeatMap(ctx context.Context, id ScreeningID) (m SeatMap, err error) {
	var planID PlanID
	var text string
	if err := s.readers.scan(ctx, []any{&planID, &text}, freeQuery, id); err != nil {
		return m, fmt.Errorf("read free seats: %w", err)
	}
	plan, err := s.plans.read(readersOf{ctx, s.books}, planID)
	if err != nil {
		return m, fmt.Errorf("read seats: %w", err)
	}
	m = SeatMap{Plan: &plan.Plan, Free: plan.free(text)}
	return m, nil
}

// find is the index of the seat with a label; -1 where none has it.
func (m SeatMap) find(label string) int {
	for i, seat := range m.Seats {
		if seat.Label == label {
			return i
		}
	}
	return -1
}

// MayHave reports whether a customer may have the seat with a label.
func (m SeatMap) MayHave(label string) bool {
	i := m.find(label)
	return i >= 0 && m.Free[i]
}

// Taken is the refusal of chosen seats of which some are taken, or not in the plan; nil where all are to be had.
func (m SeatMap) Taken(seats Labels) *Refusal {
	r := &Refusal{Kind: SeatTaken}
	for _, label := range seats {
		i := m.find(label)
		if (i < 0 || !m.Free[i]) && !slices.Contains(r.Seats, label) {
			r.Seats = append(r.Seats, label)
			if i < 0 {
				r.Missing = append(r.Missing, label)
			}
		}
	}
	if len(r.Seats) == 0 {
		return nil
	}
	return r
}

// Zones are the zones of seats, and whether the hall has all of them.
func (m SeatMap) Zones(seats Labels) (zones []string, known bool) {
	for _, label := range seats {
		if i := m.find(label); i >= 0 {
			zones = append(zones, m.Seats[i].Zone)
		}
	}
	return zones, len(zones) == len(seats)
}

// Sold are those of a screening's prices that some seat of the hall has; all where none has one.
func (m SeatMap) Sold(prices Prices) (sold Prices) {
	has := map[string]bool{}
	for i := range m.Seats {
		has[prices.ZoneOf(m.Seats[i].Zone)] = true
	}
	for _, price := range prices {
		if has[price.Zone] {
			sold = append(sold, price)
		}
	}
	if sold == nil {
		return prices
	}
	return sold
}

// Apart is the refusal of seats that are sold with others only, and are chosen without them: half a love seat, and a
// companion seat whose accessible place is still to be had. Nil where there are none.
func (m SeatMap) Apart(seats Labels) *Refusal {
	var halves, places Labels
	for _, label := range seats {
		i := m.find(label)
		if i < 0 || m.Seats[i].Mate < 0 {
			continue
		}
		mate := m.Seats[i].Mate
		switch with := m.Seats[mate].Label; {
		case slices.Contains(seats, with):
		case m.Seats[i].Kind == seating.Love:
			halves = append(halves, with)
		case m.Free[mate] && !slices.Contains(places, with):
			places = append(places, with)
		}
	}
	switch {
	case len(halves) > 0:
		return &Refusal{Kind: HalfLoveSeat, Seats: halves}
	case len(places) > 0:
		return &Refusal{Kind: CompanionOnly, Seats: places}
	}
	return nil
}

// Instead suggests the nearest seats for those of a choice that are no longer free: as many others, at the same prices,
// of the same kinds. None where all are free, or where there are none to suggest. See [seating.Nearest].
func (m SeatMap) Instead(seats Labels, prices Prices) Labels {
	var chosen []int
	for _, label := range seats {
		i := m.find(label)
		if i < 0 {
			return nil
		}
		chosen = append(chosen, i)
	}
	return m.Labels(seating.Nearest(m.Plan, m.Free, chosen, prices.ZoneOf))
}

// Best are the seats that a customer would get now who wants n of a zone; none where there are not as many.
func (m SeatMap) Best(prices Prices, zone string, n int) Labels {
	return m.Labels(seating.Best(m.Plan, among{zone: zone, prices: prices}.may(m.Plan, m.Free), n))
}

// Together reports whether seats are side by side: in one row, with no aisle or other seat between them.
func (m SeatMap) Together(seats Labels) bool {
	var at []seating.Position
	for _, label := range seats {
		i := m.find(label)
		if i < 0 {
			return false
		}
		at = append(at, m.Seats[i].Position)
	}
	slices.SortFunc(at, func(a, b seating.Position) int { return cmp.Or(a.Row-b.Row, a.Col-b.Col) })
	for i := 1; i < len(at); i++ {
		if at[i].Row != at[i-1].Row || at[i].Col != at[i-1].Col+1 {
			return false
		}
	}
	return true
}

// Accessible are those of some seats that are places for wheelchairs.
func (m SeatMap) Accessible(seats Labels) (places Labels) {
	for _, label := range seats {
		if i := m.find(label); i >= 0 && m.Seats[i].Kind == seating.Accessible {
			places = append(places, label)
		}
	}
	return places
}

// LeftAlone are the seats that a choice leaves empty between others, where another choice would not.
func (m SeatMap) LeftAlone(seats Labels) (alone Labels) {
	var chosen []int
	for _, label := range seats {
		i := m.find(label)
		if i < 0 || !m.Free[i] {
			return nil
		}
		chosen = append(chosen, i)
	}
	return m.Labels(seating.Orphans(m.Plan, m.Free, chosen))
}
