package sim

import (
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"cinemasphere/mpesa"
)

// Kind is the way that money came.
type Kind string

// The ways that money comes.
const (
	KindSTK Kind = "stk" // a push was paid
	KindC2B Kind = "c2b" // a customer paid by hand, in the M-PESA menu
)

// Entry is money that M-PESA took, whether or not anybody was told.
type Entry struct {
	Kind              Kind      `json:"kind"`
	Receipt           string    `json:"receipt"`
	Phone             string    `json:"phone"`
	Amount            int       `json:"amount"`   // taken, in whole shillings
	Asked             int       `json:"asked"`    // what the push asked for; 0 of what was paid by hand
	Receiver          string    `json:"receiver"` // the paybill or till that was paid
	BuyGoods          bool      `json:"buyGoods"` // it is a till: what was paid for does not reach it
	MerchantRequestID string    `json:"merchantRequestId"`
	CheckoutRequestID string    `json:"checkoutRequestId"`
	Reference         string    `json:"reference"`   // AccountReference, or the account number typed by hand
	CallbackURL       string    `json:"callbackUrl"` // of the push that took it
	Token             string    `json:"token"`       // the last segment of CallbackURL's path
	At                time.Time `json:"at"`
	Reversed          bool      `json:"reversed"`
	Reversal          *Reversal `json:"reversal,omitempty"` // how it went back; never changed once it is there
	// Reported are the amounts that the product was told of it, each once: by what it has answered with a 2xx, and by
	// what its queries and pulls were answered with. 0 is that it was paid, and not how much.
	Reported []int `json:"reported"`
	// ReturnReported says that the product was told that the money went back.
	ReturnReported bool `json:"returnReported"`
}

// Who sends a payment back: Reversal.By.
const (
	ByAPI       = "api"       // a Reversal request
	ByOperator  = "operator"  // the cinema's own, by hand in M-PESA's portal
	BySafaricom = "safaricom" // Safaricom's, by hand
)

// Reversal is money that went back to the customer.
type Reversal struct {
	Receipt        string    `json:"receipt"` // of the reversal itself
	Of             string    `json:"of"`      // the receipt that it reverses
	Phone          string    `json:"phone"`
	Amount         int       `json:"amount"` // whole shillings
	At             time.Time `json:"at"`
	By             string    `json:"by"`
	ConversationID string    `json:"conversationId,omitempty"` // of the request, where it was one
}

// Totals are counters since New. They are never pruned.
type Totals struct {
	Tokens          int `json:"tokens"`          // access tokens issued
	Accepted        int `json:"accepted"`        // pushes accepted
	Refused         int `json:"refused"`         // pushes refused, for whatever reason
	Paid            int `json:"paid"`            // payments taken, pushes and payments by hand
	PaidAmount      int `json:"paidAmount"`      // whole shillings taken
	Reversed        int `json:"reversed"`        // payments reversed, by whomever
	ReversedAmount  int `json:"reversedAmount"`  // whole shillings that went back
	Balance         int `json:"balance"`         // taken, less reversed, less withdrawn
	Failed          int `json:"failed"`          // results other than 0
	Waiting         int `json:"waiting"`         // prompts on phones now
	Queries         int `json:"queries"`         // STK queries, of whatever outcome
	Requests        int `json:"requests"`        // Transaction Status and Reversal requests accepted
	CallbacksOK     int `json:"callbacksOk"`     // callbacks answered with a 2xx
	CallbacksFailed int `json:"callbacksFailed"` // callbacks answered otherwise or not at all
	ResultsOK       int `json:"resultsOk"`       // results and time-outs posted and answered with a 2xx
	ResultsFailed   int `json:"resultsFailed"`
	ConfirmsOK      int `json:"confirmsOk"` // C2B confirmations answered with a 2xx
	ConfirmsFailed  int `json:"confirmsFailed"`
}

// reported notes that the product was told of a payment, and how much. s.mu must be held.
func (s *Sim) reported(receipt string, amount int) {
	if i, found := s.receipts[receipt]; found && i >= 0 && !slices.Contains(s.ledger[i].Reported, amount) {
		s.ledger[i].Reported = append(s.ledger[i].Reported, amount)
	}
}

// returnReported notes that the product was told that a payment went back. s.mu must be held.
func (s *Sim) returnReported(receipt string, is bool) {
	if i, found := s.receipts[receipt]; found && i >= 0 && is {
		s.ledger[i].ReturnReported = true
	}
}

// Net is what the cinema has of all that was taken, in whole shillings.
func (t Totals) Net() int { return t.PaidAmount - t.ReversedAmount }

