package handlers_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/PuerkitoBio/goquery"

	"cinemasphere/handlers"
	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// testForm is the form of a test sale, as the checklist has it, for a phone.
func testForm(t *testing.T, d *goquery.Document, phone string) url.Values {
	t.Helper()
	form := d.Find(`form[action="/admin/checklist/test"]`)
	if form.Length() != 1 {
		t.Fatalf("no test can begin: %s", d.Find("#test").Text())
	}
	first := form.Find("select[name=screening] option").First()
	return url.Values{
		"token": {form.Find("[name=token]").AttrOr("value", "")}, "phone": {phone},
		"nonce":     {form.Find("[name=nonce]").AttrOr("value", "")},
		"screening": {first.AttrOr("value", "")},
	}
}

// steps are how far the steps of a test sale are.
func stepsOf(d *goquery.Document) (words []string) {
	for _, s := range d.Find(".steps .tag").EachIter() {
		words = append(words, s.Text())
	}
	return words
}

// TestTestSaleStepByStep: a manager tries a sale, sees what happened, and takes it away again. The page says of each
// failure what to do, and however often a button is pressed, it is done once.
func TestTestSaleStepByStep(t *testing.T) {
	const done, waits, wrong, later = "done", "under way", "went wrong", "not yet"
	for _, tt := range []struct {
		name   string
		script sim.Script
		after  time.Duration
		steps  []string // prompt, answer, ticket, door
		says   string   // what stands on the page
		hand   bool     // there is nobody to send a Reversal
		away   []string // the steps once it is taken away
		back   int      // shillings that M-PESA has given back a minute later
		list   int      // entries on the list of money then
	}{
		{name: "paid", script: sim.Script{Result: "0", ResultAfter: 7 * time.Second}, after: 20 * time.Second,
			steps: []string{done, done, done, later}, says: "7 seconds",
			away: []string{done, done, done, done, done}, back: 1},
		{name: "paid, without an initiator", script: sim.Script{Result: "0"}, after: 20 * time.Second, hand: true,
			steps: []string{done, done, done, later}, says: "receipt",
			away: []string{done, done, done, done, waits}, list: 1},
		{name: "not answered yet", script: sim.Script{}, after: 10 * time.Second,
			steps: []string{done, waits, later, later}, says: "Enter the PIN",
			away: []string{done, done, wrong, later}, list: 1},
		{name: "not answered for long", script: sim.Script{}, after: 45 * time.Second,
			steps: []string{done, waits, later, later}, says: "https://box.test/cb",
			away: []string{done, done, wrong, later}, list: 1},
		{name: "cancelled", script: sim.Script{Result: "1032", ResultAfter: time.Second}, after: 10 * time.Second,
			steps: []string{done, done, wrong, later}, says: "cancel", away: []string{done, done, wrong, later}},
		{name: "no callback", script: sim.Script{Result: "0", ResultAfter: time.Second, Callbacks: sim.NoCallback},
			after: 2 * time.Minute, steps: []string{done, wrong, done, later}, says: "https://box.test/cb",
			away: []string{done, wrong, done, done, waits}, list: 1},
		{name: "refused", script: sim.Script{Answer: sim.AnswerLocked}, after: 10 * time.Second,
			steps: []string{wrong, later, later, later}, says: "another prompt",
			away: []string{wrong, later, later, later}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := openCounter(t, books(t), checkout.Config{Initiator: !tt.hand}, func(d *handlers.Deps) {
					d.Callback = "https://box.test/cb"
				})
				m, phone := o.staffed(store.RoleManager), storetest.Phone(1)
				id := storetest.Screening(t, o.store, 10, 20)
				o.daraja.SetScript(phone, tt.script)
				f := testForm(t, page(t, m.get("/admin/checklist")), phone)
				w := m.postAs("/admin/checklist/test", f)
				at := w.Header().Get("Location")
				if w.Code != http.StatusSeeOther || !strings.HasPrefix(at, "/admin/checklist/test/") {
					t.Fatalf("%d %s", w.Code, w.Body)
				}
				if w := m.postAs("/admin/checklist/test", f); tt.steps[0] == done && w.Header().Get("Location") != at {
					t.Errorf("pressed twice: %d %s", w.Code, w.Header().Get("Location"))
				}
				time.Sleep(tt.after)
				m = o.session(m.operator)
				d := page(t, m.get(at))
				said := d.Find(".steps").Text()
				if got := stepsOf(d); !slices.Equal(got, tt.steps) || !strings.Contains(said, tt.says) {
					t.Errorf("%q, want %q and %q: %s", got, tt.steps, tt.says, d.Find("main").Text())
				}
				if n := o.logged("ticket.test"); n != 1 {
					t.Errorf("%d tests in the log", n)
				}
				away := d.Find(`form[action="` + at + `/away"]`)
				for range 3 {
					if away.Length() != 1 {
						break
					}
					if w := m.post(at+"/away", url.Values{}); w.Code != http.StatusSeeOther {
						t.Fatalf("away: %d %s", w.Code, w.Body)
					}
				}
				time.Sleep(time.Minute)
				m = o.session(m.operator)
				said = page(t, m.get(at)).Find(".steps").Text()
				if tt.hand != strings.Contains(said, "by hand") {
					t.Errorf("who is to give it back? %s", said)
				}
				if got := stepsOf(page(t, m.get(at))); !slices.Equal(got, tt.away) {
					t.Errorf("taken away: %q, want %q: %s", got, tt.away, page(t, m.get(at)).Find("main").Text())
				}
				if away.Length() == 1 && o.seatsTaken(id) != 0 {
					t.Errorf("%d seats are taken", o.seatsTaken(id))
				}
				if back := o.daraja.Totals().Reversed; int(back) != tt.back {
					t.Errorf("%d shillings went back", back)
				}
				if d := page(t, m.get("/admin/to-do")); d.Find(".sheet").Length() != tt.list {
					t.Errorf("the list of money: %s", d.Find("main").Text())
				}
				storetest.Sound(t, o.store)
			})
		})
	}
}

