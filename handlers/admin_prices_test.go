package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cinemasphere/store"
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
			if strings.HasPrefix(name, "price.") &&
				doc.Find(`[name="`+name+`"]`).AttrOr("value", "") != strings.TrimSpace(typed[0]) {
				t.Errorf("%d %v: %s is not shown back as %q", i, c.change, name, typed[0])
			}
		}
	}
	cards, err := o.store.Catalogue().PriceCards(t.Context())
	if err != nil || len(cards.Cards) != 3 {
		t.Fatalf("%+v, %v", cards, err)
	}
	second, _ := cards.Card(cards.Cards[0].ID)
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
		w := m.post("/admin/prices/holidays", url.Values{"holidays": {typed}})
		if says == "" && w.Code != http.StatusSeeOther ||
			says != "" && (w.Code != 422 || !strings.Contains(w.Body.String(), says)) {
			t.Errorf("%q: %d", typed, w.Code)
		}
	}
}
