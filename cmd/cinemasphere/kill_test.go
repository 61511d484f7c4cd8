package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

var kills = flag.Int("kills", 10, "how often TestKilledUnderLoad kills the program")

// fates are what becomes of pushes, by the phone's last digit.
var fates = map[int]sim.Script{
	0: {Result: "0", ResultAfter: 200 * time.Millisecond, Callbacks: sim.NoCallback},
	1: {Result: "1032", ResultAfter: 200 * time.Millisecond},
	2: {Result: "0", ResultAfter: 300 * time.Millisecond, Answer: sim.AnswerLost},
	3: {Result: "0", ResultAfter: 100 * time.Millisecond, Callbacks: 2},
	4: {Result: "0", ResultAfter: 300 * time.Millisecond, CallbackAfter: 1500 * time.Millisecond},
	5: {Result: "0", CallbackFirst: true},
	6: {Result: "0", ResultAfter: 200 * time.Millisecond, AnswerAfter: 500 * time.Millisecond},
}

// TestKilledUnderLoad kills the real program at random moments under load, and starts it again on the same books each
// time. No callback that it acknowledged is lost, no seat is sold twice, and once all deadlines are over the books
// agree with M-PESA's ledger.
func TestKilledUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves this out: it takes half a minute on each database")
	}
	storetest.Each(t, testKilledUnderLoad)
}

func testKilledUnderLoad(t *testing.T) {
	daraja, safaricom := payingDaraja(t)
	dir, database := t.TempDir(), storetest.Path(t)
	screenings := stockForKills(t, database)
	env := []string{
		"ADDR=" + freeAddr(t), "MPESA_ENV=simulator", "MPESA_BASE_URL=" + safaricom, "DATABASE_URL=" + database,
		"LOG_LEVEL=warn",
		"HOLD=20s", "RETRY_HOLD=2s", "QUERY_SCHEDULE=1s,2s,3s,4s,6s,8s,12s,18s,25s,40s", "QUERY_RATE=100",
	}
	crowd := &crowdOfBuyers{
		base: "http://" + strings.TrimPrefix(env[0], "ADDR="), daraja: daraja, screenings: screenings,
		stop: make(chan struct{}),
	}
	crowd.come(8)
	r := rand.New(rand.NewPCG(1, 1))
	for range *kills {
		before := crowd.booked.Load()
		p := launch(t, dir, env...)
		p.checked = true // they are looked through in the end
		wait := 150*time.Millisecond + time.Duration(r.IntN(1200))*time.Millisecond
		eventually(t, 30*time.Second, "something is booked", func() bool { return crowd.booked.Load() > before })
		<-time.After(wait) // at whatever the program is doing then
		_ = p.end(syscall.SIGKILL)
	}
	start(t, dir, env...)
	crowd.leave()
	st, err := store.Open(t.Context(), store.Options{Path: database, Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, st)
	settled(t, st, daraja)
	crowd.toldTrue(t, st)
	crowd.noneRefused(t)
	t.Logf("%d kills, %d bookings, M-PESA took %d payments", *kills, crowd.booked.Load(), daraja.Totals().Paid)
}

// payingDaraja is Safaricom, whose customers pay by themselves, and its address.
func payingDaraja(t *testing.T) (daraja *sim.Sim, base string) {
	t.Helper()
	daraja = sim.New(sim.Config{ConsumerKey: demoKey, ConsumerSecret: demoSecret, Passkey: demoPasskey,
		Shortcode: demoShortcode, Default: sim.Script{Result: "0", ResultAfter: 200 * time.Millisecond}})
	t.Cleanup(daraja.Close)
	safaricom := httptest.NewServer(daraja.Daraja())
	t.Cleanup(safaricom.Close)
	return daraja, safaricom.URL
}

func stockForKills(t *testing.T, database string) []store.ScreeningID {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Path: database, Environment: store.Simulator})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, st)
	ids := make([]store.ScreeningID, 40+2*(*kills)) // they must not sell out
	for i := range ids {
		ids[i] = storetest.Screening(t, st, 10, 20)
	}
	return ids
}

// crowdOfBuyers books without a pause, each request until it has an answer.
type crowdOfBuyers struct {
	base       string
	daraja     *sim.Sim
	screenings []store.ScreeningID
	stop       chan struct{}
	all        sync.WaitGroup
	number     atomic.Int64
	booked     atomic.Int64
	busy       atomic.Int64 // answers 503
	failed     atomic.Int64 // other answers of a program that could not
	refused    atomic.Int64 // M-PESA took no prompt, though it has no reason not to
	refusal    atomic.Value // what was answered to one of these
	failure    atomic.Value // and to one that failed

	mu   sync.Mutex
	told map[string]bool // secrets of the tickets that somebody was given, and whether one was seen to be paid
	lies []string        // what a customer was told that cannot be
}

