package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestQueriesTakeTurns: of the pushes that are due, the one whose hold ends first is asked about first, each by one
// asker alone, and all askers together keep one pace, which slows down while Daraja does not answer.
func TestQueriesTakeTurns(t *testing.T) { storetest.Each(t, testQueriesTakeTurns) }

func testQueriesTakeTurns(t *testing.T) {
	clock := newClock()
	s := storetest.New(t, clock.option)
	id := storetest.Screening(t, s, 5, 10)
	var pushes []store.PushID
	for n := range 3 {
		sent, _, err := s.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(n), 1))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Tickets().RecordAnswer(t.Context(), sent, store.Answer{
			CheckoutRequestID: fmt.Sprint("ws_CO_", n),
		}); err != nil {
			t.Fatal(err)
		}
		pushes = append(pushes, sent.PushID)
		clock.add(time.Second)
	}
	const gap = 500 * time.Millisecond
	none := func(when string) {
		t.Helper()
		if q, err := s.Jobs().TakeQuestion(t.Context(), gap, store.PushQuery); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %+v, %v", when, q, err)
		}
		if due, err := s.Jobs().NextDue(t.Context(), store.PushQuery, store.TransactionStatus,
			store.Reversal); err != nil ||
			due <= s.Now() {
			t.Errorf("%s: it says that something is due, %v, %v", when, due.Time(), err)
		}
	}
	next := func(when string, want store.PushID) {
		t.Helper()
		if q, err := s.Jobs().TakeQuestion(t.Context(), gap, store.PushQuery); err != nil ||
			store.PushID(q.ID) != want {
			t.Errorf("%s: push %d, want %d, %v", when, q.ID, want, err)
		}
	}
	none("before 25 s")
	clock.add(30 * time.Second)
	next("the first", pushes[0])
	none("within the gap")
	clock.add(gap)
	next("the second", pushes[1])
	for range 2 {
		if err := s.Jobs().ReportCall(t.Context(), store.CallQuestion, false); err != nil {
			t.Fatal(err)
		}
	}
	clock.add(gap)
	if due, err := s.Jobs().NextDue(t.Context(), store.PushQuery, store.TransactionStatus,
		store.Reversal); err != nil ||
		due > s.Now() {
		t.Errorf("it says that nothing is due, %v, %v", due.Time(), err)
	}
	next("the third, and the next gap is four times as long", pushes[2])
	clock.add(4 * gap)
	none("while all are being asked about, though the gap is over")
	if _, err := s.Money().ApplyQuery(t.Context(), pushes[1], store.Verdict{
		Class: store.Unclear, LearntBy: "query",
	}); err != nil {
		t.Fatal(err)
	}
	clock.add(44 * time.Second) // the first asker has died with its lease
	next("the first again", pushes[0])
	clock.add(2 * gap)
	none("within the longer gap")
	if err := s.Jobs().ReportCall(t.Context(), store.CallQuestion, true); err != nil {
		t.Fatal(err)
	}
	clock.add(2 * gap)
	next("the second again", pushes[1])
}

// TestLease: of several processes one has a piece of work, until it is dead for so long.
func TestLease(t *testing.T) { storetest.OnPostgres(t, testLease) }

func testLease(t *testing.T) {
	clock := newClock()
	s := storetest.New(t, clock.option)
	lease := func(holder string, want bool) {
		t.Helper()
		if got, err := s.Jobs().Lease(t.Context(), "holds", holder, 15*time.Second); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", holder, got, err, want)
		}
	}
	lease("a", true)
	lease("b", false)
	clock.add(10 * time.Second)
	lease("a", true)
	clock.add(10 * time.Second)
	lease("b", false)
	clock.add(10 * time.Second)
	lease("b", true)
	lease("a", false)
	if mine, err := s.Jobs().Lease(t.Context(), "holds", "b", 0); err != nil || !mine {
		t.Errorf("given back: %v, %v", mine, err)
	}
	lease("a", true)
	if mine, err := s.Jobs().Lease(t.Context(), "holds", "b", 0); err != nil || mine {
		t.Errorf("given back by one who has lost it: %v, %v", mine, err)
	}
	lease("b", false)
}
