package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// scheduled is a cinema without screenings: two halls, two films, a price card, and a clock at Friday noon.
type scheduled struct {
	*testing.T
	s     *store.Store
	path  string
	c     store.Catalogue
	now   time.Time
	halls []store.HallID
	films []store.MovieID
	card  store.PriceCardID
	week  store.BusinessDay // a Monday
}

func schedule(t *testing.T) *scheduled {
	t.Helper()
	p := &scheduled{T: t, now: time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)}
	p.s = storetest.New(t, func(o *store.Options) {
		p.path = o.Path
		o.Now = func() time.Time { return p.now }
	})
	p.c = p.s.Catalogue()
	p.week, _ = store.ParseBusinessDay("2026-11-30")
	for i, runtime := range []int{100, 165} {
		hall, err := p.c.AddHall(p.ctx(), store.Hall{
			Name: fmt.Sprint("Hall ", i+1), Plan: storetest.Plan(2, 4), Cleaning: 15,
		})
		if err != nil {
			t.Fatal(err)
		}
		film, err := p.c.AddMovie(p.ctx(), store.Movie{
			Title: []string{"Nyota", "Dune"}[i], Synopsis: "A film.", Runtime: runtime, AgeRating: "PG", Genre: "Drama",
			Language: "English",
		})
		if err != nil {
			t.Fatal(err)
		}
		p.halls, p.films = append(p.halls, hall), append(p.films, film)
	}
	var err error
	p.card, err = p.c.SavePriceCard(p.ctx(), store.PriceCard{Name: "Normal", Prices: store.OnePrice(90_000)})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ctx is a context of the manager.
func (p *scheduled) ctx() context.Context {
	return store.WithBy(p.Context(), store.By{ID: 1, Name: "Wanjiru", Role: store.RoleManager, Source: "192.0.2.1"})
}

func (p *scheduled) kind() store.ShowingKind {
	return store.ShowingKind{Trailers: 15, Online: -10, Counter: 30, Card: p.card}
}

// line is a line of the form, days counted from the Monday.
func (p *scheduled) line(hall, film int, times string, days ...int) store.ShowingLine {
	p.Helper()
	at, bad := store.ReadTimes(times)
	if len(bad) > 0 {
		p.Fatal(bad)
	}
	l := store.ShowingLine{Hall: p.halls[hall], Movie: p.films[film], Times: at}
	for _, d := range days {
		l.Days = append(l.Days, p.week+store.BusinessDay(d))
	}
	return l
}

func (p *scheduled) add(lines ...store.ShowingLine) store.AddedShowings {
	p.Helper()
	out, err := p.c.AddShowings(p.ctx(), p.kind(), lines)
	if err != nil {
		p.Fatal(err)
	}
	return out
}

// outcomeOf is the result in a line.
func outcomeOf(out store.AddedShowings) string {
	words := []string{fmt.Sprintf("%d added, %d same", out.Added, out.Same)}
	for _, pr := range out.Problems {
		text := fmt.Sprintf("%d %s", pr.Line, pr.Fault)
		if pr.Starts != 0 {
			text += " " + local(pr.Starts)
		}
		if pr.With.ID != 0 {
			text += " with " + pr.With.Title + " " + local(pr.With.StartsAt)
		}
		words = append(words, text)
	}
	return strings.Join(words, "; ")
}

func local(at store.Instant) string {
	return at.Time().Add(3 * time.Hour).Format("Mon 15:04")
}

func (p *scheduled) all() []store.Showing {
	p.Helper()
	all, err := p.c.Showings(p.Context(), p.week-7, p.week+28)
	if err != nil {
		p.Fatal(err)
	}
	return all
}

// at finds the screening of a hall at a time of the week, 0 for none.
func (p *scheduled) at(hall, day int, clock string) store.Showing {
	p.Helper()
	times, _ := store.ReadTimes(clock)
	for _, sh := range p.all() {
		if sh.HallID == p.halls[hall] && sh.StartsAt == (p.week+store.BusinessDay(day)).At(times[0]) &&
			sh.Status != store.Cancelled {
			return sh
		}
	}
	return store.Showing{}
}

