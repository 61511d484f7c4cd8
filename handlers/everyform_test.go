package handlers_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/alexedwards/argon2id"

	"cinemasphere/handlers/admin"
	"cinemasphere/handlers/staff"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/poster"
	"cinemasphere/store/storetest"
)

// everything is a box office that has one of everything that a page may be about.
type everything struct {
	*office
	film      store.MovieID
	archived  store.MovieID
	hall      store.HallID
	card      store.PriceCardID
	onSale    store.ScreeningID
	draft     store.ScreeningID
	paid      *store.Ticket
	pending   *store.Ticket
	free      store.TicketID
	person    store.OperatorID
	join, set string // tokens of one-time addresses; set is only where nobody is of the staff
	freeCode  string
	unmatched string // a receipt that is on the list of money
}

// openEverything fills a box office. Without staff nobody is of it, as before it is set up.
func openEverything(t *testing.T, withStaff bool) *everything {
	t.Helper()
	tells := store.Ways{Email: true, SMS: true}
	o := &everything{office: openOn(t, books(t, func(o *store.Options) { o.Tells = &tells }))}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	c := o.store.Catalogue()
	var err error
	if !withStaff {
		o.set, err = staff.New(o.store, staff.Config{}).NewSetUpToken(t.Context())
		must(err)
		return o
	}
	o.card, err = c.SavePriceCard(t.Context(), store.PriceCard{
		Name: "Normal", Prices: twoKinds(),
		Surcharges: store.Surcharges{{Name: "3D glasses", Cents: 50_00, Optional: true}},
	})
	must(err)
	o.onSale = storetest.Screening(t, o.store, 3, 10, tonight, func(sc *store.Screening) {
		sc.Surcharges = store.Surcharges{{Name: "3D glasses", Cents: 50_00, Optional: true}}
	})
	sh, err := c.Showing(t.Context(), o.onSale)
	must(err)
	o.film, o.hall = sh.MovieID, sh.HallID
	_, _, err = c.SetPoster(t.Context(), o.film, []poster.Image{
		{Kind: poster.Card, Width: 2, Height: 3, Bytes: []byte("no image")},
	})
	must(err)
	o.archived, err = c.AddMovie(t.Context(), store.Movie{
		Title: "Old", Synopsis: "A film.", Runtime: 90, AgeRating: "PG",
	})
	must(err)
	_, _, err = c.ArchiveMovie(t.Context(), o.archived)
	must(err)
	old, err := c.SavePriceCard(t.Context(), store.PriceCard{Name: "Old", Prices: twoKinds()})
	must(err)
	must(c.ArchivePriceCard(t.Context(), old, 1, false))
	hall, err := c.Hall(t.Context(), o.hall)
	must(err)
	hall.Plan += "Z oo\n"
	_, _, err = c.EditHall(t.Context(), hall) // its screenings have the plan before
	must(err)
	o.draft = storetest.Screening(t, o.store, 2, 10, func(sc *store.Screening) {
		sc.Status, sc.Prices, sc.CardID = store.Draft, nil, o.card
	})
	o.pays()
	o.paid = o.until(o.booked("0712345678"), "paid", paid)
	m, err := o.store.Jobs().TakeMessage(t.Context(), store.ViaSMS)
	must(err)
	must(o.store.Jobs().MessageTried(t.Context(), m, store.Tried{Outcome: store.SendRefused, Why: "number"}))
	o.daraja.SetScript("*", sim.Script{})
	o.pending = o.ticket(o.booked("0712345679"))
	owner := o.staffed(store.RoleOwner)
	given, err := o.store.Tickets().GiveComp(store.WithBy(t.Context(), owner.operator.By("192.0.2.1")), store.NewComp{
		ScreeningID: o.onSale, Name: "Press", Reason: "a review", Quantity: 2, Key: rand.Text(),
	})
	must(err)
	o.free = given.ID
	free, err := o.store.Tickets().TicketByID(t.Context(), o.free)
	must(err)
	o.freeCode = free.Code
	must(o.store.Tickets().Admit(t.Context(), o.paid.ID, o.paid.Seats))
	must(c.SetLogo(store.WithBy(t.Context(), owner.operator.By("192.0.2.1")), []poster.Image{
		{Kind: poster.Head, Width: 2, Height: 2, Bytes: []byte("no image")},
	}))
	o.join = rand.Text()
	sum := sha256.Sum256([]byte(o.join))
	person, err := o.store.Staff().AddOperator(t.Context(), store.NewOperator{
		Name: "Zawadi", Role: store.RoleCashier,
		Invite: store.Invite{Token: hex.EncodeToString(sum[:]), Until: o.store.Now().Add(time.Hour)},
	})
	must(err)
	o.person, o.unmatched = person.ID, "UKT4JL9G91"
	o.confirmed(o.unmatched, "100.00")
	return o
}

