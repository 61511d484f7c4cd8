package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// lengthen makes a film as long as it should be.
func (p *scheduled) lengthen(film, runtime int) {
	p.Helper()
	m, err := p.c.Movie(p.ctx(), p.films[film])
	if err == nil {
		m.Runtime = runtime
		_, _, err = p.c.EditMovie(p.ctx(), m)
	}
	if err != nil {
		p.Fatal(err)
	}
}

// clean gives a hall so many minutes of cleaning.
func (p *scheduled) clean(hall, minutes int) {
	p.Helper()
	h, err := p.c.Hall(p.ctx(), p.halls[hall])
	if err == nil {
		h.Cleaning = minutes
		_, _, err = p.c.EditHall(p.ctx(), h)
	}
	if err != nil {
		p.Fatal(err)
	}
}

// published is what came of publishing the week, in a line.
func (p *scheduled) published() string {
	p.Helper()
	out, err := p.c.PublishShowings(p.ctx(), p.week, p.week+7)
	if err != nil {
		p.Fatal(err)
	}
	text := fmt.Sprintf("%d on sale", out.OnSale)
	for _, pr := range out.Problems {
		text += fmt.Sprintf("; %s %s %s in %s", pr.Fault, pr.Title, local(pr.Starts), pr.Hall)
		if pr.With.ID != 0 {
			text += " with " + pr.With.Title + " " + local(pr.With.StartsAt)
		}
		if pr.Fault == store.ShowingNoZone {
			text += " of " + pr.Card + ": " + strings.Join(pr.Zones, ", ")
		}
	}
	return text
}

// clashes are those in both halls, by hall. Those of both films are the same.
func (p *scheduled) clashes() string {
	p.Helper()
	words, ofFilms := []string{}, map[[2]store.ScreeningID]bool{}
	for _, id := range p.films {
		all, err := p.c.ClashesOfFilm(p.ctx(), id)
		if err != nil {
			p.Fatal(err)
		}
		for _, c := range all {
			ofFilms[[2]store.ScreeningID{c.First.ID, c.Second.ID}] = true
		}
	}
	for _, id := range p.halls {
		all, err := p.c.ClashesInHall(p.ctx(), id)
		if err != nil {
			p.Fatal(err)
		}
		for _, c := range all {
			words = append(words, fmt.Sprintf("%s: %s %s, %s %s", c.First.Hall, c.First.Title, local(c.First.StartsAt),
				c.Second.Title, local(c.Second.StartsAt)))
			if !ofFilms[[2]store.ScreeningID{c.First.ID, c.Second.ID}] {
				p.Errorf("no film has the clash %v", words[len(words)-1])
			}
		}
	}
	if len(words) != len(ofFilms) {
		p.Errorf("%d clashes in halls, %d of films", len(words), len(ofFilms))
	}
	return strings.Join(words, "; ")
}

// TestLongerFilmsClash: what is planned overlaps once its film or the cleaning of its hall takes longer. It is found as
// long as it is so, and goes on sale once it is not.
func TestLongerFilmsClash(t *testing.T) { storetest.Each(t, testLongerFilmsClash) }

