package admin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/handlers/staff"
	"cinemasphere/store"
	"cinemasphere/views"
	pages "cinemasphere/views/admin"
)

// visitor is who opens a page: nobody, where the session has no operator.
type visitor struct {
	session store.StaffSession
	// form is the token that each form carries: the session's, or of a browser that nobody is signed in on the one in
	// its cookie; "" where it has none yet.
	form string
}

type visitorKey struct{}

// visitorOf is who opens the page of a request behind its guard.
func visitorOf(r *http.Request) visitor {
	v, _ := r.Context().Value(visitorKey{}).(visitor) // the zero visitor is nobody
	return v
}

// me is the session of who has sent the request.
func me(r *http.Request) store.StaffSession { return visitorOf(r).session }

// guard stands before a route's handler. It finds out who asks, and turns away whoever is not signed in, has not the
// role, or sends a form that is not of their session. What the handler writes then is written by that person.
func (a *Admin) guard(route Route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		web.NoStore(w)
		w.Header().Add("Vary", "Cookie")
		a.Responder.Handle(a.Problem, func(w http.ResponseWriter, r *http.Request) error {
			r, err := a.recognise(r)
			if err != nil {
				return forStaff(err)
			}
			a.Responder.Handle(a.Problem, func(w http.ResponseWriter, r *http.Request) error {
				if stop, err := a.admit(w, r, route); stop || err != nil {
					return err
				}
				return forStaff(route.Handler(w, a.withFrame(w, r)))
			})(w, r)
			return nil
		})(w, r)
	}
}

// forStaff gives an error that people of the staff may meet words for them: what was saved, and what to do.
func forStaff(err error) error {
	if err == nil || web.As[*web.Error](err) || web.As[*http.MaxBytesError](err) {
		return err
	}
	answer := web.Error{
		Status: http.StatusInternalServerError, Err: err,
		Public: "The mistake is the program's, and it is in its log. Look whether anything was saved before you " +
			"try again.",
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		answer.Status, answer.Title = http.StatusNotFound, "There is no such page"
		answer.Public = "The address was mistyped, or what it was about is gone."
	case errors.Is(err, store.ErrChanged):
		answer.Status, answer.Title = http.StatusConflict, "Changed meanwhile"
		answer.Public = "Somebody else has changed it since you opened it. Nothing of yours was saved. Open it again."
	case errors.Is(err, store.ErrBusy):
		answer.Status, answer.RetryAfter = http.StatusServiceUnavailable, busyRetry
		answer.Title = "The database is very busy"
		answer.Public = "Nothing was saved. Please send the form again in a few seconds."
	case errors.Is(err, store.ErrUnknown):
		answer.Status, answer.RetryAfter = http.StatusServiceUnavailable, busyRetry
		answer.Title = "It may or may not be saved"
		answer.Public = "The database did not confirm it. Open the page again and look before you send the form again."
	}
	return &answer
}

// busyRetry is after how many seconds one should try again.
const busyRetry = 5

// recognise puts who asks into the request's context.
func (a *Admin) recognise(r *http.Request) (*http.Request, error) {
	v := visitor{form: a.cookie(r, formCookie)}
	if token := a.cookie(r, sessionCookie); token != "" {
		found, err := a.Staff.Session(r.Context(), token)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return r, err
		}
		if err == nil {
			v.session, v.form = found, found.FormToken
		}
	}
	return a.as(r, v), nil
}

// as is the request as that of a visitor.
func (a *Admin) as(r *http.Request, v visitor) *http.Request {
	ctx := context.WithValue(r.Context(), visitorKey{}, v)
	if v.session.Name != "" {
		ctx = store.WithBy(ctx, v.session.By(web.ClientIP(r)))
	}
	return r.WithContext(ctx)
}

