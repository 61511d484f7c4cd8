package admin

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/store/sheet"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/wording"
)

// screeningRoutes are the routes of the programme.
func (a *Admin) screeningRoutes() []Route {
	const get, post = http.MethodGet, http.MethodPost
	const manager = store.RoleManager
	return []Route{
		{Method: get, Pattern: "/screenings", Role: manager, Handler: a.WeekPage},
		{Method: post, Pattern: "/screenings", Role: manager, Handler: a.AddShowings},
		{Method: post, Pattern: "/screenings/copy", Role: manager, Handler: a.CopyShowings},
		{Method: post, Pattern: "/screenings/publish", Role: manager, Handler: a.PublishShowings},
		{Method: get, Pattern: "/screenings/print", Role: manager, Handler: a.PrintWeek},
		{Method: post, Pattern: "/screenings/film", Role: manager, Handler: a.AddFilmHere},
		{Method: post, Pattern: "/screenings/hall", Role: manager, Handler: a.AddHallHere},
		{Method: post, Pattern: "/screenings/card", Role: manager, Handler: a.AddCardHere},
		{Method: get, Pattern: "/screenings/import", Role: manager, Handler: a.ImportShowingsPage},
		{
			Method: post, Pattern: "/screenings/import", Role: manager, Handler: a.ImportShowings,
			Upload: sheet.MostBytes * 5 / 4,
		},
		{Method: get, Pattern: "/screenings/export.csv", Role: manager, Handler: a.ExportShowings},
		{Method: get, Pattern: "/screenings/{id}", Role: manager, Handler: a.ShowingPage},
		{Method: post, Pattern: "/screenings/{id}", Role: manager, Handler: a.EditShowing},
		{Method: post, Pattern: "/screenings/{id}/sale", Role: manager, Handler: a.SellShowing},
		{Method: post, Pattern: "/screenings/{id}/delete", Role: manager, Handler: a.DeleteShowing},
		{Method: get, Pattern: "/screenings/{id}/seats", Role: manager, Handler: a.SeatsPage},
		{Method: post, Pattern: "/screenings/{id}/seats", Role: manager, Handler: a.HoldSeats},
		{Method: get, Pattern: "/screenings/{id}/cancel", Role: manager, Handler: a.CancelPage},
		{Method: post, Pattern: "/screenings/{id}/cancel", Role: manager, Handler: a.CancelShowing},
	}
}

// The first lines of the form.
const (
	filmLines  = 6 // a hall has one for each of so many films, and
	emptyLines = 1 // so many for others
	mostLines  = 400
)

// defaultCounter is when sales at the counter end where nothing else is typed, in minutes after the start.
const defaultCounter = 30

// askedWeek is the Monday of the week that the address asks for; this week's where it asks for none.
func (a *Admin) askedWeek(r *http.Request) store.BusinessDay {
	if day, ok := store.ParseBusinessDay(r.URL.Query().Get("week")); ok {
		return day.Monday()
	}
	return a.today().Monday()
}

func (a *Admin) today() store.BusinessDay { return store.BusinessDayOf(store.At(a.Now())) }

func weekPath(day store.BusinessDay) string {
	return prefix + "/screenings?week=" + day.Monday().String()
}

