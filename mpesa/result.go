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

// Result is what one result code means, to whom.
type Result struct {
	Code  Code
	Class Class
	// Reason is a short word for programs, such as "cancelled" or "wrong_pin".
	Reason string
	// Sentence is for the customer; it says whether money left.
	Sentence string
	// Operator is for the one who runs the box office: what the code means, and what to
	// do. It is "" where there is nothing to do.
	Operator string
	// Config is true where the operator must put something right.
	Config bool
}
