package handlers_test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"cinemasphere/handlers"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// everywhere is a request to every kind of answer there is, errors too, and its status.
func (o *office) everywhere() map[string]int {
	id := storetest.Screening(o.T, o.store, 10, 20)
	_, m, err := o.store.Catalogue().Screening(o.Context(), id)
	if err != nil {
		o.Fatal(err)
	}
	secret := o.book(id, storetest.Phone(400), 1)
	return map[string]int{
		"GET /": 200, "GET /?genre=Drama": 200, "GET /?genre=None&utm_source=x": 200, "GET /films": 200,
		"GET /films?genre=Drama": 200, fmt.Sprintf("GET /movies/%d", m.ID): 200,
		fmt.Sprintf("GET /screenings/%d/book", id): 200, fmt.Sprintf("GET /screenings/%d/book/dialog", id): 200,
		"GET /tickets/" + secret:                 200,
		"GET /tickets/" + secret + "/status?v=0": 200, "GET /tickets/" + secret + "/receipt": 200,
		"GET /robots.txt": 200, "GET /privacy": 200, "GET /sitemap.xml": 200, "GET /favicon.ico": 200,
		"GET /healthz":    200,
		"GET /api/movies": 200, fmt.Sprintf("GET /api/movies/%d", m.ID): 200, "GET /api/tickets/" + secret: 200,
		"HEAD /": 200, "HEAD /api/movies": 200,
		"GET /nowhere": 404, "GET /movies/1": 404, "GET /movies/x": 404, "GET /movies/99999999999999999999": 404,
		"GET /screenings/1/book": 404, "GET /screenings/x/book/dialog": 404,
		"GET /tickets/x": 404, "GET /tickets/x/status": 404, "GET /tickets/x/receipt": 404,
		"PUT /tickets/x/receipt": 405, "GET /tickets/x/receipt/status": 405,
		"GET /tickets/" + fmt.Sprint(int64(o.ticket(secret).ID)): 404, "GET /assets/nothing.css": 404,
		"GET /api/tickets/x": 404,
		"GET /.git/config":   404, "GET /debug/pprof/": 404, "GET /metrics": 404, "GET /../../etc/passwd": 404,
		"GET /simulator/": 404, "GET /index.php": 404,
		"POST /": 405, "DELETE /": 405, "TRACE /": 405, "BREW /": 405, "POST /movies/1": 405, "GET /bookings": 405,
		"PUT /healthz": 405, "OPTIONS /api/movies": 405,
		"POST /bookings": 415, "POST /api/make-payment": 415, "POST /cb/x": 200, "GET /cb/x": 405,
	}
}

func TestHeadersOnEveryAnswer(t *testing.T) {
	o := open(t)
	for q, status := range o.everywhere() {
		method, path, _ := strings.Cut(q, " ")
		w := o.send(request{method: method, path: path, headers: []string{"Accept-Encoding", "gzip"}})
		if w.Code != status {
			t.Errorf("%s: %d, want %d", q, w.Code, status)
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "max-age=63072000",
			"Permissions-Policy": "camera=()",
		} {
			if got := w.Header()[name]; len(got) != 1 || !strings.HasPrefix(got[0], want) {
				t.Errorf("%s: %s is %q", q, name, got)
			}
		}
		csp := w.Header().Get("Content-Security-Policy")
		if strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") ||
			!strings.Contains(csp, "base-uri 'none'") || !strings.Contains(csp, "form-action 'self'") {
			t.Errorf("%s: %s", q, csp)
		}
		if method != "HEAD" && w.Code != 204 && w.Header().Get("Content-Type") == "" {
			t.Errorf("%s: no Content-Type", q)
		}
		if got := w.Header().Get("Content-Type"); strings.HasPrefix(got, "text/") &&
			!strings.Contains(got, "charset=utf-8") {
			t.Errorf("%s: Content-Type %s", q, got)
		}
		if len(w.Header()["Cache-Control"]) != 1 && path != "/cb/x" {
			t.Errorf("%s: Cache-Control %q", q, w.Header()["Cache-Control"])
		}
		if w.Header().Get("Set-Cookie") != "" || w.Header().Get("Server") != "" ||
			w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", q, w.Header())
		}
	}
}

func TestPlainHTTPHasNoSecureCookieAndNoHSTS(t *testing.T) {
	o := open(t, func(d *handlers.Deps) { d.BaseURL = "http://localhost:8080" })
	w := o.post("/bookings", form(storetest.Screening(t, o.store, 5, 5), storetest.Phone(1), 1))
	c := sessionCookie(w)
	if c == nil || c.Name != "cinemasphere" || c.Secure || !c.HttpOnly ||
		w.Header().Get("Strict-Transport-Security") != "" {
		t.Errorf("cookie %v, HSTS %q", c, w.Header().Get("Strict-Transport-Security"))
	}
}

