package store

import "cinemasphere/store/money"

// The books say why by a word of a type, never by a sentence. What the words mean to people is package views/wording's.

// Reason is why money is due back or names no ticket for certain, why a ticket is void, or why a receipt that a
// customer named does not count.
type Reason = money.Reason

// Why money is due back, a ticket void, or both; see package store/money.
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
)

// Why money is unmatched, or what became of a receipt that a customer named; see package store/money.
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

// DoubtReason is what an operator must look into about a payment, whatever has become of its money.
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

// FailureReason is why a push was not paid, or not so far, and why a ticket without money has Failed. Where it is
// M-PESA's result that says so, it is the word that package mpesa has for that, such as no_funds.
type FailureReason string

// Why a push was not paid, or a ticket has Failed, besides M-PESA's results.
const (
	FailureUnconfirmed FailureReason = "unconfirmed" // of a ticket: the hold ended without a word from M-PESA
	FailureGivenUp     FailureReason = "given_up"    // of a ticket: the customer gave the seats up

	// Daraja refused the push, and no prompt went out.
	FailurePhoneLocked FailureReason = "phone_locked" // another prompt is on the phone
	FailureMpesaBusy   FailureReason = "mpesa_busy"
	// the set-up; not that of a payment that M-PESA declined after its prompt
	FailureConfig  FailureReason = "push_config"
	FailureRefused FailureReason = "refused"

	// FailureLocked is M-PESA's result that another prompt was on the phone.
	FailureLocked FailureReason = "locked"

	// FailureOddAnswer is said of a push that Daraja answered with a code, which lets one assume neither that a prompt
	// went out nor that none did.
	FailureOddAnswer FailureReason = "odd_answer"
	// FailureUnknownCode is said of a push that M-PESA has answered about with a code that nobody knows.
	FailureUnknownCode FailureReason = "unknown_code"
	// FailureConfirming is said of a push that M-PESA has told of in a way that has to be confirmed by asking it: an
	// unreadable callback, or money whose amount or receipt is not known.
	FailureConfirming FailureReason = "confirming"
)

// UnreadReason is why what M-PESA sent was not understood whole. What it is about, such as the odd code, stands beside
// it as M-PESA gave it.
type UnreadReason string

// Why it was not understood whole.
const (
	UnreadUnparsed    UnreadReason = "unparsed"    // its form; beside it what package mpesa says of that
	UnreadContradicts UnreadReason = "contradicts" // its code means success, and its ResultType does not
	UnreadNoReceipt   UnreadReason = "no_receipt"  // it names none, or not so that it can be read
	UnreadNoAmount    UnreadReason = "no_amount"   // it does not say how much was paid, or not so that it can be read
	UnreadNoPayee     UnreadReason = "no_payee"    // it does not say who was paid
	UnreadNoPayer     UnreadReason = "no_payer"    // it does not say who paid
	UnreadNoTime      UnreadReason = "no_time"     // it does not say when it was paid
	UnreadNoState     UnreadReason = "no_state"    // it does not say what has become of the payment
	UnreadNoReturned  UnreadReason = "no_returned" // it does not say how much was given back
	UnreadOddState    UnreadReason = "odd_state"   // nobody knows the state beside it
	UnreadOddReceipt  UnreadReason = "odd_receipt" // nobody knows the receipt's form beside it
	UnreadReceipts    UnreadReason = "receipts"    // it is not clear which receipt it is about
	UnreadOther       UnreadReason = "other"       // it is about another receipt than the one that was to be given back
	UnreadOtherID     UnreadReason = "other_id"    // it names another CheckoutRequestID than the prompt's
	UnreadPaidCode    UnreadReason = "paid_code"   // nobody knows its code, and it has what only a payment has
	UnreadBesides     UnreadReason = "besides"     // nobody knows its code, and M-PESA has said more of the prompt
	UnreadUnconfirmed UnreadReason = "unconfirmed" // a question before a payment, without its confirmation
)
