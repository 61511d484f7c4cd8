package sim_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa/sim"
)

// ordinary tells whether a push is answered as usual now.
func (w *world) ordinary() bool {
	w.Helper()
	a, err := w.post(pushPath, pushFields(phone, 1))
	if err != nil || a.status != http.StatusOK || !strings.Contains(a.body, `"ResponseCode":"0"`) {
		return false
	}
	if err := w.sim.Cancel(phone); err != nil {
		w.Fatal(err)
	}
	return true
}

func TestOutageAnswers(t *testing.T) {
	fault := func(status int, code, message string) func(*world, answer, error) {
		return func(w *world, a answer, err error) {
			w.Helper()
			if err != nil {
				w.Fatal(err)
			}
			w.wantFault(a, status, code, message)
		}
	}
	page := func(status int) func(*world, answer, error) {
		return func(w *world, a answer, err error) {
			if err != nil || a.status != status || a.header.Get("Content-Type") != "text/html" ||
				!strings.Contains(a.body, "Incapsula incident ID: ") {
				w.Errorf("%v %+v", err, a)
			}
		}
	}
	fails := func(want error) func(*world, answer, error) {
		return func(w *world, a answer, err error) {
			if !errors.Is(err, want) {
				w.Errorf("%+v, error %v, want %v", a, err, want)
			}
		}
	}
	for as, test := range map[sim.Answer]struct {
		check func(*world, answer, error)
		done  bool
	}{
		sim.AnswerAccepted:    {func(*world, answer, error) {}, true},
		sim.AnswerLost:        {fails(io.ErrUnexpectedEOF), true},
		sim.AnswerEmpty:       {func(w *world, a answer, err error) { fails(nil)(w, a, err); w.wantEmpty(a) }, true},
		sim.AnswerInternal:    {fault(500, "500.003.1001", "Internal Server Error"), true},
		sim.AnswerBusy:        {fault(500, "500.003.02", "System is busy. Please try again in few minutes."), false},
		sim.AnswerSpike:       {fault(500, "500.003.02", "Error Occurred: Spike Arrest Violation"), false},
		sim.AnswerQuota:       {fault(500, "500.003.03", "Quota Violation"), false},
		sim.AnswerToken:       {fault(404, "404.001.03", "Invalid Access Token"), false},
		sim.AnswerBlocked:     {page(403), false},
		sim.AnswerUnavailable: {page(503), false},
		sim.AnswerPage:        {page(200), false},
		sim.AnswerRefused:     {fails(syscall.ECONNREFUSED), false},
		sim.AnswerTooMany: {func(w *world, a answer, err error) {
			if err != nil || a.status != 429 ||
				!strings.Contains(a.body, `"errorcode":"policies.ratelimit.SpikeArrestViolation"`) {
				w.Errorf("%v %+v", err, a)
			}
		}, false},
	} {
		t.Run(string(as), func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				w.sim.AddOutage(sim.Outage{For: 30 * time.Minute, Answer: as})
				a, err := w.post(pushPath, pushFields(phone, 10))
				test.check(w, a, err)
				if rung := len(w.sim.Pushes(phone)) == 1; rung != test.done {
					w.Errorf("prompt on the phone: %v, want %v", rung, test.done)
				}
				time.Sleep(30*time.Minute - time.Second)
				if as != sim.AnswerAccepted && w.ordinary() {
					w.Error("over too early")
				}
				time.Sleep(5 * time.Minute)
				if !w.ordinary() {
					w.Error("not over")
				}
			})
		})
	}
}

func (w *world) wantEmpty(a answer) {
	w.Helper()
	if a.status != 200 || a.body != "" {
		w.Errorf("%+v, want an empty 200", a)
	}
}

func TestOutageInTime(t *testing.T) {
	inBubble(t, func(c *sim.Config) {
		c.Outages = []sim.Outage{{
			From: time.Now().Add(10 * time.Minute), For: 30 * time.Minute, Answer: sim.AnswerBlocked,
		}}
	}, func(w *world) {
		// felt inside the other
		w.sim.AddOutage(sim.Outage{From: time.Now().Add(20 * time.Minute), For: time.Minute, Answer: sim.AnswerQuota})
		for minute := range 50 {
			want := ""
			switch {
			case minute == 20:
				want = "500.003.03"
			case 10 <= minute && minute < 40:
				want = "Incapsula"
			}
			a, err := w.post(queryPath, map[string]any{})
			if err != nil || !strings.Contains(a.body, want) ||
				want == "" && !strings.Contains(a.body, "Invalid BusinessShortCode") {
				w.Errorf("minute %d: %v %+v, want %q", minute, err, a, want)
			}
			if n := len(w.sim.Outages()); (n == 2) != (minute < 21) || (n == 0) != (minute >= 40) {
				w.Errorf("minute %d: %d outages listed", minute, n)
			}
			time.Sleep(time.Minute)
		}
		w.sim.AddOutage(sim.Outage{For: time.Hour, Answer: sim.AnswerBlocked})
		w.sim.EndOutages()
		if !w.ordinary() {
			w.Error("ended, and felt")
		}
	})
}

