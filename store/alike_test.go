package store_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestReferences: each push has an account reference of its own, within what M-PESA takes, that is never read as a
// code.
func TestReferences(t *testing.T) { storetest.Each(t, testReferences) }

func testReferences(t *testing.T) {
	st := newStage(t)
	st.play("accepted > no answer > 120 s > retry > accepted > no answer > 120 s > retry > accepted")
	seen := map[string]bool{}
	for _, p := range st.pushes {
		if !strings.HasPrefix(p.Reference, p.Code) ||
			!regexp.MustCompile(`^[A-Z0-9]{1,12}$`).MatchString(p.Reference) || seen[p.Reference] {
			t.Errorf("the reference of a push of ticket %s is %q", p.Code, p.Reference)
		}
		seen[p.Reference] = true
		if read := store.ReadCode(p.Reference); len(read) == len(p.Code) {
			t.Errorf("%s is read as the code %s", p.Reference, read)
		}
	}
	if len(seen) != 3 {
		t.Errorf("%d references", len(seen))
	}
	for before, want := range map[int]string{
		0: "0ABCDEFGHA0", 1: "0ABCDEFGHA1", 25: "0ABCDEFGHAP", 935: "0ABCDEFGHZZ", 936: "0ABCDEFGH100",
		46_295: "0ABCDEFGHZZZ",
	} {
		if got := store.PushReference("0ABCDEFGH", before); got != want || len(got) > 12 {
			t.Errorf("after %d pushes: %s, want %s", before, got, want)
		}
	}
}

// TestReferenceNamesItsPush: a confirmation with a push's reference pays for that push's ticket, whatever is known by
// then and however often it comes. Until its receipt is known as the push's, the two may be the same. The code alone is
// what a person typed.
func TestReferenceNamesItsPush(t *testing.T) { storetest.Each(t, testReferenceNamesItsPush) }

func testReferenceNamesItsPush(t *testing.T) {
	const two = "accepted > no answer > 120 s > retry > accepted"
	for _, c := range []struct{ events, want string }{
		{"accepted > c2b echo", "Paid; RECEIPT1 applied"},
		{"accepted > c2b echo > c2b echo > paid > c2b echo", "Paid; RECEIPT1 applied"},
		{"answer lost > hold ends > c2b echo", "Paid; RECEIPT1 applied"},
		{"accepted > cancelled > c2b echo", "Paid; RECEIPT1 applied"},
		{"accepted > c2b echo, too little",
			"Pending, held 180s; RECEIPT1 refund_due wrong_amount, less than the price"},
		{"accepted > query: paid > c2b echo", "Paid;  applied; RECEIPT1 unmatched may_be_same"},
		{"accepted > c2b echo of a till > c2b echo", "Paid; RECEIPT1 applied"},
		{"accepted > query: paid > c2b echo of a till > c2b echo", "Paid;  applied; RECEIPT1 unmatched may_be_same"},
		{"accepted > c2b, no amount > c2b echo", "Paid; RECEIPT1 applied"},
		{"accepted > typed > c2b echo", "Paid; RECEIPT1 applied"},
		{"accepted > paid by hand > c2b echo", "Paid; BYHAND1 unmatched to_be_confirmed; RECEIPT1 applied"},
		{"accepted > by hand, typed > c2b echo", "Paid; BYHAND1 applied; RECEIPT1 refund_due paid_twice"},
		{"accepted > query: paid > by hand, typed > c2b echo",
			"Paid;  applied; BYHAND1 unmatched may_be_same; RECEIPT1 unmatched may_be_same"},
		{two + " > query: paid 2 > c2b echo 1", "Paid;  applied; RECEIPT1 refund_due paid_twice"},
		{two + " > query: paid 1 > query: paid 2 > c2b echo 2",
			"Paid;  applied;  unmatched may_be_same; RECEIPT2 refund_due paid_twice"},
		{two + " > query: paid 1 > query: paid 2 > typed 1 > c2b echo 1 > c2b echo 2",
			"Paid;  applied;  unmatched may_be_same; RECEIPT1 unmatched may_be_same; RECEIPT2 refund_due paid_twice"},
		{"accepted > query: paid > accept BYHAND1 > paid by hand > c2b echo",
			"Paid;  applied; BYHAND1 unmatched to_be_confirmed; RECEIPT1 unmatched may_be_same"},
	} {
		t.Run(c.events, func(t *testing.T) {
			st := newStage(t)
			st.play(c.events)
			if got := st.end(); got != c.want {
				t.Errorf("ends as  %s\nwant     %s", got, c.want)
			}
			storetest.Sound(t, st.s)
		})
	}
}

// TestWhatIsAlike: which payments are shown as perhaps the same, how much they leave open, and what a person's word
// makes of them.
func TestWhatIsAlike(t *testing.T) { storetest.Each(t, testWhatIsAlike) }

