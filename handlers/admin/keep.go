package admin

import (
	"cmp"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	pages "cinemasphere/views/admin"
)

// mostKept is how many bytes of what was typed into a form are carried over a sign-in.
const mostKept = 256 << 10

// The fields that carry what was typed: where it was sent, from which page, the token it came with, and the names of
// files and secrets that are not carried. What was typed into a field stands in one of the same name behind keptField.
const (
	keptTo     = "kept-to"
	keptFrom   = "kept-from"
	keptToken  = "kept-token"
	keptFile   = "kept-file"
	keptSecret = "kept-secret"
	keptField  = "kept."
)

// secretFields are the names of fields that are never carried, whatever form they are of. Routes whose forms have
// others are private as a whole.
func secretFields() []string {
	return []string{"password", "current", "pin", "otp", "secret", "cvc", "cvv", "card-number"}
}

// keep is what was typed into a form that was sent to the request's address, but for files and secrets.
func keep(r *http.Request, typed url.Values, files []string) pages.Kept {
	k := pages.Kept{To: r.URL.RequestURI(), From: prefix, Token: typed.Get("token"), Files: files}
	if page, err := url.Parse(r.Referer()); err == nil {
		k.From = ownPath(page.RequestURI())
	}
	size := 0
	for name, values := range typed {
		switch {
		case name == "token":
			continue
		case slices.Contains(secretFields(), name):
			k.Secrets = append(k.Secrets, name)
			continue
		}
		for _, value := range values {
			value = echo(value)
			size += len(keptField) + len(name) + len(value)
			k.Fields = append(k.Fields, pages.KeptField{Name: echo(name), Value: value})
		}
	}
	slices.SortStableFunc(k.Fields, func(a, b pages.KeptField) int { return cmp.Compare(a.Name, b.Name) })
	slices.Sort(k.Secrets)
	if size > mostKept {
		k.Fields, k.TooLong = nil, true
	}
	return k
}

// readLate reads a form of somebody who is not signed in: no more of it than is carried. Its files are left where they
// are, and of a form that nobody was given nothing is read but the token, which stands first.
func (a *Admin) readLate(w http.ResponseWriter, r *http.Request, route Route) (k pages.Kept, o store.Operator,
	err error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return k, o, &web.Error{Status: http.StatusUnsupportedMediaType}
	}
	if kind == "multipart/form-data" && route.Upload > 0 {
		r.Body = http.MaxBytesReader(w, r.Body, web.MaxBody+route.Upload)
		return a.readLateFiles(w, r, multipart.NewReader(r.Body, params["boundary"]))
	}
	if err := a.readForm(w, r, Route{Carries: min(route.Upload, mostKept)}); err != nil {
		return k, o, err
	}
	k = keep(r, r.PostForm, nil)
	o, err = a.ownerOf(r, k)
	return k, o, err
}

// readLateFiles is readLate for a form with files.
func (a *Admin) readLateFiles(w http.ResponseWriter, r *http.Request, parts *multipart.Reader) (k pages.Kept,
	o store.Operator, err error) {
	typed, files, left := url.Values{}, []string{}, int64(mostKept)
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF) && o.ID == 0:
			return k, o, errTooOld()
		case errors.Is(err, io.EOF):
			k = keep(r, typed, files)
			k.TooLong = k.TooLong || left < 0
			return k, o, nil
		case err != nil:
			return k, o, badForm(err)
		case part.FileName() != "":
			files = append(files, part.FormName())
			continue
		case left < 0:
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return k, o, badForm(err)
		}
		left -= int64(len(value))
		typed.Add(part.FormName(), string(value))
		if o.ID == 0 { // nothing more is read before this is known
			if o, err = a.ownerOf(r, pages.Kept{Token: typed.Get("token")}); err != nil {
				return k, o, err
			}
			a.allowUpload(w)
		}
	}
}

// errTooOld means that nobody of the staff was given the form.
func errTooOld() error {
	return &web.Error{
		Status: http.StatusForbidden, Title: "This form is too old",
		Public: "Nothing was saved: it is from before somebody signed in or out here, or the browser takes no " +
			"cookies. Please open the page again, and send the form from there.",
	}
}

