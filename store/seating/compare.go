package seating

// Change is what an edit of a plan does to one seat that somebody has.
type Change struct {
	Position
	From, To Seat // as it was, and as it will be; To is zero where the seat is lost
}

// Comparison is what an edit of a plan does to the seats that somebody has.
type Comparison struct {
	Kept       []Position // nothing changes that a ticket shows
	Relabelled []Change   // it has another label, in the same place
	Lost       []Change   // it is not there any more, or is broken
}

// Survives reports whether every seat that somebody has is still there.
func (c Comparison) Survives() bool { return len(c.Lost) == 0 }

// Compare says what becomes of sold or held seats where a plan replaces another. A seat is the same where its position
// is the same: rows and columns count from the front left, so that a row put in before others moves all behind it, and
// shows as labels that change. A sold position that the old plan does not have counts as lost.
func Compare(from, to *Plan, sold []Position) Comparison {
	var c Comparison
	for _, at := range sold {
		change := Change{Position: at}
		i, j := from.At(at), to.At(at)
		if i >= 0 {
			change.From = from.Seats[i]
		}
		if i < 0 || j < 0 || to.Seats[j].Kind == Broken && change.From.Kind != Broken {
			c.Lost = append(c.Lost, change)
			continue
		}
		if change.To = to.Seats[j]; change.From.Label != change.To.Label {
			c.Relabelled = append(c.Relabelled, change)
		} else {
			c.Kept = append(c.Kept, at)
		}
	}
	return c
}
