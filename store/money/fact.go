package money

import (
	"slices"
	"time"
)

// PushID is the id of an STK Push.
type PushID int64

// TicketID is the id of a ticket.
type TicketID int64

// Cents is an amount of money in cents.
type Cents int64

// Instant is a time in UTC unix milliseconds; 0 is unknown.
type Instant int64

// Time is the instant in UTC. It is the zero time for a zero instant.
func (i Instant) Time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(i)).UTC()
}

// Add returns the instant d later, in whole milliseconds.
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d.Milliseconds()) }

// Source is who reported a fact.
type Source string

// The sources, the best proof first. The result of a Reversal proves no payment.
const (
	Callback     Source = "callback"     // a callback with the push's own token
	Status       Source = "status"       // M-PESA's answer to a Transaction Status
	Statement    Source = "statement"    // M-PESA's list of a period
	Query        Source = "query"        // M-PESA's answer to a push query; it names no receipt and no amount
	Confirmation Source = "confirmation" // a C2B confirmation
	Pull         Source = "pull"         // a row of Pull Transactions
	Customer     Source = "customer"     // a customer
	Operator     Source = "operator"     // the staff
	Reversal     Source = "reversal"     // the result of a Reversal
)

var byProof = []Source{Reversal, Operator, Customer, Pull, Confirmation, Query, Statement, Status, Callback}

// rank orders sources by proof: a higher one overrides a lower one.
func (s Source) rank() int { return max(slices.Index(byProof, s), 0) }

// isMPESA reports whether the source is M-PESA.
func (s Source) isMPESA() bool { return s.rank() > Customer.rank() || s == Reversal }

// Saying is what a fact reports.
type Saying string

// The sayings. Those about a push name a push, those about a receipt a receipt.
const (
	Paid          Saying = "paid"            // money was taken: by the push, under the receipt, or both
	Mentions      Saying = "mentions"        // a callback that is not read whole, or repeats, names Receipt or Amount
	FailedForGood Saying = "failed"          // the push took no money, and will not
	NotCompleted  Saying = "not_completed"   // the push took no money so far
	NoSuchReceipt Saying = "no_such_receipt" // M-PESA knows no completed payment of this receipt
	PaidToOthers  Saying = "paid_to_others"  // the receipt is of a payment to somebody else
	Reversed      Saying = "reversed"        // M-PESA has reversed the receipt's payment, by whomever
	PaysFor       Saying = "pays_for"        // the receipt paid for the ticket, by a customer's or operator's report
	NotFor        Saying = "not_for"         // an operator withdraws PaysFor
	NothingPaid   Saying = "nothing_paid"    // an operator found that nothing was paid under the receipt
	GivenBack     Saying = "given_back"      // Amount was refunded: by our Reversal, or by hand, as an operator reports
	DoubtEnds     Saying = "resolved"        // an operator resolved the doubt in About and Amount
	TheSame       Saying = "the_same"        // an operator: the push was paid with this receipt
	Two           Saying = "two"             // an operator: the push's money and the receipt's are two payments
	Given         Saying = "given"           // an operator gave the ticket away: it needs no money
	TakenBack     Saying = "taken_back"      // an operator took back a ticket that was given away
)

// Fact is one report about money. What it names is certain; a zero field names nothing.
type Fact struct {
	ID      int64
	At      Instant // when it was reported: a payment known by then was not made later
	Source  Source
	Says    Saying
	Push    PushID // of a payment without a push's token: the push whose account number was paid to
	Receipt string
	// the ticket that PaysFor, Given or TakenBack is about, or whose code the payer typed as account number
	Ticket       TicketID
	Beside       PushID      // the push whose token came with another CheckoutRequestID
	About        DoubtReason // of DoubtEnds
	Amount       *Cents      // what was taken or refunded; nil where unknown
	Payer        Pattern
	TransactedAt Instant
	Account      bool // the payer's account number is known, and is no push's

	sent PushID // the push that may have sent the account number; see readReferences
}

// amount is what was taken or refunded, 0 where unknown.
func (f Fact) amount() Cents {
	if f.Amount == nil {
		return 0
	}
	return max(*f.Amount, 0)
}

// Push is an STK Push.
type Push struct {
	ID      PushID
	Ticket  TicketID
	Amount  Cents  // asked for
	Phone   string // MSISDN
	MadeAt  Instant
	Refused bool // Daraja refused it: no prompt went out
	Askable bool // its CheckoutRequestID is known, so M-PESA can be asked about it
}

// Seats is whether a ticket has its seats. Only the database knows whether others are free.
type Seats string

// A ticket holds its seats, holds none, or can have none since too few are free.
const (
	SeatsHeld Seats = "held"
	SeatsNone Seats = "none"
	SeatsGone Seats = "gone"
)

// Ticket is what the fate of a payment depends on. PaidWith, Free, Late and Void are commitments.
type Ticket struct {
	ID        TicketID
	Total     Cents
	MadeAt    Instant
	StartsAt  Instant // of the film
	Cancelled bool    // the screening
	Waiting   bool    // it is Pending: no page has shown it as failed
	Seats     Seats
	PaidWith  Key  // the payment that it was shown as paid with; zero where it was not
	Free      bool // it was shown as valid without a payment
	// Late is why a payment for it came too late: nothing pays for it any more, until its customer tries
	// again; "" where none did.
	Late Reason
	Void Reason // why it admits nobody though it was paid; "" where it does
}

// Case is everything that may concern the same money.
type Case struct {
	Facts   []Fact
	Pushes  []Push
	Tickets []Ticket
	Refunds []Refund
}

// Key names a payment by its push, its receipt, or both.
type Key struct {
	Push    PushID
	Receipt string
}

// Names reports whether both keys name the same payment: they have the push or the receipt in common.
func (k Key) Names(other Key) bool {
	return k.Push != 0 && k.Push == other.Push || k.Receipt != "" && k.Receipt == other.Receipt
}

// push finds a push of the case; the zero Push where there is none.
func (c Case) push(id PushID) Push { return first(c.Pushes, func(p Push) bool { return p.ID == id }) }

// ticket finds a ticket of the case.
func (c Case) ticket(id TicketID) Ticket {
	return first(c.Tickets, func(t Ticket) bool { return t.ID == id })
}

// has reports whether there is a fact like this one.
func (c Case) has(like Fact) bool { return c.last(like) != 0 }

// last is the id of the last fact like this one, 0 where there is none. A zero field matches any.
func (c Case) last(like Fact) (id int64) {
	for _, f := range c.Facts {
		if isLike(like.Source, f.Source) && isLike(like.Says, f.Says) && isLike(like.Push, f.Push) &&
			isLike(like.Beside, f.Beside) && isLike(like.Receipt, f.Receipt) && isLike(like.Ticket, f.Ticket) &&
			isLike(like.Account, f.Account) && isLike(like.sent, f.sent) {
			id = max(id, f.ID)
		}
	}
	return id
}

func isLike[T comparable](want, is T) bool {
	var anything T
	return want == anything || want == is
}

// first is the first match; zero where there is none.
func first[T any](all []T, matches func(T) bool) (one T) {
	if i := slices.IndexFunc(all, matches); i >= 0 {
		one = all[i]
	}
	return one
}

// where lists the matches.
func where[T any](all []T, matches func(T) bool) (matching []T) {
	for _, one := range all {
		if matches(one) {
			matching = append(matching, one)
		}
	}
	return matching
}