// TestHSTS: the program speaks for its own host, and for others only where it is told to.
func TestHSTS(t *testing.T) {
	for _, tt := range []struct{ base, setting, want string }{
		{baseURL, "", "max-age=63072000"}, {baseURL, "host", "max-age=63072000"}, {baseURL, "off", ""},
		{baseURL, "subdomains", "max-age=63072000; includeSubDomains"}, {"http://localhost:8080", "subdomains", ""},
		{"http://localhost:8080", "", ""},
	} {
		o := open(t, func(d *handlers.Deps) { d.BaseURL, d.HSTS = tt.base, tt.setting })
		for _, path := range []string{"/", "/nowhere", "/api/movies", "/Films"} {
			if got := o.get(path).Header().Get("Strict-Transport-Security"); got != tt.want {
				t.Errorf("%s with %q, %s: %q, want %q", tt.base, tt.setting, path, got, tt.want)
			}
		}
	}
}

func TestHomePageIsReady(t *testing.T) {
	o := open(t)
	storetest.Screening(t, o.store, 10, 20)
	w := o.get("/", "Accept-Encoding", "gzip")
	if w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("Vary") != "Accept-Encoding, Cookie" ||
		w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("headers: %v", w.Header())
	}
	again := o.get("/", "Accept-Encoding", "gzip", "If-None-Match", w.Header().Get("ETag"))
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("again: %d", again.Code)
	}
	plain := o.get("/")
	title := page(t, plain).Find("h3, h2").Text()
	if !strings.Contains(title, "Film") {
		t.Errorf("no film on the page: %s", title)
	}
	_, err := o.store.Catalogue().AddMovie(t.Context(), store.Movie{
		Title: "Brand New", Synopsis: "-", Runtime: 90, AgeRating: "GE", Genre: "Western", Language: "English",
	})
	if err != nil {
		t.Fatal(err)
	}
	if w := o.get("/"); !strings.Contains(w.Body.String(), "Brand New") {
		t.Error("a new film does not show")
	}
	if w := o.get("/?genre=western"); !strings.Contains(w.Body.String(), "Brand New") ||
		strings.Contains(w.Body.String(), "A film.") {
		t.Error("the genre does not filter")
	}
	if w := o.get("/films?genre=Western"); !strings.Contains(w.Body.String(), "Brand New") ||
		strings.Contains(w.Body.String(), "<html") || w.Header().Get("Cache-Control") != "private, no-store" {
		t.Errorf("the grid: %v", w.Header())
	}
}

func TestRobotsAndSitemap(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 10, 20)
	_, m, err := o.store.Catalogue().Screening(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	robots := o.get("/robots.txt").Body.String()
	for _, want := range []string{
		"Disallow: /tickets/", "Disallow: /screenings/", "Disallow: /bookings", "Disallow: /api/",
		"Disallow: /simulator/", "Disallow: /cb/", "Sitemap: " + baseURL + "/sitemap.xml",
	} {
		if !strings.Contains(robots, want+"\n") {
			t.Errorf("robots.txt lacks %q", want)
		}
	}
	var set struct {
		URL []struct {
			Loc string `xml:"loc"`
		} `xml:"url"`
	}
	if err := xml.Unmarshal(o.get("/sitemap.xml").Body.Bytes(), &set); err != nil {
		t.Fatal(err)
	}
	if len(set.URL) != 2 || set.URL[0].Loc != baseURL+"/" ||
		set.URL[1].Loc != fmt.Sprintf("%s/movies/%d", baseURL, m.ID) {
		t.Errorf("sitemap: %v", set)
	}
}

func TestSimulatorIsThereOnlyInDemo(t *testing.T) {
	daraja := sim.New(sim.Config{ConsumerKey: "k", ConsumerSecret: "s", Passkey: "p", Shortcode: "174379"})
	defer daraja.Close()
	o := open(t, func(d *handlers.Deps) { d.Simulator, d.Demo = daraja.Handset(), true })
	if w := o.get("/simulator/"); w.Code != 200 {
		t.Errorf("handset: %d", w.Code)
	}
	if w := o.get("/simulator"); w.Code != 301 || w.Header().Get("Location") != "/simulator/" {
		t.Errorf("without the slash: %d", w.Code)
	}
	secret := o.book(storetest.Screening(t, o.store, 5, 5), storetest.Phone(1), 1)
	if w := o.get("/tickets/" + secret); !strings.Contains(w.Body.String(), "/simulator/phones/"+storetest.Phone(1)) {
		t.Error("the ticket does not lead to the phone")
	}
}

