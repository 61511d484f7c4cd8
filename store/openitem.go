package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"cinemasphere/store/money"
)

// ItemKind says what an entry of the list of money is about.
type ItemKind string

// The list has receipts of money, pushes behind which money may lie, receipts that a person must judge, and callbacks
// that were not understood whole.
const (
	ItemPayment  ItemKind = "payment"
	ItemPush     ItemKind = "push"
	ItemClaim    ItemKind = "claim"
	ItemCallback ItemKind = "callback"
)

// How far a callback has been understood that was not understood whole.
const (
	CallbackUnread   = "unread"   // nothing else is known of what it is about
	CallbackResolved = "resolved" // M-PESA has said by another way what it was about
	CallbackRead     = "read"     // it has been read since
)

// Case is one entry of the list of money.
type OpenItem struct {
	Kind       ItemKind      `db:"kind" json:"kind"`
	ID         int64         `db:"id" json:"id"`                  // of the payment, push, claim or callback
	State      string        `db:"state" json:"state"`            // of the payment, push, claim or callback
	Reason     Reason        `db:"reason" json:"reason"`          // why a payment is not simply a ticket's, or a claim not confirmed
	Failure    FailureReason `db:"failure" json:"failure"`        // why a push was not paid
	Callback   CallbackKind  `db:"callback" json:"callbackKind"`  // of a callback, what M-PESA speaks of in it
	Receipt    string        `db:"receipt" json:"receipt"`        // "" while pending
	Amount     Cents         `db:"amount" json:"amountCents"`     // of a push, what was asked; 0 where it is not known
	Phone      Pattern       `db:"phone" json:"phone"`            // of the payer; of a push or a claim, its MSISDN
	Account    string        `db:"account" json:"account"`        // what the payer typed, at a paybill
	TicketCode string        `db:"code" json:"ticketCode"`        // "" where it names none
	LearntBy   string        `db:"learnt_by" json:"learntBy"`     // how it became known
	At         Instant       `db:"at" json:"atMillis"`            // when it was paid, or became known
	Next       Instant       `db:"next" json:"nextAskMillis"`     // when M-PESA is asked, or a Reversal sent, next; 0 is never
	Refund     RefundState   `db:"refund" json:"refund"`          // of its latest refund, "" where there is none
	RefundText string        `db:"refund_text" json:"refundSaid"` // M-PESA's words on it; what it answered last about a push or a claim
	Out        int           `db:"out" json:"reversalsOut"`       // how many Reversals of it M-PESA may have carried out
	RefundAt   Instant       `db:"refund_at" json:"-"`            // when that was asked for
	Code       string        `db:"result_code" json:"resultCode"` // M-PESA's, of a push or of a payment's Reversal
	Doubt      DoubtReason   `db:"doubt" json:"doubt"`            // what an operator must look into about a payment, besides its Reason
	DoubtCents Cents         `db:"doubt_cents" json:"doubtCents"` // the amount that the doubt is about
	DoubtOf    string        `db:"doubt_receipt" json:"doubtReceipt"`
	Text       string        `db:"result_text" json:"resultText"`   // M-PESA's words on a push; what is legible of a callback, or of money
	Why        UnreadReason  `db:"why" json:"notUnderstood"`        // of a callback: why it was not understood
	Detail     string        `db:"detail" json:"notUnderstoodText"` // what Why or Lacks is about, as M-PESA gave it
	Lacks      UnreadReason  `db:"lacks" json:"answerLacks"`        // of a claim: why M-PESA's last answer was not understood whole
	Others     int           `db:"others" json:"-"`                 // other payments of the ticket that have not gone back; of a claim, 1 where its money is another ticket's
	// Money is what has become of a claimed receipt's money, "" where it is not known.
	Money PaymentState `db:"money" json:"money"`
	// Alike names the entries that may be the same money as this payment, by receipt or by number: M-PESA has named the
	// same receipt or prompt of neither.
	Alike []string `db:"-" json:"mayBeTheSame,omitempty"`
	// Awaited says that M-PESA may still tell of a push, or answer a Reversal, by itself.
	Awaited bool    `db:"-" json:"awaited"`
	Until   Instant `db:"until" json:"-"` // how long at least
	// Askable says that M-PESA can be asked about a push: its CheckoutRequestID is known.
	Askable bool `db:"askable" json:"-"`
	// Resolved says that a person has taken it off the list, and that nothing has changed since.
	Resolved   bool    `db:"-" json:"resolved"`
	ResolvedBy string  `db:"resolved_by" json:"resolvedBy"` // also where something has changed since
	ResolvedAt Instant `db:"resolved_at" json:"resolvedAtMillis"`
	Note       string  `db:"note" json:"note"` // what the person said
	standing           // as it was resolved
}

