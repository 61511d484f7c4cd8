package admin

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/store/sheet"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/wording"
)

// showingColumns are the columns of the CSV of screenings. An import needs the first four, and does not read the last.
func showingColumns() []string {
	return []string{
		"day", "time", "hall", "film", "trailers", "online", "counter", "price_card", "format", "language", "status",
	}
}

const neededColumns = 4

// columnMeans is what stands in a column of the CSV of screenings.
func columnMeans(name string) string {
	switch name {
	case "day":
		return "Such as 2026-11-30 or 30/11/2026."
	case "time":
		return "Such as 19:30. Before 04:00 it is in the night after the day, on the next date."
	case "hall":
		return "Its name."
	case "film":
		return "Its title."
	case "trailers":
		return "Minutes of trailers and adverts. Empty is the film’s own."
	case "online":
		return "Online sales end so many minutes before the start. Empty is 0."
	case "counter":
		return fmt.Sprintf("Sales at the counter end so many minutes after the start. Empty is %d.", defaultCounter)
	case "price_card":
		return "Its name. Empty is the only one; where there are several, it is needed."
	case "format":
		return "Such as 3D. Empty is the film’s."
	case "language":
		return "Empty is the film’s."
	case "status":
		return "It is not read: each row becomes a draft."
	}
	return ""
}

// showingImportPage draws the page of an import, with what its columns are.
func (a *Admin) showingImportPage(w http.ResponseWriter, r *http.Request, status int, v pages.ShowingImport) error {
	for i, name := range showingColumns() {
		v.Columns = append(v.Columns, pages.ImportColumn{
			Name: name, Needed: i < neededColumns, Means: columnMeans(name),
		})
	}
	return a.render(w, r, status, pages.ShowingImportPage(v))
}

// rowsShown is how many rows of a dry run the page lists.
const rowsShown = 200

// ImportShowingsPage answers GET /admin/screenings/import.
func (a *Admin) ImportShowingsPage(w http.ResponseWriter, r *http.Request) error {
	return a.showingImportPage(w, r, http.StatusOK, pages.ShowingImport{Monday: a.askedWeek(r)})
}

