package sim_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/PuerkitoBio/goquery"

	"cinemasphere/mpesa/sim"
)

func TestPickPhone(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		h := openHandset(w)
		home := h.get("")
		if n := home.Find(".fates li").Length(); n != len(sim.Scenarios()) {
			w.Errorf("%d scenarios listed, want %d", n, len(sim.Scenarios()))
		}
		for _, test := range []struct{ typed, ending, want string }{
			{"0712 345 678", "", "254712345678"},
			{"+254 112-345-678", "", "254112345678"},
			{"0712345678", "032", "254712345032"},
			{"", "404", "254712345404"},
		} {
			p := h.submit(home, url.Values{"phone": {test.typed}, "ending": {test.ending}})
			if p.status != 200 || h.at.Path != "/simulator/phones/"+test.want {
				w.Errorf("%q and %q lead to %s, HTTP %d", test.typed, test.ending, h.at.Path, p.status)
			}
			h.at, _ = url.Parse("http://cinema.test/simulator/")
		}
		bad := h.submit(home, url.Values{"phone": {"<b>020"}})
		if bad.status != http.StatusUnprocessableEntity || bad.Find("#problem").Length() != 1 ||
			bad.Find("#phone").AttrOr("value", "") != "<b>020" {
			w.Errorf("a bad number: HTTP %d, %q", bad.status, text(bad.Find("form")))
		}
		h.get("?phone=0712345678")
		if h.at.String() != "http://cinema.test/simulator/phones/254712345678" {
			w.Errorf("?phone= leads to %s", h.at)
		}
		h.get("phones/0712345678")
		if h.at.String() != "http://cinema.test/simulator/phones/254712345678" {
			w.Errorf("a number as typed leads to %s", h.at)
		}
		if p := h.get("phones/12"); p.status != http.StatusNotFound {
			w.Errorf("no number: HTTP %d", p.status)
		}
	})
}

func TestPayOnHandset(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		h := openHandset(w)
		idle := h.get("phones/" + phone)
		if idle.header.Get("Refresh") != "3" || !strings.Contains(text(idle.Find(".idle")), "No prompt") {
			w.Errorf("idle page: Refresh %q, %q", idle.header.Get("Refresh"), text(idle.Find(".screen")))
		}
		w.push(phone, 1350)
		time.Sleep(10*time.Second + time.Millisecond)
		p := h.get("phones/" + phone)
		if got := text(p.Find(".ask")); got != "Pay KSh 1,350 to CinemaSphere?" {
			w.Errorf("prompt %q", got)
		}
		if got := text(p.Find(".account")); got != "Account K7QX2M" {
			w.Errorf("account %q", got)
		}
		if got := p.header.Get("Refresh"); got != "51" { // not before the prompt is over: a PIN is being typed
			w.Errorf("Refresh %q, want 51", got)
		}
		for _, wrong := range []string{"", "12", "12345", "12a4", "-123"} {
			if again := h.submit(p, url.Values{"pin": {wrong}, "do": {"pay"}}); again.status != 422 ||
				again.Find("form").Length() != 1 {
				w.Errorf("PIN %q: HTTP %d", wrong, again.status)
			}
		}
		paid := h.submit(p, url.Values{"pin": {"1234"}, "do": {"pay"}})
		receipt := w.sim.Ledger()[0].Receipt
		want := receipt + " Confirmed. Ksh1,350.00 sent to CinemaSphere for account K7QX2M on 1/1/00 at 3:00 AM. " +
			"Transaction cost, Ksh0.00. Amount you can transact within the day is 498,650.00."
		if got := text(paid.Find(".messages li.paid p").Last()); got != want {
			w.Errorf("message %q, want %q", got, want)
		}
		if paid.Find("form").Length() != 0 {
			w.Error("the prompt is still there")
		}
		if late := h.submit(p, url.Values{"pin": {"1234"}, "do": {"pay"}}); late.status != http.StatusConflict {
			w.Errorf("the same form once more: HTTP %d, want 409", late.status)
		}
		time.Sleep(time.Hour) // past the end of the prompt
		if calls, paid := len(w.received()), len(w.sim.Ledger()); calls != 1 || paid != 1 {
			w.Errorf("%d callbacks and %d payments, want 1 of each", calls, paid)
		}
	})
}

