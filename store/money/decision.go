package money

import (
	"cmp"
	"slices"
)

// State is what became of a payment.
type State string

// A payment is applied to a ticket, due for refund, or unmatched. It may have been refunded, or reversed by somebody
// else.
const (
	Applied   State = "applied"
	RefundDue State = "refund_due"
	Unmatched State = "unmatched"
	Refunded  State = "refunded"
	Returned  State = "reversed_elsewhere"
)

// Reason is why a payment is due for refund or unmatched, a ticket void, or an item open.
type Reason string

// Why a refund is due, or a ticket void.
const (
	WrongAmount        Reason = "wrong_amount"
	PaidTwice          Reason = "paid_twice"
	SeatsTaken         Reason = "seats_gone"
	ScreeningBegun     Reason = "screening_begun"
	ScreeningCancelled Reason = "screening_cancelled"
	Voided             Reason = "voided"
	RefundAsked        Reason = "refund_asked"
	TakenOver          Reason = "taken_over"      // by better proof its payment was another ticket's
	NeverPaid          Reason = "never_paid"      // an operator found that nothing was paid
	NoLongerGiven      Reason = "no_longer_given" // an operator took back what was given away
)

// Why a payment is unmatched.
const (
	NamesNoTicket Reason = "names_no_ticket"
	ToBeConfirmed Reason = "to_be_confirmed" // a ticket is named, and M-PESA is asked
	AmountUnknown Reason = "amount_unknown"  // M-PESA has not reported the amount
	MayBeSame     Reason = "may_be_same"     // it may duplicate another payment
	OtherAmount   Reason = "other_amount"    // another than the ticket's total
	OtherPhone    Reason = "other_phone"     // another than those of the ticket's pushes
	Older         Reason = "older"           // paid before the ticket was made
	Unclear       Reason = "unclear"         // it may be another booking's, or its time is not known
	NamedTwice    Reason = "named_twice"     // for two tickets
	NotKnown      Reason = "no_such_receipt" // M-PESA knows no completed payment of this receipt
	ToOthers      Reason = "paid_to_others"  // M-PESA reports that it was paid to somebody else
	OtherPush     Reason = "other_push"      // it came with one push's token and another CheckoutRequestID
	AlsoTold      Reason = "also_told"       // a second receipt of a push, which pays once
	GoneBack      Reason = "gone_back"       // it was refunded or reversed
	Resolved      Reason = "resolved"        // an operator decided that it is not the ticket's
	GivenBackPart Reason = "given_back_part" // a part of it was refunded
)

// Why a claimed receipt is the operator's to look into, besides what the facts report: M-PESA could not be asked, or
// its answer was not understood.
const (
	NotAsked      Reason = "not_asked"
	NotUnderstood Reason = "not_understood"
)

// IsLate reports whether a payment is due for refund because it came too late for its ticket.
func (r Reason) IsLate() bool {
	return r == SeatsTaken || r == ScreeningBegun || r == ScreeningCancelled
}

// Doubt is a point of a payment on which M-PESA contradicts itself or an operator. It stays until an operator resolves
// it or better proof ends it.
type Doubt struct {
	Why     DoubtReason
	Amount  Cents  // the other reported amount, or the refunded one
	Receipt string // the receipt of the doubt
}

// DoubtReason is the kind of a doubt.
type DoubtReason string

// The doubts.
const (
	AmountDiffers DoubtReason = "amount_differs"  // Amount was reported too
	ReceiptShared DoubtReason = "receipt_shared"  // Receipt was reported for several pushes, and is certainly none's
	ReceiptBogus  DoubtReason = "receipt_unknown" // M-PESA knows no such completed payment to us
	ReceiptOthers DoubtReason = "paid_elsewhere"  // M-PESA reports that it was paid to somebody else
	ReturnedTwice DoubtReason = "returned_twice"  // by hand, and by a Reversal
	ReturnedOther DoubtReason = "returned_other"  // Amount was refunded, which is not what was taken
)

