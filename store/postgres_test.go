package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pressly/goose/v3/lock"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestCutAtCommit: a write whose COMMIT was not answered is unknown, whether it is in the books or not, and runs no
// second time.
func TestCutAtCommit(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		path := storetest.Path(t)
		p, through := newProxy(t, path)
		s, direct := open(t, through), open(t, path)
		defer shut(t, direct)
		defer shut(t, s)
		// A write that is sent whole, with nothing to wait for in between, is its own COMMIT.
		// which prepares its statement
		if err := s.Catalogue().SetSettings(t.Context(), map[string]string{"first": "", "again": ""}); err != nil {
			t.Fatal(err)
		}
		for _, done := range []bool{false, true} {
			key := fmt.Sprint("whole, done ", done)
			p.cut(1, "INSERT INTO setting", done)
			if err := s.Catalogue().SetSettings(t.Context(), map[string]string{
				key: "", key + " too": "",
			}); !errors.Is(err, store.ErrUnknown) || p.left() != 0 {
				t.Errorf("%s: told %v", key, err)
			}
			for _, key := range []string{key, key + " too"} {
				if _, err := direct.Catalogue().Setting(t.Context(), key); (err == nil) != done {
					t.Errorf("%s: in the books: %v", key, err)
				}
			}
		}
		for _, done := range []bool{false, true} {
			for _, lane := range []bool{false, true} {
				key := fmt.Sprint("done ", done, ", booking ", lane)
				runs := 0
				p.cut(1, "commit", done)
				err := s.WriteRow(t.Context(), key, "", lane, func() error { runs++; return nil })
				if !errors.Is(err, store.ErrUnknown) || errors.Is(err, store.ErrBusy) || runs != 1 {
					t.Errorf("%s: told %v after %d runs", key, err, runs)
				}
				_, err = direct.Catalogue().Setting(t.Context(), key)
				if there := err == nil; there != done {
					t.Errorf("%s: in the books %v", key, there)
				}
				if err := s.WriteRow(t.Context(), "after "+key, "", lane, nil); err != nil {
					t.Errorf("the next write: %v", err)
				}
			}
		}
	})
}

// TestCutBeforeCommit: a write, or a read, that loses its connection on the way runs again and is done once.
func TestCutBeforeCommit(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		p, path := newProxy(t, storetest.Path(t))
		s := open(t, path)
		defer shut(t, s)
		for _, at := range []string{"begin", "INSERT INTO setting"} {
			for _, done := range []bool{false, true} {
				key := fmt.Sprint(at, done)
				// Statements that were prepared before are sent by their name alone.
				fresh := fmt.Sprintf("INSERT INTO setting (key, value, updated_at) /* %s */ VALUES ($1,'',0)", key)
				runs := 0
				p.cut(2, at, done)
				err := s.Write(false, func(exec func(string, ...any) error) error { runs++; return exec(fresh, key) })
				if err != nil || p.left() != 0 || at != "begin" && runs != 3 {
					t.Errorf("cut at %s, done %v: %v after %d runs", at, done, err, runs)
				}
			}
		}
		for _, done := range []bool{false, true} {
			p.cut(1, "SELECT key", done)
			rows, err := s.Texts(fmt.Sprintf("SELECT key /* %v */ FROM setting WHERE key LIKE 'INSERT%%' ORDER BY key",
				done))
			if err != nil || len(rows) != 2 || p.left() != 0 {
				t.Errorf("cut in a read, done %v: %q, %v", done, rows, err)
			}
		}
		p.cut(1000, "begin", false)
		err := s.WriteRow(t.Context(), "never", "", true, nil)
		if !errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrUnknown) {
			t.Errorf("a booking that never got a connection was told %v", err)
		}
		p.cut(0, "", false)
	})
}

