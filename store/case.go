package store

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
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

// oneOf is the SQL condition that a column is one of some values. It adds them to the query's parameters. The query has
// few texts, however many values there are: each text is prepared once.
func oneOf[T ~int64 | ~string](t *tx, args *[]any, values []T) string {
	n := len(*args) + 1
	switch {
	case t.shared():
		*args = append(*args, values)
		if reflect.TypeFor[T]().Kind() == reflect.String {
			return fmt.Sprintf(`= ANY (CAST($%d AS TEXT[]))`, n)
		}
		return fmt.Sprintf(`= ANY (CAST($%d AS BIGINT[]))`, n)
	case len(values) == 0:
		*args = append(*args, nil) // nothing is equal to NULL
		return fmt.Sprintf(`= $%d`, n)
	case len(values) == 1:
		*args = append(*args, values[0])
		return fmt.Sprintf(`= $%d`, n)
	}
	text, _ := json.Marshal(values) // of ids or texts: never fails
	*args = append(*args, string(text))
	return fmt.Sprintf(`IN (SELECT value FROM json_each($%d))`, n)
}

// loadCase reads everything that may concern the same money as the scope, and locks its tickets.
func (t *tx) loadCase(c *scope) (*ledger, error) {
	for {
		l := &ledger{
			tickets: map[TicketID]*payable{}, accounts: map[string]string{},
		}
		for more := true; more; {
			var err error
			if more, err = t.widen(c, l); err != nil {
				return nil, err
			}
		}
		slices.Sort(c.tickets)
		again := false
		for _, id := range c.tickets {
			if t.locks() && !t.owned[id] { // rows read before the lock may be old
				again, c.looked = true, nil
				if err := t.lock(id); err != nil {
					return nil, err
				}
			}
		}
		if again {
			continue
		}
		if err := t.loadRows(c, l); err != nil {
			return nil, err
		}
		size := c.size()
		if err := t.addLookalikes(c, l); err != nil {
			return nil, err
		}
		if c.size() != size {
			continue
		}
		alone, err := t.lockLookalikes(l.Case)
		if err != nil || alone {
			return l, err
		}
		c.looked = nil // what another write has just added may be alike
	}
}

// lockLookalikes puts the writes one after the other that add a receipt without a push, or a push that is reported as
// paid: each must see what may be the same money. False means that the lock is new, and the case must be read again. It
// comes after the locks of tickets.
func (t *tx) lockLookalikes(c money.Case) (before bool, err error) {
	if !t.locks() || t.lookalikes {
		return true, nil
	}
	takings, prompts := money.Near(c)
	if len(takings) == 0 && !slices.ContainsFunc(prompts, func(p money.Prompt) bool { return p.Paid != 0 }) {
		return true, nil
	}
	t.lookalikes = true
	return false, t.lockName("lookalikes")
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
	pushColumns = `SELECT id, ticket_id AS ticket, amount * 100 AS amount, phone, created_at AS madeat,
	CASE WHEN checkout_request_id IS NULL THEN 0 ELSE 1 END AS askable,
	CASE WHEN state = 'refused' THEN 1 ELSE 0 END AS refused`
	pushSelect = pushColumns + `, state FROM push_request`
	// Why a refund is over though its Reversal may be out: one by hand replaced it, or its payment needs none.
	replaced    = `('by_hand', 'moved')`
	caseRefunds = `SELECT r.id, r.payment_id AS payment, r.for_ticket AS "for",
	COALESCE(y.push_id, 0) AS "of.push", COALESCE(y.receipt, '') AS "of.receipt",
	r.amount_cents AS amount, CASE WHEN r.method = 'hand' THEN 1 ELSE 0 END AS byhand, r.done,
	CASE WHEN r.method = 'reversal' AND r.done = 0 AND (r.ended = '' OR r.ended NOT IN ` + replaced + `
		AND q.sent > r.undone) THEN 1 ELSE 0 END AS open,
	CASE WHEN q.sent > 0 THEN 1 ELSE 0 END AS sent, COALESCE(q.sent, 0) - r.undone AS out, r.state,
	CASE WHEN q.next_at IS NOT NULL THEN 1 ELSE 0 END AS queued, r.created_at AS madeat
	FROM refund r JOIN payment y ON y.id = r.payment_id
	LEFT JOIN question q ON q.kind = 'reversal' AND q.id = r.id`
)

