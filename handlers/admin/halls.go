package admin

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/store/seating"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/wording"
)

// hallUpload is how many bytes the form of a hall may have: more than any plan, so that a plan that is too long comes
// back as it was typed.
const hallUpload = 4 * seating.MaxText

// HallsPage answers GET /admin/halls.
func (a *Admin) HallsPage(w http.ResponseWriter, r *http.Request) error {
	halls, err := a.Store.Catalogue().AllHalls(r.Context())
	if err != nil {
		return err
	}
	next, err := a.Store.Catalogue().HallsNext(r.Context())
	if err != nil {
		return err
	}
	var v pages.Halls
	for _, h := range halls {
		line := pages.HallLine{Hall: h, Next: next[h.ID]}
		line.Plan, _ = seating.Parse(h.Plan) // it was checked when it was written
		if h.ArchivedAt != 0 {
			v.Archived = append(v.Archived, line)
		} else {
			v.InUse = append(v.InUse, line)
		}
	}
	return a.render(w, r, http.StatusOK, pages.HallsPage(v))
}

// usualGrid is the hall that the form of a new one begins with.
var usualGrid = pages.GridForm{Rows: "10", Seats: "14", Aisles: "4, 10"}

// hall is the hall of the address; the zero hall for new.
func (a *Admin) hall(r *http.Request) (h store.Hall, err error) {
	if id := chi.URLParam(r, "id"); id != "new" {
		h, err = a.Store.Catalogue().Hall(r.Context(), store.HallID(number(id)))
	}
	return h, err
}

// HallPage answers GET /admin/halls/{id}; new is a hall to be added.
func (a *Admin) HallPage(w http.ResponseWriter, r *http.Request) error {
	h, err := a.hall(r)
	if err != nil {
		return err
	}
	v := hallForm(h)
	if h.ID == 0 {
		v.Cleaning, v.Grid = "15", usualGrid
		fillGrid(&v)
	}
	v.Drawn, v.Plan, v.Problems = drawn(v.Plan)
	return a.hallPage(w, r, http.StatusOK, h, v)
}

// hallForm is a hall as a form.
func hallForm(h store.Hall) pages.HallForm {
	return pages.HallForm{
		ID: h.ID, Version: h.Version, Name: h.Name, Cleaning: strconv.Itoa(h.Cleaning), Plan: h.Plan,
		Errors: map[string]string{}, Archived: h.ArchivedAt != 0,
	}
}

// hallPage draws the form of a hall that is stored as have.
func (a *Admin) hallPage(w http.ResponseWriter, r *http.Request, status int, have store.Hall, v pages.HallForm) error {
	if have.ID != 0 {
		older, err := a.olderPlans(r, have)
		if err != nil {
			return err
		}
		v.Older = len(older)
		if v.Clashes, err = a.Store.Catalogue().ClashesInHall(r.Context(), have.ID); err != nil {
			return err
		}
	}
	return a.render(w, r, status, pages.HallPage(v))
}

// olderPlans are the screenings to come in a hall that have not its latest plan.
func (a *Admin) olderPlans(r *http.Request, h store.Hall) ([]store.HallScreening, error) {
	all, err := a.Store.Catalogue().HallScreenings(r.Context(), h.ID)
	return slices.DeleteFunc(all, func(s store.HallScreening) bool { return s.PlanID == h.PlanID }), err
}

// drawn is a plan to draw, with the text that is kept of it; or what was typed, and what is wrong with it.
func drawn(typed string) (*seating.Plan, string, []seating.Problem) {
	plan, text, problems := seating.Keep(typed)
	if len(problems) > 0 {
		return nil, typed, problems
	}
	return &plan, text, nil
}

// What the buttons of a hall's form do; whatever else is sent saves it.
const (
	doPreview = "preview"
	doFill    = "fill"
	doUpload  = "upload"
)

// SaveHall answers POST /admin/halls/{id}: it saves the hall, or shows its plan before that is done.
func (a *Admin) SaveHall(w http.ResponseWriter, r *http.Request) error {
	have, err := a.hall(r)
	if err != nil {
		return err
	}
	v := readHall(r.PostForm)
	v.ID, v.Archived = have.ID, have.ArchivedAt != 0
	file, given, err := readFile(r)
	if err != nil {
		return err
	}
	do := r.PostForm.Get("do")
	switch {
	case do == doFill:
		fillGrid(&v)
	case given || do == doUpload: // a file that was chosen is read, whichever button was pressed
		readUpload(&v, file)
	case do != doPreview:
		return a.saveHall(w, r, have, v)
	}
	v.Drawn, v.Plan, v.Problems = drawn(v.Plan)
	status := http.StatusOK
	if len(v.Errors)+len(v.Problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return a.hallPage(w, r, status, have, v)
}

// readHall reads the form as it was typed.
func readHall(f url.Values) pages.HallForm {
	return pages.HallForm{
		Version: number(f.Get("version")), Name: echo(f.Get("name")),
		Cleaning: strings.TrimSpace(echo(f.Get("cleaning"))), Plan: planText(f.Get("plan")),
		Errors: map[string]string{},
		Grid: pages.GridForm{
			Rows: echo(f.Get("rows")), Seats: echo(f.Get("seats")), Aisles: echo(f.Get("aisles")),
			AllLetters: f.Get("letters") == "all",
		},
	}
}

// planText is a plan as it can be shown back: whole, with what is no text made visible.
func planText(typed string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(strings.ReplaceAll(typed, "\r\n", "\n"), "\uFFFD"), "\x00", "\uFFFD")
}

