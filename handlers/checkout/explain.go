package checkout

import (
	"fmt"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// Reasons for a push that Daraja refused: no prompt went out.
const (
	ReasonPhoneLocked = "phone_locked"
	ReasonMpesaBusy   = "mpesa_busy"
	ReasonConfig      = "config"
	ReasonRefused     = "refused"
)

// Explanation is what a customer reads about a ticket that is not paid.
type Explanation struct {
	Title    string
	Sentence string // what happened, and whether money left
	Late     bool   // money may still come, and will then be found
	Owed     bool   // money came and is due back
}

// Explain says in our own words why a ticket is Failed. Safaricom's words are for the operator.
func Explain(t *store.Ticket) Explanation {
	e := explain(t)
	if t.RefundDue > 0 && !e.Owed {
		return owed(t, "M-PESA took money for this booking, but not so that it could become a ticket.")
	}
	return e
}

func explain(t *store.Ticket) Explanation {
	switch t.Reason {
	case store.ReasonUnconfirmed:
		return Explanation{"Not confirmed in time", "M-PESA has not told us that you paid, so the seats are free again. If money did leave your account, it will show here: you then get your seats, or others as good, or your money back.", true, false}
	case store.ReasonGivenUp:
		return Explanation{"Booking given up", "You gave these seats up. Nothing more will be asked of you; do not answer a prompt that is still on your phone.", false, false}
	case store.ReasonWrongAmount:
		return owed(t, "M-PESA took a different amount from the one we asked for, so this is not a ticket.")
	case store.ReasonSeatsGone:
		return owed(t, "Your payment came after the hold had ended, and the seats have gone to others.")
	case store.ReasonScreeningBegun:
		return owed(t, "Your payment came after the film had begun.")
	case store.ReasonScreeningCancelled:
		return owed(t, "This screening has been cancelled.")
	case ReasonPhoneLocked:
		return Explanation{"A prompt is already on this phone", "M-PESA sends one prompt at a time. Answer or cancel the one on your phone, wait a minute, then try again. You have not been charged for this booking.", false, false}
	case ReasonMpesaBusy:
		return Explanation{"M-PESA is busy", "No prompt was sent and you have not been charged. Please try again in a minute.", false, false}
	case ReasonConfig:
		return Explanation{"We could not ask M-PESA", "Something is wrong with our payment set-up. No prompt was sent and you have not been charged.", false, false}
	case ReasonRefused:
		return Explanation{"M-PESA did not take the request", "No prompt was sent and you have not been charged.", false, false}
	}
	result := mpesa.Classify(mpesa.Code(t.Push.ResultCode))
	return Explanation{title(result), result.Sentence, result.Class == mpesa.ClassSoftFailure, false}
}

func owed(t *store.Ticket, why string) Explanation {
	sentence := why + " The cinema owes you what M-PESA took"
	if t.RefundDue > 0 {
		sentence += fmt.Sprintf(" (KSh %s)", cents(t.RefundDue))
	}
	return Explanation{"A refund is due to you", sentence + ". Keep this page and your M-PESA message.", false, true}
}

func cents(c store.Cents) string {
	whole := fmt.Sprint(int64(c / 100))
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if c%100 == 0 {
		return whole
	}
	return fmt.Sprintf("%s.%02d", whole, c%100)
}

func title(r mpesa.Result) string {
	switch r.Reason {
	case "cancelled":
		return "Payment cancelled"
	case "wrong_pin":
		return "Wrong M-PESA PIN"
	case "no_funds":
		return "Not enough money in M-PESA"
	case "pin_locked":
		return "Your M-PESA PIN is locked"
	case "timeout", "unreachable", "expired":
		return "No answer from your phone"
	}
	return "Payment not completed"
}
