package store

import (
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

// Zones are the zones of seats, and whether the hall has all of them.
func (m SeatMap) Zones(seats Labels) (zones []string, known bool) {
	for _, label := range seats {
		if i := m.find(label); i >= 0 {
			zones = append(zones, m.Seats[i].Zone)
		}
	}
	return zones, len(zones) == len(seats)
}

// OtherHalves are the halves of love seats that a choice leaves out: a love seat is sold whole.
func (m SeatMap) OtherHalves(seats Labels) (left Labels) {
	for _, label := range seats {
		i := m.find(label)
		if i < 0 || m.Seats[i].Kind != seating.Love {
			continue
		}
		if mate := m.Seats[i].Mate; mate >= 0 && !slices.Contains(seats, m.Seats[mate].Label) {
			left = append(left, m.Seats[mate].Label)
		}
	}
	return left
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
