package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	PlanPatched  PlanOutcome = "patched"  // every sold or held seat is in the new plan
	PlanLoses    PlanOutcome = "loses"    // orders would lose a seat: nothing was changed
	PlanSame     PlanOutcome = "same"     // it has the plan already
	PlanOver     PlanOutcome = "over"     // it has begun, or is cancelled: nothing was changed
)

// PlanChange is what applying a plan does to one screening, or would do.
type PlanChange struct {
	Screening  ScreeningID
	Outcome    PlanOutcome
	Lost       []SeatChange // seats that orders would lose, in plan order
	Relabelled []SeatChange // seats that orders keep under another label; the customers have to be told
}

// SeatChange is what applying a plan does to one seat of an order.
type SeatChange struct {
	TicketID TicketID
	Code     string // of the ticket
	Name     string // the customer's
	Status   Status // of the ticket; Pending holds the seat
	From, To string // labels; To is "" where the seat is lost
}

// ApplyPlan gives screenings another plan of their hall, each in a transaction of its own: where no seat is sold or
// held the seats are replaced, where every such seat is in the new plan they are patched, and otherwise the screening
// is left alone, with the orders that would lose a seat. A seat is the same where its position is the same; see
// [seating.Compare]. ErrOtherHall where a screening is in another hall; then, and after any other error, the screenings
// before it have been changed, and are in the result.
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
}

// soldSeat is a seat that an order has.
type soldSeat struct {
	Row      int      `db:"row_no"`
	Col      int      `db:"col_no"`
	TicketID TicketID `db:"ticket_id"`
	Code     string   `db:"code"`
	Name     string   `db:"customer_name"`
	Status   Status   `db:"payment_status"`
}

func (s soldSeat) position() seating.Position { return seating.Position{Row: s.Row, Col: s.Col} }

// planSwapOf finds what another plan does to a screening at the instant.
func planSwapOf(r rowsReader, cache *plans, now Instant, plan PlanID, id ScreeningID) (p planSwap, err error) {
	p.change.Screening = id
	var row struct {
		HallID   HallID          `db:"hall_id"`
		PlanID   PlanID          `db:"plan_id"`
		StartsAt Instant         `db:"starts_at"`
		Status   ScreeningStatus `db:"status"`
	}
	if err := r.get(&row, `SELECT hall_id, plan_id, starts_at, status FROM screening WHERE id = $1`, id); err != nil {
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
	p.fromID = row.PlanID
	if p.from, err = cache.read(r, row.PlanID); err != nil {
		return p, err
	}
	if p.to, err = cache.read(r, plan); err != nil {
		return p, err
	}
	err = r.list(&p.sold, `SELECT s.row_no, s.col_no, s.ticket_id, t.code, t.customer_name, t.payment_status
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
	at := make([]seating.Position, len(p.sold))
	owner := make(map[seating.Position]soldSeat, len(p.sold))
	for i, s := range p.sold {
		at[i] = s.position()
		owner[at[i]] = s
	}
	describe := func(changes []seating.Change) (all []SeatChange) {
		for _, c := range changes {
			o := owner[c.Position]
			all = append(all, SeatChange{
				TicketID: o.TicketID, Code: o.Code, Name: o.Name, Status: o.Status, From: c.From.Label, To: c.To.Label,
			})
		}
		return all
	}
	compared := seating.Compare(&p.from.Plan, &p.to.Plan, at)
	p.change.Lost, p.change.Relabelled = describe(compared.Lost), describe(compared.Relabelled)
	switch {
	case len(p.sold) == 0:
		p.change.Outcome = PlanReplaced
	case compared.Survives():
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
	if err := t.run(`UPDATE screening SET plan_id = $1, capacity = $2, updated_at = $3 WHERE id = $4`,
		plan, p.to.ForSale(), t.now, id); err != nil {
		return p.change, err
	}
	if err := t.run(`DELETE FROM seat WHERE screening_id = $1 AND ticket_id IS NULL`, id); err != nil {
		return p.change, err
	}
	add := slices.Clone(p.to.Seats)
	if len(p.sold) > 0 {
		// Labels change places, and none may stand twice even between two statements: no label of a plan has a tilde.
		if err := t.run(`UPDATE seat SET label = '~' || label WHERE screening_id = $1`, id); err != nil {
			return p.change, err
		}
		for _, sold := range p.sold {
			s := &p.to.Seats[p.to.At(sold.position())]
			if err := t.run(`UPDATE seat SET label = $1, zone = $2, kind = $3, note = $4 WHERE screening_id = $5 AND row_no = $6 AND col_no = $7`,
				s.Label, s.Zone, s.Kind, s.Note, id, s.Row, s.Col); err != nil {
				return p.change, err
			}
		}
		add = slices.DeleteFunc(add, func(s seating.Seat) bool {
			return slices.ContainsFunc(p.sold, func(o soldSeat) bool { return o.position() == s.Position })
		})
	}
	if err := t.addSeats(id, add); err != nil {
		return p.change, err
	}
	if err := t.relabelTickets(p); err != nil {
		return p.change, err
	}
	return p.change, t.auditPlan(p, plan)
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
		Starts     time.Time         `json:"starts_at"`
		Plan       int64             `json:"plan_version"`
		Seats      int               `json:"seats"`
		Relabelled map[string]string `json:"relabelled,omitempty"` // the new label of each sold seat that has one
	}
	was := logged{Starts: sc.StartsAt.Time(), Seats: p.from.ForSale()}
	now := logged{Starts: sc.StartsAt.Time(), Seats: p.to.ForSale(), Relabelled: map[string]string{}}
	for _, c := range p.change.Relabelled {
		now.Relabelled[c.From] = c.To
	}
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

// relabelTickets gives every ticket of the screening the new labels of its seats: also those that have none now, whose
// late money would claim them again. These lose the labels of seats that are gone, which other seats may have now.
func (t *tx) relabelTickets(p planSwap) error {
	became := map[string]string{}
	for _, s := range p.from.Seats {
		if i := p.to.At(s.Position); i < 0 {
			became[s.Label] = ""
		} else if p.to.Seats[i].Label != s.Label {
			became[s.Label] = p.to.Seats[i].Label
		}
	}
	if len(became) == 0 {
		return nil
	}
	var tickets []struct {
		ID    TicketID
		Seats string
	}
	if err := t.list(&tickets, `SELECT id, seats FROM ticket WHERE screening_id = $1`, p.change.Screening); err != nil {
		return err
	}
	for _, tk := range tickets {
		seats := strings.Fields(tk.Seats)
		for i, label := range seats {
			if now, is := became[label]; is {
				seats[i] = now
			}
		}
		if text := strings.Join(strings.Fields(strings.Join(seats, " ")), " "); text != tk.Seats {
			if err := t.run(`UPDATE ticket SET seats = $1, version = version + 1, updated_at = $2 WHERE id = $3`, text, t.now, tk.ID); err != nil {
				return err
			}
		}
	}
	return nil
}
