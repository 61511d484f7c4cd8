package money

import (
	"cmp"
	"slices"
)

// State is what has become of a payment.
type State string

// A payment pays for a ticket, is due back, or names no ticket for certain. Its money may have gone back, by us or not.
const (
	Applied   State = "applied"
	RefundDue State = "refund_due"
	Unmatched State = "unmatched"
	Refunded  State = "refunded"
	Returned  State = "reversed_elsewhere"
)

// Reason is why a payment is due back or unmatched, why a ticket is void, or why an entry is on the list.
type Reason string

// Why money is due back, or a ticket void.
const (
	WrongAmount        Reason = "wrong_amount"
	PaidTwice          Reason = "paid_twice"
	SeatsTaken         Reason = "seats_gone"
	ScreeningBegun     Reason = "screening_begun"
	ScreeningCancelled Reason = "screening_cancelled"
	Voided             Reason = "voided"
	RefundAsked        Reason = "refund_asked"
	TakenOver          Reason = "taken_over" // its money was another ticket's, by better proof
	NeverPaid          Reason = "never_paid" // an operator found that nothing was paid
)

// Why money names no ticket for certain.
const (
	NamesNoTicket Reason = "names_no_ticket"
	ToBeConfirmed Reason = "to_be_confirmed" // it names a ticket, and M-PESA is asked
	AmountUnknown Reason = "amount_unknown"  // M-PESA has not reported how much it took
	MayBeSame     Reason = "may_be_same"     // it may be the same money as another payment
	OtherAmount   Reason = "other_amount"    // than the ticket that it names
	OtherPhone    Reason = "other_phone"     // than those that the ticket's pushes went to
	Older         Reason = "older"           // than the ticket
	Unclear       Reason = "unclear"         // it may be another booking's, or its time is not known
	NamedTwice    Reason = "named_twice"     // for two tickets
	NotKnown      Reason = "no_such_receipt" // M-PESA knows no completed payment of this receipt
	ToOthers      Reason = "paid_to_others"  // M-PESA says that it paid somebody else
	OtherPush     Reason = "other_push"      // it came with one push's token and another CheckoutRequestID
	AlsoTold      Reason = "also_told"       // a second receipt of a push, which pays once
	GoneBack      Reason = "gone_back"       // its money has gone back
	Resolved      Reason = "resolved"        // an operator has looked into it, and it is not the ticket's
	GivenBackPart Reason = "given_back_part" // a part of it went back
)

// Why a receipt that a customer named is an operator's to look into, besides what the facts say: M-PESA could not be
// asked, or has answered so that it is not known what became of it.
const (
	NotAsked      Reason = "not_asked"
	NotUnderstood Reason = "not_understood"
)

// IsLate reports whether money is due back since it came too late for its ticket.
func (r Reason) IsLate() bool {
	return r == SeatsTaken || r == ScreeningBegun || r == ScreeningCancelled
}

// Doubt is something about a payment that M-PESA contradicts itself or a person on. It stays until an operator resolves
// it or a better proof ends it.
type Doubt struct {
	Why     DoubtReason
	Amount  Cents  // the other amount that was reported, or what went back
	Receipt string // the receipt that the doubt is about
}

// DoubtReason is the kind of a doubt.
type DoubtReason string

// The doubts.
const (
	AmountDiffers DoubtReason = "amount_differs"  // Amount was reported besides
	ReceiptShared DoubtReason = "receipt_shared"  // Receipt was reported for several pushes, and is none's for certain
	ReceiptBogus  DoubtReason = "receipt_unknown" // M-PESA knows no such completed payment to us
	ReceiptOthers DoubtReason = "paid_elsewhere"  // M-PESA says that it was paid to somebody else
	ReturnedTwice DoubtReason = "returned_twice"  // by hand, and by a Reversal
	ReturnedOther DoubtReason = "returned_other"  // Amount went back, which is not what was taken
)

// Payment is money that M-PESA took, as M-PESA or an operator reports.
type Payment struct {
	Key
	Ticket      TicketID // that it is for; 0 where that is not certain
	Named       TicketID // that it may be for, where Ticket is 0
	Amount      Cents    // where AmountKnown
	AmountKnown bool
	Assumed     bool // Amount is what the push asked for, since a push cannot be paid in part
	// Least and Most are between what it lies by all reports, whether or not an operator has looked into it.
	Least, Most  Cents
	Payer        Pattern
	TransactedAt Instant
	Proof        Source // the best that says it was paid
	State        State
	Reason       Reason
	Doubts       []Doubt
	Alike        []Key // the payments and pushes that it may be the same money as
	Automatic    bool  // it may go back without a person: it is due, whole shillings, and nothing about it is open

	facts     []Fact     // that speak of it
	shown     Cents      // what the ticket costs that was shown as paid with it
	confirmed bool       // Transaction Status says that it was paid to us
	bogus     Reason     // NotKnown or ToOthers, where Transaction Status says so
	like      []*Payment // that it may be the same money as
	partly    bool       // less went back than was taken
	gone      Reason     // why a ticket is void that was paid with it: its money has gone back
	refunding bool       // a refund of it was asked for, and is neither done nor refused
	reversing bool       // M-PESA may have carried out a Reversal of ours
}

// gravity ranks doubts: of several the gravest is shown first.
var gravity = []DoubtReason{"", ReceiptBogus, ReceiptOthers, AmountDiffers, ReceiptShared, ReturnedOther, ReturnedTwice}

// Gravest is the gravest doubt about a payment; the zero Doubt where there is none.
func (p Payment) Gravest() Doubt {
	return slices.MaxFunc(append([]Doubt{{}}, p.Doubts...), func(a, b Doubt) int {
		return slices.Index(gravity, a.Why) - slices.Index(gravity, b.Why)
	})
}

// TicketDecision is what becomes of a ticket by its money.
type TicketDecision struct {
	ID         TicketID
	Paid       bool
	With       Key
	NeedsSeats bool // With pays for it once the database has given it seats: decide again with what came of that
	Void       Reason
	Late       Reason // why money came too late for it, "" where none did
	FreeSeats  bool   // it is void, and nothing of it remains to be given back
	Owed       Reason // why money for it is due back, where it is not paid; "" where none is
}

// QuestionKind is what M-PESA is asked about.
type QuestionKind string

// A push is asked about by push query, a receipt by Transaction Status.
const (
	AskPush    QuestionKind = "push"
	AskReceipt QuestionKind = "receipt"
)

// Question is something to ask M-PESA. Soon is out of turn.
type Question struct {
	Kind    QuestionKind
	Push    PushID
	Receipt string
	Soon    bool
}

// Decision is all that follows from a case. Its lists are in the order of their keys.
type Decision struct {
	Payments  []Payment
	Tickets   []TicketDecision
	Claims    []Claim
	Questions []Question
}

// Decide says what a case means at an instant. The instant matters for films that have begun alone.
func Decide(c Case, now Instant) (d Decision) {
	payments := identify(c)
	for _, t := range c.Tickets {
		if p := t.shownWith(payments); p != nil {
			p.shown = cmp.Or(p.shown, t.Total)
		}
	}
	for _, p := range payments {
		weigh(c, p)
	}
	compare(c, payments)
	d.Tickets = allot(c, payments, now)
	d.Claims = claimsOf(c, payments)
	d.Questions = ask(c, payments)
	for _, p := range payments {
		p.Automatic = mayGoBack(payments, p)
		d.Payments = append(d.Payments, *p)
	}
	return d
}