func testWhatIsAlike(t *testing.T) {
	for _, c := range []struct {
		events string
		open   int // shillings of the ticket that may be counted twice
		one    string
		two    string
	}{
		{events: "accepted > query: paid > c2b echo of a till", open: 2700,
			one: "Paid; RECEIPT1 applied", two: "Paid;  applied; RECEIPT1 unmatched names_no_ticket"},
		// the prompt shows its account number, which may have been typed
		{events: "accepted > query: paid > c2b echo", open: 2700,
			one: "Paid; RECEIPT1 applied", two: "Paid;  applied; RECEIPT1 refund_due paid_twice"},
		{events: "accepted > c2b echo > query: paid", open: 2700,
			one: "Paid; RECEIPT1 applied", two: "Paid; RECEIPT1 applied;  refund_due paid_twice"},
		{events: "accepted > c2b echo of a till > query: paid", open: 2700,
			one: "Paid; RECEIPT1 applied", two: "Paid; RECEIPT1 unmatched names_no_ticket;  applied"},
		{events: "accepted > hold ends > typed > query: paid", open: 2700,
			one: "Paid; RECEIPT1 applied", two: "Paid; RECEIPT1 applied;  refund_due paid_twice"},
		{events: "accepted > query: paid > typed", open: 2700,
			one: "Paid; RECEIPT1 applied", two: "Paid;  applied; RECEIPT1 refund_due paid_twice"},
		{events: "accepted > c2b echo of a till > refund > reversed > query: paid", open: 2700,
			one: "Failed refund_asked, held 120s; RECEIPT1 refunded",
			two: "Paid; RECEIPT1 refunded names_no_ticket;  applied"},
		// M-PESA has not said how much the prompt took
		{events: "accepted > query: paid > c2b echo of a till, too little", open: 2700,
			one: "Paid void; RECEIPT1 refund_due wrong_amount, less than the price",
			two: "Paid;  applied; RECEIPT1 unmatched names_no_ticket, less than the price"},
		{events: "accepted > c2b echo of a till, too little > query: paid", open: 2700,
			one: "Paid void; RECEIPT1 refund_due wrong_amount, less than the price",
			two: "Paid; RECEIPT1 unmatched names_no_ticket, less than the price;  applied"},
		{events: "accepted > c2b echo of a till, too little > refund > reversed > query: paid", open: 2700,
			one: "Paid void; RECEIPT1 refunded wrong_amount, less than the price",
			two: "Paid; RECEIPT1 refunded names_no_ticket, less than the price;  applied"},
		{events: "accepted > query: paid > c2b echo of a till, too little > paid"}, // it has
		// the account number says that it was typed
		{events: "accepted > query: paid > paid by hand"},
		// it was paid once the prompt's had been confirmed
		{events: "accepted > query: paid > 120 s > second typed"},
		{events: "accepted > query: paid > c2b echo of a till > paid"},               // the callback names it
		{events: "accepted > query: paid > c2b echo of a till > receipt of 2 again"}, // or another
	} {
		t.Run(c.events, func(t *testing.T) {
			for _, same := range []bool{true, false} {
				st := newStage(t)
				st.play(c.events)
				pairs, err := st.s.Money().Alikes(t.Context())
				if err != nil || (len(pairs) > 0) != (c.open > 0) || store.Between(pairs) != store.Cents(c.open*100) {
					t.Fatalf("alike: %+v, %v", pairs, err)
				}
				if c.open == 0 {
					return
				}
				said, want := store.OpenItem{}, c.two
				for _, entry := range st.cases(store.ItemPayment) {
					if len(entry.Alike) != 1 {
						t.Errorf("%s may be the same as %q", entry.Name(), entry.Alike)
					}
					if (entry.Receipt == "") == same {
						said = entry
					}
				}
				if same {
					want = c.one
				}
				if due, err := st.s.Money().RefundsDue(t.Context(), 10); err != nil || len(due) > 0 {
					t.Errorf("would go back by itself: %+v, %v", due, err)
				}
				st.clock.add(time.Second)
				if err := st.s.Money().ResolveItems(t.Context(), []store.OpenItem{said}, "as the portal has it",
					"Wanjiru"); err != nil {
					t.Fatal(err)
				}
				if got := strings.ReplaceAll(st.end(), "held 119s", "held 120s"); got != want {
					t.Errorf("same %v: ends as %s\nwant %s", same, got, want)
				}
				if same {
					st.takesBack(c.two)
				}
				if pairs, err := st.s.Money().Alikes(t.Context()); err != nil || len(pairs) > 0 {
					t.Errorf("alike after all: %+v, %v", pairs, err)
				}
				storetest.Sound(t, st.s)
			}
		})
	}
}

