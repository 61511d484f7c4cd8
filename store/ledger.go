package store

import (
	"cmp"
	"maps"
	"slices"

	"cinemasphere/store/money"
)

// This file alone writes payments: facts are added, a case of all that may concern the same money is read,
// [money.Decide] decides it, and rows that differ are written. Refunds and claims are inserted elsewhere; their states
// change here alone.

// record stores facts and everything that follows from them: the one way in which money is written. The push that they
// are a report on is saved with them, if any. It returns the result for the first fact's payment.
func (t *tx) record(reported *Push, facts ...factRow) (ApplyResult, error) {
	added := false
	for _, f := range facts {
		n, err := t.addFact(f)
		if err != nil {
			return ApplyResult{}, err
		}
		added = added || n > 0
	}
	switch {
	case len(facts) == 0:
		return ApplyResult{}, nil
	case !added:
		return outcome(t.known(reported, facts[0].Fact))
	}
	l, err := t.decide(reported, facts...)
	if err != nil {
		return ApplyResult{}, err
	}
	return l.outcome(facts[0].Fact), nil
}

// known is the outcome of a fact that was reported before. Nothing new follows from it.
func (t *tx) known(reported *Push, f money.Fact) (Outcome, error) {
	if reported != nil {
		if err := t.savePush(*reported); err != nil {
			return "", err
		}
	}
	var payments int
	err := t.scan([]any{&payments}, `SELECT count(*) FROM payment WHERE push_id = $1 OR receipt = $2`,
		noID(int64(f.Push)), orNull(f.Receipt))
	if err != nil || payments == 0 {
		return OutcomeNoted, err
	}
	return OutcomeDuplicate, nil
}

func (t *tx) addFact(f factRow) (int64, error) {
	amount := Cents(-1)
	if f.Amount != nil && *f.Amount > 0 {
		amount = *f.Amount
	}
	return t.exec(`INSERT INTO fact (id, source, says, push_id, receipt, ticket_id, beside_id, amount_cents, payer,
		transacted_at, account, said_by, note, created_at, about) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15) ON CONFLICT DO NOTHING`,
		t.s.ids.next(t.now.Time()), f.Source, f.Says, f.Push, f.Receipt, f.Ticket, f.Beside, amount, f.Payer,
		f.TransactedAt, f.account, f.by, f.note, t.now, f.About)
}

// ledger is a case with the rows that its decision is written to.
type ledger struct {
	money.Case
	money.Decision
	tickets     map[TicketID]*payable
	payments    []Payment
	rows        []Payment         // the stored row of each decided payment, or its new number
	accounts    map[string]string // by receipt: the account number that the payer typed
	claims      []ReceiptClaim
	refunds     []caseRefund         // as stored
	pushes      map[PushID]PushState // as stored
	newReceipts []string             // receipts that the new facts name
	reported    *Push                // the push that they are a report on, as it is to be saved; nil where none
	alike       []money.Key          // the stored pairs
}

// decide decides the case of these facts and writes the result. It locks the rows of the case: its tickets, and the
// receipts that no ticket's lock covers. A fact without a Saying is not stored: it selects the case to decide again.
func (t *tx) decide(reported *Push, of ...factRow) (*ledger, error) {
	about := scope{}
	var newReceipts []string
	for _, f := range of {
		about.add(f.Fact)
		if f.Says != "" {
			newReceipts = append(newReceipts, f.Receipt)
		}
	}
	if reported != nil {
		about.ticket(reported.TicketID)
	}
	if err := t.lockReceipts(about.receipts); err != nil {
		return nil, err
	}
	l, err := t.loadCase(&about)
	if err != nil {
		return nil, err
	}
	l.newReceipts, l.reported = newReceipts, reported
	for {
		l.Decision = money.Decide(l.Case, t.now)
		again, err := t.assignSeatsWhereNeeded(l)
		if err != nil {
			return nil, err
		}
		if !again {
			l.assignRows()
			return l, t.writeCase(l)
		}
	}
}

