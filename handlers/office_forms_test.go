package handlers_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"cinemasphere/handlers"
	"cinemasphere/handlers/staff"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

const goodPassword = "three films and popcorn"

// nyota is a good form of a cinema's identity.
func nyota() url.Values {
	return url.Values{
		"cinema": {"Nyota"}, "address": {"Moi Avenue"}, "town": {"Mombasa"}, "phone": {"+254 712 345 678"},
		"email": {"info@nyota.co.ke"}, "kra": {"p051234567x"}, "tagline": {"Under the stars."},
		"map": {"https://maps.example.com/nyota"}, "facebook": {"facebook.com/nyota"}, "instagram": {""}, "x": {""},
		"accent": {"#0a7a4b"}, "about": {"Films by the sea."},
		"refunds": {"Until an hour before.\r\nAsk at the counter."},
	}
}

// TestCinemaForm: input, status, and what becomes of it.
func TestCinemaForm(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleOwner)
	for _, tt := range []struct {
		field, value string
		status       int
	}{
		{"cinema", "", 422}, {"cinema", " \t ", 422}, {"cinema", strings.Repeat("x", 61), 422},
		{"cinema", "a\x00b", 422},
		{"cinema", "\xff\xfe", 422}, {"cinema", "<script>alert(1)</script>", 303},
		{"cinema", "Nyota & Söhne “Kino”", 303},
		{"phone", "call me", 422}, {"phone", "12", 422}, {"phone", "0712+345678", 422},
		{"phone", "1234567890123456", 422},
		{"phone", "(020) 123-4567", 303}, {"phone", "", 303},
		{"email", "info", 422}, {"email", "info@nyota", 422}, {"email", "Nyota <info@nyota.co.ke>", 422},
		{"email", "a@b@c.ke", 422},
		{"email", "", 303}, {"email", "info+tickets@nyota.co.ke", 303},
		{"kra", "P05123456X", 422}, {"kra", "051234567", 422}, {"kra", "B051234567X", 422},
		{"kra", "P051234567X9", 422},
		{"kra", "a 051 234 567 z", 303}, {"kra", "", 303},
		{"facebook", "javascript:alert(1)", 422}, {"facebook", "nyota", 422},
		{"facebook", "https://user@nyota.co.ke/", 422},
		{"facebook", "ftp://nyota.co.ke/", 422}, {"facebook", "data:text/html,x", 422},
		{"facebook", "//evil.test", 422},
		{"facebook", "www.facebook.com/nyota", 303}, {"map", "https://maps.app.goo.gl/Abc", 303},
		{"map", "at the corner", 422},
		{"accent", "red", 422}, {"accent", "#12345", 422}, {"accent", "#ffffff", 422}, {"accent", "#ffd166", 422},
		{"accent", "#000000", 422}, {"accent", "#0b0b0d", 422}, {"accent", "#e50914;}", 422}, {"accent", "E50914", 303},
		{"accent", "#06c", 303}, {"accent", "", 303},
		{"about", strings.Repeat("x", 1001), 422}, {"about", "", 303}, {"refunds", strings.Repeat("x", 2000), 303},
	} {
		have, err := o.store.Catalogue().Cinema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		f := with(nyota(), "version", strconv.FormatInt(have.Version, 10))
		f.Set(tt.field, tt.value)
		w := m.post("/admin/cinema", f)
		if w.Code != tt.status {
			t.Errorf("%s=%.40q: %d, want %d", tt.field, tt.value, w.Code, tt.status)
		}
		d := page(t, w)
		if w.Code == http.StatusUnprocessableEntity && (d.Find("#"+tt.field+"-error").Length() != 1 ||
			d.Find(".field-error").Length() != 1 || d.Find("#town").AttrOr("value", "") != "Mombasa") {
			t.Errorf("%s=%.40q: what is wrong is not at its field, or the rest is lost", tt.field, tt.value)
		}
		if after, err := o.store.Catalogue().Cinema(t.Context()); err != nil ||
			tt.status == 422 && after != have {
			t.Errorf("%s=%.40q: what was refused is written: %+v, %v", tt.field, tt.value, after, err)
		}
	}
}

