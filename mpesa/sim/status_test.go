package sim_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"cinemasphere/mpesa/sim"
)

// The whole body, in the order and with the types of the captures.
func TestStatusBytes(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		receipt := w.pay(phone, 1350)
		time.Sleep(90 * time.Second)
		id := w.ask(statusPath, statusFields(receipt))
		time.Sleep(2 * time.Second)
		r := w.onlyResult().Result
		want := `{"Result":{"ResultType":0,"ResultCode":0,` +
			`"ResultDesc":"The service request is processed successfully.","OriginatorConversationID":"` +
			w.sim.Requests()[0].OriginatorConversationID + `","ConversationID":"` + id +
			`","TransactionID":"UA10000000",` +
			`"ResultParameters":{"ResultParameter":[{"Key":"DebitPartyName",` +
			`"Value":"254712345678 - IAN KIPKORIR OUMA"},` +
			`{"Key":"CreditPartyName","Value":"174379 - CinemaSphere      "},`
		body := w.to("/result")[0].body
		if !strings.HasPrefix(body, want) {
			w.Errorf("result\n%s\nwant\n%s", body, want)
		}
		const end = `{"Key":"InitiatedTime","Value":20000101030000},{"Key":"CreditPartyCharges"},` +
			`{"Key":"DebitAccountType","Value":"MMF Account For Customer"},{"Key":"TransactionReason"},` +
			`{"Key":"ReasonType","Value":"Pay Utility"},{"Key":"TransactionStatus","Value":"Completed"},` +
			`{"Key":"FinalisedTime","Value":20000101030000},{"Key":"Amount","Value":1350.00},` +
			`{"Key":"ConversationID","Value":`
		if !strings.Contains(body, end) {
			w.Errorf("result\n%s\nwant in it\n%s", body, end)
		}
		if tail := `{"Key":"ReceiptNo","Value":"` + receipt +
			`"}]},"ReferenceData":{"ReferenceItem":{"Key":"Occasion","Value":"claim"}}}}`; !strings.HasSuffix(body,
			tail) {
			w.Errorf("result\n%s\nwant at its end\n%s", body, tail)
		}
		if !strings.HasPrefix(r.ConversationID, "AG_20000101_2010") || len(r.ConversationID) != 32 {
			w.Errorf("ConversationID %q", r.ConversationID)
		}
		// The ids of the payment's own conversation are neither those of the question nor any that a push was told.
		for _, p := range w.onlyResult().params {
			if strings.HasSuffix(p.Key, "ConversationID") &&
				(p.Value == r.ConversationID || p.Value == r.OriginatorConversationID ||
					p.Value == w.sim.Pushes(phone)[0].MerchantRequestID) {
				w.Errorf("parameter %+v", p)
			}
		}
	})
}

func TestStatusShapes(t *testing.T) {
	number := func(s string) json.Number { return json.Number(s) }
	for shape, want := range map[sim.Shape]struct {
		code      any
		keys      string // of the parties, the amount and the times, in order
		amount    any
		at        any
		reference byte // how ReferenceItem begins
		single    bool
	}{
		sim.ShapeObserved: {number("0"), "DebitPartyName CreditPartyName InitiatedTime FinalisedTime Amount",
			number("1350.00"), number("20000101030000"), '{', false},
		sim.ShapeDocumented: {number("0"), "DebitPartyName DebitPartyName InitiatedTime FinalisedTime Amount", "1350",
			"20000101030000", '{', false},
		sim.ShapeOld: {number("0"), "Amount FinalizedTime InitiatedTime CreditPartyName DebitPartyName",
			number("1350"), number("20000101030000"), '{', false},
		sim.ShapeLists: {number("0"), "DebitPartyName CreditPartyName InitiatedTime FinalisedTime Amount",
			number("1350.00"), number("20000101030000"), '[', false},
		sim.ShapeBare: {"0", "DebitPartyName CreditPartyName InitiatedTime FinalisedTime Amount", nil,
			"01.01.2000 03:00:00", '{', false},
		sim.ShapeSingle: {code: number("0"), reference: '{', single: true},
	} {
		t.Run(string(shape), func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				receipt := w.pay(phone, 1350)
				w.sim.SetScript(phone, sim.Script{Status: sim.Call{Shape: shape}})
				w.ask(statusPath, statusFields(receipt))
				time.Sleep(2 * time.Second)
				o := w.onlyResult()
				if o.Result.ResultCode != want.code || o.Result.ReferenceData.ReferenceItem[0] != want.reference {
					w.Errorf("code %#v, references %s", o.Result.ResultCode, o.Result.ReferenceData.ReferenceItem)
				}
				if want.single {
					if got := string(o.Result.ResultParameters.ResultParameter); got != `{"Key":"ReceiptNo","Value":"`+
						receipt+`"}` {
						w.Errorf("ResultParameter %s", got)
					}
					return
				}
				var keys []string
				for _, p := range o.params {
					switch {
					case p.Key == "Amount":
						if keys = append(keys, p.Key); p.Value != want.amount {
							w.Errorf("amount %#v, want %#v", p.Value, want.amount)
						}
					case strings.HasSuffix(p.Key, "Time"):
						if keys = append(keys, p.Key); p.Value != want.at {
							w.Errorf("%s %#v, want %#v", p.Key, p.Value, want.at)
						}
					case strings.HasSuffix(p.Key, "PartyName"):
						if keys = append(keys, p.Key); (p.Value == nil) != (shape == sim.ShapeBare) {
							w.Errorf("%s %v", p.Key, p.Value)
						}
					}
				}
				if got := strings.Join(keys, " "); got != want.keys {
					w.Errorf("keys %s, want %s", got, want.keys)
				}
			})
		})
	}
}

