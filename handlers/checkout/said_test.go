package checkout_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
	"cinemasphere/views/wording"
)

// replace changes a text of a body.
func replace(from, to string) shape {
	return func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(from), []byte(to)) }
}

// claimed books a ticket whose prompt nobody answers, pays for it by hand and names the receipt.
func (w *world) claimed(id store.ScreeningID) (secret, receipt string) {
	w.t.Helper()
	w.daraja.SetScript("*", sim.Script{Result: "1037", ResultAfter: 2 * time.Second})
	placed, err := w.service.Book(context.Background(), booking(id, storetest.Phone(1), 2, "said"))
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	pass(5 * time.Second)
	tk := placed.Ticket
	receipt, err = w.daraja.PayByHand(sim.HandPayment{
		Phone: storetest.Phone(1), To: "174379", Account: tk.Code, Amount: int(tk.Total), PIN: "1234",
	})
	if err == nil {
		_, err = w.service.Claim(context.Background(), tk.Secret, receipt, "")
	}
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	return tk.Secret, receipt
}

// claim is the one claim of a ticket.
func (w *world) claim(secret string) store.ReceiptClaim {
	w.t.Helper()
	claims, err := w.store.Money().ReceiptClaims(context.Background(), w.ticket(secret).ID)
	if err != nil || len(claims) != 1 {
		w.t.Fatalf("%+v, %v", claims, err)
	}
	return claims[0]
}

// TestStatusLeavesOut: an answer about a receipt that leaves out what is needed, or spells it in a way that nobody
// knows, is listed with its text and asked for again. It refuses nothing.
func TestStatusLeavesOut(t *testing.T) {
	for name, how := range map[string]shape{
		"several receipts": replace(`{"Key":"ReceiptNo"`,
			`{"Key":"ReceiptNo","Value":"UKT1A2B3C4"},{"Key":"ReceiptNo"`),
		"a receipt that is none": value("ReceiptNo", `"UKT-1A2B3C4"`),
		"state Success":          value("TransactionStatus", `"Success"`),
		"state Processing":       value("TransactionStatus", `"Processing"`),
		"state of two words":     value("TransactionStatus", `"Pending Authorized"`),
		"no state":               value("TransactionStatus", ""),
		"no credit party":        value("CreditPartyName", ""),
		"a credit party's name":  value("CreditPartyName", `"Cinema Ltd"`),
		"two debit parties":      replace("CreditPartyName", "DebitPartyName"),
		"no debit party":         value("DebitPartyName", ""),
		"no times": func(b []byte) []byte {
			return value("InitiatedTime", "")(value("FinalisedTime", "")(b))
		},
		"amount a word": value("Amount", `"abc"`),
		"no amount":     value("Amount", ""),
		"another type":  replace(`"ResultType":0`, `"ResultType":1`),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, garbled(store.CallbackStatus, how, false), func(t *testing.T, w *world, id store.ScreeningID) {
				secret, _ := w.claimed(id)
				pass(8 * time.Second)
				c := w.claim(secret)
				listed, unsound := w.unknownMoney()
				if c.State != store.ClaimAsking || c.Said == "" && c.Lacks == "" || len(listed) == 0 ||
					listed[0].Text == "" ||
					!unsound {
					t.Errorf("%+v, listed %+v, unsound %v", c, listed, unsound)
				}
				if said := wording.ExplainClaim(c, 1350); strings.Contains(said, "no completed") ||
					strings.Contains(said, "somebody else") || !strings.Contains(said, "has answered") {
					t.Errorf("the customer reads %s", said)
				}
				w.setGarble(nil)
				pass(3 * time.Minute)
				if got := state(w.ticket(secret)); got != "Paid" {
					t.Errorf("%s, %+v", got, w.claim(secret))
				}
				if listed, unsound := w.unknownMoney(); len(listed) > 0 || unsound {
					t.Errorf("still listed %+v", listed)
				}
			})
		})
	}
}

