package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"cinemasphere/store/money"
)

// Acceptance is an operator's report, from the M-PESA portal, that a receipt paid for a ticket.
type Acceptance struct {
	Receipt   string
	Ticket    string    // its code
	PaymentID PaymentID // in place of Ticket: the pending payment that this is the receipt of
	PushID    PushID    // in place of Ticket: the push that was paid with the receipt
	Amount    Cents     // 0 is what M-PESA reports, or else the ticket's total
	Phone     string    // the MSISDN that paid; "" is the one that the ticket's prompts went to
	Move      bool      // move it from the ticket it was accepted for by mistake, which becomes void
	By        string    // the operator
}

// acceptance is an Acceptance with the payments that it concerns.
type acceptance struct {
	Acceptance
	ticket  TicketID
	have    Payment // the payment with the receipt, if any
	doubted Payment // the ticket's payment whose receipt M-PESA does not know as ours, if any
	// nameless is the payment of a push that gets the receipt: without one, or with one that nobody has proved. Of a
	// push that is not known as paid it has nothing but push and ticket.
	nameless Payment
	paired   bool  // the receipt may be the push's payment, or an operator has said that it is not
	typed    Cents // the amount that the operator gave
}

// AcceptReceipt records that an operator found a receipt to have paid for a ticket. It returns the payment, which may
// be due for refund. With an initiator, M-PESA is asked about the receipt soon. ErrNotFound means no such ticket or
// payment. It refuses with ReceiptUsed, AcceptedElsewhere, ReceiptKnown, AlreadyRefunded, AmountKnown or NeedsNoMoney.
func (s Money) AcceptReceipt(ctx context.Context, report Acceptance) (Payment, error) {
	var out Payment
	err := s.write(ctx, urgent, func(t *tx) error {
		a, err := t.acceptance(report)
		if err == nil {
			err = t.refuseReceipt(a)
		}
		if err == nil {
			_, err = t.record(nil, a.facts()...)
		}
		if err == nil {
			err = t.touch(a.ticket)
		}
		if err == nil {
			out, err = t.payment(`receipt = $1`, a.Receipt)
		}
		if err == nil && !a.counts(out) {
			err = &Refusal{Kind: ReceiptUsed}
		}
		if err == nil {
			err = t.auditAcceptance(a, out)
		}
		return err
	})
	if err != nil {
		return Payment{}, fmt.Errorf("accept receipt: %w", err)
	}
	return out, nil
}

// paymentOfPush finds the payment of a push and locks its ticket. Where M-PESA has not reported the push as paid, it
// has only push and ticket.
func (t *tx) paymentOfPush(push PushID) (Payment, error) {
	have := Payment{PushID: push}
	if err := t.lockFor(`SELECT ticket_id FROM push_request WHERE id = $1`, push); err != nil {
		return have, err
	}
	if err := t.scan([]any{&have.TicketID}, `SELECT ticket_id FROM push_request WHERE id = $1`, push); err != nil {
		return have, err
	}
	known, err := t.payment(`push_id = $1`, push)
	if errors.Is(err, ErrNotFound) {
		return have, nil
	}
	return known, err
}

// auditAcceptance writes into the audit log who has accepted a receipt.
func (t *tx) auditAcceptance(a acceptance, out Payment) error {
	var code string
	if err := t.scan([]any{&code}, `SELECT code FROM ticket WHERE id = $1`, a.ticket); err != nil {
		return err
	}
	type logged struct {
		State  PaymentState `json:"state"`
		Ticket string       `json:"ticket,omitempty"`
		Amount Cents        `json:"amount_cents,omitempty"`
	}
	c := change{
		action: "payment.accept", kind: "payment", id: int64(out.ID), subject: a.Receipt,
		now: logged{State: out.State, Ticket: code, Amount: out.Amount},
	}
	if a.have.ID != 0 {
		c.was = logged{State: a.have.State}
	}
	return t.audit(c)
}

// acceptance finds what the books have on a receipt and the ticket it is accepted for, and locks the ticket.
func (t *tx) acceptance(report Acceptance) (a acceptance, err error) {
	a.Acceptance, a.typed = report, report.Amount
	switch {
	case report.PaymentID != 0:
		a.nameless, err = t.paymentWithTicket(`id = $1`, report.PaymentID)
	case report.PushID != 0:
		a.nameless, err = t.paymentOfPush(report.PushID)
	default:
		err = t.lockFor(`SELECT id FROM ticket WHERE code = $1`, report.Ticket)
	}
	if err != nil {
		return a, err
	}
	var total Shillings
	if err := t.scan([]any{&a.ticket, &total}, `SELECT id, total FROM ticket WHERE code = $1 OR id = $2`, report.Ticket, cmp.Or(a.nameless.TicketID, a.nameless.NamedID)); err != nil {
		return a, err
	}
	if total == 0 {
		return a, &Refusal{Kind: NeedsNoMoney}
	}
	if a.Amount == 0 {
		a.Amount = cmp.Or(a.nameless.Amount, Cents(total)*100)
	}
	if a.Phone == "" {
		var phones []string
		if err := t.list(&phones, `SELECT DISTINCT phone FROM push_request WHERE ticket_id = $1`, a.ticket); err != nil {
			return a, err
		}
		if len(phones) == 1 { // several leave it unknown
			a.Phone = phones[0]
		}
	}
	var pairs int
	if err := t.scan([]any{&pairs}, `SELECT (SELECT count(*) FROM alike WHERE receipt = $1 AND push_id = $2)
		+ (SELECT count(*) FROM fact WHERE receipt = $1 AND push_id = $2 AND says = 'two')`, a.Receipt, a.nameless.PushID); err != nil {
		return a, err
	}
	a.paired = pairs > 0
	a.have, err = t.payment(`receipt = $1`, a.Receipt)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return a, err
	}
	a.doubted, err = t.payment(`ticket_id = $1 AND state = 'applied' AND doubt IN ($2, $4) AND receipt <> $3`, a.ticket,
		DoubtNoSuchReceipt, a.Receipt, DoubtPaidOthers)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return a, err
	}
	return a, nil
}