// param is the one value that a result has for a key.
func (w *world) param(o outcome, key string) any {
	w.Helper()
	var found []any
	for _, p := range o.params {
		if p.Key == key {
			found = append(found, p.Value)
		}
	}
	if len(found) != 1 {
		w.Fatalf("%d values for %s in %+v", len(found), key, o.params)
	}
	return found[0]
}

func TestStatusNamesTheCustomer(t *testing.T) {
	for party, want := range map[sim.Party]string{
		sim.PartyPlain:  "254712345678 - IAN KIPKORIR OUMA",
		sim.PartyMasked: "2547 ***** 678 - IAN KIPKORIR OUMA",
		sim.PartyLocal:  "0712345678 - IAN KIPKORIR OUMA",
	} {
		inBubble(t, func(c *sim.Config) { c.Default.Status.Party = party }, func(w *world) {
			w.ask(statusPath, statusFields(w.pay(phone, 10)))
			time.Sleep(2 * time.Second)
			if got := w.param(w.onlyResult(), "DebitPartyName"); got != want {
				w.Errorf("DebitPartyName %q, want %q", got, want)
			}
		})
	}
}

func TestStatusOfWhatThereIsNot(t *testing.T) {
	for name, test := range map[string]struct{ receipt, original, code, desc string }{
		"unknown receipt":         {"UA1ZZZZZZZ", "", "2032", "The transaction receipt number does not exist."},
		"receipt of wrong shape":  {"ua1zzzzzzz", "", "25", "The format of parameter null is invalid."},
		"receipt too long":        {"UA1ZZZZZZZZ", "", "25", "The format of parameter null is invalid."},
		"unknown conversation":    {"", "1234-abcd", "2032", "The transaction receipt number does not exist."},
		"MerchantRequestID of it": {"", "merchant", "2032", "The transaction receipt number does not exist."},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				w.pay(phone, 10)
				f := statusFields(test.receipt)
				if f["OriginalConversationID"] = test.original; test.original == "merchant" {
					f["OriginalConversationID"] = w.sim.Pushes(phone)[0].MerchantRequestID
				}
				w.ask(statusPath, f)
				time.Sleep(2 * time.Second)
				o := w.onlyResult()
				if o.Result.ResultCode != json.Number(test.code) || o.Result.ResultDesc != test.desc {
					w.Errorf("result %v %q", o.Result.ResultCode, o.Result.ResultDesc)
				}
				if o.Result.ResultParameters.ResultParameter != nil || o.Result.TransactionID != "UA10000000" {
					w.Errorf("a failure with %s, TransactionID %s", o.Result.ResultParameters.ResultParameter,
						o.Result.TransactionID)
				}
			})
		})
	}
}