// TestTwoOwnersEditTheCinema: the second is told what changed, keeps what they typed, and can save it then.
func TestTwoOwnersEditTheCinema(t *testing.T) {
	o := open(t)
	a, b := o.staffed(store.RoleOwner), o.staffed(store.RoleOwner)
	fa, fb := with(nyota(), "version", "0"), with(nyota(), "version", "0")
	fa.Set("town", "Kisumu")
	if w := a.post("/admin/cinema", fa); w.Code != http.StatusSeeOther {
		t.Fatalf("first: %d", w.Code)
	}
	w := b.post("/admin/cinema", fb)
	d := page(t, w)
	if w.Code != http.StatusConflict || d.Find("#town").AttrOr("value", "") != "Mombasa" ||
		!strings.Contains(d.Find("#town-error").Text(), "Kisumu") || d.Find(".field-error").Length() != 1 {
		t.Fatalf("second: %d %s", w.Code, d.Find("main").Text())
	}
	fb.Set("version", d.Find("input[name=version]").AttrOr("value", ""))
	if w := b.post("/admin/cinema", fb); w.Code != http.StatusSeeOther {
		t.Errorf("second, again: %d", w.Code)
	}
	if c, err := o.store.Catalogue().Cinema(t.Context()); err != nil || c.AddressLine2 != "Mombasa" || c.Version != 2 {
		t.Errorf("%+v, %v", c, err)
	}
	if n := o.logged("cinema.edit"); n != 2 {
		t.Errorf("%d edits in the log", n)
	}
}

// TestNothingOfTheSampleShows: once the cinema's identity is set, no page says the sample's.
func TestNothingOfTheSampleShows(t *testing.T) {
	o := open(t)
	sample := store.Cinema{
		Name: "CinemaSphere", Tagline: "The big screen, a tap away.", About: "An independent cinema in Nairobi.",
		AddressLine1: "Kimathi Street", AddressLine2: "Nairobi, Kenya", Email: "info@cinemasphere.com",
		Phone: "+254 114 742 348", Facebook: "https://www.facebook.com/cinemasphere",
	}
	if err := o.store.Catalogue().SetCinema(t.Context(), sample); err != nil {
		t.Fatal(err)
	}
	id := storetest.Screening(t, o.store, 5, 5)
	m := o.staffed(store.RoleOwner)
	if w := m.post("/admin/cinema", with(nyota(), "version", "1")); w.Code != http.StatusSeeOther {
		t.Fatalf("save: %d", w.Code)
	}
	o.pays()
	secret := o.book(id, storetest.Phone(1), 1)
	o.until(secret, "paid", paid)
	for _, path := range []string{
		"/", "/tickets/" + secret, fmt.Sprintf("/screenings/%d/book", id), "/nothing-here", "/admin/sign-in",
	} {
		body := o.get(path).Body.String()
		for _, word := range []string{
			"CinemaSphere", "Kimathi", "Nairobi, Kenya", "info@cinema", "114 742", "/cinemasphere", "a tap away",
		} {
			if strings.Contains(body, word) {
				t.Errorf("%s says %q", path, word)
			}
		}
	}
	d := page(t, o.get("/"))
	if got := d.Find("#refunds p").Text(); got != "Until an hour before.\nAsk at the counter." {
		t.Errorf("refund terms %q", got)
	}
	sheet := d.Find("link[rel=stylesheet]").AttrOr("href", "")
	w := o.get(sheet)
	if css := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(css, "#0a7a4b") ||
		strings.Contains(css, "#e50914") || w.Header().Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%s: %d without the cinema's colour", sheet, w.Code)
	}
	if w := o.get("/theme/123456.css"); w.Code != http.StatusSeeOther {
		t.Errorf("another colour: %d", w.Code)
	}
}

