package sim_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa/sim"
)

func TestControlMoney(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.register(urlsPath2)
		pay := func(body string, status int) string {
			return strings.Trim(strings.TrimPrefix(w.control("POST", "/payments", body, status).body, `{"receipt":`),
				`"}`)
		}
		first := pay(`{"phone":"254712345678","to":"174379","account":"A","amount":100,"pin":"1234"}`,
			http.StatusCreated)
		second := pay(`{"phone":"254712345678","to":"5123456","amount":200,"pin":"1234"}`, http.StatusCreated)
		for body, status := range map[string]int{
			`{`: 400, `{"from":"254712345678"}`: 400, `{"phone":"254712345678","to":"1","amount":1,"pin":"1234"}`: 400,
			`{"phone":"254712345678","to":"5123456","amount":1,"pin":"0000"}`: 409,
		} {
			pay(body, status)
		}
		w.control("POST", "/withdraw", `{"amount":301}`, http.StatusConflict)
		w.control("POST", "/withdraw", `{"amount":-1}`, http.StatusConflict)
		w.control("POST", "/withdraw", `{"amount":"1"}`, http.StatusBadRequest)
		w.control("POST", "/withdraw", `{"amount":50}`, http.StatusNoContent)
		w.control("POST", "/ledger/"+second+"/reverse?by=safaricom", "", http.StatusNoContent)
		w.control("POST", "/ledger/"+second+"/reverse", "", http.StatusNoContent) // it is
		w.control("POST", "/ledger/"+first+"/reverse", "", http.StatusConflict)   // 50 left
		w.control("POST", "/ledger/NOSUCHONE1/reverse", "", http.StatusNotFound)

		var ledger []sim.Entry
		w.list("/ledger", &ledger)
		if len(ledger) != 2 || ledger[0].Kind != sim.KindC2B || ledger[0].Reference != "A" ||
			ledger[0].Reversal != nil ||
			!ledger[1].Reversed || ledger[1].Reversal == nil || ledger[1].Reversal.By != sim.BySafaricom {
			w.Errorf("ledger %+v", ledger)
		}
		var reversals []sim.Reversal
		w.list("/reversals", &reversals)
		if len(reversals) != 1 || reversals[0] != *ledger[1].Reversal || reversals[0].Of != second ||
			reversals[0].Amount != 200 {
			w.Errorf("reversals %+v", reversals)
		}
		if a := w.control("GET", "/reversals?from=1", "", http.StatusOK); a.body != "[]" {
			w.Errorf("reversals from their end %s", a.body)
		}
		w.ask(statusPath, statusFields(first))
		time.Sleep(2 * time.Second)
		var requests []sim.Request
		w.list("/requests", &requests)
		if len(requests) != 1 || requests[0].Receipt != first || requests[0].ResultCode != "0" ||
			len(requests[0].Deliveries) != 1 {
			w.Errorf("requests %+v", requests)
		}
		var totals sim.Totals
		w.list("/totals", &totals)
		want := sim.Totals{
			Tokens: 1, Paid: 2, PaidAmount: 300, Reversed: 1, ReversedAmount: 200, Balance: 50, Requests: 1,
			ResultsOK: 1, ConfirmsOK: 2,
		}
		if totals != want {
			w.Errorf("totals %+v, want %+v", totals, want)
		}
	})
}

