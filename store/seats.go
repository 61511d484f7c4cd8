package store

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// planQuery reads a screening's seats in plan order. freeQuery reads the labels of the free ones as one text, which is
// far quicker than a row each.
const (
	planQuery = `SELECT label, row_no, col_no, accessible, zone FROM seat WHERE screening_id = $1 ORDER BY row_no, col_no`
	freeQuery = `SELECT COALESCE(string_agg(label, ' '), '') FROM seat WHERE screening_id = $1 AND ticket_id IS NULL`
)

// plane is a plan's size in rows and columns.
type plane struct{ Rows, Cols int }

// seatPlan is a screening's seats, which never change.
type seatPlan struct {
	places  []Place // in plan order
	byLabel map[string]int
	size    plane
}

func newSeatPlan(places []Place) *seatPlan {
	p := &seatPlan{places: places, byLabel: make(map[string]int, len(places))}
	for i, place := range places {
		p.byLabel[place.Label] = i
		p.size = plane{max(p.size.Rows, place.Row+1), max(p.size.Cols, place.Col+1)}
	}
	return p
}

// free returns the places of a text of free labels, in plan order.
func (p *seatPlan) free(text string) []Place {
	free := make([]bool, len(p.places))
	n := 0
	for label := range strings.FieldsSeq(text) {
		if i, known := p.byLabel[label]; known {
			free[i] = true
			n++
		}
	}
	places := make([]Place, 0, n)
	for i, is := range free {
		if is {
			places = append(places, p.places[i])
		}
	}
	return places
}

// plansKept is how many screenings' plans a process caches.
const plansKept = 500

// plans caches the plans of screenings on sale.
type plans struct {
	mu   sync.Mutex
	byID map[ScreeningID]*seatPlan
}

func (p *plans) get(id ScreeningID) *seatPlan {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.byID[id]
}

func (p *plans) put(id ScreeningID, plan *seatPlan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.byID) >= plansKept || p.byID == nil {
		p.byID = map[ScreeningID]*seatPlan{}
	}
	p.byID[id] = plan
}

// bestSeats picks n of the free places, which are in plan order: together, in the row nearest to two thirds back, as
// near its middle as possible. Where no row has n together, it picks the fewest groups. Accessible places go last. Nil
// where fewer than n are free.
func bestSeats(free []Place, size plane, n int) []Place {
	if len(free) < n {
		return nil
	}
	ordinary, all := freeRuns(free, false), freeRuns(free, true)
	for _, runs := range [][][]Place{ordinary, all} {
		if block := bestBlock(runs, size, n); block != nil {
			return block
		}
	}
	seats := 0
	for _, run := range ordinary {
		seats += len(run)
	}
	if seats >= n {
		return fewestGroups(ordinary, size, n)
	}
	return fewestGroups(all, size, n)
}

// freeRuns cuts the places into runs of adjacent seats, with the accessible ones or without.
func freeRuns(places []Place, accessible bool) [][]Place {
	var runs [][]Place
	start := 0
	for i, p := range places {
		if p.Accessible && !accessible {
			if i > start {
				runs = append(runs, places[start:i])
			}
			start = i + 1
		} else if i > start && (places[i-1].Row != p.Row || places[i-1].Col+1 != p.Col) {
			runs = append(runs, places[start:i])
			start = i
		}
	}
	if start < len(places) {
		runs = append(runs, places[start:])
	}
	return runs
}

// distance is how far a block is from the best place in the hall: first by row, then from the row's middle. Of two
// equally distant rows the one further back is better.
func distance(block []Place, size plane) [2]int {
	row := 3*block[0].Row - 2*(size.Rows-1) // in thirds of a row, to stay in whole numbers
	off := block[0].Col + block[len(block)-1].Col - (size.Cols - 1)
	if row < 0 {
		row = -row*2 + 1
	} else {
		row *= 2
	}
	return [2]int{row, max(off, -off)}
}

func bestBlock(runs [][]Place, size plane, n int) (best []Place) {
	for _, run := range runs {
		for i := 0; i+n <= len(run); i++ {
			block := run[i : i+n]
			if best == nil || closer(block, best, size) {
				best = block
			}
		}
	}
	return best
}

