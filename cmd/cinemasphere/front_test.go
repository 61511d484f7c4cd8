package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"sync"
	"testing"
	"time"
)

// mode is what a front does with requests.
type mode int

const (
	open       mode = iota // hands them on
	badGateway             // answers 502, as a proxy whose server is gone
	away                   // ends the connection without a word
)

// front stands between a browser and the program, and fails as networks do.
type front struct {
	base string
	mu   sync.Mutex
	mode mode
	seen map[mode]int
}

func newFront(t *testing.T, to string) *front {
	t.Helper()
	f := &front{seen: map[mode]int{}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(mustURL(t, to)); r.Out.Host = r.In.Host },
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		m := f.mode
		f.seen[m]++
		f.mu.Unlock()
		switch m {
		case badGateway:
			http.Error(w, "<h1>502 Bad Gateway</h1>", http.StatusBadGateway)
		case away:
			panic(http.ErrAbortHandler)
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	f.base = srv.URL
	return f
}

func (f *front) set(m mode) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mode = m
}

// await waits until so many requests have met the mode.
func (f *front) await(t *testing.T, m mode, n int) {
	t.Helper()
	eventually(t, 30*time.Second, "requests meet the failing front", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.seen[m] >= n
	})
}
