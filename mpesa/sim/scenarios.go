package sim

import "time"

// Scenario is a fate that a phone number carries in its last three digits, for people and for tests alike.
type Scenario struct {
	Suffix string // the last three digits
	Name   string // a few words
	What   string // a sentence on what happens

	script Script
}

// Example is a valid number with this ending: 254712345 and the suffix.
func (sc Scenario) Example() string { return "254712345" + sc.Suffix }

// Script is what a push to such a number follows.
func (sc Scenario) Script() Script { return sc.script }

// Scenarios lists the endings that mean something, in the order they are best explained. Any other number rings on the
// handset page.
func Scenarios() []Scenario {
	const soon = 3 * time.Second
	paid := Script{Result: codePaid, ResultAfter: soon}
	const unreachable = "DS timeout user cannot be reached."
	fails := func(code string) Script { return Script{Result: code, ResultAfter: soon} }
	paidBut := func(change func(*Script)) Script {
		script := paid
		change(&script)
		return script
	}
	return []Scenario{
		{"001", "Pays by itself", "The right PIN after 3 seconds, then the callback.", paid},
		{"032", "Cancelled", "The customer cancels after 3 seconds: result 1032.", fails(codeCancelled)},
		{"201", "Wrong PIN", "A wrong PIN after 3 seconds: result 2001.", fails(codeWrongPIN)},
		{"100", "Not enough money", "The balance is too small: result 1 after 3 seconds.", fails(codeNoFunds)},
		{"037", "Phone unreachable", "The phone is off: result 1037 after 3 seconds.",
			Script{Result: codeTimeout, ResultDesc: unreachable, ResultAfter: soon}},
		{"404", "Callback never comes", "Paid after 3 seconds, and nobody is told.",
			paidBut(func(sc *Script) { sc.Callbacks = NoCallback })},
		{"002", "Callback twice", "Paid after 3 seconds; the same callback comes a second time a second later.",
			paidBut(func(sc *Script) { sc.Callbacks = 2 })},
		{"003", "Callback before the answer", "Paid, and the callback is there before the push itself is answered.",
			paidBut(func(sc *Script) { sc.ResultAfter, sc.CallbackFirst = 0, true })},
		{"300", "Callback after 5 minutes", "Paid after 3 seconds; the callback takes another 5 minutes.",
			paidBut(func(sc *Script) { sc.CallbackAfter = 5 * time.Minute })},
		{"408", "Answer lost",
			"The connection ends before the push is answered; paid after 3 seconds, with its callback.",
			paidBut(func(sc *Script) { sc.Answer = AnswerLost })},
		{"429", "Refused: busy", "The push is refused, the system is busy (500.003.02). No prompt.",
			Script{Answer: AnswerBusy}},
		{"423", "Refused: subscriber locked",
			"The push is refused, another prompt is on the phone (500.001.1001). No new prompt.",
			Script{Answer: AnswerLocked}},
		{"403", "HTML page", "A firewall's HTML page instead of an answer (HTTP 403). No prompt, nothing charged.",
			Script{Answer: AnswerBlocked}},
		{"913", "Code that is not a number", "Fails after 3 seconds with the string code SFC_IC0003.",
			fails(codeNoOperator)},
		{"999", "Wrong amount", "Paid after 3 seconds, but one shilling less than asked.",
			paidBut(func(sc *Script) { sc.AmountDelta = -1 })},
		{"210", "Failure, then success", "Result 1037 after 3 seconds, and 10 seconds later it is paid after all.",
			Script{Result: codeTimeout, ResultAfter: soon, PaidLater: 10 * time.Second}},
	}
}

// byEnding has the scenarios under the last three digits that name them.
func byEnding() map[string]Scenario {
	endings := make(map[string]Scenario)
	for _, sc := range Scenarios() {
		endings[sc.Suffix] = sc
	}
	return endings
}

// scenarioOf finds the scenario of a phone number by its last three digits.
func (s *Sim) scenarioOf(phone string) (Scenario, bool) {
	sc, found := s.endings[phone[max(len(phone)-3, 0):]]
	return sc, found
}
