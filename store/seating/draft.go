package seating

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// cell is one seat as it stands in a text or a CSV.
type cell struct {
	col    int
	kind   Kind
	zone   string // its name
	number int    // that is given, 0 where it follows from the numbering
	column int    // where it stands, from 1
}

// draftRow is one row as it stands.
type draftRow struct {
	label, section string
	gap, centre    int
	cells          []cell
	numbering      numbering
	line, column   int // of its label
	columns        int // seats and aisles
}

// draftNote is a note as it stands.
type draftNote struct {
	seat, text string
	line       int
}

// draft is a plan while it is read, from text or CSV.
type draft struct {
	problems problems
	zones    []Zone
	rows     []draftRow
	tooMany  int // rows beyond the limit
	notes    []draftNote
	section  string
	gap      int
	empty    Problem // about the last section while no row stands below it
}

func newDraft() *draft { return &draft{zones: []Zone{{'o', Standard}}} }

// fail adds a problem.
func (d *draft) fail(p Problem) { d.problems.add(p) }

// directive reads what stands alone on a line or in the first cell: an aisle, a heading, a zone or a note. It reports
// whether it was one of them.
func (d *draft) directive(text string, line, column int) bool {
	switch word, rest := cutWord(text); {
	case strings.Trim(text, "-") == "":
		if d.gap++; d.gap == MaxGap+1 {
			d.fail(Problem{Fault: TooManyAisles, Line: line, Column: column, Limit: MaxGap})
		}
	case strings.HasPrefix(text, "["):
		d.heading(text, line, column)
	case word == "note":
		d.note(text, rest, line, column)
	case word == "zone": // read before the rows
	default:
		return false
	}
	return true
}

// cutWord cuts a text after its first word.
func cutWord(text string) (word, rest string) {
	i := strings.IndexFunc(text, unicode.IsSpace)
	if i < 0 {
		return text, ""
	}
	return text[:i], strings.TrimSpace(text[i:])
}

func (d *draft) heading(text string, line, column int) {
	d.endSection()
	inside, closed := strings.CutSuffix(text[1:], "]")
	name, good := properName(inside)
	switch {
	case !closed:
		d.fail(Problem{Fault: BadSection, Line: line, Column: column, Text: clip(text)})
	case !good:
		d.fail(Problem{Fault: BadName, Line: line, Column: column + 1, Text: clip(inside)})
	default:
		d.section = name
		d.empty = Problem{Fault: SectionEmpty, Line: line, Column: column, Text: name}
	}
}

// endSection complains where no row stood below the last heading.
func (d *draft) endSection() {
	if d.empty.Fault != "" {
		d.fail(d.empty)
		d.empty = Problem{}
	}
}

// zone reads a line such as zone v = VIP.
func (d *draft) zone(text string, line, column int) {
	_, rest := cutWord(text)
	letters, given, is := strings.Cut(rest, "=")
	letters = strings.TrimSpace(letters)
	letter, size := utf8.DecodeRuneInString(letters)
	name, good := properName(given)
	fault := Fault("")
	shown := letters
	switch {
	case !is || size != len(letters) || !isLetter(letter):
		fault, shown = BadZone, text
	case strings.ContainsRune(marks, letter):
		fault = ReservedLetter
	case !good:
		fault, shown = BadName, strings.TrimSpace(given)
	}
	at := &Plan{Zones: d.zones}
	if fault == "" {
		other, taken := at.zone(name)
		_, known := at.letter(letter)
		switch {
		case letter == 'o' && d.zones[0].Name == Standard && (!taken || other.Letter == 'o'):
			d.zones[0].Name = name
			return
		case taken && other.Letter != letter:
			fault, shown = ZoneTwice, name
		case known:
			fault = ZoneTwice
		case len(d.zones) == MaxZones:
			fault = TooManyZones
		}
	}
	if fault != "" {
		d.fail(Problem{Fault: fault, Line: line, Column: column, Text: clip(shown), Limit: MaxZones})
		return
	}
	d.zones = append(d.zones, Zone{letter, name})
}

