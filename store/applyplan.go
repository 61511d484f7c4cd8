package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cinemasphere/store/seating"
)

// ErrOtherHall means that a plan is of another hall than the screening.
var ErrOtherHall = errors.New("the plan is of another hall")

// PlanOutcome is what became of a screening that another plan was to be applied to.
type PlanOutcome string

// The outcomes.
const (
	PlanReplaced PlanOutcome = "replaced" // no seat was sold or held
	PlanPatched  PlanOutcome = "patched"  // every sold or held seat stays what it is
	PlanLoses    PlanOutcome = "loses"    // orders would lose a seat: nothing was changed
	PlanSame     PlanOutcome = "same"     // it has the plan already
	PlanOver     PlanOutcome = "over"     // it has begun, or is cancelled: nothing was changed
	PlanUnpriced PlanOutcome = "unpriced" // its prices have none for a zone of the plan: nothing was changed
)

// PlanChange is what applying a plan does to one screening, or would do.
type PlanChange struct {
	Screening ScreeningID
	Outcome   PlanOutcome
	Lost      []SeatLoss // seats that orders would lose, in plan order
	Zones     []string   // of PlanUnpriced: those without a price
}

// SeatLoss is a seat that applying a plan would take from an order.
type SeatLoss struct {
	TicketID TicketID
	Code     string // of the ticket
	Name     string // the customer's
	Status   Status // of the ticket; Pending holds the seat
	Seat     string // its label
	Why      seating.Loss
}

// ApplyPlan gives screenings another plan of their hall, each in a transaction of its own: where no seat is sold or
// held the seats are replaced, where every such seat stays what it is they are patched, and otherwise the screening is
// left alone, with the orders that would lose a seat. So is one whose frozen prices have none for a zone of the plan. A
// seat is known by its label, which no plan ever changes: see [seating.Compare]. What staff have held or put on sale
// stays so where the seat does. ErrOtherHall where a screening is in another hall; then, and after any other error, the
// screenings before it have been changed, and are in the result.
func (s Catalogue) ApplyPlan(ctx context.Context, plan PlanID, screenings []ScreeningID) ([]PlanChange, error) {
	return s.eachScreening(screenings, func(id ScreeningID) (c PlanChange, err error) {
		err = s.write(ctx, booking, func(t *tx) error { c, err = t.applyPlan(plan, id); return err })
		s.catalogue.Add(1)
		return c, err
	})
}

// PreviewPlan is what [Catalogue.ApplyPlan] would do now. It changes and locks nothing.
func (s Catalogue) PreviewPlan(ctx context.Context, plan PlanID, screenings []ScreeningID) ([]PlanChange, error) {
	return s.eachScreening(screenings, func(id ScreeningID) (PlanChange, error) {
		p, err := planSwapOf(readersOf{ctx, s.books}, &s.plans, s.Now(), plan, id)
		return p.change, err
	})
}

// rowsReader reads rows, in a write or from the pool of readers.
type rowsReader interface {
	get(dest any, query string, args ...any) error
	list(dest any, query string, args ...any) error
}

// readersOf is a rowsReader outside of any write.
type readersOf struct {
	ctx context.Context
	s   *Store
}

func (p readersOf) get(dest any, query string, args ...any) error {
	return p.s.read(p.ctx, dest, query, args...)
}

func (p readersOf) list(dest any, query string, args ...any) error {
	return p.s.list(p.ctx, dest, query, args...)
}

func (s Catalogue) eachScreening(ids []ScreeningID, do func(ScreeningID) (PlanChange, error)) ([]PlanChange, error) {
	var changes []PlanChange
	for _, id := range ids {
		c, err := do(id)
		if err != nil {
			return changes, fmt.Errorf("apply a plan to screening %d: %w", id, err)
		}
		changes = append(changes, c)
	}
	return changes, nil
}

// planSwap is a screening that is about to get another plan.
type planSwap struct {
	change   PlanChange
	fromID   PlanID
	from, to *seatPlan
	sold     []soldSeat // sold or held, in plan order
	prices   Prices
	frozen   bool // the prices are: a draft takes others when it goes on sale
}

// soldSeat is a seat that an order has.
type soldSeat struct {
	Label    string       `db:"label"`
	Kind     seating.Kind `db:"kind"`
	TicketID TicketID     `db:"ticket_id"`
	Code     string       `db:"code"`
	Name     string       `db:"customer_name"`
	Status   Status       `db:"payment_status"`
}

