package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Search is what somebody looks for a booking by, as everything that it may mean. What is "" is not looked for.
type Search struct {
	Code     string // of a ticket or a push, in groups or with symbols that look alike
	Secret   string // in the address of a ticket's page
	Receipt  string // M-PESA's, in capitals
	Phone    string // MSISDN
	LastFour string // digits of one
	Name     string // words of the customer's name, or parts of them, however they are written: see [Fold]
	Seat     string // its label, in capitals: in a hall whose name has these words, of the screenings from then on
	Hall     string // "" is any hall; spaces within its name need not be typed
	From     Instant
	Until    Instant // the first instant after them
}

// Found is a booking that was found.
type Found struct {
	ID           TicketID `db:"id"`
	Code         string   `db:"code"`
	CustomerName string   `db:"customer_name"`
	Phone        string   `db:"phone"`
	Quantity     int      `db:"quantity"`
	Status       Status   `db:"payment_status"`
	Channel      Channel  `db:"channel"`
	Given        bool     `db:"given"` // somebody of the staff gave it away
	Seats        Labels   `db:"seats"`
	Receipt      string   `db:"receipt"`
	VoidedAt     Instant  `db:"voided_at"`
	Title        string   `db:"title"` // the film's
	Hall         string   `db:"hall"`
	StartsAt     Instant  `db:"starts_at"`
	Admitted     int      `db:"admitted"` // how many of its seats are in
}

// FindMost is how many bookings [Tickets.Find] returns at most.
const FindMost = 50

const foundSelect = `SELECT t.id, t.code, t.customer_name, t.phone, t.quantity, t.payment_status, t.channel,
	t.seats, t.receipt, CASE WHEN t.given_by IS NULL THEN 0 ELSE 1 END AS given,
	COALESCE(t.voided_at, 0) AS voided_at, m.title, h.name AS hall, s.starts_at,
	(SELECT count(*) FROM seat WHERE seat.ticket_id = t.id AND seat.admitted_at IS NOT NULL) AS admitted
	FROM ticket t JOIN screening s ON s.id = t.screening_id JOIN movie m ON m.id = s.movie_id
	JOIN hall h ON h.id = s.hall_id WHERE t.id IN (`

// Find lists the bookings that a search is about: those of its secret, else of its code, else of its receipt, else of
// its phone, else all that fit by digits, seat or name. Those whose film is still to come, or began lately, are first;
// then the newest.
func (s Tickets) Find(ctx context.Context, q Search) ([]Found, error) {
	const newest = ` ORDER BY id DESC LIMIT 50`
	steps := []func() ([]Found, error){
		func() ([]Found, error) {
			return s.found(ctx, q.Secret != "", `SELECT id FROM ticket WHERE secret = $1`, q.Secret)
		},
		func() ([]Found, error) { return s.findCode(ctx, q.Code) },
		func() ([]Found, error) {
			return s.found(ctx, q.Receipt != "", `SELECT id FROM (SELECT ticket_id AS id FROM payment WHERE receipt = $1
				UNION SELECT named_id FROM payment WHERE receipt = $1 UNION SELECT ticket_id FROM claim WHERE receipt = $1
				UNION SELECT ticket_id FROM fact WHERE receipt = $1 AND receipt <> ''
				UNION SELECT p.ticket_id FROM fact f JOIN push_request p ON p.id = f.push_id WHERE f.receipt = $1 AND f.receipt <> '') r
				WHERE id IS NOT NULL`+newest, q.Receipt)
		},
		func() ([]Found, error) {
			return s.found(ctx, q.Phone != "", `SELECT id FROM (SELECT DISTINCT ticket_id AS id FROM push_request
				WHERE phone = $1) p`+newest, q.Phone)
		},
		func() ([]Found, error) { return s.findLoosely(ctx, q) },
	}
	for _, step := range steps {
		found, err := step()
		if err != nil {
			return nil, fmt.Errorf("find bookings: %w", err)
		}
		if len(found) > 0 {
			begun := s.Now().Add(-findLately)
			slices.SortStableFunc(found, func(a, b Found) int {
				return cmp.Or(cmp.Compare(flag(a.StartsAt < begun), flag(b.StartsAt < begun)), cmp.Compare(b.ID, a.ID))
			})
			return found, nil
		}
	}
	return nil, nil
}

// found lists the bookings whose ids a query finds.
func (s *Store) found(ctx context.Context, asked bool, ids string, args ...any) (found []Found, err error) {
	if !asked {
		return nil, nil
	}
	return found, s.list(ctx, &found, foundSelect+ids+`)`, args...)
}

// findCode finds the ticket with a code, or whose push has it as its account reference. Outside production a code
// begins with 0, which need not be typed.
func (s Tickets) findCode(ctx context.Context, typed string) ([]Found, error) {
	code := readCode(typed)
	return s.found(ctx, code != "", `SELECT id FROM ticket WHERE code IN ($1, $2)
		UNION SELECT ticket_id FROM push_request WHERE reference = $3`, code, "0"+code, strings.ToUpper(strings.Join(strings.Fields(typed), "")))
}

