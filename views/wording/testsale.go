package wording

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// StepState is how far a step is.
type StepState string

// The states of a step.
const (
	StepDone   StepState = "done"
	StepWaits  StepState = "waits"  // it is under way
	StepFailed StepState = "failed" // Help says what to do
	StepLater  StepState = "later"  // another one comes before it
)

// Step is one thing that happens in a test sale, for the staff who try it.
type Step struct {
	State StepState
	What  string
	Says  string // what happened so far; "" for nothing
	Help  string // what to do; "" for nothing
}

// Steps are those of a test sale, in their order.
type Steps struct {
	Prompt, Answer, Ticket, Door Step
	Away                         []Step // what became of it since it was taken away; none before
	Waits                        bool   // more comes by itself, within seconds or minutes
}

// answerSoon is how long the answer to a prompt may take without anything being wrong: somebody has to find a phone.
const answerSoon = 30 * time.Second

// reversalSoon is how long it is worth while to look every few seconds whether a Reversal is answered.
const reversalSoon = 2 * time.Minute

// TestSteps says what has happened in a test sale. The callback is the address that M-PESA sends its answers to.
func TestSteps(st store.Story, callback string, now store.Instant) Steps {
	push := st.Pushes[len(st.Pushes)-1]
	took := seconds(push.CreatedAt, push.UpdatedAt)
	var called store.Instant // when the first callback about its prompts came; 0 for none
	for _, c := range st.Callbacks {
		if c.Kind == store.CallbackSTK && called == 0 {
			called = c.ReceivedAt
		}
	}
	s := Steps{Prompt: promptStep(st.Ticket, push)}
	s.Ticket = ticketStep(st.Ticket, push)
	s.Door = doorStep(st)
	s.Away = awaySteps(st)
	s.Answer = Step{State: StepLater, What: "M-PESA’s answer reaches us"}
	decided := push.State == store.PushPaid || push.State == store.PushFailed || push.State == store.PushSoftFailed
	away := "Look whether M-PESA can reach " + callback + " from the internet, by https and through your router or " +
		"proxy. Until it can, customers wait longer for their tickets."
	switch {
	case called != 0:
		s.Answer.State, s.Answer.Says = StepDone, "It came "+seconds(push.CreatedAt, called)+" after the prompt."
		if len(st.Pushes) > 1 {
			s.Answer.Says = "It came at " + ClockSeconds(called) + "."
		}
	case push.State == store.PushRefused:
	case decided:
		s.Answer.State, s.Answer.Help = StepFailed, away
		s.Answer.Says = "It did not come. The program asked M-PESA instead, and knew " + took + " after the prompt."
	case s.Prompt.State == StepWaits && push.State == store.PushSending:
	case now < push.CreatedAt.Add(answerSoon):
		s.Answer.State, s.Answer.Says = StepWaits, "Enter the PIN on the phone. The answer comes some seconds later."
	default:
		s.Answer.State, s.Answer.Help = StepWaits, "If the PIN was entered: l"+away[1:]
		s.Answer.Says = "Nothing has come for " + seconds(push.CreatedAt, now) + ". The program asks M-PESA now."
	}
	t := st.Ticket
	late := now >= push.CreatedAt.Add(time.Minute)
	s.Waits = t.Status == store.Pending || t.Status == store.Paid && called == 0 && !late
	for _, step := range s.Away {
		s.Waits = s.Waits || step.State == StepWaits && step.Help == "" && now < t.VoidedAt.Add(reversalSoon)
	}
	return s
}

func seconds(from, until store.Instant) string {
	n := int((until - from + 500) / 1000)
	if n == 1 {
		return "1 second"
	}
	return fmt.Sprintf("%d seconds", n)
}

