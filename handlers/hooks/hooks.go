// Package hooks receives M-PESA's requests: callbacks of STK pushes, results of our questions, and C2B confirmations.
//
// It must never believe, judge or drop one: each is stored first and acknowledged afterwards, and checkout decides what
// it means. Only the token in its path proves that it is ours.
package hooks

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"cinemasphere/handlers/checkout"
	"cinemasphere/handlers/internal/web"
)

// longestDrain is how much of a body is read to learn its size. Safaricom's are under 1 KB.
const longestDrain = 16 << 20

// Hooks receives callbacks.
type Hooks struct {
	responder *web.Responder
	checkout  *checkout.Service
	senders   Senders
}

// Senders says what the address that a callback comes from means. It proves nothing: the token does.
type Senders struct {
	Known  []netip.Prefix // Safaricom's networks; none is every address
	Refuse bool           // what comes from elsewhere is refused with 403; else only logged, where its token is ours
}

// errSender is that a callback comes from an address that is not known as Safaricom's.
var errSender = errors.New("the callback comes from an address that is not known as Safaricom's")

// knows reports whether a request comes from a known address, by what trusted proxies say.
func (s Senders) knows(r *http.Request) bool {
	if len(s.Known) == 0 {
		return true
	}
	ip, err := netip.ParseAddr(web.ClientIP(r))
	return err == nil && slices.ContainsFunc(s.Known, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// New makes a Hooks.
func New(responder *web.Responder, service *checkout.Service, senders Senders) *Hooks {
	return &Hooks{responder, service, senders}
}

// ack is the answer to a callback that Daraja expects.
type ack struct {
	ResultCode int
	ResultDesc string
}

// Handle makes a handler whose errors are answered in Daraja's form.
func (h *Hooks) Handle(f web.HandlerFunc) http.HandlerFunc {
	return h.responder.Handle(func(w http.ResponseWriter, r *http.Request, p web.Problem) {
		if err := web.WriteJSON(w, p.Status, ack{1, http.StatusText(p.Status)}); err != nil {
			web.LogError(w, err)
		}
	}, f)
}

// Callback answers POST /cb/{token} and its other addresses, with or without a token, and POST /cb/{kind}/{token}. It
// acknowledges every callback that was stored, and every one with an unknown token. It does not acknowledge one that
// may be ours and could not be stored.
func (h *Hooks) Callback(kind checkout.Kind) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error { return h.store(w, r, kind) }
}

// Validate answers M-PESA's validation request: it always accepts. Payments for something else are welcome too, and a
// payment with a wrong account number is easier to refund than to explain. The request is stored like a callback: where
// its address and the confirmation's are swapped, it is the only report of the payment.
func (h *Hooks) Validate(w http.ResponseWriter, r *http.Request) error {
	if h.senders.Refuse && !h.senders.knows(r) {
		return &web.Error{Status: http.StatusForbidden, Err: errSender}
	}
	d := checkout.Delivery{Kind: checkout.Validation, Token: chi.URLParam(r, "token"), Source: web.ClientIP(r)}
	d.Body, d.Size, _ = readBody(w, r)
	if _, err := h.checkout.Receive(r.Context(), d); err != nil {
		web.LogError(w, err) // the answer is to accept all the same
	}
	return web.WriteJSON(w, http.StatusOK, map[string]string{"ResultCode": "0", "ResultDesc": "Accepted"})
}

// Probe answers POST /cb/probe/{token}: the examination sends it, to learn whether a callback would come.
func (h *Hooks) Probe(w http.ResponseWriter, r *http.Request) error {
	answer, err := h.checkout.ProbeAnswer(r.Context(), chi.URLParam(r, "token"))
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, ack{0, answer})
}

// WrongMethod warns the operator of a request with a token of ours that is no POST: it is not stored.
func (h *Hooks) WrongMethod(r *http.Request) {
	path := strings.TrimRight(r.URL.Path, "/")
	h.checkout.WarnWrongMethod(r.Context(), r.Method, path[strings.LastIndexByte(path, '/')+1:])
}

func (h *Hooks) store(w http.ResponseWriter, r *http.Request, kind checkout.Kind) error {
	from := h.senders.knows(r)
	if h.senders.Refuse && !from {
		return &web.Error{Status: http.StatusForbidden, Err: errSender}
	}
	d := checkout.Delivery{Kind: kind, Token: chi.URLParam(r, "token"), Source: web.ClientIP(r)}
	whole := false
	d.Body, d.Size, whole = readBody(w, r)
	known, err := h.checkout.Receive(r.Context(), d)
	if err != nil && (known || h.responder.Problem(err).Status == http.StatusInternalServerError) {
		return &web.Error{Status: http.StatusServiceUnavailable, RetryAfter: 5, Err: err}
	}
	if err != nil {
		web.LogError(w, err) // an unknown token, while the books are busy
	}
	if known && !from {
		web.LogError(w, errSender)
	}
	if known && !whole {
		return &web.Error{Status: http.StatusBadRequest, Err: errors.New("the callback broke off")}
	}
	return web.WriteJSON(w, http.StatusOK, ack{0, "Accepted"})
}

// readBody reads as much of a callback as is stored, and its full length. A body that breaks off is stored as far as it
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
