package handlers_test

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"cinemasphere/handlers"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestPrivacyPage: where a phone number is asked for a notice says how long it is kept, and leads to the page that says
// who gets it, as it is set up.
func TestPrivacyPage(t *testing.T) {
	for _, c := range []struct {
		months                 int
		place                  string
		reads, misread, notice string
	}{
		{12, "Nairobi, Kenya", "12 months after the screening we erase", "until you ask us", "12 months after"},
		{1, "", "One month after the screening", "They stand here", "one month after"},
		{0, "", "until you ask us to erase them", "after the screening we erase", "when you ask us to"},
	} {
		o := open(t, func(d *handlers.Deps) { d.KeepCustomers, d.DataPlace = c.months, c.place })
		w := o.get("/privacy")
		got := strings.Join(strings.Fields(page(t, w).Find("article").Text()), " ")
		for _, want := range []string{c.reads, c.place, "Safaricom gets your number", "complain", "tax law", "A copy"} {
			if w.Code != 200 || !strings.Contains(got, want) {
				t.Errorf("%d months: %d, without %q: %s", c.months, w.Code, want, got)
			}
		}
		if strings.Contains(got, c.misread) || strings.Contains(got, "mail service") {
			t.Errorf("%d months: %s", c.months, got)
		}
		id := storetest.Screening(t, o.store, 2, 4)
		o.daraja.SetScript("*", sim.Script{Result: "1032"})
		secret := o.book(id, storetest.Phone(1), 1)
		o.until(secret, "failed", failed)
		screening := "/screenings/" + strconv.FormatInt(int64(id), 10)
		for path, which := range map[string]string{
			screening + "/book": "form[data-book]", screening + "/book/dialog": "form[data-book]",
			"/tickets/" + secret: "form.retry", "/tickets/" + secret + "/status?v=0": "form.retry",
		} {
			form := page(t, o.get(path)).Find(which)
			notice := strings.Join(strings.Fields(form.Find("p:has(a[href='/privacy'])").Text()), " ")
			if form.Find(`input[name="phone"]`).Length() != 1 || !strings.Contains(notice, c.notice) {
				t.Errorf("%s has the notice %q at its phone number, want %q", path, notice, c.notice)
			}
		}
	}
}

// TestCustomersPage: the owner alone downloads what there is of a phone and erases it; what was typed wrong comes back,
// a film to come keeps its customer, and the log has it all.
func TestCustomersPage(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 5, 10)
	o.book(id, storetest.Phone(3), 1)
	owner := o.staffed(store.RoleOwner)
	for _, role := range []store.Role{store.RoleManager, store.RoleCashier, store.RoleUsher} {
		m := o.staffed(role)
		if get, post := m.get("/admin/customers"), m.post("/admin/customers", url.Values{
			"phone": {storetest.Phone(3)}, "do": {"export"},
		}); get.Code != 403 || post.Code != 403 {
			t.Errorf("%s: %d, %d", role, get.Code, post.Code)
		}
	}
	if w := owner.get("/admin/customers"); w.Code != 200 {
		t.Errorf("the page: %d", w.Code)
	}
	for _, c := range []struct {
		phone, do, sure string
		status          int
		wrong           string // field
	}{
		{storetest.Phone(3), "export", "", 200, ""},
		{"0" + storetest.Phone(3)[3:], "export", "", 200, ""},
		{storetest.Phone(4), "export", "", 422, "phone"},
		{"12", "export", "", 422, "phone"},
		{"", "erase", "ERASE", 422, "phone"},
		{storetest.Phone(3), "erase", "", 422, "sure"},
		{storetest.Phone(3), "erase", "yes", 422, "sure"},
		{storetest.Phone(4), "erase", "erase", 422, "phone"},
	} {
		w := owner.post("/admin/customers", url.Values{"phone": {c.phone}, "do": {c.do}, "sure": {c.sure}})
		if w.Code != c.status {
			t.Errorf("%+v: %d", c, w.Code)
		}
		if c.wrong == "" {
			var all store.Customer
			if err := json.Unmarshal(w.Body.Bytes(), &all); err != nil || len(all.Tickets) != 1 ||
				all.Tickets[0].Phone != storetest.Phone(3) ||
				!strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") ||
				!strings.Contains(w.Header().Get("Cache-Control"), "no-store") {
				t.Errorf("%+v: %v %v %s", c, err, w.Header(), w.Body)
			}
			continue
		}
		d := page(t, w)
		if d.Find("#"+c.wrong+`[aria-invalid="true"]`).Length() != 1 ||
			d.Find("#phone").AttrOr("value", "") != c.phone {
			t.Errorf("%+v: the field is not marked, or what was typed is lost", c)
		}
	}
	w := owner.post("/admin/customers", url.Values{"phone": {storetest.Phone(3)}, "do": {"erase"}, "sure": {"erase"}})
	if w.Code != 200 || !strings.Contains(w.Body.String(), "Kept, since the film is not over") {
		t.Errorf("a film to come: %d", w.Code)
	}
	if n := o.logged("customer.export"); n != 2 {
		t.Errorf("%d exports are logged", n)
	}
}

// TestMaskedTicketOpens: a ticket whose customer is masked opens everywhere, as a page, as JSON and in the back office,
// by its code, and says neither name nor number.
func TestMaskedTicketOpens(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 5, 10)
	phone := storetest.Phone(7)
	secret := o.book(id, phone, 2)
	if err := o.daraja.PIN(phone, "1234"); err != nil {
		t.Fatal(err)
	}
	o.until(secret, "paid", paid)
	owner := o.staffed(store.RoleOwner)
	out, err := o.store.Tickets().MaskBefore(t.Context(), o.store.Now().Add(48*time.Hour))
	if err != nil || out.Tickets != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	tk := o.ticket(secret)
	order := "/admin/orders/" + strconv.FormatInt(int64(tk.ID), 10)
	for what, w := range map[string]*httptest.ResponseRecorder{
		"the page": o.get("/tickets/" + secret), "its part": o.get("/tickets/" + secret + "/status?v=0"),
		"JSON": o.get("/api/tickets/" + secret), "the order": owner.get(order),
		"the door's list": owner.get("/admin/door/list/" + strconv.FormatInt(int64(id), 10)),
		"the search":      owner.get("/admin/find?q=" + tk.Code), "the list of money": owner.get("/admin/to-do"),
	} {
		text := w.Body.String()
		if w.Code != 200 && (what != "the search" || w.Header().Get("Location") != order) {
			t.Errorf("%s: %d", what, w.Code)
		}
		for _, gone := range []string{"Achieng", phone, phone[3:], "0" + phone[3:6] + " " + phone[6:9], tk.Phone} {
			if strings.Contains(text, gone) {
				t.Errorf("%s has %q", what, gone)
			}
		}
	}
	if w := o.get("/tickets/" + secret); !strings.Contains(w.Body.String(), "Show this at the door") {
		t.Error("the ticket does not admit any more")
	}
}
