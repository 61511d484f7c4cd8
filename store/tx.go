package store

import (
	"context"
	"database/sql"
	"errors"
	"hash/fnv"
)

// tx is one write in progress. Everything it does is stamped with the same instant, and none of it may have an effect
// outside the transaction, since it may run several times.
type tx struct {
	ctx   context.Context // never a request's: a cancelled context would end the transaction of its neighbours
	later context.Context // on PostgreSQL, for statements whose result nobody waits for
	now   Instant
	conn  prepared  // on SQLite
	pg    *pgRunner // on PostgreSQL

	rows   bool        // others write at the same time: rows must be locked
	locked ScreeningID // of the screening

	unguarded bool // tickets and money are not locked, for tests that show what that is for

	plans   *plans
	writes  int                      // statements that have changed something in this write
	maps    map[ScreeningID]*seatMap // the writer's on SQLite, this write's own on PostgreSQL
	touched []ScreeningID            // whose maps this write has changed
	failed  error                    // of the first statement that failed
	done    []func() error           // what is to be done once it is committed
}

// exec runs a statement and says how many rows it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	t.writes++ // also where it fails: its work may be done all the same
	var res sql.Result
	var err error
	if t.pg != nil {
		res, err = t.pg.exec(t.ctx, query, args)
	} else {
		res, err = t.conn.exec(t.ctx, query, args)
	}
	if err != nil {
		return 0, t.broke(err)
	}
	return res.RowsAffected()
}

// run is exec for a statement whose result nobody waits for. On PostgreSQL it is sent with the next one, or with the COMMIT, and
// that is then told of its error.
func (t *tx) run(query string, args ...any) error {
	if t.pg == nil {
		_, err := t.exec(query, args...)
		return err
	}
	t.writes++
	_, err := t.pg.exec(t.later, query, args)
	return t.broke(err)
}

// tally is run for a statement of which n says, once this write is done, how many rows it has changed.
func (t *tx) tally(n *int64, query string, args ...any) (err error) {
	if t.pg == nil {
		*n, err = t.exec(query, args...)
		return err
	}
	t.writes++
	res, err := t.pg.exec(t.later, query, args)
	if err != nil {
		return t.broke(err)
	}
	t.done = append(t.done, func() error { *n, err = res.RowsAffected(); return err })
	return nil
}

// ahead sends a read with the next statement that somebody waits for, on PostgreSQL. Who asks the same before anything is
// written need not wait for the answer any more.
func (t *tx) ahead(query string, args ...any) {
	if t.pg == nil {
		return
	}
	rows, err := t.pg.on.QueryContext(t.later, query, storable(args)...)
	if err != nil {
		_ = t.broke(err)
		return
	}
	defer func() { _ = t.broke(rows.Close()) }()
}

// broke remembers that a statement has failed: PostgreSQL lets no other follow it, whatever is made of the error.
func (t *tx) broke(err error) error {
	if t.failed == nil {
		t.failed = err
	}
	return err
}

// get scans one row; no row is ErrNotFound.
func (t *tx) get(dest any, query string, args ...any) error {
	if t.pg != nil {
		return t.row(t.pg.get(t.ctx, dest, query, args))
	}
	return notFound(t.conn.get(t.ctx, dest, query, args))
}

// scan scans one row into variables, which is quicker than into a struct; no row is ErrNotFound.
func (t *tx) scan(dest []any, query string, args ...any) error {
	if t.pg != nil {
		return t.row(t.pg.scan(t.ctx, dest, query, args))
	}
	return notFound(t.conn.scan(t.ctx, dest, query, args))
}

// list scans all rows into a slice.
func (t *tx) list(dest any, query string, args ...any) error {
	if t.pg != nil {
		return t.broke(t.pg.list(t.ctx, dest, query, args))
	}
	return t.conn.list(t.ctx, dest, query, args)
}

// row is broke, and says that no row is ErrNotFound, which is no failure.
func (t *tx) row(err error) error {
	if err = notFound(err); err == nil || errors.Is(err, ErrNotFound) {
		return err
	}
	return t.broke(err)
}

func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// shared reports whether others may write to the same books during this write.
func (t *tx) shared() bool { return t.rows }

// lock keeps others from changing the ticket, its pushes and its money until this write is over. What was read of them before
// may be old by then. SQLite has one writer, and needs none.
//
// Locks are taken in one order, so that two writes do not wait for each other: the ticket, the browser, the client,
// the screening, money. Where that is not to be had, as for money that turns out to be a ticket's, the database finds
// out, and one of them runs again.
func (t *tx) lock(id TicketID) error {
	if !t.rows || t.unguarded {
		return nil
	}
	return t.run(`SELECT id FROM ticket WHERE id = $1`+forUpdate, id)
}

// forUpdate makes a SELECT lock the row that it reads, as an UPDATE would, but without a new row. SQLite knows no such thing.
const forUpdate = ` FOR NO KEY UPDATE`

// rowLock is forUpdate where others write at the same time.
func (t *tx) rowLock() string {
	if !t.rows || t.unguarded {
		return ""
	}
	return forUpdate
}

// lockFor is lock for the ticket whose id the query finds, if any.
func (t *tx) lockFor(query string, arg any) error {
	if !t.rows || t.unguarded {
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

// lockScreening keeps others from taking seats of the screening: its buyers queue, where they would otherwise fight for the
// same best seats.
func (t *tx) lockScreening(id ScreeningID) error {
	if !t.rows || t.locked == id {
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
func (t *tx) lockClient(s *Store, client string) error {
	if !t.rows || client == "" || s.fair.Off() {
		return nil
	}
	return t.lockName("client " + client)
}

// lockName is a lock that has no row of its own, and writes none. Names are told apart by 64 bits: that two strangers wait
// for each other is not to be expected.
func (t *tx) lockName(name string) error {
	return t.run(`SELECT pg_advisory_xact_lock($1)`, int64(hashOf(name)))
}

// hashOf is a number that is always the same for a name, in every process.
func hashOf(name string) uint64 {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(name)) // never fails
	return sum.Sum64()
}
