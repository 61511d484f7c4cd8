package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// cardFields is the form of a price card, with changes: "" takes a field out.
func cardFields(change map[string]string) url.Values {
	f := url.Values{
		"version": {"0"}, "name": {"Standard"}, "zone.1": {"VIP"}, "type.0": {"Adult"}, "type.1": {"Child"},
		"type.2":    {""},
		"price.0.0": {"900"}, "price.0.1": {"1,500.00"}, "price.1.0": {"500"}, "price.1.1": {""}, "price.2.0": {""},
		"price.2.1": {""}, "rule.0.card": {""}, "rule.0.before": {""},
	}
	for name, value := range change {
		f[name] = []string{value}
	}
	return f
}

// TestPriceCardInput: what a form of a price card is answered with. Nothing gets a 500, and nothing typed is lost.
func TestPriceCardInput(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	long := strings.Repeat("x", 41)
	for i, c := range []struct {
		change map[string]string
		status int
		says   string
	}{
		{nil, 303, ""},
		{map[string]string{"name": "Second", "price.0.0": "KSh 1,350.00", "price.1.0": " 1 350 /="}, 303, ""},
		{map[string]string{"name": "Third", "price.0.0": "12.5"}, 303, ""},
		{map[string]string{"name": ""}, 422, "give it a name"},
		{map[string]string{"name": " standard "}, 422, "has this name"},
		{map[string]string{"name": long}, 422, "at most 40"},
		{map[string]string{"name": "N", "price.0.0": "0"}, 422, "amount in shillings"},
		{map[string]string{"name": "N", "price.0.0": "-1"}, 422, "amount in shillings"},
		{map[string]string{"name": "N", "price.0.0": "1.005"}, 422, "amount in shillings"},
		{map[string]string{"name": "N", "price.0.0": "1e9"}, 422, "250,000 at most"},
		{map[string]string{"name": "N", "price.0.0": "free"}, 422, "amount in shillings"},
		{map[string]string{"name": "N", "price.0.0": "99999999999999999999"}, 422, "amount in shillings"},
		{map[string]string{"name": "N", "price.0.0": "250001"}, 422, "250,000 at most"},
		{map[string]string{"name": "N", "price.0.0": "+9"}, 422, "amount in shillings"},
		{map[string]string{"name": "N", "price.0.0": "", "price.0.1": "", "price.1.0": ""}, 422, "at least one price"},
		{map[string]string{"name": "N", "type.1": "adult "}, 422, "above already"},
		{map[string]string{"name": "N", "type.1": ""}, 422, "which kind of ticket"},
		{map[string]string{"name": "N", "zone.1": ""}, 422, "name this zone"},
		{map[string]string{"name": "N", "type.0": long}, 422, "at most 40"},
		{map[string]string{
			"name": "Fourth", "extra.0.name": "3D glasses", "extra.0.price": "50", "extra.0.optional": "1",
		},
			303, ""},
		{map[string]string{"name": "N", "extra.0.name": "3D glasses", "extra.0.price": ""}, 422, "what it costs"},
		{map[string]string{"name": "N", "extra.0.name": "", "extra.0.price": "50"}, 422, "such as 3D glasses"},
		{map[string]string{"name": "N", "extra.0.name": long, "extra.0.price": "50"}, 422, "at most 40"},
		{map[string]string{"name": "N", "extra.0.name": "G", "extra.0.price": "0"}, 422, "amount in shillings"},
		{map[string]string{"name": "N", "extra.0.name": "G", "extra.0.price": "-1"}, 422, "amount in shillings"},
		{map[string]string{"name": "N", "extra.0.name": "G", "extra.0.price": "1.005"}, 422, "amount in shillings"},
		{map[string]string{"name": "N", "extra.0.name": "G", "extra.0.price": "1e9"}, 422, "250,000 at most"},
		{map[string]string{
			"name": "N", "extra.0.name": "G", "extra.0.price": "50", "extra.1.name": "g ", "extra.1.price": "5",
		}, 422, "stands above already"},
		{map[string]string{"name": "N", "rule.0.card": "1"}, 422, "say when it holds"},
		{map[string]string{"name": "N", "rule.0.before": "17:00"}, 422, "which prices hold"},
		{map[string]string{"name": "N", "rule.0.card": "1", "rule.0.before": "7pm"}, 422, "such as 17:00"},
		{map[string]string{"name": "N", "rule.0.card": "1", "rule.0.before": "24:00"}, 422, "such as 17:00"},
	} {
		f := cardFields(c.change)
		w := m.post("/admin/prices/new", f)
		if w.Code != c.status {
			t.Fatalf("%d %v: %d %s", i, c.change, w.Code, w.Body)
		}
		if c.status == http.StatusSeeOther {
			continue
		}
		doc := page(t, w)
		if !strings.Contains(doc.Text(), c.says) {
			t.Errorf("%d %v: it does not say %q: %s", i, c.change, c.says,
				strings.Join(strings.Fields(doc.Text()), " "))
		}
		for name, typed := range f {
			if (strings.HasPrefix(name, "price.") || strings.HasPrefix(name, "extra.")) &&
				doc.Find(`[name="`+name+`"]`).AttrOr("value", "") != strings.TrimSpace(typed[0]) {
				t.Errorf("%d %v: %s is not shown back as %q", i, c.change, name, typed[0])
			}
		}
	}
	cards, err := o.store.Catalogue().PriceCards(t.Context())
	if err != nil || len(cards.Cards) != 4 {
		t.Fatalf("%+v, %v", cards, err)
	}
	glasses := store.Surcharges{{Name: "3D glasses", Cents: 50_00, Optional: true}}
	if !slices.Equal(cards.Cards[0].Surcharges, glasses) || len(cards.Cards[1].Surcharges) != 0 {
		t.Errorf("%+v", cards.Cards)
	}
	second, _ := cards.Card(cards.Cards[1].ID)
	if second.Name != "Second" || second.Prices[0].Cents != 135_000 || second.Prices[1].Cents != 135_000 ||
		second.Prices[2] != (store.Price{Type: second.Prices[0].Type, Name: "Adult", Zone: "VIP", Cents: 150_000}) {
		t.Errorf("%+v", second)
	}
}

