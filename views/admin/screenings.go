package admin

import (
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"cinemasphere/store"
	"cinemasphere/views/ui"
	"cinemasphere/views/wording"
)

// Week is a week of the programme, with the form that adds to it.
type Week struct {
	Monday   store.BusinessDay
	Today    store.BusinessDay
	Now      store.Instant
	Halls    []store.Hall
	Showings []store.Showing // by hall and time
	Before   int             // screenings of the week before that can be copied
	Cards    store.PriceCards
	Films    []store.PlannedFilm // that can be typed, the newest first
	Ratings  []ui.Option
	Form     ShowingsForm
	Missing  MissingForm
	Notice   string
	Problems []string // of a copy, or of drafts that were put on sale
	Copy     CopyForm // of a day to others, as it was sent

	Faults  map[store.ScreeningID][]store.ShowingProblem // of screenings, as they are planned now
	Clashes []store.Clash                                // of screenings of the week, with what is before and after it
}

// ShowingsForm adds screenings to a week, as typed.
type ShowingsForm struct {
	Lines                     []ShowingLine
	Trailers, Online, Counter string // minutes: of trailers, before the start, after the start
	Card, Format, Language    string
	Errors                    map[string]string // a sentence by field
	Open                      bool              // the fold with the details is open
	ErrorCount                int
}

// CopyForm copies a day to others, as it was sent; the zero form was not.
type CopyForm struct {
	From       store.BusinessDay
	Ticked     []store.BusinessDay
	Other      string   // a day, as typed
	Wrong      []string // a sentence for each ticked day that cannot be copied to
	OtherWrong []string // what is wrong with the typed day
}

// copyOf is the form of a day's copy: as it was sent where it was.
func (v Week) copyOf(day store.BusinessDay) CopyForm {
	if v.Copy.From == day {
		return v.Copy
	}
	return CopyForm{}
}

// copyDays are the days that a day's copy offers: the others of the week that are not past, and those that were ticked.
func (v Week) copyDays(day store.BusinessDay) (days []store.BusinessDay) {
	ticked := v.copyOf(day).Ticked
	for _, other := range v.days() {
		if other != day && (other >= v.Today || slices.Contains(ticked, other)) {
			days = append(days, other)
		}
	}
	for _, other := range ticked {
		if other.Monday() != v.Monday {
			days = append(days, other)
		}
	}
	return days
}

// ShowingLine is a film in a hall, with times and days as typed.
type ShowingLine struct {
	Hall   store.HallID
	Film   store.MovieID // 0 for a title that is typed
	Title  string
	Times  string
	Days   [7]bool
	Errors []string
	About  string // which field they are about: times, title or days
}

// nightHint says where a time is typed on which date it is.
const nightHint = "A time before 04:00 is in the night after the day: 00:30 of Friday is on Saturday’s date."

// ShowingImport adds screenings from CSV: first a dry run, then the import.
type ShowingImport struct {
	Monday      store.BusinessDay // the week to go back to
	Text        string            // the rows, as they were pasted or read
	Error       string            // why the file cannot be read
	Checked     bool              // the rows can be imported as they are
	Added, Same int
	Faults      []LineFault
	More        int // faults that are not shown
	Columns     []ImportColumn
	Rows        []ImportRow // that were checked, the first of them
	MoreRows    int         // that are not shown
}

// ImportColumn is a column of a CSV file.
type ImportColumn struct {
	Name   string
	Needed bool   // else it may be left out
	Means  string // what stands in it, and what holds where nothing does
}

// ImportRow is a screening as a row of a CSV file makes it.
type ImportRow struct {
	Line       int
	Starts     store.Instant
	Film, Hall string
}

// begins is when the screening of a row begins, on the calendar.
func (r ImportRow) begins() string { return wording.Date(r.Starts) + ", " + wording.Clock(r.Starts) }

// night is the day in whose night the screening begins; "" where it begins on its day.
func (r ImportRow) night() string {
	if store.ClockOf(r.Starts) >= store.DayTurns {
		return ""
	}
	return "in the night after " + wording.BusinessDay(store.BusinessDayOf(r.Starts))
}

// MissingForm makes what a screening needs and is not there yet, as typed.
type MissingForm struct {
	Open   string            // film, hall or card; "" for none
	Values map[string]string // by field
	Errors map[string]string
}

func (v MissingForm) field(name, label, value string) ui.Field {
	if typed, is := v.Values[name]; is {
		value = typed
	}
	return ui.Field{ID: name, Name: name, Label: label, Value: value, Error: v.Errors[name]}
}

// drafts counts the drafts of the week, or of one day of it.
func (v Week) drafts(days ...store.BusinessDay) (n int) {
	for _, sh := range v.Showings {
		if sh.Status == store.Draft && sh.StartsAt > v.Now && (len(days) == 0 || sh.Day() == days[0]) {
			n++
		}
	}
	return n
}

func (v Week) days() (days []store.BusinessDay) {
	for d := range store.BusinessDay(7) {
		days = append(days, v.Monday+d)
	}
	return days
}

// of are the screenings of a hall on a day.
func (v Week) of(hall store.HallID, day store.BusinessDay) (some []store.Showing) {
	for _, sh := range v.Showings {
		if sh.HallID == hall && sh.Day() == day {
			some = append(some, sh)
		}
	}
	return some
}

// columns are the halls of the table: those in use, and others that something is on in.
func (v Week) columns() []store.Hall {
	all := slices.Clone(v.Halls)
	for _, sh := range v.Showings {
		if !slices.ContainsFunc(all, func(h store.Hall) bool { return h.ID == sh.HallID }) {
			all = append(all, store.Hall{ID: sh.HallID, Name: sh.Hall})
		}
	}
	return all
}