// TestTestSaleRefused: what cannot begin comes back with a sentence, and nothing typed is lost.
func TestTestSaleRefused(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleOwner)
	if d := page(t, m.get("/admin/checklist")); d.Find("#test form").Length() != 0 {
		t.Error("a test can begin with nothing on sale")
	}
	id := storetest.Screening(t, o.store, 10, 20)
	over := storetest.Screening(t, o.store, 10, 20, func(sc *store.Screening) { sc.Status = store.Closed })
	good := func() url.Values { return testForm(t, page(t, m.get("/admin/checklist")), storetest.Phone(1)) }
	for _, tt := range []struct {
		name, field, value string
		status             int
		at                 string // where the sentence stands
	}{
		{"no phone", "phone", "", 422, "#phone-error"},
		{"half a phone", "phone", "0712 34", 422, "#phone-error"},
		{"another country's", "phone", "+255 712 345 678", 422, "#phone-error"},
		{"no screening", "screening", "", 409, "#screening-error"},
		{"a screening that is not there", "screening", "77", 409, "#screening-error"},
		{"a word", "screening", "tonight", 409, "#screening-error"},
		{"a screening that is not sold", "screening", idText(over), 409, ".notice-error"},
		{"no nonce", "nonce", "", 422, ".notice-error"},
		{"a long nonce", "nonce", strings.Repeat("A", 5000), 422, ".notice-error"},
	} {
		f := good()
		f.Set(tt.field, tt.value)
		w := m.postAs("/admin/checklist/test", f)
		d := page(t, w)
		if w.Code != tt.status || d.Find("#test "+tt.at).Length() != 1 {
			t.Errorf("%s: %d, %s", tt.name, w.Code, d.Find("#test").Text())
		}
		if got := d.Find("#phone").AttrOr("value", ""); got != f.Get("phone") {
			t.Errorf("%s: the phone came back as %q", tt.name, got)
		}
	}
	if o.seatsTaken(id) != 0 || o.logged("ticket.test") != 0 {
		t.Error("something was booked")
	}
	for path, want := range map[string]int{
		"/admin/checklist/test/1": 404, "/admin/checklist/test/x": 404,
		"/admin/checklist/test/" + idText(o.ticket(o.book(id, storetest.Phone(2), 1)).ID): 404,
	} {
		if w := m.get(path); w.Code != want {
			t.Errorf("%s: %d", path, w.Code)
		}
		if w := m.post(path+"/away", url.Values{}); w.Code != want {
			t.Errorf("%s/away: %d", path, w.Code)
		}
	}
	if o.seatsTaken(id) != 1 {
		t.Error("an ordinary booking was taken away")
	}
}

