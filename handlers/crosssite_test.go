package handlers_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

func TestPostsFromOtherSites(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 20, 20)
	secret := o.book(id, storetest.Phone(1), 1)
	n := 100
	for _, tt := range []struct {
		name      string
		headers   []string
		form, api bool // allowed there
	}{
		{"own page", []string{"Sec-Fetch-Site", "same-origin"}, true, true},
		{"own page, with origin", []string{"Sec-Fetch-Site", "same-origin", "Origin", baseURL}, true, true},
		{"typed address", []string{"Sec-Fetch-Site", "none"}, true, true},
		{"program", nil, true, true},
		{"old browser, own page", []string{"Origin", baseURL}, true, true},
		{"old browser, a page without an address", []string{"Origin", "null"}, false, false},
		{"other site", []string{"Sec-Fetch-Site", "cross-site"}, false, false},
		{"other site, with origin", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"},
			false, false},
		{"other site without referrer", []string{"Sec-Fetch-Site", "cross-site", "Origin", "null"}, false, false},
		{"sister site", []string{"Sec-Fetch-Site", "same-site", "Origin", "https://other.cinema.test"}, false, false},
		{"old browser, other site", []string{"Origin", "https://evil.test"}, false, false},
		{"old browser, other port", []string{"Origin", baseURL + ":8443"}, false, false},
		{"old browser, look-alike", []string{"Origin", "https://cinema.test.evil.test"}, false, false},
	} {
		for path, f := range map[string]url.Values{
			"/bookings": form(id, storetest.Phone(n), 1), "/bookings/dialog": form(id, storetest.Phone(n+1), 1),
			"/tickets/" + secret + "/retry":          {"phone": {storetest.Phone(1)}},
			"/tickets/" + secret + "/retry/status":   {"phone": {storetest.Phone(1)}},
			"/tickets/" + secret + "/give-up/status": {}, "/tickets/" + secret + "/give-up": {},
			"/tickets/" + secret + "/receipt":        {"receipt": {"?"}},
			"/tickets/" + secret + "/receipt/status": {"receipt": {"?"}},
		} {
			if w := o.post(path, f, tt.headers...); (w.Code == 403) == tt.form {
				t.Errorf("%s: %s: %d", tt.name, path, w.Code)
			}
		}
		for path, body := range map[string]string{
			"/api/make-payment":         payment(id, storetest.Phone(n+2), 1),
			"/api/query-payment-status": `{"checkoutRequestId":"x"}`,
		} {
			w := o.call(path, body, tt.headers...)
			if (w.Code == 403) == tt.api {
				t.Errorf("%s: %s: %d", tt.name, path, w.Code)
			}
			if w.Code == 403 && !strings.Contains(decode(t, w)["error"].(string), "no CORS") {
				t.Errorf("%s: %s: %s", tt.name, path, w.Body)
			}
			if got := w.Header().Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("%s: CORS header %q", path, got)
			}
		}
		n += 3
	}
	if got, want := o.daraja.Totals().Accepted, 1+5*2+5; got != want {
		t.Errorf("%d pushes, want %d", got, want)
	}
}

// TestRefusalsAreLogged: who tries what is not theirs stands in the log, with what was tried.
func TestRefusalsAreLogged(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 2, 4)
	usher := o.staffed(store.RoleUsher)
	for route, do := range map[string]func() *httptest.ResponseRecorder{
		"/bookings": func() *httptest.ResponseRecorder {
			return o.post("/bookings", form(id, storetest.Phone(1), 1), "Sec-Fetch-Site", "cross-site")
		},
		"/admin/customers": func() *httptest.ResponseRecorder { return usher.get("/admin/customers") },
	} {
		if w := do(); w.Code != 403 {
			t.Errorf("%s: %d", route, w.Code)
		}
		logged := slices.ContainsFunc(slices.Collect(strings.Lines(o.log.String())), func(line string) bool {
			return strings.Contains(line, `"route":"`+route+`"`) && strings.Contains(line, `"status":403`) &&
				strings.Contains(line, `"error":"`)
		})
		if !logged {
			t.Errorf("the log has no refusal of %s", route)
		}
	}
}

func TestGETsWriteNothing(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 20, 20)
	secret := o.book(id, storetest.Phone(1), 1)
	before := o.ticket(secret)
	for _, path := range []string{
		"/bookings", "/bookings/dialog", "/tickets/" + secret + "/retry", "/tickets/" + secret + "/retry/status",
		"/tickets/" + secret + "/give-up",
		"/tickets/" + secret + "/give-up/status", "/tickets/" + secret + "/receipt/status", "/api/make-payment",
	} {
		if w := o.get(path + "?" + form(id, storetest.Phone(2), 1).Encode()); w.Code != 405 ||
			w.Header().Get("Allow") != "POST" {
			t.Errorf("%s: %d Allow %q", path, w.Code, w.Header().Get("Allow"))
		}
	}
	for _, path := range []string{
		"/", "/films", fmt.Sprintf("/screenings/%d/book", id), "/tickets/" + secret, "/tickets/" + secret + "/status",
		"/tickets/" + secret + "/receipt?receipt=UJ22T8IYOU",
	} {
		if w := o.get(path); w.Code != 200 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if after := o.ticket(secret); after.Version != before.Version || o.seatsTaken(id) != 1 {
		t.Error("a GET wrote something")
	}
}
