package main

import (
	"io"
	"net/http"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// brokenDisk is a cinema whose books are on a volume that fails under load.
type brokenDisk struct {
	*testing.T
	v          *volume
	dir        string // of the program
	database   string // within the volume
	env        []string
	daraja     *sim.Sim
	screenings []store.ScreeningID
	crowd      *crowdOfBuyers
	p          *process
}

// newBrokenDisk makes the books. The volume is mounted already.
func newBrokenDisk(t *testing.T, v *volume) *brokenDisk {
	t.Helper()
	daraja, safaricom := payingDaraja(t)
	outside := filepath.Join(t.TempDir(), "books.db")
	d := &brokenDisk{T: t, v: v, dir: t.TempDir(), database: filepath.Join(v.dir, "books.db"), daraja: daraja}
	d.screenings = stockForKills(t, outside)
	v.do("cp %s %s", outside, d.database)
	addr := freeAddr(t)
	d.env = []string{"ADDR=" + addr, "MPESA_ENV=simulator", "MPESA_BASE_URL=" + safaricom,
		"DATABASE_URL=" + d.database, "LOG_LEVEL=warn", "HOLD=8s", "RETRY_HOLD=1s",
		"QUERY_SCHEDULE=1s,2s,3s,4s,6s,8s,10s,12s,14s,16s,18s,20s", "QUERY_RATE=100"}
	d.crowd = &crowdOfBuyers{base: "http://" + addr, daraja: daraja, screenings: d.screenings,
		stop: make(chan struct{})}
	return d
}

// open starts the program, and waits until it is well.
func (d *brokenDisk) open() {
	d.Helper()
	d.p = d.v.launch(d.dir, d.env...)
	d.p.answers()
}

// sells waits until the crowd has bought some more tickets.
func (d *brokenDisk) sells(what string) {
	d.Helper()
	before := d.crowd.booked.Load()
	eventually(d.T, 30*time.Second, what, func() bool { return d.crowd.booked.Load() > before+50 })
}

// customer buys a ticket whose prompt is answered so long after, and returns its secret.
func (d *brokenDisk) customer(phone string, after time.Duration) string {
	d.Helper()
	d.daraja.SetScript(phone, sim.Script{Result: "0", ResultAfter: after})
	return bookedNow(d.T, d.p.base, d.screenings[0], phone)
}

func (d *brokenDisk) get(path string) (status int, body string) {
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
func (d *brokenDisk) shows(secret string) bool {
	d.Helper()
	status, page := d.get("/tickets/" + secret)
	if status != http.StatusOK {
		d.Errorf("a ticket's page: %d", status)
	}
	return strings.Contains(page, "Show this at the door")
}

// delivered are the answers that M-PESA had to its callbacks about prompts on a phone.
func (d *brokenDisk) delivered(phone string) (statuses []int) {
	for _, p := range d.daraja.Pushes(phone) {
		for _, delivery := range p.Deliveries {
			statuses = append(statuses, delivery.Status)
		}
	}
	return statuses
}

// breaks lets the disk fail under load, and looks at what everybody is told meanwhile: a clear 503 with the time to
// come again to whoever books, 503 to M-PESA so that nothing counts as kept, and pages to whoever reads.
func (d *brokenDisk) breaks(fail func(), ailment string) (late string) {
	d.Helper()
	had := d.customer(storetest.Phone(80_001), 0)
	eventually(d.T, 10*time.Second, "the ticket is paid", func() bool { return d.shows(had) })
	link := ""
	c := d.p.customer()
	link, _ = c.get("/").Find(`main a[href^="/screenings/"]`).First().Attr("href")
	form := c.get(link)
	phone := storetest.Phone(80_002)
	late = d.customer(phone, 6*time.Second)
	fail()
	eventually(d.T, 20*time.Second, "it says what is wrong", func() bool {
		status, text := d.get("/healthz")
		return status == http.StatusServiceUnavailable && strings.Contains(text, ailment)
	})
	busy := d.crowd.busy.Load()
	confirm := c.submit(form, `form[action="/bookings"]`, map[string]string{"name": "Otieno", "phone": "0712345679"})
	refused := c.submit(confirm, `form:has(input[name="confirmed"])`, nil)
	if refused.status != http.StatusServiceUnavailable || refused.header.Get("Retry-After") == "" ||
		!strings.Contains(refused.Find("main").Text(), "again") {
		d.Errorf("who books is told %d, Retry-After %q: %s", refused.status, refused.header.Get("Retry-After"),
			refused.Find("main").Text())
	}
	eventually(d.T, 20*time.Second, "all that book are turned away", func() bool {
		return d.crowd.busy.Load() > busy+20
	})
	if !d.shows(had) || d.shows(late) {
		d.Error("a paid ticket is not shown, or an unpaid one is")
	}
	eventually(d.T, 20*time.Second, "M-PESA calls back", func() bool { return len(d.delivered(phone)) > 0 })
	if got := d.delivered(phone); !slices.Equal(got, []int{http.StatusServiceUnavailable}) {
		d.Errorf("a callback that cannot be kept is answered %v", got)
	}
	if d.shows(late) {
		d.Error("a ticket whose payment is not in the books is shown as valid")
	}
	return late
}

// ends looks through the books on a disk that is not broken, once all is known.
func (d *brokenDisk) ends() {
	d.Helper()
	d.crowd.leave()
	_ = d.p.end(syscall.SIGKILL) // asked to end, it would wait for prompts whose callbacks were turned away
	outside := filepath.Join(d.TempDir(), "books.db")
	d.v.do("cp %s* %s", d.database, filepath.Dir(outside))
	after := start(d.T, d.dir, append(d.env, "DATABASE_URL="+outside)...)
	st, err := store.Open(d.Context(), store.Options{Path: outside, Existing: true})
	if err != nil {
		d.Fatal(err)
	}
	defer shut(d.T, st)
	settled(d.T, st, d.daraja)
	_ = after.end(syscall.SIGKILL)
	d.crowd.toldTrue(d.T, st)
	d.crowd.noneRefused(d.T)
	if n := d.crowd.failed.Load(); n > 0 {
		d.Errorf("%d bookings had an answer that is neither yes nor no, such as %s", n, d.crowd.failure.Load())
	}
	unkept := 0
	for _, p := range d.daraja.Pushes("") {
		for _, delivery := range p.Deliveries {
			if path.Base(p.CallbackURL) != "" && delivery.Status != http.StatusOK {
				unkept++
			}
		}
	}
	d.Logf("%d bookings, %d times turned away, M-PESA took %d payments, %d callbacks could not be kept",
		d.crowd.booked.Load(), d.crowd.busy.Load(), d.daraja.Totals().Paid, unkept)
}

// TestDiskFull fills the disk that the books are on, under load, and frees it. Sales go on by themselves.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	v := newVolume(t, "32m")
	d := newBrokenDisk(t, v)
	d.open()
	d.crowd.come(8)
	d.sells("bookings are taken")
	late := d.breaks(func() {
		if said, ok := v.try("dd if=/dev/zero of=%s/others bs=64k", v.dir); ok || !strings.Contains(said, "No space") {
			t.Fatalf("the disk is not full: %s", said)
		}
	}, "disk full")
	v.do("rm %s/others", v.dir)
	eventually(t, 10*time.Second, "it is well again", func() bool { return healthy(d.p.base) })
	d.sells("bookings are taken again")
	eventually(t, 30*time.Second, "M-PESA was asked about what it could not report", func() bool { return d.shows(late) })
	d.ends()
}
