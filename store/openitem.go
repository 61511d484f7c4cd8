package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"cinemasphere/store/money"
)

// ItemKind is what an open item is about.
type ItemKind string

// An open item is a payment, a push that may hide money, a claimed receipt that an operator must judge, or a callback
// that was not understood completely.
const (
	ItemPayment  ItemKind = "payment"
	ItemPush     ItemKind = "push"
	ItemClaim    ItemKind = "claim"
	ItemCallback ItemKind = "callback"
)

// How far a callback that was not understood completely is explained.
const (
	CallbackUnread   = "unread"   // nothing else is known of its subject
	CallbackResolved = "resolved" // M-PESA has reported its subject another way
	CallbackRead     = "read"     // it has been read since
)

// OpenItem is one entry of the list of open items.
type OpenItem struct {
	Kind       ItemKind      `db:"kind" json:"kind"`
	ID         int64         `db:"id" json:"id"`                    // of the payment, push, claim or callback
	State      string        `db:"state" json:"state"`              // of the payment, push, claim or callback
	Reason     Reason        `db:"reason" json:"reason"`            // why a payment is not applied, or a claim not confirmed
	Failure    FailureReason `db:"failure" json:"failure"`          // why a push was not paid
	Callback   CallbackKind  `db:"callback" json:"callbackKind"`    // of a callback, its kind
	Receipt    string        `db:"receipt" json:"receipt"`          // "" while pending
	Amount     Cents         `db:"amount" json:"amountCents"`       // of a push, the amount asked; 0 where unknown
	Phone      Pattern       `db:"phone" json:"phone"`              // of the payer; of a push or a claim, its MSISDN
	Account    string        `db:"account" json:"account"`          // what the payer typed at a paybill
	TicketCode string        `db:"code" json:"ticketCode"`          // "" where no ticket is named
	Cancelled  string        `db:"cancel_reason" json:"cancelled"`  // why the ticket's screening was cancelled, "" otherwise
	LearntBy   string        `db:"learnt_by" json:"learntBy"`       // the source
	At         Instant       `db:"at" json:"atMillis"`              // when it was paid, or became known
	Next       Instant       `db:"next" json:"nextAskMillis"`       // when a question or Reversal is sent next; 0 is never
	Refund     RefundState   `db:"refund" json:"refund"`            // of its latest refund; of a claim, an open one
	RefundText string        `db:"refund_text" json:"refundSaid"`   // M-PESA's text; its last answer on a push or claim
	RefundEnd  RefundEnd     `db:"refund_ended" json:"refundEnded"` // why no Reversal of it is sent any more
	Out        int           `db:"out" json:"reversalsOut"`         // how many Reversals of it M-PESA may have carried out
	RefundAt   Instant       `db:"refund_at" json:"-"`              // when the refund was requested
	Code       string        `db:"result_code" json:"resultCode"`   // M-PESA's, of a push or of a payment's Reversal
	Doubt      DoubtReason   `db:"doubt" json:"doubt"`              // what the operator must look into, besides Reason
	DoubtCents Cents         `db:"doubt_cents" json:"doubtCents"`   // the amount of the doubt
	DoubtOf    string        `db:"doubt_receipt" json:"doubtReceipt"`
	Text       string        `db:"result_text" json:"resultText"`   // M-PESA's text; what is legible of a callback
	Why        UnreadReason  `db:"why" json:"notUnderstood"`        // why the callback was not understood
	Detail     string        `db:"detail" json:"notUnderstoodText"` // what Why or Lacks is about, as M-PESA reports it
	Lacks      UnreadReason  `db:"lacks" json:"answerLacks"`        // of a claim: why the last answer was not understood
	// Others counts the ticket's other payments that are not refunded. Of a claim it is 1 where its receipt pays for
	// another ticket.
	Others int `db:"others" json:"-"`
	// Money is the state of a claimed receipt's payment, "" where there is none.
	Money PaymentState `db:"money" json:"money"`
	// Alike names the items that may be the same money as this payment, by receipt or number. M-PESA has named no
	// receipt or prompt for both.
	Alike []string `db:"-" json:"mayBeTheSame,omitempty"`
	// Joined is 1 where an operator alone decided that the receipt is the push's. Resolving it takes that back.
	Joined int `db:"joined" json:"joined"`
	// Awaited means that M-PESA may still report on a push, or answer a Reversal, by itself.
	Awaited bool    `db:"-" json:"awaited"`
	Until   Instant `db:"until" json:"-"` // at least until then
	// Askable means that M-PESA can be asked about a push: its CheckoutRequestID is known.
	Askable bool `db:"askable" json:"-"`
	// Resolved means that an operator resolved it, and that nothing has changed since.
	Resolved   bool    `db:"-" json:"resolved"`
	ResolvedBy string  `db:"resolved_by" json:"resolvedBy"` // kept after a later change
	ResolvedAt Instant `db:"resolved_at" json:"resolvedAtMillis"`
	Note       string  `db:"note" json:"note"` // the operator's note
	standing           // as it was when resolved
}

