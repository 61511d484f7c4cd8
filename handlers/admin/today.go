package admin

import (
	"net/http"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/wording"
)

// Start answers GET /admin: how this evening stands.
func (a *Admin) Start(w http.ResponseWriter, r *http.Request) (err error) {
	role := me(r).Role
	v := pages.Today{Money: role.Includes(store.RoleManager), Owner: role.Includes(store.RoleOwner)}
	from, until := wording.Evening(a.Store.Now())
	v.Day = from
	if v.Screenings, err = a.Store.Tickets().HouseSales(r.Context(), from, until); err != nil {
		return err
	}
	if v.Sales, err = a.Store.Tickets().Sales(r.Context()); err != nil {
		return err
	}
	if who := me(r); who.Role.Includes(store.RoleCashier) {
		left, bounded, err := a.Store.Tickets().CompsLeft(r.Context(), who.By(web.ClientIP(r)))
		if err != nil {
			return err
		}
		v.Gives = left > 0 || !bounded
	}
	if v.Money {
		v.Alarms = a.alarms(r.Context(), w)
		v.Backup, err = a.Store.Jobs().BackupTrouble(r.Context(), a.BackupPlaces, a.BackupOldest)
		if err != nil {
			return err
		}
		box, err := a.Store.Jobs().Outbox(r.Context())
		if err != nil {
			return err
		}
		v.Messages = box.Trouble()
		v.ToDo = a.waits.count(r.Context(), a)
		if v.Takings, err = a.Store.Money().Takings(r.Context(), from); err != nil {
			return err
		}
	}
	if me(r).Role.Includes(store.RoleOwner) {
		list, _, err := a.checklist(r)
		if err != nil {
			return err
		}
		if !list.PutAway && !list.All() {
			v.ToOpen = &list
		}
	}
	return a.render(w, r, http.StatusOK, pages.TodayPage(v))
}

// ResumeSales answers POST /admin/sales: bookings are taken again, where they are paused as the form says.
func (a *Admin) ResumeSales(w http.ResponseWriter, r *http.Request) error {
	sales, err := a.Store.Tickets().Sales(r.Context())
	if err != nil {
		return err
	}
	if sales.Paused == "" || pages.PausedAs(sales) != r.PostForm.Get("paused") {
		return a.done(w, r, prefix, "That has changed since you opened the page. Nothing was done now.")
	}
	if err := a.Store.Tickets().ResumeSales(r.Context()); err != nil {
		return err
	}
	return a.done(w, r, prefix, "Bookings are taken again.")
}
