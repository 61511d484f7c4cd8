package views_test

import (
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/views"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
)

// TestEveryPage holds what is true of every page in every state.
func TestEveryPage(t *testing.T) {
	for name, c := range pages() {
		t.Run(name, func(t *testing.T) {
			d := doc(t, c)
			wantAttr(t, d, "html", "lang", "en")
			wantCount(t, d, "h1", 1)
			wantCount(t, d, "main#main", 1)
			wantCount(t, d, "title", 1)
			wantAttr(t, d, "a.skip", "href", "#main")
			wantCount(t, d, "#toasts[aria-live]", 1)
			noInlineCode(t, d)
			imagesAndFields(t, d)
			formsOfMoreThanOneText(t, d)
			uniqueIDs(t, d)
			headings(t, d)
			landmarks(t, d)
			nothingFromElsewhere(t, d)
		})
	}
}

// TestBannersStandInLandmarks: who jumps from landmark to landmark meets the banner as well.
func TestBannersStandInLandmarks(t *testing.T) {
	for name, p := range map[string]views.Page{"demo": {Demo: true}, "sandbox": {Sandbox: true}} {
		d := doc(t, views.ProblemPage(p, views.Problem{Status: 404, Title: "Page not found"}))
		wantCount(t, d, "body > aside.demo[aria-label]", 1)
		landmarks(t, d)
		if t.Failed() {
			t.Log(name)
		}
	}
}

// landmarks: everything that is read stands in one, but for the link past the header and what is announced by itself.
func landmarks(t *testing.T, d *goquery.Document) {
	t.Helper()
	d.Find("body").Contents().Each(func(_ int, s *goquery.Selection) {
		if !s.Is("header, main, footer, nav, aside, a.skip, [role=status], dialog, script, noscript") &&
			strings.TrimSpace(s.Text()) != "" {
			t.Errorf("<%s> stands in no landmark: %s", goquery.NodeName(s), s.Text())
		}
	})
}

// noInlineCode: a Content-Security-Policy without unsafe-inline forbids all of it.
func noInlineCode(t *testing.T, d *goquery.Document) {
	t.Helper()
	d.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Get(0).Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on") ||
				strings.HasPrefix(a.Val, "javascript:") || strings.HasPrefix(a.Val, "js:") {
				t.Errorf("<%s> has %s=%q", goquery.NodeName(s), a.Key, a.Val)
			}
		}
	})
	wantCount(t, d, "style", 0)
	d.Find("script").Each(func(_ int, s *goquery.Selection) {
		if _, src := s.Attr("src"); !src && s.AttrOr("type", "") != "application/ld+json" {
			t.Errorf("inline script: %s", s.Text())
		}
	})
}

func imagesAndFields(t *testing.T, d *goquery.Document) {
	t.Helper()
	d.Find("img").Each(func(_ int, s *goquery.Selection) {
		for _, a := range []string{"alt", "width", "height"} {
			if _, ok := s.Attr(a); !ok {
				t.Errorf("an image without %s: %s", a, s.AttrOr("src", ""))
			}
		}
	})
	d.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if around := strings.TrimSpace(s.Closest("label").Text()); around == "" &&
			(id == "" || d.Find(`label[for="`+id+`"]`).Length() != 1) {
			t.Errorf("no label for %s", s.AttrOr("name", id))
		}
		for _, id := range strings.Fields(s.AttrOr("aria-describedby", "")) {
			if d.Find("#"+id).Length() != 1 {
				t.Errorf("aria-describedby names #%s, which is not there", id)
			}
		}
	})
	d.Find("button, a[href]").Each(func(_ int, s *goquery.Selection) {
		if text(s)+s.AttrOr("aria-label", "")+s.Find("img").AttrOr("alt", "") == "" {
			t.Errorf("<%s> without a name, class %q", goquery.NodeName(s), s.AttrOr("class", ""))
		}
	})
}

