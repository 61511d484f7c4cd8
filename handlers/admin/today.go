package admin

import (
	"net/http"

	"cinemasphere/store"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/wording"
)

// Start answers GET /admin: how this evening stands.
func (a *Admin) Start(w http.ResponseWriter, r *http.Request) (err error) {
	v := pages.Today{Money: me(r).Role.Includes(store.RoleManager)}
	from, until := wording.Evening(a.Store.Now())
	v.Day = from
	if v.Screenings, err = a.Store.Tickets().HouseSales(r.Context(), from, until); err != nil {
		return err
	}
	if v.Money {
		v.Alarms = a.alarms(r.Context(), w)
		v.ToDo = a.waits.count(r.Context(), a)
		if v.Takings, err = a.Store.Money().Takings(r.Context(), from); err != nil {
			return err
		}
	}
	return a.render(w, r, http.StatusOK, pages.TodayPage(v))
}
