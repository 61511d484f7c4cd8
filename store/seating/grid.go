package seating

import (
	"fmt"
	"slices"
	"strings"
)

// Grid is a plain hall: so many rows of so many seats each, with aisles at the same places in every row.
type Grid struct {
	Rows, Seats int
	Aisles      []int // after how many seats of a row an aisle is
	AllLetters  bool  // rows are lettered with I and O too, which are easily taken for 1 and 0
}

// Text is the grid's plan in the notation; "" where a plan cannot have as much.
func (g Grid) Text() string {
	if g.Rows < 1 || g.Rows > MaxRows || g.Seats < 1 || g.Seats+len(g.Aisles) > MaxColumns ||
		g.Rows*g.Seats > MaxSeats {
		return ""
	}
	var row strings.Builder
	for seat := range g.Seats {
		if slices.Contains(g.Aisles, seat) {
			row.WriteByte('_')
		}
		row.WriteByte('o')
	}
	letters := "ABCDEFGHJKLMNPQRSTUVWXYZ"
	if g.AllLetters {
		letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	}
	wide := 1
	if g.Rows > len(letters) {
		wide = 2
	}
	var b strings.Builder
	for i := range g.Rows {
		label := letters[i%len(letters) : i%len(letters)+1]
		if i >= len(letters) {
			first := i/len(letters) - 1
			label = letters[first:first+1] + label
		}
		fmt.Fprintf(&b, "%-*s  %s\n", wide, label, row.String())
	}
	return b.String()
}
