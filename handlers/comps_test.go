package handlers_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

func freePath(id store.ScreeningID) string {
	return "/admin/screenings/" + strconv.FormatInt(int64(id), 10) + "/free"
}

// gives opens the form that gives tickets away, fills it in, and sends it.
func (m *member) gives(id store.ScreeningID, typed ...string) (status int, location string, f url.Values) {
	m.o.Helper()
	d := page(m.o, m.get(freePath(id)))
	f = url.Values{"key": {d.Find("input[name=key]").AttrOr("value", "")}}
	for i := 0; i < len(typed); i += 2 {
		if f.Set(typed[i], typed[i+1]); typed[i] == "seat" {
			f["seat"] = strings.Fields(typed[i+1])
		}
	}
	w := m.post(freePath(id), f)
	return w.Code, w.Header().Get("Location"), f
}

// TestFreeTickets: a ticket is given away from the screening's page, stands apart from what was paid on every page,
// lets in at the door, and can be taken back.
func TestFreeTickets(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 5, 10, tonight)
	owner, manager := o.staffed(store.RoleOwner), o.staffed(store.RoleManager)
	cashier, usher := o.staffed(store.RoleCashier), o.staffed(store.RoleUsher)
	o.bought(id, storetest.Phone(1), 2)
	before := o.daraja.Totals()
	status, order, f := manager.gives(id, "quantity", "3", "name", "Nyambura Press", "reason", "a review")
	if status != http.StatusSeeOther || !strings.HasPrefix(order, "/admin/orders/") {
		t.Fatalf("%d to %q", status, order)
	}
	if w := manager.post(freePath(id), f); w.Header().Get("Location") != order || o.seatsTaken(id) != 5 {
		t.Errorf("pressed twice: %d to %q, %d seats", w.Code, w.Header().Get("Location"), o.seatsTaken(id))
	}
	if after := o.daraja.Totals(); after != before {
		t.Errorf("Daraja was called: %+v, %+v", before, after)
	}
	shown := page(t, manager.get(order))
	link := shown.Find(`a[href^="/tickets/"]`).AttrOr("href", "")
	if text := shown.Find("main").Text(); !strings.Contains(text, "a review") ||
		!strings.Contains(text, manager.operator.Name) || strings.Contains(text, "KSh ") {
		t.Errorf("the order: %s", text)
	}
	tk := o.ticket(strings.TrimPrefix(link, "/tickets/"))
	customer := page(t, o.get(link)).Find("main").Text()
	if !strings.Contains(customer, "Complimentary") || strings.Contains(customer, "KSh ") ||
		strings.Contains(customer, "M-PESA") {
		t.Errorf("the ticket's page: %s", customer)
	}
	for _, q := range []string{"press", tk.Code} {
		if w := usher.get("/admin/find?q=" + url.QueryEscape(q)); w.Header().Get("Location") != order {
			t.Errorf("find %s: %d to %q", q, w.Code, w.Header().Get("Location"))
		}
	}
	today := page(t, manager.get("/admin")).Find("main").Text()
	if !strings.Contains(today, "3 free") || !strings.Contains(today, "KSh 2,700 in 1 payment") {
		t.Errorf("today: %s", today)
	}
	if text := page(t,
		manager.get(strings.TrimSuffix(freePath(id), "/free"))).Find("dl").Text(); !strings.Contains(text,
		"3 seats given away") {
		t.Errorf("the screening: %s", text)
	}
	list := page(t, usher.get("/admin/door/list/"+strconv.FormatInt(int64(id), 10)))
	if text := list.Find("main").Text(); !strings.Contains(text, "Nyambura Press") {
		t.Errorf("the door list: %s", text)
	}
	if _, kind, title, _ := usher.atDoor("", url.Values{"code": {tk.Code}}); kind != "admit" || title != "ADMIT 3" {
		t.Errorf("at the door: %s %q", kind, title)
	}
	take := url.Values{"do": {"take_back"}, "for": {tk.Code}, "named": {""}, "item": {""}}
	if w := cashier.post(order, take); w.Code != http.StatusForbidden {
		t.Errorf("a cashier takes it back: %d", w.Code)
	}
	for range 2 {
		if w := owner.post(order, take); w.Code != http.StatusSeeOther {
			t.Errorf("taken back: %d %s", w.Code, page(t, w).Find("main").Text())
		}
	}
	if o.seatsTaken(id) != 2 || o.logged("comp.take-back") != 1 || o.logged("comp.give") != 1 {
		t.Errorf("%d seats, logged %d", o.seatsTaken(id), o.logged("comp.take-back"))
	}
	if text := page(t, o.get(link)).Find("main").Text(); !strings.Contains(text, "does not admit") ||
		strings.Contains(text, "KSh ") {
		t.Errorf("the void ticket's page: %s", text)
	}
	if _, kind, _, _ := usher.atDoor("", url.Values{"code": {tk.Code}}); kind != "void" {
		t.Errorf("at the door: %s", kind)
	}
	storetest.Sound(t, o.store)
}

