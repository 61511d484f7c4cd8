package mpesa

import (
	"cmp"
	"context"
	"regexp"
	"strings"
	"time"
)

const (
	endpointStatus = "transactionstatus"
	pathStatus     = "/mpesa/transactionstatus/v1/query"
)

// IdentifierType says what kind of number a party is given by.
type IdentifierType string

// The identifier types of Transaction Status.
const (
	IdentifierMSISDN    IdentifierType = "1"
	IdentifierTill      IdentifierType = "2"
	IdentifierShortcode IdentifierType = "4"
)

// StatusRequest asks M-PESA what it knows of one transaction.
type StatusRequest struct {
	// Receipt is what the payer's SMS begins with. Where it is not known,
	// OriginalConversationID is that of the request that made the transaction; whether
	// the MerchantRequestID of a push will do is not known. It cannot be asked by
	// CheckoutRequestID or account reference.
	Receipt, OriginalConversationID string
	// Shortcode is the party that asks: Config.Shortcode where empty.
	Shortcode string
	// IdentifierType is IdentifierShortcode where empty.
	IdentifierType IdentifierType
	// ResultURL gets the answer (ParseResult). TimeoutURL gets word that there will be
	// none. Results are not signed: each should carry an unguessable token of its own.
	ResultURL, TimeoutURL string
	// Remarks and Occasion are cut to 100 characters of A-Z, a-z, 0-9, space and dash.
	Remarks, Occasion string
}

type statusBody struct {
	unsigned
	Initiator              string
	SecurityCredential     string
	CommandID              string
	TransactionID          string `json:",omitempty"`
	OriginalConversationID string `json:",omitempty"`
	PartyA                 string
	IdentifierType         IdentifierType
	ResultURL              string
	QueueTimeOutURL        string
	Remarks                string
	Occasion               string // one s here; B2C has two
}

var partyForm = regexp.MustCompile(`^[0-9]{4,12}$`)

// TransactionStatus asks what became of a transaction. The answer comes to
// ResultURL, if it comes; without an error it is only certain that the question was
// taken. The error is an *Error: KindConfig, before any call, where the client has
// no initiator; KindNoAnswer where nothing is known, and a result may come all the
// same. It is safe to ask again.
func (c *Client) TransactionStatus(ctx context.Context, r StatusRequest) (Acknowledgement, error) {
	if err := c.checkInitiator(endpointStatus); err != nil {
		return Acknowledgement{}, err
	}
	body := statusBody{
		Initiator:              c.cfg.InitiatorName,
		SecurityCredential:     c.cfg.SecurityCredential,
		CommandID:              "TransactionStatusQuery",
		TransactionID:          r.Receipt,
		OriginalConversationID: r.OriginalConversationID,
		PartyA:                 c.shortcode(r.Shortcode),
		IdentifierType:         r.IdentifierType,
		ResultURL:              r.ResultURL,
		QueueTimeOutURL:        r.TimeoutURL,
		Remarks:                remarks(r.Remarks),
		Occasion:               plainText(r.Occasion, maxRemarks),
	}
	if body.IdentifierType == "" {
		body.IdentifierType = IdentifierShortcode
	}
	if wrong := body.wrong(c.cfg.BaseURL); wrong != "" {
		return Acknowledgement{}, badRequest(endpointStatus, wrong)
	}
	return c.postInitiator(ctx, endpointStatus, pathStatus, body)
}

func (b statusBody) wrong(baseURL string) string {
	switch {
	case b.TransactionID == "" && b.OriginalConversationID == "":
		return "neither a receipt nor an original conversation id is given"
	case b.TransactionID != "" && receiptOf(b.TransactionID) != b.TransactionID:
		return "the receipt is not one"
	case len(b.OriginalConversationID) > maxID || strings.ContainsFunc(b.OriginalConversationID, notInID):
		return "the original conversation id is not one"
	case !partyForm.MatchString(b.PartyA):
		return "the shortcode is not a number"
	}
	return wrongURL(baseURL, b.ResultURL, b.QueueTimeOutURL)
}

// TransactionState is M-PESA's word for how far a transaction has come.
type TransactionState string