// formsOfMoreThanOneText: Opera Mini submits a form with a single text input as soon as it is typed in, which only a
// search may be.
func formsOfMoreThanOneText(t *testing.T, d *goquery.Document) {
	t.Helper()
	d.Find("form").Each(func(_ int, s *goquery.Selection) {
		search := s.AttrOr("role", "") == "search" && s.AttrOr("method", "") == "get"
		if n := s.Find("input:not([type=hidden]), textarea").Length(); n == 1 && !search {
			t.Errorf("the form to %s has a single text input", s.AttrOr("action", ""))
		}
		if s.AttrOr("method", "") != "post" && !search || s.AttrOr("action", "") == "" ||
			s.Find("button[type=submit]").Length() == 0 {
			t.Errorf("the form to %q does not work by itself", s.AttrOr("action", ""))
		}
	})
}

func uniqueIDs(t *testing.T, d *goquery.Document) {
	t.Helper()
	seen := map[string]bool{}
	d.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if seen[id] {
			t.Errorf("two elements have the id %s", id)
		}
		seen[id] = true
	})
}

// headings go down one level at a time.
func headings(t *testing.T, d *goquery.Document) {
	t.Helper()
	last := 0
	d.Find("main").Find("h1, h2, h3, h4").Each(func(_ int, s *goquery.Selection) {
		level := int(goquery.NodeName(s)[1] - '0')
		if level > last+1 {
			t.Errorf("heading %q is an h%d after an h%d", text(s), level, last)
		}
		last = level
	})
}

func nothingFromElsewhere(t *testing.T, d *goquery.Document) {
	t.Helper()
	d.Find("[src], link[rel=stylesheet], link[rel=icon]").Each(func(_ int, s *goquery.Selection) {
		if at := s.AttrOr("src", s.AttrOr("href", "")); !strings.HasPrefix(at, "/") ||
			strings.Contains(at, "/missing/") {
			t.Errorf("loads %s", at)
		}
	})
}

func TestNothingTypedBecomesMarkup(t *testing.T) {
	p := page()
	p.Title, p.Description = evil, evil
	p.Cinema = store.Cinema{
		Name: evil, Tagline: evil, About: evil, AddressLine1: evil, AddressLine2: evil, Email: evil, Phone: evil,
		Facebook: "javascript:alert(1)",
	}
	p.Waiting, p.Closed = []views.WaitingBooking{{Secret: evil, Film: evil, HoldUntil: now}}, evil
	f := film()
	f.Movie = store.Movie{
		ID: 7, Title: evil, Synopsis: evil, PosterAlt: evil, Poster: evil, Genre: evil, Language: evil, AgeRating: evil,
		RatingName: evil, RatingReason: evil, Certificate: evil, Format: evil, Subtitles: evil,
		TrailerURL: "javascript:alert(1)",
	}
	for i := range f.Screenings {
		f.Screenings[i].Hall = evil
	}
	b := form()
	b.Movie, b.Name, b.Phone, b.Quantity, b.Nonce, b.Notice, b.WaitingURL = f.Movie, evil, evil, evil, evil, evil,
		"javascript:alert(1)"
	b.Errors = map[string]string{"name": evil, "phone": evil, "quantity": evil, "screening": evil}
	components := map[string]templ.Component{
		"home": views.HomePage(p, views.Home{
			Films: []store.Film{f}, Now: now, Genres: []string{evil, "b"}, Languages: []string{evil, "b"},
			Ratings: []string{evil, "b"}, Days: []store.Day{evil, "b"}, Pages: 3,
			Filter: views.Filter{Genre: evil, Day: evil, Search: evil, Language: evil, Rating: evil, Page: 2},
		}),
		"film":    views.MoviePageView(p, views.MoviePage{Film: f, Now: now}),
		"booking": views.BookingPage(p, b), "dialog": views.BookingDialog(b),
		"confirm": views.Confirm(p, views.ConfirmPage{Form: b, Phone: evil}),
		"problem": views.ProblemPage(p, views.Problem{
			Status: 404, Title: evil, Sentence: evil, LinkText: evil, LinkURL: "javascript:alert(1)",
		}),
	}
	for name, v := range tickets() {
		v.Ticket.Movie, v.Ticket.CustomerName, v.Ticket.Receipt, v.Ticket.Seats = f.Movie, evil, evil,
			store.Labels{evil}
		v.Cinema, v.Phone, v.Title, v.Sentence, v.RetryPhone, v.RetryError, v.Notice = evil, evil, evil, evil, evil,
			evil, evil
		v.Receipt.Text, v.Receipt.Error, v.Receipt.Notice, v.Receipt.Said = evil+"</textarea>"+evil, evil, evil,
			[]string{evil}
		v.Returns, v.Paybill, v.Till = []string{evil}, evil, evil
		if v.Checking != "" {
			v.Checking = evil
		}
		if v.Void != "" {
			v.Void = evil
		}
		components["ticket "+name], components["receipt "+name] = views.TicketPage(p, v), views.ReceiptPage(p, v)
	}
	for name, c := range components {
		html := render(t, c)
		if strings.Contains(html, "<script>alert") || strings.Contains(html, `"javascript:`) {
			t.Errorf("%s lets through what was typed", name)
		}
		if !strings.Contains(html, "&lt;script&gt;alert(1)&lt;/script&gt;") {
			t.Errorf("%s does not show what was typed", name)
		}
		d := doc(t, c)
		noInlineCode(t, d)
	}
}

