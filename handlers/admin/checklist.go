package admin

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa"
	"cinemasphere/store"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/ui"
	"cinemasphere/views/wording"
)

const checklistPath = prefix + "/checklist"

func (a *Admin) checklistRoutes() []Route {
	const get, post = http.MethodGet, http.MethodPost
	return []Route{
		{Method: get, Pattern: "/checklist", Role: store.RoleManager, Handler: a.ChecklistPage},
		{Method: post, Pattern: "/checklist/away", Role: store.RoleOwner, Handler: a.PutChecklistAway},
		{Method: post, Pattern: "/checklist/backup", Role: store.RoleOwner, Handler: a.SetBackupMade},
		{Method: post, Pattern: "/checklist/test", Role: store.RoleManager, Handler: a.BeginTest},
		{Method: get, Pattern: "/checklist/test/{id}", Role: store.RoleManager, Handler: a.TestPage},
		{Method: post, Pattern: "/checklist/test/{id}/away", Role: store.RoleManager, Handler: a.TakeTestAway},
	}
}

// checklist is how far the cinema is from opening.
func (a *Admin) checklist(r *http.Request) (v pages.Checklist, read store.Readiness, err error) {
	if read, err = a.Store.Catalogue().Readiness(r.Context()); err != nil {
		return v, read, err
	}
	m := pages.MpesaSetUp{Environment: a.Store.Environment(), Callback: a.Callback}
	if err := mpesa.CheckCallbackURL(a.Callback, mpesa.Production); err != nil {
		m.Unreachable = err.Error()
	}
	v.Owner = me(r).Role.Includes(store.RoleOwner)
	v.Lines, v.PutAway = pages.CheckLines(read, m, v.Owner), read.PutAwaySince != 0
	return v, read, nil
}

// ChecklistPage answers GET /admin/checklist.
func (a *Admin) ChecklistPage(w http.ResponseWriter, r *http.Request) error {
	return a.checklistPage(w, r, http.StatusOK, pages.TestForm{})
}

// checklistPage draws the list, with the form of a test sale as it was typed.
func (a *Admin) checklistPage(w http.ResponseWriter, r *http.Request, status int, typed pages.TestForm) error {
	v, read, err := a.checklist(r)
	if err != nil {
		return err
	}
	v.Test = typed
	if v.Test.Nonce == "" {
		v.Test.Nonce = rand.Text()
	}
	if v.Test.Latest, v.Test.Stands, err = a.latestTest(r.Context(), read.LatestTest); err != nil {
		return err
	}
	if v.Test.Screenings, err = a.sellable(r.Context()); err != nil {
		return err
	}
	return a.render(w, r, status, pages.ChecklistPage(v))
}

// latestTest reads a test sale, and reports whether it stands: it is paid for or may be, and not taken away.
func (a *Admin) latestTest(ctx context.Context, id store.TicketID) (*store.Ticket, bool, error) {
	if id == 0 {
		return nil, false, nil
	}
	t, err := a.Store.Tickets().TicketByID(ctx, id)
	if err != nil {
		return nil, false, err
	}
	return t, t.Status == store.Pending || t.Status == store.Paid && t.VoidedAt == 0, nil
}

// offeredForTest is how many screenings the form of a test sale offers.
const offeredForTest = 10

// sellable is the next screenings that are on sale with a seat left.
func (a *Admin) sellable(ctx context.Context) (options []ui.Option, err error) {
	programme, err := a.Store.Catalogue().Programme(ctx)
	if err != nil {
		return nil, err
	}
	now := a.Store.Now()
	return pages.NextScreenings(programme.Films, offeredForTest, func(sc store.Screening) bool {
		return sc.Sells(now) && sc.Left > 0
	}), nil
}

