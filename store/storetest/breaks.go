package storetest

import (
	"context"
	"fmt"

	"cinemasphere/store"
)

// Break is a way to break, by hand, the books that [Sell] has written.
type Break struct {
	Rule    string // the rule that is broken
	Says    string // what the finding must contain
	Queries []string
}

// Sell makes books to break: a screening with a ticket of two seats, paid by a callback, and a held ticket of one seat.
func Sell(t Tester, s *store.Store, id store.ScreeningID) {
	t.Helper()
	ctx := context.Background()
	sent, _, err := s.Tickets().Book(ctx, Booking(id, Phone(1), 2))
	if err == nil {
		err = s.Tickets().RecordAnswer(ctx, sent, store.Answer{CheckoutRequestID: "ws_CO_1"})
	}
	if err != nil {
		t.Fatalf("sell a ticket: %v", err)
	}
	amount := store.Cents(sent.Amount) * 100
	cb, _, err := s.Money().StoreCallback(ctx, store.NewCallback{
		Kind: store.CallbackSTK, Token: sent.CallbackToken,
		Body: fmt.Appendf(nil, pushPaid, "ws_CO_1", fmt.Sprintf(pushMoney, sent.Amount, "UKT4JL9G91")),
	})
	if err == nil {
		_, err = s.Money().ApplyCallback(ctx, cb, store.Verdict{
			Class: store.Success, LearntBy: "callback", CheckoutRequestID: "ws_CO_1", Code: "0", Amount: &amount,
			Receipt: "UKT4JL9G91", TransactedAt: s.Now(),
		})
	}
	if err == nil {
		_, _, err = s.Tickets().Book(ctx, Booking(id, Phone(2), 1))
	}
	if err != nil {
		t.Fatalf("sell a ticket: %v", err)
	}
}

// Callback bodies: of a push, its metadata, a C2B confirmation, a Transaction Status and a Reversal.
const (
	pushPaid  = `{"Body":{"stkCallback":{"CheckoutRequestID":"%s","ResultCode":0%s}}}`
	pushMoney = `,"CallbackMetadata":{"Item":[{"Name":"Amount","Value":%d},` +
		`{"Name":"MpesaReceiptNumber","Value":"%s"}]}`
	confirmation = `{"TransID":"%s","TransAmount":"%d"}`
	statusOf     = `{"Result":{"ResultCode":0,"ConversationID":"AG_1",` +
		`"ResultParameters":{"ResultParameter":[{"Key":"ReceiptNo","Value":"UKT4JL9G91"},` +
		`{"Key":"TransactionStatus","Value":"%s"},{"Key":"Amount","Value":%d}]}}}`
	reversed = `{"Result":{"ResultCode":0,"ConversationID":"AG_1"}}`
)

// unapplied is a stored callback of the kind that was never applied, with the token of a row of the table.
func unapplied(kind store.CallbackKind, token, of, body string) string {
	return fmt.Sprintf(`INSERT INTO callback (id, kind, token, known, source, body, encoding, size, received_at, outcome, decided_at)
		SELECT 1, '%s', %s, 1, '', '%s', 'text', 0, 1, 'forgotten', 1 FROM %s`, kind, token, body, of)
}

// refund is a refund of the applied payment.
func refund(cents, state string) string {
	return fmt.Sprintf(`INSERT INTO refund (id, payment_id, for_ticket, amount_cents, method, state, requested_by, reason, reference, result_code, result_text, created_at, updated_at)
		SELECT 1, id, ticket_id, %s, 'hand', '%s', '', '', '', '', '', 1, 1 FROM payment WHERE state = 'applied'`, cents, state)
}

// checked is a Transaction Status of the receipt. sent is a Reversal of the refund's payment.
const (
	checked = `INSERT INTO question (kind, id, receipt, result_token, timeout_token, urgent, client, checked_for, sent, lease_until, result_text, created_at, updated_at)
		VALUES ('receipt', 1, 'UKT4JL9G91', 't', 'u', 0, '', 0, 1, 0, '', 1, 1)`
	sent = `INSERT INTO question (kind, id, result_token, timeout_token, urgent, client, checked_for, sent, lease_until, result_text, created_at, updated_at)
		VALUES ('reversal', 1, 'v', 'w', 1, '', 0, 0, 0, '', 1, 1)`
)

