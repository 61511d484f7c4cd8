package sim_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa/sim"
)

func TestPayByHandOnHandset(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.register(urlsPath2)
		h := openHandset(w)
		idle := h.get("phones/" + phone)
		href, ok := idle.Find(".byhand a").Attr("href")
		if !ok {
			w.Fatal("no way to pay by hand")
		}
		menu := h.get("phones/" + href)
		if menu.header.Get("Refresh") != "" {
			w.Errorf("the menu refreshes itself (%s) while things are typed", menu.header.Get("Refresh"))
		}
		if got := text(menu.Find("select option")); got != "Buy goods, till 5123456Pay bill 174379" {
			w.Errorf("receivers %q", got)
		}
		if got := text(menu.Find(".aside")); !strings.Contains(got,
			"goes to the address that CinemaSphere registered (version 2), with the number masked") {
			w.Errorf("aside %q", got)
		}
		paid := h.submit(menu, url.Values{
			"to": {shortcode}, "account": {"K7QX2M"}, "amount": {"1,350"}, "pin": {"1234"},
		})
		if h.at.Path != "/simulator/phones/"+phone || paid.status != 200 {
			w.Fatalf("HTTP %d at %s", paid.status, h.at)
		}
		receipt := w.sim.Ledger()[0].Receipt
		want := receipt + " Confirmed. Ksh1,350.00 sent to CinemaSphere for account K7QX2M on 1/1/00 at 3:00 AM. " +
			"Transaction cost, Ksh0.00. Amount you can transact within the day is 498,650.00."
		if got := text(paid.Find(".messages li.paid p").Last()); got != want {
			w.Errorf("message %q, want %q", got, want)
		}
		h.get("phones/" + phone + "/pay")
		toTill := h.submit(menu, url.Values{"to": {till}, "amount": {"20"}, "pin": {"1234"}})
		if got := text(toTill.Find(".messages li.paid p").Eq(1)); !strings.Contains(got,
			"Ksh20.00 paid to CinemaSphere. on 1/1/00") || !strings.Contains(got, "498,630.00") {
			w.Errorf("message %q", got)
		}
		synctest.Wait()
		if n := len(w.to("/confirmation")); n != 2 {
			w.Errorf("%d confirmations, want 2", n)
		}
	})
}

func TestPayByHandIsFilledIn(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		var p page
		for query, want := range map[string]string{"?to=" + till: till, "?account=K7QX2M": shortcode, "": ""} {
			p = openHandset(w).get("phones/" + phone + "/pay" + query)
			if got := p.Find("option[selected]").AttrOr("value", ""); got != want {
				w.Errorf("%s: receiver %q, want %q", query, got, want)
			}
		}
		p = openHandset(w).get("phones/" + phone + "/pay?to=" + shortcode + "&account=K7QX2M&amount=1350")
		if a, m := p.Find("#account").AttrOr("value", ""), p.Find("#amount").AttrOr("value", ""); a != "K7QX2M" ||
			m != "1350" {
			w.Errorf("account %q, amount %q", a, m)
		}
		for _, path := range []string{"phones/12/pay", "phones/x/pay"} {
			if p := openHandset(w).get(path); p.status != http.StatusNotFound {
				w.Errorf("%s: HTTP %d", path, p.status)
			}
		}
	})
}

