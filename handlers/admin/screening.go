package admin

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/wording"
)

func showingPath(id store.ScreeningID) string {
	return prefix + "/screenings/" + strconv.FormatInt(int64(id), 10)
}

// showingForm is the screening that the address names, as a form.
func (a *Admin) showingForm(r *http.Request) (v pages.ShowingForm, err error) {
	c := a.Store.Catalogue()
	id := store.ScreeningID(number(chi.URLParam(r, "id")))
	if v.Showing, err = c.Showing(r.Context(), id); err != nil {
		return v, err
	}
	if v.Orders, err = c.Orders(r.Context(), id); err != nil {
		return v, err
	}
	if v.Halls, err = c.Halls(r.Context()); err != nil {
		return v, err
	}
	if v.Cards, err = c.PriceCards(r.Context()); err != nil {
		return v, err
	}
	sh := v.Showing
	around, err := c.Showings(r.Context(), sh.Day()-1, sh.Day()+2)
	if err != nil {
		return v, err
	}
	problems, err := c.ShowingProblems(r.Context(), around, v.Cards)
	if err != nil {
		return v, err
	}
	v.Problems = problems[id]
	v.Now, v.AutoBack, v.Errors = store.At(a.Now()), a.AutoRefund, map[string]string{}
	v.Values = map[string]string{
		"hall": strconv.FormatInt(int64(sh.HallID), 10), "day": sh.Day().String(),
		"time":     store.ClockOf(sh.StartsAt).String(),
		"trailers": strconv.Itoa(sh.Trailers), "card": strconv.FormatInt(int64(sh.CardID), 10),
		"online": strconv.Itoa(-sh.OnlineCut()), "counter": strconv.Itoa(sh.CounterCut()), "format": sh.Format,
		"language": sh.Language,
	}
	return v, nil
}

// ShowingPage answers GET /admin/screenings/{id}.
func (a *Admin) ShowingPage(w http.ResponseWriter, r *http.Request) error {
	v, err := a.showingForm(r)
	if err != nil {
		return err
	}
	return a.render(w, r, http.StatusOK, pages.ShowingPage(v))
}

// EditShowing answers POST /admin/screenings/{id}.
func (a *Admin) EditShowing(w http.ResponseWriter, r *http.Request) error {
	v, err := a.showingForm(r)
	if err != nil {
		return err
	}
	now := v.Values
	edit := readShowing(&v, r.PostForm)
	if len(v.Errors) > 0 {
		return a.render(w, r, http.StatusUnprocessableEntity, pages.ShowingPage(v))
	}
	sh, err := a.Store.Catalogue().EditShowing(r.Context(), edit)
	problem, isProblem := errors.AsType[*store.ErrProblem](err)
	switch {
	case isProblem:
		status := http.StatusConflict
		if problem.Fault == store.ShowingPast || problem.Fault == store.ShowingFar {
			status = http.StatusUnprocessableEntity
		}
		v.Errors["time"] = wording.ShowingProblem(problem.ShowingProblem)
		return a.render(w, r, status, pages.ShowingPage(v))
	case errors.Is(err, store.ErrChanged):
		v.Notice = changedSentence
		for field, is := range now {
			if v.Values[field] != is {
				v.Errors[field] = "It is now: " + a.shown(v, field, is)
			}
		}
		return a.render(w, r, http.StatusConflict, pages.ShowingPage(v))
	case err != nil:
		return a.showingError(w, r, err)
	}
	return a.done(w, r, showingPath(sh.ID), "The screening is saved.")
}

// shown is the value of a field as people read it.
func (a *Admin) shown(v pages.ShowingForm, field, value string) string {
	for _, h := range v.Halls {
		if field == "hall" && value == strconv.FormatInt(int64(h.ID), 10) {
			return h.Name
		}
	}
	for _, c := range v.Cards.Cards {
		if field == "card" && value == strconv.FormatInt(int64(c.ID), 10) {
			return c.Name
		}
	}
	return or(value, "empty")
}

// readShowing reads the form of a screening.
func readShowing(v *pages.ShowingForm, f url.Values) store.ShowingEdit {
	sh := v.Showing
	typed := map[string]string{}
	for name, is := range v.Values {
		if typed[name] = is; f.Has(name) {
			typed[name] = echo(f.Get(name))
		} else {
			f.Set(name, is) // a field that the form did not have stays
		}
	}
	v.Values = typed
	kind := readKind(f, v.Errors)
	edit := store.ShowingEdit{
		ID: sh.ID, Version: number(f.Get("version")), Online: &kind.Online, Counter: &kind.Counter,
		Format:   &kind.Format,
		Language: &kind.Language,
	}
	if sh.Status != store.Draft {
		return edit
	}
	if kind.Trailers < 0 && v.Errors["trailers"] == "" {
		v.Errors["trailers"] = "Type how many minutes they take; 0 for none."
	}
	hall := store.HallID(number(f.Get("hall")))
	edit.Hall, edit.Trailers, edit.Card = &hall, &kind.Trailers, &kind.Card
	if _, used := v.Cards.Card(kind.Card); !used && kind.Card != sh.CardID {
		v.Errors["card"] = "This price card is no longer in use. Please choose another."
	}
	day, ok := readDay(f.Get("day"))
	if !ok {
		v.Errors["day"] = "This is no day. " + wording.WriteDay
	}
	times, bad := store.ReadTimes(f.Get("time"))
	switch {
	case len(bad) > 0:
		v.Errors["time"] = wording.BadTime(bad[0])
	case len(times) != 1:
		v.Errors["time"] = "Type one time, such as 19:30."
	default:
		at := day.At(times[0])
		edit.Starts = &at
	}
	return edit
}