// Breaks are the rules of [store.Money.Audit], with ways to break each.
func Breaks() []Break {
	one := func(rule string, queries ...string) Break { return Break{Rule: rule, Queries: queries} }
	plan := func(says string, queries ...string) Break { return Break{"seats equal the plan's", says, queries} }
	in := func(says string, queries ...string) Break {
		return Break{"who was let in had a paid ticket, not yet void", says, queries}
	}
	return []Break{
		plan("and the plan has 50", `DELETE FROM seat WHERE label = 'E10'`),
		plan("and the plan has 50", `DELETE FROM seat WHERE label = 'E10'`, `UPDATE screening SET capacity = capacity - 1`),
		plan("a capacity of 49", `UPDATE screening SET capacity = capacity - 1`),
		plan("49 for sale", `UPDATE seat SET for_sale = 0 WHERE label = 'E10'`),
		plan("other than Z99", `UPDATE seat SET label = 'Z99' WHERE label = 'E10'`),
		plan("other than E10", `UPDATE seat SET col_no = col_no + 1 WHERE label = 'E10'`),
		plan("other than E10", `UPDATE seat SET kind = 'accessible' WHERE label = 'E10'`),
		plan("other than E10", `UPDATE seat SET kind = 'broken' WHERE label = 'E10'`),
		plan("other than E10", `UPDATE seat SET zone = 'VIP' WHERE label = 'E10'`),
		plan("other than E10", `UPDATE seat SET note = 'a pillar' WHERE label = 'E10'`),
		plan("other than E10", `UPDATE seat SET row_no = row_no + 1 WHERE label = 'E10'`),
		plan("is no seat", `UPDATE plan SET text = 'A ?'`),
		plan("its plan is another hall's", `INSERT INTO hall (id, name, cleaning_minutes, version, edits, created_at, updated_at) VALUES (1, 'Other', 0, 1, '', 0, 0)`, `UPDATE plan SET hall_id = 1`),
		one("a paid ticket has exactly its seats", `UPDATE seat SET ticket_id = NULL WHERE ticket_id IN (SELECT id FROM ticket WHERE payment_status = 'Paid')`),
		one("a paid ticket shows the seats that it has", `UPDATE ticket SET seats = 'A1 A2' WHERE payment_status = 'Paid'`),
		one("a held ticket has exactly its seats", `UPDATE seat SET ticket_id = NULL WHERE ticket_id IN (SELECT id FROM ticket WHERE payment_status = 'Pending')`),
		one("a ticket neither paid nor held has no seats", `UPDATE ticket SET hold_until = NULL, payment_status = 'Failed' WHERE payment_status = 'Pending'`),
		one("a pending ticket holds its seats", `UPDATE ticket SET hold_until = NULL WHERE payment_status = 'Pending'`),
		one("no hold is overdue", `UPDATE ticket SET hold_until = 1 WHERE payment_status = 'Pending'`),
		one("a paid ticket has money of exactly its total", `UPDATE payment SET amount_cents = amount_cents - 1`),
		one("a ticket without a price says who gave it away, and why", `INSERT INTO operator (id, name, name_key, role, password, totp_secret, totp_step, invite, invite_until, version, created_at, updated_at)
			VALUES (1, 'X', 'x', 'owner', '', '', 0, '', 0, 1, 1, 1)`, `UPDATE ticket SET total = 0, given_by = 1, given_reason = 'a friend' WHERE payment_status = 'Pending'`),
		one("applied money has a paid ticket", `UPDATE ticket SET payment_status = 'Failed' WHERE payment_status = 'Paid'`),
		one("a paid push has its payment", `UPDATE payment SET push_id = NULL`),
		one("a payment's push is paid", `UPDATE push_request SET state = 'failed' WHERE state = 'paid'`),
		one("refunds never exceed their payment", refund("amount_cents + 1", "requested")),
		one("a final push is not live", `UPDATE push_request SET live = 1 WHERE state = 'paid'`),
		one("a payment is refunded exactly where its refunds make it up", `UPDATE payment SET state = 'refunded'`),
		one("a void ticket has no money applied", `UPDATE ticket SET voided_at = 1 WHERE payment_status = 'Paid'`),
		one("a void ticket has no seats once its money is back", `UPDATE ticket SET voided_at = 1 WHERE payment_status = 'Paid'`),
		one("a paid ticket shows the receipt of its payment", `UPDATE ticket SET receipt = 'X' WHERE payment_status = 'Paid'`),
		one("every callback has an outcome", `UPDATE callback SET outcome = NULL, received_at = 1`),
		one("a callback with a token of ours is stored as ours", `UPDATE callback SET known = 0`),
		one("a callback with a token of ours is stored as ours", refund("amount_cents", "failed"), sent, unapplied(store.CallbackReversal, "result_token", "question WHERE kind = 'reversal'", ""), `UPDATE callback SET known = 0 WHERE id = 1`),
		one("a callback with a token of ours is stored as ours", checked, unapplied(store.CallbackStatus, "result_token", "question WHERE kind = 'receipt'", ""), `UPDATE callback SET known = 0 WHERE id = 1`),
		one("M-PESA contradicts no payment, or an operator has resolved it", `UPDATE payment SET doubt = 'receipt_unknown'`),
		in("seat E10 of screening", `UPDATE seat SET admitted_at = 1 WHERE label = 'E10'`),
		in(", ticket ", `UPDATE seat SET admitted_at = 1 WHERE ticket_id IN (SELECT id FROM ticket WHERE payment_status = 'Pending')`),
		in(", ticket ", `UPDATE seat SET admitted_at = 60002 WHERE ticket_id IN (SELECT id FROM ticket WHERE payment_status = 'Paid')`, `UPDATE ticket SET voided_at = 1 WHERE payment_status = 'Paid'`),
		{
			"a ticket lets in no more than it has seats", ": 3 of 2",
			[]string{`UPDATE seat SET ticket_id = (SELECT id FROM ticket WHERE payment_status = 'Paid') WHERE label = 'E10'`, `UPDATE seat SET admitted_at = 1 WHERE ticket_id IN (SELECT id FROM ticket WHERE payment_status = 'Paid')`},
		},
		one("a receipt stands once", `INSERT INTO payment (id, receipt, amount_cents, assumed, phone, account, learnt_by, state, reason, doubt, doubt_cents, doubt_receipt, loose, automatic, created_at, updated_at)
			SELECT 1, lower(receipt), 1, 0, '', '', 'confirmation', 'unmatched', '', '', 0, '', 0, 0, 1, 1 FROM payment WHERE state = 'applied'`),
		one("a callback is understood whole, or an operator has resolved it", unapplied(store.CallbackC2B, "'x'", "payment WHERE state = 'applied'", "{"), `UPDATE callback SET outcome = 'unreadable' WHERE id = 1`),
		one("it is known how much money was paid, or an operator has resolved it", `UPDATE payment SET amount_cents = NULL`),
		one("the books say what the facts say", `UPDATE payment SET reason = 'voided'`),
		one("the books say what the facts say", `UPDATE payment SET account = 'X'`),
		one("the books say what the facts say", `DELETE FROM payment`),
		one("the books say what the facts say", `UPDATE ticket SET voided_at = 1, void_reason = 'voided' WHERE payment_status = 'Paid'`),
		one("money that is being refunded pays for nothing", refund("amount_cents", "requested")),
	}
}

