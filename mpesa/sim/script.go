package sim

import (
	"encoding/json"
	"fmt"
	"time"
)

// Answer is how Daraja answers the push request itself.
type Answer string

// The ways a push can be answered. After the first four a prompt is on the phone; after the others there is none.
const (
	AnswerAccepted Answer = ""         // HTTP 200, ResponseCode "0"
	AnswerLost     Answer = "lost"     // the connection ends without an answer, yet the prompt went out
	AnswerEmpty    Answer = "empty"    // HTTP 200 and no body, yet the prompt went out
	AnswerInternal Answer = "internal" // HTTP 500, 500.003.1001 Internal Server Error, yet the prompt went out
	AnswerBusy     Answer = "busy"     // HTTP 500, 500.003.02 System is busy
	AnswerQuota    Answer = "quota"    // HTTP 500, 500.003.03 Quota Violation
	AnswerLocked   Answer = "locked"   // HTTP 500, 500.001.1001 Unable to lock subscriber
	AnswerBlocked  Answer = "blocked"  // HTTP 403, an HTML page in the way of Incapsula's
)

// NoCallback, as Script.Callbacks, means that no callback is ever sent.
const NoCallback = -1

// Script says what becomes of a push. The zero value is an ordinary push: accepted at once, answered by a person on
// the handset page, one callback as soon as there is a result. Config.Speed scales every delay.
type Script struct {
	Answer      Answer        // how the push is answered
	AnswerAfter time.Duration // how long Daraja takes to answer it; the prompt goes out at the beginning

	Result      string        // "" asks on the handset; "0" pays; anything else is the code of the failure
	ResultDesc  string        // the text beside it; empty means Safaricom's own
	ResultAfter time.Duration // from the push to the result
	PaidLater   time.Duration // when not 0: that long after a failure the payment goes through after all
	AmountDelta int           // whole shillings added to the amount that is taken and reported

	CallbackAfter time.Duration // from the result to its callback
	Callbacks     int           // how often the callback is delivered: 0 and 1 once, 2 twice, NoCallback never
	CallbackFirst bool          // the result ("" pays) and its callback, delivered to the end, come before the push is answered

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
}

// MarshalJSON writes the script with its delays in milliseconds.
func (sc Script) MarshalJSON() ([]byte, error) {
	return json.Marshal(scriptJSON{
		sc.Answer, sc.AnswerAfter.Milliseconds(), sc.Result, sc.ResultDesc, sc.ResultAfter.Milliseconds(),
		sc.PaidLater.Milliseconds(), sc.AmountDelta, sc.CallbackAfter.Milliseconds(), sc.Callbacks, sc.CallbackFirst, sc.Times,
	})
}

// script is what the spelt-out form means, or an error that names what is wrong with it.
func (j scriptJSON) script() (Script, error) {
	switch j.Answer {
	case AnswerAccepted, AnswerLost, AnswerEmpty, AnswerInternal, AnswerBusy, AnswerQuota, AnswerLocked, AnswerBlocked:
	default:
		return Script{}, fmt.Errorf("unknown answer %q", j.Answer)
	}
	if min(j.AnswerAfterMs, j.ResultAfterMs, j.PaidLaterMs, j.CallbackAfterMs, int64(j.Times)) < 0 || j.Callbacks < NoCallback {
		return Script{}, fmt.Errorf("a delay or a count is negative")
	}
	ms := func(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
	return Script{
		j.Answer, ms(j.AnswerAfterMs), j.Result, j.ResultDesc, ms(j.ResultAfterMs), ms(j.PaidLaterMs), j.AmountDelta,
		ms(j.CallbackAfterMs), j.Callbacks, j.CallbackFirst, j.Times,
	}, nil
}

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
	if sc, ok := scenarioOf(phone); ok {
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
