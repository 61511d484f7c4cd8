// Package hooks takes what M-PESA sends us: the callbacks of STK pushes, the results of what we asked, and
// confirmations of what was paid without a prompt.
//
// It must never believe, judge or drop one: each is written down first and acknowledged once it is, and what it means
// is for checkout to say. Only the token in its path makes it ours.
package hooks

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"cinemasphere/handlers/checkout"
	"cinemasphere/handlers/internal/web"
)

// longestDrain is how much of a body is read to learn its size. Safaricom's are under 1 KB.
const longestDrain = 16 << 20

// Hooks takes callbacks.
type Hooks struct {
	responder *web.Responder
	checkout  *checkout.Service
}

// New makes a Hooks.
func New(responder *web.Responder, service *checkout.Service) *Hooks {
	return &Hooks{responder, service}
}

// ack is how Daraja wants a callback to be answered.
type ack struct {
	ResultCode int
	ResultDesc string
}

// Handle makes a handler whose problems are told in Daraja's own way.
func (h *Hooks) Handle(f web.HandlerFunc) http.HandlerFunc {
	return h.responder.Handle(func(w http.ResponseWriter, r *http.Request, p web.Problem) {
		if err := web.WriteJSON(w, p.Status, ack{1, http.StatusText(p.Status)}); err != nil {
			web.LogError(w, err)
		}
	}, f)
}

// STK answers POST /cb/{token} and its other addresses, with or without a token. Anything that was kept, and anything
// that is not ours, is acknowledged. Only a callback that may be ours and could not be kept is not.
func (h *Hooks) STK(w http.ResponseWriter, r *http.Request) error {
	return h.take(w, r, checkout.STK)
}

// Of answers POST /cb/{kind}/{token}, as [Hooks.STK] does for pushes.
func (h *Hooks) Of(kind checkout.Kind) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error { return h.take(w, r, kind) }
}

// Validate answers M-PESA's question whether to take a payment made without a prompt: always yes, since a payment for
// something else is welcome too, and one that names a ticket wrongly is easier to give back than to explain. The
// question is kept as a callback is: where its address and the confirmation's are mixed up it is the only word on the
// money.
func (h *Hooks) Validate(w http.ResponseWriter, r *http.Request) error {
	d := checkout.Delivery{Kind: checkout.Validation, Token: chi.URLParam(r, "token"), Source: web.ClientIP(r)}
	d.Body, d.Size, _ = readBody(w, r)
	if _, err := h.checkout.Receive(r.Context(), d); err != nil {
		web.LogError(w, err) // the answer is yes all the same
	}
	return web.WriteJSON(w, http.StatusOK, map[string]string{"ResultCode": "0", "ResultDesc": "Accepted"})
}

// WrongMethod tells the operator of a request that has a token of ours and does not come by POST: it is not kept.
func (h *Hooks) WrongMethod(r *http.Request) {
	path := strings.TrimRight(r.URL.Path, "/")
	h.checkout.WarnWrongMethod(r.Context(), r.Method, path[strings.LastIndexByte(path, '/')+1:])
}

func (h *Hooks) take(w http.ResponseWriter, r *http.Request, kind checkout.Kind) error {
	d := checkout.Delivery{Kind: kind, Token: chi.URLParam(r, "token"), Source: web.ClientIP(r)}
	whole := false
	d.Body, d.Size, whole = readBody(w, r)
	known, err := h.checkout.Receive(r.Context(), d)
	if err != nil && (known || h.responder.Problem(err).Status == http.StatusInternalServerError) {
		return &web.Error{Status: http.StatusServiceUnavailable, RetryAfter: 5, Err: err}
	}
	if err != nil {
		web.LogError(w, err) // a stranger's, and the books are busy
	}
	if known && !whole {
		return &web.Error{Status: http.StatusBadRequest, Err: errors.New("the callback broke off")}
	}
	return web.WriteJSON(w, http.StatusOK, ack{0, "Accepted"})
}

// readBody reads as much of a callback as is kept, and how long it is in all. One that breaks off is kept as far as it
// came.
func readBody(w http.ResponseWriter, r *http.Request) (body []byte, size int64, whole bool) {
	body, err := io.ReadAll(io.LimitReader(r.Body, checkout.MaxCallback))
	size = int64(len(body))
	if err == nil && size == checkout.MaxCallback {
		var more int64
		more, err = io.Copy(io.Discard, io.LimitReader(r.Body, longestDrain-size))
		size += more
	}
	if err != nil {
		web.LogError(w, err)
	}
	return body, max(size, r.ContentLength), err == nil
}