// findLoosely finds bookings by what several may have in common.
func (s Tickets) findLoosely(ctx context.Context, q Search) (all []Found, err error) {
	add := func(found []Found, err error) error {
		for _, f := range found {
			if !slices.ContainsFunc(all, func(other Found) bool { return other.ID == f.ID }) {
				all = append(all, f)
			}
		}
		return err
	}
	seat, seatArgs := `SELECT seat.ticket_id FROM seat JOIN screening s ON s.id = seat.screening_id
		JOIN hall h ON h.id = s.hall_id WHERE s.starts_at >= $1 AND s.starts_at < $2 AND seat.label = $3`,
		[]any{q.From, q.Until, q.Seat}
	for _, word := range strings.Fields(strings.ToLower(q.Hall)) {
		seatArgs = append(seatArgs, "%"+likeText.Replace(word)+"%")
		seat += fmt.Sprintf(` AND replace(lower(h.name), ' ', '') LIKE $%d ESCAPE '\'`, len(seatArgs))
	}
	if err := add(s.found(ctx, q.Seat != "", seat, seatArgs...)); err != nil {
		return nil, err
	}
	if q.LastFour == "" && q.Name == "" {
		return all, nil
	}
	ids, err := s.names.find(ctx, s.books, q.Name, q.LastFour)
	if err != nil {
		return nil, err
	}
	if err := add(s.found(ctx, len(ids) > 0, strings.Join(ids, ", "))); err != nil {
		return nil, err
	}
	return all[:min(len(all), FindMost)], nil
}

// names are who has booked, with which phones, kept in memory: no index finds a part of a name, and one of words
// would be written with each booking. It reads what is new with each search.
type names struct {
	mu  sync.Mutex
	all []name // in the order of their pushes
}

// name is one push of a booking, or a ticket that was given away.
type name struct {
	push   PushID // of a ticket that was given away, the ticket's own id: ids are unique over both
	ticket string // its id
	digits string // the last four of its phone
	name   string // as [Fold] has it
}

// namesQuery reads the newest names as one text, a line each, which is far quicker than a row each. No name has the
// end of a line in it. The upper bound has PostgreSQL expect few rows, as there are but the first time.
const namesQuery = `SELECT COALESCE(string_agg(line, '
'), '') FROM (SELECT p.id AS id, p.id||' '||p.ticket_id||' '||substr(p.phone, 9)||' '||t.customer_name AS line
	FROM push_request p JOIN ticket t ON t.id = p.ticket_id WHERE p.id >= $1 AND p.id < $2
	UNION ALL SELECT t.id, t.id||' '||t.id||'  '||t.customer_name FROM ticket t
	WHERE t.given_by IS NOT NULL AND t.id >= $1 AND t.id < $2 ORDER BY id) x`

const (
	// namesKept is how many pushes are kept in memory, the newest: about 60 bytes each.
	namesKept = 500_000
	// namesAgain is how far back what was read is read again: another process may have written a push whose id is
	// smaller.
	namesAgain = time.Minute
)

// ReadNames reads who has booked, so that the first search by name is as quick as the others. It may take a second.
func (s Tickets) ReadNames(ctx context.Context) error {
	s.names.mu.Lock()
	defer s.names.mu.Unlock()
	if err := s.names.read(ctx, s.books); err != nil && ctx.Err() == nil {
		return fmt.Errorf("read who has booked: %w", err)
	}
	return nil
}

// read reads what is new. It is called under the lock.
func (n *names) read(ctx context.Context, s *Store) error {
	from := PushID(0)
	if len(n.all) == 0 {
		err := s.read(ctx, &from, `SELECT id FROM push_request ORDER BY id DESC LIMIT 1 OFFSET $1`, namesKept-1)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	} else {
		from = n.all[len(n.all)-1].push - PushID(namesAgain.Milliseconds()<<idBits)
	}
	kept, _ := slices.BinarySearchFunc(n.all, from, func(a name, from PushID) int { return cmp.Compare(a.push, from) })
	var text string
	err := s.readers.scan(ctx, []any{&text}, namesQuery, from, int64(1)<<53)
	if err != nil {
		return err
	}
	n.all = n.all[:kept]
	for line := range strings.SplitSeq(text, "\n") {
		push, rest, _ := strings.Cut(line, " ")
		ticket, rest, _ := strings.Cut(rest, " ")
		digits, written, whole := strings.Cut(rest, " ")
		id, err := strconv.ParseInt(push, 10, 64)
		if whole && err == nil {
			n.all = append(n.all, name{PushID(id), ticket, digits, Fold(written)})
		}
	}
	if extra := len(n.all) - namesKept; extra > 0 {
		n.all = slices.Delete(n.all, 0, extra)
	}
	return nil
}

// find is the ids of the newest tickets whose customer's name has all these words, or whose phone ends in the digits.
// Either may be "".
func (n *names) find(ctx context.Context, s *Store, words, digits string) (ids []string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.read(ctx, s); err != nil {
		return nil, err
	}
	wanted := strings.Fields(Fold(words))
	fits := func(of name) bool {
		if digits != "" && of.digits == digits {
			return true
		}
		for _, word := range wanted {
			if !strings.Contains(of.name, word) {
				return false
			}
		}
		return len(wanted) > 0
	}
	for _, of := range slices.Backward(n.all) {
		if len(ids) == FindMost {
			break
		}
		if fits(of) && !slices.Contains(ids, of.ticket) {
			ids = append(ids, of.ticket)
		}
	}
	return ids, nil
}

// findLately is how long ago a film may have begun to be listed with those to come.
const findLately = 4 * time.Hour
