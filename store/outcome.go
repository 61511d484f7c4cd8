package store

// Outcome is the result of a callback, or of M-PESA's answer to a question, as stored with the callback.
type Outcome string

// The result of a reported payment.
const (
	OutcomePaid         Outcome = "paid"          // it pays for its ticket
	OutcomeRefundDue    Outcome = "refund_due"    // [ApplyResult].Reason is why
	OutcomeUnmatched    Outcome = "unmatched"     // [ApplyResult].Reason is why
	OutcomeDoubt        Outcome = "doubt"         // [ApplyResult].Doubt is which
	OutcomeGoneBack     Outcome = "gone_back"     // it was refunded or reversed
	OutcomeKnown        Outcome = "known_already" // nothing new follows
	OutcomeDuplicate    Outcome = "duplicate"     // it was reported before
	OutcomeNoted        Outcome = "noted"         // it reports no payment so far
	OutcomeAnothersID   Outcome = "others_id"     // it names another push's CheckoutRequestID
	OutcomeNoReceipt    Outcome = "no_receipt"    // without a receipt there is nothing to look for
	OutcomeUnknownToken Outcome = "stranger"      // its token is unknown
	OutcomeLostPush     Outcome = "lost_push"     // it reports no money, of a push that is not in the books
	OutcomeOtherKind    Outcome = "other_kind"    // its kind is unknown
	OutcomeNoAnswer     Outcome = "no_answer"     // M-PESA did not report on it
	OutcomeUnclear      Outcome = "unclear"       // neither success nor failure
	OutcomeUnclearLate  Outcome = "unclear_late"  // the same, of a push that has its verdict
)

// The result of a verdict that is no success.
const (
	OutcomeFailed             Outcome = "failed"
	OutcomeNotCompleted       Outcome = "not_completed"
	OutcomeNotCompletedAgain  Outcome = "not_completed_again"
	OutcomeFailureLate        Outcome = "failure_late" // after a success: nothing changes
	OutcomeUnknownCode        Outcome = "unknown_code"
	OutcomeUnknownCodeAgain   Outcome = "unknown_code_again"
	OutcomeUnknownCodeBesides Outcome = "unknown_code_besides" // better reports are known
)

// The result of a Reversal.
const (
	OutcomeRefunded         Outcome = "refunded"
	OutcomeReversedByOthers Outcome = "reversed_by_others"
	OutcomeRefundFailed     Outcome = "refund_failed"
	OutcomeRefundAgain      Outcome = "refund_again"   // the Reversal is sent again
	OutcomeRefundAwaited    Outcome = "refund_awaited" // an earlier Reversal may be carried out
)

// The result of a validation request.
const (
	OutcomeValidation Outcome = "validation" // its confirmation may still come
	OutcomeConfirmed  Outcome = "confirmed"  // its confirmation came
)

// The result of a callback that was not understood completely.
const (
	OutcomeUnreadable Outcome = "unreadable"             // it could not be read
	OutcomeNoAmount   Outcome = "amount_unknown"         // it reports a payment without an amount
	OutcomeReceipt    Outcome = "receipt_not_understood" // its prompt was paid, and the receipt is illegible
)

// notUnderstood lists these outcomes for SQL. The partial index has the same list.
const notUnderstood = `('` + string(OutcomeUnreadable) + `', '` + string(OutcomeNoAmount) + `', '` +
	string(OutcomeReceipt) + `')`

// NotUnderstood reports whether the callback was not understood completely: it is an open item, and may be read again.
func (o Outcome) NotUnderstood() bool {
	return o == OutcomeUnreadable || o == OutcomeNoAmount || o == OutcomeReceipt
}

// Again reports whether M-PESA reported the same before.
func (o Outcome) Again() bool {
	return o == OutcomeDuplicate || o == OutcomeUnknownCodeAgain || o == OutcomeNotCompletedAgain
}