// standing is what an item was when it was resolved. Any difference opens it again.
type standing struct {
	State   string        `db:"resolved_state" json:"-"`
	Refund  RefundState   `db:"resolved_refund" json:"-"`
	Reason  Reason        `db:"resolved_reason" json:"-"`
	Failure FailureReason `db:"resolved_failure" json:"-"`
	Doubt   DoubtReason   `db:"resolved_doubt" json:"-"`
	Cents   Cents         `db:"resolved_doubt_cents" json:"-"`
	Receipt string        `db:"resolved_doubt_receipt" json:"-"`
}

// Name is the item's kind and number, for items without a receipt or ticket code.
func (c OpenItem) Name() string { return string(c.Kind) + ":" + strconv.FormatInt(c.ID, 10) }

// stands is the item's present standing.
func (c OpenItem) stands() standing {
	return standing{c.State, c.Refund, c.Reason, c.Failure, c.Doubt, c.DoubtCents, c.DoubtOf}
}

// ItemFilter selects open items. Each non-empty field narrows it.
type ItemFilter struct {
	All     bool     // also items that need nothing done
	States  []string // of payments, pushes or claims
	Receipt string
	Ticket  string // its code
	Phone   string // MSISDN
	Since   Instant
	Pushes  []PushID // finished pushes to list even without All
}

const itemResolved = `, COALESCE(d.by_whom, '') AS resolved_by, COALESCE(d.at, 0) AS resolved_at, ` +
	`COALESCE(d.note, '') AS note, COALESCE(d.state, '') AS resolved_state, COALESCE(d.refund, '') AS ` +
	`resolved_refund, COALESCE(d.reason, '') AS resolved_reason, COALESCE(d.failure, '') AS resolved_failure, ` +
	`COALESCE(d.doubt, '') AS resolved_doubt, COALESCE(d.doubt_cents, 0) AS resolved_doubt_cents, ` +
	`COALESCE(d.doubt_receipt, '') AS resolved_doubt_receipt`

const itemNotPayment = `, '' AS cancel_reason`

const itemNotCallback = `, '' AS why, '' AS detail, '' AS callback`

const itemNotPush = `, '' AS failure`

const itemNotClaim = `, '' AS lacks`

const itemNoDoubt = `, 0 AS joined, '' AS doubt, 0 AS doubt_cents, '' AS doubt_receipt`

