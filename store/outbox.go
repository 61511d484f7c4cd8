package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cinemasphere/store/money"
)

// What customers are told stands in the outbox. A row is written by the transaction that causes it, and says of what
// it tells; whoever sends it reads text and address of the ticket as they are then. So a row costs one statement, holds
// nothing of the customer, and is not sent once it is not true any more.
//
// A row is taken like a question to M-PESA: with a lease, after which another process may have it. Whoever takes a row
// that nobody has reported on does not know whether it went out: an e-mail is sent once more then, and says so, and an
// SMS never.

// MessageEvent is what a message tells of.
type MessageEvent string

// The events. Nothing is said of money that is only due back.
const (
	MessagePaid      MessageEvent = "paid"      // a ticket is paid
	MessageMoved     MessageEvent = "moved"     // a ticket is paid, with other seats than were held for it
	MessageRefunded  MessageEvent = "refunded"  // money was given back
	MessageCancelled MessageEvent = "cancelled" // the screening of a paid ticket is cancelled
)

// MessageEvents lists them.
func MessageEvents() []MessageEvent {
	return []MessageEvent{MessagePaid, MessageMoved, MessageRefunded, MessageCancelled}
}

// Via is how a message is sent.
type Via string

// The ways.
const (
	ViaEmail Via = "email"
	ViaSMS   Via = "sms"
)

// Ways are those that the cinema has.
type Ways struct{ Email, SMS bool }

// MessageState is how far a message has come.
type MessageState string

// The states of a message.
const (
	MessageWaiting   MessageState = "waiting"
	MessageSent      MessageState = "sent"      // the far end has taken it
	MessageGivenUp   MessageState = "given_up"  // it certainly went not out
	MessageUnknown   MessageState = "unknown"   // it may have gone out
	MessageOvertaken MessageState = "overtaken" // it is not true any more, or its address is gone
)

// Message is one of the outbox.
type Message struct {
	ID       int64        `db:"id"`
	Event    MessageEvent `db:"event"`
	Subject  int64        `db:"subject_id"` // the refund of a refunded, else the ticket
	Via      Via          `db:"via"`
	TicketID TicketID     `db:"ticket_id"`
	State    MessageState `db:"state"`
	Taken    int64        `db:"taken"`
	Tries    int          `db:"tries"`  // that failed
	Unsure   int          `db:"unsure"` // tries of which nobody knows whether they sent it
	NextAt   Instant      `db:"next_at"`
	Failure  string       `db:"failure"`
	SinceAt  Instant      `db:"since_at"`
	SentAt   Instant      `db:"sent_at"`
	MadeAt   Instant      `db:"created_at"`
}

const messageColumns = `o.id, o.event, o.subject_id, o.via, o.ticket_id, o.state, o.taken, o.tries, o.unsure,
	COALESCE(o.next_at, 0) AS next_at, o.failure, o.since_at, COALESCE(o.sent_at, 0) AS sent_at, o.created_at`

const (
	// messageLease is how long a process has a message for itself. Sending must end well before.
	messageLease = 2 * time.Minute
	// messageTries is how often one is tried that fails. With the waits between them it takes some six hours.
	messageTries = 12
	// messageLife is how old one may be that is still tried.
	messageLife = 24 * time.Hour
	// messageFirst and messageMost are the waits after the first try that failed, and the longest one.
	messageFirst = 30 * time.Second
	messageMost  = time.Hour
	// mostUnsure is how many tries of an e-mail may be unsure: it is sent once more at most.
	mostUnsure = 1
)

// waysKey is the setting that has the ways which the last serving program had.
const waysKey = "messages.ways"

// beginTelling sets how customers are told of things, or reads how the last program did that set it: what a person does
// from the command line is told of too.
func (s *Store) beginTelling(ctx context.Context, tells *Ways) error {
	was, err := s.Catalogue().Setting(ctx, waysKey)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("read how customers are told of things: %w", err)
	}
	if tells == nil {
		ways := strings.Fields(was)
		s.tells = Ways{Email: slices.Contains(ways, string(ViaEmail)), SMS: slices.Contains(ways, string(ViaSMS))}
		return nil
	}
	s.tells = *tells
	if now := strings.Join(s.tells.names(), " "); now != was {
		return s.Catalogue().SetSettings(ctx, map[string]string{waysKey: now})
	}
	return nil
}

