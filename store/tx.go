package store

import (
	"context"
	"hash/fnv"

	"cinemasphere/store/internal/db"
)

// lane says who goes first when writes queue.
type lane = db.Lane

// The lanes: what Safaricom and the clock bring is never turned away, what customers bring is, rather than kept
// waiting. A single is one statement that may be done twice, which needs no transaction of its own.
const (
	urgent        = db.Urgent
	booking       = db.Ordinary
	urgentSingle  = db.UrgentSingle
	bookingSingle = db.OrdinarySingle
)

// tx is one write in progress. Everything it does is stamped with the same instant, and none of it may have an effect
// outside the transaction, since it may run several times.
type tx struct {
	db  *db.Tx
	now Instant

	rows   bool              // others write at the same time: rows must be locked
	locked ScreeningID       // of the screening
	owned  map[TicketID]bool // tickets that are locked

	plans   *plans
	maps    map[ScreeningID]*seatMap // the writer's on SQLite, this write's own on PostgreSQL
	touched []ScreeningID            // whose maps this write has changed
	s       *Store                   // whose books these are
	said    *Push                    // of which something was said just now
}

// write runs fn in a transaction and returns once it is durable. The context is looked at while the write waits its
// turn, never while it runs. fn may run several times and must only touch the tx: so ids are made in it, since a write
// whose id another process has made too runs again.
func (s *Store) write(ctx context.Context, l lane, fn func(*tx) error) error {
	once := func() error { return s.db.Write(ctx, l, func(on *db.Tx) error { return s.run(on, fn) }) }
	err := once()
	for try := 1; err != nil && try < writeTries && mayRunAgain(err); try++ {
		err = once()
	}
	return err
}

// writeTries is how often a write is run that others were quicker than.
const writeTries = 5

// run runs fn once. What one that fails has changed of the free seats is forgotten, since it is undone.
func (s *Store) run(on *db.Tx, fn func(*tx) error) error {
	t := &tx{
		s: s, db: on, now: At(on.Now()), rows: on.Shared(), plans: &s.plans,
		maps: on.Memory().(map[ScreeningID]*seatMap),
	}
	done := false
	defer func() { // also where fn panics
		for _, id := range t.touched {
			if !done {
				delete(t.maps, id)
			}
		}
	}()
	err := fn(t)
	done = err == nil
	return err
}

// exec runs a statement and says how many rows it changed.
func (t *tx) exec(query string, args ...any) (int64, error) { return t.db.Exec(query, args...) }

// run is exec for a statement whose result nobody waits for; see [db.Tx.Queue].
func (t *tx) run(query string, args ...any) error { return t.db.Queue(query, args...) }

// get scans one row; no row is ErrNotFound.
func (t *tx) get(dest any, query string, args ...any) error { return t.db.Get(dest, query, args...) }

// scan scans one row into variables, which is quicker than into a struct; no row is ErrNotFound.
func (t *tx) scan(dest []any, query string, args ...any) error {
	return t.db.Scan(dest, query, args...)
}

// list scans all rows into a slice.
func (t *tx) list(dest any, query string, args ...any) error { return t.db.List(dest, query, args...) }

// shared reports whether others may write to the same books during this write, so that rows must be locked.
func (t *tx) shared() bool { return t.rows }

// lock keeps others from changing the ticket, its pushes and its money until this write is over. What was read of them
// before may be old by then. SQLite has one writer, and needs none.
//
// Locks are taken in one order, so that two writes do not wait for each other: the ticket, the browser, the client,
// the screening, money. Where that is not to be had, as for money that turns out to be a ticket's, the database finds
// out, and one of them runs again.
func (t *tx) lock(id TicketID) error {
	if !t.locks() {
		return nil
	}
	if t.owned == nil {
		t.owned = map[TicketID]bool{}
	}
	t.owned[id] = true
	return t.run(`SELECT id FROM ticket WHERE id = $1`+forUpdate, id)
}

// forUpdate makes a SELECT lock the row that it reads, as an UPDATE would, but without a new row. SQLite knows no such
// thing.
const forUpdate = ` FOR NO KEY UPDATE`

// locks reports whether what a write decides by must be locked: others write at the same time.
func (t *tx) locks() bool { return t.rows && !unguarded }

// rowLock is forUpdate where rows must be locked.
func (t *tx) rowLock() string {
	if !t.locks() {
		return ""
	}
	return forUpdate
}

// lockFor is lock for the ticket whose id the query finds, if any.
func (t *tx) lockFor(query string, arg any) error {
	if !t.locks() {
		return nil
	}
	return t.run(`SELECT id FROM ticket WHERE id = (`+query+`)`+forUpdate, arg)
}

// lockSecret is lock for the ticket that the secret opens, if any.
func (t *tx) lockSecret(secret string) error {
	if !t.rows {
		return nil
	}
	return t.run(`SELECT id FROM ticket WHERE secret = $1`+forUpdate, secret)
}

// lockScreening keeps others from taking seats of the screening: its buyers queue, where they would otherwise fight for
// the same best seats.
func (t *tx) lockScreening(id ScreeningID) error {
	if !t.locks() || t.locked == id {
		return nil
	}
	t.locked = id
	return t.run(saleQuery+forUpdate, id)
}

// lockBrowser keeps the same browser from booking twice at once, when neither booking would see the other's seats. Two
// bookings of one phone need no lock: only one of them can have the live prompt.
func (t *tx) lockBrowser(browser string) error {
	if !t.rows || browser == "" {
		return nil
	}
	return t.lockName("browser " + browser)
}

// lockClient keeps the same address or partner from booking twice at once, for the same reason.
func (t *tx) lockClient(client string) error {
	if !t.rows || client == "" || t.s.fair.Off() {
		return nil
	}
	return t.lockName("client " + client)
}

// lockName is a lock that has no row of its own, and writes none. Names are told apart by 64 bits: that two strangers
// wait for each other is not to be expected.
func (t *tx) lockName(name string) error {
	return t.run(`SELECT pg_advisory_xact_lock($1)`, int64(hashOf(name)))
}

// hashOf is a number that is always the same for a name, in every process.
func hashOf(name string) uint64 {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(name)) // never fails
	return sum.Sum64()
}