func testLongerFilmsClash(t *testing.T) {
	for name, c := range map[string]struct {
		before, change, mend         func(p *scheduled)
		clashes, published, restMore string
	}{
		"a longer film": {
			change: func(p *scheduled) { p.lengthen(0, 101) }, mend: func(p *scheduled) { p.lengthen(0, 100) },
			clashes: "Hall 1: Nyota Mon 14:00, Nyota Mon 16:10",
			published: "2 on sale; clash Nyota Mon 14:00 in Hall 1 with Nyota Mon 16:10; " +
				"clash Nyota Mon 16:10 in Hall 1 with Nyota Mon 14:00",
			restMore: "2 on sale",
		},
		"longer cleaning": {
			change: func(p *scheduled) { p.clean(0, 16) }, mend: func(p *scheduled) { p.clean(0, 15) },
			clashes: "Hall 1: Nyota Mon 14:00, Nyota Mon 16:10",
			published: "2 on sale; clash Nyota Mon 14:00 in Hall 1 with Nyota Mon 16:10; " +
				"clash Nyota Mon 16:10 in Hall 1 with Nyota Mon 14:00",
			restMore: "2 on sale",
		},
		"all is on sale already": {
			before: (*scheduled).publish, change: func(p *scheduled) { p.lengthen(0, 240) },
			mend: func(p *scheduled) { p.lengthen(0, 100) }, clashes: "Hall 1: Nyota Mon 14:00, Nyota Mon 16:10",
			published: "0 on sale", restMore: "0 on sale",
		},
		"one of them is on sale": {
			before: func(p *scheduled) {
				sh := p.at(0, 0, "16:10")
				if _, err := p.c.SetShowingStatus(p.ctx(), sh.ID, sh.Version, store.Hidden); err != nil {
					p.Fatal(err)
				}
			},
			change: func(p *scheduled) { p.lengthen(0, 101) }, mend: func(p *scheduled) { p.lengthen(0, 100) },
			clashes:   "Hall 1: Nyota Mon 14:00, Nyota Mon 16:10",
			published: "2 on sale; clash Nyota Mon 14:00 in Hall 1 with Nyota Mon 16:10", restMore: "1 on sale",
		},
		"over midnight into the next week": {
			before: func(p *scheduled) { p.add(p.line(1, 1, "23:30", 6), p.line(1, 0, "05:00", 7)) },
			change: func(p *scheduled) { p.lengthen(1, 301) }, mend: func(p *scheduled) { p.lengthen(1, 165) },
			clashes: "Hall 2: Dune Mon 15:00, Nyota Mon 19:00; Hall 2: Dune Sun 23:30, Nyota Mon 05:00",
			published: "2 on sale; clash Dune Mon 15:00 in Hall 2 with Nyota Mon 19:00; " +
				"clash Nyota Mon 19:00 in Hall 2 with Dune Mon 15:00; " +
				"clash Dune Sun 23:30 in Hall 2 with Nyota Mon 05:00",
			restMore: "3 on sale",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := schedule(t)
			p.add(p.line(0, 0, "14:00 16:10", 0), p.line(1, 1, "15:00", 0), p.line(1, 0, "19:00", 0))
			if c.before != nil {
				c.before(p)
			}
			if got := p.clashes(); got != "" {
				t.Errorf("before: %s", got)
			}
			c.change(p)
			if got := p.clashes(); got != c.clashes {
				t.Errorf("clashes %q, want %q", got, c.clashes)
			}
			if got := p.published(); got != c.published {
				t.Errorf("published %q, want %q", got, c.published)
			}
			c.mend(p)
			if got := p.clashes(); got != "" {
				t.Errorf("after: %s", got)
			}
			if got := p.published(); got != c.restMore {
				t.Errorf("the rest %q, want %q", got, c.restMore)
			}
		})
	}
}

// TestNoSaleIntoAClash: a draft or a screening off sale is not put on sale by itself where it overlaps another; one
// that is sold already may be hidden or shown.
func TestNoSaleIntoAClash(t *testing.T) { storetest.Each(t, testNoSaleIntoAClash) }

func testNoSaleIntoAClash(t *testing.T) {
	p := schedule(t)
	p.add(p.line(0, 0, "14:00 16:10", 0))
	first, second := p.at(0, 0, "14:00"), p.at(0, 0, "16:10")
	set := func(id store.ScreeningID, to store.ScreeningStatus) error {
		_, err := p.c.SetShowingStatus(p.ctx(), id, 0, to)
		return err
	}
	if err := set(first.ID, store.OnSale); err != nil {
		t.Fatal(err)
	}
	p.lengthen(0, 101)
	for _, to := range []store.ScreeningStatus{store.OnSale, store.Hidden} {
		problem, is := errors.AsType[*store.ErrProblem](set(second.ID, to))
		if !is || problem.Fault != store.ShowingClash || problem.With.ID != first.ID {
			t.Errorf("%s: %v", to, problem)
		}
	}
	if err := set(first.ID, store.Hidden); err != nil {
		t.Errorf("what is sold already: %v", err)
	}
	if err := errors.Join(set(first.ID, store.Closed), set(first.ID, store.OnSale)); err == nil {
		t.Error("it is on sale again though the other one is in its hall")
	}
	if got := p.at(0, 0, "16:10").Status; got != store.Draft {
		t.Errorf("%s", got)
	}
}

