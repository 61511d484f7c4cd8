package mpesa

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

const (
	endpointQuery = "stkquery"
	pathQuery     = "/mpesa/stkpushquery/v1/query"
)

// QueryAnswer is what Daraja says became of a push. It never has a receipt, an
// amount or a phone number (observed).
type QueryAnswer struct {
	// Raw is the JSON that came, also beside an error; nil where none came.
	Raw        json.RawMessage
	HTTPStatus int
	// ResultCode is empty where the answer had none.
	ResultCode Code
	ResultDesc string
	// MerchantRequestID and CheckoutRequestID are as in PushAnswer.
	MerchantRequestID, CheckoutRequestID string
	// Class is ClassPending where the answer is no verdict, and beside an error.
	Class Class
}

type queryBody struct {
	BusinessShortCode json.Number
	Password          string
	Timestamp         string
	CheckoutRequestID string
}

// STKQuery asks what became of a push. An answer that says nothing, as the three
// shapes of "still processing" and "does not exist" do (observed), has
// ClassPending and no error. An error is an *Error: whatever its kind, nothing was
// learnt about the payment.
func (c *Client) STKQuery(ctx context.Context, checkoutRequestID string) (QueryAnswer, error) {
	none := QueryAnswer{Class: ClassPending}
	if checkoutRequestID == "" || len(checkoutRequestID) > maxID {
		err := errors.New("the CheckoutRequestID is empty or too long")
		return none, &Error{Endpoint: endpointQuery, Kind: KindRefused, Message: err.Error(), Err: err, local: true}
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	got, err := c.callWithToken(ctx, endpointQuery, pathQuery, func(at time.Time) signedBody {
		stamp := Timestamp(at)
		return queryBody{
			BusinessShortCode: json.Number(c.cfg.Shortcode),
			Password:          Password(c.cfg.Shortcode, c.cfg.Passkey, stamp),
			Timestamp:         stamp,
			CheckoutRequestID: checkoutRequestID,
		}
	})
	if err != nil {
		none.HTTPStatus = got.status
		none.Raw = got.rawJSON()
		return none, err
	}
	return c.readQuery(got, checkoutRequestID)
}

func (c *Client) readQuery(got response, asked string) (QueryAnswer, error) {
	none := QueryAnswer{Raw: got.rawJSON(), HTTPStatus: got.status, Class: ClassPending}
	if !got.took() {
		if fault := c.queryError(got); fault != nil {
			return none, fault
		}
		return none, nil
	}
	answer, err := parseQueryAnswer(got.body, asked)
	if err != nil {
		fault := c.newError(got, KindNoAnswer)
		fault.Message, fault.Err = err.Error(), err
		return none, fault
	}
	answer.Raw, answer.HTTPStatus = none.Raw, got.status
	return answer, nil
}

// parseQueryAnswer reads the body of an answer. A verdict must be about the push
// that was asked for, and success must not contradict itself.
func parseQueryAnswer(body []byte, asked string) (QueryAnswer, error) {
	object, err := parseObject(body, "ResultCode")
	if err != nil {
		return QueryAnswer{}, err
	}
	var answer QueryAnswer
	if err := object.code("ResultCode", &answer.ResultCode); err != nil {
		return QueryAnswer{}, err
	}
	if answer.CheckoutRequestID, err = object.id("CheckoutRequestID"); err != nil {
		return QueryAnswer{}, err
	}
	answer.MerchantRequestID, _ = object.id("MerchantRequestID")
	answer.ResultDesc = object.text("ResultDesc")
	answer.Class = Classify(answer.ResultCode).Class
	if answer.Class == ClassPending {
		return answer, nil
	}
	taken := object.accepted()
	switch {
	case answer.CheckoutRequestID == "":
		err = errors.New("the answer does not name the CheckoutRequestID that it is about")
	case answer.CheckoutRequestID != asked:
		err = errors.New("the answer is about another CheckoutRequestID")
	case answer.Class == ClassPaid && taken != nil && object.text("ResponseCode") == "":
		err = errors.New("ResultCode is 0 and there is no ResponseCode")
	case answer.Class == ClassPaid && taken != nil:
		err = errors.New("ResultCode is 0 but ResponseCode is not")
	}
	if err != nil {
		return QueryAnswer{}, err
	}
	return answer, nil
}
