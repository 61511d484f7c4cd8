package seating

import (
	"fmt"
	"strconv"
)

// Fault is what is wrong with a place of a plan's text.
type Fault string

// The faults, each with the fields of [Problem] that it fills besides line and column.
const (
	TextTooLong    Fault = "text_too_long"    // Limit in bytes
	NoSeats        Fault = "no_seats"         // the plan has none
	TooManyRows    Fault = "too_many_rows"    // Number and Limit
	TooManySeats   Fault = "too_many_seats"   // Number and Limit
	RowTooWide     Fault = "row_too_wide"     // Row, Number and Limit
	TooManyZones   Fault = "too_many_zones"   // Limit
	TooManyAisles  Fault = "too_many_aisles"  // Limit
	BadLabel       Fault = "bad_label"        // Text: the row's label
	RowEmpty       Fault = "row_empty"        // Row
	BadMark        Fault = "bad_mark"         // Row and Text
	UnknownZone    Fault = "unknown_zone"     // Row and Text: a letter that no line declares, or a name
	BadNumber      Fault = "bad_number"       // Row and Text; Limit
	NumberAlone    Fault = "number_alone"     // Row and Text: a number in brackets without a seat before it
	NumberTwice    Fault = "number_twice"     // Row and Text: a second number in brackets
	NumberTooHigh  Fault = "number_too_high"  // Row and Limit
	CentreTwice    Fault = "centre_twice"     // Row
	CentreMissing  Fault = "centre_missing"   // Row: numbers go outward from a centre that is not there
	BadOption      Fault = "bad_option"       // Row and Text: what stands after the seats and is not understood
	OptionClash    Fault = "option_clash"     // Row and Text: an option that contradicts another
	OddLove        Fault = "odd_love"         // Row and Number: how many halves stand together
	LoveZones      Fault = "love_zones"       // Row: a love seat in two zones
	CompanionAlone Fault = "companion_alone"  // Row: no accessible place is in it
	SeatTwice      Fault = "seat_twice"       // Row, Text: the label, and Number: how many of the row do
	BadZone        Fault = "bad_zone"         // Text: the line
	ZoneTwice      Fault = "zone_twice"       // Text: the letter or the name
	ReservedLetter Fault = "reserved_letter"  // Text: the letter
	BadName        Fault = "bad_name"         // Text: a name of a zone or a section
	BadSection     Fault = "bad_section"      // Text: the line
	SectionEmpty   Fault = "section_empty"    // Text: the name
	ZonesAlone     Fault = "zones_alone"      // a line of zones that follows no row
	ZonesTooLong   Fault = "zones_too_long"   // Row and Number: the row's columns
	ZoneOnAisle    Fault = "zone_on_aisle"    // Row and Text
	BadNote        Fault = "bad_note"         // Text: the line
	NoteTooLong    Fault = "note_too_long"    // Text: the seat; Number and Limit
	NoteTwice      Fault = "note_twice"       // Text: the seat
	NoteNowhere    Fault = "note_nowhere"     // Text: a seat that the plan does not have
	BadCell        Fault = "bad_cell"         // Text: the cell
	CellsOutOfRow  Fault = "cells_out_of_row" // Row and Text: a cell whose label is another row's
	MoreProblems   Fault = "more_problems"    // Number: how many more there are
)

// Problem is one thing that is wrong with a plan's text or CSV, and where. Data and no sentence: see [Problem.Error].
type Problem struct {
	Fault  Fault
	Line   int    // from 1
	Column int    // from 1: the character in its line, or the cell of a CSV
	Row    string // the row's label
	Text   string // what stands there
	Number int
	Limit  int
}

