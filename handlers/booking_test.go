package handlers_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
	"cinemasphere/views/wording"
)

func TestBookingWithoutJavaScript(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 10, 20)
	o.pays()

	w := o.get("/screenings/" + strconv.FormatInt(int64(id), 10) + "/book")
	if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "private, no-store" || sessionCookie(w) != nil {
		t.Fatalf("form: %d %v", w.Code, w.Header())
	}
	unconfirmed := with(with(form(id, "0712 345 678", 2), "confirmed", ""), "total", "1350")
	w = o.post("/bookings", unconfirmed)
	if w.Code != http.StatusOK || sessionCookie(w) != nil || o.seatsTaken(id) != 0 {
		t.Fatalf("confirm page: %d, %d seats taken", w.Code, o.seatsTaken(id))
	}
	for _, want := range []string{"0712 345 678", "2,700", "Achieng Otieno"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("confirm page does not show %q", want)
		}
	}
	w = o.post("/bookings", with(with(unconfirmed, "confirmed", "1"), "total", "2700"))
	if w.Code != http.StatusSeeOther {
		t.Fatalf("booking: %d %s", w.Code, w.Body)
	}
	secret := strings.TrimPrefix(w.Header().Get("Location"), "/tickets/")
	cookie := sessionCookie(w)
	if cookie == nil || !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteLaxMode ||
		cookie.Name != "__Host-cinemasphere" || cookie.Path != "/" {
		t.Fatalf("session cookie: %v", cookie)
	}
	tk := o.until(secret, "paid", paid)
	if tk.Phone != "254712345678" || tk.Quantity != 2 || tk.Total != 2700 || len(tk.Seats) != 2 {
		t.Errorf("ticket: %+v", tk)
	}
	w = o.get("/tickets/" + secret)
	text := strings.Join(strings.Fields(page(t, w).Text()), "")
	if w.Code != http.StatusOK || w.Header().Get("Refresh") != "" || !strings.Contains(text, tk.Receipt) ||
		!strings.Contains(text, tk.Code) {
		t.Errorf("paid ticket's page: %d Refresh %q %s", w.Code, w.Header().Get("Refresh"), text)
	}
}

func TestPendingTicketRefreshesItselfOnlyInOldBrowsers(t *testing.T) {
	o := open(t)
	secret := o.book(storetest.Screening(t, o.store, 5, 10), storetest.Phone(1), 1)
	path := "/tickets/" + secret
	if got := o.get(path).Header().Get("Refresh"); got != "5; url="+path {
		t.Errorf("Refresh is %q", got)
	}
	if got := o.get(path, "Sec-Fetch-Mode", "navigate").Header().Get("Refresh"); got != "" {
		t.Errorf("Refresh is %q for a browser that polls", got)
	}
}

func TestBookingInTheDialog(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 10, 20)
	f := with(form(id, storetest.Phone(2), 1), "confirmed", "")
	w := o.post("/bookings/dialog", f, "HX-Request", "true", "Sec-Fetch-Site", "same-origin")
	pushed := w.Header().Get("HX-Push-Url")
	if w.Code != http.StatusOK || !strings.HasPrefix(pushed, "/tickets/") ||
		w.Header().Get("Cache-Control") != "private, no-store" {
		t.Fatalf("dialog: %d HX-Push-Url %q Cache-Control %q", w.Code, pushed, w.Header()["Cache-Control"])
	}
	if strings.Contains(w.Body.String(), "<html") {
		t.Error("the dialog got a whole page")
	}
	tk := o.ticket(strings.TrimPrefix(pushed, "/tickets/"))
	status := pushed + "/status?v=" + strconv.FormatInt(tk.Version, 10)
	if w := o.get(status); w.Code != http.StatusNoContent || w.Body.Len() != 0 {
		t.Errorf("unchanged status: %d with %d bytes", w.Code, w.Body.Len())
	}
	if err := o.daraja.PIN(tk.Phone, "1234"); err != nil {
		t.Fatal(err)
	}
	paidTicket := o.until(tk.Secret, "paid", paid)
	w = o.get(status)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), paidTicket.Receipt) {
		t.Errorf("changed status: %d %s", w.Code, w.Body)
	}
	if w := o.get("/tickets/NOSUCHSECRETNOSUCHSECRET22/status?v=1"); w.Code != http.StatusNotFound ||
		strings.Contains(w.Body.String(), "<html") {
		t.Errorf("unknown ticket's status: %d", w.Code)
	}
}