// assignSeatsWhereNeeded assigns seats to a ticket that would be paid if it had them. It reports whether the case must
// be decided again.
func (t *tx) assignSeatsWhereNeeded(l *ledger) (bool, error) {
	for _, d := range l.Decision.Tickets {
		if !d.NeedsSeats {
			continue
		}
		tk := l.tickets[d.ID]
		i := slices.IndexFunc(l.Case.Tickets, func(c money.Ticket) bool { return c.ID == d.ID })
		a, err := t.amongOf(*tk)
		if err != nil {
			return false, err
		}
		got, err := t.assignSeats(tk.ScreeningID, tk.ID, tk.Seats, tk.Quantity, a)
		if kind := kindOf(err); kind == SoldOut || kind == SeatTaken {
			l.Case.Tickets[i].Seats = money.SeatsGone
			return true, nil
		}
		if err != nil {
			return false, err
		}
		tk.moved = tk.moved || !sameLabels(got, tk.Seats)
		tk.Seats, tk.Held = got, tk.Quantity
		l.Case.Tickets[i].Seats = money.SeatsHeld
		return true, nil
	}
	return false, nil
}

// writeCase writes the rows that differ from the decision.
func (t *tx) writeCase(l *ledger) error {
	touched := map[TicketID]bool{}
	// A payment has one open refund at most, so that those end first which are to fail.
	if err := t.writeRefunds(l, func(d money.RefundDecision) bool { return d.State == RefundFailed }); err != nil {
		return err
	}
	if err := t.writePayments(l, touched); err != nil {
		return err
	}
	if err := t.moveRefunds(l); err != nil {
		return err
	}
	if err := t.writeRefunds(l, func(d money.RefundDecision) bool { return d.State != RefundFailed }); err != nil {
		return err
	}
	if err := t.dropPayments(l, touched); err != nil {
		return err
	}
	if err := t.writePushes(l, touched); err != nil {
		return err
	}
	if err := t.writeAlike(l); err != nil {
		return err
	}
	for _, d := range l.Decision.Tickets {
		if err := t.writeTicket(l, d, touched); err != nil {
			return err
		}
	}
	if err := t.writeClaims(l, touched); err != nil {
		return err
	}
	if err := t.writeQuestions(l); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(touched)) {
		if err := t.touch(id); err != nil {
			return err
		}
	}
	return nil
}

// assignRows chooses the stored row of each decided payment, each row once: the one that has its refund, else by push,
// else by receipt. The zero Payment is one that has no row yet.
func (l *ledger) assignRows() {
	l.rows = make([]Payment, len(l.Decision.Payments))
	taken := map[PaymentID]bool{}
	choose := func(by func(p money.Payment, have Payment) bool) {
		for i, p := range l.Decision.Payments {
			if l.rows[i].ID != 0 {
				continue
			}
			j := slices.IndexFunc(l.payments, func(have Payment) bool { return !taken[have.ID] && by(p, have) })
			if j >= 0 {
				l.rows[i] = l.payments[j]
				taken[l.rows[i].ID] = true
			}
		}
	}
	for _, state := range []RefundState{RefundRequested, RefundDone} {
		choose(func(p money.Payment, have Payment) bool {
			return slices.ContainsFunc(l.Decision.Refunds, func(d money.RefundDecision) bool {
				return d.Of == p.Key && d.State == state && l.refund(d.ID).Payment == have.ID
			})
		})
	}
	choose(func(p money.Payment, have Payment) bool { return p.Push != 0 && have.PushID == p.Push })
	choose(func(p money.Payment, have Payment) bool { return p.Receipt != "" && have.Receipt == p.Receipt })
}

// refund is a stored refund of the case.
func (l *ledger) refund(id int64) caseRefund {
	return l.refunds[slices.IndexFunc(l.refunds, func(r caseRefund) bool { return r.ID == id })]
}

func (t *tx) writePayments(l *ledger, touched map[TicketID]bool) error {
	// What a row loses to another must not be in both.
	moves := func(have Payment) bool {
		i := slices.IndexFunc(l.rows, func(row Payment) bool { return row.ID == have.ID })
		return i < 0 || have.Receipt != "" && have.Receipt != l.Decision.Payments[i].Receipt ||
			have.PushID != 0 && have.PushID != l.Decision.Payments[i].Push
	}
	for _, have := range l.payments {
		if moves(have) {
			if err := t.run(`UPDATE payment SET receipt = NULL, push_id = NULL WHERE id = $1`, have.ID); err != nil {
				return err
			}
		}
	}
	for i, p := range l.Decision.Payments {
		have, want := l.rows[i], l.row(p)
		want.ID, want.CreatedAt = have.ID, have.CreatedAt
		if want == have {
			continue
		}
		if want.ID == 0 {
			want.ID = PaymentID(t.s.ids.next(t.now.Time()))
			l.rows[i].ID = want.ID
		}
		for _, id := range []TicketID{have.TicketID, have.NamedID, want.TicketID, want.NamedID} {
			if id != 0 {
				touched[id] = true
			}
		}
		if err := t.writePayment(want, l.isMasked(want)); err != nil {
			return err
		}
	}
	return nil
}