// caseRefund is a refund with its row, its state, whether a Reversal of it is to be sent, and when it was made.
type caseRefund struct {
	money.Refund
	Payment PaymentID // the row that it is stored with
	State   RefundState
	Queued  bool
	MadeAt  Instant
}

// casePush is a push with its state.
type casePush struct {
	money.Push
	State PushState
}

// widen reads the pushes and facts of a scope and adds what they name. More reports that another round may find more.
func (t *tx) widen(c *scope, l *ledger) (more bool, err error) {
	var rows []casePush
	var facts []caseFact
	l.alike = nil
	pushes, alike, said := read{Rows: &rows}, read{Rows: &l.alike}, read{Rows: &facts}
	pushes.Query = pushSelect + ` WHERE ticket_id ` + oneOf(t, &pushes.Args, c.tickets) +
		` OR id ` + oneOf(t, &pushes.Args, c.pushes) + ` ORDER BY id`
	// Pairs shown as alike by the last decision stay in the case until a decision ends that.
	alike.Query = `SELECT receipt, push_id AS push FROM alike WHERE push_id ` + oneOf(t, &alike.Args, c.pushes) +
		` OR receipt ` + oneOf(t, &alike.Args, c.receipts)
	ofPush := oneOf(t, &said.Args, c.pushes)
	said.Query = factSelect + ` WHERE push_id ` + ofPush + ` AND push_id <> 0 OR beside_id ` + ofPush +
		` AND beside_id <> 0 OR receipt ` + oneOf(t, &said.Args, c.receipts) + ` AND receipt <> '' OR ticket_id ` +
		oneOf(t, &said.Args, c.tickets) + ` AND ticket_id <> 0 ORDER BY id`
	err = t.reads(pushes, alike, said)
	if err != nil {
		return false, err
	}
	size := c.size()
	l.Case.Pushes, l.pushes = l.Case.Pushes[:0], map[PushID]PushState{}
	for _, p := range rows {
		l.pushes[p.ID] = p.State
		c.push(p.ID)
		c.ticket(p.Ticket)
		l.Case.Pushes = append(l.Case.Pushes, p.Push)
	}
	for _, pair := range l.alike {
		c.push(pair.Push)
		c.receipt(pair.Receipt)
	}
	l.Case.Facts = l.Case.Facts[:0]
	clear(l.accounts) // of a receipt, the round before may have read later facts alone
	for _, f := range facts {
		c.add(f.Fact)
		l.Case.Facts = append(l.Case.Facts, f.Fact)
		l.accounts[f.Receipt] = cmp.Or(l.accounts[f.Receipt], f.Typed)
	}
	return c.size() != size, nil
}

// These find stored takings by time and amount. UNION ALL lets each part use an index.
const (
	takingsSelect = `SELECT receipt, COALESCE(amount_cents, 0) AS amount, phone AS payer,
		COALESCE(transacted_at, 0) AS at FROM payment WHERE loose = 1 AND push_id IS NULL AND `
	takingsOfAnyAmount = takingsSelect + `transacted_at BETWEEN $1 AND $2
		UNION ALL ` + takingsSelect + `transacted_at IS NULL`
	takingsOfAmount = takingsSelect + `amount_cents = $3 AND transacted_at BETWEEN $1 AND $2
		UNION ALL ` + takingsSelect + `amount_cents = $3 AND transacted_at IS NULL
		UNION ALL ` + takingsSelect + `amount_cents IS NULL AND transacted_at BETWEEN $1 AND $2
		UNION ALL ` + takingsSelect + `amount_cents IS NULL AND transacted_at IS NULL`
)

// promptsQuery finds stored prompts by time and amount. A push that is reported as paid may have been paid at any later
// time, and with any amount.
const promptsQuery = pushColumns + `,
	COALESCE((SELECT y.amount_cents FROM payment y WHERE y.push_id = p.id AND y.assumed = 0), 0) AS reported,
	CASE WHEN ` + assumed + ` THEN 1 ELSE 0 END AS anyamount, CASE WHEN ` + noAmount + ` THEN 1 ELSE 0 END AS noamount,
	COALESCE((SELECT min(f.created_at) FROM fact f WHERE f.push_id = p.id AND f.says = 'paid'
		AND (f.receipt = '' OR f.source NOT IN ('confirmation', 'pull', 'statement'))), 0) AS paid
	FROM push_request p WHERE (created_at BETWEEN $1 AND $2
		OR id IN (SELECT push_id FROM payment WHERE loose = 1 AND push_id IS NOT NULL))
	AND state NOT IN ('failed', 'refused') AND (CAST($3 AS BIGINT) = 0 OR amount * 100 = $3
		OR ` + assumed + ` OR ` + noAmount + `
		OR EXISTS (SELECT 1 FROM payment y WHERE y.push_id = p.id AND y.amount_cents = $3))
	AND NOT EXISTS (SELECT 1 FROM payment y WHERE y.push_id = p.id AND y.loose = 0)`

