package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"

	"cinemasphere/mpesa"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

type floorCmd struct {
	stageFlags
	Rate   float64       `default:"150" help:"Bookings a second offered to each, which both can take."`
	For    time.Duration `default:"10s" help:"How long a round lasts."`
	Rounds int           `default:"3" help:"Rounds of each, in turn."`
	Times  float64       `default:"2.5" help:"How many times the floor's CPU the product may use for a paid booking."`
}

// Run offers the same bookings to the product and to the floor in turn, and compares what each used for one.
func (c floorCmd) Run(p *program) (err error) {
	if c.Database != "sqlite" {
		return errors.New("the floor is on SQLite")
	}
	n := max(1, int(c.Rate*c.For.Seconds()))
	s, screenings, err := c.openCinema(p.ctx, screeningsFor(c.Rate*longRun.Seconds()*float64(c.Rounds)),
		"--paid-after="+paidAfter.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	chance := rand.New(rand.NewPCG(c.Seed, 0))
	purchases := choose(chance, screenings, 1+n*c.Rounds)
	if err := s.saveAnswers(p.ctx, purchases[0]); err != nil {
		return err
	}
	floor, floorURL, err := startHelper(p.ctx, s.dir, "floor-server", "--dir="+s.dir, "--daraja="+s.simURL)
	if err != nil {
		return err
	}
	s.helpers = append(s.helpers, floor)
	var product, bare []float64 // milliseconds of CPU for each paid booking
	for round := range c.Rounds {
		from := 1 + n*round
		these, at := purchases[from:from+n], arrivals(chance, n, c.For)
		for _, side := range []struct {
			p    *process
			addr string
			used *[]float64
		}{{s.product, s.addr, &product}, {floor, strings.TrimPrefix(floorURL, "http://"), &bare}} {
			used, err := c.round(p.ctx, side.p, side.addr, these, at)
			if err != nil {
				return err
			}
			*side.used = append(*side.used, used)
		}
	}
	r := &report{title: fmt.Sprintf("CPU for each paid booking, %d rounds of %s at %.0f a second in turn", c.Rounds,
		c.For, c.Rate)}
	times := median(product) / median(bare)
	r.fact("floor", "%.2f ms (median)", median(bare))
	r.fact("product", "%.2f ms (median)", median(product))
	r.goal("product over floor", fmt.Sprintf("≤ %.1f", c.Times), times <= c.Times, "%.2f", times)
	return r.finish(p.stdout)
}

// round lets all of them buy, and returns how many milliseconds of CPU the server used for each.
func (c floorCmd) round(ctx context.Context, server *process, addr string, purchases []purchase,
	at []time.Duration) (float64, error) {
	before, err := server.cpu()
	if err != nil {
		return 0, err
	}
	buyers := newCrowd(addr)
	defer buyers.wire.close()
	buyers.come(ctx, time.Now().Add(100*time.Millisecond), at, purchases)
	after, err := server.cpu()
	if err == nil {
		err = ctx.Err()
	}
	if paid := int(buyers.paid.Load()); err == nil && paid != len(purchases) {
		err = fmt.Errorf("%s: %d of %d paid: %s", server.name, paid, len(purchases), &buyers.faults)
	}
	return float64((after - before).Microseconds()) / 1000 / float64(len(purchases)), err
}

// The files with what the product answers: to a booking, and to the look at it once it is paid. Where it is to be asked
// again has floorSecret in place of the ticket's secret.
const (
	pendingFile, paidFile = "pending.html", "paid.html"
	floorSecret           = "SECRET"
)

// saveAnswers buys from the product and keeps its answers, so that the floor writes the same bytes.
func (s *stage) saveAnswers(ctx context.Context, p purchase) error {
	buyer := newCrowd(s.addr)
	defer buyer.wire.close()
	var body []byte
	keep := func(a answer) (err error) {
		if a.status == http.StatusOK {
			body, err = a.body()
			body = bytes.Clone(body)
		}
		return err
	}
	if err := buyer.wire.send(func(to []byte) []byte { return buyer.form(to, p) }, keep); err != nil {
		return err
	}
	t := &ticket{purchase: p, poll: attribute(body, "data-poll")}
	secret, _, _ := strings.Cut(strings.TrimPrefix(t.poll, "/tickets/"), "/")
	if t.poll == "" || secret == "" {
		return fmt.Errorf("the product answers a booking with %q", body)
	}
	pending := bytes.ReplaceAll(body, []byte(secret), []byte(floorSecret))
	for ended := time.Now().Add(patience); attribute(body, "data-state") != string(store.Paid); {
		if time.Now().After(ended) || !sleepUntil(ctx, time.Now().Add(100*time.Millisecond)) {
			return errors.New("the first booking is not paid")
		}
		if err := buyer.wire.send(func(to []byte) []byte { return buyer.status(to, t) }, keep); err != nil {
			return err
		}
	}
	paid := bytes.ReplaceAll(body, []byte(secret), []byte(floorSecret))
	return errors.Join(os.WriteFile(filepath.Join(s.dir, pendingFile), pending, 0o600),
		os.WriteFile(filepath.Join(s.dir, paidFile), paid, 0o600))
}

type floorServerCmd struct {
	Dir    string `required:"" type:"existingdir" help:"Where the saved answers are, and the database goes."`
	Daraja string `required:"" help:"The simulator's address."`
}

// floor is the least that a program can do that sells by STK Push: each thing that it is told is one durable row, and
// it looks at nothing else. It is no box office: it has no seats, no limits and no books.
type floor struct {
	pending, paid []byte
	daraja        *mpesa.Client
	rows          *storetest.Rows
}

// Run serves the floor, as a process of its own that ends with its standard input.
func (c floorServerCmd) Run(p *program) (err error) {
	f := &floor{}
	if f.pending, err = os.ReadFile(filepath.Join(c.Dir, pendingFile)); err != nil {
		return err
	}
	if f.paid, err = os.ReadFile(filepath.Join(c.Dir, paidFile)); err != nil {
		return err
	}
	if f.daraja, err = mpesa.New(mpesa.Config{
		BaseURL: c.Daraja, ConsumerKey: darajaKey, ConsumerSecret: darajaSecret, Passkey: darajaPasskey,
		Shortcode: darajaShortcode,
	}); err != nil {
		return err
	}
	if f.rows, err = storetest.OpenRows(p.ctx, filepath.Join(c.Dir, "floor.db")); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.rows.Close()) }()
	gzipped, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.CompressionLevel(gzip.StatelessCompression),
		gzhttp.EnableZstd(false), gzhttp.RandomJitter(32, 0, false))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("POST /bookings/dialog", gzipped(http.HandlerFunc(f.book)))
	mux.Handle("GET /tickets/{booking}/status", gzipped(http.HandlerFunc(f.look)))
	mux.HandleFunc("POST /callback/{booking}", f.callback)
	return serveUntilEOF(p, mux)
}

