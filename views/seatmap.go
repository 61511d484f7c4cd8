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
	label string
	seats []seatCell
}

// seatCell is one seat of the map.
type seatCell struct {
	place        store.Place
	gap          int    // empty places before it
	number       string // its label without the row's
	said         string // what is read out after it: zone, price, state
	zone         int    // which of the prices' zones it is of
	free, chosen bool
}

// rows are the rows of the map, from the screen backwards.
func (c *SeatChoice) rows() (rows []seatRow) {
	zones := c.Prices.Zones()
	left := 0
	for i, p := range c.Map.Places {
		if i == 0 || p.Col < left {
			left = p.Col
		}
	}
	last, col := -1, 0
	for i, p := range c.Map.Places {
		if p.Row != last {
			rows, last, col = append(rows, seatRow{label: rowOf(p.Label)}), p.Row, left-1
		}
		zone := c.Prices.ZoneOf(p.Zone)
		cell := seatCell{
			place: p, gap: p.Col - col - 1, number: strings.TrimPrefix(p.Label, rowOf(p.Label)),
			zone: slices.Index(zones, zone), free: c.Map.Free[i], chosen: c.Chosen[p.Label] && c.Map.Free[i],
		}
		cell.said = c.said(cell, zone)
		row := &rows[len(rows)-1]
		row.seats, col = append(row.seats, cell), p.Col
	}
	return rows
}

// said is what a screen reader says after a seat's number, and what a browser without style sheets shows.
func (c *SeatChoice) said(cell seatCell, zone string) string {
	var words []string
	if zone != "" {
		words = append(words, zone)
	}
	if cell.place.Accessible {
		words = append(words, "wheelchair place")
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
	return ", " + strings.Join(words, ", ")
}

func (s seatCell) class() string {
	class := "zone-" + strconv.Itoa(max(s.zone, 0)%4)
	if s.place.Accessible {
		class += " is-accessible"
	}
	if !s.free {
		class += " is-taken"
	}
	return class
}

// rowOf is the row's part of a seat's label: what is before its number.
func rowOf(label string) string { return strings.TrimRight(label, "0123456789") }

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

// line is some of a booking's seats in words, such as 2 × Adult, VIP KSh 1,500; without the type where there is one.
func line(l store.Line, named bool) string {
	text := strconv.Itoa(l.N) + " × "
	if named {
		text += l.Name + " "
	}
	if l.Zone != "" {
		text += l.Zone + " "
	}
	return text + wording.Cents(l.Cents)
}

func seatsText(seats []string) string {
	if len(seats) == 1 {
		return "Seat " + seats[0]
	}
	return "Seats " + strings.Join(seats, ", ")
}