// standing is what an entry is resolved as: once anything of it is another, the entry is listed again.
type standing struct {
	State   string        `db:"resolved_state" json:"-"`
	Refund  RefundState   `db:"resolved_refund" json:"-"`
	Reason  Reason        `db:"resolved_reason" json:"-"`
	Failure FailureReason `db:"resolved_failure" json:"-"`
	Doubt   DoubtReason   `db:"resolved_doubt" json:"-"`
	Cents   Cents         `db:"resolved_doubt_cents" json:"-"`
	Receipt string        `db:"resolved_doubt_receipt" json:"-"`
}

// Name is the entry's own number, for what neither a receipt nor a ticket's code names.
func (c OpenItem) Name() string { return string(c.Kind) + ":" + strconv.FormatInt(c.ID, 10) }

// stands is how an entry stands now.
func (c OpenItem) stands() standing {
	return standing{c.State, c.Refund, c.Reason, c.Failure, c.Doubt, c.DoubtCents, c.DoubtOf}
}

// ItemFilter chooses entries of the list. Each field that is not empty narrows it.
type ItemFilter struct {
	All     bool     // what nobody has to do anything about too
	States  []string // of payments, pushes or claims
	Receipt string
	Ticket  string // its code
	Phone   string // MSISDN
	Since   Instant
	Pushes  []PushID // pushes that are over, which are to be listed without All too
}

const itemResolved = `, COALESCE(d.by_whom, '') AS resolved_by, COALESCE(d.at, 0) AS resolved_at, ` +
	`COALESCE(d.note, '') AS note, COALESCE(d.state, '') AS resolved_state, COALESCE(d.refund, '') AS ` +
	`resolved_refund, COALESCE(d.reason, '') AS resolved_reason, COALESCE(d.failure, '') AS resolved_failure, ` +
	`COALESCE(d.doubt, '') AS resolved_doubt, COALESCE(d.doubt_cents, 0) AS resolved_doubt_cents, ` +
	`COALESCE(d.doubt_receipt, '') AS resolved_doubt_receipt`

const itemNotCallback = `, '' AS why, '' AS detail, '' AS callback`

const itemNotPush = `, '' AS failure`

const itemNotClaim = `, '' AS lacks`

const itemNoDoubt = `, '' AS doubt, 0 AS doubt_cents, '' AS doubt_receipt`

const itemPayments = `SELECT 'payment' AS kind, y.id, y.state,
	y.reason, COALESCE(y.receipt, '') AS receipt,
	COALESCE(y.amount_cents, 0) AS amount, y.phone, y.account,
	COALESCE(t.code, '') AS code, y.learnt_by, y.doubt, y.doubt_cents, y.doubt_receipt,
	COALESCE(y.transacted_at, y.created_at) AS at, COALESCE(q.next_at, 0) AS next, COALESCE(r.state, '') AS refund,
	COALESCE(r.result_text, '') AS refund_text, COALESCE(q.sent - r.undone, 0) AS out, '' AS money,
	COALESCE(q.lease_until, 0) AS until, COALESCE(r.created_at, 0) AS refund_at, 0 AS askable,
	(SELECT count(*) FROM payment z WHERE z.ticket_id = y.ticket_id AND z.id <> y.id
		AND z.state NOT IN ('refunded', 'reversed_elsewhere')) AS others, COALESCE(r.result_code, '') AS result_code,
	CASE WHEN y.amount_cents IS NULL
		THEN COALESCE((SELECT max(u.legible) FROM unread u WHERE u.receipt = y.receipt), '')
		ELSE '' END AS result_text` + itemNotClaim + itemNotPush + itemNotCallback + itemResolved + `
	FROM payment y LEFT JOIN ticket t ON t.id = COALESCE(y.ticket_id, y.named_id)
	LEFT JOIN refund r ON r.id = (SELECT max(id) FROM refund WHERE payment_id = y.id)
	LEFT JOIN question q ON q.kind = 'reversal' AND q.id = r.id
	LEFT JOIN resolution d ON d.kind = 'payment' AND d.id = y.id`

