package sim_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa/sim"
)

func (w *world) control(method, path, body string, status int) answer {
	w.Helper()
	a, err := w.do(method, "/control"+path, nil, body)
	if err != nil {
		w.Fatal(err)
	}
	if a.status != status {
		w.Errorf("%s %s %s: HTTP %d %s, want %d", method, path, body, a.status, a.body, status)
	}
	return a
}

func TestControlScript(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		const script = `{"answer":"lost","answerAfterMs":500,"result":"0","resultDesc":"x","resultAfterMs":2000,` +
			`"paidLaterMs":1,"amountDelta":-2,"callbackAfterMs":3,"callbacks":2,"callbackFirst":true,"times":4}`
		w.control("PUT", "/scripts/"+phone, script, http.StatusNoContent)
		if a := w.control("GET", "/scripts/"+phone, "", http.StatusOK); a.body != script {
			w.Errorf("script read back %s, want %s", a.body, script)
		}
		want := sim.Script{
			Answer: sim.AnswerLost, AnswerAfter: 500 * time.Millisecond, Result: "0", ResultDesc: "x",
			ResultAfter: 2 * time.Second, PaidLater: time.Millisecond, AmountDelta: -2,
			CallbackAfter: 3 * time.Millisecond, Callbacks: 2, CallbackFirst: true, Times: 4,
		}
		if got := w.sim.ScriptOf(phone); got != want {
			w.Errorf("script %+v, want %+v", got, want)
		}
		w.control("DELETE", "/scripts/"+phone, "", http.StatusNoContent)
		if got := w.sim.ScriptOf(phone); got != (sim.Script{}) {
			w.Errorf("script %+v after it was deleted", got)
		}
		for _, bad := range []string{
			`{`, ``, `{"result":0}`, `{"outcome":"0"}`, `{"answer":"maybe"}`, `{"resultAfterMs":-1}`,
			`{"callbacks":-2}`,
		} {
			w.control("PUT", "/scripts/"+phone, bad, http.StatusBadRequest)
		}
		w.control("PUT", "/scripts/0712345678", `{}`, http.StatusBadRequest)
		w.control("PUT", "/scripts/*", `{"result":"0","resultAfterMs":1000}`, http.StatusNoContent)
		w.push(phone, 10)
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(w.sim.Ledger()); n != 1 {
			w.Errorf("%d ledger entries, want 1", n)
		}
	})
}

func TestControlAnswersAndLists(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.control("POST", "/phones/"+phone+"/pin", `{"pin":"1234"}`, http.StatusConflict)
		w.push(phone, 10)
		for _, bad := range []string{``, `{}`, `{"pin":1234}`, `{"pin":"12345"}`} {
			w.control("POST", "/phones/"+phone+"/pin", bad, http.StatusBadRequest)
		}
		w.control("POST", "/phones/"+phone+"/shake", "", http.StatusNotFound)
		w.control("POST", "/phones/"+phone+"/pin", `{"pin":"1234"}`, http.StatusNoContent)
		w.push(phone, 20)
		w.control("POST", "/phones/"+phone+"/cancel", "", http.StatusNoContent)
		w.push(phone, 30)
		w.control("POST", "/phones/"+phone+"/expire", "", http.StatusNoContent)
		synctest.Wait()

		var pushes []sim.Push
		w.list("/pushes?phone="+phone, &pushes)
		codes := ""
		for _, p := range pushes {
			codes += p.ResultCode + " "
		}
		if codes != "0 1032 1037 " || len(pushes[0].Deliveries) != 1 {
			w.Errorf("pushes %+v, codes %s", pushes, codes)
		}
		w.list("/pushes", &pushes)
		if len(pushes) != 3 {
			w.Errorf("%d pushes in all, want 3", len(pushes))
		}
		var ledger []sim.Entry
		w.list("/ledger", &ledger)
		if len(ledger) != 1 || ledger[0].Receipt != pushes[0].Receipt || ledger[0].Amount != 10 {
			w.Errorf("ledger %+v", ledger)
		}
		w.control("POST", "/ledger/"+ledger[0].Receipt+"/reverse", "", http.StatusNoContent)
		w.control("POST", "/ledger/NOSUCHONE1/reverse", "", http.StatusNotFound)
		if !w.sim.Ledger()[0].Reversed {
			w.Error("not marked as reversed")
		}
		if a := w.control("GET", "/ledger?from=1", "", http.StatusOK); a.body != "[]" {
			w.Errorf("ledger from its end %s", a.body)
		}
		var totals sim.Totals
		w.list("/totals", &totals)
		want := sim.Totals{
			Tokens: 1, Accepted: 3, Paid: 1, PaidAmount: 10, Reversed: 1, ReversedAmount: 10, Failed: 2, CallbacksOK: 3,
		}
		if totals != want {
			w.Errorf("totals %+v, want %+v", totals, want)
		}
		w.control("POST", "/token/revoke", "", http.StatusNoContent)
		if a, _ := w.post(pushPath, pushFields(phone, 1)); a.status != http.StatusNotFound {
			w.Errorf("HTTP %d with a revoked token", a.status)
		}
	})
}

func (w *world) list(path string, into any) {
	w.Helper()
	a := w.control("GET", path, "", http.StatusOK)
	if err := json.Unmarshal([]byte(a.body), into); err != nil {
		w.Fatalf("%s: %v", a.body, err)
	}
}

func TestHandlerServesAllThree(t *testing.T) {
	w := newWorld(t, nil)
	if a, err := w.do("GET", "/handset/", nil, ""); err != nil || a.status != http.StatusOK {
		t.Errorf("handset: %v, HTTP %d", err, a.status)
	}
	w.control("GET", "/totals", "", http.StatusOK)
	w.push(phone, 1)
}