func TestAFormSentTwiceMakesOneTicket(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 10, 20)
	f := form(id, storetest.Phone(3), 2)
	var locations [8]string
	var all sync.WaitGroup
	for i := range locations {
		all.Go(func() { locations[i] = o.post("/bookings", f).Header().Get("Location") })
	}
	all.Wait()
	for _, l := range locations {
		if l == "" || l != locations[0] {
			t.Errorf("answers lead to %q and %q", locations[0], l)
		}
	}
	if n := o.seatsTaken(id); n != 2 {
		t.Errorf("%d seats taken, want 2", n)
	}
	if n := o.daraja.Totals().Accepted; n != 1 {
		t.Errorf("%d pushes", n)
	}
	// A session that did not make the booking would not find it.
	if w := o.post("/bookings", f); w.Header().Get("Location") != locations[0] || sessionCookie(w) != nil {
		t.Errorf("sent once more: %s, cookie %v", w.Header().Get("Location"), sessionCookie(w))
	}
}

func TestAFormUsedAgainForAnotherBooking(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 10, 20)
	f := form(id, storetest.Phone(4), 1)
	first := o.post("/bookings", f)
	other := with(with(f, "quantity", "3"), "total", "4050")

	w := o.post("/bookings", other)
	if w.Code != http.StatusConflict || strings.Contains(w.Body.String(), first.Header().Get("Location")) {
		t.Errorf("a stranger with the nonce: %d, or is shown the ticket", w.Code)
	}
	if got, _ := page(t, w).Find(`input[name="nonce"]`).Attr("value"); got == "" || got == f.Get("nonce") {
		t.Errorf("the form comes back with nonce %q", got)
	}
	w = o.send(request{
		method: "POST", path: "/bookings", body: other.Encode(), cookie: sessionCookie(first),
		headers: []string{"Content-Type", "application/x-www-form-urlencoded"},
	})
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), first.Header().Get("Location")) {
		t.Errorf("the same browser: %d, and no link to its booking", w.Code)
	}
	if n := o.seatsTaken(id); n != 1 {
		t.Errorf("%d seats taken, want 1", n)
	}
}

func TestBookingsThatCannotBeMade(t *testing.T) {
	o := open(t)
	open := storetest.Screening(t, o.store, 1, 3)
	tests := []struct {
		name   string
		id     store.ScreeningID
		change [2]string
		status int
		says   string
	}{
		{"too few seats", open, [2]string{"quantity", "4"}, 409, "Only 3 seats are left."},
		{"past", storetest.Screening(t, o.store, 2, 5, func(s *store.Screening) {
			s.StartsAt, s.SalesCloseAt = o.store.Now().Add(-time.Hour), o.store.Now().Add(-time.Hour)
		}), [2]string{}, 409, "has begun"},
		{"closed", storetest.Screening(t, o.store, 2, 5, func(s *store.Screening) { s.Status = store.Closed }),
			[2]string{}, 409, "no longer sold"},
		{"cancelled", storetest.Screening(t, o.store, 2, 5, func(s *store.Screening) { s.Status = store.Cancelled }),
			[2]string{}, 409, "has been cancelled"},
		{"another price", open, [2]string{"total", "1000"}, 409, "the total is now KSh 1,350"},
		{"no price", open, [2]string{"total", ""}, 409, "the total is now KSh 1,350"},
		{"price is no number", open, [2]string{"total", "KSh 1,350"}, 409, "the total is now KSh 1,350"},
		{"unknown screening", 12345, [2]string{}, 404, "nothing at this address"},
		{"screening is no number", open, [2]string{"screening", "1;DROP"}, 404, "nothing at this address"},
		{"no nonce", open, [2]string{"nonce", ""}, 422, "out of date"},
		{"short nonce", open, [2]string{"nonce", "1"}, 422, "out of date"},
	}
	for i, tt := range tests {
		f := form(tt.id, storetest.Phone(10+i), 1)
		if tt.change[0] != "" {
			f = with(f, tt.change[0], tt.change[1])
		}
		if tt.change[0] == "quantity" {
			f = with(f, "total", "5400")
		}
		for _, path := range []string{"/bookings", "/bookings/dialog"} {
			w := o.post(path, f)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.says) {
				t.Errorf("%s at %s: %d, want %d %q in\n%s", tt.name, path, w.Code, tt.status, tt.says, w.Body)
			}
			if tt.id == open && tt.status != 404 &&
				page(t, w).Find(`input[name="name"]`).AttrOr("value", "") != "Achieng Otieno" {
				t.Errorf("%s at %s: what was typed is lost", tt.name, path)
			}
		}
	}
	if n := o.daraja.Totals(); n.Accepted+n.Refused != 0 {
		t.Errorf("Daraja was called: %+v", n)
	}
	if n := o.seatsTaken(open); n != 0 {
		t.Errorf("%d seats taken", n)
	}
}

