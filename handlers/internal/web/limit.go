package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/httprate"

	"cinemasphere/store"
)

// Client is who asks, as the books know clients: the address, on routes with [FindClient], and the partner if any.
func Client(r *http.Request, partner string) store.Client {
	return store.Client{Address: ClientIP(r), Partner: partner}
}

// questions is how often a minute one address block or partner may have M-PESA asked about payments that the books
// have no word on.
const questions = 30

// Questions bounds how often one client has M-PESA asked. It is a memory of this process: that all processes together
// ask no more than they may is seen to by the books. A nil *Questions bounds nothing.
type Questions struct{ limit *httprate.RateLimiter }

// NewQuestions makes Questions that bound every client.
func NewQuestions() *Questions {
	quiet := httprate.WithResponseHeaders(httprate.ResponseHeaders{})
	return &Questions{httprate.NewRateLimiter(questions, time.Minute, quiet)}
}

// Allow counts a question by the client. The error is a 429.
func (q *Questions) Allow(w http.ResponseWriter, r *http.Request, client store.Client) error {
	if q != nil && q.limit.OnLimit(w, r, client.Scope("")) {
		return &Error{
			Status: http.StatusTooManyRequests, RetryAfter: int(time.Minute.Seconds()),
			Public: "You have asked many times in a minute. Please ask again in a minute.",
		}
	}
	return nil
}

// RefusalStatus is the status that a refusal of the books is answered with: 429 where one client has had too much,
// 409 where something has changed or stands in the way.
func RefusalStatus(r *store.Refusal) int {
	switch r.Kind {
	case store.AddressHolds, store.AddressShare, store.AddressBusy, store.TooFast, store.TooManyPrompts,
		store.OwnPrompts, store.TooManyGuesses:
		return http.StatusTooManyRequests
	default:
		return http.StatusConflict
	}
}

// RetryAfter says in the answer after how long a refused request may be sent again, where that is known.
func RetryAfter(w http.ResponseWriter, r *store.Refusal) {
	if s := waitSeconds(r); s > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(s))
	}
}

func waitSeconds(r *store.Refusal) int {
	return int((r.Wait + time.Second - 1) / time.Second)
}
