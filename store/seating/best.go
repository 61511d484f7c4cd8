package seating

import (
	"cmp"
	"slices"
)

// Best picks n of the free seats for customers who leave the choice to the cinema; free is by the index of a seat, and
// true where a customer may have it. It returns their indexes in plan order, or nil where it has no n seats to give.
// Whoever wants seats of one zone passes the free seats of that zone.
//
// The best place is two thirds back, at the row's centre where the plan marks one and else at the hall's; of two rows
// as far from there it is the one further back. One row counts more than any distance within a row. A choice that
// leaves a single empty seat beside it counts as two rows worse.
//
// In this order it gives
//
//   - ordinary seats side by side without an aisle between, else the same with love seats,
//   - blocks of even size behind each other, in rows that follow each other in one section without an aisle between,
//   - the fewest groups wherever they are,
//   - accessible places besides, the same three ways, where all else is not enough: they are kept for who needs them,
//   - and last companion seats, each only with its accessible place or once that is no longer free.
//
// A love seat is given whole or not at all. A house or broken seat that is free was put on sale, and is as any other.
func Best(p *Plan, free []bool, n int) []int {
	if n < 1 {
		return nil
	}
	c := chooser{p: p, free: free}
	ordinary := c.pool(1)
	if seats := c.together(ordinary, n); seats != nil {
		return seats // as most choices end
	}
	love, accessible := c.pool(2), c.pool(3)
	switch {
	case love.gives(n):
		return firstOf(
			func() []int { return c.together(love, n) },
			func() []int { return c.behind(ordinary, n) },
			func() []int { return c.behind(love, n) },
			func() []int { return c.anywhere(ordinary, n) },
			func() []int { return c.anywhere(love, n) },
		)
	case accessible.gives(n):
		return firstOf(
			func() []int { return c.together(accessible, n) },
			func() []int { return c.behind(accessible, n) },
			func() []int { return c.anywhere(accessible, n) },
		)
	}
	all := c.pool(4)
	if !all.gives(n) {
		return nil
	}
	return firstOf(
		func() []int { return c.together(all, n) },
		func() []int { return c.withCompanions(accessible, all, n) },
	)
}

// Most is the largest number of seats up to n that [Best] has to give.
func Most(p *Plan, free []bool, n int) int {
	c := chooser{p: p, free: free}
	all := c.pool(4)
	for n > 0 && !all.gives(n) {
		n--
	}
	return max(n, 0)
}

// firstOf is the first choice that there is.
func firstOf(choices ...func() []int) []int {
	for _, choose := range choices {
		if seats := choose(); seats != nil {
			slices.Sort(seats)
			return seats
		}
	}
	return nil
}

// run is free seats that are neighbours: Seats[from:to].
type run struct{ from, to int }

// pool is the seats that may be given, in runs by plan order, and how many of them are singles and pairs.
type pool struct {
	runs           []run
	singles, pairs int
}

// gives reports whether n seats can be given of the pool without cutting a pair.
func (l pool) gives(n int) bool {
	return n <= l.singles+2*l.pairs && (n%2 == 0 || l.singles > 0)
}

// chooser picks seats of one plan.
type chooser struct {
	p    *Plan
	free []bool
}

// pool gathers what may be given: ordinary seats, from 2 on with love seats, from 3 on with accessible places, from 4
// on with companion seats.
func (c *chooser) pool(upTo int) pool {
	var l pool
	last := -2 // the seat before, where it is in the pool
	for i := range c.p.Seats {
		if !c.free[i] || !c.mayGive(i, upTo) {
			continue
		}
		if c.p.Seats[i].Kind == Love {
			if c.p.Seats[i].Mate > i {
				l.pairs++
			}
		} else {
			l.singles++
		}
		if last == i-1 && c.p.beside(last, i) {
			l.runs[len(l.runs)-1].to = i + 1
		} else {
			l.runs = append(l.runs, run{i, i + 1})
		}
		last = i
	}
	return l
}

func (c *chooser) mayGive(i, upTo int) bool {
	s := &c.p.Seats[i]
	switch s.Kind {
	case Ordinary, House, Broken:
		return true
	case Love:
		return upTo >= 2 && c.free[s.Mate]
	case Accessible:
		return upTo >= 3
	case Companion:
		return upTo >= 4
	}
	return false
}

