package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"cinemasphere/store/storetest"
	"cinemasphere/store/storetest/needs"
	"cinemasphere/store/storetest/pgserver"
)

// line is a connection that can be slow, reset, or a black hole.
type line struct {
	t     *testing.T
	proxy *toxiproxy.Proxy
}

// newLine leads to an address.
func newLine(t *testing.T, to string) *line {
	t.Helper()
	l := &line{t, toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "line",
		"127.0.0.1:0", to)}
	if err := l.proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.proxy.Stop)
	return l
}

// addr is where the line begins.
func (l *line) addr() string { return l.proxy.Listen }

// suffers makes a share of the line's connections bad, open ones and new ones. The direction is upstream for what is
// asked, or downstream for what is answered.
func (l *line) suffers(direction, toxic string, share float64, attributes map[string]int) {
	l.t.Helper()
	text, err := json.Marshal(map[string]any{
		"stream": direction, "type": toxic, "toxicity": share, "attributes": attributes,
	})
	if err == nil {
		_, err = l.proxy.Toxics.AddToxicJson(bytes.NewReader(text))
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

// swallows makes a black hole of the line: nothing arrives, and no end is told.
func (l *line) swallows() {
	l.t.Helper()
	l.suffers("upstream", "timeout", 1, nil)
	l.suffers("downstream", "timeout", 1, nil)
}

// heals makes the line good. What was in a black hole is cut off.
func (l *line) heals() { l.proxy.Toxics.ResetToxics(context.Background()) }

// TestBadNetwork lets the lines between the program, Daraja and PostgreSQL be slow, reset connections and swallow what
// is sent, one after the other, under load. Whoever asks has an answer in time, sales go on by themselves once a line
// is good, and nothing that M-PESA or a customer was told is untrue.
func TestBadNetwork(t *testing.T) {
	needs.Program(t, "PostgreSQL", pgserver.Missing())
	t.Parallel()
	ctx := t.Context()
	server, err := pgserver.Start(ctx, pgserver.Options{TCP: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := server.Create(ctx, "cinema", ""); err != nil {
		t.Fatal(err)
	}
	books := newLine(t, server.Addr())
	safaricom, base := payingDaraja(t)
	daraja := newLine(t, strings.TrimPrefix(base, "http://"))
	d := newTrouble(t, safaricom, "http://"+daraja.addr(), stockForKills(t, server.URL("cinema")))
	callbacks := newLine(t, strings.TrimPrefix(d.crowd.base, "http://"))
	d.env = append(d.env, "BASE_URL=http://"+callbacks.addr(),
		"DATABASE_URL=postgres://postgres@"+books.addr()+"/cinema?sslmode=disable")
	d.p = start(t, d.dir, d.env...)
	d.p.checked = true // they are looked through below
	d.crowd.come(8)
	d.sells("bookings are taken")

	began := time.Now()
	step := func(what string) { t.Logf("%s: %s", time.Since(began).Round(time.Second), what) }
	step("all lines are slow")
	for l, slow := range map[*line]int{daraja: 300, callbacks: 300, books: 15} {
		l.suffers("upstream", "latency", 1, map[string]int{"latency": slow / 2, "jitter": slow / 3})
		l.suffers("downstream", "latency", 1, map[string]int{"latency": slow / 2, "jitter": slow / 3})
	}
	d.sells("bookings are taken on slow lines")
	for _, l := range []*line{daraja, callbacks, books} {
		l.heals()
	}

	step("Daraja resets connections")
	unclear := func() int { return strings.Count(d.p.log.String(), "kind=ambiguous") }
	before := unclear()
	daraja.suffers("downstream", "reset_peer", 0.3, map[string]int{"timeout": 5})
	eventually(t, 30*time.Second, "pushes fail", func() bool { return unclear() > before+10 })
	daraja.heals()
	d.sells("bookings are taken once Daraja resets none")

	step("Daraja is a black hole")
	daraja.swallows()
	d.answers("while Daraja says nothing", 6*time.Second, http.StatusAccepted)
	eventually(t, 30*time.Second, "no more are taken", func() bool {
		status, _ := d.get("/api/movies")
		return d.paused() && status == http.StatusOK
	})
	d.answers("while Daraja says nothing for long", time.Second, http.StatusServiceUnavailable)
	daraja.heals()
	// A prompt that tries may be out for thirty seconds, in vain; then the pause is of up to a minute.
	d.sellsWithin(150*time.Second, "bookings are taken once Daraja answers")

	step("M-PESA's callbacks are swallowed")
	callbacks.swallows()
	unheard := d.customer(storetest.Phone(81_000), 0)
	eventually(t, 20*time.Second, "M-PESA was asked what it could not tell", func() bool { return d.shows(unheard) })
	callbacks.heals()

	step("PostgreSQL resets connections")
	reset := func() int { return strings.Count(d.p.log.String(), "connection reset by peer") }
	before = reset()
	books.suffers("downstream", "reset_peer", 1, map[string]int{"timeout": 5})
	d.answers("while PostgreSQL resets connections", 15*time.Second, http.StatusServiceUnavailable)
	eventually(t, 30*time.Second, "it is told why", func() bool { return reset() > before })
	books.heals()
	d.sells("bookings are taken once PostgreSQL resets none")

	step("PostgreSQL is a black hole")
	books.swallows()
	asked := time.Now()
	if status, text := d.get("/healthz"); status != http.StatusServiceUnavailable || time.Since(asked) > 4*time.Second {
		t.Errorf("while PostgreSQL says nothing the program is said to be %d %s, after %s", status, text,
			time.Since(asked))
	}
	d.answers("while PostgreSQL says nothing", 25*time.Second, http.StatusServiceUnavailable)
	books.heals()
	d.sells("bookings are taken once PostgreSQL answers")
	step("all is well")

	d.crowd.leave()
	d.sound(server.URL("cinema"))
}

// answers looks whether somebody who books has one of these answers in time.
func (d *trouble) answers(when string, within time.Duration, want ...int) {
	d.Helper()
	began := time.Now()
	body := fmt.Sprintf(`{"screeningId":%d,"customerName":"Wanjiru","phoneNumber":%q,"quantity":1}`, d.screenings[1],
		storetest.Phone(82_000+int(d.crowd.number.Add(1))%1000))
	client := &http.Client{Timeout: time.Minute}
	resp, err := client.Post(d.p.base+"/api/make-payment", "application/json", strings.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	_ = resp.Body.Close()
	took := time.Since(began)
	if !slices.Contains(want, resp.StatusCode) || took > within {
		d.Errorf("%s a booking is answered %d after %s", when, resp.StatusCode, took)
	}
	if resp.StatusCode == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") == "" {
		d.Errorf("%s who books is not told when to come again", when)
	}
	d.Logf("%s a booking is answered %d after %s", when, resp.StatusCode, took.Round(time.Millisecond))
}

// paused reports whether bookings are turned away since Daraja does not answer.
func (d *trouble) paused() bool { return strings.Contains(d.p.log.String(), "daraja_down") }
