package seating

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// header is the first cell of a CSV whose first column has the labels of rows.
const header = "row"

// CSV is the plan as a spreadsheet, with commas and without a byte order mark, which [ParseCSV] reads as the same plan.
// The first cell is "row". A row has its label and then a cell a column: a seat's label, empty for an aisle, | for the
// centre. Before a label stands the zone and a colon where it is not the first zone, after it the mark of its kind,
// with + for an accessible place: VIP:E12+. Headings, aisles between rows, zones and notes stand in the first column as
// they do in the text.
func (p *Plan) CSV() string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	write := func(cells ...string) { _ = w.Write(cells) } // a strings.Builder takes everything
	write(header)
	for _, line := range p.zoneLines() {
		write(line)
	}
	section := ""
	for _, r := range p.Rows {
		if r.Section != section {
			section = r.Section
			write("[" + section + "]")
		}
		for range r.Gap {
			write("-")
		}
		write(p.cells(r)...)
	}
	for _, line := range p.noteLines() {
		write(line)
	}
	w.Flush()
	return b.String()
}

// cells are a row's cells: its label, its seats and aisles.
func (p *Plan) cells(r Row) []string {
	cells := []string{r.Label}
	col, centred := 0, r.Centre < 0
	pad := func(to int) {
		for ; col <= to; col++ {
			if !centred && col == r.Centre {
				centred = true
				cells = append(cells, "|")
			}
			if col < to {
				cells = append(cells, "")
			}
		}
		col = to
	}
	for _, s := range p.Seats[r.From:r.To] {
		pad(s.Col)
		text := s.Label
		if s.Zone != p.Zones[0].Name {
			text = s.Zone + ":" + text
		}
		switch mark := s.Kind.Mark(); mark {
		case 0:
		case 'w':
			text += "+"
		default:
			text += string(mark)
		}
		cells = append(cells, text)
		col++
	}
	pad(max(col, r.Centre))
	return cells
}

// ParseCSV reads a plan from a spreadsheet: what [Plan.CSV] writes, and what a person has typed: commas, semicolons or
// tabs, UTF-8 or UTF-16, with a byte order mark or without. Without the header, the first column has the labels of rows
// where its cells have no number, and otherwise a row's label is what its first seat's number follows. A number alone
// is a seat of the row. A row of empty cells is an aisle between rows. Zones that no line declares declare themselves,
// where no line declares any. Problems have the cell's number as their column.
func ParseCSV(data []byte) (Plan, []Problem) {
	if len(data) > MaxText {
		return Plan{}, []Problem{{Fault: TextTooLong, Line: 1, Column: 1, Limit: MaxText}}
	}
	d := newDraft()
	r := sheetReader{draft: d}
	records, lines := r.records(Decode(data))
	for i, cells := range records {
		if word, _ := cutWord(cells[0]); word == "zone" {
			r.declared = true
			d.zone(cells[0], lines[i], 1)
		}
	}
	if len(records) > 0 && strings.EqualFold(records[0][0], header) {
		r.headed = true
		records, lines = records[1:], lines[1:]
	}
	for i, cells := range records {
		r.record(cells, lines[i])
	}
	if len(d.rows) > 0 && d.gap > 0 { // empty lines at the end of the sheet
		d.gap = 0
	}
	return d.finish()
}

// Decode is a file, in UTF-8 or with the byte order mark of UTF-16, as text without its byte order mark.
func Decode(data []byte) string {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		order = binary.BigEndian
	default:
		return strings.TrimPrefix(string(data), "\uFEFF")
	}
	units := make([]uint16, 0, len(data)/2)
	for rest := data[2:]; len(rest) >= 2; rest = rest[2:] {
		units = append(units, order.Uint16(rest))
	}
	return string(utf16.Decode(units))
}

// sheetReader reads the records of a sheet into a draft.
type sheetReader struct {
	*draft
	headed   bool // the first column has the rows' labels
	declared bool // lines declare the zones
}