// cost is how bad a block is: by rows first, then by the distance from its row's centre.
type cost [2]int

func (a cost) less(b cost) bool { return slices.Compare(a[:], b[:]) < 0 }

// rowsWorth is what a row counts in a cost, and orphanWorth what a single empty seat beside the block does.
const (
	rowsWorth   = 6
	orphanWorth = 2 * rowsWorth
)

// ofRow is what the row counts in the cost of a block. Rows count in sixths, to stay in whole numbers and to tell back
// from front.
func (c *chooser) ofRow(row int) int {
	back := 3*row - 2*(len(c.p.Rows)-1)
	if back < 0 {
		return -back*2 + 1
	}
	return back * 2
}

// cost of a block of a run.
func (c *chooser) cost(b, of run) cost {
	row := c.p.Seats[b.from].Row
	back := c.ofRow(row)
	if b.from-of.from == 1 {
		back += orphanWorth
	}
	if of.to-b.to == 1 {
		back += orphanWorth
	}
	middle := c.p.Columns - 1
	if centre := c.p.Rows[row].Centre; centre >= 0 {
		middle = 2*centre - 1
	}
	off := c.p.Seats[b.from].Col + c.p.Seats[b.to-1].Col - middle
	return cost{back, max(off, -off)}
}

// whole reports whether a block cuts no love seat, and has no companion seat whose accessible place is free and not in
// it.
func (c *chooser) whole(b run) bool {
	for i := b.from; i < b.to; i++ {
		s := &c.p.Seats[i]
		if inside := b.from <= s.Mate && s.Mate < b.to; s.Mate >= 0 && !inside && (s.Kind == Love || c.free[s.Mate]) {
			return false
		}
	}
	return true
}

// block is the best block of n seats in one of the runs, which are in plan order, and its cost.
func (c *chooser) block(runs []run, n int) (best run, least cost) {
	for _, r := range runs {
		if r.to-r.from < n || best.to > 0 && c.ofRow(c.p.Seats[r.from].Row) > least[0] {
			continue
		}
		for i := r.from; i+n <= r.to; i++ {
			b := run{i, i + n}
			if at := c.cost(b, r); (best.to == 0 || at.less(least)) && c.whole(b) {
				best, least = b, at
			}
		}
	}
	return best, least
}

func (b run) seats() []int {
	seats := make([]int, 0, b.to-b.from)
	for i := b.from; i < b.to; i++ {
		seats = append(seats, i)
	}
	return seats
}

// together picks n seats side by side, nil where there are none.
func (c *chooser) together(l pool, n int) []int {
	b, _ := c.block(l.runs, n)
	if b.to == 0 {
		return nil
	}
	return b.seats()
}

// most rows that a group is spread over, behind each other.
const mostBehind = 5

// behind picks n seats as blocks behind each other, of sizes that differ by one at most and have a neighbour each where
// n is more than three; as few rows as possible.
func (c *chooser) behind(l pool, n int) []int {
	byRow := make([][]run, len(c.p.Rows))
	for _, r := range l.runs {
		row := c.p.Seats[r.from].Row
		byRow[row] = append(byRow[row], r)
	}
	for k := 2; k <= min(n, mostBehind) && (n <= 3 || n/k >= 2); k++ {
		var best []int
		var least cost
		for first := 0; first+k <= len(byRow); first++ {
			for _, more := range []int{0, k - n%k} { // where the larger blocks begin: in front, or at the back
				seats, at := c.stack(byRow[first:first+k], first, n, more)
				if seats != nil && (best == nil || at.less(least)) {
					best, least = seats, at
				}
			}
		}
		if best != nil {
			return best
		}
	}
	return nil
}

