package store

// Outcome is what came of a callback, or of M-PESA's answer to a question, as it is written to the callback.
type Outcome string

// What came of money that was told of.
const (
	OutcomePaid         Outcome = "paid"          // it has paid for its ticket
	OutcomeRefundDue    Outcome = "refund_due"    // [Applied].Reason says why
	OutcomeUnmatched    Outcome = "unmatched"     // [Applied].Reason says why
	OutcomeDoubt        Outcome = "doubt"         // [Applied].Doubt says which
	OutcomeGoneBack     Outcome = "gone_back"     // it has gone back
	OutcomeKnown        Outcome = "known_already" // nothing follows from it anew
	OutcomeDuplicate    Outcome = "duplicate"     // the same was said before
	OutcomeNoted        Outcome = "noted"         // it tells of no money so far
	OutcomeAnothersID   Outcome = "others_id"     // it names the CheckoutRequestID of another push
	OutcomeNoReceipt    Outcome = "no_receipt"    // nothing can be looked for
	OutcomeUnknownToken Outcome = "stranger"      // its token is none of ours
	OutcomeOtherKind    Outcome = "other_kind"    // it is of no kind that is known
	OutcomeNoAnswer     Outcome = "no_answer"     // M-PESA did not say
	OutcomeUnclear      Outcome = "unclear"       // neither success nor failure
	OutcomeUnclearLate  Outcome = "unclear_late"  // the same, of a push that is decided
)

// What came of a verdict on a push that is no success.
const (
	OutcomeFailed             Outcome = "failed"
	OutcomeNotCompleted       Outcome = "not_completed"
	OutcomeNotCompletedAgain  Outcome = "not_completed_again"
	OutcomeFailureLate        Outcome = "failure_late" // after a success: it changes nothing
	OutcomeUnknownCode        Outcome = "unknown_code"
	OutcomeUnknownCodeAgain   Outcome = "unknown_code_again"
	OutcomeUnknownCodeBesides Outcome = "unknown_code_besides" // what is known says more
)

// What came of the result of a Reversal.
const (
	OutcomeRefunded         Outcome = "refunded"
	OutcomeReversedByOthers Outcome = "reversed_by_others"
	OutcomeRefundFailed     Outcome = "refund_failed"
	OutcomeRefundAgain      Outcome = "refund_again"   // it is sent again
	OutcomeRefundAwaited    Outcome = "refund_awaited" // an earlier one may be carried out
)

// What came of M-PESA's question before a payment.
const (
	OutcomeValidation Outcome = "validation" // its confirmation may still come
	OutcomeConfirmed  Outcome = "confirmed"  // it has come
)

// What comes of a callback that was not understood whole.
const (
	OutcomeUnreadable Outcome = "unreadable"             // it could not be read
	OutcomeNoAmount   Outcome = "amount_unknown"         // it tells of money, and not how much
	OutcomeReceipt    Outcome = "receipt_not_understood" // its prompt was paid, and what names the receipt is not known
)

// notUnderstood are these outcomes, as the index has them.
const notUnderstood = `('` + string(OutcomeUnreadable) + `', '` + string(OutcomeNoAmount) + `', '` +
	string(OutcomeReceipt) + `')`

// NotUnderstood reports whether the callback was not understood whole: it is kept for the list, and may be read again.
func (o Outcome) NotUnderstood() bool {
	return o == OutcomeUnreadable || o == OutcomeNoAmount || o == OutcomeReceipt
}

// Again reports whether M-PESA has said the same before.
func (o Outcome) Again() bool {
	return o == OutcomeDuplicate || o == OutcomeUnknownCodeAgain || o == OutcomeNotCompletedAgain
}
