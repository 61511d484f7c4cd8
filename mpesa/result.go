package mpesa

// Class says what a result code allows one to do.
type Class string

// The classes. The empty Class means nothing was learnt; treat it as ClassUnknown.
const (
	// ClassPaid: M-PESA took the money.
	ClassPaid Class = "paid"
	// ClassFinalFailure: no money left, and none will.
	ClassFinalFailure Class = "final_failure"
	// ClassSoftFailure: not completed as far as M-PESA knows; a late success is
	// possible and must be accepted.
	ClassSoftFailure Class = "soft_failure"
	// ClassUnknown: a code that is not in the table. Neither success nor failure.
	ClassUnknown Class = "unknown"
	// ClassPending: M-PESA is still at it, or gave no answer. Ask again.
	ClassPending Class = "pending"
)

// Reason is what an STK result code means, as a short word for programs.
type Reason string

// The reasons.
const (
	ReasonPaid        Reason = "paid"         // the money was taken
	ReasonNoFunds     Reason = "no_funds"     // the payer has too little
	ReasonLimit       Reason = "limit"        // of the amount, or of a day
	ReasonAccountFull Reason = "account_full" // the receiving one
	ReasonCancelled   Reason = "cancelled"    // on the phone
	ReasonWrongPIN    Reason = "wrong_pin"
	ReasonPINLocked   Reason = "pin_locked"
	ReasonAccountRule Reason = "account_rule" // a rule or the state of an account
	ReasonConfig      Reason = "config"       // the set-up
	ReasonDebt        Reason = "debt"         // of the payer
	ReasonTooSoon     Reason = "too_soon"     // after the same payment
	ReasonBusy        Reason = "busy"         // M-PESA
	ReasonLocked      Reason = "locked"       // another prompt was on the phone
	ReasonExpired     Reason = "expired"      // the prompt
	ReasonPushFailed  Reason = "push_failed"  // the prompt could not be shown
	ReasonUnreachable Reason = "unreachable"  // the phone
	ReasonTimeout     Reason = "timeout"      // no answer from the phone
	ReasonProcessing  Reason = "processing"   // M-PESA is still at it
	ReasonUnknown     Reason = "unknown"      // a code that is not in the table
)

// Result is what one result code means, to whom.
type Result struct {
	Code   Code
	Class  Class
	Reason Reason
	// Sentence is for the customer; it says whether money left.
	Sentence string
	// Operator is for the one who runs the box office: what the code means, and what to
	// do. It is "" where there is nothing to do.
	Operator string
	// Config is true where the operator must put something right.
	Config bool
}