// stack picks a block in each of some rows that follow each other, each block behind the one before it. n%k of them,
// from the row more on, have one seat more.
func (c *chooser) stack(rows [][]run, first, n, more int) (best []int, least cost) {
	for i := 1; i < len(rows); i++ {
		if r := c.p.Rows[first+i]; r.Gap > 0 || r.Section != c.p.Rows[first].Section {
			return nil, cost{}
		}
	}
	size := func(i int) int {
		if i >= more && i < more+n%len(rows) {
			return n/len(rows) + 1
		}
		return n / len(rows)
	}
	for _, r := range rows[0] {
		for i := r.from; i+size(0) <= r.to; i++ {
			b := run{i, i + size(0)}
			if !c.whole(b) {
				continue
			}
			at := c.cost(b, r)
			seats := b.seats()
			for j := 1; j < len(rows) && b.to > 0; j++ {
				var next cost
				if b, next = c.behindOf(b, rows[j], size(j)); b.to > 0 {
					seats = append(seats, b.seats()...)
					at = cost{at[0] + next[0], at[1] + next[1]}
				}
			}
			if b.to > 0 && (best == nil || at.less(least)) {
				best, least = seats, at
			}
		}
	}
	return best, least
}

// behindOf is the block of n seats of a row that is best behind another block: it overlaps it, and its middle is
// nearest to that one's.
func (c *chooser) behindOf(front run, runs []run, n int) (best run, least cost) {
	left, right := c.p.Seats[front.from].Col, c.p.Seats[front.to-1].Col
	nearest := cost{}
	for _, r := range runs {
		for i := r.from; i+n <= r.to; i++ {
			b := run{i, i + n}
			from, to := c.p.Seats[b.from].Col, c.p.Seats[b.to-1].Col
			if from > right || to < left || !c.whole(b) {
				continue
			}
			at := c.cost(b, r)
			aside := from + to - left - right
			if near := (cost{max(aside, -aside) + at[0], at[1]}); best.to == 0 || near.less(nearest) {
				best, least, nearest = b, at, near
			}
		}
	}
	return best, least
}

// anywhere picks n seats of a pool that gives them, the largest blocks first, which needs the fewest groups; nil where
// the pool does not give them.
func (c *chooser) anywhere(l pool, n int) []int {
	if !l.gives(n) {
		return nil
	}
	runs := slices.Clone(l.runs)
	var chosen []int
	for n > 0 {
		b := c.largest(runs, n)
		if b.to == 0 {
			// One seat is missing, and only pairs are left: a pair replaces a single.
			single := -1
			for i, seat := range chosen {
				if c.p.Seats[seat].Kind != Love {
					single = i
				}
			}
			if single < 0 {
				return nil
			}
			chosen = slices.Delete(chosen, single, single+1)
			n++
			if b, _ = c.block(runs, n); b.to == 0 {
				return nil
			}
		}
		chosen = append(chosen, b.seats()...)
		n -= b.to - b.from
		runs = without(runs, b)
	}
	return chosen
}

// largest is the best of the largest blocks of n seats or fewer.
func (c *chooser) largest(runs []run, n int) run {
	longest := 0
	for _, r := range runs {
		longest = max(longest, r.to-r.from)
	}
	for size := min(n, longest); size > 0; size-- {
		if b, _ := c.block(runs, size); b.to > 0 {
			return b
		}
	}
	return run{}
}

// without is the runs without a block of one of them.
func without(runs []run, b run) []run {
	var rest []run
	for _, r := range runs {
		if b.from < r.from || b.to > r.to {
			rest = append(rest, r)
			continue
		}
		if b.from > r.from {
			rest = append(rest, run{r.from, b.from})
		}
		if r.to > b.to {
			rest = append(rest, run{b.to, r.to})
		}
	}
	return rest
}

// withCompanions picks n seats where all that is no companion seat is not enough: all of that, and companion seats of
// places that are chosen with them or not free.
func (c *chooser) withCompanions(others, all pool, n int) []int {
	if n < others.singles+2*others.pairs { // an odd number, of which the others have only pairs
		return c.anywhere(all, n)
	}
	var chosen []int
	for _, r := range others.runs {
		chosen = append(chosen, r.seats()...)
	}
	var companions []run
	for _, r := range all.runs {
		for i := r.from; i < r.to; i++ {
			if c.p.Seats[i].Kind == Companion {
				companions = append(companions, run{i, i + 1})
			}
		}
	}
	slices.SortStableFunc(companions, func(a, b run) int {
		if x, y := c.cost(a, a), c.cost(b, b); x != y {
			return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1]))
		}
		return 0
	})
	for _, b := range companions[:n-len(chosen)] {
		chosen = append(chosen, b.from)
	}
	return chosen
}
