package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// roundRobin gives each request to the next of several instances, and to the one after it where that one is gone.
type roundRobin struct {
	next  atomic.Int64
	addrs []string
	asked []atomic.Int64
	gone  atomic.Int64 // how often one was
	http.Transport
}

func newRoundRobin(t *testing.T, addrs []string) (rr *roundRobin, base string) {
	rr = &roundRobin{
		addrs: addrs, asked: make([]atomic.Int64, len(addrs)), Transport: http.Transport{MaxIdleConnsPerHost: 64},
	}
	t.Cleanup(rr.CloseIdleConnections)
	front := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.Out.Host = r.In.Host; r.SetXForwarded() },
		Transport: rr,
		// It may have been done: whoever has a key for it may ask again.
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusServiceUnavailable)
		},
	})
	t.Cleanup(front.Close)
	return rr, front.URL
}

func (rr *roundRobin) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	var body []byte
	if req.Body != nil {
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	first := int(rr.next.Add(1))
	for i := range rr.addrs {
		n := (first + i) % len(rr.addrs)
		rr.asked[n].Add(1)
		out := req.Clone(req.Context())
		out.URL.Scheme, out.URL.Host = "http", rr.addrs[n]
		out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		if out.Body, err = out.GetBody(); err != nil {
			return nil, err
		}
		// Only where no connection was had: what went out may have been done.
		if resp, err = rr.Transport.RoundTrip(out); !errors.Is(err, syscall.ECONNREFUSED) {
			return resp, err
		}
		rr.gone.Add(1)
	}
	return nil, err
}

// TestThreeInstances runs three programs on one PostgreSQL behind a round-robin. Any of them takes any form, page and
// callback; when one is killed in the middle, and stays dead, the others do its work too. A log-in of one to M-PESA
// costs no other a booking.
func TestThreeInstances(t *testing.T) { storetest.OnPostgres(t, testThreeInstances) }

func testThreeInstances(t *testing.T) {
	daraja, safaricom := payingDaraja(t)
	database := storetest.Path(t)
	screenings := stockForKills(t, database)
	addrs := []string{freeAddr(t), freeAddr(t), freeAddr(t)}
	rr, front := newRoundRobin(t, addrs)
	instances := make([]*process, len(addrs))
	for i, addr := range addrs {
		instances[i] = launch(t, "", "ADDR="+addr, "BASE_URL="+front, "MPESA_ENV=simulator",
			"MPESA_BASE_URL="+safaricom, "DATABASE_URL="+database, "LOG_LEVEL=warn", "HOLD=20s", "RETRY_HOLD=2s",
			"QUERY_SCHEDULE=1s,2s,3s,4s,6s,8s,12s,18s,25s,40s", "QUERY_RATE=100")
	}
	for i, p := range instances {
		eventually(t, 30*time.Second, fmt.Sprint("instance ", i, " answers"), func() bool { return healthy(p.base) })
	}
	anySession(t, front, daraja)
	crowd := &crowdOfBuyers{base: front, daraja: daraja, screenings: screenings, stop: make(chan struct{})}
	crowd.come(8)
	eventually(t, time.Minute, "the crowd books", func() bool { return crowd.booked.Load() > 60 })
	st, err := store.Open(t.Context(), store.Options{Path: database, Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, st)
	endsHolds := func() string {
		holder, err := st.Jobs().Holder(t.Context(), "holds")
		if err != nil {
			t.Fatal(err)
		}
		return holder
	}
	// The one that ends the holds: its lease must not outlive it.
	var holder string
	eventually(t, time.Minute, "somebody ends holds", func() bool { holder = endsHolds(); return holder != "" })
	dead := slices.IndexFunc(instances, func(p *process) bool {
		return strings.Contains(holder, fmt.Sprintf(" pid %d ", p.cmd.Process.Pid))
	})
	if dead < 0 {
		t.Fatalf("holds are ended by %q", holder)
	}
	_ = instances[dead].end(syscall.SIGKILL)
	daraja.RevokeToken()
	before := crowd.booked.Load()
	eventually(t, time.Minute, "the crowd books on", func() bool { return crowd.booked.Load() > before+60 })
	crowd.leave()
	settled(t, st, daraja)
	crowd.toldTrue(t, st)
	if now := endsHolds(); now == holder {
		t.Errorf("holds are still %q's, which is dead", now)
	}
	crowd.noneRefused(t)
	for _, p := range instances {
		for line := range strings.Lines(p.log.String()) {
			if strings.Contains(line, "kind=token") {
				t.Errorf("M-PESA took no token: %s", line)
			}
		}
	}
	if rr.gone.Load() == 0 {
		t.Error("nobody was sent to the one that is gone: the test does not test it")
	}
	for i := range rr.asked {
		if rr.asked[i].Load() == 0 {
			t.Errorf("instance %d was never asked", i)
		}
	}
	t.Logf("%d bookings, M-PESA took %d payments, %d log-ins", crowd.booked.Load(), daraja.Totals().Paid,
		daraja.Totals().Tokens)
}

func healthy(base string) bool {
	resp, err := http.Get(base + "/healthz")
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// anySession books with a browser whose every request goes to another instance, pays, and sees the ticket.
func anySession(t *testing.T, front string, daraja *sim.Sim) {
	t.Helper()
	c := (&process{t: t, base: front}).customer()
	phone := storetest.Phone(400_000)
	daraja.SetScript(phone, sim.Script{}) // asks on the handset
	p := c.book(phone, 2)
	if err := daraja.PIN(phone, "1234"); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "the ticket is paid", func() bool {
		return c.get(p.url.Path).Find("[data-state=Paid]").Length() == 1
	})
}