func TestOutageOfSomeCalls(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.sim.AddOutage(sim.Outage{For: time.Hour, Answer: sim.AnswerBlocked, Calls: "stkquery, transactionstatus"})
		receipt := w.pay(phone, 10)
		if a := w.query("x"); a.status != 403 {
			w.Errorf("query %+v", a)
		}
		if a, _ := w.post(statusPath, statusFields(receipt)); a.status != 403 {
			w.Errorf("status %+v", a)
		}
		w.ask(reversalPath, reversalFields(receipt, 10))
		w.newToken()
		w.sim.AddOutage(sim.Outage{For: time.Hour, Answer: sim.AnswerToken})
		for range 3 { // new tokens can be had, and none is good
			w.token = w.newToken()
			if w.ordinary() {
				w.Error("a token was good")
			}
		}
	})
}

func TestOutageAtAnySpeed(t *testing.T) {
	inBubble(t, func(c *sim.Config) { c.Speed = 60 }, func(w *world) {
		w.sim.AddOutage(sim.Outage{For: 30 * time.Minute, Answer: sim.AnswerRefused})
		time.Sleep(30*time.Second - time.Nanosecond)
		if w.ordinary() {
			w.Error("over too early")
		}
		time.Sleep(time.Nanosecond)
		if !w.ordinary() {
			w.Error("not over after half a minute")
		}
	})
}

// A silent Daraja: whoever gives up is free, whoever does not is let go when the outage is over.
func TestSilence(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.sim.AddOutage(sim.Outage{For: 2 * time.Minute, Answer: sim.AnswerSilent})
		ctx, cancel := context.WithTimeout(w.Context(), 30*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, "POST", "http://daraja.test"+pushPath, strings.NewReader("{}"))
		if err != nil {
			w.Fatal(err)
		}
		start := time.Now()
		if _, err := w.client.Do(req); !errors.Is(err, context.DeadlineExceeded) ||
			time.Since(start) != 30*time.Second {
			w.Errorf("error %v after %v", err, time.Since(start))
		}
		if _, err := w.post(pushPath, pushFields(phone, 1)); !errors.Is(err, io.ErrUnexpectedEOF) ||
			time.Since(start) != 2*time.Minute {
			w.Errorf("error %v after %v", err, time.Since(start))
		}
		if n := len(w.sim.Pushes("")); n != 0 {
			w.Errorf("%d pushes", n)
		}
		w.sim.SetScript(phone, sim.Script{Answer: sim.AnswerSilent}) // without an outage it ends by itself
		start = time.Now()
		if _, err := w.post(pushPath, pushFields(phone, 1)); !errors.Is(err, io.ErrUnexpectedEOF) ||
			time.Since(start) != 5*time.Minute {
			w.Errorf("error %v after %v", err, time.Since(start))
		}
	})
}

func TestCloseEndsSilence(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.sim.AddOutage(sim.Outage{For: time.Hour, Answer: sim.AnswerSilent})
		ended := make(chan time.Duration, 1)
		go func() {
			_, _ = w.post(pushPath, pushFields(phone, 1))
			ended <- time.Since(w.born)
		}()
		time.Sleep(time.Minute)
		w.sim.Close()
		if at := <-ended; at != time.Minute {
			w.Errorf("ended after %v", at)
		}
	})
}

func TestOutageOfCallbacks(t *testing.T) {
	for name, test := range map[string]struct {
		outage  sim.Outage
		after   time.Duration // how long after the payment it is posted
		posts   int
		failed  int
		answers bool
	}{
		"lost": {sim.Outage{For: 30 * time.Minute, LoseCallbacks: true}, 0, 0, 1, true},
		"held": {sim.Outage{For: 30 * time.Minute, HoldCallbacks: true}, 30 * time.Minute, 1, 0, true},
		"held, and blocked": {sim.Outage{For: 30 * time.Minute, HoldCallbacks: true, Answer: sim.AnswerBlocked},
			30 * time.Minute, 1, 0, false},
		"blocked, not posts": {sim.Outage{For: 30 * time.Minute, Answer: sim.AnswerBlocked}, 0, 1, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				w.register(urlsPath2)
				receipt := w.pay("254712345679", 10)
				w.ask(reversalPath, reversalFields(receipt, 10))
				w.push(phone, 20)
				w.sim.AddOutage(test.outage)
				if err := w.sim.PIN(phone, "1234"); err != nil {
					w.Fatal(err)
				}
				w.byHand(paybill("A", 30))
				time.Sleep(2 * time.Hour)
				w.token = w.newToken()
				for path, first := range map[string]time.Duration{
					"/cb/" + phone: 0, "/confirmation": 0, "/result": time.Second,
				} {
					want := []time.Duration{max(test.after, first)}
					if test.posts == 0 {
						want = nil
					}
					w.wantPosted(path, want)
				}
				if got := w.sim.Totals(); got.CallbacksFailed != test.failed || got.ResultsFailed != test.failed ||
					got.ConfirmsFailed != test.failed {
					w.Errorf("totals %+v", got)
				}
				if d := w.sim.Pushes(phone)[0].Deliveries; len(d) != 1 ||
					(d[0].Error == "lost in an outage") != (test.failed == 1) {
					w.Errorf("deliveries %+v", d)
				}
				w.wantMoney(60, 10, 50)
			})
		})
	}
}

