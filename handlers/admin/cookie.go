package admin

import (
	"encoding/base64"
	"net/http"
	"time"

	"cinemasphere/handlers/staff"
)

// The cookies of the back office: the session, by what the browser is known later, what each form carries while nobody
// is signed in, and what the last form has done.
const (
	sessionCookie = "staff"
	browserCookie = "staff-browser"
	formCookie    = "staff-form"
	flashCookie   = "staff-said"
)

// How long the browser keeps the latter two.
const (
	browserLifetime = 365 * 24 * time.Hour
	flashLifetime   = time.Minute
)

// cookieName is a cookie's name. With https no other host, and no page by http, can set it.
func (a *Admin) cookieName(name string) string {
	if a.HTTPS {
		return "__Host-" + name
	}
	return name
}

// cookie is a cookie's value; "" where there is none.
func (a *Admin) cookie(r *http.Request, name string) string {
	c, err := r.Cookie(a.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie gives the browser a cookie for a while. One with "" as value is taken away.
func (a *Admin) setCookie(w http.ResponseWriter, name, value string, lifetime time.Duration) {
	c := &http.Cookie{
		Name: a.cookieName(name), Value: value, Path: "/", HttpOnly: true, Secure: a.HTTPS,
		SameSite: http.SameSiteLaxMode, MaxAge: int(lifetime.Seconds()),
	}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// setSession gives the browser a new session.
func (a *Admin) setSession(w http.ResponseWriter, s staff.SignedIn) {
	a.setCookie(w, sessionCookie, s.Token, staff.LongestTime)
	a.setCookie(w, browserCookie, s.Browser, browserLifetime)
}

// setFlash keeps what a form has done for the next page.
func (a *Admin) setFlash(w http.ResponseWriter, said string) {
	a.setCookie(w, flashCookie, base64.RawURLEncoding.EncodeToString([]byte(said)), flashLifetime)
}

// takeFlash is what the last form has done; "" where it did nothing. It is shown once.
func (a *Admin) takeFlash(w http.ResponseWriter, r *http.Request) string {
	value := a.cookie(r, flashCookie)
	if value == "" {
		return ""
	}
	a.setCookie(w, flashCookie, "", 0)
	said, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return ""
	}
	return string(said)
}
