package store

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"cinemasphere/store/money"
)

// scope names what a case is about. It grows until it includes everything that may concern the same money.
type scope struct {
	tickets  []TicketID
	pushes   []PushID
	receipts []string
	looked   map[any]bool // pushes and receipts whose lookalikes were already searched
}

// firstLook reports, once for each push or receipt, that its lookalikes must be searched.
func (c *scope) firstLook(of any) bool {
	if c.looked == nil {
		c.looked = map[any]bool{}
	}
	first := !c.looked[of]
	c.looked[of] = true
	return first
}

func (c *scope) add(f money.Fact) {
	c.ticket(f.Ticket)
	c.push(f.Push)
	c.push(f.Beside)
	c.receipt(f.Receipt)
}

func (c *scope) ticket(id TicketID) {
	if id != 0 && !slices.Contains(c.tickets, id) {
		c.tickets = append(c.tickets, id)
	}
}

func (c *scope) push(id PushID) {
	if id != 0 && !slices.Contains(c.pushes, id) {
		c.pushes = append(c.pushes, id)
	}
}

func (c *scope) receipt(r string) {
	if r != "" && !slices.Contains(c.receipts, r) {
		c.receipts = append(c.receipts, r)
	}
}

func (c *scope) size() int { return len(c.tickets) + len(c.pushes) + len(c.receipts) }

// lockReceipts keeps others from writing about the same receipts until this write ends. A receipt without a ticket has
// no other lock.
func (t *tx) lockReceipts(receipts []string) error {
	if !t.locks() {
		return nil
	}
	for _, r := range slices.Sorted(slices.Values(receipts)) {
		if err := t.lockName("receipt " + r); err != nil {
			return err
		}
	}
	return nil
}

// anyID is the SQL condition that a column is one of the ids in parameter n. anyText is the same for texts. The query
// is the same text for any number of values.
func (t *tx) anyID(n int) string {
	if t.shared() {
		return fmt.Sprintf(`= ANY (CAST($%d AS BIGINT[]))`, n)
	}
	return fmt.Sprintf(`IN (SELECT value FROM json_each($%d))`, n)
}

func (t *tx) anyText(n int) string {
	if t.shared() {
		return fmt.Sprintf(`= ANY (CAST($%d AS TEXT[]))`, n)
	}
	return t.anyID(n)
}

func (t *tx) ids(any any) any   { return t.array(any) }
func (t *tx) texts(any any) any { return t.array(any) }

func (t *tx) array(values any) any {
	if t.shared() {
		return values
	}
	text, _ := json.Marshal(values) // of ids or texts: never fails
	return string(text)
}

// loadCase reads everything that may concern the same money as the scope, and locks its tickets.
func (t *tx) loadCase(c *scope) (*ledger, error) {
	for {
		l := &ledger{
			tickets: map[TicketID]*payable{}, accounts: map[string]string{}, before: map[PaymentID]PaymentState{},
		}
		for more := true; more; {
			var err error
			if more, err = t.widen(c, l); err != nil {
				return nil, err
			}
		}
		size := c.size()
		if err := t.addLookalikes(c, l); err != nil {
			return nil, err
		}
		slices.Sort(c.tickets)
		again := c.size() != size
		for _, id := range c.tickets {
			if t.locks() && !t.owned[id] { // rows read before the lock may be old
				again, c.looked = true, nil
				if err := t.lock(id); err != nil {
					return nil, err
				}
			}
		}
		if !again {
			return l, t.loadRows(c, l)
		}
	}
}

// caseFact is a fact with the account number that the payer typed.
type caseFact struct {
	money.Fact
	Typed string
}

