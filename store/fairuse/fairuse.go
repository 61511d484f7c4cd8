// Package fairuse is the policy of how much one stranger may do to others: how many seats a client may hold that are
// not paid for, and how many payment prompts it may send. It decides from who asks, what is held, what was answered
// and what was paid.
//
// Who asks is a browser (by the session that its first booking made), an address block (an IPv4 address, or the /48
// of an IPv6 address, which one customer of a provider is given), a phone number that anybody may type, or a partner
// (by its key).
//
// Seats that are held and not paid for:
//   - 20 for a browser, and 20 for a phone number as far as the same browser or address books with it: what a stranger
//     books with somebody's number never counts against its owner.
//   - 40 for an address block. A partner has 200.
//   - 15 % of a screening for an address block, 25 % for a partner; one booking of up to 10 seats is always possible for
//     who holds nothing there, so that a family can book in a hall of 20.
//
// A payment frees its seats from these bounds at once, and earns: the bound of the address grows by the seats it has
// paid for in the last 15 minutes, and its share of a screening by those it has paid for there. So hundreds of
// customers behind one carrier's address are served as fast as they pay, and an address that pays nothing holds 40
// seats at most.
//
// A browser that has paid before has a lane of its own: it has its own bounds, is not held to those of its address,
// and does not count against its neighbours there.
//
// Prompts and bookings, counted where a prompt was sent, whether by a booking or by another try; what was refused
// counts nothing:
//   - 10 a minute for a browser (BOOKING_RATE), five times as many for an address, of which paid ones do not count, and 120
//     a minute for a partner.
//   - To one phone, by one source (the same browser or address; a new session is had for nothing, so that it does not make
//     another source): two that nobody answered are free, since only one prompt can be on a phone at a time. Before the
//     third there are 5 minutes, then 15, then an hour, then 4 hours, and 6 a day are the end. A wrong PIN or an empty account is
//     the answer of somebody who tries to pay, and counts half. A payment makes all good.
//   - To one phone, by all sources together: 20 a day. After those, a source that has sent none to it today may still send
//     one, one an hour in all: strangers at many addresses must not lock out the phone's owner, who comes from one more.
//   - A browser that has paid with this number is its owner's, and none of that holds for it.
//   - To different phones: 30 an hour that nobody answered for an address, 10 for a browser, 120 for a partner, and 3 more for
//     each that was paid. After those one at a time, with a pause that begins with 2 minutes and doubles up to 10: longer ones would
//     lock out the neighbours of who sends them, while these let no more than a few more go out.
//
// Seats that are held for who never answers are held for half as long: where the browser, the address, or the phone
// by the same source has let two prompts or more go by in the last hour and paid nothing since. That is 90 seconds
// where seats are held for 3 minutes, and never less than 90 seconds unless all holds are shorter: a prompt stays on
// a handset for about a minute. The prompt itself counts as live for as long as any other; money that comes after the
// seats are free is late money, like other.
//
// Nothing of this says to one client what another does: a phone that rests after unanswered prompts is refused in the
// same words, with the same status and the same time to wait, as one with a stranger's prompt on it.
//
// A cinema may lift all of it, for load tests: see [Policy]. How often one client may have M-PESA asked about a
// payment is bounded elsewhere, by the pace of all questions together and, in each process, by client.
//
// It must never know SQL, a clock or the network: it is told how long ago things were.
package fairuse

import "time"

// The bounds that a refusal names to a customer.
const (
	// OwnSeats is how many unpaid seats one browser, or one phone, may hold.
	OwnSeats = 20
	// OneBooking is how many seats may always be booked in a screening by who holds none there.
	OneBooking = 10
	// PhoneWait is after how long one may try again where a phone cannot have a prompt, whatever the cause: longer
	// than a prompt lives, so that it says nothing of when one ends, and half of the first pause.
	PhoneWait = 150 * time.Second
)

// PhoneSentence is all that anybody is told whose prompt cannot go to a phone, unless the prompt on it is their own:
// the words are the rule here, since any others would tell a stranger whether a number is paying at this moment.
const PhoneSentence = "Another booking has sent a prompt to this number. If it is not yours, cancel it; do not enter your PIN."

// How far back the facts must reach.
const (
	Minute = time.Minute
	Lately = 15 * time.Minute // in which paid seats make room for others
	Hour   = time.Hour
	Day    = 24 * time.Hour
)

