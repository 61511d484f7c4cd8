package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"cinemasphere/store"
)

type overloadCmd struct {
	Prices string `enum:"types,one" default:"types" help:"Prices by type and zone (types), or one for all (one)."`

	Dir     string        `type:"existingdir" help:"Where the database goes while it runs. Default: the system's temporary directory."`
	Seed    uint64        `default:"1" help:"Of all chance."`
	Measure time.Duration `default:"5s" help:"How long the sustainable rate is measured for."`
	For     time.Duration `default:"30s" help:"How long too much is offered."`
	Times   float64       `default:"3" help:"How many times the sustainable rate is offered."`
	Hangs   time.Duration `default:"10s" help:"How long a callback may wait to be acknowledged before it counts as lost."`
}

// till books and pays straight on the books, as checkout does, and counts what becomes of it.
type till struct {
	store   *store.Store
	hangs   time.Duration
	pay     time.Duration // from the prompt to the callback
	booked  latencies     // bookings that were accepted
	refused latencies     // bookings that were turned away: how long that took
	acked   latencies     // callbacks, until they were durable
	applied latencies     // callbacks, until the ticket was Paid
	lost    atomic.Int64
	faults  faults
}

// sell takes one booking to Paid. It reports whether it was taken.
func (t *till) sell(ctx context.Context, p purchase, run string, due time.Time) bool {
	key := run + strconv.Itoa(p.number)
	sending, _, err := t.store.Tickets().Book(ctx, store.NewBooking{
		ScreeningID: p.screening, Name: "Achieng Otieno", Phone: p.msisdn(),
		Quantity: p.quantity, Types: p.types, Zone: p.zone, Total: p.total,
		Key: key, Fingerprint: key, Browser: key,
	})
	switch {
	case errors.Is(err, store.ErrBusy):
		t.refused.add(time.Since(due))
		return false
	case err != nil:
		t.faults.add("booking: %v", err)
		return false
	}
	t.booked.add(time.Since(due))
	id := "ws_CO_" + sending.CallbackToken
	if err := t.store.Tickets().RecordAnswer(ctx, sending, store.Answer{
		CheckoutRequestID: id, MerchantRequestID: "m-" + id,
	}); err != nil {
		t.faults.add("push answer: %v", err)
	}
	if t.pay > 0 && !sleepUntil(ctx, time.Now().Add(t.pay)) {
		return true
	}
	t.callBack(ctx, sending, id)
	return true
}

// callBack delivers the callback of a push once, as Safaricom does: one that is not acknowledged in time is lost.
func (t *till) callBack(ctx context.Context, s store.PushOrder, id string) {
	began := time.Now()
	receipt := "UK1" + s.CallbackToken[:7]
	body := fmt.Appendf(nil,
		`{"Body":{"stkCallback":{"MerchantRequestID":"m-%s","CheckoutRequestID":"%s","ResultCode":0,`+
			`"ResultDesc":"The service request is processed successfully.",`+
			`"CallbackMetadata":{"Item":[{"Name":"Amount","Value":%d.00},`+
			`{"Name":"MpesaReceiptNumber","Value":"%s"},{"Name":"Balance"},`+
			`{"Name":"TransactionDate","Value":20261120210000},{"Name":"PhoneNumber","Value":%s}]}}}}`, id, id,
		s.Amount, receipt, s.Phone)
	kept, known, err := t.store.Money().StoreCallback(ctx, store.NewCallback{
		Kind: "stk", Token: s.CallbackToken, Source: "127.0.0.1", Body: body, Size: int64(len(body)),
	})
	took := time.Since(began)
	t.acked.add(took)
	if err != nil || !known || took > t.hangs {
		t.lost.Add(1)
	}
	if err != nil {
		t.faults.add("callback: %v", err)
		return
	}
	amount := store.Cents(s.Amount) * 100
	_, err = t.store.Money().ApplyCallback(ctx, kept, store.Verdict{
		Class: store.Success, LearntBy: "callback", CheckoutRequestID: id, MerchantRequestID: "m-" + id, Code: "0",
		Amount: &amount, Receipt: receipt, Phone: store.Pattern(s.Phone), TransactedAt: t.store.Now(),
	})
	if err != nil {
		t.faults.add("apply callback: %v", err)
	}
	t.applied.add(time.Since(began))
}

