package main

import (
	"strings"
	"testing"

	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
)

func TestReportNamesWhatWasMissed(t *testing.T) {
	r := &report{title: "A benchmark"}
	r.fact("page", "%d bytes", 7)
	r.goal("rate", "≥ 5", true, "%d", 6)
	var out strings.Builder
	if err := r.finish(&out); err != nil {
		t.Errorf("nothing was missed: %v", err)
	}
	r.goal("errors", "none", false, "%d", 3)
	if err := r.finish(&out); err == nil || !strings.Contains(err.Error(), "errors") ||
		strings.Contains(err.Error(), "rate") {
		t.Errorf("error = %v, want it to name errors alone", err)
	}
	if !strings.Contains(out.String(), "none: MISSED") || !strings.Contains(out.String(), "≥ 5: ok") {
		t.Errorf("table:\n%s", out.String())
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{
		0: "0", 999: "999", 1000: "1,000", 24240: "24,240", 1234567: "1,234,567", -1500: "-1,500", -150: "-150",
	} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestFaultsAreCountedByKind(t *testing.T) {
	var f faults
	if f.String() != "none" {
		t.Errorf("no faults: %q", f.String())
	}
	f.add("status %d", 500)
	f.add("reset")
	f.add("status %d", 500)
	if got, want := f.String(), "2 × status 500; 1 × reset"; got != want || f.count() != 3 {
		t.Errorf("faults = %q (%d), want %q", got, f.count(), want)
	}
}

func TestBooksAreComparedReceiptByReceipt(t *testing.T) {
	b := books{payments: []store.Payment{{Receipt: "A", Amount: 45_000}, {Receipt: "B", Amount: 90_000}}}
	if differ := b.compare([]sim.Entry{{Receipt: "B", Amount: 900}, {Receipt: "A", Amount: 450}}); differ != nil {
		t.Errorf("the same books differ: %q", differ)
	}
	for name, ledger := range map[string][]sim.Entry{
		"one more":     {{Receipt: "A", Amount: 450}, {Receipt: "B", Amount: 900}, {Receipt: "C", Amount: 1}},
		"one less":     {{Receipt: "A", Amount: 450}},
		"other amount": {{Receipt: "A", Amount: 451}, {Receipt: "B", Amount: 899}},
	} {
		if differ := b.compare(ledger); len(differ) == 0 {
			t.Errorf("%s: no difference seen", name)
		}
	}
}

func TestReadWrk(t *testing.T) {
	const good = "Running 3s test @ http://127.0.0.1:8080/\n  1 threads and 32 connections\nRequests/sec:  " +
		"20216.42\nTransfer/sec:      9.1MB\n"
	if rate, err := readWrk(good); err != nil || rate != 20216.42 {
		t.Errorf("rate = %v, %v", rate, err)
	}
	for _, bad := range []string{
		"", "  Non-2xx or 3xx responses: 12\nRequests/sec:  5\n",
		"  Socket errors: connect 1, read 0, write 0, timeout 0\nRequests/sec:  5\n",
	} {
		if rate, err := readWrk(bad); err == nil {
			t.Errorf("%q gives %v", bad, rate)
		}
	}
}

// However many bookings, the screenings must have the seats for them.
func TestScreeningsFor(t *testing.T) {
	seats := strings.Count(seatPlan(hallRows, hallSeats, 0), "o")
	if seats != 220 {
		t.Errorf("%d seats in a hall, want 220", seats)
	}
	for _, bookings := range []int{1, 1000, 24_240} {
		if n := screeningsFor(float64(bookings)); float64(bookings*meanTickets) > fillTo*float64(n*seats) || n < films {
			t.Errorf("%d screenings for %d bookings", n, bookings)
		}
	}
}