const itemPayments = `SELECT 'payment' AS kind, y.id, y.state,
	y.reason, COALESCE(y.receipt, '') AS receipt,
	COALESCE(y.amount_cents, 0) AS amount, y.phone, y.account,
	COALESCE(t.code, '') AS code, COALESCE(s.cancel_reason, '') AS cancel_reason, y.learnt_by,
	CASE WHEN EXISTS (SELECT 1 FROM fact f
			WHERE f.receipt = y.receipt AND f.push_id = y.push_id AND f.says = 'the_same')
		AND NOT EXISTS (SELECT 1 FROM fact f
			WHERE f.receipt = y.receipt AND f.push_id = y.push_id AND f.source = 'callback')
		THEN 1 ELSE 0 END AS joined, y.doubt, y.doubt_cents, y.doubt_receipt,
	COALESCE(y.transacted_at, y.created_at) AS at, COALESCE(q.next_at, 0) AS next, COALESCE(r.state, '') AS refund,
	CASE WHEN r.method = 'hand' THEN r.reference ELSE COALESCE(r.result_text, '') END AS refund_text,
	COALESCE(r.ended, '') AS refund_ended, COALESCE(q.sent - r.undone, 0) AS out, '' AS money,
	COALESCE(q.lease_until, 0) AS until, COALESCE(r.created_at, 0) AS refund_at, 0 AS askable,
	(SELECT count(*) FROM payment z WHERE z.ticket_id = y.ticket_id AND z.id <> y.id
		AND z.state NOT IN ('refunded', 'reversed_elsewhere')) AS others, COALESCE(r.result_code, '') AS result_code,
	CASE WHEN y.amount_cents IS NULL
		THEN COALESCE((SELECT max(u.legible) FROM unread u WHERE u.receipt = y.receipt), '')
		ELSE '' END AS result_text` + itemNotClaim + itemNotPush + itemNotCallback + itemResolved + `
	FROM payment y LEFT JOIN ticket t ON t.id = COALESCE(y.ticket_id, y.named_id)
	LEFT JOIN screening s ON s.id = t.screening_id
	LEFT JOIN refund r ON r.id = (SELECT max(id) FROM refund WHERE payment_id = y.id)
	LEFT JOIN question q ON q.kind = 'reversal' AND q.id = r.id
	LEFT JOIN resolution d ON d.kind = 'payment' AND d.id = y.id`

const itemPushes = `SELECT 'push' AS kind, p.id, p.state, '' AS reason, p.reason AS failure, '' AS receipt,
	p.amount * 100 AS amount, p.phone,
	'' AS account, t.code, '' AS learnt_by, p.created_at AS at, COALESCE(q.next_at, 0) AS next, '' AS refund,
	'' AS refund_ended, COALESCE(q.result_text, '') AS refund_text, 0 AS out, '' AS money,
	p.live_until AS until, 0 AS refund_at,
	CASE WHEN p.checkout_request_id IS NULL THEN 0 ELSE 1 END AS askable, 0 AS others, p.result_code,
	p.result_text` + itemNotPayment + itemNotClaim + itemNoDoubt + itemNotCallback + itemResolved + `
	FROM push_request p JOIN ticket t ON t.id = p.ticket_id LEFT JOIN question q ON q.kind = 'push' AND q.id = p.id
	LEFT JOIN resolution d ON d.kind = 'push' AND d.id = p.id`

const (
	itemAwaited = ` WHERE p.state IN ('sending', 'prompted', 'unknown', 'soft_failed')`
	itemUnpaid  = ` WHERE p.state <> 'paid'`
)

const itemClaims = `SELECT 'claim' AS kind, c.id, CASE WHEN ` + claimLeft + ` THEN 'person' ELSE c.state END AS state,
	` + claimReason + ` AS reason,
	c.receipt, COALESCE(y.amount_cents, 0) AS amount, c.phone, '' AS account, t.code, 'customer' AS learnt_by,
	c.created_at AS at, COALESCE(q.next_at, 0) AS next,
	COALESCE((SELECT r.state FROM refund r WHERE r.payment_id = y.id AND r.state = 'requested'), '') AS refund,
	'' AS refund_ended, COALESCE(q.result_text, '') AS refund_text,
	0 AS out, COALESCE(y.state, '') AS money, 0 AS until, 0 AS refund_at,
	0 AS askable, CASE WHEN y.ticket_id <> c.ticket_id THEN 1 ELSE 0 END AS others, '' AS result_code,
	'' AS result_text, COALESCE(q.lacks, '') AS lacks` + itemNotPayment + itemNotPush + itemNoDoubt + itemNotCallback +
	itemResolved + claimFrom + `
	JOIN ticket t ON t.id = c.ticket_id LEFT JOIN payment y ON y.receipt = c.receipt
	LEFT JOIN resolution d ON d.kind = 'claim' AND d.id = c.id`