func TestFrameSaysWhoAndWhere(t *testing.T) {
	p := page()
	p.Title, p.Path, p.Image = "Barbie", "/movies/3", "/assets/x/barbie-og.png"
	d := doc(t, views.MoviePageView(p, views.MoviePage{Film: film(), Now: now}))
	wantText(t, d, "title", "Barbie · CinemaSphere")
	wantAttr(t, d, "link[rel=canonical]", "href", "https://tickets.example.co.ke/movies/3")
	wantAttr(t, d, `meta[property="og:image"]`, "content", "https://tickets.example.co.ke/assets/x/barbie-og.png")
	wantAttr(t, d, `meta[name="twitter:card"]`, "content", "summary_large_image")
	wantAttr(t, d, "meta[name=description]", "content", "An independent cinema.")
	wantText(t, d, ".demo", "no money moves")
	wantAttr(t, d, ".demo a", "href", "/simulator/")
	wantText(t, d, "footer", "Kimathi Street, CBD Nairobi, Kenya info@cinemasphere.com +254 114 742 348")
	wantAttr(t, d, `footer a[href^="tel:"]`, "href", "tel:+254114742348")
	wantCount(t, d, ".social a", 1)
	wantText(t, d, ".copyright", "© 2026 CinemaSphere")

	p.NoIndex, p.Demo, p.Sandbox = true, false, true
	d = doc(t, views.ProblemPage(p, views.Problem{Status: 404, Title: "No such page", Sentence: "Look again."}))
	wantAttr(t, d, "meta[name=robots]", "content", "noindex")
	wantCount(t, d, "link[rel=canonical]", 0)
	wantText(t, d, ".demo", "Test mode")
	wantText(t, d, "h1", "No such page")
	wantAttr(t, d, "main .btn", "href", "/")
}

func TestWaitingBookingsAreOnEveryPage(t *testing.T) {
	p := page()
	p.Waiting = []views.WaitingBooking{{Secret: "ABC", Film: "Barbie", HoldUntil: now}}
	d := doc(t, views.HomePage(p, views.Home{Now: now}))
	wantText(t, d, "#waiting", "Your booking for Barbie is waiting, seats held until 18:30.")
	wantAttr(t, d, "#waiting a", "href", "/tickets/ABC")
}
