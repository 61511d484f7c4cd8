package handlers_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// openZoned opens a box office with a screening that has price types, and VIP seats in its last row.
func openZoned(t *testing.T) (*office, store.ScreeningID) {
	t.Helper()
	o := open(t)
	hall := storetest.Hall(t, o.store, "zone v = VIP\nA ooo_ooo\nB ooo_ooo\nC ooo_ooo\nD vvv_vvv")
	id := storetest.Screening(t, o.store, 4, 6, func(sc *store.Screening) {
		sc.HallID = hall
		sc.Prices = store.Prices{
			{Type: 1, Name: "Adult", Cents: 900_00}, {Type: 2, Name: "Child", Cents: 500_00},
			{Type: 3, Name: "Student", Cents: 700_00},
			{Type: 1, Name: "Adult", Zone: "VIP", Cents: 1500_00},
			{Type: 2, Name: "Child", Zone: "VIP", Cents: 1400_00},
		}
	})
	return o, id
}

// seats are the labels of the map's boxes, by what they are.
func seats(t *testing.T, w *httptest.ResponseRecorder) (free, chosen, taken []string) {
	t.Helper()
	for _, box := range page(t, w).Find(`[name=seat]`).EachIter() {
		label := box.AttrOr("value", "")
		_, checked := box.Attr("checked")
		_, disabled := box.Attr("disabled")
		switch {
		case checked:
			chosen = append(chosen, label)
		case disabled:
			taken = append(taken, label)
		default:
			free = append(free, label)
		}
	}
	return free, chosen, taken
}

// TestSeatForm: what a form with price types and seats is answered with, without JavaScript and in the dialog. Nothing
// that was typed or ticked is lost, but a seat that is gone.
func TestSeatForm(t *testing.T) {
	for _, c := range []struct {
		name   string
		form   string // in the place of the quantity
		total  string
		status int
		booked string // the ticket's seats and total, where there is one
		says   string
		chosen string
	}{
		{"best of the zone", "type.1=2&zone=VIP", "3000", 303, "D2 D3: 3000", "", ""},
		{"types", "type.1=1&type.2=2", "1900", 303, "C1 C2 C3: 1900", "", ""},
		{"seats", "type.1=1&type.2=1&seat=A1&seat=D6", "2000", 303, "A1 D6: 2000", "", ""},
		{"seats alone are adults'", "seat=A1&seat=A2", "1800", 303, "A1 A2: 1800", "", ""},
		{"none", "type.1=0&type.2=0", "900", 422, "", "1 to 10", ""},
		{"no number", "type.1=two", "900", 422, "", "1 to 10", ""},
		{"below none", "type.1=3&type.2=-1", "900", 422, "", "1 to 10", ""},
		{"eleven", "type.1=11", "9900", 422, "", "1 to 10", ""},
		{"more tickets than seats", "type.1=2&seat=A1", "1800", 422, "", "as many seats as tickets", "A1"},
		{"more seats than tickets", "type.1=1&seat=A1&seat=A2", "900", 422, "", "as many seats as tickets", "A1 A2"},
		{"a seat that is taken", "type.1=2&seat=B1&seat=A1", "1800", 409, "", "Seat B1", "A1"},
		{"a seat of another hall", "type.1=2&seat=Z9&seat=A1", "1800", 409, "", "seat Z9 is no longer there", "A1"},
		{"a seat twice", "type.1=2&seat=A1&seat=A1", "1800", 409, "", "not sold for these seats", "A1"},
		{"a student in VIP", "type.3=1&seat=D1", "700", 409, "", "not sold for these seats", "D1"},
		{"a type of another screening", "type.77=1", "900", 409, "", "not sold for these seats", ""},
		{"a price that changed", "type.1=1", "800", 409, "", "KSh 900", ""},
		{"forty-one seats", strings.Repeat("seat=A1&", 41), "900", 422, "", "1 to 10", "A1"},
	} {
		for _, path := range []string{"/bookings", "/bookings/dialog"} {
			t.Run(c.name+path, func(t *testing.T) {
				o, id := openZoned(t)
				b := storetest.Booking(id, storetest.Phone(9), 1)
				b.Seats = store.Labels{"B1"}
				if _, _, err := o.store.Tickets().Book(t.Context(), b); err != nil {
					t.Fatal(err)
				}
				f := with(with(form(id, "0712 345 678", 1), "quantity", ""), "total", c.total)
				wanted, err := url.ParseQuery(c.form)
				if err != nil {
					t.Fatal(err)
				}
				for name, values := range wanted {
					f[name] = values
				}
				w := o.post(path, f, "Sec-Fetch-Site", "same-origin")
				secret := strings.TrimPrefix(w.Header().Get("Location"), "/tickets/") +
					strings.TrimPrefix(w.Header().Get("HX-Push-Url"), "/tickets/")
				if path == "/bookings/dialog" && c.status == 303 {
					w.Code = http.StatusSeeOther
				}
				if w.Code != c.status || (secret != "") != (c.booked != "") {
					t.Fatalf("%d, %q: %s", w.Code, secret, w.Body)
				}
				if c.booked != "" {
					tk := o.ticket(secret)
					if got := fmt.Sprintf("%s: %d", strings.Join(tk.Seats, " "), tk.Total); got != c.booked {
						t.Errorf("%s, want %s", got, c.booked)
					}
					return
				}
				body := w.Body.String()
				_, chosen, taken := seats(t, w)
				if !strings.Contains(body, c.says) || strings.Join(chosen, " ") != c.chosen ||
					!slices.Equal(taken, []string{"B1"}) {
					t.Errorf("says %q %v, chosen %v, taken %v: %s", c.says, strings.Contains(body, c.says), chosen,
						taken, body)
				}
				for name, typed := range wanted {
					if strings.HasPrefix(name, "type.") && name != "type.77" &&
						page(t, w).Find(`[name="`+name+`"]`).AttrOr("value", "") != typed[0] {
						t.Errorf("%s is not shown back as %q", name, typed)
					}
				}
			})
		}
	}
}

