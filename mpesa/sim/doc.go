// Package sim is Daraja, Safaricom's M-PESA API, as an http.Handler: OAuth, STK Push and STK Query with their checks,
// error bodies, odd in-flight answers and once-only callbacks, and the customer's handset as a web page. It stands in
// for Safaricom in the demo, in tests and under load, and keeps a [Sim.Ledger] of every shilling it took, so that a
// test can compare what was paid with what was delivered. Its behaviour follows observed traffic where there is any,
// else Safaricom's documentation.
//
// It must never run beside real money: no part of it belongs in a process that talks to the sandbox or to production.
// It opens no socket by itself, reads no environment and takes time and chance from its [Config], so it works inside a
// testing/synctest bubble as long as callbacks travel in the same process:
//
//	daraja := sim.New(sim.Config{ConsumerKey: "key", ConsumerSecret: "secret", Passkey: "passkey",
//		Shortcode: "174379", Callback: sim.InProcess(product)})
//	defer daraja.Close()
//	daraja.SetScript("254712345678", sim.Script{Result: "0", ResultAfter: time.Second})
//	client := &http.Client{Transport: sim.InProcess(daraja.Daraja())}
//
// What becomes of a push is said by a [Script]: the one set for its phone, else the one set for "*", else the scenario
// that the phone's last three digits name ([Scenarios]), else Config.Default, whose zero value asks on the handset page.
//
// # Control API
//
// [Sim.Control] is the same for another process, in JSON; [Sim.Handler] serves it under /control/. Delays are in
// milliseconds. "*" stands for every phone that has no script of its own.
//
//	PUT    /scripts/{phone}        set the script of a phone; the body is a Script
//	GET    /scripts/{phone}        the script a push to this phone would follow now
//	DELETE /scripts/{phone}        forget it
//	POST   /phones/{phone}/pin     {"pin":"1234"}: answer the prompt; 409 where there is none
//	POST   /phones/{phone}/cancel  refuse the prompt
//	POST   /phones/{phone}/expire  let the prompt time out now
//	POST   /token/revoke           make the present access token invalid
//	POST   /ledger/{receipt}/reverse  mark a payment as reversed, as an operator does in M-PESA's own portal
//	GET    /pushes?phone=          accepted pushes, oldest first; of one phone (its last 20), or all that are kept
//	GET    /ledger?from=0          what was taken, from that index on
//	GET    /totals                 counters
//
// So, to lose the answer of the next push to one phone and have it paid two seconds later:
//
//	curl -X PUT localhost:9090/control/scripts/254712345678 \
//	  -d '{"answer":"lost","result":"0","resultAfterMs":2000,"times":1}'
//
// A script has the fields answer, answerAfterMs, result, resultDesc, resultAfterMs, callbackAfterMs, callbacks,
// callbackFirst, amountDelta, paidLaterMs and times; [Script] explains them.
package sim
