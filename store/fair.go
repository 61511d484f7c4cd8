package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cinemasphere/store/fairuse"
)

// FairUse is how strictly a cinema limits what one client may do to others.
type FairUse = fairuse.Policy

// The limits of fair use that customers are shown.
const (
	OwnSeats  = fairuse.OwnSeats
	PhoneWait = fairuse.PhoneWait
)

// Client is who asks for a booking or a retry, besides the browser session.
type Client struct {
	Address string // its IP address; "" where it is not known
	Partner string // the partner whose API key was used, "" for none; a partner's address does not matter
}

// name is how the books store a client: by its address block, or as a partner.
func (c Client) name() string {
	if c.Partner != "" {
		return partnerPrefix + c.Partner
	}
	return fairuse.Block(c.Address)
}

const partnerPrefix = "partner:"

// Scope separates this client's idempotency keys from others': by partner, else by browser session, else by address
// block.
func (c Client) Scope(browser string) string {
	if browser != "" && c.Partner == "" {
		return "browser:" + browser
	}
	return c.name()
}

// asker is who asks for seats or a prompt, and for what.
type asker struct {
	phone, browser, client string
	partner                bool
	screening              ScreeningID
	capacity, seats        int
	ticket                 TicketID // the ticket to retry; 0 for a new booking
	asks                   string   // the browser that asks for the retry, which may not be the one that booked
}

// notAnswered are the failure reasons of prompts that nobody answered. notSent are those of the cinema's own fault.
const (
	notAnswered = `('cancelled', 'timeout', 'expired', 'unreachable')`
	notSent     = `('config', 'account_full')`
)

// pushOutcome is the fairuse.Outcome of push p of ticket t as of $5. A prompt of an abandoned booking counts as
// unanswered at once. A push that Daraja did not accept, or that failed by the cinema's own fault, counts as not sent.
const pushOutcome = `CASE WHEN p.state = 'paid' THEN 3 WHEN p.state = 'refused' THEN 4
	WHEN p.state = 'sending' THEN CASE WHEN p.live_until > $5 THEN 0 ELSE 4 END
	WHEN p.state = 'unknown' AND p.checkout_request_id IS NULL THEN 4
	WHEN p.state IN ('prompted', 'unknown') THEN CASE WHEN p.live_until > $5 AND t.failure_reason <> 'given_up'
		THEN 0 ELSE 1 END
	WHEN p.reason IN ` + notAnswered + ` THEN 1
	WHEN p.reason IN ` + notSent + ` THEN 4 ELSE 2 END`

