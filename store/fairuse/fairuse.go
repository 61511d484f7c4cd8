// Package fairuse is the policy of how much one client may do to others: how many unpaid seats it may hold, and how
// many prompts it may send. It decides from who asks, what is held, what was answered and what was paid.
//
// A client is a browser (by the session that its first booking made), an address block (an IPv4 address, or the /48 of
// an IPv6 address, which one customer of a provider is given), a phone number that anybody may type, or a partner (by
// its key).
//
// # Unpaid seats
//
//   - 20 for a browser, and 20 for a phone number, counting only what the same browser or address booked with it:
//     bookings by others never count against a phone's owner.
//   - 40 for an address block, 200 for a partner.
//   - 15 % of a screening for an address block, 25 % for a partner. A client that holds nothing there may always make
//     one booking of up to 10 seats, so that a family can book in a hall of 20.
//
// A payment frees its seats from these limits at once, and raises them: the address's limit by the seats that it paid
// for in the last 15 minutes, its share of a screening by those that it paid for there. So hundreds of customers behind
// one carrier's address are served as fast as they pay, and an address that pays nothing holds at most 40 seats.
//
// A browser that has paid before has its own lane: only its own limits apply, not its address's, and it does not count
// against its neighbours there.
//
// A phone that has paid by a prompt here before is no invented number: the rate and the prompts of its address do not
// limit it either, unless it rests.
//
// # Prompts and bookings
//
// Each prompt that was sent counts, whether of a booking or a retry. What we or Daraja refused, and what Daraja never
// accepted, does not count:
//   - 10 a minute for a browser (BOOKING_RATE), five times that for an address, without the paid ones, and 120 a minute
//     for a partner.
//   - To one phone by one source, which is the same browser or address, since a new session costs nothing: two
//     unanswered ones are free, as only one prompt can be on a phone at a time. Before the third there are 5 minutes,
//     then 15, then an hour, and an hour each from then on. So an owner behind a prankster's own address is kept out
//     for an hour at a time. A wrong PIN or an empty account is the answer of somebody who tries to pay, and counts
//     half. A payment resets the count.
//   - To one phone by all sources together: 20 a day. After those a source still has its two, and an hour before each
//     more: a prankster needs an address for each two prompts, and the phone's owner comes from one more.
//   - A browser that has paid with this phone, by a prompt to it, is its owner's: none of that applies to it.
//   - To different phones: 30 unanswered ones an hour for an address, 10 for a browser, 120 for a partner, and 3 more
//     for each paid one, up to 1,000. One that may still be answered, and one with a wrong PIN, counts half.
//   - A browser past its limit waits for 2 minutes after its last prompt, and twice as long each time, up to 10.
//   - An address or a partner past its limit sends one prompt in each turn of 15 seconds, for two seats at most, which
//     are held for half as long: 240 more prompts an hour, to any phones. Turns of an address with 120 paid prompts in
//     the hour are half as long. A turn is for every second phone number, and a refusal names the next one.
//
// # What that promises
//
// New customers behind a flooded address cannot be told from the flood's invented numbers. In an hour of a flood that
// tries once a second or every three seconds by numbers invented as it goes, half of them book within a minute, nine in
// ten within 5 minutes, and all within 15 minutes. That holds where they come every 10 seconds, every minute or every 5
// minutes, want two seats at most, and come again when they are told to. A flood that tries more often, or comes when
// it is told to, takes more of the turns: then new customers need another address. A browser or phone that has paid
// here books as ever.
//
// # Shorter holds
//
// Seats are held for half as long where the browser, the address, or the phone by the same source left two prompts or
// more unanswered in the last hour and has paid nothing since. That is 90 seconds where the usual hold is 3 minutes,
// and never less than 90 seconds unless all holds are shorter: a prompt stays on a handset for about a minute. The
// prompt itself counts as live as long as any other. A payment after the seats are free is a late payment, like any
// other.
//
// # Receipts that customers claim
//
// 5 for a ticket, and 10 an hour that M-PESA does not know for all bookings of a browser, and of an address. Those that
// M-PESA has not answered about yet count half. The address's limit does not apply to a browser or a phone that has
// paid here before. M-PESA is asked under the rate limit of all questions, first for the clients with the fewest
// questions.
//
// # Secrecy
//
// No refusal reveals what another client does. A phone that rests after the prompts of others is refused with the same
// words, status and wait as one with another client's prompt on it. A browser's own doings are named to it.
//
// A cinema may lift all limits, for load tests: see [Policy]. How often one client may have M-PESA asked about a
// payment is limited elsewhere, by the rate limit of all questions together and, in each process, by client.
//
// It must never know SQL, a clock or the network: its input is how long ago things were.
package fairuse

import "time"

// The limits that a refusal shows to a customer.
const (
	// OwnSeats is how many unpaid seats one browser, or one phone, may hold.
	OwnSeats = 20
	// OneBooking is how many seats whoever holds none in a screening may always book there.
	OneBooking = 10
	// PhoneWait is how long to wait where a phone cannot have a prompt, whatever the cause. It is longer than a prompt
	// lives, so that it does not reveal when one ends, and half of the first pause.
	PhoneWait = 150 * time.Second
)

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
	addressRate  = 5                // the limit of an address, in browsers
	paidPrompts  = 3                // unanswered prompts that one paid prompt makes room for
	phoneFree    = 2                // unanswered prompts to one phone before the first pause
	phoneAll     = 20               // and by all in a day, after which the pauses are the longest
	firstPause   = 2 * time.Minute  // of a browser, after too many unanswered prompts
	longestPause = 10 * time.Minute
	turn         = 15 * time.Second // for one prompt of an address that has sent too many
	turnSeats    = 2                // and its seats
	busyPaid     = 120              // prompts an hour of an address that halve its turns
	shortest     = 90 * time.Second // of the shorter holds
	silence      = 2                // unanswered prompts that make a hold shorter
	ownPrompts   = 10               // unanswered prompts of a browser in an hour
	guesses      = 10               // receipts of a browser or an address in an hour that M-PESA does not know
)

