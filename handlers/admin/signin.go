package admin

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/handlers/staff"
	pages "cinemasphere/views/admin"
)

// SignInPage answers GET /admin/sign-in. Who is signed in already goes on.
func (a *Admin) SignInPage(w http.ResponseWriter, r *http.Request) error {
	to := ownPath(r.URL.Query().Get("to"))
	if me(r).Name != "" {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	return a.signInPage(w, r, http.StatusOK, pages.SignIn{To: to})
}

func (a *Admin) signInPage(w http.ResponseWriter, r *http.Request, status int, v pages.SignIn) error {
	n, err := a.Store.Staff().CountOperators(r.Context())
	if err != nil {
		return err
	}
	v.Demo = a.Staff.Demo()
	v.NotYet = n == 0 && !v.Demo
	return a.render(w, r, status, pages.SignInPage(v))
}

// SignIn answers POST /admin/sign-in.
func (a *Admin) SignIn(w http.ResponseWriter, r *http.Request) error {
	f := r.PostForm
	v, err := a.signInForm(r)
	if err != nil {
		return err
	}
	var signed staff.SignedIn
	if f.Has("demo") {
		signed, err = a.Staff.SignInDemo(r.Context(), a.place(r))
	} else {
		signed, err = a.Staff.SignIn(r.Context(), staff.Try{
			Name: f.Get("name"), Password: f.Get("password"), Code: f.Get("code"),
		}, a.place(r))
	}
	wait, tooMany := errors.AsType[staff.Wait](err)
	switch {
	case tooMany:
		seconds := int((wait.For + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		v.Error = "There were too many tries, so this one was not looked at. Please try again in " +
			strconv.Itoa(seconds) + " seconds."
		web.LogError(w, err)
		return a.signInPage(w, r, http.StatusTooManyRequests, v)
	case errors.Is(err, staff.ErrWrong):
		v.Error = "Name, password or code is not right. Nobody has signed in."
		web.LogError(w, err)
		return a.signInPage(w, r, http.StatusUnprocessableEntity, v)
	case err != nil:
		return err
	}
	if v.Kept.To == "" {
		return a.begin(w, r, signed, v.To)
	}
	if err := a.replaceSession(w, r, signed); err != nil {
		return err
	}
	return a.resume(w, r, v.Kept, signed.Token)
}

// signInForm is the form to sign in as it was sent, with what it carries.
func (a *Admin) signInForm(r *http.Request) (pages.SignIn, error) {
	f := r.PostForm
	v := pages.SignIn{Name: echo(f.Get("name")), To: ownPath(f.Get("to")), Kept: readKept(f)}
	if v.Kept.To == "" {
		return v, nil
	}
	o, err := a.ownerOf(r, v.Kept)
	if err != nil {
		return v, err
	}
	v.Typed = o.Name
	if by := me(r); by.Operator.ID != o.ID {
		v.Other = by.Name
	}
	return v, nil
}

// SignInTooOld answers a form to sign in that comes without its token, with a new one.
func (a *Admin) SignInTooOld(w http.ResponseWriter, r *http.Request) error {
	v, err := a.signInForm(r)
	if err != nil {
		return err
	}
	v.Error = "This page was too old, or the browser takes no cookies. Nobody has signed in: please try once more."
	return a.signInPage(w, r, http.StatusForbidden, v)
}

// begin gives the browser its session in place of the one it had, and sends it on.
func (a *Admin) begin(w http.ResponseWriter, r *http.Request, signed staff.SignedIn, to string) error {
	if err := a.replaceSession(w, r, signed); err != nil {
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// replaceSession gives the browser its session in place of the one it had.
func (a *Admin) replaceSession(w http.ResponseWriter, r *http.Request, signed staff.SignedIn) error {
	if old := me(r); old.Name != "" {
		if err := a.Store.Staff().SignOut(r.Context(), old.ID); err != nil {
			return err
		}
	}
	a.setSession(w, signed)
	return nil
}

// Demonstrate answers GET /admin/demo: whoever asks is the owner of the demo, and keeps the session that they have.
func (a *Admin) Demonstrate(w http.ResponseWriter, r *http.Request) error {
	if me(r).Name != "" {
		http.Redirect(w, r, prefix, http.StatusSeeOther)
		return nil
	}
	signed, err := a.Staff.SignInDemo(r.Context(), a.place(r))
	if err != nil {
		return err
	}
	return a.begin(w, r, signed, prefix)
}

// SignOut answers POST /admin/sign-out.
func (a *Admin) SignOut(w http.ResponseWriter, r *http.Request) error {
	if err := a.Store.Staff().SignOut(r.Context(), me(r).ID); err != nil {
		return err
	}
	a.setCookie(w, sessionCookie, "", 0)
	return a.done(w, r, prefix+"/sign-in", "You are signed out.")
}

// place is where a request comes from.
func (a *Admin) place(r *http.Request) staff.Place {
	return staff.Place{
		Source: web.ClientIP(r), Agent: strings.ToValidUTF8(r.UserAgent(), ""), Browser: a.cookie(r, browserCookie),
	}
}

// ownPath is a path of the back office to go on to: what was asked for, where it is one, or the first page.
func ownPath(asked string) string {
	if asked == prefix || strings.HasPrefix(asked, prefix+"/") || strings.HasPrefix(asked, prefix+"?") {
		if !strings.ContainsFunc(asked, func(c rune) bool { return c <= ' ' || c == '\\' || c > '~' }) {
			return asked
		}
	}
	return prefix
}

// echo is what was typed, as its field shows it back: whole, however long, since it may be the work of an hour.
func echo(typed string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(typed, "\x00", ""), "")
}

// longestQuote is how many characters of what was typed stand in a sentence.
const longestQuote = 200

// quote is what was typed, as a sentence shows it: its beginning, where it is absurd.
func quote(typed string) string {
	typed = echo(typed)
	if runes := []rune(typed); len(runes) > longestQuote {
		return string(runes[:longestQuote]) + "…"
	}
	return typed
}
