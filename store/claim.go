package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cinemasphere/store/fairuse"
	"cinemasphere/store/money"
)

// Receipts that customers claim for tickets.

// ClaimState is whether a claimed receipt pays for its ticket, as far as known.
type ClaimState = money.ClaimState

// M-PESA is asked about a claim; then it is confirmed or refused, or an operator must decide.
const (
	ClaimAsking    = money.ClaimAsking
	ClaimConfirmed = money.ClaimConfirmed
	ClaimRefused   = money.ClaimRefused
	ClaimPerson    = money.ClaimPerson
)

const (
	// ClaimTries is how many receipts may be claimed for one ticket. It is also the bound for a day: by one browser,
	// and for the tickets that one client booked for one phone. So whoever books with a foreign number does not use up
	// its owner's tries.
	ClaimTries = 5
	claimDay   = 24 * time.Hour
)

// ReceiptClaim is a receipt that a customer claims to have paid a ticket with.
type ReceiptClaim struct {
	ID        int64        `db:"id"`
	Receipt   string       `db:"receipt"`
	TicketID  TicketID     `db:"ticket_id"`
	State     ClaimState   `db:"state"`
	Reason    Reason       `db:"reason"`
	CreatedAt Instant      `db:"created_at"`
	Said      string       `db:"result_text"` // M-PESA's last answer, for the operator
	Lacks     UnreadReason `db:"lacks"`       // why that answer was not understood completely; "" where it was, or there is none
}

const claimColumns = `c.id, c.receipt, c.ticket_id, c.state, c.reason, c.created_at, '' AS result_text, '' AS lacks`

// claimShown is a claim with the state of its question: one that is no longer asked about is the operator's.
const claimShown = `c.id, c.receipt, c.ticket_id, CASE WHEN ` + claimLeft + ` THEN 'person' ELSE c.state END AS state,
	` + claimReason + ` AS reason,
	c.created_at, COALESCE(q.result_text, '') AS result_text, COALESCE(q.lacks, '') AS lacks`

const (
	claimReason = `CASE WHEN ` + claimLeft + ` THEN
		CASE WHEN COALESCE(q.result_text, '') = '' AND COALESCE(q.lacks, '') = '' THEN 'not_asked'
			ELSE 'not_understood' END ELSE c.reason END`
	claimLeft = `c.state = 'asking' AND q.next_at IS NULL`
	claimFrom = ` FROM claim c LEFT JOIN question q ON q.receipt = c.receipt`
)

// ClaimReceipt records the customer's claim that this receipt paid for the ticket with the secret. M-PESA is then
// asked, even about a paid ticket, since a second payment has a second receipt. It refuses with TooManyTries,
// TooManyGuesses, or NotFailed where the receipt is the ticket's own. A repeated claim changes nothing.
func (s Money) ClaimReceipt(ctx context.Context, secret, receipt, browser string) error {
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
			(SELECT count(*) FROM claim WHERE ticket_id = $1 AND receipt = $2), (SELECT count(*) FROM claim WHERE ticket_id = $1),
			(SELECT count(*) FROM claim c JOIN ticket o ON o.id = c.ticket_id WHERE c.phone = $3 AND c.created_at > $5
				AND (o.client = $6 AND (o.client <> '' OR o.browser = '') OR o.browser = $7 AND o.browser <> '')),
			(SELECT count(*) FROM claim WHERE browser = $4 AND browser <> '' AND created_at > $5)`,
			tk.ID, receipt, tk.Phone, browser, t.now.Add(-claimDay), tk.Client, tk.Browser)
		switch {
		case err != nil:
			return err
		case receipt == tk.OwnReceipt:
			return &Refusal{Kind: NotFailed, Secret: secret}
		case tk.Known > 0:
			return t.askRefusedAgain(receipt, tk.ID)
		case max(tk.Tried, tk.ByPhone, tk.ByBr) >= ClaimTries:
			return &Refusal{Kind: TooManyTries}
		}
		if err := t.mayGuess(tk.Client, tk.Browser, tk.Phone); err != nil {
			return err
		}
		if err := t.run(`INSERT INTO claim (id, receipt, ticket_id, phone, browser, client, state, reason, created_at, updated_at)
			VALUES ($1,$2,$3,$4,$5,$6,'asking','',$7,$7)`, t.s.ids.next(t.now.Time()), receipt, tk.ID, tk.Phone, browser, tk.Client, t.now); err != nil {
			return err
		}
		if _, err := t.record(nil, claimFact(receipt, tk.ID)); err != nil {
			return err
		}
		if err := t.run(`UPDATE question SET client = $1 WHERE receipt = $2 AND client = ''`, tk.Client, receipt); err != nil {
			return err
		}
		return t.touch(tk.ID)
	})
	if err != nil {
		return fmt.Errorf("claim receipt: %w", err)
	}
	return nil
}

// askRefusedAgain has M-PESA asked again about a refused receipt that it did not know: it may know it now.
func (t *tx) askRefusedAgain(receipt string, ticket TicketID) error {
	var refused int
	err := t.scan([]any{&refused}, `SELECT count(*) FROM claim WHERE receipt = $1 AND ticket_id = $2 AND state = 'refused' AND reason = $3`, receipt, ticket, money.NotKnown)
	if err != nil || refused == 0 {
		return err
	}
	return t.askReceipt(receipt, true)
}

// mayGuess refuses with TooManyGuesses where too many receipts unknown to M-PESA were claimed by the client or browser.
func (t *tx) mayGuess(client, browser, phone string) error {
	if t.s.fair.Off() {
		return nil
	}
	const halves = `COALESCE(sum(CASE c.state WHEN 'confirmed' THEN 0 WHEN 'asking' THEN 1 ELSE 2 END), 0)`
	if err := errors.Join(t.lockBrowser(browser), t.lockClient(client)); err != nil {
		return err
	}
	var own, address, lanes int
	err := t.scan([]any{&own, &address, &lanes}, `SELECT
		(SELECT `+halves+` FROM ticket o JOIN claim c ON c.ticket_id = o.id
		WHERE o.browser = $1 AND o.browser <> '' AND c.created_at > $4),
		(SELECT `+halves+` FROM claim c WHERE c.client = $2 AND c.client <> '' AND c.created_at > $4),
		(SELECT count(*) FROM ticket WHERE browser = $1 AND browser <> '' AND payment_status = 'Paid'
		AND voided_at IS NULL) +
		(SELECT count(*) FROM push_request p JOIN ticket o ON o.id = p.ticket_id
		WHERE p.phone = $3 AND p.state = 'paid' AND o.voided_at IS NULL)`,
		browser, client, phone, t.now.Add(-fairuse.Hour))
	if err != nil {
		return err
	}
	return refusalOf(t.s.fair.Receipt(own/2, address/2, lanes > 0))
}

// ReceiptClaims lists the receipts that customers claimed for a ticket, newest first.
func (s Money) ReceiptClaims(ctx context.Context, ticket TicketID) ([]ReceiptClaim, error) {
	var cs []ReceiptClaim
	if err := s.list(ctx, &cs, `SELECT `+claimShown+claimFrom+` WHERE c.ticket_id = $1
		ORDER BY c.id DESC`, ticket); err != nil {
		return nil, fmt.Errorf("read claims: %w", err)
	}
	return cs, nil
}
