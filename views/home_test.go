package views_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"testing"
	"time"

	"cinemasphere/assets"
	"cinemasphere/store"
	"cinemasphere/views"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
)

func TestCardShowsTheNextScreeningWithSeats(t *testing.T) {
	d := doc(t,
		views.FilmsFragment(views.Home{
			Films: []store.Film{film()}, Now: now, Genres: []string{"Action", "Drama"},
			Filter: views.Filter{Genre: "Action"},
		}))
	wantText(t, d, ".card h3", "Top Gun: Maverick")
	wantText(t, d, ".price", "KSh 1,350")
	wantText(t, d, ".card-when time", "Wed 25 Nov, 20:00")
	wantAttr(t, d, ".card-when time", "datetime", "2026-11-25T20:00:00+03:00")
	wantText(t, d, ".card-when", "Screen 1")
	wantText(t, d, ".few", "Only 7 seats left")
	wantText(t, d, ".facts", "Rated PG Action · 2 h 10 min")
	wantAttr(t, d, ".card img", "alt", "A jet climbs out of a striped sun.")
	wantAttr(t, d, ".card img", "loading", "lazy")
	wantAttr(t, d, ".card .btn", "href", "/screenings/12/book")
	wantAttr(t, d, ".card .btn", "hx-get", "/screenings/12/book/dialog")
	wantText(t, d, ".more", "2 other times")
	wantText(t, d, ".genres [aria-current]", "Action")
	wantCount(t, d, ".genres [aria-current]", 1)
	wantAttr(t, d, "#genre-drama", "href", "/?genre=Drama#now")
	wantAttr(t, d, "#genre-drama", "hx-get", "/films?genre=Drama")
	wantAttr(t, d, "#films", "data-fragment", "")
}

func TestFilmsThatCannotBeBooked(t *testing.T) {
	soldOut, closed, none := film(), film(), film()
	for i := range soldOut.Screenings {
		soldOut.Screenings[i].Left = 0
		closed.Screenings[i].Status = store.Closed
	}
	none.Screenings = nil
	for want, f := range map[string]store.Film{"Sold out": soldOut, "Sales closed": closed, "No screenings yet": none} {
		d := doc(t, views.FilmsFragment(views.Home{Films: []store.Film{f}, Now: now}))
		wantText(t, d, ".card-when", want)
		wantCount(t, d, "[data-dialog]", 0)
		wantAttr(t, d, ".card .btn", "href", "/movies/7")
	}
}

func TestEmptyAndFailedProgramme(t *testing.T) {
	wantText(t, doc(t, views.FilmsFragment(views.Home{Now: now})), ".empty h3", "The next programme is on its way")
	wantText(t, doc(t, views.FilmsFragment(views.Home{Now: now, Genres: []string{"Action", "Drama"},
		Filter: views.Filter{Genre: "Drama"}})),
		".empty h3", "No drama at the moment")
	d := doc(t, views.FilmsFragment(views.Home{Failed: true}))
	wantText(t, d, ".empty h3", "The programme did not load")
	wantText(t, d, ".empty a", "Try again")
}

func TestHeroBooksWhatComesFirst(t *testing.T) {
	later, sooner := film(), film()
	sooner.Title, sooner.Screenings = "Barbie", []store.Screening{screening(99, time.Hour, 3)}
	d := doc(t, views.HomePage(page(), views.Home{Films: []store.Film{later, sooner}, Now: now}))
	wantAttr(t, d, ".hero .btn-red", "href", "/screenings/99/book")
	wantText(t, d, ".hero-next", "Barbie Mon 23 Nov, 19:30 · Screen 1")
	wantText(t, d, ".hero h1", "The big screen, a tap away.")
	d = doc(t, views.HomePage(page(), views.Home{Now: now}))
	wantCount(t, d, ".hero .btn-red", 0)
}

func TestFilmPageListsScreeningsByDay(t *testing.T) {
	f := film()
	f.Screenings[2].Status = store.Cancelled
	d := doc(t, views.MoviePageView(page(), views.MoviePage{Film: f, Now: now}))
	wantText(t, d, "h1", "Top Gun: Maverick")
	wantCount(t, d, ".day", 2)
	wantText(t, d, ".day:nth-of-type(1)", "Tuesday 24 November 20:00 Screen 1 Sold out")
	wantText(t, d, ".day:nth-of-type(2)", "Wednesday 25 November 20:00 Screen 1 KSh 1,350 Only 7 seats left")
	wantText(t, d, ".day:nth-of-type(2)", "22:30 Screen 1 Cancelled")
	wantCount(t, d, "a.time", 1)
	wantAttr(t, d, "a.time", "href", "/screenings/12/book")

	var data struct {
		Graph []struct {
			Type      string `json:"@type"`
			Name      string
			StartDate string
			Offers    struct{ Price, PriceCurrency, Availability string }
		} `json:"@graph"`
	}
	if err := json.Unmarshal([]byte(d.Find(`script[type="application/ld+json"]`).Text()), &data); err != nil {
		t.Fatal(err)
	}
	if len(data.Graph) != 3 || data.Graph[0].Type != "Movie" ||
		data.Graph[1].Offers.Availability != "https://schema.org/SoldOut" ||
		data.Graph[2].StartDate != "2026-11-25T20:00:00+03:00" || data.Graph[2].Offers.Price != "1350" ||
		data.Graph[2].Offers.PriceCurrency != "KES" {
		t.Errorf("data for search engines: %+v", data.Graph)
	}
}

