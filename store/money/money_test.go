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

const (
	price   money.Cents   = 2700_00
	minute  money.Instant = 60_000
	opened  money.Instant = 1_000_000_000_000
	ada                   = "254712345678"
	ben                   = "254722000111"
	starts                = opened + 24*60*minute
	evening               = starts + 60*minute
)

func cents(c money.Cents) *money.Cents { return &c }

// world is two tickets of one price: ticket 1 of ada with pushes 1 and 2, ticket 2 of ben with push 3, and ticket 4 of
// ada with push 4, which is made ten minutes later.
func world() money.Case {
	return money.Case{
		Pushes: []money.Push{
			{ID: 1, Ticket: 1, Amount: price, Phone: ada, MadeAt: opened, Askable: true},
			{ID: 2, Ticket: 1, Amount: price, Phone: ada, MadeAt: opened + 3*minute, Askable: true},
			{ID: 3, Ticket: 2, Amount: price, Phone: ben, MadeAt: opened, Askable: true},
			{ID: 4, Ticket: 4, Amount: price, Phone: ada, MadeAt: opened + 10*minute, Askable: true},
		},
		Tickets: []money.Ticket{
			{ID: 1, Total: price, MadeAt: opened, StartsAt: starts, Waiting: true, Seats: money.SeatsHeld},
			{ID: 2, Total: price, MadeAt: opened, StartsAt: starts, Waiting: true, Seats: money.SeatsHeld},
			{ID: 4, Total: price, MadeAt: opened + 10*minute, StartsAt: starts, Waiting: true, Seats: money.SeatsHeld},
		},
	}
}

// say makes a fact out of words: who says it, what, and what it names.
//
//	callback paid push1 R1        query paid push1           callback failed push1
//	echo push1 R1                 hand R1 ticket1            till R1
//	status paid R1 by ada at 1    status unknown R1          customer R1 ticket1
//	operator R1 ticket1           operator not R1 ticket1    operator same push1 R1
func say(words string) money.Fact {
	var f money.Fact
	fields := strings.Fields(words)
	for i, w := range fields {
		number := func(prefix string) (n int64, is bool) {
			_, err := fmt.Sscanf(w, prefix+"%d", &n)
			return n, err == nil
		}
		if n, is := number("push"); is {
			f.Push = money.PushID(n)
		} else if n, is := number("ticket"); is {
			f.Ticket = money.TicketID(n)
		} else if n, is := number("beside"); is {
			f.Beside = money.PushID(n)
		} else if n, is := number("KSh"); is {
			f.Amount = cents(money.Cents(n * 100))
		} else if n, is := number("min"); is {
			f.TransactedAt = opened + money.Instant(n)*minute
		} else if strings.HasPrefix(w, "R") || strings.HasPrefix(w, "H") {
			f.Receipt = w
		} else {
			f = worded(f, w, i)
		}
	}
	return f
}

func worded(f money.Fact, w string, i int) money.Fact {
	says := map[string]money.Saying{
		"paid": money.Paid, "failed": money.FailedForGood, "not-completed": money.NotCompleted,
		"unknown":   money.NoSuchReceipt,
		"to-others": money.PaidToOthers, "reversed": money.Reversed, "not": money.NotFor, "nothing": money.NothingPaid,
		"seen": money.DoubtEnds, "mentions": money.Mentions, "back": money.GivenBack, "same": money.TheSame,
		"two": money.Two,
	}
	if saying, is := says[w]; is {
		if f.Says = saying; saying == money.DoubtEnds {
			f.About = money.AmountDiffers
		}
		return f
	}
	switch w {
	case "ada":
		f.Payer = ada
	case "ben":
		f.Payer = ben
	case "nameless":
		f.Payer = ""
	case "amountless":
		f.Amount = nil
	case "bogus":
		f.About = money.ReceiptBogus
	default:
		if i > 0 {
			panic("no such word: " + w)
		}
		f.Source, f.Says, f.Amount = money.Source(w), money.Paid, cents(price)
	}
	switch w {
	case "query":
		f.Amount = nil
	case "echo", "hand", "till":
		f.Source, f.TransactedAt, f.Payer, f.Account = money.Confirmation, opened+minute, "2547*678", w == "hand"
	case "status":
		f.TransactedAt, f.Payer = opened+minute, ada
	case "customer", "operator":
		f.Says, f.Amount = money.PaysFor, nil
	case "reversal":
		f.Says = money.GivenBack
	}
	if w == "operator" {
		f.Amount = cents(price)
	}
	return f
}

func tell(c money.Case, facts ...string) money.Case {
	for _, words := range facts {
		for one := range strings.SplitSeq(words, " + ") {
			f := say(one)
			for _, push := range c.Pushes {
				if strings.HasPrefix(one, "echo") && f.Push == push.ID {
					if !strings.Contains(one, "min") {
						f.TransactedAt = push.MadeAt + minute
					}
					if f.Payer != ben {
						f.Payer = money.Pattern("2547*" + push.Phone[9:])
					}
				}
			}
			f.ID = int64(len(c.Facts) + 1)
			c.Facts = append(c.Facts, f)
		}
	}
	return c
}

// tale says in one line what was decided about ticket 1, each payment, and ticket 2 where it is more than waiting.
func tale(c money.Case, d money.Decision) string {
	var out []string
	for _, t := range d.Tickets {
		s := ""
		switch {
		case t.Void != "":
			s = "void " + string(t.Void)
			if t.FreeSeats {
				s += ", free"
			}
		case t.NeedsSeats:
			s = "needs seats"
		case t.Paid:
			s = "paid"
		case t.Owed != "":
			s = "owed " + string(t.Owed)
		}
		if s != "" {
			out = append(out, fmt.Sprintf("ticket%d %s", t.ID, s))
		}
	}
	for _, p := range d.Payments {
		s := string(p.State)
		if p.Reason != "" {
			s += " " + string(p.Reason)
		}
		name := p.Receipt
		if p.Push != 0 {
			name = strings.TrimSpace(fmt.Sprintf("push%d %s", p.Push, p.Receipt))
		}
		if p.AmountKnown && p.Amount != price {
			s += fmt.Sprintf(" of %d", p.Amount/100)
		}
		for _, doubt := range p.Doubts {
			s += " ?" + string(doubt.Why)
		}
		if p.Automatic {
			s += " automatic"
		}
		out = append(out, name+" "+s)
	}
	return strings.Join(out, "; ")
}

