package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// NoCallback, as Script.Callbacks, Script.Confirmations or Call.Results, means that it is never sent.
const NoCallback = -1

// Script says what becomes of a push, and of what is asked about its payment later. The zero value is an ordinary push:
// accepted at once, answered by a person on the handset page, one callback as soon as there is a result. Config.Speed
// scales every delay.
type Script struct {
	Answer      Answer        // how the push is answered
	AnswerAfter time.Duration // how long Daraja takes to answer it; the prompt goes out at the beginning

	Result      string        // "" asks on the handset; "0" pays; anything else is the code of the failure
	ResultDesc  string        // the text beside it; empty means Safaricom's own
	ResultAfter time.Duration // from the push to the result
	PaidLater   time.Duration // when not 0: that long after a failure the payment goes through after all
	AmountDelta int           // whole shillings added to the amount that is taken and reported
	// whole shillings added to the amount that the callback and the confirmation report, and to no other
	ReportDelta int

	CallbackAfter time.Duration // from the result to its callback
	Callbacks     int           // how often the callback is delivered: 0 and 1 once, 2 twice, NoCallback never
	// the result ("" pays) and its callback, delivered to the end, come before the push is answered
	CallbackFirst bool
	FailureLast   bool // with PaidLater: the failure's callback comes a second after the success's

	// how STK queries of the push are answered; AnswerAccepted is with the oddities that were observed
	Query      Answer
	QueryTimes int // how many of them, from the first; 0 means all

	Echo          Echo // when the payment is reported as a C2B confirmation too; "" is as the simulator's
	Confirmations int  // how often the C2B confirmation of a payment comes, echo or not: 0 and 1 once, NoCallback never
	// from the payment made by hand, or from its turn as an echo, to the C2B confirmation
	ConfirmationAfter time.Duration

	Status, Reversal Call // what becomes of requests about the payments of this phone

	Times int // how many pushes follow this script before it is forgotten; 0 means all
}

// scriptJSON is a Script as the control API spells it.
type scriptJSON struct {
	Answer          Answer `json:"answer"`
	AnswerAfterMs   int64  `json:"answerAfterMs"`
	Result          string `json:"result"`
	ResultDesc      string `json:"resultDesc"`
	ResultAfterMs   int64  `json:"resultAfterMs"`
	PaidLaterMs     int64  `json:"paidLaterMs"`
	AmountDelta     int    `json:"amountDelta"`
	CallbackAfterMs int64  `json:"callbackAfterMs"`
	Callbacks       int    `json:"callbacks"`
	CallbackFirst   bool   `json:"callbackFirst"`
	Times           int    `json:"times"`

	ReportDelta         int      `json:"reportDelta,omitzero"`
	FailureLast         bool     `json:"failureLast,omitzero"`
	Query               Answer   `json:"query,omitzero"`
	QueryTimes          int      `json:"queryTimes,omitzero"`
	Echo                Echo     `json:"echo,omitzero"`
	Confirmations       int      `json:"confirmations,omitzero"`
	ConfirmationAfterMs int64    `json:"confirmationAfterMs,omitzero"`
	Status              callJSON `json:"status,omitzero"`
	Reversal            callJSON `json:"reversal,omitzero"`
}

// MarshalJSON writes the script with its delays in milliseconds.
func (sc Script) MarshalJSON() ([]byte, error) {
	return json.Marshal(scriptJSON{
		Answer: sc.Answer, AnswerAfterMs: sc.AnswerAfter.Milliseconds(),
		Result: sc.Result, ResultDesc: sc.ResultDesc, ResultAfterMs: sc.ResultAfter.Milliseconds(),
		PaidLaterMs: sc.PaidLater.Milliseconds(), AmountDelta: sc.AmountDelta, ReportDelta: sc.ReportDelta,
		CallbackAfterMs: sc.CallbackAfter.Milliseconds(), Callbacks: sc.Callbacks, CallbackFirst: sc.CallbackFirst,
		FailureLast: sc.FailureLast, Query: sc.Query, QueryTimes: sc.QueryTimes,
		Echo: sc.Echo, Confirmations: sc.Confirmations, ConfirmationAfterMs: sc.ConfirmationAfter.Milliseconds(),
		Status: sc.Status.json(), Reversal: sc.Reversal.json(),
		Times: sc.Times,
	})
}

// script is what the spelt-out form means, or an error that names what is wrong with it.
func (j scriptJSON) script() (Script, error) {
	for _, a := range []Answer{j.Answer, j.Query} {
		if !a.known() {
			return Script{}, fmt.Errorf("unknown answer %q", a)
		}
	}
	if !j.Echo.known() {
		return Script{}, fmt.Errorf("unknown echo %q", j.Echo)
	}
	if min(j.AnswerAfterMs, j.ResultAfterMs, j.PaidLaterMs, j.CallbackAfterMs, j.ConfirmationAfterMs, int64(j.Times),
		int64(j.QueryTimes)) < 0 ||
		min(j.Callbacks, j.Confirmations) < NoCallback {
		return Script{}, errNegative
	}
	status, err := j.Status.call()
	if err != nil {
		return Script{}, fmt.Errorf("status: %w", err)
	}
	reversal, err := j.Reversal.call()
	if err != nil {
		return Script{}, fmt.Errorf("reversal: %w", err)
	}
	return Script{
		Answer: j.Answer, AnswerAfter: milliseconds(j.AnswerAfterMs),
		Result: j.Result, ResultDesc: j.ResultDesc, ResultAfter: milliseconds(j.ResultAfterMs),
		PaidLater: milliseconds(j.PaidLaterMs), AmountDelta: j.AmountDelta, ReportDelta: j.ReportDelta,
		CallbackAfter: milliseconds(j.CallbackAfterMs), Callbacks: j.Callbacks, CallbackFirst: j.CallbackFirst,
		FailureLast: j.FailureLast, Query: j.Query, QueryTimes: j.QueryTimes,
		Echo: j.Echo, Confirmations: j.Confirmations, ConfirmationAfter: milliseconds(j.ConfirmationAfterMs),
		Status: status, Reversal: reversal,
		Times: j.Times,
	}, nil
}

var errNegative = errors.New("a delay or a count is negative")

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// SetScript says what becomes of the next pushes to a phone ("2547…"), or with "*" to every phone without a script of
// its own, scenario numbers included.
func (s *Sim) SetScript(phone string, script Script) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts[phone] = script
}

// ClearScript forgets what SetScript said for this phone, or for "*".
func (s *Sim) ClearScript(phone string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.scripts, phone)
}

// ScriptOf is the script that a push to this phone would follow now.
func (s *Sim) ScriptOf(phone string) Script {
	s.mu.Lock()
	defer s.mu.Unlock()
	script, _ := s.lookUp(phone)
	return script
}

// lookUp finds the script of a phone and the key it is set under, "" for one that is not set. s.mu must be held.
func (s *Sim) lookUp(phone string) (script Script, key string) {
	for _, key := range [...]string{phone, "*"} {
		if script, set := s.scripts[key]; set {
			return script, key
		}
	}
	if sc, ok := s.scenarioOf(phone); ok {
		return sc.script, ""
	}
	return s.cfg.Default, ""
}

// takeScript is lookUp for a push that happens: it counts against Script.Times. s.mu must be held.
func (s *Sim) takeScript(phone string) Script {
	script, key := s.lookUp(phone)
	if key == "" || script.Times == 0 {
		return script
	}
	left := script
	if left.Times--; left.Times == 0 {
		delete(s.scripts, key)
	} else {
		s.scripts[key] = left
	}
	return script
}
