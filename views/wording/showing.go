package wording

import (
	"fmt"
	"strconv"

	"cinemasphere/store"
)

// BusinessDay is a day of the programme: Mon 30 Nov.
func BusinessDay(d store.BusinessDay) string { return d.Date().Format("Mon 2 Jan") }

// LongBusinessDay is a day of the programme with its year: Monday 30 November 2026.
func LongBusinessDay(d store.BusinessDay) string { return d.Date().Format("Monday 2 January 2006") }

// Week is the seven days that begin with a day: 30 Nov to 6 Dec 2026.
func Week(d store.BusinessDay) string {
	first, last := d.Date(), (d + 6).Date()
	switch {
	case first.Year() != last.Year():
		return first.Format("2 Jan 2006") + " to " + last.Format("2 Jan 2006")
	case first.Month() != last.Month():
		return first.Format("2 Jan") + " to " + last.Format("2 Jan 2006")
	}
	return first.Format("2") + " to " + last.Format("2 January 2006")
}

// ShowingStatus is the state of a screening in one or two words.
func ShowingStatus(s store.ScreeningStatus) string {
	switch s {
	case store.Draft:
		return "draft"
	case store.OnSale:
		return "on sale"
	case store.Hidden:
		return "hidden"
	case store.Closed:
		return "off sale"
	case store.Cancelled:
		return "cancelled"
	}
	return string(s)
}

// BadTime says what is wrong with a time of day.
func BadTime(b store.BadTime) string {
	switch b.Fault {
	case store.TimeTwelveHour:
		return quoted(b.Text) + ": write times by the 24-hour clock, such as 19:00 for 7 pm."
	case store.TimeMidnight:
		return quoted(b.Text) + ": midnight is 00:00. It belongs to the evening before."
	case store.TimeRange:
		return quoted(b.Text) + ": there is no such time. The last of a day is 23:59."
	case store.TimeUnreadable:
	}
	return quoted(b.Text) + " is no time. Write times such as 14:00 16:45 19:30."
}

func quoted(text string) string { return "“" + text + "”" }

// ShowingProblem says why a screening was not added, copied, moved or published.
func ShowingProblem(p store.ShowingProblem) string {
	what := ""
	if p.Starts != 0 {
		what = ShowingTime(p.Starts)
		for _, part := range []string{p.Title, p.Hall} {
			if part != "" {
				what += ", " + part
			}
		}
		what += ": "
	}
	switch p.Fault {
	case store.ShowingPast:
		return what + "that is past."
	case store.ShowingFar:
		return what + "that is more than two years ahead."
	case store.ShowingClash:
		from := ShowingTime(p.With.StartsAt)
		if store.BusinessDayOf(p.Starts) == p.With.Day() {
			from = Clock(p.With.StartsAt)
		}
		return what + fmt.Sprintf("%s is in %s from %s, and the hall is free at %s.", p.With.Title, p.With.Hall, from,
			Clock(p.With.FreeAt()))
	case store.ShowingNoFilm:
		return what + "there is no such film any more."
	case store.ShowingArchived:
		return what + orThis(p.Title) + " was archived. Take it out of the archive first, under Films."
	case store.ShowingNoHall:
		return what + "there is no such hall any more."
	case store.ShowingNoPrices:
		return what + "its price card is no longer in use. Choose another on its page."
	case store.ShowingTooDear:
		return what + "a ticket costs more with its surcharges than the KSh 250,000 that M-PESA takes at once."
	case store.ShowingNoZone:
		of := "its prices have none"
		if p.Card != "" {
			of = "the price card " + p.Card + " has no price"
		}
		return what + of + " for " + Zones(p.Zones) + ". Give " + itOrThem(len(p.Zones)) +
			" a column there, also where the price is the ordinary one."
	}
	return what + "it cannot be."
}

// Clash says which two screenings overlap, and by what.
func Clash(c store.Clash) string {
	return ShowingTime(c.First.StartsAt) + ", " + ClashOnPage(c) + " " + Clock(c.Second.StartsAt) + "."
}

// ClashOnPage is [Clash] between the two times, which a page makes links to the screenings of.
func ClashOnPage(c store.Clash) string {
	at := "at"
	if c.First.Day() != c.Second.Day() {
		at = "on " + BusinessDay(c.Second.Day()) + " at"
	}
	return fmt.Sprintf("%s: %s takes the hall until %s with its cleaning, and %s begins %s", c.First.Hall,
		c.First.Title, Clock(c.First.FreeAt()), c.Second.Title, at)
}

// Clashes are the first of screenings that overlap, in a sentence or two; "" where none do.
func Clashes(all []store.Clash) (text string) {
	const most = 3
	for i, c := range all {
		if i == most {
			return text + fmt.Sprintf(" And %d more.", len(all)-most)
		}
		text += " " + Clash(c)
	}
	if text != "" {
		text = "Screenings overlap now." + text
	}
	return text
}

// Zones names zones: the zone VIP, or the zones VIP and Box.
func Zones(zones []string) string {
	switch n := len(zones); n {
	case 0:
		return "no zone"
	case 1:
		return "the zone " + zones[0]
	default:
		return "the zones " + listed(zones)
	}
}

func itOrThem(n int) string {
	if n == 1 {
		return "it"
	}
	return "each of them"
}

func orThis(title string) string {
	if title == "" {
		return "this film"
	}
	return title
}

// ShowingTime is when a screening begins, with its business day: Mon 30 Nov, 00:30 in the night after.
func ShowingTime(at store.Instant) string {
	text := BusinessDay(store.BusinessDayOf(at)) + ", " + Clock(at)
	if store.ClockOf(at) < store.DayTurns {
		text += " in the night after"
	}
	return text
}

// Screenings counts screenings.
func Screenings(n int) string { return counted(n, "screening", "screenings") }

// OrderCount counts orders.
func OrderCount(n int) string { return counted(n, "order", "orders") }

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// WriteDay says how a day is typed.
const WriteDay = "Write it as 25/12/2026 or 2026-12-25."

// AddedShowings says what came of a request for screenings.
func AddedShowings(a store.AddedShowings) string {
	text := Screenings(a.Added) + " added as drafts."
	switch {
	case a.Added == 0 && a.Same > 0:
		text = "Nothing new: " + Screenings(a.Same) + " there already."
	case a.Added == 1:
		text = "1 screening added as a draft."
	case a.Added == 0:
		text = "No screening was added."
	}
	if a.Added > 0 && a.Same > 0 {
		text += " " + strconv.Itoa(a.Same) + " there already."
	}
	return text
}
