package checkout_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
	"cinemasphere/views/wording"
)

// garbled changes the callbacks of a kind on their way, the first of them only where once is set.
func garbled(kind store.CallbackKind, how shape, once bool) func(*world) {
	return func(w *world) {
		w.setGarble(func(k store.CallbackKind, body []byte) []byte {
			if k != kind || how == nil {
				return body
			}
			out := how(body)
			if once {
				how = nil
			}
			return out
		})
	}
}

// unknownMoney says how many callbacks and amounts that are not known the list has, and whether fsck ends with 1.
func (w *world) unknownMoney() (listed []store.OpenItem, unsound bool) {
	w.t.Helper()
	audit, err := checkout.AuditBooks(context.Background(), w.store)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	cases, err := w.store.Money().OpenItems(context.Background(), store.ItemFilter{})
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	for _, c := range cases {
		if c.Kind == store.ItemCallback || c.Kind == store.ItemPayment && c.Amount == 0 {
			listed = append(listed, c)
		}
	}
	return listed, len(audit.Wrong) > 0
}

// TestSTKCallbackShapes: however the callback of a paid prompt comes, the ticket is paid within minutes, by asking
// M-PESA where it cannot be read, and until then it is on the list and fsck ends with 1. A restart in between loses
// nothing.
func TestSTKCallbackShapes(t *testing.T) {
	shapes := maps.Clone(transports)
	maps.Copy(shapes, map[string]shape{
		"no amount":        value("Amount", ""),
		"amount null":      value("Amount", "null"),
		"amount empty":     value("Amount", `""`),
		"amount a word":    value("Amount", `"many"`),
		"amount negative":  value("Amount", "-2700"),
		"amount true":      value("Amount", "true"),
		"amount zero":      value("Amount", "0"),
		"amount ambiguous": value("Amount", `"2.700,00"`),
		"receipt NULL":     value("MpesaReceiptNumber", `"NULL"`),
		"receipt null":     value("MpesaReceiptNumber", "null"),
		"receipt of zeros": value("MpesaReceiptNumber", `"UKT0000000"`),
		"receipt missing":  value("MpesaReceiptNumber", ""),
		"neither amount nor receipt": func(b []byte) []byte {
			return value("Amount", "")(value("MpesaReceiptNumber", "")(b))
		},
		"no result code":   value("ResultCode", ""),
		"result code null": value("ResultCode", "null"),
		"no id":            value("CheckoutRequestID", ""),
		"id a number":      value("CheckoutRequestID", "17"),
		"another id, and no receipt": func(b []byte) []byte {
			return value("CheckoutRequestID", `"ws_CO_other"`)(value("MpesaReceiptNumber", "")(b))
		},
		"result code true":            value("ResultCode", "true"),
		"result code with a NUL":      value("ResultCode", `"0\u0000"`),
		"no time":                     value("TransactionDate", ""),
		"result code of seven zeros":  value("ResultCode", `"0000000"`),
		"result code with a fraction": value("ResultCode", "0.0"),
	})
	for name, how := range shapes {
		if leftOut(name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			inBubble(t, garbled(store.CallbackSTK, how, false), func(t *testing.T, w *world, id store.ScreeningID) {
				w.daraja.SetScript("*", sim.Script{
					Result: "0", ResultAfter: 2 * time.Second, Query: sim.AnswerProcessing, QueryTimes: 3,
				})
				placed, err := w.service.Book(t.Context(), booking(id, storetest.Phone(1), 2, "shape"))
				if err != nil {
					t.Fatal(err)
				}
				pass(3 * time.Second)
				tk := w.ticket(placed.Ticket.Secret)
				unknown := strings.HasPrefix(name, "result code ") && tk.Push.Reason == store.FailureUnknownCode
				if listed, unsound := w.unknownMoney(); state(tk) != "Paid" && !unknown &&
					(len(listed) != 1 || !unsound || !tk.Confirming()) {
					t.Errorf("%s, listed %+v, unsound %v", state(tk), listed, unsound)
				}
				w.restart()
				pass(3 * time.Minute)
				tk = w.ticket(placed.Ticket.Secret)
				took := w.daraja.Ledger()[0]
				if state(tk) != "Paid" || tk.Receipt != "" && tk.Receipt != took.Receipt || tk.RefundDue != 0 {
					t.Errorf("%s with receipt %q, %d due back", state(tk), tk.Receipt, tk.RefundDue)
				}
				if listed, _ := w.unknownMoney(); len(listed) > 0 {
					t.Errorf("still listed: %+v", listed)
				}
				w.sound()
			})
		})
	}
}

