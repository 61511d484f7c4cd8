package store

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"cinemasphere/store/seating"
)

// freeQuery reads which plan a screening has and the labels of the seats that customers may have now, as one text,
// which is far quicker than a row each.
const freeQuery = `SELECT s.plan_id, COALESCE((SELECT string_agg(label, ' ') FROM seat WHERE screening_id = s.id AND ticket_id IS NULL AND for_sale = 1), '')
	FROM screening s WHERE s.id = $1`

// seatPlan is a plan, and the index of each of its seats by its label.
type seatPlan struct {
	seating.Plan
	byLabel map[string]int
}

// free is which seats are in a text of free labels, by index.
func (p *seatPlan) free(text string) []bool {
	free := make([]bool, len(p.Seats))
	for label := range strings.FieldsSeq(text) {
		if i, known := p.byLabel[label]; known {
			free[i] = true
		}
	}
	return free
}

// plansKept is how many plans a process caches.
const plansKept = 500

// plans caches plans, which never change.
type plans struct {
	mu   sync.Mutex
	byID map[PlanID]*seatPlan
}

func (p *plans) get(id PlanID) *seatPlan {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.byID[id]
}

// read reads a plan, from the cache where it is there.
func (p *plans) read(r rowsReader, id PlanID) (*seatPlan, error) {
	if plan := p.get(id); plan != nil {
		return plan, nil
	}
	var text string
	if err := r.get(&text, `SELECT text FROM plan WHERE id = $1`, id); err != nil {
		return nil, fmt.Errorf("plan %d: %w", id, err)
	}
	plan, err := newSeatPlan(text)
	if err != nil {
		return nil, fmt.Errorf("plan %d: %w", id, err)
	}
	p.put(id, plan)
	return plan, nil
}

func (p *plans) put(id PlanID, plan *seatPlan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.byID) >= plansKept || p.byID == nil {
		p.byID = map[PlanID]*seatPlan{}
	}
	p.byID[id] = plan
}

// seatMapAge is how long the writer trusts its own map of free seats: another process may have freed seats.
const seatMapAge = 5 * time.Second

// seatMap is a cached map of a screening's free seats: the writer's on SQLite, one write's on PostgreSQL. It only
// suggests seats; [tx.claim] decides.
type seatMap struct {
	plan *seatPlan
	free []bool // by the index of a seat
	read Instant
}

// seats reads a screening's free seats, from the cache where that is recent enough.
func (t *tx) seats(id ScreeningID, anew bool) (m *seatMap, fresh bool, err error) {
	if m := t.maps[id]; m != nil && !anew && t.now < m.read.Add(seatMapAge) {
		return m, false, nil
	}
	var free freeSeats
	if err := t.reads(free.query(id)); err != nil {
		return nil, false, err
	}
	m, err = t.keepSeats(id, free)
	return m, true, err
}

// freeSeats is a row of [freeQuery].
type freeSeats struct {
	plan   PlanID
	labels string
}

func (f *freeSeats) query(id ScreeningID) read {
	return read{To: []any{&f.plan, &f.labels}, Query: freeQuery, Args: []any{id}}
}

// keepSeats makes a map of free seats that were just read, for this write or the writer.
func (t *tx) keepSeats(id ScreeningID, free freeSeats) (*seatMap, error) {
	plan, err := t.plan(free.plan)
	if err != nil {
		return nil, err
	}
	m := &seatMap{plan: plan, free: plan.free(free.labels), read: t.now}
	if t.maps == nil {
		t.maps = map[ScreeningID]*seatMap{}
	}
	t.maps[id] = m
	return m, nil
}

// among filters the seats that a booking may get. Its zero value allows all.
type among struct {
	exactly bool   // those that the customer chose, and no others
	zone    string // those of one price; any where prices is nil
	prices  Prices
}

// may returns the free seats that are allowed, by index.
func (a among) may(plan *Plan, free []bool) []bool {
	if len(a.prices.Zones()) < 2 {
		return free
	}
	may := make([]bool, len(free))
	for i, is := range free {
		may[i] = is && a.prices.ZoneOf(plan.Seats[i].Zone) == a.zone
	}
	return may
}

// chooseSeats picks the best n free seats, all or none. A SoldOut refusal has the number that can be had.
func (t *tx) chooseSeats(id ScreeningID, n int, a among, anew bool) (Labels, error) {
	if err := t.lockScreening(id); err != nil {
		return nil, err
	}
	for {
		m, fresh, err := t.seats(id, anew)
		if err != nil {
			return nil, err
		}
		free := a.may(&m.plan.Plan, m.free)
		if best := seating.Best(&m.plan.Plan, free, n); best != nil {
			return m.plan.Labels(best), nil
		}
		if fresh {
			return nil, &Refusal{Kind: SoldOut, Left: seating.Most(&m.plan.Plan, free, n)}
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
	if a.exactly && len(wanted) != n {
		return nil, &Refusal{Kind: SeatTaken} // some of the chosen seats are in the plan no more
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
	if refusal := m.shown().Taken(wanted); refusal != nil {
		return refusal
	}
	return ErrBusy // they have become free since
}

// shown is the map as it is suggested to customers.
func (m *seatMap) shown() SeatMap { return SeatMap{Plan: &m.plan.Plan, Free: m.free} }

// has reports whether the plan has all of these seats.
func (p *seatPlan) has(seats Labels) bool {
	return !slices.ContainsFunc(seats, func(label string) bool { _, known := p.byLabel[label]; return !known })
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
		if lines, sold = sc.Prices.BestLines(a.zone, types); b.Test && sold {
			return Lines{{Price: Price{Name: TestPrice, Zone: a.zone, Cents: testCents}, N: b.Quantity}}, a, nil
		}
	} else {
		m, _, err := t.seats(sc.ID, false)
		if err == nil && !m.plan.has(b.Seats) {
			m, _, err = t.seats(sc.ID, true) // another process may have given the screening another plan
		}
		if err != nil {
			return nil, a, err
		}
		if !m.plan.has(b.Seats) {
			return nil, a, m.shown().Taken(b.Seats)
		}
		var zones []string
		for i, label := range b.Seats {
			if !slices.Contains(b.Seats[:i], label) {
				zones = append(zones, m.plan.Seats[m.plan.byLabel[label]].Zone)
			}
		}
		if refusal := m.shown().Apart(b.Seats); refusal != nil {
			return nil, a, refusal
		}
		lines, sold = sc.Prices.SeatLines(zones, types)
	}
	extras, can := sc.Surcharges.Lines(b.Quantity, b.Without)
	if !sold || !can || lines.Count() != b.Quantity {
		return nil, a, &Refusal{Kind: NotPriced}
	}
	return append(lines, extras...), a, nil
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

// assignQueries are the updates that take n seats, by n, while nobody owns them and they are for sale. A booking has
// ten tickets at most.
var assignQueries = func() (queries [11]string) {
	var labels []string
	free := ` AND ticket_id IS NULL AND for_sale = 1`
	if unguarded {
		free = ""
	}
	for n := range queries {
		queries[n] = `UPDATE seat SET ticket_id = $1 WHERE screening_id = $2` + free + ` AND label IN (` +
			strings.Join(labels, ", ") + `)`
		labels = append(labels, "$"+strconv.Itoa(n+3))
	}
	return queries
}()

// taken removes seats from the writer's map. The map is dropped if this write is undone.
func (t *tx) taken(id ScreeningID, seats Labels) {
	t.touched = append(t.touched, id)
	if m := t.maps[id]; m != nil {
		for _, label := range seats {
			m.free[m.plan.byLabel[label]] = false
		}
	}
}
