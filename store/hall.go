package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Hall is a room with a seat plan.
type Hall struct {
	ID   HallID `db:"id"`
	Name string `db:"name"`
	Plan string `db:"plan"` // see [ParsePlan]

	Cleaning int `db:"cleaning_minutes"` // between two films
}

// Place is one seat of a plan. Row and Col count from 0, with the screen before row 0; a jump in Col is an aisle.
type Place struct {
	Label      string `db:"label"` // the row's label and the seat's number, such as F12
	Row        int    `db:"row_no"`
	Col        int    `db:"col_no"`
	Zone       string `db:"zone"`       // "" is the hall's ordinary seats
	Accessible bool   `db:"accessible"` // for wheelchair users; sold last to others
}

// ParsePlan reads a seat plan: one line a row from the screen backwards, with its label, a space, then o for a seat, w
// for an accessible place and _ for an aisle. Seats are numbered from 1 in each row, from the left as one faces the
// screen.
func ParsePlan(plan string) ([]Place, error) {
	var places []Place
	seen := map[string]bool{}
	row := -1
	for line := range strings.Lines(plan) {
		label, marks, _ := strings.Cut(strings.TrimSpace(line), " ")
		if label == "" {
			continue
		}
		row++
		number := 0
		for col, mark := range strings.TrimSpace(marks) {
			switch mark {
			case '_':
				continue
			case 'o', 'w':
				number++
			default:
				return nil, fmt.Errorf("seat plan row %s: %q is not o, w or _", label, mark)
			}
			p := Place{Label: label + strconv.Itoa(number), Row: row, Col: col, Accessible: mark == 'w'}
			if seen[p.Label] {
				return nil, fmt.Errorf("seat plan: seat %s stands twice", p.Label)
			}
			seen[p.Label] = true
			places = append(places, p)
		}
	}
	if len(places) == 0 {
		return nil, fmt.Errorf("seat plan has no seats")
	}
	return places, nil
}

// AddHall writes a hall and returns its id. The plan must be valid.
func (s Catalogue) AddHall(ctx context.Context, h Hall) (HallID, error) {
	if _, err := ParsePlan(h.Plan); err != nil {
		return 0, fmt.Errorf("add hall %s: %w", h.Name, err)
	}
	err := s.write(ctx, booking, func(t *tx) error {
		h.ID = HallID(s.ids.next(s.now()))
		return t.addHall(h)
	})
	if err != nil {
		return 0, fmt.Errorf("add hall %s: %w", h.Name, err)
	}
	s.catalogue.Add(1)
	return h.ID, nil
}

func (t *tx) addHall(h Hall) error {
	return t.run(`INSERT INTO hall (id, name, plan, cleaning_minutes, created_at, updated_at) VALUES ($1,$2,$3,$5,$4,$4)`, h.ID, h.Name, h.Plan, t.now, h.Cleaning)
}

// Halls lists the halls by name.
func (s Catalogue) Halls(ctx context.Context) ([]Hall, error) {
	var hs []Hall
	if err := s.list(ctx, &hs, `SELECT id, name, plan, cleaning_minutes FROM hall ORDER BY name`); err != nil {
		return nil, fmt.Errorf("read halls: %w", err)
	}
	return hs, nil
}
