package fairuse_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"cinemasphere/store/fairuse"
)

// customer is somebody honest: comes, books, answers within half a minute, and comes again when told to.
type customer struct {
	asks
	next    int // when to do something
	answers int // prompts answered
	cancels int // how many times the prompt is cancelled before it is paid
	ticket  *booked
	done    int // when it was paid
	refused map[fairuse.Refusal]int
}

// crowd is so many customers that come within a while, with so many seats each.
func crowd(die *rand.Rand, n, within, halls, most int, client string, cancels bool) []*customer {
	var all []*customer
	for i := range n {
		c := &customer{
			asks: asks{
				browser: fmt.Sprint("browser ", client, i), client: client, phone: fmt.Sprint("phone ", client, i),
				hall: die.IntN(halls), seats: 1 + die.IntN(most),
			},
			next:    die.IntN(within),
			refused: map[fairuse.Refusal]int{},
		}
		if cancels && i%5 == 0 {
			c.cancels = 1 + i%2
		}
		all = append(all, c)
	}
	return all
}

func (c *customer) act(t *town, die *rand.Rand) {
	if c.done != 0 || t.now < c.next {
		return
	}
	if c.ticket != nil && c.ticket.held && c.ticket.last().outcome == fairuse.Open {
		if c.answers < c.cancels {
			c.answers++
			t.cancels(c.ticket)
			c.next = t.now + 2 + die.IntN(10)
			return
		}
		if t.pays(c.ticket) {
			c.done = t.now
			return
		}
	}
	var why fairuse.Refusal
	var wait int
	if c.ticket != nil && c.ticket.held {
		why, wait = t.again(c.ticket)
	} else {
		c.ticket, why, wait = t.book(c.asks)
	}
	if why != fairuse.None {
		c.refused[why]++
		c.next = t.now + wait + die.IntN(5)
		return
	}
	c.next = t.now + 3 + die.IntN(27)
}

// served plays a crowd for some minutes and says who was not served.
func served(t *town, die *rand.Rand, all []*customer, minutes int) (left []*customer) {
	for range minutes * 60 {
		for _, c := range all {
			c.act(t, die)
		}
		t.pass()
	}
	for _, c := range all {
		if c.done == 0 {
			left = append(left, c)
		}
	}
	return left
}

// TestHonestCustomersBehindOneAddress: 200 of them are all served within ten minutes, whatever they do in between.
func TestHonestCustomersBehindOneAddress(t *testing.T) {
	six, ten := []int{180, 180, 180, 180, 180, 180}, []int{100, 100, 100, 100, 100, 100, 100, 100, 100, 100}
	for _, tt := range []struct {
		name         string
		halls        []int
		within, most int // seconds in which they come, seats of each
		cancels      bool
	}{
		{"one hall of 600, up to 5 seats each", []int{600}, 60, 5, true},
		{"one hall, up to 6", []int{700}, 60, 6, true},
		{"all at once", []int{700}, 1, 6, true},
		{"nobody cancels", []int{700}, 60, 6, false},
		{"six halls of 180", six, 60, 6, true},
		{"six halls, all at once", six, 1, 6, true},
		{"ten halls of 100", ten, 60, 6, true},
	} {
		for seed := range uint64(5) {
			die := rand.New(rand.NewPCG(seed, 7))
			c := newTown(tt.halls...)
			all := crowd(die, 200, tt.within, len(tt.halls), tt.most, "192.0.2.1", tt.cancels)
			for _, one := range served(c, die, all, 10) {
				if c.free[one.hall] >= one.seats { // otherwise its hall is sold out
					t.Errorf("%s, %d: %s of %d seats was not served: %v", tt.name, seed, one.phone, one.seats,
						one.refused)
				}
			}
		}
	}
}

