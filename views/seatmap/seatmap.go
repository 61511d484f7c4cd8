// Package seatmap draws a hall with a box for each seat. One drawing serves every use, each of which is a mode that
// says which boxes can be ticked, what is read out, and how each looks: for a customer who chooses, and for staff who
// hold seats back or give them away.
//
// It must never decide who gets a seat: what is sent is checked by the store.
package seatmap

import (
	"slices"
	"strconv"
	"strings"

	"cinemasphere/store"
	"cinemasphere/store/seating"
	"cinemasphere/views/wording"
)

// Map is a hall with a box for each seat, as one faces the screen. What the boxes do is the form's around it.
type Map struct {
	Rows  []Row // from the screen backwards
	Key   []Key
	Notes []string // of its seats
}

// Row is a row of a map.
type Row struct {
	Label   string
	Section string // the heading before it, "" for none
	Gap     int    // aisles across the hall before it
	Seats   []Box
}

// Box is a seat of a map.
type Box struct {
	Gap    int    // empty places before it
	Label  string // that the form sends
	Number string
	Class  string // its looks: see css/seats.css
	Said   string // what is read out after its number: zone, kind, price, state, note
	Icon   string // shown in the place of its number, "" for none
	On     bool   // it is ticked
	Off    bool   // it cannot be
}

// Key explains the looks of some seats.
type Key struct{ Class, Icon, Text string }

// Customer is a hall in which a customer has ticked some seats, by label, and may tick those that are free.
func Customer(m store.SeatMap, chosen map[string]bool, prices store.Prices) Map {
	zones := prices.Zones()
	out := Map{Notes: notes(m.Plan)}
	for i, zone := range zones {
		text := wording.Cents(prices.Types(zone)[0].Cents)
		if len(zones) > 1 {
			text = wording.Zone(zone) + " " + text
		}
		out.Key = append(out.Key, Key{Class: zoneClass(i), Text: text})
	}
	out.Key = append(out.Key, Key{Class: " is-yours", Text: "yours"}, Key{Class: " is-taken", Text: "taken"})
	out.Key = append(out.Key, kinds(m.Plan)...)
	out.Rows = rows(m.Plan, func(i int) (b Box) {
		s := &m.Seats[i]
		zone := prices.ZoneOf(s.Zone)
		b = look(m.Plan, i, slices.Index(zones, zone))
		b.On, b.Off = chosen[s.Label] && m.Free[i], !m.Free[i]
		price, state := "", "free"
		if types := prices.Types(zone); len(types) > 0 {
			price = wording.Cents(types[0].Cents)
		}
		switch {
		case b.On:
			state = "yours"
		case b.Off && s.Kind.ForSale():
			state = "taken"
		case b.Off:
			state = "not for sale"
		}
		if b.Off {
			b.Class += " is-taken"
		}
		b.Said = said(zone, kind(s), price, state, s.Note)
		return b
	})
	return out
}

// Staff is a hall in which staff have ticked some seats, by label, to hold them back or to put them on sale. What an
// order has cannot be ticked.
func Staff(m store.StaffMap, chosen map[string]bool) Map {
	out := Map{Notes: notes(m.Plan), Key: append([]Key{
		{Text: "on sale"}, {Class: " is-held", Text: "held back"}, {Class: " is-taken", Text: "an order has it"},
		{Class: " is-yours", Text: "ticked"},
	}, kinds(m.Plan)...)}
	out.Rows = rows(m.Plan, func(i int) (b Box) {
		s := &m.Seats[i]
		b = look(m.Plan, i, 0)
		b.On, b.Off = chosen[s.Label] && !s.Taken, s.Taken
		state := "on sale"
		switch {
		case s.Taken:
			b.Class, state = b.Class+" is-taken", "an order has it"
		case !s.ForSale:
			b.Class, state = b.Class+" is-held", "held back"
		}
		b.Said = said(wording.SeatKind(s.Kind), state, s.Note)
		return b
	})
	return out
}

