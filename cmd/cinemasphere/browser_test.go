package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"cinemasphere/store"
	"cinemasphere/store/storetest/needs"
	"cinemasphere/views/wording"
)

// chrome is the browser's program. Package needs decides what becomes of the test without one.
func chrome(t *testing.T) string {
	t.Helper()
	missing := errors.New("run make deps, which installs it, or apt install chromium")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			needs.Program(t, "Chromium", nil)
			return path
		}
	}
	needs.Program(t, "Chromium", missing)
	return ""
}

// browser is a tab of a real browser on a small phone, which keeps what the console says.
type browser struct {
	t       *testing.T
	ctx     context.Context
	base    string
	close   func() // ends the browser; its console must have stayed empty but for what is allowed
	mu      sync.Mutex
	console []string
	allowed []string // what the console may say in this test

	noScripts bool // pages run none
}

// browse opens a browser of its own, which is closed at the end of the test at the latest.
func browse(t *testing.T, base string) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chrome(t)), chromedp.NoSandbox,
		chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.UserDataDir(t.TempDir()))
	alloc, cancelAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(alloc)
	b := &browser{t: t, ctx: ctx, base: base}
	b.close = sync.OnceFunc(func() {
		b.calm()
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("end the browser: %v", err)
		}
		cancel()
		cancelAlloc()
	})
	t.Cleanup(b.close)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile)); err != nil {
		t.Fatal(err)
	}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			b.mu.Lock()
			b.console = append(b.console, m.String())
			b.mu.Unlock()
		}
	}()
	return b
}

// calm fails the test where the console has said anything: errors, warnings, reports of the Content-Security-Policy.
func (b *browser) calm() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, line := range b.console {
		allowed := false
		for _, a := range b.allowed {
			allowed = allowed || strings.Contains(line, a)
		}
		if !allowed {
			b.t.Errorf("the browser's console says %s", line)
		}
	}
}

// do runs steps, each of which waits for what it needs, within 20 seconds.
func (b *browser) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v\nThe page: %s", what, err, b.text("body"))
	}
}

func (b *browser) text(selector string) string {
	b.t.Helper()
	return js[string](b, fmt.Sprintf(`(document.querySelector(%q) || {}).innerText || ""`, selector))
}

func js[T any](b *browser, expression string, options ...chromedp.EvaluateOption) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, options...))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits for a condition in the page. In the moment that one page gives way to another there is none to ask.
func (b *browser) until(within time.Duration, what, expression string) {
	b.t.Helper()
	eventually(b.t, within, what, func() bool {
		ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
		defer cancel()
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
		if err != nil && !strings.Contains(err.Error(), "navigated") {
			b.t.Fatalf("%s: %v", expression, err)
		}
		return err == nil && is
	})
}

// leads waits, after what is pressed, for the page that it leads to.
func (b *browser) leads(what string, press func()) {
	b.t.Helper()
	js[bool](b, `window.before = true`)
	press()
	b.until(20*time.Second, what+" leads to a page", `!window.before && document.readyState === 'complete'`)
}

func (b *browser) scriptsOff() {
	b.t.Helper()
	b.noScripts = true
	b.do("switch scripts off", func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{
			Value: true,
		})
		return chromedp.Void{}, err
	})
}

const (
	bookNow = chromedp.CSS(`#now a[href^="/screenings/"]`)
	dialog  = `dialog[open] `
	paid    = `!!document.querySelector('#status[data-state="Paid"]')`
	failed  = `!!document.querySelector('#status[data-state="Failed"]')`
)

// openDialog opens the booking dialog and fills it in for two of the first type, whose total the server says.
func (b *browser) openDialog(phone string) {
	b.t.Helper()
	b.do("open the home page", chromedp.Navigate(b.base+"/"))
	b.do("open the dialog", chromedp.Click(bookNow), chromedp.WaitVisible(chromedp.CSS(dialog+`form[data-book]`)))
	b.do("fill in the form", chromedp.SendKeys(chromedp.CSS(dialog+`[name=name]`), "Wambui <b>Kariuki</b>"),
		chromedp.SendKeys(chromedp.CSS(dialog+`[name=phone]`), phone),
		chromedp.Click(chromedp.CSS(dialog+`[data-step="1"]`)))
	b.tickets(2)
}

// tickets waits until the dialog's total is that of so many tickets of one type.
func (b *browser) tickets(n int) {
	b.t.Helper()
	b.until(10*time.Second, "the total is known", fmt.Sprintf(
		`(document.querySelector('dialog[open] .lines') || {innerText: ''}).innerText.trim().indexOf('%d ×') === 0`, n))
}

