package admin

import (
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"cinemasphere/store"
	"cinemasphere/views/ui"
	"cinemasphere/views/wording"
)

// Films is the list of films.
type Films struct {
	Filter  store.MovieFilter
	List    []store.ListedMovie
	All     int // on all pages
	Ratings []ui.Option
	Poster  func(store.Movie) string // the address of a film's poster
	Key     string                   // of the forms on the page: sent twice they do what they do once
}

// Film is a film's page, or the form of a new one.
type Film struct {
	Movie   store.Movie       // as it is; the zero film for a new one
	Typed   map[string]string // by the names of [store.MovieFields]
	Errors  map[string]string // a sentence by field
	Notice  string            // over the form
	Changed []FilmChange      // what somebody else has changed meanwhile
	Version int64             // that the form was made from
	Key     string            // of a new film's form
	Ratings []ui.Option
	Words   map[string][]string // what may be typed, by field
	Poster  string              // its address
	Clashes []store.Clash       // of its screenings to come
	// PosterError is why an upload was not taken.
	PosterError string
}

// FilmChange is a field that somebody else has changed while a form was filled in.
type FilmChange struct{ Label, Now, Typed string }

// IsNew reports whether the film is to be added.
func (f Film) IsNew() bool { return f.Movie.ID == 0 }

func (f Film) title() string {
	if f.IsNew() {
		return "Add a film"
	}
	return f.Movie.Title
}

func (f Film) action() string {
	if f.IsNew() {
		return "/admin/films"
	}
	return FilmURL(f.Movie.ID)
}

// field is a field of the form with what was typed, what is wrong with it, and what others have made of it.
func (f Film) field(name, hint string) ui.Field {
	field := ui.Field{
		ID: name, Name: name, Label: wording.FilmField(name), Value: f.Typed[name], Error: f.Errors[name], Hint: hint,
		Optional: true, Suggest: f.Words[name], Autocomplete: "off",
	}
	for _, c := range f.Changed {
		if c.Label == field.Label {
			field.Hint = "Now: " + orNothing(c.Now)
		}
	}
	return field
}

func ofType(f ui.Field, kind, keys string) ui.Field {
	f.Type, f.InputMode = kind, keys
	return f
}

func atMost(f ui.Field, n int) ui.Field {
	f.MaxLength = strconv.Itoa(n)
	return f
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

// FilmURL is the address of a film's page in the back office.
func FilmURL(id store.MovieID) string { return "/admin/films/" + strconv.FormatInt(int64(id), 10) }

// page is the address of another page of the list, with the same filters.
func (f Films) page(n int) string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("q", f.Filter.Search)
	set("state", string(f.Filter.State))
	set("rating", f.Filter.Rating)
	if n > 1 {
		q.Set("page", strconv.Itoa(n))
	}
	if len(q) == 0 {
		return "/admin/films"
	}
	return "/admin/films?" + q.Encode()
}

func (f Films) pages() int { return max(1, (f.All+f.Filter.Size-1)/f.Filter.Size) }

func (f Films) filtered() bool {
	return f.Filter.Search != "" || f.Filter.Rating != "" || f.Filter.State != store.MoviesCurrent
}

// coming is what is still to come of a film, in words.
func coming(m store.ListedMovie) string {
	if m.Coming == 0 {
		return "none"
	}
	return strconv.Itoa(m.Coming) + ", next " + wording.When(m.NextAt)
}

// days is when a film opens and ends, in words.
func days(m store.Movie) string {
	from, to := wording.DayName(m.OpensOn), wording.DayName(m.LastOn)
	switch {
	case from != "" && to != "":
		return from + " to " + to
	case from != "":
		return "from " + from
	case to != "":
		return "to " + to
	}
	return ""
}

func stateOptions() []ui.Option {
	return []ui.Option{
		{Value: string(store.MoviesCurrent), Label: "Current"},
		{Value: string(store.MoviesArchived), Label: "Archived"},
		{Value: string(store.MoviesAll), Label: "All"},
	}
}

// Ratings is the list of ratings, with the form of one.
type Ratings struct {
	List   []store.Rating
	Typed  map[string]string // the form: code, name, minimum_age, explanation, position
	Errors map[string]string
	Notice string
	Edits  bool // the form is for one of the list
}

func (v Ratings) field(name, hint string) ui.Field {
	return ui.Field{
		ID: name, Name: name, Label: wording.FilmField(name), Value: v.Typed[name], Error: v.Errors[name], Hint: hint,
		Autocomplete: "off",
	}
}

func (v Ratings) code() ui.Field {
	f := v.field("code", "As it stands on posters.")
	f.ReadOnly = v.Edits
	return f
}

func optional(f ui.Field) ui.Field {
	f.Optional = true
	return f
}

func ratingURL(code string) templ.SafeURL {
	return templ.SafeURL("/admin/ratings?" + url.Values{"code": {code}}.Encode() + "#form")
}

// FilmImport is the page that imports and exports films.
type FilmImport struct {
	Text   string // the rows, as they were pasted or read
	Error  string // why the file cannot be read
	Read   bool   // the rows were looked at
	Result store.MovieImport
	Faults []LineFault // those of Result, in words
	More   int         // faults that are not shown

	Columns  []ImportColumn
	Rows     []store.MovieRow // those of Result, the first of them
	MoreRows int              // that are not shown
}

// LineFault is what is wrong with a line of a file.
type LineFault struct {
	Line            int
	Field, Sentence string
}

// good reports whether the rows can be imported as they are.
func (v FilmImport) good() bool {
	return v.Read && v.Error == "" && len(v.Faults) == 0 && v.Result.Added+v.Result.Changed > 0
}

func (v FilmImport) summary() string {
	r := v.Result
	return strconv.Itoa(r.Added) + " new, " + strconv.Itoa(r.Changed) + " changed, " + strconv.Itoa(r.Same) +
		" as they are"
}
