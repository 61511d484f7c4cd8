package handlers_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// told is a box office of a cinema with these ways to tell customers of things.
func told(t *testing.T, ways store.Ways) *office {
	t.Helper()
	return openOn(t, books(t, func(o *store.Options) { o.Tells = &ways }))
}

// TestEmailOfABooking: where the cinema sends e-mails the form asks for an address, keeps it through a mistake and
// shows it once more; it stands with the ticket. Where it sends none nothing asks for one, and none is kept.
func TestEmailOfABooking(t *testing.T) {
	for _, sends := range []bool{true, false} {
		o := told(t, store.Ways{Email: sends})
		o.pays()
		id := storetest.Screening(t, o.store, 4, 8)
		path := "/screenings/" + strconv.FormatInt(int64(id), 10) + "/book"
		if asks := strings.Contains(o.get(path).Body.String(), `name="email"`); asks != sends {
			t.Errorf("sends %v, asks %v", sends, asks)
		}
		const wrong = "wanjiku@example,com"
		w := o.post("/bookings", with(with(form(id, "0712345678", 1), "email", wrong), "confirmed", ""))
		kept := strings.Contains(w.Body.String(), wrong)
		if sends && (w.Code != http.StatusUnprocessableEntity || !kept) {
			t.Errorf("a mistake: %d", w.Code)
		} else if !sends && w.Code != http.StatusOK {
			t.Errorf("a field that is not there: %d", w.Code)
		}
		typed := with(form(id, "0712345678", 1), "email", " Wanjiku@Example.com ")
		w = o.post("/bookings", with(typed, "confirmed", ""))
		if shown := strings.Contains(w.Body.String(), "Wanjiku@example.com"); shown != sends {
			t.Errorf("sends %v, shown before the prompt %v", sends, shown)
		}
		w = o.post("/bookings", typed)
		secret := strings.TrimPrefix(w.Header().Get("Location"), "/tickets/")
		tk, err := o.store.Tickets().TicketBySecret(t.Context(), secret)
		if err != nil || (tk.Email == "Wanjiku@example.com") != sends || !sends && tk.Email != "" {
			t.Errorf("sends %v: the ticket has %q, %v", sends, tk.Email, err)
		}
		body := `{"customerName":"Achieng","phoneNumber":"0712345679","quantity":1,"email":"x","screeningId":` +
			strconv.FormatInt(int64(id), 10) + "}"
		w = o.call("/api/make-payment", body)
		if refused := w.Code == http.StatusBadRequest; refused != sends {
			t.Errorf("sends %v: the API answers %d %s", sends, w.Code, w.Body)
		}
	}
}

// TestMessagesPage: what does not come through is on the first page and on its own, with the reason; a manager can have
// it sent again, once. Where customers are told of nothing, nothing speaks of it.
func TestMessagesPage(t *testing.T) {
	o := told(t, store.Ways{SMS: true})
	o.pays()
	id := storetest.Screening(t, o.store, 4, 8)
	tk := o.until(o.book(id, "0712345678", 1), "paid", paid)
	m, err := o.store.Jobs().TakeMessage(t.Context(), store.ViaSMS)
	if err == nil {
		err = o.store.Jobs().MessageTried(t.Context(), m, store.Tried{Outcome: store.SendBarred, Why: "no balance"})
	}
	if err != nil {
		t.Fatal(err)
	}
	manager, usher := o.staffed(store.RoleManager), o.staffed(store.RoleUsher)
	page := manager.get("/admin/messages").Body.String()
	if !strings.Contains(page, tk.Code) || !strings.Contains(page, "no money left") ||
		strings.Contains(page, "Send again:") { // it is tried again by itself
		t.Errorf("the page is %s", page)
	}
	if !strings.Contains(manager.get("/admin").Body.String(), `href="/admin/messages"`) {
		t.Error("the first page does not lead there")
	}
	if w := usher.get("/admin/messages"); w.Code != http.StatusForbidden {
		t.Errorf("an usher: %d", w.Code)
	}
	other := told(t, store.Ways{})
	if strings.Contains(other.staffed(store.RoleManager).get("/admin").Body.String(), "/admin/messages") {
		t.Error("the menu has messages, and nobody is told of anything")
	}
}