// TestASchoolGroup: sixty pupils in one hall of 180 behind one address, and a teacher who books for sixty.
func TestASchoolGroup(t *testing.T) {
	die := rand.New(rand.NewPCG(1, 1))
	c := newTown(180)
	if left := served(c, die, crowd(die, 60, 30, 1, 1, "192.0.2.1", true), 10); len(left) > 0 {
		t.Errorf("%d pupils were not served", len(left))
	}
	c = newTown(180)
	for i := range 6 {
		b, why, _ := c.book(asks{browser: "teacher", client: "192.0.2.1", phone: "teacher", seats: 10})
		if why != fairuse.None {
			t.Fatalf("booking %d: %s", i+1, why)
		}
		for range 20 {
			c.pass()
		}
		c.pays(b)
	}
}

// hoarder books what it can, by numbers that it makes up, and answers nothing.
type hoarder struct {
	client   string
	cookies  bool // it brings the session of its first booking
	fresh    bool // it brings a new one each time, which a booking of its own has made
	givesUp  int  // after so many seconds; 0 never
	paysOne  int  // in so many; 0 none
	phones   int
	holding  []*booked
	paidFor  int // seats
	payers   int // browsers that have paid, and have bounds of their own from then on
	bookings int
}

func (h *hoarder) act(t *town, halls int, die *rand.Rand) {
	for _, n := range []int{10, 10, 6, 3, 1} {
		h.phones++
		a := asks{
			client: h.client, phone: fmt.Sprint("invented ", h.phones%1000), hall: die.IntN(halls), seats: n,
			browser: fmt.Sprint("new ", h.phones),
		}
		if h.cookies {
			a.browser = "hoarder"
		}
		if h.fresh {
			a.browser = fmt.Sprint("session ", h.phones/2)
		}
		b, why, _ := t.book(a)
		if why != fairuse.None {
			continue
		}
		h.bookings++
		if h.paysOne > 0 && h.bookings%h.paysOne == 0 && t.pays(b) {
			h.paidFor += b.seats
			h.payers++
			continue
		}
		h.holding = append(h.holding, b)
	}
	kept := h.holding[:0]
	for _, b := range h.holding {
		if h.givesUp > 0 && b.held && t.now >= b.since+h.givesUp {
			t.givesUp(b)
		}
		if b.held {
			kept = append(kept, b)
		}
	}
	h.holding = kept
}

// TestHoarders: at each second one address that pays nothing holds 40 seats and 15 % of a screening at most, and what
// it pays for is what it has more. It sends few prompts to strangers.
func TestHoarders(t *testing.T) {
	for name, h := range map[string]hoarder{
		"from one IPv4 address":         {client: fairuse.Block("192.0.2.7")},
		"from a whole /48":              {client: fairuse.Block("2001:db8:1:2::3")},
		"with a cookie":                 {client: "192.0.2.7", cookies: true},
		"with new cookies":              {client: "192.0.2.7", fresh: true},
		"giving up and booking again":   {client: "192.0.2.7", givesUp: 1},
		"giving up late":                {client: "192.0.2.7", givesUp: 60},
		"giving up with a cookie":       {client: "192.0.2.7", cookies: true, givesUp: 5},
		"paying one in twenty":          {client: "192.0.2.7", paysOne: 20},
		"paying one, and giving others": {client: "192.0.2.7", paysOne: 20, givesUp: 30, fresh: true},
	} {
		die := rand.New(rand.NewPCG(3, 3))
		c := newTown(180, 180, 180, 180, 180, 180)
		atHour := 0
		for range 2 * 3600 {
			if c.now < 300 || c.now%20 == 0 {
				h.act(c, len(c.halls), die)
			}
			for hall := range c.halls {
				if all, there := c.holds(h.client, hall); all > 40+h.paidFor+20*h.payers ||
					there > 27+h.paidFor+20*h.payers {
					t.Fatalf("%s: at %d s it holds %d seats, %d in one hall, and has paid for %d", name, c.now, all,
						there, h.paidFor)
				}
			}
			c.pass()
			if c.now == 3600 {
				atHour = c.prompt
			}
		}
		if most := 30 + 240 + 4*h.bookings*min(h.paysOne, 1)/20; atHour > most || c.prompt-atHour > most {
			t.Errorf("%s: %d prompts in the first hour, and %d in the second", name, atHour, c.prompt-atHour)
		}
	}
}