// TestResolvedUnseen: who resolves a receipt decides about no prompt that the list did not show it beside.
func TestResolvedUnseen(t *testing.T) { storetest.Each(t, testResolvedUnseen) }

func testResolvedUnseen(t *testing.T) {
	for _, events := range []string{"accepted > c2b echo of a till", "accepted > c2b echo"} {
		st := newStage(t)
		st.play(events)
		items, err := st.s.Money().OpenItems(t.Context(), store.ItemFilter{All: true, Receipt: "RECEIPT1"})
		if err != nil || len(items) != 1 || len(items[0].Alike) > 0 {
			t.Fatalf("%s: %+v, %v", events, items, err)
		}
		_ = st.s.Money().ResolveItems(t.Context(), items, "another taking of the till", "Wanjiru") // or refused
		st.do("query: paid")
		if pairs, err := st.s.Money().Alikes(t.Context()); err != nil || store.Between(pairs) != 2700_00 {
			t.Errorf("%s: alike: %+v, %v", events, pairs, err)
		}
		storetest.Sound(t, st.s)
	}
}

// TestAcceptedTakenBack: an operator who gave a receipt to a payment, and takes that back, has said nothing of it.
func TestAcceptedTakenBack(t *testing.T) { storetest.Each(t, testAcceptedTakenBack) }

func testAcceptedTakenBack(t *testing.T) {
	const before = "Paid;  applied; RECEIPT1 unmatched names_no_ticket"
	st := newStage(t)
	st.play("accepted > query: paid > c2b echo of a till")
	pending := st.payments()[0].ID
	if told := st.accept(store.Acceptance{Receipt: "RECEIPT1", PaymentID: pending}); told != "applied" {
		t.Error(told)
	}
	st.takesBack(before)
	if got := st.end(); got != before {
		t.Errorf("taken back: %s, want %s", got, before)
	}
	st.do("receipt of 2 again") // the prompt was paid with another
	if due, err := st.s.Money().RefundsDue(t.Context(), 10); err != nil || len(due) > 0 {
		t.Errorf("would go back by itself: %+v, %v", due, err)
	}
	storetest.Sound(t, st.s)
}

// TestMistypedBesideALookalike: a mistyped receipt was given to a prompt, whose own is on the list too. To take that
// back names nothing else, and the own one can be put in its place at once.
func TestMistypedBesideALookalike(t *testing.T) { storetest.Each(t, testMistypedBesideALookalike) }

func testMistypedBesideALookalike(t *testing.T) {
	for _, instead := range []bool{false, true} {
		st := newStage(t)
		st.play("accepted > query: paid > c2b echo of a till")
		pending := st.payments()[0].ID
		st.accept(store.Acceptance{Receipt: "TYPO000001", PaymentID: pending})
		if pairs, err := st.s.Money().Alikes(t.Context()); err != nil || store.Between(pairs) != 2700_00 {
			t.Errorf("alike: %+v, %v", pairs, err)
		}
		want := "Paid;  applied; RECEIPT1 unmatched names_no_ticket"
		if instead {
			want = "Paid; RECEIPT1 applied"
			st.accept(store.Acceptance{Receipt: "RECEIPT1", PaymentID: pending})
		} else {
			st.takesBack(want)
		}
		if got := st.end(); got != want {
			t.Errorf("ends as %s, want %s", got, want)
		}
		st.do("paid")
		st.ends("Paid; RECEIPT1 applied", "", "")
		if st.accept(store.Acceptance{Receipt: "TYPO000001", PaymentID: pending}) != string(store.ReceiptKnown) {
			t.Error("what M-PESA has reported is replaced")
		}
	}
}

// TestTakenBackAfterARefund: money of a prompt was given back by hand under a mistyped receipt, and then that receipt
// is taken back. The refund stays with the receipt that it was written down for, and nothing goes back a second time
// by itself.
func TestTakenBackAfterARefund(t *testing.T) { storetest.Each(t, testTakenBackAfterARefund) }

func testTakenBackAfterARefund(t *testing.T) {
	st := newStage(t)
	st.play("accepted > query: paid")
	st.accept(store.Acceptance{Receipt: "TYPO000001", PaymentID: st.payments()[0].ID})
	st.refunds(store.NewRefund{Receipt: "TYPO000001", Reference: "PORTAL1"})
	const back = "Paid void; TYPO000001 refunded names_no_ticket;  refund_due refund_asked"
	st.takesBack(back)
	if got := st.end(); got != back {
		t.Errorf("taken back: %s, want %s", got, back)
	}
	storetest.Sound(t, st.s)
	st.do("paid")
	if due, err := st.s.Money().RefundsDue(t.Context(), 10); err != nil || len(due) > 0 {
		t.Errorf("goes back a second time: %+v, %v", due, err)
	}
	storetest.Sound(t, st.s)
}

