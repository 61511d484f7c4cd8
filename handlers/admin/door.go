package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"cinemasphere/handlers/checkout"
	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/wording"
)

// door reads what the door needs of this evening, and which screenings it lets in to.
func (a *Admin) door(ctx context.Context, r *http.Request, at []string) (v pages.Door, err error) {
	v.May = me(r).Role.Includes(store.RoleManager)
	from, until := wording.DoorHours(a.Store.Now())
	if v.Screenings, err = a.Store.Tickets().HouseSales(ctx, from, until); err != nil {
		return v, err
	}
	for _, s := range v.Screenings {
		if slices.ContainsFunc(at, func(id string) bool { return number(id) == int64(s.ID) }) {
			v.Chosen = append(v.Chosen, s.ID)
		}
	}
	if v.LetsIn = v.Chosen; len(v.Chosen) == 0 {
		v.LetsIn = wording.AtDoorNow(v.Screenings, a.Store.Now())
	}
	v.Anyway = r.PostForm.Get("anyway") == "1"
	return v, nil
}

// doorPage answers with the door. Its page alone may use the camera.
func (a *Admin) doorPage(w http.ResponseWriter, r *http.Request, status int, v pages.Door) error {
	w.Header().Set("Permissions-Policy", "camera=(self), geolocation=(), microphone=(), payment=()")
	return a.render(w, r, status, pages.DoorPage(v))
}

// DoorPage answers GET /admin/door.
func (a *Admin) DoorPage(w http.ResponseWriter, r *http.Request) error {
	v, err := a.door(r.Context(), r, r.URL.Query()["at"])
	if err != nil {
		return err
	}
	return a.doorPage(w, r, http.StatusOK, v)
}

// judge fills in what a ticket means at the door.
func (a *Admin) judge(ctx context.Context, v *pages.Door, t *store.Ticket) (err error) {
	v.Ticket = t
	if v.Seats, err = a.Store.Tickets().SeatsIn(ctx, t.ID); err != nil {
		return err
	}
	v.Verdict = wording.AtDoor(t, v.Seats, v.LetsIn)
	if v.Verdict.Kind == wording.DoorWrong && v.Tonight(t.ScreeningID) {
		switch v.Elsewhere = true; {
		case v.Anyway:
			v.Verdict = wording.AllTheSame(wording.AtDoor(t, v.Seats, []store.ScreeningID{t.ScreeningID}), t)
		case t.Screening.StartsAt > a.Store.Now() && !v.Waits(a.Store.Now()):
			v.Verdict = wording.TooEarly(v.Verdict, t)
		}
	}
	if v.NoCode {
		v.Verdict.Reminder = strings.TrimSpace(wording.WithoutCode + " " + v.Verdict.Reminder)
	}
	v.N = len(v.Verdict.Left)
	return nil
}

// CheckAtDoor answers POST /admin/door: what a code that was scanned or typed means. It lets
// nobody in.
func (a *Admin) CheckAtDoor(w http.ResponseWriter, r *http.Request) error {
	v, err := a.door(r.Context(), r, r.PostForm["at"])
	if err != nil {
		return err
	}
	typed := strings.TrimSpace(r.PostForm.Get("code"))
	if typed == "" {
		return a.doorPage(w, r, http.StatusOK, v)
	}
	code, forged := a.readPass(typed)
	v.Code = quote(code)
	if forged {
		v.Verdict = wording.UnknownAtDoor(true)
		return a.doorPage(w, r, http.StatusOK, v)
	}
	t, err := a.Store.Tickets().TicketByCode(r.Context(), code)
	if errors.Is(err, store.ErrNotFound) {
		return a.checkPayer(w, r, v, typed)
	}
	if err != nil {
		return err
	}
	return a.showTicket(w, r, v, t)
}

// showTicket answers with what a ticket means at the door. About one that is not paid M-PESA is asked at once: whoever
// stands there says that they have.
func (a *Admin) showTicket(w http.ResponseWriter, r *http.Request, v pages.Door, t *store.Ticket) error {
	if err := a.judge(r.Context(), &v, t); err != nil {
		return err
	}
	if v.Verdict.Kind == wording.DoorUnpaid {
		asked, err := a.Store.Tickets().AskAbout(r.Context(), t.ID)
		if err != nil {
			return err
		}
		if asked > 0 {
			v.Verdict.Sentence += " " + wording.AskedAtDoor
		}
	}
	return a.doorPage(w, r, http.StatusOK, v)
}

