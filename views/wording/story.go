package wording

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// StoryLine is a moment of a story: what happened at an instant. Detail is "" where there is no more to say.
type StoryLine struct {
	At     store.Instant
	Who    string // customer, M-PESA, box office, or a person of the staff
	What   string
	Detail string
}

// Tell is a ticket's story on one time line, newest last. Mask hides phone numbers from who may not see them.
func Tell(st store.Story, mask bool) []StoryLine {
	lines := tellTicket(st)
	for _, tell := range [][]StoryLine{
		tellPushes(st.Pushes), tellCallbacks(st.Callbacks), tellQuestions(st.Questions), tellFacts(st.Facts),
		tellPayments(st), tellClaims(st), tellRefunds(st.Refunds), tellMessages(st.Messages),
		tellLog(st.Log),
	} {
		lines = append(lines, tell...)
	}
	slices.SortStableFunc(lines, func(a, b StoryLine) int { return cmp.Compare(a.At, b.At) })
	for i := range lines {
		if mask {
			lines[i].What, lines[i].Detail = mpesa.MaskDigits(lines[i].What), mpesa.MaskDigits(lines[i].Detail)
		}
	}
	return lines
}

const (
	customer  = "Customer"
	mPesa     = "M-PESA"
	boxOffice = "Box office"
)

func tellTicket(st store.Story) []StoryLine {
	t := st.Ticket
	lines := []StoryLine{
		{
			At:     t.CreatedAt,
			Who:    customer,
			What:   fmt.Sprintf("booked %d %s for %s", t.Quantity, seatWord(t.Quantity), Shillings(t.Total)),
			Detail: "Seats " + strings.Join(t.Seats, " ") + ", as " + t.CustomerName,
		},
	}
	for _, f := range st.Facts {
		if f.Says == "given" {
			lines[0].Who, lines[0].What = f.By, fmt.Sprintf("gave %d %s away", t.Quantity, seatWord(t.Quantity))
			lines[0].Detail += ": " + f.Note
		}
	}
	if t.Channel == store.ChannelTest {
		lines[0].Who, lines[0].What = boxOffice, "made a test sale of "+Shillings(t.Total)
	}
	if t.SeatsMoved {
		lines[0].Detail += ". They are not the seats that were held first: those had gone to others"
	}
	if t.HoldUntil != 0 {
		lines = append(
			lines,
			StoryLine{
				At:     t.HoldUntil,
				Who:    boxOffice,
				What:   "the hold ends",
				Detail: "Seats that are not paid for are free then",
			},
		)
	}
	if t.Status == store.Failed {
		e := Explain(t)
		lines = append(
			lines,
			StoryLine{
				At:     t.UpdatedAt,
				Who:    boxOffice,
				What:   "the booking is not paid",
				Detail: e.Title + ". " + e.Sentence,
			},
		)
	}
	if t.VoidedAt != 0 {
		lines = append(
			lines,
			StoryLine{At: t.VoidedAt, Who: boxOffice, What: "the ticket is void", Detail: ExplainVoid(t)},
		)
	}
	return lines
}

func seatWord(n int) string {
	if n == 1 {
		return "seat"
	}
	return "seats"
}

func tellPushes(pushes []store.StoryPush) (lines []StoryLine) {
	for _, p := range pushes {
		shown := p.Phone
		if store.IsMasked(shown) {
			shown = "a number that is erased"
		}
		lines = append(lines, StoryLine{
			At: p.CreatedAt, Who: boxOffice, What: "sent a prompt over " + Shillings(p.Amount) + " to " + shown,
		})
		end := StoryLine{At: p.UpdatedAt, Who: mPesa, What: "the prompt is " + PromptState(p.State)}
		if p.State == store.PushFailed {
			end.What = "the prompt failed"
		}
		if p.ResultCode != "" {
			end.Detail = "It answered with " + mpesa.ShownAnswer(mpesa.Code(p.ResultCode), p.ResultText) + "."
		}
		if means := PushResult(p.State, p.Reason, p.ResultCode, p.ResultText); means != "" {
			end.Detail = strings.TrimSpace(end.Detail + " " + means)
		}
		lines = append(lines, end)
	}
	return lines
}

func tellCallbacks(callbacks []store.StoryCallback) (lines []StoryLine) {
	for _, c := range callbacks {
		line := StoryLine{
			At:     c.ReceivedAt,
			Who:    mPesa,
			What:   "reported " + callbackAbout(c.Kind),
			Detail: outcome(c.Outcome),
		}
		lines = append(lines, line)
	}
	return lines
}