// Error is the problem in one English sentence for the manager, without line and column.
func (p Problem) Error() string {
	in := ""
	if p.Row != "" {
		in = "Row " + p.Row + ": "
	}
	text := strconv.Quote(p.Text)
	switch p.Fault {
	case TextTooLong:
		return fmt.Sprintf("The plan is too long: %d KB at most.", p.Limit>>10)
	case NoSeats:
		return "The plan has no seats."
	case TooManyRows:
		return fmt.Sprintf("The plan has %d rows: %d at most.", p.Number, p.Limit)
	case TooManySeats:
		return fmt.Sprintf("The plan has %d seats: %d at most.", p.Number, p.Limit)
	case RowTooWide:
		return in + fmt.Sprintf("%d seats and aisles, %d at most.", p.Number, p.Limit)
	case TooManyZones:
		return fmt.Sprintf("Too many zones: %d at most.", p.Limit)
	case TooManyAisles:
		return fmt.Sprintf("Too many aisles between two rows: %d at most.", p.Limit)
	case BadLabel:
		return fmt.Sprintf("%s cannot be a row's label: letters, digits and dashes, %d at most, a letter or digit "+
			"first.", text, MaxLabel)
	case RowEmpty:
		return in + "no seats. Write the row's label, a space and its seats."
	case BadMark:
		return in + text + " is no seat. Use o for a seat, w accessible, c companion, L love seat, h house, x broken" +
			", _ aisle, | centre, or the letter of a zone."
	case UnknownZone:
		return in + fmt.Sprintf("no line says which zone %s is. Write one such as: zone v = VIP", text)
	case BadNumber:
		return in + fmt.Sprintf("%s is no seat number from 1 to %d.", text, p.Limit)
	case NumberAlone:
		return in + fmt.Sprintf("%s follows no seat. A number in brackets stands after its seat, such as o(14).", text)
	case NumberTwice:
		return in + fmt.Sprintf("%s follows a seat that has a number already.", text)
	case NumberTooHigh:
		return in + fmt.Sprintf("its seat numbers go beyond %d.", p.Limit)
	case CentreTwice:
		return in + "it has two centres. Use one | only."
	case CentreMissing:
		return in + "its numbers go outward from the centre. Mark that by | between two seats."
	case BadOption:
		return in + fmt.Sprintf("%s is not understood. After the seats may stand: from right, odd, even, start 101, "+
			"odd left, even right.", text)
	case OptionClash:
		return in + fmt.Sprintf("%s contradicts what stands before it.", text)
	case OddLove:
		return in + fmt.Sprintf("%d love-seat marks together, and they go in pairs.", p.Number)
	case LoveZones:
		return in + "a love seat is in two zones."
	case CompanionAlone:
		return in + "a companion seat needs an accessible place (w) in its row."
	case SeatTwice:
		if p.Number > 1 {
			return in + fmt.Sprintf("seat %s and %d more stand twice.", p.Text, p.Number-1)
		}
		return in + fmt.Sprintf("seat %s stands twice.", p.Text)
	case BadZone:
		return fmt.Sprintf("%s is no zone. Write a letter and a name, such as: zone v = VIP", text)
	case ZoneTwice:
		return fmt.Sprintf("Zone %s stands twice.", text)
	case ReservedLetter:
		return fmt.Sprintf("%s is a mark of the plan. Take another letter for the zone.", text)
	case BadName:
		return fmt.Sprintf("%s cannot be a name: a letter or digit first, %d characters at most, no colon or bracket.",
			text, MaxName)
	case BadSection:
		return fmt.Sprintf("%s is no heading. Write one such as: [Stalls]", text)
	case SectionEmpty:
		return fmt.Sprintf("No row stands below [%s].", p.Text)
	case ZonesAlone:
		return "A line of zones stands below the row that it is for."
	case ZonesTooLong:
		return in + fmt.Sprintf("the line of zones is longer than the row of %d seats and aisles.", p.Number)
	case ZoneOnAisle:
		return in + fmt.Sprintf("zone %s stands where no seat is.", text)
	case BadNote:
		return fmt.Sprintf("%s is no note. Write one such as: note F1 = behind a pillar", text)
	case NoteTooLong:
		return fmt.Sprintf("The note for %s has %d characters: %d at most.", p.Text, p.Number, p.Limit)
	case NoteTwice:
		return fmt.Sprintf("Seat %s has two notes.", p.Text)
	case NoteNowhere:
		return fmt.Sprintf("There is no seat %s to note anything about.", p.Text)
	case BadCell:
		return in + fmt.Sprintf("%s is no seat. Write its label, with its zone before it and its kind after it where "+
			"it needs them, such as F12, VIP:F12 or VIP:F12+", text)
	case CellsOutOfRow:
		return in + fmt.Sprintf("seat %s is of another row.", text)
	case MoreProblems:
		return fmt.Sprintf("There are %d more.", p.Number)
	}
	return string(p.Fault)
}

// maxProblems is how many problems are told in full.
const maxProblems = 200

// problems gathers what is wrong.
type problems []Problem

func (ps *problems) add(p Problem) { *ps = append(*ps, p) }

// told is the first problems by line and column, and how many more there are.
func (ps problems) told() []Problem {
	sortProblems(ps)
	if len(ps) > maxProblems {
		more := len(ps) - maxProblems + 1
		at := ps[maxProblems-1]
		ps = append(ps[:maxProblems-1:maxProblems-1],
			Problem{Fault: MoreProblems, Line: at.Line, Column: at.Column, Number: more})
	}
	return ps
}
