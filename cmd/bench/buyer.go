package main

import (
	"bytes"
	"context"
	"html"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"cinemasphere/store"
)

// purchase is what one buyer wants.
type purchase struct {
	screening store.ScreeningID
	quantity  int
	types     []store.TypeCount // nil where all tickets cost the same
	zone      string
	total     store.Shillings
	number    int // of the buyer, from 0; makes phone and nonce
}

// local is the buyer's phone number as it is typed, MSISDN as the books keep it. No two buyers share one.
func (p purchase) local() string  { return string(appendPadded([]byte("07"), p.number, 8)) }
func (p purchase) msisdn() string { return "254" + p.local()[1:] }

// choose lets buyers pick a screening at random and one to three tickets; where prices differ, one in five the zone
// that costs more, and three tickets in five for an adult.
func choose(chance *rand.Rand, screenings []store.Screening, n int) []purchase {
	all := make([]purchase, n)
	for i := range all {
		sc, quantity := screenings[chance.IntN(len(screenings))], 1+chance.IntN(3)
		all[i] = purchase{screening: sc.ID, quantity: quantity, total: store.Total(sc.Price(), quantity), number: i}
		if len(sc.Prices) > 1 {
			all[i].chooseTypes(chance, sc.Prices)
		}
	}
	return all
}

// chooseTypes gives each ticket a price type, in one zone.
func (p *purchase) chooseTypes(chance *rand.Rand, prices store.Prices) {
	if chance.IntN(5) == 0 {
		p.zone = vipZone
	}
	var of [student + 1]int
	for range p.quantity {
		of[[]store.PriceTypeID{adult, adult, adult, child, student}[chance.IntN(5)]]++
	}
	for id := adult; id <= student; id++ {
		if of[id] > 0 {
			p.types = append(p.types, store.TypeCount{Type: id, N: of[id]})
		}
	}
	lines, _ := prices.BestLines(p.zone, p.types)
	p.total = lines.Total()
}

// crowd is the buyers of one run and what they met.
type crowd struct {
	wire  *wire
	hands hands
	run   string // makes the nonces of this run its own
	waits []time.Duration
	spent time.Duration // CPU of this process before they came

	booked latencies // from the click until the answer to it was read
	shown  latencies // from the click until a page said Paid
	clicks atomic.Int64
	looks  atomic.Int64 // how often pages asked for their status
	turned atomic.Int64 // bookings turned away with 503

	insist  bool         // who is turned away comes again, and takes it that there are no seats left
	soldOut atomic.Int64 // buyers who were told so

	paid   atomic.Int64
	money  atomic.Int64 // whole shillings of what buyers saw as Paid
	faults faults
}

// pageWaits is when a ticket's page asks again, as its script does.
func pageWaits() []time.Duration {
	return []time.Duration{2 * time.Second, 3 * time.Second, 5 * time.Second, 10 * time.Second}
}

// patience is how long a buyer looks at the page before the run counts the booking as lost.
const patience = time.Minute

// ticket is a booking as its page shows it.
type ticket struct {
	purchase
	due    time.Time
	cookie string
	state  string
	poll   string // where to ask again, "" when there is nothing to wait for
	step   int    // how often the page has waited since it last changed
}

// click sends the booking form, as the dialog does. It reports whether a ticket came of it.
func (c *crowd) click(ctx context.Context, p purchase, due time.Time) (*ticket, bool) {
	t, status, err := c.try(p, due)
	for err == nil && status == http.StatusServiceUnavailable && c.insist && time.Since(due) < patience &&
		sleepUntil(ctx, time.Now().Add(time.Second)) {
		t, status, err = c.try(p, due)
	}
	switch {
	case err != nil:
		c.faults.add("booking: %v", err)
		return nil, false
	case status == http.StatusServiceUnavailable:
		c.turned.Add(1)
		return nil, false
	case status == http.StatusConflict && c.insist:
		c.soldOut.Add(1)
		return nil, false
	case status != http.StatusOK || t.state == "":
		c.faults.add("booking: status %d, state %q", status, t.state)
		return nil, false
	}
	c.booked.add(time.Since(due))
	return t, true
}

// try sends the form once.
func (c *crowd) try(p purchase, due time.Time) (t *ticket, status int, err error) {
	c.clicks.Add(1)
	t = &ticket{purchase: p, due: due}
	err = c.wire.send(func(to []byte) []byte { return c.form(to, p) }, func(a answer) error {
		status, t.cookie = a.status, a.cookie
		return t.see(a)
	})
	return t, status, err
}

// watch keeps the ticket's page open until it has a verdict.
func (c *crowd) watch(ctx context.Context, t *ticket) {
	for c.waiting(t) {
		if !sleepUntil(ctx, time.Now().Add(c.wait(t))) {
			return
		}
		c.look(t)
	}
}

// follow is watch for very many: it returns at once, and calls done in the end. Nothing waits in the meantime but a
// timer.
func (c *crowd) follow(ctx context.Context, t *ticket, done func()) {
	if ctx.Err() != nil || !c.waiting(t) {
		done()
		return
	}
	time.AfterFunc(c.wait(t), func() {
		c.hands.do(func() {
			c.look(t)
			c.follow(ctx, t, done)
		})
	})
}

