package web

import (
	"net/http"
	"time"

	"cinemasphere/store"
)

// closedRetry is after how many seconds a customer may look again whether bookings are taken, where nobody knows.
const closedRetry = 60

// Closed is the refusal that a booking would meet at this moment; nil while bookings are taken. Once Daraja has been
// left alone for long enough they are taken again: one of them shows whether it answers.
func Closed(s store.Sales, now store.Instant) *store.Refusal {
	switch {
	case s.Paused != "":
		return &store.Refusal{Kind: store.SalesPaused}
	case s.Until > now.Add(time.Second):
		return &store.Refusal{Kind: store.DarajaDown, Until: s.Until}
	}
	return nil
}

// ClosesSales reports whether a refusal means that no bookings are taken at all.
func ClosesSales(r *store.Refusal) bool {
	return r.Kind == store.SalesPaused || r.Kind == store.DarajaDown
}

// ClosedProblem is how a refusal that closes sales is answered. Whoever draws it has better words: see
// [Problem].Closed.
func (k *Responder) ClosedProblem(r *store.Refusal) Problem {
	wait := closedRetry
	if left := r.Until.Time().Sub(k.now()); r.Until != 0 && left > 0 {
		wait = int((left + time.Second - 1) / time.Second)
	}
	p := problem(http.StatusServiceUnavailable, "", wait)
	p.Closed = r
	return p
}
