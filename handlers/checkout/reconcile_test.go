package checkout_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestNoAnswerIsNoVerdict: however a query is answered that says nothing, the push stays as it is and is asked about
// again, and the ticket is paid once M-PESA says so.
func TestNoAnswerIsNoVerdict(t *testing.T) {
	for _, answer := range []sim.Answer{
		sim.AnswerProcessing, sim.AnswerInFlight, sim.AnswerNothing, sim.AnswerUnknown, sim.AnswerSpellings,
		sim.AnswerBlocked, sim.AnswerUnavailable, sim.AnswerPage,
		sim.AnswerEmpty, sim.AnswerInternal, sim.AnswerBusy, sim.AnswerTooMany, sim.AnswerToken,
	} {
		t.Run(string(answer), func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
				phone, times := storetest.Phone(1), 3
				if answer == sim.AnswerToken {
					times *= 4 // the client asks again by itself
				}
				w.daraja.SetScript(phone, sim.Script{
					Result: "0", ResultAfter: 5 * time.Second, Callbacks: sim.NoCallback, Query: answer,
					QueryTimes: times,
				})
				placed, err := w.service.Book(t.Context(), booking(id, phone, 1, "quiet"))
				if err != nil {
					t.Fatal(err)
				}
				pass(33 * time.Second)
				if tk := w.ticket(placed.Ticket.Secret); state(tk) != "Pending, held" || w.asked() == 0 {
					t.Errorf("after %d questions the ticket is %s", w.asked(), state(tk))
				}
				pass(3 * time.Minute)
				if tk := w.ticket(placed.Ticket.Secret); state(tk) != "Paid" {
					t.Errorf("in the end, after %d questions, the ticket is %s", w.asked(), state(tk))
				}
				w.sound()
			})
		})
	}
}

// TestAskedBeforeTheHoldEnds: a success whose callback is lost is learnt in the last seconds of the hold, however few
// questions the schedule has.
func TestAskedBeforeTheHoldEnds(t *testing.T) {
	bubbleWith(t, func(w *world) {
		w.queries = store.Schedule{time.Hour}
	}, func(t *testing.T, w *world, id store.ScreeningID) {
		phone := storetest.Phone(1)
		w.daraja.SetScript(phone, sim.Script{Result: "0", ResultAfter: 100 * time.Second, Callbacks: sim.NoCallback})
		placed, err := w.service.Book(t.Context(), booking(id, phone, 1, "last"))
		if err != nil {
			t.Fatal(err)
		}
		seats := placed.Ticket.Seats
		pass(181 * time.Second)
		if tk := w.ticket(placed.Ticket.Secret); state(tk) != "Paid" || tk.Seats[0] != seats[0] ||
			w.asked() != 1 {
			t.Errorf("the ticket is %s on %v after %d questions", state(tk), tk.Seats, w.asked())
		}
		w.sound()
	})
}

// TestBookingsCloseWhileDarajaIsDown: a Daraja that answers with web pages closes the box office after some bookings,
// and opens it again once it speaks. Nobody's seats are held meanwhile.
func TestBookingsCloseWhileDarajaIsDown(t *testing.T) {
	for _, answer := range []sim.Answer{
		sim.AnswerBlocked, sim.AnswerUnavailable, sim.AnswerPage, sim.AnswerRefused, sim.AnswerSilent, sim.AnswerQuota,
		sim.AnswerTooMany,
	} {
		t.Run(string(answer), func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
				w.daraja.AddOutage(sim.Outage{For: 20 * time.Minute, Answer: answer})
				tried, refused := 0, 0
				for n := range 60 { // a customer every ten seconds
					pass(10 * time.Second)
					tried++
					if _, err := w.service.Book(context.Background(),
						booking(id, storetest.Phone(n), 1, storetest.Phone(n))); is(err, store.DarajaDown) {
						refused++
					} else if err != nil {
						t.Fatal(err)
					}
				}
				if refused < 40 {
					t.Errorf("of %d bookings only %d were turned away", tried, refused)
				}
				pass(25 * time.Minute)
				w.daraja.SetScript("*", sim.Script{Result: "0", ResultAfter: time.Second})
				var last error
				for n := range 3 { // the first shows that Daraja is back
					_, last = w.service.Book(context.Background(),
						booking(id, storetest.Phone(1000+n), 1, storetest.Phone(1000+n)))
					pass(5 * time.Second)
				}
				if last != nil {
					t.Errorf("once Daraja is back: %v", last)
				}
				w.sound()
			})
		})
	}
}

