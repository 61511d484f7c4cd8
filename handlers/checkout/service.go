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

// ErrClosing means that the box office is shutting down and takes no new bookings. Nothing was written.
var ErrClosing = errors.New("closing, no new bookings")

// maxSending bounds how many pushes may wait for Daraja at once; bookings beyond it are turned away before anything is
// written. It is what 30 s of silence at 100 bookings a second would pile up.
const maxSending = 3000

// Config says how pushes are made.
type Config struct {
	CallbackURL string        // a push's token is appended as one more path segment
	Signing     string        // the secret that ticket codes are signed with
	Description string        // at most 13 characters, shown by some handsets
	ResultURL   string        // answers to what is not a push: their kind and a token of their own are appended
	Shortcode   string        // of the cinema; money that went elsewhere is not ours
	Till        string        // and its till, where it has one
	Initiator   bool          // the client may ask for Transaction Status and send Reversals
	AutoRefund  bool          // what is due back goes back by itself
	CheckPaid   bool          // ask whether the money of paid tickets is still there, in the hour before the film
	Pull        bool          // look through Pull Transactions for money that nothing else told of
	QueryGap    time.Duration // at least so long between two queries, of all processes together; 0 is 500 ms
	LookEvery   time.Duration // how soon what another process has written is seen; 0 is 5 s
	// CallbackEvery is how often callbacks that nothing has been made of, and money due back, are looked for; 0 is 10
	// s.
	CallbackEvery time.Duration
	Name          string           // of this process among those on the same books; "" is made up
	Now           func() time.Time // the clock; nil is the machine's
	Log           *slog.Logger     // nil drops
	// Means says in the log what it means that Daraja did not plainly accept a push; nil says nothing.
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
	nudge   chan struct{} // something has been written that may be due sooner than what is waited for
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
		idle: make(chan struct{}), apply: make(chan store.Callback, 4096), nudge: make(chan struct{}, 1),
	}
}

// admit lets one more push be sent, unless the box office is closing or too many wait for Daraja. The caller calls done
// once.
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

// Close takes no more bookings and waits until no prompt can be answered any more: M-PESA tells each verdict once, and
// somebody must be there to hear it. It returns early where ctx ends.
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

// closeLook is how often Close looks whether prompts are still out.
const closeLook = 100 * time.Millisecond
