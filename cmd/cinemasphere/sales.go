package main

import (
	"errors"
	"fmt"

	"cinemasphere/handlers/checkout"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

type salesCmd struct {
	Pause  pauseCmd  `cmd:"" help:"Take no more bookings until resumed. Tickets already booked go on."`
	Resume resumeCmd `cmd:"" help:"Take bookings again."`
	Status statusCmd `cmd:"" help:"Say whether bookings are taken."`
}

type pauseCmd struct {
	books
	Reason string `help:"Why, for the records." default:"paused by the box office"`
}

// Run pauses sales.
func (c pauseCmd) Run(p *program) error {
	return c.with(p, func(st *store.Store) error {
		if err := st.Tickets().PauseSales(p.ctx, c.Reason); err != nil {
			return err
		}
		return printStatus(p, st, c.books)
	})
}

type resumeCmd struct {
	books
}

// Run resumes sales.
func (c resumeCmd) Run(p *program) error {
	return c.with(p, func(st *store.Store) error {
		if err := st.Tickets().ResumeSales(p.ctx); err != nil {
			return err
		}
		return printStatus(p, st, c.books)
	})
}

type statusCmd struct {
	books
}

// Run prints whether sales are open.
func (c statusCmd) Run(p *program) error {
	return c.with(p, func(st *store.Store) error { return printStatus(p, st, c.books) })
}

func printStatus(p *program, st *store.Store, b books) error {
	sales, err := st.Tickets().Sales(p.ctx)
	if err != nil {
		return err
	}
	if _, err = fmt.Fprintln(p.stdout, wording.Sales(sales)); err != nil {
		return err
	}
	trouble, err := checkout.FindSetUpTrouble(p.ctx, st)
	if err == nil && trouble != nil {
		what, means := wording.SetUpTrouble(len(trouble.Pushes), trouble.Since, trouble.Last)
		_, err = fmt.Fprintf(p.stdout, "%s\n    %s\n", what, means)
	}
	return errors.Join(err, b.printBackups(p, st))
}