// ImportShowings answers POST /admin/screenings/import: a dry run, and the import where the form says write.
func (a *Admin) ImportShowings(w http.ResponseWriter, r *http.Request) error {
	content, err := uploaded(r, "file", sheet.MostBytes)
	if err != nil {
		return err
	}
	v := pages.ShowingImport{Monday: a.askedWeek(r), Text: r.PostForm.Get("text")}
	if len(content) == 0 {
		content = []byte(v.Text)
	} else if text, is := sheet.Text(content); is {
		v.Text = text // it is sent again without being chosen again
	}
	v.Text = strings.ToValidUTF8(strings.ReplaceAll(v.Text, "\x00", ""), "")
	records, err := sheet.ReadRecords(content, showingColumns(), showingColumns()[:neededColumns],
		store.ImportMostShowings)
	if fault, is := errors.AsType[*sheet.Fault](err); is {
		v.Error = "Nothing was imported. " + wording.SheetFault(fault)
		return a.showingImportPage(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	entries, faults, err := a.readEntries(r, records)
	if err != nil {
		return err
	}
	write := r.PostForm.Get("write") == "1" && len(faults) == 0
	if len(faults) == 0 {
		out, err := a.Store.Catalogue().ImportShowings(r.Context(), entries, !write)
		if err != nil {
			return err
		}
		for _, p := range out.Problems {
			faults = append(faults, pages.LineFault{Line: p.Line, Field: "time", Sentence: wording.ShowingProblem(p)})
		}
		if write && len(faults) == 0 {
			return a.done(w, r, weekPath(v.Monday), "Imported: "+wording.AddedShowings(out))
		}
		v.Checked, v.Added, v.Same = len(faults) == 0, out.Added, out.Same
		shown := entries[:min(len(entries), rowsShown)]
		for i, e := range shown {
			v.Rows = append(v.Rows, pages.ImportRow{
				Line: e.Line, Starts: e.Starts, Film: records[i].Cells["film"], Hall: records[i].Cells["hall"],
			})
		}
		v.MoreRows = len(entries) - len(shown)
	}
	v.Faults = faults[:min(len(faults), faultsShown)]
	v.More = len(faults) - len(v.Faults)
	status := http.StatusOK
	if len(faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return a.showingImportPage(w, r, status, v)
}

// readEntries reads the rows of a file, or what is wrong with them.
func (a *Admin) readEntries(r *http.Request, records []sheet.Record) (entries []store.ShowingEntry,
	faults []pages.LineFault, err error) {
	c := a.Store.Catalogue()
	halls, err := c.Halls(r.Context())
	if err != nil {
		return nil, nil, err
	}
	cards, err := c.PriceCards(r.Context())
	if err != nil {
		return nil, nil, err
	}
	films, err := c.PlannedFilms(r.Context())
	if err != nil {
		return nil, nil, err
	}
	hallOf, cardOf, filmsOf := map[string]store.HallID{}, map[string]store.PriceCardID{}, map[string][]store.MovieID{}
	for _, h := range halls {
		hallOf[store.NameKey(h.Name)] = h.ID
	}
	for _, card := range cards.Cards {
		cardOf[store.NameKey(card.Name)] = card.ID
	}
	if len(cards.Cards) == 1 {
		cardOf[""] = cards.Cards[0].ID
	}
	for _, f := range films {
		filmsOf[store.NameKey(f.Title)] = append(filmsOf[store.NameKey(f.Title)], f.ID)
	}
	for _, rec := range records {
		wrong := func(field, sentence string) {
			faults = append(faults, pages.LineFault{Line: rec.Line, Field: field, Sentence: sentence})
		}
		e := store.ShowingEntry{Line: rec.Line}
		known := false
		if e.Hall, known = hallOf[store.NameKey(rec.Cells["hall"])]; !known {
			wrong("hall", "There is no hall of this name.")
		}
		card := store.NameKey(rec.Cells["price_card"])
		switch e.Kind.Card, known = cardOf[card]; {
		case !known && card == "":
			wrong("price_card", "Name one of the price cards.")
		case !known:
			wrong("price_card", "There is no price card of this name.")
		}
		switch found := filmsOf[store.NameKey(rec.Cells["film"])]; len(found) {
		case 0:
			wrong("film", "There is no film of this title.")
		case 1:
			e.Movie = found[0]
		default:
			wrong("film", "Several films have this title. Give one of them another.")
		}
		day, ok := readDay(rec.Cells["day"])
		if !ok {
			wrong("day", "This is no day. "+wording.WriteDay)
		}
		switch times, bad := store.ReadTimes(rec.Cells["time"]); {
		case len(bad) > 0:
			wrong("time", wording.BadTime(bad[0]))
		case len(times) != 1:
			wrong("time", "Write one time, such as 19:30.")
		default:
			e.Starts = day.At(times[0])
		}
		readDetails(&e.Kind, rec.Cells, wrong)
		entries = append(entries, e)
	}
	return entries, faults, nil
}

// readDay reads a business day as it is typed: 2026-11-30 or 30/11/2026.
func readDay(text string) (store.BusinessDay, bool) {
	day, _ := store.ReadDay(text)
	return store.ParseBusinessDay(string(day))
}

// readDetails reads the cells of a row that may be empty.
func readDetails(kind *store.ShowingKind, cells map[string]string, wrong func(field, sentence string)) {
	whole := func(field string, empty, least, most int) int {
		text := strings.TrimSpace(cells[field])
		if text == "" {
			return empty
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			wrong(field, fmt.Sprintf("Minutes: a whole number from %d to %d.", least, most))
		}
		return n
	}
	text := func(field string) string {
		value, problem := tidyText(cells[field], store.FormatMost)
		if problem == "" && strings.Contains(value, "\n") {
			problem = "One line only, please."
		}
		if problem != "" {
			wrong(field, problem)
		}
		return value
	}
	kind.Trailers = whole("trailers", -1, 0, store.TrailersMost)
	kind.Online = -whole("online", 0, -store.CutMost, store.CutMost)
	kind.Counter = whole("counter", defaultCounter, -store.CutMost, store.CutMost)
	kind.Format, kind.Language = text("format"), text("language")
}

// ExportShowings answers GET /admin/screenings/export.csv: a week where the address names one, else all that is to
// come.
func (a *Admin) ExportShowings(w http.ResponseWriter, r *http.Request) error {
	from, until := a.today(), a.today()+store.BusinessDay(store.PlanAhead/(24*time.Hour))+1
	if r.URL.Query().Get("week") != "" {
		from = a.askedWeek(r)
		until = from + 7
	}
	all, err := a.Store.Catalogue().Showings(r.Context(), from, until)
	if err != nil {
		return err
	}
	cards, err := a.Store.Catalogue().PriceCards(r.Context())
	if err != nil {
		return err
	}
	rows := [][]string{showingColumns()}
	for _, sh := range all {
		card, _ := cards.Card(sh.CardID)
		rows = append(rows, []string{
			sh.Day().String(), store.ClockOf(sh.StartsAt).String(), sh.Hall, sh.Title, strconv.Itoa(sh.Trailers),
			strconv.Itoa(-sh.OnlineCut()), strconv.Itoa(sh.CounterCut()), card.Name, sh.Format, sh.Language,
			wording.ShowingStatus(sh.Status),
		})
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="screenings.csv"`)
	if err := sheet.Write(w, rows); err != nil {
		web.LogError(w, err) // the client has left
	}
	return nil
}
