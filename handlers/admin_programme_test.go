package handlers_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cinemasphere/handlers"
	"cinemasphere/handlers/staff"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// says is the text of what a selector finds on the page, with single spaces.
func (p *person) says(sel string) string {
	return strings.Join(strings.Fields(p.page.Find(sel).Text()), " ")
}

// tags are the marks of what is wrong with the screenings of a week.
func (p *person) tags() string {
	var all []string
	for _, tag := range p.page.Find(".show .tag-bad").EachIter() {
		all = append(all, tag.Text())
	}
	return strings.Join(all, "; ")
}

// plans adds screenings of Hall 1 on the Monday of the week: a film and its times each.
func (p *programme) plans(film int, times string) {
	p.Helper()
	me := p.person()
	me.open(weekPage)
	n := me.line(p.halls[0], p.films[film])
	action, f := me.form(".lines")
	f.Set("times."+n, times)
	f["days."+n] = []string{"0"}
	if me.answers(action, me.m.postAs(action, f)); me.status != http.StatusOK {
		p.Fatalf("%d: %s", me.status, me.says("main"))
	}
}

// TestOverlapsAreSaid: a film or a cleaning that is made longer is saved. The page of the film, of the hall, of the
// screening and the week name what overlaps then, publishing keeps it back, and all that ends with it.
func TestOverlapsAreSaid(t *testing.T) {
	for name, c := range map[string]struct {
		path        func(o *programme) string
		field       string
		longer, was string
	}{
		"a longer film": {func(o *programme) string { return fmt.Sprintf("/admin/films/%d", o.films[0]) },
			"runtime", "101", "100"},
		"longer cleaning": {func(o *programme) string { return fmt.Sprintf("/admin/halls/%d", o.halls[0]) },
			"cleaning", "16", "15"},
	} {
		t.Run(name, func(t *testing.T) {
			o := openProgramme(t, 1, 2)
			o.plans(0, "14:00 16:10")
			o.plans(1, "19:00")
			me := o.person()
			save := func(minutes string) {
				t.Helper()
				me.open(c.path(o))
				action, f := me.form("#" + c.field)
				f.Set(c.field, minutes)
				if c.field == "cleaning" {
					f.Set("plan", me.page.Find("#plan").Text())
					f.Set("do", "save")
				}
				if me.answers(action, me.m.postAs(action, f)); me.status != http.StatusOK {
					t.Fatalf("%d: %s", me.status, me.says("main"))
				}
			}
			save(c.longer)
			const pair = "Mon 30 Nov, 14:00, Hall 1: Film A takes the hall until 16:11 with its cleaning, " +
				"and Film A begins at 16:10."
			if got := me.says(".notice-warn li"); got != pair {
				t.Errorf("after it is saved: %q", got)
			}
			for _, path := range []string{
				fmt.Sprintf("/admin/films/%d", o.films[0]), fmt.Sprintf("/admin/halls/%d", o.halls[0]), weekPage,
			} {
				if me.open(path); me.says(".notice-warn li") != pair {
					t.Errorf("%s: %q", path, me.says(".notice-warn li"))
				}
			}
			if got := me.tags(); got != "overlaps Film A 16:10; overlaps Film A 14:00" {
				t.Errorf("the week: %s", got)
			}
			me.open(fmt.Sprintf("/admin/films/%d", o.films[1]))
			if got := me.says(".notice-warn"); got != "" {
				t.Errorf("the other film: %s", got)
			}
			me.open(showingPageOf(o.shown()[1]))
			if got := me.says(".notice-warn"); !strings.Contains(got, "Film A is in Hall 1 from 14:00") {
				t.Errorf("its page: %s", got)
			}
			if me.sends(`input[value=on_sale]`); me.status != http.StatusConflict ||
				!strings.Contains(me.says(".notice-error"), "Film A is in Hall 1 from 14:00") {
				t.Errorf("on sale by itself: %d %s", me.status, me.says("main"))
			}
			me.open(weekPage)
			me.sends(`input[name=days][value="7"]`)
			got := me.says(".problems")
			if me.status != http.StatusConflict || me.page.Find(".problems li").Length() != 2 ||
				!strings.Contains(got, "Mon 30 Nov, 16:10, Film A, Hall 1: Film A is in Hall 1 from 14:00") {
				t.Errorf("published: %d %s", me.status, got)
			}
			if all := o.shown(); all[0].Status != store.Draft || all[1].Status != store.Draft ||
				all[2].Status != store.OnSale {
				t.Errorf("%v %v %v", all[0].Status, all[1].Status, all[2].Status)
			}
			save(c.was)
			me.open(weekPage)
			if got := me.tags() + me.says(".notice-warn"); got != "" {
				t.Errorf("once it is as it was: %s", got)
			}
			if me.sends(`input[name=days][value="7"]`); me.status != http.StatusOK {
				t.Errorf("%d: %s", me.status, me.says("main"))
			}
		})
	}
}