// TestConfirmSeats: without JavaScript the seats and their price are shown once more, and booked as shown.
func TestConfirmSeats(t *testing.T) {
	o, id := openZoned(t)
	f := with(with(form(id, "0712 345 678", 1), "quantity", ""), "confirmed", "")
	f["type.1"], f["type.2"], f["seat"] = []string{"1"}, []string{"1"}, []string{"D6", "A1"}
	w := o.post("/bookings", f)
	doc := page(t, w)
	sure := url.Values{}
	for _, field := range doc.Find("form").First().Find("input[type=hidden]").EachIter() {
		sure.Add(field.AttrOr("name", ""), field.AttrOr("value", ""))
	}
	if w.Code != http.StatusOK || !strings.Contains(doc.Text(), "2,000") || !strings.Contains(doc.Text(), "A1") {
		t.Fatalf("%d %s", w.Code, doc.Text())
	}
	w = o.post("/bookings", sure)
	tk := o.ticket(strings.TrimPrefix(w.Header().Get("Location"), "/tickets/"))
	if !slices.Equal(tk.Seats, []string{"A1", "D6"}) || tk.Total != 2000 {
		t.Errorf("%v, %d", tk.Seats, tk.Total)
	}
	// The same form again is the same booking; with another seat it is another one, which its number cannot make.
	if w = o.post("/bookings", sure); w.Header().Get("Location") != "/tickets/"+tk.Secret {
		t.Errorf("sent twice: %d %q", w.Code, w.Header().Get("Location"))
	}
	other := with(sure, "seat", "")
	other["seat"] = []string{"B1", "B2"}
	if w = o.post("/bookings", other); w.Code != http.StatusConflict {
		t.Errorf("another seat under the same number: %d", w.Code)
	}
	// What is not sold together is told before a prompt goes out.
	wrong := with(with(f, "seat", "D2"), "nonce", nonce())
	wrong["type.1"], wrong["type.2"], wrong["type.3"] = []string{"0"}, []string{"0"}, []string{"1"}
	if w = o.post("/bookings", wrong); w.Code != http.StatusConflict {
		t.Errorf("a student in VIP: %d", w.Code)
	}
	// Somebody else is quicker: told before a prompt goes out.
	f["nonce"] = []string{nonce()}
	if w = o.post("/bookings", f); w.Code != http.StatusConflict {
		t.Errorf("%d", w.Code)
	}
}