func (d *draft) note(text, rest string, line, column int) {
	seat, note, is := strings.Cut(rest, "=")
	seat, note = strings.TrimSpace(seat), strings.Join(strings.Fields(note), " ")
	if n := utf8.RuneCountInString(note); !is || n == 0 || len(strings.Fields(seat)) != 1 || !printable(note) {
		d.fail(Problem{Fault: BadNote, Line: line, Column: column, Text: clip(text)})
	} else if n > MaxNote {
		d.fail(Problem{Fault: NoteTooLong, Line: line, Column: column, Text: clip(seat), Number: n, Limit: MaxNote})
	} else {
		d.notes = append(d.notes, draftNote{seat, note, line})
	}
}

// begin starts a row below the last heading. It reports false beyond the limit.
func (d *draft) begin(label string, line, column int) (*draftRow, bool) {
	d.empty = Problem{}
	if len(d.rows) == MaxRows {
		if d.tooMany++; d.tooMany == 1 {
			d.fail(Problem{Fault: TooManyRows, Line: line, Column: column, Limit: MaxRows})
		}
		return nil, false
	}
	if !properLabel(label) {
		d.fail(Problem{Fault: BadLabel, Line: line, Column: column, Text: clip(label)})
	}
	d.rows = append(d.rows, draftRow{
		label: label, section: d.section, gap: min(d.gap, MaxGap), centre: -1, numbering: plain(), line: line,
		column: column,
	})
	d.gap = 0
	return &d.rows[len(d.rows)-1], true
}

// finish makes the plan of what was read, or says what is wrong with it.
func (d *draft) finish() (Plan, []Problem) {
	d.endSection()
	p := Plan{Zones: d.zones}
	columns := map[int]int{} // of each seat, by its index
	for i := range d.rows {
		r := &d.rows[i]
		row := Row{Label: r.label, Section: r.section, Gap: r.gap, Centre: r.centre, From: len(p.Seats)}
		d.checkRow(r)
		for _, c := range r.cells {
			columns[len(p.Seats)] = c.column
			p.Seats = append(p.Seats, Seat{
				Position: Position{i, c.col}, Kind: c.kind, Zone: c.zone, Number: c.number, Mate: -1,
			})
			p.Columns = max(p.Columns, c.col+1)
		}
		row.To = len(p.Seats)
		d.number(r, p.Seats[row.From:row.To])
		d.pair(r, &p, row)
		p.Rows = append(p.Rows, row)
	}
	d.unique(&p, columns)
	d.keepNotes(&p)
	switch n := len(p.Seats); {
	case n == 0:
		d.fail(Problem{Fault: NoSeats, Line: 1, Column: 1})
	case n > MaxSeats:
		at := d.rows[p.Seats[MaxSeats].Row]
		d.fail(Problem{
			Fault: TooManySeats, Line: at.line, Column: columns[MaxSeats], Number: n, Limit: MaxSeats,
		})
	}
	if len(d.problems) > 0 {
		for i := range d.problems {
			if d.problems[i].Fault == TooManyRows {
				d.problems[i].Number = MaxRows + d.tooMany
			}
		}
		return Plan{}, d.problems.told()
	}
	return p, nil
}

// checkRow looks at the extent of a row.
func (d *draft) checkRow(r *draftRow) {
	if r.columns > MaxColumns {
		d.fail(Problem{
			Fault: RowTooWide, Line: r.line, Column: r.column, Row: r.label, Number: r.columns, Limit: MaxColumns,
		})
	}
	if r.numbering.order >= oddLeft && r.centre < 0 {
		d.fail(Problem{Fault: CentreMissing, Line: r.line, Column: r.column, Row: r.label})
	}
}

// number gives the row's seats their numbers and labels.
func (d *draft) number(r *draftRow, seats []Seat) {
	high := false
	r.numbering.walk(len(seats), leftOf(seats, r.centre), func(i, number int) int {
		if seats[i].Number == 0 {
			seats[i].Number = number
		}
		high = high || seats[i].Number > MaxNumber
		seats[i].Label = r.label + strconv.Itoa(seats[i].Number)
		return seats[i].Number
	})
	if high {
		d.fail(Problem{Fault: NumberTooHigh, Line: r.line, Column: r.column, Row: r.label, Limit: MaxNumber})
	}
}

