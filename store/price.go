package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"

	"cinemasphere/store/money"
)

// PriceTypeID is the id of a price type, such as Adult or Child.
type PriceTypeID int64

// Price is what a seat of a zone costs one type of customer.
type Price struct {
	Type  PriceTypeID `json:"type"`
	Name  string      `json:"name"`           // of the type, as customers read it
	Zone  string      `json:"zone,omitempty"` // "" is every zone without a price of its own
	Cents Cents       `json:"cents"`
}

// Prices are what the seats of a screening cost. They are frozen into it: later changes of a price card do not reach
// it. The first is the ordinary price.
type Prices []Price

// Scan reads prices from their column.
func (p *Prices) Scan(v any) error { return scanJSON(v, p) }

// Value is the prices as stored.
func (p Prices) Value() (driver.Value, error) { return valueJSON(p) }

func scanJSON(v, to any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("read JSON: %T", v)
	}
	if err := json.Unmarshal([]byte(text), to); err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	return nil
}

func valueJSON(v any) (driver.Value, error) {
	text, err := json.Marshal(v)
	return string(text), err
}

// OnePrice is one price for every seat.
func OnePrice(cents Cents) Prices { return Prices{{Name: "Ticket", Cents: cents}} }

// check refuses prices that nobody could pay, or that name a type twice in a zone.
func (p Prices) check() error {
	seen := map[Price]bool{}
	for _, price := range p {
		key := Price{Name: NameKey(price.Name), Zone: price.Zone}
		if price.Cents <= 0 || price.Cents > money.MaxPayment || price.Name == "" || seen[key] {
			return fmt.Errorf("price %s %s: %w", price.Name, price.Zone, ErrPrice)
		}
		seen[key] = true
	}
	if len(p) == 0 {
		return fmt.Errorf("no prices: %w", ErrPrice)
	}
	return nil
}

// Zones are the zones with prices of their own, in the order of the prices. "" is the others.
func (p Prices) Zones() (zones []string) {
	for _, price := range p {
		if !slices.Contains(zones, price.Zone) {
			zones = append(zones, price.Zone)
		}
	}
	return zones
}

// Types are the prices of a zone: one of each type, in order.
func (p Prices) Types(zone string) (types []Price) {
	for _, price := range p {
		if price.Zone == zone {
			types = append(types, price)
		}
	}
	return types
}

// ZoneOf is the zone whose price a seat has: its own, or "".
func (p Prices) ZoneOf(seat string) string {
	if seat != "" && slices.Contains(p.Zones(), seat) {
		return seat
	}
	return ""
}

// Of finds what a type costs in a zone.
func (p Prices) Of(id PriceTypeID, zone string) (Price, bool) {
	i := slices.IndexFunc(p, func(price Price) bool { return price.Type == id && price.Zone == zone })
	if i < 0 {
		return Price{}, false
	}
	return p[i], true
}

// Lowest is the lowest price; 0 where there is none.
func (p Prices) Lowest() (lowest Cents) {
	for i, price := range p {
		if i == 0 || price.Cents < lowest {
			lowest = price.Cents
		}
	}
	return lowest
}

// TypeCount is how many tickets of a price type are wanted.
type TypeCount struct {
	Type PriceTypeID
	N    int
}

// Line is some of a booking's seats at one price, or a surcharge on them.
type Line struct {
	Price
	N     int  `json:"n"`
	Extra bool `json:"extra,omitempty"` // it is a [Surcharge], and no seats
}

// Lines are a booking's seats by price, then the surcharges on them.
type Lines []Line

// Scan reads lines from their column.
func (l *Lines) Scan(v any) error { return scanJSON(v, l) }

// Value is the lines as stored.
func (l Lines) Value() (driver.Value, error) { return valueJSON(l) }

// Count is how many seats there are.
func (l Lines) Count() (n int) {
	for _, line := range l {
		if !line.Extra {
			n += line.N
		}
	}
	return n
}

// Extras are the surcharges among them.
func (l Lines) Extras() (extras Lines) {
	for _, line := range l {
		if line.Extra {
			extras = append(extras, line)
		}
	}
	return extras
}

// Types are the price types among them, whatever they cost and wherever they sit. A ticket of a screening with one
// price has none.
func (l Lines) Types() (types []TypeLine) {
	for _, line := range l {
		i := slices.IndexFunc(types, func(t TypeLine) bool { return t.Name == line.Name })
		switch {
		case line.Extra || line.Type == 0:
		case i >= 0:
			types[i].N += line.N
		default:
			types = append(types, TypeLine{line.Name, line.N})
		}
	}
	return types
}

// TypeLine is how many tickets are of a price type.
type TypeLine struct {
	Name string
	N    int
}

// Total is what all cost, rounded up once to whole shillings.
func (l Lines) Total() Shillings {
	var cents Cents
	for _, line := range l {
		cents += line.Cents * Cents(line.N)
	}
	return Total(cents, 1)
}

// BestLines prices the best seats of a zone. It is false where a type is not sold there.
func (p Prices) BestLines(zone string, wanted []TypeCount) (lines Lines, sold bool) {
	for _, w := range wanted {
		price, sold := p.Of(w.Type, zone)
		if !sold || w.N < 0 {
			return nil, false
		}
		if w.N > 0 {
			lines = append(lines, Line{Price: price, N: w.N})
		}
	}
	return lines, len(lines) > 0
}

// SeatLines prices chosen seats, given their zones, which are as many as tickets are wanted. Who sits where is nobody's
// business but the customers': the types are spread over the zones so that the total is least. It is false where the
// types wanted cannot have these seats.
func (p Prices) SeatLines(zones []string, wanted []TypeCount) (Lines, bool) {
	names := p.Zones()
	free := make([]int, len(names)) // seats without a type, by zone
	for _, zone := range zones {
		i := slices.Index(names, p.ZoneOf(zone))
		if i < 0 {
			return nil, false
		}
		free[i]++
	}
	best := p.spread(names, free, wanted, map[string]spreading{})
	return best.lines, best.possible
}

// spreading is a way to spread types over zones.
type spreading struct {
	lines    Lines
	cents    Cents
	possible bool
}

// spread finds the cheapest way to give each wanted ticket a free seat, so that none is left.
func (p Prices) spread(zones []string, free []int, wanted []TypeCount, known map[string]spreading) (best spreading) {
	if len(wanted) == 0 {
		return spreading{possible: !slices.ContainsFunc(free, func(n int) bool { return n > 0 })}
	}
	key := fmt.Sprint(free, wanted)
	if found, is := known[key]; is {
		return found
	}
	for i, zone := range zones {
		if wanted[0].N <= 0 {
			break
		}
		price, sold := p.Of(wanted[0].Type, zone)
		if !sold || free[i] == 0 {
			continue
		}
		left, rest := slices.Clone(free), slices.Clone(wanted)
		left[i]--
		rest[0].N--
		with := p.spread(zones, left, rest, known)
		if with.possible && (!best.possible || with.cents+price.Cents < best.cents) {
			best = spreading{with.lines.add(price), with.cents + price.Cents, true}
		}
	}
	if wanted[0].N == 0 {
		best = p.spread(zones, free, wanted[1:], known)
	}
	known[key] = best
	return best
}

// add returns the lines with one more seat.
func (l Lines) add(price Price) Lines {
	l = slices.Clone(l)
	if i := slices.IndexFunc(l, func(line Line) bool { return line.Price == price }); i >= 0 {
		l[i].N++
		return l
	}
	return append(Lines{{Price: price, N: 1}}, l...)
}