// What a push was paid with is not known for certain, or not at all.
const (
	assumed  = `EXISTS (SELECT 1 FROM payment y WHERE y.push_id = p.id AND y.assumed = 1)`
	noAmount = `EXISTS (SELECT 1 FROM payment y WHERE y.push_id = p.id AND y.amount_cents IS NULL)`
)

// addLookalikes adds to a scope what may be the same money as something of its case: see [money.Near]. The queries
// select as little as they can, and [money.Taking.MayBeOf] decides.
func (t *tx) addLookalikes(c *scope, l *ledger) error {
	loose, open := money.Near(l.Case)
	for _, p := range open {
		if !c.firstLook(p) {
			continue
		}
		from, until := p.Window()
		look := map[money.Cents]string{p.Amount: takingsOfAmount, cmp.Or(p.Reported, p.Amount): takingsOfAmount}
		if p.AnyAmount || p.NoAmount {
			look = map[money.Cents]string{0: takingsOfAnyAmount}
		}
		for amount, query := range look {
			args := []any{from, until}
			if amount != 0 {
				args = append(args, amount)
			}
			var rows []money.Taking
			if err := t.list(&rows, query, args...); err != nil {
				return err
			}
			for _, r := range rows {
				if r.MayBeOf(p) {
					c.receipt(r.Receipt)
				}
			}
		}
	}
	for _, r := range loose {
		if !c.firstLook(r) {
			continue
		}
		from, until := Instant(0), t.now
		if r.At != 0 {
			from, until = r.At.Add(-money.EchoAfter), r.At.Add(money.EchoBefore)
		}
		var rows []money.Prompt
		if err := t.list(&rows, promptsQuery, from, until, r.Amount); err != nil {
			return err
		}
		for _, p := range rows {
			if r.MayBeOf(p) {
				c.push(p.ID)
			}
		}
	}
	return nil
}

// loadRows reads the rows that the decision may change, and what the case needs besides facts.
func (t *tx) loadRows(c *scope, l *ledger) error {
	tickets := make([]payable, len(c.tickets))
	of := []read{{Rows: &l.payments}}
	of[0].Query = `SELECT ` + paymentColumns + ` FROM payment WHERE push_id ` + oneOf(t, &of[0].Args, c.pushes) +
		` OR receipt ` + oneOf(t, &of[0].Args, c.receipts) + ` ORDER BY id` + t.rowLock()
	for i, id := range c.tickets {
		of = append(of, tickets[i].query(id))
	}
	if err := t.reads(of...); err != nil {
		return err
	}
	var ids []PaymentID
	for _, p := range l.payments {
		ids = append(ids, p.ID)
	}
	for i, id := range c.tickets {
		l.tickets[id] = &tickets[i]
		l.Case.Tickets = append(l.Case.Tickets, tickets[i].ticket())
	}
	if len(ids) > 0 {
		if err := t.loadRefunds(l, ids); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(l.Case.Facts, func(f money.Fact) bool { return f.Source == money.Customer }) {
		var args []any
		ofTicket := oneOf(t, &args, c.tickets)
		return t.list(&l.claims, `SELECT `+claimColumns+` FROM claim c WHERE c.ticket_id `+ofTicket, args...)
	}
	return nil
}

// loadRefunds reads the refunds of the payments. None of their Reversals is sent until this write ends.
func (t *tx) loadRefunds(l *ledger, of []PaymentID) error {
	var args []any
	ofPayment := oneOf(t, &args, of)
	read := func() error {
		l.refunds = nil
		return t.list(&l.refunds, caseRefunds+` WHERE r.payment_id `+ofPayment+` ORDER BY r.id`, args...)
	}
	err := read()
	if err == nil && len(l.refunds) > 0 && t.locks() {
		err = t.run(`SELECT id FROM question WHERE kind = 'reversal' AND id IN (SELECT id FROM refund WHERE payment_id `+
			ofPayment+`) ORDER BY id`+forUpdate, args...)
		if err == nil {
			err = read()
		}
	}
	for _, r := range l.refunds {
		l.Case.Refunds = append(l.Case.Refunds, r.Refund)
	}
	return err
}
