package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cinemasphere/store/money"
)

// MostSeats is how many seats one ticket has at most.
const MostSeats = 10

// NewComp is a complimentary ticket that somebody of the staff gives away: seats of a screening, without money.
type NewComp struct {
	ScreeningID ScreeningID
	Name        string // who gets it
	Reason      string // why, in the giver's words
	Quantity    int    // 1 to [MostSeats]
	Seats       Labels // the very seats, as many as Quantity; nil is the best together
	Key         string // of the form: sent twice it gives one ticket
}

const (
	compName   = 80
	compReason = 200
)

// check tidies what was typed, and returns what is wrong with it by the names of the form's fields.
func (c *NewComp) check() Faults {
	faults := Faults{}
	text := func(field string, to *string, most int) {
		*to = tidyText(*to, false)
		switch {
		case !Printable(*to):
			faults[field] = Fault{Kind: TextUnprintable}
		case *to == "":
			faults[field] = Fault{Kind: TextMissing}
		case utf8.RuneCountInString(*to) > most:
			faults[field] = Fault{Kind: TextTooLong, Most: most}
		}
	}
	text("name", &c.Name, compName)
	text("reason", &c.Reason, compReason)
	slices.Sort(c.Seats)
	c.Seats = slices.Compact(c.Seats)
	if c.Quantity < 1 || c.Quantity > MostSeats {
		faults["quantity"] = Fault{Kind: NumberWrong, Least: 1, Most: MostSeats}
	} else if c.Seats != nil && len(c.Seats) != c.Quantity {
		faults["seats"] = Fault{Kind: NumberWrong, Least: c.Quantity, Most: c.Quantity}
	}
	return faults
}

// Given is a ticket that was given away.
type Given struct {
	ID    TicketID
	Code  string
	Seats Labels
}

// GiveComp gives seats away, in the name of the person in the context, whom the allowance binds. The ticket admits as a
// paid one does. The same form sent twice gives one ticket. It returns [Faults] for what was typed wrong, and a
// [*Refusal] of kind NotOnSale, NoFreeList, OverAllowance, SoldOut, SeatTaken or HalfLoveSeat.
func (s Tickets) GiveComp(ctx context.Context, c NewComp) (given Given, err error) {
	if faults := c.check(); len(faults) > 0 {
		return given, faults
	}
	for try := 1; ; try++ {
		err = s.write(ctx, booking, func(t *tx) error {
			given = Given{}
			return t.giveComp(c, &given)
		})
		// The same form, sent twice at once: the second finds what the first made.
		if column, _ := uniqueViolation(err); column != "ticket.idempotency_key" || try == writeTries {
			break
		}
	}
	if err != nil {
		return Given{}, fmt.Errorf("give a ticket away: %w", err)
	}
	return given, nil
}

func (t *tx) giveComp(c NewComp, given *Given) error {
	if t.by.ID == 0 {
		return errors.New("nobody gives it away")
	}
	if t.locks() {
		if err := t.lockName("comps " + strconv.FormatInt(int64(t.by.ID), 10)); err != nil {
			return err
		}
	}
	key := fmt.Sprintf("comp:%d:%s", t.by.ID, c.Key)
	err := t.scan([]any{&given.ID, &given.Code, &given.Seats}, `SELECT id, code, seats FROM ticket WHERE idempotency_key = $1`, key)
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	if err := t.mayGive(c); err != nil {
		return err
	}
	given.ID, given.Code = TicketID(t.s.ids.next(t.s.now())), newCode(t.s.env == Production)
	lines := Lines{{Price: Price{Name: "Complimentary"}, N: c.Quantity}}
	if err := t.run(`INSERT INTO ticket (id, screening_id, code, secret, customer_name, phone, quantity, total, payment_status, failure_reason,
		receipt, seats, lines, chosen, seats_moved, held_since, hold_until, idempotency_key, fingerprint, browser, client, void_reason,
		given_by, given_reason, version, created_at, updated_at)
		VALUES ($1,$2,$3,$4,$5,'',$6,0,'Pending','','',$7,$8,$9,0,$10,$10,$11,'','','','',$12,$13,1,$10,$10)`,
		given.ID, c.ScreeningID, given.Code, newSecret(), c.Name, c.Quantity, c.Seats, lines, flag(c.Seats != nil),
		t.now, key, t.by.ID, c.Reason); err != nil {
		return err
	}
	given.Seats, err = t.freeSeatsFor(c, given.ID)
	if err != nil {
		return err
	}
	m, _, err := t.seats(c.ScreeningID, false)
	if err != nil {
		return err
	}
	given.Seats = m.plan.inOrder(given.Seats)
	if err := t.run(`UPDATE ticket SET seats = $1 WHERE id = $2`, given.Seats, given.ID); err != nil {
		return err
	}
	if err := t.sayOfComp(given.ID, money.Given, c.Reason); err != nil {
		return err
	}
	return t.audit(change{
		action: "comp.give", kind: "ticket", id: int64(given.ID), subject: given.Code,
		now: loggedComp{Name: c.Name, Seats: strings.Join(given.Seats, " "), Reason: c.Reason},
	})
}

