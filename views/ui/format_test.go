package ui_test

import (
	"testing"
	"time"

	"cinemasphere/views/ui"
)

func TestMoney(t *testing.T) {
	for cents, want := range map[int64]string{
		0: "KSh 0", 5: "KSh 0.05", 1275: "KSh 12.75", 135000: "KSh 1,350", 135050: "KSh 1,350.50", 100: "KSh 1",
		99900: "KSh 999", 25000000: "KSh 250,000", 123456789: "KSh 1,234,567.89",
	} {
		if got := ui.Cents(cents); got != want {
			t.Errorf("Cents(%d) = %q, want %q", cents, got, want)
		}
	}
	for shillings, want := range map[int64]string{
		1: "KSh 1", 999: "KSh 999", 1000: "KSh 1,000", 2700: "KSh 2,700", 250000: "KSh 250,000",
		1234567: "KSh 1,234,567",
	} {
		if got := ui.Shillings(shillings); got != want {
			t.Errorf("Shillings(%d) = %q, want %q", shillings, got, want)
		}
	}
}

func TestTimesAreNairobis(t *testing.T) {
	at := time.Date(2026, 12, 31, 22, 5, 0, 0, time.UTC) // already the new year in Nairobi
	for got, want := range map[string]string{
		ui.When(at): "Fri 1 Jan, 01:05", ui.Day(at): "Friday 1 January", ui.Date(at): "Fri 1 Jan 2027",
		ui.Clock(at):   "01:05",
		ui.Machine(at): "2027-01-01T01:05:00+03:00",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestRuntimeAndCounts(t *testing.T) {
	for minutes, want := range map[int]string{45: "45 min", 60: "1 h", 130: "2 h 10 min", 180: "3 h"} {
		if got := ui.Runtime(minutes); got != want {
			t.Errorf("Runtime(%d) = %q, want %q", minutes, got, want)
		}
	}
	for n, want := range map[int]string{1: "1 seat", 2: "2 seats", 10: "10 seats"} {
		if got := ui.Count(n, "seat"); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestCountdown(t *testing.T) {
	now := time.Date(2026, 11, 23, 15, 30, 0, 0, time.UTC)
	for left, want := range map[time.Duration]string{
		172 * time.Second: "2:52", 44500 * time.Millisecond: "0:45", time.Millisecond: "0:01", 0: "0:00",
		-time.Hour: "0:00", 15 * time.Minute: "15:00", 61 * time.Second: "1:01",
	} {
		if got := ui.MinSec(ui.SecondsLeft(now, now.Add(left))); got != want {
			t.Errorf("%v left reads %q, want %q", left, got, want)
		}
	}
}
