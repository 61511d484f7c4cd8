package handlers_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/alexedwards/argon2id"

	"cinemasphere/handlers"
	"cinemasphere/handlers/admin"
	"cinemasphere/handlers/staff"
	"cinemasphere/store"
)

// withPassword adds an operator who signs in with goodPassword, and signs them in.
func (o *office) withPassword(role store.Role) *member {
	o.Helper()
	hash, err := argon2id.CreateHash(goodPassword, &argon2id.Params{
		Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32,
	})
	if err != nil {
		o.Fatal(err)
	}
	op, err := o.store.Staff().AddOperator(o.Context(), store.NewOperator{
		Name: "Achieng " + rand.Text()[:6], Role: role, Password: hash,
	})
	if err != nil {
		o.Fatal(err)
	}
	return o.session(op)
}

// signOut ends the member's session, as another tab would.
func (m *member) signOut() {
	m.o.Helper()
	if w := m.post("/admin/sign-out", url.Values{}); w.Code != http.StatusSeeOther {
		m.o.Fatalf("sign out: %d", w.Code)
	}
}

// browser is what a browser has of a page that it was answered with: its forms, and the cookies.
type browser struct {
	o       *office
	cookies map[string]*http.Cookie
}

func (b *browser) takes(w *httptest.ResponseRecorder) {
	for _, c := range w.Result().Cookies() {
		b.cookies[c.Name] = c
	}
}

// post sends a form with the cookies.
func (b *browser) post(path string, f url.Values) *httptest.ResponseRecorder {
	return b.send(path, f.Encode(), "application/x-www-form-urlencoded")
}

func (b *browser) send(path, body, kind string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, baseURL+path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, c := range b.cookies {
		if c.MaxAge >= 0 {
			r.AddCookie(c)
		}
	}
	w := httptest.NewRecorder()
	b.o.handler.ServeHTTP(w, r)
	b.takes(w)
	return w
}

// signInForm is the form to sign in of a page; nil where it has none.
func signInForm(d *goquery.Document) url.Values {
	form := d.Find(`main form[action="/admin/sign-in"]`)
	if form.Length() == 0 {
		return nil
	}
	return hidden(form)
}

// hidden are the hidden fields of a form, with the line ends that a browser sends.
func hidden(form *goquery.Selection) url.Values {
	f := url.Values{}
	for _, in := range form.Find("input[type=hidden]").EachIter() {
		f.Add(in.AttrOr("name", ""), browserLines(in.AttrOr("value", "")))
	}
	return f
}

// browserLines is a field's text with the line ends that a browser sends.
func browserLines(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
}

func (o *office) noBrowser() *browser { return &browser{o: o, cookies: map[string]*http.Cookie{}} }

