package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime/debug"

	"github.com/alecthomas/kong"
	"github.com/joho/godotenv"
)

// version is set by the build: -ldflags "-X main.version=…".
var version string

type cli struct {
	Serve    serveCmd    `cmd:"" default:"withargs" help:"Serve the site (the default). Without any setting: a demo on http://localhost:8080, in which no money moves."`
	Seed     seedCmd     `cmd:"" help:"Write sample films, halls and screenings. Refuses a database that has films."`
	Payments paymentsCmd `cmd:"" help:"List the money that somebody may have to do something about, with its reason and what can be done."`
	Refund   refundCmd   `cmd:"" help:"Give the money of a receipt back, by M-PESA's Reversal or, written down, by hand."`
	Accept   acceptCmd   `cmd:"" help:"Take a receipt that you have looked up in the M-PESA portal as the payment of a ticket."`
	Settled  settledCmd  `cmd:"" help:"Take an entry that you have seen to off the list of money, with a note. No money changes."`
	Sales    salesCmd    `cmd:"" help:"Pause and resume bookings."`
	Fsck     fsckCmd     `cmd:"" help:"Recompute the books from raw facts; exits with 1 where they are not sound."`
	Register registerCmd `cmd:"" help:"Tell Safaricom where to send what is paid without a prompt (C2B)."`
	Version  versionCmd  `cmd:"" help:"Say which version this is."`
}

// program is what a sub-command gets besides its own settings.
type program struct {
	ctx            context.Context
	stdout, stderr io.Writer
}

type versionCmd struct{}

func (versionCmd) Run(p *program) error {
	v := version
	if info, ok := debug.ReadBuildInfo(); v == "" && ok {
		v = info.Main.Version
	}
	_, err := fmt.Fprintln(p.stdout, "cinemasphere", v)
	return err
}

// helped is how kong is told to stop after it has printed its help.
type helped struct{ code int }

// run is the whole program: arguments in, error out.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	if err := godotenv.Load(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read .env: %w", err)
	}
	defer func() {
		switch v := recover().(type) {
		case nil:
		case helped:
			if v.code != 0 {
				err = errors.New("wrong usage")
			}
		default:
			panic(v)
		}
	}()
	var c cli
	parser, err := kong.New(&c, kong.Name("cinemasphere"), kong.Description("A cinema's own box office, paid by M-PESA STK Push."),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { panic(helped{code}) }), kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 120}))
	if err != nil {
		return fmt.Errorf("command line: %w", err)
	}
	kctx, err := parser.Parse(args)
	if err != nil {
		return fmt.Errorf("%w (see cinemasphere --help)", err)
	}
	return kctx.Run(&program{ctx: ctx, stdout: stdout, stderr: stderr})
}
