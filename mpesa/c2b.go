package mpesa

import (
	"context"
	"errors"
	"strings"
	"time"
)

const (
	endpointC2BRegister = "c2bregister"
	// Version 2 masks the payer's number, version 1 sends a hash of it.
	pathC2BRegister = "/mpesa/c2b/v2/registerurl"
)

// ErrAlreadyRegistered is wrapped by the error of RegisterURLs and RegisterPull where
// the shortcode has addresses already; they need not be the ones asked for.
var ErrAlreadyRegistered = errors.New("the shortcode is registered already")

// ResponseType says what M-PESA does with a payment when the validation URL does not
// answer within about 8 s.
type ResponseType string

// The response types; a cinema wants the first.
const (
	CompleteUnvalidated ResponseType = "Completed"
	CancelUnvalidated   ResponseType = "Cancelled"
)

// URLRegistration says where M-PESA is to report payments that customers make by
// hand to a paybill or till.
type URLRegistration struct {
	// Shortcode is Config.Shortcode where empty.
	Shortcode string
	// ResponseType is CompleteUnvalidated where empty.
	ResponseType ResponseType
	// ConfirmationURL gets every payment, those by STK Push too (observed).
	// ValidationURL is asked before, if Safaricom has switched that on. Both must be
	// https in production and avoid the words M-PESA, Safaricom, exe, exec, cmd, SQL
	// and query (documented; MPESA was seen to be refused).
	ConfirmationURL, ValidationURL string
}

type c2bRegisterBody struct {
	unsigned
	ShortCode       string
	ResponseType    ResponseType
	ConfirmationURL string
	ValidationURL   string
}

// RegisterURLs registers the addresses for a shortcode. In production that can be
// done once; to change them, delete them first in the portal, under Self-service, URL
// management (documented). The error is an *Error; where addresses are registered
// already it is KindConfig and wraps ErrAlreadyRegistered. After KindAmbiguous it is
// safe to register again.
func (c *Client) RegisterURLs(ctx context.Context, r URLRegistration) (Acknowledgement, error) {
	body := c2bRegisterBody{
		ShortCode: c.shortcode(r.Shortcode), ResponseType: r.ResponseType,
		ConfirmationURL: r.ConfirmationURL, ValidationURL: r.ValidationURL,
	}
	if body.ResponseType == "" {
		body.ResponseType = CompleteUnvalidated
	}
	switch {
	case !partyForm.MatchString(body.ShortCode):
		return Acknowledgement{}, badRequest(endpointC2BRegister, "the shortcode is not a number")
	case body.ResponseType != CompleteUnvalidated && body.ResponseType != CancelUnvalidated:
		return Acknowledgement{}, badRequest(endpointC2BRegister,
			"the response type is neither Completed nor Cancelled")
	}
	if wrong := wrongURL(c.cfg.BaseURL, r.ConfirmationURL, r.ValidationURL); wrong != "" {
		return Acknowledgement{}, badRequest(endpointC2BRegister, wrong)
	}
	got, err := c.call(ctx, endpointC2BRegister, pathC2BRegister, body)
	if err != nil {
		return Acknowledgement{}, err
	}
	return c.readC2BRegister(got)
}

func (c *Client) readC2BRegister(got response) (Acknowledgement, error) {
	if got.fault.alreadyRegistered() {
		return Acknowledgement{}, c.alreadyRegistered(got)
	}
	if !got.took() {
		return Acknowledgement{}, c.callError(got)
	}
	ack, err := parseAcknowledgement(got.body)
	if err != nil {
		return Acknowledgement{}, c.unclear(got, err)
	}
	if body, err := parseObject(got.body, "ResponseCode"); err == nil && ack.OriginatorConversationID == "" {
		ack.OriginatorConversationID, _ = body.id("OriginatorCoversationID") // so it is spelt here
	}
	return ack, nil
}

// alreadyRegistered goes by the text: the code 500.003.1001 also means an internal
// error (documented).
func (f fault) alreadyRegistered() bool {
	message := strings.ToLower(f.message)
	return f.shape == shapeError && !f.mixed &&
		(strings.Contains(message, "already registered") || strings.Contains(message, "duplicate notification"))
}

func (c *Client) alreadyRegistered(got response) *Error {
	fault := c.newError(got, KindConfig)
	fault.Err = ErrAlreadyRegistered
	return fault
}