// TestSetUpByForm goes from the one-time address to an owner who is signed in, once.
func TestSetUpByForm(t *testing.T) {
	o := open(t)
	token, err := staff.New(o.store, staff.Config{}).NewSetUpToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	path := "/admin/setup/" + token
	f := nyota()
	f.Set("name", "Achieng")
	f.Set("password", goodPassword)
	stranger := o.nobody(path)
	if w := o.get(path); w.Code != http.StatusOK || emptyFields(page(t, w)) > 12 {
		t.Fatalf("the page: %d", w.Code)
	}
	for field, value := range map[string]string{
		"name": " ", "password": "password1", "cinema": "", "kra": "x", "email": "x",
	} {
		wrong := with(f, field, value)
		wrong.Set(field, value)
		w := stranger.post(path, wrong)
		d := page(t, w)
		if w.Code != http.StatusUnprocessableEntity || d.Find("#"+field+"-error").Length() != 1 ||
			field != "cinema" && d.Find("#cinema").AttrOr("value", "") != "Nyota" {
			t.Errorf("%s=%q: %d", field, value, w.Code)
		}
		if pass := d.Find("#password").AttrOr("value", ""); pass != "" {
			t.Errorf("the password comes back: %q", pass)
		}
	}
	if w := o.post(path, f, "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden {
		t.Errorf("from another site: %d", w.Code)
	}
	if w := o.post(path, f); w.Code != http.StatusForbidden {
		t.Errorf("without the token of its page: %d", w.Code)
	}
	w := stranger.post(path, f)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("set up: %d %s", w.Code, w.Body)
	}
	var session *http.Cookie
	for _, c := range w.Result().Cookies() {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly ||
			c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
			t.Errorf("cookie %v", c)
		}
		if c.Name == "__Host-staff" {
			session = c
		}
	}
	if w := o.send(request{method: "GET", path: "/admin/cinema", cookie: session}); w.Code != http.StatusOK ||
		page(t, w).Find("#cinema").AttrOr("value", "") != "Nyota" {
		t.Errorf("signed in: %d", w.Code)
	}
	// Pressed twice it leads where the first press did, with the first one's session or without. Nobody else gets in.
	for name, w := range map[string]*httptest.ResponseRecorder{
		"pressed twice": stranger.post(path, f),
		"signed in": o.send(request{
			method: "POST", path: path, cookie: session, body: with(f, "token", stranger.form).Encode(),
			headers: []string{"Content-Type", "application/x-www-form-urlencoded"},
		}),
	} {
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/admin/checklist" {
			t.Errorf("%s: %d to %q", name, w.Code, w.Header().Get("Location"))
		}
	}
	if all, err := o.store.Staff().Operators(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("%d operators, %v", len(all), err)
	}
	for _, method := range []func() int{
		func() int { return o.get(path).Code },
		func() int { return stranger.post(path, with(f, "password", goodPassword+"x")).Code },
		func() int { return stranger.post("/admin/setup/"+rand.Text(), f).Code },
		func() int { return o.get("/admin/setup/" + strings.ToLower(token)).Code },
	} {
		if code := method(); code != http.StatusNotFound {
			t.Errorf("used up: %d", code)
		}
	}
	if strings.Contains(o.log.String(), token) || strings.Contains(o.log.String(), goodPassword) {
		t.Error("the log has the address or the password")
	}
}