func (p *scheduled) publish() {
	p.Helper()
	if out, err := p.c.PublishShowings(p.ctx(), p.week, p.week+7); err != nil || len(out.Problems) > 0 {
		p.Fatal(out, err)
	}
}

// logs counts the entries of the audit log with the action.
func (p *scheduled) logs(action string) (n int) {
	p.Helper()
	log, err := p.s.Staff().Log(p.Context(), store.LogFilter{Limit: 1000})
	if err != nil {
		p.Fatal(err)
	}
	for _, e := range log {
		if e.Action == action && e.Who == "Wanjiru" {
			n++
		}
	}
	return n
}

// TestClashes: Nyota takes 15 + 100 + 15 minutes of a hall, Dune 15 + 165 + 15.
func TestClashes(t *testing.T) { storetest.Each(t, testClashes) }

func testClashes(t *testing.T) {
	for name, c := range map[string]struct {
		lines func(p *scheduled) []store.ShowingLine
		want  string
	}{
		"one after the other to the minute": {func(p *scheduled) []store.ShowingLine {
			return []store.ShowingLine{p.line(0, 0, "14:00 16:10 18:20", 0)}
		}, "3 added, 0 same"},
		"a minute too close": {func(p *scheduled) []store.ShowingLine {
			return []store.ShowingLine{p.line(0, 0, "14:00 16:09", 0)}
		}, "1 added, 0 same; 0 clash Mon 16:09 with Nyota Mon 14:00"},
		"between two": {func(p *scheduled) []store.ShowingLine {
			return []store.ShowingLine{p.line(0, 0, "14:00 18:00", 0), p.line(0, 1, "15:30", 0)}
		}, "2 added, 0 same; 1 clash Mon 15:30 with Nyota Mon 14:00"},
		"around another": {func(p *scheduled) []store.ShowingLine {
			return []store.ShowingLine{p.line(0, 0, "15:00", 0), p.line(0, 1, "13:30", 0)}
		}, "1 added, 0 same; 1 clash Mon 13:30 with Nyota Mon 15:00"},
		"another hall": {func(p *scheduled) []store.ShowingLine {
			return []store.ShowingLine{p.line(0, 0, "14:00", 0), p.line(1, 1, "14:00", 0)}
		}, "2 added, 0 same"},
		"two films at once": {func(p *scheduled) []store.ShowingLine {
			return []store.ShowingLine{p.line(0, 0, "14:00", 0), p.line(0, 1, "14:00", 0)}
		}, "1 added, 0 same; 1 clash Mon 14:00 with Nyota Mon 14:00"},
		"the same twice in one submit": {func(p *scheduled) []store.ShowingLine {
			return []store.ShowingLine{p.line(0, 0, "14:00", 0), p.line(0, 0, "14:00", 0)}
		}, "1 added, 1 same"},
		"over midnight": {func(p *scheduled) []store.ShowingLine {
			return []store.ShowingLine{p.line(0, 1, "22:30", 0), p.line(0, 0, "00:30", 0), p.line(0, 0, "01:45", 0)}
		}, "2 added, 0 same; 1 clash Tue 00:30 with Dune Mon 22:30"},
		"over the turn of the business day": {func(p *scheduled) []store.ShowingLine {
			return []store.ShowingLine{p.line(0, 1, "03:30", 0), p.line(0, 0, "05:00", 1)}
		}, "1 added, 0 same; 1 clash Tue 05:00 with Dune Tue 03:30"},
		"over the end of the week": {func(p *scheduled) []store.ShowingLine {
			return []store.ShowingLine{p.line(0, 1, "03:30", 6), p.line(0, 0, "04:30", 7)}
		}, "1 added, 0 same; 1 clash Mon 04:30 with Dune Mon 03:30"},
		"a past day": {func(p *scheduled) []store.ShowingLine {
			return []store.ShowingLine{p.line(0, 0, "14:00", -4, 0)}
		}, "1 added, 0 same; 0 past Thu 14:00"},
		"an hour ago, and now": {func(p *scheduled) []store.ShowingLine {
			return []store.ShowingLine{p.line(0, 0, "11:00 12:00 14:20", -3)}
		}, "1 added, 0 same; 0 past Fri 11:00; 0 past Fri 12:00"},
		"three years ahead": {func(p *scheduled) []store.ShowingLine {
			return []store.ShowingLine{p.line(0, 0, "14:00", 3*365)}
		}, "0 added, 0 same; 0 far Thu 14:00"},
		"an archived film, said once": {func(p *scheduled) []store.ShowingLine {
			p.archive(1)
			return []store.ShowingLine{p.line(0, 1, "14:00 18:00", 0, 1), p.line(0, 0, "14:00", 0)}
		}, "1 added, 0 same; 0 archived"},
		"no such film or hall": {func(p *scheduled) []store.ShowingLine {
			none, nowhere := p.line(0, 0, "14:00", 0, 1), p.line(0, 0, "14:00", 0, 1)
			none.Movie, nowhere.Hall = 7, 7
			return []store.ShowingLine{none, nowhere}
		}, "0 added, 0 same; 0 no_film; 1 no_hall"},
		"nothing": {func(*scheduled) []store.ShowingLine { return nil }, "0 added, 0 same"},
	} {
		t.Run(name, func(t *testing.T) {
			p := schedule(t)
			lines := c.lines(p)
			if got := outcomeOf(p.add(lines...)); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
			before := p.all()
			again := p.add(lines...)
			if after := p.all(); len(after) != len(before) || again.Added != 0 {
				t.Errorf("the same again: %s, %d screenings and then %d", outcomeOf(again), len(before), len(after))
			}
			if p.logs("screening.add") != len(before) {
				t.Errorf("%d entries in the log of %d screenings", p.logs("screening.add"), len(before))
			}
			storetest.Sound(t, p.s)
		})
	}
}