func twoKinds() store.Prices {
	return store.Prices{{Name: "Adult", Cents: 900_00}, {Name: "Child", Cents: 500_00}}
}

// booked books a ticket with all its surcharges, and returns its secret.
func (o *everything) booked(phone string) string {
	o.Helper()
	w := o.post("/bookings", with(form(o.onSale, phone, 1), "total", "1400"))
	if w.Code != http.StatusSeeOther {
		o.Fatalf("booking: %d %s", w.Code, w.Body)
	}
	return strings.TrimPrefix(w.Header().Get("Location"), "/tickets/")
}

// pagesOf are the addresses of a route's page, each of something else.
func (o *everything) pagesOf(pattern string) []string {
	n := func(id int64) string { return strconv.FormatInt(id, 10) }
	if o.paid == nil { // before it is set up
		return []string{"/admin" + strings.Replace(pattern, "{token}", o.set, 1)}
	}
	ids := map[string][]string{
		"/films/{id}": {n(int64(o.film)), n(int64(o.archived))}, "/halls/{id}": {n(int64(o.hall)), "new"},
		"/halls/{id}/apply": {n(int64(o.hall))}, "/halls/{id}/plan/{format}": {n(int64(o.hall))},
		"/prices/{id}": {"new", n(int64(o.card))}, "/staff/{id}": {n(int64(o.person))},
		"/screenings/{id}": {n(int64(o.onSale)), n(int64(o.draft))}, "/screenings/{id}/cancel": {n(int64(o.onSale))},
		"/screenings/{id}/free": {n(int64(o.onSale))}, "/screenings/{id}/seats": {n(int64(o.onSale))},
		"/orders/{id}":    {n(int64(o.paid.ID)), n(int64(o.pending.ID)), n(int64(o.free))},
		"/door/list/{id}": {n(int64(o.onSale))}, "/join/{token}": {o.join},
	}
	switch {
	case pattern == "/door":
		return []string{"/admin/door", "POST /admin/door code=" + o.freeCode}
	case pattern == "/checklist/test/{id}": // while there is none, the checklist has the form for it
		m := o.staffed(store.RoleOwner)
		w := m.postAs("/admin/checklist/test", testForm(o.T, page(o, m.get("/admin/checklist")), "0712345677"))
		return []string{w.Header().Get("Location")}
	case pattern == "": // which has a button where sales are paused
		if err := o.store.Tickets().PauseSales(o.Context(), "the projector is broken"); err != nil {
			o.Fatal(err)
		}
		return []string{"/admin"}
	case pattern == "/ratings":
		return []string{"/admin/ratings", "/admin/ratings?code=PG"}
	case !strings.Contains(pattern, "{"):
		return []string{"/admin" + pattern}
	}
	var paths []string
	for _, id := range ids[pattern] {
		path := strings.Replace(pattern, "{id}", id, 1)
		path = strings.NewReplacer("{token}", id, "{format}", "csv").Replace(path)
		paths = append(paths, "/admin"+path)
	}
	return paths
}

// webForm is a form of a page, and one button of it.
type webForm struct {
	action  string
	fields  url.Values // as it would be sent
	typed   []string   // the names of those that a person types into or chooses in
	choices []string   // the names of those that are chosen: a value of one's own is never shown back
	upload  bool
}

