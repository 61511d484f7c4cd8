package main

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

func TestFormIsOneABrowserCouldSend(t *testing.T) {
	c := newCrowd("127.0.0.1:8080")
	read := func(p purchase) *http.Request {
		t.Helper()
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(c.form(nil, p))))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.ParseForm(); err != nil {
			t.Fatal(err)
		}
		return r
	}
	types := []store.TypeCount{{Type: adult, N: 2}, {Type: student, N: 1}}
	f := read(purchase{screening: 77, types: types, zone: vipZone, total: 1350}).PostForm
	if f.Get("type.1") != "2" || f.Get("type.3") != "1" || f.Get("zone") != vipZone || f.Has("quantity") {
		t.Errorf("by type and zone: %v", f)
	}
	p := purchase{screening: 77, quantity: 3, total: 1350, number: 12345}
	r := read(p)
	for name, want := range map[string]string{
		"screening": "77", "quantity": "3", "total": "1350", "phone": "0700012345", "name": "Achieng Otieno",
	} {
		if got := r.PostForm.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if r.Method != http.MethodPost || r.URL.Path != "/bookings/dialog" || r.Header.Get("HX-Request") != "true" {
		t.Errorf("%s %s, HX-Request %q", r.Method, r.URL.Path, r.Header.Get("HX-Request"))
	}
	if got, err := mpesa.ParseMSISDN(p.local()); err != nil || string(got) != p.msisdn() {
		t.Errorf("%s is read as %q (%v), want %s", p.local(), got, err, p.msisdn())
	}
}

func TestChoose(t *testing.T) {
	screenings := []store.Screening{{ID: 1, Prices: store.OnePrice(45_050)}, {ID: 2, Prices: store.OnePrice(60_000)}}
	phones, quantities := map[string]bool{}, map[int]int{}
	for _, p := range choose(rand.New(rand.NewPCG(1, 1)), screenings, 3000) {
		phones[p.msisdn()] = true
		quantities[p.quantity]++
		if want := store.Total(screenings[p.screening-1].Price(), p.quantity); p.total != want {
			t.Fatalf("%d tickets at screening %d for %d, want %d", p.quantity, p.screening, p.total, want)
		}
	}
	if len(phones) != 3000 {
		t.Errorf("%d phones for 3,000 buyers", len(phones))
	}
	for n := 1; n <= 3; n++ {
		if quantities[n] < 850 || quantities[n] > 1150 {
			t.Errorf("%d buyers of %d tickets, want about 1,000", quantities[n], n)
		}
	}
}

func TestChooseByTypeAndZone(t *testing.T) {
	sc := store.Screening{ID: 1, Prices: cinema{}.prices(45_050)}
	zones, types := map[string]int{}, map[store.PriceTypeID]int{}
	for _, p := range choose(rand.New(rand.NewPCG(1, 1)), []store.Screening{sc}, 3000) {
		zones[p.zone]++
		for _, w := range p.types {
			types[w.Type] += w.N
		}
		if lines, sold := sc.Prices.BestLines(p.zone, p.types); !sold || lines.Total() != p.total {
			t.Fatalf("%v in %q for %d, want %d", p.types, p.zone, p.total, lines.Total())
		}
	}
	if zones[vipZone] < 500 || zones[vipZone] > 700 || types[adult] < 3200 || types[child] < 900 ||
		types[student] < 900 {
		t.Errorf("zones %v, tickets %v", zones, types)
	}
}

// A buyer's page asks until it is told Paid, with the address it was last given, and takes a 204 for no news.
func TestBuyerWatchesUntilPaid(t *testing.T) {
	var looks atomic.Int64
	w := server(t, func(w http.ResponseWriter, r *http.Request) {
		const status = `<section id="status" data-state="%s" data-version="2"%s></section>`
		switch r.Method + " " + r.URL.RequestURI() {
		case "POST /bookings/dialog":
			http.SetCookie(w, &http.Cookie{Name: "cinemasphere", Value: "mine"})
			fmt.Fprintf(w, status, "Pending", ` data-poll="/tickets/S/status?v=2&amp;dialog=1"`)
		case "GET /tickets/S/status?v=2&dialog=1":
			if c, err := r.Cookie("cinemasphere"); err != nil || c.Value != "mine" {
				t.Errorf("cookie %v, %v", c, err)
			}
			switch looks.Add(1) {
			case 1:
				w.WriteHeader(http.StatusNoContent)
			default:
				fmt.Fprintf(w, status, "Paid", "")
			}
		default:
			t.Errorf("asked for %s %s", r.Method, r.URL)
		}
	})
	c := &crowd{wire: w, run: "run", waits: []time.Duration{time.Millisecond}}
	ticket, ok := c.click(t.Context(), purchase{total: 900}, time.Now())
	if !ok {
		t.Fatalf("no ticket: %s", &c.faults)
	}
	c.watch(t.Context(), ticket)
	if c.paid.Load() != 1 || c.money.Load() != 900 || c.looks.Load() != 2 || c.faults.count() != 0 ||
		c.booked.count() != 1 || c.shown.count() != 1 {
		t.Errorf("paid %d, money %d, looks %d, faults %s, booked %d, shown %d", c.paid.Load(), c.money.Load(),
			c.looks.Load(), &c.faults, c.booked.count(), c.shown.count())
	}
}

func TestBuyerCountsWhatGoesWrong(t *testing.T) {
	status := http.StatusServiceUnavailable
	w := server(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	c := &crowd{wire: w, waits: []time.Duration{time.Millisecond}}
	if _, ok := c.click(t.Context(), purchase{}, time.Now()); ok || c.turned.Load() != 1 || c.faults.count() != 0 {
		t.Errorf("503: ok %v, turned away %d, faults %s", ok, c.turned.Load(), &c.faults)
	}
	status = http.StatusConflict
	if _, ok := c.click(t.Context(), purchase{}, time.Now()); ok || c.faults.count() != 1 {
		t.Errorf("409: ok %v, faults %s", ok, &c.faults)
	}
	c.watch(t.Context(), &ticket{state: "Failed"})
	if c.paid.Load() != 0 || c.faults.count() != 2 {
		t.Errorf("failed ticket: paid %d, faults %s", c.paid.Load(), &c.faults)
	}
}
