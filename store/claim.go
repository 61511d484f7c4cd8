package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cinemasphere/store/fairuse"
)

// ClaimState says how far it is known that a receipt pays for a ticket.
type ClaimState string

// A claim is being asked about, then confirmed or refused, or a person must decide.
const (
	ClaimAsking    ClaimState = "asking"
	ClaimConfirmed ClaimState = "confirmed"
	ClaimRefused   ClaimState = "refused"
	ClaimPerson    ClaimState = "person"
)

// Why a claim was refused, or is for a person to decide.
const (
	ReasonNoSuchReceipt = "no_such_receipt" // M-PESA does not know it, or it was never completed
	ReasonPaidOthers    = "paid_others"     // it paid another till or paybill
	ReasonUsed          = "receipt_used"    // it has paid for another ticket
	ReasonOlder         = "older"           // it is older than the ticket
	ReasonOtherAmount   = "other_amount"    // it is of another amount than the ticket's total
	ReasonOtherPhone    = "other_phone"     // it was paid from a number that no prompt of the ticket went to
	ReasonReversed      = "reversed"        // the money has gone back
	ReasonNotAsked      = "not_asked"       // there is no initiator to ask with, or M-PESA did not answer
	ReasonNotUnderstood = "not_understood"  // M-PESA has answered, and not so that it is known what became of it
	ReasonUnclear       = "unclear"         // it may be the money of another booking of the same phone
	ReasonAccepted      = "accepted"        // of a confirmed claim: a person says so, not M-PESA
	ReasonSettled       = "settled"         // a person has looked into it, and did not take it for the ticket
)

const (
	// ClaimTries is how many receipts may be typed for one ticket, and in a day from one browser and for the tickets
	// that one client has booked for one phone: a stranger who books with somebody's number must not use up its
	// owner's.
	ClaimTries = 5
	claimDay   = 24 * time.Hour
	claimLease = time.Minute
	// claimAsks is how often Transaction Status is asked before a person must.
	claimAsks = 4
)

// Claim is a receipt that is said to have paid for a ticket.
type Claim struct {
	ID           int64      `db:"id"`
	Receipt      string     `db:"receipt"`
	TicketID     TicketID   `db:"ticket_id"`
	Source       string     `db:"source"` // typed, c2b or pull
	State        ClaimState `db:"state"`
	Reason       string     `db:"reason"`
	ResultToken  string     `db:"result_token"`  // the last segment of its ResultURL
	TimeoutToken string     `db:"timeout_token"` // and of its time-out URL
	Sent         int        `db:"sent"`
	CreatedAt    Instant    `db:"created_at"`
	Said         string     `db:"result_text"` // what M-PESA answered last, for the operator; a person's note where settled
}

const claimColumns = `c.id, c.receipt, c.ticket_id, c.source, c.state, c.reason, c.result_token, c.timeout_token, c.sent, c.created_at, c.result_text`

type claimRow struct {
	receipt        string
	ticket         TicketID
	source         string
	phone, browser string
	client         string // of the ticket, where the receipt was typed
	next           Instant
}

func (t *tx) insertClaim(s *Store, c claimRow) error {
	return t.run(`INSERT INTO claim (id, receipt, ticket_id, source, phone, browser, result_token, timeout_token, state, reason, sent, next_at, lease_until, result_text, client, created_at, updated_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,'asking','',0,$9,0,'',$11,$10,$10)`, s.ids.next(t.now.Time()), c.receipt, c.ticket, c.source, c.phone, c.browser, newSecret(), newSecret(), c.next, t.now, c.client)
}

