package store_test

import (
	"slices"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

func (st *stage) cases(kind store.ItemKind) []store.OpenItem {
	st.t.Helper()
	cs, err := st.s.Money().OpenItems(st.t.Context(), store.ItemFilter{})
	if err != nil {
		st.t.Fatal(err)
	}
	return slices.DeleteFunc(cs, func(c store.OpenItem) bool { return kind != "" && c.Kind != kind })
}

// TestClaimsLeaveTheList: once the money of a receipt has gone back, or has paid for a ticket, nobody need judge the
// receipt.
func TestClaimsLeaveTheList(t *testing.T) { storetest.Each(t, testClaimsLeaveTheList) }

func testClaimsLeaveTheList(t *testing.T) {
	for name, end := range map[string]func(*stage) error{
		"refunded": func(st *stage) error {
			_, err := st.s.Money().RequestRefund(t.Context(), store.NewRefund{
				Receipt: "RECEIPT1", By: "box office", Reference: "UKO6MINE00",
			})
			return err
		},
		"paid for its ticket": func(st *stage) error { st.do("paid"); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			st := newStage(t)
			st.do("accepted")
			st.do("typed by a stranger")
			if cs := st.cases(store.ItemClaim); len(cs) != 1 || cs[0].State != string(store.ClaimPerson) {
				t.Fatalf("%s: the list has %+v", st.told, cs)
			}
			if err := end(st); err != nil {
				t.Fatal(err)
			}
			if cs := st.cases(store.ItemClaim); len(cs) != 0 {
				t.Errorf("the list still has %+v", cs)
			}
		})
	}
}

// TestAwaited: a push whose answer was lost may be told of for some minutes, and the last Reversal be answered.
func TestAwaited(t *testing.T) { storetest.Each(t, testAwaited) }

func testAwaited(t *testing.T) {
	st := newStage(t)
	st.do("answer lost")
	if cs := st.cases(store.ItemPush); len(cs) != 1 || !cs[0].Awaited || cs[0].Askable || cs[0].Next != 0 {
		t.Errorf("%+v", cs)
	}
	st.clock.add(11 * time.Minute)
	if cs := st.cases(store.ItemPush); len(cs) != 1 || cs[0].Awaited {
		t.Errorf("after 11 minutes: %+v", cs)
	}
	asked := newStage(t, func(o *store.Options) { o.Queries = store.Schedule{time.Second} })
	asked.do("accepted")
	asked.do("hold ends")
	if _, err := asked.s.Jobs().TakeQuestion(t.Context(), 0, store.PushQuery); err != nil {
		t.Fatal(err)
	}
	asked.do("query: nothing")
	if cs := asked.cases(store.ItemPush); len(cs) != 1 || !cs[0].Awaited || !cs[0].Askable || cs[0].Next != 0 {
		t.Errorf("asked about often enough: %+v", cs)
	}
	asked.do("paid, no amount")
	if due, err := asked.s.Jobs().NextDue(t.Context(), store.PushQuery); err != nil || due == 0 || due > asked.s.Now() {
		t.Errorf("M-PESA reports it after all, and is asked at %v, %v", due, err)
	}
	rf := newRefunding(t)
	for _, step := range []string{"send 1", "lost", "send 2", "turned-down"} {
		rf.step(step)
	}
	if cs := rf.cases(store.ItemPayment); len(cs) != 1 || !cs[0].Awaited || cs[0].Next != 0 || cs[0].Out != 1 ||
		cs[0].Refund != store.RefundRequested {
		t.Errorf("a Reversal that is out: %+v", cs)
	}
	rf.step("later")
	if cs := rf.cases(store.ItemPayment); len(cs) != 1 || cs[0].Awaited {
		t.Errorf("later: %+v", cs)
	}
}
