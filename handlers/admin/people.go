package admin

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/handlers/staff"
	"cinemasphere/store"
	pages "cinemasphere/views/admin"
)

// usedUp is the error of a one-time address that is not good: it says so to people.
func usedUp(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return &web.Error{
			Status: http.StatusNotFound, Title: "This address does not work",
			Public: "It was used already, is too old, or a newer one has been made. If you have a password, sign in " +
				"with it.",
			Err: err,
		}
	}
	return err
}

// StaffPage answers GET /admin/staff.
func (a *Admin) StaffPage(w http.ResponseWriter, r *http.Request) error {
	return a.staffPage(w, r, http.StatusOK, pages.PersonForm{Role: store.RoleUsher})
}

func (a *Admin) staffPage(w http.ResponseWriter, r *http.Request, status int, v pages.PersonForm) error {
	all, err := a.Store.Staff().Operators(r.Context())
	if err != nil {
		return err
	}
	return a.render(w, r, status, pages.StaffPage(all, v))
}

// AddPerson answers POST /admin/staff. The one-time address is shown in the answer itself: it is kept nowhere.
func (a *Admin) AddPerson(w http.ResponseWriter, r *http.Request) error {
	v := pages.PersonForm{Name: echo(r.PostForm.Get("name")), Role: store.Role(r.PostForm.Get("role"))}
	o, token, err := a.Staff.Invite(r.Context(), r.PostForm.Get("name"), v.Role)
	if invalid, is := errors.AsType[staff.Invalid](err); is {
		v.Errors = invalid
		return a.staffPage(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return a.staffPage(w, r, http.StatusOK, pages.PersonForm{
		Operator: o, Role: store.RoleUsher, Address: a.BaseURL + prefix + "/join/" + token,
	})
}

// person is the operator that an address names.
func (a *Admin) person(r *http.Request) (store.Operator, error) {
	return a.Store.Staff().Operator(r.Context(), store.OperatorID(number(chi.URLParam(r, "id"))))
}

// PersonPage answers GET /admin/staff/{id}.
func (a *Admin) PersonPage(w http.ResponseWriter, r *http.Request) error {
	o, err := a.person(r)
	if err != nil {
		return err
	}
	return a.personPage(w, r, http.StatusOK, pages.PersonForm{
		Operator: o, Name: o.Name, Role: o.Role, Disabled: o.DisabledAt != 0,
	})
}

func (a *Admin) personPage(w http.ResponseWriter, r *http.Request, status int, v pages.PersonForm) error {
	v.Own = v.Operator.ID == me(r).Operator.ID
	return a.render(w, r, status, pages.PersonPage(v))
}

// EditPerson answers POST /admin/staff/{id}.
func (a *Admin) EditPerson(w http.ResponseWriter, r *http.Request) error {
	o, err := a.person(r)
	if err != nil {
		return err
	}
	f := r.PostForm
	v := pages.PersonForm{
		Operator: o, Name: echo(f.Get("name")), Role: store.Role(f.Get("role")), Disabled: f.Get("disabled") == "1",
		Errors: map[string]string{},
	}
	saved, err := a.Staff.Edit(r.Context(), o.ID, max(number(f.Get("version")), 1), f.Get("name"), v.Role, v.Disabled)
	invalid, isInvalid := errors.AsType[staff.Invalid](err)
	switch {
	case isInvalid:
		v.Errors = invalid
		return a.personPage(w, r, http.StatusUnprocessableEntity, v)
	case errors.Is(err, store.ErrLastOwner):
		v.Notice = "This is the last owner. Make somebody else an owner first."
		return a.personPage(w, r, http.StatusConflict, v)
	case errors.Is(err, store.ErrChanged):
		v.Notice = changedSentence
		if o.Name != v.Name {
			v.Errors["name"] = "It is now: " + o.Name
		}
		if o.Role != v.Role {
			v.Errors["role"] = "It is now: " + pages.RoleName(o.Role)
		}
		if disabled := o.DisabledAt != 0; disabled != v.Disabled {
			v.Errors["disabled"] = "It is now: " + map[bool]string{true: "ticked", false: "not ticked"}[disabled]
		}
		return a.personPage(w, r, http.StatusConflict, v)
	case err != nil:
		return err
	}
	return a.done(w, r, prefix+"/staff", saved.Name+" is saved.")
}

// ResetPerson answers POST /admin/staff/{id}/reset.
func (a *Admin) ResetPerson(w http.ResponseWriter, r *http.Request) error {
	o, err := a.person(r)
	if err != nil {
		return err
	}
	if o.ID == me(r).Operator.ID {
		return &web.Error{
			Status: http.StatusConflict, Title: "Not your own",
			Public: "You are signed in: change your password under My account.",
		}
	}
	o, token, err := a.Staff.ResetByAddress(r.Context(), o.ID)
	if err != nil {
		return err
	}
	return a.personPage(w, r, http.StatusOK, pages.PersonForm{
		Operator: o, Name: o.Name, Role: o.Role, Disabled: o.DisabledAt != 0,
		Address: a.BaseURL + prefix + "/join/" + token,
	})
}

// JoinPage answers GET /admin/join/{token}.
func (a *Admin) JoinPage(w http.ResponseWriter, r *http.Request) error {
	return a.joinPage(w, r, http.StatusOK, "")
}

func (a *Admin) joinPage(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	o, err := a.Staff.Invited(r.Context(), chi.URLParam(r, "token"))
	if err != nil {
		return usedUp(err)
	}
	return a.render(w, r, status, pages.JoinPage(pages.JoinForm{
		Action: r.URL.Path, Name: o.Name, Role: o.Role, Error: problem,
	}))
}

// Join answers POST /admin/join/{token}.
func (a *Admin) Join(w http.ResponseWriter, r *http.Request) error {
	signed, err := a.Staff.Join(r.Context(), chi.URLParam(r, "token"), r.PostForm.Get("password"), a.place(r))
	if invalid, is := errors.AsType[staff.Invalid](err); is {
		return a.joinPage(w, r, http.StatusUnprocessableEntity, invalid["password"])
	}
	if err != nil {
		return usedUp(err)
	}
	return a.begin(w, r, signed, prefix)
}

// LogPage answers GET /admin/log.
func (a *Admin) LogPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := store.LogFilter{
		Text: quote(q.Get("q")), Kind: quote(q.Get("kind")), SubjectID: number(q.Get("id")),
		Before: number(q.Get("before")), Limit: logPage + 1,
	}
	entries, err := a.Store.Staff().Log(r.Context(), f)
	if err != nil {
		return err
	}
	v := pages.Log{Entries: entries, Filter: f}
	if len(entries) > logPage {
		v.Entries = entries[:logPage]
		v.Older = v.Entries[logPage-1].ID
	}
	return a.render(w, r, http.StatusOK, pages.LogPage(v))
}

// logPage is how many entries of the log a page has.
const logPage = 50

// AccountPage answers GET /admin/account.
func (a *Admin) AccountPage(w http.ResponseWriter, r *http.Request) error {
	return a.accountPage(w, r, http.StatusOK, "", nil)
}

func (a *Admin) accountPage(w http.ResponseWriter, r *http.Request, status int, form string,
	wrong map[string]string) error {
	sessions, err := a.Store.Staff().SessionsOf(r.Context(), me(r).Operator.ID, staff.IdleTime)
	if err != nil {
		return err
	}
	return a.render(w, r, status, pages.AccountPage(pages.Account{
		Me: me(r), Sessions: sessions, Errors: wrong, Form: form,
	}))
}

// accountError answers a form of the account that was not taken.
func (a *Admin) accountError(w http.ResponseWriter, r *http.Request, form string, err error) error {
	if invalid, is := errors.AsType[staff.Invalid](err); is {
		return a.accountPage(w, r, http.StatusUnprocessableEntity, form, invalid)
	}
	return waitError(w, err)
}

// waitError is an error that may be a Wait, for people.
func waitError(w http.ResponseWriter, err error) error {
	wait, is := errors.AsType[staff.Wait](err)
	if !is {
		return err
	}
	seconds := int(wait.For.Seconds()) + 1
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return &web.Error{Status: http.StatusTooManyRequests, RetryAfter: seconds, Err: err}
}

// ChangePassword answers POST /admin/account/password.
func (a *Admin) ChangePassword(w http.ResponseWriter, r *http.Request) error {
	err := a.Staff.ChangePassword(r.Context(), me(r), r.PostForm.Get("current"), r.PostForm.Get("password"))
	if err != nil {
		return a.accountError(w, r, "password", err)
	}
	return a.done(w, r, prefix+"/account", "Your password is changed.")
}

// CodePage answers GET /admin/account/code.
func (a *Admin) CodePage(w http.ResponseWriter, r *http.Request) error {
	if me(r).Password == "" {
		return store.ErrNotFound // of a demo's owner nothing could confirm it
	}
	return a.codePage(w, r, http.StatusOK, staff.NewTOTPSecret(), nil)
}

func (a *Admin) codePage(w http.ResponseWriter, r *http.Request, status int, secret string,
	wrong map[string]string) error {
	cinema, err := a.Store.Catalogue().Cinema(r.Context())
	if err != nil {
		return err
	}
	return a.render(w, r, status, pages.CodePage(pages.CodeForm{
		Secret: secret, Address: staff.TOTPAddress(cinema.Name, me(r).Name, secret), Errors: wrong,
		Must: a.Staff.NeedsCode(me(r).Operator),
	}))
}

// SetCode answers POST /admin/account/code.
func (a *Admin) SetCode(w http.ResponseWriter, r *http.Request) error {
	f := r.PostForm
	secret := f.Get("secret")
	codes, err := a.Staff.SetCode(r.Context(), me(r), f.Get("current"), secret, f.Get("code"))
	if invalid, is := errors.AsType[staff.Invalid](err); is {
		if !staff.GoodSecret(secret) {
			secret = staff.NewTOTPSecret()
		}
		return a.codePage(w, r, http.StatusUnprocessableEntity, secret, invalid)
	}
	if err != nil {
		return waitError(w, err)
	}
	return a.render(w, r, http.StatusOK, pages.RecoveryPage(codes))
}

// RemoveCode answers POST /admin/account/remove.
func (a *Admin) RemoveCode(w http.ResponseWriter, r *http.Request) error {
	if err := a.Staff.RemoveCode(r.Context(), me(r), r.PostForm.Get("current")); err != nil {
		return a.accountError(w, r, "remove", err)
	}
	return a.done(w, r, prefix+"/account", "You sign in with your password alone.")
}

// RecoveryCodes answers POST /admin/account/recovery.
func (a *Admin) RecoveryCodes(w http.ResponseWriter, r *http.Request) error {
	codes, err := a.Staff.NewRecoveryCodes(r.Context(), me(r), r.PostForm.Get("current"))
	if err != nil {
		return a.accountError(w, r, "recovery", err)
	}
	return a.render(w, r, http.StatusOK, pages.RecoveryPage(codes))
}

// SignOutEverywhere answers POST /admin/account/sign-out.
func (a *Admin) SignOutEverywhere(w http.ResponseWriter, r *http.Request) error {
	if err := a.Staff.SignOutEverywhere(r.Context(), me(r)); err != nil {
		return err
	}
	return a.done(w, r, prefix+"/account", "You are signed out everywhere else.")
}
