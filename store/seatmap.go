package store

import (
	"context"
	"fmt"
)

// SeatMap is a screening's seats as of one instant. It suggests: only a booking decides who gets a seat.
type SeatMap struct {
	Places []Place // in plan order
	Free   []bool  // by place
}

// SeatMap reads which seats of a screening are free.
func (s Catalogue) SeatMap(ctx context.Context, id ScreeningID) (m SeatMap, err error) {
	plan := s.plans.get(id)
	if plan == nil {
		var places []Place
		if err := s.list(ctx, &places, planQuery, id); err != nil {
			return m, fmt.Errorf("read seats: %w", err)
		}
		plan = newSeatPlan(places)
		if len(places) > 0 {
			s.plans.put(id, plan)
		}
	}
	var text string
	if err := s.readers.scan(ctx, []any{&text}, freeQuery, id); err != nil {
		return m, fmt.Errorf("read free seats: %w", err)
	}
	m.Places, m.Free = plan.places, make([]bool, len(plan.places))
	for _, p := range plan.free(text) {
		m.Free[plan.byLabel[p.Label]] = true
	}
	return m, nil
}

// Zones are the zones of seats, and whether the hall has all of them.
func (m SeatMap) Zones(seats Labels) (zones []string, known bool) {
	for _, label := range seats {
		for _, p := range m.Places {
			if p.Label == label {
				zones = append(zones, p.Zone)
			}
		}
	}
	return zones, len(zones) == len(seats)
}