// TestPushesGoFirst: questions are what gives way. However many are due, or hang, a push goes out at once; and where
// Daraja complains of too many calls, questions become fewer at once, while pushes go on.
func TestPushesGoFirst(t *testing.T) {
	bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
		const silent = 40 // pushes that M-PESA never tells the fate of
		w.daraja.SetScript("*", sim.Script{Result: "0", ResultAfter: time.Hour, Callbacks: sim.NoCallback})
		buy := func(n int) (checkout.BookingResult, time.Duration, error) {
			began := time.Now()
			placed, err := w.service.Book(context.Background(), booking(id, storetest.Phone(n), 1, storetest.Phone(n)))
			return placed, time.Since(began), err
		}
		asked := func(during time.Duration) int {
			before := w.daraja.Totals().Queries
			pass(during)
			return w.daraja.Totals().Queries - before
		}
		for n := range silent {
			if _, _, err := buy(n); err != nil {
				t.Fatal(err)
			}
		}
		pass(26 * time.Second)
		if n := asked(20 * time.Second); n < 35 || n > 41 {
			t.Errorf("%d questions in 20 seconds, want two a second", n)
		}
		for n := range 2 {
			w.daraja.SetScript(storetest.Phone(100+n), sim.Script{Answer: sim.AnswerSpike})
			if placed, _, err := buy(100 + n); err != nil || placed.Refused == nil {
				t.Errorf("a push that is refused: %+v, %v", placed, err)
			}
		}
		if n := asked(20 * time.Second); n < 3 || n > 6 {
			t.Errorf("%d questions in 20 seconds after two complaints, want one in four seconds", n)
		}
		placed, took, err := buy(200)
		if err != nil || !placed.Answered || placed.Refused != nil || took > time.Second {
			t.Errorf("a push meanwhile: answered %v after %v, refused %v, %v", placed.Answered, took, placed.Refused,
				err)
		}
		w.daraja.AddOutage(sim.Outage{For: 20 * time.Minute, Answer: sim.AnswerSilent, Calls: "stkquery"})
		if n := asked(10 * time.Second); n != 0 { // they hang, and do not count as carried out
			t.Errorf("%d questions were answered", n)
		}
		if placed, took, err = buy(201); err != nil || !placed.Answered || took > time.Second {
			t.Errorf("a push beside questions that hang: answered %v after %v, %v", placed.Answered, took, err)
		}
	})
}

func is(err error, kind store.RefusalKind) bool {
	refusal, is := errors.AsType[*store.Refusal](err)
	return is && refusal.Kind == kind
}

// TestPausedSales: no booking and no new prompt while a person has paused sales; what is booked goes on, and the
// repetition of a booking finds it.
func TestPausedSales(t *testing.T) {
	bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
		phone := storetest.Phone(1)
		w.daraja.SetScript(phone, sim.Script{Result: "0", ResultAfter: 5 * time.Second})
		placed, err := w.service.Book(t.Context(), booking(id, phone, 1, "before"))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.store.Tickets().PauseSales(t.Context(), "the projector is broken"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.service.Book(t.Context(), booking(id, storetest.Phone(2), 1, "meanwhile")); !is(err,
			store.SalesPaused) {
			t.Errorf("a booking: %v", err)
		}
		if again, err := w.service.Book(t.Context(), booking(id, phone, 1, "before")); err != nil ||
			again.Ticket.ID != placed.Ticket.ID {
			t.Errorf("the same booking again: %v", err)
		}
		pass(10 * time.Second)
		if got := state(w.ticket(placed.Ticket.Secret)); got != "Paid" {
			t.Error(got)
		}
		if err := w.store.Tickets().ResumeSales(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.service.Book(t.Context(), booking(id, storetest.Phone(2), 1, "after")); err != nil {
			t.Errorf("after that: %v", err)
		}
	})
}

