package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"cinemasphere/store/money"
)

// MaskedName stands for a customer's name that is gone.
const MaskedName = "—"

// IsMasked reports whether a phone number is gone, and letters stand for its digits.
func IsMasked(msisdn string) bool { return money.IsStandIn(msisdn) }

// Masked is what was made of customers' data.
type Masked struct {
	Tickets int      // whose names, phones and addresses are gone
	Bodies  int64    // callbacks whose raw text is gone
	Kept    []string // codes of tickets, and receipts, that keep theirs: something is still open about their money

	done map[TicketID]bool // tickets of the cases that were masked
}

const (
	// hasDigits is put behind the name of a column with a phone number: it is not masked.
	hasDigits = `, 5, 1) BETWEEN '0' AND '9'`
	// unmasked is that a ticket still says who its customer is.
	unmasked = `(t.customer_name <> '` + MaskedName + `' OR t.email <> '' OR substr(t.phone` + hasDigits + `)`
	// nobodyNeeds is that a callback's raw text may go: it is applied, nobody has to read it, and the push that it
	// answers is masked.
	nobodyNeeds = `c.encoding <> 'erased' AND c.outcome IS NOT NULL AND (c.known = 0 OR NOT (` + unreadWaits + `))
		AND (p.id IS NULL OR NOT substr(p.phone` + hasDigits + `)`
)

// These find whom to mask. Each reads no more than what is not masked yet, by an index of exactly that, so that it
// costs little to look every hour.
const (
	screeningsToMask = `SELECT id FROM screening WHERE masked_at IS NULL AND starts_at < $1 ORDER BY id`
	ticketsToMask    = `SELECT t.id, t.code AS name FROM ticket t WHERE t.screening_id = $1 AND ` + unmasked + ` ORDER BY t.id`
	paymentsToMask   = `SELECT receipt AS name FROM payment WHERE COALESCE(ticket_id, named_id, push_id) IS NULL
		AND receipt IS NOT NULL AND masked_at IS NULL AND created_at < $1 ORDER BY id`
	// Of these M-PESA has said more since, or somebody of the staff has done more.
	paymentsToMaskAgain = `SELECT COALESCE(receipt, '') AS name, COALESCE(push_id, 0) AS push FROM payment WHERE masked_at = 0
		ORDER BY id`
	bodiesToErase = `c.encoding <> 'erased' AND c.id < $1`
)

// toMask is one case to be masked: a ticket's, or a payment's. Name is how the staff know it.
type toMask struct {
	ID   TicketID
	Push PushID
	Name string
}

func (m toMask) scope() (of scope) {
	of.ticket(m.ID)
	of.push(m.Push)
	if m.ID == 0 {
		of.receipt(m.Name)
	}
	return of
}

// MaskBefore masks the customers of the screenings that began before an instant: names, phones and addresses of their
// tickets, payers of what else was paid by then, and the raw text of callbacks that came by then. What money there was,
// and what became of it, stays, and is decided as before: see [money.Mask]. While something is open about a ticket's
// money, its customer stays.
func (s Tickets) MaskBefore(ctx context.Context, before Instant) (m Masked, err error) {
	var screenings []ScreeningID
	if err := s.list(ctx, &screenings, screeningsToMask, before); err != nil {
		return m, fmt.Errorf("look for customers to mask: %w", err)
	}
	for _, id := range screenings {
		if err := s.maskAll(ctx, &m, before, ticketsToMask, id); err != nil {
			return m, err
		}
	}
	if err := s.maskAll(ctx, &m, before, paymentsToMask, before); err != nil {
		return m, err
	}
	again, err := s.MaskAgain(ctx)
	m.Tickets, m.Kept = m.Tickets+again.Tickets, append(m.Kept, again.Kept...)
	if err != nil {
		return m, err
	}
	if m.Bodies, err = s.eraseBodies(ctx, bodiesToErase, firstID(before)); err != nil {
		return m, err
	}
	err = s.write(ctx, urgent, func(t *tx) error {
		return t.run(`UPDATE screening SET masked_at = $2 WHERE masked_at IS NULL AND starts_at < $1
			AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.screening_id = screening.id AND `+unmasked+`)`, before, t.now)
	})
	if err != nil {
		return m, fmt.Errorf("note the masked screenings: %w", err)
	}
	s.names.forget()
	return m, nil
}

// MaskAgain masks what has become known of customers since they were masked, such as the payer of a report that came
// once more.
func (s Tickets) MaskAgain(ctx context.Context) (m Masked, err error) {
	return m, s.maskAll(ctx, &m, s.Now().Add(-eraseAfter), paymentsToMaskAgain)
}

