package sheet_test

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"pgregory.net/rapid"

	"cinemasphere/store/sheet"
)

func wide(text string, order binary.ByteOrder, mark bool) []byte {
	var b []byte
	units := utf16.Encode([]rune(text))
	if mark {
		units = append([]uint16{0xfeff}, units...)
	}
	for _, u := range units {
		b = append(b, 0, 0)
		order.PutUint16(b[len(b)-2:], u)
	}
	return b
}

// TestRead: one table, as every program writes it.
func TestRead(t *testing.T) {
	want := [][]string{{"Title", "Minutes"}, {"Amélie, again", "122"}, {"=1+1", "-5"}}
	for name, file := range map[string][]byte{
		"plain":           []byte("Title,Minutes\n\"Amélie, again\",122\n=1+1,-5\n"),
		"BOM":             []byte("\ufeffTitle,Minutes\r\n\"Amélie, again\",122\r\n'=1+1,'-5\r\n"),
		"semicolons":      []byte("Title;Minutes\n\"Amélie, again\";122\n=1+1;-5"),
		"semicolons, all": []byte("\"Title\";\"Minutes\"\r\nAmélie, again;122\r\n=1+1;-5\r\n"),
		"tabs":            []byte("Title\tMinutes\nAmélie, again\t122\n=1+1\t-5\n"),
		"sep":             []byte("sep=;\r\nTitle;Minutes\r\nAmélie, again;122\r\n=1+1;-5\r\n"),
		"UTF-16":          wide("Title\tMinutes\r\nAmélie, again\t122\r\n=1+1\t-5\r\n", binary.LittleEndian, true),
		"UTF-16, bigger":  wide("Title,Minutes\n\"Amélie, again\",122\n=1+1,-5\n", binary.BigEndian, true),
		"UTF-16, no mark": wide("Title;Minutes\nAmélie, again;122\n=1+1;-5\n", binary.LittleEndian, false),
		"Windows":         []byte("Title;Minutes\nAm\xe9lie, again;122\n=1+1;-5\n"),
		"empty rows":      []byte("\n,,\nTitle,Minutes,,\n\n\"Amélie, again\",122\n , \n=1+1,-5\n,,,\n\n"),
		"spaces":          []byte(" Title , Minutes \n\"Amélie, again\", 122\n =1+1 ,\u00a0-5\n"),
	} {
		rows, err := sheet.Read(file, 100)
		var got [][]string
		for _, r := range rows {
			got = append(got, r.Cells)
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestFaults: what cannot be read, and in which line.
func TestFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		file string
		kind sheet.FaultKind
		line int
	}{
		"nothing": {"", sheet.Empty, 0}, "only a mark": {"\ufeff", sheet.Empty, 0}, "blank": {"\n , ,\n\n",
			sheet.Empty, 0},
		"workbook": {"PK\x03\x04\x14\x00\x06\x00", sheet.NotText, 0}, "image": {"\x89PNG\r\n\x1a\n\x00",
			sheet.NotText, 0},
		"PDF": {"%PDF-1.7\n", sheet.NotText, 0}, "half a letter": {"\xff\xfea\x00b", sheet.NotText, 0},
		"quote without end": {"title,runtime\nx,1\n\"y,2\nz,3\n", sheet.QuoteWrong, 3},
		"quote inside":      {"title,runtime\nx \"y\" z,1\n", sheet.QuoteWrong, 2},
		"after sep":         {"sep=,\ntitle,runtime\nx \"y\" z,1\n", sheet.QuoteWrong, 3},
		"unknown column":    {"title,runtime,colour\n", sheet.ColumnUnknown, 1},
		"column twice":      {"title,runtime,Title\n", sheet.ColumnTwice, 1},
		"column missing":    {"\ntitle\nx\n", sheet.ColumnMissing, 2},
		"row too long":      {"title,runtime\nx,1\ny,2,3\n", sheet.RowTooLong, 3},
		"too many columns":  {"title,runtime\n" + strings.Repeat("x,", 300) + "x", sheet.TooManyColumns, 2},
		"too many rows":     {"title,runtime\n" + strings.Repeat("x,1\n", 11), sheet.TooManyRows, 0},
		"too many bytes":    {strings.Repeat("x", sheet.MostBytes+1), sheet.TooManyBytes, 0},
	} {
		_, err := sheet.ReadRecords([]byte(tt.file), []string{"title", "runtime"}, []string{"title", "runtime"}, 10)
		var fault *sheet.Fault
		if !errors.As(err, &fault) || fault.Kind != tt.kind || fault.Line != tt.line {
			t.Errorf("%s: %+v, want %s in line %d", name, err, tt.kind, tt.line)
		}
	}
}

// TestRecords: headings in any case and order, and the line of each row, with line breaks in cells.
func TestRecords(t *testing.T) {
	file := "Minutes_x; SHORT  title ;title\n90;S;\"two\nlines\"\n\n91;;\n;;last\n"
	records, err := sheet.ReadRecords([]byte(file), []string{"title", "short_title", "minutes x"}, []string{"title"},
		10)
	want := []sheet.Record{
		{Line: 2, Cells: map[string]string{"minutes x": "90", "short_title": "S", "title": "two\nlines"}},
		{Line: 5, Cells: map[string]string{"minutes x": "91", "short_title": "", "title": ""}},
		{Line: 6, Cells: map[string]string{"minutes x": "", "short_title": "", "title": "last"}},
	}
	if err != nil || !reflect.DeepEqual(records, want) {
		t.Errorf("%+v, %v", records, err)
	}
}

// TestManyRows: a file of 100,000 rows is read in well under the time that a page may take.
func TestManyRows(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("title,runtime\n")
	for i := range 100_000 {
		fmt.Fprintf(&b, "\"Film, %d\",%d\n", i, i%200+1)
	}
	began := time.Now()
	records, err := sheet.ReadRecords(b.Bytes(), []string{"title", "runtime"}, nil, 200_000)
	if err != nil || len(records) != 100_000 || records[99_999].Line != 100_001 {
		t.Fatalf("%d rows, %v", len(records), err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("100,000 rows took %v", took)
	}
	if _, err := sheet.ReadRecords(b.Bytes(), []string{"title", "runtime"}, nil, 5000); err == nil {
		t.Error("100,000 rows were taken for 5,000")
	}
}

// TestThereAndBack: what is written is read again as it was, and no cell begins as a formula does.
func TestThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.OneOf(rapid.StringMatching(`[ -~äé💃\n]{0,8}`), rapid.SampledFrom([]string{
			"=1+1", "'=1", "''=1", "'", "-5", "@x", "+254", "a,b;c", `"q"`, "=HYPERLINK(\"http://x\")", "'quoted'",
		}))
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 1, 4), 1, 5).Draw(t, "rows")
		for i := range rows {
			rows[i][0] = "x" + rows[i][0] // so that no row is empty
			for j := range rows[i] {
				rows[i][j] = strings.TrimSpace(rows[i][j])
			}
			for len(rows[i]) > 0 && rows[i][len(rows[i])-1] == "" {
				rows[i] = rows[i][:len(rows[i])-1]
			}
		}
		rows = slices.Insert(rows, 0, []string{"a", "b", "c", "d"})
		var b bytes.Buffer
		if err := sheet.Write(&b, rows); err != nil {
			t.Fatal(err)
		}
		read, err := sheet.Read(b.Bytes(), 100)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range read {
			if !slices.Equal(r.Cells, rows[i]) {
				t.Errorf("%q became %q", rows[i], r.Cells)
			}
		}
		raw := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff")))
		raw.FieldsPerRecord = -1
		written, err := raw.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, cell := range slices.Concat(written...) {
			if cell != "" && strings.Contains("=+-@\t\r", cell[:1]) {
				t.Errorf("a formula: %q", cell)
			}
		}
	})
}

// FuzzRead: whatever is uploaded is a sheet or a fault.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"title,runtime\nx,1\n", "\ufefftitle;runtime\r\n\"x\ny\";1", "sep=;\na;b", "\xff\xfea\x00,\x00", "a\"b\n",
		"PK\x03\x04",
		"\xfe\xff\x00a", "Am\xe9lie",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		records, err := sheet.ReadRecords(b, []string{"title", "runtime"}, []string{"title"}, 100)
		if err != nil {
			if _, is := errors.AsType[*sheet.Fault](err); !is {
				t.Fatal(err)
			}
			return
		}
		for _, r := range records {
			if r.Line < 1 || len(r.Cells) > 2 {
				t.Errorf("%+v", r)
			}
		}
	})
}
