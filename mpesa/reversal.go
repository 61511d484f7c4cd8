package mpesa

import (
	"context"
	"strconv"
	"time"
)

const (
	endpointReversal = "reversal"
	pathReversal     = "/mpesa/reversal/v1/request"

	// receiverIdentifier is the one value that Reversal takes (documented).
	receiverIdentifier = "11"
)

// ReversalRequest asks M-PESA to give a payment back to its payer.
type ReversalRequest struct {
	// Receipt is that of the payment.
	Receipt string
	// Amount is in whole shillings, MinAmount to MaxAmount.
	Amount int64
	// Shortcode is the business that was paid: Config.Shortcode where empty.
	Shortcode string
	// ResultURL and TimeoutURL are as in StatusRequest.
	ResultURL, TimeoutURL string
	// Remarks is cut as in StatusRequest.
	Remarks string
}

type reversalBody struct {
	unsigned
	Initiator              string
	SecurityCredential     string
	CommandID              string
	TransactionID          string
	Amount                 string
	ReceiverParty          string
	RecieverIdentifierType string // misspelt on the wire; the right spelling is refused
	ResultURL              string
	QueueTimeOutURL        string
	Remarks                string
}

// Reverse asks for the reversal of a payment by a customer; a payment to one cannot
// be reversed (documented). Without an error it is only certain that the request was
// taken: it may still be refused, since the balance is too low for example, and only
// the result at ResultURL tells. The request is sent once, and once more only after
// an answer that the access token is not valid. The error is an *Error: KindConfig,
// before any call, where the client has no initiator; KindAmbiguous where M-PESA may
// be at it all the same (MayHaveSent). M-PESA answers a second reversal of the whole
// payment as already reversed (documented, OutcomeAlreadyReversed).
func (c *Client) Reverse(ctx context.Context, r ReversalRequest) (Acknowledgement, error) {
	if err := c.checkInitiator(endpointReversal); err != nil {
		return Acknowledgement{}, err
	}
	body := reversalBody{
		Initiator:              c.cfg.InitiatorName,
		SecurityCredential:     c.cfg.SecurityCredential,
		CommandID:              "TransactionReversal",
		TransactionID:          r.Receipt,
		Amount:                 strconv.FormatInt(r.Amount, 10),
		ReceiverParty:          c.shortcode(r.Shortcode),
		RecieverIdentifierType: receiverIdentifier,
		ResultURL:              r.ResultURL,
		QueueTimeOutURL:        r.TimeoutURL,
		Remarks:                remarks(r.Remarks),
	}
	wrong := wrongURL(c.cfg.BaseURL, r.ResultURL, r.TimeoutURL)
	switch {
	case r.Amount < MinAmount || r.Amount > MaxAmount:
		wrong = "the amount is not between 1 and 250,000 shillings"
	case receiptOf(r.Receipt) != r.Receipt || r.Receipt == "":
		wrong = "the receipt is not one"
	case !partyForm.MatchString(body.ReceiverParty):
		wrong = "the shortcode is not a number"
	}
	if wrong != "" {
		return Acknowledgement{}, badRequest(endpointReversal, wrong)
	}
	return c.postInitiator(ctx, endpointReversal, pathReversal, body)
}

// Reversal is what M-PESA tells of a payment that it gave back. Whatever was missing,
// unreadable or given twice with different values is empty.
type Reversal struct {
	// Original is the receipt of the payment that was reversed: compare it with the
	// one asked for. Receipt is the reversal's own.
	Original, Receipt string
	// Amount is in cents.
	Amount    int64
	HasAmount bool
	// Credit is the payer, who has the money back, and Debit the business.
	Credit, Debit Party
	// CompletedAt is in Nairobi time, or zero.
	CompletedAt time.Time
	// Charge is in cents.
	Charge    int64
	HasCharge bool
	// Balance is the account that paid, as it came:
	// "Utility Account|KES|7722179.62|7722179.62|0.00|0.00".
	Balance string
}

// Reversal reads the result of a Reverse. It is false where nothing was reversed by
// that request; Verdict then says why.
func (r AsyncResult) Reversal() (Reversal, bool) {
	if !r.succeeded() {
		return Reversal{}, false
	}
	given := r.Parameters
	done := Reversal{
		Original:    receiptOf(given.Get("OriginalTransactionID")),
		Receipt:     receiptOf(r.TransactionID),
		Credit:      ParseParty(given.Get("CreditPartyPublicName")),
		Debit:       ParseParty(given.Get("DebitPartyPublicName")),
		CompletedAt: given.time("TransCompletedTime"),
		Balance:     given.Get("DebitAccountBalance"),
	}
	done.Amount, done.HasAmount = ParseAmount(given.Get("Amount"))
	done.Charge, done.HasCharge = parseSum(given.Get("Charge"))
	return done, true
}
