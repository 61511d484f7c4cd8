package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cinemasphere/handlers"
	"cinemasphere/handlers/staff"
	"cinemasphere/store"
	"cinemasphere/store/seating"
)

// TestSetUpKeepsWhatIsTyped: what is typed at set-up is there afterwards, with a film or without; what cannot be comes
// back with a sentence at its field, and nothing of it is lost.
func TestSetUpKeepsWhatIsTyped(t *testing.T) {
	day := store.BusinessDayOf(store.At(morning()())) + 3
	for _, tt := range []struct {
		name   string
		change url.Values // of the form as it comes
		wrong  string     // the field with the sentence; "" is taken
		says   string     // some of that sentence
		seats  int        // of the hall, 0 for none
		cards  int
		films  int
	}{
		{name: "as it comes", seats: 120, cards: 1},
		{name: "with a film", seats: 120, cards: 1, films: 1,
			change: url.Values{"title": {"Nyota"}, "runtime": {"96"}}},
		{name: "a small hall", change: url.Values{"rows": {"5"}, "seats": {" 7 "}}, seats: 35, cards: 1},
		{name: "a large hall", change: url.Values{"rows": {"40"}, "seats": {"50"}}, seats: 2000, cards: 1},
		{name: "a plan that was typed", change: url.Values{"plan": {"A oo_oo\r\nB ooo"}}, seats: 7, cards: 1},
		{name: "a sheet that was pasted", seats: 6, cards: 1,
			change: url.Values{"plan": {"A1\tA2\t\tA3\nB1\tB2\t\tB3\n"}}},
		{name: "no hall yet", change: url.Values{"hall": {""}, "rows": {""}, "seats": {""}}, cards: 1},
		{name: "no prices yet", change: url.Values{"price.0": {""}, "price.1": {""}, "price.2": {""}}, seats: 120},
		{name: "no rows", change: url.Values{"rows": {"0"}}, wrong: "rows"},
		{name: "less than none", change: url.Values{"rows": {"-1"}}, wrong: "rows"},
		{name: "rows in words", change: url.Values{"rows": {"ten"}}, wrong: "rows"},
		{name: "seats in halves", change: url.Values{"seats": {"12.5"}}, wrong: "rows"},
		{name: "too many", change: url.Values{"rows": {"100"}, "seats": {"100"}}, wrong: "rows"},
		{name: "far too many", change: url.Values{"rows": {"9999999999"}, "seats": {"9999999999"}}, wrong: "rows"},
		{name: "rows forgotten", change: url.Values{"rows": {""}, "seats": {""}}, wrong: "rows"},
		{name: "a hall without a name", change: url.Values{"hall": {" "}}, wrong: "hall"},
		{name: "a plan with a mistake", change: url.Values{"plan": {"A oo?"}}, wrong: "plan"},
		{name: "a film without a hall", wrong: "hall",
			change: url.Values{"title": {"Nyota"}, "runtime": {"96"}, "hall": {""}, "rows": {""}, "seats": {""}}},
		{name: "a film without prices", wrong: "price.0", change: url.Values{
			"title": {"Nyota"}, "runtime": {"96"}, "price.0": {""}, "price.1": {""}, "price.2": {""},
		}},
		{name: "a price in words", change: url.Values{"price.1": {"cheap"}}, wrong: "price.1"},
		{name: "a price of nothing", change: url.Values{"price.1": {"0"}}, wrong: "price.1"},
		{name: "a film of no minutes", change: url.Values{"title": {"Nyota"}}, wrong: "runtime"},
		{name: "yesterday", wrong: "day",
			change: url.Values{"title": {"Nyota"}, "runtime": {"96"}, "day": {(day - 5).String()}}},
		{name: "at 25 o'clock", wrong: "time", says: "The last of a day is 23:59.",
			change: url.Values{"title": {"Nyota"}, "runtime": {"96"}, "time": {"25:00"}}},
		{name: "at midnight", wrong: "time", says: "“24:00”: midnight is 00:00.",
			change: url.Values{"title": {"Nyota"}, "runtime": {"96"}, "time": {"24:00"}}},
		{name: "two times", wrong: "time", says: "Type one time",
			change: url.Values{"title": {"Nyota"}, "runtime": {"96"}, "time": {"14:00 16:00"}}},
		{name: "no day", wrong: "day", says: "Write it as 25/12/2026",
			change: url.Values{"title": {"Nyota"}, "runtime": {"96"}, "day": {"Friday"}}},
		{name: "minutes of no film", wrong: "title", says: "Which film takes these minutes?",
			change: url.Values{"runtime": {"96"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			st := books(t, func(o *store.Options) { o.Environment = store.Sandbox })
			people := staff.New(st, staff.Config{})
			o := openOn(t, st, func(d *handlers.Deps) { d.Staff = people })
			token, err := people.NewSetUpToken(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			path := "/admin/setup/" + token
			m := o.nobody(path)
			d := page(t, m.get(path))
			f := url.Values{}
			for _, in := range d.Find("main form").Find("input[name], textarea[name]").EachIter() {
				f.Set(in.AttrOr("name", ""), in.AttrOr("value", strings.TrimSpace(in.Text())))
			}
			empty := 0
			for _, values := range f {
				if values[0] == "" {
					empty++
				}
			}
			if empty > 12 {
				t.Errorf("%d fields are to be filled in", empty)
			}
			f.Set("rating", d.Find("select[name=rating] option[selected]").AttrOr("value", ""))
			f.Set("name", "Achieng")
			f.Set("password", "three films and popcorn")
			f.Set("cinema", "Nyota")
			for name, values := range tt.change {
				f[name] = values
			}
			w := m.postAs(path, f)
			if tt.wrong != "" {
				d := page(t, w)
				field := strings.ReplaceAll(tt.wrong, ".", `\.`)
				if w.Code != http.StatusUnprocessableEntity || d.Find("#"+field+"-error").Length() != 1 ||
					!strings.Contains(d.Find("#"+field+"-error").Text(), tt.says) ||
					d.Find(`.notice-error a[href="#`+tt.wrong+`"]`).Length() != 1 {
					t.Fatalf("%d, %s", w.Code, d.Find(".field-error").Text())
				}
				for name, typed := range tt.change {
					in := d.Find(`[name="` + name + `"]`)
					if got := strings.TrimSpace(in.AttrOr("value", in.Text())); got != strings.TrimSpace(typed[0]) {
						t.Errorf("%s came back as %q", name, got)
					}
				}
				if n, err := st.Staff().CountOperators(t.Context()); n != 0 || err != nil {
					t.Errorf("%d operators, %v", n, err)
				}
				return
			}
			if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/admin/checklist" {
				t.Fatalf("%d to %s: %s", w.Code, w.Header().Get("Location"), page(t, w).Find(".field-error").Text())
			}
			seats := 0
			halls, err := st.Catalogue().Halls(t.Context())
			for _, h := range halls {
				plan, _ := seating.Parse(h.Plan)
				seats += len(plan.Seats)
			}
			read, err2 := st.Catalogue().Readiness(t.Context())
			if err != nil || err2 != nil || seats != tt.seats || read.Cards != tt.cards || read.Films != tt.films ||
				(read.Next != 0) != (tt.films > 0) {
				t.Errorf("%d seats, %+v, %v, %v", seats, read, err, err2)
			}
		})
	}
}

// TestSetUpOffersTheNextHour: the first screening is offered today, or tomorrow evening where it is late.
func TestSetUpOffersTheNextHour(t *testing.T) {
	for _, tt := range []struct{ now, day, clock string }{
		{"2026-11-27T09:10:00+03:00", "2026-11-27", "10:00"}, {"2026-11-27T21:59:59+03:00", "2026-11-27", "22:00"},
		{"2026-11-27T22:00:00+03:00", "2026-11-28", "19:00"}, {"2026-11-27T23:30:00+03:00", "2026-11-28", "19:00"},
		{"2026-11-28T02:30:00+03:00", "2026-11-28", "19:00"}, {"2026-11-28T04:00:00+03:00", "2026-11-28", "05:00"},
	} {
		now, err := time.Parse(time.RFC3339, tt.now)
		if err != nil {
			t.Fatal(err)
		}
		clock := func() time.Time { return now }
		st := books(t, func(o *store.Options) { o.Environment, o.Now = store.Sandbox, clock })
		people := staff.New(st, staff.Config{Now: clock})
		o := openOn(t, st, func(d *handlers.Deps) { d.Staff, d.Now = people, clock })
		token, err := people.NewSetUpToken(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		path := "/admin/setup/" + token
		d := page(t, o.nobody(path).get(path))
		day, at := d.Find("#day").AttrOr("value", ""), d.Find("#time").AttrOr("value", "")
		if day != tt.day || at != tt.clock {
			t.Errorf("at %s: %s %s, want %s %s", tt.now, day, at, tt.day, tt.clock)
		}
	}
}

// TestSetUpBesideTheSample: who has written the sample into the books first is offered no second hall of its name.
func TestSetUpBesideTheSample(t *testing.T) {
	st := books(t, func(o *store.Options) { o.Environment = store.Sandbox })
	if _, err := st.Catalogue().AddHall(t.Context(), store.Hall{Name: "Screen 1", Plan: "A ooo"}); err != nil {
		t.Fatal(err)
	}
	people := staff.New(st, staff.Config{})
	o := openOn(t, st, func(d *handlers.Deps) { d.Staff = people })
	token, err := people.NewSetUpToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	path := "/admin/setup/" + token
	m := o.nobody(path)
	f := url.Values{}
	for _, in := range page(t, m.get(path)).Find("main form input[name]").EachIter() {
		f.Set(in.AttrOr("name", ""), in.AttrOr("value", ""))
	}
	f.Set("name", "Achieng")
	f.Set("password", "three films and popcorn")
	f.Set("cinema", "Nyota")
	f.Set("town", "Mombasa")
	if w := m.postAs(path, f); w.Code != http.StatusSeeOther {
		t.Fatalf("%d: %s", w.Code, page(t, w).Find(".field-error").Text())
	}
	halls, err := st.Catalogue().Halls(t.Context())
	if err != nil || len(halls) != 1 {
		t.Errorf("%d halls, %v", len(halls), err)
	}
	if foot := page(t, o.get("/")).Find("footer .foot-address").Text(); !strings.Contains(foot, "Mombasa") {
		t.Errorf("the footer says %q", foot)
	}
}