// admit decides whether the handler may run. Stop means that the answer is written.
func (a *Admin) admit(w http.ResponseWriter, r *http.Request, route Route) (stop bool, err error) {
	v := visitorOf(r)
	signedIn := v.session.Name != ""
	switch {
	case route.Role == anyone:
	case !signedIn && route.Method == http.MethodGet:
		http.Redirect(w, r, prefix+"/sign-in?to="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		return true, nil
	case !signedIn:
		return true, a.signedOut(w, r, route)
	case !v.session.Role.Includes(route.Role):
		return false, &web.Error{
			Status: http.StatusForbidden, Title: "Not with your role",
			Public: "You are signed in as " + string(v.session.Role) + ". This needs the role " + string(route.Role) +
				": ask an owner.",
		}
	case a.Staff.NeedsCode(v.session.Operator) && !withoutCode(route):
		http.Redirect(w, r, prefix+"/account/code", http.StatusSeeOther)
		return true, nil
	}
	if route.Method != http.MethodPost {
		return false, nil
	}
	if err := a.readForm(w, r, route); err != nil {
		return false, err
	}
	if token := r.PostFormValue("token"); token == "" ||
		subtle.ConstantTimeCompare([]byte(token), []byte(v.form)) != 1 {
		return true, a.tooOld(w, r, route)
	}
	return false, nil
}

// withoutCode are the routes for an owner who must set up an authenticator app first.
func withoutCode(route Route) bool {
	return route.Pattern == "/account/code" || route.Pattern == "/sign-out"
}

// keptInMemory is how much of a form with files is not written to disk while it is read.
const keptInMemory = 1 << 20

// uploadTime is how long a form with files may take to come: 10 MB over a slow phone's line.
const uploadTime = 5 * time.Minute

// readForm reads the form that a request brings, no more of it than the route takes.
func (a *Admin) readForm(w http.ResponseWriter, r *http.Request, route Route) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	files := kind == "multipart/form-data" && route.Upload > 0
	if err != nil || !files && kind != "application/x-www-form-urlencoded" {
		return &web.Error{Status: http.StatusUnsupportedMediaType}
	}
	r.Body = http.MaxBytesReader(w, r.Body, web.MaxBody+route.Upload+route.Carries)
	if files {
		a.allowUpload(w)
		err = r.ParseMultipartForm(keptInMemory)
	} else {
		err = r.ParseForm()
	}
	return badForm(err)
}

// badForm is the error of a form that could not be read.
func badForm(err error) error {
	if err != nil && !web.As[*http.MaxBytesError](err) {
		return &web.Error{Status: http.StatusBadRequest, Err: err}
	}
	return err
}

// allowUpload gives a request the time that files may take.
func (a *Admin) allowUpload(w http.ResponseWriter) {
	until, on := a.Now().Add(uploadTime), http.NewResponseController(w)
	// Where there is no connection to wait for, as in a test, there is no deadline either.
	_ = errors.Join(on.SetReadDeadline(until), on.SetWriteDeadline(until.Add(time.Minute)))
}

// withFrame puts what stands around a page into the request's context.
func (a *Admin) withFrame(w http.ResponseWriter, r *http.Request) *http.Request {
	v := visitorOf(r)
	s := v.session
	if v.form == "" {
		v.form = a.cookie(r, formCookie) // where no guard stood before
	}
	if v.form == "" {
		v.form = rand.Text()
		a.setCookie(w, formCookie, v.form, staff.LongestTime)
	}
	f := pages.Frame{
		Cinema: "CinemaSphere", Demo: a.Demo, Sandbox: a.Sandbox, Name: s.Name, Role: s.Role, Token: v.form,
		Path: r.URL.Path, Menu: a.menuFor(r, s.Role),
	}
	f.Brand.Name = f.Cinema
	if cinema, err := a.Store.Catalogue().Cinema(r.Context()); err == nil {
		f.Cinema, f.Brand = cinema.Name, views.BrandOf(cinema)
	} else {
		web.LogError(w, err) // the page itself does not depend on it
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		f.Flash = a.takeFlash(w, r)
	}
	return r.WithContext(pages.WithFrame(r.Context(), f))
}

// menuFor is the menu of a role: pages that there are, and that it may open.
func (a *Admin) menuFor(r *http.Request, role store.Role) []pages.MenuGroup {
	open := map[string]bool{}
	for _, route := range a.Routes() {
		if route.Method == http.MethodGet && route.Role != anyone && role.Includes(route.Role) {
			open[route.Pattern] = true
		}
	}
	counts := map[string]int{}
	if open["/to-do"] {
		counts["/to-do"] = a.waits.count(r.Context(), a)
	}
	var groups []pages.MenuGroup
	for _, p := range menu() {
		if !open[p.pattern] || p.pattern == messagesPattern && a.Store.Tells() == (store.Ways{}) {
			continue
		}
		if len(groups) == 0 || groups[len(groups)-1].Label != p.group {
			groups = append(groups, pages.MenuGroup{Label: p.group})
		}
		g := &groups[len(groups)-1]
		path := prefix + p.pattern
		g.Entries = append(g.Entries, pages.MenuEntry{
			Label: p.label, Path: path, Count: counts[p.pattern],
			Here: r.URL.Path == path || p.pattern != "" && strings.HasPrefix(r.URL.Path, path+"/"),
		})
	}
	return groups
}
