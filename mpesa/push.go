package mpesa

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

const (
	endpointPush = "stkpush"
	pathPush     = "/mpesa/stkpush/v1/processrequest"

	maxReference   = 12
	maxDescription = 13
	maxID          = 100
)

// Push is one request for money on a customer's phone.
type Push struct {
	// Amount is in whole shillings, MinAmount to MaxAmount.
	Amount int64
	Phone  MSISDN
	// CallbackURL is delivered to with its exact path (observed). It should carry
	// an unguessable token, since callbacks are not signed. CheckCallbackURL says what
	// is refused.
	CallbackURL string
	// Reference is printed in the payer's SMS: nothing private. It is cut to 12
	// characters of A-Z, a-z, 0-9, space and dash; so is Description, to 13.
	Reference, Description string
}

// PushAnswer is Daraja's word that it took the push. It never means paid.
type PushAnswer struct {
	// MerchantRequestID and CheckoutRequestID are opaque, at most 100 characters.
	// The second ends in the payer's number: mask it in logs (MaskDigits).
	MerchantRequestID, CheckoutRequestID string
	ResponseDescription, CustomerMessage string
}

type pushBody struct {
	BusinessShortCode json.Number
	Password          string
	Timestamp         string
	TransactionType   string
	Amount            string
	PartyA            any
	PartyB            string
	PhoneNumber       any
	CallBackURL       string
	AccountReference  string
	TransactionDesc   string
}

// STKPush asks for a payment. It sends the push once; only where Daraja says that
// the access token is not valid does it log in and send it a second time, since
// that answer means nothing was done. The error is an *Error: KindAmbiguous means
// that a prompt may be on the phone all the same. Where an answer named the push, its
// ids are in the PushAnswer and in the Error, so that it can be asked about.
func (c *Client) STKPush(ctx context.Context, push Push) (PushAnswer, error) {
	if err := push.check(c.cfg.BaseURL); err != nil {
		return PushAnswer{}, &Error{Endpoint: endpointPush, Kind: KindRefused, Message: err.Error(), Err: err, local: true}
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	got, err := c.callWithToken(ctx, endpointPush, pathPush, func(at time.Time) signedBody { return c.pushBody(push, at) })
	if err != nil {
		return c.withIDs(got, err)
	}
	return c.readPush(got)
}

// readPush says what an answer to a push allows one to assume. Who gives an id has taken the push:
//
//	status   CheckoutRequestID   ResponseCode              then
//	2xx      one                 zero, however spelt       accepted
//	2xx      one                 none, or anything else    KindAmbiguous, with the id
//	other    one                 any, or none              KindAmbiguous, with the id
//	any      one, and an error   any, or none              KindAmbiguous, with the id
//	any      none, or several    any, or none              pushKind; never accepted
func (c *Client) readPush(got exchange) (PushAnswer, error) {
	if !got.took() {
		return c.withIDs(got, c.pushError(got))
	}
	answer, err := parsePushAnswer(got.body)
	if err != nil {
		fault := c.newError(got, KindAmbiguous)
		fault.Message, fault.Err = err.Error(), err
		return c.withIDs(got, fault)
	}
	return answer, nil
}

// withIDs puts the ids that an answer has beside its error.
func (c *Client) withIDs(got exchange, err error) (PushAnswer, error) {
	var answer PushAnswer
	answer.CheckoutRequestID, answer.MerchantRequestID = pushIDs(got.body)
	fault, is := errors.AsType[*Error](err)
	if !is || answer == (PushAnswer{}) {
		return answer, err
	}
	own := *fault // a failed log-in's error is shared by all who waited for it
	own.CheckoutRequestID, own.MerchantRequestID = answer.CheckoutRequestID, answer.MerchantRequestID
	return answer, &own
}

// pushIDs finds the ids anywhere in an answer, also in one that broke off. An id is empty where it is
// missing, or where there are several.
func pushIDs(body []byte) (checkout, merchant string) {
	doc, err := document(body)
	if err != nil {
		doc = intact(body, err)
	}
	several := false
	eachObject(doc, maxWraps, func(_ json.RawMessage, o object) bool {
		if !o.has("CheckoutRequestID") {
			return true
		}
		id, err := o.checkoutID()
		several = several || err != nil || id != "" && checkout != "" && id != checkout
		if checkout = cmp.Or(id, checkout); id != "" {
			merchant, _ = o.id("MerchantRequestID")
		}
		return true
	})
	if several {
		return "", ""
	}
	return checkout, merchant
}

func (p Push) check(baseURL string) error {
	if p.Amount < MinAmount || p.Amount > MaxAmount {
		return errors.New("the amount is not between 1 and 250,000 shillings")
	}
	if !p.Phone.valid() {
		return ErrMSISDN
	}
	if wrong := wrongURL(baseURL, p.CallbackURL); wrong != "" {
		return errors.New(wrong)
	}
	return nil
}

func (c *Client) pushBody(push Push, at time.Time) pushBody {
	stamp := Timestamp(at)
	var phone any = string(push.Phone)
	if c.cfg.PhoneAsNumber {
		phone = json.Number(push.Phone)
	}
	return pushBody{
		BusinessShortCode: json.Number(c.cfg.Shortcode),
		Password:          Password(c.cfg.Shortcode, c.cfg.Passkey, stamp),
		Timestamp:         stamp,
		TransactionType:   c.cfg.TransactionType,
		Amount:            strconv.FormatInt(push.Amount, 10),
		PartyA:            phone,
		PartyB:            c.partyB,
		PhoneNumber:       phone,
		CallBackURL:       push.CallbackURL,
		AccountReference:  cleanText(push.Reference, maxReference),
		TransactionDesc:   cleanText(push.Description, maxDescription),
	}
}

// cleanText keeps what the prompt is known to bear: other characters have made
// pushes fail, and an empty text is refused as "Invalid Remarks" (observed).
func cleanText(text string, limit int) string {
	if kept := plainText(text, limit); kept != "" {
		return kept
	}
	return "Payment"
}

func plainText(text string, limit int) string {
	kept := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == ' ':
			return r
		}
		return -1
	}, text)
	kept = strings.Join(strings.Fields(kept), " ")
	return strings.TrimSpace(kept[:min(len(kept), limit)])
}

// parsePushAnswer reads the body of an answer. Anything that does not plainly
// say "accepted", with an id, is an error, and the push is then ambiguous.
func parsePushAnswer(body []byte) (PushAnswer, error) {
	object, err := parseObject(body, "CheckoutRequestID", "ResponseCode")
	if err != nil {
		return PushAnswer{}, err
	}
	if err := object.accepted(); err != nil {
		return PushAnswer{}, err
	}
	var answer PushAnswer
	if answer.CheckoutRequestID, err = object.checkoutID(); err != nil {
		return PushAnswer{}, err
	}
	if answer.CheckoutRequestID == "" {
		return PushAnswer{}, errors.New("CheckoutRequestID is missing")
	}
	answer.MerchantRequestID, _ = object.id("MerchantRequestID")
	answer.ResponseDescription = object.text("ResponseDescription")
	answer.CustomerMessage = object.text("CustomerMessage")
	return answer, nil
}
