package sim

import (
	"errors"
	"strings"
	"time"
)

// Push is one STK Push that was accepted.
type Push struct {
	MerchantRequestID string     `json:"merchantRequestId"`
	CheckoutRequestID string     `json:"checkoutRequestId"`
	Phone             string     `json:"phone"`
	Amount            int        `json:"amount"` // asked, in whole shillings
	TransactionType   string     `json:"transactionType"`
	PartyB            string     `json:"partyB"`
	Reference         string     `json:"reference"` // AccountReference
	Description       string     `json:"description"`
	CallbackURL       string     `json:"callbackUrl"`
	At                time.Time  `json:"at"`         // when it was accepted
	PromptEnds        time.Time  `json:"promptEnds"` // when an unanswered prompt gives up
	ResultCode        string     `json:"resultCode"` // "" while it is in flight
	ResultDesc        string     `json:"resultDesc"`
	Receipt           string     `json:"receipt"`    // of a paid one
	SettledAt         time.Time  `json:"settledAt"`  // when the last result came about
	Deliveries        []Delivery `json:"deliveries"` // callbacks sent and answered, or not
}

// Delivery is one callback that was sent.
type Delivery struct {
	ResultCode string    `json:"resultCode"`
	At         time.Time `json:"at"`     // when it was over
	Status     int       `json:"status"` // HTTP status; 0 where there was no answer
	Error      string    `json:"error,omitempty"`
}

// Errors of PIN, Cancel and Expire.
var (
	// ErrNoPrompt means that the phone shows no prompt, or not that one, or one that answers itself.
	ErrNoPrompt = errors.New("sim: no prompt on this phone")
	// ErrBadPIN means that it was not four digits; the prompt is still there.
	ErrBadPIN = errors.New("sim: a PIN has four digits")
)

// wrongPIN is the one PIN that M-PESA refuses here.
const wrongPIN = "0000"

// duplicateGap lies between two deliveries of one callback.
const duplicateGap = time.Second

type push struct {
	Push
	script    Script
	queryText string // ResultDesc as a query has it
	mistake   string // a result code that takes the place of success: the request named the wrong receiver
	answering bool   // a PIN or a cancel is on its way
	queries   int
	awaited   int     // timers that will still change it or report it
	first     *report // whose first callback the request's own handler delivers

	taken, spentToday int // whole shillings of a paid one, and by its phone on that day until then
}

func (p *push) settled() bool { return p.ResultCode != "" }

// interactive tells whether a person has to answer the prompt.
func (p *push) interactive() bool { return p.script.Result == "" && p.mistake != codeTooLong }

const (
	recentPushes = 20      // kept for one phone's handset page
	keptPushes   = 200_000 // beyond these, those settled longer ago than keptFor go; the ledger never does
	keptFor      = 30 * time.Minute
)

// accept puts a prompt on the phone, or says that there is one already.
func (s *Sim) accept(p *push) (accepted bool) {
	now := s.cfg.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.handset(p.Phone)
	if h.live != nil {
		return false
	}
	p.At, p.PromptEnds = now, now.Add(s.scaled(s.cfg.PromptLife))
	p.CheckoutRequestID = s.checkoutRequestID(now, p.Phone)
	p.MerchantRequestID = s.chance.id("push", p.CheckoutRequestID, 0).uuid()
	s.pushes[p.CheckoutRequestID] = p
	s.order = append(s.order, p)
	s.totals.Accepted++
	s.totals.Waiting++
	s.prune(now)
	h.live = p
	if h.recent = append(h.recent, p); len(h.recent) > recentPushes {
		h.recent = append(h.recent[:0], h.recent[1:]...)
	}
	s.schedule(p)
	return true
}

// schedule sees to it that the push ends. s.mu must be held.
func (s *Sim) schedule(p *push) {
	switch {
	case p.mistake == codeTooLong:
		s.later(p, s.scaled(p.script.ResultAfter), func() { s.settle(p, codeTooLong, "") })
	case p.script.CallbackFirst:
		// The request's own handler settles it.
	case p.interactive():
		s.later(p, s.scaled(s.cfg.PromptLife), func() { s.settle(p, codeTimeout, "") })
	default:
		s.later(p, s.scaled(p.script.ResultAfter), func() { s.settle(p, p.script.Result, p.script.ResultDesc) })
	}
}

// later is after, counted with the push so that it is not pruned meanwhile. s.mu must be held.
func (s *Sim) later(p *push, delay time.Duration, f func()) {
	p.awaited++
	s.after(delay, func() {
		f()
		s.mu.Lock()
		p.awaited--
		s.mu.Unlock()
	})
}

