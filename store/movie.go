package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Movie is a film that the cinema shows. Films are archived, never deleted.
type Movie struct {
	ID             MovieID `db:"id"`
	Slug           string  `db:"slug"` // unique: the title in lower case with dashes
	Title          string  `db:"title"`
	ShortTitle     string  `db:"short_title"` // at most ShortTitleMost characters, for buttons and receipts
	Synopsis       string  `db:"synopsis"`
	Poster         string  `db:"poster"`          // name of a poster in assets, "" for none
	PosterHash     string  `db:"poster_hash"`     // of the uploaded poster, "" for none
	PosterAlt      string  `db:"poster_alt"`      // what the poster shows, for screen readers
	Runtime        int     `db:"runtime_minutes"` // minutes without trailers
	TrailerMinutes int     `db:"trailer_minutes"` // of trailers and adverts before it
	TrailerURL     string  `db:"trailer_url"`     // http or https, "" for none
	AgeRating      string  `db:"age_rating"`      // a code of the list of ratings
	RatingReason   string  `db:"rating_reason"`   // why it has that rating
	Certificate    string  `db:"certificate"`     // number of its certificate of approval
	Genre          string  `db:"genre"`
	Format         string  `db:"format"` // such as 3D
	Language       string  `db:"language"`
	Subtitles      string  `db:"subtitles"` // their language
	Distributor    string  `db:"distributor"`
	NoFreeList     bool    `db:"no_free_list"` // its contract forbids to give tickets away
	OpensOn        Day     `db:"opens_on"`     // the day of its first screening here
	LastOn         Day     `db:"last_on"`      // the last day that it may be shown
	ArchivedAt     Instant `db:"archived_at"`
	Version        int64   `db:"version"` // an edit names the one that it was made from
	CreatedAt      Instant `db:"created_at"`
	UpdatedAt      Instant `db:"updated_at"`

	// Of the list of ratings, read with the film and never written with it.

	RatingName string `db:"rating_name"`
	MinimumAge int    `db:"minimum_age"` // in years; nobody younger is let in, 0 lets in everybody
}

// Archived reports whether the film was taken off the pages.
func (m Movie) Archived() bool { return m.ArchivedAt != 0 }

// movieFields are the columns that an edit may change, in order, by the names of the fields of its form.
var movieFields = []struct {
	name, column string
	value        func(m *Movie) any
}{
	{"title", "title", func(m *Movie) any { return m.Title }},
	{"short_title", "short_title", func(m *Movie) any { return m.ShortTitle }},
	{"synopsis", "synopsis", func(m *Movie) any { return m.Synopsis }},
	{"poster_alt", "poster_alt", func(m *Movie) any { return m.PosterAlt }},
	{"runtime", "runtime_minutes", func(m *Movie) any { return m.Runtime }},
	{"trailers", "trailer_minutes", func(m *Movie) any { return m.TrailerMinutes }},
	{"trailer_link", "trailer_url", func(m *Movie) any { return m.TrailerURL }},
	{"rating", "age_rating", func(m *Movie) any { return m.AgeRating }},
	{"rating_reason", "rating_reason", func(m *Movie) any { return m.RatingReason }},
	{"certificate", "certificate", func(m *Movie) any { return m.Certificate }},
	{"genre", "genre", func(m *Movie) any { return m.Genre }},
	{"format", "format", func(m *Movie) any { return m.Format }},
	{"language", "language", func(m *Movie) any { return m.Language }},
	{"subtitles", "subtitles", func(m *Movie) any { return m.Subtitles }},
	{"distributor", "distributor", func(m *Movie) any { return m.Distributor }},
	{"no_free_list", "no_free_list", func(m *Movie) any { return yes(m.NoFreeList) }},
	{"opens_on", "opens_on", func(m *Movie) any { return m.OpensOn }},
	{"last_on", "last_on", func(m *Movie) any { return m.LastOn }},
}

// MovieFields are the names of the fields of a film's form, which are the columns of its CSV file too.
func MovieFields() []string {
	names := make([]string, len(movieFields))
	for i, f := range movieFields {
		names[i] = f.name
	}
	return names
}

// Typed is the film as its form shows it: a text by the name of each field.
func (m Movie) Typed() map[string]string {
	typed := make(map[string]string, len(movieFields))
	for _, f := range movieFields {
		typed[f.name] = fmt.Sprint(f.value(&m))
	}
	return typed
}

// yes is a flag as it is typed: yes, or "" for no.
func yes(flag bool) string {
	if flag {
		return "yes"
	}
	return ""
}

const movieSelect = movieColumns + movieTables