// formsOf are the forms of a page that are posted, once for each address that they may be sent to.
func formsOf(d *goquery.Document) (forms []webForm) {
	for _, form := range d.Find(`form[method=post], form[method=POST]`).EachIter() {
		f := webForm{fields: url.Values{}, action: form.AttrOr("action", "")}
		f.upload = form.AttrOr("enctype", "") == "multipart/form-data"
		for _, in := range form.Find("input[name], select[name], textarea[name]").EachIter() {
			name, kind := in.AttrOr("name", ""), in.AttrOr("type", "text")
			_, checked := in.Attr("checked")
			value := in.AttrOr("value", "")
			switch {
			case in.Is("select"):
				option := in.Find("option[selected]")
				if option.Length() == 0 {
					option = in.Find("option").First()
				}
				value = option.AttrOr("value", "")
			case in.Is("textarea"):
				value = in.Text()
			}
			if kind == "file" || (kind == "checkbox" || kind == "radio") && !checked && f.fields.Has(name) {
				continue
			}
			_, fixed := in.Attr("readonly")
			if kind != "hidden" && !fixed && !slices.Contains(f.typed, name) {
				f.typed = append(f.typed, name)
			}
			if in.Is("select") || kind == "checkbox" || kind == "radio" || kind == "password" ||
				in.AttrOr("autocomplete", "") == "one-time-code" {
				f.choices = append(f.choices, name)
			}
			if (kind != "checkbox" && kind != "radio") || checked {
				f.fields.Add(name, value)
			}
		}
		sent := map[string]bool{f.action: true}
		forms = append(forms, f)
		for _, button := range form.Find("button[formaction]").EachIter() {
			other := f
			if other.action = button.AttrOr("formaction", ""); !sent[other.action] {
				sent[other.action] = true
				forms = append(forms, other)
			}
		}
	}
	return forms
}

// badValues are what nobody should type into a field, and somebody will.
func badValues() map[string][]string {
	if testing.Short() { // -short is for the race detector: one thing after the other has few races
		return map[string][]string{"NUL": {"a\x00b"}, "not there": nil}
	}
	return map[string][]string{
		"nothing": {""}, "blank": {" \t\r\n "}, "10,000 characters": {strings.Repeat("x", 10_000)}, "NUL": {"a\x00b"},
		"no UTF-8": {"a\xff\xfeb"}, "negative": {"-1"}, "huge": {"99999999999999999999"}, "a float": {"1e308"},
		"twice": {"one", "two"}, "markup": {`"><script>alert(1)</script>`}, "right to left": {"\u202eabc\u200b"},
		"a formula": {"=1+1"}, "a thousand": {strings.Repeat("9", 1000)}, "not there": nil,
		"lines": {"a\r\nb\rc\nd"},
	}
}

// sendForm sends a form as a browser would.
func sendForm(o *office, f webForm, m *member, fields url.Values) *httptest.ResponseRecorder {
	o.Helper()
	fields = with(fields, "token", m.form)
	if !f.upload {
		return m.postAs(f.action, fields)
	}
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for name, values := range fields {
		for _, value := range values {
			if err := parts.WriteField(name, value); err != nil {
				o.Fatal(err)
			}
		}
	}
	if err := parts.Close(); err != nil {
		o.Fatal(err)
	}
	return o.send(request{
		method: "POST", path: f.action, body: body.String(), cookie: m.cookie(),
		headers: []string{"Content-Type", parts.FormDataContentType(), "Sec-Fetch-Site", "same-origin"},
	})
}

// shownAs is a text as a page may show it back: without what no page can have.
func shownAs(typed string) string {
	typed = strings.ToValidUTF8(strings.ReplaceAll(typed, "\x00", ""), "")
	return strings.Join(strings.Fields(strings.ReplaceAll(typed, "\uFFFD", "")), " ")
}

// lost are the fields whose text does not come back with the form that is shown again.
func lost(d *goquery.Document, f webForm, sent url.Values) (names []string) {
	for _, name := range f.typed {
		if slices.Contains(f.choices, name) || shownAs(sent.Get(name)) == "" {
			continue
		}
		back := false
		for _, in := range d.Find(`[name="` + name + `"]`).EachIter() {
			back = back || shownAs(in.AttrOr("value", in.Text())) == shownAs(sent.Get(name))
		}
		if !back {
			names = append(names, name)
		}
	}
	return names
}

// show opens a page: by its address, or by a form that leads to it.
func (m *member) show(path string) *httptest.ResponseRecorder {
	if post, is := strings.CutPrefix(path, "POST "); is {
		to, fields, _ := strings.Cut(post, " ")
		f, err := url.ParseQuery(fields)
		if err != nil {
			m.o.Fatal(err)
		}
		return m.post(to, f)
	}
	return m.get(path)
}

// refill opens a page anew and finds the form again, which now carries the version of today.
func refill(o *office, m *member, path string, like webForm) (webForm, bool) {
	for _, f := range formsOf(page(o, m.show(path))) {
		if lastWords(f.action) == lastWords(like.action) && slices.Equal(f.typed, like.typed) &&
			f.fields.Get("do") == like.fields.Get("do") {
			return f, true
		}
	}
	return webForm{}, false
}

