package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

type homeCmd struct {
	stageFlags
	Rounds int           `default:"7" help:"Rounds of each, in turn."`
	For    time.Duration `default:"3s" help:"How long a round lasts."`
	Share  float64       `default:"0.5" help:"The share of the bare handler's rate that must be reached."`
}

// Run measures both in turn, so that whatever else the machine does meets both, and compares medians.
func (c homeCmd) Run(p *program) (err error) {
	s, err := c.open(p.ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.seed(p.ctx); err != nil {
		return err
	}
	if err := s.openProduct(p.ctx); err != nil {
		return err
	}
	size, err := savePage(p.ctx, "http://"+s.addr+"/", filepath.Join(s.dir, "home.gz"))
	if err != nil {
		return err
	}
	bare, bareURL, err := startHelper(p.ctx, s.dir, "bare", "--file="+filepath.Join(s.dir, "home.gz"))
	if err != nil {
		return err
	}
	s.helpers = append(s.helpers, bare)
	product, handler, err := c.alternate(p.ctx, s.addr, strings.TrimPrefix(bareURL, "http://"))
	if err != nil {
		return err
	}
	if err := errors.Join(s.product.stop(), bare.stop()); err != nil {
		return err
	}
	share := median(product) / max(median(handler), 1)
	r := &report{
		title: fmt.Sprintf("The home page with gzip, %d rounds of %s by %s, logging and headers on", c.Rounds, c.For,
			generator()),
	}
	r.fact("page", "%s bytes compressed", thousands(size))
	r.fact("bare handler", "%s requests a second (median)", thousands(int(median(handler))))
	r.fact("product", "%s requests a second (median)", thousands(int(median(product))))
	r.goal("share of the bare handler's rate", fmt.Sprintf("≥ %.2f", c.Share), share >= c.Share, "%.2f", share)
	r.fact("product used", "%s", s.product.used)
	r.fact("bare handler used", "%s", bare.used)
	return r.finish(p.stdout)
}

// alternate measures two servers in turn and returns the rates of each.
func (c homeCmd) alternate(ctx context.Context, one, other string) (ones, others []float64, err error) {
	for range c.Rounds {
		for _, side := range []struct {
			addr  string
			rates *[]float64
		}{{one, &ones}, {other, &others}} {
			rate, err := hammer(ctx, side.addr, c.For)
			if err != nil {
				return nil, nil, err
			}
			*side.rates = append(*side.rates, rate)
		}
	}
	return ones, others, nil
}

// savePage keeps a page as it comes over the wire, gzipped.
func savePage(ctx context.Context, url, file string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept-Encoding", "gzip") // set by hand, so that it is not unpacked
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Encoding") != "gzip" {
		return 0, fmt.Errorf("home page: %s, encoding %q", resp.Status, resp.Header.Get("Content-Encoding"))
	}
	return len(body), os.WriteFile(file, body, 0o600)
}

// clients is how many connections ask at once, each again as soon as it is answered.
const clients = 32

func generator() string {
	if _, err := exec.LookPath("wrk"); err != nil {
		return fmt.Sprintf("%d clients of our own (wrk is not installed)", clients)
	}
	return fmt.Sprintf("wrk -t1 -c%d", clients)
}

// hammer asks for the home page as fast as it is answered, and returns the rate.
func hammer(ctx context.Context, addr string, span time.Duration) (float64, error) {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		return hammerByHand(ctx, addr, span)
	}
	out, err := exec.CommandContext(ctx, wrk, "-t1", fmt.Sprintf("-c%d", clients),
		"-d"+strconv.Itoa(max(1, int(span.Seconds())))+"s", "-H", "Accept-Encoding: gzip",
		"http://"+addr+"/").CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	return readWrk(string(out))
}

var (
	wrkRate  = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)
	wrkFault = regexp.MustCompile(`(?m)^\s*(Socket errors|Non-2xx).*$`)
)

// readWrk takes the rate from what wrk prints. Answers that were errors make it worthless.
func readWrk(out string) (float64, error) {
	if fault := wrkFault.FindString(out); fault != "" {
		return 0, fmt.Errorf("wrk: %s", strings.TrimSpace(fault))
	}
	rate := wrkRate.FindStringSubmatch(out)
	if rate == nil {
		return 0, fmt.Errorf("wrk: no rate in %q", out)
	}
	return strconv.ParseFloat(rate[1], 64)
}

func hammerByHand(ctx context.Context, addr string, span time.Duration) (float64, error) {
	w := &wire{addr: addr}
	defer w.close()
	request := page(addr, "/")
	var all sync.WaitGroup
	var met faults
	counts := make([]int, clients)
	began := time.Now()
	for i := range counts {
		all.Go(func() {
			for time.Since(began) < span && ctx.Err() == nil {
				if err := w.send(request, func(a answer) error {
					if a.status != http.StatusOK {
						return fmt.Errorf("status %d", a.status)
					}
					return nil
				}); err != nil {
					met.add("%v", err)
					return
				}
				counts[i]++
			}
		})
	}
	all.Wait()
	took, total := time.Since(began), 0
	for _, n := range counts {
		total += n
	}
	if met.count() > 0 {
		return 0, fmt.Errorf("home page: %s", &met)
	}
	return float64(total) / took.Seconds(), ctx.Err()
}

type bareCmd struct {
	File string `required:"" type:"existingfile" help:"A gzipped page."`
}

// Run is the least that a Go program can do for a page: it writes the same bytes from memory to everybody.
func (c bareCmd) Run(p *program) error {
	body, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	return serveUntilEOF(p, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(body) // to a client that has gone there is nothing to say
	}))
}
