package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cinemasphere/store/fairuse"
)

// FairUse is how strictly a cinema bounds what one client may do to others.
type FairUse = fairuse.Policy

// What of the policy of fair use customers are told. PhoneSentence is all that anybody reads whose prompt cannot go to a
// phone, unless the prompt on it is their own.
const (
	OwnSeats      = fairuse.OwnSeats
	PhoneWait     = fairuse.PhoneWait
	PhoneSentence = fairuse.PhoneSentence
)

// Client is who asks for a booking or another try, besides its browser session.
type Client struct {
	Address string // its IP address; "" where it is not known
	Partner string // the name of the partner whose key it brought, "" for none: its address then does not matter
}

// name is how the books write a client down: by its address block, or as a partner.
func (c Client) name() string {
	if c.Partner != "" {
		return partnerPrefix + c.Partner
	}
	return fairuse.Block(c.Address)
}

const partnerPrefix = "partner:"

// Scope is what an idempotency key of this client is told apart by from the same key of another: the partner, else the
// browser session that it brought, else its address block.
func (c Client) Scope(browser string) string {
	if browser != "" && c.Partner == "" {
		return "browser:" + browser
	}
	return c.name()
}

// asker is who asks for seats or a prompt, and what for.
type asker struct {
	phone, browser, client string
	partner                bool
	screening              ScreeningID
	capacity, seats        int
	ticket                 TicketID // that is tried again; 0 for a new booking
}

// pushOutcome is what became of a prompt, as of $5, in the terms of fairuse.Outcome: of the push p of the ticket t. A
// prompt of a booking that was given up counts as unanswered at once. What failed through the cinema's own fault
// counts as not sent.
const pushOutcome = `CASE WHEN p.state = 'paid' THEN 3 WHEN p.state = 'refused' THEN 4
	WHEN p.state IN ('sending', 'prompted', 'unknown') THEN CASE WHEN p.live_until > $5 AND t.failure_reason <> 'given_up' THEN 0 ELSE 1 END
	WHEN p.reason IN ('cancelled', 'timeout', 'expired', 'unreachable') THEN 1
	WHEN p.reason IN ('config', 'account_full') THEN 4 ELSE 2 END`

// recentPrompts sums up what became of prompts since $8, of the rows o with outcome and created_at.
const recentPrompts = `COALESCE(sum(CASE WHEN o.created_at > $7 THEN 1 ELSE 0 END), 0) AS made, COALESCE(sum(CASE WHEN o.created_at > $7 AND o.outcome = 3 THEN 1 ELSE 0 END), 0) AS made_paid,
	COALESCE(sum(CASE WHEN o.outcome = 1 THEN 1 ELSE 0 END), 0) AS unanswered, COALESCE(sum(CASE WHEN o.outcome = 3 THEN 1 ELSE 0 END), 0) AS paid,
	COALESCE(max(CASE WHEN o.outcome <= 1 THEN o.created_at END), 0) AS last`

// factsQuery is all that a decision rests on: of the phone $1, the browser $2, the client $3 in the screening $4, as
// of $5, with a day before it $6, a minute $7, an hour $8 and what is lately $9; without what the ticket $10 holds.
// Of a client's prompts the latest 200 bookings count, so that what a busy address costs is bounded.
const factsQuery = `SELECT
	(SELECT COALESCE(sum(quantity), 0) FROM ticket WHERE phone = $1 AND hold_until IS NOT NULL AND id <> $10 AND (client = $3 OR browser = $2 AND browser <> '')),
	b.held, b.paid, b.by_phone, c.held, c.paid, s.held, s.paid, bp.made, bp.unanswered, bp.paid, bp.last, cp.made - cp.made_paid, cp.unanswered, cp.paid, cp.last,
	(SELECT COALESCE(string_agg((p.created_at || ' ' || ` + pushOutcome + ` || CASE WHEN t.client = $3 AND t.client <> '' OR t.browser = $2 AND t.browser <> '' THEN ' own' ELSE ' other' END), ','), '')
		FROM push_request p JOIN ticket t ON t.id = p.ticket_id WHERE p.phone = $1 AND p.created_at > $6)
	FROM
	(SELECT COALESCE(sum(CASE WHEN hold_until IS NOT NULL AND id <> $10 THEN quantity ELSE 0 END), 0) AS held, COALESCE(sum(CASE WHEN payment_status = 'Paid' AND voided_at IS NULL THEN 1 ELSE 0 END), 0) AS paid,
		COALESCE(sum(CASE WHEN payment_status = 'Paid' AND voided_at IS NULL AND phone = $1 THEN 1 ELSE 0 END), 0) AS by_phone FROM ticket WHERE browser = $2 AND browser <> '') b,
	(SELECT COALESCE(sum(CASE WHEN hold_until IS NOT NULL AND id <> $10 THEN quantity ELSE 0 END), 0) AS held,
		COALESCE(sum(CASE WHEN payment_status = 'Paid' AND voided_at IS NULL THEN quantity ELSE 0 END), 0) AS paid FROM ticket WHERE client = $3 AND client <> '' AND held_since > $9) c,
	(SELECT COALESCE(sum(CASE WHEN hold_until IS NOT NULL AND id <> $10 THEN quantity ELSE 0 END), 0) AS held,
		COALESCE(sum(CASE WHEN payment_status = 'Paid' AND voided_at IS NULL THEN quantity ELSE 0 END), 0) AS paid FROM ticket WHERE screening_id = $4 AND client = $3 AND client <> '') s,
	(SELECT ` + recentPrompts + ` FROM (SELECT p.created_at, ` + pushOutcome + ` AS outcome FROM ticket t JOIN push_request p ON p.ticket_id = t.id
		WHERE t.browser = $2 AND t.browser <> '' AND t.held_since > $8 AND p.created_at > $8) o) bp,
	(SELECT ` + recentPrompts + ` FROM (SELECT p.created_at, ` + pushOutcome + ` AS outcome FROM
		(SELECT id, failure_reason FROM ticket WHERE client = $3 AND client <> '' AND held_since > $8 ORDER BY held_since DESC LIMIT 200) t
		JOIN push_request p ON p.ticket_id = t.id WHERE p.created_at > $8) o) cp`