// maskAll masks the cases that a query finds, where nothing of them needs its customers and their screenings began
// before an instant.
func (s *Store) maskAll(ctx context.Context, m *Masked, before Instant, query string, args ...any) error {
	var found []toMask
	if err := s.list(ctx, &found, query, args...); err != nil {
		return fmt.Errorf("look for customers to mask: %w", err)
	}
	for _, of := range found {
		if err := s.maskOne(ctx, before, of, m); err != nil {
			return err
		}
	}
	return nil
}

// maskOne masks one case in a write of its own.
func (s *Store) maskOne(ctx context.Context, before Instant, of toMask, m *Masked) error {
	if m.done[of.ID] {
		return nil
	}
	var tickets []TicketID
	var masked int
	err := s.write(ctx, urgent, func(t *tx) (err error) {
		about := of.scope()
		tickets, masked, err = t.maskCase(&about, before)
		return err
	})
	if err != nil {
		return fmt.Errorf("mask a customer: %w", err)
	}
	if tickets == nil {
		m.Kept = append(m.Kept, cmp.Or(of.Name, fmt.Sprint("push ", of.Push)))
		return nil
	}
	if m.done == nil {
		m.done = map[TicketID]bool{}
	}
	for _, id := range tickets {
		m.done[id] = true
	}
	m.Tickets += masked
	return nil
}

// maskCase masks all that may concern the same money, where nothing of it is open and its screenings are past. It
// returns the tickets, or nil where it must wait, and of how many the customer is gone now.
func (t *tx) maskCase(about *scope, before Instant) (tickets []TicketID, masked int, err error) {
	if err := t.lockReceipts(about.receipts); err != nil {
		return nil, 0, err
	}
	l, err := t.loadCase(about)
	if err != nil {
		return nil, 0, err
	}
	if open, err := t.needsCustomers(l, before); err != nil || open {
		return nil, 0, err
	}
	without, same := money.Mask(l.Case, t.now, randomLetters)
	if !same {
		return nil, 0, nil
	}
	phones := map[string]string{}
	for i, p := range l.Case.Pushes {
		phones[p.Phone] = without.Pushes[i].Phone
		if err := t.maskPush(p.ID, without.Pushes[i].Phone); err != nil {
			return nil, 0, err
		}
	}
	for i, f := range l.Case.Facts {
		if err := t.run(`UPDATE fact SET payer = $2, account = CASE WHEN account <> '' AND push_id = 0 AND ticket_id = 0 THEN $3
			ELSE account END WHERE id = $1`, f.ID, without.Facts[i].Payer, MaskedName); err != nil {
			return nil, 0, err
		}
	}
	of, err := t.wordsOf(about, l)
	if err != nil {
		return nil, 0, err
	}
	if err := t.maskWords(of); err != nil {
		return nil, 0, err
	}
	tickets = []TicketID{}
	for _, tk := range of.tickets {
		tickets = append(tickets, tk.ID)
		if tk.isMasked() {
			continue
		}
		masked++
		if err := t.maskTicket(tk, phones); err != nil {
			return nil, 0, err
		}
	}
	return tickets, masked, t.maskPayments(l, without)
}

// maskPayments takes the payers out of the rows of the payments, which follow from the facts, and changes nothing else
// of them.
func (t *tx) maskPayments(l *ledger, masked money.Case) error {
	l.Decision = money.Decide(masked, t.now)
	l.assignRows()
	for i, p := range l.Decision.Payments {
		if err := t.run(`UPDATE payment SET phone = $2, account = COALESCE((SELECT f.account FROM fact f WHERE f.receipt = payment.receipt AND f.receipt <> ''
			AND f.account <> '' ORDER BY f.id LIMIT 1), ''), masked_at = $3, updated_at = $3 WHERE id = $1`, l.rows[i].ID, p.Payer, t.now); err != nil {
			return err
		}
	}
	return nil
}

