package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
)

// Lane says who goes first when writes queue.
type Lane int

// The lanes. Urgent writes are never refused; ordinary ones get ErrBusy instead of a wait of more than a second. A
// single is one statement that may run twice: it needs no transaction, which saves a round trip on PostgreSQL.
const (
	Urgent Lane = iota
	Ordinary
	UrgentSingle
	OrdinarySingle
)

// waits reports whether the lane's writes are never refused.
func (l Lane) waits() bool { return l == Urgent || l == UrgentSingle }

// single reports whether the lane's writes are one statement.
func (l Lane) single() bool { return l == UrgentSingle || l == OrdinarySingle }

const (
	batchLimit    = 256 // writes in one transaction
	urgentQueue   = 4096
	ordinaryQueue = 4096
	ordinaryWait  = time.Second
)

// job is one write that waits for its turn.
type job struct {
	ctx    context.Context
	fn     func(*Tx) error
	lane   Lane
	queued time.Time
	err    error
	done   chan struct{}
}

// writer is the one writing connection to an SQLite file. It runs what waits, urgent lane first, in one transaction,
// and answers after the COMMIT: many writes share one fsync, and none is answered before it is on disk. A write that
// fails half-way is undone without its neighbours. Ordinary writes, which may be refused late, each have a savepoint.
// The rest hardly ever fails: then the batch runs a second time with a savepoint for each.
type writer struct {
	urgent, ordinary chan *job
	ending, stopped  chan struct{}
	itemNanos        atomic.Int64 // the mean time of a write, to predict the wait
	commitNanos      atomic.Int64 // the mean time of a commit
	conn             *oneConn
	on               prepared // the same
	memory           memory
	now              func() time.Time
	log              *slog.Logger
}

func startWriter(conn *sqlx.Conn, o Options) *writer {
	one := &oneConn{conn: conn, stmts: map[string]openStmt{}}
	w := &writer{
		urgent: make(chan *job, urgentQueue), ordinary: make(chan *job, ordinaryQueue),
		ending: make(chan struct{}), stopped: make(chan struct{}),
		conn: one, on: prepared{one}, memory: memory{make: o.Memory}, now: o.Now, log: o.Log,
	}
	go w.run()
	return w
}

func (w *writer) write(ctx context.Context, l Lane, fn func(*Tx) error) error {
	j := &job{ctx: ctx, fn: fn, lane: l, queued: time.Now(), done: make(chan struct{})}
	if !l.waits() {
		if w.foresee(w.waiting()) > ordinaryWait {
			return ErrBusy
		}
		select {
		case w.ordinary <- j:
		case <-w.ending:
			return ErrBusy
		default:
			return ErrBusy
		}
	} else {
		select {
		case w.urgent <- j:
		case <-w.ending:
			return ErrBusy
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	select {
	case <-j.done:
		return j.err
	case <-w.stopped:
		// The writer has stopped; it may have answered this one last.
		select {
		case <-j.done:
			return j.err
		default:
			return ErrBusy
		}
	}
}

func (w *writer) waiting() int { return len(w.urgent) + len(w.ordinary) }

func (w *writer) queues() (urgent, ordinary int) { return len(w.urgent), len(w.ordinary) }

func (w *writer) places() int { return 1 }

// run runs batch after batch until stopped.
func (w *writer) run() {
	defer close(w.stopped)
	for {
		var first *job
		select {
		case first = <-w.urgent:
		default:
			select {
			case first = <-w.urgent:
			case first = <-w.ordinary:
			case <-w.ending:
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
		case j := <-w.ordinary:
			w.batch(w.collect(j))
		default:
			return
		}
	}
}

// collect takes what waits, urgent first, up to the batch limit.
func (w *writer) collect(first *job) []*job {
	jobs := append(make([]*job, 0, 16), first)
	for _, lane := range []chan *job{w.urgent, w.ordinary} {
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

// batch runs the jobs in one transaction and answers each. After an error that ended the transaction, each job runs
// again alone.
func (w *writer) batch(jobs []*job) {
	began := time.Now()
	ready := jobs[:0:0]
	for _, j := range jobs {
		switch {
		case j.ctx.Err() != nil:
			j.answer(j.ctx.Err())
		case !j.lane.waits() && began.Sub(j.queued) > ordinaryWait:
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

// errUndo means that a write failed half-way without a savepoint to return to.
var errUndo = errors.New("a write without a savepoint must be undone")

// foresee predicts how long n waiting writes will take.
func (w *writer) foresee(n int) time.Duration {
	return time.Duration(w.itemNanos.Load()*int64(n) + w.commitNanos.Load()*int64(n/batchLimit+1))
}

// learn moves a running mean an eighth of the way to the measured value.
func learn(mean *atomic.Int64, measured time.Duration) {
	mean.Store((mean.Load()*7 + measured.Nanoseconds()) / 8)
}

// together runs jobs in one transaction. It answers them and returns nil; or it answers none and returns the error that
// ended the transaction, with nothing written.
func (w *writer) together(jobs []*job, protect bool) error {
	began := time.Now()
	t := &Tx{ctx: context.Background(), conn: w.on, memory: &w.memory, now: w.now()}
	if _, err := t.Exec("BEGIN IMMEDIATE"); err != nil {
		w.rollback(t) // it may have begun all the same
		return fmt.Errorf("begin: %w", err)
	}
	for _, j := range jobs {
		if err := t.item(j, protect || j.lane == Ordinary && len(jobs) > 1); err != nil {
			w.rollback(t)
			return err
		}
	}
	ran := time.Now()
	learn(&w.itemNanos, ran.Sub(began)/time.Duration(len(jobs)))
	if _, err := t.Exec("COMMIT"); err != nil {
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

// rollback ends what is left of a transaction. SQLite may have ended it already, which is no error here.
func (w *writer) rollback(t *Tx) {
	w.memory.value = nil
	if _, err := t.Exec("ROLLBACK"); err != nil {
		w.log.Debug("nothing left to roll back", "error", err)
	}
}

// item runs one job and stores the job's own error in j.err. It returns an error only where the whole transaction is
// lost, or something must be undone without a savepoint.
func (t *Tx) item(j *job, protect bool) error {
	if protect {
		if _, err := t.Exec("SAVEPOINT item"); err != nil {
			return err
		}
	}
	t.writes = 0
	j.err = t.guarded(j.fn)
	if j.err != nil {
		if endsTransaction(j.err) {
			return j.err
		}
		if t.writes > 0 {
			if !protect {
				return errUndo
			}
			if _, err := t.Exec("ROLLBACK TO item"); err != nil {
				return errors.Join(j.err, err)
			}
		}
	}
	if !protect {
		return nil
	}
	_, err := t.Exec("RELEASE item")
	return err
}

func (j *job) answer(err error) {
	j.err = err
	close(j.done)
}