// TestImportSaysClashes: an import of films names what would overlap, before and after it is written.
func TestImportSaysClashes(t *testing.T) { storetest.Each(t, testImportSaysClashes) }

func testImportSaysClashes(t *testing.T) {
	p := schedule(t)
	p.add(p.line(0, 0, "14:00 16:10", 0))
	lines := []store.MovieLine{{Line: 2, Typed: map[string]string{"title": "Nyota", "runtime": "120"}}}
	for _, dry := range []bool{true, false} {
		out, err := p.c.ImportMovies(p.ctx(), lines, dry)
		if err != nil || out.Changed != 1 || len(out.Clashes) != 1 || out.Clashes[0].Second.Title != "Nyota" {
			t.Errorf("dry %v: %+v, %v", dry, out, err)
		}
	}
	if out, err := p.c.ImportMovies(p.ctx(), lines, false); err != nil || len(out.Clashes) != 0 {
		t.Errorf("nothing was changed: %+v, %v", out, err)
	}
}

// TestZonesHaveOneKey: however a zone is written, it is the zone of the plan.
func TestZonesHaveOneKey(t *testing.T) {
	for _, c := range []struct{ price, seat, want string }{
		{"VIP", "VIP", "VIP"}, {"vip", "VIP", "vip"}, {"VIP", "vip", "VIP"},
		{" Front  Row", "front row", " Front  Row"},
		{"ÉTOILE", "étoile", "ÉTOILE"}, {"VIP", "VIPs", ""}, {"VIP", "", ""}, {"", "VIP", ""},
		{"Standard", "STANDARD", "Standard"},
	} {
		prices := store.Prices{{Name: "Adult", Cents: 1}, {Name: "Adult", Zone: c.price, Cents: 2}}
		if got := prices.ZoneOf(c.seat); got != c.want {
			t.Errorf("a seat of %q, priced as %q: %q", c.seat, c.price, got)
		}
	}
}

// TestZonesNeedPrices: a screening does not go on sale while its hall has a zone that its card has no price for.
func TestZonesNeedPrices(t *testing.T) { storetest.Each(t, testZonesNeedPrices) }

func testZonesNeedPrices(t *testing.T) {
	const two = "zone v = VIP\nzone b = Box\nA oovvbb"
	adult := func(zone string, cents store.Cents) store.Price {
		return store.Price{Name: "Adult", Zone: zone, Cents: cents}
	}
	for name, c := range map[string]struct {
		plan   string
		prices store.Prices
		want   string
	}{
		"spelled otherwise":      {"zone v = VIP\nA oovv", store.Prices{adult("", 1), adult("vip", 2)}, ""},
		"spelled otherwise too":  {"zone v = front row\nA ov", store.Prices{adult("", 1), adult("Front  Row", 2)}, ""},
		"no price":               {"zone v = VIP\nA oovv", store.Prices{adult("", 1)}, "VIP"},
		"one of two":             {two, store.Prices{adult("", 1), adult("Vip", 2)}, "Box"},
		"both":                   {two, store.Prices{adult("", 1)}, "VIP, Box"},
		"a zone without seats":   {"zone v = VIP\nA oooo", store.Prices{adult("", 1)}, ""},
		"only for house seats":   {"zone v = VIP\nA oohh\nzones: __vv", store.Prices{adult("", 1)}, "VIP"},
		"only for broken seats":  {"zone v = VIP\nA ooxx\nzones: __vv", store.Prices{adult("", 1)}, ""},
		"the ordinary, by name":  {"A oooo", store.Prices{adult("standard", 1)}, ""},
		"the ordinary, renamed":  {"zone o = Stalls\nA oooo", store.Prices{adult("", 1)}, ""},
		"nothing for the others": {"zone v = VIP\nA oovv", store.Prices{adult("VIP", 1)}, "Standard"},
	} {
		t.Run(name, func(t *testing.T) {
			p := schedule(t)
			var err error
			hall, err2 := p.c.AddHall(p.ctx(), store.Hall{Name: "Hall 3", Plan: c.plan, Cleaning: 15})
			p.halls = append(p.halls, hall)
			p.card, err = p.c.SavePriceCard(p.ctx(), store.PriceCard{Name: "Dear", Prices: c.prices})
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
			p.add(p.line(2, 0, "14:00", 0))
			want, alone := "1 on sale", error(nil)
			if c.want != "" {
				want = "0 on sale; zone Nyota Mon 14:00 in Hall 3 of Dear: " + c.want
				_, alone = p.c.SetShowingStatus(p.ctx(), p.at(2, 0, "14:00").ID, 0, store.OnSale)
			}
			if got := p.published(); got != want {
				t.Errorf("%q, want %q", got, want)
			}
			problem, is := errors.AsType[*store.ErrProblem](alone)
			if is != (c.want != "") || is && strings.Join(problem.Zones, ", ") != c.want {
				t.Errorf("alone: %v", alone)
			}
		})
	}
}

