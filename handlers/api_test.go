package handlers_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
	"cinemasphere/views/wording"
)

// payment is a body of POST /api/make-payment.
func payment(id store.ScreeningID, phone string, n int) string {
	return fmt.Sprintf(`{"screeningId":%d,"customerName":"Achieng Otieno","phoneNumber":%q,"quantity":%d}`, id, phone,
		n)
}

func decode(t *testing.T, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type is %q", got)
	}
	var v map[string]any
	d := json.NewDecoder(strings.NewReader(w.Body.String()))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return v
}

func keys(t *testing.T, v any, names ...string) {
	t.Helper()
	m, is := v.(map[string]any)
	if !is {
		t.Fatalf("%v is no object", v)
	}
	for _, n := range names {
		if _, ok := m[n]; !ok {
			t.Errorf("%s is missing in %v", n, m)
		}
	}
	if len(m) != len(names) {
		t.Errorf("%d fields, want %d: %v", len(m), len(names), m)
	}
}

func TestAPIMovies(t *testing.T) {
	o := open(t)
	full := storetest.Screening(t, o.store, 1, 2)
	sc, m, err := o.store.Catalogue().Screening(t.Context(), full)
	if err != nil {
		t.Fatal(err)
	}
	later, err := o.store.Catalogue().AddScreening(t.Context(), store.Screening{
		MovieID: m.ID, HallID: sc.HallID, StartsAt: sc.StartsAt.Add(48 * time.Hour),
		SalesCloseAt: sc.StartsAt.Add(48 * time.Hour), Prices: store.OnePrice(1275),
	})
	if err != nil {
		t.Fatal(err)
	}
	o.book(full, storetest.Phone(1), 2)
	bare, err := o.store.Catalogue().AddMovie(t.Context(), store.Movie{
		Title: "Nothing On", Synopsis: "-", Runtime: 90, AgeRating: "GE", Genre: "Drama", Language: "Kiswahili",
	})
	if err != nil {
		t.Fatal(err)
	}
	list, is := decode(t, o.get("/api/movies"))["movies"].([]any)
	if !is || len(list) != 2 {
		t.Fatalf("movies: %v", list)
	}
	film, _ := list[0].(map[string]any)
	keys(t, list[0], "movieId", "title", "description", "showTime", "price", "maximumTickets", "imageUrl",
		"dateCreated", "lastUpdated", "ticketsLeft", "screenings")
	want := sc.StartsAt.Add(48*time.Hour).Time().Add(3*time.Hour).Format("2006-01-02T15:04:05") + "+03:00"
	if film["showTime"] != want || film["price"] != json.Number("12.75") || film["ticketsLeft"] != json.Number("2") ||
		film["maximumTickets"] != json.Number("2") {
		t.Errorf("the next screening with seats left: %v, want %s", film, want)
	}
	screenings, _ := film["screenings"].([]any)
	if len(screenings) != 2 {
		t.Fatalf("screenings: %v", screenings)
	}
	keys(t, screenings[0], "screeningId", "hall", "showTime", "price", "maximumTickets", "ticketsLeft")
	if s, _ := screenings[0].(map[string]any); s["ticketsLeft"] != json.Number("0") ||
		s["price"] != json.Number("1350") {
		t.Errorf("the full screening: %v", s)
	}
	if s, _ := screenings[1].(map[string]any); s["screeningId"] != json.Number(strconv.FormatInt(int64(later), 10)) {
		t.Errorf("the later screening: %v", s)
	}
	none, _ := decode(t, o.get(fmt.Sprintf("/api/movies/%d", bare)))["movie"].(map[string]any)
	for _, name := range []string{"showTime", "price", "maximumTickets", "ticketsLeft"} {
		if v, has := none[name]; v != nil || !has {
			t.Errorf("a film without screenings: %s is %v", name, v)
		}
	}
	if u, _ := none["imageUrl"].(string); !strings.HasPrefix(u, baseURL+"/posters/drawn/") ||
		o.get(strings.TrimPrefix(u, baseURL)).Code != 200 {
		t.Errorf("imageUrl %q", u)
	}
	for _, path := range []string{
		"/api/movies/1", "/api/movies/x", "/api/movies/-1", "/api/movies/99999999999999999999",
	} {
		if w := o.get(path); w.Code != 404 || decode(t, w)["error"] != "Movie not found" {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	again := o.get("/api/movies")
	if w := o.get("/api/movies", "If-None-Match", again.Header().Get("ETag")); w.Code != 304 && w.Code != 200 {
		t.Errorf("revalidation: %d", w.Code)
	}
}

func TestAPIMakePayment(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 10, 20)
	_, m, err := o.store.Catalogue().Screening(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for i, which := range []string{
		fmt.Sprintf(`"movieId":%d`, m.ID), fmt.Sprintf(`"movieId":"%d"`, m.ID), fmt.Sprintf(`"screeningId":%d`, id),
		fmt.Sprintf(`"screeningId":" %d "`, id),
	} {
		phone := storetest.Phone(100 + i)
		w := o.call("/api/make-payment",
			fmt.Sprintf(`{%s,"customerName":"Achieng","phoneNumber":"0%s","quantity":2,"isAdmin":true}`, which,
				phone[3:]))
		body := decode(t, w)
		if w.Code != 200 {
			t.Fatalf("%s: %d %s", which, w.Code, w.Body)
		}
		keys(t, body, "message", "ticketId", "ticketCode", "ticketSecret", "checkoutRequestId", "responseDescription",
			"totalAmount")
		secret, _ := body["ticketSecret"].(string)
		tk := o.ticket(secret)
		if tk.ScreeningID != id || tk.Phone != phone || body["totalAmount"] != json.Number("2700") ||
			body["checkoutRequestId"] != tk.Push.CheckoutRequestID ||
			body["ticketCode"] != tk.Code || body["ticketId"] != json.Number(strconv.FormatInt(int64(tk.ID), 10)) ||
			body["responseDescription"] == "" {
			t.Errorf("%s: %v for %+v", which, body, tk)
		}
	}
}

func TestAPIIdempotency(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 1, 2)
	sc, m, err := o.store.Catalogue().Screening(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.store.Catalogue().AddScreening(t.Context(), store.Screening{
		MovieID: m.ID, HallID: sc.HallID, StartsAt: sc.StartsAt.Add(time.Hour),
		SalesCloseAt: sc.StartsAt.Add(time.Hour), Prices: store.OnePrice(135_000),
	}); err != nil {
		t.Fatal(err)
	}
	const key = "a-key-of-my-own-1"
	body := fmt.Sprintf(`{"movieId":%d,"customerName":"Achieng","phoneNumber":%q,"quantity":2}`, m.ID,
		storetest.Phone(120))
	first := decode(t, o.call("/api/make-payment", body, "Idempotency-Key", key))
	// the film's next screening with seats left is another one by now
	w := o.call("/api/make-payment", body, "Idempotency-Key", key)
	if again := decode(t, w); w.Code != 200 || again["ticketSecret"] != first["ticketSecret"] ||
		again["checkoutRequestId"] != first["checkoutRequestId"] {
		t.Errorf("the same again: %d %v, want %v", w.Code, again, first)
	}
	if w := o.call("/api/make-payment", strings.Replace(body, `:2}`, `:1}`, 1), "Idempotency-Key",
		key); w.Code != 422 || !strings.Contains(w.Body.String(), "used for another request") {
		t.Errorf("other content: %d %s", w.Code, w.Body)
	}
	storetest.Screening(t, o.store, 1, 2)
	programme, err := o.store.Catalogue().Programme(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other := programme.Films[0].ID
	if other == m.ID {
		other = programme.Films[1].ID
	}
	if w := o.call("/api/make-payment", strings.Replace(body, fmt.Sprint(m.ID), fmt.Sprint(other), 1),
		"Idempotency-Key", key); w.Code != 422 {
		t.Errorf("another film: %d %s", w.Code, w.Body)
	}
	for _, bad := range []string{
		"short", strings.Repeat("k", 256), "with a space in it", "nul\x00nul\x00nul\x00nul\x00", "",
	} {
		if w := o.call("/api/make-payment", body, "Idempotency-Key", bad); w.Code != 400 ||
			!strings.Contains(w.Body.String(), "Idempotency-Key must have 16 to 255") {
			t.Errorf("key %q: %d %s", bad, w.Code, w.Body)
		}
	}
	if n := o.daraja.Totals().Accepted; n != 1 {
		t.Errorf("%d pushes", n)
	}
}

func TestAPIPaymentsThatAreNotMade(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 1, 3)
	w := o.call("/api/make-payment", payment(id, storetest.Phone(130), 4))
	if body := decode(t, w); w.Code != 400 || body["error"] != "Only 3 seats are left." ||
		body["ticketsLeft"] != json.Number("3") {
		t.Errorf("sold out: %d %v", w.Code, body)
	}
	if w := o.call("/api/make-payment", payment(1, storetest.Phone(130), 1)); w.Code != 404 ||
		decode(t, w)["error"] != "Screening not found" {
		t.Errorf("no screening: %d %s", w.Code, w.Body)
	}
	if w := o.call("/api/make-payment",
		`{"movieId":1,"customerName":"A","phoneNumber":"0712345678","quantity":1}`); w.Code != 404 ||
		decode(t, w)["error"] != "Movie not found" {
		t.Errorf("no film: %d %s", w.Code, w.Body)
	}
	for _, status := range []store.ScreeningStatus{store.Closed, store.Cancelled} {
		shut := storetest.Screening(t, o.store, 1, 3, func(s *store.Screening) { s.Status = status })
		if w := o.call("/api/make-payment", payment(shut, storetest.Phone(130), 1)); w.Code != 409 ||
			!strings.Contains(w.Body.String(), "no longer sold") {
			t.Errorf("%s: %d %s", status, w.Code, w.Body)
		}
	}
	o.book(id, storetest.Phone(131), 1)
	if w := o.call("/api/make-payment", payment(id, storetest.Phone(131), 1)); w.Code != 409 ||
		decode(t, w)["error"] != wording.PhoneTaken || w.Header().Get("Retry-After") != "150" {
		t.Errorf("a prompt is on that phone: %d %s", w.Code, w.Body)
	}
	big := storetest.Screening(t, o.store, 5, 10)
	o.daraja.SetScript("*", sim.Script{Answer: sim.AnswerBusy})
	w = o.call("/api/make-payment", payment(big, storetest.Phone(140), 1))
	answer, _ := decode(t, w)["mpesaResponse"].(map[string]any)
	if w.Code != 503 || decode(t, w)["error"] != "Failed to initiate payment" || answer["errorCode"] != "500.003.02" {
		t.Errorf("busy: %d %s", w.Code, w.Body)
	}
	// That another prompt is on the phone, maybe of somebody else's shop, is told in no other words than that it is
	// of ours.
	o.daraja.SetScript("*", sim.Script{Answer: sim.AnswerLocked})
	w = o.call("/api/make-payment", payment(big, storetest.Phone(141), 1))
	if body := decode(t, w); w.Code != 409 || len(body) != 1 || body["error"] != wording.PhoneTaken ||
		w.Header().Get("Retry-After") != "150" {
		t.Errorf("locked: %d %s", w.Code, w.Body)
	}
}

func TestAPIAnswerLost(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 10, 20)
	for i, answer := range []sim.Answer{sim.AnswerLost, sim.AnswerEmpty, sim.AnswerInternal} {
		o.daraja.SetScript("*", sim.Script{Answer: answer})
		w := o.call("/api/make-payment", payment(id, storetest.Phone(150+i), 1))
		body := decode(t, w)
		id, has := body["checkoutRequestId"]
		if w.Code != 202 || !has || id != nil || body["ticketSecret"] == "" {
			t.Errorf("%s: %d %s", answer, w.Code, w.Body)
		}
	}
}

func TestAPIQueryPaymentStatus(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 10, 20)
	phone := storetest.Phone(160)
	o.daraja.SetScript(phone, sim.Script{Result: "1032"})
	secret := o.book(id, phone, 1)
	tk := o.until(secret, "failed", failed)
	ask := fmt.Sprintf(`{"checkoutRequestId":%q}`, tk.Push.CheckoutRequestID)
	for range 3 {
		w := o.call("/api/query-payment-status", ask)
		if body := decode(t, w); w.Code != 200 || fmt.Sprint(body["ResultCode"]) != "1032" ||
			body["CheckoutRequestID"] != tk.Push.CheckoutRequestID {
			t.Errorf("query: %d %s", w.Code, w.Body)
		}
	}
	if n := o.daraja.Totals().Queries; n != 0 {
		t.Errorf("%d calls to Daraja about what the books know", n)
	}
	if after := o.ticket(secret); after.Version != tk.Version {
		t.Error("a query wrote something")
	}
	if w := o.call("/api/query-payment-status", `{}`); w.Code != 400 ||
		decode(t, w)["error"] != "Missing required field: checkoutRequestId" {
		t.Errorf("no id: %d %s", w.Code, w.Body)
	}
	if w := o.call("/api/query-payment-status", `{"checkoutRequestId":"ws_CO_1"}`); w.Code != 404 {
		t.Errorf("not ours: %d %s", w.Code, w.Body)
	}
}

