package store

import (
	"context"
	"fmt"

	"cinemasphere/store/seating"
)

// ScreeningStatus is whether a screening is sold. A screening on sale stops selling at its SalesCloseAt by itself.
type ScreeningStatus string

// The states of a screening.
const (
	OnSale    ScreeningStatus = "on_sale"
	Closed    ScreeningStatus = "closed"
	Cancelled ScreeningStatus = "cancelled"
)

// Screening is one showing of a film in a hall.
type Screening struct {
	ID           ScreeningID     `db:"id"`
	MovieID      MovieID         `db:"movie_id"`
	HallID       HallID          `db:"hall_id"`
	PlanID       PlanID          `db:"plan_id"` // its seats
	Hall         string          `db:"hall"`    // the hall's name
	StartsAt     Instant         `db:"starts_at"`
	SalesCloseAt Instant         `db:"sales_close_at"`
	Prices       Prices          `db:"prices"`   // frozen into it
	Capacity     int             `db:"capacity"` // seats of its plan that customers may have
	Status       ScreeningStatus `db:"status"`
	Left         int             `db:"seats_left"` // of those, without an owner
	CreatedAt    Instant         `db:"created_at"`
	UpdatedAt    Instant         `db:"updated_at"`
}

// Price is the ordinary price of a seat: the first type's in the first zone.
func (s Screening) Price() Cents {
	if len(s.Prices) == 0 {
		return 0
	}
	return s.Prices[0].Cents
}

// Sells reports whether a ticket may be bought at the instant.
func (s Screening) Sells(now Instant) bool { return s.Status == OnSale && now < s.SalesCloseAt }

// AddScreening writes a screening and its seats, those of its hall's latest plan. Capacity comes from the plan.
func (s Catalogue) AddScreening(ctx context.Context, sc Screening) (ScreeningID, error) {
	ids, err := s.AddScreenings(ctx, []Screening{sc})
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}

// AddScreenings writes several screenings, all or none, and returns their ids.
func (s Catalogue) AddScreenings(ctx context.Context, scs []Screening) ([]ScreeningID, error) {
	ids := make([]ScreeningID, len(scs))
	err := s.write(ctx, booking, func(t *tx) error {
		for i := range ids {
			ids[i] = ScreeningID(s.ids.next(s.now()))
			scs[i].ID = ids[i]
		}
		return t.addScreenings(scs)
	})
	if err != nil {
		return nil, fmt.Errorf("add screenings: %w", err)
	}
	s.catalogue.Add(1)
	return ids, nil
}

func (t *tx) addScreenings(scs []Screening) error {
	for _, sc := range scs {
		if err := t.addScreening(sc); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) addScreening(sc Screening) error {
	id, err := t.latestPlan(sc.HallID)
	if err != nil {
		return fmt.Errorf("hall %d: %w", sc.HallID, err)
	}
	plan, err := t.plan(id)
	if err != nil {
		return err
	}
	if sc.Status == "" {
		sc.Status = OnSale
	}
	if err := sc.Prices.check(); err != nil {
		return err
	}
	err = t.run(`INSERT INTO screening (id, movie_id, hall_id, starts_at, sales_close_at, prices, capacity, status, created_at, updated_at, plan_id)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$9,$10)`,
		sc.ID, sc.MovieID, sc.HallID, sc.StartsAt, sc.SalesCloseAt, sc.Prices, plan.ForSale(), sc.Status, t.now, id)
	if err != nil {
		return err
	}
	return t.addSeats(sc.ID, plan.Seats)
}

func (t *tx) addSeats(id ScreeningID, seats []seating.Seat) error {
	for _, s := range seats {
		if err := t.run(`INSERT INTO seat (screening_id, row_no, col_no, label, zone, kind, note) VALUES ($1,$2,$3,$4,$5,$6,$7)`,
			id, s.Row, s.Col, s.Label, s.Zone, s.Kind, s.Note); err != nil {
			return err
		}
	}
	return nil
}

// SetScreeningStatus puts a screening on sale, closes its sales or cancels it.
func (s Catalogue) SetScreeningStatus(ctx context.Context, id ScreeningID, status ScreeningStatus) error {
	err := s.write(ctx, booking, func(t *tx) error {
		n, err := t.exec(`UPDATE screening SET status = $1, updated_at = $2 WHERE id = $3`, status, t.now, id)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("set screening status: %w", err)
	}
	s.catalogue.Add(1)
	return nil
}

// SetScreeningPrices changes the prices from now on. Tickets keep what they cost.
func (s Catalogue) SetScreeningPrices(ctx context.Context, id ScreeningID, prices Prices) error {
	err := prices.check()
	if err == nil {
		err = s.write(ctx, booking, func(t *tx) error {
			n, err := t.exec(`UPDATE screening SET prices = $1, updated_at = $2 WHERE id = $3`, prices, t.now, id)
			if err == nil && n == 0 {
				err = ErrNotFound
			}
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("set screening prices: %w", err)
	}
	s.catalogue.Add(1)
	return nil
}

// LastScreening is when the latest screening starts; zero where there is none.
func (s Catalogue) LastScreening(ctx context.Context) (Instant, error) {
	var last Instant
	err := s.read(ctx, &last, `SELECT COALESCE(max(starts_at), 0) FROM screening`)
	return last, err
}