func showingPageOf(sh store.Showing) string { return fmt.Sprintf("/admin/screenings/%d", sh.ID) }

// TestOverlapOverTheWeeksEnd: what begins on Monday is marked where Sunday's last film is not over, in both weeks.
func TestOverlapOverTheWeeksEnd(t *testing.T) {
	o := openProgramme(t, 1, 2)
	monday, _ := store.ParseBusinessDay("2026-12-07")
	kind := store.ShowingKind{Trailers: 15, Card: 0}
	for i, day := range []store.BusinessDay{monday - 1, monday} {
		times, _ := store.ReadTimes([]string{"03:00", "05:10"}[i])
		if _, err := o.store.Catalogue().AddShowings(t.Context(), kind, []store.ShowingLine{{
			Hall: o.halls[0], Movie: o.films[i], Times: times, Days: []store.BusinessDay{day},
		}}); err != nil {
			t.Fatal(err)
		}
	}
	m, err := o.store.Catalogue().Movie(t.Context(), o.films[0])
	if m.Runtime = 140; err == nil {
		_, _, err = o.store.Catalogue().EditMovie(t.Context(), m)
	}
	if err != nil {
		t.Fatal(err)
	}
	me := o.person()
	for _, week := range []string{"2026-11-30", "2026-12-07"} {
		me.open("/admin/screenings?week=" + week)
		if me.page.Find(".show .tag-bad").Length() == 0 || me.page.Find(".notice-warn li").Length() != 1 {
			t.Errorf("%s: %q, %s", week, me.tags(), me.says(".notice-warn"))
		}
	}
}

// TestImportOfFilmsSaysOverlaps: the dry run names them, and so does what it says once it is written.
func TestImportOfFilmsSaysOverlaps(t *testing.T) {
	o := openProgramme(t, 1, 2)
	o.plans(0, "14:00 16:10")
	const path, rows = "/admin/films/import", "title,runtime\nFilm A,101\n"
	me := o.person()
	me.answers(path, o.m.upload(path, "file", "x.csv", []byte(rows), nil))
	if me.status != http.StatusOK || me.page.Find(".notice-warn li").Length() != 1 {
		t.Errorf("%d %s", me.status, me.says(".notice-warn"))
	}
	me.answers(path, o.m.upload(path, "file", "", nil, url.Values{"text": {rows}, "write": {"1"}}))
	if !strings.Contains(me.says("body"), "Screenings overlap now. Mon 30 Nov, 14:00, Hall 1: Film A takes") {
		t.Errorf("%d %s", me.status, me.says("body"))
	}
}

