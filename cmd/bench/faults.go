package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// faults counts what must not happen, by what it was.
type faults struct {
	mu    sync.Mutex
	kinds map[string]int
}

func (f *faults) add(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kinds == nil {
		f.kinds = map[string]int{}
	}
	f.kinds[fmt.Sprintf(format, args...)]++
}

func (f *faults) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	total := 0
	for _, n := range f.kinds {
		total += n
	}
	return total
}

// String names the most frequent kinds.
func (f *faults) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.kinds) == 0 {
		return "none"
	}
	var kinds []string
	for kind := range f.kinds {
		kinds = append(kinds, kind)
	}
	slices.SortFunc(kinds, func(a, b string) int {
		if f.kinds[a] != f.kinds[b] {
			return f.kinds[b] - f.kinds[a]
		}
		return strings.Compare(a, b)
	})
	var lines []string
	for _, kind := range kinds[:min(len(kinds), 5)] {
		lines = append(lines, fmt.Sprintf("%s × %s", thousands(f.kinds[kind]), kind))
	}
	return strings.Join(lines, "; ")
}
