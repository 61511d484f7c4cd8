package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// clashWith is the earliest of other screenings that cannot be in the hall because of this one.
func (s Showing) clashWith(others []Showing) (with Showing, clashes bool) {
	for _, other := range others {
		if other.ID != s.ID && s.overlaps(other) && (!clashes || other.StartsAt < with.StartsAt) {
			with, clashes = other, true
		}
	}
	return with, clashes
}

// Clash is a pair of screenings that cannot both be in their hall: the second begins before the hall is free.
type Clash struct{ First, Second Showing }

// Clashes are all pairs of these screenings that overlap, by time. A cancelled one is in no other's way.
func Clashes(all []Showing) (clashes []Clash) {
	all = slices.DeleteFunc(slices.Clone(all), func(sh Showing) bool { return sh.Status == Cancelled })
	slices.SortFunc(all, func(a, b Showing) int {
		return cmp.Or(cmp.Compare(a.HallID, b.HallID), cmp.Compare(a.StartsAt, b.StartsAt), cmp.Compare(a.ID, b.ID))
	})
	for i, first := range all {
		for _, second := range all[i+1:] {
			if !first.overlaps(second) {
				break // what comes later in this hall begins later
			}
			clashes = append(clashes, Clash{first, second})
		}
	}
	slices.SortStableFunc(clashes, func(a, b Clash) int { return cmp.Compare(a.Second.StartsAt, b.Second.StartsAt) })
	return clashes
}

// plannedSelect is showingSelect without counting seats, which would be much of the work where many are read.
var plannedSelect = strings.Replace(showingSelect, seatsLeft, "s.capacity", 1)

// clashesToCome finds, among the screenings that a condition chooses, those to come that overlap: as they are planned
// now, or as change would have them. $1 of the condition is the earliest start that may matter.
func clashesToCome(r rowsReader, now Instant, change func(*Showing), where string, args ...any) ([]Clash, error) {
	var all []Showing
	if err := r.list(&all, plannedSelect+` WHERE s.starts_at > $1 AND s.status <> 'cancelled'`+where,
		append([]any{now.Add(-longestShowing)}, args...)...); err != nil {
		return nil, fmt.Errorf("look for screenings that overlap: %w", err)
	}
	for i := range all {
		change(&all[i])
	}
	return slices.DeleteFunc(Clashes(all), func(c Clash) bool { return c.Second.StartsAt <= now }), nil
}

// asPlanned changes no screening.
func asPlanned(*Showing) {}

// ClashesInHall lists the screenings to come in a hall that overlap: since they were planned, a film was made longer,
// or the time for cleaning.
func (s Catalogue) ClashesInHall(ctx context.Context, id HallID) ([]Clash, error) {
	return clashesToCome(readersOf{ctx, s.books}, s.Now(), asPlanned, ` AND s.hall_id = $2`, id)
}

// ClashesOfFilm lists the screenings to come that overlap, where one of the two shows the film.
func (s Catalogue) ClashesOfFilm(ctx context.Context, id MovieID) ([]Clash, error) {
	// Whatever is in a hall about when the film is.
	all, err := clashesToCome(readersOf{ctx, s.books}, s.Now(), asPlanned, ` AND s.id IN (SELECT o.id FROM screening f
		JOIN screening o ON o.hall_id = f.hall_id AND o.starts_at > f.starts_at - $3 AND o.starts_at < f.starts_at + $3
		WHERE f.movie_id = $2 AND f.starts_at > $1 AND f.status <> 'cancelled')`, id, longestShowing.Milliseconds())
	return slices.DeleteFunc(all, func(c Clash) bool { return c.First.MovieID != id && c.Second.MovieID != id }), err
}

// problem is a fault of the screening, with what names it.
func (s Showing) problem(fault ShowingFault) ShowingProblem {
	return ShowingProblem{Fault: fault, Starts: s.StartsAt, Title: s.Title, Hall: s.Hall}
}

// hindrance is what keeps a screening from being put on sale now; its Fault is "" for nothing. Others are what else is
// in its hall. A draft takes the prices of its card first.
func (s *Showing) hindrance(cards PriceCards, plan *Plan, others []Showing, now Instant) ShowingProblem {
	switch {
	case s.StartsAt <= now:
		return s.problem(ShowingPast)
	case s.Archived != 0:
		return s.problem(ShowingArchived)
	}
	if p := s.takePrices(cards, plan); p.Fault != "" {
		return p
	}
	if with, clashes := s.clashWith(others); clashes && !s.Status.open() {
		p := s.problem(ShowingClash)
		p.With = with
		return p
	}
	return ShowingProblem{}
}

