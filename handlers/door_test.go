package handlers_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"cinemasphere/handlers"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
	"cinemasphere/views/wording"
)

// tonight is a screening within the hour.
func tonight(sc *store.Screening) {
	sc.StartsAt, sc.SalesCloseAt = sc.StartsAt.Add(-23*time.Hour), sc.StartsAt.Add(-23*time.Hour)
}

// bought is a paid ticket of so many seats.
func (o *office) bought(id store.ScreeningID, phone string, n int) *store.Ticket {
	o.Helper()
	o.pays()
	return o.until(o.book(id, phone, n), "paid", paid)
}

// atDoor posts a form of the door and returns its status, the verdict and its title.
func (m *member) atDoor(path string, f url.Values) (status int, kind, title string, d *goquery.Document) {
	m.o.Helper()
	w := m.post("/admin/door"+path, f)
	d = page(m.o, w)
	v := d.Find("[data-verdict]")
	return w.Code, v.AttrOr("data-verdict", ""), strings.TrimSpace(v.Find(".verdict-title").Text()), d
}

// fields are what a form has, as it would be sent by its button of that name.
func fields(d *goquery.Document, form, do string) url.Values {
	f := url.Values{}
	for _, in := range d.Find(form).Find("input[name]").EachIter() {
		f.Add(in.AttrOr("name", ""), in.AttrOr("value", ""))
	}
	f.Set("do", do)
	return f
}

