package sim

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestOldPushesArePrunedButNotTheLedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{
			Shortcode: "174379", Default: Script{Result: codePaid}, Callback: InProcess(http.NotFoundHandler()),
		})
		defer s.Close()
		s.kept = 10
		phone := func(i int) string { return "2547123450" + string(rune('0'+i/10)) + string(rune('0'+i%10)) }
		accept := func(from, to int) {
			for i := from; i < to; i++ {
				p := &push{Push: Push{Phone: phone(i), Amount: 1, CallbackURL: "https://cinema.test/cb"}}
				p.script = s.cfg.Default
				if !s.accept(p) {
					t.Fatalf("push %d was not accepted", i)
				}
			}
			synctest.Wait()
		}
		accept(0, 30)
		if n := len(s.Pushes("")); n != 30 {
			t.Errorf("%d pushes while all are young, want 30", n)
		}
		time.Sleep(keptFor)
		accept(30, 40)
		if n := len(s.Pushes("")); n != 10 {
			t.Errorf("%d pushes kept, want 10", n)
		}
		if len(s.pushes) != 10 || len(s.handsets) != 10 || len(s.order) != 10 {
			t.Errorf("%d ids and %d handsets kept, want 10 each", len(s.pushes), len(s.handsets))
		}
		if totals := s.Totals(); len(s.Ledger()) != 40 || totals.Paid != 40 || totals.PaidAmount != 40 {
			t.Errorf("%d ledger entries, totals %+v, want 40", len(s.Ledger()), totals)
		}
		if len(s.timers) != 0 {
			t.Errorf("%d timers left", len(s.timers))
		}
	})
}

func TestPromptsInFlightAreNotPruned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Shortcode: "174379", Callback: InProcess(http.NotFoundHandler()), PromptLife: 2 * time.Hour})
		defer s.Close()
		s.kept = 1
		lateCallback := Script{Result: codePaid, CallbackAfter: 2 * time.Hour}
		for i, script := range []Script{lateCallback, {}, lateCallback} {
			phone := "25471234560" + string(rune('0'+i))
			s.accept(&push{Push: Push{Phone: phone, Amount: 1, CallbackURL: "https://cinema.test/cb"}, script: script})
			time.Sleep(keptFor + time.Second)
		}
		if n := len(s.Pushes("")); n != 3 {
			t.Errorf("%d pushes kept, want the 3 that have something to come", n)
		}
	})
}