// replacePlan puts a plan in the place of what was typed, and keeps that for the page.
func replacePlan(v *pages.HallForm, text string) {
	if strings.TrimSpace(v.Plan) != "" && v.Plan != text {
		v.Before = v.Plan
	}
	v.Plan = text
}

// fillGrid makes the plan of so many rows and seats, or says what is wrong with these.
func fillGrid(v *pages.HallForm) {
	rows, err := strconv.Atoi(strings.TrimSpace(v.Grid.Rows))
	if err != nil || rows < 1 || rows > seating.MaxRows {
		v.Errors["rows"] = fmt.Sprintf("A plan has 1 to %d rows.", seating.MaxRows)
	}
	seats, err := strconv.Atoi(strings.TrimSpace(v.Grid.Seats))
	if err != nil || seats < 1 || seats > seating.MaxColumns {
		v.Errors["seats"] = fmt.Sprintf("A row has 1 to %d seats.", seating.MaxColumns)
	}
	grid := seating.Grid{Rows: rows, Seats: seats, AllLetters: v.Grid.AllLetters}
	for _, word := range strings.FieldsFunc(v.Grid.Aisles, func(c rune) bool {
		return strings.ContainsRune(" \t,;", c)
	}) {
		after, err := strconv.Atoi(word)
		if err != nil || after < 1 || len(v.Errors) == 0 && after >= seats {
			v.Errors["aisles"] = "An aisle is after a seat that has another beside it. Write numbers such as 4, 10."
		} else if !slices.Contains(grid.Aisles, after) {
			grid.Aisles = append(grid.Aisles, after)
		}
	}
	if len(v.Errors) > 0 {
		return
	}
	text := grid.Text()
	if text == "" {
		v.Errors["seats"] = fmt.Sprintf("A plan has at most %d seats, and a row at most %d seats and aisles.",
			seating.MaxSeats, seating.MaxColumns)
		return
	}
	replacePlan(v, text)
}

// readFile is the file that came with the form; given is false where none was chosen.
func readFile(r *http.Request) (data []byte, given bool, err error) {
	file, _, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, &web.Error{Status: http.StatusBadRequest, Err: err}
	}
	data, err = io.ReadAll(file)
	return data, true, errors.Join(err, file.Close())
}

// readUpload puts an uploaded plan in the place of what was typed, or says why it is none.
func readUpload(v *pages.HallForm, data []byte) {
	switch {
	case len(data) == 0:
		v.Errors["file"] = "Please choose a file that has something in it."
	case len(data) > seating.MaxText:
		v.Errors["file"] = fmt.Sprintf("The file is too long: %d KB at most.", seating.MaxText>>10)
	case bytes.HasPrefix(data, []byte("PK")) || bytes.HasPrefix(data, []byte{0xD0, 0xCF, 0x11, 0xE0}):
		v.Errors["file"] = "This is a workbook. Open it, save the sheet as CSV, and choose that file."
	default:
		text := planText(seating.Decode(data))
		if strings.ContainsRune(text, '\uFFFD') {
			v.Errors["file"] = "This is no text. Choose a CSV file, or a text with the plan in it."
			return
		}
		replacePlan(v, text)
	}
}

// saveHall writes the hall of the form.
func (a *Admin) saveHall(w http.ResponseWriter, r *http.Request, have store.Hall, v pages.HallForm) error {
	h := store.Hall{ID: have.ID, Version: v.Version, Name: v.Name, Plan: v.Plan, PlanBy: me(r).Name}
	var err error
	if h.Cleaning, err = strconv.Atoi(v.Cleaning); err != nil {
		h.Cleaning = -1 // which the store refuses, with all else that is wrong
	}
	saved := h
	if have.ID == 0 {
		saved.ID, err = a.Store.Catalogue().AddHall(r.Context(), h)
	} else {
		have, saved, err = a.Store.Catalogue().EditHall(r.Context(), h)
	}
	if err == nil {
		return a.hallSaved(w, r, have, saved)
	}
	status := http.StatusUnprocessableEntity
	bad, isBad := errors.AsType[*store.BadHall](err)
	stale, isStale := errors.AsType[*store.StaleHall](err)
	switch {
	case isBad && bad.Name == store.NameTaken && have.ID == 0 && a.sameHall(r, h):
		return a.done(w, r, prefix+"/halls", "The hall is saved.")
	case isBad:
		v.Problems = bad.Plan
		for field, kind := range map[string]store.FaultKind{"name": bad.Name, "cleaning": bad.Cleaning} {
			if kind != "" {
				v.Errors[field] = wording.HallFault(kind)
			}
		}
	case isStale:
		status, have = http.StatusConflict, stale.Current
		changedHall(&v, *stale)
	default:
		return err
	}
	if len(v.Problems) == 0 {
		v.Drawn, v.Plan, v.Problems = drawn(v.Plan)
	}
	return a.hallPage(w, r, status, have, v)
}