// Run finds out what the books can take, then offers several times that.
func (c overloadCmd) Run(p *program) (err error) {
	dir, err := os.MkdirTemp(c.Dir, "cinemasphere-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	st, err := store.Open(p.ctx, store.Options{
		Path: filepath.Join(dir, "books.db"), Environment: store.Simulator, Serve: true,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	chance := rand.New(rand.NewPCG(c.Seed, 0))
	cinema, err := newCinema(p.ctx, st, c.Prices == "one")
	if err != nil {
		return err
	}
	sustained, err := c.sustainable(p.ctx, cinema, chance)
	if err != nil {
		return err
	}
	t := &till{store: st, hangs: c.Hangs, pay: paidAfter}
	offered, err := c.offer(p, t, cinema, chance, sustained)
	if err != nil {
		return err
	}
	return c.report(p, t, sustained, offered)
}

// offer lets several times as many come as can be served, and waits until the last of them has an answer.
func (c overloadCmd) offer(p *program, t *till, cinema cinema, chance *rand.Rand,
	sustained float64) (offered int, err error) {
	// Enough for all who come, should the books take more than they showed.
	screenings, err := cinema.screenings(p.ctx, screeningsFor(c.Times*sustained*c.For.Seconds()))
	if err != nil {
		return 0, err
	}
	offered = int(c.Times * sustained * c.For.Seconds())
	fmt.Fprintf(p.stderr, "%.0f a second are taken in full; offering %.0f a second for %s\n", sustained,
		c.Times*sustained, c.For)
	purchases, at := choose(chance, screenings, offered), arrivals(chance, offered, c.For)
	openLoop(p.ctx, time.Now(), at, func(i int, due time.Time) {
		buyer := purchases[i]
		buyer.number += phonesMeasured
		t.sell(p.ctx, buyer, "over", due)
	})
	return offered, p.ctx.Err()
}

func (c overloadCmd) report(p *program, t *till, sustained float64, offered int) error {
	a, err := audit(p.ctx, t.store)
	if err != nil {
		return err
	}
	accepted := t.booked.count()
	r := &report{title: fmt.Sprintf("The books, offered %.0f times what they can take for %s", c.Times, c.For)}
	r.fact("sustainable", "%.0f bookings a second, each to Paid", sustained)
	r.fact("offered", "%s bookings, %.0f a second", thousands(offered), float64(offered)/c.For.Seconds())
	r.fact("accepted", "%s, %.0f a second; %s", thousands(accepted), float64(accepted)/c.For.Seconds(), &t.booked)
	r.fact("turned away", "%s, nothing written; %s", thousands(t.refused.count()), &t.refused)
	r.goal("callbacks lost", "0", t.lost.Load() == 0, "%s of %s", thousands(t.lost.Load()), thousands(t.acked.count()))
	r.goal("callback until acknowledged", "max < "+c.Hangs.String(), t.acked.quantile(1) < c.Hangs, "%s", &t.acked)
	r.fact("callback until Paid", "%s", &t.applied)
	r.goal("errors", "none", t.faults.count() == 0, "%s", &t.faults)
	r.goal("check of the books", "sound", len(a.wrong) == 0, "%d rules broken%s", len(a.wrong), first(a.wrong))
	r.fact("this process", "%s", ownUsage())
	return r.finish(p.stdout)
}

// measurable is the highest rate that can be measured before a screening sells out.
const measurable = 10_000

// phonesMeasured is how many phone numbers are kept for the measurement of the sustainable rate.
const phonesMeasured = 10_000_000

// sustainable is how many bookings a second the books take to Paid when as many buyers as they like wait for each
// other.
func (c overloadCmd) sustainable(ctx context.Context, cinema cinema, chance *rand.Rand) (float64, error) {
	const buyers, most = 128, 100_000
	screenings, err := cinema.screenings(ctx, screeningsFor(measurable*c.Measure.Seconds()))
	if err != nil {
		return 0, err
	}
	purchases := choose(chance, screenings, most)
	t := &till{store: cinema.store, hangs: c.Hangs}
	began := time.Now()
	var next atomic.Int64
	var all sync.WaitGroup
	for range buyers {
		all.Go(func() {
			for time.Since(began) < c.Measure && ctx.Err() == nil {
				if i := next.Add(1) - 1; i < most {
					t.sell(ctx, purchases[i], "rate", time.Now())
				} else {
					return
				}
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	if t.faults.count() > 0 {
		return 0, fmt.Errorf("measure the sustainable rate: %s", &t.faults)
	}
	return float64(t.applied.count()) / took.Seconds(), ctx.Err()
}
