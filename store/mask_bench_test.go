package store_test

import (
	"fmt"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// maskWithin is how long 1,000 customers and 100,000 reports may take: a statement that looks through all rows for each
// customer takes longer.
const maskWithin = 20 * time.Second

// BenchmarkMask looks whose time is over, in books of 100,000 customers who are masked and 200,000 raw reports that are
// erased or too young. It fails where a look takes longer than 50 ms.
func BenchmarkMask(b *testing.B) { storetest.EachBench(b, benchmarkMask) }

func benchmarkMask(b *testing.B) {
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
	// They are masked, but for the last thousand.
	const gone = ` (SELECT t.id FROM ticket t ORDER BY t.id LIMIT 99000)`
	for _, text := range []string{
		`UPDATE ticket SET customer_name = '—', phone = '2547aaaaaaaa' WHERE id IN` + gone,
		`UPDATE push_request SET phone = '2547aaaaaaaa', checkout_request_id = 'masked:' || CAST(id AS TEXT) WHERE id IN` + gone,
		`UPDATE payment SET phone = '2547aaaaaaaa', masked_at = 1 WHERE id IN` + gone,
		`UPDATE fact SET payer = '2547aaaaaaaa' WHERE id IN` + gone,
	} {
		storetest.Exec(b, o.Path, text)
	}
	before := s.Now().Add(72 * time.Hour)
	for n, at := range []store.Instant{s.Now().Add(-time.Hour), before.Add(time.Hour)} {
		storetest.Exec(b, o.Path, fmt.Sprintf(`INSERT INTO callback (id, kind, token, known, source, body, encoding, size, received_at, outcome, decided_at)
			WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
			SELECT (%d - 946684800000) * 4096 + i, 'stk', CASE WHEN %d = 0 THEN 'T' || CAST(%d + CAST(i AS BIGINT) * 4096000 AS TEXT) ELSE 'Y' || CAST(i AS TEXT) END,
			1, '', 'what M-PESA said of 254700000000', 'text', 32, %d, 'paid', 0 FROM n`, at, n, 1<<49, at))
	}
	if storetest.Postgres(b) {
		storetest.Exec(b, o.Path, `ANALYZE`)
	}
	begun := time.Now()
	out, err := s.Tickets().MaskBefore(b.Context(), before)
	if err != nil || out.Tickets != 1000 || out.Bodies != 100_000 || len(out.Kept) > 0 {
		b.Fatalf("%d tickets, %d reports, %d kept, %v", out.Tickets, out.Bodies, len(out.Kept), err)
	}
	took := time.Since(begun)
	b.Logf("the first time, with 1,000 customers and 100,000 reports, took %v", took.Round(time.Millisecond))
	if took > maskWithin {
		b.Errorf("it took longer than %v", maskWithin)
	}
	for b.Loop() {
		if out, err := s.Tickets().MaskBefore(b.Context(), before); err != nil || out.Tickets+int(out.Bodies) > 0 {
			b.Fatalf("%+v, %v", out, err)
		}
	}
	if per := b.Elapsed() / time.Duration(b.N); per > findWithin {
		b.Errorf("a look takes %v", per)
	}
}
