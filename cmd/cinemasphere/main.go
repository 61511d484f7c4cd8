// Command cinemasphere is a cinema's own box office: it shows the films, takes the booking, sends the M-PESA STK Push
// and gives the customer a ticket.
//
//	cinemasphere [serve]   serve the site; without any setting, a demo on http://localhost:8080
//	cinemasphere seed      write sample films, halls and screenings into an empty database
//	cinemasphere payments  list the money that somebody may have to do something about
//	cinemasphere refund    give the money of a receipt back
//	cinemasphere sales     pause and resume bookings
//	cinemasphere operator  add, reset and list the people who may sign in to the back office
//	cinemasphere customer  export or erase what there is of a customer
//	cinemasphere backup    make a backup now
//	cinemasphere restore   bring the books back from a backup, or drill that
//	cinemasphere register  tell Safaricom where to send what is paid without a prompt
//	cinemasphere fsck      recompute the books from raw facts; exit 1 where they are not sound
//	cinemasphere doctor    examine settings, credentials, callback address, disk and database
//	cinemasphere install       put the program on this machine, as a service of systemd
//	cinemasphere healthcheck   ask the running program whether pages can be shown
//	cinemasphere deploy-files  write units, container files, proxy settings, alert rules into a folder
//	cinemasphere version   say which version this is
//
// This package reads the configuration and wires the rooms together. It is the only one that reads the environment, and
// it must never hold a rule about seats or money.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the program at once.
	context.AfterFunc(ctx, stop)
	os.Exit(exit(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// exit runs the program and returns its exit status.
func exit(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	out := &printer{to: stdout}
	err := run(ctx, args, out, stderr)
	if err == nil {
		err = out.err
	}
	if err != nil {
		fmt.Fprintln(stderr, "cinemasphere:", err)
		return 1
	}
	return 0
}

// printer prints what a command says, and keeps the first error: a list that was cut short is no success.
type printer struct {
	to  io.Writer
	err error
}

// Write writes on.
func (p *printer) Write(b []byte) (int, error) {
	n, err := p.to.Write(b)
	if err != nil && p.err == nil {
		p.err = fmt.Errorf("print: %w", err)
	}
	return n, err
}
