package web

import (
	"math"
	"net/http"
	"time"

	"github.com/go-chi/httprate"
)

const (
	phonePrompts   = 3
	phoneWindow    = 5 * time.Minute
	clientWindow   = time.Minute
	addressClients = 5 // one address may do as much as so many clients: many customers share one
)

// Limits bounds how often bookings are tried. A nil *Limits bounds nothing.
type Limits struct {
	client, address, phone *httprate.RateLimiter
}

// NewLimits lets a client try perMinute bookings a minute, and three prompts go to a phone in five minutes. With 0 it
// bounds nothing.
func NewLimits(perMinute int) *Limits {
	if perMinute <= 0 {
		return nil
	}
	quiet := httprate.WithResponseHeaders(httprate.ResponseHeaders{})
	return &Limits{
		client:  httprate.NewRateLimiter(perMinute, clientWindow, quiet),
		address: httprate.NewRateLimiter(perMinute*addressClients, clientWindow, quiet),
		phone:   httprate.NewRateLimiter(phonePrompts, phoneWindow, quiet),
	}
}

// Allow counts a try by this client, which is a session at an address, and by the address; and looks whether another prompt
// may go to the phone. The error is a 429.
func (l *Limits) Allow(w http.ResponseWriter, r *http.Request, browser, phone string) error {
	if l == nil {
		return nil
	}
	ip := httprate.CanonicalizeIP(ClientIP(r))
	// Who has no session yet cannot be told from others behind the same address.
	if browser != "" && l.client.OnLimit(w, r, ip+" "+browser) || l.address.OnLimit(w, r, ip) {
		return tooMany("You have tried many times in a minute. Please wait a minute, then try again.", clientWindow)
	}
	// OnLimit would count a try, and what counts here is a prompt.
	if _, rate, err := l.phone.Status(phone); err == nil && int(math.Round(rate))+1 > phonePrompts {
		return tooMany("Three prompts have gone to this number in the last minutes. Please wait five minutes, then try again.", phoneWindow)
	}
	return nil
}

// Prompted counts a prompt that went to the phone.
func (l *Limits) Prompted(w http.ResponseWriter, r *http.Request, phone string) {
	if l != nil {
		l.phone.OnLimit(w, r, phone)
	}
}

func tooMany(sentence string, window time.Duration) error {
	return &Error{Status: http.StatusTooManyRequests, Public: sentence, RetryAfter: int(window.Seconds())}
}