// TestPeopleByForms: an owner adds a person, who chooses a password at the one-time address, signs out and in again.
func TestPeopleByForms(t *testing.T) {
	o := open(t)
	owner := o.staffed(store.RoleOwner)
	for field, value := range map[string]string{"name": "", "role": "root"} {
		f := url.Values{"name": {"Baraka"}, "role": {"usher"}}
		f.Set(field, value)
		if w := owner.post("/admin/staff", f); w.Code != 422 || page(t, w).Find("#"+field+"-error").Length() != 1 {
			t.Errorf("%s=%q: %d", field, value, w.Code)
		}
	}
	w := owner.post("/admin/staff", url.Values{"name": {"Baraka"}, "role": {"usher"}})
	join, found := strings.CutPrefix(page(t, w).Find(".sheet .code").Text(), baseURL)
	if w.Code != http.StatusOK || !found {
		t.Fatalf("add: %d %s", w.Code, w.Body)
	}
	stranger := o.nobody(join)
	if w := stranger.post(join, url.Values{"password": {"12345678"}}); w.Code != 422 {
		t.Errorf("a common password: %d", w.Code)
	}
	if w := stranger.post(join, url.Values{"password": {goodPassword}}); w.Code != http.StatusSeeOther {
		t.Fatalf("join: %d", w.Code)
	}
	if w := o.get(join); w.Code != http.StatusNotFound {
		t.Errorf("the address again: %d", w.Code)
	}
	for _, tt := range []struct {
		name, password, to string
		status             int
		location           string
	}{
		{"baraka", goodPassword, "", 303, "/admin"},
		{"Baraka", goodPassword, "/admin/account?x=1", 303, "/admin/account?x=1"},
		{"Baraka", goodPassword, "https://evil.test/", 303, "/admin"},
		{"Baraka", goodPassword, "//evil.test", 303, "/admin"},
		{"Baraka", goodPassword, "/admin\\evil", 303, "/admin"},
		{"Baraka", goodPassword, "/administrator", 303, "/admin"},
		{"Baraka", goodPassword + "x", "/admin/account", 422, ""}, {"Nobody", goodPassword, "/admin/account", 422, ""},
	} {
		w := stranger.post("/admin/sign-in", url.Values{"name": {tt.name}, "password": {tt.password}, "to": {tt.to}})
		if w.Code != tt.status || w.Header().Get("Location") != tt.location {
			t.Errorf("%+v: %d to %q", tt, w.Code, w.Header().Get("Location"))
		}
	}
	known := stranger.post("/admin/sign-in", url.Values{"name": {"Baraka"}, "password": {"wrong one"}}).Body.String()
	unknown := stranger.post("/admin/sign-in", url.Values{"name": {"Zawadi"}, "password": {"wrong one"}}).Body.String()
	if strings.ReplaceAll(known, "Baraka", "X") != strings.ReplaceAll(unknown, "Zawadi", "X") {
		t.Error("a wrong password is answered otherwise than a name that nobody has")
	}
	baraka, err := o.store.Staff().OperatorByName(t.Context(), "Baraka")
	if err != nil {
		t.Fatal(err)
	}
	path := "/admin/staff/" + strconv.FormatInt(int64(baraka.ID), 10)
	edit := url.Values{"name": {"Baraka"}, "role": {"manager"}, "version": {strconv.FormatInt(baraka.Version, 10)}}
	if w := owner.post(path, edit); w.Code != http.StatusSeeOther {
		t.Errorf("another role: %d", w.Code)
	}
	edit.Set("role", "cashier")
	if w := owner.post(path, edit); w.Code != http.StatusConflict ||
		!strings.Contains(page(t, w).Find("#role-error").Text(), "Manager") {
		t.Errorf("from an older version: %d", w.Code)
	}
	self := "/admin/staff/" + strconv.FormatInt(int64(owner.operator.ID), 10)
	last := url.Values{"name": {"X"}, "role": {"owner"}, "disabled": {"1"}, "version": {"1"}}
	if w := owner.post(self, last); w.Code != http.StatusConflict {
		t.Errorf("the last owner disabled: %d", w.Code)
	}
	if w := owner.post(path+"/reset", url.Values{}); w.Code != http.StatusOK ||
		page(t, w).Find(".sheet .code").Length() != 1 {
		t.Errorf("reset: %d", w.Code)
	}
	if w := stranger.post("/admin/sign-in", url.Values{"name": {"Baraka"}, "password": {goodPassword}}); w.Code != 422 {
		t.Errorf("after the reset: %d", w.Code)
	}
	if w := owner.get("/admin/log?q=baraka"); page(t, w).Find("tbody tr").Length() < 5 ||
		strings.Contains(w.Body.String(), "argon2") {
		t.Errorf("the log: %s", page(t, w).Find("main").Text())
	}
	for _, q := range []string{
		"?q=%00%ff", "?before=-1", "?before=x&kind=%27&id=99999999999999999999", "?q=" + strings.Repeat("a", 5000),
	} {
		if w := owner.get("/admin/log" + q); w.Code != http.StatusOK {
			t.Errorf("log%.40s: %d", q, w.Code)
		}
	}
}

// TestOwnerInProductionNeedsACode: nothing else opens before it is set up.
func TestOwnerInProductionNeedsACode(t *testing.T) {
	st := books(t)
	o := openOn(t, st, func(d *handlers.Deps) { d.Staff = staff.New(st, staff.Config{Production: true}) })
	owner, manager := o.staffed(store.RoleOwner), o.staffed(store.RoleManager)
	for _, path := range []string{"/admin", "/admin/cinema", "/admin/account", "/admin/staff"} {
		if w := owner.get(path); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/admin/account/code" {
			t.Errorf("%s: %d to %q", path, w.Code, w.Header().Get("Location"))
		}
	}
	if w := owner.post("/admin/cinema", nyota()); w.Code != http.StatusSeeOther || o.logged("cinema.edit") != 0 {
		t.Errorf("a form: %d", w.Code)
	}
	if w := manager.get("/admin"); w.Code != http.StatusOK {
		t.Errorf("a manager: %d", w.Code)
	}
}

