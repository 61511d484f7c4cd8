package handlers_test

import (
	"fmt"
	"strings"
	"testing"

	"cinemasphere/store/storetest"
)

// TestLinksThatWerePassedOn: what chats, keyboards and mail make of an address leads to the page that is meant.
func TestLinksThatWerePassedOn(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 20, 20)
	sc, m, err := o.store.Catalogue().Screening(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	secret := o.book(id, storetest.Phone(1), 1)
	ticket, film, booking := "/tickets/"+secret, fmt.Sprintf("/movies/%d", m.ID),
		fmt.Sprintf("/screenings/%d/book", sc.ID)
	links := map[string]string{
		"/Tickets/" + secret: ticket, "/TICKETS/" + secret: ticket, "//tickets//" + secret: ticket,
		"///tickets/" + secret + "//":         ticket,
		"/tickets/" + strings.ToLower(secret): ticket, "/Tickets/" + secret[:9] + strings.ToLower(secret[9:]): ticket,
		"/tickets/" + secret[:10] + "%20" + secret[10:]:    ticket,
		"/tickets/" + secret[:10] + "%0D%0A" + secret[10:]: ticket,
		"/tickets/" + secret[:10] + "=%0A" + secret[10:]:   ticket,
		"/tickets/" + secret[:3] + "%C2%AD" + secret[3:]:   ticket,
		"/tickets/%20" + secret:                            ticket, "/tickets/*" + secret + "*": ticket,
		"/tickets/%E2%80%8E" + secret:                     ticket,
		"/tickets/" + secret + "%3Ffbclid=IwAR0123456789": ticket,
		"/tickets/" + secret + "&utm_source=whatsapp":     ticket,
		"/tickets/" + secret + "%20see%20you%20at%208":    ticket, "/tickets/" + secret + "%23main": ticket,
		"/tickets/%" + fmt.Sprintf("%X", secret[0]) + secret[1:]:               ticket,
		"/tickets/" + secret + "/Receipt":                                      ticket + "/receipt",
		"/tickets/" + secret + "/receipt/":                                     ticket + "/receipt",
		"/tickets/" + secret + "./receipt.":                                    ticket + "/receipt",
		"/api/tickets/" + secret + "/":                                         "/api/tickets/" + secret,
		"/api/tickets/" + strings.ToLower(secret):                              "/api/tickets/" + secret,
		"/tickets/" + secret + "](https://cinema.test/tickets/" + secret + ")": ticket,
		"/tic%C2%ADkets/" + secret:                                             ticket,
		"/tickets/" + secret + "%20https:/cinema.test/":                        ticket,
		film[:9] + "%E2%80%8B" + film[9:]:                                      film,
		film + "/":                                                             film, "/Movies" + film[7:]: film,
		"/" + film: film, film + "%20great%20film": film,
		film + "%3Futm_source=x": film,
		booking + "/":            booking, booking + ".": booking, "/Screenings" + booking[11:]: booking,
		"/films/":     "/films",
		"/FILMS":      "/films",
		"/index.html": "/", "/Index.htm": "/", "//": "/", "/.": "/", "/)": "/", "/%E2%80%8B": "/",
		"/robots.txt/": "/robots.txt", "/api/movies/": "/api/movies",
		"/api" + film + "/": "/api" + film,
	}
	for _, tail := range []string{
		"/", "//", ".", ",", ")", "!", ">", "%3E", "%22", "'", "%E2%80%A6", "*", "_", "%2A", "%7E", "]", ";", ":",
		"%20", "%0A", "%09", "%C2%A0", "%5C",
		"%E2%80%8B", "%E2%81%A0", "%EF%BB%BF", "%E2%80%8F", "%E2%80%9D", "%F0%9F%98%80", "%F0%9F%8E%9F%EF%B8%8F",
		"%E3%85%A4", "...", ").", "/.", "%20/", "/)", "%3F", "%00",
	} {
		links[ticket+tail], links[film+tail] = ticket, film
	}
	for link, want := range links {
		for _, method := range []string{"GET", "HEAD"} {
			w := o.send(request{method: method, path: link})
			if w.Code != 301 || w.Header().Get("Location") != want {
				t.Errorf("%s %s: %d to %q, want %q", method, link, w.Code, w.Header().Get("Location"), want)
			}
			if w.Header().Get("Cache-Control") != "private, no-store" || w.Header().Get("Referrer-Policy") == "" {
				t.Errorf("%s: %v", link, w.Header())
			}
		}
	}
	for _, page := range []string{ticket, film, booking, ticket + "/receipt", "/films", "/", "/api/movies"} {
		if w := o.get(page + "?fbclid=IwAR0&utm_source=x"); w.Code != 200 {
			t.Errorf("%s with a query: %d", page, w.Code)
		}
	}
	if w := o.get("/Films?genre=Drama&fbclid=x"); w.Header().Get("Location") != "/films?genre=Drama&fbclid=x" {
		t.Errorf("the query is lost: %q", w.Header().Get("Location"))
	}
	if w := o.get(ticket + "."); strings.Contains(o.log.String(), secret) {
		t.Errorf("the log has the secret: %d", w.Code)
	}
}

