package store_test

import (
	"errors"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestOnlyAPromptIsTheProbe: while Daraja rests, what is refused for other reasons does not use up the one booking that
// shows whether it answers again.
func TestOnlyAPromptIsTheProbe(t *testing.T) { storetest.Each(t, testOnlyAPromptIsTheProbe) }

func testOnlyAPromptIsTheProbe(t *testing.T) {
	f := newFairStage(t)
	busy := f.want("before the outage", f.who(1), "")
	failed := f.want("before the outage", f.who(1), "")
	f.cancels(failed)
	small := storetest.Screening(t, f.s, 1, 2)
	for range 5 {
		if err := f.s.Jobs().ReportCall(t.Context(), store.CallPush, false); err != nil {
			t.Fatal(err)
		}
	}
	tries := func(b store.NewBooking) error {
		err := f.s.Tickets().AllowPush(t.Context())
		if err == nil {
			_, _, err = f.s.Tickets().Book(t.Context(), b)
		}
		return err
	}
	down := func(err error) bool {
		refusal, is := errors.AsType[*store.Refusal](err)
		return is && refusal.Kind == store.DarajaDown
	}
	if err := tries(f.who(1)); !down(err) {
		t.Errorf("Daraja rests: %v", err)
	}
	f.clock.add(16 * time.Second)
	for range 60 {
		f.clock.add(time.Second)
		for what, b := range map[string]store.NewBooking{
			"no such screening": f.who(1, func(b *store.NewBooking) { b.ScreeningID = 1 }),
			"sold out":          f.who(3, func(b *store.NewBooking) { b.ScreeningID = small }),
			"another price":     f.who(1, func(b *store.NewBooking) { b.Total = 1 }),
			"a busy phone":      f.who(1, func(b *store.NewBooking) { b.Phone = busy.Phone }),
		} {
			if err := tries(b); err == nil || down(err) {
				t.Fatalf("%s: %v", what, err)
			}
		}
		if _, err := f.s.Tickets().Retry(t.Context(), store.NewRetry{
			Secret: busy.Secret, Phone: storetest.Phone(800),
		}); err == nil || down(err) {
			t.Fatalf("another try that is none: %v", err)
		}
	}
	if _, err := f.s.Tickets().Retry(t.Context(), store.NewRetry{
		Secret: failed.Secret, Phone: storetest.Phone(801),
	}); err != nil {
		t.Errorf("the first honest one: %v", err)
	}
	if err := tries(f.who(1)); !down(err) {
		t.Errorf("beside the one that is tried: %v", err)
	}
	f.clock.add(41 * time.Second)
	if err := tries(f.who(1)); err != nil {
		t.Errorf("the next one: %v", err)
	}
	if _, _, err := f.s.Tickets().Book(t.Context(), f.who(1)); !down(err) {
		t.Errorf("at the same moment: %v", err)
	}
	if err := f.s.Jobs().ReportCall(t.Context(), store.CallPush, true); err != nil {
		t.Fatal(err)
	}
	if err := tries(f.who(1)); err != nil {
		t.Errorf("it answers again: %v", err)
	}
}

// TestManyFailuresAtOnce: pushes that are under way when the line to Daraja breaks fail all at once. That is one
// outage, and the first try is as soon as after five. Only a try that fails too makes the pause longer.
func TestManyFailuresAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T) {
		clock := newClock()
		s := storetest.New(t, clock.option)
		id := storetest.Screening(t, s, 5, 10)
		fails := func(call store.Call, times int) {
			t.Helper()
			for range times {
				if err := s.Jobs().ReportCall(t.Context(), call, false); err != nil {
					t.Fatal(err)
				}
			}
		}
		n := 0
		rests := func(want time.Duration) {
			t.Helper()
			for ; want > 0; want -= time.Second {
				if err := s.Tickets().AllowPush(t.Context()); err == nil {
					t.Fatalf("it is tried %v too early", want)
				}
				clock.add(time.Second)
			}
			n++
			if _, _, err := s.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(n), 1)); err != nil {
				t.Fatalf("no try: %v", err)
			}
		}
		fails(store.CallPush, 40)
		fails(store.CallQuestion, 8)
		rests(15 * time.Second)
		clock.add(20 * time.Second)
		fails(store.CallPush, 3) // the try, and two that were forgotten
		rests(30 * time.Second)
		clock.add(10 * time.Second)
		fails(store.CallPush, 1)
		rests(time.Minute)
	})
}
