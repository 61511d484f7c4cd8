package sim_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa/sim"
)

// fate is what a scenario must come to: the callbacks with the time they arrive, and what is in the ledger.
type fate struct {
	codes  []any
	at     []time.Duration
	amount int // in the ledger; 0 is nothing taken
	check  func(w *world, a answer, err error)
}

func fates() map[string]fate {
	one := json.Number("1")
	num := func(s string) json.Number { return json.Number(s) }
	const s = time.Second
	accepted := func(w *world, a answer, err error) {
		w.Helper()
		if err != nil || a.status != http.StatusOK || a.json(w.T)["ResponseCode"] != "0" {
			w.Errorf("answer %+v, %v, want it accepted", a, err)
		}
	}
	fault := func(status int, code, message string) func(*world, answer, error) {
		return func(w *world, a answer, err error) {
			w.Helper()
			if err != nil {
				w.Fatal(err)
			}
			w.wantFault(a, status, code, message)
		}
	}
	return map[string]fate{
		"001": {[]any{num("0")}, []time.Duration{3 * s}, 1350, accepted},
		"032": {[]any{num("1032")}, []time.Duration{3 * s}, 0, accepted},
		"201": {[]any{num("2001")}, []time.Duration{3 * s}, 0, accepted},
		"100": {[]any{one}, []time.Duration{3 * s}, 0, accepted},
		"037": {[]any{num("1037")}, []time.Duration{3 * s}, 0, accepted},
		"404": {nil, nil, 1350, accepted},
		"002": {[]any{num("0"), num("0")}, []time.Duration{3 * s, 4 * s}, 1350, accepted},
		"003": {[]any{num("0")}, []time.Duration{0}, 1350, func(w *world, a answer, err error) {
			accepted(w, a, err)
			if n := len(w.received()); n != 1 {
				w.Errorf("%d callbacks when the push was answered, want 1", n)
			}
		}},
		"300": {[]any{num("0")}, []time.Duration{5*time.Minute + 3*s}, 1350, accepted},
		"408": {[]any{num("0")}, []time.Duration{3 * s}, 1350, func(w *world, _ answer, err error) {
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				w.Errorf("error %v, want a lost connection", err)
			}
		}},
		"429": {nil, nil, 0, fault(500, "500.003.02", "System is busy. Please try again in few minutes.")},
		"423": {nil, nil, 0, fault(500, "500.001.1001",
			"Unable to lock subscriber, a transaction is already in process for the current subscriber")},
		"403": {nil, nil, 0, func(w *world, a answer, err error) {
			if err != nil || a.status != 403 || a.header.Get("Content-Type") != "text/html" ||
				!strings.Contains(a.body, "Request unsuccessful. Incapsula incident ID: ") {
				w.Errorf("answer %+v, %v, want the firewall's page", a, err)
			}
		}},
		"913": {[]any{"SFC_IC0003"}, []time.Duration{3 * s}, 0, accepted},
		"999": {[]any{num("0")}, []time.Duration{3 * s}, 1349, accepted},
		"210": {[]any{num("1037"), num("0")}, []time.Duration{3 * s, 13 * s}, 1350, accepted},
	}
}

func TestScenarios(t *testing.T) {
	want := fates()
	if len(want) != len(sim.Scenarios()) {
		t.Errorf("%d scenarios, %d tested", len(sim.Scenarios()), len(want))
	}
	for _, sc := range sim.Scenarios() {
		fate, ok := want[sc.Suffix]
		if !ok || sc.Name == "" || sc.What == "" {
			t.Errorf("scenario %q is not tested or not explained", sc.Suffix)
			continue
		}
		t.Run(sc.Suffix, func(t *testing.T) {
			inBubble(t, nil, func(w *world) { fate.happens(w, sc) })
		})
	}
}

func (f fate) happens(w *world, sc sim.Scenario) {
	a, err := w.post(pushPath, pushFields(sc.Example(), 1350))
	f.check(w, a, err)
	time.Sleep(time.Hour)
	synctest.Wait()
	calls := w.received()
	if len(calls) != len(f.codes) {
		w.Fatalf("%d callbacks, want %d", len(calls), len(f.codes))
	}
	for i, c := range calls {
		code, items := c.result(w.T)
		if code != f.codes[i] || c.at != f.at[i] {
			w.Errorf("callback %d: code %#v after %v, want %#v after %v", i, code, c.at, f.codes[i], f.at[i])
		}
		if paid := code == json.Number("0"); paid != (items["MpesaReceiptNumber"] != nil) {
			w.Errorf("callback %d has the wrong metadata: %s", i, c.body)
		}
	}
	f.checkLedger(w, sc, calls)
	if waiting := w.sim.Totals().Waiting; waiting != 0 {
		w.Errorf("%d prompts still on phones", waiting)
	}
}