// waiting reports whether the page will ask again, and counts what came of a booking once it will not.
func (c *crowd) waiting(t *ticket) bool {
	switch {
	case t.poll != "" && time.Since(t.due) <= patience:
		return true
	case t.poll != "":
		c.faults.add("page: still %s after %s", t.state, patience)
	case t.state != string(store.Paid):
		c.faults.add("page: ended as %s", t.state)
	default:
		c.shown.add(time.Since(t.due))
		c.paid.Add(1)
		c.money.Add(int64(t.total))
	}
	return false
}

// wait is how long the page waits until it asks again.
func (c *crowd) wait(t *ticket) time.Duration {
	wait := c.waits[min(t.step, len(c.waits)-1)]
	t.step++
	return wait
}

// look asks for the ticket's status once.
func (c *crowd) look(t *ticket) {
	c.looks.Add(1)
	status := 0
	write := func(to []byte) []byte { return c.status(to, t) }
	err := c.wire.send(write, func(a answer) error {
		status = a.status
		if status != 200 {
			return nil
		}
		t.step = 0 // the page has changed, and begins to ask anew
		return t.see(a)
	})
	if err != nil || (status != 200 && status != 204) {
		c.faults.add("page: status %d, %v", status, err)
	}
}

// see reads what the status part of a page says.
func (t *ticket) see(a answer) error {
	body, err := a.body()
	if err != nil {
		return err
	}
	t.state, t.poll = attribute(body, "data-state"), attribute(body, "data-poll")
	return nil
}

// attribute is the value of the first attribute of that name.
func attribute(page []byte, name string) string {
	_, rest, found := bytes.Cut(page, []byte(" "+name+`="`))
	value, _, closed := bytes.Cut(rest, []byte(`"`))
	if !found || !closed {
		return ""
	}
	return html.UnescapeString(string(value))
}

// browser is what a phone's browser sends with each of htmx's requests.
const browser = "User-Agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) " +
	"Chrome/140.0.0.0 Mobile Safari/537.36\r\nAccept: text/html\r\nAccept-Language: en-KE," +
	"en;q=0.9\r\nAccept-Encoding: gzip, deflate\r\nHX-Request: true\r\nSec-Fetch-Site: " +
	"same-origin\r\nSec-Fetch-Mode: same-origin\r\nSec-Fetch-Dest: empty\r\n"

func (c *crowd) form(to []byte, p purchase) []byte {
	to = append(c.begin(append(to, "POST /bookings/dialog"...)), "Origin: http://"...)
	to = append(append(to, c.wire.addr...),
		"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "...)
	const digits = 3
	length := len(to)
	to = append(to, "000\r\n\r\n"...) // leading zeros are allowed
	body := len(to)
	to = strconv.AppendInt(append(to, "name=Achieng+Otieno&screening="...), int64(p.screening), 10)
	to = appendPadded(append(to, "&phone=07"...), p.number, 8)
	if p.types == nil {
		to = strconv.AppendInt(append(to, "&quantity="...), int64(p.quantity), 10)
	}
	for _, t := range p.types {
		to = strconv.AppendInt(append(to, "&type."...), int64(t.Type), 10)
		to = strconv.AppendInt(append(to, '='), int64(t.N), 10)
	}
	if p.zone != "" {
		to = append(append(to, "&zone="...), p.zone...)
	}
	to = strconv.AppendInt(append(to, "&total="...), int64(p.total), 10)
	to = appendPadded(append(append(to, "&nonce="...), c.run...), p.number, 16)
	appendPadded(to[:length], len(to)-body, digits)
	return to
}

func (c *crowd) status(to []byte, t *ticket) []byte {
	to = c.begin(append(append(to, "GET "...), t.poll...))
	if t.cookie != "" {
		to = append(append(append(to, "Cookie: "...), t.cookie...), "\r\n"...)
	}
	return append(to, "\r\n"...)
}

// begin ends the request line and adds the header lines that all of the page's requests have.
func (c *crowd) begin(to []byte) []byte {
	to = append(append(to, " HTTP/1.1\r\nHost: "...), c.wire.addr...)
	return append(append(to, "\r\n"...), browser...)
}

// appendPadded appends a number with leading zeros.
func appendPadded(to []byte, n, digits int) []byte {
	start := len(to)
	to = append(to, "0000000000000000"[:digits]...)
	for i := len(to) - 1; i >= start; i-- {
		to[i] = byte('0' + n%10)
		n /= 10
	}
	return to
}

// page writes a request for a whole page by a browser that has no session.
func page(addr, path string) func([]byte) []byte {
	text := "GET " + path + " HTTP/1.1\r\nHost: " + addr + "\r\n" +
		strings.Replace(browser, "HX-Request: true\r\n", "", 1) + "\r\n"
	return func(to []byte) []byte { return append(to, text...) }
}
