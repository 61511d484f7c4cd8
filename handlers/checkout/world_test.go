package checkout_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// tester is what testing.TB and rapid.T have in common.
type tester = storetest.Tester

// world is a cinema with its books, its counter and a Daraja, all in one synctest bubble: hours pass in milliseconds.
type world struct {
	t       tester
	store   *store.Store
	daraja  *sim.Sim
	service *checkout.Service
	// who hears callbacks at this moment: nobody while a process is dead
	hook    atomic.Pointer[checkout.Service]
	stop    func()
	path    string
	remove  func()         // the books, once they are closed
	wire    *wire          // between the cinema and Daraja
	queries store.Schedule // nil is the usual one
	// how often callbacks that nothing was made of are looked for; 0 is the usual
	callbackEvery        time.Duration
	lookEvery            time.Duration     // how soon what was written from elsewhere is seen
	faults               *storetest.Faults // of the database, nil for none
	client               *mpesa.Client
	books                atomic.Pointer[store.Store] // store, for those who run beside a restart
	rand                 io.Reader                   // the simulator's, nil for chance itself
	till                 bool                        // the cinema has a till, not a paybill
	pull                 bool                        // the cinema looks through Pull Transactions
	autoRefund           bool                        // what is due back goes back by itself
	keep                 int                         // months for which customers are kept; 0 is for ever
	noInitiator          bool                        // M-PESA cannot be asked about receipts
	prepare, after, want func()                      // of a story in which something goes wrong

	garble atomic.Pointer[func(kind store.CallbackKind, body []byte) []byte] // what becomes of callbacks on their way
}

// newWorld opens a cinema; the caller closes it.
func newWorld(t tester, options ...func(*world)) *world {
	t.Helper()
	w := &world{t: t, wire: &wire{}, lookEvery: time.Minute}
	w.path, w.remove = storetest.Books(t)
	for _, f := range options {
		f(w)
	}
	w.wire.die = func() {
		if w.faults != nil {
			w.faults.Die()
		}
	}
	w.daraja = sim.New(sim.Config{
		ConsumerKey: "key", ConsumerSecret: "secret", Passkey: "passkey", Shortcode: "174379", Till: w.tillNumber(),
		Rand:     w.rand,
		Callback: sim.InProcess(http.HandlerFunc(w.callback)),
	})
	w.open()
	return w
}

// open starts the counter on the books, as a process does that has just come up.
func (w *world) open() {
	w.t.Helper()
	o := store.Options{Path: w.path, Environment: store.Simulator, Queries: w.queries}
	if w.faults != nil {
		o.Wrap = w.faults.Wrap
	}
	st, err := store.Open(context.Background(), o)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	client, err := mpesa.New(mpesa.Config{
		BaseURL: "http://daraja.test", ConsumerKey: "key", ConsumerSecret: "secret", Passkey: "passkey",
		Shortcode: "174379", Till: w.tillNumber(), Transport: lossy{w.wire, sim.InProcess(w.daraja.Daraja())},
		InitiatorName: "initiator", SecurityCredential: "c2VhbGVk",
	})
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	w.store, w.client = st, client
	w.books.Store(st)
	w.service = checkout.New(st, client, checkout.Config{
		CallbackURL: "https://cinema.test/cb", Signing: "signing key", Shortcode: "174379", Till: w.tillNumber(),
		Initiator: !w.noInitiator, LookEvery: w.lookEvery, CallbackEvery: w.callbackEvery, AutoRefund: w.autoRefund,
		CheckPaid: true, Pull: w.pull, KeepCustomers: w.keep,
	})
	if err := w.service.Start(context.Background()); err != nil {
		w.t.Fatalf("%v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.service.Run(ctx) }()
	w.hook.Store(w.service)
	w.stop = func() {
		w.hook.Store(nil)
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("run: %v", err)
		}
		if err := st.Close(); err != nil && (w.faults == nil || !w.faults.Dead()) {
			w.t.Errorf("close books: %v", err)
		}
	}
}

func (w *world) tillNumber() string {
	if w.till {
		return "600200"
	}
	return ""
}

// died lets a process that died be gone, and another start on its books.
func (w *world) died() {
	w.stop()
	w.faults.Revive()
	w.open()
}

// restart ends the process and starts another on the same books.
func (w *world) restart() {
	w.stop()
	w.open()
}

// night lets hours go by in which the program does not run.
func (w *world) night(d time.Duration) {
	w.stop()
	pass(d)
	w.open()
}

func (w *world) close() {
	w.daraja.Close()
	w.stop()
	w.remove()
}

// callback is the hook that Safaricom calls.
func (w *world) callback(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(rw, "unreadable", http.StatusBadRequest)
		return
	}
	token := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	service := w.hook.Load()
	if service == nil {
		http.Error(rw, "nobody is there", http.StatusBadGateway)
		return
	}
	kind := store.CallbackSTK
	if parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/"); len(parts) == 3 {
		kind = store.CallbackKind(strings.ReplaceAll(parts[1], "-", "_"))
		if parts[1] == "check" {
			kind = store.CallbackValidation
		}
		if parts[1] == "paid" {
			kind = store.CallbackC2B
		}
	}
	if garble := w.garble.Load(); garble != nil && *garble != nil {
		body = (*garble)(kind, body)
	}
	err = w.wire.around(r.URL.Path, func() error {
		_, err := service.Receive(r.Context(), checkout.Delivery{Kind: kind, Token: token, Source: "test", Body: body})
		return err
	})
	if err != nil {
		http.Error(rw, "not kept", http.StatusServiceUnavailable)
	}
}

