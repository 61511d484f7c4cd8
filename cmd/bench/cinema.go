package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
)

const (
	hallRows, hallSeats = 10, 22 // of each screening: 220 seats
	vipRows             = 2      // of these, at the back; one buyer in five wants them
	// fillTo is the share of all seats that a run may sell, so that no screening sells out.
	fillTo = 0.5
	// meanTickets is the mean of one to three tickets a booking.
	meanTickets = 2
	films       = 12
)

// screeningsFor is how many screenings it takes to sell so many bookings.
func screeningsFor(bookings float64) int {
	return max(films, int(math.Ceil(bookings*meanTickets/(hallRows*hallSeats*fillTo))))
}

// cinema is a hall and films in new books, to make screenings of.
type cinema struct {
	store    *store.Store
	hall     store.HallID
	movies   []store.MovieID
	onePrice bool // for every seat and customer; else by type and zone
}

func newCinema(ctx context.Context, st *store.Store, onePrice bool) (c cinema, err error) {
	c.store, c.onePrice = st, onePrice
	vip := vipRows
	if onePrice {
		vip = 0
	}
	if c.hall, err = st.Catalogue().AddHall(ctx, store.Hall{
		Name: "Hall 1", Plan: seatPlan(hallRows, hallSeats, vip),
	}); err != nil {
		return c, err
	}
	for i := range films {
		movie, err := st.Catalogue().AddMovie(ctx, store.Movie{
			Title:    fmt.Sprintf("Film %d", i+1),
			Synopsis: strings.Repeat("Somebody wants something and meets somebody. ", 6), Runtime: 100, AgeRating: "PG",
			Genre: []string{"Drama", "Action", "Comedy"}[i%3], Language: "English",
		})
		if err != nil {
			return c, err
		}
		c.movies = append(c.movies, movie)
	}
	return c, nil
}

// screenings adds n screenings of the days from tomorrow on.
func (c cinema) screenings(ctx context.Context, n int) ([]store.Screening, error) {
	const days = 13
	all := make([]store.Screening, n)
	for i := range all {
		start := c.store.Now().Add(24*time.Hour + days*24*time.Hour*time.Duration(i)/time.Duration(n))
		all[i] = store.Screening{
			MovieID: c.movies[i%len(c.movies)], HallID: c.hall, StartsAt: start,
			SalesCloseAt: start.Add(-10 * time.Minute),
			Prices:       c.prices(store.Cents(45_000 + 5_000*(i%8))),
		}
	}
	next := 0
	for some := range slices.Chunk(all, 16) {
		ids, err := c.store.Catalogue().AddScreenings(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			all[next].ID = id
			next++
		}
	}
	return all, nil
}

// The price types of the cinema.
const (
	adult store.PriceTypeID = iota + 1
	child
	student
)

// vipZone costs half as much again.
const vipZone = "VIP"

// prices are those of a screening whose ordinary price is given.
func (c cinema) prices(ordinary store.Cents) store.Prices {
	if c.onePrice {
		return store.OnePrice(ordinary)
	}
	return store.Prices{
		{Type: adult, Name: "Adult", Cents: ordinary},
		{Type: child, Name: "Child", Cents: ordinary / 2},
		{Type: student, Name: "Student", Cents: ordinary * 4 / 5},
		{Type: adult, Name: "Adult", Zone: vipZone, Cents: ordinary * 3 / 2},
		{Type: child, Name: "Child", Zone: vipZone, Cents: ordinary},
		{Type: student, Name: "Student", Zone: vipZone, Cents: ordinary * 6 / 5},
	}
}

// seatPlan is a hall with an aisle in the middle and some rows of VIP seats at the back.
func seatPlan(rows, seats, vip int) string {
	var plan strings.Builder
	if vip > 0 {
		fmt.Fprintf(&plan, "zone v = %s\n", vipZone)
	}
	for row := range rows {
		mark := "o"
		if row >= rows-vip {
			mark = "v"
		}
		half := strings.Repeat(mark, seats/2)
		fmt.Fprintf(&plan, "%c %s_%s\n", 'A'+row, half, half)
	}
	return plan.String()
}

// stockNew makes new books with a cinema and the screenings that are made of it.
func stockNew(ctx context.Context, path string, onePrice bool,
	make func(cinema) ([]store.Screening, error)) (_ []store.Screening, err error) {
	st, err := store.Open(ctx, store.Options{Path: path, Environment: store.Simulator})
	if err != nil {
		return nil, err
	}
	defer func() {
		if closed := st.Close(); err == nil {
			err = closed
		}
	}()
	c, err := newCinema(ctx, st, onePrice)
	if err != nil {
		return nil, err
	}
	return make(c)
}

// books is what the product's own books say once it has ended.
type books struct {
	payments []store.Payment
	money    store.Shillings // of all payments
	wrong    []string        // rules of the books that are broken, and pushes without a verdict
}

func readBooks(ctx context.Context, path string) (b books, err error) {
	st, err := store.Open(ctx, store.Options{Path: path})
	if err != nil {
		return b, err
	}
	defer func() {
		if closed := st.Close(); err == nil {
			err = closed
		}
	}()
	return audit(ctx, st)
}

func audit(ctx context.Context, st *store.Store) (b books, err error) {
	if b.payments, err = st.Money().Payments(ctx); err != nil {
		return b, err
	}
	for _, p := range b.payments {
		b.money += store.Shillings(p.Amount / 100)
		if p.State != store.PaymentApplied {
			b.wrong = append(b.wrong, fmt.Sprintf("payment %s is %s, %s", p.Receipt, p.State, p.Reason))
		}
	}
	found, err := checkout.AuditBooks(ctx, st)
	for _, p := range found.Undecided {
		b.wrong = append(b.wrong, fmt.Sprintf("a push is still %s", p.State))
	}
	b.wrong = append(b.wrong, found.Wrong...)
	return b, err
}

// compare says where the books and M-PESA's ledger differ, receipt by receipt.
func (b books) compare(ledger []sim.Entry) []string {
	taken := make(map[string]int, len(ledger))
	for _, e := range ledger {
		taken[e.Receipt] = e.Amount
	}
	var differ []string
	for _, p := range b.payments {
		amount, known := taken[p.Receipt]
		if !known || store.Cents(amount)*100 != p.Amount {
			differ = append(differ, "receipt "+p.Receipt+" is not M-PESA's")
		}
		delete(taken, p.Receipt)
	}
	for receipt := range taken {
		differ = append(differ, "receipt "+receipt+" is not in the books")
	}
	return differ
}

// fsyncTime is the median time that a small write takes to be durable in a directory: what the figures depend on most.
func fsyncTime(dir string) (time.Duration, error) {
	f, err := os.Create(filepath.Join(dir, "fsync"))
	if err != nil {
		return 0, err
	}
	defer func() { _ = errors.Join(f.Close(), os.Remove(f.Name())) }() // it has served
	var took latencies
	block := make([]byte, 4096)
	for range 50 {
		began := time.Now()
		if _, err := f.Write(block); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		took.add(time.Since(began))
	}
	return took.quantile(.5), nil
}