const (
	seatWait     = 15 * time.Second // until neighbours have paid, or some of them
	ownSeatWait  = time.Minute      // until seats of one's own are
	addressRate  = 5                // an address may make as many bookings as so many browsers
	paidPrompts  = 3                // unanswered prompts that one paid prompt makes room for
	phoneFree    = 2                // unanswered prompts to one phone before the first pause
	phoneDay     = 6                // and in a day, by one source
	phoneAll     = 20               // and by all
	firstPause   = 2 * time.Minute  // after too many unanswered prompts
	longestPause = 10 * time.Minute
	shortest     = 90 * time.Second // of the shorter holds
	silence      = 2                // unanswered prompts that make a hold shorter
)

// bounds are those of an address, or of a partner.
type bounds struct {
	seats      int // unpaid
	share      int // of a screening, in percent
	perMinute  int // bookings
	unanswered int // prompts an hour
}

// Policy is how strictly a cinema keeps to the policy. The zero Policy bounds nothing.
type Policy struct {
	PerMinute int // bookings a minute by one browser; 0 lifts all bounds
}

// Off reports whether nothing is bounded.
func (p Policy) Off() bool { return p.PerMinute <= 0 }

func (p Policy) of(partner bool) bounds {
	if partner {
		return bounds{seats: 200, share: 25, perMinute: 120, unanswered: 120}
	}
	return bounds{seats: 40, share: 15, perMinute: p.PerMinute * addressRate, unanswered: 30}
}

// Outcome is what became of a prompt.
type Outcome int

// The outcomes of a prompt.
const (
	Open       Outcome = iota // it may still be answered
	Unanswered                // nobody answered, or it was cancelled
	Tried                     // answered by somebody who could not pay: a wrong PIN, no money
	Paid
	NotSent // no prompt went out
)

// Prompt is one prompt to the phone in the last day.
type Prompt struct {
	Age     time.Duration // since it was sent
	Outcome Outcome
	Own     bool // by the same browser or address as this one
}

// Recent is what became of somebody's prompts in the last hour.
type Recent struct {
	Minute     int           // prompts in the last minute; of an address without those that were paid
	Unanswered int           // in the hour
	Paid       int           // in the hour
	Last       time.Duration // since the last one was sent that is open or unanswered
}

// Facts are what a decision rests on. Seats of the booking itself are not among those held.
type Facts struct {
	Seats    int // that would be held and are not yet; 0 where a ticket keeps the seats it has
	Capacity int // of the screening
	Partner  bool
	Known    bool // the browser or the address is known; otherwise it is the house itself, or a test

	BrowserHeld   int // seats that are not paid for
	PhoneHeld     int // by the same browser or address
	AddressHeld   int // of the address or partner, everywhere
	ScreeningHeld int // and in this screening

	BrowserPaid   bool // it has paid for a ticket before
	PhonePaid     bool // and with this phone
	AddressPaid   int  // seats paid for lately
	ScreeningPaid int  // and in this screening

	Phone            []Prompt // to this phone, in any order
	Browser, Address Recent
}

// Refusal is why a booking or another try is not taken.
type Refusal string

// The refusals.
const (
	None           Refusal = ""
	TooManySeats   Refusal = "too many seats"   // of the browser or the phone
	AddressHolds   Refusal = "address holds"    // too many unpaid seats
	AddressShare   Refusal = "address share"    // of the screening is held unpaid
	TooFast        Refusal = "too fast"         // too many bookings in a minute
	TooManyPrompts Refusal = "too many prompts" // that nobody answered
	PhoneRests     Refusal = "phone rests"      // after prompts that nobody answered
)

// Decision is what the policy says to a booking or another try.
type Decision struct {
	Refusal Refusal
	Left    int           // seats that may still be held, where seats are the cause
	Wait    time.Duration // after which it may be tried again
	Lane    bool          // it does not count against its address
	Short   bool          // its hold is shorter: see [Hold]
}

// Decide says whether a booking or another try is taken, and how.
func (p Policy) Decide(f Facts) Decision {
	if p.Off() {
		return Decision{}
	}
	d := Decision{Lane: f.BrowserPaid && !f.Partner}
	for _, rule := range []func(Facts, *Decision){p.ownSeats, p.rates, p.addressSeats, p.prompts, p.phone} {
		if rule(f, &d); d.Refusal != None {
			return d
		}
	}
	d.Short = f.silent(d.Lane)
	return d
}

// Hold is how long seats are held by a decision, where others are held for so long.
func (d Decision) Hold(usual time.Duration) time.Duration {
	if !d.Short {
		return usual
	}
	return max(usual/2, min(usual, shortest))
}

func (d *Decision) refuse(r Refusal, wait time.Duration, left int) {
	d.Refusal, d.Wait, d.Left = r, wait, max(left, 0)
}

