package mpesa

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

const (
	endpointPullRegister = "pullregister"
	endpointPullQuery    = "pullquery"
	// Unlike all others, these paths do not begin with /mpesa.
	pathPullRegister = "/pulltransactions/v1/register"
	pathPullQuery    = "/pulltransactions/v1/query"

	pullSuccess   Code = "1000"
	pullOther     Code = "1001" // registered already; nothing in that time
	pullDateTime       = "2006-01-02 15:04:05"
	maxPullOffset      = 1_000_000_000
)

// PullRegistration switches Pull Transactions on for a shortcode.
type PullRegistration struct {
	// Shortcode is Config.Shortcode where empty.
	Shortcode string
	// Nominated is the phone number that Safaricom has on record for the shortcode.
	Nominated MSISDN
	// CallbackURL is asked for; what comes to it is not documented.
	CallbackURL string
}

type pullRegisterBody struct {
	unsigned
	ShortCode       string
	RequestType     string
	NominatedNumber string
	CallBackURL     string
}

// RegisterPull switches Pull Transactions on: once, and in production only. All of
// it is documented, not observed. The error is an *Error; where the shortcode is
// registered already it is KindConfig and wraps ErrAlreadyRegistered, and
// PullTransactions can be used. After KindAmbiguous it is safe to register again.
func (c *Client) RegisterPull(ctx context.Context, r PullRegistration) error {
	body := pullRegisterBody{
		ShortCode: c.shortcode(r.Shortcode), RequestType: "Pull",
		NominatedNumber: string(r.Nominated), CallBackURL: r.CallbackURL,
	}
	switch {
	case !partyForm.MatchString(body.ShortCode):
		return badRequest(endpointPullRegister, "the shortcode is not a number")
	case !r.Nominated.valid():
		return &Error{
			Endpoint: endpointPullRegister, Kind: KindRefused, Message: ErrMSISDN.Error(), Err: ErrMSISDN, local: true,
		}
	}
	if wrong := wrongURL(c.cfg.BaseURL, r.CallbackURL); wrong != "" {
		return badRequest(endpointPullRegister, wrong)
	}
	got, err := c.call(ctx, endpointPullRegister, pathPullRegister, body)
	if err != nil {
		return err
	}
	return c.readPullRegister(got)
}

func (c *Client) readPullRegister(got response) error {
	if got.fault.alreadyRegistered() {
		return c.alreadyRegistered(got)
	}
	if !got.took() {
		return c.callError(got)
	}
	code, err := pullRegisterCode(got.body)
	switch {
	case err != nil:
		return c.unclear(got, err)
	case code == pullOther:
		return c.alreadyRegistered(got)
	case code != pullSuccess:
		return c.unclear(got, errors.New("ResponseStatus is neither 1000 nor 1001"))
	}
	return nil
}

func pullRegisterCode(body []byte) (code Code, err error) {
	object, err := parseObject(body, "ResponseStatus")
	if err != nil {
		return "", err
	}
	return code, object.code("ResponseStatus", &code) // or Response Status, as other sources have it
}

// PullQuery asks for the payments that a shortcode got in a time, at most the last
// 48 hours.
type PullQuery struct {
	// Shortcode is Config.Shortcode where empty.
	Shortcode string
	From, To  time.Time
	// Offset is the number of rows to skip: 0, and then PullPage.NextOffset.
	Offset int
}

type pullQueryBody struct {
	unsigned
	ShortCode   string
	StartDate   string
	EndDate     string
	OffSetValue string
}

// PullPage is a part of what PullTransactions found. How long a page is is not
// documented: ask again with NextOffset until a page has no row.
type PullPage struct {
	Transactions []PulledTransaction
	// Unreadable are the rows that name no transaction or are no row, as they came.
	Unreadable []json.RawMessage
	NextOffset int
	// Raw is the JSON that came; nil where none came.
	Raw json.RawMessage
}

// PulledTransaction is one payment. Take it for a hint, and confirm it with
// TransactionStatus.
type PulledTransaction struct {
	// TransactionID is as it came and never empty. Receipt is the same in capitals, or
	// empty where it cannot be a receipt.
	TransactionID, Receipt string
	// Amount is in cents. HasAmount is false where it is missing, zero or unreadable.
	Amount    int64
	HasAmount bool
	// TransactedAt is in Nairobi time; only where HasTime. The documented sample says
	// "2020-08-05T10:13:00Z"; nobody has seen whether that Z is meant, so it may be
	// three hours late. Date is as it came.
	TransactedAt time.Time
	HasTime      bool
	Date         string
	// Phone may be whole, with or without 254, or masked.
	Phone  string
	Sender string
	// TransactionType is such as "c2b-pay-bill-debit".
	TransactionType             string
	BillReference, Organisation string
	// Raw is the row as it came.
	Raw json.RawMessage
}

