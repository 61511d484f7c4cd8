package sim_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"cinemasphere/mpesa/sim"
)

func TestReversalBytes(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.pay(phone, 650)
		receipt := w.pay(phone, 1350)
		time.Sleep(90 * time.Second)
		id := w.ask(reversalPath, reversalFields(receipt, 1350))
		time.Sleep(2 * time.Second)
		back := w.sim.Reversals()[0]
		want := `{"Result":{"ResultType":0,"ResultCode":0,` +
			`"ResultDesc":"The service request is processed successfully.","OriginatorConversationID":"` +
			w.sim.Requests()[0].OriginatorConversationID + `","ConversationID":"` + id + `","TransactionID":"` +
			back.Receipt + `",` +
			`"ResultParameters":{"ResultParameter":[{"Key":"DebitAccountBalance",` +
			`"Value":"Utility Account|KES|650.00|650.00|0.00|0.00"},{"Key":"Amount","Value":1350.00},` +
			`{"Key":"TransCompletedTime","Value":20000101030131},{"Key":"OriginalTransactionID","Value":"` +
			receipt + `"},` +
			`{"Key":"Charge","Value":0.00},` +
			`{"Key":"CreditPartyPublicName","Value":"254712345678 - IAN KIPKORIR OUMA"},` +
			`{"Key":"DebitPartyPublicName","Value":"174379 - CinemaSphere"}]},` +
			`"ReferenceData":{"ReferenceItem":{"Key":"QueueTimeoutURL",` +
			`"Value":"https://internalsandbox.safaricom.co.ke/mpesa/reversalresults/v1/submit"}}}}`
		if got := w.to("/result")[0].body; got != want {
			w.Errorf("result\n%s\nwant\n%s", got, want)
		}
		if back.Of != receipt || back.Amount != 1350 || back.Phone != phone || back.By != sim.ByAPI ||
			back.ConversationID != id ||
			back.At.Sub(w.born) != 91*time.Second || back.Receipt == receipt || len(back.Receipt) != 10 {
			w.Errorf("reversal %+v", back)
		}
		if e := w.sim.Ledger()[1]; !e.Reversed || e.Reversal == nil || *e.Reversal != back {
			w.Errorf("ledger entry %+v", e)
		}
		if e := w.sim.Ledger()[0]; e.Reversed || e.Reversal != nil {
			w.Errorf("the other entry %+v", e)
		}
		w.wantMoney(2000, 1350, 650)
	})
}

// wantMoney checks what was taken, what went back and what is left, in the ledger and in the totals.
func (w *world) wantMoney(taken, back, balance int) {
	w.Helper()
	sumTaken, sumBack, onEntries := 0, 0, 0
	for _, e := range w.sim.Ledger() {
		if sumTaken += e.Amount; e.Reversal != nil {
			onEntries += e.Reversal.Amount
		}
	}
	for _, r := range w.sim.Reversals() {
		sumBack += r.Amount
	}
	totals := w.sim.Totals()
	if sumTaken != taken || sumBack != back || onEntries != back || totals.PaidAmount != taken ||
		totals.ReversedAmount != back ||
		totals.Balance != balance || totals.Net() != taken-back || totals.Reversed != len(w.sim.Reversals()) {
		w.Errorf("ledger %d taken, %d (%d) back, totals %+v; want %d, %d and %d left", sumTaken, sumBack, onEntries,
			totals, taken, back, balance)
	}
}

func TestReversalRefused(t *testing.T) {
	const already, unknown = "The transaction has already been reversed.", "The OriginalTransactionID is invalid."
	for name, test := range map[string]struct {
		before func(w *world, receipt string)
		ask    func(receipt string) map[string]any
		code   any
		desc   string
	}{
		"reversed already": {
			func(w *world, receipt string) {
				w.ask(reversalPath, reversalFields(receipt, 100))
				time.Sleep(2 * time.Second)
			}, func(receipt string) map[string]any { return reversalFields(receipt, 100) }, "R000001", already,
		},
		"reversed already by hand": {
			func(w *world, receipt string) { w.sim.Reverse(receipt) },
			func(receipt string) map[string]any { return reversalFields(receipt, 100) }, "R000001", already,
		},
		"unknown receipt": {
			nil, func(string) map[string]any { return reversalFields("UA1ZZZZZZZ", 100) }, "R000002", unknown,
		},
		"not enough money": {
			func(w *world, _ string) { w.sim.Withdraw(1) },
			func(receipt string) map[string]any { return reversalFields(receipt, 100) },
			json.Number("1"), "The balance is insufficient for the transaction.",
		},
		"more than was paid": {
			nil, func(receipt string) map[string]any { return reversalFields(receipt, 101) }, json.Number("2006"),
			"Declined due to account rule.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				receipt := w.pay(phone, 100)
				if test.before != nil {
					test.before(w, receipt)
				}
				before := w.sim.Totals()
				w.ask(reversalPath, test.ask(receipt))
				time.Sleep(2 * time.Second)
				list := w.results()
				r := list[len(list)-1].Result
				if r.ResultCode != test.code || r.ResultDesc != test.desc || r.TransactionID != "UA10000000" ||
					r.ResultParameters.ResultParameter != nil ||
					!strings.Contains(string(r.ReferenceData.ReferenceItem), "QueueTimeoutURL") {
					w.Errorf("result %+v", r)
				}
				if after := w.sim.Totals(); after.Balance != before.Balance || after.Reversed != before.Reversed {
					w.Errorf("money moved: %+v, then %+v", before, after)
				}
			})
		})
	}
}