// Whoever reversed a payment, and whether or not anybody was told, Transaction Status has it; so it has the reversal.
func TestStatusTellsOfReversals(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.sim.SetScript(phone, sim.Script{Reversal: sim.Call{Results: sim.NoCallback}})
		asked, byHand := w.pay(phone, 10), w.pay(phone, 20)
		id := w.ask(reversalPath, reversalFields(asked, 10))
		w.ask(statusPath, map[string]any{ // before it is carried out
			"Initiator": "a", "SecurityCredential": "b", "CommandID": "TransactionStatusQuery",
			"OriginalConversationID": id,
			"PartyA":                 shortcode, "IdentifierType": "4", "ResultURL": "https://cinema.test/result",
			"QueueTimeOutURL": "https://cinema.test/timeout", "Remarks": "OK",
		})
		if !w.sim.Reverse(byHand) {
			w.Fatal("not reversed")
		}
		time.Sleep(2 * time.Second)
		if n := len(w.to("/timeout")); n != 0 {
			w.Errorf("%d time-outs", n)
		}
		for _, test := range []struct{ receipt, conversation, status, debit string }{
			{asked, "", "Reversed", "254712345678 - IAN KIPKORIR OUMA"},
			{byHand, "", "Reversed", "254712345678 - IAN KIPKORIR OUMA"},
			{w.sim.Reversals()[0].Receipt, "", "Completed", "174379 - CinemaSphere"},
			{w.sim.Reversals()[1].Receipt, "", "Completed", "174379 - CinemaSphere"},
			{"", id, "Completed", "174379 - CinemaSphere"},
		} {
			f := statusFields(test.receipt)
			f["OriginalConversationID"] = test.conversation
			w.ask(statusPath, f)
			time.Sleep(2 * time.Second)
			list := w.results()
			o := list[len(list)-1]
			if got := w.param(o, "TransactionStatus"); got != test.status {
				w.Errorf("%+v: status %q", test, got)
			}
			if got := w.param(o, "DebitPartyName"); got != test.debit {
				w.Errorf("%+v: debit party %q", test, got)
			}
		}
	})
}

// A Reversal request can be asked about by its own conversation, before and after it is carried out.
func TestStatusOfAReversalRequest(t *testing.T) {
	for name, test := range map[string]struct {
		call sim.Call
		wait time.Duration
		want string
	}{
		"not yet":   {sim.Call{ResultAfter: time.Minute}, 0, "Initiated"},
		"never":     {sim.Call{Undone: true}, time.Hour, "Initiated"},
		"done":      {sim.Call{}, 2 * time.Second, "Completed"},
		"came to 1": {sim.Call{Result: "1"}, 2 * time.Second, "Declined"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				w.sim.SetScript(phone, sim.Script{Reversal: test.call})
				receipt := w.pay(phone, 10)
				w.ask(reversalPath, reversalFields(receipt, 10))
				time.Sleep(test.wait)
				r := w.sim.Requests()[0]
				for _, id := range []string{r.ConversationID, r.OriginatorConversationID} {
					w.token = w.newToken()
					f := statusFields("")
					f["OriginalConversationID"] = id
					w.ask(statusPath, f)
					time.Sleep(2 * time.Second)
					list := w.results()
					if got := w.param(list[len(list)-1], "TransactionStatus"); got != test.want {
						w.Errorf("%s: status %q, want %q", id, got, test.want)
					}
				}
			})
		})
	}
}

func TestStatusOfOtherPayments(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		f := pushFields(phone, 20)
		f["TransactionType"], f["PartyB"] = "CustomerBuyGoodsOnline", till
		if _, err := w.post(pushPath, f); err != nil {
			w.Fatal(err)
		}
		if err := w.sim.PIN(phone, "1234"); err != nil {
			w.Fatal(err)
		}
		for receipt, want := range map[string][2]string{
			w.sim.Ledger()[0].Receipt:      {"Pay Merchant with OD online", "5123456 - CinemaSphere      "},
			w.byHand(tillPayment(30)):      {"Pay Merchant with OD online", "5123456 - CinemaSphere      "},
			w.byHand(paybill("K7QX2M", 4)): {"Pay Bill Online", "174379 - CinemaSphere      "},
		} {
			f := statusFields(receipt)
			f["PartyA"], f["IdentifierType"] = till, "2"
			w.ask(statusPath, f)
			time.Sleep(2 * time.Second)
			list := w.results()
			o := list[len(list)-1]
			if reason, credit := w.param(o, "ReasonType"), w.param(o, "CreditPartyName"); reason != want[0] ||
				credit != want[1] {
				w.Errorf("reason %q, credit party %q, want %q", reason, credit, want)
			}
		}
	})
}

func TestReversedStatusIsASetting(t *testing.T) {
	inBubble(t, func(c *sim.Config) { c.ReversedStatus = "Cancelled" }, func(w *world) {
		receipt := w.pay(phone, 10)
		w.sim.Reverse(receipt)
		w.ask(statusPath, statusFields(receipt))
		time.Sleep(2 * time.Second)
		if got := w.param(w.onlyResult(), "TransactionStatus"); got != "Cancelled" {
			w.Errorf("status %q", got)
		}
	})
}