// Give is a hall in which staff have ticked some seats, by label, to give them away, and may tick those that are free.
func Give(m store.SeatMap, chosen map[string]bool) Map {
	out := Map{Notes: notes(m.Plan), Key: append([]Key{
		{Text: "free"}, {Class: " is-yours", Text: "ticked"}, {Class: " is-taken", Text: "not to be had"},
	}, kinds(m.Plan)...)}
	out.Rows = rows(m.Plan, func(i int) (b Box) {
		s := &m.Seats[i]
		b = look(m.Plan, i, 0)
		b.On, b.Off = chosen[s.Label] && m.Free[i], !m.Free[i]
		state := "free"
		if b.Off {
			b.Class, state = b.Class+" is-taken", "not to be had"
		}
		b.Said = said(wording.Zone(s.Zone), wording.SeatKind(s.Kind), state, s.Note)
		return b
	})
	return out
}

// kind is what a customer is told of a seat's kind: nothing of those that the cinema keeps.
func kind(s *store.Seat) string {
	if !s.Kind.ForSale() {
		return ""
	}
	return wording.SeatKind(s.Kind)
}

func said(words ...string) string {
	return ", " + strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), ", ")
}

// rows are the rows of a plan's map, each seat's box made of its index.
func rows(p *store.Plan, box func(i int) Box) (rows []Row) {
	left := 0
	for i, s := range p.Seats {
		if i == 0 || s.Col < left {
			left = s.Col
		}
	}
	for n, r := range p.Rows {
		row := Row{Label: r.Label, Gap: r.Gap, Seats: make([]Box, 0, r.To-r.From)}
		if n == 0 || r.Section != p.Rows[n-1].Section {
			row.Section = r.Section
		}
		col := left - 1
		for i := r.From; i < r.To; i++ {
			s := &p.Seats[i]
			b := box(i)
			b.Label, b.Number, b.Gap, col = s.Label, strconv.Itoa(s.Number), s.Col-col-1, s.Col
			row.Seats = append(row.Seats, b)
		}
		rows = append(rows, row)
	}
	return rows
}

// rowID is the id of a row, by its place from the screen backwards: labels may have anything in them.
func rowID(i int) string { return "row-" + strconv.Itoa(i+1) }

// zoneClass is the looks of the seats of a zone, by its place among the prices.
func zoneClass(zone int) string {
	if zone%4 <= 0 {
		return ""
	}
	return " zone-" + strconv.Itoa(zone%4)
}

// look is how a seat of its kind and zone looks.
func look(p *store.Plan, i, zone int) (b Box) {
	b.Class = zoneClass(zone)
	switch s := &p.Seats[i]; s.Kind {
	case seating.Accessible:
		b.Class, b.Icon = b.Class+" is-accessible", "wheelchair"
	case seating.Companion:
		b.Class += " is-companion"
	case seating.Love:
		if s.Mate > i {
			b.Class += " is-love is-left"
		} else {
			b.Class += " is-love is-right"
		}
	case seating.Ordinary, seating.House, seating.Broken:
	}
	if p.Seats[i].Note != "" {
		b.Class += " is-noted"
	}
	return b
}

// kinds explain the looks of the kinds that a plan has.
func kinds(p *store.Plan) (keys []Key) {
	for _, k := range []struct {
		kind seating.Kind
		key  Key
	}{
		{seating.Love, Key{Class: " is-love", Text: "love seat, for two"}},
		{seating.Accessible, Key{Class: " is-accessible", Icon: "wheelchair", Text: "wheelchair place, no chair"}},
		{seating.Companion, Key{Class: " is-companion", Text: "companion seat"}},
	} {
		if slices.ContainsFunc(p.Seats, func(s store.Seat) bool { return s.Kind == k.kind }) {
			keys = append(keys, k.key)
		}
	}
	return keys
}

// notes are the notes of a plan's seats.
func notes(p *store.Plan) []string {
	var all []store.SeatNote
	for _, s := range p.Seats {
		if s.Note != "" {
			all = append(all, store.SeatNote{Seat: s.Label, Note: s.Note})
		}
	}
	return wording.SeatNotes(all)
}