func TestMessagesTellWhatWasTaken(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		newest := func() string { return text(openHandset(w).get("phones/254712345999").Find(".paid").First()) }
		for _, want := range []string{
			"Ksh1,349.00 sent to", "the day is 498,651.00.", // a shilling less than was asked
			"Ksh1,349.00 sent to", "the day is 497,302.00.",
		} {
			if strings.HasPrefix(want, "Ksh") {
				w.push("254712345999", 1350)
				time.Sleep(time.Minute)
			}
			if got := newest(); !strings.Contains(got, want) {
				w.Errorf("message %q, want %q", got, want)
			}
		}
		time.Sleep(24 * time.Hour)
		w.token = w.newToken()
		w.push("254712345999", 11)
		time.Sleep(time.Minute)
		if got := newest(); !strings.Contains(got, "the day is 499,990.00.") {
			w.Errorf("message on the next day %q", got)
		}
	})
}

func TestPrefixMayBeStrippedWithItsSlash(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		h := openHandset(w)
		h.client.Transport = sim.InProcess(http.StripPrefix("/simulator/", w.sim.Handset()))
		for _, path := range []string{"", "phones/" + phone, "ledger"} {
			if p := h.get(path); p.status != http.StatusOK || h.at.Path != "/simulator/"+path {
				w.Errorf("%q: HTTP %d at %s", path, p.status, h.at)
			}
		}
	})
}

func TestTillMessageNamesNoAccount(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		f := pushFields(phone, 20)
		f["TransactionType"], f["PartyB"] = "CustomerBuyGoodsOnline", till
		if _, err := w.post(pushPath, f); err != nil {
			w.Fatal(err)
		}
		h := openHandset(w)
		paid := h.submit(h.get("phones/"+phone), url.Values{"pin": {"9999"}, "do": {"pay"}})
		if got := text(paid.Find(".paid")); !strings.Contains(got, "Ksh20.00 paid to CinemaSphere. on 1/1/00") ||
			strings.Contains(got, "K7QX2M") {
			w.Errorf("message %q", got)
		}
	})
}

func TestRefuseOnHandset(t *testing.T) {
	for name, test := range map[string]struct {
		typed url.Values
		want  string
	}{
		"cancel":    {url.Values{"do": {"cancel"}}, "You cancelled the payment of KSh 1,350 to CinemaSphere."},
		"wrong PIN": {url.Values{"pin": {"0000"}, "do": {"pay"}}, "You have entered the wrong PIN."},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				w.push(phone, 1350)
				h := openHandset(w)
				p := h.submit(h.get("phones/"+phone), test.typed)
				if got := text(p.Find(".messages")); !strings.Contains(got, test.want) ||
					p.Find(".paid").Length() != 0 {
					w.Errorf("messages %q, want %q", got, test.want)
				}
				if n := len(w.sim.Ledger()); n != 0 {
					w.Errorf("%d ledger entries, want none", n)
				}
			})
		})
	}
}

func TestPromptTimesOutOnHandset(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.push(phone, 1350)
		time.Sleep(time.Minute)
		synctest.Wait()
		p := openHandset(w).get("phones/" + phone)
		if p.Find("form").Length() != 0 ||
			!strings.Contains(text(p.Find(".messages")), "was not answered and is gone") {
			w.Errorf("screen %q", text(p.Find(".screen")))
		}
	})
}

func TestDelayedAnswer(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.push(phone, 1350)
		h := openHandset(w)
		open := h.get("phones/" + phone)
		p := h.submit(open, url.Values{"pin": {"1234"}, "after": {"20"}, "do": {"pay"}})
		if p.header.Get("Refresh") != "3" || !strings.Contains(text(p.Find(".prompt")), "Sending your answer") ||
			p.Find("form").Length() != 0 {
			w.Errorf("screen %q, Refresh %q", text(p.Find(".screen")), p.header.Get("Refresh"))
		}
		if again := h.submit(open, url.Values{"do": {"cancel"}}); again.status != http.StatusConflict {
			w.Errorf("a second answer: HTTP %d, want 409", again.status)
		}
		time.Sleep(20*time.Second - time.Millisecond)
		if len(w.sim.Ledger()) != 0 {
			w.Error("paid too early")
		}
		time.Sleep(time.Second)
		if len(w.sim.Ledger()) != 1 {
			w.Error("not paid after 20 s")
		}
	})
}