func TestPayByHandMistakesOnHandset(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		h := openHandset(w)
		good := url.Values{"to": {shortcode}, "account": {"<b>"}, "amount": {"10"}, "pin": {"1234"}}
		for _, test := range []struct{ field, value, want string }{
			{"to", "600000", "Choose whom to pay."},
			{"account", "", "A paybill needs an account number"},
			{"amount", "", "The amount is 1 to 250,000 shillings"},
			{"amount", "12.50", "The amount is 1 to 250,000 shillings"},
			{"amount", "-5", "The amount is 1 to 250,000 shillings"},
			{"amount", "99999999999999999999", "The amount is 1 to 250,000 shillings"},
			{"pin", "12", "A PIN has four digits."},
		} {
			typed := url.Values{}
			for k, v := range good {
				typed[k] = v
			}
			typed.Set(test.field, test.value)
			p := h.submit(h.get("phones/"+phone+"/pay"), typed)
			if p.status != http.StatusUnprocessableEntity || !strings.Contains(text(p.Find(".problem")), test.want) {
				w.Errorf("%s = %q: HTTP %d, %q", test.field, test.value, p.status, text(p.Find(".problem")))
			}
			if test.field != "account" && p.Find("#account").AttrOr("value", "") != "<b>" {
				w.Errorf("%s = %q: what was typed is gone", test.field, test.value)
			}
		}
		wrong := h.submit(h.get("phones/"+phone+"/pay"), url.Values{
			"to": {shortcode}, "account": {"A"}, "amount": {"10"}, "pin": {"0000"},
		})
		got := text(wrong.Find(".messages"))
		if !strings.Contains(got, "You have entered the wrong PIN. KSh 10 to CinemaSphere was not paid.") {
			w.Errorf("messages %q", got)
		}
		w.wantMoney(0, 0, 0)
	})
}

func TestValidationOnHandset(t *testing.T) {
	inBubble(t, func(c *sim.Config) { c.Validation = true }, func(w *world) {
		w.register(urlsPath2)
		verdict := `{"ResultCode":"C2B00012","ResultDesc":"Rejected"}`
		w.says = func(c call) string { time.Sleep(5 * time.Second); return verdict }
		h := openHandset(w)
		typed := url.Values{"to": {shortcode}, "account": {"A"}, "amount": {"10"}, "pin": {"1234"}}
		menu := h.get("phones/" + phone + "/pay")
		if got := text(menu.Find(".aside")); !strings.Contains(got,
			"CinemaSphere is asked first; without an answer in 8 seconds the payment is made.") {
			w.Errorf("aside %q", got)
		}
		waiting := h.submit(menu, typed)
		if got := text(waiting.Find(".idle")); got != "Sending your payment …" || waiting.header.Get("Refresh") != "3" {
			w.Errorf("screen %q, Refresh %s", got, waiting.header.Get("Refresh"))
		}
		h.get("phones/" + phone + "/pay")
		if again := h.submit(menu, typed); again.status != http.StatusConflict ||
			!strings.Contains(text(again.Find(".problem")), "on its way") {
			w.Errorf("a second payment: HTTP %d, %q", again.status, text(again.Find(".problem")))
		}
		time.Sleep(6 * time.Second)
		if got := text(h.get("phones/" + phone).Find(".messages")); !strings.Contains(got,
			"Failed. CinemaSphere did not take the payment. KSh 10 to CinemaSphere was not paid.") {
			w.Errorf("messages %q", got)
		}
		verdict = `{"ResultCode":"0","ResultDesc":"Accepted"}`
		h.get("phones/" + phone + "/pay")
		h.submit(menu, typed)
		time.Sleep(6 * time.Second)
		if got := text(h.get("phones/" + phone).Find(".messages li").First()); !strings.Contains(got,
			"Ksh10.00 sent to CinemaSphere for account A") {
			w.Errorf("message %q", got)
		}
		w.wantMoney(10, 0, 10)
	})
}