// outcome says what was made of a callback.
func outcome(o store.Outcome) string {
	switch o {
	case "":
		return "It is being read"
	case store.OutcomePaid:
		return "It pays for the ticket"
	case store.OutcomeRefundDue:
		return "The money is due back"
	case store.OutcomeUnmatched:
		return "It is not clear yet what the money is for"
	case store.OutcomeDoubt:
		return "It differs from what was known, and a person looks into it"
	case store.OutcomeGoneBack:
		return "The money had gone back"
	case store.OutcomeKnown, store.OutcomeDuplicate:
		return "That was known already"
	case store.OutcomeNoted,
		store.OutcomeNoReceipt,
		store.OutcomeNoAnswer,
		store.OutcomeUnclear,
		store.OutcomeUnclearLate:
		return "It says neither that it was paid nor that it was not"
	case store.OutcomeAnothersID, store.OutcomeUnknownToken, store.OutcomeOtherKind:
		return "It is not clear what it is about"
	case store.OutcomeFailed, store.OutcomeLostPush:
		return "No money was taken"
	case store.OutcomeNotCompleted, store.OutcomeNotCompletedAgain:
		return "Not completed so far"
	case store.OutcomeFailureLate:
		return "It says failed after it had said paid: nothing changes"
	case store.OutcomeUnknownCode, store.OutcomeUnknownCodeAgain, store.OutcomeUnknownCodeBesides:
		return "With a code that nobody knows"
	case store.OutcomeRefunded:
		return "The money has gone back"
	case store.OutcomeReversedByOthers:
		return "The money went back, and not by us"
	case store.OutcomeRefundFailed:
		return "M-PESA has refused to give the money back"
	case store.OutcomeRefundAgain, store.OutcomeRefundAwaited:
		return "The money is not back yet"
	case store.OutcomeValidation, store.OutcomeConfirmed:
		return "Money was about to be paid"
	case store.OutcomeUnreadable, store.OutcomeNoAmount, store.OutcomeReceipt:
		return "It was not understood whole: see the list of what is to do"
	}
	return string(o)
}

func tellQuestions(questions []store.StoryQuestion) (lines []StoryLine) {
	for _, q := range questions {
		about := "the prompt"
		if q.Receipt != "" {
			about = "receipt " + q.Receipt
		}
		if q.Sent == 0 && q.NextAt == 0 {
			continue
		}
		line := StoryLine{
			At:   q.UpdatedAt,
			Who:  boxOffice,
			What: fmt.Sprintf("asked M-PESA about %s, %d times so far", about, q.Sent),
		}
		switch q.Sent {
		case 0:
			line.What = "is going to ask M-PESA about " + about
		case 1:
			line.What = "asked M-PESA about " + about
		}
		if q.Said != "" {
			line.Detail = "The last answer: " + mpesa.Shown(q.Said) + ". "
		}
		if q.NextAt != 0 {
			line.Detail += "It is asked next at " + ClockSeconds(q.NextAt)
		}
		line.Detail = strings.TrimSuffix(line.Detail, ". ")
		lines = append(lines, line)
	}
	return lines
}

func tellFacts(facts []store.StoryFact) (lines []StoryLine) {
	sources := map[string]string{
		"callback":     "M-PESA, by callback",
		"status":       "M-PESA, asked about the receipt",
		"statement":    "M-PESA, by its statement",
		"query":        "M-PESA, asked about the prompt",
		"confirmation": "M-PESA, by confirmation",
		"pull":         "M-PESA, by its list",
		"customer":     customer,
		"operator":     boxOffice,
		"reversal":     "M-PESA, about the Reversal",
	}
	says := map[string]string{
		"paid":            "it was paid",
		"mentions":        "a report names the receipt or the amount",
		"failed":          "no money was taken, nor will be",
		"not_completed":   "it is not completed so far",
		"no_such_receipt": "there is no completed payment with the receipt",
		"paid_to_others":  "the receipt was paid to somebody else",
		"reversed":        "the payment was reversed",
		"pays_for":        "the receipt paid for this ticket",
		"not_for":         "the receipt did not pay for this ticket",
		"nothing_paid":    "nothing was paid",
		"given_back":      "the money was given back",
		"resolved":        "the doubt is looked into",
		"the_same":        "the prompt and the receipt are one payment",
		"two":             "the prompt and the receipt are two payments",
	}
	for _, f := range facts {
		if f.Says == "given" || f.Says == "taken_back" { // the ticket and the staff's log tell it
			continue
		}
		line := StoryLine{
			At:   f.At,
			Who:  cmp.Or(f.By, sources[string(f.Source)], string(f.Source)),
			What: "said: " + cmp.Or(says[string(f.Says)], string(f.Says)),
		}
		if f.Receipt != "" {
			line.Detail = "Receipt " + f.Receipt
		}
		if f.Amount > 0 {
			line.Detail = strings.TrimPrefix(line.Detail+", "+Cents(f.Amount), ", ")
		}
		if f.Note != "" {
			line.Detail = strings.TrimPrefix(line.Detail+": "+f.Note, ": ")
		}
		lines = append(lines, line)
	}
	return lines
}

