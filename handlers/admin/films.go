package admin

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/store/poster"
	"cinemasphere/store/sheet"
	"cinemasphere/views"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/ui"
	"cinemasphere/views/wording"
)

// filmsOnPage is how many films a page of the list has.
const filmsOnPage = 50

// Films answers GET /admin/films.
func (a *Admin) Films(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	filter := store.MovieFilter{
		Search: quote(q.Get("q")), State: store.MovieState(q.Get("state")), Rating: quote(q.Get("rating")), Page: 1,
		Size: filmsOnPage,
	}
	if filter.State != store.MoviesArchived && filter.State != store.MoviesAll {
		filter.State = store.MoviesCurrent
	}
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 1 && n < 1_000_000 {
		filter.Page = n
	}
	list, all, err := a.Store.Catalogue().Movies(r.Context(), filter)
	if err != nil {
		return err
	}
	ratings, err := a.ratingOptions(r.Context())
	if err != nil {
		return err
	}
	v := pages.Films{Filter: filter, List: list, All: all, Ratings: ratings, Poster: smallPoster, Key: rand.Text()}
	return a.render(w, r, http.StatusOK, pages.FilmsPage(v))
}

func smallPoster(m store.Movie) string { return views.PosterURL(m, poster.Card) }

// ratingOptions are the ratings as a form offers them.
func (a *Admin) ratingOptions(ctx context.Context) ([]ui.Option, error) {
	ratings, err := a.Store.Catalogue().Ratings(ctx)
	if err != nil {
		return nil, err
	}
	options := make([]ui.Option, len(ratings))
	for i, r := range ratings {
		options[i] = ui.Option{Value: r.Code, Label: r.Code + ": " + r.Name}
	}
	return options, nil
}

// NewFilm answers GET /admin/films/new.
func (a *Admin) NewFilm(w http.ResponseWriter, r *http.Request) error {
	typed := store.Movie{}.Typed()
	typed["runtime"], typed["trailers"] = "", "15"
	return a.filmPage(w, r, http.StatusOK, pages.Film{Typed: typed, Key: rand.Text()})
}

// AddFilm answers POST /admin/films.
func (a *Admin) AddFilm(w http.ResponseWriter, r *http.Request) error {
	v := pages.Film{Typed: typedFilm(r), Key: r.PostForm.Get("key")}
	if !goodKey(v.Key) {
		v.Key = rand.Text()
	}
	m, faults := store.ReadMovie(store.Movie{}, v.Typed)
	if len(faults) > 0 {
		return a.filmFaults(w, r, v, faults)
	}
	id, err := a.Store.Catalogue().AddMovieOnce(r.Context(), v.Key, m)
	if faults, is := errors.AsType[store.Faults](err); is {
		return a.filmFaults(w, r, v, faults)
	}
	if err != nil {
		return err
	}
	return a.done(w, r, pages.FilmURL(id), "The film is added. Give it a poster, then screenings.")
}

// goodKey reports whether a text may be a key that a form of ours carries.
func goodKey(key string) bool {
	return len(key) >= 16 && len(key) <= 64 && !strings.ContainsFunc(key, func(c rune) bool {
		return (c < '0' || c > '9') && (c < 'A' || c > 'Z')
	})
}

// typedFilm is what was typed into a film's form.
func typedFilm(r *http.Request) map[string]string {
	typed := map[string]string{}
	for _, name := range store.MovieFields() {
		if r.PostForm.Has(name) {
			typed[name] = r.PostForm.Get(name)
		}
	}
	return typed
}

// Film answers GET /admin/films/{id}.
func (a *Admin) Film(w http.ResponseWriter, r *http.Request) error {
	m, err := a.film(r)
	if err != nil {
		return err
	}
	return a.filmPage(w, r, http.StatusOK, filmView(m))
}

func (a *Admin) film(r *http.Request) (store.Movie, error) {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil || id <= 0 {
		return store.Movie{}, fmt.Errorf("film: %w", store.ErrNotFound)
	}
	return a.Store.Catalogue().Movie(r.Context(), store.MovieID(id))
}

func filmView(m store.Movie) pages.Film {
	return pages.Film{Movie: m, Typed: m.Typed(), Version: m.Version, Key: rand.Text()}
}

// filmPage answers with a film's page, after filling in what every such page needs.
func (a *Admin) filmPage(w http.ResponseWriter, r *http.Request, status int, v pages.Film) (err error) {
	if v.Ratings, err = a.ratingOptions(r.Context()); err != nil {
		return err
	}
	if v.Words, err = a.Store.Catalogue().MovieWords(r.Context()); err != nil {
		return err
	}
	if !v.IsNew() {
		if v.Clashes, err = a.Store.Catalogue().ClashesOfFilm(r.Context(), v.Movie.ID); err != nil {
			return err
		}
	}
	v.Poster = smallPoster(v.Movie)
	for name, text := range v.Typed {
		v.Typed[name] = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
	}
	return a.render(w, r, status, pages.FilmPage(v))
}

