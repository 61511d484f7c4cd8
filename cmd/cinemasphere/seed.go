package main

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cinemasphere/store"
	"cinemasphere/views/wording"
)

//go:embed sample.json
var sampleJSON []byte

// trailerMinutes of trailers and adverts stand before each sample film.
const trailerMinutes = 10

// programmeDays is how far ahead the sample programme reaches.
const programmeDays = 14

type sampleMovie struct {
	Title, Synopsis, Genre, Rating, PosterAlt string
	Card                                      string // the name of its price card
	StartsAt                                  string // of its evening screening
	RuntimeMinutes                            int
}

// sampleCard is a price card: what each type costs in ordinary seats and in those of the zone VIP, in shillings.
type sampleCard struct {
	Name          string
	Ordinary, VIP []store.Shillings
	Rules         []struct {
		Days   []time.Weekday
		Before int    // this hour
		Card   string // whose prices hold then
	}
}

type sample struct {
	Halls []struct {
		Name            string
		CleaningMinutes int
		Plan            []string
	}
	Types  []string // of tickets
	Cards  []sampleCard
	Movies []sampleMovie
	Cinema store.Cinema
}

func readSample() (sample, error) {
	var s sample
	if err := json.Unmarshal(sampleJSON, &s); err != nil {
		return s, fmt.Errorf("read sample data: %w", err)
	}
	return s, nil
}

type seedCmd struct {
	config
}

func (c seedCmd) Run(p *program) (err error) {
	if err := c.nameDatabase(); err != nil {
		return err
	}
	plan, err := c.check()
	if err != nil {
		return err
	}
	st, err := store.Open(p.ctx, store.Options{Path: plan.DatabaseURL, Environment: plan.env})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if err := seed(p.ctx, st); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "Sample films, halls and screenings are in %s.\n", store.PathName(plan.DatabaseURL))
	return err
}

// seed writes the sample cinema into books that have no films, all of it or nothing.
func seed(ctx context.Context, st *store.Store) error {
	s, err := readSample()
	if err != nil {
		return err
	}
	f := store.CinemaSetup{Cinema: s.Cinema}
	for _, h := range s.Halls {
		f.Halls = append(f.Halls, store.Hall{
			Name: h.Name, Cleaning: h.CleaningMinutes, Plan: strings.Join(h.Plan, "\n"),
		})
	}
	f.Cards, f.Rules = s.cards()
	for _, m := range s.Movies {
		slug := store.Slug(m.Title)
		f.Movies = append(f.Movies, store.Movie{
			Slug: slug, Title: m.Title, Synopsis: m.Synopsis, Poster: slug, PosterAlt: m.PosterAlt,
			Runtime: m.RuntimeMinutes, TrailerMinutes: trailerMinutes, AgeRating: m.Rating, Genre: m.Genre,
			Language: "English",
		})
	}
	f.Screenings = func(halls []store.Hall, movies []store.Movie,
		cards store.PriceCards) ([]store.Screening, error) {
		return sampleProgramme(s, st.Now(), 0, halls, movies, cards)
	}
	return st.Catalogue().SetUpCinema(ctx, f)
}

// cards are the sample's price cards, and their rules, once the cards have ids.
func (s sample) cards() (cards []store.PriceCard, rules func(store.PriceCards) map[store.PriceCardID]store.PriceRules) {
	for _, c := range s.Cards {
		card := store.PriceCard{Name: c.Name}
		for zone, prices := range map[string][]store.Shillings{"": c.Ordinary, "VIP": c.VIP} {
			for i, price := range prices {
				card.Prices = append(card.Prices, store.Price{
					Name: s.Types[i], Zone: zone, Cents: store.Cents(price) * 100,
				})
			}
		}
		slices.SortStableFunc(card.Prices, func(a, b store.Price) int { return cmp.Compare(a.Zone, b.Zone) })
		cards = append(cards, card)
	}
	return cards, func(stored store.PriceCards) map[store.PriceCardID]store.PriceRules {
		all := map[store.PriceCardID]store.PriceRules{}
		for _, c := range s.Cards {
			for _, r := range c.Rules {
				id := cardNamed(stored, c.Name)
				all[id] = append(all[id], store.PriceRule{
					Days: r.Days, Before: r.Before * 60, Card: cardNamed(stored, r.Card),
				})
			}
		}
		return all
	}
}

