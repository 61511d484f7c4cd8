package watch_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"cinemasphere/handlers/watch"
	"cinemasphere/store"
	"cinemasphere/store/alarm"
	"cinemasphere/store/storetest"
)

// listener hears alarms, and may be out of reach.
type listener struct {
	heard []string
	deaf  bool
}

func (l *listener) Tell(_ context.Context, a store.Alarm) error {
	if l.deaf {
		return errors.New("nobody can be told")
	}
	word := string(a.Kind)
	if !a.On() {
		word += " over"
	}
	l.heard = append(l.heard, word)
	return nil
}

// scene is a box office whose clock, disk and log-in the test holds.
type scene struct {
	*testing.T
	now     time.Time
	path    string
	store   *store.Store
	disk    alarm.Disk
	broken  error // of the disk
	refused error // of the log-in
	ends    time.Time
	chosen  time.Time // the password
	every   time.Duration
	token   string // of the latest prompt's callback
	to      *listener
	watch   *watch.Watch
}

func newScene(t *testing.T) *scene {
	s := &scene{
		T: t, now: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), path: storetest.Path(t), to: &listener{},
		disk: alarm.Disk{Free: 2, Needs: 1},
	}
	s.ends, s.chosen = s.now.AddDate(1, 0, 0), s.now
	s.open()
	return s
}

// open opens the books and a watch on them.
func (s *scene) open() {
	s.Helper()
	st, err := store.Open(s.Context(), store.Options{
		Path: s.path, Now: func() time.Time { return s.now }, Tells: &store.Ways{Email: true},
	})
	if err != nil {
		s.Fatal(err)
	}
	s.store = st
	s.watch = watch.New(watch.Config{
		Store: st, Teller: s.to, Now: func() time.Time { return s.now }, Password: &s.chosen, BackupEvery: s.every,
		LogIn:    func(context.Context) error { return s.refused },
		Disk:     func() (alarm.Disk, error) { return s.disk, s.broken },
		SiteEnds: func(context.Context) (time.Time, error) { return s.ends, nil },
		Name:     "a process", Log: slog.New(slog.DiscardHandler),
	})
}

func (s *scene) restart() {
	s.Helper()
	if err := s.store.Close(); err != nil {
		s.Fatal(err)
	}
	s.open()
}

// look looks so often, half a minute apart, and expects what was told meanwhile.
func (s *scene) look(times int, want ...string) {
	s.Helper()
	s.to.heard = nil
	for range times {
		s.watch.Look(s.Context())
		s.now = s.now.Add(30 * time.Second)
	}
	if !slices.Equal(s.to.heard, want) {
		s.Errorf("told %q, want %q", s.to.heard, want)
	}
}

// TestAlarmsAreToldOnce: an alarm and its end are told once each, also by the next process, and again where nobody
// could be told.
func TestAlarmsAreToldOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T) {
		s := newScene(t)
		defer func() { _ = s.store.Close() }() // the last look has told all
		s.look(3)
		s.disk.Free = 0
		s.to.deaf = true
		s.look(2)
		s.to.deaf = false
		s.look(3, "disk_low")
		s.restart()
		s.look(3)
		s.broken = errors.New("the disk does not answer")
		s.look(30) // whether there is room is not known
		s.broken, s.disk.Free = nil, 2
		s.look(9) // 4 minutes
		s.restart()
		s.look(3, "disk_low over")
		s.restart()
		s.look(20)
		s.disk.Free = 0
		s.look(2, "disk_low")
	})
}

// TestSiteIsLookedAtAgain: a certificate that is not there yet, as at the first start, is looked for again within
// minutes, and one that is there after hours.
func TestSiteIsLookedAtAgain(t *testing.T) {
	s := newScene(t)
	defer func() { _ = s.store.Close() }() // nothing is waited for
	looked, failing := 0, true
	s.watch.SiteEnds = func(context.Context) (time.Time, error) {
		looked++
		if failing {
			return time.Time{}, errors.New("there is none yet")
		}
		return s.ends, nil
	}
	s.look(10)
	s.now = s.now.Add(5 * time.Minute)
	if failing = false; looked != 1 {
		t.Errorf("looked %d times in 5 minutes", looked)
	}
	s.look(20)
	if looked != 2 {
		t.Errorf("looked %d times in 15 minutes", looked)
	}
	s.now = s.now.Add(6 * time.Hour)
	s.look(1)
	if looked != 3 {
		t.Errorf("looked %d times in 6 hours", looked)
	}
}

