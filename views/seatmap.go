package views

import (
	"slices"
	"strconv"
	"strings"

	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// seatRow is a row of the map.
type seatRow struct {
	store.Row
	seats []seatCell
}

// seatCell is one seat of the map.
type seatCell struct {
	store.Seat
	gap          int    // empty places before it
	said         string // what is read out after its number: zone, kind, price, state, note
	zone         int    // which of the prices' zones it is of
	free, chosen bool
}

// rows are the rows of the map, from the screen backwards.
func (c *SeatChoice) rows() (rows []seatRow) {
	left := 0
	for i, s := range c.Map.Seats {
		if i == 0 || s.Col < left {
			left = s.Col
		}
	}
	zones := c.Prices.Zones()
	for _, r := range c.Map.Rows {
		row, col := seatRow{Row: r}, left-1
		for i := r.From; i < r.To; i++ {
			s := c.Map.Seats[i]
			zone := c.Prices.ZoneOf(s.Zone)
			cell := seatCell{
				Seat: s, gap: s.Col - col - 1, zone: slices.Index(zones, zone), free: c.Map.Free[i],
				chosen: c.Chosen[s.Label] && c.Map.Free[i],
			}
			cell.said = c.said(cell, zone)
			row.seats, col = append(row.seats, cell), s.Col
		}
		rows = append(rows, row)
	}
	return rows
}

// said is what a screen reader says after a seat's number, and what a browser without style sheets shows.
func (c *SeatChoice) said(cell seatCell, zone string) string {
	var words []string
	if zone != "" {
		words = append(words, zone)
	}
	if kind := wording.SeatKind(cell.Kind); kind != "" {
		words = append(words, kind)
	}
	if prices := c.Prices.Types(zone); len(prices) > 0 {
		words = append(words, wording.Cents(prices[0].Cents))
	}
	switch {
	case cell.chosen:
		words = append(words, "yours")
	case cell.free:
		words = append(words, "free")
	default:
		words = append(words, "taken")
	}
	if cell.Note != "" {
		words = append(words, cell.Note)
	}
	return ", " + strings.Join(words, ", ")
}

func (s seatCell) class() string {
	class := "zone-" + strconv.Itoa(max(s.zone, 0)%4) + " is-" + string(s.Kind)
	if !s.free {
		class += " is-taken"
	}
	return class
}

// alone asks the customer to leave no single seat, where others fit as well; "" where the choice leaves none.
func (c *SeatChoice) alone() string {
	var chosen store.Labels
	for _, s := range c.Map.Seats {
		if c.Chosen[s.Label] {
			chosen = append(chosen, s.Label)
		}
	}
	left := c.Map.LeftAlone(chosen)
	switch len(left) {
	case 0:
		return ""
	case 1:
		return "This leaves seat " + left[0] + " alone. If you can, please move by one."
	}
	return "This leaves seats " + strings.Join(left, ", ") + " alone. If you can, please move by one."
}

// zoneKey explains a colour of the map.
type zoneKey struct{ class, text string }

func (c *SeatChoice) zones() (keys []zoneKey) {
	for i, zone := range c.Prices.Zones() {
		text := wording.Cents(c.Prices.Types(zone)[0].Cents)
		if len(c.Prices.Zones()) > 1 {
			text = zoneName(zone) + " " + text
		}
		keys = append(keys, zoneKey{"zone-" + strconv.Itoa(i%4), text})
	}
	return keys
}

// zoneName is a zone as customers read it.
func zoneName(zone string) string {
	if zone == "" {
		return "Standard"
	}
	return zone
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

func seatsText(seats []string) string {
	if len(seats) == 1 {
		return "Seat " + seats[0]
	}
	return "Seats " + strings.Join(seats, ", ")
}