// Ledger is every shilling taken so far, oldest first. What went back stands in Entry.Reversal.
func (s *Sim) Ledger() []Entry { return s.ledgerFrom(0) }

func (s *Sim) ledgerFrom(index int) []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return from(s.ledger, index)
}

// Reversals is every shilling that went back, oldest first.
func (s *Sim) Reversals() []Reversal { return s.reversalsFrom(0) }

func (s *Sim) reversalsFrom(index int) []Reversal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return from(s.reversals, index)
}

func from[E any](list []E, index int) []E {
	return slices.Clone(list[min(max(index, 0), len(list)):])
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

// take enters a payment into the ledger under its receipt; that of a push gets a new one. s.mu must be held.
func (s *Sim) take(e Entry) Entry {
	if e.Receipt == "" {
		e.Receipt = s.newReceipt("push", e.CheckoutRequestID, e.At)
	}
	if i := strings.LastIndexByte(e.CallbackURL, '/'); i >= 0 {
		e.Token, _, _ = strings.Cut(e.CallbackURL[i+1:], "?")
	}
	s.receipts[e.Receipt] = len(s.ledger)
	s.ledger = append(s.ledger, e)
	s.totals.Paid++
	s.totals.PaidAmount += e.Amount
	s.totals.Balance += e.Amount
	h := s.handset(e.Phone)
	if mpesa.InNairobi(h.paid).Format(time.DateOnly) != mpesa.InNairobi(e.At).Format(time.DateOnly) {
		h.spent = 0
	}
	h.spent, h.paid = h.spent+e.Amount, e.At
	return e
}

// What a receipt points to, where it is no index into the ledger: ofReversal less the index of a reversal, or a payment
// that is not taken yet.
const (
	ofReversal = -1
	reserved   = math.MinInt
)

// newReceipt makes a receipt that no payment and no reversal has. s.mu must be held.
func (s *Sim) newReceipt(kind, whose string, now time.Time) string {
	for nth := uint64(0); ; nth++ {
		receipt := s.chance.id(kind+" receipt", whose, nth).receipt(now)
		if _, used := s.receipts[receipt]; !used && receipt[3:] != placeholder {
			return receipt
		}
	}
}

// Why a payment cannot go back.
var (
	errNoReceipt       = errors.New("sim: no such receipt")
	errAlreadyReversed = errors.New("sim: it is reversed already")
	errNoFunds         = errors.New("sim: the cinema's account has not enough money")
	errTooMuch         = errors.New("sim: more than was paid")
)

// Reverse sends a payment back as the cinema's operator does in M-PESA's own portal: nobody is told but the customer.
// It reports whether the payment is reversed now; it is not where there is no such receipt, or not enough money left.
func (s *Sim) Reverse(receipt string) bool {
	err := s.reverseByHand(receipt, ByOperator)
	return err == nil || errors.Is(err, errAlreadyReversed)
}

func (s *Sim) reverseByHand(receipt, by string) error {
	now := s.cfg.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.giveBack(Reversal{Of: receipt, At: now, By: by})
	return err
}

// giveBack moves a payment's money back and tells its phone. An amount of 0 is all of it. s.mu must be held.
func (s *Sim) giveBack(r Reversal) (Reversal, error) {
	i, found := s.receipts[r.Of]
	if !found || i < 0 {
		return Reversal{}, errNoReceipt
	}
	e := &s.ledger[i]
	if r.Amount == 0 {
		r.Amount = e.Amount
	}
	switch {
	case e.Reversed:
		return Reversal{}, errAlreadyReversed
	case r.Amount > e.Amount:
		return Reversal{}, errTooMuch
	case r.Amount > s.totals.Balance:
		return Reversal{}, errNoFunds
	}
	r.Receipt, r.Phone = s.newReceipt("reversal", e.Receipt, r.At), e.Phone
	s.receipts[r.Receipt] = ofReversal - len(s.reversals)
	s.reversals = append(s.reversals, r)
	e.Reversed, e.Reversal = true, &r
	s.totals.Reversed++
	s.totals.ReversedAmount += r.Amount
	s.totals.Balance -= r.Amount
	s.tell(r.Phone, message{From: "MPESA", Text: reversalSMS(r), at: r.At})
	return r, nil
}

// Withdraw moves whole shillings from the cinema's account to its bank, so that they are not there to be reversed. It
// reports whether there were as many.
func (s *Sim) Withdraw(amount int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if amount < 0 || amount > s.totals.Balance {
		return false
	}
	s.totals.Balance -= amount
	return true
}
