package checkout_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// errWire is what a call that the wire lost returns.
var errWire = errors.New("connection reset (by order of the test)")

// wire is the way between the cinema and Daraja, in both directions, of which one call can be made to go wrong.
type wire struct {
	mu    sync.Mutex
	calls int
	at    int
	how   storetest.Fault
	hit   string
	die   func()

	// what becomes of Daraja's answers, nil for nothing
	rewrite atomic.Pointer[func(r *http.Request, resp *http.Response)]
}

func (w *wire) arm(n int, how storetest.Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls, w.at, w.how, w.hit = 0, n, how, ""
}

func (w *wire) around(what string, call func() error) error {
	w.mu.Lock()
	w.calls++
	now := w.at > 0 && w.calls == w.at
	if now {
		w.hit = what
	}
	how := w.how
	w.mu.Unlock()
	if !now {
		return call()
	}
	if how == storetest.FaultDeath {
		w.die()
	}
	if how == storetest.FaultError || how == storetest.FaultDeath {
		return errWire
	}
	err := call()
	if how == storetest.FaultDeathAfter {
		w.die()
	}
	return errors.Join(errWire, err)
}

// setRewrite says what becomes of Daraja's answers from now on, nil for nothing.
func (w *wire) setRewrite(rewrite func(r *http.Request, resp *http.Response)) {
	w.rewrite.Store(&rewrite)
}

// lossy is a RoundTripper over the wire.
type lossy struct {
	wire *wire
	next http.RoundTripper
}

func (l lossy) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	err = l.wire.around(r.URL.Path, func() error {
		resp, err = l.next.RoundTrip(r)
		return err
	})
	if rewrite := l.wire.rewrite.Load(); err == nil && rewrite != nil && *rewrite != nil {
		(*rewrite)(r, resp)
	}
	if err != nil && resp != nil {
		err = errors.Join(err, resp.Body.Close())
		resp = nil
	}
	return resp, err
}

// sweep plays a story once for each call of a kind that it makes, with that call going wrong in each way, and then lets
// the process recover. It returns how many faults there were.
func sweep(t *testing.T, story func(w *world, id store.ScreeningID)) {
	storetest.Each(t, func(t *testing.T) { sweepOn(t, story) })
}

func sweepOn(t *testing.T, story func(w *world, id store.ScreeningID)) {
	ways := map[string]storetest.Fault{
		"error": storetest.FaultError, "lost after the work": storetest.FaultLost, "death": storetest.FaultDeath,
		"death after": storetest.FaultDeathAfter,
	}
	for _, kind := range []string{"database", "HTTP"} {
		for name, how := range ways {
			t.Run(kind+" "+name, func(t *testing.T) {
				t.Parallel()
				step := 1
				if testing.Short() {
					step = 25
				}
				faults := 0
				for n := 1; ; n += step {
					if !fault(t, kind, how, n, story) {
						break
					}
					faults++
				}
				if faults == 0 {
					t.Error("nothing went wrong: the story makes no such calls")
				}
				t.Logf("%d faults", faults)
			})
		}
	}
}

// fault plays the story with the nth call going wrong. It reports false where the story makes no n calls.
func fault(t *testing.T, kind string, how storetest.Fault, n int,
	story func(w *world, id store.ScreeningID)) (hit bool) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := new(storetest.Faults)
		w := newWorld(t, func(w *world) {
			w.faults, w.lookEvery, w.queries = f, 10*time.Second,
				store.Schedule{25 * time.Second, 35 * time.Second, time.Minute, 3 * time.Minute, 30 * time.Minute}
		})
		defer w.close()
		id := storetest.Screening(t, w.store, 5, 10)
		w.prepare = func() {
			if kind == "database" {
				f.Arm(n, how)
			} else {
				w.wire.arm(n, how)
			}
		}
		story(w, id)
		_, what := f.Calls()
		if kind == "HTTP" {
			what = w.wire.hit
		}
		hit = what != ""
		w.wire.arm(0, 0)
		if f.Dead() {
			w.died()
		}
		f.Revive()
		if w.after != nil {
			w.after()
		}
		for range 120 { // all that can be known is known after two hours, and mostly much sooner
			if pass(time.Minute); w.idle() {
				break
			}
		}
		w.sound()
		w.nothingWaits()
		if w.want != nil {
			w.want()
		}
		if t.Failed() {
			t.Fatalf("%s call %d went wrong (%d): %s", kind, n, how, what)
		}
	})
	return hit
}

