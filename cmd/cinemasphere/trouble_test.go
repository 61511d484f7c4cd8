package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
)

// trouble is the real program, which something that it needs fails under load.
type trouble struct {
	*testing.T
	dir        string // of the program
	env        []string
	daraja     *sim.Sim
	screenings []store.ScreeningID
	crowd      *crowdOfBuyers
	p          *process
}

// newTrouble is one whose Daraja is at the base, with screenings to sell. Deadlines are short, and M-PESA is asked soon
// and often.
func newTrouble(t *testing.T, daraja *sim.Sim, base string, screenings []store.ScreeningID) *trouble {
	t.Helper()
	addr := freeAddr(t)
	return &trouble{
		T: t, dir: t.TempDir(), daraja: daraja, screenings: screenings,
		env: []string{"ADDR=" + addr, "MPESA_ENV=simulator", "MPESA_BASE_URL=" + base, "LOG_LEVEL=warn", "HOLD=8s",
			"RETRY_HOLD=1s", "QUERY_SCHEDULE=1s,2s,3s,4s,6s,8s,10s,12s,14s,16s,18s,20s", "QUERY_RATE=100"},
		crowd: &crowdOfBuyers{base: "http://" + addr, daraja: daraja, screenings: screenings,
			stop: make(chan struct{})},
	}
}

// sells waits until the crowd has bought some more tickets.
func (d *trouble) sells(what string) {
	d.Helper()
	d.sellsWithin(40*time.Second, what)
}

func (d *trouble) sellsWithin(most time.Duration, what string) {
	d.Helper()
	before := d.crowd.booked.Load()
	eventually(d.T, most, what, func() bool { return d.crowd.booked.Load() > before+50 })
}

// customer buys a ticket whose prompt is answered so long after, and returns its secret.
func (d *trouble) customer(phone string, after time.Duration) string {
	d.Helper()
	d.daraja.SetScript(phone, sim.Script{Result: "0", ResultAfter: after})
	return bookedNow(d.T, d.p.base, d.screenings[0], phone)
}

func (d *trouble) get(path string) (status int, body string) {
	d.Helper()
	resp, err := http.Get(d.p.base + path)
	if err != nil {
		d.Fatal(err)
	}
	defer shut(d.T, resp.Body)
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		d.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// shows reports whether a ticket's page is served, and shows a valid ticket.
func (d *trouble) shows(secret string) bool {
	d.Helper()
	status, page := d.get("/tickets/" + secret)
	if status != http.StatusOK {
		d.Errorf("a ticket's page: %d", status)
	}
	return strings.Contains(page, "Show this at the door")
}

// delivered are the answers that M-PESA had to its callbacks about prompts on a phone, or "" for any.
func (d *trouble) delivered(phone string) (statuses []int) {
	for _, p := range d.daraja.Pushes(phone) {
		for _, delivery := range p.Deliveries {
			statuses = append(statuses, delivery.Status)
		}
	}
	return statuses
}

// sound looks through the books once all is known: nothing that M-PESA or a customer was told is untrue.
func (d *trouble) sound(database string) {
	d.Helper()
	st, err := store.Open(d.Context(), store.Options{Path: database, Existing: true})
	if err != nil {
		d.Fatal(err)
	}
	defer shut(d.T, st)
	settled(d.T, st, d.daraja)
	d.crowd.toldTrue(d.T, st)
	if n := d.crowd.failed.Load(); n > 0 {
		d.Errorf("%d bookings had an answer that is neither yes nor no, such as %s", n, d.crowd.failure.Load())
	}
	unkept := 0
	for _, status := range d.delivered("") {
		if status != http.StatusOK {
			unkept++
		}
	}
	d.Logf("%d bookings, %d times turned away, M-PESA took %d payments, %d callbacks were not kept",
		d.crowd.booked.Load(), d.crowd.busy.Load(), d.daraja.Totals().Paid, unkept)
}