func TestDoor(t *testing.T) {
	o := open(t)
	usher, manager := o.staffed(store.RoleUsher), o.staffed(store.RoleManager)
	id, other := storetest.Screening(t, o.store, 5, 5, tonight), storetest.Screening(t, o.store, 5, 5, tonight)
	later := storetest.Screening(t, o.store, 5, 5)
	tk := o.bought(id, storetest.Phone(1), 3)
	elsewhere, tomorrow := o.bought(other, storetest.Phone(2), 1), o.bought(later, storetest.Phone(3), 1)
	void := o.bought(id, storetest.Phone(4), 1)
	if _, err := o.store.Money().
		RequestRefund(t.Context(), store.NewRefund{Receipt: void.Receipt, By: "x"}); err != nil {
		t.Fatal(err)
	}
	unpaid := o.ticket(o.missed(id, storetest.Phone(5)))
	pass := o.service.QRPayload(tk)
	at := strconv.FormatInt(int64(id), 10)
	for name, c := range map[string]struct {
		code, at, kind string
	}{
		"code":                    {tk.Code, at, "admit"},
		"code in small groups":    {strings.ToLower(tk.Code[:3] + " " + tk.Code[3:]), at, "admit"},
		"code, no screening":      {tk.Code, "", "admit"},
		"QR code":                 {pass, at, "admit"},
		"QR code in small":        {strings.ToLower(pass), at, "admit"},
		"QR code, forged":         {pass[:len(pass)-1] + "?", at, "forged"},
		"QR code, another's code": {strings.Replace(pass, tk.Code, elsewhere.Code, 1), at, "forged"},
		"QR code, short":          {"CS1:" + tk.Code, at, "forged"},
		"another page":            {"https://evil.test/" + tk.Code, at, "forged"},
		"another hall":            {elsewhere.Code, at, "wrong"},
		"another hall, all":       {elsewhere.Code, "", "admit"},
		"another day":             {tomorrow.Code, "", "wrong"},
		"void":                    {void.Code, at, "void"},
		"not paid":                {unpaid.Code, at, "unpaid"},
		"unknown":                 {"QQQQQQQQ", at, "unknown"},
		"nonsense":                {"☂ \x00 %_'", at, "unknown"},
		"too long":                {strings.Repeat("A", 5000), at, "unknown"},
		"nothing":                 {"", at, ""},
		"an odd screening":        {tk.Code, "x", "admit"},
	} {
		f := url.Values{"code": {c.code}}
		if c.at != "" {
			f.Set("at", c.at)
		}
		if status, kind, title, _ := usher.atDoor("", f); status != http.StatusOK || kind != c.kind ||
			kind != "" && title == "" {
			t.Errorf("%s: %d %q %q, want %q", name, status, kind, title, c.kind)
		}
	}
	w := usher.get("/admin/door?at=" + at)
	if p := w.Header().Get("Permissions-Policy"); w.Code != http.StatusOK || !strings.Contains(p, "camera=(self)") {
		t.Errorf("the door's page: %d, camera %q", w.Code, p)
	}
	if p := usher.get("/admin").Header().Get("Permissions-Policy"); !strings.Contains(p, "camera=()") {
		t.Errorf("another page has the camera: %q", p)
	}

	// A part of the group goes in, then the form comes again, and then the rest.
	scan := url.Values{"code": {pass}, "at": {at}}
	const form = `form[action="/admin/door/admit"]`
	_, _, title, d := usher.atDoor("", scan)
	if title != "ADMIT 3" {
		t.Errorf("at first: %q", title)
	}
	_, _, title, less := usher.atDoor("/admit", fields(d, form, "less"))
	if title != "ADMIT 2" {
		t.Errorf("one fewer: %q", title)
	}
	first := fields(less, form, "in")
	for press, want := range []string{"2 IN", "ADMIT 1", "ADMIT 1"} {
		status, _, title, _ := usher.atDoor("/admit", first)
		if title != want || (status == http.StatusConflict) != (press > 0) {
			t.Errorf("press %d: %d %q, want %q", press+1, status, title, want)
		}
	}
	if n := o.logged("ticket.admit"); n != 1 {
		t.Errorf("%d admissions in the log", n)
	}
	_, _, _, d = usher.atDoor("", scan)
	if _, kind, title, d := usher.atDoor(
		"/admit",
		fields(d, form, "in"),
	); kind != "in" || title != "1 IN" ||
		d.Find(form).Length() != 0 {
		t.Errorf("the rest: %s %q", kind, title)
	}
	if _, kind, title, d := usher.atDoor("", scan); kind != "in" || title != "ALREADY IN" ||
		!strings.Contains(d.Find(".verdict").Text(), usher.operator.Name) {
		t.Errorf("once more: %s %q", kind, title)
	}
	for name, change := range map[string]url.Values{
		"none": with(first, "n", "0"), "too many": with(first, "n", "9"), "no seats": with(first, "left", ""),
		"more seats than the ticket has": with(with(first, "left", "A1 A2 A3 A4"), "n", "4"),
	} {
		if status, _, _, _ := usher.atDoor("/admit", change); status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, status)
		}
	}
	d = page(t, usher.get("/admin/door/list/"+at))
	if rows := d.Find("tbody tr"); rows.Length() != 1 || !strings.Contains(rows.Text(), tk.Code) ||
		strings.Contains(d.Text(), storetest.Phone(1)[3:]) {
		t.Errorf("the door list: %s", d.Find("main").Text())
	}

	// A manager takes one back.
	undo := url.Values{"ticket": {fmt.Sprint(int64(tk.ID))}, "seat": {tk.Seats[0]}}
	if w := usher.post("/admin/door/undo", undo); w.Code != http.StatusForbidden {
		t.Errorf("an usher takes it back: %d", w.Code)
	}
	for range 2 {
		if w := manager.post("/admin/door/undo", undo); w.Code != http.StatusSeeOther {
			t.Errorf("undo: %d", w.Code)
		}
	}
	if n := o.logged("ticket.admit-undo"); n != 1 {
		t.Errorf("%d taken back in the log", n)
	}
	if _, _, title, _ := usher.atDoor("", scan); title != "ADMIT 1" {
		t.Errorf("after it was taken back: %q", title)
	}
}