// freeSeatsFor assigns the seats of a ticket that is given away: those that were chosen, or else the best of the
// cheapest zone that has so many.
func (t *tx) freeSeatsFor(c NewComp, id TicketID) (seats Labels, err error) {
	if c.Seats != nil {
		return t.assignSeats(c.ScreeningID, id, c.Seats, c.Quantity, among{exactly: true})
	}
	sc, err := t.screening(c.ScreeningID)
	if err != nil {
		return nil, err
	}
	zones := sc.Prices.Zones()
	slices.SortStableFunc(zones, func(a, b string) int {
		return cmp.Compare(Prices(sc.Prices.Types(a)).Lowest(), Prices(sc.Prices.Types(b)).Lowest())
	})
	for _, zone := range zones {
		seats, err = t.assignSeats(c.ScreeningID, id, nil, c.Quantity, among{zone: zone, prices: sc.Prices})
		if refusal, is := errors.AsType[*Refusal](err); !is || refusal.Kind != SoldOut {
			return seats, err
		}
	}
	return t.assignSeats(c.ScreeningID, id, nil, c.Quantity, among{}) // apart, over all zones
}

// loggedComp is what the audit log says of a ticket that was given away.
type loggedComp struct {
	Name   string `json:"name"`
	Seats  string `json:"seats"`
	Reason string `json:"reason,omitempty"`
}

// sayOfComp adds what the giver says of a ticket, and all that follows from it.
func (t *tx) sayOfComp(id TicketID, says money.Saying, note string) error {
	_, err := t.record(nil, factRow{
		Fact: money.Fact{Source: money.Operator, Says: says, Ticket: id}, by: t.by.Name, note: note,
	})
	return err
}

// mayGive refuses what the screening, its film or the giver's allowance does not permit.
func (t *tx) mayGive(c NewComp) error {
	sc, err := t.screening(c.ScreeningID)
	if err != nil {
		return err
	}
	var closes Instant
	var noFreeList bool
	if err := t.scan([]any{&closes, &noFreeList}, `SELECT s.counter_close_at, m.no_free_list FROM screening s JOIN movie m ON m.id = s.movie_id
		WHERE s.id = $1`, c.ScreeningID); err != nil {
		return err
	}
	switch {
	case sc.Status == Draft, sc.Status == Cancelled, t.now >= closes:
		return &Refusal{Kind: NotOnSale}
	case noFreeList:
		return &Refusal{Kind: NoFreeList}
	}
	left, bounded, err := allowanceLeft(t, t.by, t.now)
	if err == nil && bounded && left < c.Quantity {
		err = &Refusal{Kind: OverAllowance, Left: left}
	}
	if err != nil || c.Seats == nil {
		return err
	}
	m, _, err := t.seats(c.ScreeningID, false)
	if err != nil {
		return err
	}
	if refusal := (SeatMap{Plan: &m.plan.Plan, Free: m.free}).Apart(c.Seats); refusal != nil {
		return refusal
	}
	return nil
}

// TakeBackComp makes a ticket void that was given away, and frees its seats. A second time changes nothing. It refuses
// one that was booked with NotGiven, and one whose people are in with AlreadyIn.
func (s Tickets) TakeBackComp(ctx context.Context, id TicketID) error {
	err := s.write(ctx, urgent, func(t *tx) error {
		if err := t.lock(id); err != nil {
			return err
		}
		var tk struct {
			Code   string     `db:"code"`
			Given  OperatorID `db:"given_by"`
			Voided Instant    `db:"voided_at"`
			Name   string     `db:"customer_name"`
			Seats  Labels     `db:"seats"`
		}
		err := t.get(&tk, `SELECT code, COALESCE(given_by, 0) AS given_by,
			COALESCE(voided_at, 0) AS voided_at, customer_name, seats FROM ticket WHERE id = $1`, id)
		if err != nil {
			return err
		}
		var in Labels
		if err := t.list((*[]string)(&in), `SELECT label FROM seat WHERE ticket_id = $1 AND admitted_at IS NOT NULL ORDER BY row_no, col_no`, id); err != nil {
			return err
		}
		switch {
		case tk.Given == 0:
			return &Refusal{Kind: NotGiven}
		case tk.Voided != 0:
			return nil
		case len(in) > 0:
			return &Refusal{Kind: AlreadyIn, Seats: in}
		}
		if err := t.sayOfComp(id, money.TakenBack, ""); err != nil {
			return err
		}
		return t.audit(change{
			action: "comp.take-back", kind: "ticket", id: int64(id), subject: tk.Code,
			was: loggedComp{Name: tk.Name, Seats: strings.Join(tk.Seats, " ")},
		})
	})
	if err != nil {
		return fmt.Errorf("take a ticket back: %w", err)
	}
	return nil
}

// Allowances is how many seats each person of a role may give away in a calendar month. Owners have no bound; a role
// that is not in it may give none.
type Allowances map[Role]int