// TestLostRaces: a write that the server rolled back, because another was quicker, runs again; one that goes on losing
// is turned away.
func TestLostRaces(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		s := storetest.New(t)
		raise := func(state string) string {
			return `DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '` + state + `'; END $$`
		}
		for _, state := range []string{"40001", "40P01"} {
			runs := 0
			err := s.Write(true, func(exec func(string, ...any) error) error {
				if runs++; runs < 3 {
					return exec(raise(state))
				}
				return exec(`INSERT INTO setting (key, value, updated_at) VALUES ($1,'',0)`, state)
			})
			if err != nil || runs != 3 {
				t.Errorf("%s twice: %v after %d runs", state, err, runs)
			}
			if err := s.Write(true, func(exec func(string, ...any) error) error {
				return exec(raise(state))
			}); !errors.Is(err, store.ErrBusy) {
				t.Errorf("%s for ever: a booking was told %v", state, err)
			}
		}
		runs := 0
		err := s.Write(false, func(exec func(string, ...any) error) error { runs++; return exec(raise("22012")) })
		if err == nil || errors.Is(err, store.ErrBusy) || runs != 1 {
			t.Errorf("an error that stays: %v after %d runs", err, runs)
		}
		// The real thing: two writes that lock the same two rows, each the one that the other wants next.
		rows := []string{"first", "second"}
		for _, key := range rows {
			if err := s.WriteRow(t.Context(), key, "", false, nil); err != nil {
				t.Fatal(err)
			}
		}
		var both sync.WaitGroup
		both.Add(2)
		meet := sync.OnceFunc(both.Wait)
		errs := make(chan error, 2)
		for i := range 2 {
			go func() {
				arrived := sync.OnceFunc(both.Done)
				errs <- s.Write(false, func(exec func(string, ...any) error) error {
					err := exec(`UPDATE setting SET value = value || '.' WHERE key = $1`, rows[i])
					arrived()
					meet()
					return errors.Join(err, exec(`UPDATE setting SET value = value || '.' WHERE key = $1`, rows[1-i]))
				})
			}()
		}
		if err := errors.Join(<-errs, <-errs); err != nil {
			t.Errorf("deadlock: %v", err)
		}
		for _, key := range rows {
			if v, err := s.Catalogue().Setting(t.Context(), key); err != nil || v != ".." {
				t.Errorf("%s: %q, %v", key, v, err)
			}
		}
	})
}

