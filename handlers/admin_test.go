package handlers_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"cinemasphere/handlers/admin"
	"cinemasphere/store"
)

// member is somebody of the staff, signed in on a browser.
type member struct {
	o        *office
	operator store.Operator
	token    string // of the session's cookie
	form     string // that the session's forms carry
}

// staffed adds an operator of the role and signs them in, without a password.
func (o *office) staffed(role store.Role) *member {
	o.Helper()
	name := "The " + string(role) + " " + rand.Text()[:6]
	op, err := o.store.Staff().AddOperator(o.Context(), store.NewOperator{Name: name, Role: role})
	if err != nil {
		o.Fatal(err)
	}
	return o.session(op)
}

// session is a new session of an operator who has no password.
func (o *office) session(op store.Operator) *member {
	o.Helper()
	m := &member{o: o, operator: op, token: rand.Text(), form: rand.Text()}
	sum := sha256.Sum256([]byte(m.token))
	_, err := o.store.Staff().SignIn(o.Context(), store.NewSession{
		Operator: op.ID, Password: op.Password, Token: hex.EncodeToString(sum[:]), FormToken: m.form,
		Source: "192.0.2.1", Agent: "test", Lifetime: time.Hour,
	})
	if err != nil {
		o.Fatal(err)
	}
	return m
}

// nobody is a browser that nobody is signed in on, with the form token that a page has given it.
func (o *office) nobody(path string) *member {
	o.Helper()
	w := o.get(path)
	for _, c := range w.Result().Cookies() {
		if c.Name == "__Host-staff-form" {
			return &member{o: o, form: c.Value}
		}
	}
	o.Fatalf("%s gives no token: %d", path, w.Code)
	return nil
}

// cookie is the session's, or that of a browser that has none.
func (m *member) cookie() *http.Cookie {
	if m.token == "" {
		return &http.Cookie{Name: "__Host-staff-form", Value: m.form}
	}
	return &http.Cookie{Name: "__Host-staff", Value: m.token}
}

func (m *member) get(path string) *httptest.ResponseRecorder {
	m.o.Helper()
	return m.o.send(request{method: "GET", path: path, cookie: m.cookie()})
}

// post sends a form of the member's session.
func (m *member) post(path string, f url.Values) *httptest.ResponseRecorder {
	m.o.Helper()
	return m.postAs(path, with(f, "token", m.form))
}

// postAs sends a form as it is.
func (m *member) postAs(path string, f url.Values) *httptest.ResponseRecorder {
	m.o.Helper()
	return m.o.send(request{
		method: "POST", path: path, body: f.Encode(), cookie: m.cookie(),
		headers: []string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin"},
	})
}

var pathParameter = regexp.MustCompile(`\{[a-z]+\}`)

// TestEveryRouteWithEveryRole walks the whole table of the back office: with nobody, and with each role.
func TestEveryRouteWithEveryRole(t *testing.T) {
	o := open(t)
	routes := admin.New(admin.Config{}).Routes()
	if len(routes) < 5 {
		t.Fatalf("%d routes", len(routes))
	}
	seen := map[string]bool{}
	for _, route := range routes {
		if seen[route.Method+route.Pattern] {
			t.Errorf("%s %s is there twice", route.Method, route.Pattern)
		}
		seen[route.Method+route.Pattern] = true
		path := "/admin" + pathParameter.ReplaceAllString(route.Pattern, "1")
		if route.Role == "" {
			if w := o.send(request{method: "GET", path: path}); w.Code == http.StatusForbidden || w.Code >= 500 {
				t.Errorf("GET %s with nobody: %d", path, w.Code)
			}
			if route.Method == http.MethodPost {
				if w := o.post(path, url.Values{}); w.Code != http.StatusForbidden {
					t.Errorf("POST %s with nobody and no token: %d", path, w.Code)
				}
				w := o.nobody("/admin/sign-in").post(path, url.Values{})
				if w.Code == http.StatusForbidden || w.Code >= 500 {
					t.Errorf("POST %s with nobody: %d", path, w.Code)
				}
			}
			continue
		}
		nobody := &member{o: o, token: "none"}
		w := nobody.get(path)
		if route.Method == http.MethodPost {
			w = nobody.post(path, url.Values{})
		}
		toSignIn := strings.HasPrefix(w.Header().Get("Location"), "/admin/sign-in?to=")
		if route.Method == http.MethodGet && (w.Code != http.StatusSeeOther || !toSignIn) ||
			route.Method == http.MethodPost && w.Code != http.StatusForbidden {
			t.Errorf("%s %s with nobody: %d to %q", route.Method, path, w.Code, w.Header().Get("Location"))
		}
		for _, role := range store.Roles() {
			m := o.staffed(role)
			if route.Method == http.MethodPost {
				if w := m.postAs(path, url.Values{"token": {nobody.form}}); w.Code != http.StatusForbidden {
					t.Errorf("POST %s as %s with a strange form: %d", path, role, w.Code)
				}
				w = m.post(path, url.Values{})
			} else {
				w = m.get(path)
			}
			if forbidden := w.Code == http.StatusForbidden; forbidden == role.Includes(route.Role) || w.Code >= 500 {
				t.Errorf("%s %s as %s: %d", route.Method, path, role, w.Code)
			}
			if cache := w.Header().Get("Cache-Control"); !strings.Contains(cache, "no-store") {
				t.Errorf("%s %s as %s: Cache-Control %q", route.Method, path, role, cache)
			}
		}
	}
}

// TestMenuHasWhatOneMayOpen: each entry leads to a page that answers, and each page of the menu that the role may open
// is there.
func TestMenuHasWhatOneMayOpen(t *testing.T) {
	o := open(t)
	for _, role := range store.Roles() {
		m := o.staffed(role)
		entries := page(t, m.get("/admin")).Find(".menu-wide nav a")
		if entries.Length() == 0 {
			t.Errorf("%s: no menu", role)
		}
		for _, e := range entries.EachIter() {
			if w := m.get(e.AttrOr("href", "")); w.Code != http.StatusOK {
				t.Errorf("%s: %s leads to %d", role, e.Text(), w.Code)
			}
		}
	}
}

// TestSignedOutIsOut: what a session could open, it cannot once it has ended, was idle or its operator is disabled.
func TestSignedOutIsOut(t *testing.T) {
	o := open(t)
	o.staffed(store.RoleOwner) // who stays
	for name, end := range map[string]func(*member){
		"signed out": func(m *member) {
			if w := m.post("/admin/sign-out", url.Values{}); w.Code != http.StatusSeeOther {
				t.Errorf("sign out: %d", w.Code)
			}
		},
		"disabled": func(m *member) {
			yes := true
			_, err := o.store.Staff().EditOperator(t.Context(), store.OperatorEdit{ID: m.operator.ID, Disabled: &yes})
			if err != nil {
				t.Error(err)
			}
		},
		"signed out everywhere": func(m *member) {
			edit := store.OperatorEdit{ID: m.operator.ID, EndSessions: true}
			_, err := o.store.Staff().EditOperator(t.Context(), edit)
			if err != nil {
				t.Error(err)
			}
		},
	} {
		m := o.staffed(store.RoleOwner)
		if w := m.get("/admin"); w.Code != http.StatusOK {
			t.Fatalf("signed in: %d", w.Code)
		}
		end(m)
		if w := m.get("/admin"); w.Code != http.StatusSeeOther {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}
