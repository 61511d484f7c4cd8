package main

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
)

// courier carries the simulator's callbacks over wires, for a fraction of what http.Transport costs with its two
// goroutines a connection. It is for callbacks only: http, one body of known length, and an answer of which the status
// matters.
type courier struct {
	mu    sync.Mutex
	wires map[string]*wire // by host:port
}

func (c *courier) to(addr string) *wire {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.wires[addr]
	if w == nil {
		if c.wires == nil {
			c.wires = map[string]*wire{}
		}
		w = &wire{addr: addr}
		c.wires[addr] = w
	}
	return w
}

// RoundTrip sends one callback. One that is answered after its context has ended is an error, as it is for
// http.Transport.
func (c *courier) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "http" || req.Body == nil || req.ContentLength <= 0 {
		return nil, fmt.Errorf("no callback: %s with %d bytes", req.URL.Scheme, req.ContentLength)
	}
	defer req.Body.Close()
	var unread error
	write := func(to []byte) []byte {
		to, unread = appendCallback(to, req)
		return to
	}
	resp := &http.Response{
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody, Request: req,
	}
	err := c.to(req.URL.Host).send(write, func(a answer) error {
		resp.StatusCode, resp.Status = a.status, http.StatusText(a.status)
		return unread
	})
	if err == nil {
		err = req.Context().Err()
	}
	if err != nil {
		return nil, err
	}
	return resp, nil
}

func appendCallback(to []byte, req *http.Request) ([]byte, error) {
	to = append(append(append(to, req.Method...), ' '), req.URL.RequestURI()...)
	to = append(append(to, " HTTP/1.1\r\nHost: "...), req.URL.Host...)
	to = strconv.AppendInt(append(to, "\r\nContent-Length: "...), req.ContentLength, 10)
	for name, values := range req.Header {
		for _, value := range values {
			to = append(append(append(append(to, "\r\n"...), name...), ": "...), value...)
		}
	}
	to = append(to, "\r\n\r\n"...)
	body := len(to)
	to = slices.Grow(to, int(req.ContentLength))[:body+int(req.ContentLength)]
	_, err := io.ReadFull(req.Body, to[body:])
	return to, err
}