// TestStatusStaysUnclear: where M-PESA never says what is needed, a person must look, and the list says what it
// answered.
func TestStatusStaysUnclear(t *testing.T) {
	for name, tt := range map[string]struct {
		how   shape
		said  string
		lacks store.UnreadReason
	}{
		"no receipt of ours known": {value("CreditPartyName", ""), "an answer that is not understood whole: " +
			"it does not say who", store.UnreadNoPayee},
		"a code that " +
			"nobody knows": {replace(`"ResultCode":0,"ResultDesc":"The service request is processed successfully."`,
			`"ResultCode":7777,"ResultDesc":"Strange new result"`), "code 7777, Strange new result", ""},
		"the initiator":             {replace(`"ResultCode":0`, `"ResultCode":2001`), "code 2001", ""},
		"not completed for all the": {value("TransactionStatus", `"initiated"`), "state Initiated", ""},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, garbled(store.CallbackStatus, tt.how,
				false), func(t *testing.T, w *world, id store.ScreeningID) {
				secret, receipt := w.claimed(id)
				pass(time.Hour)
				c := w.claim(secret)
				if c.State != store.ClaimPerson || c.Reason != store.ReasonNotUnderstood ||
					c.Lacks != tt.lacks || tt.lacks == "" && !strings.Contains(c.Said, tt.said) {
					t.Errorf("%+v", c)
				}
				if said := wording.ExplainClaim(c, 1350); strings.Contains(said, "could not ask") ||
					!strings.Contains(said, "has answered") {
					t.Errorf("the customer reads %s", said)
				}
				cases, err := w.store.Money().OpenItems(t.Context(), store.ItemFilter{
					Receipt: receipt, States: []string{string(store.ClaimPerson)},
				})
				if err != nil || len(cases) != 1 {
					t.Fatalf("%+v, %v", cases, err)
				}
				if why := wording.Advise(cases[0], true).Why; !strings.Contains(why, "M-PESA answered with "+tt.said) {
					t.Errorf("the list says %s", why)
				}
			})
		})
	}
}

// TestStatusPlainWords: a plain word refuses, in any case of letters, and the receipt that is left out is the one asked
// about.
func TestStatusPlainWords(t *testing.T) {
	payer := func(format string) shape {
		phone := storetest.Phone(1)
		return value("DebitPartyName", fmt.Sprintf(format, phone[:4], phone[9:]))
	}
	for name, tt := range map[string]struct {
		how    shape
		state  store.ClaimState
		reason store.Reason
	}{
		"no receipt":        {value("ReceiptNo", ""), store.ClaimConfirmed, ""},
		"receipt NULL":      {value("ReceiptNo", `"NULL"`), store.ClaimConfirmed, ""},
		"a stand-in":        {value("ReceiptNo", `"MBN0000000"`), store.ClaimConfirmed, ""},
		"COMPLETED":         {value("TransactionStatus", `"COMPLETED"`), store.ClaimConfirmed, ""},
		"a full stop":       {value("TransactionStatus", `"completed."`), store.ClaimConfirmed, ""},
		"the number behind": {value("CreditPartyName", `"Cinema Ltd - 174379"`), store.ClaimConfirmed, ""},
		"declined": {value("TransactionStatus", `"DECLINED"`),
			store.ClaimRefused, store.ReasonNoSuchReceipt},
		"another receipt":     {value("ReceiptNo", `"UKT1A2B3C4"`), store.ClaimRefused, store.ReasonNoSuchReceipt},
		"payer masked with X": {payer(`"%sXXXXX%s - ADA"`), store.ClaimConfirmed, ""},
		"payer masked with #": {payer(`"%s ##### %s - DEAD BEEF"`), store.ClaimConfirmed, ""},
		"payer's name first":  {payer(`"ADA - %s*****%s"`), store.ClaimConfirmed, ""},
		"another payer":       {payer(`"%[1]sXXXXX999 - %[1]s00000%[2]s"`), store.ClaimPerson, store.ReasonOtherPhone},
		"payer hidden":        {payer(`"************ - %s00000%s"`), store.ClaimPerson, store.ReasonOtherPhone},
		"a bank":              {value("DebitPartyName", `"600310 - BANK"`), store.ClaimPerson, store.ReasonOtherPhone},
		"to others":           {value("CreditPartyName", `"600999 - Shop"`), store.ClaimPerson, store.ReasonPaidOthers},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, garbled(store.CallbackStatus, tt.how,
				false), func(t *testing.T, w *world, id store.ScreeningID) {
				secret, _ := w.claimed(id)
				pass(10 * time.Second)
				if c := w.claim(secret); c.State != tt.state || c.Reason != tt.reason {
					t.Errorf("%+v", c)
				}
				if tt.state == store.ClaimConfirmed && state(w.ticket(secret)) != "Paid" {
					t.Error(state(w.ticket(secret)))
				}
			})
		})
	}
}

