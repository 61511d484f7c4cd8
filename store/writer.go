package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
)

// lane says who goes first when writes queue.
type lane int

const (
	urgent        lane = iota // what Safaricom and the clock bring: never turned away
	booking                   // what customers bring: turned away rather than kept waiting
	urgentSingle              // as urgent, for one statement that may be done twice, which needs no transaction of its own
	bookingSingle             // as booking, the same
)

// waits reports whether writes of the lane are never turned away.
func (l lane) waits() bool { return l == urgent || l == urgentSingle }

const (
	batchLimit   = 256
	urgentQueue  = 4096
	bookingQueue = 4096
	bookingWait  = time.Second
)

// job is one write waiting for its turn.
type job struct {
	ctx    context.Context
	fn     func(*tx) error
	lane   lane
	queued time.Time
	err    error
	done   chan struct{}
}

// writer is the one connection that writes to an SQLite file. It takes what is waiting, urgent lane first, into one transaction, and answers
// after the COMMIT: many writers share one fsync, and none is told of a write that is not on disk. What fails half-way must
// be undone without its neighbours: bookings, which may be refused late, each have a savepoint; for the rest, which hardly
// ever fails, the batch is run a second time with a savepoint for everyone.
type writer struct {
	urgent, booking chan *job
	stop, stopped   chan struct{}
	itemNanos       atomic.Int64 // what one write has cost lately, to foresee the wait
	commitNanos     atomic.Int64 // and one commit
	conn            *oneConn
	on              prepared // the same
	maps            map[ScreeningID]*seatMap
	plans           plans
	now             func() time.Time
	log             *slog.Logger
}

func startWriter(conn *sqlx.Conn, now func() time.Time, log *slog.Logger) *writer {
	one := &oneConn{conn: conn, stmts: map[string]openStmt{}}
	w := &writer{
		urgent: make(chan *job, urgentQueue), booking: make(chan *job, bookingQueue),
		stop: make(chan struct{}), stopped: make(chan struct{}),
		conn: one, on: prepared{one}, maps: map[ScreeningID]*seatMap{}, now: now, log: log,
	}
	go w.run()
	return w
}