func closer(a, b []Place, size plane) bool {
	da, db := distance(a, size), distance(b, size)
	return slices.Compare(da[:], db[:]) < 0
}

// fewestGroups takes the longest runs first, which needs the fewest groups, and the last group where it fits best.
func fewestGroups(runs [][]Place, size plane, n int) []Place {
	var chosen []Place
	for n > 0 {
		if block := bestBlock(runs, size, n); block != nil {
			return append(chosen, block...)
		}
		longest := 0
		for i := range runs {
			if len(runs[i]) > len(runs[longest]) ||
				(len(runs[i]) == len(runs[longest]) && closer(runs[i], runs[longest], size)) {
				longest = i
			}
		}
		chosen = append(chosen, runs[longest]...)
		n -= len(runs[longest])
		runs = slices.Delete(runs, longest, longest+1)
	}
	return chosen
}

func labels(places []Place) Labels {
	places = slices.Clone(places)
	slices.SortFunc(places, func(a, b Place) int { return cmp.Or(a.Row-b.Row, a.Col-b.Col) })
	ls := make(Labels, len(places))
	for i, p := range places {
		ls[i] = p.Label
	}
	return ls
}

// seatMapAge is how long the writer trusts its own map of free seats: another process may have freed seats.
const seatMapAge = 5 * time.Second

// seatMap is a cached map of a screening's free seats: the writer's on SQLite, one write's on PostgreSQL. It only
// suggests seats; [tx.claim] decides.
type seatMap struct {
	size plane
	free []Place // in plan order
	read Instant
}

// plan reads a screening's seats, from the cache where they were read before.
func (t *tx) plan(id ScreeningID) (*seatPlan, error) {
	if plan := t.plans.get(id); plan != nil {
		return plan, nil
	}
	var places []Place
	if err := t.list(&places, planQuery, id); err != nil {
		return nil, err
	}
	plan := newSeatPlan(places)
	t.plans.put(id, plan)
	return plan, nil
}

// seats reads a screening's free seats, from the cache where that is recent enough.
func (t *tx) seats(id ScreeningID, anew bool) (m *seatMap, fresh bool, err error) {
	if m := t.maps[id]; m != nil && !anew && t.now < m.read.Add(seatMapAge) {
		return m, false, nil
	}
	plan, err := t.plan(id)
	if err != nil {
		return nil, false, err
	}
	var text string
	if err := t.scan([]any{&text}, freeQuery, id); err != nil {
		return nil, false, err
	}
	m = &seatMap{size: plan.size, free: plan.free(text), read: t.now}
	if t.maps == nil {
		t.maps = map[ScreeningID]*seatMap{}
	}
	t.maps[id] = m
	return m, true, nil
}

// among is which seats a booking may have. The zero among is any.
type among struct {
	exactly bool   // those that the customer chose, and no others
	zone    string // those of one price; any where prices is nil
	prices  Prices
}

// may lists the places that the booking may have.
func (a among) may(free []Place) []Place {
	if len(a.prices.Zones()) < 2 {
		return free
	}
	may := make([]Place, 0, len(free))
	for _, p := range free {
		if a.prices.ZoneOf(p.Zone) == a.zone {
			may = append(may, p)
		}
	}
	return may
}

// chooseSeats picks the best n free seats, all or none. A SoldOut refusal has the number left.
func (t *tx) chooseSeats(id ScreeningID, n int, a among, anew bool) (Labels, error) {
	if err := t.lockScreening(id); err != nil {
		return nil, err
	}
	for {
		m, fresh, err := t.seats(id, anew)
		if err != nil {
			return nil, err
		}
		free := a.may(m.free)
		if best := bestSeats(free, m.size, n); best != nil {
			return labels(best), nil
		}
		if fresh {
			return nil, &Refusal{Kind: SoldOut, Left: len(free)}
		}
		anew = true
	}
}

