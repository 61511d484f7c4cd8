package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/handlers/internal/web"
	"cinemasphere/mpesa"
	"cinemasphere/store"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/wording"
)

// troubleListed is how many prompts are listed while prompts fail for the cinema's set-up.
const troubleListed = 3

// toDo reads the list of money, as the command payments does.
func (a *Admin) toDo(ctx context.Context, f store.ItemFilter) (pages.ToDo, error) {
	var v pages.ToDo
	trouble, err := checkout.FindSetUpTrouble(ctx, a.Store)
	if err != nil {
		return v, err
	}
	if trouble != nil {
		v.Trouble, v.Means = wording.SetUpTrouble(len(trouble.Pushes), trouble.Since, trouble.Last)
		f.Pushes = trouble.Pushes[:min(len(trouble.Pushes), troubleListed)]
	}
	items, err := a.Store.Money().OpenItems(ctx, f)
	if err != nil {
		return v, err
	}
	for _, item := range items {
		entry := a.toDoItem(item)
		if entry.Advice.Nothing == "" && len(entry.Forms) > 0 {
			v.Waiting = append(v.Waiting, entry)
		} else {
			v.Later = append(v.Later, entry)
		}
	}
	return v, nil
}

// toDoItem is an entry with a form for each thing that can be done about it.
func (a *Admin) toDoItem(item store.OpenItem) pages.ToDoItem {
	entry := pages.ToDoItem{Item: item, Advice: wording.Advise(item, a.Initiator)}
	for i, action := range entry.Advice.Actions {
		if action.Verb != wording.Show {
			entry.Forms = append(entry.Forms, pages.ActionForm{
				ID:   fmt.Sprintf("%s-%d", strings.ReplaceAll(item.Name(), ":", "-"), i),
				Item: strings.Join(append([]string{item.Name()}, item.Alike...), " "), Action: action,
			})
		}
	}
	return entry
}

// ToDoPage answers GET /admin/to-do.
func (a *Admin) ToDoPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := store.ItemFilter{
		Receipt: checkout.OneWord(quote(q.Get("receipt"))), Ticket: checkout.OneWord(quote(q.Get("ticket"))),
	}
	f.All = f.Receipt != "" || f.Ticket != ""
	v, err := a.toDo(r.Context(), f)
	if err != nil {
		return err
	}
	v.Alarms = a.alarms(r.Context(), w)
	switch {
	case f.Receipt != "":
		v.Only = "what is about the receipt " + f.Receipt
	case f.Ticket != "":
		v.Only = "what is about the ticket " + f.Ticket
	}
	return a.render(w, r, http.StatusOK, pages.ToDoPage(v))
}

// Do answers POST /admin/to-do: an action on an entry of the list.
func (a *Admin) Do(w http.ResponseWriter, r *http.Request) error {
	v, err := a.toDo(r.Context(), store.ItemFilter{})
	if err != nil {
		return err
	}
	return a.perform(w, r, prefix+"/to-do", [][]pages.ToDoItem{v.Waiting, v.Later},
		func(status int) error { return a.render(w, r, status, pages.ToDoPage(v)) })
}

// perform does the action that a form asks for, and sends the browser on. It is done only where the lists offer it at
// this moment, so that pressing twice does nothing twice. What is wrong goes into the form, and draw shows it.
func (a *Admin) perform(w http.ResponseWriter, r *http.Request, to string, lists [][]pages.ToDoItem,
	draw func(status int) error) error {
	entry, form, as := offered(lists, r)
	if form == nil {
		return a.done(w, r, to, "That has been dealt with already. Nothing was done now.")
	}
	form.Open, form.Typed, form.Errors = true, map[string]string{}, map[string]string{}
	for _, need := range form.Action.Needs {
		form.Typed[string(need)] = echo(strings.TrimSpace(r.PostForm.Get(string(need))))
	}
	if as == otherThanSeen {
		form.Errors[""] = "Nothing was written: this has changed since you opened the page. " +
			"Please look at it as it is now, then press again."
		return draw(http.StatusConflict)
	}
	said, err := a.do(r, *entry, form)
	refusal, refused := errors.AsType[*store.Refusal](err)
	switch {
	case refused && form.Action.Verb == wording.SendPrompt:
		form.Errors[""] = wording.Refusal(refusal)
		return draw(http.StatusConflict)
	case refused:
		advice := wording.Refused(form.Action, refusal.Kind)
		form.Errors[""] = "Nothing was written: " + advice.Why + "."
		if advice.Look != "" {
			form.Errors[""] += " Please " + advice.Look + "."
		}
		return draw(http.StatusConflict)
	case errors.Is(err, store.ErrNotFound) && pages.Needs(form.Action, wording.NeedTicket):
		form.Errors["ticket"] = "There is no ticket with this code."
		return draw(http.StatusUnprocessableEntity)
	case err != nil:
		return err
	case len(form.Errors) > 0:
		return draw(http.StatusUnprocessableEntity)
	}
	a.waits.forget()
	return a.done(w, r, to, said)
}

// sameness is whether an entry still is what the sender of a form saw of it.
type sameness bool

const (
	asSeen        sameness = true
	otherThanSeen sameness = false
)

