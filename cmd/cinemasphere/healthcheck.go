package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

type healthcheckCmd struct {
	config
}

// healthcheckTime is how long the program on this machine may take to answer.
const healthcheckTime = 4 * time.Second

// Run asks the program that listens where these settings say whether pages can be shown, for a container that has no
// other program to ask with. It fails where they cannot.
func (c healthcheckCmd) Run(p *program) error {
	plan := plan{config: c.config}
	plan.fillDomain(func(string, ...any) {})
	u := "http://localhost"
	transport := &http.Transport{
		DisableKeepAlives: true,
		// Without a look at names: an image of the program alone may know none, not even localhost.
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, plan.Addr)
		},
	}
	if len(plan.Domain) > 0 {
		u = "https://" + plan.Domain[0]
		// It is on this machine, and that it answers is the question, not who it is.
		transport.TLSClientConfig = &tls.Config{ServerName: plan.Domain[0], InsecureSkipVerify: true}
	}
	r, err := http.NewRequestWithContext(p.ctx, http.MethodGet, u+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	resp, err := (&http.Client{Transport: transport, Timeout: healthcheckTime}).Do(r)
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // what counts was read
	text, err := io.ReadAll(io.LimitReader(resp.Body, 256))
	if err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("healthcheck: HTTP %d, %s", resp.StatusCode, strings.TrimSpace(string(text)))
	}
	_, err = fmt.Fprint(p.stdout, string(text))
	return err
}
