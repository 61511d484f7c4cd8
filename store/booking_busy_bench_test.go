package store_test

import (
	"fmt"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// BenchmarkBookBehindABusyAddress is a booking where 5,000 others were made in the hour behind the same address, nine
// in ten of them paid.
func BenchmarkBookBehindABusyAddress(b *testing.B) {
	o := store.Options{Path: storetest.Path(b), Environment: store.Simulator}
	storetest.FairUse(&o)
	s, err := store.Open(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var screenings []store.ScreeningID
	for range 20 + b.N/150 {
		screenings = append(screenings, storetest.Screening(b, s, 10, 20))
	}
	book := func(i int) {
		booking := storetest.Booking(screenings[i%len(screenings)], storetest.Phone(i), 1)
		booking.Browser, booking.Client.Address = fmt.Sprint("browser", i), "192.0.2.1"
		if sent, _, err := s.Tickets().Book(b.Context(), booking); err != nil || sent.Secret == "" {
			b.Fatal(err)
		}
	}
	now := store.At(time.Now())
	storetest.Exec(b, o.Path, fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
		WHERE i < 5000)
		INSERT INTO ticket (id, screening_id, code, secret, customer_name, phone, quantity, total, payment_status,
		failure_reason, receipt, seats, seats_moved,
		held_since, idempotency_key, fingerprint, browser, client, void_reason, version, created_at, updated_at)
		SELECT i, (SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS r FROM screening) x
		WHERE r = i %% 20), 'C'||i, 'S'||i, 'A', '2547'||(20000000+i), 2, 100,
		CASE WHEN i %% 10 = 0 THEN 'Failed' ELSE 'Paid' END, '', '', '[]', 0,
		%d - 100000 - i*680, 'K'||i, '', 'B'||i, '192.0.2.1', '', 1, 0, 0 FROM n`, now))
	storetest.Exec(b, o.Path, `INSERT INTO push_request (id, ticket_id, callback_token, reference, phone, amount, state, live, live_until, result_code, result_text, reason, client, created_at, updated_at)
		SELECT id, id, 'T'||id, 'R'||id, phone, 100, CASE WHEN payment_status = 'Paid' THEN 'paid' ELSE 'failed' END, 0, 0, '', '', CASE WHEN payment_status = 'Paid' THEN '' ELSE 'cancelled' END, client, held_since, 0 FROM ticket WHERE id <= 5000`)
	b.ResetTimer()
	for i := range b.N {
		b.StopTimer()
		if i%40 == 0 {
			storetest.Exec(b, o.Path, `UPDATE push_request SET created_at = created_at - 100000 WHERE id > 5000 AND created_at > 0; UPDATE ticket SET hold_until = NULL WHERE id > 5000`)
		}
		b.StartTimer()
		book(i)
	}
}
