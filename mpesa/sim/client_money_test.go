package sim_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa"
	"cinemasphere/mpesa/sim"
)

// initiator is the client that production uses, with the right to ask and to reverse.
func (w *world) initiator() *mpesa.Client {
	w.Helper()
	client, err := mpesa.New(mpesa.Config{
		BaseURL: "https://daraja.test", ConsumerKey: "key", ConsumerSecret: "secret", Passkey: passkey,
		Shortcode: shortcode, Till: till, Transport: w.client.Transport, InitiatorName: "boxoffice",
		SecurityCredential: "c2VjcmV0",
	})
	if err != nil {
		w.Fatal(err)
	}
	return client
}

func statusOf(receipt string) mpesa.StatusRequest {
	return mpesa.StatusRequest{
		Receipt: receipt, ResultURL: "https://cinema.test/result", TimeoutURL: "https://cinema.test/timeout",
		Remarks: "OK",
	}
}

func reversalOf(receipt string, amount int64) mpesa.ReversalRequest {
	return mpesa.ReversalRequest{
		Receipt: receipt, Amount: amount, ResultURL: "https://cinema.test/result",
		TimeoutURL: "https://cinema.test/timeout", Remarks: "Refund",
	}
}

// parsed is the last result that was posted, as the client reads it.
func (w *world) parsed() mpesa.AsyncResult {
	w.Helper()
	calls := w.to("/result")
	if len(calls) == 0 {
		w.Fatal("no result")
	}
	result, err := mpesa.ParseResult([]byte(calls[len(calls)-1].body))
	if err != nil {
		w.Fatalf("%s: %v", calls[len(calls)-1].body, err)
	}
	return result
}

// The client reads every shape, and guesses where none can be read.
func TestClientReadsStatus(t *testing.T) {
	for shape, knows := range map[sim.Shape]struct{ parties, amount, times, state bool }{
		sim.ShapeObserved:   {true, true, true, true},
		sim.ShapeDocumented: {false, true, true, true},
		sim.ShapeOld:        {true, true, true, true},
		sim.ShapeLists:      {true, true, true, true},
		sim.ShapeBare:       {false, false, true, true},
		sim.ShapeSingle:     {false, false, false, false},
	} {
		for _, party := range []sim.Party{sim.PartyPlain, sim.PartyMasked, sim.PartyLocal} {
			inBubble(t, nil, func(w *world) {
				receipt := w.pay(phone, 1350)
				w.sim.SetScript(phone, sim.Script{Status: sim.Call{Shape: shape, Party: party}})
				if _, err := w.initiator().TransactionStatus(context.Background(), statusOf(receipt)); err != nil {
					w.Fatal(err)
				}
				time.Sleep(2 * time.Second)
				got, ok := w.parsed().Transaction()
				if !ok || got.Receipt != receipt {
					w.Fatalf("%s: %+v, %v", shape, got, ok)
				}
				if knows.amount != got.HasAmount || got.HasAmount && got.Amount != 135_000 ||
					knows.state != (got.State == mpesa.StateCompleted) ||
					knows.times != got.FinalisedAt.Equal(w.born) {
					w.Errorf("%s: %+v", shape, got)
				}
				if !knows.parties {
					if got.Debit != (mpesa.Party{}) && shape != sim.ShapeSingle {
						w.Errorf("%s: a debit party where there is none: %+v", shape, got.Debit)
					}
					return
				}
				number := map[sim.Party]string{
					sim.PartyPlain: phone, sim.PartyLocal: "0" + phone[3:],
					sim.PartyMasked: phone[:4] + "*****" + phone[9:],
				}[party]
				if got.Debit.Number != number || got.Debit.Name != "IAN KIPKORIR OUMA" {
					w.Errorf("%s, %s: debit %+v", shape, party, got.Debit)
				}
				if got.Credit.Number != shortcode || got.Credit.Name != "CinemaSphere" {
					w.Errorf("%s, %s: credit %+v", shape, party, got.Credit)
				}
			})
		}
	}
}

