package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestArrivals(t *testing.T) {
	const n, span = 10_000, 10 * time.Second
	at := arrivals(rand.New(rand.NewPCG(1, 2)), n, span)
	if len(at) != n || !slices.IsSorted(at) || at[0] < 0 || at[n-1] >= span {
		t.Fatalf("%d arrivals from %v to %v, sorted %v", len(at), at[0], at[n-1], slices.IsSorted(at))
	}
	perSecond := make([]int, 10)
	for _, a := range at {
		perSecond[a/time.Second]++
	}
	for second, got := range perSecond {
		if got < 850 || got > 1150 { // five standard deviations around 1,000
			t.Errorf("second %d has %d arrivals", second, got)
		}
	}
	// Gaps of a Poisson process are as spread out as they are long; evenly spaced ones are not spread at all.
	short := 0
	for i := 1; i < n; i++ {
		if at[i]-at[i-1] < span/n/2 {
			short++
		}
	}
	if short < 3600 || short > 4300 { // 1 − 1/√e of them: 39 %
		t.Errorf("%d of %d gaps are shorter than half the mean", short, n)
	}
	if again := arrivals(rand.New(rand.NewPCG(1, 2)), n, span); !slices.Equal(at, again) {
		t.Error("the same seed made other arrivals")
	}
}

// A slow answer must hold nobody up: each buyer comes when due.
func TestOpenLoopWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := []time.Duration{0, time.Second, time.Second, 1500 * time.Millisecond}
		start := time.Now().Add(time.Second)
		var mu sync.Mutex
		late := make([]time.Duration, len(at))
		openLoop(t.Context(), start, at, func(i int, due time.Time) {
			mu.Lock()
			late[i] = time.Since(due)
			mu.Unlock()
			if want := start.Add(at[i]); !due.Equal(want) {
				t.Errorf("arrival %d is due %v, want %v", i, due, want)
			}
			<-time.After(time.Hour)
		})
		if slices.Max(late) != 0 {
			t.Errorf("started late by %v", late)
		}
		if took := time.Since(start); took != time.Hour+1500*time.Millisecond {
			t.Errorf("returned after %v, want all to be done", took)
		}
	})
}

func TestOpenLoopEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		var mu sync.Mutex
		started := 0
		openLoop(ctx, time.Now(), []time.Duration{0, time.Second, 2 * time.Second,
			3 * time.Second}, func(int, time.Time) {
			mu.Lock()
			defer mu.Unlock()
			started++
		})
		if started != 3 {
			t.Errorf("%d started, want the 3 that were due", started)
		}
	})
}
