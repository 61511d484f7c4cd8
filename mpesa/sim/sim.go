package sim

import (
	"bufio"
	"cmp"
	"crypto/rand"
	"html/template"
	"io"
	"net/http"
	"sync"
	"time"
)

// Config is what a simulator is made of. Only the credentials and the shortcode are needed.
type Config struct {
	// ConsumerKey and ConsumerSecret are the app's OAuth credentials, Passkey the shortcode's.
	ConsumerKey, ConsumerSecret, Passkey string
	// Shortcode is the paybill, or the store number of a till: the BusinessShortCode of every push.
	Shortcode string
	// Till is the till number, the PartyB of a CustomerBuyGoodsOnline push; empty where there is none.
	Till string
	// CinemaName is who the prompt asks money for; "CinemaSphere" when empty.
	CinemaName string
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Callback carries callbacks to the product. Nil means HTTP with 512 idle connections a host.
	Callback http.RoundTripper
	// CallbackTimeout is how long one callback may take; 10 s when 0.
	CallbackTimeout time.Duration
	// TokenLife is how long an access token is good; one hour when 0, as observed.
	TokenLife time.Duration
	// PromptLife is how long a prompt waits for a PIN before it ends with 1037; 60 s when 0.
	PromptLife time.Duration
	// Default is the script of every phone that neither a scenario nor SetScript speaks for. Its zero value asks on
	// the handset page; Script{Result: "0", ResultAfter: time.Second} pays by itself.
	Default Script
	// Speed divides PromptLife and every delay of every script: 100 makes 3 s into 30 ms. 1 when 0.
	Speed float64
	// Rand is the source of ids and receipts; crypto/rand when nil. It must not end.
	Rand io.Reader
}

// Sim is one simulated Daraja. Make it with New; all its methods may be called at the same time.
type Sim struct {
	cfg    Config
	client *http.Client
	pages  *template.Template

	chance chance

	mu       sync.Mutex // held for look-ups and changes in memory only, never while anything waits
	closed   bool
	token    accessToken
	scripts  map[string]Script
	handsets map[string]*handset
	pushes   map[string]*push // by CheckoutRequestID
	order    []*push          // in the order they were accepted, for pruning
	ledger   []Entry
	receipts map[string]int // receipt to index in ledger
	totals   Totals
	kept     int // pushes, before old ones are pruned

	timers    map[uint64]*time.Timer
	lastTimer uint64
	running   sync.WaitGroup // timers not yet run to their end, deliveries included
}

// New makes a simulator. It starts nothing: timers run only for pushes it accepts.
func New(cfg Config) *Sim {
	cfg.CinemaName = cmp.Or(cfg.CinemaName, "CinemaSphere")
	cfg.CallbackTimeout = cmp.Or(cfg.CallbackTimeout, 10*time.Second)
	cfg.TokenLife = cmp.Or(cfg.TokenLife, time.Hour)
	cfg.PromptLife = cmp.Or(cfg.PromptLife, time.Minute)
	cfg.Speed = cmp.Or(cfg.Speed, 1)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Callback == nil {
		cfg.Callback = &http.Transport{
			MaxIdleConnsPerHost:   512,
			IdleConnTimeout:       90 * time.Second,
			ResponseHeaderTimeout: cfg.CallbackTimeout,
		}
	}
	return &Sim{
		cfg: cfg,
		client: &http.Client{
			Transport:     cfg.Callback,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		pages:    parsePages(),
		chance:   chance{source: bufio.NewReaderSize(cfg.Rand, 4096)},
		scripts:  make(map[string]Script),
		handsets: make(map[string]*handset),
		pushes:   make(map[string]*push),
		receipts: make(map[string]int),
		timers:   make(map[uint64]*time.Timer),
		kept:     keptPushes,
	}
}

// Handler serves all three: Daraja at its own paths, the handset page under /handset/, the control API under /control/.
func (s *Sim) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", s.Daraja())
	mux.Handle("/handset/", http.StripPrefix("/handset", s.Handset()))
	mux.Handle("/control/", http.StripPrefix("/control", s.Control()))
	return mux
}

// Close stops every timer, waits for callbacks already on their way and for nothing else. Prompts still open stay
// unanswered; pushes that come later are told that the system is busy.
func (s *Sim) Close() {
	s.mu.Lock()
	s.closed = true
	for id, t := range s.timers {
		if t.Stop() {
			s.running.Done()
		}
		delete(s.timers, id)
	}
	s.mu.Unlock()
	s.running.Wait()
	s.client.CloseIdleConnections()
}

// after runs f in its own goroutine once the delay is over, unless the simulator is closed first. s.mu must be held.
func (s *Sim) after(delay time.Duration, f func()) {
	if s.closed {
		return
	}
	s.lastTimer++
	id := s.lastTimer
	s.running.Add(1)
	s.timers[id] = time.AfterFunc(delay, func() {
		defer s.running.Done()
		s.mu.Lock()
		delete(s.timers, id)
		s.mu.Unlock()
		f()
	})
}

// scaled is a delay at the simulator's speed.
func (s *Sim) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) / s.cfg.Speed)
}