// TestReversalLeavesOut: a result that does not say how much of which payment went back is not taken for all of it.
// M-PESA is asked, and says what became of it.
func TestReversalLeavesOut(t *testing.T) {
	for name, how := range map[string]shape{
		"amount a word":   value("Amount", `"abc"`),
		"no amount":       value("Amount", ""),
		"another receipt": value("OriginalTransactionID", `"UKT1A2B3C4"`),
		"another type":    replace(`"ResultType":0`, `"ResultType":1`),
		"no parameters":   replace(`ResultParameter`, `Nothing`),
	} {
		t.Run(name, func(t *testing.T) {
			option := func(w *world) { w.lookEvery = time.Second; garbled(store.CallbackReversal, how, true)(w) }
			inBubble(t, option, func(t *testing.T, w *world, id store.ScreeningID) {
				w.daraja.SetScript("*", sim.Script{
					Result: "0", ResultAfter: time.Second, Status: sim.Call{Results: sim.NoCallback},
				})
				placed, err := w.service.Book(t.Context(), booking(id, storetest.Phone(1), 1, "back"))
				if err != nil {
					t.Fatal(err)
				}
				pass(5 * time.Second)
				if _, err := w.store.Money().RequestRefund(t.Context(), store.NewRefund{
					Receipt: w.ticket(placed.Ticket.Secret).Receipt, By: "test",
				}); err != nil {
					t.Fatal(err)
				}
				pass(30 * time.Second)
				payments, err := w.store.Money().Payments(t.Context())
				listed, unsound := w.unknownMoney()
				if err != nil || payments[0].State != store.PaymentRefundDue || len(listed) != 1 ||
					listed[0].Text == "" || !unsound {
					t.Errorf("%+v, %v, listed %+v", payments, err, listed)
				}
				pass(30 * time.Minute)
				if payments, err = w.store.Money().Payments(t.Context()); err != nil ||
					payments[0].State != store.PaymentRefunded {
					t.Errorf("%+v, %v", payments, err)
				}
				if listed, unsound := w.unknownMoney(); len(listed) > 0 || unsound {
					t.Errorf("still listed %+v", listed)
				}
			})
		})
	}
}

// asks keeps what was asked of Daraja last, by the end of the path.
func (w *world) asks() func(end string) map[string]any {
	var last sync.Map // from path.Base to map[string]any: what sends and what reads run side by side
	w.wire.setRewrite(func(r *http.Request, _ *http.Response) {
		if r.GetBody == nil {
			return
		}
		body, err := r.GetBody()
		if err != nil {
			return
		}
		var sent map[string]any
		if json.NewDecoder(body).Decode(&sent) == nil {
			last.Store(path.Base(path.Dir(path.Dir(r.URL.Path))), sent)
		}
	})
	return func(end string) map[string]any {
		sent, _ := last.Load(end)
		asked, _ := sent.(map[string]any)
		return asked
	}
}

// send sends a body to an address of ours.
func (w *world) send(kind store.CallbackKind, url any, body []byte) {
	w.t.Helper()
	if _, err := w.service.Receive(context.Background(), checkout.Delivery{
		Kind: kind, Token: path.Base(fmt.Sprint(url)), Body: body,
	}); err != nil {
		w.t.Errorf("%v", err)
	}
	<-time.After(time.Second) // it is applied
}

