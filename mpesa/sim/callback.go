package sim

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"cinemasphere/mpesa"
)

// callbackBody is the callback for the present result of a push. Its shape is observed: Balance without a value, the
// amount as a decimal number, date and phone as numbers, no metadata for a failure, a code that is no number as a
// string.
func callbackBody(p *Push, amount int) []byte {
	b := make([]byte, 0, 512)
	b = appendQuoted(append(b, `{"Body":{"stkCallback":{"MerchantRequestID":`...), p.MerchantRequestID)
	b = appendQuoted(append(b, `,"CheckoutRequestID":`...), p.CheckoutRequestID)
	b = append(b, `,"ResultCode":`...)
	if isNumber(p.ResultCode) {
		b = append(b, p.ResultCode...)
	} else {
		b = appendQuoted(b, p.ResultCode)
	}
	b = appendQuoted(append(b, `,"ResultDesc":`...), p.ResultDesc)
	if p.ResultCode == codePaid {
		b = strconv.AppendInt(append(b, `,"CallbackMetadata":{"Item":[{"Name":"Amount","Value":`...), int64(amount), 10)
		b = appendQuoted(append(b, `.00},{"Name":"MpesaReceiptNumber","Value":`...), p.Receipt)
		b = append(append(b, `},{"Name":"Balance"},{"Name":"TransactionDate","Value":`...),
			mpesa.Timestamp(p.SettledAt)...)
		b = append(append(b, `},{"Name":"PhoneNumber","Value":`...), p.Phone...)
		b = append(b, `}]}`...)
	}
	return append(b, `}}}`...)
}

// isNumber reports whether a result code is a JSON number.
func isNumber(code string) bool {
	_, err := strconv.ParseUint(code, 10, 32)
	return err == nil && (code[0] != '0' || code == codePaid)
}

// appendQuoted appends a JSON string.
func appendQuoted(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || strings.IndexByte(`"\\<>&`, c) >= 0 {
			quoted, _ := json.Marshal(text) // of a string it cannot fail
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), text...), '"')
}

// report is what is posted about one result of a push: its callbacks and, of a payment, its echo as a C2B confirmation.
type report struct {
	sim   *Sim
	push  *push
	paid  Entry // of a payment
	code  string
	body  []byte
	times int // callbacks
	echo  Echo
}

// newReport is the report of a push's present result. s.mu must be held.
func (s *Sim) newReport(p *push, paid Entry) *report {
	r := &report{
		sim: s, push: p, paid: paid, code: p.ResultCode,
		body:  callbackBody(&p.Push, paid.Amount+p.script.ReportDelta),
		times: max(p.script.Callbacks, 1),
	}
	if p.script.Callbacks == NoCallback {
		r.times = 0
	}
	if paid.Receipt != "" {
		if r.echo = p.script.Echo; r.echo == EchoAsSet {
			r.echo = s.echo
		}
	}
	return r
}

// schedule has everything posted in its time, but for the first so many callbacks. s.mu must be held.
func (r *report) schedule(delivered int) {
	s, script := r.sim, &r.push.script
	after := script.CallbackAfter
	if r.code != codePaid && script.FailureLast && script.PaidLater > 0 {
		after += script.PaidLater + duplicateGap
	}
	echoes := r.echo != EchoAsSet && r.echo != EchoNever
	switch {
	case !echoes || delivered > 0:
	case r.times == 0:
		s.later(r.push, s.scaled(after+script.ConfirmationAfter), r.confirm)
	case r.echo == EchoBefore && script.ConfirmationAfter < after:
		s.later(r.push, s.scaled(script.ConfirmationAfter), r.confirm)
		r.echo = EchoNever
	case r.echo == EchoBefore:
		after = script.ConfirmationAfter // and then the callback, in one go
	}
	for i := delivered; i < r.times; i++ {
		s.later(r.push, s.scaled(after+time.Duration(i)*duplicateGap), func() { r.deliver(i) })
	}
}

// deliver posts one callback, and the echo where it is its turn.
func (r *report) deliver(i int) {
	s, p := r.sim, r.push
	if r.echo == EchoBefore && i == 0 {
		r.confirm()
	}
	s.deliver(&notice{
		to: p.CallbackURL, code: r.code, body: r.body, log: &p.Deliveries, ok: &s.totals.CallbacksOK,
		failed: &s.totals.CallbacksFailed,
		later:  func(d time.Duration, f func()) { s.later(p, d, f) },
		tells: func() {
			if r.paid.Receipt != "" {
				s.reported(r.paid.Receipt, r.paid.Amount+p.script.ReportDelta)
			}
		},
	})
	if r.echo == EchoBetween && i == 0 || r.echo == EchoAfter && i == r.times-1 {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.later(p, s.scaled(p.script.ConfirmationAfter), r.confirm)
	}
}

func (r *report) confirm() { r.sim.confirm(r.paid, &r.push.script) }