// needsCustomers reports whether something of a case may still need its customers: a screening that is not past, a
// prompt, a question or a message that is out, money that is owed, or what a person has to look into.
func (t *tx) needsCustomers(l *ledger, before Instant) (bool, error) {
	for _, tk := range l.tickets {
		if tk.StartsAt >= before || tk.Status == Pending || tk.Hold != 0 {
			return true, nil
		}
	}
	for _, r := range l.refunds {
		if r.State == RefundRequested {
			return true, nil
		}
	}
	for _, c := range l.claims {
		if c.State == ClaimAsking {
			return true, nil
		}
	}
	for _, p := range l.payments {
		settled := p.State == PaymentApplied || p.State == PaymentRefunded || p.State == PaymentReversed
		if settled && p.Doubt == "" {
			continue
		}
		var resolved int
		if err := t.scan([]any{&resolved}, `SELECT count(*) FROM resolution WHERE kind = 'payment' AND id = $1 AND state = $2`, p.ID, p.State); err != nil || resolved == 0 {
			return true, err
		}
	}
	for id := range l.tickets {
		var waiting int
		err := t.scan([]any{&waiting}, `SELECT (SELECT count(*) FROM outbox WHERE ticket_id = $1 AND next_at IS NOT NULL)
			+ (SELECT count(*) FROM push_request p LEFT JOIN question q ON q.kind = 'push' AND q.id = p.id WHERE p.ticket_id = $1
				AND (p.state = 'sending' OR p.state IN ('prompted', 'unknown', 'soft_failed') AND q.next_at IS NOT NULL))
			+ (SELECT count(*)`+unreadFrom+` WHERE u.ticket_id = $1 AND `+unreadWaits+`)`, id)
		if err != nil || waiting > 0 {
			return true, err
		}
	}
	return false, nil
}

// maskPush takes the number out of a push. Daraja's name for it ends in the number.
func (t *tx) maskPush(id PushID, phone string) error {
	return t.run(`UPDATE push_request SET phone = $2, checkout_request_id = CASE WHEN checkout_request_id IS NULL THEN NULL ELSE $3 END,
		client = '', updated_at = $4 WHERE id = $1 AND phone <> $2`, id, phone, fmt.Sprint("masked:", id), t.now)
}

// maskTicket takes the customer out of a ticket, and out of the receipts that were typed on its page.
func (t *tx) maskTicket(tk namedTicket, phones map[string]string) error {
	phone := tk.Phone
	switch in := phones[phone]; {
	case in != "":
		phone = in
	case phone != "" && !IsMasked(phone):
		phone = phone[:min(len(phone), 4)] + randomLetters(8)
	}
	if err := t.run(`UPDATE ticket SET customer_name = $2, phone = $3, email = '', browser = '', client = '', fingerprint = '',
		idempotency_key = $5, version = version + 1, updated_at = $4 WHERE id = $1`, tk.ID, MaskedName, phone, t.now,
		fmt.Sprint("masked:", tk.ID)); err != nil {
		return err
	}
	if err := t.run(`UPDATE claim SET phone = $2, browser = '', client = '' WHERE ticket_id = $1`, tk.ID, phone); err != nil {
		return err
	}
	return t.audit(change{action: "customer.erase", kind: "ticket", id: int64(tk.ID), subject: tk.Code})
}

// erasedAtOnce is how many callbacks are erased in one write.
const erasedAtOnce = 500

// erasable finds callbacks that nobody needs any more, behind the one that is so manieth parameter.
func erasable(which string, after int) string {
	return `SELECT c.id` + unreadFrom + ` WHERE ` + which + ` AND ` + nobodyNeeds +
		fmt.Sprintf(` AND c.id > $%d ORDER BY c.id LIMIT %d`, after, erasedAtOnce)
}

// eraseBodies erases the raw text of those callbacks that nobody needs any more.
func (s *Store) eraseBodies(ctx context.Context, which string, args ...any) (erased int64, err error) {
	for last, more := CallbackID(0), true; more; {
		var ids []CallbackID
		err := s.list(ctx, &ids, erasable(which, len(args)+1), append(slices.Clone(args), last)...)
		if err == nil && len(ids) > 0 {
			last = ids[len(ids)-1]
			err = s.write(ctx, urgent, func(t *tx) error {
				var of []any
				which := oneOf(t, &of, ids)
				n, err := t.exec(`UPDATE callback SET body = '', encoding = 'erased', source = '' WHERE id `+which, of...)
				erased += n
				if err == nil {
					err = t.run(maskUnread+`callback_id `+which, of...)
				}
				return err
			})
		}
		if err != nil {
			return erased, fmt.Errorf("erase callbacks: %w", err)
		}
		more = len(ids) == erasedAtOnce
	}
	return erased, nil
}

// randomLetters are so many letters by chance.
func randomLetters(n int) string {
	var out strings.Builder
	for out.Len() < n {
		for _, r := range strings.ToLower(newSecret()) {
			if r >= 'a' && r <= 'z' && out.Len() < n {
				out.WriteRune(r)
			}
		}
	}
	return out.String()
}

// forget drops the names in memory: some are gone from the books.
func (n *names) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = nil
}