// filmFaults shows a film's form again with what is wrong at the fields.
func (a *Admin) filmFaults(w http.ResponseWriter, r *http.Request, v pages.Film, faults store.Faults) error {
	v.Errors = faultWords(faults)
	v.Notice = "Nothing was saved. Please look at " + strings.Join(faultLabels(faults), ", ") + "."
	return a.filmPage(w, r, http.StatusUnprocessableEntity, v)
}

func faultWords(faults store.Faults) map[string]string {
	words := map[string]string{}
	for name, f := range faults {
		words[name] = wording.FilmFault(f)
	}
	return words
}

func faultLabels(faults store.Faults) []string {
	order := append(store.MovieFields(), "code", "name", "minimum_age", "position", "explanation")
	var labels []string
	for _, name := range order {
		if _, wrong := faults[name]; wrong && !slices.Contains(labels, wording.FilmField(name)) {
			labels = append(labels, wording.FilmField(name))
		}
	}
	return labels
}

// EditFilm answers POST /admin/films/{id}.
func (a *Admin) EditFilm(w http.ResponseWriter, r *http.Request) error {
	have, err := a.film(r)
	if err != nil {
		return err
	}
	v := filmView(have)
	typed := typedFilm(r)
	for name, text := range typed {
		v.Typed[name] = text
	}
	version, err := strconv.ParseInt(r.PostForm.Get("version"), 10, 64)
	if err != nil || version <= 0 {
		version = -1 // a form that says nothing of it is of no version
	}
	v.Version = version
	m, faults := store.ReadMovie(have, typed)
	if len(faults) > 0 {
		return a.filmFaults(w, r, v, faults)
	}
	m.Version = version
	before, after, err := a.Store.Catalogue().EditMovie(r.Context(), m)
	if faults, is := errors.AsType[store.Faults](err); is {
		return a.filmFaults(w, r, v, faults)
	}
	if stale, is := errors.AsType[*store.StaleMovie](err); is {
		web.LogError(w, err)
		return a.staleFilm(w, r, v, stale)
	}
	if err != nil {
		return err
	}
	said := "Saved."
	if before.Version == after.Version {
		said = "Nothing was changed."
	}
	return a.done(w, r, pages.FilmURL(have.ID), said)
}

// staleFilm shows a form whose film was edited meanwhile: what was typed stays, what was changed stands over it, and
// sending it again saves what is in it.
func (a *Admin) staleFilm(w http.ResponseWriter, r *http.Request, v pages.Film, stale *store.StaleMovie) error {
	v.Movie, v.Version = stale.Current, stale.Current.Version
	v.Notice = "Nothing was saved: somebody else has changed this film since you opened it. What you typed is still " +
		"here. Look at what has changed, then save again."
	now := stale.Current.Typed()
	now["poster"], now["archived"] = "another one", "not archived"
	if stale.Current.PosterHash == "" {
		now["poster"] = ""
	}
	if stale.Current.Archived() {
		now["archived"] = "archived"
	}
	changed := stale.Changed
	if len(changed) == 0 { // the form is of no version: whatever differs
		for name, text := range v.Typed {
			if now[name] != text {
				changed = append(changed, name)
			}
		}
	}
	slices.Sort(changed)
	for _, name := range changed {
		c := pages.FilmChange{Label: wording.FilmField(name), Now: now[name], Typed: now[name]}
		if text, is := v.Typed[name]; is {
			c.Typed = text
		}
		v.Changed = append(v.Changed, c)
	}
	return a.filmPage(w, r, http.StatusConflict, v)
}

// ArchiveFilm answers POST /admin/films/{id}/archive.
func (a *Admin) ArchiveFilm(w http.ResponseWriter, r *http.Request) error {
	m, err := a.film(r)
	if err != nil {
		return err
	}
	_, _, err = a.Store.Catalogue().ArchiveMovie(r.Context(), m.ID)
	if refused, is := errors.AsType[*store.Refusal](err); is {
		v := filmView(m)
		v.Notice = wording.CatalogueRefusal(refused)
		return a.filmPage(w, r, http.StatusConflict, v)
	}
	if err != nil {
		return err
	}
	return a.done(w, r, pages.FilmURL(m.ID), m.Title+" is archived.")
}

// RestoreFilm answers POST /admin/films/{id}/restore.
func (a *Admin) RestoreFilm(w http.ResponseWriter, r *http.Request) error {
	m, err := a.film(r)
	if err == nil {
		_, m, err = a.Store.Catalogue().RestoreMovie(r.Context(), m.ID)
	}
	if err != nil {
		return err
	}
	return a.done(w, r, pages.FilmURL(m.ID), m.Title+" is back.")
}