func (b *browser) book(phone string) {
	b.t.Helper()
	b.openDialog(phone)
	b.do("book", chromedp.Click(chromedp.CSS(dialog+`button[type=submit]`)),
		chromedp.WaitVisible(chromedp.CSS(`#status[data-poll]`)))
}

// answer answers the prompt on the phone, as its owner does on another screen.
func (c *customer) answer(phone, pin string) {
	c.t.Helper()
	var p page
	eventually(c.t, 10*time.Second, "the prompt is on the phone", func() bool {
		p = c.get("/simulator/phones/" + phone)
		return p.Find(`input[name="pin"]`).Length() == 1
	})
	change := map[string]string{"pin": pin, "do": "pay"}
	if pin == "" {
		change["do"] = "cancel"
	}
	if got := c.submit(p, `form:has(input[name="pin"])`, change); got.status != http.StatusOK {
		c.t.Fatalf("the handset answers %d", got.status)
	}
}

// TestBrowserBooks books with JavaScript: the dialog, the live total, the number as it is typed, the ticket in the
// dialog, its own address in the address bar.
func TestBrowserBooks(t *testing.T) {
	p := start(t, "")
	b := browse(t, p.base)
	b.openDialog("0712345678")
	if got := js[string](b, `document.querySelector('dialog[open] [name=phone]').value`); got != "0712 345 678" {
		t.Errorf("the number reads %q", got)
	}
	each := js[int](b,
		`+document.querySelector('dialog[open] [data-cents]:checked, dialog[open] option:checked, dialog[open] `+
			`[data-cents]').getAttribute('data-cents')`)
	want := wording.Cents(store.Cents(each * 2))
	if got := b.text(`dialog[open] [data-total]`); got != want {
		t.Errorf("two tickets at %d cents: the total reads %q, want %q", each, got, want)
	}
	b.do("book", chromedp.Click(chromedp.CSS(dialog+`button[type=submit]`)),
		chromedp.WaitVisible(chromedp.CSS(`#status[data-poll]`)))
	if text := b.text("#status"); !strings.Contains(text, "0712 345 678") || !strings.Contains(text, want) {
		t.Errorf("the waiting page says %q", text)
	}
	if path := js[string](b, `location.pathname`); !strings.HasPrefix(path, "/tickets/") {
		t.Errorf("the address bar says %s", path)
	}
	p.customer().answer("254712345678", "1234")
	b.until(20*time.Second, "the ticket is paid", paid)
	if text := b.text("#status"); !strings.Contains(text, "Wambui <b>Kariuki</b>") ||
		!strings.Contains(text, "Show this at the door") {
		t.Errorf("the ticket says %q", text)
	}
	if js[bool](b, `!!document.querySelector('#status [data-poll], #status[data-poll]')`) {
		t.Error("a paid ticket still polls")
	}
	b.do("reload", chromedp.Reload())
	b.until(10*time.Second, "a reload finds the ticket", paid)
}

// TestBrowserDialog: Escape, × and the backdrop close the dialog, focus goes in and comes back, and a booking that
// waits is found again after closing.
func TestBrowserDialog(t *testing.T) {
	p := start(t, "")
	b := browse(t, p.base)
	closers := map[string]chromedp.Action[chromedp.Void]{
		"×":      chromedp.Click(chromedp.CSS(dialog + `[data-close]`)),
		"Escape": chromedp.KeyEvent("\u001b"),
		"the backdrop": func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
			_, err := chromedp.Evaluate[any](`(function () { var d = document.querySelector('dialog[open]');
				d.dispatchEvent(new MouseEvent('mousedown', {bubbles: true})); d.click(); })()`)(ctx, t)
			return chromedp.Void{}, err
		},
	}
	for name, closer := range closers {
		b.openDialog("0712345678")
		if !js[bool](b, `document.querySelector('dialog[open]').contains(document.activeElement)`) {
			t.Errorf("focus did not go into the dialog")
		}
		b.do("close by "+name, closer)
		b.until(5*time.Second, "closed by "+name, `!document.querySelector('dialog[open]')`)
		if !js[bool](b, `document.activeElement.matches('a[href^="/screenings/"]')`) {
			t.Errorf("after %s focus is not back where it was", name)
		}
	}
	b.book("0712345678")
	b.do("close", chromedp.Click(chromedp.CSS(dialog+`[data-close]`)))
	b.until(5*time.Second, "a link to the waiting booking", `!!document.querySelector('a[href^="/tickets/"]')`)
	b.do("home again", chromedp.Navigate(b.base+"/"))
	b.do("find the booking again", chromedp.Click(chromedp.CSS(`a[href^="/tickets/"]`)),
		chromedp.WaitVisible(chromedp.CSS(`#status[data-poll]`)))
}

