package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// looks is how a browser shows pages: its width, and whether its system is dark.
type looks struct {
	width int64
	dark  string // the media feature's value
}

func (b *browser) look(l looks) {
	b.t.Helper()
	b.do("size", chromedp.EmulateViewport(l.width, 900))
	b.do("light or dark", func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: l.dark}, {Name: "prefers-reduced-motion", Value: "reduce"},
			},
		})
		return chromedp.Void{}, err
	})
	if !b.noScripts { // until it is drawn so
		js[bool](b, `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`,
			chromedp.EvalAwaitPromise)
	}
}

// TestBrowserSetsUp goes in a real browser, with scripts off, from the one-time address to an owner who is signed in,
// and looks at every page of the menu: each fits, light and dark, on a phone and on a desk.
func TestBrowserSetsUp(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "MPESA_ENV=sandbox", "BASE_URL=http://cinema.co.ke:8080", "MPESA_CONSUMER_KEY=key",
		"MPESA_CONSUMER_SECRET=secret", "MPESA_PASSKEY=passkey", "MPESA_BUSINESS_SHORT_CODE=600100",
		"DATABASE_URL=live.db")
	p.checked = true
	address, err := os.ReadFile(filepath.Join(dir, setUpFile))
	if err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(strings.TrimSpace(string(address)), "http://cinema.co.ke:8080")
	b := browse(t, p.base)
	b.allowed = []string{"status of 404"} // of the address that there is not
	b.scriptsOff()
	b.do("open the address", chromedp.Navigate(p.base+path))
	for name, value := range map[string]string{
		"name": "Achieng Otieno", "password": "three films and popcorn", "cinema": "Nyota", "address": "Moi Avenue",
		"town": "Mombasa", "phone": "0712 345 678", "email": "info@nyota.co.ke", "kra": "P051234567X",
	} {
		b.do("type "+name, chromedp.SendKeys(chromedp.CSS(`[name=`+name+`]`), value))
	}
	b.fits("/admin/setup")
	b.do("set up", chromedp.Click(chromedp.CSS(`main button[type=submit]`)),
		chromedp.WaitVisible(chromedp.CSS(`.flash`)))
	if text := b.text(".flash"); !strings.Contains(text, "set up") {
		t.Errorf("it says %q", text)
	}
	pages := js[string](b, `Array.from(document.querySelectorAll('.menu-wide a')).map(a => a.pathname).join(' ')`)
	if strings.Count(pages, " ") < 5 {
		t.Fatalf("the menu has %s", pages)
	}
	for _, path := range append(strings.Fields(pages), "/admin/account/code", "/admin/nothing-here") {
		for _, l := range []looks{{360, "light"}, {360, "dark"}, {1280, "light"}, {1280, "dark"}} {
			b.look(l)
			b.do("open "+path, chromedp.Navigate(p.base+path))
			b.fits(path)
		}
	}
	b.look(looks{360, "light"})
	b.do("open the menu", chromedp.Click(chromedp.CSS(`.menu-small summary`)),
		chromedp.WaitVisible(chromedp.CSS(`.menu-small nav button`)))
	b.fits("the menu")
	b.do("sign out", chromedp.Click(chromedp.CSS(`.menu-small nav button`)),
		chromedp.WaitVisible(chromedp.CSS(`#password`)))
	b.do("sign in", chromedp.SendKeys(chromedp.CSS(`#name`), "achieng otieno"),
		chromedp.SendKeys(chromedp.CSS(`#password`), "three films and popcorn\r"),
		chromedp.WaitVisible(chromedp.CSS(`.menu-small`)))
}