// The states (claimed, but for StateCompleted, which was observed). Only
// StateCompleted means that the money moved; Initiated, Authorized and others that
// are not listed may still become anything.
const (
	StateInitiated  TransactionState = "Initiated"
	StateAuthorized TransactionState = "Authorized"
	StateCompleted  TransactionState = "Completed"
	StateCancelled  TransactionState = "Cancelled"
	StateDeclined   TransactionState = "Declined"
	StateExpired    TransactionState = "Expired"
)

// Transaction is what Transaction Status tells of one. Whatever was missing,
// unreadable or given twice with different values is empty.
type Transaction struct {
	// Receipt is the transaction's own: compare it with the one asked about. Where it is
	// empty M-PESA has not named one, unless ReceiptUnclear says that it has named several,
	// or something that is no receipt as far as is known.
	Receipt        string
	ReceiptUnclear bool
	// Amount is in cents; zero is not known either.
	Amount    int64
	HasAmount bool
	State     TransactionState
	// Credit got the money and Debit gave it. The documented sample, of a payment by
	// the business, names both as DebitPartyName: then neither is set, since to take
	// one for the other would make a payment of what was a refund.
	Credit, Debit Party
	// InitiatedAt and FinalisedAt are in Nairobi time, or zero.
	InitiatedAt, FinalisedAt time.Time
	// ReasonType is the kind, such as "Pay Bill Online" (observed); Reason is free
	// text; DebitAccountType is such as "MMF Account For Customer" (observed).
	ReasonType, Reason, DebitAccountType string
	// BillReference is the account number, where M-PESA tells it at all: it was
	// observed for payments between businesses only.
	BillReference string
	// ConversationID and OriginatorConversationID are those of the transaction, not of
	// the question.
	ConversationID, OriginatorConversationID string
}

// Transaction reads the result of a Transaction Status. It is false where the
// question was not answered, and nothing is then known of the transaction. True does
// not mean paid: look at State, Receipt, Amount and Credit.
func (r AsyncResult) Transaction() (Transaction, bool) {
	if !r.succeeded() {
		return Transaction{}, false
	}
	given := r.Parameters
	t := Transaction{
		State:            stateOf(given.Get("TransactionStatus")),
		Credit:           ParseParty(given.Get("CreditPartyName")),
		Debit:            ParseParty(given.Get("DebitPartyName")),
		InitiatedAt:      given.time("InitiatedTime"),
		FinalisedAt:      cmp.Or(given.time("FinalisedTime"), given.time("FinalizedTime")), // both were captured
		ReasonType:       given.Get("ReasonType"),
		Reason:           given.Get("TransactionReason"),
		DebitAccountType: given.Get("DebitAccountType"),
		BillReference:    given.Get("BillReferenceNumber"),
		ConversationID:   given.Get("ConversationID"),

		OriginatorConversationID: given.Get("OriginatorConversationID"),
	}
	if t.BillReference == "" {
		t.BillReference = r.References.Get("BillReferenceNumber")
	}
	t.Receipt, t.ReceiptUnclear = receiptAmong(given.All("ReceiptNo"))
	t.Amount, t.HasAmount = ParseAmount(given.Get("Amount"))
	return t, true
}

// stateOf is a state as it is spelt here, whatever the case of its letters and with a full stop behind it or none. One
// that is not listed stays as it came: what it means nobody knows.
func stateOf(text string) TransactionState {
	plain := strings.TrimRight(text, " .")
	for _, known := range []TransactionState{
		StateInitiated, StateAuthorized, StateCompleted, StateCancelled, StateDeclined, StateExpired,
	} {
		if strings.EqualFold(plain, string(known)) {
			return known
		}
	}
	return TransactionState(text)
}

// receiptAmong is the one receipt that values name, "" where they name none: what stands in for one does not count.
// It is unclear where they name several, or something else.
func receiptAmong(values []string) (receipt string, unclear bool) {
	for _, value := range values {
		found := receiptOf(value)
		switch {
		case found == "":
			unclear = unclear || oddReceipt(value) != ""
		case receipt != "" && found != receipt:
			unclear = true
		default:
			receipt = found
		}
	}
	if unclear {
		return "", true
	}
	return receipt, false
}
