package main

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"cinemasphere/store"
)

// keys is a browser whose user has a keyboard alone, and has to see where the focus is.
type keys struct{ *browser }

// press presses keys, one after the other.
func (k keys) press(pressed string) {
	k.t.Helper()
	k.do("press", chromedp.KeyEvent(pressed))
}

// focused fails the test where nothing has the focus, or nobody can see what has.
func (k keys) focused(after string) {
	k.t.Helper()
	const lost = `(function () {
		var f = document.activeElement, seen = f && [f, f.nextElementSibling, f.closest('label')];
		if (!f || f === document.body || !f.checkVisibility()) { return 'nothing'; }
		if (f.matches('[tabindex="-1"]')) { return ''; } // where a script puts it, to be read from there
		if (f.type === 'date') { return ''; } // the browser shows in which of its parts
		if (!f.matches(':focus-visible')) { return 'hidden: ' + f.outerHTML.slice(0, 120); }
		return seen.some(e => e && getComputedStyle(e).outlineStyle !== 'none' &&
			parseFloat(getComputedStyle(e).outlineWidth) >= 2) ? '' : 'not to be seen: ' + f.outerHTML.slice(0, 120);
	})()`
	if what := js[string](k.browser, lost); what != "" {
		k.t.Errorf("after %s the focus is %s", after, what)
	}
}

// to goes with Tab to what the selector finds; backwards, with Shift.
func (k keys) to(selector string, backwards ...chromedp.Modifier) {
	k.t.Helper()
	here := fmt.Sprintf(`document.activeElement.matches(%q)`, selector)
	for range 150 {
		if js[bool](k.browser, here) {
			return
		}
		k.do("Tab", chromedp.KeyEvent("\t", chromedp.KeyModifiers(backwards...)))
		if !js[bool](k.browser, `document.activeElement === document.body`) { // between the page's end and its start
			k.focused("Tab on the way to " + selector)
		}
	}
	k.t.Fatalf("no Tab leads to %s from %s", selector, js[string](k.browser, `location.pathname`))
}

// types goes to a field and types into it.
func (k keys) types(selector, text string) {
	k.t.Helper()
	k.to(selector)
	k.press(text)
}

// follow presses a key on what the selector finds, which leads to another page.
func (k keys) follow(selector, key string) {
	k.t.Helper()
	k.to(selector)
	k.leads(selector, func() { k.press(key) })
}

// follows presses a key on what the selector finds, which changes the page into one that has something else.
func (k keys) follows(selector, key, something string) {
	k.t.Helper()
	k.to(selector)
	k.press(key)
	k.until(20*time.Second, selector, fmt.Sprintf(`!!document.querySelector('%s')`, something))
}

// TestBrowserKeys books a ticket, signs in, adds a film, puts its week on sale and lets the customer in, all with Tab,
// Shift, Enter, Space and the arrows. The focus is always somewhere, and always seen.
func TestBrowserKeys(t *testing.T) {
	const enter, space = "\r", " "
	p := start(t, "")
	out, err := typedInto(t, p.dir, "three films and popcorn\n", "operator", "add", "Achieng", "--role=owner")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	st, id := p.evening()

	customer := keys{browse(t, p.base)}
	customer.do("open the home page", chromedp.Navigate(p.base+"/"))
	customer.to(`.days a[href*="day="]`)
	customer.press(enter)
	customer.until(10*time.Second, "the films of the day", `location.search.includes('day=')`)
	customer.focused("choosing a day")
	customer.to(fmt.Sprintf(`#now a[href="/screenings/%d/book"]`, id))
	customer.press(enter)
	customer.until(10*time.Second, "the form has the focus",
		`!!document.querySelector('dialog[open] form') &&
			document.querySelector('dialog[open]').contains(document.activeElement)`)
	customer.types(`dialog [name=name]`, "Njeri Mwangi")
	customer.types(`dialog [name=phone]`, "0712345678")
	customer.to(`dialog summary`)
	customer.press(space)
	customer.to(`dialog [name=seat]:not(:disabled)`)
	customer.press(space)
	customer.focused("choosing a seat")
	if n := js[int](customer.browser, `document.querySelectorAll('dialog [name=seat]:checked').length`); n != 1 {
		t.Errorf("%d seats are chosen", n)
	}
	customer.follows(`dialog button[type=submit].btn-red`, enter, `#status[data-poll]`)
	customer.focused("booking")
	p.customer().answer("254712345678", "")
	customer.until(20*time.Second, "the customer has cancelled", failed)
	customer.focused("the failure")
	customer.follows(`#status form[action$="/retry"] button[type=submit]`, enter, `#status[data-poll]`)
	customer.focused("trying again")
	p.customer().answer("254712345678", "1234")
	customer.until(20*time.Second, "the ticket is paid", paid)
	customer.focused("the payment")
	secret := filepath.Base(js[string](customer.browser, `location.pathname`))
	tk, err := st.Tickets().TicketBySecret(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}

	owner := keys{browse(t, p.base)}
	owner.look(looks{1280, "light"})
	owner.do("open the page", chromedp.Navigate(p.base+"/admin/sign-in"))
	owner.types(`#name`, "Achieng")
	owner.types(`#password`, "three films and popcorn")
	owner.leads("sign in", func() { owner.press(enter) })
	owner.follow(`.menu-wide a[href="/admin/films"]`, enter)
	owner.follow(`main a[href="/admin/films/new"]`, enter)
	owner.types(`#title`, "The Quiet Hour")
	owner.types(`#runtime`, "90")
	owner.to(`#rating`)
	owner.press(kb.ArrowDown)
	owner.follow(`main form .btn-red`, enter)
	owner.follow(`.menu-wide a[href="/admin/prices"]`, enter)
	owner.follow(`main a[href="/admin/prices/new"]`, enter)
	owner.types(`[name=name]`, "Standard")
	owner.types(`[name="type.0"]`, "Adult")
	owner.types(`[name="price.0.0"]`, "600")
	owner.leads("save", func() { owner.press(enter) })
	owner.follow(`.menu-wide a[href="/admin/screenings"]`, enter)
	owner.follow(`.weeks [rel=next]`, enter)
	owner.follow(`.weeks [rel=next]`, enter)
	owner.follow(`.weeks [rel=next]`, enter)
	owner.types(`[name^="title."]`, "The Quiet Hour")
	owner.types(`[name^="times."]`, "10:00 12:30")
	owner.to(`[name^="days."]`)
	owner.press(space) // not on Monday
	owner.to(`[name^="times."]`, chromedp.ModifierShift)
	owner.leads("add", func() { owner.press(enter) })
	owner.follow(`form[action="/admin/screenings/publish"] .btn-red`, space)
	monday := store.BusinessDayOf(st.Now()).Monday() + 21
	shows, err := st.Catalogue().Showings(t.Context(), monday, monday+7)
	if err != nil || len(shows) != 12 || shows[0].Status != store.OnSale || shows[0].Title != "The Quiet Hour" {
		t.Fatalf("%d screenings are on: %+v, %v", len(shows), shows, err)
	}

	owner.follow(`.menu-wide a[href="/admin/door"]`, enter)
	owner.to(`#code`)
	owner.press(tk.Code + enter)
	owner.says("admit", "ADMIT 1")
	owner.focused("looking up a code")
	owner.to(`.verdict [name=do][value=in]`, chromedp.ModifierShift)
	owner.press(enter)
	owner.says("in", "1 IN")
	owner.focused("letting in")
}