// TestDecide: what becomes of facts about one ticket, and of those about several.
func TestDecide(t *testing.T) {
	for _, c := range []struct{ facts, want string }{
		{"callback paid push1 R1", "ticket1 paid; push1 R1 applied"},
		{"callback paid push1 R1 + callback paid push1 R1", "ticket1 paid; push1 R1 applied"},
		{"callback paid push1 R1 + echo push1 R1", "ticket1 paid; push1 R1 applied"},
		// What operators alone report is not refunded by itself.
		{"callback failed push2 + callback failed push3 + callback failed push4 + callback paid push1 R1 + " +
			"operator R9 ticket1", "ticket1 paid; push1 R1 applied; R9 refund_due paid_twice"},
		// What is only mentioned pays for nothing, and is less than any report of a payment.
		{"callback mentions push1 R1", ""},
		{"callback mentions push1 R1 + callback paid push1", "ticket1 paid; push1 R1 applied"},
		{"callback mentions push1 R1 + query paid push1", "ticket1 paid; push1 R1 applied"},
		{"callback mentions push1 R2 amountless + callback paid push1 R1", "ticket1 paid; push1 R1 applied"},
		{"callback mentions push1 R2 + callback paid push1 R1", "ticket1 paid; push1 R1 applied"},
		{"callback mentions push1 R1 + callback paid push1 R2", "ticket1 paid; push1 R2 applied"},
		{"callback mentions push1 R1 + callback mentions push3 R1 + statement paid R1 + callback paid push1",
			"ticket1 paid; push1 applied; R1 unmatched names_no_ticket"},
		{"callback mentions push1 R1 + operator R1 ticket2", "ticket2 paid; R1 applied"},
		{"callback mentions push1 R1 KSh5 + callback paid push1 R1", "ticket1 paid; push1 R1 applied ?amount_differs"},
		{"callback mentions push1 R1 KSh5 + query paid push1", "ticket1 paid; push1 R1 applied ?amount_differs"},
		// M-PESA's own report on a receipt ends that somebody, or a garbled callback, names it for a push: by the
		// phone, the time, the amount or the account number.
		{"query paid push1 + operator same push1 R9 + status paid R9 ben",
			"ticket1 paid; push1 applied; R9 unmatched names_no_ticket"},
		{"query paid push1 + operator same push1 R9 + status paid R9 min11",
			"ticket1 paid; push1 applied; R9 unmatched names_no_ticket"},
		{"query paid push1 + operator same push1 R9 + till R9 KSh100 ben",
			"ticket1 paid; push1 applied; R9 unmatched names_no_ticket of 100"},
		{"query paid push1 + callback mentions push1 R1 + till R1 ben",
			"ticket1 paid; push1 applied; R1 unmatched names_no_ticket"},
		{"callback mentions push1 R1 + till R1 KSh100", "R1 unmatched names_no_ticket of 100 ?amount_differs"},
		{"callback mentions push1 R1 + hand R1 ticket2", "R1 unmatched to_be_confirmed"},
		{"echo push1 R1 nameless + status paid R1 ben", "R1 unmatched other_phone"},
		// Of what an operator gave to a push that has another receipt, a later decision of an operator counts.
		{"operator same push1 R9 + callback paid push1 R1", "ticket1 paid; push1 R1 applied; R9 unmatched also_told"},
		{"operator same push1 R9 + callback paid push1 R1 + operator R9 ticket2",
			"ticket1 paid; ticket2 paid; push1 R1 applied; R9 applied"},
		{"query paid push1 + operator same push1 R9 + echo push4 R9 + query paid push4",
			"ticket1 paid; ticket4 paid; push1 applied; push4 applied; R9 unmatched may_be_same"},
		// Nor is an amount that only an operator reports.
		{"callback paid push1 R1 + callback paid push2 R2 amountless + operator R2 ticket1",
			"ticket1 paid; push1 R1 applied; push2 R2 refund_due paid_twice"},
		{"callback paid push2 R2 + callback paid push1 R1 amountless + operator R1 ticket1",
			"ticket1 paid; push1 R1 applied; push2 R2 refund_due paid_twice"},
		// What nobody reported as paid is not refunded by itself.
		{"callback paid push1 R1 + query paid push2 + operator same push2 R9",
			"ticket1 paid; push1 R1 applied; push2 R9 refund_due paid_twice"},
		{"callback paid push1 R1 + query paid push2 + callback mentions push2 R9",
			"ticket1 paid; push1 R1 applied; push2 R9 refund_due paid_twice"},
		{"callback paid push1 R1 + callback paid push2 R2 + operator same push1 R9",
			"ticket1 paid; push1 R1 applied; push2 R2 refund_due paid_twice; R9 unmatched also_told"},
		{"query paid push1 + operator same push1 R9 + operator paid R9 KSh100",
			"ticket1 owed wrong_amount; push1 R9 refund_due wrong_amount of 100"},
		{"callback paid push1 R1 + query paid push2 + operator same push2 R9 + operator seen R9 bogus",
			"ticket1 paid; push1 R1 applied; push2 R9 refund_due paid_twice"},
		{"query paid push1 + operator same push1 R9 + operator back R9 KSh2700 + operator two push1 R9",
			"ticket1 paid; push1 applied; R9 refunded names_no_ticket"},
		// A receipt that may be another ticket's is not the one of two that is certainly due.
		{"callback paid push1 R1 + query paid push2 + query paid push4 + customer H4 ticket1 + status paid H4 min11",
			"ticket1 paid; ticket4 paid; push1 R1 applied; push2 refund_due paid_twice; push4 applied; " +
				"H4 unmatched unclear"},
		// A receipt pays one push: the one that better proof names.
		{"callback paid push1 R1 + echo push2 R1", "ticket1 paid; push1 R1 applied"},
		{"echo push3 R1 + callback paid push1 R1", "ticket1 paid; push1 R1 applied"},
		{"callback failed push1", ""},
		{"callback failed push1 + query paid push1", "ticket1 paid; push1 applied"},
		{"query paid push1", "ticket1 paid; push1 applied"},
		{"query paid push1 + callback paid push1 R1", "ticket1 paid; push1 R1 applied"},
		// An amount that is not known is not another amount.
		{"callback paid push1 R1 amountless", "push1 R1 unmatched amount_unknown"},
		{"callback paid push1 R1 amountless + query paid push1", "ticket1 paid; push1 R1 applied"},
		{"callback paid push1 R1 amountless + status paid R1", "ticket1 paid; push1 R1 applied"},
		{"callback paid push1 R1 KSh1", "ticket1 owed wrong_amount; push1 R1 refund_due wrong_amount of 1 automatic"},
		{"callback paid push1 R1 KSh1 + status paid R1", "ticket1 paid; push1 R1 applied"},
		// The customer's second payment by hand is never taken for the push's own.
		{"query paid push1 + hand H1 ticket1", "ticket1 paid; push1 applied; H1 unmatched to_be_confirmed"},
		{"query paid push1 + hand H1 ticket1 + status paid H1",
			"ticket1 paid; push1 applied; H1 refund_due paid_twice"},
		{"query paid push1 + hand H1 ticket1 + status paid H1 + callback paid push1 R1",
			"ticket1 paid; push1 R1 applied; H1 refund_due paid_twice automatic"},
		{"query paid push1 + till H1 + customer H1 ticket1 + status paid H1",
			"ticket1 paid; push1 applied; H1 unmatched may_be_same"},
		{"query paid push1 + till H1 + customer H1 ticket1 + status paid H1 + operator same push1 H1",
			"ticket1 paid; push1 H1 applied"},
		{"query paid push1 + till H1 + customer H1 ticket1 + status paid H1 + operator two push1 H1",
			"ticket1 paid; push1 applied; H1 refund_due paid_twice"},
		{"query paid push1 + till H1 + customer H1 ticket1 + status paid H1 + callback paid push1 H1",
			"ticket1 paid; push1 H1 applied"},
		{"query paid push1 + till H1 + customer H1 ticket1 + status paid H1 + callback paid push1 R1",
			"ticket1 paid; push1 R1 applied; H1 refund_due paid_twice automatic"},
		// The echo of a push names its ticket; the echo of a till does not.
		{"echo push1 R1", "ticket1 paid; R1 applied"},
		{"echo push1 R1 KSh5", "ticket1 owed wrong_amount; R1 refund_due wrong_amount of 5"},
		// The prompt shows the account number, so that somebody may have typed it and paid twice.
		{"query paid push1 + echo push1 R1", "ticket1 paid; push1 applied; R1 unmatched may_be_same"},
		{"query paid push1 + echo push1 R1 + operator same push1 R1", "ticket1 paid; push1 R1 applied"},
		{"query paid push1 + echo push1 R1 + operator two push1 R1",
			"ticket1 paid; push1 applied; R1 refund_due paid_twice"},
		{"echo push1 R1 + callback failed push1", "ticket1 paid; R1 applied"},
		{"echo push1 R1 + callback failed push1 + query paid push1",
			"ticket1 paid; push1 applied; R1 unmatched may_be_same"},
		{"echo push1 R1 + callback paid push1 R1", "ticket1 paid; push1 R1 applied"},
		{"echo push1 R1 + callback paid push1 R2",
			"ticket1 paid; push1 R2 applied; R1 refund_due paid_twice automatic"},
		{"query paid push1 + echo push1 R1 KSh5", "ticket1 paid; push1 applied; R1 refund_due wrong_amount of 5"},
		// It was certainly typed.
		{"echo push1 R1 ben", "R1 unmatched to_be_confirmed"},
		{"echo push1 R1 min12", "R1 unmatched to_be_confirmed"},
		{"query paid push1 + echo push1 R1 min12", "ticket1 paid; push1 applied; R1 unmatched to_be_confirmed"},
		{"till R1", "R1 unmatched names_no_ticket"},
		{"query paid push1 + till R1", "ticket1 paid; push1 applied; R1 unmatched names_no_ticket"},
		{"query paid push1 + till R1 + callback paid push1 R1", "ticket1 paid; push1 R1 applied"},
		// A typed receipt pays once M-PESA has confirmed it.
		{"customer R1 ticket1", ""},
		{"customer R1 ticket1 + status paid R1", "ticket1 paid; R1 applied"},
		{"customer R1 ticket1 + status unknown R1", ""},
		{"customer R1 ticket1 + status paid R1 ben", "R1 unmatched other_phone"},
		{"customer R1 ticket1 + status paid R1 KSh5", "R1 unmatched other_amount of 5"},
		{"customer R1 ticket1 + status paid R1 min-5", "R1 unmatched older"},
		{"customer R1 ticket2 + callback paid push1 R1 + status paid R1", "ticket1 paid; push1 R1 applied"},
		{"customer R1 ticket1 + status paid R1 + callback paid push1 R1", "ticket1 paid; push1 R1 applied"},
		{"customer R1 ticket4 + status paid R1 min14 + query paid push1",
			"ticket1 paid; ticket4 paid; push1 applied; R1 applied"},
		{"customer R1 ticket4 + status paid R1 min10 + query paid push1",
			"ticket1 paid; push1 applied; R1 unmatched unclear"},
		{"customer H1 ticket1 + hand H1 ticket2 + status paid H1", "H1 unmatched other_phone"},
		// Two pushes of one ticket.
		{"callback paid push1 R1 min1 + callback paid push2 R2 min4",
			"ticket1 paid; push1 R1 applied; push2 R2 refund_due paid_twice automatic"},
		{"query paid push1 + query paid push2", "ticket1 paid; push1 applied; push2 refund_due paid_twice"},
		{"query paid push1 + query paid push2 + callback paid push2 R2 min4",
			"ticket1 paid; push1 refund_due paid_twice; push2 R2 applied"},
		// A receipt that two pushes are told of is neither's for certain, and blocks nobody.
		{"callback paid push1 R1 + callback paid push3 R1", "R1 unmatched named_twice ?receipt_shared"},
		{"callback paid push1 R1 + callback paid push3 R1 + query paid push3",
			"ticket2 paid; push3 R1 applied ?receipt_shared"},
		{"callback paid push1 R1 + callback paid push3 R1 + query paid push3 + query paid push1",
			"ticket1 paid; ticket2 paid; push1 applied ?receipt_shared; push3 applied ?receipt_shared"},
		{"callback paid push1 R1 + callback paid push1 R2 min2",
			"ticket1 paid; push1 R1 applied; R2 unmatched also_told"},
		{"callback paid R1 beside1", "R1 unmatched other_push"},
		{"callback paid R1 beside1 + query paid push1", "ticket1 paid; push1 applied; R1 unmatched other_push"},
		{"callback paid R1 beside1 + callback paid push1 R1", "ticket1 paid; push1 R1 applied"},
		// An operator's word is the weakest, and M-PESA's replaces it.
		{"operator R1 ticket1", "ticket1 paid; R1 applied"},
		{"operator R1 ticket1 + status unknown R1", "ticket1 paid; R1 applied ?receipt_unknown"},
		{"operator R1 ticket1 + status to-others R1", "ticket1 paid; R1 applied ?paid_elsewhere"},
		{"operator R1 ticket1 + status unknown R1 + operator nothing R1", ""},
		{"operator R1 ticket1 KSh5 + status paid R1", "ticket1 paid; R1 applied"},
		{"operator R1 ticket1 + status paid R1 KSh5",
			"ticket1 owed wrong_amount; R1 refund_due wrong_amount of 5 automatic"},
		{"operator R1 ticket1 + operator not R1 ticket1 + operator R1 ticket2", "ticket2 paid; R1 applied"},
		{"operator R1 ticket1 + operator R1 ticket2", "R1 unmatched named_twice"},
		{"operator R1 ticket2 + customer R1 ticket1 + status paid R1", "ticket1 paid; R1 applied"},
		{"operator R1 ticket2 + callback paid push1 R1", "ticket1 paid; push1 R1 applied"},
		// Where customers name two tickets equally well, an operator says which one it is.
		{"customer R1 ticket1 + customer R1 ticket4 + status paid R1 min25", "R1 unmatched named_twice"},
		{"customer R1 ticket1 + customer R1 ticket4 + status paid R1 min25 + operator R1 ticket4",
			"ticket4 paid; R1 applied"},
		{"customer R1 ticket1 + customer R1 ticket4 + status paid R1 min25 + operator R1 ticket2",
			"R1 unmatched named_twice"},
		// An operator who gave a receipt to a push reports a payment, also where it turns out to be none of the push.
		{"query paid push1 + operator same push1 R9 + callback paid push1 R1",
			"ticket1 paid; push1 R1 applied; R9 unmatched also_told"},
		{"query paid push1 + operator same push1 R9 + operator two push1 R9", "ticket1 paid; push1 applied"},
		{"query paid push1 + operator same push1 R9 + status unknown R9",
			"ticket1 paid; push1 R9 applied ?receipt_unknown"},
		// What went back.
		{"callback paid push1 R1 + status reversed R1", "ticket1 owed gone_back; push1 R1 reversed_elsewhere"},
		{"callback paid push1 R1 + reversal back R1 KSh2700", "ticket1 owed refund_asked; push1 R1 refunded"},
		{"callback paid push1 R1 + reversal back R1 KSh100",
			"ticket1 owed given_back_part; push1 R1 refund_due given_back_part ?returned_other"},
		{"callback paid push1 R1 + reversal back R1 KSh2700 + operator back R1 KSh2700",
			"ticket1 owed refund_asked; push1 R1 refunded ?returned_twice"},
		// Money that was paid to us and went back was paid.
		{"status reversed R1", "R1 reversed_elsewhere names_no_ticket"},
		{"status reversed R1 amountless", ""},
		{"customer R1 ticket1 + status reversed R1", "R1 reversed_elsewhere to_be_confirmed"},
		{"customer R1 ticket1 + status reversed R1 amountless", ""},
		{"customer R1 ticket1 + status reversed R1 ada min1 + query paid push1",
			"push1 unmatched may_be_same; R1 reversed_elsewhere to_be_confirmed"},
		// What M-PESA gives another amount of keeps nobody from a ticket.
		{"query paid push1 + till R1 KSh2699 + status reversed R1 KSh2699 ada min1",
			"ticket1 paid; push1 applied; R1 reversed_elsewhere names_no_ticket of 2699"},
	} {
		t.Run(c.facts, func(t *testing.T) {
			in := tell(world(), c.facts)
			if got := tale(in, money.Decide(in, opened+minute)); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestRange: between what the amount of each payment lies, in shillings, and what it may be the same money as.
func TestRange(t *testing.T) {
	for _, c := range []struct{ facts, want string }{
		{"callback paid push1 R1", "push1 R1 2700"},
		{"callback paid push1 R1 KSh5", "push1 R1 5"},
		{"query paid push1", "push1 2700"},
		{"callback paid push1 R1 amountless", "push1 R1 1 to 250000"},
		{"callback paid push1 R1 amountless + query paid push1", "push1 R1 2700"},
		// two amounts, until Transaction Status says which; whether or not an operator has seen to it
		{"callback paid push1 R1 + echo push1 R1 KSh2600", "push1 R1 2600 to 2700"},
		{"callback paid push1 R1 + echo push1 R1 KSh2800", "push1 R1 2700 to 2800"},
		{"callback paid push1 R1 + echo push1 R1 KSh2800 + status paid R1", "push1 R1 2700"},
		{"callback paid push1 R1 + status paid R1 KSh2800", "push1 R1 2800"},
		{"callback paid push1 R1 + echo push1 R1 KSh2600 + operator seen R1 KSh2600", "push1 R1 2600 to 2700"},
		{"callback paid push1 R1 + status reversed R1 KSh2600", "push1 R1 2600 to 2700"},
		{"till R1 + operator R1 ticket1 KSh5", "R1 2700"},
		// an operator's word alone
		{"operator R1 ticket1", "R1 0 to 2700"},
		{"callback paid push1 R1 amountless + operator R1 ticket1", "push1 R1 1 to 250000"},
		// What M-PESA reports of another amount than the prompt asked for may be the same money too.
		{"callback paid push1 KSh100 + till R1 KSh100", "push1 100 ~ R1; R1 100"},
		{"callback paid push1 KSh100 + till R1", "push1 100 ~ R1; R1 2700"},
		{"callback paid push1 KSh100 + till R1 KSh200", "push1 100; R1 200"},
		{"callback paid push1 amountless + till R1 KSh100 nameless", "push1 1 to 250000 ~ R1; R1 100"},
		{"query paid push1 + till R1 KSh100 nameless", "push1 2700; R1 100"},
		{"callback paid push1 KSh100 + till R1 KSh100 + operator same push1 R1 KSh100", "push1 R1 100"},
		// Of two receipts that an operator names for a push, the later one is, until that is taken back.
		{"query paid push1 + till R1 + till R2 + operator same push1 R1 + operator same push1 R2",
			"push1 R2 2700 ~ R1; R1 2700"},
		{"query paid push1 + till R1 + till R2 + operator same push1 R1 + operator same push1 R2 + " +
			"operator two push1 R2", "push1 R1 2700; R2 2700"},
		{"operator R1 ticket1 + status unknown R1", "R1 0 to 2700"},
		{"operator R1 ticket1 KSh5 + status paid R1", "R1 2700"},
		{"query paid push1 + operator same push1 R9", "push1 R9 2700"},
		{"status reversed R1", "R1 2700"},
		{"callback paid push1 R1 + callback paid push3 R1 + query paid push3 + query paid push1",
			"push1 0 to 2700; push3 0 to 2700"},
		// alike: the amount tells two apart where M-PESA has said it of both
		{"query paid push1 + till R1", "push1 2700 ~ R1; R1 2700"},
		{"query paid push1 + operator same push1 R9 + till R1", "push1 R9 2700 ~ R1; R1 2700"},
		{"query paid push1 + operator same push1 R9 + status paid R9 + till R1", "push1 R9 2700; R1 2700"},
		{"query paid push1 + till R1 KSh2699", "push1 2700 ~ R1; R1 2699"},
		{"till R1 KSh2699 + query paid push1", "push1 2700 ~ R1; R1 2699"},
		{"query paid push1 + hand R1 KSh2699", "push1 2700; R1 2699"},
		{"callback paid push1 + till R1", "push1 2700 ~ R1; R1 2700"},
		{"callback paid push1 + till R1 KSh2699", "push1 2700; R1 2699"},
		{"callback paid push1 amountless + till R1 KSh2699", "push1 1 to 250000 ~ R1; R1 2699"},
		{"query paid push1 + till R1 KSh2699 ben", "push1 2700; R1 2699"},
		{"query paid push1 + status reversed R1 KSh2699 ada min1", "push1 2700 ~ R1; R1 2699"},
	} {
		t.Run(c.facts, func(t *testing.T) {
			var out []string
			for _, p := range money.Decide(tell(world(), c.facts), opened+minute).Payments {
				s := strings.TrimSpace(p.Receipt + fmt.Sprintf(" %v", float64(p.Least)/100))
				if p.Push != 0 {
					s = fmt.Sprintf("push%d ", p.Push) + s
				}
				if p.Most != p.Least {
					s += fmt.Sprintf(" to %v", p.Most/100)
				}
				for _, k := range p.Alike {
					if p.Push != 0 {
						s += " ~ " + k.Receipt
					}
				}
				out = append(out, s)
			}
			if got := strings.Join(out, "; "); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestGivenAway: a ticket without a price is valid where an operator gave it away, and by no money.
func TestGivenAway(t *testing.T) {
	gave := money.Fact{Source: money.Operator, Says: money.Given, Ticket: 1}
	took := money.Fact{Source: money.Operator, Says: money.TakenBack, Ticket: 1}
	other, customer := gave, gave
	other.Ticket, customer.Source = 2, money.Customer
	for name, c := range map[string]struct {
		total     money.Cents
		facts     []money.Fact
		more      string
		shown     bool
		cancelled bool
		now       money.Instant
		want      string
	}{
		"given":                   {facts: []money.Fact{gave}, want: "ticket1 paid"},
		"twice":                   {facts: []money.Fact{gave, gave}, want: "ticket1 paid"},
		"shown, after the film":   {facts: []money.Fact{gave}, shown: true, now: evening, want: "ticket1 paid"},
		"taken back":              {facts: []money.Fact{gave, took}, want: "ticket1 void no_longer_given, free"},
		"taken back, said first":  {facts: []money.Fact{took, gave}, want: "ticket1 void no_longer_given, free"},
		"taken back, never given": {facts: []money.Fact{took}, want: ""},
		"nobody gave it":          {shown: true, want: ""},
		"another was given":       {facts: []money.Fact{other}, want: ""},
		"a customer gives it":     {facts: []money.Fact{customer}, want: ""},
		"one with a price":        {total: price, facts: []money.Fact{gave}, want: ""},
		"one with a price, paid": {total: price, facts: []money.Fact{gave}, more: "callback paid push1 R1",
			want: "ticket1 paid; push1 R1 applied"},
		"cancelled": {facts: []money.Fact{gave}, cancelled: true,
			want: "ticket1 void screening_cancelled, free"},
		"money names it": {facts: []money.Fact{gave}, more: "hand R1 ticket1",
			want: "ticket1 paid; R1 unmatched to_be_confirmed"},
		"an operator gives it some": {facts: []money.Fact{gave}, more: "operator R1 ticket1",
			want: "ticket1 paid; R1 refund_due wrong_amount"},
		"money of a void one": {facts: []money.Fact{gave, took}, more: "operator R1 ticket1",
			want: "ticket1 void no_longer_given, free; R1 refund_due wrong_amount"},
	} {
		t.Run(name, func(t *testing.T) {
			in := world()
			in.Tickets[0].Total, in.Tickets[0].Free = c.total, c.shown
			in.Tickets[0].Cancelled, in.Tickets[0].Waiting = c.cancelled, !c.shown
			if c.more != "" {
				in = tell(in, c.more)
			}
			for _, f := range c.facts {
				f.ID = int64(len(in.Facts) + 1)
				in.Facts = append(in.Facts, f)
			}
			if got := tale(in, money.Decide(in, max(c.now, opened+minute))); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestCommitments: what was done stays done.
func TestCommitments(t *testing.T) {
	shown := func(ticket int, k money.Key) func(*money.Case) {
		return func(c *money.Case) {
			i := slices.IndexFunc(c.Tickets, func(t money.Ticket) bool { return t.ID == money.TicketID(ticket) })
			c.Tickets[i].PaidWith, c.Tickets[i].Waiting = k, false
		}
	}
	for name, c := range map[string]struct {
		facts string
		done  func(*money.Case)
		now   money.Instant
		want  string
	}{
		"the second push came first": {"callback paid push1 R1 min1 + callback paid push2 R2 min4",
			shown(1, money.Key{Push: 2, Receipt: "R2"}), opened,
			"ticket1 paid; push1 R1 refund_due paid_twice automatic; push2 R2 applied"},
		"of less than was believed": {"query paid push1 + callback paid push1 R1 KSh5", shown(1, money.Key{Push: 1}),
			opened,
			"ticket1 void wrong_amount; push1 R1 refund_due wrong_amount of 5 automatic"},
		"reversed at M-PESA": {"callback paid push1 R1 + status reversed R1",
			shown(1, money.Key{Push: 1, Receipt: "R1"}), opened,
			"ticket1 void gone_back, free; push1 R1 reversed_elsewhere"},
		"another ticket's by better proof": {"operator R1 ticket2 + callback paid push1 R1",
			shown(2, money.Key{Receipt: "R1"}), opened,
			"ticket1 paid; ticket2 void taken_over, free; push1 R1 applied"},
		"another ticket's, and of another amount": {
			"operator R1 ticket1 + callback paid push1 R2 + callback paid push3 R1 + status paid R1 KSh5",
			shown(1, money.Key{Receipt: "R1"}), opened, "ticket1 paid; ticket2 owed wrong_amount; push1 R2 applied; " +
				"push3 R1 refund_due wrong_amount of 5 automatic"},
		"nothing was paid": {"operator R1 ticket1 + status unknown R1 + operator nothing R1",
			shown(1, money.Key{Receipt: "R1"}), opened,
			"ticket1 void never_paid, free"},
		"a shared receipt stays with whom it was shown to": {"callback paid push1 R1 + callback paid push3 R1",
			shown(1, money.Key{Push: 1, Receipt: "R1"}), opened,
			"ticket1 paid; push1 R1 applied ?receipt_shared"},
		"a refund was asked for": {"callback paid push1 R1", func(c *money.Case) {
			shown(1, money.Key{Push: 1, Receipt: "R1"})(c)
			c.Refunds = []money.Refund{{Of: money.Key{Receipt: "R1"}, For: 1, Open: true}}
		}, opened, "ticket1 void refund_asked; push1 R1 refund_due refund_asked automatic"},
		"void for a part that went back, which is the whole": {"callback paid push1 R1", func(c *money.Case) {
			shown(1, money.Key{Push: 1, Receipt: "R1"})(c)
			c.Tickets[0].Void = money.GivenBackPart
		}, opened, "ticket1 void given_back_part; push1 R1 refund_due voided automatic"},
		"too late for another ticket": {"operator R1 ticket2 + operator not R1 ticket2 + operator R1 ticket1",
			func(c *money.Case) { c.Tickets[1].Late, c.Tickets[1].Waiting = money.SeatsTaken, false }, opened,
			"ticket1 paid; R1 applied"},
		"nothing pays any more for what was too late": {"callback paid push1 R1 + callback paid push2 R2 min4",
			func(c *money.Case) { c.Tickets[0].Late, c.Tickets[0].Waiting = money.SeatsTaken, false }, opened,
			"ticket1 owed seats_gone; push1 R1 refund_due seats_gone automatic; " +
				"push2 R2 refund_due seats_gone automatic"},
		"failed, and the film has begun": {"callback paid push1 R1",
			func(c *money.Case) { c.Tickets[0].Waiting = false }, evening,
			"ticket1 owed screening_begun; push1 R1 refund_due screening_begun automatic"},
		"waiting, and the film has begun": {"callback paid push1 R1", func(*money.Case) {}, evening,
			"ticket1 paid; push1 R1 applied"},
		"it went back, and the film has begun": {"callback paid push1 R1 + operator back R1 KSh2700",
			func(c *money.Case) { c.Tickets[0].Waiting = false }, evening,
			"ticket1 owed refund_asked; push1 R1 refunded"},
		"cancelled": {"callback paid push1 R1", func(c *money.Case) { c.Tickets[0].Cancelled = true }, opened,
			"ticket1 owed screening_cancelled; push1 R1 refund_due screening_cancelled automatic"},
		"cancelled after it was paid": {"callback paid push1 R1", func(c *money.Case) {
			shown(1, money.Key{Push: 1, Receipt: "R1"})(c)
			c.Tickets[0].Cancelled = true
		}, opened, "ticket1 void screening_cancelled; push1 R1 refund_due screening_cancelled automatic"},
		"cancelled after it had begun": {"callback paid push1 R1", func(c *money.Case) {
			shown(1, money.Key{Push: 1, Receipt: "R1"})(c)
			c.Tickets[0].Cancelled = true
		}, evening, "ticket1 void screening_cancelled; push1 R1 refund_due screening_cancelled automatic"},
		"cancelled, and paid twice": {"callback paid push1 R1 + callback paid push2 R2", func(c *money.Case) {
			shown(1, money.Key{Push: 1, Receipt: "R1"})(c)
			c.Tickets[0].Cancelled = true
		}, opened, "ticket1 void screening_cancelled; push1 R1 refund_due screening_cancelled automatic; " +
			"push2 R2 refund_due paid_twice automatic"},
		"cancelled, and a refund was asked for": {"callback paid push1 R1", func(c *money.Case) {
			shown(1, money.Key{Push: 1, Receipt: "R1"})(c)
			c.Tickets[0].Cancelled = true
			c.Refunds = []money.Refund{{Of: money.Key{Receipt: "R1"}, For: 1, Open: true}}
		}, opened, "ticket1 void screening_cancelled; push1 R1 refund_due screening_cancelled automatic"},
		"cancelled, and the money went back": {"callback paid push1 R1 + operator back R1 KSh2700",
			func(c *money.Case) {
				shown(1, money.Key{Push: 1, Receipt: "R1"})(c)
				c.Tickets[0].Cancelled, c.Tickets[0].Void = true, money.ScreeningCancelled
			}, opened, "ticket1 void screening_cancelled, free; push1 R1 refunded screening_cancelled"},
		"cancelled when a refund had been asked for": {"callback paid push1 R1 + operator back R1 KSh2700",
			func(c *money.Case) {
				shown(1, money.Key{Push: 1, Receipt: "R1"})(c)
				c.Tickets[0].Cancelled, c.Tickets[0].Void = true, money.RefundAsked
			}, opened, "ticket1 void refund_asked, free; push1 R1 refunded refund_asked"},
		"named for another push than the one whose own number was paid to": {
			"query paid push1 + operator same push1 R9 + echo push4 R9 + query paid push4",
			func(c *money.Case) { // of the same phone, some minutes later
				c.Pushes[3].MadeAt, c.Pushes[3].Phone = opened+4*minute, c.Pushes[0].Phone
				for i, f := range c.Facts {
					if f.Receipt == "R9" && f.Source == money.Confirmation {
						c.Facts[i].TransactedAt, c.Facts[i].Payer = opened+5*minute, money.Pattern(c.Pushes[0].Phone)
					}
				}
			}, opened + 10*minute,
			"ticket1 paid; ticket4 paid; push1 applied; push4 applied; R9 unmatched may_be_same"},
		// A payment that a refund is asked of turns out to be two: the refund is of one of them.
		"refund of a push, whose receipt is another's": {
			"query paid push1 + operator same push1 R1 + callback paid push3 R1",
			func(c *money.Case) {
				c.Refunds = []money.Refund{{Of: money.Key{Push: 1, Receipt: "R1"}, For: 1, Open: true}}
			}, opened, "ticket1 owed refund_asked; ticket2 paid; push1 refund_due refund_asked; push3 R1 applied"},
		"refund of a receipt, which is another's": {"operator R1 ticket1 + callback paid push3 R1",
			func(c *money.Case) { c.Refunds = []money.Refund{{Of: money.Key{Receipt: "R1"}, For: 1, Open: true}} },
			opened, "ticket2 paid; push3 R1 applied"},
		"refund of a receipt that may have gone back": {"operator R1 ticket1 + callback paid push3 R1",
			func(c *money.Case) {
				c.Refunds = []money.Refund{{Of: money.Key{Receipt: "R1"}, For: 1, Open: true, Sent: true, Out: 1}}
			}, opened, "ticket2 owed refund_asked; push3 R1 refund_due refund_asked automatic"},
		"what went back was taken, whoever named it": {"query paid push1 + operator same push1 R9 + reversal back R9 " +
			"KSh2700 + operator two push1 R9",
			func(c *money.Case) {
				key := money.Key{Push: 1, Receipt: "R9"}
				c.Refunds = []money.Refund{{Of: key, For: 1, Done: true, Sent: true, Out: 1}}
			}, opened, "ticket1 paid; push1 applied; R9 refunded names_no_ticket"},
		"late": {"callback paid push1 R1", func(c *money.Case) { c.Tickets[0].Seats = money.SeatsNone }, opened,
			"ticket1 needs seats; push1 R1 applied"},
		"too late": {"callback paid push1 R1", func(c *money.Case) { c.Tickets[0].Seats = money.SeatsGone }, opened,
			"ticket1 owed seats_gone; push1 R1 refund_due seats_gone automatic"},
	} {
		t.Run(name, func(t *testing.T) {
			in := tell(world(), c.facts)
			c.done(&in)
			if got := tale(in, money.Decide(in, c.now)); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

// everything that can be said of the tickets of the world.
var vocabulary = strings.Split("callback mentions push1 R1|callback mentions push1 R2 amountless|"+
	"callback mentions push3 R1|callback mentions push2 KSh5|statement paid R1|query not-completed push1|"+
	"operator two push1 H1|status reversed H1 amountless|callback paid push1|callback paid push1 R1|callback paid "+
	"push2 R2|callback paid push3 R3|callback paid push3 R1|callback paid push1 R2|callback paid push1 R1 "+
	"KSh5|callback paid push1 R1 amountless|callback failed push1|callback not-completed push2|query paid "+
	"push1|query paid push2|query paid push3|query paid push4|query failed push1|echo push1 R1|echo push2 R2|echo "+
	"push1 R1 KSh5|hand H1 ticket1|hand H1 ticket2|hand R1 ticket1|till R1|till H1|till R3 nameless|pull paid "+
	"R1|pull paid H2 KSh5|status paid R1|status paid R2|status paid H1|status paid H1 ben|status paid R1 KSh5|status "+
	"unknown R1|status unknown H1|status to-others R2|status reversed R1|customer R1 ticket1|customer H1 "+
	"ticket1|customer R1 ticket2|customer R2 ticket4|customer H1 ticket4|operator R1 ticket1|operator H1 "+
	"ticket2|operator R2 ticket1 KSh5|callback paid push1 R1 min1|callback paid push1 R1 min5|callback paid push1 R2 "+
	"min3|operator not R1 ticket1|operator same push1 H1|operator same push2 R1|operator two push1 R1|operator "+
	"nothing R1|callback paid R1 beside1|callback paid R2 beside3|reversal back R1 KSh2700|reversal back R2 "+
	"KSh100|operator back R1 KSh2700|operator back H1 KSh5", "|")

// shownTwice is the world, or one in which two tickets were shown as paid with the same receipt, each by its own push.
func shownTwice(receipt string) money.Case {
	c := world()
	if receipt != "" {
		c.Tickets[0].PaidWith = money.Key{Push: 1, Receipt: receipt}
		c.Tickets[1].PaidWith = money.Key{Push: 3, Receipt: receipt}
	}
	return c
}

// TestOrderDoesNotMatter: any permutation of the same facts leads to the same decision.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		facts := rapid.SliceOfN(rapid.SampledFrom(vocabulary), 1, 12).Draw(rt, "facts")
		shown := rapid.SampledFrom([]string{"", "R1", "R2"}).Draw(rt, "shown for two tickets")
		first, second := tell(shownTwice(shown), facts...), shownTwice(shown)
		second.Facts = rapid.Permutation(first.Facts).Draw(rt, "in another order")
		a, b := money.Decide(first, opened), money.Decide(second, opened)
		if x, y := tale(first, a), tale(second, b); x != y || fmt.Sprint(a.Questions) != fmt.Sprint(b.Questions) {
			rt.Fatalf("%q\n%s\n%v\n\n%v\n%s\n%v", facts, x, a.Questions, second.Facts, y, b.Questions)
		}
	})
}

// TestDecidedAgain: once what was decided is shown, the same facts lead to the same decision, also where more of them
// came after something was shown.
func TestDecidedAgain(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		in := world()
		for round := range 3 {
			facts := rapid.SliceOfN(rapid.SampledFrom(vocabulary), 1, 8).Draw(rt, fmt.Sprint("facts ", round))
			in = tell(in, facts...)
			in.Tickets[0].Cancelled = in.Tickets[0].Cancelled || rapid.IntRange(0, 9).Draw(rt, "cancel") == 0
			first := money.Decide(in, opened)
			if i := rapid.IntRange(0, 9).Draw(rt, "refund"); i < len(first.Payments) && len(in.Refunds) == 0 {
				p := first.Payments[i]
				in.Refunds = []money.Refund{{Of: p.Key, For: cmp.Or(p.Ticket, p.Named), Amount: price, Open: true}}
				first = money.Decide(in, opened)
			}
			for i, d := range first.Refunds {
				in.Refunds[i].Of, in.Refunds[i].Open = d.Of, d.State == money.RefundRequested
			}
			for i := range in.Tickets {
				tk, d := &in.Tickets[i], first.Tickets[i]
				if d.Paid {
					tk.PaidWith = d.With
				}
				if tk.Void, tk.Late = d.Void, d.Late; d.FreeSeats {
					tk.Seats = money.SeatsNone
				}
				tk.Waiting = tk.Waiting && !d.Paid && d.Owed == ""
			}
			again := money.Decide(in, opened)
			x, y := strings.ReplaceAll(tale(in, first), ", free", ""), strings.ReplaceAll(tale(in, again), ", free", "")
			if x != y {
				rt.Fatalf("%v\n%s\n%s", in.Facts, x, y)
			}
		}
	})
}

// TestBystander: whatever is said of ticket 1 and its prompts, and whatever refund is asked for it, the callback of
// another ticket's prompt pays for that ticket.
func TestBystander(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		in := world()
		in.Pushes = in.Pushes[:3]
		facts := rapid.SliceOfN(rapid.SampledFrom(strings.Split("query paid push1|operator same push1 R3|"+
			"operator same push2 R3|operator R3 ticket1|customer R3 ticket1|callback mentions push1 R3|"+
			"callback mentions push1 R3 KSh5|operator nothing R3|operator two push1 R3|operator not R3 ticket1|"+
			"operator same push1 R3 KSh5|status unknown R3|"+
			"status to-others R3|operator R3 ticket1 KSh5|operator two push3 R3|till H1|callback paid push2 R2|"+
			"operator same push1 H1|callback failed push1", "|")), 1, 4).Draw(rt, "facts")
		asked := rapid.IntRange(0, len(facts)).Draw(rt, "a refund is asked for after")
		for i, fact := range facts {
			in = tell(in, fact)
			if d := money.Decide(in, opened); i == asked && len(d.Payments) > 0 {
				p := rapid.SampledFrom(d.Payments).Draw(rt, "its payment")
				in.Refunds = []money.Refund{{Of: p.Key, For: cmp.Or(p.Ticket, p.Named), Amount: price, Open: true}}
			}
		}
		in = tell(in, "callback paid push3 R3 min1")
		if d := money.Decide(in, opened); !d.Tickets[1].Paid || d.Tickets[1].Void != "" {
			rt.Fatalf("%q, refunds %+v: %s", facts, in.Refunds, tale(in, d))
		}
	})
}

// TestNothingIsLost: each receipt and each push that M-PESA says was paid is in exactly one payment; a ticket is paid
// by one payment of its total; no money pays for two tickets.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		facts := rapid.SliceOfN(rapid.SampledFrom(vocabulary), 1, 14).Draw(rt, "facts")
		in := tell(world(), facts...)
		d := money.Decide(in, opened)
		receipts, pushes, applied := map[string]int{}, map[money.PushID]int{}, map[money.TicketID]int{}
		shared := map[string]bool{}
		for _, p := range d.Payments {
			if p.Receipt != "" {
				receipts[p.Receipt]++
			}
			if p.Push != 0 {
				pushes[p.Push]++
			}
			if p.State == money.Applied {
				if applied[p.Ticket]++; p.Amount != price {
					rt.Fatalf("%q: %s pays with %d cents", facts, p.Receipt, p.Amount)
				}
			}
			for _, doubt := range p.Doubts {
				if doubt.Why == money.ReceiptShared {
					shared[doubt.Receipt] = true
				}
			}
		}
		for _, f := range in.Facts {
			if f.Says != money.Paid {
				continue
			}
			if f.Receipt != "" && receipts[f.Receipt] != 1 && (receipts[f.Receipt] != 0 || !shared[f.Receipt]) {
				rt.Fatalf("%q: receipt %s stands %d times: %s", facts, f.Receipt, receipts[f.Receipt], tale(in, d))
			}
			// Of two pushes with one receipt, one was paid. An account number names none for certain.
			if f.Push != 0 && f.Source != money.Confirmation && pushes[f.Push] != 1 && !shared[f.Receipt] {
				rt.Fatalf("%q: push %d stands %d times: %s", facts, f.Push, pushes[f.Push], tale(in, d))
			}
		}
		for _, ticket := range d.Tickets {
			want := 0
			if ticket.Paid && ticket.Void == "" {
				want = 1
			}
			if applied[ticket.ID] != want {
				rt.Fatalf("%q: ticket %d is paid by %d payments: %s", facts, ticket.ID, applied[ticket.ID], tale(in, d))
			}
		}
	})
}

// TestAskedOutOfTurn: M-PESA is asked about a push at once where its answer may pay for the ticket or free it, and in
// its turn where the ticket is paid already.
func TestAskedOutOfTurn(t *testing.T) {
	for facts, soon := range map[string]bool{
		"till R1":                           true,  // it may be the push's
		"hand R1 ticket1":                   false, // it is not
		"echo push1 R1":                     false, // it pays for the ticket
		"echo push1 R1 + query paid push1":  false,
		"callback paid push1 R1 amountless": true,
	} {
		asked := false
		for _, q := range money.Decide(tell(world(), facts), opened+minute).Questions {
			asked = asked || q.Push == 1 && q.Soon
		}
		if asked != soon {
			t.Errorf("%s: soon %v", facts, asked)
		}
	}
}

// TestPushOfReferenceIsOpen: a push that only an account number gives a receipt to may still be paid with another, so
// that a receipt of its phone without a time is in its case. One that was paid by its own callback is not.
func TestPushOfReferenceIsOpen(t *testing.T) {
	for facts, together := range map[string]bool{
		"echo push1 R1": true, "callback paid push1 R1": false, "callback failed push1": false,
	} {
		books := world()
		books.Pushes = books.Pushes[:1]
		books = tell(books, facts)
		books.Facts = append(books.Facts, money.Fact{
			ID: 9, Source: money.Status, Says: money.Paid, Receipt: "R9", Amount: cents(price), Payer: ada,
		})
		in := map[string]int{}
		for i, c := range money.Cases(books) {
			for _, f := range c.Facts {
				in[f.Receipt] = i
			}
			for range c.Pushes {
				in["push"] = i
			}
		}
		if (in["R9"] == in["push"]) != together {
			t.Errorf("%s: together %v", facts, !together)
		}
	}
}
