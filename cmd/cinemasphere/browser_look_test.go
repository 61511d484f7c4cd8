package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"cinemasphere/store"
)

var shots = flag.String("shots", "", "a directory for pictures of the pages that TestBrowserLooks sees")

// looker goes from page to page and looks at each: whether it fits, whether axe finds fault with it.
type looker struct {
	*browser
	looks []looks
	n     int // pages seen
}

// open goes to a page.
func (l *looker) open(path string) {
	l.t.Helper()
	l.do("open "+path, chromedp.Navigate(l.base+path))
}

// see looks at the page as it stands.
func (l *looker) see(name string) {
	l.t.Helper()
	l.n++
	for i, look := range l.looks {
		if len(l.looks) == 4 && *shots == "" && i != l.n%2 && i != 3-l.n%2 {
			continue // each width and each colour is seen, and of the pairs of them every second
		}
		l.look(look)
		l.fits(name)
		for _, line := range l.violations() {
			l.t.Errorf("%s, %d px, %s: %s", name, look.width, look.dark, line)
		}
		if *shots == "" {
			continue
		}
		file := fmt.Sprintf("%03d %s %d %s.jpg", l.n, strings.ReplaceAll(name, "/", "_"), look.width, look.dark)
		picture, err := chromedp.Run(l.ctx, chromedp.FullScreenshot(80))
		if err == nil {
			err = os.WriteFile(filepath.Join(*shots, file), picture, 0o600)
		}
		if err != nil {
			l.t.Error(err)
		}
	}
}

// at is open and see.
func (l *looker) at(name, path string) {
	l.t.Helper()
	l.open(path)
	l.see(name)
}

// send types into fields, presses a button, and waits for the page that answers.
func (l *looker) send(button string, fields map[string]string) {
	l.t.Helper()
	for name, value := range fields {
		js[string](l.browser, fmt.Sprintf(`(function () {
			var f = document.querySelector('main [name=' + CSS.escape(%q) + ']:not([type=hidden])');
			return f.type === 'checkbox' ? String(f.checked = true) : f.value = %q; })()`, name, value))
	}
	l.leads(button, func() {
		js[bool](l.browser, fmt.Sprintf(`(function () {
			var b = document.querySelector(%q);
			b.form.noValidate = true; // the server's answer is looked at, not the browser's
			b.click();
			return true;
		})()`, button))
	})
}

// stock makes what the pages are to show besides the demo: long names, zones, price types, tickets in each state, and
// money that names none.
func (l *looker) stock(p *process, st *store.Store) (sc, priced store.ScreeningID, tickets map[string]*store.Ticket) {
	l.t.Helper()
	must := func(err error) {
		l.t.Helper()
		if err != nil {
			l.t.Fatal(err)
		}
	}
	ctx, c := l.t.Context(), st.Catalogue()
	movie, err := c.AddMovie(ctx, store.Movie{
		Title: "The Extraordinarily Long Night Journey of the Bus That Went from Mombasa to Kisumu by Way of Eldoret",

		Synopsis: strings.Repeat("A bus, at night, and everybody on it. ", 8), Runtime: 171, AgeRating: "18",
		Genre: "Thriller", Language: "Kiswahili", Subtitles: "English", Format: "3D", Distributor: "Crimson Multimedia",
	})
	must(err)
	hall, err := c.AddHall(ctx, store.Hall{
		Name: "Upper Balcony of the Old Odeon",
		Plan: "zone v = VIP\nA ooo_oooooo_ooo\nB ooo_oooooo_ooo\n\nC vvv_vwvvvv_vvv\n",
	})
	must(err)
	var prices store.Prices
	for i, name := range []string{"Adult", "Child", "Student"} {
		id, off := store.PriceTypeID(i+1), store.Cents(10_000*i)
		prices = append(prices, store.Price{Type: id, Name: name, Cents: 60_000 - off},
			store.Price{Type: id, Name: name, Zone: "VIP", Cents: 95_000 - off})
	}
	now := st.Now()
	sc, err = c.AddScreening(ctx, store.Screening{MovieID: movie, HallID: hall, StartsAt: now.Add(40 * time.Minute),
		SalesCloseAt: now.Add(30 * time.Minute), Prices: store.OnePrice(60_000)})
	must(err)
	priced, err = c.AddScreening(ctx, store.Screening{MovieID: movie, HallID: hall, StartsAt: now.Add(26 * time.Hour),
		SalesCloseAt: now.Add(26 * time.Hour), Prices: prices})
	must(err)
	tickets = map[string]*store.Ticket{}
	for i, name := range []string{"paid", "refunded", "in"} {
		tickets[name] = p.buys(st, sc, "25471234567"+strconv.Itoa(i), 2)
	}
	_, err = st.Money().RequestRefund(ctx, store.NewRefund{Receipt: tickets["refunded"].Receipt, By: "Wafula"})
	must(err)
	must(st.Tickets().Admit(ctx, tickets["in"].ID, tickets["in"].Seats[:1]))
	_, err = st.Money().ApplyIncoming(ctx, store.IncomingPayment{
		Receipt: "UKO5POPCOR", Amount: 10_000, Phone: "2547*****126", LearntBy: "c2b", TransactedAt: now,
	})
	must(err)
	return sc, priced, tickets
}

