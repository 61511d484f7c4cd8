package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// resolve lets a person take the entries of a kind off the list, and says what the person is told.
func (st *stage) resolve(kind store.ItemKind) string {
	st.t.Helper()
	cases, err := st.s.Money().OpenItems(st.t.Context(), store.ItemFilter{All: true})
	if err != nil {
		st.t.Fatal(err)
	}
	cases = slices.DeleteFunc(cases, func(c store.OpenItem) bool { return c.Kind != kind })
	if len(cases) == 0 {
		st.t.Fatalf("there is no %s", kind)
	}
	err = st.s.Money().ResolveItems(st.t.Context(), cases, "seen to", "Wanjiru")
	if refusal, is := errors.AsType[*store.Refusal](err); is {
		return string(refusal.Kind)
	}
	if err != nil {
		st.t.Fatal(err)
	}
	return "resolved"
}

// TestResolved: what a person has seen to is off the list until it changes, and no money of it has.
func TestResolved(t *testing.T) { storetest.Each(t, testResolved) }

func testResolved(t *testing.T) {
	for _, c := range []struct {
		events string
		kind   store.ItemKind
		told   string
		then   string // brings it back
	}{
		{"accepted > hold ends > paid by hand", store.ItemPayment, "resolved", "refund of it"},
		{"answer lost > hold ends", store.ItemPush, "resolved", "no answer"},
		{"accepted > query: paid", store.ItemPayment, "resolved", "refund of it"},
		{"accepted > paid too little", store.ItemPayment, "money_due", ""},
		{"accepted > paid > refund", store.ItemPayment, "refund_open", ""},
		{"accepted > paid", store.ItemPayment, "nothing_to_resolve", ""},
		{"accepted > paid > refund > reversed", store.ItemPayment, "nothing_to_resolve", ""},
		{"accepted > claimed", store.ItemClaim, "still_asked", ""},
		{"accepted > typed", store.ItemClaim, "nothing_to_resolve", ""},
	} {
		t.Run(c.events, func(t *testing.T) {
			t.Parallel()
			st := newStage(t)
			st.play(c.events)
			before, listed := st.end(), len(st.cases(c.kind))
			if told := st.resolve(c.kind); told != c.told {
				t.Errorf("told %q, want %q", told, c.told)
			}
			if got := st.end(); got != before {
				t.Errorf("was %s, is %s", before, got)
			}
			if c.told != "resolved" {
				if n := len(st.cases(c.kind)); n != listed {
					t.Errorf("%d entries on the list, want %d", n, listed)
				}
				return
			}
			st.offTheList(c.kind)
			if c.then == "refund of it" {
				st.refund()
			} else {
				st.do(c.then)
			}
			if cs := st.cases(c.kind); len(cs) != 1 || cs[0].Resolved || cs[0].Note != "seen to" {
				t.Errorf("after %s: %+v", c.then, cs)
			}
			storetest.Sound(t, st.s)
		})
	}
}

// refund asks for the refund of the only payment.
func (st *stage) refund() {
	st.t.Helper()
	payments, err := st.s.Money().Payments(st.t.Context())
	if err == nil {
		_, err = st.s.Money().RequestRefund(st.t.Context(), store.NewRefund{
			PaymentID: payments[0].ID, By: "box office",
		})
	}
	if err != nil {
		st.t.Fatal(err)
	}
}

// offTheList fails unless the only entry of a kind is resolved.
func (st *stage) offTheList(kind store.ItemKind) {
	st.t.Helper()
	if cs := st.cases(kind); len(cs) != 0 {
		st.t.Errorf("still on the list: %+v", cs)
	}
	all, err := st.s.Money().OpenItems(st.t.Context(), store.ItemFilter{All: true})
	all = slices.DeleteFunc(all, func(c store.OpenItem) bool { return c.Kind != kind })
	if err != nil || len(all) != 1 || !all[0].Resolved || all[0].ResolvedBy != "Wanjiru" ||
		all[0].ResolvedAt != st.s.Now() || all[0].Note != "seen to" {
		st.t.Errorf("%+v %v", all, err)
	}
}

// TestResolvedTwice: the note is that of the last time.
func TestResolvedTwice(t *testing.T) { storetest.Each(t, testResolvedTwice) }

func testResolvedTwice(t *testing.T) {
	st := newStage(t)
	st.play("answer lost > hold ends")
	st.resolve(store.ItemPush)
	st.do("no answer")
	if told := st.resolve(store.ItemPush); told != "resolved" {
		t.Error(told)
	}
	st.offTheList(store.ItemPush)
}

// TestResolvedClaim: a receipt that a person does not take is refused with the person's note, and can still be
// accepted.
func TestResolvedClaim(t *testing.T) { storetest.Each(t, testResolvedClaim) }

func testResolvedClaim(t *testing.T) {
	st := newStage(t)
	st.play("answer lost > hold ends")
	st.forPerson("RECEIPT1")
	if told := st.resolve(store.ItemClaim); told != "resolved" {
		t.Error(told)
	}
	st.offTheList(store.ItemClaim)
	claims, err := st.s.Money().ReceiptClaims(t.Context(), st.pushes[0].TicketID)
	if err != nil || len(claims) != 1 || claims[0].State != store.ClaimRefused ||
		claims[0].Reason != store.ReasonResolved {
		t.Errorf("%+v %v", claims, err)
	}
	if said, err := st.s.Texts(`SELECT note FROM fact WHERE source = 'operator'`); err != nil || len(said) != 1 || said[0] != "seen to" {
		t.Errorf("%q %v", said, err)
	}
	if told := st.resolve(store.ItemClaim); told != "nothing_to_resolve" {
		t.Error(told)
	}
	if told := st.accept(store.Acceptance{Receipt: "RECEIPT1"}); told != "applied" {
		t.Error(told)
	}
	storetest.Sound(t, st.s)
}

// TestResolvedReturnedTwice: it is off the list once a person has compared.
func TestResolvedReturnedTwice(t *testing.T) { storetest.Each(t, testResolvedReturnedTwice) }

func testResolvedReturnedTwice(t *testing.T) {
	rf := newRefunding(t)
	for step := range strings.SplitSeq("send 1 > send 2 > send 3 > send 4 > send 5 > send 6 > later", " > ") {
		rf.step(step)
	}
	if told := rf.asks(store.NewRefund{Receipt: "RECEIPT1", Reference: "UKO6MINE00"}); told != "refunded" {
		t.Fatal(told)
	}
	rf.step("reversed 6")
	if cs := rf.cases(store.ItemPayment); len(cs) != 1 || cs[0].Doubt != store.DoubtReturnedTwice {
		t.Fatalf("%+v", cs)
	}
	if told := rf.resolve(store.ItemPayment); told != "resolved" {
		t.Error(told)
	}
	rf.offTheList(store.ItemPayment)
	storetest.Sound(t, rf.s)
}
