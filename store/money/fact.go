package money

import (
	"slices"
	"time"
)

// PushID is the number of an STK Push.
type PushID int64

// TicketID is the number of a ticket.
type TicketID int64

// Cents is an amount of money in cents.
type Cents int64

// Instant is a time in milliseconds UTC; 0 is not known.
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

// Source is who reports a fact.
type Source string

// The sources, the best proof first. The result of a Reversal proves no payment.
const (
	Callback     Source = "callback"     // a callback with the push's own token
	Status       Source = "status"       // M-PESA's answer to a Transaction Status
	Statement    Source = "statement"    // M-PESA's own list of a period
	Query        Source = "query"        // M-PESA's answer to a push query; it names no receipt and no amount
	Confirmation Source = "confirmation" // a C2B confirmation
	Pull         Source = "pull"         // a row of Pull Transactions
	Customer     Source = "customer"     // what a customer typed
	Operator     Source = "operator"     // what the staff decided
	Reversal     Source = "reversal"     // the result of a Reversal
)

var byProof = []Source{Reversal, Operator, Customer, Pull, Confirmation, Query, Statement, Status, Callback}

// rank orders sources by their proof: a greater one replaces what a smaller one says.
func (s Source) rank() int { return max(slices.Index(byProof, s), 0) }

// isMPESA reports whether M-PESA itself is the source.
func (s Source) isMPESA() bool { return s.rank() > Customer.rank() || s == Reversal }

// Saying is what a fact says.
type Saying string

// The sayings. Those of a push name a push, those of a receipt a receipt.
const (
	Paid          Saying = "paid"            // money was taken: by the push, under the receipt, or both
	Mentions      Saying = "mentions"        // a callback that cannot be read whole names the receipt or Amount
	FailedForGood Saying = "failed"          // the push took no money, and will not
	NotCompleted  Saying = "not_completed"   // the push took no money so far
	NoSuchReceipt Saying = "no_such_receipt" // M-PESA knows no completed payment of this receipt
	PaidToOthers  Saying = "paid_to_others"  // the receipt is of a payment to somebody else
	Reversed      Saying = "reversed"        // M-PESA has given the receipt's money back, by whomever
	PaysFor       Saying = "pays_for"        // the receipt paid for the ticket, as a customer or an operator reports
	NotFor        Saying = "not_for"         // an operator takes PaysFor back
	NothingPaid   Saying = "nothing_paid"    // an operator has found that nothing was paid under the receipt
	GivenBack     Saying = "given_back"      // Amount went back: by our Reversal, or by hand where an operator says so
	DoubtEnds     Saying = "resolved"        // an operator has looked into the doubt that About and Amount name
	TheSame       Saying = "the_same"        // an operator: the push was paid with this receipt
	Two           Saying = "two"             // an operator: the push's money and the receipt's are two payments
)

// Fact is one thing that somebody has reported about money. What it names, it names for certain; where it names nothing
// of a kind, that is zero.
type Fact struct {
	ID           int64
	At           Instant // when it became known: what was known to be paid by then was not paid later
	Source       Source
	Says         Saying
	Push         PushID
	Receipt      string
	Ticket       TicketID    // of PaysFor; or whose code the payer typed as account number
	Beside       PushID      // whose token a callback came with that names another CheckoutRequestID
	About        DoubtReason // of DoubtEnds
	Amount       *Cents      // what was taken or went back; nil where it is not known
	Payer        Pattern
	TransactedAt Instant
	Account      bool // the payer's account number is known and no push sent it; the echo of a push names its push
}

// amount is how much was taken or went back, 0 where it is not known.
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
	Refused bool // Daraja turned it away: no prompt went out
	Askable bool // its CheckoutRequestID is known, so that M-PESA can be asked about it
}

// Seats says whether a ticket has its seats. Only the database knows whether others are free.
type Seats string

// A ticket holds its seats, holds none, or cannot have any since too few are free.
const (
	SeatsHeld Seats = "held"
	SeatsNone Seats = "none"
	SeatsGone Seats = "gone"
)

// Ticket is what the fate of money depends on. PaidWith, Late and Void are commitments.
type Ticket struct {
	ID        TicketID
	Total     Cents
	MadeAt    Instant
	StartsAt  Instant // of the film
	Cancelled bool    // the screening
	Waiting   bool    // it is Pending: nobody was shown that it failed
	Seats     Seats
	PaidWith  Key // the payment that it was shown as paid with; zero where it was not
	// why money for it came too late: nothing pays for it any more, whatever changes; "" where none did
	Late Reason
	Void Reason // why it admits nobody any more, though it was paid; "" where it does
}

// Refund is money on its way back, asked for by a person or by the program. It is a commitment.
type Refund struct {
	Of   Key
	Open bool // requested, and neither done nor refused
	Out  int  // Reversals that M-PESA may have carried out
}

// Case is all that may concern the same money.
type Case struct {
	Facts   []Fact
	Pushes  []Push
	Tickets []Ticket
	Refunds []Refund
}

// Key names a payment: by its push, by its receipt, or by both.
type Key struct {
	Push    PushID
	Receipt string
}

// Names reports whether both keys name the same payment: they share the push or the receipt.
func (k Key) Names(other Key) bool {
	return k.Push != 0 && k.Push == other.Push || k.Receipt != "" && k.Receipt == other.Receipt
}

// push finds a push of the case; the zero Push where it has none such.
func (c Case) push(id PushID) Push { return first(c.Pushes, func(p Push) bool { return p.ID == id }) }

// ticket finds a ticket of the case.
func (c Case) ticket(id TicketID) Ticket {
	return first(c.Tickets, func(t Ticket) bool { return t.ID == id })
}

// has reports whether there is a fact like this one.
func (c Case) has(like Fact) bool { return c.last(like) != 0 }

// last is the id of the last fact like this one, 0 where there is none. A zero field is like any.
func (c Case) last(like Fact) (id int64) {
	for _, f := range c.Facts {
		if isLike(like.Source, f.Source) && isLike(like.Says, f.Says) && isLike(like.Push, f.Push) &&
			isLike(like.Beside, f.Beside) && isLike(like.Receipt, f.Receipt) && isLike(like.Ticket, f.Ticket) &&
			isLike(like.Account, f.Account) {
			id = max(id, f.ID)
		}
	}
	return id
}

func isLike[T comparable](want, is T) bool {
	var anything T
	return want == anything || want == is
}

// first is the first that matches; zero where none does.
func first[T any](all []T, matches func(T) bool) (one T) {
	if i := slices.IndexFunc(all, matches); i >= 0 {
		one = all[i]
	}
	return one
}

// where lists what matches.
func where[T any](all []T, matches func(T) bool) (matching []T) {
	for _, one := range all {
		if matches(one) {
			matching = append(matching, one)
		}
	}
	return matching
}
