package mpesa

import (
	"cmp"
	"errors"
	"time"
)

// Callback is the result of a push as M-PESA delivers it. It is not signed: trust
// it for its address (a token in the path), its id and its amount.
type Callback struct {
	// MerchantRequestID and CheckoutRequestID are as in PushAnswer. The second is
	// never empty where there is no error.
	MerchantRequestID, CheckoutRequestID string
	Code                                 Code
	Desc                                 string
	// Amount is in cents. HasAmount is false where it is missing, zero, unreadable, or
	// given twice with different values: then it is not known.
	Amount    int64
	HasAmount bool
	// Receipt is the M-PESA receipt number, upper case, or empty, also where something
	// else stands in for one: NULL, UKT0000000. OddReceipt is then what stands there, where
	// that may be a receipt of a form that nobody knows yet.
	Receipt, OddReceipt string
	// Phone is the payer's number as it came; it may be masked or empty.
	Phone string
	// TransactedAt is in Nairobi time; only where HasTime.
	TransactedAt time.Time
	HasTime      bool
}

// ParseCallback reads the body of an STK callback, as far as it can be read without guessing: compressed,
// in UTF-16, wrapped, as a form, or nearly JSON, as proxies and relays make it. The result code must be there, as a
// number or a string, and must not be given twice with different values; so must the CheckoutRequestID. Metadata is
// read by name, and whatever is missing or of a wrong type is left out rather than made an error, so
// that no report of money is lost over a detail.
//
// An error wraps ErrUnreadable. What could be read for certain stands beside it, for a person; it is no
// verdict. From a body that is cut short or broken there is neither a code nor an amount.
func ParseCallback(body []byte) (Callback, error) {
	doc, err := document(body)
	if err != nil {
		var cb Callback
		if result, found := locate(intact(body, err), pathCallback, isCallback); found == nil {
			cb, _ = readCallback(result)
		}
		cb.Code, cb.Amount, cb.HasAmount = "", 0, false
		return cb, unreadable("callback", err)
	}
	result, err := locate(doc, pathCallback, isCallback)
	if err != nil {
		return Callback{}, unreadable("callback", err)
	}
	cb, err := readCallback(result)
	if err != nil {
		return cb, unreadable("callback", err)
	}
	return cb, nil
}

// isCallback knows the inner object of a callback.
func isCallback(o object) bool { return o.has("CheckoutRequestID", "CallbackMetadata") }

// readCallback reads all that it can, also where it has an error.
func readCallback(result object) (cb Callback, err error) {
	errCode := result.code("ResultCode", &cb.Code)
	cb.CheckoutRequestID, err = result.checkoutID()
	if err == nil && cb.CheckoutRequestID == "" {
		err = errors.New("CheckoutRequestID is missing")
	}
	cb.MerchantRequestID, _ = result.id("MerchantRequestID")
	cb.Desc = result.text("ResultDesc")
	cb.takeMetadata(readMetadata(result))
	return cb, cmp.Or(errCode, err)
}

func (cb *Callback) takeMetadata(found metadata) {
	cb.Amount, cb.HasAmount = amountOf(found.amount.raw)
	if cb.Receipt = receiptOf(found.receipt.text); cb.Receipt == "" {
		cb.OddReceipt = oddReceipt(found.receipt.text)
	}
	cb.Phone = wholeNumber(found.phone.text)
	if at, err := ParseTimestamp(wholeNumber(found.date.text)); err == nil {
		cb.TransactedAt, cb.HasTime = at, true
	}
}
