package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

var soak = flag.Duration("soak", time.Minute, "for how long TestSoak sells")

const (
	soakRate   = 20 // customers a second
	soakAtOnce = 16 // of them
	// What may come on top of what there was after the warm-up. A goroutine that is left behind by every booking is far
	// more after three quarters of a minute.
	soakGoroutines = 100
	soakLive       = 8 << 20  // bytes of memory in use after a collection of garbage, besides
	soakLiveEach   = 512      // bytes for each booking, which is found by its name
	soakResident   = 88 << 20 // bytes of the process: SQLite's caches fill up, 64 MiB to write and 2 for each reader
)

// vitals is how much of the machine the program has.
type vitals struct{ goroutines, live, resident float64 }

// readVitals reads them from the metrics.
func readVitals(t *testing.T, addr string) vitals {
	t.Helper()
	resp, err := http.Get("http://" + addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, resp.Body)
	found := map[string]float64{}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if name, value, is := strings.Cut(lines.Text(), " "); is {
			if n, err := strconv.ParseFloat(value, 64); err == nil {
				found[name] = n
			}
		}
	}
	v := vitals{found["go_goroutines"], found["go_gc_heap_live_bytes"], found["process_resident_memory_bytes"]}
	if lines.Err() != nil || v.goroutines == 0 || v.live == 0 || v.resident == 0 {
		t.Fatalf("metrics: %+v, %v", v, lines.Err())
	}
	return v
}

// settledVitals are the least of some seconds: what comes and goes does not count.
func settledVitals(t *testing.T, addr string) vitals {
	t.Helper()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	least := readVitals(t, addr)
	for range 20 {
		<-tick.C
		v := readVitals(t, addr)
		least = vitals{min(least.goroutines, v.goroutines), min(least.live, v.live), min(least.resident, v.resident)}
	}
	return least
}

func (v vitals) String() string {
	return fmt.Sprintf("%.0f goroutines, %.1f MiB live, %.1f MiB resident", v.goroutines, v.live/(1<<20),
		v.resident/(1<<20))
}

// TestSoak sells steadily for a minute, or for as long as -soak says: pages, bookings, callbacks and those that never
// come, questions to M-PESA, tickets looked at. In the end memory and goroutines are what they were after the warm-up,
// and the books are sound.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves this out: it takes a minute")
	}
	t.Parallel()
	daraja, safaricom := payingDaraja(t)
	database, metrics := storetest.Path(t), freeAddr(t)
	d := newTrouble(t, daraja, safaricom, stockForSoak(t, database))
	d.env = append(d.env, "DATABASE_URL="+database, "METRICS_ADDR="+metrics)
	d.p = start(t, d.dir, d.env...)
	d.p.checked = true // they are looked through below

	warm := max(15*time.Second, *soak/10)
	client := &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{MaxConnsPerHost: soakAtOnce, MaxIdleConnsPerHost: soakAtOnce},
	}
	var viewed atomic.Int64
	customers, all := make(chan struct{}), sync.WaitGroup{}
	for i := range soakAtOnce {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 3))
			for range customers {
				viewed.Add(d.visits(client, r))
			}
		})
	}
	stop := make(chan struct{})
	all.Go(func() {
		defer close(customers)
		tick := time.NewTicker(time.Second / soakRate)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				select {
				case customers <- struct{}{}:
				default: // all are busy
				}
			case <-stop:
				return
			}
		}
	})
	ends := time.NewTimer(*soak)
	defer ends.Stop()
	warmed := time.NewTimer(warm)
	defer warmed.Stop()
	<-warmed.C
	before, sold := settledVitals(t, metrics), d.crowd.booked.Load()
	t.Logf("after %s: %s", warm, before)
	<-ends.C
	after := settledVitals(t, metrics)
	booked := d.crowd.booked.Load()
	t.Logf("after %s: %s; %d bookings, %d pages", *soak, after, booked, viewed.Load())
	close(stop)
	all.Wait()

	if most := before.goroutines + soakGoroutines; after.goroutines > most {
		t.Errorf("%.0f goroutines, %.0f at most", after.goroutines, most)
	}
	if most := before.live + soakLive + soakLiveEach*float64(booked-sold); after.live > most {
		t.Errorf("%.0f bytes live, %.0f at most", after.live, most)
	}
	if most := before.resident + soakResident; after.resident > most {
		t.Errorf("%.0f bytes resident, %.0f at most", after.resident, most)
	}
	if wanted := int64(soak.Seconds() * soakRate / 2); booked < wanted || viewed.Load() < 4*booked {
		t.Errorf("%d bookings and %d pages, want %d at least", booked, viewed.Load(), wanted)
	}
	d.sound(database)
	d.crowd.noneRefused(t)
	if daraja.Totals().Queries == 0 {
		t.Error("M-PESA was never asked: the test does not test it")
	}
}

// stockForSoak makes books with more seats than are sold.
func stockForSoak(t *testing.T, database string) []store.ScreeningID {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Path: database, Environment: store.Simulator})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, st)
	const rows, seats = 20, 30
	ids := make([]store.ScreeningID, 8+int(soak.Seconds()*soakRate*3)/(rows*seats))
	for i := range ids {
		ids[i] = storetest.Screening(t, st, rows, seats)
	}
	return ids
}

// visits lets a customer look at the films, choose, book, and look at a ticket, and returns how many pages were served.
func (d *trouble) visits(client *http.Client, r *rand.Rand) (pages int64) {
	key, body := d.crowd.wants(r)
	screening := d.screenings[r.IntN(len(d.screenings))]
	for _, path := range []string{"/", fmt.Sprint("/screenings/", screening, "/book"), "/healthz", "/api/movies"} {
		pages += served(client, d.p.base+path)
	}
	for tries := 0; tries < 50 && !d.crowd.book(client, key, body); tries++ {
		<-time.After(100 * time.Millisecond)
	}
	secrets := d.crowd.someTickets(4)
	for _, secret := range secrets {
		pages += served(client, d.p.base+"/tickets/"+secret) + served(client, d.p.base+"/tickets/"+secret+"/status")
	}
	return pages
}

// someTickets are the secrets of so many tickets at most.
func (c *crowdOfBuyers) someTickets(n int) (secrets []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for secret := range c.told {
		if secrets = append(secrets, secret); len(secrets) == n {
			break
		}
	}
	return slices.Clip(secrets)
}

// served gets a page, and returns 1 where it is served.
func served(client *http.Client, url string) int64 {
	resp, err := client.Get(url)
	if err != nil {
		return 0
	}
	_, err = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK {
		return 0
	}
	return 1
}