// TestTwoEditOneCard: the second of two managers is told what is there now, and keeps what was typed.
func TestTwoEditOneCard(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	m.post("/admin/prices/new", cardFields(nil))
	cards, err := o.store.Catalogue().PriceCards(t.Context())
	if err != nil || len(cards.Cards) != 1 {
		t.Fatalf("%+v, %v", cards, err)
	}
	path := fmt.Sprintf("/admin/prices/%d", cards.Cards[0].ID)
	if w := m.post(path,
		cardFields(map[string]string{"version": "1", "price.0.0": "950"})); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	w := m.post(path, cardFields(map[string]string{"version": "1", "price.0.0": "800"}))
	doc := page(t, w)
	if w.Code != http.StatusConflict || !strings.Contains(doc.Text(), "It is now: 950") ||
		doc.Find(`[name="price.0.0"]`).AttrOr("value", "") != "800" {
		t.Fatalf("%d %s", w.Code, doc.Text())
	}
	again := cardFields(map[string]string{"price.0.0": "800"})
	again.Set("version", doc.Find("[name=version]").First().AttrOr("value", ""))
	if w := m.post(path, again); w.Code != http.StatusSeeOther {
		t.Errorf("%d", w.Code)
	}
	if w := m.post(path+"/archive", url.Values{"version": {"1"}}); w.Code != http.StatusConflict {
		t.Errorf("archived by a stale page: %d", w.Code)
	}
	if w := m.post(path+"/archive", url.Values{"version": {"3"}}); w.Code != http.StatusSeeOther {
		t.Errorf("%d", w.Code)
	}
	if w := m.get(path); w.Code != http.StatusNotFound {
		t.Errorf("%d", w.Code)
	}
}