// TestResultAtTimeoutAddress: a whole result counts at the address of time-outs too, and what is none means the
// time-out.
func TestResultAtTimeoutAddress(t *testing.T) {
	bubbleWith(t, func(w *world) { w.lookEvery = time.Second }, func(t *testing.T, w *world, id store.ScreeningID) {
		asked := w.asks()
		w.setGarble(func(kind store.CallbackKind, body []byte) []byte {
			if kind != store.CallbackStatus {
				return body
			}
			to := asked("transactionstatus")["QueueTimeOutURL"]
			go w.send(store.CallbackStatusTimeout, to, replace(`"Completed"`, `"Odd"`)(body)) // no whole one
			go w.send(store.CallbackStatusTimeout, to, body)
			return []byte("cut")
		})
		secret, _ := w.claimed(id)
		pass(10 * time.Second)
		tk := w.ticket(secret)
		if state(tk) != "Paid" {
			t.Fatalf("%s, %+v", state(tk), w.claim(secret))
		}
		w.daraja.SetScript("*", sim.Script{Reversal: sim.Call{Results: sim.NoCallback}})
		if _, err := w.store.Money().RequestRefund(t.Context(), store.NewRefund{
			Receipt: tk.Receipt, By: "test",
		}); err != nil {
			t.Fatal(err)
		}
		pass(10 * time.Second)
		back := fmt.Appendf(nil,
			`{"Result":{"ResultType":0,"ResultCode":0,"ConversationID":"AG_1","TransactionID":"UKT1A2B3C4",`+
				`"ResultParameters":{"ResultParameter":[{"Key":"Amount","Value":%d},`+
				`{"Key":"OriginalTransactionID","Value":%q}]}}}`, tk.Total, tk.Receipt)
		to := asked("reversal")["QueueTimeOutURL"]
		w.send(store.CallbackReversalTimeout, to, replace(tk.Receipt, "UKT1A2B3C5")(back))
		if payments, err := w.store.Money().Payments(t.Context()); err != nil ||
			payments[0].State == store.PaymentRefunded {
			t.Errorf("%+v, %v", payments, err)
		}
		w.send(store.CallbackReversalTimeout, to, back)
		if payments, err := w.store.Money().Payments(t.Context()); err != nil ||
			payments[0].State != store.PaymentRefunded {
			t.Errorf("%+v, %v", payments, err)
		}
	})
}

// TestCallbackThatDecidesNothing: what comes with a token of ours and does not decide its push is on the list with its
// text, and M-PESA is asked at once.
func TestCallbackThatDecidesNothing(t *testing.T) {
	other := value("CheckoutRequestID", `"ws_CO_999"`)
	for name, tt := range map[string]struct {
		result string
		how    shape
	}{
		"another id, a failure":      {"1032", other},
		"another id, a code of none": {"1101", other},
		"another id, no receipt": {"0",
			func(b []byte) []byte { return other(value("MpesaReceiptNumber", `"NULL"`)(b)) }},
		"zero with a fraction":          {"0", value("ResultCode", "0.0")},
		"two zeros":                     {"0", value("ResultCode", `"00"`)},
		"success in a word":             {"0", value("ResultCode", `"Success"`)},
		"zero with what nobody can see": {"0", value("ResultCode", `"0\u200b"`)},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, garbled(store.CallbackSTK, tt.how, false), func(t *testing.T, w *world, id store.ScreeningID) {
				w.daraja.SetScript("*", sim.Script{
					Result: tt.result, ResultAfter: 2 * time.Second, Status: sim.Call{Results: sim.NoCallback},
				})
				rewritten("stkpushquery", 500, func([]byte) []byte {
					return []byte(`{"errorCode":"500.001.1001","errorMessage":"The transaction is being processed"}`)
				})(w)
				placed, err := w.service.Book(t.Context(), booking(id, storetest.Phone(1), 1, "resolves"))
				if err != nil {
					t.Fatal(err)
				}
				pass(6 * time.Second)
				tk := w.ticket(placed.Ticket.Secret)
				listed, unsound := w.unknownMoney()
				if state(tk) != "Pending, held" || w.asked() == 0 || len(listed) != 1 || listed[0].Text == "" ||
					!unsound {
					t.Fatalf("%s, %d questions, listed %+v, unsound %v", state(tk), w.asked(), listed, unsound)
				}
				if strings.HasPrefix(name, "zero") && (listed[0].Receipt == "" || listed[0].Amount == 0) {
					t.Errorf("the list has %+v", listed[0])
				}
				w.wire.setRewrite(nil)
				pass(3 * time.Minute)
				want := map[string]string{"0": "Paid", "1032": "Failed cancelled"}[tt.result]
				if got := state(w.ticket(placed.Ticket.Secret)); want != "" && !strings.HasPrefix(got, want) {
					t.Error(got)
				}
			})
		})
	}
}

