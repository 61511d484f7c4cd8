package wording

import (
	"strings"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// oddCode reports whether a push is without a verdict for a code that does not say what became of it.
func oddCode(r store.FailureReason) bool {
	return r == store.FailureUnknownCode || r == store.FailureOddAnswer
}

// What it means that Daraja refused a push.
const (
	phoneLocked = "A prompt is on that phone already, and no other went out."
	darajaBusy  = "Daraja is too busy for this prompt, and it did not go out."
	notTaken    = "Daraja did not take the push, and no prompt went out."
)

// PushResult says to the operator what M-PESA's answer to a push means, and what to do. It is "" where M-PESA has not
// answered, or where there is nothing to do.
func PushResult(state store.PushState, r store.FailureReason, code, text string) string {
	switch {
	case state == store.PushRefused && r == store.FailureConfig:
		return refusedSetting(text)
	case state == store.PushRefused && r == store.FailurePhoneLocked:
		return phoneLocked
	case state == store.PushRefused && r == store.FailureMpesaBusy:
		return darajaBusy
	case state == store.PushRefused:
		return notTaken
	case state == store.PushUnknown && r == store.FailureOddAnswer:
		return "Daraja's answer to the prompt does not say whether it went out: a callback, or asking M-PESA, tells."
	case code == "" || state == store.PushUnknown && r != store.FailureUnknownCode:
		return ""
	}
	return mpesa.Classify(mpesa.Code(code)).Operator
}

// PushError says to the operator, in the log, what it means that Daraja did not plainly accept a push.
func PushError(e *mpesa.Error) string {
	switch {
	case e.Locked:
		return phoneLocked
	case e.Kind == mpesa.KindToken:
		return "There was no access token to send the prompt with, and no prompt went out."
	case e.Kind == mpesa.KindBusy:
		return darajaBusy
	case e.Kind == mpesa.KindConfig:
		return refusedSetting(e.Message)
	case !mpesa.MayHaveSent(e):
		return notTaken
	case e.CheckoutRequestID != "":
		return "A prompt may be on the phone all the same: M-PESA is asked about it, and its callback counts."
	}
	return "A prompt may be on the phone all the same: its callback counts. " +
		"M-PESA cannot be asked, since Daraja named no CheckoutRequestID."
}

// settings are what Daraja's words for a refusal point at.
var settings = []struct{ word, check string }{
	{"wrong credentials", "check that MPESA_PASSKEY is the passkey of MPESA_BUSINESS_SHORT_CODE"},
	{"merchant does not exist", "check MPESA_BUSINESS_SHORT_CODE: M-PESA does not know it in this environment"},
	{"shortcode", "check MPESA_BUSINESS_SHORT_CODE; for a till it is the store (head-office) number"},
	{"partyb", "check MPESA_TILL_NUMBER and MPESA_BUSINESS_SHORT_CODE"},
	{"transactiontype", "check MPESA_TRANSACTION_TYPE: a paybill and a till take different ones"},
	{"callback", "check MPESA_CALLBACK_URL: Safaricom does not take this address"},
	{"password", "check MPESA_PASSKEY"},
	{"timestamp", "check this machine's clock"},
	{"product", "your Daraja app lacks the product M-PESA Express: add it in the Daraja portal"},
}

// refusedSetting says for which setting a push was refused, as far as Daraja's words tell.
func refusedSetting(text string) string {
	const every = "Daraja refuses every push for a setting: "
	text = strings.ToLower(text)
	for _, known := range settings {
		if strings.Contains(text, known.word) {
			return every + known.check + "."
		}
	}
	return every + "compare MPESA_CONSUMER_KEY, MPESA_CONSUMER_SECRET, MPESA_PASSKEY and the shortcode with the " +
		"Daraja portal."
}