// TestOthersBookBesideAHoarder: a hoarder at one address keeps nobody at others from booking.
func TestOthersBookBesideAHoarder(t *testing.T) {
	die := rand.New(rand.NewPCG(5, 5))
	c := newTown(180)
	h := hoarder{client: "192.0.2.7"}
	var all []*customer
	for i := range 40 {
		all = append(all, crowd(die, 1, 400, 1, 3, fmt.Sprint("198.51.100.", i), false)...)
	}
	for range 600 {
		h.act(c, 1, die)
		for _, one := range all {
			one.act(c, die)
		}
		c.pass()
	}
	for _, one := range all {
		if one.done == 0 {
			t.Errorf("%s was not served: %v", one.phone, one.refused)
		}
	}
}

// TestPranksters: a victim's phone gets few prompts, and its owner books whenever there is none on it.
func TestPranksters(t *testing.T) {
	for _, addresses := range []int{1, 5, 15} {
		c := newTown(100000)
		prompts, owner := 0, 0
		// has paid with it before
		first, _, _ := c.book(asks{browser: "friend", client: "203.0.113.1", phone: "victim", seats: 1})
		c.pays(first)
		for range 86400 {
			for i := range addresses {
				if c.now%10 != 0 || c.busy("victim") {
					break
				}
				b, why, _ := c.book(asks{
					browser: fmt.Sprint(c.now), client: fmt.Sprint("192.0.2.", i), phone: "victim", seats: 1,
				})
				if why != fairuse.None {
					continue
				}
				prompts++
				c.cancels(b) // whose phone it is cancels at once
				c.release(b)
			}
			if c.now%3600 == 1800 {
				who := asks{browser: "friend", client: "203.0.113.1", phone: "victim", seats: 1}
				b, why, _ := c.book(who)
				if why != fairuse.None {
					t.Fatalf("%d addresses: a browser that has paid was refused at %d s: %s", addresses, c.now, why)
				}
				c.pays(b)
				owner++
			}
			if c.now == 43200 && addresses <= 5 {
				b, why, _ := c.book(asks{browser: "new", client: "198.51.100.1", phone: "victim", seats: 1})
				if why != fairuse.None {
					t.Fatalf("%d addresses: the owner at another address was refused: %s", addresses, why)
				}
				c.pays(b)
			}
			if c.now == 600 && prompts > 3*addresses {
				t.Errorf("%d addresses: %d prompts in ten minutes", addresses, prompts)
			}
			c.pass()
		}
		if most := 27 * addresses; prompts > most || owner != 24 {
			t.Errorf("%d addresses: %d prompts in a day, and the owner booked %d times", addresses, prompts, owner)
		}
	}
}

// TestAPartner: it holds 200 seats and a quarter of a screening at most, sells as fast as its customers pay, and no
// faster than 120 a minute.
func TestAPartner(t *testing.T) {
	die := rand.New(rand.NewPCG(9, 9))
	c := newTown(600, 600, 600)
	all := crowd(die, 400, 120, 3, 4, "partner:agency", true)
	for _, one := range all {
		one.partner, one.browser = true, ""
	}
	for range 600 {
		made := c.prompt
		for _, one := range all {
			one.act(c, die)
		}
		if held, _ := c.holds("partner:agency", 0); held > 200+1200 || c.prompt-made > 120 {
			t.Fatalf("at %d s: %d seats, %d prompts in a second", c.now, held, c.prompt-made)
		}
		c.pass()
	}
	for _, one := range all {
		if one.done == 0 {
			t.Errorf("%s was not served: %v", one.phone, one.refused)
		}
	}
	c = newTown(400, 400, 400)
	held := 0
	for i := range 300 {
		if b, _, _ := c.book(asks{
			client: "partner:agency", partner: true, phone: fmt.Sprint(i), hall: i % 3, seats: 4,
		}); b != nil {
			held += 4
		}
		c.pass()
	}
	if all, there := c.holds("partner:agency", 0); all > 200 || there > 100 || held == 0 {
		t.Errorf("%d seats, %d in one hall", all, there)
	}
}