// walkForm sends a form once for each of its fields and bad values. No answer may be an error of the program; where the
// form comes back, nothing typed is lost; and no other answer may refuse what a person typed, since that loses it.
func walkForm(o *office, m *member, path string, like webForm, posted map[string]bool) {
	o.Helper()
	for _, name := range append(slices.Sorted(maps.Keys(like.fields)), "unknown", "unknown[]") {
		if name == "token" {
			continue
		}
		for what, values := range badValues() {
			f, there := refill(o, m, path, like)
			if !there {
				return // what it is about is gone
			}
			sent := with(f.fields, name, "")
			sent[name] = values
			if values == nil {
				delete(sent, name)
			}
			w := sendForm(o, f, m, sent)
			where := fmt.Sprintf("%s, form to %s %s, %s is %s", path, f.action, f.fields.Get("do"), name, what)
			posted[f.action] = true
			if slices.Contains([]int{422, 409, 429}, w.Code) {
				if names := lost(page(o, w), f, sent); len(names) > 0 {
					o.Errorf("%s: %d, and lost: %q", where, w.Code, names)
				}
			} else if typed := slices.Contains(f.typed, name) && len(f.typed) > len(f.choices); w.Code >= 500 ||
				w.Code >= 400 && typed {
				o.Errorf("%s: %d %s", where, w.Code, strings.Join(strings.Fields(page(o, w).Find("main").Text()), " "))
			}
		}
	}
}

// walkAtOnce sends a form with all its fields wrong in one way.
func walkAtOnce(o *office, m *member, path string, like webForm) {
	o.Helper()
	for what, values := range badValues() {
		f, there := refill(o, m, path, like)
		if !there {
			return // it is not for this role
		}
		sent := maps.Clone(f.fields)
		for _, name := range f.typed {
			if sent[name] = values; values == nil {
				delete(sent, name)
			}
		}
		w := sendForm(o, f, m, sent)
		where := fmt.Sprintf("%s as %s, form to %s, all is %s", path, m.operator.Role, f.action, what)
		if slices.Contains([]int{422, 409, 429}, w.Code) {
			if names := lost(page(o, w), f, sent); len(names) > 0 {
				o.Errorf("%s: %d, and lost: %q", where, w.Code, names)
			}
		} else if w.Code >= 500 {
			o.Errorf("%s: %d", where, w.Code)
		}
	}
}