// BeginTest answers POST /admin/checklist/test: it books one seat as a customer would, for a shilling. While another
// test stands it leads to that one.
func (a *Admin) BeginTest(w http.ResponseWriter, r *http.Request) error {
	f := r.PostForm
	typed := pages.TestForm{
		Phone: echo(f.Get("phone")), Screening: echo(f.Get("screening")), Errors: map[string]string{},
	}
	if nonce := f.Get("nonce"); len(nonce) == len(rand.Text()) {
		typed.Nonce = nonce
	}
	if typed.Nonce == "" {
		typed.Errors[""] = "This form was out of date. Please send it again."
		return a.checklistPage(w, r, http.StatusUnprocessableEntity, typed)
	}
	read, err := a.Store.Catalogue().Readiness(r.Context())
	if err != nil {
		return err
	}
	latest, stands, err := a.latestTest(r.Context(), read.LatestTest)
	if err != nil {
		return err
	}
	if stands {
		return a.done(w, r, testPath(latest.ID), "A test sale is under way already. Nothing new was sent.")
	}
	placed, err := a.Checkout.Book(r.Context(), checkout.Booking{
		ScreeningID: store.ScreeningID(number(f.Get("screening"))), Name: "Test sale", Phone: f.Get("phone"),
		Quantity: 1, Test: true, Key: "test:" + typed.Nonce,
	})
	if problems, is := errors.AsType[checkout.Invalid](err); is {
		typed.Errors["phone"] = wording.Typed(problems["phone"])
		return a.checklistPage(w, r, http.StatusUnprocessableEntity, typed)
	}
	if refusal, is := errors.AsType[*store.Refusal](err); is {
		typed.Errors[""], typed.Nonce = "Nothing was booked: "+wording.Refusal(refusal), ""
		return a.checklistPage(w, r, http.StatusConflict, typed)
	}
	if errors.Is(err, store.ErrNotFound) {
		typed.Errors["screening"], typed.Screening = "This screening is gone. Please choose another.", ""
		return a.checklistPage(w, r, http.StatusConflict, typed)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, testPath(placed.Ticket.ID), http.StatusSeeOther)
	return nil
}

func testPath(id store.TicketID) string {
	return checklistPath + "/test/" + strconv.FormatInt(int64(id), 10)
}

// refreshTest is after how many seconds the page of a test sale is loaded again while more comes.
const refreshTest = "3"

// TestPage answers GET /admin/checklist/test/{id}.
func (a *Admin) TestPage(w http.ResponseWriter, r *http.Request) error {
	st, err := a.testSale(r)
	if err != nil {
		return err
	}
	steps := wording.TestSteps(st, a.Callback, a.Store.Now())
	if steps.Waits {
		w.Header().Set("Refresh", refreshTest)
	}
	v := pages.Test{Ticket: st.Ticket, Steps: steps}
	if a.Handset != "" {
		v.Phone = a.Handset + st.Ticket.Phone
	}
	return a.render(w, r, http.StatusOK, pages.TestPage(v))
}

// testSale reads the test sale of an address; store.ErrNotFound where that names another ticket.
func (a *Admin) testSale(r *http.Request) (store.Story, error) {
	st, err := a.Store.Tickets().Story(r.Context(), store.TicketID(number(chi.URLParam(r, "id"))))
	if err == nil && st.Ticket.Channel != store.ChannelTest {
		err = store.ErrNotFound
	}
	return st, err
}

// TakeTestAway answers POST /admin/checklist/test/{id}/away. The shilling goes back as any other refund: by a Reversal
// where there is somebody to send it, else a person gives it back from the list of what is to do.
func (a *Admin) TakeTestAway(w http.ResponseWriter, r *http.Request) error {
	st, err := a.testSale(r)
	if err != nil {
		return err
	}
	t := st.Ticket
	if err := a.Store.Tickets().TakeTestAway(r.Context(), t.ID); err != nil {
		return err
	}
	if t.Status == store.Paid && t.VoidedAt == 0 {
		_, err := a.Store.Money().RequestRefund(r.Context(), store.NewRefund{
			Ticket: t.Code, By: me(r).Name, Reason: "test sale", NoInitiator: !a.Initiator,
		})
		// Where it is refused, it is on its way already or a person's to give back: the page says which.
		if _, refused := errors.AsType[*store.Refusal](err); err != nil && !refused {
			return err
		}
	}
	a.waits.forget()
	return a.done(w, r, testPath(t.ID), "The test sale is taken away, and its seat is free.")
}

// PutChecklistAway answers POST /admin/checklist/away.
func (a *Admin) PutChecklistAway(w http.ResponseWriter, r *http.Request) error {
	away := r.PostForm.Get("away") == "yes"
	if err := a.Store.Catalogue().PutChecklistAway(r.Context(), away); err != nil {
		return err
	}
	if away {
		return a.done(w, r, prefix, "The list is off this page. It stays in the menu, as Before you open.")
	}
	return a.done(w, r, prefix, "The list is on this page again, until all is done.")
}

// SetBackupMade answers POST /admin/checklist/backup.
func (a *Admin) SetBackupMade(w http.ResponseWriter, r *http.Request) error {
	made := r.PostForm.Get("made") == "yes"
	if err := a.Store.Catalogue().SetBackupMade(r.Context(), made); err != nil {
		return err
	}
	if made {
		return a.done(w, r, checklistPath, "It is written down that backups are made.")
	}
	return a.done(w, r, checklistPath, "It is written down that no backups are made.")
}