const movieColumns = `SELECT m.id, m.slug, m.title, m.short_title, m.synopsis, m.poster, m.poster_hash, m.poster_alt,
	m.runtime_minutes, m.trailer_minutes, m.trailer_url, m.age_rating, m.rating_reason, m.certificate, m.genre,
	m.format, m.language, m.subtitles, m.distributor, m.no_free_list, m.opens_on, m.last_on,
	COALESCE(m.archived_at, 0) AS archived_at, m.version,
	m.created_at, m.updated_at, r.name AS rating_name, r.minimum_age`

const movieTables = ` FROM movie m JOIN rating r ON r.code = m.age_rating`

// Slug is a title's form in addresses: lower-case letters and digits, one dash between words.
func Slug(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "-")
}

// Movie reads one film, an archived one too.
func (s Catalogue) Movie(ctx context.Context, id MovieID) (Movie, error) {
	var m Movie
	if err := s.read(ctx, &m, movieSelect+` WHERE m.id = $1`, id); err != nil {
		return m, fmt.Errorf("read film: %w", err)
	}
	return m, nil
}

// AddMovie writes a new film and returns its id. Its slug is made from the title where it has none. The error is
// [Faults] where something in it cannot be.
func (s Catalogue) AddMovie(ctx context.Context, m Movie) (MovieID, error) {
	return s.AddMovieOnce(ctx, "", m)
}

// AddMovieOnce is AddMovie for a form with a key of its own: the same form sent twice adds one film, and returns its id
// both times. The key "" is none.
func (s Catalogue) AddMovieOnce(ctx context.Context, key string, m Movie) (id MovieID, err error) {
	err = s.write(ctx, booking, func(t *tx) error {
		if id, err = t.movieOfForm(key); err != nil || id != 0 {
			return err
		}
		id = MovieID(s.ids.next(s.now()))
		m.ID = id
		if err := t.addMovie(m, key); err != nil {
			return err
		}
		return t.audit(change{action: "film.add", kind: "movie", id: int64(id), subject: m.Title, now: m.given()})
	})
	if err != nil {
		return 0, fmt.Errorf("add film: %w", err)
	}
	s.catalogue.Add(1)
	return id, nil
}

// movieOfForm is the film that a form with the key has added, or 0.
func (t *tx) movieOfForm(key string) (id MovieID, err error) {
	if key == "" {
		return 0, nil
	}
	err = t.get(&id, `SELECT id FROM movie WHERE form_key = $1`, key)
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return id, err
}

// given is the film's fields that are not empty, for the audit log.
func (m Movie) given() map[string]string {
	given := m.Typed()
	maps.DeleteFunc(given, func(_, text string) bool { return text == "" })
	return given
}

// edit is the entry of the audit log for a change of these fields.
func (m Movie) edit(after Movie, fields ...string) change {
	was, now := map[string]string{}, map[string]string{}
	before, typed := m.Typed(), after.Typed()
	for _, name := range fields {
		was[name], now[name] = before[name], typed[name]
	}
	return change{action: "film.edit", kind: "movie", id: int64(m.ID), subject: after.Title, was: was, now: now}
}

func (t *tx) addMovie(m Movie, key string) error {
	if err := t.checkMovie(&m); err != nil {
		return err
	}
	if m.Slug == "" {
		slug, err := t.freeSlug(m.Title)
		if err != nil {
			return err
		}
		m.Slug = slug
	}
	return t.run(`INSERT INTO movie (id, slug, title, short_title, synopsis, poster, poster_hash, poster_alt, runtime_minutes,
		trailer_minutes, trailer_url, age_rating, rating_reason, certificate, genre, format, language, subtitles, distributor,
		opens_on, last_on, search, version, edits, form_key, created_at, updated_at, no_free_list)
		VALUES ($1,$2,$3,$4,$5,$6,'',$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,1,'',$22,$23,$23,$24)`,
		m.ID, m.Slug, m.Title, m.ShortTitle, m.Synopsis, m.Poster, m.PosterAlt, m.Runtime, m.TrailerMinutes,
		m.TrailerURL, m.AgeRating, m.RatingReason, m.Certificate, m.Genre, m.Format, m.Language, m.Subtitles,
		m.Distributor, m.OpensOn, m.LastOn, m.searchText(), orNull(key), t.now,
		flag(m.NoFreeList))
}

// checkMovie checks a film that is about to be written against the list of ratings and the rules of each field.
func (t *tx) checkMovie(m *Movie) error {
	var codes []string
	if err := t.list(&codes, `SELECT code FROM rating`); err != nil {
		return err
	}
	faults := m.faults(func(code string) bool { return slices.Contains(codes, code) })
	if len(faults) > 0 {
		return faults
	}
	return nil
}

