package store

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"cinemasphere/store/seating"
)

// freeQuery reads which plan a screening has and the labels of its free seats, as one text, which is far quicker than a
// row each.
const freeQuery = `SELECT s.plan_id, COALESCE((SELECT string_agg(label, ' ') FROM seat WHERE screening_id = s.id AND ticket_id IS NULL), '')
	FROM screening s WHERE s.id = $1`

// notForSale are the kinds of seat that customers may not have.
const notForSale = `('house', 'broken')`

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
	var planID PlanID
	var text string
	if err := t.scan([]any{&planID, &text}, freeQuery, id); err != nil {
		return nil, false, err
	}
	plan, err := t.plan(planID)
	if err != nil {
		return nil, false, err
	}
	m = &seatMap{plan: plan, free: plan.free(text), read: t.now}
	if t.maps == nil {
		t.maps = map[ScreeningID]*seatMap{}
	}
	t.maps[id] = m
	return m, true, nil
}

// chooseSeats picks the best n free seats, all or none. A SoldOut refusal has the number that can be had.
func (t *tx) chooseSeats(id ScreeningID, n int, anew bool) (Labels, error) {
	if err := t.lockScreening(id); err != nil {
		return nil, err
	}
	for {
		m, fresh, err := t.seats(id, anew)
		if err != nil {
			return nil, err
		}
		if best := seating.Best(&m.plan.Plan, m.free, n); best != nil {
			return m.plan.Labels(best), nil
		}
		if fresh {
			return nil, &Refusal{Kind: SoldOut, Left: seating.Most(&m.plan.Plan, m.free, n)}
		}
		anew = true
	}
}

// assignSeats gives the ticket the wanted seats, or the best others where one is taken. It assigns all n or none; a
// SoldOut refusal has the number left.
func (t *tx) assignSeats(id ScreeningID, ticket TicketID, wanted Labels, n int) (_ Labels, err error) {
	if err := t.lockScreening(id); err != nil {
		return nil, err
	}
	anew := false
	for range 3 {
		if len(wanted) != n {
			if wanted, err = t.chooseSeats(id, n, anew); err != nil {
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
		wanted, anew = nil, true
	}
	// Only another writer between two statements leads here; the caller may try again.
	return nil, ErrBusy
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
	free := ` AND ticket_id IS NULL AND kind NOT IN ` + notForSale
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
