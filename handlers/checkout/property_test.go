package checkout_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestAnyOrder plays random histories of a small hall with few phones: bookings, retries, seats given up, Daraja
// losing, delaying, doubling and reordering what it says, screenings cancelled, processes dying. At every step each
// seat has one owner, and in the end every shilling in M-PESA's ledger is in the books or behind a push that is listed
// as undecided.
func TestAnyOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, testAnyOrder)
}

func testAnyOrder(t *testing.T) {
	histories := 60
	if testing.Short() || storetest.Postgres(t) {
		histories = 5
	}
	played := 0
	for range histories {
		// rapid gives each check a day at most, by the clock of the bubble, and a history has longer: each has a bubble
		// of its own.
		synctest.Test(t, func(t *testing.T) {
			// Without the method Deadline, which may not be called in a bubble.
			rapid.Check(struct{ testing.TB }{t}, func(rt *rapid.T) {
				played++
				h := &history{rt: rt, w: newWorld(rt, askedForHours)}
				defer h.w.close()
				h.screening = storetest.Screening(t, h.w.store, 2, 4)
				rt.Repeat(map[string]func(*rapid.T){
					"book":    h.book,
					"retry":   h.retry,
					"give up": h.giveUp,
					"wait":    h.wait,
					"restart": func(*rapid.T) { h.w.restart() },
					"cancel":  h.cancel,
					"":        func(*rapid.T) { h.check() },
				})
				pass(4 * time.Hour)
				h.check()
				h.nothingPending()
				h.mask()
			})
		})
	}
	if played < histories {
		t.Errorf("only %d of %d histories were played", played, histories)
	}
}

// askedForHours is a cinema that asks M-PESA for half an hour where the usual one does for a day, so that a history is
// shorter.
func askedForHours(w *world) {
	w.queries = store.Schedule{
		25 * time.Second, 45 * time.Second, 75 * time.Second, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute,
		30 * time.Minute,
	}
}

// TestPaidAfterAFinalFailure: M-PESA says by query that a prompt failed for good, takes the money all the same five
// minutes later, and its callback is lost. It is asked again, and the money is found.
func TestPaidAfterAFinalFailure(t *testing.T) {
	bubbleWith(t, askedForHours, func(t *testing.T, w *world, id store.ScreeningID) {
		phone := storetest.Phone(1)
		w.daraja.SetScript(phone, sim.Script{
			Result: "2001", ResultAfter: time.Second, PaidLater: 5 * time.Minute, Callbacks: sim.NoCallback,
		})
		placed, err := w.service.Book(t.Context(), booking(id, phone, 1, "contradiction"))
		if err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		if got := state(w.ticket(placed.Ticket.Secret)); got != "Failed wrong_pin, held" {
			t.Errorf("after a minute: %s", got)
		}
		pass(4 * time.Hour)
		if tk := w.ticket(placed.Ticket.Secret); tk.Status != store.Paid && tk.RefundDue == 0 {
			t.Errorf("after hours: %s", state(tk))
		}
		w.sound()
	})
}

type history struct {
	rt        *rapid.T
	w         *world
	screening store.ScreeningID
	secrets   []string
	bookings  int
}

// script draws what M-PESA makes of the next push.
func script(rt *rapid.T) sim.Script {
	seconds := func(name string, most int) time.Duration {
		return time.Duration(rapid.IntRange(0, most).Draw(rt, name)) * time.Second
	}
	return sim.Script{
		Answer: rapid.SampledFrom([]sim.Answer{
			sim.AnswerAccepted, sim.AnswerAccepted, sim.AnswerAccepted, sim.AnswerLost, sim.AnswerEmpty,
			sim.AnswerInternal,
			sim.AnswerBusy, sim.AnswerLocked, sim.AnswerBlocked,
		}).Draw(rt, "answer"),
		AnswerAfter: seconds("answer after", 35),
		Result: rapid.SampledFrom([]string{
			"0", "0", "0", "1032", "2001", "1037", "SFC_IC0003", "77",
		}).Draw(rt, "result"),
		ResultAfter: seconds("result after", 70),
		PaidLater: rapid.SampledFrom([]time.Duration{0, 0, 0, 5 * time.Second, 5 * time.Minute}).Draw(rt,
			"paid later"),
		AmountDelta: rapid.SampledFrom([]int{0, 0, 0, 0, -1, 1}).Draw(rt, "amount"),
		CallbackAfter: rapid.SampledFrom([]time.Duration{0, 0, 0, 10 * time.Second, 4 * time.Minute}).Draw(rt,
			"callback after"),
		Callbacks:     rapid.SampledFrom([]int{1, 1, 1, 2, 3, sim.NoCallback}).Draw(rt, "callbacks"),
		CallbackFirst: rapid.SampledFrom([]bool{false, false, false, true}).Draw(rt, "callback first"),
	}
}