// TestReceiptOfAnotherForm: a receipt of a form that nobody knows does not keep a paid ticket from being one, and is on
// the list until the receipt is known.
func TestReceiptOfAnotherForm(t *testing.T) {
	for _, odd := range []string{"UKT12345678", "UKT-1A2B3C4", "2-UKT1A2B3C4"} {
		inBubble(t, garbled(store.CallbackSTK, value("MpesaReceiptNumber", `"`+odd+`"`),
			false), func(t *testing.T, w *world, id store.ScreeningID) {
			tk := w.paid(id, storetest.Phone(1))
			w.restart()
			pass(time.Minute)
			listed, unsound := w.unknownMoney()
			if state(tk) != "Paid" || len(listed) != 1 || !unsound ||
				!strings.Contains(listed[0].Detail+listed[0].Text, odd) {
				t.Errorf("%s: %s, listed %+v, unsound %v", odd, state(tk), listed, unsound)
			}
		})
	}
}

// TestCodeAfterVerdict: a code that nobody knows changes no verdict, and is kept with its text.
func TestCodeAfterVerdict(t *testing.T) {
	for _, first := range []string{"1032", "1037", "0"} {
		inBubble(t, func(*world) {}, func(t *testing.T, w *world, id store.ScreeningID) {
			w.daraja.SetScript("*", sim.Script{Result: first, ResultAfter: time.Second})
			asked := w.asks()
			placed, err := w.service.Book(t.Context(), booking(id, storetest.Phone(1), 1, "after"))
			if err != nil {
				t.Fatal(err)
			}
			pass(3 * time.Second)
			before := state(w.ticket(placed.Ticket.Secret))
			w.send(store.CallbackSTK, asked("stkpush")["CallBackURL"],
				fmt.Appendf(nil, `{"CheckoutRequestID":%q,"ResultCode":3131,"ResultDesc":"Brand new trouble"}`,
					w.ticket(placed.Ticket.Secret).Push.CheckoutRequestID))
			if got := state(w.ticket(placed.Ticket.Secret)); got != before {
				t.Errorf("%s: %s, and it was %s", first, got, before)
			}
			cases, err := w.store.Money().OpenItems(t.Context(), store.ItemFilter{All: true})
			if err != nil || !strings.Contains(fmt.Sprint(cases), "code 3131, Brand new trouble") {
				t.Errorf("%s: listed %+v, %v", first, cases, err)
			}
		})
	}
}

// TestEarlyCallback: what a callback has said before the push was answered stands, and is asked about at once.
func TestEarlyCallback(t *testing.T) {
	unknown, unread := `{"Body":{"stkCallback":{"MerchantRequestID":"m","CheckoutRequestID":"ID","ResultCode":1101,`+
		`"ResultDesc":"Brand new"}}}`, "\x28\xb5\x2f\xfdjunk"
	for name, tt := range map[string]struct {
		callback string
		status   int
		answer   string // "" is the simulator's own
		reason   store.FailureReason
	}{
		"an unknown code, accepted": {unknown, 200, "", store.FailureUnknownCode},
		"an unknown code, HTTP 500": {unknown, 500, `{"errorCode":"500.003.1001","errorMessage":"Internal"}`,
			store.FailureUnknownCode},
		"an unknown code, refused": {unknown, 400,
			`{"errorCode":"400.002.02","errorMessage":"Bad Request - Invalid PhoneNumber"}`, store.FailureUnknownCode},
		"what cannot be read, accepted":       {unread, 200, "", store.FailureConfirming},
		"what cannot be read, accepted oddly": {unread, 201, "", store.FailureConfirming},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(*world) {}, func(t *testing.T, w *world, id store.ScreeningID) {
				w.daraja.SetScript("*", sim.Script{Result: "0", ResultAfter: time.Minute, Callbacks: sim.NoCallback})
				asked := w.asks()
				see := *w.wire.rewrite.Load()
				w.wire.setRewrite(func(r *http.Request, resp *http.Response) {
					see(r, resp)
					if !strings.HasSuffix(r.URL.Path, "processrequest") {
						return
					}
					w.wire.setRewrite(see)
					answer, _ := io.ReadAll(resp.Body)
					var ids struct{ CheckoutRequestID string }
					if err := json.Unmarshal(answer, &ids); err != nil {
						w.t.Errorf("%v", err)
					}
					w.send(store.CallbackSTK, asked("stkpush")["CallBackURL"],
						[]byte(strings.ReplaceAll(tt.callback, "ID\",", ids.CheckoutRequestID+"\",")))
					if tt.answer != "" {
						answer = []byte(tt.answer)
					}
					resp.StatusCode, resp.Body, resp.ContentLength = tt.status, io.NopCloser(bytes.NewReader(answer)),
						int64(len(answer))
					resp.Header.Set("Content-Length", fmt.Sprint(len(answer)))
				})
				placed, err := w.service.Book(t.Context(), booking(id, storetest.Phone(1), 1, "early"))
				if err != nil && placed.Ticket == nil {
					t.Fatal(err)
				}
				pass(5 * time.Second)
				tk := w.ticket(placed.Ticket.Secret)
				if tk.Push.State != store.PushUnknown || tk.Push.Reason != tt.reason {
					t.Errorf("%s, %s, code %s", tk.Push.State, tk.Push.Reason, tk.Push.ResultCode)
				}
				if tt.reason == store.FailureConfirming && w.asked() == 0 {
					t.Error("it was not asked at once")
				}
				if said := wording.AnsweredWith(tk); tt.reason == store.FailureUnknownCode &&
					said != "M-PESA answered with code 1101, Brand new." {
					t.Error(said)
				}
			})
		})
	}
}