// changedHall says in the form what somebody else has changed.
func changedHall(v *pages.HallForm, stale store.StaleHall) {
	now := stale.Current
	v.Notice, v.Version, v.Archived = changedSentence, now.Version, now.ArchivedAt != 0
	for _, field := range stale.Changed {
		switch field {
		case "name":
			v.Errors["name"] = "It is now: " + now.Name
		case "cleaning":
			v.Errors["cleaning"] = fmt.Sprintf("It is now: %d", now.Cleaning)
		case "plan":
			v.Theirs = now.Plan
		}
	}
}

// sameHall reports whether there is such a hall already, as after a form that was sent twice.
func (a *Admin) sameHall(r *http.Request, h store.Hall) bool {
	halls, err := a.Store.Catalogue().Halls(r.Context())
	if err != nil {
		return false // the form comes back, which is right too
	}
	_, plan, _ := seating.Keep(h.Plan)
	name := strings.Join(strings.Fields(h.Name), " ")
	return slices.ContainsFunc(halls, func(other store.Hall) bool {
		return other.Name == name && other.Cleaning == h.Cleaning && other.Plan == plan
	})
}

// hallSaved goes on to the screenings that have an older plan, where there are any after the plan was changed, or back
// to the hall where screenings in it overlap.
func (a *Admin) hallSaved(w http.ResponseWriter, r *http.Request, was, is store.Hall) error {
	if was.ID != 0 && was.PlanID != is.PlanID {
		older, err := a.olderPlans(r, is)
		if err != nil {
			return err
		}
		if len(older) > 0 {
			return a.done(w, r, fmt.Sprintf("%s/halls/%d/apply", prefix, is.ID), "The hall is saved.")
		}
	}
	if was.ID != 0 {
		clashes, err := a.Store.Catalogue().ClashesInHall(r.Context(), is.ID)
		if err != nil {
			return err
		}
		if len(clashes) > 0 {
			return a.done(w, r, fmt.Sprintf("%s/halls/%d", prefix, is.ID), "The hall is saved.")
		}
	}
	return a.done(w, r, prefix+"/halls", "The hall is saved.")
}

// ArchiveHall answers POST /admin/halls/{id}/archive: out of use, or into use again.
func (a *Admin) ArchiveHall(w http.ResponseWriter, r *http.Request) error {
	h, err := a.hall(r)
	if err != nil {
		return err
	}
	archived := r.PostForm.Get("archived") != "0"
	err = a.Store.Catalogue().ArchiveHall(r.Context(), h.ID, number(r.PostForm.Get("version")), archived)
	if stale, is := errors.AsType[*store.StaleHall](err); is {
		if (stale.Current.ArchivedAt != 0) == archived {
			err = nil // the button was pressed twice
		} else {
			v := hallForm(stale.Current)
			v.Drawn, v.Plan, v.Problems = drawn(v.Plan)
			v.Notice = "Somebody else has changed this hall since you opened it. It stands below as it is now."
			return a.hallPage(w, r, http.StatusConflict, stale.Current, v)
		}
	}
	if err != nil {
		return err
	}
	said := "The hall is in use again."
	if archived {
		said = "The hall is out of use. What it shows goes on."
	}
	return a.done(w, r, prefix+"/halls", said)
}

// HallPlanFile answers GET /admin/halls/{id}/plan/{format}: the plan as text, csv or pretix.
func (a *Admin) HallPlanFile(w http.ResponseWriter, r *http.Request) error {
	h, err := a.hall(r)
	if err != nil {
		return err
	}
	plan, _ := seating.Parse(h.Plan) // it was checked when it was written
	var kind, ending string
	var body []byte
	switch chi.URLParam(r, "format") {
	case "text":
		kind, ending, body = "text/plain; charset=utf-8", "txt", []byte(h.Plan)
	case "csv":
		// By the byte order mark, spreadsheets know that it is UTF-8.
		kind, ending, body = "text/csv; charset=utf-8", "csv", []byte("\uFEFF"+plan.CSV())
	case "pretix":
		kind, ending = "application/json", "json"
		if body, err = plan.Pretix(h.Name); err != nil {
			return err
		}
	default:
		return store.ErrNotFound
	}
	if h.ID == 0 {
		return store.ErrNotFound
	}
	name := store.Slug(h.Name)
	if name == "" {
		name = "hall"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{
		"filename": name + "." + ending,
	}))
	_, err = w.Write(body)
	return err
}
