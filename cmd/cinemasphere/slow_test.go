package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestSlowClients: 1,000 clients that never finish what they say, or never read what they are told, leave the others
// alone: pages come, a ticket is booked and paid. Whoever does not finish its headers is cut off soon.
func TestSlowClients(t *testing.T) {
	p := start(t, "", "BOOKING_RATE=off")
	addr := strings.TrimPrefix(p.base, "http://")
	says := []string{
		"GET / HTTP/1.1\r\nHost: " + addr + "\r\nX-Slow: ",
		"POST /bookings HTTP/1.1\r\nHost: " + addr + "\r\nContent-Type: application/x-www-form-urlencoded\r\n" +
			"Content-Length: 5000\r\n\r\nname=",
		"POST /cb/x HTTP/1.1\r\nHost: " + addr + "\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{",
		strings.Repeat("GET / HTTP/1.1\r\nHost: "+addr+"\r\n\r\n", 50), // and reads nothing
	}
	const slow = 1000
	conns := make([]net.Conn, slow)
	var open sync.WaitGroup
	for i := range conns {
		open.Go(func() {
			c, err := net.DialTimeout("tcp", addr, 20*time.Second)
			if err != nil {
				t.Errorf("slow client %d: %v", i, err)
				return
			}
			conns[i] = c
			_ = c.SetWriteDeadline(time.Now().Add(5 * time.Second))
			_, _ = io.WriteString(c, says[i%len(says)]) // who reads nothing may not get rid of all
		})
	}
	open.Wait()
	defer func() {
		for _, c := range conns {
			if c != nil {
				_ = c.Close()
			}
		}
	}()
	began := time.Now()
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for range 50 {
		resp, err := client.Get(p.base + "/")
		if err != nil {
			t.Fatalf("beside slow clients: %v", err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("beside slow clients: %d", resp.StatusCode)
		}
	}
	t.Logf("50 pages on connections of their own took %v", time.Since(began))
	c := p.customer()
	ticket := c.book("0712345001", 2) // who pays by itself
	eventually(t, 20*time.Second, "the ticket is paid beside slow clients", func() bool {
		return strings.Contains(c.get(ticket.url.Path).Find("main").Text(), "Show this at the door")
	})
	for i := 0; i < slow; i += len(says) {
		if conns[i] == nil {
			continue
		}
		_ = conns[i].SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.Copy(io.Discard, conns[i]); err != nil {
			t.Fatalf("client %d, which did not finish its headers, is not cut off: %v", i, err)
		}
	}
}

// TestLongRequests: headers and bodies beyond their bounds are refused, and what a form may have is not.
func TestLongRequests(t *testing.T) {
	p := start(t, "")
	for _, c := range []struct {
		method, path, header string
		body                 int
		want                 []int
	}{
		{"GET", "/", strings.Repeat("x", 8<<10), 0, []int{200}},
		{"GET", "/", strings.Repeat("x", 64<<10), 0, []int{431}},
		{"GET", "/films?genre=" + strings.Repeat("x", 64<<10), "", 0, []int{431}},
		{"POST", "/bookings", "", 1 << 20, []int{413}},
		{"POST", "/api/make-payment", "", 1 << 20, []int{413, 415}},
		{"POST", "/admin/sign-in", "", 1 << 20, []int{413}},
		{"POST", "/cb/x", "", 1 << 20, []int{200}}, // read, cut, and of nobody
	} {
		what := fmt.Sprintf("%s %.20s with %d bytes of headers and %d of body", c.method, c.path, len(c.header), c.body)
		r, err := http.NewRequestWithContext(t.Context(), c.method, p.base+c.path,
			strings.NewReader(strings.Repeat("a", c.body)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if c.header != "" {
			r.Header.Set("X-Long", c.header)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		_ = resp.Body.Close()
		found := false
		for _, want := range c.want {
			found = found || resp.StatusCode == want
		}
		if !found {
			t.Errorf("%s: %d, want %d", what, resp.StatusCode, c.want)
		}
	}
}
