package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"cinemasphere/store"
)

// soldOutRows and soldOutSeats are a hall of 600 seats.
const soldOutRows, soldOutSeats = 20, 30

type selloutCmd struct {
	stageFlags
	Buyers int           `default:"1000" help:"Buyers, each of one ticket."`
	For    time.Duration `default:"5s" help:"How long they come."`
}

// Run lets more buyers want one screening than it has seats. Each seat is to be sold once, and no callback lost.
func (c selloutCmd) Run(p *program) (err error) {
	s, screenings, err := c.openWith(p.ctx,
		func(cinema cinema) ([]store.Screening, error) { return oneScreening(p.ctx, cinema) },
		"--paid-after="+paidAfter.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	chance := rand.New(rand.NewPCG(c.Seed, 0))
	purchases, at := choose(chance, screenings, c.Buyers), arrivals(chance, c.Buyers, c.For)
	for i := range purchases {
		purchases[i].quantity, purchases[i].total = 1, store.Total(screenings[0].Price(), 1)
	}
	const seats = soldOutRows * soldOutSeats
	fmt.Fprintf(p.stderr, "%s buyers in %s for %d seats\n", thousands(c.Buyers), c.For, seats)
	buyers := newCrowd(s.addr)
	buyers.insist = true
	begin := time.Now().Add(100 * time.Millisecond)
	buyers.come(p.ctx, begin, at, purchases)
	if err := p.ctx.Err(); err != nil {
		return err
	}
	r := &report{
		title: fmt.Sprintf("One screening sold out on %s: %s buyers within %s for %d seats", c.Database,
			thousands(c.Buyers), c.For, seats),
	}
	a, err := s.resolve(p.ctx, buyers)
	if err != nil {
		return err
	}
	own, rate := a.own(purchases, func(number int) time.Time { return begin.Add(at[number]) })
	r.fact("paid", "%.0f bookings a second, from the first to the last", rate)
	r.fact("booking request", "%s", &buyers.booked)
	r.fact("click to Paid in the books", "%s, without the %s", own, paidAfter)
	r.goal("told that it is sold out", "the others", int(buyers.soldOut.Load()) == max(0, c.Buyers-seats), "%s",
		thousands(buyers.soldOut.Load()))
	a.report(r, s, buyers, min(c.Buyers, seats))
	return r.finish(p.stdout)
}

// oneScreening is a screening of tomorrow in the large hall.
func oneScreening(ctx context.Context, c cinema) ([]store.Screening, error) {
	hall, err := c.store.Catalogue().AddHall(ctx, store.Hall{
		Name: "Large hall", Plan: seatPlan(soldOutRows, soldOutSeats, 0),
	})
	if err != nil {
		return nil, err
	}
	c.hall, c.onePrice = hall, true
	return c.screenings(ctx, 1)
}
