package store

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Day is a day in Nairobi, such as 2026-11-30; "" is none.
type Day string

// ShortTitleMost is how many characters a short title has at most: what fits on a button and a narrow receipt.
const ShortTitleMost = 12

// The bounds of a film's minutes.
const (
	RuntimeMost  = 600
	TrailersMost = 120
)

// Faults of a film's fields.
const (
	TextMissing     FaultKind = "text_missing"
	TextTooLong     FaultKind = "text_too_long"    // Most: characters
	TextUnprintable FaultKind = "text_unprintable" // control characters, unseen ones, or bytes that are no text
	NumberWrong     FaultKind = "number_wrong"     // not a whole number from Least to Most
	RatingUnknown   FaultKind = "rating_unknown"   // not a code of the list of ratings
	CodeTaken       FaultKind = "code_taken"       // of a rating that is on the list
	YesOrNo         FaultKind = "yes_or_no"        // neither yes nor no
	LinkWrong       FaultKind = "link_wrong"       // not an http or https address
	DayWrong        FaultKind = "day_wrong"        // not a day of the calendar
	DayOrder        FaultKind = "day_order"        // the last day is before the first
)

// Faults are what is wrong with a form, a fault by the name of the field. Nothing was written.
type Faults map[string]Fault

// Error names the fields and kinds, and repeats no input.
func (f Faults) Error() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		all = append(all, name+": "+string(f[name].Kind))
	}
	return "typed: " + strings.Join(all, ", ")
}

// textMost is how many characters each text of a film has at most.
var textMost = map[string]int{
	"title": 200, "short_title": ShortTitleMost, "synopsis": 4000, "poster_alt": 500, "trailer_link": 500,
	"rating_reason": 300, "certificate": 60, "genre": 40, "format": 40, "language": 60, "subtitles": 60,
	"distributor": 100,
}

// ReadMovie makes a film of what was typed into its form, or stands in a line of its CSV file: a text by the name of
// each field, see [MovieFields]. White space around a text and doubled inside a line is dropped. A field that is not
// there keeps what base has. Faults are those that need no list of ratings; writing the film looks for the others.
func ReadMovie(base Movie, typed map[string]string) (Movie, Faults) {
	m, faults := base, Faults{}
	text := func(name string, to *string) {
		if v, is := typed[name]; is {
			*to = tidyText(v, name == "synopsis")
		}
	}
	for name, to := range map[string]*string{
		"title": &m.Title, "short_title": &m.ShortTitle, "synopsis": &m.Synopsis, "poster_alt": &m.PosterAlt,
		"trailer_link": &m.TrailerURL, "rating": &m.AgeRating, "rating_reason": &m.RatingReason,
		"certificate": &m.Certificate, "genre": &m.Genre, "format": &m.Format, "language": &m.Language,
		"subtitles": &m.Subtitles, "distributor": &m.Distributor,
	} {
		text(name, to)
	}
	number := func(name string, to *int, least, most int, missing int) {
		v, is := typed[name]
		if !is {
			return
		}
		if v = tidyText(v, false); v == "" && missing >= least {
			*to = missing
			return
		}
		if v == "" {
			faults[name] = Fault{Kind: TextMissing}
			return
		}
		n, err := strconv.Atoi(v)
		if err != nil || n < least || n > most {
			faults[name] = Fault{Kind: NumberWrong, Least: least, Most: most}
			return
		}
		*to = n
	}
	number("runtime", &m.Runtime, 1, RuntimeMost, -1)
	number("trailers", &m.TrailerMinutes, 0, TrailersMost, 0)
	day := func(name string, to *Day) {
		v, is := typed[name]
		if !is {
			return
		}
		read, ok := ReadDay(v)
		if !ok {
			faults[name] = Fault{Kind: DayWrong}
		}
		*to = read
	}
	if v, is := typed["no_free_list"]; is {
		switch strings.ToLower(tidyText(v, false)) {
		case "yes":
			m.NoFreeList = true
		case "no", "":
			m.NoFreeList = false
		default:
			faults["no_free_list"] = Fault{Kind: YesOrNo}
		}
	}
	day("opens_on", &m.OpensOn)
	day("last_on", &m.LastOn)
	for name, fault := range m.faults(func(string) bool { return true }) {
		if _, worse := faults[name]; !worse {
			faults[name] = fault
		}
	}
	return m, faults
}