// TestRefusedCommit: a COMMIT that the server refuses is no unknown one. One that lost a race runs again.
func TestRefusedCommit(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		s := storetest.New(t)
		exec := func(query string) {
			t.Helper()
			if err := s.Exec(query); err != nil {
				t.Fatal(err)
			}
		}
		exec(`CREATE SEQUENCE commits`) // keeps its count when a transaction is rolled back
		exec(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF nextval('commits') < 3 THEN RAISE EXCEPTION USING ERRCODE = (SELECT value FROM setting
			WHERE key = 'state'); END IF; RETURN NULL; END $$`)
		exec(
			`CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON hall DEFERRABLE INITIALLY DEFERRED FOR EACH ROW ` +
				`EXECUTE FUNCTION refuse()`)
		defer func() {
			exec(`DROP TRIGGER refuse ON hall`)
			exec(`DROP FUNCTION refuse`)
			exec(`DROP SEQUENCE commits`)
		}()
		for _, c := range []struct {
			state string
			want  string // in the error; "" is none
		}{{"40001", ""}, {"23514", "23514"}, {"57014", store.ErrUnknown.Error()}} {
			if err := s.Catalogue().SetSettings(t.Context(), map[string]string{"state": c.state}); err != nil {
				t.Fatal(err)
			}
			exec(`ALTER SEQUENCE commits RESTART`)
			_, err := s.Catalogue().AddHall(t.Context(), store.Hall{Name: c.state, Plan: storetest.Plan(1, 2)})
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) ||
				errors.Is(err, store.ErrUnknown) != (c.state == "57014") {
				t.Errorf("%s at COMMIT: %v", c.state, err)
			}
		}
		if halls, err := s.Catalogue().Halls(t.Context()); err != nil || len(halls) != 1 || halls[0].Name != "40001" {
			t.Errorf("%+v, %v", halls, err)
		}
	})
}

// TestBookingsWaitASecond: a booking that nobody foresaw would wait is turned away after a second, and nothing is
// written; what Safaricom brings waits on.
func TestBookingsWaitASecond(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := storetest.New(t)
			release := occupy(t, s)
			began := time.Now()
			err := s.WriteRow(t.Context(), "late", "", true, nil)
			if waited := time.Since(began); !errors.Is(err, store.ErrBusy) || waited != time.Second {
				t.Errorf("told %v after %v", err, waited)
			}
			ctx, leave := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer leave()
			if err := s.WriteRow(ctx, "left", "", true, nil); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("one who left was told %v", err)
			}
			release()
			for _, key := range []string{"late", "left"} {
				if _, err := s.Catalogue().Setting(t.Context(), key); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("%s: %v", key, err)
				}
			}
		})
	})
}

// TestLockedTooLong: a booking whose screening somebody keeps locked is turned away.
func TestLockedTooLong(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		s := storetest.New(t)
		id := storetest.Screening(t, s, 2, 10)
		locked, release := make(chan struct{}), make(chan struct{})
		done := make(chan error)
		go func() {
			done <- s.Write(false, func(exec func(string, ...any) error) error {
				err := exec(`UPDATE screening SET capacity = capacity WHERE id = $1`, id)
				close(locked)
				<-release
				return err
			})
		}()
		<-locked
		if _, _, err := s.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(1), 1)); !errors.Is(err,
			store.ErrBusy) {
			t.Errorf("told %v", err)
		}
		close(release)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(1), 1)); err != nil {
			t.Error(err)
		}
		storetest.Sound(t, s)
	})
}

// TestManyProcesses lets buyers at two processes sell out a screening: the seats that there are, and each once.
func TestManyProcesses(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		path := storetest.Path(t)
		processes := []*store.Store{open(t, path), open(t, path)}
		defer shut(t, processes[0])
		defer shut(t, processes[1])
		id := storetest.Screening(t, processes[0], 3, 20)
		var sold atomic.Int64
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				for {
					_, _, err := processes[i%2].Tickets().Book(t.Context(),
						storetest.Booking(id, storetest.Phone(i), 1))
					refusal, is := errors.AsType[*store.Refusal](err)
					switch {
					case errors.Is(err, store.ErrBusy):
						<-time.After(5 * time.Millisecond)
						continue
					case err == nil:
						sold.Add(1)
					case !is || refusal.Kind != store.SoldOut:
						t.Errorf("buyer %d: %v", i, err)
					}
					return
				}
			})
		}
		all.Wait()
		if sold.Load() != 60 {
			t.Errorf("sold %d of 60 places", sold.Load())
		}
		storetest.Sound(t, processes[0])
	})
}

// TestOneBrowserAtOnce: three bookings of ten seats that one browser makes at once, of three screenings and by three
// phones, are not all taken.
func TestOneBrowserAtOnce(t *testing.T) { storetest.Each(t, testOneBrowserAtOnce) }

func testOneBrowserAtOnce(t *testing.T) {
	s := storetest.New(t, storetest.FairUse)
	var screenings []store.ScreeningID
	for range 3 {
		screenings = append(screenings, storetest.Screening(t, s, 5, 20))
	}
	for round := range 5 {
		var taken atomic.Int64
		var all sync.WaitGroup
		for i, id := range screenings {
			all.Go(func() {
				b := storetest.Booking(id, storetest.Phone(10*round+i), 10)
				b.Browser = fmt.Sprint("browser ", round)
				_, _, err := s.Tickets().Book(t.Context(), b)
				if refusal, is := errors.AsType[*store.Refusal](err); err != nil &&
					(!is || refusal.Kind != store.TooManySeats) {
					t.Error(err)
				}
				if err == nil {
					taken.Add(1)
				}
			})
		}
		all.Wait()
		if taken.Load() != 2 {
			t.Errorf("%d bookings were taken", taken.Load())
		}
	}
}

// TestFirstStartTogether: processes that start on a new database at the same time make one schema and one stamp.
func TestFirstStartTogether(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		path := storetest.EmptyDatabase(t)
		if _, err := store.Open(t.Context(), store.Options{Path: path, Existing: true}); err == nil ||
			!strings.Contains(err.Error(), "no books") {
			t.Errorf("no books are there yet: %v", err)
		}
		type opened struct {
			s   *store.Store
			err error
		}
		all := make(chan opened)
		for _, env := range []store.Environment{store.Sandbox, store.Production, ""} {
			go func() {
				s, err := store.Open(t.Context(), store.Options{Path: path, Environment: env})
				all <- opened{s, err}
			}()
		}
		stamps := map[store.Environment]int{}
		refused := 0
		for range 3 {
			o := <-all
			if o.err != nil && !errors.Is(o.err, store.ErrStamp) {
				t.Fatal(o.err)
			}
			if o.err != nil {
				refused++
				continue
			}
			stamps[o.s.Environment()]++
			if !o.s.Shared() {
				t.Error("it is not shared")
			}
			if err := o.s.Close(); err != nil {
				t.Error(err)
			}
		}
		if len(stamps) != 1 || refused != 1 && refused != 2 {
			t.Errorf("stamped %v, %d refused", stamps, refused)
		}
	})
}

// TestStartWaitsForAnother: as long as one process makes the schema, another that starts makes nothing, and waits.
func TestStartWaitsForAnother(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		path := storetest.EmptyDatabase(t)
		db, err := sql.Open("pgx", path)
		if err != nil {
			t.Fatal(err)
		}
		defer shut(t, db)
		count := func(query string) (n int) {
			t.Helper()
			if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM `+query).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		// Another process has the lock of the migrations, as goose keeps it.
		for _, query := range []string{
			`CREATE TABLE goose_lock (lock_id BIGINT PRIMARY KEY, locked BOOLEAN NOT NULL, locked_at TIMESTAMPTZ, locked_by TEXT, lease_expires_at TIMESTAMPTZ, updated_at TIMESTAMPTZ)`,
			fmt.Sprintf(`INSERT INTO goose_lock VALUES (%d, true, now(), 'another', now() + interval '1 hour', now())`, lock.DefaultLockID),
		} {
			if _, err := db.ExecContext(t.Context(), query); err != nil {
				t.Fatal(err)
			}
		}
		opened := make(chan error, 1)
		go func() {
			s, err := store.Open(t.Context(), store.Options{Path: path})
			if err == nil {
				err = s.Close()
			}
			opened <- err
		}()
		// Who asks for the lock in vain has locked its row for a moment, which stays to be seen.
		for len(opened) == 0 && count(`goose_lock WHERE xmax::text <> '0'`) == 0 {
			runtime.Gosched()
		}
		made := count(`information_schema.tables WHERE table_schema = 'public' AND table_name NOT LIKE 'goose%'`)
		if len(opened) > 0 || made > 0 {
			t.Fatalf("it did not wait: it has made %d tables", made)
		}
		if _, err := db.ExecContext(t.Context(), `UPDATE goose_lock SET locked = false`); err != nil {
			t.Fatal(err)
		}
		if err := <-opened; err != nil || count(`setting`) == 0 {
			t.Errorf("after that: %v", err)
		}
	})
}

