package fairuse_test

import (
	"hash/crc32"
	"time"

	"cinemasphere/store/fairuse"
)

// The town's clock goes in seconds. Its cinema holds seats as the real one does.
const (
	usualHold  = 180
	retryHold  = 120
	promptLife = 120
)

// asks is who wants seats.
type asks struct {
	browser, client, phone string
	partner                bool
	hall, seats            int
}

// sent is one prompt in the town.
type sent struct {
	at      int
	outcome fairuse.Outcome
}

type booked struct {
	asks
	client    string // it counts against; "" for none
	since     int
	holdUntil int
	held      bool
	paid      bool
	gaveUp    bool
	prompts   []*sent
}

// town is a cinema in the memory of a test, with what the books would know. Its tickets are kept by what they are
// looked for by.
type town struct {
	now    int
	halls  []int // capacity
	free   []int
	all    []*booked
	phones map[string][]*booked
	policy fairuse.Policy
	prompt int // prompts in all
}

func newTown(halls ...int) *town {
	return &town{
		halls: halls, free: append([]int{}, halls...), phones: map[string][]*booked{},
		policy: fairuse.Policy{PerMinute: 10},
	}
}

func (b *booked) last() *sent { return b.prompts[len(b.prompts)-1] }

// outcome is what a prompt counts as now.
func (t *town) outcome(b *booked, s *sent) fairuse.Outcome {
	if s.outcome == fairuse.Open && (t.now >= s.at+promptLife || b.gaveUp) {
		return fairuse.Unanswered
	}
	return s.outcome
}

// pass lets a second pass.
func (t *town) pass() {
	t.now++
	for _, b := range t.all {
		if b.held && t.now >= b.holdUntil {
			t.release(b)
		}
	}
	if t.now%600 == 0 { // what is older than a day is of no interest to anybody
		kept := t.all[:0]
		for _, b := range t.all {
			if b.held || b.since > t.now-90000 {
				kept = append(kept, b)
			}
		}
		t.all = kept
	}
}

func (t *town) release(b *booked) {
	if b.held {
		b.held = false
		t.free[b.hall] += b.seats
	}
}

func (t *town) facts(a asks, tries *booked) fairuse.Facts {
	f := fairuse.Facts{Seats: a.seats, Capacity: t.halls[a.hall], Partner: a.partner, Known: true}
	f.Browser.Last, f.Address.Last = time.Hour, time.Hour
	f.Clock, f.Lot = time.Duration(t.now)*time.Second, uint64(crc32.ChecksumIEEE([]byte(a.phone)))
	for _, b := range t.all {
		own := b.browser == a.browser && a.browser != ""
		near := b.client == a.client
		held := 0
		if b.held && b != tries {
			held = b.seats
		}
		if own {
			f.BrowserHeld += held
			f.BrowserPaid = f.BrowserPaid || b.paid
			f.PhonePaid = f.PhonePaid || b.paid && b.phone == a.phone
			t.recent(&f.Browser, b, false)
		}
		if near {
			f.AddressHeld += held
			t.recent(&f.Address, b, true)
			if b.paid && t.now-b.since < 900 {
				f.AddressPaid += b.seats
			}
			if b.hall == a.hall {
				f.ScreeningHeld += held
				if b.paid {
					f.ScreeningPaid += b.seats
				}
			}
		}
		if b.phone == a.phone && (own || near) {
			f.PhoneHeld += held
		}
	}
	for _, b := range t.phones[a.phone] {
		f.PhoneKnown = f.PhoneKnown || b.paid
		for _, s := range b.prompts {
			if age := t.now - s.at; age < 86400 {
				own := b.browser == a.browser && a.browser != "" || b.client == a.client && b.client != ""
				mine := b.browser == a.browser && a.browser != "" || b == tries
				f.Phone = append(f.Phone, fairuse.Prompt{
					Age: time.Duration(age) * time.Second, Outcome: t.outcome(b, s), Own: own, Mine: mine,
				})
			}
		}
	}
	return f
}

func (t *town) recent(r *fairuse.Recent, b *booked, address bool) {
	for _, s := range b.prompts {
		age, outcome := t.now-s.at, t.outcome(b, s)
		if age >= 3600 {
			continue
		}
		if age < 60 && !(address && outcome == fairuse.Paid) {
			r.Minute++
		}
		if outcome == fairuse.Unanswered || outcome == fairuse.Open {
			r.Last = min(r.Last, time.Duration(age)*time.Second)
		}
		switch outcome {
		case fairuse.Open:
			r.Open++
		case fairuse.Unanswered:
			r.Unanswered++
		case fairuse.Tried:
			r.Tried++
		case fairuse.Paid:
			r.Paid++
		case fairuse.NotSent:
		}
	}
}

// busy reports whether a prompt is on the phone.
func (t *town) busy(phone string) bool {
	for _, b := range t.phones[phone] {
		if s := b.last(); s.outcome == fairuse.Open && t.now < s.at+promptLife {
			return true
		}
	}
	return false
}

// soldOut is what the town says where the hall is full, or less is left.
const soldOut fairuse.Refusal = "sold out"

// book books, or says why not and after how many seconds to come again.
func (t *town) book(a asks) (*booked, fairuse.Refusal, int) {
	d := t.policy.Decide(t.facts(a, nil))
	switch {
	case d.Refusal != fairuse.None:
		return nil, d.Refusal, seconds(d.Wait)
	case t.busy(a.phone):
		return nil, fairuse.PhoneRests, seconds(fairuse.PhoneWait)
	case t.free[a.hall] < a.seats:
		return nil, soldOut, 20
	}
	b := &booked{asks: a, client: a.client, since: t.now, held: true}
	if d.Lane {
		b.client = ""
	}
	b.holdUntil = t.now + seconds(d.Hold(usualHold*time.Second))
	b.prompts = []*sent{{at: t.now}}
	t.prompt++
	t.free[a.hall] -= a.seats
	t.all = append(t.all, b)
	t.phones[a.phone] = append(t.phones[a.phone], b)
	return b, fairuse.None, 0
}

// again tries once more to have a booking paid, on the seats that it still holds.
func (t *town) again(b *booked) (fairuse.Refusal, int) {
	a := b.asks
	a.seats = 0
	if !b.held {
		return soldOut, 0
	}
	d := t.policy.Decide(t.facts(a, b))
	if d.Refusal != fairuse.None {
		return d.Refusal, seconds(d.Wait)
	}
	b.prompts = append(b.prompts, &sent{at: t.now})
	b.holdUntil = min(t.now+seconds(d.Hold(usualHold*time.Second)), b.since+900)
	t.prompt++
	return fairuse.None, 0
}

func (t *town) pays(b *booked) bool {
	if !b.held {
		return false // late money: not what this is about
	}
	b.last().outcome, b.paid, b.held = fairuse.Paid, true, false
	return true
}

func (t *town) cancels(b *booked) {
	b.last().outcome = fairuse.Unanswered
	b.holdUntil = min(b.holdUntil, t.now+retryHold)
}

func (t *town) givesUp(b *booked) {
	b.gaveUp = true
	t.release(b)
}

// holds is what a client holds unpaid, in all and in a hall.
func (t *town) holds(client string, hall int) (all, there int) {
	for _, b := range t.all {
		if b.held && b.asks.client == client {
			all += b.seats
			if b.hall == hall {
				there += b.seats
			}
		}
	}
	return all, there
}

func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