func TestReverseOnLedgerPage(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		first, second := w.pay(phone, 1350), w.byHand(tillPayment(650))
		calls := len(w.received())
		h := openHandset(w)
		page := h.get("ledger")
		if got := text(page.Find(".entries")); !strings.Contains(got, "2547*****678 for K7QX2M") ||
			!strings.Contains(got, "2547*****678 to the till, by hand") {
			w.Errorf("entries %q", got)
		}
		after := h.submit(page, url.Values{"receipt": {first}, "by": {"safaricom"}})
		if h.at.Path != "/simulator/ledger" || after.status != 200 {
			w.Fatalf("HTTP %d at %s", after.status, h.at)
		}
		main := text(after.Find("main"))
		if !strings.Contains(main, "took KSh 2,000 in 2 payments") ||
			!strings.Contains(main, "KSh 1,350 of it went back in 1 reversal: KSh 650 net.") ||
			!strings.Contains(main, "reversed by Safaricom "+w.sim.Reversals()[0].Receipt) {
			w.Errorf("ledger %q", main)
		}
		if after.Find(".gone").Length() != 2 || page.Find(".gone").Length() != 0 {
			w.Error("what went back is not struck out, or something else is")
		}
		if after.Find("option[value="+first+"]").Length() != 0 || after.Find("option[value="+second+"]").Length() != 1 {
			w.Error("a reversed payment can be chosen, or another one cannot")
		}
		sms := "Confirmed. Transaction " + first +
			" has been reversed on 1/1/00 at 3:00 AM. Ksh1,350.00 is credited to your M-PESA account."
		if got := text(h.get("phones/" + phone).Find(".messages")); !strings.Contains(got, sms) {
			w.Errorf("messages %q, want %q", got, sms)
		}
		for value, want := range map[string]int{
			first: http.StatusConflict, "NOSUCHONE1": http.StatusUnprocessableEntity,
			"": http.StatusUnprocessableEntity,
		} {
			h.get("ledger")
			if p := h.submit(page, url.Values{"receipt": {value}, "by": {"operator"}}); p.status != want ||
				p.Find(".problem").Length() != 1 {
				w.Errorf("receipt %q: HTTP %d, want %d", value, p.status, want)
			}
		}
		w.sim.Withdraw(1)
		h.get("ledger")
		if p := h.submit(page, url.Values{"receipt": {second}}); p.status != http.StatusConflict ||
			!strings.Contains(text(p.Find(".problem")), "not enough money") {
			w.Errorf("HTTP %d %q", p.status, text(p.Find(".problem")))
		}
		time.Sleep(time.Hour)
		if n := len(w.received()); n != calls {
			w.Errorf("%d posts about reversals by hand", n-calls)
		}
		w.wantMoney(2000, 1350, 649)
	})
}

func TestLedgerPageTellsOfParts(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.ask(reversalPath, reversalFields(w.pay(phone, 1350), 350))
		time.Sleep(2 * time.Second)
		p := openHandset(w).get("ledger")
		if got := text(p.Find(".entries")); !strings.Contains(got, "reversed on request, KSh 350 of it") ||
			p.Find("form, .gone").Length() != 0 {
			w.Errorf("entries %q", got)
		}
	})
}

func TestPaybillAlone(t *testing.T) {
	inBubble(t, func(c *sim.Config) { c.Till = "" }, func(w *world) {
		p := openHandset(w).get("phones/" + phone + "/pay")
		if got := text(p.Find("select option")); got != "Pay bill 174379" ||
			!strings.Contains(text(p.Find("form")), "The booking code that your ticket names.") {
			w.Errorf("form %q", text(p.Find("form")))
		}
	})
}

// Messages of all kinds stand in the order of their times, newest first.
func TestMessagesInOrder(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.pay(phone, 1)
		time.Sleep(time.Minute)
		receipt := w.byHand(paybill("A", 2))
		time.Sleep(time.Minute)
		w.push(phone, 3)
		if err := w.sim.Cancel(phone); err != nil {
			w.Fatal(err)
		}
		time.Sleep(time.Minute)
		w.sim.Reverse(receipt)
		var got []string
		for _, m := range openHandset(w).get("phones/" + phone).Find(".messages li").EachIter() {
			got = append(got, text(m))
		}
		want := []string{"3:03 AM. Ksh2.00 is credited", "You cancelled the payment of KSh 3", "Ksh2.00 sent to",
			"Ksh1.00 sent to"}
		if len(got) != len(want) {
			t.Fatalf("messages %q", got)
		}
		for i := range want {
			if !strings.Contains(got[i], want[i]) {
				t.Errorf("message %d %q, want in it %q", i, got[i], want[i])
			}
		}
	})
}