// TestOddAnswers: a code in the answer to a push is told with its text, and sends nobody to look for a prompt.
func TestOddAnswers(t *testing.T) {
	for name, tt := range map[string]struct {
		status     int
		body, code string
	}{
		"ResponseCode 1": {200, `{"ResponseCode":"1","ResponseDescription":"Peculiar rejection"}`, "1"},
		"with an id": {200,
			`{"MerchantRequestID":"m","CheckoutRequestID":"ws_CO_7","ResponseCode":"77",` +
				`"ResponseDescription":"Peculiar rejection"}`, "77"},
		"an unknown errorCode": {500,
			`{"requestId":"q","errorCode":"500.777.01","errorMessage":"Peculiar rejection"}`, "500.777.01"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, rewritten("stkpush/", tt.status, func([]byte) []byte {
				return []byte(tt.body)
			}), func(t *testing.T, w *world, id store.ScreeningID) {
				w.daraja.SetScript("*", sim.Script{Result: "1032", Callbacks: sim.NoCallback})
				placed, err := w.service.Book(t.Context(), booking(id, storetest.Phone(1), 1, "odd"))
				if err != nil {
					t.Fatal(err)
				}
				pass(2 * time.Second)
				want := "M-PESA answered with code " + tt.code + ", Peculiar rejection"
				if said := wording.AnsweredWith(w.ticket(placed.Ticket.Secret)); said != want+"." {
					t.Error(said)
				}
				cases, err := w.store.Money().OpenItems(t.Context(), store.ItemFilter{})
				if err != nil || len(cases) != 1 {
					t.Fatalf("%+v, %v", cases, err)
				}
				if why := wording.Advise(cases[0], true).Why; !strings.HasPrefix(why, want) {
					t.Error(why)
				}
			})
		})
	}
}

// TestSameIDs: a MerchantRequestID that several pushes have takes nothing from them; a CheckoutRequestID is one push's
// alone.
func TestSameIDs(t *testing.T) {
	bubbleWith(t, rewritten("stkpush/", 200,
		value("MerchantRequestID", `"SAME"`)), func(t *testing.T, w *world, id store.ScreeningID) {
		w.daraja.SetScript("*", sim.Script{Result: "0", ResultAfter: 2 * time.Second, Callbacks: sim.NoCallback})
		var secrets []string
		for n := range 3 {
			placed, err := w.service.Book(t.Context(), booking(id, storetest.Phone(n+1), 1, fmt.Sprint(n)))
			if err != nil {
				t.Fatal(err)
			}
			secrets = append(secrets, placed.Ticket.Secret)
		}
		pass(time.Minute)
		for _, secret := range secrets {
			if tk := w.ticket(secret); state(tk) != "Paid" || tk.Push.CheckoutRequestID == "" {
				t.Errorf("%s, id %q", state(tk), tk.Push.CheckoutRequestID)
			}
		}
		w.sound()
	})
}