// ago is the instant so long before the other.
func (i Instant) ago(d time.Duration) Instant { return i.Add(-d) }

func (t *tx) factsArgs(a asker) []any {
	return []any{
		a.phone, a.browser, a.client, a.screening, t.now,
		t.now.ago(fairuse.Day), t.now.ago(fairuse.Minute), t.now.ago(fairuse.Hour), t.now.ago(fairuse.Lately), a.ticket,
	}
}

// fairly asks the policy about a booking or another try. What it refuses is a [*Refusal].
func (t *tx) fairly(s *Store, a asker) (fairuse.Decision, error) {
	if s.fair.Off() {
		return fairuse.Decision{}, nil
	}
	f := fairuse.Facts{Seats: a.seats, Capacity: a.capacity, Partner: a.partner, Known: a.client != "" || a.browser != ""}
	var paid, byPhone int
	var prompts string
	var browserLast, clientLast Instant
	err := t.scan([]any{
		&f.PhoneHeld, &f.BrowserHeld, &paid, &byPhone, &f.AddressHeld, &f.AddressPaid, &f.ScreeningHeld, &f.ScreeningPaid,
		&f.Browser.Minute, &f.Browser.Unanswered, &f.Browser.Paid, &browserLast,
		&f.Address.Minute, &f.Address.Unanswered, &f.Address.Paid, &clientLast, &prompts,
	}, factsQuery, t.factsArgs(a)...)
	if err != nil {
		return fairuse.Decision{}, err
	}
	f.BrowserPaid, f.PhonePaid = paid > 0, byPhone > 0
	f.Browser.Last, f.Address.Last = t.since(browserLast), t.since(clientLast)
	if f.Phone, err = t.prompts(prompts); err != nil {
		return fairuse.Decision{}, err
	}
	d := s.fair.Decide(f)
	return d, refusalOf(d)
}

func (t *tx) since(i Instant) time.Duration { return t.now.Time().Sub(i.Time()) }

// prompts reads what factsQuery says of a phone's prompts.
func (t *tx) prompts(text string) ([]fairuse.Prompt, error) {
	var all []fairuse.Prompt
	for row := range strings.SplitSeq(text, ",") {
		if row == "" {
			continue
		}
		fields := strings.Split(row, " ")
		if len(fields) != 3 {
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
		})
	}
	return all, nil
}

// refusalOf is what the books answer where the policy refuses; nil where it does not.
func refusalOf(d fairuse.Decision) error {
	kind := map[fairuse.Refusal]RefusalKind{
		fairuse.TooManySeats: TooManySeats, fairuse.AddressHolds: AddressHolds, fairuse.AddressShare: AddressShare,
		fairuse.TooFast: TooFast, fairuse.TooManyPrompts: TooManyPrompts, fairuse.PhoneRests: PhoneBusy,
	}[d.Refusal]
	if kind == "" {
		return nil
	}
	return &Refusal{Kind: kind, Left: d.Left, Wait: d.Wait}
}

// clientOf is how a ticket's client is written down: a browser with a lane of its own does not count against its
// address.
func clientOf(client string, d fairuse.Decision) string {
	if d.Lane {
		return ""
	}
	return client
}

// ForgetClients forgets who booked a day after, and says of how many tickets that was.
func (s *Store) ForgetClients(ctx context.Context) (int64, error) {
	var n int64
	before := s.Now().ago(fairuse.Day)
	err := s.readers.scan(ctx, []any{&n}, `SELECT count(*) FROM ticket WHERE client <> '' AND held_since <= $1`, before)
	if err == nil && n > 0 {
		err = s.write(ctx, urgent, func(t *tx) (err error) {
			n, err = t.exec(`UPDATE ticket SET client = '' WHERE client <> '' AND held_since <= $1`, before)
			return err
		})
	}
	if err != nil {
		return 0, fmt.Errorf("forget who booked: %w", err)
	}
	return n, nil
}
