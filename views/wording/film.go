package wording

import (
	"fmt"
	"strings"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/poster"
	"cinemasphere/store/sheet"
)

// FilmField is a field of a film's form as the form labels it.
func FilmField(name string) string {
	switch name {
	case "title":
		return "Title"
	case "short_title":
		return "Short title"
	case "synopsis":
		return "Synopsis"
	case "poster_alt":
		return "What the poster shows"
	case "runtime":
		return "Running time"
	case "trailers":
		return "Trailers and adverts"
	case "trailer_link":
		return "Link to the trailer"
	case "rating":
		return "Rating"
	case "rating_reason":
		return "Reason of the rating"
	case "certificate":
		return "Certificate number"
	case "genre":
		return "Genre"
	case "format":
		return "Format"
	case "language":
		return "Language"
	case "subtitles":
		return "Subtitles"
	case "distributor":
		return "Distributor"
	case "no_free_list":
		return "Free tickets"
	case "opens_on":
		return "First day"
	case "last_on":
		return "Last day"
	case "poster":
		return "Poster"
	case "archived":
		return "Archive"
	case "code":
		return "Code"
	case "name":
		return "Name"
	case "minimum_age":
		return "Minimum age"
	case "explanation":
		return "What it means"
	case "position":
		return "Place in the list"
	}
	return name
}

// FilmFault says what is wrong with a field of a film's or a rating's form, and what to do.
func FilmFault(f store.Fault) string {
	switch f.Kind {
	case store.TextMissing:
		return "This is needed."
	case store.TextTooLong:
		return fmt.Sprintf("At most %d characters.", f.Most)
	case store.TextUnprintable:
		return "There are characters in it that cannot be printed, or that nobody can see. Please type it anew."
	case store.NumberWrong:
		return fmt.Sprintf("A whole number from %d to %d.", f.Least, f.Most)
	case store.RatingUnknown:
		return "This rating is not on the list of ratings."
	case store.IDUnreadable:
		return "This is no id of a film, such as f3479109863387071: a spreadsheet may have cut it. " +
			"Take it from a new export, or leave the cell empty for a new film."
	case store.IDUnknown:
		return "No film has this id. Leave the cell empty for a new film."
	case store.LineTwice:
		return fmt.Sprintf("This is the same film as in line %d.", f.Least)
	case store.TitleTwice:
		return "Several films have this title. Put the id of the right one into the column id: the export has it."
	case store.CodeTaken:
		return "This code is on the list already."
	case store.YesOrNo:
		return "yes, or nothing for no."
	case store.LinkWrong:
		return "A whole web address, such as https://www.youtube.com/watch?v=…"
	case store.DayWrong:
		return "A day of the calendar, such as 2026-11-30 or 30/11/2026."
	case store.DayOrder:
		return "The last day is before the first one."
	default:
		return "This cannot be used."
	}
}

// FilmColumn says what stands in a column of a file of films.
func FilmColumn(name string) string {
	switch name {
	case "id":
		return "The film’s id, as the export has it. Empty is a new film, or the one with the title."
	case "title":
		return "As customers read it."
	case "short_title":
		return fmt.Sprintf("For buttons and receipts: at most %d characters.", store.ShortTitleMost)
	case "synopsis":
		return "A few sentences for customers."
	case "poster_alt":
		return "What the poster shows, for those who cannot see it."
	case "runtime":
		return "Minutes, without trailers. A new film needs it."
	case "trailers":
		return "Minutes of trailers and adverts before the film."
	case "trailer_link":
		return "A whole web address."
	case "rating":
		return "A code of the list of ratings, such as GE. A new film needs it."
	case "rating_reason":
		return "Such as violence. Customers read it."
	case "certificate":
		return "The number of the film board’s approval."
	case "genre":
		return "Such as Drama. Customers filter by it."
	case "format":
		return "Such as 3D."
	case "language":
		return "That is spoken."
	case "subtitles":
		return "Their language."
	case "distributor":
		return "Its name."
	case "no_free_list":
		return "yes where the contract forbids free tickets."
	case "opens_on":
		return "The first day, such as 25/12/2026 or 2026-12-25."
	case "last_on":
		return "The last day."
	}
	return ""
}

// FilmRow says what a line of a file does to a film: new, or the fields that it changes.
func FilmRow(row store.MovieRow) string {
	if row.New {
		return "New film"
	}
	labels := make([]string, len(row.Changed))
	for i, name := range row.Changed {
		labels[i] = FilmField(name)
	}
	return strings.Join(labels, ", ")
}

// CatalogueRefusal says why a change of the programme was not made, and what to do.
func CatalogueRefusal(r *store.Refusal) string {
	switch r.Kind {
	case store.MovieHasScreenings:
		return left(r.Left, "", "One screening of this film is still to come. Cancel it, or archive the film after it.",
			"%d screenings of this film are still to come. Cancel them, or archive the film after the last one.")
	case store.RatingInUse:
		return left(r.Left, "This is the only rating. A film needs one: add another first.",
			"One film has this rating. Give it another one first.",
			"%d films have this rating. Give them another one first.")
	case store.RatingEdited:
		return "Nothing was saved: somebody else has changed this rating since you opened it. " +
			"What you typed is still here. Look at the list, then save again."
	default:
		return "That is not possible any more. Please look again."
	}
}