// TestChecklistOnTheFirstPage: the owner reads what is to be done until it is put away, and nobody else does.
func TestChecklistOnTheFirstPage(t *testing.T) {
	o := open(t)
	owner, manager := o.staffed(store.RoleOwner), o.staffed(store.RoleManager)
	shown := func(m *member) bool { return page(t, m.get("/admin")).Find("#to-open").Length() == 1 }
	if !shown(owner) || shown(manager) {
		t.Errorf("the owner reads it %t, the manager %t", shown(owner), shown(manager))
	}
	d := page(t, manager.get("/admin/checklist"))
	if d.Find(`main a[href="/admin/staff"], form[action$="/away"]`).Length() != 0 {
		t.Error("a manager is led to what only an owner may open")
	}
	for _, tt := range []struct {
		path, name, value string
		shown, made       bool
	}{
		{"/admin/checklist/backup", "made", "yes", true, true},
		{"/admin/checklist/backup", "made", "yes", true, true},
		{"/admin/checklist/away", "away", "yes", false, true},
		{"/admin/checklist/backup", "made", "no", false, false},
		{"/admin/checklist/away", "away", "no", true, false},
	} {
		if w := owner.post(tt.path, url.Values{tt.name: {tt.value}}); w.Code != http.StatusSeeOther {
			t.Fatalf("%s %s: %d", tt.path, tt.value, w.Code)
		}
		made := page(t, owner.get("/admin/checklist")).Find(`button[name=made][value=no]`).Length() == 1
		if shown(owner) != tt.shown || made != tt.made {
			t.Errorf("after %s %s: shown %t, backups %t", tt.path, tt.value, shown(owner), made)
		}
	}
	if n := o.logged("checklist.backup") + o.logged("checklist.put-away"); n != 4 {
		t.Errorf("%d entries in the log", n)
	}
}

// TestTestSalesApart: Today and Find tell a test from what was sold.
func TestTestSalesApart(t *testing.T) {
	o := open(t)
	o.pays()
	m := o.staffed(store.RoleOwner)
	begins := o.store.Now().Add(time.Minute)
	storetest.Screening(t, o.store, 10, 20, func(sc *store.Screening) {
		sc.StartsAt, sc.SalesCloseAt = begins, begins
	})
	w := m.postAs("/admin/checklist/test", testForm(t, page(t, m.get("/admin/checklist")), storetest.Phone(1)))
	read, err := o.store.Catalogue().Readiness(t.Context())
	if err != nil || w.Code != http.StatusSeeOther {
		t.Fatalf("%d, %v", w.Code, err)
	}
	tk, err := o.store.Tickets().TicketByID(t.Context(), read.LatestTest)
	if err != nil {
		t.Fatal(err)
	}
	o.until(tk.Secret, "paid", paid)
	d := page(t, m.get("/admin"))
	row := d.Find(`[aria-label="Screenings of today"] tbody tr`)
	if row.Find(".tag").Text() != "1 test" || row.Find(".num").Last().Text() != "0" {
		t.Errorf("the screening: %s", row.Text())
	}
	if money := d.Find("dl.facts").Text(); !strings.Contains(money, "KSh 0 in 0 payments") ||
		!strings.Contains(money, "KSh 1 in 1 payment,") {
		t.Errorf("the takings: %s", money)
	}
	order := m.get("/admin/find?q=" + tk.Code)
	if tags := page(t, m.get(order.Header().Get("Location"))).Find(".facts .tag").Text(); tags != "paidtest" {
		t.Errorf("the order's tags are %q", tags)
	}
}

func idText[ID ~int64](id ID) string { return strconv.FormatInt(int64(id), 10) }
