package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cinemasphere/mpesa"
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
	Link             string // at its end; "" for none
	Paid             bool
	at               time.Time
}

// screen is what the handset of a phone shows: its prompt, or nil; whether a payment by hand is on its way; and its
// messages, newest first.
func (s *Sim) screen(phone string, now time.Time) (*promptView, bool, []message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.handsets[phone]
	if h == nil {
		return nil, false, nil
	}
	var prompt *promptView
	if p := h.live; p != nil {
		left := int((p.PromptEnds.Sub(now) + time.Second - 1) / time.Second)
		prompt = &promptView{
			ID: p.CheckoutRequestID, Ask: s.ask(&p.Push), Reference: p.Reference,
			Interactive: p.interactive(), Answering: p.answering, Left: max(left, 1),
		}
	}
	messages := slices.Clone(h.notes)
	for _, p := range h.recent {
		if p.settled() {
			messages = append(messages, s.message(p))
		}
	}
	slices.SortStableFunc(messages, func(a, b message) int { return a.at.Compare(b.at) })
	slices.Reverse(messages)
	for i, m := range messages {
		messages[i].When = mpesa.InNairobi(m.at).Format("15:04")
	}
	return prompt, h.byHand, messages
}

// ask is the question of a prompt.
func (s *Sim) ask(p *Push) string {
	return fmt.Sprintf("Pay %s to %s?", shillings(p.Amount), s.cfg.CinemaName)
}

// promptText is everything a prompt says, which has a limit.
func (s *Sim) promptText(p *Push) string { return s.ask(p) + " Account " + p.Reference }

// message is what M-PESA writes to the phone about a settled push.
func (s *Sim) message(p *push) message {
	m := message{From: "Phone", at: p.SettledAt}
	what := fmt.Sprintf("%s to %s", shillings(p.Amount), s.cfg.CinemaName)
	switch p.ResultCode {
	case codePaid:
		e := Entry{
			Receipt: p.Receipt, Amount: p.taken, BuyGoods: p.TransactionType == typeBuyGoods, Reference: p.Reference,
			At: p.SettledAt,
		}
		m.From, m.Paid, m.Text = "MPESA", true, s.paidSMS(e, p.spentToday)
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

// paidSMS is the confirmation of a payment in M-PESA's own style; a paybill's names the account, a till's does not.
func (s *Sim) paidSMS(e Entry, spentToday int) string {
	receiver := "sent to " + s.cfg.CinemaName + " for account " + e.Reference
	if e.BuyGoods {
		receiver = "paid to " + s.cfg.CinemaName + "."
	}
	date, hour := smsTime(e.At)
	return fmt.Sprintf(
		"%s Confirmed. Ksh%s %s on %s at %s. Transaction cost, Ksh0.00. Amount you can transact within the day is %s.",
		e.Receipt, inSMS(e.Amount), receiver, date, hour, inSMS(max(dailyLimit-spentToday, 0)))
}

// reversalSMS tells a customer that the money is back, in M-PESA's own style.
func reversalSMS(r Reversal) string {
	date, hour := smsTime(r.At)
	return fmt.Sprintf(
		"%s Confirmed. Transaction %s has been reversed on %s at %s. Ksh%s is credited to your M-PESA account.",
		r.Receipt, r.Of, date, hour, inSMS(r.Amount))
}

func smsTime(at time.Time) (date, hour string) {
	t := mpesa.InNairobi(at)
	return t.Format("2/1/06"), t.Format("3:04 PM")
}

// shillings is an amount as people write it: KSh 1,350.
func shillings(amount int) string { return mpesa.KSh(int64(amount) * 100) }

// inSMS is an amount as M-PESA's messages write it: 1,350.00.
func inSMS(amount int) string { return strings.TrimPrefix(shillings(amount), "KSh ") + ".00" }
