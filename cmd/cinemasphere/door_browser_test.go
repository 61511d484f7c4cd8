package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"cinemasphere/store"
)

// evening puts a film for adults on sale that begins within the hour, beside those of the demo, and returns the books.
func (p *process) evening() (*store.Store, store.ScreeningID) {
	p.t.Helper()
	st, err := store.Open(p.t.Context(), store.Options{Path: filepath.Join(p.dir, "demo.db"), Existing: true})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { shut(p.t, st) })
	catalogue, now := st.Catalogue(), st.Now()
	movie, err := catalogue.AddMovie(p.t.Context(), store.Movie{
		Title: "Night Bus to Kisumu", Synopsis: "A bus, at night.", Runtime: 100, AgeRating: "18", Genre: "Thriller",
		Language: "Swahili",
	})
	if err != nil {
		p.t.Fatal(err)
	}
	hall, err := catalogue.AddHall(p.t.Context(), store.Hall{Name: "Balcony", Plan: "A oooooooo\nB oooooooo\n"})
	if err != nil {
		p.t.Fatal(err)
	}
	id, err := catalogue.AddScreening(p.t.Context(), store.Screening{
		MovieID: movie, HallID: hall, StartsAt: now.Add(40 * time.Minute), SalesCloseAt: now.Add(30 * time.Minute),
		Prices: store.OnePrice(50_000),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return st, id
}

// buys is a paid ticket for so many.
func (p *process) buys(st *store.Store, id store.ScreeningID, phone string, n int) *store.Ticket {
	p.t.Helper()
	c := p.customer()
	confirm := c.submit(c.get(fmt.Sprintf("/screenings/%d/book", id)), `form[action="/bookings"]`, map[string]string{
		"name": "Njeri Mwangi", "phone": phone, "quantity": fmt.Sprint(n),
	})
	ticket := c.submit(confirm, `form:has(input[name="confirmed"])`, nil)
	c.answer(phone, "1234")
	var tk *store.Ticket
	eventually(p.t, 20*time.Second, "the ticket is paid", func() (is bool) {
		var err error
		tk, err = st.Tickets().TicketBySecret(p.t.Context(), filepath.Base(ticket.url.Path))
		return err == nil && tk.Status == store.Paid
	})
	return tk
}

// says waits for what the door says of a ticket.
func (b *browser) says(kind, title string) {
	b.t.Helper()
	b.until(
		10*time.Second,
		kind+" "+title,
		fmt.Sprintf(`(function () { var v = document.querySelector('[data-verdict=%q]');
		return !!v && v.querySelector('.verdict-title').innerText === %q; })()`, kind, title),
	)
}

// types puts a code into the field that has the focus, as a scanner does, which is a keyboard.
func (b *browser) types(code string) {
	b.t.Helper()
	b.until(5*time.Second, "the field has the focus", `document.activeElement.id === 'code'`)
	b.do("scan "+code, chromedp.KeyEvent(code+"\r"))
}

// letsIn goes through an evening at the door: a group comes in two parts, one of them a second time, and somebody with
// a code that nobody has.
func (b *browser) letsIn(tk *store.Ticket) {
	b.t.Helper()
	const admit = `.verdict [name=do][value=in]`
	b.do("sign in", chromedp.Navigate(b.base+"/admin/demo"), chromedp.WaitVisible(chromedp.CSS(`h1`)))
	b.do("open the door", chromedp.Navigate(fmt.Sprint(b.base, "/admin/door?at=", tk.ScreeningID)),
		chromedp.WaitVisible(chromedp.CSS(`#code`)))
	b.types(tk.Code)
	b.says("admit", "ADMIT 3")
	if js[bool](b, `!document.querySelector('.verdict-id')`) {
		b.t.Error("nobody is reminded to ask for an ID")
	}
	b.do("one fewer", chromedp.Click(chromedp.CSS(`.verdict [name=do][value=less]`)))
	b.says("admit", "ADMIT 2")
	b.do("let in", chromedp.Click(chromedp.CSS(admit)))
	b.says("admit", "2 IN")
	b.types(tk.Code[:4] + " " + tk.Code[4:])
	b.says("admit", "ADMIT 1")
	b.do("let in", chromedp.Click(chromedp.CSS(admit)))
	b.says("in", "1 IN")
	b.types(tk.Code)
	b.says("in", "ALREADY IN")
	b.types("NOSUCHCODE")
	b.says("unknown", "UNKNOWN")
}

// TestBrowserDoor lets a group in with JavaScript: the page stays, and with it the camera.
func TestBrowserDoor(t *testing.T) {
	p := start(t, "")
	st, id := p.evening()
	tk := p.buys(st, id, "254712345678", 3)
	b := browse(t, p.base)
	b.letsIn(tk)
	js[string](b, `document.body.className = 'stays'`)
	b.types(tk.Code)
	b.says("in", "ALREADY IN")
	if !js[bool](b, `document.body.className === 'stays' && document.activeElement.id === 'code'`) {
		t.Error("the page was loaded again, or the field has lost the focus")
	}
}

func TestBrowserDoorWithoutScripts(t *testing.T) {
	p := start(t, "")
	st, id := p.evening()
	tk := p.buys(st, id, "254712345678", 3)
	b := browse(t, p.base)
	b.scriptsOff()
	b.letsIn(tk)
}

// camera is a browser that reads QR codes by itself, and sees whatever window.sees says.
const camera = `window.BarcodeDetector = function () {};
	window.BarcodeDetector.prototype.detect = function () {
		return Promise.resolve(window.sees ? [{rawValue: window.sees}] : []);
	};
	Object.defineProperty(navigator, 'mediaDevices', {value: {getUserMedia: function () {
		var c = document.createElement('canvas'), pen = c.getContext('2d'), n = 0;
		setInterval(function () { pen.fillStyle = n++ % 2 ? 'red' : 'blue'; pen.fillRect(0, 0, 9, 9); }, 50);
		return Promise.resolve(c.captureStream());
	}}});`

// TestBrowserCamera scans: each code once, and the next group only after this one.
func TestBrowserCamera(t *testing.T) {
	p := start(t, "")
	st, id := p.evening()
	first, second := p.buys(st, id, "254712345678", 2), p.buys(st, id, "254712345679", 1)
	b := browse(t, p.base)
	b.do("a camera", func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(
			ctx,
			t,
			cdppage.AddScriptToEvaluateOnNewDocument,
			cdppage.AddScriptToEvaluateOnNewDocumentParams{
				Source: camera,
			},
		)
		return chromedp.Void{}, err
	})
	b.do("sign in", chromedp.Navigate(b.base+"/admin/demo"), chromedp.WaitVisible(chromedp.CSS(`h1`)))
	b.do("open the door", chromedp.Navigate(fmt.Sprint(b.base, "/admin/door?at=", id)),
		chromedp.Click(chromedp.CSS(`#scan button`)), chromedp.WaitVisible(chromedp.CSS(`#scan video`)))
	js[string](b, fmt.Sprintf(`window.sees = %q`, first.Code))
	b.says("admit", "ADMIT 2")
	js[string](b, fmt.Sprintf(`window.sees = %q`, second.Code))
	b.do("let in", chromedp.Click(chromedp.CSS(`.verdict [name=do][value=in]`)))
	b.says("admit", "ADMIT 1")
	seats, err := st.Tickets().SeatsIn(t.Context(), first.ID)
	if err != nil || len(seats) != 2 || seats[0].At == 0 || seats[1].At == 0 {
		t.Errorf("%+v, %v", seats, err)
	}
	b.do("stop", chromedp.Click(chromedp.CSS(`#scan button`)))
	b.until(5*time.Second, "the camera is off", `document.querySelector('#scan video').hidden`)
}

