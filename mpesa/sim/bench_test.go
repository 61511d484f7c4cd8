package sim_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"cinemasphere/mpesa/sim"
)

// BenchmarkPush is a push that pays by itself, from the request to its callback, without sockets.
func BenchmarkPush(b *testing.B) {
	var calls atomic.Int64
	s := sim.New(sim.Config{
		ConsumerKey: "key", ConsumerSecret: "secret", Passkey: passkey, Shortcode: shortcode,
		Default:  sim.Script{Result: "0"},
		Callback: sim.InProcess(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) })),
	})
	w := &world{T: new(testing.T), sim: s, client: &http.Client{Transport: sim.InProcess(s.Handler())}}
	w.token = w.newToken()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		w.push("2547"+itoa(10_000_500+n%80_000*1000), 1)
	}
	s.Close()
	if got := s.Totals(); got.Accepted != n || got.Paid > n {
		b.Errorf("totals %+v after %d pushes", got, n)
	}
}