// week reads a week of the programme, without its form.
func (a *Admin) week(r *http.Request, monday store.BusinessDay) (v pages.Week, err error) {
	c := a.Store.Catalogue()
	v = pages.Week{Monday: monday, Today: a.today(), Now: store.At(a.Now())}
	// The week before says what can be copied, and which films are on.
	// The Monday after may begin before its first night is over.
	around, err := c.Showings(r.Context(), monday-7, monday+8)
	if err != nil {
		return v, err
	}
	both := slices.DeleteFunc(slices.Clone(around), func(sh store.Showing) bool { return sh.Day() >= monday+7 })
	for _, sh := range both {
		switch {
		case sh.Day() >= monday:
			v.Showings = append(v.Showings, sh)
		case sh.Status != store.Cancelled:
			v.Before++
		}
	}
	if v.Halls, err = c.Halls(r.Context()); err != nil {
		return v, err
	}
	if v.Cards, err = c.PriceCards(r.Context()); err != nil {
		return v, err
	}
	if v.Films, err = c.PlannedFilms(r.Context()); err != nil {
		return v, err
	}
	if v.Ratings, err = a.ratingOptions(r.Context()); err != nil {
		return v, err
	}
	if v.Faults, err = c.ShowingProblems(r.Context(), around, v.Cards); err != nil {
		return v, err
	}
	v.Clashes = slices.DeleteFunc(store.Clashes(around), func(clash store.Clash) bool {
		return clash.Second.FreeAt() <= v.Now || clash.Second.Day() < monday || clash.First.Day() >= monday+7
	})
	v.Form = firstForm(v, both)
	return v, nil
}

// firstForm is the form of a week before anything is typed: in each hall a line for each film that is on in this week
// or the one before, and for the newest others.
func firstForm(v pages.Week, shown []store.Showing) pages.ShowingsForm {
	f := pages.ShowingsForm{
		Online: "0", Counter: strconv.Itoa(defaultCounter), Errors: map[string]string{},
	}
	if v.Cards.Usual != 0 {
		f.Card = strconv.FormatInt(int64(v.Cards.Usual), 10)
	}
	on := map[store.MovieID]bool{}
	for _, sh := range shown {
		on[sh.MovieID] = true
	}
	films := slices.Clone(v.Films)
	slices.SortStableFunc(films, func(a, b store.PlannedFilm) int {
		if on[a.ID] == on[b.ID] {
			return 0
		}
		if on[a.ID] {
			return -1
		}
		return 1
	})
	films = films[:min(len(films), filmLines)]
	var days [7]bool
	for d := range days {
		days[d] = v.Monday+store.BusinessDay(d) >= v.Today
	}
	for _, h := range v.Halls {
		for _, film := range films {
			f.Lines = append(f.Lines, pages.ShowingLine{Hall: h.ID, Film: film.ID, Title: film.Title, Days: days})
		}
		for range emptyLines {
			f.Lines = append(f.Lines, pages.ShowingLine{Hall: h.ID, Days: days})
		}
	}
	return f
}

// WeekPage answers GET /admin/screenings.
func (a *Admin) WeekPage(w http.ResponseWriter, r *http.Request) error {
	v, err := a.week(r, a.askedWeek(r))
	if err != nil {
		return err
	}
	return a.render(w, r, http.StatusOK, pages.WeekPage(v))
}

// PrintWeek answers GET /admin/screenings/print.
func (a *Admin) PrintWeek(w http.ResponseWriter, r *http.Request) error {
	v, err := a.week(r, a.askedWeek(r))
	if err != nil {
		return err
	}
	v.Showings = slices.DeleteFunc(v.Showings, func(sh store.Showing) bool {
		return sh.Status != store.OnSale && sh.Status != store.Closed
	})
	return a.render(w, r, http.StatusOK, pages.PrintPage(v))
}