func TestReversalOfAReversal(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.sim.Reverse(w.pay(phone, 100))
		w.ask(reversalPath, reversalFields(w.sim.Reversals()[0].Receipt, 100))
		time.Sleep(2 * time.Second)
		if code := w.onlyResult().Result.ResultCode; code != "R000002" {
			w.Errorf("code %v", code)
		}
		w.wantMoney(100, 100, 0)
	})
}

func TestReversalOfAPart(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		receipt := w.pay(phone, 100)
		w.ask(reversalPath, reversalFields(receipt, 40))
		time.Sleep(2 * time.Second)
		w.ask(reversalPath, reversalFields(receipt, 60))
		time.Sleep(2 * time.Second)
		if list := w.results(); list[0].Result.ResultCode != json.Number("0") ||
			list[1].Result.ResultCode != "R000001" {
			w.Errorf("results %+v", list)
		}
		w.wantMoney(100, 40, 60)
	})
}

// Two requests for one receipt at once: the money goes back once.
func TestReversalTwiceAtOnce(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		receipt := w.pay(phone, 100)
		w.ask(reversalPath, reversalFields(receipt, 100))
		w.ask(reversalPath, reversalFields(receipt, 100))
		time.Sleep(2 * time.Second)
		codes := map[any]int{}
		for _, o := range w.results() {
			codes[o.Result.ResultCode]++
		}
		if codes[json.Number("0")] != 1 || codes["R000001"] != 1 {
			w.Errorf("codes %v", codes)
		}
		w.wantMoney(100, 100, 0)
	})
}

func TestReversalShapes(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		for _, test := range []struct {
			shape sim.Shape
			want  string
		}{
			{sim.ShapeSingle, `"ResultParameters":{"ResultParameter":{"Key":"OriginalTransactionID","Value":"`},
			{sim.ShapeBare, `{"Key":"Amount"},{"Key":"TransCompletedTime","Value":"01.01.2000 03:00:`},
			{sim.ShapeLists, `"ReferenceData":{"ReferenceItem":[{"Key":"QueueTimeoutURL"`},
			{sim.ShapeDocumented, `{"Key":"Amount","Value":"10"},{"Key":"TransCompletedTime","Value":"2000`},
			{sim.ShapeOld, `"ResultParameter":[{"Key":"DebitPartyPublicName"`},
		} {
			w.sim.SetScript(phone, sim.Script{Reversal: sim.Call{Shape: test.shape}})
			w.ask(reversalPath, reversalFields(w.pay(phone, 10), 10))
			time.Sleep(2 * time.Second)
			calls := w.to("/result")
			if got := calls[len(calls)-1].body; !strings.Contains(got, test.want) || !json.Valid([]byte(got)) {
				w.Errorf("%s: %s\nwant in it %s", test.shape, got, test.want)
			}
		}
	})
}

func TestWithdraw(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		receipt := w.pay(phone, 100)
		for amount, want := range map[int]bool{-1: false, 101: false} {
			if w.sim.Withdraw(amount) != want {
				w.Errorf("Withdraw(%d) is not %v", amount, want)
			}
		}
		if !w.sim.Withdraw(60) || w.sim.Reverse(receipt) {
			w.Error("a payment went back that is not there any more")
		}
		w.wantMoney(100, 0, 40)
		w.pay(phone, 60)
		for range 2 { // the second time it is back already
			if !w.sim.Reverse(receipt) {
				w.Error("a payment did not go back, or is not known to be back")
			}
		}
		w.wantMoney(160, 100, 0)
	})
}