// TestWrongAmountStays: an amount that is read and is not what was asked is another amount.
func TestWrongAmountStays(t *testing.T) {
	for _, amount := range []string{"1", "1.00", `"1"`, "2699", "270000"} {
		inBubble(t, garbled(store.CallbackSTK, value("Amount", amount),
			false), func(t *testing.T, w *world, id store.ScreeningID) {
			w.daraja.SetScript("*", sim.Script{
				Result: "0", ResultAfter: 2 * time.Second, Status: sim.Call{Results: sim.NoCallback},
			})
			placed, err := w.service.Book(t.Context(), booking(id, storetest.Phone(1), 2, "shape"))
			if err != nil {
				t.Fatal(err)
			}
			pass(5 * time.Second)
			if got := state(w.ticket(placed.Ticket.Secret)); got != "Failed wrong_amount, held" {
				t.Errorf("%s: %s", amount, got)
			}
		})
	}
}

// TestUnreadFailure: a failure that cannot be read resolves itself once M-PESA has said it by a query.
func TestUnreadFailure(t *testing.T) {
	bubbleWith(t, garbled(store.CallbackSTK, transports["cut in the middle"],
		false), func(t *testing.T, w *world, id store.ScreeningID) {
		w.daraja.SetScript("*", sim.Script{Result: "1032", ResultAfter: 2 * time.Second})
		placed, err := w.service.Book(t.Context(), booking(id, storetest.Phone(1), 2, "shape"))
		if err != nil {
			t.Fatal(err)
		}
		pass(10 * time.Second)
		if got := state(w.ticket(placed.Ticket.Secret)); got != "Failed cancelled, held" {
			t.Error(got)
		}
		all, err := w.store.Money().OpenItems(t.Context(), store.ItemFilter{
			All: true, States: []string{store.CallbackResolved},
		})
		if err != nil || len(all) != 1 || all[0].Kind != store.ItemCallback {
			t.Errorf("it is not shown as resolved: %+v, %v", all, err)
		}
		w.sound()
	})
}

// TestC2BShapes: however a confirmation of money comes, the money is in the books with its sum, or what is legible is
// on the list and fsck ends with 1 until a person has resolved it.
func TestC2BShapes(t *testing.T) {
	shapes := maps.Clone(transports)
	maps.Copy(shapes, map[string]shape{
		"amount with a comma":   value("TransAmount", `"1,300.00"`),
		"amount with KES":       value("TransAmount", `"KES 1,300.00"`),
		"amount with /=":        value("TransAmount", `"1300/="`),
		"amount a number":       value("TransAmount", "1300"),
		"amount scientific":     value("TransAmount", "1.3E3"),
		"amount missing":        value("TransAmount", ""),
		"amount null":           value("TransAmount", "null"),
		"amount empty":          value("TransAmount", `""`),
		"amount ambiguous":      value("TransAmount", `"1.300,00"`),
		"amount negative":       value("TransAmount", `"-1300"`),
		"amount of three parts": value("TransAmount", `"1300.005"`),
		"receipt NULL":          value("TransID", `"NULL"`),
		"receipt of zeros":      value("TransID", `"UKT0000000"`),
		"receipt missing":       value("TransID", ""),
		"time unreadable":       value("TransTime", `"yesterday"`),
		"account missing":       value("BillRefNumber", ""),
		"number missing":        value("MSISDN", ""),
	})
	for name, how := range shapes {
		if leftOut(name) {
			continue
		}
		for _, initiator := range []bool{true, false} {
			t.Run(fmt.Sprint(name, ", initiator ", initiator), func(t *testing.T) {
				option := func(w *world) { w.noInitiator = !initiator; garbled(store.CallbackC2B, how, false)(w) }
				inBubble(t, option, func(t *testing.T, w *world, _ store.ScreeningID) { w.takesByHand(t) })
			})
		}
	}
}