func TestAPITicket(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 10, 20)
	o.pays()
	w := o.call("/api/make-payment", payment(id, storetest.Phone(170), 2))
	cookie := sessionCookie(w)
	secret, _ := decode(t, w)["ticketSecret"].(string)
	tk := o.until(secret, "paid", paid)
	w = o.get("/api/tickets/" + secret)
	body, _ := decode(t, w)["ticket"].(map[string]any)
	keys(t, body, "ticketId", "ticketCode", "movieId", "customerName", "phoneNumber", "quantity", "totalAmount",
		"paymentStatus", "failureReason", "failureMessage", "mpesaReceiptNumber", "transactionDate", "dateCreated",
		"lastUpdated", "voided", "seats", "movie", "screening")
	seats, _ := body["seats"].([]any)
	if w.Code != 200 || body["paymentStatus"] != "Paid" || body["mpesaReceiptNumber"] != tk.Receipt ||
		body["failureReason"] != nil || len(seats) != 2 ||
		!strings.HasSuffix(fmt.Sprint(body["transactionDate"]), "+03:00") ||
		w.Header().Get("Cache-Control") != "private, no-store" {
		t.Errorf("ticket: %d %v", w.Code, body)
	}
	number := fmt.Sprintf("/api/tickets/%d", tk.ID)
	if w := o.get(number); w.Code != 404 || decode(t, w)["error"] != "Ticket not found" {
		t.Errorf("by number, anyone: %d", w.Code)
	}
	if w := o.send(request{method: "GET", path: number, cookie: cookie}); w.Code != 200 {
		t.Errorf("by number, the buyer: %d", w.Code)
	}
	stranger := sessionCookie(o.call("/api/make-payment", payment(id, storetest.Phone(171), 1)))
	if stranger == nil {
		t.Fatal("no session")
	}
	if w := o.send(request{method: "GET", path: number, cookie: stranger}); w.Code != 404 {
		t.Errorf("by number, another buyer: %d", w.Code)
	}
	for _, ref := range []string{"1", "0", "-1", "NOSUCHSECRETNOSUCHSECRET22"} {
		if w := o.send(request{method: "GET", path: "/api/tickets/" + ref, cookie: cookie}); w.Code != 404 {
			t.Errorf("%s: %d", ref, w.Code)
		}
	}
	o.daraja.SetScript("*", sim.Script{Result: "2001"})
	w = o.call("/api/make-payment", payment(id, storetest.Phone(172), 1))
	secret, _ = decode(t, w)["ticketSecret"].(string)
	o.until(secret, "failed", failed)
	body, _ = decode(t, o.get("/api/tickets/"+secret))["ticket"].(map[string]any)
	if body["paymentStatus"] != "Failed" || body["failureReason"] != "wrong_pin" || body["failureMessage"] == "" ||
		body["mpesaReceiptNumber"] != nil {
		t.Errorf("failed ticket: %v", body)
	}
}

