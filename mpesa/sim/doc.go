// Package sim is Daraja, Safaricom's M-PESA API, as an http.Handler: OAuth, STK Push and Query, Transaction Status,
// Reversal, C2B and Pull Transactions with their checks, error bodies, odd answers and once-only callbacks, and the
// customer's handset as a web page. It stands in for Safaricom in the demo, in tests and under load, and keeps a
// [Sim.Ledger] of every shilling it took and gave back, so that a test can compare what was paid with what was
// delivered. Its behaviour follows observed traffic where there is any, else Safaricom's documentation.
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
// that the phone's last three digits name ([Scenarios]), else Config.Default, whose zero value asks on the handset
// page.
//
// A script says too what becomes of requests about the phone's payments ([Call]) and of their C2B confirmations. An
// [Outage] is a time in which Daraja does not answer as usual.
//
// # Money
//
// The ledger has what pushes and payments by hand took ([Sim.PayByHand], and the handset page) and what went back: by a
// Reversal request, or by hand, of which nobody is told ([Sim.Reverse]). [Sim.Withdraw] takes money out, so that a
// reversal finds too little. STK Query, Transaction Status and Pull Transactions all read this one ledger.
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
//	POST   /payments               {"phone","to","account","amount","pin"}: pay by hand; 201 {"receipt"}, 409 refused
//	POST   /ledger/{receipt}/reverse  reverse a payment by hand; ?by=safaricom, else by the operator
//	POST   /withdraw               {"amount":100}: take money out of the cinema's account
//	POST   /outages                {"answer","forMs","afterMs","calls","loseCallbacks","holdCallbacks"}
//	GET    /outages                those that are not over
//	DELETE /outages                end them
//	PUT    /echo                   {"echo":"before"}: report payments of pushes as C2B confirmations too
//	GET    /urls                   the C2B addresses that are registered
//	DELETE /urls                   forget them
//	GET    /pushes?phone=          accepted pushes, oldest first; of one phone (its last 20), or all that are kept
//	GET    /requests               Transaction Status and Reversal requests accepted, oldest first
//	GET    /ledger?from=0          what was taken, from that index on
//	GET    /reversals?from=0       what went back, from that index on
//	GET    /totals                 counters
//
// So, to lose the answer of the next push to one phone and have it paid two seconds later:
//
//	curl -X PUT localhost:9090/control/scripts/254712345678 \
//	  -d '{"answer":"lost","result":"0","resultAfterMs":2000,"times":1}'
//
// A script has the fields answer, answerAfterMs, result, resultDesc, resultAfterMs, paidLaterMs, amountDelta,
// reportDelta, callbackAfterMs, callbacks, callbackFirst, failureLast, query, queryTimes, echo, confirmations,
// confirmationAfterMs, status, reversal and times; the two before the last have answer, answerAfterMs, result,
// resultDesc, resultAfterMs, results, resultFirst, timedOut, undone, shape, party and times. [Script] and [Call]
// explain them.
package sim
