package sim

import (
	"slices"
	"time"
)

// Entry is money that M-PESA took, whether or not anybody was told.
type Entry struct {
	Receipt           string    `json:"receipt"`
	Phone             string    `json:"phone"`
	Amount            int       `json:"amount"` // taken, in whole shillings
	MerchantRequestID string    `json:"merchantRequestId"`
	CheckoutRequestID string    `json:"checkoutRequestId"`
	Reference         string    `json:"reference"`   // AccountReference
	CallbackURL       string    `json:"callbackUrl"` // of the push that took it
	At                time.Time `json:"at"`
	Reversed          bool      `json:"reversed"`
}

// Totals are counters since New. They are never pruned.
type Totals struct {
	Tokens          int `json:"tokens"`          // access tokens issued
	Accepted        int `json:"accepted"`        // pushes accepted
	Refused         int `json:"refused"`         // pushes refused, for whatever reason
	Paid            int `json:"paid"`            // payments taken
	PaidAmount      int `json:"paidAmount"`      // whole shillings taken
	Failed          int `json:"failed"`          // results other than 0
	Waiting         int `json:"waiting"`         // prompts on phones now
	Queries         int `json:"queries"`         // STK queries, of whatever outcome
	CallbacksOK     int `json:"callbacksOk"`     // callbacks answered with a 2xx
	CallbacksFailed int `json:"callbacksFailed"` // callbacks answered otherwise or not at all
}

// Ledger is every shilling taken so far, oldest first.
func (s *Sim) Ledger() []Entry { return s.ledgerFrom(0) }

func (s *Sim) ledgerFrom(index int) []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ledger[min(max(index, 0), len(s.ledger)):])
}

// Totals returns the counters.
func (s *Sim) Totals() Totals {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.totals
}

// Pushes lists accepted pushes, oldest first: the last 20 of one phone ("2547…"), or with "" all that are kept.
func (s *Sim) Pushes(phone string) []Push {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := s.order
	if phone != "" {
		from = nil
		if h := s.handsets[phone]; h != nil {
			from = h.recent
		}
	}
	pushes := make([]Push, len(from))
	for i, p := range from {
		pushes[i] = p.Push
		pushes[i].Deliveries = slices.Clone(p.Deliveries)
	}
	return pushes
}

// Reverse marks a payment as given back, as an operator does in M-PESA's own portal. It reports whether there is one.
func (s *Sim) Reverse(receipt string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, found := s.receipts[receipt]
	if found {
		s.ledger[i].Reversed = true
	}
	return found
}

// take enters a payment into the ledger and returns its receipt. s.mu must be held.
func (s *Sim) take(p *push, amount int, now time.Time) (receipt string) {
	for {
		receipt = s.chance.receipt(now)
		if _, used := s.receipts[receipt]; !used {
			break
		}
	}
	s.receipts[receipt] = len(s.ledger)
	s.ledger = append(s.ledger, Entry{
		Receipt: receipt, Phone: p.Phone, Amount: amount,
		MerchantRequestID: p.MerchantRequestID, CheckoutRequestID: p.CheckoutRequestID,
		Reference: p.Reference, CallbackURL: p.CallbackURL, At: now,
	})
	s.totals.Paid++
	s.totals.PaidAmount += amount
	p.taken, p.spentToday = amount, amount
	if h := s.handsets[p.Phone]; h != nil {
		if inNairobi(h.paid).Format(time.DateOnly) != inNairobi(now).Format(time.DateOnly) {
			h.spent = 0
		}
		h.spent, h.paid = h.spent+amount, now
		p.spentToday = h.spent
	}
	return receipt
}
