package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"cinemasphere/mpesa/sim"
)

// What product and simulator agree on. It opens nothing else.
const (
	darajaKey, darajaSecret, darajaPasskey = "bench-key", "bench-secret", "bench-passkey"
	darajaShortcode                        = "600100"
)

type simCmd struct {
	AnswerAfter time.Duration `help:"How long Daraja takes to answer a push."`
	PaidAfter   time.Duration `default:"1s" help:"When the payment goes through and its callback is sent, counted from the push."`
}

// Run is Daraja in a process of its own, which ends with its standard input. Its first line of output is its address.
func (c simCmd) Run(p *program) error {
	spareProcessors()
	daraja := sim.New(sim.Config{
		ConsumerKey: darajaKey, ConsumerSecret: darajaSecret, Passkey: darajaPasskey, Shortcode: darajaShortcode,
		Callback: &courier{},
	})
	defer daraja.Close()
	daraja.SetScript("*", sim.Script{AnswerAfter: c.AnswerAfter, Result: "0", ResultAfter: c.PaidAfter})
	return serveUntilEOF(p, daraja.Handler())
}

// serveUntilEOF serves on a free loopback port, says which, and ends with the standard input or a signal.
func serveUntilEOF(p *program, h http.Handler) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, p.stdin) // whatever ends it, it has ended
	}()
	stopped := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stopped()
	if _, err := fmt.Fprintln(p.stdout, "http://"+l.Addr().String()); err != nil {
		return errors.Join(err, l.Close())
	}
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