// factsQuery reads all that a decision needs on the phone $1, the browser $2, the client $3 and the screening $4. The
// time is $5, a day before it $6, a minute $7, an hour $8, lately $9. It leaves out the seats of ticket $10. Prompts
// sent after $11 may still be answered. $12 is the browser that asks. A client's prompts of the hour are counted from
// their index alone, the paid ones up to 1,000; what it paid for lately is searched in its latest 300 bookings.
const factsQuery = `SELECT
	(SELECT COALESCE(sum(quantity), 0) FROM ticket WHERE phone = $1 AND hold_until IS NOT NULL AND id <> $10 AND (client = $3 OR browser = $2 AND browser <> '')),
	k.known, k.own, b.held, b.paid, h.held, h.here,
	(SELECT COALESCE(sum(CASE WHEN l.payment_status = 'Paid' AND l.voided_at IS NULL THEN l.quantity ELSE 0 END), 0) FROM
		(SELECT quantity, payment_status, voided_at FROM ticket WHERE client = $3 AND client <> '' AND held_since > $9 ORDER BY held_since DESC LIMIT 300) l),
	(SELECT COALESCE(sum(quantity), 0) FROM ticket WHERE screening_id = $4 AND client = $3 AND client <> '' AND payment_status = 'Paid' AND voided_at IS NULL),
	bp.made, bp.open, bp.unanswered, bp.tried, bp.paid, bp.last, cm.made, cy.open,
	cy.unanswered + cf.unanswered + (SELECT count(*) FROM push_request WHERE client = $3 AND client <> '' AND state = 'prompted' AND created_at > $8 AND created_at <= $11)
		+ (SELECT count(*) FROM push_request WHERE client = $3 AND client <> '' AND state = 'unknown' AND created_at > $8 AND created_at <= $11 AND checkout_request_id IS NOT NULL),
	cf.tried, (SELECT count(*) FROM (SELECT 1 FROM push_request WHERE client = $3 AND client <> '' AND state = 'paid' AND created_at > $8 LIMIT 1000) l), cm.last,
	(SELECT COALESCE(string_agg((p.created_at || ' ' || ` + pushOutcome + ` || CASE WHEN p.client = $3 AND p.client <> '' OR t.browser = $2 AND t.browser <> '' THEN ' own' ELSE ' other' END
			|| CASE WHEN t.id = $10 OR t.browser = $12 AND t.browser <> '' THEN ' mine' ELSE ' not' END), ','), '')
		FROM push_request p JOIN ticket t ON t.id = p.ticket_id WHERE p.phone = $1 AND p.created_at > $6)
	FROM
	(SELECT count(*) AS known, COALESCE(sum(CASE WHEN t.browser = $2 AND t.browser <> '' THEN 1 ELSE 0 END), 0) AS own
		FROM push_request p JOIN ticket t ON t.id = p.ticket_id
		WHERE p.phone = $1 AND p.state = 'paid' AND t.voided_at IS NULL) k,
	(SELECT COALESCE(sum(CASE WHEN hold_until IS NOT NULL AND id <> $10 THEN quantity ELSE 0 END), 0) AS held,
		COALESCE(sum(CASE WHEN payment_status = 'Paid' AND voided_at IS NULL THEN 1 ELSE 0 END), 0) AS paid
		FROM ticket WHERE browser = $2 AND browser <> '') b,
	(SELECT COALESCE(sum(quantity), 0) AS held,
		COALESCE(sum(CASE WHEN screening_id = $4 THEN quantity ELSE 0 END), 0) AS here
		FROM ticket WHERE client = $3 AND client <> '' AND hold_until IS NOT NULL AND id <> $10) h,
	(SELECT COALESCE(sum(CASE WHEN o.created_at > $7 AND o.outcome <> 4 THEN 1 ELSE 0 END), 0) AS made,
		COALESCE(sum(CASE WHEN o.outcome = 0 THEN 1 ELSE 0 END), 0) AS open,
		COALESCE(sum(CASE WHEN o.outcome = 1 THEN 1 ELSE 0 END), 0) AS unanswered,
		COALESCE(sum(CASE WHEN o.outcome = 2 THEN 1 ELSE 0 END), 0) AS tried,
		COALESCE(sum(CASE WHEN o.outcome = 3 THEN 1 ELSE 0 END), 0) AS paid,
		COALESCE(max(CASE WHEN o.outcome <= 1 THEN o.created_at END), 0) AS last
		FROM (SELECT p.created_at, ` + pushOutcome +
	` AS outcome FROM ticket t JOIN push_request p ON p.ticket_id = t.id
			WHERE t.browser = $2 AND t.browser <> '' AND t.held_since > $8 AND p.created_at > $8) o) bp,
	(SELECT count(*) AS made, COALESCE(max(CASE WHEN state IN ('failed', 'soft_failed') AND reason NOT IN ` +
	notAnswered + ` THEN 0 ELSE created_at END), 0) AS last
		FROM push_request WHERE client = $3 AND client <> ''
			AND state IN ('sending', 'prompted', 'unknown', 'failed', 'soft_failed') AND created_at > $7
			AND (state <> 'unknown' OR checkout_request_id IS NOT NULL) AND reason NOT IN ` + notSent + `) cm,
	(SELECT COALESCE(sum(CASE WHEN o.outcome = 0 THEN 1 ELSE 0 END), 0) AS open,
		COALESCE(sum(CASE WHEN o.outcome = 1 THEN 1 ELSE 0 END), 0) AS unanswered
		FROM (SELECT ` + pushOutcome + ` AS outcome FROM push_request p JOIN ticket t ON t.id = p.ticket_id
			WHERE p.client = $3 AND p.client <> '' AND p.state IN ('sending', 'prompted', 'unknown')
				AND p.created_at > $11) o) cy,
	(SELECT COALESCE(sum(CASE WHEN reason IN ` + notAnswered +
	` THEN 1 ELSE 0 END), 0) AS unanswered, COALESCE(sum(CASE WHEN reason NOT IN ` + notAnswered +
	` AND reason NOT IN ` + notSent + ` THEN 1 ELSE 0 END), 0) AS tried
		FROM push_request WHERE client = $3 AND client <> '' AND state IN ('failed', 'soft_failed')
			AND created_at > $8) cf`

func (t *tx) factsArgs(a asker) []any {
	return []any{
		a.phone, a.browser, a.client, a.screening, t.now,
		t.now.Add(-fairuse.Day), t.now.Add(-fairuse.Minute), t.now.Add(-fairuse.Hour), t.now.Add(-fairuse.Lately),
		a.ticket,
		t.now.Add(-pushLife), a.asks,
	}
}