// pass lets time go by.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// asked is how often Daraja was queried about pushes.
func (w *world) asked() int { return w.daraja.Totals().Queries }

func (w *world) ticket(secret string) *store.Ticket {
	w.t.Helper()
	tk, err := w.store.Tickets().TicketBySecret(context.Background(), secret)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	return tk
}

// sound fails the test where the books break a rule, or disagree with what M-PESA took.
func (w *world) sound() {
	w.t.Helper()
	ctx := context.Background()
	audit, err := checkout.AuditBooks(ctx, w.store)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	for _, line := range audit.Wrong {
		w.t.Errorf("%s", line)
	}
	var ledger []storetest.Taken
	for _, e := range w.daraja.Ledger() {
		ledger = append(ledger, storetest.Taken{
			Receipt: e.Receipt, Amount: store.Shillings(e.Amount), Asked: store.Shillings(e.Asked), Token: e.Token,
			Reversed: e.Reversed, Returned: returned(e), Reported: shillings(e.Reported),
			ReturnReported: e.ReturnReported,
		})
	}
	differ, err := storetest.Compare(ctx, w.store, ledger)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	for _, line := range differ {
		w.t.Errorf("%s", line)
	}
}

// returned is how much of an entry went back.
func returned(e sim.Entry) store.Shillings {
	if e.Reversal == nil {
		return 0
	}
	return store.Shillings(e.Reversal.Amount)
}

func shillings(amounts []int) (out []store.Shillings) {
	for _, a := range amounts {
		out = append(out, store.Shillings(a))
	}
	return out
}

func booking(id store.ScreeningID, phone string, n int, key string) checkout.Booking {
	return checkout.Booking{ScreeningID: id, Name: "Wanjiru Kamau", Phone: phone, Quantity: n, Key: "test:" + key}
}

func bubble(t *testing.T, f func(t *testing.T, w *world, id store.ScreeningID)) {
	t.Helper()
	bubbleWith(t, func(*world) {}, f)
}

// inBubble plays a story on SQLite alone, as tables of many do.
func inBubble(t *testing.T, option func(*world), f func(t *testing.T, w *world, id store.ScreeningID)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, option)
		defer w.close()
		f(t, w, storetest.Screening(t, w.store, 5, 10))
	})
}

// bubbleWith plays a story in a cinema that the option has changed, on both databases.
func bubbleWith(t *testing.T, option func(*world), f func(t *testing.T, w *world, id store.ScreeningID)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, option)
			defer w.close()
			f(t, w, storetest.Screening(t, w.store, 5, 10))
		})
	})
}

// setGarble says what becomes of callbacks on their way from now on, nil for nothing.
func (w *world) setGarble(garble func(kind store.CallbackKind, body []byte) []byte) {
	w.garble.Store(&garble)
}
