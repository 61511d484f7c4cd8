package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestCourierDeliversACallback(t *testing.T) {
	var got []string
	status := http.StatusOK
	w := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = append(got, r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Content-Type")+" "+string(body))
		w.WriteHeader(status)
	})
	c := &courier{}
	t.Cleanup(c.to(w.addr).close)
	post := func(ctx context.Context) (*http.Response, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+w.addr+"/hooks/secret?x=1",
			strings.NewReader(`{"Body":{}}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		return (&http.Client{Transport: c}).Do(req)
	}
	for _, status = range []int{200, 200, 503} {
		resp, err := post(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != status || resp.Body.Close() != nil {
			t.Errorf("status %d, want %d", resp.StatusCode, status)
		}
		if want := `POST /hooks/secret?x=1 application/json {"Body":{}}`; got[len(got)-1] != want {
			t.Errorf("arrived as %q, want %q", got[len(got)-1], want)
		}
	}
	if opened := c.to(w.addr).opened(); opened != 1 || len(got) != 3 {
		t.Errorf("%d connections for %d callbacks one after the other, want 1 for 3", opened, len(got))
	}
	late, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := post(late); err == nil {
		t.Error("a callback answered too late is no error")
	}
}
