package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// refunding is a stage whose ticket is paid, and what the last Reversal of its refund was.
type refunding struct {
	*stage
	sent  store.Question
	sends map[string]store.Question // by their names
}

func newRefunding(t *testing.T) *refunding {
	rf := &refunding{stage: newStage(t), sends: map[string]store.Question{}}
	rf.do("accepted")
	rf.do("paid")
	rf.do("refund")
	return rf
}

// step lets one thing happen to the refund. A send is named by the number of its conversation, by which results go by.
func (rf *refunding) step(step string) {
	rf.t.Helper()
	ctx, s := rf.t.Context(), rf.s
	what, name, _ := strings.Cut(step, " ")
	var err error
	switch what {
	case "send":
		rf.clock.add(48 * time.Hour)
		if rf.sent, err = s.Jobs().TakeQuestion(ctx, 0, store.Reversal); err == nil {
			rf.sends[name] = rf.sent
		}
		rf.told = "sent"
		if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrGivenOver) {
			rf.told, err = "nothing to send", nil
		}
	case "accepted":
		err = s.Money().RecordRefundAnswer(ctx, rf.sent.ID, store.RefundAnswer{ConversationID: "AG_" + name})
	case "lost":
		err = s.Money().RecordRefundAnswer(ctx, rf.sent.ID, store.RefundAnswer{Text: "no answer"})
	case "turned-down":
		err = s.Money().RecordRefundAnswer(ctx, rf.sent.ID, store.RefundAnswer{
			Verdict: store.RefundRefused, Code: "400.002.02",
		})
	case "busy":
		err = s.Money().RecordRefundAnswer(ctx, rf.sent.ID, store.RefundAnswer{
			Verdict: store.RefundTryAgain, Code: "500.003.02",
		})
	case "reversed", "before", "refused", "again":
		rf.told, err = rf.result(rf.sends[name],
			store.RefundAnswer{ConversationID: "AG_" +
				name, Code: what, Receipt: "UKO6BACK00", Verdict: map[string]store.RefundVerdict{
				"reversed": store.RefundReversed, "before": store.RefundReversedBefore, "refused": store.RefundRefused,
				"again": store.RefundTryAgain}[what]})
	case "short": // it gives back a shilling less
		less := rf.sends[name].Amount - 100
		rf.told, err = rf.result(rf.sends[name], store.RefundAnswer{
			ConversationID: "AG_" + name, Verdict: store.RefundReversed, Amount: &less,
		})
	case "whole":
		rf.told, err = rf.result(rf.sends[name], store.RefundAnswer{
			ConversationID: "AG_" + name, Verdict: store.RefundReversed, Amount: &rf.sent.Amount,
		})
	case "refund":
		rf.told = "requested"
		_, err = s.Money().RequestRefund(ctx, store.NewRefund{Receipt: "RECEIPT1", By: "box office"})
	case "hand":
		_, err = s.Money().RequestRefund(ctx, store.NewRefund{Receipt: "RECEIPT1", By: "box office", Reference: name})
	case "later":
		rf.clock.add(15 * time.Minute)
	default:
		rf.t.Fatalf("no such step: %q", step)
	}
	if refusal, is := errors.AsType[*store.Refusal](err); is {
		rf.told = string(refusal.Kind)
	} else if err != nil {
		rf.t.Fatalf("%s: %v", step, err)
	}
}

func (rf *refunding) result(r store.Question, a store.RefundAnswer) (string, error) {
	cb, known, err := rf.s.Money().StoreCallback(rf.t.Context(), store.NewCallback{
		Kind: store.CallbackReversal, Token: r.ResultToken, Body: []byte("{}"), Size: 2,
	})
	if err != nil || !known {
		return "", fmt.Errorf("keep: known %v, %w", known, err)
	}
	applied, err := rf.s.Money().ApplyReversal(rf.t.Context(), cb, a)
	return told(applied), err
}

// states says what became of the payment and, oldest first, of its refunds.
func (rf *refunding) states() string {
	rf.t.Helper()
	ps, err := rf.s.Money().Payments(rf.t.Context())
	if err != nil || len(ps) != 1 {
		rf.t.Fatal(ps, err)
	}
	rs, err := rf.s.Money().Refunds(rf.t.Context(), ps[0].ID)
	if err != nil {
		rf.t.Fatal(err)
	}
	out := string(ps[0].State) + ":"
	for _, r := range slices.Backward(rs) {
		out += fmt.Sprintf(" %s %s", r.Method, r.State)
	}
	return out
}

// TestReversalsThatAreOut: what M-PESA may have carried out is never forgotten, whatever is said of a later Reversal.
func TestReversalsThatAreOut(t *testing.T) { storetest.Each(t, testReversalsThatAreOut) }

