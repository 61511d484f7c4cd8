package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cinemasphere/handlers"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestScreeningGoesUnderTheForm: a screening goes off sale while a customer fills in its form or looks at the page to
// confirm. The answer says so, with what was chosen and the film's other screenings; one press goes on with one of
// them, and what was typed.
func TestScreeningGoesUnderTheForm(t *testing.T) {
	for what, c := range map[string]struct {
		goes   func(*office, store.ScreeningID) error
		status int
		seats  bool // what was chosen of it is still known
	}{
		"taken off sale, nobody had booked": {func(o *office, id store.ScreeningID) error {
			sh, err := o.store.Catalogue().SetShowingStatus(t.Context(), id, 0, store.Closed)
			if err == nil && sh.Status != store.Draft {
				t.Errorf("it is %s", sh.Status)
			}
			return err
		}, http.StatusGone, false},
		"deleted": {func(o *office, id store.ScreeningID) error {
			sh, err := o.store.Catalogue().SetShowingStatus(t.Context(), id, 0, store.Closed)
			if err != nil {
				return err
			}
			return o.store.Catalogue().DeleteShowing(t.Context(), id, sh.Version+1)
		}, http.StatusGone, false},
		"taken off sale, somebody has booked": {func(o *office, id store.ScreeningID) error {
			o.book(id, storetest.Phone(9), 1)
			_, err := o.store.Catalogue().SetShowingStatus(t.Context(), id, 0, store.Closed)
			return err
		}, http.StatusConflict, true},
		"cancelled": {func(o *office, id store.ScreeningID) error {
			_, err := o.store.Catalogue().CancelScreening(t.Context(), id, "a power cut")
			return err
		}, http.StatusConflict, true},
	} {
		for _, path := range []string{"/bookings", "/bookings/dialog"} {
			for _, button := range []string{"book", "confirmed", "choose"} {
				for _, others := range []int{0, 2} {
					name := fmt.Sprintf("%s, %s, %s, %d others", what, path, button, others)
					t.Run(name, func(t *testing.T) {
						o := open(t)
						id := storetest.Screening(t, o.store, 2, 4)
						sc, m, err := o.store.Catalogue().Screening(t.Context(), id)
						if err != nil {
							t.Fatal(err)
						}
						var other store.ScreeningID
						for range others {
							other = storetest.Screening(t, o.store, 2, 4, func(x *store.Screening) { x.MovieID = m.ID })
						}
						form := page(t, o.get(fmt.Sprintf("/screenings/%d/book", id))).Find("form[data-book]")
						f := url.Values{"name": {"Achieng"}, "phone": {"0712 345 678"}, "seat": {"B2", "B3"}}
						for _, field := range []string{"screening", "movie", "nonce"} {
							at := "input[name=" + field + "], select[name=" + field + "] option[selected]"
							f.Set(field, form.Find(at).AttrOr("value", ""))
						}
						f.Set("total", "2700")
						if button != "book" {
							f.Set(button, "1")
						}
						if err := c.goes(o, id); err != nil {
							t.Fatal(err)
						}
						prompts := o.daraja.Totals().Accepted
						w := o.post(path, f, "Sec-Fetch-Site", "same-origin")
						d := page(t, w)
						text := strings.Join(strings.Fields(d.Find(".sheet").Text()), " ")
						if w.Code != c.status || o.daraja.Totals().Accepted != prompts ||
							!strings.Contains(text, m.Title) ||
							!strings.Contains(text, "Achieng") || !strings.Contains(text, "0712 345 678") {
							t.Fatalf("%d %s", w.Code, text)
						}
						if strings.Contains(text, sc.Hall) != c.seats || !strings.Contains(text, "B2, B3") {
							t.Errorf("what was chosen: %s", text)
						}
						buttons := d.Find(`form[action="/bookings"] button[name=screening]`)
						if buttons.Length() != others {
							t.Fatalf("%d others: %s", buttons.Length(), text)
						}
						if others == 0 {
							return
						}
						dialog := d.Find(`form[hx-post="/bookings/dialog"]`).Length() == 1
						if dialog != (path != "/bookings") {
							t.Errorf("in the dialog: %v", dialog)
						}
						next := hidden(d.Find(`form[action="/bookings"]`))
						next.Set("screening", fmt.Sprint(int64(other)))
						w = o.post(path, next, "Sec-Fetch-Site", "same-origin")
						d = page(t, w)
						if w.Code != http.StatusOK || d.Find("[name=name]").AttrOr("value", "") != "Achieng" ||
							d.Find("[name=phone]").AttrOr("value", "") != "0712 345 678" ||
							d.Find("[name=quantity]").AttrOr("value", "") != "2" ||
							d.Find("option[selected]").AttrOr("value", "") != fmt.Sprint(int64(other)) ||
							o.daraja.Totals().Accepted != prompts {
							t.Errorf("then: %d %s", w.Code, d.Find(".sheet").Text())
						}
					})
				}
			}
		}
	}
}

// TestNoFormOfADraft: whoever makes up an address learns nothing of a screening that was never on sale.
func TestNoFormOfADraft(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 2, 4, func(sc *store.Screening) { sc.Status = store.Draft })
	known := storetest.Screening(t, o.store, 2, 4)
	draft, err := o.store.Catalogue().Showing(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	_, film, err := o.store.Catalogue().Screening(t.Context(), known)
	if err != nil {
		t.Fatal(err)
	}
	for movie, status := range map[string]int{
		"": 404, "x": 404, "-1": 404, "12345": 404, fmt.Sprint(int64(film.ID)): 410,
	} {
		w := o.post("/bookings", with(form(id, storetest.Phone(1), 1), "movie", movie))
		if w.Code != status || strings.Contains(w.Body.String(), draft.Title+"<") {
			t.Errorf("film %q: %d", movie, w.Code)
		}
	}
	if w := o.get(fmt.Sprintf("/screenings/%d/book", id)); w.Code != http.StatusNotFound {
		t.Errorf("the form: %d", w.Code)
	}
}

// TestCancelIsNotOfferedAfterTheEnd: neither the page nor an old form cancels a screening that was shown.
func TestCancelIsNotOfferedAfterTheEnd(t *testing.T) {
	var ahead time.Duration
	clock := morning()
	now := func() time.Time { return clock().Add(ahead) }
	o := openOn(t, books(t, func(o *store.Options) { o.Now = now }), func(d *handlers.Deps) { d.Now = now })
	id := storetest.Screening(t, o.store, 2, 4, tonight)
	path := fmt.Sprintf("/admin/screenings/%d", id)
	for _, c := range []struct {
		ahead time.Duration
		may   bool
	}{{0, true}, {90 * time.Minute, true}, {3 * time.Hour, false}, {48 * time.Hour, false}} {
		ahead = c.ahead
		m := o.staffed(store.RoleManager)
		offered := page(t, m.get(path)).Find(`a[href="`+path+`/cancel"]`).Length() == 1
		form := page(t, m.get(path+"/cancel")).Find(`form[action="`+path+`/cancel"]`).Length() == 1
		if offered != c.may || form != c.may {
			t.Errorf("after %v: offered %v, form %v", c.ahead, offered, form)
		}
		if c.may {
			continue
		}
		w := m.post(path+"/cancel", url.Values{"reason": {"The projector is broken."}})
		sh, err := o.store.Catalogue().Showing(t.Context(), id)
		if w.Code != http.StatusConflict || err != nil || sh.Status != store.OnSale {
			t.Errorf("after %v: %d, %s, %v", c.ahead, w.Code, sh.Status, err)
		}
	}
}
