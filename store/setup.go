package store

import (
	"context"
	"fmt"
)

// CinemaSetup is a whole cinema, for books without films.
type CinemaSetup struct {
	Cinema Cinema
	Halls  []Hall
	Movies []Movie
	Cards  []PriceCard
	// Rules are those of the cards, once these have ids; nil for none.
	Rules func(cards PriceCards) map[PriceCardID]PriceRules
	// Screenings makes the first programme, once halls, films and price cards have ids.
	Screenings func(halls []Hall, movies []Movie, cards PriceCards) ([]Screening, error)
}

// SetUpCinema writes a whole cinema in one transaction: a process that dies leaves nothing behind. ErrHasFilms where
// the books have films.
func (s Catalogue) SetUpCinema(ctx context.Context, f CinemaSetup) error {
	for i := range f.Halls {
		if err := f.Halls[i].check(); err != nil {
			return fmt.Errorf("hall %s: %w", f.Halls[i].Name, err)
		}
	}
	err := s.write(ctx, urgent, func(t *tx) error { return t.setUp(f) })
	if err != nil {
		return fmt.Errorf("set up the cinema: %w", err)
	}
	s.catalogue.Add(1)
	return nil
}

func (t *tx) setUp(f CinemaSetup) error {
	var films int
	if err := t.scan([]any{&films}, `SELECT count(*) FROM movie`); err != nil {
		return err
	}
	if films > 0 {
		return fmt.Errorf("%w (%d)", ErrHasFilms, films)
	}
	for i := range f.Halls {
		f.Halls[i].ID = HallID(t.s.ids.next(t.s.now()))
	}
	for i := range f.Movies {
		f.Movies[i].ID = MovieID(t.s.ids.next(t.s.now()))
	}
	cards, err := t.setUpCards(f)
	if err != nil {
		return err
	}
	screenings, err := f.Screenings(f.Halls, f.Movies, cards)
	if err != nil {
		return err
	}
	for i := range screenings {
		screenings[i].ID = ScreeningID(t.s.ids.next(t.s.now()))
	}
	for _, h := range f.Halls {
		if err := t.addHall(h); err != nil {
			return err
		}
	}
	for _, m := range f.Movies {
		if err := t.addMovie(m, ""); err != nil {
			return err
		}
	}
	if err := t.addScreenings(screenings); err != nil {
		return err
	}
	return t.setSettings(f.Cinema.values())
}

// setUpCards writes the price cards, then their rules, which name others of them.
func (t *tx) setUpCards(f CinemaSetup) (PriceCards, error) {
	for _, card := range f.Cards {
		if _, err := t.savePriceCard(card); err != nil {
			return PriceCards{}, fmt.Errorf("price card %s: %w", card.Name, err)
		}
	}
	cards, err := readPriceCards(t.list)
	if err != nil || f.Rules == nil {
		return cards, err
	}
	rules := f.Rules(cards)
	for _, card := range cards.Cards {
		if card.Rules = rules[card.ID]; len(card.Rules) == 0 {
			continue
		}
		if _, err := t.savePriceCard(card); err != nil {
			return PriceCards{}, fmt.Errorf("price card %s: %w", card.Name, err)
		}
	}
	return readPriceCards(t.list)
}