func (w Ways) names() (names []string) {
	if w.Email {
		names = append(names, string(ViaEmail))
	}
	if w.SMS {
		names = append(names, string(ViaSMS))
	}
	return names
}

// Tells is how customers are told of things.
func (s *Store) Tells() Ways { return s.tells }

// tell writes what a ticket's customer is to be told, by each way that there is: once for each event. Where the cinema
// has no way, or the ticket no address, it costs nothing.
func (t *tx) tell(event MessageEvent, subject int64, tk payable) error {
	ways := Ways{Email: t.s.tells.Email && tk.Mail == 1, SMS: t.s.tells.SMS && tk.Rings == 1}
	for _, via := range ways.names() {
		if err := t.run(`INSERT INTO outbox (id, event, subject_id, via, ticket_id, state, taken, tries, unsure, next_at, lease_until, failure, answer,
			since_at, created_at, updated_at) VALUES ($1,$2,$3,$4,$5,'waiting',0,0,0,$6,0,'','',$6,$6,$6) ON CONFLICT (event, subject_id, via) DO NOTHING`,
			t.s.ids.next(t.now.Time()), event, subject, via, tk.ID, t.now); err != nil {
			return err
		}
	}
	return nil
}

// tellRefunded writes that a refund is done, where its money was a ticket's.
func (t *tx) tellRefunded(l *ledger, d money.RefundDecision) error {
	i := slices.IndexFunc(l.Decision.Payments, func(p money.Payment) bool { return p.Key == d.Of })
	if i < 0 {
		return nil
	}
	tk := l.tickets[l.Decision.Payments[i].Ticket]
	if tk == nil { // it is nobody's for certain
		return nil
	}
	return t.tell(MessageRefunded, d.ID, *tk)
}

// TakeMessage leases the next message that is due by a way: nobody else gets it until it is reported on, or its lease
// ends. Unsure counts then, and it is one that may have gone out. ErrNotFound means that none is due, [ErrGivenOver]
// that the next one may have gone out and is not sent again.
func (s Jobs) TakeMessage(ctx context.Context, via Via) (m Message, err error) {
	now := s.Now()
	err = s.read(ctx, &m, `SELECT `+messageColumns+` FROM outbox o
		WHERE o.next_at <= $1 AND o.lease_until <= $1 AND o.via = $2 ORDER BY o.next_at, o.id LIMIT 1`, now, via)
	if err != nil {
		if !errors.Is(err, ErrNotFound) {
			err = fmt.Errorf("look for messages: %w", err)
		}
		return m, err
	}
	over := m.Taken == 1 && m.lost()
	n := int64(0)
	err = s.write(ctx, urgent, func(t *tx) (err error) {
		state, lease, next, failure := MessageWaiting, t.now.Add(messageLease), any(m.NextAt), m.Failure
		if over {
			state, lease, next, failure = MessageUnknown, 0, nil, "interrupted"
		}
		// The one who took it last may be about to report on it: then its row has changed.
		n, err = t.exec(`UPDATE outbox SET state = $1, taken = $2, unsure = unsure + taken, lease_until = $3, next_at = $4, updated_at = $5, failure = $10
			WHERE id = $6 AND next_at <= $5 AND lease_until <= $5 AND taken = $7 AND tries = $8 AND unsure = $9`,
			state, flag(!over), lease, next, t.now, m.ID, m.Taken, m.Tries, m.Unsure, failure)
		return err
	})
	m.Unsure += int(m.Taken)
	switch {
	case err != nil:
		return m, fmt.Errorf("take a message: %w", err)
	case n == 0:
		return m, ErrNotFound
	case over:
		return m, ErrGivenOver
	}
	m.Taken = 1
	return m, nil
}

// lost reports whether a message is not sent again after one more try of which nobody knows what came.
func (m Message) lost() bool { return m.Via == ViaSMS || m.Unsure >= mostUnsure }

// SendOutcome is what came of a try to send a message.
type SendOutcome int

// The outcomes.
const (
	SendFailed    SendOutcome = iota // it certainly did not go out, and may another time
	SendBarred                       // the way is closed, for this and all others: the try does not count
	SendRefused                      // it certainly did not go out, and never will
	SendUnsure                       // nobody knows
	SendDone                         // the far end has taken it
	SendOvertaken                    // it was not tried: it is not true any more, or its address is gone
)