// TestDoorWithoutCode: who says that they paid is let in by what they paid with, once one ticket is meant. Nothing
// weaker than a receipt or a whole phone number finds anybody here.
func TestDoorWithoutCode(t *testing.T) {
	o := open(t)
	usher := o.staffed(store.RoleUsher)
	id, later := storetest.Screening(t, o.store, 5, 8, tonight), storetest.Screening(t, o.store, 5, 8)
	tk := o.bought(id, storetest.Phone(1), 3)
	o.bought(later, storetest.Phone(1), 1) // another evening's does not stand in the way
	tomorrow := o.bought(later, storetest.Phone(2), 1)
	o.bought(id, storetest.Phone(4), 1)
	o.bought(id, storetest.Phone(4), 2)
	void := o.bought(id, storetest.Phone(6), 1)
	refund := store.NewRefund{Receipt: void.Receipt, By: "x"}
	if _, err := o.store.Money().RequestRefund(t.Context(), refund); err != nil {
		t.Fatal(err)
	}
	again := o.bought(id, storetest.Phone(6), 1)
	unpaid := o.ticket(o.missed(id, storetest.Phone(5)))
	message := tk.Receipt + " Confirmed. Ksh3,600.00 sent to CINEMA for account " + tk.Code +
		" on 30/11/26 at 6:20 PM. New M-PESA balance is Ksh1.00. Transaction cost, Ksh0.00."
	for name, c := range map[string]struct {
		typed, kind string
		ticket      *store.Ticket
	}{
		"receipt":                   {tk.Receipt, "admit", tk},
		"receipt in small":          {strings.ToLower(tk.Receipt), "admit", tk},
		"the whole message":         {message, "admit", tk},
		"the message in two lines":  {strings.Replace(message, ". ", ".\n", 1), "admit", tk},
		"phone":                     {"0" + storetest.Phone(1)[3:], "admit", tk},
		"phone in groups":           {"+254 " + storetest.Phone(1)[3:6] + " " + storetest.Phone(1)[6:], "admit", tk},
		"another evening's receipt": {tomorrow.Receipt, "wrong", tomorrow},
		"another evening's phone":   {storetest.Phone(2), "wrong", tomorrow},
		"two tickets":               {storetest.Phone(4), "several", nil},
		"not paid":                  {unpaid.Phone, "unpaid", unpaid},
		"bought again":              {storetest.Phone(6), "admit", again},
		"the receipt that is void":  {void.Receipt, "void", void},
		"last four digits":          {storetest.Phone(1)[8:], "unknown", nil},
		"name":                      {"Achieng", "unknown", nil},
		"seat":                      {tk.Seats[0], "unknown", nil},
		"somebody else's receipt":   {"UKT9ZZZZ9Z", "unknown", nil},
		"somebody else's phone":     {storetest.Phone(9), "unknown", nil},
	} {
		status, kind, _, d := usher.atDoor("", url.Values{"code": {c.typed}})
		if status != http.StatusOK || kind != c.kind {
			t.Errorf("%s: %d %q, want %q", name, status, kind, c.kind)
		}
		links := d.Find(`.verdict a[href^="/admin/orders/"]`)
		if c.ticket == nil {
			if find := d.Find(`.verdict a[href^="/admin/find?q="]`); links.Length() != 0 || find.Length() != 1 {
				t.Errorf("%s: leads to %d bookings, and to the search %d times", name, links.Length(), find.Length())
			}
			continue
		}
		if want := fmt.Sprint("/admin/orders/", int64(c.ticket.ID)); links.AttrOr("href", "") != want {
			t.Errorf("%s: it is %s, want %s", name, links.AttrOr("href", ""), want)
		}
		if !strings.Contains(d.Find(".verdict").Text(), wording.WithoutCode) {
			t.Errorf("%s: nobody is reminded to ask for the name", name)
		}
	}
	// M-PESA never told, and is asked because somebody stands at the door and says that they paid.
	o.daraja.SetScript(storetest.Phone(7), sim.Script{Result: "0", Callbacks: sim.NoCallback})
	untold, asked := o.ticket(o.book(id, storetest.Phone(7), 1)), o.logged("ticket.ask")
	look := url.Values{"code": {"0" + untold.Phone[3:]}}
	if _, kind, _, _ := usher.atDoor("", look); kind != "unpaid" || o.logged("ticket.ask") != asked+1 {
		t.Errorf("%q, and M-PESA was asked %d times", kind, o.logged("ticket.ask")-asked)
	}
	o.until(untold.Secret, "paid", paid)
	if _, kind, title, _ := usher.atDoor("", look); kind != "admit" {
		t.Errorf("then %q %s", kind, title)
	}
	// What the search finds leads to the door too, where it may go in.
	for _, c := range []struct {
		ticket *store.Ticket
		kind   string
	}{{again, "admit"}, {tomorrow, "wrong"}, {void, ""}, {unpaid, ""}} {
		const form = `form[action="/admin/door"]`
		d := page(t, usher.get(fmt.Sprint("/admin/orders/", int64(c.ticket.ID))))
		if d.Find(form).Length() == 0 {
			if c.kind != "" {
				t.Errorf("%s: no way to the door", c.ticket.Code)
			}
			continue
		}
		if _, kind, _, _ := usher.atDoor("", fields(d, form, "")); kind != c.kind {
			t.Errorf("%s: at the door it is %q, want %q", c.ticket.Code, kind, c.kind)
		}
	}
}