// freeSlug is the title's slug, with a number behind it where another film has it.
func (t *tx) freeSlug(title string) (string, error) {
	slug := Slug(title)
	if slug == "" { // a title in other letters
		slug = "film"
	}
	var taken []string
	if err := t.list(&taken, `SELECT slug FROM movie WHERE slug = $1 OR slug LIKE $2`, slug, slug+"-%"); err != nil {
		return "", err
	}
	free := slug
	for n := 2; slices.Contains(taken, free); n++ {
		free = slug + "-" + strconv.Itoa(n)
	}
	return free, nil
}

// StaleMovie means that a film was edited since the form was opened that was to change it. Nothing was written.
type StaleMovie struct {
	Current Movie    // the film as it is now
	Changed []string // the fields that were changed since, by the names of [MovieFields], and poster or archived
}

// Error says how much has changed.
func (s *StaleMovie) Error() string {
	return "the film was edited meanwhile: " + strings.Join(s.Changed, ", ")
}

// EditMovie changes a film's fields to what m has, and returns the film as it was and as it is. Slug, posters and
// archiving are no fields. It refuses with [Faults], or with [StaleMovie] where m.Version is not the film's any more.
func (s Catalogue) EditMovie(ctx context.Context, m Movie) (before, after Movie, err error) {
	err = s.write(ctx, booking, func(t *tx) error {
		before, err = t.movieOfVersion(m.ID, m.Version)
		stale, is := errors.AsType[*StaleMovie](err)
		if posterAlone := is && slices.Equal(stale.Changed, []string{"poster"}); err != nil && !posterAlone {
			return err // a poster is no field: an edit overwrites nothing of it
		}
		if err := t.editMovie(before, m); err != nil {
			return err
		}
		return t.get(&after, movieSelect+` WHERE m.id = $1`, m.ID)
	})
	if err != nil {
		return before, after, fmt.Errorf("edit film: %w", err)
	}
	s.catalogue.Add(1)
	return before, after, nil
}

// editMovie writes the fields of a film that have changed, and the entry of the audit log.
func (t *tx) editMovie(before, m Movie) error {
	if err := t.checkMovie(&m); err != nil {
		return err
	}
	changed := changedFields(before, m)
	if len(changed) == 0 {
		return nil
	}
	if err := t.run(`UPDATE movie SET title=$1, short_title=$2, synopsis=$3, poster_alt=$4, runtime_minutes=$5, trailer_minutes=$6,
		trailer_url=$7, age_rating=$8, rating_reason=$9, certificate=$10, genre=$11, format=$12, language=$13, subtitles=$14,
		distributor=$15, opens_on=$16, last_on=$17, search=$18, no_free_list=$20 WHERE id = $19`,
		m.Title, m.ShortTitle, m.Synopsis, m.PosterAlt, m.Runtime, m.TrailerMinutes, m.TrailerURL, m.AgeRating,
		m.RatingReason, m.Certificate, m.Genre, m.Format, m.Language, m.Subtitles, m.Distributor, m.OpensOn, m.LastOn,
		m.searchText(), m.ID, flag(m.NoFreeList)); err != nil {
		return err
	}
	if err := t.movieEdited(before, changed...); err != nil {
		return err
	}
	return t.audit(before.edit(m, changed...))
}

// changedFields are the names of the fields in which two films differ.
func changedFields(a, b Movie) (changed []string) {
	for _, f := range movieFields {
		if f.value(&a) != f.value(&b) {
			changed = append(changed, f.name)
		}
	}
	return changed
}

// movieOfVersion reads and locks a film that is about to be changed. Version 0 is whatever it has.
func (t *tx) movieOfVersion(id MovieID, version int64) (m Movie, err error) {
	if t.shared() {
		if err := t.run(`SELECT id FROM movie WHERE id = $1`+t.rowLock(), id); err != nil {
			return m, err
		}
	}
	if err := t.get(&m, movieSelect+` WHERE m.id = $1`, id); err != nil {
		return m, err
	}
	if version == 0 || version == m.Version {
		return m, nil
	}
	var edits string
	if err := t.get(&edits, `SELECT edits FROM movie WHERE id = $1`, id); err != nil {
		return m, err
	}
	return m, &StaleMovie{Current: m, Changed: editedSince(edits, version)}
}

// editedSince lists the fields that were changed after a version, by the column edits.
func editedSince(edits string, version int64) (fields []string) {
	for _, word := range strings.Fields(edits) {
		name, at, _ := strings.Cut(word, ":")
		if n, err := strconv.ParseInt(at, 10, 64); err == nil && n > version {
			fields = append(fields, name)
		}
	}
	return fields
}