// TestBrowserHalls adds a hall and changes the plan of another in a real browser, with scripts off: a quick start, a
// plan with mistakes, a file, the drawing, and the screenings that get the new plan. Each page fits everywhere.
func TestBrowserHalls(t *testing.T) {
	p := start(t, "")
	b := browse(t, p.base)
	b.allowed = []string{"status of 422"}
	b.scriptsOff()
	fits := func(page string) {
		for _, l := range []looks{{1280, "light"}, {1280, "dark"}, {360, "dark"}, {360, "light"}} {
			b.look(l)
			b.fits(page)
		}
	}
	press := func(what, waits string) {
		b.do(what, chromedp.Click(chromedp.CSS(`.actions [value=`+what+`]`)), chromedp.WaitReady(chromedp.CSS(waits)))
	}
	b.do("sign in", chromedp.Navigate(p.base+"/admin/demo"))
	b.do("new hall", chromedp.Navigate(p.base+"/admin/halls/new"), chromedp.SendKeys(chromedp.CSS(`#name`), "Attic"),
		chromedp.SendKeys(chromedp.CSS(`#aisles`), "2, "))
	press("fill", `#before`)
	fits("a new hall")
	b.do("Enter previews", chromedp.SendKeys(chromedp.CSS(`#cleaning`), "\r"),
		chromedp.WaitNotPresent(chromedp.CSS(`#before`)), chromedp.WaitVisible(chromedp.CSS(`.plan-hall`)))
	b.do("type", chromedp.SendKeys(chromedp.CSS(`#plan`), "Z oLo sideways\n"))
	press("preview", `.plan-problems`)
	fits("a plan with mistakes")
	if lines := b.text(".plan-problems"); !strings.Contains(lines, "Line 1, column 4") {
		t.Errorf("the mistakes are %q", lines)
	}
	file := filepath.Join(t.TempDir(), "attic.csv")
	if err := os.WriteFile(file, []byte("\uFEFFrow;;\r\nA;A1;A2+\r\nB;VIP:B1;VIP:B2\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.do("open the field", chromedp.Click(chromedp.CSS(`main details:nth-of-type(2) summary`)),
		chromedp.SetUploadFiles(chromedp.CSS(`#file`), []string{file}))
	press("upload", `#before`)
	if plan := js[string](b, `document.querySelector('#plan').value`); plan != "zone v = VIP\nA  ow\nB  vv\n" {
		t.Errorf("the file is read as %q", plan)
	}
	press("save", `.flash`)
	if list := b.text("main"); !strings.Contains(list, "Attic") || !strings.Contains(list, "4 seats in 2 rows") {
		t.Errorf("the list: %s", list)
	}
	fits("the halls")
	b.do("open Screen 1", chromedp.Click(chromedp.CSS(`tbody tr:nth-of-type(2) a`)),
		chromedp.WaitVisible(chromedp.CSS(`#plan`)))
	fits("a hall")
	b.do("one more row", chromedp.SendKeys(chromedp.CSS(`#plan`), "[Pit]\nZ oo\n[Hall]\n"))
	press("save", `.plan-tick`)
	fits("the screenings")
	ticked := js[int](b, `document.querySelectorAll('.plan-tick :checked').length`)
	b.do("apply", chromedp.Click(chromedp.CSS(`main form button`)), chromedp.WaitNotPresent(chromedp.CSS(`.plan-tick`)))
	fits("what became of them")
	if n := js[int](b, `document.querySelectorAll('tbody tr').length`); n != ticked || n == 0 {
		t.Errorf("%d screenings were ticked, %d changed", ticked, n)
	}
}

// fits fails the test where a page is wider than its window, or what one presses is small.
func (b *browser) fits(page string) {
	b.t.Helper()
	if wide := js[int](b, `document.documentElement.scrollWidth - window.innerWidth`); wide > 0 {
		b.t.Errorf("%s is %d px wider than its window: %s", page, wide, js[string](b, `Array.from(
			document.querySelectorAll('body *')).filter(e => e.getBoundingClientRect().right > window.innerWidth)
			.slice(0, 3).map(e => e.outerHTML.slice(0, 80)).join(' ')`))
	}
	small := js[string](b, `Array.from(document.querySelectorAll(
			'main button, main input:not([type=hidden]), main select, main summary, nav a'))
		.filter(e => e.offsetParent && !e.matches('.sr-only') && !e.closest('label'))
		.filter(e => e.getBoundingClientRect().height < 24).map(e => e.outerHTML.slice(0, 80)).join(' ')`)
	if small != "" {
		b.t.Errorf("%s has small targets: %s", page, small)
	}
}