func TestControlC2B(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		if a := w.control("GET", "/urls", "",
			http.StatusOK); a.body != `{"version":0,"responseType":"","confirmationUrl":"","validationUrl":""}` {
			w.Errorf("nothing registered: %s", a.body)
		}
		w.register(urlsPath1)
		if a := w.control("GET", "/urls", "",
			http.StatusOK); a.body !=
			`{"version":1,"responseType":"Completed","confirmationUrl":"https://cinema.test/confirmation",`+
				`"validationUrl":"https://cinema.test/validation"}` {
			w.Errorf("registered: %s", a.body)
		}
		w.control("PUT", "/echo", `{"echo":"sometimes"}`, http.StatusBadRequest)
		w.control("PUT", "/echo", `{"echo":"after"}`, http.StatusNoContent)
		w.pay(phone, 10)
		w.control("PUT", "/echo", `{"echo":""}`, http.StatusNoContent)
		w.pay(phone, 10)
		w.control("PUT", "/echo", `{"echo":"before"}`, http.StatusNoContent)
		w.control("DELETE", "/urls", "", http.StatusNoContent)
		w.pay(phone, 10)
		synctest.Wait()
		if n := len(w.to("/confirmation")); n != 1 {
			w.Errorf("%d confirmations, want the one of the first payment", n)
		}
	})
}

func TestControlOutages(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		for _, bad := range []string{
			`{}`, `{"forMs":1000,"answer":"dark"}`, `{"forMs":0,"answer":"blocked"}`,
			`{"forMs":1000,"answer":"blocked","afterMs":-1}`,
			`{"forMs":1000,"answer":"blocked","calls":"stkpush,everything"}`,
			`{"forMs":1000,"answer":"blocked","from":"2000-01-01T00:00:00Z"}`,
		} {
			w.control("POST", "/outages", bad, http.StatusBadRequest)
		}
		w.control("POST", "/outages",
			`{"forMs":60000,"afterMs":60000,"answer":"blocked","calls":"stkpush, oauth","holdCallbacks":true}`,
			http.StatusNoContent)
		want := `[{"from":"` + w.born.Add(time.Minute).Format(time.RFC3339) +
			`","forMs":60000,"answer":"blocked","calls":"stkpush, oauth","loseCallbacks":false,"holdCallbacks":true}]`
		if a := w.control("GET", "/outages", "", http.StatusOK); a.body != want {
			w.Errorf("outages %s, want %s", a.body, want)
		}
		if !w.ordinary() {
			w.Error("felt before its time")
		}
		time.Sleep(90 * time.Second)
		if w.ordinary() {
			w.Error("not felt in its time")
		}
		w.control("DELETE", "/outages", "", http.StatusNoContent)
		if a := w.control("GET", "/outages", "", http.StatusOK); a.body != "[]" || !w.ordinary() {
			w.Errorf("outages %s after they were ended", a.body)
		}
	})
}

func TestControlScriptOfCalls(t *testing.T) {
	w := newWorld(t, nil)
	script := sim.Script{
		Result: "0", ReportDelta: -1, FailureLast: true, Query: sim.AnswerSpellings, QueryTimes: 3,
		Echo: sim.EchoBetween, Confirmations: sim.NoCallback, ConfirmationAfter: 2 * time.Second,
		Status: sim.Call{
			Answer: sim.AnswerLost, AnswerAfter: time.Second, Result: "2032", ResultDesc: "x", ResultAfter: time.Minute,
			Times: 2, Shape: sim.ShapeOld, Party: sim.PartyLocal,
		},
		Reversal: sim.Call{Results: sim.NoCallback, ResultFirst: true, TimedOut: true, Undone: true},
	}
	text, err := json.Marshal(script)
	if err != nil {
		t.Fatal(err)
	}
	w.control("PUT", "/scripts/"+phone, string(text), http.StatusNoContent)
	if got := w.sim.ScriptOf(phone); got != script {
		t.Errorf("script %+v, want %+v", got, script)
	}
	for _, bad := range []string{
		`{"query":"maybe"}`, `{"echo":"maybe"}`, `{"confirmations":-2}`, `{"queryTimes":-1}`,
		`{"status":{"answer":"maybe"}}`, `{"status":{"shape":"round"}}`,
		`{"reversal":{"party":"nobody"}}`, `{"reversal":{"results":-2}}`, `{"reversal":{"resultAfterMs":-1}}`,
		`{"reversal":{"outcome":""}}`,
	} {
		w.control("PUT", "/scripts/"+phone, bad, http.StatusBadRequest)
	}
}