// TestBrowserLooks goes to every page of the back office and for customers, in each state that it has, and looks at it
// at 360 and 1280 px, light and dark: it fits, nothing that one presses is small, and axe finds nothing. With -shots it
// leaves pictures of all of them.
func TestBrowserLooks(t *testing.T) {
	p := start(t, "")
	st, err := store.Open(t.Context(), store.Options{Path: filepath.Join(p.dir, "demo.db"), Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, st) })
	l := &looker{browser: browse(t, p.base)}
	l.allowed = []string{"status of 4", "status of 503"}
	sc, priced, tickets := l.stock(p, st)
	t.Run("customers", func(t *testing.T) {
		l.t, l.looks = t, []looks{{360, "dark"}, {1280, "dark"}}
		l.look(l.looks[0]) // before the first page begins to move
		l.customers(sc, priced, tickets)
	})
	t.Run("staff", func(t *testing.T) {
		l.t, l.looks = t, []looks{{360, "light"}, {360, "dark"}, {1280, "light"}, {1280, "dark"}}
		l.staff(sc, tickets)
	})
}

// TestBrowserLooksAtSetUp looks at what is seen outside the demo alone, as TestBrowserLooks does.
func TestBrowserLooksAtSetUp(t *testing.T) {
	c := startEmpty(t)
	l := &looker{browser: browse(t, c.base), n: 200,
		looks: []looks{{360, "light"}, {360, "dark"}, {1280, "light"}, {1280, "dark"}}}
	l.allowed = []string{"status of 4"}
	l.look(l.looks[0]) // before the first page begins to move
	l.at("home, before", "/")
	l.at("sign in, before", "/admin/sign-in")
	l.at("set-up", c.setUp)
	l.send(`main form .btn-red`, map[string]string{
		"name": "", "password": "password1", "cinema": "", "plan": "A o?", "title": "Night Bus", "time": "",
	})
	l.see("set-up, mistakes")
	l.open(c.setUp)
	const password = "three films and popcorn"
	l.send(`main form .btn-red`, map[string]string{"name": "Achieng", "password": password, "cinema": "Nyota"})
	l.see("set up")
	for _, page := range []string{"films", "halls", "prices", "screenings", "staff", "to-do", "door", "account"} {
		l.at(page+", at first", "/admin/"+page)
	}
	l.send(`form[action="/admin/account/password"] button`, map[string]string{"current": "wrong", "password": "short"})
	l.see("account, mistakes")
	l.at("account, code", "/admin/account/code")
	l.send(`main form .btn-red`, map[string]string{"code": "000000"})
	l.see("account, wrong code")
	l.at("home, no film", "/")
}