// checkPayer is CheckAtDoor for who has no code, and has paid: by the receipt, the whole M-PESA message, or the phone.
// Nothing else is looked for here: a code with a slip in it must let nobody in by a part of somebody's name.
func (a *Admin) checkPayer(w http.ResponseWriter, r *http.Request, v pages.Door, typed string) error {
	read := checkout.ReadSearch(typed)
	q := store.Search{Receipt: read.Receipt, Phone: read.Phone}
	found, err := a.Store.Tickets().Find(r.Context(), q)
	if err != nil {
		return err
	}
	from, until := wording.DoorHours(a.Store.Now())
	tonight := func(f store.Found) bool { return f.StartsAt >= from && f.StartsAt < until }
	for _, narrower := range []func(store.Found) bool{
		tonight, func(f store.Found) bool { return f.Status == store.Paid && f.VoidedAt == 0 },
	} {
		if slices.ContainsFunc(found, narrower) {
			found = slices.DeleteFunc(found, func(f store.Found) bool { return !narrower(f) })
		}
	}
	if len(found) != 1 {
		v.Verdict = wording.UnknownAtDoor(false)
		if len(found) > 1 {
			v.Verdict = wording.SeveralAtDoor(len(found))
		}
		return a.doorPage(w, r, http.StatusOK, v)
	}
	t, err := a.Store.Tickets().TicketByID(r.Context(), found[0].ID)
	if err != nil {
		return err
	}
	v.NoCode = true
	return a.showTicket(w, r, v, t)
}

// readPass reads a code as it was typed, or that of a scanned QR code, which may be none of ours.
func (a *Admin) readPass(typed string) (code string, forged bool) {
	upper := strings.ToUpper(strings.Join(strings.Fields(typed), ""))
	if code, ours := a.Checkout.VerifyQR(upper); ours {
		return code, false
	}
	_, rest, scanned := strings.Cut(upper, ":")
	if scanned && len(strings.Fields(typed)) == 1 { // an M-PESA message tells the time
		code, _, _ = strings.Cut(rest, ":")
		return code, true
	}
	return typed, false
}

// AdmitAtDoor answers POST /admin/door/admit: one fewer, one more, or so many go in. The form names the seats that it
// was made for, so that sending it again lets nobody else in.
func (a *Admin) AdmitAtDoor(w http.ResponseWriter, r *http.Request) error {
	v, err := a.door(r.Context(), r, r.PostForm["at"])
	if err != nil {
		return err
	}
	t, err := a.Store.Tickets().TicketByID(r.Context(), store.TicketID(number(r.PostForm.Get("ticket"))))
	if err != nil {
		return err
	}
	if err := a.judge(r.Context(), &v, t); err != nil {
		return err
	}
	left, n := strings.Fields(r.PostForm.Get("left")), int(number(r.PostForm.Get("n")))
	if n < 1 || n > len(left) || len(left) > t.Quantity {
		return &web.Error{Status: http.StatusBadRequest}
	}
	if v.Verdict.Kind != wording.DoorAdmit {
		return a.doorPage(w, r, http.StatusConflict, v)
	}
	switch r.PostForm.Get("do") {
	case "less":
		v.N = min(max(n-1, 1), v.N)
		return a.doorPage(w, r, http.StatusOK, v)
	case "more":
		v.N = min(n+1, v.N)
		return a.doorPage(w, r, http.StatusOK, v)
	}
	admit := a.Store.Tickets().Admit
	if v.Elsewhere {
		admit = a.Store.Tickets().AdmitElsewhere
	}
	err = admit(r.Context(), t.ID, left[:n])
	quicker := errors.Is(err, store.ErrNotAdmitted)
	if err != nil && !quicker {
		return err
	}
	if t, err = a.Store.Tickets().TicketByID(r.Context(), t.ID); err != nil {
		return err
	}
	if err := a.judge(r.Context(), &v, t); err != nil {
		return err
	}
	if quicker { // somebody else was, or this form has been sent already: the page says how it stands now
		return a.doorPage(w, r, http.StatusConflict, v)
	}
	v.Done = n
	v.Verdict.Mood = "ok"
	return a.doorPage(w, r, http.StatusOK, v)
}

// UndoAtDoor answers POST /admin/door/undo: nobody is in on these seats.
func (a *Admin) UndoAtDoor(w http.ResponseWriter, r *http.Request) error {
	id := store.TicketID(number(r.PostForm.Get("ticket")))
	if _, err := a.Store.Tickets().TicketByID(r.Context(), id); err != nil {
		return err
	}
	err := a.Store.Tickets().UndoAdmission(r.Context(), id, r.PostForm["seat"])
	if errors.Is(err, store.ErrNotAdmitted) {
		return a.done(w, r, orderPath(id), "Nothing was taken back: choose seats on which somebody is in.")
	}
	if err != nil {
		return err
	}
	return a.done(w, r, orderPath(id), "Nobody is in on "+quote(strings.Join(r.PostForm["seat"], " "))+" any more.")
}

// DoorList answers GET /admin/door/list/{id}.
func (a *Admin) DoorList(w http.ResponseWriter, r *http.Request) error {
	id := store.ScreeningID(number(chi.URLParam(r, "id")))
	v := pages.DoorList{Printed: a.Store.Now()}
	var err error
	if v.Screening, v.Movie, err = a.Store.Catalogue().Screening(r.Context(), id); err != nil {
		return err
	}
	if v.Entries, err = a.Store.Tickets().DoorList(r.Context(), id); err != nil {
		return err
	}
	return a.render(w, r, http.StatusOK, pages.DoorListPage(v))
}