func (w *writer) write(ctx context.Context, l lane, fn func(*tx) error) error {
	j := &job{ctx: ctx, fn: fn, lane: l, queued: time.Now(), done: make(chan struct{})}
	if !l.waits() {
		if w.foresee(len(w.urgent)+len(w.booking)) > bookingWait {
			return ErrBusy
		}
		select {
		case w.booking <- j:
		case <-w.stop:
			return ErrBusy
		default:
			return ErrBusy
		}
	} else {
		select {
		case w.urgent <- j:
		case <-w.stop:
			return ErrBusy
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	select {
	case <-j.done:
		return j.err
	case <-w.stopped:
		// The writer has gone; it may have answered this one last.
		select {
		case <-j.done:
			return j.err
		default:
			return ErrBusy
		}
	}
}

func (w *writer) run() {
	defer close(w.stopped)
	for {
		var first *job
		select {
		case first = <-w.urgent:
		default:
			select {
			case first = <-w.urgent:
			case first = <-w.booking:
			case <-w.stop:
				w.drain()
				return
			}
		}
		w.batch(w.collect(first))
	}
}

// drain writes what was accepted before the stop.
func (w *writer) drain() {
	for {
		select {
		case j := <-w.urgent:
			w.batch(w.collect(j))
		case j := <-w.booking:
			w.batch(w.collect(j))
		default:
			return
		}
	}
}

// collect takes what is waiting, urgent first, up to the batch limit.
func (w *writer) collect(first *job) []*job {
	jobs := append(make([]*job, 0, 16), first)
	for _, lane := range []chan *job{w.urgent, w.booking} {
		for more := true; more && len(jobs) < batchLimit; {
			select {
			case j := <-lane:
				jobs = append(jobs, j)
			default:
				more = false
			}
		}
	}
	return jobs
}

// batch runs the jobs in one transaction and answers each. An error that ended the transaction makes each run again alone.
func (w *writer) batch(jobs []*job) {
	began := time.Now()
	ready := jobs[:0:0]
	for _, j := range jobs {
		switch {
		case j.ctx.Err() != nil:
			j.answer(j.ctx.Err())
		case !j.lane.waits() && began.Sub(j.queued) > bookingWait:
			j.answer(ErrBusy)
		default:
			ready = append(ready, j)
		}
	}
	if len(ready) == 0 {
		return
	}
	err := w.together(ready, false)
	if errors.Is(err, errUndo) {
		err = w.together(ready, true)
	}
	if err == nil {
		return
	}
	for _, j := range ready {
		if err := w.together([]*job{j}, true); err != nil {
			j.answer(err)
		}
	}
}

// errUndo means that a write failed half-way with no savepoint to go back to.
var errUndo = errors.New("a write without a savepoint must be undone")

// foresee says how long n waiting writes will take, going by what the last ones took.
func (w *writer) foresee(n int) time.Duration {
	return time.Duration(w.itemNanos.Load()*int64(n) + w.commitNanos.Load()*int64(n/batchLimit+1))
}

// learn moves a running mean an eighth of the way to what was just measured.
func learn(mean *atomic.Int64, measured time.Duration) {
	mean.Store((mean.Load()*7 + measured.Nanoseconds()) / 8)
}

// together runs jobs in one transaction. It answers them and returns nil; or it answers none and returns an error that
// ended the transaction: then nothing of any of them is written.
func (w *writer) together(jobs []*job, protect bool) error {
	began := time.Now()
	t := &tx{ctx: context.Background(), conn: w.on, maps: w.maps, plans: &w.plans, now: At(w.now())}
	if _, err := t.exec("BEGIN IMMEDIATE"); err != nil {
		w.rollback(t) // it may have begun all the same
		return fmt.Errorf("begin: %w", err)
	}
	for _, j := range jobs {
		if err := t.item(j, protect || j.lane == booking && len(jobs) > 1); err != nil {
			w.rollback(t)
			return err
		}
	}
	ran := time.Now()
	learn(&w.itemNanos, ran.Sub(began)/time.Duration(len(jobs)))
	if _, err := t.exec("COMMIT"); err != nil {
		w.rollback(t)
		w.log.Error("commit was not confirmed", "error", err, "writes", len(jobs))
		for _, j := range jobs {
			j.answer(fmt.Errorf("%w: %w", ErrUnknown, err))
		}
		return nil
	}
	learn(&w.commitNanos, time.Since(ran))
	for _, j := range jobs {
		j.answer(j.err)
	}
	return nil
}

// rollback ends what is left of a transaction; SQLite may have ended it already, which is no error here.
func (w *writer) rollback(t *tx) {
	clear(w.maps)
	if _, err := t.exec("ROLLBACK"); err != nil {
		w.log.Debug("nothing left to roll back", "error", err)
	}
}

// item runs one job and keeps the job's own error in j.err. It returns an error only where the whole transaction is lost,
// or where something must be undone and there is no savepoint.
func (t *tx) item(j *job, protect bool) error {
	if protect {
		if _, err := t.exec("SAVEPOINT item"); err != nil {
			return err
		}
	}
	t.touched, t.writes = t.touched[:0], 0
	j.err = t.guarded(j.fn)
	if j.err != nil {
		if endsTransaction(j.err) {
			return j.err
		}
		for _, id := range t.touched {
			delete(t.maps, id)
		}
		if t.writes > 0 {
			if !protect {
				return errUndo
			}
			if _, err := t.exec("ROLLBACK TO item"); err != nil {
				return errors.Join(j.err, err)
			}
		}
	}
	if !protect {
		return nil
	}
	_, err := t.exec("RELEASE item")
	return err
}

func (t *tx) guarded(fn func(*tx) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w\n%s", panicked(v), debug.Stack())
		}
	}()
	return fn(t)
}

func (j *job) answer(err error) {
	j.err = err
	close(j.done)
}
