package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestStaffSeats: staff see what is on sale, held back and sold, and change it by ticks. What was sold meanwhile is
// named, and the other ticks stay.
func TestStaffSeats(t *testing.T) {
	o := open(t)
	o.pays()
	m := o.staffed(store.RoleManager)
	hall := storetest.Hall(t, o.store, "A oooo_hx")
	id := storetest.Screening(t, o.store, 1, 1, func(sc *store.Screening) { sc.HallID = hall })
	path := fmt.Sprintf("/admin/screenings/%d/seats", id)
	if w := m.get(fmt.Sprintf("/admin/screenings/%d", id)); page(t, w).Find(`a[href="`+path+`"]`).Length() != 1 {
		t.Errorf("no link to the seats: %s", w.Body)
	}
	states := func() string {
		doc := page(t, m.get(path))
		var all []string
		for _, box := range doc.Find("[name=seat]").EachIter() {
			said := strings.Join(strings.Fields(box.Parent().Text()), " ")
			state := ""
			for _, word := range []string{"on sale", "held back", "an order has it"} {
				if strings.Contains(said, ", "+word) {
					state += word
				}
			}
			if _, off := box.Attr("disabled"); off != (state == "an order has it") {
				t.Errorf("%s can be ticked: %v", said, !off)
			}
			all = append(all, box.AttrOr("value", "")+" "+state)
		}
		return strings.Join(all, ", ")
	}
	o.sell(id, "0712345678", "A2")
	for _, step := range []struct {
		do, seats string
		status    int
		want      string
	}{
		{"hold", "A1", 303,
			"A1 held back, A2 an order has it, A3 on sale, A4 on sale, A5 held back, A6 held back"},
		{"hold", "A1", 303,
			"A1 held back, A2 an order has it, A3 on sale, A4 on sale, A5 held back, A6 held back"},
		{"release", "A5 A6 A1", 303,
			"A1 on sale, A2 an order has it, A3 on sale, A4 on sale, A5 on sale, A6 on sale"},
		{"hold", "A2 A3", 409,
			"A1 on sale, A2 an order has it, A3 on sale, A4 on sale, A5 on sale, A6 on sale"},
		{"hold", "", 422, ""},
		{"sell", "A1", 400, ""},
	} {
		w := m.post(path, url.Values{"do": {step.do}, "seat": strings.Fields(step.seats)})
		if w.Code != step.status {
			t.Fatalf("%s %s: %d %s", step.do, step.seats, w.Code, w.Body)
		}
		if w.Code == http.StatusConflict {
			if doc := page(t, w); !strings.Contains(tidy(doc), "A2") ||
				doc.Find("[name=seat][checked]").AttrOr("value", "") != "A3" {
				t.Errorf("%s", tidy(doc))
			}
		}
		if step.want != "" {
			if now := states(); now != step.want {
				t.Errorf("%s %s: %s, want %s", step.do, step.seats, now, step.want)
			}
		}
	}
	w := o.get(fmt.Sprintf("/screenings/%d/book", id))
	if free, _, taken := seats(t, w); strings.Join(free, " ") != "A1 A3 A4 A5 A6" || strings.Join(taken, " ") != "A2" {
		t.Errorf("a customer may have %v, and not %v", free, taken)
	}
	if _, err := o.store.Catalogue().CancelScreening(t.Context(), id, "The roof leaks."); err != nil {
		t.Fatal(err)
	}
	if w := m.post(path, url.Values{"do": {"hold"}, "seat": {"A3"}}); w.Code != http.StatusConflict {
		t.Errorf("a cancelled screening: %d", w.Code)
	}
	if w := m.get(path); w.Code != http.StatusOK || page(t, w).Find("[name=seat]").Length() != 0 {
		t.Errorf("a cancelled screening: %d", w.Code)
	}
	if w := m.get("/admin/screenings/1/seats"); w.Code != http.StatusNotFound {
		t.Errorf("no screening: %d", w.Code)
	}
}
