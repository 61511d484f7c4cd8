package sim

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

var (
	shortcodeShape = regexp.MustCompile(`^\d{5,7}$`)
	receiverShape  = regexp.MustCompile(`^\d{4,10}$`) // of PartyB: tills have had more digits than paybills
	phoneShape     = regexp.MustCompile(`^254[17]\d{8}$`)
)

const (
	typePayBill  = "CustomerPayBillOnline"
	typeBuyGoods = "CustomerBuyGoodsOnline"

	maxAmount      = 250_000
	maxReference   = 12  // characters (documented)
	maxDescription = 13  // characters (documented)
	maxPromptText  = 182 // characters of the whole prompt, beyond which it fails with 1025 (documented)
)

func (s *Sim) stkPush(w http.ResponseWriter, r *http.Request, f fields) {
	p, bad, ok := s.readPush(f)
	if ok {
		bad, ok = s.checkMerchant(f)
	}
	if !ok {
		s.refusePush(w, bad)
		return
	}
	s.mu.Lock()
	p.script = s.takeScript(p.Phone)
	closed := s.closed
	s.mu.Unlock()
	if closed {
		s.refusePush(w, answerFault(AnswerBusy))
		return
	}
	if !p.script.Answer.done() {
		s.think(r, p.script.AnswerAfter)
		s.countRefused()
		s.answerWith(w, r, p.script.Answer)
		return
	}
	if !s.accept(p) {
		s.refusePush(w, answerFault(AnswerLocked))
		return
	}
	if p.script.CallbackFirst {
		s.settleFirst(p)
	}
	s.think(r, p.script.AnswerAfter)
	s.answerPush(w, r, p)
}

// refusePush answers a push after which no prompt is on the phone.
func (s *Sim) refusePush(w http.ResponseWriter, f fault) {
	s.countRefused()
	s.refuse(w, f)
}

func (s *Sim) countRefused() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.totals.Refused++
}

// answerPush answers a push that put a prompt on the phone.
func (s *Sim) answerPush(w http.ResponseWriter, r *http.Request, p *push) {
	if p.script.Answer != AnswerAccepted {
		s.answerWith(w, r, p.script.Answer)
		return
	}
	const accepted = "Success. Request accepted for processing"
	writeJSON(w, http.StatusOK, struct {
		MerchantRequestID, CheckoutRequestID, ResponseCode, ResponseDescription, CustomerMessage string
	}{p.MerchantRequestID, p.CheckoutRequestID, "0", accepted, accepted})
}

// readPush makes a push of the request's fields, or names the first that is wrong. Strings and numbers are both taken,
// since both are in use. AccountReference may be longer than its 12 documented characters, since the sandbox takes
// such (observed); TransactionDesc is cut at its 13, since clients in use send more and nobody was seen to be refused.
// The log says so of both: what is documented may be enforced one day.
func (s *Sim) readPush(f fields) (*push, fault, bool) {
	amount := f.amount()
	_, timeErr := time.Parse("20060102150405", f.get("Timestamp"))
	description := f.get("TransactionDesc")
	bad, wrong := firstWrong([]check{
		{"BusinessShortCode", shortcodeShape.MatchString(f.get("BusinessShortCode"))},
		{"Password", f.get("Password") != ""},
		{"Timestamp", timeErr == nil},
		{"TransactionType", f.get("TransactionType") == typePayBill || f.get("TransactionType") == typeBuyGoods},
		{"Amount", amount >= 1 && amount <= maxAmount},
		{"PartyA", phoneShape.MatchString(f.get("PartyA"))},
		{"PartyB", receiverShape.MatchString(f.get("PartyB"))},
		{"PhoneNumber", phoneShape.MatchString(f.get("PhoneNumber"))},
		{"CallBackURL", validCallback(f.get("CallBackURL"))},
		{"AccountReference", f.get("AccountReference") != ""},
		{"Remarks", description != ""}, // so a missing TransactionDesc is reported (observed)
	})
	if wrong {
		return nil, bad, false
	}
	if n := utf8.RuneCountInString(description); n > maxDescription {
		description = string([]rune(description)[:maxDescription])
		s.cfg.Log.Warn("simulator: TransactionDesc is longer than documented, and was cut", "characters", n,
			"documented", maxDescription)
	}
	if n := utf8.RuneCountInString(f.get("AccountReference")); n > maxReference {
		s.cfg.Log.Warn("simulator: AccountReference is longer than documented", "characters", n, "documented",
			maxReference)
	}
	p := &push{Push: Push{
		Phone:           f.get("PhoneNumber"),
		Amount:          amount,
		TransactionType: f.get("TransactionType"),
		PartyB:          f.get("PartyB"),
		Reference:       f.get("AccountReference"),
		Description:     description,
		CallbackURL:     f.get("CallBackURL"),
	}}
	p.mistake = s.mistake(p)
	return p, fault{}, true
}

// mistake is the result code of a push that Daraja accepts and M-PESA then cannot carry out.
func (s *Sim) mistake(p *push) string {
	payBill, buyGoods := p.PartyB == s.cfg.Shortcode, s.cfg.Till != "" && p.PartyB == s.cfg.Till
	switch {
	case utf8.RuneCountInString(s.promptText(&p.Push)) > maxPromptText:
		return codeTooLong
	case !payBill && !buyGoods:
		return codeNoOperator
	case p.TransactionType == typePayBill && !payBill, p.TransactionType == typeBuyGoods && !buyGoods:
		return codeNotPermit
	}
	return ""
}

// validCallback refuses what Daraja was seen to refuse: spaces, <>, a host in upper case, and what is no URL at all.
func validCallback(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" &&
		u.Host == strings.ToLower(u.Host) && !strings.ContainsAny(raw, " <>\t\r\n")
}
