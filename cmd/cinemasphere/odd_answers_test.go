package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cinemasphere/mpesa/sim"
)

// TestOddPushAnswers: whatever the answer to a push looks like, the id in it is kept, so that M-PESA can be asked.
// Their callbacks are all lost, and the tickets are paid.
func TestOddPushAnswers(t *testing.T) {
	t.Parallel()
	s := sim.New(sim.Config{ConsumerKey: demoKey, ConsumerSecret: demoSecret, Passkey: demoPasskey,
		Shortcode: demoShortcode,
		Default:   sim.Script{Result: "0", ResultAfter: time.Second, Callbacks: sim.NoCallback}})
	t.Cleanup(s.Close)
	inner := s.Daraja()
	answers := []struct {
		status   int
		old, new string
	}{
		{201, "", ""}, {200, `"ResponseCode":"0"`, `"ResponseCode":"00000000"`}, {200, `"ResponseCode":"0",`, ""},
		{500, "", ""}, {400, `"0"`, `"1"`},
	}
	var pushes atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "stkpush/") {
			inner.ServeHTTP(w, r)
			return
		}
		got := httptest.NewRecorder()
		inner.ServeHTTP(got, r)
		odd := answers[int(pushes.Add(1)-1)%len(answers)]
		w.WriteHeader(odd.status)
		if _, err := fmt.Fprint(w, strings.Replace(got.Body.String(), odd.old, odd.new, 1)); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(srv.Close)
	dir := t.TempDir()
	if out, err := subcommand(t, dir, "seed", "--mpesa-env=simulator"); err != nil {
		t.Fatal(err, out)
	}
	p := start(t, dir, "MPESA_ENV=simulator", "MPESA_BASE_URL="+srv.URL, "QUERY_SCHEDULE=3s,6s,9s,12s")
	c := p.customer()
	var tickets []page
	for n := range answers {
		tickets = append(tickets, c.book(fmt.Sprintf("07123456%02d", n+10), 1))
	}
	for n, ticket := range tickets {
		eventually(t, 30*time.Second, fmt.Sprintf("ticket %d of %+v is paid", n, answers[n]), func() bool {
			return strings.Contains(c.get(ticket.url.Path).Find("main").Text(), "Show this at the door")
		})
	}
}