func (f *floor) book(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	booking, phone := r.PostForm.Get("nonce"), r.PostForm.Get("phone")
	if err := f.rows.Add(booking, "booking", r.PostForm.Encode()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	amount, _ := strconv.ParseInt(r.PostForm.Get("total"), 10, 64) // 0 is refused by the client
	msisdn, _ := mpesa.ParseMSISDN(phone)                          // so is none
	here := r.Context().Value(http.LocalAddrContextKey).(net.Addr).String()
	answer, err := f.daraja.STKPush(r.Context(), mpesa.Push{
		Amount: amount, Phone: msisdn, CallbackURL: "http://" + here + "/callback/" + booking, Reference: "FLOOR",
		Description: "Tickets",
	})
	if err == nil {
		err = f.rows.Add(booking, "answer", answer.CheckoutRequestID)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	f.show(w, f.pending, booking)
}

func (f *floor) callback(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		_, err = mpesa.ParseCallback(body)
	}
	if err == nil {
		err = f.rows.Add(r.PathValue("booking"), "callback", string(body))
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"ResultCode":0,"ResultDesc":"Accepted"}`) // to a client that has gone
}

func (f *floor) look(w http.ResponseWriter, r *http.Request) {
	paid, err := f.rows.Has(r.Context(), r.PathValue("booking"), "callback")
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	case !paid:
		w.WriteHeader(http.StatusNoContent)
		return
	}
	f.show(w, f.paid, r.PathValue("booking"))
}

func (f *floor) show(w http.ResponseWriter, page []byte, booking string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(bytes.ReplaceAll(page, []byte(floorSecret), []byte(booking))) // to a client that has gone
}
