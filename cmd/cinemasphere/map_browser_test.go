package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"cinemasphere/store"
)

// stage puts a film on sale in a hall of its own, and returns the books.
func (p *process) stage(plan string, prices store.Prices) (*store.Store, store.ScreeningID) {
	p.t.Helper()
	st, err := store.Open(p.t.Context(), store.Options{Path: filepath.Join(p.dir, "demo.db"), Existing: true})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { shut(p.t, st) })
	movie, err := st.Catalogue().AddMovie(p.t.Context(), store.Movie{
		Title: "The Last Matatu", Synopsis: "A matatu, at night.", Runtime: 100, AgeRating: "GE",
		Genre: "Drama", Language: "Swahili",
	})
	if err != nil {
		p.t.Fatal(err)
	}
	hall, err := st.Catalogue().AddHall(p.t.Context(), store.Hall{Name: "Stage", Plan: plan})
	if err != nil {
		p.t.Fatal(err)
	}
	id, err := st.Catalogue().AddScreening(p.t.Context(), store.Screening{
		MovieID: movie, HallID: hall, StartsAt: st.Now().Add(5 * time.Hour), SalesCloseAt: st.Now().Add(4 * time.Hour),
		Prices: prices,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return st, id
}

// others book seats, as customers elsewhere do.
func (p *process) others(st *store.Store, id store.ScreeningID, phone string, seats ...string) {
	p.t.Helper()
	_, _, err := st.Tickets().Book(p.t.Context(), store.NewBooking{
		ScreeningID: id, Name: "Somebody Else", Phone: phone, Quantity: len(seats), Seats: seats,
		Key: "form:" + phone, Fingerprint: phone,
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// openMap opens the booking page with its map.
func (b *browser) openMap(id store.ScreeningID) {
	b.t.Helper()
	b.do("open the booking page", chromedp.Navigate(fmt.Sprintf("%s/screenings/%d/book", b.base, id)),
		chromedp.Click(chromedp.CSS(`details.seats summary`)), chromedp.WaitVisible(chromedp.CSS(`.map`)))
}

// seat is the box of a seat.
func seat(label string) string {
	return fmt.Sprintf(`document.querySelector('[name=seat][value="%s"]')`, label)
}

// press presses a key where the focus is.
func (b *browser) press(key string) {
	b.t.Helper()
	b.do("press a key", chromedp.KeyEvent(key))
}

// TestBrowserMapKeys: Tab enters the map once, arrows go to the nearest seat that can be ticked in their direction,
// Home and End to the ends of the row, Space ticks, and what is chosen and due is read out. Each seat says what it is.
func TestBrowserMapKeys(t *testing.T) {
	p := start(t, "")
	st, id := p.stage("A oo_oo\nB ooooo\nC o_o_o\nD LL_wc\nnote A1 = behind a pillar", store.OnePrice(90_000))
	p.others(st, id, "254733000001", "B3")
	b := browse(t, p.base)
	b.openMap(id)
	if n := js[int](b, `[].filter.call(document.querySelectorAll('[name=seat]'), function (s) {
		return s.tabIndex === 0 && !s.disabled; }).length`); n != 1 {
		t.Errorf("Tab stops at %d seats", n)
	}
	js[bool](b, seat("A1")+`.focus() || true`)
	for _, step := range []struct{ key, name, want string }{
		{kb.ArrowRight, "right", "A2"}, {kb.ArrowRight, "right over the aisle", "A3"}, {kb.End, "end", "A4"},
		{kb.ArrowRight, "right at the end", "A4"}, {kb.Home, "home", "A1"}, {kb.ArrowLeft, "left at the end", "A1"},
		{kb.ArrowDown, "down", "B1"}, {kb.ArrowDown, "down", "C1"}, {kb.ArrowRight, "right over a gap", "C2"},
		{kb.ArrowUp, "up to the seat beside the sold one", "B2"},
		{kb.ArrowRight, "right over the sold one", "B4"}, {kb.ArrowDown, "down to the nearest", "C2"},
		{kb.End, "end", "C3"}, {kb.ArrowDown, "down", "D4"}, {kb.ArrowDown, "down at the end", "D4"},
		{kb.ArrowUp, "up", "C3"}, {kb.Home, "home", "C1"}, {kb.ArrowDown, "down", "D1"},
	} {
		b.press(step.key)
		if at := js[string](b, `document.activeElement.value || ''`); at != step.want {
			t.Fatalf("%s leads to %q, want %s", step.name, at, step.want)
		}
	}
	b.press(" ")
	b.until(5*time.Second, "the love seat is ticked whole, and read out",
		`document.querySelector('#live').textContent === 'D1, D2. Total KSh 1,800'`)
	b.press("\t")
	if js[bool](b, `document.activeElement.name === 'seat'`) {
		t.Error("Tab stays in the map")
	}
	for label, want := range map[string]string{
		"A1": "Row A seat 1, KSh 900, free, behind a pillar", "B3": "Row B seat 3, KSh 900, taken",
		"D1": "Row D seat 1, love seat, KSh 900, free", "D3": "Row D seat 3, wheelchair place, KSh 900, free",
		"D4": "Row D seat 4, companion seat, KSh 900, free",
	} {
		text := js[string](b, seat(label)+`.parentNode.textContent.replace(/\s+/g, ' ').trim()`)
		if text = strings.Replace(text, ", yours", ", free", 1); text != want {
			t.Errorf("%s says %q, want %q", label, text, want)
		}
	}
}

// TestBrowserMapLive: a map that is looked at shows what others take. The customer's ticks, typing and focus stay, the
// seat that was lost is said, and the nearest is had by one tick and then paid for.
func TestBrowserMapLive(t *testing.T) {
	p := start(t, "")
	st, id := p.stage("A oooo\nB oooo", store.OnePrice(90_000))
	b := browse(t, p.base)
	b.openMap(id)
	b.do("type and tick", chromedp.SendKeys(chromedp.CSS(`[name=phone]`), "0712345678"),
		chromedp.SendKeys(chromedp.CSS(`[name=name]`), "Wambui"),
		chromedp.Evaluate[chromedp.Void](seat("A2")+`.click(); `+seat("A3")+`.click(); undefined`))
	p.others(st, id, "254733000001", "A3", "B4")
	js[bool](b, `document.querySelector('[name=name]').focus() || true`)
	b.until(15*time.Second, "the map shows what others took", seat("A3")+`.disabled && `+seat("B4")+`.disabled`)
	if !js[bool](b, seat("A2")+`.checked && !`+seat("A3")+`.checked && document.activeElement.name === 'name' &&
		document.activeElement.value === 'Wambui'`) {
		t.Errorf("ticks, typing or focus are lost: %s", b.text("form"))
	}
	b.until(5*time.Second, "the lost seat is read out",
		`document.querySelector('#live').textContent.indexOf('A3 has just been taken') >= 0`)
	if total := b.text("[data-total]"); total != "KSh 900" {
		t.Errorf("one seat costs %s", total)
	}
	// Ticks that are made while the server answers stay too.
	js[bool](b, `(function () { window.fast = 0; document.addEventListener('htmx:before:request', function () {
		window.fast++; `+seat("B1")+`.checked = true; }, {once: true}); return true; })()`)
	p.others(st, id, "254733000002", "B3")
	b.until(15*time.Second, "the map is read again", `window.fast > 0 && `+seat("B3")+`.disabled`)
	if !js[bool](b, seat("B1")+`.checked`) {
		t.Error("a tick was lost while the map was read")
	}
	js[bool](b, seat("B1")+`.checked = false, true`)
	if offer := js[string](b, `document.querySelector('[name=take]').value`); offer != "A1" {
		t.Errorf("%s is offered instead of A3", offer)
	}
	b.do("take what is offered", chromedp.Click(chromedp.CSS(`[name=take]`)))
	b.until(5*time.Second, "the seats are ticked and priced", seat("A1")+`.checked && `+seat("A2")+`.checked &&
		document.querySelector('[data-total]').textContent === 'KSh 1,800' && !document.querySelector('[name=take]')`)
	b.do("book", chromedp.Click(chromedp.CSS(`.form > button[type=submit]`)),
		chromedp.WaitVisible(chromedp.CSS(`[name=confirmed] ~ button`)),
		chromedp.Click(chromedp.CSS(`[name=confirmed] ~ button`)),
		chromedp.WaitVisible(chromedp.CSS(`#status[data-poll]`)))
	p.customer().answer("254712345678", "1234")
	b.until(20*time.Second, "the ticket is paid", paid)
	if text := b.text("#status"); !strings.Contains(text, "A1, A2") {
		t.Errorf("the ticket says %q", text)
	}
}

// TestBrowserMapFits: on a phone of 360 px every seat of a wide hall is a target of 32 px at least, the page does not
// scroll sideways, and the hall does, in its own box.
func TestBrowserMapFits(t *testing.T) {
	p := start(t, "")
	_, id := p.stage("A "+strings.Repeat("o", 30)+"\nB wc__oooo_LLLL", store.OnePrice(90_000))
	b := browse(t, p.base)
	b.openMap(id)
	if small := js[string](b, `[].filter.call(document.querySelectorAll('[name=seat]'), function (s) {
		var r = s.getBoundingClientRect(); return r.width < 32 || r.height < 32; })
		.map(function (s) { return s.value; }).join(' ')`); small != "" {
		t.Errorf("too small: %s", small)
	}
	if !js[bool](b, `document.scrollingElement.scrollWidth <= 360 &&
		document.querySelector('.map-scroll').scrollWidth > 1000 &&
		document.querySelector('.map-scroll').getBoundingClientRect().right <= 360`) {
		t.Error("the page scrolls sideways, or the hall does not")
	}
}

// TestBrowserMapTrace: on a phone, what is ticked is named at once wherever the hall is scrolled to, the sides on which
// the hall goes on fade, and a row's link goes to its first free seat. On a wide screen the hall alone is wide.
func TestBrowserMapTrace(t *testing.T) {
	p := start(t, "")
	st, id := p.stage("A "+strings.Repeat("o", 30)+"\nB oooo\nC "+strings.Repeat("o", 30), store.OnePrice(90_000))
	p.others(st, id, "254733000001", "C1")
	b := browse(t, p.base)
	b.openMap(id)
	const box = `document.querySelector('.map-scroll')`
	b.until(5*time.Second, "both sides fade in the middle",
		box+`.scrollLeft > 0 && /more-left more-right/.test(`+box+`.className)`)
	js[bool](b, seat("A15")+`.click(), `+seat("A16")+`.click(), `+box+`.scrollLeft = 0, true`)
	b.until(5*time.Second, "the left side is clear at the end", `/^map-scroll more-right$/.test(`+box+`.className)`)
	const yours = `document.querySelector('.yours')`
	if text := js[string](b, yours+`.textContent`); text != "Your seats: A15, A16" {
		t.Errorf("ticked are %q", text)
	}
	if !js[bool](b, `(function () { var r = `+yours+`.getBoundingClientRect();
		return r.top >= 0 && r.bottom <= window.innerHeight && r.right <= 360; })()`) {
		t.Error("what is ticked is out of sight")
	}
	js[bool](b, `document.querySelector('.jumps a').focus(), true`)
	if !js[bool](b, `document.querySelector('.jumps').getBoundingClientRect().left >= 0`) {
		t.Error("the links to rows are not seen by whoever is on one")
	}
	js[bool](b, `document.querySelectorAll('.jumps a')[2].click(), true`)
	if at := js[string](b, `document.activeElement.value`); at != "C2" {
		t.Errorf("the link to row C leads to %q", at)
	}
	b.do("widen the screen", chromedp.EmulateViewport(1280, 900))
	if wide := js[string](b, `[].filter.call(document.querySelectorAll('.form > :not(.seats)'), function (e) {
		return e.getBoundingClientRect().width > 480; })
		.map(function (e) { return e.className; }).join(' ')`); wide != "" {
		t.Errorf("wide beside the hall: %s", wide)
	}
	if !js[bool](b, box+`.getBoundingClientRect().width > 900`) {
		t.Error("the hall is not wide")
	}
}
