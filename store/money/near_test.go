package money_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cinemasphere/store/money"
)

// TestCasesDecideTheSame: the books in cases are decided as they are in one.
func TestCasesDecideTheSame(t *testing.T) {
	mentions := "callback paid push1 R1 mentioned"
	words := append(slices.Clone(vocabulary), mentions, strings.Replace(mentions, "push1", "push4", 1),
		"operator two push2 H1", "operator two push3 H1", "operator same push3 R1", "callback failed push2",
		"callback failed push3", "callback failed push4", "status paid R3 nameless", "status paid H2 ben",
		"operator H3 ticket2", "customer H3 ticket4")
	rapid.Check(t, func(rt *rapid.T) {
		facts := rapid.SliceOfN(rapid.SampledFrom(words), 1, 9).Draw(rt, "facts")
		in := world()
		for _, words := range facts {
			words, mentioned := strings.CutSuffix(words, " mentioned")
			if in = tell(in, words); mentioned {
				in.Facts[len(in.Facts)-1].Says = money.Mentions
			}
			in.Facts[len(in.Facts)-1].At = opened + minute*money.Instant(rapid.IntRange(0, 15).Draw(rt, "known"))
		}
		whole, parts := money.Decide(in, opened+15*minute), money.Decision{}
		for _, c := range money.Cases(in) {
			d := money.Decide(c, opened+15*minute)
			parts.Payments = append(parts.Payments, d.Payments...)
			parts.Tickets = append(parts.Tickets, d.Tickets...)
		}
		slices.SortFunc(parts.Tickets, func(a, b money.TicketDecision) int { return cmp.Compare(a.ID, b.ID) })
		slices.SortFunc(parts.Payments, func(a, b money.Payment) int {
			return cmp.Or(cmp.Compare(min(b.Push, 1), min(a.Push, 1)), cmp.Compare(a.Push, b.Push),
				cmp.Compare(a.Receipt, b.Receipt))
		})
		if x, y := tale(in, whole)+alikes(whole), tale(in, parts)+alikes(parts); x != y {
			rt.Fatalf("%q\nin one   %s\nin cases %s", facts, x, y)
		}
	})
}

// alikes lists what each payment is alike with.
func alikes(d money.Decision) (all string) {
	for _, p := range d.Payments {
		all += fmt.Sprint("; ", p.Key, " like ", p.Alike)
	}
	return all
}

// TestMayBeOf: which receipts may be a push's payment, by amount, phone and time.
func TestMayBeOf(t *testing.T) {
	later := func(c money.Case) money.Case { // the push is made ten minutes after the receipt was reported
		c.Pushes[0].MadeAt = c.Facts[0].At + 10*minute
		c.Facts[0].TransactedAt = 0
		return c
	}
	for name, c := range map[string]struct {
		facts  string
		change func(money.Case) money.Case
		want   bool
	}{
		"the push's phone, amount and time":        {"till H1", nil, true},
		"a masked phone that fits":                 {"status paid H1", nil, true},
		"another phone":                            {"status paid H1 ben", nil, false},
		"another amount":                           {"till H1 KSh5", nil, false},
		"another amount, the push only known paid": {"status paid H1 KSh5 + query paid push1", nil, true},
		"the same by a phone that proves nothing":  {"till H1 KSh5 nameless + query paid push1", nil, false},
		"an unknown amount":                        {"till H1 amountless", nil, true},
		"long after":                               {"till H1 min11", nil, false},
		"an account number of a ticket":            {"hand H1 ticket1", nil, false},
		"a push that was paid with another":        {"callback paid push1 R1 + till H1", nil, false},
		"a push whose receipt an operator knows":   {"query paid push1 + operator same push1 R1 + till H1", nil, true},
		"and M-PESA confirms": {
			"query paid push1 + operator same push1 R1 + status paid R1 + till H1", nil, false,
		},
		"a push that failed":                         {"callback failed push1 + till H1", nil, false},
		"a push that failed, and was paid after all": {"callback failed push1 + query paid push1 + till H1", nil, true},
		"a push that Daraja refused": {"till H1", func(c money.Case) money.Case {
			c.Pushes[0].Refused = true
			return c
		}, false},
		"a receipt that was known before the push was made": {"till H1", func(c money.Case) money.Case {
			c.Facts[0].At = opened
			return later(c)
		}, false},
		"one that was known after that": {"till H1", func(c money.Case) money.Case {
			c.Facts[0].At = opened
			c = later(c)
			c.Facts[0].At = c.Pushes[0].MadeAt + minute
			return c
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			in := world()
			in.Pushes, in.Tickets = in.Pushes[:1], in.Tickets[:1]
			in = tell(in, c.facts)
			if c.change != nil {
				in = c.change(in)
			}
			takings, prompts := money.Near(in)
			may := false
			for _, receipt := range takings {
				for _, push := range prompts {
					may = may || receipt.Receipt == "H1" && receipt.MayBeOf(push)
				}
			}
			listed := false
			for _, p := range money.Decide(in, opened+20*minute).Payments {
				listed = listed || p.Receipt == "H1" && len(p.Alike) > 0
			}
			if may != c.want || listed != c.want {
				t.Errorf("may be: %v, listed: %v, want %v", may, listed, c.want)
			}
		})
	}
}

