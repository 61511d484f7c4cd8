// Command bench measures the product under load and checks each figure against its target.
//
//	bench bookings       bookings a second taken to Paid: load, simulator and product as three processes over loopback
//	bench sellout        one screening sold out by more buyers than it has seats
//	bench slow-daraja    bookings and the home page while Daraja takes half a second to answer
//	bench home           the home page beside a bare handler that writes the same bytes
//	bench map            the booking form with the map of a hall of 600 seats
//	bench floor          the CPU for each paid booking, beside a bare program of the same requests
//	bench overload       the books, offered three times what they can take
//
// Those that run the product do so on SQLite, or with --database=postgres on a PostgreSQL of their own, which writes to
// the disk before it confirms. Each starts what it needs in a directory of its own, prints a table, exits 1 where a
// target is missed and leaves nothing behind. It must never be pointed at a database or a Daraja that it has not made
// itself, and has no part in the product.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

type cli struct {
	Bookings    bookingsCmd    `cmd:"" help:"Bookings a second taken to Paid, by buyers who come whether or not the product keeps up."`
	Sellout     selloutCmd     `cmd:"" help:"One screening of 600 seats, wanted by more buyers than it has seats."`
	SlowDaraja  slowDarajaCmd  `cmd:"" help:"Bookings of a fixed number of buyers, and the home page, while Daraja is slow."`
	Home        homeCmd        `cmd:"" help:"The home page with gzip, beside a bare handler that writes the same bytes from memory."`
	Map         mapCmd         `cmd:"" help:"The booking form with the map of a hall of 600 seats, one client."`
	Floor       floorCmd       `cmd:"" help:"The CPU for each paid booking, beside a bare program of the same requests."`
	Overload    overloadCmd    `cmd:"" help:"The books alone, offered several times what they can take."`
	Sim         simCmd         `cmd:"" hidden:"" help:"Daraja, for the others: pays every push by itself."`
	FloorServer floorServerCmd `cmd:"" hidden:"" help:"The bare program, for the floor."`
	Bare        bareCmd        `cmd:"" hidden:"" help:"The bare handler, for the home page."`
}

// program is what a sub-command gets besides its own flags.
type program struct {
	ctx            context.Context
	stdin          io.Reader
	stdout, stderr io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second signal ends the program at once.
	context.AfterFunc(ctx, stop)
	err := run(&program{ctx: ctx, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// helped is how kong is told to stop after it has printed its help.
type helped struct{ code int }

func run(p *program, args []string) (err error) {
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
	parser, err := kong.New(&c, kong.Name("bench"),
		kong.Description("Measures the product under load and checks its targets."), kong.Writers(p.stdout, p.stderr),
		kong.Exit(func(code int) { panic(helped{code}) }))
	if err != nil {
		return fmt.Errorf("command line: %w", err)
	}
	kctx, err := parser.Parse(args)
	if err != nil {
		return fmt.Errorf("%w (see bench --help)", err)
	}
	return kctx.Run(p)
}
