package admin

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/store/sheet"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/ui"
	"cinemasphere/views/wording"
)

// faultsShown is how many mistakes of a file the page lists.
const faultsShown = 100

// filmColumns are the columns of the CSV of films.
func filmColumns() []string { return append([]string{"id"}, store.MovieFields()...) }

// neededFilmColumn is the column of an import that may not be left out.
const neededFilmColumn = "title"

// ImportFilmsPage answers GET /admin/films/import.
func (a *Admin) ImportFilmsPage(w http.ResponseWriter, r *http.Request) error {
	return a.importPage(w, r, http.StatusOK, pages.FilmImport{})
}

// ImportFilms answers POST /admin/films/import: a dry run, and the import where the form says write.
func (a *Admin) ImportFilms(w http.ResponseWriter, r *http.Request) error {
	content, err := uploaded(r, "file", sheet.MostBytes)
	if err != nil {
		return err
	}
	v := pages.FilmImport{Read: true, Text: r.PostForm.Get("text")}
	if len(content) == 0 {
		content = []byte(v.Text)
	}
	records, err := sheet.ReadRecords(content, filmColumns(), []string{neededFilmColumn}, store.ImportMost)
	if fault, is := errors.AsType[*sheet.Fault](err); is {
		v.Error = "Nothing was imported. " + wording.SheetFault(fault)
		return a.importPage(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	lines := make([]store.MovieLine, len(records))
	for i, rec := range records {
		lines[i] = store.MovieLine{Line: rec.Line, Typed: rec.Cells}
	}
	v.Text, _ = sheet.Text(content) // it was read; of a file too: it is sent again without being chosen again
	write := r.PostForm.Get("write") == "1"
	v.Result, err = a.Store.Catalogue().ImportMovies(r.Context(), lines, !write)
	if err != nil {
		return err
	}
	for _, f := range v.Result.Faults[:min(len(v.Result.Faults), faultsShown)] {
		v.Faults = append(v.Faults, pages.LineFault{Line: f.Line, Field: f.Field, Sentence: wording.FilmFault(f.Fault)})
	}
	v.More = len(v.Result.Faults) - len(v.Faults)
	v.Rows = v.Result.Rows[:min(len(v.Result.Rows), rowsShown)]
	v.MoreRows = len(v.Result.Rows) - len(v.Rows)
	switch {
	case len(v.Faults) > 0:
		return a.importPage(w, r, http.StatusUnprocessableEntity, v)
	case !write:
		return a.importPage(w, r, http.StatusOK, v)
	}
	return a.done(w, r, "/admin/films", "Imported: "+ui.Count(v.Result.Added, "new film")+", "+
		strconv.Itoa(v.Result.Changed)+" changed. "+wording.Clashes(v.Result.Clashes))
}

func (a *Admin) importPage(w http.ResponseWriter, r *http.Request, status int, v pages.FilmImport) error {
	v.Text = strings.ToValidUTF8(strings.ReplaceAll(v.Text, "\x00", ""), "")
	for _, name := range filmColumns() {
		v.Columns = append(v.Columns, pages.ImportColumn{
			Name: name, Needed: name == neededFilmColumn, Means: wording.FilmColumn(name),
		})
	}
	return a.render(w, r, status, pages.FilmImportPage(v))
}

// ExportFilms answers GET /admin/films/export.csv.
func (a *Admin) ExportFilms(w http.ResponseWriter, r *http.Request) error {
	films, _, err := a.Store.Catalogue().Movies(r.Context(), store.MovieFilter{State: store.MoviesAll})
	if err != nil {
		return err
	}
	fields := store.MovieFields()
	rows := [][]string{filmColumns()}
	for _, f := range films {
		typed := f.Typed()
		row := []string{f.ID.Cell()}
		for _, name := range fields {
			row = append(row, typed[name])
		}
		rows = append(rows, row)
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="films.csv"`)
	if err := sheet.Write(w, rows); err != nil {
		web.LogError(w, err) // the client has left
	}
	return nil
}