// row is the payment as stored.
func (l *ledger) row(p money.Payment) Payment {
	row := Payment{
		Receipt: p.Receipt, TicketID: p.Ticket, NamedID: p.Named, PushID: p.Push, Assumed: flag(p.Assumed),
		Phone: p.Payer, Account: l.accounts[p.Receipt], TransactedAt: p.TransactedAt, LearntBy: string(p.Proof),
		State: p.State, Reason: p.Reason, Automatic: flag(p.Automatic),
		Loose: flag(p.Loose),
	}
	if p.AmountKnown {
		row.Amount = p.Amount
	}
	if d := p.Gravest(); d.Why != "" {
		row.Doubt, row.DoubtCents, row.DoubtReceipt = d.Why, d.Amount, d.Receipt
	}
	return row
}

// isMasked reports whether a payment is of a ticket whose customer is masked.
func (l *ledger) isMasked(p Payment) bool {
	tk := l.tickets[cmp.Or(p.TicketID, p.NamedID)]
	return tk != nil && tk.Total > 0 && tk.Rings == 0
}

// writePayment writes a payment. What is said of a customer who is masked is to be masked again.
func (t *tx) writePayment(p Payment, isMasked bool) error {
	again := any(nil)
	if isMasked {
		again = 0
	}
	return t.run(`INSERT INTO payment (id, receipt, push_id, ticket_id, named_id, amount_cents, assumed, phone, account, transacted_at, learnt_by, state,
			reason, doubt, doubt_cents, doubt_receipt, automatic, loose, masked_at, created_at, updated_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$20,$19,$19)
		ON CONFLICT (id) DO UPDATE SET receipt = excluded.receipt, push_id = excluded.push_id, ticket_id = excluded.ticket_id, named_id = excluded.named_id,
			amount_cents = excluded.amount_cents, assumed = excluded.assumed, phone = excluded.phone, account = excluded.account,
			transacted_at = excluded.transacted_at, learnt_by = excluded.learnt_by, state = excluded.state, reason = excluded.reason, doubt = excluded.doubt,
			doubt_cents = excluded.doubt_cents, doubt_receipt = excluded.doubt_receipt, automatic = excluded.automatic, loose = excluded.loose,
			masked_at = CASE WHEN payment.masked_at IS NULL THEN excluded.masked_at ELSE 0 END, updated_at = excluded.updated_at`,
		p.ID, orNull(p.Receipt), noID(int64(p.PushID)), noID(int64(p.TicketID)), noID(int64(p.NamedID)),
		noID(int64(p.Amount)), p.Assumed, p.Phone, p.Account, orNone(p.TransactedAt), p.LearntBy, p.State, p.Reason,
		p.Doubt, p.DoubtCents, p.DoubtReceipt, p.Automatic, p.Loose, t.now, again)
}

// moveRefunds stores each refund with the row of its payment.
func (t *tx) moveRefunds(l *ledger) error {
	for _, d := range l.Decision.Refunds {
		i := slices.IndexFunc(l.Decision.Payments, func(p money.Payment) bool { return p.Key == d.Of })
		if i < 0 || l.rows[i].ID == l.refund(d.ID).Payment {
			continue
		}
		if err := t.run(`UPDATE refund SET payment_id = $1, updated_at = $2 WHERE id = $3`, l.rows[i].ID, t.now, d.ID); err != nil {
			return err
		}
	}
	return nil
}