// TestBookSeats: the map and the total of a form, read anew. A seat that was taken meanwhile is not chosen any more.
func TestBookSeats(t *testing.T) {
	o, id := openZoned(t)
	path := "/screenings/" + strconv.FormatInt(int64(id), 10) + "/book/seats"
	w := o.get(path + "?type.1=2&seat=A1&seat=D1")
	free, chosen, taken := seats(t, w)
	if w.Code != http.StatusOK || len(free) != 22 || len(taken) != 0 || !slices.Equal(chosen, []string{"A1", "D1"}) ||
		!strings.Contains(w.Body.String(), "2,400") || w.Header().Get("Cache-Control") != "private, no-store" {
		t.Errorf("%d %v %v %v %s", w.Code, free, chosen, taken, w.Body)
	}
	b := storetest.Booking(id, storetest.Phone(9), 1)
	b.Seats = store.Labels{"A1"}
	if _, _, err := o.store.Tickets().Book(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	_, chosen, taken = seats(t, o.get(path+"?type.1=2&seat=A1&seat=D1"))
	if !slices.Equal(chosen, []string{"D1"}) || !slices.Equal(taken, []string{"A1"}) {
		t.Errorf("%v %v", chosen, taken)
	}
	if w := o.get("/screenings/77/book/seats"); w.Code != http.StatusNotFound {
		t.Errorf("%d", w.Code)
	}
}

// TestMapJumps: above the map are plain links to each of its rows and to the total, which all lead somewhere, in the
// form and in the map that is read anew; under it what is ticked is named.
func TestMapJumps(t *testing.T) {
	o, id := openZoned(t)
	path := "/screenings/" + strconv.FormatInt(int64(id), 10) + "/book"
	for _, asked := range []string{path, path + "/dialog", path + "/seats"} {
		d := page(t, o.get(asked+"?seat=D6&seat=A1"))
		var names []string
		for _, link := range d.Find(".jumps a").EachIter() {
			names = append(names, link.Text())
			to := d.Find(link.AttrOr("href", ""))
			if row := to.AttrOr("data-row", "Total"); to.Length() != 1 || row != link.Text() {
				t.Errorf("%s: the link to %s leads to %d places, %s", asked, link.Text(), to.Length(), row)
			}
		}
		if strings.Join(names, " ") != "A B C D Total" || d.Find(".jumps ~ .map-scroll").Length() != 1 {
			t.Errorf("%s: links are %v", asked, names)
		}
		if text := d.Find(".yours").Text(); text != "Your seats: A1, D6" {
			t.Errorf("%s: ticked are %q", asked, text)
		}
	}
	if text := page(t, o.get(path)).Find(".yours").Text(); text != "" {
		t.Errorf("of no seat it says %q", text)
	}
	w := o.post("/bookings", with(with(form(id, "0712 345 678", 1), "seat", "B2"), "choose", "1"))
	if text := page(t, w).Find(".yours").Text(); w.Code != http.StatusOK || text != "Your seat: B2" {
		t.Errorf("after a submit: %d, %q", w.Code, text)
	}
}

// TestMapWeight: the form with the map of a hall of 600 seats is 14 KB at most as it goes over the line.
func TestMapWeight(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 24, 25)
	w := o.get("/screenings/"+strconv.FormatInt(int64(id), 10)+"/book", "Accept-Encoding", "gzip")
	free, _, _ := seats(t, o.get("/screenings/"+strconv.FormatInt(int64(id), 10)+"/book"))
	if w.Code != http.StatusOK || len(free) != 600 || w.Header().Get("Content-Encoding") != "gzip" {
		t.Fatalf("%d, %d seats, %v", w.Code, len(free), w.Header())
	}
	if n := w.Body.Len(); n > 14<<10 {
		t.Errorf("%d bytes", n)
	}
}