// takePrices gives a draft the prices of its card. The problem is what is wrong with the prices that a screening has.
func (s *Showing) takePrices(cards PriceCards, plan *Plan) ShowingProblem {
	card := PriceCard{Prices: s.Prices}
	if s.Status == Draft && s.CardID != 0 {
		own, _ := cards.Card(s.CardID)
		found := false
		if card, found = cards.CardFor(s.CardID, s.StartsAt); !found {
			return s.problem(ShowingNoPrices)
		}
		s.Prices, s.Surcharges = card.Prices, own.Surcharges
	}
	switch err := checkPrices(s.Prices, s.Surcharges); {
	case errors.Is(err, ErrTooDear):
		return s.problem(ShowingTooDear)
	case err != nil:
		return s.problem(ShowingNoPrices)
	}
	if zones := s.Prices.Lacking(plan); len(zones) > 0 && !s.Status.open() {
		p := s.problem(ShowingNoZone)
		p.Zones, p.Card = zones, card.Name
		return p
	}
	return ShowingProblem{}
}

// ShowingProblems finds what is wrong with screenings to come, by their ids: each other screening that is in the way,
// and of a draft what else keeps it from going on sale. All are whatever is in the halls around them.
func (s Catalogue) ShowingProblems(ctx context.Context, all []Showing,
	cards PriceCards) (map[ScreeningID][]ShowingProblem, error) {
	found, now := map[ScreeningID][]ShowingProblem{}, s.Now()
	for _, c := range Clashes(all) {
		for _, pair := range [][2]Showing{{c.First, c.Second}, {c.Second, c.First}} {
			p := pair[0].problem(ShowingClash)
			if p.With = pair[1]; c.Second.FreeAt() > now {
				found[pair[0].ID] = append(found[pair[0].ID], p)
			}
		}
	}
	for _, sh := range all {
		if sh.Status != Draft || sh.StartsAt <= now {
			continue
		}
		plan, err := s.plans.read(readersOf{ctx, s.books}, sh.PlanID)
		if err != nil {
			return nil, fmt.Errorf("look for what is wrong with screenings: %w", err)
		}
		if p := sh.hindrance(cards, &plan.Plan, nil, now); p.Fault != "" {
			found[sh.ID] = append(found[sh.ID], p)
		}
	}
	return found, nil
}

// Published is what came of putting drafts on sale.
type Published struct {
	OnSale   int
	Problems []ShowingProblem
}

// PublishShowings puts the drafts of business days on sale, from the first until before the last, in one transaction.
// What cannot be is named, and stays a draft: also both of two drafts that overlap, since a person must choose. Their
// prices are frozen.
func (s Catalogue) PublishShowings(ctx context.Context, from, until BusinessDay) (Published, error) {
	var out Published
	err := s.write(ctx, booking, func(t *tx) (err error) {
		out, err = t.publish(from, until)
		return err
	})
	if err != nil {
		return Published{}, fmt.Errorf("publish screenings: %w", err)
	}
	s.catalogue.Add(1)
	return out, nil
}

func (t *tx) publish(from, until BusinessDay) (out Published, err error) {
	var ids []ScreeningID
	if err := t.list(&ids,
		`SELECT id FROM screening WHERE status = 'draft' AND starts_at >= $1 AND starts_at < $2 ORDER BY starts_at, id`,
		from.Begins(), until.Begins()); err != nil || len(ids) == 0 {
		return out, err
	}
	var drafts []Showing
	var wanted []draft
	for _, id := range ids {
		sh, err := t.showing(id)
		if errors.Is(err, ErrNotFound) || err == nil && sh.Status != Draft {
			continue // another was quicker
		}
		if err != nil {
			return out, err
		}
		drafts, wanted = append(drafts, sh), append(wanted, draft{Screening: sh.Screening})
	}
	cards, err := readPriceCards(t.list)
	if err != nil {
		return out, err
	}
	halls, err := t.timetables(wanted)
	if err != nil {
		return out, err
	}
	for _, sh := range drafts {
		problem, err := t.sell(&sh, cards, halls[sh.HallID].showings, OnSale)
		if err != nil {
			return out, err
		}
		if problem.Fault != "" {
			out.Problems = append(out.Problems, problem)
			continue
		}
		if err := t.setStatus(sh, Draft, "screening.publish"); err != nil {
			return out, err
		}
		out.OnSale++
	}
	return out, nil
}

// sell puts a screening on sale, in lists or hidden, unless there is a problem.
func (t *tx) sell(sh *Showing, cards PriceCards, others []Showing, to ScreeningStatus) (ShowingProblem, error) {
	plan, err := t.plan(sh.PlanID)
	if err != nil {
		return ShowingProblem{}, err
	}
	problem := sh.hindrance(cards, &plan.Plan, others, t.now)
	if problem.Fault == "" {
		sh.Status = to
	}
	return problem, nil
}