// refuseReceipt is the refusal where a receipt cannot be accepted for the ticket. What may be the same money can always
// be joined, whatever has become of either.
func (t *tx) refuseReceipt(a acceptance) error {
	var reversed int
	back, err := t.isRefunding(a.have)
	if err == nil {
		err = t.scan([]any{&reversed}, `SELECT count(*) FROM fact WHERE receipt = $1 AND says = 'reversed'`, a.Receipt)
	}
	if err != nil {
		return err
	}
	// Paid by hand, by account number, it is not a prompt's.
	named := a.forPush() && a.have.PushID == 0 && a.have.Account != ""
	another := a.have.TicketID != 0 && a.have.TicketID != a.ticket
	byOperator := a.have.PushID == 0 && t.byOperatorAlone(a.have)
	switch {
	case a.forPush() && (a.nameless.PushID == 0 || a.nameless.Receipt != "" && a.nameless.Loose == 0):
		return &Refusal{Kind: ReceiptKnown} // M-PESA has reported it
	case !a.paired && (back || reversed > 0):
		return &Refusal{Kind: AlreadyRefunded}
	case another && byOperator && !a.Move:
		return &Refusal{Kind: AcceptedElsewhere}
	case another && !byOperator, !a.paired && named,
		a.forPush() && a.have.PushID != 0 && a.have.PushID != a.nameless.PushID:
		return &Refusal{Kind: ReceiptUsed}
	case a.have.Amount != 0 && a.given() != 0 && a.have.Amount != a.given(),
		a.forPush() && a.nameless.Amount != 0 && a.nameless.Assumed == 0 && a.given() != 0 &&
			a.nameless.Amount != a.given():
		return &Refusal{Kind: AmountKnown}
	}
	return nil
}

// forPush reports whether the receipt is accepted as a push's, and not for a ticket that the operator names.
func (a acceptance) forPush() bool { return a.PaymentID != 0 || a.PushID != 0 }

// given is the amount that the report gives: the operator's, or the ticket's total where M-PESA has reported none. 0
// leaves the amount to M-PESA's reports.
func (a acceptance) given() Cents {
	if a.forPush() && a.typed == 0 && a.have.Amount != 0 {
		return 0
	}
	return a.Amount
}

// counts reports whether the receipt is now the payment of what it was accepted for. It is not where M-PESA's report
// on the receipt excludes that.
func (a acceptance) counts(got Payment) bool {
	if a.forPush() {
		return got.PushID == a.nameless.PushID
	}
	return a.ticket == got.TicketID || a.ticket == got.NamedID
}

// byOperatorAlone reports whether only an operator gave the payment to its ticket.
func (t *tx) byOperatorAlone(p Payment) bool {
	var named int
	err := t.scan([]any{&named}, `SELECT count(*) FROM fact WHERE receipt = $1 AND ticket_id = $2 AND source NOT IN ('operator', 'customer')
		AND EXISTS (SELECT 1 FROM fact s WHERE s.receipt = $1 AND s.source = 'status' AND s.says = 'paid')`, p.Receipt, p.TicketID)
	return err == nil && named == 0
}

// facts lists the operator's reports: TheSame for a push whose payment was named; PaysFor for a ticket that was named,
// and NotFor for the ticket that the receipt was accepted for before.
func (a acceptance) facts() []factRow {
	of := func(f money.Fact) factRow {
		f.Source = money.Operator
		return factRow{Fact: f, by: a.By}
	}
	var facts []factRow
	report := money.Fact{Receipt: a.Receipt, Amount: known(a.given()), Payer: Pattern(a.Phone)}
	if a.forPush() {
		same := report
		same.Says, same.Push = money.TheSame, a.nameless.PushID
		facts = append(facts, of(same))
	}
	if !a.forPush() {
		report.Says, report.Ticket = money.PaysFor, a.ticket
		facts = append(facts, of(report))
	}
	if a.have.TicketID != 0 && a.have.TicketID != a.ticket {
		facts = append(facts, of(money.Fact{Says: money.NotFor, Receipt: a.Receipt, Ticket: a.have.TicketID}))
	}
	if a.doubted.ID != 0 && (a.have.PushID == 0 || a.doubted.PushID == 0 || a.have.PushID == a.doubted.PushID) &&
		(a.doubted.Amount == a.Amount || a.nameless.ID == a.doubted.ID) && a.nameless.ID == 0 {
		facts = append(facts, of(money.Fact{Says: money.NotFor, Receipt: a.doubted.Receipt, Ticket: a.ticket}))
	}
	return facts
}