// TestSeatsInstead: somebody else was quicker. The form comes back with 409, the other choices, and the nearest seats
// to be had by one tick: sent again with it, it books these for the same total. Without the tick it changes nothing.
func TestSeatsInstead(t *testing.T) {
	for _, c := range []struct {
		name, taken, form, total string
		kept, instead            string
		booked                   string
	}{
		{"one of two", "B2", "type.1=2&seat=B1&seat=B2", "1800", "B1", "B3", "B1 B3"},
		{"one of two, beside the other", "B3", "type.1=2&seat=B2&seat=B3", "1800", "B2", "B1", "B1 B2"},
		{"both", "B1 B2", "type.1=1&type.2=1&seat=B1&seat=B2", "1400", "", "C1 C2", "C1 C2"},
		{"of two prices", "A1 D1", "type.1=2&seat=A1&seat=D1", "2400", "", "A2 D2", "A2 D2"},
		{"no price left", "D1 D2 D3 D4 D5 D6", "type.1=2&seat=A1&seat=D1", "2400", "A1", "", ""},
	} {
		for _, path := range []string{"/bookings", "/bookings/dialog"} {
			t.Run(c.name+path, func(t *testing.T) {
				o, id := openZoned(t)
				b := storetest.Booking(id, storetest.Phone(9), len(strings.Fields(c.taken)))
				b.Seats = strings.Fields(c.taken)
				if _, _, err := o.store.Tickets().Book(t.Context(), b); err != nil {
					t.Fatal(err)
				}
				f := with(with(form(id, "0712 345 678", 1), "quantity", ""), "total", c.total)
				wanted, err := url.ParseQuery(c.form)
				if err != nil {
					t.Fatal(err)
				}
				for name, values := range wanted {
					f[name] = values
				}
				for range 2 { // sent again as it is, nothing else happens
					w := o.post(path, f, "Sec-Fetch-Site", "same-origin")
					_, chosen, _ := seats(t, w)
					offer := page(t, w).Find("[name=take]")
					if w.Code != http.StatusConflict || strings.Join(chosen, " ") != c.kept ||
						offer.AttrOr("value", "") != c.instead || offer.Is("[checked]") {
						t.Fatalf("%d, kept %v, offered %q: %s", w.Code, chosen, offer.AttrOr("value", ""), w.Body)
					}
				}
				if c.instead == "" {
					return
				}
				f["seat"] = strings.Fields(c.kept) // what a browser sends: the others are not ticked any more
				f.Add("take", c.instead)
				f.Add("gone", c.taken)
				w := o.post(path, f, "Sec-Fetch-Site", "same-origin")
				secret := strings.TrimPrefix(w.Header().Get("Location"), "/tickets/") +
					strings.TrimPrefix(w.Header().Get("HX-Push-Url"), "/tickets/")
				if secret == "" {
					t.Fatalf("%d %s", w.Code, w.Body)
				}
				tk := o.ticket(secret)
				if strings.Join(tk.Seats, " ") != c.booked || fmt.Sprint(int(tk.Total)) != c.total {
					t.Errorf("booked %v for %d", tk.Seats, tk.Total)
				}
			})
		}
	}
}

// TestLookingAtMap: a map that is looked at is sent again where something has changed, and not otherwise. A ticked seat
// that somebody else has taken meanwhile is said, and the nearest offered, for as long as nothing is done about it.
func TestLookingAtMap(t *testing.T) {
	o, id := openZoned(t)
	path := "/screenings/" + strconv.FormatInt(int64(id), 10) + "/book/seats"
	query := "?type.1=2&type.2=0&zone=&seat=A1&seat=A2"
	w := o.get(path + query)
	state := page(t, w).Find("[name=map]").AttrOr("value", "")
	if w.Code != http.StatusOK || state == "" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := o.get(path + query + "&map=" + state); w.Code != http.StatusNoContent || w.Body.Len() > 0 {
		t.Errorf("nothing has changed: %d", w.Code)
	}
	for _, other := range []string{
		"?type.1=1&seat=A1&seat=A2", "?type.1=2&type.2=0&zone=&seat=A1", query + "&gone=A6",
	} {
		if w := o.get(path + other + "&map=" + state); w.Code != http.StatusOK {
			t.Errorf("%s: %d", other, w.Code)
		}
	}
	b := storetest.Booking(id, storetest.Phone(9), 1)
	b.Seats = store.Labels{"A2"}
	if _, _, err := o.store.Tickets().Book(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	for _, asked := range []string{query, "?type.1=2&seat=A1&gone=A2"} {
		w := o.get(path + asked + "&map=" + state)
		doc := page(t, w)
		_, chosen, _ := seats(t, w)
		if w.Code != http.StatusOK || !slices.Equal(chosen, []string{"A1"}) ||
			doc.Find("[name=gone]").AttrOr("value", "") != "A2" ||
			!strings.Contains(doc.Text(), "1,800") || doc.Find("[name=take]").AttrOr("value", "") != "A3" {
			t.Errorf("%s: %d %v %s", asked, w.Code, chosen, w.Body)
		}
	}
}

// TestWheelchairPlaces: who would get a place without a chair reads so before anything is booked, whether they chose it
// or nothing else is left. Best seats give such a place last, and a companion seat is for whoever has the place.
func TestWheelchairPlaces(t *testing.T) {
	o := open(t)
	hall := storetest.Hall(t, o.store, "A oo_wc")
	id := storetest.Screening(t, o.store, 1, 1, func(sc *store.Screening) { sc.HallID = hall })
	path := "/screenings/" + strconv.FormatInt(int64(id), 10) + "/book"
	explains := func(w *httptest.ResponseRecorder) bool {
		return strings.Contains(page(t, w).Text(), "there is no chair")
	}
	for query, want := range map[string]bool{
		"": false, "?quantity=2": false, "?quantity=3": true, "?seat=A1": false, "?seat=A3": true,
	} {
		if explains(o.get(path+query)) != want {
			t.Errorf("%s: it is explained: %v", query, !want)
		}
	}
	f := with(with(form(id, "0712 345 678", 1), "seat", "A4"), "confirmed", "")
	if w := o.post("/bookings", f); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "A3") {
		t.Errorf("a companion seat alone: %d %s", w.Code, w.Body)
	}
	f["seat"], f["total"] = []string{"A3", "A4"}, []string{strconv.Itoa(2 * toInt(t, f.Get("total")))}
	if w := o.post("/bookings", f); w.Code != http.StatusOK || !explains(w) {
		t.Errorf("it is not explained before the prompt: %d %s", w.Code, w.Body)
	}
}