// ClaimReceipt takes down that the customer says this receipt has paid for the ticket that the secret opens. M-PESA is then
// asked, of a paid ticket too: who has paid twice has a second receipt. It refuses with TooManyTries, TooManyGuesses, or
// NotFailed where the receipt is the ticket's own; saying the same again changes nothing.
func (s *Store) ClaimReceipt(ctx context.Context, secret, receipt, browser string) error {
	err := s.write(ctx, booking, func(t *tx) error {
		var tk struct {
			ID            TicketID
			Phone         string
			OwnReceipt    string
			Client        string
			Browser       string
			Known, Tried  int
			ByPhone, ByBr int
		}
		err := t.lockSecret(secret)
		if err == nil {
			err = t.scan([]any{&tk.ID, &tk.Phone, &tk.OwnReceipt, &tk.Client, &tk.Browser}, `SELECT id, phone, receipt, client, browser FROM ticket WHERE secret = $1`, secret)
		}
		if err != nil {
			return err
		}
		err = t.scan([]any{&tk.Known, &tk.Tried, &tk.ByPhone, &tk.ByBr}, `SELECT
			(SELECT count(*) FROM claim WHERE ticket_id = $1 AND receipt = $2 AND state <> 'refused'), (SELECT count(*) FROM claim WHERE ticket_id = $1 AND source = 'typed'),
			(SELECT count(*) FROM claim c JOIN ticket o ON o.id = c.ticket_id WHERE c.phone = $3 AND c.source = 'typed' AND c.created_at > $5
				AND (o.client = $6 AND (o.client <> '' OR o.browser = '') OR o.browser = $7 AND o.browser <> '')),
			(SELECT count(*) FROM claim WHERE browser = $4 AND browser <> '' AND source = 'typed' AND created_at > $5)`,
			tk.ID, receipt, tk.Phone, browser, t.now.Add(-claimDay), tk.Client, tk.Browser)
		switch {
		case err != nil:
			return err
		case receipt == tk.OwnReceipt:
			return &Refusal{Kind: NotFailed, Secret: secret}
		case tk.Known > 0:
			return nil
		case max(tk.Tried, tk.ByPhone, tk.ByBr) >= ClaimTries:
			return &Refusal{Kind: TooManyTries}
		}
		if err := t.mayGuess(s, tk.Client, tk.Browser, tk.Phone); err != nil {
			return err
		}
		if err := t.insertClaim(s, claimRow{receipt, tk.ID, "typed", tk.Phone, browser, tk.Client, t.now}); err != nil {
			return err
		}
		return t.touch(tk.ID)
	})
	if err != nil {
		return fmt.Errorf("claim receipt: %w", err)
	}
	return nil
}

// mayGuess refuses with TooManyGuesses where too many receipts that M-PESA does not know have been named for bookings of
// the client or the browser.
func (t *tx) mayGuess(s *Store, client, browser, phone string) error {
	if s.fair.Off() {
		return nil
	}
	const halves = `COALESCE(sum(CASE c.state WHEN 'confirmed' THEN 0 WHEN 'asking' THEN 1 ELSE 2 END), 0)`
	if err := errors.Join(t.lockBrowser(browser), t.lockClient(s, client)); err != nil {
		return err
	}
	var own, address, lanes int
	err := t.scan([]any{&own, &address, &lanes}, `SELECT
		(SELECT `+halves+` FROM ticket o JOIN claim c ON c.ticket_id = o.id WHERE o.browser = $1 AND o.browser <> '' AND c.source = 'typed' AND c.created_at > $4),
		(SELECT `+halves+` FROM claim c WHERE c.client = $2 AND c.client <> '' AND c.source = 'typed' AND c.created_at > $4),
		(SELECT count(*) FROM ticket WHERE browser = $1 AND browser <> '' AND payment_status = 'Paid' AND voided_at IS NULL) +
		(SELECT count(*) FROM push_request p JOIN ticket o ON o.id = p.ticket_id WHERE p.phone = $3 AND p.state = 'paid' AND o.voided_at IS NULL)`,
		browser, client, phone, t.now.ago(fairuse.Hour))
	if err != nil {
		return err
	}
	return refusalOf(s.fair.Receipt(own/2, address/2, lanes > 0))
}

// Claims lists the receipts that were claimed for a ticket, newest first.
func (s *Store) Claims(ctx context.Context, ticket TicketID) ([]Claim, error) {
	var cs []Claim
	if err := s.list(ctx, &cs, `SELECT `+claimColumns+` FROM claim c WHERE c.ticket_id = $1 ORDER BY c.id DESC`, ticket); err != nil {
		return nil, fmt.Errorf("read claims: %w", err)
	}
	return cs, nil
}