// pair ties the halves of love seats together, and each companion seat to the nearest accessible place of its row: of
// two as near the left one.
func (d *draft) pair(r *draftRow, p *Plan, row Row) {
	for i := row.From; i < row.To; i++ {
		switch p.Seats[i].Kind {
		case Love:
			end := i + 1
			for end < row.To && p.Seats[end].Kind == Love && p.beside(end-1, end) {
				end++
			}
			at := r.cells[i-row.From].column
			if n := end - i; n%2 == 1 {
				d.fail(Problem{Fault: OddLove, Line: r.line, Column: at, Row: r.label, Number: n})
			}
			for j := i; j+1 < end; j += 2 {
				p.Seats[j].Mate, p.Seats[j+1].Mate = j+1, j
				if p.Seats[j].Zone != p.Seats[j+1].Zone {
					d.fail(Problem{Fault: LoveZones, Line: r.line, Column: at + j - i, Row: r.label})
				}
			}
			i = end - 1
		case Companion:
			if p.Seats[i].Mate = p.nearestPlace(i, row); p.Seats[i].Mate < 0 {
				d.fail(Problem{
					Fault: CompanionAlone, Line: r.line, Column: r.cells[i-row.From].column, Row: r.label,
				})
			}
		case Ordinary, Accessible, House, Broken:
		}
	}
}

// nearestPlace is the accessible place of the row that is nearest to a seat, -1 where there is none.
func (p *Plan) nearestPlace(seat int, row Row) int {
	nearest, least := -1, MaxColumns+1
	for i := row.From; i < row.To; i++ {
		if far := p.Seats[i].Col - p.Seats[seat].Col; p.Seats[i].Kind == Accessible && max(far, -far) < least {
			nearest, least = i, max(far, -far)
		}
	}
	return nearest
}

// unique looks for labels that stand twice: one problem for each row that repeats some.
func (d *draft) unique(p *Plan, columns map[int]int) {
	seen := make(map[string]bool, len(p.Seats))
	for i, row := range p.Rows {
		var twice Problem
		for s := row.From; s < row.To; s++ {
			label := p.Seats[s].Label
			if seen[label] {
				if twice.Number++; twice.Number == 1 {
					twice.Text, twice.Column = label, columns[s]
				}
			}
			seen[label] = true
		}
		if twice.Number > 0 {
			twice.Fault, twice.Line, twice.Row = SeatTwice, d.rows[i].line, row.Label
			d.fail(twice)
		}
	}
}

func (d *draft) keepNotes(p *Plan) {
	if len(d.notes) == 0 {
		return
	}
	byLabel := make(map[string]int, len(p.Seats))
	for i := range p.Seats {
		byLabel[p.Seats[i].Label] = i
	}
	for _, n := range d.notes {
		switch i, is := byLabel[n.seat]; {
		case !is:
			d.fail(Problem{Fault: NoteNowhere, Line: n.line, Column: 1, Text: clip(n.seat)})
		case p.Seats[i].Note != "":
			d.fail(Problem{Fault: NoteTwice, Line: n.line, Column: 1, Text: n.seat})
		default:
			p.Seats[i].Note = n.text
		}
	}
}

// properName is a zone's or a section's name with single spaces, and whether it may be one. It begins with a letter or
// digit, so that no spreadsheet takes it for a formula.
func properName(text string) (string, bool) {
	name := strings.Join(strings.Fields(text), " ")
	first, _ := utf8.DecodeRuneInString(name)
	return name, (unicode.IsLetter(first) || unicode.IsDigit(first)) && printable(name) &&
		!strings.ContainsAny(name, ":[]") && utf8.RuneCountInString(name) <= MaxName
}

// properLabel reports whether a text may be a row's label: letters, digits and dashes, a letter or digit first, and no
// word that begins another line of the notation.
func properLabel(label string) bool {
	for i, r := range label {
		if !(unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) && i > 0 || r == '-' && i > 0) {
			return false
		}
	}
	return label != "" && label != "zone" && label != "note" && printable(label) &&
		utf8.RuneCountInString(label) <= MaxLabel
}

func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.IsPrint(r) || r == utf8.RuneError
	})
}

// isLetter reports whether a rune may stand for a zone.
func isLetter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }

// clip is a text short enough to show, and safe to.
func clip(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if runes := []rune(text); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return text
}

// sortProblems orders problems by where they are.
func sortProblems(ps []Problem) {
	slices.SortStableFunc(ps, func(a, b Problem) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
}