// TestZonesWithoutAPriceAreSaid: the card, the list of prices, the week and publishing name a zone that has no price;
// the card's form has a column for it, however it is written then.
func TestZonesWithoutAPriceAreSaid(t *testing.T) {
	o := openProgramme(t, 1, 1)
	c := o.store.Catalogue()
	cards, err := c.PriceCards(t.Context())
	h, err2 := c.Hall(t.Context(), o.halls[0])
	if h.Plan = "zone v = VIP\n" + storetest.Plan(2, 4) + "C vvvv"; err == nil && err2 == nil {
		_, _, err = c.EditHall(t.Context(), h)
	}
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	o.plans(0, "14:00")
	card := fmt.Sprintf("/admin/prices/%d", cards.Cards[0].ID)
	const lack = "Hall 1 has the zone VIP, without a price here."
	me := o.person()
	for _, path := range []string{"/admin/prices", card} {
		if me.open(path); !strings.Contains(me.says(".notice-warn"), lack) {
			t.Errorf("%s: %s", path, me.says(".notice-warn"))
		}
	}
	if zone := me.page.Find(`[name="zone.1"]`).AttrOr("value", ""); zone != "VIP" {
		t.Errorf("the form has the zone %q", zone)
	}
	me.open(weekPage)
	if got := me.tags(); got != "no price for the zone VIP" {
		t.Errorf("the week: %s", got)
	}
	me.sends(`input[name=days][value="7"]`)
	if got := me.says(".problems"); me.status != http.StatusConflict ||
		!strings.Contains(got, "Hall 1: the price card Normal has no price for the zone VIP.") {
		t.Errorf("published: %d %s", me.status, got)
	}
	// Saved as it comes, the form still has none.
	me.open(card)
	if me.sends("#name"); me.status != http.StatusOK || !strings.Contains(me.says(".notice-warn"), lack) {
		t.Errorf("%d: %s", me.status, me.says("main"))
	}
	me.open(card)
	me.sends("#name", "zone.1", "vip", "price.0.1", "1500")
	if me.status != http.StatusOK || me.says(".notice-warn") != "" {
		t.Errorf("%d: %s", me.status, me.says("main"))
	}
	me.open(weekPage)
	if me.sends(`input[name=days][value="7"]`); me.status != http.StatusOK || o.shown()[0].Status != store.OnSale {
		t.Errorf("published: %d %s", me.status, me.says("main"))
	}
	me.open(card)
	if me.sends("#name", "zone.2", "Vip ", "price.0.2", "1"); me.status != http.StatusUnprocessableEntity ||
		!strings.Contains(me.says("main"), "to the left already") {
		t.Errorf("one zone twice: %d %s", me.status, me.says("main"))
	}
}

