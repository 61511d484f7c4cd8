package staff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cinemasphere/store"
)

// How long a session lasts: without use, and in all. A shift fits in.
const (
	IdleTime     = 3 * time.Hour
	LongestTime  = 16 * time.Hour
	inviteTime   = 72 * time.Hour
	touchAfter   = time.Minute
	longestAgent = 120
)

// ErrWrong means that name, password and code do not sign in together. It never says which of them is wrong.
var ErrWrong = errors.New("name, password or code is not right")

// Wait means that a try to sign in was not looked at: there were too many.
type Wait struct{ For time.Duration }

// Error says how long.
func (w Wait) Error() string { return "too many tries to sign in: wait " + w.For.String() }

// Invalid says what is wrong with a form, a sentence by field.
type Invalid map[string]string

// Error names the fields.
func (i Invalid) Error() string {
	names := ""
	for name := range i {
		names += " " + name
	}
	return "not valid:" + names
}

// orNil is the error of a form, nil where nothing is wrong.
func (i Invalid) orNil() error {
	if len(i) == 0 {
		return nil
	}
	return i
}

// Config says how a Service is made.
type Config struct {
	Production bool             // owners must have an authenticator app
	Demo       bool             // anybody may be the demo's owner: no money moves
	Now        func() time.Time // the clock; nil is the machine's
	OnSetUp    func()           // called once the first owner is there; nil is nothing
}

// Service lets people of the staff in.
type Service struct {
	store *store.Store
	cfg   Config
	hash  *hasher
}

// New makes a Service on the books.
func New(st *store.Store, cfg Config) *Service {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Service{store: st, cfg: cfg, hash: newHasher()}
}

// Demo reports whether anybody may be the owner, of a demo.
func (s *Service) Demo() bool { return s.cfg.Demo && s.store.Environment() == store.Simulator }

// NeedsCode reports whether the operator must set up an authenticator app before anything else.
func (s *Service) NeedsCode(o store.Operator) bool {
	return s.cfg.Production && o.Role == store.RoleOwner && o.TOTPSecret == ""
}

// Place is where somebody signs in from.
type Place struct {
	Source  string // the address
	Agent   string // what the browser calls itself
	Browser string // the token by which the browser is known; "" where it brings none
}

// SignedIn is a new session.
type SignedIn struct {
	Operator store.Operator
	Token    string // of the session's cookie
	Browser  string // of the cookie by which the browser is known later
}

// Try is what somebody typed to sign in.
type Try struct {
	Name, Password string
	Code           string // of the authenticator app, or a recovery code; may be ""
}