// planSwapOf finds what another plan does to a screening at the instant.
func planSwapOf(r rowsReader, cache *plans, now Instant, plan PlanID, id ScreeningID) (p planSwap, err error) {
	p.change.Screening = id
	var row struct {
		HallID   HallID          `db:"hall_id"`
		PlanID   PlanID          `db:"plan_id"`
		StartsAt Instant         `db:"starts_at"`
		Status   ScreeningStatus `db:"status"`
		Prices   Prices          `db:"prices"`
	}
	if err := r.get(&row, `SELECT hall_id, plan_id, starts_at, status, prices FROM screening WHERE id = $1`, id); err != nil {
		return p, err
	}
	var hall HallID
	if err := r.get(&hall, `SELECT hall_id FROM plan WHERE id = $1`, plan); err != nil {
		return p, err
	}
	switch {
	case hall != row.HallID:
		return p, ErrOtherHall
	case row.PlanID == plan:
		p.change.Outcome = PlanSame
		return p, nil
	case row.StartsAt <= now || row.Status == Cancelled:
		p.change.Outcome = PlanOver
		return p, nil
	}
	p.fromID, p.prices, p.frozen = row.PlanID, row.Prices, row.Status != Draft
	if p.from, err = cache.read(r, row.PlanID); err != nil {
		return p, err
	}
	if p.to, err = cache.read(r, plan); err != nil {
		return p, err
	}
	err = r.list(&p.sold, `SELECT s.label, s.kind, s.ticket_id, t.code, t.customer_name, t.payment_status
		FROM seat s JOIN ticket t ON t.id = s.ticket_id WHERE s.screening_id = $1 ORDER BY s.row_no, s.col_no`, id)
	if err == nil {
		p.compare()
	}
	return p, err
}

// lockSold keeps the screening's seats and the tickets that have them from changing until this write ends.
func (t *tx) lockSold(id ScreeningID) error {
	if !t.locks() {
		return nil
	}
	return errors.Join(
		t.run(`SELECT id FROM ticket WHERE screening_id = $1 ORDER BY id`+forUpdate, id),
		t.lockScreening(id),
		t.run(`SELECT label FROM seat WHERE screening_id = $1 ORDER BY row_no, col_no`+forUpdate, id),
	)
}

// compare fills in the change: what becomes of the seats that orders have.
func (p *planSwap) compare() {
	owner := make(map[string]soldSeat, len(p.sold))
	labels := make([]string, len(p.sold))
	for i, s := range p.sold {
		owner[s.Label], labels[i] = s, s.Label
	}
	for _, l := range seating.Compare(&p.from.Plan, &p.to.Plan, labels, p.prices.ZoneOf) {
		o := owner[l.Label]
		p.change.Lost = append(p.change.Lost, SeatLoss{
			TicketID: o.TicketID, Code: o.Code, Name: o.Name, Status: o.Status, Seat: l.Label, Why: l.Why,
		})
	}
	if p.frozen {
		p.change.Zones = p.prices.Lacking(&p.to.Plan)
	}
	switch {
	case len(p.change.Zones) > 0:
		p.change.Outcome = PlanUnpriced
	case len(p.sold) == 0:
		p.change.Outcome = PlanReplaced
	case len(p.change.Lost) == 0:
		p.change.Outcome = PlanPatched
	default:
		p.change.Outcome = PlanLoses
	}
}

func (t *tx) applyPlan(plan PlanID, id ScreeningID) (PlanChange, error) {
	if err := t.lockSold(id); err != nil {
		return PlanChange{Screening: id}, err
	}
	p, err := planSwapOf(t, t.plans, t.now, plan, id)
	if err != nil || p.change.Outcome != PlanReplaced && p.change.Outcome != PlanPatched {
		return p.change, err
	}
	delete(t.maps, id)
	t.touched = append(t.touched, id)
	staffs, err := t.staffSeats(id)
	if err != nil {
		return p.change, err
	}
	if err := t.run(`DELETE FROM seat WHERE screening_id = $1 AND ticket_id IS NULL`, id); err != nil {
		return p.change, err
	}
	add := slices.Clone(p.to.Seats)
	if len(p.sold) > 0 {
		if err := t.redrawSold(p); err != nil {
			return p.change, err
		}
		add = slices.DeleteFunc(add, func(s seating.Seat) bool {
			return slices.ContainsFunc(p.sold, func(o soldSeat) bool { return o.Label == s.Label })
		})
	}
	if err := t.addSeats(id, add); err != nil {
		return p.change, err
	}
	for _, s := range staffs {
		if i, is := p.to.byLabel[s.Label]; is && p.to.Seats[i].Kind == s.Kind {
			if err := t.run(`UPDATE seat SET for_sale = $1 WHERE screening_id = $2 AND label = $3`, s.ForSale, id, s.Label); err != nil {
				return p.change, err
			}
		}
	}
	if err := t.run(`UPDATE screening SET plan_id = $1, updated_at = $2 WHERE id = $3`, plan, t.now, id); err != nil {
		return p.change, err
	}
	if err := errors.Join(t.countSeats(id), t.forgetSeats(p)); err != nil {
		return p.change, err
	}
	return p.change, t.auditPlan(p, plan)
}

