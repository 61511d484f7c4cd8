package ui

import (
	"strconv"
	"time"
)

// eat is Nairobi's time: UTC+3 all year.
var eat = time.FixedZone("EAT", 3*60*60)

// Nairobi is the time as Nairobi's clocks show it.
func Nairobi(t time.Time) time.Time { return t.In(eat) }

// Cents writes an amount in hundredths of a shilling: KSh 1,350, or KSh 12.75 where it is not whole.
func Cents[T ~int64](c T) string {
	s := "KSh " + thousands(int64(c)/100)
	if rest := int64(c) % 100; rest != 0 {
		s += "." + strconv.FormatInt(100+rest, 10)[1:]
	}
	return s
}

// Shillings writes an amount in whole shillings: KSh 2,700.
func Shillings[T ~int64](s T) string { return "KSh " + thousands(int64(s)) }

// thousands writes a number that is not negative with a comma between thousands.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// When is a screening's date and time in Nairobi: Fri 27 Nov, 20:00.
func When(t time.Time) string { return t.In(eat).Format("Mon 2 Jan, 15:04") }

// Day is a date in Nairobi: Friday 27 November.
func Day(t time.Time) string { return t.In(eat).Format("Monday 2 January") }

// Date is a date in Nairobi with its year: Fri 27 Nov 2026.
func Date(t time.Time) string { return t.In(eat).Format("Mon 2 Jan 2006") }

// Clock is a time of day in Nairobi: 20:00.
func Clock(t time.Time) string { return t.In(eat).Format("15:04") }

// Machine is a time for a datetime attribute: 2026-11-27T20:00:00+03:00.
func Machine(t time.Time) string { return t.In(eat).Format(time.RFC3339) }

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