func tellPayments(st store.Story) (lines []StoryLine) {
	states := map[store.PaymentState]string{
		store.PaymentApplied:   "pays for a ticket",
		store.PaymentRefundDue: "is due back",
		store.PaymentUnmatched: "waits for a person to say what it is for",
		store.PaymentRefunded:  "has gone back",
		store.PaymentReversed:  "was reversed at M-PESA, not by us",
	}
	for _, p := range st.Payments {
		amount := "a payment"
		if p.Amount != 0 {
			amount = Cents(p.Amount)
		}
		state := states[p.State]
		if p.State == store.PaymentApplied && p.TicketID == st.Ticket.ID {
			state = "pays for this ticket"
		}
		line := StoryLine{
			At:     p.CreatedAt,
			Who:    boxOffice,
			What:   "has " + amount + " in the books",
			Detail: "Without a receipt so far",
		}
		if p.Receipt != "" {
			line.Detail = "Receipt " + p.Receipt
		}
		line.Detail += ". By now it " + state
		if p.Reason != "" {
			line.Detail += ": " + reasonWhy(p.Reason)
		}
		lines = append(lines, line)
	}
	return lines
}

func tellClaims(st store.Story) (lines []StoryLine) {
	for _, c := range st.Claims {
		lines = append(lines, StoryLine{
			At:     c.CreatedAt,
			Who:    customer,
			What:   "named the receipt " + c.Receipt,
			Detail: ExplainClaim(c, st.Ticket.Total),
		})
	}
	return lines
}

func tellMessages(messages []store.Message) (lines []StoryLine) {
	for _, m := range messages {
		line := StoryLine{
			At: max(m.MadeAt, m.SentAt), Who: boxOffice,
			What:   "told the customer by " + ViaWord(m.Via) + ": " + MessageHead(m.Event),
			Detail: MessageFailure(m),
		}
		if m.State != store.MessageSent || m.Unsure > 0 {
			line.What += " (" + MessageStateName(m) + ")"
		}
		lines = append(lines, line)
	}
	return lines
}

func tellRefunds(refunds []store.StoryRefund) (lines []StoryLine) {
	for _, r := range refunds {
		who := r.RequestedBy
		if who == store.Automatic {
			who = boxOffice
		}
		what := "asked M-PESA to give back " + Cents(r.Amount)
		if r.Method == "hand" {
			what = "gave back " + Cents(r.Amount) + " by hand"
		}
		line := StoryLine{At: r.CreatedAt, Who: who, What: what}
		if r.Reference != "" {
			line.Detail = "Reference " + r.Reference
		}
		lines = append(lines, line)
		switch {
		case r.Method == "hand":
		case r.State == store.RefundDone:
			lines = append(lines, StoryLine{At: r.UpdatedAt, Who: mPesa, What: "gave back " + Cents(r.Amount)})
		case r.State == store.RefundFailed:
			lines = append(
				lines,
				StoryLine{
					At:     r.UpdatedAt,
					Who:    mPesa,
					What:   "refused to give it back",
					Detail: mpesa.Shown(r.ResultText),
				},
			)
		}
	}
	return lines
}

func tellLog(log []store.LogEntry) (lines []StoryLine) {
	for _, e := range log {
		if e.Action == "comp.give" { // the ticket tells it
			continue
		}
		line := StoryLine{At: e.At, Who: cmp.Or(e.Who, "The command line"), What: Done(e.Action) + " " + e.Subject}
		var now map[string]any
		// What is no JSON has no seats.
		_ = json.Unmarshal([]byte(e.Now), &now)
		for _, key := range []string{"seats", "note"} {
			if value, is := now[key].(string); is && value != "" {
				line.Detail = strings.ToUpper(key[:1]) + key[1:] + " " + value
			}
		}
		lines = append(lines, line)
	}
	return lines
}
