package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// findWithin is how long a search may take.
const findWithin = 50 * time.Millisecond

// BenchmarkFind searches among 100,000 tickets, by everything that one can be found by, and for what there is not. It
// fails where a search takes longer than 50 ms.
func BenchmarkFind(b *testing.B) { storetest.EachBench(b, benchmarkFind) }

func benchmarkFind(b *testing.B) {
	o := store.Options{Path: storetest.Path(b), Environment: store.Simulator}
	s, err := store.Open(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for range 100 {
		storetest.Screening(b, s, 10, 20)
	}
	manyTickets(b, o.Path, s.Now())
	begun := time.Now()
	if _, err := s.Tickets().Find(b.Context(), store.Search{Name: "the first search reads all names"}); err != nil {
		b.Fatal(err)
	}
	b.Logf("the first search by name took %v", time.Since(begun))
	for _, q := range []struct {
		by   string
		text store.Search
		n    int
	}{
		{"code", store.Search{Code: "0CABC77777"}, 1},
		{"reference", store.Search{Code: "0CABC77777A0"}, 1},
		{"receipt", store.Search{Receipt: "UKT0077777"}, 1},
		{"phone", store.Search{Phone: "254700077777"}, 1},
		{"last four digits", store.Search{LastFour: "7777"}, 10},
		{"name", store.Search{Name: "kamau 77777"}, 1},
		{"common name", store.Search{Name: "wanjiru"}, store.FindMost},
		{"no name", store.Search{Name: "zzzz"}, 0},
		{"nothing", store.Search{Code: "NOSUCH", Receipt: "NOSUCHRCPT", Phone: "254799999999", Name: "no such"}, 0},
	} {
		b.Run(q.by, func(b *testing.B) {
			for b.Loop() {
				found, err := s.Tickets().Find(b.Context(), q.text)
				if err != nil || len(found) != q.n {
					b.Fatalf("%d found, %v", len(found), err)
				}
			}
			if per := b.Elapsed() / time.Duration(b.N); per > findWithin {
				b.Errorf("a search takes %v", per)
			}
		})
	}
}

// manyTickets writes 100,000 tickets, each with a push and a payment, for the screenings that there are: one each ten
// seconds, the last one now.
func manyTickets(b *testing.B, path string, now store.Instant) {
	b.Helper()
	const numbers = `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999) `
	number := func(prefix string) string { return `'` + prefix + `'||substr(CAST(100000+i AS TEXT), 2)` }
	storetest.Exec(b, path, fmt.Sprintf(`INSERT INTO ticket (id, screening_id, code, secret, customer_name, phone, quantity, total,
		payment_status, failure_reason, receipt, seats, seats_moved, held_since, idempotency_key, fingerprint, browser, client, void_reason,
		version, created_at, updated_at)
		`+numbers+`SELECT %d + CAST(i AS BIGINT)*4096000, (SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS r FROM screening) x WHERE r = i %% 100),
		%s, %s, CASE i %% 4 WHEN 0 THEN 'Wanjiru Otieno ' WHEN 1 THEN 'Achieng Kamau ' WHEN 2 THEN 'Baraka Mwangi ' ELSE 'Naliaka Wafula ' END || i,
		%s, 2, 2700, 'Paid', '', %s, 'F11 F12', 0, %d, 'K'||i, '', 'B'||i, '', '', 1, made, made
		FROM (SELECT i, %d - CAST(99999 - i AS BIGINT) * 10000 AS made FROM n) n`,
		1<<49, number("0CABC"), number("S"), number("2547000"), number("UKT00"), now, now))
	storetest.Exec(b, path, `INSERT INTO push_request (id, ticket_id, callback_token, reference, phone, amount, state, live, live_until, result_code, result_text, reason, client, created_at, updated_at)
		SELECT id, id, 'T'||id, code||'A0', phone, total, 'paid', 0, 0, '0', '', '', '', created_at, created_at FROM ticket`)
	storetest.Exec(b, path, `INSERT INTO payment (id, receipt, push_id, ticket_id, amount_cents, assumed, phone, account, learnt_by, state, reason, doubt, doubt_cents, doubt_receipt, loose, automatic, created_at, updated_at)
		SELECT id, receipt, id, id, total*100, 0, phone, '', 'callback', 'applied', '', '', 0, '', 0, 0, created_at, created_at FROM ticket`)
	storetest.Exec(b, path, `INSERT INTO fact (id, source, says, push_id, receipt, ticket_id, beside_id, amount_cents, payer, transacted_at, account, about, said_by, note, created_at)
		SELECT id, 'callback', 'paid', id, receipt, 0, 0, total*100, phone, created_at, '', '', '', '', created_at FROM ticket`)
	if storetest.Postgres(b) {
		storetest.Exec(b, path, `ANALYZE`) // which its autovacuum does within a minute
	}
}

// BenchmarkToday reads what the first page of the back office shows, with 12 screenings of 240 seats sold out, 2,880
// prompts in the day and 100,000 tickets in the books. It fails where that takes longer than 50 ms.
func BenchmarkToday(b *testing.B) { storetest.EachBench(b, benchmarkToday) }

func benchmarkToday(b *testing.B) {
	o := store.Options{Path: storetest.Path(b), Environment: store.Simulator}
	s, err := store.Open(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for n := range 100 {
		storetest.Screening(b, s, 10, 24, func(sc *store.Screening) {
			if n >= 12 {
				sc.StartsAt = sc.StartsAt.Add(48 * time.Hour)
			}
		})
	}
	manyTickets(b, o.Path, s.Now())
	// each ticket has two seats beside each other
	storetest.Exec(b, o.Path, `UPDATE seat SET ticket_id = (row_no * 12 + col_no / 2) * 409600000 + (SELECT min(t.id) FROM ticket t WHERE t.screening_id = seat.screening_id)
		WHERE screening_id IN (SELECT id FROM screening ORDER BY starts_at LIMIT 12)`)
	if storetest.Postgres(b) {
		storetest.Exec(b, o.Path, `ANALYZE seat`)
	}
	from := s.Now()
	for b.Loop() {
		sales, err := s.Tickets().HouseSales(b.Context(), from, from.Add(36*time.Hour))
		if err != nil || len(sales) != 12 || sales[0].Sold != 240 {
			b.Fatalf("%+v, %v", sales, err)
		}
		if _, err := s.Money().Takings(b.Context(), from.Add(-8*time.Hour)); err != nil {
			b.Fatal(err)
		}
	}
	if per := b.Elapsed() / time.Duration(b.N); per > findWithin {
		b.Errorf("it takes %v", per)
	}
}

// BenchmarkBooks reads the books of 100,000 tickets whole, as fsck, the list of open items and the dashboard do. It
// fails where one reading takes longer than readWithin: a statement that looks through all rows once for each row.
func BenchmarkBooks(b *testing.B) { storetest.EachBench(b, benchmarkBooks) }

// readWithin bounds a reading of whole books: a statement has 20 s on PostgreSQL.
const readWithin = 10 * time.Second

func benchmarkBooks(b *testing.B) {
	o := store.Options{Path: storetest.Path(b), Environment: store.Simulator}
	s, err := store.Open(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for range 100 {
		storetest.Screening(b, s, 10, 20)
	}
	manyTickets(b, o.Path, s.Now())
	m := s.Money()
	for _, read := range []struct {
		what string
		by   func(context.Context) error
	}{
		{"payments", func(ctx context.Context) error { _, err := m.Payments(ctx); return err }},
		{"open items", func(ctx context.Context) error { _, err := m.OpenItems(ctx, store.ItemFilter{}); return err }},
		{"undecided pushes", func(ctx context.Context) error { _, err := m.UndecidedPushes(ctx); return err }},
		{"bounds", func(ctx context.Context) error { _, err := m.Bounds(ctx); return err }},
		{"sums", func(ctx context.Context) error { _, err := m.Sums(ctx); return err }},
		{"audit", func(ctx context.Context) error { _, err := m.Audit(ctx); return err }},
	} {
		b.Run(read.what, func(b *testing.B) {
			for b.Loop() {
				if err := read.by(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			if per := b.Elapsed() / time.Duration(b.N); per > readWithin {
				b.Errorf("it takes %v", per)
			}
		})
	}
}
