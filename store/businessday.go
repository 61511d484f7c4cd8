package store

import "time"

// BusinessDay is a day of the cinema, from 04:00 in Nairobi to 04:00 of the day after: what begins after midnight
// belongs to the evening before. It counts from 1 January 1970.
type BusinessDay int64

const (
	dayLength   = 24 * time.Hour
	eastAfrica  = 3 * time.Hour // ahead of UTC, in summer as in winter
	dayTurnsAt  = 4 * time.Hour
	minutesADay = 24 * 60
)

// nairobi is the time of all Kenya, which has no other.
var nairobi = time.FixedZone("EAT", int(eastAfrica/time.Second))

// DayTurns is when a business day begins and ends.
const DayTurns = Clock(dayTurnsAt / time.Minute)

// BusinessDayOf is the business day of an instant.
func BusinessDayOf(at Instant) BusinessDay {
	since := at.Add(eastAfrica-dayTurnsAt) - Instant(0)
	day := since / Instant(dayLength.Milliseconds())
	if since < 0 && since%Instant(dayLength.Milliseconds()) != 0 {
		day--
	}
	return BusinessDay(day)
}

// ParseBusinessDay reads 2026-11-30.
func ParseBusinessDay(text string) (BusinessDay, bool) {
	date, err := time.Parse(time.DateOnly, text)
	if err != nil || date.Year() < 2000 || date.Year() > 2200 {
		return 0, false
	}
	return BusinessDay(date.Unix() / int64(dayLength/time.Second)), true
}

// Date is midnight of the day in UTC, to be formatted.
func (d BusinessDay) Date() time.Time {
	return time.Unix(int64(d)*int64(dayLength/time.Second), 0).UTC()
}

// String writes 2026-11-30.
func (d BusinessDay) String() string { return d.Date().Format(time.DateOnly) }

// Begins is the day's first instant; it ends where the next one begins.
func (d BusinessDay) Begins() Instant { return d.At(DayTurns) }

// At is the instant of the day at which the clocks of Kenya show this time.
func (d BusinessDay) At(c Clock) Instant {
	if c < DayTurns {
		c += minutesADay
	}
	return Instant(d.Date().UnixMilli()).Add(time.Duration(c)*time.Minute - eastAfrica)
}

// Monday is the Monday of the day's week.
func (d BusinessDay) Monday() BusinessDay {
	const mondays = 3 // 1 January 1970 was a Thursday
	return d - ((d+mondays)%7+7)%7
}

// Clock is a time of day, in minutes from midnight.
type Clock int

// ClockOf is what the clocks of Kenya show.
func ClockOf(at Instant) Clock {
	local := at.Add(eastAfrica).Time()
	return Clock(local.Hour()*60 + local.Minute())
}

// String writes 14:05.
func (c Clock) String() string {
	const tens = 10
	digits := func(n Clock) string { return string(rune('0'+n/tens)) + string(rune('0'+n%tens)) }
	return digits(c/60) + ":" + digits(c%60)
}
