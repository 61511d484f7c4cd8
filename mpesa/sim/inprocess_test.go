package sim_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa/sim"
)

func TestInProcess(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Host", r.Host)
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("X-Late", "too late")
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, r.URL.RawQuery+" "+string(body))
	})
	mux.HandleFunc("/nothing", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("/drop", func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			err = conn.Close()
		}
		if err != nil {
			t.Error(err)
		}
	})
	client := &http.Client{Transport: sim.InProcess(mux)}

	resp, err := client.Post("http://cinema.test/echo?a=b", "text/plain", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusTeapot || string(body) != "a=b hello" ||
		resp.Header.Get("X-Host") != "cinema.test" || resp.Header.Get("X-Late") != "" {
		t.Errorf("answer %+v %q", resp, body)
	}
	if resp, err := client.Get("http://cinema.test/nothing"); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("a handler that writes nothing: %+v, %v", resp, err)
	}
	for _, path := range []string{"/panic", "/drop"} {
		if _, err := client.Get("http://cinema.test" + path); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: error %v, want io.ErrUnexpectedEOF", path, err)
		}
	}
}

func TestInProcessHonoursContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &http.Client{
			Transport: sim.InProcess(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				time.Sleep(time.Minute)
			})),
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, "GET", "http://cinema.test/", nil)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := client.Do(req); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("error %v after %v, want the deadline after 1 s", err, time.Since(start))
		}
		time.Sleep(time.Minute) // the handler runs on
	})
}

// Over real sockets, with the transport that is used when none is given.
func TestOverHTTP(t *testing.T) {
	got := make(chan string, 1)
	product := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- string(body)
	}))
	defer product.Close()
	w := newWorld(t, func(c *sim.Config) { c.Callback, c.Speed = nil, 100 })
	daraja := httptest.NewServer(w.sim.Daraja())
	defer daraja.Close()

	f := pushFields("254712345408", 10) // the answer is lost
	f["CallBackURL"] = product.URL + "/cb/token"
	w.client = &http.Client{Transport: toServer{daraja}}
	if a, err := w.post(pushPath, f); !errors.Is(err, io.EOF) {
		t.Errorf("answer %+v, error %v, want io.EOF", a, err)
	}
	select {
	case body := <-got:
		if !strings.Contains(body, `"ResultCode":0`) {
			t.Errorf("callback %s", body)
		}
	case <-time.After(10 * time.Second):
		t.Error("no callback within 10 s")
	}
}

// toServer sends every request to a test server, whatever its host.
type toServer struct{ server *httptest.Server }

func (t toServer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Host = t.server.Listener.Addr().String()
	return http.DefaultTransport.RoundTrip(r)
}
