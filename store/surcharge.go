package store

import (
	"database/sql/driver"
	"fmt"
	"slices"

	"cinemasphere/store/money"
)

// Surcharge is what each ticket of a screening costs besides its seat, on a line of its own, such as 3D glasses.
type Surcharge struct {
	Name     string `json:"name"` // as customers read it
	Cents    Cents  `json:"cents"`
	Optional bool   `json:"optional,omitempty"` // a customer may do without
}

// Surcharges are those of a price card, or those that are frozen into a screening with its prices.
type Surcharges []Surcharge

// MostSurcharges is how many a price card may have.
const MostSurcharges = 5

// Scan reads surcharges from their column.
func (s *Surcharges) Scan(v any) error { return scanJSON(v, s) }

// Value is the surcharges as stored.
func (s Surcharges) Value() (driver.Value, error) {
	if s == nil {
		s = Surcharges{}
	}
	return valueJSON(s)
}

// check refuses surcharges that nobody could pay, or that have one name.
func (s Surcharges) check() error {
	for i, one := range s {
		again := slices.ContainsFunc(s[:i], func(of Surcharge) bool { return NameKey(of.Name) == NameKey(one.Name) })
		named := Printable(one.Name) && NameKey(one.Name) != "" && !again
		if one.Cents <= 0 || one.Cents > money.MaxPayment || !named || i >= MostSurcharges {
			return fmt.Errorf("surcharge %s: %w", one.Name, ErrPrice)
		}
	}
	return nil
}

// Each is what one ticket costs besides its seat, for a customer who does without nothing.
func (s Surcharges) Each() (cents Cents) {
	for _, one := range s {
		cents += one.Cents
	}
	return cents
}

// Lines are the surcharges of so many tickets. Without is how many of these do without each, in order; what it does not
// have is 0. They are false where somebody would do without what is not optional, or more than there are.
func (s Surcharges) Lines(tickets int, without []int) (lines Lines, can bool) {
	for i, one := range s {
		n := tickets
		if i < len(without) {
			n -= without[i]
		}
		if n < 0 || n > tickets || n < tickets && !one.Optional {
			return nil, false
		}
		if n > 0 {
			lines = append(lines, Line{Price: Price{Name: one.Name, Cents: one.Cents}, N: n, Extra: true})
		}
	}
	return lines, true
}