// writeRefunds writes those of the refunds that differ from the decision. A refund that ended because its payment was
// refunded already stays failed.
func (t *tx) writeRefunds(l *ledger, those func(money.RefundDecision) bool) error {
	for _, d := range l.Decision.Refunds {
		if !those(d) {
			continue
		}
		was := l.refund(d.ID)
		if d.State != was.State || d.Amount != was.Amount || d.State == RefundFailed && was.Open {
			ended := RefundEnd("")
			if d.State == RefundFailed && was.Open {
				ended = RefundEndMoved
			}
			if err := t.run(`UPDATE refund SET state = $1, amount_cents = $2, ended = CASE WHEN $3 = '' THEN ended ELSE $3 END, updated_at = $4 WHERE id = $5`,
				d.State, d.Amount, ended, t.now, d.ID); err != nil {
				return err
			}
		}
		if d.State == RefundDone && (was.State != RefundDone || was.MadeAt == t.now) {
			if err := t.tellRefunded(l, d); err != nil {
				return err
			}
		}
		// An unsent Reversal waits for the receipt.
		next := any(nil)
		if d.State == RefundRequested && !d.Waits {
			next = t.now
		}
		if unsent := !was.Sent && was.Queued == d.Waits; d.State == RefundRequested && unsent ||
			d.State != RefundRequested && was.Queued {
			if err := t.run(`UPDATE question SET next_at = $1, updated_at = $2 WHERE kind = 'reversal' AND id = $3`, next, t.now, d.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropPayments deletes the rows that no fact supports any more, or that duplicate another, and what failed to refund
// them: money that was never paid has no refund.
func (t *tx) dropPayments(l *ledger, touched map[TicketID]bool) error {
	for _, have := range l.payments {
		if slices.ContainsFunc(l.rows, func(row Payment) bool { return row.ID == have.ID }) {
			continue
		}
		for _, id := range []TicketID{have.TicketID, have.NamedID} {
			if id != 0 {
				touched[id] = true
			}
		}
		if err := t.dropPayment(have.ID); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) dropPayment(id PaymentID) error {
	const failed = `payment_id = $1 AND state = 'failed'`
	if err := t.run(`DELETE FROM question WHERE kind = 'reversal' AND id IN (SELECT id FROM refund WHERE `+failed+`)`, id); err != nil {
		return err
	}
	if err := t.run(`DELETE FROM refund WHERE `+failed, id); err != nil {
		return err
	}
	if err := t.run(`DELETE FROM resolution WHERE kind = 'payment' AND id = $1`, id); err != nil {
		return err
	}
	return t.run(`DELETE FROM payment WHERE id = $1`, id)
}

func (t *tx) writePushes(l *ledger, touched map[TicketID]bool) error {
	for _, push := range l.Case.Pushes {
		isReported := l.reported != nil && l.reported.ID == push.ID
		i := slices.IndexFunc(l.Decision.Payments, func(p money.Payment) bool { return p.Push == push.ID })
		was := l.pushes[push.ID]
		paid := i >= 0 && l.Decision.Payments[i].AmountKnown
		unsure := !paid && (i >= 0 || was == PushPaid)
		soon := slices.ContainsFunc(l.Questions, func(q money.Question) bool { return q.Push == push.ID && q.Soon })
		if isReported || paid && was != PushPaid || unsure && was != PushUnknown {
			p, err := t.pushOf(l, push.ID)
			if err != nil {
				return err
			}
			switch {
			case paid:
				p.State, p.Live, p.Reason = PushPaid, false, ""
			case unsure:
				p.State, p.Reason = PushUnknown, FailureConfirming
			}
			if err := t.savePush(p); err != nil {
				return err
			}
			touched[p.TicketID] = true
		}
		if unsure || soon && !paid && was.awaited() {
			if err := t.askNow(push.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// pushOf is a push of the case with what is reported of it in this write.
func (t *tx) pushOf(l *ledger, id PushID) (Push, error) {
	if l.reported != nil && l.reported.ID == id {
		return *l.reported, nil
	}
	return t.push(`p.id = $1`, id)
}

// writeAlike stores which receipts and pushes may be the same money: all pairs of the case, where any differs.
func (t *tx) writeAlike(l *ledger) error {
	var want []money.Key
	for _, p := range l.Decision.Payments {
		for _, k := range p.Alike {
			if p.Push == 0 {
				want = append(want, money.Key{Push: k.Push, Receipt: p.Receipt})
			}
		}
	}
	byName := func(a, b money.Key) int {
		return cmp.Or(cmp.Compare(a.Receipt, b.Receipt), cmp.Compare(a.Push, b.Push))
	}
	slices.SortFunc(want, byName)
	slices.SortFunc(l.alike, byName)
	if slices.Equal(want, l.alike) {
		return nil
	}
	for _, k := range l.alike {
		if err := t.run(`DELETE FROM alike WHERE receipt = $1 AND push_id = $2`, k.Receipt, k.Push); err != nil {
			return err
		}
	}
	for _, k := range want {
		if err := t.run(`INSERT INTO alike (receipt, push_id) VALUES ($1, $2)`, k.Receipt, k.Push); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) writeTicket(l *ledger, d money.TicketDecision, touched map[TicketID]bool) error {
	tk := l.tickets[d.ID]
	i := slices.IndexFunc(l.Decision.Payments, func(p money.Payment) bool {
		return d.With != money.Key{} && p.Key == d.With
	})
	var at Instant
	if i >= 0 {
		at = l.Decision.Payments[i].TransactedAt
	}
	var err error
	switch {
	case d.Paid && tk.Status != Paid:
		delete(touched, d.ID)
		err = t.run(`UPDATE ticket SET payment_status = 'Paid', failure_reason = '', owed_reason = '', receipt = $1, paid_push = $2, transacted_at = $3, seats = $4,
			seats_moved = CASE WHEN $5 = 1 THEN 1 ELSE seats_moved END, hold_until = NULL, version = version + 1, updated_at = $6 WHERE id = $7`,
			d.With.Receipt, d.With.Push, orNone(at), tk.Seats, flag(tk.moved), t.now, tk.ID)
		if err == nil {
			event := MessagePaid
			if tk.moved {
				event = MessageMoved
			}
			err = t.tell(event, int64(tk.ID), *tk)
		}
	case d.Paid && i >= 0 && (d.With.Receipt != tk.Receipt || d.With.Push != tk.PaidPush || at != tk.At):
		touched[d.ID] = true
		err = t.run(`UPDATE ticket SET receipt = $1, paid_push = $2, transacted_at = $3 WHERE id = $4`, d.With.Receipt, d.With.Push, orNone(at), tk.ID)
	case !d.Paid && d.Owed != "" && (tk.Status == Pending || tk.Owed != d.Owed):
		err = t.showRefundDue(*tk, d.Owed)
	}
	if err == nil && d.Late != "" && tk.Late == "" {
		err = t.run(`UPDATE ticket SET late_reason = $1 WHERE id = $2`, d.Late, tk.ID)
	}
	if err == nil && d.Void != "" && tk.Voided == 0 {
		err = t.run(`UPDATE ticket SET voided_at = $1, void_reason = $2, version = version + 1, updated_at = $1 WHERE id = $3`, t.now, d.Void, tk.ID)
		if err == nil && d.Void == ReasonScreeningCancelled {
			err = t.tell(MessageCancelled, int64(tk.ID), *tk)
		}
	}
	if err == nil && d.FreeSeats && tk.Held > 0 {
		err = t.freeSeats(tk.ID)
	}
	return err
}

func (t *tx) writeClaims(l *ledger, touched map[TicketID]bool) error {
	for _, want := range l.Decision.Claims {
		i := slices.IndexFunc(l.claims, func(c ReceiptClaim) bool {
			return c.Receipt == want.Receipt && c.TicketID == want.Ticket
		})
		if i < 0 || l.claims[i].State == want.State && l.claims[i].Reason == want.Reason {
			continue
		}
		touched[want.Ticket] = true
		if err := t.run(`UPDATE claim SET state = $1, reason = $2, updated_at = $3 WHERE id = $4`, want.State, want.Reason, t.now, l.claims[i].ID); err != nil {
			return err
		}
	}
	return nil
}

// was reports whether the payment has been stored in its state before, under all names that it has now.
func (l *ledger) was(p money.Payment) bool {
	var states []PaymentState
	for _, have := range l.payments {
		if p.Names(money.Key{Push: have.PushID, Receipt: have.Receipt}) {
			states = append(states, have.State)
		}
	}
	return len(states) > 0 && !slices.ContainsFunc(states, func(was PaymentState) bool { return was != p.State })
}

// outcome is the result for the payment of a new fact.
func (l *ledger) outcome(f money.Fact) ApplyResult {
	key := money.Key{Receipt: f.Receipt}
	if f.Receipt == "" {
		key.Push = f.Push
	}
	i := slices.IndexFunc(l.Decision.Payments, func(p money.Payment) bool { return p.Names(key) })
	if i < 0 {
		return ApplyResult{Outcome: OutcomeNoted}
	}
	p := l.Decision.Payments[i]
	switch {
	case p.State == money.Applied && l.tickets[p.Ticket].Status != Paid:
		return ApplyResult{Outcome: OutcomePaid}
	case p.Gravest().Why != "":
		return ApplyResult{Outcome: OutcomeDoubt, Doubt: p.Gravest().Why}
	case (p.State == money.Refunded || p.State == money.Returned) && !l.was(p):
		return ApplyResult{Outcome: OutcomeGoneBack}
	case p.State == money.RefundDue:
		return ApplyResult{Outcome: OutcomeRefundDue, Reason: p.Reason}
	case p.State == money.Unmatched:
		return ApplyResult{Outcome: OutcomeUnmatched, Reason: p.Reason}
	}
	return ApplyResult{Outcome: OutcomeKnown}
}
