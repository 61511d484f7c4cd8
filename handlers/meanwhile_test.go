package handlers_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestPlanChangesUnderAForm: the hall gets another plan while a customer fills in the form that shows the old one. What
// is still as it was shown is booked; for anything else nothing is, and the form comes back with the new map.
func TestPlanChangesUnderAForm(t *testing.T) {
	const was = "zone v = VIP\nA oooo\nB vvvv"
	for _, tt := range []struct {
		name, plan, choice, total string
		booked                    string // the seats; "" where nothing is
		chosen, says              string // by the form that comes back
	}{
		{"nothing of theirs", "zone v = VIP\nA oooo_oo\nB vvvv", "seat=A2&seat=A3", "1000", "A2 A3", "", ""},
		{"a row more before theirs", "zone v = VIP\nZ oo\nA oooo\nB vvvv", "seat=A2", "500", "A2", "", ""},
		{"one of their seats is gone", "zone v = VIP\nA ooo\nB vvvv", "seat=A3&seat=A4", "1000", "", "A3",
			"The hall&#39;s plan has changed: seat A4 is no longer there."},
		{"their row has another letter", "zone v = VIP\nC oooo\nB vvvv", "seat=A2", "500", "", "",
			"The hall&#39;s plan has changed: seat A2 is no longer there."},
		{"their row is gone", "zone v = VIP\nB vvvv", "seat=A2&seat=A3&seat=B1", "1900", "", "B1",
			"The hall&#39;s plan has changed: seats A2 and A3 are no longer there."},
		{"their seat is broken", "zone v = VIP\nA oxoo\nB vvvv", "seat=A2&seat=A1", "1000", "", "A1", "Seat A2"},
		{"their seat is kept back", "zone v = VIP\nA ohoo\nB vvvv", "seat=A2&seat=A1", "1000", "", "A1", "Seat A2"},
		{"their seat is VIP", "zone v = VIP\nA ovoo\nB vvvv", "seat=A2", "500", "", "A2", "KSh 900"},
		{"their seat is VIP no more", "A oooo\nB oooo", "seat=B1", "900", "", "B1", "KSh 500"},
		{"the best of a hall that shrinks", "A oo\nB o", "quantity=2", "1000", "A1 A2", "", ""},
		{"more than the hall has now", "A oo\nB o", "quantity=4", "2000", "", "", "3"},
	} {
		for _, path := range []string{"/bookings", "/bookings/dialog"} {
			t.Run(tt.name+path, func(t *testing.T) {
				o := open(t)
				c := o.store.Catalogue()
				hall := storetest.Hall(t, o.store, was)
				id := storetest.Screening(t, o.store, 2, 4, func(sc *store.Screening) {
					sc.HallID = hall
					sc.Prices = store.Prices{
						{Type: 1, Name: "Adult", Cents: 500_00}, {Type: 1, Name: "Adult", Zone: "VIP", Cents: 900_00},
					}
				})
				f := with(with(form(id, "0712 345 678", 1), "quantity", ""), "total", tt.total)
				choice, err := url.ParseQuery(tt.choice)
				if err != nil {
					t.Fatal(err)
				}
				for name, values := range choice {
					f[name] = values
				}
				if n := len(f["seat"]); n > 0 {
					f.Set("type.1", string(rune('0'+n)))
				} else {
					f.Set("type.1", f.Get("quantity"))
					f.Del("quantity")
				}

				h, err := c.Hall(t.Context(), hall)
				if err != nil {
					t.Fatal(err)
				}
				h.Plan = tt.plan
				if _, h, err = c.EditHall(t.Context(), h); err != nil {
					t.Fatal(err)
				}
				if _, err := c.ApplyPlan(t.Context(), h.PlanID, []store.ScreeningID{id}); err != nil {
					t.Fatal(err)
				}

				w := o.post(path, f, "Sec-Fetch-Site", "same-origin")
				secret := strings.TrimPrefix(w.Header().Get("Location"), "/tickets/") +
					strings.TrimPrefix(w.Header().Get("HX-Push-Url"), "/tickets/")
				if tt.booked != "" {
					if got := strings.Join(o.ticket(secret).Seats, " "); got != tt.booked {
						t.Errorf("booked are %s, want %s", got, tt.booked)
					}
					return
				}
				_, chosen, _ := seats(t, w)
				if w.Code != http.StatusConflict || secret != "" || o.seatsTaken(id) != 0 ||
					o.daraja.Totals().Accepted != 0 {
					t.Errorf("%d %q, %d seats taken", w.Code, secret, o.seatsTaken(id))
				}
				if !strings.Contains(w.Body.String(), tt.says) || strings.Join(chosen, " ") != tt.chosen {
					t.Errorf("says %v, chosen %v: %s", strings.Contains(w.Body.String(), tt.says), chosen, w.Body)
				}
				if page(t, w).Find("[name=phone]").AttrOr("value", "") != "0712 345 678" {
					t.Error("the phone is lost")
				}
			})
		}
	}
}

