package main

import (
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest/needs"
	"cinemasphere/store/storetest/pgserver"
)

// TestStandby kills the PostgreSQL that the books are on, under load, and promotes its synchronous standby. Bookings
// are answered 503 meanwhile, sales go on by themselves, and nothing that was acknowledged is lost.
func TestStandby(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves this out: it takes half a minute")
	}
	needs.Program(t, "PostgreSQL", pgserver.Missing())
	ctx := t.Context()
	primary, err := pgserver.Start(ctx, pgserver.Options{Primary: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = primary.Stop() }) // it was killed
	standby, err := primary.Standby(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := standby.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := primary.Create(ctx, "cinema", ""); err != nil {
		t.Fatal(err)
	}
	daraja, safaricom := payingDaraja(t)
	database, dir := primary.URL("cinema", standby), t.TempDir()
	crowd := &crowdOfBuyers{
		daraja: daraja, screenings: stockForKills(t, database), stop: make(chan struct{}),
	}
	addr := freeAddr(t)
	crowd.base = "http://" + addr
	p := start(t, dir, "ADDR="+addr, "MPESA_ENV=simulator", "MPESA_BASE_URL="+safaricom, "DATABASE_URL="+database,
		"LOG_LEVEL=warn", "HOLD=20s", "RETRY_HOLD=2s", "QUERY_SCHEDULE=1s,2s,3s,4s,6s,8s,12s,18s,25s,40s",
		"QUERY_RATE=100")
	p.checked = true // it says what it could not reach
	crowd.come(8)
	more := func(than int64, n int64) func() bool { return func() bool { return crowd.booked.Load() >= than+n } }
	eventually(t, 30*time.Second, "bookings are taken", more(0, 50))

	if err := primary.Kill(); err != nil {
		t.Fatal(err)
	}
	busy := crowd.busy.Load()
	eventually(t, 30*time.Second, "bookings are turned away", func() bool { return crowd.busy.Load() > busy+8 })
	promoted := time.Now()
	if err := standby.Promote(ctx); err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "bookings are taken again", more(crowd.booked.Load(), 50))
	t.Logf("50 bookings were taken %s after the promotion", time.Since(promoted).Round(time.Millisecond))

	crowd.leave()
	st, err := store.Open(ctx, store.Options{Path: database, Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, st)
	settled(t, st, daraja)
	crowd.toldTrue(t, st)
	crowd.noneRefused(t)
	if n := crowd.failed.Load(); n > 0 {
		t.Errorf("%d bookings had an answer that is neither yes nor no, such as %s", n, crowd.failure.Load())
	}
}
