package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// play2 lets events happen that concern more than the stage's own push: other payments of its phone, other bookings,
// and what becomes of a refund.
func (st *stage) play2(events string) {
	st.t.Helper()
	ctx, push := st.t.Context(), st.pushes[0]
	whole := store.Cents(push.Amount * 100)
	arrives := func(receipt, account string, at store.Instant) error {
		_, err := st.s.Money().ApplyIncoming(ctx, store.IncomingPayment{
			Receipt: receipt, Amount: whole, Phone: store.Pattern(push.Phone[:4] + "*" + push.Phone[9:]),
			Account: account, TransactedAt: at, LearntBy: "c2b",
		})
		return err
	}
	pending := func() (id store.PaymentID) {
		for _, p := range st.payments() {
			if p.Receipt == "" {
				id = p.ID
			}
		}
		return id
	}
	for event := range strings.SplitSeq(events, " > ") {
		verb, of, _ := strings.Cut(event, ": ")
		var err error
		switch verb {
		case "till": // another taking, now
			err = arrives(of, "", st.s.Now())
		case "till of the prompt":
			err = arrives(of, "", st.made[0])
		case "echo":
			err = arrives(of, push.Reference, st.made[0])
		case "paid, no receipt":
			err = st.callbackWith(push.CallbackToken, "ws_CO_1", "", store.Verdict{
				Class: store.Success, Amount: &whole,
			})
		case "accepted as its receipt":
			_, err = st.s.Money().AcceptReceipt(ctx, store.Acceptance{Receipt: of, PaymentID: pending(), By: "op"})
		case "accepted for the ticket":
			_, err = st.s.Money().AcceptReceipt(ctx, store.Acceptance{Receipt: of, Ticket: push.Code, By: "op"})
		case "books another film":
			_, _, err = st.s.Tickets().Book(ctx,
				storetest.Booking(storetest.Screening(st.t, st.s, 2, 2), push.Phone, 2))
		case "wait":
			d, _ := time.ParseDuration(of)
			st.clock.add(d)
		case "refund of": // as the portal says, of so much
			var amount int
			_, _ = fmt.Sscan(of, &amount)
			_, err = st.s.Money().RequestRefund(ctx, store.NewRefund{
				PaymentID: st.payments()[0].ID, By: "op", Amount: store.Cents(amount * 100),
			})
		case "Reversal goes out":
			st.reversalSent()
		case "Reversal":
			st.reversalSays(store.RefundAnswer{Code: "1", Verdict: map[string]store.RefundVerdict{
				"done": store.RefundReversed, "done before": store.RefundReversedBefore, "refused": store.RefundRefused,
				"try again": store.RefundTryAgain,
			}[of]})
		case "no Reversal can be exact":
			if _, err = st.s.Jobs().TakeQuestion(ctx, 0, store.Reversal); errors.Is(err, store.ErrGivenOver) {
				err = nil
			}
		case "Status":
			tr := st.completed("RECEIPT1")
			tr.Reversed, tr.TransactedAt = of == "reversed", st.made[0]
			var q store.Question
			for q.Receipt != tr.Receipt && err == nil {
				q, err = st.s.Jobs().TakeQuestion(ctx, 0, store.TransactionStatus)
			}
			if err == nil {
				st.answer(q, tr)
			}
		default:
			st.do(event)
		}
		if err != nil {
			st.t.Fatalf("%s: %v", event, err)
		}
	}
}

// TestRefundsAreDecided: whatever becomes of a refund, the payments and tickets follow at once.
func TestRefundsAreDecided(t *testing.T) { storetest.Each(t, testRefundsAreDecided) }

