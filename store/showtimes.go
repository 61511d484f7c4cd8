package store

import (
	"slices"
	"strconv"
	"strings"
)

// TimeFault is why a text is no time of day.
type TimeFault string

// The faults of times.
const (
	TimeTwelveHour TimeFault = "twelve_hour" // such as 7pm: on which clock is written
	TimeMidnight   TimeFault = "midnight"    // 24:00, which is 00:00
	TimeRange      TimeFault = "range"       // such as 25:00 or 14:60: there is none
	TimeUnreadable TimeFault = "unreadable"  // anything else
)

// BadTime is a text that was typed for a time of day and is none.
type BadTime struct {
	Text  string // as typed, at most badTimeMost bytes of it
	Fault TimeFault
}

const badTimeMost = 20

// TimesMost is how many times of day are read from one line.
const TimesMost = 40

// ReadTimes reads times of day such as 14:00 16:45 19:30, in order and each once. Between them may be spaces, commas,
// semicolons, slashes and line breaks; within one a colon, a point, an h, or nothing where it has four digits.
func ReadTimes(text string) (times []Clock, bad []BadTime) {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;/|\u00a0", r) })
	for _, word := range words {
		if strings.EqualFold(word, "and") || word == "&" {
			continue
		}
		if len(times)+len(bad) == TimesMost {
			return times, append(bad, BadTime{shortened(word), TimeUnreadable})
		}
		c, fault := readTime(word)
		switch {
		case fault != "":
			bad = append(bad, BadTime{shortened(word), fault})
		case !slices.Contains(times, c):
			times = append(times, c)
		}
	}
	// In the order of a business day.
	slices.SortFunc(times, func(a, b Clock) int { return int(BusinessDay(0).At(a) - BusinessDay(0).At(b)) })
	return times, bad
}

func shortened(word string) string {
	word = strings.ToValidUTF8(word, "?")
	if len(word) <= badTimeMost {
		return word
	}
	cut := badTimeMost
	for cut > 0 && word[cut]&0xC0 == 0x80 { // within a character
		cut--
	}
	return word[:cut] + "…"
}

// readTime reads one time of day.
func readTime(word string) (Clock, TimeFault) {
	lower := strings.ToLower(word)
	for _, half := range []string{"am", "pm", "a.m.", "p.m.", "a.m", "p.m"} {
		if rest, is := strings.CutSuffix(lower, half); is && (rest == "" || strings.Trim(rest, "0123456789:.h") == "") {
			return 0, TimeTwelveHour
		}
	}
	hours, minutes, cut := "", "", false
	for _, mark := range []string{":", ".", "h"} {
		if hours, minutes, cut = strings.Cut(lower, mark); cut {
			break
		}
	}
	if !cut && len(lower) == 4 {
		hours, minutes = lower[:2], lower[2:]
	}
	if cut && minutes == "" && strings.HasSuffix(lower, "h") {
		minutes = "00"
	}
	h, okH := twoDigits(hours)
	m, okM := twoDigits(minutes)
	switch {
	case !okH || !okM || len(minutes) != 2:
		return 0, TimeUnreadable
	case h == 24 && m == 0:
		return 0, TimeMidnight
	case h > 23 || m > 59:
		return 0, TimeRange
	}
	return Clock(h*60 + m), ""
}

// twoDigits reads one or two ASCII digits.
func twoDigits(text string) (int, bool) {
	if len(text) < 1 || len(text) > 2 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}

// WriteTimes writes times of day as they are typed.
func WriteTimes(times []Clock) string {
	words := make([]string, len(times))
	for i, c := range times {
		words[i] = c.String()
	}
	return strings.Join(words, " ")
}