// TestLinksThatMeanNothing: nothing is guessed, and nobody is led to another host.
func TestLinksThatMeanNothing(t *testing.T) {
	o := open(t)
	storetest.Screening(t, o.store, 20, 20)
	secret := "ABCDEFGHIJKLMNOPQRSTUVWXY2"
	for _, path := range []string{
		"//evil.example", "//evil.example/tickets/" + secret, "/\\evil.example", "///evil.example/%2E%2E",
		"/https://evil.example", "/tickets/" + secret[1:], "/tickets/" + secret + "A",
		"/tickets/" + secret[1:] + "0", "/tickets/" + secret + "see", "/tickets/" + secret + "/x",
		"/tickets/" + secret + "/retry", "/tickets/", "/ticket/" + secret,
		"/movies/", "/movies/x", "/movies/12x", "/movies/x12", "/movies/-12", "/api/movies/-1/", "/movies/1/2",
		"/../../etc/passwd", "/.git/config", "/index.php", "/simulator/", "/tickets/" + secret[1:] + "\u00c9",
		"/cb/" + secret + "/", "/screenings/12", "/bookings/.",
	} {
		if w := o.send(request{method: "GET", path: strings.ReplaceAll(path, "\\", "%5C")}); w.Code != 404 &&
			w.Code != 405 || w.Header().Get("Location") != "" {
			t.Errorf("%s: %d to %q", path, w.Code, w.Header().Get("Location"))
		}
	}
	if w := o.get("/tickets/" + secret + "."); w.Code != 301 {
		t.Errorf("a ticket that is not there: %d", w.Code) // the answer does not tell
	}
	for _, path := range []string{"/tickets/" + secret + ".", "/movies/12/", "/Films"} {
		if w := o.send(request{method: "DELETE", path: path}); w.Header().Get("Location") != "" {
			t.Errorf("DELETE %s: %d to %q", path, w.Code, w.Header().Get("Location"))
		}
	}
}

// TestPathsOfCallbacks: a callback is its token's however its address came back, and no POST is sent elsewhere.
func TestPathsOfCallbacks(t *testing.T) {
	for _, shape := range []string{
		"/cb/%s/", "/cb/%s.", "//cb//%s", "/cb/%s//", "/CB/%s", "/cb/%%20%s", "/cb/%s%%E2%%80%%8B", "/cb/%s%%20",
		"/api/mpesa-callback/%s/", "/api//mpesa-callback/%s", "/cb/%s?x=1", "/cb/%s/?x=1", "/cb/%s%%0A",
	} {
		o := open(t)
		tk, token := o.pending(storetest.Phone(1))
		body := fmt.Sprintf(
			`{"Body":{"stkCallback":{"MerchantRequestID":"1","CheckoutRequestID":%q,"ResultCode":1032,`+
				`"ResultDesc":"Request cancelled by user"}}}`, tk.Push.CheckoutRequestID)
		if w := o.call(fmt.Sprintf(shape, token), body); w.Code != 200 || w.Header().Get("Location") != "" {
			t.Errorf("%s: %d %q", shape, w.Code, w.Header().Get("Location"))
		}
		if got := o.until(tk.Secret, "failed", failed); got.Push.ResultCode != "1032" {
			t.Errorf("%s: %s", shape, got.Push.ResultCode)
		}
	}
}

// TestPathsOfResults: what M-PESA sends of receipts, refunds and payments by hand finds its route as well.
func TestPathsOfResults(t *testing.T) {
	o := open(t)
	for _, kind := range []string{"status", "status-timeout", "reversal", "reversal-timeout", "paid", "check"} {
		for _, shape := range []string{"/cb/%s/%s/", "//cb/%s//%s", "/cb/%s/%s.", "/CB/%s/%s%%20"} {
			w := o.call(fmt.Sprintf(shape, kind, "ABCDEFGHIJKLMNOPQRSTUVWXY2"), "{}")
			if w.Code != 200 || w.Header().Get("Location") != "" {
				t.Errorf("%s of %s: %d", shape, kind, w.Code)
			}
		}
		if !strings.Contains(o.log.String(), `"route":"/cb/`+kind+`/{token}"`) {
			t.Errorf("%s has not found its route", kind)
		}
	}
}

func TestPathsOfTheAPI(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 20, 20)
	for i, path := range []string{"/api/make-payment/", "//api/make-payment", "/API/make-payment"} {
		if w := o.call(path, payment(id, storetest.Phone(i), 1)); w.Code != 200 {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