// The queries of a case alias columns to the field names of package money.
const (
	factSelect = `SELECT id, created_at AS at, source, says, push_id AS push, receipt, ticket_id AS ticket,
	beside_id AS beside, about, CASE WHEN amount_cents >= 0 THEN amount_cents END AS amount, payer,
	transacted_at AS transactedat, CASE WHEN account <> '' AND push_id = 0 THEN 1 ELSE 0 END AS account,
	account AS typed FROM fact`
	pushSelect = `SELECT id, ticket_id AS ticket, amount * 100 AS amount, phone, created_at AS madeat,
	CASE WHEN checkout_request_id IS NULL THEN 0 ELSE 1 END AS askable,
	CASE WHEN state = 'refused' THEN 1 ELSE 0 END AS refused, state FROM push_request`
	caseRefunds = `SELECT COALESCE(y.push_id, 0) AS "of.push", COALESCE(y.receipt, '') AS "of.receipt",
	CASE WHEN r.state = 'requested' THEN 1 ELSE 0 END AS open, COALESCE(q.sent, 0) - r.undone AS out
	FROM refund r JOIN payment y ON y.id = r.payment_id
	LEFT JOIN question q ON q.kind = 'reversal' AND q.id = r.id`
)

// casePush is a push with its state.
type casePush struct {
	money.Push
	State PushState
}

// widen reads the pushes and facts of a scope and adds what they name. More reports that another round may find more.
func (t *tx) widen(c *scope, l *ledger) (more bool, err error) {
	tickets := len(c.tickets)
	var pushes []casePush
	err = t.list(&pushes, pushSelect+` WHERE ticket_id `+t.anyID(1)+` OR id `+t.anyID(2)+` ORDER BY id`,
		t.ids(c.tickets), t.ids(c.pushes))
	if err != nil {
		return false, err
	}
	l.Case.Pushes, l.pushes = l.Case.Pushes[:0], map[PushID]PushState{}
	for _, p := range pushes {
		l.pushes[p.ID] = p.State
		c.push(p.ID)
		c.ticket(p.Ticket)
		l.Case.Pushes = append(l.Case.Pushes, p.Push)
	}
	if len(c.tickets) != tickets { // they may have other pushes
		return true, nil
	}
	size := c.size()
	// Pairs shown as alike by the last decision stay in the case until a decision ends that.
	l.alike = l.alike[:0]
	err = t.list(&l.alike, `SELECT receipt, push_id AS push FROM alike WHERE push_id `+t.anyID(1)+` OR receipt `+t.anyText(2), t.ids(c.pushes), t.texts(c.receipts))
	if err != nil {
		return false, err
	}
	for _, pair := range l.alike {
		c.push(pair.Push)
		c.receipt(pair.Receipt)
	}
	var facts []caseFact
	err = t.list(&facts,
		factSelect+` WHERE push_id `+t.anyID(1)+` AND push_id <> 0 OR receipt `+t.anyText(2)+` AND receipt <> ''
		OR ticket_id `+t.anyID(3)+` AND ticket_id <> 0 OR beside_id `+t.anyID(1)+` AND beside_id <> 0 ORDER BY id`,
		t.ids(c.pushes), t.texts(c.receipts), t.ids(c.tickets))
	if err != nil {
		return false, err
	}
	l.Case.Facts = l.Case.Facts[:0]
	for _, f := range facts {
		c.add(f.Fact)
		l.Case.Facts = append(l.Case.Facts, f.Fact)
		l.accounts[f.Receipt] = cmp.Or(l.accounts[f.Receipt], f.Typed)
	}
	return c.size() != size, nil
}

const (
	looseQuery = `SELECT receipt, phone FROM payment WHERE loose = 1
		AND (transacted_at IS NULL OR transacted_at BETWEEN $1 AND $2)
		UNION ALL SELECT receipt, phone FROM payment WHERE loose = 1 AND amount_cents IS NULL AND transacted_at IS NOT NULL`
	looseOfAmount = `SELECT receipt, phone FROM payment WHERE loose = 1 AND amount_cents = $3
		AND (transacted_at IS NULL OR transacted_at BETWEEN $1 AND $2)
		UNION ALL SELECT receipt, phone FROM payment WHERE loose = 1 AND amount_cents IS NULL`
)