// takesByHand has somebody pay by hand, and looks for the money.
func (w *world) takesByHand(t *testing.T) {
	w.registered()
	receipt, err := w.daraja.PayByHand(sim.HandPayment{
		Phone: storetest.Phone(1), To: "174379", Account: "POPCORN", Amount: 1300, PIN: "1234",
	})
	if err != nil {
		t.Fatal(err)
	}
	pass(time.Minute)
	w.restart()
	pass(10 * time.Minute)
	payments, err := w.store.Money().Payments(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	listed, unsound := w.unknownMoney()
	for _, p := range payments {
		if p.Receipt != receipt || p.Amount != 0 && p.Amount != 130_000 || p.Amount == 0 && len(listed) == 0 {
			t.Errorf("the books have %+v, the list %+v", p, listed)
		}
	}
	if len(payments)+len(listed) == 0 || unsound != (len(listed) > 0) {
		t.Errorf("%d payments, listed %+v, unsound %v", len(payments), listed, unsound)
	}
	for _, c := range listed {
		advice := wording.Advise(c, true)
		resolves := func(a wording.Action) bool { return a.Verb == wording.Resolve }
		if advice.Why == "" || advice.Nothing == "" && !slices.ContainsFunc(advice.Actions, resolves) {
			t.Errorf("%s: %+v", c.Name(), advice)
		}
	}
	if err := w.store.Money().ResolveItems(t.Context(), listed, "another taking", "test"); err != nil {
		t.Fatal(err)
	}
	if still, unsound := w.unknownMoney(); len(still) > 0 || unsound {
		t.Errorf("resolved, there is still %+v, unsound %v", still, unsound)
	}
}

// TestResultShapes: an answer about a receipt, or to a Reversal, that cannot be read is asked for again, and the second
// one counts.
func TestResultShapes(t *testing.T) {
	shapes := maps.Clone(transports)
	maps.Copy(shapes, map[string]shape{
		"no result code":  value("ResultCode", ""),
		"no amount":       value("Amount", ""),
		"amount null":     value("Amount", "null"),
		"no state":        value("TransactionStatus", ""),
		"result code odd": value("ResultCode", "true"),
	})
	for name, how := range shapes {
		if leftOut(name) {
			continue
		}
		t.Run("status, "+name, func(t *testing.T) {
			inBubble(t, garbled(store.CallbackStatus, how, true), func(t *testing.T, w *world, id store.ScreeningID) {
				w.daraja.SetScript("*", sim.Script{Result: "1037", ResultAfter: 2 * time.Second})
				placed, err := w.service.Book(t.Context(), booking(id, storetest.Phone(1), 2, "shape"))
				if err != nil {
					t.Fatal(err)
				}
				pass(5 * time.Second)
				receipt, err := w.daraja.PayByHand(sim.HandPayment{
					Phone: storetest.Phone(1), To: "174379", Account: placed.Ticket.Code,
					Amount: int(placed.Ticket.Total), PIN: "1234",
				})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := w.service.Claim(t.Context(), placed.Ticket.Secret, receipt, ""); err != nil {
					t.Fatal(err)
				}
				pass(3 * time.Minute)
				if got := state(w.ticket(placed.Ticket.Secret)); got != "Paid" {
					t.Error(got)
				}
				if listed, unsound := w.unknownMoney(); len(listed) > 0 || unsound {
					t.Errorf("listed %+v, unsound %v", listed, unsound)
				}
			})
		})
		t.Run("reversal, "+name, func(t *testing.T) {
			inBubble(t, garbled(store.CallbackReversal, how, true), func(t *testing.T, w *world, id store.ScreeningID) {
				tk := w.paid(id, storetest.Phone(1))
				if _, err := w.store.Money().RequestRefund(t.Context(), store.NewRefund{
					Receipt: tk.Receipt, By: "test",
				}); err != nil {
					t.Fatal(err)
				}
				pass(30 * time.Minute)
				payments, err := w.store.Money().Payments(t.Context())
				if err != nil || payments[0].State != store.PaymentRefunded || w.daraja.Ledger()[0].Reversed != true {
					t.Errorf("%+v, %v", payments, err)
				}
				if listed, unsound := w.unknownMoney(); len(listed) > 0 || unsound {
					t.Errorf("listed %+v, unsound %v", listed, unsound)
				}
			})
		})
	}
}

// rewritten changes Daraja's answers to calls whose path has the text.
func rewritten(text string, status int, body func([]byte) []byte) func(*world) {
	return func(w *world) {
		w.wire.setRewrite(func(r *http.Request, resp *http.Response) {
			if !strings.Contains(r.URL.Path, text) {
				return
			}
			old, _ := io.ReadAll(resp.Body) // in memory
			fresh := body(old)
			resp.StatusCode, resp.Body, resp.ContentLength = status, io.NopCloser(bytes.NewReader(fresh)),
				int64(len(fresh))
			resp.Header.Set("Content-Length", strconv.Itoa(len(fresh)))
		})
	}
}

// TestPushAnswerShapes: a push whose answer is odd and names an id is asked about by that, so that with its callback
// lost too the ticket is paid.
func TestPushAnswerShapes(t *testing.T) {
	same := func(b []byte) []byte { return b }
	for name, answer := range map[string]func(*world){
		"HTTP 201":     rewritten("stkpush/", 201, same),
		"HTTP 202":     rewritten("stkpush/", 202, same),
		"HTTP 400":     rewritten("stkpush/", 400, same),
		"HTTP 500":     rewritten("stkpush/", 500, same),
		"HTTP 503":     rewritten("stkpush/", 503, same),
		"eight zeros":  rewritten("stkpush/", 200, value("ResponseCode", `"00000000"`)),
		"two zeros":    rewritten("stkpush/", 200, value("ResponseCode", `"00"`)),
		"a number":     rewritten("stkpush/", 200, value("ResponseCode", "0")),
		"no code":      rewritten("stkpush/", 200, value("ResponseCode", "")),
		"a word":       rewritten("stkpush/", 200, value("ResponseCode", `"Success"`)),
		"another code": rewritten("stkpush/", 200, value("ResponseCode", `"1"`)),
		"an error code beside": rewritten("stkpush/", 500, func(b []byte) []byte {
			return append([]byte(`{"errorCode":"500.001.1001","errorMessage":"odd",`), b[1:]...)
		}),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, answer, func(t *testing.T, w *world, id store.ScreeningID) {
				w.daraja.SetScript("*", sim.Script{
					Result: "0", ResultAfter: 2 * time.Second, Callbacks: sim.NoCallback,
				})
				placed, err := w.service.Book(t.Context(), booking(id, storetest.Phone(1), 1, "shape"))
				if err != nil {
					t.Fatal(err)
				}
				pass(2 * time.Minute)
				if got := state(w.ticket(placed.Ticket.Secret)); got != "Paid" {
					t.Error(got)
				}
				w.sound()
			})
		})
	}
}

