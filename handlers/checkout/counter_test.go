package checkout_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
)

func withLeaving(ctx context.Context, after time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, after)
}

// TestDoubleClick: the same form sent twice at once is one ticket and one prompt.
func TestDoubleClick(t *testing.T) {
	bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
		phone := "254712345678"
		w.daraja.SetScript(phone, sim.Script{AnswerAfter: 500 * time.Millisecond})
		type click struct {
			placed checkout.BookingResult
			err    error
		}
		clicks := make(chan click, 2)
		for range 2 {
			go func() {
				p, err := w.service.Book(t.Context(), booking(id, phone, 2, "one form"))
				clicks <- click{p, err}
			}()
		}
		a, b := <-clicks, <-clicks
		if a.err != nil || b.err != nil {
			t.Fatal(a.err, b.err)
		}
		if a.placed.Ticket.ID != b.placed.Ticket.ID || a.placed.Replayed == b.placed.Replayed {
			t.Errorf("tickets %d and %d, replayed %v and %v", a.placed.Ticket.ID, b.placed.Ticket.ID, a.placed.Replayed,
				b.placed.Replayed)
		}
		if n := len(w.daraja.Pushes(phone)); n != 1 {
			t.Errorf("%d prompts went out", n)
		}
		w.sound()
	})
}

// TestRetry: a wrong PIN does not cost the seats, the number may be changed, and two clicks on Try again make one
// prompt.
func TestRetry(t *testing.T) {
	bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
		placed, err := w.service.Book(t.Context(), booking(id, "0712345201", 2, "retry"))
		if err != nil {
			t.Fatal(err)
		}
		pass(5 * time.Second)
		first := w.ticket(placed.Ticket.Secret)
		if state(first) != "Failed wrong_pin, held" {
			t.Fatal(state(first))
		}
		for range 2 {
			if _, err := w.service.Retry(t.Context(), first.Secret, "0712 345 001", "", store.Client{}); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(w.daraja.Pushes("254712345001")); n != 1 {
			t.Errorf("%d prompts went to the other phone", n)
		}
		pass(5 * time.Second)
		paid := w.ticket(first.Secret)
		if state(paid) != "Paid" || strings.Join(paid.Seats, " ") != strings.Join(first.Seats, " ") ||
			paid.Phone != "254712345001" || paid.Receipt == "" {
			t.Errorf("%s with seats %v by %s", state(paid), paid.Seats, paid.Phone)
		}
		w.sound()
	})
}

// TestClose: once the box office closes, bookings are refused, and it waits for the push that is being sent and then
// for what becomes of its prompt.
func TestClose(t *testing.T) {
	bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
		phone := "254712345678"
		w.daraja.SetScript(phone, sim.Script{AnswerAfter: 20 * time.Second, Result: "0", ResultAfter: 40 * time.Second})
		placed, err := w.service.Book(t.Context(), booking(id, phone, 1, "closing"))
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := w.service.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began).Round(time.Second); waited != 37*time.Second {
			t.Errorf("waited %v for M-PESA's word", waited)
		}
		if got := w.ticket(placed.Ticket.Secret); state(got) != "Paid" {
			t.Error(state(got))
		}
		if _, err := w.service.Book(t.Context(), booking(id, "254712345679", 1, "late")); !errors.Is(err,
			checkout.ErrClosing) {
			t.Errorf("a booking after that was told %v", err)
		}
		brief, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.service.Close(brief); err != nil {
			t.Errorf("closing again: %v", err)
		}
		if _, err := w.service.Retry(t.Context(), placed.Ticket.Secret, phone, "", store.Client{}); !errors.Is(err,
			checkout.ErrClosing) {
			t.Errorf("a retry after that was told %v", err)
		}
	})
}

func always() error { return nil }

