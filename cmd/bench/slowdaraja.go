package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

type slowDarajaCmd struct {
	stageFlags
	Buyers int           `default:"64" help:"How many buyers book at once, each again as soon as it is answered."`
	Answer time.Duration `default:"500ms" help:"How long Daraja takes to answer a push."`
	For    time.Duration `default:"20s" help:"How long."`
	Rate   float64       `default:"115" help:"Bookings a second that must be reached."`
	Within time.Duration `default:"700ms" help:"What p99 of a booking must stay under."`
	Views  float64       `default:"100" help:"Views of the home page a second."`
}

// Run measures the home page in peace, then again while buyers wait for a slow Daraja.
func (c slowDarajaCmd) Run(p *program) (err error) {
	most := float64(c.Buyers) * (1 + c.For.Seconds()/max(c.Answer, 50*time.Millisecond).Seconds())
	s, screenings, err := c.openCinema(p.ctx, screeningsFor(most), "--paid-after="+paidAfter.String(),
		"--answer-after="+c.Answer.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	chance := rand.New(rand.NewPCG(c.Seed, 0))
	purchases := choose(chance, screenings, int(most))
	quiet, busy := arrivals(chance, int(c.Views*c.For.Seconds()), c.For),
		arrivals(chance, int(c.Views*c.For.Seconds()), c.For)
	buyers := newCrowd(s.addr)
	fmt.Fprintf(p.stderr, "home page by itself for %s, then with %d buyers\n", c.For, c.Buyers)
	idle := buyers.viewHome(p.ctx, quiet)
	began := time.Now()
	done := make(chan *latencies, 1)
	go func() { done <- buyers.viewHome(p.ctx, busy) }()
	var taken atomic.Int64
	c.book(p.ctx, buyers, began, func() purchase {
		n := int(taken.Add(1) - 1)
		wish := purchases[n%len(purchases)]
		wish.number = n
		return wish
	})
	loaded := <-done
	if err := p.ctx.Err(); err != nil {
		return err
	}
	a, err := s.resolve(p.ctx, buyers)
	if err != nil {
		return err
	}
	rate := float64(buyers.booked.count()) / c.For.Seconds()
	r := &report{
		title: fmt.Sprintf("A Daraja that takes %s, and %d buyers one booking after the other for %s", c.Answer,
			c.Buyers, c.For),
	}
	r.goal("bookings", fmt.Sprintf("≥ %.0f/s", c.Rate), rate >= c.Rate, "%.0f a second", rate)
	r.goal("booking request", "p99 < "+c.Within.String(), buyers.booked.quantile(.99) < c.Within, "%s", &buyers.booked)
	r.fact("home page, idle", "%s", idle)
	r.goal("home page, meanwhile", "p99 ≤ 2 × idle", loaded.quantile(.99) <= 2*idle.quantile(.99), "%s", loaded)
	a.report(r, s, buyers, int(taken.Load()))
	return r.finish(p.stdout)
}

// book lets each buyer book one time after the other until the time is over. They begin spread over one of Daraja's
// answers: people who all click in the same instant, twice a second, would measure the queue among themselves.
func (c slowDarajaCmd) book(ctx context.Context, buyers *crowd, began time.Time, next func() purchase) {
	var all sync.WaitGroup
	defer all.Wait()
	for i := range c.Buyers {
		all.Go(func() {
			if !sleepUntil(ctx, began.Add(c.Answer*time.Duration(i)/time.Duration(c.Buyers))) {
				return
			}
			for time.Since(began) < c.For && ctx.Err() == nil {
				t, ok := buyers.click(ctx, next(), time.Now())
				if ok {
					all.Go(func() { buyers.watch(ctx, t) })
				} else if !sleepUntil(ctx, time.Now().Add(time.Second)) { // as asked to
					return
				}
			}
		})
	}
}

// viewHome opens the home page at the times given, as browsers without a session.
func (c *crowd) viewHome(ctx context.Context, at []time.Duration) *latencies {
	request := page(c.wire.addr, "/")
	var took latencies
	openLoop(ctx, time.Now(), at, func(_ int, due time.Time) {
		status := 0
		if err := c.wire.send(request, func(a answer) error { status = a.status; return nil }); err != nil ||
			status != 200 {
			c.faults.add("home page: status %d, %v", status, err)
			return
		}
		took.add(time.Since(due))
	})
	return &took
}