// redrawSold gives the seats that orders have their places in the new plan's drawing. Their labels stay: no statement
// changes the label of a seat.
func (t *tx) redrawSold(p planSwap) error {
	// Places change hands, and none may be taken twice even between two statements.
	if err := t.run(`UPDATE seat SET row_no = -1 - row_no WHERE screening_id = $1`, p.change.Screening); err != nil {
		return err
	}
	for _, sold := range p.sold {
		s := &p.to.Seats[p.to.byLabel[sold.Label]]
		if err := t.run(`UPDATE seat SET row_no = $1, col_no = $2, zone = $3, note = $4 WHERE screening_id = $5 AND label = $6`,
			s.Row, s.Col, s.Zone, s.Note, p.change.Screening, s.Label); err != nil {
			return err
		}
		if s.Kind == sold.Kind {
			continue
		}
		if err := t.run(`UPDATE seat SET kind = $1, for_sale = $2 WHERE screening_id = $3 AND label = $4`,
			s.Kind, flag(s.Kind.ForSale()), p.change.Screening, s.Label); err != nil {
			return err
		}
	}
	return nil
}

// auditPlan writes that a screening has another plan into the audit log.
func (t *tx) auditPlan(p planSwap, plan PlanID) error {
	if t.by == (By{}) {
		return nil
	}
	var sc struct {
		Hall     string
		Title    string
		StartsAt Instant `db:"starts_at"`
	}
	if err := t.get(&sc, `SELECT h.name AS hall, m.title, s.starts_at FROM screening s JOIN hall h ON h.id = s.hall_id
		JOIN movie m ON m.id = s.movie_id WHERE s.id = $1`, p.change.Screening); err != nil {
		return err
	}
	type logged struct {
		Starts time.Time `json:"starts_at"`
		Plan   int64     `json:"plan_version"`
		Seats  int       `json:"seats"`
	}
	was := logged{Starts: sc.StartsAt.Time(), Seats: p.from.ForSale()}
	now := logged{Starts: sc.StartsAt.Time(), Seats: p.to.ForSale()}
	if err := t.scan([]any{&now.Plan}, `SELECT version FROM plan WHERE id = $1`, plan); err != nil {
		return err
	}
	if err := t.scan([]any{&was.Plan}, `SELECT version FROM plan WHERE id = $1`, p.fromID); err != nil {
		return err
	}
	return t.audit(change{
		action: "screening.plan", kind: "screening", id: int64(p.change.Screening), was: was, now: now,
		subject: sc.Title + ", " + sc.Hall,
	})
}

// forgetSeats takes from tickets without seats, whose late money would claim those that they had, the labels of seats
// that are not what they were. What a ticket says that has its seats, or had them when it was voided, never changes.
func (t *tx) forgetSeats(p planSwap) error {
	labels := make([]string, len(p.from.Seats))
	for i, s := range p.from.Seats {
		labels[i] = s.Label
	}
	gone := map[string]bool{}
	for _, l := range seating.Compare(&p.from.Plan, &p.to.Plan, labels, p.prices.ZoneOf) {
		gone[l.Label] = true
	}
	if len(gone) == 0 {
		return nil
	}
	var tickets []struct {
		ID    TicketID
		Seats Labels
	}
	if err := t.list(&tickets, `SELECT id, seats FROM ticket WHERE screening_id = $1 AND hold_until IS NULL AND payment_status <> 'Paid'`,
		p.change.Screening); err != nil {
		return err
	}
	for _, tk := range tickets {
		seats := slices.DeleteFunc(slices.Clone(tk.Seats), func(label string) bool { return gone[label] })
		if len(seats) == len(tk.Seats) {
			continue
		}
		if err := t.run(`UPDATE ticket SET seats = $1, version = version + 1, updated_at = $2 WHERE id = $3`, seats, t.now, tk.ID); err != nil {
			return err
		}
	}
	return nil
}