// TestWhatWasTypedOutlivesTheSession sends every form of the back office after its session has ended. What was typed
// comes back once its writer has signed in again, by no other press than theirs, and without passwords and codes.
func TestWhatWasTypedOutlivesTheSession(t *testing.T) {
	o := openEverything(t, true)
	seen, kept := map[string]bool{}, 0
	for _, route := range admin.New(admin.Config{}).Routes() {
		if route.Method != http.MethodGet || route.Role == "" {
			continue
		}
		for _, path := range o.pagesOf(route.Pattern) {
			m := o.withPassword(store.RoleOwner)
			w := m.show(path)
			if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				continue
			}
			for _, f := range formsOf(page(t, w)) {
				name := lastWords(f.action) + " " + f.fields.Get("do") + strings.Join(f.typed, ",")
				if seen[name] || f.action == "/admin/sign-out" {
					continue
				}
				seen[name] = true
				// A session for each form: the page is opened, the session ends, and the form is sent.
				writer := o.session(m.operator)
				secrets := secretsOf(page(t, writer.show(path)), f.action)
				for i, field := range f.typed {
					if !slices.Contains(f.choices, field) {
						f.fields.Set(field, fmt.Sprintf("typed\n <%d> & \"more\"", i))
					}
				}
				for _, values := range f.fields {
					for i := range values {
						values[i] = browserLines(values[i])
					}
				}
				for _, field := range secrets {
					f.fields.Set(field, "the secret of "+field)
				}
				f.fields.Set("token", writer.form)
				writer.signOut()
				b := o.noBrowser()
				w := b.sendForm(f)
				back := signInForm(page(t, w))
				if w.Code != http.StatusForbidden || back == nil {
					t.Errorf("%s: %d %s", name, w.Code, page(t, w).Find("main").Text())
					continue
				}
				if strings.Contains(w.Body.String(), "the secret of") {
					t.Errorf("%s: a secret is carried", name)
				}
				if len(seen) == 1 { // a wrong password loses nothing; more of them would have to wait
					back.Set("name", m.operator.Name)
					back.Set("password", "a wrong one")
					if w = b.post("/admin/sign-in", back); w.Code != http.StatusUnprocessableEntity {
						t.Errorf("%s: a wrong password: %d", name, w.Code)
					}
					back = signInForm(page(t, w))
				}
				back.Set("name", m.operator.Name)
				back.Set("password", goodPassword)
				logged := o.entries()
				w = b.post("/admin/sign-in", back)
				if len(secrets) > 0 {
					if w.Code != http.StatusSeeOther {
						t.Errorf("%s: after signing in: %d", name, w.Code)
					}
					continue
				}
				again := page(t, w).Find(`main form[action="` + f.action + `"]`)
				if w.Code != http.StatusOK || again.Length() != 1 {
					t.Errorf("%s: after signing in: %d %s", name, w.Code, page(t, w).Find("main").Text())
					continue
				}
				if n := o.entries(); n != logged+1 { // the session
					t.Errorf("%s: %d entries in the log without a press", name, n-logged)
				}
				sent := hidden(again)
				for field, values := range f.fields {
					if field != "token" && !slices.Equal(sent[field], values) {
						t.Errorf("%s: %s was %q, and is %q", name, field, values, sent[field])
					}
				}
				if sent.Get("token") == f.fields.Get("token") || len(sent) != len(with(f.fields, "token", "x")) {
					t.Errorf("%s: sent would be %v", name, sent)
				}
				kept++
				f.fields = sent
				if w := b.sendForm(f); w.Code == http.StatusForbidden || w.Code >= 500 {
					t.Errorf("%s: sent again: %d", name, w.Code)
				}
			}
		}
	}
	if kept < 40 {
		t.Errorf("only %d forms were kept", kept)
	}
}

// secretsOf are the names of the fields of a form that nobody may read.
func secretsOf(d *goquery.Document, action string) (names []string) {
	for _, in := range d.Find(`form[action="` + action + `"] input`).EachIter() {
		complete, name := in.AttrOr("autocomplete", ""), in.AttrOr("name", "")
		if in.AttrOr("type", "") == "password" || complete == "one-time-code" || strings.HasPrefix(complete, "cc-") ||
			name == "secret" {
			names = append(names, name)
		}
	}
	return names
}

// entries counts the audit log.
func (o *office) entries() int {
	o.Helper()
	all, err := o.store.Staff().Log(o.Context(), store.LogFilter{Limit: 10_000})
	if err != nil {
		o.Fatal(err)
	}
	return len(all)
}

// sendForm sends a form as a browser would, with a file where it is one for files.
func (b *browser) sendForm(f webForm) *httptest.ResponseRecorder {
	if !f.upload {
		return b.post(f.action, f.fields)
	}
	body, kind := multi(b.o.T, f.fields)
	return b.send(f.action, body, kind)
}

