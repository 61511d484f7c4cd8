package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// settle lets a person take the entries of a kind off the list, and says what the person is told.
func (st *stage) settle(kind store.CaseKind) string {
	st.t.Helper()
	cases, err := st.s.Money().Cases(st.t.Context(), store.CaseFilter{All: true})
	if err != nil {
		st.t.Fatal(err)
	}
	cases = slices.DeleteFunc(cases, func(c store.Case) bool { return c.Kind != kind })
	if len(cases) == 0 {
		st.t.Fatalf("there is no %s", kind)
	}
	err = st.s.Money().SettleCases(st.t.Context(), cases, "seen to", "Wanjiru")
	if refusal, is := errors.AsType[*store.Refusal](err); is {
		return string(refusal.Kind)
	}
	if err != nil {
		st.t.Fatal(err)
	}
	return "settled"
}

// TestSettled: what a person has seen to is off the list until it changes, and no money of it has.
func TestSettled(t *testing.T) { storetest.Each(t, testSettled) }

func testSettled(t *testing.T) {
	for _, c := range []struct {
		events string
		kind   store.CaseKind
		told   string
		then   string // brings it back
	}{
		{"accepted > hold ends > paid by hand", store.CasePayment, "settled", "refund of it"},
		{"answer lost > hold ends", store.CasePush, "settled", "no answer"},
		{"accepted > query: paid", store.CasePayment, "settled", "refund of it"},
		{"accepted > paid too little", store.CasePayment, "money_due", ""},
		{"accepted > paid > refund", store.CasePayment, "refund_open", ""},
		{"accepted > paid", store.CasePayment, "nothing_to_settle", ""},
		{"accepted > paid > refund > reversed", store.CasePayment, "nothing_to_settle", ""},
		{"accepted > claimed", store.CaseClaim, "still_asked", ""},
		{"accepted > typed", store.CaseClaim, "nothing_to_settle", ""},
	} {
		t.Run(c.events, func(t *testing.T) {
			t.Parallel()
			st := newStage(t)
			st.play(c.events)
			before, listed := st.end(), len(st.cases(c.kind))
			if told := st.settle(c.kind); told != c.told {
				t.Errorf("told %q, want %q", told, c.told)
			}
			if got := st.end(); got != before {
				t.Errorf("was %s, is %s", before, got)
			}
			if c.told != "settled" {
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
			if cs := st.cases(c.kind); len(cs) != 1 || cs[0].Settled || cs[0].Note != "seen to" {
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
		_, err = st.s.Money().RequestRefund(st.t.Context(), store.NewRefund{PaymentID: payments[0].ID, By: "box office"})
	}
	if err != nil {
		st.t.Fatal(err)
	}
}

// offTheList fails unless the only entry of a kind is settled.
func (st *stage) offTheList(kind store.CaseKind) {
	st.t.Helper()
	if cs := st.cases(kind); len(cs) != 0 {
		st.t.Errorf("still on the list: %+v", cs)
	}
	all, err := st.s.Money().Cases(st.t.Context(), store.CaseFilter{All: true})
	all = slices.DeleteFunc(all, func(c store.Case) bool { return c.Kind != kind })
	if err != nil || len(all) != 1 || !all[0].Settled || all[0].SettledBy != "Wanjiru" ||
		all[0].SettledAt != st.s.Now() || all[0].Note != "seen to" {
		st.t.Errorf("%+v %v", all, err)
	}
}

// TestSettledTwice: the note is that of the last time.
func TestSettledTwice(t *testing.T) { storetest.Each(t, testSettledTwice) }

func testSettledTwice(t *testing.T) {
	st := newStage(t)
	st.play("answer lost > hold ends")
	st.settle(store.CasePush)
	st.do("no answer")
	if told := st.settle(store.CasePush); told != "settled" {
		t.Error(told)
	}
	st.offTheList(store.CasePush)
}

// TestSettledClaim: a receipt that a person does not take is refused with the person's note, and can still be accepted.
func TestSettledClaim(t *testing.T) { storetest.Each(t, testSettledClaim) }

func testSettledClaim(t *testing.T) {
	st := newStage(t)
	st.play("answer lost > hold ends")
	st.forPerson("RECEIPT1")
	if told := st.settle(store.CaseClaim); told != "settled" {
		t.Error(told)
	}
	st.offTheList(store.CaseClaim)
	claims, err := st.s.Money().Claims(t.Context(), st.pushes[0].TicketID)
	if err != nil || len(claims) != 1 || claims[0].State != store.ClaimRefused ||
		claims[0].Reason != store.ReasonSettled {
		t.Errorf("%+v %v", claims, err)
	}
	if said, err := st.s.Texts(`SELECT note FROM fact WHERE source = 'operator'`); err != nil || len(said) != 1 || said[0] != "seen to" {
		t.Errorf("%q %v", said, err)
	}
	if told := st.settle(store.CaseClaim); told != "nothing_to_settle" {
		t.Error(told)
	}
	if told := st.accept(store.Acceptance{Receipt: "RECEIPT1"}); told != "applied" {
		t.Error(told)
	}
	storetest.Sound(t, st.s)
}

// TestSettledReturnedTwice: it is off the list once a person has compared.
func TestSettledReturnedTwice(t *testing.T) { storetest.Each(t, testSettledReturnedTwice) }

func testSettledReturnedTwice(t *testing.T) {
	rf := newRefunding(t)
	for step := range strings.SplitSeq("send 1 > send 2 > send 3 > send 4 > send 5 > send 6 > later", " > ") {
		rf.step(step)
	}
	if told := rf.asks(store.NewRefund{Receipt: "RECEIPT1", Reference: "UKO6MINE00"}); told != "refunded" {
		t.Fatal(told)
	}
	rf.step("reversed 6")
	if cs := rf.cases(store.CasePayment); len(cs) != 1 || cs[0].Doubt != store.DoubtReturnedTwice {
		t.Fatalf("%+v", cs)
	}
	if told := rf.settle(store.CasePayment); told != "settled" {
		t.Error(told)
	}
	rf.offTheList(store.CasePayment)
	storetest.Sound(t, rf.s)
}