// ReadDay reads a day as date fields send it, 2026-11-30, or as it is written in Kenya, 30/11/2026. "" is no day.
func ReadDay(typed string) (day Day, ok bool) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return "", true
	}
	for _, layout := range []string{time.DateOnly, "2/1/2006", "2.1.2006", "2-1-2006"} {
		if at, err := time.Parse(layout, typed); err == nil && at.Year() >= 1900 && at.Year() < 2200 {
			return Day(at.Format(time.DateOnly)), true
		}
	}
	return "", false
}

// faults are what a film may not be written with.
func (m *Movie) faults(ratingKnown func(code string) bool) Faults {
	faults := Faults{}
	for _, f := range movieFields {
		most, bounded := textMost[f.name]
		text, isText := f.value(m).(string)
		switch {
		case !isText:
		case !printable(text, f.name == "synopsis"):
			faults[f.name] = Fault{Kind: TextUnprintable}
		case bounded && utf8.RuneCountInString(text) > most:
			faults[f.name] = Fault{Kind: TextTooLong, Most: most}
		}
	}
	if _, bad := faults["title"]; !bad && !visible(m.Title) {
		faults["title"] = Fault{Kind: TextMissing}
	}
	if m.AgeRating == "" {
		faults["rating"] = Fault{Kind: TextMissing}
	} else if !ratingKnown(m.AgeRating) {
		faults["rating"] = Fault{Kind: RatingUnknown}
	}
	if m.Runtime < 1 || m.Runtime > RuntimeMost {
		faults["runtime"] = Fault{Kind: NumberWrong, Least: 1, Most: RuntimeMost}
	}
	if m.TrailerMinutes < 0 || m.TrailerMinutes > TrailersMost {
		faults["trailers"] = Fault{Kind: NumberWrong, Least: 0, Most: TrailersMost}
	}
	if _, bad := faults["trailer_link"]; !bad && m.TrailerURL != "" && !isWebAddress(m.TrailerURL) {
		faults["trailer_link"] = Fault{Kind: LinkWrong}
	}
	for name, day := range map[string]Day{"opens_on": m.OpensOn, "last_on": m.LastOn} {
		if at, err := time.Parse(time.DateOnly, string(day)); day != "" && (err != nil || at.Year() < 1900) {
			faults[name] = Fault{Kind: DayWrong}
		}
	}
	_, first := faults["opens_on"]
	if _, last := faults["last_on"]; !first && !last && m.OpensOn != "" && m.LastOn != "" && m.LastOn < m.OpensOn {
		faults["last_on"] = Fault{Kind: DayOrder}
	}
	return faults
}

// isWebAddress reports whether a text is an address that a browser opens on another site.
func isWebAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil &&
		!strings.ContainsFunc(text, unicode.IsSpace)
}

// printable reports whether a text is UTF-8 that shows what it is: without control characters, and without those that
// nobody sees, such as a space of no width, or that turn the text around them. Lines may have line breaks and tabs.
func printable(text string, lines bool) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return r == utf8.RuneError || !unicode.IsPrint(r) && !(lines && (r == '\n' || r == '\t'))
	})
}

// Printable reports whether a text may be a name: see [TextUnprintable].
func Printable(text string) bool { return printable(text, false) }

// visible reports whether a text has anything that can be seen.
func visible(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S)
	})
}

// tidyText drops white space around a text, and what is doubled inside its lines. Browsers send line breaks as CR LF.
func tidyText(text string, lines bool) string {
	if !lines {
		return strings.Join(strings.Fields(text), " ")
	}
	all := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := range all {
		all[i] = strings.Join(strings.Fields(all[i]), " ")
	}
	return strings.TrimSpace(strings.Join(all, "\n"))
}

// searchText is what a film is found by.
func (m *Movie) searchText() string {
	return Fold(m.Title + " " + m.ShortTitle + " " + m.Distributor)
}

// Date is the day as a date without a clock, and false where it is none.
func (d Day) Date() (time.Time, bool) {
	at, err := time.Parse(time.DateOnly, string(d))
	return at, err == nil
}
