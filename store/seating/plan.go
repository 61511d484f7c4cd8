// Package seating is what a cinema's seat plans mean: the notation that a manager types, the same plan as a
// spreadsheet, which free seats are best, which are nearest to one that was taken, which choices leave a single empty
// seat, and which sold seats survive an edit.
//
// # The notation
//
// One line a row, from the screen backwards: its label, a space, its seats, and how they are numbered.
//
//	[Stalls]
//	zone v = VIP
//	A  oooo_oooooo_oooo
//	B  oooo_oooooo_oooo  from right
//	C  oooo_ooo|ooo_oooo  odd left, even right
//	-
//	D  wc__oooooo__cw  even
//	E  LLLL_vvvvvv_LLLL  start 101
//	zones: vvvv
//	F  oo_xhhoooo_oo(14)o
//	note F1 = behind a pillar
//
// A seat is o, or the letter of a declared zone. w is an accessible place, c a companion seat of the nearest w of its
// row, L one half of a love seat, h a house seat that the cinema keeps, x a broken seat that nobody may have. _ is an
// aisle as wide as a seat, | the row's centre, which has no width, and - alone on a line an aisle between two rows.
// [Stalls] heads the rows after it.
//
// Numbers count from 1 and from the left as one faces the screen. "from right", "odd" (1 3 5), "even" (2 4 6), "start
// 101" and "odd left, even right" (or "even left, odd right"; outward from the centre) change that. A number in
// brackets is that of the seat before it, and the next seat continues from it. Aisles have no number; a broken seat has
// one.
//
// Letters are zones and marks are kinds. Where a seat needs both, a line "zones:" after the row gives zones by column,
// with _ where it gives none. A note, of at most 300 characters, is told to whoever chooses the seat. Blank lines are
// ignored.
//
// # Never
//
// It must never see SQL, a clock, a network or another package of the project, and never give one seat to two.
package seating

import (
	"slices"
	"strings"
)

// Limits of a plan.
const (
	MaxSeats   = 2000
	MaxRows    = 100
	MaxColumns = 200 // seats and aisles of a row
	MaxZones   = 20
	MaxNumber  = 9999    // of a seat
	MaxGap     = 9       // cross aisles between two rows
	MaxNote    = 300     // characters of a seat's note
	MaxName    = 40      // characters of a zone's or a section's name
	MaxLabel   = 8       // characters of a row's label
	MaxText    = 1 << 20 // bytes of a plan as text or CSV
)

// Kind is what a seat is.
type Kind string

// The kinds of seat.
const (
	Ordinary   Kind = "ordinary"
	Accessible Kind = "accessible" // a place for a wheelchair
	Companion  Kind = "companion"  // beside an accessible place, for who comes along
	Love       Kind = "love"       // one half of a seat for two
	House      Kind = "house"      // kept by the cinema
	Broken     Kind = "broken"
)

// marks are the marks of the kinds that have one.
const marks = "wcLhx"

// kindOf is the kind that a mark stands for; ordinary for every letter of a zone.
func kindOf(mark rune) Kind {
	switch mark {
	case 'w', '+':
		return Accessible
	case 'c':
		return Companion
	case 'L':
		return Love
	case 'h':
		return House
	case 'x':
		return Broken
	}
	return Ordinary
}

// Mark is what stands for the kind in the notation; 0 for an ordinary seat.
func (k Kind) Mark() rune {
	switch k {
	case Accessible:
		return 'w'
	case Companion:
		return 'c'
	case Love:
		return 'L'
	case House:
		return 'h'
	case Broken:
		return 'x'
	case Ordinary:
	}
	return 0
}

// Kinds lists the kinds, the most common first.
func Kinds() []Kind { return []Kind{Ordinary, Love, Accessible, Companion, House, Broken} }

// ForSale reports whether a customer may have a seat of the kind, unless the cinema says otherwise for a screening.
func (k Kind) ForSale() bool { return k != House && k != Broken }

// Standard is the name of the zone of o, unless the plan names it otherwise.
const Standard = "Standard"

// Zone is a part of the hall with prices of its own.
type Zone struct {
	Letter rune   // o is the first zone's
	Name   string // unique in its plan, whatever the case
}

// Position is where a seat is in its plan; in another plan of the hall it may be another. Row and Col count from 0:
// rows from the screen backwards, without the aisles between them, and columns from the left as one faces the screen,
// with the aisles.
type Position struct{ Row, Col int }

// Seat is one seat of a plan. Two seats are neighbours where they are in one row and their columns differ by one.
type Seat struct {
	Position
	Number int    // as printed, from 1
	Label  string // as printed: the row's label and the number, such as F12. No other seat of the plan has it
	Zone   string // its name
	Kind   Kind
	// Mate is the index of the other half of a love seat, or of the accessible place that a companion seat belongs to;
	// -1 for every other kind.
	Mate int
	Note string // what whoever chooses it should know, "" for nothing
}

// Row is one row of a plan.
type Row struct {
	Label    string
	Section  string // the heading that it stands below, "" for none
	Gap      int    // how many aisles cross the hall before it
	Centre   int    // how many columns are left of its centre; -1 where the plan does not say
	From, To int    // its seats are Seats[From:To]
}

// Plan is a hall's seats. It is not changed once it is read.
type Plan struct {
	Zones   []Zone // that of o first
	Rows    []Row  // from the screen backwards
	Seats   []Seat // by row, and in a row from the left
	Columns int    // of the widest row
}

// Labels lists the labels of seats, given by index.
func (p *Plan) Labels(seats []int) []string {
	labels := make([]string, len(seats))
	for i, seat := range seats {
		labels[i] = p.Seats[seat].Label
	}
	return labels
}

// At is the index of the seat at a position; -1 where none is.
func (p *Plan) At(at Position) int {
	if at.Row < 0 || at.Row >= len(p.Rows) {
		return -1
	}
	row := p.Rows[at.Row]
	i, is := slices.BinarySearchFunc(p.Seats[row.From:row.To], at.Col, func(s Seat, col int) int { return s.Col - col })
	if !is {
		return -1
	}
	return row.From + i
}

// ForSale counts the seats that customers may have.
func (p *Plan) ForSale() int {
	n := 0
	for i := range p.Seats {
		if p.Seats[i].Kind.ForSale() {
			n++
		}
	}
	return n
}

// zone is the zone of a name, whatever the case.
func (p *Plan) zone(name string) (Zone, bool) {
	for _, z := range p.Zones {
		if strings.EqualFold(z.Name, name) {
			return z, true
		}
	}
	return Zone{}, false
}

// letter is the zone of a letter.
func (p *Plan) letter(letter rune) (Zone, bool) {
	for _, z := range p.Zones {
		if z.Letter == letter {
			return z, true
		}
	}
	return Zone{}, false
}

// beside reports whether seat b is the one right of seat a.
func (p *Plan) beside(a, b int) bool {
	return p.Seats[a].Row == p.Seats[b].Row && p.Seats[a].Col+1 == p.Seats[b].Col
}