// TestEveryForm walks every page of the back office and of a customer, and sends each of its forms with each field
// wrong in each way. Nothing gets a 500, and nothing typed is lost.
func TestEveryForm(t *testing.T) {
	walked, posted := map[string]bool{}, map[string]bool{}
	walk := func(pattern string, find func(*everything) []string, visit func(*everything) *member, withStaff bool,
		others ...store.Role) {
		first := openEverything(t, withStaff)
		paths := find(first)
		if len(paths) == 0 {
			t.Errorf("%s: no page of it is known here", pattern)
		}
		for i, path := range paths {
			w := visit(first).show(path)
			if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				continue
			}
			for _, f := range formsOf(page(t, w)) {
				name := pathParameter.ReplaceAllString(pattern, "x") + " " + lastWords(f.action) + " " +
					f.fields.Get("do") + strings.Join(f.typed, ",")
				if walked[name] || f.action == "/admin/sign-out" {
					continue
				}
				walked[name] = true
				t.Run(fmt.Sprintf("%s %d", name, i), func(t *testing.T) {
					for _, role := range others {
						o := openEverything(t, withStaff)
						walkAtOnce(o.office, o.staffed(role), find(o)[i], f)
					}
					o := openEverything(t, withStaff)
					m, at := visit(o), find(o)[i]
					walkForm(o.office, m, at, f, posted)
				})
			}
		}
	}
	owner := func(o *everything) *member { return o.staffed(store.RoleOwner) }
	protected := func(o *everything) *member { // by a password and an authenticator app
		hash, err := argon2id.CreateHash(goodPassword, &argon2id.Params{
			Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32,
		})
		if err != nil {
			o.Fatal(err)
		}
		op, err := o.store.Staff().AddOperator(o.Context(), store.NewOperator{
			Name: "Achieng " + rand.Text()[:6], Role: store.RoleOwner, Password: hash,
		})
		if err != nil {
			o.Fatal(err)
		}
		secret := "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
		op, err = o.store.Staff().EditOperator(o.Context(), store.OperatorEdit{
			ID: op.ID, Action: "operator.code", TOTPSecret: &secret,
		})
		if err != nil {
			o.Fatal(err)
		}
		return o.session(op)
	}
	nobody := func(path string) func(*everything) *member {
		return func(o *everything) *member {
			if path == "/admin/setup" {
				return o.nobody("/admin/setup/" + o.set)
			}
			return o.nobody("/admin/sign-in")
		}
	}
	for _, route := range admin.New(admin.Config{}).Routes() {
		if route.Method != http.MethodGet || route.Pattern == "/demo" {
			continue
		}
		find := func(o *everything) []string { return o.pagesOf(route.Pattern) }
		switch {
		case route.Pattern == "/setup/{token}":
			walk(route.Pattern, find, nobody("/admin/setup"), false)
		case route.Role == "":
			walk(route.Pattern, find, nobody(""), true)
		case strings.HasPrefix(route.Pattern, "/account"):
			walk(route.Pattern, find, protected, true)
		default:
			others := slices.DeleteFunc(store.Roles(), func(role store.Role) bool {
				return role == store.RoleOwner || !role.Includes(route.Role)
			})
			walk(route.Pattern, find, owner, true, others...)
		}
	}
	for pattern, find := range map[string]func(*everything) []string{
		"/screenings/{id}/book": func(o *everything) []string {
			return []string{"/screenings/" + strconv.FormatInt(int64(o.onSale), 10) + "/book"}
		},
		"/tickets/{secret}": func(o *everything) []string {
			return []string{"/tickets/" + o.pending.Secret, "/tickets/" + o.paid.Secret}
		},
	} {
		walk(pattern, find, nobody(""), true)
	}
	for _, route := range admin.New(admin.Config{}).Routes() {
		pattern := regexp.MustCompile("^/admin" + pathParameter.ReplaceAllString(route.Pattern, "[^/]+") + "([?#].*)?$")
		reached := false
		for action := range posted {
			reached = reached || pattern.MatchString(action)
		}
		if route.Method == http.MethodPost && route.Pattern != "/sign-out" && !reached {
			t.Errorf("POST %s: no form was sent to it", route.Pattern)
		}
	}
}

// TestOlderForms: a form that was opened before a field was added to it takes away nothing that stands in that field:
// it keeps what there is, or says what is missing.
func TestOlderForms(t *testing.T) {
	o := openEverything(t, true)
	m := o.staffed(store.RoleOwner)
	identity := with(nyota(), "version", "0")
	if w := m.post("/admin/cinema", identity); w.Code != http.StatusSeeOther {
		t.Fatalf("%d", w.Code)
	}
	if w := m.post("/admin/prices/holidays", url.Values{"holidays": {"25/12/2026"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("%d", w.Code)
	}
	tried := 0
	for _, pattern := range []string{
		"/cinema", "/prices", "/films/{id}", "/halls/{id}", "/prices/{id}", "/staff/{id}", "/screenings/{id}",
		"/ratings",
	} {
		for _, path := range o.pagesOf(pattern) {
			for _, like := range formsOf(page(t, m.get(path))) {
				for _, name := range like.typed {
					before, there := refill(o.office, m, path, like)
					if !there || before.fields.Get(name) == "" || slices.Contains(like.choices, name) {
						continue
					}
					w := sendForm(o.office, before, m, with(before.fields, name, ""))
					if w.Code == http.StatusUnprocessableEntity {
						continue // it says what is missing
					}
					tried++
					after, there := refill(o.office, m, path, like)
					if w.Code != http.StatusSeeOther || there && after.fields.Get(name) != before.fields.Get(name) {
						t.Errorf("%s, form to %s without %s: %d, and %q is now %q", path, like.action, name, w.Code,
							before.fields.Get(name), after.fields.Get(name))
					}
				}
			}
		}
	}
	if tried < 30 {
		t.Errorf("only %d fields were left out", tried)
	}
}

// lastWords is an address without the numbers and tokens in it.
func lastWords(path string) string {
	var words []string
	for _, word := range strings.Split(path, "/") {
		if len(word) < 20 && strings.Trim(word, "0123456789") != "" {
			words = append(words, word)
		}
	}
	return strings.Join(words, "/")
}