func (p *scheduled) archive(film int) {
	p.Helper()
	storetest.Exec(p.T, p.path, fmt.Sprintf(`UPDATE movie SET archived_at = 1 WHERE id = %d`, p.films[film]))
}

func TestTooManyShowings(t *testing.T) {
	p := schedule(t)
	var days []int
	for d := range 400 {
		days = append(days, d)
	}
	_, err := p.c.AddShowings(p.ctx(), p.kind(), []store.ShowingLine{p.line(0, 0, "10:00 14:00 18:00", days...)})
	if !errors.Is(err, store.ErrTooMany) || len(p.all()) != 0 {
		t.Errorf("1,200 screenings at once: %v, %d added", err, len(p.all()))
	}
}

func TestDraftsAreNotKnown(t *testing.T) { storetest.Each(t, testDraftsAreNotKnown) }

func testDraftsAreNotKnown(t *testing.T) {
	p := schedule(t)
	p.add(p.line(0, 0, "14:00", 0))
	sh := p.at(0, 0, "14:00")
	phones := 0
	known := func(status store.ScreeningStatus) (listed, byAddress, bookable bool) {
		t.Helper()
		programme, err := p.c.Programme(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		film, _ := programme.Film(p.films[0])
		_, _, err = p.c.Screening(t.Context(), sh.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Fatal(err)
		}
		next, nextErr := p.c.NextScreening(t.Context(), p.films[0])
		if nextErr != nil || (next.ID != 0) != (status == store.OnSale) {
			t.Errorf("%s: next is %d, %v", status, next.ID, nextErr)
		}
		phones++
		_, _, bookErr := p.s.Tickets().Book(t.Context(), storetest.Booking(sh.ID, storetest.Phone(phones), 1))
		return len(film.Screenings) > 0, err == nil, bookErr == nil
	}
	check := func(status store.ScreeningStatus, listed, byAddress, bookable bool) {
		t.Helper()
		p.now = p.now.Add(time.Minute)
		if got := p.at(0, 0, "14:00").Status; got != status {
			t.Fatalf("it is %s, want %s", got, status)
		}
		if l, a, b := known(status); l != listed || a != byAddress || b != bookable {
			t.Errorf("%s: listed %v, by its address %v, bookable %v", status, l, a, b)
		}
	}
	to := func(status store.ScreeningStatus) {
		t.Helper()
		if _, err := p.c.SetShowingStatus(p.ctx(), sh.ID, p.at(0, 0, "14:00").Version, status); err != nil {
			t.Fatal(err)
		}
	}
	check(store.Draft, false, false, false)
	to(store.OnSale)
	to(store.Closed) // nobody has booked
	check(store.Draft, false, false, false)
	to(store.Hidden)
	check(store.Hidden, false, true, true)
	to(store.OnSale)
	check(store.OnSale, true, true, true)
	to(store.Closed)
	check(store.Closed, true, true, false)
	to(store.OnSale)
	check(store.OnSale, true, true, true)
	if n := p.logs("screening.publish") + p.logs("screening.hide") + p.logs("screening.stop"); n != 6 {
		t.Errorf("%d entries in the log", n)
	}
	storetest.Sound(t, p.s)
}

// TestPricesAreFrozen: a draft takes the card's prices when it goes on sale, by the rules of that day.
func TestPricesAreFrozen(t *testing.T) { storetest.Each(t, testPricesAreFrozen) }

func testPricesAreFrozen(t *testing.T) {
	p := schedule(t)
	cheap, err := p.c.SavePriceCard(p.ctx(), store.PriceCard{Name: "Tuesday", Prices: store.OnePrice(50_000)})
	if err != nil {
		t.Fatal(err)
	}
	save := func(price store.Cents) {
		t.Helper()
		cards, err := p.c.PriceCards(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		card, _ := cards.Card(p.card)
		card.Prices = store.OnePrice(price)
		card.Rules = store.PriceRules{{Days: []time.Weekday{time.Tuesday}, Card: cheap}}
		if _, err := p.c.SavePriceCard(p.ctx(), card); err != nil {
			t.Fatal(err)
		}
	}
	p.add(p.line(0, 0, "14:00", 0, 1))
	if got := p.at(0, 0, "14:00").Price(); got != 0 {
		t.Errorf("a draft costs %d", got)
	}
	save(95_000)
	p.publish()
	save(10_000)
	if monday, tuesday := p.at(0, 0, "14:00").Price(), p.at(0, 1, "14:00").Price(); monday != 95_000 ||
		tuesday != 50_000 {
		t.Errorf("Monday costs %d and Tuesday %d", monday, tuesday)
	}
	// Off sale and on again it keeps them once somebody has booked.
	sh := p.at(0, 0, "14:00")
	if _, _, err := p.s.Tickets().Book(t.Context(), storetest.Booking(sh.ID, storetest.Phone(1), 1)); err != nil {
		t.Fatal(err)
	}
	for _, status := range []store.ScreeningStatus{store.Closed, store.OnSale} {
		if _, err := p.c.SetShowingStatus(p.ctx(), sh.ID, 0, status); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.at(0, 0, "14:00").Price(); got != 95_000 {
		t.Errorf("on sale again it costs %d", got)
	}
	// A copy takes the prices of its own day.
	if out, err := p.c.CopyShowings(p.ctx(), p.week, p.week+1,
		[]store.BusinessDay{p.week + 1, p.week + 2}); err != nil ||
		outcomeOf(out) != "1 added, 1 same" {
		t.Errorf("copied: %s, %v", outcomeOf(out), err)
	}
	p.publish()
	if got := p.at(0, 2, "14:00").Price(); got != 10_000 {
		t.Errorf("the copy costs %d", got)
	}
	// Without a card in use a draft stays one.
	p.add(p.line(0, 0, "14:00", 3))
	cards, err := p.c.PriceCards(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	card, _ := cards.Card(p.card)
	if err := p.c.ArchivePriceCard(p.ctx(), card.ID, card.Version, false); err != nil {
		t.Fatal(err)
	}
	out, err := p.c.PublishShowings(p.ctx(), p.week, p.week+7)
	if err != nil || out.OnSale != 0 || len(out.Problems) != 1 || out.Problems[0].Fault != store.ShowingNoPrices {
		t.Errorf("without prices: %+v, %v", out, err)
	}
	if _, err := p.c.SetShowingStatus(p.ctx(), p.at(0, 3, "14:00").ID, 0, store.Hidden); !errors.Is(err,
		store.ErrNoPrices) {
		t.Errorf("hidden without prices: %v", err)
	}
}

func TestCopyWeek(t *testing.T) { storetest.Each(t, testCopyWeek) }

func testCopyWeek(t *testing.T) {
	p := schedule(t)
	p.add(p.line(0, 0, "14:00 00:30", 0, 6), p.line(1, 1, "19:00", 0, 3))
	p.publish()
	if _, err := p.c.CancelScreening(p.ctx(), p.at(1, 3, "19:00").ID, "No power."); err != nil {
		t.Fatal(err)
	}
	p.add(p.line(0, 1, "13:00", 7)) // in the way of Monday's
	for round, want := range []string{
		"4 added, 0 same; 0 clash Mon 14:00 with Dune Mon 13:00",
		"0 added, 4 same; 0 clash Mon 14:00 with Dune Mon 13:00",
	} {
		out, err := p.c.CopyShowings(p.ctx(), p.week, p.week+7, []store.BusinessDay{p.week + 7})
		if got := outcomeOf(out); err != nil || got != want {
			t.Errorf("round %d: %v\n got %s\nwant %s", round+1, err, got, want)
		}
	}
	sh := p.at(0, 7+6, "00:30")
	if sh.Status != store.Draft || sh.Trailers != 15 || sh.OnlineCut() != -10 || sh.CounterCut() != 30 ||
		sh.CardID != p.card {
		t.Errorf("the copy is %+v", sh)
	}
	if sh.Day() != p.week+13 {
		t.Errorf("00:30 of Sunday is of %s", sh.Day())
	}
}

func TestEditShowing(t *testing.T) { storetest.Each(t, testEditShowing) }

func testEditShowing(t *testing.T) {
	p := schedule(t)
	p.add(p.line(0, 0, "14:00 18:00", 0), p.line(1, 1, "14:00", 0))
	sh := p.at(0, 0, "14:00")
	starts := func(clock string) *store.Instant {
		times, _ := store.ReadTimes(clock)
		at := p.week.At(times[0])
		return &at
	}
	edit := func(e store.ShowingEdit) (store.Showing, error) { return p.c.EditShowing(p.ctx(), e) }

	_, err := edit(store.ShowingEdit{ID: sh.ID, Version: 1, Starts: starts("16:30")})
	var problem *store.ErrProblem
	if !errors.As(err, &problem) || problem.Fault != store.ShowingClash || local(problem.With.StartsAt) != "Mon 18:00" {
		t.Errorf("into another: %v", err)
	}
	_, err = edit(store.ShowingEdit{ID: sh.ID, Version: 1, Starts: starts("14:05")}) // over itself is none
	if got := p.at(0, 0, "14:05"); err != nil || got.OnlineCut() != -10 || got.Version != 2 {
		t.Errorf("five minutes later: %+v, %v", got, err)
	}
	if _, err = edit(store.ShowingEdit{
		ID: sh.ID, Version: 1, Starts: starts("14:10"),
	}); !errors.Is(err, store.ErrChanged) {
		t.Errorf("of an old version: %v", err)
	}
	_, err = edit(store.ShowingEdit{ID: sh.ID, Version: 2, Hall: &p.halls[1]})
	if !errors.As(err, &problem) || problem.With.Title != "Dune" {
		t.Errorf("into another hall's film: %v", err)
	}
	moved, err := edit(store.ShowingEdit{ID: sh.ID, Version: 2, Hall: &p.halls[1], Starts: starts("20:00")})
	if got := p.at(1, 0, "20:00"); err != nil || got.ID != moved.ID || p.at(0, 0, "14:05").ID != 0 {
		t.Errorf("into the other hall: %+v, %v", got, err)
	}
	format, online, counter := "3D", 5, 0
	p.publish()
	moved = p.at(1, 0, "20:00")
	if _, err = edit(store.ShowingEdit{
		ID: moved.ID, Version: moved.Version, Starts: starts("20:30"),
	}); !errors.Is(err, store.ErrNotDraft) {
		t.Errorf("moved on sale: %v", err)
	}
	if err := p.c.DeleteShowing(p.ctx(), moved.ID, moved.Version); !errors.Is(err, store.ErrNotDraft) {
		t.Errorf("deleted on sale: %v", err)
	}
	_, err = edit(store.ShowingEdit{
		ID: moved.ID, Version: moved.Version, Format: &format, Online: &online, Counter: &counter,
	})
	if got := p.at(1, 0, "20:00"); err != nil || got.Format != "3D" || got.OnlineCut() != 5 || got.CounterCut() != 0 {
		t.Errorf("details on sale: %+v, %v", got, err)
	}
	p.add(p.line(0, 0, "10:00", 0))
	draft := p.at(0, 0, "10:00")
	if err := p.c.DeleteShowing(p.ctx(), draft.ID, 7); !errors.Is(err, store.ErrChanged) {
		t.Errorf("deleted with another version: %v", err)
	}
	if err := p.c.DeleteShowing(p.ctx(), draft.ID, draft.Version); err != nil || p.at(0, 0, "10:00").ID != 0 {
		t.Errorf("deleted: %v", err)
	}
	if err := p.c.DeleteShowing(p.ctx(), draft.ID, draft.Version); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	if p.logs("screening.edit") != 3 || p.logs("screening.delete") != 1 {
		t.Errorf("in the log: %d edits, %d deletions", p.logs("screening.edit"), p.logs("screening.delete"))
	}
	storetest.Sound(t, p.s)
}

// TestTwoManagers plan one week at the same time: every screening is there once, and none overlaps another.
func TestTwoManagersAtOnce(t *testing.T) { storetest.Each(t, testTwoManagers) }

func testTwoManagers(t *testing.T) {
	p := schedule(t)
	lines := [][]store.ShowingLine{
		{p.line(0, 0, "14:00 16:10 18:20", 0, 1, 2), p.line(1, 1, "14:00 18:00", 0, 1)},
		{p.line(1, 1, "14:00 18:00", 0, 1), p.line(0, 0, "14:00 16:10 18:20", 0, 1, 2)},
		{p.line(0, 1, "15:00 17:00", 0, 1, 2)},
		{p.line(0, 1, "15:00 17:00", 0, 1, 2), p.line(1, 0, "13:00", 0)},
	}
	ended := make(chan error)
	for _, l := range lines {
		go func() {
			_, err := p.c.AddShowings(p.ctx(), p.kind(), l)
			ended <- err
		}()
	}
	for range lines {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	all := p.all()
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a.HallID == b.HallID && a.StartsAt < b.FreeAt() && b.StartsAt < a.FreeAt() {
				t.Errorf("%s %s overlaps %s %s", a.Title, local(a.StartsAt), b.Title, local(b.StartsAt))
			}
		}
	}
	if len(all) == 0 {
		t.Error("nothing was added")
	}
}

func TestFindPlannedFilm(t *testing.T) {
	films := []store.PlannedFilm{{ID: 1, Title: "Dune"}, {ID: 2, Title: "Dune: Part Two"}, {ID: 3, Title: "Nyota"},
		{ID: 4, Title: "Nyota"}}
	for typed, want := range map[string]string{
		"dune": "1", " DUNE:  part two ": "2", "Dune: P": "2", "Dune:": "2", "nyota": "0 of 2", "D": "0 of 2", "": "0",
		"Barbie": "0", "une": "0", "%": "0",
	} {
		film, several := store.FindPlannedFilm(films, typed)
		got := fmt.Sprint(film.ID)
		if len(several) > 0 {
			got += fmt.Sprint(" of ", len(several))
		}
		if got != want {
			t.Errorf("%q: %s, want %s", typed, got, want)
		}
	}
}