func promptStep(t *store.Ticket, push store.StoryPush) Step {
	s := Step{State: StepDone, What: "The prompt goes out"}
	to := " over " + Shillings(t.Total) + " to " + Phone(push.Phone)
	switch push.State {
	case store.PushSending:
		s.State, s.Says = StepWaits, "It is being sent"+to+"."
	case store.PushRefused:
		s.State, s.Says = StepFailed, "M-PESA did not take it: "+PromptWhy(push.State, push.Reason, push.ResultCode)+"."
		s.Help = PushResult(push.State, push.Reason, push.ResultCode, push.ResultText)
	case store.PushUnknown:
		if push.CheckoutRequestID == "" {
			s.State, s.Says = StepWaits, "M-PESA has not said whether it took it. It may be on the phone."
			break
		}
		fallthrough
	default:
		s.Says = "M-PESA took it" + to + "."
	}
	return s
}

func ticketStep(t *store.Ticket, push store.StoryPush) Step {
	s := Step{State: StepLater, What: "The ticket is paid"}
	switch {
	case t.Status == store.Paid:
		seat := "Seat " + strings.Join(t.Seats, " ")
		s.State, s.Says = StepDone, seat+", without a receipt so far."
		if t.Receipt != "" {
			s.Says = seat + ", receipt " + t.Receipt + "."
		}
	case t.Status == store.Failed && push.State != store.PushRefused:
		e := Explain(t)
		s.State, s.Says = StepFailed, e.Title+". "+e.Sentence
		if t.Reason != store.FailureGivenUp {
			s.Help = cmp.Or(e.Hint, tryAgain(push))
		}
	}
	return s
}

// tryAgain says what to do before a test is tried again whose prompt was not paid.
func tryAgain(push store.StoryPush) string {
	switch mpesa.Classify(mpesa.Code(push.ResultCode)).Reason {
	case mpesa.ReasonCancelled:
		return "Try it again, and enter the PIN when the prompt comes."
	case mpesa.ReasonWrongPIN:
		return "Try it again with the right PIN. Three wrong ones lock it."
	case mpesa.ReasonNoFunds:
		return "Put a shilling on the phone’s M-PESA account, and try it again."
	case mpesa.ReasonExpired:
		return "Keep the phone at hand, and try it again."
	default:
		return PushResult(push.State, push.Reason, push.ResultCode, push.ResultText)
	}
}

func doorStep(st store.Story) Step {
	s := Step{State: StepLater, What: "Somebody is let in with it"}
	if who := WhoIsIn(st.Seats); who != "" {
		s.State, s.Says = StepDone, who
	} else if st.Ticket.Admits() {
		s.Says = "Scan the ticket at the door, if you want to try that too."
	}
	return s
}

// awaySteps are what became of a test sale that was taken away.
func awaySteps(st store.Story) []Step {
	t := st.Ticket
	if t.VoidedAt == 0 {
		return nil
	}
	steps := []Step{{
		State: StepDone, What: "It is taken away", Says: "The ticket is void since " + When(t.VoidedAt) +
			", and its seat is free.",
	}}
	money := Step{State: StepWaits, What: "The shilling goes back"}
	asked := false
	for _, r := range st.Refunds {
		asked = asked || r.State == store.RefundRequested
	}
	switch {
	case t.RefundDue > 0 && asked && t.Receipt == "":
		money.Says = "M-PESA is asked to give " + Cents(t.RefundDue) + " back once the receipt is known."
		money.Help = "Read the receipt in the M-PESA message on the phone, and name it on the list of what is to do."
	case t.RefundDue > 0 && asked:
		money.Says = "M-PESA is asked to give " + Cents(t.RefundDue) + " back."
	case t.RefundDue > 0:
		money.Says = Cents(t.RefundDue) + " is due back."
		money.Help = "It waits on the list of what is to do. Give it back by hand, and write down there that you did."
	case t.Refunded > 0:
		money.State, money.Says = StepDone, Cents(t.Refunded)+" has gone back."
	default:
		money.Says, money.Help = "M-PESA contradicts itself about it.", "Look at the list of what is to do."
	}
	return append(steps, money)
}
