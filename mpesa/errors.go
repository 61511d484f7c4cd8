package mpesa

import (
	"errors"
	"strconv"
	"strings"
)

// Kind says what may be assumed after a call that failed.
type Kind string

// The kinds. After every kind but KindAmbiguous and KindNoAnswer it is certain
// that nothing was done: no prompt went out, no reversal was taken. The empty Kind
// is to be treated as KindAmbiguous.
const (
	// KindRefused: the request was turned down, or never left.
	KindRefused Kind = "refused"
	// KindAmbiguous: it may have been done all the same. After STKPush a prompt may
	// be on the phone: never send the push again. After Reverse the reversal may have
	// been taken: await its result before anything else.
	KindAmbiguous Kind = "ambiguous"
	// KindToken: no access token could be had, or each one was refused.
	KindToken Kind = "token"
	// KindConfig: refused, and so it will be until the operator changes a setting.
	KindConfig Kind = "config"
	// KindBusy: refused for now; Error.Locked tells whether only this phone is.
	KindBusy Kind = "busy"
	// KindNoAnswer: a question learnt nothing. Ask again later. After
	// TransactionStatus a result may come all the same.
	KindNoAnswer Kind = "no_answer"
)

// Error is what every failing call of Client returns.
type Error struct {
	// Endpoint is "oauth", "stkpush", "stkquery", "transactionstatus", "reversal",
	// "c2bregister", "pullregister" or "pullquery".
	Endpoint string
	// HTTPStatus is 0 where no answer came.
	HTTPStatus int
	// Code is Daraja's errorCode (or Apigee's), such as "400.002.02".
	Code string
	// Message is Daraja's text, with phone numbers and secrets taken out.
	Message string
	// RequestID is Daraja's own id of the request; it may hold a phone number.
	RequestID string
	// IncidentID is what the firewall before Daraja (Incapsula) put on its page.
	IncidentID string
	// CheckoutRequestID and MerchantRequestID are those of the push, where its answer named
	// them all the same, as in PushAnswer: ask about it.
	CheckoutRequestID, MerchantRequestID string
	Kind                                 Kind
	// Locked goes with KindBusy: a prompt is already on that phone.
	Locked bool
	// Body is what came, as text, secrets taken out, cut at 16 KiB; it need not be JSON.
	Body []byte
	// Err is the cause below, if there is one.
	Err error

	local bool // the request itself is at fault, and never left
}

// Error is one line for the operator's log. It names neither secrets nor whole
// phone numbers.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("mpesa " + e.Endpoint + ": " + string(e.Kind))
	if e.Locked {
		b.WriteString(" (a prompt is already on that phone)")
	}
	if e.HTTPStatus != 0 {
		b.WriteString(": HTTP " + strconv.Itoa(e.HTTPStatus))
	}
	for _, part := range []string{e.Code, e.Message} {
		if part != "" {
			b.WriteString(": " + MaskDigits(part))
		}
	}
	if e.Err != nil && e.Err.Error() != e.Message {
		b.WriteString(": " + MaskDigits(e.Err.Error()))
	}
	return b.String()
}

// Unwrap returns the cause, such as context.DeadlineExceeded.
func (e *Error) Unwrap() error { return e.Err }

// MayHaveSent tells whether, after this error of STKPush, a prompt may be on the
// phone; after one of Reverse, whether M-PESA may be at the reversal; after one of
// any other call, whether it may have been taken. It is true for any error that
// does not plainly say otherwise.
func MayHaveSent(err error) bool {
	if err == nil {
		return false
	}
	var fault *Error
	if !errors.As(err, &fault) {
		return true
	}
	switch fault.Kind {
	case KindRefused, KindToken, KindConfig, KindBusy:
		return false
	case KindAmbiguous, KindNoAnswer:
	}
	return true
}

// longDigits is the length from which digits may be a phone number, or an id that ends in one.
const longDigits = 9

// MaskDigits makes text fit for a log: of every run of nine or more digits, phone
// numbers and the ids that end in one, only the first four and last three stay.
// Text without one is returned as it is.
func MaskDigits(text string) string {
	var out strings.Builder
	written, run := 0, 0
	for i := 0; i <= len(text); i++ {
		if i < len(text) && '0' <= text[i] && text[i] <= '9' {
			run++
			continue
		}
		if run >= longDigits {
			out.WriteString(text[written : i-run+4])
			out.WriteString(strings.Repeat("*", run-7))
			written = i - 3
		}
		run = 0
	}
	if written == 0 {
		return text
	}
	out.WriteString(text[written:])
	return out.String()
}
