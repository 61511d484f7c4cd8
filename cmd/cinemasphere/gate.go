package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// gate serves strangers, and closes without cutting anybody off: each connection that was taken is answered.
//
// http.Server.Shutdown alone drops a request that it reads after it was called, though the connection was taken before.
type gate struct {
	http    *http.Server
	leaving atomic.Bool

	mu        sync.Mutex
	listeners []net.Listener
	busy      map[net.Conn]struct{} // those that have a request, or have not said yet that they have none
}

// newGate makes a gate to what a handler answers. Slow clients are cut off.
func newGate(h http.Handler, log *slog.Logger) *gate {
	g := &gate{busy: map[net.Conn]struct{}{}}
	g.http = &http.Server{
		Handler: g.untilLeaving(h), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug), ConnState: g.note,
	}
	return g
}

// serve takes who comes to a listener, by TLS where the server has settings for it. It returns an error where it cannot
// go on, and nil once the gate is closed.
func (g *gate) serve(l net.Listener, byTLS bool) (err error) {
	g.mu.Lock()
	g.listeners = append(g.listeners, l)
	g.mu.Unlock()
	if byTLS {
		err = g.http.ServeTLS(l, "", "")
	} else {
		err = g.http.Serve(l)
	}
	if g.leaving.Load() {
		return nil
	}
	return err
}

// untilLeaving tells clients to close their connections once the program is ending.
func (g *gate) untilLeaving(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.leaving.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

func (g *gate) note(c net.Conn, state http.ConnState) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch state {
	case http.StateNew, http.StateActive:
		g.busy[c] = struct{}{}
	case http.StateIdle, http.StateHijacked, http.StateClosed:
		delete(g.busy, c)
	}
}

func (g *gate) quiet() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.busy) == 0
}

// leave keeps answering, and lets no client keep its connection.
func (g *gate) leave() { g.leaving.Store(true) }

// quietTime is how long who has been let in may take to ask for something. Browsers open connections that they may not
// need.
const quietTime = 2 * time.Second

// close lets nobody in any more, and waits for those who are: until ctx ends, or they have said nothing for too long.
// Who waits before a socket of systemd's is let in by the next program.
func (g *gate) close(ctx context.Context) error {
	g.leave()
	g.mu.Lock()
	for _, l := range g.listeners {
		_ = l.Close() // nothing was written
	}
	g.mu.Unlock()
	wait, cancel := context.WithTimeout(ctx, quietTime)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !g.quiet() && wait.Err() == nil {
		select {
		case <-tick.C:
		case <-wait.Done():
		}
	}
	return g.http.Shutdown(ctx)
}
