package handlers_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/handlers"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestClosedBookings: a person has paused sales, or M-PESA does not answer. Every way to book says so and loses nothing
// that was typed, and the pages that lead there say so before.
func TestClosedBookings(t *testing.T) {
	for _, tt := range []struct {
		what   string
		close  func(*office) error
		reopen func(*office) error
		notice string // on pages
		says   string // to who books
		again  string // Retry-After
	}{
		{"paused", func(o *office) error { return o.store.Tickets().PauseSales(o.Context(), "till is being counted") },
			func(o *office) error { return o.store.Tickets().ResumeSales(o.Context()) },
			"Ticket sales are paused for the moment.",
			"The box office has paused ticket sales for the moment. Nothing was booked and you have not been charged.",
			"60"},
		{"M-PESA is silent", func(o *office) error {
			for range 5 {
				if err := o.store.Jobs().ReportCall(o.Context(), store.CallPush, false); err != nil {
					return err
				}
			}
			return nil
		}, func(o *office) error { return o.store.Jobs().ReportCall(o.Context(), store.CallPush, true) },
			"M-PESA is not answering, so bookings are closed for the moment.",
			"M-PESA is not answering at the moment. We take no bookings meanwhile", "15"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := open(t)
				id := storetest.Screening(t, o.store, 10, 20)
				_, m, err := o.store.Catalogue().Screening(t.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				o.daraja.SetScript(storetest.Phone(1), sim.Script{Result: "1032"})
				not := o.book(id, storetest.Phone(1), 1)
				o.until(not, "failed", failed)
				o.pays()
				placed := form(id, storetest.Phone(2), 1)
				o.post("/bookings", placed)
				if err := tt.close(o); err != nil {
					t.Fatal(err)
				}
				late := func(what string, w *httptest.ResponseRecorder) {
					t.Helper()
					if w.Code != 503 || w.Header().Get("Retry-After") != tt.again {
						t.Errorf("%s: %d, Retry-After %q", what, w.Code, w.Header().Get("Retry-After"))
					}
				}
				form1 := form(id, storetest.Phone(3), 1)
				for what, w := range map[string]*httptest.ResponseRecorder{
					"form": o.post("/bookings", form1), "dialog": o.post("/bookings/dialog", form1),
					"form to be confirmed": o.post("/bookings", with(form1, "confirmed", "")),
				} {
					late(what, w)
					d := page(t, w)
					if !strings.Contains(d.Find(".notice").Text(), tt.says) ||
						d.Find("[name=nonce]").AttrOr("value", "") != form1.Get("nonce") ||
						d.Find("[name=name]").AttrOr("value", "") == "" {
						t.Errorf("%s: %q, or what was typed is lost", what, d.Find(".notice").Text())
					}
				}
				for _, path := range []string{
					fmt.Sprintf("/screenings/%d/book", id), fmt.Sprintf("/screenings/%d/book/dialog", id),
				} {
					w := o.get(path)
					late(path, w)
					if d := page(t, w); !strings.Contains(d.Find(".notice").Text(), tt.notice) ||
						d.Find("form").Length() != 0 {
						t.Errorf("%s: %q", path, d.Find(".notice").Text())
					}
				}
				w := o.call("/api/make-payment", payment(id, storetest.Phone(4), 1))
				late("API", w)
				if got, _ := decode(t, w)["error"].(string); !strings.Contains(got, tt.says) {
					t.Errorf("API: %q", got)
				}
				for _, path := range []string{"/retry", "/retry/status"} {
					w := o.post("/tickets/"+not+path, url.Values{"phone": {storetest.Phone(1)}})
					late(path, w)
					if got := page(t, w).Find(".notice").Text(); !strings.Contains(got, tt.says) {
						t.Errorf("%s: %q", path, got)
					}
				}
				if w := o.post("/bookings", placed); w.Code != 303 {
					t.Errorf("a booking that stands, sent again: %d", w.Code)
				}
				pages := []string{"/", "/?genre=Drama", fmt.Sprintf("/movies/%d", m.ID)}
				for _, path := range pages {
					if got := page(t, o.get(path)).Find("main .shut").Text(); !strings.Contains(got, tt.notice) {
						t.Errorf("%s: %q", path, got)
					}
				}
				if n := o.daraja.Totals().Accepted; n != 2 {
					t.Errorf("%d prompts went out", n)
				}
				if err := tt.reopen(o); err != nil {
					t.Fatal(err)
				}
				for _, path := range pages {
					if w := o.get(path); page(t, w).Find(".shut").Length() != 0 {
						t.Errorf("%s still says that bookings are closed", path)
					}
				}
				w = o.post("/bookings", form1)
				if w.Code != 303 {
					t.Fatalf("the form that was turned away, sent again: %d", w.Code)
				}
				o.until(strings.TrimPrefix(w.Header().Get("Location"), "/tickets/"), "paid", paid)
				synctest.Wait() // its callback has been answered
				o.oneLineEach()
			})
		})
	}
}

