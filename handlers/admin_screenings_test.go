package handlers_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"cinemasphere/handlers"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// programme is a cinema whose manager plans the week from Monday 30 November 2026. It is the Friday before.
type programme struct {
	*office
	m     *member
	path  string // of the books
	halls []store.HallID
	films []store.MovieID
}

const weekPage = "/admin/screenings?week=2026-11-30"

func openProgramme(t *testing.T, halls, films int) *programme {
	t.Helper()
	clock := func() time.Time { return time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC) }
	path := ""
	st := books(t, func(o *store.Options) { path, o.Now = o.Path, clock })
	p := &programme{path: path, office: openOn(t, st, func(d *handlers.Deps) { d.Now = clock })}
	p.m = p.staffed(store.RoleManager)
	for i := range halls {
		id, err := st.Catalogue().AddHall(t.Context(), store.Hall{
			Name: fmt.Sprint("Hall ", i+1), Plan: storetest.Plan(2, 4), Cleaning: 15,
		})
		if err != nil {
			t.Fatal(err)
		}
		p.halls = append(p.halls, id)
	}
	for i := range films {
		id, err := st.Catalogue().AddMovie(t.Context(), store.Movie{
			Title: fmt.Sprint("Film ", string(rune('A'+i))), Synopsis: "A film.", Runtime: 100, TrailerMinutes: 15,
			AgeRating: "PG", Genre: "Drama", Language: "English",
		})
		if err != nil {
			t.Fatal(err)
		}
		p.films = append(p.films, id)
	}
	if halls*films > 0 {
		_, err := st.Catalogue().SavePriceCard(t.Context(), store.PriceCard{
			Name: "Normal", Prices: store.OnePrice(135_000),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// person uses pages as somebody does without JavaScript, and counts what they do: each field typed in, box ticked,
// button pressed.
type person struct {
	*testing.T
	m       *member
	path    string
	page    *goquery.Document
	status  int
	actions int
}

func (p *person) open(path string) {
	p.Helper()
	w := p.m.get(path)
	p.path, p.status, p.page = path, w.Code, page(p.T, w)
}

// form is what the form that has the element sends.
func (p *person) form(sel string) (action string, f url.Values) {
	p.Helper()
	form := p.page.Find(sel).First().Closest("form")
	if form.Length() != 1 {
		p.Fatalf("%s has no form with %s: %s", p.path, sel, p.page.Find("main").Text())
	}
	f = url.Values{}
	for _, in := range form.Find("input[name], select[name], textarea[name]").EachIter() {
		kind := in.AttrOr("type", "text")
		_, checked := in.Attr("checked")
		switch {
		case in.Is("select"):
			option := in.Find("option[selected]")
			if option.Length() == 0 {
				option = in.Find("option").First()
			}
			f.Add(in.AttrOr("name", ""), option.AttrOr("value", ""))
		case in.Is("textarea"):
			f.Add(in.AttrOr("name", ""), in.Text())
		case kind != "checkbox" || checked:
			f.Add(in.AttrOr("name", ""), in.AttrOr("value", ""))
		}
	}
	return form.AttrOr("action", ""), f
}

// sends presses the button of a form, after typing into fields: name, value, name, value.
func (p *person) sends(sel string, typed ...string) {
	p.Helper()
	action, f := p.form(sel)
	for i := 0; i < len(typed); i += 2 {
		if !f.Has(typed[i]) && !strings.HasPrefix(typed[i], "days.") && typed[i] != "to" {
			p.Errorf("there is no field %s", typed[i])
		}
		f.Set(typed[i], typed[i+1])
		p.actions++
	}
	p.actions++
	p.answers(action, p.m.postAs(action, f))
}

func (p *person) answers(path string, w *httptest.ResponseRecorder) {
	p.Helper()
	p.path, p.status = path, w.Code
	if w.Code == http.StatusSeeOther {
		cookies := "__Host-staff=" + p.m.token
		for _, c := range w.Result().Cookies() {
			cookies += "; " + c.Name + "=" + c.Value
		}
		p.path = w.Header().Get("Location")
		w = p.m.o.get(p.path, "Cookie", cookies)
		p.status, p.page = w.Code, page(p.T, w)
		return
	}
	p.page = page(p.T, w)
}

func (p *programme) person() *person { return &person{T: p.T, m: p.m} }

// line is the number of the form's line of a film in a hall; of a film that is typed where film is 0.
func (p *person) line(hall store.HallID, film store.MovieID) string {
	p.Helper()
	for _, line := range p.page.Find(".line").EachIter() {
		in := line.Find(`input[name^="hall."]`)
		n := strings.TrimPrefix(in.AttrOr("name", ""), "hall.")
		id := line.Find(`input[name^="film."]`).AttrOr("value", "0")
		if in.AttrOr("value", "") == strconv.FormatInt(int64(hall), 10) && id == strconv.FormatInt(int64(film), 10) {
			return n
		}
	}
	p.Fatalf("there is no line of film %d in hall %d", film, hall)
	return ""
}

func (p *programme) shown() []store.Showing {
	p.Helper()
	monday, _ := store.ParseBusinessDay("2026-11-30")
	all, err := p.store.Catalogue().Showings(p.Context(), monday-7, monday+14)
	if err != nil {
		p.Fatal(err)
	}
	return all
}

// TestWeekInTwentyActions: three halls, five films and four screenings a day in each hall, all week, planned and on
// sale.
func TestWeekInTwentyActions(t *testing.T) {
	o := openProgramme(t, 3, 5)
	me := o.person()
	me.open(weekPage)
	var typed []string
	for h, hall := range o.halls {
		for i, times := range []string{"10:00", "12:30", "15:00 20:00", ""} {
			if times != "" {
				typed = append(typed, "times."+me.line(hall, o.films[(h+i)%5]), times)
			}
		}
	}
	me.sends(".lines", typed...)
	if me.status != http.StatusOK || me.page.Find(".show").Length() != 84 {
		t.Fatalf("added: %d, %d screenings: %s", me.status, me.page.Find(".show").Length(), me.page.Find("main").Text())
	}
	me.sends(`input[name=days][value="7"]`)
	for _, sh := range o.shown() {
		if sh.Status != store.OnSale || sh.Price() != 135_000 {
			t.Errorf("%s is %s at %d", sh.Title, sh.Status, sh.Price())
		}
	}
	if n := len(o.shown()); n != 84 || me.actions > 20 {
		t.Errorf("%d screenings in %d actions", n, me.actions)
	}
	// And the next week in two.
	me.actions = 0
	me.open("/admin/screenings?week=2026-12-07")
	me.sends(`input[name=to][value="2026-12-07"]`)
	me.sends(`input[name=days][value="7"]`)
	if n := len(o.shown()); n != 168 || me.actions > 2 {
		t.Errorf("with the next week %d screenings in %d actions", n, me.actions)
	}
}

// TestBadShowings: what is typed into the week's form, the status and the sentence. What was typed comes back.
func TestBadShowings(t *testing.T) {
	for name, c := range map[string]struct {
		typed  func(o *programme, line string) []string
		status int
		says   string
		added  int
	}{
		"24:00": {func(_ *programme, n string) []string { return []string{"times." + n, "24:00"} }, 422,
			"“24:00”: midnight is 00:00. It belongs to the evening before.", 0},
		"7pm": {func(_ *programme, n string) []string { return []string{"times." + n, "7pm"} }, 422,
			"“7pm”: write times by the 24-hour clock, such as 19:00 for 7 pm.", 0},
		"a good one beside": {func(_ *programme, n string) []string {
			return []string{"times." + n, "7pm 14:00", "days." + n, "0"}
		}, 422, "“7pm”: write times", 1},
		"25:00": {func(_ *programme, n string) []string { return []string{"times." + n, "25:00"} }, 422,
			"“25:00”: there is no such time", 0},
		"words": {func(_ *programme, n string) []string { return []string{"times." + n, "noon"} }, 422,
			"“noon” is no time", 0},
		"a script": {func(_ *programme, n string) []string {
			return []string{"times." + n, "<script>alert(1)</script>"}
		},
			422, "is no time", 0},
		"nothing at all": {func(*programme, string) []string { return nil }, 422, "Type times such as", 0},
		"spaces": {func(_ *programme, n string) []string { return []string{"times." + n, "   "} }, 422,
			"Type times such as", 0},
		"no day": {func(_ *programme, n string) []string { return []string{"times." + n, "14:00", "days." + n, ""} },
			422,
			"Tick at least one day.", 0},
		"a day that there is not": {func(_ *programme, n string) []string {
			return []string{"times." + n, "14:00", "days." + n, "7"}
		}, 422, "Tick at least one day.", 0},
		"too close": {func(_ *programme, n string) []string {
			return []string{"times." + n, "14:00 15:00", "days." + n, "0"}
		}, 409, "Mon 30 Nov, 15:00: Film A is in Hall 1 from 14:00, and the hall is free at 16:10.", 1},
		"over midnight": {func(_ *programme, n string) []string {
			return []string{"times." + n, "23:00 00:30", "days." + n, "4"}
		}, 409, "Fri 4 Dec, 00:30 in the night after: Film A is in Hall 1 from 23:00, and the hall is free " +
			"at 01:10.", 1},
		"an unknown title": {func(o *programme, _ string) []string {
			n := o.empty()
			return []string{"title." + n, "Barbie", "times." + n, "14:00"}
		}, 422, "There is no film of this title.", 0},
		"a title without times": {func(o *programme, _ string) []string {
			return []string{"title." + o.empty(), "Film A"}
		}, 422,
			"Type when it begins", 0},
		"times without a title": {func(o *programme, _ string) []string {
			return []string{"times." + o.empty(), "14:00"}
		}, 422,
			"Type the film’s title.", 0},
		"several titles": {func(o *programme, _ string) []string {
			n := o.empty()
			return []string{"title." + n, "Film", "times." + n, "14:00"}
		}, 422, "Several films begin so: Film A, Film B.", 0},
		"a typed title": {func(o *programme, _ string) []string {
			n := o.empty()
			return []string{"title." + n, " film b ", "times." + n, "14:00", "days." + n, "0"}
		}, 200, "1 screening added as a draft.", 1},
		"trailers of a word": {func(_ *programme, n string) []string {
			return []string{"times." + n, "14:00", "trailers", "ten"}
		}, 422, "a whole number from 0 to 120.", 0},
		"trailers for hours": {func(_ *programme, n string) []string {
			return []string{"times." + n, "14:00", "trailers", "121"}
		}, 422, "a whole number from 0 to 120.", 0},
		"a cut-off of years": {func(_ *programme, n string) []string {
			return []string{"times." + n, "14:00", "online", "1e9"}
		}, 422, "a whole number from -1440 to 1440.", 0},
		"a long format": {func(_ *programme, n string) []string {
			return []string{"times." + n, "14:00", "format", strings.Repeat("3D ", 20)}
		}, 422, "At most 40 characters.", 0},
		"no such card": {func(_ *programme, n string) []string { return []string{"times." + n, "14:00", "card", "7"} },
			422,
			"This price card is no longer in use.", 0},
		"no such hall": {func(_ *programme, n string) []string {
			return []string{"times." + n, "14:00", "hall." + n, "7"}
		}, 409, "", 0},
		"a film that was archived": {func(o *programme, n string) []string {
			return []string{"times." + n, "14:00", "film." + n, o.archived()}
		}, 409, "was archived", 0},
	} {
		t.Run(name, func(t *testing.T) {
			o := openProgramme(t, 1, 2)
			me := o.person()
			me.open(weekPage)
			typed := c.typed(o, me.line(o.halls[0], o.films[0]))
			me.sends(".lines", typed...)
			if text := me.page.Find("main").Text(); me.status != c.status || !strings.Contains(text, c.says) {
				t.Errorf("%d, want %d with %q: %s", me.status, c.status, c.says, text)
			}
			if n := len(o.shown()); n != c.added {
				t.Errorf("%d screenings, want %d", n, c.added)
			}
			for i := 0; i < len(typed) && me.status != http.StatusOK; i += 2 {
				is := me.page.Find(fmt.Sprintf(`[name=%q]`, typed[i])).AttrOr("value", "")
				if !strings.HasPrefix(typed[i], "days.") && !strings.HasPrefix(typed[i], "hall.") &&
					typed[i] != "card" &&
					is != typed[i+1] {
					t.Errorf("%s has come back as %q, and was %q", typed[i], is, typed[i+1])
				}
			}
		})
	}
}

// empty is the number of the line for a title that is typed.
func (p *programme) empty() string { return strconv.Itoa(min(len(p.films), 6)) }

// archived is the id of a film that was archived after the form was opened.
func (p *programme) archived() string {
	p.Helper()
	id, err := p.store.Catalogue().AddMovie(p.Context(), store.Movie{Title: "Old", Runtime: 100, AgeRating: "PG"})
	if err != nil {
		p.Fatal(err)
	}
	storetest.Exec(p.T, p.path, fmt.Sprintf(`UPDATE movie SET archived_at = 1 WHERE id = %d`, id))
	return strconv.FormatInt(int64(id), 10)
}

func TestSameSubmitTwice(t *testing.T) {
	o := openProgramme(t, 2, 2)
	me, other := o.person(), o.person()
	other.m = o.staffed(store.RoleManager)
	me.open(weekPage)
	other.open(weekPage)
	mine := "times." + me.line(o.halls[0], o.films[0])
	action, f := me.form(".lines")
	f.Set(mine, "14:00 18:00")
	for round, want := range []string{"14 screenings added as drafts.", "Nothing new: 14 screenings there already."} {
		me.answers(action, me.m.postAs(action, f))
		if got := me.page.Find(".flash").Text(); got != want {
			t.Errorf("round %d: %q", round+1, got)
		}
	}
	// The other manager's form is from before: what clashes is named, with the rest added.
	other.sends(".lines", "times."+other.line(o.halls[0], o.films[1]), "15:00",
		"times."+other.line(o.halls[1], o.films[1]), "15:00")
	text := other.page.Find("main").Text()
	if other.status != http.StatusConflict || !strings.Contains(text, "Film A is in Hall 1 from 14:00") ||
		!strings.Contains(text, "7 screenings added as drafts.") || len(o.shown()) != 21 {
		t.Errorf("the other manager: %d, %d screenings: %s", other.status, len(o.shown()), text)
	}
	// Both change one screening: the second is told, and keeps what was typed.
	path := fmt.Sprintf("/admin/screenings/%d", o.shown()[0].ID)
	me.open(path)
	other.open(path)
	me.sends("#format", "format", "3D")
	other.sends("#format", "format", "IMAX")
	if is := other.page.Find("#format").AttrOr("value", ""); other.status != http.StatusConflict || is != "IMAX" ||
		!strings.Contains(other.page.Find("#format-error").Text(), "It is now: 3D") {
		t.Errorf("the second: %d, %q: %s", other.status, is, other.page.Find("main").Text())
	}
}

func TestMadeInPlace(t *testing.T) {
	o := openProgramme(t, 0, 0)
	me := o.person()
	me.open(weekPage)
	for _, c := range []struct {
		sel    string
		typed  []string
		status int
		says   string
	}{
		{"#runtime", []string{"title", "", "runtime", "100"}, 422, "This is needed."},
		{"#runtime", []string{"title", "Nyota", "runtime", "0"}, 422, "from 1 to 600"},
		{"#runtime", []string{"title", "Nyota", "runtime", "two hours"}, 422, "from 1 to 600"},
		{"#runtime", []string{"title", strings.Repeat("N", 201), "runtime", "100"}, 422, "characters"},
		{"#runtime", []string{"title", "Nyota", "runtime", "100"}, 200, "Nyota is added."},
		{"#rows", []string{"rows", "0", "seats", "10"}, 422, "Type a whole number from 1 to 40."},
		{"#rows", []string{"rows", "2000", "seats", "10"}, 422, "Type a whole number from 1 to 40."},
		{"#rows", []string{"rows", "5", "seats", "12", "name", ""}, 422, "Please fill this in."},
		{"#rows", []string{"rows", "5", "seats", "12", "name", "Hall 1"}, 200, "Hall 1 is added, with 60 seats."},
		{"#adult", []string{"adult", "0"}, 422, "Please write an amount in shillings"},
		{"#adult", []string{"adult", "-1"}, 422, "Please write an amount in shillings"},
		{"#adult", []string{"adult", "900", "child", "1.005"}, 422, "Please write an amount in shillings"},
		{"#adult", []string{"adult", "1e9"}, 422, "Please write an amount in shillings"},
		{"#adult", []string{"adult", "1,350.00", "child", "500", "student", ""}, 200,
			"The price card Normal is added."},
	} {
		me.sends(c.sel, c.typed...)
		if text := me.page.Find("main").Text(); me.status != c.status || !strings.Contains(text, c.says) {
			t.Fatalf("%v: %d, want %d with %q: %s", c.typed, me.status, c.status, c.says, text)
		}
	}
	me.sends("#runtime", "title", " nyota ", "runtime", "90")
	if me.status != 422 || !strings.Contains(me.page.Find("#title-error").Text(), "There is a film of this title") {
		t.Errorf("the same film again: %d", me.status)
	}
	me.open(weekPage)
	me.sends(".lines", "times.0", "19:00")
	me.sends(`input[name=days][value="7"]`)
	all := o.shown()
	if len(all) != 7 || all[0].Status != store.OnSale || len(all[0].Prices) != 2 || all[0].Price() != 135_000 {
		t.Fatalf("%d screenings: %+v", len(all), all)
	}
}

func TestOneShowing(t *testing.T) {
	o := openProgramme(t, 2, 2)
	me := o.person()
	me.open(weekPage)
	n := me.line(o.halls[0], o.films[0])
	me.sends(".lines", "times."+n, "14:00 18:00", "days."+n, "0")
	id := o.shown()[0].ID
	path := fmt.Sprintf("/admin/screenings/%d", id)
	for _, c := range []struct {
		typed  []string
		status int
		says   string
	}{
		{[]string{"time", "24:00"}, 422, "midnight is 00:00"},
		{[]string{"time", "7pm"}, 422, "24-hour clock"},
		{[]string{"time", ""}, 422, "Type one time"},
		{[]string{"time", "14:00 15:00"}, 422, "Type one time"},
		{[]string{"day", "31/11/2026"}, 422, "This is no day."},
		{[]string{"day", "2026-11-26"}, 422, "that is past."},
		{[]string{"day", "2126-11-26"}, 422, "more than two years ahead."},
		{[]string{"time", "17:00"}, 409, "is in Hall 1 from 18:00"},
		{[]string{"hall", "7"}, 409, "there is no such hall any more"},
		{[]string{"trailers", "-1"}, 422, "from 0 to 120"},
		{[]string{"card", "7"}, 422, "no longer in use"},
		{[]string{"time", "14:30", "counter", "0", "language", "Swahili"}, 200, "The screening is saved."},
	} {
		me.open(path)
		me.sends("#format", c.typed...)
		if text := me.page.Find("main").Text(); me.status != c.status || !strings.Contains(text, c.says) {
			t.Errorf("%v: %d, want %d with %q: %s", c.typed, me.status, c.status, c.says, text)
		}
		if is := me.page.Find("#"+c.typed[0]).AttrOr("value", c.typed[1]); is != c.typed[1] {
			t.Errorf("%v has come back as %q", c.typed, is)
		}
	}
	me.open(path)
	me.sends(`input[value=hidden]`)
	if sh := o.shown()[0]; sh.Status != store.Hidden || me.status != 200 {
		t.Errorf("hidden: %s", sh.Status)
	}
	booking := fmt.Sprintf("/screenings/%d/book", id)
	home := o.get("/").Body.String()
	w := o.get(booking)
	if w.Code != 200 || strings.Contains(home, booking) {
		t.Errorf("a hidden one by its address: %d", w.Code)
	}
	if text := page(t, w).Find("main").Text(); !strings.Contains(text, "Hall 1 · Swahili") {
		t.Errorf("customers do not read its language: %s", text)
	}
	me.sends(`input[value=closed]`)
	if w := o.get(booking); w.Code != http.StatusNotFound {
		t.Errorf("a draft by its address: %d", w.Code)
	}
	me.sends(`form[action$="/delete"] button`)
	if len(o.shown()) != 1 || !strings.Contains(me.page.Find(".flash").Text(), "deleted") {
		t.Errorf("deleted: %d left", len(o.shown()))
	}
	for _, gone := range []string{
		path, path + "/cancel", "/admin/screenings/0", "/admin/screenings/x", "/admin/screenings/-1",
	} {
		if w := me.m.get(gone); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", gone, w.Code)
		}
	}
	for form, f := range map[string]url.Values{
		"copy": {"from": {"2026-11-30"}, "days": {"8"}}, "publish": {"from": {"x"}, "days": {"1"}},
		fmt.Sprint(o.shown()[0].ID, "/sale"): {"status": {"cancelled"}},
	} {
		if w := me.m.post("/admin/screenings/"+form, f); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", form, w.Code)
		}
	}
}

func TestCopyDay(t *testing.T) {
	o := openProgramme(t, 1, 2)
	me := o.person()
	me.open(weekPage)
	n := me.line(o.halls[0], o.films[0])
	me.sends(".lines", "times."+n, "14:00", "days."+n, "0")
	for _, c := range []struct {
		to     []string
		status int
		says   string
		all    int
	}{
		{nil, 422, "Tick the days to copy to.", 1},
		{[]string{""}, 422, "Tick the days to copy to.", 1},
		{[]string{"2026-11-30"}, 422, "Tick the days to copy to.", 1},
		{[]string{"2026-11-01"}, 422, "Sunday 1 November 2026 is past.", 1},
		{[]string{"tomorrow"}, 422, "“tomorrow” is no day. Write it as 25/12/2026 or 2026-12-25.", 1},
		{[]string{"2026-12-01", "2026-12-02", ""}, 303, "", 3},
		{[]string{"2026-12-01", "2026-12-01"}, 303, "", 3},
	} {
		w := me.m.post("/admin/screenings/copy", url.Values{"from": {"2026-11-30"}, "days": {"1"}, "to": c.to})
		text := ""
		if w.Code != http.StatusSeeOther {
			text = page(t, w).Find("main").Text()
		}
		if w.Code != c.status || !strings.Contains(text, c.says) || len(o.shown()) != c.all {
			t.Errorf("to %v: %d, %d screenings: %s", c.to, w.Code, len(o.shown()), text)
		}
	}
	w := me.m.get("/admin/screenings/print?week=2026-12-02")
	if d := page(t, w); w.Code != 200 || d.Find("tbody li").Length() != 0 {
		t.Errorf("drafts are printed: %s", d.Find("main").Text())
	}
	me.open(weekPage)
	me.sends(`input[name=days][value="1"]`) // Monday's
	if d := page(t, me.m.get("/admin/screenings/print?week=2026-12-02")); d.Find("tbody li").Length() != 1 {
		t.Errorf("printed: %s", d.Find("main").Text())
	}
}

// TestCopyDayInPart: the good days are copied to, and the bad one is named at its field with the form as it was sent.
func TestCopyDayInPart(t *testing.T) {
	o := openProgramme(t, 1, 1)
	me := o.person()
	me.open(weekPage)
	n := me.line(o.halls[0], o.films[0])
	me.sends(".lines", "times."+n, "14:00", "days."+n, "0")
	for i, c := range []struct {
		ticked  []string
		other   string
		at      string // the id of the sentence
		says    string
		all     int
		invalid bool
	}{
		{[]string{"2026-12-01", "2026-12-03"}, "xx", "other-2026-11-30-error",
			"“xx” is no day. Write it as 25/12/2026 or 2026-12-25.", 3, true},
		{[]string{"2026-12-02"}, "2026-11-02", "other-2026-11-30-error", "Monday 2 November 2026 is past.", 4, true},
		{[]string{"2026-12-04", "2026-11-26"}, "", "to-2026-11-30-error", "Thursday 26 November 2026 is past.", 5,
			false},
	} {
		w := me.m.post("/admin/screenings/copy", url.Values{
			"from": {"2026-11-30"}, "days": {"1"}, "to": c.ticked, "other": {c.other},
		})
		d := page(t, w)
		if w.Code != 422 || len(o.shown()) != c.all || d.Find("#"+c.at).Text() != c.says {
			t.Errorf("case %d: %d, %d screenings, at the field %q: %s", i, w.Code, len(o.shown()),
				d.Find("#"+c.at).Text(), d.Find(".notice").Text())
		}
		panel := d.Find("details.day-actions[open]")
		if panel.Length() != 1 || panel.Find(`[name=from]`).Last().AttrOr("value", "") != "2026-11-30" {
			t.Errorf("case %d: %d panels are open", i, panel.Length())
		}
		var ticked []string
		for _, box := range panel.Find(`[name=to][checked]`).EachIter() {
			ticked = append(ticked, box.AttrOr("value", ""))
		}
		if !slices.Equal(ticked, c.ticked) {
			t.Errorf("case %d: ticked %v", i, ticked)
		}
		other := panel.Find(`[name=other]`)
		if other.AttrOr("value", "") != c.other || c.invalid != (other.AttrOr("aria-describedby", "") == c.at) {
			t.Errorf("case %d: the other day is %q, described by %q", i, other.AttrOr("value", ""),
				other.AttrOr("aria-describedby", ""))
		}
	}
	if w := me.m.post("/admin/screenings/copy", url.Values{
		"from": {"2026-11-30"}, "days": {"1"}, "other": {"25/12/2026"},
	}); w.Code != http.StatusSeeOther {
		t.Errorf("to 25/12/2026: %d", w.Code)
	}
	me.open("/admin/screenings?week=2026-12-25")
	if shows := me.page.Find(".show").Length(); shows != 1 {
		t.Errorf("on 25 December: %d screenings", shows)
	}
}

// TestCancelledUnderAPrompt: a screening is cancelled while one has paid and another has the prompt on the phone.
func TestCancelledUnderAPrompt(t *testing.T) {
	o := openProgramme(t, 1, 1)
	me := o.person()
	me.open(weekPage)
	n := me.line(o.halls[0], o.films[0])
	me.sends(".lines", "times."+n, "19:00", "days."+n, "0")
	me.sends(`input[name=days][value="7"]`)
	id := o.shown()[0].ID
	o.pays()
	paidFor := o.book(id, "0712345001", 2)
	o.until(paidFor, "paid", paid)
	const handset = "254712345002"
	o.daraja.SetScript(handset, sim.Script{})
	waiting := o.book(id, "0712345002", 1)
	o.until(waiting, "prompted", func(tk *store.Ticket) bool { return tk.Push.State == store.PushPrompted })

	path := fmt.Sprintf("/admin/screenings/%d", id)
	me.open(path + "/cancel")
	if text := me.page.Find("main").Text(); !strings.Contains(text,
		"1 order with 2 seats was paid for, KSh 2,700 in all") ||
		!strings.Contains(text, "1 order waiting for M-PESA") {
		t.Errorf("before: %s", text)
	}
	me.sends("#reason", "reason", "x")
	if me.status != http.StatusUnprocessableEntity || me.page.Find("#reason").AttrOr("value", "") != "x" {
		t.Errorf("with a short reason: %d", me.status)
	}
	action, f := me.form("#reason")
	f.Set("reason", "The projector is broken.")
	for range 2 {
		me.answers(action, me.m.postAs(action, f))
	}
	if o.logged("screening.cancel") != 1 {
		t.Errorf("%d entries in the log", o.logged("screening.cancel"))
	}
	w := o.get(fmt.Sprintf("/screenings/%d/book", id))
	if !strings.Contains(w.Body.String(), "This screening has been cancelled. The projector is broken.") {
		t.Errorf("the booking page: %s", page(t, w).Find("main").Text())
	}
	for secret, says := range map[string][]string{
		paidFor: {"no longer valid", "The projector is broken.", "KSh 2,700 is due back to you"},
		waiting: {"This screening is cancelled", "Do not answer the prompt"},
	} {
		text := page(t, o.get("/tickets/"+secret)).Find("main").Text()
		for _, s := range says {
			if !strings.Contains(text, s) {
				t.Errorf("the ticket does not say %q: %s", s, text)
			}
		}
	}
	if err := o.daraja.PIN(handset, "1234"); err != nil {
		t.Fatal(err)
	}
	late := o.until(waiting, "failed", failed)
	if late.Owed != store.ReasonScreeningCancelled || late.RefundDue != 135_000 {
		t.Errorf("the late ticket is owed %q, %d", late.Owed, late.RefundDue)
	}
	for _, secret := range []string{waiting, paidFor} {
		d := page(t, o.get("/tickets/"+secret))
		if text := d.Find("main").Text(); d.Find(`.hold, form[action$="/give-up"]`).Length() > 0 ||
			strings.Contains(text, "too late") || d.Find(`main a[href^="/movies/"]`).Length() == 0 {
			t.Errorf("afterwards the ticket leads on: %s", text)
		}
	}
	d := page(t, o.staffed(store.RoleManager).get("/admin/to-do"))
	if n := d.Find(".sheet").Length(); n != 2 ||
		strings.Count(d.Text(), "The screening is cancelled: The projector is broken.") != 2 {
		t.Errorf("to do are %d: %s", n, d.Find("main").Text())
	}
	// One by one they go back from the list.
	me.open("/admin/to-do")
	me.sends(`input[name=do][value=refund]`)
	if tk := o.until(paidFor, "on its way", func(tk *store.Ticket) bool {
		return tk.RefundDue == 0 || tk.Refunded > 0
	}); tk.VoidReason !=
		store.ReasonScreeningCancelled {
		t.Errorf("refunded it is void %q", tk.VoidReason)
	}
	storetest.Sound(t, o.store)
}

// TestImportShowings: the rows of a file, the status and the sentence. A dry run writes nothing.
func TestImportShowings(t *testing.T) {
	const head = "day,time,hall,film\n"
	many := head + strings.Repeat("2026-12-01,10:00,Hall 1,Film A\n", 100_000)
	for name, c := range map[string]struct {
		rows   string
		status int
		says   string
		added  int
	}{
		"good": {head + "2026-12-01,10:00,Hall 1,Film A\n1/12/2026,14:00,hall 1,film b\n", 200,
			"Checked: 2 screenings new, 0 there already.", 2},
		"semicolons, a mark " +
			"and spaces": {"\ufeffDay;Time;Hall;Film;Price card\r\n2026-12-01; 10.00 ;Hall 1;Film A;Normal\r\n", 200,
			"1 screening new", 1},
		"UTF-16": {"\xff\xfe" + inUTF16("day;time;hall;film\n2026-12-01;10:00;Hall 1;Film A\n"), 200, "1 screening new",
			1},
		"the same twice": {head + "2026-12-01,10:00,Hall 1,Film A\n2026-12-01,10:00,Hall 1,Film A\n", 200,
			"1 screening new, 1 there already", 1},
		"details": {"day,time,hall,film,trailers,online,counter,format,language,status\n2026-12-01,10:00,Hall 1,Film " +
			"A,5,15,0,3D,Swahili,on sale\n",
			200, "1 screening new", 1},
		"nothing":          {"", 422, "There is nothing in this file.", 0},
		"a heading only":   {head, 200, "There is nothing to import.", 0},
		"no hall column":   {"day,time,film\n2026-12-01,10:00,Film A\n", 422, "The column hall is missing.", 0},
		"a strange column": {"day,time,hall,film,seats\n", 422, "there is no column seats", 0},
		"a formula": {head + "2026-12-01,10:00,Hall 1,\"=HYPERLINK(\"\"http://x\"\")\"\n", 422,
			"There is no film of this title.", 0},
		"24:00":      {head + "2026-12-01,24:00,Hall 1,Film A\n", 422, "midnight is 00:00", 0},
		"no time":    {head + "2026-12-01,,Hall 1,Film A\n", 422, "Write one time", 0},
		"no day":     {head + "31/11/2026,10:00,Hall 1,Film A\n", 422, "This is no day.", 0},
		"a past day": {head + "2026-11-01,10:00,Hall 1,Film A\n", 422, "that is past.", 0},
		"no hall":    {head + "2026-12-01,10:00,Hall 9,Film A\n", 422, "There is no hall of this name.", 0},
		"a clash": {head + "2026-12-01,10:00,Hall 1,Film A\n2026-12-01,10:30,Hall 1,Film B\n", 422,
			"is in Hall 1 from 10:00", 0},
		"trailers": {"day,time,hall,film,trailers\n2026-12-01,10:00,Hall 1,Film A,-5\n", 422,
			"a whole number from 0 to 120", 0},
		"a card": {"day,time,hall,film,price card\n2026-12-01,10:00,Hall 1,Film A,Gold\n", 422,
			"There is no price card of this name.", 0},
		"a quotation mark": {head + "2026-12-01,10:00,Hall 1,\"Film A\n", 422, "Line 2: a quotation mark", 0},
		"a picture":        {"\x89PNG\r\n\x1a\n\x00\x00", 422, "This is not a CSV file.", 0},
		"100,000 rows":     {many, 422, "The file has more than 5000 rows.", 0},
		"200 wrong rows":   {head + strings.Repeat("x,x,x,x\n", 200), 422, "And 700 more.", 0},
		"one of many wrong": {head + strings.Repeat("2026-12-01,10:00,Hall 1,Film A\n", 50) +
			"2026-12-01,7pm,Hall 1,Film A\n", 422, "52time“7pm”: write times", 0},
	} {
		t.Run(name, func(t *testing.T) {
			o := openProgramme(t, 1, 2)
			path := "/admin/screenings/import?week=2026-11-30"
			w := o.m.upload(path, "file", "x.csv", []byte(c.rows), nil)
			d := page(t, w)
			if text := d.Find("main").Text(); w.Code != c.status || !strings.Contains(text, c.says) {
				t.Errorf("%d, want %d with %q: %.600s", w.Code, c.status, c.says, text)
			}
			if n := len(o.shown()); n != 0 {
				t.Fatalf("the dry run has written %d", n)
			}
			text := d.Find("#text").Text()
			fields := url.Values{"text": {text}, "write": {"1"}}
			if w = o.m.upload(path, "file", "", nil, fields); c.added > 0 && w.Code != http.StatusSeeOther {
				t.Errorf("import: %d %s", w.Code, page(t, w).Find("main").Text())
			}
			if n := len(o.shown()); n != c.added {
				t.Errorf("%d screenings, want %d", n, c.added)
			}
			if c.added == 0 {
				return
			}
			// What the export has is there already, whatever made it.
			csv := o.m.get("/admin/screenings/export.csv").Body.String()
			d = page(t, o.m.upload(path, "file", "x.csv", []byte(csv), nil))
			if says := fmt.Sprintf("%d screening", c.added); !strings.Contains(d.Find("main").Text(), says) ||
				!strings.Contains(d.Find("main").Text(), "There is nothing to import.") {
				t.Errorf("the export comes back as %s, from\n%s", d.Find("main").Text(), csv)
			}
		})
	}
}

// inUTF16 is ASCII in UTF-16, the low byte first.
func inUTF16(ascii string) string {
	var b strings.Builder
	for _, c := range []byte(ascii) {
		b.WriteByte(c)
		b.WriteByte(0)
	}
	return b.String()
}