// idle reports whether nothing is left to be done.
func (w *world) idle() bool {
	w.t.Helper()
	due, err := w.store.Jobs().NextDue(context.Background(), store.PushQuery, store.TransactionStatus, store.Reversal)
	open, err2 := w.store.Money().OpenCallbacks(context.Background(), w.store.Now(), 1)
	if err := errors.Join(err, err2); err != nil {
		w.t.Fatalf("%v", err)
	}
	return due == 0 && len(open) == 0
}

// nothingWaits fails the test where a ticket is still waiting, or holds seats without a prompt.
func (w *world) nothingWaits() {
	w.t.Helper()
	cases, err := w.store.Money().OpenItems(context.Background(), store.ItemFilter{})
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	for _, c := range cases {
		if c.Kind == store.ItemPush && c.State == string(store.PushSending) {
			w.t.Errorf("push %d is still being sent", c.ID)
		}
	}
	due, err := w.store.Jobs().NextDue(context.Background(), store.PushQuery, store.TransactionStatus, store.Reversal)
	if err != nil || due != 0 && due < w.store.Now() {
		w.t.Errorf("something has been due since %v, %v", due.Time(), err)
	}
}

// TestFaultsFromBookingToPaid: whatever call goes wrong on the way from the form to the ticket, the books agree with
// M-PESA.
func TestFaultsFromBookingToPaid(t *testing.T) {
	t.Parallel()
	sweep(t, func(w *world, id store.ScreeningID) {
		phone := "254712345678"
		w.daraja.SetScript(phone, sim.Script{AnswerAfter: time.Second, Result: "0", ResultAfter: 3 * time.Second})
		w.prepare()
		var placedErr error
		for range 2 { // a customer who is told of an error sends the form again
			if _, placedErr = w.service.Book(context.Background(), booking(id, phone, 2, "sweep")); placedErr == nil ||
				w.faults.Dead() {
				break
			}
		}
		pass(6 * time.Second)
	})
}

// TestFaultsFromRefundToRefunded: whatever call goes wrong on the way of a refund, it is made once, and the books
// agree.
func TestFaultsFromRefundToRefunded(t *testing.T) {
	t.Parallel()
	sweep(t, func(w *world, id store.ScreeningID) {
		phone := "254712345678"
		w.daraja.SetScript(phone, sim.Script{Result: "0", ResultAfter: time.Second})
		placed, err := w.service.Book(context.Background(), booking(id, phone, 2, "sweep"))
		if err != nil {
			w.t.Fatalf("%v", err)
		}
		pass(5 * time.Second)
		tk := w.ticket(placed.Ticket.Secret)
		if tk.Status != store.Paid || tk.Receipt == "" {
			w.t.Fatalf("before the refund the ticket is %s %s", state(tk), tk.Receipt)
		}
		w.prepare()
		refund := func() error {
			_, err := w.store.Money().RequestRefund(context.Background(), store.NewRefund{
				Receipt: tk.Receipt, By: "test",
			})
			return err
		}
		for range 2 { // the operator sees an error, and asks again
			if err := refund(); err == nil || w.faults.Dead() {
				break
			}
		}
		pass(35 * time.Second) // in which everything that is done now and then has had its turn
		w.after = func() {
			if err := refund(); err != nil {
				if _, is := errors.AsType[*store.Refusal](err); !is {
					w.t.Errorf("refund after recovery: %v", err)
				}
			}
		}
		w.want = func() {
			got := w.ticket(placed.Ticket.Secret)
			refunds, err := w.store.Money().OpenItems(context.Background(), store.ItemFilter{
				All: true, Receipt: tk.Receipt,
			})
			if err != nil || len(refunds) != 1 || refunds[0].State != string(store.PaymentRefunded) ||
				got.VoidedAt == 0 {
				w.t.Errorf("after recovery: %s, %+v, %v", state(got), refunds, err)
			}
			if n := w.reversals(tk.Receipt); n != 1 {
				w.t.Errorf("M-PESA gave the money back %d times", n)
			}
		}
	})
}

func (w *world) reversals(receipt string) (n int) {
	for _, e := range w.daraja.Ledger() {
		if e.Receipt == receipt && e.Reversed {
			n++
		}
	}
	return n
}
