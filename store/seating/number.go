package seating

import "strconv"

// order is the way in which a row's seats are numbered.
type order int

const (
	fromLeft order = iota
	fromRight
	oddLeft  // outward from the centre, odd numbers on the left
	evenLeft // outward from the centre, even numbers on the left
)

// numbering is how a row's seats get their numbers.
type numbering struct {
	order order
	step  int // 1, or 2 for odd or even numbers; outward it is 2 on each side
	start int // the first number; outward the first odd and the first even number are not below it
}

// plain is the numbering of a row without options.
func plain() numbering { return numbering{fromLeft, 1, 1} }

// walk calls f with each of n seats in the order of numbering, each side of an outward one after the other: the seat's
// index from the left, the number that it has where nobody gives another, and whether a side begins. f returns the
// number that it got.
func (n numbering) walk(seats, left int, f func(i, number int) int) {
	number := n.start
	switch n.order {
	case fromLeft:
		for i := range seats {
			number = f(i, number) + n.step
		}
	case fromRight:
		for i := seats - 1; i >= 0; i-- {
			number = f(i, number) + n.step
		}
	case oddLeft, evenLeft:
		odd := n.start | 1 // the first odd number from start on
		even := n.start + n.start&1
		leftwards, rightwards := odd, even
		if n.order == evenLeft {
			leftwards, rightwards = even, odd
		}
		for i := left - 1; i >= 0; i-- {
			leftwards = f(i, leftwards) + 2
		}
		for i := left; i < seats; i++ {
			rightwards = f(i, rightwards) + 2
		}
	}
}

// options is the numbering as it stands after the seats, "" for the plain one.
func (n numbering) options() string {
	text := ""
	first := 1
	switch {
	case n.order == oddLeft:
		text = "  odd left, even right"
	case n.order == evenLeft:
		text = "  even left, odd right"
	case n.order == fromRight:
		text = "  from right"
	}
	if n.step == 2 && n.order <= fromRight {
		if n.start%2 == 1 {
			text += "  odd"
		} else {
			text, first = text+"  even", 2
		}
	}
	if n.start != first {
		text += "  start " + strconv.Itoa(n.start)
	}
	return text
}

// numberingOf finds the numbering with the fewest numbers in brackets; of equal ones the plainest.
func numberingOf(seats []Seat, centre int) numbering {
	left := leftOf(seats, centre)
	candidates := []numbering{plain()}
	for _, step := range []int{1, 2} {
		candidates = append(candidates, numbering{fromLeft, step, seats[0].Number},
			numbering{fromRight, step, seats[len(seats)-1].Number})
	}
	if centre >= 0 {
		for _, o := range []order{oddLeft, evenLeft} {
			start := MaxNumber
			if left > 0 {
				start = min(start, seats[left-1].Number)
			}
			if left < len(seats) {
				start = min(start, seats[left].Number)
			}
			candidates = append(candidates, numbering{o, 2, start})
		}
	}
	best, fewest := plain(), len(seats)+1
	for _, n := range candidates {
		wrong := 0
		n.walk(len(seats), left, func(i, number int) int {
			if seats[i].Number != number {
				wrong++
			}
			return seats[i].Number
		})
		if wrong < fewest {
			best, fewest = n, wrong
		}
	}
	return best
}

// leftOf counts the seats left of the centre.
func leftOf(seats []Seat, centre int) int {
	n := 0
	for n < len(seats) && seats[n].Col < centre {
		n++
	}
	return n
}