func (l *looker) customers(sc, priced store.ScreeningID, tickets map[string]*store.Ticket) {
	book := fmt.Sprintf("/screenings/%d/book", priced)
	l.at("home", "/")
	l.at("home, nothing found", "/?q=nothing+is+called+that")
	l.at("film", fmt.Sprintf("/movies/%d", tickets["paid"].Movie.ID))
	l.at("form", book)
	l.send(`form[data-book] button[type=submit]:not([name])`, map[string]string{
		"phone": "020 123", "email": "wanjiku@example,com",
	})
	l.see("form, mistakes")
	l.open(book)
	l.do("open the map", chromedp.Click(chromedp.CSS(`main summary`)), chromedp.WaitVisible(chromedp.CSS(`main .map`)))
	l.see("form, map")
	book = fmt.Sprintf("/screenings/%d/book", sc)
	for _, tt := range []struct{ name, phone, state string }{
		{"waiting", "0712345555", "Pending"}, {"paid", "0711000001", "Paid"}, {"cancelled", "0711000032", "Failed"},
		{"wrong PIN", "0711000201", "Failed"}, {"refused", "0711000423", "Failed"},
		{"other amount", "0711000999", "Failed"},
	} {
		l.open(book)
		l.send(`form[data-book] button[type=submit]:not([name])`, map[string]string{
			"name": "Wanjirũ Ong’ondo-Kamau", "phone": tt.phone, "email": "wanjiru.ongondo-kamau@example.com",
		})
		if tt.name == "waiting" {
			l.see("confirm")
		}
		l.send(`main form:has([name=confirmed]) button`, nil)
		l.until(30*time.Second, tt.name, fmt.Sprintf(`!!document.querySelector('#status[data-state=%q]')`, tt.state))
		l.see("ticket, " + tt.name)
		if tt.name == "cancelled" {
			l.open(js[string](l.browser, `location.pathname`) + "/receipt")
			l.see("receipt")
			l.send(`main form button[type=submit]`, map[string]string{"receipt": "what?"})
			l.see("receipt, mistake")
		}
	}
	for name, tk := range tickets {
		l.at("ticket, "+name, "/tickets/"+tk.Secret)
	}
	l.at("home, waiting", "/")
	l.do("open the dialog", chromedp.Click(bookNow), chromedp.WaitVisible(chromedp.CSS(dialog+`form[data-book]`)))
	l.see("dialog")
	js[bool](l.browser, `document.querySelector('dialog[open] form').noValidate = true`)
	l.do("book with mistakes", chromedp.SendKeys(chromedp.CSS(dialog+`[name=phone]`), "020"),
		chromedp.Click(chromedp.CSS(dialog+`button[type=submit]`)),
		chromedp.WaitVisible(chromedp.CSS(dialog+`[aria-invalid]`)))
	l.see("dialog, mistakes")
	l.at("nothing here", "/nothing-here")
	l.at("documentation", "/docs/")
	l.at("documentation, hosting", "/docs/hosting")
	l.at("documentation, settings", "/docs/configuration")
	l.at("no such ticket", "/tickets/AAAAAAAAAAAAAAAAAAAAAAAAAA")
}