// TestBrowserWithoutScripts books in a real browser with JavaScript off, on pages that refresh themselves.
func TestBrowserWithoutScripts(t *testing.T) {
	p := start(t, "")
	b := browse(t, p.base)
	b.scriptsOff()
	b.do("open the home page", chromedp.Navigate(p.base+"/"))
	b.do("open the form", chromedp.Click(bookNow), chromedp.WaitVisible(chromedp.CSS(`main form[action="/bookings"]`)))
	b.do("fill in the form", chromedp.SendKeys(chromedp.CSS(`[name=name]`), "Kamau"),
		chromedp.SendKeys(chromedp.CSS(`[name=phone]`), "0712345678"))
	b.do("go on", chromedp.Click(chromedp.CSS(`main form button[type=submit]:not([name])`)),
		chromedp.WaitVisible(chromedp.CSS(`main form:has([name=confirmed]) button`)))
	b.do("confirm", chromedp.Click(chromedp.CSS(`main form:has([name=confirmed]) button`)),
		chromedp.WaitVisible(chromedp.CSS(`#status[data-state="Pending"]`)))
	p.customer().answer("254712345678", "1234")
	b.until(20*time.Second, "the page comes to show the ticket by itself", paid)
}

// TestBrowserFailures cancels, then enters a wrong PIN, trying again each time with what the page offers, until it is
// paid.
func TestBrowserFailures(t *testing.T) {
	p := start(t, "")
	b, phone := browse(t, p.base), p.customer()
	b.book("0712345678")
	seats := func() string { return js[string](b, `document.querySelector('#status').getAttribute('data-url')`) }
	ticket := seats()
	for _, c := range []struct{ pin, title string }{{"", "Payment cancelled"}, {"0000", "Wrong M-PESA PIN"}} {
		phone.answer("254712345678", c.pin)
		b.until(20*time.Second, "it says "+c.title, failed)
		if text := b.text("#status"); !strings.Contains(text, c.title) || !strings.Contains(text, "not been charged") {
			t.Errorf("the page says %q", text)
		}
		b.do("try again", chromedp.Click(chromedp.CSS(`#status form[action$="/retry"] button[type=submit]`)),
			chromedp.WaitVisible(chromedp.CSS(`#status[data-poll]`)))
	}
	phone.answer("254712345678", "1234")
	b.until(20*time.Second, "the ticket is paid", paid)
	if seats() != ticket {
		t.Error("trying again made another ticket")
	}
}

// TestBrowserClosed closes the browser while the prompt is on the phone. Another one finds the ticket by its address.
func TestBrowserClosed(t *testing.T) {
	p := start(t, "")
	first := browse(t, p.base)
	first.book("0712345678")
	address := js[string](first, `location.href`)
	first.close()
	p.customer().answer("254712345678", "1234")
	second := browse(t, p.base)
	second.do("open the ticket", chromedp.Navigate(address))
	second.until(20*time.Second, "the ticket is paid", paid)
}

// TestBrowserOutage: while the page polls, the server is away for ten seconds, and once a proxy answers 502. The page
// stays, says so, and goes on by itself.
func TestBrowserOutage(t *testing.T) {
	p := start(t, "")
	front := newFront(t, p.base)
	b := browse(t, front.base)
	b.allowed = []string{"Failed to load resource", "Failed to fetch"} // the outage itself
	b.book("0712345678")
	front.set(badGateway)
	front.await(t, badGateway, 1)
	if js[bool](b, `!document.querySelector('#status[data-poll]')`) {
		t.Error("a 502 has replaced the waiting page")
	}
	front.set(away)
	away10 := time.NewTimer(10 * time.Second)
	front.await(t, away, 1)
	<-away10.C
	if js[bool](b, `!document.querySelector('#status[data-poll]')`) {
		t.Error("the outage has replaced the waiting page")
	}
	front.set(open)
	p.customer().answer("254712345678", "1234")
	b.until(30*time.Second, "the ticket is paid once the server is back", paid)
}