// addLookalikes adds lookalikes to a scope: receipts for a push without one, and pushes for a receipt without one.
func (t *tx) addLookalikes(c *scope, l *ledger) error {
	for _, p := range l.Case.Pushes {
		known, failed, paid := false, false, false
		for _, f := range l.Case.Facts {
			of := f.Push == p.ID
			known = known || of && f.Receipt != "" && f.Says == money.Paid
			failed = failed || of && f.Says == money.FailedForGood
			paid = paid || of && f.Says == money.Paid
		}
		if known || failed && !paid || p.Refused || !c.firstLook(p.ID) {
			continue
		}
		var rows []struct {
			Receipt string
			Phone   money.Pattern
		}
		query, from, to := looseQuery, p.MadeAt.Add(-money.EchoBefore), max(p.MadeAt.Add(money.EchoAfter), t.now)
		args := []any{from, to}
		if !paid { // a paid push may be of any amount
			query, args = looseOfAmount, append(args, p.Amount)
		}
		err := t.list(&rows, query, args...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Phone.Fits(p.Phone) {
				c.receipt(r.Receipt)
			}
		}
	}
	for _, f := range l.Case.Facts {
		if !loose(l.Case.Facts, f) || !c.firstLook(f.ID) {
			continue
		}
		var amount Cents
		if f.Amount != nil {
			amount = *f.Amount
		}
		from, to := Instant(0), t.now
		if f.TransactedAt != 0 {
			from, to = f.TransactedAt.Add(-money.EchoAfter), f.TransactedAt.Add(money.EchoBefore)
		}
		var rows []casePush
		err := t.list(&rows,
			pushSelect+
				` p WHERE (created_at BETWEEN $1 AND $2 OR id IN (SELECT push_id FROM payment WHERE receipt IS NULL))
			AND state NOT IN ('failed', 'refused')
			AND (CAST($3 AS BIGINT) = 0 OR amount * 100 = $3
				OR EXISTS (SELECT 1 FROM payment y
					WHERE y.push_id = p.id AND (y.assumed = 1 OR y.amount_cents IS NULL)))
			AND NOT EXISTS (SELECT 1 FROM payment y WHERE y.push_id = p.id AND y.receipt IS NOT NULL
				AND y.learnt_by <> 'query')`, from, to,
			amount)
		if err != nil {
			return err
		}
		for _, p := range rows {
			if f.Payer.Fits(p.Phone) {
				c.push(p.ID)
			}
		}
	}
	return nil
}

// loose reports whether a fact is of a payment without a push and without an account number that the payer typed. Where
// another fact has the payment's time, only one that has it too is.
func loose(facts []money.Fact, f money.Fact) bool {
	if f.Receipt == "" ||
		f.Says != money.Paid && (f.Says != money.Reversed || f.Amount == nil) &&
			(f.Says != money.PaysFor || f.Source != money.Operator) {
		return false
	}
	return money.Loose(facts, f.Receipt) && !slices.ContainsFunc(facts, func(of money.Fact) bool {
		return of.Receipt == f.Receipt && of.TransactedAt != 0 && f.TransactedAt == 0
	})
}

// loadRows reads the rows that the decision may change, and what the case needs besides facts.
func (t *tx) loadRows(c *scope, l *ledger) error {
	if err := t.list(&l.payments, `SELECT `+paymentColumns+` FROM payment
		WHERE push_id `+t.anyID(1)+` OR receipt `+t.anyText(2)+` ORDER BY id`+t.rowLock(),
		t.ids(c.pushes), t.texts(c.receipts)); err != nil {
		return err
	}
	var ids []PaymentID
	for _, p := range l.payments {
		l.before[p.ID] = p.State
		ids = append(ids, p.ID)
	}
	for _, id := range c.tickets {
		tk, err := t.ticketForPayment(id)
		if err != nil {
			return err
		}
		l.tickets[id] = &tk
		l.Case.Tickets = append(l.Case.Tickets, tk.ticket())
	}
	if len(ids) > 0 {
		if err := t.list(&l.Case.Refunds, caseRefunds+` WHERE r.payment_id `+t.anyID(1), t.ids(ids)); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(l.Case.Facts, func(f money.Fact) bool { return f.Source == money.Customer }) {
		return t.list(&l.claims, `SELECT `+claimColumns+` FROM claim c WHERE c.ticket_id `+t.anyID(1), t.ids(c.tickets))
	}
	return nil
}