// TestDecideRefunds: what becomes of the refunds of one payment.
func TestDecideRefunds(t *testing.T) {
	of := func(r money.Refund) money.Refund {
		r.Of, r.Amount = money.Key{Push: 1, Receipt: "R1"}, price
		return r
	}
	open, out := money.Refund{ID: 1, Open: true}, money.Refund{ID: 1, Open: true, Sent: true, Out: 1}
	refused, hand := money.Refund{ID: 1, Sent: true}, money.Refund{ID: 2, ByHand: true}
	for _, c := range []struct {
		facts   string
		refunds []money.Refund
		want    string
	}{
		{"callback paid push1 R1", []money.Refund{open}, "1 requested 2700"},
		{"callback paid push1 R1 KSh5", []money.Refund{open}, "1 requested 5"},
		{"callback paid push1 R1 KSh5", []money.Refund{out}, "1 requested 2700"}, // it is on its way
		{"callback paid push1", []money.Refund{open}, "1 requested 2700 waits"},
		{"callback paid push1 R1", []money.Refund{refused}, "1 failed 2700"},
		{"callback paid push1 R1 + status reversed R1", []money.Refund{open}, "1 failed 2700"},
		{"callback paid push1 R1 + status reversed R1", []money.Refund{refused}, "1 failed 2700"},
		{"callback paid push1 R1 + status reversed R1", []money.Refund{out}, "1 refunded 2700"},
		{"callback paid push1 R1 + reversal back R1 KSh2700", []money.Refund{{ID: 1, Done: true, Sent: true}},
			"1 refunded 2700"},
		{"callback paid push1 R1 + operator back R1 KSh2700", []money.Refund{refused, hand},
			"1 failed 2700, 2 refunded 2700"},
		{"callback paid push1 R1 + operator back R1 KSh2700", []money.Refund{out, hand},
			"1 failed 2700, 2 refunded 2700"},
		// Two payments have turned out to be one: the refund that is out goes on.
		{"callback paid push1 R1", []money.Refund{open, {ID: 2, Open: true, Sent: true, Out: 1}},
			"1 failed 2700, 2 requested 2700"},
		{"callback paid push1 R1", []money.Refund{open, {ID: 2, Open: true}}, "1 requested 2700, 2 failed 2700"},
		{"callback paid push1 R1 + status reversed R1", []money.Refund{open, {ID: 2, Open: true, Sent: true, Out: 1}},
			"1 failed 2700, 2 refunded 2700"},
	} {
		in := tell(world(), c.facts)
		for _, r := range c.refunds {
			in.Refunds = append(in.Refunds, of(r))
		}
		var got []string
		for _, d := range money.Decide(in, opened).Refunds {
			waits := ""
			if d.Waits {
				waits = " waits"
			}
			got = append(got, fmt.Sprint(d.ID, " ", d.State, " ", d.Amount/100, waits))
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%s, %+v:\ngot  %s\nwant %s", c.facts, c.refunds, text, c.want)
		}
	}
}