// Validation cannot be asked for in an outage of callbacks: the registered action decides.
func TestOutageOfValidation(t *testing.T) {
	for _, o := range []sim.Outage{{For: time.Minute, LoseCallbacks: true}, {For: time.Minute, HoldCallbacks: true}} {
		inBubble(t, func(c *sim.Config) { c.Validation = true }, func(w *world) {
			w.register(urlsPath2) // Completed
			w.says = func(call) string { return `{"ResultCode":"C2B00016"}` }
			w.sim.AddOutage(o)
			w.byHand(paybill("A", 10))
			w.wantMoney(10, 0, 10)
		})
	}
}

// Over sockets a refused connection can only be one that ends.
func TestRefusedOverHTTP(t *testing.T) {
	w := newWorld(t, nil)
	daraja := httptest.NewServer(w.sim.Daraja())
	defer daraja.Close()
	w.sim.AddOutage(sim.Outage{For: time.Hour, Answer: sim.AnswerRefused})
	w.client = &http.Client{Transport: toServer{daraja}}
	if a, err := w.post(pushPath, pushFields(phone, 10)); !errors.Is(err, io.EOF) {
		t.Errorf("answer %+v, error %v, want io.EOF", a, err)
	}
}

// Over sockets a caller who gives up ends the handler too.
func TestSilenceOverHTTP(t *testing.T) {
	w := newWorld(t, nil)
	served := make(chan struct{})
	daraja := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		defer close(served)
		w.sim.Daraja().ServeHTTP(rw, r)
	}))
	defer daraja.Close()
	w.sim.AddOutage(sim.Outage{For: time.Hour, Answer: sim.AnswerSilent})
	client := &http.Client{Timeout: 50 * time.Millisecond}
	if resp, err := client.Post(daraja.URL+pushPath, "application/json", strings.NewReader("{}")); err == nil {
		t.Errorf("HTTP %d, want none", resp.StatusCode)
	}
	select {
	case <-served:
	case <-time.After(10 * time.Second):
		t.Error("the handler goes on for nobody")
	}
}

func TestQueriesOfScripts(t *testing.T) {
	const processing, unknown = "The transaction is being processed", "The transaction does not Exist"
	for name, test := range map[string]struct {
		script sim.Script
		want   []string // what the answers to the queries of a paid push have in them, HTTP status first
	}{
		"processing": {sim.Script{Query: sim.AnswerProcessing}, []string{"500 " + processing, "500 " + processing}},
		"4999": {sim.Script{Query: sim.AnswerInFlight},
			[]string{`200 "ResultCode":"4999"`, `200 "ResultCode":"4999"`}},
		"nothing": {sim.Script{Query: sim.AnswerNothing}, []string{`200 "errorMessage":""`, `200 "errorMessage":""`}},
		"unknown at first": {sim.Script{Query: sim.AnswerUnknown, QueryTimes: 2},
			[]string{"500 " + unknown, "500 " + unknown, `200 "ResultCode":"0"`}},
		"HTML":  {sim.Script{Query: sim.AnswerBlocked}, []string{"403 Incapsula", "403 Incapsula"}},
		"quota": {sim.Script{Query: sim.AnswerQuota}, []string{"500 Quota Violation"}},
		"429":   {sim.Script{Query: sim.AnswerTooMany}, []string{"429 SpikeArrestViolation"}},
		"every spelling": {sim.Script{Query: sim.AnswerSpellings}, []string{
			"500 " + processing, `500 "errorMessage":""`, "500 " + unknown, "500 Unable to lock subscriber",
			"500 Internal Server Error",
			"500 Merchant does not exist", `500 "Wrong credentials"`, "500 [MerchantValidate] - Wrong credentials",
			"500 " + processing,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				w.sim.SetScript(phone, test.script)
				id := w.push(phone, 10)
				if err := w.sim.PIN(phone, "1234"); err != nil {
					w.Fatal(err)
				}
				for i, want := range test.want {
					status, text, _ := strings.Cut(want, " ")
					if a := w.query(id); itoa(a.status) != status || !strings.Contains(a.body, text) {
						w.Errorf("query %d: HTTP %d %s, want %s", i, a.status, a.body, want)
					}
				}
				synctest.Wait()
			})
		})
	}
}

func TestReportDelta(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.sim.SetScript(phone, sim.Script{Result: "0", ReportDelta: -5, AmountDelta: 1})
		w.push(phone, 10)
		synctest.Wait()
		if calls := w.received(); len(calls) != 1 ||
			!strings.Contains(calls[0].body, `{"Name":"Amount","Value":6.00}`) {
			w.Errorf("callbacks %+v", calls)
		}
		w.wantMoney(11, 0, 11)
	})
}