// Tried is a report on a try to send a message.
type Tried struct {
	Outcome SendOutcome
	Why     string // in a word or two, such as smtp 451; holds no address
	Answer  string // the far end's own name for it
}

// after is what becomes of a message after a try: its state, and when it is sent again.
func (m Message) after(r Tried, now Instant) (state MessageState, next Instant) {
	switch r.Outcome {
	case SendDone:
		return MessageSent, 0
	case SendOvertaken:
		return MessageOvertaken, 0
	case SendRefused:
		return MessageGivenUp, 0
	case SendUnsure:
		if m.lost() {
			return MessageUnknown, 0
		}
	case SendBarred:
		if now >= m.SinceAt.Add(messageLife) {
			return MessageGivenUp, 0
		}
		return MessageWaiting, now.Add(messageFirst)
	case SendFailed:
		if m.Tries+1 >= messageTries || now >= m.SinceAt.Add(messageLife) {
			return MessageGivenUp, 0
		}
	}
	return MessageWaiting, now.Add(min(messageFirst<<min(m.Tries, 10), messageMost))
}

// MessageTried notes what came of a message that was taken. What was sent is so whoever says it; of others only the one
// counts who still has it.
func (s Jobs) MessageTried(ctx context.Context, m Message, r Tried) error {
	err := s.write(ctx, urgent, func(t *tx) error {
		state, next := m.after(r, t.now)
		sent, tries, unsure := any(nil), m.Tries, m.Unsure
		switch r.Outcome {
		case SendDone:
			sent, r.Why = t.now, ""
		case SendUnsure:
			unsure++
			tries++
		case SendFailed:
			tries++
		case SendBarred, SendRefused, SendOvertaken:
		}
		return t.run(`UPDATE outbox SET state = $1, taken = 0, tries = $2, unsure = $3, next_at = $4, lease_until = 0, failure = $5, answer = $6,
			sent_at = $7, updated_at = $8 WHERE id = $9 AND state <> 'sent' AND (CAST($7 AS BIGINT) IS NOT NULL OR taken = 1 AND tries = $10 AND unsure = $11)`,
			state, tries, unsure, orNone(next), r.Why, r.Answer, sent, t.now, m.ID, m.Tries, m.Unsure)
	})
	if err != nil {
		return fmt.Errorf("note what came of a message: %w", err)
	}
	return nil
}

// Told is what a message is made from.
type Told struct {
	Ticket *Ticket
	Refund Cents // of a refunded: how much was given back
	True   bool  // it still is as the message says
}

// Told reads what a message tells of, as it is now.
func (s Jobs) Told(ctx context.Context, m Message) (out Told, err error) {
	if out.Ticket, err = s.Tickets().TicketByID(ctx, m.TicketID); err != nil {
		return out, err
	}
	tk := out.Ticket
	switch m.Event {
	case MessagePaid, MessageMoved:
		over := tk.Screening.StartsAt.Add(time.Duration(tk.Screening.Trailers+tk.Movie.Runtime) * time.Minute)
		out.True = tk.Status == Paid && tk.VoidedAt == 0 && s.Now() < over
	case MessageCancelled:
		out.True = tk.Screening.Status == Cancelled
	case MessageRefunded:
		var state RefundState
		err := s.readers.scan(ctx, []any{&state, &out.Refund}, `SELECT state, amount_cents FROM refund WHERE id = $1`, m.Subject)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return out, fmt.Errorf("read the refund of a message: %w", err)
		}
		out.True = state == RefundDone
	}
	return out, nil
}

// Outbox is how the outbox stands.
type Outbox struct {
	Waiting int     // to be sent
	Oldest  Instant // since when the first of them waits; 0 where none does
	Failing int     // of those, that have failed at least once
	GivenUp int     // that were given up in the last day
	Unknown int     // of which nobody knows since the last day whether they went out
}

// Trouble is how many messages do not come through.
func (o Outbox) Trouble() int { return o.Failing + o.GivenUp + o.Unknown }