// SheetFault says why a CSV file cannot be read, in which line, and what to do.
func SheetFault(f *sheet.Fault) string {
	line := ""
	if f.Line > 0 {
		line = fmt.Sprintf("Line %d: ", f.Line)
	}
	switch f.Kind {
	case sheet.Empty:
		return "There is nothing in this file. Choose a file, or paste the rows."
	case sheet.TooManyBytes:
		return fmt.Sprintf("The file is larger than %d MB. Please cut it into parts.", sheet.MostBytes>>20)
	case sheet.TooManyRows:
		return fmt.Sprintf("The file has more than %d rows. Please cut it into parts.", f.Most)
	case sheet.TooManyColumns:
		return fmt.Sprintf("%smore than %d columns.", line, f.Most)
	case sheet.NotText:
		return "This is not a CSV file. In the spreadsheet, choose Save as, then CSV, and take that file."
	case sheet.QuoteWrong:
		return line + "a quotation mark stands where none may be, or has no end. Inside a cell write it twice."
	case sheet.ColumnTwice:
		return line + "the column " + f.Column + " is there twice."
	case sheet.ColumnUnknown:
		return line + "there is no column " + f.Column + ". The first row needs the names that the export has."
	case sheet.ColumnMissing:
		return "The column " + f.Column + " is missing. The first row needs the names that the export has."
	case sheet.RowTooLong:
		return line + "more cells than there are columns in the first row."
	}
	return line + "this cannot be read."
}

// PosterRefusal says why an upload cannot be a poster, and what to do.
func PosterRefusal(r *poster.Refusal) string {
	const convert = " Please save it as JPEG, PNG or WebP."
	switch r.Kind {
	case poster.Empty:
		return "No file was chosen."
	case poster.TooManyBytes:
		return fmt.Sprintf("The file is larger than %d MB. Please save it smaller, or as JPEG.", poster.MostBytes>>20)
	case poster.WrongType:
		switch r.Type {
		case "":
			return "This is no image that can be read." + convert
		case "text", "video":
			return "This is a " + r.Type + " file, not an image." + convert
		}
		return "This is a " + r.Type + " file." + convert
	case poster.Animated:
		return "This image moves. A poster must stand still: please save one picture of it."
	case poster.TooManyPixels:
		return fmt.Sprintf("The image has %d × %d pixels, more than can be read. 2000 × 3000 is plenty.",
			r.Width, r.Height)
	case poster.TooSmall:
		return fmt.Sprintf("The image has only %d × %d pixels. "+
			"It needs %d on each side, and 600 × 900 to look good.", r.Width, r.Height, poster.LeastSide)
	case poster.TooNarrow:
		return fmt.Sprintf("The image has %d × %d pixels. A poster is about two wide and three high.",
			r.Width, r.Height)
	case poster.Damaged:
		return "The " + r.Type + " file is damaged or was not uploaded whole. " +
			"Please open it, save it anew and try again."
	}
	return "This image cannot be used." + convert
}

// LogoRefusal says why an upload cannot be the cinema's logo.
func LogoRefusal(r *poster.Refusal) string {
	switch r.Kind {
	case poster.WrongType:
		if r.Type == "SVG" {
			return "This is an SVG file. Please save it as PNG, about 400 pixels wide."
		}
	case poster.Animated:
		return "This image moves. A logo must stand still: please save one picture of it."
	case poster.TooManyPixels:
		return fmt.Sprintf("The image has %d × %d pixels, more than can be read. 800 × 400 is plenty.",
			r.Width, r.Height)
	case poster.TooSmall:
		return fmt.Sprintf("The image has only %d × %d pixels. "+
			"It needs %d on each side, and 90 of height to look good.", r.Width, r.Height, poster.LogoLeastSide)
	case poster.TooNarrow:
		return fmt.Sprintf("The image has %d × %d pixels. One side may be at most %d times the other.",
			r.Width, r.Height, poster.LogoMostRatio)
	case poster.Empty, poster.TooManyBytes, poster.Damaged:
	}
	return PosterRefusal(r)
}

// MinimumAge says whom a film's rating lets in, or "" where it lets in everybody.
func MinimumAge(m store.Movie) string {
	if m.MinimumAge <= 0 {
		return ""
	}
	return fmt.Sprintf("nobody under %d is let in", m.MinimumAge)
}

// RatingLine is a film's rating with what the law wants said of it where it is sold: the minimum age, or the rating's
// name where it lets in everybody, the reason and the number of the certificate.
func RatingLine(m store.Movie) string {
	var parts []string
	who := MinimumAge(m)
	if who == "" {
		who = m.RatingName
	}
	for _, part := range []string{who, m.RatingReason} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	line := strings.Join(parts, ", ")
	if m.Certificate != "" {
		if line != "" {
			line += ". "
		}
		line += "Certificate " + m.Certificate
	}
	return line
}

// DayOf is the day of an instant in Nairobi.
func DayOf(i store.Instant) store.Day { return store.Day(Nairobi(i).Format(time.DateOnly)) }

// LongDay is a day as it stands in a sentence: Tuesday 15 December. "" where it is none.
func LongDay(d store.Day) string {
	at, ok := d.Date()
	if !ok {
		return ""
	}
	return at.Format("Monday 2 January")
}

// DayName is a day as people read it, such as Fri 4 Dec 2026, or "".
func DayName(d store.Day) string {
	at, ok := d.Date()
	if !ok {
		return ""
	}
	return at.Format("Mon 2 Jan 2006")
}
