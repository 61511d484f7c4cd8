package store_test

import (
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/alarm"
	"cinemasphere/store/storetest"
)

// TestWhatMetricsRead: each number is of what stands in the books.
func TestWhatMetricsRead(t *testing.T) {
	storetest.Each(t, func(t *testing.T) {
		now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
		s := storetest.New(t, func(o *store.Options) { o.Now = func() time.Time { return now } })
		ctx, jobs := t.Context(), s.Jobs()
		began := s.Now()
		check := func(what string, err error, ok bool, got any) {
			t.Helper()
			if err != nil || !ok {
				t.Errorf("%s: %+v, %v", what, got, err)
			}
		}
		pushes, err := jobs.RecentPushes(ctx, began)
		check("no pushes", err, len(pushes) == 0, pushes)
		open, err := jobs.OpenMoney(ctx)
		check("no money", err, len(open) == 0, open)

		storetest.Sell(t, s, storetest.Screening(t, s, 4, 8))

		pushes, err = jobs.RecentPushes(ctx, began)
		check("pushes", err, len(pushes) == 2 && pushes[store.PushPaid] == 1 && pushes[store.PushSending] == 1, pushes)
		pushes, err = jobs.RecentPushes(ctx, began+1)
		check("pushes since later", err, len(pushes) == 0, pushes)
		tickets, seats, err := jobs.Holds(ctx)
		check("holds", err, tickets == 1 && seats == 1, []int{tickets, seats})
		waiting, err := jobs.CallbacksWaiting(ctx)
		check("callbacks", err, waiting == store.Waiting{}, waiting)

		_, _, err = s.Money().StoreCallback(ctx, store.NewCallback{
			Kind: store.CallbackSTK, Token: "NOBODY", Body: []byte("{}"),
		})
		check("a callback", err, true, nil)
		if _, err = s.Money().RequestRefund(ctx, store.NewRefund{Receipt: "UKT4JL9G91", By: "box office"}); err != nil {
			t.Fatal(err)
		}
		open, err = jobs.OpenMoney(ctx)
		check("money due", err, len(open) == 1 && open[0] == store.OpenMoney{
			State: store.PaymentRefundDue, Count: 1, Sum: 270_000, Oldest: began,
		}, open)
		questions, err := jobs.QuestionsWaiting(ctx)
		check("questions", err, questions.Count > 0 && questions.Oldest > 0, questions)

		now = now.Add(time.Minute)
		all, err := jobs.CallbacksAfter(ctx, store.FirstCallback(began), s.Now(), 10)
		check("callbacks", err, len(all) >= 1, all)
		paid := all[0]
		check("the first callback", nil, paid.Kind == store.CallbackSTK && paid.Outcome == store.OutcomePaid &&
			paid.PromptedAt == began && paid.DecidedAt == began && paid.ReceivedAt == began, paid)
		rest, err := jobs.CallbacksAfter(ctx, all[len(all)-1].ID, s.Now(), 10)
		check("no more", err, len(rest) == 0, rest)
		early, err := jobs.CallbacksAfter(ctx, store.FirstCallback(began), began, 10)
		check("none before", err, len(early) == 0, early)

		version, known, err := s.SchemaVersion(ctx)
		check("the schema's version", err, version == known && known > 0, version)
		check("it can be written", s.Writable(ctx), true, nil)
		check("it is whole", s.Integrity(ctx), true, nil)
		server, err := s.ServerVersion(ctx)
		check("the server's version", err, (server >= 150_000) == storetest.Postgres(t), server)
	})
}

