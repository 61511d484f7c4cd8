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
	v := pages.Today{Money: me(r).Role.Includes(store.RoleManager)}
	from, until := wording.Evening(a.Store.Now())
	v.Day = from
	if v.Screenings, err = a.Store.Tickets().HouseSales(r.Context(), from, until); err != nil {
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