// TestMoneyForAFreeTicket: nothing that money does to other tickets changes one that was given away, and no answer
// about it is an error of the program.
func TestMoneyForAFreeTicket(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 5, 10, tonight)
	owner := o.staffed(store.RoleOwner)
	_, order, _ := owner.gives(id, "quantity", "2", "name", "Press", "reason", "a review")
	ticket, err := strconv.ParseInt(order[strings.LastIndex(order, "/")+1:], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	tk, err := o.store.Tickets().TicketByID(t.Context(), store.TicketID(ticket))
	if err != nil {
		t.Fatal(err)
	}
	before := o.daraja.Totals()
	for _, w := range []*httptest.ResponseRecorder{
		o.get("/api/tickets/" + tk.Secret), o.get("/tickets/" + tk.Secret + "/status"),
		o.post("/tickets/"+tk.Secret+"/retry", url.Values{"phone": {"0712345678"}}),
		o.post("/tickets/"+tk.Secret+"/give-up", url.Values{"seats": {"free"}}),
		o.claim(tk.Secret, "UKT4JL9G91"), owner.get("/admin/to-do?ticket=" + tk.Code),
		owner.post(order, url.Values{"do": {"give_back"}, "named": {tk.Code}, "for": {""}, "item": {""}}),
	} {
		if w.Code >= 500 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if _, err := o.store.Money().RequestRefund(t.Context(), store.NewRefund{Ticket: tk.Code, By: "x"}); err == nil {
		t.Error("a refund of nothing was asked for")
	}
	accepted := store.Acceptance{Receipt: "UKT4JL9G92", Ticket: tk.Code, By: "x"}
	_, err = o.store.Money().AcceptReceipt(t.Context(), accepted)
	if refused, is := errors.AsType[*store.Refusal](err); !is || refused.Kind != store.NeedsNoMoney {
		t.Errorf("a receipt is accepted for it: %v", err)
	}
	after, err := o.store.Tickets().TicketByID(t.Context(), tk.ID)
	if err != nil || !after.Admits() || after.Total != 0 || len(after.Seats) != 2 || after.Receipt != "" {
		t.Errorf("%+v, %v", after, err)
	}
	if now := o.daraja.Totals(); now.Accepted != before.Accepted {
		t.Errorf("a prompt was sent: %+v", now)
	}
	storetest.Sound(t, o.store)
}

// TestFreeTicketsRefused: input, status, and the field that says what is wrong. What was typed stays.
func TestFreeTicketsRefused(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 5, 10)
	owner, manager, cashier := o.staffed(store.RoleOwner), o.staffed(store.RoleManager), o.staffed(store.RoleCashier)
	good := []string{"quantity", "2", "name", "Nyambura", "reason", "press"}
	long := strings.Repeat("n", 10_000)
	for _, c := range []struct {
		field, value string
		status       int
		at           string
	}{
		{"quantity", "", 422, "quantity"}, {"quantity", "0", 422, "quantity"}, {"quantity", "-1", 422, "quantity"},
		{"quantity", "11", 422, "quantity"}, {"quantity", "1e9", 422, "quantity"}, {"quantity", "two", 422, "quantity"},
		{"quantity", "99999999999999999999", 422, "quantity"}, {"name", "", 422, "name"}, {"name", long, 422, "name"},
		{"name", "a\x00b", 422, "name"}, {"reason", "", 422, "reason"}, {"reason", " \t ", 422, "reason"},
		{"reason", "\xff\xfe", 422, "reason"}, {"reason", long, 422, "reason"}, {"seat", "A1", 422, "seats"},
		{"seat", "A1 A1", 422, "seats"}, {"seat", "A1 Z9", 409, "seats"}, {"seat", long, 422, "seats"},
		{"seat", "A1 A2 A3", 422, "seats"}, {"seat", "A\x00 A2", 409, "seats"}, {"seat", "a1 a2", 409, "seats"},
		{"seat", long + " b", 409, "seats"},
	} {
		_, _, f := owner.gives(id, append(slices.Clone(good), c.field, c.value)...)
		w := owner.post(freePath(id), f)
		d := page(t, w)
		if w.Code != c.status || d.Find("#"+c.at+"-error").Text() == "" {
			t.Errorf("%s %.20q: %d %q", c.field, c.value, w.Code, d.Find(".field-error").Text())
		}
		for _, name := range []string{"quantity", "name", "reason"} {
			want := strings.ToValidUTF8(strings.ReplaceAll(f.Get(name), "\x00", ""), "")
			if got := d.Find("#"+name).AttrOr("value", ""); got != want && !strings.Contains(want, "\t") {
				t.Errorf("%s %.20q: %s is now %.40q", c.field, c.value, name, got)
			}
		}
		for _, label := range f["seat"] {
			box := d.Find(`[name=seat][value="` + strings.ReplaceAll(label, "\x00", "") + `"]`)
			if _, on := box.Attr("checked"); box.Length() == 1 && !on {
				t.Errorf("%s %.20q: %s is not ticked any more", c.field, c.value, label)
			}
		}
	}
	for _, c := range []struct {
		who    *member
		typed  []string
		status int
	}{
		{cashier, good, 409},
		{owner, []string{"seat", "A1 A2 B3", "name", "N", "reason", "r"}, 303}, // the seats say how many
		{manager, []string{"quantity", "10", "name", "N", "reason", "r"}, 303},
		{manager, []string{"quantity", "10", "name", "N", "reason", "r"}, 303},
		{manager, []string{"quantity", "1", "name", "N", "reason", "r"}, 409},
		{owner, []string{"seat", "A1", "name", "N", "reason", "r"}, 409},
	} {
		if status, to, _ := c.who.gives(id, c.typed...); status != c.status {
			t.Errorf("%s %v: %d to %q", c.who.operator.Role, c.typed, status, to)
		}
	}
	bounds := url.Values{"manager": {"30"}, "cashier": {"2"}}
	for _, bad := range []string{"", "-1", "x", "1.5", "10001", "99999999999999999999"} {
		w := owner.post("/admin/prices/free", with(bounds, "cashier", bad))
		if w.Code != 422 || page(t, w).Find("#cashier-error").Text() == "" {
			t.Errorf("a bound of %q: %d", bad, w.Code)
		}
		if got := page(t, w).Find("#manager").AttrOr("value", ""); got != "30" {
			t.Errorf("a bound of %q: the other is %q", bad, got)
		}
	}
	if w := manager.post("/admin/prices/free", bounds); w.Code != http.StatusForbidden {
		t.Errorf("a manager sets bounds: %d", w.Code)
	}
	if w := owner.post("/admin/prices/free", bounds); w.Code != http.StatusSeeOther {
		t.Errorf("bounds: %d", w.Code)
	}
	for _, c := range []struct {
		who    *member
		n      string
		status int
	}{{cashier, "3", 409}, {cashier, "2", 303}, {cashier, "1", 409}, {manager, "10", 303}, {manager, "1", 409}} {
		if status, _, _ := c.who.gives(id, "quantity", c.n, "name", "N", "reason", "r"); status != c.status {
			t.Errorf("%s gives %s more: %d", c.who.operator.Role, c.n, status)
		}
	}
	storetest.Sound(t, o.store)
}