// TestSilence: of the latest prompts that were accepted, whether M-PESA reports on any.
func TestSilence(t *testing.T) {
	storetest.Each(t, func(t *testing.T) {
		now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
		s := storetest.New(t, func(o *store.Options) { o.Now = func() time.Time { return now } })
		ctx := t.Context()
		id := storetest.Screening(t, s, 9, 9)
		look := func() store.Silence {
			t.Helper()
			got, err := s.Jobs().Silence(ctx, 3, s.Now().Add(-24*time.Hour), s.Now())
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		if got := look(); got != (store.Silence{}) {
			t.Errorf("without prompts: %+v", got)
		}
		var second store.Instant
		for n := range 4 {
			sent, _, err := s.Tickets().Book(ctx, storetest.Booking(id, storetest.Phone(n), 1))
			if err == nil && n != 2 { // whose answer was lost
				err = s.Tickets().RecordAnswer(ctx, sent, store.Answer{
					CheckoutRequestID: "ws_CO_" + storetest.Phone(n),
				})
			}
			if err == nil && n == 0 {
				_, _, err = s.Money().StoreCallback(ctx, store.NewCallback{
					Kind: store.CallbackSTK, Token: sent.CallbackToken, Body: []byte("{}"),
				})
			}
			if err != nil {
				t.Fatal(err)
			}
			if n == 1 {
				second = s.Now()
			}
			now = now.Add(time.Minute)
		}
		if got := look(); got.Accepted != 3 || !got.Callbacks {
			t.Errorf("the earliest has a callback: %+v", got)
		}
		got, err := s.Jobs().Silence(ctx, 2, s.Now().Add(-time.Hour), s.Now())
		if err != nil || got != (store.Silence{Accepted: 2, First: second}) {
			t.Errorf("the latest two have none: %+v, %v", got, err)
		}
		if _, _, err := s.Money().StoreCallback(ctx, store.NewCallback{
			Kind: store.CallbackSTK, Token: "NOBODY", Body: []byte("{}"),
		}); err != nil {
			t.Fatal(err)
		}
		if got, err = s.Jobs().Silence(ctx, 2, s.Now().Add(-time.Hour), s.Now()); err != nil || got.Callbacks {
			t.Errorf("a stranger's is none: %+v, %v", got, err)
		}
	})
}

// TestAlarmsAreKept: an alarm is in the books, with when it was told, for whoever opens them next.
func TestAlarmsAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T) {
		now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
		path := storetest.Path(t)
		open := func() *store.Store {
			t.Helper()
			s, err := store.Open(t.Context(), store.Options{Path: path, Now: func() time.Time { return now }})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		s := open()
		due := alarm.Alarm{Kind: alarm.RefundOverdue, Count: 2, Cents: 270_000, At: now.Add(-time.Hour)}
		disk := alarm.Alarm{Kind: alarm.DiskLow, Count: 5}
		kept, err := s.Jobs().NoteAlarms(t.Context(), []alarm.Alarm{due, disk}, nil)
		if err != nil || len(kept) != 2 {
			t.Fatalf("%+v, %v", kept, err)
		}
		if err := s.Jobs().AlarmTold(t.Context(), kept[1]); err != nil {
			t.Fatal(err)
		}
		shut(t, s)

		now = now.Add(time.Hour)
		s = open()
		defer shut(t, s)
		kept, err = s.Jobs().Alarms(t.Context())
		if err != nil || len(kept) != 2 || kept[0].Kind != alarm.DiskLow || kept[1].Kind != alarm.RefundOverdue {
			t.Fatalf("%+v, %v", kept, err)
		}
		if got := kept[1]; got.Count != 2 || got.Cents != 270_000 || !got.At.Equal(due.At) || got.Told.IsZero() ||
			!got.On() || !got.Raised.Equal(now.Add(-time.Hour)) {
			t.Errorf("it is %+v", got)
		}
		if raised, over := kept[0].Tells(); !raised || over {
			t.Errorf("what was not told is to be told: %+v", kept[0])
		}
		kept, err = s.Jobs().NoteAlarms(t.Context(), nil, []alarm.Kind{alarm.DiskLow})
		if err != nil {
			t.Fatal(err)
		}
		if _, over := kept[1].Tells(); !over || !kept[0].On() {
			t.Errorf("one is over, and the other not known to be: %+v", kept)
		}
		if err := s.Jobs().AlarmTold(t.Context(), kept[1]); err != nil {
			t.Fatal(err)
		}
		kept, err = s.Jobs().Alarms(t.Context())
		if raised, over := kept[1].Tells(); err != nil || raised || over || kept[1].EndTold.IsZero() {
			t.Errorf("its end was told: %+v, %v", kept[1], err)
		}
	})
}