// AddShowings answers POST /admin/screenings. What can be added is added; the rest comes back with what is wrong.
func (a *Admin) AddShowings(w http.ResponseWriter, r *http.Request) error {
	v, err := a.week(r, a.askedWeek(r))
	if err != nil {
		return err
	}
	kind, lines, numbers := readShowings(&v, r.PostForm)
	if len(v.Form.Errors) > 0 {
		v.Form.Open = true
		v.Notice = "Nothing was added. What is wrong is said below."
		return a.render(w, r, http.StatusUnprocessableEntity, pages.WeekPage(v))
	}
	if len(lines) == 0 && v.Form.ErrorCount == 0 {
		v.Notice = "Nothing was added. Type times such as 14:00 16:45 19:30 into a line."
		return a.render(w, r, http.StatusUnprocessableEntity, pages.WeekPage(v))
	}
	added, err := a.Store.Catalogue().AddShowings(r.Context(), kind, lines)
	if errors.Is(err, store.ErrTooMany) {
		v.Notice = fmt.Sprintf("Nothing was added: these are more than %d screenings. Please send fewer at once.",
			store.ShowingsMost)
		return a.render(w, r, http.StatusUnprocessableEntity, pages.WeekPage(v))
	}
	if err != nil {
		return err
	}
	said := wording.AddedShowings(added)
	if len(added.Problems) == 0 && v.Form.ErrorCount == 0 {
		return a.done(w, r, weekPath(v.Monday), said)
	}
	status := http.StatusUnprocessableEntity
	if v.Form.ErrorCount == 0 {
		status = http.StatusConflict // it could be read, and the programme is in the way
	}
	for _, p := range added.Problems {
		line := &v.Form.Lines[numbers[p.Line]]
		if p.Starts != 0 {
			p.Title, p.Hall = "", "" // the line has them
		}
		line.Errors, line.About = append(line.Errors, wording.ShowingProblem(p)), "times"
		if p.Fault == store.ShowingPast {
			status = http.StatusUnprocessableEntity
		}
	}
	form := v.Form
	if v, err = a.week(r, v.Monday); err != nil { // with what was added
		return err
	}
	v.Form = form
	v.Notice = said + " What was not added is said at its line."
	return a.render(w, r, status, pages.WeekPage(v))
}

// readShowings reads the form of a week into it, and returns the lines that can be added with their numbers in the
// form.
func readShowings(v *pages.Week, f url.Values) (kind store.ShowingKind, lines []store.ShowingLine, numbers []int) {
	form := pages.ShowingsForm{
		Trailers: echo(f.Get("trailers")), Online: echo(f.Get("online")), Counter: echo(f.Get("counter")),
		Card: echo(f.Get("card")), Format: echo(f.Get("format")), Language: echo(f.Get("language")),
		Errors: map[string]string{},
	}
	kind = readKind(f, form.Errors)
	if _, used := v.Cards.Card(kind.Card); !used {
		form.Errors["card"] = "This price card is no longer in use. Please choose another."
	}
	for i := 0; i < mostLines && f.Has(fmt.Sprintf("hall.%d", i)); i++ {
		line, read := readLine(v, f, i)
		if len(line.Errors) > 0 {
			form.ErrorCount++
		}
		if len(read.Days) > 0 && len(read.Times) > 0 && read.Movie != 0 {
			lines, numbers = append(lines, read), append(numbers, i)
		}
		form.Lines = append(form.Lines, line)
	}
	v.Form = form
	return kind, lines, numbers
}

// readLine reads a line of the form. What can be added has a film, times and days.
func readLine(v *pages.Week, f url.Values, i int) (line pages.ShowingLine, read store.ShowingLine) {
	field := func(name string) string { return f.Get(fmt.Sprintf("%s.%d", name, i)) }
	line = pages.ShowingLine{
		Hall: store.HallID(number(field("hall"))), Film: store.MovieID(number(field("film"))),
		Title: echo(field("title")), Times: echo(field("times")),
	}
	for _, text := range f[fmt.Sprintf("days.%d", i)] {
		if d := int(number(text)); d < len(line.Days) && text != "" {
			line.Days[d] = true
		}
	}
	read = store.ShowingLine{Hall: line.Hall, Movie: line.Film}
	for d, ticked := range line.Days {
		if ticked {
			read.Days = append(read.Days, v.Monday+store.BusinessDay(d))
		}
	}
	times, bad := store.ReadTimes(field("times"))
	read.Times = times
	typedFilm := strings.TrimSpace(line.Title) != ""
	if i := slices.IndexFunc(v.Films, func(film store.PlannedFilm) bool { return film.ID == line.Film }); i >= 0 {
		line.Title = v.Films[i].Title
	}
	wrong := func(about, text string) { line.Errors, line.About = append(line.Errors, text), about }
	if line.Film != 0 && line.Title == "" {
		line.Title = "A film that is gone" // it was archived since the form was opened
	}
	if line.Film == 0 && (typedFilm || len(times)+len(bad) > 0) {
		read.Movie = typedMovie(v.Films, line.Title, wrong)
	}
	for _, b := range bad {
		wrong("times", wording.BadTime(b))
	}
	switch {
	case line.Film == 0 && typedFilm && len(times)+len(bad) == 0:
		wrong("times", "Type when it begins, such as 14:00 16:45 19:30.")
	case len(times)+len(bad) > 0 && len(read.Days) == 0:
		wrong("times", "Tick at least one day.")
	}
	return line, read
}