// TestBrowserGlasses: the total follows the tickets, and who brings their own glasses.
func TestBrowserGlasses(t *testing.T) {
	p := start(t, "")
	st, id := p.evening()
	sh, err := st.Catalogue().Showing(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	in3D, err := st.Catalogue().AddScreening(t.Context(), store.Screening{
		MovieID: sh.MovieID, HallID: sh.HallID, StartsAt: sh.StartsAt.Add(4 * time.Hour),
		SalesCloseAt: sh.StartsAt.Add(3 * time.Hour), Prices: store.OnePrice(50_000),
		Surcharges: store.Surcharges{{Name: "3D glasses", Cents: 50_00, Optional: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := browse(t, p.base)
	totals := func(total string) {
		t.Helper()
		b.until(10*time.Second, "the total is "+total,
			fmt.Sprintf(`(document.querySelector('[data-total]') || {}).innerText === %q`, total))
	}
	b.do("open the form", chromedp.Navigate(fmt.Sprintf("%s/screenings/%d/book", p.base, in3D)),
		chromedp.WaitVisible(chromedp.CSS(`[name="without.0"]`)))
	totals("KSh 550")
	b.do("one more ticket", chromedp.Click(chromedp.CSS(`[aria-label="One ticket more"]`)))
	totals("KSh 1,100")
	b.do("one has glasses", chromedp.Click(chromedp.CSS(`[aria-label="One more without 3D glasses"]`)))
	totals("KSh 1,050")
	b.do("book", chromedp.SendKeys(chromedp.CSS(`[name=name]`), "Wambui Kariuki"),
		chromedp.SendKeys(chromedp.CSS(`[name=phone]`), "0712345678"),
		chromedp.Click(chromedp.CSS(`form[data-book] button.btn-wide`)),
		chromedp.WaitVisible(chromedp.CSS(`form:has([name=confirmed])`)))
	if text := b.text(`dl.rows`); !strings.Contains(text, "1 × 3D glasses") || !strings.Contains(text, "KSh 1,050") {
		t.Errorf("the confirm page: %s", text)
	}
	b.do("confirm", chromedp.Click(chromedp.CSS(`form:has([name=confirmed]) button`)),
		chromedp.WaitVisible(chromedp.CSS(`#status[data-poll]`)))
	p.customer().answer("254712345678", "1234")
	b.until(20*time.Second, "the ticket is paid", paid)
	if text := b.text("#status"); !strings.Contains(text, "1 × 3D glasses") || !strings.Contains(text, "KSh 1,050") {
		t.Errorf("the ticket: %s", text)
	}
}
