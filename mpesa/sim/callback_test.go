package sim_test

import (
	"net/http"
	"regexp"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa/sim"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestCallbackBytes(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		id := w.push(phone, 1350)
		time.Sleep(17 * time.Second)
		if err := w.sim.PIN(phone, "1234"); err != nil {
			w.Fatal(err)
		}
		synctest.Wait()
		p := w.sim.Pushes(phone)[0]
		calls := w.received()
		if len(calls) != 1 {
			w.Fatalf("%d callbacks, want 1", len(calls))
		}
		want := `{"Body":{"stkCallback":{"MerchantRequestID":"` + p.MerchantRequestID + `","CheckoutRequestID":"` +
			id + `",` +
			`"ResultCode":0,"ResultDesc":"The service request is processed successfully.",` +
			`"CallbackMetadata":{"Item":[{"Name":"Amount","Value":1350.00},{"Name":"MpesaReceiptNumber","Value":"` +
			p.Receipt + `"},{"Name":"Balance"},` +
			`{"Name":"TransactionDate","Value":20000101030017},{"Name":"PhoneNumber","Value":254712345678}]}}}}`
		if calls[0].body != want {
			w.Errorf("callback\n%s\nwant\n%s", calls[0].body, want)
		}
		if got := calls[0].path; got != "/cb/"+phone {
			w.Errorf("path %q", got)
		}
		for name, want := range map[string]string{
			"Content-Type": "application/json;charset=UTF-8", "Businessshortcode": shortcode,
		} {
			if got := calls[0].header.Get(name); got != want {
				w.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		// The year letter, L for 2017, goes round every 26 years: U in 2000. January is A, the 1st is 1.
		if !regexp.MustCompile(`^UA1[A-Z0-9]{7}$`).MatchString(p.Receipt) {
			w.Errorf("receipt %q", p.Receipt)
		}
		if len(p.Deliveries) != 1 || p.Deliveries[0].Status != 200 {
			w.Errorf("deliveries %+v", p.Deliveries)
		}
	})
}

func TestFailureCallbackBytes(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		id := w.push("254712345913", 1350)
		time.Sleep(time.Minute)
		merchant := w.sim.Pushes("254712345913")[0].MerchantRequestID
		want := `{"Body":{"stkCallback":{"MerchantRequestID":"` + merchant + `","CheckoutRequestID":"` + id + `",` +
			`"ResultCode":"SFC_IC0003","ResultDesc":"The operator does not exist."}}}`
		if calls := w.received(); len(calls) != 1 || calls[0].body != want {
			w.Errorf("callbacks %+v, want %s", calls, want)
		}
	})
}

func TestNoSecondDelivery(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.reply = http.StatusInternalServerError
		w.push("254712345001", 10)
		time.Sleep(24 * time.Hour)
		if n := len(w.received()); n != 1 {
			w.Errorf("%d callbacks to a product that answers 500, want 1", n)
		}
		if totals := w.sim.Totals(); totals.CallbacksFailed != 1 || totals.CallbacksOK != 0 || totals.PaidAmount != 10 {
			w.Errorf("totals %+v", totals)
		}
	})
}

func TestCallbackGivesUp(t *testing.T) {
	hang := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	inBubble(t, func(c *sim.Config) { c.Callback = sim.InProcess(hang) }, func(w *world) {
		w.push("254712345001", 10)
		time.Sleep(time.Minute)
		d := w.sim.Pushes("254712345001")[0].Deliveries
		if len(d) != 1 || d[0].Status != 0 || d[0].Error != "context deadline exceeded" ||
			d[0].At.Sub(w.born) != 13*time.Second {
			w.Errorf("deliveries %+v, want one given up 10 s after the result", d)
		}
	})
}

func TestReceiptsAreUnique(t *testing.T) {
	inBubble(t, func(c *sim.Config) { c.Default = sim.Script{Result: "0"} }, func(w *world) {
		seen := map[string]bool{}
		for i := range 500 {
			w.push("2547"+itoa(10000500+i*1000), 1)
		}
		synctest.Wait()
		for _, e := range w.sim.Ledger() {
			seen[e.Receipt] = true
		}
		if len(seen) != 500 {
			w.Errorf("%d different receipts, want 500", len(seen))
		}
	})
}

func TestCloseWaitsForDeliveriesAndStopsTimers(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		began, finish := make(chan struct{}), make(chan struct{})
		s := sim.New(sim.Config{
			ConsumerKey: "key", ConsumerSecret: "secret", Passkey: passkey, Shortcode: shortcode,
			Callback: sim.InProcess(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				close(began)
				<-finish
			})),
		})
		w.client = &http.Client{Transport: sim.InProcess(s.Daraja())}
		w.token = w.newToken()
		w.push("254712345001", 10)
		w.push("254712345300", 10)
		<-began
		synctest.Wait() // the second customer pays at the same moment
		closed := make(chan struct{})
		go func() { s.Close(); close(closed) }()
		synctest.Wait()
		select {
		case <-closed:
			w.Fatal("Close did not wait for the callback on its way")
		default:
		}
		close(finish)
		<-closed
		if got := s.Totals(); got.CallbacksOK != 1 || got.Paid != 2 {
			w.Errorf("totals %+v, want the first callback delivered, the late one not", got)
		}
		a, err := w.post(pushPath, pushFields(phone, 10))
		if err != nil {
			w.Fatal(err)
		}
		w.wantFault(a, 500, "500.003.02", "System is busy. Please try again in few minutes.")
	})
}