// TestBookingsOpenByThemselves: once M-PESA has been left alone for long enough, one booking may try, and it opens them
// for all.
func TestBookingsOpenByThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		id := storetest.Screening(t, o.store, 10, 20)
		for range 5 {
			if err := o.store.Jobs().ReportCall(t.Context(), store.CallPush, false); err != nil {
				t.Fatal(err)
			}
		}
		path := fmt.Sprintf("/screenings/%d/book", id)
		if w := o.get(path); w.Code != 503 {
			t.Errorf("at once: %d", w.Code)
		}
		time.Sleep(15 * time.Second)
		if w := o.get(path); w.Code != 200 || page(t, w).Find("form[data-book]").Length() != 1 {
			t.Errorf("rested: %d", w.Code)
		}
		o.pays()
		o.until(o.book(id, storetest.Phone(1), 1), "paid", paid)
		if w := o.get("/"); page(t, w).Find(".shut").Length() != 0 {
			t.Error("the home page says that bookings are closed")
		}
	})
}

// TestPayingByHandIsOffered once two prompts have come to nothing, and where there is something to pay to.
func TestPayingByHandIsOffered(t *testing.T) {
	for _, tt := range []struct {
		what, paybill, till, says string
	}{
		{"paybill", shortcode, "",
			"Lipa na M-PESA, then Pay BillBusiness number " + shortcode + "Account number CODEAmount KSh 1,350"},
		{"till", "", "5551234", "Lipa na M-PESA, then Buy Goods and ServicesTill number 5551234Amount KSh 1,350"},
		{"neither", "", "", ""},
	} {
		t.Run(tt.what, func(t *testing.T) {
			o := open(t, func(d *handlers.Deps) { d.Paybill, d.Till = tt.paybill, tt.till })
			o.daraja.SetScript("*", sim.Script{Result: "1032"})
			secret := o.book(storetest.Screening(t, o.store, 10, 20), storetest.Phone(1), 1)
			o.until(secret, "failed", failed)
			d := page(t, o.get("/tickets/"+secret))
			if d.Find(".steps").Length() != 0 || d.Find("details:not([open]) textarea").Length() != 1 {
				t.Error("after one prompt: it is offered, or the form for a receipt is not folded up")
			}
			o.post("/tickets/"+secret+"/retry", url.Values{"phone": {storetest.Phone(1)}})
			tk := o.until(secret, "failed again", failed)
			d = page(t, o.get("/tickets/"+secret))
			got := strings.ReplaceAll(d.Find(".steps li:not(:last-child)").Text(), tk.Code, "CODE")
			if got != tt.says || d.Find("textarea").Length() != 1 || d.Find("details textarea").Length() != 0 {
				t.Errorf("after two prompts: %q, want %q", got, tt.says)
			}
			if tt.says != "" && !strings.Contains(d.Find(".part .hint").Text(), "Your seats are held until ") {
				t.Errorf("of the seats it says %q", d.Find(".part .hint").Text())
			}
		})
	}
}

// TestPaidByHand pays to the paybill with the ticket's code as account number, after two prompts came to nothing.
func TestPaidByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t, func(d *handlers.Deps) { d.Paybill = shortcode })
		phone := storetest.Phone(1)
		o.daraja.SetScript("*", sim.Script{Result: "1032"})
		secret := o.book(storetest.Screening(t, o.store, 10, 20), phone, 1)
		o.until(secret, "failed", failed)
		o.post("/tickets/"+secret+"/retry", url.Values{"phone": {phone}})
		tk := o.until(secret, "failed again", func(t *store.Ticket) bool {
			return t.Status == store.Failed && !t.Push.Live
		})
		receipt, err := o.daraja.PayByHand(sim.HandPayment{
			Phone: phone, To: shortcode, Account: tk.Code, Amount: 1350, PIN: "1234",
		})
		if err != nil {
			t.Fatal(err)
		}
		if w := o.claim(secret, receipt); w.Code != 303 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if tk := o.until(secret, "paid", paid); tk.Receipt != receipt {
			t.Errorf("paid with %q, want %q", tk.Receipt, receipt)
		}
	})
}