// TestSharedReceipt: a receipt that M-PESA names for two customers blocks neither. Whose it is a person looks into, and
// none of it goes back by itself.
func TestSharedReceipt(t *testing.T) {
	bubbleWith(t, func(w *world) { w.autoRefund = true }, func(t *testing.T, w *world, id store.ScreeningID) {
		first := w.paid(id, storetest.Phone(1))
		garbled(store.CallbackSTK, value("MpesaReceiptNumber", `"`+first.Receipt+`"`), false)(w)
		second := w.paid(id, storetest.Phone(2))
		pass(time.Minute)
		if second = w.ticket(second.Secret); state(second) != "Paid" || second.Receipt != "" {
			t.Errorf("%s with receipt %q", state(second), second.Receipt)
		}
		if again := w.ticket(first.Secret); state(again) != "Paid" || again.Receipt != first.Receipt {
			t.Errorf("the first: %s with receipt %q", state(again), again.Receipt)
		}
		cases, err := w.store.Money().OpenItems(t.Context(), store.ItemFilter{})
		if err != nil || len(cases) != 2 || cases[0].Doubt != store.DoubtShared || cases[1].Doubt != store.DoubtShared {
			t.Errorf("listed: %+v, %v", cases, err)
		}
		w.unsound(string(store.DoubtShared))
		storetest.Exec(t, w.path, `UPDATE payment SET state = 'refund_due', reason = 'refund_asked' WHERE receipt IS NOT NULL`)
		if due, err := w.store.Money().RefundsDue(t.Context(), 10); err != nil || len(due) > 0 {
			t.Errorf("it would go back by itself: %+v, %v", due, err)
		}
		storetest.Exec(t, w.path, `UPDATE payment SET state = 'applied', reason = '' WHERE receipt IS NOT NULL`)
		took := w.daraja.Ledger()[1]
		body := fmt.Appendf(nil,
			`{"Body":{"stkCallback":{"MerchantRequestID":%q,"CheckoutRequestID":%q,"ResultCode":0,"ResultDesc":"ok",`+
				`"CallbackMetadata":{"Item":[{"Name":"Amount","Value":%d.00},`+
				`{"Name":"MpesaReceiptNumber","Value":%q}]}}}}`, took.MerchantRequestID, took.CheckoutRequestID,
			took.Amount, took.Receipt)
		if _, err := w.service.Receive(t.Context(), checkout.Delivery{
			Token: path.Base(took.CallbackURL), Body: body,
		}); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		if second = w.ticket(second.Secret); second.Receipt != took.Receipt {
			t.Errorf("its own receipt came, and it shows %q", second.Receipt)
		}
		w.sound()
	})
}

