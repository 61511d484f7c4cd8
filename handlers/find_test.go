package handlers_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
	"cinemasphere/views/wording"
)

// TestFindingSomethingToWatch: what a customer asks of the list of films, by links and forms, and which films come.
func TestFindingSomethingToWatch(t *testing.T) {
	o := open(t)
	st := o.store.Catalogue()
	hall, err := st.AddHall(t.Context(), store.Hall{Name: "One", Plan: storetest.Plan(2, 4)})
	if err != nil {
		t.Fatal(err)
	}
	noon := func(days int) store.Instant { // in Nairobi
		local := wording.Nairobi(o.store.Now()).AddDate(0, 0, days)
		return store.At(time.Date(local.Year(), local.Month(), local.Day(), 12, 0, 0, 0, local.Location()))
	}
	add := func(m store.Movie, days ...int) {
		t.Helper()
		m.Runtime = 90
		id, err := st.AddMovie(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range days {
			if _, err := st.AddScreening(t.Context(), store.Screening{
				MovieID: id, HallID: hall, StartsAt: noon(d), SalesCloseAt: noon(d), Prices: store.OnePrice(100),
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	yesterday := wording.DayOf(noon(-1))
	add(store.Movie{Title: "Amélie", Genre: "Comedy", Language: "French", AgeRating: "16"}, 1, 2)
	add(store.Movie{Title: "Supa Modo", Genre: "Drama", Language: "Kiswahili", AgeRating: "GE"}, 2)
	add(store.Movie{Title: "Rafiki", Genre: "drama", Language: "English", AgeRating: "18"}, 3)
	add(store.Movie{Title: "Soon", Genre: "Drama", Language: "English", AgeRating: "PG"})
	add(store.Movie{Title: "Gone", Genre: "Drama", Language: "Luo", AgeRating: "PG", LastOn: yesterday})
	day := func(n int) string { return "day=" + string(wording.DayOf(noon(n))) }
	titles := func(d *goquery.Document) []string {
		var all []string
		d.Find(".card h3").Each(func(_ int, s *goquery.Selection) { all = append(all, strings.TrimSpace(s.Text())) })
		slices.Sort(all)
		return all
	}
	everything := []string{"Amélie", "Rafiki", "Soon", "Supa Modo"}
	for query, want := range map[string][]string{
		"": everything, "q=amelie": {"Amélie"}, "q=MODO+supa": {"Supa Modo"}, "q=nothing": nil, "q=+": everything,
		"q=%25": nil, "q=<script>": nil, "q=%ff%00": everything, day(1): {"Amélie"}, day(2): {"Amélie", "Supa Modo"},
		day(2) + "&genre=Drama": {"Supa Modo"}, "genre=Drama": {"Rafiki", "Soon", "Supa Modo"},
		"genre=DRAMA&rating=18": {"Rafiki"}, "language=kiswahili": {"Supa Modo"}, "rating=PG": {"Soon"},
		"language=Klingon": everything, "rating=X": everything, "day=2001-01-01": everything, "day=x": everything,
		"genre=Western": everything, "page=0": everything, "page=-3": everything, "page=77": everything,
		"page=99999999999999999999": everything, "rating=16&q=rafiki": nil, "utm_source=x": everything,
		"q=" + strings.Repeat("a", 5000): nil, "q=a;b&day=%zz": everything,
	} {
		for _, path := range []string{"/", "/films"} {
			w := o.get(path + "?" + query)
			if w.Code != 200 {
				t.Errorf("%s?%.40s: %d", path, query, w.Code)
				continue
			}
			if got := titles(page(t, w)); !slices.Equal(got, want) {
				t.Errorf("%s?%.40s: %q, want %q", path, query, got, want)
			}
		}
	}

	// A day beyond the strip is honoured, and one without screenings says so.
	add(store.Movie{Title: "Later", Genre: "Drama", Language: "English", AgeRating: "GE"},
		4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20)
	for _, path := range []string{"/", "/films"} {
		d := page(t, o.get(path+"?"+day(20)))
		at := d.Find(`.days [aria-current=true]`)
		if got := titles(d); !slices.Equal(got, []string{"Later"}) ||
			at.AttrOr("id", "") != "day-"+day(20)[len("day="):] || d.Find(".days a").Length() != 16 {
			t.Errorf("%s of the twentieth day: %q, %d days, at %q", path, got, d.Find(".days a").Length(), at.Text())
		}
		d = page(t, o.get(path+"?"+day(19)))
		says := "Nothing is on sale for " + wording.Nairobi(noon(19)).Format("Monday 2 January")
		if got := titles(d); got != nil || d.Find(".empty h3").Text() != says ||
			d.Find(`.empty a[href="/#now"]`).Text() != "All days" {
			t.Errorf("%s of a day without films: %q, %s", path, got, d.Find(".empty").Text())
		}
	}
	d := page(t, o.get("/?"+day(2)+"&genre=Comedy"))
	when := strings.TrimSpace(d.Find(".card-when time").Text())
	if want := wording.When(noon(2)); when != want {
		t.Errorf("of a day the card shows %s, want %s", when, want)
	}
	for _, link := range d.Find(".days a, .genres a, .find-all").EachIter() { // each leads somewhere that has films
		href := link.AttrOr("href", "")
		if w := o.get(strings.TrimSuffix(href, "#now")); w.Code != 200 {
			t.Errorf("%s: %d", href, w.Code)
		}
	}
	if d.Find(".days a").Length() != 15 { // all, and the next fourteen days
		t.Errorf("the strip: %s", d.Find(".days").Text())
	}
	w := o.get("/films?genre=drama&q=supa")
	if got := w.Header().Get("HX-Push-Url"); got != "/?genre=Drama&q=supa" {
		t.Errorf("the address then: %s", got)
	}

	var many []store.Movie
	for i := range 100 {
		many = append(many, store.Movie{Title: fmt.Sprintf("Film %03d", i), AgeRating: "GE", Genre: "Noir"})
	}
	for _, m := range many {
		add(m)
	}
	seen := map[string]bool{}
	next := "/?genre=Noir"
	for range 3 {
		d := page(t, o.get(next))
		for _, title := range titles(d) {
			seen[title] = true
		}
		next = strings.TrimSuffix(d.Find("#films-more").AttrOr("href", ""), "#now")
	}
	if len(seen) != 100 || next != "" {
		t.Errorf("%d films on three pages, then %q", len(seen), next)
	}
	q := url.Values{"q": {"Film 099"}}
	if got := titles(page(t, o.get("/?"+q.Encode()))); len(got) != 1 {
		t.Errorf("the last one is found by its title: %v", got)
	}
}
