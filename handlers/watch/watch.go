// Package watch looks at the running box office for whoever keeps it running: whether it is ready to sell, what its
// metrics are, which alarms the owner must be told of, and errors for an error tracker.
//
// It must never change money, seats or tickets, count anything within the money's code, or give a stranger more than a
// word: no address, number, name or secret.
package watch

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/alarm"
)

const (
	// defaultEvery is how often is looked.
	defaultEvery = 30 * time.Second
	// siteEvery is how often the site's certificate is looked at.
	siteEvery = 6 * time.Hour
	// siteAgain is when it is looked at again where it could not be: the first one may just be on its way.
	siteAgain = 5 * time.Minute
	// lookTime bounds one look.
	lookTime = 20 * time.Second
	// silenceTime is how far back prompts without callbacks are looked for.
	silenceTime = 24 * time.Hour
)

// Config says what there is to look at. Store is needed.
type Config struct {
	Store *store.Store
	// LogIn makes sure that there is an access token for Daraja: it asks for one only where none is good. nil is never
	// tried.
	LogIn func(context.Context) error
	// Disk is that of the books; nil where they are on no disk of this machine.
	Disk func() (alarm.Disk, error)
	// SiteEnds is when the certificate of the site's address ends; nil where that is not known.
	SiteEnds func(context.Context) (time.Time, error)
	// Password is since when M-PESA's API user has its password; nil where that is not known.
	Password *time.Time
	// BackupEvery is how often a backup is to be made; 0 is each day once there is one.
	BackupEvery time.Duration
	Teller      Teller           // tells the owner; nil is a line of the log
	Every       time.Duration    // how often is looked; 0 is 30 s
	Name        string           // of this process among those on the same books
	Now         func() time.Time // the clock; nil is the machine's
	Log         *slog.Logger     // nil drops
}

// Watch looks at the box office. Make it with New, and keep Run going beside it.
type Watch struct {
	Config

	mu     sync.Mutex
	checks []Check // of the latest look
	looked time.Time
	disk   *alarm.Disk
	logIns int // that failed, one after the other

	site       *time.Time
	siteLooked time.Time
}

// New makes a Watch.
func New(c Config) *Watch {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Every == 0 {
		c.Every = defaultEvery
	}
	if c.Teller == nil {
		c.Teller = LogTeller{c.Log}
	}
	return &Watch{Config: c}
}

// Run looks at once and then again and again, until ctx ends.
func (w *Watch) Run(ctx context.Context) error {
	tick := time.NewTicker(w.Every)
	defer tick.Stop()
	for {
		w.Look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Look looks once: at what makes the box office ready, and for alarms, of which it tells.
func (w *Watch) Look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	w.lookReady(ctx)
	if ended(ctx) {
		return
	}
	mine, err := w.Store.Jobs().Lease(ctx, "alarms", w.Name, 2*w.Every)
	if err == nil && mine {
		err = w.lookAlarms(ctx)
	}
	if err != nil && !ended(ctx) {
		w.Log.Error("look for alarms", "error", err)
	}
}

// lookAlarms keeps what is wrong in the books, and tells whoever must be told.
func (w *Watch) lookAlarms(ctx context.Context) error {
	found, unknown := alarm.Decide(w.state(ctx))
	kept, err := w.Store.Jobs().NoteAlarms(ctx, found, unknown)
	if err != nil {
		return err
	}
	for _, k := range kept {
		raised, over := k.Tells()
		if !raised && !over {
			continue
		}
		if err := w.Teller.Tell(ctx, k); err != nil {
			w.Log.Error("tell of an alarm", "alarm", string(k.Kind), "error", err)
			continue // it is told with the next look
		}
		if err := w.Store.Jobs().AlarmTold(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

// state is how the box office stands. What cannot be read is not known.
func (w *Watch) state(ctx context.Context) alarm.State {
	now := w.Store.Now()
	jobs := w.Store.Jobs()
	s := alarm.State{Now: now.Time(), Password: w.Password, SiteEnds: w.siteEnds(ctx)}
	w.mu.Lock()
	s.Disk = w.disk
	if w.LogIn != nil {
		tries := w.logIns
		s.LogIns = &tries
	}
	w.mu.Unlock()
	known := func(what string, err error) bool {
		if err != nil && !ended(ctx) {
			w.Log.Error("look for alarms: "+what, "error", err)
		}
		return err == nil
	}
	silence, err := jobs.Silence(ctx, alarm.SilentPrompts, now.Add(-silenceTime), now.Add(-alarm.CallbackWait))
	if known("callbacks", err) {
		s.Prompts = &alarm.Prompts{Accepted: silence.Accepted, First: silence.First.Time()}
		if silence.Callbacks {
			s.Prompts.Callbacks = 1
		}
	}
	pace, open, err := jobs.DarajaPace(ctx)
	if known("Daraja", err) {
		s.Daraja = &alarm.Daraja{Open: open, Failures: max(pace.Pushes, pace.Questions)}
	}
	money, err := jobs.OpenMoney(ctx)
	if known("refunds", err) {
		s.Refunds = &alarm.Refunds{}
		for _, m := range money {
			if m.State == store.PaymentRefundDue {
				s.Refunds = &alarm.Refunds{Count: m.Count, Cents: int64(m.Sum), Oldest: m.Oldest.Time()}
			}
		}
	}
	box, err := jobs.Outbox(ctx)
	if known("messages", err) {
		trouble := box.Trouble()
		s.Messages = &trouble
	}
	last, err := jobs.LastBackup(ctx)
	if known("backups", err) && (w.BackupEvery > 0 || last != 0) {
		s.Backup = &alarm.Backup{Every: cmp.Or(w.BackupEvery, 24*time.Hour), Last: last.Time()}
	}
	return s
}

// siteEnds is when the site's certificate ends, as it was found within the last hours.
func (w *Watch) siteEnds(ctx context.Context) *time.Time {
	if w.SiteEnds == nil {
		return nil
	}
	if now := w.Now(); w.siteLooked.IsZero() || now.Sub(w.siteLooked) >= siteEvery {
		ends, err := w.SiteEnds(ctx)
		w.siteLooked = now
		if err != nil {
			w.Log.Warn("the certificate of the site's address could not be looked at", "error", err)
			w.site, w.siteLooked = nil, now.Add(siteAgain-siteEvery)
			return nil
		}
		w.site = &ends
	}
	return w.site
}