// TestQuery: many askers within five seconds make one call to Daraja, nothing is written, and strangers' ids are not
// ours.
func TestQuery(t *testing.T) {
	bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
		placed, err := w.service.Book(t.Context(), booking(id, "254712345678", 1, "query"))
		if err != nil {
			t.Fatal(err)
		}
		before := placed.Ticket.Version
		calls := w.daraja.Totals().Queries
		for range 5 {
			if raw, err := w.service.Query(t.Context(), placed.Answer.CheckoutRequestID, always); err != nil ||
				len(raw) == 0 {
				t.Fatalf("%s, %v", raw, err)
			}
			pass(time.Second - time.Millisecond)
		}
		if n := w.daraja.Totals().Queries - calls; n != 1 {
			t.Errorf("%d calls to Daraja in five seconds", n)
		}
		pass(time.Second)
		if _, err := w.service.Query(t.Context(), placed.Answer.CheckoutRequestID, always); err != nil {
			t.Fatal(err)
		}
		if n := w.daraja.Totals().Queries - calls; n != 2 {
			t.Errorf("%d calls to Daraja in six seconds", n)
		}
		if _, err := w.service.Query(t.Context(), "ws_CO_other", always); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a stranger's id: %v", err)
		}
		if got := w.ticket(placed.Ticket.Secret).Version; got != before {
			t.Errorf("the ticket has changed: version %d, was %d", got, before)
		}
	})
}

// TestStrangers: a callback without a token of ours is kept within limits and never makes a ticket.
func TestStrangers(t *testing.T) {
	bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
		placed, err := w.service.Book(t.Context(), booking(id, "254712345678", 1, "forged"))
		if err != nil {
			t.Fatal(err)
		}
		forged := []byte(`{"Body":{"stkCallback":{"CheckoutRequestID":"` + placed.Answer.CheckoutRequestID +
			`","ResultCode":0,"CallbackMetadata":{"Item":[{"Name":"Amount","Value":1350},` +
			`{"Name":"MpesaReceiptNumber","Value":"UKN1234567"}]}}}}`)
		for _, token := range []string{"", "x", strings.Repeat("Z", 26), strings.Repeat("y", 5000), "\x00\xff"} {
			known, err := w.service.Receive(t.Context(), checkout.Delivery{Token: token, Body: forged})
			if known || err != nil {
				t.Errorf("token %.30q: known %v, %v", token, known, err)
			}
		}
		pass(20 * time.Second)
		if got := state(w.ticket(placed.Ticket.Secret)); got != "Pending, held" {
			t.Error(got)
		}
		if n := w.store.Money().UnknownTokens(); n != 5 {
			t.Errorf("%d strangers counted", n)
		}
		w.sound()
	})
}

func TestCheck(t *testing.T) {
	cases := []struct {
		name, phone string
		quantity    int
		wrong       string
	}{
		{"Achieng", "0712345678", 1, ""},
		{"  Achieng \t Otieno ", "+254 712 345 678", 10, ""},
		{"José Müller-Ñ 🎬", "0112345678", 2, ""},
		{"<script>alert(1)</script>", "712345678", 2, ""},
		{"", "0712345678", 1, "name"},
		{"   ", "0712345678", 1, "name"},
		{strings.Repeat("é", 81), "0712345678", 1, "name"},
		{"a\x00b", "0712345678", 1, "name"},
		{"a\xffb", "0712345678", 1, "name"},
		{"Achieng", "0202345678", 1, "phone"},
		{"Achieng", "", 1, "phone"},
		{"Achieng", "0712345678", 0, "quantity"},
		{"Achieng", "0712345678", -1, "quantity"},
		{"Achieng", "0712345678", 11, "quantity"},
		{"Achieng", "0712345678", 1e9, "quantity"},
	}
	for _, c := range cases {
		_, problems := checkout.Booking{Name: c.name, Phone: c.phone, Quantity: c.quantity}.Validate()
		if c.wrong == "" && problems != nil || c.wrong != "" && (len(problems) != 1 || problems[c.wrong] == nil) {
			t.Errorf("%.20q %q %d: %v", c.name, c.phone, c.quantity, problems)
		}
	}
}

func TestPass(t *testing.T) {
	a := checkout.New(nil, nil, checkout.Config{Signing: "ours"})
	b := checkout.New(nil, nil, checkout.Config{Signing: "theirs"})
	pass := a.QRPayload(&store.Ticket{Code: "0ABCDEFGH"})
	if code, ok := a.VerifyQR(pass); !ok || code != "0ABCDEFGH" {
		t.Errorf("our own pass %s: %q, %v", pass, code, ok)
	}
	other := strings.Replace(pass, "0ABCDEFGH", "0ABCDEFGJ", 1)
	for _, forged := range []string{
		"", "CS1:", pass[:len(pass)-1], pass + "A", other, b.QRPayload(&store.Ticket{Code: "0ABCDEFGH"}),
	} {
		if _, ok := a.VerifyQR(forged); ok {
			t.Errorf("took the forged pass %q", forged)
		}
	}
}