func testReversalsThatAreOut(t *testing.T) {
	for _, c := range []struct{ steps, told, want string }{
		{"send 1 > turned-down", "sent", "refund_due: reversal failed"},
		{"send 1 > lost > send 2 > turned-down", "sent", "refund_due: reversal requested"},
		{"send 1 > lost > send 2 > turned-down > send 3", "nothing to send", "refund_due: reversal requested"},
		{"send 1 > accepted 1 > send 2 > turned-down > reversed 1", "refunded", "refunded: reversal refunded"},
		{"send 1 > accepted 1 > send 2 > turned-down > refused 1", "refund failed", "refund_due: reversal failed"},
		{"send 1 > accepted 1 > send 2 > accepted 2 > refused 2", "refund awaited",
			"refund_due: reversal requested"},
		{"send 1 > accepted 1 > send 2 > accepted 2 > refused 2 > refused 2", "duplicate",
			"refund_due: reversal requested"},
		{"send 1 > accepted 1 > send 2 > accepted 2 > refused 2 > refused 1", "refund failed",
			"refund_due: reversal failed"},
		{"send 1 > send 2", "sent", "refund_due: reversal requested"}, // the process died before the answer
		{"send 1 > send 2 > accepted 2 > before 2", "refunded", "refunded: reversal refunded"},
		{"send 1 > accepted 1 > before 1", "reversed by others", "reversed_elsewhere: reversal failed"},
		{"send 1 > busy > send 2 > accepted 2 > before 2", "reversed by others",
			"reversed_elsewhere: reversal failed"},
		{"send 1 > accepted 1 > again 1 > send 2 > accepted 2 > before 2", "reversed by others",
			"reversed_elsewhere: reversal failed"},
		{"send 1 > lost > send 2 > busy > send 3 > accepted 3 > before 3", "refunded", "refunded: reversal refunded"},
		{"send 1 > busy > send 2 > busy > send 3 > busy > send 4 > busy > send 5 > busy > send 6 > busy", "sent",
			"refund_due: reversal failed"},
		{"send 1 > turned-down > refund > send 2 > accepted 2 > before 2", "reversed by others",
			"reversed_elsewhere: reversal failed reversal failed"},
		// It gives back less than it was to.
		{"send 1 > accepted 1 > whole 1", "refunded", "refunded: reversal refunded"},
		{"send 1 > accepted 1 > short 1", "refunded", "refund_due: reversal refunded, doubt returned_other"},
		{"send 1 > accepted 1 > short 1 > send 2", "nothing to send",
			"refund_due: reversal refunded, doubt returned_other"},
		{"send 1 > accepted 1 > short 1 > refund", "refund_open",
			"refund_due: reversal refunded, doubt returned_other"},
		{"send 1 > accepted 1 > short 1 > hand UKO6REST00", "refunded", "refunded: reversal refunded hand refunded"},
		{"send 1 > accepted 1 > short 1 > hand UKO6REST00 > short 1", "duplicate",
			"refunded: reversal refunded hand refunded"},
		{"send 1 > accepted 1 > send 2 > accepted 2 > short 1 > before 2", "duplicate",
			"refund_due: reversal refunded, doubt returned_other"},
		{"send 1 > accepted 1 > send 2 > accepted 2 > short 1 > again 2 > send 3", "nothing to send",
			"refund_due: reversal refunded, doubt returned_other"},
		{"send 1 > turned-down > short 1 > refund", "refund_open",
			"refund_due: reversal refunded, doubt returned_other"},
		{"send 1 > turned-down > refund > short 1 > send 2", "nothing to send",
			"refund_due: reversal refunded reversal failed, doubt returned_other"},
		// What was taken for refused was carried out after all.
		{"send 1 > turned-down > reversed 1", "refunded", "refunded: reversal refunded"},
		{"send 1 > turned-down > refund > reversed 1", "refunded", "refunded: reversal refunded reversal failed"},
		{"send 1 > turned-down > refund > send 2 > accepted 2 > reversed 1 > before 2", "duplicate",
			"refunded: reversal refunded reversal failed"},
		{"send 1 > turned-down > refund > send 2 > accepted 2 > before 2 > reversed 1", "refunded",
			"refunded: reversal refunded reversal failed"},
		{"send 1 > turned-down > hand UKO6MINE00 > reversed 1", "refunded",
			"refunded: reversal refunded hand refunded, doubt returned_twice"},
		{"send 1 > turned-down > hand UKO6MINE00 > reversed 1 > reversed 1", "duplicate",
			"refunded: reversal refunded hand refunded, doubt returned_twice"},
		// that is what was written down
		{"send 1 > turned-down > hand uko6back00 > reversed 1", "duplicate", "refunded: reversal failed hand refunded"},
	} {
		t.Run(c.steps, func(t *testing.T) {
			t.Parallel()
			rf := newRefunding(t)
			for step := range strings.SplitSeq(c.steps, " > ") {
				rf.step(step)
			}
			got, doubt := rf.states(), string(rf.payments()[0].Doubt)
			if doubt != "" {
				got += ", doubt " + doubt
			}
			if got != c.want || rf.told != c.told {
				t.Errorf("ends as  %s, told %q\nwant     %s, told %q", got, rf.told, c.want, c.told)
			}
			wrong, err := rf.s.Money().Audit(t.Context())
			if err != nil || (len(wrong) > 0) != (doubt != "") || !strings.Contains(strings.Join(wrong, "\n"), doubt) {
				t.Errorf("fsck says %q, %v", wrong, err)
			}
		})
	}
}