// TestReadAgain: what an older program could not read is read when the next one starts.
func TestReadAgain(t *testing.T) {
	bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
		w.daraja.SetScript("*", sim.Script{
			Result: "0", ResultAfter: time.Second, Callbacks: sim.NoCallback, Query: sim.AnswerProcessing,
		})
		placed, err := w.service.Book(t.Context(), booking(id, storetest.Phone(1), 1, "again"))
		if err != nil {
			t.Fatal(err)
		}
		pass(2 * time.Second)
		took := w.daraja.Ledger()[0]
		body := fmt.Appendf(nil,
			`{"Body":{"stkCallback":{"CheckoutRequestID":%q,"ResultCode":0,"ResultDesc":"ok",`+
				`"CallbackMetadata":{"Item":[{"Name":"Amount","Value":%d},`+
				`{"Name":"MpesaReceiptNumber","Value":%q}]}}}}`, took.CheckoutRequestID, took.Amount, took.Receipt)
		cb, _, err := w.store.Money().StoreCallback(t.Context(), store.NewCallback{
			Kind: store.CallbackSTK, Token: path.Base(took.CallbackURL), Body: body,
		})
		if err == nil {
			_, err = w.store.Money().StoreUnread(t.Context(), cb, store.Unread{Why: "an older program"})
		}
		if err != nil {
			t.Fatal(err)
		}
		w.unsound("a callback is understood whole")
		w.restart()
		pass(30 * time.Second)
		if tk := w.ticket(placed.Ticket.Secret); state(tk) != "Paid" || tk.Receipt != took.Receipt {
			t.Errorf("%s with receipt %q", state(tk), tk.Receipt)
		}
		w.sound()
	})
}

// TestOutageOfPushes: pushes that fail close the box office, however that is worded and however well questions are
// answered. A refused booking writes nothing; one at a time tries whether it is over.
func TestOutageOfPushes(t *testing.T) {
	for name, say := range map[string]struct {
		status int
		body   string
	}{
		"JSON, 500.002.1001": {500,
			`{"requestId":"1","errorCode":"500.002.1001",` +
				`"errorMessage":"Service is currently unreachable. Please try again later."}`},
		"JSON, 500.003.1001": {500,
			`{"requestId":"1","errorCode":"500.003.1001","errorMessage":"Internal Server Error"}`},
		"JSON, maintenance": {503, `{"errorCode":"503.001","errorMessage":"Service is currently under maintenance"}`},
		"the gateway": {502,
			`{"fault":{"faultstring":"Bad gateway",` +
				`"detail":{"errorcode":"messaging.adaptors.http.flow.ServiceUnavailable"}}}`},
		"HTML":         {503, "<html>down</html>"},
		"nothing":      {504, ""},
		"a plain word": {500, "error"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, rewritten("stkpush/", say.status, func([]byte) []byte {
				return []byte(say.body)
			}), func(t *testing.T, w *world, id store.ScreeningID) {
				w.daraja.SetScript("*", sim.Script{Result: "1032", ResultAfter: time.Second, Callbacks: sim.NoCallback})
				booked := 0
				for n := range 14 {
					if _, err := w.service.Book(t.Context(),
						booking(id, storetest.Phone(n+1), 1, fmt.Sprint(n))); err == nil {
						booked++
					}
					// somebody's question is answered well
					if err := w.store.Jobs().ReportCall(t.Context(), store.CallQuestion, true); err != nil {
						t.Fatal(err)
					}
					pass(2 * time.Second)
				}
				if sales, err := w.store.Tickets().Sales(t.Context()); err != nil || sales.Until == 0 || booked < 5 ||
					booked > 7 {
					t.Errorf("%d of 14 bookings hold seats, sales %+v, %v", booked, sales, err)
				}
				w.wire.setRewrite(nil)
				pass(5 * time.Minute)
				if _, err := w.service.Book(t.Context(), booking(id, storetest.Phone(40), 1, "over")); err != nil {
					t.Errorf("it is over, and the one that tries is told %v", err)
				}
				if sales, err := w.store.Tickets().Sales(t.Context()); err != nil || sales.Until != 0 {
					t.Errorf("it is over, and sales are %+v, %v", sales, err)
				}
			})
		})
	}
}