func TestASecondPromptOnTheSamePhone(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 10, 20)
	first := o.post("/bookings", form(id, storetest.Phone(30), 1))
	w := o.post("/bookings", form(id, storetest.Phone(30), 1))
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), wording.PhoneTaken) ||
		w.Header().Get("Retry-After") != "150" {
		t.Errorf("another browser: %d", w.Code)
	}
	if strings.Contains(w.Body.String(), first.Header().Get("Location")) {
		t.Error("another browser is shown the ticket")
	}
	w = o.send(request{
		method: "POST", path: "/bookings", body: form(id, storetest.Phone(30), 1).Encode(),
		cookie:  sessionCookie(first),
		headers: []string{"Content-Type", "application/x-www-form-urlencoded"},
	})
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), first.Header().Get("Location")) {
		t.Errorf("the same browser: %d, and no link to its booking", w.Code)
	}
}

func TestTheFormIsRedrawnForAnotherScreening(t *testing.T) {
	o := open(t)
	first := storetest.Screening(t, o.store, 5, 10)
	sc, _, err := o.store.Catalogue().Screening(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	second, err := o.store.Catalogue().AddScreening(t.Context(), store.Screening{
		MovieID: sc.MovieID, HallID: sc.HallID, StartsAt: sc.StartsAt.Add(time.Hour),
		SalesCloseAt: sc.StartsAt.Add(time.Hour), Prices: store.OnePrice(1275),
	})
	if err != nil {
		t.Fatal(err)
	}
	typed := form(second, "0712", 3)
	typed.Set("choose", "1")
	for _, path := range []string{"/bookings", "/bookings/dialog"} {
		w := o.post(path, typed)
		doc := page(t, w)
		if w.Code != 200 || doc.Find(`input[name="phone"]`).AttrOr("value", "") != "0712" ||
			doc.Find(`input[name="quantity"]`).AttrOr("value", "") != "3" {
			t.Errorf("%s: %d, or what was typed is lost", path, w.Code)
		}
		if !strings.Contains(w.Body.String(), "KSh 39") || doc.Find(`input[name="total"]`).AttrOr("value", "") != "39" {
			t.Errorf("%s: the total is not that of the chosen screening", path)
		}
	}
	link := "/screenings/" + strconv.FormatInt(int64(first), 10) + "/book"
	w := o.get(link + "?quantity=4&screening=" + strconv.FormatInt(int64(second), 10))
	if doc := page(t, w); w.Code != 200 || doc.Find(`input[name="total"]`).AttrOr("value", "") != "51" {
		t.Errorf("by the query: %d", w.Code)
	}
	if w := o.get(link + "?quantity=99&screening=x"); w.Code != 200 ||
		page(t, w).Find(`input[name="total"]`).AttrOr("value", "") != "1350" {
		t.Errorf("nonsense in the query: %d", w.Code)
	}
}

func TestNoConfirmPageForWhatCannotBeBooked(t *testing.T) {
	o := open(t)
	small := storetest.Screening(t, o.store, 1, 2)
	shut := storetest.Screening(t, o.store, 1, 2, func(s *store.Screening) { s.Status = store.Closed })
	for _, tt := range []struct {
		id     store.ScreeningID
		n      int
		status int
		says   string
	}{
		{small, 3, 409, "Only 2 seats are left."}, {shut, 1, 409, "no longer sold"},
		{77, 1, 404, "nothing at this address"},
	} {
		if w := o.post("/bookings", with(form(tt.id, "0712345678", tt.n), "confirmed", "")); w.Code != tt.status ||
			!strings.Contains(w.Body.String(), tt.says) {
			t.Errorf("%d tickets: %d, want %d %q", tt.n, w.Code, tt.status, tt.says)
		}
	}
	o.book(small, storetest.Phone(1), 2)
	if w := o.post("/bookings", with(form(small, "0712345678", 1), "confirmed", "")); w.Code != 409 ||
		!strings.Contains(w.Body.String(), "sold out") {
		t.Errorf("sold out: %d", w.Code)
	}
}
