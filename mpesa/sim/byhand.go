package sim

import (
	"errors"
	"strings"
	"time"
)

// HandPayment is a payment that a customer makes by hand, in the M-PESA menu of the phone.
type HandPayment struct {
	Phone   string `json:"phone"`   // 2547…
	To      string `json:"to"`      // the paybill or till
	Account string `json:"account"` // the account number, 1 to 20 characters; of a paybill only
	Amount  int    `json:"amount"`  // whole shillings
	PIN     string `json:"pin"`     // four digits; 0000 is wrong
}

// Errors of PayByHand. After each of them no money was taken; so it is after ErrBadPIN.
var (
	// ErrPhone means that the phone is no Kenyan mobile number of 12 digits.
	ErrPhone = errors.New("sim: the phone is not 254 and nine digits")
	// ErrReceiver means that To is neither the cinema's paybill nor its till.
	ErrReceiver = errors.New("sim: no such paybill or till")
	// ErrAccount means that a paybill was paid without an account number, or with one that is too long.
	ErrAccount = errors.New("sim: an account number has 1 to 20 characters")
	// ErrAmount means that it is not 1 to 250,000 shillings.
	ErrAmount = errors.New("sim: the amount is not 1 to 250,000 shillings")
	// ErrWrongPIN means that M-PESA refused the PIN.
	ErrWrongPIN = errors.New("sim: wrong PIN")
	// ErrPhoneBusy means that another payment by hand of this phone is not over yet.
	ErrPhoneBusy = errors.New("sim: another payment of this phone is on its way")
	// ErrRejected means that the product's validation turned the payment down, or did not answer and its ResponseType
	// is Cancelled.
	ErrRejected = errors.New("sim: the payment was rejected")
	// ErrClosed means that the simulator is closed.
	ErrClosed = errors.New("sim: closed")
)

const maxAccount = 20 // characters (documented)

// PayByHand pays a till or a paybill as a customer does without a prompt, and returns the receipt. Where validation is
// switched on it waits for the product's answer; the confirmation follows by itself.
func (s *Sim) PayByHand(p HandPayment) (receipt string, err error) {
	if err := s.beginByHand(p); err != nil {
		return "", err
	}
	return s.finishByHand(p)
}

// beginByHand checks what was typed, and keeps the phone busy until finishByHand.
func (s *Sim) beginByHand(p HandPayment) error {
	switch {
	case !phoneShape.MatchString(p.Phone):
		return ErrPhone
	case !s.ours(p.To):
		return ErrReceiver
	case !s.isTill(p.To) && (strings.TrimSpace(p.Account) == "" || len(p.Account) > maxAccount):
		return ErrAccount
	case p.Amount < 1 || p.Amount > maxAmount:
		return ErrAmount
	}
	code, err := reply{pin: p.PIN}.result()
	if err != nil {
		return err
	}
	now := s.cfg.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch h := s.handset(p.Phone); {
	case s.closed:
		return ErrClosed
	case h.byHand:
		return ErrPhoneBusy
	case code == codeWrongPIN:
		s.tell(p.Phone, message{
			From: "MPESA", Text: "Failed. You have entered the wrong PIN. " + s.handWhat(p) + " was not paid.", at: now,
		})
		return ErrWrongPIN
	default:
		h.byHand = true
	}
	s.running.Add(1)
	return nil
}

// finishByHand has the payment validated, takes the money, tells the phone and has the confirmation sent.
func (s *Sim) finishByHand(p HandPayment) (receipt string, err error) {
	defer s.running.Done()
	e := Entry{
		Kind: KindC2B, Phone: p.Phone, Amount: p.Amount, Receiver: p.To, BuyGoods: s.isTill(p.To), At: s.cfg.Now(),
	}
	if !e.BuyGoods {
		e.Reference = strings.TrimSpace(p.Account)
	}
	s.mu.Lock()
	e.Receipt = s.newReceipt("hand", e.Phone+e.At.Format(time.RFC3339Nano), e.At)
	s.receipts[e.Receipt] = reserved
	s.mu.Unlock()
	accepted, thirdParty := s.validate(e)

	now := s.cfg.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handset(p.Phone).byHand = false
	if !accepted {
		delete(s.receipts, e.Receipt)
		s.tell(p.Phone, message{
			From: "MPESA",
			Text: "Failed. " + s.cfg.CinemaName + " did not take the payment. " + s.handWhat(p) + " was not paid.",
			at:   now,
		})
		return "", ErrRejected
	}
	e.At = now
	e = s.take(e)
	if thirdParty != "" {
		s.thirdParty[e.Receipt] = thirdParty
	}
	s.tell(p.Phone, message{From: "MPESA", Text: s.paidSMS(e, s.handset(p.Phone).spent), Paid: true, at: now})
	script, _ := s.lookUp(p.Phone)
	s.after(s.scaled(script.ConfirmationAfter), func() { s.confirm(e, &script) })
	return e.Receipt, nil
}

// isTill tells a till from a paybill.
func (s *Sim) isTill(receiver string) bool {
	return receiver != "" && receiver == s.cfg.Till && receiver != s.cfg.Shortcode
}

func (s *Sim) handWhat(p HandPayment) string { return shillings(p.Amount) + " to " + s.cfg.CinemaName }