func TestFindPage(t *testing.T) {
	o := open(t)
	cashier, manager := o.staffed(store.RoleCashier), o.staffed(store.RoleManager)
	id := storetest.Screening(t, o.store, 5, 5, tonight)
	a, b := o.bought(id, storetest.Phone(1), 2), o.bought(id, storetest.Phone(2), 1)
	path := func(tk *store.Ticket) string { return fmt.Sprint("/admin/orders/", int64(tk.ID)) }
	for text, want := range map[string]*store.Ticket{
		"0" + storetest.Phone(1)[3:]: a, "+" + storetest.Phone(2): b, storetest.Phone(1)[8:]: a,
		a.Receipt: a, a.Receipt + " Confirmed. Ksh2,700.00 sent to NYOTA on 30/11/26.": a, b.Code: b,
		o.service.QRPayload(b):                       b,
		"https://cinema.example/tickets/" + a.Secret: a,
		"hall " + a.Seats[0]:                         a, b.Seats[0]: b,
	} {
		w := cashier.get("/admin/find?q=" + url.QueryEscape(text))
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != path(want) {
			t.Errorf("%q: %d to %q, want %s", text, w.Code, w.Header().Get("Location"), path(want))
		}
	}
	for _, m := range []*member{cashier, manager} {
		w := m.get("/admin/find?q=achieng")
		seen := strings.Contains(w.Body.String(), "0712") ||
			strings.Contains(w.Body.String(), storetest.Phone(1)[6:9]+" "+storetest.Phone(1)[9:])
		if d := page(t, w); w.Code != http.StatusOK || d.Find("tbody tr").Length() != 2 || seen != (m == manager) {
			t.Errorf("%s: %d, numbers are seen %v: %s", m.operator.Role, w.Code, seen, d.Find("main").Text())
		}
		w = m.get(path(a))
		forms := page(t, w).Find(`main form[method=post]:not([action="/admin/door"])`).Length()
		if whole := strings.Contains(
			w.Body.String(),
			storetest.Phone(1),
		); w.Code != http.StatusOK || whole != (m == manager) ||
			(forms > 0) != (m == manager) {
			t.Errorf("the order as %s: %d, whole numbers %v, %d forms", m.operator.Role, w.Code, whole, forms)
		}
	}
	for _, text := range []string{"", "nobody", "%", "_", "'; DROP TABLE ticket", strings.Repeat("x", 9000), "\xff"} {
		if w := cashier.get("/admin/find?q=" + url.QueryEscape(text)); w.Code != http.StatusOK {
			t.Errorf("%.20q: %d", text, w.Code)
		}
	}
}