func toInt(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestSeatNotes: what is to be known of a seat stands on the map, in the seat's label and for the eye, on the booking
// that waits to be paid and on the ticket.
func TestSeatNotes(t *testing.T) {
	o := open(t)
	o.pays()
	hall := storetest.Hall(t, o.store, "A ooo_wc\nnote A2 = behind a pillar\nnote A4 = no step")
	id := storetest.Screening(t, o.store, 1, 1, func(sc *store.Screening) { sc.HallID = hall })
	doc := page(t, o.get("/screenings/"+strconv.FormatInt(int64(id), 10)+"/book"))
	label := strings.Join(strings.Fields(doc.Find(`[name=seat][value=A2]`).Parent().Text()), " ")
	if !strings.HasSuffix(label, "free, behind a pillar") ||
		!strings.Contains(doc.Find(".map-notes").Text(), "A2: behind a pillar") {
		t.Errorf("%q, %q", label, doc.Find(".map-notes").Text())
	}
	f := with(form(id, "0712 345 678", 4), "quantity", "")
	f["seat"] = []string{"A2", "A3", "A4", "A5"}
	w := o.post("/bookings", f)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	secret := strings.TrimPrefix(w.Header().Get("Location"), "/tickets/")
	want := []string{"A2: behind a pillar", "A4: wheelchair place, no step", "A5: companion seat"}
	says := func(when string) {
		t.Helper()
		text := page(t, o.get("/tickets/"+secret)).Text()
		for _, note := range want {
			if !strings.Contains(text, note) {
				t.Errorf("%s nothing says %q", when, note)
			}
		}
		if strings.Contains(text, "A3:") {
			t.Errorf("%s A3 has a note", when)
		}
	}
	says("before it is paid")
	o.until(secret, "paid", paid)
	says("once it is paid")
}

// TestFormOffersWhatTheHallHas: a price card may have zones that this hall has not. Neither they nor what is sold in
// them alone is offered; where no seat has a price of the card, all are still shown.
func TestFormOffersWhatTheHallHas(t *testing.T) {
	balcony := store.Prices{
		{Type: 1, Name: "Adult", Zone: "Balcony", Cents: 300_00},
		{Type: 4, Name: "School", Zone: "Balcony", Cents: 100_00},
	}
	for _, c := range []struct{ name, plan, zones, types string }{
		{"all", "zone v = VIP\nzone b = Balcony\nA ov\nB bb", " VIP Balcony", "type.1 type.4"},
		{"without a balcony", "zone v = VIP\nA oo\nB vv", " VIP", ""},
		{"balcony alone", "zone b = Balcony\nA bb", "", "type.1 type.4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := open(t)
			hall := storetest.Hall(t, o.store, c.plan)
			id := storetest.Screening(t, o.store, 2, 2, func(sc *store.Screening) {
				sc.HallID = hall
				sc.Prices = slices.Concat(store.Prices{
					{Type: 1, Name: "Adult", Cents: 900_00}, {Type: 1, Name: "Adult", Zone: "VIP", Cents: 1500_00},
				}, balcony)
			})
			form := page(t, o.get(fmt.Sprintf("/screenings/%d/book", id)))
			var zones, types []string
			for _, option := range form.Find(`[name=zone] option`).EachIter() {
				zones = append(zones, option.AttrOr("value", "?"))
			}
			for _, input := range form.Find(`[name^="type."]`).EachIter() {
				types = append(types, input.AttrOr("name", "?"))
			}
			if strings.Join(zones, " ") != c.zones || strings.Join(types, " ") != c.types {
				t.Errorf("zones %q, types %q", zones, types)
			}
		})
	}
}