func TestClientReverses(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		client, ctx := w.initiator(), context.Background()
		receipt := w.pay(phone, 1350)
		w.sim.SetScript(phone, sim.Script{Reversal: sim.Call{Answer: sim.AnswerLost, Times: 1}})
		if _, err := client.Reverse(ctx, reversalOf(receipt, 1350)); !mpesa.MayHaveSent(err) {
			w.Errorf("error %v, want one that leaves it open", err)
		}
		time.Sleep(2 * time.Second)
		got, ok := w.parsed().Reversal()
		back := w.sim.Reversals()[0]
		if !ok || got.Original != receipt || got.Receipt != back.Receipt || got.Amount != 135_000 || !got.HasAmount ||
			got.Credit.Number != phone ||
			got.Debit.Number != shortcode || !got.CompletedAt.Equal(back.At.Truncate(time.Second)) {
			w.Errorf("reversal %+v, %v", got, ok)
		}
		w.sim.RevokeToken() // the client logs in again by itself
		ack, err := client.Reverse(ctx, reversalOf(receipt, 1350))
		if err != nil {
			w.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if again := w.parsed(); again.ConversationID != ack.ConversationID ||
			again.Verdict().Outcome != mpesa.OutcomeAlreadyReversed {
			w.Errorf("result %+v", again)
		}
		if _, err := client.TransactionStatus(ctx, statusOf(receipt)); err != nil {
			w.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if tr, ok := w.parsed().Transaction(); !ok || tr.State == mpesa.StateCompleted {
			w.Errorf("a reversed payment is %+v", tr)
		}
		w.wantMoney(1350, 1350, 0)
	})
}

func TestClientHearsOfPaymentsByHand(t *testing.T) {
	inBubble(t, func(c *sim.Config) {
		c.RegisterOnce, c.Validation, c.Echo = true, true, sim.EchoBefore
	}, func(w *world) {
		client, ctx := w.initiator(), context.Background()
		w.says = func(call) string { return mpesa.C2BAccepted }
		urls := mpesa.URLRegistration{
			ConfirmationURL: "https://cinema.test/confirmation", ValidationURL: "https://cinema.test/validation",
		}
		if ack, err := client.RegisterURLs(ctx, urls); err != nil || ack.OriginatorConversationID == "" {
			w.Fatalf("%+v, %v", ack, err)
		}
		if _, err := client.RegisterURLs(ctx, urls); !errors.Is(err, mpesa.ErrAlreadyRegistered) {
			w.Errorf("error %v, want ErrAlreadyRegistered", err)
		}
		w.token = w.newToken()
		byHand := w.byHand(paybill("K7QX2M", 20))
		synctest.Wait()
		pushed := w.pay(phone, 30)
		calls := w.to("/confirmation")
		if len(calls) != 2 {
			w.Fatalf("%d confirmations, want 2", len(calls))
		}
		for i, want := range []struct {
			receipt string
			cents   int64
		}{{byHand, 2000}, {pushed, 3000}} {
			p, err := mpesa.ParseC2B([]byte(calls[i].body))
			if err != nil || p.Receipt != want.receipt || p.Amount != want.cents || p.BillReference != "K7QX2M" ||
				p.Shortcode != shortcode || !p.TransactedAt.Equal(w.born) {
				w.Errorf("confirmation %+v, %v", p, err)
			}
			if want := phone[:4] + " ***** " + phone[9:]; p.Phone != want {
				w.Errorf("phone %q, want %q", p.Phone, want)
			}
		}
	})
}