// TestUnsuitableDatabase: what would lose text or payments is refused, and no error shows the password.
func TestUnsuitableDatabase(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		lossy, ascii := storetest.EmptyDatabase(t, "synchronous_commit=off"),
			storetest.EmptyDatabase(t, "encoding=SQL_ASCII")
		for path, want := range map[string]string{
			lossy: "synchronous_commit is off",
			ascii: "ENCODING 'UTF8'",
			strings.Replace(lossy, "postgres@/", "postgres:geheim@/no-such-", 1): "does not exist",
			"postgres://cinema:geheim@127.0.0.1:1/cinema":                        "127.0.0.1:1",
			"postgres://cinema:geheim@127.0.0.1:port/cinema":                     "cannot be read",
			"postgres://cinema:geheim@127.0.0.1/cinema?sslmode=geheim":           "option",
			"postgres://cinema@127.0.0.1/cinema?sslmode=geh&password=geheim":     "option",
			"postgres://cinema:geheim@127.0.0.1":                                 "names no database",
		} {
			_, err := store.Open(t.Context(), store.Options{Path: path})
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "geheim") {
				t.Errorf("told %v, want %q", err, want)
			}
		}
	})
}

// TestUniqueNames: each unique constraint and index goes by the same name on both databases, so that code which looks
// for one finds it on both.
func TestUniqueNames(t *testing.T) {
	known := slices.Sorted(maps.Values(store.UniqueColumns()))
	storetest.Each(t, func(t *testing.T) {
		s := storetest.New(t)
		query := `SELECT m.name || '.' || group_concat(c.name, ', ' || m.name || '.') FROM sqlite_schema m JOIN pragma_index_list(m.name) i ON i."unique" = 1
			JOIN pragma_index_info(i.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'goose%' GROUP BY m.name, i.name`
		if storetest.Postgres(t) {
			query = `SELECT string_agg(t.relname || '.' || a.attname, ', ' ORDER BY k.n) FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
				JOIN pg_namespace s ON s.oid = t.relnamespace CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (att, n)
				JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.att
				WHERE i.indisunique AND s.nspname = 'public' AND t.relname NOT LIKE 'goose%' GROUP BY i.indexrelid`
		}
		have, err := s.Texts(query)
		slices.Sort(have)
		if err != nil || !slices.Equal(have, known) {
			t.Errorf("the schema has\n%q, the code knows\n%q, %v", have, known, err)
		}
		// And one by one, as far as one statement can break them.
		id := storetest.Screening(t, s, 1, 2)
		for _, want := range []string{
			"ticket.id", "ticket.code", "ticket.idempotency_key", "seat.screening_id, seat.label",
			"seat.screening_id, seat.row_no, seat.col_no", "setting.key",
			"hall.name",
		} {
			err := s.Exec(breaking(want, id), id)
			if err == nil { // the first of its kind
				err = s.Exec(breaking(want, id), id)
			}
			if got := store.UniqueViolation(err); got != want {
				t.Errorf("%s goes by %q: %v", want, got, err)
			}
		}
	})
}

