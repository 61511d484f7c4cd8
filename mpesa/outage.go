package mpesa

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
)

// downWords is how services say in words that they are down, whatever status and code they put beside.
var downWords = regexp.MustCompile(`(?i)maintenance|unavailable|not available|temporar|\btimed?[- ]?out\b|` +
	`overload|system (?:is )?(?:busy|down)|try again later`)

// Outage reports whether Daraja did not speak for itself, or said that it cannot serve now: no answer, a
// web page, SOAP, nothing, a firewall, a quota, and any 5xx however it is worded. Several of these
// running mean that prompts do not go out. It is false where the answer is about one request (a prompt
// is already on that phone, the phone number is invalid) or about the set-up (wrong credentials), and
// where the request never left for a reason of its own.
func (e *Error) Outage() bool {
	switch {
	case e.local, errors.Is(e.Err, context.Canceled):
		return false
	case e.HTTPStatus >= http.StatusBadGateway && e.HTTPStatus <= http.StatusGatewayTimeout && !e.Locked:
		return true // whoever answers for Daraja says so, whatever is in the body
	case e.isVerdict():
		return false
	case e.byGateway():
		return true
	case e.HTTPStatus == 0:
		return e.Kind != KindRefused || e.Err != nil
	case e.Kind == KindBusy, e.HTTPStatus >= http.StatusInternalServerError, strings.HasPrefix(e.Code, "5"),
		downWords.MatchString(e.Message):
		return true
	}
	// An answer that neither takes a request nor refuses it, and names no push, is none, whatever code it has.
	return e.Kind != KindRefused && (e.Code == "" || e.Kind == KindAmbiguous) && e.CheckoutRequestID == ""
}

// byGateway reports whether the gateway before Daraja answered for it: its codes are words, Daraja's own are numbers.
func (e *Error) byGateway() bool {
	return e.Kind != KindToken && e.Code != "" && (e.Code[0] < '0' || e.Code[0] > '9') && strings.Contains(e.Code, ".")
}

// isVerdict reports whether Daraja looked at the request and answered it: whatever the status, it is up.
func (e *Error) isVerdict() bool {
	switch {
	case e.Locked, e.Kind == KindConfig, errors.Is(e.Err, ErrAlreadyRegistered):
		return true
	case e.Kind == KindRefused && strings.HasPrefix(e.Code, "4"):
		return !downWords.MatchString(e.Message)
	case e.Code == manyMeanings:
		return e.Endpoint == endpointQuery && e.HTTPStatus != http.StatusTooManyRequests
	}
	return strings.Contains(strings.ToLower(e.Message), "duplicate originatorconversationid")
}
