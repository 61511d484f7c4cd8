package seating

// Loss is why a seat that somebody has would be lost by an edit of the plan.
type Loss string

// The losses.
const (
	LossGone   Loss = "gone"   // no seat has its label
	LossBroken Loss = "broken" // it is marked as broken
	LossMoved  Loss = "moved"  // its label stands somewhere else among the seats
	LossPrice  Loss = "price"  // it is of a zone with another price
	LossKind   Loss = "kind"   // there is a chair now where a wheelchair had its place, or the other way round
)

// Lost is a seat that an edit of the plan takes from whoever has it.
type Lost struct {
	Label string
	Why   Loss
}

// Compare says which of the seats that somebody has, given by label, an edit of the plan takes from them, and why. A
// seat is known by its label, since that is what a ticket says and what is printed on the chair: it survives where the
// other plan has a seat with its label in the same place, at the same price, for the same people. The place is the
// order of the seats that both plans have: from the screen backwards and from the left, and in the row with the same
// seats. So rows and seats that are put in, and aisles, move nobody. Price is what a zone's name is priced as.
func Compare(from, to *Plan, sold []string, price func(zone string) string) []Lost {
	old, now := indexOf(from), indexOf(to)
	var lost []Lost
	for _, label := range sold {
		if why := survives(from, to, old, now, label, price); why != "" {
			lost = append(lost, Lost{label, why})
		}
	}
	return lost
}

func survives(from, to *Plan, old, now map[string]int, label string, price func(string) string) Loss {
	i, was := old[label]
	j, is := now[label]
	if !was || !is {
		return LossGone
	}
	a, b := &from.Seats[i], &to.Seats[j]
	switch {
	case b.Kind == Broken && a.Kind != Broken:
		return LossBroken
	case (a.Kind == Accessible) != (b.Kind == Accessible):
		return LossKind
	case price(a.Zone) != price(b.Zone):
		return LossPrice
	}
	for x := range from.Seats {
		y, both := now[from.Seats[x].Label]
		if both && ((x < i) != (y < j) || (from.Seats[x].Row == a.Row) != (to.Seats[y].Row == b.Row)) {
			return LossMoved
		}
	}
	return ""
}

// indexOf is the index of each seat by its label.
func indexOf(p *Plan) map[string]int {
	at := make(map[string]int, len(p.Seats))
	for i := range p.Seats {
		at[p.Seats[i].Label] = i
	}
	return at
}