// PullTransactions asks for the payments of a shortcode, those whose confirmation
// never came among them. All of it is documented, not observed. The error is an
// *Error: whatever its kind, nothing was learnt.
func (c *Client) PullTransactions(ctx context.Context, q PullQuery) (PullPage, error) {
	body := pullQueryBody{
		ShortCode: c.shortcode(q.Shortcode),
		StartDate: q.From.In(nairobi).Format(pullDateTime), EndDate: q.To.In(nairobi).Format(pullDateTime),
		OffSetValue: strconv.Itoa(q.Offset),
	}
	switch {
	case !partyForm.MatchString(body.ShortCode):
		return PullPage{}, badRequest(endpointPullQuery, "the shortcode is not a number")
	case q.From.IsZero() || !q.From.Before(q.To):
		return PullPage{}, badRequest(endpointPullQuery, "the time does not end after it begins")
	case q.Offset < 0 || q.Offset > maxPullOffset:
		return PullPage{}, badRequest(endpointPullQuery, "the offset is out of range")
	}
	got, err := c.call(ctx, endpointPullQuery, pathPullQuery, body)
	if err != nil {
		return PullPage{}, err
	}
	return c.readPull(got, q.Offset)
}

func (c *Client) readPull(got response, offset int) (PullPage, error) {
	none := PullPage{NextOffset: offset, Raw: got.rawJSON()}
	if !got.took() {
		return none, c.callError(got)
	}
	page, err := parsePull(got.body)
	if err != nil {
		return none, c.unclear(got, err)
	}
	page.NextOffset = offset + len(page.Transactions) + len(page.Unreadable)
	page.Raw = none.Raw
	return page, nil
}

// parsePull reads the body of an answer. Response is documented as a list of lists.
func parsePull(body []byte) (PullPage, error) {
	object, err := parseObject(body, "ResponseCode", "Response")
	if err != nil {
		return PullPage{}, err
	}
	var code Code
	if err := object.code("ResponseCode", &code); err != nil {
		return PullPage{}, err
	}
	switch code {
	case pullOther:
		return PullPage{}, nil
	case pullSuccess:
	default:
		return PullPage{}, errors.New("ResponseCode is neither 1000 nor 1001")
	}
	raw, err := object.get("Response")
	if err != nil {
		return PullPage{}, err
	}
	outer, isList := splitList(raw)
	if !isList {
		return PullPage{}, errors.New("the list of payments is missing")
	}
	var page PullPage
	for _, entry := range outer {
		rows, isList := splitList(entry)
		if !isList {
			rows = []json.RawMessage{entry}
		}
		for _, row := range rows {
			page.add(row)
		}
	}
	return page, nil
}

func (p *PullPage) add(raw json.RawMessage) {
	found := readPulled(raw)
	if found.TransactionID == "" {
		p.Unreadable = append(p.Unreadable, raw)
		return
	}
	p.Transactions = append(p.Transactions, found)
}

// ParsePulled reads one row of a PullPage, as far as it can be read. Its TransactionID is empty where there is none.
func ParsePulled(raw []byte) PulledTransaction {
	doc, err := document(raw)
	if err != nil {
		return PulledTransaction{Raw: raw}
	}
	return readPulled(doc)
}

func readPulled(raw json.RawMessage) PulledTransaction {
	row, err := splitObject(raw)
	if err != nil {
		return PulledTransaction{Raw: raw}
	}
	found := PulledTransaction{
		TransactionID:   row.text("transactionId"),
		Date:            row.text("trxDate"),
		Phone:           strings.TrimSpace(wholeNumber(row.text("msisdn"))),
		Sender:          row.text("sender"),
		TransactionType: row.text("transactiontype"),
		BillReference:   row.text("billreference"),
		Organisation:    row.text("organizationname"),
		Raw:             raw,
	}
	found.Receipt = receiptOf(found.TransactionID)
	found.Amount, found.HasAmount = row.amount("amount")
	if at, err := ParseTime(found.Date); err == nil {
		found.TransactedAt, found.HasTime = at, true
	}
	return found
}
