package handlers_test

import (
	"strconv"
	"strings"
	"testing"

	"cinemasphere/handlers"
	"cinemasphere/store/storetest"
)

// TestPrivacyPage: where a phone number is asked for a notice leads to the page that says who gets it and for how long,
// as it is set up.
func TestPrivacyPage(t *testing.T) {
	for _, c := range []struct {
		months         int
		place          string
		reads, misread string
	}{
		{12, "Nairobi, Kenya", "12 months after the screening we erase", "until you ask us"},
		{1, "", "One month after the screening", "They stand here"},
		{0, "", "until you ask us to erase them", "after the screening we erase"},
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
		for _, path := range []string{"/book", "/book/dialog"} {
			form := page(t, o.get("/screenings/"+strconv.FormatInt(int64(id), 10)+path)).Find("form[data-book]")
			if form.Find(`a[href="/privacy"]`).Length() != 1 || form.Find(`input[name="phone"]`).Length() != 1 {
				t.Errorf("%s has no notice at its phone number", path)
			}
		}
	}
}