// TestBrowserSeats chooses seats on the map: they count as tickets, the total follows, and the ticket has these very
// seats. Who comes next sees them taken.
func TestBrowserSeats(t *testing.T) {
	p := start(t, "")
	b := browse(t, p.base)
	b.openDialog("0712345678")
	const free = `dialog[open] [name=seat]:not(:disabled)`
	b.do("open the map", chromedp.Click(chromedp.CSS(dialog+`summary`)),
		chromedp.WaitVisible(chromedp.CSS(dialog+`.map`)))
	if n := js[int](b, `document.querySelectorAll('`+free+`').length`); n < 20 {
		t.Fatalf("%d seats are free", n)
	}
	want := js[[]string](b, `[4, 9, 10].map(function (i) {
		var seat = document.querySelectorAll('`+free+`')[i];
		seat.closest('label').click();
		return seat.value;
	})`)
	cents := js[int](b, `+(document.querySelector('dialog[open] option:checked') ||
		document.querySelector('dialog[open] [data-cents]')).getAttribute('data-cents')`)
	total := wording.Cents(store.Cents(cents * 3))
	b.tickets(3)
	if got, n := b.text(`dialog[open] [data-total]`),
		js[string](b, `document.querySelector('dialog[open] [name^="type."]').value`); got != total || n != "3" {
		t.Errorf("three seats: %s tickets, %q, want %q", n, got, total)
	}
	b.do("book", chromedp.Click(chromedp.CSS(dialog+`button[type=submit]`)),
		chromedp.WaitVisible(chromedp.CSS(`#status[data-poll]`)))
	p.customer().answer("254712345678", "1234")
	b.until(20*time.Second, "the ticket is paid", paid)
	text := b.text("#status")
	for _, seat := range want {
		if !strings.Contains(text, seat) {
			t.Errorf("the ticket does not say %s: %q", seat, text)
		}
	}
	b.openDialog("0712345679")
	taken := js[[]string](b, `Array.from(document.querySelectorAll('dialog[open] [name=seat]:disabled')).map(
		function (s) { return s.value; })`)
	for _, seat := range want {
		if !slices.Contains(taken, seat) {
			t.Errorf("%s is not shown as taken: %q", seat, taken)
		}
	}
}

// TestBrowsersWantOneSeat: two customers tick the same seat at the same time, and one each beside it. Whoever is second
// is told so, keeps the other seat and all that was typed, and books with a third. No seat is sold twice.
func TestBrowsersWantOneSeat(t *testing.T) {
	p := start(t, "")
	st, id := p.evening()
	const boxes, book = dialog + `[name=seat]`, dialog + `button[type=submit]`
	tick := func(b *browser, seats ...string) {
		for _, seat := range seats {
			js[bool](b, fmt.Sprintf(`(document.querySelector('%s[value=%s]').closest('label').click(), true)`, boxes,
				seat))
		}
	}
	first, second := browse(t, p.base), browse(t, p.base)
	second.allowed = []string{"status of 409"}
	for b, phone := range map[*browser]string{first: "0712345678", second: "0712345679"} {
		b.do("open the form", chromedp.Navigate(p.base+"/"),
			chromedp.Click(chromedp.CSS(fmt.Sprintf(`#now a[href="/screenings/%d/book"]`, id))),
			chromedp.SendKeys(chromedp.CSS(dialog+`[name=name]`), "Kamau"),
			chromedp.SendKeys(chromedp.CSS(dialog+`[name=phone]`), phone),
			chromedp.Click(chromedp.CSS(dialog+`summary`)), chromedp.WaitVisible(chromedp.CSS(dialog+`.map`)))
	}
	tick(first, "A3", "A4")
	tick(second, "A4", "A5")
	first.do("book", chromedp.Click(chromedp.CSS(book)), chromedp.WaitVisible(chromedp.CSS(`#status[data-poll]`)))
	second.do("book", chromedp.Click(chromedp.CSS(book)))
	second.until(20*time.Second, "the seat is gone",
		`!!document.querySelector('`+boxes+`[value=A4]:disabled') && !document.querySelector('`+book+`').disabled`)
	kept := js[[]string](second, `Array.from(document.querySelectorAll('`+boxes+`:checked')).map(s => s.value)`)
	if name := js[string](second, `document.querySelector('dialog [name=name]').value`); name != "Kamau" ||
		!slices.Equal(kept, []string{"A5"}) || !strings.Contains(second.text(dialog), "Seat A4") {
		t.Errorf("of %q are kept %v, and it says %q", name, kept, second.text(dialog))
	}
	tick(second, "A6")
	second.do("book again", chromedp.Click(chromedp.CSS(book)),
		chromedp.WaitVisible(chromedp.CSS(`#status[data-poll]`)))
	p.customer().answer("254712345678", "1234")
	p.customer().answer("254712345679", "1234")
	for b, want := range map[*browser]store.Labels{first: {"A3", "A4"}, second: {"A5", "A6"}} {
		b.until(20*time.Second, "paid", paid)
		tk, err := st.Tickets().TicketBySecret(t.Context(), path.Base(js[string](b, `location.pathname`)))
		if err != nil || !slices.Equal(tk.Seats, want) {
			t.Errorf("%v, want %v; %v", tk.Seats, want, err)
		}
	}
}