func (c *crowdOfBuyers) noneRefused(t *testing.T) {
	t.Helper()
	if n := c.refused.Load(); n > 0 {
		t.Errorf("%d bookings were refused, such as %s", n, c.refusal.Load())
	}
}

// toldTrue fails the test where a customer was given a ticket, or shown a paid one, that is not so in the books.
func (c *crowdOfBuyers) toldTrue(t *testing.T, st *store.Store) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	paid := 0
	for secret, seenPaid := range c.told {
		ticket, err := st.Tickets().TicketBySecret(t.Context(), secret)
		switch {
		case err != nil:
			t.Errorf("a booking that was confirmed: %v", err)
		case seenPaid && ticket.Status != store.Paid:
			t.Errorf("a ticket that was shown as paid is %s", ticket.Status)
		case seenPaid:
			paid++
		}
	}
	for _, lie := range c.lies {
		t.Error(lie)
	}
	if int64(len(c.told)) > c.booked.Load() || len(c.told) == 0 || paid == 0 {
		t.Errorf("%d tickets were given in %d answers, %d were seen to be paid: the test tests nothing", len(c.told),
			c.booked.Load(), paid)
	}
}

// hears keeps what an answer to a booking says.
func (c *crowdOfBuyers) hears(answer []byte) {
	var given struct{ TicketSecret string }
	err := json.Unmarshal(answer, &given)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil || given.TicketSecret == "" {
		c.lies = append(c.lies, fmt.Sprintf("a booking was confirmed without a ticket: %s", answer))
		return
	}
	if c.told == nil {
		c.told = map[string]bool{}
	}
	if _, again := c.told[given.TicketSecret]; !again {
		c.told[given.TicketSecret] = false
	}
}

// looks reads one of the tickets that were given.
func (c *crowdOfBuyers) looks(client *http.Client) {
	c.mu.Lock()
	var secret string
	seenPaid, tries := false, 0
	for some, paid := range c.told { // whichever comes first, and rather one that is not known to be paid
		secret, seenPaid = some, paid
		if tries++; !paid || tries == 8 {
			break
		}
	}
	c.mu.Unlock()
	resp, err := client.Get(c.base + "/api/tickets/" + secret)
	if err != nil {
		return
	}
	var answer struct {
		Ticket struct{ PaymentStatus store.Status }
	}
	err = json.NewDecoder(resp.Body).Decode(&answer)
	_ = resp.Body.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case resp.StatusCode == http.StatusOK && err == nil && answer.Ticket.PaymentStatus == store.Paid:
		c.told[secret] = true
	case resp.StatusCode == http.StatusOK && err == nil && seenPaid: // before this was asked
		c.lies = append(c.lies, "a ticket that was shown as paid was shown as "+string(answer.Ticket.PaymentStatus))
	case resp.StatusCode == http.StatusNotFound:
		c.lies = append(c.lies, "a ticket that was given was shown to be none")
	}
}

func (c *crowdOfBuyers) come(n int) {
	for i := range n {
		c.all.Go(func() { c.buy(rand.New(rand.NewPCG(uint64(i), 2))) })
	}
}

func (c *crowdOfBuyers) leave() {
	close(c.stop)
	c.all.Wait()
}