// settle gives a push its result, unless it has one, takes the money of a paid one and has the callback sent.
func (s *Sim) settle(p *push, code, desc string) {
	now := s.cfg.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.settled() {
		return
	}
	if h := s.handsets[p.Phone]; h != nil && h.live == p {
		h.live = nil
	}
	s.totals.Waiting--
	if code == codePaid && p.mistake != "" {
		code, desc = p.mistake, ""
	}
	delivered := 0
	if p.script.CallbackFirst && p.script.Callbacks != NoCallback {
		delivered = 1
	}
	s.conclude(p, code, desc, now, delivered)
	if code != codePaid && p.script.PaidLater > 0 {
		s.later(p, s.scaled(p.script.PaidLater), func() {
			now := s.cfg.Now()
			s.mu.Lock()
			defer s.mu.Unlock()
			s.conclude(p, codePaid, "", now, 0)
		})
	}
}

// conclude writes the result down and schedules what is posted about it, but for the first so many callbacks that
// somebody else delivers. s.mu must be held.
func (s *Sim) conclude(p *push, code, desc string, now time.Time, delivered int) {
	callbackText, queryText := resultText(code)
	if desc != "" {
		callbackText, queryText = desc, desc
	}
	p.ResultCode, p.ResultDesc, p.queryText, p.SettledAt = code, callbackText, queryText, now
	var paid Entry
	if code == codePaid {
		paid = s.take(Entry{
			Kind: KindSTK, Phone: p.Phone, Amount: p.Amount + p.script.AmountDelta, Asked: p.Amount, Receiver: p.PartyB,
			BuyGoods: p.TransactionType == typeBuyGoods, MerchantRequestID: p.MerchantRequestID,
			CheckoutRequestID: p.CheckoutRequestID, Reference: p.Reference, CallbackURL: p.CallbackURL, At: now,
		})
		p.Receipt, p.taken, p.spentToday = paid.Receipt, paid.Amount, s.handset(p.Phone).spent
	} else {
		s.totals.Failed++
	}
	r := s.newReport(p, paid)
	r.schedule(delivered)
	if delivered > 0 {
		p.first = r
	}
}

// settleFirst settles a push in the course of its own request and delivers the callback before it returns.
func (s *Sim) settleFirst(p *push) {
	code := p.script.Result
	if code == "" {
		code = codePaid
	}
	s.settle(p, code, p.script.ResultDesc)
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.running.Add(1)
	first := p.first
	p.first = nil
	s.mu.Unlock()
	defer s.running.Done()
	if first != nil {
		first.deliver(0)
	}
}

// PIN answers the prompt on a phone ("2547…"): "0000" is the wrong PIN (result 2001), any other four digits pay.
func (s *Sim) PIN(phone, pin string) error { return s.answer(phone, "", reply{pin: pin}, 0) }

// Cancel refuses the prompt on a phone: result 1032.
func (s *Sim) Cancel(phone string) error { return s.answer(phone, "", reply{cancel: true}, 0) }

// Expire lets the prompt on a phone time out at once: result 1037.
func (s *Sim) Expire(phone string) error {
	p := s.prompt(phone, "")
	if p == nil {
		return ErrNoPrompt
	}
	s.settle(p, codeTimeout, "")
	return nil
}

// reply is what a person does with a prompt.
type reply struct {
	pin    string
	cancel bool
}

// result is the code that a reply leads to.
func (r reply) result() (code string, err error) {
	switch {
	case r.cancel:
		return codeCancelled, nil
	case len(r.pin) != 4 || strings.Trim(r.pin, "0123456789") != "":
		return "", ErrBadPIN
	case r.pin == wrongPIN:
		return codeWrongPIN, nil
	}
	return codePaid, nil
}

// answer gives the prompt its reply after a delay. The id may be "": whichever prompt is there.
func (s *Sim) answer(phone, checkoutID string, given reply, delay time.Duration) error {
	code, err := given.result()
	if err != nil {
		return err
	}
	p := s.prompt(phone, checkoutID)
	if p == nil {
		return ErrNoPrompt
	}
	if delay <= 0 {
		s.settle(p, code, "")
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p.answering = true
	s.later(p, s.scaled(delay), func() { s.settle(p, code, "") })
	return nil
}

// prompt is the open prompt of a phone that a person may answer, or nil.
func (s *Sim) prompt(phone, checkoutID string) *push {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.handsets[phone]
	if h == nil || h.live == nil || !h.live.interactive() || h.live.answering ||
		checkoutID != "" && h.live.CheckoutRequestID != checkoutID {
		return nil
	}
	return h.live
}

// prune forgets old settled pushes once there are very many. s.mu must be held.
func (s *Sim) prune(now time.Time) {
	gone := 0
	for len(s.order)-gone > s.kept {
		p := s.order[gone]
		if !p.settled() || p.awaited > 0 || now.Sub(p.SettledAt) < keptFor {
			break
		}
		delete(s.pushes, p.CheckoutRequestID)
		if h := s.handsets[p.Phone]; h != nil && h.live == nil && !h.byHand && len(h.recent) > 0 &&
			h.recent[len(h.recent)-1] == p {
			delete(s.handsets, p.Phone)
		}
		s.order[gone] = nil
		gone++
	}
	s.order = s.order[gone:]
}
