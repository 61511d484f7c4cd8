package sim

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"cinemasphere/mpesa"
)

// Identifier types of a party.
const (
	identifierTill      = "2"
	identifierShortcode = "4"
	identifierReversal  = "11" // of a reversal's receiver
)

// transactionStatus serves Transaction Status. The answer to the question is posted later.
func (s *Sim) transactionStatus(w http.ResponseWriter, r *http.Request, f fields) {
	party, kind := f.get("PartyA"), f.get("IdentifierType")
	bad, wrong := firstWrong([]check{
		{"Initiator", f.get("Initiator") != ""},
		{"SecurityCredential", f.get("SecurityCredential") != ""},
		{"CommandID", f.get("CommandID") == commandStatus},
		{"TransactionID", f.get("TransactionID") != "" || f.get("OriginalConversationID") != ""},
		{"PartyA", s.ours(party)},
		{"IdentifierType", kind == identifierShortcode || kind == identifierTill && s.isTill(party)},
		{"ResultURL", validCallback(f.get("ResultURL"))},
		{"QueueTimeOutURL", validCallback(f.get("QueueTimeOutURL"))},
		{"Remarks", between(f.get("Remarks"), 1, 100)},
		{"Occasion", between(f.get("Occasion"), 0, 100)},
	})
	if wrong {
		s.refuse(w, bad)
		return
	}
	q := s.newRequest(f, s.cfg.Now())
	q.original = f.get("OriginalConversationID")
	q.carryOut = s.status
	s.receive(w, r, q, (*Script).status)
}

// status looks a transaction up in the ledger. s.mu must be held.
func (s *Sim) status(q *request, _ time.Time) outcome {
	references := []param{{"Occasion", ""}}
	if q.occasion != "" {
		references[0].value = quoted(q.occasion)
	}
	fails := func(code string) outcome {
		done := failed(code)
		done.references = references
		return done
	}
	receipt := q.Receipt
	if receipt == "" {
		i := slices.IndexFunc(s.requests, func(r *request) bool {
			return q.original == r.OriginatorConversationID || q.original == r.ConversationID
		})
		if i < 0 || s.requests[i].CommandID != commandReversal {
			return fails(codeNoReceipt)
		}
		return s.reversalStatus(q, s.requests[i], references)
	}
	if !receiptShape.MatchString(receipt) {
		return fails(codeFormat)
	}
	switch i, found := s.receipts[receipt]; {
	case found && i >= 0:
		return outcome{
			code: codePaid, desc: requestText(codePaid), params: s.paymentParams(q, &s.ledger[i]),
			references: references, tells: s.tellsStatus(receipt, s.ledger[i]),
		}
	case found && i != reserved:
		return outcome{
			code: codePaid, desc: requestText(codePaid), params: s.reversalParams(q, s.reversals[ofReversal-i]),
			references: references,
		}
	}
	return fails(codeNoReceipt)
}

// tellsStatus notes that the product knows what Transaction Status says of a payment by now. s.mu must be held.
func (s *Sim) tellsStatus(receipt string, now Entry) func() {
	return func() {
		s.reported(receipt, now.Amount)
		s.returnReported(receipt, now.Reversed)
	}
}

// paymentParams is what Transaction Status says of a customer's payment, in the order of captures of 2021 to 2025.
func (s *Sim) paymentParams(q *request, e *Entry) []param {
	// Always the same for one receipt, and none that the product was told: whether that of an STK payment is its
	// MerchantRequestID is not established.
	original := s.chance.id("original", e.Receipt, 0)
	// The words for a paybill are those of M-PESA's statements: "Pay Utility" for a prompt, "Pay Bill Online" by hand.
	// Whether Transaction Status has the same is not confirmed, so that a client must not rest on them.
	account, reason, state := "MMF Account For Customer", "Pay Utility", completed
	if e.BuyGoods {
		reason = "Pay Merchant with OD online"
	} else if e.Kind == KindC2B {
		reason = "Pay Bill Online"
	}
	if e.Reversed {
		state = cmp.Or(s.cfg.ReversedStatus, "Reversed")
	}
	return []param{
		{"DebitPartyName", quoted(q.call.Party.named(e.Phone))},
		{"CreditPartyName", quoted(s.cinemaParty(e.Receiver) + "      ")}, // blanks at the end were captured too
		{"OriginatorConversationID", quoted(original.uuid())},
		{"InitiatedTime", mpesa.Timestamp(e.At)},
		{"CreditPartyCharges", ""},
		{"DebitAccountType", quoted(account)},
		{"TransactionReason", ""},
		{"ReasonType", quoted(reason)},
		{"TransactionStatus", quoted(state)},
		{"FinalisedTime", mpesa.Timestamp(e.At)},
		{"Amount", whole(e.Amount)},
		{"ConversationID", quoted(original.conversation(e.At))},
		{"ReceiptNo", quoted(e.Receipt)},
	}
}

// reversalParams is what it says of a reversal; no capture of one is known.
func (s *Sim) reversalParams(q *request, r Reversal) []param {
	i := s.receipts[r.Of]
	return []param{
		{"DebitPartyName", quoted(s.cinemaParty(s.ledger[i].Receiver))},
		{"CreditPartyName", quoted(q.call.Party.named(r.Phone))},
		{"InitiatedTime", mpesa.Timestamp(r.At)},
		{"DebitAccountType", quoted("Utility Account")},
		{"TransactionReason", ""},
		{"ReasonType", quoted("Transaction Reversal")},
		{"TransactionStatus", quoted(completed)},
		{"FinalisedTime", mpesa.Timestamp(r.At)},
		{"Amount", whole(r.Amount)},
		{"ConversationID", quoted(r.ConversationID)},
		{"ReceiptNo", quoted(r.Receipt)},
	}
}

// reversalStatus is what it says of a Reversal request that is named by its conversation.
func (s *Sim) reversalStatus(q, reversal *request, references []param) outcome {
	done := outcome{code: codePaid, desc: requestText(codePaid), references: references}
	if i := slices.IndexFunc(s.reversals, func(r Reversal) bool {
		return r.ConversationID == reversal.ConversationID
	}); i >= 0 {
		done.params = s.reversalParams(q, s.reversals[i])
		return done
	}
	state := "Initiated"
	if reversal.ResultCode != "" {
		state = "Declined"
	}
	done.params = []param{
		{"OriginatorConversationID", quoted(reversal.OriginatorConversationID)},
		{"InitiatedTime", mpesa.Timestamp(reversal.At)},
		{"TransactionStatus", quoted(state)},
		{"Amount", whole(reversal.Amount)},
		{"ConversationID", quoted(reversal.ConversationID)},
	}
	return done
}

// cinemaParty is the cinema as a result names it.
func (s *Sim) cinemaParty(shortcode string) string { return shortcode + " - " + s.cfg.CinemaName }
