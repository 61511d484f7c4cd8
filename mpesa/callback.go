package mpesa

import (
	"errors"
	"fmt"
	"time"
)

// Callback is the result of a push as M-PESA delivers it. It is not signed: trust
// it for its address (a token in the path), its id and its amount.
type Callback struct {
	// MerchantRequestID and CheckoutRequestID are as in PushAnswer. The second is
	// never empty here.
	MerchantRequestID, CheckoutRequestID string
	Code                                 Code
	Desc                                 string
	// Amount is in cents. HasAmount is false where it is missing, unreadable, or
	// given twice with different values.
	Amount    int64
	HasAmount bool
	// Receipt is the M-PESA receipt number, upper case, or empty.
	Receipt string
	// Phone is the payer's number as it came; it may be masked or empty.
	Phone string
	// TransactedAt is in Nairobi time; only where HasTime.
	TransactedAt time.Time
	HasTime      bool
}

// ParseCallback reads the body of an STK callback. The result code must be there,
// as a number or a string, and must not be given twice with different values; keys
// count only as M-PESA spells them. Metadata is read by name, and whatever is
// missing or of a wrong type is left out rather than made an error, so that no
// report of money is lost over a detail.
func ParseCallback(body []byte) (Callback, error) {
	cb, err := parseCallback(body)
	if err != nil {
		return Callback{}, fmt.Errorf("mpesa callback: %w", err)
	}
	return cb, nil
}

func parseCallback(body []byte) (Callback, error) {
	root, err := parseObject(body)
	if err != nil {
		return Callback{}, err
	}
	wrapper, err := root.object("Body")
	if err != nil {
		return Callback{}, err
	}
	result, err := wrapper.object("stkCallback")
	if err != nil {
		return Callback{}, err
	}
	var cb Callback
	if err := result.code("ResultCode", &cb.Code); err != nil {
		return Callback{}, err
	}
	if cb.CheckoutRequestID, err = result.id("CheckoutRequestID"); err != nil {
		return Callback{}, err
	}
	if cb.CheckoutRequestID == "" {
		return Callback{}, errors.New("CheckoutRequestID is missing")
	}
	if cb.MerchantRequestID, err = result.id("MerchantRequestID"); err != nil {
		return Callback{}, err
	}
	cb.Desc = result.text("ResultDesc")
	cb.takeMetadata(readMetadata(result))
	return cb, nil
}

func (cb *Callback) takeMetadata(found metadata) {
	cb.Amount, cb.HasAmount = parseCents(found.amount.text)
	if receipt := found.receipt.text; isReceipt(receipt) {
		cb.Receipt = receipt
	}
	cb.Phone = wholeNumber(found.phone.text)
	if at, err := ParseTimestamp(wholeNumber(found.date.text)); err == nil {
		cb.TransactedAt, cb.HasTime = at, true
	}
}