// TestReturnedTwiceIsListed: money that went back by hand, and by a Reversal too, is a person's.
func TestReturnedTwiceIsListed(t *testing.T) { storetest.Each(t, testReturnedTwiceIsListed) }

func testReturnedTwiceIsListed(t *testing.T) {
	rf := newRefunding(t)
	listed := func() (cs []store.OpenItem) {
		cs, err := rf.s.Money().OpenItems(t.Context(), store.ItemFilter{})
		if err != nil {
			t.Fatal(err)
		}
		return cs
	}
	rf.step("send 1")
	rf.step("turned-down")
	rf.step("hand UKO6MINE00")
	if cs := listed(); len(cs) != 0 {
		t.Errorf("before, the list has %+v", cs)
	}
	rf.step("reversed 1")
	if cs := listed(); len(cs) != 1 || cs[0].Receipt != "RECEIPT1" || cs[0].State != "refunded" ||
		cs[0].Doubt != store.DoubtReturnedTwice {
		t.Errorf("the list has %+v", cs)
	}
}

// TestReturnedShortIsListed: what a Reversal has not given back is a person's, whatever is told of it afterwards.
func TestReturnedShortIsListed(t *testing.T) { storetest.Each(t, testReturnedShortIsListed) }

func testReturnedShortIsListed(t *testing.T) {
	rf := newRefunding(t)
	rf.step("send 1")
	rf.step("short 1")
	rf.step("accepted 1")
	if err := rf.s.Money().RecordRefundAnswer(t.Context(), rf.sent.ID, store.RefundAnswer{
		Text: "Accept the service request successfully.",
	}); err != nil {
		t.Fatal(err)
	}
	rf.do("paid") // told once more
	cs, err := rf.s.Money().OpenItems(t.Context(), store.ItemFilter{})
	if err != nil || len(cs) != 1 || cs[0].State != "refund_due" || cs[0].Doubt != store.DoubtReturnedOther ||
		cs[0].DoubtCents != 2699_00 {
		t.Errorf("the list has %+v, %v", cs, err)
	}
	if wrong, err := rf.s.Money().Audit(t.Context()); err != nil || len(wrong) != 1 ||
		!strings.Contains(wrong[0], string(store.DoubtReturnedOther)) {
		t.Errorf("fsck says %q, %v", wrong, err)
	}
}

// TestTimeoutTokens: a time-out URL has a token of its own, which opens nothing else.
func TestTimeoutTokens(t *testing.T) { storetest.Each(t, testTimeoutTokens) }

func testTimeoutTokens(t *testing.T) {
	rf := newRefunding(t)
	rf.do("another ticket")
	if err := rf.s.Money().ClaimReceipt(t.Context(), rf.other, "UKO5ABCDEF", ""); err != nil {
		t.Fatal(err)
	}
	r, err := rf.s.Jobs().TakeQuestion(t.Context(), 0, store.Reversal)
	if err != nil {
		t.Fatal(err)
	}
	c, err := rf.s.Jobs().TakeQuestion(t.Context(), 0, store.TransactionStatus)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{r.ResultToken, r.TimeoutToken, c.ResultToken, c.TimeoutToken}
	opens := map[store.CallbackKind]string{
		store.CallbackReversal: r.ResultToken, store.CallbackReversalTimeout: r.TimeoutToken,
		store.CallbackStatus: c.ResultToken, store.CallbackStatusTimeout: c.TimeoutToken,
	}
	for kind, opener := range opens {
		for _, token := range append(all, "") {
			cb, known, err := rf.s.Money().StoreCallback(t.Context(), store.NewCallback{
				Kind: kind, Token: token, Body: []byte("{}"), Size: 2,
			})
			if err != nil || known != (token == opener) {
				t.Fatalf("%s: known %v, %v", kind, known, err)
			}
			if !known {
				continue
			}
			var a store.ApplyResult
			if kind == store.CallbackReversal || kind == store.CallbackReversalTimeout {
				a, err = rf.s.Money().ApplyReversal(t.Context(), cb, store.RefundAnswer{})
			} else {
				a, err = rf.s.Money().ApplyStatus(t.Context(), cb, store.Transaction{NoAnswer: true})
			}
			if err != nil || a.Outcome != store.OutcomeUnclear && a.Outcome != store.OutcomeNoAnswer {
				t.Errorf("%s: %+v, %v", kind, a, err)
			}
		}
	}
}
