package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cinemasphere/mpesa/sim"
)

// heldDaraja is the simulator behind a door: it takes a push, and answers it, only once the door is open. It is paid a
// second later.
type heldDaraja struct {
	base   string
	answer chan struct{} // closed to let answers through
}

func slowDaraja(t *testing.T) *heldDaraja {
	t.Helper()
	s := sim.New(sim.Config{ConsumerKey: demoKey, ConsumerSecret: demoSecret, Passkey: demoPasskey,
		Shortcode: demoShortcode,
		Default:   sim.Script{Result: "0", ResultAfter: time.Second}})
	t.Cleanup(s.Close)
	d := &heldDaraja{answer: make(chan struct{})}
	inner := s.Daraja()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "stkpush/") {
			<-d.answer
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	d.base = srv.URL
	return d
}
