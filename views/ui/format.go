package ui

import (
	"strconv"
	"time"
)

// Runtime writes minutes as hours and minutes: 2 h 10 min.
func Runtime(minutes int) string {
	h, m := minutes/60, minutes%60
	switch {
	case h == 0:
		return strconv.Itoa(m) + " min"
	case m == 0:
		return strconv.Itoa(h) + " h"
	}
	return strconv.Itoa(h) + " h " + strconv.Itoa(m) + " min"
}

// SecondsLeft is the whole seconds from now to an end, rounded up, and never negative.
func SecondsLeft(now, end time.Time) int {
	return int(max(0, (end.Sub(now)+time.Second-1)/time.Second))
}

// MinSec writes seconds as a clock that counts down: 2:05.
func MinSec(seconds int) string {
	return strconv.Itoa(seconds/60) + ":" + strconv.Itoa(100 + seconds%60)[1:]
}

// Count writes a number with its noun: 1 ticket, 3 tickets.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
