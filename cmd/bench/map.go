package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"

	"cinemasphere/store"
)

type mapCmd struct {
	stageFlags
	Views  int           `default:"200" help:"How often the form is opened, one after the other."`
	Within time.Duration `default:"20ms" help:"How soon the first byte must come (median)."`
}

// The map's hall has rows of this many seats, and this is how many bytes its form may have as it goes over the line.
const (
	mapRows, mapSeats = 24, 25
	mapBytes          = 14 << 10
)

// Run opens the booking form of a hall of 600 seats with zones, price types, love seats and wheelchairs, some of it
// gone, as one customer after the other does.
func (c mapCmd) Run(p *program) (err error) {
	s, screenings, err := c.openWith(p.ctx, largeHall)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	form := fmt.Sprintf("http://%s/screenings/%d/book", s.addr, screenings[0].ID)
	r := &report{title: fmt.Sprintf("The booking form with the map of %d seats, opened %d times by one client",
		mapRows*mapSeats, c.Views)}
	for _, page := range []struct{ name, url string }{
		{"form", form}, {"map read anew", form + "/seats?type.1=2&seat=A1&seat=A2"},
	} {
		first, size, err := c.view(p.ctx, page.url)
		if err != nil {
			return err
		}
		r.goal(page.name+", first byte (median)", "≤ "+c.Within.String(), first <= c.Within.Seconds()*1000, "%.1f ms",
			first)
		r.goal(page.name+", compressed", "≤ "+thousands(mapBytes)+" bytes", size <= mapBytes, "%s bytes",
			thousands(size))
	}
	return r.finish(p.stdout)
}

// largeHall is a screening in a hall of 600 seats, of which some cannot be had.
func largeHall(c cinema) ([]store.Screening, error) {
	ctx := context.Background()
	var plan strings.Builder
	plan.WriteString("zone v = VIP\nzone b = Balcony\n")
	for row := range mapRows {
		seats := "oooooooo_ooooooooo_oooooooo"
		switch {
		case row == 0:
			seats = "wcoooooo_ooooooooo_oooooocw"
		case row >= 20:
			seats = "bbbbbbbb_bbbbbbbbb_bbbbbbbb"
		case row == 19:
			seats = "LLLLLLLL_ooooooooo_LLLLLLLL"
		case row > 10:
			seats = "oooooooo_vvvvvvvvv_oooooooo"
		}
		fmt.Fprintf(&plan, "%c %s\n", 'A'+row, seats)
	}
	plan.WriteString("note C3 = behind a pillar\nnote A25 = no step\n")
	hall, err := c.store.Catalogue().AddHall(ctx, store.Hall{Name: "Large hall", Plan: plan.String()})
	if err != nil {
		return nil, err
	}
	var prices store.Prices
	for zone, cents := range map[string]store.Cents{"": 90_000, "VIP": 150_000, "Balcony": 70_000} {
		prices = append(prices, store.Price{Type: 1, Name: "Adult", Zone: zone, Cents: cents},
			store.Price{Type: 2, Name: "Child", Zone: zone, Cents: cents - 30_000})
	}
	c.hall = hall
	sc := store.Screening{
		MovieID: c.movies[0], HallID: hall, StartsAt: c.store.Now().Add(24 * time.Hour),
		SalesCloseAt: c.store.Now().Add(23 * time.Hour), Prices: prices,
	}
	ids, err := c.store.Catalogue().AddScreenings(ctx, []store.Screening{sc})
	if err != nil {
		return nil, err
	}
	sc.ID = ids[0]
	var gone store.Labels
	for n := range mapRows * mapSeats / 3 {
		gone = append(gone, fmt.Sprint(string('A'+rune(1+n%mapRows/2)), 1+n%mapSeats))
	}
	if _, err := c.store.Catalogue().HoldSeats(ctx, sc.ID, gone, true); err != nil {
		return nil, err
	}
	return []store.Screening{sc}, nil
}

// view opens a page again and again, and returns the median time to its first byte in milliseconds, and its size as it
// comes over the wire.
func (c mapCmd) view(ctx context.Context, url string) (first float64, size int, err error) {
	const warm = 20
	var took []float64
	for n := range warm + c.Views {
		var at time.Time
		trace := &httptrace.ClientTrace{GotFirstResponseByte: func() { at = time.Now() }}
		req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodGet, url, nil)
		if err != nil {
			return 0, 0, err
		}
		req.Header.Set("Accept-Encoding", "gzip") // set by hand, so that it is not unpacked
		began := time.Now()
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, 0, err
		}
		body, err := io.ReadAll(resp.Body)
		if err := errors.Join(err, resp.Body.Close()); err != nil {
			return 0, 0, err
		}
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Encoding") != "gzip" {
			return 0, 0, fmt.Errorf("%s: %s, encoding %q", url, resp.Status, resp.Header.Get("Content-Encoding"))
		}
		if size = len(body); n >= warm {
			took = append(took, at.Sub(began).Seconds()*1000)
		}
	}
	return median(took), size, nil
}