func (h *history) phone(rt *rapid.T) string {
	return storetest.Phone(rapid.IntRange(1, 4).Draw(rt, "phone"))
}

func (h *history) book(rt *rapid.T) {
	h.w.daraja.SetScript("*", script(rt))
	h.bookings++
	key := fmt.Sprint(h.bookings)
	if h.bookings > 1 && rapid.IntRange(0, 5).Draw(rt, "same key") == 0 {
		key = "1"
	}
	placed, err := h.w.service.Book(context.Background(),
		booking(h.screening, h.phone(rt), rapid.IntRange(1, 3).Draw(rt, "tickets"), key))
	if h.refused(err) {
		return
	}
	if !placed.Replayed {
		h.secrets = append(h.secrets, placed.Ticket.Secret)
	}
}

func (h *history) retry(rt *rapid.T) {
	if len(h.secrets) == 0 {
		rt.Skip()
	}
	h.w.daraja.SetScript("*", script(rt))
	_, err := h.w.service.Retry(context.Background(), rapid.SampledFrom(h.secrets).Draw(rt, "ticket"), h.phone(rt), "",
		store.Client{})
	h.refused(err)
}

func (h *history) giveUp(rt *rapid.T) {
	if len(h.secrets) == 0 {
		rt.Skip()
	}
	h.refused(h.w.service.GiveUp(context.Background(), rapid.SampledFrom(h.secrets).Draw(rt, "ticket")))
}

func (h *history) wait(rt *rapid.T) {
	pass(time.Duration(rapid.SampledFrom([]int{1, 5, 30, 61, 125, 181, 400}).Draw(rt, "seconds")) * time.Second)
}

func (h *history) cancel(rt *rapid.T) {
	if rapid.IntRange(0, 20).Draw(rt, "cancel") > 0 {
		rt.Skip()
	}
	if _, err := h.w.store.Catalogue().CancelScreening(context.Background(), h.screening, "No power."); err != nil {
		rt.Fatal(err)
	}
}

// refused reports whether the customer was told no, for a reason that a customer can be given.
func (h *history) refused(err error) bool {
	if err == nil {
		return false
	}
	if _, is := errors.AsType[*store.Refusal](err); !is && !errors.Is(err, checkout.ErrClosing) {
		h.rt.Fatal(err)
	}
	return true
}

func (h *history) check() {
	wrong, err := h.w.store.Money().Audit(context.Background())
	if err != nil {
		h.rt.Fatal(err)
	}
	for _, line := range wrong {
		h.rt.Error(line)
	}
	// A seat has one owner by its very row; that each ticket says the seats it owns is what customers rely on.
	seen := map[string]string{}
	for _, secret := range h.secrets {
		tk := h.w.ticket(secret)
		if tk.Status != store.Paid && !tk.Held() {
			continue
		}
		for _, label := range tk.Seats {
			if other := seen[label]; other != "" {
				h.rt.Errorf("seat %s stands on tickets %s and %s", label, other, tk.Code)
			}
			seen[label] = tk.Code
		}
	}
}

// nothingPending: once all deadlines are over no ticket waits, and the books agree with M-PESA's ledger.
func (h *history) nothingPending() {
	for _, secret := range h.secrets {
		if tk := h.w.ticket(secret); tk.Status == store.Pending || tk.Held() {
			h.rt.Errorf("ticket %s is still %s", tk.Code, state(tk))
		}
	}
	h.w.sound()
}

// mask masks whoever may be masked, as if the screening were long past: the money stands as it did, and no number is
// left but of those who may have to be paid back, or asked.
func (h *history) mask() {
	ctx, st := context.Background(), h.w.store
	stand := func() (all []string) {
		payments, err := st.Money().Payments(ctx)
		if err != nil {
			h.rt.Fatal(err)
		}
		for _, p := range payments {
			p.Phone, p.Account, p.MaskedAt = "", "", 0
			all = append(all, fmt.Sprintf("%+v", p))
		}
		return all
	}
	before := stand()
	out, err := st.Tickets().MaskBefore(ctx, st.Now().Add(365*24*time.Hour))
	if err != nil {
		h.rt.Fatal(err)
	}
	if after := stand(); !slices.Equal(before, after) {
		h.rt.Errorf("the money stands otherwise:\n%q\n%q", before, after)
	}
	for _, secret := range h.secrets {
		tk := h.w.ticket(secret)
		if !store.IsMasked(tk.Phone) && !slices.Contains(out.Kept, tk.Code) {
			h.rt.Errorf("ticket %s is neither masked nor kept", tk.Code)
		}
	}
	h.w.sound()
}