func multi(t *testing.T, fields url.Values, files ...string) (body, kind string) {
	t.Helper()
	var out bytes.Buffer
	parts := multipart.NewWriter(&out)
	write := func(name string) {
		for _, value := range fields[name] {
			if err := parts.WriteField(name, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	write("token") // stands first in our forms
	for _, name := range files {
		file, err := parts.CreateFormFile(name, "plan.csv")
		if err == nil {
			_, err = io.WriteString(file, "a file")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range fields {
		if name != "token" {
			write(name)
		}
	}
	if err := parts.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), parts.FormDataContentType()
}

// TestWhoGetsWhatWasTyped: the same person alone, from a form that was given to them, and not too much of it.
func TestWhoGetsWhatWasTyped(t *testing.T) {
	o := open(t)
	writer, other := o.withPassword(store.RoleOwner), o.withPassword(store.RoleOwner)
	late := func(change url.Values) url.Values {
		f := with(nyota(), "version", "0")
		f.Set("token", writer.form)
		for name, values := range change {
			f[name] = values
		}
		return f
	}
	signIn := func(b *browser, f url.Values, as *member) *goquery.Document {
		f.Set("name", as.operator.Name)
		f.Set("password", goodPassword)
		return page(t, b.post("/admin/sign-in", f))
	}
	const form = `main form[action="/admin/cinema"]`
	// While the session lasts, a form of the session before is given back at once.
	newer := o.session(writer.operator)
	writer.signOut()
	w := newer.postAs("/admin/cinema", late(nil))
	if d := page(t, w); w.Code != http.StatusForbidden || d.Find(form+` [name=town][value=Mombasa]`).Length() != 1 {
		t.Errorf("a form of the same person's older session: %d %s", w.Code, d.Find("main").Text())
	}
	// Of somebody else's session it is not, and they are not signed out for it.
	w = other.postAs("/admin/cinema", late(nil))
	if d := page(t, w); w.Code != http.StatusForbidden || d.Find(form).Length() != 0 || signInForm(d) == nil {
		t.Errorf("another person sends it: %d %s", w.Code, d.Find("main").Text())
	}
	if w := other.get("/admin/cinema"); w.Code != http.StatusOK {
		t.Errorf("they are signed out: %d", w.Code)
	}
	b := o.noBrowser()
	kept := signInForm(page(t, b.post("/admin/cinema", late(nil))))
	if d := signIn(b, kept, other); d.Find(form).Length() != 0 || signInForm(d) == nil {
		t.Errorf("another person signs in: %s", d.Find("main").Text())
	}
	if d := signIn(b, signInForm(signIn(b, kept, other)), writer); d.Find(form).Length() != 1 {
		t.Errorf("then the writer: %s", d.Find("main").Text())
	}
	if n := o.logged("cinema.edit"); n != 0 {
		t.Errorf("%d edits in the log", n)
	}
	// A form that nobody was given leads nowhere, and neither does one to an address of others.
	for name, f := range map[string]url.Values{
		"no token": late(url.Values{"token": nil}), "a made-up token": late(url.Values{"token": {rand.Text()}}),
	} {
		w := o.noBrowser().post("/admin/cinema", f)
		if d := page(t, w); w.Code != http.StatusForbidden || signInForm(d) != nil ||
			strings.Contains(w.Body.String(), "Mombasa") {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	for _, to := range []string{"https://evil.test/", "//evil.test", "/admin\\evil", "javascript:alert(1)"} {
		b := o.noBrowser()
		f := signInForm(page(t, b.post("/admin/cinema", late(nil))))
		f.Set("kept-to", to)
		if d := signIn(b, f, writer); d.Find(`main form[action="/admin"]`).Length() != 1 {
			t.Errorf("%s: %s", to, d.Find("main").Text())
		}
	}
	// What an attacker's page cannot do, a carried form cannot either: the sign-in needs its own token.
	f := signInForm(page(t, o.noBrowser().post("/admin/cinema", late(nil))))
	f.Set("name", writer.operator.Name)
	f.Set("password", goodPassword)
	if w := o.post("/admin/sign-in", f); w.Code != http.StatusForbidden ||
		signInForm(page(t, w)).Get("kept.town") != "Mombasa" {
		t.Errorf("a sign-in without its token: %d", w.Code)
	}
	// Secrets that stand where none belongs are not carried either, nor is what is put there by hand.
	b = o.noBrowser()
	f = signInForm(page(t, b.post("/admin/cinema", late(url.Values{"password": {"hush"}, "current": {"hush"}}))))
	f.Set("kept.password", "hush")
	f.Set("kept.token", "hush")
	if w := signIn(b, f, writer); strings.Contains(w.Find("main").Text(), "hush") ||
		w.Find(`[value="hush"]`).Length() != 0 {
		t.Error("a secret is carried")
	}
}

// TestLongFormsAndFiles: what was typed beside a file is kept and the file is asked for again; what is too long is not
// kept, and the page says so.
func TestLongFormsAndFiles(t *testing.T) {
	o := open(t)
	m := o.withPassword(store.RoleManager)
	hall := url.Values{
		"name": {"Screen 9"}, "plan": {"A oo\r\nB oo"}, "cleaning": {"15"}, "do": {"save"}, "token": {m.form},
	}
	m.signOut()
	b := o.noBrowser()
	body, kind := multi(t, hall, "file")
	w := b.send("/admin/halls/new", body, kind)
	f := signInForm(page(t, w))
	if w.Code != http.StatusForbidden || f == nil {
		t.Fatalf("%d %s", w.Code, page(t, w).Find("main").Text())
	}
	f.Set("name", m.operator.Name)
	f.Set("password", goodPassword)
	d := page(t, b.post("/admin/sign-in", f))
	form := d.Find(`main form[action="/admin/halls/new"][enctype="multipart/form-data"]`)
	if got := hidden(form); form.Find(`input[type=file][name=file]`).Length() != 1 || got.Get("name") != "Screen 9" ||
		strings.Join(strings.Fields(got.Get("plan")), " ") != "A oo B oo" {
		t.Errorf("what comes back: %v", got)
	}
	body, kind = multi(t, hidden(form))
	if w := b.send("/admin/halls/new", body, kind); w.Code != http.StatusSeeOther {
		t.Errorf("sent again: %d %s", w.Code, page(t, w).Find("main").Text())
	}
	halls, err := o.store.Catalogue().Halls(t.Context())
	if err != nil || len(halls) != 1 || halls[0].Name != "Screen 9" {
		t.Errorf("%v, %v", halls, err)
	}
	for n, keeps := range map[int]bool{100: true, 200 << 10: true, 257 << 10: false, 1 << 20: false} {
		hall.Set("plan", strings.Repeat("o", n))
		body, kind := multi(t, hall, "file")
		w := o.noBrowser().send("/admin/halls/new", body, kind)
		f := signInForm(page(t, w))
		if w.Code != http.StatusForbidden || f == nil || f.Has("kept.plan") != keeps {
			t.Errorf("%d bytes: %d, kept %v", n, w.Code, f.Has("kept.plan"))
		}
	}
	hall.Set("token", rand.Text())
	body, kind = multi(t, hall, "file")
	w = o.noBrowser().send("/admin/halls/new", body, kind)
	if w.Code != http.StatusForbidden || signInForm(page(t, w)) != nil {
		t.Errorf("files from nobody: %d", w.Code)
	}
}

// TestIdleSessionKeepsWhatWasTyped: the clock ends a session too, and a form is remembered for weeks.
func TestIdleSessionKeepsWhatWasTyped(t *testing.T) {
	var ahead time.Duration
	clock := morning()
	now := func() time.Time { return clock().Add(ahead) }
	st := books(t, func(o *store.Options) { o.Now = now })
	o := openOn(t, st, func(d *handlers.Deps) { d.Now = now })
	m := o.withPassword(store.RoleOwner)
	f := with(with(nyota(), "version", "0"), "token", m.form)
	for _, c := range []struct {
		after time.Duration
		kept  bool
	}{{staff.IdleTime + time.Minute, true}, {7 * 24 * time.Hour, true}, {31 * 24 * time.Hour, false}} {
		ahead = c.after
		if err := o.store.Jobs().Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		w := o.noBrowser().post("/admin/cinema", f)
		back := signInForm(page(t, w))
		if w.Code != http.StatusForbidden || (back.Get("kept.town") == "Mombasa") != c.kept {
			t.Errorf("after %v: %d, %v", c.after, w.Code, back)
		}
	}
}

// TestSetUpFormThatIsTooOld: it comes back without the password, which is asked for again.
func TestSetUpFormThatIsTooOld(t *testing.T) {
	o := open(t)
	token, err := staff.New(o.store, staff.Config{}).NewSetUpToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	path, b := "/admin/setup/"+token, o.noBrowser()
	f := nyota()
	f.Set("name", "Achieng")
	f.Set("password", goodPassword)
	w := b.post(path, f)
	form := page(t, w).Find(`main form[action="` + path + `"]`)
	again := hidden(form)
	if w.Code != http.StatusForbidden || again.Get("town") != "Mombasa" || again.Has("password") ||
		form.Find(`input[type=password][name=password]`).Length() != 1 ||
		strings.Contains(w.Body.String(), goodPassword) {
		t.Fatalf("%d: %v", w.Code, again)
	}
	again.Set("password", goodPassword)
	if w := b.post(path, again); w.Code != http.StatusSeeOther {
		t.Errorf("sent again: %d %s", w.Code, strconv.Quote(page(t, w).Find("main").Text()))
	}
	w = b.post("/admin/setup/"+rand.Text(), f)
	if w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "Mombasa") {
		t.Errorf("at another address: %d", w.Code)
	}
}
