package sim

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"html/template"
	"io"
	"log/slog"
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
	// Rand gives the 32 bytes that all ids and receipts are made from; crypto/rand when nil. The same bytes, scripts
	// and clock make the same ids.
	Rand io.Reader

	// Initiator is the name of the API operator whom Transaction Status and Reversal believe; any when empty.
	Initiator string
	// InitiatorPassword is that operator's password, and CredentialKey the key that its credential is encrypted for
	// (NewCertificate makes one). Without the key any credential is good that is not empty.
	InitiatorPassword string
	CredentialKey     *rsa.PrivateKey
	// InvalidToken is the errorCode by which an access token is refused: 404.001.03, 400.003.01, 401.002.01 or
	// 401.003.01. When empty, the one that the documentation of each call has.
	InvalidToken string
	// ReversedStatus is what Transaction Status calls a payment that was reversed; "Reversed" when empty. What M-PESA
	// calls it is not established.
	ReversedStatus string
	// Echo says when the payment of a push is reported as a C2B confirmation too; never when empty.
	Echo Echo
	// Validation switches the validation of payments by hand on, which Safaricom does on request.
	Validation bool
	// RegisterOnce refuses to register C2B addresses a second time, as production does.
	RegisterOnce bool
	// PullPage is how many payments one answer of Pull Transactions has; 100 when 0.
	PullPage int
	// Log is told of what is taken although Safaricom documents otherwise; nil drops it.
	Log *slog.Logger
	// Outages are spans of time in which Daraja does not answer as usual. AddOutage adds others.
	Outages []Outage
}

// Sim is one simulated Daraja. Make it with New; all its methods may be called at the same time.
type Sim struct {
	cfg    Config
	client *http.Client
	pages  *template.Template

	chance  *chance
	endings map[string]Scenario // by the last three digits; never changed

	mu       sync.Mutex // held for look-ups and changes in memory only, never while anything waits
	closed   bool
	closing  chan struct{} // closed by Close
	token    accessToken
	scripts  map[string]Script
	handsets map[string]*handset
	pushes   map[string]*push // by CheckoutRequestID
	order    []*push          // in the order they were accepted, for pruning
	ledger   []Entry
	receipts map[string]int // receipt to index in ledger, or what is below 0
	totals   Totals
	kept     int // pushes, before old ones are pruned

	reversals  []Reversal
	requests   []*request
	asked      map[string]uint64 // what for, to how often
	urls       URLs
	thirdParty map[string]string // receipt to the id that its validation gave it
	echo       Echo
	mails      []keptMail // oldest first
	mailed     int        // how many there ever were
	pulls      bool       // Pull Transactions is registered
	outages    []outage

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
	cfg.PullPage = cmp.Or(cfg.PullPage, pullPage)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
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
	s := &Sim{
		cfg: cfg,
		client: &http.Client{
			Transport:     cfg.Callback,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		pages:      parsePages(),
		chance:     newChance(cfg.Rand),
		endings:    byEnding(),
		closing:    make(chan struct{}),
		scripts:    make(map[string]Script),
		handsets:   make(map[string]*handset),
		pushes:     make(map[string]*push),
		receipts:   make(map[string]int),
		thirdParty: make(map[string]string),
		asked:      make(map[string]uint64),
		timers:     make(map[uint64]*time.Timer),
		kept:       keptPushes,
		echo:       cfg.Echo,
	}
	for _, o := range cfg.Outages {
		s.AddOutage(o)
	}
	return s
}

// Handler serves all three: Daraja at its own paths, the handset page under /handset/, the control API under /control/.
func (s *Sim) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", s.Daraja())
	mux.Handle("/handset/", http.StripPrefix("/handset", s.Handset()))
	mux.Handle("/control/", http.StripPrefix("/control", s.Control()))
	return singleSlashes(mux)
}

// Close stops every timer, waits for callbacks already on their way and for nothing else. Prompts still open stay
// unanswered; pushes that come later are told that the system is busy.
func (s *Sim) Close() {
	s.mu.Lock()
	if !s.closed {
		close(s.closing)
	}
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