// TakeClaim takes a claim that M-PESA is to be asked about now, and counts it as asked: the one of the client for which
// M-PESA has been asked least in the last hour. Nobody else gets it until the lease is over. Like [Store.ClaimQuery] it
// keeps to the pace of all questions. ErrNotFound means that there is none, or that it is too early; ErrSettled that this one needed no asking, or has been asked about often enough
// and is a person's now.
func (s *Store) TakeClaim(ctx context.Context, gap time.Duration) (Claim, error) {
	var c Claim
	err := s.read(ctx, &c, `SELECT `+claimColumns+` FROM claim c WHERE c.next_at <= $1 AND c.lease_until <= $1 AND NOT EXISTS (SELECT 1 FROM pace WHERE name = 'query' AND next_at > $1)
		ORDER BY (SELECT COALESCE(sum(o.sent), 0) FROM claim o WHERE o.client = c.client AND c.client <> '' AND o.client <> '' AND o.created_at > $2), c.next_at, c.id LIMIT 1`, s.Now(), s.Now().ago(fairuse.Hour))
	if err == nil {
		gap, err = s.slower(ctx, gap)
	}
	if err != nil {
		return c, fmt.Errorf("look for claims: %w", err)
	}
	if c.TimeoutToken == "" { // it is older than these tokens
		c.TimeoutToken = newSecret()
	}
	settled := false
	err = s.write(ctx, urgent, func(t *tx) error {
		var applied int
		settled = true
		err := t.scan([]any{&applied}, `SELECT count(*) FROM payment WHERE receipt = $1 AND ticket_id = $2 AND state = 'applied'`, c.Receipt, c.TicketID)
		if err != nil {
			return err
		}
		if applied > 0 { // a callback or a query was quicker
			return t.endClaim(c, ClaimConfirmed, "")
		}
		if c.Sent >= claimAsks {
			return t.notAsked(c)
		}
		settled = false
		wait := claimLease << c.Sent
		n, err := t.exec(`UPDATE claim SET sent = sent + 1, lease_until = $1, next_at = $2, timeout_token = $3, updated_at = $4 WHERE id = $5 AND next_at <= $4 AND lease_until <= $4`,
			t.now.Add(claimLease), t.now.Add(wait), c.TimeoutToken, t.now, c.ID)
		if err == nil && n == 1 {
			n, err = t.takeSlot("query", gap)
		}
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
	if settled && err == nil {
		err = ErrSettled
	}
	if err != nil {
		return c, fmt.Errorf("take claim: %w", err)
	}
	c.Sent++
	return c, nil
}

func (t *tx) endClaim(c Claim, state ClaimState, reason string) error {
	if err := t.run(`UPDATE claim SET state = $1, reason = $2, next_at = NULL, updated_at = $3 WHERE id = $4`, state, reason, t.now, c.ID); err != nil {
		return err
	}
	return t.touch(c.TicketID)
}

// notAsked gives a claim over to a person, unless an earlier question has been answered meanwhile.
func (t *tx) notAsked(c Claim) error {
	n, err := t.exec(`UPDATE claim SET state = 'person', reason = CASE WHEN result_text = '' THEN $1 ELSE $2 END, next_at = NULL, updated_at = $3 WHERE id = $4 AND state = 'asking'`,
		ReasonNotAsked, ReasonNotUnderstood, t.now, c.ID)
	if err != nil || n == 0 {
		return err
	}
	return t.touch(c.TicketID)
}

// ClaimToPerson gives a claim that nothing has decided over to a person, since M-PESA cannot be asked.
func (s *Store) ClaimToPerson(ctx context.Context, c Claim) error {
	err := s.write(ctx, urgent, func(t *tx) error { return t.notAsked(c) })
	if err != nil {
		return fmt.Errorf("give claim to a person: %w", err)
	}
	return nil
}