// TestOrderActions: what a manager does on the page of a booking is done once.
func TestOrderActions(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	id := storetest.Screening(t, o.store, 5, 5, tonight)
	o.daraja.SetScript(storetest.Phone(1), sim.Script{Result: "1032"})
	failedTicket := o.until(o.book(id, storetest.Phone(1), 1), "failed", failed)
	path := fmt.Sprint("/admin/orders/", int64(failedTicket.ID))
	press := func(f url.Values, want ...int) {
		t.Helper()
		for _, status := range want {
			if w := m.postAs(path, f); w.Code != status {
				t.Errorf("%s: %d, want %d: %s", f.Get("do"), w.Code, status, page(t, w).Find("main").Text())
			}
		}
	}
	order := func() *goquery.Document { return page(t, m.get(path)) }
	press(action(t, order(), "send_prompt", "phone", "020 123"), 422)
	press(action(t, order(), "accept", "receipt", "no receipt"), 422)
	o.pays()
	prompt := action(t, order(), "send_prompt", "phone", "0"+storetest.Phone(2)[3:])
	press(prompt, 303)
	tk := o.until(failedTicket.Secret, "paid", paid)
	press(prompt, 303)
	if n := o.logged("ticket.prompt"); tk.Phone != storetest.Phone(2) || n != 1 {
		t.Errorf("paid by %s, %d prompts in the log", tk.Phone, n)
	}
	refund := action(t, order(), "refund")
	press(refund, 303, 303)
	if got := o.ticket(tk.Secret); got.VoidedAt == 0 || o.logged("payment.refund") != 1 {
		t.Errorf("void since %d, %d refunds in the log", got.VoidedAt, o.logged("payment.refund"))
	}
	if text := order().Find(".story").
		Text(); !strings.Contains(text, m.operator.Name) ||
		!strings.Contains(text, tk.Receipt) {
		t.Errorf("the story: %s", text)
	}

	byHand := o.ticket(o.missed(id, storetest.Phone(6)))
	path = fmt.Sprint("/admin/orders/", int64(byHand.ID))
	press(action(t, order(), "accept", "receipt", "UKT4JL9G91 Confirmed."), 303)
	if got := o.ticket(byHand.Secret); got.Status != store.Paid || got.Receipt != "UKT4JL9G91" {
		t.Errorf("accepted: %s with %q", got.Status, got.Receipt)
	}
}

func TestToday(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 5, 5, tonight)
	o.bought(id, storetest.Phone(1), 2)
	for _, role := range store.Roles() {
		w := o.staffed(role).get("/admin")
		d := page(t, w)
		if w.Code != http.StatusOK || strings.Contains(d.Text(), "2,700") != role.Includes(store.RoleManager) {
			t.Errorf("%s: %d %s", role, w.Code, d.Find("main").Text())
		}
	}
}