// offered finds the action that a form asks for among those that the lists offer: as its sender saw it, or else for the
// same entry as that is now.
func offered(lists [][]pages.ToDoItem, r *http.Request) (*pages.ToDoItem, *pages.ActionForm, sameness) {
	f := r.PostForm
	name, _, _ := strings.Cut(f.Get("item"), " ")
	var entry *pages.ToDoItem
	var changed *pages.ActionForm
	for _, list := range lists {
		for i := range list {
			for j := range list[i].Forms {
				form := &list[i].Forms[j]
				if string(form.Action.Verb) != f.Get("do") {
					continue
				}
				if form.Item == f.Get("item") && form.Action.Named == f.Get("named") &&
					form.Action.For == f.Get("for") {
					return &list[i], form, asSeen
				}
				if name != "" && name == list[i].Item.Name() {
					entry, changed = &list[i], form
				}
			}
		}
	}
	return entry, changed, otherThanSeen
}

// do does an action as the command line does, and says what was done. What is wrong in the form goes into its errors.
func (a *Admin) do(r *http.Request, entry pages.ToDoItem, form *pages.ActionForm) (string, error) {
	amount := readNeeds(form)
	if len(form.Errors) > 0 {
		return "", nil
	}
	action, by := form.Action, me(r).Name
	switch action.Verb {
	case wording.Refund, wording.AskAgain, wording.GiveBack, wording.Returned, wording.NothingPaid:
		n := store.NewRefund{
			By: by, Reason: "refunded by the box office", Reference: form.Typed["reference"], Amount: amount,
			NoInitiator: !a.Initiator,
		}
		if action.Verb == wording.NothingPaid {
			n.Reference = "NOTHING-PAID"
		}
		refund, err := checkout.RefundNamed(r.Context(), a.Store, action.Named, n)
		return refundSaid(refund), err
	case wording.Accept, wording.Move:
		receipt, valid := mpesa.ParseReceipt(or(action.Named, form.Typed["receipt"]))
		if !valid {
			form.Errors["receipt"] = "This is no M-PESA receipt: it has ten letters and digits."
			return "", nil
		}
		accepted := store.Acceptance{Receipt: receipt, Amount: amount, Move: action.Verb == wording.Move, By: by}
		if action.Amount != 0 {
			accepted.Amount = store.Cents(action.Amount) * 100
		}
		paid, err := a.Store.Money().AcceptReceipt(r.Context(),
			checkout.AcceptFor(accepted, or(action.For, form.Typed["ticket"])))
		if paid.State == store.PaymentRefundDue {
			return "Receipt " + receipt + " is accepted, and its money is due back.", err
		}
		return "Receipt " + receipt + " is accepted.", err
	case wording.Resolve:
		items, err := checkout.NamedItems(r.Context(), a.Store, action.Named)
		if err != nil {
			return "", err
		}
		return entry.Item.Name() + " is off the list, with your note.",
			a.Store.Money().ResolveItems(r.Context(), items, form.Typed["note"], by)
	case wording.AskMpesa, wording.SendPrompt, wording.TakeBack, wording.GiveUp:
		return a.doTicket(r, form)
	case wording.Show:
	}
	return "", &web.Error{Status: http.StatusBadRequest}
}

// readNeeds looks at what an action needs, and returns the amount where it is needed.
func readNeeds(form *pages.ActionForm) (amount store.Cents) {
	for _, need := range form.Action.Needs {
		name := string(need)
		if form.Typed[name] == "" {
			form.Errors[name] = "Please fill this in."
			continue
		}
		if need != wording.NeedAmount {
			continue
		}
		cents, read := mpesa.ParseAmount(form.Typed[name])
		if !read || cents%100 != 0 || cents > int64(store.MaxCharge)*100 {
			form.Errors[name] = fmt.Sprintf("The amount must be whole shillings, 1 to %d.", store.MaxCharge)
			continue
		}
		amount = store.Cents(cents)
	}
	return amount
}

// refundSaid says what became of a refund that was asked for.
func refundSaid(f store.Refund) string {
	switch {
	case f.ID == 0:
		return "It is written down that nothing was paid. The ticket is void, and its seats are free."
	case f.State == store.RefundDone:
		return "It is written down that " + wording.Cents(f.Amount) + " went back."
	case f.Receipt == "":
		return "The Reversal of " + wording.Cents(f.Amount) + " is sent once the receipt is known."
	}
	return "M-PESA is asked to give " + wording.Cents(f.Amount) + " back."
}

// or is the first text that is not empty.
func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// waitAge is how old the number in the menu may be.
const waitAge = 10 * time.Second

// waitCache keeps how many entries wait for a person, which every page shows.
type waitCache struct {
	mu   sync.Mutex
	read time.Time
	n    int
}

// count is how many entries wait for a person; what it was last where that cannot be read.
func (c *waitCache) count(ctx context.Context, a *Admin) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := a.Now()
	if !c.read.IsZero() && now.Sub(c.read) < waitAge {
		return c.n
	}
	if v, err := a.toDo(context.WithoutCancel(ctx), store.ItemFilter{}); err == nil {
		c.n, c.read = len(v.Waiting), now
	}
	return c.n
}

// forget has the number read again.
func (c *waitCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = time.Time{}
}