func TestClientPulls(t *testing.T) {
	inBubble(t, func(c *sim.Config) {
		c.PullPage, c.Default = 4, sim.Script{Result: "0", Callbacks: sim.NoCallback}
	}, func(w *world) {
		client, ctx := w.initiator(), context.Background()
		register := mpesa.PullRegistration{Nominated: phone, CallbackURL: "https://cinema.test/pull"}
		if err := client.RegisterPull(ctx, register); err != nil {
			w.Fatal(err)
		}
		if err := client.RegisterPull(ctx, register); !errors.Is(err, mpesa.ErrAlreadyRegistered) {
			w.Errorf("error %v, want ErrAlreadyRegistered", err)
		}
		for i := range 10 {
			w.token = w.newToken() // which is the end of the client's
			w.push(phone, i+1)
			synctest.Wait()
		}
		found := map[string]int64{}
		query, failures := mpesa.PullQuery{From: w.born.Add(-time.Hour), To: time.Now().Add(time.Hour)}, 0
		for {
			page, err := client.PullTransactions(ctx, query)
			if err != nil {
				if failures++; failures > 1 {
					w.Fatal(err)
				}
				continue
			}
			if len(page.Transactions) == 0 {
				break
			}
			for _, p := range page.Transactions {
				if p.Phone != string(phone) || p.BillReference != "K7QX2M" || !p.TransactedAt.Equal(w.born) {
					w.Errorf("%+v", p)
				}
				found[p.Receipt] = p.Amount
			}
			query.Offset = page.NextOffset
		}
		ledger := w.sim.Ledger()
		if len(found) != 10 || len(ledger) != 10 {
			w.Errorf("%d found of %d", len(found), len(ledger))
		}
		for _, e := range ledger {
			if found[e.Receipt] != int64(e.Amount)*100 {
				w.Errorf("%s: %d cents, want %d shillings", e.Receipt, found[e.Receipt], e.Amount)
			}
		}
	})
}

// What the client may assume of every call in every kind of outage: nothing was done where it says so.
func TestClientInOutages(t *testing.T) {
	for _, as := range []sim.Answer{
		sim.AnswerLost, sim.AnswerEmpty, sim.AnswerInternal, sim.AnswerBusy, sim.AnswerSpike, sim.AnswerQuota,
		sim.AnswerTooMany, sim.AnswerToken,
		sim.AnswerBlocked, sim.AnswerUnavailable, sim.AnswerPage, sim.AnswerSilent, sim.AnswerRefused,
	} {
		t.Run(string(as), func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				client, ctx := w.initiator(), context.Background()
				receipt := w.pay("254712345679", 10)
				if _, err := client.TransactionStatus(ctx, statusOf(receipt)); err != nil { // so that it has a token
					w.Fatal(err)
				}
				w.sim.AddOutage(sim.Outage{
					For: time.Hour, Answer: as,
					Calls: "stkpush,stkquery,transactionstatus,reversal,c2bregister,pullregister,pullquery",
				})
				_, pushErr := client.STKPush(ctx, mpesa.Push{
					Amount: 1, Phone: phone, CallbackURL: "https://cinema.test/cb/x", Reference: "A", Description: "B",
				})
				if pushErr == nil || !mpesa.MayHaveSent(pushErr) && len(w.sim.Pushes(phone)) != 0 {
					w.Errorf("push: %v, and %d prompts", pushErr, len(w.sim.Pushes(phone)))
				}
				_, reversalErr := client.Reverse(ctx, reversalOf(receipt, 10))
				time.Sleep(time.Minute)
				if reversalErr == nil || !mpesa.MayHaveSent(reversalErr) && len(w.sim.Reversals()) != 0 {
					w.Errorf("reversal: %v, and %d reversals", reversalErr, len(w.sim.Reversals()))
				}
				if as == sim.AnswerRefused && (mpesa.MayHaveSent(pushErr) || mpesa.MayHaveSent(reversalErr)) {
					w.Errorf("a connection that was refused leaves it open: %v, %v", pushErr, reversalErr)
				}
				if answer, err := client.STKQuery(ctx, "ws_CO_1"); err == nil && answer.Class != mpesa.ClassPending {
					w.Errorf("query: %+v", answer)
				}
				if _, err := client.PullTransactions(ctx, mpesa.PullQuery{From: w.born, To: time.Now()}); err == nil {
					w.Error("pull: no error")
				}
			})
		})
	}
}
