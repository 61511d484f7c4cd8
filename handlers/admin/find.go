package admin

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa"
	"cinemasphere/store"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/wording"
)

// masked reports whether who asks may not read phone numbers whole.
func masked(r *http.Request) bool { return !me(r).Role.Includes(store.RoleManager) }

// FindPage answers GET /admin/find. One hit opens directly.
func (a *Admin) FindPage(w http.ResponseWriter, r *http.Request) error {
	v := pages.Find{Text: strings.TrimSpace(r.URL.Query().Get("q")), Masked: masked(r)}
	q := checkout.ReadSearch(v.Text)
	q.From, q.Until = wording.DoorHours(a.Store.Now())
	found, err := a.Store.Tickets().Find(r.Context(), q)
	if err != nil {
		return err
	}
	if len(found) == 1 {
		http.Redirect(w, r, orderPath(found[0].ID), http.StatusSeeOther)
		return nil
	}
	v.Found, v.Text = found, quote(v.Text)
	if len(found) == 0 && !v.Masked {
		v.Receipt = q.Receipt
	}
	return a.render(w, r, http.StatusOK, pages.FindPage(v))
}

func orderPath(id store.TicketID) string {
	return prefix + "/orders/" + strconv.FormatInt(int64(id), 10)
}

// order reads a booking's page, with the forms that the role may use.
func (a *Admin) order(r *http.Request) (v pages.Order, err error) {
	id := store.TicketID(number(chi.URLParam(r, "id")))
	if v.Story, err = a.Store.Tickets().Story(r.Context(), id); err != nil {
		return v, err
	}
	v.Masked, v.May = masked(r), me(r).Role.Includes(store.RoleManager)
	v.Hands = me(r).Role.Includes(store.RoleCashier)
	v.Lines = wording.Tell(v.Story, v.Masked)
	if !v.May {
		return v, nil
	}
	list, err := a.toDo(r.Context(), store.ItemFilter{Ticket: v.Story.Ticket.Code})
	if err != nil {
		return v, err
	}
	v.Items = slices.Concat(list.Waiting, list.Later)
	to := orderPath(id)
	offered := map[wording.Verb]bool{}
	for i := range v.Items {
		for j := range v.Items[i].Forms {
			v.Items[i].Forms[j].To = to
			offered[v.Items[i].Forms[j].Action.Verb] = true
		}
	}
	for i, action := range wording.OrderActions(v.Story, a.Initiator, a.Store.Now()) {
		if offered[action.Verb] {
			continue
		}
		form := pages.ActionForm{ID: fmt.Sprint("order-", i), To: to, Action: action}
		if pages.Needs(action, wording.NeedPhone) {
			form.Typed = map[string]string{string(wording.NeedPhone): wording.Phone(v.Story.Ticket.Phone)}
		}
		v.Own = append(v.Own, form)
	}
	return v, nil
}

// OrderPage answers GET /admin/orders/{id}.
func (a *Admin) OrderPage(w http.ResponseWriter, r *http.Request) error {
	v, err := a.order(r)
	if err != nil {
		return err
	}
	return a.render(w, r, http.StatusOK, pages.OrderPage(v))
}

// DoOrder answers POST /admin/orders/{id}: an action on the booking, or on an entry of the list of money about it.
func (a *Admin) DoOrder(w http.ResponseWriter, r *http.Request) error {
	v, err := a.order(r)
	if err != nil {
		return err
	}
	own := []pages.ToDoItem{{Forms: v.Own}}
	return a.perform(w, r, orderPath(v.Story.Ticket.ID), [][]pages.ToDoItem{v.Items, own},
		func(status int) error { return a.render(w, r, status, pages.OrderPage(v)) })
}

// doTicket does what can be done about a ticket itself, and says what was done.
func (a *Admin) doTicket(r *http.Request, form *pages.ActionForm) (string, error) {
	t, err := a.Store.Tickets().TicketByCode(r.Context(), form.Action.For)
	if err != nil {
		return "", err
	}
	switch form.Action.Verb {
	case wording.AskMpesa:
		if n, err := a.Store.Tickets().AskAbout(r.Context(), t.ID); n == 0 {
			return "M-PESA is being asked already, or has nothing more to say.", err
		}
		return "M-PESA is asked now. What it answers shows here in some seconds.", nil
	case wording.TakeBack:
		return "The ticket is void, and its seats are free.", a.Store.Tickets().TakeBackComp(r.Context(), t.ID)
	case wording.GiveUp:
		return "The seats are free.", a.Store.Tickets().GiveUp(r.Context(), t.Secret)
	default:
		phone := form.Typed[string(wording.NeedPhone)]
		_, err := a.Checkout.Retry(r.Context(), t.Secret, phone, "", store.Client{})
		if problems, is := errors.AsType[checkout.Invalid](err); is {
			form.Errors[string(wording.NeedPhone)] = wording.Typed(problems["phone"])
			return "", nil
		}
		msisdn, _ := mpesa.ParseMSISDN(phone) // it was read by Retry
		return "A prompt is on its way to " + wording.Phone(string(msisdn)) + ".", err
	}
}
