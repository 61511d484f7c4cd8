package sim_test

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"cinemasphere/mpesa/sim"
)

// What M-PESA took and gave back can be compared with what a product believes.
func ExampleSim_Ledger() {
	daraja := sim.New(sim.Config{
		ConsumerKey: "key", ConsumerSecret: "secret", Passkey: "passkey", Shortcode: "174379",
		Callback: sim.InProcess(http.NotFoundHandler()), // the product
		Now:      func() time.Time { return time.Date(2026, time.November, 6, 12, 30, 0, 0, time.UTC) },
		Rand:     strings.NewReader("thirty-two bytes, always the same"),
	})
	defer daraja.Close()

	for _, amount := range []int{1350, 700} {
		if _, err := daraja.PayByHand(sim.HandPayment{
			Phone: "254712345678", To: "174379", Account: "K7QX2M", Amount: amount, PIN: "1234",
		}); err != nil {
			fmt.Println(err)
		}
	}
	daraja.Reverse(daraja.Ledger()[1].Receipt) // by hand: nobody is told

	for _, e := range daraja.Ledger() {
		fmt.Println(e.Kind, e.Amount, "for", e.Reference, "reversed:", e.Reversed)
	}
	totals := daraja.Totals()
	fmt.Println(totals.PaidAmount, "taken,", totals.ReversedAmount, "back,", totals.Net(), "net")
	// Output:
	// c2b 1350 for K7QX2M reversed: false
	// c2b 700 for K7QX2M reversed: true
	// 2050 taken, 700 back, 1350 net
}

// Half an hour in which nothing answers, and what M-PESA has to say comes when it is over.
func ExampleSim_AddOutage() {
	daraja := sim.New(sim.Config{ConsumerKey: "key", ConsumerSecret: "secret", Passkey: "passkey", Shortcode: "174379"})
	defer daraja.Close()
	daraja.AddOutage(sim.Outage{For: 30 * time.Minute, Answer: sim.AnswerRefused, HoldCallbacks: true})

	client := &http.Client{Transport: sim.InProcess(daraja.Daraja())}
	_, err := client.Get("https://daraja.test/oauth/v1/generate?grant_type=client_credentials")
	fmt.Println(err)
	// Output:
	// Get "https://daraja.test/oauth/v1/generate?grant_type=client_credentials": dial tcp: connection refused
}