func (l *looker) staff(sc store.ScreeningID, tickets map[string]*store.Ticket) {
	l.at("sign in", "/admin/sign-in")
	l.send(`main form button`, map[string]string{"name": "Nobody", "password": "guessed"})
	l.see("sign in, wrong")
	l.open("/admin/demo") // which signs in
	l.at("today", "/admin")
	l.do("open the menu", chromedp.EmulateViewport(360, 900), chromedp.Click(chromedp.CSS(`.menu-small summary`)))
	l.see("menu")
	l.at("checklist", "/admin/checklist")
	l.send(`form[action="/admin/checklist/test"] button`, map[string]string{"phone": "020 123"})
	l.see("checklist, mistakes")
	l.send(`form[action="/admin/checklist/test"] button`, map[string]string{"phone": "0711000001"})
	l.until(30*time.Second, "a test sale", `!!document.querySelector('form[action$="/away"]')`)
	l.see("checklist, a test sale")
	l.at("to do", "/admin/to-do")
	l.at("to do, none", "/admin/to-do?receipt=UKO5NOTHIN")
	l.at("find", "/admin/find")
	l.at("find, many", "/admin/find?q=njeri")
	l.at("find, none", "/admin/find?q=UKO5NOTHIN")
	for name, tk := range tickets {
		l.at("order, "+name, fmt.Sprintf("/admin/orders/%d", tk.ID))
	}
	l.do("open all", chromedp.Navigate(l.base+fmt.Sprintf("/admin/orders/%d", tickets["in"].ID)))
	js[bool](l.browser, `document.querySelectorAll('main details').forEach(d => d.open = true), true`)
	l.see("order, all open")
	door := fmt.Sprint("/admin/door?at=", sc)
	l.at("door", "/admin/door")
	for _, tt := range []struct{ name, code string }{
		{"admit", tickets["paid"].Code}, {"partly in", tickets["in"].Code}, {"void", tickets["refunded"].Code},
		{"unknown", "NOSUCHCODE"},
	} {
		l.open(door)
		js[bool](l.browser, fmt.Sprintf(`document.querySelector('#code').value = %q,
			document.querySelector('.door-code button').click(), true`, tt.code))
		l.until(20*time.Second, tt.name, `!!document.querySelector('.verdict')`)
		l.see("door, " + tt.name)
	}
	l.at("door list", fmt.Sprint("/admin/door/list/", sc))

	l.at("films", "/admin/films")
	l.at("films, none", "/admin/films?q=nothing+is+called+that")
	l.at("film, new", "/admin/films/new")
	l.send(`main form .btn-red`, map[string]string{"runtime": "long", "opens_on": "soon"})
	l.see("film, mistakes")
	l.at("film", fmt.Sprintf("/admin/films/%d", tickets["paid"].Movie.ID))
	js[bool](l.browser, `document.querySelector('main [name=version]').value = 0, true`)
	l.send(`main form .btn-red`, map[string]string{"genre": "Drama"})
	l.see("film, changed meanwhile")
	l.at("film import", "/admin/films/import")
	l.send(`main form .btn-red`, map[string]string{"text": "title,runtime\nA,x\nB,90"})
	l.see("film import, mistakes")
	l.send(`main form .btn-red`, map[string]string{"text": "title,runtime,rating\nThe Quiet Hour,90,GE\n"})
	l.see("film import, checked")
	l.at("ratings", "/admin/ratings")
	l.at("rating", "/admin/ratings?code=PG")

	l.at("halls", "/admin/halls")
	l.at("hall, new", "/admin/halls/new")
	js[bool](l.browser, `document.querySelectorAll('main details').forEach(d => d.open = true), true`)
	l.send(`.actions [value=preview]`, map[string]string{"name": "Attic", "plan": "A ooo\nZ oLo sideways\nA oo"})
	l.see("hall, mistakes")
	l.open("/admin/halls")
	l.at("hall", js[string](l.browser, `document.querySelector('td a[href^="/admin/halls/"]').pathname`))
	js[bool](l.browser, `document.querySelectorAll('main details').forEach(d => d.open = true), true`)
	l.see("hall, all open")
	l.send(`.actions [value=save]`, map[string]string{"plan": "A oooooooooo\nB oooooooooo\n"})
	l.see("hall, screenings")

	l.at("prices", "/admin/prices")
	l.at("card, new", "/admin/prices/new")
	l.send(`main form .btn-red`, map[string]string{"name": "Standard"})
	l.see("card, mistakes")
	l.at("screenings, something missing", "/admin/screenings")
	l.open("/admin/prices/new")
	l.send(`main form .btn-red`, map[string]string{"name": "Standard", "type.0": "Adult", "price.0.0": "600"})
	l.see("prices, a card")
	l.at("screenings", "/admin/screenings")
	js[bool](l.browser, `document.querySelectorAll('main details').forEach(d => d.open = true), true`)
	l.see("screenings, all open")
	l.send(`main form:has([name="times.0"]) [type=submit]`, map[string]string{"times.0": "7pm 25:00"})
	l.see("screenings, mistakes")
	l.at("screenings, next week", "/admin/screenings?week="+time.Now().AddDate(0, 0, 28).Format(time.DateOnly))
	l.at("screening", fmt.Sprint("/admin/screenings/", sc))
	l.at("seats held back", fmt.Sprintf("/admin/screenings/%d/seats", sc))
	l.at("free tickets", fmt.Sprintf("/admin/screenings/%d/free", sc))
	l.send(`main form .btn-red`, map[string]string{"quantity": "0"})
	l.see("free tickets, mistakes")
	l.at("cancel", fmt.Sprintf("/admin/screenings/%d/cancel", sc))
	l.send(`main form .btn-red`, nil)
	l.see("cancel, mistakes")
	l.at("screening import", "/admin/screenings/import")
	l.send(`main form .btn-red`, map[string]string{"text": "day,time,hall,film\nnever,25:00,Nowhere,Nothing"})
	l.see("screening import, mistakes")
	l.at("print", "/admin/screenings/print")

	l.at("messages", "/admin/messages")
	l.at("e-mails", "/simulator/mail")
	l.at("mail", "/simulator/mail/1/mail.html")
	l.open("/admin")
	l.at("cinema", "/admin/cinema")
	l.send(`main form .btn-red`, map[string]string{"cinema": "", "email": "nobody", "accent": "pale"})
	l.see("cinema, mistakes")
	l.at("staff", "/admin/staff")
	l.send(`main form .btn-red`, map[string]string{"name": ""})
	l.see("staff, mistakes")
	l.send(`main form .btn-red`, map[string]string{"name": "Achieng Otieno"})
	l.see("person, invited")
	join := js[string](l.browser, `document.querySelector('main').innerText.match(/\/admin\/join\/\S+/)[0]`)
	l.at("log", "/admin/log")
	l.at("log, none", "/admin/log?q=nothing+is+called+that")
	l.at("account", "/admin/account")
	l.at("account, code", "/admin/account/code")
	l.at("nothing here", "/admin/nothing-here")
	l.send(`form[action="/admin/sign-out"] button`, nil)
	l.at("join", join)
	l.send(`main form .btn-red`, map[string]string{"password": "12345678"})
	l.see("join, mistakes")
}
