package fairuse_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"cinemasphere/store/fairuse"
)

// flood is an hour in which somebody behind an address tries so often, by numbers that he makes up, while customers
// come there one by one, pay within half a minute, and come again when they are told to.
type flood struct {
	every  int // seconds between two customers
	tries  int // and between two tries of the flood; 0 is none
	seats  int // of each try
	warmUp int // minutes before, in which there are only customers
	gives  bool
}

// waits plays the flood and returns how many seconds customers waited for a booking, shortest first, and how many
// prompts the flood sent.
func (f flood) waits(seed uint64) (waits []int, prompts int) {
	die := rand.New(rand.NewPCG(seed, 11))
	c := newTown(slices.Repeat([]int{600}, 30)...)
	var all []*customer
	came, first := map[*customer]int{}, map[*customer]int{}
	begin := f.warmUp * 60
	for c.now < begin+3600+900 {
		if c.now%f.every == 0 && c.now < begin+3600 {
			one := crowd(die, 1, 1, len(c.halls), 2, "192.0.2.1", false)[0]
			one.browser, one.phone, one.next = fmt.Sprint("browser ", c.now), fmt.Sprint("phone ", c.now), c.now
			all, came[one] = append(all, one), c.now
		}
		attack := func() {
			if f.tries == 0 || c.now < begin || c.now >= begin+3600 || c.now%f.tries != 0 {
				return
			}
			a := asks{
				client: "192.0.2.1", browser: fmt.Sprint("made up ", c.now), phone: fmt.Sprint("made up ", c.now),
				hall: die.IntN(len(c.halls)), seats: f.seats,
			}
			if b, why, _ := c.book(a); why == fairuse.None {
				prompts++
				if f.gives {
					c.givesUp(b)
				}
			}
		}
		before := die.IntN(2) == 0
		if before {
			attack()
		}
		for _, one := range all {
			one.act(c, die)
			if _, seen := first[one]; one.ticket != nil && !seen {
				first[one] = c.now
			}
		}
		all = slices.DeleteFunc(all, func(one *customer) bool { return one.done != 0 })
		if !before {
			attack()
		}
		c.pass()
	}
	for one, at := range came {
		if at < begin {
			continue
		}
		wait := 1 << 20
		if booked, is := first[one]; is {
			wait = booked - at
		}
		waits = append(waits, wait)
	}
	slices.Sort(waits)
	return waits, prompts
}

// TestCustomersBesideAFlood: what the policy promises to new customers behind the address of somebody who floods it.
func TestCustomersBesideAFlood(t *testing.T) {
	floods := []flood{
		{tries: 1, seats: 1}, {tries: 3, seats: 1}, {tries: 1, seats: 2}, {tries: 1, seats: 10}, {tries: 3, seats: 10},
		{tries: 1, seats: 2, gives: true},
	}
	for _, every := range []int{10, 60, 300} {
		for _, f := range floods {
			for _, f.warmUp = range []int{0, 20} {
				f.every = every
				var waits []int
				for seed := range uint64(3) {
					some, prompts := f.waits(seed)
					waits = append(waits, some...)
					if most := 30 + 3*3600/every + 240*2 + 3*60*f.warmUp/every; prompts > most {
						t.Errorf("%+v: %d prompts of the flood", f, prompts)
					}
				}
				slices.Sort(waits)
				if half, most, all := waits[len(waits)/2], waits[len(waits)*9/10], waits[len(waits)-1]; half > 60 ||
					most > 300 || all > 900 {
					t.Errorf("%+v: half within %d s, nine in ten within %d s, all within %d s", f, half, most, all)
				}
			}
		}
		f := flood{every: every}
		if waits, _ := f.waits(1); waits[len(waits)-1] > 0 {
			t.Errorf("a customer every %d s and no flood: %d s", every, waits[len(waits)-1])
		}
	}
}

// TestLanesBesideAFlood: whose browser or phone has paid here before books at once, however an address is flooded.
func TestLanesBesideAFlood(t *testing.T) {
	c := newTown(600, 600)
	for i, who := range []asks{{browser: "regular", phone: "one"}, {browser: "other", phone: "two"}} {
		who.client, who.seats = "198.51.100.1", 1
		b, why, _ := c.book(who)
		if why != fairuse.None {
			t.Fatalf("%d: %s", i, why)
		}
		c.pays(b)
	}
	for second := range 3600 {
		c.book(asks{
			client: "192.0.2.1", browser: fmt.Sprint(second), phone: fmt.Sprint("made up ", second), hall: second % 2,
			seats: 2,
		})
		for what, who := range map[string]asks{
			"the browser": {browser: "regular", phone: "new"}, "the phone": {browser: "new", phone: "two"},
		} {
			who.client, who.seats = "192.0.2.1", 4
			if second >= 600 && second%300 == 200 { // before, the flood holds all the seats that an address may
				b, why, _ := c.book(who)
				if why != fairuse.None {
					t.Fatalf("%s, after %d s: %s", what, second, why)
				}
				c.pays(b)
			}
		}
		c.pass()
	}
}