// ownSeats bounds what one browser and one phone hold.
func (p Policy) ownSeats(f Facts, d *Decision) {
	held := f.BrowserHeld
	if f.Partner {
		held = 0
	}
	if !f.PhonePaid { // otherwise the browser is its owner's, and its own bound is enough
		held = max(held, f.PhoneHeld)
	}
	if f.Seats > 0 && held+f.Seats > OwnSeats {
		d.refuse(TooManySeats, ownSeatWait, OwnSeats-held)
	}
}

// rates bounds how many bookings are made in a minute.
func (p Policy) rates(f Facts, d *Decision) {
	switch {
	case !f.Partner && f.Browser.Minute >= p.PerMinute:
		d.refuse(TooFast, Minute, 0)
	case !d.Lane && f.Address.Minute >= p.of(f.Partner).perMinute:
		d.refuse(TooFast, seatWait, 0) // neighbours pay any moment
	}
}

// addressSeats bounds what one address holds.
func (p Policy) addressSeats(f Facts, d *Decision) {
	if d.Lane || f.Seats == 0 || !f.Known {
		return
	}
	b := p.of(f.Partner)
	if left := b.seats + f.AddressPaid - f.AddressHeld; f.Seats > left {
		d.refuse(AddressHolds, seatWait, left)
		return
	}
	left := f.Capacity*b.share/100 + f.ScreeningPaid - f.ScreeningHeld
	if f.ScreeningHeld == 0 {
		left = max(left, OneBooking)
	}
	if f.Seats > left {
		d.refuse(AddressShare, seatWait, left)
	}
}

// prompts bounds the prompts that nobody answers, to whatever phones.
func (p Policy) prompts(f Facts, d *Decision) {
	type one struct {
		Recent
		most int
	}
	var all []one
	if !f.Partner {
		all = append(all, one{f.Browser, 10})
	}
	if !d.Lane {
		all = append(all, one{f.Address, p.of(f.Partner).unanswered})
	}
	for _, o := range all {
		over := o.Unanswered - o.most - paidPrompts*o.Paid
		if over < 0 {
			continue
		}
		if wait := min(firstPause<<min(over, 10), longestPause) - o.Last; wait > 0 {
			d.refuse(TooManyPrompts, wait, 0)
			return
		}
	}
}

// phone bounds the prompts to one phone that nobody answers.
func (p Policy) phone(f Facts, d *Decision) {
	if f.PhonePaid || !f.Known {
		return
	}
	all, own, sent := 0, 0, 0    // unanswered prompts, in halves; and all of one's own
	lastAny, lastOwn := Day, Day // how long ago the last of them were sent
	paid := Day                  // since this source has had the phone pay
	for _, prompt := range f.Phone {
		if prompt.Own && prompt.Outcome == Paid {
			paid = min(paid, prompt.Age)
		}
	}
	for _, prompt := range f.Phone {
		halves := prompt.halves()
		if halves == 0 || prompt.Age >= Day {
			continue
		}
		all += halves
		lastAny = min(lastAny, prompt.Age)
		if prompt.Own {
			sent++
		}
		if prompt.Own && prompt.Age < paid {
			own += halves
			lastOwn = min(lastOwn, prompt.Age)
		}
	}
	rests := own/2 >= phoneDay || lastOwn < phonePause(own/2)
	if all/2 >= phoneAll && (sent > 0 || lastAny < Hour) {
		rests = true
	}
	if rests {
		d.refuse(PhoneRests, PhoneWait, 0)
	}
}

// halves is how much a prompt counts that was not paid.
func (p Prompt) halves() int {
	switch p.Outcome {
	case Unanswered:
		return 2
	case Tried:
		return 1
	}
	return 0
}

// phonePause is how long a phone rests after so many prompts of one source that nobody answered.
func phonePause(unanswered int) time.Duration {
	switch unanswered - phoneFree {
	case 0:
		return 5 * time.Minute
	case 1:
		return 15 * time.Minute
	case 2:
		return time.Hour
	}
	if unanswered > phoneFree {
		return 4 * time.Hour
	}
	return 0
}

// silent reports whether whoever books has let prompts go by lately and paid nothing since.
func (f Facts) silent(lane bool) bool {
	ignores := func(r Recent) bool { return r.Unanswered >= silence && r.Paid == 0 }
	if ignores(f.Browser) || !lane && ignores(f.Address) {
		return true
	}
	if f.PhonePaid {
		return false
	}
	since, unanswered := Hour, 0
	for _, p := range f.Phone {
		if p.Own && (p.Outcome == Paid || p.Outcome == Tried) {
			since = min(since, p.Age)
		}
	}
	for _, p := range f.Phone {
		if p.Own && p.Outcome == Unanswered && p.Age < since {
			unanswered++
		}
	}
	return unanswered >= silence
}
