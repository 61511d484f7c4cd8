package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Rows is the least that durable books can be: rows in one SQLite table, by the product's own driver, committed
// together with what else waits. A benchmark measures the product beside it. It is no store: it knows no rule.
type Rows struct {
	write, read *sql.DB
	insert, has *sql.Stmt
	waiting     chan *waitingRow
	ended       chan struct{}
}

type waitingRow struct {
	key, kind, text string
	done            chan error
}

// OpenRows makes a new file for rows.
func OpenRows(ctx context.Context, path string) (r *Rows, err error) {
	name := "file:" + path + "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)"
	const most = 1024 // rows that wait before more have to
	r = &Rows{waiting: make(chan *waitingRow, most), ended: make(chan struct{})}
	if r.write, err = sql.Open("sqlite", name+"&_pragma=synchronous(FULL)&_txlock=immediate"); err != nil {
		return nil, fmt.Errorf("open rows: %w", err)
	}
	if r.read, err = sql.Open("sqlite", name+"&mode=ro"); err != nil {
		return nil, fmt.Errorf("open rows: %w", errors.Join(err, r.write.Close()))
	}
	_, err = r.write.ExecContext(ctx, `CREATE TABLE row (key TEXT, kind TEXT, text TEXT, PRIMARY KEY (key, kind)) WITHOUT ROWID`)
	if err == nil {
		r.insert, err = r.write.PrepareContext(ctx, `INSERT INTO row (key, kind, text) VALUES ($1, $2, $3)`)
	}
	if err == nil {
		r.has, err = r.read.PrepareContext(ctx, `SELECT count(*) FROM row WHERE key = $1 AND kind = $2`)
	}
	if err != nil {
		return nil, fmt.Errorf("open rows: %w", errors.Join(err, r.write.Close(), r.read.Close()))
	}
	go r.run()
	return r, nil
}

// Add makes a row durable. Key and kind are one row's.
func (r *Rows) Add(key, kind, text string) error {
	w := &waitingRow{key: key, kind: kind, text: text, done: make(chan error, 1)}
	r.waiting <- w
	return <-w.done
}

// Has reports whether there is such a row.
func (r *Rows) Has(ctx context.Context, key, kind string) (bool, error) {
	var n int
	err := r.has.QueryRowContext(ctx, key, kind).Scan(&n)
	return n > 0, err
}

// Close ends it, once nobody adds any more.
func (r *Rows) Close() error {
	close(r.waiting)
	<-r.ended
	return errors.Join(r.write.Close(), r.read.Close())
}

// run makes rows durable, as many at once as wait.
func (r *Rows) run() {
	defer close(r.ended)
	const most = 256
	for first := range r.waiting {
		batch := []*waitingRow{first}
		for len(batch) < most && len(r.waiting) > 0 {
			batch = append(batch, <-r.waiting)
		}
		err := r.commit(batch)
		for _, w := range batch {
			w.done <- err
		}
	}
}

func (r *Rows) commit(batch []*waitingRow) error {
	tx, err := r.write.Begin()
	if err != nil {
		return err
	}
	insert := tx.Stmt(r.insert)
	defer func() { _ = insert.Close() }() // it ends with the transaction
	for _, w := range batch {
		if _, err := insert.Exec(w.key, w.kind, w.text); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}