// TestHolidayInput: dates as people write them, or which line is none.
func TestHolidayInput(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	for typed, says := range map[string]string{
		"25/12/2026\r\n1/1/2027": "", "2026-12-12": "", "": "", "25.12.2026": "", "25/13/2026": "25/13/2026",
		"30/2/2026": "30/2/2026",
		"Christmas": "Christmas",
	} {
		cards, err := o.store.Catalogue().PriceCards(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w := m.post("/admin/prices/holidays", url.Values{
			"holidays": {typed}, "version": {strconv.FormatInt(cards.HolidaysVersion, 10)},
		})
		if says == "" && w.Code != http.StatusSeeOther ||
			says != "" && (w.Code != 422 || !strings.Contains(w.Body.String(), says)) {
			t.Errorf("%q: %d", typed, w.Code)
		}
	}
}

// TestSurchargeInEveryPlace: what a price card has on top of each ticket is in the form, in its total, on the confirm
// page, in the prompt, on the ticket, on the order's page, at the door and in the JSON API; whoever does without some
// of it pays for the rest.
func TestSurchargeInEveryPlace(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 5, 10, tonight, func(sc *store.Screening) {
		sc.Surcharges = store.Surcharges{
			{Name: "3D glasses", Cents: 50_00, Optional: true}, {Name: "Sofa", Cents: 10_50},
		}
	})
	path := "/screenings/" + strconv.FormatInt(int64(id), 10) + "/book"
	total := func(d *goquery.Document) string { return d.Find("input[name=total]").AttrOr("value", "") }
	d := page(t, o.get(path+"?quantity=2"))
	if total(d) != "2821" || d.Find("[name='without.0']").Length() != 1 || d.Find("[name='without.1']").Length() != 0 ||
		!strings.Contains(d.Find("#book-total").Text(), "2 × 3D glasses KSh 50") {
		t.Errorf("the form: %s, %s", total(d), d.Find("#book-total").Text())
	}
	quote := page(t, o.get(path+"/seats?quantity=2&without.0=1"))
	if total(quote) != "2771" || !strings.Contains(quote.Text(), "1 × 3D glasses") {
		t.Errorf("the quote: %s", total(quote))
	}
	f := with(form(id, "0712345678", 2), "without.0", "1")
	f.Set("total", "2771")
	confirm := page(t, o.post("/bookings", with(f, "confirmed", "")))
	if got := confirm.Find("[name='without.0']").First().AttrOr("value", ""); got != "1" || total(confirm) != "2771" ||
		!strings.Contains(confirm.Find("dl").Text(), "2 × Sofa KSh 10.50") {
		t.Errorf("the confirm page: %q, %s", got, confirm.Find("dl").Text())
	}
	for _, bad := range []string{"3", "-1", "x", "1e9", "99999999999999999999", strings.Repeat("1", 10_000)} {
		for _, path := range []string{"/bookings", "/bookings/dialog"} {
			w := o.post(path, with(f, "without.0", bad))
			if d := page(t, w); w.Code != 422 || d.Find("#book-without-error").Text() == "" ||
				d.Find("[name='without.0']").AttrOr("value", "") != bad ||
				d.Find("[name=quantity]").AttrOr("value", "") != "2" {
				t.Errorf("%s, %.20s without: %d %s", path, bad, w.Code, d.Find(".field-error").Text())
			}
		}
	}
	// another total than was shown
	if w := o.post("/bookings", with(f, "without.0", "0")); w.Code != http.StatusConflict {
		t.Errorf("a total that was not shown: %d", w.Code)
	}
	o.pays()
	w := o.post("/bookings", f)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	tk := o.until(strings.TrimPrefix(w.Header().Get("Location"), "/tickets/"), "paid", paid)
	if tk.Total != 2771 || tk.Push.Amount != 2771 {
		t.Errorf("%+v", tk)
	}
	manager := o.staffed(store.RoleManager)
	for _, text := range []string{
		page(t, o.get("/tickets/"+tk.Secret)).Find("main").Text(),
		page(t, manager.get("/admin/orders/"+strconv.FormatInt(int64(tk.ID), 10))).Find("main").Text(),
	} {
		if !strings.Contains(text, "1 × 3D glasses KSh 50") || !strings.Contains(text, "2 × Sofa KSh 10.50") {
			t.Errorf("it does not say what was paid for: %s", text)
		}
	}
	if _, _, _, d := manager.atDoor("", url.Values{"code": {tk.Code}}); !strings.Contains(d.Text(),
		"With this ticket: 1 × 3D glasses, 2 × Sofa.") {
		t.Errorf("the door: %s", d.Find("[data-verdict]").Text())
	}
	api := decode(t, o.call("/api/make-payment", apiBody(int64(id), map[string]string{
		"quantity": "3", "phoneNumber": `"0712345679"`,
	})))
	if fmt.Sprint(api["totalAmount"]) != "4232" { // 3 × 1,410.50, rounded up once
		t.Errorf("the API: %v", api)
	}
	storetest.Sound(t, o.store)
}