// MostAllowance bounds an allowance.
const MostAllowance = 10_000

// allowanceSettings are where the allowances are stored, with what holds before anybody has set them.
func allowanceSettings() map[Role]struct {
	key    string
	before int
} {
	return map[Role]struct {
		key    string
		before int
	}{RoleManager: {"comps.manager", 20}, RoleCashier: {"comps.cashier", 0}}
}

func readAllowances(list func(dest any, query string, args ...any) error) (Allowances, error) {
	var rows []struct{ Key, Value string }
	if err := list(&rows, `SELECT key, value FROM setting WHERE key LIKE 'comps.%'`); err != nil {
		return nil, fmt.Errorf("read allowances: %w", err)
	}
	out := Allowances{}
	for role, setting := range allowanceSettings() {
		out[role] = setting.before
		for _, row := range rows {
			if n, err := strconv.Atoi(row.Value); err == nil && row.Key == setting.key {
				out[role] = n
			}
		}
	}
	return out, nil
}

// allowanceVersion is the setting that counts the changes of the allowances.
const allowanceVersion = "comps.version"

// CompAllowances reads how many seats each person of a role may give away in a month. The version grows with each
// change: see [ErrChanged].
func (s Catalogue) CompAllowances(ctx context.Context) (a Allowances, version int64, err error) {
	list := readersOf{ctx, s.books}.list
	if version, err = settingsVersion(list, allowanceVersion); err == nil {
		a, err = readAllowances(list)
	}
	return a, version, err
}

// SetCompAllowances writes the allowances of managers and cashiers, where nobody has changed them since the version:
// else ErrChanged. [Faults] are by role. The same allowances again change nothing.
func (s Catalogue) SetCompAllowances(ctx context.Context, want Allowances, version int64) error {
	faults, values := Faults{}, map[string]string{}
	for role, setting := range allowanceSettings() {
		if n := want[role]; n < 0 || n > MostAllowance {
			faults[string(role)] = Fault{Kind: NumberWrong, Most: MostAllowance}
		}
		values[setting.key] = strconv.Itoa(want[role])
	}
	if len(faults) > 0 {
		return faults
	}
	err := s.write(ctx, booking, func(t *tx) error {
		is, err := t.lockSettings(allowanceVersion)
		if err != nil {
			return err
		}
		was, err := readAllowances(t.list)
		switch {
		case err != nil || maps.Equal(was, want):
			return err
		case is != version:
			return ErrChanged
		}
		values[allowanceVersion] = strconv.FormatInt(version+1, 10)
		if err := t.setSettings(values); err != nil {
			return err
		}
		return t.audit(change{action: "comps.allowance", kind: "setting", subject: "free tickets", was: was, now: want})
	})
	if err != nil {
		return fmt.Errorf("write allowances: %w", err)
	}
	return nil
}

// CompsLeft is how many more seats a person may give away this month; bounded is false of an owner.
func (s Tickets) CompsLeft(ctx context.Context, by By) (left int, bounded bool, err error) {
	return allowanceLeft(readersOf{ctx, s.books}, by, s.Now())
}

// allowanceLeft counts what was given away and not taken back in this month.
func allowanceLeft(r rowsReader, by By, now Instant) (left int, bounded bool, err error) {
	if by.Role == RoleOwner {
		return 0, false, nil
	}
	allowed, err := readAllowances(r.list)
	if err != nil {
		return 0, true, err
	}
	local := now.Time().In(nairobi)
	from := At(time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, nairobi))
	var given []int
	err = r.list(&given, `SELECT CAST(COALESCE(sum(quantity), 0) AS BIGINT) FROM ticket WHERE given_by = $1 AND created_at >= $2
		AND voided_at IS NULL`, by.ID, from)
	if err != nil {
		return 0, true, fmt.Errorf("count what was given away: %w", err)
	}
	return max(0, allowed[by.Role]-cmp.Or(given...)), true, nil
}

// Comp is a ticket of a screening that was given away.
type Comp struct {
	ID       TicketID `db:"id"`
	Code     string   `db:"code"`
	Name     string   `db:"customer_name"`
	Seats    Labels   `db:"seats"`
	Reason   string   `db:"given_reason"`
	By       string   `db:"by_whom"`
	VoidedAt Instant  `db:"voided_at"`
}

// Comps lists what was given away of a screening, the newest first; what was taken back too.
func (s Tickets) Comps(ctx context.Context, id ScreeningID) ([]Comp, error) {
	var all []Comp
	err := s.list(ctx, &all, `SELECT t.id, t.code, t.customer_name, t.seats, t.given_reason, o.name AS by_whom,
		COALESCE(t.voided_at, 0) AS voided_at FROM ticket t JOIN operator o ON o.id = t.given_by
		WHERE t.screening_id = $1 ORDER BY t.id DESC`, id)
	if err != nil {
		return nil, fmt.Errorf("list what was given away: %w", err)
	}
	return all, nil
}
