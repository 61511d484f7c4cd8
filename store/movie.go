package store

import (
	"context"
	"fmt"
	"strings"
)

// Movie is a film that the cinema shows. Films are archived, never deleted.
type Movie struct {
	ID        MovieID `db:"id"`
	Slug      string  `db:"slug"` // unique, lower case, for addresses and poster names
	Title     string  `db:"title"`
	Synopsis  string  `db:"synopsis"`
	Poster    string  `db:"poster"`     // name of a poster in assets, "" for the drawn placeholder
	PosterAlt string  `db:"poster_alt"` // what the poster shows, for screen readers
	Runtime   int     `db:"runtime_minutes"`
	AgeRating string  `db:"age_rating"` // KFCB: GE, PG, 16, 18
	Genre     string  `db:"genre"`
	Language  string  `db:"language"`
	CreatedAt Instant `db:"created_at"`
	UpdatedAt Instant `db:"updated_at"`
}

const movieColumns = `id, slug, title, synopsis, poster, poster_alt, runtime_minutes, age_rating, genre, language, ` +
	`created_at, updated_at`

// Slug is a title's form in addresses: lower-case letters and digits, one dash between words.
func Slug(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "-")
}

// AddMovie writes a new film and returns its id. An empty Slug is made from the title.
func (s Catalogue) AddMovie(ctx context.Context, m Movie) (MovieID, error) {
	if m.Slug == "" {
		m.Slug = Slug(m.Title)
	}
	err := s.write(ctx, booking, func(t *tx) error {
		m.ID = MovieID(s.ids.next(s.now()))
		return t.addMovie(m)
	})
	if err != nil {
		return 0, fmt.Errorf("add film: %w", err)
	}
	s.catalogue.Add(1)
	return m.ID, nil
}

func (t *tx) addMovie(m Movie) error {
	return t.run(`INSERT INTO movie (`+movieColumns+`) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$11)`,
		m.ID, m.Slug, m.Title, m.Synopsis, m.Poster, m.PosterAlt, m.Runtime, m.AgeRating, m.Genre, m.Language, t.now)
}

// CountMovies counts all films, archived ones too.
func (s Catalogue) CountMovies(ctx context.Context) (int, error) {
	var n int
	err := s.read(ctx, &n, `SELECT count(*) FROM movie`)
	return n, err
}