const itemCallbacks = `SELECT 'callback' AS kind, c.id,
	CASE WHEN c.outcome NOT IN ` + notUnderstood + ` THEN 'read' WHEN ` + unreadOpen + ` THEN 'unread'
		ELSE 'resolved' END AS state,
	'' AS reason, c.kind AS callback, COALESCE(u.receipt, '') AS receipt, COALESCE(u.amount_cents, 0) AS amount,
	COALESCE(u.phone, '') AS phone, COALESCE(u.account, '') AS account, COALESCE(t.code, '') AS code,
	'callback' AS learnt_by, c.received_at AS at, COALESCE(k.next_at, q.next_at, 0) AS next,
	'' AS refund, '' AS refund_ended, '' AS refund_text, 0 AS out, '' AS money, 0 AS until,
	0 AS refund_at, COALESCE(u.paid, 0) AS askable, 0 AS others, '' AS result_code,
	COALESCE(u.legible, '') AS result_text, COALESCE(u.why, '') AS why,
	COALESCE(u.detail, '') AS detail` + itemNotPayment + itemNotClaim + itemNotPush + itemNoDoubt + itemResolved +
	unreadFrom + `
	LEFT JOIN question q ON q.kind = 'push' AND q.id = p.id
	WHERE c.known = 1 AND (c.outcome IN ` + notUnderstood + ` OR c.id IN (SELECT callback_id FROM unread))`

// OpenItems lists money that an operator may have to act on, oldest first: refunds due, unmatched, pending and doubtful
// payments, pushes without a verdict that may hide money, claims to judge, and callbacks that were not understood
// completely. All adds failed pushes. Resolved items are left out until they change.
func (s Money) OpenItems(ctx context.Context, f ItemFilter) ([]OpenItem, error) {
	payments, pushes, claims, callbacks := itemPayments, itemPushes+itemUnpaid, itemClaims, itemCallbacks
	alike, err := s.alikeNames(ctx)
	if err != nil {
		return nil, err
	}
	if !f.All {
		callbacks += ` AND ` + unreadOpen
		if len(f.Pushes) == 0 {
			pushes = itemPushes + itemAwaited
		}
		payments += ` WHERE y.state IN ('refund_due', 'unmatched') OR y.receipt IS NULL AND y.state = 'applied' OR ` +
			`y.doubt <> ''`
		for id := range alike {
			payments += fmt.Sprint(` OR y.id = `, id)
		}
		claims += ` WHERE c.state IN ('asking', 'person')`
	}
	var all []OpenItem
	for _, query := range []string{payments, pushes, claims, callbacks} {
		var some []OpenItem
		if err := s.list(ctx, &some, query); err != nil {
			return nil, fmt.Errorf("list money: %w", err)
		}
		all = append(all, some...)
	}
	now := s.Now()
	for i, c := range all {
		if c.Kind == ItemPush {
			c.Until = max(c.Until, c.At.Add(money.EchoAfter))
		}
		all[i].Awaited = c.Until > now
		if c.Kind == ItemPayment {
			all[i].Alike = alike[PaymentID(c.ID)]
		}
		all[i].Resolved = c.ResolvedAt != 0 && c.standing == c.stands() &&
			c.RefundAt <= c.ResolvedAt
	}
	all = slices.DeleteFunc(all, func(c OpenItem) bool {
		return !f.wants(c) || c.Resolved && !f.All || c.over() && !f.All && !slices.Contains(f.Pushes, PushID(c.ID))
	})
	slices.SortStableFunc(all, func(a, b OpenItem) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// alikeNames is, for each payment, the names of those that may be the same money.
func (s *Store) alikeNames(ctx context.Context) (map[PaymentID][]string, error) {
	pairs, err := s.Money().Alikes(ctx)
	names := map[PaymentID][]string{}
	for _, a := range pairs {
		names[a.Pending] = append(names[a.Pending], a.Receipt)
		names[a.Payment] = append(names[a.Payment], OpenItem{Kind: ItemPayment, ID: int64(a.Pending)}.Name())
	}
	return names, err
}

// over reports whether a push ended without a payment.
func (c OpenItem) over() bool {
	return c.Kind == ItemPush && (c.State == string(PushFailed) || c.State == string(PushRefused))
}

func (f ItemFilter) wants(c OpenItem) bool {
	return (len(f.States) == 0 || slices.Contains(f.States, c.State)) && (f.Receipt == "" || f.Receipt == c.Receipt) &&
		(f.Ticket == "" || f.Ticket == c.TicketCode) &&
		(f.Phone == "" || c.Phone != "" && c.Phone.Fits(f.Phone)) && c.At >= f.Since
}