// movieEdited gives a film its next version, in which these fields changed.
func (t *tx) movieEdited(before Movie, changed ...string) error {
	var edits string
	if err := t.get(&edits, `SELECT edits FROM movie WHERE id = $1`, before.ID); err != nil {
		return err
	}
	next := before.Version + 1
	words := slices.DeleteFunc(strings.Fields(edits), func(word string) bool {
		name, _, _ := strings.Cut(word, ":")
		return slices.Contains(changed, name)
	})
	for _, name := range changed {
		words = append(words, name+":"+strconv.FormatInt(next, 10))
	}
	return t.run(`UPDATE movie SET version = $1, edits = $2, updated_at = $3 WHERE id = $4`,
		next, strings.Join(words, " "), t.now, before.ID)
}

// ArchiveMovie takes a film off the pages. Its screenings and tickets stay as they are. A film with screenings to come
// is refused with [MovieHasScreenings]. To archive it twice changes nothing.
func (s Catalogue) ArchiveMovie(ctx context.Context, id MovieID) (before, after Movie, err error) {
	return s.changeMovie(ctx, "archive film", id, func(t *tx, m Movie) error {
		if m.Archived() {
			return nil
		}
		var coming int
		if err := t.get(&coming, `SELECT count(*) FROM screening WHERE movie_id = $1 AND starts_at > $2 AND status <> 'cancelled'`,
			id, t.now); err != nil {
			return err
		}
		if coming > 0 {
			return &Refusal{Kind: MovieHasScreenings, Left: coming}
		}
		if err := t.run(`UPDATE movie SET archived_at = $1 WHERE id = $2`, t.now, id); err != nil {
			return err
		}
		if err := t.movieEdited(m, "archived"); err != nil {
			return err
		}
		return t.audit(change{action: "film.archive", kind: "movie", id: int64(id), subject: m.Title})
	})
}

// RestoreMovie puts an archived film back. To restore it twice changes nothing.
func (s Catalogue) RestoreMovie(ctx context.Context, id MovieID) (before, after Movie, err error) {
	return s.changeMovie(ctx, "restore film", id, func(t *tx, m Movie) error {
		if !m.Archived() {
			return nil
		}
		if err := t.run(`UPDATE movie SET archived_at = NULL WHERE id = $1`, id); err != nil {
			return err
		}
		if err := t.movieEdited(m, "archived"); err != nil {
			return err
		}
		return t.audit(change{action: "film.restore", kind: "movie", id: int64(id), subject: m.Title})
	})
}

// changeMovie runs a change of a film and returns it as it was and as it is.
func (s Catalogue) changeMovie(ctx context.Context, what string, id MovieID,
	change func(t *tx, m Movie) error) (before, after Movie, err error) {
	err = s.write(ctx, booking, func(t *tx) error {
		if before, err = t.movieOfVersion(id, 0); err != nil {
			return err
		}
		if err := change(t, before); err != nil {
			return err
		}
		return t.get(&after, movieSelect+` WHERE m.id = $1`, id)
	})
	if err != nil {
		return before, after, fmt.Errorf("%s: %w", what, err)
	}
	s.catalogue.Add(1)
	return before, after, nil
}

// DuplicateMovie writes a copy of a film, with its poster, and returns the copy. An archived film's copy is not
// archived. The same form sent twice makes one copy; the key "" is none.
func (s Catalogue) DuplicateMovie(ctx context.Context, id MovieID, key string) (copied Movie, err error) {
	err = s.write(ctx, booking, func(t *tx) error {
		if made, err := t.movieOfForm(key); err != nil || made != 0 {
			return errors.Join(err, t.get(&copied, movieSelect+` WHERE m.id = $1`, made))
		}
		m, err := t.movieOfVersion(id, 0)
		if err != nil {
			return err
		}
		m.ID, m.Slug = MovieID(s.ids.next(s.now())), ""
		if err := t.addMovie(m, key); err != nil {
			return err
		}
		if m.PosterHash != "" {
			if err := t.run(`INSERT INTO poster (movie_id, kind, width, height, type, bytes, hash, created_at)
				SELECT $1, kind, width, height, type, bytes, hash, $2 FROM poster WHERE movie_id = $3`, m.ID, t.now, id); err != nil {
				return err
			}
			if err := t.run(`UPDATE movie SET poster_hash = $1 WHERE id = $2`, m.PosterHash, m.ID); err != nil {
				return err
			}
		}
		if err := t.get(&copied, movieSelect+` WHERE m.id = $1`, m.ID); err != nil {
			return err
		}
		return t.audit(change{
			action: "film.duplicate", kind: "movie", id: int64(m.ID), subject: m.Title, now: m.given(),
		})
	})
	if err != nil {
		return copied, fmt.Errorf("duplicate film: %w", err)
	}
	s.catalogue.Add(1)
	return copied, nil
}

// CountMovies counts all films, archived ones too.
func (s Catalogue) CountMovies(ctx context.Context) (int, error) {
	var n int
	err := s.read(ctx, &n, `SELECT count(*) FROM movie`)
	return n, err
}