// SignIn signs somebody in. The error is ErrWrong or a Wait; both are the same for names that nobody has, in words and
// in time.
func (s *Service) SignIn(ctx context.Context, t Try, at Place) (SignedIn, error) {
	o, err := s.store.Staff().OperatorByName(ctx, t.Name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	tries, err := s.throttles(ctx, o, t.Name, at)
	if err != nil {
		return SignedIn{}, err
	}
	if wait, err := s.store.Staff().TrySignIn(ctx, tries); err != nil {
		return SignedIn{}, err
	} else if wait > 0 {
		return SignedIn{}, Wait{wait}
	}
	match, err := s.hash.compare(ctx, t.Password, o.Password)
	if err != nil {
		return SignedIn{}, err
	}
	n := s.newSession(at)
	n.session.Operator, n.session.Password = o.ID, o.Password
	for _, one := range tries {
		if one.Unless != "" || len(tries) == 1 { // the address may go on guessing other names
			n.session.Tries = append(n.session.Tries, one.About)
		} else {
			n.session.Counted = append(n.session.Counted, one.About)
		}
	}
	match = s.secondFactor(o, t.Code, &n.session) && match
	if match {
		n.signed.Operator, err = s.store.Staff().SignIn(ctx, n.session)
	}
	if !match || errors.Is(err, store.ErrSignIn) {
		return SignedIn{}, errors.Join(ErrWrong, s.store.Staff().SignInFailed(ctx, o, at.Source))
	}
	return n.signed, err
}

// secondFactor reads the code of an operator with an authenticator app into the session, and reports whether it is
// good. Whether it was used before is found out when the session is written.
func (s *Service) secondFactor(o store.Operator, typed string, n *store.NewSession) bool {
	if o.TOTPSecret == "" {
		return true
	}
	code, digits := readCode(typed)
	if digits {
		n.TOTPStep = stepOf(o.TOTPSecret, code, s.cfg.Now())
		return n.TOTPStep != 0
	}
	n.Recovery = hashed(code)
	return true
}

// throttles are what a try counts for. A browser that the operator has signed in from counts by itself: whoever else
// tries their name cannot slow it down. Other browsers count by address, and by name. The name does not bind an address
// that has hardly failed: so somebody who guesses from many addresses cannot keep the owner from a new phone.
func (s *Service) throttles(ctx context.Context, o store.Operator, name string, at Place) ([]store.Throttle, error) {
	known, err := s.store.Staff().KnownBrowser(ctx, hashed(at.Browser), o.ID)
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	if known && o.ID != 0 {
		return []store.Throttle{{
			About: "browser:" + hashed(at.Browser), Free: freeTries, First: firstWait, Longest: longestWait,
		}}, nil
	}
	address := "address:" + store.Client{Address: at.Source}.Scope("")
	return []store.Throttle{
		{About: address, Free: freeTries, First: firstWait, Longest: longestWait},
		{
			About: "name:" + hashed(store.NameKey(name)), Free: freeTries, First: firstWait, Longest: longestWait,
			Unless: address, UnlessBelow: freshTries,
		},
	}, nil
}

const (
	freeTries   = 10 // are looked at without a wait
	freshTries  = 3  // of an address that the name's own wait does not bind
	firstWait   = time.Second
	longestWait = time.Minute
)

// newSession is a session to be written, with its tokens.
type newSession struct {
	session store.NewSession
	signed  SignedIn
}

func (s *Service) newSession(at Place) newSession {
	var n newSession
	n.signed.Token, n.signed.Browser = newToken(), newToken()
	if agent := []rune(at.Agent); len(agent) > longestAgent {
		at.Agent = string(agent[:longestAgent])
	}
	n.session = store.NewSession{
		Token: hashed(n.signed.Token), FormToken: newToken(), Browser: hashed(n.signed.Browser), Source: at.Source,
		Agent: at.Agent, Lifetime: LongestTime,
	}
	return n
}

// Session finds the session of a cookie; store.ErrNotFound where there is none that is good.
func (s *Service) Session(ctx context.Context, token string) (store.StaffSession, error) {
	found, err := s.store.Staff().Session(ctx, hashed(token), IdleTime)
	if err != nil {
		return found, err
	}
	if found.UsedAt.Add(touchAfter) < store.At(s.cfg.Now()) {
		// Where the books are too busy for it the next request does it.
		if err := s.store.Staff().TouchSession(ctx, found.ID); err != nil && !errors.Is(err, store.ErrBusy) {
			return found, fmt.Errorf("touch session: %w", err)
		}
	}
	return found, nil
}

// SignInDemo signs anybody in as the owner of a demo. ErrNotFound where this is none.
func (s *Service) SignInDemo(ctx context.Context, at Place) (SignedIn, error) {
	if !s.Demo() {
		return SignedIn{}, store.ErrNotFound
	}
	o, err := s.store.Staff().DemoOwner(ctx)
	if err != nil {
		return SignedIn{}, err
	}
	n := s.newSession(at)
	n.session.Operator, n.session.Password = o.ID, o.Password
	n.signed.Operator, err = s.store.Staff().SignIn(ctx, n.session)
	return n.signed, err
}