// records are the records of a sheet and their lines, without spaces around cells.
func (r *sheetReader) records(text string) (records [][]string, lines []int) {
	c := csv.NewReader(strings.NewReader(text))
	c.Comma = separator(text)
	c.FieldsPerRecord, c.LazyQuotes, c.ReuseRecord = -1, true, false
	for {
		cells, err := c.Read()
		if errors.Is(err, io.EOF) {
			return records, lines
		}
		if err != nil {
			wrong := Problem{Fault: BadCell, Line: 1, Column: 1}
			if at, is := errors.AsType[*csv.ParseError](err); is {
				wrong.Line = at.StartLine
			}
			r.fail(wrong)
			return records, lines
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		line, _ := c.FieldPos(0)
		records, lines = append(records, cells), append(lines, line)
	}
}

// separator is what stands most often outside the quotes of a sheet.
func separator(text string) rune {
	best, quoted := ',', false
	seen := map[rune]int{}
	for _, r := range text {
		switch r {
		case '"':
			quoted = !quoted
		case ',', ';', '\t':
			if !quoted {
				seen[r]++
			}
		}
	}
	for _, s := range ";\t" {
		if seen[s] > seen[best] {
			best = s
		}
	}
	return best
}

// record reads one record.
func (r *sheetReader) record(cells []string, line int) {
	alone := true
	for _, cell := range cells[1:] {
		alone = alone && cell == ""
	}
	switch {
	case alone && cells[0] == "":
		if len(r.rows) > 0 {
			r.gap++
		}
	case alone && r.directive(cells[0], line, 1):
	default:
		r.row(cells, line)
	}
}

// row reads a record that is a row.
func (r *sheetReader) row(cells []string, line int) {
	label, from := cells[0], 1
	if !r.headed && (label == "" || endsInNumber(label)) {
		label, from = "", 0
		for _, cell := range cells {
			if s := r.seat(cell, ""); s.good && s.label != "" {
				label = s.label
				break
			}
		}
	}
	row, room := r.begin(label, line, 1)
	if !room {
		return
	}
	for i := from; i < len(cells); i++ {
		switch text := cells[i]; text {
		case "":
			row.columns++
		case "|":
			if row.centre >= 0 {
				r.fail(Problem{Fault: CentreTwice, Line: line, Column: i + 1, Row: label})
			}
			row.centre = row.columns
		default:
			r.cell(row, text, i+1)
		}
	}
	for len(row.cells) > 0 && row.columns > max(row.cells[len(row.cells)-1].col+1, row.centre) {
		row.columns-- // empty cells at the end of the line
	}
	if len(row.cells) == 0 {
		r.fail(Problem{Fault: RowEmpty, Line: line, Column: 1, Row: clip(label)})
	}
}

// cell reads one seat of a row.
func (r *sheetReader) cell(row *draftRow, text string, column int) {
	s := r.seat(text, row.label)
	at := Problem{Line: row.line, Column: column, Row: row.label, Text: clip(text), Limit: MaxNumber}
	if !s.good {
		at.Fault = BadCell
	} else if s.label != row.label {
		at.Fault = CellsOutOfRow
	} else if s.number == 0 {
		at.Fault = BadNumber
	}
	zone := r.zones[0].Name
	if s.zone != "" {
		known := &Plan{Zones: r.zones}
		z, is := known.zone(s.zone)
		if !is && !r.declared && at.Fault == "" {
			z, is = r.declare(s.zone)
		}
		if zone = z.Name; !is && at.Fault == "" {
			at.Fault, at.Text = UnknownZone, clip(s.zone)
		}
	}
	if at.Fault != "" {
		r.fail(at)
	}
	row.cells = append(row.cells, cell{row.columns, s.kind, zone, s.number, column})
	row.columns++
}

// declare makes a zone of a name in a cell. Its letter is the first of the name that is free, or else of the alphabet.
func (r *sheetReader) declare(text string) (Zone, bool) {
	name, good := properName(text)
	if !good || len(r.zones) == MaxZones {
		return Zone{}, false
	}
	known := &Plan{Zones: r.zones}
	for _, letter := range strings.ToLower(name) + "abcdefghijklmnopqrstuvwxyz" {
		if _, taken := known.letter(letter); !taken && isLetter(letter) && !strings.ContainsRune(marks, letter) {
			r.zones = append(r.zones, Zone{letter, name})
			return r.zones[len(r.zones)-1], true
		}
	}
	return Zone{}, false
}

// sheetSeat is what stands in a cell.
type sheetSeat struct {
	zone   string
	label  string // the row's
	number int    // 0 where there is none from 1 to MaxNumber
	kind   Kind
	good   bool // it has the form of a seat
}

// seat reads a cell of a row, whose label may not be known yet.
func (r *sheetReader) seat(text, row string) sheetSeat {
	s := sheetSeat{kind: Ordinary}
	if zone, rest, is := strings.Cut(text, ":"); is {
		s.zone, text = strings.TrimSpace(zone), strings.TrimSpace(rest)
		if s.zone == "" {
			return s
		}
	}
	if last, size := utf8.DecodeLastRuneInString(text); last == '+' || strings.ContainsRune(marks, last) {
		s.kind, text = kindOf(last), strings.TrimSpace(text[:len(text)-size])
	}
	label := strings.TrimRight(text, "0123456789")
	rest, is := strings.CutPrefix(text, row)
	if is && row != "" && rest != "" && strings.Trim(rest, "0123456789") == "" {
		label = row // whose last character may be a digit
	}
	digits := text[len(label):]
	if s.good = digits != ""; !s.good {
		return s
	}
	if s.number, _ = seatNumber(digits); label == "" {
		label = row // a number alone
	}
	s.label = label
	return s
}

// endsInNumber reports whether a cell may be a seat's.
func endsInNumber(text string) bool {
	text = strings.TrimRightFunc(text, func(r rune) bool { return r == '+' || strings.ContainsRune(marks, r) })
	last, _ := utf8.DecodeLastRuneInString(text)
	return unicode.IsDigit(last) && last < utf8.RuneSelf || text == "|"
}

// Read reads a plan from a form, where it was typed in the notation or pasted from a spreadsheet.
func Read(text string) (Plan, []Problem) {
	if isSheet(text) {
		return ParseCSV([]byte(text))
	}
	return Parse(text)
}

// isSheet reports whether a line has a separator in or after its first word, or tabs between more than two cells. Only
// a heading of the notation has one there.
func isSheet(text string) bool {
	for line := range strings.Lines(strings.TrimPrefix(text, "\uFEFF")) {
		line = strings.TrimRight(line, "\r\n")
		word, rest := cutWord(strings.TrimSpace(line))
		if !strings.HasPrefix(word, "[") && (strings.ContainsAny(word, ",;") || strings.IndexAny(rest, ",;") == 0) ||
			strings.Count(line, "\t") > 1 {
			return true
		}
	}
	return false
}

// Keep reads a plan as [Read] does, and is the text to keep of it: what was typed, or a spreadsheet in the notation. A
// plan without a seat for sale is a problem too.
func Keep(typed string) (Plan, string, []Problem) {
	plan, problems := Read(typed)
	if len(problems) == 0 && plan.ForSale() == 0 {
		problems = []Problem{{Fault: NoSeats, Line: 1, Column: 1}}
	}
	if len(problems) > 0 {
		return plan, "", problems
	}
	text := strings.TrimPrefix(strings.ReplaceAll(typed, "\r\n", "\n"), "\uFEFF")
	if isSheet(text) {
		text = plan.Text()
	}
	return plan, text, nil
}
