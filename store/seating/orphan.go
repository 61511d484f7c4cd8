package seating

import "slices"

// Orphans lists the single empty seats that a choice leaves, so that a page can discourage it; both are indexes. A seat
// is single where it is free, no seat beside it is, and the choice took one beside it.
//
// Nil too where nothing else fits: where no other choice of as many free seats, in as few groups, of the same zones and
// kinds, leaves no single seat. Accessible places and companion seats are not counted as left over, since they wait for
// somebody else.
func Orphans(p *Plan, free []bool, chosen []int) []int {
	left := p.leftSingle(free, chosen)
	if len(left) == 0 || !p.fitsElsewhere(free, chosen) {
		return nil
	}
	return left
}

// open reports whether a customer may have a seat: half a love seat is nobody's.
func (p *Plan) open(free []bool, i int) bool {
	s := &p.Seats[i]
	return free[i] && (s.Kind != Love || free[s.Mate])
}

// leftSingle lists the seats that a choice leaves single.
func (p *Plan) leftSingle(free []bool, chosen []int) []int {
	after := slices.Clone(free)
	for _, i := range chosen {
		after[i] = false
	}
	single := map[int]bool{}
	for _, c := range chosen {
		for _, i := range []int{c - 1, c + 1} {
			if i < 0 || i >= len(p.Seats) || !p.beside(min(i, c), max(i, c)) || p.Seats[i].Kind != Ordinary {
				continue
			}
			right := i+1 < len(p.Seats) && p.beside(i, i+1) && p.open(after, i+1)
			left := i > 0 && p.beside(i-1, i) && p.open(after, i-1)
			if p.open(after, i) && !left && !right {
				single[i] = true
			}
		}
	}
	var seats []int
	for i := range single {
		seats = append(seats, i)
	}
	slices.Sort(seats)
	return seats
}

// groups counts the groups of neighbours among chosen seats.
func (p *Plan) groups(chosen []int) int {
	sorted := slices.Sorted(slices.Values(chosen))
	n := 0
	for i, seat := range sorted {
		if i == 0 || !p.beside(sorted[i-1], seat) {
			n++
		}
	}
	return n
}

// fitsElsewhere reports whether as many free seats as chosen can be had, in as few groups, of the same zones and kinds,
// without leaving a single seat.
func (p *Plan) fitsElsewhere(free []bool, chosen []int) bool {
	return p.spare(free, chosen) != nil
}

// spare is a choice that leaves no single seat where there is one: see [Plan.fitsElsewhere]. It takes one block at most
// of each run of open seats.
func (p *Plan) spare(free []bool, chosen []int) []int {
	n, most := len(chosen), p.groups(chosen)
	type quality struct {
		zone string
		kind Kind
	}
	wanted := map[quality]bool{}
	for _, i := range chosen {
		wanted[quality{p.Seats[i].Zone, p.Seats[i].Kind}] = true
	}
	// found has, by the number of groups and of seats, blocks that take that many.
	found := make([][][]run, most+1)
	for g := range found {
		found[g] = make([][]run, n+1)
	}
	found[0][0] = []run{}
	for _, r := range p.openRuns(free) {
		blocks := make([]run, n+1) // by size, one that leaves no single seat
		for size := 1; size <= min(n, r.to-r.from); size++ {
			for i := r.from; i+size <= r.to && blocks[size].to == 0; i++ {
				good := true
				for s := i; s < i+size && good; s++ {
					seat := &p.Seats[s]
					cut := seat.Kind == Love && (seat.Mate < i || seat.Mate >= i+size)
					good = wanted[quality{seat.Zone, seat.Kind}] && !cut
				}
				if good && len(p.leftSingle(free, run{i, i + size}.seats())) == 0 {
					blocks[size] = run{i, i + size}
				}
			}
		}
		for g := most; g > 0; g-- {
			for seats := n; seats > 0; seats-- {
				for size := 1; size <= seats && found[g][seats] == nil; size++ {
					if before := found[g-1][seats-size]; before != nil && blocks[size].to > 0 {
						found[g][seats] = append(slices.Clone(before), blocks[size])
					}
				}
			}
		}
	}
	for g := 1; g <= most; g++ {
		if found[g][n] != nil {
			var seats []int
			for _, b := range found[g][n] {
				seats = append(seats, b.seats()...)
			}
			return seats
		}
	}
	return nil
}

// openRuns are the runs of seats that are free for customers.
func (p *Plan) openRuns(free []bool) (runs []run) {
	for i := range p.Seats {
		switch {
		case !p.open(free, i):
		case len(runs) > 0 && runs[len(runs)-1].to == i && p.beside(i-1, i):
			runs[len(runs)-1].to = i + 1
		default:
			runs = append(runs, run{i, i + 1})
		}
	}
	return runs
}