func testRefundsAreDecided(t *testing.T) {
	const alike = "accepted > till of the prompt: RECEIPT1 > refund > paid, no receipt"
	const out = "accepted > paid > refund > Reversal goes out > Status: reversed > "
	for _, c := range []struct{ events, want, refund string }{
		{alike, "Pending, held 180s; RECEIPT1 unmatched names_no_ticket;  unmatched may_be_same", "requested"},
		{alike + " > reversal refused", "Paid; RECEIPT1 unmatched names_no_ticket;  applied", "failed"},
		{alike + " > reversal refused > hold ends", "Paid; RECEIPT1 unmatched names_no_ticket;  applied", "failed"},
		{alike + " > reversed", "Pending, held 180s; RECEIPT1 refunded names_no_ticket;  unmatched may_be_same",
			"refunded"},
		{alike + " > reversed before", "Pending, held 180s; RECEIPT1 reversed_elsewhere names_no_ticket;  " +
			"unmatched may_be_same", "failed"},
		{"accepted > paid, no amount > refund of: 2700 > Reversal goes out > Reversal: refused",
			"Paid; RECEIPT1 applied", "failed"},
		{"accepted > paid, no amount > refund of: 2700 > Reversal goes out > Reversal: try again",
			"Failed refund_asked, held 120s; RECEIPT1 refund_due refund_asked", "requested"},
		{"accepted > paid, no amount > refund of: 2600 > Reversal goes out > Reversal: try again > Status: paid > " +
			"wait: 2m > no Reversal can be exact", "Paid; RECEIPT1 applied", "failed"},
		{out + "Reversal: refused", "Paid void; RECEIPT1 reversed_elsewhere", "failed"},
		{out + "Reversal: try again", "Paid void; RECEIPT1 reversed_elsewhere", "failed"},
		{out + "Reversal: done before", "Paid void; RECEIPT1 reversed_elsewhere", "failed"},
		{out + "Reversal: done", "Paid void; RECEIPT1 refunded refund_asked", "refunded"},
		{out + "Reversal: done > Reversal: done", "Paid void; RECEIPT1 refunded refund_asked", "refunded"},
		{out + "Reversal: refused > Reversal: done", "Paid void; RECEIPT1 refunded refund_asked", "refunded"},
	} {
		t.Run(c.events, func(t *testing.T) {
			st := newStage(t)
			st.play2(c.events)
			if got := st.end(); got != c.want {
				t.Errorf("ends as  %s\nwant     %s", got, c.want)
			}
			var states []string
			for _, p := range st.payments() {
				refunds, err := st.s.Money().Refunds(t.Context(), p.ID)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range refunds {
					states = append(states, string(r.State))
				}
			}
			if got := strings.Join(states, " "); got != c.refund {
				t.Errorf("refunds %q, want %q", got, c.refund)
			}
			st.sound()
		})
	}
}

// TestLookalikesOfTheCase: what is loaded to decide a report is all that fsck decides it with, so that the same pairs
// are listed as alike.
func TestLookalikesOfTheCase(t *testing.T) { storetest.Each(t, testLookalikesOfTheCase) }

func testLookalikesOfTheCase(t *testing.T) {
	for _, c := range []struct {
		events, want string
		alike        int
	}{
		// An account reference gives no push its receipt for certain.
		{"accepted > till: HAND0001 > echo: RECEIPT1 > query: paid",
			"Paid; HAND0001 unmatched names_no_ticket; RECEIPT1 applied;  unmatched may_be_same", 2},
		{"accepted > echo: RECEIPT1 > wait: 11m > till: HAND0001 > query: paid",
			"Paid; RECEIPT1 applied; HAND0001 unmatched names_no_ticket;  unmatched may_be_same", 2},
		// Nor does an operator, until M-PESA confirms it.
		{"accepted > paid, no receipt > accepted as its receipt: RECEIPT1 > till of the prompt: RECEIPT2",
			"Paid; RECEIPT1 applied; RECEIPT2 unmatched names_no_ticket", 1},
		// What was reported before a prompt was made did not come of it.
		{"accepted > cancelled > accepted for the ticket: BYHAND1 > wait: 13h > books another film",
			"Paid; BYHAND1 applied", 0},
		{"accepted > paid > wait: 20m > till: HAND0001 > wait: 30s > books another film",
			"Paid; RECEIPT1 applied; HAND0001 unmatched names_no_ticket", 0},
		{"accepted > paid > wait: 20m > till: HAND0001 > books another film",
			"Paid; RECEIPT1 applied; HAND0001 unmatched names_no_ticket", 0},
		{"accepted > cancelled > till: HAND0001 > retry", "Pending, held 180s; HAND0001 unmatched names_no_ticket", 0},
		{"accepted > cancelled > till: HAND0001 > retry > query: paid",
			"Paid; HAND0001 unmatched names_no_ticket;  applied", 0},
		// One that Daraja refuses was not paid.
		{"till of the prompt: HAND0001 > refused",
			"Failed mpesa_busy, held 120s; HAND0001 unmatched names_no_ticket", 0},
		{"till of the prompt: HAND0001 > answer lost > refused",
			"Failed mpesa_busy, held 120s; HAND0001 unmatched names_no_ticket", 0},
	} {
		t.Run(c.events, func(t *testing.T) {
			st := newStage(t)
			st.play2(c.events)
			if got := st.end(); got != c.want {
				t.Errorf("ends as  %s\nwant     %s", got, c.want)
			}
			b, err := st.s.Money().Bounds(t.Context())
			if err != nil || len(b.Alike) != c.alike {
				t.Errorf("%d pairs are alike, %v, want %d", len(b.Alike), err, c.alike)
			}
			st.sound()
		})
	}
}