// C2BPayment is a payment to a paybill or till as M-PESA reports it, to be validated
// or done. It is not signed, and its address is the same for all payments: take it
// for a hint and confirm it with TransactionStatus.
type C2BPayment struct {
	// Receipt is the M-PESA receipt number, and never empty where there is no error.
	Receipt string
	// Amount is in cents. HasAmount is false where it is missing, zero or unreadable:
	// then it is not known.
	Amount    int64
	HasAmount bool
	// TransactedAt is in Nairobi time; only where HasTime.
	TransactedAt time.Time
	HasTime      bool
	// TransactionType is "Pay Bill" or "Buy Goods", or empty.
	TransactionType string
	Shortcode       string
	// BillReference is the account number as the payer typed it; a till has none.
	BillReference               string
	InvoiceNumber, ThirdPartyID string
	// Phone is the payer's number, whole, masked (version 2) or as a SHA-256 hash
	// (version 1, in a spelling that is not documented).
	Phone                           string
	FirstName, MiddleName, LastName string
	// Balance is the business's own after the payment, in cents. A validation has none.
	Balance    int64
	HasBalance bool
}

// ParseC2B reads the body of a validation or a confirmation, as far as it can be read without guessing:
// JSON, whatever has happened to it on its way, or a form. Only the receipt must be there and must not be
// given twice with different values; whatever else is missing, unreadable or contradicts itself is left
// out. Which of the two it is only the address tells. An error is as that of ParseCallback.
func ParseC2B(body []byte) (C2BPayment, error) {
	doc, err := document(body)
	if err != nil {
		var payment C2BPayment
		if found, missing := find(intact(body, err), isC2B); missing == nil {
			payment = readC2B(found)
		}
		payment.Amount, payment.HasAmount, payment.Balance, payment.HasBalance = 0, false, 0, false
		return payment, unreadable("c2b", err)
	}
	found, err := find(doc, isC2B)
	if err != nil {
		return C2BPayment{}, unreadable("c2b", err)
	}
	payment := readC2B(found)
	if payment.Receipt == "" {
		return payment, unreadable("c2b", errors.New("TransID is missing or not a receipt"))
	}
	return payment, nil
}

func isC2B(o object) bool {
	return o.has("TransID", "TransAmount", "TransTime", "BillRefNumber", "BusinessShortCode", "MSISDN")
}

func readC2B(found object) C2BPayment {
	payment := C2BPayment{
		Receipt:         receiptOf(found.text("TransID")),
		TransactionType: found.text("TransactionType"),
		Shortcode:       wholeNumber(found.text("BusinessShortCode")),
		BillReference:   found.text("BillRefNumber"),
		InvoiceNumber:   found.text("InvoiceNumber"),
		ThirdPartyID:    found.text("ThirdPartyTransID"),
		Phone:           wholeNumber(found.text("MSISDN")),
		FirstName:       found.text("FirstName"),
		MiddleName:      found.text("MiddleName"),
		LastName:        found.text("LastName"),
	}
	payment.Amount, payment.HasAmount = found.amount("TransAmount")
	if raw, err := found.get("OrgAccountBalance"); err == nil {
		payment.Balance, payment.HasBalance = sumOf(raw)
	}
	if at, err := ParseTime(found.text("TransTime")); err == nil {
		payment.TransactedAt, payment.HasTime = at, true
	}
	return payment
}

// C2BAccepted is the body that lets a payment through at validation. It is also fit
// to answer a confirmation, which cannot be refused.
const C2BAccepted = `{"ResultCode":"0","ResultDesc":"Accepted"}`

// C2BRejection says why a payment is turned down at validation.
type C2BRejection string

// The reasons that M-PESA knows (documented).
const (
	RejectMSISDN    C2BRejection = "C2B00011"
	RejectAccount   C2BRejection = "C2B00012"
	RejectAmount    C2BRejection = "C2B00013"
	RejectKYC       C2BRejection = "C2B00014"
	RejectShortcode C2BRejection = "C2B00015"
	RejectOther     C2BRejection = "C2B00016"
)

// C2BRejected is the body that turns a payment down at validation. A reason that is
// not one of the constants is sent as RejectOther.
func C2BRejected(why C2BRejection) string {
	switch why {
	case RejectMSISDN, RejectAccount, RejectAmount, RejectKYC, RejectShortcode:
	default:
		why = RejectOther
	}
	return `{"ResultCode":"` + string(why) + `","ResultDesc":"Rejected"}`
}
