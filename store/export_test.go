package store

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"strconv"
	"strings"
)

// ReadCode is what is read of a code that was typed.
func ReadCode(typed string) string { return readCode(typed) }

// PushReference makes the account reference of a push of the ticket, of which so many came before.
func PushReference(code string, before int) string { return pushReference(code, before) }

// Guarded is false where the tests are built with the tag unguarded, and are to find what the guards keep away.
const Guarded = !unguarded

// WriteRow writes one setting through the writer, with fn run in the same transaction before it.
func (s *Store) WriteRow(ctx context.Context, key, value string, bookingLane bool, fn func() error) error {
	lane := urgent
	if bookingLane {
		lane = booking
	}
	return s.write(ctx, lane, func(t *tx) error {
		if _, err := t.exec(`INSERT INTO setting (key, value, updated_at) VALUES ($1,$2,$3)`, key, value, t.now); err != nil {
			return err
		}
		if fn == nil {
			return nil
		}
		return fn()
	})
}

// Batch runs the writes as one batch, in order, and returns their errors. Once all are queued it calls queued.
func (s *Store) Batch(queued func(), writes ...func() error) []error {
	release, began := make(chan struct{}), make(chan struct{})
	go func() {
		_ = s.write(context.Background(), urgent, func(*tx) error { close(began); <-release; return nil })
	}()
	<-began
	errs := make([]chan error, len(writes))
	for i, w := range writes {
		before := s.db.Waiting()
		errs[i] = make(chan error, 1)
		go func() { errs[i] <- w() }()
		for s.db.Waiting() == before {
			// The next may only queue after this one; there is nothing to wait on but the queue's length.
			runtime.Gosched()
		}
	}
	queued()
	close(release)
	out := make([]error, len(writes))
	for i := range errs {
		out[i] = <-errs[i]
	}
	return out
}

// LimitPages lets the database file grow by no more than n pages; 0 lifts it.
func (s *Store) LimitPages(n int) error {
	return s.write(context.Background(), urgent, func(t *tx) error {
		var pages int
		if err := t.get(&pages, `PRAGMA page_count`); err != nil {
			return err
		}
		limit := pages + n
		if n == 0 {
			limit = 1 << 30
		}
		var set int
		if err := t.get(&set, `PRAGMA max_page_count = `+strconv.Itoa(limit)); err != nil {
			return err
		}
		if set < limit {
			return errors.New("the limit was not set")
		}
		return nil
	})
}

// Exec runs any statement, to break the books on purpose.
func (s *Store) Exec(query string, args ...any) error {
	return s.write(context.Background(), urgent, func(t *tx) error { _, err := t.exec(query, args...); return err })
}

// AwaitQueue waits until n writes are queued behind the one that is under way.
func (s *Store) AwaitQueue(n int) {
	for s.db.Waiting() < n {
		runtime.Gosched()
	}
}

// Queued is how many writes wait for their turn.
func (s *Store) Queued() int { return s.db.Waiting() }

// PretendStrangers sets how many callbacks with an unknown token have come.
func (s *Store) PretendStrangers(n int64) { s.unknownTokens.Store(n) }

// RuleCount is how many rules Check looks at: queries, the facts and the plans.
func RuleCount() int { return len(rules) + 2 }

// BookingPlaces is how many bookings are written at once.
func (s *Store) BookingPlaces() int { return s.db.Places() }

// PretendLastID lets the next id be one more, whatever the time.
func (s *Store) PretendLastID(last int64) { s.ids.last = last }

// Write runs fn in a transaction, as the store does with its own. fn gets a way to run statements.
func (s *Store) Write(bookingLane bool, fn func(exec func(query string, args ...any) error) error) error {
	lane := urgent
	if bookingLane {
		lane = booking
	}
	return s.write(context.Background(), lane, func(t *tx) error {
		return fn(func(query string, args ...any) error { _, err := t.exec(query, args...); return err })
	})
}

// UniqueViolation is what a conflict is on; "" where err is none.
func UniqueViolation(err error) string {
	column, _ := uniqueViolation(err)
	return column
}

// UniqueColumns is what PostgreSQL's unique constraints and indexes are on.
func UniqueColumns() map[string]string { return maps.Clone(uniqueColumns) }

// WithoutCustomer is a text without phone numbers, e-mail addresses, and a customer's name.
func WithoutCustomer(text, name string) string {
	return wordsAbout{tickets: []namedTicket{{Name: name}}}.without(text)
}

// MaskQueries are what is read every hour to see whose time is over, each with instants and ids as parameters.
func MaskQueries() []string {
	return []string{screeningsToMask, ticketsToMask, paymentsToMask, paymentsToMaskAgain, erasable(bodiesToErase, 2)}
}

// Texts reads the rows of a query, each of one text.
func (s *Store) Texts(query string, args ...any) (rows []string, err error) {
	err = s.list(context.Background(), &rows, query, args...)
	return rows, err
}

// Later runs statements as those are whose result nobody waits for.
func (s *Store) Later(queries ...string) error {
	return s.write(context.Background(), urgent, func(t *tx) error {
		for _, q := range queries {
			if err := t.run(q); err != nil {
				return err
			}
		}
		return nil
	})
}

// NewSecret is newSecret, for tests.
func NewSecret() string { return newSecret() }

// AllText is every text in the books, a line each: the name of its table and column, and the text.
func (s *Store) AllText() (string, error) {
	var out strings.Builder
	table := ""
	for line := range strings.Lines(schema) {
		if name, is := strings.CutPrefix(line, "CREATE TABLE "); is {
			table, _, _ = strings.Cut(name, " ")
			continue
		}
		words := strings.Fields(line)
		if len(words) < 2 || strings.TrimRight(words[1], ",") != "TEXT" || table == "" || words[0] == "--" {
			continue
		}
		rows, err := s.Texts(`SELECT ` + words[0] + ` FROM ` + table + ` WHERE ` + words[0] + ` <> ''`)
		if err != nil {
			return "", err
		}
		for _, text := range rows {
			out.WriteString(table + "." + words[0] + ": " + strings.ReplaceAll(text, "\n", " ") + "\n")
		}
	}
	return out.String(), nil
}