// DuplicateFilm answers POST /admin/films/{id}/duplicate. It leads to the copy.
func (a *Admin) DuplicateFilm(w http.ResponseWriter, r *http.Request) error {
	m, err := a.film(r)
	if err != nil {
		return err
	}
	key := r.PostForm.Get("key")
	if !goodKey(key) {
		key = ""
	}
	copied, err := a.Store.Catalogue().DuplicateMovie(r.Context(), m.ID, key)
	if err != nil {
		return err
	}
	return a.done(w, r, pages.FilmURL(copied.ID), "This is a copy of "+m.Title+". Change what is different.")
}

// imageUpload is how large a form with an image may be: one a little too large is refused in words at the field.
const imageUpload = poster.MostBytes + poster.MostBytes/4

// posterWait is how long an upload waits for those before it.
const posterWait = 20 * time.Second

// SetPoster answers POST /admin/films/{id}/poster.
func (a *Admin) SetPoster(w http.ResponseWriter, r *http.Request) error {
	m, err := a.film(r)
	if err != nil {
		return err
	}
	upload, err := uploaded(r, "file", poster.MostBytes)
	if err != nil {
		return err
	}
	images, err := encode(r, upload, a.posters.Encode)
	if refused, is := errors.AsType[*poster.Refusal](err); is {
		web.LogError(w, err)
		v := filmView(m)
		v.PosterError = wording.PosterRefusal(refused)
		v.Notice = "The poster was not taken. " + v.PosterError
		return a.filmPage(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	if _, _, err := a.Store.Catalogue().SetPoster(r.Context(), m.ID, images); err != nil {
		return err
	}
	return a.done(w, r, pages.FilmURL(m.ID)+"#poster", "The poster is up.")
}

// encode makes the sizes of an uploaded image once it is its turn.
func encode(r *http.Request, upload []byte,
	sizes func(context.Context, []byte) ([]poster.Image, error)) ([]poster.Image, error) {
	ctx, cancel := context.WithTimeout(r.Context(), posterWait)
	defer cancel()
	images, err := sizes(ctx, upload)
	debug.FreeOSMemory() // decoding takes much, seldom, and the machine may be small
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, &web.Error{
			Status: http.StatusServiceUnavailable, RetryAfter: 10, Err: err, Title: "Many images at once",
			Public: "Other images are being read at the moment. Please upload this one again in a few seconds.",
		}
	}
	return images, err
}

// uploaded reads a file of a form, one byte more than most of it. No file is no bytes.
func uploaded(r *http.Request, name string, most int64) ([]byte, error) {
	if r.MultipartForm == nil || len(r.MultipartForm.File[name]) == 0 {
		return nil, nil
	}
	f, err := r.MultipartForm.File[name][0].Open()
	if err != nil {
		return nil, fmt.Errorf("open upload: %w", err)
	}
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read upload: %w", err)
	}
	return b, nil
}

// RemovePoster answers POST /admin/films/{id}/poster/remove.
func (a *Admin) RemovePoster(w http.ResponseWriter, r *http.Request) error {
	m, err := a.film(r)
	if err == nil {
		_, m, err = a.Store.Catalogue().RemovePoster(r.Context(), m.ID)
	}
	if err != nil {
		return err
	}
	return a.done(w, r, pages.FilmURL(m.ID)+"#poster", "The poster is removed.")
}

// Ratings answers GET /admin/ratings.
func (a *Admin) Ratings(w http.ResponseWriter, r *http.Request) error {
	return a.ratingsPage(w, r, http.StatusOK, pages.Ratings{}, r.URL.Query().Get("code"))
}

// ratingsPage answers with the list of ratings. The form has what was typed, else the rating of the code.
func (a *Admin) ratingsPage(w http.ResponseWriter, r *http.Request, status int, v pages.Ratings,
	code string) (err error) {
	if v.List, err = a.Store.Catalogue().Ratings(r.Context()); err != nil {
		return err
	}
	if v.Typed == nil {
		v.Typed = map[string]string{"minimum_age": "0", "position": strconv.Itoa(len(v.List) + 1)}
		for _, rating := range v.List {
			if rating.Code == code {
				v.Edits = true
				v.Typed = map[string]string{
					"code": rating.Code, "name": rating.Name, "minimum_age": strconv.Itoa(rating.MinimumAge),
					"explanation": rating.Explanation, "position": strconv.Itoa(rating.Position),
					"edits": strconv.FormatInt(int64(rating.UpdatedAt), 10),
				}
			}
		}
	}
	return a.render(w, r, status, pages.RatingsPage(v))
}

