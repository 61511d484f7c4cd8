package admin

import (
	"fmt"
	"net/http"
	"slices"

	"cinemasphere/store"
	pages "cinemasphere/views/admin"
)

// ApplyPage answers GET /admin/halls/{id}/apply: what the hall's latest plan would do to each screening that has
// another.
func (a *Admin) ApplyPage(w http.ResponseWriter, r *http.Request) error {
	h, err := a.hall(r)
	if err == nil && h.ID == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return err
	}
	v, err := a.applyForm(r, h, func(c store.PlanChange) bool { return c.Outcome == store.PlanReplaced })
	if err != nil {
		return err
	}
	return a.render(w, r, http.StatusOK, pages.ApplyPage(v))
}

// applyForm is the form, with the screenings ticked that are to be.
func (a *Admin) applyForm(r *http.Request, h store.Hall, tick func(store.PlanChange) bool) (pages.ApplyForm, error) {
	v := pages.ApplyForm{Hall: h}
	older, err := a.olderPlans(r, h)
	if err == nil {
		v.Clashes, err = a.Store.Catalogue().ClashesInHall(r.Context(), h.ID)
	}
	if err != nil {
		return v, err
	}
	for _, s := range older {
		changes, err := a.Store.Catalogue().PreviewPlan(r.Context(), h.PlanID, []store.ScreeningID{s.ID})
		if err != nil {
			return v, err
		}
		for _, c := range changes {
			v.Lines = append(v.Lines, pages.ApplyLine{Screening: s, Change: c, Ticked: tick(c)})
		}
	}
	return v, nil
}

// ApplyPlan answers POST /admin/halls/{id}/apply. What is sent again does nothing more.
func (a *Admin) ApplyPlan(w http.ResponseWriter, r *http.Request) error {
	h, err := a.hall(r)
	if err == nil && h.ID == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return err
	}
	chosen := map[store.ScreeningID]bool{}
	for _, id := range r.PostForm["screening"] {
		chosen[store.ScreeningID(number(id))] = true
	}
	if store.PlanID(number(r.PostForm.Get("plan"))) != h.PlanID {
		v, err := a.applyForm(r, h, func(c store.PlanChange) bool { return chosen[c.Screening] })
		if err != nil {
			return err
		}
		v.Notice = "The plan was changed since you opened this page. Nothing was applied. Below is what the latest " +
			"plan does."
		return a.render(w, r, http.StatusConflict, pages.ApplyPage(v))
	}
	all, err := a.Store.Catalogue().HallScreenings(r.Context(), h.ID)
	if err != nil {
		return err
	}
	v := pages.ApplyForm{Hall: h, Done: true}
	for _, s := range slices.DeleteFunc(all, func(s store.HallScreening) bool { return !chosen[s.ID] }) {
		changes, err := a.Store.Catalogue().ApplyPlan(r.Context(), h.PlanID, []store.ScreeningID{s.ID})
		if err != nil {
			return fmt.Errorf("after %d screenings: %w", len(v.Lines), err)
		}
		for _, c := range changes {
			v.Lines = append(v.Lines, pages.ApplyLine{Screening: s, Change: c})
		}
	}
	if len(v.Lines) == 0 {
		return a.done(w, r, prefix+"/halls", "No screening was ticked: each keeps the plan that it has.")
	}
	return a.render(w, r, http.StatusOK, pages.ApplyPage(v))
}