func (f fate) checkLedger(w *world, sc sim.Scenario, calls []call) {
	ledger := w.sim.Ledger()
	if f.amount == 0 {
		if len(ledger) != 0 {
			w.Errorf("ledger %+v, want nothing taken", ledger)
		}
		return
	}
	if len(ledger) != 1 {
		w.Fatalf("%d ledger entries, want 1", len(ledger))
	}
	e := ledger[0]
	if e.Amount != f.amount || e.Phone != sc.Example() || e.Reference != "K7QX2M" ||
		e.CallbackURL != "https://cinema.test/cb/"+sc.Example() || e.Reversed {
		w.Errorf("ledger entry %+v, want %d shillings of %s", e, f.amount, sc.Example())
	}
	if len(calls) > 0 {
		_, items := calls[len(calls)-1].result(w.T)
		if items["MpesaReceiptNumber"] != e.Receipt || items["Amount"] != json.Number(itoa(e.Amount)+".00") {
			w.Errorf("callback has %v, the ledger %+v", items, e)
		}
	}
}

func TestSpeed(t *testing.T) {
	inBubble(t, func(c *sim.Config) { c.Speed = 100 }, func(w *world) {
		w.push("254712345300", 10) // 3 s, then 5 minutes
		w.push(phone, 10)          // a prompt of 60 s
		time.Sleep(time.Hour)
		calls := w.received()
		if len(calls) != 2 || calls[0].at != 600*time.Millisecond || calls[1].at != 3030*time.Millisecond {
			w.Errorf("callbacks %+v, want them after 0.6 s and 3.03 s", calls)
		}
	})
}

func TestScriptOrder(t *testing.T) {
	w := newWorld(t, func(c *sim.Config) { c.Default = sim.Script{Result: "1"} })
	result := func(phone string) string { return w.sim.ScriptOf(phone).Result }
	if got := result(phone); got != "1" {
		t.Errorf("an ordinary phone has result %q, want the default's 1", got)
	}
	if got := result("254712345032"); got != "1032" {
		t.Errorf("a scenario's phone has result %q, want 1032", got)
	}
	w.sim.SetScript("*", sim.Script{Result: "0"})
	if got := result("254712345032"); got != "0" {
		t.Errorf("with a script for all, result %q, want 0", got)
	}
	w.sim.SetScript("254712345032", sim.Script{Result: "17"})
	if got := result("254712345032"); got != "17" {
		t.Errorf("with a script of its own, result %q, want 17", got)
	}
	w.sim.ClearScript("254712345032")
	w.sim.ClearScript("*")
	if got := result("254712345032"); got != "1032" {
		t.Errorf("after clearing, result %q, want 1032", got)
	}
}

func TestScriptedAnswers(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		script := func(sc sim.Script) (answer, time.Duration, error) {
			sc.Times = 1
			w.sim.SetScript(phone, sc)
			start := time.Now()
			a, err := w.post(pushPath, pushFields(phone, 10))
			return a, time.Since(start), err
		}
		a, took, err := script(sim.Script{
			AnswerAfter: 500 * time.Millisecond, Result: "0", ResultAfter: 100 * time.Millisecond,
		})
		if err != nil || a.status != 200 || took != 500*time.Millisecond || len(w.received()) != 1 {
			w.Errorf("slow answer: %+v, %v after %v, %d callbacks", a, err, took, len(w.received()))
		}
		a, _, err = script(sim.Script{Answer: sim.AnswerEmpty, Result: "0"})
		if err != nil || a.status != 200 || a.body != "" {
			w.Errorf("empty answer: %+v, %v", a, err)
		}
		synctest.Wait()
		a, _, _ = script(sim.Script{Answer: sim.AnswerInternal, Result: "0"})
		w.wantFault(a, 500, "500.003.1001", "Internal Server Error")
		synctest.Wait()
		a, _, _ = script(sim.Script{Answer: sim.AnswerQuota})
		w.wantFault(a, 500, "500.003.03", "Quota Violation")
		if paid := w.sim.Totals(); paid.Paid != 3 || paid.Refused != 1 {
			w.Errorf("totals %+v, want 3 paid and 1 refused", paid)
		}
		w.push(phone, 10) // each script was for one push
		if err := w.sim.PIN(phone, "1111"); err != nil {
			w.Error(err)
		}
	})
}

func TestInteractivePromptDiesUnanswered(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		id := w.push(phone, 10)
		time.Sleep(time.Minute - time.Millisecond)
		if n := len(w.received()); n != 0 {
			w.Fatalf("%d callbacks before the minute is over", n)
		}
		time.Sleep(time.Second)
		calls := w.received()
		if len(calls) != 1 || calls[0].at != time.Minute ||
			!strings.Contains(calls[0].body, `"ResultCode":1037,"ResultDesc":"No response from user."}`) {
			w.Errorf("callbacks %+v, want 1037 after a minute", calls)
		}
		if !strings.Contains(w.query(id).body, "DS timeout user cannot be reached.") {
			w.Error("the query's text is not the one observed")
		}
		for _, err := range []error{w.sim.PIN(phone, "1234"), w.sim.Cancel(phone), w.sim.Expire(phone)} {
			if !errors.Is(err, sim.ErrNoPrompt) {
				w.Errorf("error %v, want ErrNoPrompt", err)
			}
		}
	})
}
