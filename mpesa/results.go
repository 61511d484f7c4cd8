package mpesa

import (
	"maps"
	"slices"
)

const (
	notCharged  = "You have not been charged."
	notComplete = "The payment was not completed, and as far as M-PESA knows no money left your account. If you did " +
		"enter your PIN, wait a moment: your payment will show here."
	oldMenu = "If no prompt comes to this phone, the M-PESA menu on its SIM may be old: " +
		"dial *234# on it to update the menu."
	setUpWrong = "Something is wrong with our payment set-up. " + notCharged
)

// unknown is what a code means that is not in the table. The customer is not sent to look for a prompt,
// which may never have come.
func unknown(code Code) Result {
	told := answered(code) + ", which does not say whether you paid."
	if code == "" {
		told = "M-PESA has not told us whether you paid."
	}
	return Result{
		Class: ClassUnknown, Reason: ReasonUnknown,
		Sentence: told + " If money left your account, your payment will be found: keep the M-PESA message.",
		Operator: "That code is not in our table. It is neither success nor failure: " +
			"M-PESA is asked again; then look it up in the M-PESA portal.",
	}
}

// answered names a code, where it is short enough to be one.
func answered(code Code) string {
	switch text := MaskDigits(printable(string(code))); {
	case text == "":
		return "M-PESA answered without a code"
	case len(text) > maxShownCode:
		return "M-PESA answered with something that is no code"
	default:
		return "M-PESA answered with code " + text
	}
}

// maxShownCode is more than the longest code seen, SFC_IC0003.
const maxShownCode = 24

