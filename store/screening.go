package store

import (
	"context"
	"fmt"
	"time"

	"cinemasphere/store/seating"
)

// ScreeningStatus is whether a screening is sold. A screening on sale stops selling at its SalesCloseAt by itself.
type ScreeningStatus string

// The states of a screening.
const (
	Draft     ScreeningStatus = "draft"     // customers do not know of it; nothing was ever sold
	OnSale    ScreeningStatus = "on_sale"   // in all lists
	Hidden    ScreeningStatus = "hidden"    // sold to whoever has its address, and in no list
	Closed    ScreeningStatus = "closed"    // taken off sale
	Cancelled ScreeningStatus = "cancelled" // for good
)

// open reports whether seats may be sold.
func (s ScreeningStatus) open() bool { return s == OnSale || s == Hidden }

// Screening is one showing of a film in a hall.
type Screening struct {
	ID           ScreeningID `db:"id"`
	MovieID      MovieID     `db:"movie_id"`
	HallID       HallID      `db:"hall_id"`
	PlanID       PlanID      `db:"plan_id"` // its seats
	Hall         string      `db:"hall"`    // the hall's name
	StartsAt     Instant     `db:"starts_at"`
	SalesCloseAt Instant     `db:"sales_close_at"`
	// CounterCloseAt is when sales at the counter end; 0 in a new screening is CounterAfter past its start.
	CounterCloseAt Instant `db:"counter_close_at"`
	Trailers       int     `db:"trailer_minutes"` // before the film
	Format         string  `db:"format"`          // such as 3D; "" is the film's
	Language       string  `db:"language"`        // "" is the film's
	CancelledAt    Instant `db:"cancelled_at"`
	CancelReason   string  `db:"cancel_reason"` // as customers read it
	Version        int64   `db:"version"`       // grows with each change by a person: see [ErrChanged]
	// CardID is the price card that a draft takes its prices from when it goes on sale; 0 where it has them already.
	CardID PriceCardID `db:"price_card_id"`

	Prices Prices `db:"prices"` // frozen into it
	// Surcharges are what each ticket costs besides its seat; frozen with the prices.
	Surcharges Surcharges      `db:"surcharges"`
	Capacity   int             `db:"capacity"` // seats of its plan that customers may have
	Status     ScreeningStatus `db:"status"`
	Left       int             `db:"seats_left"` // of those, without an owner
	CreatedAt  Instant         `db:"created_at"`
	UpdatedAt  Instant         `db:"updated_at"`
}

// Price is what one ticket of the first type costs in the first zone, with all surcharges.
func (s Screening) Price() Cents {
	if len(s.Prices) == 0 {
		return 0
	}
	return s.Prices[0].Cents + s.Surcharges.Each()
}

// Sells reports whether a ticket may be bought online at the instant.
func (s Screening) Sells(now Instant) bool { return s.Status.open() && now < s.SalesCloseAt }

// CounterAfter is for how long after its start a screening is sold at the counter, where nothing else was said.
const CounterAfter = 30 * time.Minute

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
	if sc.Status != Draft {
		if err := checkPrices(sc.Prices, sc.Surcharges); err != nil {
			return err
		}
		if zones := sc.Prices.Lacking(&plan.Plan); len(zones) > 0 {
			return &ErrProblem{ShowingProblem{Fault: ShowingNoZone, Starts: sc.StartsAt, Zones: zones}}
		}
	}
	if sc.Prices == nil {
		sc.Prices = Prices{}
	}
	if sc.CounterCloseAt == 0 {
		sc.CounterCloseAt = sc.StartsAt.Add(CounterAfter)
	}
	err = t.run(`INSERT INTO screening (id, movie_id, hall_id, starts_at, trailer_minutes, sales_close_at, counter_close_at, prices, capacity, format, language, status, cancel_reason, version, created_at, updated_at, price_card_id, plan_id, surcharges)
		VALUES ($1,$2,$3,$4,$10,$5,$11,$6,$7,$12,$13,$8,'',1,$9,$9,$14,$15,$16)`,
		sc.ID, sc.MovieID, sc.HallID, sc.StartsAt, sc.SalesCloseAt, sc.Prices, plan.ForSale(), sc.Status, t.now,
		sc.Trailers, sc.CounterCloseAt, sc.Format, sc.Language, noID(int64(sc.CardID)), id, sc.Surcharges)
	if err != nil {
		return err
	}
	return t.addSeatsOf(id, sc.ID, plan.Seats)
}

// addSeatsOf gives a new screening the seats of a plan. Seats that this write has added before are copied, which is
// many times quicker.
func (t *tx) addSeatsOf(plan PlanID, id ScreeningID, seats []seating.Seat) error {
	if like, is := t.seated[plan]; is {
		return t.run(`INSERT INTO seat (screening_id, row_no, col_no, label, zone, kind, note, for_sale)
			SELECT $1, row_no, col_no, label, zone, kind, note, for_sale FROM seat WHERE screening_id = $2`, id, like)
	}
	if err := t.addSeats(id, seats); err != nil {
		return err
	}
	if t.seated == nil {
		t.seated = map[PlanID]ScreeningID{}
	}
	t.seated[plan] = id
	return nil
}

func (t *tx) addSeats(id ScreeningID, seats []seating.Seat) error {
	for _, s := range seats {
		if err := t.run(`INSERT INTO seat (screening_id, row_no, col_no, label, zone, kind, note, for_sale) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)`,
			id, s.Row, s.Col, s.Label, s.Zone, s.Kind, s.Note, flag(s.Kind.ForSale())); err != nil {
			return err
		}
	}
	return nil
}

// LastScreening is when the latest screening starts; zero where there is none.
func (s Catalogue) LastScreening(ctx context.Context) (Instant, error) {
	var last Instant
	err := s.read(ctx, &last, `SELECT COALESCE(max(starts_at), 0) FROM screening`)
	return last, err
}