// Payment is money that M-PESA took, by M-PESA's or an operator's report.
type Payment struct {
	Key
	Ticket      TicketID // that it is for; 0 where uncertain
	Named       TicketID // that it may be for, where Ticket is 0
	Amount      Cents    // valid where AmountKnown
	AmountKnown bool
	AmountBy    Source // who reports Amount
	Assumed     bool   // Amount is the push's, since a push cannot be paid in part
	// Least and Most bound the amount by all reports, even where an operator has resolved it.
	Least, Most  Cents
	Payer        Pattern
	TransactedAt Instant
	Proof        Source // the best source that reports it as paid
	State        State
	Reason       Reason
	Doubts       []Doubt
	Alike        []Key // the payments and pushes that may be the same money
	Loose        bool  // it may be the same money as something that nothing names with it; see [Taking], [Prompt]
	Automatic    bool  // may be refunded without an operator: due, in whole shillings, and with nothing open

	facts     []Fact     // the facts about it
	shown     Cents      // the total of the ticket that was shown as paid with it
	confirmed bool       // Transaction Status reports it as paid to us
	bogus     Reason     // NotKnown or ToOthers, where Transaction Status reports that
	like      []*Payment // the payments that may be the same money
	partly    bool       // less was refunded than taken
	gone      Reason     // why a ticket that was paid with it is void: it was refunded or reversed
	refunding bool       // a refund of it is open
	reversing bool       // M-PESA may have carried out a Reversal of ours
}

// gravity orders doubts: the gravest is shown first.
var gravity = []DoubtReason{"", ReceiptBogus, ReceiptOthers, AmountDiffers, ReceiptShared, ReturnedOther, ReturnedTwice}

// Gravest is the payment's gravest doubt; the zero Doubt where there is none.
func (p Payment) Gravest() Doubt {
	return slices.MaxFunc(append([]Doubt{{}}, p.Doubts...), func(a, b Doubt) int {
		return slices.Index(gravity, a.Why) - slices.Index(gravity, b.Why)
	})
}

// TicketDecision is what becomes of a ticket.
type TicketDecision struct {
	ID         TicketID
	Paid       bool // it needs no money any more
	With       Key  // the payment that paid for it; zero of one that was given away
	NeedsSeats bool // With pays for it once the database has assigned seats: decide again with the result
	Void       Reason
	Late       Reason // why a payment came too late for it, "" where none did
	FreeSeats  bool   // it is void, and nothing of it remains to refund
	Owed       Reason // why a payment for it is due for refund, where it is not paid; "" where none is
}

// QuestionKind is the subject of a question.
type QuestionKind string

// A push query asks about a push, Transaction Status about a receipt.
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

// Decision is all that follows from a case. Its lists are in key order, but for claims, which are as they came.
type Decision struct {
	Payments  []Payment
	Tickets   []TicketDecision
	Claims    []Claim
	Questions []Question
	Refunds   []RefundDecision
}

// Decide decides a case as of now. The time matters only for screenings that have begun.
func Decide(c Case, now Instant) Decision {
	d := decide(c, now, nil)
	var moved []TicketID // that another payment pays for now than they were shown with
	for _, t := range d.Tickets {
		if shown := c.ticket(t.ID).PaidWith; shown != (Key{}) && !shown.Names(t.With) {
			moved = append(moved, t.ID)
		}
	}
	if len(moved) > 0 {
		d = decide(c, now, moved)
	}
	return d
}

// decide decides a case. Of the moved tickets, which another payment pays for now, the amount that they were shown with
// is not preferred.
func decide(c Case, now Instant, moved []TicketID) (d Decision) {
	c = readReferences(c)
	payments := weighed(c, moved)
	compare(c, payments)
	d.Tickets = allot(c, payments, now)
	d.Claims = claimsOf(c, payments)
	d.Questions = ask(c, payments)
	d.Refunds = decideRefunds(c, payments)
	for _, p := range payments {
		p.Automatic = mayGoBack(c, payments, p)
		d.Payments = append(d.Payments, *p)
	}
	return d
}

// weighed lists the payments of a case, each with what its facts report.
func weighed(c Case, moved []TicketID) []*Payment {
	payments := identify(c)
	for _, t := range c.Tickets {
		if p := t.shownWith(payments); p != nil && !slices.Contains(moved, t.ID) {
			p.shown = cmp.Or(p.shown, t.Total)
		}
	}
	for _, r := range c.Refunds {
		if p := r.of(c, payments); p != nil {
			p.refunding, p.reversing = p.refunding || r.Open, p.reversing || r.Out > 0
		}
	}
	for _, p := range payments {
		weigh(c, p)
	}
	return payments
}