func TestAPIUnknownPathsAndMethods(t *testing.T) {
	o := open(t)
	for path, status := range map[string]int{
		"/api/": 404, "/api/nothing": 404, "/api/make-payment": 405, "/api/mpesa-callback": 405, "/cb/x": 405,
	} {
		w := o.get(path)
		if w.Code != status {
			t.Errorf("%s: %d, want %d", path, w.Code, status)
		}
		if decode(t, w)["error"] == "" {
			t.Errorf("%s: no sentence", path)
		}
		if status == 405 && w.Header().Get("Allow") != http.MethodPost {
			t.Errorf("%s: Allow %q", path, w.Header().Get("Allow"))
		}
	}
	for path, allow := range map[string]string{"/api/movies": "GET, HEAD", "/api/make-payment": "POST",
		"/api/query-payment-status": "POST"} {
		preflight := []string{"Origin", "https://shop.example", "Access-Control-Request-Method", "POST",
			"Access-Control-Request-Headers", "content-type"}
		w := o.send(request{method: "OPTIONS", path: path, headers: preflight})
		sentence, _ := decode(t, w)["error"].(string)
		if w.Code != 405 || w.Header().Get("Allow") != allow || !strings.Contains(sentence, "no CORS") ||
			w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("OPTIONS %s: %d %v %q", path, w.Code, w.Header(), sentence)
		}
	}
	if w := o.send(request{method: "DELETE", path: "/api/movies"}); w.Code != 405 ||
		w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("DELETE /api/movies: %d Allow %q", w.Code, w.Header().Get("Allow"))
	}
}