// TestHoldRunsOutUnderTheForm: the seats of a failed booking are held while the customer looks at the form to try
// again, and somebody else takes them once they are free. Whoever chose them gets no others; for the rest there are
// others, if any. No prompt goes out for what cannot be had.
func TestHoldRunsOutUnderTheForm(t *testing.T) {
	for _, tt := range []struct {
		name   string
		chosen store.Labels // nil are the best
		others store.Labels // what somebody else takes meanwhile
		want   store.Labels // what the second try gets; nil is nothing
	}{
		{"nobody came", store.Labels{"A2"}, nil, store.Labels{"A2"}},
		{"others are taken", store.Labels{"A2"}, store.Labels{"A1", "A3"}, store.Labels{"A2"}},
		{"the chosen seat is taken", store.Labels{"A2"}, store.Labels{"A2"}, nil},
		{"one of two chosen is taken", store.Labels{"A2", "A3"}, store.Labels{"A3"}, nil},
		{"the best are taken, others are free", nil, store.Labels{"A2"}, store.Labels{"A1"}},
		{"all are taken", nil, store.Labels{"A1", "A2", "A3", "A4"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := open(t)
				id := storetest.Screening(t, o.store, 1, 4)
				phone := storetest.Phone(1)
				o.daraja.SetScript(phone, sim.Script{Result: "1032"})
				b := storetest.Booking(id, phone, max(1, len(tt.chosen)))
				b.Seats = tt.chosen
				placed := with(form(id, phone, b.Quantity), "confirmed", "1")
				if tt.chosen != nil {
					placed["seat"] = tt.chosen
				}
				secret := strings.TrimPrefix(o.post("/bookings", placed).Header().Get("Location"), "/tickets/")
				first := o.until(secret, "failed", failed).Seats
				if tt.chosen == nil && !slices.Contains(tt.others, first[0]) {
					t.Fatalf("the best are %v, which nobody takes here", first)
				}
				time.Sleep(3 * time.Minute) // the bubble's clock: the form lies open, and the hold runs out
				if o.seatsTaken(id) != 0 {
					t.Fatalf("%d seats are still held", o.seatsTaken(id))
				}
				if tt.others != nil {
					other := storetest.Booking(id, storetest.Phone(2), len(tt.others))
					other.Seats = tt.others
					if _, _, err := o.store.Tickets().Book(t.Context(), other); err != nil {
						t.Fatal(err)
					}
				}
				o.pays()
				o.daraja.SetScript(phone, sim.Script{Result: "0"})
				prompts := o.daraja.Totals().Accepted
				w := o.post("/tickets/"+secret+"/retry", url.Values{"phone": {phone}})
				if tt.want == nil {
					if tk := o.ticket(secret); w.Code != http.StatusConflict || tk.Status != store.Failed ||
						o.daraja.Totals().Accepted != prompts {
						t.Errorf("%d, %+v", w.Code, tk)
					}
					return
				}
				tk := o.until(secret, "paid", paid)
				if w.Code != http.StatusSeeOther || !slices.Equal(tk.Seats, tt.want) {
					t.Errorf("%d, %v, want %v", w.Code, tk.Seats, tt.want)
				}
			})
		})
	}
}
