package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// newCinema is the program outside the demo, on empty books, with the simulator in Daraja's place.
type newCinema struct {
	*process
	daraja *sim.Sim
	books  string // the path of its database
	setUp  string // the one-time set-up address, below its base
}

func startEmpty(t *testing.T) *newCinema {
	t.Helper()
	const base = "http://cinema.co.ke:8080" // which this machine does not have: callbacks are taken to the program
	addr, dir := freeAddr(t), t.TempDir()
	toProgram := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	}}
	c := &newCinema{books: filepath.Join(dir, "cinema.db"), daraja: sim.New(sim.Config{
		ConsumerKey: "key", ConsumerSecret: "secret", Passkey: "passkey", Shortcode: "600100", Callback: toProgram,
	})}
	t.Cleanup(c.daraja.Close)
	safaricom := httptest.NewServer(c.daraja.Daraja())
	t.Cleanup(safaricom.Close)
	c.process = start(t, dir, "ADDR="+addr, "MPESA_ENV=sandbox", "BASE_URL="+base, "MPESA_BASE_URL="+safaricom.URL,
		"MPESA_CONSUMER_KEY=key", "MPESA_CONSUMER_SECRET=secret", "MPESA_PASSKEY=passkey",
		"MPESA_BUSINESS_SHORT_CODE=600100", "DATABASE_URL="+c.books)
	address, err := os.ReadFile(filepath.Join(dir, setUpFile))
	if err != nil {
		t.Fatal(err)
	}
	path, found := strings.CutPrefix(strings.TrimSpace(string(address)), base)
	if !found {
		t.Fatalf("the set-up address is %s", address)
	}
	c.setUp = path
	return c
}

// store opens the books beside the program.
func (c *newCinema) store() *store.Store {
	c.t.Helper()
	st, err := store.Open(c.t.Context(), store.Options{Path: c.books, Existing: true})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { shut(c.t, st) })
	return st
}

// pin answers the prompt on a phone, once it is there.
func (c *newCinema) pin(phone string) {
	c.t.Helper()
	eventually(c.t, 20*time.Second, "the prompt is on the phone", func() bool {
		return c.daraja.PIN(phone, "1234") == nil
	})
}

// set types into fields at once; dates too, which keys write in each country's own order.
func (b *browser) set(form string, fields map[string]string) {
	b.t.Helper()
	for name, value := range fields {
		if !js[bool](b, fmt.Sprintf(`(function () {
			var f = document.querySelector('%s [name="%s"]');
			return f ? (f.value = %q, true) : false;
		})()`, form, name, value)) {
			b.t.Errorf("there is no field %s", name)
		}
	}
}

// TestBrowserOpens is a cinema's first evening: the one-time address, the set-up page, a film on sale, a customer who
// chooses seats, the prompt, the ticket, and the door, which lets in by the typed code.
func TestBrowserOpens(t *testing.T) {
	for name, scripts := range map[string]bool{"with scripts": true, "without scripts": false} {
		t.Run(name, func(t *testing.T) {
			c := startEmpty(t)
			browser := func() *browser {
				b := browse(t, c.base)
				if !scripts {
					b.scriptsOff()
				}
				return b
			}
			starts := store.At(time.Now().Add(40 * time.Minute))
			owner := browser()
			owner.do("open the address", chromedp.Navigate(c.base+c.setUp))
			owner.set("main form", map[string]string{
				"name": "Achieng Otieno", "password": "three films and popcorn", "cinema": "Nyota", "town": "Mombasa",
				"title": "Night Bus to Kisumu", "runtime": "100", "day": store.BusinessDayOf(starts).String(),
				"time": wording.Clock(starts),
			})
			owner.leads("set up", func() {
				owner.do("set up", chromedp.Click(chromedp.CSS(`main form button.btn-red`)))
			})
			customer := browser()
			seats := customer.choosesTwo(scripts)
			c.pin("254712345678")
			customer.until(30*time.Second, "the ticket is paid", paid)
			secret := filepath.Base(js[string](customer, `location.pathname`))
			tickets := c.store().Tickets()
			tk, err := tickets.TicketBySecret(t.Context(), secret)
			if err != nil || tk.Movie.Title != "Night Bus to Kisumu" || !slices.Equal(tk.Seats, seats) {
				t.Fatalf("chosen were %v; %+v, %v", seats, tk, err)
			}
			owner.do("open the door", chromedp.Navigate(c.base+"/admin/door"),
				chromedp.WaitVisible(chromedp.CSS(`#code`)))
			owner.types(strings.ToLower(tk.Code))
			owner.says("admit", "ADMIT 2")
			owner.do("let in", chromedp.Click(chromedp.CSS(`.verdict [name=do][value=in]`)))
			owner.says("in", "2 IN")
			in, err := tickets.SeatsIn(t.Context(), tk.ID)
			if err != nil || len(in) != 2 || in[0].By != "Achieng Otieno" || in[1].At == 0 {
				t.Errorf("in are %+v, %v", in, err)
			}
		})
	}
}

// choosesTwo books two seats on the map of the first film, and returns which.
func (b *browser) choosesTwo(scripts bool) (seats store.Labels) {
	b.t.Helper()
	form := `main form[action="/bookings"] `
	b.do("open the home page", chromedp.Navigate(b.base+"/"))
	if scripts {
		form = dialog + `form[data-book] `
	}
	b.do("open the form and the map", chromedp.Click(bookNow), chromedp.WaitVisible(chromedp.CSS(form)),
		chromedp.Click(chromedp.CSS(form+`summary`)), chromedp.WaitVisible(chromedp.CSS(form+`.map`)))
	b.do("type name and phone", chromedp.SendKeys(chromedp.CSS(form+`[name=name]`), "Njeri Mwangi"),
		chromedp.SendKeys(chromedp.CSS(form+`[name=phone]`), "0712345678"))
	seats = js[store.Labels](b, fmt.Sprintf(`[13, 14].map(function (i) {
		var seat = document.querySelectorAll('%s [name=seat]:not(:disabled)')[i];
		seat.closest('label').click();
		return seat.value;
	})`, form))
	if !scripts { // which count them
		b.set(form, map[string]string{js[string](b,
			`document.querySelector('main [name^="type."]').name`): "2"})
	}
	b.do("book", chromedp.Click(chromedp.CSS(form+`button.btn-red`)))
	if !scripts {
		b.do("confirm", chromedp.Click(chromedp.CSS(`main form:has([name=confirmed]) button`)))
	}
	b.do("wait", chromedp.WaitVisible(chromedp.CSS(`#status[data-state="Pending"]`)))
	return seats
}
