package checkout_test

import (
	"context"
	"testing"
	"time"

	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// beforeFilm is how long before the film a ticket of these stories is bought.
const beforeFilm = 90 * time.Minute

// stories plays one in a cinema where little else is looked at, since hours go by.
func stories(t *testing.T, option func(*world), f func(t *testing.T, w *world, id store.ScreeningID)) {
	t.Helper()
	bubbleWith(t, func(w *world) {
		w.callbackEvery = 5 * time.Minute
		option(w)
	}, func(t *testing.T, w *world, _ store.ScreeningID) {
		f(t, w, storetest.Screening(t, w.store, 5, 10, func(sc *store.Screening) {
			sc.StartsAt, sc.SalesCloseAt = w.store.Now().Add(beforeFilm), w.store.Now().Add(beforeFilm)
		}))
	})
}

// reversedStory is a ticket that is paid well before the film, and whose money somebody gives back at M-PESA.
func reversedStory(t *testing.T, w *world, id store.ScreeningID) (secret string) {
	t.Helper()
	w.daraja.SetScript("*", sim.Script{Result: "0", ResultAfter: time.Second})
	placed, err := w.service.Book(t.Context(), booking(id, storetest.Phone(1), 2, "reversed"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.service.Book(t.Context(), booking(id, storetest.Phone(2), 3, "another")); err != nil {
		t.Fatal(err)
	}
	pass(5 * time.Second)
	if tk := w.ticket(placed.Ticket.Secret); state(tk) != "Paid" || !w.daraja.Reverse(tk.Receipt) {
		t.Fatalf("the ticket is %s", state(tk))
	}
	pass(24 * time.Minute)
	return placed.Ticket.Secret
}

// statusAsked is how many questions about receipts M-PESA has taken.
func (w *world) statusAsked() (n int) {
	for _, q := range w.daraja.Requests() {
		if q.CommandID == "TransactionStatusQuery" {
			n++
		}
	}
	return n
}

// found fails the test unless the ticket is void, its seats free, and its money known to be back.
func (w *world) found(when, secret string) {
	w.t.Helper()
	tk := w.ticket(secret)
	payments, err := w.store.Money().Payments(context.Background())
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	states := map[string]store.PaymentState{}
	for _, p := range payments {
		states[p.Receipt] = p.State
	}
	shown, _, err := w.store.Catalogue().Screening(context.Background(), tk.ScreeningID)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	if tk.VoidedAt == 0 || states[tk.Receipt] != store.PaymentReversed || shown.Left != 47 {
		w.t.Errorf("%s: voided at %v, %v, %d seats left", when, tk.VoidedAt, states, shown.Left)
	}
	w.sound()
}

// TestReversedBehindOurBack: money that M-PESA gave back without a word is found an hour before the film, with one
// question for each ticket, and nothing after that.
func TestReversedBehindOurBack(t *testing.T) {
	stories(t, func(*world) {}, func(t *testing.T, w *world, id store.ScreeningID) {
		secret := reversedStory(t, w, id)
		if tk := w.ticket(secret); tk.VoidedAt != 0 || w.statusAsked() != 0 {
			t.Errorf("more than an hour before the film: voided at %v, %d questions", tk.VoidedAt, w.statusAsked())
		}
		pass(20 * time.Minute)
		w.found("an hour before the film", secret)
		w.night(48 * time.Hour)
		pass(30 * time.Minute)
		if n := w.statusAsked(); n != 2 {
			t.Errorf("%d questions in all", n)
		}
		w.found("in the end", secret)
		w.nothingWaits()
	})
}

// TestReversedWhileDarajaIsDark: an hour before the film M-PESA cannot be asked, in whatever way, and it is asked
// later. That closes no box office.
func TestReversedWhileDarajaIsDark(t *testing.T) {
	for _, answer := range []sim.Answer{sim.AnswerBlocked, sim.AnswerUnavailable, sim.AnswerSilent, sim.AnswerQuota} {
		t.Run(string(answer), func(t *testing.T) {
			stories(t, func(*world) {}, func(t *testing.T, w *world, id store.ScreeningID) {
				secret := reversedStory(t, w, id)
				w.daraja.AddOutage(sim.Outage{For: 40 * time.Minute, Answer: answer, Calls: "transactionstatus"})
				pass(39 * time.Minute)
				if tk := w.ticket(secret); tk.VoidedAt != 0 {
					t.Errorf("known at %v in the dark", tk.VoidedAt)
				}
				if sales, err := w.store.Tickets().Sales(t.Context()); err != nil || sales.Until != 0 {
					t.Errorf("sales: %+v, %v", sales, err)
				}
				pass(30 * time.Minute)
				w.found("once it is light again", secret)
			})
		})
	}
	t.Run("the result is lost", func(t *testing.T) {
		stories(t, func(*world) {}, func(t *testing.T, w *world, id store.ScreeningID) {
			secret := reversedStory(t, w, id)
			w.daraja.SetScript(storetest.Phone(1), sim.Script{Status: sim.Call{Results: sim.NoCallback, Times: 2}})
			pass(20 * time.Minute)
			w.found("the third time", secret)
		})
	})
}

// TestNoChecksWithoutInitiator: there is nothing to ask with.
func TestNoChecksWithoutInitiator(t *testing.T) {
	stories(t, func(w *world) { w.noInitiator = true }, func(t *testing.T, w *world, id store.ScreeningID) {
		secret := reversedStory(t, w, id)
		pass(time.Hour)
		w.night(24 * time.Hour)
		pass(10 * time.Minute)
		if tk := w.ticket(secret); tk.VoidedAt != 0 || w.statusAsked() != 0 {
			t.Errorf("voided at %v, %d questions", tk.VoidedAt, w.statusAsked())
		}
		w.nothingWaits()
	})
}
