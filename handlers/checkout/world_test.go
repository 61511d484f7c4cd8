package checkout_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
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
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// world is a cinema with its books, its counter and a Daraja, all in one synctest bubble: hours pass in milliseconds.
type world struct {
	t       tester
	store   *store.Store
	daraja  *sim.Sim
	service *checkout.Service
	hook    atomic.Pointer[checkout.Service] // who hears callbacks at this moment: nobody while a process is dead
	stop    func()
	path    string
}

// newWorld opens a cinema; the caller closes it.
func newWorld(t tester) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "checkout")
	if err != nil {
		t.Fatalf("%v", err)
	}
	w := &world{t: t, path: filepath.Join(dir, "books.db")}
	w.daraja = sim.New(sim.Config{
		ConsumerKey: "key", ConsumerSecret: "secret", Passkey: "passkey", Shortcode: "174379",
		Callback: sim.InProcess(http.HandlerFunc(w.callback)),
	})
	w.open()
	return w
}

// open starts the counter on the books, as a process does that has just come up.
func (w *world) open() {
	w.t.Helper()
	st, err := store.Open(context.Background(), store.Options{Path: w.path, Environment: store.Simulator})
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	client, err := mpesa.New(mpesa.Config{
		BaseURL: "http://daraja.test", ConsumerKey: "key", ConsumerSecret: "secret", Passkey: "passkey", Shortcode: "174379",
		Transport: sim.InProcess(w.daraja.Daraja()),
	})
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	w.store = st
	w.service = checkout.New(st, client, checkout.Config{CallbackURL: "https://cinema.test/cb", Signing: "signing key"})
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
		if err := st.Close(); err != nil {
			w.t.Errorf("close books: %v", err)
		}
	}
}

// restart ends the process and starts another on the same books.
func (w *world) restart() {
	w.stop()
	w.open()
}

func (w *world) close() {
	w.daraja.Close()
	w.stop()
	if err := os.RemoveAll(filepath.Dir(w.path)); err != nil {
		w.t.Errorf("%v", err)
	}
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
	if _, err := service.Receive(r.Context(), checkout.Delivery{Token: token, Source: "test", Body: body}); err != nil {
		http.Error(rw, "not kept", http.StatusServiceUnavailable)
	}
}

// pass lets time go by.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func (w *world) ticket(secret string) *store.Ticket {
	w.t.Helper()
	tk, err := w.store.TicketBySecret(context.Background(), secret)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	return tk
}

// sound fails the test where the books break a rule, or disagree with what M-PESA took.
func (w *world) sound() {
	w.t.Helper()
	ctx := context.Background()
	audit, err := checkout.Check(ctx, w.store)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	for _, line := range audit.Wrong {
		w.t.Errorf("%s", line)
	}
	var ledger []storetest.Taken
	for _, e := range w.daraja.Ledger() {
		ledger = append(ledger, storetest.Taken{Receipt: e.Receipt, Amount: store.Shillings(e.Amount), Token: path.Base(e.CallbackURL)})
	}
	differ, err := storetest.Compare(ctx, w.store, ledger)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	for _, line := range differ {
		w.t.Errorf("%s", line)
	}
}

func booking(id store.ScreeningID, phone string, n int, key string) checkout.Booking {
	return checkout.Booking{ScreeningID: id, Name: "Wanjiru Kamau", Phone: phone, Quantity: n, Key: "test:" + key}
}

func bubble(t *testing.T, f func(t *testing.T, w *world, id store.ScreeningID)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		f(t, w, storetest.Screening(t, w.store, 5, 10))
	})
}