// overNotice says why a screening that was shown is not cancelled.
const overNotice = "This screening is over: it cannot be cancelled. The money of a single ticket is given back on " +
	"the page of its booking, under Find."

// showingError answers a form of a screening that was refused.
func (a *Admin) showingError(w http.ResponseWriter, r *http.Request, err error) error {
	notice := ""
	problem, isProblem := errors.AsType[*store.ErrProblem](err)
	switch {
	case isProblem:
		notice = "It was not put on sale. " + wording.ShowingProblem(problem.ShowingProblem)
	case errors.Is(err, store.ErrChanged):
		notice = "Somebody else has changed this screening since you opened it. It stands below as it is now."
	case errors.Is(err, store.ErrCancelled):
		notice = "This screening is cancelled, and stays so."
	case errors.Is(err, store.ErrNotDraft):
		notice = "This screening is no draft any more: it keeps its hall, time and prices, and cannot be deleted."
	case errors.Is(err, store.ErrOver):
		notice = overNotice
	case errors.Is(err, store.ErrBegun):
		notice = "This screening has begun: it cannot be put on sale."
	case errors.Is(err, store.ErrFilmArchived):
		notice = "Its film was archived. Take it out of the archive first, under Films."
	case errors.Is(err, store.ErrNoPrices):
		notice = "Its price card is no longer in use. Choose another below, and save."
	default:
		return err
	}
	v, err := a.showingForm(r)
	if err != nil {
		return err
	}
	v.Notice = notice
	return a.render(w, r, http.StatusConflict, pages.ShowingPage(v))
}

// SellShowing answers POST /admin/screenings/{id}/sale: on sale, hidden, or off sale.
func (a *Admin) SellShowing(w http.ResponseWriter, r *http.Request) error {
	to := store.ScreeningStatus(r.PostForm.Get("status"))
	if to != store.OnSale && to != store.Hidden && to != store.Closed {
		return &web.Error{Status: http.StatusBadRequest}
	}
	id := store.ScreeningID(number(chi.URLParam(r, "id")))
	sh, err := a.Store.Catalogue().SetShowingStatus(r.Context(), id, max(number(r.PostForm.Get("version")), 1), to)
	if err != nil {
		return a.showingError(w, r, err)
	}
	return a.done(w, r, showingPath(id), "The screening is now: "+wording.ShowingStatus(sh.Status)+".")
}

// DeleteShowing answers POST /admin/screenings/{id}/delete. One that is gone already is deleted.
func (a *Admin) DeleteShowing(w http.ResponseWriter, r *http.Request) error {
	v, err := a.showingForm(r)
	if errors.Is(err, store.ErrNotFound) {
		return a.done(w, r, prefix+"/screenings", "The draft is deleted.")
	}
	if err != nil {
		return err
	}
	err = a.Store.Catalogue().DeleteShowing(r.Context(), v.Showing.ID, number(r.PostForm.Get("version")))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return a.showingError(w, r, err)
	}
	return a.done(w, r, weekPath(v.Showing.Day()), "The draft is deleted.")
}

// CancelPage answers GET /admin/screenings/{id}/cancel.
func (a *Admin) CancelPage(w http.ResponseWriter, r *http.Request) error {
	v, err := a.showingForm(r)
	switch {
	case err != nil:
		return err
	case v.Showing.Status == store.Cancelled:
		http.Redirect(w, r, showingPath(v.Showing.ID), http.StatusSeeOther)
		return nil
	case v.Showing.Status == store.Draft:
		v.Notice = "A draft is deleted, not cancelled: nobody knows of it."
		return a.render(w, r, http.StatusConflict, pages.ShowingPage(v))
	case v.Over():
		v.Notice = overNotice
		return a.render(w, r, http.StatusConflict, pages.ShowingPage(v))
	}
	return a.render(w, r, http.StatusOK, pages.CancelPage(v))
}

// CancelShowing answers POST /admin/screenings/{id}/cancel. A second press changes nothing.
func (a *Admin) CancelShowing(w http.ResponseWriter, r *http.Request) error {
	v, err := a.showingForm(r)
	if err != nil {
		return err
	}
	if v.Showing.Status == store.Draft {
		v.Notice = "A draft is deleted, not cancelled: nobody knows of it."
		return a.render(w, r, http.StatusConflict, pages.ShowingPage(v))
	}
	orders, err := a.Store.Catalogue().CancelScreening(r.Context(), v.Showing.ID, r.PostForm.Get("reason"))
	if errors.Is(err, store.ErrBadReason) {
		v.Reason = echo(r.PostForm.Get("reason"))
		v.Errors["reason"] = "Please say why in " + strconv.Itoa(store.CancelReasonLeast) + " to " +
			strconv.Itoa(store.CancelReasonMost) + " letters: customers read it."
		return a.render(w, r, http.StatusUnprocessableEntity, pages.CancelPage(v))
	}
	if errors.Is(err, store.ErrOver) {
		return a.showingError(w, r, err)
	}
	if err != nil {
		return err
	}
	a.waits.forget()
	said := "The screening is cancelled."
	if orders.Paid > 0 {
		said += " " + wording.OrderCount(orders.Paid) + ", " + wording.Shillings(orders.Total) +
			", are to be paid back: see To do."
		if orders.Paid == 1 {
			said = strings.Replace(said, "are to be", "is to be", 1)
		}
	}
	return a.done(w, r, showingPath(v.Showing.ID), said)
}