// TestPausedSales: everybody of the staff reads that bookings are paused, an owner alone can take them again, and a
// form of an earlier pause does nothing. After a restore the gap is shown.
func TestPausedSales(t *testing.T) {
	path := storetest.Path(t)
	st, err := store.Open(t.Context(), store.Options{Path: path, Environment: store.Simulator})
	if err != nil {
		t.Fatal(err)
	}
	copied := path + ".copy"
	if err := errors.Join(st.Jobs().Copy(t.Context(), copied), st.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err = store.Restore(t.Context(), store.Restoring{
		Options: store.Options{Path: path}, File: copied, Name: "copy", Replace: true,
	}, func(*store.Store) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if st, err = store.Open(t.Context(), store.Options{Path: path, Existing: true}); err != nil {
		t.Fatal(err)
	}
	o := openOn(t, st)
	t.Cleanup(func() {
		o.stop()
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	const form = `form[action="/admin/sales"]`
	members := map[store.Role]*member{}
	for _, role := range store.Roles() {
		members[role] = o.staffed(role)
		d := page(t, members[role].get("/admin"))
		owner, manager := role.Includes(store.RoleOwner), role.Includes(store.RoleManager)
		if d.Find(".notice-error").Length() != 1 || (d.Find(form).Length() == 1) != owner ||
			(d.Find(".notice-error li").Length() > 0) != manager {
			t.Errorf("%s reads: %s", role, d.Find("main").Text())
		}
		if owner {
			continue
		}
		if w := members[role].post("/admin/sales", url.Values{"paused": {"x"}}); w.Code != http.StatusForbidden {
			t.Errorf("%s presses: %d", role, w.Code)
		}
	}
	owner := members[store.RoleOwner]
	press := func() {
		t.Helper()
		paused := page(t, owner.get("/admin")).Find(form+` input[name="paused"]`).AttrOr("value", "")
		w := owner.post("/admin/sales", url.Values{"paused": {browserLines(paused)}})
		if w.Code != http.StatusSeeOther {
			t.Errorf("pressed: %d", w.Code)
		}
	}
	is := func(want string) {
		t.Helper()
		if sales, err := o.store.Tickets().Sales(t.Context()); err != nil || sales.Paused != want ||
			sales.Gap != (store.Gap{}) {
			t.Errorf("sales: %+v, %v, want %q", sales, err, want)
		}
	}
	old := page(t, owner.get("/admin")).Find(form+` input[name="paused"]`).AttrOr("value", "")
	press()
	is("")
	if n := o.logged("sales.resume"); n != 1 {
		t.Errorf("%d entries in the log", n)
	}
	if err := o.store.Tickets().PauseSales(t.Context(), "no water"); err != nil {
		t.Fatal(err)
	}
	if w := owner.post("/admin/sales", url.Values{"paused": {old}}); w.Code != http.StatusSeeOther {
		t.Errorf("an old form: %d", w.Code)
	}
	is("no water")
	press()
	is("")
	if d := page(t, owner.get("/admin")); d.Find(form).Length() > 0 || d.Find(".notice-error").Length() > 0 {
		t.Errorf("it still says: %s", d.Find("main").Text())
	}
}

// TestOldBackups: managers read of a backup that is old or failed, and others do not.
func TestOldBackups(t *testing.T) {
	o := open(t, func(d *handlers.Deps) { d.BackupPlaces, d.BackupOldest = []string{"/mnt/usb"}, 2*time.Hour })
	notices := func(role store.Role) int {
		t.Helper()
		return page(t, o.staffed(role).get("/admin")).Find(".notice-error").Length()
	}
	good := func(place string, age time.Duration) {
		t.Helper()
		if err := o.store.Jobs().RecordBackup(t.Context(), store.BackupState{
			Place: place, GoodAt: o.store.Now().Add(-age), Name: "x", Bytes: 1,
		}); err != nil {
			t.Fatal(err)
		}
	}
	failed := func(place string) {
		t.Helper()
		if err := o.store.Jobs().RecordBackupFailure(t.Context(), place, "the disk is full"); err != nil {
			t.Fatal(err)
		}
	}
	for i, step := range []struct {
		do   func()
		want int
	}{
		{func() {}, 0},
		{func() { good("/mnt/usb", time.Hour) }, 0},
		{func() { good("/mnt/usb", 3*time.Hour) }, 1},
		{func() { good("/mnt/usb", 0) }, 0},
		{func() { failed("/mnt/old") }, 0}, // no setting names it any more
		{func() { failed("/mnt/usb") }, 1},
		{func() { good("/mnt/usb", 0) }, 0},
	} {
		step.do()
		if n := notices(store.RoleManager); n != step.want {
			t.Errorf("step %d: %d notices, want %d", i, n, step.want)
		}
	}
	if failed("/mnt/usb"); notices(store.RoleUsher) != 0 || notices(store.RoleOwner) != 1 {
		t.Error("an usher reads of backups, or an owner does not")
	}
}

// TestDoorTakesWhatIsNear: without a choice the door lets in to what begins soon or runs. A ticket for another
// screening of the evening is amber and says which, and lets in by a second press that is meant; one for another day
// does not.
func TestDoorTakesWhatIsNear(t *testing.T) {
	o := open(t)
	usher := o.staffed(store.RoleUsher)
	near := storetest.Screening(t, o.store, 5, 5, tonight)
	late := storetest.Screening(t, o.store, 5, 5, func(sc *store.Screening) {
		sc.StartsAt = o.store.Now().Add(4 * time.Hour)
		sc.SalesCloseAt = sc.StartsAt
	})
	later := storetest.Screening(t, o.store, 5, 5)
	now, then := o.bought(near, storetest.Phone(1), 1), o.bought(late, storetest.Phone(2), 2)
	tomorrow := o.bought(later, storetest.Phone(3), 1)
	at := func(ids ...store.ScreeningID) (all []string) {
		for _, id := range ids {
			all = append(all, strconv.FormatInt(int64(id), 10))
		}
		return all
	}
	const anyway = `form:has([name=anyway])`
	for name, c := range map[string]struct {
		ticket  *store.Ticket
		at      []string
		kind    string
		another bool // it may be let in all the same
	}{
		"near":                      {now, nil, "admit", false},
		"later this evening":        {then, nil, "wrong", true},
		"later, chosen":             {then, at(late), "admit", false},
		"later, one of two":         {then, at(near, late), "admit", false},
		"near, the other is chosen": {now, at(late), "wrong", true},
		"tomorrow":                  {tomorrow, nil, "wrong", false},
		"tomorrow, named by hand":   {tomorrow, at(later), "wrong", false},
	} {
		_, kind, _, d := usher.atDoor("", url.Values{"code": {c.ticket.Code}, "at": c.at})
		if kind != c.kind || (d.Find(anyway).Length() == 1) != c.another {
			t.Errorf("%s: %q, another step %d", name, kind, d.Find(anyway).Length())
		}
		if text := d.Find(".verdict").Text(); kind == "wrong" && !strings.Contains(text, c.ticket.Screening.Hall) {
			t.Errorf("%s: says %q", name, text)
		}
	}
	// The forms of the near door do not let the other ticket in, however they are made up, but by the step between.
	const form = `form[action="/admin/door/admit"]`
	_, _, _, d := usher.atDoor("", url.Values{"code": {then.Code}, "at": at(late)})
	direct := with(fields(d, form, "in"), "at", "")
	if status, kind, _, _ := usher.atDoor("/admit", direct); status != http.StatusConflict || kind != "wrong" {
		t.Errorf("at once: %d %q", status, kind)
	}
	_, _, _, d = usher.atDoor("", url.Values{"code": {then.Code}})
	_, kind, title, d := usher.atDoor("", fields(d, anyway, ""))
	if kind != "admit" || title != "ADMIT 2" || !d.Find(".verdict").HasClass("verdict-warn") ||
		!strings.Contains(d.Find(".verdict").Text(), then.Screening.Hall) {
		t.Fatalf("all the same: %q %q %s", kind, title, d.Find(".verdict").Text())
	}
	_, _, title, d = usher.atDoor("/admit", fields(d, form, "less"))
	if _, _, title, _ := usher.atDoor("/admit", fields(d, form, "in")); title != "1 IN" {
		t.Errorf("one of two: %q", title)
	}
	if title != "ADMIT 1" || o.logged("ticket.admit-elsewhere") != 1 || o.logged("ticket.admit") != 0 {
		t.Errorf("%q; the log has %d, %d", title, o.logged("ticket.admit-elsewhere"), o.logged("ticket.admit"))
	}
	if _, kind, _, _ := usher.atDoor("", url.Values{"code": {tomorrow.Code}, "anyway": {"1"}}); kind != "wrong" {
		t.Errorf("tomorrow's all the same: %q", kind)
	}
	// The page says what it lets in to.
	text := page(t, usher.get("/admin/door")).Find(".door-choice summary").Text()
	if !strings.Contains(text, now.Screening.Hall) || strings.Contains(text, then.Screening.Hall) {
		t.Errorf("the page: %q", text)
	}
}

// TestDoorRemembersWhoCame: where a part of a group is in, the next scan says how many are left, and who came when.
func TestDoorRemembersWhoCame(t *testing.T) {
	o := open(t)
	usher := o.staffed(store.RoleUsher)
	tk := o.bought(storetest.Screening(t, o.store, 5, 5, tonight), storetest.Phone(1), 3)
	scan := url.Values{"code": {tk.Code}}
	const form = `form[action="/admin/door/admit"]`
	_, _, _, d := usher.atDoor("", scan)
	if d.Find(".verdict-partly").Length() != 0 {
		t.Errorf("at first: %s", d.Find(".verdict").Text())
	}
	_, _, _, d = usher.atDoor("/admit", fields(d, form, "less"))
	usher.atDoor("/admit", fields(d, form, "in"))
	_, _, title, d := usher.atDoor("", scan)
	text := d.Find(".verdict-partly").Text()
	for _, want := range []string{"1 of 3", tk.Seats[0], tk.Seats[1], usher.operator.Name} {
		if title != "ADMIT 1" || !strings.Contains(text, want) {
			t.Errorf("%q: %q, without %q", title, text, want)
		}
	}
	if d.Find(".verdict-ok").Length() != 0 {
		t.Error("it looks as if nobody had come")
	}
}

// TestDoorKnowsTheSeats: what there is to know of a seat stands at the door and on the page of the booking.
func TestDoorKnowsTheSeats(t *testing.T) {
	o := open(t)
	usher := o.staffed(store.RoleUsher)
	hall := storetest.Hall(t, o.store, "A ooo\nnote A2 = behind a pillar")
	id := storetest.Screening(t, o.store, 1, 3, tonight, func(sc *store.Screening) { sc.HallID = hall })
	seen := 0
	for n := range 3 {
		tk := o.bought(id, storetest.Phone(n), 1)
		_, _, _, d := usher.atDoor("", url.Values{"code": {tk.Code}})
		noted := tk.Seats[0] == "A2"
		if noted {
			seen++
		}
		order := page(t, usher.get(fmt.Sprint("/admin/orders/", int64(tk.ID)))).Find("dl").Text()
		if strings.Contains(d.Find(".verdict").Text(), "behind a pillar") != noted ||
			strings.Contains(order, "behind a pillar") != noted {
			t.Errorf("%v: %q, %q", tk.Seats, d.Find(".verdict").Text(), order)
		}
	}
	if seen != 1 {
		t.Errorf("seat A2 was sold %d times", seen)
	}
}

// TestTooEarly: where nothing is chosen and nothing begins soon, a ticket for later is not of a wrong screening. It is
// amber, says when its own begins, and may be let in as one of another screening is.
func TestTooEarly(t *testing.T) {
	o := open(t)
	usher := o.staffed(store.RoleUsher)
	at := func(hours int) store.ScreeningID {
		return storetest.Screening(t, o.store, 5, 5, func(sc *store.Screening) {
			sc.StartsAt = o.store.Now().Add(time.Duration(hours) * time.Hour)
			sc.SalesCloseAt = sc.StartsAt
		})
	}
	late, other := at(4), at(6)
	tk := o.bought(late, storetest.Phone(1), 2)
	const anyway = `form:has([name=anyway])`
	_, kind, title, d := usher.atDoor("", url.Values{"code": {tk.Code}})
	if kind != "early" || title != "TOO EARLY: begins "+wording.Clock(tk.Screening.StartsAt) ||
		!d.Find(".verdict").HasClass("verdict-warn") ||
		!strings.Contains(d.Find(".verdict").Text(), tk.Screening.Hall) {
		t.Errorf("%q %q: %s", kind, title, d.Find(".verdict").Text())
	}
	if _, kind, title, _ := usher.atDoor("", fields(d, anyway, "")); kind != "admit" || title != "ADMIT 2" {
		t.Errorf("all the same: %q %q", kind, title)
	}
	chosen := url.Values{"code": {tk.Code}, "at": {strconv.FormatInt(int64(other), 10)}}
	if _, kind, _, _ := usher.atDoor("", chosen); kind != "wrong" {
		t.Errorf("where another was chosen: %q", kind)
	}
	lists := page(t, usher.get("/admin/door")).Find(".start").Text()
	if !strings.Contains(lists, "0 of 2 in") || !strings.Contains(lists, "nobody booked") ||
		strings.Contains(lists, "0 of 0") {
		t.Errorf("the lists: %s", lists)
	}
}