// bounds are the limits of an address or a partner.
type bounds struct {
	seats      int // unpaid
	share      int // of a screening, in percent
	perMinute  int // bookings
	unanswered int // prompts an hour
}

// Policy is how strictly a cinema applies the limits. The zero Policy has none.
type Policy struct {
	PerMinute int // bookings a minute by one browser; 0 lifts all limits
}

// Off reports whether there are no limits.
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
	Mine    bool // by the browser that asks, or for the ticket to retry
}

// Recent counts somebody's prompts in the last hour, by outcome.
type Recent struct {
	Minute     int           // prompts in the last minute; of an address, the unpaid ones only
	Open       int           // that may still be answered
	Unanswered int           // in the hour
	Tried      int           // in the hour
	Paid       int           // in the hour
	Last       time.Duration // since the last prompt that is open or unanswered
}

// halves is how much the unpaid prompts count, in halves.
func (r Recent) halves() int { return r.Open + 2*r.Unanswered + r.Tried }

// Facts are what a decision needs. The booking's own seats are not among those held.
type Facts struct {
	Seats    int // seats to be held that are not yet; 0 where a ticket keeps its seats
	Capacity int // of the screening
	Partner  bool
	Known    bool // the browser or address is known; otherwise it is the house itself, or a test

	BrowserHeld   int // unpaid seats
	PhoneHeld     int // by the same browser or address
	AddressHeld   int // of the address or partner, everywhere
	ScreeningHeld int // and in this screening

	BrowserPaid   bool // it has paid for a ticket before
	PhonePaid     bool // and with this phone, by a prompt to it
	PhoneKnown    bool // the phone has paid by a prompt, for anybody
	AddressPaid   int  // seats paid for lately
	ScreeningPaid int  // and in this screening

	Lot   uint64        // any number that is constant for the phone
	Clock time.Duration // since any constant instant

	Phone            []Prompt // to this phone, in any order
	Browser, Address Recent
}

// Refusal is why a booking or a retry is refused.
type Refusal string

// The refusals.
const (
	None           Refusal = ""
	TooManySeats   Refusal = "too many seats"   // of the browser or the phone
	AddressHolds   Refusal = "address holds"    // too many unpaid seats
	AddressShare   Refusal = "address share"    // of the screening is held unpaid
	TooFast        Refusal = "too fast"         // too many bookings in a minute by the browser or partner
	TooManyPrompts Refusal = "too many prompts" // of the browser or partner that nobody answered
	AddressBusy    Refusal = "address busy"     // too many bookings or unanswered prompts of the address
	OwnPrompts     Refusal = "own prompts"      // of the browser or ticket to this phone, that nobody answered
	PhoneRests     Refusal = "phone rests"      // after prompts of others that nobody answered
	TooManyGuesses Refusal = "too many guesses" // receipts of the address that M-PESA does not know
)

// Decision is the policy's answer to a booking or a retry.
type Decision struct {
	Refusal Refusal
	Left    int           // seats that may still be held, where seats are the cause
	Wait    time.Duration // after which it may be tried again
	Lane    bool          // it does not count against its address
	Short   bool          // its hold is shorter: see [Hold]
}

// Decide decides on a booking or a retry.
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
	d.Short = d.Short || f.silent(d.Lane)
	return d
}

// Hold is how long a decision's seats are held, where the usual hold is given.
func (d Decision) Hold(usual time.Duration) time.Duration {
	if !d.Short {
		return usual
	}
	return max(usual/2, min(usual, shortest))
}

func (d *Decision) refuse(r Refusal, wait time.Duration, left int) {
	d.Refusal, d.Wait, d.Left = r, wait, max(left, 0)
}

// ownSeats limits what one browser and one phone hold.
func (p Policy) ownSeats(f Facts, d *Decision) {
	held := f.BrowserHeld
	if f.Partner {
		held = 0
	}
	if !f.PhonePaid { // otherwise the browser is its owner's, and its own limit is enough
		held = max(held, f.PhoneHeld)
	}
	if f.Seats > 0 && held+f.Seats > OwnSeats {
		d.refuse(TooManySeats, ownSeatWait, OwnSeats-held)
	}
}

// rates limits bookings a minute.
func (p Policy) rates(f Facts, d *Decision) {
	switch {
	case !f.Partner && f.Browser.Minute >= p.PerMinute:
		d.refuse(TooFast, Minute, 0)
	case !f.newcomer(*d) || f.Address.Minute < p.of(f.Partner).perMinute:
	case f.Partner:
		d.refuse(TooFast, seatWait, 0)
	default:
		d.refuse(AddressBusy, seatWait, 0) // neighbours may pay any moment
	}
}

// newcomer reports whether the prompts of the address count: neither the browser nor the phone has paid here.
func (f Facts) newcomer(d Decision) bool { return f.Partner || !d.Lane && !f.PhoneKnown }

// addressSeats limits what one address holds.
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