// emptyFields counts the fields of a form that are not filled in beforehand.
func emptyFields(d *goquery.Document) (n int) {
	for _, field := range d.Find("form input:not([type=hidden]):not([type=checkbox])").EachIter() {
		if field.AttrOr("value", "") == "" {
			n++
		}
	}
	return n
}

// TestSetUpOpens: one form makes the owner, the cinema, a hall, prices, a film and its first screening, on sale at
// once. What is typed wrong comes back at its field, and then nothing at all is written.
func TestSetUpOpens(t *testing.T) {
	o := open(t)
	token, err := staff.New(o.store, staff.Config{}).NewSetUpToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	path := "/admin/setup/" + token
	f, stranger := nyota(), o.nobody(path)
	for _, field := range page(t,
		o.get(path)).Find("form input, form textarea, form select option[selected]").EachIter() {
		name, value := field.AttrOr("name", ""), field.AttrOr("value", field.Text())
		if name != "" && name != "token" && value != "" && !f.Has(name) {
			f.Set(name, value)
		}
	}
	f.Set("name", "Achieng")
	f.Set("password", goodPassword)
	f.Set("title", "Rafiki")
	f.Set("runtime", "82")
	f.Set("rating", "18")
	f.Set("price.0", "1,350.00")
	for _, c := range []struct{ field, value, says string }{
		{"plan", "A ooo\nA ooo", "Line 2"}, {"plan", "A ???", "Line 1"}, {"hall", "", ""},
		{"plan", strings.Repeat("A oo\n", 2000), "Line 2"}, {"plan", "A LLL", "Line 1"}, {"plan", "A ovv", "Line 1"},
		{"plan", "A oo\x00", "Line 1"}, {"plan", "A \xff\xfe", "Line 1"}, {"hall", strings.Repeat("x", 300), ""},
		{"price.0", "free", "shillings"}, {"price.1", "0", "shillings"}, {"price.0", "-1", "shillings"},
		{"price.0", "1.005", "shillings"}, {"price.0", "1e9", ""}, {"price.0", "99999999999999999999", ""},
		{"time", "7pm", "24-hour clock"}, {"time", "", "one time"}, {"day", "yesterday", "no day"},
		{"runtime", "long", ""},
		{"runtime", "", ""},
		{"day", "31/2/2027", "no day"}, {"day", "2020-01-01", "over already"}, {"time", "24:00", "midnight is 00:00"},
		{"day", "2999-01-01", "no day"}, {"title", strings.Repeat("x", 300), ""},
	} {
		wrong := with(f, c.field, c.value)
		wrong.Set(c.field, c.value)
		w := stranger.post(path, wrong)
		text := page(t, w).Find("[id='" + c.field + "-error']").Text()
		if w.Code != http.StatusUnprocessableEntity || text == "" || !strings.Contains(text, c.says) {
			t.Errorf("%s=%q: %d, says %q", c.field, c.value, w.Code, text)
		}
	}
	if halls, err := o.store.Catalogue().Halls(t.Context()); err != nil || len(halls) > 0 {
		t.Fatalf("a form that was wrong left %v, %v", halls, err)
	}
	if w := stranger.post(path, f); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	programme, err := o.store.Catalogue().Programme(t.Context())
	if err != nil || len(programme.Films) != 1 || len(programme.Films[0].Screenings) != 1 {
		t.Fatalf("%+v, %v", programme, err)
	}
	sc := programme.Films[0].Screenings[0]
	if sc.Left != 120 || len(sc.Prices) != 3 || sc.Prices[0].Cents != 135_000 || sc.Prices[0].Type == 0 ||
		!sc.Sells(o.store.Now()) {
		t.Errorf("%+v", sc)
	}
	w := o.get("/screenings/" + strconv.FormatInt(int64(sc.ID), 10) + "/book")
	if w.Code != http.StatusOK || page(t, w).Find("[name=seat]").Length() != 120 {
		t.Errorf("the customer's form: %d", w.Code)
	}
}