// SaveRating answers POST /admin/ratings.
func (a *Admin) SaveRating(w http.ResponseWriter, r *http.Request) error {
	v := pages.Ratings{Typed: map[string]string{}, Edits: r.PostForm.Get("edits") != ""}
	for _, name := range []string{"code", "name", "minimum_age", "explanation", "position"} {
		v.Typed[name] = echo(r.PostForm.Get(name))
	}
	list, err := a.Store.Catalogue().Ratings(r.Context())
	if err != nil {
		return err
	}
	for _, have := range list {
		if v.Edits && have.Code == v.Typed["code"] && !r.PostForm.Has("explanation") {
			r.PostForm.Set("explanation", have.Explanation) // a form that does not have it takes nothing away
			v.Typed["explanation"] = have.Explanation
		}
	}
	number := func(name string) int {
		n, err := strconv.Atoi(strings.TrimSpace(v.Typed[name]))
		if err != nil {
			return -1 // which is refused
		}
		return n
	}
	rating := store.Rating{
		Code: r.PostForm.Get("code"), Name: r.PostForm.Get("name"), Explanation: r.PostForm.Get("explanation"),
		MinimumAge: number("minimum_age"), Position: number("position"),
	}
	made, err := strconv.ParseInt(r.PostForm.Get("edits"), 10, 64)
	if v.Edits {
		if err != nil || made <= 0 {
			made = -1 // a form that says nothing of it is of no version
		}
		rating.UpdatedAt = store.Instant(made)
		err = a.Store.Catalogue().SaveRating(r.Context(), rating)
	} else {
		err = a.Store.Catalogue().AddRating(r.Context(), rating)
	}
	if faults, is := errors.AsType[store.Faults](err); is {
		v.Errors = faultWords(faults)
		v.Typed["edits"] = r.PostForm.Get("edits")
		v.Notice = "Nothing was saved. Please look at " + strings.Join(faultLabels(faults), ", ") + "."
		return a.ratingsPage(w, r, http.StatusUnprocessableEntity, v, "")
	}
	if refused, is := errors.AsType[*store.Refusal](err); is {
		list, err := a.Store.Catalogue().Ratings(r.Context())
		if err != nil {
			return err
		}
		for _, now := range list {
			if now.Code == rating.Code {
				v.Typed["edits"] = strconv.FormatInt(int64(now.UpdatedAt), 10)
			}
		}
		v.Notice = wording.CatalogueRefusal(refused)
		return a.ratingsPage(w, r, http.StatusConflict, v, "")
	}
	if err != nil {
		return err
	}
	return a.done(w, r, "/admin/ratings", "The rating is saved.")
}

// DeleteRating answers POST /admin/ratings/delete.
func (a *Admin) DeleteRating(w http.ResponseWriter, r *http.Request) error {
	code := r.PostForm.Get("code")
	err := a.Store.Catalogue().DeleteRating(r.Context(), code)
	if refused, is := errors.AsType[*store.Refusal](err); is {
		return a.ratingsPage(w, r, http.StatusConflict, pages.Ratings{Notice: wording.CatalogueRefusal(refused)}, "")
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return a.done(w, r, "/admin/ratings", "The rating is deleted.")
}

// filmRoutes are the addresses of films and ratings.
func (a *Admin) filmRoutes() []Route {
	const get, post, role = http.MethodGet, http.MethodPost, store.RoleManager
	return []Route{
		{Method: get, Pattern: "/films", Role: role, Handler: a.Films},
		{Method: post, Pattern: "/films", Role: role, Handler: a.AddFilm},
		{Method: get, Pattern: "/films/new", Role: role, Handler: a.NewFilm},
		{Method: get, Pattern: "/films/import", Role: role, Handler: a.ImportFilmsPage},
		{Method: post, Pattern: "/films/import", Role: role, Handler: a.ImportFilms, Upload: sheet.MostBytes * 5 / 4},
		{Method: get, Pattern: "/films/export.csv", Role: role, Handler: a.ExportFilms},
		{Method: get, Pattern: "/films/{id}", Role: role, Handler: a.Film},
		{Method: post, Pattern: "/films/{id}", Role: role, Handler: a.EditFilm},
		{Method: post, Pattern: "/films/{id}/archive", Role: role, Handler: a.ArchiveFilm},
		{Method: post, Pattern: "/films/{id}/restore", Role: role, Handler: a.RestoreFilm},
		{Method: post, Pattern: "/films/{id}/duplicate", Role: role, Handler: a.DuplicateFilm},
		{
			Method: post, Pattern: "/films/{id}/poster", Role: role, Handler: a.SetPoster,
			Upload: imageUpload,
		},
		{Method: post, Pattern: "/films/{id}/poster/remove", Role: role, Handler: a.RemovePoster},
		{Method: get, Pattern: "/ratings", Role: role, Handler: a.Ratings},
		{Method: post, Pattern: "/ratings", Role: role, Handler: a.SaveRating},
		{Method: post, Pattern: "/ratings/delete", Role: role, Handler: a.DeleteRating},
	}
}
