package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Film is a movie with its coming screenings, earliest first, and its next one with seats left.
type Film struct {
	Movie
	Screenings []Screening
}

// Next is the earliest screening with n seats left to buy, or nil.
func (f *Film) Next(now Instant, n int) *Screening {
	for i := range f.Screenings {
		if sc := &f.Screenings[i]; sc.Sells(now) && sc.Left >= n {
			return sc
		}
	}
	return nil
}

// opens is when the film's next screening starts; films without one come last.
func (f *Film) opens() Instant {
	if len(f.Screenings) == 0 {
		return math.MaxInt64
	}
	return f.Screenings[0].StartsAt
}

// Programme is what is on: a read-only snapshot. Version grows with each change.
type Programme struct {
	Version uint64
	Films   []Film // films with coming screenings first, by the next one; then the others by title
}

// Film finds a film by id.
func (p *Programme) Film(id MovieID) (*Film, bool) {
	for i := range p.Films {
		if p.Films[i].ID == id {
			return &p.Films[i], true
		}
	}
	return nil, false
}

// programmeAge is how long a snapshot serves. Seats left in a list may be this old; those of a booking are current.
const programmeAge = time.Second

type programmeCache struct {
	mu      sync.Mutex // held by whoever reads a new one
	current atomic.Pointer[snapshot]
}

type snapshot struct {
	*Programme
	read      time.Time
	catalogue uint64
}

// Programme returns what is on. This process's changes to films and screenings show at once. Seats left may be a second
// old.
func (s Catalogue) Programme(ctx context.Context) (*Programme, error) {
	c := &s.programme
	catalogue := s.catalogue.Load()
	old := c.current.Load()
	if old != nil && old.catalogue == catalogue {
		if s.now().Sub(old.read) < programmeAge || !c.mu.TryLock() {
			return old.Programme, nil // while one reads, the others take the old one
		}
	} else {
		c.mu.Lock()
		old = c.current.Load()
	}
	defer c.mu.Unlock()
	if old != nil && old.catalogue == catalogue && s.now().Sub(old.read) < programmeAge {
		return old.Programme, nil
	}
	// A customer who leaves must not cancel the read that others wait for.
	films, err := s.films(context.WithoutCancel(ctx))
	if err != nil {
		return nil, fmt.Errorf("read programme: %w", err)
	}
	next := &Programme{Films: films}
	if old != nil {
		if next.Version = old.Version; !reflect.DeepEqual(old.Films, films) {
			next.Version++
		}
	}
	c.current.Store(&snapshot{next, s.now(), catalogue})
	return next, nil
}

func (s *Store) films(ctx context.Context) ([]Film, error) {
	var movies []Movie
	if err := s.list(ctx, &movies, movieSelect+` WHERE m.archived_at IS NULL ORDER BY m.search, m.id`); err != nil {
		return nil, err
	}
	var screenings []Screening
	if err := s.list(ctx, &screenings,
		screeningSelect+` WHERE s.starts_at > $1 AND s.status IN ('on_sale', 'closed') ORDER BY s.starts_at, s.id`,
		s.Now()); err != nil {
		return nil, err
	}
	byMovie := map[MovieID][]Screening{}
	for _, sc := range screenings {
		byMovie[sc.MovieID] = append(byMovie[sc.MovieID], sc)
	}
	films := make([]Film, len(movies))
	for i, m := range movies {
		films[i] = Film{Movie: m, Screenings: byMovie[m.ID]}
	}
	slices.SortStableFunc(films, func(a, b Film) int { return cmp.Compare(a.opens(), b.opens()) })
	return films, nil
}

const screeningSelect = `SELECT s.id, s.movie_id, s.hall_id, s.plan_id, h.name AS hall, s.starts_at, s.sales_close_at,
	s.counter_close_at, s.trailer_minutes, s.format, s.language, COALESCE(s.cancelled_at, 0) AS cancelled_at,
	s.cancel_reason, s.version, COALESCE(s.price_card_id, 0) AS price_card_id, s.prices, s.surcharges, s.capacity,
	s.status, s.created_at, s.updated_at,
	` + seatsLeft + ` AS seats_left
	FROM screening s JOIN hall h ON h.id = s.hall_id`

// Screening reads one screening that customers may know of, with the seats left now, and its film. A draft is
// ErrNotFound.
func (s Catalogue) Screening(ctx context.Context, id ScreeningID) (Screening, Movie, error) {
	var sc Screening
	if err := s.read(ctx, &sc, screeningSelect+` WHERE s.id = $1 AND s.status <> 'draft'`, id); err != nil {
		return sc, Movie{}, fmt.Errorf("read screening: %w", err)
	}
	m, err := s.Movie(ctx, sc.MovieID)
	return sc, m, err
}

// NextScreening is the film's earliest screening on sale with a seat left. ErrNotFound means that there is no such
// film; a zero Screening that none can be bought.
func (s Catalogue) NextScreening(ctx context.Context, id MovieID) (Screening, error) {
	var m MovieID
	if err := s.read(ctx, &m, `SELECT id FROM movie WHERE id = $1 AND archived_at IS NULL`, id); err != nil {
		return Screening{}, fmt.Errorf("read film: %w", err)
	}
	var sc Screening
	err := s.read(ctx, &sc, screeningSelect+` WHERE s.movie_id = $1 AND s.status = 'on_sale' AND s.sales_close_at > $2
		AND EXISTS (SELECT 1 FROM seat WHERE seat.screening_id = s.id AND seat.ticket_id IS NULL
		AND seat.for_sale = 1)
		ORDER BY s.starts_at, s.id LIMIT 1`, id, s.Now())
	if errors.Is(err, ErrNotFound) {
		return Screening{}, nil
	}
	return sc, err
}