func TestScenarioPhoneAnswersItself(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.push("254712345001", 1350)
		p := openHandset(w).get("phones/254712345001")
		if p.Find("form").Length() != 0 || text(p.Find(".wait")) != "This number answers by itself." ||
			!strings.Contains(text(p.Find(".aside")), "Pays by itself") {
			w.Errorf("screen %q", text(p.Find("main")))
		}
	})
}

func TestLedgerPage(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		h := openHandset(w)
		if got := text(h.get("ledger").Find("main")); !strings.Contains(got, "not taken a shilling yet") {
			w.Errorf("empty ledger %q", got)
		}
		w.push("254712345001", 1350)
		w.push("254712345404", 2700)
		time.Sleep(time.Minute)
		if !w.sim.Reverse(w.sim.Ledger()[0].Receipt) || w.sim.Reverse("NOSUCHONE1") {
			w.Error("Reverse did not tell one receipt from another")
		}
		p := h.get("ledger")
		main := text(p.Find("main"))
		if p.Find(".entries li").Length() != 2 || !strings.Contains(main, "took KSh 4,050 in 2 payments") ||
			!strings.Contains(main, "2547*****001 for K7QX2M") || !strings.Contains(main, "reversed") {
			w.Errorf("ledger %q", main)
		}
		if strings.Contains(main, "254712345") {
			w.Error("the ledger shows a whole phone number")
		}
	})
}

// Every page: no script, no inline style, only relative links that lead somewhere, and no form that Opera Mini would
// submit by itself.
func TestPagesStandAlone(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.push(phone, 1)
		h := openHandset(w)
		for _, path := range []string{
			"", "phones/" + phone, "phones/254712345001", "phones/" + phone + "/pay", "ledger",
		} {
			p := h.get(path)
			here := h.at
			if p.status != http.StatusOK || p.Find("script, style, [style], [onclick]").Length() != 0 {
				w.Errorf("%q: HTTP %d, or script or inline style", path, p.status)
			}
			csp := p.header.Get("Content-Security-Policy")
			if !strings.HasPrefix(csp, "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'") {
				w.Errorf("%q: policy %q", path, csp)
			}
			p.Find("a[href], link[href]").Each(func(_ int, link *goquery.Selection) {
				href := link.AttrOr("href", "")
				if strings.HasPrefix(href, "/") || strings.Contains(href, ":") {
					w.Errorf("%q links to %q, which is not relative", path, href)
				}
				to, err := here.Parse(href)
				if err != nil {
					w.Fatal(err)
				}
				if resp, err := h.client.Get(to.String()); err != nil || resp.StatusCode != http.StatusOK {
					w.Errorf("%q links to %q: %v", path, href, err)
				}
			})
			p.Find("form").Each(func(_ int, form *goquery.Selection) {
				if n := form.Find("input:not([type=hidden]), select, textarea").Length(); n < 2 {
					w.Errorf("%q has a form with %d controls", path, n)
				}
			})
		}
		css := h.get("handset.css")
		if got := css.header.Get("Content-Type"); !strings.HasPrefix(got, "text/css") {
			w.Errorf("style sheet is %q", got)
		}
	})
}

func TestHandsetKeepsTheLastPushes(t *testing.T) {
	inBubble(t, func(c *sim.Config) { c.Default = sim.Script{Result: "1032"} }, func(w *world) {
		for i := range 30 {
			w.push(phone, i+1)
			synctest.Wait()
		}
		p := openHandset(w).get("phones/" + phone)
		if n := p.Find(".messages li").Length(); n != 20 {
			w.Errorf("%s messages, want 20", strconv.Itoa(n))
		}
		if first := text(p.Find(".messages li").First()); !strings.Contains(first, "KSh 30 ") {
			w.Errorf("first message %q, want the newest", first)
		}
	})
}
