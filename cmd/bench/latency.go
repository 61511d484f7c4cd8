package main

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"time"
)

// latencies gathers how long things took. It is safe for use by many goroutines.
type latencies struct {
	mu     sync.Mutex
	took   []time.Duration
	sorted bool
}

func (l *latencies) add(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took, l.sorted = append(l.took, d), false
}

func (l *latencies) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.took)
}

// quantile is the nearest-rank quantile: the smallest of the measured values that at least the share q of them does not
// exceed. It is 0 where nothing was measured.
func (l *latencies) quantile(q float64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.took)
	if n == 0 {
		return 0
	}
	if !l.sorted {
		slices.Sort(l.took)
		l.sorted = true
	}
	rank := int(math.Ceil(q*float64(n) - 1e-9)) // 0.99 × 100 is 99, whatever binary fractions say
	return l.took[min(max(rank, 1), n)-1]
}

// String is p50, p90, p99 and the maximum.
func (l *latencies) String() string {
	return fmt.Sprintf("p50 %s, p90 %s, p99 %s, max %s", ms(l.quantile(.5)), ms(l.quantile(.9)), ms(l.quantile(.99)),
		ms(l.quantile(1)))
}

// ms is a duration in milliseconds, finer where it is short.
func ms(d time.Duration) string {
	v := float64(d) / float64(time.Millisecond)
	if math.Abs(v) < 10 {
		return fmt.Sprintf("%.2f ms", v)
	}
	return fmt.Sprintf("%.0f ms", v)
}

// median is the middle value, or the mean of the two in the middle. It is 0 for none.
func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	if n == 0 {
		return 0
	}
	return (v[(n-1)/2] + v[n/2]) / 2
}