const itemPushes = `SELECT 'push' AS kind, p.id, p.state, '' AS reason, p.reason AS failure, '' AS receipt,
	p.amount * 100 AS amount, p.phone,
	'' AS account, t.code, '' AS learnt_by, p.created_at AS at, COALESCE(q.next_at, 0) AS next, '' AS refund,
	COALESCE(q.result_text, '') AS refund_text, 0 AS out, '' AS money, p.live_until AS until, 0 AS refund_at,
	CASE WHEN p.checkout_request_id IS NULL THEN 0 ELSE 1 END AS askable, 0 AS others, p.result_code,
	p.result_text` + itemNotClaim + itemNoDoubt + itemNotCallback + itemResolved + `
	FROM push_request p JOIN ticket t ON t.id = p.ticket_id LEFT JOIN question q ON q.kind = 'push' AND q.id = p.id
	LEFT JOIN resolution d ON d.kind = 'push' AND d.id = p.id`

const (
	itemAwaited = ` WHERE p.state IN ('sending', 'prompted', 'unknown', 'soft_failed')`
	itemUnpaid  = ` WHERE p.state <> 'paid'`
)

const itemClaims = `SELECT 'claim' AS kind, c.id, CASE WHEN ` + claimLeft + ` THEN 'person' ELSE c.state END AS state,
	` + claimReason + ` AS reason,
	c.receipt, COALESCE(y.amount_cents, 0) AS amount, c.phone, '' AS account, t.code, 'customer' AS learnt_by,
	c.created_at AS at, COALESCE(q.next_at, 0) AS next, '' AS refund, COALESCE(q.result_text, '') AS refund_text,
	0 AS out, COALESCE(y.state, '') AS money, 0 AS until, 0 AS refund_at,
	0 AS askable, CASE WHEN y.ticket_id <> c.ticket_id THEN 1 ELSE 0 END AS others, '' AS result_code,
	'' AS result_text, COALESCE(q.lacks, '') AS lacks` + itemNotPush + itemNoDoubt + itemNotCallback + itemResolved +
	claimFrom + `
	JOIN ticket t ON t.id = c.ticket_id LEFT JOIN payment y ON y.receipt = c.receipt
	LEFT JOIN resolution d ON d.kind = 'claim' AND d.id = c.id`

const itemCallbacks = `SELECT 'callback' AS kind, c.id,
	CASE WHEN c.outcome NOT IN ` + notUnderstood + ` THEN 'read' WHEN ` + unreadOpen + ` THEN 'unread'
		ELSE 'resolved' END AS state,
	'' AS reason, c.kind AS callback, COALESCE(u.receipt, '') AS receipt, COALESCE(u.amount_cents, 0) AS amount,
	COALESCE(u.phone, '') AS phone, COALESCE(u.account, '') AS account, COALESCE(t.code, '') AS code,
	'callback' AS learnt_by, c.received_at AS at, COALESCE(k.next_at, q.next_at, 0) AS next,
	'' AS refund, '' AS refund_text, 0 AS out, '' AS money, 0 AS until,
	0 AS refund_at, COALESCE(u.paid, 0) AS askable, 0 AS others, '' AS result_code,
	COALESCE(u.legible, '') AS result_text, COALESCE(u.why, '') AS why,
	COALESCE(u.detail, '') AS detail` + itemNotClaim + itemNotPush + itemNoDoubt + itemResolved + unreadFrom + `
	LEFT JOIN question q ON q.kind = 'push' AND q.id = p.id
	WHERE c.known = 1 AND (c.outcome IN ` + notUnderstood + ` OR c.id IN (SELECT callback_id FROM unread))`

// Cases lists money that somebody may have to do something about, oldest first: what is due back, names no ticket, has
// no receipt yet, is doubtful, lies perhaps behind a push without a verdict, was claimed with a receipt that a person
// must judge, or was told of by a callback that was not understood whole. All are also the pushes that failed. What a
// person has resolved is not among it, unless it has changed since.
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

// alikeNames names, for each payment that may be the same money as others, those others.
func (s *Store) alikeNames(ctx context.Context) (map[PaymentID][]string, error) {
	pairs, err := s.Money().Alikes(ctx)
	names := map[PaymentID][]string{}
	for _, a := range pairs {
		names[a.Pending] = append(names[a.Pending], a.Receipt)
		names[a.Payment] = append(names[a.Payment], OpenItem{Kind: ItemPayment, ID: int64(a.Pending)}.Name())
	}
	return names, err
}

// over reports whether a push has its verdict: no money lies behind it.
func (c OpenItem) over() bool {
	return c.Kind == ItemPush && (c.State == string(PushFailed) || c.State == string(PushRefused))
}

func (f ItemFilter) wants(c OpenItem) bool {
	return (len(f.States) == 0 || slices.Contains(f.States, c.State)) && (f.Receipt == "" || f.Receipt == c.Receipt) &&
		(f.Ticket == "" || f.Ticket == c.TicketCode) &&
		(f.Phone == "" || c.Phone != "" && c.Phone.Fits(f.Phone)) && c.At >= f.Since
}