func (c *crowdOfBuyers) buy(r *rand.Rand) {
	client := &http.Client{Timeout: 10 * time.Second}
	for {
		key, body := c.wants(r)
		for !c.book(client, key, body) {
			select {
			case <-c.stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
		select {
		case <-c.stop:
			return
		default:
		}
	}
}

// wants is what the next customer books, and the key of that. What becomes of the push is settled too.
func (c *crowdOfBuyers) wants(r *rand.Rand) (key string, body []byte) {
	n := c.number.Add(1)
	phone := storetest.Phone(int(n)) // no simulator scenario speaks for it
	if s, ok := fates[int(n%10)]; ok {
		c.daraja.SetScript(phone, s)
	}
	body, err := json.Marshal(map[string]any{
		"screeningId": c.screenings[r.IntN(len(c.screenings))], "customerName": "Wanjiru", "phoneNumber": phone,
		"quantity": 1 + r.IntN(3),
	})
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("kill-test-key-%08d", n), body
}

// book sends one booking and reports whether it was answered, with yes or no.
func (c *crowdOfBuyers) book(client *http.Client, key string, body []byte) bool {
	req, err := http.NewRequest(http.MethodPost, c.base+"/api/make-payment", bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	answer, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return false
	}
	switch {
	case resp.StatusCode == http.StatusServiceUnavailable:
		c.busy.Add(1)
		return false
	case resp.StatusCode < 300:
		c.hears(answer)
		c.booked.Add(1)
		c.looks(client)
	case resp.StatusCode == http.StatusBadGateway:
		c.refused.Add(1)
		c.refusal.Store(string(answer))
	case resp.StatusCode >= http.StatusInternalServerError:
		c.failed.Add(1)
		c.failure.Store(string(answer))
	}
	return true
}

// notResolvable says what is on its way still: prompts that are out, pushes that M-PESA can be asked about, deadlines.
func notResolvable(t *testing.T, st *store.Store, daraja *sim.Sim) (open []string) {
	t.Helper()
	if n := daraja.Totals().Waiting; n > 0 {
		open = append(open, fmt.Sprint(n, " prompts"))
	}
	cases, err := st.Money().OpenItems(t.Context(), store.ItemFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if c.Kind == store.ItemPush && (c.State != string(store.PushUnknown) || c.Next != 0) {
			open = append(open, fmt.Sprintf("%+v", c))
		}
	}
	due, err := st.Jobs().NextDue(t.Context(), store.PushQuery, store.TransactionStatus, store.Reversal)
	if err != nil {
		t.Fatal(err)
	}
	if due != 0 && due < st.Now().Add(20*time.Second) {
		open = append(open, fmt.Sprint("due ", due.Time()))
	}
	return open
}

// settled waits until all that can be known is known, and looks through the books.
func settled(t *testing.T, st *store.Store, daraja *sim.Sim) {
	t.Helper()
	open := []string{"nobody has looked"}
	defer func() {
		if t.Failed() && len(open) > 0 {
			t.Log(strings.Join(open, "\n"))
		}
	}()
	eventually(t, 2*time.Minute, "all that can be known is known", func() bool {
		open = notResolvable(t, st, daraja)
		return len(open) == 0
	})
	afterKills(t, st, daraja)
}

// afterKills looks through the books.
func afterKills(t *testing.T, st *store.Store, daraja *sim.Sim) {
	t.Helper()
	pushes := daraja.Pushes("")
	// One that came after M-PESA was asked, or whose process died before it applied it, is all that may still be open.
	eventually(t, 30*time.Second, "every callback is applied", func() bool {
		cbs, err := st.Money().OpenCallbacks(t.Context(), st.Now().Add(time.Second), 1)
		return err == nil && len(cbs) == 0
	})
	audit, err := checkout.AuditBooks(t.Context(), st)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range audit.Wrong {
		t.Error(line)
	}
	var ledger []storetest.Taken
	for _, e := range daraja.Ledger() {
		var reported []store.Shillings
		for _, amount := range e.Reported {
			reported = append(reported, store.Shillings(amount))
		}
		var returned store.Shillings
		if e.Reversal != nil {
			returned = store.Shillings(e.Reversal.Amount)
		}
		ledger = append(ledger, storetest.Taken{
			Receipt: e.Receipt, Amount: store.Shillings(e.Amount), Asked: store.Shillings(e.Asked), Token: e.Token,
			Reversed: e.Reversed, Returned: returned, Reported: reported, ReturnReported: e.ReturnReported,
		})
	}
	differ, err := storetest.Compare(t.Context(), st, ledger)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range differ {
		t.Error(line)
	}
	kept := map[string]int{}
	if _, err := st.Money().Reread(context.Background(), func(_ *store.Reread, cb store.Callback) {
		if cb.Kind == store.CallbackSTK {
			kept[cb.Token]++
		}
	}); err != nil {
		t.Fatal(err)
	}
	acknowledged := 0
	for _, p := range pushes {
		n := 0
		for _, d := range p.Deliveries {
			if d.Status == http.StatusOK {
				n++
			}
		}
		acknowledged += n
		if stored := kept[path.Base(p.CallbackURL)]; stored < n {
			t.Errorf("%d callbacks of a push were acknowledged, and %d are in the books", n, stored)
		}
	}
	if acknowledged == 0 || len(ledger) == 0 {
		t.Errorf("%d callbacks acknowledged, %d payments: the test tests nothing", acknowledged, len(ledger))
	}
}
