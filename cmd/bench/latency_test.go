package main

import (
	"testing"
	"time"
)

func measured(millis ...int) *latencies {
	l := &latencies{}
	for _, m := range millis {
		l.add(time.Duration(m) * time.Millisecond)
	}
	return l
}

func TestQuantile(t *testing.T) {
	hundred := &latencies{}
	for i := 100; i > 0; i-- {
		hundred.add(time.Duration(i) * time.Millisecond)
	}
	for _, c := range []struct {
		name string
		of   *latencies
		q    float64
		want int
	}{
		{"nothing measured", measured(), .99, 0},
		{"one value", measured(7), .5, 7},
		{"one value, p99", measured(7), .99, 7},
		{"the smaller of two", measured(9, 3), .5, 3},
		{"the larger of two", measured(9, 3), .51, 9},
		{"p99 of a hundred is the 99th", hundred, .99, 99},
		{"p50 of a hundred is the 50th", hundred, .5, 50},
		{"p90 of a hundred is the 90th", hundred, .9, 90},
		{"above p99", hundred, .991, 100},
		{"the least", hundred, 0, 1},
		{"the most", hundred, 1, 100},
	} {
		if got := c.of.quantile(c.q); got != time.Duration(c.want)*time.Millisecond {
			t.Errorf("%s: quantile(%v) = %v, want %d ms", c.name, c.q, got, c.want)
		}
	}
}

func TestQuantileAfterMoreValues(t *testing.T) {
	l := measured(5, 1)
	if got := l.quantile(1); got != 5*time.Millisecond {
		t.Fatalf("most = %v", got)
	}
	l.add(3 * time.Millisecond)
	if got := l.quantile(.5); got != 3*time.Millisecond {
		t.Errorf("median after one more = %v, want 3ms", got)
	}
	if got := l.count(); got != 3 {
		t.Errorf("count = %d, want 3", got)
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		of   []float64
		want float64
	}{{nil, 0}, {[]float64{4}, 4}, {[]float64{9, 1, 5}, 5}, {[]float64{8, 2, 6, 4}, 5}} {
		if got := median(c.of); got != c.want {
			t.Errorf("median(%v) = %v, want %v", c.of, got, c.want)
		}
	}
}

func TestMilliseconds(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0.00 ms", 1500 * time.Microsecond: "1.50 ms", 12300 * time.Microsecond: "12 ms",
		-4 * time.Millisecond: "-4.00 ms", 2 * time.Second: "2000 ms",
	} {
		if got := ms(d); got != want {
			t.Errorf("ms(%v) = %q, want %q", d, got, want)
		}
	}
}