// fairly asks the policy about a booking or a retry. A refusal is a [*Refusal].
func (t *tx) fairly(a asker) (fairuse.Decision, error) {
	if t.s.fair.Off() {
		return fairuse.Decision{}, nil
	}
	f := fairuse.Facts{
		Seats: a.seats, Capacity: a.capacity, Partner: a.partner, Known: a.client != "" || a.browser != "",
	}
	var paid, byPhone, known int
	var prompts string
	var browserLast, clientLast Instant
	err := t.scan([]any{
		&f.PhoneHeld, &known, &byPhone, &f.BrowserHeld, &paid, &f.AddressHeld, &f.ScreeningHeld, &f.AddressPaid,
		&f.ScreeningPaid,
		&f.Browser.Minute, &f.Browser.Open, &f.Browser.Unanswered, &f.Browser.Tried, &f.Browser.Paid, &browserLast,
		&f.Address.Minute, &f.Address.Open, &f.Address.Unanswered, &f.Address.Tried, &f.Address.Paid, &clientLast,
		&prompts,
	}, factsQuery, t.factsArgs(a)...)
	if err != nil {
		return fairuse.Decision{}, err
	}
	f.BrowserPaid, f.PhonePaid, f.PhoneKnown = paid > 0, byPhone > 0, known > 0
	f.Lot, f.Clock = hashOf(a.phone), time.Duration(t.now)*time.Millisecond
	f.Browser.Last, f.Address.Last = t.since(browserLast), t.since(clientLast)
	if f.Phone, err = t.prompts(prompts); err != nil {
		return fairuse.Decision{}, err
	}
	d := t.s.fair.Decide(f)
	return d, refusalOf(d)
}

func (t *tx) since(i Instant) time.Duration { return t.now.Time().Sub(i.Time()) }

// prompts parses the prompts to a phone that factsQuery returns.
func (t *tx) prompts(text string) ([]fairuse.Prompt, error) {
	var all []fairuse.Prompt
	for row := range strings.SplitSeq(text, ",") {
		if row == "" {
			continue
		}
		fields := strings.Split(row, " ")
		if len(fields) != 4 {
			return nil, fmt.Errorf("prompts of a phone: %d fields", len(fields))
		}
		at, err := strconv.ParseInt(fields[0], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("prompts of a phone: %w", err)
		}
		outcome, err := strconv.Atoi(fields[1])
		if err != nil {
			return nil, fmt.Errorf("prompts of a phone: %w", err)
		}
		all = append(all, fairuse.Prompt{
			Age: t.since(Instant(at)), Outcome: fairuse.Outcome(outcome), Own: fields[2] == "own",
			Mine: fields[3] == "mine",
		})
	}
	return all, nil
}

// refusalOf is the refusal of a decision; nil where it allows.
func refusalOf(d fairuse.Decision) error {
	kind := map[fairuse.Refusal]RefusalKind{
		fairuse.TooManySeats: TooManySeats, fairuse.AddressHolds: AddressHolds, fairuse.AddressShare: AddressShare,
		fairuse.TooFast: TooFast, fairuse.TooManyPrompts: TooManyPrompts, fairuse.AddressBusy: AddressBusy,
		fairuse.OwnPrompts: OwnPrompts, fairuse.PhoneRests: PhoneBusy, fairuse.TooManyGuesses: TooManyGuesses,
	}[d.Refusal]
	if kind == "" {
		return nil
	}
	return &Refusal{Kind: kind, Left: d.Left, Wait: d.Wait}
}

// clientOf is how a ticket's client is stored. A browser with its own lane does not count against its address.
func clientOf(client string, d fairuse.Decision) string {
	if d.Lane {
		return ""
	}
	return client
}

// ForgetClients forgets who booked, asked for prompts and claimed receipts, a day later. It returns the number of rows
// changed.
func (s Tickets) ForgetClients(ctx context.Context) (int64, error) {
	var n int64
	before := s.Now().Add(-fairuse.Day)
	err := s.readers.scan(ctx, []any{&n}, `SELECT (SELECT count(*) FROM ticket WHERE client <> '' AND held_since <= $1) +
		(SELECT count(*) FROM push_request WHERE client <> '' AND created_at <= $1) + (SELECT count(*) FROM claim WHERE client <> '' AND created_at <= $1)`, before)
	if err == nil && n > 0 {
		err = s.write(ctx, urgent, func(t *tx) error {
			n = 0
			for _, forget := range []string{
				`UPDATE ticket SET client = '' WHERE client <> '' AND held_since <= $1`,
				`UPDATE push_request SET client = '' WHERE client <> '' AND created_at <= $1`,
				`UPDATE claim SET client = '' WHERE client <> '' AND created_at <= $1`,
				`UPDATE question SET client = '' WHERE client <> '' AND created_at <= $1`,
			} {
				some, err := t.exec(forget, before)
				if err != nil {
					return err
				}
				n += some
			}
			return nil
		})
	}
	if err != nil {
		return 0, fmt.Errorf("forget who booked: %w", err)
	}
	return n, nil
}
