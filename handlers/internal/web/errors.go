package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"

	"cinemasphere/store"
)

// StatusClientLeft is how the log names a request whose client left before the answer. It is never sent.
const StatusClientLeft = 499

// Error is an error that knows how it is answered.
type Error struct {
	Status     int
	Public     string // the sentence the customer reads; "" for the usual one of the status
	Title      string // the few words above it; "" for the usual ones of the status
	RetryAfter int    // seconds; 0 for none
	Err        error  // what the log gets; may be nil
}

// Error is what the log gets.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Err.Error()
	}
	return fmt.Sprintf("%d %s", e.Status, e.Public)
}

// Unwrap returns what the log gets.
func (e *Error) Unwrap() error { return e.Err }

// Problem is an answer to a request that did not work out.
type Problem struct {
	Status     int
	Title      string // a few words
	Sentence   string // what the customer can do
	RetryAfter int    // seconds; 0 for none
	// Closed is the refusal that means that no bookings are taken at all; nil where that is not why.
	Closed *store.Refusal
}

// Rule says how errors of a kind are answered. Sentence may be "" for the usual one of the status.
type Rule struct {
	Match      func(error) bool
	Status     int
	Sentence   string
	RetryAfter int
}

// Is matches an error that is, or wraps, target.
func Is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

// As matches an error that is, or wraps, an E.
func As[E error](err error) bool {
	_, is := errors.AsType[E](err)
	return is
}

// UnknownSentence is what a customer reads who cannot be told yet whether a booking was written.
const UnknownSentence = "We do not know yet whether your booking was written. Do not pay twice: send the same form " +
	"again in a minute, it will find the booking if there is one."

func ownRules() []Rule {
	return []Rule{
		{Match: Is(store.ErrNotFound), Status: http.StatusNotFound},
		{Match: Is(store.ErrBusy), Status: http.StatusServiceUnavailable, RetryAfter: 5},
		{Match: Is(store.ErrUnknown), Status: http.StatusServiceUnavailable, Sentence: UnknownSentence, RetryAfter: 30},
		{Match: As[*store.Refusal], Status: http.StatusConflict},
		{Match: As[*http.MaxBytesError], Status: http.StatusRequestEntityTooLarge},
	}
}

// Problem says how an error is answered.
func (k *Responder) Problem(err error) Problem {
	if e, is := errors.AsType[*Error](err); is {
		p := problem(e.Status, e.Public, e.RetryAfter)
		p.Title = cmp.Or(e.Title, p.Title)
		return p
	}
	if r, is := errors.AsType[*store.Refusal](err); is && ClosesSales(r) {
		return k.ClosedProblem(r)
	}
	for _, rule := range k.rules {
		if rule.Match(err) {
			return problem(rule.Status, rule.Sentence, rule.RetryAfter)
		}
	}
	return problem(http.StatusInternalServerError, "", 0)
}

func problem(status int, sentence string, retryAfter int) Problem {
	title, usual := usualWords(status)
	if sentence == "" {
		sentence = usual
	}
	return Problem{Status: status, Title: title, Sentence: sentence, RetryAfter: retryAfter}
}

// usualWords is the title and the sentence of a status where nothing better is known.
func usualWords(status int) (title, sentence string) {
	switch status {
	case http.StatusBadRequest:
		return "We did not understand that", "Something in the request was not right. Please go back and try again."
	case http.StatusForbidden:
		return "That came from another site",
			"For your safety we only take forms from our own pages. Please open the page again and send it from there."
	case http.StatusNotFound:
		return "Page not found",
			"There is nothing at this address. It may have been mistyped, or the film is no longer on."
	case http.StatusMethodNotAllowed:
		return "That cannot be done here",
			"This address cannot be used that way. Please start again from the home page."
	case http.StatusConflict:
		return "That is not possible any more",
			"Something has changed since this page was opened. Please go back and look again."
	case http.StatusRequestEntityTooLarge:
		return "Too much was sent", "The request was larger than any of our forms. Please go back and try again."
	case http.StatusUnsupportedMediaType:
		return "We did not understand that",
			"The request was not a form of ours. Please open the page again and send it from there."
	case http.StatusUnprocessableEntity:
		return "Please check the form", "Something in the form is not right. Please go back and correct it."
	case http.StatusTooManyRequests:
		return "Please wait a moment",
			"You have tried many times in a short while. Please wait a minute, then try again."
	case http.StatusServiceUnavailable:
		return "We are very busy",
			"Nothing was booked and you have not been charged. Please try again in a few seconds."
	}
	return "Something went wrong",
		"The mistake is ours, and it has been noted. If you were paying, look at your ticket before you pay again."
}
