package admin

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/wording"
)

// comps is the page on which tickets of a screening are given away.
func (a *Admin) comps(r *http.Request) (v pages.Comps, err error) {
	id, tickets := store.ScreeningID(number(chi.URLParam(r, "id"))), a.Store.Tickets()
	if v.Showing, err = a.Store.Catalogue().Showing(r.Context(), id); err != nil {
		return v, err
	}
	if v.Seats, err = a.Store.Catalogue().SeatMap(r.Context(), id); err != nil {
		return v, err
	}
	if v.Given, err = tickets.Comps(r.Context(), id); err != nil {
		return v, err
	}
	v.Left, v.Bounded, err = tickets.CompsLeft(r.Context(), me(r).By(web.ClientIP(r)))
	v.Manages = me(r).Role.Includes(store.RoleManager)
	v.Typed, v.Errors, v.Key, v.Ticked = map[string]string{}, map[string]string{}, rand.Text(), map[string]bool{}
	for _, label := range r.PostForm["seat"] {
		v.Ticked[label] = true
	}
	return v, err
}

// CompPage answers GET /admin/screenings/{id}/free.
func (a *Admin) CompPage(w http.ResponseWriter, r *http.Request) error {
	v, err := a.comps(r)
	if err != nil {
		return err
	}
	return a.render(w, r, http.StatusOK, pages.CompsPage(v))
}

// GiveComp answers POST /admin/screenings/{id}/free. The same form sent twice gives one ticket.
func (a *Admin) GiveComp(w http.ResponseWriter, r *http.Request) error {
	v, err := a.comps(r)
	if err != nil {
		return err
	}
	for _, name := range []string{"quantity", "name", "reason"} {
		v.Typed[name] = echo(r.PostForm.Get(name))
	}
	if key := r.PostForm.Get("key"); goodKey(key) {
		v.Key = key
	}
	form := store.NewComp{
		ScreeningID: v.Showing.ID, Name: r.PostForm.Get("name"), Reason: r.PostForm.Get("reason"), Key: v.Key,
	}
	for _, label := range r.PostForm["seat"] {
		form.Seats = append(form.Seats, echo(label))
	}
	if form.Quantity, err = strconv.Atoi(strings.TrimSpace(v.Typed["quantity"])); err != nil {
		form.Quantity = 0 // which is refused
		if v.Typed["quantity"] == "" {
			form.Quantity = len(form.Seats)
		}
	}
	given, err := a.Store.Tickets().GiveComp(r.Context(), form)
	if faults, is := errors.AsType[store.Faults](err); is {
		for field, fault := range faults {
			v.Errors[field] = wording.CompFault(field, fault)
		}
		return a.render(w, r, http.StatusUnprocessableEntity, pages.CompsPage(v))
	}
	if refused, is := errors.AsType[*store.Refusal](err); is {
		sentence := wording.CompRefusal(refused)
		if v.Seats, err = a.Store.Catalogue().SeatMap(r.Context(), v.Showing.ID); err != nil {
			return err
		}
		switch refused.Kind {
		case store.SeatTaken, store.HalfLoveSeat:
			v.Errors["seats"] = sentence
		case store.OverAllowance, store.SoldOut:
			v.Errors["quantity"] = sentence
		default:
			v.Notice = sentence
		}
		return a.render(w, r, http.StatusConflict, pages.CompsPage(v))
	}
	if err != nil {
		return err
	}
	return a.done(w, r, orderPath(given.ID), "Given away: "+strings.Join(given.Seats, " ")+".")
}

// SetAllowances answers POST /admin/prices/free.
func (a *Admin) SetAllowances(w http.ResponseWriter, r *http.Request) error {
	typed, wrong, allowances := map[string]string{}, map[string]string{}, store.Allowances{}
	for _, role := range []store.Role{store.RoleManager, store.RoleCashier} {
		typed[string(role)] = echo(r.PostForm.Get(string(role)))
		n, err := strconv.Atoi(strings.TrimSpace(typed[string(role)]))
		if err != nil {
			n = -1 // which is refused
		}
		allowances[role] = n
	}
	version := number(r.PostForm.Get("version"))
	err := a.Store.Catalogue().SetCompAllowances(r.Context(), allowances, version)
	if errors.Is(err, store.ErrChanged) {
		v, err := a.prices(r)
		if err != nil {
			return err
		}
		for role, now := range v.Allowances {
			if now != typed[role] {
				v.Errors[role] = "It is now: " + now
			}
		}
		v.Allowances, v.Notice = typed, changedSentence
		return a.render(w, r, http.StatusConflict, pages.PricesPage(v))
	}
	if faults, is := errors.AsType[store.Faults](err); is {
		for field, fault := range faults {
			wrong[field] = wording.FilmFault(fault)
		}
		v, err := a.prices(r)
		if err != nil {
			return err
		}
		v.Allowances, v.AllowancesVersion, v.Errors = typed, version, wrong
		return a.render(w, r, http.StatusUnprocessableEntity, pages.PricesPage(v))
	}
	if err != nil {
		return err
	}
	return a.done(w, r, prefix+"/prices", "The bounds of free tickets are saved.")
}
