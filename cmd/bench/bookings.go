package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"cinemasphere/store"
)

// headroom is how much more than the target is offered, so that a product that keeps up can show the target's rate.
const headroom = 1.01

// paidAfter is when the simulator's customers pay. It is no time of the product's, and is taken off.
const paidAfter = time.Second

// longRun is the length of run that a cinema has seats for.
const longRun = 30 * time.Second

type bookingsCmd struct {
	stageFlags
	Rate   float64       `default:"800" help:"Bookings a second that must be taken to Paid."`
	For    time.Duration `default:"30s" help:"How long."`
	Within time.Duration `default:"1s" help:"What p99 must stay under."`
}

// Run offers bookings at a rate that does not depend on the product, and follows each to Paid.
func (c bookingsCmd) Run(p *program) (err error) {
	n := max(1, int(c.Rate*headroom*c.For.Seconds()))
	// A short run has as many screenings as a long one, since buyers of the same screening want the same seats.
	forLong := c.Rate * headroom * max(c.For, longRun).Seconds()
	s, screenings, err := c.openCinema(p.ctx, screeningsFor(forLong), "--paid-after="+paidAfter.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	fmt.Fprintf(p.stderr, "%s bookings in %s, %d screenings\n", thousands(n), c.For, len(screenings))
	chance := rand.New(rand.NewPCG(c.Seed, 0))
	purchases, at := choose(chance, screenings, n), arrivals(chance, n, c.For)
	buyers := newCrowd(s.addr)
	begin := time.Now().Add(100 * time.Millisecond)
	buyers.come(p.ctx, begin, at, purchases)
	if err := p.ctx.Err(); err != nil {
		return err
	}
	r := &report{
		title: fmt.Sprintf("Bookings taken to Paid on %s: %.0f a second offered for %s, callback %s after the push",
			c.Database, c.Rate*headroom, c.For, paidAfter),
	}
	a, err := s.resolve(p.ctx, buyers)
	if err != nil {
		return err
	}
	clicked := func(number int) time.Time { return begin.Add(at[number]) }
	own, rate := a.own(purchases, clicked)
	r.goal("paid", fmt.Sprintf("≥ %.0f/s", c.Rate), rate >= c.Rate,
		"%.0f bookings a second, from the first to the last", rate)
	r.goal("booking request", "p99 < "+c.Within.String(), buyers.booked.quantile(.99) < c.Within, "%s", &buyers.booked)
	r.goal("click to Paid in the books", "p99 < "+c.Within.String(), own.quantile(.99) < c.Within, "%s, without the %s",
		own, paidAfter)
	r.fact("click to Paid on the page", "%s, which asks after 2 s", &buyers.shown)
	a.report(r, s, buyers, n)
	return r.finish(p.stdout)
}

// come lets buyers click when they are due and watch their tickets, and returns once no page asks any more.
func (c *crowd) come(ctx context.Context, begin time.Time, at []time.Duration, purchases []purchase) {
	defer spareProcessors()()
	defer c.hands.close()
	var open sync.WaitGroup
	openLoop(ctx, begin, at, func(i int, due time.Time) {
		if t, ok := c.click(ctx, purchases[i], due); ok {
			open.Add(1)
			c.follow(ctx, t, open.Done)
		}
	})
	ended := make(chan struct{})
	go func() { open.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
	}
}

func newCrowd(addr string) *crowd {
	return &crowd{
		wire: &wire{addr: addr}, run: fmt.Sprintf("bench%d", time.Now().UnixNano()), waits: pageWaits(),
		spent: ownUsage().cpu,
	}
}

// account is both sides' books after a run, once the product has ended.
type account struct {
	books
	differ          []string
	taken           int // receipts in M-PESA's ledger
	takenMoney      int // whole shillings
	callbacksFailed int
	postgres        time.Duration // CPU that the database took, where it is a process of its own
	fsync           time.Duration
	load            time.Duration // CPU that the buyers took
}

// resolve ends the product in good order and compares its books with M-PESA's ledger.
func (s *stage) resolve(ctx context.Context, buyers *crowd) (a account, err error) {
	a.load = ownUsage().cpu - buyers.spent
	buyers.wire.close()
	if err := s.product.stop(); err != nil {
		return a, err
	}
	entries, totals, err := s.ledger(ctx)
	if err != nil {
		return a, err
	}
	if err := s.daraja.stop(); err != nil {
		return a, err
	}
	if a.books, err = readBooks(ctx, s.database); err != nil {
		return a, err
	}
	a.differ, a.taken, a.takenMoney, a.callbacksFailed = a.compare(entries), totals.Paid, totals.PaidAmount,
		totals.CallbacksFailed
	if err := s.postgres.Stop(); err != nil {
		return a, err
	}
	a.postgres = s.postgres.CPU()
	a.fsync, err = fsyncTime(s.dir)
	return a, err
}

// own is how long after each click the books had the payment, without the time that the customer took to pay; and how
// many payments a second came into the books.
func (a account) own(purchases []purchase, clicked func(number int) time.Time) (took *latencies, rate float64) {
	byPhone := make(map[string]int, len(purchases))
	for i, p := range purchases {
		byPhone[p.msisdn()] = i
	}
	took = &latencies{}
	var first, last store.Instant
	for _, p := range a.payments {
		if i, ours := byPhone[string(p.Phone)]; ours {
			took.add(p.CreatedAt.Time().Sub(clicked(i)) - paidAfter)
		}
		if first == 0 || p.CreatedAt < first {
			first = p.CreatedAt
		}
		last = max(last, p.CreatedAt)
	}
	if last > first {
		rate = float64(len(a.payments)-1) / last.Time().Sub(first.Time()).Seconds()
	}
	return took, rate
}

// report adds what every run must show: that nothing was lost, and what it cost.
func (a account) report(r *report, s *stage, buyers *crowd, asked int) {
	paid := int(buyers.paid.Load())
	r.goal("bookings with a ticket", "all", paid == asked, "%s of %s, %s turned away", thousands(paid),
		thousands(asked), thousands(buyers.turned.Load()))
	r.goal("errors", "none", buyers.faults.count() == 0, "%s", &buyers.faults)
	same := a.taken == len(a.payments) && a.takenMoney == int(a.money) && int(a.money) == int(buyers.money.Load()) &&
		len(a.differ) == 0
	r.goal("money", "the same in both", same, "%s in %s receipts at M-PESA, %s in %s in the books, %s on tickets%s",
		ksh(a.takenMoney), thousands(a.taken), ksh(a.money), thousands(len(a.payments)), ksh(buyers.money.Load()),
		first(a.differ))
	r.goal("callbacks lost", "0", a.callbacksFailed == 0, "%s", thousands(a.callbacksFailed))
	r.goal("check of the books", "sound", len(a.wrong) == 0, "%d rules broken%s", len(a.wrong), first(a.wrong))
	r.fact("product", "%s", s.product.used)
	if a.postgres > 0 {
		r.fact("PostgreSQL", "%.1f s CPU", a.postgres.Seconds())
	}
	r.fact("simulator", "%s", s.daraja.used)
	load := ownUsage()
	r.fact("setting up, checking the books", "%.1f s CPU", (load.cpu - a.load).Seconds())
	load.cpu = a.load
	r.fact("load", "%s, %d connections, %s looks at tickets", load, buyers.wire.opened(),
		thousands(buyers.looks.Load()))
	r.fact("a durable write here", "%s", ms(a.fsync))
}

// first is the first of some complaints, for the end of a line.
func first(complaints []string) string {
	if len(complaints) == 0 {
		return ""
	}
	return ": " + complaints[0]
}