// assignSeats gives the ticket the wanted seats, or the best others that it may have where one is taken. It assigns all
// n or none: a SoldOut refusal has the number left, a SeatTaken refusal the chosen seats that are taken.
func (t *tx) assignSeats(id ScreeningID, ticket TicketID, wanted Labels, n int, a among) (_ Labels, err error) {
	if err := t.lockScreening(id); err != nil {
		return nil, err
	}
	anew := false
	for range 3 {
		if len(wanted) != n {
			if wanted, err = t.chooseSeats(id, n, a, anew); err != nil {
				return nil, err
			}
		}
		ok, err := t.claim(id, ticket, wanted)
		if err != nil {
			return nil, err
		}
		if ok {
			t.taken(id, wanted)
			return wanted, nil
		}
		if a.exactly {
			return nil, t.seatsTaken(id, wanted)
		}
		wanted, anew = nil, true
	}
	// Only another writer between two statements leads here; the caller may try again.
	return nil, ErrBusy
}

// seatsTaken refuses chosen seats, and names those that are taken or that the hall does not have.
func (t *tx) seatsTaken(id ScreeningID, wanted Labels) error {
	m, _, err := t.seats(id, true)
	if err != nil {
		return err
	}
	refusal := &Refusal{Kind: SeatTaken, Left: len(m.free)}
	for _, label := range wanted {
		if !slices.ContainsFunc(m.free, func(p Place) bool { return p.Label == label }) {
			refusal.Seats = append(refusal.Seats, label)
		}
	}
	return refusal
}

// inOrder sorts labels of the plan in its order.
func (p *seatPlan) inOrder(seats Labels) Labels {
	seats = slices.Clone(seats)
	slices.SortFunc(seats, func(a, b string) int { return p.byLabel[a] - p.byLabel[b] })
	return seats
}

// linesOf prices a booking, and is which seats it may have. It refuses what is not sold at the screening.
func (t *tx) linesOf(sc Screening, b NewBooking) (lines Lines, a among, err error) {
	types := b.Types
	if types == nil {
		types = []TypeCount{{sc.Prices[0].Type, b.Quantity}}
	}
	a = among{exactly: b.Seats != nil, zone: b.Zone, prices: sc.Prices}
	sold := false
	if b.Seats == nil {
		if zones := sc.Prices.Zones(); a.zone == "" && !slices.Contains(zones, "") {
			a.zone = zones[0]
		}
		lines, sold = sc.Prices.BestLines(a.zone, types)
	} else {
		plan, err := t.plan(sc.ID)
		if err != nil {
			return nil, a, err
		}
		var zones []string
		for i, label := range b.Seats {
			n, known := plan.byLabel[label]
			if !known {
				return nil, a, &Refusal{Kind: SeatTaken, Seats: Labels{label}}
			}
			if !slices.Contains(b.Seats[:i], label) {
				zones = append(zones, plan.places[n].Zone)
			}
		}
		lines, sold = sc.Prices.SeatLines(zones, types)
	}
	if !sold || lines.Count() != b.Quantity {
		return nil, a, &Refusal{Kind: NotPriced}
	}
	return lines, a, nil
}

// claim is the guard against selling a seat twice: it takes a seat only while nobody owns it.
func (t *tx) claim(id ScreeningID, ticket TicketID, wanted Labels) (bool, error) {
	args := append(make([]any, 0, len(wanted)+2), ticket, id)
	for _, label := range wanted {
		args = append(args, label)
	}
	n, err := t.exec(assignQueries[len(wanted)], args...)
	if err != nil {
		return false, err
	}
	if int(n) < len(wanted) {
		err := t.run(`UPDATE seat SET ticket_id = NULL WHERE ticket_id = $1`, ticket)
		return false, err
	}
	return true, nil
}

// assignQueries are the updates that take n seats, by n, while nobody owns them. A booking has ten tickets at most.
var assignQueries = func() (queries [11]string) {
	var labels []string
	free := ` AND ticket_id IS NULL`
	if unguarded {
		free = ""
	}
	for n := range queries {
		queries[n] = `UPDATE seat SET ticket_id = $1 WHERE screening_id = $2` + free + ` AND label IN (` + strings.Join(labels, ", ") + `)`
		labels = append(labels, "$"+strconv.Itoa(n+3))
	}
	return queries
}()

// taken removes seats from the writer's map. The map is dropped if this write is undone.
func (t *tx) taken(id ScreeningID, seats Labels) {
	t.touched = append(t.touched, id)
	if m := t.maps[id]; m != nil {
		m.free = slices.DeleteFunc(m.free, func(p Place) bool { return slices.Contains(seats, p.Label) })
	}
}