// on reports whether anything is on that day that can be copied.
func (v Week) on(day store.BusinessDay) bool {
	for _, sh := range v.Showings {
		if sh.Day() == day && sh.Status != store.Cancelled {
			return true
		}
	}
	return false
}

// lines are the lines of the form of a hall, by their numbers in the form; of 0 those of halls that are gone.
func (v Week) lines(hall store.HallID) (numbers []int) {
	there := func(id store.HallID) bool {
		return slices.ContainsFunc(v.Halls, func(h store.Hall) bool { return h.ID == id })
	}
	for i, l := range v.Form.Lines {
		if l.Hall == hall || hall == 0 && !there(l.Hall) {
			numbers = append(numbers, i)
		}
	}
	return numbers
}

// lacks is what there must be before a screening: film, hall, card; "" where nothing lacks.
func (v Week) lacks() (what []string) {
	if len(v.Films) == 0 {
		what = append(what, "film")
	}
	if len(v.Halls) == 0 {
		what = append(what, "hall")
	}
	if len(v.Cards.Cards) == 0 {
		what = append(what, "card")
	}
	return what
}

// most is how many titles the form offers; any other can be typed too.
const most = 200

func (v Week) offered() []store.PlannedFilm { return v.Films[:min(len(v.Films), most)] }

func weekURL(d store.BusinessDay) templ.SafeURL {
	return templ.SafeURL("/admin/screenings?week=" + d.Monday().String())
}

func printURL(d store.BusinessDay) templ.SafeURL {
	return templ.SafeURL("/admin/screenings/print?week=" + d.Monday().String())
}

func showingURL(id store.ScreeningID) templ.SafeURL {
	return templ.SafeURL("/admin/screenings/" + strconv.FormatInt(int64(id), 10))
}

func number[T ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }

func lineID(name string, i int) string { return name + "." + strconv.Itoa(i) }

func dayID(i, d int) string { return "days." + strconv.Itoa(i) + "." + strconv.Itoa(d) }

// note says until when a screening is, and how much of it is sold.
func note(sh store.Showing) string {
	text := "until " + wording.Clock(sh.EndsAt())
	if sh.Status != store.Draft {
		text += ", " + sold(sh) + " taken"
	}
	return text
}

// faultTag is what is wrong with a screening, in a few words.
func faultTag(p store.ShowingProblem) string {
	switch p.Fault {
	case store.ShowingClash:
		return "overlaps " + p.With.Title + " " + wording.Clock(p.With.StartsAt)
	case store.ShowingNoZone:
		return "no price for " + wording.Zones(p.Zones)
	case store.ShowingNoPrices:
		return "no prices"
	case store.ShowingTooDear:
		return "more than M-PESA takes"
	case store.ShowingArchived:
		return "its film is archived"
	case store.ShowingPast, store.ShowingFar, store.ShowingNoFilm, store.ShowingNoHall:
	}
	return "cannot be sold"
}

// sold says how much of a screening is sold.
func sold(sh store.Showing) string {
	return strconv.Itoa(sh.Taken()) + " of " + strconv.Itoa(sh.Capacity)
}

func statusTag(s store.ScreeningStatus) string {
	switch s {
	case store.OnSale:
		return "tag tag-ok"
	case store.Draft, store.Hidden:
		return "tag tag-warn"
	case store.Cancelled:
		return "tag tag-bad"
	case store.Closed:
	}
	return "tag"
}

// cardOptions are the price cards to choose from.
func cardOptions(cards store.PriceCards) []ui.Option {
	var all []ui.Option
	for _, c := range cards.Cards {
		all = append(all, ui.Option{Value: number(c.ID), Label: c.Name})
	}
	return all
}

func hallOptions(halls []store.Hall) []ui.Option {
	var all []ui.Option
	for _, h := range halls {
		all = append(all, ui.Option{Value: number(h.ID), Label: h.Name})
	}
	return all
}

func (f ShowingsForm) field(name, label, value, hint string) ui.Field {
	return ui.Field{ID: name, Name: name, Label: label, Value: value, Hint: hint, Error: f.Errors[name], Optional: true}
}

// ShowingForm is a screening, with its details as typed.
type ShowingForm struct {
	Showing  store.Showing
	Now      store.Instant
	Orders   store.Orders
	Halls    []store.Hall
	Cards    store.PriceCards
	Values   map[string]string // as typed, by field
	Errors   map[string]string
	Notice   string
	Reason   string // as typed
	AutoBack bool   // due refunds are made without a person

	Problems []store.ShowingProblem // as it is planned now
}

func (v ShowingForm) field(name, label, hint string) ui.Field {
	return ui.Field{
		ID: name, Name: name, Label: label, Value: v.Values[name], Error: v.Errors[name], Hint: hint, Optional: true,
	}
}

func (v ShowingForm) begun() bool { return v.Showing.StartsAt <= v.Now }

// Over reports whether its film has ended.
func (v ShowingForm) Over() bool { return v.Now >= v.Showing.EndsAt() }

// cancelSays is what cancelling does, before it is confirmed.
func (v ShowingForm) cancelSays() string {
	o := v.Orders
	switch {
	case o.Paid == 0 && o.Pending == 0:
		return "Nobody has paid for it."
	case o.Paid == 0:
		return "Nobody has paid for it yet."
	}
	were := " were paid for, "
	if o.Paid == 1 {
		were = " was paid for, "
	}
	return wording.OrderCount(o.Paid) + " with " + seatCount(o.Seats) + were + wording.Shillings(o.Total) + " in all."
}

func seatCount(n int) string {
	if n == 1 {
		return "1 seat"
	}
	return strconv.Itoa(n) + " seats"
}