// TestPullFindsWhatNobodyTold: a push whose answer and callback were both lost is in M-PESA's own list, and becomes the
// ticket it was paid for.
func TestPullFindsWhatNobodyTold(t *testing.T) {
	bubbleWith(t, func(w *world) { w.pull = true }, func(t *testing.T, w *world, id store.ScreeningID) {
		phone := storetest.Phone(1)
		if err := w.client.RegisterPull(t.Context(), mpesa.PullRegistration{
			Nominated: "254712345678", CallbackURL: "https://cinema.test/cb",
		}); err != nil {
			t.Fatal(err)
		}
		w.daraja.SetScript(phone, sim.Script{
			Answer: sim.AnswerLost, Result: "0", ResultAfter: 5 * time.Second, Callbacks: sim.NoCallback,
		})
		placed, err := w.service.Book(t.Context(), booking(id, phone, 2, "lost"))
		if err != nil {
			t.Fatal(err)
		}
		pass(5 * time.Minute)
		if got := state(w.ticket(placed.Ticket.Secret)); got != "Failed unconfirmed" {
			t.Errorf("before M-PESA's list is looked at: %s", got)
		}
		pass(10 * time.Minute)
		if tk := w.ticket(placed.Ticket.Secret); state(tk) != "Paid" || tk.Receipt == "" {
			t.Errorf("after: %s, receipt %q", state(tk), tk.Receipt)
		}
		w.sound()
	})
}

// TestPaidByHandAsWell: at a till nothing tells of what is paid by hand but the customer. Whoever pays so while M-PESA
// does not say that the prompt was paid has paid twice, and names both receipts.
func TestPaidByHandAsWell(t *testing.T) {
	bubbleWith(t, func(w *world) { w.till = true }, func(t *testing.T, w *world, id store.ScreeningID) {
		phone := "254712345678"
		w.daraja.SetScript(phone, sim.Script{
			Result: "0", ResultAfter: 5 * time.Second, Callbacks: sim.NoCallback, Query: sim.AnswerInFlight,
			QueryTimes: 8,
		})
		placed, err := w.service.Book(t.Context(), booking(id, phone, 2, "a"))
		if err != nil {
			t.Fatal(err)
		}
		pass(40 * time.Second)
		byHand, err := w.daraja.PayByHand(sim.HandPayment{
			Phone: phone, To: "600200", Amount: int(placed.Ticket.Total), PIN: "1234",
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, receipt := range []string{byHand, w.daraja.Ledger()[0].Receipt} {
			if _, err := w.service.Claim(t.Context(), placed.Ticket.Secret, receipt, ""); err != nil {
				t.Fatalf("receipt %d: %v", i+1, err)
			}
			pass(time.Hour)
		}
		cases, err := w.store.Money().OpenItems(t.Context(), store.ItemFilter{})
		due := slices.DeleteFunc(slices.Clone(cases), func(c store.OpenItem) bool {
			return c.State != string(store.PaymentRefundDue)
		})
		if err != nil || len(due) != 1 || due[0].Reason != store.ReasonPaidTwice ||
			due[0].Amount != store.Cents(placed.Ticket.Total)*100 {
			t.Errorf("listed: %+v, %v", cases, err)
		}
		pairs, err := w.store.Money().Alikes(t.Context()) // the prompt's own may be either
		if err != nil || len(pairs) != 2 || store.Between(pairs) != store.Cents(placed.Ticket.Total)*100 {
			t.Errorf("alike: %+v, %v", pairs, err)
		}
		w.sound()
	})
}
