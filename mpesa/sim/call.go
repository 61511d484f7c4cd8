package sim

import (
	"fmt"
	"slices"
	"time"
)

// Call says what becomes of a request that is answered twice: at once, and by a result that is posted later, as
// Transaction Status and Reversal are. The zero value is acknowledged at once, carried out a second later and reported
// once. Config.Speed scales every delay.
type Call struct {
	Answer      Answer        // how the request is answered
	AnswerAfter time.Duration // how long Daraja takes to answer it

	Result      string        // "" is what comes of it; anything else is the code of a failure, and nothing is done
	ResultDesc  string        // the text beside it; empty means Safaricom's own
	ResultAfter time.Duration // from the request to its being carried out and reported; a second when 0
	Results     int           // how often the result is posted: 0 and 1 once, 2 twice, NoCallback never
	ResultFirst bool          // it is carried out, and its result delivered to the end, before the request is answered
	// its time-out is posted to QueueTimeOutURL when its result is due, and the result a second later
	TimedOut bool
	Undone   bool // it is accepted, never carried out, and no result is posted

	Shape Shape // what the result looks like
	Party Party // how it names the customer

	Times int // how many requests it holds for; 0 means all
}

// Shape is what a result looks like. No two of them can be read by the position of a parameter.
type Shape string

// The shapes of results.
const (
	ShapeObserved Shape = "" // as captured 2021 to 2025; a reversal as documented
	// the portal's sample of Transaction Status: both parties are DebitPartyName, all values strings
	ShapeDocumented Shape = "documented"
	ShapeOld        Shape = "old"    // as captured in 2017: last first, keys with spaces, FinalizedTime, whole amounts
	ShapeLists      Shape = "lists"  // ReferenceItem is a list
	ShapeSingle     Shape = "single" // only one parameter, and ResultParameter that object instead of a list
	// ResultCode a string, times like 06.07.2024 22:48:52, amount and parties without a value
	ShapeBare Shape = "bare"
)

func (sh Shape) known() bool {
	return slices.Contains([]Shape{ShapeObserved, ShapeDocumented, ShapeOld, ShapeLists, ShapeSingle, ShapeBare}, sh)
}

// Party is how a customer is named.
type Party string

// The ways of naming a customer. All but the masked one were captured in results of Transaction Status; the mask is
// that of C2B confirmations.
const (
	PartyPlain  Party = ""       // 254712345678 - AMINA WANJIRU OTIENO
	PartyMasked Party = "masked" // 2547 ***** 678 - AMINA WANJIRU OTIENO
	PartyLocal  Party = "local"  // 0712345678 - AMINA WANJIRU OTIENO
)

func (p Party) known() bool { return slices.Contains([]Party{PartyPlain, PartyMasked, PartyLocal}, p) }

// usualResult is how long after a request its result comes where nothing else is said.
const usualResult = time.Second

func (c Call) resultAfter() time.Duration {
	if c.ResultAfter == 0 {
		return usualResult
	}
	return c.ResultAfter
}

// callJSON is a Call as the control API spells it.
type callJSON struct {
	Answer        Answer `json:"answer,omitzero"`
	AnswerAfterMs int64  `json:"answerAfterMs,omitzero"`
	Result        string `json:"result,omitzero"`
	ResultDesc    string `json:"resultDesc,omitzero"`
	ResultAfterMs int64  `json:"resultAfterMs,omitzero"`
	Results       int    `json:"results,omitzero"`
	ResultFirst   bool   `json:"resultFirst,omitzero"`
	TimedOut      bool   `json:"timedOut,omitzero"`
	Undone        bool   `json:"undone,omitzero"`
	Shape         Shape  `json:"shape,omitzero"`
	Party         Party  `json:"party,omitzero"`
	Times         int    `json:"times,omitzero"`
}

func (c Call) json() callJSON {
	return callJSON{
		c.Answer, c.AnswerAfter.Milliseconds(), c.Result, c.ResultDesc, c.ResultAfter.Milliseconds(), c.Results,
		c.ResultFirst, c.TimedOut, c.Undone, c.Shape, c.Party, c.Times,
	}
}

// call is what the spelt-out form means, or an error that names what is wrong with it.
func (j callJSON) call() (Call, error) {
	switch {
	case !j.Answer.known():
		return Call{}, fmt.Errorf("unknown answer %q", j.Answer)
	case !j.Shape.known():
		return Call{}, fmt.Errorf("unknown shape %q", j.Shape)
	case !j.Party.known():
		return Call{}, fmt.Errorf("unknown party %q", j.Party)
	case min(j.AnswerAfterMs, j.ResultAfterMs, int64(j.Times)) < 0 || j.Results < NoCallback:
		return Call{}, errNegative
	}
	return Call{
		j.Answer, milliseconds(j.AnswerAfterMs), j.Result, j.ResultDesc, milliseconds(j.ResultAfterMs), j.Results,
		j.ResultFirst, j.TimedOut, j.Undone, j.Shape, j.Party, j.Times,
	}, nil
}

// takeCall is the call that a request about a receipt's phone follows: what is set for the phone now, else what the
// push followed that paid it, else Config.Default's. It counts against Call.Times. s.mu must be held.
func (s *Sim) takeCall(phone string, paid *Script, of func(*Script) *Call) Call {
	script, key := s.lookUp(phone)
	if key != "" && *of(&script) != (Call{}) {
		taken := use(of(&script))
		s.scripts[key] = script
		return taken
	}
	if paid != nil && *of(paid) != (Call{}) {
		return use(of(paid))
	}
	return *of(&s.cfg.Default)
}

// use takes a call once: the last of its times leaves an ordinary one.
func use(c *Call) Call {
	taken := *c
	if c.Times > 0 {
		if c.Times--; c.Times == 0 {
			*c = Call{}
		}
	}
	return taken
}

func (sc *Script) status() *Call   { return &sc.Status }
func (sc *Script) reversal() *Call { return &sc.Reversal }
