package sim_test

import (
	"net/http"
	"testing"
	"testing/synctest"
)

func TestQueryInFlight(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		id := w.push(phone, 10)
		for range 2 { // the three shapes come round again
			w.wantFault(w.query(id), http.StatusInternalServerError, "500.001.1001",
				"The transaction is being processed")
			a := w.query(id)
			if body := a.json(w.T); a.status != http.StatusOK || body["ResultCode"] != "4999" ||
				body["ResponseCode"] != "0" {
				w.Errorf("HTTP %d %s, want ResultCode 4999", a.status, a.body)
			}
			a = w.query(id)
			w.wantFault(a, http.StatusOK, "500.001.1001", "")
			if a.json(w.T)["requestId"] != id {
				w.Errorf("requestId of %s, want %s", a.body, id)
			}
		}
	})
}

func TestQueryFinal(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		for _, test := range []struct {
			phone, code, desc string
			act               func(phone string) error
		}{
			{"254712345670", "0", "The service request is processed successfully.",
				func(p string) error { return w.sim.PIN(p, "4321") }},
			{"254712345671", "2001", "The initiator information is invalid.",
				func(p string) error { return w.sim.PIN(p, "0000") }},
			{"254712345672", "1032", "Request cancelled by user", w.sim.Cancel},
			{"254712345673", "1037", "DS timeout user cannot be reached.", w.sim.Expire},
		} {
			id := w.push(test.phone, 10)
			merchant := w.sim.Pushes(test.phone)[0].MerchantRequestID
			if err := test.act(test.phone); err != nil {
				w.Fatal(err)
			}
			for turn := 1; turn <= 10; turn++ {
				a := w.query(id)
				if turn%5 == 0 { // a finished one, too, is now and then answered so
					w.wantFault(a, http.StatusInternalServerError, "500.001.1001", "The transaction is being processed")
					continue
				}
				want := `{"ResponseCode":"0",` +
					`"ResponseDescription":"The service request has been accepted successsfully",` +
					`"MerchantRequestID":"` + merchant + `","CheckoutRequestID":"` + id + `",` +
					`"ResultCode":"` + test.code + `","ResultDesc":"` + test.desc + `"}`
				if a.status != http.StatusOK || a.body != want {
					w.Errorf("query %d: HTTP %d %s, want %s", turn, a.status, a.body, want)
				}
			}
		}
		synctest.Wait()
		if n := len(w.received()); n != 4 {
			w.Errorf("%d callbacks, want 4: a query must not cause any", n)
		}
	})
}

func TestQueryRefusals(t *testing.T) {
	w := newWorld(t, nil)
	w.wantFault(w.query("ws_CO_020120260304051708374149"), http.StatusInternalServerError, "500.001.1001",
		"The transaction does not Exist")
	w.wantFault(w.query(""), http.StatusBadRequest, "400.002.02", "Bad Request - Invalid CheckoutRequestID")
	if got := w.sim.Totals().Queries; got != 1 {
		t.Errorf("%d queries counted, want the one that was well formed", got)
	}
}
