package notify

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"cinemasphere/store"
)

const (
	// smsWait is how long an SMS service may take to answer.
	smsWait = 20 * time.Second
	// smsAnswer is the most bytes of an answer that are read.
	smsAnswer = 64 << 10
)

// smsClient calls an SMS service. It follows no redirect: a second place would get the key, and perhaps the SMS twice.
type smsClient struct{ through http.RoundTripper }

// call makes a request and reads its JSON answer into a value. Where the request may have been carried out without an
// answer that says so, the fault is that nobody knows.
func (c smsClient) call(ctx context.Context, r *http.Request, into any) error {
	ctx, cancel := context.WithTimeout(ctx, smsWait)
	defer cancel()
	var began atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { began.Store(true) },
	})
	r.Header.Set("Accept", "application/json")
	// A request with an idempotency key is one that Go's transport may send twice by itself. The services do not know
	// the key: it must not.
	r.GetBody, r.Close = nil, true
	client := http.Client{
		Transport:     c.through,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(r.WithContext(ctx))
	if err != nil && !began.Load() {
		return fault(store.SendBarred, unreachable)
	}
	if err != nil {
		return fault(store.SendUnsure, noAnswer)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, smsAnswer))
	if err != nil {
		return fault(store.SendUnsure, noAnswer)
	}
	if resp.StatusCode >= 300 {
		return statusFault(resp.StatusCode)
	}
	if json.Unmarshal(body, into) != nil {
		return fault(store.SendUnsure, oddAnswer)
	}
	return nil
}

// statusFault is what an HTTP status means that is no success.
func statusFault(status int) error {
	why := "http " + strconv.Itoa(status)
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fault(store.SendBarred, logIn)
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		return fault(store.SendBarred, tooBusy)
	case status >= 500:
		return fault(store.SendUnsure, why)
	case status >= 400:
		return fault(store.SendFailed, why)
	}
	return fault(store.SendBarred, why) // a redirect: the address of the service is not right
}

// asFault is the fault of an error.
func asFault(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return &Fault{Outcome: store.SendFailed, Why: oddAnswer}
}

// international is a number with a plus.
func international(msisdn string) string { return "+" + strings.TrimPrefix(msisdn, "+") }