// TestPulledRows: rows of M-PESA's own list that cannot be read are on the list, each once, and end no walk.
func TestPulledRows(t *testing.T) {
	odd := `[{"transactionId":"NULL","amount":"1300"},{"amount":"1301"},` +
		`{"transactionId":"TOOLONG12345","amount":"1302"},["x"],"text",{"transactionId":"UKT1A2B3C4","amount":"abc"}]`
	bubbleWith(t, func(w *world) { w.pull = true }, func(t *testing.T, w *world, _ store.ScreeningID) {
		w.wire.setRewrite(func(r *http.Request, resp *http.Response) {
			if !strings.Contains(r.URL.Path, "pulltransactions") {
				return
			}
			body, err := r.GetBody()
			var asked struct{ OffSetValue string }
			if err == nil {
				err = json.NewDecoder(body).Decode(&asked)
			}
			if err != nil {
				w.t.Errorf("%v", err)
			}
			rows := map[string]string{
				"0": odd, "6": `[{"transactionId":""},7]`, "8": `[{"transactionId":"UKT1A2B3C5","amount":"1305"}]`,
			}[asked.OffSetValue]
			answer := []byte(`{"ResponseCode":"1000","Response":[` + rows + `]}`)
			resp.StatusCode, resp.Body, resp.ContentLength = 200, io.NopCloser(bytes.NewReader(answer)),
				int64(len(answer))
			resp.Header.Set("Content-Length", fmt.Sprint(len(answer)))
		})
		pass(35 * time.Minute)
		w.restart()
		cases, err := w.store.Money().OpenItems(t.Context(), store.ItemFilter{})
		if err != nil {
			t.Fatal(err)
		}
		rows, receipts := 0, ""
		for _, c := range cases {
			if c.Kind == store.ItemCallback && c.Text != "" && c.Callback == store.CallbackPull {
				rows++
			}
			receipts += c.Receipt + " "
		}
		if rows != 7 || !strings.Contains(receipts, "UKT1A2B3C4") || !strings.Contains(receipts, "UKT1A2B3C5") {
			t.Errorf("%d rows, receipts %s, listed %+v", rows, receipts, cases)
		}
		w.unsound("a callback is understood whole")
	})
}

