package sim

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"
)

// notice is one thing to post to the product.
type notice struct {
	to, code   string
	body       []byte
	log        *[]Delivery // where it is written down; may be nil
	ok, failed *int        // the counters of its kind
	later      func(time.Duration, func())
	tells      func() // notes what the product knows by it; may be nil. Sim.mu is held
}

// deliver posts a notice, once: Safaricom does not try again (observed).
func (s *Sim) deliver(n *notice) {
	wait, lost := s.postDelay()
	if wait > 0 {
		s.mu.Lock()
		defer s.mu.Unlock()
		n.later(wait, func() { s.deliver(n) })
		return
	}
	done := Delivery{ResultCode: n.code}
	if lost {
		done.Error = "lost in an outage"
	} else {
		status, _, err := s.post(n.to, n.body, s.cfg.CallbackTimeout)
		if done.Status = status; err != nil {
			done.Error = err.Error()
		}
	}
	done.At = s.cfg.Now()

	s.mu.Lock()
	defer s.mu.Unlock()
	if n.log != nil {
		*n.log = append(*n.log, done)
	}
	if done.Status/100 == 2 {
		*n.ok++
		if n.tells != nil {
			n.tells()
		}
	} else {
		*n.failed++
	}
}

// post sends JSON to the product and reads its answer.
func (s *Sim) post(address string, body []byte, timeout time.Duration) (status int, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json;charset=UTF-8")
	req.Header.Set("Businessshortcode", s.cfg.Shortcode)
	req.Header.Set("User-Agent", "M-PESA simulator")
	resp, err := s.client.Do(req)
	if withURL, ok := errors.AsType[*url.Error](err); ok {
		err = withURL.Err // the URL is a secret of the product's
	}
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxRequest))
	return resp.StatusCode, answer, err
}