// TestAcceptedForATicket: who says that a receipt paid for a ticket has not said which prompt it is of. It stays a
// payment of its own, which may be the prompt's.
func TestAcceptedForATicket(t *testing.T) { storetest.Each(t, testAcceptedForATicket) }

func testAcceptedForATicket(t *testing.T) {
	for _, events := range []string{"accepted > query: paid", "accepted > query: paid > c2b echo of a till"} {
		for _, same := range []bool{true, false} {
			st := newStage(t)
			st.play(events)
			if told := st.accept(store.Acceptance{
				Receipt: "RECEIPT1", Ticket: st.pushes[0].Code,
			}); told != "unmatched may_be_same" {
				t.Errorf("%s: %s", events, told)
			}
			if pairs, err := st.s.Money().Alikes(t.Context()); err != nil || store.Between(pairs) != 2700_00 {
				t.Errorf("%s: alike: %+v, %v", events, pairs, err)
			}
			said, want := store.OpenItem{}, "Paid;  applied; RECEIPT1 refund_due paid_twice"
			for _, item := range st.cases(store.ItemPayment) {
				if (item.Receipt == "") == same {
					said = item
				}
			}
			st.clock.add(time.Second)
			if err := st.s.Money().ResolveItems(t.Context(), []store.OpenItem{said}, "", "Wanjiru"); err != nil {
				t.Fatal(err)
			}
			if same {
				want = "Paid; RECEIPT1 applied"
			}
			if got := st.end(); got != want {
				t.Errorf("%s, same %v: ends as %s\nwant %s", events, same, got, want)
			}
			storetest.Sound(t, st.s)
		}
	}
}

// TestTypedIsNoPrompts: what was paid by hand under the ticket's code is not taken for a prompt's, whatever a person
// says.
func TestTypedIsNoPrompts(t *testing.T) { storetest.Each(t, testTypedIsNoPrompts) }

func testTypedIsNoPrompts(t *testing.T) {
	st := newStage(t)
	st.play("accepted > query: paid > paid by hand")
	pending := st.payments()[0].ID
	if told := st.accept(store.Acceptance{Receipt: "BYHAND1", PaymentID: pending}); told != "receipt_used" {
		t.Error(told)
	}
	if told := st.accept(store.Acceptance{Receipt: "BYHAND1"}); told != "refund_due paid_twice" {
		t.Error(told)
	}
	if told := st.accept(store.Acceptance{Receipt: "RECEIPT1", PaymentID: pending}); told != "applied" {
		t.Error(told)
	}
	if got := st.end(); got != "Paid; RECEIPT1 applied; BYHAND1 refund_due paid_twice" {
		t.Error(got)
	}
	storetest.Sound(t, st.s)
}

// TestBetween: of several that may be the same, each receipt is at most one prompt's.
func TestBetween(t *testing.T) {
	pair := func(pending, payment store.PaymentID) store.Alike {
		return store.Alike{Pending: pending, Payment: payment, Amount: 100}
	}
	for name, c := range map[string]struct {
		pairs []store.Alike
		want  store.Cents
	}{
		"none":        {nil, 0},
		"one":         {[]store.Alike{pair(1, 9)}, 100},
		"one of two":  {[]store.Alike{pair(1, 8), pair(1, 9)}, 100},
		"two for one": {[]store.Alike{pair(1, 9), pair(2, 9)}, 100},
		"two":         {[]store.Alike{pair(1, 8), pair(1, 9), pair(2, 8)}, 200},
		"three, one after another": {[]store.Alike{pair(1, 7), pair(1, 8), pair(2, 7), pair(3, 8),
			pair(3, 9), pair(2, 9)}, 300},
		"more prompts than receipt": {[]store.Alike{pair(1, 7), pair(2, 7), pair(3, 7), pair(3, 8)}, 200},
	} {
		if got := store.Between(c.pairs); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// takesBack resolves the payment that an operator put together, and looks whether it is two again.
func (st *stage) takesBack(want string) {
	st.t.Helper()
	all, err := st.s.Money().OpenItems(st.t.Context(), store.ItemFilter{All: true})
	if err != nil {
		st.t.Fatal(err)
	}
	for _, item := range all {
		if item.Joined == 0 {
			continue
		}
		if err := st.s.Money().ResolveItems(st.t.Context(), []store.OpenItem{item}, "they are two",
			"Wanjiru"); err != nil {
			st.t.Error(err)
		}
	}
	if got := strings.Count(st.end(), ";"); got != strings.Count(want, ";") {
		st.t.Errorf("taken back: %s, want as many payments as %s", st.end(), want)
	}
}
