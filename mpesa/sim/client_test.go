package sim_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa"
	"cinemasphere/mpesa/sim"
)

// The client that production uses meets every scenario.
func TestClientAgainstScenarios(t *testing.T) {
	type refusal struct {
		kind   mpesa.Kind
		locked bool
	}
	refusals := map[string]refusal{
		"408": {mpesa.KindAmbiguous, false}, "403": {mpesa.KindAmbiguous, false},
		"429": {mpesa.KindBusy, false}, "423": {mpesa.KindBusy, true},
	}
	inBubble(t, nil, func(w *world) {
		client, err := mpesa.New(mpesa.Config{
			BaseURL: "https://daraja.test", ConsumerKey: "key", ConsumerSecret: "secret", Passkey: passkey,
			Shortcode: shortcode, Till: till, Transport: w.client.Transport,
		})
		if err != nil {
			w.Fatal(err)
		}
		for _, sc := range sim.Scenarios() {
			answer, err := client.STKPush(context.Background(), mpesa.Push{
				Amount: 1350, Phone: mpesa.MSISDN(sc.Example()), CallbackURL: "https://cinema.test/cb/" + sc.Suffix,
				Reference: "K7QX2M", Description: "Tickets",
			})
			want, refused := refusals[sc.Suffix]
			var fault *mpesa.Error
			switch {
			case !refused && (err != nil || answer.CheckoutRequestID == ""):
				w.Errorf("…%s: %+v, %v, want it accepted", sc.Suffix, answer, err)
			case refused && (!errors.As(err, &fault) || fault.Kind != want.kind || fault.Locked != want.locked):
				w.Errorf("…%s: error %v, want %+v", sc.Suffix, err, want)
			}
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		reported := map[string]bool{}
		for _, c := range w.received() {
			cb, err := mpesa.ParseCallback([]byte(c.body))
			if err != nil {
				w.Errorf("callback %s: %v", c.body, err)
			}
			if cb.Code == mpesa.Success {
				reported[cb.Receipt] = true
			}
		}
		untold := 0
		for _, e := range w.sim.Ledger() {
			if !reported[e.Receipt] {
				untold++
			}
		}
		if paid := len(w.sim.Ledger()); paid != 8 || untold != 1 {
			w.Errorf("%d payments, %d of them untold; want 8, and only that of …404 untold", paid, untold)
		}
	})
}

func TestClientAsksAgain(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		client, err := mpesa.New(mpesa.Config{
			BaseURL: "https://daraja.test", ConsumerKey: "key", ConsumerSecret: "secret", Passkey: passkey,
			Shortcode: shortcode, Transport: w.client.Transport,
		})
		if err != nil {
			w.Fatal(err)
		}
		w.sim.RevokeToken()
		push, err := client.STKPush(context.Background(), mpesa.Push{
			Amount: 1, Phone: phone, CallbackURL: "https://cinema.test/cb/x", Reference: "A", Description: "B",
		})
		if err != nil {
			w.Fatal(err)
		}
		w.sim.RevokeToken() // the client logs in again by itself
		for range 3 {
			if got, err := client.STKQuery(context.Background(), push.CheckoutRequestID); err != nil ||
				got.Class != mpesa.ClassPending {
				w.Errorf("in flight: %+v, %v", got, err)
			}
		}
		if err := w.sim.Cancel(phone); err != nil {
			w.Fatal(err)
		}
		if got, err := client.STKQuery(context.Background(), push.CheckoutRequestID); err != nil ||
			got.ResultCode != "1032" {
			w.Errorf("cancelled: %+v, %v", got, err)
		}
	})
}
