package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"

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