// cardNamed is the id of the card in use with the name; 0 where there is none.
func cardNamed(cards store.PriceCards, name string) store.PriceCardID {
	i := slices.IndexFunc(cards.Cards, func(c store.PriceCard) bool { return c.Name == name })
	if i < 0 {
		return 0
	}
	return cards.Cards[i].ID
}

// extendProgramme adds sample screenings for the days ahead that have none, so that the demo's always lie in the
// future.
func extendProgramme(ctx context.Context, st *store.Store) error {
	s, err := readSample()
	if err != nil {
		return err
	}
	halls, err := st.Catalogue().Halls(ctx)
	if err != nil {
		return err
	}
	programme, err := st.Catalogue().Programme(ctx)
	if err != nil {
		return err
	}
	var movies []store.Movie
	for _, f := range programme.Films {
		movies = append(movies, f.Movie)
	}
	last, err := st.Catalogue().LastScreening(ctx)
	if err != nil {
		return err
	}
	cards, err := st.Catalogue().PriceCards(ctx)
	if err != nil {
		return err
	}
	add, err := sampleProgramme(s, st.Now(), last, halls, movies, cards)
	if err != nil || len(add) == 0 {
		return err
	}
	_, err = st.Catalogue().AddScreenings(ctx, add)
	return err
}

// sampleProgramme is the sample's screenings from now on for programmeDays, those after the last one that there is.
func sampleProgramme(s sample, now, last store.Instant, halls []store.Hall, movies []store.Movie,
	cards store.PriceCards) ([]store.Screening, error) {
	bySlug := map[string]store.MovieID{}
	for _, m := range movies {
		bySlug[m.Slug] = m.ID
	}
	local := wording.Nairobi(now)
	today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, local.Location())
	var add []store.Screening
	for d := range programmeDays {
		screenings, err := sampleDay(s, today.AddDate(0, 0, d), halls, bySlug, cards)
		if err != nil {
			return nil, err
		}
		for _, sc := range screenings {
			if sc.StartsAt > last && sc.SalesCloseAt > now {
				add = append(add, sc)
			}
		}
	}
	return add, nil
}

// sampleDay is one day's sample screenings: an afternoon and an evening one in each hall, and at weekends a morning
// one. Which film plays where moves on from day to day, so that each gets every hall.
func sampleDay(s sample, day time.Time, halls []store.Hall, bySlug map[string]store.MovieID,
	cards store.PriceCards) ([]store.Screening, error) {
	number := int(day.Unix()+3*60*60) / (24 * 60 * 60)
	var out []store.Screening
	for h, hall := range halls {
		at := func(offset int) sampleMovie {
			return s.Movies[(number*len(halls)+(h+number)%len(halls)+offset)%len(s.Movies)]
		}
		slots := []struct {
			movie sampleMovie
			start string
		}{{at(0), at(0).StartsAt}, {at(len(s.Movies) / 2), "15:00"}}
		if wd := day.Weekday(); wd == time.Saturday || wd == time.Sunday {
			slots = append(slots, struct {
				movie sampleMovie
				start string
			}{at(len(s.Movies) / 4), "11:00"})
		}
		for _, slot := range slots {
			clock, err := time.Parse("15:04", slot.start)
			movie, known := bySlug[store.Slug(slot.movie.Title)]
			if err != nil {
				return nil, errors.Join(fmt.Errorf("sample film %s", slot.movie.Title), err)
			}
			start := day.Add(time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute)
			prices, priced := cards.PricesFor(cardNamed(cards, slot.movie.Card), store.At(start))
			if !known || !priced {
				continue // the film or its price card was taken away by hand
			}
			out = append(out, store.Screening{
				MovieID: movie, HallID: hall.ID, StartsAt: store.At(start),
				SalesCloseAt: store.At(start.Add(-10 * time.Minute)), Trailers: trailerMinutes, Prices: prices,
			})
		}
	}
	return out, nil
}
