package views

import (
	"slices"
	"strings"

	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// chosen are the seats of the hall that are chosen, in its order.
func (c *SeatChoice) chosen() (chosen store.Labels) {
	for _, s := range c.Map.Seats {
		if c.Chosen[s.Label] {
			chosen = append(chosen, s.Label)
		}
	}
	return chosen
}

// yours names the seats that are ticked, wherever in the hall they are; "" for none.
func (c *SeatChoice) yours() string {
	var ticked []string
	for _, label := range c.chosen() {
		if c.Map.MayHave(label) {
			ticked = append(ticked, label)
		}
	}
	switch len(ticked) {
	case 0:
		return ""
	case 1:
		return "Your seat: " + ticked[0]
	}
	return "Your seats: " + strings.Join(ticked, ", ")
}

// alone asks the customer to leave no single seat, where others fit as well; "" where the choice leaves none.
func (c *SeatChoice) alone() string {
	left := c.Map.LeftAlone(c.chosen())
	switch len(left) {
	case 0:
		return ""
	case 1:
		return "This leaves seat " + left[0] + " alone. If you can, please move by one."
	}
	return "This leaves seats " + strings.Join(left, ", ") + " alone. If you can, please move by one."
}

// typePrice is what a price type costs where the best seats are taken from, or from what on.
func (f BookingForm) typePrice(t TypeChoice) string {
	if price, sold := f.Screening.Prices.Of(t.ID, f.Zone); sold {
		return wording.Cents(price.Cents)
	}
	return "from " + wording.Cents(t.From)
}

// line is a line of a booking in words; without the type of the tickets where there is one.
func line(l store.Line, named bool) string {
	if !named && !l.Extra {
		l.Name = ""
	}
	return wording.Line(l)
}

// optional reports whether the form asks who does without something.
func (f BookingForm) optional() bool {
	return slices.ContainsFunc(f.Extras, func(e ExtraChoice) bool { return e.Optional })
}

// zoneSeats are some seats of one zone.
type zoneSeats struct {
	zone  string
	seats []string
}

// givenByZone are the seats that the tickets would get, by the zones that have prices.
func (f BookingForm) givenByZone() (all []zoneSeats) {
	for _, label := range f.Given {
		zones, _ := f.Seats.Map.Zones(store.Labels{label})
		zone := f.Screening.Prices.ZoneOf(strings.Join(zones, ""))
		i := slices.IndexFunc(all, func(z zoneSeats) bool { return z.zone == zone })
		if i < 0 {
			i, all = len(all), append(all, zoneSeats{zone: zone})
		}
		all[i].seats = append(all[i].seats, label)
	}
	return all
}

func seatsText(seats []string) string {
	if len(seats) == 1 {
		return "Seat " + seats[0]
	}
	return "Seats " + strings.Join(seats, ", ")
}