// TestConfirmShowsWhatIsPicked: before the prompt goes out the best seats are named, and whether they are side by side.
// So is a seat that a choice leaves alone.
func TestConfirmShowsWhatIsPicked(t *testing.T) {
	for _, c := range []struct{ plan, chosen, names, says string }{
		{"A ooo", "", "A1, A2", "the best that are left;"},
		{"A o_o", "", "A1, A2", "not all side by side"},
		{"A oooo", "A2 A3", "A2, A3", "leaves seats A1, A4 alone"},
		{"A oooo", "A1 A2", "A1, A2", ""},
	} {
		o := open(t)
		hall := storetest.Hall(t, o.store, c.plan)
		id := storetest.Screening(t, o.store, 1, 4, func(sc *store.Screening) { sc.HallID = hall })
		f := with(form(id, "0712 345 678", 2), "confirmed", "")
		f["seat"] = strings.Fields(c.chosen)
		w := o.post("/bookings", f)
		text := strings.Join(strings.Fields(page(t, w).Find("main").Text()), " ")
		if w.Code != http.StatusOK || !strings.Contains(text, c.names) || !strings.Contains(text, c.says) ||
			strings.Contains(text, "alone") != strings.Contains(c.says, "alone") {
			t.Errorf("%s %s: %d %s", c.plan, c.chosen, w.Code, text)
		}
	}
}

// TestPickedSeatsAreShownBeforeThePrompt: the form as a page, in the dialog, read anew, and the page to confirm all
// name the same seats with their zones and prices. Only what is paid for by a press is sent.
func TestPickedSeatsAreShownBeforeThePrompt(t *testing.T) {
	o := open(t)
	hall := storetest.Hall(t, o.store, "zone v = VIP\nA oooo\nB vvvv")
	id := storetest.Screening(t, o.store, 2, 4, func(sc *store.Screening) {
		sc.HallID = hall
		sc.Prices = store.Prices{
			{Type: 1, Name: "Adult", Cents: 500_00}, {Type: 1, Name: "Adult", Zone: "VIP", Cents: 900_00},
		}
	})
	at := fmt.Sprintf("/screenings/%d/book", id)
	for _, c := range []struct{ choice, seats, line string }{
		{"quantity=2", "Seats A1, A2 Standard", "2 × KSh 500 KSh 1,000"},
		{"quantity=3", "Seats A1, A2, A3 Standard", "3 × KSh 500 KSh 1,500"},
		{"quantity=2&zone=VIP", "Seats B1, B2 VIP", "2 × VIP KSh 900 KSh 1,800"},
		{"seat=B1&seat=B2", "Seats B1, B2 VIP", "2 × VIP KSh 900 KSh 1,800"},
		{"seat=A1&seat=B2", "Seat A1 Standard Seat B2 VIP", "1 × KSh 500 KSh 5001 × VIP KSh 900 KSh 900"},
	} {
		f, err := url.ParseQuery(c.choice)
		if err != nil {
			t.Fatal(err)
		}
		sent := with(with(form(id, "0712 345 678", 1), "quantity", ""), "confirmed", "")
		for name, values := range f {
			sent[name] = values
		}
		chosen := with(sent, "choose", "1")
		for name, w := range map[string]*httptest.ResponseRecorder{
			"form": o.get(at + "?" + c.choice), "dialog": o.get(at + "/dialog?" + c.choice),
			"read anew": o.get(at + "/seats?" + c.choice), "confirm": o.post("/bookings", sent),
			"form again": o.post("/bookings", chosen), "dialog again": o.post("/bookings/dialog", chosen),
		} {
			d := page(t, w)
			seats := strings.Join(strings.Fields(d.Find(".picked").Text()), " ")
			line := strings.Join(strings.Fields(d.Find(".lines").Text()), " ")
			if w.Code != http.StatusOK || !strings.HasPrefix(seats, c.seats) || line != c.line ||
				strings.Contains(seats, "best") == f.Has("seat") {
				t.Errorf("%s, %s: %d %q %q", c.choice, name, w.Code, seats, line)
			}
		}
	}
	if n := o.daraja.Totals(); n.Accepted+n.Refused != 0 {
		t.Errorf("prompts were sent: %+v", n)
	}
}
