package store

import (
	"context"
	"hash/fnv"

	"cinemasphere/store/internal/db"
)

// lane says who goes first when writes queue.
type lane = db.Lane

// The lanes. Callbacks and scheduled work are never refused; customers' writes are refused rather than kept waiting. A
// single is one statement that may run twice and needs no transaction of its own.
const (
	urgent        = db.Urgent
	booking       = db.Ordinary
	urgentSingle  = db.UrgentSingle
	bookingSingle = db.OrdinarySingle
)

// tx is one write in progress. All its rows get the same instant. It must have no effect outside the transaction, since
// it may run several times.
type tx struct {
	db  *db.Tx
	by  By // whose change it is; the zero By where it is the program's own
	now Instant

	rows   bool                   // others write at the same time: rows must be locked
	seated map[PlanID]ScreeningID // a screening of each plan that this write has added
	locked ScreeningID            // the screening that is locked
	owned  map[TicketID]bool      // the tickets that are locked
	// nobody else adds what may be the same money as something of this write; see [tx.lockLookalikes]
	lookalikes bool

	plans   *plans
	maps    map[ScreeningID]*seatMap // the writer's on SQLite, this write's on PostgreSQL
	touched []ScreeningID            // the screenings whose maps this write changed
	s       *Store                   // whose books these are
}

// write runs fn in a transaction and returns once it is durable. The context can end the wait for a turn, never the
// run. fn may run several times and must only touch the tx. It makes ids itself, so that a conflict with another
// process's id is resolved by running again.
func (s *Store) write(ctx context.Context, l lane, fn func(*tx) error) error {
	once := func() error { return s.db.Write(ctx, l, func(on *db.Tx) error { return s.run(on, byOf(ctx), fn) }) }
	err := once()
	for try := 1; err != nil && try < writeTries && mayRunAgain(err); try++ {
		err = once()
	}
	return err
}

// writeTries is how often a write that lost a race is run.
const writeTries = 5

// run runs fn once. Where it fails, its changes to the seat maps are dropped with it.
func (s *Store) run(on *db.Tx, by By, fn func(*tx) error) error {
	t := &tx{
		s: s, db: on, by: by, now: At(on.Now()), rows: on.Shared(), plans: &s.plans,
		maps: on.Memory().(map[ScreeningID]*seatMap),
	}
	done := false
	defer func() { // also after a panic
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

// exec runs a statement and returns how many rows changed.
func (t *tx) exec(query string, args ...any) (int64, error) { return t.db.Exec(query, args...) }

// run is exec for a statement whose result is not needed; see [db.Tx.Queue].
func (t *tx) run(query string, args ...any) error { return t.db.Queue(query, args...) }

// get scans one row; no row is ErrNotFound.
func (t *tx) get(dest any, query string, args ...any) error { return t.db.Get(dest, query, args...) }

// scan scans one row into variables, which is quicker than into a struct; no row is ErrNotFound.
func (t *tx) scan(dest []any, query string, args ...any) error {
	return t.db.Scan(dest, query, args...)
}

// list scans all rows into a slice.
func (t *tx) list(dest any, query string, args ...any) error { return t.db.List(dest, query, args...) }

// read is a query for reads.
type read = db.Read

// reads runs queries in their order, on PostgreSQL in one round trip; see [db.Tx.ReadAll].
func (t *tx) reads(of ...read) error { return t.db.ReadAll(of...) }

// shared reports whether others may write to the books during this write: then rows must be locked.
func (t *tx) shared() bool { return t.rows }

// lock keeps others from changing the ticket, its pushes and its payments until this write ends. What was read before
// may be stale. SQLite has one writer and needs no locks.
//
// Locks have one order, so that two writes do not wait for each other: the ticket, the browser, the client, the
// screening, money. Where a payment turns out to be a ticket's, the order is impossible: the database detects a
// deadlock, and one write runs again.
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

// forUpdate makes a SELECT lock its rows as an UPDATE would, without writing them. SQLite has no such clause.
const forUpdate = ` FOR NO KEY UPDATE`

// locks reports whether a write must lock what it decides by: others write at the same time.
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

// lockSecret is lock for the ticket with the secret, if any.
func (t *tx) lockSecret(secret string) error {
	if !t.rows {
		return nil
	}
	return t.run(`SELECT id FROM ticket WHERE secret = $1`+forUpdate, secret)
}

// lockScreening keeps others from taking seats of the screening. Its buyers queue instead of competing for the same
// best seats.
func (t *tx) lockScreening(id ScreeningID) error {
	if !t.locks() || t.locked == id {
		return nil
	}
	t.locked = id
	return t.run(saleQuery+forUpdate, id)
}

// lockBrowser keeps a browser from booking twice at once, where neither booking would see the other's seats. Two
// bookings of one phone need no lock: only one can have the live prompt.
func (t *tx) lockBrowser(browser string) error {
	if !t.rows || browser == "" {
		return nil
	}
	return t.lockName("browser " + browser)
}

// lockClient keeps an address or partner from booking twice at once, for the same reason.
func (t *tx) lockClient(client string) error {
	if !t.rows || client == "" || t.s.fair.Off() {
		return nil
	}
	return t.lockName("client " + client)
}

// lockName is a lock on a name that has no row. Names are hashed to 64 bits: two different names are not expected to
// collide.
func (t *tx) lockName(name string) error {
	return t.run(`SELECT pg_advisory_xact_lock($1)`, int64(hashOf(name)))
}

// hashOf is a hash of a name, the same in every process.
func hashOf(name string) uint64 {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(name)) // never fails
	return sum.Sum64()
}
