package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/PuerkitoBio/goquery"

	"cinemasphere/store"
)

// TestImportFilms: what is uploaded or pasted, the status, and what the page says. What was pasted comes back.
func TestImportFilms(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	utf16le := func(text string) string {
		b := "\xff\xfe"
		for _, u := range utf16.Encode([]rune(text)) {
			b += string([]byte{byte(u), byte(u >> 8)})
		}
		return b
	}
	head := "title,runtime,rating\n"
	var many strings.Builder
	many.WriteString(head)
	for i := range 100_000 {
		fmt.Fprintf(&many, "Film %d,90,GE\n", i)
	}
	for name, tt := range map[string]struct {
		file, text string
		status     int
		says       string
	}{
		"nothing":      {"", "", 422, "nothing in this file"},
		"good":         {"", head + "Supa Modo,74,GE\n", 200, "1 new, 0 changed"},
		"BOM":          {"\ufeff" + head + "Supa Modo,74,GE\n", "", 200, "1 new"},
		"semicolons":   {"Title;Runtime;Rating;Opens on\r\nSupa Modo;74;GE;30/11/2026\r\n", "", 200, "1 new"},
		"UTF-16":       {utf16le("title\truntime\trating\nAmélie\t122\t16\n"), "", 200, "1 new"},
		"formula":      {head + "=HYPERLINK(\"http://x\"),74,GE\n", "", 422, "Line 2"},
		"formula cell": {head + "'=1+1,=2+2,GE\n", "", 422, "from 1 to 600"},
		"mistakes":     {head + "A,90,GE\n,0,X\nA,90,GE\n", "", 422, "the same film as in line 2"},
		"workbook":     {"PK\x03\x04\x14\x00\x06\x00", "", 422, "not a CSV file"},
		"no title":     {"runtime,rating\n90,GE\n", "", 422, "column title is missing"},
		"other column": {"title,colour\nA,red\n", "", 422, "no column colour"},
		"100,000 rows": {many.String(), "", 422, "more than 2000 rows"},
		"headings":     {head, "", 200, "nothing to import"},
		"script":       {"", head + "<script>alert(1)</script>,90,GE\n", 200, "1 new"},
	} {
		filename := ""
		if tt.file != "" {
			filename = "films.csv"
		}
		w := m.upload("/admin/films/import", "file", filename, []byte(tt.file), url.Values{"text": {tt.text}})
		if w.Code != tt.status {
			t.Errorf("%s: %d, want %d", name, w.Code, tt.status)
			continue
		}
		d := page(t, w)
		if text := d.Find("main").Text(); !strings.Contains(text, tt.says) {
			t.Errorf("%s: the page lacks %q: %.400s", name, tt.says, text)
		}
		if got := d.Find("#text").Text(); tt.text != "" && got != tt.text {
			t.Errorf("%s: %q came back as %q", name, tt.text, got)
		}
	}
	if n, err := o.store.Catalogue().CountMovies(t.Context()); err != nil || n != 0 {
		t.Fatalf("%d films after dry runs, %v", n, err)
	}

	checked := page(t, m.upload("/admin/films/import", "file", "f.csv", []byte(head+"'=A,74,GE\nB,80,16\n"), nil))
	text := checked.Find("#text").Text()
	for range 2 { // the second time nothing changes
		w := m.upload("/admin/films/import", "", "", nil, url.Values{"text": {text}, "write": {"1"}})
		if w.Code != http.StatusSeeOther {
			t.Fatalf("import: %d %s", w.Code, w.Body)
		}
	}
	films, all, err := o.store.Catalogue().Movies(t.Context(), store.MovieFilter{})
	if err != nil || all != 2 || films[0].Title != "=A" || films[1].AgeRating != "16" {
		t.Errorf("imported: %+v, %v", films, err)
	}
	w := m.get("/admin/films/export.csv")
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") ||
		!strings.Contains(w.Body.String(), ",'=A,") {
		t.Errorf("export: %d %s", w.Code, w.Body)
	}
	again := page(t, m.upload("/admin/films/import", "file", "films.csv", w.Body.Bytes(), nil)).Find("main").Text()
	if !strings.Contains(again, "0 new, 0 changed, 2 as they are") {
		t.Errorf("what was exported comes back as something else: %s", again)
	}
}

// TestImportFilmsByID: what a spreadsheet leaves of the export still names its film, or is said by line and column.
func TestImportFilmsByID(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	id, err := o.store.Catalogue().AddMovie(t.Context(), store.Movie{
		Title: "Rafiki", Synopsis: "Two friends.", Runtime: 83, AgeRating: "16",
	})
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(m.get("/admin/films/export.csv").Body.String(), "\n")
	if want := fmt.Sprint("f", int64(id), ",Rafiki,"); !strings.HasPrefix(rows[1], want) {
		t.Errorf("the export has %q, want %q", rows[1], want)
	}
	for cell, says := range map[string]string{
		fmt.Sprint("f", int64(id)): "0 new, 1 changed", fmt.Sprint(int64(id)): "0 new, 1 changed",
		"3.47911E+15":                "This is no id of a film",
		fmt.Sprint("f", int64(id)+1): "No film has this id.",
	} {
		d := page(t, m.upload("/admin/films/import", "", "", nil, url.Values{
			"text": {"id,title,genre\n" + cell + ",Rafiki ya moyo,Drama\n"},
		}))
		if text := d.Find("main").Text(); !strings.Contains(text, says) {
			t.Errorf("%s: the page lacks %q: %.400s", cell, says, text)
		}
		got := cellsOf(d.Find("tbody tr").First())
		want := "Line 2 Rafiki ya moyo Title, Genre"
		if !strings.Contains(says, "changed") {
			want = "Line 2 id " + says
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: the row %q, want %q", cell, got, want)
		}
	}
}

// cellsOf are the texts of a row's cells, a space between them.
func cellsOf(row *goquery.Selection) string {
	cells := row.Find("th, td").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
	return strings.Join(strings.Fields(strings.Join(cells, " ")), " ")
}

// TestImportFilmsListed: a dry run lists the films that are new or changed, 200 of them, and the page every column.
func TestImportFilmsListed(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	var text strings.Builder
	text.WriteString("title,runtime,rating\n")
	for i := range 203 {
		fmt.Fprintf(&text, "Film %d,90,GE\n", i)
	}
	d := page(t, m.upload("/admin/films/import", "", "", nil, url.Values{"text": {text.String()}}))
	table := d.Find("table").First()
	if n := table.Find("tbody tr").Length(); n != 200 || !strings.Contains(d.Find("main").Text(), "And 3 more.") {
		t.Errorf("%d rows are listed: %.300s", n, d.Find("main").Text())
	}
	if row := cellsOf(table.Find("tbody tr").Last()); row != "Line 201 Film 199 New film" {
		t.Errorf("the last row is %q", row)
	}
	for _, d := range []*goquery.Document{d, page(t, m.get("/admin/films/import"))} {
		names := d.Find("code").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
		if want := append([]string{"id"}, store.MovieFields()...); !slices.Equal(names, want) {
			t.Errorf("the page has the columns %v, want %v", names, want)
		}
		if needed := d.Find("tbody strong").Closest("tr").Find("code").Text(); needed != "title" {
			t.Errorf("needed is %q", needed)
		}
		if d.Find("table").Last().Find("td.cell-text:empty").Length() > 0 {
			t.Error("a column has no word on what stands in it")
		}
	}
}
