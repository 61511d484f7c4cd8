package wording

import (
	"time"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// OrderActions is what the staff can do about a ticket itself, beside its entries on the list of money: what makes
// sense at the moment.
func OrderActions(st store.Story, initiator bool, now store.Instant) []Action {
	t := st.Ticket
	none := []Need{}
	var actions []Action
	add := func(a Action) { actions = append(actions, a) }
	if t.Given() {
		if t.VoidedAt == 0 && WhoIsIn(st.Seats) == "" {
			add(Action{Verb: TakeBack, When: "if its seats are to be sold", For: t.Code, Needs: none})
		}
		return actions
	}
	if t.Status == store.Paid && t.VoidedAt == 0 {
		named := t.Receipt
		if named == "" {
			named = t.Code
		}
		if initiator {
			add(
				Action{
					Verb:  Refund,
					When:  "if the ticket is to be void and its money to go back",
					Named: named,
					Needs: none,
				},
			)
		}
		return append(actions, Action{
			Verb: GiveBack, When: "if the ticket is to be void, by hand", Named: named, Needs: []Need{NeedReference},
		})
	}
	if t.Status == store.Paid {
		return nil
	}
	for _, p := range st.Pushes {
		if p.CheckoutRequestID != "" && p.State != store.PushRefused && p.State != store.PushPaid {
			add(Action{Verb: AskMpesa, For: t.Code, Needs: none})
			break
		}
	}
	if t.Status == store.Failed && t.VoidedAt == 0 && t.RefundDue == 0 && t.Screening.Sells(now) {
		add(Action{Verb: SendPrompt, For: t.Code, Needs: []Need{NeedPhone}})
	}
	add(
		Action{
			Verb:  Accept,
			When:  "if the M-PESA portal shows that it was paid",
			For:   t.Code,
			Needs: []Need{NeedReceipt},
		},
	)
	if t.Held() {
		add(Action{Verb: GiveUp, When: "if the customer does not want them", For: t.Code, Needs: none})
	}
	return actions
}

// Standing says in a few words how a ticket stands, and whether that is good (ok), open (warn) or bad. Given is that it
// was given away.
func Standing(s store.Status, voided store.Instant, given bool) (words, mood string) {
	switch {
	case voided != 0:
		return "void", "bad"
	case given:
		return "free ticket", "ok"
	case s == store.Paid:
		return "paid", "ok"
	case s == store.Pending:
		return "not paid yet", "warn"
	}
	return "not paid", "bad"
}

// PromptState says how far a prompt has come.
func PromptState(s store.PushState) string {
	switch s {
	case store.PushPaid:
		return "paid"
	case store.PushSending:
		return "being sent"
	case store.PushPrompted:
		return "on the phone, not answered yet"
	case store.PushUnknown:
		return "perhaps on the phone"
	case store.PushSoftFailed:
		return "not completed so far"
	case store.PushFailed:
		return "failed"
	case store.PushRefused:
		return "not sent"
	}
	return string(s)
}

// PromptWhy says in a few words why a prompt was not paid; "" where there is nothing to say.
func PromptWhy(s store.PushState, r store.FailureReason, code string) string {
	switch {
	case s == store.PushPaid || code == "" && r == "":
		return ""
	case r == store.FailurePhoneLocked, r == store.FailureLocked:
		return "another prompt was on the phone"
	case r == store.FailureMpesaBusy:
		return "Daraja was too busy"
	case r == store.FailureConfig:
		return "a setting is wrong: see the list of what is to do"
	case r == store.FailureRefused:
		return "Daraja did not take it"
	case r == store.FailureConfirming:
		return "M-PESA is asked to confirm what it reported"
	case r == store.FailureOddAnswer, r == store.FailureUnknownCode:
		return "M-PESA answered with code " + mpesa.ShownCode(mpesa.Code(code))
	case s == store.PushPrompted || s == store.PushSending:
		return ""
	}
	result := mpesa.Classify(mpesa.Code(code))
	switch result.Reason {
	case mpesa.ReasonCancelled:
		return "cancelled on the phone"
	case mpesa.ReasonWrongPIN:
		return "wrong PIN"
	case mpesa.ReasonNoFunds:
		return "not enough money"
	case mpesa.ReasonPINLocked:
		return "PIN locked"
	case mpesa.ReasonTimeout:
		return "no answer from the phone"
	case mpesa.ReasonUnreachable:
		return "the phone could not be reached"
	case mpesa.ReasonExpired:
		return "the prompt ran out"
	default:
	}
	return "M-PESA answered with code " + mpesa.ShownCode(mpesa.Code(code))
}

// Evening is when the business day of an instant begins and ends.
func Evening(now store.Instant) (from, until store.Instant) {
	day := store.BusinessDayOf(now)
	return day.Begins(), (day + 1).Begins()
}

// doorHours is how far films may be away that the door lets in to, beside those of the evening.
const doorHours = 6 * time.Hour

// DoorHours is when films begin that the door lets in to: those of the business day, and those that are near, so that
// nothing changes for a late film at 04:00.
func DoorHours(now store.Instant) (from, until store.Instant) {
	from, until = Evening(now)
	return min(from, now.Add(-doorHours)), max(until, now.Add(doorHours))
}
