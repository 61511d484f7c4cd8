package store

import "cinemasphere/store/money"

// The books store reasons as typed values, never as sentences. Package views/wording turns them into words.

// Reason is why a refund is due, a payment is unmatched, a ticket is void, or a claimed receipt does not count.
type Reason = money.Reason

// Why a refund is due, a ticket void, or both; see package store/money.
const (
	ReasonWrongAmount        = money.WrongAmount
	ReasonPaidTwice          = money.PaidTwice
	ReasonSeatsGone          = money.SeatsTaken
	ReasonScreeningBegun     = money.ScreeningBegun
	ReasonScreeningCancelled = money.ScreeningCancelled
	ReasonVoided             = money.Voided
	ReasonRefundAsked        = money.RefundAsked
	ReasonTakenOver          = money.TakenOver
	ReasonNeverPaid          = money.NeverPaid
	ReasonNoLongerGiven      = money.NoLongerGiven
)

// Why a payment is unmatched, or the result of a claimed receipt; see package store/money.
const (
	ReasonNamesNoTicket = money.NamesNoTicket
	ReasonToBeConfirmed = money.ToBeConfirmed
	ReasonAmountUnknown = money.AmountUnknown
	ReasonMayBeSame     = money.MayBeSame
	ReasonNoSuchReceipt = money.NotKnown
	ReasonPaidOthers    = money.ToOthers
	ReasonUsed          = money.NamedTwice
	ReasonOlder         = money.Older
	ReasonOtherAmount   = money.OtherAmount
	ReasonOtherPhone    = money.OtherPhone
	ReasonUnclear       = money.Unclear
	ReasonReversed      = money.GoneBack
	ReasonResolved      = money.Resolved
	ReasonOtherPush     = money.OtherPush
	ReasonAlsoTold      = money.AlsoTold
	ReasonPartly        = money.GivenBackPart
	ReasonNotAsked      = money.NotAsked
	ReasonNotUnderstood = money.NotUnderstood
)

// DoubtReason is what an operator must look into about a payment, in any state.
type DoubtReason = money.DoubtReason

// The doubts; see package store/money.
const (
	DoubtNoSuchReceipt = money.ReceiptBogus
	DoubtPaidOthers    = money.ReceiptOthers
	DoubtAmount        = money.AmountDiffers
	DoubtShared        = money.ReceiptShared
	DoubtReturnedOther = money.ReturnedOther
	DoubtReturnedTwice = money.ReturnedTwice
)

// FailureReason is why a push is not paid, or a ticket without money is Failed. M-PESA's own results have package
// mpesa's names, such as no_funds.
type FailureReason string

// Why a push is not paid or a ticket is Failed, besides M-PESA's results.
const (
	FailureUnconfirmed FailureReason = "unconfirmed" // of a ticket: the hold ended without a report from M-PESA
	FailureGivenUp     FailureReason = "given_up"    // of a ticket: the customer gave up the seats

	// FailurePhoneLocked and the next three are Daraja's refusals: no prompt went out.
	FailurePhoneLocked FailureReason = "phone_locked" // another prompt is on the phone
	FailureMpesaBusy   FailureReason = "mpesa_busy"
	// FailureConfig is the cinema's set-up; not a payment that M-PESA declined after its prompt
	FailureConfig  FailureReason = "push_config"
	FailureRefused FailureReason = "refused"

	// FailureLocked is M-PESA's result that another prompt was on the phone.
	FailureLocked FailureReason = "locked"

	// FailureOddAnswer is a push that Daraja answered with a code that proves neither that a prompt went out nor that
	// none did.
	FailureOddAnswer FailureReason = "odd_answer"
	// FailureUnknownCode is a push that M-PESA reported on with an unknown code.
	FailureUnknownCode FailureReason = "unknown_code"
	// FailureConfirming is a push whose report must be confirmed by asking M-PESA: an unreadable callback, or a payment
	// whose amount or receipt is unknown.
	FailureConfirming FailureReason = "confirming"
)

// UnreadReason is why a report from M-PESA was not understood completely. Its detail, such as the odd code, is stored
// beside it.
type UnreadReason string

// Why a report was not understood completely.
const (
	UnreadUnparsed    UnreadReason = "unparsed"    // its form; the detail is package mpesa's error
	UnreadContradicts UnreadReason = "contradicts" // its code is success, and its ResultType is not
	UnreadNoReceipt   UnreadReason = "no_receipt"  // no legible receipt
	UnreadNoAmount    UnreadReason = "no_amount"   // no legible amount
	UnreadNoPayee     UnreadReason = "no_payee"    // no payee
	UnreadNoPayer     UnreadReason = "no_payer"    // no payer
	UnreadNoTime      UnreadReason = "no_time"     // no payment time
	UnreadNoState     UnreadReason = "no_state"    // no state of the payment
	UnreadNoReturned  UnreadReason = "no_returned" // no refunded amount
	UnreadOddState    UnreadReason = "odd_state"   // an unknown state
	UnreadOddReceipt  UnreadReason = "odd_receipt" // an unknown form of receipt
	UnreadReceipts    UnreadReason = "receipts"    // it is unclear which receipt it is about
	UnreadOther       UnreadReason = "other"       // another receipt than the one to reverse
	UnreadOtherID     UnreadReason = "other_id"    // another CheckoutRequestID than the prompt's
	UnreadPaidCode    UnreadReason = "paid_code"   // an unknown code, with data that only a payment has
	UnreadBesides     UnreadReason = "besides"     // an unknown code, and a better report is known
	UnreadUnconfirmed UnreadReason = "unconfirmed" // a validation request without its confirmation
)