// TestCardsOfRulesNeedPrices: the card that a rule chooses must have a price for each zone too.
func TestCardsOfRulesNeedPrices(t *testing.T) { storetest.Each(t, testCardsOfRulesNeedPrices) }

func testCardsOfRulesNeedPrices(t *testing.T) {
	p := schedule(t)
	hall, err := p.c.AddHall(p.ctx(), store.Hall{Name: "Hall 3", Plan: "zone v = VIP\nA oovv", Cleaning: 15})
	p.halls = append(p.halls, hall)
	cheap, err2 := p.c.SavePriceCard(p.ctx(), store.PriceCard{
		Name: "Matinee", Prices: store.Prices{{Name: "Adult", Cents: 1}},
	})
	card, err3 := p.c.SavePriceCard(p.ctx(), store.PriceCard{
		Name: "Dear", Prices: store.Prices{{Name: "Adult", Cents: 1}, {Name: "Adult", Zone: "vip", Cents: 2}},
		Rules: store.PriceRules{{Before: 17 * 60, Card: cheap}},
	})
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	p.card = card
	p.add(p.line(2, 0, "14:00 19:00", 0))
	if got := p.published(); got != "1 on sale; zone Nyota Mon 14:00 in Hall 3 of Matinee: VIP" {
		t.Error(got)
	}
	if got := p.at(2, 0, "19:00").Prices.ZoneOf("VIP"); got != "vip" {
		t.Errorf("%q", got)
	}
}

// TestPlansNeedPrices: a screening on sale does not get a plan with a zone that it has no price for.
func TestPlansNeedPrices(t *testing.T) { storetest.Each(t, testPlansNeedPrices) }

func testPlansNeedPrices(t *testing.T) {
	p := schedule(t)
	p.add(p.line(0, 0, "14:00 19:00", 0))
	sold, draft := p.at(0, 0, "14:00"), p.at(0, 0, "19:00")
	if _, err := p.c.SetShowingStatus(p.ctx(), sold.ID, 0, store.OnSale); err != nil {
		t.Fatal(err)
	}
	h, err := p.c.Hall(p.ctx(), p.halls[0])
	if err != nil {
		t.Fatal(err)
	}
	h.Plan = "zone v = VIP\n" + storetest.Plan(2, 4) + "\nC vvvv"
	if _, h, err = p.c.EditHall(p.ctx(), h); err != nil {
		t.Fatal(err)
	}
	for _, apply := range []func() ([]store.PlanChange, error){
		func() ([]store.PlanChange, error) {
			return p.c.PreviewPlan(p.ctx(), h.PlanID, []store.ScreeningID{sold.ID, draft.ID})
		},
		func() ([]store.PlanChange, error) {
			return p.c.ApplyPlan(p.ctx(), h.PlanID, []store.ScreeningID{sold.ID, draft.ID})
		},
	} {
		changes, err := apply()
		if err != nil || len(changes) != 2 || changes[0].Outcome != store.PlanUnpriced ||
			!slices.Equal(changes[0].Zones, []string{"VIP"}) || changes[1].Outcome != store.PlanReplaced {
			t.Errorf("%+v, %v", changes, err)
		}
	}
	if got := p.at(0, 0, "14:00"); got.PlanID != sold.PlanID || got.Capacity != sold.Capacity {
		t.Errorf("%+v", got.Screening)
	}
	if got := p.published(); got != "0 on sale; zone Nyota Mon 19:00 in Hall 1 of Normal: VIP" {
		t.Error(got)
	}
}