// results is the table of STK result codes. It maps codes only: for one and the
// same payment the callback's text and the query's differ (observed).
var results = map[Code]Result{
	Success: {Class: ClassPaid, Reason: ReasonPaid,
		Sentence: "Paid. M-PESA has taken the money."},

	"1": {Class: ClassFinalFailure, Reason: ReasonNoFunds,
		Sentence: "There is not enough money in this M-PESA account. " + notCharged,
		Operator: "The payer's balance is too low (documented)."},
	"2": {Class: ClassFinalFailure, Reason: ReasonLimit,
		Sentence: "The amount is below the least that M-PESA takes. " + notCharged,
		Operator: "The amount is below M-PESA's minimum (documented)."},
	"3": {Class: ClassFinalFailure, Reason: ReasonLimit,
		Sentence: "The amount is above KSh 250,000, the most that M-PESA takes at once. " + notCharged,
		Operator: "The amount is above M-PESA's maximum for one payment (documented)."},
	"4": {Class: ClassFinalFailure, Reason: ReasonLimit,
		Sentence: "This payment would go over your M-PESA limit for one day. " + notCharged,
		Operator: "The payer's daily limit of KSh 500,000 is reached (documented)."},
	"8": {Class: ClassFinalFailure, Reason: ReasonAccountFull, Config: true,
		Sentence: "Our M-PESA account cannot take this payment now. " + notCharged,
		Operator: "Your own account would go over its maximum balance (documented): withdraw from it."},
	"1031": cancelled("Cancelled on the phone (observed in 2021; older spelling of 1032)."),
	"1032": cancelled("Cancelled on the phone (observed)."),
	"2001": {Class: ClassFinalFailure, Reason: ReasonWrongPIN,
		Sentence: "The M-PESA PIN was wrong. " + notCharged,
		Operator: "Wrong PIN (observed). M-PESA's own text speaks of the initiator; for STK Push it means the payer."},
	"2006": accountRule("Declined by a rule or the state of an account (documented for reversals)."),
	"2028": setUp(
		"The shortcode may not do this kind of payment: check transaction type, shortcode and till (documented)."),
	"2029": accountRule("Declined by a rule of an account (claimed only)."),
	"2033": accountRule("Declined by a rule of an account (claimed only)."),
	"2040": accountRule("Declined by a rule of an account (claimed only)."),
	"8006": {Class: ClassFinalFailure, Reason: ReasonPINLocked,
		Sentence: "Your M-PESA PIN is locked: call Safaricom on 100. " + notCharged,
		Operator: "The payer's PIN is locked (documented)."},
	"SFC_IC0003": setUp(
		"M-PESA does not know the receiving party (observed with a till set up wrongly): check transaction type, " +
			"shortcode and till."),
	"E3008": {Class: ClassFinalFailure, Reason: ReasonDebt,
		Sentence: "M-PESA declined the payment because of a debt on this number. " + notCharged,
		Operator: "The payer has a bad debt contract (observed)."},

	"17": {Class: ClassSoftFailure, Reason: ReasonTooSoon,
		Sentence: notComplete + " Before you try again, wait two minutes.",
		Operator: "Rule limited: most likely the same amount from the same phone within two minutes (documented; " +
			"others say an internal failure)."},
	"26": {Class: ClassSoftFailure, Reason: ReasonBusy,
		Sentence: "M-PESA was too busy. " + notComplete,
		Operator: "M-PESA is busy (claimed only)."},
	"1001": {Class: ClassSoftFailure, Reason: ReasonLocked,
		Sentence: "Another M-PESA prompt was open on this phone. " + notComplete,
		Operator: "Unable to lock subscriber: another prompt is on that phone (claimed only). Wait a minute."},
	"1019": {Class: ClassSoftFailure, Reason: ReasonExpired,
		Sentence: "The M-PESA prompt ran out of time. " + notComplete,
		Operator: "The transaction expired (documented, seen at times in the sandbox)."},
	"1025": pushFailed(
		"The prompt could not be sent (documented): its text may be over 182 characters. If this repeats, check the " +
			"reference."),
	"9999": pushFailed("The prompt could not be sent (claimed only)."),
	"1036": {Class: ClassSoftFailure, Reason: ReasonUnreachable,
		Sentence: "Your phone could not be reached. " + notComplete,
		Operator: "The SMS centre did not confirm the prompt (observed in 2019). " + oldMenu},
	"1037": {Class: ClassSoftFailure, Reason: ReasonTimeout,
		Sentence: "There was no answer from your phone. " + notComplete,
		Operator: "The phone could not be reached, or nobody answered the prompt (observed). " +
			"A late success has been claimed. " + oldMenu},

	"4999": {Class: ClassPending, Reason: ReasonProcessing,
		Sentence: "M-PESA is still working on your payment. Please wait."}, // observed, of queries only
}

func cancelled(operator string) Result {
	return Result{Class: ClassFinalFailure, Reason: ReasonCancelled,
		Sentence: "You cancelled the payment on your phone. " + notCharged, Operator: operator}
}

func accountRule(operator string) Result {
	return Result{Class: ClassFinalFailure, Reason: ReasonAccountRule,
		Sentence: "M-PESA does not allow this payment from this account. " + notCharged, Operator: operator}
}

func setUp(operator string) Result {
	return Result{Class: ClassFinalFailure, Reason: ReasonConfig, Config: true, Sentence: setUpWrong,
		Operator: operator}
}

func pushFailed(operator string) Result {
	return Result{Class: ClassSoftFailure, Reason: ReasonPushFailed,
		Sentence: "M-PESA could not show the prompt on your phone. " + notComplete, Operator: operator}
}

// Classify looks code up in the table of results. A failure counts in whatever way its number is spelt
// (1032.0, "01032"); success is "0" and nothing else. A code that is not there is ClassUnknown: never
// success, never failure. Code is the one given.
func Classify(code Code) Result {
	result, known := results[code]
	if !known {
		result, known = results[code.plain()]
	}
	if !known {
		result = unknown(code)
	}
	result.Code = code
	return result
}

// Codes are the codes of the table that Classify looks in, sorted.
func Codes() []Code { return slices.Sorted(maps.Keys(results)) }