// TestNoLinkToASimulatorElsewhere: where the demo uses another simulator, no page leads to one that is not served here.
func TestNoLinkToASimulatorElsewhere(t *testing.T) {
	o := open(t, func(d *handlers.Deps) { d.Demo = true })
	id := storetest.Screening(t, o.store, 5, 5)
	secret := o.book(id, storetest.Phone(1), 1)
	for _, path := range []string{
		"/", fmt.Sprintf("/screenings/%d/book", id), "/tickets/" + secret, "/tickets/" + secret + "/status",
		"/no-such-page",
	} {
		if w := o.get(path); !strings.Contains(w.Body.String(), "<") ||
			strings.Contains(w.Body.String(), "/simulator") {
			t.Errorf("%s: %d, a link to the simulator: %v", path, w.Code,
				strings.Contains(w.Body.String(), "/simulator"))
		}
	}
	if text := o.get("/").Body.String(); !strings.Contains(text, "no money moves") {
		t.Error("the demo does not say what it is")
	}
}

func TestClientsBehindProxies(t *testing.T) {
	o := openOn(t, books(t, fair(1)), func(d *handlers.Deps) {
		d.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	})
	id := storetest.Screening(t, o.store, 10, 20)
	n := 0
	book := func(peer, forwarded string) int {
		n++
		return o.send(request{
			method: "POST", path: "/bookings", body: form(id, storetest.Phone(n), 1).Encode(), from: peer,
			headers: []string{"Content-Type", "application/x-www-form-urlencoded", "X-Forwarded-For", forwarded,
				"X-Real-Ip", forwarded},
		}).Code
	}
	for _, ip := range []string{"198.51.100.1", "198.51.100.2"} {
		for range 4 { // five are let in
			if got := book("10.0.0.1", ip); got != 303 {
				t.Fatalf("%s: %d", ip, got)
			}
		}
	}
	for i := range 4 {
		if got := book("203.0.113.7", fmt.Sprint("198.51.100.", 30+i)); got != 303 {
			t.Fatalf("%d", got)
		}
	}
	for _, tt := range []struct {
		peer, forwarded string
		want            int
	}{
		{"10.0.0.1", "198.51.100.1", 303}, {"10.0.0.1", "198.51.100.1", 429}, {"10.0.0.1", "198.51.100.2", 303},
		{"10.0.0.1", "198.51.100.9, 198.51.100.2", 429},
		// not a proxy of ours: what it forwards is not believed
		{"203.0.113.7", "198.51.100.3", 303}, {"203.0.113.7", "198.51.100.4", 429},
	} {
		if got := book(tt.peer, tt.forwarded); got != tt.want {
			t.Errorf("%s for %s: %d, want %d", tt.peer, tt.forwarded, got, tt.want)
		}
	}
}

// forbidden is what must never be in a log: long numbers, tokens, secrets and keys.
var forbidden = regexp.MustCompile(
	`254[17][0-9]{8}|0[17][0-9]{8}|ws_CO_[0-9]{9}|[A-Z2-7]{26}|consumer-key|consumer-secret|the-passkey|the-signing-k` +
		`ey|/tickets/[A-Z2-7]{6}|/cb/[A-Z2-7]{6}`)

func TestTheLogOfAWholeBooking(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 10, 20)
	o.get("/")
	o.daraja.SetScript(storetest.Phone(1), sim.Script{Result: "2001", Times: 1})
	w := o.post("/bookings", form(id, storetest.Phone(1), 2))
	secret := strings.TrimPrefix(w.Header().Get("Location"), "/tickets/")
	o.until(secret, "failed", failed)
	o.daraja.SetScript(storetest.Phone(1), sim.Script{Answer: sim.AnswerLost, Result: "0"})
	o.post("/tickets/"+secret+"/retry", map[string][]string{"phone": {storetest.Phone(1)}})
	tk := o.until(secret, "paid", paid)
	o.get("/tickets/" + secret + "?x=254712345678")
	o.get("/tickets/" + secret + "/status?v=1")
	o.get("/api/tickets/" + secret)
	o.get("/254712345678/" + secret)
	o.send(request{method: "T254712345678", path: "/"})
	o.call("/api/query-payment-status", fmt.Sprintf(`{"checkoutRequestId":%q}`, tk.Push.CheckoutRequestID))
	o.daraja.SetScript("*", sim.Script{Answer: sim.AnswerBusy})
	o.call("/api/make-payment", payment(id, storetest.Phone(2), 1))
	o.post("/bookings", with(form(id, storetest.Phone(3), 1), "total", "1"))
	log := o.log.String()
	for _, found := range forbidden.FindAllString(log, -1) {
		t.Errorf("the log has %q", found)
	}
	for _, line := range []string{
		`"route":"/tickets/{secret}"`, `"route":"/cb/{token}"`, `"route":"/bookings"`, `"route":"/api/make-payment"`,
		`"method":"other"`, `refused: price_changed`,
	} {
		if !strings.Contains(log, line) {
			t.Errorf("the log lacks %s", line)
		}
	}
	for _, secret := range []string{tk.Secret, tk.Push.CheckoutRequestID, tk.Phone, sessionCookie(w).Value} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %s", secret)
		}
	}
}
