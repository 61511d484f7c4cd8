// Package sheet reads and writes CSV as spreadsheets make it: with a byte order mark or none, in UTF-8, UTF-16 or what
// Windows writes, with commas, semicolons or tabs, and with line breaks in cells.
//
// Cells are texts: no formula is ever computed, and none is written that a spreadsheet would compute. It must never
// know what the columns mean, and never touch a file, the network or a clock.
package sheet

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Bounds of a sheet.
const (
	MostBytes   = 16 << 20 // bytes of the file
	MostColumns = 200
)

// FaultKind is why a file cannot be read as a sheet.
type FaultKind string

// The faults, each with the fields of [Fault] that it fills.
const (
	Empty          FaultKind = "empty"            // no line with anything in it
	TooManyBytes   FaultKind = "too_many_bytes"   // more than MostBytes
	TooManyRows    FaultKind = "too_many_rows"    // Most
	TooManyColumns FaultKind = "too_many_columns" // Line, Most
	NotText        FaultKind = "not_text"         // a workbook, an image or another file that is no text
	QuoteWrong     FaultKind = "quote_wrong"      // Line: a quotation mark in a cell that has none around it, or no end
	ColumnTwice    FaultKind = "column_twice"     // Line, Column
	ColumnUnknown  FaultKind = "column_unknown"   // Line, Column
	ColumnMissing  FaultKind = "column_missing"   // Column
	RowTooLong     FaultKind = "row_too_long"     // Line: it has more cells than there are columns
)

// Fault is a file that cannot be read as a sheet.
type Fault struct {
	Kind   FaultKind
	Line   int    // from 1; 0 where it is about the whole file
	Column string // its heading
	Most   int
}

// Error names the kind and the line.
func (f *Fault) Error() string { return fmt.Sprintf("sheet: %s in line %d", f.Kind, f.Line) }

// Row is a row of cells.
type Row struct {
	Line  int // that it begins in, from 1
	Cells []string
}

// Read reads a sheet of at most so many rows, empty ones not counted. White space around cells is dropped.
func Read(b []byte, mostRows int) ([]Row, error) {
	if len(b) > MostBytes {
		return nil, &Fault{Kind: TooManyBytes}
	}
	text, ok := Text(b)
	if !ok {
		return nil, &Fault{Kind: NotText}
	}
	text, comma, skipped := separator(text)
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = comma, -1, true
	var rows []Row
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if wrong, is := errors.AsType[*csv.ParseError](err); is {
			return nil, &Fault{Kind: QuoteWrong, Line: wrong.StartLine + skipped}
		}
		if err != nil {
			return nil, fmt.Errorf("read sheet: %w", err)
		}
		line, _ := r.FieldPos(0)
		row := Row{Line: line + skipped}
		for _, c := range cells {
			row.Cells = append(row.Cells, unguard(strings.TrimSpace(c)))
		}
		for len(row.Cells) > 0 && row.Cells[len(row.Cells)-1] == "" {
			row.Cells = row.Cells[:len(row.Cells)-1]
		}
		switch {
		case len(row.Cells) == 0:
			continue
		case len(row.Cells) > MostColumns:
			return nil, &Fault{Kind: TooManyColumns, Line: row.Line, Most: MostColumns}
		case len(rows) > mostRows:
			return nil, &Fault{Kind: TooManyRows, Most: mostRows}
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil, &Fault{Kind: Empty}
	}
	return rows, nil
}

// Record is a row of a sheet with headings: its cells by their column.
type Record struct {
	Line  int
	Cells map[string]string
}