// breaking is a statement that breaks a unique constraint at the latest when it is run a second time.
func breaking(column string, id store.ScreeningID) string {
	ticket := func(id, code, key string) string {
		return `INSERT INTO ticket (id, screening_id, code, secret, customer_name, phone, quantity, total, payment_status, failure_reason, receipt, seats, seats_moved,
			held_since, idempotency_key, fingerprint, browser, client, void_reason, version, created_at, updated_at)
			SELECT ` + id + `, $1, ` + code + `, 'secret ' || count(*), '', '', 1, 1, 'Failed', '', '', '', 0, 0, ` + key + `, '', '', '', '', 1, 0, 0 FROM ticket`
	}
	switch column {
	case "ticket.id":
		return ticket("1", "'code ' || count(*)", "'key ' || count(*)")
	case "ticket.code":
		return ticket("2 + count(*)", "'code'", "'key ' || count(*)")
	case "ticket.idempotency_key":
		return ticket("2 + count(*)", "'code ' || count(*)", "'key'")
	case "seat.screening_id, seat.label":
		return `INSERT INTO seat (screening_id, row_no, col_no, label, zone, kind, note, for_sale) SELECT $1, 9, count(*), 'A1', '', 'ordinary', '', 1 FROM seat`
	case "seat.screening_id, seat.row_no, seat.col_no":
		return `INSERT INTO seat (screening_id, row_no, col_no, label, zone, kind, note, for_sale) SELECT $1, 0, 0, 'Z' || count(*), '', 'ordinary', '', 1 FROM seat`
	case "hall.name":
		return `INSERT INTO hall (id, name, cleaning_minutes, version, edits, created_at, updated_at) SELECT $1 + count(*), 'Hall', 0, 1, '', 0, 0 FROM hall`
	}
	return `INSERT INTO setting (key, value, updated_at) VALUES ('twice', '', $1)`
}

