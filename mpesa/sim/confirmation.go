package sim

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"cinemasphere/mpesa"
)

// Echo says when the payment of a push is reported as a C2B confirmation too, with the same receipt. It happens only
// where addresses are registered: then Safaricom does so, on paybill and till (reported by two integrators).
type Echo string

// The turns that the echo of a payment can take.
const (
	EchoAsSet   Echo = ""        // of a Script: as Config.Echo or SetEcho has it; of those: never
	EchoNever   Echo = "never"   // only the callback
	EchoBefore  Echo = "before"  // delivered to the end before the callback is sent
	EchoBetween Echo = "between" // after the first callback and before it is repeated
	EchoAfter   Echo = "after"   // once the last callback is delivered
)

func (e Echo) known() bool {
	return slices.Contains([]Echo{EchoAsSet, EchoNever, EchoBefore, EchoBetween, EchoAfter}, e)
}

// SetEcho changes Config.Echo: it holds for payments from now on whose script does not say otherwise.
func (s *Sim) SetEcho(e Echo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.echo = e
}

// confirmationBody is the shape of a validation and of a confirmation (documented, and captured with a hashed number):
// all values are strings.
type confirmationBody struct {
	TransactionType   string
	TransID           string
	TransTime         string
	TransAmount       string
	BusinessShortCode string
	BillRefNumber     string
	InvoiceNumber     string
	OrgAccountBalance string // empty in a validation
	ThirdPartyTransID string // what the answer to the validation gave
	MSISDN            string
	FirstName         string
	MiddleName        string
	LastName          string
}

// c2bBody is the body about a payment for the version that is registered.
func (s *Sim) c2bBody(e Entry, version int, balance, thirdParty string) []byte {
	b := confirmationBody{
		TransactionType: "Pay Bill", TransID: e.Receipt, TransTime: mpesa.Timestamp(e.At),
		TransAmount: strconv.Itoa(e.Amount) + ".00", BusinessShortCode: e.Receiver, BillRefNumber: e.Reference,
		OrgAccountBalance: balance, ThirdPartyTransID: thirdParty, MSISDN: maskedPhone(e.Phone),
		FirstName: firstName(e.Phone),
	}
	if e.BuyGoods {
		b.TransactionType, b.BillRefNumber = "Buy Goods", ""
	}
	if version == 1 {
		sum := sha256.Sum256([]byte(e.Phone))
		b.MSISDN = hex.EncodeToString(sum[:])
	}
	text, _ := json.Marshal(b) // of strings it cannot fail
	return text
}

// maskedPhone is a number as v2 has it: 2547 ***** 126.
func maskedPhone(phone string) string { return phone[:4] + " ***** " + phone[9:] }

// confirm posts the C2B confirmation of a payment, and schedules its repetitions.
func (s *Sim) confirm(e Entry, script *Script) {
	s.mu.Lock()
	urls, thirdParty := s.urls, s.thirdParty[e.Receipt]
	balance := strconv.Itoa(s.totals.Balance) + ".00"
	s.mu.Unlock()
	if urls.Confirmation == "" || script.Confirmations == NoCallback {
		return
	}
	e.Amount += script.ReportDelta
	n := &notice{
		to: urls.Confirmation, body: s.c2bBody(e, urls.Version, balance, thirdParty),
		ok: &s.totals.ConfirmsOK, failed: &s.totals.ConfirmsFailed, later: s.after,
		tells: func() { s.reported(e.Receipt, e.Amount) },
	}
	s.deliver(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := 1; i < script.Confirmations; i++ {
		s.after(s.scaled(time.Duration(i)*duplicateGap), func() { s.deliver(n) })
	}
}

// verdict is the product's answer to a validation.
type verdict struct {
	ResultCode        any
	ResultDesc        string
	ThirdPartyTransID string
}

// validationLife is how long an answer to a validation is waited for (documented: about 8 s).
const validationLife = 8 * time.Second

// validate asks the product whether it takes a payment. Where it does not answer in time, or not in JSON, the
// registered ResponseType decides.
func (s *Sim) validate(e Entry) (accepted bool, thirdParty string) {
	s.mu.Lock()
	urls := s.urls
	s.mu.Unlock()
	if !s.cfg.Validation || urls.Validation == "" {
		return true, ""
	}
	byDefault := urls.ResponseType == completed
	if wait, lost := s.postDelay(); lost || wait > 0 {
		return byDefault, ""
	}
	status, answer, err := s.post(urls.Validation, s.c2bBody(e, urls.Version, "", ""), validationLife)
	var v verdict
	if err != nil || status/100 != 2 || json.Unmarshal(answer, &v) != nil || v.ResultCode == nil {
		return byDefault, ""
	}
	switch code := v.ResultCode.(type) {
	case string:
		accepted = strings.TrimSpace(code) == "0"
	case float64:
		accepted = code == 0
	}
	return accepted, v.ThirdPartyTransID
}