// TestValidationOnly: where M-PESA asks before a payment and no confirmation comes, the money is found, or listed.
func TestValidationOnly(t *testing.T) {
	for name, initiator := range map[string]bool{"initiator": true, "no initiator": false} {
		inBubble(t, func(w *world) { w.noInitiator = !initiator }, func(t *testing.T, w *world, _ store.ScreeningID) {
			receipt, err := w.daraja.PayByHand(sim.HandPayment{
				Phone: storetest.Phone(1), To: "174379", Account: "POPCORN", Amount: 1300, PIN: "1234",
			})
			if err != nil {
				t.Fatal(err)
			}
			token, err := w.store.Money().C2BToken(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			w.send(store.CallbackValidation, token,
				fmt.Appendf(nil,
					`{"TransactionType":"Pay Bill","TransID":%q,"TransAmount":"1300.00","MSISDN":"2547*****126",`+
						`"BillRefNumber":"POPCORN"}`, receipt))
			w.sound2(name, 0)
			pass(20 * time.Minute)
			payments, err := w.store.Money().Payments(t.Context())
			if err != nil || initiator != (len(payments) == 1) {
				t.Errorf("%s: %+v, %v", name, payments, err)
			}
			w.restart()
			pass(time.Minute)
			w.sound2(name, map[bool]int{false: 1}[initiator])
		})
	}
}

// sound2 fails the test where not so many callbacks are listed.
func (w *world) sound2(name string, want int) {
	w.t.Helper()
	if listed, unsound := w.unknownMoney(); len(listed) != want || unsound != (want > 0) {
		w.t.Errorf("%s: listed %+v, unsound %v", name, listed, unsound)
	}
}

// TestHangingDaraja: where pushes get no answer for long, sales close before the first of them has timed out. A phone
// that is locked says nothing of Daraja, neither good nor bad.
func TestHangingDaraja(t *testing.T) {
	inBubble(t, func(*world) {}, func(t *testing.T, w *world, id store.ScreeningID) {
		w.daraja.SetScript("*", sim.Script{Result: "1032", Callbacks: sim.NoCallback})
		w.wire.setRewrite(func(r *http.Request, _ *http.Response) {
			if strings.HasSuffix(r.URL.Path, "processrequest") {
				<-time.After(25 * time.Second)
			}
		})
		for n := range 5 {
			if _, err := w.service.Book(t.Context(), booking(id, storetest.Phone(n+1), 1, fmt.Sprint(n))); err != nil {
				t.Fatal(err)
			}
		}
		pass(9 * time.Second) // each booking waits 3 s for its answer
		if sales, err := w.store.Tickets().Sales(t.Context()); err != nil || sales.Until == 0 {
			t.Errorf("Daraja hangs, and sales are %+v, %v", sales, err)
		}
		pass(20 * time.Second) // the answers come
		if sales, err := w.store.Tickets().Sales(t.Context()); err != nil || sales.Until != 0 {
			t.Errorf("Daraja has answered, and sales are %+v, %v", sales, err)
		}
	})
	down, locked := `{"errorCode":"500.002.1001","errorMessage":"Service is unavailable"}`,
		`{"errorCode":"500.001.1001",`+
			`"errorMessage":"Unable to lock subscriber, a transaction is already in process for the current `+
			`subscriber"}`
	n := 0
	inBubble(t, rewritten("stkpush/", 500, func([]byte) []byte {
		if n++; n%3 == 0 {
			return []byte(locked)
		}
		return []byte(down)
	}), func(t *testing.T, w *world, id store.ScreeningID) {
		for n := range 8 {
			_, _ = w.service.Book(t.Context(), booking(id, storetest.Phone(n+1), 1, fmt.Sprint(n))) // refused or not
			pass(2 * time.Second)
		}
		if sales, err := w.store.Tickets().Sales(t.Context()); err != nil || sales.Until == 0 || n != 7 {
			t.Errorf("%d pushes, sales %+v, %v", n, sales, err)
		}
	})
}

// TestQueryAnswersThatAreNone: what M-PESA answers when it is asked about a push is on the list where it is no verdict.
func TestQueryAnswersThatAreNone(t *testing.T) {
	for name, tt := range map[string]struct {
		status     int
		body, want string
	}{
		"no id":           {200, `{"ResponseCode":"0","ResultCode":"0"}`, "does not name the CheckoutRequestID"},
		"no ResponseCode": {200, `{"CheckoutRequestID":"ID","ResultCode":"0"}`, "no ResponseCode"},
		"XML":             {200, `<a><ResultCode>0</ResultCode></a>`, "<ResultCode>0</ResultCode>"},
		"HTTP 500": {500, `{"ResponseCode":"0","CheckoutRequestID":"ID","ResultCode":"0","ResultDesc":"ok"}`,
			`"ResultCode":"0"`},
		"an errorCode": {500, `{"errorCode":"500.001.1101","errorMessage":"Peculiar"}`, "code 500.001.1101, Peculiar"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(*world) {}, func(t *testing.T, w *world, id store.ScreeningID) {
				w.daraja.SetScript("*", sim.Script{
					Result: "0", ResultAfter: 2 * time.Second, Callbacks: sim.NoCallback,
				})
				placed, err := w.service.Book(t.Context(), booking(id, storetest.Phone(1), 1, "query"))
				if err != nil {
					t.Fatal(err)
				}
				body := strings.ReplaceAll(tt.body, `"ID"`, `"`+placed.Ticket.Push.CheckoutRequestID+`"`)
				rewritten("stkpushquery", tt.status, func([]byte) []byte { return []byte(body) })(w)
				pass(40 * time.Second)
				cases, err := w.store.Money().OpenItems(t.Context(), store.ItemFilter{})
				if err != nil || len(cases) != 1 {
					t.Fatalf("%+v, %v", cases, err)
				}
				if why := wording.Advise(cases[0], true).Why; !strings.Contains(why, tt.want) ||
					strings.Contains(why, "another CheckoutRequestID") {
					t.Error(why)
				}
			})
		})
	}
}
