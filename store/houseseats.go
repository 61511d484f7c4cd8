package store

import (
	"context"
	"fmt"
	"strings"

	"cinemasphere/store/seating"
)

// StaffSeat is a seat of a screening as staff see it.
type StaffSeat struct {
	seating.Seat
	ForSale bool // customers may have it, where it is not Taken
	Taken   bool // an order has it
}

// StaffMap is a screening's seats as staff see them, as of one instant: which are held back, and which are taken.
type StaffMap struct {
	*Plan
	Seats []StaffSeat // by the index of the plan's seats
}

// staffSeat is a free seat that is on sale though its plan keeps it, or held though its plan sells it.
type staffSeat struct {
	Label   string       `db:"label"`
	Kind    seating.Kind `db:"kind"`
	ForSale int64        `db:"for_sale"`
}

// staffSeats lists the seats of a screening that staff have decided about, other than the plan has.
func (t *tx) staffSeats(id ScreeningID) (seats []staffSeat, err error) {
	err = t.list(&seats, `SELECT label, kind, for_sale FROM seat WHERE screening_id = $1
		AND for_sale <> CASE WHEN kind IN ('house', 'broken') THEN 0 ELSE 1 END ORDER BY row_no, col_no`, id)
	return seats, err
}

// countSeats writes how many seats of a screening are for sale.
func (t *tx) countSeats(id ScreeningID) error {
	return t.run(`UPDATE screening SET capacity = (SELECT count(*) FROM seat WHERE screening_id = $1 AND for_sale = 1) WHERE id = $1`, id)
}

const staffMapQuery = `SELECT label, for_sale, CASE WHEN ticket_id IS NULL THEN 0 ELSE 1 END AS taken
	FROM seat WHERE screening_id = $1 ORDER BY row_no, col_no`

// StaffMap reads the seats of a screening as staff see them.
func (s Catalogue) StaffMap(ctx context.Context, id ScreeningID) (m StaffMap, err error) {
	var row struct {
		PlanID PlanID `db:"plan_id"`
	}
	if err := s.read(ctx, &row, `SELECT plan_id FROM screening WHERE id = $1`, id); err != nil {
		return m, fmt.Errorf("read seats: %w", err)
	}
	plan, err := s.plans.read(readersOf{ctx, s.books}, row.PlanID)
	if err != nil {
		return m, fmt.Errorf("read seats: %w", err)
	}
	var seats []struct {
		Label   string `db:"label"`
		ForSale bool   `db:"for_sale"`
		Taken   bool   `db:"taken"`
	}
	err = s.list(ctx, &seats, staffMapQuery, id)
	if err != nil {
		return m, fmt.Errorf("read seats: %w", err)
	}
	m = StaffMap{Plan: &plan.Plan, Seats: make([]StaffSeat, len(plan.Seats))}
	for i, seat := range plan.Seats {
		m.Seats[i].Seat = seat
	}
	for _, seat := range seats {
		if i, known := plan.byLabel[seat.Label]; known {
			m.Seats[i].ForSale, m.Seats[i].Taken = seat.ForSale, seat.Taken
		}
	}
	return m, nil
}

// HoldSeats holds free seats of a screening back from sale, or puts them on sale: house and broken seats too, for this
// screening alone. Both halves of a love seat go together. It returns the seats that it changed, in plan order; what is
// as it should be already stays. It refuses with SeatTaken where an order has one of them, or the screening has none
// such, and then changes nothing; and with ErrCancelled.
func (s Catalogue) HoldSeats(ctx context.Context, id ScreeningID, seats Labels, hold bool) (changed Labels, err error) {
	err = s.write(ctx, booking, func(t *tx) error {
		changed, err = t.holdSeats(id, seats, hold)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("hold seats: %w", err)
	}
	s.catalogue.Add(1)
	return changed, nil
}

func (t *tx) holdSeats(id ScreeningID, wanted Labels, hold bool) (Labels, error) {
	sh, err := t.showing(id) // a booking that takes a seat at this moment has it, or waits and finds it held
	if err != nil {
		return nil, err
	}
	if sh.Status == Cancelled {
		return nil, ErrCancelled
	}
	plan, err := t.plan(sh.PlanID)
	if err != nil {
		return nil, err
	}
	var lost, changed Labels
	whole := map[string]bool{}
	for _, label := range wanted {
		i, known := plan.byLabel[label]
		if !known {
			lost = append(lost, label)
		} else if whole[label] = true; plan.Seats[i].Kind == seating.Love {
			whole[plan.Seats[plan.Seats[i].Mate].Label] = true
		}
	}
	var seats []struct {
		Label   string `db:"label"`
		ForSale bool   `db:"for_sale"`
		Taken   bool   `db:"taken"`
	}
	if err := t.list(&seats, staffMapQuery, id); err != nil {
		return nil, err
	}
	for _, seat := range seats {
		switch {
		case !whole[seat.Label] || seat.ForSale != hold:
		case seat.Taken:
			lost = append(lost, seat.Label)
		default:
			changed = append(changed, seat.Label)
		}
	}
	if len(lost) > 0 {
		return nil, &Refusal{Kind: SeatTaken, Seats: lost}
	}
	if len(changed) == 0 {
		return nil, nil
	}
	delete(t.maps, id)
	t.touched = append(t.touched, id)
	for _, label := range changed {
		if err := t.run(`UPDATE seat SET for_sale = $1 WHERE screening_id = $2 AND label = $3 AND ticket_id IS NULL`, flag(!hold), id, label); err != nil {
			return nil, err
		}
	}
	if err := t.countSeats(id); err != nil {
		return nil, err
	}
	action, more := "screening.release", len(changed)
	if hold {
		action, more = "screening.hold", -more
	}
	type logged struct {
		Seats   string `json:"seats"`
		ForSale int    `json:"seats_for_sale"`
	}
	text := strings.Join(changed, " ")
	return changed, t.audit(sh.change(action, logged{text, sh.Capacity}, logged{text, sh.Capacity + more}))
}