// ownerOf is whom a form was given to. The error is errTooOld where that is nobody.
func (a *Admin) ownerOf(r *http.Request, k pages.Kept) (store.Operator, error) {
	if k.Token == "" {
		return store.Operator{}, errTooOld()
	}
	o, err := a.Store.Staff().FormOwner(r.Context(), k.Token)
	if errors.Is(err, store.ErrNotFound) {
		return o, errTooOld()
	}
	return o, err
}

// signedOut answers a form of somebody who is signed out meanwhile: with the page to sign in, which carries what was
// typed.
func (a *Admin) signedOut(w http.ResponseWriter, r *http.Request, route Route) error {
	k, o, err := a.readLate(w, r, route)
	if err != nil {
		return err
	}
	return a.giveBack(w, r, route, k, o)
}

// tooOld answers a form that is not of the session that it came with.
func (a *Admin) tooOld(w http.ResponseWriter, r *http.Request, route Route) error {
	if route.TooOld != nil {
		return route.TooOld(w, a.withFrame(w, r))
	}
	if route.Role == anyone {
		return errTooOld()
	}
	k := keep(r, r.PostForm, nil)
	o, err := a.ownerOf(r, k)
	if err != nil {
		return err
	}
	if r.MultipartForm != nil {
		for name := range r.MultipartForm.File {
			k.Files = append(k.Files, name)
		}
		slices.Sort(k.Files)
	}
	return a.giveBack(w, r, route, k, o)
}

// giveBack answers with what was typed into a form that came too late. Who typed it may send it again, by a press of
// their own. Anybody else is asked to let them sign in.
func (a *Admin) giveBack(w http.ResponseWriter, r *http.Request, route Route, k pages.Kept, o store.Operator) error {
	if route.Private {
		k.Fields, k.Files, k.Secrets, k.Private = nil, nil, nil, true
	}
	r = a.withFrame(w, r)
	if me(r).Operator.ID != o.ID {
		return a.signInPage(w, r, http.StatusForbidden, pages.SignIn{
			Name: o.Name, Kept: k, Typed: o.Name, Other: me(r).Name, To: k.From,
		})
	}
	if k.Private || k.TooLong {
		return errTooOld()
	}
	return a.render(w, r, http.StatusForbidden, pages.KeptPage(k))
}

// readKept is what a form to sign in carries; the zero Kept where that is nothing.
func readKept(f url.Values) pages.Kept {
	k := pages.Kept{Token: f.Get(keptToken), Files: f[keptFile], Secrets: f[keptSecret]}
	if !f.Has(keptTo) {
		return pages.Kept{}
	}
	k.To, k.From = ownPath(f.Get(keptTo)), ownPath(f.Get(keptFrom))
	for name, values := range f {
		field, is := strings.CutPrefix(name, keptField)
		if !is || field == "token" || slices.Contains(secretFields(), field) {
			continue
		}
		for _, value := range values {
			k.Fields = append(k.Fields, pages.KeptField{Name: echo(field), Value: echo(value)})
		}
	}
	slices.SortStableFunc(k.Fields, func(a, b pages.KeptField) int { return cmp.Compare(a.Name, b.Name) })
	return k
}

// resume answers a sign-in that carries what was typed before: it comes back to who typed it.
func (a *Admin) resume(w http.ResponseWriter, r *http.Request, k pages.Kept, token string) error {
	session, err := a.Staff.Session(r.Context(), token)
	if err != nil {
		return err
	}
	r = a.as(r, visitor{session: session, form: session.FormToken})
	o, err := a.ownerOf(r, k)
	if err != nil {
		return err
	}
	r = a.withFrame(w, r)
	if o.ID != session.Operator.ID {
		return a.signInPage(w, r, http.StatusForbidden, pages.SignIn{
			Name: o.Name, Kept: k, Typed: o.Name, Other: session.Name, To: k.From,
		})
	}
	return a.render(w, r, http.StatusOK, pages.KeptPage(k))
}
