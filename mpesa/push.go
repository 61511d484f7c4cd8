package mpesa

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"regexp"
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
		return PushAnswer{}, &Error{
			Endpoint: endpointPush, Kind: KindRefused, Message: err.Error(), Err: err, local: true,
		}
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	got, err := c.callWithToken(ctx, endpointPush, pathPush, func(at time.Time) signedBody {
		return c.pushBody(push, at)
	})
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
func (c *Client) readPush(got response) (PushAnswer, error) {
	if !got.took() {
		return c.withIDs(got, c.pushError(got))
	}
	answer, err := parsePushAnswer(got.body)
	if err != nil {
		return c.withIDs(got, c.unclear(got, err))
	}
	return answer, nil
}

// withIDs puts the ids that an answer has beside its error.
func (c *Client) withIDs(got response, err error) (PushAnswer, error) {
	var answer PushAnswer
	fault, is := errors.AsType[*Error](err)
	if !is || fault.Kind != KindToken { // that is said before a request is looked at
		answer.CheckoutRequestID, answer.MerchantRequestID = pushIDs(got.body)
	}
	if !is || answer == (PushAnswer{}) {
		return answer, err
	}
	own := *fault // a failed log-in's error is shared by all who waited for it
	own.CheckoutRequestID, own.MerchantRequestID = answer.CheckoutRequestID, answer.MerchantRequestID
	if answer.CheckoutRequestID != "" {
		own.Kind, own.Locked = KindAmbiguous, false
	}
	return answer, &own
}

// pushIDForm is what no other id looks like. Something must follow, or else its last digits may be missing.
var pushIDForm = regexp.MustCompile(`\b(ws_CO_[0-9]{1,90})["'<>&,.;:)\]} \t\r\n]`)

// pushIDs finds the ids anywhere in an answer, also in one that broke off. An id is empty where it is
// missing, or where there are several. Where the answer cannot be read, or has none in its place, the one
// text that has the form of a push's id is it.
func pushIDs(body []byte) (checkout, merchant string) {
	checkout, merchant, unclear := namedIDs(body)
	if checkout != "" || unclear || len(body) > maxBody {
		return checkout, merchant
	}
	for _, match := range pushIDForm.FindAllSubmatch(readable(body), -1) {
		if id := string(match[1]); checkout == "" {
			checkout = id
		} else if id != checkout {
			return "", ""
		}
	}
	return checkout, ""
}

// namedIDs finds the ids where an answer names them as such. It is unclear where it names several, or none in a way
// that can be read.
func namedIDs(body []byte) (checkout, merchant string, unclear bool) {
	doc, err := document(body)
	if err != nil {
		doc = intact(body, err)
	}
	eachObject(doc, maxWraps, func(_ json.RawMessage, o object) bool {
		if !o.has("CheckoutRequestID") {
			return true
		}
		id, err := o.checkoutID()
		if number := o.text("CheckoutRequestID"); err != nil && wholeForm.MatchString(number) {
			id, err = number, nil // it was not quoted
		}
		unclear = unclear || err != nil || id != "" && checkout != "" && id != checkout
		if checkout = cmp.Or(id, checkout); id != "" {
			merchant, _ = o.id("MerchantRequestID")
		}
		return true
	})
	if unclear {
		return "", "", true
	}
	return checkout, merchant, false
}

// wholeForm is a number that is an id.
var wholeForm = regexp.MustCompile(`^[1-9][0-9]{5,99}$`)

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