// TestFirstVisitIsSmall adds up everything that a first visit to the home page can load, each film with its poster, as
// gzip sends it.
func TestFirstVisitIsSmall(t *testing.T) {
	const most = 60_000
	slugs := []string{"avatar-the-way-of-water", "barbie", "deadpool-3", "dune-part-two",
		"guardians-of-the-galaxy-vol-3", "inside-out-2", "john-wick-chapter-4",
		"mission-impossible-dead-reckoning-part-one", "oppenheimer", "the-batman", "the-marvels", "top-gun-maverick"}
	var films []store.Film
	for i, slug := range slugs {
		if !assets.Has("posters/" + slug + ".svg") {
			t.Fatalf("no poster for %s", slug)
		}
		f := film()
		f.ID, f.Poster, f.Title = store.MovieID(i), slug, slug
		f.Synopsis = "Thirty years on, the navy's best pilot is still a captain and still impossible. Asked to teach " +
			"a dozen young flyers a mission nobody should survive, he finds the son of his lost friend. " + slug
		films = append(films, f)
	}
	html := render(t, views.HomePage(page(), views.Home{Films: films, Now: now, Genres: []string{"Action", "Drama"}}))
	packed := len(gzipped(t, []byte(html)))
	total, loaded := packed, map[string]bool{}
	doc(t,
		views.HomePage(page(), views.Home{
			Films: films, Now: now,
		})).Find("[src], link[rel=stylesheet], link[rel=icon]").Each(func(_ int, s *goquery.Selection) {
		at := s.AttrOr("src", s.AttrOr("href", ""))
		if loaded[at] || at == "/favicon.ico" {
			return
		}
		loaded[at] = true
		name, current := assets.Lookup(at)
		file, err := assets.Read(name)
		if err != nil || !current {
			t.Errorf("%s: %v", at, err)
		}
		total += min(len(file), len(gzipped(t, file)))
	})
	if len(loaded) < len(slugs)+4 {
		t.Errorf("only %d files counted", len(loaded))
	}
	t.Logf("HTML %d bytes, with %d files %d bytes", packed, len(loaded), total)
	if total > most {
		t.Errorf("a first visit takes %d bytes, want at most %d", total, most)
	}
}

func gzipped(t *testing.T, body []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// TestFilmPageSaysWhoIsLetIn: class, minimum age, reason and certificate stand wherever tickets are sold.
func TestFilmPageSaysWhoIsLetIn(t *testing.T) {
	const line = "16: nobody under 16 is let in, violence. Certificate KFCB/2026/0117."
	f := known()
	b := form()
	b.Movie = f.Movie
	for name, c := range map[string]templ.Component{
		"film":    views.MoviePageView(page(), views.MoviePage{Film: f, Now: now}),
		"booking": views.BookingPage(page(), b),
		"dialog":  views.BookingDialog(b), "confirm": views.Confirm(page(), views.ConfirmPage{Form: b}),
	} {
		d := doc(t, c)
		wantText(t, d, ".rating-line", line)
		wantText(t, d, ".facts", "Action · 2 h 10 min · 3D · Kiswahili · English subtitles")
		if name == "film" {
			wantAttr(t, d, ".film-body .btn-ghost", "href", "https://video.example/supa")
			wantAttr(t, d, ".film-poster img", "src", "/posters/0123456789abcdef01234567/page.jpg")
		}
	}
	paid := ticket(store.Paid)
	paid.Ticket.Movie = f.Movie
	wantText(t, doc(t, views.TicketPage(page(), paid)), ".stub", line)
	soon := f
	soon.Screenings, soon.OpensOn = nil, "2026-12-04"
	d := doc(t, views.MoviePageView(page(), views.MoviePage{Film: soon, Now: now}))
	wantText(t, d, "main", "Opens on Fri 4 Dec 2026")
}

// TestFinder: every choice is a link or a field that keeps the other choices.
func TestFinder(t *testing.T) {
	h := views.Home{
		Films: []store.Film{film()}, Now: now, Genres: []string{"Action", "Drama"},
		Languages: []string{"English", "Luo"},
		Ratings:   []string{"PG", "16"}, Days: []store.Day{"2026-11-23", "2026-11-24", "2026-11-28"}, Pages: 3,
		Filter: views.Filter{Search: "top gun", Day: "2026-11-24", Genre: "Action", Rating: "PG", Page: 2},
	}
	d := doc(t, views.FilmsFragment(h))
	wantText(t, d, "#day-2026-11-23", "Today 23 Nov")
	wantText(t, d, "#day-2026-11-24", "Tomorrow 24 Nov")
	wantText(t, d, "#day-2026-11-28", "Sat 28 Nov")
	wantText(t, d, ".days [aria-current]", "Tomorrow")
	wantAttr(t, d, "#day-2026-11-28", "href", "/?day=2026-11-28&genre=Action&q=top+gun&rating=PG#now")
	wantAttr(t, d, "#day-2026-11-28", "hx-get", "/films?day=2026-11-28&genre=Action&q=top+gun&rating=PG")
	wantAttr(t, d, "#genre-drama", "href", "/?day=2026-11-24&genre=Drama&q=top+gun&rating=PG#now")
	wantAttr(t, d, "#films-before", "href", "/?day=2026-11-24&genre=Action&q=top+gun&rating=PG#now")
	wantAttr(t, d, "#films-more", "href", "/?day=2026-11-24&genre=Action&page=3&q=top+gun&rating=PG#now")
	wantText(t, d, ".pager", "Page 2 of 3")
	wantAttr(t, d, ".find [name=q]", "value", "top gun")
	wantAttr(t, d, ".find [name=day]", "value", "2026-11-24")
	wantAttr(t, d, ".find [name=genre]", "value", "Action")
	wantAttr(t, d, ".find [name=rating] [selected]", "value", "PG")
	wantAttr(t, d, ".find-all", "href", "/#now")
	h.Films = nil
	wantText(t, doc(t, views.FilmsFragment(h)), ".empty h3", "No film is like that")
}