// TestEachAlarm: each kind is found in the running box office, and ends with its cause.
func TestEachAlarm(t *testing.T) {
	day := 24 * time.Hour
	for kind, tt := range map[alarm.Kind]struct{ cause, end func(*scene) error }{
		alarm.DiskLow: {
			func(s *scene) error { s.disk.Free = 0; return nil },
			func(s *scene) error { s.disk.Free = 2; return nil },
		},
		alarm.LogInFails: {
			func(s *scene) error { s.refused = errors.New("no"); return nil },
			func(s *scene) error { s.refused = nil; return nil },
		},
		alarm.CertificateEnding: {
			func(s *scene) error { s.ends = s.now.Add(9 * day); s.now = s.now.Add(6 * time.Hour); return nil },
			func(s *scene) error { s.ends = s.now.Add(90 * day); s.now = s.now.Add(6 * time.Hour); return nil },
		},
		alarm.PasswordEnding: {
			func(s *scene) error { s.chosen = s.now.Add(-81 * day); return nil },
			func(s *scene) error { s.chosen = s.now; return nil },
		},
		alarm.BackupOld: {
			func(s *scene) error { s.every = time.Hour; s.restart(); return nil },
			func(s *scene) error {
				return s.store.Jobs().RecordBackup(s.Context(), store.BackupState{
					Place: "/backups", Name: "one", GoodAt: store.At(s.now),
				})
			},
		},
		alarm.MessagesFail: {
			func(s *scene) error { return s.tries(store.SendRefused) },
			func(s *scene) error {
				trouble, _, err := s.store.Jobs().Messages(s.Context(), 10)
				for _, m := range trouble {
					_, failed := s.store.Jobs().SendAgain(s.Context(), m.ID)
					err = errors.Join(err, failed)
				}
				return err
			},
		},
		alarm.RefundOverdue: {
			func(s *scene) error {
				storetest.Sell(s, s.store, storetest.Screening(s.T, s.store, 4, 8))
				_, err := s.store.Money().RequestRefund(s.Context(), store.NewRefund{
					Receipt: "UKT4JL9G91", By: "box office",
				})
				s.now = s.now.Add(61 * time.Minute)
				return err
			},
			func(s *scene) error {
				_, err := s.store.Money().RequestRefund(s.Context(), store.NewRefund{
					Receipt: "UKT4JL9G91", By: "box office", Reference: "UKT0BYHAND",
				})
				return err
			},
		},
		alarm.DarajaDark: {
			func(s *scene) error {
				for range 5 {
					if err := s.store.Jobs().ReportCall(s.Context(), store.CallPush, false); err != nil {
						return err
					}
				}
				return nil
			},
			func(s *scene) error { return s.store.Jobs().ReportCall(s.Context(), store.CallPush, true) },
		},
		alarm.NoCallbacks: {
			func(s *scene) error {
				id := storetest.Screening(s.T, s.store, 4, 8)
				for n := range 3 {
					sent, _, err := s.store.Tickets().Book(s.Context(), storetest.Booking(id, storetest.Phone(n), 1))
					if err == nil {
						err = s.store.Tickets().RecordAnswer(s.Context(), sent, store.Answer{
							CheckoutRequestID: "ws_CO_" + storetest.Phone(n),
						})
					}
					if err != nil {
						return err
					}
					s.token = sent.CallbackToken
				}
				s.now = s.now.Add(6 * time.Minute)
				return nil
			},
			func(s *scene) error {
				_, _, err := s.store.Money().StoreCallback(s.Context(), store.NewCallback{
					Kind: store.CallbackSTK, Token: s.token, Body: []byte("{}"),
				})
				return err
			},
		},
	} {
		t.Run(string(kind), func(t *testing.T) {
			s := newScene(t)
			defer func() { _ = s.store.Close() }() // the last look has told all
			s.look(1)
			if err := tt.cause(s); err != nil {
				t.Fatal(err)
			}
			s.look(3, string(kind))
			if err := tt.end(s); err != nil {
				t.Fatal(err)
			}
			s.look(12, string(kind)+" over")
		})
	}
}

// TestClosing: a look that the program's end cuts off logs nothing, and changes nothing that was found.
func TestClosing(t *testing.T) {
	var lines bytes.Buffer
	s := newScene(t)
	defer func() { _ = s.store.Close() }() // nothing is written any more
	ctx, end := context.WithCancel(t.Context())
	w := watch.New(watch.Config{
		Store: s.store, Now: func() time.Time { return s.now }, Log: slog.New(slog.NewTextHandler(&lines, nil)),
		LogIn: func(ctx context.Context) error {
			if ctx.Err() == nil {
				return nil
			}
			return ctx.Err()
		},
	})
	w.Look(ctx)
	end()
	w.Look(ctx)
	if lines.Len() > 0 {
		t.Errorf("the log has %s", &lines)
	}
	for _, c := range w.Checks(t.Context()) {
		if !c.OK {
			t.Errorf("%+v", c)
		}
	}
}

// tries has five customers pay who gave an address, and each of their messages end so.
func (s *scene) tries(outcome store.SendOutcome) error {
	id := storetest.Screening(s.T, s.store, 4, 8)
	for n := range alarm.MessagesMany {
		b := storetest.Booking(id, storetest.Phone(n), 1)
		b.Email = "wanjiku@example.com"
		sent, _, err := s.store.Tickets().Book(s.Context(), b)
		if err != nil {
			return err
		}
		amount, checkout := store.Cents(sent.Amount)*100, "ws_CO_"+sent.Code
		err = s.store.Tickets().RecordAnswer(s.Context(), sent, store.Answer{CheckoutRequestID: checkout})
		if err != nil {
			return err
		}
		cb, _, err := s.store.Money().StoreCallback(s.Context(), store.NewCallback{
			Kind: store.CallbackSTK, Token: sent.CallbackToken, Body: []byte("{}"),
		})
		if err != nil {
			return err
		}
		if _, err := s.store.Money().ApplyCallback(s.Context(), cb, store.Verdict{
			Class: store.Success, LearntBy: "callback", CheckoutRequestID: checkout, Code: "0", Amount: &amount,
			Receipt: "UKT" + sent.Code[2:], TransactedAt: s.store.Now(),
		}); err != nil {
			return err
		}
		m, err := s.store.Jobs().TakeMessage(s.Context(), store.ViaEmail)
		if err != nil {
			return err
		}
		tried := store.Tried{Outcome: outcome, Why: "smtp 550"}
		if err := s.store.Jobs().MessageTried(s.Context(), m, tried); err != nil {
			return err
		}
	}
	return nil
}