// ReadRecords reads a sheet whose first row has headings: names of the known columns in any case and order, with spaces
// or underscores. All that are needed must be there. The rows below it are at most so many.
func ReadRecords(b []byte, known, needed []string, mostRows int) ([]Record, error) {
	rows, err := Read(b, mostRows)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, name := range known {
		names[heading(name)] = name
	}
	head := rows[0]
	columns := make([]string, len(head.Cells))
	have := map[string]bool{}
	for i, cell := range head.Cells {
		name, is := names[heading(cell)]
		switch {
		case !is && cell != "":
			return nil, &Fault{Kind: ColumnUnknown, Line: head.Line, Column: cell}
		case have[name] && cell != "":
			return nil, &Fault{Kind: ColumnTwice, Line: head.Line, Column: cell}
		}
		columns[i], have[name] = name, true
	}
	for _, name := range needed {
		if !have[name] {
			return nil, &Fault{Kind: ColumnMissing, Line: head.Line, Column: name}
		}
	}
	var records []Record
	for _, row := range rows[1:] {
		if len(row.Cells) > len(columns) {
			return nil, &Fault{Kind: RowTooLong, Line: row.Line}
		}
		cells := make(map[string]string, len(columns))
		for i, name := range columns {
			if name == "" {
				continue
			}
			if cells[name] = ""; i < len(row.Cells) {
				cells[name] = row.Cells[i]
			}
		}
		records = append(records, Record{row.Line, cells})
	}
	return records, nil
}

func heading(name string) string {
	return strings.Join(strings.Fields(strings.ToLower(strings.ReplaceAll(name, "_", " "))), " ")
}

// Write writes rows as a spreadsheet opens them by itself: UTF-8 with a byte order mark, and an apostrophe before what
// it would compute.
func Write(w io.Writer, rows [][]string) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	for _, row := range rows {
		guarded := make([]string, len(row))
		for i, cell := range row {
			guarded[i] = guard(cell)
		}
		if err := c.Write(guarded); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// formula are the characters that a spreadsheet takes for the beginning of a formula.
const formula = "=+-@\t\r"

// guard puts an apostrophe before what a spreadsheet would compute, and before an apostrophe that stands before such.
func guard(cell string) string {
	if rest := strings.TrimLeft(cell, "'"); rest != "" && strings.ContainsRune(formula, rune(rest[0])) {
		return "'" + cell
	}
	return cell
}

// unguard takes the apostrophe away again.
func unguard(cell string) string {
	if rest := strings.TrimLeft(cell, "'"); len(rest) < len(cell) && rest != "" &&
		strings.ContainsRune(formula, rune(rest[0])) {
		return cell[1:]
	}
	return cell
}

// Text is a file as text without a byte order mark, and false where it is none.
func Text(b []byte) (string, bool) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		b = b[3:]
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		order, b = binary.LittleEndian, b[2:]
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		order, b = binary.BigEndian, b[2:]
	case len(b) >= 4 && b[0] != 0 && b[1] == 0 && b[2] != 0 && b[3] == 0:
		order = binary.LittleEndian
	case len(b) >= 4 && b[0] == 0 && b[1] != 0 && b[2] == 0 && b[3] != 0:
		order = binary.BigEndian
	}
	if order != nil {
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = order.Uint16(b[2*i:])
		}
		text := string(utf16.Decode(units))
		return text, len(b)%2 == 0 && !strings.ContainsRune(text, 0)
	}
	if bytes.IndexByte(b, 0) >= 0 || bytes.HasPrefix(b, []byte("PK\x03\x04")) || bytes.HasPrefix(b, []byte("%PDF")) {
		return "", false
	}
	if utf8.Valid(b) {
		return string(b), true
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(b)
	return string(text), err == nil
}

// separator finds what stands between cells, in the first line: what a line "sep=;" says, else what there is most of
// outside quotation marks. The text is what is left to read, after so many lines.
func separator(text string) (rest string, comma rune, skipped int) {
	first, after, _ := strings.Cut(text, "\n")
	first = strings.TrimSuffix(first, "\r")
	if s, is := strings.CutPrefix(strings.ToLower(first), "sep="); is && len(s) == 1 && strings.Contains(",;\t|", s) {
		return after, rune(s[0]), 1
	}
	counts, quoted := map[rune]int{}, false
	for _, r := range first {
		switch {
		case r == '"':
			quoted = !quoted
		case !quoted && strings.ContainsRune(",;\t", r):
			counts[r]++
		}
	}
	comma = ','
	for _, r := range ";\t" {
		if counts[r] > counts[comma] {
			comma = r
		}
	}
	return text, comma, 0
}
