package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest/pgserver"
)

// stageFlags say where and with what a benchmark runs.
type stageFlags struct {
	Binary string `type:"existingfile" help:"The product. Default: built from the working directory's module."`
	Dir    string `type:"existingdir" help:"Where databases and logs go while it runs. Default: the system's temporary directory."`
	Seed   uint64 `default:"1" help:"Of all chance: the same seed makes the same buyers."`

	Prices string `enum:"types,one" default:"types" help:"Prices by type and zone (types), or one for all (one)."`

	Database string `enum:"sqlite,postgres" default:"sqlite" help:"What the product keeps its books in: sqlite or postgres."`
}

// stage is a directory with the programs that run in it. Close ends them and removes it.
type stage struct {
	dir      string
	binary   string
	database string
	addr     string // of the product: host:port
	product  *process
	daraja   *process
	simURL   string
	helpers  []*process
	postgres *pgserver.Server // nil where the database is a file
}

func (f stageFlags) open(ctx context.Context) (*stage, error) {
	dir, err := os.MkdirTemp(f.Dir, "cinemasphere-bench-")
	if err != nil {
		return nil, err
	}
	s := &stage{dir: dir, binary: f.Binary, database: filepath.Join(dir, "books.db"), simURL: "http://127.0.0.1:9"}
	if s.binary == "" {
		s.binary = filepath.Join(dir, "cinemasphere")
		build := exec.CommandContext(ctx, "go", "build", "-o", s.binary, "cinemasphere/cmd/cinemasphere")
		if out, err := build.CombinedOutput(); err != nil {
			return nil, errors.Join(fmt.Errorf("build the product: %w\n%s", err, out), s.close())
		}
	} else if s.binary, err = filepath.Abs(s.binary); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if f.Database == "postgres" {
		if err := s.openPostgres(ctx, f.Dir); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

// openPostgres starts a PostgreSQL and makes its database the stage's.
func (s *stage) openPostgres(ctx context.Context, dir string) (err error) {
	if s.postgres, err = pgserver.Start(ctx, pgserver.Options{Durable: true, Dir: dir}); err != nil {
		return err
	}
	s.database = s.postgres.URL("books")
	return s.postgres.Create(ctx, "books", "")
}

// openDaraja starts the simulator in a process of its own.
func (s *stage) openDaraja(ctx context.Context, flags ...string) (err error) {
	s.daraja, s.simURL, err = startHelper(ctx, s.dir, "sim", flags...)
	return err
}

// openCinema opens a stage with a cinema of n screenings, a Daraja that follows the flags, and the product.
func (f stageFlags) openCinema(ctx context.Context, n int, daraja ...string) (*stage, []store.Screening, error) {
	return f.openWith(ctx, func(c cinema) ([]store.Screening, error) { return c.screenings(ctx, n) }, daraja...)
}

// openWith is openCinema for other screenings.
func (f stageFlags) openWith(ctx context.Context, make func(cinema) ([]store.Screening, error),
	daraja ...string) (*stage, []store.Screening, error) {
	s, err := f.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	screenings, err := stockNew(ctx, s.database, f.Prices == "one", make)
	if err == nil {
		err = s.openDaraja(ctx, daraja...)
	}
	if err == nil {
		err = s.openProduct(ctx)
	}
	if err != nil {
		return nil, nil, errors.Join(err, s.close())
	}
	return s, screenings, nil
}

// environment is all that the product is told. Nothing of this process's own environment reaches it.
func (s *stage) environment() []string {
	return []string{
		"ADDR=" + s.addr, "DATABASE_URL=" + s.database, "MPESA_ENV=simulator", "MPESA_BASE_URL=" + s.simURL,
		"MPESA_CONSUMER_KEY=" + darajaKey, "MPESA_CONSUMER_SECRET=" + darajaSecret, "MPESA_PASSKEY=" + darajaPasskey,
		"MPESA_BUSINESS_SHORT_CODE=" + darajaShortcode, "BOOKING_RATE=off",
	}
}

// openProduct starts the product on the stage's database and waits until it serves.
func (s *stage) openProduct(ctx context.Context) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.addr = l.Addr().String()
	if err := l.Close(); err != nil {
		return err
	}
	if s.product, _, err = start(ctx, s.dir, "product", s.environment(), s.binary, "serve"); err != nil {
		return err
	}
	ready, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		if err = get(ready, "http://"+s.addr+"/healthz", nil); err == nil {
			return nil
		}
		if !sleepUntil(ready, time.Now().Add(20*time.Millisecond)) {
			return fmt.Errorf("the product does not serve: %w\n%s", err, s.product.lastWords())
		}
	}
}

// seed fills the stage's database with the sample cinema.
func (s *stage) seed(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, s.binary, "seed")
	s.addr = "127.0.0.1:1"
	cmd.Dir, cmd.Env = s.dir, s.environment()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("seed: %w\n%s", err, out)
	}
	return nil
}

// close ends what still runs and removes the directory.
func (s *stage) close() error {
	errs := []error{s.product.stop(), s.daraja.stop()}
	for _, h := range s.helpers {
		errs = append(errs, h.stop())
	}
	return errors.Join(append(errs, s.postgres.Stop(), os.RemoveAll(s.dir))...)
}

// ledger is what the simulator took, and its counters.
func (s *stage) ledger(ctx context.Context) (entries []sim.Entry, totals sim.Totals, err error) {
	if err := get(ctx, s.simURL+"/control/ledger", &entries); err != nil {
		return nil, totals, err
	}
	return entries, totals, get(ctx, s.simURL+"/control/totals", &totals)
}

// get reads JSON into a value, or only looks for a 200 where that is nil.
func get(ctx context.Context, url string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", req.URL.Path, resp.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(into)
}
