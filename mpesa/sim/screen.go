package sim

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// promptView is the prompt on a handset.
type promptView struct {
	ID, Ask, Reference     string
	Interactive, Answering bool
	Left                   int // seconds until it gives up
}

// message is one text message on a handset.
type message struct {
	From, Text, When string
	Paid             bool
}

// screen is what the handset of a phone shows: its prompt, or nil, and its messages, newest first.
func (s *Sim) screen(phone string, now time.Time) (*promptView, []message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.handsets[phone]
	if h == nil {
		return nil, nil
	}
	var prompt *promptView
	if p := h.live; p != nil {
		left := int((p.PromptEnds.Sub(now) + time.Second - 1) / time.Second)
		prompt = &promptView{
			ID: p.CheckoutRequestID, Ask: s.ask(&p.Push), Reference: p.Reference,
			Interactive: p.interactive(), Answering: p.answering, Left: max(left, 1),
		}
	}
	var messages []message
	for _, p := range slices.Backward(h.recent) {
		if p.settled() {
			messages = append(messages, s.message(p))
		}
	}
	return prompt, messages
}

// ask is the question of a prompt.
func (s *Sim) ask(p *Push) string {
	return fmt.Sprintf("Pay %s to %s?", shillings(p.Amount), s.cfg.CinemaName)
}

// promptText is everything a prompt says, which has a limit.
func (s *Sim) promptText(p *Push) string { return s.ask(p) + " Account " + p.Reference }

// message is what M-PESA writes to the phone about a settled push.
func (s *Sim) message(p *push) message {
	at := inNairobi(p.SettledAt)
	m := message{From: "Phone", When: at.Format("15:04")}
	what := fmt.Sprintf("%s to %s", shillings(p.Amount), s.cfg.CinemaName)
	switch p.ResultCode {
	case codePaid:
		m.From, m.Paid, m.Text = "MPESA", true, s.sms(p, at)
	case codeCancelled:
		m.Text = "You cancelled the payment of " + what + ". Nothing was taken."
	case codeWrongPIN:
		m.From, m.Text = "MPESA", "Failed. You have entered the wrong PIN. The payment of "+what+" was not made."
	case codeNoFunds:
		m.From, m.Text = "MPESA", "Failed. There is not enough money in your M-PESA account to pay "+what+"."
	case codeTimeout:
		m.Text = "The prompt to pay " + what + " was not answered and is gone. Nothing was taken."
	default:
		m.Text = "The payment of " + what + " failed (" + p.ResultCode + "). Nothing was taken."
	}
	return m
}

const dailyLimit = 500_000

// sms is the confirmation of a payment in M-PESA's own style; a paybill's names the account, a till's does not.
func (s *Sim) sms(p *push, at time.Time) string {
	receiver := "sent to " + s.cfg.CinemaName + " for account " + p.Reference
	if p.TransactionType == typeBuyGoods {
		receiver = "paid to " + s.cfg.CinemaName + "."
	}
	return fmt.Sprintf("%s Confirmed. Ksh%s.00 %s on %s at %s. Transaction cost, Ksh0.00. Amount you can transact within the day is %s.00.",
		p.Receipt, grouped(p.taken), receiver, at.Format("2/1/06"), at.Format("3:04 PM"), grouped(max(dailyLimit-p.spentToday, 0)))
}

// shillings is an amount as people write it: KSh 1,350.
func shillings(amount int) string { return "KSh " + grouped(amount) }

func grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
