package seating

import "slices"

// Nearest finds seats for a customer some of whose chosen seats are no longer free: as many others, of the same prices
// and kinds, with love seats whole and each companion seat with its accessible place. It suggests; nothing is changed.
// Seats are given by index; free is true where a customer may have a seat, and price is what a zone's name is priced
// as. Nil where all of the choice is free, or where there is nothing to suggest.
//
// Chosen seats side by side are a party. For each party that lost seats it looks for
//
//   - seats that make the party whole again, side by side with those that it keeps,
//   - else seats side by side for those that have none,
//   - else the nearest one by one.
//
// Of equal ones it takes the nearest to the seats that were lost: a row counts as much as two seats of a row, so does
// each aisle across, and another section as much as twenty.
func Nearest(p *Plan, free []bool, chosen []int, price func(zone string) string) []int {
	f := finder{p: p, free: free, price: price, mine: map[int]bool{}}
	for i, row := range p.Rows {
		depth := 0
		if i > 0 {
			if depth = f.depth[i-1] + rowsApart*(1+row.Gap); row.Section != p.Rows[i-1].Section {
				depth += sectionsApart
			}
		}
		f.depth = append(f.depth, depth)
	}
	for _, seat := range chosen {
		if p.open(free, seat) {
			f.mine[seat] = true
		}
	}
	var found []int
	for _, party := range p.parties(chosen) {
		seats, ok := f.replace(party)
		if !ok {
			return nil
		}
		found = append(found, seats...)
	}
	slices.Sort(found)
	return found
}

// What a row and another section count in the distance between two seats, where a seat of a row counts 1.
const (
	rowsApart     = 2
	sectionsApart = 20
)

// parties are the chosen seats in runs of neighbours, by plan order.
func (p *Plan) parties(chosen []int) (parties [][]int) {
	seats := slices.Compact(slices.Sorted(slices.Values(chosen)))
	for i, seat := range seats {
		if i == 0 || seats[i-1] != seat-1 || !p.beside(seats[i-1], seat) {
			parties = append(parties, nil)
		}
		parties[len(parties)-1] = append(parties[len(parties)-1], seat)
	}
	return parties
}

// finder looks for seats near others.
type finder struct {
	p     *Plan
	free  []bool
	price func(zone string) string
	depth []int        // how far back each row is
	mine  map[int]bool // seats that the customer keeps, or that are suggested already
}

// sort is what a seat shares with those that may stand for it.
type sort struct {
	price string
	kind  Kind
}

func (f *finder) sortOf(seat int) sort {
	s := &f.p.Seats[seat]
	kind := s.Kind
	if !kind.ForSale() { // it was put on sale, and is as any other
		kind = Ordinary
	}
	return sort{f.price(s.Zone), kind}
}

// replace finds seats for those that a party lost, and makes them the customer's. It is false where there are none.
func (f *finder) replace(party []int) (found []int, ok bool) {
	var kept, lost []int
	for _, seat := range party {
		if f.mine[seat] {
			kept = append(kept, seat)
		} else {
			lost = append(lost, seat)
		}
	}
	if len(lost) == 0 {
		return nil, true
	}
	found = f.block(kept, lost)
	if found == nil && len(kept) > 0 {
		found = f.block(nil, lost)
	}
	if found != nil {
		f.take(found)
		return found, true
	}
	for i := 0; i < len(lost); i++ {
		unit := lost[i : i+1]
		if s := f.p.Seats[lost[i]]; s.Kind == Love && i+1 < len(lost) && s.Mate == lost[i+1] {
			unit = lost[i : i+2]
			i++
		}
		seats := f.block(nil, unit)
		if seats == nil {
			return nil, false
		}
		f.take(seats)
		found = append(found, seats...)
	}
	return found, true
}

func (f *finder) take(seats []int) {
	for _, seat := range seats {
		f.mine[seat] = true
	}
}

// block is the seats nearest to those lost that may stand for them and make a block with those kept.
func (f *finder) block(kept, lost []int) (best []int) {
	n, least := len(kept)+len(lost), 0
	for from := len(f.p.Seats) - n; from >= 0; from-- { // of equal ones the one further back
		seats := f.fresh(run{from, from + n}, kept)
		if len(seats) != len(lost) || !f.standFor(seats, lost) {
			continue
		}
		if far := f.far(seats, lost); best == nil || far < least {
			best, least = seats, far
		}
	}
	return best
}

// fresh is a block's seats but for those kept, where all of it can be the customer's; nil otherwise.
func (f *finder) fresh(b run, kept []int) []int {
	seats := make([]int, 0, b.to-b.from)
	for i := b.from; i < b.to; i++ {
		switch {
		case i > b.from && !f.p.beside(i-1, i):
			return nil
		case slices.Contains(kept, i):
		case f.mine[i] || !f.p.open(f.free, i):
			return nil
		default:
			seats = append(seats, i)
		}
	}
	return seats
}

// standFor reports whether seats are of the same prices and kinds as others, and can be had together.
func (f *finder) standFor(seats, lost []int) bool {
	left := map[sort]int{}
	for i := range lost {
		left[f.sortOf(lost[i])]++
		left[f.sortOf(seats[i])]--
	}
	for _, n := range left {
		if n != 0 {
			return false
		}
	}
	for _, seat := range seats {
		s := &f.p.Seats[seat]
		with := s.Mate < 0 || slices.Contains(seats, s.Mate)
		if s.Kind == Companion {
			with = with || f.mine[s.Mate] || !f.free[s.Mate]
		}
		if !with {
			return false
		}
	}
	return true
}

// far is how far seats are from others, one from the other in plan order.
func (f *finder) far(seats, others []int) (sum int) {
	for i := range seats {
		a, b := &f.p.Seats[seats[i]], &f.p.Seats[others[i]]
		sum += distance(a.Col, b.Col) + distance(f.depth[a.Row], f.depth[b.Row])
	}
	return sum
}

func distance(a, b int) int { return max(a-b, b-a) }
