package sim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Outage is a span of time in which Daraja, or some of it, does not answer as usual.
type Outage struct {
	// From is its beginning on the simulator's clock; now when zero. For is how long it lasts; Config.Speed divides it.
	From time.Time
	For  time.Duration
	// Answer is how every call is answered meanwhile: AnswerRefused, AnswerSilent, AnswerBlocked … With AnswerLost,
	// AnswerEmpty and AnswerInternal the calls are carried out all the same; AnswerAccepted leaves them alone.
	Answer Answer
	// Calls limits it to some calls, separated by commas: oauth, stkpush, stkquery, transactionstatus, reversal,
	// c2bregister, c2bsimulate, pullregister, pullquery. Empty is all of them.
	Calls string
	// LoseCallbacks loses what M-PESA would post meanwhile (callbacks, results, confirmations, validations);
	// HoldCallbacks posts it when the outage is over.
	LoseCallbacks, HoldCallbacks bool
}

// outageJSON is an Outage as the control API spells it.
type outageJSON struct {
	AfterMs       int64  `json:"afterMs,omitempty"` // from now; only read
	From          string `json:"from,omitempty"`    // RFC 3339; only written
	ForMs         int64  `json:"forMs"`
	Answer        Answer `json:"answer"`
	Calls         string `json:"calls"`
	LoseCallbacks bool   `json:"loseCallbacks"`
	HoldCallbacks bool   `json:"holdCallbacks"`
}

type outage struct {
	Outage
	until time.Time
}

func (o outage) covers(now time.Time) bool { return !now.Before(o.From) && now.Before(o.until) }

func (o outage) hits(call string) bool {
	return o.Calls == "" || slices.Contains(o.calls(), call)
}

func (o Outage) calls() []string {
	names := strings.Split(o.Calls, ",")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
	}
	return names
}

// known tells whether it can be felt at all.
func (o Outage) known() bool {
	all := []string{"oauth", "stkpush", "stkquery", "transactionstatus", "reversal", "c2bregister", "c2bsimulate",
		"pullregister", "pullquery"}
	return o.Answer.known() && o.For > 0 &&
		(o.Calls == "" || !slices.ContainsFunc(o.calls(), func(c string) bool { return !slices.Contains(all, c) }))
}

// AddOutage adds a span of time in which Daraja does not answer as usual. Where several cover one instant, the one
// added last is felt.
func (s *Sim) AddOutage(o Outage) {
	if o.From.IsZero() {
		o.From = s.cfg.Now()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outages = append(s.outages, outage{o, o.From.Add(s.scaled(o.For))})
}

// EndOutages ends every outage, and forgets those to come. What is held already stays held as long as it was to be.
func (s *Sim) EndOutages() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outages = nil
}

// Outages lists the outages that are not over, as AddOutage was given them.
func (s *Sim) Outages() []Outage {
	now := s.cfg.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []Outage{}
	for _, o := range s.outages {
		if now.Before(o.until) {
			list = append(list, o.Outage)
		}
	}
	return list
}

// outageOf is the outage that a request runs into.
func (s *Sim) outageOf(r *http.Request) (o outage, dark bool) {
	call, _ := callOf(r.URL.Path)
	return s.outageFor(func(o outage) bool {
		// which takes none
		return o.Answer != AnswerAccepted && o.hits(call) && (o.Answer != AnswerToken || call != "oauth")
	})
}

func (s *Sim) outageFor(felt func(outage) bool) (outage, bool) {
	now := s.cfg.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outages = slices.DeleteFunc(s.outages, func(o outage) bool { return !now.Before(o.until) })
	for _, o := range slices.Backward(s.outages) {
		if o.covers(now) && felt(o) {
			return o, true
		}
	}
	return outage{}, false
}

// inAllWeathers serves requests as the outage of the hour has it, and as usual where there is none.
func (s *Sim) inAllWeathers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o, dark := s.outageOf(r)
		if !dark {
			next.ServeHTTP(w, r)
			return
		}
		if o.Answer.done() {
			next.ServeHTTP(&unheard{header: http.Header{}}, r)
		}
		s.answerWith(w, r, o.Answer)
	})
}

// unheard is a ResponseWriter that nobody listens to.
type unheard struct{ header http.Header }

func (u *unheard) Header() http.Header         { return u.header }
func (u *unheard) WriteHeader(int)             {}
func (u *unheard) Write(b []byte) (int, error) { return len(b), nil }

// postDelay is how long a post to the product has to wait, or that it is lost.
func (s *Sim) postDelay() (wait time.Duration, lost bool) {
	o, dark := s.outageFor(func(o outage) bool { return o.LoseCallbacks || o.HoldCallbacks })
	switch {
	case !dark:
		return 0, false
	case o.LoseCallbacks:
		return 0, true
	}
	return max(o.until.Sub(s.cfg.Now()), 0), false
}
