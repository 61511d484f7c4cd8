package store

import (
	"context"
	"fmt"
	"strings"
)

// MovieState picks films of a list by whether they are archived.
type MovieState string

// The states that a list may be asked for. The zero state is [MoviesCurrent].
const (
	MoviesCurrent  MovieState = ""
	MoviesArchived MovieState = "archived"
	MoviesAll      MovieState = "all"
)

// MovieFilter picks the films of a list.
type MovieFilter struct {
	Search string // words that title, short title or distributor must contain, in any order
	State  MovieState
	Rating string // a code; "" is any
	Page   int    // from 1; 0 is the first
	Size   int    // films on a page; 0 is all
}

// ListedMovie is a film of a list, with what is to come of it.
type ListedMovie struct {
	Movie
	Coming int     `db:"coming"`  // screenings that are still to start
	NextAt Instant `db:"next_at"` // when the first of them starts; 0 where there is none
}

// Movies lists films by title, and says how many there are on all pages together.
func (s Catalogue) Movies(ctx context.Context, f MovieFilter) (films []ListedMovie, all int, err error) {
	where, args := f.where()
	if err := s.read(ctx, &all, `SELECT count(*) FROM movie m WHERE `+where, args...); err != nil {
		return nil, 0, fmt.Errorf("count films: %w", err)
	}
	if f.Size <= 0 {
		f.Size = max(1, all)
	}
	now := s.Now()
	next := len(args) + 1
	query := movieColumns + fmt.Sprintf(`,
		(SELECT count(*) FROM screening c WHERE `+comingOf+`) AS coming,
		COALESCE((SELECT min(starts_at) FROM screening c WHERE `+comingOf+`), 0) AS next_at`, next, next) +
		movieTables + ` WHERE ` + where + fmt.Sprintf(` ORDER BY m.search, m.id LIMIT $%d OFFSET $%d`, next+1, next+2)
	if err := s.list(ctx, &films, query, append(args, now, f.Size, max(0, f.Page-1)*f.Size)...); err != nil {
		return nil, 0, fmt.Errorf("list films: %w", err)
	}
	return films, all, nil
}

// comingOf picks a film's screenings that are still to start.
const comingOf = `c.movie_id = m.id AND c.starts_at > $%d AND c.status <> 'cancelled'`

// where is the filter as SQL with its arguments.
func (f MovieFilter) where() (sql string, args []any) {
	conditions := []string{"1 = 1"}
	switch f.State {
	case MoviesCurrent:
		conditions = append(conditions, "m.archived_at IS NULL")
	case MoviesArchived:
		conditions = append(conditions, "m.archived_at IS NOT NULL")
	case MoviesAll:
	}
	add := func(condition string, arg any) {
		args = append(args, arg)
		conditions = append(conditions, fmt.Sprintf(condition, len(args)))
	}
	if f.Rating != "" {
		add(`m.age_rating = $%d`, f.Rating)
	}
	for _, word := range strings.Fields(Fold(f.Search)) {
		add(`m.search LIKE $%d ESCAPE '\'`, "%"+likeText.Replace(word)+"%")
	}
	return strings.Join(conditions, " AND "), args
}