// TestSetUpAsksForEachZone: a plan with zones is not opened at the ordinary price: the form comes back with a price
// for each zone.
func TestSetUpAsksForEachZone(t *testing.T) {
	st := books(t, func(o *store.Options) { o.Environment = store.Sandbox })
	people := staff.New(st, staff.Config{})
	o := openOn(t, st, func(d *handlers.Deps) { d.Staff = people })
	token, err := people.NewSetUpToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	path := "/admin/setup/" + token
	me := &person{T: t, m: o.nobody(path)}
	me.open(path)
	action, f := me.form("#hall")
	for name, value := range map[string]string{
		"name": "Achieng", "password": "three films and popcorn", "cinema": "Nyota", "title": "Dune", "runtime": "166",
		"plan": "zone v = VIP\nA oooo\nB vvvv", "time": "00:30", "day": "2027-03-05",
	} {
		f.Set(name, value)
	}
	if me.answers(action, me.m.postAs(action, f)); me.status != http.StatusUnprocessableEntity ||
		me.page.Find(`[id="price.3-error"]`).Length() != 1 || me.page.Find(`[name^="price."]`).Length() != 6 {
		t.Fatalf("%d: %s", me.status, me.says(".field-error"))
	}
	f.Set("price.3", "1500")
	w := me.m.postAs(action, f)
	cookies := ""
	for _, c := range w.Result().Cookies() {
		cookies += c.Name + "=" + c.Value + "; "
	}
	next := o.get(w.Header().Get("Location"), "Cookie", cookies)
	if w.Code != http.StatusSeeOther || next.Code != http.StatusOK ||
		!strings.Contains(page(t, next).Text(), "Dune is on sale for Sat 6 Mar 2027, 00:30.") {
		t.Fatalf("%d, %d: %s", w.Code, next.Code, next.Body)
	}
	cards, err := st.Catalogue().PriceCards(t.Context())
	films, err2 := st.Catalogue().PlannedFilms(t.Context())
	if err != nil || err2 != nil || cards.Cards[0].Prices.ZoneOf("VIP") != "VIP" || len(films) != 1 {
		t.Fatalf("%+v, %v, %v", cards, err, err2)
	}
	m, err := st.Catalogue().Movie(t.Context(), films[0].ID)
	if err != nil || m.Genre != "" || m.Language != "" || m.TrailerMinutes != 15 {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestNightTimesAreSaid: where a time is typed it is said on which date it is before 04:00, and the dry run of an
// import has the date of each row; its page says which columns are needed.
func TestNightTimesAreSaid(t *testing.T) {
	o := openProgramme(t, 1, 1)
	me := o.person()
	const path = "/admin/screenings/import?week=2026-11-30"
	me.open(path)
	if needed, all := me.page.Find("td strong").Length(), me.page.Find("th code").Length(); needed != 4 || all != 11 {
		t.Errorf("%d of %d columns are needed", needed, all)
	}
	rows := "day,time,hall,film\n2026-12-04,00:30,Hall 1,Film A\n2026-12-04,19:00,Hall 1,Film A\n"
	me.answers(path, o.m.upload(path, "file", "x.csv", []byte(rows), nil))
	for i, want := range []string{
		"2: Sat 5 Dec 2026, 00:30 in the night after Fri 4 Dec: Film A: Hall 1",
		"3: Fri 4 Dec 2026, 19:00: Film A: Hall 1",
	} {
		var cells []string
		for _, cell := range me.page.Find("tbody").First().Find("tr").Eq(i).Find("th, td").EachIter() {
			cells = append(cells, strings.TrimPrefix(strings.Join(strings.Fields(cell.Text()), " "), "Line "))
		}
		if got := strings.Join(cells, ": "); got != want {
			t.Errorf("row %d: %q", i, got)
		}
	}
	o.plans(0, "14:00")
	me.open(showingPageOf(o.shown()[0]))
	if got := me.says("#time-hint"); !strings.Contains(got, "before 04:00") {
		t.Errorf("%q", got)
	}
}

// TestCardChangedByAnother: the second of two who edit a price card is told of all that differs, and of nothing else:
// name, prices, types and zones that the form has not, what comes on top, and rules.
func TestCardChangedByAnother(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	m.post("/admin/prices/new", cardFields(map[string]string{"name": "Tuesday"}))
	m.post("/admin/prices/new", cardFields(nil))
	cards, err := o.store.Catalogue().PriceCards(t.Context())
	if err != nil || len(cards.Cards) != 2 {
		t.Fatalf("%+v, %v", cards, err)
	}
	standard, tuesday := cards.Cards[0], cards.Cards[1]
	path := fmt.Sprintf("/admin/prices/%d", standard.ID)
	first := cardFields(map[string]string{
		"version": "1", "name": "Weekend", "zone.2": "Box", "price.0.2": "2000", "type.2": "Student",
		"price.2.0": "700", "rule.0.card": fmt.Sprint(tuesday.ID), "rule.0.before": "17:00",
		"extra.0.name": "3D glasses", "extra.0.price": "50",
	})
	if w := m.post(path, first); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	me := &person{T: t, m: m}
	me.answers(path, m.post(path, cardFields(map[string]string{
		"version": "1", "zone.2": "", "price.0.2": "", "price.1.0": "550", "extra.0.name": "", "extra.0.price": "",
	})))
	var got []string
	for _, li := range me.page.Find(".notice-error .changes li").EachIter() {
		got = append(got, strings.Join(strings.Fields(li.Text()), " "))
	}
	want := []string{
		"Name: now Weekend, here Standard",
		"Adult, Box: now 2000, here not sold",
		"Child, Standard: now 500, here 550",
		"Student, Standard: now 700, here not sold",
		"On top of each ticket, 1: now 3D glasses 50, here nothing",
		"Rule 1: now before 17:00: Tuesday, here nothing",
	}
	if me.status != http.StatusConflict || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%d:\n%s", me.status, strings.Join(got, "\n"))
	}
	if me.page.Find(`[id="price.0.2-error"], [id="price.1.2-error"]`).Length() != 0 {
		t.Error("something is said below a zone without a name")
	}
	for name, typed := range map[string]string{"name": "Standard", "price.1.0": "550", "version": "2"} {
		if in := me.page.Find(`form [name="` + name + `"]`).First(); in.AttrOr("value", "") != typed {
			t.Errorf("%s came back as %q", name, in.AttrOr("value", ""))
		}
	}
}

// TestNewCardSentTwice: the second press of one form is the first, and another card of that name is refused.
func TestNewCardSentTwice(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	m.post("/admin/prices/new", cardFields(map[string]string{"name": "Tuesday"}))
	cards, _ := o.store.Catalogue().PriceCards(t.Context())
	card := cardFields(map[string]string{
		"extra.0.name": "3D glasses", "extra.0.price": "50",
		"rule.0.card": fmt.Sprint(cards.Cards[0].ID), "rule.0.day": "1",
	})
	for range 2 {
		if w := m.post("/admin/prices/new", card); w.Code != http.StatusSeeOther {
			t.Errorf("%d %s", w.Code, page(t, w).Find("main").Text())
		}
	}
	other := cardFields(map[string]string{"price.0.0": "901"})
	if w := m.post("/admin/prices/new", other); w.Code != http.StatusUnprocessableEntity ||
		page(t, w).Find("#name-error").Text() != "Another price card has this name." {
		t.Errorf("another card of that name: %d %s", w.Code, w.Body)
	}
	if cards, _ = o.store.Catalogue().PriceCards(t.Context()); len(cards.Cards) != 2 {
		t.Errorf("%d cards", len(cards.Cards))
	}
}

// TestCardInRulesIsArchivedKnowingly: the cards whose rules choose it are named first, and it can be used again.
func TestCardInRulesIsArchivedKnowingly(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	m.post("/admin/prices/new", cardFields(map[string]string{"name": "Tuesday"}))
	cards, _ := o.store.Catalogue().PriceCards(t.Context())
	id := cards.Cards[0].ID
	path := fmt.Sprintf("/admin/prices/%d", id)
	m.post("/admin/prices/new", cardFields(map[string]string{"rule.0.card": fmt.Sprint(id), "rule.0.before": "17:00"}))
	me := &person{T: t, m: m}
	me.open(path)
	if me.sends(`form[action$="/archive"] button`); me.status != http.StatusConflict ||
		!strings.Contains(me.says(".notice-warn"), "rules of Standard choose") {
		t.Fatalf("%d %s", me.status, me.says("main"))
	}
	if me.sends(`input[name=rules]`); me.status != http.StatusOK {
		t.Fatalf("%d %s", me.status, me.says("main"))
	}
	cards, _ = o.store.Catalogue().PriceCards(t.Context())
	if len(cards.Cards) != 1 || len(cards.Cards[0].Rules) != 0 {
		t.Errorf("%+v", cards)
	}
	m.post("/admin/prices/new", cardFields(map[string]string{"name": "tuesday"}))
	me.open("/admin/prices")
	if me.sends(`form[action$="/restore"] button`); me.status != http.StatusConflict ||
		!strings.Contains(me.says(".notice-error"), "another price card has its name") {
		t.Errorf("%d %s", me.status, me.says("main"))
	}
	cards, _ = o.store.Catalogue().PriceCards(t.Context())
	for _, card := range cards.Cards {
		if card.Name == "tuesday" {
			m.post(fmt.Sprintf("/admin/prices/%d/archive", card.ID), url.Values{"version": {"1"}})
		}
	}
	if me.answers(path, m.post(path+"/restore", nil)); me.status != http.StatusOK || m.get(path).Code != http.StatusOK {
		t.Errorf("%d %s", me.status, me.says("main"))
	}
}

// TestHolidaysAndBoundsChangedByAnother: the second of two who edit them is told what is saved, keeps what was typed,
// and saves it by sending it again.
func TestHolidaysAndBoundsChangedByAnother(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleOwner)
	for _, c := range []struct {
		path, field, first, second, says string
	}{
		{"/admin/prices/holidays", "holidays", "25/12/2026\n26/12/2026", "25/12/2026\n1/1/2027",
			"Saved, and not here: 26/12/2026. Here, and not saved: 01/01/2027."},
		{"/admin/prices/free", "manager", "30", "40", "It is now: 30"},
	} {
		mine, theirs := &person{T: t, m: m}, &person{T: t, m: m}
		mine.open("/admin/prices")
		theirs.open("/admin/prices")
		form := `[name="` + c.field + `"]`
		theirs.sends(`form[action="`+c.path+`"] button`, c.field, c.first)
		if theirs.status != http.StatusOK {
			t.Fatalf("%s: %d", c.path, theirs.status)
		}
		mine.sends(`form[action="`+c.path+`"] button`, c.field, c.second)
		field := mine.page.Find(form)
		got := strings.TrimSpace(field.AttrOr("value", field.Text()))
		if mine.status != http.StatusConflict || got != c.second ||
			!strings.Contains(mine.says("main"), c.says) || mine.page.Find(".notice-error").Length() != 1 {
			t.Errorf("%s: %d, %q came back: %s", c.path, mine.status, got, mine.says("main"))
		}
		mine.sends(`form[action="`+c.path+`"] button`, c.field, c.second)
		if mine.status != http.StatusOK {
			t.Errorf("%s again: %d", c.path, mine.status)
		}
	}
}
