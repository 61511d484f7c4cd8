package sim

import (
	"cmp"
	"errors"
	"net/http"
	"regexp"
	"strings"
)

// URLs is what was registered for payments by hand.
type URLs struct {
	Version      int    `json:"version"`      // 1 hashes the payer's number, 2 masks it
	ResponseType string `json:"responseType"` // Completed or Cancelled: what becomes of a payment that nobody validates
	Confirmation string `json:"confirmationUrl"`
	Validation   string `json:"validationUrl"`
}

const (
	completed = "Completed"
	cancelled = "Cancelled"
)

var (
	ownNames     = regexp.MustCompile(`(?i)m-pesa|mpesa|safaricom`)
	commandWords = regexp.MustCompile(`(?i)\b(exec?|cmd|sql|query)\b`)
)

// forbiddenWord is the word for which an address cannot be registered, or "" (documented; MPESA was seen to be
// refused). The short ones are looked for as whole words: else one random token in a thousand would have one.
func forbiddenWord(address string) string {
	return strings.ToUpper(cmp.Or(ownNames.FindString(address), commandWords.FindString(address)))
}

// registerURLs serves C2B register URL, of both versions.
func (s *Sim) registerURLs(w http.ResponseWriter, r *http.Request, f fields) {
	urls := URLs{
		Version: 2, ResponseType: f.get("ResponseType"), Confirmation: f.get("ConfirmationURL"),
		Validation: f.get("ValidationURL"),
	}
	if r.URL.Path == pathURLs1 {
		urls.Version = 1
	}
	if bad, ok := s.checkURLs(f.get("ShortCode"), urls); !ok {
		s.refuse(w, bad)
		return
	}
	s.mu.Lock()
	again := s.urls.Confirmation != "" && s.cfg.RegisterOnce
	if !again {
		s.urls = urls
	}
	s.mu.Unlock()
	if again {
		s.refuse(w, fault{http.StatusInternalServerError, "500.003.1001", "Urls are already registered"})
		return
	}
	writeJSON(w, http.StatusOK, struct {
		OriginatorCoversationID string // so spelt (documented)
		ResponseCode            string
		ResponseDescription     string
	}{s.chance.next().uuid(), "0", "Success"})
}

func (s *Sim) checkURLs(shortcode string, urls URLs) (fault, bool) {
	switch {
	case !s.ours(shortcode):
		return invalid("ShortCode"), false
	case urls.ResponseType != completed && urls.ResponseType != cancelled:
		return invalid("ResponseType"), false
	}
	for _, u := range [...]struct {
		name, address string
	}{{"ConfirmationURL", urls.Confirmation}, {"ValidationURL", urls.Validation}} {
		if !validCallback(u.address) {
			return invalid(u.name), false
		}
		if word := forbiddenWord(u.address); word != "" {
			return invalid(u.name + " - URL has the word " + word), false
		}
	}
	return fault{}, true
}

// payC2B serves the simulation of a payment by hand, of both versions, as the sandbox has it: the customer's phone is
// not asked. The payment is confirmed to the registered addresses, and follows the answer.
func (s *Sim) payC2B(w http.ResponseWriter, r *http.Request, f fields) {
	p := HandPayment{Phone: f.get("Msisdn"), To: f.get("ShortCode"), Account: f.get("BillRefNumber"),
		Amount: f.amount(), PIN: "1234"}
	buyGoods := f.get("CommandID") == typeBuyGoods
	bad, wrong := firstWrong([]check{
		{"ShortCode", s.ours(p.To)},
		{"CommandID", buyGoods && s.isTill(p.To) || f.get("CommandID") == typePayBill && !s.isTill(p.To)},
	})
	if wrong {
		s.refuse(w, bad)
		return
	}
	switch err := s.beginByHand(p); {
	case errors.Is(err, ErrPhone):
		s.refuse(w, invalid("Msisdn"))
		return
	case errors.Is(err, ErrAccount):
		s.refuse(w, invalid("BillRefNumber"))
		return
	case errors.Is(err, ErrAmount):
		s.refuse(w, invalid("Amount"))
		return
	case err != nil: // the phone is busy with another one, or the simulator is closed
		s.refuse(w, answerFault(AnswerBusy))
		return
	}
	go func() { _, _ = s.finishByHand(p) }() // what becomes of it stands in the ledger
	id, description := s.chance.next().uuid(), "Accept the service request successfully."
	if r.URL.Path == pathPay1 {
		writeJSON(w, http.StatusOK, struct {
			ConversationID, OriginatorCoversationID, ResponseDescription string // so spelt (documented)
		}{s.chance.next().conversation(s.cfg.Now()), id, description})
		return
	}
	writeJSON(w, http.StatusOK, struct{ OriginatorCoversationID, ResponseCode, ResponseDescription string }{id,
		"0", description})
}

// ours tells the cinema's paybill or store number, and its till, from all others.
func (s *Sim) ours(shortcode string) bool {
	return shortcode == s.cfg.Shortcode || s.cfg.Till != "" && shortcode == s.cfg.Till
}

// RegisteredURLs is what was registered last, or the zero value.
func (s *Sim) RegisteredURLs() URLs {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.urls
}

// ForgetURLs deletes what was registered, as the portal's page URL Management does.
func (s *Sim) ForgetURLs() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.urls = URLs{}
}