// typedMovie is the film whose title was typed; 0 where it is none for certain.
func typedMovie(films []store.PlannedFilm, title string, wrong func(about, text string)) store.MovieID {
	if strings.TrimSpace(title) == "" {
		wrong("title", "Type the film’s title.")
		return 0
	}
	film, several := store.FindPlannedFilm(films, title)
	switch {
	case film.ID != 0:
		return film.ID
	case len(several) > 0:
		var titles []string
		for _, s := range several[:min(len(several), 5)] {
			titles = append(titles, s.Title)
		}
		wrong("title", "Several films begin so: "+strings.Join(titles, ", ")+". Type more of the title.")
	default:
		wrong("title", "There is no film of this title. Add it below, under New film.")
	}
	return 0
}

// minutesOf reads minutes from a form.
func minutesOf(f url.Values, name string, least, most int, wrong map[string]string) int {
	n, err := strconv.Atoi(strings.TrimSpace(f.Get(name)))
	if err != nil || n < least || n > most {
		wrong[name] = fmt.Sprintf("Type minutes: a whole number from %d to %d.", least, most)
	}
	return n
}

// readKind reads what all screenings of a form have in common.
func readKind(f url.Values, wrong map[string]string) store.ShowingKind {
	text := func(name string) string {
		value, problem := tidyText(f.Get(name), store.FormatMost)
		if problem != "" || strings.Contains(value, "\n") {
			wrong[name] = or(problem, "One line only, please.")
		}
		return value
	}
	trailers := -1 // each film's own
	if strings.TrimSpace(f.Get("trailers")) != "" {
		trailers = minutesOf(f, "trailers", 0, store.TrailersMost, wrong)
	}
	return store.ShowingKind{
		Trailers: trailers,
		Online:   -minutesOf(f, "online", -store.CutMost, store.CutMost, wrong),
		Counter:  minutesOf(f, "counter", -store.CutMost, store.CutMost, wrong),
		Card:     store.PriceCardID(number(f.Get("card"))), Format: text("format"), Language: text("language"),
	}
}

// span reads the days that a form is about.
func span(f url.Values) (from, until store.BusinessDay, err error) {
	from, ok := store.ParseBusinessDay(f.Get("from"))
	days := number(f.Get("days"))
	if !ok || days < 1 || days > 7 {
		return 0, 0, &web.Error{Status: http.StatusBadRequest}
	}
	return from, from + store.BusinessDay(days), nil
}

// CopyShowings answers POST /admin/screenings/copy: a week to another, or a day to others.
func (a *Admin) CopyShowings(w http.ResponseWriter, r *http.Request) error {
	from, until, err := span(r.PostForm)
	if err != nil {
		return err
	}
	monday := from.Monday()
	if until-from > 1 {
		if to, ok := store.ParseBusinessDay(r.PostForm.Get("to")); ok {
			monday = to.Monday()
		}
	}
	form, to := a.readCopy(r.PostForm, from)
	if len(to) == 0 {
		wrong := strings.Join(slices.Concat(form.Wrong, form.OtherWrong), " ")
		return a.copyWith(w, r, monday, http.StatusUnprocessableEntity,
			"Nothing was copied. "+or(wrong, "Tick the days to copy to."), form, nil)
	}
	added, err := a.Store.Catalogue().CopyShowings(r.Context(), from, until,
		slices.Compact(slices.Sorted(slices.Values(to))))
	if errors.Is(err, store.ErrTooMany) {
		return a.copyWith(w, r, monday, http.StatusUnprocessableEntity, "Nothing was copied: that is too much at once.",
			form, nil)
	}
	if err != nil {
		return err
	}
	said := wording.AddedShowings(added)
	switch wrong := slices.Concat(form.Wrong, form.OtherWrong); {
	case len(wrong) > 0:
		return a.copyWith(w, r, monday, http.StatusUnprocessableEntity,
			said+" Not copied to all days: "+strings.Join(wrong, " "), form, added.Problems)
	case len(added.Problems) > 0:
		return a.copyWith(w, r, monday, http.StatusConflict, said+" What was not copied is named here.", form,
			added.Problems)
	}
	return a.done(w, r, weekPath(monday), said)
}