// TestStrangeText: text that PostgreSQL refuses is kept, as far as it can be, and looked for in vain.
func TestStrangeText(t *testing.T) { storetest.Each(t, testStrangeText) }

func testStrangeText(t *testing.T) {
	s := storetest.New(t)
	id := storetest.Screening(t, s, 1, 2)
	for _, secret := range []string{"a\x00b", "\xff\xfe", strings.Repeat("x", 1<<16), "'; DROP TABLE ticket; --"} {
		if _, err := s.Tickets().TicketBySecret(t.Context(), secret); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("ticket by %.20q: %v", secret, err)
		}
		if _, known, err := s.Money().StoreCallback(t.Context(), store.NewCallback{
			Kind: "stk", Token: secret, Source: secret,
		}); known || err != nil {
			t.Errorf("callback to %.20q: known %v, %v", secret, known, err)
		}
	}
	sent, _, err := s.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(1), 1))
	if err != nil {
		t.Fatal(err)
	}
	kept, _, err := s.Money().StoreCallback(t.Context(), store.NewCallback{Kind: "stk", Token: sent.CallbackToken})
	if err != nil {
		t.Fatal(err)
	}
	amount := store.Cents(sent.Amount) * 100
	applied, err := s.Money().ApplyCallback(t.Context(), kept, store.Verdict{
		Class: store.Success, LearntBy: "callback", CheckoutRequestID: "ws_CO_\x00", Code: "0", Text: "ok\x00\xff",
		Amount: &amount, Receipt: "RECEIPT1",
	})
	if err != nil || applied.Outcome != "paid" {
		t.Errorf("told %q, %v", applied.Outcome, err)
	}
	storetest.Sound(t, s)
}

// TestStatementsThatTravelTogether: what nobody waits for is done, or not, with the rest.
func TestStatementsThatTravelTogether(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		s := storetest.New(t)
		insert := func(key string) string {
			return `INSERT INTO setting (key, value, updated_at) VALUES ('` + key + `', '', 0)`
		}
		err := s.Later(insert("first"), `SELECT 1 / 0`, insert("last"))
		if err == nil || errors.Is(err, store.ErrUnknown) || !strings.Contains(err.Error(), "22012") {
			t.Errorf("a failure in the middle: %v", err)
		}
		err = s.Later(insert("first"), insert("last"), `SELECT 1 / 0`)
		if err == nil || errors.Is(err, store.ErrUnknown) {
			t.Errorf("a failure at the end: %v", err)
		}
		// A write that makes nothing of the error of a statement is not done all the same.
		err = s.Write(false, func(exec func(string, ...any) error) error {
			_ = exec(insert("first"))
			_ = exec(`SELECT 1 / 0`)
			return nil
		})
		if err == nil {
			t.Error("a write with a statement that failed was told done")
		}
		for _, key := range []string{"first", "last"} {
			if _, err := s.Catalogue().Setting(t.Context(), key); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: %v", key, err)
			}
		}
		if err := s.Later(insert("first"), insert("last")); err != nil {
			t.Errorf("after that: %v", err)
		}
	})
}