// Outbox reads how the outbox stands.
func (s Jobs) Outbox(ctx context.Context) (o Outbox, err error) {
	err = s.readers.scan(ctx, []any{&o.Waiting, &o.Oldest, &o.Failing}, `SELECT count(*), COALESCE(min(since_at), 0),
		count(CASE WHEN failure <> '' OR unsure > 0 THEN 1 END) FROM outbox WHERE next_at IS NOT NULL`)
	if err == nil {
		err = s.readers.scan(ctx, []any{&o.GivenUp, &o.Unknown}, `SELECT count(CASE WHEN state = 'given_up' THEN 1 END),
			count(CASE WHEN state = 'unknown' THEN 1 END) FROM outbox
			WHERE state IN ('given_up', 'unknown') AND updated_at >= $1`, s.Now().Add(-messageLife))
	}
	if err != nil {
		return o, fmt.Errorf("look how the outbox stands: %w", err)
	}
	return o, nil
}

// ListedMessage is a message as the staff see it.
type ListedMessage struct {
	Message
	Code     string  `db:"code"` // of the ticket
	Title    string  `db:"title"`
	StartsAt Instant `db:"starts_at"`
}

const listedMessages = `SELECT ` + messageColumns + `, t.code, m.title, s.starts_at FROM outbox o
	JOIN ticket t ON t.id = o.ticket_id JOIN screening s ON s.id = t.screening_id JOIN movie m ON m.id = s.movie_id`

// Messages lists the messages in trouble of the last days, and then the others, each the newest first: no more than
// limit of either.
func (s Jobs) Messages(ctx context.Context, limit int) (trouble, others []ListedMessage, err error) {
	err = s.list(ctx, &trouble, listedMessages+` WHERE o.next_at IS NOT NULL AND (o.failure <> '' OR o.unsure > 0)
		OR o.state IN ('given_up', 'unknown') ORDER BY o.updated_at DESC, o.id DESC LIMIT $1`, limit)
	if err == nil {
		err = s.list(ctx, &others, listedMessages+` WHERE o.state IN ('sent', 'overtaken')
			OR o.next_at IS NOT NULL AND o.failure = '' AND o.unsure = 0 ORDER BY o.id DESC LIMIT $1`, limit)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("list messages: %w", err)
	}
	return trouble, others, nil
}

const ticketMessages = `SELECT ` + messageColumns + ` FROM outbox o WHERE o.ticket_id = $1 ORDER BY o.id`

// TicketMessages lists what the customer of a ticket was told, and is to be, the oldest first.
func (s Jobs) TicketMessages(ctx context.Context, id TicketID) (all []Message, err error) {
	err = s.list(ctx, &all, ticketMessages, id)
	if err != nil {
		return nil, fmt.Errorf("list the messages of a ticket: %w", err)
	}
	return all, nil
}

// SendAgain has a message sent that was given up, or of which nobody knows: the person who asks takes it upon himself
// that it may come twice. It reports whether there was one.
func (s Jobs) SendAgain(ctx context.Context, id int64) (found bool, err error) {
	err = s.write(ctx, urgent, func(t *tx) error {
		n, err := t.exec(`UPDATE outbox SET state = 'waiting', taken = 0, tries = 0, next_at = $1, lease_until = 0, failure = '', since_at = $1, updated_at = $1
			WHERE id = $2 AND state IN ('given_up', 'unknown')`, t.now, id)
		if found = n == 1; err != nil || !found {
			return err
		}
		var ticket TicketID
		if err := t.scan([]any{&ticket}, `SELECT ticket_id FROM outbox WHERE id = $1`, id); err != nil {
			return err
		}
		return t.auditTicket(ticket, "ticket.message")
	})
	if err != nil {
		return false, fmt.Errorf("send a message again: %w", err)
	}
	return found, nil
}

// forgetSending marks what waited when a backup was made: it may have gone out since.
func (t *tx) forgetSending() error {
	if err := t.run(`UPDATE outbox SET state = 'unknown', taken = 0, unsure = unsure + 1, next_at = NULL, lease_until = 0, failure = 'restored', updated_at = $1
		WHERE next_at IS NOT NULL AND (via = 'sms' OR unsure > 0)`, t.now); err != nil {
		return err
	}
	return t.run(`UPDATE outbox SET taken = 0, unsure = unsure + 1, lease_until = 0, updated_at = $1 WHERE next_at IS NOT NULL`, t.now)
}
