package checkout

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// ErrClosing means that the box office is closing and takes no new bookings. Nothing was written.
var ErrClosing = errors.New("closing, no new bookings")

// maxSending bounds how many pushes may wait for Daraja at once. More bookings are refused before anything is written.
// The bound is what 30 s of silence at 100 bookings a second would accumulate.
const maxSending = 3000

// Config has the settings of pushes and of other calls to Daraja.
type Config struct {
	CallbackURL string        // a push's token is appended as one more path segment
	Signing     string        // the secret that ticket codes are signed with
	Description string        // at most 13 characters, which some handsets show
	ResultURL   string        // answers to other calls: their kind and own token are appended
	Shortcode   string        // the cinema's; payments to others are not ours
	Till        string        // the cinema's till, where it has one
	Initiator   bool          // the client may ask for Transaction Status and send Reversals
	AutoRefund  bool          // due refunds are made automatically
	CheckPaid   bool          // ask whether the payments of paid tickets were reversed, in the hour before the film
	Pull        bool          // search Pull Transactions for payments that nothing else reported
	QueryGap    time.Duration // the least gap between two queries, over all processes; 0 is 500 ms
	LookEvery   time.Duration // how soon another process's writes are seen; 0 is 5 s
	// CallbackEvery is how often callbacks without an outcome and due refunds are looked for; 0 is 10 s.
	CallbackEvery time.Duration
	KeepCustomers int              // months after a screening for which its customers are kept; 0 is for ever
	Name          string           // of this process among those on the same books; "" makes one up
	Now           func() time.Time // the clock; nil is the machine's
	Log           *slog.Logger     // nil drops
	// Means explains in the log what Daraja's refusal or unclear answer to a push means; nil explains nothing.
	Means func(*mpesa.Error) string
}

// Service is the box office's counter. Make it with New and keep Run going beside it.
type Service struct {
	store  *store.Store
	daraja *mpesa.Client
	cfg    Config
	log    *slog.Logger

	mu      sync.Mutex
	closing bool
	sending int
	idle    chan struct{} // closed once closing and nothing is being sent

	apply   chan store.Callback
	wake    chan struct{} // a write may have made work due sooner
	queries queryCache
}

// New makes a Service on the books and the Daraja client.
func New(st *store.Store, daraja *mpesa.Client, cfg Config) *Service {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Means == nil {
		cfg.Means = func(*mpesa.Error) string { return "" }
	}
	if cfg.Description == "" {
		cfg.Description = "Movie Tckt"
	}
	if cfg.QueryGap == 0 {
		cfg.QueryGap = defaultQueryGap
	}
	if cfg.LookEvery == 0 {
		cfg.LookEvery = defaultLookEvery
	}
	if cfg.CallbackEvery == 0 {
		cfg.CallbackEvery = defaultCallbackEvery
	}
	if cfg.Name == "" {
		cfg.Name = rand.Text()
	}
	cfg.CallbackURL = strings.TrimRight(cfg.CallbackURL, "/")
	cfg.ResultURL = strings.TrimRight(cmp.Or(cfg.ResultURL, cfg.CallbackURL), "/")
	return &Service{
		store: st, daraja: daraja, cfg: cfg, log: cfg.Log,
		idle: make(chan struct{}), apply: make(chan store.Callback, 4096), wake: make(chan struct{}, 1),
	}
}

// Initiator reports whether there is one to ask about receipts and send Reversals with.
func (s *Service) Initiator() bool { return s.cfg.Initiator }

// AutoRefund reports whether refunds that are due are made without a person.
func (s *Service) AutoRefund() bool { return s.cfg.Initiator && s.cfg.AutoRefund }

// admit lets one more push be sent, unless the box office is closing or too many pushes wait for Daraja. The caller
// calls done once.
func (s *Service) admit() (done func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return nil, ErrClosing
	}
	if s.sending >= maxSending {
		return nil, store.ErrBusy
	}
	s.sending++
	return s.sent, nil
}

func (s *Service) sent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sending--
	if s.closing && s.sending == 0 {
		close(s.idle)
	}
}

// Close takes no more bookings and waits until no prompt can be answered: M-PESA reports each verdict once, and a
// process must be there to receive it. It returns early where ctx ends.
func (s *Service) Close(ctx context.Context) error {
	s.mu.Lock()
	if !s.closing {
		s.closing = true
		if s.sending == 0 {
			close(s.idle)
		}
	}
	s.mu.Unlock()
	select {
	case <-s.idle:
	case <-ctx.Done():
		return ctx.Err()
	}
	tick := time.NewTicker(closeLook)
	defer tick.Stop()
	for {
		n, err := s.store.Tickets().LivePushes(context.WithoutCancel(ctx))
		if err != nil || n == 0 {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%d prompts are unanswered: %w", n, ctx.Err())
		}
	}
}

// closeLook is how often Close checks for live prompts.
const closeLook = 100 * time.Millisecond