// TestUnknownCode: a code that nobody knows is neither success nor failure, is on the list with its text, and is asked
// about again.
func TestUnknownCode(t *testing.T) {
	for code, text := range map[string]string{
		"1101": "Some new thing. Call 0712345678", "77": "", "S_1": "Weird", "-1": "negative", "0.0": "zero",
		"99999999": "long",
	} {
		t.Run(code, func(t *testing.T) {
			inBubble(t, func(*world) {}, func(t *testing.T, w *world, id store.ScreeningID) {
				w.daraja.SetScript("*", sim.Script{Result: code, ResultDesc: text, ResultAfter: time.Second})
				var secrets []string
				for n := range 3 {
					placed, err := w.service.Book(t.Context(), booking(id, storetest.Phone(n+1), 1, fmt.Sprint(n)))
					if err != nil {
						t.Fatal(err)
					}
					secrets = append(secrets, placed.Ticket.Secret)
					pass(5 * time.Second)
				}
				tk := w.ticket(secrets[0])
				said := wording.AnsweredWith(tk)
				if state(tk) != "Pending, held" || !strings.HasPrefix(said, "M-PESA answered with code "+code) ||
					strings.Contains(said, "0712345678") {
					t.Errorf("%s: %s", state(tk), said)
				}
				cases, err := w.store.Money().OpenItems(t.Context(), store.ItemFilter{})
				if err != nil || len(cases) != 3 || cases[0].Code != code {
					t.Errorf("listed %+v, %v", cases, err)
				}
				trouble, err := checkout.FindSetUpTrouble(t.Context(), w.store)
				if err != nil || trouble == nil || trouble.Last.Code != code || len(trouble.Pushes) != 3 {
					t.Errorf("%+v, %v", trouble, err)
				}
				pass(20 * time.Minute)
				if tk = w.ticket(secrets[0]); state(tk) != "Failed unconfirmed" || tk.Push.ResultCode != code ||
					w.asked() == 0 || !strings.Contains(wording.Explain(tk).Sentence, code) {
					t.Errorf("%s, %d questions, code %s", state(tk), w.asked(), tk.Push.ResultCode)
				}
				w.sound()
			})
		})
	}
}

// TestSetUpTrouble: prompts that fail for the cinema's set-up are told once three running have.
func TestSetUpTrouble(t *testing.T) {
	const paid, cancelled = "0", "1032"
	for name, tt := range map[string]struct {
		results []string
		want    int
	}{
		"two":                        {[]string{"2028", "2028"}, 0},
		"three":                      {[]string{"2028", "SFC_IC0003", "8"}, 3},
		"before a paid one":          {[]string{"2028", "2028", "2028", paid}, 0},
		"since a paid one":           {[]string{"8", paid, "SFC_IC0003", "SFC_IC0003", "SFC_IC0003", "SFC_IC0003"}, 4},
		"since a cancelled one":      {[]string{cancelled, "2028", "2028"}, 0},
		"with codes that none knows": {[]string{"1101", "2028", "1102"}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(*world) {}, func(t *testing.T, w *world, id store.ScreeningID) {
				for n, result := range tt.results {
					w.daraja.SetScript("*", sim.Script{Result: result, ResultAfter: time.Second})
					if _, err := w.service.Book(t.Context(),
						booking(id, storetest.Phone(n+1), 1, fmt.Sprint(n))); err != nil {
						t.Fatal(err)
					}
					pass(5 * time.Second)
				}
				trouble, err := checkout.FindSetUpTrouble(t.Context(), w.store)
				if err != nil {
					t.Fatal(err)
				}
				got := checkout.SetUpTrouble{}
				if trouble != nil {
					got = *trouble
				}
				if len(got.Pushes) != tt.want ||
					tt.want > 0 && (got.Since == 0 || got.Last.Code != tt.results[len(tt.results)-1]) {
					t.Errorf("%+v, want %d", got, tt.want)
				}
				listed, err := w.store.Money().OpenItems(t.Context(), store.ItemFilter{Pushes: got.Pushes})
				failed := slices.DeleteFunc(listed, func(c store.OpenItem) bool {
					return c.State != string(store.PushFailed)
				})
				all, err2 := w.store.Money().OpenItems(t.Context(), store.ItemFilter{
					All: true, States: []string{string(store.PushFailed)},
				})
				if err != nil || err2 != nil || len(failed) > len(all) || tt.want > 0 && len(failed) == 0 {
					t.Errorf("listed %+v, of all %+v, %v, %v", failed, all, err, err2)
				}
			})
		})
	}
}

// leftOut reports whether a row of a long table is left out with -short, which is for the race detector: one thing
// after the other has few races.
func leftOut(name string) bool { return testing.Short() && len(name)%5 != 0 }
