package mpesa

import (
	"maps"
	"slices"
)

// Outcome says what the result of a Reversal or a Transaction Status allows one to do.
type Outcome string

// The outcomes. They are about the request, not about the transaction: a Transaction
// Status that was refused tells nothing of the payment it asked for.
const (
	// OutcomeDone: the payment was reversed, or the question answered.
	OutcomeDone Outcome = "done"
	// OutcomeAlreadyReversed: the payment had been reversed before, by whomever.
	OutcomeAlreadyReversed Outcome = "already_reversed"
	// OutcomeRefused: not done, and so it will be until a person changes something.
	OutcomeRefused Outcome = "refused"
	// OutcomeTryAgain: not done; the same request may work later.
	OutcomeTryAgain Outcome = "try_again"
	// OutcomeUnknown: a code that is not in the table. Neither done nor refused.
	OutcomeUnknown Outcome = "unknown"
)

// VerdictReason is what a result code of a Reversal or a Transaction Status means, as a
// short word for programs.
type VerdictReason string

// The reasons.
const (
	VerdictDone             VerdictReason = "done"
	VerdictAlreadyReversed  VerdictReason = "already_reversed"
	VerdictBusy             VerdictReason = "busy"   // M-PESA
	VerdictLocked           VerdictReason = "locked" // another transaction of the customer is being processed
	VerdictNoSuchReceipt    VerdictReason = "no_such_receipt"
	VerdictNoFunds          VerdictReason = "no_funds"          // the account holds too little to give back
	VerdictMalformed        VerdictReason = "malformed"         // the request, most likely its receipt
	VerdictNotActive        VerdictReason = "not_active"        // the account
	VerdictNoRole           VerdictReason = "no_role"           // of the initiator
	VerdictWrongInitiator   VerdictReason = "wrong_initiator"   // its name or password
	VerdictAccountRule      VerdictReason = "account_rule"      // the state of the account
	VerdictNotPermitted     VerdictReason = "not_permitted"     // to the shortcode
	VerdictCredentialLocked VerdictReason = "credential_locked" // the initiator's
	VerdictNoSuchOperator   VerdictReason = "no_such_operator"  // or shortcode
	VerdictUnknown          VerdictReason = "unknown"           // a code that is not in the table
)

// Verdict is what one result code of a Reversal or a Transaction Status means.
type Verdict struct {
	Code    Code
	Outcome Outcome
	Reason  VerdictReason
	// Operator is for the one who runs the box office: what the code means, and what to
	// do. It is "" where there is nothing to do.
	Operator string
	// Config is true where the operator must put a setting or a permission right.
	Config bool
}

var unknownVerdict = Verdict{Outcome: OutcomeUnknown, Reason: VerdictUnknown,
	Operator: "A result code that is not in our table. It is neither done nor refused: look the transaction up in " +
		"the M-PESA portal."}

// verdicts is the table of result codes of Reversal and Transaction Status.
var verdicts = map[Code]Verdict{
	Success: {Outcome: OutcomeDone, Reason: VerdictDone},
	"R000001": {Outcome: OutcomeAlreadyReversed, Reason: VerdictAlreadyReversed,
		Operator: "This payment has been reversed before (documented)."},
	"26": {Outcome: OutcomeTryAgain, Reason: VerdictBusy,
		Operator: "M-PESA is busy (claimed only). It will be tried again."},
	"1001": {Outcome: OutcomeTryAgain, Reason: VerdictLocked,
		Operator: "Another transaction of the same customer is being processed (claimed only). It will be " +
			"tried again."},

	"R000002": {Outcome: OutcomeRefused, Reason: VerdictNoSuchReceipt,
		Operator: "M-PESA does not know this receipt, or it cannot be reversed (documented): check it in the " +
			"M-PESA portal."},
	"1": {Outcome: OutcomeRefused, Reason: VerdictNoFunds,
		Operator: "Your M-PESA account holds too little to give this payment back (documented): put money in, then " +
			"ask for the refund again."},
	"2032": {Outcome: OutcomeRefused, Reason: VerdictNoSuchReceipt,
		Operator: "M-PESA does not know the receipt (observed)."},
	"25": {Outcome: OutcomeRefused, Reason: VerdictMalformed,
		Operator: "M-PESA could not read the request, most likely its receipt (observed for Transaction Status)."},
	"11": refusedSetting(VerdictNotActive,
		"Your M-PESA account is not active (documented): ask Safaricom."),
	"21": refusedSetting(VerdictNoRole,
		"The initiator lacks the role for this (documented): give it Org Reversals Initiator, or Transaction Status "+
			"query, in the M-PESA portal."),
	"2001": refusedSetting(VerdictWrongInitiator,
		"The initiator's name or password is wrong (documented). Passwords end after 90 days: make the security "+
			"credential anew."),
	"2006": refusedSetting(VerdictAccountRule,
		"Declined by the state of your M-PESA account: it is not active (documented). Ask Safaricom."),
	"2028": refusedSetting(VerdictNotPermitted,
		"The shortcode may not do this (documented): ask Safaricom for the product, and check the shortcode in the "+
			"settings."),
	"8006": refusedSetting(VerdictCredentialLocked,
		"The initiator's password is locked (documented): unlock it in the M-PESA portal."),
	"SFC_IC0003": refusedSetting(VerdictNoSuchOperator,
		"M-PESA does not know the initiator or the shortcode (documented for Transaction Status): check both in the "+
			"settings."),
}

func refusedSetting(reason VerdictReason, operator string) Verdict {
	return Verdict{Outcome: OutcomeRefused, Reason: reason, Config: true, Operator: operator}
}

// ClassifyResult looks code up in the table of results of Reversal and Transaction
// Status. A code that is not there is OutcomeUnknown. For STK Push see Classify:
// there some of the same codes mean something else.
func ClassifyResult(code Code) Verdict {
	verdict, known := verdicts[code]
	if !known {
		verdict, known = verdicts[code.plain()]
	}
	if !known {
		verdict = unknownVerdict
	}
	verdict.Code = code
	return verdict
}

// Verdict is what the result's code means. A success whose Type is not 0 is
// OutcomeUnknown.
func (r AsyncResult) Verdict() Verdict {
	verdict := ClassifyResult(r.Code)
	if verdict.Outcome == OutcomeDone && !r.succeeded() {
		verdict = unknownVerdict
		verdict.Code = r.Code
	}
	return verdict
}

// ResultCodes are the codes of the table that ClassifyResult looks in, sorted.
func ResultCodes() []Code { return slices.Sorted(maps.Keys(verdicts)) }