// AuditBreaks are stored callbacks that report what is not among the facts.
func AuditBreaks() []Break {
	push := func(checkout, money string) string {
		return unapplied(store.CallbackSTK, "callback_token", "push_request WHERE state = 'paid'",
			fmt.Sprintf(pushPaid, checkout, money))
	}
	status := func(state string, amount int) string {
		return unapplied(store.CallbackStatus, "result_token", "question WHERE kind = 'receipt'",
			fmt.Sprintf(statusOf, state, amount))
	}
	one := func(says string, queries ...string) Break {
		return Break{"what M-PESA reported is recorded", says, queries}
	}
	const paid = "callback paid, push "
	return []Break{
		one(paid, `DELETE FROM fact`),
		one(paid, `UPDATE fact SET amount_cents = amount_cents - 100`),
		one("receipt UKT4JL9G91", `UPDATE fact SET receipt = 'UKT4JL9G92'`),
		one(paid, `UPDATE fact SET push_id = push_id + 1`),
		one("receipt UKT4JL9G92", push("ws_CO_other", fmt.Sprintf(pushMoney, 1, "UKT4JL9G92"))),
		one("confirmation paid, push 0, receipt UKT4JL9G92",
			unapplied(store.CallbackC2B, "''", "payment WHERE state = 'applied'",
				fmt.Sprintf(confirmation, "UKT4JL9G92", 100))),
		one("status paid, push 0, receipt UKT4JL9G91", checked, status("Completed", 100)),
		one("status reversed, push 0, receipt UKT4JL9G91", checked, status("Reversed", 2700)),
		one("reversal given_back, push 0, receipt UKT4JL9G91", refund("amount_cents", "failed"),
			sent, unapplied(store.CallbackReversal, "result_token", "question WHERE kind = 'reversal'", reversed)),
	}
}
