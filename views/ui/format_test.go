package ui_test

import (
	"testing"
	"time"

	"cinemasphere/views/ui"
)

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
