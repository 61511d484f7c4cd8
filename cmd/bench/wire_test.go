package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func server(t *testing.T, h http.HandlerFunc) *wire {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	w := &wire{addr: strings.TrimPrefix(s.URL, "http://")}
	t.Cleanup(w.close)
	return w
}

func TestWireReadsEveryKindOfAnswer(t *testing.T) {
	long := strings.Repeat("A film about a cinema. ", 3000)
	w := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/short":
			http.SetCookie(w, &http.Cookie{Name: "cinemasphere", Value: "abc", HttpOnly: true})
			fmt.Fprint(w, "hello")
		case "/chunked":
			for part := range 3 {
				fmt.Fprint(w, long[part*1000:(part+1)*1000])
				_ = http.NewResponseController(w).Flush()
			}
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			zip := gzip.NewWriter(w)
			_, _ = io.WriteString(zip, long)
			_ = zip.Close()
		case "/same":
			w.WriteHeader(http.StatusNoContent)
		case "/busy":
			http.Error(w, "busy", http.StatusServiceUnavailable)
		}
	})
	for range 2 { // the second time with buffers that were used before
		for _, c := range []struct {
			path, body, cookie string
			status             int
		}{
			{"/short", "hello", "cinemasphere=abc", 200}, {"/chunked", long[:3000], "", 200}, {"/gzip", long, "", 200},
			{"/same", "", "", 204}, {"/busy", "busy\n", "", 503},
		} {
			err := w.send(page(w.addr, c.path), func(a answer) error {
				body, err := a.body()
				if a.status != c.status || string(body) != c.body || a.cookie != c.cookie {
					t.Errorf("%s: status %d, %d bytes, cookie %q; want %d, %d, %q", c.path, a.status, len(body),
						a.cookie, c.status, len(c.body), c.cookie)
				}
				return err
			})
			if err != nil {
				t.Errorf("%s: %v", c.path, err)
			}
		}
	}
	if w.opened() != 1 {
		t.Errorf("%d connections for requests one after the other, want 1", w.opened())
	}
}

func TestWireSaysWhenAnAnswerBreaksOff(t *testing.T) {
	w := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "half")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	for range 2 {
		if err := w.send(page(w.addr, "/"), func(answer) error {
			t.Error("half an answer was read")
			return nil
		}); err == nil {
			t.Error("half an answer is no error")
		}
	}
	if w.opened() != 2 {
		t.Errorf("%d connections, want a new one after the broken one", w.opened())
	}
}
