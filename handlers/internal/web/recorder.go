package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/go-chi/chi/v5"
)

// responseRecorder is what the log line of a request will say. It stands between the handlers and the server.
type responseRecorder struct {
	http.ResponseWriter
	number uint64
	status int // 0 until the header is written
	bytes  int64
	err    error
}

// Unwrap is for http.ResponseController.
func (rec *responseRecorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }

// WriteHeader passes on the first final status and any informational one.
func (rec *responseRecorder) WriteHeader(status int) {
	if rec.status != 0 {
		return
	}
	if status >= http.StatusOK || status == http.StatusSwitchingProtocols {
		rec.status = status
	}
	rec.ResponseWriter.WriteHeader(status)
}

// Write counts what is sent.
func (rec *responseRecorder) Write(b []byte) (int, error) {
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	n, err := rec.ResponseWriter.Write(b)
	rec.bytes += int64(n)
	return n, err
}

func (rec *responseRecorder) noteError(err error) {
	if rec.err == nil {
		rec.err = err
	}
}

// recorderOf finds the recorder under whatever stands above it. Outside of [Responder.Wrap] it is one that nobody
// reads.
func recorderOf(w http.ResponseWriter) *responseRecorder {
	for {
		if rec, is := w.(*responseRecorder); is {
			return rec
		}
		above, is := w.(interface{ Unwrap() http.ResponseWriter })
		if !is {
			return &responseRecorder{ResponseWriter: w}
		}
		w = above.Unwrap()
	}
}

// Wrap goes around everything else in the router: it sets the security headers, writes the log line, and answers what
// panicked where nothing else did with lastResort.
func (k *Responder) Wrap(lastResort Renderer) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			started := k.now()
			rec := &responseRecorder{ResponseWriter: w, number: k.count.Add(1)}
			answer := w.Header()
			for _, h := range k.headers {
				answer[h.name] = h.value
			}
			defer func() {
				k.recovered(rec, r, recover(), lastResort)
				k.logRequest(rec, r, started)
				if rec.err == http.ErrAbortHandler {
					panic(http.ErrAbortHandler)
				}
			}()
			next.ServeHTTP(rec, r)
		})
	}
}

// recovered answers a panic. One that comes after the header was written ends the connection, so that nobody takes half
// an answer for a whole one.
func (k *Responder) recovered(rec *responseRecorder, r *http.Request, v any, lastResort Renderer) {
	switch {
	case v == nil:
	case v == http.ErrAbortHandler:
		rec.err = http.ErrAbortHandler
	case rec.status != 0:
		k.log.Error("panic after the answer had begun", "request", k.requestID(rec), "error",
			Mask(fmt.Sprintf("%v\n%s", v, debug.Stack())))
		rec.err = http.ErrAbortHandler
	default:
		rec.noteError(fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
		lastResort(rec, r, problem(http.StatusInternalServerError, "", 0))
	}
}

// logRequest writes the one log line of a request: its route's pattern, never its path or query, since tokens and
// secrets stand in paths.
func (k *Responder) logRequest(rec *responseRecorder, r *http.Request, started time.Time) {
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	ctx := r.Context()
	route := chi.RouteContext(ctx).RoutePattern()
	if route == "" {
		route = "-"
	}
	took := k.now().Sub(started)
	k.observe(knownMethod(r.Method), route, rec.status, took)
	level := slog.LevelInfo
	if rec.status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if !k.log.Enabled(ctx, level) {
		return
	}
	micros := took.Microseconds()
	attrs := [7]slog.Attr{
		slog.String("method", knownMethod(r.Method)), slog.String("route", route), slog.Int("status", rec.status),
		slog.Int64("bytes", rec.bytes), slog.Float64("ms", float64(micros)/1000),
		slog.String("request", k.requestID(rec)),
	}
	n := 6
	if rec.err != nil {
		attrs[n] = slog.String("error", Mask(rec.err.Error()))
		n++
	}
	k.log.LogAttrs(ctx, level, "request", attrs[:n]...)
}

// knownMethod keeps what a stranger may write in place of a method out of the log.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return method
	}
	return "other"
}