// readCopy reads to which days a copy goes, with what is wrong with the others.
func (a *Admin) readCopy(f url.Values, from store.BusinessDay) (form pages.CopyForm, to []store.BusinessDay) {
	form = pages.CopyForm{From: from}
	ticks := map[store.BusinessDay]bool{}
	read := func(text string) (store.BusinessDay, string) {
		day, known := readDay(text)
		switch {
		case !known:
			return day, "“" + quote(text) + "” is no day. " + wording.WriteDay
		case day < a.today():
			return day, wording.LongBusinessDay(day) + " is past."
		case day != from:
			to = append(to, day)
		}
		return day, ""
	}
	for _, text := range f["to"] {
		if strings.TrimSpace(text) == "" {
			continue
		}
		day, wrong := read(text)
		if day != 0 && !ticks[day] {
			ticks[day], form.Ticked = true, append(form.Ticked, day)
		}
		if wrong != "" {
			form.Wrong = append(form.Wrong, wrong)
		}
	}
	if form.Other = echo(f.Get("other")); strings.TrimSpace(form.Other) != "" {
		if _, wrong := read(form.Other); wrong != "" {
			form.OtherWrong = []string{wrong}
		}
	}
	return form, to
}

// copyWith shows a week with what a copy could not do, and its form as it was sent.
func (a *Admin) copyWith(w http.ResponseWriter, r *http.Request, monday store.BusinessDay, status int, notice string,
	form pages.CopyForm, all []store.ShowingProblem) error {
	v, err := a.week(r, monday)
	if err != nil {
		return err
	}
	v.Notice, v.Copy = notice, form
	for _, p := range all {
		v.Problems = append(v.Problems, wording.ShowingProblem(p))
	}
	return a.render(w, r, status, pages.WeekPage(v))
}

// weekWith shows a week with what a form of it could not do.
func (a *Admin) weekWith(w http.ResponseWriter, r *http.Request, monday store.BusinessDay, status int, notice string,
	all []store.ShowingProblem) error {
	v, err := a.week(r, monday)
	if err != nil {
		return err
	}
	v.Notice = notice
	for _, p := range all {
		v.Problems = append(v.Problems, wording.ShowingProblem(p))
	}
	return a.render(w, r, status, pages.WeekPage(v))
}

// PublishShowings answers POST /admin/screenings/publish: the drafts of a week or a day.
func (a *Admin) PublishShowings(w http.ResponseWriter, r *http.Request) error {
	from, until, err := span(r.PostForm)
	if err != nil {
		return err
	}
	out, err := a.Store.Catalogue().PublishShowings(r.Context(), from, until)
	if err != nil {
		return err
	}
	said := wording.Screenings(out.OnSale) + " put on sale."
	switch {
	case out.OnSale == 0 && len(out.Problems) > 0:
		said = "Nothing was put on sale."
	case out.OnSale == 0:
		said = "Nothing was put on sale: there is no draft left."
	}
	if len(out.Problems) > 0 {
		return a.weekWith(w, r, from.Monday(), http.StatusConflict, said+" These stay drafts:", out.Problems)
	}
	return a.done(w, r, weekPath(from), said)
}
