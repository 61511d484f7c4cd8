package sim

import (
	"errors"
	"net/http"
	"time"

	"cinemasphere/mpesa"
)

// reversal serves Reversal. Whether the money went back is posted later.
func (s *Sim) reversal(w http.ResponseWriter, r *http.Request, f fields) {
	amount := f.amount()
	bad, wrong := firstWrong([]check{
		{"Initiator", f.get("Initiator") != ""},
		{"SecurityCredential", f.get("SecurityCredential") != ""},
		{"CommandID", f.get("CommandID") == commandReversal},
		{"TransactionID", f.get("TransactionID") != ""},
		{"Amount", amount >= 1},
		{"ReceiverParty", s.ours(f.get("ReceiverParty"))},
		// so spelt (documented, and met in use)
		{"RecieverIdentifierType", f.get("RecieverIdentifierType") == identifierReversal},
		{"ResultURL", validCallback(f.get("ResultURL"))},
		{"QueueTimeOutURL", validCallback(f.get("QueueTimeOutURL"))},
		{"Remarks", between(f.get("Remarks"), 2, 100)},
	})
	if wrong {
		s.refuse(w, bad)
		return
	}
	q := s.newRequest(f, s.cfg.Now())
	q.Amount, q.carryOut = amount, s.reverse
	s.receive(w, r, q, (*Script).reversal)
}

// reverse sends a payment back on request. That a part of it may go back, and that more may not, is not established.
// s.mu must be held.
func (s *Sim) reverse(q *request, now time.Time) outcome {
	// It has an address of Safaricom's own, and none of the product's (documented).
	references := []param{{"QueueTimeoutURL",
		quoted("https://internalsandbox.safaricom.co.ke/mpesa/reversalresults/v1/submit")}}
	back, err := s.giveBack(Reversal{
		Of: q.Receipt, Amount: q.Amount, At: now, By: ByAPI, ConversationID: q.ConversationID,
	})
	if err != nil {
		done := failed(reversalCode(err))
		done.references = references
		done.tells = func() { s.returnReported(q.Receipt, errors.Is(err, errAlreadyReversed)) }
		return done
	}
	balance := whole(s.totals.Balance)
	return outcome{
		code: codePaid, desc: requestText(codePaid), receipt: back.Receipt,
		params: []param{
			{"DebitAccountBalance", quoted("Utility Account|KES|" + balance + "|" + balance + "|0.00|0.00")},
			{"Amount", whole(back.Amount)},
			{"TransCompletedTime", mpesa.Timestamp(now)},
			{"OriginalTransactionID", quoted(back.Of)},
			{"Charge", whole(0)},
			{"CreditPartyPublicName", quoted(q.call.Party.named(back.Phone))},
			{"DebitPartyPublicName", quoted(s.cinemaParty(s.ledger[s.receipts[back.Of]].Receiver))},
		},
		references: references, tells: func() { s.returnReported(back.Of, true) },
	}
}

// reversalCode is the result code for the reason why money cannot go back.
func reversalCode(err error) string {
	switch {
	case errors.Is(err, errAlreadyReversed):
		return codeReversed
	case errors.Is(err, errNoFunds):
		return codeNoFunds
	case errors.Is(err, errTooMuch):
		return codeDeclined
	}
	return codeNoPayment
}
